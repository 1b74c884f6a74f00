//! `max_order_qty`: total quantity of the order (after a replace; of an iceberg: all of it).

use crate::abi::codes::Check;
use crate::fixed::Wide;
use crate::gate::checks::catalogue::MARKET_ACCESS_AND_RTS6;
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::outcome::MeasureUnit;
use crate::gate::request::Order;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::MaxOrderQty,
    family: 3,
    semantics: "total quantity > limit",
    unit: MeasureUnit::Qty,
    parameters: &[Parameter::Soft, Parameter::Sessions],
    source: MARKET_ACCESS_AND_RTS6,
};

/// The measure, quantity.
pub fn measure(order: &Order) -> Wide {
    Wide::from_i128(i128::from(order.qty))
}
