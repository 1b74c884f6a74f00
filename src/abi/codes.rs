//! Reason codes: every check has one number, fixed for ever.
//!
//! The number is the check's place in the catalogue, so the numeric order is the precedence. Bit
//! `number - 1` stands for the check in every mask. Numbers are appended, never reused; that a
//! number exists does not mean that the check is built (see `gate::checks::CATALOGUE`).

macro_rules! checks {
    ($($variant:ident = $number:literal, $name:literal;)*) => {
        /// A check, by its reason code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Check {
            $(#[doc = concat!("`", $name, "`")] $variant = $number,)*
        }

        impl Check {
            /// All checks in precedence.
            pub const ALL: &'static [Check] = &[$(Check::$variant,)*];

            /// The name, as in the configuration, the scenario format and all messages.
            pub const fn name(self) -> &'static str {
                match self { $(Check::$variant => $name,)* }
            }

            /// The check with this number.
            pub const fn from_number(number: u8) -> Option<Check> {
                match number { $($number => Some(Check::$variant),)* _ => None }
            }
        }
    };
}

checks! {
    Malformed = 1, "malformed";
    UnknownInstrument = 2, "unknown_instrument";
    UnknownAccount = 3, "unknown_account";
    UnknownOrder = 4, "unknown_order";
    ReportAnomaly = 5, "report_anomaly";
    LimitNotSet = 6, "limit_not_set";
    LaneNotPermitted = 7, "lane_not_permitted";
    DuplicateOrderId = 8, "duplicate_order_id";
    Arithmetic = 9, "arithmetic";
    GateNotReady = 10, "gate_not_ready";
    JournalUnavailable = 11, "journal_unavailable";
    Capacity = 12, "capacity";
    Killed = 13, "killed";
    Blocked = 14, "blocked";
    InstrumentState = 15, "instrument_state";
    Restricted = 16, "restricted";
    MarketHalt = 17, "market_halt";
    Permission = 18, "permission";
    StaleMark = 19, "stale_mark";
    MaxOrderQty = 20, "max_order_qty";
    MaxOrderValue = 21, "max_order_value";
    MinOrderValue = 22, "min_order_value";
    MinOrderQty = 23, "min_order_qty";
    LotSize = 24, "lot_size";
    TickSize = 25, "tick_size";
    PriceCollar = 26, "price_collar";
    PriceWalk = 27, "price_walk";
    AdvPercent = 28, "adv_percent";
    UnitMixup = 29, "unit_mixup";
    BasketValue = 30, "basket_value";
    BasketQty = 31, "basket_qty";
    ChildOfParent = 32, "child_of_parent";
    MessageRate = 33, "message_rate";
    OrderValueRate = 34, "order_value_rate";
    OrderQtyRate = 35, "order_qty_rate";
    ExecutionRate = 36, "execution_rate";
    RepeatedExecution = 37, "repeated_execution";
    DuplicateOrder = 38, "duplicate_order";
    OrderToTrade = 39, "order_to_trade";
    RejectStorm = 40, "reject_storm";
    MaxOpenOrders = 41, "max_open_orders";
    OrdersPerDay = 42, "orders_per_day";
    Participation = 43, "participation";
    MaxLong = 44, "max_long";
    MaxShort = 45, "max_short";
    GrossExposure = 46, "gross_exposure";
    NetExposure = 47, "net_exposure";
    LongExposure = 48, "long_exposure";
    ShortExposure = 49, "short_exposure";
    Purchases = 50, "purchases";
    Sales = 51, "sales";
    OpenOrderValue = 52, "open_order_value";
    BuyingPower = 53, "buying_power";
    Margin = 54, "margin";
    DailyLoss = 55, "daily_loss";
    Drawdown = 56, "drawdown";
    SectorConcentration = 57, "sector_concentration";
    ValueAtRisk = 58, "value_at_risk";
    OptionGreeks = 59, "option_greeks";
    RateSensitivity = 60, "rate_sensitivity";
    FxPosition = 61, "fx_position";
    Ownership = 62, "ownership";
    WashTrade = 63, "wash_trade";
    ShortSaleMark = 64, "short_sale_mark";
    Locate = 65, "locate";
    ShortSalePrice = 66, "short_sale_price";
    Rulebook = 67, "rulebook";
}

impl Check {
    /// The reason code.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The check's bit in a [`CheckMask`].
    pub const fn bit(self) -> u128 {
        1 << (self as u8 - 1)
    }

    /// The check with this name.
    pub fn from_name(name: &str) -> Option<Check> {
        Check::ALL.iter().copied().find(|c| c.name() == name)
    }
}

/// A set of checks, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CheckMask(pub u128);

impl CheckMask {
    /// No check.
    pub const EMPTY: CheckMask = CheckMask(0);

    /// Adds a check.
    #[inline]
    pub fn insert(&mut self, check: Check) {
        self.0 |= check.bit();
    }

    /// Is the check in the set?
    #[inline]
    pub const fn contains(self, check: Check) -> bool {
        self.0 & check.bit() != 0
    }

    /// Is the set empty?
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The check of highest precedence.
    #[inline]
    pub const fn first(self) -> Option<Check> {
        if self.0 == 0 { None } else { Check::from_number(self.0.trailing_zeros() as u8 + 1) }
    }

