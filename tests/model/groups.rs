//! Limits of groups of instruments: shares of a bucket, margin, greeks, sensitivities, currencies
//! and ownership. Each question sums over all rows again.

use super::book::{Row, Tally, Worth};
use super::gate::{Mistake, Model};
use super::measure::Measure;
use super::num::{self, Decimal, add, dec, mul};
use riskgate::abi::codes::Check;
use riskgate::gate::outcome::MeasureUnit;
use riskgate::state::dimension::Dimension;
use riskgate::state::limit::{Limit, Variant};
use riskgate::state::setup::Instrument;

/// Class of options.
const OPTION: u8 = 2;

/// What a sum can become: all that raises it filled, and all that lowers it filled.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Swing {
    pub up: Decimal,
    pub down: Decimal,
}

impl Swing {
    /// A row whose contracts count `c` each, with its sign.
    pub fn of(row: &Row, c: Decimal) -> Swing {
        let bought = mul(num::qty(row.p + row.b), c);
        let sold = mul(num::qty(row.p - row.s), c);
        if c >= Decimal::ZERO {
            Swing { up: bought, down: sold }
        } else {
            Swing { up: sold, down: bought }
        }
    }

    fn plus(self, other: Swing) -> Swing {
        Swing { up: add(self.up, other.up), down: add(self.down, other.down) }
    }

    /// max(|up|, |down|)
    pub fn worst(self) -> Decimal {
        self.up.abs().max(self.down.abs())
    }
}

/// A delta of at least the floor's magnitude; none counts as positive.
pub fn floored_delta(delta: i64, floor: i64) -> i64 {
    match delta {
        d if d.abs() >= floor => d,
        d if d < 0 => -floor,
        _ => floor,
    }
}

/// Margin of a row in its currency: the dearer of both sides.
pub fn row_margin(row: &Row, long: i64, short: i64) -> Decimal {
    let per = |quantity: i128, each: i64| mul(num::qty(quantity), num::qty(i128::from(each)));
    per(row.p + row.b, long).max(per(row.s - row.p, short)).max(Decimal::ZERO)
}

impl Model {
    /// Which of a limit's several measures an instrument enters; the first instrument of a group
    /// names it.
    pub(super) fn keys_of(&self, limit: &Limit, instrument: u32) -> Vec<u32> {
        let all = &self.setup.instruments;
        let this = &all[instrument as usize];
        let first = |same: &dyn Fn(&Instrument) -> bool| {
            let at = all.iter().position(same);
            vec![at.expect("it is one of them itself") as u32]
        };
        let group = |dimension: Dimension| match this.group(dimension) {
            None => vec![instrument],
            own => first(&|i| i.group(dimension) == own),
        };
        match (limit.check, limit.variant) {
            (Check::MaxLong | Check::MaxShort, _) => vec![instrument],
            (Check::SectorConcentration, _) => match limit.bucket {
                Dimension::Instrument => vec![instrument],
                Dimension::Currency => first(&|i| i.currency == this.currency),
                dimension => group(dimension),
            },
            (Check::OptionGreeks, _) => group(Dimension::Underlying),
            (Check::RateSensitivity, _) => match this.group(Dimension::Curve) {
                None => Vec::new(),
                Some(_) => group(Dimension::Curve),
            },
            (Check::FxPosition, _) => {
                // An inverse contract's base currency is only what it settles in.
                let pair = this.base_currency.filter(|_| !this.inverse);
                let Some(base) = pair else { return Vec::new() };
                let mut keys = vec![base, this.currency];
                keys.retain(|c| *c != 0 && limit.currency.is_none_or(|only| only == *c));
                keys.dedup();
                keys
            }
            (Check::Ownership, Variant::AllMonths) => group(Dimension::Product),
            (Check::Ownership, Variant::SingleMonth) => match this.group(Dimension::Product) {
                None => vec![instrument],
                own => first(&|i| i.group(Dimension::Product) == own && i.month == this.month),
            },
            (Check::Ownership, Variant::SpotMonth) => match this.group(Dimension::Product) {
                _ if !this.spot_month => Vec::new(),
                None => vec![instrument],
                own => first(&|i| i.group(Dimension::Product) == own && i.spot_month),
            },
            (Check::Ownership, _) => vec![instrument],
            _ => vec![0],
        }
    }

