#include "summary.hpp"

#include <cstdio>

namespace ems {
namespace {

constexpr double parts[] = {0.5, 0.9, 0.99, 0.999, 0.9999};
constexpr const char *part_names[] = {"p50", "p90", "p99", "p99.9", "p99.99"};

std::string micros(std::uint64_t ns)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.2f us", static_cast<double>(ns) / 1000.0);
    return text;
}

std::string fixed(double value, int places)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.*f", places, value);
    return text;
}

std::string left(std::string text, std::size_t width)
{
    text.resize(text.size() < width ? width : text.size(), ' ');
    return text;
}

std::string right(const std::string &text, std::size_t width)
{
    return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

std::string qty_text(std::int64_t qty)
{
    char buffer[32];
    rg_format_qty(qty, buffer, sizeof buffer);
    return buffer;
}

// "new 44,256 | delete 41,004": what is not zero.
class Row {
public:
    explicit Row(const std::string &title) : text_(left(title, 20)) {}
    Row &add(const std::string &name, std::uint64_t count)
    {
        if (count != 0) {
            text_ += (any_ ? " | " : "") + name + " " + grouped(count);
            any_ = true;
        }
        return *this;
    }
    std::string str() const { return text_ + (any_ ? "\n" : "none\n"); }
    std::string str_if_any() const { return any_ ? str() : std::string(); }

private:
    std::string text_;
    bool any_ = false;
};

std::string text_of_requests(const Counts &c)
{
    Row requests("requests"), accepted("accepted"), rejected("rejected");
    requests.add("total", c.requests_total());
    accepted.add("total", c.accepted_total());
    rejected.add("total", c.rejected_total());
    for (std::size_t i = 0; i < request_kinds; ++i) {
        const char *name = request_name(static_cast<int>(i));
        requests.add(name, c.requests[i]);
        accepted.add(name, c.accepted[i]);
        rejected.add(name, c.rejected[i]);
    }
    Row none("not approved");
    none.add("late", c.late).add("expired", c.expired).add("gate down", c.gate_down);
    none.add("killed", c.killed).add("id used before", c.replayed).add("other", c.unusable);
    std::string text = requests.str() + accepted.str() + rejected.str() + none.str_if_any();
    if (c.replayed != 0) {
        text += "                    (ids of an earlier run on this lane: use --id-base)\n";
    }
    return text + left("without answer", 20) + grouped(c.missing()) + "\n";
}

std::string text_of_checks(const Counts &c)
{
    std::string text = left("rejects by check", 20) + right("first reason", 12) +
                       right("breaches", 12) + "\n";
    for (std::uint32_t i = 0; i < check_numbers; ++i) {
        if (c.first_reason[i] != 0 || c.breaches[i] != 0) {
            text += "  " + left(rg_check_name(i), 18 + 4) + right(grouped(c.first_reason[i]), 8) +
                    right(grouped(c.breaches[i]), 12) + "\n";
        }
    }
    Row other("also");
    other.add("limits that only alert", c.alerts).add("soft thresholds", c.soft);
    other.add("in shadow phase", c.shadowed).add("checks above 63", c.more_breaches);
    other.add("cancels of orders unknown to the gate", c.unknown_cancels);
    return text + other.str_if_any();
}

std::string text_of_reports(const Counts &c)
{
    Row reports("reports");
    reports.add("total", c.reports).add("fills", c.fills).add("busts", c.busts);
    reports.add("rejected by the venue", c.venue_rejects).add("voids", c.voids);
    Row other("other");
    other.add("marks", c.marks).add("cancel intents", c.intents).add("reconnects", c.reconnects);
    other.add("differences after a reconnect", c.reconnect_differences);
    return reports.str() + other.str();
}

std::string text_of_accounts(const Run &run)
{
    const std::vector<Position> all = run.own.positions();
    const std::size_t instruments = run.own.instruments();
    std::vector<std::uint64_t> open(run.own.accounts());
    for (const auto &entry : run.own.orders()) {
        open[entry.second.account] += 1;
    }
    std::string text = left("account", 12) + left("instrument", 12) + right("position", 12) +
                       right("open buy", 12) + right("open sell", 12) + right("orders", 8) + "\n";
    for (std::size_t i = 0; i < all.size(); ++i) {
        const Position &p = all[i];
        const std::size_t account = i / instruments;
        // With many instruments a table of all would be long: the JSON has it.
        if (instruments > 1 || (p.shares == 0 && p.open_buy == 0 && p.open_sell == 0)) {
            continue;
        }
        text += left(run.options.session.accounts[account], 12) +
                left(run.options.session.instruments[i % instruments], 12) +
                right(qty_text(p.shares), 12) + right(qty_text(p.open_buy), 12) +
                right(qty_text(p.open_sell), 12) + right(grouped(open[account]), 8) + "\n";
    }
    return instruments > 1 ? std::string() : text;
}

std::string text_of_comparison(const Comparison &c)
{
    std::string text = "open orders: " + grouped(c.own_orders);
    text += c.order_differences.empty()
                ? ", equal to the gate's\n"
                : " here, " + grouped(c.gate_orders) + " at the gate, " +
                      grouped(c.order_differences.size()) + " differ\n";
    for (const std::string &difference : c.order_differences) {
        text += "  " + difference + "\n";
    }
    text += "positions: " + grouped(c.positions);
    text += c.position_differences.empty()
                ? ", equal to the gate's\n"
                : ", " + grouped(c.position_differences.size()) + " differ from the gate's\n";
    for (const std::string &difference : c.position_differences) {
        text += "  " + difference + "\n";
    }
    return text;
}

std::string text_of_latency(const Histogram &h)
{
    std::string text = "verdict latency (closed loop, round trip rg_check, " + grouped(h.count()) +
                       " samples)\n ";
    for (std::size_t i = 0; i < sizeof parts / sizeof *parts; ++i) {
        text += std::string(" ") + part_names[i] + " " + micros(h.percentile(parts[i])) + " |";
    }
    return text + " max " + micros(h.max()) + "\n";
}

// --------------------------------------------------------------------------------------- JSON

std::string quoted(const std::string &text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
            out += escape;
        } else {
            out += c;
        }
    }
    return out + "\"";
}

