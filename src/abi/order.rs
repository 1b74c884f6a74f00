//! The order slot: one request or execution report, 64 bytes.
//!
//! ```text
//!  0       4       8               16              24              32
//!  +-------+-------+---------------+---------------+---------------+
//!  | seq   | mix   | order_id      | price         | qty           |
//!  +-------+-------+---------------+---------------+---------------+
//!  | ref           | instr | acct  |k|s|t|f|ven|alg| rsvd  | time  |
//!  +---------------+-------+-------+-+-+-+-+---+---+-------+-------+
//!  32              40      44      48  50  52  54  56      60      64
//! ```
//! Writer: the client. Reader: the engine. The stamp (seq and mix, one 8-byte store, last) is what
//! the engine polls. An *extension* slot (kind [`kind::EXTENSION`]) stands right before the order
//! that has [`flag::HAS_EXTENSION`]; its layout is [`ExtensionSlot`].

/// Kind of message in an order slot. Zero is none.
pub mod kind {
    /// A new order. `ref` is the parent order's id, or 0.
    pub const NEW: u8 = 1;
    /// Change total quantity, price, type or time in force of the order `ref`.
    pub const REPLACE: u8 = 2;
    /// Intention to cancel the order `ref`.
    pub const CANCEL: u8 = 3;
    /// Intention to cancel all orders of an account, instrument or side (zero or `NO_ID`: any).
    pub const MASS_CANCEL: u8 = 4;
    /// The accepted request `ref` of the order `order_id` was never sent.
    pub const VOID: u8 = 5;
    /// The venue acknowledged request `ref` (the new order's id, or a replace's id).
    pub const ACK: u8 = 6;
    /// Executed: `qty` at `price`; `ref` is the execution id.
    pub const FILL: u8 = 7;
    /// The order is cancelled; `ref` is the cancel request that it answers, or 0.
    pub const CANCELLED: u8 = 8;
    /// The venue rejected the new order.
    pub const REJECTED: u8 = 9;
    /// The order expired at the venue.
    pub const EXPIRED: u8 = 10;
    /// The venue rejected the replace request `ref`.
    pub const REPLACE_REJECTED: u8 = 11;
    /// The venue rejected the cancel request `ref`.
    pub const CANCEL_REJECTED: u8 = 12;
    /// The execution `ref` is taken back.
    pub const BUST: u8 = 13;
    /// A parent order opens: children name it in `ref`. Account (any node), instrument, side and
    /// quantity of the whole; price is the worst price of a child, undefined for any.
    pub const PARENT_OPEN: u8 = 14;
    /// The parent order `ref` takes no more children.
    pub const PARENT_CLOSE: u8 = 15;
    /// Extension of the order in the next slot.
    pub const EXTENSION: u8 = 16;
}

/// Side of an order: bits 0 and 1 of `side_bits`.
pub mod side {
    /// Buy.
    pub const BUY: u8 = 1;
    /// Sell.
    pub const SELL: u8 = 2;
}

/// Type of an order: low half of `type_tif`.
pub mod order_type {
    /// Limit order; `price` must be defined.
    pub const LIMIT: u8 = 1;
    /// Market order; `price` must be undefined.
    pub const MARKET: u8 = 2;
    /// Stop order that becomes a market order; stop price in the extension.
    pub const STOP: u8 = 3;
    /// Stop order that becomes a limit order at `price`; stop price in the extension.
    pub const STOP_LIMIT: u8 = 4;
    /// Pegged to the market; unpriced, `price` must be undefined.
    pub const PEGGED: u8 = 5;
}

/// Time in force: high half of `type_tif`.
pub mod tif {
    /// Until the end of the trading day.
    pub const DAY: u8 = 1;
    /// Until cancelled.
    pub const GTC: u8 = 2;
    /// Immediate or cancel.
    pub const IOC: u8 = 3;
    /// Fill or kill.
    pub const FOK: u8 = 4;
    /// Until the date in the extension.
    pub const GTD: u8 = 5;
    /// In the opening auction.
    pub const AT_OPEN: u8 = 6;
    /// In the closing auction.
    pub const AT_CLOSE: u8 = 7;
}

