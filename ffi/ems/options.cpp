#include "options.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace ems {

const char help_text[] =
    R"(riskgate-ems: a sample execution management system that asks the gate about every order

usage: riskgate-ems [options] LOBSTER.csv
       riskgate-ems [options] --generate N

Reads the messages of a market, plays the orders in it as its own (16 accounts, by a hash of the
order's id), asks the gate about each of them, reports what became of them, and compares its open
orders and positions with the gate's at the end.

where the orders come from
  LOBSTER.csv            a LOBSTER message file, decompressed
  --generate N           N made-up messages with the shape of a real hour
  --seed S               of the made-up messages (default 1)
  --limit N              stop after N messages
  --instruments A,B,...  symbols, as the gate knows them (default AAPL; a file is about the first)
  --accounts A,B,...     accounts (default acct01 to acct16, as in the example configuration)
  --accounts-file FILE   the same, one name a line
  --tick PRICE           tick of the instruments (default 0.01)
  --id-base N            added to all ids: for a second run against the same gate (default 0)

what happens to them, as shares from 0 to 1
  --replaces SHARE       of made-up messages: replaces, half in size, half in price (default 0.03)
  --busts SHARE          of executions: taken back by the venue
  --voids SHARE          of approvals: not used
  --venue-rejects SHARE  of sent requests: rejected by the venue
                         (default 0.002 each with --generate, 0 with a file)

how it runs
  --socket PATH          the gate's socket (default riskgate-state/gate.sock)
  --lane NAME            (default ems1)
  --pace fast|SPEEDUP    as fast as answered (default), or in real time divided by SPEEDUP
  --wait spin|yield      how to wait for a verdict (default: spin with --core, else yield)
  --core N               pin to this core
  --timeout-us N         time limit of one question (default 100000)
  --reconnect-ms N       time limit for reaching the gate again (default 10000)
  --progress             a line on stderr every second, also if stderr is no terminal
  --json                 the summary as one JSON object
  --help

exit status: 0 done and equal to the gate, 1 differences or a missing verdict, 2 wrong usage or
unreadable input, 3 gate not reachable

example:
  riskgate-ems --socket riskgate-state/gate.sock --lane ems1 --generate 100000 --seed 7
)";

namespace {

std::vector<std::string> split(const std::string &text)
{
    std::vector<std::string> parts;
    std::size_t from = 0;
    while (from <= text.size()) {
        const std::size_t comma = std::min(text.find(',', from), text.size());
        if (comma > from) {
            parts.push_back(text.substr(from, comma - from));
        }
        from = comma + 1;
    }
    return parts;
}

std::vector<std::string> lines_of(const std::string &path)
{
    std::ifstream file(path);
    if (!file) {
        throw UsageError("--accounts-file " + path + ": " + std::strerror(errno));
    }
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) {
        if (!line.empty() && line.front() != '#') {
            lines.push_back(line);
        }
    }
    return lines;
}

std::uint64_t whole(const std::string &option, const std::string &text, std::uint64_t low,
                    std::uint64_t high)
{
    std::uint64_t value = 0;
    const char *end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, value);
    if (result.ec != std::errc() || result.ptr != end || value < low || value > high) {
        throw UsageError(option + " " + text + ": expected a whole number from " +
                         std::to_string(low) + " to " + std::to_string(high));
    }
    return value;
}

double real(const std::string &option, const std::string &text, double low, double high)
{
    char *end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0' || !(value >= low && value <= high)) {
        throw UsageError(option + " " + text + ": expected a number from " + std::to_string(low) +
                         " to " + std::to_string(high));
    }
    return value;
}

std::int64_t positive_price(const std::string &option, const std::string &text)
{
    std::int64_t price = 0;
    if (rg_price(text.c_str(), &price) != RG_OK || price <= 0) {
        throw UsageError(option + " " + text + ": expected a decimal above 0, such as 0.01");
    }
    return price;
}

bool spin_or_yield(const std::string &text)
{
    if (text != "spin" && text != "yield") {
        throw UsageError("--wait " + text + ": expected spin or yield");
    }
    return text == "spin";
}

// Options that stand alone. True if it was one.
bool take_flag(Options &o, const std::string &name)
{
    if (name == "--help" || name == "-h") {
        o.help = true;
    } else if (name == "--json") {
        o.json = true;
    } else if (name == "--progress") {
        o.progress = true;
    } else {
        return false;
    }
    return true;
}

