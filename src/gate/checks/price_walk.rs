//! `price_walk`: a ladder of prices, each legal against the mark of its moment, has led too far from
//! where it began. The account's first priced order in an instrument opens a window and anchors it
//! at the mark; until it ends, each price is compared with the anchor, by the arithmetic of
//! `price_collar`. The first order at or after its end opens the next one.

use crate::abi::codes::Check;
use crate::fixed::Price;
use crate::gate::checks::Context;
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::outcome::MeasureUnit;
use crate::gate::plan::Plan;
use crate::gate::request::Order;
use crate::state::State;
use crate::state::walks::Walk;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::PriceWalk,
    family: 3,
    semantics: "the price is further from the first mark of the window than percent, ticks or a distance",
    unit: MeasureUnit::Price,
    parameters: &[Parameter::Window, Parameter::Bands],
    source: "RTS 6 Art. 15(1)(a): collars over a period of time",
};

/// What a price is compared with: the anchor of the window that it falls into, or the mark of now
/// if it opens one. `None`: there is no room for another window.
pub fn anchor(c: &Context, limit_slot: u32, mark: Price) -> Option<Price> {
    let walk = Walk { limit: limit_slot, account: c.order.account, instrument: c.order.instrument };
    let length_ns = c.state.limits.detail(limit_slot).limit.window.length_ns;
    match c.state.walks.anchor(walk, c.now_ns, length_ns) {
        Some(anchor) => Some(anchor),
        None if c.state.walks.has_room(c.lane, walk, c.now_ns) => Some(mark),
        None => None,
    }
}

/// After the decision: opens the windows that the order is the first of.
pub fn note(state: &mut State, order: &Order, plan: &Plan, lane: u32, now_ns: u64) {
    if !state.walks.is_used || order.is_unpriced() {
        return;
    }
    let Some(mark) = plan.mark else { return };
    let path_length = state.nodes[order.account as usize].depth;
    for level in 0..path_length {
        let node = state.nodes[order.account as usize].path[level];
        let first = state.nodes[node as usize].first_limit;
        open_all(state, first, order, mark, (lane, now_ns));
        if let Some(cell) = state.cells.get(plan.row.cells[level] as usize) {
            open_all(state, cell.first_limit, order, mark, (lane, now_ns));
        }
    }
}

fn open_all(state: &mut State, first: u32, order: &Order, mark: Price, (lane, now_ns): (u32, u64)) {
    for limit in state.limits.list(first) {
        if state.limits.get(limit).check == Check::PriceWalk {
            let walk = Walk { limit, account: order.account, instrument: order.instrument };
            let length_ns = state.limits.detail(limit).limit.window.length_ns;
            state.walks.open(lane, walk, now_ns, length_ns, mark);
        }
    }
}
