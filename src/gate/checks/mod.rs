//! The checks: one file each, and the one ordered table that is precedence, documentation and
//! reason codes at once. [`CATALOGUE`] documents; [`evaluate`] runs.
//!
//! A check is a pure function of order, plan and state. It never writes, never allocates, and
//! knows nothing of actions and phases: `decide` sorts what it finds.

pub mod adv_percent;
pub mod blocked;
pub mod buying_power;
pub mod catalogue;
pub mod daily_loss;
pub mod drawdown;
pub mod duplicate_order;
pub mod execution_rate;
pub mod fx_position;
pub mod gross_exposure;
pub mod groups;
pub mod instrument_state;
pub mod killed;
pub mod long_exposure;
pub mod lot_size;
pub mod margin;
pub mod market_halt;
pub mod max_long;
pub mod max_open_orders;
pub mod max_order_qty;
pub mod max_order_value;
pub mod max_short;
pub mod message_rate;
pub mod min_order_qty;
pub mod min_order_value;
pub mod net_exposure;
pub mod open_order_value;
pub mod option_greeks;
pub mod order_qty_rate;
pub mod order_to_trade;
pub mod order_value_rate;
pub mod orders_per_day;
pub mod ownership;
pub mod pace;
pub mod participation;
pub mod permission;
pub mod place;
pub mod price_collar;
pub mod price_walk;
pub mod purchases;
pub mod rate_sensitivity;
pub mod reject_storm;
pub mod repeated_execution;
pub mod restricted;
pub mod sales;
pub mod sector_concentration;
pub mod share;
pub mod short_exposure;
pub mod stale_mark;
pub mod structural;
pub mod tick_size;
pub mod unit_mixup;
pub mod wash_trade;

pub use catalogue::{CATALOGUE, CatalogueRow, Parameter};

use crate::abi::PRICE_UNDEFINED;
use crate::abi::codes::Check;
use crate::fixed::{Price, Wide};
use crate::gate::outcome::{Breach, MeasureUnit};
use crate::gate::plan::Plan;
use crate::gate::request::Order;
use crate::gate::spread::LegPlan;
use crate::state::State;
use crate::state::instruments::Instrument;
use crate::state::limit::{Bound, Variant};
use crate::state::limits::LimitRow;
use crate::state::session::Session;
use crate::state::tallies::is_grouped;
use crate::state::windows::is_counted;
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
    /// The legs, if it is for a spread.
    pub legs: &'a [LegPlan],
    /// Its instrument.
    pub instrument: &'a Instrument,
    /// Lane that it came through.
    pub lane: u32,
    /// Recorded time, ns of the host's clock.
    pub now_ns: u64,
    /// The same as ns since 1970 UTC.
    pub wall_ns: u64,
    /// Phase of the instrument's day.
    pub session: Session,
}

impl<'a> Context<'a> {
    /// A node of the account's path, as it is.
    #[inline(always)]
    pub fn before(&self, node_id: u32, level: usize) -> Place<'a> {
        let node = &self.state.nodes[node_id as usize];
        let (state, row) = (self.state, &self.plan.row);
        Place { state, row, node_id, node, level, plan: None, legs: self.legs }
    }

    /// A node of the account's path, with the order.
    #[inline(always)]
    pub fn after(&self, node_id: u32, level: usize) -> Place<'a> {
        Place { plan: Some(self.plan), ..self.before(node_id, level) }
    }

    /// The same for one leg of the order, as if that were an order of its own.
    pub fn of_leg(&self, leg: &'a LegPlan) -> Context<'a> {
        let instrument = &self.state.instruments[leg.order.instrument as usize];
        Context { order: &leg.order, plan: &leg.plan, instrument, ..*self }
    }
}