// Where the orders come from.
bool take_source(Options &o, const std::string &name, const std::string &value)
{
    if (name == "--generate") {
        o.generator.messages = whole(name, value, 1, UINT64_C(1) << 40);
    } else if (name == "--seed") {
        o.generator.seed = o.trader.seed = whole(name, value, 0, UINT64_MAX);
    } else if (name == "--limit") {
        o.limit = whole(name, value, 1, UINT64_MAX);
    } else if (name == "--instruments") {
        o.session.instruments = split(value);
    } else if (name == "--accounts") {
        o.session.accounts = split(value);
    } else if (name == "--accounts-file") {
        o.session.accounts = lines_of(value);
    } else if (name == "--tick") {
        o.trader.tick = positive_price(name, value);
    } else if (name == "--id-base") {
        o.trader.id_base = whole(name, value, 0, UINT64_C(1) << 47);
    } else if (name == "--replaces") {
        o.generator.replaces = real(name, value, 0, 0.45);
    } else if (name == "--busts") {
        o.trader.busts = real(name, value, 0, 1);
    } else if (name == "--voids") {
        o.trader.voids = real(name, value, 0, 1);
    } else if (name == "--venue-rejects") {
        o.trader.venue_rejects = real(name, value, 0, 1);
    } else {
        return false;
    }
    return true;
}

// How it runs.
bool take_running(Options &o, const std::string &name, const std::string &value)
{
    if (name == "--socket") {
        o.session.socket = value;
    } else if (name == "--lane") {
        o.session.lane = value;
    } else if (name == "--pace") {
        o.speedup = value == "fast" ? 0 : real(name, value, 0.001, 1e6);
    } else if (name == "--wait") {
        o.session.spin = spin_or_yield(value);
        o.wait_given = true;
    } else if (name == "--core") {
        o.core = static_cast<int>(whole(name, value, 0, 1023));
    } else if (name == "--timeout-us") {
        o.session.timeout_ns = 1000 * whole(name, value, 1, 60000000);
    } else if (name == "--reconnect-ms") {
        o.session.reconnect_ns = 1000000 * whole(name, value, 1, 3600000);
    } else {
        return false;
    }
    return true;
}

void set_defaults(Options &o)
{
    for (int i = 1; i <= 16; ++i) {
        o.session.accounts.push_back((i < 10 ? "acct0" : "acct") + std::to_string(i));
    }
    o.session.instruments = {"AAPL"};
    o.trader.busts = o.trader.voids = o.trader.venue_rejects = -1; // not given
}

void settle(Options &o)
{
    const bool generate = o.generator.messages != 0;
    if (generate != o.file.empty()) {
        throw UsageError(generate ? "give a file or --generate, not both"
                                  : "no messages: give a LOBSTER file, or --generate N");
    }
    if (o.session.accounts.empty() || o.session.instruments.empty()) {
        throw UsageError("at least one account and one instrument are needed");
    }
    for (double *share : {&o.trader.busts, &o.trader.voids, &o.trader.venue_rejects}) {
        *share = *share >= 0 ? *share : generate ? 0.002 : 0;
    }
    if (!o.wait_given) {
        o.session.spin = o.core >= 0; // spinning takes a core of one's own
    }
    if (!generate) {
        o.session.instruments.resize(1); // a file is about one
    }
    o.generator.instruments = static_cast<std::uint32_t>(o.session.instruments.size());
    o.trader.accounts = o.session.accounts.size();
    o.trader.instruments = o.session.instruments.size();
}

} // namespace

Options parse_options(int argc, char **argv)
{
    Options o;
    set_defaults(o);
    for (int i = 1; i < argc && !o.help; ++i) {
        const std::string name = argv[i];
        if (take_flag(o, name)) {
            continue;
        }
        if (name.compare(0, 1, "-") != 0 || name == "-") {
            if (!o.file.empty()) {
                throw UsageError("one file at a time: " + o.file + " or " + name);
            }
            o.file = name;
            continue;
        }
        if (i + 1 == argc) {
            throw UsageError(name + ": unknown option, or its value is missing");
        }
        const std::string value = argv[++i];
        if (!take_source(o, name, value) && !take_running(o, name, value)) {
            throw UsageError("unknown option " + name);
        }
    }
    if (!o.help) {
        settle(o);
    }
    return o;
}

} // namespace ems
