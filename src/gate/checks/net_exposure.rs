//! `net_exposure`: the worse of "all buys filled" and "all sells filled", netted over accounts.

use crate::abi::codes::Check;
use crate::fixed::Wide;
use crate::gate::checks::catalogue::MARKET_ACCESS;
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::checks::place::Place;
use crate::gate::outcome::MeasureUnit;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::NetExposure,
    family: 5,
    semantics: "the worse of all buys filled and all sells filled, netted > limit",
    unit: MeasureUnit::Money,
    parameters: &[Parameter::Soft],
    source: MARKET_ACCESS,
};

/// max(|Σ((p+B)·v+BX)|, |Σ((p−S)·v−SX)|), base currency.
pub fn measure(at: &Place) -> Wide {
    at.buy_case().magnitude().max(at.sell_case().magnitude())
}
