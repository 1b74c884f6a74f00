/* Names of checks, and verdicts in words. Never decides anything: the gate did. */
#include "internal.h"

#include <stdio.h>
#include <string.h>

/* What the numbers of a check are. */
enum unit {
    UNIT_NONE,
    UNIT_QTY,   /* 1e-8 */
    UNIT_MONEY, /* 1e-4 of the base currency */
    UNIT_PRICE, /* 1e-9 */
    UNIT_COUNT,
    UNIT_BPS,   /* 1e-4 of a basis point */
    UNIT_AGE    /* ns */
};

/* How observed value and limit relate: "25,000 over 10,000". */
enum relation { PLAIN, OVER, BELOW, FROM_MARK, MULTIPLE, AGAINST, OLD, OUTSIDE_BAND };

static const char *const relations[] = {
    "",
    "over",
    "below",
    "from the mark, at most",
    "is not a multiple of",
    "would match an own order at",
    "old, at most",
    "is outside the static band, which ends at",
};

#define NAME_OF(upper, number, text) text,
static const char *const names[RG_CHECK_END] = {"none", RG_CHECKS(NAME_OF)};
#undef NAME_OF

/* Checks with numbers; the others are PLAIN. */
static const struct {
    unsigned char unit;
    unsigned char relation;
} numbers[RG_CHECK_END] = {
    [RG_CHECK_STALE_MARK] = {UNIT_AGE, OLD},
    [RG_CHECK_MAX_ORDER_QTY] = {UNIT_QTY, OVER},
    [RG_CHECK_MAX_ORDER_VALUE] = {UNIT_MONEY, OVER},
    [RG_CHECK_MIN_ORDER_VALUE] = {UNIT_MONEY, BELOW},
    [RG_CHECK_MIN_ORDER_QTY] = {UNIT_QTY, BELOW},
    [RG_CHECK_LOT_SIZE] = {UNIT_QTY, MULTIPLE},
    [RG_CHECK_TICK_SIZE] = {UNIT_PRICE, MULTIPLE},
    [RG_CHECK_PRICE_COLLAR] = {UNIT_PRICE, FROM_MARK},
    [RG_CHECK_PRICE_WALK] = {UNIT_PRICE, FROM_MARK},
    [RG_CHECK_ADV_PERCENT] = {UNIT_QTY, OVER},
    [RG_CHECK_UNIT_MIXUP] = {UNIT_QTY, OVER},
    [RG_CHECK_BASKET_VALUE] = {UNIT_MONEY, OVER},
    [RG_CHECK_BASKET_QTY] = {UNIT_QTY, OVER},
    [RG_CHECK_CHILD_OF_PARENT] = {UNIT_QTY, OVER},
    [RG_CHECK_MESSAGE_RATE] = {UNIT_COUNT, OVER},
    [RG_CHECK_ORDER_VALUE_RATE] = {UNIT_MONEY, OVER},
    [RG_CHECK_ORDER_QTY_RATE] = {UNIT_QTY, OVER},
    [RG_CHECK_EXECUTION_RATE] = {UNIT_COUNT, OVER},
    [RG_CHECK_REPEATED_EXECUTION] = {UNIT_COUNT, OVER},
    [RG_CHECK_DUPLICATE_ORDER] = {UNIT_COUNT, OVER},
    [RG_CHECK_ORDER_TO_TRADE] = {UNIT_QTY, OVER},
    [RG_CHECK_REJECT_STORM] = {UNIT_COUNT, OVER},
    [RG_CHECK_MAX_OPEN_ORDERS] = {UNIT_COUNT, OVER},
    [RG_CHECK_ORDERS_PER_DAY] = {UNIT_COUNT, OVER},
    [RG_CHECK_PARTICIPATION] = {UNIT_BPS, OVER},
    [RG_CHECK_MAX_LONG] = {UNIT_QTY, OVER},
    [RG_CHECK_MAX_SHORT] = {UNIT_QTY, OVER},
    [RG_CHECK_GROSS_EXPOSURE] = {UNIT_MONEY, OVER},
    [RG_CHECK_NET_EXPOSURE] = {UNIT_MONEY, OVER},
    [RG_CHECK_LONG_EXPOSURE] = {UNIT_MONEY, OVER},
    [RG_CHECK_SHORT_EXPOSURE] = {UNIT_MONEY, OVER},
    [RG_CHECK_PURCHASES] = {UNIT_MONEY, OVER},
    [RG_CHECK_SALES] = {UNIT_MONEY, OVER},
    [RG_CHECK_OPEN_ORDER_VALUE] = {UNIT_MONEY, OVER},
    [RG_CHECK_BUYING_POWER] = {UNIT_MONEY, OVER},
    [RG_CHECK_MARGIN] = {UNIT_MONEY, OVER},
    [RG_CHECK_DAILY_LOSS] = {UNIT_MONEY, OVER},
    [RG_CHECK_DRAWDOWN] = {UNIT_MONEY, OVER},
    [RG_CHECK_SECTOR_CONCENTRATION] = {UNIT_BPS, OVER},
    [RG_CHECK_VALUE_AT_RISK] = {UNIT_MONEY, OVER},
    [RG_CHECK_OPTION_GREEKS] = {UNIT_MONEY, OVER},
    [RG_CHECK_RATE_SENSITIVITY] = {UNIT_MONEY, OVER},
    [RG_CHECK_FX_POSITION] = {UNIT_MONEY, OVER},
    [RG_CHECK_OWNERSHIP] = {UNIT_QTY, OVER},
    [RG_CHECK_WASH_TRADE] = {UNIT_PRICE, AGAINST},
    [RG_CHECK_LOCATE] = {UNIT_QTY, OVER},
    [RG_CHECK_SHORT_SALE_PRICE] = {UNIT_PRICE, AGAINST},
};

