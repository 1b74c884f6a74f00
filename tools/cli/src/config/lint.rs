//! Limits that are allowed but probably not meant. It never refuses anything.

use riskgate::abi::codes::Check;
use riskgate::state::defaults;
use riskgate::state::limit::{Bound, Limit, Phase};
use riskgate::state::setup::Setup;

use crate::config::check::bound_text;

/// What looks odd, a line each.
pub fn lint(setup: &Setup) -> Vec<String> {
    let mut lints = Vec::new();
    for limit in &setup.limits {
        no_soft_threshold(setup, limit, &mut lints);
        above_ancestor(setup, limit, &mut lints);
        children_above(setup, limit, &mut lints);
    }
    for check in setup.required.iter() {
        let mut rows = setup.limits.iter().filter(|l| l.check == check).peekable();
        if rows.peek().is_none() {
            let name = check.name();
            lints.push(format!("{name} is required, and no limit sets it: no order will pass"));
        } else if rows.all(|l| l.phase != Phase::Enforce) {
            lints.push(format!("{} is required, and no limit of it is enforced", check.name()));
        }
    }
    lints
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
            l.node == Some(ancestor) && alike(l, limit) && maximum(l).is_some_and(|v| v < own)
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
        lints.push(format!(
            "{} at {} is {}, the {} limits below it sum up to {}",
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

/// The same measure, and `a` holds whenever `b` does: only then do two limits compare.
fn alike(a: &Limit, b: &Limit) -> bool {
    a.check == b.check
        && a.variant == b.variant
        && a.instrument == b.instrument
        && a.denominator == b.denominator
        && a.phase == b.phase
        && (a.sessions == 0 || a.sessions == b.sessions)
}

/// The number of a limit that is a maximum of something that adds up or is compared per order.
fn maximum(limit: &Limit) -> Option<i128> {
    match limit.bound {
        Bound::Value(v)
            if limit.check != Check::MinOrderQty && limit.check != Check::SectorConcentration =>
        {
            Some(v)
        }
        _ => None,
    }
}

fn is_per_order(check: Check) -> bool {
    matches!(check, Check::MaxOrderQty | Check::MaxOrderValue)
}

fn place(setup: &Setup, limit: &Limit) -> String {
    let node = limit.node.map_or("", |n| setup.accounts[n as usize].name.as_str());
    match limit.instrument {
        Some(i) => format!("{node} in {}", setup.instruments[i as usize].symbol),
        None => node.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load;
    use crate::tree::Problems;

    #[test]
    fn odd_limits_are_named() {
        let text = r#"
            required = ["max_order_value", "max_order_qty"]
            account = [{ name = "firm" }, { name = "A", parent = "firm" }, { name = "B", parent = "firm" }]
            instruments = [{ symbol = "X" }]
            lane = [{ name = "ems" }]
            limit = [
                { node = "firm", max_long = "100", max_order_qty = { limit = "10", phase = "warn" } },
                { node = "A", max_long = { limit = "60", soft = [] } },
                { node = "B", max_long = "101" },
            ]"#;
        let mut problems = Problems::default();
        let config = load::parse(text, &|_| Err("none".into()), &mut problems);
        let config = config.unwrap_or_else(|| panic!("{:?}", problems.texts("test")));
        let all = lint(&config.setup).join("\n");
        for words in [
            "max_long at firm is 100, the 2 limits below it sum up to 161",
            "max_long at A has no soft threshold",
            "max_long at B is 101, above 100 at firm: it never decides",
            "max_order_value is required, and no limit sets it",
            "max_order_qty is required, and no limit of it is enforced",
        ] {
            assert!(all.contains(words), "{words} is missing in\n{all}");
        }
        assert_eq!(all.lines().count(), 5, "{all}");
    }
}
