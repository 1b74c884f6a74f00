//! `max_order_qty`: total quantity of the order (after a replace; of an iceberg: all of it).

use crate::fixed::Wide;
use crate::gate::request::Order;

/// The measure, quantity.
pub fn measure(order: &Order) -> Wide {
    Wide::from_i128(i128::from(order.qty))
}
