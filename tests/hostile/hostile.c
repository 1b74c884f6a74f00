/* A client that breaks every rule that it can reach, one attack per run:
 *
 *     hostile SOCKET LANE ATTACK SEED MILLISECONDS
 *
 * Its account is the one with the number of its lane plus two.
 * It speaks the raw protocol. What the gate made of it (state and reason of the lane, verdicts) is
 * printed for the test; attacks that must fail on this side exit 1 when one succeeds. */
#define _GNU_SOURCE
#include "wire.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>

static const char *socket_path, *lane_name;
static uint64_t deadline_ns;
static int harm;
static uint32_t own_account;

static int going(void)
{
    return now_ns() < deadline_ns;
}

static int running(const struct lane *lane)
{
    return going() && lane_state(lane) == RG_LANE_OPEN;
}

/* An attempt that must fail. */
static void must_fail(const char *what, int succeeded)
{
    if (succeeded) {
        printf("hostile: SUCCEEDED: %s\n", what);
        harm = 1;
    }
}

static uint64_t kind_word(unsigned kind, unsigned side, unsigned type, unsigned tif, unsigned flags)
{
    return kind | side << 8 | (uint64_t)(type | tif << 4) << 16 | (uint64_t)flags << 24;
}

/* A sound order of ten at 100 in the lane's own account, instrument 0. */
static void sound_order(uint64_t words[8], uint64_t id)
{
    memset(words, 0, 8 * sizeof words[0]);
    words[1] = id;
    words[2] = UINT64_C(100000000000);
    words[3] = UINT64_C(1000000000);
    words[5] = (uint64_t)own_account << 32;
    words[6] = kind_word(RG_KIND_NEW, RG_SIDE_BUY, RG_TYPE_LIMIT, RG_TIF_DAY, 0);
}

static void extension_of(uint64_t words[8], uint64_t id)
{
    memset(words, 0, 8 * sizeof words[0]);
    words[1] = id;
    words[2] = (uint64_t)RG_PRICE_UNDEFINED;
    words[6] = RG_KIND_EXTENSION;
}

static uint64_t nasty(void)
{
    static const uint64_t ends[] = {0,
                                    1,
                                    UINT64_MAX,
                                    UINT64_C(1) << 63,
                                    (UINT64_C(1) << 63) + 1,
                                    INT64_MAX,
                                    INT64_MAX - 1,
                                    UINT64_C(1) << 61,
                                    UINT64_C(100000000000)};
    uint64_t x = random_word();
    return x % 3 != 0 ? ends[(x >> 8) % (sizeof ends / sizeof ends[0])] : random_word() >> (x % 60);
}

/* A stamped slot with contents from sound to random; extensions stand where they belong. */
static void stamped_slot(struct lane *lane)
{
    static const unsigned char kinds[] = {RG_KIND_NEW,     RG_KIND_NEW,       RG_KIND_NEW,
                                          RG_KIND_REPLACE, RG_KIND_CANCEL,    RG_KIND_MASS_CANCEL,
                                          RG_KIND_VOID,    RG_KIND_ACK,       RG_KIND_FILL,
                                          RG_KIND_FILL,    RG_KIND_CANCELLED, RG_KIND_REJECTED,
                                          RG_KIND_EXPIRED, RG_KIND_BUST,      RG_KIND_REPLACE_REJECTED};
    uint64_t words[8], extension[8], x = random_word();
    uint64_t id = 1 + random_word() % (lane->next + 2);
    int i;
    sound_order(words, x % 4 == 0 ? id : lane->next + 1);
    words[6] = (words[6] & ~UINT64_C(0xff)) | kinds[(x >> 8) % sizeof kinds];
    words[4] = id;
    words[5] = ((x >> 16) % 5) | (x % 16 == 0 ? (x >> 20) % 40 : own_account) << 32;
    if (x % 5 == 0) {
        words[2] = nasty();
        words[3] = nasty();
    }
    if (x % 7 == 0) {
        i = 1 + (int)((x >> 24) % 7);
        words[i] = i == 6 ? words[6] ^ (UINT64_C(1) << ((x >> 28) % 64)) : nasty();
    }
    if (x % 11 == 0) {
        for (i = 1; i < 8; i++) {
            words[i] = random_word();
        }
    }
    if ((words[6] & 0xff) == RG_KIND_EXTENSION) {
        words[6] ^= 0xf0;
    }
    if ((words[6] >> 24 & RG_FLAG_HAS_EXTENSION) != 0) {
        extension_of(extension, words[1]);
        if (x % 2 == 0) {
            for (i = 2; i < 8; i++) {
                extension[i] = i == 6 ? RG_KIND_EXTENSION | random_word() << 8 : nasty();
            }
        }
        push(lane, extension);
    }
    push(lane, words);
}

