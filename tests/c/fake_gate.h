/* A gate in a few hundred lines of C, for tests of the client: it speaks the rendezvous and owns
 * the memory, and decides whatever the test says. It is no gate: it checks nothing.
 *
 * The rendezvous runs in a thread of its own. The engine's side of the lane is driven by the test
 * itself (take_order, put_verdict), so that every interleaving is chosen, not raced; because a ring
 * is only memory, a verdict may even be written before the order that it answers.
 */
#ifndef FAKE_GATE_H
#define FAKE_GATE_H

#define _GNU_SOURCE
#include <riskgate.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);                \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

#define EQUAL(left, right)                                                                         \
    do {                                                                                           \
        long long l_ = (long long)(left), r_ = (long long)(right);                                 \
        if (l_ != r_) {                                                                            \
            fprintf(stderr, "%s:%d: %s is %lld, expected %s = %lld\n", __FILE__, __LINE__, #left,  \
                    l_, #right, r_);                                                               \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

/* A heartbeat that never gets old, and a deadline that never passes. */
#define FOREVER (UINT64_MAX / 2)

struct fake_gate {
    char path[108];
    int listener;
    int wake[2];
    pthread_t thread;
    /* what the next welcome says; set them before connecting */
    uint32_t capacity;
    uint32_t epoch;
    uint32_t welcome_status;
    const char *welcome_text;
    uint16_t abi_major;
    int leave_locked; /* do not open the lane */
    int silent;       /* answer nothing */
    /* the open-order list that queries get */
    struct rg_outstanding_item items[600];
    uint32_t item_count;
    /* the current lane, both regions mapped writable: the test is the engine */
    char *client_region;
    char *gate_region;
    char *page;
    char *marks;
    uint64_t taken;
    uint64_t given;
    uint32_t sessions;
    uint32_t connections; /* open at present */
};

static inline uint64_t *fake_u64(char *region, size_t offset)
{
    return (uint64_t *)(void *)(region + offset);
}

static inline uint32_t *fake_u32(char *region, size_t offset)
{
    return (uint32_t *)(void *)(region + offset);
}

static inline int fake_memfd(size_t bytes, char **at)
{
    int fd = memfd_create("fake-gate", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    void *mapped;
    REQUIRE(fd >= 0);
    REQUIRE(ftruncate(fd, (off_t)bytes) == 0);
    REQUIRE(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0);
    mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    REQUIRE(mapped != MAP_FAILED);
    RG_STORE_RELEASE(at, (char *)mapped);
    return fd;
}

static inline void fake_send(int fd, const void *message, size_t bytes, const int *fds, int count)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int) * 4)];
    } control;
    struct iovec part = {(void *)(uintptr_t)message, bytes};
    struct msghdr header;
    memset(&header, 0, sizeof header);
    memset(&control, 0, sizeof control);
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (count != 0) {
        struct cmsghdr *c;
        header.msg_control = control.bytes;
        header.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
        c = CMSG_FIRSTHDR(&header);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
        memcpy(CMSG_DATA(c), fds, sizeof(int) * (size_t)count);
    }
    (void)sendmsg(fd, &header, MSG_NOSIGNAL);
}

static inline void fake_page(struct fake_gate *g, int *fd)
{
    struct rg_gate_page_header page = {RG_GATE_PAGE_MAGIC, RG_ABI_MAJOR, RG_ABI_MINOR, g->epoch,
                                       50000000, 10000000};
    *fd = fake_memfd(RG_GATE_PAGE_BYTES, &g->page);
    memcpy(g->page, &page, sizeof page);
    RG_STORE_RELEASE(fake_u64(g->page, RG_HEARTBEAT_OFFSET), FOREVER);
    RG_STORE_RELEASE(fake_u32(g->page, RG_STATE_OFFSET), RG_GATE_READY);
}

/* Memory of a fresh lane; the old one's stays mapped for the test to look at. */
static inline void fake_lane(struct fake_gate *g, int fds[3], const struct rg_welcome *w)
{
    struct rg_lane_header header = {RG_CLIENT_MAGIC, RG_ABI_MAJOR, RG_ABI_MINOR, w->epoch, w->lane,
                                    w->session, w->order_capacity, w->verdict_capacity};
    fds[0] = fake_memfd(RG_REGION_BYTES(w->order_capacity), &g->client_region);
    memcpy(g->client_region, &header, sizeof header);
    header.magic = RG_GATE_MAGIC;
    fds[1] = fake_memfd(RG_REGION_BYTES(w->verdict_capacity), &g->gate_region);
    memcpy(g->gate_region, &header, sizeof header);
    fake_page(g, &fds[2]);
    g->taken = 0;
    g->given = 0;
}

