/* riskgate.h: ask the risk gate about every order before it leaves for the market.
 *
 * One include for C11 and for C++11 and later. This file is the manual. Link with libriskgate:
 *
 *     cc -std=c11 app.c $(pkg-config --cflags --libs riskgate)
 *     find_package(riskgate) ... target_link_libraries(app riskgate::riskgate)    # CMake
 *
 *
 * THE LANE
 *
 *      your thread                       shared memory                       gate's engine
 *   +---------------+   order ring:  orders, reports, marks of life       +----------------+
 *   |  rg_submit    | ==================================================> |  decode        |
 *   |  rg_report    |     one order = one 64-byte cache line, you write   |  checks        |
 *   |               |                                                     |  reservation   |
 *   |  rg_poll      | <================================================== |  journal       |
 *   +---------------+   verdict ring: one line per request, gate writes   +----------------+
 *          ^                                                                      |
 *          +------------ gate page: epoch, heartbeat, kill words (read-only) <----+
 *
 * The hot calls (rg_submit to rg_mark_set) are inline: no system call, no allocation, no lock. One
 * rg_client is one lane and belongs to one thread at a time; take one lane per trading thread. No
 * function throws, prints, exits or installs a signal handler. The library assumes that nobody but
 * it touches the fields of a handle, and that the process does not fork while connected.
 *
 *
 * A COMPLETE PROGRAM
 *
 *     #include <riskgate.h>
 *     #include <stdio.h>
 *
 *     int main(void)
 *     {
 *         rg_client gate;
 *         rg_connect_options options;
 *         rg_order order;
 *         rg_verdict verdict;
 *         rg_exec_report report;
 *         uint32_t account, instrument;
 *         char why[256];
 *
 *         rg_connect_options_init(&options);
 *         options.socket_path = "/run/riskgate/gate.sock";
 *         options.lane = "ems-1";
 *         if (rg_connect(&options, &gate) != RG_OK ||
 *             rg_lookup_account(&gate, "desk-1", &account) != RG_OK ||
 *             rg_lookup_instrument(&gate, "AAPL", &instrument) != RG_OK) {
 *             fprintf(stderr, "%s\n", rg_last_error(&gate));
 *             return 1;
 *         }
 *         order = rg_limit_order(1, account, instrument, RG_SIDE_BUY,
 *                                187 * RG_PRICE_ONE, 100 * RG_QTY_ONE);
 *         if (rg_check(&gate, &order, 1000000, &verdict) == RG_ACCEPT) {
 *             // send_to_venue(&order); and when the venue answers:
 *             report = rg_report_of(RG_KIND_ACK, order.id, order.id);
 *             rg_report(&gate, &report);
 *             report = rg_fill_of(&order, 9001, order.price, order.qty);
 *             rg_report(&gate, &report);
 *         } else {
 *             rg_reason_text(&gate, &verdict, why, sizeof why);
 *             printf("not sent: %s\n", why);
 *         }
 *         rg_close(&gate);
 *         return 0;
 *     }
 *
 *
 * THE LIFE OF AN ORDER
 *
 *              REJECT                                   what you call
 *     NEW --> decided --ACCEPT--> you send it           rg_submit + rg_poll, or rg_check
 *               |                   |
 *               |                   +- venue acks       rg_report ACK
 *               |                   +- fills            rg_report FILL, each with its own execution id
 *               |                   +- change it        rg_replace; send on ACCEPT; then report ACK
 *               |                   |                   (reference = the replace's id) or
 *               |                   |                   REPLACE_REJECTED
 *               |                   +- cancel it        rg_cancel; send on ACCEPT; then CANCELLED or
 *               |                   |                   CANCEL_REJECTED
 *               |                   +- ends             rg_report CANCELLED, EXPIRED, REJECTED
 *               |                   +- you don't send   rg_void
 *               +- no usable verdict in time: not approved, never sent. A late ACCEPT is voided by
 *                  the library, so that the gate frees what it had reserved.
 *
 * Every request (new, replace, cancel) has an id of its own, not 0 and not used before on the lane;
 * the order keeps the id of its NEW for life. An ACCEPT has already been charged to every limit at
 * its worst case; only reports and voids free it again, so report everything. Reports and voids get
 * no verdict and can not be refused. Cancels are always accepted, also of a killed account.
 *
 * No verdict means not approved. Zero is never ACCEPT. RG_ACCEPT comes only while the engine's epoch
 * is the connection's and the deadline has not passed (rg_now_ns() <= verdict.valid_until_ns).
 *
 * NUMBERS. Price: int64_t in 1e-9 of the instrument's currency. Quantity: int64_t in 1e-8 of a share
 * or contract. Never through floating point: rg_price("187.25", &p), or 187 * RG_PRICE_ONE. Times:
 * ns of the host's CLOCK_MONOTONIC_RAW, which is rg_now_ns().
 *
 * COSTS below are of this library's part on a current x86-64 core with the lines in the cache, as
 * orders of magnitude; the transfer between cores and the gate's own work come on top.
 */
