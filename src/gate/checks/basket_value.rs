//! `basket_value`: what the lines of a basket come to together. A basket that slips through line by
//! line is how the largest typing errors became trades.

use crate::abi::codes::Check;
use crate::fixed::Wide;
use crate::gate::checks::Context;
use crate::gate::checks::catalogue::{CatalogueRow, MARKET_ACCESS_AND_RTS6, Parameter};
use crate::gate::outcome::MeasureUnit;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::BasketValue,
    family: 3,
    semantics: "Σ over a basket's lines below the node of quantity × max(|price|, |mark|) > limit; \
                all lines or none",
    unit: MeasureUnit::Money,
    parameters: &[Parameter::Soft],
    source: MARKET_ACCESS_AND_RTS6,
};

/// The measure at a node, base currency; `None` for an order outside of a basket.
pub fn measure(c: &Context, node: u32) -> Option<Wide> {
    c.state.basket.is_active().then(|| c.state.basket.value(node))
}
