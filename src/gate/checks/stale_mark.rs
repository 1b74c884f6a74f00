//! `stale_mark`: a check needs the mark, and there is none that may be used: missing, too old,
//! crossed, too wide, or without a rate to the base currency.

use crate::abi::codes::Check;
use crate::fixed::Wide;
use crate::gate::checks::catalogue::CatalogueRow;
use crate::gate::outcome::{Breach, MeasureUnit};
use crate::gate::plan::Plan;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::StaleMark,
    family: 2,
    semantics: "a check needs the mark, and it is missing, old, crossed, wide or without a rate",
    unit: MeasureUnit::Time,
    parameters: &[],
    source: "",
};

/// Does a check need the mark?
pub const fn is_needed_by(check: Check) -> bool {
    matches!(
        check,
        Check::MaxOrderValue
            | Check::MinOrderValue
            | Check::PriceCollar
            | Check::PriceWalk
            | Check::OrderValueRate
            | Check::GrossExposure
            | Check::NetExposure
            | Check::LongExposure
            | Check::ShortExposure
            | Check::OpenOrderValue
            | Check::Purchases
            | Check::Sales
            | Check::BuyingPower
            | Check::SectorConcentration
    )
}

/// The breach: age of the quote against its bound, if that is what is wrong.
pub fn breach(plan: &Plan) -> Breach {
    if plan.mark_max_age_ns == 0 || plan.mark_age_ns <= plan.mark_max_age_ns {
        return Breach::bare(Check::StaleMark);
    }
    Breach {
        unit: MeasureUnit::Time,
        observed: Wide::from_i128(i128::from(plan.mark_age_ns)),
        limit: Wide::from_i128(i128::from(plan.mark_max_age_ns)),
        ..Breach::bare(Check::StaleMark)
    }
}
