// The session with the gate: asking, telling, and what to do when the gate goes away.
//
// This is the part to copy. Four rules:
//  1. Only RG_ACCEPT permits to send. Everything else, whatever it is, means: not sent.
//  2. What the venue says is told to the gate, always; a report that could not be written is kept
//     and told after the reconnect.
//  3. After RG_GATE_DOWN: read what is left (rg_poll), rg_reconnect within a bounded time, then
//     compare the open orders (the owner of the session does, through `on_reconnect`).
//  4. A mark is written before the order that is checked against it.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "riskgate.h"

#include "counts.hpp"
#include "market.hpp"

namespace ems {

// The gate can not be reached, or not within the bounded time.
struct GateLost : std::runtime_error {
    using std::runtime_error::runtime_error;
};
// A request was written, the gate lives, and no verdict came. That must never happen.
struct MissingVerdict : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct SessionOptions {
    std::string socket = "riskgate-state/gate.sock";
    std::string lane = "ems1";
    std::vector<std::string> accounts;
    std::vector<std::string> instruments;
    std::uint64_t timeout_ns = 100000000;           // of one rg_check
    std::uint64_t reconnect_ns = UINT64_C(10000000000); // of connecting and reconnecting
    bool spin = false;
};

class Session {
public:
    // Connects the lane and the mark table and looks all names up. Throws GateLost.
    Session(const SessionOptions &options, Counts &counts);
    ~Session();
    Session(const Session &) = delete;
    Session &operator=(const Session &) = delete;

    // Asks for permission. True: send it now. False: do not.
    bool ask(const rg_order &order, Request kind);
    // Tells what the venue said, or that an approved request was not sent.
    void tell(const rg_exec_report &report);
    void tell_void(std::uint64_t order_id, std::uint64_t request_id);
    void mark(std::uint32_t instrument, const Mark &mark);

    // Orders that the gate asks to cancel, moved to `ids`. Nearly always none.
    void take_intents(std::vector<std::uint64_t> &ids);

    // The gate's view.
    std::vector<rg_outstanding_item> outstanding();
    std::vector<rg_position_item> positions();

    // Gate's ids of places in our lists.
    std::uint32_t account(std::size_t place) const { return accounts_[place]; }
    std::uint32_t instrument(std::size_t place) const { return instruments_[place]; }

    std::function<void()> on_reconnect;

private:
    void look_up(std::vector<std::uint32_t> &accounts, std::vector<std::uint32_t> &instruments);
    bool count(const rg_verdict &verdict, int status, Request kind);
    void await_late(std::uint64_t id);
    void open_marks();
    void recover(const char *doing);
    void keep(const rg_verdict &verdict);

    SessionOptions options_;
    Counts &counts_;
    rg_client client_;
    rg_marks marks_;
    std::vector<std::uint32_t> accounts_;
    std::vector<std::uint32_t> instruments_;
    std::vector<std::uint64_t> intents_;
    bool recovering_ = false;
};

} // namespace ems
