//! Profit and loss, executed value and cash of the day: what executions, fees, marks and rates do to
//! them.
//!
//! | | a mark moves | a rate moves |
//! |---|---|---|
//! | paid for (shares, bonds, options, coins) | position × move × unit | value of the position |
//! | settled (futures, FX) | the same | the day's result in its currency |
//! | inverse contracts | the day's result in the coin | the same |
//!
//! What is *paid for* was bought with base currency at the rate of its moment, so that the whole
//! position moves with the rate. What is *settled* exchanges no value: only what was won or lost is
//! there to be converted. A fee counts at the rate of its moment. While a currency has no rate
//! nothing in it counts; its first rate counts all that the day had.
//!
//! **Inverse contracts** are worth `quantity × face ÷ price` of a coin (`base_currency`, or whatever
//! the face buys at the mark). Each execution and each valuation is rounded down to 1e-17 coins,
//! against the position; a bust takes back the rounded number. A price that is not above zero says
//! nothing about such a contract and is not used.

use crate::abi::PRICE_UNDEFINED;
use crate::fixed::{Price, Rate, UNIT_MAX, Unit, Wide};
use crate::state::State;
use crate::state::cash::in_base;
use crate::state::index::NONE;
use crate::state::instruments::Instrument;
use crate::state::period::Totals;
use crate::state::rows::Worth;

/// Fees (1e-8) in what a purse counts in (1e-27).
const PURSE_PER_FEE: u128 = 10_000_000_000_000_000_000;
/// From 1e-17 coins to what a purse counts in (1e-27).
const PURSE_PER_COIN: u64 = 10_000_000_000;
/// Quantity × multiplier (1e-16) in what a purse counts in (1e-27).
const PURSE_PER_LEG: u128 = 100_000_000_000;

/// What a row keeps of the day, in 1e-27 of its currencies: enough to value the whole day anew at a
/// currency's first rate, and to open a ledger in the middle of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DayBook {
    /// Won or lost before fees: in the currency, or of an inverse contract in what it settles in.
    pub result: Wide,
    /// An inverse contract's result in the coin.
    pub coin: Wide,
    /// Executed value of buys.
    pub bought: Wide,
    /// Executed value of sells.
    pub sold: Wide,
    /// Signed cash for what was paid for: sells less buys.
    pub flow: Wide,
    /// FX with a base currency: what was bought of that currency less what was sold.
    pub leg: Wide,
    /// Fees paid, less rebates.
    pub fees: Wide,
}

impl DayBook {
    /// What the day changed of the cash, by currency.
    pub fn cash_parts(&self, instrument: &Instrument) -> [(u32, Wide); 3] {
        let settled = if instrument.margined { self.result } else { Wide::ZERO };
        [
            (instrument.currency, self.flow.minus(self.fees)),
            (instrument.settle_currency, settled),
            (instrument.leg_currency.unwrap_or(instrument.currency), self.leg),
        ]
    }
}

/// One execution, or its bust.
#[derive(Clone, Copy, Debug)]
pub struct Executed {
    /// Signed quantity: bought > 0; of a bust the opposite of what was executed.
    pub qty: i128,
    /// Price.
    pub price: Price,
    /// Fee, 1e-8 of the instrument's currency, below zero for a rebate; of a bust what is given back,
    /// with the opposite sign.
    pub fee: i128,
    /// A bust: the day's executed value never falls.
    pub is_bust: bool,
}

/// Signed quantity × signed price move × unit. Both factors are differences of 64-bit numbers, so
/// the product is taken in two steps that cannot overflow.
fn gain(qty: i128, moved: i128, unit: Unit) -> Wide {
    let low = Wide::product(qty * (moved & 0xffff_ffff), unit);
    let high = Wide::product(qty * (moved >> 32), unit);
    let mut shifted = high;
    shifted.high = (high.high << 32) | (high.low >> 96) as i128;
    shifted.low = high.low << 32;
    low.plus(shifted)
}

/// `qty` × face ÷ `price` in coins (1e-27), rounded down to 1e-17. That many are received for buying
/// `qty` inverse contracts; holding them is worth as many with the opposite sign.
fn coins(qty: i128, multiplier: i64, price: Price) -> Wide {
    // qty 1e-8 × multiplier 1e-8 ÷ price 1e-9 is 1e-7; × 1e10 is 1e-17. 64 + 63 + 34 bits.
    let product = Wide::product(qty, multiplier as u128 * 10_000_000_000);
    let whole = product.divided(price as u64, false);
    whole.checked_times(PURSE_PER_COIN).unwrap_or(Wide::ZERO)
}