static inline void fake_marks(struct fake_gate *g, int fds[2], const struct rg_welcome *w)
{
    struct rg_marks_header header = {RG_MARKS_MAGIC, RG_ABI_MAJOR, RG_ABI_MINOR, w->epoch,
                                     w->instruments, 0};
    fds[0] = fake_memfd(RG_MARKS_BYTES(w->instruments), &g->marks);
    memcpy(g->marks, &header, sizeof header);
    fake_page(g, &fds[1]);
}

static inline void fake_hello(struct fake_gate *g, int fd, const struct rg_hello *hello)
{
    struct rg_welcome w;
    int fds[4];
    int count = 0;
    memset(&w, 0, sizeof w);
    w.magic = RG_WELCOME_MAGIC;
    w.abi_major = g->abi_major;
    w.abi_minor = RG_ABI_MINOR;
    w.status = g->welcome_status;
    w.epoch = g->epoch;
    w.lane = 3;
    w.session = ++g->sessions;
    w.order_capacity = g->capacity;
    w.verdict_capacity = g->capacity;
    w.instruments = 8;
    if (g->welcome_text != NULL) {
        memcpy(w.text, g->welcome_text, strlen(g->welcome_text));
    }
    if (w.status == RG_STATUS_OK && w.abi_major == RG_ABI_MAJOR) {
        if (hello->role == RG_ROLE_LANE) {
            fake_lane(g, fds, &w);
            count = 3;
        } else {
            fake_marks(g, fds, &w);
            count = 2;
        }
    }
    fake_send(fd, &w, sizeof w, fds, count);
    while (count > 0) {
        (void)close(fds[--count]);
    }
}

static inline void fake_answer(struct fake_gate *g, int fd, const struct rg_query *query)
{
    static char message[sizeof(struct rg_answer_header) + 256 * 64];
    struct rg_answer_header h;
    uint32_t sent = 0;
    memset(&h, 0, sizeof h);
    h.magic = RG_ANSWER_MAGIC;
    h.journal_seq = 77;
    if (query->kind == RG_QUERY_OUTSTANDING) {
        do { /* in several messages, as a long list */
            h.count = g->item_count - sent > 256 ? 256 : g->item_count - sent;
            h.item_bytes = sizeof g->items[0];
            h.more = g->item_count - sent > 256;
            memcpy(message, &h, sizeof h);
            memcpy(message + sizeof h, g->items + sent, (size_t)h.count * h.item_bytes);
            fake_send(fd, message, sizeof h + (size_t)h.count * h.item_bytes, NULL, 0);
            sent += h.count;
        } while (h.more != 0);
        return;
    }
    if (query->kind == RG_QUERY_NODE_NAME) {
        h.count = 1;
        h.item_bytes = RG_NAME_BYTES;
        memset(message, 0, sizeof message);
        (void)snprintf(message + sizeof h, RG_NAME_BYTES, "desk EQ-US");
    } else if (memcmp(query->name, "unknown", 7) == 0) {
        h.status = RG_STATUS_NOT_FOUND;
    } else {
        h.id = 5;
    }
    memcpy(message, &h, sizeof h);
    fake_send(fd, message, sizeof h + (size_t)h.count * h.item_bytes, NULL, 0);
}

/* One message of a client. Returns 0 when it is gone. */
static inline int fake_serve_one(struct fake_gate *g, int fd)
{
    union {
        uint64_t magic;
        struct rg_hello hello;
        struct rg_query query;
    } m;
    ssize_t n = recv(fd, &m, sizeof m, 0);
    if (n <= 0) {
        return 0;
    }
    if (g->silent) {
        return 1;
    }
    if (m.magic == RG_HELLO_MAGIC) {
        fake_hello(g, fd, &m.hello);
    } else if (m.magic == RG_QUERY_MAGIC) {
        fake_answer(g, fd, &m.query);
    } else if (m.magic == RG_MAPPED_MAGIC) {
        struct rg_welcome w;
        memset(&w, 0, sizeof w);
        w.magic = RG_WELCOME_MAGIC;
        w.abi_major = RG_ABI_MAJOR;
        w.abi_minor = RG_ABI_MINOR;
        if (g->gate_region != NULL && !g->leave_locked) {
            RG_STORE_RELEASE(fake_u32(g->gate_region, RG_LANE_STATE_OFFSET), RG_LANE_OPEN);
        }
        fake_send(fd, &w, sizeof w, NULL, 0);
    }
    return 1;
}