/// Flags of an order.
pub mod flag {
    /// Evaluate only: the verdict is WOULD_ACCEPT or REJECT, nothing is reserved.
    pub const WHAT_IF: u8 = 1;
    /// The slot before this one is its extension.
    pub const HAS_EXTENSION: u8 = 2;
    /// The next order of the lane belongs to the same basket: a run of new orders with this flag
    /// on all but the last, at most [`super::BASKET_LINES_MAX`] of them, is accepted or refused as
    /// a whole. Reports and voids may stand in between; any other message breaks the run, and its
    /// lines are malformed.
    pub const BASKET_MORE: u8 = 4;
    /// All flags that have a meaning in a request.
    pub const ALL: u8 = 7;
    /// On a FILL right after a BUST of the same order: it replaces the busted execution, and what
    /// it executes of the busted quantity does not come out of the open quantity.
    pub const CORRECTION: u8 = 8;
}

/// Most lines of a basket.
pub const BASKET_LINES_MAX: usize = 512;

/// "Any" in the instrument and account fields of a mass cancel.
pub const ANY_ID: u32 = u32::MAX;

/// One order slot. See the module head for its picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct OrderSlot {
    /// Position in the ring plus one, truncated.
    pub seq: u32,
    /// See [`crate::abi::slot_mix`].
    pub mix: u32,
    /// The client's id of this request (new, replace, cancel; never 0), or of the order (reports).
    pub order_id: u64,
    /// Limit price, execution price; 1e-9 of the instrument's currency; undefined: `i64::MAX`.
    pub price: i64,
    /// Quantity in 1e-8 of a contract or share; of a replace the new total.
    pub qty: i64,
    /// What it refers to; see [`kind`].
    pub reference: u64,
    /// Instrument id.
    pub instrument: u32,
    /// Account id.
    pub account: u32,
    /// See [`kind`].
    pub kind: u8,
    /// Bits 0..2 side, 2..4 capacity (0 none, 1 agency, 2 principal, 3 riskless principal), 4..6
    /// sale mark (0 none, 1 long, 2 short, 3 short exempt), 6..8 reserved.
    pub side_bits: u8,
    /// Bits 0..4 type, 4..8 time in force.
    pub type_tif: u8,
    /// See [`flag`].
    pub flags: u8,
    /// Venue (requests); in cancels and reports: lane of origin plus one, 0 for the own lane.
    pub venue: u16,
    /// Algorithm id, 0 for none.
    pub algo: u16,
    /// Zero.
    pub _reserved: u32,
    /// Low half of the client's monotonic clock in ns when it submitted.
    pub client_time: u32,
}

/// The slot before an order or a fill with [`flag::HAS_EXTENSION`]: what does not fit into it. Of a
/// fill only the fee is looked at for more than its being absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct ExtensionSlot {
    /// Position in the ring plus one, truncated.
    pub seq: u32,
    /// See [`crate::abi::slot_mix`].
    pub mix: u32,
    /// Id of the order that follows.
    pub order_id: u64,
    /// Stop trigger price; undefined: `i64::MAX`.
    pub stop_price: i64,
    /// Least quantity of an execution, 0 for none.
    pub min_qty: i64,
    /// Displayed quantity of an iceberg order, 0 for all.
    pub display_qty: i64,
    /// Last moment of a good-till-date order in ns since 1970 UTC, 0 for none.
    pub good_till_ns: u64,
    /// [`kind::EXTENSION`] in the low byte, the rest zero.
    pub kind_word: u64,
    /// Fee of a fill in 1e-8 of the instrument's currency, below zero for a rebate; of requests zero.
    pub fee: i64,
}

/// Index of the word that holds the id of the request or order.
pub const WORD_ID: usize = 1;
/// Index of the word that holds kind, side, type, flags, venue and algorithm.
pub const WORD_KIND: usize = 6;

