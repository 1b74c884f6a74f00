//! Default action and soft thresholds of each check, as in the catalogue.

use crate::abi::codes::Check;
use crate::state::limit::{Action, SOFT_THRESHOLDS_MAX};

/// Default action and default soft thresholds of a check (families 1 to 4 have no thresholds
/// unless set; family 5 has 80 and 90 percent).
pub const fn of(check: Check) -> (Action, [u8; SOFT_THRESHOLDS_MAX]) {
    let action = match check {
        Check::ChildOfParent | Check::GrossExposure => Action::AlertBlock,
        Check::NetExposure => Action::Alert,
        Check::DailyLoss => Action::CloseOnly,
        Check::Drawdown => Action::BlockLatch,
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

/// Is the limit of a check an amount of the base currency?
pub const fn limit_is_money(check: Check) -> bool {
    matches!(
        check,
        Check::MaxOrderValue
            | Check::MinOrderValue
            | Check::BasketValue
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
    )
}

/// Where the limit of a check can be set: `(of a node, of an instrument)`. Checks that are always
/// on take rows anywhere, for their action and phase.
pub const fn scopes(check: Check) -> &'static [(bool, bool)] {
    const NODE: (bool, bool) = (true, false);
    const INSTRUMENT: (bool, bool) = (false, true);
    const BOTH: (bool, bool) = (true, true);
    match check {
        Check::MaxOpenOrders | Check::MaxLong | Check::MaxShort | Check::OpenOrderValue => {
            &[NODE, BOTH]
        }
        Check::GrossExposure
        | Check::NetExposure
        | Check::LongExposure
        | Check::ShortExposure
        | Check::SectorConcentration => &[NODE],
        _ => &[NODE, INSTRUMENT, BOTH],
    }
}
