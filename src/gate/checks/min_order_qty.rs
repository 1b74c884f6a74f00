//! `min_order_qty`: total quantity below the limit or below one lot. Where no such limit is set,
//! small quantities are the business of `lot_size` alone.

use crate::fixed::{Qty, Wide};
use crate::gate::request::Order;

/// The bound, if the order is below it.
pub fn breached(order: &Order, minimum: Wide, lot: Qty) -> Option<Wide> {
    let bound = minimum.max(Wide::from_i128(i128::from(lot)));
    (Wide::from_i128(i128::from(order.qty)) < bound).then_some(bound)
}
