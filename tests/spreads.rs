//! Spreads conserve: after every step of random lives, everything that the gate holds equals a plain
//! recomputation from what each order asked for and what was reported; recovery and two machines
//! agree, and what-ifs leave no trace.

#[allow(dead_code)] // The model uses all of it.
#[path = "model/rng.rs"]
mod rng;

use riskgate::abi::PRICE_UNDEFINED;
use riskgate::abi::order::{OrderSlot, flag, kind, order_type, side, tif};
use riskgate::abi::verdict::decision;
use riskgate::fixed::{PRICE_ONE, QTY_ONE, Wide};
use riskgate::machine::{Environment, Machine, MarkInput, RowView};
use riskgate::state::setup::{Account, Capacity, Currency, Instrument, Lane, Setup};
use rng::Rng;
use std::collections::BTreeMap;

const SEED: u64 = 0x1e65_0000;
/// Firm and two accounts.
const ACCOUNTS: [u32; 2] = [1, 2];
/// Plain instruments stand first.
const PLAIN: u32 = 4;
const LEGS: [&[(u32, i32)]; 3] =
    [&[(0, 1), (1, -1)], &[(1, -2), (2, 3)], &[(0, 1), (1, -2), (2, 1), (3, -1)]];
/// Multipliers of the plain instruments.
const MULTIPLIERS: [i64; 4] = [1, 50, 50, 7];

fn setup() -> Setup {
    let account = |name: &str, parent| Account { parent, ..Account::plain(name, None) };
    let plain = (0..PLAIN).map(|i| Instrument {
        multiplier: MULTIPLIERS[i as usize] * QTY_ONE,
        ..Instrument::plain(&format!("P{i}"))
    });
    let spreads = LEGS.iter().enumerate().map(|(i, legs)| Instrument {
        legs: legs.to_vec(),
        negative_price: true,
        ..Instrument::plain(&format!("S{i}"))
    });
    Setup {
        currencies: vec![Currency { name: "USD".into(), rate: Some(PRICE_ONE) }],
        instruments: plain.chain(spreads).collect(),
        accounts: vec![account("firm", None), account("a", Some(0)), account("b", Some(0))],
        lanes: vec![Lane::unrestricted("L", 0)],
        capacity: Capacity::SMALL,
        ..Setup::default()
    }
}

/// Legs of any instrument: a plain one is its own.
fn legs_of(instrument: u32) -> Vec<(u32, i32)> {
    match instrument.checked_sub(PLAIN) {
        None => vec![(instrument, 1)],
        Some(spread) => LEGS[spread as usize].to_vec(),
    }
}

/// An order as the venue and the client know it.
#[derive(Clone, Debug)]
struct Order {
    id: u64,
    account: u32,
    instrument: u32,
    side: u8,
    /// Total in force, and of each unanswered replace.
    in_force: (u64, i64),
    pending: Vec<(u64, i64)>,
    /// Filled of each leg.
    filled: Vec<i64>,
}

impl Order {
    fn sign(&self) -> i64 {
        if self.side == side::BUY { 1 } else { -1 }
    }

    fn most(&self) -> i64 {
        self.pending.iter().map(|p| p.1).chain([self.in_force.1]).max().unwrap()
    }

    /// Signed open quantity of each leg.
    fn open(&self) -> Vec<(u32, i64)> {
        let legs = legs_of(self.instrument);
        let one = |((leg, ratio), filled): (&(u32, i32), &i64)| {
            let ratio = i64::from(*ratio);
            let open = (self.most() * ratio.abs() - filled).max(0);
            (*leg, open * ratio.signum() * self.sign())
        };
        legs.iter().zip(&self.filled).map(one).collect()
    }

    fn is_done(&self) -> bool {
        self.open().iter().all(|(_, open)| *open == 0)
    }

    /// Spreads that are not whole yet.
    fn units_open(&self) -> i64 {
        let legs = legs_of(self.instrument);
        let whole = legs.iter().zip(&self.filled).map(|((_, r), f)| f / i64::from(r.abs())).min();
        (self.most() - whole.unwrap()).max(0)
    }
}

/// The gates and what they are compared with.
struct World {
    machine: Machine,
    recovered: Machine,
    orders: Vec<Order>,
    /// Position of account × plain instrument.
    positions: BTreeMap<(u32, u32), i64>,
    marks: Vec<i64>,
    executions: Vec<(u64, Order, u32, i64, i64, bool)>,
    id: u64,
    seen: Seen,
}

