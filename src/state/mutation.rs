//! Deliberate mistakes in the checks, for the tests that prove that a mistake is noticed. Without the
//! feature `mutations`, which only test builds have, nothing of this exists in the program.

use crate::abi::codes::Check;
use crate::state::defaults::{Number, number_of};
use crate::state::limit::{Band, Bound, Collar, Limit, Window};
use std::cell::Cell;

/// What is wrong with the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// It never finds anything.
    Never,
    /// Its limit is a little smaller: what is exactly at the limit is refused.
    Tighter,
    /// Its limit is a little larger: what is just above is let through.
    Looser,
    /// Limits of inner nodes of the account tree are forgotten.
    LeafOnly,
    /// Limits of single instruments are forgotten.
    NoInstrument,
    /// Limits of lanes are forgotten.
    NoLane,
    /// Its window is as good as endless.
    Endless,
}

impl Mistake {
    /// All of them, with their names.
    pub const NAMES: [(Mistake, &'static str); 7] = [
        (Mistake::Never, "never"),
        (Mistake::Tighter, "tighter"),
        (Mistake::Looser, "looser"),
        (Mistake::LeafOnly, "leaf_only"),
        (Mistake::NoInstrument, "no_instrument"),
        (Mistake::NoLane, "no_lane"),
        (Mistake::Endless, "endless"),
    ];
}

thread_local! {
    static PLANTED: Cell<Option<(Check, Mistake)>> = const { Cell::new(None) };
}

/// Plants a mistake, named as `check:mistake`, in this thread. False: there is no such thing.
pub fn plant(text: &str) -> bool {
    let planted = text.split_once(':').and_then(|(check, name)| {
        let mistake = Mistake::NAMES.iter().find(|(_, n)| *n == name)?.0;
        Some((Check::from_name(check)?, mistake))
    });
    PLANTED.set(planted);
    planted.is_some()
}

/// Is this mistake planted in this check?
pub fn is(check: Check, mistake: Mistake) -> bool {
    PLANTED.get() == Some((check, mistake))
}

/// A limit as it is set, with the mistake that is planted. `is_inner`: its node has children.
pub fn spoil(limit: Limit, is_inner: bool) -> Limit {
    let Some((check, mistake)) = PLANTED.get() else { return limit };
    if check != limit.check {
        return limit;
    }
    let forgotten = Limit { bound: Bound::Unlimited, ..limit };
    match (mistake, limit.bound) {
        (Mistake::Tighter, Bound::Value(v)) => {
            let less = if is_money(&limit) { CENT } else { 1 };
            Limit { bound: Bound::Value(v - less), ..limit }
        }
        (Mistake::Looser, Bound::Value(v)) => {
            Limit { bound: Bound::Value(v + just_below_a_step(&limit)), ..limit }
        }
        (Mistake::Tighter, Bound::Collar(c)) => {
            Limit { bound: Bound::Collar(moved(c, -1)), ..limit }
        }
        (Mistake::Looser, Bound::Collar(c)) => Limit { bound: Bound::Collar(moved(c, 1)), ..limit },
        (Mistake::LeafOnly, _) if is_inner => forgotten,
        (Mistake::NoInstrument, _) if limit.instrument.is_some() => forgotten,
        (Mistake::NoLane, _) if limit.lane.is_some() => forgotten,
        (Mistake::Endless, _) if limit.window.length_ns != 0 => {
            let window = Window { length_ns: 1 << 60, ..limit.window };
            Limit { window, ..limit }
        }
        _ => limit,
    }
}

/// A hundredth of a currency unit, 1e-17.
const CENT: i128 = 1_000_000_000_000_000;
/// A share or contract, 1e-8.
const SHARE: i128 = 100_000_000;

fn is_money(limit: &Limit) -> bool {
    number_of(limit.check, limit.variant) == Number::Money
}

/// What a test that is one cent, one share, one message above a limit still notices.
fn just_below_a_step(limit: &Limit) -> i128 {
    match number_of(limit.check, limit.variant) {
        Number::Money => CENT,
        Number::Qty => SHARE,
        _ => 1,
    }
}

/// Bands that are all wider or narrower by one unit.
fn moved(collar: Collar, by: i64) -> Collar {
    let number = |n: Option<i64>| n.map(|n| n + by);
    let band = |b: Band| Band {
        percent_micro: number(b.percent_micro),
        ticks: number(b.ticks),
        absolute: number(b.absolute),
    };
    Collar { aggressive: band(collar.aggressive), passive: band(collar.passive), ..collar }
}
