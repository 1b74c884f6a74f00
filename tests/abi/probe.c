/* Prints every layout and number of include/riskgate/abi.h. tests/abi.rs compiles it as C11 and as
 * C++17, prints the same from src/abi, and compares both with golden_v1.txt. */
#include <riskgate.h>

#include <inttypes.h>
#include <stdio.h>

#if defined(__cplusplus)
#define ALIGN_OF(type) alignof(type)
#else
#define ALIGN_OF(type) _Alignof(type)
#endif

#define BEGIN(type) printf("struct " #type " %zu %zu", sizeof(struct type), ALIGN_OF(struct type))
#define AT(type, field) printf(" " #field " %zu", offsetof(struct type, field))
#define END() printf("\n")
#define CONSTANT(name) printf("const " #name " %" PRIu64 "\n", (uint64_t)(name))
#define CHECK(upper, number, name) printf("check %d %s\n", number, name);

static void structs(void)
{
    BEGIN(rg_order_slot);
    AT(rg_order_slot, seq);
    AT(rg_order_slot, mix);
    AT(rg_order_slot, order_id);
    AT(rg_order_slot, price);
    AT(rg_order_slot, qty);
    AT(rg_order_slot, reference);
    AT(rg_order_slot, instrument);
    AT(rg_order_slot, account);
    AT(rg_order_slot, kind);
    AT(rg_order_slot, side_bits);
    AT(rg_order_slot, type_tif);
    AT(rg_order_slot, flags);
    AT(rg_order_slot, venue);
    AT(rg_order_slot, algo);
    AT(rg_order_slot, _reserved);
    AT(rg_order_slot, client_time);
    END();
    BEGIN(rg_extension_slot);
    AT(rg_extension_slot, seq);
    AT(rg_extension_slot, mix);
    AT(rg_extension_slot, order_id);
    AT(rg_extension_slot, stop_price);
    AT(rg_extension_slot, min_qty);
    AT(rg_extension_slot, display_qty);
    AT(rg_extension_slot, good_till_ns);
    AT(rg_extension_slot, kind_word);
    AT(rg_extension_slot, fee);
    END();
    BEGIN(rg_verdict_slot);
    AT(rg_verdict_slot, seq);
    AT(rg_verdict_slot, mix);
    AT(rg_verdict_slot, order_id);
    AT(rg_verdict_slot, breaches);
    AT(rg_verdict_slot, observed);
    AT(rg_verdict_slot, limit);
    AT(rg_verdict_slot, valid_until_ns);
    AT(rg_verdict_slot, epoch);
    AT(rg_verdict_slot, node);
    AT(rg_verdict_slot, decision);
    AT(rg_verdict_slot, first_check);
    AT(rg_verdict_slot, flags);
    AT(rg_verdict_slot, detail);
    END();
    BEGIN(rg_lane_header);
    AT(rg_lane_header, magic);
    AT(rg_lane_header, abi_major);
    AT(rg_lane_header, abi_minor);
    AT(rg_lane_header, epoch);
    AT(rg_lane_header, lane);
    AT(rg_lane_header, session);
    AT(rg_lane_header, order_capacity);
    AT(rg_lane_header, verdict_capacity);
    END();
    BEGIN(rg_gate_page_header);
    AT(rg_gate_page_header, magic);
    AT(rg_gate_page_header, abi_major);
    AT(rg_gate_page_header, abi_minor);
    AT(rg_gate_page_header, epoch);
    AT(rg_gate_page_header, heartbeat_stale_ns);
    AT(rg_gate_page_header, verdict_valid_ns);
    END();
    BEGIN(rg_mark_line);
    AT(rg_mark_line, seq);
    AT(rg_mark_line, bid);
    AT(rg_mark_line, ask);
    AT(rg_mark_line, last);
    AT(rg_mark_line, close);
    AT(rg_mark_line, quote_ns);
    AT(rg_mark_line, last_ns);
    AT(rg_mark_line, volume);
    END();
    BEGIN(rg_marks_header);
    AT(rg_marks_header, magic);
    AT(rg_marks_header, abi_major);
    AT(rg_marks_header, abi_minor);
    AT(rg_marks_header, epoch);
    AT(rg_marks_header, instruments);
    AT(rg_marks_header, _reserved);
    END();
    BEGIN(rg_hello);
    AT(rg_hello, magic);
    AT(rg_hello, abi_major);
    AT(rg_hello, abi_minor);
    AT(rg_hello, role);
    AT(rg_hello, _reserved);
    AT(rg_hello, name);
    END();
    BEGIN(rg_welcome);
    AT(rg_welcome, magic);
    AT(rg_welcome, abi_major);
    AT(rg_welcome, abi_minor);
    AT(rg_welcome, status);
    AT(rg_welcome, epoch);
    AT(rg_welcome, lane);
    AT(rg_welcome, session);
    AT(rg_welcome, order_capacity);
    AT(rg_welcome, verdict_capacity);
    AT(rg_welcome, instruments);
    AT(rg_welcome, _reserved);
    AT(rg_welcome, text);
    END();
    BEGIN(rg_mapped);
    AT(rg_mapped, magic);
    AT(rg_mapped, _reserved);
    END();
    BEGIN(rg_query);
    AT(rg_query, magic);
    AT(rg_query, kind);
    AT(rg_query, _reserved);
    AT(rg_query, arg);
    AT(rg_query, name);
    END();
    BEGIN(rg_answer_header);
    AT(rg_answer_header, magic);
    AT(rg_answer_header, status);
    AT(rg_answer_header, count);
    AT(rg_answer_header, item_bytes);
    AT(rg_answer_header, more);
    AT(rg_answer_header, id);
    AT(rg_answer_header, _reserved);
    AT(rg_answer_header, journal_seq);
    END();
    BEGIN(rg_outstanding_item);
    AT(rg_outstanding_item, order_id);
    AT(rg_outstanding_item, price);
    AT(rg_outstanding_item, qty);
    AT(rg_outstanding_item, filled);
    AT(rg_outstanding_item, reserved);
    AT(rg_outstanding_item, instrument);
    AT(rg_outstanding_item, account);
    AT(rg_outstanding_item, side);
    AT(rg_outstanding_item, pending_replaces);
    AT(rg_outstanding_item, pending_cancel);
    AT(rg_outstanding_item, acknowledged);
    AT(rg_outstanding_item, _reserved);
    END();
    BEGIN(rg_position_item);
    AT(rg_position_item, account);
    AT(rg_position_item, instrument);
    AT(rg_position_item, position);
    AT(rg_position_item, open_buy);
    AT(rg_position_item, open_sell);
    END();
}

