/* Baskets and parents against a fake gate: what is written, what is believed, what is voided. */
#include "cases.h"

#define LINES 20u /* more than both rings have slots */

static rg_order lines[LINES];
static rg_verdict verdicts[LINES];
static int result;

static void make_lines(size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) {
        lines[i] = buy(100 + i);
    }
}

static void *run_check(void *argument)
{
    result = rg_check_basket(&client, lines, *(size_t *)argument, UINT64_C(10000000000), verdicts);
    return NULL;
}

/* The engine's side: takes `count` lines, checks that they are a run, answers each. */
static void play(size_t count, uint8_t decision, uint64_t valid_until_ns, uint16_t flags)
{
    uint64_t w[8];
    uint64_t read = 0;
    size_t i;
    for (i = 0; i < count; i++) {
        while (!take_order(&gate, w)) {
            rg_wait_turn();
        }
        EQUAL(kind_of(w), RG_KIND_NEW);
        EQUAL(w[1], 100 + i);
        EQUAL((w[6] >> 24) & 0xff, i + 1 < count ? RG_FLAG_BASKET_MORE : 0);
    }
    for (i = 0; i < count; i++) {
        struct fake_verdict v;
        memset(&v, 0, sizeof v);
        v.order_id = 100 + i;
        v.decision = decision;
        v.epoch = gate.epoch;
        v.node = RG_NO_NODE;
        v.flags = flags;
        v.valid_until_ns = valid_until_ns;
        while (gate.given - read >= gate.capacity) { /* as many as the ring holds */
            read = RG_LOAD_ACQUIRE(fake_u64(gate.client_region, RG_VERDICTS_READ_OFFSET));
        }
        put_verdict(&gate, &v);
    }
}

static void whole(size_t count, uint8_t decision, uint64_t valid_until_ns, uint16_t flags)
{
    pthread_t thread;
    make_lines(count);
    REQUIRE(pthread_create(&thread, NULL, run_check, &count) == 0);
    play(count, decision, valid_until_ns, flags);
    REQUIRE(pthread_join(thread, NULL) == 0);
}

static void case_longer_than_the_rings(void)
{
    size_t i;
    whole(LINES, RG_DECISION_ACCEPT, FOREVER, 0);
    EQUAL(result, RG_ACCEPT);
    for (i = 0; i < LINES; i++) {
        EQUAL(verdicts[i].order_id, 100 + i);
        EQUAL(verdicts[i].decision, RG_DECISION_ACCEPT);
    }
    EQUAL(client.accepts_voided, 0);
}

static void case_refused_and_replayed(void)
{
    whole(3, RG_DECISION_REJECT, 0, RG_VERDICT_OF_BASKET);
    EQUAL(result, RG_REJECT);
    EQUAL(verdicts[2].flags, RG_VERDICT_OF_BASKET);
    whole(3, RG_DECISION_ACCEPT, 0, RG_VERDICT_REPLAYED);
    EQUAL(result, RG_REPLAYED);
    EQUAL(verdicts[0].decision, RG_DECISION_NONE);
    EQUAL(client.accepts_voided, 0);
}

/* The deadline has passed when the verdicts are read: every line is voided. */
static void case_expired(void)
{
    uint64_t i;
    whole(4, RG_DECISION_ACCEPT, 1, 0);
    EQUAL(result, RG_TIMEOUT);
    for (i = 0; i < 4; i++) {
        expect_void(100 + i, 100 + i);
        EQUAL(verdicts[i].decision, RG_DECISION_NONE);
    }
}

/* Some accepts come in time, the others never: those that came are voided, the late ones later. */
static void case_late_half(void)
{
    uint64_t w[8];
    uint64_t i;
    rg_verdict v;
    make_lines(4);
    for (i = 0; i < 2; i++) {
        put_decision(&gate, 100 + i, RG_DECISION_ACCEPT);
    }
    EQUAL(rg_check_basket(&client, lines, 4, SHORT_NS, verdicts), RG_TIMEOUT);
    for (i = 0; i < 4; i++) {
        REQUIRE(take_order(&gate, w));
        EQUAL(kind_of(w), RG_KIND_NEW);
        EQUAL(verdicts[i].order_id, 100 + i);
        EQUAL(verdicts[i].decision, RG_DECISION_NONE);
    }
    expect_void(100, 100);
    expect_void(101, 101);
    for (i = 2; i < 4; i++) {
        put_decision(&gate, 100 + i, RG_DECISION_ACCEPT);
        EQUAL(rg_poll(&client, &v), 1);
        EQUAL(v.decision, RG_DECISION_NONE);
        EQUAL(v.local, RG_LOCAL_LATE | RG_LOCAL_VOIDED);
        expect_void(100 + i, 100 + i);
    }
    EQUAL(client.pending_first, client.pending_end);
    EQUAL(client.abandoned, 0);
}

