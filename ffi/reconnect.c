/* rg_reconnect: a new session in the place of an old one, without losing what was said.
 *
 * What the old session leaves behind, and what becomes of it:
 *  - reports and voids that the old engine did not consume: written again, in order. The engine
 *    publishes its cursor after it has journaled, so at worst one is said twice, which it ignores.
 *  - voids that had no room: written.
 *  - requests without a verdict: never approved, so never sent. Listed for rg_unanswered, and those
 *    of them that the new engine holds open are voided.
 *  - verdicts that nobody polled: their requests are without a verdict, as above.
 * The old session is given up only after all of that has succeeded.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Waits for a free slot of the new lane. */
static int await_room(rg_client *fresh, uint64_t deadline)
{
    while (!rg_priv_room(fresh, 1)) {
        int status = rg_priv_alive(fresh, rg_now_ns());
        if (status != RG_OK) {
            return status;
        }
        if (!rg_nap(50000, deadline)) {
            return RG_TIMEOUT;
        }
    }
    return RG_OK;
}

/* Slot numbers that the old engine has not consumed: from the result to old->order_cursor. */
static uint64_t first_unconsumed(const rg_client *old)
{
    uint64_t capacity = (uint64_t)old->order_mask + 1;
    uint64_t oldest = old->order_cursor > capacity ? old->order_cursor - capacity : 0;
    /* SYNC ring.freed: the final value; the engine has left this lane. */
    uint64_t consumed = RG_LOAD_ACQUIRE(old->orders_consumed);
    /* A cursor that can't be: say everything again, the gate ignores what it knows. */
    return consumed > old->order_cursor || consumed < oldest ? oldest : consumed;
}

/* Writes the extension of the fill `words` in slot number `at`, if it has one: it stands right before
 * the fill, also if the engine has consumed it and not the fill. If it has been written over, the
 * execution is said without its fee. */
static int carry_fee(const rg_client *old, rg_client *fresh, uint64_t at, uint64_t *words,
                     uint64_t deadline)
{
    const uint64_t *before = old->order_slots + ((at - 1) & old->order_mask) * RG_SLOT_WORDS;
    uint64_t extension[RG_SLOT_WORDS];
    int status;
    if ((words[6] >> 24 & RG_FLAG_HAS_EXTENSION) == 0) {
        return RG_OK;
    }
    memcpy(extension, before, sizeof extension);
    if ((uint32_t)extension[0] != (uint32_t)at || extension[1] != words[1] ||
        extension[6] != RG_KIND_EXTENSION) {
        words[6] &= ~((uint64_t)RG_FLAG_HAS_EXTENSION << 24);
        return RG_OK;
    }
    status = await_room(fresh, deadline);
    if (status == RG_OK) {
        rg_priv_write(fresh, extension);
    }
    return status;
}

/* Writes the old ring's unconsumed reports and voids, then the voids that had no room. */
static int carry_over(const rg_client *old, rg_client *fresh, uint64_t deadline)
{
    uint64_t at;
    int status = RG_OK;
    if (old->order_slots == NULL) {
        return RG_OK;
    }
    for (at = first_unconsumed(old); at != old->order_cursor && status == RG_OK; at++) {
        const uint64_t *slot = old->order_slots + (at & old->order_mask) * RG_SLOT_WORDS;
        uint32_t kind = (uint32_t)(slot[6] & 0xff);
        if (kind >= RG_KIND_VOID && kind <= RG_KIND_BUST) {
            uint64_t words[RG_SLOT_WORDS];
            memcpy(words, slot, sizeof words);
            status = carry_fee(old, fresh, at, words, deadline);
            if (status == RG_OK) {
                status = await_room(fresh, deadline);
            }
            if (status == RG_OK) {
                rg_priv_write(fresh, words);
            }
        }
    }
    for (at = old->deferred_first; at != old->deferred_end && status == RG_OK; at++) {
        const struct rg_deferred *d = &old->deferred[at & old->verdict_mask];
        status = await_room(fresh, deadline);
        if (status == RG_OK) {
            rg_priv_write_plain(fresh, RG_KIND_VOID, d->order_id, d->request_id, 0, 0, 0, 0,
                                rg_now_ns());
        }
    }
    return status;
}

/* Copies ids of requests without a verdict, and cancel intents that nobody read. */
static int remember(const rg_client *old, rg_client *fresh)
{
    size_t count = (size_t)(old->pending_end - old->pending_first);
    struct rg_cold *cold = fresh->cold;
    uint64_t at;
    if (count != 0) {
        cold->unanswered = calloc(count, sizeof *cold->unanswered);
        if (cold->unanswered == NULL) {
            return RG_RESOURCES;
        }
    }
    for (at = old->pending_first; at != old->pending_end; at++) {
        cold->unanswered[cold->unanswered_count++] =
            old->pending[at & old->verdict_mask].request_id;
    }
    if (old->intents != NULL) {
        memcpy(fresh->intents, old->intents, RG_INTENTS_MAX * sizeof *fresh->intents);
    }
    fresh->intents_first = old->intents_first;
    fresh->intents_end = old->intents_end;
    fresh->accepts_voided = old->accepts_voided;
    return RG_OK;
}

