//! Control commands, as data: what operations may tell the gate between two orders.

use crate::fixed::{Money, Rate};
use crate::state::limit::Limit;

/// What a kill switch stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KillScope {
    /// Everything.
    Firm,
    /// A node and everything below it.
    Node(u32),
    /// One side (`abi::order::side`) of a node and everything below it.
    NodeSide(u32, u8),
    /// An instrument.
    Instrument(u32),
    /// A lane.
    Lane(u32),
    /// A venue number below 64.
    Venue(u16),
    /// One side, everywhere.
    Side(u8),
}

/// What may be traded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Restriction {
    /// Everything.
    #[default]
    Open = 0,
    /// Buys only.
    BuyOnly = 1,
    /// Sells only.
    SellOnly = 2,
    /// Orders that reduce the position only.
    CloseOnly = 3,
    /// Nothing.
    NoTrading = 4,
}

impl Restriction {
    /// All restrictions, with their names.
    pub const NAMES: [(Restriction, &'static str); 5] = [
        (Restriction::Open, "open"),
        (Restriction::BuyOnly, "buy_only"),
        (Restriction::SellOnly, "sell_only"),
        (Restriction::CloseOnly, "close_only"),
        (Restriction::NoTrading, "no_trading"),
    ];
}

/// A control command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Refuse new orders in this scope, until `Unkill`.
    Kill(KillScope),
    /// Take a kill back.
    Unkill(KillScope),
    /// The instrument does not trade.
    Halt(u32),
    /// The instrument trades again.
    Resume(u32),
    /// What a node (and everything below it) may do in an instrument, or in all.
    Restrict {
        /// The node.
        node: u32,
        /// The instrument, or all.
        instrument: Option<u32>,
        /// What may be traded.
        mode: Restriction,
    },
    /// Take back what a breach or an anomaly latched at a node.
    Rearm(u32),
    /// Start a new day for a node and everything below it.
    RollDay(u32),
    /// Set a limit, or replace the one in the same place.
    SetLimit(Limit),
    /// A currency is worth this much from now on: values everything in it anew.
    SetRate {
        /// The currency, not the base currency.
        currency: u32,
        /// Base per unit, 1e-9; > 0.
        rate: Rate,
    },
    /// A deposit or a withdrawal.
    AdjustCash {
        /// The node whose cash it is.
        account: u32,
        /// The currency.
        currency: u32,
        /// 1e-17 of it, above zero for a deposit; |amount| ≤ `verify::CASH_MAX`.
        amount: Money,
    },
    /// Start a new week, and with it a new day, for a node and everything below it.
    RollWeek(u32),
}
