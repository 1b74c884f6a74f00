//! `message_rate`: how many new orders and replaces came within the window, of a lane, a node, an
//! instrument, or an instrument at a node. Rejected ones count; cancels do not, they always pass.

use crate::abi::codes::Check;
use crate::fixed::Wide;
use crate::gate::checks::catalogue::{CatalogueRow, MARKET_ACCESS_AND_RTS6, Parameter};
use crate::gate::outcome::MeasureUnit;
use crate::state::limits::{LimitRow, LimitTable};

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::MessageRate,
    family: 4,
    semantics: "new orders and replaces in the window, with this one, > limit",
    unit: MeasureUnit::Count,
    parameters: &[Parameter::Soft, Parameter::Window],
    source: MARKET_ACCESS_AND_RTS6,
};

/// Messages in the window.
pub fn measure(limits: &LimitTable, limit: &LimitRow, now_ns: u64) -> Wide {
    limits.windows.get(limit.first_window).read(now_ns)
}
