//! A limit as somebody set it: where it holds, the number, and what a breach does.

use crate::abi::codes::Check;
use crate::fixed::Price;
use crate::state::dimension::Dimension;
use crate::state::session::Session;

/// What a hard breach of a limit does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Action {
    /// Accept and alert.
    Alert = 1,
    /// Reject this order.
    Block = 2,
    /// Reject, alert the risk team.
    AlertBlock = 3,
    /// Reject, alert, flag for audit.
    BlockAudit = 4,
    /// Reject, and block the limit's node until a person re-arms it.
    BlockLatch = 5,
    /// Reject what does not reduce, from now on, until a person re-arms it.
    CloseOnly = 6,
}

impl Action {
    /// All actions, with their names.
    pub const NAMES: [(Action, &'static str); 6] = [
        (Action::Alert, "alert"),
        (Action::Block, "block"),
        (Action::AlertBlock, "alert_block"),
        (Action::BlockAudit, "block_audit"),
        (Action::BlockLatch, "block_latch"),
        (Action::CloseOnly, "close_only"),
    ];
}

/// How far a limit, or an account, is deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Phase {
    /// Evaluate and journal, never block.
    Shadow = 1,
    /// Alert, never block.
    Warn = 2,
    /// The limit's action holds.
    Enforce = 3,
}

impl Phase {
    /// All phases, with their names.
    pub const NAMES: [(Phase, &'static str); 3] =
        [(Phase::Shadow, "shadow"), (Phase::Warn, "warn"), (Phase::Enforce, "enforce")];
}

/// What a latched node refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Latch {
    /// Every new order.
    All = 1,
    /// Orders that do not reduce the position.
    CloseOnly = 2,
}

/// Which measure a check with several measures compares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Variant {
    /// The check's only or default measure (`position_and_open` for `gross_exposure`, reject the
    /// incoming order for `wash_trade`).
    #[default]
    Default = 0,
    /// `gross_exposure`: Σ|p|·v without the order itself.
    Executed = 1,
    /// `gross_exposure`: executed value of the day plus open value.
    DailyTraded = 2,
    /// `wash_trade`: accept, with the instruction to cancel the resting orders.
    CancelResting = 3,
    /// `wash_trade`: accept, with the instruction to stamp the venue's self-match id.
    StampSelfMatch = 4,
    /// `max_order_value`: buys only.
    Buy = 5,
    /// `max_order_value`: sells only.
    Sell = 6,
    /// `execution_rate`: value of the fills (the default counts them).
    Value = 7,
    /// `option_greeks`: change of value per underlying (the default is delta).
    Gamma = 8,
    /// `option_greeks`: sensitivity to volatility.
    Vega = 9,
    /// `rate_sensitivity`: to credit spreads (the default is DV01).
    Cs01 = 10,
    /// `ownership`: futures-equivalents in the spot month (the default is shares outstanding).
    SpotMonth = 11,
    /// `ownership`: futures-equivalents of each single month.
    SingleMonth = 12,
    /// `ownership`: futures-equivalents of all months.
    AllMonths = 13,
}

impl Variant {
    /// All variants.
    pub const ALL: [Variant; 14] = [
        Variant::Default,
        Variant::Executed,
        Variant::DailyTraded,
        Variant::CancelResting,
        Variant::StampSelfMatch,
        Variant::Buy,
        Variant::Sell,
        Variant::Value,
        Variant::Gamma,
        Variant::Vega,
        Variant::Cs01,
        Variant::SpotMonth,
        Variant::SingleMonth,
        Variant::AllMonths,
    ];
}

/// When what a limit has counted begins again at zero. Never by the clock: a day and a week begin
/// with a journaled command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Reset {
    /// With each day.
    #[default]
    Day = 0,
    /// With each week.
    Week = 1,
    /// When a person re-arms it.
    Never = 2,
}

impl Reset {
    /// All policies, with their names.
    pub const NAMES: [(Reset, &'static str); 3] =
        [(Reset::Day, "day"), (Reset::Week, "week"), (Reset::Never, "never")];
}

/// A length of time over which something is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Window {
    /// Length in ns; 0: the check has no window.
    pub length_ns: u64,
    /// Opened by the first message and closed after its length (tumbling), or the current and 64
    /// previous aligned buckets of a 64th of the length each (sliding).
    pub tumbling: bool,
}

/// What a concentration is a share of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Denominator {
    /// Start-of-day equity of the node.
    #[default]
    Equity = 0,
    /// Start-of-day equity plus the day's profit and loss.
    LiveEquity = 1,
    /// The node's gross exposure after the order.
    Gross = 2,
}

