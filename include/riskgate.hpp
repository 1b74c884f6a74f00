// riskgate.hpp: riskgate.h for C++17 with RAII, strong types, std::optional and std::string_view.
//
// It adds types and nothing else: every call is one call of riskgate.h, which is the manual. No
// function of the hot path throws or allocates; failures are values of riskgate::Status. The cold
// calls copy their text arguments and may throw std::bad_alloc, nothing else.
//
//     riskgate::Client gate;
//     if (auto s = gate.connect("/run/riskgate/gate.sock", "ems-1"); s != riskgate::Status::ok)
//         return fail(gate.last_error());
//     auto account = gate.account("desk-1");
//     auto instrument = gate.instrument("AAPL");
//     auto price = riskgate::Price::parse("187.25");
//     auto qty = riskgate::Qty::parse("100");
//     if (!account || !instrument || !price || !qty) return fail(gate.last_error());
//     auto order = riskgate::limit_order(riskgate::OrderId{1}, *account, *instrument,
//                                        riskgate::Side::buy, *price, *qty);
//     riskgate::Verdict verdict;
//     if (gate.check(order, std::chrono::milliseconds(1), verdict) == riskgate::Status::accept)
//         send_to_venue(order);
//     else
//         log(gate.reason(verdict));
#ifndef RISKGATE_HPP
#define RISKGATE_HPP

#if __cplusplus < 201703L
#error "riskgate.hpp needs C++17; riskgate.h works from C++11"
#endif

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "riskgate.h"

namespace riskgate {

// The codes of rg_status. Comparing with Status::accept is the only way to an approval.
enum class Status : int {
    ok = RG_OK,
    accept = RG_ACCEPT,
    reject = RG_REJECT,
    would_accept = RG_WOULD_ACCEPT,
    timeout = RG_TIMEOUT,
    gate_down = RG_GATE_DOWN,
    busy = RG_BUSY,
    full = RG_FULL,
    killed = RG_KILLED,
    invalid = RG_INVALID,
    replayed = RG_REPLAYED,
    quarantined = RG_QUARANTINED,
    not_supported = RG_NOT_SUPPORTED,
    not_found = RG_NOT_FOUND,
    version_mismatch = RG_VERSION_MISMATCH,
    unknown_lane = RG_UNKNOWN_LANE,
    not_permitted = RG_NOT_PERMITTED,
    in_use = RG_IN_USE,
    protocol = RG_PROTOCOL,
    resources = RG_RESOURCES,
    system = RG_SYSTEM,
    syntax = RG_SYNTAX,
    precision = RG_PRECISION,
    range = RG_RANGE,
    too_small = RG_TOO_SMALL,
};

inline std::string_view text(Status status) noexcept { return rg_strerror(static_cast<int>(status)); }

// An integer that can't be taken for another: ids, prices, quantities.
template <class Tag, class Int>
class Strong {
public:
    using value_type = Int;
    constexpr Strong() noexcept = default;
    constexpr explicit Strong(Int value) noexcept : value_(value) {}
    constexpr Int value() const noexcept { return value_; }
    friend constexpr bool operator==(Strong a, Strong b) noexcept { return a.value_ == b.value_; }
    friend constexpr bool operator!=(Strong a, Strong b) noexcept { return a.value_ != b.value_; }
    friend constexpr bool operator<(Strong a, Strong b) noexcept { return a.value_ < b.value_; }

private:
    Int value_{};
};

using OrderId = Strong<struct OrderIdTag, std::uint64_t>;
using ExecutionId = Strong<struct ExecutionIdTag, std::uint64_t>;
using AccountId = Strong<struct AccountIdTag, std::uint32_t>;
using InstrumentId = Strong<struct InstrumentIdTag, std::uint32_t>;

// 1e-9 of the instrument's currency.
class Price : public Strong<struct PriceTag, std::int64_t> {
public:
    using Strong::Strong;
    static constexpr Price undefined() noexcept { return Price{RG_PRICE_UNDEFINED}; }
    constexpr bool defined() const noexcept { return value() != RG_PRICE_UNDEFINED; }
    // Exact; nothing if it is no decimal number or has more than nine places.
    static std::optional<Price> parse(std::string_view decimal)
    {
        std::int64_t value = 0;
        if (rg_price(std::string(decimal).c_str(), &value) != RG_OK) {
            return std::nullopt;
        }
        return Price{value};
    }
    std::string str() const
    {
        char buffer[32];
        rg_format_price(value(), buffer, sizeof buffer);
        return buffer;
    }
};

// 1e-8 of a share or contract.
class Qty : public Strong<struct QtyTag, std::int64_t> {
public:
    using Strong::Strong;
    // Exact; nothing if it is no decimal number or has more than eight places.
    static std::optional<Qty> parse(std::string_view decimal)
    {
        std::int64_t value = 0;
        if (rg_qty(std::string(decimal).c_str(), &value) != RG_OK) {
            return std::nullopt;
        }
        return Qty{value};
    }
    std::string str() const
    {
        char buffer[32];
        rg_format_qty(value(), buffer, sizeof buffer);
        return buffer;
    }
};

enum class Side : std::uint8_t { buy = RG_SIDE_BUY, sell = RG_SIDE_SELL };

using Order = rg_order;
using Report = rg_exec_report;
using Outstanding = rg_outstanding_item;
using Position = rg_position_item;

inline Order limit_order(OrderId id, AccountId account, InstrumentId instrument, Side side,
                         Price price, Qty qty) noexcept
{
    return rg_limit_order(id.value(), account.value(), instrument.value(),
                          static_cast<std::uint8_t>(side), price.value(), qty.value());
}

// A two-sided quote: two orders, each decided and reserved by itself. A mass quote is a run of them.
struct Quote {
    Order bid; // has the quote's id
    Order ask; // has the next one
};

inline Quote quote(OrderId id, AccountId account, InstrumentId instrument, Price bid, Qty bid_qty,
                   Price ask, Qty ask_qty) noexcept
{
    return Quote{limit_order(id, account, instrument, Side::buy, bid, bid_qty),
                 limit_order(OrderId{id.value() + 1}, account, instrument, Side::sell, ask, ask_qty)};
}

// The replace of both sides by new terms, requested as `request` and the next id. The new terms'
// own ids are not looked at.
inline Quote replace_of(const Quote &old, OrderId request, const Quote &terms) noexcept
{
    Quote quote = terms;
    quote.bid.kind = quote.ask.kind = RG_KIND_REPLACE;
    quote.bid.id = request.value();
    quote.ask.id = request.value() + 1;
    quote.bid.target = old.bid.target != 0 ? old.bid.target : old.bid.id;
    quote.ask.target = old.ask.target != 0 ? old.ask.target : old.ask.id;
    return quote;
}

inline Report fill(const Order &order, ExecutionId execution, Price price, Qty qty) noexcept
{
    return rg_fill_of(&order, execution.value(), price.value(), qty.value());
}

// A verdict; default-constructed it is no decision.
struct Verdict : rg_verdict {
    Verdict() noexcept : rg_verdict() {}
    OrderId id() const noexcept { return OrderId{order_id}; }
    bool accepted() const noexcept { return decision == RG_DECISION_ACCEPT; }
    bool rejected() const noexcept { return decision == RG_DECISION_REJECT; }
    bool is_cancel_intent() const noexcept { return decision == RG_DECISION_CANCEL_INTENT; }
    std::string_view check_name() const noexcept { return rg_check_name(first_check); }
};

// One lane. Closed when it goes out of scope. Moves, does not copy; one thread at a time.
class Client {
public:
    Client() : client_(new rg_client()) {}
    Client(Client &&) noexcept = default;
    Client &operator=(Client &&) noexcept = default;

