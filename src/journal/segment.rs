//! Segment files: the journal on disk, `journal-<epoch>-<first seq>.rgj`.
//!
//! ```text
//!    0  magic u64 "RGSEGMT1" | version u32, bytes of a record u32
//!   16  id, 16 random bytes, fresh for every file
//!   32  epoch u32, zero u32 | first seq u64 | room, records u64
//!   56  chain of everything before (2 × u64) | created, ns since 1970 u64
//!   80  crc u32 of bytes 0 to 79
//!  512  synced mark: seq u64 | crc u32 of id and seq          (rewritten after every fsync)
//! 1024  seal: magic u64 "RGSEAL01" | last seq u64 | chain (2 × u64) | crc u32 of id and these
//! 4096  records, see the record format
//! ```
//! Everything else in the first 4096 bytes is zero. A file gets its name when its header is on
//! stable storage, so a file with that name and a bad header is damaged, never young. Room is
//! claimed in advance; sealing cuts the file after its last record. Mark and seal lie each inside
//! one sector of 512 bytes, which disks write whole or not at all. All files but the last are
//! sealed and are followed, without a gap, by the one whose header carries their chain.
//!
//! What the file says is safe (the synced mark, the seal) was on stable storage before it was
//! said. The chain is a running hash over all records: it finds files that were exchanged, left
//! out, or stem from another journal. It is not cryptographic: sealing against a forger, and
//! proofs, are not built yet.

use std::path::{Path, PathBuf};

use super::disk::{Disk, DiskFile};
use super::record::{RECORD_BYTES, RECORD_WORDS, RecordWords, bytes_of};
use crate::error::{Error, Result};

/// First bytes of a segment.
pub const SEGMENT_MAGIC: u64 = u64::from_le_bytes(*b"RGSEGMT1");
/// First bytes of a seal.
pub const SEAL_MAGIC: u64 = u64::from_le_bytes(*b"RGSEAL01");
/// Version of the file format.
pub const SEGMENT_VERSION: u32 = 1;
/// Offset of the first record.
pub const RECORDS_OFFSET: usize = 4096;
/// Extension of the file name.
pub const EXTENSION: &str = "rgj";

const HEADER_CRC: usize = 80;
const MARK: usize = 512;
const SEAL: usize = 1024;
const SEAL_CRC: usize = SEAL + 32;

/// Running hash over records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// First half.
    pub a: u64,
    /// Second half.
    pub b: u64,
}

impl Chain {
    /// Takes in a record; its crc does not count.
    pub fn absorb(&mut self, words: &RecordWords) {
        // Independent products, so that they overlap; an odd factor keeps every changed bit.
        let (mut first, mut second) = (0u64, 0u64);
        for (i, word) in words.iter().enumerate() {
            let word = if i == 1 { word & !0xffff_ffff } else { *word };
            let mixed = word ^ (word >> 29);
            first = first.wrapping_add(mixed.wrapping_mul(FACTORS[i]));
            second =
                second.wrapping_add((word ^ (word >> 33)).wrapping_mul(FACTORS[RECORD_WORDS + i]));
        }
        let mix = |state: u64, sum: u64| {
            let h = (state.rotate_left(17) ^ sum).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            h ^ (h >> 32)
        };
        self.a = mix(self.a, first);
        self.b = mix(self.b ^ self.a, second);
    }
}

/// Odd factors, one for each word and half, by SplitMix64.
const FACTORS: [u64; 2 * RECORD_WORDS] = {
    let mut factors = [0; 2 * RECORD_WORDS];
    let mut i = 0;
    while i < factors.len() {
        let mut z = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        factors[i] = (z ^ (z >> 31)) | 1;
        i += 1;
    }
    factors
};

/// What the header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Random, fresh for every file.
    pub id: [u8; 16],
    /// Incarnation of the engine.
    pub epoch: u32,
    /// Number of the first record.
    pub first_seq: u64,
    /// Records that have room.
    pub room: u64,
    /// Chain of everything before.
    pub previous: Chain,
    /// Wall clock when it was made, ns since 1970.
    pub created_ns: u64,
}

/// What the seal says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// Number of the last record; `first_seq - 1` if there is none.
    pub last_seq: u64,
    /// Chain of everything up to it.
    pub chain: Chain,
}

/// Header, mark and seal of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The header.
    pub header: Header,
    /// Every record up to this one was on stable storage.
    pub synced: u64,
    /// The seal, if it is sealed.
    pub seal: Option<Seal>,
}

/// Name of a segment.
pub fn file_name(epoch: u32, first_seq: u64) -> String {
    format!("journal-{epoch:010}-{first_seq:020}.{EXTENSION}")
}

fn put(block: &mut [u8], at: usize, value: u64) {
    block[at..at + 8].copy_from_slice(&value.to_le_bytes());
}

fn get(block: &[u8], at: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&block[at..at + 8]);
    u64::from_le_bytes(bytes)
}

fn get32(block: &[u8], at: usize) -> u32 {
    get(block, at) as u32
}

