/* Messages of the rendezvous socket (SOCK_SEQPACKET, one struct per message), and the items of the
 * lists that rg_outstanding() and rg_positions() give. Part of abi.h, which includes it.
 *
 *  client                                gate
 *    | ---- hello (role, name) ----------> |   peer's uid and pid come from the kernel
 *    | <--- welcome + descriptors -------- |   lane: client region, gate region, gate page
 *    |      maps them                      |   marks: mark table, gate page
 *    | ---- mapped ----------------------> |   gate seals the client's file against new mappings
 *    | <--- welcome (status only) -------- |   the engine reads the lane from now on
 *    | ---- query -> <--- answer --------- |   any number of times, cold path
 */
#ifndef RISKGATE_RENDEZVOUS_H
#define RISKGATE_RENDEZVOUS_H

#include "abi.h"

#define RG_HELLO_MAGIC RG_MAGIC8('R', 'G', 'H', 'E', 'L', 'L', 'O', '1')
#define RG_WELCOME_MAGIC RG_MAGIC8('R', 'G', 'W', 'E', 'L', 'C', 'M', '1')
#define RG_MAPPED_MAGIC RG_MAGIC8('R', 'G', 'M', 'A', 'P', 'P', 'E', 'D')
#define RG_QUERY_MAGIC RG_MAGIC8('R', 'G', 'Q', 'U', 'E', 'R', 'Y', '1')
#define RG_ANSWER_MAGIC RG_MAGIC8('R', 'G', 'A', 'N', 'S', 'W', 'R', '1')
#define RG_NAME_BYTES 64u
#define RG_TEXT_BYTES 448u
#define RG_ANSWER_ITEMS_MAX 256u

#define RG_ROLE_LANE 1u
#define RG_ROLE_MARKS 2u

#define RG_QUERY_INSTRUMENT 1u
#define RG_QUERY_ACCOUNT 2u
#define RG_QUERY_OUTSTANDING 3u
#define RG_QUERY_POSITIONS 4u
#define RG_QUERY_NODE_NAME 5u

#define RG_STATUS_OK 0u
#define RG_STATUS_VERSION_MISMATCH 1u
#define RG_STATUS_UNKNOWN_LANE 2u
#define RG_STATUS_NOT_PERMITTED 3u
#define RG_STATUS_IN_USE 4u
#define RG_STATUS_QUARANTINED 5u
#define RG_STATUS_GATE_DOWN 6u
#define RG_STATUS_PROTOCOL 7u
#define RG_STATUS_NOT_FOUND 8u
#define RG_STATUS_RESOURCES 9u

struct rg_hello {
    uint64_t magic;
    uint16_t abi_major;
    uint16_t abi_minor;
    uint16_t role;
    uint16_t _reserved;
    uint8_t name[RG_NAME_BYTES];
};
RG_ASSERT_SIZE(rg_hello, 80);
RG_ASSERT_AT(rg_hello, magic, 0);
RG_ASSERT_AT(rg_hello, abi_major, 8);
RG_ASSERT_AT(rg_hello, abi_minor, 10);
RG_ASSERT_AT(rg_hello, role, 12);
RG_ASSERT_AT(rg_hello, _reserved, 14);
RG_ASSERT_AT(rg_hello, name, 16);

struct rg_welcome {
    uint64_t magic;
    uint16_t abi_major;
    uint16_t abi_minor;
    uint32_t status;
    uint32_t epoch;
    uint32_t lane;
    uint32_t session;
    uint32_t order_capacity;
    uint32_t verdict_capacity;
    uint32_t instruments;
    uint32_t _reserved[6];
    uint8_t text[RG_TEXT_BYTES];
};
RG_ASSERT_SIZE(rg_welcome, 512);
RG_ASSERT_AT(rg_welcome, magic, 0);
RG_ASSERT_AT(rg_welcome, abi_major, 8);
RG_ASSERT_AT(rg_welcome, abi_minor, 10);
RG_ASSERT_AT(rg_welcome, status, 12);
RG_ASSERT_AT(rg_welcome, epoch, 16);
RG_ASSERT_AT(rg_welcome, lane, 20);
RG_ASSERT_AT(rg_welcome, session, 24);
RG_ASSERT_AT(rg_welcome, order_capacity, 28);
RG_ASSERT_AT(rg_welcome, verdict_capacity, 32);
RG_ASSERT_AT(rg_welcome, instruments, 36);
RG_ASSERT_AT(rg_welcome, _reserved, 40);
RG_ASSERT_AT(rg_welcome, text, 64);

