/* Questions to the gate over the rendezvous socket, one at a time. Never on the hot path. */
#define _GNU_SOURCE
#include "internal.h"

#include <string.h>

/* Largest item we know of, with room for fields that a newer gate appends. */
#define ITEM_BYTES_MAX 128u

union answer {
    struct rg_answer_header header;
    unsigned char bytes[sizeof(struct rg_answer_header) + RG_ANSWER_ITEMS_MAX * ITEM_BYTES_MAX];
};

static int fill_query(struct rg_query *query, uint16_t kind, uint32_t arg, const char *name,
                      struct rg_errors errors)
{
    memset(query, 0, sizeof *query);
    query->magic = RG_QUERY_MAGIC;
    query->kind = kind;
    query->arg = arg;
    if (name != NULL) {
        size_t bytes = strlen(name);
        if (bytes == 0 || bytes >= sizeof query->name) {
            return rg_fail(errors, RG_INVALID, "a name of %zu bytes: names have 1 to %u", bytes,
                           RG_NAME_BYTES - 1);
        }
        memcpy(query->name, name, bytes);
    }
    return RG_OK;
}

/* Receives one message of an answer and checks its shape; items of at least `item_bytes`. */
static int receive_answer(int fd, union answer *answer, size_t item_bytes, uint64_t deadline,
                          struct rg_errors errors)
{
    const struct rg_answer_header *h = &answer->header;
    int fds[RG_FDS_MAX];
    int fd_count = 0;
    size_t got = 0;
    int status = rg_receive(fd, answer, sizeof *answer, &got, fds, &fd_count, deadline, errors);
    if (status != RG_OK) {
        return status;
    }
    rg_close_fds(fds, fd_count);
    if (got < sizeof *h || h->magic != RG_ANSWER_MAGIC || h->count > RG_ANSWER_ITEMS_MAX ||
        (h->count != 0 && (h->item_bytes > ITEM_BYTES_MAX || h->item_bytes < item_bytes)) ||
        got != sizeof *h + (size_t)h->count * h->item_bytes) {
        return rg_fail(errors, RG_PROTOCOL,
                       "the gate's answer of %zu bytes is malformed (%u items of %u bytes)", got,
                       got < sizeof *h ? 0u : (unsigned)h->count,
                       got < sizeof *h ? 0u : (unsigned)h->item_bytes);
    }
    return RG_OK;
}

static int answered(const struct rg_answer_header *h)
{
    switch (h->status) {
    case RG_STATUS_OK: return RG_OK;
    case RG_STATUS_NOT_FOUND: return RG_NOT_FOUND;
    case RG_STATUS_GATE_DOWN: return RG_GATE_DOWN;
    case RG_STATUS_NOT_PERMITTED: return RG_NOT_PERMITTED;
    case RG_STATUS_RESOURCES: return RG_RESOURCES;
    default: return RG_PROTOCOL;
    }
}

/* Can this connection still be asked? */
static int askable(int fd, int broken, struct rg_errors errors)
{
    if (fd < 0) {
        return rg_fail(errors, RG_GATE_DOWN, "not connected: connect first, or call rg_reconnect");
    }
    if (broken) {
        return rg_fail(errors, RG_TIMEOUT,
                       "an earlier question was not answered in time, and its answer could be "
                       "mistaken for this one's: call rg_reconnect");
    }
    return RG_OK;
}

/* Asks and receives the first message of the answer. */
static int ask(int fd, int *broken, const struct rg_query *query, union answer *answer,
               size_t item_bytes, uint64_t deadline, struct rg_errors errors)
{
    int status = askable(fd, *broken, errors);
    if (status == RG_OK) {
        status = rg_send(fd, query, sizeof *query, deadline, errors);
        if (status == RG_OK) {
            status = receive_answer(fd, answer, item_bytes, deadline, errors);
            *broken = status != RG_OK;
        }
    }
    return status;
}

