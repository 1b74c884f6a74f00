//! `long_exposure`: Σ max((p+B)·v+BX, 0) over accounts, without netting.

use crate::fixed::Wide;
use crate::gate::checks::place::Place;

/// The measure, base currency.
pub fn measure(at: &Place) -> Wide {
    at.long()
}
