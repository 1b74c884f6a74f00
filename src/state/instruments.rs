//! Instruments as the hot path reads them: grid, value per unit, quote, state.

use crate::abi::PRICE_UNDEFINED;
use crate::fixed::{Notional, PRICE_ONE, Price, Qty, Rate, Unit, Wide};
use crate::state::dimension::{Dimension, Groups};
use crate::state::index::NONE;
use crate::state::legs::{LEGS_MAX, Leg};
use crate::state::session::Session;
use crate::state::setup::{self, Setup, TICK_ROWS_MAX};
use crate::state::weights::Weights;

/// Largest magnitude of a mark, 2.3e9; a larger one counts as missing (keeps the worth of any row
/// in 127 bits, see `rows::EXCESS_MAX`).
pub const MARK_MAX: Price = (1 << 61) - 1;

/// Class of futures, see [`setup::Instrument::class`].
const CLASS_FUTURE: u8 = 1;
/// Class of FX.
const CLASS_FX: u8 = 3;

/// Why no mark can be used, or the mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkChoice {
    /// A price and its age in ns.
    Usable {
        /// The mark, signed.
        price: Price,
        /// Its age.
        age_ns: u64,
    },
    /// Missing, too old, crossed or too wide; the age of the quote and its bound, zeros if missing.
    Stale {
        /// Age of the quote, ns.
        age_ns: u64,
        /// Oldest usable age, ns.
        max_age_ns: u64,
    },
}

/// The latest that a feed handler said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Quote {
    /// Best bid.
    pub bid: Price,
    /// Best ask.
    pub ask: Price,
    /// Last trade.
    pub last: Price,
    /// Previous close.
    pub close: Price,
    /// Time of bid and ask.
    pub quote_ns: u64,
    /// Time of the last trade.
    pub last_ns: u64,
    /// Time at which the close was first seen.
    pub close_ns: u64,
}

/// One instrument.
pub struct Instrument {
    ticks: [(Price, Price); TICK_ROWS_MAX],
    tick_rows: usize,
    legs: [Leg; LEGS_MAX],
    leg_count: usize,
    /// 0: none.
    pub lot: Qty,
    /// Base value of one contract at price 1; 0 while there is no rate.
    pub unit: Unit,
    /// Is there a rate?
    pub has_rate: bool,
    /// Value of one contract at price 1 in its own currency, 1e-10; see
    /// [`setup::Instrument::currency_unit`].
    pub currency_unit: Unit,
    /// Index of its currency.
    pub currency: u32,
    /// Prices are in 1/100 of the currency.
    pub minor_unit: bool,
    /// Its value is not paid for, only what is won or lost (futures, inverse contracts).
    pub margined: bool,
    /// A new rate revalues what was won or lost, not the position (what is margined, FX).
    pub settled: bool,
    /// Currency of what is won or lost: the coin of an inverse contract that names one.
    pub settle_currency: u32,
    /// An inverse contract that names its coin.
    pub settles_in_coin: bool,
    /// FX: the currency that is bought.
    pub leg_currency: Option<u32>,
    /// Largest |price × quantity| whose money fits 127 bits at 1e-17.
    pub notional_max: i128,
    /// Its group in each dimension, or `NONE` where it does not count.
    pub groups: [u32; Dimension::COUNT],
    /// What it counts with in sums over groups.
    pub weights: Weights,
    /// See [`setup::Instrument::class`].
    pub class: u8,
    /// Average daily volume; 0: not known.
    pub adv: Qty,
    /// Largest quantity that an order can sensibly have; 0: not known.
    pub sane_qty: Qty,
    /// Contract size, 1e-8.
    pub multiplier: i64,
    /// Worth its face whatever the price.
    pub inverse: bool,
    /// Prices ≤ 0 are allowed.
    pub negative_price: bool,
    mark_max_age_ns: u64,
    last_max_age_ns: u64,
    close_max_age_ns: u64,
    mark_max_spread_bps: u32,
    /// The latest quote.
    pub quote: Quote,
    /// Price that positions and open orders are valued at, or undefined.
    pub valuation: Price,
    /// Were orders accepted before there was any mark?
    pub unmarked_orders: bool,
    /// Does it not trade?
    pub halted: bool,
    /// Is it killed?
    pub killed: bool,
    /// Its calendar, or `NONE`.
    pub calendar: u32,
    /// Phase of the day that a person has put it into, whatever its calendar says.
    pub session_override: Option<Session>,
    /// Bit of the market whose halts stop it; 0: none.
    pub market_bit: u64,
    /// Last moment in which it trades, ns since 1970 UTC; `u64::MAX`: it does not expire.
    pub expiry_ns: u64,
    /// Lowest price of its static band; `Price::MIN`: none.
    pub band_low: Price,
    /// Highest price of its static band; `Price::MAX`: none.
    pub band_high: Price,
    /// First of its account × instrument rows.
    pub first_row: u32,
    /// First of its own limits.
    pub first_limit: u32,
    /// Checks for which it has a limit of its own.
    pub limit_mask: u128,
    /// Checks that count by themselves, of all limits that it ever had.
    pub counted: u128,
    /// Cumulative volume of the market's day as last told, 1e-8; 0: never told.
    pub volume: u64,
    /// First of the limits that count its market volume.
    pub first_volume_limit: u32,
}

