/* rg_check_basket: all lines approved, or none.
 *
 * The gate decides a basket when its last line is there, so lines go out as the ring drains, and
 * their verdicts come back as there is room for them. What was approved of a basket that is not
 * wholly approved in time is voided, line by line. */
#define _GNU_SOURCE
#include "internal.h"

static void nothing(rg_verdict *verdicts, const rg_order *orders, size_t count)
{
    static const rg_verdict none = {0, 0, 0, 0, 0, 0, RG_NO_NODE, RG_DECISION_NONE, 0, 0, 0, 0, 0, 0,
                                    0};
    size_t i;
    for (i = 0; i < count; i++) {
        verdicts[i] = none;
        verdicts[i].order_id = orders[i].id;
    }
}

/* New orders that a slot can carry, all of them what-ifs or none. */
static int is_basket(const rg_order *orders, size_t count)
{
    size_t i;
    if (count == 0 || count > RG_BASKET_LINES_MAX) {
        return 0;
    }
    for (i = 0; i < count; i++) {
        if (orders[i].kind != RG_KIND_NEW || !rg_priv_expressible(&orders[i], RG_KIND_NEW) ||
            (orders[i].flags & ~RG_FLAG_WHAT_IF) != 0 || orders[i].flags != orders[0].flags) {
            return 0;
        }
    }
    return 1;
}

/* Between two looks: RG_OK, or why to give up. */
static int look_again(rg_client *c, uint64_t start, uint64_t timeout_ns)
{
    uint64_t now = rg_now_ns();
    int status = rg_priv_alive(c, now);
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
    return status;
}

/* Keeps a cancel intent for rg_poll. */
static int keep_intent(rg_client *c, const rg_verdict *intent)
{
    c->intents[c->intents_end & (RG_INTENTS_MAX - 1)] = *intent;
    c->intents_end += 1;
    return c->intents_end - c->intents_first < RG_INTENTS_MAX ? RG_OK : RG_TIMEOUT;
}

/* Takes verdicts of requests that were given up before, so that the gate can go on. */
static int drain(rg_client *c)
{
    rg_verdict v;
    int got;
    int status = RG_OK;
    while (status == RG_OK && c->abandoned != 0 && (got = rg_priv_next(c, &v)) != RG_PRIV_NOTHING) {
        if (got == RG_PRIV_INTENT) {
            status = keep_intent(c, &v);
        }
    }
    return status;
}

/* Writes the lines; how many were written. */
static size_t send_lines(rg_client *c, const rg_order *orders, size_t count, uint64_t start,
                         uint64_t timeout_ns, int *status)
{
    size_t sent = 0;
    while (sent < count) {
        rg_order line = orders[sent];
        if (sent + 1 < count) {
            line.flags |= RG_FLAG_BASKET_MORE;
        }
        *status = rg_priv_submit(c, &line, RG_KIND_NEW, rg_now_ns());
        if (*status == RG_OK) {
            sent++;
        } else if (*status != RG_FULL || (sent == 0 && c->basket_lines != RG_RUN_CUT)) {
            break;
        } else {
            *status = drain(c);
            *status = *status == RG_OK ? look_again(c, start, timeout_ns) : *status;
            if (*status != RG_OK) {
                break;
            }
        }
    }
    return sent;
}

/* Gives up the newest `count` requests. */
static void abandon(rg_client *c, size_t count)
{
    uint64_t at;
    for (at = c->pending_end - count; at != c->pending_end; at++) {
        struct rg_pending *p = &c->pending[at & c->pending_mask];
        c->abandoned += p->abandoned == 0;
        p->abandoned = 1;
    }
}

/* Waits for the verdicts of the newest `count` requests; how many came. */
static size_t receive(rg_client *c, size_t count, uint64_t start, uint64_t timeout_ns,
                      rg_verdict *verdicts, int *status)
{
    const uint64_t first = c->pending_end - count;
    size_t received = 0;
    while (received < count && *status == RG_OK) {
        rg_verdict v;
        int got = rg_priv_next(c, &v);
        if (got == RG_PRIV_INTENT) {
            *status = keep_intent(c, &v);
        } else if (got == RG_PRIV_NOTHING) {
            *status = look_again(c, start, timeout_ns);
        } else if (c->pending_first > first + received) {
            verdicts[received++] = v;
        } /* else the late verdict of a request that we gave up on: dealt with */
    }
    return received;
}

