//! `max_short`: open sells less position in one instrument, S − p.

use crate::fixed::Wide;
use crate::gate::checks::place::Place;

/// The measure, quantity.
pub fn measure(at: &Place) -> Wide {
    Wide::from_i128(at.sums().short())
}
