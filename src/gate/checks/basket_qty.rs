//! `basket_qty`: how much the lines of a basket ask for together.

use crate::abi::codes::Check;
use crate::fixed::Wide;
use crate::gate::checks::Context;
use crate::gate::checks::catalogue::{CatalogueRow, MARKET_ACCESS_AND_RTS6, Parameter};
use crate::gate::outcome::MeasureUnit;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::BasketQty,
    family: 3,
    semantics: "Σ over a basket's lines below the node of the quantity > limit; all lines or none",
    unit: MeasureUnit::Qty,
    parameters: &[Parameter::Soft],
    source: MARKET_ACCESS_AND_RTS6,
};

/// The measure at a node, 1e-8; `None` for an order outside of a basket.
pub fn measure(c: &Context, node: u32) -> Option<Wide> {
    c.state.basket.is_active().then(|| c.state.basket.qty(node))
}
