//! Is this order sane (the part of family 3 beyond sizes and collars): least value, static bands,
//! ladders of prices, share of the daily volume, mixed-up units.

use super::checks::Docket;
use super::decide::Request;
use super::gate::{Finding, Mistake, Model};
use super::measure;
use super::num::{self, Decimal, dec, mul};
use riskgate::abi::PRICE_UNDEFINED;
use riskgate::abi::codes::Check;
use riskgate::abi::order::side;
use riskgate::abi::verdict::NO_NODE;
use riskgate::fixed::Wide;
use riskgate::gate::outcome::MeasureUnit;
use riskgate::state::limit::{Action, Bound, Latch, Limit, Phase};

impl Model {
    /// `worth`: the order's value in the base currency, without a mark unknown.
    pub(super) fn is_sane_too(
        &mut self,
        request: &Request,
        worth: Option<Decimal>,
        mark: Option<i64>,
        docket: &mut Docket,
    ) {
        if let Some(worth) = worth {
            for (_, limit) in self.bounded(Check::MinOrderValue, request) {
                let Bound::Value(bound) = limit.bound else { continue };
                let least = dec(bound, 17);
                let low = match self.mistake {
                    Mistake::ExclusiveLimit => worth <= least,
                    _ => worth < least,
                };
                if low {
                    let numbers = (num::wide(worth, 36), num::wide(least, 36));
                    // Of several, the most restrictive is told.
                    breach(&limit, MeasureUnit::Money, numbers, -bound, docket);
                }
            }
        }
        self.static_band(request, docket);
        if let Some(mark) = mark {
            for (at, anchor) in self.walks(request, mark) {
                self.price_walk(at, anchor, request, docket);
            }
        }
        self.adv_percent(request, docket);
        self.unit_mixup(request, mark, docket);
    }

    /// Prices beyond the venue's band, whatever the mark.
    fn static_band(&self, request: &Request, docket: &mut Docket) {
        if request.price == PRICE_UNDEFINED {
            return;
        }
        let (low, high) = self.bands[request.instrument as usize];
        let beyond = if low != PRICE_UNDEFINED && request.price < low {
            low
        } else if high != PRICE_UNDEFINED && request.price > high {
            high
        } else {
            return;
        };
        let row = Limit {
            action: Action::BlockAudit,
            latch: Latch::All,
            phase: Phase::Enforce,
            ..Limit::new(Check::PriceCollar, None, None, Bound::Unlimited)
        };
        let wide = |price: i64| Wide::from_i128(i128::from(price));
        let numbers = (wide(request.price), wide(beyond));
        breach(&row, MeasureUnit::Price, numbers, i128::MIN, docket);
    }

    /// The walks of a priced order, each with the mark at which its window opened; whatever becomes
    /// of the order, it opens what is closed.
    pub(super) fn walks(&mut self, request: &Request, mark: i64) -> Vec<(usize, i64)> {
        let mut walks = Vec::new();
        if request.price == PRICE_UNDEFINED {
            return walks;
        }
        let now_ns = self.log.now_ns;
        for at in 0..self.setup.limits.len() {
            let limit = self.setup.limits[at];
            let place = super::log::Place {
                lane: request.lane,
                account: Some(request.account),
                instrument: Some(request.instrument),
            };
            let bounded = matches!(limit.bound, Bound::Collar(_));
            if limit.check != Check::PriceWalk || !bounded || !self.covers(&limit, &place) {
                continue;
            }
            let key = (at, request.account, request.instrument);
            let length = limit.window.length_ns;
            let open = self.log.walks.get(&key).copied();
            let open = open.filter(|(opened, _)| match self.mistake {
                Mistake::TumblingLate => now_ns - opened <= length,
                Mistake::WalkForgetsAnchor => false,
                _ => now_ns - opened < length,
            });
            let (opened, anchor) = open.unwrap_or((now_ns, mark));
            self.log.walks.insert(key, (opened, anchor));
            walks.push((at, anchor));
        }
        walks
    }

