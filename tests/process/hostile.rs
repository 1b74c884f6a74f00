//! A hostile client (`tests/hostile/hostile.c`) against a gate of real processes, one attack after
//! the other, while an honest client on another lane sends orders all the time: the honest one gets
//! every verdict, the engine lives, and the lane of the hostile one ends as it must.
//!
//! `RISKGATE_SEED` repeats a run; `RISKGATE_HOSTILE_MS` makes each attack longer (default 250).

mod support;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use riskgate::abi::lane::{lane_state, quarantine};
use riskgate::abi::order::{OrderSlot, kind};
use riskgate::abi::verdict::decision;
use riskgate::journal::image;
use riskgate::shm::client::{LaneClient, NotSubmitted};
use riskgate::shm::lane::reason_text;
use riskgate::state::setup::{Account, Capacity, Lane, Setup};
use riskgate::stats::PerLane;
use support::*;

const RISKGATE: &str = env!("CARGO_BIN_EXE_riskgate");
/// Most that a supervisor may hold in memory, whatever clients do.
const SUPERVISOR_KIB_MAX: u64 = 256 << 10;

/// How a hostile client's lane must end.
#[derive(Clone, Copy, PartialEq, Debug)]
enum End {
    /// In quarantine for this reason.
    Quarantine(u32),
    /// In quarantine for whatever came first, or, if nothing was torn, closed.
    QuarantineOrClosed,
    /// Served to the end: everything that it sent has an answer in the protocol.
    Closed,
    /// It never had a lane.
    Nothing,
}

use End::*;
const ATTACKS: &[(&str, End)] = &[
    ("memory", QuarantineOrClosed),
    ("stamped", Closed),
    ("bytes", Quarantine(quarantine::BAD_SEQUENCE)),
    ("extension_missing", Quarantine(quarantine::BROKEN_EXTENSION)),
    ("extension_double", Quarantine(quarantine::BROKEN_EXTENSION)),
    ("extension_id", Quarantine(quarantine::BROKEN_EXTENSION)),
    ("extension_unflagged", Quarantine(quarantine::BROKEN_EXTENSION)),
    ("extension_nothing_follows", Closed),
    ("cursor_back", Quarantine(quarantine::BAD_CURSOR)),
    ("cursor_far", Quarantine(quarantine::BAD_CURSOR)),
    ("cursor_race", Quarantine(quarantine::BAD_CURSOR)),
    ("two_producers", QuarantineOrClosed),
    ("deaf", Closed),
    ("backlog", Closed),
    ("midslot", QuarantineOrClosed),
    ("ghost", QuarantineOrClosed),
    ("twice", Closed),
    ("queries", Closed),
    ("seal_first", Nothing),
    ("flood", Nothing),
];

#[test]
fn a_hostile_client_harms_nobody_but_itself() {
    let (_alone, _watchdog) = (alone(), Watchdog::new("a_hostile_client"));
    let number = |name: &str| std::env::var(name).ok().map(|v| v.parse::<u64>().unwrap());
    let seed = number("RISKGATE_SEED").unwrap_or(20_261_121);
    let ms = number("RISKGATE_HOSTILE_MS").unwrap_or(250);
    println!("RISKGATE_SEED={seed} RISKGATE_HOSTILE_MS={ms}");
    let dir = fresh_dir();
    let program = compile(&dir);
    std::fs::write(dir.join("setup"), image::encode(&firm())).unwrap();
    let mut gate = Gate::start_in(RISKGATE, &dir, &[]);
    let _marks = gate.marks();
    let engine = gate.engine_pid();

    let stop = Arc::new(AtomicBool::new(false));
    let honest = {
        let (client, stop) = (gate.connect("honest"), stop.clone());
        std::thread::spawn(move || honest(client, &stop))
    };
    for (number, (attack, end)) in ATTACKS.iter().enumerate() {
        let child = launch(&program, &gate, attack, seed + number as u64, ms);
        finish(attack, child, ms);
        ended_as(&gate, number as u32 + 1, attack, *end);
        assert_eq!(gate.engine_pid(), engine, "{attack}: another engine");
        assert!(is_alive(engine) && !honest.is_finished(), "{attack}: engine or client died");
    }
    stop.store(true, Ordering::Relaxed);
    let report = honest.join().expect("the honest client is well");
    println!("honest: {report}");
    assert!(peak_kib(gate.supervisor_pid()) < SUPERVISOR_KIB_MAX, "the supervisor grew");
    // The doors are open for honest newcomers, in the same epoch.
    let late = gate.connect_soon("late");
    assert_eq!(late.welcome().epoch, 1);
    assert!(gate.stop().success());
}