impl Instrument {
    /// Builds all instruments of a setup that was verified.
    pub fn all(setup: &Setup) -> Vec<Instrument> {
        let groups = Groups::new(setup);
        let rate = |currency: u32| setup.currencies[currency as usize].rate;
        let build = |(id, i): (usize, &setup::Instrument)| {
            let unit = i.unit(rate(i.currency));
            let mut ticks = [(0, 0); TICK_ROWS_MAX];
            ticks[..i.ticks.len()].copy_from_slice(&i.ticks);
            let mut legs = [Leg::NONE; LEGS_MAX];
            for (leg, (instrument, ratio)) in legs.iter_mut().zip(&i.legs) {
                *leg = Leg { instrument: *instrument, ratio: *ratio };
            }
            Instrument {
                ticks,
                tick_rows: i.ticks.len(),
                legs,
                leg_count: i.legs.len(),
                lot: i.lot,
                unit: unit.unwrap_or(0),
                has_rate: unit.is_some(),
                currency_unit: i.currency_unit(),
                currency: i.currency,
                minor_unit: i.minor_unit,
                margined: i.inverse || i.class == CLASS_FUTURE,
                settled: i.inverse || i.class == CLASS_FUTURE || i.class == CLASS_FX,
                settle_currency: match i.base_currency {
                    Some(coin) if i.inverse => coin,
                    _ => i.currency,
                },
                settles_in_coin: i.inverse && i.base_currency.is_some(),
                leg_currency: i.base_currency.filter(|_| i.class == CLASS_FX && !i.inverse),
                // |N| × multiplier ≤ (2^127 − 1) × 1e8; beyond 2^127 nothing can be.
                notional_max: notional_max(i.multiplier),
                groups: groups.of[id],
                weights: Weights::new(i, rate),
                class: i.class,
                adv: i.adv,
                sane_qty: i.sane_qty,
                multiplier: i.multiplier,
                inverse: i.inverse,
                negative_price: i.negative_price,
                mark_max_age_ns: i.mark_max_age_ns,
                last_max_age_ns: i.last_max_age_ns,
                close_max_age_ns: i.close_max_age_ns,
                mark_max_spread_bps: i.mark_max_spread_bps,
                quote: Quote {
                    bid: PRICE_UNDEFINED,
                    ask: PRICE_UNDEFINED,
                    last: PRICE_UNDEFINED,
                    close: PRICE_UNDEFINED,
                    quote_ns: 0,
                    last_ns: 0,
                    close_ns: 0,
                },
                valuation: PRICE_UNDEFINED,
                unmarked_orders: false,
                halted: false,
                killed: false,
                calendar: i.calendar.unwrap_or(NONE),
                session_override: None,
                market_bit: i.market.map_or(0, |market| 1 << market),
                expiry_ns: if i.expiry_ns == 0 { u64::MAX } else { i.expiry_ns },
                band_low: Price::MIN,
                band_high: Price::MAX,
                first_row: NONE,
                first_limit: NONE,
                limit_mask: 0,
                counted: 0,
                volume: 0,
                first_volume_limit: NONE,
            }
        };
        let mut all: Vec<Instrument> = setup.instruments.iter().enumerate().map(build).collect();
        for (instrument, told) in all.iter_mut().zip(&setup.instruments) {
            instrument.set_band(told.band_low, told.band_high);
        }
        all
    }

