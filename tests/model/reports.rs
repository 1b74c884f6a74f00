//! What the venue says and what operations command: neither can be refused.

use super::gate::{Answer, Execution, Model};
use super::ledger::{Begins, Entry};
use super::log::Place;
use super::num::{self, Decimal};
use riskgate::abi::PRICE_UNDEFINED;
use riskgate::abi::codes::Check;
use riskgate::abi::order::{OrderSlot, kind, side};
use riskgate::abi::verdict::NO_NODE;
use riskgate::gate::outcome::EventKind;
use riskgate::state::command::{Command, KillScope, Restriction};
use riskgate::state::limit::Latch;

impl Model {
    pub(super) fn report(&mut self, lane: u32, slot: &OrderSlot, fee: i64) -> Answer {
        let mut answer = Answer::default();
        let at = self.find(lane, slot.venue, slot.order_id);
        match (slot.kind, at) {
            (kind::FILL, _) => self.fill(lane, slot, at, fee, &mut answer),
            (kind::BUST, _) => self.bust(lane, slot, fee, &mut answer),
            (_, None) => unknown(&mut answer),
            (kind::CANCELLED | kind::EXPIRED | kind::REJECTED, Some(at)) => {
                let order = self.orders.remove(at);
                if slot.kind == kind::REJECTED {
                    self.venue_rejects(&order, &mut answer);
                }
            }
            (_, Some(at)) => self.answer_request(slot, at, &mut answer),
        }
        self.settle(&mut answer, true);
        answer.events.sort();
        answer
    }

    /// Reports that answer one request of an open order.
    fn answer_request(&mut self, slot: &OrderSlot, at: usize, answer: &mut Answer) {
        let order = &mut self.orders[at];
        let pending = order.pending.iter().position(|t| t.request == slot.reference);
        let the_new = slot.reference == order.id;
        match (slot.kind, pending) {
            (kind::ACK, _) if the_new => order.acknowledged = true,
            (kind::ACK, Some(i)) => {
                let terms = order.pending.remove(i);
                order.acknowledged = true;
                if terms.serial > order.current.serial {
                    order.current = terms;
                }
            }
            (kind::VOID, _) if the_new => {
                if order.acknowledged || order.filled > 0 {
                    // Never sent, says the client; but the venue has spoken of it.
                    let account = order.account;
                    anomaly(answer, account);
                    self.latch((account, None), Latch::CloseOnly, Check::ReportAnomaly, answer);
                } else {
                    let (lane, parent) = (self.orders[at].lane, self.orders[at].parent);
                    self.orders.remove(at);
                    if let Some(parent) = self.parent(lane, parent) {
                        parent.children -= 1;
                    }
                }
                return;
            }
            (kind::VOID | kind::REPLACE_REJECTED, Some(i)) => {
                order.pending.remove(i);
                if slot.kind == kind::REPLACE_REJECTED {
                    let order = order.clone();
                    self.venue_rejects(&order, answer);
                }
            }
            (kind::VOID | kind::CANCEL_REJECTED, None) => order.pending_cancel = false,
            _ => unknown(answer),
        }
        if self.orders[at].reserved() == 0 {
            self.orders.remove(at);
        }
    }

    /// The venue says no to a request of an order.
    fn venue_rejects(&mut self, order: &super::book::Order, answer: &mut Answer) {
        let (account, instrument) = (Some(order.account), Some(order.instrument));
        self.note_said(Place { lane: order.lane, account, instrument }, true, answer);
    }

    fn fill(
        &mut self,
        lane: u32,
        slot: &OrderSlot,
        at: Option<usize>,
        fee: i64,
        answer: &mut Answer,
    ) {
        let owner = self.origin(lane, slot.venue).unwrap_or(lane);
        if self.executed(owner, slot.reference) {
            return;
        }
        let (account, instrument, order_side) = match at {
            Some(at) => {
                let o = &self.orders[at];
                (o.account, o.instrument, o.side)
            }
            None => (slot.account, slot.instrument, slot.side_bits & 3),
        };
        let known = (account as usize) < self.setup.accounts.len()
            && self.is_leaf(account)
            && (instrument as usize) < self.setup.instruments.len()
            && matches!(order_side, side::BUY | side::SELL);
        if !known || slot.qty <= 0 || slot.price == PRICE_UNDEFINED {
            anomaly(answer, account);
            return;
        }
        let execution = self.note_execution(owner, slot, (account, instrument, order_side), fee);
        let parent = at.map_or(0, |at| self.orders[at].parent);
        if let Some(execution) = self.executions.get_mut(&(owner, slot.reference)) {
            execution.parent = parent;
        }
        if let Some(parent) = self.parent(owner, parent) {
            parent.executed += i128::from(slot.qty);
        }
        self.book(&execution, false);
        let value = self.ledger.entries.last().map_or(Decimal::ZERO, Entry::worth);
        let place = Place { lane: owner, account: Some(account), instrument: Some(instrument) };
        let excessive = match at {
            None => true,
            Some(at) => {
                let order = &mut self.orders[at];
                let excessive = slot.qty > order.reserved();
                order.filled += slot.qty;
                if order.reserved() == 0 {
                    self.orders.remove(at);
                }
                excessive
            }
        };
        let mut before = self.levels_at(&place);
        before.retain(|(at, _)| {
            let check = self.setup.limits[*at].check;
            matches!(check, Check::ExecutionRate | Check::Participation | Check::OrderToTrade)
        });
        self.note_done(place, slot.qty, value);
        self.fire(&place, before, |_| false, answer);
        let path = self.path(account);
        let killed = self.kills.iter().any(|kill| match kill {
            KillScope::Firm => true,
            KillScope::Node(node) => path.contains(node),
            KillScope::NodeSide(node, s) => path.contains(node) && *s == order_side,
            _ => false,
        });
        if killed {
            answer.notice(EventKind::Alert, Check::Killed, account, 0);
        }
        if excessive {
            anomaly(answer, account);
            self.latch((account, None), Latch::CloseOnly, Check::ReportAnomaly, answer);
        }
    }

