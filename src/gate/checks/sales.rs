//! `sales`: executed sells of the day (or week, or since re-armed) at their execution value, and open
//! sells at what they reserve.

use crate::abi::codes::Check;
use crate::fixed::Wide;
use crate::gate::checks::catalogue::MARKET_ACCESS;
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::checks::place::Place;
use crate::gate::outcome::MeasureUnit;
use crate::state::limit::Reset;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::Sales,
    family: 5,
    semantics: "executed sells of the day plus open sells > limit",
    unit: MeasureUnit::Money,
    parameters: &[Parameter::Soft, Parameter::Reset],
    source: MARKET_ACCESS,
};

/// The measure, base currency. A bust does not lower it.
pub fn measure(reset: Reset, at: &Place) -> Wide {
    at.node.period(reset).sold().plus(at.open().minus(at.open_buys()))
}
