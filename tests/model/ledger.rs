//! Everything that was ever executed, in sequence, and the sums of a period: each taken from the
//! whole list again.

use super::gate::{Mistake, Model};
use super::num::{self, Decimal, add, mul, sub};
use riskgate::fixed::PRICE_ONE;
use riskgate::state::limit::Reset;
use std::collections::BTreeMap;

/// All policies.
const POLICIES: [Reset; 3] = [Reset::Day, Reset::Week, Reset::Never];

/// An execution, or that one is taken back.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Place in the sequence of all that happened.
    pub at: u64,
    pub account: u32,
    pub instrument: u32,
    pub bought: bool,
    /// Quantity × price × contract size in the instrument's currency, with the price's sign.
    pub native: Decimal,
    /// Paid to venue and broker, in the instrument's currency.
    pub fee: Decimal,
    /// It takes an earlier one back.
    pub back: bool,
    /// Base value of a unit of the currency at that time.
    pub rate: Decimal,
}

impl Entry {
    /// Magnitude in the base currency, at the rate of its time.
    pub fn worth(&self) -> Decimal {
        mul(self.native, self.rate).abs()
    }

    /// What it brought into the till, in its currency: sales less purchases.
    pub fn received(&self) -> Decimal {
        if self.bought != self.back { -self.native } else { self.native }
    }
}

/// What begins a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begins {
    /// A day, for a node and all below it.
    Day,
    /// A week, and with it a day.
    Week,
    /// What has no other end, at this node alone.
    Rearmed,
}

/// The beginning of a period.
#[derive(Clone, Debug)]
pub struct Roll {
    pub at: u64,
    pub node: u32,
    pub begins: Begins,
    /// What each holding was worth.
    pub start: BTreeMap<(u32, u32), Decimal>,
}

/// What happened, in sequence.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    clock: u64,
    pub entries: Vec<Entry>,
    pub rolls: Vec<Roll>,
    /// Highest result of each node and policy since its period began.
    pub peaks: BTreeMap<(u32, Reset), Decimal>,
}

impl Ledger {
    pub fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }
}

impl Model {
    /// Is an account this node, or below it?
    pub(super) fn is_below(&self, account: u32, node: u32) -> bool {
        let mut at = Some(account);
        while let Some(a) = at {
            if a == node {
                return true;
            }
            at = self.setup.accounts[a as usize].parent;
        }
        false
    }

    fn nodes_below(&self, node: u32) -> impl Iterator<Item = u32> {
        (0..self.setup.accounts.len() as u32).filter(move |a| self.is_below(*a, node))
    }

    /// What began the present period of an account, as a limit at a node sees it.
    fn period(&self, account: u32, node: u32, reset: Reset) -> Option<&Roll> {
        let mut rolls = self.ledger.rolls.iter().rev();
        let by_day = reset == Reset::Day
            || (reset == Reset::Week && self.mistake == Mistake::WeekResetsByDay);
        rolls.find(|roll| match (roll.begins, reset) {
            (Begins::Rearmed, _) => reset == Reset::Never && roll.node == node,
            (_, Reset::Never) => false,
            (begins, _) => (by_day || begins == Begins::Week) && self.is_below(account, roll.node),
        })
    }

    /// The executions below a node in its present period.
    pub(super) fn executions_of(&self, node: u32, reset: Reset) -> impl Iterator<Item = &Entry> {
        let begins: Vec<Option<u64>> = (0..self.setup.accounts.len() as u32)
            .map(|a| {
                let below = self.is_below(a, node);
                below.then(|| self.period(a, node, reset).map_or(0, |roll| roll.at))
            })
            .collect();
        let counts = move |e: &&Entry| begins[e.account as usize].is_some_and(|begin| e.at > begin);
        self.ledger.entries.iter().filter(counts)
    }

    /// Quantity × price × contract size in the instrument's currency.
    pub(super) fn native(&self, instrument: u32, qty: i64, price: i64) -> Decimal {
        let i = &self.setup.instruments[instrument as usize];
        let price = num::price(if i.inverse { PRICE_ONE } else { price });
        let unit = num::qty(i128::from(i.multiplier));
        let unit = if i.minor_unit { mul(unit, num::dec(1, 2)) } else { unit };
        mul(mul(num::qty(i128::from(qty)), price), unit)
    }

    /// What an execution cost beside its price.
    pub(super) fn cost(&self, entry: &Entry) -> Decimal {
        match self.mistake {
            Mistake::FeesIgnored => Decimal::ZERO,
            _ if entry.back => -entry.fee,
            _ => entry.fee,
        }
    }

