//! The checks: one file each, and the one ordered table that is precedence, documentation and
//! reason codes at once. [`CATALOGUE`] documents; [`evaluate`] runs.
//!
//! A check is a pure function of order, plan and state. It never writes, never allocates, and
//! knows nothing of actions and phases: `decide` sorts what it finds.

pub mod blocked;
pub mod catalogue;
pub mod gross_exposure;
pub mod instrument_state;
pub mod killed;
pub mod long_exposure;
pub mod lot_size;
pub mod max_long;
pub mod max_open_orders;
pub mod max_order_qty;
pub mod max_order_value;
pub mod max_short;
pub mod min_order_qty;
pub mod net_exposure;
pub mod open_order_value;
pub mod place;
pub mod price_collar;
pub mod restricted;
pub mod sector_concentration;
pub mod short_exposure;
pub mod stale_mark;
pub mod tick_size;
pub mod wash_trade;

pub use catalogue::{CATALOGUE, CatalogueRow};

use crate::abi::codes::Check;
use crate::fixed::Wide;
use crate::gate::outcome::{Breach, MeasureUnit};
use crate::gate::plan::Plan;
use crate::gate::request::Order;
use crate::state::State;
use crate::state::instruments::Instrument;
use crate::state::limit::Bound;
use crate::state::limits::LimitRow;
use place::Place;

/// What an order's checks read.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The state before the order.
    pub state: &'a State,
    /// The order.
    pub order: &'a Order,
    /// What it would change.
    pub plan: &'a Plan,
    /// Its instrument.
    pub instrument: &'a Instrument,
}

/// What a limit says about an order.
pub enum Finding {
    /// Nothing: within, or not for this order.
    Within,
    /// The limit needs a mark and there is none.
    NeedsMark,
    /// Within, but at or above this soft threshold (checks that look at the order alone).
    Soft(u8),
    /// Beyond.
    Beyond(Breach),
}

/// Does a check look at the order alone, so that the most restrictive of its limits is told?
pub const fn is_per_order(check: Check) -> bool {
    check.number() < Check::BasketValue.number()
}

/// Compares an order with one limit of the node at `level` of its path.
#[inline]
pub fn evaluate(c: &Context, limit: &LimitRow, node_id: u32, level: usize) -> Finding {
    let check = limit.limit.check;
    if matches!(limit.limit.bound, Bound::Unlimited) {
        return Finding::Within;
    }
    if c.plan.mark.is_none() && stale_mark::is_needed_by(check) {
        return Finding::NeedsMark;
    }
    match check {
        Check::MaxOrderQty => per_order(limit, MeasureUnit::Qty, max_order_qty::measure(c.order)),
        Check::MaxOrderValue => {
            let value = max_order_value::measure(c.order, c.plan, c.instrument.unit);
            per_order(limit, MeasureUnit::Money, value)
        }
        Check::MinOrderQty => min_qty(c, limit),
        Check::PriceCollar => collar(c, limit),
        _ => accumulated(c, limit, node_id, level),
    }
}

fn per_order(limit: &LimitRow, unit: MeasureUnit, observed: Wide) -> Finding {
    if observed > limit.hard {
        return Finding::Beyond(Breach {
            unit,
            observed,
            limit: limit.hard,
            ..Breach::bare(limit.limit.check)
        });
    }
    match limit.soft_reached(observed) {
        (0, _) => Finding::Within,
        (_, percent) => Finding::Soft(percent),
    }
}

fn min_qty(c: &Context, limit: &LimitRow) -> Finding {
    match min_order_qty::breached(c.order, limit.hard, c.instrument.lot) {
        None => Finding::Within,
        Some(bound) => Finding::Beyond(Breach {
            unit: MeasureUnit::Qty,
            observed: max_order_qty::measure(c.order),
            limit: bound,
            ..Breach::bare(Check::MinOrderQty)
        }),
    }
}

fn collar(c: &Context, limit: &LimitRow) -> Finding {
    let (Bound::Collar(collar), Some(mark)) = (&limit.limit.bound, c.plan.mark) else {
        return Finding::Within;
    };
    match price_collar::breached(c.order, collar, mark, c.instrument) {
        None => Finding::Within,
        Some((width, distance)) => Finding::Beyond(Breach {
            unit: MeasureUnit::Price,
            observed: Wide::from_i128(distance),
            limit: Wide::from_i128(width / price_collar::WIDTH_PER_PRICE),
            ..Breach::bare(Check::PriceCollar)
        }),
    }
}

fn accumulated(c: &Context, limit: &LimitRow, node_id: u32, level: usize) -> Finding {
    let node = &c.state.nodes[node_id as usize];
    let before = Place { state: c.state, row: &c.plan.row, node_id, node, level, plan: None };
    let after = Place { plan: Some(c.plan), ..before };
    let check = limit.limit.check;
    if check == Check::SectorConcentration {
        let increases = after.bucket() > before.bucket();
        if !increases || !sector_concentration::beyond(limit, &after, 100, false) {
            return Finding::Within;
        }
        return Finding::Beyond(Breach {
            unit: MeasureUnit::BasisPoints,
            before: sector_concentration::share_bps(limit, &before),
            observed: sector_concentration::share_bps(limit, &after),
            limit: limit.hard.checked_times(10_000).unwrap_or(Wide::MAX),
            ..Breach::bare(check)
        });
    }
    let Some((unit, was)) = measure(limit, &before) else { return Finding::Within };
    let Some((_, is)) = measure(limit, &after) else { return Finding::Within };
    let beyond = match check {
        Check::GrossExposure => {
            gross_exposure::breached(limit.limit.variant, was, is, limit.hard, c.plan.reduces)
        }
        _ => is > limit.hard && is > was,
    };
    match beyond {
        false => Finding::Within,
        true => Finding::Beyond(Breach {
            unit,
            before: was,
            observed: is,
            limit: limit.hard,
            ..Breach::bare(check)
        }),
    }
}

/// The measure of an accumulated check at a place, and its unit. `None`: the check has no such
/// measure (concentrations compare shares instead).
#[inline]
pub fn measure(limit: &LimitRow, at: &Place) -> Option<(MeasureUnit, Wide)> {
    let for_instrument = place::is_for_instrument(limit);
    Some(match limit.limit.check {
        Check::MaxOpenOrders => (MeasureUnit::Count, max_open_orders::measure(for_instrument, at)),
        Check::MaxLong => (MeasureUnit::Qty, max_long::measure(at)),
        Check::MaxShort => (MeasureUnit::Qty, max_short::measure(at)),
        Check::GrossExposure => {
            (MeasureUnit::Money, gross_exposure::measure(limit.limit.variant, at))
        }
        Check::NetExposure => (MeasureUnit::Money, net_exposure::measure(at)),
        Check::LongExposure => (MeasureUnit::Money, long_exposure::measure(at)),
        Check::ShortExposure => (MeasureUnit::Money, short_exposure::measure(at)),
        Check::OpenOrderValue => {
            (MeasureUnit::Money, open_order_value::measure(for_instrument, at))
        }
        _ => return None,
    })
}
