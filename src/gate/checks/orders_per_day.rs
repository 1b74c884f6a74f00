//! `orders_per_day`: how many new orders and replaces came since the day began. A command begins
//! the day; beyond the limit, the node is latched, and stays so until a person re-arms it.

use crate::abi::codes::Check;
use crate::fixed::Wide;
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::outcome::MeasureUnit;
use crate::state::limits::LimitRow;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::OrdersPerDay,
    family: 4,
    semantics: "new orders and replaces of the day, with this one, > limit",
    unit: MeasureUnit::Count,
    parameters: &[Parameter::Soft, Parameter::Reset],
    source: "",
};

/// Messages since the day began.
pub fn measure(limit: &LimitRow) -> Wide {
    Wide::from_i128(i128::from(limit.count))
}
