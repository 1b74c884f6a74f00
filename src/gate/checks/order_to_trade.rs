//! `order_to_trade`: new orders and replaces before this one, per fill, within the window. Fewer of
//! them than the least count are not looked at. Beyond the limit, what does not reduce is refused.

use crate::abi::codes::Check;
use crate::fixed::{QTY_ONE, Wide};
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::checks::pace::Ratio;
use crate::gate::outcome::MeasureUnit;
use crate::state::limits::{LimitDetail, LimitRow, LimitTable};

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::OrderToTrade,
    family: 4,
    semantics: "new orders and replaces ÷ max(1, fills) in the window > limit, from min_count on",
    unit: MeasureUnit::Ratio,
    parameters: &[Parameter::Soft, Parameter::Window, Parameter::MinCount],
    source: "RTS 9",
};

/// Messages per fill, 1e-8; zero below the least count.
pub fn measure(limits: &LimitTable, limit: &LimitRow, detail: &LimitDetail, now_ns: u64) -> Ratio {
    let messages = limits.windows.get(limit.first_window).read(now_ns);
    let fills = limits.windows.get(limit.first_window + 1).read(now_ns);
    let enough = messages >= Wide::from_i128(i128::from(detail.limit.min_count));
    let counted = if enough { messages } else { Wide::ZERO };
    Ratio::new(counted, QTY_ONE as u64, fills.max(Wide::from_i128(1)))
}
