//! The two memory files of a lane, each with exactly one writing process.
//!
//! ```text
//!           client region (client writes)          gate region (engine writes)
//!    0      header (gate writes it once)            header (gate writes it once)
//!    128    heartbeat_ns                            orders_consumed
//!    256    verdicts_read                           state, reason, killed
//!    384    reserved                                reserved
//!    512    order slots, 64 bytes each              verdict slots, 64 bytes each
//! ```
//! Lines of different meaning are [`super::LINE_SEPARATION`] bytes apart. Both files are fresh for
//! every connection and epoch and never attached again.

use super::{LINE_SEPARATION, SLOT_BYTES};

/// First word of the client region.
pub const CLIENT_MAGIC: u64 = u64::from_le_bytes(*b"RGLANEC1");
/// First word of the gate region.
pub const GATE_MAGIC: u64 = u64::from_le_bytes(*b"RGLANEG1");

/// Offset of the client's heartbeat (u64, ns of the host's clock; 0 while unused).
pub const CLIENT_HEARTBEAT_OFFSET: usize = LINE_SEPARATION;
/// Offset of the number of verdicts that the client has read (u64).
pub const VERDICTS_READ_OFFSET: usize = 2 * LINE_SEPARATION;
/// Offset of the number of order slots that the engine has consumed (u64).
pub const ORDERS_CONSUMED_OFFSET: usize = LINE_SEPARATION;
/// Offset of the lane's state (u32, see [`lane_state`]).
pub const LANE_STATE_OFFSET: usize = 2 * LINE_SEPARATION;
/// Offset of the reason of a quarantine (u32, see [`quarantine`]).
pub const LANE_REASON_OFFSET: usize = LANE_STATE_OFFSET + 4;
/// Offset of the lane's kill word (u32; not zero: killed).
pub const LANE_KILLED_OFFSET: usize = LANE_STATE_OFFSET + 8;
/// Offset of the first slot, in both regions.
pub const SLOTS_OFFSET: usize = 4 * LINE_SEPARATION;

/// Fewest and most slots of a ring.
pub const RING_CAPACITY_MIN: u32 = 2;
/// See [`RING_CAPACITY_MIN`].
pub const RING_CAPACITY_MAX: u32 = 1 << 16;

/// Value of the lane's state word.
pub mod lane_state {
    /// Fresh memory: not ready.
    pub const AWAIT_READY: u32 = 0;
    /// Orders are read.
    pub const OPEN: u32 = 1;
    /// The connection is gone; nothing more is read.
    pub const CLOSED: u32 = 2;
    /// The client broke the protocol; nothing more is read until an operator releases it.
    pub const QUARANTINED: u32 = 3;
}

/// Why a lane is quarantined.
pub mod quarantine {
    /// A slot carries the right sequence number and the wrong mix for too long to be in flight.
    pub const BAD_MIX: u32 = 1;
    /// A slot carries neither the last lap's nor this lap's sequence number.
    pub const BAD_SEQUENCE: u32 = 2;
    /// The client says that it has read more verdicts than there are, or fewer than before.
    pub const BAD_CURSOR: u32 = 3;
    /// An extension is not followed by its order, or an order lacks its extension.
    pub const BROKEN_EXTENSION: u32 = 4;
}

/// First line of both regions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct LaneHeader {
    /// [`CLIENT_MAGIC`] or [`GATE_MAGIC`].
    pub magic: u64,
    /// See [`super::ABI_MAJOR`].
    pub abi_major: u16,
    /// See [`super::ABI_MINOR`].
    pub abi_minor: u16,
    /// Incarnation of the engine that made it.
    pub epoch: u32,
    /// Number of the lane in the configuration.
    pub lane: u32,
    /// Number of the connection within the epoch, from 1.
    pub session: u32,
    /// Slots of the order ring, a power of two.
    pub order_capacity: u32,
    /// Slots of the verdict ring, a power of two, at least `order_capacity`.
    pub verdict_capacity: u32,
}

const _: () = {
    use core::mem::{offset_of, size_of};
    assert!(size_of::<LaneHeader>() == 32);
    assert!(offset_of!(LaneHeader, abi_major) == 8 && offset_of!(LaneHeader, abi_minor) == 10);
    assert!(offset_of!(LaneHeader, epoch) == 12 && offset_of!(LaneHeader, lane) == 16);
    assert!(offset_of!(LaneHeader, session) == 20 && offset_of!(LaneHeader, order_capacity) == 24);
    assert!(offset_of!(LaneHeader, verdict_capacity) == 28);
    assert!(SLOTS_OFFSET.is_multiple_of(SLOT_BYTES));
};

/// Bytes of a region with `slots` slots.
pub const fn region_bytes(slots: u32) -> usize {
    (SLOTS_OFFSET + slots as usize * SLOT_BYTES).next_multiple_of(4096)
}