#ifndef RISKGATE_H
#define RISKGATE_H

#include "riskgate/abi.h"
#include "riskgate/atomic.h"
#include "riskgate/types.h"
#include "riskgate/lane.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ==================================================================== connection (cold) ======= */

/* Connects to a lane: finds the gate at its socket, maps the lane's memory, waits for the gate to
 * open it. `client` may hold anything before but a connection (rg_close that first); afterwards it
 * is a valid handle whatever the result: after a failure every hot call on it answers RG_GATE_DOWN,
 * and rg_last_error() says what was tried, what happened and what to do. Use a handle only after
 * rg_connect, or zeroed.
 * Cost: milliseconds; never longer than options->timeout_ns. Allocates (about 4 KiB and 40 bytes
 * per slot). Returns RG_OK; RG_INVALID (no path or lane, or too long); RG_GATE_DOWN (nobody
 * listens, or the engine is not running); RG_TIMEOUT; RG_VERSION_MISMATCH, RG_UNKNOWN_LANE,
 * RG_NOT_PERMITTED, RG_IN_USE, RG_QUARANTINED (the gate's answers); RG_PROTOCOL; RG_RESOURCES;
 * RG_SYSTEM. RG_IN_USE comes after half a second of trying: the gate takes a moment to close the lane
 * of a client that just ended. The gate may still be locked: then it answers REJECT gate_not_ready. */
int rg_connect(const rg_connect_options *options, rg_client *client);

/* Ends the connection and frees what rg_connect took. The gate closes the lane; open orders stay
 * reserved there. Harmless on a handle that is closed or was refused. Cost: microseconds. */
void rg_close(rg_client *client);

/* Attaches to the gate anew, with fresh memory and possibly a new epoch. Call it after RG_GATE_DOWN
 * (or RG_QUARANTINED, once released); it is never called for you. It tries until it works or the
 * timeout of rg_connect is over, sleeping in between.
 * Call rg_poll until it returns 0 before: verdicts that nobody took are lost with the old session.
 * Reports and voids that the old engine had not consumed are sent again, in order. Requests without
 * a verdict are not sent again: they were never approved, rg_unanswered() lists them, and those that
 * the new engine holds open are voided for you. What rg_outstanding() shows afterwards is what you
 * have at the venue; if it shows an order that you never sent, rg_void(client, order_id, order_id).
 * Returns as rg_connect. After a failure call it again; nothing that waits to be sent is lost. */
int rg_reconnect(rg_client *client);

/* Text of a code, with the remedy. Never NULL, never allocated. Cost: nanoseconds. */
const char *rg_strerror(int status);

/* What the last failing cold call on this handle tried, the value, and what to do; "" if none
 * failed. Valid until the next call on the handle. */
const char *rg_last_error(const rg_client *client);

/* "1.1": version of the library's interface. */
const char *rg_version(void);

