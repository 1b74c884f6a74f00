//! `max_order_value`: total quantity at the larger of price and mark, in the base currency; what
//! has no price of its own at the mark plus the aggressive collar.

use crate::abi::order::side;
use crate::fixed::{Price, Unit, Wide, notional};
use crate::gate::request::Order;
use crate::state::limit::Variant;

/// Is a limit of this variant one for orders of this side? Buys and sells may have their own.
#[inline(always)]
pub fn concerns(variant: Variant, order_side: u8) -> bool {
    match variant {
        Variant::Buy => order_side == side::BUY,
        Variant::Sell => order_side == side::SELL,
        _ => true,
    }
}

/// The measure, base currency.
pub fn measure(order: &Order, value_price: Price, unit: Unit) -> Wide {
    Wide::product(notional(value_price, order.qty), unit)
}
