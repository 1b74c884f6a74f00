//! `margin`: initial margin of the worse side of every account × instrument, from the table that the
//! margin system pushes. Nothing is netted between instruments or accounts.

use crate::abi::codes::Check;
use crate::gate::checks::catalogue::{CatalogueRow, MARKET_ACCESS, Parameter};
use crate::gate::outcome::MeasureUnit;
use crate::state::instruments::Instrument;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::Margin,
    family: 5,
    semantics: "Σ of quantity × initial margin, worse side of each row > limit",
    unit: MeasureUnit::Money,
    parameters: &[Parameter::Soft],
    source: MARKET_ACCESS,
};

/// Can an instrument's margin not be said in the base currency?
pub fn lacks_rate(instrument: &Instrument) -> bool {
    !instrument.has_rate
}