/// Does a price say what a contract is worth?
fn says_worth(instrument: &Instrument, price: Price) -> bool {
    price != PRICE_UNDEFINED && (price > 0 || !instrument.inverse)
}

/// An inverse contract's result in what it settles in: the coin itself, or the instrument's currency
/// at a price, rounded down.
fn settled(instrument: &Instrument, coin: Wide, price: Price) -> Wide {
    if instrument.settles_in_coin {
        return coin;
    }
    let minor = if instrument.minor_unit { 100 } else { 1 };
    in_base(coin, price).divided(1_000_000_000 * minor, false)
}

impl State {
    /// Moves a row's profit to another price. Returns what its account and all above it gain.
    pub(super) fn move_pnl_price(&mut self, slot: u32, price: Price) -> Wide {
        let row = &mut self.rows[slot as usize];
        let instrument = &self.instruments[row.instrument as usize];
        let old = row.pnl_price;
        // Undefined until the first execution, which brings its own.
        if old == PRICE_UNDEFINED || old == price || !says_worth(instrument, price) {
            return Wide::ZERO;
        }
        row.pnl_price = price;
        let held = row.sums.position;
        let day = &mut self.days[slot as usize];
        let before = day.result;
        if instrument.inverse {
            let face = instrument.multiplier;
            day.coin = day.coin.plus(coins(-held, face, price)).minus(coins(-held, face, old));
            day.result = settled(instrument, day.coin, price);
        } else {
            let moved = i128::from(price) - i128::from(old);
            day.result = day.result.plus(gain(held, moved, instrument.currency_unit));
        }
        self.settle(slot, before)
    }

    /// A row's result is no longer `before`: cash of what is margined follows. Returns what its
    /// account and all above it gain.
    fn settle(&mut self, slot: u32, before: Wide) -> Wide {
        let row = &self.rows[slot as usize];
        let instrument = &self.instruments[row.instrument as usize];
        let (account, currency) = (row.account, instrument.settle_currency);
        let change = self.days[slot as usize].result.minus(before);
        if instrument.margined {
            self.move_cash(account, currency, change);
        }
        in_base(change, self.rates[currency as usize])
    }

    /// Counts an execution or its bust, before the position itself changes in
    /// [`State::set_sums`].
    pub fn count_execution(&mut self, slot: u32, e: &Executed) {
        let row = &mut self.rows[slot as usize];
        let instrument = &self.instruments[row.instrument as usize];
        if row.pnl_price == PRICE_UNDEFINED {
            let prices = [instrument.valuation, e.price];
            let first = prices.into_iter().find(|p| says_worth(instrument, *p));
            row.pnl_price = first.unwrap_or(PRICE_UNDEFINED);
        }
        let (account, valued_at, held) = (row.account, row.pnl_price, row.sums.position);
        let day = &mut self.days[slot as usize];
        let before = day.result;
        let unit = instrument.currency_unit;
        if !instrument.inverse {
            let moved = i128::from(valued_at) - i128::from(e.price);
            day.result = day.result.plus(gain(e.qty, moved, unit));
        } else if valued_at != PRICE_UNDEFINED {
            let face = instrument.multiplier;
            let price = if says_worth(instrument, e.price) { e.price } else { valued_at };
            let received = match e.is_bust {
                true => coins(-e.qty, face, price).negated(),
                false => coins(e.qty, face, price),
            };
            let worth = |held: i128| coins(-held, face, valued_at);
            day.coin = day.coin.plus(received).plus(worth(held + e.qty)).minus(worth(held));
            day.result = settled(instrument, day.coin, valued_at);
        }
        let at = i128::from(instrument.value_price(e.price));
        let value = match e.is_bust {
            true => Wide::ZERO,
            false => Wide::product(at * e.qty.abs(), unit),
        };
        let bought = if e.qty > 0 { value } else { Wide::ZERO };
        let fee = Wide::product(e.fee, PURSE_PER_FEE);
        let paid = instrument.paid_value(-e.qty * i128::from(e.price));
        let currency = instrument.currency;
        let leg = match instrument.leg_currency {
            Some(_) => Wide::product(e.qty * i128::from(instrument.multiplier), PURSE_PER_LEG),
            None => Wide::ZERO,
        };
        let leg_currency = instrument.leg_currency.unwrap_or(currency);
        day.bought = day.bought.plus(bought);
        day.sold = day.sold.plus(value.minus(bought));
        day.fees = day.fees.plus(fee);
        day.flow = day.flow.plus(paid);
        day.leg = day.leg.plus(leg);
        let rate = self.rates[currency as usize];
        let won = self.settle(slot, before).minus(in_base(fee, rate));
        self.move_cash(account, currency, paid.minus(fee));
        self.move_cash(account, leg_currency, leg);
        let (value, bought) = (in_base(value, rate), in_base(bought, rate));
        self.pass_up_totals(account, &Totals { traded: value, bought, pnl: won });
    }