/// One side of a price collar; what is `None` does not apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Band {
    /// Percent of the mark's magnitude, in 1e-6 percent; ≥ 0.
    pub percent_micro: Option<i64>,
    /// Ticks at the mark; ≥ 0.
    pub ticks: Option<i64>,
    /// Price distance; ≥ 0.
    pub absolute: Option<Price>,
}

impl Band {
    /// Does nothing apply?
    pub fn is_unset(&self) -> bool {
        *self == Band::default()
    }
}

/// How far from the mark a price may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Collar {
    /// Buying above or selling below the mark.
    pub aggressive: Band,
    /// Buying below or selling above the mark.
    pub passive: Band,
    /// Of several bounds of a band the smaller one holds (else the larger).
    pub use_smaller: bool,
}

/// The number of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bound {
    /// Set, and without bound: satisfies a *required* check.
    Unlimited,
    /// In the check's unit (`defaults::Number`): quantity or ratio 1e-8, money 1e-17, basis points,
    /// percent 1e-6, count.
    Value(i128),
    /// Bands around a price (`price_collar`, `price_walk`).
    Collar(Collar),
}

/// Most soft thresholds of a limit.
pub const SOFT_THRESHOLDS_MAX: usize = 4;
/// Points below a soft threshold at which it re-arms.
pub const SOFT_REARM_POINTS: u8 = 5;

/// A limit as somebody set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limit {
    /// Node of the account tree, or `None`.
    pub node: Option<u32>,
    /// Instrument, or `None` for all.
    pub instrument: Option<u32>,
    /// Lane, alone, or `None`.
    pub lane: Option<u32>,
    /// Which check.
    pub check: Check,
    /// Which measure.
    pub variant: Variant,
    /// The number.
    pub bound: Bound,
    /// What a hard breach does.
    pub action: Action,
    /// How far it is deployed.
    pub phase: Phase,
    /// What `block_latch` refuses once latched.
    pub latch: Latch,
    /// Soft thresholds in percent, ascending, zero-filled.
    pub soft_percent: [u8; SOFT_THRESHOLDS_MAX],
    /// `sector_concentration`: what it is a share of.
    pub denominator: Denominator,
    /// Least denominator of a share, or the size below which a check is off; money 1e-17 or
    /// quantity 1e-8, 0 for none. Collars have none.
    pub floor: i128,
    /// `sector_concentration`: what the share is of.
    pub bucket: Dimension,
    /// Index of the one currency that it counts; `None`: all, in the base currency (for
    /// `fx_position` each by itself). Collars have none.
    pub currency: Option<u32>,
    /// Over which time it counts.
    pub window: Window,
    /// Messages below which a ratio is not looked at. Collars have none.
    pub min_count: u32,
    /// When what it counted begins again.
    pub reset: Reset,
    /// Phases of the day in which it holds, a bit each ([`crate::state::session::Session::bit`]);
    /// 0: all.
    pub sessions: u8,
    /// Whose it is (index into `Setup::limit_owners`); 0: the firm's own. Everybody's limits hold,
    /// and nobody's command changes another's.
    pub owner: u16,
    /// End of a temporary value, ns since 1970 UTC, after which the one before it holds again; 0:
    /// for good.
    pub until_ns: u64,
}

impl Limit {
    /// A limit of `check` with the catalogue's default action and soft thresholds, enforced.
    pub fn new(check: Check, node: Option<u32>, instrument: Option<u32>, bound: Bound) -> Limit {
        let (action, soft_percent) = crate::state::defaults::of(check);
        Limit {
            node,
            instrument,
            lane: None,
            check,
            variant: Variant::Default,
            bound,
            action,
            phase: Phase::Enforce,
            latch: Latch::All,
            soft_percent,
            denominator: Denominator::Equity,
            floor: 0,
            bucket: Dimension::Sector,
            currency: None,
            window: Window::default(),
            min_count: 0,
            reset: Reset::Day,
            sessions: 0,
            owner: 0,
            until_ns: 0,
        }
    }

    /// Does it hold in this phase of its instrument's day?
    pub fn holds_in(&self, session: Session) -> bool {
        self.sessions == 0 || self.sessions & session.bit() != 0
    }

    /// Are two limits of the same check, measure, place and owner?
    pub fn same_place(&self, other: &Limit) -> bool {
        let measure = |l: &Limit| {
            (l.check, l.variant, l.bucket, l.currency, l.window.length_ns, l.sessions, l.reset)
        };
        let place = |l: &Limit| (l.node, l.instrument, l.lane, l.owner);
        measure(self) == measure(other) && place(self) == place(other)
    }

    /// Do two limits differ in nothing but their number, so that one of them is a mistake? Limits of
    /// one place may differ in phase or action: a shadow limit of 100 beside an enforced one of 1,000.
    pub fn same_purpose(&self, other: &Limit) -> bool {
        self.same_place(other) && self.phase == other.phase && self.action == other.action
    }
}