/// That the lives reach what they are for.
#[derive(Default)]
struct Seen {
    accepted: u32,
    leg_fills: u32,
    spread_fills: u32,
    busts: u32,
    replaced: u32,
    ended: u32,
    what_ifs: u32,
}

impl World {
    fn new() -> World {
        World {
            machine: Machine::new(&setup()).expect("a valid setup"),
            recovered: Machine::new(&setup()).expect("a valid setup"),
            orders: Vec::new(),
            positions: BTreeMap::new(),
            marks: vec![0; PLAIN as usize],
            executions: Vec::new(),
            id: 0,
            seen: Seen::default(),
        }
    }

    fn fresh(&mut self) -> u64 {
        self.id += 1;
        self.id
    }

    /// Gives a slot to the gate, and to the one that only applies recorded decisions.
    fn send(&mut self, slot: &OrderSlot) -> u8 {
        let words = slot.to_words();
        let outcome = *self.machine.order(1_000, 0, &words, None, Environment::GOOD);
        if slot.flags & flag::WHAT_IF == 0 {
            let recorded = outcome.decision;
            self.recovered.order_recorded(1_000, 0, &words, None, Environment::GOOD, recorded);
        }
        assert!(self.machine.events().is_empty(), "{slot:?}: {:?}", self.machine.events());
        outcome.decision
    }

    fn mark(&mut self, instrument: u32, price: i64) {
        let close = PRICE_UNDEFINED;
        let mark = MarkInput {
            bid: price,
            ask: price,
            last: close,
            close,
            quote_ns: 1_000,
            volume: 0,
            last_ns: 1_000,
        };
        self.machine.mark(1_000, instrument, &mark);
        self.recovered.mark(1_000, instrument, &mark);
        if instrument < PLAIN {
            self.marks[instrument as usize] = price;
        }
    }

    fn slot(order: &Order) -> OrderSlot {
        OrderSlot {
            order_id: order.id,
            account: order.account,
            instrument: order.instrument,
            side_bits: order.side,
            reference: order.id,
            price: PRICE_UNDEFINED,
            ..OrderSlot::default()
        }
    }

    fn new_order(&mut self, rng: &mut Rng) {
        let id = self.fresh();
        let instrument = rng.below(u64::from(PLAIN) + LEGS.len() as u64) as u32;
        let order = Order {
            id,
            account: rng.pick(&ACCOUNTS),
            instrument,
            side: rng.pick(&[side::BUY, side::SELL]),
            in_force: (id, rng.between(1, 20) * QTY_ONE / 4),
            pending: Vec::new(),
            filled: vec![0; legs_of(instrument).len()],
        };
        // Buys below and sells above each other, so that nothing is a wash trade; plain prices
        // equal the mark's magnitude at most, so that nothing has an excess.
        let away = rng.between(1, 9) * PRICE_ONE;
        let price = match (instrument < PLAIN, order.side) {
            (true, side::BUY) => 10 * PRICE_ONE - away,
            (true, _) => 10 * PRICE_ONE + away,
            (false, side::BUY) => -away,
            (false, _) => away,
        };
        let slot = OrderSlot {
            kind: kind::NEW,
            reference: 0,
            price,
            qty: order.in_force.1,
            type_tif: order_type::LIMIT | tif::DAY << 4,
            ..Self::slot(&order)
        };
        if rng.chance(20) {
            let before = self.machine.state_hash();
            let asked = OrderSlot { flags: flag::WHAT_IF, order_id: id + (1 << 40), ..slot };
            assert_eq!(self.send(&asked), decision::WOULD_ACCEPT);
            assert_eq!(self.machine.state_hash(), before, "a what-if leaves no trace");
            self.seen.what_ifs += 1;
        }
        assert_eq!(self.send(&slot), decision::ACCEPT, "{slot:?}");
        self.seen.accepted += 1;
        self.orders.push(order);
    }

