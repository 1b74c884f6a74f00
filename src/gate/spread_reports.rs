//! Executions of spreads: what is reported for one leg is booked to that leg, what is reported for
//! the spread to all legs at once. Like all reports they are never refused.
//!
//! An execution of a whole spread has one price, the differential *d*. Each leg but the last is
//! booked at the price that its instrument is valued at (0 before the first mark), and the last at
//! the price *p* that makes the cash right: Σ ratio × price × unit over the legs = d × unit of the
//! spread. *p* is exact wherever it can be written with nine places, and otherwise rounded against
//! the account. A bust takes back exactly what was booked.

use crate::abi::PRICE_UNDEFINED;
use crate::abi::codes::Check;
use crate::abi::order::side;
use crate::fixed::{Price, Qty, Wide};
use crate::gate::count;
use crate::gate::events::Events;
use crate::gate::outcome::EventKind;
use crate::gate::reports::{Busted, anomaly, book, bookable_row, fits, remember, signed};
use crate::gate::request::Report;
use crate::gate::spread;
use crate::state::State;
use crate::state::day;
use crate::state::history::Execution;
use crate::state::index::NONE;
use crate::state::legs::{LEGS_MAX, Leg, SpreadExecution};

/// What an execution is of.
struct Executed {
    account: u32,
    spread: u32,
    /// Side of the spread.
    side: u8,
    /// The leg, or all of them.
    leg: Option<usize>,
}

/// Is the execution of an order for a spread, or of a spread without an order that is known?
pub fn concerns(state: &State, slot: u32, report: &Report) -> bool {
    let instrument = match slot {
        NONE => report.instrument,
        slot => state.orders.get(slot).instrument,
    };
    state.instruments.get(instrument as usize).is_some_and(|i| i.is_spread())
}

fn executed(state: &State, slot: u32, report: &Report) -> Executed {
    if slot == NONE {
        let (account, spread) = (report.account, report.instrument);
        return Executed { account, spread, side: report.side, leg: None };
    }
    let order = state.orders.get(slot);
    let legs = state.instruments[order.instrument as usize].legs();
    let leg = legs.iter().position(|leg| leg.instrument == report.instrument);
    Executed { account: order.account, spread: order.instrument, side: order.side, leg }
}

/// Books an execution that [`concerns`] a spread; returns the spread's own row, or `NONE`.
/// `replaced` is the bust that a correction replaces.
pub fn fill(
    state: &mut State,
    events: &mut Events,
    (origin, lane, now_ns): (u32, u32, u64),
    slot: u32,
    report: &Report,
    replaced: Option<Busted>,
) -> u32 {
    let of = executed(state, slot, report);
    let legs = legs_of(state, of.spread);
    let (instrument, order_side) = match of.leg {
        Some(k) => (legs[k].instrument, legs[k].side(of.side)),
        None => (of.spread, of.side),
    };
    let credit = replaced.filter(|(_, _, of)| *of == instrument).map_or(0, |(_, qty, _)| qty);
    let from_open = (report.qty - credit).max(0);
    let contradicts =
        (of.account, instrument, order_side) != (report.account, report.instrument, report.side);
    let Some((own, rows)) = rows(state, events, lane, &of) else { return NONE };
    let moves = moves(&legs, &of, report.qty);
    if !all_fit(state, &rows, &moves) {
        anomaly(state, events, of.account, instrument);
        return own;
    }
    let prices = match of.leg {
        Some(_) => [report.price; LEGS_MAX],
        None => split(state, of.spread, of.side, report.price),
    };
    let mut odd = contradicts || (slot == NONE && from_open > 0);
    // The fee is charged once, to the first leg that is booked.
    let mut fee = report.fee;
    for k in (0..LEGS_MAX).filter(|k| moves[*k] != 0) {
        let fee = i128::from(core::mem::take(&mut fee));
        let e = day::Executed { qty: moves[k], price: prices[k], fee, is_bust: false };
        state.count_execution(rows[k], &e);
        if slot == NONE {
            book(state, rows[k], moves[k]);
            continue;
        }
        let taken = match of.leg {
            Some(_) => i128::from(from_open),
            None => i128::from(from_open) * legs[k].times(),
        };
        let progress = state.legs.get_mut(slot);
        odd |= taken > i128::from(progress.reserved[k]);
        let filled = i128::from(progress.filled[k]) + taken;
        progress.filled[k] = Qty::try_from(filled).unwrap_or(Qty::MAX);
    }
    let mut whole = if of.leg.is_none() { report.qty } else { 0 };
    if slot != NONE {
        // The venue has it: a void would contradict that.
        state.orders.get_mut(slot).acknowledged = true;
        let before = state.orders.get(slot).filled;
        whole = state.legs.get(slot).whole(&legs[..count_of(&legs)]).saturating_sub(before);
        spread::settle(state, slot, &moves);
    }
    let mut value = Wide::ZERO;
    for k in (0..LEGS_MAX).filter(|k| moves[*k] != 0) {
        count::execution(state, events, (now_ns, origin), rows[k], moves[k], prices[k]);
        let leg = &state.instruments[legs[k].instrument as usize];
        let notional = i128::from(leg.value_price(prices[k])) * moves[k].abs();
        value = value.plus(Wide::product(notional, leg.unit));
    }
    count::spread_execution(state, events, (now_ns, origin), own, i128::from(whole), value);
    remember(state, origin, report, of.account, instrument, order_side, false);
    if report.reference != 0 && of.leg.is_none() {
        state.spread_executions.push(origin, SpreadExecution { id: report.reference, prices });
    }
    if kills(state, &of, &legs, &moves) {
        events.tell(EventKind::Alert, Check::Killed, of.account, instrument);
    }
    if odd {
        anomaly(state, events, of.account, instrument);
    }
    own
}

