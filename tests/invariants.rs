//! What must hold of the real gate whatever comes, without asking the reference what is right.

#[path = "model/mod.rs"]
mod model;

use model::life::Input;
use model::play::{self, feed, script, views};
use model::rng::Rng;
use riskgate::abi::PRICE_UNDEFINED;
use riskgate::abi::order::{ExtensionSlot, OrderSlot, flag, kind, order_type, side, tif};
use riskgate::abi::verdict::{self, decision};
use riskgate::fixed::{PRICE_ONE, QTY_ONE, Wide};
use riskgate::machine::{Environment, Machine, MarkInput, NodeView};
use riskgate::state::setup::{Account, Capacity, Currency, Instrument, Lane, Setup};
use std::collections::BTreeMap;
use std::time::Duration;

const SEED: u64 = 0x1277_0000;

fn worlds() -> std::ops::Range<u64> {
    let first = play::number_from("RISKGATE_SEED", SEED);
    let standard = if cfg!(debug_assertions) { 40 } else { 400 };
    first..first + play::number_from("RISKGATE_WORLDS", standard)
}

#[test]
fn open_quantities_and_counts_equal_the_open_orders() {
    play::watchdog(Duration::from_secs(600));
    for seed in worlds() {
        let (world, script) = script(seed, 300);
        let mut machine = Machine::new(&world.setup).expect("a valid setup");
        for (step, (now_ns, input)) in script.iter().enumerate() {
            feed(&mut machine, *now_ns, input);
            if step % 8 == 0 {
                conserved(&machine, &world.setup, &format!("seed {seed:#x} step {step}"));
            }
        }
    }
}

/// One exposure of a node.
type Part = fn(&NodeView) -> Wide;

/// Rows are the sums of the open orders; a node is the sum of its children.
fn conserved(machine: &Machine, setup: &Setup, place: &str) {
    let mut open: BTreeMap<(u32, u32), (i64, i64)> = BTreeMap::new();
    let mut per_lane = vec![0u32; setup.lanes.len()];
    let mut per_node = vec![0u32; setup.accounts.len()];
    for order in machine.open_orders() {
        let row = open.entry((order.account, order.instrument)).or_default();
        *(if order.side == side::BUY { &mut row.0 } else { &mut row.1 }) += order.reserved;
        per_lane[order.lane as usize] += 1;
        let mut at = Some(order.account);
        while let Some(node) = at {
            per_node[node as usize] += 1;
            at = setup.accounts[node as usize].parent;
        }
        assert!(order.reserved > 0, "{place}: order {} holds nothing", order.order_id);
    }
    for (account, instrument, row) in machine.rows() {
        let expected = open.remove(&(account, instrument)).unwrap_or_default();
        let found = (row.open_buy, row.open_sell);
        assert_eq!(found, expected, "{place}: account {account} instrument {instrument}");
        assert_eq!(machine.row(account, instrument), row, "{place}");
    }
    assert!(open.is_empty(), "{place}: open orders without a row: {open:?}");
    for (lane, count) in per_lane.iter().enumerate() {
        assert_eq!(machine.lane_open_orders(lane as u32), *count, "{place}: lane {lane}");
    }
    for node in 0..setup.accounts.len() as u32 {
        let view = machine.node(node);
        assert_eq!(view.open_orders, per_node[node as usize], "{place}: orders of node {node}");
        let children: Vec<NodeView> = (0..setup.accounts.len() as u32)
            .filter(|n| setup.accounts[*n as usize].parent == Some(node))
            .map(|n| machine.node(n))
            .collect();
        if children.is_empty() {
            continue;
        }
        let sum = |of: Part| children.iter().fold(Wide::ZERO, |sum, child| sum.plus(of(child)));
        let additive: [(&str, Part); 7] = [
            ("gross", |n| n.gross_exposure),
            ("executed", |n| n.executed),
            ("daily traded", |n| n.daily_traded),
            ("long", |n| n.long_exposure),
            ("short", |n| n.short_exposure),
            ("open order value", |n| n.open_order_value),
            ("day result", |n| n.day_pnl),
        ];
        for (name, of) in additive {
            assert_eq!(of(&view), sum(of), "{place}: {name} of node {node} and its children");
        }
    }
}

/// One firm, one account, one instrument at 100, and no limits.
fn small_world() -> Setup {
    let account = Account::plain;
    Setup {
        currencies: vec![Currency { name: "USD".into(), rate: Some(PRICE_ONE) }],
        instruments: vec![Instrument::plain("X")],
        accounts: vec![account("firm", None), account("a", Some(0)), account("b", Some(0))],
        lanes: vec![Lane::unrestricted("L", 0)],
        capacity: Capacity::SMALL,
        ..Setup::default()
    }
}

