/* Decimal text, names and reasons: rg_price, rg_qty, rg_format_..., rg_check_name, rg_reason_text. */
#include <riskgate.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;

static void fail(int line, const char *what, const char *got, const char *expected)
{
    fprintf(stderr, "text_test.c:%d: %s gave \"%s\", expected \"%s\"\n", line, what, got, expected);
    failures++;
}

static void parses(int line, int (*parse)(const char *, int64_t *), const char *text, int status,
                   int64_t value)
{
    int64_t out = 12345;
    int got = parse(text, &out);
    char g[64], e[64];
    snprintf(g, sizeof g, "%d %lld", got, (long long)out);
    snprintf(e, sizeof e, "%d %lld", status, (long long)(status == RG_OK ? value : 12345));
    if (strcmp(g, e) != 0) {
        fail(line, text, g, e);
    }
}

static void formats(int line, int (*format)(int64_t, char *, size_t), int64_t value,
                    const char *expected)
{
    char buffer[24];
    int length = format(value, buffer, sizeof buffer);
    if (length != (int)strlen(expected) || strcmp(buffer, expected) != 0) {
        fail(line, "format", buffer, expected);
    }
}

#define PRICE(text, status, value) parses(__LINE__, rg_price, text, status, value)
#define QTY(text, status, value) parses(__LINE__, rg_qty, text, status, value)

static void decimals(void)
{
    char small[4];
    int64_t out;
    PRICE("187.25", RG_OK, INT64_C(187250000000));
    PRICE("0", RG_OK, 0);
    PRICE("-0", RG_OK, 0);
    PRICE("+1", RG_OK, RG_PRICE_ONE);
    PRICE("-37.63", RG_OK, INT64_C(-37630000000));
    PRICE("0.000000001", RG_OK, 1);
    PRICE("-0.000000001", RG_OK, -1);
    PRICE("1.000000000000", RG_OK, RG_PRICE_ONE);
    PRICE("0000000000000000000000001", RG_OK, RG_PRICE_ONE);
    PRICE("0.0000000001", RG_PRECISION, 0);
    PRICE("1.0000000010000001", RG_PRECISION, 0);
    PRICE("9223372036.854775806", RG_OK, INT64_MAX - 1);
    PRICE("-9223372036.854775806", RG_OK, -(INT64_MAX - 1));
    PRICE("9223372036.854775807", RG_RANGE, 0); /* that is "undefined" */
    PRICE("9223372037", RG_RANGE, 0);
    PRICE("99999999999999999999999", RG_RANGE, 0);
    QTY("0.00000001", RG_OK, 1);
    QTY("0.000000001", RG_PRECISION, 0);
    QTY("92233720368.54775806", RG_OK, INT64_MAX - 1);
    QTY("92233720368.54775807", RG_RANGE, 0);
    QTY("100", RG_OK, 100 * RG_QTY_ONE);
    PRICE("", RG_SYNTAX, 0);
    PRICE("-", RG_SYNTAX, 0);
    PRICE(".5", RG_SYNTAX, 0);
    PRICE("5.", RG_SYNTAX, 0);
    PRICE(" 5", RG_SYNTAX, 0);
    PRICE("5 ", RG_SYNTAX, 0);
    PRICE("1e5", RG_SYNTAX, 0);
    PRICE("1,000", RG_SYNTAX, 0);
    PRICE("1.2.3", RG_SYNTAX, 0);
    PRICE("--1", RG_SYNTAX, 0);
    PRICE("0x10", RG_SYNTAX, 0);
    PRICE("inf", RG_SYNTAX, 0);
    PRICE("99999999999999999999999x", RG_SYNTAX, 0);
    if (rg_price(NULL, &out) != RG_INVALID || rg_qty("1", NULL) != RG_INVALID) {
        fail(__LINE__, "null", "another code", "RG_INVALID");
    }

    formats(__LINE__, rg_format_price, INT64_C(187250000000), "187.25");
    formats(__LINE__, rg_format_price, 0, "0");
    formats(__LINE__, rg_format_price, -1, "-0.000000001");
    formats(__LINE__, rg_format_price, INT64_MIN, "-9223372036.854775808");
    formats(__LINE__, rg_format_price, RG_PRICE_UNDEFINED, "undefined");
    formats(__LINE__, rg_format_qty, INT64_MAX, "92233720368.54775807");
    formats(__LINE__, rg_format_qty, 1000 * RG_QTY_ONE, "1000");
    if (rg_format_price(RG_PRICE_ONE * 1000, small, sizeof small) != RG_TOO_SMALL ||
        small[0] != '\0' || rg_format_price(RG_PRICE_UNDEFINED, small, 4) != RG_TOO_SMALL) {
        fail(__LINE__, "small buffer", small, "RG_TOO_SMALL and an empty text");
    }
}

