//! `reject_storm`: rejects in a row, by the gate or the venue, as far as they lie within the
//! window. Any new order or replace that the gate accepts ends the row. The order is no part of it:
//! beyond the limit, what does not reduce is refused (and counts).

use crate::abi::codes::Check;
use crate::fixed::Wide;
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::outcome::MeasureUnit;
use crate::state::limits::{LimitRow, LimitTable};

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::RejectStorm,
    family: 4,
    semantics: "rejects in a row within the window > limit, and the order does not reduce",
    unit: MeasureUnit::Count,
    parameters: &[Parameter::Soft, Parameter::Window],
    source: "",
};

/// Rejects in a row within the window.
pub fn measure(limits: &LimitTable, limit: &LimitRow, now_ns: u64) -> Wide {
    limits.windows.get(limit.first_window).read(now_ns)
}
