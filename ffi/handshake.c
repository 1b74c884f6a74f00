/* Hello and welcome, and mapping what comes with it: the same for lanes and for marks. It trusts
 * nothing that it has not compared: sizes, magic words, versions, epochs. */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

RG_HIDDEN void rg_close_fds(int *fds, int count)
{
    int i;
    for (i = 0; i < count; i++) {
        (void)close(fds[i]);
    }
}

/* The gate's status as our code. */
static int from_wire(uint32_t status)
{
    switch (status) {
    case RG_STATUS_OK: return RG_OK;
    case RG_STATUS_VERSION_MISMATCH: return RG_VERSION_MISMATCH;
    case RG_STATUS_UNKNOWN_LANE: return RG_UNKNOWN_LANE;
    case RG_STATUS_NOT_PERMITTED: return RG_NOT_PERMITTED;
    case RG_STATUS_IN_USE: return RG_IN_USE;
    case RG_STATUS_QUARANTINED: return RG_QUARANTINED;
    case RG_STATUS_GATE_DOWN: return RG_GATE_DOWN;
    case RG_STATUS_NOT_FOUND: return RG_NOT_FOUND;
    case RG_STATUS_RESOURCES: return RG_RESOURCES;
    default: return RG_PROTOCOL;
    }
}

/* Receives a welcome and judges it. */
static int receive_welcome(int fd, struct rg_welcome *welcome, int fds[RG_FDS_MAX], int *fd_count,
                           uint64_t deadline, struct rg_errors errors)
{
    size_t got = 0;
    int status = rg_receive(fd, welcome, sizeof *welcome, &got, fds, fd_count, deadline, errors);
    if (status != RG_OK) {
        return status;
    }
    if (got != sizeof *welcome || welcome->magic != RG_WELCOME_MAGIC) {
        status = rg_fail(errors, RG_PROTOCOL,
                         "the gate's welcome has %zu bytes (expected %zu) or a wrong first word: is "
                         "that a riskgate's socket?",
                         got, sizeof *welcome);
    } else if (welcome->abi_major != RG_ABI_MAJOR ||
               (unsigned)welcome->abi_minor + 1 < RG_ABI_MINOR + 1) {
        status = rg_fail(errors, RG_VERSION_MISMATCH,
                         "this client speaks version %u.%u, the gate %u.%u: build the client with "
                         "the gate's header and library",
                         RG_ABI_MAJOR, RG_ABI_MINOR, (unsigned)welcome->abi_major,
                         (unsigned)welcome->abi_minor);
    } else if (welcome->status != RG_STATUS_OK) {
        char text[RG_TEXT_BYTES + 1];
        memcpy(text, welcome->text, RG_TEXT_BYTES);
        text[RG_TEXT_BYTES] = '\0';
        status = from_wire(welcome->status);
        if (text[0] != '\0') {
            (void)rg_fail(errors, status, "%s", text);
        } else {
            (void)rg_fail(errors, status, "the gate refused: %s", rg_strerror(status));
        }
    }
    if (status != RG_OK) {
        rg_close_fds(fds, *fd_count);
        *fd_count = 0;
    }
    return status;
}

RG_HIDDEN int rg_hello(int fd, uint16_t role, const char *name, struct rg_welcome *welcome,
                       int fds[RG_FDS_MAX], int fds_wanted, uint64_t deadline,
                       struct rg_errors errors)
{
    struct rg_hello hello;
    int fd_count = 0;
    int status;
    memset(&hello, 0, sizeof hello);
    hello.magic = RG_HELLO_MAGIC;
    hello.abi_major = RG_ABI_MAJOR;
    hello.abi_minor = RG_ABI_MINOR;
    hello.role = role;
    memcpy(hello.name, name, strnlen(name, sizeof hello.name));
    status = rg_send(fd, &hello, sizeof hello, deadline, errors);
    if (status == RG_OK) {
        status = receive_welcome(fd, welcome, fds, &fd_count, deadline, errors);
    }
    if (status == RG_OK && fd_count != fds_wanted) {
        rg_close_fds(fds, fd_count);
        status = rg_fail(errors, RG_PROTOCOL,
                         "the gate's welcome brought %d memory files, expected %d: is it a riskgate "
                         "of this version?",
                         fd_count, fds_wanted);
    }
    return status;
}

RG_HIDDEN int rg_mapped_and_sealed(int fd, uint64_t deadline, struct rg_errors errors)
{
    struct rg_mapped mapped = {RG_MAPPED_MAGIC, 0};
    struct rg_welcome welcome;
    int fds[RG_FDS_MAX];
    int fd_count = 0;
    int status = rg_send(fd, &mapped, sizeof mapped, deadline, errors);
    if (status == RG_OK) {
        status = receive_welcome(fd, &welcome, fds, &fd_count, deadline, errors);
        rg_close_fds(fds, fd_count);
    }
    return status;
}

RG_HIDDEN int rg_map(int fd, size_t bytes, int writable, const char *what, struct rg_mapping *out,
                     struct rg_errors errors)
{
    struct stat file;
    void *at;
    if (fstat(fd, &file) != 0) {
        return rg_fail(errors, RG_SYSTEM, "looking at the %s: fstat: %s", what, strerror(errno));
    }
    if (file.st_size < 0 || (uint64_t)file.st_size < bytes) {
        return rg_fail(errors, RG_PROTOCOL, "the %s has %lld bytes, its ring needs %zu", what,
                       (long long)file.st_size, bytes);
    }
    at = mmap(NULL, bytes, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED | MAP_POPULATE,
              fd, 0);
    if (at == MAP_FAILED) {
        return rg_fail(errors, errno == ENOMEM ? RG_RESOURCES : RG_SYSTEM,
                       "mapping the %s (%zu bytes): %s", what, bytes, strerror(errno));
    }
    (void)madvise(at, bytes, MADV_DONTFORK); /* a child must not become a second producer */
    out->at = at;
    out->bytes = bytes;
    return RG_OK;
}

RG_HIDDEN void rg_unmap(void *at, size_t bytes)
{
    if (at != NULL) {
        (void)munmap(at, bytes);
    }
}

RG_HIDDEN int rg_page_fits(const void *page, const struct rg_welcome *welcome,
                           struct rg_errors errors)
{
    struct rg_gate_page_header header;
    memcpy(&header, page, sizeof header);
    if (header.magic != RG_GATE_PAGE_MAGIC || header.abi_major != RG_ABI_MAJOR) {
        return rg_fail(errors, RG_PROTOCOL, "the gate page has a wrong first word or version %u.%u",
                       (unsigned)header.abi_major, (unsigned)header.abi_minor);
    }
    if (header.epoch != welcome->epoch) {
        return rg_fail(errors, RG_GATE_DOWN,
                       "the gate page is of epoch %u, the welcome of %u: the engine was just "
                       "replaced: call rg_reconnect",
                       (unsigned)header.epoch, (unsigned)welcome->epoch);
    }
    return RG_OK;
}
