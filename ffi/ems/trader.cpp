#include "trader.hpp"

#include <algorithm>
#include <map>

namespace ems {
namespace {

// Order ids are the file's; all other requests count from here, so that they never meet.
constexpr std::uint64_t first_request = UINT64_C(1) << 48;
// A mark is written again when it is older than this, so that the gate never finds it stale.
constexpr std::uint64_t mark_refresh_ns = 500000000;

std::int64_t lots(std::int64_t shares) { return shares * RG_QTY_ONE; }

std::uint8_t side_of(bool buy) { return buy ? RG_SIDE_BUY : RG_SIDE_SELL; }

} // namespace

Trader::Trader(const TraderOptions &options, Session &session, Counts &counts)
    : options_(options), session_(session), counts_(counts), published_(options.instruments),
      own_(&memory_, options.accounts, options.instruments), random_(mix64(options.seed)),
      last_request_(first_request + options.id_base), last_execution_(options.id_base)
{
    markets_.reserve(options.instruments);
    for (std::size_t i = 0; i < options.instruments; ++i) {
        markets_.emplace_back(&memory_, options.tick);
    }
}

std::size_t Trader::take_over()
{
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::int64_t> positions;
    for (const rg_position_item &item : session_.positions()) {
        positions[{item.account, item.instrument}] = item.position;
    }
    for (std::uint32_t a = 0; a < options_.accounts; ++a) {
        for (std::uint32_t i = 0; i < options_.instruments; ++i) {
            const auto at = positions.find({session_.account(a), session_.instrument(i)});
            own_.start_at(a, i, at == positions.end() ? 0 : at->second);
        }
    }
    const std::vector<rg_outstanding_item> left = session_.outstanding();
    for (const rg_outstanding_item &item : left) {
        // Our venue forgets everything when the EMS ends, so these orders are gone there.
        session_.tell(rg_report_of(RG_KIND_CANCELLED, item.order_id, 0));
    }
    return left.size();
}

void Trader::step(const Step &step)
{
    const Message &m = step.first();
    for (const Message &one : step.messages) {
        counts_.messages[static_cast<std::size_t>(one.type)] += 1;
        counts_.messages_total += 1;
    }
    if (m.type != Type::halt && m.type != Type::cross) {
        markets_[m.instrument].seen(m.price);
    }
    switch (m.type) {
    case Type::add: on_new(m); break;
    case Type::reduce: on_reduce(m); break;
    case Type::remove: on_remove(m); break;
    case Type::reprice: on_reprice(m); break;
    case Type::executed:
    case Type::hidden: on_executions(step.messages); break;
    default: counts_.skipped += 1; break;
    }
    on_intents();
}

// ------------------------------------------------------------------------------- the messages

void Trader::on_new(const Message &m)
{
    OwnOrder own;
    own.id = options_.id_base + m.id;
    own.account = static_cast<std::uint32_t>(mix64(m.id) % options_.accounts);
    own.instrument = m.instrument;
    own.side = side_of(m.buy);
    own.price = m.price;
    own.total = own.market_left = lots(m.size);
    publish(m.instrument);
    if (own_.find(own.id) == nullptr) {
        open(order_of(own, own.id), request_new, own);
    }
    markets_[m.instrument].add(m);
}

void Trader::on_reduce(const Message &m)
{
    OwnOrder *own = ours(m);
    markets_[m.instrument].reduce(m.id, m.size);
    if (own == nullptr) {
        return;
    }
    own->market_left -= lots(m.size);
    publish(m.instrument);
    if (own->market_left <= 0) {
        cancel(own->id);
    } else {
        // If the gate says no, the order stays as it was, and larger than the market's.
        replace(*own, own->price, own->filled + own->market_left);
    }
}

void Trader::on_remove(const Message &m)
{
    const OwnOrder *own = ours(m);
    markets_[m.instrument].remove(m.id);
    if (own != nullptr) {
        publish(m.instrument);
        cancel(own->id);
    }
}

void Trader::on_reprice(const Message &m)
{
    OwnOrder *own = ours(m);
    publish(m.instrument);
    if (own != nullptr && !replace(*own, m.price, own->total)) {
        cancel(options_.id_base + m.id); // it can't follow the market: pulled
    }
    markets_[m.instrument].reprice(m);
}

// The aggressor asks first, at the worst price of what it got; then both sides are executed.
void Trader::on_executions(const std::vector<Message> &group)
{
    aggress(group);
    Market &market = markets_[group.front().instrument];
    for (const Message &m : group) {
        if (m.type == Type::executed) {
            if (OwnOrder *own = ours(m)) {
                own->market_left -= lots(m.size);
                const bool gone = own->market_left <= 0;
                fill(own->id, m.price, std::min(lots(m.size), own->remaining()));
                if (gone && own_.find(options_.id_base + m.id) != nullptr) {
                    cancel(options_.id_base + m.id); // a rest that the market does not have
                }
            }
            market.reduce(m.id, m.size);
        }
        market.traded(m.price);
    }
}

void Trader::aggress(const std::vector<Message> &group)
{
    const Message &first = group.front();
    const bool buys = !first.buy;
    OwnOrder own;
    own.id = ++last_request_;
    own.account = static_cast<std::uint32_t>(mix64(own.id - options_.id_base) % options_.accounts);
    own.instrument = first.instrument;
    own.side = side_of(buys);
    own.price = first.price;
    for (const Message &m : group) {
        own.price = buys ? std::max(own.price, m.price) : std::min(own.price, m.price);
        own.total += lots(m.size + m.unexecuted);
    }
    // Hidden orders may trade between two ticks; an order may not.
    const std::int64_t beyond = own.price % options_.tick;
    own.price += beyond == 0 ? 0 : buys ? options_.tick - beyond : -beyond;

    publish(first.instrument);
    rg_order order = order_of(own, own.id);
    order.tif = RG_TIF_IOC;
    if (!open(order, request_ioc, own)) {
        return;
    }
    for (const Message &m : group) {
        fill(own.id, m.price, lots(m.size));
    }
    if (own_.find(own.id) != nullptr) {
        end(own.id, RG_KIND_CANCELLED, 0); // nobody asked: the venue cancels the rest
    }
}

void Trader::on_intents()
{
    session_.take_intents(intents_);
    for (const std::uint64_t id : intents_) {
        if (own_.find(id) != nullptr) {
            cancel(id);
        }
    }
}

// ---------------------------------------------------------------------------- the life of orders

// Our open order of this message's id, or null, counted.
OwnOrder *Trader::ours(const Message &m)
{
    OwnOrder *own = own_.find(options_.id_base + m.id);
    if (own == nullptr) {
        (markets_[m.instrument].knows(m.id) ? counts_.not_ours : counts_.unknown_ids) += 1;
    }
    return own;
}

rg_order Trader::order_of(const OwnOrder &own, std::uint64_t id) const
{
    return rg_limit_order(id, session_.account(own.account), session_.instrument(own.instrument),
                          own.side, own.price, own.total);
}

// Asks for a new order and sends it. True if it is open at the venue afterwards.
bool Trader::open(const rg_order &order, Request kind, const OwnOrder &own)
{
    if (!session_.ask(order, kind)) {
        return false;
    }
    own_.add(own);
    if (random_.chance(options_.voids)) { // approved, and then not sent after all
        session_.tell_void(own.id, own.id);
        own_.erase(own.id);
        return false;
    }
    if (random_.chance(options_.venue_rejects)) {
        end(own.id, RG_KIND_REJECTED, own.id);
        counts_.venue_rejects += 1;
        return false;
    }
    session_.tell(rg_report_of(RG_KIND_ACK, own.id, own.id));
    return true;
}

// Asks for other terms and sends them. True if they are in force afterwards.
bool Trader::replace(OwnOrder &own, std::int64_t price, std::int64_t total)
{
    rg_order order = order_of(own, ++last_request_);
    order.kind = RG_KIND_REPLACE;
    order.target = own.id;
    order.price = price;
    order.qty = total;
    if (!session_.ask(order, request_replace)) {
        return false;
    }
    if (random_.chance(options_.voids)) {
        session_.tell_void(own.id, order.id);
        return false;
    }
    if (random_.chance(options_.venue_rejects)) {
        session_.tell(rg_report_of(RG_KIND_REPLACE_REJECTED, own.id, order.id));
        counts_.venue_rejects += 1;
        return false;
    }
    session_.tell(rg_report_of(RG_KIND_ACK, own.id, order.id));
    own.price = price;
    own.total = total;
    return true;
}

// Cancels. The verdict is told to the gate's journal, it is no permission: whatever it is, and
// also when the gate is down, an order may be cancelled.
void Trader::cancel(std::uint64_t order_id)
{
    rg_order order;
    rg_order_init(&order);
    order.kind = RG_KIND_CANCEL;
    order.id = ++last_request_;
    order.target = order_id;
    session_.ask(order, request_cancel);
    if (random_.chance(options_.venue_rejects)) { // the venue did not find the time; once more
        session_.tell(rg_report_of(RG_KIND_CANCEL_REJECTED, order_id, order.id));
        counts_.venue_rejects += 1;
        order.id = ++last_request_;
        session_.ask(order, request_cancel);
    }
    end(order_id, RG_KIND_CANCELLED, order.id);
}

// The order is over at the venue.
void Trader::end(std::uint64_t order_id, std::uint8_t kind, std::uint64_t reference)
{
    session_.tell(rg_report_of(kind, order_id, reference));
    own_.erase(order_id);
}

void Trader::fill(std::uint64_t order_id, std::int64_t price, std::int64_t qty)
{
    OwnOrder &own = *own_.find(order_id);
    const rg_order order = order_of(own, order_id);
    rg_exec_report report = rg_fill_of(&order, ++last_execution_, price, qty);
    session_.tell(report);
    counts_.fills += 1;
    own.filled += qty;
    own_.book(own.account, own.instrument, own.side, qty);
    if (random_.chance(options_.busts)) { // the venue takes it back; the quantity stays used up
        report.kind = RG_KIND_BUST;
        session_.tell(report);
        counts_.busts += 1;
        own_.book(own.account, own.instrument, own.side, -qty);
    }
    if (own.remaining() == 0) {
        own_.erase(order_id);
    }
}

// ------------------------------------------------------------------------------------- marks

// Writes the instrument's mark if it changed, or if the gate might soon find it old.
void Trader::publish(std::uint32_t instrument)
{
    Published &published = published_[instrument];
    const Mark mark = markets_[instrument].mark();
    const std::uint64_t now = rg_now_ns();
    if (published.at_ns != 0 && mark == published.mark && now - published.at_ns < mark_refresh_ns) {
        return;
    }
    session_.mark(instrument, mark);
    published = Published{mark, now};
}

// ------------------------------------------------------------------------------ after a reconnect

void Trader::check_after_reconnect()
{
    const std::vector<rg_outstanding_item> items = session_.outstanding();
    std::size_t matched = 0;
    for (const rg_outstanding_item &item : items) {
        const OwnOrder *own = own_.find(item.order_id);
        if (own == nullptr) {
            session_.tell_void(item.order_id, item.order_id); // approved, but it never got here
            continue;
        }
        matched += 1;
        counts_.reconnect_differences += own->remaining() == item.qty - item.filled ? 0 : 1;
    }
    counts_.reconnect_differences += own_.open() - matched;
    for (Published &published : published_) {
        published.at_ns = 0; // a new engine has no marks
    }
}

} // namespace ems
