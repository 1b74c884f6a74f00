//! The recorder's page: how far the journal is taken from the ring, and how far it is safe.
//!
//! ```text
//!   0  magic u64 (written last) | version u32, epoch u32        (by whoever creates the ring)
//! 128  taken u64      every record up to this one is in a segment file: its slot may be reused
//! 256  synced u64     every record up to this one is on stable storage
//! 384  status u32     see Status; the engine reads it before every order
//! 512  heartbeat ns u64
//! 640  message, 512 bytes of text: why it waits or failed
//! ```
//! Writer: the recorder, and nobody else. Readers: engine (taken, synced, status), followers,
//! supervisor. A recorder that died is followed by another one, which goes on with the same page.
//! The page never says that something is safe which is not: a failed write or fsync ends in
//! [`Status::Failed`], for good.

use std::fs::{File, OpenOptions};
use std::path::Path;

use crate::error::{Error, Result};
use crate::shm::map::Mapping;
use crate::sync::Ordering;

/// First word of the page.
pub const CURSOR_MAGIC: u64 = u64::from_le_bytes(*b"RGJCURS1");
/// Bytes of the page.
pub const CURSOR_BYTES: usize = 4096;
/// Version of ring and page.
pub const RING_VERSION: u32 = 1;

const TAKEN: usize = 128;
const SYNCED: usize = 256;
const STATUS: usize = 384;
const HEARTBEAT: usize = 512;
const MESSAGE: usize = 640;
const MESSAGE_BYTES: usize = 512;

/// What the recorder says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Status {
    /// No recorder has opened the page yet.
    Absent = 0,
    /// It records.
    Running = 1,
    /// It can't get room on the disk and tries again; the ring absorbs meanwhile.
    Waiting = 2,
    /// A write or fsync failed, or the ring is damaged. Nothing is recorded any more.
    Failed = 3,
    /// It recorded everything and ended in good order.
    Ended = 4,
}

impl Status {
    fn from_number(number: u32) -> Status {
        match number {
            0 => Status::Absent,
            1 => Status::Running,
            2 => Status::Waiting,
            4 => Status::Ended,
            // What nobody ever writes is no reason to go on.
            _ => Status::Failed,
        }
    }
}

/// The page as the recorder writes it, or as the others read it.
pub struct Cursor {
    page: Mapping,
}

impl Cursor {
    /// Makes the content of a new page: everything before `first_seq` is taken and safe.
    pub(super) fn initialise(file: &File, epoch: u32, first_seq: u64) -> Result<()> {
        file.set_len(CURSOR_BYTES as u64)?;
        let page = Mapping::writable(file, CURSOR_BYTES)?;
        page.word(8).store(u64::from(RING_VERSION) | (u64::from(epoch) << 32), Ordering::Relaxed);
        page.word(TAKEN).store(first_seq - 1, Ordering::Relaxed);
        page.word(SYNCED).store(first_seq - 1, Ordering::Relaxed);
        // SYNC journal.cursor_ready: Release, pairs with Acquire in cursor.rs open()
        page.word(0).store(CURSOR_MAGIC, Ordering::Release);
        Ok(())
    }

    /// Opens the page for the recorder, who may write it.
    pub fn open_writable(path: &Path, epoch: u32) -> Result<Cursor> {
        Cursor::open(path, epoch, true)
    }

    /// Opens the page for everybody else.
    pub fn open_read_only(path: &Path, epoch: u32) -> Result<Cursor> {
        Cursor::open(path, epoch, false)
    }