/// Takes back an execution of a whole spread that was booked, at the prices of then.
pub fn take_back_known(state: &mut State, events: &mut Events, origin: u32, e: &Execution) -> u32 {
    let of = Executed { account: e.account, spread: e.instrument, side: e.side, leg: None };
    // As old as the execution that names it, and pushed with it.
    let booked = state.spread_executions.get(origin, e.id).map(|x| x.prices);
    let prices = booked.unwrap_or_else(|| split(state, of.spread, of.side, e.price));
    let legs = legs_of(state, of.spread);
    let rows = legs.map(|leg| match leg {
        Leg::NONE => NONE,
        leg => state.find_row(of.account, leg.instrument),
    });
    take_back(state, events, &of, &rows, (e.qty, e.fee), prices);
    state.find_row(of.account, of.spread)
}

/// Takes back an execution that [`concerns`] a spread and that nobody remembers.
pub fn take_back_unknown(
    state: &mut State,
    events: &mut Events,
    (origin, lane): (u32, u32),
    slot: u32,
    report: &Report,
) -> u32 {
    let of = executed(state, slot, report);
    let Some((own, rows)) = rows(state, events, lane, &of) else { return NONE };
    let legs = legs_of(state, of.spread);
    let (instrument, order_side, prices) = match of.leg {
        Some(k) => (legs[k].instrument, legs[k].side(of.side), [report.price; LEGS_MAX]),
        None => (of.spread, of.side, split(state, of.spread, of.side, report.price)),
    };
    take_back(state, events, &of, &rows, (report.qty, 0), prices);
    remember(state, origin, report, of.account, instrument, order_side, true);
    if report.reference != 0 && of.leg.is_none() {
        state.spread_executions.push(origin, SpreadExecution { id: report.reference, prices });
    }
    anomaly(state, events, of.account, instrument);
    own
}

fn take_back(
    state: &mut State,
    events: &mut Events,
    of: &Executed,
    rows: &[u32; LEGS_MAX],
    (qty, mut fee): (Qty, i64),
    prices: [Price; LEGS_MAX],
) {
    let moves = moves(&legs_of(state, of.spread), of, qty).map(|executed| -executed);
    if !all_fit(state, rows, &moves) {
        anomaly(state, events, of.account, of.spread);
        return;
    }
    for k in (0..LEGS_MAX).filter(|k| moves[*k] != 0) {
        let fee = -i128::from(core::mem::take(&mut fee));
        let e = day::Executed { qty: moves[k], price: prices[k], fee, is_bust: true };
        state.count_execution(rows[k], &e);
        book(state, rows[k], moves[k]);
    }
}

fn legs_of(state: &State, spread: u32) -> [Leg; LEGS_MAX] {
    let mut legs = [Leg::NONE; LEGS_MAX];
    let found = state.instruments[spread as usize].legs();
    legs[..found.len()].copy_from_slice(found);
    legs
}

/// How many legs there are.
fn count_of(legs: &[Leg; LEGS_MAX]) -> usize {
    legs.iter().filter(|leg| **leg != Leg::NONE).count()
}

