//! What a row counts in a sum over a group of instruments: its worst case at the instrument's mark,
//! margin, delta, sensitivities, currency legs, shares, futures-equivalents.
//!
//! A pure function of the row and its instrument, so that what was added is taken out again to the
//! last digit whatever changed in between.

use crate::fixed::{Price, Rate, Unit, Wide};
use crate::state::index::NONE;
use crate::state::instruments::Instrument;
use crate::state::rows::{Sums, Worth};
use crate::state::setup;

/// Class of options (`setup::Instrument::class`).
const OPTION: u8 = 2;
const E8: u64 = 100_000_000;
const E10: u64 = 10_000_000_000;
const E11: u64 = 100_000_000_000;
const E12: u64 = 1_000_000_000_000;

/// Most that a row counts, above every limit. 2^24 rows of it fit 255 bits.
pub const COUNT_MAX: Wide = Wide { low: 0, high: 1 << (230 - 128) };

/// Reference data that sums over groups are weighted with; pushed while running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Weights {
    /// Initial margin of a long contract, 1e-8 of its currency; ≥ 0.
    pub margin_long: i64,
    /// Initial margin of a short contract, 1e-8 of its currency; ≥ 0.
    pub margin_short: i64,
    /// Delta of a contract, 1e-8.
    pub delta: i64,
    /// Least magnitude that delta counts with, 1e-8; ≥ 0.
    pub delta_floor: i64,
    /// Base value of a unit of the underlying, 1e-8; 0: the instrument's own mark.
    pub underlying_value: i64,
    /// Gamma of a contract, base currency 1e-8.
    pub gamma: i64,
    /// Vega of a contract, base currency 1e-8.
    pub vega: i64,
    /// DV01 of a contract, base currency 1e-8.
    pub dv01: i64,
    /// CS01 of a contract, base currency 1e-8.
    pub cs01: i64,
    /// Futures-equivalents of a contract, 1e-8; ≥ 0.
    pub futures_equivalent: i64,
    /// Shares outstanding, 1e-8; 0: not known.
    pub shares_outstanding: i64,
    /// Contract size, 1e-8.
    multiplier: i64,
    minor_unit: bool,
    option: bool,
    /// Currency of the price.
    currency: u32,
    /// What an FX pair buys, or `NONE`. An inverse contract is no pair, whatever its coin.
    base_currency: u32,
    /// Base per unit of the currency of the price, 1e-9; 0: not known.
    rate: Rate,
    /// The same of what an FX pair buys.
    base_rate: Rate,
}

impl Weights {
    /// Those of an instrument.
    pub fn new(i: &setup::Instrument, rate: impl Fn(u32) -> Option<Rate>) -> Weights {
        Weights {
            margin_long: i.margin_long,
            margin_short: i.margin_short,
            delta: i.delta,
            delta_floor: i.delta_floor,
            underlying_value: i.underlying_value,
            gamma: i.gamma,
            vega: i.vega,
            dv01: i.dv01,
            cs01: i.cs01,
            futures_equivalent: i.futures_equivalent,
            shares_outstanding: i.shares_outstanding,
            multiplier: i.multiplier,
            minor_unit: i.minor_unit,
            option: i.class == OPTION,
            currency: i.currency,
            base_currency: i.base_currency.filter(|_| !i.inverse).unwrap_or(NONE),
            rate: rate(i.currency).unwrap_or(0),
            base_rate: i.base_currency.and_then(rate).unwrap_or(0),
        }
    }

    /// Takes over a rate of a currency, 1e-9; `None`: not known. Returns the new base value of one
    /// contract at price 1, if the instrument's price is in that currency.
    pub(super) fn set_rate(&mut self, currency: u32, rate: Option<Rate>) -> Option<Option<Unit>> {
        if self.base_currency == currency {
            self.base_rate = rate.unwrap_or(0);
        }
        if self.currency != currency {
            return None;
        }
        self.rate = rate.unwrap_or(0);
        Some(setup::unit(self.multiplier, self.minor_unit, rate))
    }

