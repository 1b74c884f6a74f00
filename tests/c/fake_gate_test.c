/* The client's hot path against a gate that says what each case wants.
 *
 * No case asserts a time or sleeps to synchronise; alarm() ends the process if something hangs.
 * Each case runs on a fresh gate with a ring of eight slots.
 */
#include "cases.h"

static void case_accept_and_reject(void)
{
    rg_verdict v;
    struct fake_verdict r;
    char text[128];
    put_decision(&gate, 1, RG_DECISION_ACCEPT);
    EQUAL(check(1, &v), RG_ACCEPT);
    EQUAL(v.decision, RG_DECISION_ACCEPT);
    EQUAL(v.order_id, 1);
    EQUAL(client.accepts_voided, 0);
    expect_kind(RG_KIND_NEW, 1);
    EQUAL(*fake_u64(gate.client_region, RG_VERDICTS_READ_OFFSET), 1);

    memset(&r, 0, sizeof r);
    r.order_id = 2;
    r.decision = RG_DECISION_REJECT;
    r.first_check = RG_CHECK_MAX_ORDER_QTY;
    r.breaches = 1 << (RG_CHECK_MAX_ORDER_QTY - 1);
    r.observed = 25000 * RG_QTY_ONE;
    r.limit = 10000 * RG_QTY_ONE;
    r.node = 4;
    put_verdict(&gate, &r);
    EQUAL(check(2, &v), RG_REJECT);
    REQUIRE(rg_reason_text(&client, &v, text, sizeof text) > 0);
    REQUIRE(strcmp(text, "max_order_qty: 25,000 over 10,000 at desk EQ-US") == 0);

    put_decision(&gate, 3, RG_DECISION_WOULD_ACCEPT);
    EQUAL(check(3, &v), RG_WOULD_ACCEPT);
    put_decision(&gate, 4, 0xff); /* no decision that we know */
    EQUAL(check(4, &v), RG_PROTOCOL);
}

static void case_replayed_is_no_approval(void)
{
    rg_verdict v;
    uint64_t w[8];
    struct fake_verdict r;
    memset(&r, 0, sizeof r);
    r.order_id = 1;
    r.decision = RG_DECISION_ACCEPT;
    r.flags = RG_VERDICT_REPLAYED;
    r.epoch = gate.epoch;
    r.valid_until_ns = FOREVER;
    put_verdict(&gate, &r);
    EQUAL(check(1, &v), RG_REPLAYED);
    EQUAL(v.decision, RG_DECISION_NONE);
    EQUAL(v.wire_decision, RG_DECISION_ACCEPT);
    expect_kind(RG_KIND_NEW, 1);
    REQUIRE(!take_order(&gate, w)); /* and nothing is voided: the order may be live */
}

static void case_expired_and_foreign_accepts_are_voided(void)
{
    rg_verdict v;
    rg_order order;
    struct fake_verdict r;
    memset(&r, 0, sizeof r);
    r.order_id = 1;
    r.decision = RG_DECISION_ACCEPT;
    r.epoch = gate.epoch;
    r.valid_until_ns = 1; /* long ago */
    put_verdict(&gate, &r);
    EQUAL(check(1, &v), RG_TIMEOUT);
    EQUAL(v.decision, RG_DECISION_NONE);
    REQUIRE((v.local & RG_LOCAL_EXPIRED) != 0 && (v.local & RG_LOCAL_VOIDED) != 0);
    expect_kind(RG_KIND_NEW, 1);
    expect_void(1, 1);

    r.order_id = 2;
    r.epoch = gate.epoch + 1;
    r.valid_until_ns = FOREVER;
    put_verdict(&gate, &r);
    EQUAL(check(2, &v), RG_TIMEOUT);
    expect_kind(RG_KIND_NEW, 2);
    expect_void(2, 2);

    order = buy(30); /* a replace's void names the order and the request */
    order.target = 3;
    EQUAL(rg_replace(&client, &order), RG_OK);
    r.order_id = 30;
    put_verdict(&gate, &r);
    EQUAL(rg_poll(&client, &v), 1);
    EQUAL(v.decision, RG_DECISION_NONE);
    expect_kind(RG_KIND_REPLACE, 30);
    expect_void(3, 30);

    EQUAL(rg_cancel(&client, 31, 3), RG_OK); /* a cancel has no deadline */
    r.order_id = 31;
    r.valid_until_ns = 1;
    put_verdict(&gate, &r);
    EQUAL(rg_poll(&client, &v), 1);
    EQUAL(v.decision, RG_DECISION_ACCEPT);
    expect_kind(RG_KIND_CANCEL, 31);
    EQUAL(client.accepts_voided, 3);
}

