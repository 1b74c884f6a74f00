// riskgate-ems: a sample EMS in C++ that asks the gate about every order.
//
// Where to look: session.* is how to talk to the gate (copy that), trader.* is what an EMS does
// around it, own.hpp what it has open, compare.* how it makes sure. The rest makes this a program:
// lobster.* and generator.* bring the messages, grouping.hpp finds the aggressors, market.hpp makes
// marks, counts.hpp, histogram.hpp and summary.* tell what happened.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>
#include <sched.h>
#include <unistd.h>

#include "compare.hpp"
#include "generator.hpp"
#include "grouping.hpp"
#include "lobster.hpp"
#include "options.hpp"
#include "pace.hpp"
#include "session.hpp"
#include "summary.hpp"
#include "trader.hpp"

namespace {

enum Exit { done = 0, found_something = 1, usage = 2, gate_not_reachable = 3 };

volatile std::sig_atomic_t interrupted = 0;

void on_signal(int) { interrupted = 1; }

// An interrupted run still ends with its summary and the comparison.
void catch_signals()
{
    struct sigaction action = {};
    action.sa_handler = on_signal;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

void pin_to(int core)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<std::size_t>(core), &set);
    if (core >= 0 && sched_setaffinity(0, sizeof set, &set) != 0) {
        throw ems::UsageError("--core " + std::to_string(core) +
                              ": this process may not run there (see taskset -p)");
    }
}

std::unique_ptr<ems::MessageSource> open_source(const ems::Options &options)
{
    if (options.file.empty()) {
        return std::make_unique<ems::Generator>(options.generator);
    }
    return std::make_unique<ems::LobsterFile>(options.file);
}

// A line per second on stderr.
class Progress {
public:
    Progress(bool on, const ems::Counts &counts, const ems::OwnView &own)
        : on_(on), counts_(counts), own_(own), before_ns_(rg_now_ns())
    {
    }
    void look()
    {
        const std::uint64_t now = on_ ? rg_now_ns() : 0;
        if (now >= before_ns_ + second) {
            print(now);
        }
    }

private:
    static constexpr std::uint64_t second = UINT64_C(1000000000);

    void print(std::uint64_t now)
    {
        const double seconds = static_cast<double>(now - before_ns_) / second;
        const double rate = static_cast<double>(counts_.messages_total - before_) / seconds;
        std::fprintf(stderr, "%s messages, %s/s, %s accepted, %s rejected, %s open\n",
                     ems::grouped(counts_.messages_total).c_str(),
                     ems::grouped(static_cast<std::uint64_t>(rate)).c_str(),
                     ems::grouped(counts_.accepted_total()).c_str(),
                     ems::grouped(counts_.rejected_total()).c_str(),
                     ems::grouped(own_.open()).c_str());
        before_ = counts_.messages_total;
        before_ns_ = now;
    }

    bool on_;
    const ems::Counts &counts_;
    const ems::OwnView &own_;
    std::uint64_t before_ns_;
    std::uint64_t before_ = 0;
};

void trade(const ems::Options &options, ems::MessageSource &source, ems::Trader &trader,
           ems::Counts &counts)
{
    ems::Grouping grouping(source);
    ems::Step step;
    ems::Pace pace(options.speedup);
    Progress progress(options.progress || isatty(STDERR_FILENO) != 0, counts, trader.own());
    while (interrupted == 0 && counts.messages_total < options.limit && grouping.next(step)) {
        const std::uint64_t late_ns = pace.wait(step.first().time_ns);
        counts.late_start_ns_max = std::max(counts.late_start_ns_max, late_ns);
        trader.step(step);
        progress.look();
    }
}

int run(const ems::Options &options)
{
    const std::unique_ptr<ems::MessageSource> source = open_source(options);
    pin_to(options.core);
    catch_signals();
    const auto counts = std::make_unique<ems::Counts>();
    ems::Session session(options.session, *counts);
    ems::Trader trader(options.trader, session, *counts);
    session.on_reconnect = [&trader] { trader.check_after_reconnect(); };

    const std::size_t withdrawn = trader.take_over();
    const std::uint64_t start = rg_now_ns();
    trade(options, *source, trader, *counts);
    const double seconds = static_cast<double>(rg_now_ns() - start) / 1e9;

    const ems::Comparison comparison = ems::compare(session, options.session, trader.own());
    const ems::Run report = {options,   *counts,   trader.own(),    comparison,
                             seconds,   withdrawn, interrupted != 0};
    const std::string text = options.json ? ems::summary_json(report) : ems::summary_text(report);
    std::fputs(text.c_str(), stdout);
    const bool good =
        comparison.equal() && counts->missing() == 0 && counts->reconnect_differences == 0;
    return good ? done : found_something;
}

} // namespace

int main(int argc, char **argv)
{
    try {
        const ems::Options options = ems::parse_options(argc, argv);
        if (options.help) {
            std::fputs(ems::help_text, stdout);
            return done;
        }
        return run(options);
    } catch (const ems::UsageError &error) {
        std::fprintf(stderr, "riskgate-ems: %s\nriskgate-ems --help lists the options\n",
                     error.what());
        return usage;
    } catch (const ems::InputError &error) {
        std::fprintf(stderr, "riskgate-ems: %s\n", error.what());
        return usage;
    } catch (const ems::GateLost &error) {
        std::fprintf(stderr, "riskgate-ems: gate not reachable: %s\n", error.what());
        return gate_not_reachable;
    } catch (const ems::MissingVerdict &error) {
        std::fprintf(stderr, "riskgate-ems: %s\n", error.what());
        return found_something;
    } catch (const std::exception &error) {
        std::fprintf(stderr, "riskgate-ems: %s\n", error.what());
        return found_something;
    }
}
