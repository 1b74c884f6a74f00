// The visible book of one instrument, built from the messages, and the mark that follows from it.
//
// The file begins in the middle of the day's life of the book: orders that were open before are
// not known here. So the best prices that we see may be far from the true ones, and a mark is made
// only of what is near the last price; a side that is empty, crossed or far counts as one tick off.
// Knows all orders of the market, not which of them are ours.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory_resource>
#include <unordered_map>

#include "riskgate.h"

#include "message.hpp"

namespace ems {

struct Mark {
    std::int64_t bid = RG_PRICE_UNDEFINED; // 1e-9
    std::int64_t ask = RG_PRICE_UNDEFINED;
    std::int64_t last = RG_PRICE_UNDEFINED; // undefined before the first trade

    friend bool operator==(const Mark &a, const Mark &b)
    {
        return a.bid == b.bid && a.ask == b.ask && a.last == b.last;
    }
};

class Market {
public:
    // `memory` serves the nodes; `tick` is in 1e-9.
    Market(std::pmr::memory_resource *memory, std::int64_t tick)
        : tick_(tick), bids_(memory), asks_(memory), orders_(memory)
    {
    }

    bool knows(std::uint64_t id) const { return orders_.count(id) != 0; }
    // A price somebody named: the reference until there is a trade.
    void seen(std::int64_t price) { reference_ = reference_ == 0 ? price : reference_; }

    void add(const Message &m)
    {
        if (orders_.emplace(m.id, Resting{m.price, m.size, m.buy}).second) {
            put(m.price, m.size, m.buy);
        }
    }
    // Takes `size` away from an order (all of it, if it has no more).
    void reduce(std::uint64_t id, std::int64_t size)
    {
        const auto at = orders_.find(id);
        if (at == orders_.end()) {
            return;
        }
        Resting &order = at->second;
        const std::int64_t less = size < order.size ? size : order.size;
        put(order.price, -less, order.buy);
        order.size -= less;
        if (order.size == 0) {
            orders_.erase(at);
        }
    }
    void remove(std::uint64_t id) { reduce(id, INT64_MAX); }
    void reprice(const Message &m)
    {
        remove(m.id);
        add(m);
    }
    void traded(std::int64_t price) { last_ = reference_ = price; }

    Mark mark() const
    {
        // Half a percent: well within the narrowest collar that anybody sets.
        const std::int64_t near = reference_ / 200;
        Mark m;
        m.bid = bids_.empty() ? 0 : bids_.begin()->first;
        m.ask = asks_.empty() ? 0 : asks_.begin()->first;
        m.last = last_;
        const bool far_bid = m.bid < reference_ - near || m.bid > reference_ + near;
        const bool far_ask = m.ask < reference_ - near || m.ask > reference_ + near;
        if (far_bid) {
            m.bid = reference_ - tick_;
        }
        if (far_ask) {
            m.ask = reference_ + tick_;
        }
        if (m.bid >= m.ask) {
            m.bid = reference_ - tick_;
            m.ask = reference_ + tick_;
        }
        return m;
    }

private:
    struct Resting {
        std::int64_t price;
        std::int64_t size;
        bool buy;
    };

    void put(std::int64_t price, std::int64_t size, bool buy)
    {
        buy ? put(bids_, price, size) : put(asks_, price, size);
    }
    template <class Levels>
    static void put(Levels &levels, std::int64_t price, std::int64_t size)
    {
        const auto at = levels.emplace(price, 0).first;
        at->second += size;
        if (at->second <= 0) {
            levels.erase(at);
        }
    }

    std::int64_t tick_;
    std::int64_t reference_ = 0;
    std::int64_t last_ = RG_PRICE_UNDEFINED;
    std::pmr::map<std::int64_t, std::int64_t, std::greater<>> bids_; // price to size, best first
    std::pmr::map<std::int64_t, std::int64_t> asks_;
    std::pmr::unordered_map<std::uint64_t, Resting> orders_;
};

} // namespace ems
