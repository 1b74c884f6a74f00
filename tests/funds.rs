//! After random lives every sum of money equals what its definition says, computed anew from all that
//! happened: profit and loss, fees, executed and open value, cash, by day, week and since re-armed;
//! with rates that change and come late, pence, multipliers, prices below zero, futures, FX, and
//! inverse contracts.
//!
//! The reference keeps what happened and nothing else, in whole numbers of 1e-24 of the base currency.

#[allow(dead_code, reason = "the other tests use the rest")]
#[path = "model/rng.rs"]
mod rng;

#[path = "funds/reference.rs"]
mod reference;

use reference::{E24, Happened, Reference};
use riskgate::abi::PRICE_UNDEFINED;
use riskgate::abi::order::{ExtensionSlot, OrderSlot, flag, kind, order_type, side, tif};
use riskgate::abi::verdict::decision;
use riskgate::fixed::QTY_ONE;
use riskgate::machine::{Environment, Machine, MarkInput};
use riskgate::state::command::Command;
use riskgate::state::setup::{Account, Capacity, Currency, Instrument, Lane, Setup};
use rng::Rng;

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
        let mark = MarkInput {
            bid: p,
            ask: p,
            last: close,
            close,
            quote_ns: 1_000,
            last_ns: 0,
            volume: 0,
        };
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
