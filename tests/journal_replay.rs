//! From the journal alone: followers reach the engine's state, replay reaches the same decisions.

mod journal_support;

use std::path::Path;

use journal_support::engine::{BUILD, Engine, setup};
use journal_support::{Dir, Random};
use riskgate::abi::verdict::decision;
use riskgate::journal::follow::Follower;
use riskgate::journal::reader::{JournalReader, segment_files};
use riskgate::journal::record::{Body, Record, bytes_of, words_of};
use riskgate::journal::recorder::{Options, Recorder, salvage};
use riskgate::journal::replay::{Report, replay};
use riskgate::journal::ring::{RingPaths, RingReader};
use riskgate::journal::segment::{Head, RECORDS_OFFSET};

fn options(dir: &Path) -> Options {
    Options { segment_records: 300, ..Options::in_dir(dir) }
}

/// Runs epochs with `steps` inputs each; even ones end gracefully, odd ones die. Returns the state
/// hash at the end.
fn run(state: &Path, dir: &Path, seed: u64, epochs: u32, steps: u64) -> u64 {
    let mut r = Random(seed);
    let (mut first, mut id, mut before, mut hash) = (1, 0, None, 0);
    for epoch in 1..=epochs {
        let paths = RingPaths::in_dir(state, epoch);
        paths.create(1 << 14, first).expect("create");
        let mut engine = Engine::start(&paths, before.take(), id);
        let mut recorder = Recorder::open(&paths, options(dir)).expect("recorder");
        for step in 0..steps {
            engine.step(&mut r);
            if step % 7 == 0 && step < steps / 2 {
                recorder.drain_some(step).expect("drain");
            }
        }
        id = engine.next_id();
        hash = engine.machine.state_hash();
        drop(recorder);
        if epoch % 2 == 0 {
            let _ = engine.stop();
        }
        // Recovery: from segments and what is left in the ring.
        let mut ring = RingReader::open(&paths, 0).expect("ring");
        let mut follower = Follower::new(BUILD);
        let torn = follower.catch_up(dir, Some(&mut ring)).expect("follows");
        assert_eq!(torn, None);
        assert_eq!(follower.progress().stopped, epoch % 2 == 0);
        assert_eq!(follower.machine().expect("machine").state_hash(), hash, "epoch {epoch}");
        first = follower.progress().last_seq + 1;
        assert_eq!(salvage(&paths, options(dir), 1).expect("salvage"), first - 1);
        before = follower.into_machine().expect("whole");
    }
    hash
}

fn replayed(dir: &Path) -> Report {
    let mut reader = JournalReader::open_dir(dir).expect("open");
    replay(&mut reader).expect("replays").0
}

#[test]
fn followers_and_replay_reach_the_engines_state_over_crashes() {
    for seed in [51, 52, 53] {
        let (state, dir) = (Dir::new("replay-state"), Dir::new("replay"));
        let hash = run(&state.0, &dir.0, seed, 4, 900);
        let report = replayed(&dir.0);
        println!("seed {seed}: {report:?}");
        assert!(report.identical(), "{:#?}", report.differences);
        assert_eq!((report.epochs, report.hashes, report.state_hash), (4, 6, hash));
        assert!(report.accepted > 100 && report.rejected > 100 && report.reports > 100);
        let mut follower = Follower::new(BUILD);
        follower.catch_up(&dir.0, None).expect("follows");
        let machine = follower.machine().expect("machine");
        assert_eq!((machine.state_hash(), machine.setup()), (hash, &setup()));
    }
}

/// Changes the first record for which `change` says so, and makes all checksums right again.
fn forge(dir: &Path, change: impl Fn(&mut Record) -> bool) -> u64 {
    for path in segment_files(dir).expect("list") {
        let mut bytes = std::fs::read(&path).expect("read");
        let head = Head::from_block(&bytes).expect("head");
        let mut forged = 0;
        for slot in bytes[RECORDS_OFFSET..].as_chunks_mut::<256>().0 {
            let Ok(mut record) = Record::from_bytes(slot) else { break };
            if forged == 0 && change(&mut record) {
                forged = record.seq;
                *slot = head.header.stamped(&words_of(&bytes_of(&record.to_words())));
            }
        }
        if forged > 0 {
            // The chain would notice: keep this segment alone, without its seal.
            bytes[1024..1064].fill(0);
            for other in segment_files(dir).expect("list") {
                if other > path {
                    std::fs::remove_file(other).expect("remove");
                }
            }
            std::fs::write(&path, bytes).expect("write");
            return forged;
        }
    }
    panic!("nothing to forge");
}

#[test]
fn a_decision_that_is_not_what_the_checks_say_is_found() {
    let (state, dir) = (Dir::new("forge-state"), Dir::new("forge"));
    run(&state.0, &dir.0, 61, 1, 900);
    let seq = forge(&dir.0, |record| match &mut record.body {
        Body::Order(d) if d.decision == decision::REJECT => {
            d.decision = decision::ACCEPT;
            true
        }
        _ => false,
    });
    let report = replayed(&dir.0);
    assert!(!report.identical());
    let first = &report.differences[0];
    assert_eq!((first.seq, first.what), (seq, "decision"));
    assert_eq!((first.recorded.as_str(), first.replayed.as_str()), ("accept", "reject"));
}

#[test]
fn a_follower_refuses_another_state_of_its_own_build_and_notes_that_of_another() {
    let (state, dir) = (Dir::new("hash-state"), Dir::new("hash"));
    run(&state.0, &dir.0, 71, 2, 100);
    forge(&dir.0, |record| match &mut record.body {
        Body::Start(start) if record.epoch == 2 => {
            start.state_hash ^= 1;
            true
        }
        _ => false,
    });
    let refused = Follower::new(BUILD).catch_up(&dir.0, None).expect_err("refused").to_string();
    assert!(refused.contains("applying the journal gives"), "{refused}");
    let mut other = Follower::new("another build");
    other.catch_up(&dir.0, None).expect("goes on");
    assert_eq!(other.progress().notes.len(), 1);
}

#[test]
fn a_journal_without_its_beginning_is_not_replayed_from_nothing() {
    let (state, dir) = (Dir::new("headless-state"), Dir::new("headless"));
    run(&state.0, &dir.0, 81, 2, 900);
    std::fs::remove_file(&segment_files(&dir.0).expect("list")[0]).expect("remove");
    let mut reader = JournalReader::open_dir(&dir.0).expect("open");
    let refused = replay(&mut reader).err().expect("refused").to_string();
    assert!(refused.contains("journal record"), "{refused}");
}
