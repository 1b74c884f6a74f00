//! The journal ring: records from the engine to recorder and followers, in a 0600 file on tmpfs.
//!
//! ```text
//!    0  magic u64 (written last) | version u32, epoch u32
//!   16  slots u64 (a power of two) | first seq u64          (header: by whoever creates the ring)
//!  128  published u64   the last record that is shown; for measuring how far a reader lags
//! 4096  slots, 256 bytes each: record seq lies in slot seq mod slots
//! ```
//! Writer: the engine. Readers: the recorder (which frees slots through its own page,
//! [`super::cursor`]) and any number of followers, all with read-only mappings.
//!
//! A record's first word is its stamp: the sequence number, stored last. A reader polls the stamp
//! of the record that it wants next. A group of records is shown at once: the stamp of its first
//! record is stored after everything else, so that a reader, who goes in order, sees all of the
//! group or nothing, and so that an engine that dies in between leaves no half input behind.
//!
//! The writer never overwrites what the recorder has not taken. A follower that is slower than the
//! recorder is overrun: it notices (the stamp changes before or while it copies) and goes on from
//! the segment files. The file outlives the engine: everything that was shown stays readable.
//! Every epoch has a ring of its own; nobody writes into an old one.

use std::fs::{File, OpenOptions, Permissions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::cursor::{Cursor, RING_VERSION};
use super::record::{RECORD_BYTES, RECORD_WORDS, RecordWords};
use crate::error::{Error, Result};
use crate::shm::map::Mapping;
use crate::sync::{Ordering, fence};

/// First word of the ring.
pub const RING_MAGIC: u64 = u64::from_le_bytes(*b"RGJRING1");
/// Offset of the first slot.
pub const SLOTS_OFFSET: usize = 4096;
/// Fewest slots: an eighth must hold the largest group.
pub const SLOTS_MIN: u64 = 1 << 10;
/// Most slots: 4 GiB.
pub const SLOTS_MAX: u64 = 1 << 24;

const PUBLISHED: usize = 128;

/// Where ring and recorder's page of an epoch lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingPaths {
    /// The ring.
    pub ring: PathBuf,
    /// The recorder's page.
    pub cursor: PathBuf,
    /// The epoch.
    pub epoch: u32,
}

impl RingPaths {
    /// The two files of an epoch in a directory (on tmpfs).
    pub fn in_dir(dir: &Path, epoch: u32) -> RingPaths {
        RingPaths {
            ring: dir.join(format!("journal-{epoch:010}.ring")),
            cursor: dir.join(format!("journal-{epoch:010}.cursor")),
            epoch,
        }
    }

    /// Makes both files, ready to use. `slots` is a power of two; records are numbered from
    /// `first_seq`. Fails if the epoch has a ring already.
    pub fn create(&self, slots: u64, first_seq: u64) -> Result<()> {
        if !slots.is_power_of_two() || !(SLOTS_MIN..=SLOTS_MAX).contains(&slots) {
            return Err(Error::new(format!(
                "create the journal ring with {slots} records: it must be a power of two from \
                 {SLOTS_MIN} to {SLOTS_MAX}"
            )));
        }
        if first_seq == 0 || self.epoch == 0 {
            return Err(Error::new("create the journal ring: seq and epoch count from 1, not 0"));
        }
        create_file(&self.cursor, |file| Cursor::initialise(file, self.epoch, first_seq))?;
        create_file(&self.ring, |file| {
            let bytes = SLOTS_OFFSET + slots as usize * RECORD_BYTES;
            crate::shm::file::reserve(file, bytes as u64)?;
            let ring = Mapping::writable(file, bytes)?;
            let second = u64::from(RING_VERSION) | (u64::from(self.epoch) << 32);
            ring.word(8).store(second, Ordering::Relaxed);
            ring.word(16).store(slots, Ordering::Relaxed);
            ring.word(24).store(first_seq, Ordering::Relaxed);
            ring.word(PUBLISHED).store(first_seq - 1, Ordering::Relaxed);
            // SYNC journal.ring_ready: Release, pairs with Acquire in ring.rs open()
            ring.word(0).store(RING_MAGIC, Ordering::Release);
            Ok(())
        })
    }

