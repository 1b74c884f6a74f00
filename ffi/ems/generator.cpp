#include "generator.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace ems {
namespace {

constexpr std::int64_t tick = 10000000; // 0.01 in 1e-9
constexpr std::int64_t open_total = 400;
constexpr std::int64_t mean_gap_ns = 56000000; // outside of bursts; 39 ms over all

constexpr double share_new = 0.48;
constexpr double share_executed = 0.047; // of events; an event makes one message or several

} // namespace

Generator::Generator(const GeneratorOptions &options)
    : options_(options), random_(options.seed),
      open_most_(static_cast<std::size_t>(
          std::max<std::int64_t>(24, open_total / std::max<std::int64_t>(1, options.instruments))))
{
    for (std::uint32_t i = 0; i < options.instruments; ++i) {
        // The first trades around 585, the others anywhere from 20 to 600.
        const std::int64_t middle =
            i == 0 ? 58500 : 2000 + static_cast<std::int64_t>(mix64(i) % 58000);
        markets_.push_back(Market{middle, middle, {}});
        markets_.back().side[0].reserve(2 * open_most_);
        markets_.back().side[1].reserve(2 * open_most_);
    }
    made_.reserve(64);
}

bool Generator::next(Message &message)
{
    if (given_total_ == options_.messages) {
        return false;
    }
    if (given_ == made_.size()) {
        made_.clear();
        given_ = 0;
        make();
    }
    message = made_[given_++];
    given_total_ += 1;
    return true;
}

// One event of one instrument: at least one message.
void Generator::make()
{
    const bool burst = random_.chance(0.3);
    const double gap_ns = -std::log(1.0 - random_.unit()) * mean_gap_ns;
    time_ns_ += burst ? random_.between(1000, 400000) : static_cast<std::int64_t>(gap_ns) + 1000;
    const auto instrument = static_cast<std::uint32_t>(random_.next() % markets_.size());
    Market &market = markets_[instrument];
    if (random_.chance(0.15)) {
        // Pulled back a little, so that the walk stays within a few percent.
        const bool up = random_.chance(market.middle_ticks > market.start_ticks ? 0.48 : 0.52);
        market.middle_ticks += up ? 1 : -1;
    }
    const std::size_t open = market.side[0].size() + market.side[1].size();
    const double draw = random_.unit();
    if (open < 16 || (draw < share_new && open < open_most_)) {
        make_new(instrument);
    } else if (draw > 1.0 - share_executed) {
        make_execution(instrument);
    } else {
        make_change(instrument);
    }
}

void Generator::put(std::uint32_t instrument, Type type, bool buy, const Resting &order,
                    std::int64_t size, std::int64_t unexecuted)
{
    Message m;
    m.time_ns = time_ns_;
    m.id = type == Type::hidden ? 0 : order.id;
    m.price = order.ticks * tick;
    m.size = size;
    m.unexecuted = unexecuted;
    m.instrument = instrument;
    m.type = type;
    m.buy = buy;
    made_.push_back(m);
}

std::int64_t Generator::draw_size()
{
    const double draw = random_.unit();
    if (draw < 0.25) {
        return random_.between(1, 99);
    }
    if (draw < 0.85) {
        return 100;
    }
    if (draw < 0.992) {
        return 100 * random_.between(2, 10);
    }
    const double large = 1000.0 * std::exp(random_.unit() * std::log(15.0));
    return std::min<std::int64_t>(15000, static_cast<std::int64_t>(large));
}

// From the middle, in ticks: mostly close, now and then so far that a collar stops it.
std::int64_t Generator::draw_distance(std::int64_t middle_ticks)
{
    const double draw = random_.unit();
    if (draw < 0.75) {
        return random_.between(1, 12);
    }
    if (draw < 0.985) {
        return random_.between(1, 100);
    }
    return random_.between(1, middle_ticks * 18 / 100);
}

std::size_t Generator::best(const std::vector<Resting> &orders, bool buy)
{
    std::size_t found = orders.size();
    for (std::size_t i = 0; i < orders.size(); ++i) {
        if (found == orders.size() ||
            (buy ? orders[i].ticks > orders[found].ticks : orders[i].ticks < orders[found].ticks)) {
            found = i;
        }
    }
    return found;
}

