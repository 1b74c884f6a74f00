/* The rendezvous socket: whole messages with a deadline. Never raises SIGPIPE, never blocks for
 * longer than the deadline, never leaves a descriptor to a child process. */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Waits until the socket is ready for `events`. */
static int await(int fd, short events, uint64_t deadline, const char *what, struct rg_errors errors)
{
    for (;;) {
        struct pollfd p = {fd, events, 0};
        uint64_t now = rg_now_ns();
        uint64_t left_ms = now >= deadline ? 0 : (deadline - now + 999999) / 1000000;
        int ready = poll(&p, 1, left_ms > 60000 ? 60000 : (int)left_ms);
        if (ready > 0) {
            return RG_OK; /* an error or hang-up shows in the call that follows */
        }
        if (ready < 0 && errno != EINTR) {
            return rg_fail(errors, RG_SYSTEM, "%s: poll: %s", what, strerror(errno));
        }
        if (rg_now_ns() >= deadline) {
            return rg_fail(errors, RG_TIMEOUT,
                           "%s: the gate did not answer in time: is its supervisor running "
                           "(`riskgate ctl status`)? Or give a longer timeout_ns",
                           what);
        }
    }
}

static int dial_failed(const char *path, int error, struct rg_errors errors)
{
    switch (error) {
    case ENOENT:
        return rg_fail(errors, RG_GATE_DOWN,
                       "connecting to %s: there is no such socket: start the gate (`riskgate run`), "
                       "or correct socket_path",
                       path);
    case ECONNREFUSED:
        return rg_fail(errors, RG_GATE_DOWN,
                       "connecting to %s: nobody listens there: start the gate (`riskgate run`)",
                       path);
    case EACCES:
    case EPERM:
        return rg_fail(errors, RG_NOT_PERMITTED,
                       "connecting to %s: permission denied: this user must be in the group that "
                       "owns the directory",
                       path);
    case EPROTOTYPE:
        return rg_fail(errors, RG_PROTOCOL,
                       "connecting to %s: that socket is not a riskgate's (wrong socket type)", path);
    default:
        return rg_fail(errors, RG_SYSTEM, "connecting to %s: %s", path, strerror(error));
    }
}

RG_HIDDEN int rg_dial(const char *path, uint64_t deadline, int *fd, struct rg_errors errors)
{
    struct sockaddr_un address;
    int s;
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address.sun_path) {
        return rg_fail(errors, RG_INVALID, "socket path of %zu bytes: a Unix socket's has at most %zu",
                       strlen(path), sizeof address.sun_path - 1);
    }
    memcpy(address.sun_path, path, strlen(path));
    s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s < 0) {
        return rg_fail(errors, errno == EMFILE || errno == ENFILE ? RG_RESOURCES : RG_SYSTEM,
                       "making a socket for %s: %s", path, strerror(errno));
    }
    for (;;) {
        int error;
        if (connect(s, (const struct sockaddr *)&address, sizeof address) == 0) {
            *fd = s;
            return RG_OK;
        }
        error = errno;
        if ((error == EAGAIN || error == EINTR) && rg_nap(1000000, deadline)) {
            continue; /* the gate has many connections to accept */
        }
        (void)close(s);
        if (error == EAGAIN || error == EINTR) {
            return rg_fail(errors, RG_TIMEOUT,
                           "connecting to %s: the gate accepts no connections: is its supervisor "
                           "stalled?",
                           path);
        }
        return dial_failed(path, error, errors);
    }
}

RG_HIDDEN int rg_send(int fd, const void *message, size_t bytes, uint64_t deadline,
                      struct rg_errors errors)
{
    for (;;) {
        ssize_t sent = send(fd, message, bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent == (ssize_t)bytes) {
            return RG_OK;
        }
        if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
            int status = await(fd, POLLOUT, deadline, "sending to the gate", errors);
            if (status != RG_OK) {
                return status;
            }
            continue;
        }
        if (sent < 0 && (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN)) {
            return rg_fail(errors, RG_GATE_DOWN,
                           "sending to the gate: it closed the connection: call rg_reconnect");
        }
        return rg_fail(errors, RG_SYSTEM, "sending to the gate: %s",
                       sent < 0 ? strerror(errno) : "message was cut");
    }
}

/* Takes the descriptors out of a received message. */
static int take_fds(struct msghdr *message, int fds[RG_FDS_MAX])
{
    int count = 0;
    struct cmsghdr *part;
    for (part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS) {
            size_t n = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            size_t i;
            for (i = 0; i < n; i++) {
                int fd;
                memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
                if (count < RG_FDS_MAX) {
                    fds[count++] = fd;
                } else {
                    (void)close(fd);
                }
            }
        }
    }
    return count;
}

RG_HIDDEN int rg_receive(int fd, void *message, size_t bytes, size_t *got, int fds[RG_FDS_MAX],
                         int *fd_count, uint64_t deadline, struct rg_errors errors)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int) * RG_FDS_MAX)];
    } control;
    *fd_count = 0;
    for (;;) {
        struct iovec part = {message, bytes};
        struct msghdr header;
        ssize_t n;
        memset(&header, 0, sizeof header);
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        header.msg_control = control.bytes;
        header.msg_controllen = sizeof control.bytes;
        n = recvmsg(fd, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            int status = await(fd, POLLIN, deadline, "waiting for the gate's answer", errors);
            if (status != RG_OK) {
                return status;
            }
            continue;
        }
        if (n == 0 || (n < 0 && errno == ECONNRESET)) {
            return rg_fail(errors, RG_GATE_DOWN,
                           "waiting for the gate's answer: it closed the connection: call "
                           "rg_reconnect");
        }
        if (n < 0) {
            return rg_fail(errors, RG_SYSTEM, "waiting for the gate's answer: %s", strerror(errno));
        }
        *fd_count = take_fds(&header, fds);
        if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
            rg_close_fds(fds, *fd_count);
            *fd_count = 0;
            return rg_fail(errors, RG_PROTOCOL,
                           "the gate's answer is longer than %zu bytes or %d descriptors: is it a "
                           "riskgate of this version? (or this process ran out of descriptors)",
                           bytes, RG_FDS_MAX);
        }
        *got = (size_t)n;
        return RG_OK;
    }
}