// An object or an array that grows.
class Json {
public:
    explicit Json(char open) : text_(1, open), close_(open == '{' ? '}' : ']') {}
    Json &raw(const std::string &key, const std::string &value)
    {
        separate();
        text_ += quoted(key) + ":" + value;
        return *this;
    }
    Json &text(const std::string &key, const std::string &value) { return raw(key, quoted(value)); }
    Json &number(const std::string &key, std::uint64_t value)
    {
        return raw(key, std::to_string(value));
    }
    Json &truth(const std::string &key, bool value) { return raw(key, value ? "true" : "false"); }
    Json &item(const std::string &value)
    {
        separate();
        text_ += value;
        return *this;
    }
    std::string str() const { return text_ + close_; }

private:
    void separate() { text_ += text_.size() > 1 ? "," : ""; }

    std::string text_;
    char close_;
};

std::string json_of_kinds(const std::array<std::uint64_t, request_kinds> &counts)
{
    Json json('{');
    json.number("total", Counts::sum(counts));
    for (std::size_t i = 0; i < request_kinds; ++i) {
        json.number(request_name(static_cast<int>(i)), counts[i]);
    }
    return json.str();
}

std::string json_of_checks(const std::array<std::uint64_t, check_numbers> &counts)
{
    Json json('{');
    for (std::uint32_t i = 0; i < check_numbers; ++i) {
        if (counts[i] != 0) {
            json.number(rg_check_name(i), counts[i]);
        }
    }
    return json.str();
}

std::string json_of_messages(const Counts &c)
{
    Json json('{');
    json.number("total", c.messages_total);
    for (std::size_t i = 1; i < type_count; ++i) {
        json.number(type_name(static_cast<int>(i)), c.messages[i]);
    }
    json.number("unknown_ids", c.unknown_ids).number("not_ours", c.not_ours);
    return json.number("skipped", c.skipped).str();
}

std::string json_of_not_approved(const Counts &c)
{
    Json json('{');
    json.number("total", c.not_approved()).number("late", c.late).number("expired", c.expired);
    json.number("gate_down", c.gate_down).number("killed", c.killed).number("replayed", c.replayed);
    return json.number("other", c.unusable).str();
}

std::string json_of_latency(const Histogram &h)
{
    Json json('{');
    json.text("what", "closed loop, round trip rg_check").number("samples", h.count());
    json.text("unit", "ns").number("min", h.min()).number("mean", h.mean());
    for (std::size_t i = 0; i < sizeof parts / sizeof *parts; ++i) {
        json.number(part_names[i], h.percentile(parts[i]));
    }
    return json.number("max", h.max()).str();
}

