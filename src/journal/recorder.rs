//! The recorder: drains the journal ring to segment files, makes them durable, seals and rotates.
//!
//! A process of its own. It never touches the ring except to read, and frees a slot only when the
//! record is in a file. A failed write or fsync is final: what reached the disk is unknown then,
//! so the journal is marked as failed in the recorder's page with the reason, the engine refuses
//! new orders, and nobody tries again in this epoch. Only making a *new* segment is tried again
//! (after a full disk was cleared): nothing of it counted yet, and the ring absorbs meanwhile.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::cursor::{Cursor, Status};
use super::disk::{Disk, OsDisk};
use super::reader::{Segment, Torn, segment_files};
use super::record::RECORD_WORDS;
use super::ring::{Read, RingPaths, RingReader};
use super::segment::{Chain, Seal, SegmentWriter, seal};
use crate::error::{Error, Result};
use crate::sync::{AtomicBool, Ordering};

/// Records taken from the ring in one go.
const BATCH: u64 = 1024;
/// How many intervals an fsync may wait while the ring has a full batch.
const CATCH_UP: u64 = 8;
/// Pause between two attempts to get room for a segment.
const SPACE_RETRY_NS: u64 = 100_000_000;

/// How to record.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the segments go.
    pub dir: PathBuf,
    /// Records of a segment; in [16, 2^24].
    pub segment_records: u64,
    /// An fsync begins at the latest this long after the last one, ns; eight times as long while
    /// the recorder is behind.
    pub sync_interval_ns: u64,
    /// And at the latest after so many records.
    pub sync_records: u64,
}

impl Options {
    /// 64 MiB segments; fsync every millisecond or 16,384 records.
    pub fn in_dir(dir: &Path) -> Options {
        Options {
            dir: dir.to_path_buf(),
            segment_records: 1 << 18,
            sync_interval_ns: 1_000_000,
            sync_records: 1 << 14,
        }
    }
}

/// The recorder of one epoch.
pub struct Recorder {
    ring: RingReader,
    cursor: Cursor,
    disk: Box<dyn Disk>,
    options: Options,
    epoch: u32,
    segment: Option<SegmentWriter>,
    /// Chain of everything that is sealed.
    chain: Chain,
    torn: Option<Torn>,
    synced_at_ns: u64,
    space_tried_ns: Option<u64>,
    failed: bool,
}

impl Recorder {
    /// Opens the ring of an epoch and goes on where its last recorder ended, however it ended.
    pub fn open(paths: &RingPaths, options: Options) -> Result<Recorder> {
        Recorder::open_on(Box::new(OsDisk), paths, options)
    }

    /// Like [`Recorder::open`] on another disk.
    pub fn open_on(disk: Box<dyn Disk>, paths: &RingPaths, options: Options) -> Result<Recorder> {
        if !(16..=1 << 24).contains(&options.segment_records) {
            return Err(Error::new(format!(
                "journal segments of {} records: choose from 16 to {}",
                options.segment_records,
                1 << 24
            )));
        }
        std::fs::create_dir_all(&options.dir).map_err(|e| {
            Error::from(e).context(format!("make the journal directory {}", options.dir.display()))
        })?;
        let mut ring = RingReader::open(paths, 0)?;
        let cursor = Cursor::open_writable(&paths.cursor, paths.epoch)?;
        if cursor.status() == Status::Failed {
            return Err(Error::new(format!(
                "record epoch {}: its journal has failed ({}), which is final: what the disk holds \
                 after record {} is unknown; check the disk, then begin a new journal directory",
                paths.epoch,
                cursor.message(),
                cursor.synced()
            )));
        }
        let (next, chain, torn) = resume_point(&*disk, &options.dir)?;
        // An empty directory begins with the ring: earlier segments were archived away.
        let next = next.unwrap_or(ring.first_seq());
        let taken = cursor.taken();
        if next < ring.first_seq() || next <= taken {
            return Err(Error::new(format!(
                "record epoch {}: the segments in {} end before record {next}, but record {} on \
                 was expected there (the ring begins with {}, up to {taken} is taken); records are \
                 lost: restore the missing segments",
                paths.epoch,
                options.dir.display(),
                ring.first_seq().max(taken + 1),
                ring.first_seq()
            )));
        }
        if next > ring.published() + 1 && !holds(&mut ring, next - 1) {
            return Err(Error::new(format!(
                "record epoch {}: the segments in {} end with record {}, but the ring with {}: \
                 this ring is not the journal's newest",
                paths.epoch,
                options.dir.display(),
                next - 1,
                ring.published()
            )));
        }
        ring.seek(next);
        cursor.set_taken(next - 1);
        cursor.set_synced(next - 1);
        cursor.set_status(Status::Running, "");
        Ok(Recorder {
            ring,
            cursor,
            disk,
            options,
            epoch: paths.epoch,
            segment: None,
            chain,
            torn,
            synced_at_ns: 0,
            space_tried_ns: None,
            failed: false,
        })
    }

