/* Codes and texts of failures. Never allocates, never prints. */
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>

RG_EXPORT const char *rg_strerror(int status)
{
    switch (status) {
    case RG_OK: return "done";
    case RG_ACCEPT: return "accepted: send the order before the verdict's deadline";
    case RG_REJECT: return "rejected by the gate: do not send; rg_reason_text says why";
    case RG_WOULD_ACCEPT: return "the what-if would be accepted; nothing is reserved, send nothing";
    case RG_TIMEOUT: return "no usable answer in time: not approved; do not send";
    case RG_GATE_DOWN:
        return "the gate is not there (stopped, stalled, or this lane is closed): do not send; "
               "check `riskgate ctl status`, then call rg_reconnect";
    case RG_BUSY:
        return "requests of this client wait for verdicts, or cancel intents for being read: "
               "call rg_poll until it returns 0, then try again";
    case RG_FULL: return "the ring is full: read verdicts with rg_poll, then try again";
    case RG_KILLED:
        return "a kill is in force: no new orders until an operator lifts it; cancels and reports "
               "still pass";
    case RG_INVALID: return "an argument is null, zero or out of its bounds; nothing was done";
    case RG_REPLAYED:
        return "this id was decided before: the verdict is the recorded one and no approval; use a "
               "fresh id";
    case RG_QUARANTINED:
        return "the gate found this lane's ring broken and reads it no more: look for a second "
               "thread or process that writes to it, have an operator release the lane, then call "
               "rg_reconnect";
    case RG_NOT_SUPPORTED: return "not supported by this version";
    case RG_NOT_FOUND: return "the gate does not know that name or id: check its configuration";
    case RG_VERSION_MISMATCH:
        return "client and gate have different versions: build the client with the gate's header";
    case RG_UNKNOWN_LANE: return "the gate's configuration has no such lane: check its name";
    case RG_NOT_PERMITTED: return "this user may not use that lane: check the lane's users";
    case RG_IN_USE: return "another process is connected to that lane: end it, or use another lane";
    case RG_PROTOCOL:
        return "the other side broke the protocol: is it a riskgate of this version?";
    case RG_RESOURCES: return "memory or descriptors ran out: raise the limits of the process";
    case RG_SYSTEM: return "a system call failed; rg_last_error names it";
    case RG_SYNTAX: return "not a decimal number: write digits, with digits on both sides of a point";
    case RG_PRECISION:
        return "too many decimal places: prices have 9, quantities 8; nothing is ever rounded";
    case RG_RANGE: return "the number is too large for its unit";
    case RG_TOO_SMALL: return "the buffer is too small for the whole answer: give more room";
    default: return "unknown status code";
    }
}

RG_HIDDEN int rg_fail(struct rg_errors errors, int status, const char *format, ...)
{
    va_list arguments;
    if (errors.text != NULL) {
        va_start(arguments, format);
        (void)vsnprintf(errors.text, errors.size, format, arguments);
        va_end(arguments);
    }
    return status;
}

RG_HIDDEN struct rg_errors rg_client_errors(rg_client *client)
{
    struct rg_errors errors = {client->error, sizeof client->error};
    return errors;
}

RG_HIDDEN struct rg_errors rg_marks_errors(rg_marks *marks)
{
    struct rg_errors errors = {marks->error, sizeof marks->error};
    return errors;
}

RG_EXPORT const char *rg_last_error(const rg_client *client)
{
    if (client == NULL) {
        return "no client handle: pass the address of an rg_client";
    }
    return client->guard == RG_GUARD_CLIENT ? client->error : "the client was never connected";
}

RG_EXPORT const char *rg_marks_last_error(const rg_marks *marks)
{
    if (marks == NULL) {
        return "no marks handle: pass the address of an rg_marks";
    }
    return marks->guard == RG_GUARD_MARKS ? marks->error : "the marks handle was never opened";
}

RG_EXPORT const char *rg_version(void)
{
    RG_STATIC_ASSERT(RG_ABI_MAJOR == 1 && RG_ABI_MINOR == 1, "keep the text below in step");
    return "1.1";
}
