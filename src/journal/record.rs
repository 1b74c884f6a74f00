//! The journal record: 256 bytes (four cache lines), the same in the ring and in segment files.
//!
//! All numbers are little-endian; offsets are in bytes; what is not named is zero.
//!
//! ```text
//! every record
//!   0  seq u64        gap-free from 1, over all epochs; in the ring written last (the stamp)
//!   8  crc u32        in the ring 0; in a segment CRC-32C of segment id and record (crc as 0)
//!  12  epoch u32      incarnation of the engine, from 1
//!  16  kind u8   17 version u8 (1)   18 flags u16   20 lane u32 (0xffffffff: none)
//!  24  time_ns u64    time of the input, as the state machine was told it
//!  32  body, 224 bytes, by kind:
//!
//!  1 START      32 setup hash u64   40 state hash u64   48 wall clock, ns since 1970 u64
//!               56 bytes of the setup image u64   64 SETUP records that follow u32
//!               72 valid_ns of an ACCEPT u64   128 build id, 64 bytes of text
//!               flag CONTINUES: the state of the epoch before goes on (else it is built anew)
//!  2 SETUP      32 chunk u32 (from 0)   36 bytes in it u32   40 up to 216 bytes of the image
//!  3 ORDER      32 words 1..7 of the order slot as received
//!               88 breaches   104 alerts   120 soft   136 shadow (16 bytes each)
//!              152 decision u8   153 first check u8   154 flags u16 of the verdict   156 node u32
//!              160 detail u32   164 environment u8 (1 ready, 2 journal has room)
//!              165 unit u8 of observed and limit   166 EVENT records that follow u8
//!              168 observed i64   176 limit i64, as in the verdict
//!              184 mark i64   192 age of the mark ns u64
//!              200 received ns u64   208 valid until ns u64   216 order id of the outcome u64
//!              224 seq of the last START or CONTROL u64: the configuration in force
//!               flags HAS_EXTENSION: the record before is its extension; HAS_BREACH: the record
//!               after has the first breach exactly (without it, the first breach has no numbers)
//!  4 EXTENSION  32 words 0..7 of the extension slot as received (word 0, the stamp, as 0)
//!  5 REPORT     as ORDER; decision 0: it gets no verdict
//!  6 BREACH     32 check u8   33 unit u8   36 node u32   40 detail u32
//!               48 before   80 observed   112 limit (256 bits each)
//!  7 EVENT      32 kind u8   33 check u8   34 percent u8   35 number of it u8 (from 0)
//!               36 node u32   40 instrument u32
//!  8 MARK       32 instrument u32   36 EVENT records that follow u8
//!               40 bid   48 ask   56 last   64 close (i64)   72 quote ns   80 last ns (u64)
//!               88 cumulative volume of the day, 1e-8, 0 if not told (u64)
//!  9 CONTROL    32 bytes of the command u8   33 EVENT records that follow u8
//!               40 command, up to 104 bytes   144 operator   176 approver (32 bytes of text each)
//!              208 reason, 48 bytes of text       flag REFUSED: it was refused and changed nothing
//! 10 LANE       32 state u8 (1 opened, 2 closed, 3 quarantined)   36 reason u32
//!               40 session u32   44 uid u32   48 pid u32
//! 11 STOP       32 state hash u64   40 wall clock, ns since 1970 u64   48 reason u32
//! ```
//! Texts are UTF-8, cut at a character's end, filled with zeros. A segment file has a record with
//! the number `seq` valid exactly if
//! 1. it lies completely inside the file, at its place: 4096 + 256 × (seq − first seq of the file);
//! 2. its seq is the one of that place;
//! 3. its epoch is the one of the file;
//! 4. its crc is right for the file's id, so that what recycled blocks hold is never taken for new;
//! 5. it decodes: kind and version known, what is not named zero, every number in its range.
//!
//! One input makes one group of records: EXTENSION, then ORDER or REPORT (or MARK, CONTROL), then
//! BREACH, then EVENTs. The ring shows a group completely or not at all; a segment that was cut
//! may end inside one. This file never does I/O.

use std::fmt;

pub use super::body::*;
use super::codec::BadBytes;

/// Bytes of a record.
pub const RECORD_BYTES: usize = 256;
/// 64-bit words of a record.
pub const RECORD_WORDS: usize = RECORD_BYTES / 8;
/// A record as words. Word 0 is the stamp, the low half of word 1 the crc.
pub type RecordWords = [u64; RECORD_WORDS];
/// Version of the format.
pub const RECORD_VERSION: u8 = 1;
/// "No lane" in a record's header.
pub const NO_LANE: u32 = u32::MAX;
/// First word of the body.
pub const BODY: usize = 4;

