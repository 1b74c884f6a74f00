//! Execution reports and voids: what happened, happened. They are validated, never refused.
//!
//! A report that cannot be right is booked as far as it can be, told to the risk team, and latches
//! its account close-only.

use crate::abi::codes::Check;
use crate::abi::order::{OrderSlot, kind, side};
use crate::abi::verdict::NO_NODE;
use crate::fixed::{Price, Qty};
use crate::gate::count;
use crate::gate::events::Events;
use crate::gate::outcome::EventKind;
use crate::gate::request::Report;
use crate::gate::reserve;
use crate::gate::spread_reports;
use crate::gate::watch::latch_node;
use crate::state::State;
use crate::state::day::Executed;
use crate::state::history::Execution;
use crate::state::index::NONE;
use crate::state::limit::Latch;

/// Order, quantity and instrument of a bust.
pub type Busted = (u64, Qty, u32);

/// Applies a report of a lane that came at `now_ns`; returns the row that it changed, or `NONE`.
pub fn apply(
    state: &mut State,
    events: &mut Events,
    (lane, now_ns): (u32, u64),
    report: &Report,
) -> u32 {
    let Some(origin) = origin_lane(state, lane, report.origin) else {
        events.tell(EventKind::Anomaly, Check::LaneNotPermitted, NO_NODE, report.instrument);
        return NONE;
    };
    let slot = state.orders.find(origin, report.order_id);
    let busted = state.lanes[lane as usize].busted.take();
    match report.kind {
        kind::FILL => {
            let replaced = busted.filter(|(id, ..)| report.corrects && *id == report.order_id);
            return fill(state, events, (origin, lane, now_ns), slot, report, replaced);
        }
        kind::BUST => return bust(state, events, (origin, lane), slot, report),
        _ if slot == NONE => {
            events.tell(EventKind::Anomaly, Check::UnknownOrder, NO_NODE, report.instrument);
            return NONE;
        }
        _ => {}
    }
    let row = state.orders.get(slot).row;
    let known = match report.kind {
        kind::ACK => ack(state, slot, report.reference),
        kind::CANCELLED | kind::REJECTED | kind::EXPIRED => {
            reserve::release(state, slot);
            true
        }
        kind::REPLACE_REJECTED => drop_replace(state, slot, report.reference),
        kind::CANCEL_REJECTED => {
            core::mem::replace(&mut state.orders.get_mut(slot).pending_cancel, false)
        }
        _ => return void(state, events, slot, report.reference),
    };
    if !known {
        events.tell(EventKind::Anomaly, Check::UnknownOrder, NO_NODE, report.instrument);
    }
    row
}

/// The lane whose order a message of `lane` is about: its own, or one of its group.
pub fn origin_lane(state: &State, lane: u32, origin: u16) -> Option<u32> {
    if origin == 0 {
        return Some(lane);
    }
    let other = u32::from(origin) - 1;
    let group = state.lanes.get(other as usize)?.group;
    (group == state.lanes[lane as usize].group).then_some(other)
}

fn ack(state: &mut State, slot: u32, request: u64) -> bool {
    let order = state.orders.get_mut(slot);
    if request == order.id || request == 0 {
        order.acknowledged = true;
        return true;
    }
    let Some(terms) = state.orders.take_pending(slot, request) else { return false };
    state.orders.get_mut(slot).acknowledged = true;
    reserve::adopt(state, slot, terms);
    reserve::settle(state, slot, 0);
    true
}

fn drop_replace(state: &mut State, slot: u32, request: u64) -> bool {
    let Some(terms) = state.orders.take_pending(slot, request) else { return false };
    reserve::drop_terms(state, slot, terms);
    reserve::settle(state, slot, 0);
    true
}

