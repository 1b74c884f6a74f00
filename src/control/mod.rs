//! Control commands: applied between two orders, all or nothing.

use crate::abi::PRICE_UNDEFINED;
use crate::error::{Error, Result};
use crate::fixed::{MONEY_PLACES, Money, RATE_PLACES, Rate, decimal};
use crate::gate::Gate;
use crate::gate::watch::watch_all;
use crate::state::State;
use crate::state::command::{Command, KillScope};
use crate::state::tree::kill_bit;
use crate::state::verify::{CASH_MAX, CASH_MAX_TEXT};

/// Applies a command; an error changes nothing.
pub fn apply(gate: &mut Gate, now_ns: u64, command: &Command) -> Result<()> {
    gate.begin_anew();
    verify(gate, now_ns, command)?;
    gate.time_passes(now_ns);
    let state = &mut gate.state;
    match *command {
        Command::Kill(scope) => set_kill(gate, scope, true),
        Command::Unkill(scope) => set_kill(gate, scope, false),
        Command::Halt(instrument) => state.instruments[instrument as usize].halted = true,
        Command::Resume(instrument) => state.instruments[instrument as usize].halted = false,
        Command::Restrict { node, instrument, mode } => state.restrict(node, instrument, mode)?,
        Command::Rearm(node) => {
            state.rearm(node);
            watch_all(&mut gate.state, &mut gate.events, gate.inputs);
        }
        Command::RollDay(node) => {
            state.roll(node, false);
            watch_all(&mut gate.state, &mut gate.events, gate.inputs);
        }
        Command::RollWeek(node) => {
            state.roll(node, true);
            watch_all(&mut gate.state, &mut gate.events, gate.inputs);
        }
        Command::SetRate { currency, rate } => {
            state.set_rate(currency, rate);
            watch_all(&mut gate.state, &mut gate.events, gate.inputs);
        }
        Command::AdjustCash { account, currency, amount } => {
            state.adjust_cash(account, currency, amount)?;
            watch_all(&mut gate.state, &mut gate.events, gate.inputs);
        }
        Command::Session { instrument, mode } => {
            state.instruments[instrument as usize].session_override = mode;
        }
        Command::MarketHalt { market: None, halted } => state.all_markets_halted = halted,
        Command::MarketHalt { market: Some(market), halted: true } => {
            state.markets_halted |= 1 << market;
        }
        Command::MarketHalt { market: Some(market), halted: false } => {
            state.markets_halted &= !(1 << market);
        }
        Command::Band { instrument, low, high } => {
            state.instruments[instrument as usize].set_band(low, high);
        }
        Command::Algo { id, active } => state.permissions.set_algo(id, active),
        Command::SetLimit(limit) => {
            let limit = state.as_planted(&limit);
            state.set_limit(&limit)?;
            watch_all(&mut gate.state, &mut gate.events, gate.inputs);
        }
        Command::SetMargin { instrument, long, short } => gate.reweigh(instrument, |i| {
            (i.weights.margin_long, i.weights.margin_short) = (long, short);
        }),
        Command::SetGreeks { instrument, delta, gamma, vega } => gate.reweigh(instrument, |i| {
            (i.weights.delta, i.weights.gamma, i.weights.vega) = (delta, gamma, vega);
        }),
        Command::SetSensitivity { instrument, dv01, cs01 } => gate.reweigh(instrument, |i| {
            (i.weights.dv01, i.weights.cs01) = (dv01, cs01);
        }),
        Command::SetAdv { instrument, adv, shares_outstanding } => gate.reweigh(instrument, |i| {
            i.adv = adv.unwrap_or(i.adv);
            let shares = &mut i.weights.shares_outstanding;
            *shares = shares_outstanding.unwrap_or(*shares);
        }),
    }
    Ok(())
}

fn set_kill(gate: &mut Gate, scope: KillScope, on: bool) {
    let state = &mut gate.state;
    let set = |bits: &mut u8, bit: u8| *bits = if on { *bits | bit } else { *bits & !bit };
    match scope {
        KillScope::Firm => state.firm_killed = on,
        KillScope::Node(node) => set(&mut state.nodes[node as usize].killed, 1),
        KillScope::NodeSide(node, side) => {
            set(&mut state.nodes[node as usize].killed, kill_bit(side));
        }
        KillScope::Instrument(id) => state.instruments[id as usize].killed = on,
        KillScope::Lane(lane) => state.lanes[lane as usize].killed = on,
        KillScope::Venue(venue) if on => state.venues_killed |= 1 << venue,
        KillScope::Venue(venue) => state.venues_killed &= !(1 << venue),
        KillScope::Side(side) => set(&mut state.sides_killed, kill_bit(side)),
    }
}

