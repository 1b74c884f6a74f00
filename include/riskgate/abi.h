/* Every byte that crosses a process boundary, as C sees it: slots, headers, messages, numbers.
 *
 * This file has layouts and constants only; it never touches memory and decides nothing. The Rust
 * twin is src/abi/; tests/abi.rs compiles this as C11 and as C++17 and holds both, and the Rust
 * side, to tests/abi/golden_v1.txt. All fields are little-endian. Reserved bytes are zero.
 *
 * You need this file for its constants (RG_SIDE_BUY, RG_TIF_DAY, RG_CHECK_...); the structs with
 * "slot", "header" or a message name are the library's business. Start at riskgate.h.
 */
#ifndef RISKGATE_ABI_H
#define RISKGATE_ABI_H

#include <stddef.h>
#include <stdint.h>

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "riskgate runs on little-endian hosts only"
#endif

#if defined(__cplusplus)
#define RG_STATIC_ASSERT(condition, text) static_assert(condition, text)
#define RG_ALIGN64 alignas(64)
#else
#define RG_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#define RG_ALIGN64 _Alignas(64)
#endif

/* Size of a struct, and offset of one field. */
#define RG_ASSERT_SIZE(type, bytes) RG_STATIC_ASSERT(sizeof(struct type) == (bytes), #type " size")
#define RG_ASSERT_AT(type, field, at)                                                              \
    RG_STATIC_ASSERT(offsetof(struct type, field) == (at), #type "." #field " offset")

RG_STATIC_ASSERT(sizeof(void *) == 8, "riskgate runs on 64-bit hosts only");

/* Version of the interface. Client and gate must have the same major version; a client may have an
 * older minor version than the gate, never a newer one. */
#define RG_ABI_MAJOR 1u
#define RG_ABI_MINOR 1u

#define RG_SLOT_BYTES 64u
#define RG_SLOT_WORDS 8u
#define RG_LINE_SEPARATION 128u

/* An undefined price: market orders have no limit price, an empty book side has no bid. */
#define RG_PRICE_UNDEFINED INT64_MAX

/* ------------------------------------------------------------------------- order slot --------
 *  0       4       8               16              24              32
 *  +-------+-------+---------------+---------------+---------------+
 *  | seq   | mix   | order_id      | price         | qty           |
 *  +-------+-------+---------------+---------------+---------------+
 *  | ref           | instr | acct  |k|s|t|f|ven|alg| rsvd  | time  |
 *  +---------------+-------+-------+-+-+-+-+---+---+-------+-------+
 *  32              40              48      52      56      60      64
 * Writer: the client. Reader: the engine, which polls the stamp (seq and mix, one 8-byte store,
 * written last). */

/* Kind of message. */
#define RG_KIND_NEW 1u              /* new order; ref: parent's id or 0 */
#define RG_KIND_REPLACE 2u          /* change total, price, type or time in force of order ref */
#define RG_KIND_CANCEL 3u           /* intention to cancel the order ref */
#define RG_KIND_MASS_CANCEL 4u      /* ... all orders of an account, instrument or side */
#define RG_KIND_VOID 5u             /* the accepted request ref of order_id was never sent */
#define RG_KIND_ACK 6u              /* the venue acknowledged the request ref */
#define RG_KIND_FILL 7u             /* executed; ref: execution id */
#define RG_KIND_CANCELLED 8u        /* cancelled; ref: the cancel request answered, or 0 */
#define RG_KIND_REJECTED 9u         /* the venue rejected the new order */
#define RG_KIND_EXPIRED 10u         /* expired at the venue */
#define RG_KIND_REPLACE_REJECTED 11u /* the venue rejected the replace request ref */
#define RG_KIND_CANCEL_REJECTED 12u /* the venue rejected the cancel request ref */
#define RG_KIND_BUST 13u            /* the execution ref is taken back */
#define RG_KIND_PARENT_OPEN 14u     /* parent order; price: worst of a child, or undefined */
#define RG_KIND_PARENT_CLOSE 15u    /* the parent ref takes no more children */
#define RG_KIND_EXTENSION 16u       /* extension of the order in the next slot */

#define RG_SIDE_BUY 1u
#define RG_SIDE_SELL 2u

#define RG_CAPACITY_NONE 0u
#define RG_CAPACITY_AGENCY 1u
#define RG_CAPACITY_PRINCIPAL 2u
#define RG_CAPACITY_RISKLESS_PRINCIPAL 3u

#define RG_SALE_MARK_NONE 0u
#define RG_SALE_MARK_LONG 1u
#define RG_SALE_MARK_SHORT 2u
#define RG_SALE_MARK_SHORT_EXEMPT 3u

#define RG_TYPE_LIMIT 1u      /* price must be defined */
#define RG_TYPE_MARKET 2u     /* price must be undefined */
#define RG_TYPE_STOP 3u       /* becomes a market order at stop_price; price must be undefined */
#define RG_TYPE_STOP_LIMIT 4u /* becomes a limit order at stop_price */
#define RG_TYPE_PEGGED 5u     /* price must be undefined */

#define RG_TIF_DAY 1u
#define RG_TIF_GTC 2u
#define RG_TIF_IOC 3u
#define RG_TIF_FOK 4u
#define RG_TIF_GTD 5u /* until good_till_ns */
#define RG_TIF_AT_OPEN 6u
#define RG_TIF_AT_CLOSE 7u

#define RG_FLAG_WHAT_IF 1u       /* evaluate only: WOULD_ACCEPT or REJECT, nothing is reserved */
#define RG_FLAG_HAS_EXTENSION 2u /* set by the library, never by you */
#define RG_FLAG_BASKET_MORE 4u   /* new orders: the next one belongs to the same basket */
#define RG_FLAG_ALL 7u
#define RG_FLAG_CORRECTION 8u    /* FILL right after a BUST: replaces the busted execution */

/* Most lines of a basket. */
#define RG_BASKET_LINES_MAX 512u

/* "Any" in the instrument and account of a mass cancel. */
#define RG_ANY_ID UINT32_MAX

struct rg_order_slot {
    RG_ALIGN64 uint32_t seq; /* position in the ring plus one, truncated */
    uint32_t mix;            /* see rg_slot_mix() */
    uint64_t order_id;       /* the request (new, replace, cancel), or the order (reports) */
    int64_t price;           /* 1e-9 of the instrument's currency */
    int64_t qty;             /* 1e-8; of a replace the new total */
    uint64_t reference;      /* see the kinds */
    uint32_t instrument;
    uint32_t account;
    uint8_t kind;
    uint8_t side_bits;       /* 0..2 side, 2..4 capacity, 4..6 sale mark, 6..8 zero */
    uint8_t type_tif;        /* 0..4 type, 4..8 time in force */
    uint8_t flags;
    uint16_t venue;          /* cancels and reports: lane of origin plus one, 0 for the own lane */
    uint16_t algo;
    uint32_t _reserved;
    uint32_t client_time;    /* low half of the client's clock, ns */
};
RG_ASSERT_SIZE(rg_order_slot, 64);
RG_ASSERT_AT(rg_order_slot, seq, 0);
RG_ASSERT_AT(rg_order_slot, mix, 4);
RG_ASSERT_AT(rg_order_slot, order_id, 8);
RG_ASSERT_AT(rg_order_slot, price, 16);
RG_ASSERT_AT(rg_order_slot, qty, 24);
RG_ASSERT_AT(rg_order_slot, reference, 32);
RG_ASSERT_AT(rg_order_slot, instrument, 40);
RG_ASSERT_AT(rg_order_slot, account, 44);
RG_ASSERT_AT(rg_order_slot, kind, 48);
RG_ASSERT_AT(rg_order_slot, side_bits, 49);
RG_ASSERT_AT(rg_order_slot, type_tif, 50);
RG_ASSERT_AT(rg_order_slot, flags, 51);
RG_ASSERT_AT(rg_order_slot, venue, 52);
RG_ASSERT_AT(rg_order_slot, algo, 54);
RG_ASSERT_AT(rg_order_slot, _reserved, 56);
RG_ASSERT_AT(rg_order_slot, client_time, 60);

/* The slot right before an order or a fill with RG_FLAG_HAS_EXTENSION. A fill's says its fee and
 * nothing else. */
struct rg_extension_slot {
    RG_ALIGN64 uint32_t seq;
    uint32_t mix;
    uint64_t order_id;     /* id of the order that follows */
    int64_t stop_price;    /* RG_PRICE_UNDEFINED for none */
    int64_t min_qty;       /* least quantity of an execution, 0 for none */
    int64_t display_qty;   /* displayed quantity of an iceberg order, 0 for all */
    uint64_t good_till_ns; /* ns since 1970 UTC, 0 for none */
    uint64_t kind_word;    /* RG_KIND_EXTENSION */
    int64_t fee;           /* of a fill: 1e-8 of the instrument's currency, < 0 for a rebate; else 0 */
};
RG_ASSERT_SIZE(rg_extension_slot, 64);
RG_ASSERT_AT(rg_extension_slot, seq, 0);
RG_ASSERT_AT(rg_extension_slot, mix, 4);
RG_ASSERT_AT(rg_extension_slot, order_id, 8);
RG_ASSERT_AT(rg_extension_slot, stop_price, 16);
RG_ASSERT_AT(rg_extension_slot, min_qty, 24);
RG_ASSERT_AT(rg_extension_slot, display_qty, 32);
RG_ASSERT_AT(rg_extension_slot, good_till_ns, 40);
RG_ASSERT_AT(rg_extension_slot, kind_word, 48);
RG_ASSERT_AT(rg_extension_slot, fee, 56);

/* ----------------------------------------------------------------------- verdict slot --------
 *  0       4       8               16              24              32
 *  +-------+-------+---------------+---------------+---------------+
 *  | seq   | mix   | order_id      | breaches      | observed      |
 *  +-------+-------+---------------+---------------+---------------+
 *  | limit         | valid_until_ns| epoch | node  |d|c|flg| detail|
 *  +---------------+---------------+-------+-------+-+-+---+-------+
 *  32              40              48      52      56  58  60      64
 * Writer: the engine. Reader: the client, through a read-only mapping. One per new, replace,
 * cancel and mass cancel, in order. */

#define RG_DECISION_NONE 0u /* fresh memory: no decision */
#define RG_DECISION_ACCEPT 0xacu
#define RG_DECISION_REJECT 0x52u
#define RG_DECISION_WOULD_ACCEPT 0x37u
#define RG_DECISION_CANCEL_INTENT 0x1cu /* not a verdict: the gate asks to cancel order_id */

#define RG_VERDICT_REPLAYED 1u /* a repeated request's recorded verdict, never an approval */
#define RG_VERDICT_WHAT_IF 2u
#define RG_VERDICT_ALERTED 4u        /* a limit that only alerts is breached */
#define RG_VERDICT_SOFT 8u           /* a soft threshold fired */
#define RG_VERDICT_UNKNOWN_ORDER 16u /* cancel of an order that the lane does not have open */
#define RG_VERDICT_CLAMPED 32u       /* observed or limit did not fit; the journal has it exact */
#define RG_VERDICT_CANCEL_RESTING 64u /* first cancel your own resting orders it would match */
#define RG_VERDICT_STAMP_SELF_MATCH 128u /* stamp the venue's self-match prevention id on it */
#define RG_VERDICT_AUDIT 256u
#define RG_VERDICT_SHADOWED 512u /* it breached a check that is in shadow phase */
#define RG_VERDICT_OF_BASKET 1024u /* refused for another line of its basket; detail: which, from 1 */

/* Bit of `breaches`: more than the first 63, see the journal. */
#define RG_BREACH_MORE (UINT64_C(1) << 63)
/* "No node" in the `node` field. */
#define RG_NO_NODE UINT32_MAX

struct rg_verdict_slot {
    RG_ALIGN64 uint32_t seq;
    uint32_t mix;
    uint64_t order_id;       /* id of the request that it answers */
    uint64_t breaches;       /* bit n-1 for each check n (1 to 63) that rejects, RG_BREACH_MORE */
    int64_t observed;        /* REJECT: value of the first breach; ACCEPT: journal sequence */
    int64_t limit;           /* REJECT: its limit; ACCEPT: time of the decision, ns */
    uint64_t valid_until_ns; /* ACCEPT: last moment at which it permits the order; else 0 */
    uint32_t epoch;
    uint32_t node;           /* node whose limit was breached first, or RG_NO_NODE */
    uint8_t decision;
    uint8_t first_check;     /* number of the first check that rejects, 0 for none */
    uint16_t flags;
    uint32_t detail;         /* limit_not_set: the check without limit; malformed: the field;
                              * execution_rate: RG_EXECUTIONS_BY_VALUE, or 0;
                               * others: RG_DETAIL_... */
};
RG_ASSERT_SIZE(rg_verdict_slot, 64);
RG_ASSERT_AT(rg_verdict_slot, seq, 0);
RG_ASSERT_AT(rg_verdict_slot, mix, 4);
RG_ASSERT_AT(rg_verdict_slot, order_id, 8);
RG_ASSERT_AT(rg_verdict_slot, breaches, 16);
RG_ASSERT_AT(rg_verdict_slot, observed, 24);
RG_ASSERT_AT(rg_verdict_slot, limit, 32);
RG_ASSERT_AT(rg_verdict_slot, valid_until_ns, 40);
RG_ASSERT_AT(rg_verdict_slot, epoch, 48);
RG_ASSERT_AT(rg_verdict_slot, node, 52);
RG_ASSERT_AT(rg_verdict_slot, decision, 56);
RG_ASSERT_AT(rg_verdict_slot, first_check, 57);
RG_ASSERT_AT(rg_verdict_slot, flags, 58);
RG_ASSERT_AT(rg_verdict_slot, detail, 60);

/* -------------------------------------------------------------------- lane's two files -------
 *           client region (client writes)          gate region (engine writes)
 *    0      header (gate writes it once)            header (gate writes it once)
 *    128    heartbeat_ns                            orders_consumed
 *    256    verdicts_read                           state, reason, killed
 *    384    reserved                                reserved
 *    512    order slots, 64 bytes each              verdict slots, 64 bytes each */

#define RG_MAGIC8(a, b, c, d, e, f, g, h)                                                          \
    ((uint64_t)(a) | ((uint64_t)(b) << 8) | ((uint64_t)(c) << 16) | ((uint64_t)(d) << 24) |        \
     ((uint64_t)(e) << 32) | ((uint64_t)(f) << 40) | ((uint64_t)(g) << 48) | ((uint64_t)(h) << 56))

#define RG_CLIENT_MAGIC RG_MAGIC8('R', 'G', 'L', 'A', 'N', 'E', 'C', '1')
#define RG_GATE_MAGIC RG_MAGIC8('R', 'G', 'L', 'A', 'N', 'E', 'G', '1')
#define RG_CLIENT_HEARTBEAT_OFFSET 128u
#define RG_VERDICTS_READ_OFFSET 256u
#define RG_ORDERS_CONSUMED_OFFSET 128u
#define RG_LANE_STATE_OFFSET 256u
#define RG_LANE_REASON_OFFSET 260u
#define RG_LANE_KILLED_OFFSET 264u
#define RG_SLOTS_OFFSET 512u
#define RG_RING_CAPACITY_MIN 2u
#define RG_RING_CAPACITY_MAX 65536u

#define RG_LANE_AWAIT_READY 0u
#define RG_LANE_OPEN 1u
#define RG_LANE_CLOSED 2u
#define RG_LANE_QUARANTINED 3u

#define RG_QUARANTINE_BAD_MIX 1u
#define RG_QUARANTINE_BAD_SEQUENCE 2u
#define RG_QUARANTINE_BAD_CURSOR 3u
#define RG_QUARANTINE_BROKEN_EXTENSION 4u

struct rg_lane_header {
    uint64_t magic;
    uint16_t abi_major;
    uint16_t abi_minor;
    uint32_t epoch;            /* incarnation of the engine */
    uint32_t lane;             /* number in the configuration */
    uint32_t session;          /* number of the connection within the epoch, from 1 */
    uint32_t order_capacity;   /* slots, a power of two */
    uint32_t verdict_capacity; /* slots, a power of two, at least order_capacity */
};
RG_ASSERT_SIZE(rg_lane_header, 32);
RG_ASSERT_AT(rg_lane_header, magic, 0);
RG_ASSERT_AT(rg_lane_header, abi_major, 8);
RG_ASSERT_AT(rg_lane_header, abi_minor, 10);
RG_ASSERT_AT(rg_lane_header, epoch, 12);
RG_ASSERT_AT(rg_lane_header, lane, 16);
RG_ASSERT_AT(rg_lane_header, session, 20);
RG_ASSERT_AT(rg_lane_header, order_capacity, 24);
RG_ASSERT_AT(rg_lane_header, verdict_capacity, 28);

/* Bytes of a region with `slots` slots. */
#define RG_REGION_BYTES(slots)                                                                     \
    (((size_t)RG_SLOTS_OFFSET + (size_t)(slots) * 64u + 4095u) & ~(size_t)4095u)

/* ------------------------------------------------------------------------- gate page ---------
 *    0    magic u64 | abi_major u16, abi_minor u16 | epoch u32
 *   16    heartbeat_stale_ns u64 | verdict_valid_ns u64
 *  128    heartbeat_ns u64 | state u32 | killed u32 */

#define RG_GATE_PAGE_MAGIC RG_MAGIC8('R', 'G', 'G', 'A', 'T', 'E', '0', '1')
#define RG_GATE_PAGE_BYTES 4096u
#define RG_HEARTBEAT_OFFSET 128u
#define RG_STATE_OFFSET 136u
#define RG_KILLED_OFFSET 140u

#define RG_GATE_LOCKED 0u
#define RG_GATE_READY 1u
#define RG_GATE_STOPPED 2u
#define RG_GATE_FAILED 3u

struct rg_gate_page_header {
    uint64_t magic;
    uint16_t abi_major;
    uint16_t abi_minor;
    uint32_t epoch;
    uint64_t heartbeat_stale_ns; /* an older heartbeat means that the gate is down */
    uint64_t verdict_valid_ns;   /* how long an ACCEPT permits its order */
};
RG_ASSERT_SIZE(rg_gate_page_header, 32);
RG_ASSERT_AT(rg_gate_page_header, magic, 0);
RG_ASSERT_AT(rg_gate_page_header, abi_major, 8);
RG_ASSERT_AT(rg_gate_page_header, abi_minor, 10);
RG_ASSERT_AT(rg_gate_page_header, epoch, 12);
RG_ASSERT_AT(rg_gate_page_header, heartbeat_stale_ns, 16);
RG_ASSERT_AT(rg_gate_page_header, verdict_valid_ns, 24);

/* ------------------------------------------------------------------------- mark table --------
 *    0   header: magic u64 | abi_major u16, abi_minor u16 | epoch u32 | instruments u32
 *  512   one line per instrument, 64 bytes:
 *        0 seq u64 | 8 bid | 16 ask | 24 last | 32 close (i64, 1e-9) | 40 quote_ns | 48 last_ns
 *        56 volume u64 (1e-8, cumulative over the market's day; 0: as told before)
 * One writer. It makes seq odd, writes the words, makes it even. */

#define RG_MARKS_MAGIC RG_MAGIC8('R', 'G', 'M', 'A', 'R', 'K', 'S', '1')
#define RG_MARK_LINES_OFFSET 512u

struct rg_mark_line {
    RG_ALIGN64 uint64_t seq; /* even: stable; odd: being written; 0: never written */
    int64_t bid;
    int64_t ask;
    int64_t last;
    int64_t close;
    uint64_t quote_ns;
    uint64_t last_ns;
    uint64_t volume; /* 1e-8, cumulative over the market's day; 0: as told before; since 1.1 */
};
RG_ASSERT_SIZE(rg_mark_line, 64);
RG_ASSERT_AT(rg_mark_line, seq, 0);
RG_ASSERT_AT(rg_mark_line, bid, 8);
RG_ASSERT_AT(rg_mark_line, ask, 16);
RG_ASSERT_AT(rg_mark_line, last, 24);
RG_ASSERT_AT(rg_mark_line, close, 32);
RG_ASSERT_AT(rg_mark_line, quote_ns, 40);
RG_ASSERT_AT(rg_mark_line, last_ns, 48);
RG_ASSERT_AT(rg_mark_line, volume, 56);

struct rg_marks_header {
    uint64_t magic;
    uint16_t abi_major;
    uint16_t abi_minor;
    uint32_t epoch;
    uint32_t instruments; /* lines in the table */
    uint32_t _reserved;
};
RG_ASSERT_SIZE(rg_marks_header, 24);
RG_ASSERT_AT(rg_marks_header, magic, 0);
RG_ASSERT_AT(rg_marks_header, abi_major, 8);
RG_ASSERT_AT(rg_marks_header, abi_minor, 10);
RG_ASSERT_AT(rg_marks_header, epoch, 12);
RG_ASSERT_AT(rg_marks_header, instruments, 16);
RG_ASSERT_AT(rg_marks_header, _reserved, 20);

/* Bytes of a mark table with `instruments` lines. */
#define RG_MARKS_BYTES(instruments)                                                                \
    (((size_t)RG_MARK_LINES_OFFSET + (size_t)(instruments) * 64u + 4095u) & ~(size_t)4095u)

/* ---------------------------------------------------------------------- reason codes ---------
 * Every check has one number for ever: its place in the catalogue, so that the numeric order is
 * the precedence. Bit number-1 stands for it in `breaches`. That a number exists does not mean
 * that the gate at hand checks it (`riskgate checks` lists what it does). */
#define RG_CHECKS(X)                                                                               \
    X(MALFORMED, 1, "malformed")                                                                   \
    X(UNKNOWN_INSTRUMENT, 2, "unknown_instrument")                                                 \
    X(UNKNOWN_ACCOUNT, 3, "unknown_account")                                                       \
    X(UNKNOWN_ORDER, 4, "unknown_order")                                                           \
    X(REPORT_ANOMALY, 5, "report_anomaly")                                                         \
    X(LIMIT_NOT_SET, 6, "limit_not_set")                                                           \
    X(LANE_NOT_PERMITTED, 7, "lane_not_permitted")                                                 \
    X(DUPLICATE_ORDER_ID, 8, "duplicate_order_id")                                                 \
    X(ARITHMETIC, 9, "arithmetic")                                                                 \
    X(GATE_NOT_READY, 10, "gate_not_ready")                                                        \
    X(JOURNAL_UNAVAILABLE, 11, "journal_unavailable")                                              \
    X(CAPACITY, 12, "capacity")                                                                    \
    X(KILLED, 13, "killed")                                                                        \
    X(BLOCKED, 14, "blocked")                                                                      \
    X(INSTRUMENT_STATE, 15, "instrument_state")                                                    \
    X(RESTRICTED, 16, "restricted")                                                                \
    X(MARKET_HALT, 17, "market_halt")                                                              \
    X(PERMISSION, 18, "permission")                                                                \
    X(STALE_MARK, 19, "stale_mark")                                                                \
    X(MAX_ORDER_QTY, 20, "max_order_qty")                                                          \
    X(MAX_ORDER_VALUE, 21, "max_order_value")                                                      \
    X(MIN_ORDER_VALUE, 22, "min_order_value")                                                      \
    X(MIN_ORDER_QTY, 23, "min_order_qty")                                                          \
    X(LOT_SIZE, 24, "lot_size")                                                                    \
    X(TICK_SIZE, 25, "tick_size")                                                                  \
    X(PRICE_COLLAR, 26, "price_collar")                                                            \
    X(PRICE_WALK, 27, "price_walk")                                                                \
    X(ADV_PERCENT, 28, "adv_percent")                                                              \
    X(UNIT_MIXUP, 29, "unit_mixup")                                                                \
    X(BASKET_VALUE, 30, "basket_value")                                                            \
    X(BASKET_QTY, 31, "basket_qty")                                                                \
    X(CHILD_OF_PARENT, 32, "child_of_parent")                                                      \
    X(MESSAGE_RATE, 33, "message_rate")                                                            \
    X(ORDER_VALUE_RATE, 34, "order_value_rate")                                                    \
    X(ORDER_QTY_RATE, 35, "order_qty_rate")                                                        \
    X(EXECUTION_RATE, 36, "execution_rate")                                                        \
    X(REPEATED_EXECUTION, 37, "repeated_execution")                                                \
    X(DUPLICATE_ORDER, 38, "duplicate_order")                                                      \
    X(ORDER_TO_TRADE, 39, "order_to_trade")                                                        \
    X(REJECT_STORM, 40, "reject_storm")                                                            \
    X(MAX_OPEN_ORDERS, 41, "max_open_orders")                                                      \
    X(ORDERS_PER_DAY, 42, "orders_per_day")                                                        \
    X(PARTICIPATION, 43, "participation")                                                          \
    X(MAX_LONG, 44, "max_long")                                                                    \
    X(MAX_SHORT, 45, "max_short")                                                                  \
    X(GROSS_EXPOSURE, 46, "gross_exposure")                                                        \
    X(NET_EXPOSURE, 47, "net_exposure")                                                            \
    X(LONG_EXPOSURE, 48, "long_exposure")                                                          \
    X(SHORT_EXPOSURE, 49, "short_exposure")                                                        \
    X(PURCHASES, 50, "purchases")                                                                  \
    X(SALES, 51, "sales")                                                                          \
    X(OPEN_ORDER_VALUE, 52, "open_order_value")                                                    \
    X(BUYING_POWER, 53, "buying_power")                                                            \
    X(MARGIN, 54, "margin")                                                                        \
    X(DAILY_LOSS, 55, "daily_loss")                                                                \
    X(DRAWDOWN, 56, "drawdown")                                                                    \
    X(SECTOR_CONCENTRATION, 57, "sector_concentration")                                            \
    X(VALUE_AT_RISK, 58, "value_at_risk")                                                          \
    X(OPTION_GREEKS, 59, "option_greeks")                                                          \
    X(RATE_SENSITIVITY, 60, "rate_sensitivity")                                                    \
    X(FX_POSITION, 61, "fx_position")                                                              \
    X(OWNERSHIP, 62, "ownership")                                                                  \
    X(WASH_TRADE, 63, "wash_trade")                                                                \
    X(SHORT_SALE_MARK, 64, "short_sale_mark")                                                      \
    X(LOCATE, 65, "locate")                                                                        \
    X(SHORT_SALE_PRICE, 66, "short_sale_price")                                                    \
    X(RULEBOOK, 67, "rulebook")

#define RG_CHECK_ENUMERATOR(upper, number, name) RG_CHECK_##upper = number,
enum rg_check_number { RG_CHECK_NONE = 0, RG_CHECKS(RG_CHECK_ENUMERATOR) RG_CHECK_END };
#undef RG_CHECK_ENUMERATOR

/* `detail` of a verdict whose first check is execution_rate: the numbers are money, not a count. */
#define RG_EXECUTIONS_BY_VALUE 2u

/* Which field made an order malformed: `detail` of a verdict whose first check is malformed. */
#define RG_FIELD_KIND 1u
#define RG_FIELD_ORDER_ID 2u
#define RG_FIELD_SIDE 3u
#define RG_FIELD_TYPE 4u
#define RG_FIELD_TIME_IN_FORCE 5u
#define RG_FIELD_FLAGS 6u
#define RG_FIELD_RESERVED 7u
#define RG_FIELD_QTY 8u
#define RG_FIELD_PRICE 9u
#define RG_FIELD_DISPLAY_QTY 10u
#define RG_FIELD_MIN_QTY 11u
#define RG_FIELD_STOP_PRICE 12u
#define RG_FIELD_GOOD_TILL 13u
#define RG_FIELD_REPLACE_IDENTITY 14u
#define RG_FIELD_REPLACE_TOTAL 15u
#define RG_FIELD_FEE 16u

/* More about the first breach: `detail` of a verdict whose first check is instrument_state,
 * permission, market_halt or price_collar. A reason, the phase of the instrument's day, and the
 * order's own value of what was refused. */
#define RG_DETAIL_REASON(detail) ((uint32_t)(detail)&255u)
#define RG_DETAIL_SESSION(detail) ((uint32_t)(detail) >> 8 & 255u)
#define RG_DETAIL_VALUE(detail) ((uint32_t)(detail) >> 16)

#define RG_STATE_HALTED 1u /* halted by a person */
#define RG_STATE_EXPIRED 2u /* expired */
#define RG_STATE_CLOSED 3u /* outside the hours of its calendar */
#define RG_STATE_TYPE 4u /* its phase does not take this type; value: the type */
#define RG_STATE_TIME_IN_FORCE 5u /* ... this time in force; value: it */

#define RG_PERMISSION_CLASS 1u /* of the instrument */
#define RG_PERMISSION_TYPE 2u /* of the order */
#define RG_PERMISSION_TIME_IN_FORCE 3u
#define RG_PERMISSION_CAPACITY 4u
#define RG_PERMISSION_VENUE 5u
#define RG_PERMISSION_ALGO 6u /* not among those granted */
#define RG_PERMISSION_ALGO_UNKNOWN 7u /* not registered */
#define RG_PERMISSION_ALGO_INACTIVE 8u /* its version is not active */
#define RG_PERMISSION_AUCTION_TYPE 9u /* type, in an auction */

#define RG_HALT_ALL 1u /* all markets */
#define RG_HALT_VENUE 2u /* the order's; value: its number */
#define RG_HALT_INSTRUMENT 3u /* the instrument's; value: its number */

#define RG_COLLAR_STATIC_BAND 1u /* outside the venue's band; 0: far from the mark */

#define RG_SESSION_CLOSED 0u
#define RG_SESSION_PRE_OPEN 1u
#define RG_SESSION_OPENING_AUCTION 2u
#define RG_SESSION_CONTINUOUS 3u
#define RG_SESSION_INTRADAY_AUCTION 4u
#define RG_SESSION_CLOSING_AUCTION 5u
#define RG_SESSION_POST_CLOSE 6u

/* Which rule a child of a parent breaks: detail of a verdict with first_check CHILD_OF_PARENT. */
#define RG_PARENT_RULE_UNKNOWN 1u    /* the lane has no parent of this id */
#define RG_PARENT_RULE_CLOSED 2u
#define RG_PARENT_RULE_ACCOUNT 3u    /* neither the parent's nor below it */
#define RG_PARENT_RULE_INSTRUMENT 4u
#define RG_PARENT_RULE_SIDE 5u
#define RG_PARENT_RULE_PRICE 6u      /* worse than the parent's, or none */
#define RG_PARENT_RULE_QTY 7u        /* open and executed of all children exceed the parent */
#define RG_PARENT_RULE_CHILDREN 8u   /* as many children as the limit allows */

/* ------------------------------------------------------------------------------ stamps -------
 * Mixes the seven content words of a slot with its sequence number into 32 bits. It finds torn
 * slots and two producers on one ring; it is no cryptographic protection. words[0] is not read. */
static inline uint32_t rg_slot_mix(uint32_t seq, const uint64_t words[8])
{
    const uint64_t m1 = UINT64_C(0xff51afd7ed558ccd);
    uint64_t sum = ((uint64_t)seq + UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0x2545f4914f6cdd1d);
    uint64_t w;
    w = words[1] + UINT64_C(0xbf58476d1ce4e5b9);
    sum += (w ^ (w >> 32)) * m1;
    w = words[2] + UINT64_C(0x94d049bb133111eb);
    sum += (w ^ (w >> 32)) * UINT64_C(0xc4ceb9fe1a85ec53);
    w = words[3] + UINT64_C(0xd6e8feb86659fd93);
    sum += (w ^ (w >> 32)) * UINT64_C(0x87648b6e34b4d8d5);
    w = words[4] + UINT64_C(0xa0761d6478bd642f);
    sum += (w ^ (w >> 32)) * UINT64_C(0xaef17502108ef2d9);
    w = words[5] + UINT64_C(0xe7037ed1a0b428db);
    sum += (w ^ (w >> 32)) * UINT64_C(0xd3a2646cab34b2b7);
    w = words[6] + UINT64_C(0x8ebc6af09c88c6e3);
    sum += (w ^ (w >> 32)) * UINT64_C(0x9fb21c651e98df25);
    w = words[7] + UINT64_C(0x589965cc75374cc3);
    sum += (w ^ (w >> 32)) * UINT64_C(0xe9ae5c817b441b55);
    return (uint32_t)(((sum ^ (sum >> 31)) * m1) >> 32);
}

/* Stamp of a slot: sequence number in the low half, mix in the high half. The n-th slot of a ring
 * (n from 0) has the sequence number n + 1, truncated. */
static inline uint64_t rg_slot_stamp(uint32_t seq, const uint64_t words[8])
{
    return (uint64_t)seq | ((uint64_t)rg_slot_mix(seq, words) << 32);
}

#include "rendezvous.h"

#endif /* RISKGATE_ABI_H */
