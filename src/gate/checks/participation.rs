//! `participation`: what a node has executed within the window and has open in an instrument, as a
//! share of the market's volume within the window. Without a volume nor a floor, everything is
//! beyond it. An order that opens nothing more passes.

use crate::abi::codes::Check;
use crate::fixed::Wide;
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::checks::pace::Ratio;
use crate::gate::outcome::MeasureUnit;
use crate::state::defaults::Number;
use crate::state::limits::{LimitDetail, LimitRow, LimitTable};
use crate::state::rows::Sums;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::Participation,
    family: 4,
    semantics: "executed in the window + open > the share of the market's volume in the window",
    unit: MeasureUnit::BasisPoints,
    parameters: &[Parameter::Soft, Parameter::Window, Parameter::Floor(Number::Qty)],
    source: "",
};

/// Basis points of one.
const ONE_BPS: u64 = 10_000;

/// What is open on both sides.
pub fn open(sums: &Sums) -> i128 {
    sums.buys + sums.sells
}

/// Share of the market's volume, basis points; `sums` are the node's in the instrument.
pub fn measure(
    limits: &LimitTable,
    limit: &LimitRow,
    detail: &LimitDetail,
    sums: &Sums,
    now_ns: u64,
) -> Ratio {
    let executed = limits.windows.get(limit.first_window).read(now_ns);
    let market = limits.windows.get(limit.first_window + 1).read(now_ns);
    let floor = Wide::from_i128(detail.limit.floor);
    Ratio::new(executed.plus(Wide::from_i128(open(sums))), ONE_BPS, market.max(floor))
}
