/* What you hand to the library and what it hands back: codes, orders, reports, verdicts, handles.
 *
 * Plain structs for people; the bytes that travel are in abi.h. Nothing here touches shared memory.
 * Read riskgate.h first: it is the manual.
 */
#ifndef RISKGATE_TYPES_H
#define RISKGATE_TYPES_H

#include "abi.h"

/* What every call returns. Zero and the positive codes are answers, the negative ones say that the
 * call did not do what was asked. RG_ACCEPT is not zero, on purpose: a forgotten return value, a
 * zeroed variable or fresh memory never permits an order. rg_strerror() has a text for each. */
enum rg_status {
    RG_OK = 0,
    RG_ACCEPT = 0xac,       /* rg_check: send the order now, until verdict.valid_until_ns */
    RG_REJECT = 0x52,       /* rg_check: do not send it; the verdict says why */
    RG_WOULD_ACCEPT = 0x37, /* rg_check of a what-if: would pass; nothing reserved, send nothing */

    RG_TIMEOUT = -1,     /* no usable verdict in time: not approved, do not send */
    RG_GATE_DOWN = -2,   /* engine stopped, stalled or gone, or the lane is closed: rg_reconnect */
    RG_BUSY = -3,        /* rg_check while rg_submit'ed requests wait for their verdicts */
    RG_FULL = -4,        /* no room in the ring: read verdicts (rg_poll) and try again */
    RG_KILLED = -5,      /* a kill is in force: no new orders; cancels and reports still pass */
    RG_INVALID = -6,     /* an argument is nonsense; nothing was written */
    RG_REPLAYED = -7,    /* this id was decided before; the verdict is the recorded one, no approval */
    RG_QUARANTINED = -8, /* the gate found the lane's ring broken; an operator must release it */

    RG_NOT_SUPPORTED = -9,
    RG_NOT_FOUND = -10,        /* no instrument, account or node of that name or id */
    RG_VERSION_MISMATCH = -11, /* client and gate do not speak the same version */
    RG_UNKNOWN_LANE = -12,     /* the gate's configuration has no lane of that name */
    RG_NOT_PERMITTED = -13,    /* this user may not use that lane */
    RG_IN_USE = -14,           /* another process is connected to that lane */
    RG_PROTOCOL = -15,         /* the other side said something it must not say */
    RG_RESOURCES = -16,        /* memory or descriptors ran out, here or at the gate */
    RG_SYSTEM = -17,           /* a system call failed; rg_last_error() names it */
    RG_SYNTAX = -18,           /* text is not a decimal number */
    RG_PRECISION = -19,        /* text has more decimal places than the unit holds */
    RG_RANGE = -20,            /* number does not fit */
    RG_TOO_SMALL = -21         /* buffer or array too small for the whole answer */
};

/* 1.0 in prices and quantities. */
#define RG_PRICE_ONE INT64_C(1000000000)
#define RG_QTY_ONE INT64_C(100000000)

/* An order: new, replace or cancel. Start from rg_order_init() or rg_limit_order(), never from
 * zeroed memory (zero is a price). */
typedef struct rg_order {
    uint64_t id;         /* this request's id, never 0, never used again on this lane */
    uint64_t target;     /* replace, cancel: id of the order (the id of its NEW); else 0 */
    uint64_t parent;     /* parent order's id, or 0 */
    int64_t price;       /* 1e-9 of the instrument's currency, or RG_PRICE_UNDEFINED */
    int64_t qty;         /* 1e-8; of a replace the new total, what is filled included */
    int64_t stop_price;  /* RG_PRICE_UNDEFINED for none */
    int64_t min_qty;     /* least quantity of an execution, 0 for none */
    int64_t display_qty; /* displayed quantity of an iceberg order, 0 for all */
    uint64_t good_till_ns; /* RG_TIF_GTD: ns since 1970 UTC, else 0 */
    uint32_t account;    /* from rg_lookup_account() */
    uint32_t instrument; /* from rg_lookup_instrument() */
    uint16_t venue;
    uint16_t algo;       /* registered algorithm, 0 for none */
    uint8_t kind;        /* RG_KIND_NEW, RG_KIND_REPLACE, RG_KIND_CANCEL */
    uint8_t side;        /* RG_SIDE_... */
    uint8_t type;        /* RG_TYPE_... */
    uint8_t tif;         /* RG_TIF_... */
    uint8_t flags;       /* RG_FLAG_WHAT_IF or 0 */
    uint8_t capacity;    /* RG_CAPACITY_... */
    uint8_t sale_mark;   /* RG_SALE_MARK_... */
    uint8_t _reserved[5];
} rg_order;

