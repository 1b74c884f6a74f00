/* rg_connect and rg_close: one session on one lane. Waits for a gate that is closing the lane's last
 * session, but not for a gate that is down (rg_reconnect does); leaves nothing behind on a failure. */
#define _GNU_SOURCE
#include "internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RG_IN_USE_PATIENCE_NS UINT64_C(500000000)

enum { CLIENT_REGION, GATE_REGION, GATE_PAGE, REGIONS };

static int is_ring(uint32_t capacity)
{
    return capacity >= RG_RING_CAPACITY_MIN && capacity <= RG_RING_CAPACITY_MAX &&
           (capacity & (capacity - 1)) == 0;
}

/* The head of a region must say what the welcome said. */
static int header_fits(const void *region, uint64_t magic, const char *what,
                       const struct rg_welcome *welcome, struct rg_errors errors)
{
    struct rg_lane_header header;
    memcpy(&header, region, sizeof header);
    if (header.magic != magic || header.abi_major != RG_ABI_MAJOR) {
        return rg_fail(errors, RG_PROTOCOL, "the %s has a wrong first word or version %u.%u", what,
                       (unsigned)header.abi_major, (unsigned)header.abi_minor);
    }
    if (header.epoch != welcome->epoch || header.lane != welcome->lane ||
        header.session != welcome->session || header.order_capacity != welcome->order_capacity ||
        header.verdict_capacity != welcome->verdict_capacity) {
        return rg_fail(errors, RG_PROTOCOL,
                       "the %s belongs to epoch %u, lane %u, session %u; the welcome to epoch %u, "
                       "lane %u, session %u: call rg_reconnect",
                       what, (unsigned)header.epoch, (unsigned)header.lane,
                       (unsigned)header.session, (unsigned)welcome->epoch, (unsigned)welcome->lane,
                       (unsigned)welcome->session);
    }
    return RG_OK;
}

/* Maps the three memory files of a lane. */
static int map_lane(rg_client *c, const struct rg_welcome *w, const int fds[RG_FDS_MAX])
{
    static const char *const names[REGIONS] = {"client region", "gate region", "gate page"};
    const size_t bytes[REGIONS] = {RG_REGION_BYTES(w->order_capacity),
                                   RG_REGION_BYTES(w->verdict_capacity), RG_GATE_PAGE_BYTES};
    struct rg_errors errors = rg_client_errors(c);
    int status = RG_OK;
    int i;
    for (i = 0; i < REGIONS && status == RG_OK; i++) {
        struct rg_mapping mapping = {NULL, 0};
        status = rg_map(fds[i], bytes[i], i == CLIENT_REGION, names[i], &mapping, errors);
        c->regions[i] = mapping.at;
        c->region_bytes[i] = mapping.bytes;
    }
    if (status == RG_OK) {
        status = header_fits(c->regions[CLIENT_REGION], RG_CLIENT_MAGIC, names[0], w, errors);
    }
    if (status == RG_OK) {
        status = header_fits(c->regions[GATE_REGION], RG_GATE_MAGIC, names[1], w, errors);
    }
    return status == RG_OK ? rg_page_fits(c->regions[GATE_PAGE], w, errors) : status;
}

/* Memory for requests without a verdict, voids that wait, and cancel intents. */
static int allocate(rg_client *c, uint32_t verdict_capacity)
{
    size_t capacity = verdict_capacity;
    /* A program of an older header writes no baskets and finds its entries by the ring's mask. */
    while (c->header_minor >= 1 && capacity < (size_t)verdict_capacity + RG_BASKET_LINES_MAX) {
        capacity *= 2;
    }
    c->pending_mask = (uint32_t)capacity - 1;
    c->pending = calloc(capacity, sizeof *c->pending);
    c->deferred = calloc(capacity, sizeof *c->deferred);
    c->intents = calloc(RG_INTENTS_MAX, sizeof *c->intents);
    c->cold = calloc(1, sizeof(struct rg_cold));
    if (c->pending == NULL || c->deferred == NULL || c->intents == NULL || c->cold == NULL) {
        return rg_fail(rg_client_errors(c), RG_RESOURCES,
                       "no memory for a lane of %u verdict slots", (unsigned)verdict_capacity);
    }
    return RG_OK;
}