/* Nobody takes the lines: the run is cut, and ended before anything else is written. */
static void case_cut_run(void)
{
    uint64_t w[8];
    uint64_t i;
    rg_verdict v;
    make_lines(LINES);
    EQUAL(rg_check_basket(&client, lines, LINES, SHORT_NS, verdicts), RG_TIMEOUT);
    EQUAL(rg_submit(&client, &lines[19]), RG_FULL);
    for (i = 0; i < CAPACITY; i++) {
        REQUIRE(take_order(&gate, w));
        EQUAL((w[6] >> 24) & 0xff, RG_FLAG_BASKET_MORE);
    }
    lines[0] = buy(500);
    EQUAL(rg_check(&client, &lines[0], SHORT_NS, &v), RG_BUSY); /* nine wait, the ring holds eight */
    EQUAL(rg_poll(&client, &v), 0);
    REQUIRE(take_order(&gate, w)); /* the end of the run: not an order that could pass */
    EQUAL(w[1], 100 + CAPACITY);
    EQUAL(w[6], RG_KIND_NEW);
    REQUIRE(!take_order(&gate, w));
    for (i = 0; i < CAPACITY; i++) {
        put_decision(&gate, 100 + i, RG_DECISION_REJECT);
        EQUAL(rg_poll(&client, &v), 1);
        EQUAL(v.local, RG_LOCAL_LATE);
    }
    put_decision(&gate, 100 + i, RG_DECISION_REJECT);
    EQUAL(rg_poll(&client, &v), 1);
    EQUAL(client.abandoned, 0);
    put_decision(&gate, 500, RG_DECISION_ACCEPT);
    EQUAL(rg_check(&client, &lines[0], SHORT_NS, &v), RG_ACCEPT);
}

static void case_by_hand(void)
{
    uint64_t w[8];
    uint64_t i;
    rg_verdict v;
    for (i = 0; i < LINES; i++) {
        rg_order line = buy(100 + i);
        line.flags = i + 1 < LINES ? RG_FLAG_BASKET_MORE : 0;
        EQUAL(rg_submit(&client, &line), RG_OK); /* more than the verdict ring holds */
        REQUIRE(take_order(&gate, w));
    }
    EQUAL(rg_check_basket(&client, lines, 2, SHORT_NS, verdicts), RG_BUSY);
    for (i = 0; i < LINES; i++) {
        put_decision(&gate, 100 + i, RG_DECISION_ACCEPT);
        EQUAL(rg_poll(&client, &v), 1);
        EQUAL(v.decision, RG_DECISION_ACCEPT);
    }
    for (i = 0; i < RG_BASKET_LINES_MAX - 1; i++) {
        rg_order line = buy(1000 + i);
        line.flags = RG_FLAG_BASKET_MORE;
        EQUAL(rg_submit(&client, &line), RG_OK);
        REQUIRE(take_order(&gate, w));
    }
    lines[0] = buy(2000);
    lines[0].flags = RG_FLAG_BASKET_MORE;
    EQUAL(rg_submit(&client, &lines[0]), RG_INVALID);
}

