// Compares the own view with the gate's: order by order, position by position, exactly.
//
// The accounts must be this EMS's alone: what another lane trades on them shows as a difference.
#pragma once

#include <string>
#include <vector>

#include "own.hpp"
#include "session.hpp"

namespace ems {

struct Comparison {
    std::size_t own_orders = 0;
    std::size_t gate_orders = 0;
    std::size_t positions = 0; // compared: account and instrument, either side not all zero
    std::vector<std::string> order_differences;
    std::vector<std::string> position_differences;

    bool equal() const { return order_differences.empty() && position_differences.empty(); }
};

// Asks the gate. Throws GateLost.
Comparison compare(Session &session, const SessionOptions &names, const OwnView &own);

} // namespace ems
