//! `long_exposure`: Σ max((p+B)·v+BX, 0) over accounts, without netting.

use crate::abi::codes::Check;
use crate::fixed::Wide;
use crate::gate::checks::catalogue::MARKET_ACCESS;
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::checks::place::Place;
use crate::gate::outcome::MeasureUnit;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::LongExposure,
    family: 5,
    semantics: "Σ of the accounts' long worst cases > limit",
    unit: MeasureUnit::Money,
    parameters: &[Parameter::Soft],
    source: MARKET_ACCESS,
};

/// The measure, base currency.
pub fn measure(at: &Place) -> Wide {
    at.long()
}