    /// Removes both files, if they are there.
    pub fn remove(&self) -> Result<()> {
        for path in [&self.ring, &self.cursor] {
            match std::fs::remove_file(path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::from(e).context(format!("remove {}", path.display())));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn create_file(path: &Path, fill: impl FnOnce(&File) -> Result<()>) -> Result<()> {
    let place = || format!("create {}", path.display());
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|e| Error::from(e).context(place()))?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    fill(&file).map_err(|e| e.context(place()))
}

/// A mapped ring and its geometry, checked.
struct Ring {
    map: Mapping,
    mask: u64,
    first_seq: u64,
}

impl Ring {
    fn open(paths: &RingPaths, writable: bool) -> Result<Ring> {
        let place = || format!("open the journal ring {}", paths.ring.display());
        let file = OpenOptions::new()
            .read(true)
            .write(writable)
            .open(&paths.ring)
            .map_err(|e| Error::from(e).context(place()))?;
        let bytes = file.metadata()?.len() as usize;
        if bytes < SLOTS_OFFSET {
            return Err(Error::new(format!("{}: only {bytes} bytes; it is no ring", place())));
        }
        let map = if writable {
            Mapping::writable(&file, bytes)
        } else {
            Mapping::read_only(&file, bytes)
        }
        .map_err(|e| e.context(place()))?;
        // SYNC journal.ring_ready: Acquire, pairs with Release in ring.rs create()
        let magic = map.word(0).load(Ordering::Acquire);
        let second = map.word(8).load(Ordering::Relaxed);
        let slots = map.word(16).load(Ordering::Relaxed);
        let first_seq = map.word(24).load(Ordering::Relaxed);
        if magic != RING_MAGIC || second as u32 != RING_VERSION {
            return Err(Error::new(format!(
                "{}: magic {magic:#x} version {} where {RING_MAGIC:#x} version {RING_VERSION} must \
                 be; it is no ring, or of another build",
                place(),
                second as u32
            )));
        }
        let fits = slots.is_power_of_two()
            && (SLOTS_MIN..=SLOTS_MAX).contains(&slots)
            && bytes == SLOTS_OFFSET + slots as usize * RECORD_BYTES;
        if !fits || first_seq == 0 || (second >> 32) as u32 != paths.epoch {
            return Err(Error::new(format!(
                "{}: {slots} slots in {bytes} bytes, first record {first_seq}, epoch {} (expected \
                 {}); its header is damaged",
                place(),
                second >> 32,
                paths.epoch
            )));
        }
        Ok(Ring { map, mask: slots - 1, first_seq })
    }

    #[inline(always)]
    fn slot(&self, seq: u64) -> usize {
        SLOTS_OFFSET + (seq & self.mask) as usize * RECORD_BYTES
    }

    fn published(&self) -> u64 {
        // SYNC journal.published: Acquire, pairs with Release in ring.rs publish()
        self.map.word(PUBLISHED).load(Ordering::Acquire)
    }
}

/// The engine's side: writes records, shows them group by group. No allocation, no system call.
///
/// It does not look whether there is room: [`super::writer::JournalWriter`] does.
pub struct RingWriter {
    ring: Ring,
    /// Number of the first record that is not shown.
    shown: u64,
    /// Number of the next record to write.
    next: u64,
}

impl RingWriter {
    /// Opens a ring that nobody has written to yet.
    pub fn open(paths: &RingPaths) -> Result<RingWriter> {
        let ring = Ring::open(paths, true)?;
        let first = ring.first_seq;
        if ring.published() != first - 1
            || ring.map.word(ring.slot(first)).load(Ordering::Relaxed) != 0
        {
            return Err(Error::new(format!(
                "open the journal ring {} for writing: somebody wrote to it already (up to record \
                 {}); every start needs a ring, and an epoch, of its own",
                paths.ring.display(),
                ring.published()
            )));
        }
        Ok(RingWriter { ring, shown: first, next: first })
    }

    /// Slots.
    pub fn slots(&self) -> u64 {
        self.ring.mask + 1
    }

    /// Number of the next record.
    #[inline(always)]
    pub fn next_seq(&self) -> u64 {
        self.next
    }

    /// Writes the next record, whose word 0 must be [`RingWriter::next_seq`]; not shown yet.
    #[inline]
    pub fn stage(&mut self, words: &RecordWords) {
        debug_assert_eq!(words[0], self.next);
        let slot = self.ring.map.words::<RECORD_WORDS>(self.ring.slot(self.next));
        let stamp = &slot[0];
        stamp.store(0, Ordering::Relaxed);
        // SYNC journal.overwrite: Release, pairs with Acquire in ring.rs read(): who copies a word
        // of the new record sees that the stamp of the old one is gone.
        fence(Ordering::Release);
        for (to, word) in slot.iter().zip(words).skip(1) {
            to.store(*word, Ordering::Relaxed);
        }
        if self.next != self.shown {
            // Not the first of its group: nobody looks at it before the first one is shown.
            stamp.store(self.next, Ordering::Relaxed);
        }
        self.next += 1;
    }

    /// Shows everything that was staged, at once.
    #[inline]
    pub fn publish(&mut self) {
        if self.shown == self.next {
            return;
        }
        // SYNC journal.stamp: Release, pairs with Acquire in ring.rs read(): the whole group is
        // visible to who sees the stamp of its first record.
        self.ring.map.word(self.ring.slot(self.shown)).store(self.shown, Ordering::Release);
        // SYNC journal.published: Release, pairs with Acquire in ring.rs published()
        self.ring.map.word(PUBLISHED).store(self.next - 1, Ordering::Release);
        self.shown = self.next;
    }
}

/// What a reader found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// The record.
    Record,
    /// It is not there yet.
    NotYet,
    /// The engine has written over it already: go on from the segment files.
    Overrun,
}

/// A reader's side: copies records in order. It never writes to the ring.
pub struct RingReader {
    ring: Ring,
    next: u64,
}

impl RingReader {
    /// Opens the ring of an epoch, also after its engine died, to read from record `from` (0: the
    /// ring's first).
    pub fn open(paths: &RingPaths, from: u64) -> Result<RingReader> {
        let ring = Ring::open(paths, false)?;
        let next = from.max(ring.first_seq);
        Ok(RingReader { ring, next })
    }

