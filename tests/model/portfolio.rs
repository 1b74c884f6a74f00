//! What random worlds have for the limits of money and of groups: traits of instruments, and limits
//! that are now and then too tight.

use super::rng::Rng;
use super::world::{MONEY_ONE, World};
use riskgate::abi::codes::Check;
use riskgate::fixed::{PRICE_ONE, QTY_ONE};
use riskgate::gate::checks::catalogue;
use riskgate::state::command::Command;
use riskgate::state::dimension::Dimension;
use riskgate::state::limit::{Bound, Denominator, Limit, Reset, Variant};
use riskgate::state::setup::{Account, Instrument, Setup};

/// Class of options.
const OPTION: u8 = 2;
/// Class of currency pairs.
const PAIR: u8 = 3;
/// A ten-thousandth, in prices.
const PIP: i64 = PRICE_ONE / 10_000;

/// The checks with such limits, weighted.
const CHECKS: [Check; 14] = [
    Check::Purchases,
    Check::Sales,
    Check::BuyingPower,
    Check::BuyingPower,
    Check::Margin,
    Check::DailyLoss,
    Check::DailyLoss,
    Check::Drawdown,
    Check::Drawdown,
    Check::OptionGreeks,
    Check::RateSensitivity,
    Check::FxPosition,
    Check::Ownership,
    Check::Ownership,
];

/// Cash, and whether it may sell short.
pub(super) fn fund(account: &mut Account, rng: &mut Rng) {
    for currency in 0..4 {
        if rng.chance(15) {
            let amount = i128::from(rng.between(-20, 200)) * 1_000 * MONEY_ONE;
            account.cash.push((currency, amount));
        }
    }
    if rng.chance(12) {
        account.short = Some(rng.chance(25));
    }
}

/// Names of the groups that instruments are in.
pub(super) fn name_groups(setup: &mut Setup) {
    let named = |names: &[&str]| names.iter().map(|n| n.to_string()).collect();
    setup.groups[Dimension::Issuer as usize] = named(&["acme", "bolt"]);
    setup.groups[Dimension::Country as usize] = named(&["us", "de"]);
    setup.groups[Dimension::Underlying as usize] = named(&["index", "oil"]);
    setup.groups[Dimension::Curve as usize] = named(&["usd", "eur"]);
    setup.groups[Dimension::Product as usize] = named(&["es", "cl"]);
}

/// Makes an option of a fresh instrument; a price and a usual quantity.
pub(super) fn option(i: &mut Instrument, rng: &mut Rng) -> (i64, i64) {
    i.class = OPTION;
    i.ticks = vec![(0, 5 * PRICE_ONE / 100)];
    i.lot = QTY_ONE;
    i.multiplier = 100 * QTY_ONE;
    i.delta = rng.between(-20, 20) * 5 * (QTY_ONE / 100);
    (rng.between(20, 400) * 5 * PRICE_ONE / 100, rng.between(2, 60) * QTY_ONE)
}

/// Makes a currency pair of a fresh instrument that is priced in its currency.
pub(super) fn pair(setup: &Setup, i: &mut Instrument, rng: &mut Rng) -> (i64, i64) {
    let others: Vec<u32> = (0..4).filter(|c| *c != i.currency).collect();
    let base = rng.pick(&others);
    i.class = PAIR;
    i.base_currency = Some(base);
    i.ticks = vec![(0, PIP)];
    i.lot = 1_000 * QTY_ONE;
    let rate = |c: u32| i128::from(setup.currencies[c as usize].rate.unwrap_or(PRICE_ONE));
    let price = rate(base) * i128::from(PRICE_ONE) / rate(i.currency) / i128::from(PIP);
    (price.max(1) as i64 * PIP, rng.between(2, 90) * i.lot)
}

/// Two digits of a number, so that products stay short.
fn rough(value: i128) -> i64 {
    let mut step = 1;
    while value / step >= 100 {
        step *= 10;
    }
    (value / step * step) as i64
}

