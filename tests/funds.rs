//! After random lives every sum of money equals what its definition says, computed anew from all that
//! happened: profit and loss, fees, executed and open value, cash, by day, week and since re-armed;
//! with rates that change and come late, pence, multipliers, prices below zero, futures, FX, and
//! inverse contracts.
//!
//! The reference keeps what happened and nothing else, in whole numbers of 1e-24 of the base currency.

#[allow(dead_code, reason = "the other tests use the rest")]
#[path = "model/rng.rs"]
mod rng;

use riskgate::abi::PRICE_UNDEFINED;
use riskgate::abi::order::{ExtensionSlot, OrderSlot, flag, kind, order_type, side, tif};
use riskgate::abi::verdict::decision;
use riskgate::fixed::{QTY_ONE, Wide};
use riskgate::machine::{Environment, Machine, MarkInput};
use riskgate::state::command::Command;
use riskgate::state::limit::Reset;
use riskgate::state::setup::{Account, Capacity, Currency, Instrument, Lane, Setup};
use rng::Rng;

/// 1e-24 in 1e-36.
const WIDE_PER_UNIT: u128 = 1_000_000_000_000;
/// Leaves of the tree below.
const LEAVES: [u32; 4] = [2, 3, 4, 5];
/// Nodes that may be given cash; two of them have some from the start.
const CASH_NODES: [u32; 4] = [0, 1, 2, 5];

fn setup() -> Setup {
    let currency = |name: &str, rate: Option<i64>| Currency {
        name: name.into(),
        rate: rate.map(|r| r * 100_000),
    };
    let instrument = |symbol: &str, currency: u32, change: &dyn Fn(&mut Instrument)| {
        let mut i = Instrument { currency, ..Instrument::plain(symbol) };
        change(&mut i);
        i
    };
    let node = |name: &str, parent: Option<u32>| Account::plain(name, parent);
    let cash = |n: Account, cash: &[(u32, i128)]| Account {
        cash: cash.iter().map(|(c, units)| (*c, units * 10i128.pow(17))).collect(),
        ..n
    };
    Setup {
        currencies: vec![
            currency("USD", Some(10_000)),
            currency("EUR", Some(10_834)),
            currency("GBP", Some(12_500)),
            currency("CHF", None),
            currency("BTC", Some(600_000_000)),
        ],
        instruments: vec![
            instrument("US", 0, &|_| ()),
            instrument("EU", 1, &|_| ()),
            instrument("PENCE", 2, &|i| i.minor_unit = true),
            instrument("LATE", 3, &|i| i.multiplier = 250_000_000),
            instrument("OIL", 0, &|i| (i.negative_price, i.multiplier) = (true, 1000 * QTY_ONE)),
            instrument("DAX", 1, &|i| (i.class, i.multiplier) = (1, 25 * QTY_ONE)),
            instrument("LATEFUT", 3, &|i| i.class = 1),
            instrument("EURUSD", 0, &|i| (i.class, i.base_currency) = (3, Some(1))),
            instrument("EURCHF", 3, &|i| (i.class, i.base_currency) = (3, Some(1))),
            instrument("COIN", 0, &|i| (i.class, i.inverse, i.base_currency) = (1, true, Some(4))),
            instrument("SELF", 1, &|i| (i.class, i.inverse) = (1, true)),
            instrument("QUANTO", 4, &|i| (i.class, i.multiplier) = (1, 100)),
        ],
        accounts: vec![
            node("firm", None),
            cash(node("desk", Some(0)), &[(0, 1000)]),
            cash(node("A", Some(1)), &[(0, 5000), (1, 300), (3, 70)]),
            node("B", Some(1)),
            node("C", Some(0)),
            node("D", Some(0)),
        ],
        lanes: vec![Lane::unrestricted("L", 0)],
        capacity: Capacity::SMALL,
        ..Setup::default()
    }
}

/// Something that was executed, or taken back, as long as the day of its account lasts.
#[derive(Clone, Copy)]
struct Happened {
    account: u32,
    instrument: usize,
    /// Contracts, bought > 0.
    qty: i128,
    /// 1e-2.
    price: i128,
    /// 1e-2 of the currency.
    fee: i128,
    bust: bool,
    /// 1e-4; `None`: there was no rate.
    rate: Option<i128>,
}

/// A position at the beginning of its account's day.
#[derive(Clone, Copy, Default)]
struct Opening {
    qty: i128,
    price: i128,
    rate: i128,
}

#[derive(Clone, Copy, Default, PartialEq, Debug)]
struct Period {
    pnl: i128,
    bought: i128,
    sold: i128,
}

