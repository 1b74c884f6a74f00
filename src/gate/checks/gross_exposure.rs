//! `gross_exposure`: the worst case over any subset of open orders being filled, summed over
//! accounts without netting; or what is executed; or what was traded today plus what is open.

use crate::abi::codes::Check;
use crate::fixed::Wide;
use crate::gate::checks::catalogue::MARKET_ACCESS;
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::checks::place::Place;
use crate::gate::outcome::MeasureUnit;
use crate::state::limit::{Reset, Variant};

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::GrossExposure,
    family: 5,
    semantics: "Σ of the accounts' worst cases, or executed, or traded today plus open > limit",
    unit: MeasureUnit::Money,
    parameters: &[Parameter::Soft, Parameter::Reset, Parameter::Variant("variant", VARIANTS)],
    source: MARKET_ACCESS,
};

/// Measures that a limit can choose.
const VARIANTS: &[(Variant, &str)] = &[
    (Variant::Default, "position_and_open"),
    (Variant::Executed, "executed"),
    (Variant::DailyTraded, "daily_traded"),
];

/// The measure of a variant, base currency; `reset` says since when `daily_traded` counts.
pub fn measure(variant: Variant, reset: Reset, at: &Place) -> Wide {
    match variant {
        Variant::Executed => at.executed(),
        Variant::DailyTraded => at.node.traded_in(reset).plus(at.open()),
        _ => at.gross(),
    }
}

/// Is it a breach? What the order does not enter, or what never falls, refuses every order that
/// does not reduce; the worst case refuses what makes it larger.
pub fn breached(variant: Variant, before: Wide, after: Wide, hard: Wide, reduces: bool) -> bool {
    match variant {
        Variant::Executed => before > hard && !reduces,
        Variant::DailyTraded => after > hard && !reduces,
        _ => after > hard && after > before,
    }
}
