//! `max_order_value`: total quantity at the larger of price and mark, in the base currency; what
//! has no price of its own at the mark plus the aggressive collar.

use crate::fixed::{Price, Unit, Wide, notional};
use crate::gate::request::Order;

/// The measure, base currency.
pub fn measure(order: &Order, value_price: Price, unit: Unit) -> Wide {
    Wide::product(notional(value_price, order.qty), unit)
}
