/* The feed handler's connection: rg_marks_open and rg_marks_close. The writing itself is inline in
 * riskgate/marks.h. Never reads a price. */
#define _GNU_SOURCE
#include "internal.h"

#include <string.h>
#include <unistd.h>

enum { MARK_TABLE, GATE_PAGE, REGIONS };

#define INSTRUMENTS_MAX (1u << 24)

static int map_marks(rg_marks *m, const struct rg_welcome *w, const int fds[RG_FDS_MAX])
{
    struct rg_errors errors = rg_marks_errors(m);
    struct rg_mapping mapping = {NULL, 0};
    struct rg_marks_header header;
    int status = rg_map(fds[MARK_TABLE], RG_MARKS_BYTES(w->instruments), 1, "mark table", &mapping,
                        errors);
    m->regions[MARK_TABLE] = mapping.at;
    m->region_bytes[MARK_TABLE] = mapping.bytes;
    if (status == RG_OK) {
        memset(&mapping, 0, sizeof mapping);
        status = rg_map(fds[GATE_PAGE], RG_GATE_PAGE_BYTES, 0, "gate page", &mapping, errors);
        m->regions[GATE_PAGE] = mapping.at;
        m->region_bytes[GATE_PAGE] = mapping.bytes;
    }
    if (status != RG_OK) {
        return status;
    }
    memcpy(&header, m->regions[MARK_TABLE], sizeof header);
    if (header.magic != RG_MARKS_MAGIC || header.abi_major != RG_ABI_MAJOR ||
        header.epoch != w->epoch || header.instruments != w->instruments) {
        return rg_fail(errors, RG_PROTOCOL,
                       "the mark table's head (version %u.%u, epoch %u, %u instruments) does not "
                       "fit the welcome (epoch %u, %u instruments)",
                       (unsigned)header.abi_major, (unsigned)header.abi_minor,
                       (unsigned)header.epoch, (unsigned)header.instruments, (unsigned)w->epoch,
                       (unsigned)w->instruments);
    }
    return rg_page_fits(m->regions[GATE_PAGE], w, errors);
}

static void wire_up(rg_marks *m, const struct rg_welcome *w)
{
    char *table = m->regions[MARK_TABLE];
    const char *page = m->regions[GATE_PAGE];
    struct rg_gate_page_header header;
    memcpy(&header, page, sizeof header);
    m->lines = (uint64_t *)(void *)(table + RG_MARK_LINES_OFFSET);
    m->heartbeat = (const uint64_t *)(const void *)(page + RG_HEARTBEAT_OFFSET);
    m->gate_words = (const uint32_t *)(const void *)(page + RG_STATE_OFFSET);
    m->heartbeat_stale_ns = header.heartbeat_stale_ns;
    m->instruments = w->instruments;
    m->epoch = w->epoch;
}

static int open_session(rg_marks *m, const char *path, uint64_t deadline)
{
    struct rg_errors errors = rg_marks_errors(m);
    struct rg_welcome welcome;
    int fds[RG_FDS_MAX];
    int status = rg_dial(path, deadline, &m->socket_fd, errors);
    if (status != RG_OK) {
        m->socket_fd = -1;
        return status;
    }
    status = rg_hello(m->socket_fd, RG_ROLE_MARKS, "", &welcome, fds, REGIONS, deadline, errors);
    if (status == RG_OK) {
        status = welcome.instruments > INSTRUMENTS_MAX
                     ? rg_fail(errors, RG_PROTOCOL, "a mark table of %u instruments: at most %u",
                               (unsigned)welcome.instruments, INSTRUMENTS_MAX)
                     : map_marks(m, &welcome, fds);
        rg_close_fds(fds, REGIONS);
    }
    if (status == RG_OK) {
        status = rg_mapped_and_sealed(m->socket_fd, deadline, errors);
    }
    if (status == RG_OK) {
        wire_up(m, &welcome);
    }
    return status;
}

static void end_session(rg_marks *m)
{
    int i;
    for (i = 0; i < REGIONS; i++) {
        rg_unmap(m->regions[i], m->region_bytes[i]);
        m->regions[i] = NULL;
    }
    if (m->socket_fd >= 0) {
        (void)close(m->socket_fd);
    }
    m->socket_fd = -1;
    m->lines = NULL;
    m->heartbeat = NULL;
    m->gate_words = NULL;
    m->instruments = 0;
}

RG_EXPORT int rg_marks_open(const rg_marks_options *options, rg_marks *marks)
{
    const unsigned char *bytes = (const unsigned char *)options;
    size_t i;
    int status;
    if (marks == NULL) {
        return RG_INVALID;
    }
    if (options == NULL || options->size < sizeof *options || options->marks_bytes < sizeof *marks) {
        marks->guard = 0;
        return RG_INVALID;
    }
    memset(marks, 0, sizeof *marks);
    marks->guard = RG_GUARD_MARKS;
    marks->socket_fd = -1;
    for (i = sizeof *options; i < options->size; i++) {
        if (bytes[i] != 0) {
            return rg_fail(rg_marks_errors(marks), RG_NOT_SUPPORTED,
                           "the options use a field that this library (version %s) does not know",
                           rg_version());
        }
    }
    if (options->socket_path == NULL || options->socket_path[0] == '\0') {
        return rg_fail(rg_marks_errors(marks), RG_INVALID, "options.socket_path must be set");
    }
    marks->timeout_ns = options->timeout_ns == 0 ? RG_TIMEOUT_DEFAULT_NS : options->timeout_ns;
    status = open_session(marks, options->socket_path, rg_deadline(marks->timeout_ns));
    if (status != RG_OK) {
        end_session(marks);
    }
    return status;
}

RG_EXPORT void rg_marks_close(rg_marks *marks)
{
    if (marks != NULL && marks->guard == RG_GUARD_MARKS) {
        end_session(marks);
    }
}

RG_EXPORT int rg_marks_lookup_instrument(rg_marks *marks, const char *name, uint32_t *instrument)
{
    int broken;
    int status;
    if (marks == NULL || marks->guard != RG_GUARD_MARKS || name == NULL || instrument == NULL) {
        return RG_INVALID;
    }
    broken = marks->query_broken != 0;
    status = rg_ask_id(marks->socket_fd, &broken, RG_QUERY_INSTRUMENT, name, instrument,
                       marks->timeout_ns, rg_marks_errors(marks));
    marks->query_broken = broken != 0;
    return status;
}
