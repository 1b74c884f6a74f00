//! What happened to money, and nothing else: the reference of the funds test. Whole numbers of 1e-24.

use riskgate::abi::order::side;
use riskgate::fixed::Wide;
use riskgate::machine::Machine;
use riskgate::state::limit::Reset;
use riskgate::state::setup::{Currency, Instrument, Setup};

use crate::LEAVES;

/// 1e-24 in 1e-36.
const WIDE_PER_UNIT: u128 = 1_000_000_000_000;

/// Something that was executed, or taken back, as long as the day of its account lasts.
#[derive(Clone, Copy)]
pub struct Happened {
    pub account: u32,
    pub instrument: usize,
    /// Contracts, bought > 0.
    pub qty: i128,
    /// 1e-2.
    pub price: i128,
    /// 1e-2 of the currency.
    pub fee: i128,
    pub bust: bool,
    /// 1e-4; `None`: there was no rate.
    pub rate: Option<i128>,
}

/// A position at the beginning of its account's day.
#[derive(Clone, Copy, Default)]
pub struct Opening {
    pub qty: i128,
    pub price: i128,
    pub rate: i128,
}

#[derive(Clone, Copy, Default, PartialEq, Debug)]
pub struct Period {
    pub pnl: i128,
    pub bought: i128,
    pub sold: i128,
}

pub struct Reference {
    pub setup: Setup,
    /// 1e-4, `None`: not known.
    pub rates: Vec<Option<i128>>,
    /// 1e-2.
    pub marks: Vec<i128>,
    pub happened: Vec<Happened>,
    /// By account and instrument.
    pub positions: Vec<Vec<i128>>,
    pub openings: Vec<Vec<Opening>>,
    /// Finished days of a leaf: of this week, and all.
    pub week: Vec<Period>,
    pub ever: Vec<Period>,
    pub rearmed: Vec<Period>,
    pub peaks: Vec<[i128; 3]>,
    /// Cash given to a node, 1e-24 of each currency, and whether any ever was.
    pub own: Vec<Vec<i128>>,
    pub has_own: Vec<bool>,
    /// Open orders: account, instrument, side, contracts, excess 1e-2.
    pub open: Vec<(u64, u32, usize, u8, i128, i128)>,
}

pub const E24: i128 = 10i128.pow(24);

impl Reference {
    pub fn new(setup: &Setup) -> Reference {
        let nodes = setup.accounts.len();
        let rate = |c: &Currency| c.rate.map(|r| i128::from(r) / 100_000);
        let mut own = vec![vec![0; setup.currencies.len()]; nodes];
        for (node, account) in setup.accounts.iter().enumerate() {
            account.cash.iter().for_each(|(c, v)| own[node][*c as usize] = v * 10i128.pow(7));
        }
        Reference {
            rates: setup.currencies.iter().map(rate).collect(),
            marks: vec![10_000; setup.instruments.len()],
            happened: Vec::new(),
            positions: vec![vec![0; setup.instruments.len()]; nodes],
            openings: vec![vec![Opening::default(); setup.instruments.len()]; nodes],
            week: vec![Period::default(); nodes],
            ever: vec![Period::default(); nodes],
            rearmed: vec![Period::default(); nodes],
            peaks: vec![[0; 3]; nodes],
            has_own: setup.accounts.iter().map(|a| !a.cash.is_empty()).collect(),
            own,
            open: Vec::new(),
            setup: setup.clone(),
        }
    }

    pub fn instrument(&self, i: usize) -> &Instrument {
        &self.setup.instruments[i]
    }

    /// Multiplier in 1e-8, or 1e-10 for pence.
    fn face(&self, i: usize) -> i128 {
        i128::from(self.instrument(i).multiplier)
    }

    /// contracts × price 1e-2 in 1e-24 of the currency.
    fn value(&self, i: usize, qty: i128, price: i128) -> i128 {
        let value = qty * price * self.face(i) * 10i128.pow(14);
        if self.instrument(i).minor_unit { value / 100 } else { value }
    }

    fn base(&self, currency: u32, amount: i128) -> i128 {
        amount / 10_000 * self.rates[currency as usize].unwrap_or(0)
    }

    /// Coins of an inverse contract, 1e-24, rounded down to 1e-17.
    fn coins(&self, i: usize, qty: i128, price: i128) -> i128 {
        // contracts × multiplier 1e-8 ÷ price 1e-2 is 1e-6.
        (qty * self.face(i) * 10i128.pow(11)).div_euclid(price) * 10i128.pow(7)
    }

    fn path(&self, node: u32) -> Vec<u32> {
        let up = |n: &u32| self.setup.accounts[*n as usize].parent;
        std::iter::successors(Some(node), up).collect()
    }

    fn below(&self, node: u32) -> Vec<u32> {
        LEAVES.into_iter().filter(|leaf| self.path(*leaf).contains(&node)).collect()
    }

    fn todays(&self, account: u32, i: usize) -> impl Iterator<Item = &Happened> {
        self.happened.iter().filter(move |h| h.account == account && h.instrument == i)
    }

