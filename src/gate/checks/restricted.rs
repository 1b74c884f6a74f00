//! `restricted`: what the account or an ancestor may do in the instrument, or in all.

use crate::abi::codes::Check;
use crate::abi::order::side;
use crate::gate::checks::catalogue::CatalogueRow;
use crate::gate::checks::catalogue::MARKET_ACCESS;
use crate::gate::outcome::Breach;
use crate::gate::outcome::MeasureUnit;
use crate::gate::plan::Plan;
use crate::gate::request::Order;
use crate::state::State;
use crate::state::command::Restriction;
use crate::state::index::NONE;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::Restricted,
    family: 2,
    semantics: "buy-only, sell-only, close-only or no trading",
    unit: MeasureUnit::None,
    parameters: &[],
    source: MARKET_ACCESS,
};

/// A breach, if a restriction on the path refuses the order.
pub fn check(state: &State, order: &Order, plan: &Plan) -> Option<Breach> {
    let refuses = |mode: Restriction| match mode {
        Restriction::Open => false,
        Restriction::BuyOnly => order.side != side::BUY,
        Restriction::SellOnly => order.side != side::SELL,
        Restriction::CloseOnly => !plan.reduces,
        Restriction::NoTrading => true,
    };
    let path = state.nodes[order.account as usize].path();
    let node = path.iter().enumerate().find(|(level, node)| {
        let in_instrument = match plan.row.cells[*level] {
            NONE => Restriction::Open,
            cell => state.cells[cell as usize].restriction,
        };
        refuses(state.nodes[**node as usize].restriction) || refuses(in_instrument)
    });
    node.map(|(_, node)| Breach { node: *node, ..Breach::bare(Check::Restricted) })
}