/* Now, in ns of CLOCK_MONOTONIC_RAW: the clock of all deadlines. Cost: about 20 ns, no system call
 * where the kernel serves the clock from user space. Never fails. */
uint64_t rg_now_ns(void);

/* State of the connection: RG_OK, RG_KILLED (no new orders at present), RG_GATE_DOWN,
 * RG_QUARANTINED. Cost: about 25 ns. */
static inline int rg_health(const rg_client *client)
{
    int status = client == NULL ? RG_INVALID : rg_priv_alive(client, rg_now_ns());
    return status == RG_OK && rg_priv_killed(client) ? RG_KILLED : status;
}

/* ========================================================================= orders (hot) ======= */

/* Writes one request and returns at once; its verdict comes through rg_poll. `order->kind` is
 * RG_KIND_NEW, or RG_KIND_REPLACE (see rg_replace) or RG_KIND_CANCEL (only id and target count).
 * Cost: about 40 ns. Returns
 *   RG_OK           written; there will be exactly one verdict, in the order of the requests
 *   RG_FULL         the ring is full, or as many requests as the verdict ring holds wait for their
 *                   verdicts: read verdicts with rg_poll, then try again
 *   RG_GATE_DOWN    engine stopped, heartbeat too old, or lane closed: rg_reconnect
 *   RG_QUARANTINED  the gate reads this lane no more
 *   RG_KILLED       a kill of the firm or of this lane is in force (new orders only; other kills,
 *                   such as of an account, are answered by the gate with REJECT killed)
 *   RG_INVALID      null, id 0, unknown kind, or a value that its bit field can not carry
 * Unless it is RG_OK nothing was written. Everything else (unknown instrument, odd lot, ...) is the
 * gate's to judge, with a REJECT that says why. */
static inline int rg_submit(rg_client *client, const rg_order *order)
{
    if (RG_UNLIKELY(client == NULL || order == NULL)) {
        return RG_INVALID;
    }
    if (order->kind == RG_KIND_CANCEL) {
        if (RG_UNLIKELY(order->id == 0 || order->target == 0)) {
            return RG_INVALID;
        }
        return rg_priv_cancel(client, RG_KIND_CANCEL, order->id, order->target, 0, 0);
    }
    if (RG_UNLIKELY(!rg_priv_expressible(order, order->kind))) {
        return RG_INVALID;
    }
    return rg_priv_submit(client, order, order->kind, rg_now_ns());
}

/* Changes the order `order->target`: `order->id` is the id of this request, and price, qty (the new
 * total, what is filled included), type, tif and the rest are the new terms, all of them. Account,
 * instrument and side must be the order's. `order->kind` is ignored. Cost and returns: rg_submit. */
static inline int rg_replace(rg_client *client, const rg_order *order)
{
    if (RG_UNLIKELY(client == NULL || order == NULL ||
                    !rg_priv_expressible(order, RG_KIND_REPLACE))) {
        return RG_INVALID;
    }
    return rg_priv_submit(client, order, RG_KIND_REPLACE, rg_now_ns());
}

/* Announces that the order `order_id` will be cancelled; `cancel_id` is the id of this request. Its
 * verdict is ACCEPT, also under a kill, and has no deadline; RG_VERDICT_UNKNOWN_ORDER says that the
 * lane has no such order open. If the gate is down you may cancel at the venue all the same.
 * Cost: about 35 ns. Returns RG_OK, RG_FULL, RG_GATE_DOWN, RG_QUARANTINED, RG_INVALID (an id is 0). */
static inline int rg_cancel(rg_client *client, uint64_t cancel_id, uint64_t order_id)
{
    if (RG_UNLIKELY(client == NULL || cancel_id == 0 || order_id == 0)) {
        return RG_INVALID;
    }
    return rg_priv_cancel(client, RG_KIND_CANCEL, cancel_id, order_id, 0, 0);
}