static const char *const malformed_fields[] = {
    "a field", "kind", "order id is zero", "side, capacity or sale mark", "order type",
    "time in force", "flags", "reserved bits are not zero", "quantity", "price",
    "displayed quantity", "minimum quantity", "stop price", "good-till date",
    "a replace must not change side, account or instrument",
    "a replace's total must be above what is filled",
    "fee",
};

static const char *const sessions[] = {
    "outside its trading hours", "before its open",          "in its opening auction",
    "in continuous trading",     "in its intraday auction",  "in its closing auction",
    "after its close",
};

static const char *const classes[] = {
    "equity", "future", "option", "fx", "crypto", "bond", "other",
};
static const char *const types[] = {
    "none", "limit", "market", "stop", "stop limit", "pegged",
};
static const char *const tifs[] = {
    "none", "day", "gtc", "ioc", "fok", "gtd", "at open", "at close",
};
static const char *const capacities[] = {
    "none", "agency", "principal", "riskless principal",
};

static const char *const no_algo[] = {"none"};

RG_EXPORT const char *rg_check_name(uint32_t number)
{
    return number < RG_CHECK_END ? names[number] : "unknown";
}

RG_EXPORT const char *rg_reason_name(uint32_t code)
{
    return rg_check_name(code);
}

/* ---- A text that grows in the caller's buffer; `length` counts what did not fit, too. ---- */

struct text {
    char *buffer;
    size_t size;
    size_t length;
};

static void add_char(struct text *t, char c)
{
    if (t->length + 1 < t->size) {
        t->buffer[t->length] = c;
        t->buffer[t->length + 1] = '\0';
    }
    t->length++;
}

static void add(struct text *t, const char *s)
{
    for (; *s != '\0'; s++) {
        add_char(t, *s);
    }
}

/* Decimal text with a comma between groups of three digits of its whole part. */
static void add_grouped(struct text *t, const char *decimal)
{
    size_t whole;
    size_t i;
    if (*decimal == '-') {
        add_char(t, *decimal++);
    }
    whole = strcspn(decimal, ".");
    for (i = 0; i < whole; i++) {
        if (i != 0 && (whole - i) % 3 == 0) {
            add_char(t, ',');
        }
        add_char(t, decimal[i]);
    }
    add(t, decimal + whole);
}

/* A number of four decimal places, of which none, two or four are written. */
static void add_four_places(struct text *t, int64_t value)
{
    char decimal[40];
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    unsigned fraction = (unsigned)(magnitude % 10000);
    int n = snprintf(decimal, sizeof decimal, "%s%llu", value < 0 ? "-" : "",
                     (unsigned long long)(magnitude / 10000));
    if (fraction % 100 != 0) {
        (void)snprintf(decimal + n, sizeof decimal - (size_t)n, ".%04u", fraction);
    } else if (fraction != 0) {
        (void)snprintf(decimal + n, sizeof decimal - (size_t)n, ".%02u", fraction / 100);
    }
    add_grouped(t, decimal);
}

