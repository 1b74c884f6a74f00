#include "compare.hpp"

#include <map>

namespace ems {
namespace {

std::string price_text(std::int64_t price)
{
    char buffer[32];
    rg_format_price(price, buffer, sizeof buffer);
    return buffer;
}

std::string qty_text(std::int64_t qty)
{
    char buffer[32];
    rg_format_qty(qty, buffer, sizeof buffer);
    return buffer;
}

// "remaining 100 here, 60 there", if they differ.
template <class Text>
void differ(std::string &all, const char *what, std::int64_t own, std::int64_t gate, Text text)
{
    if (own != gate) {
        all += all.empty() ? "" : "; ";
        all += std::string(what) + " " + text(own) + " here, " + text(gate) + " at the gate";
    }
}

std::string plain(std::int64_t n) { return std::to_string(n); }

std::string order_difference(const Session &session, const OwnOrder &own,
                             const rg_outstanding_item &gate)
{
    std::string all;
    differ(all, "remaining", own.remaining(), gate.qty - gate.filled, qty_text);
    differ(all, "total", own.total, gate.qty, qty_text);
    differ(all, "reserved", own.remaining(), gate.reserved, qty_text);
    differ(all, "price", own.price, gate.price, price_text);
    differ(all, "side", own.side, gate.side, plain);
    differ(all, "account", session.account(own.account), gate.account, plain);
    differ(all, "instrument", session.instrument(own.instrument), gate.instrument, plain);
    return all;
}

void compare_orders(Session &session, const OwnView &own, Comparison &result)
{
    std::map<std::uint64_t, rg_outstanding_item> gate;
    for (const rg_outstanding_item &item : session.outstanding()) {
        gate.emplace(item.order_id, item);
    }
    result.own_orders = own.open();
    result.gate_orders = gate.size();
    for (const auto &entry : own.orders()) {
        const OwnOrder &o = entry.second;
        const std::string name = "order " + std::to_string(o.id) + ": ";
        const auto at = gate.find(o.id);
        if (at == gate.end()) {
            result.order_differences.push_back(name + "open here with " + qty_text(o.remaining()) +
                                               " at " + price_text(o.price) + ", not at the gate");
            continue;
        }
        const std::string all = order_difference(session, o, at->second);
        if (!all.empty()) {
            result.order_differences.push_back(name + all);
        }
        gate.erase(at);
    }
    for (const auto &entry : gate) {
        const rg_outstanding_item &item = entry.second;
        result.order_differences.push_back(
            "order " + std::to_string(item.order_id) + ": open at the gate with " +
            qty_text(item.qty - item.filled) + " at " + price_text(item.price) + ", not here");
    }
}

void compare_positions(Session &session, const SessionOptions &names, const OwnView &own,
                       Comparison &result)
{
    std::map<std::pair<std::uint32_t, std::uint32_t>, rg_position_item> gate;
    for (const rg_position_item &item : session.positions()) {
        gate.emplace(std::make_pair(item.account, item.instrument), item);
    }
    const std::vector<Position> all = own.positions();
    for (std::size_t i = 0; i < all.size(); ++i) {
        const std::size_t account = i / own.instruments();
        const std::size_t instrument = i % own.instruments();
        const auto at = gate.find({session.account(account), session.instrument(instrument)});
        const rg_position_item item = at == gate.end() ? rg_position_item{} : at->second;
        const Position &p = all[i];
        std::string text;
        differ(text, "position", p.shares, item.position, qty_text);
        differ(text, "open to buy", p.open_buy, item.open_buy, qty_text);
        differ(text, "open to sell", p.open_sell, item.open_sell, qty_text);
        const bool used = p.shares != 0 || p.open_buy != 0 || p.open_sell != 0;
        result.positions += used || !text.empty() ? 1 : 0;
        if (!text.empty()) {
            result.position_differences.push_back(names.accounts[account] + " in " +
                                                  names.instruments[instrument] + ": " + text);
        }
    }
}

} // namespace

Comparison compare(Session &session, const SessionOptions &names, const OwnView &own)
{
    Comparison result;
    compare_orders(session, own, result);
    compare_positions(session, names, own, result);
    return result;
}

} // namespace ems
