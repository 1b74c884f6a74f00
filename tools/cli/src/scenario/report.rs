//! Execution reports and voids as slots: which request a line answers, what a fill or bust is of.

use riskgate::abi::order::{ExtensionSlot, OrderSlot, flag, kind};
use riskgate::abi::{PRICE_UNDEFINED, SlotWords};
use riskgate::state::legs::Leg;
use riskgate::state::setup::Setup;

use crate::scenario::book::{Book, Execution, Tracked};
use crate::scenario::order::Terms;
use crate::scenario::step::Report;

/// The slot of a report. The book learns what it answers.
pub fn encode(book: &mut Book, report: &Report, setup: &Setup) -> OrderSlot {
    let fresh_request = book.fresh_request();
    let fresh_execution = book.fresh_execution();
    let tracked = book.orders.get_mut(&report.id);
    let mut slot = addressed(tracked.as_ref().map(|t| t.latest()).as_ref());
    slot.kind = report.kind;
    slot.order_id = report.id;
    slot.account = report.changes.account.unwrap_or(slot.account);
    slot.instrument = report.changes.instrument.unwrap_or(slot.instrument);
    slot.side_bits = report.changes.side.unwrap_or(slot.side_bits);
    if let (None, Some(terms)) = (report.changes.side, tracked.as_ref().map(|t| t.latest())) {
        slot.side_bits = side_of(setup, &terms, slot.instrument);
    }
    match (report.kind, report.of.unwrap_or(kind::NEW)) {
        (kind::FILL, _) => fill(&mut slot, tracked, report, fresh_execution),
        (kind::BUST, _) => bust(&mut slot, tracked, report, fresh_execution),
        (kind::ACK, _) => acknowledge(&mut slot, tracked, report),
        (kind::CANCELLED, _) => {
            let request = tracked.and_then(|t| {
                let request = t.answer_oldest(&[kind::CANCEL]);
                t.unanswered.clear();
                request
            });
            slot.reference = request.map_or(0, |r| r.id);
        }
        (kind::EXPIRED, _) => {
            if let Some(t) = tracked {
                t.unanswered.clear();
            }
        }
        (_, kind::NEW) => {
            slot.reference = report.id;
            if let Some(t) = tracked {
                t.unanswered.clear();
            }
        }
        (kind::REJECTED, of) => {
            slot.kind =
                if of == kind::REPLACE { kind::REPLACE_REJECTED } else { kind::CANCEL_REJECTED };
            let request = tracked.and_then(|t| t.answer_oldest(&[of]));
            slot.reference = request.map_or(fresh_request, |r| r.id);
        }
        (_, of) => {
            let taken_back = tracked.and_then(|t| t.take_back_last(of));
            slot.reference = taken_back.unwrap_or(fresh_request);
        }
    }
    slot
}

/// Side on which an order trades an instrument: its own, or that of a leg of its spread.
fn side_of(setup: &Setup, terms: &Terms, instrument: u32) -> u8 {
    let legs = setup.instruments.get(terms.instrument as usize).map_or(&[][..], |i| &i.legs);
    match legs.iter().find(|(id, _)| *id == instrument) {
        Some((instrument, ratio)) => {
            Leg { instrument: *instrument, ratio: *ratio }.side(terms.side)
        }
        None => terms.side,
    }
}

/// The extension of a fill that has a fee; the fill says that it has one.
pub fn extension(slot: &mut OrderSlot, report: &Report) -> Option<SlotWords> {
    if report.fee == 0 {
        return None;
    }
    slot.flags |= flag::HAS_EXTENSION;
    let extension = ExtensionSlot {
        order_id: slot.order_id,
        stop_price: PRICE_UNDEFINED,
        kind_word: u64::from(kind::EXTENSION),
        fee: report.fee,
        ..ExtensionSlot::default()
    };
    Some(extension.to_words())
}

/// A slot with account, instrument and side of an order, and no price and quantity.
pub fn addressed(terms: Option<&Terms>) -> OrderSlot {
    let Some(terms) = terms else { return OrderSlot::default() };
    OrderSlot {
        account: terms.account,
        instrument: terms.instrument,
        side_bits: terms.side,
        ..OrderSlot::default()
    }
}

fn fill(slot: &mut OrderSlot, tracked: Option<&mut Tracked>, report: &Report, fresh: u64) {
    let limit_price = tracked.as_ref().map_or(PRICE_UNDEFINED, |t| t.in_force.price);
    slot.reference = report.exec_id.unwrap_or(fresh);
    slot.qty = report.changes.qty.unwrap_or(0);
    slot.price = report.changes.price.unwrap_or(limit_price);
    if let Some(tracked) = tracked {
        let (id, qty, price) = (slot.reference, slot.qty, slot.price);
        tracked.executions.push(Execution { id, qty, price, busted: false });
    }
}

/// A bust names an execution, or means the order's last one that was not taken back.
fn bust(slot: &mut OrderSlot, tracked: Option<&mut Tracked>, report: &Report, fresh: u64) {
    let execution = tracked.and_then(|t| match report.exec_id {
        Some(id) => t.executions.iter_mut().find(|e| e.id == id),
        None => t.executions.iter_mut().rev().find(|e| !e.busted),
    });
    let (mut id, mut qty, mut price) = (fresh, 0, PRICE_UNDEFINED);
    if let Some(execution) = execution {
        execution.busted = true;
        (id, qty, price) = (execution.id, execution.qty, execution.price);
    }
    slot.reference = report.exec_id.unwrap_or(id);
    slot.qty = report.changes.qty.unwrap_or(qty);
    slot.price = report.changes.price.unwrap_or(price);
}

/// Answers the oldest unanswered new or replace.
fn acknowledge(slot: &mut OrderSlot, tracked: Option<&mut Tracked>, report: &Report) {
    let kinds: &[u8] = match report.of {
        Some(kind::NEW) => &[kind::NEW],
        Some(_) => &[kind::REPLACE],
        None => &[kind::NEW, kind::REPLACE],
    };
    slot.reference = report.id;
    if let Some(tracked) = tracked
        && let Some(request) = tracked.answer_oldest(kinds)
    {
        slot.reference = request.id;
        if request.kind == kind::REPLACE {
            tracked.in_force = request.terms;
        }
    }
}

/// The fill of a whole order.
pub fn whole_fill(id: u64, exec_id: u64, price: i64, terms: &Terms) -> OrderSlot {
    OrderSlot {
        order_id: id,
        kind: kind::FILL,
        reference: exec_id,
        qty: terms.qty,
        price,
        ..addressed(Some(terms))
    }
}
