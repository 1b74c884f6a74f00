// The parts of the sample EMS that need no gate: reading, grouping, marks, percentiles, generator.
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "generator.hpp"
#include "grouping.hpp"
#include "histogram.hpp"
#include "lobster.hpp"
#include "market.hpp"

namespace {

int failures = 0;

void check(bool good, int line, const char *what)
{
    if (!good) {
        std::fprintf(stderr, "unit_test.cpp:%d: %s\n", line, what);
        failures += 1;
    }
}
#define CHECK(condition) check((condition), __LINE__, #condition)

class Lines final : public ems::MessageSource {
public:
    explicit Lines(std::vector<std::string> lines) : lines_(std::move(lines)) {}
    bool next(ems::Message &message) override
    {
        if (at_ == lines_.size()) {
            return false;
        }
        CHECK(ems::parse_lobster(lines_[at_++], message).empty());
        return true;
    }

private:
    std::vector<std::string> lines_;
    std::size_t at_ = 0;
};

void reads_exactly()
{
    ems::Message m;
    CHECK(ems::parse_lobster("34200.004241176,1,16113575,18,5853300,1", m).empty());
    CHECK(m.time_ns == INT64_C(34200004241176) && m.type == ems::Type::add && m.id == 16113575);
    CHECK(m.size == 18 && m.price == INT64_C(585330000000) && m.buy);
    CHECK(ems::parse_lobster("34200.5,3,7,200,5876500,-1\r", m).empty());
    CHECK(m.time_ns == INT64_C(34200500000000) && !m.buy);
    CHECK(ems::parse_lobster("35821.088778456004,3,7,200,5876500,-1", m).empty());
    CHECK(m.time_ns == INT64_C(35821088778456));
    CHECK(ems::parse_lobster("35821.9999999999,3,7,200,5876500,-1", m).empty());
    CHECK(m.time_ns == INT64_C(35822000000000));
    CHECK(ems::parse_lobster("34200,7,0,0,-1,-1", m).empty());
    for (const char *bad :
         {"", "x", "34200.1,8,1,1,1,1", "34200.1,1,1,0,1,1", "34200.1,1,1,1,0,1",
          "34200.1,1,1,1,1,0",
          "34200.1,1,-1,1,1,1", "34200.,1,1,1,1,1", "-1.5,1,1,1,1,1", "34200.1,1,1,1,1",
          "34200.123456789-1,1,1,1,1,1", "34200.1,1,1,1.5,1,1"}) {
        CHECK(!ems::parse_lobster(bad, m).empty());
    }
}

void groups_one_aggressor()
{
    Lines lines({
        "34200.1,1,1,100,5850000,-1",
        "34200.2,4,1,50,5850000,-1",
        "34200.2,5,0,10,5850050,-1",
        "34200.2,4,2,30,5850100,-1",
        "34200.2,4,3,30,5849900,1", // another direction
        "34200.3,4,3,30,5849900,1", // another time
        "34200.3,3,3,30,5849900,1", // another type
        "34200.3,4,4,30,5849900,1", // not consecutive
    });
    ems::Grouping grouping(lines);
    ems::Step step;
    std::vector<std::size_t> sizes;
    while (grouping.next(step)) {
        sizes.push_back(step.messages.size());
    }
    CHECK((sizes == std::vector<std::size_t>{1, 3, 1, 1, 1, 1}));
}

void percentiles_are_close()
{
    static ems::Histogram empty, small, wide, one;
    CHECK(empty.count() == 0 && empty.percentile(0.5) == 0 && empty.max() == 0);
    for (std::uint64_t v = 1; v <= 100; ++v) {
        small.record(v);
    }
    CHECK(small.percentile(0.5) == 50 && small.percentile(0.9) == 90);
    CHECK(small.percentile(1.0) == 100);
    for (std::uint64_t v = 1; v <= 1000000; ++v) {
        wide.record(v);
    }
    for (const double part : {0.1, 0.5, 0.9, 0.99, 0.999, 0.9999}) {
        const double exact = part * 1e6;
        const auto got = static_cast<double>(wide.percentile(part));
        CHECK(got >= exact - 1 && got <= exact * 1.01);
    }
    CHECK(wide.max() == 1000000 && wide.min() == 1 && wide.mean() == 500000);
    one.record(UINT64_MAX);
    CHECK(one.max() == UINT64_MAX && one.count() == 1);
}

ems::Message order(std::uint64_t id, std::int64_t cents, std::int64_t size, bool buy)
{
    ems::Message m;
    m.id = id;
    m.price = cents * 10000000;
    m.size = size;
    m.buy = buy;
    return m;
}

void marks_are_sensible()
{
    const std::int64_t cent = 10000000;
    ems::Market market(std::pmr::get_default_resource(), cent);
    market.seen(58500 * cent);
    CHECK(market.mark().bid == 58499 * cent && market.mark().ask == 58501 * cent);
    CHECK(market.mark().last == RG_PRICE_UNDEFINED);
    market.add(order(1, 58490, 100, true));
    market.add(order(2, 58510, 100, false));
    CHECK(market.mark().bid == 58490 * cent && market.mark().ask == 58510 * cent);
    market.add(order(3, 69895, 100, false)); // far away: not the best
    market.reduce(2, 60);
    CHECK(market.mark().ask == 58510 * cent && market.knows(2));
    market.reduce(2, 40); // now it is the best, and is not believed
    CHECK(market.mark().ask == 58501 * cent && !market.knows(2));
    market.add(order(4, 58480, 100, false)); // crossed
    CHECK(market.mark().bid == 58499 * cent && market.mark().ask == 58501 * cent);
    market.remove(4);
    market.traded(58495 * cent);
    CHECK(market.mark().last == 58495 * cent && market.mark().ask == 58496 * cent);
    CHECK(market.mark().bid == 58490 * cent);
}

// The flow is consistent, has its shape, and the same seed makes it again.
void generates_what_can_be()
{
    const ems::GeneratorOptions options = {60000, 5, 3, 0.03};
    ems::Generator first(options), second(options);
    ems::Message m, again;
    std::map<std::uint64_t, std::int64_t> open;
    std::map<ems::Type, int> types;
    std::int64_t before = 0;
    std::size_t open_most = 0;
    while (first.next(m)) {
        CHECK(second.next(again) && again.id == m.id && again.price == m.price &&
              again.size == m.size && again.time_ns == m.time_ns && again.type == m.type);
        CHECK(m.time_ns >= before && m.size > 0 && m.size <= 15000 && m.price > 0);
        before = m.time_ns;
        types[m.type] += 1;
        if (m.type == ems::Type::add) {
            CHECK(open.emplace(m.id, m.size).second);
        } else if (m.type != ems::Type::hidden) {
            CHECK(open.count(m.id) == 1 && open[m.id] >= m.size);
            const bool moves = m.type == ems::Type::reprice;
            open[m.id] -= moves ? 0 : m.size;
            if (open[m.id] == 0) {
                open.erase(m.id);
            }
        }
        open_most = std::max(open_most, open.size());
        if (failures != 0) {
            return;
        }
    }
    CHECK(types[ems::Type::add] > 60000 * 43 / 100 && types[ems::Type::add] < 60000 * 50 / 100);
    CHECK(types[ems::Type::remove] > 60000 * 40 / 100);
    CHECK(types[ems::Type::executed] + types[ems::Type::hidden] > 60000 * 5 / 100);
    CHECK(types[ems::Type::reduce] > 0 && types[ems::Type::reprice] > 0);
    CHECK(open_most <= 400);
}

} // namespace

int main()
{
    reads_exactly();
    groups_one_aggressor();
    percentiles_are_close();
    marks_are_sensible();
    generates_what_can_be();
    return failures == 0 ? 0 : 1;
}
