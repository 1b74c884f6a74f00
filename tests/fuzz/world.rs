//! A small firm with every kind of limit and tiny tables, and an adversary who knows it: the ids
//! that exist, the numbers at the ends of their ranges, the messages that came before.

use crate::hours;
use crate::limits::limit;
use riskgate::abi::codes::{Check, CheckMask};
use riskgate::abi::order::{ExtensionSlot, OrderSlot, flag, kind};
use riskgate::abi::verdict::decision;
use riskgate::abi::{PRICE_UNDEFINED, SlotWords};
use riskgate::fixed::{PRICE_ONE, QTY_ONE};
use riskgate::gate::outcome::Outcome;
use riskgate::machine::{Environment, MarkInput};
use riskgate::state::command::{Command, KillScope, Restriction};
use riskgate::state::limit::{Limit, Phase};
use riskgate::state::setup::{Account, Capacity, Currency, Instrument, Lane, RATE_ONE, Setup};
use riskgate::state::verify::CASH_MAX;

/// Random numbers (a 64-bit multiply-xorshift).
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}

/// Nanoseconds from the machines' clock to 1970.
pub const WALL_OFFSET_NS: u64 = 1 << 60;

/// The firm, the adversary's memory, and the clock.
pub struct World {
    pub rng: Rng,
    pub setup: Setup,
    now_ns: u64,
    next_id: u64,
    next_execution: u64,
    /// Orders that were accepted: lane and slot. The oldest are forgotten.
    orders: Vec<(u32, OrderSlot)>,
    /// Replaces that were accepted: lane, target, request.
    replaces: Vec<(u32, u64, u64)>,
    /// Slots to send again.
    sent: Vec<(u32, SlotWords, Option<SlotWords>)>,
    /// Does this adversary like the ends of ranges?
    extreme: bool,
}

const EXTREMES: [i64; 16] = [
    i64::MIN,
    i64::MIN + 1,
    -(1 << 61),
    -1,
    0,
    1,
    2,
    QTY_ONE,
    PRICE_ONE,
    1 << 40,
    (1 << 61) - 1,
    1 << 61,
    1 << 62,
    i64::MAX - 2,
    i64::MAX - 1,
    i64::MAX,
];

impl World {
    pub fn new(mut rng: Rng) -> World {
        let setup = setup(&mut rng);
        let extreme = rng.one_in(2);
        World {
            rng,
            setup,
            now_ns: 1 << 40,
            next_id: 1,
            next_execution: 1,
            orders: Vec::new(),
            replaces: Vec::new(),
            sent: Vec::new(),
            extreme,
        }
    }

    /// Time goes on, sometimes far.
    pub fn tick(&mut self) -> u64 {
        self.now_ns += if self.rng.one_in(500) { 1 << 36 } else { self.rng.below(2000) };
        self.now_ns
    }

    pub fn environment(&mut self) -> Environment {
        Environment { ready: !self.rng.one_in(200), journal_ok: !self.rng.one_in(200) }
    }

    fn instrument(&mut self) -> u32 {
        match self.rng.below(60) {
            0 => self.rng.next() as u32,
            1 => self.setup.instruments.len() as u32,
            _ => self.rng.below(self.setup.instruments.len() as u64) as u32,
        }
    }

    fn account(&mut self) -> u32 {
        match self.rng.below(60) {
            0 => self.rng.next() as u32,
            1 => self.setup.accounts.len() as u32,
            _ => self.rng.below(self.setup.accounts.len() as u64) as u32,
        }
    }

    fn price(&mut self) -> i64 {
        if self.rng.one_in(if self.extreme { 2 } else { 40 }) {
            return self.rng.pick(&EXTREMES);
        }
        (90 + self.rng.below(20) as i64) * PRICE_ONE + self.rng.pick(&[0, 0, 0, 1, 10_000_000])
    }

    fn qty(&mut self) -> i64 {
        if self.rng.one_in(if self.extreme { 2 } else { 40 }) {
            return self.rng.pick(&EXTREMES);
        }
        (1 + self.rng.below(50) as i64) * QTY_ONE
    }

