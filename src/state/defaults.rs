//! What the limits of each check are: default action and soft thresholds, kind of number, scopes.

use crate::abi::codes::Check;
use crate::state::limit::{Action, SOFT_THRESHOLDS_MAX, Variant};

/// Default action and default soft thresholds of a check (families 1 to 4 have no thresholds
/// unless set; family 5 has 80 and 90 percent).
pub const fn of(check: Check) -> (Action, [u8; SOFT_THRESHOLDS_MAX]) {
    let action = match check {
        Check::ChildOfParent | Check::GrossExposure => Action::AlertBlock,
        Check::NetExposure => Action::Alert,
        Check::DailyLoss => Action::CloseOnly,
        Check::Drawdown | Check::RepeatedExecution | Check::OrdersPerDay => Action::BlockLatch,
        Check::InstrumentState
        | Check::Restricted
        | Check::MarketHalt
        | Check::Ownership
        | Check::ShortSaleMark
        | Check::Locate
        | Check::ShortSalePrice
        | Check::Rulebook => Action::BlockAudit,
        _ => Action::Block,
    };
    let soft = if check.number() >= Check::MaxLong.number()
        && check.number() <= Check::Ownership.number()
    {
        [80, 90, 0, 0]
    } else {
        [0; SOFT_THRESHOLDS_MAX]
    };
    (action, soft)
}

/// What the number of a limit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// It has none.
    None,
    /// Contracts or shares, 1e-8.
    Qty,
    /// Base currency, or the limit's own currency, 1e-17.
    Money,
    /// Whole number.
    Count,
    /// Whole basis points.
    BasisPoints,
    /// Percent, 1e-6.
    Percent,
    /// A ratio, 1e-8.
    Ratio,
    /// Bands around a price.
    Collar,
}

impl Number {
    /// Decimal places.
    pub const fn places(self) -> u32 {
        match self {
            Number::Qty | Number::Ratio => 8,
            Number::Money => 17,
            Number::Percent => 6,
            _ => 0,
        }
    }
}

/// What the limit of a check is a number of.
pub const fn number(check: Check) -> Number {
    match check {
        Check::MaxOrderQty
        | Check::MinOrderQty
        | Check::BasketQty
        | Check::OrderQtyRate
        | Check::MaxLong
        | Check::MaxShort => Number::Qty,
        Check::MaxOrderValue
        | Check::MinOrderValue
        | Check::BasketValue
        | Check::OrderValueRate
        | Check::GrossExposure
        | Check::NetExposure
        | Check::LongExposure
        | Check::ShortExposure
        | Check::Purchases
        | Check::Sales
        | Check::OpenOrderValue
        | Check::BuyingPower
        | Check::Margin
        | Check::DailyLoss
        | Check::Drawdown
        | Check::ValueAtRisk
        | Check::OptionGreeks
        | Check::RateSensitivity
        | Check::FxPosition => Number::Money,
        Check::MaxOpenOrders
        | Check::ChildOfParent
        | Check::MessageRate
        | Check::ExecutionRate
        | Check::RepeatedExecution
        | Check::DuplicateOrder
        | Check::RejectStorm
        | Check::OrdersPerDay => Number::Count,
        Check::SectorConcentration | Check::Participation | Check::Ownership => Number::BasisPoints,
        Check::AdvPercent => Number::Percent,
        Check::UnitMixup | Check::OrderToTrade => Number::Ratio,
        Check::PriceCollar | Check::PriceWalk => Number::Collar,
        _ => Number::None,
    }
}

/// What the limit is a number of, where variants of a check differ.
pub const fn number_of(check: Check, variant: Variant) -> Number {
    match (check, variant) {
        (Check::ExecutionRate, Variant::Value) => Number::Money,
        (Check::Ownership, Variant::SpotMonth | Variant::SingleMonth | Variant::AllMonths) => {
            Number::Qty
        }
        _ => number(check),
    }
}

