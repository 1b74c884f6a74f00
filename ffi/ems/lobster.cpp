#include "lobster.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>

namespace ems {
namespace {

constexpr std::int64_t lobster_price_unit = 100000; // 1e-4 in 1e-9

// The text up to the next comma, taken off the front of `rest`.
std::string_view column(std::string_view &rest)
{
    const std::size_t comma = rest.find(',');
    const std::string_view cell = rest.substr(0, comma);
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    return cell;
}

template <class Int>
bool integer(std::string_view cell, Int &value)
{
    const char *end = cell.data() + cell.size();
    const auto result = std::from_chars(cell.data(), end, value);
    return result.ec == std::errc() && result.ptr == end && !cell.empty();
}

// "34200.004241176" to nanoseconds. Some files have a dozen places, the traces of floating point
// where they were made; those round to the nanosecond, so that equal times stay equal.
bool seconds(std::string_view cell, std::int64_t &ns)
{
    const std::size_t point = cell.find('.');
    std::int64_t whole = 0;
    std::int64_t fraction = 0;
    if (!integer(cell.substr(0, point), whole) || whole < 0 || whole > 172800) {
        return false;
    }
    if (point != std::string_view::npos) {
        const std::string_view digits = cell.substr(point + 1, 9);
        const std::string_view more = cell.substr(point + 1 + digits.size());
        std::uint64_t rest = 0;
        if (!integer(digits, fraction) || fraction < 0 ||
            (!more.empty() && (more.front() == '-' || !integer(more, rest)))) {
            return false;
        }
        fraction += !more.empty() && more.front() >= '5' ? 1 : 0;
        for (std::size_t i = digits.size(); i < 9; ++i) {
            fraction *= 10;
        }
    }
    ns = whole * 1000000000 + fraction;
    return true;
}

std::string quoted(const char *what, std::string_view cell, const char *bound)
{
    return std::string(what) + " \"" + std::string(cell) + "\": " + bound;
}

// A hint, if the first bytes are of a compressed file.
std::string compressed(const std::string &path, std::string_view start)
{
    const auto begins = [&](std::string_view magic) {
        return start.substr(0, magic.size()) == magic;
    };
    if (begins("\xfd"
               "7zXZ")) {
        return path + " is compressed with xz; decompress it first:  xz -dk " + path;
    }
    if (begins("\x1f\x8b")) {
        return path + " is compressed with gzip; decompress it first:  gunzip -k " + path;
    }
    if (begins("PK\x03\x04")) {
        return path + " is a zip archive; unpack it first:  unzip " + path;
    }
    return {};
}

} // namespace

std::string parse_lobster(std::string_view line, Message &message)
{
    if (!line.empty() && line.back() == '\r') {
        line.remove_suffix(1);
    }
    std::string_view rest = line;
    const std::string_view time = column(rest), type = column(rest), id = column(rest),
                           size = column(rest), price = column(rest), side = column(rest);
    int type_number = 0;
    int direction = 0;
    Message m;
    if (!seconds(time, m.time_ns)) {
        return quoted("time", time, "expected seconds after midnight, such as 34200.004241176");
    }
    if (!integer(type, type_number) || type_number < 1 || type_number > 7) {
        return quoted("type", type, "expected 1 to 7");
    }
    m.type = static_cast<Type>(type_number);
    if (!integer(id, m.id)) {
        return quoted("order id", id, "expected a whole number");
    }
    if (!integer(size, m.size) || m.size < 0 || m.size > 1000000000) {
        return quoted("size", size, "expected a whole number up to 1,000,000,000");
    }
    if (!integer(price, m.price) || m.price > 1000000000000) {
        return quoted("price", price, "expected price times 10,000, up to 1,000,000,000,000");
    }
    if (!integer(side, direction) || (direction != 1 && direction != -1)) {
        return quoted("direction", side, "expected 1 or -1");
    }
    const bool about_an_order = m.type < Type::cross;
    if (about_an_order && (m.size == 0 || m.price <= 0)) {
        return "size and price of an order must be above 0";
    }
    m.buy = direction == 1;
    m.price *= lobster_price_unit;
    message = m;
    return {};
}

LobsterFile::LobsterFile(const std::string &path) : path_(path), file_(path, std::ios::binary)
{
    if (!file_) {
        throw InputError("opening " + path + ": " + std::strerror(errno) +
                         "; or use --generate N for made-up messages");
    }
    char start[8] = {};
    file_.read(start, sizeof start);
    const std::string hint =
        compressed(path, std::string_view(start, static_cast<std::size_t>(file_.gcount())));
    if (!hint.empty()) {
        throw InputError(hint);
    }
    file_.clear();
    file_.seekg(0);
}

bool LobsterFile::next(Message &message)
{
    do {
        if (!std::getline(file_, line_)) {
            return false;
        }
        number_ += 1;
    } while (line_.empty());
    const std::string wrong = parse_lobster(line_, message);
    if (!wrong.empty()) {
        throw InputError(path_ + ", line " + std::to_string(number_) + ": " + wrong +
                         " (expected a LOBSTER message file: "
                         "seconds,type,id,size,price*10000,direction)");
    }
    return true;
}

} // namespace ems