    /// A mark, as a hostile feed handler would have it.
    pub fn mark(&mut self) -> (u32, MarkInput) {
        let instrument = self.instrument();
        let (mut bid, mut ask) = (self.price(), self.price());
        if bid > ask && !self.rng.one_in(5) {
            (bid, ask) = (ask, bid);
        }
        let time = |rng: &mut Rng, now: u64| match rng.below(8) {
            0 => rng.next(),
            1 => 0,
            2 => u64::MAX,
            _ => now.saturating_sub(rng.below(1 << 30)),
        };
        let (last, close) = (self.price(), self.price());
        let quote_ns = time(&mut self.rng, self.now_ns);
        let last_ns = time(&mut self.rng, self.now_ns);
        (instrument, MarkInput { bid, ask, last, close, quote_ns, last_ns, volume: 0 })
    }

    /// A command that an operator might give.
    pub fn command(&mut self) -> Command {
        let node = self.rng.below(self.setup.accounts.len() as u64) as u32;
        let instrument = self.rng.below(self.setup.instruments.len() as u64) as u32;
        let currency = self.rng.below(self.setup.currencies.len() as u64 + 1) as u32;
        match self.rng.below(19) {
            15..19 => hours::command(&mut self.rng, instrument),
            12 => {
                let rate = self.rng.pick(&[1, PRICE_ONE, 1 << 40, i64::MAX, 0, -1]);
                Command::SetRate { currency, rate }
            }
            13 => {
                let amount = self.rng.pick(&[1, -(1 << 90), CASH_MAX, -CASH_MAX, i128::MIN]);
                Command::AdjustCash { account: node, currency, amount }
            }
            14 => Command::RollWeek(node),
            0 => Command::Kill(KillScope::Node(node)),
            1 | 2 => Command::Unkill(KillScope::Node(node)),
            3 => Command::Halt(instrument),
            4 => Command::Resume(instrument),
            5 => Command::Restrict { node, instrument: Some(instrument), mode: Restriction::Open },
            6 => Command::RollDay(node),
            7 | 8 => limit(&mut self.rng, node, instrument)
                .map_or(Command::Rearm(node), Command::SetLimit),
            _ => Command::Rearm(node),
        }
    }

    /// A slot, and the extension before it.
    pub fn slot(&mut self) -> (u32, SlotWords, Option<SlotWords>) {
        let lane = self.rng.below(self.setup.lanes.len() as u64) as u32;
        if !self.sent.is_empty() && self.rng.one_in(30) {
            let again = self.rng.below(self.sent.len() as u64) as usize;
            return self.sent[again];
        }
        if self.rng.one_in(25) {
            let random = |rng: &mut Rng| std::array::from_fn(|_| rng.next());
            let extension = self.rng.one_in(2).then(|| random(&mut self.rng));
            return (lane, random(&mut self.rng), extension);
        }
        let (lane, mut slot, mut extension) = match self.rng.below(10) {
            0..=4 => self.new_order(lane),
            5 => self.replace(lane),
            6 => self.cancel(lane),
            _ => self.report(lane),
        };
        if self.rng.one_in(20) {
            self.bend(&mut slot, &mut extension);
        }
        let made = (lane, slot.to_words(), extension.map(|e| e.to_words()));
        if self.sent.len() < 64 {
            self.sent.push(made);
        } else {
            let at = self.rng.below(64) as usize;
            self.sent[at] = made;
        }
        made
    }

    fn new_order(&mut self, lane: u32) -> (u32, OrderSlot, Option<ExtensionSlot>) {
        self.next_id += 1;
        let order_type = self.rng.pick(&[1, 1, 1, 1, 2, 3, 4, 5]);
        let tif = self.rng.pick(&[1, 1, 1, 2, 3, 4, 5, 6, 7]);
        let priced = matches!(order_type, 1 | 4);
        let mut slot = OrderSlot {
            order_id: self.next_id,
            price: if priced { self.price() } else { PRICE_UNDEFINED },
            qty: self.qty(),
            instrument: self.instrument(),
            account: self.account(),
            kind: kind::NEW,
            side_bits: 1 + self.rng.below(2) as u8,
            type_tif: order_type | tif << 4,
            venue: self.rng.pick(&[0, 0, 1, 63, 64, u16::MAX]),
            flags: if self.rng.one_in(20) { flag::WHAT_IF } else { 0 },
            ..OrderSlot::default()
        };
        let needs = matches!(order_type, 3 | 4) || tif == 5 || self.rng.one_in(10);
        let extension = needs.then(|| ExtensionSlot {
            order_id: slot.order_id,
            stop_price: if matches!(order_type, 3 | 4) { self.price() } else { PRICE_UNDEFINED },
            min_qty: if self.rng.one_in(4) { self.qty() } else { 0 },
            display_qty: if self.rng.one_in(4) { self.qty() } else { 0 },
            good_till_ns: if tif == 5 { u64::MAX - self.rng.below(9) } else { 0 },
            kind_word: u64::from(kind::EXTENSION),
            ..ExtensionSlot::default()
        });
        if extension.is_some() {
            slot.flags |= flag::HAS_EXTENSION;
        }
        (lane, slot, extension)
    }