    /// Does a rate of this currency change what its rows count?
    pub fn pays(&self, currency: u32) -> bool {
        self.currency == currency || self.base_currency == currency
    }

    /// The currencies of an FX pair: what it buys, and what it pays with; `NONE` for the firm's own
    /// base currency (the first), which nobody limits, and twice for what is no pair.
    pub fn currency_legs(&self) -> [u32; 2] {
        let leg = |currency: u32| if currency == 0 { NONE } else { currency };
        match self.base_currency {
            NONE => [NONE, NONE],
            base => [leg(base), leg(self.currency)],
        }
    }

    /// Is the rate of a leg of an FX pair known?
    pub fn has_leg_rate(&self, leg: usize) -> bool {
        let rate = if leg == 0 { self.base_rate } else { self.rate };
        rate != 0
    }

    /// Delta with its floor: the sign is kept, none counts as positive.
    fn floored_delta(&self) -> i64 {
        match self.delta {
            d if d < 0 => d.min(self.delta_floor.saturating_neg()),
            d => d.max(self.delta_floor),
        }
    }
}

/// What a sum adds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Weight {
    /// Worst case at the mark, base currency 1e-36.
    Exposure,
    /// Initial margin of the worse side, base currency 1e-36.
    Margin,
    /// Delta × multiplier × value of the underlying, base currency 1e-44.
    Delta,
    /// Gamma, base currency 1e-36.
    Gamma,
    /// Vega, base currency 1e-36.
    Vega,
    /// DV01, base currency 1e-36.
    Dv01,
    /// CS01, base currency 1e-36.
    Cs01,
    /// Legs of FX pairs, base currency 1e-36.
    Currency,
    /// Shares, 1e-8.
    Shares,
    /// Futures-equivalents, 1e-24.
    Futures,
}

/// What a group's rows come to if everything is filled that makes the sum larger, and if everything
/// is that makes it smaller. Worst cases that are never netted are in `up` alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Total {
    /// With all that adds to it.
    pub up: Wide,
    /// With all that takes from it.
    pub down: Wide,
}

impl Total {
    /// Sum.
    #[inline]
    pub fn plus(self, other: Total) -> Total {
        Total { up: self.up.plus(other.up), down: self.down.plus(other.down) }
    }

    /// Difference.
    #[inline]
    pub fn minus(self, other: Total) -> Total {
        Total { up: self.up.minus(other.up), down: self.down.minus(other.down) }
    }

    /// The worse of both, without sign.
    #[inline]
    pub fn worst(self) -> Wide {
        self.up.magnitude().max(self.down.magnitude())
    }

    /// Is either at the most that a row counts, so that it may be more?
    pub fn is_capped(self) -> bool {
        self.worst() >= COUNT_MAX
    }
}

/// The part of a row that it is weighted by.
#[derive(Clone, Copy)]
pub struct Part<'a> {
    /// Position and open orders.
    pub sums: &'a Sums,
    /// What they are worth at `magnitude`.
    pub worth: &'a Worth,
    /// Magnitude of the mark.
    pub magnitude: Price,
}

impl Weight {
    /// How much finer than 1e-36 (money) or 1e-8 (quantity) it counts: power of ten.
    pub const fn extra_places(self) -> u32 {
        match self {
            Weight::Delta => 8,
            Weight::Futures => 16,
            _ => 0,
        }
    }

