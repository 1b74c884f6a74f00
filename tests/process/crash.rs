//! The gate as real processes that die: clients, engine, recorder, supervisor, at any moment.

mod support;

use std::process::{Command, Stdio};

use riskgate::abi::gate_page::state;
use riskgate::abi::order::kind;
use riskgate::abi::rendezvous::status;
use riskgate::abi::verdict::decision;
use riskgate::clock;
use riskgate::engine::state_dir::{self, ENGINE_LOCK, RECORDER_LOCK};
use riskgate::journal::reader::JournalReader;
use riskgate::journal::record::Body;
use riskgate::shm::client::{LaneClient, NotSubmitted};
use support::*;

const RISKGATE: &str = env!("CARGO_BIN_EXE_riskgate");

/// Not a test by itself: the client process that other tests start and kill. It submits orders as
/// fast as it can and prints how many were accepted.
#[test]
fn client_process() {
    let Ok(socket) = std::env::var("RISKGATE_TEST_SOCKET") else { return };
    let lane = std::env::var("RISKGATE_TEST_LANE").unwrap();
    let mut client = match LaneClient::connect(std::path::Path::new(&socket), &lane) {
        Ok(client) => client,
        Err(error) => {
            println!("refused: {error}");
            return;
        }
    };
    println!("connected");
    for id in 1..=1_000_000u64 {
        let slot =
            if id <= 100 { new_order(id, 0) } else { report(kind::ACK, 1 + id % 100, 0, 0, 0) };
        submit(&mut client, &slot);
        if id <= 100 {
            assert_eq!(verdict(&mut client).decision, decision::ACCEPT);
        }
        if id == 100 {
            println!("busy");
        }
    }
}

/// Starts `client_process` of this very program; with a uid if wanted.
fn client_process_of(gate: &Gate, lane: &str, uid: Option<u32>) -> (std::process::Child, String) {
    use std::io::{BufRead, BufReader};
    use std::os::unix::process::CommandExt;
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "client_process", "--nocapture", "--test-threads=1"])
        .env("RISKGATE_TEST_SOCKET", gate.socket())
        .env("RISKGATE_TEST_LANE", lane)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    if let Some(uid) = uid {
        command.uid(uid).gid(uid);
    }
    let mut child = command.spawn().unwrap();
    let mut seen = String::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while let Some(Ok(line)) = lines.next() {
        seen.push_str(&line);
        seen.push('\n');
        if line.contains("busy") || line.contains("refused") {
            break;
        }
    }
    // Keeps the pipe open, so that the client never dies of it.
    std::thread::spawn(move || lines.for_each(drop));
    (child, seen)
}

/// Waits until the kernel has taken the lock back from a dying process.
fn wait_unlocked_by(dir: &std::path::Path, lock: &str) {
    until("a lock to be free", || {
        state_dir::holder(&dir.join("state"), lock).unwrap().is_none().then_some(())
    });
}

fn wait_unlocked(dir: &std::path::Path) {
    wait_unlocked_by(dir, ENGINE_LOCK);
    wait_unlocked_by(dir, RECORDER_LOCK);
}

#[test]
fn a_client_that_is_killed_leaves_its_orders_reserved() {
    let (_alone, _watchdog) = (alone(), Watchdog::new("a_client_that_is_killed"));
    let mut gate = Gate::start(RISKGATE);
    let _marks = gate.marks();
    let mut other = gate.connect("b");
    let (mut child, seen) = client_process_of(&gate, "a", None);
    assert!(seen.contains("busy"), "{seen}");
    child.kill().unwrap();
    child.wait().unwrap();
    gate.wait_for("100 open orders stay reserved");
    for id in 1..=100 {
        submit(&mut other, &new_order(id, 1));
        assert_eq!(verdict(&mut other).decision, decision::ACCEPT);
    }
    let client = gate.connect_soon("a");
    let (_, open) = client.rendezvous().outstanding().unwrap();
    assert_eq!(open.len(), 100);
    assert!(gate.stop().success());
}