static void case_timeout_then_late_accept_is_voided(void)
{
    rg_verdict v;
    EQUAL(check(1, &v), RG_TIMEOUT);
    EQUAL(v.decision, RG_DECISION_NONE);
    EQUAL(v.order_id, 1);
    EQUAL(rg_poll(&client, &v), 0);
    put_decision(&gate, 1, RG_DECISION_ACCEPT);
    EQUAL(rg_poll(&client, &v), 1);
    EQUAL(v.decision, RG_DECISION_NONE);
    EQUAL(v.wire_decision, RG_DECISION_ACCEPT);
    REQUIRE((v.local & RG_LOCAL_LATE) != 0);
    expect_kind(RG_KIND_NEW, 1);
    expect_void(1, 1);

    /* and within a later rg_check, whose own verdict is not confused with it */
    EQUAL(check(2, &v), RG_TIMEOUT);
    put_decision(&gate, 2, RG_DECISION_ACCEPT);
    put_decision(&gate, 3, RG_DECISION_ACCEPT);
    EQUAL(check(3, &v), RG_ACCEPT);
    EQUAL(v.order_id, 3);
    expect_kind(RG_KIND_NEW, 2);
    expect_kind(RG_KIND_NEW, 3);
    expect_void(2, 2);
    EQUAL(client.accepts_voided, 2);

    /* a timeout that ends while only late verdicts came: nothing of them is left in the verdict */
    EQUAL(check(4, &v), RG_TIMEOUT);
    put_decision(&gate, 4, RG_DECISION_REJECT);
    EQUAL(check(5, &v), RG_TIMEOUT);
    EQUAL(v.order_id, 5);
    EQUAL(v.decision, RG_DECISION_NONE);
}

static void case_full_ring(void)
{
    uint64_t id;
    rg_verdict v;
    rg_order order;
    rg_exec_report report = rg_report_of(RG_KIND_ACK, 1, 1);
    for (id = 1; id <= CAPACITY; id++) {
        order = buy(id);
        EQUAL(rg_submit(&client, &order), RG_OK);
    }
    order = buy(id);
    EQUAL(rg_submit(&client, &order), RG_FULL);
    EQUAL(rg_report(&client, &report), RG_FULL);
    EQUAL(rg_void(&client, 1, 1), RG_FULL);
    EQUAL(rg_check(&client, &order, SHORT_NS, &v), RG_BUSY);
    expect_kind(RG_KIND_NEW, 1); /* the gate consumes two slots ... */
    expect_kind(RG_KIND_NEW, 2);
    EQUAL(rg_report(&client, &report), RG_OK); /* ... so a report has room */
    EQUAL(rg_submit(&client, &order), RG_FULL); /* but eight requests wait for verdicts */
    put_decision(&gate, 1, RG_DECISION_REJECT);
    EQUAL(rg_poll(&client, &v), 1);
    EQUAL(rg_submit(&client, &order), RG_OK);
    EQUAL(rg_report(&client, &report), RG_FULL);
}

/* A void that finds no room is written as soon as there is some, before anything else. */
static void case_void_waits_for_room(void)
{
    uint64_t id;
    rg_verdict v;
    rg_exec_report report = rg_report_of(RG_KIND_ACK, 1, 1);
    EQUAL(check(1, &v), RG_TIMEOUT);
    for (id = 1; id < CAPACITY; id++) {
        EQUAL(rg_report(&client, &report), RG_OK);
    }
    put_decision(&gate, 1, RG_DECISION_ACCEPT);
    EQUAL(rg_poll(&client, &v), 1);
    EQUAL(v.decision, RG_DECISION_NONE);
    EQUAL(client.deferred_end - client.deferred_first, 1);
    expect_kind(RG_KIND_NEW, 1);
    expect_kind(RG_KIND_ACK, 1);
    EQUAL(rg_report(&client, &report), RG_OK);
    for (id = 2; id < CAPACITY; id++) {
        expect_kind(RG_KIND_ACK, 1);
    }
    expect_void(1, 1);
    expect_kind(RG_KIND_ACK, 1);
}