    fn known(&mut self) -> Option<(u32, OrderSlot)> {
        let count = self.orders.len() as u64;
        (count > 0).then(|| self.orders[self.rng.below(count) as usize])
    }

    fn replace(&mut self, lane: u32) -> (u32, OrderSlot, Option<ExtensionSlot>) {
        let Some((owner, order)) = self.known() else { return self.new_order(lane) };
        let (_, fresh, extension) = self.new_order(owner);
        let slot = OrderSlot {
            kind: kind::REPLACE,
            reference: order.order_id,
            instrument: order.instrument,
            account: order.account,
            side_bits: order.side_bits,
            ..fresh
        };
        (if self.rng.one_in(20) { lane } else { owner }, slot, extension)
    }

    fn cancel(&mut self, lane: u32) -> (u32, OrderSlot, Option<ExtensionSlot>) {
        self.next_id += 1;
        let (owner, target) = self.known().map_or((lane, 77), |(l, o)| (l, o.order_id));
        let slot = OrderSlot {
            order_id: self.next_id,
            reference: target,
            kind: self.rng.pick(&[kind::CANCEL, kind::CANCEL, kind::MASS_CANCEL]),
            venue: self.rng.pick(&[0, 0, 0, 1, 2, 3, 4, u16::MAX]),
            ..OrderSlot::default()
        };
        (if self.rng.one_in(5) { lane } else { owner }, slot, None)
    }

    fn report(&mut self, lane: u32) -> (u32, OrderSlot, Option<ExtensionSlot>) {
        let (owner, order) = match self.known() {
            Some(known) if !self.rng.one_in(12) => known,
            _ => {
                let (_, slot, _) = self.new_order(lane);
                (lane, slot)
            }
        };
        let kinds = [
            kind::FILL,
            kind::FILL,
            kind::ACK,
            kind::ACK,
            kind::CANCELLED,
            kind::REJECTED,
            kind::EXPIRED,
            kind::VOID,
            kind::REPLACE_REJECTED,
            kind::CANCEL_REJECTED,
            kind::BUST,
        ];
        let report = self.rng.pick(&kinds);
        let executes = matches!(report, kind::FILL | kind::BUST);
        let reference = if executes {
            self.next_execution += 1;
            // Old ones again, and none.
            match self.rng.below(10) {
                0 => 0,
                1..=4 => self.next_execution.saturating_sub(self.rng.below(60)),
                _ => self.next_execution,
            }
        } else {
            match self.rng.below(4) {
                0 => order.order_id,
                1 => 0,
                _ => self.request_of(owner, order.order_id),
            }
        };
        let slot = OrderSlot {
            order_id: order.order_id,
            reference,
            price: if executes { self.price() } else { order.price },
            qty: match self.rng.below(3) {
                0 => order.qty,
                1 => self.qty(),
                _ => 1 + self.rng.below(QTY_ONE as u64) as i64,
            },
            instrument: order.instrument,
            account: order.account,
            kind: report,
            side_bits: order.side_bits & 3,
            flags: if executes && self.rng.one_in(4) { flag::CORRECTION } else { 0 },
            venue: self.rng.pick(&[0, 0, 0, 0, 1, 2, 3, 4, u16::MAX]),
            ..OrderSlot::default()
        };
        (if self.rng.one_in(12) { lane } else { owner }, slot, None)
    }

    /// A pending replace of an order, or some number.
    fn request_of(&mut self, lane: u32, target: u64) -> u64 {
        let of = self.replaces.iter().rev().find(|r| r.0 == lane && r.1 == target);
        of.map_or_else(|| self.rng.below(self.next_id + 2), |r| r.2)
    }

