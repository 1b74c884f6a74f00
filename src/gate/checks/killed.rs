//! `killed`: a latched kill of the firm, a node, a lane, an instrument, a venue or a side.

use crate::abi::codes::Check;
use crate::abi::verdict::NO_NODE;
use crate::gate::checks::catalogue::CatalogueRow;
use crate::gate::outcome::Breach;
use crate::gate::outcome::MeasureUnit;
use crate::gate::request::Order;
use crate::state::State;
use crate::state::tree::kill_bit;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::Killed,
    family: 2,
    semantics: "a kill switch is set for something that the order belongs to",
    unit: MeasureUnit::None,
    parameters: &[],
    source: "RTS 6 Art. 12",
};

/// A breach, if something that the order belongs to is killed.
pub fn check(state: &State, order: &Order, lane: u32) -> Option<Breach> {
    let path = state.nodes[order.account as usize].path();
    let node = path.iter().find(|n| state.nodes[**n as usize].kills(order.side));
    let elsewhere = state.firm_killed
        || state.sides_killed & kill_bit(order.side) != 0
        || state.instruments[order.instrument as usize].killed
        || state.lanes[lane as usize].killed
        || (order.venue < 64 && state.venues_killed & (1 << order.venue) != 0);
    (elsewhere || node.is_some())
        .then(|| Breach { node: node.copied().unwrap_or(NO_NODE), ..Breach::bare(Check::Killed) })
}
