//! Family 1, always on and always hard: is it an order at all? The tests themselves stand where the
//! order meets them (`gate::decode`, `Gate::structural`, `gate::plan`, `gate::reports`); here is what
//! the catalogue says of them.

use crate::abi::codes::Check;
use crate::gate::checks::catalogue::{CatalogueRow, MARKET_ACCESS, MARKET_ACCESS_AND_RTS6};
use crate::gate::outcome::MeasureUnit;

/// `malformed`.
pub const MALFORMED: CatalogueRow = CatalogueRow {
    check: Check::Malformed,
    family: 1,
    semantics: "a field is out of its range or contradicts another",
    unit: MeasureUnit::None,
    parameters: &[],
    source: MARKET_ACCESS_AND_RTS6,
};

/// `unknown_instrument`.
pub const UNKNOWN_INSTRUMENT: CatalogueRow = CatalogueRow {
    check: Check::UnknownInstrument,
    family: 1,
    semantics: "the instrument is not in reference data",
    unit: MeasureUnit::None,
    parameters: &[],
    source: "",
};

/// `unknown_account`.
pub const UNKNOWN_ACCOUNT: CatalogueRow = CatalogueRow {
    check: Check::UnknownAccount,
    family: 1,
    semantics: "the account is not in reference data, or has accounts below it",
    unit: MeasureUnit::None,
    parameters: &[],
    source: "",
};

/// `unknown_order`.
pub const UNKNOWN_ORDER: CatalogueRow = CatalogueRow {
    check: Check::UnknownOrder,
    family: 1,
    semantics: "a replace of an order that this lane does not have open",
    unit: MeasureUnit::None,
    parameters: &[],
    source: "",
};

/// `report_anomaly`.
pub const REPORT_ANOMALY: CatalogueRow = CatalogueRow {
    check: Check::ReportAnomaly,
    family: 1,
    semantics: "overfill, unknown fill or impossible report: booked, alerted, account latched close-only",
    unit: MeasureUnit::None,
    parameters: &[],
    source: "",
};

/// `limit_not_set`.
pub const LIMIT_NOT_SET: CatalogueRow = CatalogueRow {
    check: Check::LimitNotSet,
    family: 1,
    semantics: "a required check has no limit on the path, or an unpriced order no aggressive collar",
    unit: MeasureUnit::None,
    parameters: &[],
    source: MARKET_ACCESS,
};

/// `lane_not_permitted`.
pub const LANE_NOT_PERMITTED: CatalogueRow = CatalogueRow {
    check: Check::LaneNotPermitted,
    family: 1,
    semantics: "account, instrument class, venue or kind not granted to the lane",
    unit: MeasureUnit::None,
    parameters: &[],
    source: MARKET_ACCESS,
};

/// `duplicate_order_id`.
pub const DUPLICATE_ORDER_ID: CatalogueRow = CatalogueRow {
    check: Check::DuplicateOrderId,
    family: 1,
    semantics: "the id was used before with other content",
    unit: MeasureUnit::None,
    parameters: &[],
    source: "RTS 6 Art. 15",
};

/// `arithmetic`.
pub const ARITHMETIC: CatalogueRow = CatalogueRow {
    check: Check::Arithmetic,
    family: 1,
    semantics: "an intermediate value is out of range",
    unit: MeasureUnit::None,
    parameters: &[],
    source: "",
};

/// `gate_not_ready`.
pub const GATE_NOT_READY: CatalogueRow = CatalogueRow {
    check: Check::GateNotReady,
    family: 1,
    semantics: "the gate is locked",
    unit: MeasureUnit::None,
    parameters: &[],
    source: "",
};

/// `journal_unavailable`.
pub const JOURNAL_UNAVAILABLE: CatalogueRow = CatalogueRow {
    check: Check::JournalUnavailable,
    family: 1,
    semantics: "the journal ring is full or its recorder is gone",
    unit: MeasureUnit::None,
    parameters: &[],
    source: "",
};

/// `capacity`.
pub const CAPACITY: CatalogueRow = CatalogueRow {
    check: Check::Capacity,
    family: 1,
    semantics: "a table of fixed size is full",
    unit: MeasureUnit::None,
    parameters: &[],
    source: "",
};