    /// What a row counts in its group, or in leg 0 or 1 of an FX pair.
    pub fn of(self, leg: usize, i: &Instrument, part: &Part) -> Total {
        let (w, sums) = (&i.weights, part.sums);
        match self {
            Weight::Exposure => {
                worst(Wide::product(part.worth.buy_case.max(part.worth.sell_case), i.unit))
            }
            Weight::Margin => {
                let margin = |q: i128, of: i64| capped(q.max(0), &[of, w.rate], &[E11]);
                let long = margin(sums.long(), w.margin_long);
                worst(long.max(margin(sums.short(), w.margin_short)))
            }
            Weight::Delta if w.underlying_value == 0 => {
                let delta = w.floored_delta();
                signed(sums, delta, |q| {
                    let at_mark = Wide::product(q * i128::from(part.magnitude), i.unit);
                    cap(at_mark.checked_times(delta.unsigned_abs()), q)
                })
            }
            Weight::Delta => {
                let delta = w.floored_delta();
                signed(sums, delta, |q| {
                    capped(q, &[w.multiplier, w.underlying_value, delta], &[E12])
                })
            }
            Weight::Gamma => per_contract(sums, w.gamma),
            Weight::Vega => per_contract(sums, w.vega),
            Weight::Dv01 => per_contract(sums, w.dv01),
            Weight::Cs01 => per_contract(sums, w.cs01),
            Weight::Currency if leg == 0 => {
                signed(sums, 1, |q| capped(q, &[w.multiplier, w.base_rate], &[E11]))
            }
            // What is bought is paid for: all sells filled bring the most of it.
            Weight::Currency => Total {
                up: Wide::product(part.worth.sell_case, i.unit),
                down: Wide::product(part.worth.buy_case, i.unit).negated(),
            },
            Weight::Shares => signed(sums, 1, Wide::from_i128),
            Weight::Futures if w.option => {
                let delta = w.floored_delta();
                signed(sums, delta, |q| capped(q, &[w.futures_equivalent, delta], &[]))
            }
            Weight::Futures => signed(sums, 1, |q| capped(q, &[w.futures_equivalent], &[E8])),
        }
    }
}

/// A worst case that is not netted.
fn worst(value: Wide) -> Total {
    Total { up: value, down: Wide::ZERO }
}

/// Both sides of a coefficient with this sign; `scaled` multiplies a quantity by its magnitude.
fn signed(sums: &Sums, sign: i64, scaled: impl Fn(i128) -> Wide) -> Total {
    let (long, short) = (scaled(sums.long()), scaled(sums.short()));
    match sign < 0 {
        false => Total { up: long, down: short.negated() },
        true => Total { up: short, down: long.negated() },
    }
}

/// A number of base currency 1e-8 per contract.
fn per_contract(sums: &Sums, number: i64) -> Total {
    signed(sums, number, |q| capped(q, &[number], &[E10, E10]))
}

/// Quantity × |factors| × scale, at most [`COUNT_MAX`] either way. Quantities are below 2^66.
fn capped(q: i128, factors: &[i64], scale: &[u64]) -> Wide {
    let times = |value: Option<Wide>, factor: u64| value?.checked_times(factor);
    let value = factors.iter().map(|f| f.unsigned_abs()).fold(Some(Wide::from_i128(q)), times);
    cap(scale.iter().copied().fold(value, times), q)
}

