//! Messages of the rendezvous socket (SOCK_SEQPACKET, one struct per message).
//!
//! ```text
//!  client                                gate
//!    | ---- Hello (role, name) ----------> |   peer's uid and pid come from the kernel
//!    | <--- Welcome + descriptors -------- |   lane: client region, gate region, gate page
//!    |      maps them                      |   marks: mark table, gate page
//!    | ---- Mapped ----------------------> |   gate seals the client's file against new mappings
//!    | <--- Welcome (status only) -------- |   the engine reads the lane from now on
//!    | ---- Query -> <--- Answer --------- |   any number of times, cold path
//! ```
//! The connection stays open as long as the client lives; its end closes the lane.

/// First word of a [`Hello`].
pub const HELLO_MAGIC: u64 = u64::from_le_bytes(*b"RGHELLO1");
/// First word of a [`Welcome`].
pub const WELCOME_MAGIC: u64 = u64::from_le_bytes(*b"RGWELCM1");
/// First word of a [`Mapped`].
pub const MAPPED_MAGIC: u64 = u64::from_le_bytes(*b"RGMAPPED");
/// First word of a [`Query`].
pub const QUERY_MAGIC: u64 = u64::from_le_bytes(*b"RGQUERY1");
/// First word of an [`AnswerHeader`].
pub const ANSWER_MAGIC: u64 = u64::from_le_bytes(*b"RGANSWR1");

/// Longest name of a lane, instrument or account in a message, in bytes; zero-padded.
pub const NAME_BYTES: usize = 64;
/// Bytes of the text of a [`Welcome`]; zero-padded UTF-8.
pub const TEXT_BYTES: usize = 448;
/// Most items of one answer; a longer list comes as several answers.
pub const ANSWER_ITEMS_MAX: usize = 256;

/// What a connection is for.
pub mod role {
    /// A lane: orders in, verdicts out.
    pub const LANE: u16 = 1;
    /// The feed handler: writes the mark table.
    pub const MARKS: u16 = 2;
}

/// What a query asks for.
pub mod query {
    /// Id of the instrument `name`; one item, `id`.
    pub const INSTRUMENT: u16 = 1;
    /// Id of the account `name`; one item, `id`.
    pub const ACCOUNT: u16 = 2;
    /// Open orders of this lane; [`super::OutstandingItem`] each.
    pub const OUTSTANDING: u16 = 3;
    /// Positions of the accounts of this lane; [`super::PositionItem`] each.
    pub const POSITIONS: u16 = 4;
    /// Name of the node with id `arg`; one item, [`super::NAME_BYTES`] bytes.
    pub const NODE_NAME: u16 = 5;
}

/// Outcome of a rendezvous or query.
pub mod status {
    /// Done.
    pub const OK: u32 = 0;
    /// Client and gate have different major versions, or the client is newer.
    pub const VERSION_MISMATCH: u32 = 1;
    /// The configuration has no such lane.
    pub const UNKNOWN_LANE: u32 = 2;
    /// The peer's uid may not use it.
    pub const NOT_PERMITTED: u32 = 3;
    /// Somebody else is connected to it.
    pub const IN_USE: u32 = 4;
    /// The lane is quarantined.
    pub const QUARANTINED: u32 = 5;
    /// The engine is not running.
    pub const GATE_DOWN: u32 = 6;
    /// Message malformed or out of turn.
    pub const PROTOCOL: u32 = 7;
    /// No instrument, account or node of that name or id.
    pub const NOT_FOUND: u32 = 8;
    /// The gate could not provide memory or a descriptor.
    pub const RESOURCES: u32 = 9;
}

/// Client to gate: who am I and what do I want.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Hello {
    /// [`HELLO_MAGIC`].
    pub magic: u64,
    /// Version that the client was built with.
    pub abi_major: u16,
    /// Version that the client was built with.
    pub abi_minor: u16,
    /// See [`role`].
    pub role: u16,
    /// Zero.
    pub _reserved: u16,
    /// Lane name (role lane), zero-padded.
    pub name: [u8; NAME_BYTES],
}

/// Gate to client: parameters and descriptors, or why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Welcome {
    /// [`WELCOME_MAGIC`].
    pub magic: u64,
    /// Version of the gate.
    pub abi_major: u16,
    /// Version of the gate.
    pub abi_minor: u16,
    /// See [`status`].
    pub status: u32,
    /// Incarnation of the engine.
    pub epoch: u32,
    /// Number of the lane.
    pub lane: u32,
    /// Number of the connection within the epoch.
    pub session: u32,
    /// Slots of the order ring.
    pub order_capacity: u32,
    /// Slots of the verdict ring.
    pub verdict_capacity: u32,
    /// Lines of the mark table (role marks).
    pub instruments: u32,
    /// Zero.
    pub _reserved: [u32; 6],
    /// Text for a person, zero-padded.
    pub text: [u8; TEXT_BYTES],
}

/// Client to gate: the regions are mapped, seal them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Mapped {
    /// [`MAPPED_MAGIC`].
    pub magic: u64,
    /// Zero.
    pub _reserved: u64,
}

/// Client to gate: a question on the cold path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Query {
    /// [`QUERY_MAGIC`].
    pub magic: u64,
    /// See [`query`].
    pub kind: u16,
    /// Zero.
    pub _reserved: u16,
    /// Argument; see [`query`].
    pub arg: u32,
    /// Name; see [`query`].
    pub name: [u8; NAME_BYTES],
}

/// Gate to client: head of an answer; `count` items of `item_bytes` follow in the same message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct AnswerHeader {
    /// [`ANSWER_MAGIC`].
    pub magic: u64,
    /// See [`status`].
    pub status: u32,
    /// Items in this message.
    pub count: u32,
    /// Bytes of an item.
    pub item_bytes: u32,
    /// Not zero: another message with more items follows.
    pub more: u32,
    /// Id (instrument and account queries).
    pub id: u32,
    /// Zero.
    pub _reserved: u32,
    /// Journal sequence that the answer is as of.
    pub journal_seq: u64,
}

/// One open order of a lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct OutstandingItem {
    /// Id of the order.
    pub order_id: u64,
    /// Limit price as acknowledged or accepted last; 1e-9.
    pub price: i64,
    /// Total quantity; 1e-8.
    pub qty: i64,
    /// Filled quantity; 1e-8.
    pub filled: i64,
    /// Quantity that is reserved; 1e-8.
    pub reserved: i64,
    /// Instrument id.
    pub instrument: u32,
    /// Account id.
    pub account: u32,
    /// See [`super::order::side`].
    pub side: u8,
    /// Replaces that the venue has not answered.
    pub pending_replaces: u8,
    /// Not zero: a cancel was requested.
    pub pending_cancel: u8,
    /// Not zero: the venue acknowledged the order.
    pub acknowledged: u8,
    /// Zero.
    pub _reserved: u32,
}

/// One position of an account, with what is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct PositionItem {
    /// Account id.
    pub account: u32,
    /// Instrument id.
    pub instrument: u32,
    /// Signed filled quantity; 1e-8.
    pub position: i64,
    /// Reserved open buy quantity; 1e-8.
    pub open_buy: i64,
    /// Reserved open sell quantity; 1e-8.
    pub open_sell: i64,
}

const _: () = {
    use core::mem::size_of;
    assert!(size_of::<Hello>() == 80 && size_of::<Welcome>() == 512);
    assert!(size_of::<Mapped>() == 16 && size_of::<Query>() == 80);
    assert!(size_of::<AnswerHeader>() == 40);
    assert!(size_of::<OutstandingItem>() == 56 && size_of::<PositionItem>() == 32);
};