/// Does everything that the command names exist?
fn verify(gate: &Gate, now_ns: u64, command: &Command) -> Result<()> {
    let state = &gate.state;
    let known = |what: &str, id: u32, count: usize| {
        if (id as usize) < count {
            return Ok(());
        }
        Err(Error::new(format!("no {what} with id {id}; there are {count}, numbered from 0")))
    };
    let node = |id: u32| known("node", id, state.nodes.len());
    let instrument = |id: u32| known("instrument", id, state.instruments.len());
    let currency = |id: u32| known("currency", id, state.rates.len());
    let side = |side: u8| match side {
        1 | 2 => Ok(()),
        _ => Err(Error::new(format!("side {side} is neither 1 (buy) nor 2 (sell)"))),
    };
    let not_negative = |what: &str, value: i64| match value {
        0.. => Ok(()),
        _ => Err(Error::new(format!("{what} is {value} (1e-8), it must not be negative"))),
    };
    match *command {
        Command::Kill(scope) | Command::Unkill(scope) => match scope {
            KillScope::Firm => Ok(()),
            KillScope::Node(id) => node(id),
            KillScope::NodeSide(id, s) => node(id).and(side(s)),
            KillScope::Instrument(id) => instrument(id),
            KillScope::Lane(lane) => known("lane", lane, state.lanes.len()),
            KillScope::Venue(venue) => known("venue", u32::from(venue), 64),
            KillScope::Side(s) => side(s),
        },
        Command::Halt(id) | Command::Resume(id) => instrument(id),
        Command::Restrict { node: id, instrument: of, .. } => {
            node(id).and(of.map_or(Ok(()), instrument))?;
            state.room_to_restrict(id, of)
        }
        Command::Rearm(id) | Command::RollDay(id) | Command::RollWeek(id) => node(id),
        Command::SetRate { currency: of, rate } => currency(of).and(rate_problem(state, of, rate)),
        Command::AdjustCash { account, currency: of, amount } => {
            node(account).and(currency(of)).and(cash_problem(amount))?;
            state.ledger_room(account)
        }
        Command::Session { instrument: id, .. } => instrument(id),
        Command::MarketHalt { market, .. } => {
            market.map_or(Ok(()), |market| known("market", u32::from(market), 64))
        }
        Command::Band { instrument: id, low, high } => instrument(id).and_then(|()| {
            if low != PRICE_UNDEFINED && high != PRICE_UNDEFINED && low > high {
                return Err(Error::new("the band's low is above its high; nothing changed"));
            }
            Ok(())
        }),
        Command::Algo { id, .. } if state.permissions.knows_algo(id) => Ok(()),
        Command::Algo { id, .. } => Err(Error::new(format!(
            "no algorithm {id} is registered; register it in the configuration first"
        ))),
        // The setup that the limit belongs to has looked at the rest (`Setup::limit_problems`).
        Command::SetLimit(limit) => {
            let wall_ns = now_ns.wrapping_add(state.wall_offset_ns);
            if limit.until_ns == 0 || limit.until_ns > wall_ns {
                return state.room_for(&limit);
            }
            Err(Error::new(format!(
                "set {}: the temporary value would have ended at {} ns, and now is {wall_ns} ns; \
                 give a later end, or none",
                limit.check.name(),
                limit.until_ns
            )))
        }
        Command::SetMargin { instrument: id, long, short } => instrument(id)
            .and(not_negative("the margin of a long contract", long))
            .and(not_negative("the margin of a short contract", short)),
        Command::SetGreeks { instrument: id, .. }
        | Command::SetSensitivity { instrument: id, .. } => instrument(id),
        Command::SetAdv { instrument: id, adv, shares_outstanding } => instrument(id)
            .and(not_negative("the average daily volume", adv.unwrap_or(0)))
            .and(not_negative("the number of shares", shares_outstanding.unwrap_or(0))),
    }
}

/// Why a currency cannot have a rate.
fn rate_problem(state: &State, currency: u32, rate: Rate) -> Result<()> {
    let of = decimal::format_i128(i128::from(rate), RATE_PLACES);
    if currency == 0 {
        return Err(Error::new(format!("rate {of}: the base currency's rate is 1 for ever")));
    }
    if rate <= 0 {
        return Err(Error::new(format!("rate {of}: it must be above 0")));
    }
    match state.rate_too_large(currency, rate) {
        None => Ok(()),
        Some(instrument) => Err(Error::new(format!(
            "rate {of}: with it one contract of instrument {instrument} would be worth more than \
             1e12 of the base currency for each unit of its price"
        ))),
    }
}

/// Why cash cannot be adjusted by an amount.
fn cash_problem(amount: Money) -> Result<()> {
    if amount.unsigned_abs() <= CASH_MAX.unsigned_abs() {
        return Ok(());
    }
    let text = decimal::format_i128(amount, MONEY_PLACES);
    Err(Error::new(format!("adjust cash by {text}: at most {CASH_MAX_TEXT} at once")))
}
