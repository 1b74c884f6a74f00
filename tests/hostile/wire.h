/* What a hostile client needs of the protocol, without the library that keeps honest ones honest:
 * hello, mapping, and slots as bytes. It waits nowhere for longer than two seconds. */
#ifndef RISKGATE_HOSTILE_WIRE_H
#define RISKGATE_HOSTILE_WIRE_H

#include <riskgate/abi.h>
#include <riskgate/atomic.h>
#include <riskgate/rendezvous.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* Everything about one connection. */
struct lane {
    int socket;
    int fds[4]; /* client region, gate region, gate page */
    int fd_count;
    struct rg_welcome welcome;
    unsigned char *client;
    const unsigned char *gate;
    size_t client_bytes;
    size_t gate_bytes;
    uint64_t next;     /* orders written */
    uint64_t verdicts; /* verdicts read */
    uint64_t accepts;
};

static uint64_t hostile_seed;

static inline uint64_t random_word(void)
{
    uint64_t x = hostile_seed += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static inline uint64_t now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC_RAW, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

__attribute__((noreturn)) static inline void die(const char *what)
{
    printf("hostile: %s: %s\n", what, strerror(errno));
    exit(2);
}

/* A connected socket, or -1. */
static inline int try_socket(const char *path)
{
    struct sockaddr_un address;
    struct timeval patience = {2, 0};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static inline struct rg_hello hello_for(const char *name)
{
    struct rg_hello hello;
    memset(&hello, 0, sizeof hello);
    hello.magic = RG_HELLO_MAGIC;
    hello.abi_major = RG_ABI_MAJOR;
    hello.abi_minor = RG_ABI_MINOR;
    hello.role = RG_ROLE_LANE;
    (void)snprintf((char *)hello.name, sizeof hello.name, "%s", name);
    return hello;
}

/* Receives a welcome with its descriptors; 0 if there is none. */
static inline int receive_welcome(struct lane *lane)
{
    union {
        struct cmsghdr header;
        unsigned char bytes[CMSG_SPACE(4 * sizeof(int))];
    } control;
    struct iovec part = {&lane->welcome, sizeof lane->welcome};
    struct msghdr message;
    struct cmsghdr *at;
    memset(&message, 0, sizeof message);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    if (recvmsg(lane->socket, &message, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof lane->welcome) {
        return 0;
    }
    for (at = CMSG_FIRSTHDR(&message); at != NULL; at = CMSG_NXTHDR(&message, at)) {
        lane->fd_count = (int)((at->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(lane->fds, CMSG_DATA(at), (size_t)lane->fd_count * sizeof(int));
    }
    return 1;
}

/* Hello and welcome; the status. */
static inline uint32_t offer(struct lane *lane, const char *path, const char *name)
{
    struct rg_hello hello = hello_for(name);
    memset(lane, 0, sizeof *lane);
    lane->socket = try_socket(path);
    if (lane->socket < 0) {
        die("connect");
    }
    if (send(lane->socket, &hello, sizeof hello, MSG_NOSIGNAL) != (ssize_t)sizeof hello ||
        !receive_welcome(lane)) {
        die("hello");
    }
    return lane->welcome.status;
}

static inline size_t region_bytes(uint32_t slots)
{
    return ((size_t)RG_SLOTS_OFFSET + (size_t)slots * RG_SLOT_BYTES + 4095) / 4096 * 4096;
}

/* Maps what was offered. */
static inline void map_lane(struct lane *lane)
{
    void *client, *gate;
    if (lane->fd_count != 3) {
        die("descriptors");
    }
    lane->client_bytes = region_bytes(lane->welcome.order_capacity);
    lane->gate_bytes = region_bytes(lane->welcome.verdict_capacity);
    client = mmap(NULL, lane->client_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, lane->fds[0], 0);
    gate = mmap(NULL, lane->gate_bytes, PROT_READ, MAP_SHARED, lane->fds[1], 0);
    if (client == MAP_FAILED || gate == MAP_FAILED) {
        die("map");
    }
    lane->client = client;
    lane->gate = gate;
}

/* Says that the regions are mapped; the status of the answer. */
static inline uint32_t admit(struct lane *lane)
{
    struct rg_mapped mapped;
    memset(&mapped, 0, sizeof mapped);
    mapped.magic = RG_MAPPED_MAGIC;
    if (send(lane->socket, &mapped, sizeof mapped, MSG_NOSIGNAL) != (ssize_t)sizeof mapped ||
        !receive_welcome(lane)) {
        die("mapped");
    }
    return lane->welcome.status;
}

/* A lane that is served. */
static inline void open_lane(struct lane *lane, const char *path, const char *name)
{
    if (offer(lane, path, name) != RG_STATUS_OK) {
        printf("hostile: refused: %.400s\n", (const char *)lane->welcome.text);
        exit(2);
    }
    map_lane(lane);
    if (admit(lane) != RG_STATUS_OK) {
        die("admitted");
    }
}

static inline uint64_t *client_word(struct lane *lane, size_t offset)
{
    return (uint64_t *)(void *)(lane->client + offset);
}

static inline uint64_t gate_word(const struct lane *lane, size_t offset)
{
    return RG_LOAD_ACQUIRE((const uint64_t *)(const void *)(lane->gate + offset));
}

static inline uint32_t lane_state(const struct lane *lane)
{
    return (uint32_t)gate_word(lane, RG_LANE_STATE_OFFSET);
}

static inline uint32_t lane_reason(const struct lane *lane)
{
    return (uint32_t)(gate_word(lane, RG_LANE_STATE_OFFSET) >> 32);
}

/* Reads all verdicts that are there. */
static inline void read_verdicts(struct lane *lane)
{
    for (;;) {
        size_t slot = lane->verdicts & (lane->welcome.verdict_capacity - 1);
        size_t at = RG_SLOTS_OFFSET + slot * RG_SLOT_BYTES;
        if ((uint32_t)gate_word(lane, at) != (uint32_t)(lane->verdicts + 1)) {
            break;
        }
        lane->accepts += (gate_word(lane, at + 56) & 0xff) == RG_DECISION_ACCEPT;
        lane->verdicts++;
    }
    RG_STORE_RELEASE(client_word(lane, RG_VERDICTS_READ_OFFSET), lane->verdicts);
}

static inline int has_room(const struct lane *lane)
{
    uint64_t used = lane->next - gate_word(lane, RG_ORDERS_CONSUMED_OFFSET);
    return used < lane->welcome.order_capacity;
}

/* Words 1 to 7 of the next slot; its stamp is not written. */
static inline uint64_t *write_words(struct lane *lane, const uint64_t words[8])
{
    size_t slot = lane->next & (lane->welcome.order_capacity - 1);
    uint64_t *to = client_word(lane, RG_SLOTS_OFFSET + slot * RG_SLOT_BYTES);
    int i;
    for (i = 1; i < 8; i++) {
        RG_STORE_RELAXED(to + i, words[i]);
    }
    return to;
}

/* A slot with the stamp that the gate expects. */
static inline void push(struct lane *lane, const uint64_t words[8])
{
    uint64_t *to = write_words(lane, words);
    lane->next++;
    RG_STORE_RELEASE(to, rg_slot_stamp((uint32_t)lane->next, words));
}

#endif /* RISKGATE_HOSTILE_WIRE_H */
