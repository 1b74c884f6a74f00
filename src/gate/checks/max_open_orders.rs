//! `max_open_orders`: how many orders are open, of a lane, of a node, or of one instrument at it.

use crate::abi::codes::Check;
use crate::fixed::Wide;
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::checks::place::Place;
use crate::gate::outcome::MeasureUnit;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::MaxOpenOrders,
    family: 4,
    semantics: "open orders > limit",
    unit: MeasureUnit::Count,
    parameters: &[Parameter::Soft],
    source: "RTS 6 Art. 15",
};

/// The measure, a count.
pub fn measure(for_instrument: bool, at: &Place) -> Wide {
    let count = if for_instrument { at.sums().open_orders } else { at.open_orders() };
    Wide::from_i128(i128::from(count))
}