fn mark(bid: i64, ask: i64, now_ns: u64) -> MarkInput {
    let close = PRICE_UNDEFINED;
    MarkInput { bid, ask, last: close, close, quote_ns: now_ns, last_ns: now_ns, volume: 0 }
}

fn limit_order(id: u64, order_side: u8, price: i64, qty: i64) -> OrderSlot {
    OrderSlot {
        order_id: id,
        price,
        qty,
        account: 1,
        kind: kind::NEW,
        side_bits: order_side,
        type_tif: order_type::LIMIT | tif::DAY << 4,
        ..OrderSlot::default()
    }
}

fn send(machine: &mut Machine, slot: &OrderSlot) -> u8 {
    machine.order(1_000, 0, &slot.to_words(), None, Environment::GOOD).decision
}

#[test]
fn worst_case_covers_every_subset_of_fills() {
    for seed in 0..200 {
        let mut rng = Rng::new(SEED + seed);
        let mut machine = Machine::new(&small_world()).expect("a valid setup");
        let m = 100 * PRICE_ONE;
        machine.mark(1_000, 0, &mark(m, m, 1_000));
        let mut id = 0;
        let mut expected_opens = 0;
        while expected_opens < 8 {
            id += 1;
            let order_side = rng.pick(&[side::BUY, side::SELL]);
            let away = rng.between(1, 20) * PRICE_ONE;
            // Buys below and sells above each other, so that they do not cross.
            let price = if order_side == side::BUY { m - away } else { m + away };
            let slot = limit_order(id, order_side, price, rng.between(1, 50) * QTY_ONE);
            if send(&mut machine, &slot) == decision::ACCEPT {
                expected_opens += 1;
                if rng.chance(30) {
                    // Part of it is filled.
                    let fill = OrderSlot {
                        kind: kind::FILL,
                        qty: (slot.qty / 3).max(1),
                        reference: 1_000 + id,
                        ..slot
                    };
                    send(&mut machine, &fill);
                } else if rng.chance(40) {
                    id += 1;
                    let larger = OrderSlot {
                        kind: kind::REPLACE,
                        order_id: id,
                        reference: slot.order_id,
                        qty: slot.qty * 2,
                        ..slot
                    };
                    assert_eq!(send(&mut machine, &larger), decision::ACCEPT);
                }
            }
        }
        let orders = machine.open_orders();
        let position = machine.row(1, 0).position;
        let node = machine.node(0);
        for subset in 0u32..1 << orders.len() {
            let mut after = i128::from(position);
            for (k, order) in orders.iter().enumerate() {
                if subset >> k & 1 == 1 {
                    let sign = if order.side == side::BUY { 1 } else { -1 };
                    after += sign * i128::from(order.reserved);
                }
            }
            let exposure = Wide::product(after.abs() * i128::from(m), 10u128.pow(19));
            assert!(
                node.gross_exposure >= exposure,
                "seed {seed}: subset {subset:#b} of {orders:?} needs more than is reserved"
            );
            let side_covered = if after >= 0 { node.long_exposure } else { node.short_exposure };
            assert!(side_covered >= exposure, "seed {seed}: subset {subset:#b} by side");
        }
    }
}

#[test]
fn a_voided_request_leaves_no_trace() {
    play::watchdog(Duration::from_secs(600));
    let mut voided = 0;
    for seed in worlds() {
        let (world, script) = script(seed, 200);
        let mut machine = Machine::new(&world.setup).expect("a valid setup");
        for (step, (now_ns, input)) in script.iter().enumerate() {
            // Twice: the first may have found a newer mark, the second cannot.
            let before = views(&machine);
            if accepted_and_voided(&mut machine, *now_ns, input, 1_000_000) {
                let between = views(&machine);
                let place = format!("seed {seed:#x} step {step}: {input:?}");
                assert_eq!(between.rows, before.rows, "{place}: rows");
                assert_eq!(between.orders, before.orders, "{place}: open orders");
                if accepted_and_voided(&mut machine, *now_ns, input, 2_000_000) {
                    assert_eq!(views(&machine), between, "{place}");
                    voided += 1;
                }
            }
            feed(&mut machine, *now_ns, input);
        }
    }
    assert!(voided > 500, "only {voided} requests were voided");
}

