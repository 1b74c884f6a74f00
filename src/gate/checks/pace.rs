//! How the limits of family 4 compare: what they have counted, without and with an order. Reading
//! only; `gate::count` counts.

use crate::abi::codes::Check;
use crate::abi::order::kind;
use crate::fixed::Wide;
use crate::gate::checks::*;
use crate::gate::outcome::{Breach, MeasureUnit};
use crate::state::limits::{LimitDetail, LimitRow, LimitTable};
use crate::state::rows::Sums;

/// A number and what it is a multiple of, compared without division.
#[derive(Clone, Copy)]
pub struct Ratio {
    /// Numerator, scaled to the unit of the limit; ≥ 0.
    above: Wide,
    /// Denominator ≥ 0.
    below: u128,
}

impl Ratio {
    /// `above × scale ÷ below`. What does not fit is taken as the largest number above, and the
    /// largest below: neither happens within the ranges of quantities.
    pub fn new(above: Wide, scale: u64, below: Wide) -> Ratio {
        let below = below.to_i128().unwrap_or(i128::MAX).max(0) as u128;
        Ratio { above: above.checked_times(scale).unwrap_or(Wide::MAX), below }
    }

    /// A plain number.
    pub fn whole(number: Wide) -> Ratio {
        Ratio { above: number, below: 1 }
    }

    /// Is it beyond `percent` percent of the limit, or (inclusive) at it? A ratio of nothing is
    /// beyond any limit, if there is anything above.
    fn reaches(&self, limit: &LimitRow, percent: u8, inclusive: bool) -> bool {
        let hard = limit.hard.to_i128().unwrap_or(i128::MAX);
        let bound = Wide::product(hard, self.below).checked_times(u64::from(percent));
        match (self.above.checked_times(100), bound) {
            (_, None) => false,
            (None, _) => true,
            (Some(is), Some(bound)) if inclusive => is >= bound && is > Wide::ZERO,
            (Some(is), Some(bound)) => is > bound,
        }
    }

    /// Is it beyond the limit?
    pub fn is_beyond(&self, limit: &LimitRow) -> bool {
        match self.below {
            1 => self.above > limit.hard,
            _ => self.reaches(limit, 100, false),
        }
    }

    /// The quotient × `places`, rounded up, for people; the largest number that a verdict holds if
    /// there is nothing below. Cold.
    pub fn shown(&self, places: u64) -> Wide {
        let above = self.above.checked_times(places).unwrap_or(Wide::MAX);
        match self.below {
            1 => above,
            _ if above == Wide::ZERO => Wide::ZERO,
            0 => Wide::from_i128(i128::from(i64::MAX)),
            below => {
                let quotient = above.quotient_up(Wide::from_i128(below as i128));
                Wide::from_i128(i128::from(quotient))
            }
        }
    }

    /// Thresholds reached and the percent of the highest; thresholds kept.
    pub fn thresholds(&self, limit: &LimitRow, detail: &LimitDetail) -> ((u8, u8), u8) {
        if self.below == 1 {
            return (detail.soft_reached(self.above), detail.soft_kept(self.above));
        }
        let (mut reached, mut kept) = ((0, 0), 0);
        for k in 0..detail.soft_len {
            let percent = detail.limit.soft_percent[k];
            if self.reaches(limit, percent, true) {
                reached = (k as u8 + 1, percent);
            }
            let low = percent.saturating_sub(crate::state::limit::SOFT_REARM_POINTS);
            if self.reaches(limit, low, false) {
                kept = k as u8 + 1;
            }
        }
        (reached, kept)
    }
}

/// What a limit has counted, as it is; `sums` are the node's in the instrument where the limit asks
/// for them. `None`: it keeps nothing of its own.
pub fn counted(
    limits: &LimitTable,
    limit: &LimitRow,
    detail: &LimitDetail,
    sums: &Sums,
    now_ns: u64,
) -> Option<Ratio> {
    Some(match limit.check {
        Check::MessageRate => Ratio::whole(message_rate::measure(limits, limit, now_ns)),
        Check::OrderValueRate => Ratio::whole(order_value_rate::measure(limits, limit, now_ns)),
        Check::OrderQtyRate => Ratio::whole(order_qty_rate::measure(limits, limit, now_ns)),
        Check::ExecutionRate => Ratio::whole(execution_rate::measure(limits, limit, now_ns)),
        Check::RepeatedExecution => Ratio::whole(repeated_execution::measure(limit)),
        Check::OrdersPerDay => Ratio::whole(orders_per_day::measure(limit)),
        Check::RejectStorm => Ratio::whole(reject_storm::measure(limits, limit, now_ns)),
        Check::OrderToTrade => order_to_trade::measure(limits, limit, detail, now_ns),
        Check::Participation => participation::measure(limits, limit, detail, sums, now_ns),
        _ => return None,
    })
}

