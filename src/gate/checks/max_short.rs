//! `max_short`: open sells less position in one instrument, S − p.

use crate::abi::codes::Check;
use crate::fixed::Wide;
use crate::gate::checks::catalogue::MARKET_ACCESS;
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::checks::place::Place;
use crate::gate::outcome::MeasureUnit;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::MaxShort,
    family: 5,
    semantics: "open sells − position > limit",
    unit: MeasureUnit::Qty,
    parameters: &[Parameter::Soft],
    source: MARKET_ACCESS,
};

/// The measure, quantity.
pub fn measure(at: &Place) -> Wide {
    Wide::from_i128(at.sums().short())
}
