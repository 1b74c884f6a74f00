//! `price_collar`: distance of a limit price from the mark, on the aggressive side (buying above,
//! selling below) and on the passive side, against the larger or smaller of percent of the mark's
//! magnitude, ticks, and an absolute distance. Within ten ticks of zero, percent does not apply.

use crate::abi::order::side;
use crate::fixed::Price;
use crate::gate::request::Order;
use crate::state::State;
use crate::state::instruments::Instrument;
use crate::state::limit::{Band, Bound, Collar};

/// Ticks from zero within which percent bands do not apply.
const NEAR_ZERO_TICKS: i128 = 10;
/// Widths are exact in 1e-8 of a price unit: percents come in 1e-6 percent.
pub const WIDTH_PER_PRICE: i128 = 100_000_000;

/// Width of a band at a mark in 1e-17; `None`: nothing applies.
pub fn width(band: &Band, use_smaller: bool, mark: Price, instrument: &Instrument) -> Option<i128> {
    let magnitude = i128::from(mark.unsigned_abs());
    let tick = instrument.tick_at(mark).map(i128::from);
    let near_zero = tick.is_some_and(|t| magnitude <= NEAR_ZERO_TICKS * t);
    let percent = match band.percent_micro {
        Some(percent) if !near_zero => Some(magnitude * i128::from(percent)),
        _ => None,
    };
    let ticks = match (band.ticks, tick) {
        (Some(n), Some(tick)) => Some(i128::from(n).saturating_mul(tick * WIDTH_PER_PRICE)),
        _ => None,
    };
    let absolute = band.absolute.map(|a| i128::from(a) * WIDTH_PER_PRICE);
    let set = [percent, ticks, absolute].into_iter().flatten();
    if use_smaller { set.min() } else { set.max() }
}

/// Width of the band that a limit price is in, in 1e-17, and its distance in 1e-9.
pub fn distance(
    order: &Order,
    collar: &Collar,
    mark: Price,
    instrument: &Instrument,
) -> Option<(i128, i128)> {
    if order.is_unpriced() {
        return None;
    }
    let above = i128::from(order.price) - i128::from(mark);
    let aggressive = if order.side == side::BUY { above > 0 } else { above < 0 };
    let band = if aggressive { &collar.aggressive } else { &collar.passive };
    let width = width(band, collar.use_smaller, mark, instrument)?;
    Some((width, above.abs()))
}

/// Width, rounded up to 1e-9, of the tightest aggressive band on an order's path: how far from the
/// mark an unpriced order is valued. Without a mark only tells whether there is such a band.
pub fn tightest_aggressive(state: &State, order: &Order, mark: Option<Price>) -> Option<Price> {
    let instrument = &state.instruments[order.instrument as usize];
    let mut tightest: Option<i128> = None;
    state.each_limit_on_path(order.account, order.instrument, |_, limit| {
        let Bound::Collar(collar) = &limit.bound else { return };
        let width = match mark {
            Some(mark) => width(&collar.aggressive, collar.use_smaller, mark, instrument),
            None if collar.aggressive.is_unset() => None,
            None => Some(0),
        };
        if let Some(width) = width {
            tightest = Some(tightest.map_or(width, |t| t.min(width)));
        }
    });
    let rounded = tightest?.saturating_add(WIDTH_PER_PRICE - 1) / WIDTH_PER_PRICE;
    Some(Price::try_from(rounded).unwrap_or(Price::MAX))
}
