//! The recorder: everything that the ring showed ends in sealed segments, whatever dies or fails.

mod journal_support;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use journal_support::{self as make, Dir, Random};
use riskgate::error::{Error, Result};
use riskgate::journal::cursor::{Cursor, Status};
use riskgate::journal::disk::{Disk, DiskFile, OsDisk};
use riskgate::journal::image;
use riskgate::journal::reader::{JournalReader, segment_files};
use riskgate::journal::recorder::{Options, Recorder, ask_to_end, salvage};
use riskgate::journal::ring::RingPaths;
use riskgate::journal::writer::{JournalWriter, OrderInput, StartInput};
use riskgate::state::setup::Setup;

fn options(dir: &Path) -> Options {
    Options { segment_records: 50, sync_interval_ns: 10, sync_records: 7, ..Options::in_dir(dir) }
}

fn start(writer: &mut JournalWriter, continues: bool) {
    let input = StartInput {
        setup_image: &image::encode(&Setup::default()),
        continues,
        state_hash: 7,
        valid_ns: 1_000_000,
        now_ns: 1,
        wall_ns: 2,
        build: "test",
    };
    writer.append_start(&input).expect("start fits");
}

fn orders(writer: &mut JournalWriter, r: &mut Random, count: u64) {
    for _ in 0..count {
        let words = std::array::from_fn(|_| r.next());
        let outcome = make::outcome(r);
        let events = r.list(2, make::event);
        let input = OrderInput {
            now_ns: 1,
            received_ns: 1,
            lane: 0,
            words: &words,
            extension: if r.bool() { Some(&words) } else { None },
            environment: make::environment(r),
        };
        writer.append_order(&input, &outcome, &events).expect("room");
    }
}

/// Reads a whole journal; returns the number of the last record.
fn read(dir: &Path) -> Result<u64> {
    let mut reader = JournalReader::open_dir(dir)?;
    let mut last = 0;
    while let Some(record) = reader.next_record()? {
        assert_eq!(record.seq, last + 1);
        last = record.seq;
    }
    Ok(last)
}

#[test]
fn everything_ends_in_sealed_segments_over_epochs_and_restarts() {
    let (state, dir) = (Dir::new("rec-state"), Dir::new("rec-journal"));
    let mut r = Random(21);
    let mut first = 1;
    for epoch in 1..5 {
        let paths = RingPaths::in_dir(&state.0, epoch);
        paths.create(1024, first).expect("create");
        let mut writer = JournalWriter::open(&paths).expect("writer");
        start(&mut writer, epoch > 1);
        for round in 0..8 {
            // The recorder dies in the middle, without a word, and is started again.
            let mut recorder = Recorder::open(&paths, options(&dir.0)).expect("recorder");
            orders(&mut writer, &mut r, 30);
            if round % 2 == 0 {
                recorder.drain_some(round * 5).expect("drain");
            }
            assert_eq!(recorder.torn(), None);
        }
        let last = writer.next_seq() - 1;
        drop(writer);
        assert_eq!(salvage(&paths, options(&dir.0), 99).expect("salvage"), last);
        let page = Cursor::open_read_only(&paths.cursor, epoch).expect("page");
        assert_eq!((page.status(), page.synced(), page.taken()), (Status::Ended, last, last));
        assert_eq!(read(&dir.0).expect("verifies"), last);
        first = last + 1;
    }
    assert!(segment_files(&dir.0).expect("list").len() > 20, "it rotates");
    // A ring that does not continue the directory is refused.
    let paths = RingPaths::in_dir(&state.0, 9);
    paths.create(1024, first + 1).expect("create");
    let refused = Recorder::open(&paths, options(&dir.0)).err().expect("gap").to_string();
    assert!(refused.contains("records are lost"), "{refused}");
}

#[test]
fn an_engine_killed_between_showing_a_group_and_saying_so_loses_nothing() {
    let (state, dir) = (Dir::new("rec-published-state"), Dir::new("rec-published"));
    let paths = RingPaths::in_dir(&state.0, 1);
    paths.create(1024, 1).expect("create");
    let mut writer = JournalWriter::open(&paths).expect("writer");
    start(&mut writer, false);
    orders(&mut writer, &mut Random(5), 10);
    let last = writer.next_seq() - 1;
    drop(writer);
    let mut ring = std::fs::read(&paths.ring).expect("read");
    ring[128..136].copy_from_slice(&(last - 3).to_le_bytes());
    std::fs::write(&paths.ring, ring).expect("write");
    for _ in 0..2 {
        let mut recorder = Recorder::open(&paths, options(&dir.0)).expect("recorder");
        recorder.drain_some(1).expect("drains");
        assert_eq!(recorder.next_seq(), last + 1);
    }
    assert_eq!(salvage(&paths, options(&dir.0), 1).expect("salvage"), last);
    assert_eq!(read(&dir.0).expect("verifies"), last);
}

#[test]
fn recorder_and_engine_side_by_side() {
    let (state, dir) = (Dir::new("rec-threads-state"), Dir::new("rec-threads"));
    let paths = RingPaths::in_dir(&state.0, 1);
    paths.create(1024, 1).expect("create");
    let mut writer = JournalWriter::open(&paths).expect("writer");
    start(&mut writer, false);
    let stop = Arc::new(AtomicBool::new(false));
    let recorder = {
        let (paths, stop, dir) = (paths.clone(), stop.clone(), dir.0.clone());
        std::thread::spawn(move || {
            let mut now = 0;
            let big = Options { segment_records: 5_000, sync_records: 4_096, ..options(&dir) };
            let mut recorder =
                Recorder::open(&paths, Options { sync_interval_ns: 1 << 40, ..big })?;
            recorder.run(&stop, || {
                now += 1;
                now
            })
        })
    };
    let mut r = Random(31);
    let mut waits = 0u64;
    for _ in 0..20_000 {
        while !writer.has_room() {
            waits += 1;
            assert!(waits < 50_000_000, "the recorder does not take anything");
            std::thread::yield_now();
        }
        orders(&mut writer, &mut r, 1);
    }
    let last = writer.next_seq() - 1;
    ask_to_end(&stop);
    assert_eq!(recorder.join().expect("joins").expect("records"), last);
    assert_eq!(read(&dir.0).expect("verifies"), last);
}