/// One lane for the honest client, one per attack, one for a newcomer. Hostile lanes have an
/// account of their own (lane number plus two) and a bound on open orders, as a firm would give
/// them.
fn firm() -> Setup {
    let lane = |(n, (attack, _)): (usize, &(&str, End))| Lane {
        accounts: vec![n as u32 + 3],
        max_open_orders: 1000,
        ..Lane::unrestricted(attack, n as u32 + 1)
    };
    let mut lanes = vec![Lane::unrestricted("honest", 0)];
    lanes.extend(ATTACKS.iter().enumerate().map(lane));
    lanes.push(Lane::unrestricted("late", 1000));
    let mut firm = setup();
    for (attack, _) in ATTACKS {
        let account = Account { name: attack.to_string(), ..firm.accounts[1].clone() };
        firm.accounts.push(account);
    }
    Setup { lanes, capacity: Capacity { history: 1 << 10, ..Capacity::default() }, ..firm }
}

fn compile(dir: &Path) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let out = dir.join("hostile");
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_string());
    let done = Command::new(&compiler)
        .args(["-std=c11", "-O2", "-g", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
        .arg("-I")
        .arg(root.join("include"))
        .arg(root.join("tests/hostile/hostile.c"))
        .arg("-o")
        .arg(&out)
        .arg("-lpthread")
        .status()
        .unwrap_or_else(|e| panic!("{compiler}: {e}: install a C compiler, or set $CC"));
    assert!(done.success());
    out
}

fn launch(program: &Path, gate: &Gate, attack: &str, seed: u64, ms: u64) -> Child {
    println!("attack {attack}, seed {seed}");
    Command::new(program)
        .arg(gate.socket())
        .args([attack, attack, &seed.to_string(), &ms.to_string()])
        .stdin(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits for the hostile client's own end. 1 says that something succeeded that must fail.
fn finish(attack: &str, mut child: Child, ms: u64) {
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed().as_millis() > u128::from(ms) + PATIENCE.as_millis() {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("{attack}: the hostile client hangs");
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    };
    assert_eq!(status.code(), Some(0), "{attack}: see what it printed");
}

fn ended_as(gate: &Gate, lane: u32, attack: &str, end: End) {
    let stats = gate.stats();
    let (state, reason) = until(&format!("the end of lane {attack}"), || {
        let state = stats.lane(lane, PerLane::State) as u32;
        let over = state != lane_state::OPEN || end == Nothing;
        over.then(|| (state, stats.lane(lane, PerLane::Reason) as u32))
    });
    let quarantined = state == lane_state::QUARANTINED;
    let text = if quarantined { reason_text(reason) } else { "" };
    println!(
        "attack {attack}: lane state {state} {text}, {} requests, {} accepted, {} reports, {} unread",
        stats.lane(lane, PerLane::Orders),
        stats.lane(lane, PerLane::Accepts),
        stats.lane(lane, PerLane::Reports),
        stats.lane(lane, PerLane::Unread)
    );
    match end {
        Quarantine(wanted) => {
            assert!(quarantined, "{attack}: lane state {state}");
            assert_eq!(reason, wanted, "{attack}: {text}");
        }
        Closed => assert_eq!(state, lane_state::CLOSED, "{attack}: {text}"),
        QuarantineOrClosed => assert!(quarantined || state == lane_state::CLOSED, "{attack}"),
        Nothing => assert_eq!(state, lane_state::AWAIT_READY, "{attack}"),
    }
}

/// One order after the other, each with its verdict and its end at the venue, until told to stop.
fn honest(mut client: LaneClient, stop: &AtomicBool) -> String {
    let send = |client: &mut LaneClient, slot: &OrderSlot| {
        until("the gate to take an order", || match client.submit(&slot.to_words()) {
            Ok(()) => Some(()),
            // A loaded host may be slow; the engine is the same at the end.
            Err(NotSubmitted::Full | NotSubmitted::GateDown) => {
                std::thread::yield_now();
                None
            }
            Err(why) => panic!("not submitted: {why:?}"),
        });
    };
    let (mut id, mut refused, mut times_ns) = (0, 0, Vec::new());
    while !stop.load(Ordering::Relaxed) {
        id += 1;
        let started = Instant::now();
        send(&mut client, &OrderSlot { account: 2, ..new_order(id, 1) });
        let answer = verdict(&mut client);
        times_ns.push(started.elapsed().as_nanos() as u64);
        assert_eq!((answer.order_id, answer.epoch), (id, 1));
        if answer.decision == decision::ACCEPT {
            send(&mut client, &OrderSlot { account: 2, ..report(kind::CANCELLED, id, 0, 0, 0) });
        } else {
            // Only a journal that the others have filled is an excuse.
            let full = riskgate::abi::codes::Check::JournalUnavailable.number();
            assert_eq!(answer.first_check, full, "order {id}: {answer:?}");
            refused += 1;
        }
    }
    times_ns.sort_unstable();
    let at = |part: f64| times_ns[((times_ns.len() - 1) as f64 * part) as usize] / 1000;
    format!(
        "{id} orders, each with its verdict, {refused} refused for want of journal; round trip \
         {} us p50, {} us p99, {} us p99.9 (a shared host, and {} attacks)",
        at(0.5),
        at(0.99),
        at(0.999),
        ATTACKS.len()
    )
}

/// Most memory that a process has ever held.
fn peak_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    let kib = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    println!("supervisor: peak {kib} KiB");
    kib
}