    /// What was won today in an instrument, in what it settles in, before fees.
    fn result(&self, account: u32, i: usize) -> (u32, i128) {
        let instrument = self.instrument(i);
        let (held, mark) = (self.positions[account as usize][i], self.marks[i]);
        let start = self.openings[account as usize][i];
        if !instrument.inverse {
            let flows: i128 = self.todays(account, i).map(|h| -self.value(i, h.qty, h.price)).sum();
            let worth = self.value(i, held, mark) - self.value(i, start.qty, start.price);
            return (instrument.currency, flows + worth);
        }
        let flows: i128 = self
            .todays(account, i)
            .map(|h| match h.bust {
                false => self.coins(i, h.qty, h.price),
                true => -self.coins(i, -h.qty, h.price),
            })
            .sum();
        let began = if start.qty == 0 { 0 } else { self.coins(i, -start.qty, start.price) };
        let coins = flows + self.coins(i, -held, mark) - began;
        match instrument.base_currency {
            Some(coin) => (coin, coins),
            // A coin is worth the mark; coins are whole 1e-17 and marks whole 1e-2.
            None => (instrument.currency, coins / 100 * mark),
        }
    }

    /// Is a rate change felt by what was won alone?
    fn is_settled(&self, i: usize) -> bool {
        matches!(self.instrument(i).class, 1 | 3)
    }

    fn day(&self, account: u32) -> Period {
        let mut p = Period::default();
        for i in 0..self.setup.instruments.len() {
            let currency = self.instrument(i).currency;
            let at = |h: &Happened, amount: i128| amount / 10_000 * h.rate.unwrap_or(0);
            for h in self.todays(account, i) {
                p.pnl -= at(h, h.fee * E24 / 100);
                let price = if self.instrument(i).inverse { 100 } else { h.price.abs() };
                let value = at(h, self.value(i, h.qty.abs(), price));
                match (h.bust, h.qty > 0) {
                    (true, _) => {}
                    (_, true) => p.bought += value,
                    (_, false) => p.sold += value,
                }
                if !self.is_settled(i) {
                    p.pnl -= at(h, self.value(i, h.qty, h.price));
                }
            }
            if self.is_settled(i) {
                let (settles_in, result) = self.result(account, i);
                p.pnl += self.base(settles_in, result);
            } else {
                let start = self.openings[account as usize][i];
                let began = self.value(i, start.qty, start.price) / 10_000;
                let held = self.positions[account as usize][i];
                p.pnl +=
                    self.base(currency, self.value(i, held, self.marks[i])) - began * start.rate;
            }
        }
        p
    }

    fn of_leaf(&self, account: u32, reset: usize) -> Period {
        let (day, before) = match reset {
            0 => (self.day(account), Period::default()),
            1 => (self.day(account), self.week[account as usize]),
            _ => (self.day(account), self.ever[account as usize]),
        };
        plus(day, before, 1)
    }

    fn of_node(&self, node: u32, reset: usize) -> Period {
        let leaves = self.below(node);
        let sum = leaves.iter().fold(Period::default(), |s, l| plus(s, self.of_leaf(*l, reset), 1));
        if reset == 2 { plus(sum, self.rearmed[node as usize], -1) } else { sum }
    }

    /// A new rate; a first one also counts what was without a rate until now.
    pub fn set_rate(&mut self, currency: u32, rate: i128) {
        let first = self.rates[currency as usize].is_none();
        self.rates[currency as usize] = Some(rate);
        for i in 0..self.setup.instruments.len() {
            if first && self.instrument(i).currency == currency {
                let here = self.happened.iter_mut().filter(|h| h.instrument == i);
                here.for_each(|h| h.rate = Some(rate));
                self.openings.iter_mut().for_each(|of| of[i].rate = rate);
            }
        }
    }

    pub fn note_peaks(&mut self) {
        for node in 0..self.setup.accounts.len() {
            for reset in 0..3 {
                let pnl = self.of_node(node as u32, reset).pnl;
                self.peaks[node][reset] = self.peaks[node][reset].max(pnl);
            }
        }
    }

    pub fn rearm(&mut self, node: u32) {
        self.rearmed[node as usize] = plus(self.of_node(node, 2), self.rearmed[node as usize], 1);
        for reset in 0..3 {
            self.peaks[node as usize][reset] = self.of_node(node, reset).pnl;
        }
    }

    pub fn roll(&mut self, node: u32, week: bool) {
        for up in self.path(node).into_iter().skip(1) {
            self.peaks[up as usize][0] -= self.of_node(node, 0).pnl;
            if week {
                self.peaks[up as usize][1] -= self.of_node(node, 1).pnl;
            }
        }
        for n in 0..self.setup.accounts.len() as u32 {
            if self.path(n).contains(&node) {
                self.peaks[n as usize][0] = 0;
                if week {
                    self.peaks[n as usize][1] = 0;
                }
            }
        }
        for leaf in self.below(node) {
            let day = self.day(leaf);
            for (currency, amount) in self.cash_of_day(leaf).into_iter().enumerate() {
                let owner = self.path(leaf).into_iter().find(|n| self.has_own[*n as usize]);
                if let Some(owner) = owner {
                    self.own[owner as usize][currency] += amount;
                }
            }
            let at = leaf as usize;
            self.week[at] = if week { Period::default() } else { plus(self.week[at], day, 1) };
            self.ever[at] = plus(self.ever[at], day, 1);
            self.happened.retain(|h| h.account != leaf);
            for i in 0..self.setup.instruments.len() {
                let rate = self.rates[self.instrument(i).currency as usize].unwrap_or(0);
                self.openings[at][i] =
                    Opening { qty: self.positions[at][i], price: self.marks[i], rate };
            }
        }
    }