/// Accepted, never sent. A void of an order that the venue has answered contradicts itself and
/// releases nothing.
fn void(state: &mut State, events: &mut Events, slot: u32, request: u64) -> u32 {
    let order = *state.orders.get(slot);
    if request == order.id || request == 0 {
        if order.acknowledged || order.filled != 0 {
            anomaly(state, events, order.account, order.instrument);
        } else {
            reserve::release(state, slot);
        }
    } else if !drop_replace(state, slot, request) {
        // A cancel's id is among the lane's decided requests, or nobody's.
        let known = state.decided.get(order.lane, request).is_some();
        let pending = &mut state.orders.get_mut(slot).pending_cancel;
        let cancel = known && core::mem::replace(pending, false);
        if !cancel {
            events.tell(EventKind::Anomaly, Check::UnknownOrder, NO_NODE, order.instrument);
        }
    }
    order.row
}

/// Books an execution. `replaced` is what a correction replaces: that much of it was busted just
/// now and does not come out of the open quantity.
fn fill(
    state: &mut State,
    events: &mut Events,
    (origin, lane, now_ns): (u32, u32, u64),
    slot: u32,
    report: &Report,
    replaced: Option<Busted>,
) -> u32 {
    if report.reference != 0 && state.executions.get(origin, report.reference).is_some() {
        return NONE;
    }
    if spread_reports::concerns(state, slot, report) {
        let from = (origin, lane, now_ns);
        return spread_reports::fill(state, events, from, slot, report, replaced);
    }
    let credit = replaced.map_or(0, |(_, qty, _)| qty);
    let (account, instrument, order_side) = executed_for(state, slot, report);
    let contradicts =
        (account, instrument, order_side) != (report.account, report.instrument, report.side);
    let Some(row) = bookable_row(state, events, lane, account, instrument) else { return NONE };
    let signed = signed(order_side, report.qty);
    if !fits(state, row, signed) {
        anomaly(state, events, account, instrument);
        return row;
    }
    let from_open = (report.qty - credit).max(0);
    let mut odd = contradicts || (slot == NONE && from_open > 0);
    let (price, fee) = (report.price, i128::from(report.fee));
    state.count_execution(row, &Executed { qty: signed, price, fee, is_bust: false });
    if slot == NONE {
        book(state, row, signed);
    } else {
        let order = state.orders.get_mut(slot);
        odd |= from_open > order.reserved;
        order.filled = order.filled.saturating_add(from_open);
        reserve::settle(state, slot, signed);
    }
    count::execution(state, events, (now_ns, origin), row, signed, report.price);
    remember(state, origin, report, account, instrument, order_side, false);
    let path = state.nodes[account as usize].path();
    if state.firm_killed || path.iter().any(|n| state.nodes[*n as usize].kills(order_side)) {
        events.tell(EventKind::Alert, Check::Killed, account, instrument);
    }
    if odd {
        anomaly(state, events, account, instrument);
    }
    row
}

/// Account, instrument and side of an execution: the order's, or as reported without one.
fn executed_for(state: &State, slot: u32, report: &Report) -> (u32, u32, u8) {
    if slot == NONE {
        return (report.account, report.instrument, report.side);
    }
    let order = state.orders.get(slot);
    (order.account, order.instrument, order.side)
}

/// Takes an execution back. Open quantity is never reopened.
fn bust(
    state: &mut State,
    events: &mut Events,
    (origin, lane): (u32, u32),
    slot: u32,
    report: &Report,
) -> u32 {
    let known = match report.reference {
        0 => None,
        id => state.executions.get_mut(origin, id),
    };
    if let Some(execution) = known {
        if execution.busted {
            return NONE;
        }
        execution.busted = true;
        let e = *execution;
        state.lanes[lane as usize].busted = Some((e.order_id, e.qty, e.instrument));
        let row = if state.instruments[e.instrument as usize].is_spread() {
            spread_reports::take_back_known(state, events, origin, &e)
        } else {
            let row = state.find_row(e.account, e.instrument);
            take_back(state, events, row, e.account, signed(e.side, e.qty), (e.price, e.fee));
            row
        };
        if e.qty != report.qty || e.price != report.price {
            anomaly(state, events, e.account, e.instrument);
        }
        return row;
    }
    if spread_reports::concerns(state, slot, report) {
        return spread_reports::take_back_unknown(state, events, (origin, lane), slot, report);
    }
    let (account, instrument, order_side) = executed_for(state, slot, report);
    let Some(row) = bookable_row(state, events, lane, account, instrument) else { return NONE };
    take_back(state, events, row, account, signed(order_side, report.qty), (report.price, 0));
    remember(state, origin, report, account, instrument, order_side, true);
    anomaly(state, events, account, instrument);
    row
}

