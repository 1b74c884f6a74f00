//! Random limits of every check that is built, with numbers at the ends of their ranges.

use crate::world::Rng;
use riskgate::abi::codes::Check;
use riskgate::fixed::PRICE_ONE;
use riskgate::gate::checks::CATALOGUE;
use riskgate::state::defaults::{self, Number};
use riskgate::state::dimension::Dimension;
use riskgate::state::limit::{
    Action, Band, Bound, Collar, Denominator, Latch, Limit, Phase, Reset, Variant, Window,
};

/// A limit of any check of the catalogue, where it may stand.
pub fn limit(rng: &mut Rng, node: u32, instrument: u32) -> Option<Limit> {
    let check = CATALOGUE[rng.below(CATALOGUE.len() as u64) as usize].check;
    if check < Check::Killed {
        return None;
    }
    let scopes = defaults::scopes(check);
    let places =
        [(true, false, false), (false, true, false), (true, true, false), (false, false, true)];
    let allowed: Vec<_> = places.into_iter().filter(|p| scopes.allow(p.0, p.1, p.2)).collect();
    let (at_node, in_instrument, of_lane) = rng.pick(&allowed);
    let band = |rng: &mut Rng| Band {
        percent_micro: rng.one_in(2).then(|| rng.pick(&[0, 5_000_000, 100_000_000, i64::MAX])),
        ticks: rng.one_in(3).then(|| rng.pick(&[0, 100, i64::MAX])),
        absolute: rng.one_in(3).then(|| rng.pick(&[0, 5 * PRICE_ONE, i64::MAX])),
    };
    let variant = rng.pick(variants(check));
    let number = defaults::number_of(check, variant);
    let bound = match number {
        Number::Collar => Bound::Collar(Collar {
            aggressive: band(rng),
            passive: band(rng),
            use_smaller: rng.one_in(2),
        }),
        _ if rng.one_in(8) => Bound::Unlimited,
        Number::None => Bound::Unlimited,
        Number::BasisPoints => Bound::Value(rng.pick(&[0, 1, 2500, 10_000, 100_000_000])),
        Number::Count if check == Check::DuplicateOrder => Bound::Value(rng.pick(&[0, 3, 1000])),
        Number::Count => Bound::Value(rng.pick(&[0, 3, 20, 1000, i128::MAX])),
        Number::Percent | Number::Ratio => {
            Bound::Value(rng.pick(&[0, 1, 1 << 24, 1 << 40, i128::from(i64::MAX - 1), i128::MAX]))
        }
        Number::Qty | Number::Money => {
            Bound::Value(rng.pick(&[0, 1 << 33, 1 << 50, 1 << 80, 1 << 110, i128::MAX]))
        }
    };
    let is_plain = number != Number::Collar;
    let mut limit =
        Limit::new(check, at_node.then_some(node), in_instrument.then_some(instrument), bound);
    limit.lane = of_lane.then(|| rng.below(4) as u32);
    limit.variant = variant;
    limit.phase = rng.pick(&[Phase::Shadow, Phase::Warn, Phase::Enforce]);
    limit.action = rng.pick(&Action::NAMES).0;
    limit.latch = rng.pick(&[Latch::All, Latch::CloseOnly]);
    limit.denominator =
        rng.pick(&[Denominator::Equity, Denominator::LiveEquity, Denominator::Gross]);
    limit.bucket = rng.pick(&[
        Dimension::Sector,
        Dimension::Issuer,
        Dimension::Country,
        Dimension::Instrument,
        Dimension::Currency,
    ]);
    limit.reset = rng.pick(&Reset::NAMES).0;
    limit.sessions = if rng.one_in(6) { rng.next() as u8 & 0x7f } else { 0 };
    if is_plain {
        limit.floor = rng.pick(&[0, 1, 1 << 70, i128::MAX]);
        // The firm's base currency has no position limit.
        let first = u64::from(check == Check::FxPosition);
        limit.currency = rng.one_in(4).then(|| (first + rng.below(3 - first)) as u32);
        limit.min_count = rng.pick(&[0, 1, 10]);
    }
    if defaults::has_window(check) {
        limit.window = Window {
            length_ns: rng.pick(&[1, 63, 1000, 1 << 20, 1 << 40, 7 * 24 * 3_600_000_000_000]),
            tumbling: rng.one_in(2) && check != Check::DuplicateOrder,
        };
    }
    Some(limit)
}

/// The measures or modes that limits of a check can choose.
fn variants(check: Check) -> &'static [Variant] {
    match check {
        Check::GrossExposure => &[Variant::Default, Variant::Executed, Variant::DailyTraded],
        Check::MaxOrderValue => &[Variant::Default, Variant::Buy, Variant::Sell],
        Check::WashTrade => &[Variant::Default, Variant::CancelResting, Variant::StampSelfMatch],
        Check::ExecutionRate => &[Variant::Default, Variant::Value],
        Check::OptionGreeks => &[Variant::Default, Variant::Gamma, Variant::Vega],
        Check::RateSensitivity => &[Variant::Default, Variant::Cs01],
        Check::Ownership => {
            &[Variant::Default, Variant::SpotMonth, Variant::SingleMonth, Variant::AllMonths]
        }
        _ => &[Variant::Default],
    }
}