RG_HIDDEN int rg_ask_id(int fd, int *broken, uint16_t kind, const char *name, uint32_t *id,
                        uint64_t timeout_ns, struct rg_errors errors)
{
    const char *noun = kind == RG_QUERY_ACCOUNT ? "account" : "instrument";
    struct rg_query query;
    union answer answer;
    int status = fill_query(&query, kind, 0, name, errors);
    if (status == RG_OK) {
        status = ask(fd, broken, &query, &answer, 0, rg_deadline(timeout_ns), errors);
    }
    if (status != RG_OK) {
        return status;
    }
    status = answered(&answer.header);
    if (status == RG_NOT_FOUND) {
        return rg_fail(errors, status,
                       "the gate has no %s \"%s\": check the spelling and the gate's configuration",
                       noun, name);
    }
    if (status != RG_OK) {
        return rg_fail(errors, status, "looking up the %s \"%s\": %s", noun, name,
                       rg_strerror(status));
    }
    *id = answer.header.id;
    return RG_OK;
}

static int is_client(const rg_client *client)
{
    return client != NULL && client->guard == RG_GUARD_CLIENT;
}

static int lookup(rg_client *client, uint16_t kind, const char *name, uint32_t *id)
{
    struct rg_cold *cold;
    int never_asked = 0;
    if (!is_client(client) || name == NULL || id == NULL) {
        return RG_INVALID;
    }
    cold = client->cold;
    return rg_ask_id(client->socket_fd, cold == NULL ? &never_asked : &cold->query_broken, kind,
                     name, id, client->timeout_ns, rg_client_errors(client));
}

RG_EXPORT int rg_lookup_instrument(rg_client *client, const char *name, uint32_t *instrument)
{
    return lookup(client, RG_QUERY_INSTRUMENT, name, instrument);
}

RG_EXPORT int rg_lookup_account(rg_client *client, const char *name, uint32_t *account)
{
    return lookup(client, RG_QUERY_ACCOUNT, name, account);
}

/* Waits until the engine has consumed everything that was written. */
static int await_consumed(rg_client *client, uint64_t deadline)
{
    for (;;) {
        int status = rg_priv_alive(client, rg_now_ns());
        if (status != RG_OK) {
            return rg_fail(rg_client_errors(client), status, "before asking: %s",
                           rg_strerror(status));
        }
        rg_priv_flush(client);
        /* SYNC ring.freed: what was consumed is in the gate's state. */
        if (client->deferred_first == client->deferred_end &&
            RG_LOAD_ACQUIRE(client->orders_consumed) == client->order_cursor) {
            return RG_OK;
        }
        if (!rg_nap(20000, deadline)) {
            return rg_fail(rg_client_errors(client), RG_TIMEOUT,
                           "the gate has not consumed what was sent (%llu of %llu slots): read "
                           "verdicts with rg_poll, then ask again",
                           (unsigned long long)RG_LOAD_ACQUIRE(client->orders_consumed),
                           (unsigned long long)client->order_cursor);
        }
    }
}

