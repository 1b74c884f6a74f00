// Quotes of riskgate.hpp: two orders, and their replaces.
#include <riskgate.hpp>

#include <cstdio>

static int failures = 0;

static void check(bool good, int line, const char *what)
{
    if (!good) {
        std::fprintf(stderr, "quote_test.cpp:%d: %s\n", line, what);
        failures += 1;
    }
}
#define CHECK(condition) check((condition), __LINE__, #condition)

int main()
{
    using namespace riskgate;
    const AccountId account{3};
    const InstrumentId instrument{4};
    const auto terms = [&](OrderId id, std::int64_t bid, std::int64_t ask) {
        return quote(id, account, instrument, Price{bid}, Qty{10}, Price{ask}, Qty{20});
    };
    const Quote first = terms(OrderId{7}, 99, 101);
    CHECK(first.bid.id == 7 && first.ask.id == 8);
    CHECK(first.bid.side == RG_SIDE_BUY && first.ask.side == RG_SIDE_SELL);
    CHECK(first.bid.price == 99 && first.ask.price == 101);
    CHECK(first.bid.qty == 10 && first.ask.qty == 20);
    CHECK(first.bid.account == 3 && first.ask.instrument == 4);
    CHECK(first.bid.kind == RG_KIND_NEW && first.bid.target == 0);

    const Quote second = replace_of(first, OrderId{20}, terms(OrderId{1}, 98, 100));
    CHECK(second.bid.kind == RG_KIND_REPLACE && second.ask.kind == RG_KIND_REPLACE);
    CHECK(second.bid.id == 20 && second.ask.id == 21);
    CHECK(second.bid.target == 7 && second.ask.target == 8);
    CHECK(second.bid.price == 98 && second.ask.price == 100);

    // A replace of the replace is still of the two orders.
    const Quote third = replace_of(second, OrderId{30}, terms(OrderId{1}, 97, 99));
    CHECK(third.bid.target == 7 && third.ask.target == 8 && third.ask.id == 31);
    return failures == 0 ? 0 : 1;
}
