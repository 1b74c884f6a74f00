//! `daily_loss`: what the day (or week, or the time since re-armed) has lost: cash flows − fees +
//! Σ position × mark − value at its start, at the latest valuation marks.

use crate::abi::codes::Check;
use crate::fixed::Wide;
use crate::gate::checks::catalogue::MARKET_ACCESS_AND_RTS6;
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::checks::place::Place;
use crate::gate::outcome::MeasureUnit;
use crate::state::limit::Reset;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::DailyLoss,
    family: 5,
    semantics: "loss of the day, fees included, at the latest marks > limit",
    unit: MeasureUnit::Money,
    parameters: &[Parameter::Soft, Parameter::Reset],
    source: MARKET_ACCESS_AND_RTS6,
};

/// The measure, base currency: zero while nothing is lost. No order enters it.
pub fn measure(reset: Reset, at: &Place) -> Wide {
    at.node.pnl_in(reset).negated().max(Wide::ZERO)
}
