//! Limits of the account tree against each other: thresholds, parents, children.

use riskgate::abi::codes::Check;
use riskgate::state::defaults;
use riskgate::state::limit::{Bound, Limit};
use riskgate::state::setup::Setup;

use super::{alike, maximum, place, stops_as_much};
use crate::config::check::bound_text;

/// What is odd about one limit.
pub fn lint(setup: &Setup, limit: &Limit, lints: &mut Vec<String>) {
    no_soft_threshold(setup, limit, lints);
    above_ancestor(setup, limit, lints);
    children_above(setup, limit, lints);
}

/// Exposures have thresholds by default; somebody took these away.
fn no_soft_threshold(setup: &Setup, limit: &Limit, lints: &mut Vec<String>) {
    let usual = defaults::of(limit.check).1[0] != 0;
    if usual && limit.soft_percent[0] == 0 && matches!(limit.bound, Bound::Value(_)) {
        let place = place(setup, limit);
        let name = limit.check.name();
        lints.push(format!(
            "{name} at {place} has no soft threshold: nobody is told before it bites"
        ));
    }
}

/// A limit that is looser than one further up never stops anything.
fn above_ancestor(setup: &Setup, limit: &Limit, lints: &mut Vec<String>) {
    let (Some(node), Some(own)) = (limit.node, maximum(limit)) else { return };
    let mut up = setup.accounts[node as usize].parent;
    while let Some(ancestor) = up {
        let same = |l: &&Limit| {
            l.node == Some(ancestor)
                && alike(l, limit)
                && stops_as_much(l, limit)
                && maximum(l).is_some_and(|v| v < own)
        };
        if let Some(tighter) = setup.limits.iter().find(same) {
            lints.push(format!(
                "{} at {} is {}, above {} at {}: it never decides",
                limit.check.name(),
                place(setup, limit),
                bound_text(limit).unwrap_or_default(),
                bound_text(tighter).unwrap_or_default(),
                place(setup, tighter),
            ));
            return;
        }
        up = setup.accounts[ancestor as usize].parent;
    }
}

/// The parts may use more than the whole has.
fn children_above(setup: &Setup, limit: &Limit, lints: &mut Vec<String>) {
    let (Some(node), Some(whole)) = (limit.node, maximum(limit)) else { return };
    if is_per_order(limit.check) {
        return;
    }
    let below = |l: &&Limit| {
        alike(l, limit) && maximum(l).is_some() && nearest_limit(setup, l) == Some(node)
    };
    let children: Vec<&Limit> = setup.limits.iter().filter(below).collect();
    let sum: i128 = children.iter().filter_map(|l| maximum(l)).sum();
    if sum > whole {
        let total = Limit { bound: Bound::Value(sum), ..*limit };
        let limits = if children.len() == 1 { "limit" } else { "limits" };
        let sums = if children.len() == 1 { "is" } else { "sum up to" };
        lints.push(format!(
            "{} at {} is {}, the {} {limits} below it {sums} {}",
            limit.check.name(),
            place(setup, limit),
            bound_text(limit).unwrap_or_default(),
            children.len(),
            bound_text(&total).unwrap_or_default(),
        ));
    }
}

/// The nearest node above a limit's own that has a limit like it.
fn nearest_limit(setup: &Setup, limit: &Limit) -> Option<u32> {
    let mut up = setup.accounts[limit.node? as usize].parent;
    while let Some(node) = up {
        let same = |l: &Limit| l.node == Some(node) && alike(l, limit) && maximum(l).is_some();
        if setup.limits.iter().any(same) {
            return Some(node);
        }
        up = setup.accounts[node as usize].parent;
    }
    None
}

fn is_per_order(check: Check) -> bool {
    check.number() < Check::MessageRate.number()
}