/// The spread's own row and those of its legs, made if need be; `None`, with an alert, where there
/// is nothing that the lane could book to.
fn rows(
    state: &mut State,
    events: &mut Events,
    lane: u32,
    of: &Executed,
) -> Option<(u32, [u32; LEGS_MAX])> {
    let own = bookable_row(state, events, lane, of.account, of.spread)?;
    let mut rows = [NONE; LEGS_MAX];
    for (row, leg) in rows.iter_mut().zip(legs_of(state, of.spread)) {
        if leg != Leg::NONE {
            *row = bookable_row(state, events, lane, of.account, leg.instrument)?;
        }
    }
    Some((own, rows))
}

/// What an execution moves in each leg, signed: bought > 0.
fn moves(legs: &[Leg; LEGS_MAX], of: &Executed, qty: Qty) -> [i128; LEGS_MAX] {
    core::array::from_fn(|k| match of.leg {
        _ if legs[k] == Leg::NONE => 0,
        Some(leg) if leg != k => 0,
        Some(_) => signed(legs[k].side(of.side), qty),
        None => signed(legs[k].side(of.side), qty) * legs[k].times(),
    })
}

fn all_fit(state: &State, rows: &[u32; LEGS_MAX], moves: &[i128; LEGS_MAX]) -> bool {
    (0..LEGS_MAX).all(|k| moves[k] == 0 || fits(state, rows[k], moves[k]))
}

/// Does a kill stop what was executed?
fn kills(state: &State, of: &Executed, legs: &[Leg; LEGS_MAX], moves: &[i128; LEGS_MAX]) -> bool {
    let path = state.nodes[of.account as usize].path();
    let moved = || (0..LEGS_MAX).filter(|k| moves[*k] != 0);
    let killed_at =
        |node: &u32| moved().any(|k| state.nodes[*node as usize].kills(legs[k].side(of.side)));
    state.firm_killed || path.iter().any(killed_at)
}

/// The prices at which the legs of an execution at a differential are booked (see the module head).
fn split(state: &State, spread: u32, order_side: u8, differential: Price) -> [Price; LEGS_MAX] {
    let spread = &state.instruments[spread as usize];
    let legs = spread.legs();
    let instrument = |leg: &Leg| &state.instruments[leg.instrument as usize];
    // Without a rate somewhere nothing can be said in money; then prices alone must be right.
    let rated = spread.has_rate && legs.iter().all(|leg| instrument(leg).has_rate);
    let unit = |unit: u128| if rated { unit } else { 1 };
    let mut prices = [0; LEGS_MAX];
    let mut left = Wide::product(i128::from(differential), unit(spread.unit));
    for (price, leg) in prices.iter_mut().zip(&legs[..legs.len() - 1]) {
        *price = match instrument(leg).valuation {
            PRICE_UNDEFINED => 0,
            valuation => valuation,
        };
        let worth = i128::from(*price) * i128::from(leg.ratio);
        left = left.minus(Wide::product(worth, unit(instrument(leg).unit)));
    }
    let last = &legs[legs.len() - 1];
    let divisor = Wide::product(last.times(), unit(instrument(last).unit));
    let buys = last.side(order_side) == side::BUY;
    let signed_left = if last.ratio < 0 { left.negated() } else { left };
    prices[legs.len() - 1] = quotient(signed_left, divisor, buys);
    prices
}

/// ⌈value ÷ divisor⌉ or ⌊value ÷ divisor⌋, within the range of prices; the divisor is above 0.
fn quotient(value: Wide, divisor: Wide, up: bool) -> Price {
    if value == Wide::ZERO {
        return 0;
    }
    let magnitude = value.magnitude();
    let ceiling = magnitude.quotient_up(divisor);
    let is_exact = divisor.checked_times(ceiling as u64) == Some(magnitude);
    let rounds_away = up != value.is_negative();
    let rounded = if is_exact || rounds_away { ceiling } else { ceiling - 1 };
    // The largest number is no price.
    let rounded = rounded.min(PRICE_UNDEFINED - 1);
    if value.is_negative() { -rounded } else { rounded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotients_are_exact_or_rounded_as_asked() {
        let wide = Wide::from_i128;
        for (value, divisor, up, want) in [
            (6, 3, true, 2),
            (6, 3, false, 2),
            (7, 3, true, 3),
            (7, 3, false, 2),
            (-7, 3, true, -2),
            (-7, 3, false, -3),
            (0, 3, true, 0),
            (-1, 3, true, 0),
            (1, 3, false, 0),
        ] {
            assert_eq!(quotient(wide(value), wide(divisor), up), want, "{value} / {divisor} {up}");
        }
        let large = Wide::product(i128::MAX, 1 << 100);
        assert_eq!(quotient(large, wide(1), true), i64::MAX - 1);
        assert_eq!(quotient(large.negated(), wide(1), true), 1 - i64::MAX);
    }
}