impl Header {
    /// Start value of every crc in the file.
    pub fn seed(&self) -> u32 {
        crc32c::crc32c(&self.id)
    }

    /// The first 4096 bytes of an unsealed file.
    pub fn to_block(&self) -> Vec<u8> {
        let mut block = vec![0; RECORDS_OFFSET];
        put(&mut block, 0, SEGMENT_MAGIC);
        put(&mut block, 8, u64::from(SEGMENT_VERSION) | ((RECORD_BYTES as u64) << 32));
        block[16..32].copy_from_slice(&self.id);
        put(&mut block, 32, u64::from(self.epoch));
        put(&mut block, 40, self.first_seq);
        put(&mut block, 48, self.room);
        put(&mut block, 56, self.previous.a);
        put(&mut block, 64, self.previous.b);
        put(&mut block, 72, self.created_ns);
        let crc = crc32c::crc32c(&block[..HEADER_CRC]);
        put(&mut block, HEADER_CRC, u64::from(crc));
        block[MARK..MARK + 16].copy_from_slice(&self.mark(self.first_seq - 1));
        block
    }

    fn mark(&self, synced: u64) -> [u8; 16] {
        let mut mark = [0; 16];
        put(&mut mark, 0, synced);
        let crc = crc32c::crc32c_append(self.seed(), &mark[..8]);
        put(&mut mark, 8, u64::from(crc));
        mark
    }

    fn seal(&self, seal: &Seal) -> [u8; 40] {
        let mut block = [0; 40];
        put(&mut block, 0, SEAL_MAGIC);
        put(&mut block, 8, seal.last_seq);
        put(&mut block, 16, seal.chain.a);
        put(&mut block, 24, seal.chain.b);
        let crc = crc32c::crc32c_append(self.seed(), &block[..32]);
        put(&mut block, 32, u64::from(crc));
        block
    }

    /// Is a record's crc right for this file? `seed` is [`Header::seed`].
    pub(super) fn crc_is_right(seed: u32, bytes: &[u8; RECORD_BYTES]) -> bool {
        let mut first = [0; 16];
        first.copy_from_slice(&bytes[..16]);
        first[8..12].fill(0);
        let crc = crc32c::crc32c_append(crc32c::crc32c_append(seed, &first), &bytes[16..]);
        crc.to_le_bytes() == bytes[8..12]
    }

    /// The record's bytes as the file has them.
    pub fn stamped(&self, words: &RecordWords) -> [u8; RECORD_BYTES] {
        let mut words = *words;
        words[1] &= !0xffff_ffff;
        let crc = crc32c::crc32c_append(self.seed(), &bytes_of(&words));
        words[1] |= u64::from(crc);
        bytes_of(&words)
    }
}

impl Head {
    /// Reads the first 4096 bytes; total. The error has the offset and what is wrong there.
    pub fn from_block(block: &[u8]) -> std::result::Result<Head, (usize, String)> {
        if block.len() < RECORDS_OFFSET {
            return Err((
                block.len(),
                format!("the file ends inside its header of {RECORDS_OFFSET} bytes"),
            ));
        }
        if get(block, 0) != SEGMENT_MAGIC {
            return Err((0, "it does not begin like a journal segment".to_string()));
        }
        if get(block, 8) != u64::from(SEGMENT_VERSION) | ((RECORD_BYTES as u64) << 32) {
            return Err((
                8,
                format!(
                    "version {} with records of {} bytes; this build knows version {SEGMENT_VERSION} \
                 with {RECORD_BYTES}",
                    get32(block, 8),
                    get32(block, 12)
                ),
            ));
        }
        if get(block, HEADER_CRC) != u64::from(crc32c::crc32c(&block[..HEADER_CRC])) {
            return Err((HEADER_CRC, "the header's checksum is wrong".to_string()));
        }
        let mut id = [0; 16];
        id.copy_from_slice(&block[16..32]);
        let header = Header {
            id,
            epoch: get32(block, 32),
            first_seq: get(block, 40),
            room: get(block, 48),
            previous: Chain { a: get(block, 56), b: get(block, 64) },
            created_ns: get(block, 72),
        };
        if header.epoch == 0 || header.first_seq == 0 {
            return Err((32, "epoch and first record count from 1, not 0".to_string()));
        }
        let synced = get(block, MARK);
        if block[MARK..MARK + 16] != header.mark(synced) {
            return Err((MARK, "the synced mark's checksum is wrong".to_string()));
        }
        let sealed = block[SEAL..SEAL + 40].iter().any(|b| *b != 0);
        let seal = Seal {
            last_seq: get(block, SEAL + 8),
            chain: Chain { a: get(block, SEAL + 16), b: get(block, SEAL + 24) },
        };
        if sealed && block[SEAL..SEAL + 40] != header.seal(&seal) {
            return Err((SEAL_CRC, "the seal's checksum is wrong".to_string()));
        }
        for gap in [HEADER_CRC + 8..MARK, MARK + 16..SEAL, SEAL + 40..RECORDS_OFFSET] {
            let gap_bytes = &block[gap.clone()];
            if gap_bytes != &[0; RECORDS_OFFSET][..gap.len()]
                && let Some(at) = gap_bytes.iter().position(|b| *b != 0)
            {
                return Err((gap.start + at, "bytes that must be zero are not".to_string()));
            }
        }
        if sealed && seal.last_seq.wrapping_add(1) < header.first_seq {
            return Err((SEAL + 8, "the seal ends before the first record".to_string()));
        }
        Ok(Head { header, synced, seal: sealed.then_some(seal) })
    }
}

