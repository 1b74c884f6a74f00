//! The gate page: one page for all clients, written by the engine, read-only to everybody else.
//!
//! ```text
//!    0    magic u64 | abi_major u16, abi_minor u16 | epoch u32     (written before it is shared)
//!   16    heartbeat_stale_ns u64 | verdict_valid_ns u64
//!  128    heartbeat_ns u64 | state u32 | killed u32
//! ```
//! `heartbeat_ns` is CLOCK_MONOTONIC_RAW, refreshed every few tens of microseconds.

use super::LINE_SEPARATION;

/// First word of the gate page.
pub const GATE_PAGE_MAGIC: u64 = u64::from_le_bytes(*b"RGGATE01");
/// Bytes of the gate page.
pub const GATE_PAGE_BYTES: usize = 4096;
/// Offset of the heartbeat (u64).
pub const HEARTBEAT_OFFSET: usize = LINE_SEPARATION;
/// Offset of the gate's state (u32, see [`state`]).
pub const STATE_OFFSET: usize = LINE_SEPARATION + 8;
/// Offset of the firm's kill word (u32; not zero: the whole firm is killed).
pub const KILLED_OFFSET: usize = LINE_SEPARATION + 12;

/// Value of the gate's state word.
pub mod state {
    /// Not ready: every order is rejected (`gate_not_ready`).
    pub const LOCKED: u32 = 0;
    /// Orders are decided.
    pub const READY: u32 = 1;
    /// Shutting down: nothing is read any more.
    pub const STOPPED: u32 = 2;
    /// A broken invariant stopped the engine.
    pub const FAILED: u32 = 3;
}

/// First line of the gate page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct GatePageHeader {
    /// [`GATE_PAGE_MAGIC`], written last.
    pub magic: u64,
    /// See [`super::ABI_MAJOR`].
    pub abi_major: u16,
    /// See [`super::ABI_MINOR`].
    pub abi_minor: u16,
    /// Incarnation of the engine.
    pub epoch: u32,
    /// A heartbeat older than this means that the gate is down, ns.
    pub heartbeat_stale_ns: u64,
    /// How long an ACCEPT permits its order, ns from the decision.
    pub verdict_valid_ns: u64,
}

const _: () = {
    use core::mem::{offset_of, size_of};
    assert!(size_of::<GatePageHeader>() == 32);
    assert!(offset_of!(GatePageHeader, epoch) == 12);
    assert!(offset_of!(GatePageHeader, heartbeat_stale_ns) == 16);
    assert!(offset_of!(GatePageHeader, verdict_valid_ns) == 24);
};
