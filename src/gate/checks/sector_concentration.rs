//! `sector_concentration`: worst-case exposure of the instrument's sector as a share of equity,
//! live equity, or the gross book after the order. Cross-multiplied, never divided.

use crate::abi::codes::Check;
use crate::fixed::Wide;
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::checks::place::Place;
use crate::gate::outcome::MeasureUnit;
use crate::state::defaults::Number;
use crate::state::limit::{Bound, Denominator};
use crate::state::limits::LimitDetail;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::SectorConcentration,
    family: 5,
    semantics: "the sector's share of equity, live equity or gross book > limit",
    unit: MeasureUnit::BasisPoints,
    parameters: &[
        Parameter::Soft,
        Parameter::Bucket,
        Parameter::Denominator,
        Parameter::Floor(Number::Money),
    ],
    source: "RTS 6 Art. 15",
};

/// Basis points of one.
const ONE_BPS: u64 = 10_000;

/// What the bucket is a share of: the chosen denominator, at least the floor.
pub fn denominator(limit: &LimitDetail, at: &Place) -> Wide {
    let chosen = match limit.limit.denominator {
        Denominator::Equity => at.node.equity,
        Denominator::LiveEquity => at.node.equity.plus(at.node.pnl),
        Denominator::Gross => at.gross(),
    };
    chosen.max(limit.floor)
}

/// Is the bucket beyond `percent` percent of the limit? A denominator that is not positive fails
/// closed: any exposure is beyond it.
pub fn beyond(limit: &LimitDetail, at: &Place, percent: u64, inclusive: bool) -> bool {
    let bucket = at.bucket();
    let Bound::Value(bps) = limit.limit.bound else { return false };
    let share = bucket.checked_times(ONE_BPS * 100);
    let bound =
        denominator(limit, at).max(Wide::ZERO).checked_times((bps as u64).saturating_mul(percent));
    match (share, bound) {
        (Some(share), Some(bound)) if inclusive => share >= bound && share > Wide::ZERO,
        (Some(share), Some(bound)) => share > bound,
        _ => true,
    }
}

/// The share in basis points to four places, rounded up, for people; the largest number that a
/// verdict holds where there is nothing to be a share of. Only after a breach.
pub fn share_bps(limit: &LimitDetail, at: &Place) -> Wide {
    let denominator = denominator(limit, at);
    let share = match at.bucket().checked_times(ONE_BPS * ONE_BPS) {
        Some(bucket) if bucket <= Wide::ZERO => 0,
        Some(bucket) if denominator > Wide::ZERO => bucket.quotient_up(denominator),
        _ => i64::MAX,
    };
    Wide::from_i128(i128::from(share))
}
