//! `order_qty_rate`: total quantity of the new orders and replaces that came within the window.

use crate::abi::codes::Check;
use crate::fixed::Wide;
use crate::gate::checks::catalogue::{CatalogueRow, MARKET_ACCESS, Parameter};
use crate::gate::outcome::MeasureUnit;
use crate::state::limits::{LimitRow, LimitTable};

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::OrderQtyRate,
    family: 4,
    semantics: "quantity of new orders and replaces in the window, with this one, > limit",
    unit: MeasureUnit::Qty,
    parameters: &[Parameter::Soft, Parameter::Window],
    source: MARKET_ACCESS,
};

/// Quantity in the window.
pub fn measure(limits: &LimitTable, limit: &LimitRow, now_ns: u64) -> Wide {
    limits.windows.get(limit.first_window).read(now_ns)
}