/// A number of each kind that tables may carry.
pub(super) fn weigh(setup: &Setup, i: &mut Instrument, price: i64, qty: i64, rng: &mut Rng) {
    // Of one contract, 1e-8 of its currency and of the base currency.
    let price = if i.inverse { PRICE_ONE } else { price.max(PRICE_ONE / 1_000_000_000) };
    let worth = i128::from(price) * i128::from(i.multiplier) / i128::from(PRICE_ONE);
    let rate = setup.currencies[i.currency as usize].rate.unwrap_or(PRICE_ONE);
    let base = worth * i128::from(rate) / i128::from(PRICE_ONE);
    let mut part =
        |of: i128, low: i64, high: i64| rough(of * i128::from(rng.between(low, high)) / 100);
    i.margin_long = part(worth, 3, 15);
    i.margin_short = part(worth, 3, 25);
    i.gamma = part(base, 1, 9);
    i.vega = part(base, 1, 20);
    i.dv01 = part(base, 1, 5);
    i.cs01 = part(base, 0, 4);
    let underlying = part(i128::from(price) / 10, 200, 2_000);
    if i.class == OPTION {
        i.underlying_value = if rng.chance(60) { underlying.min(900 * QTY_ONE) } else { 0 };
        let widest = if rng.chance(40) { 1 } else { 20 };
        i.delta = rng.between(-widest, widest) * 5 * (QTY_ONE / 100);
    } else if rng.chance(20) {
        i.dv01 = -i.dv01;
    }
    let floored = rng.chance(if i.class == OPTION { 70 } else { 20 });
    i.delta_floor = if floored { QTY_ONE / 10 } else { 0 };
    i.futures_equivalent = rng.pick(&[QTY_ONE, QTY_ONE, QTY_ONE / 10, QTY_ONE / 2]);
    i.shares_outstanding = match rng.chance(90) {
        true => qty.saturating_mul(rng.between(20, 300)).min(i64::MAX / QTY_ONE * QTY_ONE),
        false => 0,
    };
}

/// Groups and months.
pub(super) fn place(i: &mut Instrument, rng: &mut Rng) {
    for dimension in [
        Dimension::Issuer,
        Dimension::Country,
        Dimension::Underlying,
        Dimension::Curve,
        Dimension::Product,
    ] {
        i.groups[dimension as usize] = rng.chance(70).then(|| rng.below(2) as u32);
    }
    if i.class == 1 || i.class == OPTION || rng.chance(20) {
        i.month = rng.pick(&[202_612, 202_703]);
        i.spot_month = rng.chance(50);
    }
}

impl World {
    /// A random limit of money or of a group, if the machine has any such check.
    pub(super) fn portfolio_limit(&self, rng: &mut Rng) -> Option<Limit> {
        let built: Vec<Check> =
            CHECKS.iter().copied().filter(|c| catalogue::is_built(*c)).collect();
        if built.is_empty() {
            return None;
        }
        let check = rng.pick(&built);
        let node = rng.below(self.setup.accounts.len() as u64) as u32;
        let instrument = (check == Check::Ownership && rng.chance(50))
            .then(|| rng.below(self.price.len() as u64) as u32);
        let mut limit = Limit::new(check, Some(node), instrument, Bound::Unlimited);
        limit.reset = match rng.below(6) {
            0 | 1 => Reset::Week,
            2 => Reset::Never,
            _ => Reset::Day,
        };
        match check {
            Check::OptionGreeks => {
                limit.variant =
                    rng.pick(&[Variant::Default, Variant::Default, Variant::Gamma, Variant::Vega]);
            }
            Check::RateSensitivity => {
                limit.variant = rng.pick(&[Variant::Default, Variant::Cs01]);
            }
            Check::Ownership => {
                limit.variant = rng.pick(&[
                    Variant::Default,
                    Variant::SpotMonth,
                    Variant::SingleMonth,
                    Variant::AllMonths,
                ]);
                let product = |i: u32| self.setup.instruments[i as usize].group(Dimension::Product);
                let alone = limit.instrument.is_none_or(|i| product(i).is_none());
                if limit.variant != Variant::Default && !alone {
                    // Of a product that has several instruments one of them says nothing.
                    limit.instrument = None;
                }
            }
            Check::FxPosition | Check::BuyingPower => {
                limit.currency = rng.chance(40).then(|| 1 + rng.below(3) as u32);
            }
            _ => {}
        }
        if !matches!(check, Check::Purchases | Check::Sales | Check::DailyLoss | Check::Drawdown) {
            limit.reset = Reset::Day;
        }
        limit.bound = self.portfolio_bound(&limit, rng);
        Some(limit)
    }