/* Text and number are inverse on a few hundred thousand values; the seed is fixed. */
static void round_trips(void)
{
    uint64_t x = 42;
    int i;
    for (i = 0; i < 200000; i++) {
        char text[24];
        int64_t value, back = 0;
        x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        value = (int64_t)x >> (i % 60);
        if (value == INT64_MAX || value == INT64_MIN) {
            continue;
        }
        if (rg_format_price(value, text, sizeof text) < 0 || rg_price(text, &back) != RG_OK ||
            back != value || rg_format_qty(value, text, sizeof text) < 0 ||
            rg_qty(text, &back) != RG_OK || back != value) {
            fail(__LINE__, "round trip (seed 42)", text, "the value");
            return;
        }
    }
}

static void reason(int line, const rg_verdict *v, const char *expected)
{
    char buffer[256];
    char cut[8];
    int length = rg_reason_text(NULL, v, buffer, sizeof buffer);
    if (length != (int)strlen(expected) || strcmp(buffer, expected) != 0) {
        fail(line, "reason", buffer, expected);
    }
    if (rg_reason_text(NULL, v, cut, sizeof cut) != RG_TOO_SMALL || strlen(cut) != 7 ||
        strncmp(cut, expected, 7) != 0) {
        fail(line, "cut reason", cut, expected);
    }
}

static rg_verdict reject(uint8_t check, int64_t observed, int64_t limit, uint32_t node)
{
    rg_verdict v;
    memset(&v, 0, sizeof v);
    v.decision = RG_DECISION_REJECT;
    v.first_check = check;
    v.breaches = check == 0 || check > 63 ? 0 : UINT64_C(1) << (check - 1);
    v.observed = observed;
    v.limit = limit;
    v.node = node;
    return v;
}

/* A rejection whose reason is in its detail. */
static void detailed(int line, uint8_t check, uint32_t why, uint32_t session, uint32_t value,
                     const char *expected)
{
    rg_verdict v = reject(check, 0, 0, RG_NO_NODE);
    v.detail = why | session << 8 | value << 16;
    reason(line, &v, expected);
}

