/* The host's clock, and waiting. Never the wall clock. */
#define _GNU_SOURCE
#include "internal.h"

#include <sched.h>
#include <time.h>

RG_EXPORT uint64_t rg_now_ns(void)
{
    struct timespec now = {0, 0};
    (void)clock_gettime(CLOCK_MONOTONIC_RAW, &now); /* fails only for an unknown clock */
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

RG_EXPORT void rg_wait_turn(void)
{
    (void)sched_yield();
}

RG_HIDDEN uint64_t rg_deadline(uint64_t timeout_ns)
{
    uint64_t now = rg_now_ns();
    uint64_t wait = timeout_ns == 0 ? RG_TIMEOUT_DEFAULT_NS : timeout_ns;
    return wait > UINT64_MAX - now ? UINT64_MAX : now + wait;
}

RG_HIDDEN int rg_nap(uint64_t ns, uint64_t deadline)
{
    uint64_t now = rg_now_ns();
    struct timespec span;
    if (now >= deadline) {
        return 0;
    }
    if (ns > deadline - now) {
        ns = deadline - now;
    }
    span.tv_sec = (time_t)(ns / UINT64_C(1000000000));
    span.tv_nsec = (long)(ns % UINT64_C(1000000000));
    (void)nanosleep(&span, NULL); /* a signal only makes it shorter */
    return 1;
}