    /// How far a price is from the mark at which the window opened.
    fn price_walk(&self, at: usize, anchor: i64, request: &Request, docket: &mut Docket) {
        let limit = self.setup.limits[at];
        let Bound::Collar(collar) = limit.bound else { return };
        let distance = i128::from(request.price) - i128::from(anchor);
        let aggressive = (request.side == side::BUY) == (distance > 0);
        let band = if aggressive { collar.aggressive } else { collar.passive };
        let width = self.width(request.instrument, anchor, &band, collar.use_smaller);
        let Some(width) = width else { return };
        let (observed, exact) = (dec(distance.abs(), 9), dec(width, 17));
        if measure::exceeds(self.mistake, observed, exact) {
            let shown = Wide::from_i128(width.div_euclid(100_000_000));
            let numbers = (Wide::from_i128(distance.abs()), shown);
            let rank = width.div_euclid(100_000_000);
            breach(&limit, MeasureUnit::Price, numbers, rank, docket);
        }
    }

    fn adv_percent(&self, request: &Request, docket: &mut Docket) {
        let adv = i128::from(self.setup.instruments[request.instrument as usize].adv);
        for (_, limit) in self.bounded(Check::AdvPercent, request) {
            let Bound::Value(percent_micro) = limit.bound else { continue };
            if adv < limit.floor {
                continue;
            }
            let allowed = mul(dec(percent_micro, 8), dec(adv, 8));
            let qty = i128::from(request.total);
            if measure::exceeds(self.mistake, dec(qty, 8), allowed) {
                let shown = (percent_micro * adv).div_euclid(100_000_000);
                let numbers = (Wide::from_i128(qty), Wide::from_i128(shown));
                breach(&limit, MeasureUnit::Qty, numbers, shown, docket);
            }
        }
    }

    /// A quantity many times too large, or a notional typed where a quantity belongs.
    fn unit_mixup(&self, request: &Request, mark: Option<i64>, docket: &mut Docket) {
        let instrument = &self.setup.instruments[request.instrument as usize];
        let (sane, qty) = (i128::from(instrument.sane_qty), i128::from(request.total));
        if sane == 0 {
            return;
        }
        for (_, limit) in self.bounded(Check::UnitMixup, request) {
            let Bound::Value(k) = limit.bound else { continue };
            let most = (k * sane).div_euclid(100_000_000);
            let many = measure::exceeds(self.mistake, dec(qty * 100_000_000, 0), dec(k * sane, 0));
            let shown = if many {
                most
            } else if qty > sane && self.is_a_notional(request, mark) {
                sane
            } else {
                continue;
            };
            let numbers = (Wide::from_i128(qty), Wide::from_i128(shown));
            breach(&limit, MeasureUnit::Qty, numbers, shown, docket);
        }
    }

    /// Is the quantity, as a number, within a percent of what the account's latest accepted
    /// quantity costs at this order's price?
    fn is_a_notional(&self, request: &Request, mark: Option<i64>) -> bool {
        let latest = self.log.latest_qty.get(&(request.account, request.instrument));
        let price = match request.price {
            PRICE_UNDEFINED => mark,
            price => Some(price),
        };
        let (Some(latest), Some(price)) = (latest, price) else { return false };
        let multiplier = self.setup.instruments[request.instrument as usize].multiplier;
        let size = mul(num::qty(i128::from(*latest)), num::qty(i128::from(multiplier)));
        let notional = mul(num::price(price).abs(), size);
        let off = num::sub(num::qty(i128::from(request.total)), notional).abs();
        !notional.is_zero() && mul(off, dec(100, 0)) <= notional
    }
}

/// A breach with numbers; of several the lowest `rank` is reported.
fn breach(
    limit: &Limit,
    unit: MeasureUnit,
    (observed, bound): (Wide, Wide),
    rank: i128,
    docket: &mut Docket,
) {
    let found = Finding {
        node: limit.node.unwrap_or(NO_NODE),
        only: limit.node.and(limit.instrument),
        unit,
        observed,
        limit: bound,
        ..Finding::bare(limit.check)
    };
    docket.breach(limit.phase, limit.action, limit.latch, rank, found);
}