/* The basket is not approved: what was approved of it is voided. */
static void void_lines(rg_client *c, rg_verdict *verdicts, size_t count, uint8_t local)
{
    size_t i;
    for (i = 0; i < count; i++) {
        if (verdicts[i].decision == RG_DECISION_ACCEPT) {
            verdicts[i].decision = RG_DECISION_NONE;
            verdicts[i].local |= (uint8_t)(local | RG_LOCAL_VOIDED);
            rg_priv_void(c, verdicts[i].order_id, verdicts[i].order_id);
        }
    }
}

/* What all verdicts together mean. */
static int judge(rg_client *c, rg_verdict *verdicts, size_t count)
{
    size_t accepts = 0;
    size_t would = 0;
    int status = RG_PROTOCOL;
    size_t i;
    for (i = 0; i < count; i++) {
        const rg_verdict *v = &verdicts[i];
        int one = rg_priv_answer(v);
        accepts += one == RG_ACCEPT && rg_now_ns() <= v->valid_until_ns;
        would += one == RG_WOULD_ACCEPT;
        if (one == RG_REJECT || one == RG_REPLAYED || (one == RG_TIMEOUT && status != RG_REJECT)) {
            status = one;
        }
    }
    if (accepts == count) {
        return RG_ACCEPT;
    }
    if (would == count) {
        return RG_WOULD_ACCEPT;
    }
    for (i = 0; i < count && status == RG_PROTOCOL; i++) {
        /* Approved in time when it was read, but not any more. */
        status = verdicts[i].decision == RG_DECISION_ACCEPT ? RG_TIMEOUT : RG_PROTOCOL;
    }
    void_lines(c, verdicts, count, RG_LOCAL_EXPIRED);
    return status;
}

RG_EXPORT int rg_check_basket(rg_client *client, const rg_order *orders, size_t count,
                              uint64_t timeout_ns, rg_verdict *verdicts)
{
    uint64_t start;
    size_t sent;
    size_t received = 0;
    int status = RG_OK;
    if (client == NULL || client->guard != RG_GUARD_CLIENT || orders == NULL || verdicts == NULL ||
        count == 0 || count > RG_BASKET_LINES_MAX) {
        return RG_INVALID;
    }
    nothing(verdicts, orders, count);
    if (!is_basket(orders, count)) {
        return RG_INVALID;
    }
    if (client->gate_words == NULL) {
        return RG_GATE_DOWN;
    }
    if (client->header_minor < 1) {
        return rg_fail(rg_client_errors(client), RG_NOT_SUPPORTED,
                       "baskets need a program that is built with the headers of version 1.1 or "
                       "later; nothing of this basket was sent or approved");
    }
    if (client->pending_end - client->pending_first > client->abandoned ||
        client->intents_end - client->intents_first >= RG_INTENTS_MAX ||
        (client->pending_end - client->pending_first) +
                (client->deferred_end - client->deferred_first) + count >
            (uint64_t)client->pending_mask + 1) {
        return RG_BUSY;
    }
    start = rg_now_ns();
    sent = send_lines(client, orders, count, start, timeout_ns, &status);
    if (sent == count) {
        received = receive(client, count, start, timeout_ns, verdicts, &status);
    } else if (sent != 0) {
        client->basket_lines = RG_RUN_CUT;
        client->run_end_id = orders[sent].id;
    }
    if (sent == count && received == count) {
        return judge(client, verdicts, count);
    }
    abandon(client, sent - received);
    void_lines(client, verdicts, received, RG_LOCAL_LATE);
    if (client->basket_lines == RG_RUN_CUT) {
        rg_priv_flush(client);
    }
    nothing(verdicts, orders, count);
    return status;
}
