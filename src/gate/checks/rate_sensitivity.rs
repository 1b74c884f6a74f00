//! `rate_sensitivity`: net DV01 or CS01 of each curve in the worse case over any subset of open
//! orders. An instrument without a curve does not count.

use crate::abi::codes::Check;
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::outcome::MeasureUnit;
use crate::state::limit::Variant;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::RateSensitivity,
    family: 5,
    semantics: "|Σ DV01| or |Σ CS01| of a curve > limit",
    unit: MeasureUnit::Money,
    parameters: &[
        Parameter::Soft,
        Parameter::Variant("variant", &[(Variant::Default, "dv01"), (Variant::Cs01, "cs01")]),
    ],
    source: "FIX RiskLimitType 12, 13",
};
