//! `blocked`: a breach or an anomaly latched the account or an ancestor, or one instrument at it, until a person re-arms it.

use crate::abi::codes::Check;
use crate::gate::checks::catalogue::CatalogueRow;
use crate::gate::checks::catalogue::MARKET_ACCESS;
use crate::gate::outcome::Breach;
use crate::gate::outcome::MeasureUnit;
use crate::gate::plan::Plan;
use crate::gate::request::Order;
use crate::state::State;
use crate::state::limit::Latch;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::Blocked,
    family: 2,
    semantics: "a breach or an anomaly latched the account or an ancestor",
    unit: MeasureUnit::None,
    parameters: &[],
    source: MARKET_ACCESS,
};

/// A breach, if a latch refuses the order.
pub fn check(state: &State, order: &Order, plan: &Plan) -> Option<Breach> {
    let refuses = |latch: Option<Latch>| match latch {
        Some(Latch::All) => true,
        Some(Latch::CloseOnly) => !plan.reduces,
        None => false,
    };
    let path = state.nodes[order.account as usize].path();
    let node = path.iter().enumerate().find(|(level, node)| {
        let in_instrument = state.cells.get(plan.row.cells[*level] as usize);
        refuses(state.nodes[**node as usize].latch)
            || in_instrument.is_some_and(|cell| refuses(cell.latch))
    });
    node.map(|(_, node)| Breach { node: *node, ..Breach::bare(Check::Blocked) })
}