static int holds(const struct rg_outstanding_item *items, size_t count, const struct rg_pending *p)
{
    size_t i;
    for (i = 0; i < count; i++) {
        if (items[i].order_id == p->order_id) {
            return p->kind == RG_KIND_NEW || items[i].pending_replaces != 0;
        }
    }
    return 0;
}

/* Voids the unanswered requests that the engine holds open. */
static int void_unanswered(const rg_client *old, rg_client *fresh, uint64_t deadline)
{
    struct rg_outstanding_item *items = NULL;
    size_t room = 0;
    size_t count = 256;
    uint64_t at;
    int status = RG_TOO_SMALL;
    if (old->pending_first == old->pending_end) {
        return RG_OK;
    }
    while (status == RG_TOO_SMALL && rg_now_ns() < deadline) {
        room = count + count / 4;
        free(items);
        items = calloc(room, sizeof *items);
        if (items == NULL) {
            return rg_fail(rg_client_errors(fresh), RG_RESOURCES,
                           "no memory for %zu open orders of the lane", room);
        }
        status = rg_outstanding(fresh, items, room, &count, NULL);
    }
    for (at = old->pending_first; at != old->pending_end && status == RG_OK; at++) {
        const struct rg_pending *p = &old->pending[at & old->verdict_mask];
        if ((p->kind == RG_KIND_NEW || p->kind == RG_KIND_REPLACE) && holds(items, count, p)) {
            status = await_room(fresh, deadline);
            if (status == RG_OK) {
                rg_priv_write_plain(fresh, RG_KIND_VOID, p->order_id, p->request_id, 0, 0, 0, 0,
                                    rg_now_ns());
                fresh->accepts_voided += 1;
            }
        }
    }
    free(items);
    return status;
}

/* May the next attempt succeed where this one failed? */
static int worth_another_try(int status)
{
    return status == RG_GATE_DOWN || status == RG_IN_USE || status == RG_TIMEOUT;
}

/* Opens a session, again and again until the deadline. */
static int open_patiently(rg_client *fresh, uint64_t deadline)
{
    uint64_t nap_ns = 2000000;
    for (;;) {
        int status = rg_open_session(fresh, deadline);
        if (status == RG_OK || !worth_another_try(status) || !rg_nap(nap_ns, deadline)) {
            return status;
        }
        nap_ns = nap_ns < 50000000 ? nap_ns * 2 : nap_ns;
    }
}

/* A client with the settings of `old` and no session. */
static rg_client *settings_of(const rg_client *old)
{
    rg_client *fresh = calloc(1, sizeof *fresh);
    if (fresh != NULL) {
        fresh->guard = RG_GUARD_CLIENT;
        fresh->socket_fd = -1;
        fresh->timeout_ns = old->timeout_ns;
        fresh->wait = old->wait;
        memcpy(fresh->socket_path, old->socket_path, sizeof fresh->socket_path);
        memcpy(fresh->lane_name, old->lane_name, sizeof fresh->lane_name);
    }
    return fresh;
}

RG_EXPORT int rg_reconnect(rg_client *client)
{
    rg_client *fresh;
    uint64_t deadline;
    int status;
    if (client == NULL || client->guard != RG_GUARD_CLIENT || client->socket_path[0] == '\0') {
        return RG_INVALID;
    }
    fresh = settings_of(client);
    if (fresh == NULL) {
        return rg_fail(rg_client_errors(client), RG_RESOURCES, "no memory for a second session");
    }
    deadline = rg_deadline(client->timeout_ns);
    if (client->socket_fd >= 0) {
        (void)close(client->socket_fd); /* the gate closes the old lane */
        client->socket_fd = -1;
    }
    client->desynchronised = 1; /* and nobody uses it from here on */
    status = open_patiently(fresh, deadline);
    if (status == RG_OK) {
        status = carry_over(client, fresh, deadline);
        if (status == RG_OK) {
            status = remember(client, fresh);
        }
        if (status == RG_OK) {
            status = void_unanswered(client, fresh, deadline);
        } else {
            (void)rg_fail(rg_client_errors(fresh), status,
                          "handing over what the old session had said: %s", rg_strerror(status));
        }
        if (status != RG_OK) {
            rg_end_session(fresh);
        }
    }
    if (status == RG_OK) {
        rg_end_session(client);
        *client = *fresh;
        client->error[0] = '\0';
    } else {
        memcpy(client->error, fresh->error, sizeof client->error);
    }
    free(fresh);
    return status;
}

RG_EXPORT int rg_unanswered(rg_client *client, uint64_t *request_ids, size_t capacity,
                            size_t *count)
{
    const struct rg_cold *cold;
    size_t given;
    if (client == NULL || client->guard != RG_GUARD_CLIENT || count == NULL ||
        (request_ids == NULL && capacity != 0)) {
        return RG_INVALID;
    }
    cold = client->cold;
    *count = cold == NULL ? 0 : cold->unanswered_count;
    given = *count < capacity ? *count : capacity;
    if (given != 0) {
        memcpy(request_ids, cold->unanswered, given * sizeof *request_ids);
    }
    return *count > capacity ? RG_TOO_SMALL : RG_OK;
}