fn take_back(
    state: &mut State,
    events: &mut Events,
    row: u32,
    account: u32,
    executed: i128,
    (price, fee): (Price, i64),
) {
    if !fits(state, row, -executed) {
        anomaly(state, events, account, state.rows[row as usize].instrument);
        return;
    }
    let fee = -i128::from(fee);
    state.count_execution(row, &Executed { qty: -executed, price, fee, is_bust: true });
    book(state, row, -executed);
}

/// The row that an execution is booked in, made if need be. `None`, with an alert, where there is
/// nothing that the lane could book to.
pub(super) fn bookable_row(
    state: &mut State,
    events: &mut Events,
    lane: u32,
    account: u32,
    instrument: u32,
) -> Option<u32> {
    let why = if !state.is_account(account) {
        Check::UnknownAccount
    } else if instrument as usize >= state.instruments.len() {
        Check::UnknownInstrument
    } else if !state.lanes[lane as usize].may_use(account) {
        Check::LaneNotPermitted
    } else {
        match state.find_row(account, instrument) {
            NONE if state.has_reserved_row_room() => {
                return Some(state.make_row(account, instrument));
            }
            NONE => Check::Capacity,
            row => return Some(row),
        }
    };
    events.tell(EventKind::Anomaly, why, NO_NODE, instrument);
    None
}

pub(super) fn signed(order_side: u8, qty: Qty) -> i128 {
    if order_side == side::BUY { i128::from(qty) } else { -i128::from(qty) }
}

/// Would the position still be a quantity?
pub(super) fn fits(state: &State, row: u32, executed: i128) -> bool {
    let position = state.rows[row as usize].sums.position + executed;
    position.unsigned_abs() <= i64::MAX as u128
}

pub(super) fn book(state: &mut State, row: u32, executed: i128) {
    let mut after = state.rows[row as usize].sums;
    after.position += executed;
    state.set_sums(row, after);
}

pub(super) fn remember(
    state: &mut State,
    origin: u32,
    report: &Report,
    account: u32,
    instrument: u32,
    order_side: u8,
    busted: bool,
) {
    if report.reference != 0 {
        let execution = Execution {
            id: report.reference,
            order_id: report.order_id,
            qty: report.qty,
            price: report.price,
            fee: report.fee,
            account,
            instrument,
            side: order_side,
            busted,
        };
        state.executions.push(origin, execution);
    }
}

/// A report that says nothing that could be booked. An execution of that kind latches its account,
/// if that is one of the lane's; anything else only alerts.
pub fn impossible(state: &mut State, events: &mut Events, lane: u32, slot: &OrderSlot) {
    let open = state.orders.find(lane, slot.order_id);
    let (account, instrument) = match open {
        NONE => (slot.account, slot.instrument),
        open => (state.orders.get(open).account, state.orders.get(open).instrument),
    };
    let executes = matches!(slot.kind, kind::FILL | kind::BUST);
    if executes && state.is_account(account) && state.lanes[lane as usize].may_use(account) {
        anomaly(state, events, account, instrument);
    } else {
        events.tell(EventKind::Anomaly, Check::ReportAnomaly, NO_NODE, instrument);
    }
}

pub(super) fn anomaly(state: &mut State, events: &mut Events, account: u32, instrument: u32) {
    events.tell(EventKind::Anomaly, Check::ReportAnomaly, account, instrument);
    latch_node(state, events, (account, None, Latch::CloseOnly), Check::ReportAnomaly);
}
