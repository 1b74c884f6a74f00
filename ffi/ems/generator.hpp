// Made-up order flow with the shape of a real hour: 48% new orders, 45% cancels, 7% executions;
// half of the sizes at most 100 shares, 99% at most 1,000, none above 15,000; bursts within a
// millisecond; prices that walk in ticks; up to some 400 orders open; a few orders far away.
//
// The same seed gives the same messages on every machine. Knows the market only, not the gate.
#pragma once

#include <vector>

#include "message.hpp"
#include "random.hpp"

namespace ems {

struct GeneratorOptions {
    std::uint64_t messages = 0;
    std::uint64_t seed = 1;
    std::uint32_t instruments = 1;
    double replaces = 0.03; // share of all messages
};

class Generator final : public MessageSource {
public:
    explicit Generator(const GeneratorOptions &options);
    bool next(Message &message) override;

private:
    struct Resting {
        std::uint64_t id;
        std::int64_t ticks;
        std::int64_t size;
    };
    struct Market {
        std::int64_t middle_ticks;
        std::int64_t start_ticks;
        std::vector<Resting> side[2]; // [1] buys
    };

    void make();
    void make_new(std::uint32_t instrument);
    void make_change(std::uint32_t instrument);
    void make_execution(std::uint32_t instrument);
    void make_hidden(std::uint32_t instrument, bool buy, std::int64_t unexecuted);
    void put(std::uint32_t instrument, Type type, bool buy, const Resting &order, std::int64_t size,
             std::int64_t unexecuted = 0);
    std::int64_t draw_size();
    std::int64_t draw_distance(std::int64_t middle_ticks);
    std::int64_t passive_ticks(const Market &market, bool buy);
    static std::size_t best(const std::vector<Resting> &orders, bool buy);

    GeneratorOptions options_;
    Random random_;
    std::vector<Market> markets_;
    std::vector<Message> made_; // an execution can make several at once
    std::size_t given_ = 0;
    std::uint64_t given_total_ = 0;
    std::uint64_t last_id_ = 0;
    std::int64_t time_ns_ = INT64_C(34200000000000); // 09:30
    std::size_t open_most_;                          // per instrument
};

} // namespace ems
