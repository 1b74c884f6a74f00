/* The client's end of a lane: how orders are written and verdicts are read. All of it is inline.
 *
 * Private to riskgate.h: names here start with rg_priv_ and may change. This file never makes a
 * system call, never allocates, and never believes an approval that is late, of another epoch, or
 * for a request that it did not make.
 *
 * Conditions under which a verdict slot is read, in this order:
 *  1. the low half of its stamp is our cursor plus one (loaded with acquire);
 *  2. each of its words is loaded once into private memory;
 *  3. the high half of the stamp is the mix of those words;
 *  4. it answers the oldest request without a verdict, or is a cancel intent.
 * The writer overwrites a slot only after we have published that we read it.
 */
#ifndef RISKGATE_LANE_H
#define RISKGATE_LANE_H

#include "atomic.h"
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

uint64_t rg_now_ns(void);
void rg_wait_turn(void);

/* Result of rg_priv_next(). */
#define RG_PRIV_NOTHING 0
#define RG_PRIV_VERDICT 1
#define RG_PRIV_INTENT 2

/* Is the lane's memory in use by the gate? Two loads of lines that rarely change. */
static inline int rg_priv_open(const rg_client *c)
{
    uint32_t lane_state;
    if (RG_UNLIKELY(c->gate_words == NULL || c->desynchronised != 0)) {
        return RG_GATE_DOWN;
    }
    if (RG_UNLIKELY(RG_LOAD_RELAXED(&c->gate_words[0]) > RG_GATE_READY)) {
        return RG_GATE_DOWN;
    }
    lane_state = RG_LOAD_RELAXED(&c->lane_words[0]);
    if (RG_UNLIKELY(lane_state != RG_LANE_OPEN)) {
        return lane_state == RG_LANE_QUARANTINED ? RG_QUARANTINED : RG_GATE_DOWN;
    }
    return RG_OK;
}

/* Is the engine alive at `now`? A heartbeat from the future (another core's clock) is fresh. */
static inline int rg_priv_alive(const rg_client *c, uint64_t now)
{
    int status = rg_priv_open(c);
    uint64_t beat;
    if (RG_UNLIKELY(status != RG_OK)) {
        return status;
    }
    beat = RG_LOAD_RELAXED(c->heartbeat);
    if (RG_UNLIKELY(beat < now && now - beat > c->heartbeat_stale_ns)) {
        return RG_GATE_DOWN;
    }
    return RG_OK;
}

static inline int rg_priv_killed(const rg_client *c)
{
    return (RG_LOAD_RELAXED(&c->gate_words[1]) | RG_LOAD_RELAXED(&c->lane_words[2])) != 0;
}

/* Are `slots` slots of the order ring free? Looks at the gate's cursor only if it seems not. */
static inline int rg_priv_room(rg_client *c, uint64_t slots)
{
    uint64_t capacity = (uint64_t)c->order_mask + 1;
    if (RG_LIKELY(c->order_cursor + slots - c->orders_consumed_seen <= capacity)) {
        return 1;
    }
    /* SYNC ring.freed: pairs with the engine's release after it has loaded the slots' words;
     * our stores into them can't be seen by those loads. */
    c->orders_consumed_seen = RG_LOAD_ACQUIRE(c->orders_consumed);
    if (RG_UNLIKELY(c->orders_consumed_seen > c->order_cursor)) {
        c->desynchronised = 1; /* it consumed what was never written */
        return 0;
    }
    return c->order_cursor + slots - c->orders_consumed_seen <= capacity;
}

/* Writes one slot; the caller has made sure of the room. words[0] is not read. */
static inline void rg_priv_write(rg_client *c, const uint64_t words[8])
{
    uint64_t *slot = c->order_slots + (c->order_cursor & c->order_mask) * RG_SLOT_WORDS;
    uint64_t stamp = rg_slot_stamp((uint32_t)(c->order_cursor + 1), words);
    RG_STORE_RELAXED(&slot[1], words[1]);
    RG_STORE_RELAXED(&slot[2], words[2]);
    RG_STORE_RELAXED(&slot[3], words[3]);
    RG_STORE_RELAXED(&slot[4], words[4]);
    RG_STORE_RELAXED(&slot[5], words[5]);
    RG_STORE_RELAXED(&slot[6], words[6]);
    RG_STORE_RELAXED(&slot[7], words[7]);
    /* SYNC ring.slot: pairs with the engine's acquire of the stamp; it sees the words. */
    RG_STORE_RELEASE(&slot[0], stamp);
    c->order_cursor += 1;
}

