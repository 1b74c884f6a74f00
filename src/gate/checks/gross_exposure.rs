//! `gross_exposure`: the worst case over any subset of open orders being filled, summed over
//! accounts without netting; or what is executed; or what was traded today plus what is open.

use crate::fixed::Wide;
use crate::gate::checks::place::Place;
use crate::state::limit::Variant;

/// The measure of a variant, base currency.
pub fn measure(variant: Variant, at: &Place) -> Wide {
    match variant {
        Variant::Executed => at.executed(),
        Variant::DailyTraded => at.node.traded.plus(at.open()),
        _ => at.gross(),
    }
}

/// Is it a breach? What the order does not enter, or what never falls, refuses every order that
/// does not reduce; the worst case refuses what makes it larger.
pub fn breached(variant: Variant, before: Wide, after: Wide, hard: Wide, reduces: bool) -> bool {
    match variant {
        Variant::Executed => before > hard && !reduces,
        Variant::DailyTraded => after > hard && !reduces,
        _ => after > hard && after > before,
    }
}