    /// Sets the static band; an undefined price means that there is no bound on that side.
    pub fn set_band(&mut self, low: Price, high: Price) {
        self.band_low = if low == PRICE_UNDEFINED { Price::MIN } else { low };
        self.band_high = high;
    }

    /// Takes over the rate of a currency, 1e-9 base per unit; `None`: not known. Its rows must be
    /// taken out of all sums before and put in after, see [`crate::state::State::reweigh`].
    pub fn set_rate(&mut self, currency: u32, rate: Option<Rate>) {
        if let Some(unit) = self.weights.set_rate(currency, rate) {
            self.unit = unit.unwrap_or(0);
            self.has_rate = unit.is_some();
        }
    }

    /// Its legs; none if it is no spread.
    #[inline]
    pub fn legs(&self) -> &[Leg] {
        &self.legs[..self.leg_count]
    }

    /// Is it a spread?
    #[inline(always)]
    pub fn is_spread(&self) -> bool {
        self.leg_count != 0
    }

    /// Tick at a price (by its magnitude); `None`: every price is on tick.
    #[inline]
    pub fn tick_at(&self, price: Price) -> Option<Price> {
        let magnitude = price.unsigned_abs();
        let rows = &self.ticks[..self.tick_rows];
        let mut tick = rows.first()?.1;
        for (from, row_tick) in rows {
            if magnitude < *from as u64 {
                break;
            }
            tick = *row_tick;
        }
        Some(tick)
    }

    /// Is a price on the grid?
    #[inline]
    pub fn on_tick(&self, price: Price) -> bool {
        self.tick_at(price).is_none_or(|tick| price % tick == 0)
    }

    /// Does its worth not depend on its own price? Inverse contracts count at their face, spreads
    /// at nothing (their legs count).
    #[inline(always)]
    pub fn counts_at_face(&self) -> bool {
        self.inverse | self.is_spread()
    }

    /// What one contract counts at a price, as a price: the magnitude, or 1 if inverse.
    #[inline]
    pub fn value_price(&self, price: Price) -> Price {
        if self.inverse { PRICE_ONE } else { price.abs() }
    }

    /// Magnitude that positions are valued at; 0 before the first mark, and for spreads.
    #[inline]
    pub fn valuation_magnitude(&self) -> Price {
        match self.valuation {
            _ if self.inverse => PRICE_ONE,
            _ if self.is_spread() => 0,
            PRICE_UNDEFINED => 0,
            price => price.abs(),
        }
    }

    /// A notional (price × quantity) in its own currency, 1e-27, if it is paid for; else nothing.
    #[inline]
    pub fn paid_value(&self, notional: Notional) -> Wide {
        if self.margined { Wide::ZERO } else { Wide::product(notional, self.currency_unit) }
    }