/// Sends the request of an input under another id; if it is accepted, takes it back.
fn accepted_and_voided(machine: &mut Machine, now_ns: u64, input: &Input, shift: u64) -> bool {
    let Input::Order { lane, slot, extension, environment } = input else { return false };
    if !matches!(slot.kind, kind::NEW | kind::REPLACE) || slot.order_id == 0 {
        return false;
    }
    let slot = OrderSlot { order_id: slot.order_id + shift, ..*slot };
    let extension = extension.map(|e| ExtensionSlot { order_id: slot.order_id, ..e });
    let (words, extension) = model::life::words(&slot, &extension);
    let outcome = *machine.order(now_ns, *lane, &words, extension.as_ref(), *environment);
    if outcome.decision != decision::ACCEPT || outcome.flags & verdict::flag::REPLAYED != 0 {
        return false;
    }
    let order_id = if slot.kind == kind::NEW { slot.order_id } else { slot.reference };
    let void = OrderSlot {
        kind: kind::VOID,
        order_id,
        reference: slot.order_id,
        instrument: slot.instrument,
        account: slot.account,
        side_bits: slot.side_bits & 3,
        price: PRICE_UNDEFINED,
        ..OrderSlot::default()
    };
    machine.order(now_ns, *lane, &void.to_words(), None, Environment::GOOD);
    true
}

#[test]
fn a_what_if_changes_nothing() {
    assert!(what_ifs() > 1_000);
}

/// Asks "what if" before every request, twice; neither may change anything.
fn what_ifs() -> u64 {
    play::watchdog(Duration::from_secs(600));
    let mut asked = 0;
    for seed in worlds() {
        let (world, script) = script(seed, 200);
        let mut machine = Machine::new(&world.setup).expect("a valid setup");
        for (step, (now_ns, input)) in script.iter().enumerate() {
            if let Input::Order { lane, slot, extension, environment } = input
                && matches!(slot.kind, kind::NEW | kind::REPLACE)
            {
                let slot = OrderSlot {
                    flags: slot.flags | flag::WHAT_IF,
                    order_id: slot.order_id + 1_000_000,
                    ..*slot
                };
                let extension = extension.map(|e| ExtensionSlot { order_id: slot.order_id, ..e });
                let (words, extension) = model::life::words(&slot, &extension);
                // What the time changes (a temporary limit ends) is not the question's doing.
                let nowhere = u32::MAX;
                machine.mark(*now_ns, nowhere, &mark(1, 1, *now_ns));
                for _ in 0..2 {
                    let before = (views(&machine), machine.state_hash());
                    let outcome =
                        *machine.order(*now_ns, *lane, &words, extension.as_ref(), *environment);
                    assert_ne!(outcome.decision, decision::ACCEPT, "a what-if never approves");
                    let place = format!("seed {seed:#x} step {step}: {slot:?}");
                    assert!(machine.events().is_empty(), "{place}: a what-if alerts nobody");
                    assert_eq!(views(&machine), before.0, "{place}: views");
                    assert_eq!(machine.state_hash(), before.1, "{place}: state hash");
                    asked += 1;
                }
            }
            feed(&mut machine, *now_ns, input);
        }
    }
    asked
}

#[test]
fn the_same_inputs_give_the_same_state() {
    play::watchdog(Duration::from_secs(600));
    for seed in worlds() {
        let (world, script) = script(seed, 200);
        let mut one = Machine::new(&world.setup).expect("a valid setup");
        let mut other = Machine::new(&world.setup).expect("a valid setup");
        let mut recovered = Machine::new(&world.setup).expect("a valid setup");
        for (step, (now_ns, input)) in script.iter().enumerate() {
            let place = format!("seed {seed:#x} step {step}");
            let outcome = feed(&mut one, *now_ns, input);
            assert_eq!(feed(&mut other, *now_ns, input), outcome, "{place}");
            assert_eq!(one.events(), other.events(), "{place}");
            match input {
                Input::Order { lane, slot, extension, environment } => {
                    let (words, extension) = model::life::words(slot, extension);
                    let extension = extension.as_ref();
                    let recorded = outcome.decision;
                    recovered.order_recorded(
                        *now_ns,
                        *lane,
                        &words,
                        extension,
                        *environment,
                        recorded,
                    );
                }
                _ => {
                    feed(&mut recovered, *now_ns, input);
                }
            }
            if step % 16 == 0 {
                assert_eq!(one.state_hash(), other.state_hash(), "{place}: two machines");
                assert_eq!(one.state_hash(), recovered.state_hash(), "{place}: recovery");
            }
        }
        assert_eq!(views(&one), views(&recovered), "seed {seed:#x}: views after recovery");
        assert_eq!(one.state_hash(), recovered.state_hash(), "seed {seed:#x}: after recovery");
    }
}
