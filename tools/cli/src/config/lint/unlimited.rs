//! What is required but not bounded: no limit at all, none that is enforced, or `unlimited` for an
//! account that nothing above it bounds.

use riskgate::abi::codes::Check;
use riskgate::state::limit::{Bound, Limit, Phase};
use riskgate::state::setup::Setup;

use super::is_above;

/// What is odd about the setup as a whole.
pub fn lint(setup: &Setup, lints: &mut Vec<String>) {
    for check in setup.required.iter() {
        let mut rows = setup.limits.iter().filter(|l| l.check == check).peekable();
        let name = check.name();
        if rows.peek().is_none() {
            lints.push(format!("{name} is required, and no limit sets it: no order will pass"));
        } else if rows.all(|l| l.phase != Phase::Enforce) {
            lints.push(format!("{name} is required, and no limit of it is enforced"));
        } else {
            unbounded_accounts(setup, check, lints);
        }
    }
}

/// Accounts whose only limits of a required check say `unlimited`.
fn unbounded_accounts(setup: &Setup, check: Check, lints: &mut Vec<String>) {
    let leaves = (0..setup.accounts.len() as u32).filter(|id| is_leaf(setup, *id));
    let open = |id: &u32| {
        let on_path =
            |l: &&Limit| l.check == check && l.node.is_some_and(|n| is_above(setup, n, *id));
        let mut rows = setup.limits.iter().filter(on_path).peekable();
        rows.peek().is_some() && rows.all(|l| l.bound == Bound::Unlimited)
    };
    let names: Vec<&str> =
        leaves.filter(open).map(|id| setup.accounts[id as usize].name.as_str()).collect();
    if !names.is_empty() {
        lints.push(format!(
            "{} is required, and unlimited for {}: nothing bounds it there or above",
            check.name(),
            names.join(", ")
        ));
    }
}

fn is_leaf(setup: &Setup, id: u32) -> bool {
    setup.accounts.iter().all(|a| a.parent != Some(id))
}