static void constants(void)
{
    CONSTANT(RG_ABI_MAJOR);
    CONSTANT(RG_ABI_MINOR);
    CONSTANT(RG_SLOT_BYTES);
    CONSTANT(RG_SLOT_WORDS);
    CONSTANT(RG_LINE_SEPARATION);
    CONSTANT(RG_PRICE_UNDEFINED);
    CONSTANT(RG_KIND_NEW);
    CONSTANT(RG_KIND_REPLACE);
    CONSTANT(RG_KIND_CANCEL);
    CONSTANT(RG_KIND_MASS_CANCEL);
    CONSTANT(RG_KIND_VOID);
    CONSTANT(RG_KIND_ACK);
    CONSTANT(RG_KIND_FILL);
    CONSTANT(RG_KIND_CANCELLED);
    CONSTANT(RG_KIND_REJECTED);
    CONSTANT(RG_KIND_EXPIRED);
    CONSTANT(RG_KIND_REPLACE_REJECTED);
    CONSTANT(RG_KIND_CANCEL_REJECTED);
    CONSTANT(RG_KIND_BUST);
    CONSTANT(RG_KIND_PARENT_OPEN);
    CONSTANT(RG_KIND_PARENT_CLOSE);
    CONSTANT(RG_KIND_EXTENSION);
    CONSTANT(RG_SIDE_BUY);
    CONSTANT(RG_SIDE_SELL);
    CONSTANT(RG_TYPE_LIMIT);
    CONSTANT(RG_TYPE_MARKET);
    CONSTANT(RG_TYPE_STOP);
    CONSTANT(RG_TYPE_STOP_LIMIT);
    CONSTANT(RG_TYPE_PEGGED);
    CONSTANT(RG_TIF_DAY);
    CONSTANT(RG_TIF_GTC);
    CONSTANT(RG_TIF_IOC);
    CONSTANT(RG_TIF_FOK);
    CONSTANT(RG_TIF_GTD);
    CONSTANT(RG_TIF_AT_OPEN);
    CONSTANT(RG_TIF_AT_CLOSE);
    CONSTANT(RG_FLAG_WHAT_IF);
    CONSTANT(RG_FLAG_HAS_EXTENSION);
    CONSTANT(RG_FLAG_BASKET_MORE);
    CONSTANT(RG_FLAG_ALL);
    CONSTANT(RG_FLAG_CORRECTION);
    CONSTANT(RG_ANY_ID);
    CONSTANT(RG_DECISION_NONE);
    CONSTANT(RG_DECISION_ACCEPT);
    CONSTANT(RG_DECISION_REJECT);
    CONSTANT(RG_DECISION_WOULD_ACCEPT);
    CONSTANT(RG_DECISION_CANCEL_INTENT);
    CONSTANT(RG_VERDICT_REPLAYED);
    CONSTANT(RG_VERDICT_WHAT_IF);
    CONSTANT(RG_VERDICT_ALERTED);
    CONSTANT(RG_VERDICT_SOFT);
    CONSTANT(RG_VERDICT_UNKNOWN_ORDER);
    CONSTANT(RG_VERDICT_CLAMPED);
    CONSTANT(RG_VERDICT_CANCEL_RESTING);
    CONSTANT(RG_VERDICT_STAMP_SELF_MATCH);
    CONSTANT(RG_VERDICT_AUDIT);
    CONSTANT(RG_VERDICT_SHADOWED);
    CONSTANT(RG_BREACH_MORE);
    CONSTANT(RG_NO_NODE);
    CONSTANT(RG_EXECUTIONS_BY_VALUE);
    CONSTANT(RG_CLIENT_MAGIC);
    CONSTANT(RG_GATE_MAGIC);
    CONSTANT(RG_CLIENT_HEARTBEAT_OFFSET);
    CONSTANT(RG_VERDICTS_READ_OFFSET);
    CONSTANT(RG_ORDERS_CONSUMED_OFFSET);
    CONSTANT(RG_LANE_STATE_OFFSET);
    CONSTANT(RG_LANE_REASON_OFFSET);
    CONSTANT(RG_LANE_KILLED_OFFSET);
    CONSTANT(RG_SLOTS_OFFSET);
    CONSTANT(RG_RING_CAPACITY_MIN);
    CONSTANT(RG_RING_CAPACITY_MAX);
    CONSTANT(RG_LANE_AWAIT_READY);
    CONSTANT(RG_LANE_OPEN);
    CONSTANT(RG_LANE_CLOSED);
    CONSTANT(RG_LANE_QUARANTINED);
    CONSTANT(RG_QUARANTINE_BAD_MIX);
    CONSTANT(RG_QUARANTINE_BAD_SEQUENCE);
    CONSTANT(RG_QUARANTINE_BAD_CURSOR);
    CONSTANT(RG_QUARANTINE_BROKEN_EXTENSION);
    CONSTANT(RG_GATE_PAGE_MAGIC);
    CONSTANT(RG_GATE_PAGE_BYTES);
    CONSTANT(RG_HEARTBEAT_OFFSET);
    CONSTANT(RG_STATE_OFFSET);
    CONSTANT(RG_KILLED_OFFSET);
    CONSTANT(RG_GATE_LOCKED);
    CONSTANT(RG_GATE_READY);
    CONSTANT(RG_GATE_STOPPED);
    CONSTANT(RG_GATE_FAILED);
    CONSTANT(RG_MARKS_MAGIC);
    CONSTANT(RG_MARK_LINES_OFFSET);
    CONSTANT(RG_HELLO_MAGIC);
    CONSTANT(RG_WELCOME_MAGIC);
    CONSTANT(RG_MAPPED_MAGIC);
    CONSTANT(RG_QUERY_MAGIC);
    CONSTANT(RG_ANSWER_MAGIC);
    CONSTANT(RG_NAME_BYTES);
    CONSTANT(RG_TEXT_BYTES);
    CONSTANT(RG_ANSWER_ITEMS_MAX);
    CONSTANT(RG_ROLE_LANE);
    CONSTANT(RG_ROLE_MARKS);
    CONSTANT(RG_QUERY_INSTRUMENT);
    CONSTANT(RG_QUERY_ACCOUNT);
    CONSTANT(RG_QUERY_OUTSTANDING);
    CONSTANT(RG_QUERY_POSITIONS);
    CONSTANT(RG_QUERY_NODE_NAME);
    CONSTANT(RG_STATUS_OK);
    CONSTANT(RG_STATUS_VERSION_MISMATCH);
    CONSTANT(RG_STATUS_UNKNOWN_LANE);
    CONSTANT(RG_STATUS_NOT_PERMITTED);
    CONSTANT(RG_STATUS_IN_USE);
    CONSTANT(RG_STATUS_QUARANTINED);
    CONSTANT(RG_STATUS_GATE_DOWN);
    CONSTANT(RG_STATUS_PROTOCOL);
    CONSTANT(RG_STATUS_NOT_FOUND);
    CONSTANT(RG_STATUS_RESOURCES);
    CONSTANT(RG_FIELD_KIND);
    CONSTANT(RG_FIELD_ORDER_ID);
    CONSTANT(RG_FIELD_SIDE);
    CONSTANT(RG_FIELD_TYPE);
    CONSTANT(RG_FIELD_TIME_IN_FORCE);
    CONSTANT(RG_FIELD_FLAGS);
    CONSTANT(RG_FIELD_RESERVED);
    CONSTANT(RG_FIELD_QTY);
    CONSTANT(RG_FIELD_PRICE);
    CONSTANT(RG_FIELD_DISPLAY_QTY);
    CONSTANT(RG_FIELD_MIN_QTY);
    CONSTANT(RG_FIELD_STOP_PRICE);
    CONSTANT(RG_FIELD_GOOD_TILL);
    CONSTANT(RG_FIELD_REPLACE_IDENTITY);
    CONSTANT(RG_FIELD_REPLACE_TOTAL);
    CONSTANT(RG_FIELD_FEE);
    CONSTANT(RG_STATE_HALTED);
    CONSTANT(RG_STATE_EXPIRED);
    CONSTANT(RG_STATE_CLOSED);
    CONSTANT(RG_STATE_TYPE);
    CONSTANT(RG_STATE_TIME_IN_FORCE);
    CONSTANT(RG_PERMISSION_CLASS);
    CONSTANT(RG_PERMISSION_TYPE);
    CONSTANT(RG_PERMISSION_TIME_IN_FORCE);
    CONSTANT(RG_PERMISSION_CAPACITY);
    CONSTANT(RG_PERMISSION_VENUE);
    CONSTANT(RG_PERMISSION_ALGO);
    CONSTANT(RG_PERMISSION_ALGO_UNKNOWN);
    CONSTANT(RG_PERMISSION_ALGO_INACTIVE);
    CONSTANT(RG_PERMISSION_AUCTION_TYPE);
    CONSTANT(RG_HALT_ALL);
    CONSTANT(RG_HALT_VENUE);
    CONSTANT(RG_HALT_INSTRUMENT);
    CONSTANT(RG_COLLAR_STATIC_BAND);
    CONSTANT(RG_SESSION_CLOSED);
    CONSTANT(RG_SESSION_PRE_OPEN);
    CONSTANT(RG_SESSION_OPENING_AUCTION);
    CONSTANT(RG_SESSION_CONTINUOUS);
    CONSTANT(RG_SESSION_INTRADAY_AUCTION);
    CONSTANT(RG_SESSION_CLOSING_AUCTION);
    CONSTANT(RG_SESSION_POST_CLOSE);
}

/* Stamps of a few slots, and of the words that a simple generator gives. */
static void stamps(void)
{
    uint64_t words[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    uint64_t x = 1;
    uint32_t seq;
    int i;
    printf("stamp 0 %016" PRIx64 "\n", rg_slot_stamp(0, words));
    printf("stamp 1 %016" PRIx64 "\n", rg_slot_stamp(1, words));
    printf("stamp 4294967295 %016" PRIx64 "\n", rg_slot_stamp(UINT32_MAX, words));
    for (seq = 2; seq < 10; seq++) {
        for (i = 1; i < 8; i++) {
            x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            words[i] = x;
        }
        printf("stamp %" PRIu32 " %016" PRIx64 "\n", seq, rg_slot_stamp(seq, words));
    }
}

int main(void)
{
    structs();
    constants();
    printf("bytes region 1024 %zu\n", RG_REGION_BYTES(1024));
    printf("bytes region 2 %zu\n", RG_REGION_BYTES(2));
    printf("bytes marks 500 %zu\n", RG_MARKS_BYTES(500));
    RG_CHECKS(CHECK)
    stamps();
    return 0;
}