/* An execution report: what the venue said. Start from rg_report_init(). */
typedef struct rg_exec_report {
    uint64_t order_id;  /* the order (the id of its NEW) */
    uint64_t reference; /* ack, cancelled, ..._rejected: the request answered (cancelled: 0 if none
                           asked for it); fill, bust: the execution id */
    int64_t price;      /* fill, bust: execution price; else 0 */
    int64_t qty;        /* fill, bust: executed quantity; else 0 */
    int64_t fee;        /* fill: 1e-8 of the instrument's currency, below 0 for a rebate; else 0. A
                           bust gives it back by itself */
    uint32_t account;   /* fill, bust: always, so that it can be booked if the order is unknown */
    uint32_t instrument;
    uint16_t origin;    /* 0: this lane's order; else number of the order's lane plus one */
    uint8_t kind;       /* RG_KIND_ACK to RG_KIND_BUST */
    uint8_t side;       /* fill, bust */
    uint8_t _reserved[4];
} rg_exec_report;

/* A verdict as you get it. */
typedef struct rg_verdict {
    uint64_t order_id;       /* the request that it answers */
    uint64_t breaches;       /* bit n-1: check n rejects; RG_BREACH_MORE: and others */
    int64_t observed;        /* REJECT: value of the first breach, in that check's unit */
    int64_t limit;           /* REJECT: its limit */
    uint64_t valid_until_ns; /* ACCEPT: send before this moment of rg_now_ns() */
    uint32_t epoch;          /* incarnation of the engine */
    uint32_t node;           /* node whose limit was breached first, or RG_NO_NODE */
    uint8_t decision;        /* RG_DECISION_..., what you may act on */
    uint8_t wire_decision;   /* what the gate wrote; differs if the library withheld an approval */
    uint8_t first_check;     /* RG_CHECK_..., 0 for none */
    uint8_t local;           /* RG_LOCAL_..., why it was withheld */
    uint16_t flags;          /* RG_VERDICT_... */
    uint16_t _reserved;
    uint32_t detail;         /* limit_not_set: number of the check; malformed: RG_FIELD_...;
                              * execution_rate: RG_EXECUTIONS_BY_VALUE, or 0;
                               * others: RG_DETAIL_... of abi.h */
    uint32_t _reserved2;
} rg_verdict;

#define RG_LOCAL_EXPIRED 1u     /* the ACCEPT came after its deadline, or from another epoch */
#define RG_LOCAL_LATE 2u        /* rg_check had given up on this request */
#define RG_LOCAL_VOIDED 4u      /* the library told the gate that it will not be sent */
#define RG_LOCAL_REPLAYED 8u    /* a recorded ACCEPT, given again for information */

/* ACCEPT, REPLAYED or not: its journal sequence number and the moment of the decision. */
static inline uint64_t rg_verdict_journal_seq(const rg_verdict *v) { return (uint64_t)v->observed; }
static inline uint64_t rg_verdict_decided_ns(const rg_verdict *v) { return (uint64_t)v->limit; }

/* How rg_check waits. */
#define RG_WAIT_SPIN 0u  /* production: engine and client each have a core of their own */
#define RG_WAIT_YIELD 1u /* laptops, tests: lets others run between two looks */

typedef struct rg_connect_options {
    size_t size;             /* sizeof(rg_connect_options), set by rg_connect_options_init() */
    size_t client_bytes;     /* sizeof(rg_client), likewise */
    const char *socket_path; /* the gate's rendezvous socket */
    const char *lane;        /* name of the lane in the gate's configuration */
    uint64_t timeout_ns;     /* bound of connect, reconnect and every cold call; 0: 2 seconds */
    uint32_t wait;           /* RG_WAIT_... */
    uint32_t _reserved;
} rg_connect_options;

typedef struct rg_marks_options {
    size_t size;             /* sizeof(rg_marks_options), set by rg_marks_options_init() */
    size_t marks_bytes;      /* sizeof(rg_marks), likewise */
    const char *socket_path;
    uint64_t timeout_ns;     /* 0: 2 seconds */
} rg_marks_options;

/* ---- Handles. You allocate them, anywhere; every field is private to the library. ---- */

/* A request without a verdict. */
struct rg_pending {
    uint64_t request_id;
    uint64_t order_id;  /* of a replace or cancel its target */
    uint32_t kind;
    uint32_t abandoned; /* rg_check gave up on it */
};

/* A void that found the ring full and is written as soon as there is room. */
struct rg_deferred {
    uint64_t order_id;
    uint64_t request_id;
};

/* Most cancel intents kept while rg_check waits for its verdict. */
#define RG_INTENTS_MAX 64u

#define RG_PATH_BYTES 108u
#define RG_ERROR_BYTES 640u

/* One connection to one lane, used by one thread at a time. The hot fields lie between cold ones,
 * so that they share no cache line with your data wherever you put the struct. Its layout is part
 * of the library's interface: fields are only ever appended. */