    /// Executed value of a period, of one side or both.
    pub(super) fn executed_value(&self, node: u32, reset: Reset, bought: Option<bool>) -> Decimal {
        let lowers = self.mistake == Mistake::BustLowersDay;
        self.executions_of(node, reset)
            .filter(|e| bought.is_none_or(|side| side == e.bought) && (!e.back || lowers))
            .fold(
                Decimal::ZERO,
                |sum, e| {
                    if e.back { sub(sum, e.worth()) } else { add(sum, e.worth()) }
                },
            )
    }

    /// Result of each account since its period began: cash flows less fees, and what its holdings
    /// are worth more than at the start.
    fn account_results(&self, begins: &[Option<&Roll>]) -> Vec<Decimal> {
        let mut results = vec![Decimal::ZERO; begins.len()];
        for e in &self.ledger.entries {
            let account = e.account as usize;
            if begins[account].is_none_or(|roll| e.at > roll.at) {
                let rate = match self.mistake {
                    Mistake::CashAtOldRate => e.rate,
                    _ => self.rate(self.setup.instruments[e.instrument as usize].currency),
                };
                let moved = mul(sub(e.received(), self.cost(e)), rate);
                results[account] = add(results[account], moved);
            }
        }
        for (account, instrument) in self.positions.keys() {
            let result = &mut results[*account as usize];
            *result = add(*result, self.holding(*account, *instrument));
        }
        for (account, roll) in begins.iter().enumerate().filter_map(|(a, r)| Some((a, (*r)?))) {
            let a = account as u32;
            for (_, start) in roll.start.range((a, 0)..=(a, u32::MAX)) {
                results[account] = sub(results[account], *start);
            }
        }
        results
    }

    fn begins(&self, node: u32, reset: Reset) -> Vec<Option<&Roll>> {
        let accounts = 0..self.setup.accounts.len() as u32;
        accounts.map(|a| self.period(a, node, reset)).collect()
    }

    fn sum_below(&self, node: u32, results: &[Decimal]) -> Decimal {
        self.nodes_below(node).fold(Decimal::ZERO, |sum, a| add(sum, results[a as usize]))
    }

    /// Result of a node's period.
    pub(super) fn result(&self, node: u32, reset: Reset) -> Decimal {
        self.sum_below(node, &self.account_results(&self.begins(node, reset)))
    }

    /// Results of all nodes.
    fn results(&self, reset: Reset) -> Vec<Decimal> {
        let nodes = 0..self.setup.accounts.len() as u32;
        let ever = |node: u32| {
            let rearmed = |r: &Roll| r.begins == Begins::Rearmed && r.node == node;
            reset == Reset::Never && self.ledger.rolls.iter().any(rearmed)
        };
        let common = self.account_results(&match reset {
            Reset::Never => vec![None; nodes.len()],
            _ => self.begins(0, reset),
        });
        nodes
            .map(|node| match ever(node) {
                true => self.result(node, reset),
                false => self.sum_below(node, &common),
            })
            .collect()
    }

    /// Notes where results stand highest.
    pub(super) fn note_peaks(&mut self) {
        for reset in POLICIES {
            for (node, result) in self.results(reset).into_iter().enumerate() {
                let peak = self.ledger.peaks.entry((node as u32, reset)).or_default();
                *peak = result.max(*peak);
            }
        }
    }

    /// A new period begins for a node.
    pub(super) fn begin(&mut self, node: u32, begins: Begins) {
        let held: Vec<(u32, u32)> = self
            .nodes_below(node)
            .flat_map(|a| self.positions.range((a, 0)..=(a, u32::MAX)).map(|(key, _)| *key))
            .collect();
        let start = held.into_iter().map(|(a, i)| ((a, i), self.holding(a, i))).collect();
        let at = self.ledger.tick();
        let before = POLICIES.map(|reset| self.results(reset));
        self.ledger.rolls.push(Roll { at, node, begins, start });
        let after = POLICIES.map(|reset| self.results(reset));
        for (k, reset) in POLICIES.into_iter().enumerate() {
            let ends = match begins {
                Begins::Day => reset == Reset::Day,
                Begins::Week => reset != Reset::Never,
                // Whoever re-arms a node lets its peaks begin again where its results are.
                Begins::Rearmed => self.mistake != Mistake::PeakOutlivesRearm,
            };
            for at in 0..self.setup.accounts.len() as u32 {
                let restarts = match begins {
                    Begins::Rearmed => at == node,
                    _ => self.is_below(at, node),
                };
                let (was, is) = (before[k][at as usize], after[k][at as usize]);
                let peak = self.ledger.peaks.entry((at, reset)).or_default();
                if ends && restarts {
                    *peak = is;
                } else {
                    // What leaves a sum leaves its peak as well.
                    *peak = add(*peak, sub(is, was));
                }
            }
        }
    }
}
