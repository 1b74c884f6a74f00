//! What an order counts at, and how far from the mark its price may be.

use super::checks::Docket;
use super::decide::Request;
use super::gate::Model;
use super::measure;
use super::num::dec;
use riskgate::abi::PRICE_UNDEFINED;
use riskgate::abi::codes::Check;
use riskgate::abi::order::{order_type, side};
use riskgate::fixed::PRICE_ONE;
use riskgate::gate::outcome::MeasureUnit;
use riskgate::state::limit::{Band, Bound, Collar};

/// What an order counts at.
pub(super) struct ValuePrice {
    pub price: i64,
    pub excess: i64,
    /// An aggressive collar with something that applies is on the path.
    pub collared: bool,
}

impl Model {
    pub(super) fn collar(&self, mark: i64, request: &Request, docket: &mut Docket) {
        let distance = i128::from(request.price) - i128::from(mark);
        let aggressive = (request.side == side::BUY) == (distance > 0);
        for (_, limit) in self.bounded(Check::PriceCollar, request) {
            let Bound::Collar(collar) = limit.bound else { continue };
            let band = if aggressive { collar.aggressive } else { collar.passive };
            let Some(width) = self.width(request.instrument, mark, &band, collar.use_smaller)
            else {
                continue;
            };
            // The width is exact in 1e-17; a verdict shows whole 1e-9.
            let shown = dec(width.div_euclid(100_000_000), 9);
            let observed = dec(distance.abs(), 9);
            let exact = dec(width, 17);
            if measure::exceeds(self.mistake, observed, exact) {
                self.per_order(&limit, observed, shown, MeasureUnit::Price, docket);
            } else if limit.soft_percent[0] > 0 {
                self.per_order(&limit, observed, exact, MeasureUnit::Price, docket);
            }
        }
    }

    /// Width of a band at a mark, exact in 1e-17; `None`: it does not bound.
    pub(super) fn width(
        &self,
        instrument: u32,
        mark: i64,
        band: &Band,
        smaller: bool,
    ) -> Option<i128> {
        let m = i128::from(mark).abs();
        let tick = i128::from(self.tick_at(instrument, mark));
        let percent =
            band.percent_micro.filter(|_| tick == 0 || m > 10 * tick).map(|p| m * i128::from(p));
        let ticks = band.ticks.filter(|_| tick != 0).map(|n| i128::from(n) * tick * 100_000_000);
        let absolute = band.absolute.map(|a| i128::from(a) * 100_000_000);
        let bounds = [percent, ticks, absolute].into_iter().flatten();
        if smaller { bounds.min() } else { bounds.max() }
    }

    /// What a request counts at; `None` beyond the range of a price.
    pub(super) fn value_price(&self, now_ns: u64, request: &Request) -> Option<ValuePrice> {
        let usable = self.usable_mark(now_ns, request.instrument).ok();
        let mark = usable.or(self.valued[request.instrument as usize]);
        let collars = self.bounded(Check::PriceCollar, request);
        let collars = collars.iter().filter_map(|(_, limit)| match limit.bound {
            Bound::Collar(collar) => Some(collar),
            _ => None,
        });
        let up = |width: i128| (width + 99_999_999).div_euclid(100_000_000);
        // Without a rate the mark is as good as none.
        let (width, collared) = match usable.filter(|_| self.unit(request.instrument).is_some()) {
            Some(mark) => {
                let width =
                    |c: Collar| self.width(request.instrument, mark, &c.aggressive, c.use_smaller);
                let tightest = collars.filter_map(width).min();
                (up(tightest.unwrap_or(0)), tightest.is_some())
            }
            None => (0, collars.into_iter().any(|c| !c.aggressive.is_unset())),
        };
        if self.setup.instruments[request.instrument as usize].inverse {
            return Some(ValuePrice { price: PRICE_ONE, excess: 0, collared });
        }
        let m = i128::from(mark.unwrap_or(0)).abs();
        let (price, stop) = (i128::from(request.price).abs(), i128::from(request.stop).abs());
        let value = match request.kind {
            order_type::LIMIT => price.max(m),
            order_type::STOP => stop.max(m) + width,
            order_type::STOP_LIMIT => price.max(stop).max(m),
            _ => m + width,
        };
        let price = i64::try_from(value).ok().filter(|v| *v != PRICE_UNDEFINED)?;
        Some(ValuePrice { price, excess: i64::try_from(value - m).ok()?, collared })
    }
}
