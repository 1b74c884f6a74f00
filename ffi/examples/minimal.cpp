// The smallest complete client in C++: one order, checked, reported filled.
//
//   c++ -std=c++17 minimal.cpp $(pkg-config --cflags --libs riskgate) -o minimal
//   ./minimal SOCKET LANE ACCOUNT INSTRUMENT PRICE QTY
#include <riskgate.hpp>

#include <chrono>
#include <iostream>

int main(int argc, char **argv)
{
    using riskgate::Status;
    if (argc != 7) {
        std::cerr << "usage: " << argv[0] << " SOCKET LANE ACCOUNT INSTRUMENT PRICE QTY\n";
        return 2;
    }
    const auto price = riskgate::Price::parse(argv[5]);
    const auto qty = riskgate::Qty::parse(argv[6]);
    if (!price || !qty) {
        std::cerr << "price " << argv[5] << ", quantity " << argv[6]
                  << ": not exact decimals of at most 9 and 8 places\n";
        return 2;
    }

    riskgate::Client gate;
    if (gate.connect(argv[1], argv[2], std::chrono::seconds(2), RG_WAIT_YIELD) != Status::ok) {
        std::cerr << gate.last_error() << '\n';
        return 3;
    }
    const auto account = gate.account(argv[3]);
    const auto instrument = account ? gate.instrument(argv[4]) : std::nullopt;
    if (!instrument) {
        std::cerr << gate.last_error() << '\n';
        return 3;
    }

    const riskgate::OrderId id{rg_now_ns()}; // fresh on every run
    const auto order =
        riskgate::limit_order(id, *account, *instrument, riskgate::Side::buy, *price, *qty);
    riskgate::Verdict verdict;
    switch (const Status status = gate.check(order, std::chrono::milliseconds(100), verdict)) {
    case Status::accept:
        std::cout << "accepted\n"; // here the order would go to the venue, which would answer:
        if (gate.report(rg_report_of(RG_KIND_ACK, id.value(), id.value())) != Status::ok ||
            gate.report(riskgate::fill(order, riskgate::ExecutionId{id.value()}, *price, *qty)) !=
                Status::ok) {
            std::cerr << "a report was not taken: " << riskgate::text(gate.health()) << '\n';
            return 1;
        }
        return 0;
    case Status::reject:
        std::cout << "rejected: " << gate.reason(verdict) << '\n';
        return 1;
    default:
        std::cout << "not approved: " << riskgate::text(status) << '\n';
        return 1;
    }
}