std::string json_of_accounts(const Run &run)
{
    const std::vector<Position> all = run.own.positions();
    const std::size_t instruments = run.own.instruments();
    std::vector<std::uint64_t> open(all.size());
    for (const auto &entry : run.own.orders()) {
        open[entry.second.account * instruments + entry.second.instrument] += 1;
    }
    Json list('[');
    for (std::size_t i = 0; i < all.size(); ++i) {
        const Position &p = all[i];
        if (p.shares == 0 && open[i] == 0) {
            continue;
        }
        Json json('{');
        json.text("account", run.options.session.accounts[i / instruments]);
        json.text("instrument", run.options.session.instruments[i % instruments]);
        json.text("position", qty_text(p.shares)).text("open_buy", qty_text(p.open_buy));
        json.text("open_sell", qty_text(p.open_sell)).number("open_orders", open[i]);
        list.item(json.str());
    }
    return list.str();
}

std::string json_of_differences(const Comparison &c)
{
    Json differences('[');
    for (const std::string &difference : c.order_differences) {
        differences.item(quoted(difference));
    }
    for (const std::string &difference : c.position_differences) {
        differences.item(quoted(difference));
    }
    return differences.str();
}

std::string rate(const Run &run)
{
    const double seconds = run.seconds > 0 ? run.seconds : 1e-9;
    return fixed(static_cast<double>(run.counts.messages_total) / seconds, 0);
}

std::string pace(const Run &run)
{
    const double speedup = run.options.speedup;
    return speedup == 0 ? "fast" : fixed(speedup, 3);
}

std::string source(const Run &run)
{
    const GeneratorOptions &g = run.options.generator;
    const std::string made_up = "generated, seed " + std::to_string(g.seed);
    return run.options.file.empty() ? made_up : run.options.file;
}

} // namespace

std::string grouped(std::uint64_t number)
{
    std::string text = std::to_string(number);
    for (std::size_t i = text.size(); i > 3;) {
        i -= 3;
        text.insert(i, ",");
    }
    return text;
}

std::string summary_text(const Run &run)
{
    const Counts &c = run.counts;
    std::string text = "messages from " + source(run) + ": " + grouped(c.messages_total) + " in " +
                       fixed(run.seconds, 3) + " s, " + rate(run) + "/s, pace " + pace(run) +
                       (run.interrupted ? ", interrupted\n" : "\n");
    if (run.options.speedup != 0) {
        text += "behind the pace     at most " + micros(c.late_start_ns_max) + "\n";
    }
    if (run.withdrawn != 0) {
        text += "left by an earlier run and withdrawn: " + grouped(run.withdrawn) +
                " open orders\n";
    }
    Row messages("messages");
    for (std::size_t i = 1; i < type_count; ++i) {
        messages.add(type_name(static_cast<int>(i)), c.messages[i]);
    }
    Row ignored("of these ignored");
    ignored.add("open before the file began", c.unknown_ids);
    ignored.add("of orders that were not approved", c.not_ours);
    ignored.add("halts and auctions", c.skipped);
    text += messages.str() + ignored.str_if_any() + text_of_requests(c) + text_of_checks(c);
    text += text_of_reports(c) + text_of_accounts(run) + text_of_latency(c.latency);
    return text + text_of_comparison(run.comparison);
}

std::string summary_json(const Run &run)
{
    const Counts &c = run.counts;
    Json json('{');
    json.text("source", source(run)).raw("seconds", fixed(run.seconds, 6)).text("pace", pace(run));
    json.truth("interrupted", run.interrupted).raw("messages", json_of_messages(c));
    json.raw("requests", json_of_kinds(c.requests)).raw("accepted", json_of_kinds(c.accepted));
    json.raw("rejected", json_of_kinds(c.rejected));
    json.raw("not_approved", json_of_not_approved(c)).number("missing_verdicts", c.missing());
    json.raw("rejects_by_first_reason", json_of_checks(c.first_reason));
    json.raw("breaches_by_check", json_of_checks(c.breaches));
    json.number("verdicts_alerted", c.alerts).number("verdicts_soft", c.soft);
    json.number("verdicts_shadowed", c.shadowed).number("unknown_cancels", c.unknown_cancels);
    json.number("reports", c.reports).number("fills", c.fills).number("busts", c.busts);
    json.number("voids", c.voids).number("venue_rejects", c.venue_rejects).number("marks", c.marks);
    json.number("cancel_intents", c.intents).number("reconnects", c.reconnects);
    json.number("reconnect_differences", c.reconnect_differences);
    json.number("withdrawn_at_start", run.withdrawn);
    json.number("late_start_ns_max", c.late_start_ns_max);
    json.raw("accounts", json_of_accounts(run)).truth("equal", run.comparison.equal());
    json.number("open_orders", run.comparison.own_orders);
    json.number("gate_open_orders", run.comparison.gate_orders);
    json.number("positions", run.comparison.positions);
    json.raw("differences", json_of_differences(run.comparison));
    return json.raw("latency", json_of_latency(c.latency)).str() + "\n";
}

} // namespace ems
