//! Everything that was ever executed, in sequence, and the sums of a period: each taken from the
//! whole list again.

use super::gate::{Mistake, Model};
use super::num::{self, Decimal, add, mul, sub};
use riskgate::fixed::PRICE_ONE;
use riskgate::state::limit::Reset;
use std::collections::BTreeMap;

/// Class of futures, and of currency pairs.
const FUTURE: u8 = 1;
const PAIR: u8 = 3;
/// All policies.
const POLICIES: [Reset; 3] = [Reset::Day, Reset::Week, Reset::Never];

/// What an instrument's executions exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// Its whole price, in base currency at the rate of the moment.
    Price,
    /// Nothing: what is won or lost is settled in its currency.
    Result,
    /// The same, in coins.
    Coins,
}

/// An execution, or that one is taken back.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Place in the sequence of all that happened.
    pub at: u64,
    pub account: u32,
    pub instrument: u32,
    pub bought: bool,
    pub qty: i64,
    /// Quantity × price × contract size in the instrument's currency, with the price's sign.
    pub native: Decimal,
    /// Coins received for it, of an inverse contract.
    pub coins: Decimal,
    /// Paid to venue and broker, in the instrument's currency.
    pub fee: Decimal,
    /// It takes an earlier one back.
    pub back: bool,
    /// Base value of a unit of the currency at that time, or the first one after.
    pub rate: Option<Decimal>,
}

impl Entry {
    fn at_rate(&self, native: Decimal) -> Decimal {
        mul(native, self.rate.unwrap_or_default())
    }

    /// Magnitude in the base currency, at the rate of its time.
    pub fn worth(&self) -> Decimal {
        self.at_rate(self.native).abs()
    }

    /// Does the position grow by it?
    pub fn adds(&self) -> bool {
        self.bought != self.back
    }

    /// What it brought into the till, in its currency: sales less purchases.
    pub fn received(&self) -> Decimal {
        if self.adds() { -self.native } else { self.native }
    }
}

