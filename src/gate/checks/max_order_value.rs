//! `max_order_value`: total quantity at the larger of price and mark, in the base currency; what
//! has no price of its own at the mark plus the aggressive collar.

use crate::abi::codes::Check;
use crate::abi::order::side;
use crate::fixed::{Price, Unit, Wide, notional};
use crate::gate::checks::catalogue::MARKET_ACCESS_AND_RTS6;
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::outcome::MeasureUnit;
use crate::gate::request::Order;
use crate::state::limit::Variant;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::MaxOrderValue,
    family: 3,
    semantics: "total quantity × max(|price|, |mark|) in base currency > limit",
    unit: MeasureUnit::Money,
    parameters: &[Parameter::Soft, Parameter::Sides, Parameter::Sessions],
    source: MARKET_ACCESS_AND_RTS6,
};

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
