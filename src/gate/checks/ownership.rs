//! `ownership`: long holdings as a share of the shares outstanding; or, against an exchange's or the
//! regulator's position limits, futures-equivalents of a product (in its spot month, in each month,
//! in all months), net, the long and the short side each by itself, with all open orders.

use crate::abi::codes::Check;
use crate::fixed::Wide;
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::outcome::MeasureUnit;
use crate::state::instruments::Instrument;
use crate::state::limit::Variant;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::Ownership,
    family: 5,
    semantics: "share of shares outstanding, or futures-equivalents of a product > limit",
    unit: MeasureUnit::BasisPoints,
    parameters: &[Parameter::Soft, Parameter::Variant("variant", VARIANTS)],
    source: "17 CFR 240.13d-1, 17 CFR 150.2",
};

/// Measures that a limit can choose.
const VARIANTS: &[(Variant, &str)] = &[
    (Variant::Default, "shares_outstanding"),
    (Variant::SpotMonth, "spot_month"),
    (Variant::SingleMonth, "single_month"),
    (Variant::AllMonths, "all_months"),
];

/// All that there is of an instrument; zero where nobody said, which fails closed.
pub fn outstanding(instrument: &Instrument) -> Wide {
    Wide::from_i128(i128::from(instrument.weights.shares_outstanding))
}