static void add_number(struct text *t, int64_t value, enum unit unit)
{
    char decimal[40];
    switch (unit) {
    case UNIT_MONEY: add_four_places(t, value); return;
    case UNIT_BPS:
        add_four_places(t, value);
        add(t, " bp");
        return;
    case UNIT_PRICE:
        if (value == INT64_MAX || value == INT64_MIN) {
            add(t, "any price"); /* an unpriced order */
            return;
        }
        (void)rg_format_price(value, decimal, sizeof decimal);
        break;
    case UNIT_QTY: (void)rg_format_qty(value, decimal, sizeof decimal); break;
    case UNIT_AGE:
        (void)snprintf(decimal, sizeof decimal, "%lld", (long long)(value / 1000000));
        add_grouped(t, decimal);
        add(t, " ms");
        return;
    default: (void)snprintf(decimal, sizeof decimal, "%lld", (long long)value); break;
    }
    add_grouped(t, decimal);
}

/* Decimal text of a small number. */
static void add_plain(struct text *t, uint32_t value)
{
    char decimal[16];
    (void)snprintf(decimal, sizeof decimal, "%u", (unsigned)value);
    add(t, decimal);
}

static void add_node(struct text *t, rg_client *client, uint32_t node)
{
    char name[RG_NAME_BYTES + 1];
    if (node == RG_NO_NODE) {
        return;
    }
    add(t, " at ");
    if (client != NULL && rg_node_name(client, node, name, sizeof name) == RG_OK) {
        add(t, name);
    } else {
        add(t, "node ");
        add_plain(t, node);
    }
}

/* How many checks reject besides the first. */
static void add_others(struct text *t, uint64_t breaches)
{
    uint64_t others = breaches & ~RG_BREACH_MORE;
    uint32_t count = 0;
    for (; others != 0; others &= others - 1) {
        count++;
    }
    if (count > 1 || (breaches & RG_BREACH_MORE) != 0) {
        add(t, " (and ");
        if (count > 1) {
            add_plain(t, count - 1);
            add(t, (breaches & RG_BREACH_MORE) != 0 ? " or more others)" : count > 2 ? " others)"
                                                                                      : " other)");
        } else {
            add(t, "others)");
        }
    }
}

/* Do observed value and limit say something? A mark may be young and yet unusable (missing side,
 * crossed, wide): then its age is not the reason. */
static int has_numbers(const rg_verdict *v)
{
    enum relation relation = (enum relation)numbers[v->first_check].relation;
    if (relation == OLD) {
        return v->observed > v->limit && v->limit > 0 && v->observed != INT64_MAX;
    }
    return relation != PLAIN && (v->observed != 0 || v->limit != 0);
}

/* A name from a list, or its number. */
static void add_name(struct text *t, const char *const *list, size_t count, uint32_t number)
{
    if (number < count) {
        add(t, list[number]);
    } else {
        add_plain(t, number);
    }
}

#define ADD_NAME(t, list, number) add_name(t, list, sizeof(list) / sizeof((list)[0]), number)

/* Why the instrument does not take the order. */
static void add_state(struct text *t, uint32_t detail)
{
    uint32_t value = RG_DETAIL_VALUE(detail);
    switch (RG_DETAIL_REASON(detail)) {
    case RG_STATE_HALTED: add(t, ": the instrument is halted"); break;
    case RG_STATE_EXPIRED: add(t, ": the instrument has expired"); break;
    case RG_STATE_CLOSED: add(t, ": the instrument is outside its trading hours"); break;
    case RG_STATE_TYPE:
    case RG_STATE_TIME_IN_FORCE:
        add(t, ": the instrument is ");
        ADD_NAME(t, sessions, RG_DETAIL_SESSION(detail));
        add(t, ", ");
        if (RG_DETAIL_REASON(detail) == RG_STATE_TYPE) {
            ADD_NAME(t, types, value);
            add(t, " orders are not allowed");
        } else {
            ADD_NAME(t, tifs, value);
            add(t, " is not allowed");
        }
        break;
    default: break;
    }
}

/* What is not permitted. */
static void add_permission(struct text *t, uint32_t detail)
{
    uint32_t reason = RG_DETAIL_REASON(detail);
    uint32_t value = RG_DETAIL_VALUE(detail);
    add(t, ": ");
    switch (reason) {
    case RG_PERMISSION_CLASS:
        add(t, "instrument class ");
        ADD_NAME(t, classes, value);
        break;
    case RG_PERMISSION_TYPE:
    case RG_PERMISSION_AUCTION_TYPE:
        add(t, "order type ");
        ADD_NAME(t, types, value);
        break;
    case RG_PERMISSION_TIME_IN_FORCE:
        add(t, "time in force ");
        ADD_NAME(t, tifs, value);
        break;
    case RG_PERMISSION_CAPACITY:
        add(t, "capacity ");
        ADD_NAME(t, capacities, value);
        break;
    case RG_PERMISSION_VENUE:
        add(t, "venue ");
        add_plain(t, value);
        break;
    default:
        add(t, "algorithm ");
        ADD_NAME(t, no_algo, value);
        break;
    }
    switch (reason) {
    case RG_PERMISSION_AUCTION_TYPE: add(t, " is not permitted in an auction"); break;
    case RG_PERMISSION_ALGO_UNKNOWN: add(t, " is not registered"); break;
    case RG_PERMISSION_ALGO_INACTIVE: add(t, " is not active"); break;
    default: add(t, " is not permitted"); break;
    }
}