static void details(void)
{
    const uint8_t state = RG_CHECK_INSTRUMENT_STATE;
    const uint8_t permission = RG_CHECK_PERMISSION;
    const uint8_t halt = RG_CHECK_MARKET_HALT;
    rg_verdict v;
    detailed(__LINE__, state, RG_STATE_HALTED, 3, 0, "instrument_state: the instrument is halted");
    detailed(__LINE__, state, RG_STATE_EXPIRED, 3, 0,
             "instrument_state: the instrument has expired");
    detailed(__LINE__, state, RG_STATE_CLOSED, RG_SESSION_CLOSED, 0,
             "instrument_state: the instrument is outside its trading hours");
    detailed(__LINE__, state, RG_STATE_TIME_IN_FORCE, RG_SESSION_CLOSING_AUCTION, RG_TIF_IOC,
             "instrument_state: the instrument is in its closing auction, ioc is not allowed");
    detailed(__LINE__, state, RG_STATE_TYPE, RG_SESSION_PRE_OPEN, RG_TYPE_MARKET,
             "instrument_state: the instrument is before its open, market orders are not allowed");
    detailed(__LINE__, state, RG_STATE_TYPE, 77, 99,
             "instrument_state: the instrument is 77, 99 orders are not allowed");
    detailed(__LINE__, state, 99, 0, 0, "instrument_state");
    detailed(__LINE__, permission, RG_PERMISSION_CLASS, 0, 2,
             "permission: instrument class option is not permitted");
    detailed(__LINE__, permission, RG_PERMISSION_CLASS, 0, 31,
             "permission: instrument class 31 is not permitted");
    detailed(__LINE__, permission, RG_PERMISSION_TYPE, 0, RG_TYPE_STOP_LIMIT,
             "permission: order type stop limit is not permitted");
    detailed(__LINE__, permission, RG_PERMISSION_AUCTION_TYPE, 0, RG_TYPE_MARKET,
             "permission: order type market is not permitted in an auction");
    detailed(__LINE__, permission, RG_PERMISSION_TIME_IN_FORCE, 0, RG_TIF_GTC,
             "permission: time in force gtc is not permitted");
    detailed(__LINE__, permission, RG_PERMISSION_CAPACITY, 0, RG_CAPACITY_PRINCIPAL,
             "permission: capacity principal is not permitted");
    detailed(__LINE__, permission, RG_PERMISSION_VENUE, 0, 63,
             "permission: venue 63 is not permitted");
    detailed(__LINE__, permission, RG_PERMISSION_ALGO, 0, 0,
             "permission: algorithm none is not permitted");
    detailed(__LINE__, permission, RG_PERMISSION_ALGO_UNKNOWN, 0, 7,
             "permission: algorithm 7 is not registered");
    detailed(__LINE__, permission, RG_PERMISSION_ALGO_INACTIVE, 0, 65535,
             "permission: algorithm 65535 is not active");
    detailed(__LINE__, halt, RG_HALT_ALL, 0, 0, "market_halt: all markets are halted");
    detailed(__LINE__, halt, RG_HALT_VENUE, 0, 3, "market_halt: the order's market 3 is halted");
    detailed(__LINE__, halt, RG_HALT_INSTRUMENT, 0, 4,
             "market_halt: the instrument's market 4 is halted");
    v = reject(RG_CHECK_PRICE_COLLAR, INT64_C(180010000000), INT64_C(180000000000), RG_NO_NODE);
    v.detail = RG_COLLAR_STATIC_BAND;
    reason(__LINE__, &v,
           "price_collar: 180.01 is outside the static band, which ends at 180");
}