    /// Adds to the day of an account and all above it.
    fn pass_up_totals(&mut self, account: u32, change: &Totals) {
        for level in 0..self.nodes[account as usize].depth {
            let id = self.nodes[account as usize].path[level] as usize;
            let node = &mut self.nodes[id];
            node.traded = node.traded.plus(change.traded);
            node.bought = node.bought.plus(change.bought);
            node.pnl = node.pnl.plus(change.pnl);
        }
    }

    /// Would a rate put a contract's value beyond its range? Names the first such instrument.
    pub fn rate_too_large(&self, currency: u32, rate: Rate) -> Option<u32> {
        let beyond = |i: &Instrument| {
            let unit = i.currency_unit.checked_mul(rate as u128);
            i.currency == currency && unit.is_none_or(|unit| unit > UNIT_MAX)
        };
        self.instruments.iter().position(beyond).map(|i| i as u32)
    }

    /// A currency has another rate, or its first: values everything in it anew. Work: all instruments,
    /// the rows of those that are in the currency or settle in it, all ledgers.
    pub fn set_rate(&mut self, currency: u32, rate: Rate) {
        let before = self.rates[currency as usize];
        self.rates[currency as usize] = rate;
        self.rate_ledgers(currency, before, rate);
        for id in 0..self.instruments.len() as u32 {
            let i = &self.instruments[id as usize];
            if i.currency == currency || i.settle_currency == currency || i.weights.pays(currency) {
                self.reweigh(id, |state| state.rate_instrument(id, currency, (before, rate)));
            }
        }
    }

    /// One instrument's part of a new rate.
    fn rate_instrument(&mut self, id: u32, currency: u32, rates: (Rate, Rate)) {
        let i = &mut self.instruments[id as usize];
        let old_unit = i.unit;
        i.set_rate(currency, Some(rates.1));
        if i.currency != currency && i.settle_currency != currency {
            return;
        }
        let mut slot = i.first_row;
        while slot != NONE {
            self.rate_row(slot, currency, rates, old_unit);
            slot = self.rows[slot as usize].next_of_instrument;
        }
    }

    /// One row's part of a new rate.
    fn rate_row(&mut self, slot: u32, currency: u32, (before, rate): (Rate, Rate), old_unit: Unit) {
        let row = &self.rows[slot as usize];
        let i = &self.instruments[row.instrument as usize];
        let day = &self.days[slot as usize];
        let priced = i.currency == currency;
        let (grows, step) = (i.unit >= old_unit, i.unit.abs_diff(old_unit));
        let signed = |value: Wide| if grows { value } else { value.negated() };
        let mut change = Worth::default().change(&row.worth, step);
        if !grows {
            change = change.negated();
        }
        let mut totals = Totals::default();
        if i.settled || before == 0 {
            if i.settle_currency == currency {
                totals.pnl = in_base(day.result, rate).minus(in_base(day.result, before));
            }
        } else if row.pnl_price != PRICE_UNDEFINED {
            totals.pnl = signed(gain(row.sums.position, i128::from(row.pnl_price), step));
        }
        if priced && before == 0 {
            totals.pnl = totals.pnl.minus(in_base(day.fees, rate));
            totals.bought = in_base(day.bought, rate);
            totals.traded = totals.bought.plus(in_base(day.sold, rate));
        }
        let account = row.account;
        self.pass_up_totals(account, &totals);
        self.pass_up_exposure(account, &change);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gains_are_exact_for_all_signs_and_sizes() {
        for (qty, moved) in
            [(5, 7), (-5, 7), (5, -7), (-5, -7), (1 << 63, 1 << 40), (3, -(1 << 40))]
        {
            assert_eq!(gain(qty, moved, 11), Wide::product(qty * moved, 11), "{qty} {moved}");
        }
    }

    #[test]
    fn coins_are_rounded_against_their_owner() {
        let one = 100_000_000;
        // 100,000 contracts of 1 at 50,000 are 2 coins.
        let two = coins(100_000 * i128::from(one), one, 50_000_000_000_000);
        assert_eq!(two, Wide::product(2, 10u128.pow(27)));
        // 1 ÷ 3: received rounded down, owed rounded up.
        let third = 33_333_333_333_333_333_i128;
        let price = 3_000_000_000;
        assert_eq!(coins(one.into(), one, price), Wide::product(third, 10u128.pow(10)));
        assert_eq!(coins(-i128::from(one), one, price), Wide::product(-third - 1, 10u128.pow(10)));
    }
}
