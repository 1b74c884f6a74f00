// When a message is due: in real time, divided by a speed-up. Sleeps up to shortly before.
#pragma once

#include <cstdint>
#include <ctime>

#include "riskgate.h"

namespace ems {

class Pace {
public:
    // speedup 0: everything is due at once.
    explicit Pace(double speedup) : speedup_(speedup) {}

    // Waits until the message of this time is due; returns by how much it was late.
    std::uint64_t wait(std::int64_t time_ns)
    {
        if (speedup_ == 0) {
            return 0;
        }
        if (start_ns_ == 0) {
            start_ns_ = rg_now_ns();
            first_ns_ = time_ns;
        }
        const double after = static_cast<double>(time_ns - first_ns_) / speedup_;
        const std::uint64_t due = start_ns_ + static_cast<std::uint64_t>(after > 0 ? after : 0);
        std::uint64_t now = rg_now_ns();
        while (now < due) {
            const std::uint64_t left = due - now;
            if (left > 200000) {
                const std::uint64_t nap = left > 50000000 ? 50000000 : left - 100000;
                const timespec time = {0, static_cast<long>(nap)};
                if (nanosleep(&time, nullptr) != 0) {
                    return 0; // a signal: somebody wants us to look up
                }
            }
            now = rg_now_ns();
        }
        return now - due;
    }

private:
    double speedup_;
    std::uint64_t start_ns_ = 0;
    std::int64_t first_ns_ = 0;
};

} // namespace ems
