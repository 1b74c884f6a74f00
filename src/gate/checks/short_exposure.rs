//! `short_exposure`: Σ max((S−p)·v+SX, 0) over accounts, without netting.

use crate::fixed::Wide;
use crate::gate::checks::place::Place;

/// The measure, base currency.
pub fn measure(at: &Place) -> Wide {
    at.short()
}