static void case_many_timeouts_are_bounded(void)
{
    uint64_t id;
    rg_verdict v;
    uint64_t w[8];
    rg_order order = buy(1);
    for (id = 1; id <= CAPACITY; id++) {
        EQUAL(check(id, &v), RG_TIMEOUT);
        REQUIRE(take_order(&gate, w));
    }
    EQUAL(rg_check(&client, &order, SHORT_NS, &v), RG_BUSY);
    for (id = 1; id <= CAPACITY; id++) {
        put_decision(&gate, id, RG_DECISION_ACCEPT);
    }
    for (id = 1; id <= CAPACITY; id++) {
        EQUAL(rg_poll(&client, &v), 1);
        EQUAL(v.decision, RG_DECISION_NONE);
        expect_void(id, id);
    }
    EQUAL(client.abandoned, 0);
    put_decision(&gate, 100, RG_DECISION_ACCEPT);
    EQUAL(check(100, &v), RG_ACCEPT);
}

static void case_gate_down(void)
{
    rg_verdict v;
    rg_order order = buy(1);
    rg_exec_report report = rg_report_of(RG_KIND_ACK, 1, 1);
    uint64_t *heartbeat = fake_u64(gate.page, RG_HEARTBEAT_OFFSET);
    uint32_t *state = fake_u32(gate.page, RG_STATE_OFFSET);
    uint32_t *lane = fake_u32(gate.gate_region, RG_LANE_STATE_OFFSET);
    *heartbeat = 1;
    EQUAL(rg_health(&client), RG_GATE_DOWN);
    EQUAL(rg_submit(&client, &order), RG_GATE_DOWN);
    EQUAL(rg_cancel(&client, 2, 1), RG_GATE_DOWN);
    EQUAL(check(1, &v), RG_GATE_DOWN);
    EQUAL(rg_report(&client, &report), RG_OK); /* waits in the ring */
    *heartbeat = FOREVER;
    EQUAL(rg_health(&client), RG_OK);
    *state = RG_GATE_STOPPED;
    EQUAL(rg_submit(&client, &order), RG_GATE_DOWN);
    EQUAL(rg_report(&client, &report), RG_GATE_DOWN);
    *state = RG_GATE_FAILED;
    EQUAL(rg_submit(&client, &order), RG_GATE_DOWN);
    *state = RG_GATE_LOCKED; /* the gate itself answers, gate_not_ready */
    EQUAL(rg_submit(&client, &order), RG_OK);
    *state = RG_GATE_READY;
    *lane = RG_LANE_CLOSED;
    EQUAL(rg_submit(&client, &order), RG_GATE_DOWN);
    *lane = RG_LANE_QUARANTINED;
    EQUAL(rg_submit(&client, &order), RG_QUARANTINED);
    EQUAL(rg_report(&client, &report), RG_QUARANTINED);
}

/* The gate dies while rg_check waits: it says so and does not wait for its time to end. */
static void *stop_the_gate(void *argument)
{
    uint64_t w[8];
    (void)argument;
    while (!take_order(&gate, w)) {
        rg_wait_turn();
    }
    RG_STORE_RELEASE(fake_u32(gate.page, RG_STATE_OFFSET), RG_GATE_FAILED);
    return NULL;
}

static void case_gate_dies_while_waiting(void)
{
    pthread_t thread;
    rg_verdict v;
    rg_order order = buy(1);
    REQUIRE(pthread_create(&thread, NULL, stop_the_gate, NULL) == 0);
    EQUAL(rg_check(&client, &order, UINT64_MAX, &v), RG_GATE_DOWN);
    REQUIRE(pthread_join(thread, NULL) == 0);
    EQUAL(v.decision, RG_DECISION_NONE);
}

static void case_killed(void)
{
    rg_verdict v;
    rg_order order = buy(1);
    rg_exec_report report = rg_report_of(RG_KIND_ACK, 1, 1);
    uint32_t *words[2];
    int i;
    words[0] = fake_u32(gate.page, RG_KILLED_OFFSET);
    words[1] = fake_u32(gate.gate_region, RG_LANE_KILLED_OFFSET);
    for (i = 0; i < 2; i++) {
        *words[i] = 1;
        EQUAL(rg_health(&client), RG_KILLED);
        EQUAL(rg_submit(&client, &order), RG_KILLED);
        *words[i] = 0;
    }
    *words[0] = 1;
    EQUAL(check(1, &v), RG_KILLED);
    EQUAL(rg_cancel(&client, 2, 1), RG_OK);
    EQUAL(rg_report(&client, &report), RG_OK);
    order.id = 3;
    order.target = 1;
    EQUAL(rg_replace(&client, &order), RG_OK); /* the gate knows whether it reduces */
    order.id = 4;
    order.flags = RG_FLAG_WHAT_IF;
    EQUAL(rg_submit(&client, &order), RG_OK);
}