/* Which market is halted. */
static void add_halt(struct text *t, uint32_t detail)
{
    switch (RG_DETAIL_REASON(detail)) {
    case RG_HALT_ALL: add(t, ": all markets are halted"); break;
    case RG_HALT_VENUE: add(t, ": the order's market "); break;
    default: add(t, ": the instrument's market "); break;
    }
    if (RG_DETAIL_REASON(detail) != RG_HALT_ALL) {
        add_plain(t, RG_DETAIL_VALUE(detail));
        add(t, " is halted");
    }
}

/* Fills are counted, or summed by their value. */
static enum unit unit_of(const rg_verdict *v)
{
    if (v->first_check == RG_CHECK_EXECUTION_RATE && v->detail == RG_EXECUTIONS_BY_VALUE) {
        return UNIT_MONEY;
    }
    return (enum unit)numbers[v->first_check].unit;
}

static void add_rejection(struct text *t, rg_client *client, const rg_verdict *v)
{
    uint32_t check = v->first_check;
    add(t, rg_check_name(check));
    if (check >= RG_CHECK_END) {
        add(t, " check ");
        add_plain(t, check);
    } else if (check == RG_CHECK_MALFORMED) {
        size_t known = sizeof malformed_fields / sizeof malformed_fields[0];
        add(t, ": ");
        add(t, malformed_fields[v->detail < known ? v->detail : 0]);
    } else if (check == RG_CHECK_LIMIT_NOT_SET) {
        add(t, ": no limit is set for ");
        add(t, rg_check_name(v->detail));
    } else if (check == RG_CHECK_INSTRUMENT_STATE) {
        add_state(t, v->detail);
    } else if (check == RG_CHECK_PERMISSION) {
        add_permission(t, v->detail);
    } else if (check == RG_CHECK_MARKET_HALT) {
        add_halt(t, v->detail);
    } else if (check == RG_CHECK_PRICE_COLLAR &&
               RG_DETAIL_REASON(v->detail) == RG_COLLAR_STATIC_BAND) {
        add(t, ": ");
        add_number(t, v->observed, UNIT_PRICE);
        add_char(t, ' ');
        add(t, relations[OUTSIDE_BAND]);
        add_char(t, ' ');
        add_number(t, v->limit, UNIT_PRICE);
    } else if (has_numbers(v)) {
        enum unit unit = unit_of(v);
        add(t, ": ");
        add_number(t, v->observed, unit);
        add_char(t, ' ');
        add(t, relations[numbers[check].relation]);
        add_char(t, ' ');
        add_number(t, v->limit, unit);
    }
    add_node(t, client, v->node);
    add_others(t, v->breaches);
}

RG_EXPORT int rg_reason_text(rg_client *client, const rg_verdict *verdict, char *buffer,
                             size_t size)
{
    struct text t = {buffer, size, 0};
    if (verdict == NULL || buffer == NULL || size == 0) {
        return RG_INVALID;
    }
    buffer[0] = '\0';
    switch (verdict->decision) {
    case RG_DECISION_ACCEPT: add(&t, "accepted"); break;
    case RG_DECISION_WOULD_ACCEPT: add(&t, "would be accepted"); break;
    case RG_DECISION_CANCEL_INTENT: add(&t, "the gate asks to cancel this order"); break;
    case RG_DECISION_REJECT: add_rejection(&t, client, verdict); break;
    default:
        if ((verdict->local & RG_LOCAL_REPLAYED) != 0) {
            add(&t, "not approved: this id was accepted before");
        } else if ((verdict->local & RG_LOCAL_LATE) != 0) {
            add(&t, "not approved: the accept came after the wait for it had ended; it is voided");
        } else if ((verdict->local & RG_LOCAL_EXPIRED) != 0) {
            add(&t, "not approved: the accept came after its deadline; it is voided");
        } else {
            add(&t, "not approved: no verdict");
        }
        break;
    }
    return t.length < size ? (int)t.length : RG_TOO_SMALL;
}