/// A holding when a period began.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    /// In its currency, or in coins.
    pub native: Decimal,
    /// Base value of a unit of the currency then, or the first one after.
    pub rate: Option<Decimal>,
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
    /// What was held.
    pub start: BTreeMap<(u32, u32), Held>,
    /// The result of each account's day that ends here.
    pub ended: Vec<Decimal>,
    /// The result of the node since the beginning of all.
    pub ever: Decimal,
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

    /// What an execution cost beside its price, in its currency.
    pub(super) fn cost(&self, entry: &Entry) -> Decimal {
        match self.mistake {
            Mistake::FeesIgnored => Decimal::ZERO,
            _ if entry.back => -entry.fee,
            _ => entry.fee,
        }
    }

    pub(super) fn exchange(&self, instrument: u32) -> Exchange {
        let i = &self.setup.instruments[instrument as usize];
        match i.class {
            _ if i.inverse => Exchange::Coins,
            FUTURE | PAIR => Exchange::Result,
            _ => Exchange::Price,
        }
    }

    /// Quantity × face ÷ price, rounded down: coins received for buying so many contracts.
    pub(super) fn coins(&self, instrument: u32, qty: i64, price: i64) -> Decimal {
        let face = i128::from(self.setup.instruments[instrument as usize].multiplier);
        if price <= 0 || self.exchange(instrument) != Exchange::Coins {
            return Decimal::ZERO;
        }
        // 1e-8 × 1e-8 ÷ 1e-9 is 1e-7.
        let (up, price) = (i128::from(qty) * face * 10_000_000_000, i128::from(price));
        num::dec(up.div_euclid(price), 17)
    }

    /// What converts the results of an instrument.
    fn result_rate(&self, instrument: u32) -> Decimal {
        let i = &self.setup.instruments[instrument as usize];
        match self.exchange(instrument) {
            Exchange::Coins => self.rate(i.base_currency.expect("worlds name the coin")),
            _ => self.rate(i.currency),
        }
    }

    /// What a position is worth, with its sign, in its currency or in coins: at the mark, or where
    /// nobody has ever marked the instrument at the price of the row's first execution.
    fn held(&self, account: u32, instrument: u32) -> Held {
        let key = (account, instrument);
        let position = self.positions.get(&key).copied().unwrap_or(0);
        let mark = self.valued[instrument as usize];
        let mark = mark.or(self.first_price.get(&key).copied()).unwrap_or(0);
        let native = match self.exchange(instrument) {
            Exchange::Coins => self.coins(instrument, -position, mark),
            _ => self.native(instrument, position, mark),
        };
        Held { native, rate: self.known_rate(instrument) }
    }

    /// The rate of an instrument's currency, if there is one.
    pub(super) fn known_rate(&self, instrument: u32) -> Option<Decimal> {
        let currency = self.setup.instruments[instrument as usize].currency;
        self.setup.currencies[currency as usize].rate.map(num::price)
    }

    /// A currency's first rate: what waited for one is worth something now.
    pub(super) fn first_rate(&mut self, currency: u32, rate: Decimal) {
        let instruments = &self.setup.instruments;
        let of = |instrument: u32| instruments[instrument as usize].currency == currency;
        for entry in self.ledger.entries.iter_mut().filter(|e| of(e.instrument)) {
            entry.rate = entry.rate.or(Some(rate));
        }
        for roll in &mut self.ledger.rolls {
            for (_, held) in roll.start.iter_mut().filter(|((_, i), _)| of(*i)) {
                held.rate = held.rate.or(Some(rate));
            }
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

    /// The day's result of rows, each in its currency or in coins; fees apart.
    pub(super) fn day_natives(&self) -> BTreeMap<(u32, u32), Decimal> {
        let begins = self.begins(0, Reset::Day);
        let mut natives: BTreeMap<(u32, u32), Decimal> = BTreeMap::new();
        let mut gain = |key: (u32, u32), native: Decimal| {
            let sum = natives.entry(key).or_default();
            *sum = add(*sum, native);
        };
        for e in &self.ledger.entries {
            if begins[e.account as usize].is_none_or(|roll| e.at > roll.at) {
                let coins = self.exchange(e.instrument) == Exchange::Coins;
                let got = if coins { e.coins } else { e.received() };
                gain((e.account, e.instrument), got);
            }
        }
        for (account, instrument) in self.positions.keys() {
            gain((*account, *instrument), self.held(*account, *instrument).native);
        }
        for (account, roll) in begins.iter().enumerate().filter_map(|(a, r)| Some((a, (*r)?))) {
            let a = account as u32;
            for (key, start) in roll.start.range((a, 0)..=(a, u32::MAX)) {
                gain(*key, -start.native);
            }
        }
        natives
    }

    /// The day's result of each account: what it was paid, less what it paid and fees, and what its
    /// holdings are worth more than at the start.
    fn day_results(&self) -> Vec<Decimal> {
        let begins = self.begins(0, Reset::Day);
        let mut results = vec![Decimal::ZERO; begins.len()];
        let mut gain = |account: u32, value: Decimal| {
            let sum = &mut results[account as usize];
            *sum = add(*sum, value);
        };
        let by_price = |instrument: u32| self.exchange(instrument) == Exchange::Price;
        for ((account, instrument), native) in self.day_natives() {
            if !by_price(instrument) {
                gain(account, mul(native, self.result_rate(instrument)));
            }
        }
        for e in &self.ledger.entries {
            if begins[e.account as usize].is_none_or(|roll| e.at > roll.at) {
                gain(e.account, -e.at_rate(self.cost(e)));
                if by_price(e.instrument) {
                    let received = match self.mistake {
                        Mistake::CashAtNewRate => {
                            mul(e.received(), self.known_rate(e.instrument).unwrap_or_default())
                        }
                        _ => e.at_rate(e.received()),
                    };
                    gain(e.account, received);
                }
            }
        }
        for (account, instrument) in self.positions.keys().filter(|(_, i)| by_price(*i)) {
            let held = self.held(*account, *instrument);
            gain(*account, mul(held.native, held.rate.unwrap_or_default()));
        }
        for (account, roll) in begins.iter().enumerate().filter_map(|(a, r)| Some((a, (*r)?))) {
            let a = account as u32;
            let rows = roll.start.range((a, 0)..=(a, u32::MAX));
            for (_, held) in rows.filter(|((_, i), _)| by_price(*i)) {
                gain(a, -mul(held.native, held.rate.unwrap_or_default()));
            }
        }
        results
    }

    fn begins(&self, node: u32, reset: Reset) -> Vec<Option<&Roll>> {
        let accounts = 0..self.setup.accounts.len() as u32;
        accounts.map(|a| self.period(a, node, reset)).collect()
    }

    /// Results of all nodes: the day, and the days of the period that have ended.
    fn results(&self, reset: Reset, day: &[Decimal]) -> Vec<Decimal> {
        let begins = match reset {
            Reset::Never => vec![None; day.len()],
            _ => self.begins(0, reset),
        };
        let mut accounts = day.to_vec();
        if reset != Reset::Day {
            for roll in &self.ledger.rolls {
                for (account, ended) in roll.ended.iter().enumerate() {
                    if begins[account].is_none_or(|begin| roll.at > begin.at) {
                        accounts[account] = add(accounts[account], *ended);
                    }
                }
            }
        }
        let nodes = 0..day.len() as u32;
        nodes
            .map(|node| {
                let sum = self
                    .nodes_below(node)
                    .fold(Decimal::ZERO, |sum, a| add(sum, accounts[a as usize]));
                let rearmed = match reset {
                    Reset::Never => self.period(node, node, reset),
                    _ => None,
                };
                rearmed.map_or(sum, |roll| sub(sum, roll.ever))
            })
            .collect()
    }

    /// Result of a node's period.
    pub(super) fn result(&self, node: u32, reset: Reset) -> Decimal {
        self.results(reset, &self.day_results())[node as usize]
    }

    /// Notes where results stand highest.
    pub(super) fn note_peaks(&mut self) {
        let day = self.day_results();
        for reset in POLICIES {
            for (node, result) in self.results(reset, &day).into_iter().enumerate() {
                let peak = self.ledger.peaks.entry((node as u32, reset)).or_default();
                *peak = result.max(*peak);
            }
        }
    }

    /// A new period begins for a node.
    pub(super) fn begin(&mut self, node: u32, begins: Begins) {
        let day = self.day_results();
        let before = POLICIES.map(|reset| self.results(reset, &day));
        let at = self.ledger.tick();
        let mut roll = Roll {
            at,
            node,
            begins,
            start: BTreeMap::new(),
            ended: vec![Decimal::ZERO; day.len()],
            ever: Decimal::ZERO,
        };
        if begins == Begins::Rearmed {
            let rearmed = self.period(node, node, Reset::Never).map_or(Decimal::ZERO, |r| r.ever);
            roll.ever = add(before[2][node as usize], rearmed);
        } else {
            self.carry_cash(node);
            for a in self.nodes_below(node) {
                roll.ended[a as usize] = day[a as usize];
                for (key, _) in self.positions.range((a, 0)..=(a, u32::MAX)) {
                    roll.start.insert(*key, self.held(key.0, key.1));
                }
            }
        }
        self.ledger.rolls.push(roll);
        let day = self.day_results();
        let after = POLICIES.map(|reset| self.results(reset, &day));
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