struct Reference {
    setup: Setup,
    /// 1e-4, `None`: not known.
    rates: Vec<Option<i128>>,
    /// 1e-2.
    marks: Vec<i128>,
    happened: Vec<Happened>,
    /// By account and instrument.
    positions: Vec<Vec<i128>>,
    openings: Vec<Vec<Opening>>,
    /// Finished days of a leaf: of this week, and all.
    week: Vec<Period>,
    ever: Vec<Period>,
    rearmed: Vec<Period>,
    peaks: Vec<[i128; 3]>,
    /// Cash given to a node, 1e-24 of each currency, and whether any ever was.
    own: Vec<Vec<i128>>,
    has_own: Vec<bool>,
    /// Open orders: account, instrument, side, contracts, excess 1e-2.
    open: Vec<(u64, u32, usize, u8, i128, i128)>,
}

const E24: i128 = 10i128.pow(24);

impl Reference {
    fn new(setup: &Setup) -> Reference {
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

    fn instrument(&self, i: usize) -> &Instrument {
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
    fn set_rate(&mut self, currency: u32, rate: i128) {
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

    fn note_peaks(&mut self) {
        for node in 0..self.setup.accounts.len() {
            for reset in 0..3 {
                let pnl = self.of_node(node as u32, reset).pnl;
                self.peaks[node][reset] = self.peaks[node][reset].max(pnl);
            }
        }
    }

    fn rearm(&mut self, node: u32) {
        self.rearmed[node as usize] = plus(self.of_node(node, 2), self.rearmed[node as usize], 1);
        for reset in 0..3 {
            self.peaks[node as usize][reset] = self.of_node(node, reset).pnl;
        }
    }

    fn roll(&mut self, node: u32, week: bool) {
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

    fn check(&self, machine: &Machine, place: &str) {
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

struct Life {
    machine: Machine,
    reference: Reference,
    rng: Rng,
    next_id: u64,
    /// Executions that may be taken back: order id, execution id and what happened.
    executions: Vec<(u64, u64, Happened)>,
}

impl Life {
    fn send(&mut self, slot: OrderSlot, fee: i128) -> u8 {
        let mut slot = slot;
        let extension = (fee != 0).then(|| {
            slot.flags |= flag::HAS_EXTENSION;
            let fee = fee as i64 * 1_000_000;
            let kind_word = u64::from(kind::EXTENSION);
            ExtensionSlot { order_id: slot.order_id, kind_word, fee, ..ExtensionSlot::default() }
        });
        let extension = extension.map(|e| e.to_words());
        let words = slot.to_words();
        self.machine.order(1_000, 0, &words, extension.as_ref(), Environment::GOOD).decision
    }

    fn price(&mut self, instrument: usize) -> i128 {
        let price = i128::from(self.rng.between(9_000, 11_000));
        match self.reference.instrument(instrument).negative_price && self.rng.chance(50) {
            true => -price,
            false => price,
        }
    }

    fn mark(&mut self, instrument: usize, price: i128) {
        let p = price as i64 * 10_000_000;
        let close = PRICE_UNDEFINED;
        let mark = MarkInput { bid: p, ask: p, last: close, close, quote_ns: 1_000, last_ns: 0 };
        self.machine.mark(1_000, instrument as u32, &mark);
        self.reference.marks[instrument] = price;
    }

    fn new_order(&mut self) {
        let account = self.rng.pick(&LEAVES);
        let i = self.rng.between(0, self.reference.setup.instruments.len() as i64 - 1) as usize;
        let order_side = self.rng.pick(&[side::BUY, side::SELL]);
        let (qty, price) = (i128::from(self.rng.between(1, 40)), self.price(i));
        self.next_id += 1;
        let slot = OrderSlot {
            order_id: self.next_id,
            price: price as i64 * 10_000_000,
            qty: qty as i64 * QTY_ONE,
            account,
            instrument: i as u32,
            kind: kind::NEW,
            side_bits: order_side,
            type_tif: order_type::LIMIT | tif::DAY << 4,
            ..OrderSlot::default()
        };
        if self.send(slot, 0) == decision::ACCEPT {
            let excess = match self.reference.instrument(i).inverse {
                true => 0,
                false => (price.abs() - self.reference.marks[i].abs()).max(0),
            };
            self.reference.open.push((self.next_id, account, i, order_side, qty, excess));
        }
    }

    fn fill(&mut self) {
        if self.reference.open.is_empty() {
            return;
        }
        let at = self.rng.between(0, self.reference.open.len() as i64 - 1) as usize;
        let (id, account, instrument, order_side, open, _) = self.reference.open[at];
        let qty = i128::from(self.rng.between(1, open as i64));
        let price = self.price(instrument);
        let fee = i128::from(self.rng.pick(&[0, 0, 7, -3]));
        self.next_id += 1;
        let slot = OrderSlot {
            order_id: id,
            reference: self.next_id,
            price: price as i64 * 10_000_000,
            qty: qty as i64 * QTY_ONE,
            account,
            instrument: instrument as u32,
            kind: kind::FILL,
            side_bits: order_side,
            ..OrderSlot::default()
        };
        self.send(slot, fee);
        self.reference.open[at].4 -= qty;
        if self.reference.open[at].4 == 0 {
            self.reference.open.remove(at);
        }
        let signed = if order_side == side::BUY { qty } else { -qty };
        let currency = self.reference.instrument(instrument).currency as usize;
        let rate = self.reference.rates[currency];
        let h = Happened { account, instrument, qty: signed, price, fee, bust: false, rate };
        self.happen(h);
        self.executions.push((id, self.next_id, h));
    }

    fn bust(&mut self) {
        let Some((order_id, execution, h)) = self.executions.pop() else { return };
        let slot = OrderSlot {
            order_id,
            reference: execution,
            price: h.price as i64 * 10_000_000,
            qty: h.qty.abs() as i64 * QTY_ONE,
            account: h.account,
            instrument: h.instrument as u32,
            kind: kind::BUST,
            side_bits: if h.qty > 0 { side::BUY } else { side::SELL },
            ..OrderSlot::default()
        };
        self.send(slot, 0);
        let rate = self.reference.rates[self.reference.instrument(h.instrument).currency as usize];
        self.happen(Happened { qty: -h.qty, fee: -h.fee, bust: true, rate, ..h });
    }

    fn happen(&mut self, h: Happened) {
        self.reference.positions[h.account as usize][h.instrument] += h.qty;
        self.reference.happened.push(h);
    }

    fn cancelled(&mut self) {
        if self.reference.open.is_empty() {
            return;
        }
        let at = self.rng.between(0, self.reference.open.len() as i64 - 1) as usize;
        let (order_id, ..) = self.reference.open.remove(at);
        self.send(OrderSlot { order_id, kind: kind::CANCELLED, ..OrderSlot::default() }, 0);
    }

    fn control(&mut self, command: Command) {
        self.machine.control(1_000, &command).expect("a command that can be applied");
    }

    fn step(&mut self) {
        let node = self.rng.between(0, 5) as u32;
        match self.rng.between(0, 99) {
            0..=34 => self.new_order(),
            35..=64 => self.fill(),
            65..=70 => self.bust(),
            71..=75 => self.cancelled(),
            76..=87 => {
                let i = self.rng.between(0, self.reference.setup.instruments.len() as i64 - 1);
                let price = self.price(i as usize);
                self.mark(i as usize, price);
            }
            88..=93 => {
                let currency = self.rng.between(1, 4) as u32;
                let rate = self.rng.between(5_000, 15_000);
                self.control(Command::SetRate { currency, rate: rate * 100_000 });
                self.reference.set_rate(currency, i128::from(rate));
            }
            94 | 95 => {
                let (account, currency) =
                    (self.rng.pick(&CASH_NODES), self.rng.between(0, 4) as u32);
                let units = i128::from(self.rng.between(-500, 500));
                let amount = units * 10i128.pow(17);
                self.control(Command::AdjustCash { account, currency, amount });
                self.reference.own[account as usize][currency as usize] += units * E24;
                self.reference.has_own[account as usize] = true;
            }
            96 => {
                self.control(Command::Rearm(node));
                self.reference.rearm(node);
            }
            97 | 98 => {
                self.control(Command::RollDay(node));
                self.reference.roll(node, false);
            }
            _ => {
                self.control(Command::RollWeek(node));
                self.reference.roll(node, true);
            }
        }
        self.reference.note_peaks();
    }
}

#[test]
fn all_sums_of_money_are_what_their_definitions_say() {
    let standard = if cfg!(debug_assertions) { 30 } else { 300 };
    let worlds = std::env::var("RISKGATE_WORLDS").ok().and_then(|w| w.parse().ok());
    let first = std::env::var("RISKGATE_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(1u64);
    let mut fills = 0;
    for seed in first..first + worlds.unwrap_or(standard) {
        let setup = setup();
        let mut life = Life {
            machine: Machine::new(&setup).expect("a valid setup"),
            reference: Reference::new(&setup),
            rng: Rng::new(seed),
            next_id: 0,
            executions: Vec::new(),
        };
        for i in 0..setup.instruments.len() {
            life.mark(i, 10_000);
        }
        for step in 0..300 {
            life.step();
            life.reference.check(&life.machine, &format!("seed {seed} step {step}"));
        }
        fills += life.executions.len();
    }
    assert!(fills > 1_000, "only {fills} fills");
}
