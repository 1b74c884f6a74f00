//! The catalogue: one row per check that is built, in precedence. One row, one line.

use crate::abi::codes::Check;
use crate::gate::outcome::MeasureUnit;

/// One check, for people.
pub struct CatalogueRow {
    /// The check: name, number and bit.
    pub check: Check,
    /// Family 1 to 6.
    pub family: u8,
    /// What a breach is, in a line.
    pub semantics: &'static str,
    /// Unit of observed value and limit.
    pub unit: MeasureUnit,
    /// Where its limit can be set: I instrument, N node, N×I both, L lane, O owner; empty: always on.
    pub scopes: &'static str,
    /// Where the rule comes from.
    pub source: &'static str,
}

const fn row(
    check: Check,
    family: u8,
    unit: MeasureUnit,
    scopes: &'static str,
    semantics: &'static str,
    source: &'static str,
) -> CatalogueRow {
    CatalogueRow { check, family, semantics, unit, scopes, source }
}

/// SEC rule 15c3-5, the market access rule.
const MARKET_ACCESS: &str = "17 CFR 240.15c3-5";
/// Controls against erroneous orders and credit limits.
const MARKET_ACCESS_AND_RTS6: &str = "17 CFR 240.15c3-5(c)(1), RTS 6 Art. 15";

/// All checks that are built, in precedence.
pub const CATALOGUE: &[CatalogueRow] = {
    use Check::*;
    use MeasureUnit as Unit;
    &[
        row(
            Malformed,
            1,
            Unit::None,
            "",
            "a field is out of its range or contradicts another",
            MARKET_ACCESS_AND_RTS6,
        ),
        row(UnknownInstrument, 1, Unit::None, "", "the instrument is not in reference data", ""),
        row(
            UnknownAccount,
            1,
            Unit::None,
            "",
            "the account is not in reference data, or has accounts below it",
            "",
        ),
        row(
            UnknownOrder,
            1,
            Unit::None,
            "",
            "a replace of an order that this lane does not have open",
            "",
        ),
        row(
            ReportAnomaly,
            1,
            Unit::None,
            "",
            "overfill, unknown fill or impossible report: booked, alerted, account latched close-only",
            "",
        ),
        row(
            LimitNotSet,
            1,
            Unit::None,
            "",
            "a required check has no limit on the path, or an unpriced order no aggressive collar",
            MARKET_ACCESS,
        ),
        row(
            LaneNotPermitted,
            1,
            Unit::None,
            "L",
            "account, instrument class, venue or kind not granted to the lane",
            MARKET_ACCESS,
        ),
        row(
            DuplicateOrderId,
            1,
            Unit::None,
            "L",
            "the id was used before with other content",
            "RTS 6 Art. 15",
        ),
        row(Arithmetic, 1, Unit::None, "", "an intermediate value is out of range", ""),
        row(GateNotReady, 1, Unit::None, "", "the gate is locked", ""),
        row(
            JournalUnavailable,
            1,
            Unit::None,
            "",
            "the journal ring is full or its recorder is gone",
            "",
        ),
        row(Capacity, 1, Unit::None, "", "a table of fixed size is full", ""),
        row(
            Killed,
            2,
            Unit::None,
            "all",
            "a kill switch is set for something that the order belongs to",
            "RTS 6 Art. 12",
        ),
        row(
            Blocked,
            2,
            Unit::None,
            "N, N×I",
            "a breach or an anomaly latched the account or an ancestor",
            MARKET_ACCESS,
        ),
        row(InstrumentState, 2, Unit::None, "I", "the instrument is halted", ""),
        row(
            Restricted,
            2,
            Unit::None,
            "N×I",
            "buy-only, sell-only, close-only or no trading",
            MARKET_ACCESS,
        ),
        row(
            StaleMark,
            2,
            Unit::Time,
            "I",
            "a check needs the mark, and it is missing, old, crossed, wide or without a rate",
            "",
        ),
        row(
            MaxOrderQty,
            3,
            Unit::Qty,
            "I, N, N×I",
            "total quantity > limit",
            MARKET_ACCESS_AND_RTS6,
        ),
        row(
            MaxOrderValue,
            3,
            Unit::Money,
            "I, N, N×I",
            "total quantity × max(|price|, |mark|) in base currency > limit",
            MARKET_ACCESS_AND_RTS6,
        ),
        row(MinOrderQty, 3, Unit::Qty, "I", "total quantity < limit or < one lot", ""),
        row(LotSize, 3, Unit::Qty, "I", "total quantity is not a multiple of the lot", ""),
        row(
            TickSize,
            3,
            Unit::Price,
            "I",
            "the price is not a multiple of the tick",
            "17 CFR 242.612, RTS 11",
        ),
        row(
            PriceCollar,
            3,
            Unit::Price,
            "I, N, N×I",
            "the price is further from the mark than percent, ticks or a distance",
            MARKET_ACCESS_AND_RTS6,
        ),
        row(MaxOpenOrders, 4, Unit::Count, "L, N, N×I", "open orders > limit", "RTS 6 Art. 15"),
        row(MaxLong, 5, Unit::Qty, "N, N×I", "position + open buys > limit", MARKET_ACCESS),
        row(MaxShort, 5, Unit::Qty, "N, N×I", "open sells − position > limit", MARKET_ACCESS),
        row(
            GrossExposure,
            5,
            Unit::Money,
            "N",
            "Σ of the accounts' worst cases, or executed, or traded today plus open > limit",
            MARKET_ACCESS,
        ),
        row(
            NetExposure,
            5,
            Unit::Money,
            "N",
            "the worse of all buys filled and all sells filled, netted > limit",
            MARKET_ACCESS,
        ),
        row(
            LongExposure,
            5,
            Unit::Money,
            "N",
            "Σ of the accounts' long worst cases > limit",
            MARKET_ACCESS,
        ),
        row(
            ShortExposure,
            5,
            Unit::Money,
            "N",
            "Σ of the accounts' short worst cases > limit",
            MARKET_ACCESS,
        ),
        row(
            OpenOrderValue,
            5,
            Unit::Money,
            "N, N×I",
            "value of all open orders > limit",
            MARKET_ACCESS,
        ),
        row(
            SectorConcentration,
            5,
            Unit::BasisPoints,
            "N",
            "the sector's share of equity, live equity or gross book > limit",
            "RTS 6 Art. 15",
        ),
        row(
            WashTrade,
            6,
            Unit::Price,
            "O",
            "the order would match an own resting order of the same owner",
            "FINRA 5210.02, CME rule 534",
        ),
    ]
};

/// Is the check built?
pub fn is_built(check: Check) -> bool {
    CATALOGUE.iter().any(|row| row.check == check)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_precedence() {
        assert!(CATALOGUE.windows(2).all(|pair| pair[0].check < pair[1].check));
    }
}