    Status connect(std::string_view socket_path, std::string_view lane,
                   std::chrono::nanoseconds timeout = std::chrono::seconds(2),
                   std::uint32_t wait = RG_WAIT_SPIN)
    {
        const std::string path(socket_path);
        const std::string name(lane);
        rg_connect_options options;
        rg_connect_options_init(&options);
        options.socket_path = path.c_str();
        options.lane = name.c_str();
        options.timeout_ns = nanoseconds(timeout);
        options.wait = wait;
        rg_close(client_.get());
        return Status(rg_connect(&options, client_.get()));
    }
    Status reconnect() noexcept { return Status(rg_reconnect(client_.get())); }
    void close() noexcept { rg_close(client_.get()); }
    Status health() const noexcept { return Status(rg_health(client_.get())); }
    std::string_view last_error() const noexcept { return rg_last_error(client_.get()); }

    Status submit(const Order &order) noexcept { return Status(rg_submit(client_.get(), &order)); }
    Status replace(const Order &order) noexcept { return Status(rg_replace(client_.get(), &order)); }
    Status cancel(OrderId request, OrderId order) noexcept
    {
        return Status(rg_cancel(client_.get(), request.value(), order.value()));
    }
    Status mass_cancel(OrderId request, std::optional<AccountId> account,
                       std::optional<InstrumentId> instrument, std::optional<Side> side) noexcept
    {
        return Status(rg_mass_cancel(client_.get(), request.value(),
                                     account ? account->value() : RG_ANY_ID,
                                     instrument ? instrument->value() : RG_ANY_ID,
                                     side ? static_cast<std::uint8_t>(*side) : std::uint8_t{0}));
    }
    Status check(const Order &order, std::chrono::nanoseconds timeout, Verdict &verdict) noexcept
    {
        return Status(rg_check(client_.get(), &order, nanoseconds(timeout), &verdict));
    }
    std::optional<Verdict> poll() noexcept
    {
        Verdict verdict;
        if (rg_poll(client_.get(), &verdict) == 0) {
            return std::nullopt;
        }
        return verdict;
    }
    Status report(const Report &report) noexcept { return Status(rg_report(client_.get(), &report)); }
    Status correct(const Report &wrong, const Report &right) noexcept
    {
        return Status(rg_correct(client_.get(), &wrong, &right));
    }
    Status void_request(OrderId order, OrderId request) noexcept
    {
        return Status(rg_void(client_.get(), order.value(), request.value()));
    }

