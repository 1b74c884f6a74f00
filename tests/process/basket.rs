//! Baskets at a gate of real processes: through the C library, longer than the rings, endless, and
//! with an engine that is killed in the middle.

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use riskgate::abi::codes::Check;
use riskgate::abi::gate_page::state;
use riskgate::abi::lane::lane_state;
use riskgate::abi::order::{BASKET_LINES_MAX, OrderSlot, flag};
use riskgate::abi::verdict::decision;
use riskgate::fixed::QTY_ONE;
use riskgate::journal::image;
use riskgate::journal::reader::JournalReader;
use riskgate::journal::replay::replay;
use riskgate::shm::client::{LaneClient, NotSubmitted};
use riskgate::state::limit::{Bound, Limit};
use riskgate::state::setup::Setup;
use support::*;

const RISKGATE: &str = env!("CARGO_BIN_EXE_riskgate");

fn line(id: u64, more: bool) -> OrderSlot {
    let flags = if more { flag::BASKET_MORE } else { 0 };
    OrderSlot { flags, ..new_order(id, (id % 4) as u32) }
}

fn compile(dir: &Path) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let out = dir.join("basket");
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_string());
    let library = std::fs::read_dir(root.join("ffi")).unwrap().map(|file| file.unwrap().path());
    let done = Command::new(&compiler)
        .args(["-std=c11", "-O2", "-g", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I"])
        .arg(root.join("include"))
        .arg(root.join("tests/process/basket.c"))
        .args(library.filter(|path| path.extension().is_some_and(|e| e == "c")))
        .arg("-o")
        .arg(&out)
        .status()
        .unwrap_or_else(|e| panic!("{compiler}: {e}: install a C compiler, or set $CC"));
    assert!(done.success());
    out
}

/// The journal replays to the same verdicts and the same state.
fn replays(gate: &Gate) {
    let mut reader = JournalReader::open_dir(&gate.dir.join("journal")).unwrap();
    let (report, _) = replay(&mut reader).unwrap();
    assert!(report.identical(), "{:?}", report.differences);
}

#[test]
fn the_c_library_checks_baskets_and_parents() {
    let (_alone, _watchdog) = (alone(), Watchdog::new("the_c_library_checks_baskets"));
    let dir = fresh_dir();
    let program = compile(&dir);
    let bound = Bound::Value(i128::from(3000 * QTY_ONE));
    let limits = vec![Limit::new(Check::BasketQty, Some(0), None, bound)];
    std::fs::write(dir.join("setup"), image::encode(&Setup { limits, ..setup() })).unwrap();
    let mut gate = Gate::start_in(RISKGATE, &dir, &[]);
    let _marks = gate.marks();
    let done = Command::new(&program).arg(gate.socket()).arg("a").output().unwrap();
    let text = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{:?}: {text}", done.status);
    assert!(gate.stop().success());
    replays(&gate);
}

#[test]
fn an_engine_killed_in_the_middle_of_baskets_leaves_whole_ones() {
    let (_alone, _watchdog) = (alone(), Watchdog::new("an_engine_killed_in_the_middle"));
    const LINES: u64 = 90;
    let mut gate = Gate::start(RISKGATE);
    let _marks = gate.marks();
    let mut approved: Vec<u64> = Vec::new();
    for round in 0..5u64 {
        let mut client = gate.connect_soon("a");
        let mut answers: BTreeMap<u64, u64> = BTreeMap::new();
        let mut take = |client: &mut LaneClient| {
            while let Some(v) = client.poll().unwrap() {
                assert_eq!(v.decision, decision::ACCEPT, "{v:?}");
                *answers.entry(v.order_id / 1000).or_default() += 1;
            }
        };
        // The round decides where in its fourth basket the engine dies.
        let kill_at = 3 * LINES + 1 + round * 20;
        let mut sent = 0;
        'sending: for basket in 0..5u64 {
            for n in 0..LINES {
                let id = (round * 10 + basket + 1) * 1000 + n;
                let words = line(id, n + 1 < LINES).to_words();
                loop {
                    match client.submit(&words) {
                        Ok(()) => break,
                        Err(NotSubmitted::Full) => take(&mut client),
                        Err(_) => break 'sending,
                    }
                    if client.page().state() == state::FAILED {
                        break 'sending;
                    }
                }
                sent += 1;
                if sent == kill_at {
                    signal(gate.engine_pid(), libc::SIGKILL);
                }
            }
        }
        until("the engine's death", || {
            take(&mut client);
            (client.page().state() == state::FAILED).then_some(())
        });
        take(&mut client);
        approved.extend(answers.iter().filter(|(_, n)| **n == LINES).map(|(basket, _)| *basket));
        let partly: Vec<u64> = answers.keys().copied().collect();
        gate.wait_for_nth("ready: epoch", round as usize + 2);
        let client = gate.connect_soon("a");
        let (_, open) = client.rendezvous().outstanding().unwrap();
        let mut lines: BTreeMap<u64, u64> = BTreeMap::new();
        open.iter().for_each(|order| *lines.entry(order.order_id / 1000).or_default() += 1);
        assert!(lines.values().all(|n| *n == LINES), "part of a basket is open: {lines:?}");
        assert!(approved.iter().all(|basket| lines.contains_key(basket)), "one is lost");
        assert!(partly.iter().all(|basket| lines.contains_key(basket)), "a verdict without it");
        drop(client);
    }
    assert!(gate.stop().success());
    replays(&gate);
}

#[test]
fn an_endless_basket_harms_nobody_else() {
    let (_alone, _watchdog) = (alone(), Watchdog::new("an_endless_basket"));
    let mut gate = Gate::start(RISKGATE);
    let _marks = gate.marks();
    let mut endless = gate.connect("a");
    let mut good = gate.connect("b");
    let mut refused = 0;
    let mut sent = 0;
    for id in 1..=200 {
        while sent < id * 10 && matches!(endless.submit(&line(sent + 1, true).to_words()), Ok(())) {
            sent += 1;
        }
        while let Some(v) = endless.poll().unwrap() {
            assert_eq!(v.decision, decision::REJECT);
            assert_eq!(v.first_check, Check::Malformed.number());
            refused += 1;
        }
        submit(&mut good, &new_order(id, 1));
        let v = verdict(&mut good);
        assert_eq!((v.order_id, v.decision), (id, decision::ACCEPT));
    }
    assert!(sent > BASKET_LINES_MAX as u64 && refused > 0, "{sent} sent, {refused} refused");
    assert_eq!(endless.lane().state().0, lane_state::OPEN);
    let (_, open) = endless.rendezvous().outstanding().unwrap();
    assert!(open.is_empty(), "nothing of it is reserved");
    // A run that is left open goes with its client.
    drop(endless);
    gate.wait_for("0 open orders stay reserved");
    let mut again = gate.connect_soon("a");
    submit(&mut again, &new_order(1_000_000, 0));
    assert_eq!(verdict(&mut again).decision, decision::ACCEPT);
    assert!(gate.stop().success());
    replays(&gate);
}