/// A disk on which the n-th operation fails, and all later ones if it stays broken.
struct Faulty {
    countdown: Arc<AtomicU64>,
    stays: bool,
}

impl Faulty {
    fn step(countdown: &AtomicU64, stays: bool) -> bool {
        match countdown.load(Ordering::Relaxed) {
            0 => stays,
            n => {
                countdown.store(n - 1, Ordering::Relaxed);
                n == 1
            }
        }
    }
}

struct FaultyFile {
    file: Box<dyn DiskFile>,
    countdown: Arc<AtomicU64>,
    stays: bool,
}

impl FaultyFile {
    fn fail(&self) -> io::Result<()> {
        match Faulty::step(&self.countdown, self.stays) {
            true => Err(io::Error::from_raw_os_error(5)),
            false => Ok(()),
        }
    }
}

impl Disk for Faulty {
    fn create(&self, path: &Path, bytes: u64) -> Result<Box<dyn DiskFile>> {
        if Faulty::step(&self.countdown, self.stays) {
            return Err(Error::new("No space left on device"));
        }
        let file = OsDisk.create(path, bytes)?;
        Ok(Box::new(FaultyFile { file, countdown: self.countdown.clone(), stays: self.stays }))
    }
    fn open(&self, path: &Path) -> Result<Box<dyn DiskFile>> {
        OsDisk.open(path)
    }
    fn publish(&self, from: &Path, to: &Path) -> Result<()> {
        if Faulty::step(&self.countdown, self.stays) {
            return Err(Error::new("Input/output error"));
        }
        OsDisk.publish(from, to)
    }
}

impl DiskFile for FaultyFile {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        if let Err(error) = self.fail() {
            // Short write: half of it arrives, in whole sectors.
            self.file.write_at(&bytes[..bytes.len() / 1024 * 512], offset)?;
            return Err(error);
        }
        self.file.write_at(bytes, offset)
    }
    fn sync(&self) -> io::Result<()> {
        self.fail()?;
        self.file.sync()
    }
    fn set_len(&self, bytes: u64) -> io::Result<()> {
        self.fail()?;
        self.file.set_len(bytes)
    }
}

#[test]
fn every_disk_operation_may_fail_and_nothing_is_said_to_be_safe_that_is_not() {
    let (mut waited, mut failed, mut clean) = (0, 0, 0);
    for stays in [false, true] {
        for fault in 1..60 {
            let (state, dir) = (Dir::new("rec-fault-state"), Dir::new("rec-fault"));
            let paths = RingPaths::in_dir(&state.0, 1);
            paths.create(1024, 1).expect("create");
            let mut writer = JournalWriter::open(&paths).expect("writer");
            start(&mut writer, false);
            let countdown = Arc::new(AtomicU64::new(fault));
            let disk = Faulty { countdown: countdown.clone(), stays };
            let mut recorder =
                Recorder::open_on(Box::new(disk), &paths, options(&dir.0)).expect("recorder");
            let mut r = Random(fault);
            let mut error = None;
            for round in 0..8u64 {
                orders(&mut writer, &mut r, 8);
                if let Err(e) = recorder.drain_some(round * 200_000_000) {
                    error = Some(e);
                    break;
                }
            }
            let page = Cursor::open_read_only(&paths.cursor, 1).expect("page");
            let last = writer.next_seq() - 1;
            match (&error, page.status()) {
                (Some(error), status) => {
                    failed += 1;
                    assert_eq!(status, Status::Failed);
                    assert_eq!(page.message(), error.to_string());
                    assert!(!writer.accepts_new(), "new orders are refused");
                    assert!(writer.has_room(), "what always passes still passes");
                    assert!(recorder.drain_some(1).is_err(), "a failure is final");
                    assert!(Recorder::open(&paths, options(&dir.0)).is_err(), "for others, too");
                }
                (None, Status::Waiting) => {
                    waited += 1;
                    assert!(page.message().contains("create journal segment"));
                    assert!(page.taken() < last, "the ring absorbs");
                    // Space returns.
                    countdown.store(u64::MAX, Ordering::Relaxed);
                    assert_eq!(recorder.finish(u64::MAX).expect("goes on"), last);
                    assert_eq!(read(&dir.0).expect("verifies"), last);
                }
                (None, _) => {
                    clean += 1;
                    countdown.store(u64::MAX, Ordering::Relaxed);
                    assert_eq!(recorder.finish(u64::MAX).expect("finishes"), last);
                    assert_eq!(read(&dir.0).expect("verifies"), last);
                }
            }
            if error.is_some() && page.synced() > 0 {
                // What was said to be safe is there, or the journal refuses; it never lies.
                match read(&dir.0) {
                    Ok(read) => assert!(read >= page.synced(), "fault {fault}"),
                    Err(refused) => panic!("fault {fault}: {refused}"),
                }
            }
        }
    }
    println!("{waited} waited, {failed} failed, {clean} went on");
    assert!(waited > 0 && failed > 0 && clean > 0);
}
