//! The gate as real processes: rendezvous, orders, hostile lanes, the end in good order.

mod support;

use riskgate::abi::lane::{VERDICTS_READ_OFFSET, lane_state, quarantine};
use riskgate::abi::order::{ExtensionSlot, flag, kind};
use riskgate::abi::rendezvous::status;
use riskgate::abi::verdict::decision;
use riskgate::journal::reader::JournalReader;
use riskgate::journal::record::Body;
use riskgate::shm::client::{LaneClient, NotSubmitted};
use riskgate::stats::PerLane;
use riskgate::sync::Ordering;
use support::*;

const RISKGATE: &str = env!("CARGO_BIN_EXE_riskgate");

#[test]
fn thousands_of_orders_get_their_verdicts_and_the_journal_has_each() {
    let (_alone, _watchdog) = (alone(), Watchdog::new("thousands_of_orders"));
    let mut gate = Gate::start(RISKGATE);
    let _marks = gate.marks();
    let mut client = gate.connect("a");
    assert_eq!(client.rendezvous().instrument("GOOG").unwrap(), 2);
    assert_eq!(client.rendezvous().account("A").unwrap(), 1);
    assert!(client.rendezvous().account("nobody").is_err());

    const ORDERS: u64 = 5_000;
    let mut accepted = 0;
    let mut permitted = 0;
    for id in 1..=ORDERS {
        submit(&mut client, &new_order(id, 0));
        let v = verdict(&mut client);
        assert_eq!(v.order_id, id);
        assert_eq!(v.decision, decision::ACCEPT, "order {id}: {v:?}");
        assert_eq!(v.epoch, client.welcome().epoch);
        permitted += u32::from(client.permits(&v));
        accepted += 1;
        // All but the last ten are cancelled by the venue.
        if id <= ORDERS - 10 {
            submit(&mut client, &report(kind::CANCELLED, id, 0, 0, 0));
        }
    }
    assert!(permitted > 0, "not one verdict came before its deadline");
    let (_, open) = client.rendezvous().outstanding().unwrap();
    assert_eq!(open.len(), 10);
    assert!(open.iter().all(|o| o.order_id > ORDERS - 10 && o.account == 1));

    drop(client);
    gate.wait_for("10 open orders stay reserved, 0 requests were not read");
    assert!(gate.stop().success());
    gate.wait_for("stopped: epoch 1, 5000 requests (5000 accepted, 0 rejected), 4990 reports");

    let mut reader = JournalReader::open_dir(&gate.dir.join("journal")).unwrap();
    let mut recorded = Vec::new();
    while let Some(record) = reader.next_record().unwrap() {
        if let Body::Order(decided) = &record.body {
            assert_eq!(decided.decision, decision::ACCEPT);
            recorded.push(decided.order_id);
        }
    }
    assert_eq!(recorded, (1..=accepted).collect::<Vec<u64>>());
}

#[test]
fn a_window_of_orders_is_answered_in_sequence() {
    let (_alone, _watchdog) = (alone(), Watchdog::new("a_window_of_orders"));
    let mut gate = Gate::start(RISKGATE);
    let _marks = gate.marks();
    let mut client = gate.connect("a");
    let (mut sent, mut answered) = (0u64, 0u64);
    while answered < 2_000 {
        while sent < 2_000 && sent - answered < 50 {
            sent += 1;
            submit(&mut client, &new_order(sent, (sent % 4) as u32));
        }
        let v = verdict(&mut client);
        answered += 1;
        assert_eq!(v.order_id, answered);
        assert_eq!(v.decision, decision::ACCEPT, "{v:?}");
    }
    let (_, positions) = client.rendezvous().positions().unwrap();
    let open: i64 = positions.iter().map(|p| p.open_buy).sum();
    assert_eq!(open, 2_000 * 10 * riskgate::fixed::QTY_ONE);
    assert!(gate.stop().success());
}

