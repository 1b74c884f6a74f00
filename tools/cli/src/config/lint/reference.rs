//! Limits against reference data: numbers beyond what an instrument trades in a day, and checks that
//! need data which instruments do not have.

use riskgate::abi::codes::Check;
use riskgate::fixed::{QTY_PLACES, decimal};
use riskgate::state::limit::{Bound, Limit, Variant};
use riskgate::state::setup::{Instrument, Setup};

use super::place;
use crate::config::check::bound_text;

/// Most instruments that a line names.
const NAMED_MAX: usize = 3;
/// Class of options.
const OPTION: u8 = 2;

/// What a check needs of an instrument, and whether one is without it.
type Lack = (&'static str, fn(&Instrument) -> bool);

/// What is odd about one limit.
pub fn lint(setup: &Setup, limit: &Limit, lints: &mut Vec<String>) {
    if limit.bound == Bound::Unlimited {
        return;
    }
    beyond_volume(setup, limit, lints);
    let lacks: Option<Lack> = match (limit.check, limit.variant) {
        (Check::AdvPercent, _) => Some(("average daily volume (adv)", |i| i.adv == 0)),
        (Check::UnitMixup, _) => Some(("largest sane quantity (sane_qty)", |i| i.sane_qty == 0)),
        (Check::Margin, _) => Some(("margin", |i| i.margin_long == 0 && i.margin_short == 0)),
        (Check::Ownership, Variant::Default) => {
            Some(("number of shares outstanding (shares_outstanding)", |i| {
                i.class == 0 && i.shares_outstanding == 0
            }))
        }
        (Check::OptionGreeks, Variant::Gamma) => {
            Some(("gamma", |i| i.class == OPTION && i.gamma == 0))
        }
        (Check::OptionGreeks, Variant::Vega) => {
            Some(("vega", |i| i.class == OPTION && i.vega == 0))
        }
        (Check::RateSensitivity, Variant::Cs01) => {
            Some(("CS01 (cs01)", |i| curve_without(i, i.cs01)))
        }
        (Check::RateSensitivity, _) => Some(("DV01 (dv01)", |i| curve_without(i, i.dv01))),
        _ => None,
    };
    if let Some((what, is_without)) = lacks {
        let without: Vec<&Instrument> = concerned(setup, limit).filter(|i| is_without(i)).collect();
        if !without.is_empty() {
            let name = limit.check.name();
            let at = place(setup, limit);
            lints.push(format!("{name} at {at} needs the {what} of {}", names(&without)));
        }
    }
}

fn curve_without(instrument: &Instrument, number: i64) -> bool {
    instrument.group(riskgate::state::dimension::Dimension::Curve).is_some() && number == 0
}

/// The instruments that a limit looks at.
fn concerned<'a>(setup: &'a Setup, limit: &Limit) -> impl Iterator<Item = &'a Instrument> {
    let only = limit.instrument;
    let all = setup.instruments.iter().enumerate();
    all.filter(move |(id, _)| only.is_none_or(|o| o as usize == *id)).map(|(_, i)| i)
}

/// A quantity that is more than what the thinnest of its instruments trades in a day.
fn beyond_volume(setup: &Setup, limit: &Limit, lints: &mut Vec<String>) {
    let is_quantity = matches!(limit.check, Check::MaxOrderQty | Check::MaxLong | Check::MaxShort);
    let Bound::Value(number) = limit.bound else { return };
    let traded = concerned(setup, limit).filter(|i| i.adv > 0);
    let Some(thinnest) = traded.min_by_key(|i| i.adv).filter(|_| is_quantity) else { return };
    let times = number / i128::from(thinnest.adv);
    if number > i128::from(thinnest.adv) {
        let volume = decimal::format_i128(thinnest.adv.into(), QTY_PLACES);
        let more = if times > 1 { format!("{times} times") } else { "more than".into() };
        lints.push(format!(
            "{} at {} is {}, {more} what {} trades in a day ({})",
            limit.check.name(),
            place(setup, limit),
            bound_text(limit).unwrap_or_default(),
            thinnest.symbol,
            decimal::group_thousands(&volume),
        ));
    }
}

fn names(instruments: &[&Instrument]) -> String {
    let first: Vec<&str> = instruments.iter().take(NAMED_MAX).map(|i| i.symbol.as_str()).collect();
    match instruments.len() {
        n if n > NAMED_MAX => format!("{} and {} more", first.join(", "), n - NAMED_MAX),
        _ => first.join(", "),
    }
}