    std::optional<AccountId> account(std::string_view name)
    {
        std::uint32_t id = 0;
        if (rg_lookup_account(client_.get(), std::string(name).c_str(), &id) != RG_OK) {
            return std::nullopt;
        }
        return AccountId{id};
    }
    std::optional<InstrumentId> instrument(std::string_view name)
    {
        std::uint32_t id = 0;
        if (rg_lookup_instrument(client_.get(), std::string(name).c_str(), &id) != RG_OK) {
            return std::nullopt;
        }
        return InstrumentId{id};
    }
    std::optional<std::vector<Outstanding>> outstanding()
    {
        return list<Outstanding>([this](Outstanding *items, std::size_t room, std::size_t *count) {
            return rg_outstanding(client_.get(), items, room, count, nullptr);
        });
    }
    std::optional<std::vector<Position>> positions()
    {
        return list<Position>([this](Position *items, std::size_t room, std::size_t *count) {
            return rg_positions(client_.get(), items, room, count, nullptr);
        });
    }
    std::optional<std::vector<std::uint64_t>> unanswered()
    {
        return list<std::uint64_t>([this](std::uint64_t *ids, std::size_t room, std::size_t *count) {
            return rg_unanswered(client_.get(), ids, room, count);
        });
    }
    std::string reason(const Verdict &verdict)
    {
        char buffer[256];
        rg_reason_text(client_.get(), &verdict, buffer, sizeof buffer);
        return buffer;
    }

    // The handle, for calls of riskgate.h.
    rg_client *get() noexcept { return client_.get(); }

private:
    struct Close {
        void operator()(rg_client *client) const noexcept
        {
            rg_close(client);
            delete client;
        }
    };

    static std::uint64_t nanoseconds(std::chrono::nanoseconds time) noexcept
    {
        return time.count() > 0 ? static_cast<std::uint64_t>(time.count()) : 0;
    }

    template <class Item, class Ask>
    static std::optional<std::vector<Item>> list(Ask ask)
    {
        std::vector<Item> items(64);
        for (int attempt = 0; attempt < 8; ++attempt) {
            std::size_t count = 0;
            const int status = ask(items.data(), items.size(), &count);
            if (status == RG_OK) {
                items.resize(count);
                return items;
            }
            if (status != RG_TOO_SMALL) {
                return std::nullopt;
            }
            items.resize(count + count / 4);
        }
        return std::nullopt;
    }

    std::unique_ptr<rg_client, Close> client_;
};

// The feed handler's side of the mark table.
class Marks {
public:
    Marks() : marks_(new rg_marks()) {}
    Marks(Marks &&) noexcept = default;
    Marks &operator=(Marks &&) noexcept = default;

    Status open(std::string_view socket_path,
                std::chrono::nanoseconds timeout = std::chrono::seconds(2))
    {
        const std::string path(socket_path);
        rg_marks_options options;
        rg_marks_options_init(&options);
        options.socket_path = path.c_str();
        options.timeout_ns = timeout.count() > 0 ? static_cast<std::uint64_t>(timeout.count()) : 0;
        rg_marks_close(marks_.get());
        return Status(rg_marks_open(&options, marks_.get()));
    }
    void close() noexcept { rg_marks_close(marks_.get()); }
    std::string_view last_error() const noexcept { return rg_marks_last_error(marks_.get()); }
    std::optional<InstrumentId> instrument(std::string_view name)
    {
        std::uint32_t id = 0;
        if (rg_marks_lookup_instrument(marks_.get(), std::string(name).c_str(), &id) != RG_OK) {
            return std::nullopt;
        }
        return InstrumentId{id};
    }
    Status set(InstrumentId instrument, Price bid, Price ask, Price last = Price::undefined()) noexcept
    {
        return Status(rg_mark_set(marks_.get(), instrument.value(), bid.value(), ask.value(),
                                  last.value(), rg_now_ns()));
    }
    Status set_close(InstrumentId instrument, Price close) noexcept
    {
        return Status(rg_mark_set_close(marks_.get(), instrument.value(), close.value()));
    }

private:
    struct Close {
        void operator()(rg_marks *marks) const noexcept
        {
            rg_marks_close(marks);
            delete marks;
        }
    };
    std::unique_ptr<rg_marks, Close> marks_;
};

} // namespace riskgate

#endif // RISKGATE_HPP
