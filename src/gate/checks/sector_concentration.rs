//! `sector_concentration`: worst-case exposure of the instrument's sector as a share of equity,
//! live equity, or the gross book after the order. Cross-multiplied, never divided.

use crate::fixed::Wide;
use crate::gate::checks::place::Place;
use crate::state::limit::{Bound, Denominator};
use crate::state::limits::LimitDetail;

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

/// The share in basis points to four places, rounded up, for people. Cold.
pub fn share_bps(limit: &LimitDetail, at: &Place) -> Wide {
    let denominator = denominator(limit, at);
    let bucket = at.bucket();
    let endless = Wide::from_i128(i128::from(i64::MAX));
    if denominator <= Wide::ZERO {
        return endless;
    }
    // Long division, bit by bit, of bucket × 1e8 by the denominator.
    let Some(mut rest) = bucket.magnitude().checked_times(ONE_BPS * ONE_BPS) else {
        return endless;
    };
    let mut quotient: i128 = 0;
    for bit in (0..126).rev() {
        let Some(part) = shifted(denominator, bit) else { continue };
        if part <= rest {
            rest = rest.minus(part);
            quotient |= 1 << bit;
        }
    }
    Wide::from_i128(quotient + i128::from(rest != Wide::ZERO))
}

fn shifted(value: Wide, bits: u32) -> Option<Wide> {
    let mut left = bits;
    let mut value = value;
    while left > 0 {
        let step = left.min(63);
        value = value.checked_times(1 << step)?;
        left -= step;
    }
    Some(value)
}
