//! Control commands, as data: what operations may tell the gate between two orders.

use crate::fixed::{Money, Price, Qty, Rate};
use crate::state::limit::Limit;
use crate::state::session::Session;

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
    /// Put an instrument into a phase of the day, whatever its calendar says.
    Session {
        /// The instrument.
        instrument: u32,
        /// The phase; `None`: its calendar again.
        mode: Option<Session>,
    },
    /// Halt a market, or let it trade again. Each halt is taken back by its own command.
    MarketHalt {
        /// Venue number below 64; `None`: all markets.
        market: Option<u16>,
        /// Does it halt?
        halted: bool,
    },
    /// Move an instrument's static band; an undefined price means no bound on that side.
    Band {
        /// The instrument.
        instrument: u32,
        /// Lowest price.
        low: Price,
        /// Highest price.
        high: Price,
    },
    /// Let a registered algorithm send orders, or not.
    Algo {
        /// Its id.
        id: u16,
        /// May it send orders?
        active: bool,
    },
    /// Initial margin per contract, 1e-8 of the instrument's currency; ≥ 0. From the margin system.
    SetMargin {
        /// The instrument.
        instrument: u32,
        /// Of a long contract.
        long: i64,
        /// Of a short contract.
        short: i64,
    },
    /// Greeks per contract, 1e-8: delta in units of the underlying's contract, gamma and vega in
    /// base currency.
    SetGreeks {
        /// The instrument.
        instrument: u32,
        /// Signed delta; counts at least the instrument's floor.
        delta: i64,
        /// Signed gamma.
        gamma: i64,
        /// Signed vega.
        vega: i64,
    },
    /// Rate and credit sensitivity per contract, base currency 1e-8, signed.
    SetSensitivity {
        /// The instrument.
        instrument: u32,
        /// To a basis point of the curve.
        dv01: i64,
        /// To a basis point of the credit spread.
        cs01: i64,
    },
    /// Reference data of the day, 1e-8; ≥ 0, 0: not known. `None` stays as it is.
    SetAdv {
        /// The instrument.
        instrument: u32,
        /// Average daily volume.
        adv: Option<Qty>,
        /// Shares outstanding.
        shares_outstanding: Option<Qty>,
    },
}
