// The trading side: turns each step of the market into requests to the gate, plays the venue that
// answers them, and keeps the own view of what is open.
//
// A real EMS sends an accepted order to its venue and passes on what the venue answers. Here the
// message file is the venue: it says what became of each order. Which account an order belongs to
// is a hash of its id, because the file has no accounts.
#pragma once

#include <memory_resource>
#include <vector>

#include "counts.hpp"
#include "grouping.hpp"
#include "market.hpp"
#include "own.hpp"
#include "random.hpp"
#include "session.hpp"

namespace ems {

struct TraderOptions {
    std::size_t accounts = 0;
    std::size_t instruments = 0;
    std::uint64_t id_base = 0; // added to every id, for a second run against the same gate
    std::int64_t tick = 10000000;
    double busts = 0;          // share of executions that are taken back
    double voids = 0;          // share of approvals that are not used
    double venue_rejects = 0;  // share of sent requests that the venue rejects
    std::uint64_t seed = 1;
};

class Trader {
public:
    Trader(const TraderOptions &options, Session &session, Counts &counts);

    // Takes the gate's positions as the start, and withdraws what an earlier run left open.
    std::size_t take_over();
    void step(const Step &step);
    // Compares the open orders with the gate's after a reconnect; withdraws what we never sent.
    void check_after_reconnect();

    const OwnView &own() const { return own_; }

private:
    void on_new(const Message &m);
    void on_reduce(const Message &m);
    void on_remove(const Message &m);
    void on_reprice(const Message &m);
    void on_executions(const std::vector<Message> &group);
    void on_intents();

    OwnOrder *ours(const Message &m);
    bool open(const rg_order &order, Request kind, const OwnOrder &own);
    bool replace(OwnOrder &own, std::int64_t price, std::int64_t total);
    void cancel(std::uint64_t order_id);
    void fill(std::uint64_t order_id, std::int64_t price, std::int64_t qty);
    void end(std::uint64_t order_id, std::uint8_t kind, std::uint64_t reference);
    void aggress(const std::vector<Message> &group);
    void publish(std::uint32_t instrument);
    rg_order order_of(const OwnOrder &own, std::uint64_t id) const;

    TraderOptions options_;
    Session &session_;
    Counts &counts_;
    std::pmr::unsynchronized_pool_resource memory_;
    std::vector<Market> markets_;
    struct Published {
        Mark mark;
        std::uint64_t at_ns = 0;
    };
    std::vector<Published> published_;
    OwnView own_;
    Random random_;
    std::uint64_t last_request_; // ids of replaces, cancels and aggressors
    std::uint64_t last_execution_;
    std::vector<std::uint64_t> intents_;
};

} // namespace ems
