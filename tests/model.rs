//! The real gate against the reference, in random worlds and random lives.
//!
//! `RISKGATE_SEED` repeats one seed, `RISKGATE_ORDERS` sets how many orders are compared
//! (1,000,000 without it), `RISKGATE_VERBOSE` prints the life that led to
//! a disagreement.

#[path = "model/golden.rs"]
mod golden;
#[path = "model/mod.rs"]
mod model;

use model::duel::Coverage;
use model::gate::Mistake;
use model::play;
use riskgate::abi::codes::Check;
use riskgate::gate::checks::catalogue::is_built;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// New orders and replaces per world.
const ORDERS_PER_WORLD: u64 = 250;
/// First seed of the standard run.
const FIRST_SEED: u64 = 0x5eed_0000;

/// What must be rejected somewhere in a full run.
const CHECKS: [Check; 60] = [
    Check::Malformed,
    Check::UnknownInstrument,
    Check::UnknownAccount,
    Check::UnknownOrder,
    Check::LimitNotSet,
    Check::LaneNotPermitted,
    Check::DuplicateOrderId,
    Check::Arithmetic,
    Check::GateNotReady,
    Check::JournalUnavailable,
    Check::Capacity,
    Check::Killed,
    Check::Blocked,
    Check::InstrumentState,
    Check::Restricted,
    Check::StaleMark,
    Check::MaxOrderQty,
    Check::MaxOrderValue,
    Check::MinOrderQty,
    Check::LotSize,
    Check::TickSize,
    Check::PriceCollar,
    Check::MaxOpenOrders,
    Check::MaxLong,
    Check::MaxShort,
    Check::GrossExposure,
    Check::NetExposure,
    Check::LongExposure,
    Check::ShortExposure,
    Check::Purchases,
    Check::Sales,
    Check::OpenOrderValue,
    Check::BuyingPower,
    Check::Margin,
    Check::DailyLoss,
    Check::Drawdown,
    Check::SectorConcentration,
    Check::OptionGreeks,
    Check::RateSensitivity,
    Check::FxPosition,
    Check::Ownership,
    Check::WashTrade,
    Check::MarketHalt,
    Check::Permission,
    Check::MinOrderValue,
    Check::PriceWalk,
    Check::ChildOfParent,
    Check::AdvPercent,
    Check::UnitMixup,
    Check::MessageRate,
    Check::OrderValueRate,
    Check::OrderQtyRate,
    Check::ExecutionRate,
    Check::RepeatedExecution,
    Check::DuplicateOrder,
    Check::OrderToTrade,
    Check::RejectStorm,
    Check::OrdersPerDay,
    Check::Participation,
    Check::ReportAnomaly,
];

/// How often each of them must reject in a full run; `report_anomaly` alerts.
const HITS: u64 = 25;

/// Did the reference give up because a number has more digits than it can hold exactly? It never
/// rounds; such a world proves nothing and counts for nothing.
fn is_beyond_the_reference(why: &(dyn std::any::Any + Send)) -> bool {
    let owned = why.downcast_ref::<String>().map(String::as_str);
    let text = owned.or(why.downcast_ref::<&str>().copied()).unwrap_or_default();
    text.contains("lost digits") || text.contains("fits 28 digits")
}

#[test]
fn real_gate_and_reference_agree_on_every_order() {
    let standard = 1_000_000;
    let orders = play::number_from("RISKGATE_ORDERS", standard);
    let first = play::number_from("RISKGATE_SEED", FIRST_SEED);
    play::watchdog(Duration::from_secs(1_800));
    let worlds = orders.div_ceil(ORDERS_PER_WORLD);
    let (next, beyond) = (AtomicU64::new(0), AtomicU64::new(0));
    let total = Mutex::new((Coverage::default(), None::<(u64, String)>));
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get().min(4));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= worlds || total.lock().unwrap().1.is_some() {
                        return;
                    }
                    let seed = first + n;
                    let told = std::panic::catch_unwind(|| {
                        play::world(seed, ORDERS_PER_WORLD, Mistake::None)
                    });
                    let told = match told {
                        Err(why) if is_beyond_the_reference(&*why) => {
                            beyond.fetch_add(1, Ordering::Relaxed);
                            continue;
                        }
                        told => told,
                    };
                    let told = told.unwrap_or_else(|_| Err(format!("seed {seed:#x} panicked")));
                    let mut total = total.lock().unwrap();
                    match told {
                        Ok(coverage) => total.0.merge(&coverage),
                        Err(text) => total.1 = Some((seed, text)),
                    }
                }
            });
        }
    });
    let (coverage, failed) = total.into_inner().unwrap();
    print_coverage(&coverage, first, worlds);
    let beyond = beyond.into_inner();
    println!("{beyond} worlds ended where a number left the 28 digits of the reference");
    if let Some((_, text)) = failed {
        panic!("{text}");
    }
    assert!(beyond <= 1 + worlds / 500, "{beyond} of {worlds} worlds leave the reference's digits");
    if orders >= standard.min(100_000) {
        let least = if orders >= standard { HITS } else { 1 };
        for check in CHECKS.into_iter().filter(|c| is_built(*c)) {
            let hits = coverage.hits.get(&check).map_or(0, |h| match check {
                Check::ReportAnomaly => h[1],
                _ => h[0],
            });
            assert!(
                hits >= least,
                "{} rejected {hits} times: the lives are too tame",
                check.name()
            );
        }
    }
}