/// Flags of a record.
pub mod flag {
    /// START: the state of the epoch before goes on.
    pub const CONTINUES: u16 = 1;
    /// CONTROL: refused.
    pub const REFUSED: u16 = 2;
    /// ORDER, REPORT: the record before is the extension.
    pub const HAS_EXTENSION: u16 = 4;
    /// ORDER, REPORT: the record after has the first breach; without it, it has no numbers.
    pub const HAS_BREACH: u16 = 8;
}

/// Kind of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// An epoch begins.
    Start = 1,
    /// Part of the setup image.
    Setup = 2,
    /// A request and its verdict.
    Order = 3,
    /// The extension of the request that follows.
    Extension = 4,
    /// A report or void: no verdict.
    Report = 5,
    /// The first breach of the request before, exact.
    Breach = 6,
    /// What the risk team is told about the input before.
    Event = 7,
    /// A mark.
    Mark = 8,
    /// A control command.
    Control = 9,
    /// A lane was opened, closed, or quarantined.
    Lane = 10,
    /// The engine ended in good order.
    Stop = 11,
}

impl Kind {
    /// All kinds, by number from 1.
    pub const ALL: [Kind; 11] = [
        Kind::Start,
        Kind::Setup,
        Kind::Order,
        Kind::Extension,
        Kind::Report,
        Kind::Breach,
        Kind::Event,
        Kind::Mark,
        Kind::Control,
        Kind::Lane,
        Kind::Stop,
    ];

    /// The kind with this number.
    pub fn from_number(number: u8) -> Option<Kind> {
        Kind::ALL.get(usize::from(number).wrapping_sub(1)).copied()
    }

    /// The name, as `riskgate journal` prints it.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Start => "start",
            Kind::Setup => "setup",
            Kind::Order => "order",
            Kind::Extension => "extension",
            Kind::Report => "report",
            Kind::Breach => "breach",
            Kind::Event => "event",
            Kind::Mark => "mark",
            Kind::Control => "control",
            Kind::Lane => "lane",
            Kind::Stop => "stop",
        }
    }

    const fn flags(self) -> u16 {
        match self {
            Kind::Start => flag::CONTINUES,
            Kind::Control => flag::REFUSED,
            Kind::Order | Kind::Report => flag::HAS_EXTENSION | flag::HAS_BREACH,
            _ => 0,
        }
    }
}

/// A decoded record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Sequence number.
    pub seq: u64,
    /// Incarnation of the engine.
    pub epoch: u32,
    /// See [`flag`].
    pub flags: u16,
    /// Lane, or [`NO_LANE`].
    pub lane: u32,
    /// Time of the input, ns.
    pub time_ns: u64,
    /// The rest, by kind.
    pub body: Body,
}

/// The body of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// See [`Kind::Start`].
    Start(Start),
    /// See [`Kind::Setup`].
    Setup(SetupChunk),
    /// See [`Kind::Order`].
    Order(Decided),
    /// See [`Kind::Extension`]; word 0 is zero.
    Extension(crate::abi::SlotWords),
    /// See [`Kind::Report`].
    Report(Decided),
    /// See [`Kind::Breach`].
    Breach(crate::gate::outcome::Breach),
    /// See [`Kind::Event`].
    Event(EventEntry),
    /// See [`Kind::Mark`].
    Mark(MarkEntry),
    /// See [`Kind::Control`].
    Control(ControlEntry),
    /// See [`Kind::Lane`].
    Lane(LaneEntry),
    /// See [`Kind::Stop`].
    Stop(Stop),
}

impl Body {
    /// Which kind it is.
    pub fn kind(&self) -> Kind {
        match self {
            Body::Start(_) => Kind::Start,
            Body::Setup(_) => Kind::Setup,
            Body::Order(_) => Kind::Order,
            Body::Extension(_) => Kind::Extension,
            Body::Report(_) => Kind::Report,
            Body::Breach(_) => Kind::Breach,
            Body::Event(_) => Kind::Event,
            Body::Mark(_) => Kind::Mark,
            Body::Control(_) => Kind::Control,
            Body::Lane(_) => Kind::Lane,
            Body::Stop(_) => Kind::Stop,
        }
    }
}

/// A record that means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadRecord {
    /// Offset in the record of the field that is wrong.
    pub offset: usize,
    /// What is wrong with it.
    pub what: &'static str,
}

impl fmt::Display for BadRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {} of the record: {}", self.offset, self.what)
    }
}

impl BadRecord {
    /// Bytes inside a record, the first of which is at `base`.
    pub fn inside(base: usize, bad: BadBytes) -> BadRecord {
        BadRecord { offset: base + bad.offset, what: bad.what }
    }
}