    /// Breaks one field.
    fn bend(&mut self, slot: &mut OrderSlot, extension: &mut Option<ExtensionSlot>) {
        let bits = self.rng.next();
        match self.rng.below(12) {
            0 => slot.order_id = self.rng.pick(&[0, 1, u64::MAX, bits]),
            1 => slot.kind = bits as u8,
            2 => slot.side_bits = bits as u8,
            3 => slot.type_tif = bits as u8,
            4 => slot.flags = bits as u8,
            5 => slot._reserved = bits as u32,
            6 => slot.price = self.rng.pick(&EXTREMES),
            7 => slot.qty = self.rng.pick(&EXTREMES),
            8 => slot.reference = self.rng.pick(&[0, 1, u64::MAX, slot.order_id]),
            9 => (slot.instrument, slot.account) = (bits as u32, (bits >> 32) as u32),
            10 => *extension = None,
            _ => {
                let mut words: SlotWords = std::array::from_fn(|_| self.rng.next());
                words[6] = u64::from(kind::EXTENSION);
                words[7] = 0;
                words[2] = self.rng.pick(&EXTREMES) as u64;
                words[3] = self.rng.pick(&EXTREMES) as u64;
                words[4] = self.rng.pick(&EXTREMES) as u64;
                *extension = Some(ExtensionSlot::from_words(&words));
                slot.flags |= flag::HAS_EXTENSION;
            }
        }
    }

    /// Remembers what was accepted, to fill, replace and bust it.
    pub fn learn(&mut self, lane: u32, words: &SlotWords, outcome: &Outcome) {
        if outcome.decision != decision::ACCEPT {
            return;
        }
        let slot = OrderSlot::from_words(words);
        match slot.kind {
            kind::NEW => {
                if self.orders.len() >= 300 {
                    let at = self.rng.below(300) as usize;
                    self.orders.swap_remove(at);
                }
                self.orders.push((lane, slot));
            }
            kind::REPLACE => {
                if self.replaces.len() >= 100 {
                    self.replaces.remove(0);
                }
                self.replaces.push((lane, slot.reference, slot.order_id));
            }
            _ => {}
        }
    }
}