#[test]
fn canary_each_deliberate_mistake_is_found() {
    play::watchdog(Duration::from_secs(1_800));
    for mistake in [
        Mistake::ExclusiveLimit,
        Mistake::SkipAncestors,
        Mistake::DropRate,
        Mistake::DropExcess,
        Mistake::ForgetChain,
        Mistake::WashBuysOnly,
        Mistake::NoRearm,
        Mistake::BustLowersDay,
        Mistake::WindowExcludesSelf,
        Mistake::TumblingLate,
        Mistake::BucketForgotten,
        Mistake::RejectsNotCounted,
        Mistake::LaneLimitIgnored,
        Mistake::RearmKeepsCount,
        Mistake::WalkForgetsAnchor,
        Mistake::SessionsIgnored,
        Mistake::AlgosNotAsked,
        Mistake::ParentsForgotten,
    ] {
        let found =
            (0..400).find(|n| play::world(FIRST_SEED + n, ORDERS_PER_WORLD, mistake).is_err());
        let n = found.unwrap_or_else(|| panic!("{mistake:?} went unnoticed in 400 worlds"));
        println!("{mistake:?}: found in world {n}");
    }
}

#[test]
fn canary_each_mistake_about_money_and_groups_is_found() {
    play::watchdog(Duration::from_secs(1_800));
    let mistakes = [
        (Mistake::SalesArePurchases, Check::Sales),
        (Mistake::BustLowersDay, Check::Purchases),
        (Mistake::FeesIgnored, Check::DailyLoss),
        (Mistake::CashAtNewRate, Check::DailyLoss),
        (Mistake::WeekResetsByDay, Check::Purchases),
        (Mistake::PeakOutlivesRearm, Check::Drawdown),
        (Mistake::ShortAllowed, Check::BuyingPower),
        (Mistake::MarginOfLongs, Check::Margin),
        (Mistake::NoDeltaFloor, Check::OptionGreeks),
        (Mistake::NoQuoteLeg, Check::FxPosition),
    ];
    for (mistake, _) in mistakes.into_iter().filter(|(_, check)| is_built(*check)) {
        let found =
            (0..400).find(|n| play::world(FIRST_SEED + n, ORDERS_PER_WORLD, mistake).is_err());
        let n = found.unwrap_or_else(|| panic!("{mistake:?} went unnoticed in 400 worlds"));
        println!("{mistake:?}: found in world {n}");
    }
}

fn print_coverage(c: &Coverage, first: u64, worlds: u64) {
    println!("{worlds} worlds from seed {first:#x}: {} inputs", c.inputs);
    println!(
        "{} new orders and replaces compared, {}% accepted; {} replayed, {} what-ifs, {} latches, \
         {} passive alerts",
        c.orders,
        c.accepted * 100 / c.orders.max(1),
        c.replayed,
        c.what_ifs,
        c.latches,
        c.passive
    );
    println!("{:>22} {:>9} {:>9} {:>9} {:>9}", "check", "rejects", "alerts", "shadow", "soft");
    for (check, [rejects, alerts, shadow, soft]) in &c.hits {
        println!("{:>22} {rejects:>9} {alerts:>9} {shadow:>9} {soft:>9}", check.name());
    }
}

#[test]
#[ignore = "a tool: lists the first disagreement of each of many worlds"]
fn survey() {
    let worlds = play::number_from("RISKGATE_ORDERS", 200);
    let first = play::number_from("RISKGATE_SEED", FIRST_SEED);
    let mut agreed = 0;
    for n in 0..worlds {
        let told =
            std::panic::catch_unwind(|| play::world(first + n, ORDERS_PER_WORLD, Mistake::None));
        match told {
            Ok(Ok(_)) => agreed += 1,
            Ok(Err(text)) => {
                let tail = match std::env::var_os("RISKGATE_VERBOSE") {
                    None => text.find("input:").map_or(&text[..], |at| &text[at..]),
                    Some(_) => &text[..],
                };
                println!("{:#x}: {tail}", first + n);
            }
            Err(_) => println!("{:#x}: panicked", first + n),
        }
    }
    println!("{agreed} of {worlds} worlds agree");
}