    /// The checks in precedence.
    pub fn iter(self) -> impl Iterator<Item = Check> {
        Check::ALL.iter().copied().filter(move |c| self.contains(*c))
    }

    /// As the verdict carries it: the first 63 checks, and bit 63 if there are more.
    #[inline]
    pub const fn to_verdict(self) -> u64 {
        let low = (self.0 as u64) & !crate::abi::verdict::BREACH_MORE;
        if self.0 >> 63 != 0 { low | crate::abi::verdict::BREACH_MORE } else { low }
    }
}

impl FromIterator<Check> for CheckMask {
    fn from_iter<T: IntoIterator<Item = Check>>(checks: T) -> Self {
        let mut mask = CheckMask::EMPTY;
        checks.into_iter().for_each(|c| mask.insert(c));
        mask
    }
}

/// Which field made an order malformed: `detail` of the verdict.
pub mod field {
    /// Kind of the message.
    pub const KIND: u32 = 1;
    /// Order id is zero.
    pub const ORDER_ID: u32 = 2;
    /// Side, capacity or sale mark.
    pub const SIDE: u32 = 3;
    /// Type of the order.
    pub const TYPE: u32 = 4;
    /// Time in force.
    pub const TIME_IN_FORCE: u32 = 5;
    /// Flags.
    pub const FLAGS: u32 = 6;
    /// Reserved bits are not zero.
    pub const RESERVED: u32 = 7;
    /// Quantity out of range.
    pub const QTY: u32 = 8;
    /// Price undefined where it must be defined, or the reverse, or out of range.
    pub const PRICE: u32 = 9;
    /// Displayed quantity out of range.
    pub const DISPLAY_QTY: u32 = 10;
    /// Minimum quantity out of range.
    pub const MIN_QTY: u32 = 11;
    /// Stop price undefined or off tick.
    pub const STOP_PRICE: u32 = 12;
    /// Good-till date missing or not after now.
    pub const GOOD_TILL: u32 = 13;
    /// A replace changes side, account or instrument.
    pub const REPLACE_IDENTITY: u32 = 14;
    /// A replace's total quantity is not above what is filled.
    pub const REPLACE_TOTAL: u32 = 15;
    /// Fee on what is no fill, or out of range.
    pub const FEE: u32 = 16;
}

/// Why an instrument does not take the order: low byte of `detail` of `instrument_state`. The second
/// byte is the phase of its day (`RG_SESSION_`, `state::session::Session`), the upper half the order's type or time in force.
pub mod state_detail {
    /// It is halted.
    pub const HALTED: u8 = 1;
    /// It has expired.
    pub const EXPIRED: u8 = 2;
    /// It is outside the hours of its calendar.
    pub const CLOSED: u8 = 3;
    /// The phase does not take this type of order.
    pub const TYPE: u8 = 4;
    /// The phase does not take this time in force.
    pub const TIME_IN_FORCE: u8 = 5;
}

/// What is not permitted: low byte of `detail` of `permission`. The upper half is the order's own
/// value of it.
pub mod permission_detail {
    /// The instrument's class.
    pub const CLASS: u8 = 1;
    /// The order's type.
    pub const TYPE: u8 = 2;
    /// Its time in force.
    pub const TIME_IN_FORCE: u8 = 3;
    /// Its capacity.
    pub const CAPACITY: u8 = 4;
    /// Its venue.
    pub const VENUE: u8 = 5;
    /// Its algorithm is not among those that are granted.
    pub const ALGO: u8 = 6;
    /// Its algorithm is not registered.
    pub const ALGO_UNKNOWN: u8 = 7;
    /// Its algorithm's version is not active.
    pub const ALGO_INACTIVE: u8 = 8;
    /// The order's type, in an auction.
    pub const AUCTION_TYPE: u8 = 9;
}

/// Which halt: low byte of `detail` of `market_halt`. The upper half is the market's number.
pub mod halt_detail {
    /// All markets.
    pub const ALL: u8 = 1;
    /// The market that the order goes to.
    pub const VENUE: u8 = 2;
    /// The market of the instrument.
    pub const INSTRUMENT: u8 = 3;
}

/// Which price bound: low byte of `detail` of `price_collar`; 0 is a collar around the mark.
pub mod collar_detail {
    /// The static band of the venue.
    pub const STATIC_BAND: u8 = 1;
}

/// `detail` from its low byte, its second byte and its upper half.
pub const fn detail(reason: u8, phase: u8, value: u16) -> u32 {
    reason as u32 | (phase as u32) << 8 | (value as u32) << 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_no_gap_and_names_are_unique() {
        for (i, c) in Check::ALL.iter().enumerate() {
            assert_eq!(usize::from(c.number()), i + 1);
            assert_eq!(Check::from_name(c.name()), Some(*c));
            assert_eq!(Check::from_number(c.number()), Some(*c));
        }
    }

    #[test]
    fn verdict_mask_says_when_there_are_more() {
        let wash: CheckMask = [Check::WashTrade].into_iter().collect();
        assert_eq!(wash.to_verdict(), 1 << 62);
        let late: CheckMask = [Check::Rulebook].into_iter().collect();
        assert_eq!(late.to_verdict(), 1 << 63);
    }
}