/// Compares an order with a limit of family 4 at a place. `None`: it is of another family.
pub fn check(c: &Context, slot: u32, after: &Place) -> Option<Finding> {
    let (limit, detail) = (c.state.limits.get(slot), c.state.limits.detail(slot));
    let one = Wide::from_i128(1);
    let (unit, places, adds) = match limit.check {
        Check::MessageRate | Check::RepeatedExecution | Check::OrdersPerDay => {
            (MeasureUnit::Count, 1, Some(one))
        }
        Check::OrderValueRate => (MeasureUnit::Money, 1, Some(c.plan.order_value)),
        Check::OrderQtyRate => {
            (MeasureUnit::Qty, 1, Some(Wide::from_i128(i128::from(c.order.qty))))
        }
        Check::ExecutionRate => (execution_rate::unit(limit.variant), 1, None),
        Check::RejectStorm => (MeasureUnit::Count, 1, None),
        Check::OrderToTrade => (MeasureUnit::Ratio, 1, None),
        Check::DuplicateOrder => return Some(duplicates(c, slot)),
        Check::Participation => return Some(share(c, slot, after)),
        _ => return None,
    };
    let before = counted(&c.state.limits, limit, detail, &c.plan.row.sums, c.now_ns)?;
    let with = match adds {
        Some(amount) => Ratio::whole(before.above.plus(amount)),
        None => before,
    };
    // What the order adds to is refused if it adds; what it does not enter, if it does not reduce.
    let increases = adds.map_or(!c.plan.reduces, |amount| amount > Wide::ZERO);
    if !increases || !with.is_beyond(limit) {
        return Some(Finding::Within);
    }
    Some(Finding::Beyond(Breach {
        unit,
        before: before.shown(places),
        observed: with.shown(places),
        limit: limit.hard,
        detail: execution_rate::detail(limit.check, limit.variant),
        ..Breach::bare(limit.check)
    }))
}

fn duplicates(c: &Context, slot: u32) -> Finding {
    let (limit, detail) = (c.state.limits.get(slot), c.state.limits.detail(slot));
    if c.order.kind != kind::NEW || c.order.reference != 0 {
        return Finding::Within;
    }
    let before = i128::from(duplicate_order::measure(c.state, c.order, detail, c.now_ns));
    let observed = Wide::from_i128(before + 1);
    if observed <= limit.hard {
        return Finding::Within;
    }
    Finding::Beyond(Breach {
        unit: MeasureUnit::Count,
        before: Wide::from_i128(before),
        observed,
        limit: limit.hard,
        ..Breach::bare(limit.check)
    })
}

/// Shares of the market's volume are shown in basis points to four places.
const SHARE_PLACES: u64 = 10_000;

fn share(c: &Context, slot: u32, after: &Place) -> Finding {
    let (limit, detail) = (c.state.limits.get(slot), c.state.limits.detail(slot));
    let (was, is) = (Place { plan: None, ..*after }.sums(), after.sums());
    if participation::open(&is) <= participation::open(&was) {
        return Finding::Within;
    }
    let measure = |sums| participation::measure(&c.state.limits, limit, detail, sums, c.now_ns);
    let with = measure(&is);
    if !with.is_beyond(limit) {
        return Finding::Within;
    }
    Finding::Beyond(Breach {
        unit: MeasureUnit::BasisPoints,
        before: measure(&was).shown(SHARE_PLACES),
        observed: with.shown(SHARE_PLACES),
        limit: limit.hard.checked_times(SHARE_PLACES).unwrap_or(Wide::MAX),
        ..Breach::bare(limit.check)
    })
}
