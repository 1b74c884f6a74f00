// What is printed at the end, for people and as JSON. Decides nothing, asks nobody.
#pragma once

#include <string>

#include "compare.hpp"
#include "counts.hpp"
#include "options.hpp"

namespace ems {

struct Run {
    const Options &options;
    const Counts &counts;
    const OwnView &own;
    const Comparison &comparison;
    double seconds;
    std::size_t withdrawn; // open orders of an earlier run
    bool interrupted;
};

std::string summary_text(const Run &run);
std::string summary_json(const Run &run);
// "1,234,567".
std::string grouped(std::uint64_t number);

} // namespace ems
