/* A client of libriskgate that checks baskets at a real gate. Usage: basket SOCKET LANE
 *
 * The gate's setup: account "A" below "firm", instruments AAPL, MSFT, GOOG, AMZN at 100, and a
 * basket_qty of 3000 at "firm". Exit status 0: everything came as it must. */
#include <riskgate.h>

#include <stdio.h>
#include <string.h>

#define LONGEST 256u
#define SECOND UINT64_C(1000000000)

static rg_client gate;
static rg_order lines[LONGEST];
static rg_verdict verdicts[LONGEST];
static uint32_t account, instrument[4];

static int failed(int line, const char *what, int64_t came, int64_t expected)
{
    fprintf(stderr, "basket.c:%d: %s is %lld, expected %lld; %s\n", line, what, (long long)came,
            (long long)expected, rg_last_error(&gate));
    return 1;
}

#define EXPECT(value, expected)                                                                     \
    do {                                                                                           \
        int64_t came_ = (int64_t)(value);                                                          \
        if (came_ != (int64_t)(expected)) {                                                        \
            return failed(__LINE__, #value, came_, (int64_t)(expected));                           \
        }                                                                                          \
    } while (0)

static void fill(uint64_t first_id, size_t count, int64_t qty)
{
    size_t i;
    for (i = 0; i < count; i++) {
        lines[i] = rg_limit_order(first_id + i, account, instrument[i % 4], RG_SIDE_BUY,
                                  100 * RG_PRICE_ONE, qty * RG_QTY_ONE);
    }
}

static int check(size_t count)
{
    return rg_check_basket(&gate, lines, count, 20 * SECOND, verdicts);
}

/* The verdict of the one request that waits. */
static int await(rg_verdict *v)
{
    uint64_t start = rg_now_ns();
    while (rg_now_ns() - start < 20 * SECOND) {
        if (rg_poll(&gate, v)) {
            return 1;
        }
    }
    return 0;
}

static int baskets(void)
{
    char why[256];
    size_t i;
    int status;
    /* The longest basket, four times as long as the rings. A busy host may take the core away until
     * the deadline has passed: then all of it is void, and the next attempt has other ids. */
    uint64_t first_id = 0;
    do {
        first_id += 1000;
        EXPECT(first_id < 1000 * 1000, 1);
        fill(first_id, LONGEST, 10);
        status = check(LONGEST);
    } while (status == RG_TIMEOUT);
    EXPECT(status, RG_ACCEPT);
    for (i = 0; i < LONGEST; i++) {
        EXPECT(verdicts[i].order_id, first_id + i);
        EXPECT(verdicts[i].decision, RG_DECISION_ACCEPT);
    }
    EXPECT(check(LONGEST), RG_REPLAYED); /* the same again */
    EXPECT(verdicts[7].decision, RG_DECISION_NONE);
    fill(2000000, 2, 1501); /* 3002 over 3000 */
    EXPECT(check(2), RG_REJECT);
    EXPECT(verdicts[0].first_check, RG_CHECK_BASKET_QTY);
    EXPECT(verdicts[0].observed, 3002 * RG_QTY_ONE);
    EXPECT(verdicts[1].decision, RG_DECISION_REJECT);
    fill(2000010, 3, 10);
    lines[2].qty = 0;
    EXPECT(check(3), RG_REJECT);
    EXPECT(verdicts[0].flags, RG_VERDICT_OF_BASKET);
    EXPECT(verdicts[0].detail, 3);
    EXPECT(rg_reason_text(&gate, &verdicts[0], why, sizeof why) > 0, 1);
    EXPECT(strcmp(why, "line 3 of the basket: malformed: a field"), 0);
    EXPECT(verdicts[2].detail, RG_FIELD_QTY);
    fill(2000020, 3, 10);
    lines[0].flags = lines[1].flags = lines[2].flags = RG_FLAG_WHAT_IF;
    EXPECT(check(3), RG_WOULD_ACCEPT);
    for (i = 0; i < LONGEST; i++) { /* all done: nothing stays open */
        rg_exec_report report = rg_report_of(RG_KIND_CANCELLED, first_id + i, 0);
        while ((status = rg_report(&gate, &report)) == RG_FULL) {
        }
        EXPECT(status, RG_OK);
    }
    return 0;
}

/* A wait of nothing: cut anywhere, the run never becomes a part of what comes after it. */
static int cut(void)
{
    uint64_t round;
    rg_verdict v;
    for (round = 0; round < 20; round++) {
        int status;
        fill(3000000 + round * 1000, 200, 1);
        status = rg_check_basket(&gate, lines, 200, round * 2000, verdicts);
        /* RG_FULL: the voids of the round before fill the ring, and nothing was written. */
        if (status != RG_TIMEOUT && status != RG_ACCEPT && status != RG_FULL) {
            return failed(__LINE__, "status", status, RG_TIMEOUT);
        }
        while (gate.pending_first != gate.pending_end || gate.basket_lines != 0) {
            (void)rg_poll(&gate, &v);
            EXPECT(rg_health(&gate), RG_OK);
        }
    }
    return 0;
}

static int parents(void)
{
    rg_verdict v;
    rg_order parent = rg_limit_order(4000000, account, instrument[0], RG_SIDE_BUY,
                                     101 * RG_PRICE_ONE, 100 * RG_QTY_ONE);
    int status;
    while ((status = rg_parent_open(&gate, &parent)) == RG_FULL) { /* voids are on their way */
        (void)rg_poll(&gate, &v);
    }
    EXPECT(status, RG_OK);
    EXPECT(await(&v), 1);
    EXPECT(v.decision, RG_DECISION_ACCEPT);
    fill(4000001, 3, 60);
    lines[0].instrument = lines[1].instrument = lines[2].instrument = instrument[0];
    lines[0].parent = lines[1].parent = lines[2].parent = 4000000;
    EXPECT(check(2), RG_REJECT); /* 120 of 100 */
    EXPECT(verdicts[1].first_check, RG_CHECK_CHILD_OF_PARENT);
    EXPECT(verdicts[1].detail, RG_PARENT_RULE_QTY);
    EXPECT(verdicts[1].observed, 120 * RG_QTY_ONE);
    lines[2].qty = 100 * RG_QTY_ONE;
    EXPECT(rg_submit(&gate, &lines[2]), RG_OK);
    EXPECT(await(&v), 1);
    EXPECT(v.wire_decision, RG_DECISION_ACCEPT);
    EXPECT(rg_parent_close(&gate, 4000010, 4000000), RG_OK);
    EXPECT(await(&v), 1);
    EXPECT(v.flags, 0);
    fill(4000020, 1, 1);
    lines[0].instrument = instrument[0];
    lines[0].parent = 4000000;
    EXPECT(rg_submit(&gate, &lines[0]), RG_OK);
    EXPECT(await(&v), 1);
    EXPECT(v.first_check, RG_CHECK_CHILD_OF_PARENT);
    return 0;
}

int main(int argc, char **argv)
{
    static const char *const symbols[4] = {"AAPL", "MSFT", "GOOG", "AMZN"};
    rg_connect_options options;
    int i;
    if (argc != 3) {
        fprintf(stderr, "usage: basket SOCKET LANE\n");
        return 2;
    }
    rg_connect_options_init(&options);
    options.socket_path = argv[1];
    options.lane = argv[2];
    options.wait = RG_WAIT_YIELD;
    EXPECT(rg_connect(&options, &gate), RG_OK);
    EXPECT(rg_lookup_account(&gate, "A", &account), RG_OK);
    for (i = 0; i < 4; i++) {
        EXPECT(rg_lookup_instrument(&gate, symbols[i], &instrument[i]), RG_OK);
    }
    if (baskets() != 0 || cut() != 0 || parents() != 0) {
        return 1;
    }
    rg_close(&gate);
    puts("all as it must be");
    return 0;
}
