//! `drawdown`: what was lost since the largest profit of the day (or week, or since re-armed), which is
//! at least that of its beginning.

use crate::abi::codes::Check;
use crate::fixed::Wide;
use crate::gate::checks::catalogue::MARKET_ACCESS_AND_RTS6;
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::checks::place::Place;
use crate::gate::outcome::MeasureUnit;
use crate::state::limit::Reset;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::Drawdown,
    family: 5,
    semantics: "largest profit of the day less the present one > limit",
    unit: MeasureUnit::Money,
    parameters: &[Parameter::Soft, Parameter::Reset],
    source: MARKET_ACCESS_AND_RTS6,
};

/// The measure, base currency. No order enters it.
pub fn measure(reset: Reset, at: &Place) -> Wide {
    at.node.peak_in(reset).minus(at.node.pnl_in(reset))
}
