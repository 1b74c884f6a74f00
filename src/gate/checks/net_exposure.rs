//! `net_exposure`: the worse of "all buys filled" and "all sells filled", netted over accounts.

use crate::fixed::Wide;
use crate::gate::checks::place::Place;

/// max(|Σ((p+B)·v+BX)|, |Σ((p−S)·v−SX)|), base currency.
pub fn measure(at: &Place) -> Wide {
    at.buy_case().magnitude().max(at.sell_case().magnitude())
}