    /// Number of the record that comes next.
    pub fn next_seq(&self) -> u64 {
        self.next
    }

    /// Number of the ring's very first record.
    pub fn first_seq(&self) -> u64 {
        self.ring.first_seq
    }

    /// Goes on at record `seq`.
    pub fn seek(&mut self, seq: u64) {
        self.next = seq.max(self.ring.first_seq);
    }

    /// Slots.
    pub fn slots(&self) -> u64 {
        self.ring.mask + 1
    }

    /// The last record that the engine says it has shown.
    pub fn published(&self) -> u64 {
        self.ring.published()
    }

    /// Copies the next record, if it is there, and moves on.
    #[inline]
    pub fn read(&mut self, out: &mut RecordWords) -> Read {
        let slot = self.ring.map.words::<RECORD_WORDS>(self.ring.slot(self.next));
        let stamp = &slot[0];
        // SYNC journal.stamp: Acquire, pairs with Release in ring.rs publish()
        let before = stamp.load(Ordering::Acquire);
        if before != self.next {
            return if before > self.next || self.lapped() { Read::Overrun } else { Read::NotYet };
        }
        out[0] = before;
        for (word, from) in out.iter_mut().zip(slot).skip(1) {
            *word = from.load(Ordering::Relaxed);
        }
        // SYNC journal.overwrite: Acquire, pairs with Release in ring.rs stage()
        fence(Ordering::Acquire);
        if stamp.load(Ordering::Relaxed) != before {
            return Read::Overrun;
        }
        self.next += 1;
        Read::Record
    }

    /// The slot is being written: for this lap's record, or for a later one?
    fn lapped(&self) -> bool {
        self.ring.published() >= self.next + self.ring.mask
    }
}
