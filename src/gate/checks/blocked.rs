//! `blocked`: a breach or an anomaly latched the account or an ancestor, until a person re-arms it.

use crate::abi::codes::Check;
use crate::gate::outcome::Breach;
use crate::gate::request::Order;
use crate::state::State;
use crate::state::limit::Latch;

/// A breach, if a latch refuses the order.
pub fn check(state: &State, order: &Order, reduces: bool) -> Option<Breach> {
    let path = state.nodes[order.account as usize].path();
    let refuses = |node: &&u32| match state.nodes[**node as usize].latch {
        Some(Latch::All) => true,
        Some(Latch::CloseOnly) => !reduces,
        None => false,
    };
    path.iter().find(refuses).map(|node| Breach { node: *node, ..Breach::bare(Check::Blocked) })
}