    fn replace(&mut self, rng: &mut Rng, at: usize) {
        let id = self.fresh();
        let order = &mut self.orders[at];
        let qty = rng.between(1, 24) * QTY_ONE / 4;
        let legs = legs_of(order.instrument);
        let ratios = || legs.iter().map(|(_, r)| i64::from(r.abs()));
        let too_low = ratios().zip(&order.filled).any(|(r, f)| qty * r < *f)
            || ratios().zip(&order.filled).all(|(r, f)| f / r >= qty);
        let slot = OrderSlot {
            kind: kind::REPLACE,
            order_id: id,
            reference: order.id,
            // Not nearer to the other side than any new order.
            price: match (order.instrument < PLAIN, order.side) {
                (true, side::BUY) => PRICE_ONE,
                (true, _) => 19 * PRICE_ONE,
                (false, side::BUY) => -9 * PRICE_ONE,
                (false, _) => 9 * PRICE_ONE,
            },
            qty,
            type_tif: order_type::LIMIT | tif::DAY << 4,
            ..Self::slot(order)
        };
        if !too_low {
            order.pending.push((id, qty));
            self.seen.replaced += 1;
        }
        let full = self.orders[at].pending.len() > 16;
        if full {
            self.orders[at].pending.pop();
        }
        let wanted = if too_low || full { decision::REJECT } else { decision::ACCEPT };
        assert_eq!(self.send(&slot), wanted, "{slot:?} of {:?}", self.orders[at]);
    }

    fn answer_replace(&mut self, rng: &mut Rng, at: usize) {
        let order = &mut self.orders[at];
        if order.pending.is_empty() {
            return;
        }
        let picked = rng.below(order.pending.len() as u64) as usize;
        let request = order.pending.remove(picked);
        let kinds = [kind::ACK, kind::ACK, kind::REPLACE_REJECTED, kind::VOID];
        let answer = rng.pick(&kinds);
        if answer == kind::ACK && request.0 > order.in_force.0 {
            order.in_force = request;
        }
        let slot = OrderSlot { kind: answer, reference: request.0, ..Self::slot(order) };
        self.send(&slot);
    }

    fn fill(&mut self, rng: &mut Rng, at: usize) {
        let id = self.fresh();
        let order = self.orders[at].clone();
        let legs = legs_of(order.instrument);
        let is_spread = order.instrument >= PLAIN;
        // The spread as a whole, where every leg has that much open.
        let room = order
            .open()
            .into_iter()
            .zip(&legs)
            .map(|((_, o), (_, r))| o.abs() / i64::from(r.abs()));
        let room = room.min().unwrap();
        let slot = Self::slot(&order);
        let (instrument, fill_side, open) = if is_spread && room > 0 && rng.chance(30) {
            (order.instrument, order.side, room)
        } else {
            let open: Vec<_> = (0..legs.len()).filter(|k| order.open()[*k].1 != 0).collect();
            let k = rng.pick(&open);
            let (leg, open) = order.open()[k];
            (leg, if open > 0 { side::BUY } else { side::SELL }, open.abs())
        };
        let qty = if rng.chance(40) { open } else { rng.between(1, open) };
        let slot = OrderSlot {
            kind: kind::FILL,
            reference: id,
            instrument,
            side_bits: fill_side,
            price: rng.between(1, 30) * PRICE_ONE,
            qty,
            ..slot
        };
        self.send(&slot);
        let whole = instrument == order.instrument;
        let changed = &mut self.orders[at];
        for (k, (leg, ratio)) in legs.iter().enumerate() {
            if whole || *leg == instrument {
                let times = if whole { i64::from(ratio.abs()) } else { 1 };
                changed.filled[k] += qty * times;
            }
        }
        match (is_spread, whole) {
            (true, true) => self.seen.spread_fills += 1,
            (true, false) => self.seen.leg_fills += 1,
            _ => {}
        }
        self.book(&order, instrument, qty);
        self.executions.push((id, order, instrument, qty, slot.price, false));
    }

    /// Moves positions by an execution of an order's instrument, or of one of its legs.
    fn book(&mut self, order: &Order, instrument: u32, qty: i64) {
        for (leg, ratio) in legs_of(order.instrument) {
            let ratio = i64::from(ratio);
            let times = match instrument == order.instrument {
                true => ratio,
                false if instrument == leg => ratio.signum(),
                false => 0,
            };
            *self.positions.entry((order.account, leg)).or_default() += qty * times * order.sign();
        }
    }

    fn bust(&mut self, rng: &mut Rng) {
        if self.executions.is_empty() {
            return;
        }
        let at = rng.below(self.executions.len() as u64) as usize;
        let (id, order, instrument, qty, price, busted) = self.executions[at].clone();
        let slot = OrderSlot {
            kind: kind::BUST,
            reference: id,
            instrument,
            qty,
            price,
            ..Self::slot(&order)
        };
        self.send(&slot);
        if !busted {
            self.executions[at].5 = true;
            self.book(&order, instrument, -qty);
            self.seen.busts += 1;
        }
    }