#[test]
fn a_killed_engine_is_replaced_and_nothing_is_lost() {
    let (_alone, _watchdog) = (alone(), Watchdog::new("a_killed_engine"));
    let mut gate = Gate::start(RISKGATE);
    let _marks = gate.marks();
    let mut accepted: Vec<u64> = Vec::new();
    let mut next_id = 1;
    for round in 1..=5usize {
        let mut client = gate.connect_soon("a");
        assert_eq!(client.welcome().epoch as usize, round);
        let (_, open) = client.rendezvous().outstanding().unwrap();
        let mut found: Vec<u64> = open.iter().map(|o| o.order_id).collect();
        found.sort_unstable();
        // Every order that we saw accepted is there; one that we did not see may be, too.
        let unseen: Vec<u64> = found.iter().copied().filter(|id| !accepted.contains(id)).collect();
        assert!(accepted.iter().all(|id| found.contains(id)), "round {round}: an order is lost");
        assert!(unseen.len() <= 64, "round {round}: {unseen:?}");
        accepted = found;
        let epoch = client.welcome().epoch;
        let mut left = 40 + round * 7;
        let mut sent = 0;
        loop {
            if sent < 300 {
                match client.submit(&new_order(next_id, (next_id % 4) as u32).to_words()) {
                    Ok(()) => {
                        next_id += 1;
                        sent += 1;
                    }
                    Err(NotSubmitted::GateDown) => break,
                    Err(NotSubmitted::Full) => {}
                    Err(why) => panic!("{why:?}"),
                }
            }
            while let Some(v) = client.poll().unwrap() {
                assert_eq!((v.epoch, v.decision), (epoch, decision::ACCEPT), "{v:?}");
                accepted.push(v.order_id);
                left = left.saturating_sub(1);
                if left == 1 {
                    signal(gate.engine_pid(), libc::SIGKILL);
                }
            }
            if client.page().state() == state::FAILED {
                break;
            }
        }
        // What was published before the death is still readable.
        while let Some(v) = client.poll().unwrap() {
            accepted.push(v.order_id);
            assert!(!client.permits(&v), "a dead engine approved something");
        }
        gate.wait_for_nth("ENGINE DEAD", round);
        gate.wait_for_nth("ready: epoch", round + 1);
    }
    assert!(gate.stop().success());
    let mut reader = JournalReader::open_dir(&gate.dir.join("journal")).unwrap();
    let mut recorded = std::collections::BTreeSet::new();
    while let Some(record) = reader.next_record().unwrap() {
        if let Body::Order(decided) = &record.body {
            assert!(recorded.insert(decided.order_id), "{} decided twice", decided.order_id);
        }
    }
    assert!(accepted.iter().all(|id| recorded.contains(id)), "a verdict is not in the journal");
}

#[test]
fn a_stopped_engine_is_seen_at_once_and_then_replaced() {
    let (_alone, _watchdog) = (alone(), Watchdog::new("a_stopped_engine"));
    let mut gate = Gate::start(RISKGATE);
    let _marks = gate.marks();
    let mut client = gate.connect("a");
    submit(&mut client, &new_order(1, 0));
    assert_eq!(verdict(&mut client).decision, decision::ACCEPT);
    let engine = gate.engine_pid();
    signal(engine, libc::SIGSTOP);
    until("the heartbeat to be stale", || (!client.page().is_live(clock::now_ns())).then_some(()));
    assert_eq!(client.submit(&new_order(2, 0).to_words()), Err(NotSubmitted::GateDown));
    gate.wait_for("has not moved for");
    until("the page to say FAILED", || (client.page().state() == state::FAILED).then_some(()));
    gate.wait_for_nth("ready: epoch", 2);
    assert_ne!(gate.engine_pid(), engine);
    let client = gate.connect_soon("a");
    assert_eq!(client.welcome().epoch, 2);
    assert_eq!(client.rendezvous().outstanding().unwrap().1.len(), 1);
    assert!(gate.stop().success());
}

#[test]
fn a_killed_recorder_is_replaced_and_the_ring_absorbs() {
    let (_alone, _watchdog) = (alone(), Watchdog::new("a_killed_recorder"));
    let mut gate = Gate::start(RISKGATE);
    let _marks = gate.marks();
    let mut client = gate.connect("a");
    for id in 1..=600 {
        if id % 200 == 0 {
            let recorder = gate.pid_of("recorder.lock").unwrap();
            signal(recorder, libc::SIGKILL);
            gate.wait_for_nth("recorder ended with signal 9", (id / 200) as usize);
            until("another recorder", || {
                gate.pid_of("recorder.lock").filter(|pid| *pid != recorder && is_alive(*pid))
            });
        }
        submit(&mut client, &new_order(id, 0));
        assert_eq!(verdict(&mut client).decision, decision::ACCEPT);
    }
    assert!(gate.stop().success());
    let mut reader = JournalReader::open_dir(&gate.dir.join("journal")).unwrap();
    let mut orders = 0;
    while let Some(record) = reader.next_record().unwrap() {
        orders += u64::from(matches!(record.body, Body::Order(_)));
    }
    assert_eq!(orders, 600);
}

