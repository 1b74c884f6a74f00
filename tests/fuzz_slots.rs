//! Adversarial slots and marks against the state machine: it never panics (assertions and overflow
//! checks are on in test builds), never allocates where it may not grow, and what it reserved is
//! exactly what is open.
//!
//! `RISKGATE_SEED` repeats a run, `RISKGATE_FUZZ_SLOTS` makes it longer (default 600,000).

#[path = "fuzz/counting.rs"]
mod counting;
#[path = "fuzz/hours.rs"]
mod hours;
#[path = "fuzz/limits.rs"]
mod limits;
#[path = "fuzz/world.rs"]
mod world;

use riskgate::abi::order::{kind, side};
use riskgate::abi::verdict::decision;
use riskgate::abi::{PRICE_UNDEFINED, SlotWords};
use riskgate::fixed::{PRICE_ONE, Wide};
use riskgate::machine::{Environment, Machine, MarkInput};
use std::collections::{BTreeMap, BTreeSet};
use world::{Rng, WALL_OFFSET_NS, World};

const SEED: u64 = 0x7219_c0de;
const SLOTS: u64 = 600_000;
/// Slots of one world.
const LIFE: u64 = 20_000;

fn number(variable: &str, default: u64) -> u64 {
    let text = std::env::var(variable).unwrap_or_default();
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).unwrap(),
        None if text.is_empty() => default,
        None => text.parse().unwrap(),
    }
}

/// Says which seed failed, however it failed.
struct Blame(u64);

impl Drop for Blame {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("world failed: RISKGATE_SEED={:#x} RISKGATE_FUZZ_SLOTS=1", self.0);
        }
    }
}

#[test]
fn no_slot_breaks_the_state_machine() {
    let (first, slots) = (number("RISKGATE_SEED", SEED), number("RISKGATE_FUZZ_SLOTS", SLOTS));
    println!("RISKGATE_SEED={first:#x} RISKGATE_FUZZ_SLOTS={slots}");
    let mut seen = Seen::default();
    for n in 0..slots.div_ceil(LIFE) {
        let seed = first.wrapping_add(n);
        let _blame = Blame(seed);
        life(seed, &mut seen);
    }
    println!("{seen:?}");
    if slots >= SLOTS {
        // A fuzzer that never comes deep proves nothing.
        assert!(seen.accepted > 1000 && seen.full > 100 && seen.reports > 1000, "{seen:?}");
        assert!(seen.checks.len() > 20, "{} checks fired: {:?}", seen.checks.len(), seen.checks);
    }
}

/// What the worlds came to.
#[derive(Default, Debug)]
struct Seen {
    accepted: u64,
    rejected: u64,
    reports: u64,
    marks: u64,
    events: u64,
    /// Rejections because a table was full.
    full: u64,
    checks: BTreeSet<&'static str>,
}

fn life(seed: u64, seen: &mut Seen) {
    let mut world = World::new(Rng(seed));
    let setup = world.setup.clone();
    let mut machine = Machine::new(&setup).unwrap();
    // The same inputs in another machine must lead to the same state, to the last bit.
    let mut twin = Machine::new(&setup).unwrap();
    machine.set_wall_offset(WALL_OFFSET_NS);
    twin.set_wall_offset(WALL_OFFSET_NS);
    for step in 0..LIFE {
        let now_ns = world.tick();
        if world.rng.one_in(12) {
            let (instrument, mark) = world.mark();
            counting::nothing(|| *machine.mark(now_ns, instrument, &mark));
            twin.mark(now_ns, instrument, &mark);
            seen.marks += 1;
        } else if world.rng.one_in(400) {
            let command = world.command();
            let done = machine.control(now_ns, &command).is_ok();
            assert_eq!(twin.control(now_ns, &command).is_ok(), done);
        } else {
            let (lane, words, extension) = world.slot();
            let environment = world.environment();
            let extended = extension.as_ref();
            let outcome =
                counting::nothing(|| *machine.order(now_ns, lane, &words, extended, environment));
            let same = twin.order(now_ns, lane, &words, extension.as_ref(), environment);
            assert_eq!(outcome, *same, "two machines disagree");
            let is_report = (kind::VOID..=kind::BUST).contains(&(words[6] as u8));
            assert_ne!(
                outcome.answers(),
                is_report,
                "a verdict for a report, or none for a request"
            );
            let verdict = outcome.to_verdict(step, now_ns, 1_000_000, 7);
            assert_eq!(verdict.decision, outcome.decision);
            match outcome.decision {
                decision::ACCEPT => seen.accepted += 1,
                decision::REJECT => seen.rejected += 1,
                _ => seen.reports += u64::from(is_report),
            }
            let breaches = outcome.breaches.iter().chain(outcome.alerts.iter());
            seen.checks.extend(breaches.map(|check| check.name()));
            seen.full += u64::from(outcome.first.is_some_and(|b| b.check.name() == "capacity"));
            world.learn(lane, &words, &outcome);
        }
        seen.events += machine.events().len() as u64;
        if step % 500 == 0 {
            open_quantity_is_conserved(&machine);
        }
    }
    open_quantity_is_conserved(&machine);
    assert_eq!(machine.state_hash(), twin.state_hash(), "two machines differ");
    everything_released_leaves_nothing(&mut machine, &mut world);
}