typedef struct rg_client {
    /* cold */
    uint64_t guard;
    char socket_path[RG_PATH_BYTES];
    char lane_name[RG_NAME_BYTES];
    int32_t socket_fd;
    uint64_t timeout_ns;
    void *regions[3];      /* client region, gate region, gate page */
    size_t region_bytes[3];
    void *cold;            /* cached names and unanswered requests */
    /* hot: set by rg_connect */
    uint64_t *order_slots;
    const uint64_t *verdict_slots;
    uint64_t *verdicts_read;         /* ours, in the client region */
    const uint64_t *orders_consumed; /* the gate's */
    const uint32_t *lane_words;      /* the gate's: state, reason, killed */
    const uint64_t *heartbeat;       /* the gate's */
    const uint32_t *gate_words;      /* the gate's: state, killed */
    struct rg_pending *pending;      /* requests without a verdict, first in first out */
    struct rg_deferred *deferred;
    rg_verdict *intents;
    uint64_t heartbeat_stale_ns;
    uint32_t order_mask;             /* capacity - 1; the same for the two below */
    uint32_t verdict_mask;           /* also of pending and deferred */
    uint32_t epoch;
    uint32_t lane;
    uint32_t session;
    uint32_t wait;
    /* hot: move with every order */
    uint64_t order_cursor;           /* slots written */
    uint64_t orders_consumed_seen;   /* cached value of *orders_consumed */
    uint64_t verdict_cursor;         /* slots read */
    uint64_t pending_first;
    uint64_t pending_end;
    uint64_t deferred_first;
    uint64_t deferred_end;
    uint64_t intents_first;
    uint64_t intents_end;
    uint64_t abandoned;              /* entries of pending that rg_check gave up on */
    uint64_t accepts_voided;         /* late or expired approvals withheld, since rg_connect */
    uint32_t desynchronised;         /* the gate broke the protocol: nothing is believed any more */
    uint32_t _reserved;
    /* cold */
    uint64_t _room[16];
    char error[RG_ERROR_BYTES];
} rg_client;

/* The feed handler's connection, used by one thread at a time. */
typedef struct rg_marks {
    uint64_t guard;
    int32_t socket_fd;
    uint32_t instruments;
    uint32_t epoch;
    uint32_t query_broken;
    uint64_t timeout_ns;
    void *regions[2]; /* mark table, gate page */
    size_t region_bytes[2];
    uint64_t *lines;
    const uint64_t *heartbeat;
    const uint32_t *gate_words;
    uint64_t heartbeat_stale_ns;
    uint64_t _room[16];
    char error[RG_ERROR_BYTES];
} rg_marks;

/* ---- Initial values. ---- */

static inline void rg_order_init(rg_order *order)
{
    static const rg_order empty = {0, 0, 0, RG_PRICE_UNDEFINED, 0, RG_PRICE_UNDEFINED, 0, 0, 0, 0,
                                   0, 0, 0, RG_KIND_NEW, 0, RG_TYPE_LIMIT, RG_TIF_DAY, 0, 0, 0,
                                   {0, 0, 0, 0, 0}};
    *order = empty;
}

/* A new limit order for the day. */
static inline rg_order rg_limit_order(uint64_t id, uint32_t account, uint32_t instrument,
                                      uint8_t side, int64_t price, int64_t qty)
{
    rg_order order;
    rg_order_init(&order);
    order.id = id;
    order.account = account;
    order.instrument = instrument;
    order.side = side;
    order.price = price;
    order.qty = qty;
    return order;
}

static inline void rg_report_init(rg_exec_report *report)
{
    static const rg_exec_report empty = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, {0, 0, 0, 0}};
    *report = empty;
}

/* The execution of (part of) `order`: a report that is complete. For a spread: of all its legs at
 * once, at the differential `price`; for the execution of one leg put in the leg's instrument, side
 * (buying a spread sells the legs of negative ratio), price and quantity. */
static inline rg_exec_report rg_fill_of(const rg_order *order, uint64_t execution_id, int64_t price,
                                        int64_t qty)
{
    rg_exec_report report;
    rg_report_init(&report);
    report.kind = RG_KIND_FILL;
    report.order_id = order->target != 0 ? order->target : order->id;
    report.reference = execution_id;
    report.price = price;
    report.qty = qty;
    report.account = order->account;
    report.instrument = order->instrument;
    report.side = order->side;
    return report;
}

/* Any report but fill and bust: `kind` answers request `reference` of the order. */
static inline rg_exec_report rg_report_of(uint8_t kind, uint64_t order_id, uint64_t reference)
{
    rg_exec_report report;
    rg_report_init(&report);
    report.kind = kind;
    report.order_id = order_id;
    report.reference = reference;
    return report;
}

static inline void rg_connect_options_init(rg_connect_options *options)
{
    static const rg_connect_options empty = {
        sizeof(rg_connect_options), sizeof(rg_client), NULL, NULL, 0, RG_WAIT_SPIN, 0};
    *options = empty;
}

static inline void rg_marks_options_init(rg_marks_options *options)
{
    static const rg_marks_options empty = {sizeof(rg_marks_options), sizeof(rg_marks), NULL, 0};
    *options = empty;
}

#endif /* RISKGATE_TYPES_H */
