// Puts the executions of one aggressor together.
//
// An order that takes several resting orders shows as several execution messages (types 4 and 5)
// with the same time and direction, one after the other. Every other message is a step of its own.
#pragma once

#include <vector>

#include "message.hpp"

namespace ems {

struct Step {
    std::vector<Message> messages; // one, or the executions of one aggressor

    const Message &first() const { return messages.front(); }
};

inline bool is_execution(const Message &m)
{
    return m.type == Type::executed || m.type == Type::hidden;
}

class Grouping {
public:
    explicit Grouping(MessageSource &source) : source_(source) {}

    // The next step; false at the end. `step` keeps its memory from call to call.
    bool next(Step &step)
    {
        step.messages.clear();
        if (!ahead_valid_ && !source_.next(ahead_)) {
            return false;
        }
        ahead_valid_ = false;
        step.messages.push_back(ahead_);
        while (is_execution(step.first()) && source_.next(ahead_)) {
            if (!belongs(step.first(), ahead_)) {
                ahead_valid_ = true;
                break;
            }
            step.messages.push_back(ahead_);
        }
        return true;
    }

private:
    static bool belongs(const Message &first, const Message &m)
    {
        return is_execution(m) && m.time_ns == first.time_ns && m.buy == first.buy &&
               m.instrument == first.instrument;
    }

    MessageSource &source_;
    Message ahead_;
    bool ahead_valid_ = false;
};

} // namespace ems
