//! `order_value_rate`: value of the new orders and replaces that came within the window, each as
//! `max_order_value` counts it. One that came without a usable mark counts nothing.

use crate::abi::codes::Check;
use crate::fixed::Wide;
use crate::gate::checks::catalogue::{CatalogueRow, MARKET_ACCESS, Parameter};
use crate::gate::outcome::MeasureUnit;
use crate::state::limits::{LimitRow, LimitTable};

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::OrderValueRate,
    family: 4,
    semantics: "value of new orders and replaces in the window, with this one, > limit",
    unit: MeasureUnit::Money,
    parameters: &[Parameter::Soft, Parameter::Window],
    source: MARKET_ACCESS,
};

/// Value in the window, base currency.
pub fn measure(limits: &LimitTable, limit: &LimitRow, now_ns: u64) -> Wide {
    limits.windows.get(limit.first_window).read(now_ns)
}