/* Points the hot fields into the regions. */
static void wire_up(rg_client *c, const struct rg_welcome *w)
{
    char *client_region = c->regions[CLIENT_REGION];
    const char *gate_region = c->regions[GATE_REGION];
    const char *page = c->regions[GATE_PAGE];
    struct rg_gate_page_header header;
    memcpy(&header, page, sizeof header);
    c->order_slots = (uint64_t *)(void *)(client_region + RG_SLOTS_OFFSET);
    c->verdicts_read = (uint64_t *)(void *)(client_region + RG_VERDICTS_READ_OFFSET);
    c->verdict_slots = (const uint64_t *)(const void *)(gate_region + RG_SLOTS_OFFSET);
    c->orders_consumed = (const uint64_t *)(const void *)(gate_region + RG_ORDERS_CONSUMED_OFFSET);
    c->lane_words = (const uint32_t *)(const void *)(gate_region + RG_LANE_STATE_OFFSET);
    c->heartbeat = (const uint64_t *)(const void *)(page + RG_HEARTBEAT_OFFSET);
    c->gate_words = (const uint32_t *)(const void *)(page + RG_STATE_OFFSET);
    c->heartbeat_stale_ns = header.heartbeat_stale_ns;
    c->order_mask = w->order_capacity - 1;
    c->verdict_mask = w->verdict_capacity - 1;
    c->epoch = w->epoch;
    c->lane = w->lane;
    c->session = w->session;
}

/* The engine opens the lane a moment after the last welcome. */
static int await_open(rg_client *c, uint64_t deadline)
{
    for (;;) {
        int status = rg_priv_alive(c, rg_now_ns());
        if (status == RG_OK) {
            return RG_OK;
        }
        if (status == RG_QUARANTINED) {
            return rg_fail(rg_client_errors(c), status, "lane %s: %s", c->lane_name,
                           rg_strerror(status));
        }
        if (!rg_nap(100000, deadline)) {
            return rg_fail(rg_client_errors(c), RG_GATE_DOWN,
                           "lane %s is mapped but the engine did not open it in time: gate state "
                           "%u, lane state %u: check `riskgate ctl status`",
                           c->lane_name, (unsigned)RG_LOAD_RELAXED(&c->gate_words[0]),
                           (unsigned)RG_LOAD_RELAXED(&c->lane_words[0]));
        }
    }
}

RG_HIDDEN int rg_open_session(rg_client *c, uint64_t deadline)
{
    struct rg_errors errors = rg_client_errors(c);
    struct rg_welcome welcome;
    int fds[RG_FDS_MAX];
    int status = rg_dial(c->socket_path, deadline, &c->socket_fd, errors);
    if (status != RG_OK) {
        c->socket_fd = -1;
        return status;
    }
    status = rg_hello(c->socket_fd, RG_ROLE_LANE, c->lane_name, &welcome, fds, REGIONS, deadline,
                      errors);
    if (status == RG_OK) {
        if (!is_ring(welcome.order_capacity) || !is_ring(welcome.verdict_capacity)) {
            status = rg_fail(errors, RG_PROTOCOL,
                             "the gate offers rings of %u and %u slots: powers of two from %u to %u "
                             "are expected",
                             (unsigned)welcome.order_capacity, (unsigned)welcome.verdict_capacity,
                             RG_RING_CAPACITY_MIN, RG_RING_CAPACITY_MAX);
        } else {
            status = map_lane(c, &welcome, fds);
        }
        rg_close_fds(fds, REGIONS);
    }
    if (status == RG_OK) {
        status = allocate(c, welcome.verdict_capacity);
    }
    if (status == RG_OK) {
        status = rg_mapped_and_sealed(c->socket_fd, deadline, errors);
    }
    if (status == RG_OK) {
        wire_up(c, &welcome);
        status = await_open(c, deadline);
    }
    if (status != RG_OK) {
        rg_end_session(c);
    }
    return status;
}