    /// The rows below a limit's node that enter one of its measures.
    fn members<'a>(
        &'a self,
        limit: &'a Limit,
        key: u32,
        tally: &'a Tally,
    ) -> impl Iterator<Item = (&'a Instrument, u32, Row, Worth)> {
        let node = limit.node.expect("such limits hold at a node");
        tally
            .select(node, None)
            .filter(move |(i, _, _)| self.keys_of(limit, *i).contains(&key))
            .map(|(i, row, worth)| (&self.setup.instruments[i as usize], i, row, worth))
    }

    fn swing(
        &self,
        limit: &Limit,
        key: u32,
        tally: &Tally,
        each: impl Fn(&Instrument, u32, &Row, &Worth) -> Swing,
    ) -> Swing {
        self.members(limit, key, tally)
            .fold(Swing::default(), |sum, (i, id, row, worth)| sum.plus(each(i, id, &row, &worth)))
    }

    /// Base value of a unit of a currency.
    pub(super) fn rate(&self, currency: u32) -> Decimal {
        num::price(self.setup.currencies[currency as usize].rate.unwrap_or(0))
    }

    /// Worst-case exposure of the instruments of a bucket.
    pub(super) fn bucket(&self, limit: &Limit, key: u32, tally: &Tally) -> Decimal {
        self.members(limit, key, tally)
            .fold(Decimal::ZERO, |sum, (_, _, _, worth)| add(sum, worth.worst()))
    }

    /// Σ max((p + B)·long, (S − p)·short, 0) × rate.
    pub(super) fn margin(&self, limit: &Limit, tally: &Tally) -> Decimal {
        self.members(limit, 0, tally).fold(Decimal::ZERO, |sum, (i, _, row, _)| {
            let short = match self.mistake {
                Mistake::MarginOfLongs => 0,
                _ => i.margin_short,
            };
            add(sum, mul(row_margin(&row, i.margin_long, short), self.rate(i.currency)))
        })
    }

    /// What a contract counts in `option_greeks`.
    fn greek(&self, variant: Variant, i: &Instrument, id: u32) -> Decimal {
        let each = |value: i64| num::qty(i128::from(value));
        match variant {
            Variant::Gamma => each(i.gamma),
            Variant::Vega => each(i.vega),
            _ => {
                let delta = match self.mistake {
                    Mistake::NoDeltaFloor => each(i.delta),
                    _ => each(floored_delta(i.delta, i.delta_floor)),
                };
                if i.underlying_value != 0 {
                    return mul(mul(delta, each(i.multiplier)), each(i.underlying_value));
                }
                let mark = num::price(self.valuation_mark(id)).abs();
                mul(delta, mul(mark, self.unit(id).unwrap_or(Decimal::ZERO)))
            }
        }
    }

    /// Net worst case of an underlying.
    pub(super) fn greeks(&self, limit: &Limit, key: u32, tally: &Tally) -> Decimal {
        let each = |i: &Instrument, id: u32, row: &Row, _: &Worth| {
            Swing::of(row, self.greek(limit.variant, i, id))
        };
        self.swing(limit, key, tally, each).worst()
    }

    /// Net worst case of a curve.
    pub(super) fn sensitivity(&self, limit: &Limit, key: u32, tally: &Tally) -> Decimal {
        let each = |i: &Instrument, _: u32, row: &Row, _: &Worth| {
            let c = if limit.variant == Variant::Cs01 { i.cs01 } else { i.dv01 };
            Swing::of(row, num::qty(i128::from(c)))
        };
        self.swing(limit, key, tally, each).worst()
    }

    /// Net worst case of a currency: what pairs buy of it, and what they are paid for with it.
    pub(super) fn fx_position(&self, limit: &Limit, key: u32, tally: &Tally) -> Decimal {
        let each = |i: &Instrument, _: u32, row: &Row, worth: &Worth| {
            let mut swing = Swing::default();
            if i.base_currency == Some(key) {
                let c = mul(num::qty(i128::from(i.multiplier)), self.rate(key));
                swing = swing.plus(Swing::of(row, c));
            }
            if i.currency == key && self.mistake != Mistake::NoQuoteLeg {
                swing = swing.plus(Swing { up: worth.short, down: -worth.long });
            }
            swing
        };
        self.swing(limit, key, tally, each).worst()
    }

    /// Futures-equivalents of a product, the larger of both sides.
    fn equivalents(&self, limit: &Limit, key: u32, tally: &Tally) -> Decimal {
        let each = |i: &Instrument, _: u32, row: &Row, _: &Worth| {
            let fe = num::qty(i128::from(i.futures_equivalent));
            let delta = match i.class {
                OPTION => num::qty(i128::from(floored_delta(i.delta, i.delta_floor))),
                _ => Decimal::ONE,
            };
            Swing::of(row, mul(fe, delta))
        };
        let swing = self.swing(limit, key, tally, each);
        swing.up.max(-swing.down)
    }

    /// Holding against shares outstanding, or futures-equivalents against a number of contracts.
    pub(super) fn ownership(&self, limit: &Limit, key: u32, tally: &Tally, bound: i128) -> Measure {
        if limit.variant != Variant::Default {
            let value = self.equivalents(limit, key, tally);
            return Measure::plain(value, dec(bound, 8), MeasureUnit::Qty);
        }
        let node = limit.node.expect("such limits hold at a node");
        let held = num::qty(tally.quantities(node, key).0).max(Decimal::ZERO);
        let shares = self.setup.instruments[key as usize].shares_outstanding;
        Measure::share(held, num::qty(i128::from(shares)), bound)
    }

    /// The share of a bucket in what its limit names.
    pub(super) fn concentration(
        &self,
        limit: &Limit,
        key: u32,
        tally: &Tally,
        bound: i128,
    ) -> Measure {
        use riskgate::state::limit::Denominator;
        let node = limit.node.expect("such limits hold at a node");
        let equity = dec(self.setup.accounts[node as usize].equity.unwrap_or(0), 17);
        let share_of = match limit.denominator {
            Denominator::Equity => equity,
            Denominator::LiveEquity => add(equity, self.day_pnl(node)),
            Denominator::Gross => tally.sums(node, None).gross,
        };
        Measure::share(self.bucket(limit, key, tally), share_of.max(dec(limit.floor, 17)), bound)
    }
}