static void attack_stamped(struct lane *lane)
{
    while (running(lane)) {
        read_verdicts(lane);
        if (lane->next + 1 - gate_word(lane, RG_ORDERS_CONSUMED_OFFSET) <
            lane->welcome.order_capacity) {
            stamped_slot(lane);
        } else {
            (void)sched_yield();
        }
    }
}

/* Random bytes over all of the region, again and again. */
static void attack_bytes(struct lane *lane)
{
    size_t at;
    while (running(lane)) {
        for (at = 0; at < lane->client_bytes; at += 8) {
            RG_STORE_RELAXED(client_word(lane, at), random_word());
        }
    }
}

/* Pairs of extension and order, broken in one way. */
static void attack_extension(struct lane *lane, char way)
{
    uint64_t words[8], extension[8];
    sound_order(words, 1);
    extension_of(extension, way == 'i' ? 2 : 1);
    if (way != 'u') {
        words[6] |= (uint64_t)RG_FLAG_HAS_EXTENSION << 24;
    }
    if (way != 'm') {
        push(lane, extension);
    }
    if (way == 'd') {
        push(lane, extension);
    }
    if (way != 'n') {
        push(lane, words);
    }
    while (running(lane) && way != 'n') {
        (void)sched_yield();
    }
}

static void *race_cursor(void *argument)
{
    struct lane *lane = argument;
    while (running(lane)) {
        uint64_t x = nasty();
        RG_STORE_RELEASE(client_word(lane, RG_VERDICTS_READ_OFFSET), x % 2 == 0 ? x : x % 100);
    }
    return NULL;
}

static void attack_cursor(struct lane *lane, char way)
{
    pthread_t thread;
    uint64_t words[8];
    if (way == 'r' && pthread_create(&thread, NULL, race_cursor, lane) != 0) {
        die("thread");
    }
    while (running(lane)) {
        if (has_room(lane)) {
            sound_order(words, lane->next + 1);
            push(lane, words);
        }
        read_verdicts(lane);
        /* By now the gate has seen more than it will be told. */
        if (way != 'r' && lane->verdicts > 4 * lane->welcome.verdict_capacity) {
            RG_STORE_RELEASE(client_word(lane, RG_VERDICTS_READ_OFFSET),
                             way == 'b' ? 3 : lane->verdicts + 1000);
            while (running(lane)) {
                (void)sched_yield();
            }
        }
    }
    if (way == 'r') {
        (void)pthread_join(thread, NULL);
    }
}

static void *produce(void *argument)
{
    struct lane own = *(struct lane *)argument;
    uint64_t words[8];
    while (running(&own)) {
        if (!has_room(&own)) {
            (void)sched_yield();
            continue;
        }
        sound_order(words, random_word());
        push(&own, words);
    }
    return NULL;
}

/* Two threads that each believe that the ring is theirs. */
static void attack_two(struct lane *lane)
{
    pthread_t one, other;
    if (pthread_create(&one, NULL, produce, lane) != 0 ||
        pthread_create(&other, NULL, produce, lane) != 0) {
        die("thread");
    }
    while (running(lane)) {
        read_verdicts(lane);
    }
    (void)pthread_join(one, NULL);
    (void)pthread_join(other, NULL);
}

/* Orders without end, verdicts never read. */
static void attack_deaf(struct lane *lane)
{
    uint64_t words[8];
    while (running(lane)) {
        if (has_room(lane)) {
            sound_order(words, lane->next + 1);
            push(lane, words);
        } else {
            (void)sched_yield();
        }
    }
}

/* Reports behind a request that cannot be answered; then gone, with a full ring to drain. */
static void attack_backlog(struct lane *lane)
{
    uint64_t words[8], answers = lane->welcome.verdict_capacity;
    while (running(lane)) {
        if (!has_room(lane)) {
            if (gate_word(lane, RG_ORDERS_CONSUMED_OFFSET) >= answers) {
                break;
            }
            (void)sched_yield();
            continue;
        }
        sound_order(words, lane->next + 1);
        if (lane->next > answers) {
            words[6] = kind_word(RG_KIND_FILL, RG_SIDE_BUY, 0, 0, 0);
            words[4] = lane->next;
        }
        push(lane, words);
    }
}

/* A slot that is never finished, and one whose stamp and contents contradict each other. */
static void attack_midslot(struct lane *lane)
{
    uint64_t words[8];
    sound_order(words, 1);
    push(lane, words);
    sound_order(words, 2);
    if (random_word() % 2 == 0) {
        uint64_t *to = write_words(lane, words);
        RG_STORE_RELEASE(to, rg_slot_stamp((uint32_t)lane->next + 1, words) ^ (UINT64_C(1) << 40));
    } else {
        (void)write_words(lane, words);
    }
    _exit(0);
}

