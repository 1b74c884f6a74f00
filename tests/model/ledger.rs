//! Everything that was ever executed, in sequence, and the sums of a period: each taken from the
//! whole list again.

use super::gate::{Mistake, Model};
use super::num::{self, Decimal, add, mul, sub};
use riskgate::fixed::PRICE_ONE;
use riskgate::state::limit::Reset;
use std::collections::BTreeMap;

/// An execution, or that one is taken back.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Place in the sequence of all that happened.
    pub at: u64,
    pub account: u32,
    pub instrument: u32,
    pub bought: bool,
    pub qty: i64,
    pub price: i64,
    /// Paid to venue and broker, in the instrument's currency.
    pub fee: Decimal,
    /// It takes an earlier one back.
    pub back: bool,
    /// Base value of a unit of the currency at that time.
    pub rate: Decimal,
}

/// The beginning of a day or week for a node and all below it.
#[derive(Clone, Debug)]
pub struct Roll {
    pub at: u64,
    pub node: u32,
    pub week: bool,
    /// What each holding was worth.
    pub start: BTreeMap<(u32, u32), Decimal>,
}

/// What happened, in sequence.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    clock: u64,
    pub entries: Vec<Entry>,
    pub rolls: Vec<Roll>,
    /// Place in the sequence and node.
    pub rearms: Vec<(u64, u32)>,
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

    /// The roll that began the present day or week of an account.
    fn period(&self, account: u32, reset: Reset) -> Option<&Roll> {
        let weeks_only = match (reset, self.mistake) {
            (Reset::Never, _) => return None,
            (Reset::Week, Mistake::WeekResetsByDay) => false,
            (reset, _) => reset == Reset::Week,
        };
        let mut rolls = self.ledger.rolls.iter().rev();
        rolls.find(|roll| (roll.week || !weeks_only) && self.is_below(account, roll.node))
    }

    /// The executions below a node in the present day, week, or since its latest re-arming.
    pub(super) fn executions_of(&self, node: u32, reset: Reset) -> impl Iterator<Item = &Entry> {
        let rearm = self.ledger.rearms.iter().rev().find(|(_, n)| *n == node);
        let rearmed = match reset {
            Reset::Never => rearm.map_or(0, |(at, _)| *at),
            _ => 0,
        };
        self.entries_of(node, reset).filter(move |entry| entry.at > rearmed)
    }

    /// The executions below a node in the present day or week, or all.
    fn entries_of(&self, node: u32, reset: Reset) -> impl Iterator<Item = &Entry> {
        let begins: Vec<Option<u64>> = (0..self.setup.accounts.len() as u32)
            .map(|a| {
                let below = self.is_below(a, node);
                below.then(|| self.period(a, reset).map_or(0, |roll| roll.at))
            })
            .collect();
        let counts = move |e: &&Entry| begins[e.account as usize].is_some_and(|begin| e.at > begin);
        self.ledger.entries.iter().filter(counts)
    }

    /// Quantity × price of an execution in its currency, with the price's sign.
    pub(super) fn native(&self, entry: &Entry) -> Decimal {
        let i = &self.setup.instruments[entry.instrument as usize];
        let price = num::price(if i.inverse { PRICE_ONE } else { entry.price });
        let unit = num::qty(i128::from(i.multiplier));
        let unit = if i.minor_unit { mul(unit, num::dec(1, 2)) } else { unit };
        mul(mul(num::qty(i128::from(entry.qty)), price), unit)
    }

    /// Magnitude of an execution in the base currency, at the rate of its time.
    pub(super) fn worth(&self, entry: &Entry) -> Decimal {
        mul(self.native(entry), entry.rate).abs()
    }

    /// What an execution brought into the till, in its currency: sales less purchases.
    pub(super) fn received(&self, entry: &Entry) -> Decimal {
        let native = self.native(entry);
        if entry.bought != entry.back { -native } else { native }
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
            .fold(Decimal::ZERO, |sum, e| {
                let worth = self.worth(e);
                if e.back { sub(sum, worth) } else { add(sum, worth) }
            })
    }

    /// Result of a period: cash flows less fees, and what holdings are worth more than at its
    /// start.
    pub(super) fn result(&self, node: u32, reset: Reset) -> Decimal {
        let cash = self.entries_of(node, reset).fold(Decimal::ZERO, |sum, e| {
            let rate = match self.mistake {
                Mistake::CashAtOldRate => e.rate,
                _ => self.rate(self.setup.instruments[e.instrument as usize].currency),
            };
            add(sum, mul(sub(self.received(e), self.cost(e)), rate))
        });
        let held = |account: &u32| self.is_below(*account, node);
        let now = self
            .positions
            .keys()
            .filter(|(a, _)| held(a))
            .fold(cash, |sum, (a, i)| add(sum, self.holding(*a, *i)));
        let accounts = (0..self.setup.accounts.len() as u32).filter(held);
        accounts.filter_map(|a| Some((a, self.period(a, reset)?))).fold(now, |sum, (a, roll)| {
            roll.start.range((a, 0)..=(a, u32::MAX)).fold(sum, |sum, (_, value)| sub(sum, *value))
        })
    }

    /// A new day, or week, begins for a node.
    pub(super) fn begin(&mut self, node: u32, week: bool) {
        let accounts = (0..self.setup.accounts.len() as u32).filter(|a| self.is_below(*a, node));
        let held: Vec<(u32, u32)> = accounts
            .flat_map(|a| self.positions.range((a, 0)..=(a, u32::MAX)).map(|(key, _)| *key))
            .collect();
        let start = held.into_iter().map(|(a, i)| ((a, i), self.holding(a, i))).collect();
        let at = self.ledger.tick();
        self.ledger.rolls.push(Roll { at, node, week, start });
    }
}