    /// The torn tail that was cut from what the last recorder left.
    pub fn torn(&self) -> Option<&Torn> {
        self.torn.as_ref()
    }

    /// Number of the next record that it will take.
    pub fn next_seq(&self) -> u64 {
        self.ring.next_seq()
    }

    /// Takes some records from the ring to the segment; fsyncs if it is time. Returns how many it
    /// took. An error is final: the journal is marked as failed.
    pub fn drain_some(&mut self, now_ns: u64) -> Result<u64> {
        self.guarded(|recorder| recorder.drain(now_ns))
    }

    /// Takes everything that is in the ring, makes it durable and seals the segment. For the
    /// graceful end, and for what a dead engine left.
    pub fn finish(&mut self, now_ns: u64) -> Result<u64> {
        self.guarded(|recorder| {
            while recorder.drain(now_ns)? > 0 {}
            if recorder.cursor.status() == Status::Waiting {
                return Err(Error::new(format!(
                    "end the journal at record {}: {}",
                    recorder.ring.next_seq() - 1,
                    recorder.cursor.message()
                )));
            }
            recorder.seal()?;
            let last = recorder.ring.next_seq() - 1;
            recorder.cursor.set_synced(last);
            recorder.cursor.set_status(Status::Ended, "");
            Ok(last)
        })
    }

    /// Records until `stop`, then finishes; returns the last record. `clock` gives the host's
    /// monotonic time in ns, which is also the heartbeat.
    pub fn run(&mut self, stop: &AtomicBool, mut clock: impl FnMut() -> u64) -> Result<u64> {
        let mut idle = 0u32;
        loop {
            let now = clock();
            self.cursor.beat(now);
            // SYNC recorder.stop: Acquire, pairs with Release in recorder.rs ask_to_end()
            let stopping = stop.load(Ordering::Acquire);
            if self.drain_some(now)? > 0 {
                idle = 0;
                continue;
            }
            if stopping {
                return self.finish(now);
            }
            idle = (idle + 1).min(20);
            if idle > 4 {
                std::thread::sleep(Duration::from_micros(u64::from(idle) * 10));
            } else {
                std::thread::yield_now();
            }
        }
    }

    /// Any error ends the epoch's journal.
    fn guarded(&mut self, work: impl FnOnce(&mut Recorder) -> Result<u64>) -> Result<u64> {
        if self.failed {
            return Err(Error::new(format!(
                "the journal of epoch {} has failed: {}",
                self.epoch,
                self.cursor.message()
            )));
        }
        work(self).inspect_err(|error| {
            self.failed = true;
            self.segment = None;
            self.cursor.set_status(Status::Failed, &error.to_string());
        })
    }

    fn drain(&mut self, now_ns: u64) -> Result<u64> {
        let mut words = [0; RECORD_WORDS];
        let mut count = 0;
        if self.segment.as_ref().is_some_and(|s| s.room() == 0) {
            self.seal()?;
        }
        let first = self.ring.next_seq();
        while count < BATCH {
            if self.segment.as_ref().is_some_and(|s| first + count >= s.next_seq() + s.room()) {
                break;
            }
            match self.ring.read(&mut words) {
                Read::Record => {}
                Read::NotYet => break,
                Read::Overrun => {
                    return Err(Error::new(format!(
                        "take record {}: the engine has overwritten it; the recorder's page was \
                         changed by somebody else",
                        self.ring.next_seq()
                    )));
                }
            }
            if self.segment.is_none() && !self.open_segment(first, now_ns) {
                self.ring.seek(first);
                return Ok(0);
            }
            if let Some(segment) = &mut self.segment {
                segment.push(&words);
            }
            count += 1;
        }
        if let Some(segment) = &mut self.segment {
            if count > 0 {
                segment.flush()?;
                self.cursor.set_taken(segment.next_seq() - 1);
            }
            let unsynced = segment.next_seq() - 1 - segment.synced();
            // While it is behind, more records per fsync help to catch up.
            let patience = if count == BATCH { CATCH_UP } else { 1 };
            let interval = self.options.sync_interval_ns.saturating_mul(patience);
            let due = now_ns.saturating_sub(self.synced_at_ns) >= interval;
            if unsynced >= self.options.sync_records || (unsynced > 0 && due) {
                self.cursor.set_synced(segment.sync()?);
                self.synced_at_ns = now_ns;
            }
        }
        Ok(count)
    }