fn setup(rng: &mut Rng) -> Setup {
    let currencies = vec![
        Currency { name: "USD".into(), rate: Some(RATE_ONE) },
        Currency { name: "EUR".into(), rate: Some(1_087_654_321) },
        Currency { name: "XXX".into(), rate: None },
    ];
    let instrument = |(n, rng): (usize, &mut Rng)| Instrument {
        currency: if rng.one_in(6) { rng.below(3) as u32 } else { 0 },
        minor_unit: rng.one_in(5),
        ticks: ticks(rng),
        lot: rng.pick(&[0, 0, QTY_ONE]),
        multiplier: rng.pick(&[QTY_ONE, QTY_ONE, 50 * QTY_ONE, 1_000_000 * QTY_ONE]),
        groups: std::array::from_fn(|_| rng.one_in(2).then_some(0)),
        adv: rng.pick(&[0, QTY_ONE, i64::MAX]),
        sane_qty: rng.pick(&[0, QTY_ONE, i64::MAX]),
        shares_outstanding: rng.pick(&[0, QTY_ONE, i64::MAX]),
        margin_long: rng.pick(&[0, QTY_ONE, i64::MAX]),
        margin_short: rng.pick(&[0, QTY_ONE, i64::MAX]),
        delta: rng.pick(&[0, QTY_ONE, -QTY_ONE / 2, i64::MAX, i64::MIN]),
        delta_floor: rng.pick(&[0, QTY_ONE / 10]),
        underlying_value: rng.pick(&[0, 5000 * QTY_ONE, i64::MAX]),
        gamma: rng.pick(&[0, 1, -QTY_ONE, i64::MAX]),
        vega: rng.pick(&[0, 1, -QTY_ONE, i64::MIN]),
        dv01: rng.pick(&[0, 1, -QTY_ONE, i64::MAX]),
        cs01: rng.pick(&[0, 1, -QTY_ONE, i64::MIN]),
        futures_equivalent: rng.pick(&[0, QTY_ONE, QTY_ONE / 10, i64::MAX]),
        month: rng.pick(&[0, 202_612, 202_703]),
        spot_month: rng.one_in(2),
        base_currency: rng.one_in(5).then(|| rng.below(3) as u32),
        band_low: rng.pick(&[PRICE_UNDEFINED, PRICE_UNDEFINED, 0, i64::MIN]),
        band_high: rng.pick(&[PRICE_UNDEFINED, PRICE_UNDEFINED, 500 * PRICE_ONE, i64::MAX - 1]),
        class: rng.pick(&[0, 1, 31]),
        calendar: rng.one_in(4).then_some(0),
        market: rng.one_in(4).then(|| rng.below(64) as u16),
        expiry_ns: rng.pick(&[0, 0, 0, WALL_OFFSET_NS + (1 << 40), u64::MAX]),
        inverse: rng.one_in(5),
        negative_price: rng.one_in(3),
        mark_max_age_ns: rng.pick(&[0, 1 << 33]),
        last_max_age_ns: rng.pick(&[0, 1 << 33]),
        close_max_age_ns: rng.pick(&[0, 1 << 33, u64::MAX]),
        mark_max_spread_bps: rng.pick(&[0, 5000]),
        ..Instrument::plain(&format!("I{n}"))
    };
    let count = 2 + rng.below(8) as usize;
    let instruments = (0..count).map(|n| instrument((n, rng))).collect();
    // Some trees are a chain of eight, some are bushes.
    let mut accounts: Vec<Account> = Vec::new();
    let mut depths: Vec<usize> = Vec::new();
    let deep = rng.one_in(2);
    for n in 0..10 + rng.below(20) as usize {
        let candidate = if deep && !rng.one_in(4) {
            n.saturating_sub(1)
        } else {
            rng.below(n.max(1) as u64) as usize
        };
        let parent = (n > 0).then_some(if n > 0 && depths[candidate] < 8 { candidate } else { 0 });
        depths.push(parent.map_or(1, |p| depths[p] + 1));
        accounts.push(Account {
            name: format!("N{n}"),
            parent: parent.map(|p| p as u32),
            owner: rng.one_in(2).then(|| rng.below(2) as u32),
            equity: rng.one_in(2).then(|| rng.pick(&[1 << 90, -(1 << 90), i128::MAX, 0])),
            phase: if rng.one_in(6) { Some(Phase::Shadow) } else { None },
            cash: Vec::new(),
            short: rng.one_in(8).then_some(false),
        });
    }
    let mut limits: Vec<Limit> = Vec::new();
    for _ in 0..rng.below(40) {
        let node = rng.below(accounts.len() as u64) as u32;
        let of = rng.below(count as u64) as u32;
        if let Some(limit) = limit(rng, node, of)
            && !limits.iter().any(|l| l.same_place(&limit))
        {
            limits.push(limit);
        }
    }
    let lane = |n: u32, rng: &mut Rng| Lane {
        accounts: if rng.one_in(3) { vec![rng.below(5) as u32] } else { vec![] },
        max_open_orders: if rng.one_in(4) { 5 } else { 0 },
        ..Lane::unrestricted(&format!("L{n}"), n / 2)
    };
    let tight = rng.one_in(2);
    let calendar = hours::calendar(rng, (WALL_OFFSET_NS / 1_000_000_000) as i64);
    let grants = hours::grants(rng, accounts.len() as u32, 4);
    Setup {
        calendars: vec![calendar],
        algos: hours::algos(),
        grants,
        currencies,
        groups: std::array::from_fn(|_| vec!["G".into()]),
        instruments,
        owners: vec!["O".into(), "P".into()],
        accounts,
        required: if rng.one_in(4) {
            CheckMask(Check::MaxOrderQty.bit())
        } else {
            CheckMask::EMPTY
        },
        lanes: (0..4).map(|n| lane(n, rng)).collect(),
        capacity: Capacity {
            open_orders: if tight { 16 } else { 200 },
            positions: if tight { 16 } else { 64 },
            limits: 64,
            history: if rng.one_in(2) { 16 } else { 1024 },
            parents: 16,
        },
        limits,
        limit_owners: vec![],
    }
}

fn ticks(rng: &mut Rng) -> Vec<(i64, i64)> {
    match rng.below(3) {
        0 => vec![],
        1 => vec![(0, 1), (PRICE_ONE, 10_000_000)],
        _ => vec![(0, rng.pick(&[1 << 40, PRICE_ONE]))],
    }
}
