#include "session.hpp"

#include <cstring>
#include <ctime>

namespace ems {
namespace {

constexpr std::uint64_t cold_call_ns = UINT64_C(2000000000);
// A verdict that has not come by then, from a gate that lives, is missing.
constexpr std::uint64_t missing_after_ns = UINT64_C(5000000000);
// How long a full ring is given to drain.
constexpr std::uint64_t retry_ns = UINT64_C(10000000000);

void nap(long ns)
{
    const timespec time = {0, ns};
    nanosleep(&time, nullptr);
}

std::string both(const std::string &what, const char *why)
{
    return *why == '\0' ? what : what + ": " + why;
}

} // namespace

Session::Session(const SessionOptions &options, Counts &counts) : options_(options), counts_(counts)
{
    std::memset(static_cast<void *>(&client_), 0, sizeof client_);
    std::memset(static_cast<void *>(&marks_), 0, sizeof marks_);
    intents_.reserve(RG_INTENTS_MAX);
    rg_connect_options connect;
    rg_connect_options_init(&connect);
    connect.socket_path = options_.socket.c_str();
    connect.lane = options_.lane.c_str();
    connect.timeout_ns = cold_call_ns;
    connect.wait = options_.spin ? RG_WAIT_SPIN : RG_WAIT_YIELD;
    if (rg_connect(&connect, &client_) != RG_OK) {
        throw GateLost(rg_last_error(&client_));
    }
    try {
        open_marks();
        look_up(accounts_, instruments_);
    } catch (...) {
        rg_close(&client_);
        rg_marks_close(&marks_);
        throw;
    }
}

Session::~Session()
{
    rg_marks_close(&marks_);
    rg_close(&client_);
}

void Session::look_up(std::vector<std::uint32_t> &accounts, std::vector<std::uint32_t> &instruments)
{
    for (const std::string &name : options_.accounts) {
        std::uint32_t id = 0;
        if (rg_lookup_account(&client_, name.c_str(), &id) != RG_OK) {
            throw GateLost(both("account " + name, rg_last_error(&client_)));
        }
        accounts.push_back(id);
    }
    for (const std::string &name : options_.instruments) {
        std::uint32_t id = 0;
        if (rg_lookup_instrument(&client_, name.c_str(), &id) != RG_OK) {
            throw GateLost(both("instrument " + name, rg_last_error(&client_)));
        }
        instruments.push_back(id);
    }
}

// The mark table is fresh with every engine. Right after a takeover the gate may still be busy
// with the old writer, so this tries for a while.
void Session::open_marks()
{
    rg_marks_options open;
    rg_marks_options_init(&open);
    open.socket_path = options_.socket.c_str();
    open.timeout_ns = cold_call_ns;
    const std::uint64_t deadline = rg_now_ns() + options_.reconnect_ns;
    rg_marks_close(&marks_);
    while (rg_marks_open(&open, &marks_) != RG_OK) {
        if (rg_now_ns() > deadline) {
            throw GateLost(both("opening the mark table", rg_marks_last_error(&marks_)));
        }
        nap(5000000);
    }
}

// ------------------------------------------------------------------------------------ asking

bool Session::ask(const rg_order &order, Request kind)
{
    rg_verdict verdict;
    counts_.requests[kind] += 1;
    const std::uint64_t start = rg_now_ns();
    while (rg_now_ns() - start < retry_ns) {
        const int status = rg_check(&client_, &order, options_.timeout_ns, &verdict);
        switch (status) {
        case RG_ACCEPT:
        case RG_REJECT:
            counts_.latency.record(rg_now_ns() - start);
            return count(verdict, status, kind);
        case RG_TIMEOUT:
            if ((verdict.local & RG_LOCAL_EXPIRED) != 0) {
                counts_.expired += 1;
            } else {
                await_late(order.id);
            }
            return false;
        case RG_GATE_DOWN:
            counts_.gate_down += 1;
            recover("waiting for a verdict");
            return false;
        case RG_FULL: // the gate has not taken our reports yet
            nap(20000);
            continue;
        case RG_BUSY: { // cancel intents wait for us
            rg_verdict intent;
            while (rg_poll(&client_, &intent) == 1) {
                keep(intent);
            }
            continue;
        }
        case RG_KILLED: counts_.killed += 1; return false;
        case RG_REPLAYED: counts_.replayed += 1; return false;
        case RG_QUARANTINED:
            throw GateLost(std::string("the gate quarantined lane ") + options_.lane + ": " +
                           rg_strerror(status));
        default: counts_.unusable += 1; return false;
        }
    }
    throw GateLost("the gate is alive, but has taken nothing from lane " + options_.lane +
                   " for 10 s: look at its log");
}

// Counts a verdict; true if it is an approval.
bool Session::count(const rg_verdict &verdict, int status, Request kind)
{
    const auto has = [&](unsigned flag) { return (verdict.flags & flag) != 0 ? 1u : 0u; };
    counts_.alerts += has(RG_VERDICT_ALERTED);
    counts_.soft += has(RG_VERDICT_SOFT);
    counts_.shadowed += has(RG_VERDICT_SHADOWED);
    counts_.unknown_cancels += has(RG_VERDICT_UNKNOWN_ORDER);
    if (status == RG_ACCEPT) {
        counts_.accepted[kind] += 1;
        return true;
    }
    counts_.rejected[kind] += 1;
    if (verdict.first_check < check_numbers) {
        counts_.first_reason[verdict.first_check] += 1;
    }
    for (std::size_t check = 1; check < check_numbers && check < 64; ++check) {
        counts_.breaches[check] += (verdict.breaches >> (check - 1)) & 1;
    }
    counts_.more_breaches += (verdict.breaches & RG_BREACH_MORE) != 0 ? 1 : 0;
    return false;
}

// rg_check gave up on a request. Its verdict is still owed: wait for it, so that a gate that
// swallows one is found out. It approves nothing any more; the library voids it.
void Session::await_late(std::uint64_t id)
{
    const std::uint64_t deadline = rg_now_ns() + missing_after_ns;
    rg_verdict verdict;
    for (;;) {
        while (rg_poll(&client_, &verdict) == 1) {
            if (verdict.decision == RG_DECISION_CANCEL_INTENT) {
                keep(verdict);
            } else if (verdict.order_id == id) {
                counts_.late += 1;
                return;
            }
        }
        const int health = rg_health(&client_);
        if (health == RG_GATE_DOWN) {
            counts_.gate_down += 1;
            recover("waiting for a late verdict");
            return;
        }
        if (rg_now_ns() > deadline) {
            throw MissingVerdict("request " + std::to_string(id) +
                                 " has no verdict after 5 s, though the gate is alive: "
                                 "its promise of exactly one verdict per request is broken");
        }
        nap(20000);
    }
}

// ----------------------------------------------------------------------------------- telling

void Session::tell(const rg_exec_report &report)
{
    const std::uint64_t deadline = rg_now_ns() + retry_ns;
    int status;
    while ((status = rg_report(&client_, &report)) != RG_OK) {
        if (status == RG_GATE_DOWN) {
            recover("reporting");
        } else if (status != RG_FULL || rg_now_ns() > deadline) {
            throw GateLost(std::string("reporting: ") + rg_strerror(status));
        } else {
            nap(20000);
        }
    }
    counts_.reports += 1;
}

void Session::tell_void(std::uint64_t order_id, std::uint64_t request_id)
{
    const std::uint64_t deadline = rg_now_ns() + retry_ns;
    int status;
    while ((status = rg_void(&client_, order_id, request_id)) != RG_OK) {
        if (status == RG_GATE_DOWN) {
            recover("voiding");
        } else if (status != RG_FULL || rg_now_ns() > deadline) {
            throw GateLost(std::string("voiding: ") + rg_strerror(status));
        } else {
            nap(20000);
        }
    }
    counts_.voids += 1;
}

void Session::mark(std::uint32_t instrument, const Mark &mark)
{
    counts_.marks += 1;
    int status;
    while ((status = rg_mark_set(&marks_, instruments_[instrument], mark.bid, mark.ask, mark.last,
                                 rg_now_ns())) != RG_OK) {
        if (status != RG_GATE_DOWN) {
            throw GateLost(std::string("writing a mark: ") + rg_strerror(status));
        }
        recover("writing a mark");
    }
}

void Session::keep(const rg_verdict &verdict)
{
    if (verdict.decision == RG_DECISION_CANCEL_INTENT) {
        counts_.intents += 1;
        intents_.push_back(verdict.order_id);
    }
}

void Session::take_intents(std::vector<std::uint64_t> &ids)
{
    rg_verdict verdict;
    while (rg_poll(&client_, &verdict) == 1) {
        keep(verdict);
    }
    ids.clear();
    ids.swap(intents_);
}

// --------------------------------------------------------------------- when the gate goes away

void Session::recover(const char *doing)
{
    if (recovering_) { // it went away again while we compared
        throw GateLost(std::string(doing) + ": the gate went away again during the reconnect");
    }
    recovering_ = true;
    rg_verdict verdict;
    while (rg_poll(&client_, &verdict) == 1) {
        keep(verdict);
    }
    const std::uint64_t deadline = rg_now_ns() + options_.reconnect_ns;
    int status;
    while ((status = rg_reconnect(&client_)) != RG_OK) {
        if (rg_now_ns() > deadline) {
            throw GateLost(both(std::string("the gate went away while ") + doing +
                                    " and did not come back in time",
                                rg_last_error(&client_)));
        }
        nap(20000000);
    }
    counts_.reconnects += 1;
    open_marks();
    std::vector<std::uint32_t> accounts;
    std::vector<std::uint32_t> instruments;
    look_up(accounts, instruments);
    if (accounts != accounts_ || instruments != instruments_) {
        throw GateLost("the gate came back with another configuration: accounts or instruments "
                       "have other numbers; start the EMS anew");
    }
    if (on_reconnect) {
        on_reconnect();
    }
    recovering_ = false;
}

// --------------------------------------------------------------------------- the gate's view

namespace {

template <class Item, class Ask>
std::vector<Item> whole_list(const rg_client *client, const char *what, Ask ask)
{
    std::vector<Item> items(1024);
    for (int attempt = 0; attempt < 8; ++attempt) {
        std::size_t count = 0;
        const int status = ask(items.data(), items.size(), &count);
        if (status == RG_OK) {
            items.resize(count);
            return items;
        }
        if (status != RG_TOO_SMALL) {
            throw GateLost(
                both(std::string("asking for the gate's ") + what, rg_last_error(client)));
        }
        items.resize(count + count / 4);
    }
    throw GateLost(std::string("asking for the gate's ") + what + ": the list keeps growing");
}

} // namespace

std::vector<rg_outstanding_item> Session::outstanding()
{
    return whole_list<rg_outstanding_item>(
        &client_, "open orders",
        [this](rg_outstanding_item *items, std::size_t room, std::size_t *n) {
            return rg_outstanding(&client_, items, room, n, nullptr);
        });
}

std::vector<rg_position_item> Session::positions()
{
    return whole_list<rg_position_item>(
        &client_, "positions",
        [this](rg_position_item *items, std::size_t room, std::size_t *n) {
            return rg_positions(&client_, items, room, n, nullptr);
        });
}

} // namespace ems