    /// Makes the next segment, or says why it must wait.
    fn open_segment(&mut self, first: u64, now_ns: u64) -> bool {
        if self.space_tried_ns.is_some_and(|at| now_ns.saturating_sub(at) < SPACE_RETRY_NS) {
            return false;
        }
        let room = self.options.segment_records;
        match SegmentWriter::create(
            &*self.disk,
            &self.options.dir,
            self.epoch,
            first,
            room,
            self.chain,
        ) {
            Ok(segment) => {
                self.segment = Some(segment);
                if self.space_tried_ns.take().is_some() {
                    self.cursor.set_status(Status::Running, "");
                }
                true
            }
            Err(error) => {
                self.space_tried_ns = Some(now_ns);
                self.cursor.set_status(Status::Waiting, &error.to_string());
                false
            }
        }
    }

    fn seal(&mut self) -> Result<()> {
        if let Some(segment) = self.segment.take() {
            let last = segment.next_seq() - 1;
            self.chain = segment.seal()?;
            self.cursor.set_synced(last);
        }
        Ok(())
    }
}

/// Was this record shown? An engine that is killed right after it showed a group has not said so
/// in the ring's header yet.
fn holds(ring: &mut RingReader, seq: u64) -> bool {
    ring.seek(seq);
    ring.next_seq() == seq && ring.read(&mut [0; RECORD_WORDS]) == Read::Record
}

/// Asks [`Recorder::run`] to finish. What the caller has seen in the ring by now is recorded.
pub fn ask_to_end(stop: &AtomicBool) {
    // SYNC recorder.stop: Release, pairs with Acquire in recorder.rs run()
    stop.store(true, Ordering::Release);
}

/// Takes what a dead engine left in its ring into the journal and seals it. Returns the number of
/// the last record: the next epoch begins with the one after it. Nothing to do is no error.
pub fn salvage(paths: &RingPaths, options: Options, now_ns: u64) -> Result<u64> {
    let mut recorder = Recorder::open(paths, options)?;
    recorder.finish(now_ns)
}

/// Where to go on in a directory, after the last segment there was sealed (its torn tail is kept
/// beside it as `.torn`).
fn resume_point(disk: &dyn Disk, dir: &Path) -> Result<(Option<u64>, Chain, Option<Torn>)> {
    let files = segment_files(dir)?;
    let Some(path) = files.last() else { return Ok((None, Chain::default(), None)) };
    let segment = Segment::load(path)?;
    if segment.head.seal.is_none() {
        let place = |e: Error| e.context(format!("seal {} as it was left", path.display()));
        if segment.torn.is_some() {
            std::fs::write(path.with_extension("torn"), segment.tail())
                .map_err(|e| place(e.into()))?;
        }
        let file = disk.open(path).map_err(place)?;
        let last_seq = segment.next_seq() - 1;
        file.sync().map_err(|e| place(e.into()))?;
        seal(&*file, &segment.head.header, Seal { last_seq, chain: segment.chain })
            .map_err(|e| place(e.into()))?;
    }
    Ok((Some(segment.next_seq()), segment.chain, segment.torn))
}

/// Seals what a crash left open in a directory, when there is no ring any more (power loss).
/// Returns the number of the last record, 0 if there is none, and the tail that was cut.
pub fn close_directory(dir: &Path) -> Result<(u64, Option<Torn>)> {
    let (next, _, torn) = resume_point(&OsDisk, dir)?;
    Ok((next.map_or(0, |next| next - 1), torn))
}
