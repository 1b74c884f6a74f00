//! Limits that are allowed but probably not meant. It never refuses anything.

mod contradiction;
mod never;
mod reference;
mod tree;
mod unlimited;

use riskgate::abi::codes::Check;
use riskgate::state::limit::{Action, Bound, Limit};
use riskgate::state::setup::Setup;

/// What looks odd, a line each.
pub fn lint(setup: &Setup) -> Vec<String> {
    let mut lints = Vec::new();
    for limit in &setup.limits {
        tree::lint(setup, limit, &mut lints);
        never::lint(setup, limit, &mut lints);
        contradiction::lint(setup, limit, &mut lints);
        reference::lint(setup, limit, &mut lints);
    }
    unlimited::lint(setup, &mut lints);
    lints
}

/// The same measure, and `a` holds whenever `b` does: only then do two limits compare.
fn alike(a: &Limit, b: &Limit) -> bool {
    let measure = |l: &Limit| {
        let kind = (l.check, l.variant, l.bucket, l.currency, l.denominator);
        (kind, l.instrument, l.window.length_ns, l.reset, l.phase)
    };
    measure(a) == measure(b) && (a.sessions == 0 || a.sessions == b.sessions)
}

/// Does the tighter limit stop whatever the looser one would? One that only alerts leaves the looser
/// one everything to decide; a latch or close-only does more than a refusal.
fn stops_as_much(tighter: &Limit, looser: &Limit) -> bool {
    let strength = |l: &Limit| match l.action {
        Action::Alert => 0,
        Action::Block | Action::AlertBlock | Action::BlockAudit => 1,
        Action::CloseOnly => 2,
        Action::BlockLatch => 3,
    };
    strength(tighter) >= strength(looser)
}

/// The number of a limit that is a maximum of something that adds up or is compared per order.
fn maximum(limit: &Limit) -> Option<i128> {
    let is_minimum = matches!(limit.check, Check::MinOrderQty | Check::MinOrderValue);
    let is_share = matches!(
        limit.check,
        Check::SectorConcentration
            | Check::Participation
            | Check::Ownership
            | Check::AdvPercent
            | Check::OrderToTrade
            | Check::UnitMixup
    );
    match limit.bound {
        Bound::Value(v) if !is_minimum && !is_share => Some(v),
        _ => None,
    }
}

/// Is `node` the account or an ancestor of it?
fn is_above(setup: &Setup, node: u32, account: u32) -> bool {
    let mut at = Some(account);
    while let Some(id) = at {
        if id == node {
            return true;
        }
        at = setup.accounts[id as usize].parent;
    }
    false
}

fn place(setup: &Setup, limit: &Limit) -> String {
    if let Some(lane) = limit.lane {
        return format!("lane {}", setup.lanes[lane as usize].name);
    }
    let node = limit.node.map(|n| setup.accounts[n as usize].name.as_str());
    let symbol = limit.instrument.map(|i| setup.instruments[i as usize].symbol.as_str());
    match (node, symbol) {
        (Some(node), Some(symbol)) => format!("{node} in {symbol}"),
        (name, symbol) => name.or(symbol).unwrap_or_default().to_string(),
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

    #[test]
    fn limits_are_held_against_reference_data_and_each_other() {
        let text = r#"
            required = ["max_order_qty", "max_order_value"]
            account = [{ name = "firm" }, { name = "A", parent = "firm" }, { name = "B", parent = "firm" }]
            instruments = [
                { symbol = "BIG", adv = "1000000", sane_qty = "10" },
                { symbol = "THIN", adv = "1000" },
            ]
            lane = [{ name = "ems" }]
            limit = [
                { node = "firm", max_order_value = "1000000" },
                { node = "A", max_order_qty = "63500", max_order_value = "0" },
                { node = "A", adv_percent = "101", unit_mixup = "5" },
                { node = "B", max_order_qty = "unlimited", gross_exposure = { limit = "500", soft = [100] } },
                { node = "B", net_exposure = "500" },
                { node = "B", sector_concentration = { limit_bps = "10000", denominator = "gross" } },
            ]"#;
        let mut problems = Problems::default();
        let config = load::parse(text, &|_| Err("none".into()), &mut problems);
        let config = config.unwrap_or_else(|| panic!("{:?}", problems.texts("test")));
        let all = lint(&config.setup).join("\n");
        for words in [
            "max_order_qty at A is 63,500, 63 times what THIN trades in a day (1,000)",
            "max_order_value at A is 0: it refuses everything",
            "adv_percent at A is 101%, more than a whole day's volume",
            "unit_mixup at A needs the largest sane quantity (sane_qty) of THIN",
            "max_order_qty is required, and unlimited for B: nothing bounds it there or above",
            "gross_exposure at B has a soft threshold of 100%",
            "net_exposure at B is 500, and gross_exposure there 500: it never decides",
            "a part is never more than the whole",
        ] {
            assert!(all.contains(words), "{words} is missing in\n{all}");
        }
        assert_eq!(all.lines().count(), 8, "{all}");
    }

    #[test]
    fn limits_that_leave_nothing_and_limits_beyond_everything() {
        let text = r#"
            account = [{ name = "firm", equity = "1000" }, { name = "A", parent = "firm" }, { name = "B", parent = "firm" }]
            instruments = [{ symbol = "X", shares_outstanding = "1000000" }]
            lane = [{ name = "ems" }]
            limit = [
                { node = "firm", max_order_qty = "10", daily_loss = "1001", gross_exposure = { limit = "100", action = "alert" } },
                { node = "firm", net_exposure = { limit = "200", action = "block" } },
                { node = "firm", price_collar = { aggressive = { percent = "500" }, passive = { percent = "50" } } },
                { node = "A", min_order_qty = "11", sector_concentration = { limit_bps = "100" }, ownership = { limit_bps = "20000" } },
                { node = "B", min_order_qty = "10", sector_concentration = { limit_bps = "100", floor = "5" } },
                { node = "B", gross_exposure = "99", drawdown = { limit = "90", reset = "week" }, daily_loss = "100" },
            ]"#;
        let mut problems = Problems::default();
        let config = load::parse(text, &|_| Err("none".into()), &mut problems);
        let config = config.unwrap_or_else(|| panic!("{:?}", problems.texts("test")));
        let all = lint(&config.setup).join("\n");
        for words in [
            "min_order_qty at A is 11, above max_order_qty 10 at firm: nothing passes both",
            "sector_concentration at A is a share of its equity",
            "ownership at A is 20,000 bps; nobody owns more than all shares",
            "daily_loss at firm is 1,001, more than the whole equity",
            "an order at twice the mark passes",
        ] {
            assert!(all.contains(words), "{words} is missing in\n{all}");
        }
        // What only alerts leaves the other everything to decide.
        assert!(!all.contains("net_exposure"), "{all}");
        assert_eq!(all.lines().count(), 5, "{all}");
    }
}
