//! What an order would change: reservation, sums and exposures after it, computed before any check.

use crate::abi::PRICE_UNDEFINED;
use crate::abi::codes::Check;
use crate::abi::order::{kind, order_type, side};
use crate::fixed::{Notional, Price, Qty, Wide, notional};
use crate::gate::checks::{max_order_value, price_collar};
use crate::gate::outcome::Breach;
use crate::gate::request::Order;
use crate::state::State;
use crate::state::index::NONE;
use crate::state::instruments::{Instrument, MarkChoice};
use crate::state::rows::{Row, Sums, Worth};
use crate::state::tree::Exposure;

/// What an order would change.
pub struct Plan {
    /// The account's row as it is, or an empty one.
    pub row: Row,
    /// Slot of the row, or `NONE`.
    pub row_slot: u32,
    /// The order that a replace changes, or `NONE`.
    pub target: u32,
    /// The row's sums with the order.
    pub after: Sums,
    /// What the row is worth with the order.
    pub worth: Worth,
    /// What the exposures of the account and all its ancestors change by.
    pub change: Exposure,
    /// The mark, if it is usable and has a rate.
    pub mark: Option<Price>,
    /// Are there marks for all that the order is valued at? For a spread: the marks of its legs.
    pub has_value: bool,
    /// Age of the mark, or of the unusable quote, and that quote's bound.
    pub mark_age_ns: u64,
    /// Oldest usable age, if the quote is unusable.
    pub mark_max_age_ns: u64,
    /// Price that the order counts at.
    pub value_price: Price,
    /// What the order counts as a whole, base currency.
    pub order_value: Wide,
    /// `value_price` less the magnitude of the mark, frozen into the reservation.
    pub excess: Price,
    /// Quantity that is reserved after it.
    pub reserved: Qty,
    /// Largest excess that is reserved after it.
    pub reserved_excess: Price,
    /// With all open orders on its side filled the position is not larger and does not flip.
    pub reduces: bool,
    /// A replace that asks for no more than the latest accepted terms.
    pub lowers: bool,
    /// The order is for a spread: its legs are planned beside it.
    pub is_spread: bool,
    /// An unpriced order without an aggressive collar.
    pub collar_missing: bool,
}

/// Computes the plan. The order's ids exist; a replace's `target` is its open order.
pub fn plan(state: &State, order: &Order, target: u32, choice: MarkChoice) -> Result<Plan, Breach> {
    let arithmetic = || Breach::bare(Check::Arithmetic);
    let instrument = &state.instruments[order.instrument as usize];
    let (row, row_slot) = row_of(state, order);
    let (mark, mark_age_ns, mark_max_age_ns) = mark_of(instrument, choice);
    let magnitude = row.magnitude;
    let collar = match order.is_unpriced() {
        true => price_collar::tightest_aggressive(state, order, mark),
        false => None,
    };
    let value_price = value_price(order, instrument.counts_at_face(), magnitude, collar)
        .ok_or_else(arithmetic)?;
    let excess = value_price - magnitude;
    if notional(value_price, order.qty) > instrument.notional_max {
        return Err(arithmetic());
    }

    let mut lowers = false;
    let (mut reserved, mut reserved_excess) = (order.qty, excess);
    let mut held: (Qty, Notional) = (0, 0);
    if target != NONE {
        let open = state.orders.get(target);
        let (chain_qty, chain_excess) = state.orders.chain_max(target);
        reserved = chain_qty.max(order.qty) - open.filled;
        reserved_excess = chain_excess.max(excess);
        held = (open.reserved, open.reserved_excess());
        lowers = asks_for_less(state, order, target);
    }
    let mut after = row.sums;
    if order.kind == kind::NEW {
        after.open_orders += 1;
    }
    after.reserve(
        order.side,
        i128::from(reserved) - i128::from(held.0),
        notional(reserved_excess, reserved) - held.1,
    );
    if !after.in_range() {
        return Err(arithmetic());
    }
    let worth = after.worth(magnitude);
    Ok(Plan {
        change: row.worth.change(&worth, instrument.unit),
        worth,
        order_value: max_order_value::measure(order, value_price, instrument.unit),
        row_slot,
        target,
        mark,
        has_value: mark.is_some(),
        mark_age_ns,
        mark_max_age_ns,
        value_price,
        excess,
        reserved,
        reserved_excess,
        reduces: reduces(order.side, &after),
        lowers,
        is_spread: instrument.is_spread(),
        collar_missing: order.is_unpriced() && collar.is_none(),
        row,
        after,
    })
}

/// The row of an order's account and instrument, or an empty one, and its slot or `NONE`.
#[inline(always)]
pub fn row_of(state: &State, order: &Order) -> (Row, u32) {
    let row_slot = state.find_row(order.account, order.instrument);
    let row = match row_slot {
        NONE => first_row(state, order),
        slot => state.rows[slot as usize],
    };
    (row, row_slot)
}

/// The mark if it is usable and has a rate, its age, and the oldest usable age if it is not usable.
#[inline(always)]
pub fn mark_of(instrument: &Instrument, choice: MarkChoice) -> (Option<Price>, u64, u64) {
    match choice {
        MarkChoice::Usable { price, age_ns } => (instrument.has_rate.then_some(price), age_ns, 0),
        MarkChoice::Stale { age_ns, max_age_ns } => (None, age_ns, max_age_ns),
    }
}

/// The row of an account that has nothing in the instrument yet.
fn first_row(state: &State, order: &Order) -> Row {
    let instrument = &state.instruments[order.instrument as usize];
    let mut row = Row::empty(order.account, order.instrument, instrument.valuation_magnitude());
    for (level, node) in state.nodes[order.account as usize].path().iter().enumerate() {
        row.cells[level] = state.find_cell(*node, order.instrument);
    }
    row
}

/// What an order counts at: the larger of its price and the mark; what has no price of its own
/// at the mark (or the stop price) plus the aggressive collar; inverse contracts at their face, and
/// spreads at nothing, since their legs count.
fn value_price(
    order: &Order,
    at_face: bool,
    magnitude: Price,
    collar: Option<Price>,
) -> Option<Price> {
    if at_face {
        return Some(magnitude);
    }
    let stop = match order.stop_price {
        PRICE_UNDEFINED => 0,
        price => price.abs(),
    };
    match order.order_type {
        order_type::LIMIT => Some(order.price.abs().max(magnitude)),
        order_type::STOP_LIMIT => Some(order.price.abs().max(stop).max(magnitude)),
        _ => stop.max(magnitude).checked_add(collar.unwrap_or(0)),
    }
}

/// Does a replace ask for no larger total and no more aggressive price than what the venue was last
/// told? Older unanswered terms may be larger; they hold their reservation, but to go back up to
/// them is no reduction.
fn asks_for_less(state: &State, order: &Order, target: u32) -> bool {
    let in_force = &state.orders.get(target).terms;
    let newest = state.orders.pendings(target).next().map_or(in_force, |p| &p.terms);
    let latest = if newest.generation > in_force.generation { newest } else { in_force };
    let more_aggressive = match order.side {
        side::BUY => order.price > latest.price,
        _ => order.price < latest.price,
    };
    order.qty <= latest.qty
        && order.order_type == latest.order_type
        && (order.is_unpriced() || !more_aggressive)
}

/// Does the position stay on its side of zero, and not grow, if all that is open on this side is
/// filled?
pub fn reduces(order_side: u8, after: &Sums) -> bool {
    match order_side {
        side::BUY => after.position < 0 && after.long() <= 0,
        _ => after.position > 0 && after.short() <= 0,
    }
}