static void case_invalid_baskets(void)
{
    static rg_order many[RG_BASKET_LINES_MAX + 1];
    static rg_verdict room[RG_BASKET_LINES_MAX + 1];
    uint64_t w[8];
    make_lines(3);
    EQUAL(rg_check_basket(NULL, lines, 3, 1, verdicts), RG_INVALID);
    EQUAL(rg_check_basket(&client, NULL, 3, 1, verdicts), RG_INVALID);
    EQUAL(rg_check_basket(&client, lines, 3, 1, NULL), RG_INVALID);
    EQUAL(rg_check_basket(&client, lines, 0, 1, verdicts), RG_INVALID);
    EQUAL(rg_check_basket(&client, many, RG_BASKET_LINES_MAX + 1, 1, room), RG_INVALID);
    lines[1].flags = RG_FLAG_WHAT_IF;
    EQUAL(rg_check_basket(&client, lines, 3, 1, verdicts), RG_INVALID);
    make_lines(3);
    lines[2].kind = RG_KIND_REPLACE;
    lines[2].target = 1;
    EQUAL(rg_check_basket(&client, lines, 3, 1, verdicts), RG_INVALID);
    make_lines(3);
    lines[1].id = 0;
    EQUAL(rg_check_basket(&client, lines, 3, 1, verdicts), RG_INVALID);
    REQUIRE(!take_order(&gate, w)); /* nothing was written */
    make_lines(3);
    client.header_minor = 0; /* a program of an older header */
    EQUAL(rg_check_basket(&client, lines, 3, 1, verdicts), RG_NOT_SUPPORTED);
    client.header_minor = RG_ABI_MINOR;
    RG_STORE_RELEASE(fake_u32(gate.page, RG_STATE_OFFSET), RG_GATE_FAILED);
    EQUAL(rg_check_basket(&client, lines, 3, 1, verdicts), RG_GATE_DOWN);
    EQUAL(verdicts[2].order_id, 102);
    EQUAL(verdicts[2].decision, RG_DECISION_NONE);
}

static void case_parents(void)
{
    uint64_t w[8];
    rg_verdict v;
    char why[256];
    rg_order parent = buy(9);
    EQUAL(rg_parent_open(&client, &parent), RG_OK);
    REQUIRE(take_order(&gate, w));
    EQUAL(kind_of(w), RG_KIND_PARENT_OPEN);
    EQUAL(w[1], 9);
    EQUAL((int64_t)w[2], 187 * RG_PRICE_ONE);
    EQUAL((int64_t)w[3], 100 * RG_QTY_ONE);
    EQUAL(w[4], 0);
    EQUAL(w[5], 5 | (UINT64_C(7) << 32));
    EQUAL((w[6] >> 8) & 0xff, RG_SIDE_BUY);
    put_decision(&gate, 9, RG_DECISION_ACCEPT);
    EQUAL(rg_poll(&client, &v), 1);
    EQUAL(v.decision, RG_DECISION_ACCEPT);
    EQUAL(rg_parent_close(&client, 10, 9), RG_OK);
    REQUIRE(take_order(&gate, w));
    EQUAL(kind_of(w), RG_KIND_PARENT_CLOSE);
    EQUAL(w[1], 10);
    EQUAL(w[4], 9);
    put_decision(&gate, 10, RG_DECISION_ACCEPT);
    EQUAL(rg_poll(&client, &v), 1);
    parent.id = 11;
    parent.kind = RG_KIND_PARENT_OPEN;
    put_decision(&gate, 11, RG_DECISION_ACCEPT);
    EQUAL(rg_check(&client, &parent, SHORT_NS, &v), RG_ACCEPT);
    memset(&v, 0, sizeof v);
    v.decision = RG_DECISION_REJECT;
    v.first_check = RG_CHECK_CHILD_OF_PARENT;
    v.breaches = UINT64_C(1) << (RG_CHECK_CHILD_OF_PARENT - 1);
    v.node = RG_NO_NODE;
    v.detail = RG_PARENT_RULE_QTY;
    v.observed = 101 * RG_QTY_ONE;
    v.limit = 100 * RG_QTY_ONE;
    REQUIRE(rg_reason_text(&client, &v, why, sizeof why) > 0);
    REQUIRE(strcmp(why, "child_of_parent: the children would come to more than the parent: "
                        "101 against 100") == 0);
    v.flags = RG_VERDICT_OF_BASKET;
    v.first_check = RG_CHECK_MALFORMED;
    v.detail = 3;
    REQUIRE(rg_reason_text(&client, &v, why, sizeof why) > 0);
    REQUIRE(strncmp(why, "line 3 of the basket: malformed", 31) == 0);
}

static const struct test_case cases[] = {
    CASE(longer_than_the_rings),
    CASE(refused_and_replayed),
    CASE(expired),
    CASE(late_half),
    CASE(cut_run),
    CASE(by_hand),
    CASE(invalid_baskets),
    CASE(parents),
};

int main(int argc, char **argv)
{
    return run_cases(cases, sizeof cases / sizeof cases[0], argc, argv);
}
