//! `tick_size`: a limit price is a multiple of the tick at its magnitude (EU RTS 11 table, US
//! sub-penny rule 17 CFR 242.612: a table with a row at 1.00).

use crate::abi::PRICE_UNDEFINED;
use crate::abi::codes::Check;
use crate::abi::verdict::NO_NODE;
use crate::fixed::Wide;
use crate::gate::checks::catalogue::CatalogueRow;
use crate::gate::outcome::{Breach, MeasureUnit};
use crate::gate::request::Order;
use crate::state::instruments::Instrument;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::TickSize,
    family: 3,
    semantics: "the price is not a multiple of the tick",
    unit: MeasureUnit::Price,
    parameters: &[],
    source: "17 CFR 242.612, RTS 11",
};

/// A breach, if the price is off tick.
pub fn check(order: &Order, instrument: &Instrument) -> Option<Breach> {
    if order.price == PRICE_UNDEFINED || instrument.on_tick(order.price) {
        return None;
    }
    let tick = instrument.tick_at(order.price).unwrap_or(0);
    Some(Breach {
        node: NO_NODE,
        unit: MeasureUnit::Price,
        observed: Wide::from_i128(i128::from(order.price)),
        limit: Wide::from_i128(i128::from(tick)),
        ..Breach::bare(Check::TickSize)
    })
}