static void case_invalid(void)
{
    rg_verdict v;
    rg_order order = buy(0);
    rg_exec_report report = rg_report_of(RG_KIND_NEW, 1, 1);
    EQUAL(rg_submit(&client, &order), RG_INVALID);
    order.id = 1;
    order.side = 4;
    EQUAL(rg_submit(&client, &order), RG_INVALID);
    order.side = 3; /* expressible: the gate says malformed */
    EQUAL(rg_submit(&client, &order), RG_OK);
    order.type = 16;
    EQUAL(rg_submit(&client, &order), RG_INVALID);
    order = buy(1);
    order.flags = RG_FLAG_HAS_EXTENSION;
    EQUAL(rg_submit(&client, &order), RG_INVALID);
    order = buy(1);
    order.kind = RG_KIND_FILL;
    EQUAL(rg_submit(&client, &order), RG_INVALID);
    order.kind = RG_KIND_REPLACE; /* of nothing */
    EQUAL(rg_submit(&client, &order), RG_INVALID);
    EQUAL(rg_submit(NULL, &order), RG_INVALID);
    EQUAL(rg_submit(&client, NULL), RG_INVALID);
    EQUAL(rg_check(&client, NULL, 1, &v), RG_INVALID);
    EQUAL(rg_poll(&client, NULL), 0);
    EQUAL(rg_report(&client, &report), RG_INVALID);
    EQUAL(rg_void(&client, 0, 1), RG_INVALID);
    EQUAL(rg_cancel(&client, 1, 0), RG_INVALID);
    EQUAL(rg_parent_open(&client, NULL), RG_INVALID);
    EQUAL(rg_parent_close(&client, 1, 0), RG_INVALID);
}

static void case_cancel_intent(void)
{
    rg_verdict v;
    uint64_t i;
    put_decision(&gate, 900, RG_DECISION_CANCEL_INTENT);
    EQUAL(rg_poll(&client, &v), 1);
    EQUAL(v.decision, RG_DECISION_CANCEL_INTENT);
    EQUAL(v.order_id, 900);
    put_decision(&gate, 901, RG_DECISION_CANCEL_INTENT); /* one that comes while rg_check waits */
    put_decision(&gate, 1, RG_DECISION_ACCEPT);
    EQUAL(check(1, &v), RG_ACCEPT);
    EQUAL(rg_poll(&client, &v), 1);
    EQUAL(v.order_id, 901);
    EQUAL(rg_poll(&client, &v), 0);
    for (i = 0; i < RG_INTENTS_MAX; i++) { /* more than are kept: rg_check refuses, none is lost */
        put_decision(&gate, 1000 + i, RG_DECISION_CANCEL_INTENT);
        put_decision(&gate, 2000 + i, RG_DECISION_ACCEPT);
        EQUAL(check(2000 + i, &v), i + 1 < RG_INTENTS_MAX ? RG_ACCEPT : RG_TIMEOUT);
        expect_kind(RG_KIND_NEW, i == 0 ? 1 : 2000 + i - 1);
    }
    EQUAL(check(3000, &v), RG_BUSY);
    for (i = 0; i < RG_INTENTS_MAX; i++) {
        EQUAL(rg_poll(&client, &v), 1);
        EQUAL(v.order_id, 1000 + i);
    }
}

static void case_unasked_verdict_ends_trust(void)
{
    rg_verdict v;
    rg_order order = buy(1);
    EQUAL(rg_submit(&client, &order), RG_OK);
    put_decision(&gate, 2, RG_DECISION_ACCEPT);
    EQUAL(rg_poll(&client, &v), 0);
    put_decision(&gate, 1, RG_DECISION_ACCEPT);
    EQUAL(rg_poll(&client, &v), 0);
    EQUAL(rg_health(&client), RG_GATE_DOWN);
    EQUAL(rg_submit(&client, &order), RG_GATE_DOWN);
}

