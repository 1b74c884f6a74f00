//! `lot_size`: total quantity is a multiple of the instrument's lot.

use crate::abi::codes::Check;
use crate::abi::verdict::NO_NODE;
use crate::fixed::Wide;
use crate::gate::checks::catalogue::CatalogueRow;
use crate::gate::outcome::{Breach, MeasureUnit};
use crate::gate::request::Order;
use crate::state::instruments::Instrument;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::LotSize,
    family: 3,
    semantics: "total quantity is not a multiple of the lot",
    unit: MeasureUnit::Qty,
    parameters: &[],
    source: "",
};

/// A breach, if the quantity is off the lot.
pub fn check(order: &Order, instrument: &Instrument) -> Option<Breach> {
    (instrument.lot != 0 && order.qty % instrument.lot != 0).then(|| Breach {
        node: NO_NODE,
        unit: MeasureUnit::Qty,
        observed: Wide::from_i128(i128::from(order.qty)),
        limit: Wide::from_i128(i128::from(instrument.lot)),
        ..Breach::bare(Check::LotSize)
    })
}
