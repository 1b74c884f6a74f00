//! `price_collar`: distance of a limit price from the mark, on the aggressive side (buying above,
//! selling below) and on the passive side, against the larger or smaller of percent of the mark's
//! magnitude, ticks, and an absolute distance. Within ten ticks of zero, percent does not apply.
//! Beside it stands the instrument's static band (venue limits, LULD), which needs no mark.

use crate::abi::codes::{Check, collar_detail, detail};
use crate::abi::order::side;
use crate::fixed::{Price, Wide};
use crate::gate::checks::catalogue::MARKET_ACCESS_AND_RTS6;
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::outcome::{Breach, MeasureUnit};
use crate::gate::request::Order;
use crate::state::State;
use crate::state::instruments::Instrument;
use crate::state::limit::{Band, Bound, Collar};

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::PriceCollar,
    family: 3,
    semantics: "the price is further from the mark than percent, ticks or a distance, or outside the static band",
    unit: MeasureUnit::Price,
    parameters: &[Parameter::Bands, Parameter::Sessions],
    source: MARKET_ACCESS_AND_RTS6,
};

/// Ticks from zero within which percent bands do not apply.
const NEAR_ZERO_TICKS: i128 = 10;
/// Widths are exact in 1e-8 of a price unit: percents come in 1e-6 percent.
pub const WIDTH_PER_PRICE: i128 = 100_000_000;

/// Width of a band at a mark in 1e-17; `None`: nothing applies.
pub fn width(band: &Band, use_smaller: bool, mark: Price, instrument: &Instrument) -> Option<i128> {
    let magnitude = i128::from(mark.unsigned_abs());
    let tick = instrument.tick_at(mark).map(i128::from);
    let near_zero = tick.is_some_and(|t| magnitude <= NEAR_ZERO_TICKS * t);
    let mut width: Option<i128> = None;
    let mut bound = |by: i128| {
        width = Some(match width {
            None => by,
            Some(other) if use_smaller => other.min(by),
            Some(other) => other.max(by),
        });
    };
    if let Some(percent) = band.percent_micro
        && !near_zero
    {
        bound(magnitude * i128::from(percent));
    }
    if let (Some(n), Some(tick)) = (band.ticks, tick) {
        bound(i128::from(n).saturating_mul(tick * WIDTH_PER_PRICE));
    }
    if let Some(absolute) = band.absolute {
        bound(i128::from(absolute) * WIDTH_PER_PRICE);
    }
    width
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

/// A breach, if a limit price lies outside the static band, on whichever side.
#[inline]
pub fn static_band(order: &Order, instrument: &Instrument) -> Option<Breach> {
    if order.is_unpriced() {
        return None;
    }
    let bound = match order.price {
        price if price < instrument.band_low => instrument.band_low,
        price if price > instrument.band_high => instrument.band_high,
        _ => return None,
    };
    Some(Breach {
        unit: MeasureUnit::Price,
        observed: Wide::from_i128(i128::from(order.price)),
        limit: Wide::from_i128(i128::from(bound)),
        detail: detail(collar_detail::STATIC_BAND, 0, 0),
        ..Breach::bare(Check::PriceCollar)
    })
}

/// Width, rounded up to 1e-9, of the tightest aggressive band on an order's path: how far from the
/// mark an unpriced order is valued. Without a mark only tells whether there is such a band.
pub fn tightest_aggressive(state: &State, order: &Order, mark: Option<Price>) -> Option<Price> {
    let instrument = &state.instruments[order.instrument as usize];
    let session = state.session(instrument);
    let mut tightest: Option<i128> = None;
    state.each_limit_on_path(order.account, order.instrument, |_, limit| {
        let Bound::Collar(collar) = &limit.bound else { return };
        if limit.check != Check::PriceCollar || !limit.holds_in(session) {
            return;
        }
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
