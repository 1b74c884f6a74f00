// The command line.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include "generator.hpp"
#include "session.hpp"
#include "trader.hpp"

namespace ems {

struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Options {
    std::string file; // empty: generate
    std::uint64_t limit = UINT64_MAX;
    double speedup = 0; // 0: as fast as answered
    int core = -1;
    bool wait_given = false;
    bool json = false;
    bool progress = false;
    bool help = false;
    SessionOptions session;
    TraderOptions trader;
    GeneratorOptions generator;
};

// Throws UsageError.
Options parse_options(int argc, char **argv);
extern const char help_text[];

} // namespace ems
