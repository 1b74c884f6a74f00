//! `open_order_value`: Σ (B+S)·v + BX + SX, of a node or of one instrument at a node.

use crate::fixed::Wide;
use crate::gate::checks::place::Place;

/// The measure, base currency.
pub fn measure(for_instrument: bool, at: &Place) -> Wide {
    if for_instrument { at.sums().open_value(at.row.magnitude, at.unit()) } else { at.open() }
}