/// A segment that is being written. After an error it must not be used any more.
pub struct SegmentWriter {
    path: PathBuf,
    file: Box<dyn DiskFile>,
    header: Header,
    next_seq: u64,
    synced: u64,
    chain: Chain,
    buffer: Vec<u8>,
}

impl SegmentWriter {
    /// Makes the segment that begins with `first_seq`. On an error nothing of it counts: the same
    /// segment can be tried again.
    pub fn create(
        disk: &dyn Disk,
        dir: &Path,
        epoch: u32,
        first_seq: u64,
        room: u64,
        previous: Chain,
    ) -> Result<SegmentWriter> {
        let path = dir.join(file_name(epoch, first_seq));
        let young = path.with_extension("new");
        let make = || -> Result<SegmentWriter> {
            let header = Header {
                id: random_id()?,
                epoch,
                first_seq,
                room,
                previous,
                created_ns: wall_ns(),
            };
            let bytes = RECORDS_OFFSET as u64 + room * RECORD_BYTES as u64;
            let file = disk.create(&young, bytes)?;
            file.write_at(&header.to_block(), 0)?;
            file.sync()?;
            disk.publish(&young, &path)?;
            Ok(SegmentWriter {
                path: path.clone(),
                file,
                header,
                next_seq: first_seq,
                synced: first_seq - 1,
                chain: previous,
                buffer: Vec::new(),
            })
        };
        make().map_err(|e| {
            let _ = std::fs::remove_file(&young);
            e.context(format!("create journal segment {}", path.display()))
        })
    }

    /// Records that still fit.
    pub fn room(&self) -> u64 {
        self.header.first_seq + self.header.room - self.next_seq
    }

    /// Number of the next record.
    pub fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// The last record on stable storage.
    pub fn synced(&self) -> u64 {
        self.synced
    }

    /// Is something written that is not on stable storage?
    pub fn is_dirty(&self) -> bool {
        self.synced + 1 < self.next_seq
    }

    /// Takes the next record; written by [`SegmentWriter::flush`].
    pub fn push(&mut self, words: &RecordWords) {
        self.chain.absorb(words);
        let bytes = self.header.stamped(words);
        self.buffer.extend_from_slice(&bytes);
    }

    /// Writes what was pushed.
    pub fn flush(&mut self) -> Result<()> {
        let count = (self.buffer.len() / RECORD_BYTES) as u64;
        let offset = offset_of(self.next_seq, self.header.first_seq);
        self.file.write_at(&self.buffer, offset).map_err(|e| {
            self.failed(format!("write {count} records from {} on", self.next_seq), e)
        })?;
        self.next_seq += count;
        self.buffer.clear();
        Ok(())
    }

    /// Makes what was written durable, then says so.
    pub fn sync(&mut self) -> Result<u64> {
        let last = self.next_seq - 1;
        self.file.sync().map_err(|e| self.failed(format!("fsync up to record {last}"), e))?;
        self.synced = last;
        self.file
            .write_at(&self.header.mark(last), MARK as u64)
            .map_err(|e| self.failed(format!("write the synced mark {last}"), e))?;
        Ok(last)
    }

    /// Ends the segment: all durable, cut, sealed. Returns the chain for the next one.
    pub fn seal(mut self) -> Result<Chain> {
        self.sync()?;
        seal(&*self.file, &self.header, Seal { last_seq: self.next_seq - 1, chain: self.chain })
            .map_err(|e| self.failed("seal".to_string(), e))?;
        Ok(self.chain)
    }

    fn failed(&self, what: String, error: std::io::Error) -> Error {
        Error::new(format!("{what} in journal segment {}: {error}", self.path.display()))
    }
}

/// Seals a file after its last good record.
pub(super) fn seal(file: &dyn DiskFile, header: &Header, seal: Seal) -> std::io::Result<()> {
    file.set_len(offset_of(seal.last_seq + 1, header.first_seq))?;
    file.write_at(&header.mark(seal.last_seq), MARK as u64)?;
    file.write_at(&header.seal(&seal), SEAL as u64)?;
    file.sync()
}

/// Offset of a record in a file.
pub fn offset_of(seq: u64, first_seq: u64) -> u64 {
    RECORDS_OFFSET as u64 + (seq - first_seq) * RECORD_BYTES as u64
}

fn random_id() -> Result<[u8; 16]> {
    use std::io::Read;
    let mut id = [0; 16];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut id)?;
    Ok(id)
}

fn wall_ns() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |d| d.as_nanos() as u64)
}