#[test]
fn lanes_outlive_the_supervisor_and_a_second_gate_is_refused() {
    let (_alone, _watchdog) = (alone(), Watchdog::new("lanes_outlive_the_supervisor"));
    let mut gate = Gate::start(RISKGATE);
    let _marks = gate.marks();
    let mut client = gate.connect("a");
    let dir = gate.dir.clone();
    let mut second = Gate::launch(RISKGATE, &dir, &[]);
    assert!(!second.ended().success());
    second.wait_for(&format!("belongs to a running gate (process {})", gate.supervisor_pid()));

    let (engine, recorder) = (gate.engine_pid(), gate.pid_of("recorder.lock").unwrap());
    gate.kill_supervisor();
    for id in 1..=300 {
        submit(&mut client, &new_order(id, 0));
        assert_eq!(verdict(&mut client).decision, decision::ACCEPT);
    }
    let mut third = Gate::launch(RISKGATE, &dir, &[]);
    assert!(!third.ended().success());
    third.wait_for(&format!("an engine (process {engine}) of an earlier supervisor still runs"));
    assert!(is_alive(engine), "refusing harms nobody");

    signal(engine, libc::SIGTERM);
    until("the engine to end", || (client.page().state() == state::STOPPED).then_some(()));
    wait_unlocked_by(&dir, ENGINE_LOCK);
    signal(recorder, libc::SIGTERM);
    wait_unlocked(&dir);
    let mut fourth = Gate::start_in(RISKGATE, &dir, &[]);
    fourth.wait_for("300 open orders)");
    assert!(fourth.stop().success());
}

#[test]
fn a_gate_that_lost_all_its_processes_starts_from_its_journal() {
    let (_alone, _watchdog) = (alone(), Watchdog::new("a_gate_that_lost_all"));
    let mut gate = Gate::start(RISKGATE);
    let _marks = gate.marks();
    let mut client = gate.connect("a");
    for id in 1..=500 {
        submit(&mut client, &new_order(id, 0));
        assert_eq!(verdict(&mut client).decision, decision::ACCEPT);
    }
    let (engine, recorder) = (gate.engine_pid(), gate.pid_of("recorder.lock").unwrap());
    // The recorder first: the ring must keep what it has not taken.
    gate.kill_supervisor();
    signal(recorder, libc::SIGKILL);
    for id in 501..=550 {
        submit(&mut client, &new_order(id, 0));
        assert_eq!(verdict(&mut client).decision, decision::ACCEPT);
    }
    signal(engine, libc::SIGKILL);
    let dir = gate.dir.clone();
    wait_unlocked(&dir);
    let mut next = Gate::start_in(RISKGATE, &dir, &[]);
    next.wait_for("550 open orders)");
    let client = next.connect("a");
    assert_eq!(client.rendezvous().outstanding().unwrap().1.len(), 550);
    assert!(next.stop().success());
}

#[test]
fn another_user_gets_no_lane() {
    let (_alone, _watchdog) = (alone(), Watchdog::new("another_user"));
    // SAFETY: the call has no requirement.
    if unsafe { libc::geteuid() } != 0 {
        eprintln!(
            "SKIPPED another_user_gets_no_lane: only root can start a client as another user"
        );
        return;
    }
    use std::os::unix::fs::PermissionsExt;
    let mut gate = Gate::start(RISKGATE);
    // The test opens the doors that the directory closes, to see the lock behind them.
    let open = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    open(&gate.dir, 0o755);
    open(&gate.dir.join("state"), 0o755);
    open(&gate.socket(), 0o666);
    let readable = std::env::current_exe().is_ok_and(|exe| {
        let mut command = Command::new("test");
        use std::os::unix::process::CommandExt;
        command.arg("-x").arg(exe).uid(65534).gid(65534);
        command.status().is_ok_and(|s| s.success())
    });
    if !readable {
        eprintln!("SKIPPED another_user_gets_no_lane: user 65534 cannot execute this test program");
        assert!(gate.stop().success());
        return;
    }
    let (mut child, seen) = client_process_of(&gate, "a", Some(65534));
    child.wait().unwrap();
    assert!(seen.contains("uid 65534 may not use lane a"), "{seen}");
    let (mut child, seen) = client_process_of(&gate, "c", Some(12345));
    assert!(seen.contains("connected"), "{seen}");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(gate.refusal("c").0, status::NOT_PERMITTED);
    assert!(gate.stop().success());
}
