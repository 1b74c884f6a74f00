//! The mark table: one line per instrument, one writer (the feed handler), sequence lock.
//!
//! ```text
//!    0   header: magic u64 | abi_major u16, abi_minor u16 | epoch u32 | instruments u32
//!  512   one line per instrument, 64 bytes:
//!        0 seq u64 | 8 bid | 16 ask | 24 last | 32 close (i64, 1e-9) | 40 quote_ns | 48 last_ns
//!        56 volume u64 (1e-8, cumulative over the market's day; 0: as told before)
//! ```
//! The writer makes `seq` odd, writes the words, makes it even. A price that is not known is
//! [`super::PRICE_UNDEFINED`]. Times are CLOCK_MONOTONIC_RAW in ns; one that lies in the future
//! counts as now.

use super::LINE_SEPARATION;

/// First word of the mark table.
pub const MARKS_MAGIC: u64 = u64::from_le_bytes(*b"RGMARKS1");
/// Offset of the first line.
pub const MARK_LINES_OFFSET: usize = 4 * LINE_SEPARATION;

/// One line of the mark table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct MarkLine {
    /// Even: stable. Odd: being written. 0: never written.
    pub seq: u64,
    /// Best bid.
    pub bid: i64,
    /// Best ask.
    pub ask: i64,
    /// Price of the last trade.
    pub last: i64,
    /// Previous close.
    pub close: i64,
    /// Time of bid and ask.
    pub quote_ns: u64,
    /// Time of the last trade.
    pub last_ns: u64,
    /// Cumulative volume of the market's day, 1e-8; 0: as told before (since 1.1).
    pub volume: u64,
}

/// Header of the mark table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct MarksHeader {
    /// [`MARKS_MAGIC`].
    pub magic: u64,
    /// See [`super::ABI_MAJOR`].
    pub abi_major: u16,
    /// See [`super::ABI_MINOR`].
    pub abi_minor: u16,
    /// Incarnation of the engine that made it.
    pub epoch: u32,
    /// Lines in the table.
    pub instruments: u32,
    /// Zero.
    pub _reserved: u32,
}

const _: () = {
    use core::mem::{offset_of, size_of};
    assert!(size_of::<MarkLine>() == 64 && size_of::<MarksHeader>() == 24);
    assert!(offset_of!(MarkLine, bid) == 8 && offset_of!(MarkLine, ask) == 16);
    assert!(offset_of!(MarkLine, last) == 24 && offset_of!(MarkLine, close) == 32);
    assert!(offset_of!(MarkLine, quote_ns) == 40 && offset_of!(MarkLine, last_ns) == 48);
    assert!(offset_of!(MarkLine, volume) == 56);
    assert!(offset_of!(MarksHeader, instruments) == 16);
};

/// Bytes of a mark table with `instruments` lines.
pub const fn table_bytes(instruments: u32) -> usize {
    (MARK_LINES_OFFSET + instruments as usize * 64).next_multiple_of(4096)
}
