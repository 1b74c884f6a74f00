//! `instrument_state`: the instrument is halted. (Auction phases, expiry and trading hours come
//! with the calendars.)

use crate::abi::codes::Check;
use crate::gate::outcome::Breach;
use crate::state::instruments::Instrument;

/// A breach, if the instrument does not trade.
pub fn check(instrument: &Instrument) -> Option<Breach> {
    instrument.halted.then(|| Breach::bare(Check::InstrumentState))
}