/* A slot that is not an order: void, report, cancel. */
static inline void rg_priv_write_plain(rg_client *c, uint64_t kind_word, uint64_t order_id,
                                       uint64_t reference, int64_t price, int64_t qty,
                                       uint32_t instrument, uint32_t account, uint64_t now)
{
    uint64_t words[8];
    words[0] = 0;
    words[1] = order_id;
    words[2] = (uint64_t)price;
    words[3] = (uint64_t)qty;
    words[4] = reference;
    words[5] = (uint64_t)instrument | ((uint64_t)account << 32);
    words[6] = kind_word;
    words[7] = now << 32;
    rg_priv_write(c, words);
}

/* Writes the extension of a fill that has a fee. */
static inline void rg_priv_write_fee(rg_client *c, uint64_t order_id, int64_t fee)
{
    uint64_t words[8] = {0};
    words[1] = order_id;
    words[2] = (uint64_t)RG_PRICE_UNDEFINED;
    words[6] = RG_KIND_EXTENSION;
    words[7] = (uint64_t)fee;
    rg_priv_write(c, words);
}

/* Writes the voids that had no room. One comparison when there are none. */
static inline void rg_priv_flush(rg_client *c)
{
    while (RG_UNLIKELY(c->deferred_first != c->deferred_end) && rg_priv_room(c, 1)) {
        const struct rg_deferred *d = &c->deferred[c->deferred_first & c->verdict_mask];
        rg_priv_write_plain(c, RG_KIND_VOID, d->order_id, d->request_id, 0, 0, 0, 0, rg_now_ns());
        c->deferred_first += 1;
    }
}

/* Tells the gate that an accepted request will not be sent; never fails. There is room in
 * `deferred`: requests without a verdict and deferred voids together never exceed its capacity. */
static inline void rg_priv_void(rg_client *c, uint64_t order_id, uint64_t request_id)
{
    struct rg_deferred *d = &c->deferred[c->deferred_end & c->verdict_mask];
    d->order_id = order_id;
    d->request_id = request_id;
    c->deferred_end += 1;
    c->accepts_voided += 1;
    rg_priv_flush(c);
}

/* May one more request wait for a verdict? */
static inline int rg_priv_may_wait(const rg_client *c)
{
    return (c->pending_end - c->pending_first) + (c->deferred_end - c->deferred_first) <=
           (uint64_t)c->verdict_mask;
}

static inline void rg_priv_remember(rg_client *c, uint64_t request_id, uint64_t order_id,
                                    uint32_t kind)
{
    struct rg_pending *p = &c->pending[c->pending_end & c->verdict_mask];
    p->request_id = request_id;
    p->order_id = order_id;
    p->kind = kind;
    p->abandoned = 0;
    c->pending_end += 1;
}

/* Nonsense that the bit fields of a slot can't even carry. All else is the gate's to judge. */
static inline int rg_priv_expressible(const rg_order *o, uint32_t kind)
{
    if (o->id == 0 || ((o->side | o->capacity | o->sale_mark) & ~3u) != 0 ||
        ((o->type | o->tif) & ~15u) != 0 || (o->flags & RG_FLAG_HAS_EXTENSION) != 0) {
        return 0;
    }
    return kind == RG_KIND_NEW || (kind == RG_KIND_REPLACE && o->target != 0);
}

/* Writes a cancel or a mass cancel. */
static inline int rg_priv_cancel(rg_client *c, uint64_t kind_word, uint64_t id, uint64_t target,
                                 uint32_t account, uint32_t instrument)
{
    uint64_t now = rg_now_ns();
    int status = rg_priv_alive(c, now);
    if (RG_UNLIKELY(status != RG_OK)) {
        return status;
    }
    rg_priv_flush(c);
    if (RG_UNLIKELY(!rg_priv_may_wait(c) || !rg_priv_room(c, 1))) {
        return c->desynchronised != 0 ? RG_GATE_DOWN : RG_FULL;
    }
    rg_priv_remember(c, id, target, (uint32_t)(kind_word & 0xff));
    rg_priv_write_plain(c, kind_word, id, target, 0, 0, instrument, account, now);
    return RG_OK;
}

