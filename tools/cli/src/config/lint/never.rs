//! Limits that can never decide anything, and limits that decide everything.

use riskgate::abi::codes::Check;
use riskgate::state::limit::{Bound, Denominator, Limit, Variant};
use riskgate::state::setup::Setup;

use super::{maximum, place};
use crate::config::check::bound_text;

/// A check, and another one of the same place that is never looser: the first is beyond its limit
/// only where the second is too, if its number is not smaller.
const COVERED: [(Check, Check); 8] = [
    (Check::NetExposure, Check::GrossExposure),
    (Check::LongExposure, Check::GrossExposure),
    (Check::ShortExposure, Check::GrossExposure),
    (Check::MaxOrderValue, Check::OpenOrderValue),
    (Check::BasketValue, Check::OpenOrderValue),
    (Check::MaxOrderValue, Check::BasketValue),
    (Check::MaxOrderQty, Check::BasketQty),
    (Check::DailyLoss, Check::Drawdown),
];
/// The whole, in basis points and in 1e-6 percent.
const WHOLE_BPS: i128 = 10_000;
const WHOLE_PERCENT: i128 = 100_000_000;

/// What is odd about one limit.
pub fn lint(setup: &Setup, limit: &Limit, lints: &mut Vec<String>) {
    let Bound::Value(number) = limit.bound else { return };
    let name = limit.check.name();
    let at = place(setup, limit);
    if number == 0 && !matches!(limit.check, Check::MinOrderQty | Check::MinOrderValue) {
        lints.push(format!("{name} at {at} is 0: it refuses everything that it looks at"));
    }
    match limit.check {
        Check::SectorConcentration
            if limit.denominator == Denominator::Gross && number >= WHOLE_BPS =>
        {
            let text = "a part is never more than the whole: it never decides";
            lints.push(format!("{name} at {at} is {number} bps of the gross book; {text}"));
        }
        Check::AdvPercent if number > WHOLE_PERCENT => {
            let shown = bound_text(limit).unwrap_or_default();
            lints.push(format!("{name} at {at} is {shown}, more than a whole day's volume"));
        }
        _ => covered(setup, limit, lints),
    }
    if limit.soft_percent.contains(&100) {
        lints.push(format!(
            "{name} at {at} has a soft threshold of 100%: it fires with the limit itself, not before"
        ));
    }
}

fn covered(setup: &Setup, limit: &Limit, lints: &mut Vec<String>) {
    let Some(own) = maximum(limit) else { return };
    for (loose, tight) in COVERED.iter().filter(|(loose, _)| *loose == limit.check) {
        let same_place = |l: &&Limit| {
            l.check == *tight
                && (l.node, l.instrument, l.phase) == (limit.node, limit.instrument, limit.phase)
                && (l.variant, l.reset) == (Variant::Default, limit.reset)
                && maximum(l).is_some_and(|v| v <= own)
        };
        if let Some(other) = setup.limits.iter().find(same_place) {
            lints.push(format!(
                "{} at {} is {}, and {} there {}: it never decides",
                loose.name(),
                place(setup, limit),
                bound_text(limit).unwrap_or_default(),
                tight.name(),
                bound_text(other).unwrap_or_default(),
            ));
            return;
        }
    }
}
