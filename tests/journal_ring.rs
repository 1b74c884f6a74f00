//! The journal ring: groups appear whole, nothing is overwritten, followers notice an overrun.

mod journal_support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use journal_support::engine::{BUILD, Engine};
use journal_support::{self as make, Dir, Random};
use riskgate::gate::outcome::{EVENTS_MAX, Outcome};
use riskgate::journal::cursor::{Cursor, Status};
use riskgate::journal::follow::{Followed, Follower};
use riskgate::journal::image;
use riskgate::journal::record::{Body, RECORD_WORDS, Record};
use riskgate::journal::recorder::{Options, Recorder};
use riskgate::journal::ring::{Read, RingPaths, RingReader};
use riskgate::journal::writer::{
    Authority, Full, GROUP_RECORDS_MAX, JournalWriter, OrderInput, StartInput,
};
use riskgate::state::setup::Setup;

const SLOTS: u64 = 1024;

fn start(writer: &mut JournalWriter, image: &[u8]) {
    let input = StartInput {
        setup_image: image,
        continues: false,
        state_hash: 7,
        valid_ns: 1_000_000,
        now_ns: 1,
        wall_ns: 2,
        build: "test",
    };
    writer.append_start(&input).expect("start fits");
}

fn next(reader: &mut RingReader) -> Option<Record> {
    let mut words = [0; RECORD_WORDS];
    match reader.read(&mut words) {
        Read::Record => Some(Record::from_words(&words).expect("decodes")),
        Read::NotYet => None,
        Read::Overrun => panic!("overrun"),
    }
}

#[test]
fn what_the_engine_appends_is_what_a_reader_decodes() {
    let dir = Dir::new("ring-roundtrip");
    let paths = RingPaths::in_dir(&dir.0, 3);
    paths.create(SLOTS, 41).expect("create");
    assert!(paths.create(SLOTS, 41).is_err(), "an epoch has one ring");
    let mut writer = JournalWriter::open(&paths).expect("writer");
    let mut reader = RingReader::open(&paths, 0).expect("reader");
    assert_eq!(next(&mut reader), None);

    let mut r = Random(11);
    let setup = make::setup(&mut r);
    start(&mut writer, &image::encode(&setup));
    let Some(Record { seq: 41, epoch: 3, body: Body::Start(begin), .. }) = next(&mut reader) else {
        panic!("begins with START 41");
    };
    let mut bytes = Vec::new();
    for _ in 0..begin.setup_records {
        let Some(Record { body: Body::Setup(chunk), .. }) = next(&mut reader) else { panic!() };
        bytes.extend(&chunk.bytes[..chunk.len as usize]);
    }
    assert_eq!(image::decode(&bytes).expect("image"), setup);

    for round in 0..40u64 {
        let words = std::array::from_fn(|_| r.next());
        let extension = std::array::from_fn(|_| r.next());
        let outcome = make::outcome(&mut r);
        let events = r.list(3, make::event);
        let input = OrderInput {
            now_ns: 1_000 + round,
            received_ns: 900,
            lane: 5,
            words: &words,
            extension: if r.bool() { Some(&extension) } else { None },
            environment: make::environment(&mut r),
        };
        let appended = writer.append_order(&input, &outcome, &events).expect("room");
        if input.extension.is_some() {
            let Some(Record { body: Body::Extension(read), .. }) = next(&mut reader) else {
                panic!("extension first");
            };
            assert_eq!(read[1..], extension[1..]);
        }
        let order = next(&mut reader).expect("order");
        assert_eq!((order.seq, order.lane, order.time_ns), (appended.seq, 5, 1_000 + round));
        let (Body::Order(decided) | Body::Report(decided)) = order.body else { panic!("order") };
        assert_eq!(decided.words[1..], words[1..]);
        assert_eq!(decided.decision, outcome.decision);
        assert_eq!(decided.observed, appended.verdict.observed);
        assert_eq!(decided.valid_until_ns, appended.verdict.valid_until_ns);
        if let Some(first) = outcome.first {
            assert_eq!(next(&mut reader).expect("breach").body, Body::Breach(first));
        }
        for event in &events {
            let Some(Record { body: Body::Event(read), .. }) = next(&mut reader) else { panic!() };
            assert_eq!(read.event, *event);
        }
        assert_eq!(next(&mut reader), None);
    }
    let command = make::command(&mut r);
    let authority = Authority { operator: "ops1", approver: "ops2", reason: "test" };
    writer.append_control(9, &command, &authority, false, &[]).expect("room");
    let Some(Record { body: Body::Control(control), .. }) = next(&mut reader) else { panic!() };
    assert_eq!((control.command, control.operator.as_str()), (command, "ops1"));

    // The engine dies; whoever comes later reads the same, and nobody may write there again.
    let last = writer.next_seq() - 1;
    drop(writer);
    let mut late = RingReader::open(&paths, 0).expect("the ring outlives its engine");
    let mut count = 0;
    while next(&mut late).is_some() {
        count += 1;
    }
    assert_eq!(count, last - 40);
    let refused = JournalWriter::open(&paths).err().expect("refused").to_string();
    assert!(refused.contains("somebody wrote to it already"), "{refused}");
}

