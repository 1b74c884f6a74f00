//! What an accepted order holds of its limits, from acceptance until it is done: the one place
//! that opens, changes and closes reservations. Releasing is exact to the last digit.

use crate::abi::PRICE_UNDEFINED;
use crate::abi::order::kind;
use crate::fixed::Price;
use crate::gate::plan::Plan;
use crate::gate::request::{Order, auction_of};
use crate::gate::spread::{self, LegPlan};
use crate::state::State;
use crate::state::index::NONE;
use crate::state::legs::LEGS_MAX;
use crate::state::orders::{OpenOrder, Terms};
use crate::state::own_book::BookSide;

/// Is there room for what an accepted order needs?
pub fn has_room(state: &State, order: &Order, target: u32) -> bool {
    let side = book_side(state, order.account, order.instrument, order.side, order.tif);
    let tables = match target {
        NONE => {
            let has_rows = || match state.instruments[order.instrument as usize].is_spread() {
                false => {
                    let row = state.find_row(order.account, order.instrument);
                    row != NONE || state.has_row_room()
                }
                true => match state.missing_rows(order.account, order.instrument) {
                    0 => true,
                    missing => state.has_room_for_rows(missing),
                },
            };
            state.orders.has_room() && has_rows()
        }
        _ => {
            let open = state.orders.get(target);
            state.orders.has_pending_room()
                && open.pending < crate::state::orders::PENDING_REPLACES_MAX
                && open.generations < u32::MAX
        }
    };
    tables && state.own_book.has_room(side)
}

/// Charges an accepted order; returns the row that changed. `legs` is empty but for spreads.
pub fn accept(
    state: &mut State,
    lane: u32,
    order: &Order,
    digest: u64,
    plan: &Plan,
    legs: &[LegPlan],
) -> u32 {
    let side = book_side(state, order.account, order.instrument, order.side, order.tif);
    let mut terms = Terms {
        price: order.price,
        qty: order.qty,
        excess: plan.excess,
        order_type: order.order_type,
        tif: order.tif,
        generation: 0,
        book_entry: state.own_book.insert(side, order.match_price()),
    };
    let row = match plan.row_slot {
        NONE => state.make_row(order.account, order.instrument),
        slot => slot,
    };
    let mut slot = plan.target;
    if order.kind == kind::NEW {
        slot = state.orders.open(
            lane,
            order.id,
            digest,
            order.account,
            order.instrument,
            row,
            order.side,
            terms,
        );
        state.lanes[lane as usize].open_orders += 1;
    } else {
        let open = state.orders.get_mut(plan.target);
        terms.generation = open.generations;
        open.generations += 1;
        open.reserved = plan.reserved;
        open.excess = plan.reserved_excess;
        state.orders.push_pending(plan.target, order.id, terms);
    }
    if legs.is_empty() {
        let instrument = &mut state.instruments[order.instrument as usize];
        instrument.unmarked_orders |=
            instrument.valuation == PRICE_UNDEFINED && !instrument.inverse;
        state.set_worth(row, plan.after, plan.worth, &plan.change);
    } else {
        spread::charge(state, slot, row, order.kind, plan, legs);
    }
    state.rows[row as usize].latest_qty = order.qty;
    row
}

/// Brings the reservation of an order in line with its terms, pending replaces and fills. `filled`
/// is what was just executed of it (signed: bought > 0), which moves from open to position. Closes
/// the order when nothing is left.
pub fn settle(state: &mut State, slot: u32, executed: i128) {
    let (chain_qty, chain_excess) = state.orders.chain_max(slot);
    let order = *state.orders.get(slot);
    if state.instruments[order.instrument as usize].is_spread() {
        debug_assert!(executed == 0, "executions of spreads are of their legs");
        return spread::settle(state, slot, &[0; LEGS_MAX]);
    }
    let reserved = chain_qty.saturating_sub(order.filled).max(0);
    let excess = if reserved == 0 { 0 } else { chain_excess };
    let changed = state.orders.get_mut(slot);
    changed.reserved = reserved;
    changed.excess = excess;
    let mut after = state.rows[order.row as usize].sums;
    after.position += executed;
    after.reserve(
        order.side,
        i128::from(reserved) - i128::from(order.reserved),
        crate::fixed::notional(excess, reserved) - order.reserved_excess(),
    );
    if reserved == 0 {
        after.open_orders -= 1;
    }
    state.set_sums(order.row, after);
    if reserved == 0 {
        forget(state, slot, &order);
    }
}

/// Releases all of an order.
pub fn release(state: &mut State, slot: u32) {
    let order = *state.orders.get(slot);
    if state.instruments[order.instrument as usize].is_spread() {
        return spread::release(state, slot);
    }
    let mut after = state.rows[order.row as usize].sums;
    after.reserve(order.side, -i128::from(order.reserved), -order.reserved_excess());
    after.open_orders -= 1;
    state.set_sums(order.row, after);
    forget(state, slot, &order);
}

/// The first mark of an instrument: orders that were accepted before it hold their whole price;
/// from now on they hold what it exceeds the mark by. Looks at all open orders, once in the life of
/// an instrument, and only if there are such orders.
pub fn freeze_excess(state: &mut State, instrument: u32, magnitude: Price) {
    state.instruments[instrument as usize].unmarked_orders = false;
    for slot in 0..state.orders.capacity() {
        let order = state.orders.get(slot);
        if order.lane != NONE && order.instrument == instrument {
            state.orders.change_terms(slot, |terms| {
                terms.excess = (terms.excess - magnitude).max(0);
            });
            settle(state, slot, 0);
        }
    }
}

/// Puts the terms of an answered replace in force, if they are newer than what is.
pub fn adopt(state: &mut State, slot: u32, terms: Terms) {
    let open = state.orders.get_mut(slot);
    let outdated = if terms.generation > open.terms.generation {
        core::mem::replace(&mut open.terms, terms)
    } else {
        terms
    };
    drop_terms(state, slot, outdated);
}

/// Forgets terms that no longer hold.
pub fn drop_terms(state: &mut State, slot: u32, terms: Terms) {
    let order = *state.orders.get(slot);
    let side = book_side(state, order.account, order.instrument, order.side, terms.tif);
    state.own_book.remove(side, terms.book_entry);
}

/// Takes an order whose reservation is released out of all tables.
pub(super) fn forget(state: &mut State, slot: u32, order: &OpenOrder) {
    while let Some(terms) = state.orders.pop_pending(slot) {
        drop_terms(state, slot, terms);
    }
    drop_terms(state, slot, order.terms);
    state.lanes[order.lane as usize].open_orders -= 1;
    state.orders.close(slot);
}

fn book_side(state: &State, account: u32, instrument: u32, side: u8, tif: u8) -> BookSide {
    let owner = state.nodes[account as usize].owner;
    BookSide { owner, instrument, auction: auction_of(tif), side }
}