    fn open(path: &Path, epoch: u32, writable: bool) -> Result<Cursor> {
        let place = || format!("open the recorder's page {}", path.display());
        let file = OpenOptions::new()
            .read(true)
            .write(writable)
            .open(path)
            .map_err(|e| Error::from(e).context(place()))?;
        let bytes = file.metadata()?.len();
        if bytes != CURSOR_BYTES as u64 {
            return Err(Error::new(format!(
                "{}: it has {bytes} bytes and must have {CURSOR_BYTES}; start a new epoch",
                place()
            )));
        }
        let page = if writable {
            Mapping::writable(&file, CURSOR_BYTES)?
        } else {
            Mapping::read_only(&file, CURSOR_BYTES)?
        };
        // SYNC journal.cursor_ready: Acquire, pairs with Release in cursor.rs initialise()
        let magic = page.word(0).load(Ordering::Acquire);
        let second = page.word(8).load(Ordering::Relaxed);
        if magic != CURSOR_MAGIC || second as u32 != RING_VERSION {
            return Err(Error::new(format!(
                "{}: magic {magic:#x} version {} where {CURSOR_MAGIC:#x} version {RING_VERSION} \
                 must be; it is no such page, or of another build",
                place(),
                second as u32,
            )));
        }
        if (second >> 32) as u32 != epoch {
            return Err(Error::new(format!(
                "{}: it belongs to epoch {} and not to {epoch}",
                place(),
                second >> 32
            )));
        }
        Ok(Cursor { page })
    }

    /// The last record whose slot may be reused.
    #[inline]
    pub fn taken(&self) -> u64 {
        // SYNC journal.taken: Acquire, pairs with Release in cursor.rs set_taken(): the recorder's
        // loads of the slots are over before the engine writes them again.
        self.page.word(TAKEN).load(Ordering::Acquire)
    }

    /// The last record on stable storage.
    #[inline]
    pub fn synced(&self) -> u64 {
        // SYNC journal.synced: Acquire, pairs with Release in cursor.rs set_synced()
        self.page.word(SYNCED).load(Ordering::Acquire)
    }

    /// What the recorder says about itself.
    #[inline]
    pub fn status(&self) -> Status {
        // SYNC journal.status: Acquire, pairs with Release in cursor.rs set_status(): the message
        // is there when the status is.
        Status::from_number(self.page.word32(STATUS).load(Ordering::Acquire))
    }

    /// When the recorder was last seen alive, ns of the host's clock.
    pub fn heartbeat_ns(&self) -> u64 {
        self.page.word(HEARTBEAT).load(Ordering::Relaxed)
    }

    /// Why it waits or failed; empty if there is nothing to say.
    pub fn message(&self) -> String {
        let mut bytes = Vec::with_capacity(MESSAGE_BYTES);
        for at in (MESSAGE..MESSAGE + MESSAGE_BYTES).step_by(8) {
            bytes.extend(self.page.word(at).load(Ordering::Relaxed).to_le_bytes());
        }
        let len = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
        String::from_utf8_lossy(&bytes[..len]).into_owned()
    }

    pub(super) fn set_taken(&self, seq: u64) {
        // SYNC journal.taken: Release, pairs with Acquire in cursor.rs taken()
        self.page.word(TAKEN).store(seq, Ordering::Release);
    }

    pub(super) fn set_synced(&self, seq: u64) {
        // SYNC journal.synced: Release, pairs with Acquire in cursor.rs synced()
        self.page.word(SYNCED).store(seq, Ordering::Release);
    }

    pub(super) fn set_status(&self, status: Status, message: &str) {
        let mut bytes = [0; MESSAGE_BYTES];
        let text = super::record::Text::<{ MESSAGE_BYTES - 1 }>::new(message);
        bytes[..MESSAGE_BYTES - 1].copy_from_slice(&text.0);
        for (i, chunk) in bytes.as_chunks::<8>().0.iter().enumerate() {
            let word = self.page.word(MESSAGE + 8 * i);
            word.store(u64::from_le_bytes(*chunk), Ordering::Relaxed);
        }
        // SYNC journal.status: Release, pairs with Acquire in cursor.rs status()
        self.page.word32(STATUS).store(status as u32, Ordering::Release);
    }

    pub(super) fn beat(&self, now_ns: u64) {
        self.page.word(HEARTBEAT).store(now_ns, Ordering::Relaxed);
    }
}