    /// What an account's day changed of each currency, 1e-24.
    fn cash_of_day(&self, account: u32) -> Vec<i128> {
        let mut cash = vec![0; self.setup.currencies.len()];
        for i in 0..self.setup.instruments.len() {
            let instrument = self.instrument(i);
            let margined = instrument.class == 1;
            if margined {
                let (settles_in, result) = self.result(account, i);
                cash[settles_in as usize] += result;
            }
            for h in self.todays(account, i) {
                cash[instrument.currency as usize] -= h.fee * E24 / 100;
                if !margined {
                    cash[instrument.currency as usize] -= self.value(i, h.qty, h.price);
                }
                if let (3, Some(leg)) = (instrument.class, instrument.base_currency) {
                    cash[leg as usize] += h.qty * self.face(i) * 10i128.pow(16);
                }
            }
        }
        cash
    }

    /// Value of open orders of a side below a node; of what is paid for alone, or of all.
    fn open_value(&self, node: u32, order_side: u8, paid: bool) -> i128 {
        let leaves = self.below(node);
        let of_it = |o: &&(u64, u32, usize, u8, i128, i128)| {
            let margined = self.instrument(o.2).class == 1;
            leaves.contains(&o.1) && o.3 == order_side && !(paid && margined)
        };
        let value = |o: &(u64, u32, usize, u8, i128, i128)| {
            let mark = if self.instrument(o.2).inverse { 100 } else { self.marks[o.2].abs() };
            self.base(self.instrument(o.2).currency, self.value(o.2, o.4, mark + o.5))
        };
        self.open.iter().filter(of_it).map(value).sum()
    }

    pub fn check(&self, machine: &Machine, place: &str) {
        let wide = |v: i128| Wide::product(v, WIDE_PER_UNIT);
        for node in 0..self.setup.accounts.len() as u32 {
            let place = format!("{place}: node {node}");
            let open = [side::BUY, side::SELL].map(|s| self.open_value(node, s, false));
            let view = machine.node(node);
            assert_eq!(view.open_order_value, wide(open[0] + open[1]), "{place}: open value");
            assert_eq!(view.day_pnl, wide(self.of_node(node, 0).pnl), "{place}: day");
            for (at, reset) in [Reset::Day, Reset::Week, Reset::Never].into_iter().enumerate() {
                let p = self.of_node(node, at);
                let f = machine.funds(node, reset);
                assert_eq!(f.purchases, wide(p.bought + open[0]), "{place}: purchases {reset:?}");
                assert_eq!(f.sales, wide(p.sold + open[1]), "{place}: sales {reset:?}");
                assert_eq!(f.daily_loss, wide((-p.pnl).max(0)), "{place}: loss {reset:?}");
                let peak = self.peaks[node as usize][at];
                assert_eq!(f.drawdown, wide(peak - p.pnl), "{place}: drawdown {reset:?}");
            }
            if !self.has_own[node as usize] {
                continue;
            }
            let (mut used, mut cash) = (self.open_value(node, side::BUY, true), 0);
            for c in 0..self.setup.currencies.len() as u32 {
                let day = |leaf: &u32| self.cash_of_day(*leaf)[c as usize];
                used -= self.base(c, self.below(node).iter().map(day).sum());
                let inside = (0..self.own.len() as u32).filter(|n| self.path(*n).contains(&node));
                cash += self.base(c, inside.map(|n| self.own[n as usize][c as usize]).sum());
            }
            let f = machine.funds(node, Reset::Day);
            assert_eq!(f.cash_used, wide(used), "{place}: cash used");
            assert_eq!(f.cash, wide(cash), "{place}: cash");
            assert_eq!(view.executed, wide(self.executed(node)), "{place}: executed");
        }
    }

    fn executed(&self, node: u32) -> i128 {
        let of = |leaf: u32, i: usize| {
            let mark = if self.instrument(i).inverse { 100 } else { self.marks[i].abs() };
            let held = self.positions[leaf as usize][i].abs();
            self.base(self.instrument(i).currency, self.value(i, held, mark))
        };
        let all = 0..self.setup.instruments.len();
        self.below(node).iter().map(|l| all.clone().map(|i| of(*l, i)).sum::<i128>()).sum()
    }
}

fn plus(a: Period, b: Period, sign: i128) -> Period {
    Period {
        pnl: a.pnl + sign * b.pnl,
        bought: a.bought + sign * b.bought,
        sold: a.sold + sign * b.sold,
    }
}
