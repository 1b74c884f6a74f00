//! `min_order_value`: the order is worth less than the limit, in the base currency. Guards against
//! dust and against a quantity typed where a value was meant.

use crate::abi::codes::Check;
use crate::fixed::Wide;
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::outcome::{Breach, MeasureUnit};

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::MinOrderValue,
    family: 3,
    semantics: "total quantity × max(|price|, |mark|) in base currency < limit",
    unit: MeasureUnit::Money,
    parameters: &[Parameter::Sessions],
    source: "RTS 6 Art. 15",
};

/// A breach, if the order is worth less.
pub fn check(order_value: Wide, minimum: Wide) -> Option<Breach> {
    (order_value < minimum).then(|| Breach {
        unit: MeasureUnit::Money,
        observed: order_value,
        limit: minimum,
        ..Breach::bare(Check::MinOrderValue)
    })
}
