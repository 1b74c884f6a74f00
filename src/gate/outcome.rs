//! What the state machine says about one input: the verdict and everything the journal keeps.

use crate::abi::codes::{Check, CheckMask};
use crate::abi::verdict::{NO_NODE, VerdictSlot, decision, flag};
use crate::fixed::{Wide, decimal};

/// The unit of a measure and its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum MeasureUnit {
    /// No number.
    None = 0,
    /// Quantity, 1e-8.
    Qty = 1,
    /// Base currency, 1e-36.
    Money = 2,
    /// Price, 1e-9.
    Price = 3,
    /// A count.
    Count = 4,
    /// Basis points, 1e-4.
    BasisPoints = 5,
    /// Nanoseconds.
    Time = 6,
    /// A ratio, 1e-8.
    Ratio = 7,
}

impl MeasureUnit {
    /// The unit with this code; `None` (no number) for what is none.
    pub const fn from_code(code: u8) -> MeasureUnit {
        match code {
            1 => MeasureUnit::Qty,
            2 => MeasureUnit::Money,
            3 => MeasureUnit::Price,
            4 => MeasureUnit::Count,
            5 => MeasureUnit::BasisPoints,
            6 => MeasureUnit::Time,
            7 => MeasureUnit::Ratio,
            _ => MeasureUnit::None,
        }
    }

    /// Decimal places of a measure.
    pub const fn places(self) -> u32 {
        match self {
            MeasureUnit::None | MeasureUnit::Count | MeasureUnit::Time => 0,
            MeasureUnit::Qty | MeasureUnit::Ratio => 8,
            MeasureUnit::Money => 36,
            MeasureUnit::Price => 9,
            MeasureUnit::BasisPoints => 4,
        }
    }

    /// Decimal places in a verdict: as the measure, but money in 1e-4.
    pub const fn verdict_places(self) -> u32 {
        match self {
            MeasureUnit::Money => 4,
            other => other.places(),
        }
    }
}

/// One breach with its numbers, exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Which check.
    pub check: Check,
    /// Node whose limit it is, or [`NO_NODE`].
    pub node: u32,
    /// Unit of the three numbers.
    pub unit: MeasureUnit,
    /// The measure without the order.
    pub before: Wide,
    /// The measure with the order.
    pub observed: Wide,
    /// The limit.
    pub limit: Wide,
    /// See [`VerdictSlot::detail`].
    pub detail: u32,
}

impl Breach {
    /// A breach without numbers.
    pub const fn bare(check: Check) -> Breach {
        Breach {
            check,
            node: NO_NODE,
            unit: MeasureUnit::None,
            before: Wide::ZERO,
            observed: Wide::ZERO,
            limit: Wide::ZERO,
            detail: 0,
        }
    }

    /// The observed value as decimal text, exact.
    pub fn observed_text(&self) -> String {
        decimal::format_wide(self.observed, self.unit.places())
    }

    /// The limit as decimal text, exact.
    pub fn limit_text(&self) -> String {
        decimal::format_wide(self.limit, self.unit.places())
    }
}

/// Something that the risk team is told; journaled after the input that caused it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// The check it is about.
    pub check: Check,
    /// The node, or [`NO_NODE`].
    pub node: u32,
    /// The instrument, or `u32::MAX`.
    pub instrument: u32,
    /// Soft threshold in percent, or 0.
    pub percent: u8,
}

impl Event {
    /// What fills the unused part of a list.
    pub const FILLER: Event = Event {
        kind: EventKind::Alert,
        check: Check::Malformed,
        node: NO_NODE,
        instrument: u32::MAX,
        percent: 0,
    };
}

/// Kind of an [`Event`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum EventKind {
    /// A soft threshold was crossed on the way up.
    Soft = 1,
    /// A limit whose action alerts was breached.
    Alert = 2,
    /// A limit in shadow phase was breached.
    Shadow = 3,
    /// A node was latched: it refuses every new order.
    Blocked = 4,
    /// A node was latched: it refuses what does not reduce.
    CloseOnly = 5,
    /// A report that cannot be right was booked or ignored.
    Anomaly = 6,
}

/// Most events of one input; further ones are dropped and counted in the journal.
pub const EVENTS_MAX: usize = 64;

/// What the state machine says about one input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Id of the request (requests), or of the order (reports).
    pub order_id: u64,
    /// See [`decision`]; [`decision::NONE`] for what gets no verdict.
    pub decision: u8,
    /// See [`flag`].
    pub flags: u16,
    /// What rejects.
    pub breaches: CheckMask,
    /// What only alerts (action `alert`, or phase warn).
    pub alerts: CheckMask,
    /// Whose soft threshold fired.
    pub soft: CheckMask,
    /// What would reject or alert if it were not in shadow.
    pub shadow: CheckMask,
    /// The first breach that rejects.
    pub first: Option<Breach>,
    /// Price that the order's instrument was valued at, or `PRICE_UNDEFINED`.
    pub mark: i64,
    /// Age of that price, ns.
    pub mark_age_ns: u64,
}

impl Outcome {
    /// Nothing decided, nothing noticed.
    pub const NONE: Outcome = Outcome {
        order_id: 0,
        decision: decision::NONE,
        flags: 0,
        breaches: CheckMask::EMPTY,
        alerts: CheckMask::EMPTY,
        soft: CheckMask::EMPTY,
        shadow: CheckMask::EMPTY,
        first: None,
        mark: crate::abi::PRICE_UNDEFINED,
        mark_age_ns: 0,
    };

    /// Does the client get a verdict?
    pub fn answers(&self) -> bool {
        self.decision != decision::NONE
    }

    /// The verdict as the client gets it; the stamp is left to the ring. Money is rounded to
    /// 1e-4, the observed value up and the limit down; what does not fit is clamped and flagged.
    pub fn to_verdict(
        &self,
        journal_seq: u64,
        decided_ns: u64,
        valid_ns: u64,
        epoch: u32,
    ) -> VerdictSlot {
        let mut slot = VerdictSlot {
            order_id: self.order_id,
            breaches: self.breaches.to_verdict(),
            epoch,
            node: NO_NODE,
            decision: self.decision,
            flags: self.flags,
            ..VerdictSlot::default()
        };
        if let Some(first) = &self.first {
            let drop = first.unit.places() - first.unit.verdict_places();
            let (observed, clamped) = clamp(first.observed.scaled_down(drop, true));
            let (limit, clamped_too) = clamp(first.limit.scaled_down(drop, false));
            slot.observed = observed;
            slot.limit = limit;
            slot.node = first.node;
            slot.first_check = first.check.number();
            slot.detail = first.detail;
            if clamped || clamped_too {
                slot.flags |= flag::CLAMPED;
            }
        } else if self.decision == decision::ACCEPT && self.flags & flag::REPLAYED == 0 {
            slot.observed = journal_seq as i64;
            slot.limit = decided_ns as i64;
            slot.valid_until_ns = decided_ns + valid_ns;
        }
        slot
    }
}

fn clamp(value: Wide) -> (i64, bool) {
    match value.to_i128().map(i64::try_from) {
        Some(Ok(v)) => (v, false),
        _ if value.is_negative() => (i64::MIN, true),
        _ => (i64::MAX, true),
    }
}