/* A list that comes in one or more messages. */
static int list(rg_client *client, uint16_t kind, void *items, size_t item_bytes, size_t capacity,
                size_t *count, uint64_t *journal_seq)
{
    struct rg_errors errors;
    struct rg_cold *cold;
    struct rg_query query;
    union answer answer;
    uint64_t deadline;
    size_t total = 0;
    int status;
    if (!is_client(client) || count == NULL || (items == NULL && capacity != 0)) {
        return RG_INVALID;
    }
    errors = rg_client_errors(client);
    *count = 0;
    if (client->cold == NULL) {
        return rg_fail(errors, RG_GATE_DOWN, "not connected: call rg_reconnect");
    }
    cold = client->cold;
    deadline = rg_deadline(client->timeout_ns);
    status = await_consumed(client, deadline);
    if (status == RG_OK) {
        status = fill_query(&query, kind, 0, NULL, errors);
    }
    if (status == RG_OK) {
        status = ask(client->socket_fd, &cold->query_broken, &query, &answer, item_bytes, deadline,
                     errors);
    }
    while (status == RG_OK) {
        uint32_t i;
        status = answered(&answer.header);
        if (status != RG_OK) {
            return rg_fail(errors, status, "asking for a list: %s", rg_strerror(status));
        }
        for (i = 0; i < answer.header.count; i++, total++) {
            if (total < capacity) {
                memcpy((unsigned char *)items + total * item_bytes,
                       answer.bytes + sizeof answer.header + (size_t)i * answer.header.item_bytes,
                       item_bytes);
            }
        }
        if (answer.header.more == 0) {
            break;
        }
        status = receive_answer(client->socket_fd, &answer, item_bytes, deadline, errors);
        cold->query_broken = status != RG_OK;
    }
    if (status != RG_OK) {
        return status;
    }
    *count = total;
    if (journal_seq != NULL) {
        *journal_seq = answer.header.journal_seq;
    }
    return total > capacity ? rg_fail(errors, RG_TOO_SMALL,
                                      "the list has %zu items, the array room for %zu", total,
                                      capacity)
                            : RG_OK;
}

RG_EXPORT int rg_outstanding(rg_client *client, struct rg_outstanding_item *items, size_t capacity,
                             size_t *count, uint64_t *journal_seq)
{
    return list(client, RG_QUERY_OUTSTANDING, items, sizeof *items, capacity, count, journal_seq);
}

RG_EXPORT int rg_positions(rg_client *client, struct rg_position_item *items, size_t capacity,
                           size_t *count, uint64_t *journal_seq)
{
    return list(client, RG_QUERY_POSITIONS, items, sizeof *items, capacity, count, journal_seq);
}

/* The node's place in the cache, filled. */
static int cached_node(rg_client *client, uint32_t node, struct rg_cached_node **out)
{
    struct rg_errors errors = rg_client_errors(client);
    struct rg_cold *cold = client->cold;
    struct rg_cached_node *place = &cold->nodes[node % RG_NODE_CACHE];
    struct rg_query query;
    union answer answer;
    int status;
    *out = place;
    if (place->known && place->node == node) {
        return RG_OK;
    }
    status = fill_query(&query, RG_QUERY_NODE_NAME, node, NULL, errors);
    if (status == RG_OK) {
        status = ask(client->socket_fd, &cold->query_broken, &query, &answer, RG_NAME_BYTES,
                     rg_deadline(client->timeout_ns), errors);
    }
    if (status != RG_OK) {
        return status;
    }
    status = answered(&answer.header);
    if (status == RG_OK && answer.header.count != 1) {
        status = RG_PROTOCOL;
    }
    if (status != RG_OK) {
        return rg_fail(errors, status, "asking for the name of node %u: %s", (unsigned)node,
                       rg_strerror(status));
    }
    place->node = node;
    place->known = 1;
    memcpy(place->name, answer.bytes + sizeof answer.header, RG_NAME_BYTES);
    place->name[RG_NAME_BYTES] = '\0';
    return RG_OK;
}

RG_EXPORT int rg_node_name(rg_client *client, uint32_t node, char *buffer, size_t size)
{
    struct rg_cached_node *place;
    size_t bytes;
    int status;
    if (!is_client(client) || buffer == NULL || size == 0) {
        return RG_INVALID;
    }
    buffer[0] = '\0';
    if (client->cold == NULL) {
        return rg_fail(rg_client_errors(client), RG_GATE_DOWN, "not connected: call rg_reconnect");
    }
    status = cached_node(client, node, &place);
    if (status != RG_OK) {
        return status;
    }
    bytes = strlen(place->name);
    if (bytes >= size) {
        return rg_fail(rg_client_errors(client), RG_TOO_SMALL,
                       "the node's name has %zu bytes, the buffer room for %zu", bytes, size);
    }
    memcpy(buffer, place->name, bytes + 1);
    return RG_OK;
}