/* Writes a new order or a replace, with its extension if it has one. */
static inline int rg_priv_submit(rg_client *c, const rg_order *o, uint32_t kind, uint64_t now)
{
    uint64_t words[8];
    uint64_t flags = o->flags;
    int extended = o->stop_price != RG_PRICE_UNDEFINED || o->min_qty != 0 || o->display_qty != 0 ||
                   o->good_till_ns != 0;
    int status = rg_priv_alive(c, now);
    if (RG_UNLIKELY(status != RG_OK)) {
        return status;
    }
    if (RG_UNLIKELY(kind == RG_KIND_NEW && rg_priv_killed(c) && (flags & RG_FLAG_WHAT_IF) == 0)) {
        return RG_KILLED;
    }
    rg_priv_flush(c);
    if (RG_UNLIKELY(!rg_priv_may_wait(c) || !rg_priv_room(c, extended ? 2 : 1))) {
        return c->desynchronised != 0 ? RG_GATE_DOWN : RG_FULL;
    }
    words[0] = 0;
    words[1] = o->id;
    if (RG_UNLIKELY(extended)) {
        words[2] = (uint64_t)o->stop_price;
        words[3] = (uint64_t)o->min_qty;
        words[4] = (uint64_t)o->display_qty;
        words[5] = o->good_till_ns;
        words[6] = RG_KIND_EXTENSION;
        words[7] = 0;
        rg_priv_write(c, words);
        flags |= RG_FLAG_HAS_EXTENSION;
    }
    words[2] = (uint64_t)o->price;
    words[3] = (uint64_t)o->qty;
    words[4] = kind == RG_KIND_NEW ? o->parent : o->target;
    words[5] = (uint64_t)o->instrument | ((uint64_t)o->account << 32);
    words[6] = (uint64_t)kind |
               ((uint64_t)(o->side | (o->capacity << 2) | (o->sale_mark << 4)) << 8) |
               ((uint64_t)(o->type | (o->tif << 4)) << 16) | (flags << 24) |
               ((uint64_t)o->venue << 32) | ((uint64_t)o->algo << 48);
    words[7] = now << 32;
    rg_priv_remember(c, o->id, kind == RG_KIND_NEW ? o->id : o->target, kind);
    rg_priv_write(c, words);
    return RG_OK;
}

/* Judges the verdict `v` of the oldest request: an approval survives only if it is in time, of
 * this epoch, and awaited. Others are voided, so that the gate frees what it reserved. */
static inline void rg_priv_judge(rg_client *c, rg_verdict *v, const struct rg_pending *p)
{
    if (p->abandoned != 0) {
        v->local |= RG_LOCAL_LATE;
        c->abandoned -= 1;
    }
    if (v->wire_decision != RG_DECISION_ACCEPT) {
        return;
    }
    if ((v->flags & RG_VERDICT_REPLAYED) != 0) {
        v->decision = RG_DECISION_NONE;
        v->local |= RG_LOCAL_REPLAYED;
    } else if (p->kind == RG_KIND_NEW || p->kind == RG_KIND_REPLACE) {
        if (v->epoch != c->epoch || rg_now_ns() > v->valid_until_ns) {
            v->local |= RG_LOCAL_EXPIRED;
        }
        if (RG_UNLIKELY(v->local != 0)) {
            v->decision = RG_DECISION_NONE;
            v->local |= RG_LOCAL_VOIDED;
            rg_priv_void(c, p->order_id, p->request_id);
        }
    }
}