fn cap(value: Option<Wide>, sign: i128) -> Wide {
    let most = if sign < 0 { COUNT_MAX.negated() } else { COUNT_MAX };
    match value {
        Some(value) if value.magnitude() <= COUNT_MAX => value,
        _ => most,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixed::{PRICE_ONE, QTY_ONE};
    use crate::state::setup::{Currency, Setup};

    fn one(change: impl FnOnce(&mut setup::Instrument)) -> Instrument {
        let mut i = setup::Instrument::plain("X");
        change(&mut i);
        let currencies = vec![
            Currency { name: "USD".into(), rate: Some(PRICE_ONE) },
            Currency { name: "EUR".into(), rate: Some(PRICE_ONE * 5 / 4) },
        ];
        let setup = Setup { currencies, instruments: vec![i], ..Setup::default() };
        Instrument::all(&setup).remove(0)
    }

    fn of(weight: Weight, leg: usize, i: &Instrument, sums: &Sums, mark: Price) -> Total {
        let worth = sums.worth(mark);
        weight.of(leg, i, &Part { sums, worth: &worth, magnitude: mark })
    }

    fn contracts(position: i128, buys: i128, sells: i128) -> Sums {
        let one = i128::from(QTY_ONE);
        Sums { position: position * one, buys: buys * one, sells: sells * one, ..Sums::default() }
    }

    /// Whole units at this many decimal places.
    fn whole(value: i128, places: u32) -> Wide {
        let mut wide = Wide::from_i128(value);
        for _ in 0..places {
            wide = wide.checked_times(10).unwrap();
        }
        wide
    }

    #[test]
    fn a_negative_delta_swaps_the_sides() {
        let sums = contracts(10, 5, 3);
        let at = |delta: i64| {
            let i = one(|i| (i.delta, i.multiplier) = (delta, 100 * QTY_ONE));
            of(Weight::Delta, 0, &i, &sums, 40 * PRICE_ONE)
        };
        // 15 and 7 contracts of 100 at 40, half of each.
        assert_eq!(at(QTY_ONE / 2), Total { up: whole(30_000, 44), down: whole(14_000, 44) });
        assert_eq!(at(-QTY_ONE / 2), Total { up: whole(-14_000, 44), down: whole(-30_000, 44) });
    }

    #[test]
    fn delta_counts_at_least_its_floor() {
        for (delta, floor, counts) in [(5, 10, 10), (-5, 10, -10), (0, 10, 10), (-20, 10, -20)] {
            let i = one(|i| (i.delta, i.delta_floor) = (delta, floor));
            assert_eq!(i.weights.floored_delta(), counts, "{delta} {floor}");
        }
    }

    #[test]
    fn margin_is_that_of_the_worse_side_in_the_base_currency() {
        let i = one(|i| {
            (i.margin_long, i.margin_short) = (1_000 * QTY_ONE, 1_500 * QTY_ONE);
            i.currency = 1;
        });
        let margin = |p, b, s| of(Weight::Margin, 0, &i, &contracts(p, b, s), 0).up;
        assert_eq!(margin(0, 4, 0), whole(5_000, 36));
        assert_eq!(margin(0, 4, 3), whole(5_625, 36));
        assert_eq!(margin(-2, 0, 0), whole(3_750, 36));
        assert_eq!(margin(-2, 1, 0), whole(3_750, 36), "a purchase that may not happen frees none");
    }

    #[test]
    fn an_fx_pair_has_two_legs() {
        let i = one(|i| (i.base_currency, i.class) = (Some(1), 3));
        let sums = contracts(1_000_000, 500_000, 0);
        let mark = PRICE_ONE * 11 / 10;
        let euros = of(Weight::Currency, 0, &i, &sums, mark);
        assert_eq!(euros, Total { up: whole(1_875_000, 36), down: whole(1_250_000, 36) });
        let dollars = of(Weight::Currency, 1, &i, &sums, mark);
        assert_eq!(dollars, Total { up: whole(-1_100_000, 36), down: whole(-1_650_000, 36) });
    }

    #[test]
    fn the_largest_numbers_are_capped_and_never_wrap() {
        let i = one(|i| {
            (i.delta, i.underlying_value, i.multiplier) = (i64::MIN, i64::MAX, 1 << 50);
            (i.margin_long, i.margin_short) = (i64::MAX, i64::MAX);
            i.futures_equivalent = i64::MAX;
            (i.class, i.currency) = (OPTION, 1);
        });
        let sums = Sums { position: 1 << 63, buys: 1 << 63, sells: 1 << 64, ..Sums::default() };
        for weight in [Weight::Delta, Weight::Margin, Weight::Futures, Weight::Vega] {
            let total = of(weight, 0, &i, &sums, (1 << 61) - 1);
            assert!(total.worst() <= COUNT_MAX, "{weight:?}");
            assert_eq!(total.is_capped(), weight == Weight::Delta, "{weight:?}");
        }
    }
}