static void case_torn_and_blank_slots_are_no_verdict(void)
{
    rg_verdict v;
    rg_order order = buy(1);
    uint64_t *slot = fake_u64(gate.gate_region, RG_SLOTS_OFFSET);
    uint64_t stamp;
    EQUAL(rg_submit(&client, &order), RG_OK);
    EQUAL(rg_poll(&client, &v), 0);
    put_decision(&gate, 1, RG_DECISION_ACCEPT);
    stamp = slot[0];
    slot[7] ^= 1; /* half of it is another decision's */
    EQUAL(rg_poll(&client, &v), 0);
    slot[7] ^= 1;
    slot[0] = UINT64_MAX;
    EQUAL(rg_poll(&client, &v), 0);
    slot[0] = stamp;
    EQUAL(rg_poll(&client, &v), 1);
    EQUAL(v.decision, RG_DECISION_ACCEPT);
}

/* Several laps, engine in a thread of its own: everything arrives once, in order. */
#define LAPS_ORDERS 5000u

static void *echo_engine(void *argument)
{
    uint64_t w[8];
    uint64_t next = 1;
    uint64_t fills = 0;
    (void)argument;
    while (next <= LAPS_ORDERS) {
        if (!take_order(&gate, w)) {
            rg_wait_turn();
            continue;
        }
        if (kind_of(w) == RG_KIND_FILL) {
            fills++;
            continue;
        }
        EQUAL(w[1], next);
        while (gate.given - RG_LOAD_ACQUIRE(fake_u64(gate.client_region, RG_VERDICTS_READ_OFFSET)) >=
               CAPACITY) {
            rg_wait_turn();
        }
        put_decision(&gate, next, next % 3 == 0 ? RG_DECISION_REJECT : RG_DECISION_ACCEPT);
        next++;
    }
    while (fills < LAPS_ORDERS - LAPS_ORDERS / 3) {
        if (take_order(&gate, w)) {
            EQUAL(kind_of(w), RG_KIND_FILL);
            fills++;
        } else {
            rg_wait_turn();
        }
    }
    return NULL;
}

static void case_many_laps(void)
{
    pthread_t thread;
    uint64_t sent = 0;
    uint64_t seen = 0;
    rg_verdict v;
    REQUIRE(pthread_create(&thread, NULL, echo_engine, NULL) == 0);
    while (seen < LAPS_ORDERS) {
        int moved = 0;
        if (sent < LAPS_ORDERS) {
            rg_order order = buy(sent + 1);
            int status = rg_submit(&client, &order);
            REQUIRE(status == RG_OK || status == RG_FULL);
            moved = status == RG_OK;
            sent += (uint64_t)moved;
        }
        while (rg_poll(&client, &v)) {
            moved = 1;
            seen++;
            EQUAL(v.order_id, seen);
            EQUAL(v.decision, seen % 3 == 0 ? RG_DECISION_REJECT : RG_DECISION_ACCEPT);
            if (v.decision == RG_DECISION_ACCEPT) {
                rg_order order = buy(seen);
                rg_exec_report report = rg_fill_of(&order, seen, 1, 1);
                int status;
                while ((status = rg_report(&client, &report)) == RG_FULL) {
                    rg_wait_turn();
                }
                EQUAL(status, RG_OK);
            }
        }
        if (!moved) {
            rg_wait_turn();
        }
    }
    REQUIRE(pthread_join(thread, NULL) == 0);
    EQUAL(client.verdict_cursor, LAPS_ORDERS);
}

static const struct test_case cases[] = {
    CASE(accept_and_reject),
    CASE(replayed_is_no_approval),
    CASE(expired_and_foreign_accepts_are_voided),
    CASE(timeout_then_late_accept_is_voided),
    CASE(full_ring),
    CASE(void_waits_for_room),
    CASE(many_timeouts_are_bounded),
    CASE(gate_down),
    CASE(gate_dies_while_waiting),
    CASE(killed),
    CASE(invalid),
    CASE(cancel_intent),
    CASE(unasked_verdict_ends_trust),
    CASE(torn_and_blank_slots_are_no_verdict),
    CASE(many_laps),
};

int main(int argc, char **argv)
{
    return run_cases(cases, sizeof cases / sizeof cases[0], argc, argv);
}
