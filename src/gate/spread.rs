//! Orders for spreads: what they change in their legs, and how the legs are charged, settled and
//! released. Never decides; the plain order's path does not come here.
//!
//! A leg is reserved at quantity × |ratio| on its own side, at its instrument's mark without excess
//! (the price of a spread is a differential, which says nothing of a leg's price). The spread's own
//! row carries the open quantity and the count of orders, and no value.

use crate::abi::PRICE_UNDEFINED;
use crate::abi::codes::Check;
use crate::abi::order::kind;
use crate::fixed::{Qty, Wide, notional};
use crate::gate::events::Events;
use crate::gate::outcome::Breach;
use crate::gate::plan::{self, Plan};
use crate::gate::request::Order;
use crate::gate::reserve;
use crate::gate::watch::{Cause, watch};
use crate::state::State;
use crate::state::index::NONE;
use crate::state::instruments::MarkChoice;
use crate::state::legs::{LEGS_MAX, LegProgress};
use crate::state::tallies::is_grouped;
use crate::state::tree::Exposure;

/// What an order for a spread would change in one leg, as if it were an order in the leg.
pub struct LegPlan {
    /// Instrument, side and total quantity of the leg; its price is the leg's mark, if there is one.
    pub order: Order,
    /// The leg's row before and after. Its `change` is that of all legs together.
    pub plan: Plan,
    /// What this leg alone changes the exposures by.
    pub change: Exposure,
}

/// Room for the legs of one order.
pub fn room() -> Vec<LegPlan> {
    Vec::with_capacity(LEGS_MAX)
}

/// Completes the plan of an order for a spread with its legs, whose plans come into `legs`.
pub fn add_legs(
    state: &State,
    order: &Order,
    now_ns: u64,
    plan: &mut Plan,
    legs: &mut Vec<LegPlan>,
) -> Result<(), Breach> {
    legs.clear();
    let spread = &state.instruments[order.instrument as usize];
    let (chain_qty, held) = match plan.target {
        NONE => (order.qty, LegProgress::NONE),
        slot => (state.orders.chain_max(slot).0.max(order.qty), *state.legs.get(slot)),
    };
    plan.has_value = true;
    plan.reduces = true;
    for (k, leg) in spread.legs().iter().enumerate() {
        let total = qty_of(i128::from(order.qty) * leg.times())?;
        let open = qty_of(i128::from(chain_qty) * leg.times())?;
        let as_leg = Order {
            instrument: leg.instrument,
            side: leg.side(order.side),
            qty: total,
            price: PRICE_UNDEFINED,
            stop_price: PRICE_UNDEFINED,
            ..*order
        };
        let reserved = open.saturating_sub(held.filled[k]).max(0);
        let (leg_plan, change) =
            plan_leg(state, &as_leg, plan, now_ns, (reserved, held.reserved[k]))?;
        plan.change.add(&change);
        plan.order_value = plan.order_value.plus(leg_plan.order_value);
        plan.reduces &= leg_plan.reduces;
        if !leg_plan.has_value && plan.has_value {
            plan.has_value = false;
            plan.mark_age_ns = leg_plan.mark_age_ns;
            plan.mark_max_age_ns = leg_plan.mark_max_age_ns;
        }
        let as_leg = Order { price: leg_plan.mark.unwrap_or(PRICE_UNDEFINED), ..as_leg };
        legs.push(LegPlan { order: as_leg, plan: leg_plan, change });
    }
    for leg in legs {
        leg.plan.change = plan.change;
    }
    Ok(())
}

/// A quantity of a leg, which must be one.
fn qty_of(qty: i128) -> Result<Qty, Breach> {
    match Qty::try_from(qty) {
        Ok(qty) if qty < Qty::MAX => Ok(qty),
        _ => Err(Breach::bare(Check::Arithmetic)),
    }
}

/// The plan of one leg that holds `held` and would hold `reserved`, and what it changes by itself.
fn plan_leg(
    state: &State,
    order: &Order,
    spread: &Plan,
    now_ns: u64,
    (reserved, held): (Qty, Qty),
) -> Result<(Plan, Exposure), Breach> {
    let instrument = &state.instruments[order.instrument as usize];
    let (row, row_slot) = plan::row_of(state, order);
    let (mark, mark_age_ns, mark_max_age_ns) =
        plan::mark_of(instrument, instrument.mark_at(now_ns));
    let magnitude = row.magnitude;
    let value = notional(magnitude, order.qty);
    let mut after = row.sums;
    after.reserve(order.side, i128::from(reserved) - i128::from(held), 0);
    if value > instrument.notional_max || !after.in_range() {
        return Err(Breach::bare(Check::Arithmetic));
    }
    let worth = after.worth(magnitude);
    let change = row.worth.change(&worth, instrument.unit);
    let plan = Plan {
        change,
        worth,
        order_value: Wide::product(value, instrument.unit),
        row_slot,
        target: spread.target,
        mark,
        has_value: mark.is_some(),
        mark_age_ns,
        mark_max_age_ns,
        value_price: magnitude,
        excess: 0,
        reserved,
        reserved_excess: 0,
        reduces: plan::reduces(order.side, &after),
        lowers: spread.lowers,
        is_spread: false,
        collar_missing: false,
        row,
        after,
    };
    Ok((plan, change))
}

