//! Random calendars, algorithms and permissions, and the commands about them.

use crate::world::Rng;
use riskgate::abi::PRICE_UNDEFINED;
use riskgate::fixed::PRICE_ONE;
use riskgate::state::calendar::{Calendar, Offset, Span, SpecialDay};
use riskgate::state::command::Command;
use riskgate::state::permissions::{Algo, AlgoGrant, Grant, Grantee, Permission};
use riskgate::state::session::Session;

const DAY_S: i32 = 86_400;

/// Spans of a day: some, ascending, from the day before to the day after.
fn spans(rng: &mut Rng) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut from_s = -DAY_S + rng.below(2 * DAY_S as u64) as i32;
    for _ in 0..rng.below(4) {
        let until_s = (from_s + 1 + rng.below(40_000) as i32).min(2 * DAY_S);
        if from_s < until_s {
            spans.push(Span { from_s, until_s, phase: rng.pick(&Session::NAMES).0 });
        }
        from_s = until_s;
    }
    spans
}

/// A calendar; offsets are wild, and change around the time that the test plays at.
pub fn calendar(rng: &mut Rng, around_s: i64) -> Calendar {
    let mut offsets = vec![Offset { from_s: rng.pick(&[i64::MIN, 0, i64::MAX - 9]), ahead_s: 0 }];
    for n in 0..3 {
        let from_s = around_s + n * 100 + rng.below(100) as i64;
        if offsets.last().is_some_and(|last| last.from_s < from_s) {
            let ahead_s = rng.below(2 * DAY_S as u64 - 1) as i32 - (DAY_S - 1);
            offsets.push(Offset { from_s, ahead_s });
        }
    }
    let today = (around_s / i64::from(DAY_S)) as i32;
    Calendar {
        name: "C".into(),
        zone: "nowhere".into(),
        offsets,
        week: std::array::from_fn(|_| spans(rng)),
        special_days: vec![SpecialDay { day: today, spans: spans(rng) }],
    }
}

/// Registered algorithms.
pub fn algos() -> Vec<Algo> {
    let algo = |id| Algo { id, name: "a".into(), version: "1".into(), active: id != 2 };
    vec![algo(1), algo(2), algo(u16::MAX)]
}

/// Permissions of some nodes and lanes.
pub fn grants(rng: &mut Rng, nodes: u32, lanes: u32) -> Vec<Grant> {
    let mut grants = Vec::new();
    let all = (0..nodes).map(Grantee::Node).chain((0..lanes).map(Grantee::Lane));
    for to in all {
        if !rng.one_in(12) {
            continue;
        }
        let permission = Permission {
            types: rng.pick(&[u16::MAX, !2, 6]),
            auction_types: rng.pick(&[u16::MAX, 2]),
            tifs: rng.pick(&[u16::MAX, !8]),
            venues: rng.pick(&[u64::MAX, 1, u64::MAX >> 1]),
            algos: match rng.below(3) {
                0 => AlgoGrant::Registered,
                1 => AlgoGrant::Listed(vec![1, 2]),
                _ => AlgoGrant::Any,
            },
            ..Permission::ALL
        };
        grants.push(Grant { to, permission });
    }
    grants
}

/// A command about hours, markets, bands and algorithms.
pub fn command(rng: &mut Rng, instrument: u32) -> Command {
    let price = |rng: &mut Rng| rng.pick(&[PRICE_UNDEFINED, i64::MIN, 0, 100 * PRICE_ONE]);
    match rng.below(6) {
        0 => Command::Session { instrument, mode: Some(rng.pick(&Session::NAMES).0) },
        1 => Command::Session { instrument, mode: None },
        2 => Command::MarketHalt { market: None, halted: rng.one_in(8) },
        3 => Command::MarketHalt { market: Some(rng.below(65) as u16), halted: rng.one_in(3) },
        4 => Command::Band { instrument, low: price(rng), high: price(rng) },
        _ => Command::Algo { id: rng.below(4) as u16, active: rng.one_in(2) },
    }
}