/* The same for an order of another lane of the same group (which died with its EMS): `lane` is
 * that lane's number. */
static inline int rg_cancel_of_lane(rg_client *client, uint64_t cancel_id, uint64_t order_id,
                                    uint16_t lane)
{
    if (RG_UNLIKELY(client == NULL || cancel_id == 0 || order_id == 0 || lane == UINT16_MAX)) {
        return RG_INVALID;
    }
    return rg_priv_cancel(client, RG_KIND_CANCEL | ((uint64_t)(lane + 1u) << 32), cancel_id,
                          order_id, 0, 0);
}

/* Announces that all open orders of an account, instrument and side will be cancelled; RG_ANY_ID
 * and side 0 stand for any. One verdict, as rg_cancel; you still cancel and report each order. */
static inline int rg_mass_cancel(rg_client *client, uint64_t cancel_id, uint32_t account,
                                 uint32_t instrument, uint8_t side)
{
    if (RG_UNLIKELY(client == NULL || cancel_id == 0 || side > RG_SIDE_SELL)) {
        return RG_INVALID;
    }
    return rg_priv_cancel(client, RG_KIND_MASS_CANCEL | ((uint64_t)side << 8), cancel_id, 0, account,
                          instrument);
}

/* Takes the next verdict, if there is one; never waits. Returns 1 with `verdict` filled, else 0
 * (also when the gate is down: ask rg_health). Act on verdict->decision:
 *   RG_DECISION_ACCEPT         send it before verdict->valid_until_ns
 *   RG_DECISION_REJECT         do not send it; first_check, observed, limit, node say why
 *   RG_DECISION_WOULD_ACCEPT   answer to a what-if
 *   RG_DECISION_NONE           the gate approved, but not so that you may act on it; `local` says
 *                              why (expired, late for an rg_check, replayed). What was reserved for
 *                              an expired or late one has been voided for you: do nothing.
 *   RG_DECISION_CANCEL_INTENT  not a verdict: the gate asks you to cancel the order `order_id`
 * Cost: about 3 ns with nothing there, 30 ns with an ACCEPT (it reads the clock). */
static inline int rg_poll(rg_client *client, rg_verdict *verdict)
{
    if (RG_UNLIKELY(client == NULL || verdict == NULL || client->gate_words == NULL ||
                    client->desynchronised != 0)) {
        return 0;
    }
    rg_priv_flush(client);
    if (RG_UNLIKELY(client->intents_first != client->intents_end)) {
        *verdict = client->intents[client->intents_first & (RG_INTENTS_MAX - 1)];
        client->intents_first += 1;
        return 1;
    }
    return rg_priv_next(client, verdict) != RG_PRIV_NOTHING;
}

/* Submits one new order, replace or cancel and waits for its verdict, busily, never longer than
 * timeout_ns (plus what the operating system takes your core away). Returns
 *   RG_ACCEPT        send it before verdict->valid_until_ns
 *   RG_REJECT        the verdict says why
 *   RG_WOULD_ACCEPT  answer to a what-if
 *   RG_TIMEOUT       no usable verdict in time; not approved. The order may still be decided later:
 *                    an ACCEPT is then voided by the library, inside a later rg_poll or rg_check,
 *                    and is never given to you as an approval (rg_poll shows it as
 *                    RG_DECISION_NONE with RG_LOCAL_LATE). Do not use its id again.
 *   RG_GATE_DOWN     as rg_submit, or the gate died while waiting; not approved
 *   RG_BUSY          requests made with rg_submit, rg_replace or rg_cancel wait for verdicts:
 *                    rg_poll them first; or so many timed-out requests are unanswered that the
 *                    memory for them is full; or 64 cancel intents wait for rg_poll
 *   RG_REPLAYED      the id was decided before; the verdict is the recorded one, not an approval
 *   RG_FULL, RG_KILLED, RG_QUARANTINED, RG_INVALID as rg_submit; RG_PROTOCOL (unknown decision)
 * Only RG_ACCEPT permits to send. Unless a verdict came, `verdict` holds the id and
 * RG_DECISION_NONE. Cancel intents that arrive meanwhile are kept for rg_poll.
 * Cost: the round trip; this side takes about 80 ns of it. */
