//! A message of a lane, valid by construction: made by `decode` only, trusted by everything after.

use crate::abi::PRICE_UNDEFINED;
use crate::abi::order::{order_type, side, tif};
use crate::fixed::{Price, Qty};

/// A new order or a replace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// Id of the request.
    pub id: u64,
    /// `abi::order::kind::NEW` or `REPLACE`.
    pub kind: u8,
    /// Parent's id (new) or target's id (replace).
    pub reference: u64,
    /// Instrument id as given; not looked up yet.
    pub instrument: u32,
    /// Account id as given; not looked up yet.
    pub account: u32,
    /// `abi::order::side`.
    pub side: u8,
    /// `abi::order::order_type`.
    pub order_type: u8,
    /// `abi::order::tif`.
    pub tif: u8,
    /// Limit price; undefined exactly for unpriced types.
    pub price: Price,
    /// Stop price; undefined exactly for types without one.
    pub stop_price: Price,
    /// Total quantity ≥ 1.
    pub qty: Qty,
    /// Venue.
    pub venue: u16,
    /// Algorithm, 0 for none.
    pub algo: u16,
    /// Capacity: 0 none, 1 agency, 2 principal, 3 riskless principal.
    pub capacity: u8,
    /// Evaluate only.
    pub what_if: bool,
}

impl Order {
    /// Does the order's type have no price of its own (market, pegged, stop-market)?
    pub fn is_unpriced(&self) -> bool {
        matches!(self.order_type, order_type::MARKET | order_type::PEGGED | order_type::STOP)
    }

    /// Price at which it can match own resting orders; unpriced: any price.
    pub fn match_price(&self) -> Price {
        match (self.is_unpriced(), self.side) {
            (false, _) => self.price,
            (true, side::BUY) => PRICE_UNDEFINED,
            (true, _) => Price::MIN,
        }
    }

    /// Which book it rests in: continuous trading, opening auction, closing auction.
    pub fn auction(&self) -> u8 {
        auction_of(self.tif)
    }
}

/// Which book an order of this time in force rests in.
pub fn auction_of(time_in_force: u8) -> u8 {
    match time_in_force {
        tif::AT_OPEN => 1,
        tif::AT_CLOSE => 2,
        _ => 0,
    }
}

/// An intention to cancel one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancel {
    /// Id of the request.
    pub id: u64,
    /// Id of the order.
    pub target: u64,
    /// Lane of origin plus one, 0 for the own lane.
    pub origin: u16,
}

/// An execution report or a void.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// `abi::order::kind`.
    pub kind: u8,
    /// Id of the order.
    pub order_id: u64,
    /// Request answered, or execution id.
    pub reference: u64,
    /// Execution price.
    pub price: Price,
    /// Execution quantity.
    pub qty: Qty,
    /// Account as given.
    pub account: u32,
    /// Instrument as given.
    pub instrument: u32,
    /// Side as given.
    pub side: u8,
    /// Lane of origin plus one, 0 for the own lane.
    pub origin: u16,
    /// A fill that replaces the execution of the bust right before it.
    pub corrects: bool,
    /// Fee of a fill, 1e-8 of the instrument's currency; below zero: a rebate.
    pub fee: i64,
}

/// A message of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// A new order or a replace.
    Order(Order),
    /// An intention to cancel one order.
    Cancel(Cancel),
    /// An intention to cancel several orders; its id.
    MassCancel(u64),
    /// An execution report or a void.
    Report(Report),
}