/* Writes on after the connection is gone. */
static void attack_ghost(struct lane *lane)
{
    uint64_t words[8];
    (void)close(lane->socket);
    while (going()) {
        sound_order(words, lane->next + 1);
        push(lane, words);
        RG_STORE_RELEASE(client_word(lane, RG_VERDICTS_READ_OFFSET), nasty());
    }
}

/* Everything that would take memory away under the gate, or make its own writable. */
static void try_memory(struct lane *lane, int admitted)
{
    int i;
    for (i = 0; i < lane->fd_count; i++) {
        char path[64];
        int fd = lane->fds[i], again, own = i == 0 && !admitted;
        void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        must_fail("shrink", ftruncate(fd, 0) == 0);
        must_fail("shrink a little", ftruncate(fd, 512) == 0);
        must_fail("grow", ftruncate(fd, 1 << 20) == 0);
        must_fail("grow by allocation", fallocate(fd, 0, 0, 1 << 20) == 0);
        if (!own) {
            must_fail("a writable mapping", map != MAP_FAILED);
            must_fail("write", pwrite(fd, "x", 1, 0) == 1);
            must_fail("punch a hole",
                      fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) == 0);
            must_fail("zero a range", fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, 4096) == 0);
        }
        if (i != 0 || admitted) {
            must_fail("another seal", fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == 0);
        }
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        must_fail("open and truncate", (again = open(path, O_RDWR | O_TRUNC)) >= 0);
        again = open(path, O_RDWR);
        if (again >= 0) {
            void *second = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, again, 0);
            must_fail("a writable mapping of the file opened again",
                      !own && second != MAP_FAILED);
            must_fail("write to the file opened again", !own && pwrite(again, "x", 1, 0) == 1);
            (void)close(again);
        }
    }
    must_fail("mprotect of the gate's region",
              mprotect((void *)(uintptr_t)lane->gate, lane->gate_bytes, PROT_READ | PROT_WRITE) == 0);
    must_fail("executable memory",
              admitted && mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED,
                               lane->fds[0], 0) != MAP_FAILED);
    if (admitted) {
        must_fail("madvise that frees shared pages",
                  madvise(lane->client, lane->client_bytes, MADV_REMOVE) == 0);
        (void)madvise(lane->client, lane->client_bytes, MADV_DONTNEED);
        must_fail("madvise of the gate's region",
                  madvise((void *)(uintptr_t)lane->gate, lane->gate_bytes, MADV_REMOVE) == 0);
    }
}

static void attack_memory(struct lane *lane)
{
    if (offer(lane, socket_path, lane_name) != RG_STATUS_OK) {
        die("offer");
    }
    map_lane(lane);
    try_memory(lane, 0);
    if (admit(lane) != RG_STATUS_OK) {
        die("admitted");
    }
    own_account = lane->welcome.lane + 2;
    try_memory(lane, 1);
    attack_stamped(lane);
}

/* Holes in the region before it is sealed; and a seal of its own, so that the gate cannot seal. */
static void attack_seal_first(struct lane *lane)
{
    if (offer(lane, socket_path, lane_name) != RG_STATUS_OK) {
        die("offer");
    }
    map_lane(lane);
    (void)fallocate(lane->fds[0], FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1 << 20);
    (void)fcntl(lane->fds[0], F_ADD_SEALS, F_SEAL_SEAL);
    must_fail("to be admitted with a region that the gate cannot seal",
              admit(lane) == RG_STATUS_OK);
}

/* A second connection to a lane, a second hello, messages out of turn. */
static void attack_twice(struct lane *lane)
{
    struct lane second;
    struct rg_hello hello = hello_for(lane_name);
    must_fail("a second connection to a lane",
              offer(&second, socket_path, lane_name) != RG_STATUS_IN_USE);
    (void)send(lane->socket, &hello, sizeof hello, MSG_NOSIGNAL);
    while (running(lane)) {
        (void)sched_yield();
    }
}