static inline int rg_check(rg_client *client, const rg_order *order, uint64_t timeout_ns,
                           rg_verdict *verdict)
{
    static const rg_verdict none = {0, 0, 0, 0, 0, 0, RG_NO_NODE, RG_DECISION_NONE, 0, 0, 0, 0, 0, 0,
                                    0};
    uint64_t start;
    int status;
    if (RG_UNLIKELY(client == NULL || order == NULL || verdict == NULL)) {
        return RG_INVALID;
    }
    *verdict = none;
    verdict->order_id = order->id;
    if (RG_UNLIKELY(client->pending_end - client->pending_first > client->abandoned ||
                    client->intents_end - client->intents_first >= RG_INTENTS_MAX)) {
        return client->gate_words == NULL ? RG_GATE_DOWN : RG_BUSY;
    }
    start = rg_now_ns();
    status = rg_submit(client, order);
    if (RG_UNLIKELY(status == RG_FULL && client->abandoned > client->verdict_mask)) {
        status = RG_BUSY;
    }
    if (RG_LIKELY(status == RG_OK)) {
        status = rg_priv_await(client, order->id, start, timeout_ns, verdict);
        if (RG_UNLIKELY(status == RG_GATE_DOWN || status == RG_QUARANTINED ||
                        (status == RG_TIMEOUT && (verdict->local & RG_LOCAL_EXPIRED) == 0) ||
                        verdict->order_id != order->id)) {
            *verdict = none;
            verdict->order_id = order->id;
        }
    }
    return status;
}

/* Checks orders as one basket, all or none. Baskets come later: returns RG_NOT_SUPPORTED, sets
 * every verdict to RG_DECISION_NONE and writes nothing to the lane. */
int rg_check_basket(rg_client *client, const rg_order *orders, size_t count, uint64_t timeout_ns,
                    rg_verdict *verdicts);

/* ======================================================================== reports (hot) ======= */

static inline int rg_priv_report(rg_client *client, const rg_exec_report *report, unsigned flags)
{
    int status;
    if (RG_UNLIKELY(client == NULL || report == NULL || report->order_id == 0 ||
                    report->kind < RG_KIND_ACK || report->kind > RG_KIND_BUST ||
                    report->side > RG_SIDE_SELL ||
                    (report->fee != 0 && report->kind != RG_KIND_FILL))) {
        return RG_INVALID;
    }
    status = rg_priv_open(client);
    if (RG_UNLIKELY(status != RG_OK)) {
        return status;
    }
    rg_priv_flush(client);
    if (RG_UNLIKELY(!rg_priv_room(client, report->fee != 0 ? 2 : 1))) {
        return client->desynchronised != 0 ? RG_GATE_DOWN : RG_FULL;
    }
    if (RG_UNLIKELY(report->fee != 0)) {
        rg_priv_write_fee(client, report->order_id, report->fee);
        flags |= RG_FLAG_HAS_EXTENSION;
    }
    rg_priv_write_plain(client,
                        (uint64_t)report->kind | ((uint64_t)report->side << 8) |
                            ((uint64_t)flags << 24) | ((uint64_t)report->origin << 32),
                        report->order_id, report->reference, report->price, report->qty,
                        report->instrument, report->account, rg_now_ns());
    return RG_OK;
}

/* Tells the gate what the venue said. No verdict; the gate ignores an execution id that it has seen
 * (so a report may be repeated). Does not mind a stale heartbeat: what the engine has not consumed
 * when it dies is sent again by rg_reconnect.
 * Cost: about 35 ns, twice that with a fee. Returns RG_OK; RG_FULL (try again); RG_GATE_DOWN,
 * RG_QUARANTINED (keep it and send it after rg_reconnect); RG_INVALID (null, order id 0, a kind that
 * is not a report, or a fee of what is no fill). */