    fn end(&mut self, rng: &mut Rng, at: usize) {
        let order = self.orders.swap_remove(at);
        let mut slot = Self::slot(&order);
        slot.kind = rng.pick(&[kind::CANCELLED, kind::EXPIRED, kind::REJECTED]);
        slot.reference = 0;
        self.send(&slot);
        self.seen.ended += 1;
    }

    fn step(&mut self, rng: &mut Rng) {
        let some = |rng: &mut Rng, len: usize| rng.below(len as u64) as usize;
        match rng.below(100) {
            0..=9 => {
                let instrument = rng.below(u64::from(PLAIN) + LEGS.len() as u64) as u32;
                let price = match instrument < PLAIN {
                    // At least the highest price of an order: no excess.
                    true => rng.between(20, 40) * PRICE_ONE,
                    false => rng.between(-5, 5) * PRICE_ONE,
                };
                self.mark(instrument, price);
            }
            10..=14 => self.bust(rng),
            15..=39 if !self.orders.is_empty() => {
                let at = some(rng, self.orders.len());
                self.fill(rng, at);
            }
            40..=49 if !self.orders.is_empty() => {
                let at = some(rng, self.orders.len());
                self.replace(rng, at);
            }
            50..=59 if !self.orders.is_empty() => {
                let at = some(rng, self.orders.len());
                self.answer_replace(rng, at);
            }
            60..=64 if !self.orders.is_empty() => {
                let at = some(rng, self.orders.len());
                self.end(rng, at);
            }
            _ if self.orders.len() < 40 => self.new_order(rng),
            _ => {
                let at = some(rng, self.orders.len());
                self.end(rng, at);
            }
        }
        self.orders.retain(|o| !o.is_done());
    }

    /// Everything, recomputed.
    fn compare(&self, place: &str) {
        let mut rows: BTreeMap<(u32, u32), (i64, i64, i64)> = BTreeMap::new();
        for (at, position) in &self.positions {
            rows.entry(*at).or_default().0 = *position;
        }
        let mut add = |account: u32, instrument: u32, open: i64| {
            let row = rows.entry((account, instrument)).or_default();
            *(if open > 0 { &mut row.1 } else { &mut row.2 }) += open.abs();
        };
        for order in &self.orders {
            order.open().iter().for_each(|(leg, open)| add(order.account, *leg, *open));
            if order.instrument >= PLAIN {
                add(order.account, order.instrument, order.units_open() * order.sign());
            }
        }
        let mut found: BTreeMap<(u32, u32), RowView> =
            self.machine.rows().into_iter().map(|(a, i, row)| ((a, i), row)).collect();
        let wide = |value: i128| Wide::product(value, 10u128.pow(11));
        let mut gross: BTreeMap<u32, (Wide, Wide)> = BTreeMap::new();
        for ((account, instrument), (position, buys, sells)) in &rows {
            let row = found.remove(&(*account, *instrument)).unwrap_or_default();
            let wanted = RowView { position: *position, open_buy: *buys, open_sell: *sells };
            assert_eq!(row, wanted, "{place}: account {account} instrument {instrument}");
            if *instrument >= PLAIN {
                continue;
            }
            let worth = i128::from(self.marks[*instrument as usize])
                * i128::from(MULTIPLIERS[*instrument as usize] * QTY_ONE);
            let worst = i128::from((position + buys).max(sells - position));
            for node in [0, *account] {
                let sums = gross.entry(node).or_insert((Wide::ZERO, Wide::ZERO));
                sums.0 = sums.0.plus(wide(worst * worth));
                sums.1 = sums.1.plus(wide(i128::from(buys + sells) * worth));
            }
        }
        for (at, row) in found {
            assert_eq!(row, RowView::default(), "{place}: {at:?} should hold nothing");
        }
        for (node, (gross, open)) in gross {
            let view = self.machine.node(node);
            assert_eq!(view.gross_exposure, gross, "{place}: gross of node {node}");
            assert_eq!(view.open_order_value, open, "{place}: open value of node {node}");
            let below = |o: &&Order| node == 0 || o.account == node;
            let count = self.orders.iter().filter(below).count() as u32;
            assert_eq!(view.open_orders, count, "{place}: orders of node {node}");
        }
        assert_eq!(self.machine.open_orders().len(), self.orders.len(), "{place}: open orders");
        assert_eq!(self.machine.state_hash(), self.recovered.state_hash(), "{place}: recovery");
    }
}

