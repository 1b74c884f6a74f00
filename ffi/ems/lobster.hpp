// Reads a LOBSTER message file: plain CSV, one message per line, no header.
//
//     34200.004241176,1,16113575,18,5853300,1
//     seconds         | |        |  price×10,000, side of the resting order (1 buy, -1 sell)
//                  type id       size
//
// Exact: no number passes through floating point. Reads one line at a time, keeps nothing.
#pragma once

#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "message.hpp"

namespace ems {

// The file can't be opened or says something that can't be; the text says where and what to do.
struct InputError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// One line into a message; an empty text if it worked, else what is wrong with it.
std::string parse_lobster(std::string_view line, Message &message);

class LobsterFile final : public MessageSource {
public:
    // Throws InputError. All its messages are about the first instrument.
    explicit LobsterFile(const std::string &path);
    bool next(Message &message) override;

private:
    std::string path_;
    std::ifstream file_;
    std::string line_;
    std::uint64_t number_ = 0;
};

} // namespace ems
