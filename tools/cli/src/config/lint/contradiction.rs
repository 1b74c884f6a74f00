//! Limits that leave nothing between them, and numbers beyond what they are held against: a least
//! order above the largest one, a share of an equity that nobody gave, a loss above the equity.

use riskgate::abi::codes::Check;
use riskgate::state::limit::{Action, Bound, Denominator, Limit, Phase, Variant};
use riskgate::state::setup::Setup;

use super::{is_above, place};
use crate::config::check::bound_text;

/// All of something, in basis points and in 1e-6 percent.
const WHOLE_BPS: i128 = 10_000;
const WHOLE_PERCENT: i64 = 100_000_000;

/// What is odd about one limit.
pub fn lint(setup: &Setup, limit: &Limit, lints: &mut Vec<String>) {
    let (name, at) = (limit.check.name(), place(setup, limit));
    let shown = bound_text(limit).unwrap_or_default();
    match (limit.check, limit.bound) {
        (Check::MinOrderQty, Bound::Value(least)) => {
            nothing_between(setup, limit, least, Check::MaxOrderQty, lints);
        }
        (Check::MinOrderValue, Bound::Value(least)) => {
            nothing_between(setup, limit, least, Check::MaxOrderValue, lints);
        }
        (Check::SectorConcentration, Bound::Value(_)) if no_equity(setup, limit) => {
            lints.push(format!(
                "{name} at {at} is a share of its equity, and it has neither equity nor a floor: \
                 it refuses everything that increases a bucket"
            ));
        }
        (Check::Ownership, Bound::Value(bps))
            if limit.variant == Variant::Default && bps >= WHOLE_BPS =>
        {
            let text = "nobody owns more than all shares: it never decides";
            lints.push(format!("{name} at {at} is {shown}; {text}"));
        }
        (Check::DailyLoss | Check::Drawdown, Bound::Value(loss)) => {
            let equity = limit.node.and_then(|n| setup.accounts[n as usize].equity);
            if equity.is_some_and(|all| all > 0 && loss > all) {
                let text = "more than the whole equity of the node";
                lints.push(format!("{name} at {at} is {shown}, {text}"));
            }
        }
        (Check::PriceCollar, Bound::Collar(collar))
            if collar.aggressive.percent_micro.is_some_and(|p| p >= WHOLE_PERCENT) =>
        {
            let text = "an order at twice the mark passes";
            lints.push(format!("{name} at {at} is {shown}: {text}"));
        }
        _ => {}
    }
}

/// Does a share of the equity at the start of the day have nothing to be a share of?
fn no_equity(setup: &Setup, limit: &Limit) -> bool {
    let of_equity = matches!(limit.denominator, Denominator::Equity | Denominator::LiveEquity);
    let given = |n: u32| setup.accounts[n as usize].equity.is_some_and(|e| e > 0);
    of_equity && limit.floor == 0 && !limit.node.is_some_and(given)
}

/// No order is both at least `least` and within the largest one of a limit that applies with it.
fn nothing_between(
    setup: &Setup,
    limit: &Limit,
    least: i128,
    largest: Check,
    lints: &mut Vec<String>,
) {
    let refuses = |l: &Limit| l.phase == Phase::Enforce && l.action != Action::Alert;
    let meet = |l: &Limit| {
        let on_a_path = match (l.node, limit.node) {
            (Some(a), Some(b)) => is_above(setup, a, b) || is_above(setup, b, a),
            _ => true,
        };
        let in_an_instrument = match (l.instrument, limit.instrument) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        };
        on_a_path && in_an_instrument && (l.sessions == 0 || l.sessions == limit.sessions)
    };
    let below = |l: &&Limit| {
        let number = matches!(l.bound, Bound::Value(v) if v < least);
        l.check == largest && l.variant == Variant::Default && number && refuses(l) && meet(l)
    };
    let Some(max) = setup.limits.iter().find(below).filter(|_| refuses(limit)) else { return };
    lints.push(format!(
        "{} at {} is {}, above {} {} at {}: nothing passes both",
        limit.check.name(),
        place(setup, limit),
        bound_text(limit).unwrap_or_default(),
        largest.name(),
        bound_text(max).unwrap_or_default(),
        place(setup, max),
    ));
}