    /// Several rows of `buying_power` at a node do the same: which of them speaks for sales of what
    /// is not held is nobody's business.
    pub(super) fn agree(&self, limit: &mut Limit) {
        let same = |l: &&Limit| (l.check, l.node) == (limit.check, limit.node);
        if limit.check == Check::BuyingPower
            && let Some(first) = self.setup.limits.iter().find(same)
        {
            (limit.action, limit.phase, limit.latch) = (first.action, first.phase, first.latch);
        }
    }

    fn portfolio_bound(&self, limit: &Limit, rng: &mut Rng) -> Bound {
        let leaf = limit.node.is_some_and(|n| self.leaves.contains(&n));
        let breadth = if leaf { 1 } else { 1 + self.leaves.len() as i64 / 2 };
        let mut money = |low: i64, high: i64| {
            let yen = if limit.currency == Some(3) { 120 } else { 1 };
            let hundreds = rng.between(low, high) * breadth * 100 * yen;
            Bound::Value(i128::from(hundreds) * MONEY_ONE)
        };
        match limit.check {
            Check::Purchases | Check::Sales => money(1_000, 15_000),
            Check::BuyingPower => money(200, 6_000),
            Check::Margin => money(30, 900),
            Check::DailyLoss | Check::Drawdown => money(2, 300),
            Check::OptionGreeks => match limit.variant {
                Variant::Default => money(200, 6_000),
                _ => money(10, 500),
            },
            Check::RateSensitivity => money(5, 200),
            Check::FxPosition => money(200, 5_000),
            _ if limit.variant == Variant::Default => {
                Bound::Value(i128::from(rng.between(20, 1_500)))
            }
            _ => {
                let usual = match limit.instrument {
                    Some(i) => self.qty[i as usize],
                    None => rng.pick(&self.qty),
                };
                Bound::Value(i128::from(usual) * i128::from(rng.between(1, 15) * breadth))
            }
        }
    }

    /// News about money.
    pub(super) fn push(&self, instrument: u32, rng: &mut Rng) -> Command {
        if rng.chance(40) {
            return self.table(instrument, rng);
        }
        let node = rng.below(self.setup.accounts.len() as u64) as u32;
        let currency = 1 + rng.below(3) as u32;
        match rng.below(4) {
            0 | 1 => {
                let before = self.setup.currencies[currency as usize].rate.unwrap_or(PRICE_ONE);
                let rate = before / 100_000 * rng.between(85, 115) / 100 * 100_000;
                // The one without a rate may get its first.
                let currency = if rng.chance(10) { 4 } else { currency };
                Command::SetRate { currency, rate: rate.max(100_000) }
            }
            2 => {
                let amount = i128::from(rng.between(-40, 60)) * 1_000 * MONEY_ONE;
                Command::AdjustCash { account: node, currency: rng.below(4) as u32, amount }
            }
            _ => Command::RollWeek(node),
        }
    }

    /// Other numbers for a table.
    fn table(&self, instrument: u32, rng: &mut Rng) -> Command {
        let at = instrument as usize;
        let mut fresh = self.setup.instruments[at].clone();
        weigh(&self.setup, &mut fresh, self.price[at], self.qty[at], rng);
        match rng.below(4) {
            0 => Command::SetMargin {
                instrument,
                long: fresh.margin_long,
                short: fresh.margin_short,
            },
            1 => Command::SetGreeks {
                instrument,
                delta: rng.between(-20, 20) * 5 * (QTY_ONE / 100),
                gamma: fresh.gamma,
                vega: fresh.vega,
            },
            2 => Command::SetSensitivity { instrument, dv01: fresh.dv01, cs01: fresh.cs01 },
            _ => Command::SetAdv {
                instrument,
                adv: None,
                shares_outstanding: rng.chance(80).then_some(fresh.shares_outstanding),
            },
        }
    }

    /// Which bucket and what of a share.
    pub(super) fn share(&self, limit: &mut Limit, rng: &mut Rng) {
        limit.denominator =
            rng.pick(&[Denominator::Equity, Denominator::LiveEquity, Denominator::Gross]);
        if rng.chance(88) {
            limit.floor = i128::from(rng.between(1, 20)) * 100_000 * MONEY_ONE;
        }
        if buckets_built() {
            limit.bucket = rng.pick(&[
                Dimension::Sector,
                Dimension::Sector,
                Dimension::Issuer,
                Dimension::Country,
                Dimension::Instrument,
                Dimension::Currency,
            ]);
        }
    }
}

/// Does the machine know buckets other than sectors?
fn buckets_built() -> bool {
    catalogue::is_built(Check::OptionGreeks)
}
