//! `duplicate_order`: the same account, instrument, side, price and quantity again within the
//! window, by exact times. New orders only; slices of a parent are excepted.

use crate::abi::codes::Check;
use crate::abi::order::kind;
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::outcome::MeasureUnit;
use crate::gate::request::Order;
use crate::state::State;
use crate::state::duplicates::{DUPLICATE_LIMIT_MAX, Sameness};
use crate::state::limits::LimitDetail;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::DuplicateOrder,
    family: 4,
    semantics: "new orders with the same account, instrument, side, price and quantity in the \
                window, with this one, > limit",
    unit: MeasureUnit::Count,
    parameters: &[Parameter::Window],
    source: MARKET_ACCESS_DUPLICATES,
};

/// Duplicative orders are named by the market access rule itself.
const MARKET_ACCESS_DUPLICATES: &str = "17 CFR 240.15c3-5(c)(1)(ii)";

/// Does the check look at this order, where a limit of its is on the account's path?
pub fn concerns(state: &State, order: &Order) -> bool {
    order.kind == kind::NEW
        && order.reference == 0
        && state.nodes[order.account as usize].counted & Check::DuplicateOrder.bit() != 0
}

/// What makes another order the same as this one.
pub fn sameness(order: &Order) -> Sameness {
    Sameness {
        account: order.account,
        instrument: order.instrument,
        side: order.side,
        price: order.price,
        qty: order.qty,
    }
}

/// How many of the same came within the limit's window before this one; counting ends one beyond
/// the limit.
pub fn measure(state: &State, order: &Order, detail: &LimitDetail, now_ns: u64) -> u64 {
    let length_ns = detail.limit.window.length_ns;
    let enough = DUPLICATE_LIMIT_MAX as u64 + 1;
    state.duplicates.count(&sameness(order), now_ns, length_ns, enough)
}