    /// The mark at a moment: the middle of a usable quote, else last, else close, each within its
    /// own age. A crossed or wide quote is never replaced.
    pub fn mark_at(&self, now_ns: u64) -> MarkChoice {
        let q = &self.quote;
        let age_ns = now_ns.saturating_sub(q.quote_ns);
        let mut stale = MarkChoice::Stale { age_ns, max_age_ns: self.mark_max_age_ns };
        // An inverse contract is worth nothing that could be said at a price of zero or below.
        let is_mark = |price: Price| is_mark(price) && (price > 0 || !self.inverse);
        let has_quote = is_mark(q.bid) && is_mark(q.ask);
        if !has_quote {
            stale = MarkChoice::Stale { age_ns: 0, max_age_ns: 0 };
        } else {
            if q.bid > q.ask {
                return stale;
            }
            // Rounded down to 1e-9; both are below 2^61.
            let middle = (q.bid + q.ask) >> 1;
            let spread = i128::from(q.ask) - i128::from(q.bid);
            let bound = i128::from(self.mark_max_spread_bps) * i128::from(middle.unsigned_abs());
            if self.mark_max_spread_bps != 0 && spread * 10_000 > bound {
                return stale;
            }
            if self.mark_max_age_ns == 0 || age_ns <= self.mark_max_age_ns {
                return MarkChoice::Usable { price: middle, age_ns };
            }
        }
        for (price, time_ns, max_age_ns) in [
            (q.last, q.last_ns, self.last_max_age_ns),
            (q.close, q.close_ns, self.close_max_age_ns),
        ] {
            let age_ns = now_ns.saturating_sub(time_ns);
            if is_mark(price) && max_age_ns != 0 && age_ns <= max_age_ns {
                return MarkChoice::Usable { price, age_ns };
            }
        }
        stale
    }
}

fn is_mark(price: Price) -> bool {
    price != PRICE_UNDEFINED && price.unsigned_abs() <= MARK_MAX as u64
}

fn notional_max(multiplier: i64) -> i128 {
    // (2^127 − 1) × 1e8 ÷ multiplier, in two steps so that it fits.
    let whole = i128::MAX / i128::from(multiplier);
    let rest = i128::MAX % i128::from(multiplier);
    whole
        .checked_mul(100_000_000)
        .and_then(|w| w.checked_add(rest.checked_mul(100_000_000)? / i128::from(multiplier)))
        .unwrap_or(i128::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::setup::{Currency, Setup};

    fn one(change: impl Fn(&mut setup::Instrument)) -> Instrument {
        let mut i = setup::Instrument::plain("X");
        change(&mut i);
        let usd = Currency { name: "USD".into(), rate: Some(PRICE_ONE) };
        let setup = Setup { currencies: vec![usd], instruments: vec![i], ..Setup::default() };
        Instrument::all(&setup).remove(0)
    }

    #[test]
    fn tick_rows_are_chosen_by_magnitude() {
        let i = one(|i| i.ticks = vec![(0, 5), (100, 10), (1000, 50)]);
        for (price, tick) in [(0, 5), (99, 5), (100, 10), (-100, 10), (999, 10), (5000, 50)] {
            assert_eq!(i.tick_at(price), Some(tick), "{price}");
        }
        assert!(i.on_tick(95) && !i.on_tick(105) && i.on_tick(110) && !i.on_tick(-105));
        assert!(one(|_| {}).on_tick(7));
    }

    #[test]
    fn money_range_follows_the_multiplier() {
        assert_eq!(notional_max(100_000_000), i128::MAX);
        assert_eq!(notional_max(1), i128::MAX);
        assert_eq!(notional_max(200_000_000), i128::MAX / 2);
    }

    #[test]
    fn fallbacks_replace_old_quotes_but_never_crossed_ones() {
        let mut i = one(|i| {
            i.mark_max_age_ns = 10;
            i.last_max_age_ns = 100;
            i.mark_max_spread_bps = 100;
        });
        i.quote = Quote { bid: 1000, ask: 1002, last: 990, quote_ns: 0, last_ns: 0, ..i.quote };
        assert_eq!(i.mark_at(10), MarkChoice::Usable { price: 1001, age_ns: 10 });
        assert_eq!(i.mark_at(11), MarkChoice::Usable { price: 990, age_ns: 11 });
        assert!(matches!(i.mark_at(101), MarkChoice::Stale { .. }));
        i.quote.ask = 999;
        assert!(matches!(i.mark_at(5), MarkChoice::Stale { .. }), "crossed");
        i.quote.ask = 1011;
        assert!(matches!(i.mark_at(5), MarkChoice::Stale { .. }), "wide");
    }
}
