//! Phases of a trading day, as venues name them.

/// A phase of the trading day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Session {
    /// No trading, no order entry.
    Closed = 0,
    /// Orders are collected, nothing matches.
    PreOpen = 1,
    /// Call before continuous trading.
    OpeningAuction = 2,
    /// Continuous trading. Without a calendar, always.
    #[default]
    Continuous = 3,
    /// Call within the day: after a halt or a volatility interruption.
    IntradayAuction = 4,
    /// Call at the end of the day.
    ClosingAuction = 5,
    /// Trading after the close.
    PostClose = 6,
}

impl Session {
    /// All phases, with their names.
    pub const NAMES: [(Session, &'static str); 7] = [
        (Session::Closed, "closed"),
        (Session::PreOpen, "pre_open"),
        (Session::OpeningAuction, "opening_auction"),
        (Session::Continuous, "continuous"),
        (Session::IntradayAuction, "intraday_auction"),
        (Session::ClosingAuction, "closing_auction"),
        (Session::PostClose, "post_close"),
    ];

    /// Bits of all phases.
    pub const ALL_BITS: u8 = (1 << Session::NAMES.len()) - 1;

    /// The phase with this number.
    pub fn from_number(number: u8) -> Option<Session> {
        Session::NAMES.iter().map(|(session, _)| *session).find(|s| *s as u8 == number)
    }

    /// Its bit in a set of phases.
    pub const fn bit(self) -> u8 {
        1 << self as u8
    }

    /// Is it a call: orders are collected and matched at one price?
    pub const fn is_auction(self) -> bool {
        matches!(self, Session::OpeningAuction | Session::IntradayAuction | Session::ClosingAuction)
    }
}