#[test]
fn everything_equals_a_recomputation_after_every_step() {
    let mut seen = Seen::default();
    for seed in SEED..SEED + 40 {
        let mut rng = Rng::new(seed);
        let mut world = World::new();
        for instrument in 0..PLAIN {
            world.mark(instrument, 30 * PRICE_ONE);
        }
        for step in 0..400 {
            world.step(&mut rng);
            world.compare(&format!("seed {seed:#x} step {step}"));
        }
        // To the end: nothing stays behind.
        while !world.orders.is_empty() {
            world.end(&mut rng, 0);
        }
        world.compare(&format!("seed {seed:#x} at the end"));
        let end = world.machine.node(0);
        assert_eq!((end.open_orders, end.open_order_value), (0, Wide::ZERO), "seed {seed:#x}");
        let of = world.seen;
        seen.accepted += of.accepted;
        seen.leg_fills += of.leg_fills;
        seen.spread_fills += of.spread_fills;
        seen.busts += of.busts;
        seen.replaced += of.replaced;
        seen.ended += of.ended;
        seen.what_ifs += of.what_ifs;
    }
    for (what, count) in [
        ("accepted", seen.accepted),
        ("leg fills", seen.leg_fills),
        ("spread fills", seen.spread_fills),
        ("busts", seen.busts),
        ("replaces", seen.replaced),
        ("ends", seen.ended),
        ("what-ifs", seen.what_ifs),
    ] {
        assert!(count > 200, "only {count} {what}");
    }
}

/// A fill of a whole spread and its bust, whatever the marks do in between, leave the result as if
/// neither had been.
#[test]
fn a_busted_fill_of_a_spread_leaves_no_gain_or_loss() {
    for seed in 0..200 {
        let mut rng = Rng::new(SEED + seed);
        let mut world = World::new();
        for instrument in 0..PLAIN {
            world.mark(instrument, rng.between(20, 40) * PRICE_ONE + rng.between(0, 999));
        }
        world.new_order(&mut rng);
        let at = 0;
        if world.orders[at].instrument < PLAIN {
            continue;
        }
        let order = world.orders[at].clone();
        let before = world.machine.node(0).day_pnl;
        let fill = OrderSlot {
            kind: kind::FILL,
            reference: 77,
            price: rng.between(-5_000, 5_000) * 1_000_003,
            qty: order.in_force.1,
            ..World::slot(&order)
        };
        world.send(&fill);
        for instrument in 0..PLAIN {
            world.mark(instrument, rng.between(20, 40) * PRICE_ONE + rng.between(0, 999));
        }
        world.send(&OrderSlot { kind: kind::BUST, ..fill });
        assert_eq!(world.machine.node(0).day_pnl, before, "seed {seed}");
        for leg in 0..PLAIN {
            assert_eq!(world.machine.row(order.account, leg), RowView::default(), "seed {seed}");
        }
    }
}

#[test]
fn legs_that_make_no_sense_are_refused_with_what_is_wrong() {
    let wrong = |legs: Vec<(u32, i32)>, change: fn(&mut Instrument)| {
        let mut setup = setup();
        let mut spread = Instrument { legs, ..Instrument::plain("W") };
        change(&mut spread);
        setup.instruments.push(spread);
        setup.verify().join("; ")
    };
    let nothing = |_: &mut Instrument| {};
    assert_eq!(wrong(vec![(0, 1), (1, -1)], nothing), "");
    for (legs, words) in [
        (vec![(0, 0)], "ratio of leg 1 is 0"),
        (vec![(0, 10_001)], "ratio of leg 1 is 10001"),
        (vec![(0, i32::MIN)], "ratio of leg 1"),
        (vec![(0, 1), (99, 1)], "leg 2 must stand before it"),
        (vec![(0, 1), (7, 1)], "leg 2 must stand before it"),
        (vec![(4, 1)], "is a spread itself"),
        (vec![(0, 1), (0, -1)], "stands twice"),
        (vec![(0, 1), (1, 1), (2, 1), (3, 1), (0, 1)], "it has 5 legs"),
    ] {
        let text = wrong(legs.clone(), nothing);
        assert!(text.contains(words), "{legs:?}: {text}");
    }
    let text = wrong(vec![(0, 1)], |i| i.inverse = true);
    assert!(text.contains("not inverse"), "{text}");
    let text = wrong(vec![(0, 1)], |i| i.margin_long = 1);
    assert!(text.contains("no margin_long"), "{text}");
}