/// What rows and nodes have open is the sum over the open orders.
fn open_quantity_is_conserved(machine: &Machine) {
    let setup = machine.setup();
    let mut rows: BTreeMap<(u32, u32), (i128, i128)> = BTreeMap::new();
    let mut counts = vec![0u32; setup.accounts.len()];
    let mut lanes = vec![0u32; setup.lanes.len()];
    for order in machine.open_orders() {
        let row = rows.entry((order.account, order.instrument)).or_default();
        let qty = i128::from(order.reserved);
        assert!(qty > 0, "an open order reserves nothing: {order:?}");
        if order.side == side::BUY {
            row.0 += qty
        } else {
            row.1 += qty
        }
        let mut node = Some(order.account);
        while let Some(id) = node {
            counts[id as usize] += 1;
            node = setup.accounts[id as usize].parent;
        }
        lanes[order.lane as usize] += 1;
    }
    for (account, instrument, row) in machine.rows() {
        let (buys, sells) = rows.remove(&(account, instrument)).unwrap_or_default();
        let clamped = |v: i128| v.min(i128::from(i64::MAX)) as i64;
        let open = (row.open_buy, row.open_sell);
        assert_eq!(open, (clamped(buys), clamped(sells)), "{account} {instrument}");
    }
    assert!(rows.is_empty(), "orders without a row: {rows:?}");
    for (node, count) in counts.into_iter().enumerate() {
        assert_eq!(machine.node(node as u32).open_orders, count, "open orders of node {node}");
    }
    for (lane, count) in lanes.into_iter().enumerate() {
        assert_eq!(machine.lane_open_orders(lane as u32), count, "open orders of lane {lane}");
    }
}

/// Releases all orders: nothing stays open, to the last digit, at any node; what is left is the
/// worth of the positions at the mark.
fn everything_released_leaves_nothing(machine: &mut Machine, world: &mut World) {
    let good = Environment::GOOD;
    for order in machine.open_orders() {
        let mut words: SlotWords = [0; 8];
        words[1] = order.order_id;
        words[6] = u64::from(kind::CANCELLED);
        machine.order(world.tick(), order.lane, &words, None, good);
    }
    assert!(machine.open_orders().is_empty());
    let setup = machine.setup().clone();
    let mut marks = Vec::new();
    for (id, instrument) in setup.instruments.iter().enumerate() {
        let sign = if instrument.negative_price { -1 } else { 1 };
        let price = sign * (id as i64 + 3) * PRICE_ONE;
        let now_ns = world.tick();
        let mark = MarkInput {
            bid: price,
            ask: price,
            last: PRICE_UNDEFINED,
            close: PRICE_UNDEFINED,
            quote_ns: now_ns,
            last_ns: 0,
            volume: 0,
        };
        machine.mark(now_ns, id as u32, &mark);
        marks.push(if instrument.inverse { PRICE_ONE } else { price.abs() });
    }
    let mut executed = vec![Wide::ZERO; setup.accounts.len()];
    for (account, instrument, row) in machine.rows() {
        assert_eq!((row.open_buy, row.open_sell), (0, 0));
        let i = &setup.instruments[instrument as usize];
        let unit = i.unit(machine.rate(i.currency)).unwrap_or(0);
        let magnitude = i128::from(marks[instrument as usize]);
        let worth = Wide::product(i128::from(row.position).abs() * magnitude, unit);
        let mut node = Some(account);
        while let Some(id) = node {
            executed[id as usize] = executed[id as usize].plus(worth);
            node = setup.accounts[id as usize].parent;
        }
    }
    for (id, worth) in executed.into_iter().enumerate() {
        let node = machine.node(id as u32);
        assert_eq!(node.open_orders, 0);
        assert_eq!(node.open_order_value, Wide::ZERO, "node {id} keeps open value");
        assert_eq!(node.executed, worth, "node {id}: worth of its positions");
        assert_eq!(node.gross_exposure, worth, "node {id}: gross without open orders");
        assert_eq!(node.long_exposure.plus(node.short_exposure), worth, "node {id}: long + short");
    }
}