// A price on this side that does not cross the other side.
std::int64_t Generator::passive_ticks(const Market &market, bool buy)
{
    const std::int64_t distance = draw_distance(market.middle_ticks);
    std::int64_t ticks = market.middle_ticks + (buy ? -distance : distance);
    const std::vector<Resting> &other = market.side[!buy];
    const std::size_t top = best(other, !buy);
    if (top != other.size()) {
        ticks = buy ? std::min(ticks, other[top].ticks - 1) : std::max(ticks, other[top].ticks + 1);
    }
    return std::max<std::int64_t>(1, ticks);
}

void Generator::make_new(std::uint32_t instrument)
{
    Market &market = markets_[instrument];
    const bool buy = random_.chance(0.5);
    const Resting order{++last_id_, passive_ticks(market, buy), draw_size()};
    market.side[buy].push_back(order);
    put(instrument, Type::add, buy, order, order.size);
}

// A cancel, or a replace: downwards in size, or to another price.
void Generator::make_change(std::uint32_t instrument)
{
    Market &market = markets_[instrument];
    const std::size_t open = market.side[0].size() + market.side[1].size();
    if (open == 0) {
        return make_new(instrument);
    }
    const bool buy = random_.next() % open < market.side[1].size();
    std::vector<Resting> &orders = market.side[buy];
    // A quarter go soon after they came.
    const bool newest = random_.chance(0.25);
    const std::size_t at = newest ? orders.size() - 1 : random_.next() % orders.size();
    Resting &order = orders[at];
    if (random_.chance(options_.replaces / (1.0 - share_new - share_executed))) {
        if (order.size > 1 && random_.chance(0.5)) {
            const std::int64_t less = random_.between(1, order.size - 1);
            order.size -= less;
            put(instrument, Type::reduce, buy, order, less);
        } else {
            order.ticks = passive_ticks(market, buy);
            put(instrument, Type::reprice, buy, order, order.size);
        }
        return;
    }
    put(instrument, Type::remove, buy, order, order.size);
    orders.erase(orders.begin() + static_cast<std::ptrdiff_t>(at));
}

void Generator::make_hidden(std::uint32_t instrument, bool buy, std::int64_t unexecuted)
{
    const Resting order{0, markets_[instrument].middle_ticks, draw_size()};
    put(instrument, Type::hidden, buy, order, std::min<std::int64_t>(order.size, 500), unexecuted);
}

// An aggressor that takes the best orders of one side, one after the other.
void Generator::make_execution(std::uint32_t instrument)
{
    Market &market = markets_[instrument];
    const std::size_t top_ask = best(market.side[0], false);
    const bool through = top_ask != market.side[0].size() &&
                         market.side[0][top_ask].ticks <= market.middle_ticks;
    const bool buy = !through && random_.chance(0.55);
    const std::int64_t unexecuted = random_.chance(0.1) ? draw_size() : 0;
    std::vector<Resting> &orders = market.side[buy];
    // Nobody takes an order that stands far away, just because it is the best that is left.
    const auto far = [&](std::size_t at) {
        return std::abs(orders[at].ticks - market.middle_ticks) > market.middle_ticks / 200 + 2;
    };
    if (orders.empty() || far(best(orders, buy)) || random_.chance(0.5)) {
        return make_hidden(instrument, buy, unexecuted);
    }
    std::int64_t wanted = draw_size();
    for (int levels = 0; wanted > 0 && levels < 8 && !orders.empty(); ++levels) {
        const std::size_t at = best(orders, buy);
        if (far(at)) {
            break;
        }
        const std::int64_t size = std::min(wanted, orders[at].size);
        put(instrument, Type::executed, buy, orders[at], size, levels == 0 ? unexecuted : 0);
        wanted -= size;
        orders[at].size -= size;
        if (orders[at].size == 0) {
            orders.erase(orders.begin() + static_cast<std::ptrdiff_t>(at));
        }
    }
}

} // namespace ems