#[test]
fn a_lane_has_one_client_and_refusals_say_why() {
    let (_alone, _watchdog) = (alone(), Watchdog::new("a_lane_has_one_client"));
    let mut gate = Gate::start(RISKGATE);
    let client = gate.connect("a");
    let (code, text) = gate.refusal("a");
    assert_eq!(code, status::IN_USE);
    assert!(text.contains(&format!("pid {}", std::process::id())), "{text}");
    let (code, text) = gate.refusal("zz");
    assert_eq!(code, status::UNKNOWN_LANE);
    assert!(text.contains("no lane zz"), "{text}");
    let (code, text) = gate.refusal("c");
    assert_eq!(code, status::NOT_PERMITTED, "lane c is for uid 12345, and root is not special");
    assert!(text.contains("12345"), "{text}");
    assert!(LaneClient::connect(&gate.socket(), "a").is_err());
    drop(client);
    let again = gate.connect_soon("a");
    assert_eq!(again.welcome().session, 2);
    assert!(gate.stop().success());
}

/// Breaks lane a in some way, and watches lane b go on.
fn breaks(reason: u32, harm: impl FnOnce(&mut LaneClient)) {
    let mut gate = Gate::start(RISKGATE);
    let _marks = gate.marks();
    let mut bad = gate.connect("a");
    let mut good = gate.connect("b");
    for id in 1..=20 {
        submit(&mut bad, &new_order(id, 0));
        assert_eq!(verdict(&mut bad).decision, decision::ACCEPT);
    }
    harm(&mut bad);
    until("the quarantine", || (bad.lane().state().0 == lane_state::QUARANTINED).then_some(()));
    assert_eq!(bad.lane().state().1, reason);
    assert_eq!(bad.submit(&new_order(99, 0).to_words()), Err(NotSubmitted::LaneDown));
    for id in 1..=200 {
        submit(&mut good, &new_order(id, 1));
        let v = verdict(&mut good);
        assert_eq!((v.order_id, v.decision), (id, decision::ACCEPT));
    }
    assert_eq!(good.lane().state().0, lane_state::OPEN);
    let (_, open) = bad.rendezvous().outstanding().unwrap();
    assert_eq!(open.len(), 20, "its open orders stay");
    drop(bad);
    gate.wait_for("closed in QUARANTINE");
    let (code, text) = gate.refusal("a");
    assert_eq!(code, status::QUARANTINED, "{text}");
    assert!(gate.stop().success());
}

#[test]
fn a_wrong_sequence_number_quarantines_its_lane_only() {
    let (_alone, _watchdog) = (alone(), Watchdog::new("a_wrong_sequence_number"));
    breaks(quarantine::BAD_SEQUENCE, |client| {
        let next = client.lane().orders.produced();
        let slot = (next % 64) as usize;
        let at = riskgate::abi::lane::SLOTS_OFFSET + slot * 64;
        client.lane().client_memory().word(at).store(next + 77, Ordering::Release);
    });
}

#[test]
fn a_wrong_mix_quarantines_its_lane_only() {
    let (_alone, _watchdog) = (alone(), Watchdog::new("a_wrong_mix"));
    breaks(quarantine::BAD_MIX, |client| {
        let next = client.lane().orders.produced();
        let at = riskgate::abi::lane::SLOTS_OFFSET + (next % 64) as usize * 64;
        client.lane().client_memory().word(at).store((next + 1) | (0xbad << 32), Ordering::Release);
    });
}

#[test]
fn a_cursor_that_jumps_quarantines_its_lane_only() {
    let (_alone, _watchdog) = (alone(), Watchdog::new("a_cursor_that_jumps"));
    breaks(quarantine::BAD_CURSOR, |client| {
        client.lane().client_memory().word(VERDICTS_READ_OFFSET).store(1 << 40, Ordering::Release);
    });
}

