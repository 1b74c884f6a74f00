//! `open_order_value`: Σ (B+S)·v + BX + SX, of a node or of one instrument at a node.

use crate::abi::codes::Check;
use crate::fixed::Wide;
use crate::gate::checks::catalogue::MARKET_ACCESS;
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::checks::place::Place;
use crate::gate::outcome::MeasureUnit;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::OpenOrderValue,
    family: 5,
    semantics: "value of all open orders > limit",
    unit: MeasureUnit::Money,
    parameters: &[Parameter::Soft],
    source: MARKET_ACCESS,
};

/// The measure, base currency.
pub fn measure(for_instrument: bool, at: &Place) -> Wide {
    if for_instrument { at.sums().open_value(at.row.magnitude, at.unit()) } else { at.open() }
}