RG_HIDDEN void rg_end_session(rg_client *c)
{
    rg_client empty;
    struct rg_cold *cold = c->cold;
    int i;
    for (i = 0; i < REGIONS; i++) {
        rg_unmap(c->regions[i], c->region_bytes[i]);
    }
    if (c->socket_fd >= 0) {
        (void)close(c->socket_fd);
    }
    if (cold != NULL) {
        free(cold->unanswered);
    }
    free(cold);
    free(c->pending);
    free(c->deferred);
    free(c->intents);
    memset(&empty, 0, sizeof empty);
    empty.guard = c->guard;
    empty.socket_fd = -1;
    empty.timeout_ns = c->timeout_ns;
    empty.wait = c->wait;
    empty.header_minor = c->header_minor;
    memcpy(empty.socket_path, c->socket_path, sizeof empty.socket_path);
    memcpy(empty.lane_name, c->lane_name, sizeof empty.lane_name);
    memcpy(empty.error, c->error, sizeof empty.error);
    *c = empty;
}

/* Copies the options that this version knows; what a newer header appended must be zero. */
static int read_options(const rg_connect_options *options, rg_connect_options *out, rg_client *c)
{
    const unsigned char *bytes = (const unsigned char *)options;
    struct rg_errors errors = rg_client_errors(c);
    size_t i;
    for (i = sizeof *out; i < options->size; i++) {
        if (bytes[i] != 0) {
            return rg_fail(errors, RG_NOT_SUPPORTED,
                           "the options use a field that this library (version %s) does not know: "
                           "link with the library of the header",
                           rg_version());
        }
    }
    memcpy(out, options, sizeof *out);
    if (out->socket_path == NULL || out->socket_path[0] == '\0' || out->lane == NULL ||
        out->lane[0] == '\0') {
        return rg_fail(errors, RG_INVALID,
                       "options.socket_path and options.lane must be set: see the gate's "
                       "configuration");
    }
    if (strlen(out->socket_path) >= RG_PATH_BYTES) {
        return rg_fail(errors, RG_INVALID,
                       "options.socket_path has %zu bytes: a Unix socket's has at most %u",
                       strlen(out->socket_path), RG_PATH_BYTES - 1);
    }
    if (strlen(out->lane) >= RG_NAME_BYTES) {
        return rg_fail(errors, RG_INVALID, "options.lane has %zu bytes: a name has at most %u",
                       strlen(out->lane), RG_NAME_BYTES - 1);
    }
    if (out->wait > RG_WAIT_YIELD) {
        return rg_fail(errors, RG_INVALID, "options.wait is %u: RG_WAIT_SPIN or RG_WAIT_YIELD",
                       (unsigned)out->wait);
    }
    return RG_OK;
}

/* The gate takes a moment to close the lane of a client that just ended: a restarted program must
 * not fail for that. Gives up early enough for a person who runs it twice by mistake. */
static int open_when_free(rg_client *c, uint64_t deadline)
{
    const uint64_t patience = rg_deadline(RG_IN_USE_PATIENCE_NS);
    const uint64_t until = patience < deadline ? patience : deadline;
    for (;;) {
        int status = rg_open_session(c, deadline);
        if (status != RG_IN_USE || !rg_nap(5000000, until)) {
            return status;
        }
    }
}

RG_EXPORT int rg_connect(const rg_connect_options *options, rg_client *client)
{
    rg_connect_options known;
    int status;
    if (client == NULL) {
        return RG_INVALID;
    }
    if (options == NULL || options->size < sizeof known || options->client_bytes < sizeof *client) {
        /* The handle may be smaller than we think: touch only its first word. */
        client->guard = 0;
        return RG_INVALID;
    }
    memset(client, 0, sizeof *client);
    client->guard = RG_GUARD_CLIENT;
    client->socket_fd = -1;
    status = read_options(options, &known, client);
    if (status != RG_OK) {
        return status;
    }
    memcpy(client->socket_path, known.socket_path, strlen(known.socket_path));
    memcpy(client->lane_name, known.lane, strlen(known.lane));
    client->timeout_ns = known.timeout_ns == 0 ? RG_TIMEOUT_DEFAULT_NS : known.timeout_ns;
    client->wait = known.wait;
    client->header_minor = known.header_minor;
    return open_when_free(client, rg_deadline(client->timeout_ns));
}

RG_EXPORT void rg_close(rg_client *client)
{
    if (client != NULL && client->guard == RG_GUARD_CLIENT) {
        rg_end_session(client);
    }
}