#[test]
fn nothing_is_overwritten_before_it_is_taken_and_the_last_eighth_is_kept() {
    let dir = Dir::new("ring-full");
    let paths = RingPaths::in_dir(&dir.0, 1);
    paths.create(SLOTS, 1).expect("create");
    let mut writer = JournalWriter::open(&paths).expect("writer");
    start(&mut writer, &image::encode(&Setup::default()));
    let words = [0, 1, 2, 3, 4, 5, 6, 7];
    let input = OrderInput {
        now_ns: 1,
        received_ns: 1,
        lane: 0,
        words: &words,
        extension: None,
        environment: riskgate::machine::Environment::GOOD,
    };
    while writer.accepts_new() {
        writer.append_order(&input, &Outcome::NONE, &[]).expect("room");
    }
    assert!(writer.free_records() >= SLOTS / 8, "the last eighth is for what always passes");
    let events = vec![make::event(&mut Random(1)); EVENTS_MAX];
    while writer.has_room() {
        writer.append_order(&input, &Outcome::NONE, &events).expect("room");
    }
    let before = writer.next_seq();
    assert_eq!(writer.append_order(&input, &Outcome::NONE, &[]).err(), Some(Full));
    assert_eq!(writer.next_seq(), before);
    assert!(writer.free_records() < GROUP_RECORDS_MAX);
    let mut reader = RingReader::open(&paths, 0).expect("reader");
    for seq in 1..before {
        assert_eq!(next(&mut reader).expect("still there").seq, seq);
    }
    assert_eq!(writer.recorder().status(), Status::Absent);
    assert!(Cursor::open_read_only(&paths.cursor, 2).is_err(), "another epoch's page is refused");
}

#[test]
fn damaged_headers_are_refused() {
    let dir = Dir::new("ring-header");
    let paths = RingPaths::in_dir(&dir.0, 1);
    for bad in [0, 1000, SLOTS / 2, 1 << 25] {
        assert!(paths.create(bad, 1).is_err(), "{bad} slots");
    }
    paths.create(SLOTS, 1).expect("create");
    let good = std::fs::read(&paths.ring).expect("read");
    for byte in 0..32 {
        let mut damaged = good.clone();
        damaged[byte] ^= 0x81;
        std::fs::write(&paths.ring, &damaged).expect("write");
        // The first sequence number has no check of its own: the recorder's page has it, too.
        let refused = RingReader::open(&paths, 0).is_err() || JournalWriter::open(&paths).is_err();
        assert!(refused, "byte {byte}");
    }
    std::fs::write(&paths.ring, &good[..good.len() - 1]).expect("write");
    assert!(RingReader::open(&paths, 0).is_err(), "cut");
}

#[test]
fn a_follower_that_is_too_slow_notices_and_goes_on_from_the_segments() {
    let (state, dir) = (Dir::new("ring-overrun-state"), Dir::new("ring-overrun"));
    let paths = RingPaths::in_dir(&state.0, 1);
    paths.create(SLOTS, 1).expect("create");
    let mut engine = Engine::start(&paths, None, 0);
    let mut recorder = Recorder::open(&paths, Options::in_dir(&dir.0)).expect("recorder");
    let mut slow = RingReader::open(&paths, 0).expect("reader");
    let mut follower = Follower::new(BUILD);
    let mut r = Random(12);
    assert_eq!(follower.read_ring(&mut slow, 3).expect("reads"), Followed::More);
    for step in 0..3 * SLOTS {
        engine.step(&mut r);
        if step % 50 == 0 {
            while recorder.drain_some(step).expect("drains") > 0 {}
        }
    }
    assert_eq!(follower.read_ring(&mut slow, 3).expect("reads"), Followed::Overrun);
    while recorder.drain_some(u64::MAX).expect("drains") > 0 {}
    engine.step(&mut r);
    assert_eq!(follower.catch_up(&dir.0, Some(&mut slow)).expect("catches up"), None);
    let machine = follower.machine().expect("machine");
    assert_eq!(machine.state_hash(), engine.machine.state_hash());
}

#[test]
fn a_reader_beside_the_writer_reads_whole_records_or_notices() {
    let dir = Dir::new("ring-race");
    let paths = RingPaths::in_dir(&dir.0, 1);
    paths.create(SLOTS, 1).expect("create");
    let segments = dir.0.join("segments");
    let done = Arc::new(AtomicBool::new(false));
    let reader = {
        let (paths, done) = (paths.clone(), done.clone());
        std::thread::spawn(move || {
            let mut reader = RingReader::open(&paths, 0).expect("reader");
            let (mut read, mut overrun) = (0u64, 0u64);
            let mut words = [0; RECORD_WORDS];
            while !done.load(Ordering::Acquire) {
                match reader.read(&mut words) {
                    Read::Record => {
                        let record = Record::from_words(&words).expect("a torn record");
                        if let Body::Order(d) | Body::Report(d) = record.body {
                            assert!(d.words[1..].iter().all(|w| *w == d.received_ns), "torn");
                            assert_eq!(record.time_ns, d.received_ns + 1, "torn");
                        }
                        assert_eq!(record.seq + 1, reader.next_seq());
                        read += 1;
                    }
                    Read::NotYet => std::thread::yield_now(),
                    Read::Overrun => {
                        overrun += 1;
                        reader.seek(reader.published());
                    }
                }
            }
            (read, overrun)
        })
    };
    let mut writer = JournalWriter::open(&paths).expect("writer");
    start(&mut writer, &image::encode(&Setup::default()));
    let options = Options { sync_interval_ns: u64::MAX, ..Options::in_dir(&segments) };
    let mut recorder = Recorder::open(&paths, options).expect("recorder");
    for round in 0..200_000u64 {
        let words = [round; 8];
        let input = OrderInput {
            now_ns: round + 1,
            received_ns: round,
            lane: 0,
            words: &words,
            extension: None,
            environment: riskgate::machine::Environment::GOOD,
        };
        if !writer.has_room() {
            recorder.drain_some(0).expect("drains");
        }
        writer.append_order(&input, &Outcome::NONE, &[]).expect("room");
    }
    done.store(true, Ordering::Release);
    let (read, overrun) = reader.join().expect("no torn record");
    println!("{read} read, {overrun} overruns noticed");
    assert!(read > 0);
}