struct rg_mapped {
    uint64_t magic;
    uint64_t _reserved;
};
RG_ASSERT_SIZE(rg_mapped, 16);
RG_ASSERT_AT(rg_mapped, magic, 0);
RG_ASSERT_AT(rg_mapped, _reserved, 8);

struct rg_query {
    uint64_t magic;
    uint16_t kind;
    uint16_t _reserved;
    uint32_t arg;
    uint8_t name[RG_NAME_BYTES];
};
RG_ASSERT_SIZE(rg_query, 80);
RG_ASSERT_AT(rg_query, magic, 0);
RG_ASSERT_AT(rg_query, kind, 8);
RG_ASSERT_AT(rg_query, _reserved, 10);
RG_ASSERT_AT(rg_query, arg, 12);
RG_ASSERT_AT(rg_query, name, 16);

struct rg_answer_header {
    uint64_t magic;
    uint32_t status;
    uint32_t count;
    uint32_t item_bytes;
    uint32_t more;
    uint32_t id;
    uint32_t _reserved;
    uint64_t journal_seq;
};
RG_ASSERT_SIZE(rg_answer_header, 40);
RG_ASSERT_AT(rg_answer_header, magic, 0);
RG_ASSERT_AT(rg_answer_header, status, 8);
RG_ASSERT_AT(rg_answer_header, count, 12);
RG_ASSERT_AT(rg_answer_header, item_bytes, 16);
RG_ASSERT_AT(rg_answer_header, more, 20);
RG_ASSERT_AT(rg_answer_header, id, 24);
RG_ASSERT_AT(rg_answer_header, _reserved, 28);
RG_ASSERT_AT(rg_answer_header, journal_seq, 32);

/* One open order of a lane: an item of rg_outstanding(). */
struct rg_outstanding_item {
    uint64_t order_id;
    int64_t price;    /* as acknowledged or accepted last; 1e-9 */
    int64_t qty;      /* total; 1e-8 */
    int64_t filled;   /* 1e-8 */
    int64_t reserved; /* 1e-8 */
    uint32_t instrument;
    uint32_t account;
    uint8_t side;
    uint8_t pending_replaces; /* replaces that the venue has not answered */
    uint8_t pending_cancel;   /* not zero: a cancel was requested */
    uint8_t acknowledged;     /* not zero: the venue acknowledged the order */
    uint32_t _reserved;
};
RG_ASSERT_SIZE(rg_outstanding_item, 56);
RG_ASSERT_AT(rg_outstanding_item, order_id, 0);
RG_ASSERT_AT(rg_outstanding_item, price, 8);
RG_ASSERT_AT(rg_outstanding_item, qty, 16);
RG_ASSERT_AT(rg_outstanding_item, filled, 24);
RG_ASSERT_AT(rg_outstanding_item, reserved, 32);
RG_ASSERT_AT(rg_outstanding_item, instrument, 40);
RG_ASSERT_AT(rg_outstanding_item, account, 44);
RG_ASSERT_AT(rg_outstanding_item, side, 48);
RG_ASSERT_AT(rg_outstanding_item, pending_replaces, 49);
RG_ASSERT_AT(rg_outstanding_item, pending_cancel, 50);
RG_ASSERT_AT(rg_outstanding_item, acknowledged, 51);
RG_ASSERT_AT(rg_outstanding_item, _reserved, 52);

/* One position of an account of a lane: an item of rg_positions(). */
struct rg_position_item {
    uint32_t account;
    uint32_t instrument;
    int64_t position;  /* signed filled quantity; 1e-8 */
    int64_t open_buy;  /* reserved open buy quantity; 1e-8 */
    int64_t open_sell; /* reserved open sell quantity; 1e-8 */
};
RG_ASSERT_SIZE(rg_position_item, 32);
RG_ASSERT_AT(rg_position_item, account, 0);
RG_ASSERT_AT(rg_position_item, instrument, 4);
RG_ASSERT_AT(rg_position_item, position, 8);
RG_ASSERT_AT(rg_position_item, open_buy, 16);
RG_ASSERT_AT(rg_position_item, open_sell, 24);

#endif /* RISKGATE_RENDEZVOUS_H */