static inline int rg_report(rg_client *client, const rg_exec_report *report)
{
    return rg_priv_report(client, report, 0);
}

/* Corrects an execution: takes back `execution_id` (a bust with the terms of `wrong`) and books
 * `right`, both or none. Both are complete fill reports of the same order; `right` has an execution
 * id of its own. What `right` executes of the busted quantity does not come out of what is open.
 * Cost and returns: twice rg_report. */
static inline int rg_correct(rg_client *client, const rg_exec_report *wrong,
                             const rg_exec_report *right)
{
    rg_exec_report bust;
    int status;
    if (RG_UNLIKELY(client == NULL || wrong == NULL || right == NULL ||
                    wrong->order_id != right->order_id || wrong->reference == right->reference ||
                    right->kind != RG_KIND_FILL || right->side > RG_SIDE_SELL)) {
        return RG_INVALID;
    }
    status = rg_priv_open(client);
    if (RG_UNLIKELY(status != RG_OK)) {
        return status;
    }
    rg_priv_flush(client);
    if (RG_UNLIKELY(!rg_priv_room(client, right->fee != 0 ? 3 : 2))) {
        return client->desynchronised != 0 ? RG_GATE_DOWN : RG_FULL;
    }
    bust = *wrong;
    bust.kind = RG_KIND_BUST;
    bust.fee = 0;
    status = rg_report(client, &bust);
    return status == RG_OK ? rg_priv_report(client, right, RG_FLAG_CORRECTION) : status;
}

/* Says that the accepted request `request_id` of the order `order_id` was not and will not be sent
 * (for a NEW both are the order's id); the gate frees what it had reserved, a voided replace
 * restores the old terms. The library does this by itself for late and expired approvals.
 * Cost and returns: rg_report. */
static inline int rg_void(rg_client *client, uint64_t order_id, uint64_t request_id)
{
    int status;
    if (RG_UNLIKELY(client == NULL || order_id == 0 || request_id == 0)) {
        return RG_INVALID;
    }
    status = rg_priv_open(client);
    if (RG_UNLIKELY(status != RG_OK)) {
        return status;
    }
    rg_priv_flush(client);
    if (RG_UNLIKELY(!rg_priv_room(client, 1))) {
        return client->desynchronised != 0 ? RG_GATE_DOWN : RG_FULL;
    }
    rg_priv_write_plain(client, RG_KIND_VOID, order_id, request_id, 0, 0, 0, 0, rg_now_ns());
    return RG_OK;
}

/* ====================================================================== questions (cold) ====== */
/* They ask the gate over the socket and wait, never longer than the connection's timeout_ns. Not
 * for the hot path: tens of microseconds to milliseconds. Common returns: RG_OK; RG_INVALID (null,
 * name too long); RG_NOT_FOUND; RG_GATE_DOWN; RG_TIMEOUT (ask again after rg_reconnect);
 * RG_PROTOCOL; RG_SYSTEM. */

/* Id of a name, once at start. Ids hold for the connection; look them up again after rg_reconnect. */
int rg_lookup_instrument(rg_client *client, const char *name, uint32_t *instrument);
int rg_lookup_account(rg_client *client, const char *name, uint32_t *account);

/* Orders of this lane that are open at the gate, as of a journal sequence number (journal_seq may
 * be NULL). First waits until the gate has consumed all that you have sent, so that the answer
 * includes it. `count` is how many there are; if it is above `capacity` the first `capacity` are
 * given and the call returns RG_TOO_SMALL. */
int rg_outstanding(rg_client *client, struct rg_outstanding_item *items, size_t capacity,
                   size_t *count, uint64_t *journal_seq);

/* Positions of the accounts of this lane. Otherwise as rg_outstanding. */
int rg_positions(rg_client *client, struct rg_position_item *items, size_t capacity, size_t *count,
                 uint64_t *journal_seq);