#[test]
fn an_extension_without_its_order_quarantines_its_lane_only() {
    let (_alone, _watchdog) = (alone(), Watchdog::new("an_extension_without_its_order"));
    breaks(quarantine::BROKEN_EXTENSION, |client| {
        let extension = ExtensionSlot {
            order_id: 21,
            kind_word: u64::from(kind::EXTENSION),
            ..ExtensionSlot::default()
        };
        client.submit(&extension.to_words()).unwrap();
        client.submit(&new_order(21, 0).to_words()).unwrap();
    });
}

#[test]
fn an_order_without_its_extension_quarantines_its_lane_only() {
    let (_alone, _watchdog) = (alone(), Watchdog::new("an_order_without_its_extension"));
    breaks(quarantine::BROKEN_EXTENSION, |client| {
        let order =
            riskgate::abi::order::OrderSlot { flags: flag::HAS_EXTENSION, ..new_order(21, 0) };
        client.submit(&order.to_words()).unwrap();
    });
}

#[test]
fn random_bytes_over_the_whole_lane_harm_nobody_else() {
    let (_alone, _watchdog) = (alone(), Watchdog::new("random_bytes"));
    let seed = std::env::var("RISKGATE_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(7u64);
    println!("RISKGATE_SEED={seed}");
    let mut gate = Gate::start(RISKGATE);
    let _marks = gate.marks();
    let bad = gate.connect("a");
    let mut good = gate.connect("b");
    let mut x = seed | 1;
    let memory = bad.lane().client_memory();
    for offset in (0..memory.len()).step_by(8) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        memory.word(offset).store(x, Ordering::Relaxed);
    }
    until("the quarantine", || (bad.lane().state().0 == lane_state::QUARANTINED).then_some(()));
    for id in 1..=500 {
        submit(&mut good, &new_order(id, 1));
        assert_eq!(verdict(&mut good).order_id, id);
    }
    assert!(gate.stop().success());
}

#[test]
fn a_client_that_never_reads_verdicts_only_stops_itself() {
    let (_alone, _watchdog) = (alone(), Watchdog::new("a_client_that_never_reads"));
    let mut gate = Gate::start(RISKGATE);
    let _marks = gate.marks();
    let mut deaf = gate.connect("a");
    let mut good = gate.connect("b");
    let mut sent = 0;
    // 64 verdict slots and 64 order slots: then it is full for good.
    until("both rings to be full", || match deaf.submit(&new_order(sent + 1, 0).to_words()) {
        Ok(()) => {
            sent += 1;
            None
        }
        Err(NotSubmitted::Full) => (sent >= 128).then_some(()),
        Err(why) => panic!("{why:?}"),
    });
    assert_eq!(sent, 128);
    for id in 1..=200 {
        submit(&mut good, &new_order(id, 1));
        assert_eq!(verdict(&mut good).order_id, id);
    }
    for id in 1..=128 {
        assert_eq!(verdict(&mut deaf).order_id, id, "nothing was lost");
    }
    assert!(gate.stats().lane(0, PerLane::VerdictStalls) > 0);
    assert!(gate.stop().success());
}

#[test]
fn the_end_in_good_order_tells_connected_clients() {
    let (_alone, _watchdog) = (alone(), Watchdog::new("the_end_in_good_order"));
    let mut gate = Gate::start(RISKGATE);
    let _marks = gate.marks();
    let mut client = gate.connect("a");
    submit(&mut client, &new_order(1, 0));
    assert_eq!(verdict(&mut client).decision, decision::ACCEPT);
    assert!(gate.stop().success());
    assert_eq!(client.submit(&new_order(2, 0).to_words()), Err(NotSubmitted::GateDown));
    assert_eq!(client.lane().state().0, lane_state::CLOSED);
    assert!(!gate.socket().exists());
    gate.wait_for("1 open orders stay reserved");

    // The next start finds the order again.
    let dir = gate.dir.clone();
    let mut next = Gate::start_in(RISKGATE, &dir, &[]);
    next.wait_for("1 open orders)");
    let client = next.connect("a");
    assert_eq!(client.welcome().epoch, 2);
    let (_, open) = client.rendezvous().outstanding().unwrap();
    assert_eq!(open.len(), 1);
    assert!(next.stop().success());
}