/// The header words of a record; the crc is left 0.
#[inline]
pub fn put_header(
    words: &mut RecordWords,
    seq: u64,
    epoch: u32,
    kind: Kind,
    flags: u16,
    lane: u32,
    time_ns: u64,
) {
    words[0] = seq;
    words[1] = u64::from(epoch) << 32;
    words[2] = u64::from(kind as u8)
        | (u64::from(RECORD_VERSION) << 8)
        | (u64::from(flags) << 16)
        | (u64::from(lane) << 32);
    words[3] = time_ns;
}

impl Record {
    /// The record as words; the crc is left 0.
    pub fn to_words(&self) -> RecordWords {
        let mut words = [0; RECORD_WORDS];
        let kind = self.body.kind();
        put_header(&mut words, self.seq, self.epoch, kind, self.flags, self.lane, self.time_ns);
        match &self.body {
            Body::Start(start) => start.put(&mut words),
            Body::Setup(chunk) => chunk.put(&mut words),
            Body::Order(decided) | Body::Report(decided) => decided.put(&mut words),
            Body::Extension(slot) => put_extension(&mut words, slot),
            Body::Breach(breach) => put_breach(&mut words, breach),
            Body::Event(event) => event.put(&mut words),
            Body::Mark(mark) => mark.put(&mut words),
            Body::Control(control) => control.put(&mut words),
            Body::Lane(lane) => lane.put(&mut words),
            Body::Stop(stop) => stop.put(&mut words),
        }
        words
    }

    /// Decodes; total. The crc is not looked at (it belongs to the file that the record is in).
    pub fn from_words(words: &RecordWords) -> Result<Record, BadRecord> {
        let record = Record::decode(words)?;
        // What is not named is zero: only the canonical form is a record.
        let mut canonical = record.to_words();
        canonical[1] |= words[1] & 0xffff_ffff;
        match canonical.iter().zip(words).position(|(a, b)| a != b) {
            Some(word) => {
                Err(BadRecord { offset: word * 8, what: "bits that must be zero are not" })
            }
            None => Ok(record),
        }
    }

    /// Like [`Record::from_words`] for words that are known to be canonical.
    pub(super) fn decode(words: &RecordWords) -> Result<Record, BadRecord> {
        let bad = |offset, what| Err(BadRecord { offset, what });
        let Some(kind) = Kind::from_number(words[2] as u8) else {
            return bad(16, "no record kind has this number");
        };
        if (words[2] >> 8) as u8 != RECORD_VERSION {
            return bad(17, "a record version that this build does not know");
        }
        if words[0] == 0 {
            return bad(0, "the sequence number is zero");
        }
        if words[1] >> 32 == 0 {
            return bad(12, "the epoch is zero");
        }
        let flags = (words[2] >> 16) as u16;
        if flags & !kind.flags() != 0 {
            return bad(18, "a flag that this kind does not have");
        }
        let body = match kind {
            Kind::Start => Body::Start(Start::take(words)?),
            Kind::Setup => Body::Setup(SetupChunk::take(words)?),
            Kind::Order => Body::Order(Decided::take(words)?),
            Kind::Report => Body::Report(Decided::take(words)?),
            Kind::Extension => Body::Extension(take_extension(words)?),
            Kind::Breach => Body::Breach(take_breach(words)?),
            Kind::Event => Body::Event(EventEntry::take(words)?),
            Kind::Mark => Body::Mark(MarkEntry::take(words)?),
            Kind::Control => Body::Control(ControlEntry::take(words)?),
            Kind::Lane => Body::Lane(LaneEntry::take(words)?),
            Kind::Stop => Body::Stop(Stop::take(words)?),
        };
        if let Body::Order(d) | Body::Report(d) = &body
            && (d.decision != 0) != (kind == Kind::Order)
        {
            return bad(152, "an order without decision, or a report with one");
        }
        Ok(Record {
            seq: words[0],
            epoch: (words[1] >> 32) as u32,
            flags,
            lane: (words[2] >> 32) as u32,
            time_ns: words[3],
            body,
        })
    }

    /// Decodes 256 bytes; total.
    pub fn from_bytes(bytes: &[u8; RECORD_BYTES]) -> Result<Record, BadRecord> {
        Record::from_words(&words_of(bytes))
    }
}

/// Little-endian bytes as words.
pub fn words_of(bytes: &[u8; RECORD_BYTES]) -> RecordWords {
    let mut words = [0; RECORD_WORDS];
    for (word, chunk) in words.iter_mut().zip(bytes.as_chunks::<8>().0) {
        *word = u64::from_le_bytes(*chunk);
    }
    words
}

/// Words as little-endian bytes.
pub fn bytes_of(words: &RecordWords) -> [u8; RECORD_BYTES] {
    let mut bytes = [0; RECORD_BYTES];
    for (chunk, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(words) {
        *chunk = word.to_le_bytes();
    }
    bytes
}
