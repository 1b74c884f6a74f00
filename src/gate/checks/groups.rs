//! How limits on sums over groups of instruments are compared: `sector_concentration`, `margin`,
//! `option_greeks`, `rate_sensitivity`, `fx_position`, `ownership`. Each reads its tally; what a row
//! counts is in `state::weights`.

use crate::abi::codes::Check;
use crate::fixed::Wide;
use crate::gate::checks::place::Place;
use crate::gate::checks::{Context, Finding, fx_position, margin, option_greeks, ownership};
use crate::gate::checks::{sector_concentration, share};
use crate::gate::outcome::{Breach, MeasureUnit};
use crate::state::index::NONE;
use crate::state::instruments::Instrument;
use crate::state::limit::{Bound, SOFT_REARM_POINTS};
use crate::state::limits::{LimitDetail, LimitRow};
use crate::state::weights::{Total, Weight};

/// The groups that an instrument counts in, each with its leg.
#[inline(always)]
pub fn legs(limit: &LimitRow, i: &Instrument) -> impl Iterator<Item = (usize, u32)> + use<> {
    limit.tally.legs(i).into_iter().enumerate().filter(|(_, group)| *group != NONE)
}

/// Does the limit compare a part with a whole, rather than a sum with its number?
pub fn is_share(limit: &LimitRow) -> bool {
    limit.check == Check::SectorConcentration || limit.tally.weight == Weight::Shares
}

/// Is what the limit counts below everything that could fire?
#[inline]
pub fn is_below(limit: &LimitRow, at: &Place) -> bool {
    let i = at.instrument();
    legs(limit, i).all(|(_, group)| {
        let total = at.total(&limit.tally, group);
        match limit.tally.weight {
            Weight::Exposure | Weight::Margin => total.up.is_below(limit.quiet_below),
            Weight::Shares => {
                let first = i128::try_from(limit.quiet_below.low).unwrap_or(i128::MAX);
                let bound = Wide::product(first, i.weights.shares_outstanding as u128);
                total.up.checked_times(share::ONE_BPS * 100).is_some_and(|part| part < bound)
            }
            _ => total.worst().is_below(limit.quiet_below),
        }
    })
}

/// The common case of an order: nothing to say, and all that is needed is there.
#[inline]
pub fn is_quiet(c: &Context, limit: &LimitRow, after: &Place) -> bool {
    !lacks_value(c, limit) && is_below(limit, after)
}

/// Is there no value of what the order's instrument counts: no mark, or no rate?
fn lacks_value(c: &Context, limit: &LimitRow) -> bool {
    let i = c.instrument;
    match limit.check {
        // A spread counts in its legs, which are looked at by themselves.
        _ if c.plan.is_spread => false,
        Check::SectorConcentration => c.plan.mark.is_none(),
        Check::Margin => margin::lacks_rate(i),
        Check::OptionGreeks => option_greeks::needs_mark(limit.variant, i) && c.plan.mark.is_none(),
        Check::FxPosition => {
            legs(limit, i).any(|(leg, _)| fx_position::lacks_value(c.plan, i, leg))
        }
        _ => false,
    }
}

/// Compares an order with one limit.
pub fn evaluate(c: &Context, slot: u32, before: &Place, after: &Place) -> Finding {
    let limit = c.state.limits.get(slot);
    if lacks_value(c, limit) {
        return Finding::NeedsMark;
    }
    if is_below(limit, after) {
        return Finding::Within;
    }
    let mut finding = Finding::Within;
    for (_, group) in legs(limit, c.instrument) {
        let (was, is) = (before.total(&limit.tally, group), after.total(&limit.tally, group));
        let found = match is_share(limit) {
            true => share_of(c.state.limits.detail(slot), limit, (before, was), (after, is)),
            false => sum_of(limit, was, is),
        };
        match found {
            Finding::Beyond(breach) => {
                let detail = if limit.check == Check::FxPosition { group } else { 0 };
                return Finding::Beyond(Breach { detail, ..breach });
            }
            found => finding = found,
        }
    }
    finding
}

/// An order that does not make the part larger passes, whatever became of the whole.
fn share_of(
    detail: &LimitDetail,
    limit: &LimitRow,
    (before, was): (&Place, Total),
    (after, is): (&Place, Total),
) -> Finding {
    if is.up <= was.up {
        return Finding::Within;
    }
    if !beyond(detail, limit, after, is, 100, false) {
        return Finding::Watch;
    }
    Finding::Beyond(Breach {
        unit: MeasureUnit::BasisPoints,
        before: share::in_bps(was.up, whole(detail, limit, before)),
        observed: share::in_bps(is.up, whole(detail, limit, after)),
        limit: limit.hard.checked_times(share::ONE_BPS).unwrap_or(Wide::MAX),
        ..Breach::bare(limit.check)
    })
}

fn sum_of(limit: &LimitRow, was: Total, is: Total) -> Finding {
    let (before, observed) = (was.worst(), is.worst());
    if observed <= limit.hard || observed <= before {
        return Finding::Watch;
    }
    let finer = limit.tally.weight.extra_places();
    let unit = match limit.tally.weight {
        Weight::Futures => MeasureUnit::Qty,
        _ => MeasureUnit::Money,
    };
    Finding::Beyond(Breach {
        unit,
        before: before.scaled_down(finer, true),
        observed: observed.scaled_down(finer, true),
        limit: limit.hard.scaled_down(finer, false),
        ..Breach::bare(limit.check)
    })
}

/// What the part is a share of.
fn whole(detail: &LimitDetail, limit: &LimitRow, at: &Place) -> Wide {
    match limit.check {
        Check::SectorConcentration => sector_concentration::denominator(detail, at),
        _ => ownership::outstanding(at.instrument()),
    }
}

fn beyond(
    detail: &LimitDetail,
    limit: &LimitRow,
    at: &Place,
    total: Total,
    percent: u64,
    inclusive: bool,
) -> bool {
    let Bound::Value(bps) = detail.limit.bound else { return false };
    let bps = u64::try_from(bps).unwrap_or(u64::MAX);
    share::beyond(total.up, whole(detail, limit, at), bps, percent, inclusive)
}

/// Where a group stands: beyond hard; thresholds reached and the percent of the highest; thresholds
/// kept.
pub fn levels(
    detail: &LimitDetail,
    limit: &LimitRow,
    at: &Place,
    group: u32,
) -> (bool, (u8, u8), u8) {
    let total = at.total(&limit.tally, group);
    if !is_share(limit) {
        let value = total.worst();
        return (value > limit.hard, detail.soft_reached(value), detail.soft_kept(value));
    }
    let (mut reached, mut kept) = ((0, 0), 0);
    for k in 0..detail.soft_len {
        let percent = detail.limit.soft_percent[k];
        if beyond(detail, limit, at, total, percent.into(), true) {
            reached = (k as u8 + 1, percent);
        }
        let low = percent.saturating_sub(SOFT_REARM_POINTS);
        if beyond(detail, limit, at, total, low.into(), false) {
            kept = k as u8 + 1;
        }
    }
    (beyond(detail, limit, at, total, 100, false), reached, kept)
}
