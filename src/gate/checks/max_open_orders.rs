//! `max_open_orders`: how many orders are open, of a lane, of a node, or of one instrument at it.

use crate::fixed::Wide;
use crate::gate::checks::place::Place;

/// The measure, a count.
pub fn measure(for_instrument: bool, at: &Place) -> Wide {
    let count = if for_instrument { at.sums().open_orders } else { at.open_orders() };
    Wide::from_i128(i128::from(count))
}
