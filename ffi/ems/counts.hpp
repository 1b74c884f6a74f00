// Everything that is counted while running. Plain numbers; nothing allocates.
#pragma once

#include <array>
#include <cstdint>

#include "riskgate.h"

#include "histogram.hpp"
#include "message.hpp"

namespace ems {

enum Request { request_new, request_ioc, request_replace, request_cancel, request_kinds };

inline const char *request_name(int kind)
{
    static const char *const names[request_kinds] = {"new", "ioc", "replace", "cancel"};
    return names[kind];
}

constexpr std::size_t check_numbers = RG_CHECK_END;

struct Counts {
    std::array<std::uint64_t, type_count> messages{};
    std::uint64_t messages_total = 0;
    std::uint64_t unknown_ids = 0;  // open before the file began
    std::uint64_t not_ours = 0;     // we asked for it and the gate said no, or it was withdrawn
    std::uint64_t skipped = 0;      // halts and auctions

    std::array<std::uint64_t, request_kinds> requests{};
    std::array<std::uint64_t, request_kinds> accepted{};
    std::array<std::uint64_t, request_kinds> rejected{};
    std::array<std::uint64_t, check_numbers> first_reason{};
    std::array<std::uint64_t, check_numbers> breaches{};
    std::uint64_t more_breaches = 0;    // of checks above 63
    std::uint64_t alerts = 0;           // verdicts with a limit breached that only alerts
    std::uint64_t soft = 0;             // verdicts that touched a soft threshold
    std::uint64_t shadowed = 0;         // verdicts that breached a check in shadow phase
    std::uint64_t unknown_cancels = 0;  // cancels of what the gate does not have open

    // Requests without a usable verdict: none of them was sent.
    std::uint64_t late = 0;             // verdict after the time-out; the library voided approvals
    std::uint64_t expired = 0;          // approval read after its deadline; voided
    std::uint64_t gate_down = 0;        // the gate went away before it answered
    std::uint64_t killed = 0;           // refused by the library: a kill is in force
    std::uint64_t replayed = 0;         // id used before on this lane
    std::uint64_t unusable = 0;         // anything else that is no verdict

    std::uint64_t reports = 0;
    std::uint64_t fills = 0;
    std::uint64_t busts = 0;
    std::uint64_t voids = 0;
    std::uint64_t venue_rejects = 0;
    std::uint64_t marks = 0;
    std::uint64_t intents = 0;
    std::uint64_t reconnects = 0;
    std::uint64_t reconnect_differences = 0;
    std::uint64_t late_start_ns_max = 0; // pace: most that a message was behind its time

    Histogram latency; // requests with a verdict, round trip

    static std::uint64_t sum(const std::array<std::uint64_t, request_kinds> &a)
    {
        std::uint64_t total = 0;
        for (const std::uint64_t n : a) {
            total += n;
        }
        return total;
    }
    std::uint64_t requests_total() const { return sum(requests); }
    std::uint64_t accepted_total() const { return sum(accepted); }
    std::uint64_t rejected_total() const { return sum(rejected); }
    std::uint64_t not_approved() const
    {
        return late + expired + gate_down + killed + replayed + unusable;
    }
    // Requests of which nothing at all was heard: must be 0.
    std::uint64_t missing() const
    {
        return requests_total() - accepted_total() - rejected_total() - not_approved();
    }
};

} // namespace ems
