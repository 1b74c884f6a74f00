//! `sector_concentration`: worst-case exposure of the instrument's sector (or issuer, country,
//! currency, or the instrument itself) as a share of equity, live equity, or the gross book after
//! the order. Cross-multiplied, never divided.

use crate::abi::codes::Check;
use crate::fixed::Wide;
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::checks::place::Place;
use crate::gate::outcome::MeasureUnit;
use crate::state::defaults::Number;
use crate::state::limit::Denominator;
use crate::state::limits::LimitDetail;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::SectorConcentration,
    family: 5,
    semantics: "the bucket's share of equity, live equity or gross book > limit",
    unit: MeasureUnit::BasisPoints,
    parameters: &[
        Parameter::Soft,
        Parameter::Bucket,
        Parameter::Denominator,
        Parameter::Floor(Number::Money),
    ],
    source: "RTS 6 Art. 15",
};

/// What the bucket is a share of: the chosen denominator, at least the floor.
pub fn denominator(limit: &LimitDetail, at: &Place) -> Wide {
    let chosen = match limit.limit.denominator {
        Denominator::Equity => at.node.equity,
        Denominator::LiveEquity => at.node.equity.plus(at.node.pnl),
        Denominator::Gross => at.gross(),
    };
    chosen.max(limit.floor)
}