/* Serves connections, one message at a time, until the wake pipe closes. */
static inline void *fake_serve(void *argument)
{
    struct fake_gate *g = argument;
    struct pollfd p[8];
    nfds_t count = 2;
    nfds_t i;
    p[0].fd = g->wake[0];
    p[1].fd = g->listener;
    p[0].events = p[1].events = POLLIN;
    for (;;) {
        REQUIRE(poll(p, count, -1) >= 0 || errno == EINTR);
        if (p[0].revents != 0) {
            break;
        }
        for (i = 2; i < count; i++) {
            if (p[i].revents != 0 && !fake_serve_one(g, p[i].fd)) {
                (void)close(p[i].fd);
                p[i--] = p[--count];
            }
        }
        RG_STORE_RELEASE(&g->connections, (uint32_t)count - 2);
        if (p[1].revents != 0 && count < 8) {
            int fd = accept4(g->listener, NULL, NULL, SOCK_CLOEXEC);
            if (fd >= 0) {
                p[count].fd = fd;
                p[count].events = POLLIN;
                p[count++].revents = 0;
                RG_STORE_RELEASE(&g->connections, (uint32_t)count - 2);
            }
        }
    }
    for (i = 2; i < count; i++) {
        (void)close(p[i].fd);
    }
    return NULL;
}

static inline void fake_start(struct fake_gate *g, const char *path, uint32_t capacity)
{
    struct sockaddr_un address;
    memset(g, 0, sizeof *g);
    memset(&address, 0, sizeof address);
    REQUIRE(strlen(path) < sizeof g->path);
    memcpy(g->path, path, strlen(path));
    g->capacity = capacity;
    g->epoch = 1;
    g->abi_major = RG_ABI_MAJOR;
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, path, strlen(path));
    (void)unlink(path);
    g->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    REQUIRE(g->listener >= 0);
    REQUIRE(bind(g->listener, (const struct sockaddr *)&address, sizeof address) == 0);
    REQUIRE(listen(g->listener, 8) == 0);
    REQUIRE(pipe(g->wake) == 0);
    REQUIRE(pthread_create(&g->thread, NULL, fake_serve, g) == 0);
}

static inline void fake_stop(struct fake_gate *g)
{
    (void)close(g->wake[1]);
    REQUIRE(pthread_join(g->thread, NULL) == 0);
    (void)close(g->wake[0]);
    (void)close(g->listener);
    (void)unlink(g->path);
}

/* ---- The engine's side, step by step. ---- */

/* Takes the next order slot; 0 if there is none. */
static inline int take_order(struct fake_gate *g, uint64_t w[8])
{
    uint32_t i;
    uint64_t *slot = fake_u64(g->client_region, RG_SLOTS_OFFSET) + (g->taken & (g->capacity - 1)) * 8;
    w[0] = RG_LOAD_ACQUIRE(&slot[0]);
    if ((uint32_t)w[0] != (uint32_t)(g->taken + 1)) {
        return 0;
    }
    for (i = 1; i < 8; i++) {
        w[i] = RG_LOAD_RELAXED(&slot[i]);
    }
    REQUIRE(w[0] == rg_slot_stamp((uint32_t)w[0], w));
    g->taken++;
    RG_STORE_RELEASE(fake_u64(g->gate_region, RG_ORDERS_CONSUMED_OFFSET), g->taken);
    return 1;
}

struct fake_verdict {
    uint64_t order_id;
    uint64_t breaches;
    int64_t observed;
    int64_t limit;
    uint64_t valid_until_ns;
    uint32_t epoch;
    uint32_t node;
    uint8_t decision;
    uint8_t first_check;
    uint16_t flags;
};

static inline void put_verdict(struct fake_gate *g, const struct fake_verdict *v)
{
    uint64_t w[8];
    uint32_t i;
    uint64_t *slot = fake_u64(g->gate_region, RG_SLOTS_OFFSET) + (g->given & (g->capacity - 1)) * 8;
    w[0] = 0;
    w[1] = v->order_id;
    w[2] = v->breaches;
    w[3] = (uint64_t)v->observed;
    w[4] = (uint64_t)v->limit;
    w[5] = v->valid_until_ns;
    w[6] = (uint64_t)v->epoch | ((uint64_t)v->node << 32);
    w[7] = (uint64_t)v->decision | ((uint64_t)v->first_check << 8) | ((uint64_t)v->flags << 16);
    for (i = 1; i < 8; i++) {
        RG_STORE_RELAXED(&slot[i], w[i]);
    }
    g->given++;
    RG_STORE_RELEASE(&slot[0], rg_slot_stamp((uint32_t)g->given, w));
}

static inline void put_decision(struct fake_gate *g, uint64_t order_id, uint8_t decision)
{
    struct fake_verdict v;
    memset(&v, 0, sizeof v);
    v.order_id = order_id;
    v.decision = decision;
    v.epoch = g->epoch;
    v.node = RG_NO_NODE;
    v.valid_until_ns = decision == RG_DECISION_ACCEPT ? FOREVER : 0;
    put_verdict(g, &v);
}

#endif /* FAKE_GATE_H */
