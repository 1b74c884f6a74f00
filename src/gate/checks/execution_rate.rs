//! `execution_rate`: fills within the window, counted or by their value. The order is no part of
//! it: beyond the limit, what does not reduce is refused. A bust takes nothing back.

use crate::abi::codes::Check;
use crate::abi::verdict::EXECUTIONS_BY_VALUE;
use crate::fixed::Wide;
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::outcome::MeasureUnit;
use crate::state::limit::Variant;
use crate::state::limits::{LimitRow, LimitTable};

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::ExecutionRate,
    family: 4,
    semantics: "fills (or their value) in the window > limit, and the order does not reduce",
    unit: MeasureUnit::Count,
    parameters: &[
        Parameter::Soft,
        Parameter::Window,
        Parameter::Variant("variant", &[(Variant::Default, "count"), (Variant::Value, "value")]),
    ],
    source: "",
};

/// Unit of the measure of a variant.
pub const fn unit(variant: Variant) -> MeasureUnit {
    match variant {
        Variant::Value => MeasureUnit::Money,
        _ => MeasureUnit::Count,
    }
}

/// `detail` of a breach: the unit where it is not a count, which a verdict does not say by itself.
pub const fn detail(check: Check, variant: Variant) -> u32 {
    match (check, variant) {
        (Check::ExecutionRate, Variant::Value) => EXECUTIONS_BY_VALUE,
        _ => 0,
    }
}

/// Fills in the window, or their value in base currency.
pub fn measure(limits: &LimitTable, limit: &LimitRow, now_ns: u64) -> Wide {
    limits.windows.get(limit.first_window).read(now_ns)
}
