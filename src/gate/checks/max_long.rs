//! `max_long`: position plus open buys in one instrument, p + B.

use crate::fixed::Wide;
use crate::gate::checks::place::Place;

/// The measure, quantity.
pub fn measure(at: &Place) -> Wide {
    Wide::from_i128(at.sums().long())
}