    /// Remembers an execution of an account, instrument and side.
    fn note_execution(
        &mut self,
        lane: u32,
        slot: &OrderSlot,
        of: (u32, u32, u8),
        fee: i64,
    ) -> Execution {
        let number = self.fills.entry(lane).or_default();
        *number += 1;
        let (account, instrument, side) = of;
        let execution = Execution {
            number: *number,
            account,
            instrument,
            side,
            qty: slot.qty,
            price: slot.price,
            fee,
            parent: 0,
            busted: false,
        };
        self.executions.insert((lane, slot.reference), execution);
        execution
    }

    fn bust(&mut self, lane: u32, slot: &OrderSlot, fee: i64, answer: &mut Answer) {
        let owner = self.origin(lane, slot.venue).unwrap_or(lane);
        if !self.executed(owner, slot.reference) {
            // Unknown, or too long ago: booked as it says, and somebody should look at it.
            self.note_execution(
                owner,
                slot,
                (slot.account, slot.instrument, slot.side_bits & 3),
                fee,
            );
            anomaly(answer, slot.account);
            self.latch((slot.account, None), Latch::CloseOnly, Check::ReportAnomaly, answer);
        }
        let execution = self.executions.get_mut(&(owner, slot.reference));
        let execution = execution.expect("noted just now, or before");
        if execution.busted {
            return;
        }
        execution.busted = true;
        let execution = *execution;
        if let Some(parent) = self.parent(owner, execution.parent) {
            parent.executed -= i128::from(execution.qty);
        }
        self.book(&execution, true);
    }

    /// Moves position and cash, or takes the move back.
    fn book(&mut self, execution: &Execution, back: bool) {
        let Execution { account, instrument, qty, price, .. } = *execution;
        let bought = execution.side == side::BUY;
        let key = (account, instrument);
        *self.positions.entry(key).or_default() += if bought != back { qty } else { -qty };
        self.first_price.entry(key).or_insert(price);
        let rate = self.known_rate(instrument);
        let at = self.ledger.tick();
        let fee = num::qty(i128::from(execution.fee));
        let native = self.native(instrument, qty, price);
        let signed = if bought { qty } else { -qty };
        let coins = self.coins(instrument, signed, price);
        let coins = if back { -coins } else { coins };
        let entry = Entry { at, account, instrument, bought, qty, native, coins, fee, back, rate };
        self.ledger.entries.push(entry);
    }

    /// A control command.
    pub fn control(&mut self, now_ns: u64, command: &Command) -> Answer {
        self.log.now_ns = now_ns;
        let mut answer = Answer::default();
        self.time_passes(&mut answer);
        match *command {
            Command::Kill(scope) => {
                if !self.kills.contains(&scope) {
                    self.kills.push(scope);
                }
            }
            Command::Unkill(scope) => self.kills.retain(|k| *k != scope),
            Command::Halt(instrument) => {
                self.halted.insert(instrument);
            }
            Command::Resume(instrument) => {
                self.halted.remove(&instrument);
            }
            Command::Restrict { node, instrument, mode } => {
                if mode == Restriction::Open {
                    self.restrictions.remove(&(node, instrument));
                } else {
                    self.restrictions.insert((node, instrument), mode);
                }
            }
            Command::Rearm(node) => {
                self.begin(node, Begins::Rearmed);
                self.restart_counters(node);
                self.latched_all.retain(|(n, _)| *n != node);
                self.latched_close.retain(|(n, _)| *n != node);
            }
            Command::RollDay(node) => {
                self.begin_period(node, false);
                self.begin(node, Begins::Day);
            }
            Command::SetRate { .. } | Command::AdjustCash { .. } => self.money(command),
            Command::RollWeek(node) => {
                self.begin_period(node, true);
                self.money(command);
            }
            Command::SetMargin { .. }
            | Command::SetGreeks { .. }
            | Command::SetSensitivity { .. }
            | Command::SetAdv { .. } => self.push(command),
            Command::Session { instrument, mode: Some(mode) } => {
                self.markets.sessions.insert(instrument, mode);
            }
            Command::Session { instrument, mode: None } => {
                self.markets.sessions.remove(&instrument);
            }
            Command::MarketHalt { market: None, halted } => self.markets.all_halted = halted,
            Command::MarketHalt { market: Some(market), halted: true } => {
                self.markets.halted.insert(market);
            }
            Command::MarketHalt { market: Some(market), halted: false } => {
                self.markets.halted.remove(&market);
            }
            Command::Band { instrument, low, high } => {
                self.bands[instrument as usize] = (low, high)
            }
            Command::Algo { id, active } => {
                self.markets.algos.insert(id, active);
            }
            Command::SetLimit(limit) => self.set_limit(limit),
        }
        self.settle(&mut answer, true);
        answer.events.sort();
        answer
    }
}

/// A report that cannot be right.
fn anomaly(answer: &mut Answer, account: u32) {
    answer.alerts |= Check::ReportAnomaly.bit();
    answer.notice(EventKind::Anomaly, Check::ReportAnomaly, account, 0);
}

/// A report about something that the gate does not know.
fn unknown(answer: &mut Answer) {
    answer.alerts |= Check::UnknownOrder.bit();
    answer.notice(EventKind::Anomaly, Check::UnknownOrder, NO_NODE, 0);
}
