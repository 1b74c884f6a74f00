//! `min_order_qty`: total quantity below the limit or below one lot. Where no such limit is set,
//! small quantities are the business of `lot_size` alone.

use crate::abi::codes::Check;
use crate::fixed::{Qty, Wide};
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::outcome::MeasureUnit;
use crate::gate::request::Order;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::MinOrderQty,
    family: 3,
    semantics: "total quantity < limit or < one lot",
    unit: MeasureUnit::Qty,
    parameters: &[Parameter::Soft, Parameter::Sessions],
    source: "",
};

/// The bound, if the order is below it.
pub fn breached(order: &Order, minimum: Wide, lot: Qty) -> Option<Wide> {
    let bound = minimum.max(Wide::from_i128(i128::from(lot)));
    (Wide::from_i128(i128::from(order.qty)) < bound).then_some(bound)
}