/* Takes the next slot of the verdict ring, if there is one. */
static inline int rg_priv_next(rg_client *c, rg_verdict *v)
{
    uint64_t w[8];
    struct rg_pending first;
    const uint64_t *slot = c->verdict_slots + (c->verdict_cursor & c->verdict_mask) * RG_SLOT_WORDS;
    /* SYNC ring.slot: pairs with the engine's release of the stamp; we see the words. */
    w[0] = RG_LOAD_ACQUIRE(&slot[0]);
    if ((uint32_t)w[0] != (uint32_t)(c->verdict_cursor + 1)) {
        return RG_PRIV_NOTHING;
    }
    w[1] = RG_LOAD_RELAXED(&slot[1]);
    w[2] = RG_LOAD_RELAXED(&slot[2]);
    w[3] = RG_LOAD_RELAXED(&slot[3]);
    w[4] = RG_LOAD_RELAXED(&slot[4]);
    w[5] = RG_LOAD_RELAXED(&slot[5]);
    w[6] = RG_LOAD_RELAXED(&slot[6]);
    w[7] = RG_LOAD_RELAXED(&slot[7]);
    if (RG_UNLIKELY(w[0] != rg_slot_stamp((uint32_t)w[0], w))) {
        return RG_PRIV_NOTHING; /* torn: no verdict */
    }
    c->verdict_cursor += 1;
    /* SYNC ring.freed: pairs with the engine's acquire before it writes into a read slot. */
    RG_STORE_RELEASE(c->verdicts_read, c->verdict_cursor);

    v->order_id = w[1];
    v->breaches = w[2];
    v->observed = (int64_t)w[3];
    v->limit = (int64_t)w[4];
    v->valid_until_ns = w[5];
    v->epoch = (uint32_t)w[6];
    v->node = (uint32_t)(w[6] >> 32);
    v->decision = (uint8_t)w[7];
    v->wire_decision = (uint8_t)w[7];
    v->first_check = (uint8_t)(w[7] >> 8);
    v->local = 0;
    v->flags = (uint16_t)(w[7] >> 16);
    v->_reserved = 0;
    v->detail = (uint32_t)(w[7] >> 32);
    v->_reserved2 = 0;
    if (RG_UNLIKELY(v->decision == RG_DECISION_CANCEL_INTENT)) {
        return RG_PRIV_INTENT;
    }
    first = c->pending[c->pending_first & c->verdict_mask];
    if (RG_UNLIKELY(c->pending_first == c->pending_end || first.request_id != v->order_id)) {
        v->decision = RG_DECISION_NONE; /* we did not ask */
        if ((v->flags & RG_VERDICT_REPLAYED) != 0) {
            v->local = RG_LOCAL_REPLAYED;
            return RG_PRIV_VERDICT;
        }
        c->desynchronised = 1;
        return RG_PRIV_NOTHING;
    }
    c->pending_first += 1;
    rg_priv_judge(c, v, &first);
    return RG_PRIV_VERDICT;
}

/* rg_check's answer for a verdict that was awaited. */
static inline int rg_priv_answer(const rg_verdict *v)
{
    if ((v->flags & RG_VERDICT_REPLAYED) != 0) {
        return RG_REPLAYED;
    }
    switch (v->decision) {
    case RG_DECISION_ACCEPT: return RG_ACCEPT;
    case RG_DECISION_REJECT: return RG_REJECT;
    case RG_DECISION_WOULD_ACCEPT: return RG_WOULD_ACCEPT;
    default: return (v->local & RG_LOCAL_EXPIRED) != 0 ? RG_TIMEOUT : RG_PROTOCOL;
    }
}

/* rg_check's wait. On any answer but a verdict the newest request is abandoned: its verdict, when
 * it comes, approves nothing. */
static inline int rg_priv_await(rg_client *c, uint64_t id, uint64_t start, uint64_t timeout_ns,
                                rg_verdict *v)
{
    int status = RG_OK;
    uint64_t now;
    do {
        int got = rg_priv_next(c, v);
        if (got == RG_PRIV_VERDICT) {
            if (RG_LIKELY(v->order_id == id && (v->local & RG_LOCAL_LATE) == 0 &&
                          c->pending_first == c->pending_end)) {
                return rg_priv_answer(v);
            }
            continue; /* the late verdict of a request that we gave up on: dealt with */
        }
        if (got == RG_PRIV_INTENT) {
            c->intents[c->intents_end & (RG_INTENTS_MAX - 1)] = *v;
            c->intents_end += 1;
            if (c->intents_end - c->intents_first < RG_INTENTS_MAX) {
                continue;
            }
            status = RG_TIMEOUT; /* no memory for another intent: read them with rg_poll */
            break;
        }
        now = rg_now_ns();
        status = rg_priv_alive(c, now);
        if (status == RG_OK && now - start >= timeout_ns) {
            status = RG_TIMEOUT;
        }
        if (status == RG_OK) {
            if (c->wait == RG_WAIT_SPIN) {
                RG_SPIN_HINT();
            } else {
                rg_wait_turn();
            }
        }
    } while (status == RG_OK);
    c->pending[(c->pending_end - 1) & c->verdict_mask].abandoned = 1;
    c->abandoned += 1;
    return status;
}

#ifdef __cplusplus
}
#endif

#endif /* RISKGATE_LANE_H */
