/* What the files of the library share; nothing of it is installed. */
#ifndef RISKGATE_INTERNAL_H
#define RISKGATE_INTERNAL_H

#include <riskgate.h>

/* Symbols that programs may use; all others are hidden (see riskgate.map). */
#define RG_EXPORT __attribute__((visibility("default")))
#define RG_HIDDEN __attribute__((visibility("hidden")))

/* `guard` of a handle that rg_connect or rg_marks_open filled. */
#define RG_GUARD_CLIENT UINT64_C(0x7267436c69656e74)
#define RG_GUARD_MARKS UINT64_C(0x72674d61726b7321)

#define RG_TIMEOUT_DEFAULT_NS UINT64_C(2000000000)

/* Names of nodes that rg_node_name has asked for; a node's place is its id modulo the size. */
#define RG_NODE_CACHE 64u

struct rg_cached_node {
    uint32_t node;
    uint32_t known;
    char name[RG_NAME_BYTES + 1];
};

/* What a client needs off the hot path. */
struct rg_cold {
    struct rg_cached_node nodes[RG_NODE_CACHE];
    uint64_t *unanswered;
    size_t unanswered_count;
    int query_broken; /* a question timed out: its answer may still come and would be mistaken */
};

/* Where errors go: the buffer of a handle. */
struct rg_errors {
    char *text;
    size_t size;
};

/* Fills the text and returns `status`. */
RG_HIDDEN int rg_fail(struct rg_errors errors, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
RG_HIDDEN struct rg_errors rg_client_errors(rg_client *client);
RG_HIDDEN struct rg_errors rg_marks_errors(rg_marks *marks);

/* The moment at which a call that starts now must end. */
RG_HIDDEN uint64_t rg_deadline(uint64_t timeout_ns);
/* Sleeps for ns, but not beyond the deadline; 0 if it has passed already. */
RG_HIDDEN int rg_nap(uint64_t ns, uint64_t deadline);

/* ---- socket.c: one message each way, bounded by a deadline. ---- */

#define RG_FDS_MAX 4

/* Connects to the gate's socket; RG_OK and *fd. */
RG_HIDDEN int rg_dial(const char *path, uint64_t deadline, int *fd, struct rg_errors errors);
RG_HIDDEN int rg_send(int fd, const void *message, size_t bytes, uint64_t deadline,
                      struct rg_errors errors);
/* Receives one message of at most `bytes`; descriptors that come with it go to fds. */
RG_HIDDEN int rg_receive(int fd, void *message, size_t bytes, size_t *got, int fds[RG_FDS_MAX],
                         int *fd_count, uint64_t deadline, struct rg_errors errors);

/* ---- handshake.c: hello, welcome, mapping; the same for lanes and marks. ---- */

struct rg_mapping {
    void *at;
    size_t bytes;
};

/* Says hello; on RG_OK there are exactly `fds_wanted` descriptors in fds. */
RG_HIDDEN int rg_hello(int fd, uint16_t role, const char *name, struct rg_welcome *welcome,
                       int fds[RG_FDS_MAX], int fds_wanted, uint64_t deadline,
                       struct rg_errors errors);
/* Says that everything is mapped and waits for the gate's consent. */
RG_HIDDEN int rg_mapped_and_sealed(int fd, uint64_t deadline, struct rg_errors errors);
/* Maps `bytes` of a descriptor; `what` is for the error text. */
RG_HIDDEN int rg_map(int fd, size_t bytes, int writable, const char *what, struct rg_mapping *out,
                     struct rg_errors errors);
RG_HIDDEN void rg_unmap(void *at, size_t bytes);
RG_HIDDEN void rg_close_fds(int *fds, int count);
/* Checks the head of the gate page against the welcome. */
RG_HIDDEN int rg_page_fits(const void *page, const struct rg_welcome *welcome,
                           struct rg_errors errors);

/* ---- connect.c ---- */

/* Opens a session on a client that has path, name, timeout and wait, and nothing else. */
RG_HIDDEN int rg_open_session(rg_client *client, uint64_t deadline);
/* Undoes it; path, name, timeout, wait and error stay. */
RG_HIDDEN void rg_end_session(rg_client *client);

/* ---- query.c ---- */

RG_HIDDEN int rg_ask_id(int fd, int *broken, uint16_t kind, const char *name, uint32_t *id,
                        uint64_t timeout_ns, struct rg_errors errors);

#endif /* RISKGATE_INTERNAL_H */