/* Hellos that are none, with descriptors that nobody asked for. */
static void garbage(int fd)
{
    union {
        struct cmsghdr header;
        unsigned char bytes[CMSG_SPACE(8 * sizeof(int))];
    } control;
    unsigned char bytes[8192];
    struct rg_hello hello = hello_for(lane_name);
    struct iovec part = {bytes, 0};
    struct msghdr message;
    size_t i;
    for (i = 0; i < sizeof bytes; i++) {
        bytes[i] = (unsigned char)random_word();
    }
    part.iov_len = random_word() % 4 == 0 ? random_word() % sizeof bytes : sizeof hello;
    if (random_word() % 2 == 0) {
        uint64_t x = random_word();
        hello.role = (uint16_t)(x % 5);
        hello.abi_major = (uint16_t)(x >> 8 & 1);
        if (x % 3 == 0) {
            memset(hello.name, 'a', sizeof hello.name);
        }
        memcpy(bytes, &hello, sizeof hello);
    }
    memset(&message, 0, sizeof message);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (random_word() % 2 == 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(8 * sizeof(int));
        for (i = 0; i < 8; i++) {
            memcpy(CMSG_DATA(&control.header) + i * sizeof(int), &fd, sizeof fd);
        }
    }
    (void)sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* More connections than the gate takes, most of them with nonsense to say. */
static void attack_flood(void)
{
    int fds[200], n = 0;
    uint64_t made = 0;
    while (going()) {
        int fd = try_socket(socket_path);
        if (fd < 0) {
            (void)sched_yield();
            continue;
        }
        made++;
        if (random_word() % 4 != 0) {
            garbage(fd);
        }
        if (n == 200) {
            n--;
            (void)close(fds[random_word() % 200]);
            fds[0] = fds[n];
        }
        fds[n++] = fd;
    }
    printf("hostile: %llu connections\n", (unsigned long long)made);
}

/* Questions without end, answers never read. */
static void attack_queries(struct lane *lane)
{
    uint64_t words[8], asked = 0;
    while (lane->next < 1000 && running(lane)) {
        if (has_room(lane)) {
            sound_order(words, lane->next + 1);
            push(lane, words);
        }
        read_verdicts(lane);
    }
    while (running(lane)) {
        struct rg_query query;
        memset(&query, 0, sizeof query);
        query.magic = RG_QUERY_MAGIC;
        query.kind = RG_QUERY_OUTSTANDING;
        if (send(lane->socket, &query, sizeof query, MSG_NOSIGNAL | MSG_DONTWAIT) > 0) {
            asked++;
        } else if (errno != EAGAIN) {
            break;
        }
    }
    printf("hostile: %llu questions\n", (unsigned long long)asked);
}

int main(int argc, char **argv)
{
    struct lane lane;
    const char *attack;
    if (argc != 6) {
        fprintf(stderr, "usage: hostile SOCKET LANE ATTACK SEED MILLISECONDS\n");
        return 2;
    }
    socket_path = argv[1];
    lane_name = argv[2];
    attack = argv[3];
    hostile_seed = strtoull(argv[4], NULL, 0);
    deadline_ns = now_ns() + strtoull(argv[5], NULL, 0) * 1000000u;
    memset(&lane, 0, sizeof lane);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (strcmp(attack, "flood") == 0) {
        attack_flood();
        return 0;
    }
    if (strcmp(attack, "memory") == 0) {
        attack_memory(&lane);
    } else if (strcmp(attack, "seal_first") == 0) {
        attack_seal_first(&lane);
        return harm;
    } else {
        open_lane(&lane, socket_path, lane_name);
        own_account = lane.welcome.lane + 2;
        deadline_ns = now_ns() + strtoull(argv[5], NULL, 0) * 1000000u;
        if (strcmp(attack, "stamped") == 0) {
            attack_stamped(&lane);
        } else if (strcmp(attack, "bytes") == 0) {
            attack_bytes(&lane);
        } else if (strncmp(attack, "extension_", 10) == 0) {
            attack_extension(&lane, attack[10]);
        } else if (strncmp(attack, "cursor_", 7) == 0) {
            attack_cursor(&lane, attack[7]);
        } else if (strcmp(attack, "two_producers") == 0) {
            attack_two(&lane);
        } else if (strcmp(attack, "deaf") == 0) {
            attack_deaf(&lane);
        } else if (strcmp(attack, "backlog") == 0) {
            attack_backlog(&lane);
        } else if (strcmp(attack, "midslot") == 0) {
            attack_midslot(&lane);
        } else if (strcmp(attack, "ghost") == 0) {
            attack_ghost(&lane);
        } else if (strcmp(attack, "twice") == 0) {
            attack_twice(&lane);
        } else if (strcmp(attack, "queries") == 0) {
            attack_queries(&lane);
        } else {
            fprintf(stderr, "hostile: no attack %s\n", attack);
            return 2;
        }
    }
    printf("hostile: state=%u reason=%u sent=%llu verdicts=%llu accepted=%llu\n", lane_state(&lane),
           lane_reason(&lane), (unsigned long long)lane.next, (unsigned long long)lane.verdicts,
           (unsigned long long)lane.accepts);
    return harm;
}