const _: () = {
    use core::mem::{align_of, offset_of, size_of};
    assert!(size_of::<OrderSlot>() == 64 && align_of::<OrderSlot>() == 64);
    assert!(offset_of!(OrderSlot, seq) == 0 && offset_of!(OrderSlot, mix) == 4);
    assert!(offset_of!(OrderSlot, order_id) == 8 && offset_of!(OrderSlot, price) == 16);
    assert!(offset_of!(OrderSlot, qty) == 24 && offset_of!(OrderSlot, reference) == 32);
    assert!(offset_of!(OrderSlot, instrument) == 40 && offset_of!(OrderSlot, account) == 44);
    assert!(offset_of!(OrderSlot, kind) == 48 && offset_of!(OrderSlot, side_bits) == 49);
    assert!(offset_of!(OrderSlot, type_tif) == 50 && offset_of!(OrderSlot, flags) == 51);
    assert!(offset_of!(OrderSlot, venue) == 52 && offset_of!(OrderSlot, algo) == 54);
    assert!(offset_of!(OrderSlot, _reserved) == 56 && offset_of!(OrderSlot, client_time) == 60);
    assert!(size_of::<ExtensionSlot>() == 64 && align_of::<ExtensionSlot>() == 64);
    assert!(
        offset_of!(ExtensionSlot, order_id) == 8 && offset_of!(ExtensionSlot, stop_price) == 16
    );
    assert!(
        offset_of!(ExtensionSlot, min_qty) == 24 && offset_of!(ExtensionSlot, display_qty) == 32
    );
    assert!(offset_of!(ExtensionSlot, good_till_ns) == 40);
    assert!(offset_of!(ExtensionSlot, kind_word) == 48 && offset_of!(ExtensionSlot, fee) == 56);
};

impl OrderSlot {
    /// The slot as eight little-endian words, stamp included.
    pub fn to_words(&self) -> super::SlotWords {
        [
            u64::from(self.seq) | (u64::from(self.mix) << 32),
            self.order_id,
            self.price as u64,
            self.qty as u64,
            self.reference,
            u64::from(self.instrument) | (u64::from(self.account) << 32),
            u64::from(self.kind)
                | (u64::from(self.side_bits) << 8)
                | (u64::from(self.type_tif) << 16)
                | (u64::from(self.flags) << 24)
                | (u64::from(self.venue) << 32)
                | (u64::from(self.algo) << 48),
            u64::from(self._reserved) | (u64::from(self.client_time) << 32),
        ]
    }

    /// The inverse of [`OrderSlot::to_words`]; total: every bit pattern is a slot.
    #[inline]
    pub fn from_words(w: &super::SlotWords) -> Self {
        OrderSlot {
            seq: w[0] as u32,
            mix: (w[0] >> 32) as u32,
            order_id: w[1],
            price: w[2] as i64,
            qty: w[3] as i64,
            reference: w[4],
            instrument: w[5] as u32,
            account: (w[5] >> 32) as u32,
            kind: w[6] as u8,
            side_bits: (w[6] >> 8) as u8,
            type_tif: (w[6] >> 16) as u8,
            flags: (w[6] >> 24) as u8,
            venue: (w[6] >> 32) as u16,
            algo: (w[6] >> 48) as u16,
            _reserved: w[7] as u32,
            client_time: (w[7] >> 32) as u32,
        }
    }
}

impl ExtensionSlot {
    /// The slot as eight little-endian words, stamp included.
    pub fn to_words(&self) -> super::SlotWords {
        [
            u64::from(self.seq) | (u64::from(self.mix) << 32),
            self.order_id,
            self.stop_price as u64,
            self.min_qty as u64,
            self.display_qty as u64,
            self.good_till_ns,
            self.kind_word,
            self.fee as u64,
        ]
    }

    /// The inverse of [`ExtensionSlot::to_words`]; total.
    #[inline]
    pub fn from_words(w: &super::SlotWords) -> Self {
        ExtensionSlot {
            seq: w[0] as u32,
            mix: (w[0] >> 32) as u32,
            order_id: w[1],
            stop_price: w[2] as i64,
            min_qty: w[3] as i64,
            display_qty: w[4] as i64,
            good_till_ns: w[5],
            kind_word: w[6],
            fee: w[7] as i64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_fields_are_inverse() {
        let words = [1, u64::MAX, 3, 4, 5, 0x1234_5678_9abc_def0, 0x0102_0304_0506_0708, 9 << 33];
        assert_eq!(OrderSlot::from_words(&words).to_words(), words);
        assert_eq!(ExtensionSlot::from_words(&words).to_words(), words);
    }
}
