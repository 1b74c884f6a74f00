//! `instrument_state`: the instrument is halted. (Auction phases, expiry and trading hours come
//! with the calendars.)

use crate::abi::codes::Check;
use crate::gate::checks::catalogue::CatalogueRow;
use crate::gate::outcome::Breach;
use crate::gate::outcome::MeasureUnit;
use crate::state::instruments::Instrument;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::InstrumentState,
    family: 2,
    semantics: "the instrument is halted",
    unit: MeasureUnit::None,
    parameters: &[],
    source: "",
};

/// A breach, if the instrument does not trade.
pub fn check(instrument: &Instrument) -> Option<Breach> {
    instrument.halted.then(|| Breach::bare(Check::InstrumentState))
}