/// Where the limit of a check can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// Nowhere: it is always on.
    pub const NONE: Scopes = Scopes(0);
    /// For an instrument.
    pub const INSTRUMENT: Scopes = Scopes(1);
    /// At a node of the account tree.
    pub const NODE: Scopes = Scopes(2);
    /// At a node, for one instrument.
    pub const NODE_INSTRUMENT: Scopes = Scopes(4);
    /// For a lane.
    pub const LANE: Scopes = Scopes(8);

    /// Both.
    pub const fn or(self, other: Scopes) -> Scopes {
        Scopes(self.0 | other.0)
    }

    /// Is the place of a limit, `(node, instrument, lane)`, among them?
    pub const fn allow(self, node: bool, instrument: bool, lane: bool) -> bool {
        let place = match (node, instrument, lane) {
            (false, true, false) => Scopes::INSTRUMENT,
            (true, false, false) => Scopes::NODE,
            (true, true, false) => Scopes::NODE_INSTRUMENT,
            (false, false, true) => Scopes::LANE,
            _ => return false,
        };
        self.0 & place.0 != 0
    }

    /// As the catalogue writes them, such as `I, N, N×I`.
    pub fn text(self) -> String {
        let names = [
            (Scopes::LANE, "L"),
            (Scopes::INSTRUMENT, "I"),
            (Scopes::NODE, "N"),
            (Scopes::NODE_INSTRUMENT, "N×I"),
        ];
        let set = names.iter().filter(|(scope, _)| self.0 & scope.0 != 0);
        set.map(|(_, name)| *name).collect::<Vec<_>>().join(", ")
    }
}

/// Where the limit of a check can be set. Checks that are always on take rows of a node, an
/// instrument or both, for their action and phase.
pub const fn scopes(check: Check) -> Scopes {
    use Scopes as S;
    match check {
        Check::MaxOpenOrders | Check::MaxLong | Check::MaxShort | Check::OpenOrderValue => {
            S::NODE.or(S::NODE_INSTRUMENT)
        }
        Check::GrossExposure
        | Check::NetExposure
        | Check::LongExposure
        | Check::ShortExposure
        | Check::Purchases
        | Check::Sales
        | Check::BuyingPower
        | Check::Margin
        | Check::DailyLoss
        | Check::Drawdown
        | Check::SectorConcentration
        | Check::ValueAtRisk
        | Check::OptionGreeks
        | Check::RateSensitivity
        | Check::FxPosition
        | Check::BasketValue
        | Check::BasketQty
        | Check::ChildOfParent
        | Check::OrdersPerDay
        | Check::DuplicateOrder => S::NODE,
        Check::Participation => S::NODE_INSTRUMENT,
        Check::Ownership => S::NODE_INSTRUMENT.or(S::NODE),
        Check::AdvPercent | Check::UnitMixup => S::INSTRUMENT.or(S::NODE).or(S::NODE_INSTRUMENT),
        Check::PriceWalk
        | Check::OrderValueRate
        | Check::OrderQtyRate
        | Check::ExecutionRate
        | Check::RepeatedExecution
        | Check::OrderToTrade => S::NODE.or(S::NODE_INSTRUMENT),
        Check::MessageRate => S::LANE.or(S::NODE).or(S::INSTRUMENT).or(S::NODE_INSTRUMENT),
        Check::RejectStorm => S::LANE.or(S::NODE),
        // A row says what a breach does; what is granted stands at accounts and lanes.
        Check::Permission => S::NODE,
        _ => S::INSTRUMENT.or(S::NODE).or(S::NODE_INSTRUMENT),
    }
}

/// Does a check count over a window of time?
pub const fn has_window(check: Check) -> bool {
    matches!(
        check,
        Check::PriceWalk
            | Check::MessageRate
            | Check::OrderValueRate
            | Check::OrderQtyRate
            | Check::ExecutionRate
            | Check::DuplicateOrder
            | Check::OrderToTrade
            | Check::RejectStorm
            | Check::Participation
    )
}