/// What a limit says about an order.
pub enum Finding {
    /// Nothing: within, or not for this order.
    Within,
    /// Within, but something may fire once the order is accepted.
    Watch,
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

/// The common case, decided in a few instructions: the limit is within, and below everything that
/// could fire. False says nothing; [`evaluate`] looks closer.
#[inline(always)]
pub fn is_quiet(c: &Context, limit: &LimitRow, after: &Place) -> bool {
    if !limit.bounded {
        return true;
    }
    if !c.plan.has_value && stale_mark::is_needed_by(limit.check) {
        return false;
    }
    match limit.check {
        Check::MaxOrderQty => max_order_qty::measure(c.order).is_below(limit.quiet_below),
        Check::MaxOrderValue => {
            !max_order_value::concerns(limit.variant, c.order.side)
                || c.plan.order_value.is_below(limit.quiet_below)
        }
        check if is_grouped(check) => groups::is_quiet(c, limit, after),
        _ => measure(limit, after).is_some_and(|(_, value)| value.is_below(limit.quiet_below)),
    }
}

/// Compares an order with one limit of the node at `level` of its path.
pub fn evaluate(c: &Context, slot: u32, node_id: u32, level: usize) -> Finding {
    let limit = c.state.limits.get(slot);
    let check = limit.check;
    if !limit.bounded || !limit.holds_in(c.session) {
        return Finding::Within;
    }
    if check == Check::MaxOrderValue && !max_order_value::concerns(limit.variant, c.order.side) {
        return Finding::Within;
    }
    if !c.plan.has_value && stale_mark::is_needed_by(check) {
        return Finding::NeedsMark;
    }
    match check {
        Check::MaxOrderQty => per_order(c, slot, MeasureUnit::Qty, max_order_qty::measure(c.order)),
        Check::MaxOrderValue => per_order(c, slot, MeasureUnit::Money, c.plan.order_value),
        Check::MinOrderQty => min_qty(c, limit),
        Check::MinOrderValue => beyond(min_order_value::check(c.plan.order_value, limit.hard)),
        Check::AdvPercent => {
            let floor = c.state.limits.detail(slot).limit.floor;
            let percent_micro = limit.hard.low as i128;
            beyond(adv_percent::check(c.order.qty, c.instrument.adv, percent_micro, floor))
        }
        Check::UnitMixup => beyond(unit_mixup::check(&sizes(c), limit.hard.low as i128)),
        Check::PriceCollar => match c.plan.mark {
            Some(mark) => collar(c, slot, mark),
            // A spread whose legs have marks and which has none itself.
            None => Finding::NeedsMark,
        },
        Check::PriceWalk => walk(c, slot),
        check if is_grouped(check) => {
            groups::evaluate(c, slot, &c.before(node_id, level), &c.after(node_id, level))
        }
        check if is_counted(check) => {
            pace::check(c, slot, &c.after(node_id, level)).unwrap_or(Finding::Within)
        }
        _ => accumulated(c, limit, node_id, level),
    }
}

fn per_order(c: &Context, slot: u32, unit: MeasureUnit, observed: Wide) -> Finding {
    let limit = c.state.limits.get(slot);
    if observed < limit.quiet_below {
        return Finding::Within;
    }
    if observed > limit.hard {
        return Finding::Beyond(Breach {
            unit,
            observed,
            limit: limit.hard,
            ..Breach::bare(limit.check)
        });
    }
    match c.state.limits.detail(slot).soft_reached(observed) {
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

fn beyond(breach: Option<Breach>) -> Finding {
    breach.map_or(Finding::Within, Finding::Beyond)
}

/// What `unit_mixup` looks at.
fn sizes(c: &Context) -> unit_mixup::Sizes {
    let mark = c.plan.mark.unwrap_or(PRICE_UNDEFINED);
    unit_mixup::Sizes {
        qty: c.order.qty,
        sane: c.instrument.sane_qty,
        price: if c.order.is_unpriced() { mark } else { c.order.price },
        multiplier: c.instrument.multiplier,
        latest: c.plan.row.latest_qty,
    }
}

fn walk(c: &Context, slot: u32) -> Finding {
    if c.order.is_unpriced() {
        return Finding::Within;
    }
    let Some(mark) = c.plan.mark else { return Finding::NeedsMark };
    match price_walk::anchor(c, slot, mark) {
        Some(anchor) => collar(c, slot, anchor),
        None => Finding::Beyond(Breach::bare(Check::Capacity)),
    }
}

/// Compares a price with the bands around a reference: the mark, or the anchor of a walk.
fn collar(c: &Context, slot: u32, mark: Price) -> Finding {
    let limit = &c.state.limits.detail(slot).limit;
    let Bound::Collar(collar) = &limit.bound else { return Finding::Within };
    let found = price_collar::distance(c.order, collar, mark, c.instrument);
    let Some((width, distance)) = found else { return Finding::Within };
    let exact = distance * price_collar::WIDTH_PER_PRICE;
    if exact > width {
        return Finding::Beyond(Breach {
            unit: MeasureUnit::Price,
            observed: Wide::from_i128(distance),
            limit: Wide::from_i128(width / price_collar::WIDTH_PER_PRICE),
            ..Breach::bare(limit.check)
        });
    }
    let fires = |percent: &&u8| {
        **percent != 0 && exact * 100 >= width.saturating_mul(i128::from(**percent))
    };
    match limit.soft_percent.iter().rfind(fires) {
        Some(percent) if width != 0 => Finding::Soft(*percent),
        _ => Finding::Within,
    }
}

fn accumulated(c: &Context, limit: &LimitRow, node_id: u32, level: usize) -> Finding {
    let (before, after) = (c.before(node_id, level), c.after(node_id, level));
    let Some((unit, is)) = measure(limit, &after) else { return Finding::Within };
    let executed = limit.check == Check::GrossExposure && limit.variant == Variant::Executed;
    if is < limit.quiet_below && !executed {
        return Finding::Within;
    }
    if is <= limit.hard && !executed {
        return Finding::Watch;
    }
    let Some((_, was)) = measure(limit, &before) else { return Finding::Within };
    let beyond = match limit.check {
        Check::GrossExposure => {
            gross_exposure::breached(limit.variant, was, is, limit.hard, c.plan.reduces)
        }
        // The order does not enter the measure.
        Check::DailyLoss | Check::Drawdown => was > limit.hard && !c.plan.reduces,
        _ => is > limit.hard && is > was,
    };
    if !beyond {
        return Finding::Watch;
    }
    // What is used is compared with what was granted and what there is of cash.
    let cash = match limit.check {
        Check::BuyingPower => buying_power::cash(limit.currency, &after),
        _ => Wide::ZERO,
    };
    Finding::Beyond(Breach {
        unit,
        before: was.plus(cash),
        observed: is.plus(cash),
        limit: limit.hard.plus(cash),
        ..Breach::bare(limit.check)
    })
}

/// The measure of an accumulated check at a place, and its unit. `None`: the check has no such
/// measure (sums over groups are read by `groups`).
#[inline(always)]
pub fn measure(limit: &LimitRow, at: &Place) -> Option<(MeasureUnit, Wide)> {
    let for_instrument = limit.for_instrument;
    Some(match limit.check {
        Check::MaxOpenOrders => (MeasureUnit::Count, max_open_orders::measure(for_instrument, at)),
        Check::MaxLong => (MeasureUnit::Qty, max_long::measure(at)),
        Check::MaxShort => (MeasureUnit::Qty, max_short::measure(at)),
        Check::GrossExposure => {
            (MeasureUnit::Money, gross_exposure::measure(limit.variant, limit.reset, at))
        }
        Check::NetExposure => (MeasureUnit::Money, net_exposure::measure(at)),
        Check::LongExposure => (MeasureUnit::Money, long_exposure::measure(at)),
        Check::ShortExposure => (MeasureUnit::Money, short_exposure::measure(at)),
        Check::OpenOrderValue => {
            (MeasureUnit::Money, open_order_value::measure(for_instrument, at))
        }
        Check::Purchases => (MeasureUnit::Money, purchases::measure(limit.reset, at)),
        Check::Sales => (MeasureUnit::Money, sales::measure(limit.reset, at)),
        Check::BuyingPower => (MeasureUnit::Money, buying_power::measure(limit.currency, at)),
        Check::DailyLoss => (MeasureUnit::Money, daily_loss::measure(limit.reset, at)),
        Check::Drawdown => (MeasureUnit::Money, drawdown::measure(limit.reset, at)),
        _ => return None,
    })
}
