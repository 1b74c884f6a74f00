//! The verdict slot: the engine's answer to one new, replace or cancel, 64 bytes.
//!
//! ```text
//!  0       4       8               16              24              32
//!  +-------+-------+---------------+---------------+---------------+
//!  | seq   | mix   | order_id      | breaches      | observed      |
//!  +-------+-------+---------------+---------------+---------------+
//!  | limit         | valid_until_ns| epoch | node  |d|c|flg| detail|
//!  +---------------+---------------+-------+-------+-+-+---+-------+
//!  32              40              48      52      56  58  60      64
//! ```
//! Writer: the engine. Reader: the client, through a mapping that cannot be made writable. Exactly
//! one verdict per new, replace, cancel and mass cancel of a lane, in order. [`decision::ACCEPT`]
//! is far from zero and from all ones, so that neither fresh nor torn memory permits an order.

/// What the engine decided.
pub mod decision {
    /// No decision: fresh memory.
    pub const NONE: u8 = 0;
    /// The order may be sent, inside its epoch and before its deadline.
    pub const ACCEPT: u8 = 0xac;
    /// The order must not be sent.
    pub const REJECT: u8 = 0x52;
    /// What-if: it would have been accepted; nothing is reserved, nothing may be sent.
    pub const WOULD_ACCEPT: u8 = 0x37;
    /// Not a verdict: the gate asks the client to cancel the order `order_id`.
    pub const CANCEL_INTENT: u8 = 0x1c;
}

/// Flags of a verdict.
pub mod flag {
    /// A repeated request: this is its recorded verdict again, never an approval.
    pub const REPLAYED: u16 = 1;
    /// The answer to a what-if.
    pub const WHAT_IF: u16 = 2;
    /// A limit that only alerts is breached.
    pub const ALERTED: u16 = 4;
    /// A soft threshold fired.
    pub const SOFT: u16 = 8;
    /// A cancel of an order that this lane does not have open.
    pub const UNKNOWN_ORDER: u16 = 16;
    /// `observed` or `limit` did not fit and was clamped; the journal has it exact.
    pub const CLAMPED: u16 = 32;
    /// Cancel your own resting orders that it would match before you send it.
    pub const CANCEL_RESTING: u16 = 64;
    /// Stamp the venue's self-match prevention id on it.
    pub const STAMP_SELF_MATCH: u16 = 128;
    /// Flagged for audit.
    pub const AUDIT: u16 = 256;
    /// It breached a check that is in shadow phase.
    pub const SHADOWED: u16 = 512;
}

/// Bit of `breaches` that says "more than these, see the journal".
pub const BREACH_MORE: u64 = 1 << 63;

/// "No node" in the `node` field.
pub const NO_NODE: u32 = u32::MAX;
/// Detail of an `execution_rate` breach whose numbers are money, not a count.
pub const EXECUTIONS_BY_VALUE: u32 = 2;

/// One verdict slot. See the module head for its picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct VerdictSlot {
    /// Position in the ring plus one, truncated.
    pub seq: u32,
    /// See [`crate::abi::slot_mix`].
    pub mix: u32,
    /// Id of the request that it answers.
    pub order_id: u64,
    /// Bit n−1 for each check number n that rejects (1 to 63), and [`BREACH_MORE`].
    pub breaches: u64,
    /// REJECT: observed value of the first breach, in that check's unit. ACCEPT: journal sequence.
    pub observed: i64,
    /// REJECT: limit of the first breach. ACCEPT: time of the decision, ns of the host's clock.
    pub limit: i64,
    /// ACCEPT: last moment at which it permits the order, ns of the host's clock; else 0.
    pub valid_until_ns: u64,
    /// Incarnation of the engine that decided.
    pub epoch: u32,
    /// Node of the account tree whose limit was breached first, or [`NO_NODE`].
    pub node: u32,
    /// See [`decision`].
    pub decision: u8,
    /// Number of the first check that rejects, 0 for none.
    pub first_check: u8,
    /// See [`flag`].
    pub flags: u16,
    /// More about the first breach: for `limit_not_set` the number of the check that has none,
    /// for `malformed` the field (see `codes::field`), for `execution_rate` by value
    /// [`EXECUTIONS_BY_VALUE`], for others see `codes::detail`.
    pub detail: u32,
}

const _: () = {
    use core::mem::{align_of, offset_of, size_of};
    assert!(size_of::<VerdictSlot>() == 64 && align_of::<VerdictSlot>() == 64);
    assert!(offset_of!(VerdictSlot, seq) == 0 && offset_of!(VerdictSlot, mix) == 4);
    assert!(offset_of!(VerdictSlot, order_id) == 8 && offset_of!(VerdictSlot, breaches) == 16);
    assert!(offset_of!(VerdictSlot, observed) == 24 && offset_of!(VerdictSlot, limit) == 32);
    assert!(offset_of!(VerdictSlot, valid_until_ns) == 40);
    assert!(offset_of!(VerdictSlot, epoch) == 48 && offset_of!(VerdictSlot, node) == 52);
    assert!(offset_of!(VerdictSlot, decision) == 56 && offset_of!(VerdictSlot, first_check) == 57);
    assert!(offset_of!(VerdictSlot, flags) == 58 && offset_of!(VerdictSlot, detail) == 60);
    assert!(decision::ACCEPT != 0 && decision::ACCEPT != 0xff);
};

impl VerdictSlot {
    /// The slot as eight little-endian words, stamp included.
    #[inline]
    pub fn to_words(&self) -> super::SlotWords {
        [
            u64::from(self.seq) | (u64::from(self.mix) << 32),
            self.order_id,
            self.breaches,
            self.observed as u64,
            self.limit as u64,
            self.valid_until_ns,
            u64::from(self.epoch) | (u64::from(self.node) << 32),
            u64::from(self.decision)
                | (u64::from(self.first_check) << 8)
                | (u64::from(self.flags) << 16)
                | (u64::from(self.detail) << 32),
        ]
    }

    /// The inverse of [`VerdictSlot::to_words`]; total.
    #[inline]
    pub fn from_words(w: &super::SlotWords) -> Self {
        VerdictSlot {
            seq: w[0] as u32,
            mix: (w[0] >> 32) as u32,
            order_id: w[1],
            breaches: w[2],
            observed: w[3] as i64,
            limit: w[4] as i64,
            valid_until_ns: w[5],
            epoch: w[6] as u32,
            node: (w[6] >> 32) as u32,
            decision: w[7] as u8,
            first_check: (w[7] >> 8) as u8,
            flags: (w[7] >> 16) as u16,
            detail: (w[7] >> 32) as u32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_fields_are_inverse() {
        let words = [1, u64::MAX, 3, 4, 5, 6, 0x0102_0304_0506_0708, 9 << 33 | 0xac];
        assert_eq!(VerdictSlot::from_words(&words).to_words(), words);
    }

    #[test]
    fn neither_zeroed_nor_all_ones_memory_accepts() {
        for fill in [0u64, u64::MAX] {
            assert_ne!(VerdictSlot::from_words(&[fill; 8]).decision, decision::ACCEPT);
        }
    }
}
