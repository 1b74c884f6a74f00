// One message of the market, as LOBSTER tells it, and where messages come from.
//
// The types are LOBSTER's; reprice is ours (the generator's), because LOBSTER shows a change of
// price as a delete and a new order. Nothing here knows the gate.
#pragma once

#include <cstdint>

namespace ems {

enum class Type : std::uint8_t {
    none = 0,
    add = 1,      // new limit order
    reduce = 2,   // partial cancel: `size` is what goes
    remove = 3,   // delete
    executed = 4, // of a visible resting order: so there is an aggressor on the other side
    hidden = 5,   // of a hidden order: only the aggressor is somebody we know of
    cross = 6,    // auction
    halt = 7,
    reprice = 8,  // the order moves to `price` (generator only)
};
constexpr int type_count = 9;

inline const char *type_name(int type)
{
    static const char *const names[type_count] = {"none",   "new",    "partial_cancel",
                                                  "delete", "executed", "hidden",
                                                  "cross",  "halt",   "reprice"};
    return names[type];
}

struct Message {
    std::int64_t time_ns = 0;     // since midnight
    std::uint64_t id = 0;         // of the resting order; 0 for hidden ones
    std::int64_t price = 0;       // 1e-9, as riskgate.h has it
    std::int64_t size = 0;        // whole shares
    std::int64_t unexecuted = 0;  // executions, generator only: what the aggressor wanted beyond
    std::uint32_t instrument = 0; // place in the list of --instruments
    Type type = Type::none;
    bool buy = false;             // side of the resting order
};

class MessageSource {
public:
    virtual ~MessageSource() = default;
    // The next message; false at the end. Throws InputError on a bad one.
    virtual bool next(Message &message) = 0;
};

} // namespace ems