/* Ids of the requests that the last rg_reconnect found without a verdict, oldest first. They are
 * not approved; whether the gate knows them, rg_outstanding() says. Does not ask the gate. Returns
 * RG_OK or RG_TOO_SMALL (as rg_outstanding) or RG_INVALID. */
int rg_unanswered(rg_client *client, uint64_t *request_ids, size_t capacity, size_t *count);

/* Name of a node of the account tree, into `buffer`. Remembered, so asked once per node. */
int rg_node_name(rg_client *client, uint32_t node, char *buffer, size_t size);

/* ========================================================================== texts (cold) ====== */

/* Decimal text to fixed point, exactly: an optional '-' or '+', digits, and if there is a point
 * digits on both of its sides. No blanks, exponents or separators. Returns RG_OK; RG_SYNTAX;
 * RG_PRECISION (more places than 9 for prices, 8 for quantities, unless they are zeros); RG_RANGE.
 * `*out` changes only on RG_OK. Cost: tens of ns. */
int rg_price(const char *text, int64_t *price);
int rg_qty(const char *text, int64_t *qty);

/* The reverse, with as many places as needed ("187.25"); an undefined price is "undefined". Returns
 * the length, or RG_TOO_SMALL (24 bytes are always enough), RG_INVALID. */
int rg_format_price(int64_t price, char *buffer, size_t size);
int rg_format_qty(int64_t qty, char *buffer, size_t size);

/* Name of a check ("max_order_qty"), "none" for 0, "unknown" for others. Never NULL. The reason
 * code of a verdict is its first_check, so both are the same function under two names. */
const char *rg_check_name(uint32_t number);
const char *rg_reason_name(uint32_t code);

/* A verdict in words: "max_order_qty: 25,000 over 10,000 at EQ-US". With a client it asks for the
 * node's name (once per node); with NULL it says "node 17". Always ends with a zero byte. Returns
 * the length, or RG_TOO_SMALL (the text is cut; 256 bytes are enough), RG_INVALID. */
int rg_reason_text(rg_client *client, const rg_verdict *verdict, char *buffer, size_t size);

/* ======================================================================== feed handler ======== */

/* Connects as the writer of the mark table; as rg_connect otherwise. After RG_GATE_DOWN close and
 * open again: the table is fresh with every engine. */
int rg_marks_open(const rg_marks_options *options, rg_marks *marks);
void rg_marks_close(rg_marks *marks);
const char *rg_marks_last_error(const rg_marks *marks);

/* As rg_lookup_instrument, on the feed handler's connection. */
int rg_marks_lookup_instrument(rg_marks *marks, const char *name, uint32_t *instrument);

/* Writes instrument's best bid and ask, and the price of the last trade. RG_PRICE_UNDEFINED: that
 * side of the book is empty; for `last`: no trade since, keep the old one and its time. `now_ns` is
 * rg_now_ns(), of when you learned of it. Cost: about 10 ns. Returns RG_OK; RG_INVALID (no such
 * instrument); RG_GATE_DOWN (nobody reads: close and open again). */
static inline int rg_mark_set(rg_marks *marks, uint32_t instrument, int64_t bid, int64_t ask,
                              int64_t last, uint64_t now_ns);

/* Writes instrument's previous close, once a day. Cost and returns: rg_mark_set. */
static inline int rg_mark_set_close(rg_marks *marks, uint32_t instrument, int64_t close);

/* Writes how much of instrument the market has traded in its day so far, 1e-8, for `participation`.
 * It only grows; a smaller number begins a new day, 0 says nothing new. What was traded before the
 * gate learned the first number does not count. Cost and returns: rg_mark_set; RG_INVALID below 0. */
static inline int rg_mark_set_volume(rg_marks *marks, uint32_t instrument, int64_t volume);

#ifdef __cplusplus
}
#endif

#include "riskgate/marks.h"

#endif /* RISKGATE_H */
