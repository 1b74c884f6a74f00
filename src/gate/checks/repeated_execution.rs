//! `repeated_execution`: how many new orders and replaces came since a person armed the limit.
//! Neither the clock nor a new day takes anything back; beyond it, the node is latched.

use crate::abi::codes::Check;
use crate::fixed::Wide;
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::outcome::MeasureUnit;
use crate::state::limits::LimitRow;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::RepeatedExecution,
    family: 4,
    semantics: "new orders and replaces since it was armed, with this one, > limit",
    unit: MeasureUnit::Count,
    parameters: &[Parameter::Soft],
    source: "RTS 6 Art. 15(3)",
};

/// Messages since it was armed.
pub fn measure(limit: &LimitRow) -> Wide {
    Wide::from_i128(i128::from(limit.count))
}
