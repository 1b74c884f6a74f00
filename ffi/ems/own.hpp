// What we have at the venue: our open orders, and the positions that our executions made.
//
// This is the EMS's own view, kept without asking the gate; at the end, and after every reconnect,
// it is compared with the gate's. Accounts and instruments are places in the EMS's lists.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <unordered_map>
#include <vector>

#include "riskgate.h"

namespace ems {

struct OwnOrder {
    std::uint64_t id = 0;
    std::uint32_t account = 0;
    std::uint32_t instrument = 0;
    std::uint8_t side = 0;        // RG_SIDE_...
    std::int64_t price = 0;       // 1e-9
    std::int64_t total = 0;       // 1e-8, what is filled included
    std::int64_t filled = 0;      // 1e-8
    std::int64_t market_left = 0; // 1e-8: what the message stream says is left of it

    std::int64_t remaining() const { return total - filled; }
};

struct Position {
    std::int64_t shares = 0; // 1e-8, signed
    std::int64_t open_buy = 0;
    std::int64_t open_sell = 0;
};

class OwnView {
public:
    OwnView(std::pmr::memory_resource *memory, std::size_t accounts, std::size_t instruments)
        : instruments_(instruments), filled_(accounts * instruments), orders_(memory)
    {
        orders_.reserve(8192);
    }

    OwnOrder *find(std::uint64_t id)
    {
        const auto at = orders_.find(id);
        return at == orders_.end() ? nullptr : &at->second;
    }
    void add(const OwnOrder &order) { orders_.insert_or_assign(order.id, order); }
    void erase(std::uint64_t id) { orders_.erase(id); }
    std::size_t open() const { return orders_.size(); }
    const std::pmr::unordered_map<std::uint64_t, OwnOrder> &orders() const { return orders_; }

    // An execution; a bust is one with negative quantity.
    void book(std::uint32_t account, std::uint32_t instrument, std::uint8_t side, std::int64_t qty)
    {
        filled_[account * instruments_ + instrument] += side == RG_SIDE_BUY ? qty : -qty;
    }
    // Starts from what the gate had before we came.
    void start_at(std::uint32_t account, std::uint32_t instrument, std::int64_t shares)
    {
        filled_[account * instruments_ + instrument] = shares;
    }

    // All positions, by account and then instrument.
    std::vector<Position> positions() const
    {
        std::vector<Position> all(filled_.size());
        for (std::size_t i = 0; i < all.size(); ++i) {
            all[i].shares = filled_[i];
        }
        for (const auto &entry : orders_) {
            const OwnOrder &o = entry.second;
            Position &p = all[o.account * instruments_ + o.instrument];
            (o.side == RG_SIDE_BUY ? p.open_buy : p.open_sell) += o.remaining();
        }
        return all;
    }
    std::size_t instruments() const { return instruments_; }
    std::size_t accounts() const { return filled_.size() / instruments_; }

private:
    std::size_t instruments_;
    std::vector<std::int64_t> filled_;
    std::pmr::unordered_map<std::uint64_t, OwnOrder> orders_;
};

} // namespace ems