static void reasons(void)
{
    rg_verdict v = reject(RG_CHECK_MAX_ORDER_QTY, 25000 * RG_QTY_ONE, 10000 * RG_QTY_ONE, 17);
    reason(__LINE__, &v, "max_order_qty: 25,000 over 10,000 at node 17");
    v.breaches |= UINT64_C(1) << (RG_CHECK_MAX_ORDER_VALUE - 1);
    reason(__LINE__, &v, "max_order_qty: 25,000 over 10,000 at node 17 (and 1 other)");
    v.breaches |= RG_BREACH_MORE;
    reason(__LINE__, &v, "max_order_qty: 25,000 over 10,000 at node 17 (and 1 or more others)");
    v = reject(RG_CHECK_GROSS_EXPOSURE, INT64_C(12345678901), INT64_C(10000000000), RG_NO_NODE);
    reason(__LINE__, &v, "gross_exposure: 1,234,567.8901 over 1,000,000");
    v = reject(RG_CHECK_EXECUTION_RATE, 501, 500, RG_NO_NODE);
    reason(__LINE__, &v, "execution_rate: 501 over 500");
    v = reject(RG_CHECK_EXECUTION_RATE, INT64_C(10010000), INT64_C(10000000), RG_NO_NODE);
    v.detail = RG_EXECUTIONS_BY_VALUE;
    reason(__LINE__, &v, "execution_rate: 1,001 over 1,000");
    v = reject(RG_CHECK_ORDER_TO_TRADE, INT64_C(250000000), INT64_C(200000000), RG_NO_NODE);
    reason(__LINE__, &v, "order_to_trade: 2.5 over 2");
    v = reject(RG_CHECK_NET_EXPOSURE, INT64_C(-10005000), 0, RG_NO_NODE);
    reason(__LINE__, &v, "net_exposure: -1,000.50 over 0");
    v = reject(RG_CHECK_TICK_SIZE, INT64_C(187255000000), INT64_C(10000000), RG_NO_NODE);
    reason(__LINE__, &v, "tick_size: 187.255 is not a multiple of 0.01");
    v = reject(RG_CHECK_SECTOR_CONCENTRATION, 26000500, 25000000, RG_NO_NODE);
    reason(__LINE__, &v, "sector_concentration: 2,600.05 bp over 2,500 bp");
    v = reject(RG_CHECK_PRICE_COLLAR, INT64_C(2500000000), INT64_C(1872500000), RG_NO_NODE);
    reason(__LINE__, &v, "price_collar: 2.5 from the mark, at most 1.8725");
    v = reject(RG_CHECK_WASH_TRADE, INT64_MAX, 10 * RG_PRICE_ONE, RG_NO_NODE);
    reason(__LINE__, &v, "wash_trade: any price would match an own order at 10");
    v = reject(RG_CHECK_STALE_MARK, INT64_C(7500000000), INT64_C(5000000000), RG_NO_NODE);
    reason(__LINE__, &v, "stale_mark: 7,500 ms old, at most 5,000 ms");
    v = reject(RG_CHECK_STALE_MARK, 0, INT64_C(5000000000), RG_NO_NODE); /* crossed, not old */
    reason(__LINE__, &v, "stale_mark");
    v = reject(RG_CHECK_MAX_OPEN_ORDERS, 1001, 1000, 2);
    reason(__LINE__, &v, "max_open_orders: 1,001 over 1,000 at node 2");
    v = reject(RG_CHECK_KILLED, 0, 0, RG_NO_NODE);
    v.breaches = UINT64_C(1) << (RG_CHECK_KILLED - 1);
    v.node = 1;
    reason(__LINE__, &v, "killed at node 1");
    v = reject(RG_CHECK_LIMIT_NOT_SET, 0, 0, RG_NO_NODE);
    v.detail = RG_CHECK_PRICE_COLLAR;
    reason(__LINE__, &v, "limit_not_set: no limit is set for price_collar");
    v = reject(RG_CHECK_MALFORMED, 0, 0, RG_NO_NODE);
    v.detail = RG_FIELD_QTY;
    reason(__LINE__, &v, "malformed: quantity");
    v.detail = 99;
    reason(__LINE__, &v, "malformed: a field");
    v = reject(200, 1, 2, RG_NO_NODE);
    reason(__LINE__, &v, "unknown check 200");
    memset(&v, 0, sizeof v);
    reason(__LINE__, &v, "not approved: no verdict");
    v.local = RG_LOCAL_EXPIRED | RG_LOCAL_VOIDED;
    reason(__LINE__, &v, "not approved: the accept came after its deadline; it is voided");
}

int main(void)
{
    int code;
    decimals();
    round_trips();
    reasons();
    details();
    if (strcmp(rg_check_name(RG_CHECK_WASH_TRADE), "wash_trade") != 0 ||
        strcmp(rg_reason_name(RG_CHECK_RULEBOOK), "rulebook") != 0 ||
        strcmp(rg_check_name(0), "none") != 0 || strcmp(rg_check_name(68), "unknown") != 0) {
        fail(__LINE__, "rg_check_name", rg_check_name(RG_CHECK_WASH_TRADE), "wash_trade");
    }
    for (code = -21; code <= 0; code++) {
        if (strcmp(rg_strerror(code), "unknown status code") == 0) {
            fail(__LINE__, "rg_strerror", rg_strerror(code), "a text");
        }
    }
    if (failures == 0) {
        printf("text_test: ok\n");
    }
    return failures == 0 ? 0 : 1;
}