/// Does a limit look at each leg by itself? All other limits look at the spread, with the legs
/// summed up.
pub fn is_for_legs(check: Check, for_instrument: bool) -> bool {
    match check {
        Check::MaxLong | Check::MaxShort | Check::Participation => true,
        _ if is_grouped(check) => true,
        Check::MaxOrderQty
        | Check::MaxOrderValue
        | Check::AdvPercent
        | Check::UnitMixup
        | Check::OpenOrderValue => for_instrument,
        _ => false,
    }
}

/// The marks of this moment of an instrument's legs.
pub fn leg_marks(
    state: &State,
    instrument: u32,
    now_ns: u64,
) -> impl Iterator<Item = (u32, MarkChoice)> + use<> {
    let instrument = &state.instruments[instrument as usize];
    let mut marks = [(NONE, MarkChoice::Stale { age_ns: 0, max_age_ns: 0 }); LEGS_MAX];
    for (place, leg) in marks.iter_mut().zip(instrument.legs()) {
        *place = (leg.instrument, state.instruments[leg.instrument as usize].mark_at(now_ns));
    }
    marks.into_iter().take(instrument.legs().len())
}

/// Charges an accepted order for a spread: `slot` is the order's, `row` its own row.
pub fn charge(
    state: &mut State,
    slot: u32,
    row: u32,
    order_kind: u8,
    plan: &Plan,
    legs: &[LegPlan],
) {
    state.set_spread_sums(row, plan.after);
    let mut progress = match order_kind {
        kind::NEW => LegProgress::NONE,
        _ => *state.legs.get(slot),
    };
    for (k, leg) in legs.iter().enumerate() {
        let leg_row = match leg.plan.row_slot {
            NONE => state.make_row(leg.order.account, leg.order.instrument),
            existing => existing,
        };
        state.set_worth(leg_row, leg.plan.after, leg.plan.worth, &leg.change);
        progress.rows[k] = leg_row;
        progress.reserved[k] = leg.plan.reserved;
    }
    *state.legs.get_mut(slot) = progress;
}

/// [`reserve::settle`] of an order for a spread. `executed` is what was just executed of each leg
/// (signed: bought > 0).
pub fn settle(state: &mut State, slot: u32, executed: &[i128; LEGS_MAX]) {
    let chain_qty = state.orders.chain_max(slot).0;
    let order = *state.orders.get(slot);
    let progress = *state.legs.get(slot);
    let count = state.instruments[order.instrument as usize].legs().len();
    for (k, executed) in executed.iter().copied().enumerate().take(count) {
        let leg = state.instruments[order.instrument as usize].legs()[k];
        // The chain's quantity times the ratio was a quantity when it was accepted.
        let total = i128::from(chain_qty) * leg.times();
        let reserved = (total - i128::from(progress.filled[k])).max(0);
        let freed = i128::from(progress.reserved[k]) - reserved;
        if freed != 0 || executed != 0 {
            state.legs.get_mut(slot).reserved[k] = reserved as Qty;
            let mut after = state.rows[progress.rows[k] as usize].sums;
            after.position += executed;
            after.reserve(leg.side(order.side), -freed, 0);
            state.set_sums(progress.rows[k], after);
        }
    }
    let filled = progress.whole(state.instruments[order.instrument as usize].legs());
    let reserved = chain_qty.saturating_sub(filled).max(0);
    let changed = state.orders.get_mut(slot);
    changed.filled = filled;
    changed.reserved = reserved;
    let mut after = state.rows[order.row as usize].sums;
    after.reserve(order.side, i128::from(reserved) - i128::from(order.reserved), 0);
    if reserved == 0 {
        after.open_orders -= 1;
    }
    state.set_spread_sums(order.row, after);
    if reserved == 0 {
        reserve::forget(state, slot, &order);
    }
}

/// [`reserve::release`] of an order for a spread.
pub fn release(state: &mut State, slot: u32) {
    let order = *state.orders.get(slot);
    let progress = *state.legs.get(slot);
    let count = state.instruments[order.instrument as usize].legs().len();
    for k in 0..count {
        let leg = state.instruments[order.instrument as usize].legs()[k];
        let mut after = state.rows[progress.rows[k] as usize].sums;
        after.reserve(leg.side(order.side), -i128::from(progress.reserved[k]), 0);
        state.set_sums(progress.rows[k], after);
    }
    let mut after = state.rows[order.row as usize].sums;
    after.reserve(order.side, -i128::from(order.reserved), 0);
    after.open_orders -= 1;
    state.set_spread_sums(order.row, after);
    reserve::forget(state, slot, &order);
}

/// Looks at the limits of the legs of the spread that a row is of.
pub fn watch_legs(state: &mut State, events: &mut Events, row: u32, cause: Cause, input: u64) {
    let (account, spread) = {
        let row = &state.rows[row as usize];
        (row.account, row.instrument as usize)
    };
    for k in 0..state.instruments[spread].legs().len() {
        let leg_row = state.find_row(account, state.instruments[spread].legs()[k].instrument);
        if leg_row != NONE {
            watch(state, events, leg_row, cause, input);
        }
    }
}
