//! Rows of limits: where, and checks by their names, each a number as text or an object.

use riskgate::abi::codes::{Check, CheckMask};
use riskgate::fixed::{MONEY_PLACES, PRICE_PLACES, QTY_PLACES};
use riskgate::gate::checks::CATALOGUE;
use riskgate::state::limit::{
    Action, Band, Bound, Collar, Denominator, Latch, Limit, Phase, SOFT_THRESHOLDS_MAX, Variant,
};
use riskgate::state::setup::Setup;

use crate::tree::{Kind, Problems, Table, Value, nearest, unknown_key};

/// Checks that a limits row may name: all that are built, but those of family 1.
pub fn settable() -> impl Iterator<Item = Check> {
    CATALOGUE.iter().filter(|row| row.family > 1).map(|row| row.check)
}

const LATCHES: [(Latch, &str); 2] = [(Latch::All, "all"), (Latch::CloseOnly, "close_only")];
const GROSS_VARIANTS: [(Variant, &str); 3] = [
    (Variant::Default, "position_and_open"),
    (Variant::Executed, "executed"),
    (Variant::DailyTraded, "daily_traded"),
];
const WASH_MODES: [(Variant, &str); 3] = [
    (Variant::Default, "reject"),
    (Variant::CancelResting, "cancel_resting"),
    (Variant::StampSelfMatch, "stamp"),
];
/// Variants that are not a check's default.
pub const VARIANTS: [(Variant, &str); 6] = [
    GROSS_VARIANTS[1],
    GROSS_VARIANTS[2],
    WASH_MODES[1],
    WASH_MODES[2],
    VALUE_SIDES[0],
    VALUE_SIDES[1],
];
/// `max_order_value` may have a limit for each side.
const VALUE_SIDES: [(Variant, &str); 2] = [(Variant::Buy, "buy"), (Variant::Sell, "sell")];
const DENOMINATORS: [(Denominator, &str); 4] = [
    (Denominator::Equity, "equity"),
    (Denominator::LiveEquity, "live_equity"),
    (Denominator::LiveEquity, "live"),
    (Denominator::Gross, "gross"),
];
const USES: [(bool, &str); 2] = [(false, "larger"), (true, "smaller")];

/// What the number of a check is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Number {
    None,
    Qty,
    Money,
    Count,
    BasisPoints,
    Collar,
}

fn number_of(check: Check) -> Number {
    match check {
        Check::MaxOrderQty | Check::MinOrderQty | Check::MaxLong | Check::MaxShort => Number::Qty,
        Check::MaxOrderValue
        | Check::GrossExposure
        | Check::NetExposure
        | Check::LongExposure
        | Check::ShortExposure
        | Check::OpenOrderValue => Number::Money,
        Check::MaxOpenOrders => Number::Count,
        Check::SectorConcentration => Number::BasisPoints,
        Check::PriceCollar => Number::Collar,
        _ => Number::None,
    }
}

/// A list of check names.
pub fn read_checks(value: &Value, what: &str, problems: &mut Problems) -> CheckMask {
    let list = value.list(what, problems).unwrap_or_default();
    list.iter().filter_map(|v| read_check(v, what, problems)).collect()
}

/// The name of a check.
pub fn read_check(value: &Value, what: &str, problems: &mut Problems) -> Option<Check> {
    let name = value.text(what, problems)?;
    let found = Check::from_name(name);
    if found.is_none() {
        let names: Vec<&str> = Check::ALL.iter().map(|c| c.name()).collect();
        let near = nearest(name, &names).map_or(String::new(), |n| format!(" (is it {n}?)"));
        problems.add(value.line, format!("{what}: there is no check \"{name}\"{near}"));
    }
    found
}

/// All rows of limits. Two in one place with the same phase and action are a problem: nobody knows
/// which one was meant.
pub fn read_limits(setup: &Setup, rows: &[Value], problems: &mut Problems) -> Vec<Limit> {
    let mut all: Vec<(u32, Limit)> = Vec::new();
    for row in rows {
        for limit in read_row(setup, row, problems) {
            if let Some((line, _)) = all.iter().find(|(_, earlier)| earlier.same_purpose(&limit)) {
                let name = limit.check.name();
                problems.add(row.line, format!("{name} is set here already, in line {line}"));
            }
            all.push((row.line, limit));
        }
    }
    all.into_iter().map(|(_, limit)| limit).collect()
}

/// One row: `node`, `instrument`, or both, and checks.
pub fn read_row(setup: &Setup, row: &Value, problems: &mut Problems) -> Vec<Limit> {
    let Kind::Table(entries) = &row.kind else {
        problems.add(row.line, format!("a limit is {}, it must be a table", row.describe()));
        return Vec::new();
    };
    let names = Names { setup };
    let find = |key: &str| entries.iter().find(|e| e.key == key).map(|e| &e.value);
    let node = find("node").map(|v| names.node(v, problems));
    let instrument = find("instrument").map(|v| names.instrument(v, problems));
    if node.is_none() && instrument.is_none() {
        problems.add(row.line, "a limit needs a node, an instrument, or both");
        return Vec::new();
    }
    let mut limits = Vec::new();
    for entry in entries.iter().filter(|e| e.key != "node" && e.key != "instrument") {
        let Some(check) = Check::from_name(&entry.key) else {
            let mut known = vec!["node", "instrument"];
            known.extend(settable().map(Check::name));
            problems.add(entry.value.line, unknown_key("a limit", &entry.key, &known));
            continue;
        };
        if !settable().any(|c| c == check) {
            let why = match check.number() < Check::Killed.number() {
                true => "is always on and cannot be set",
                false => "is known but not built yet",
            };
            let text = format!("the check {} {why}", check.name());
            problems.add(entry.value.line, text);
            continue;
        }
        let several = match &entry.value.kind {
            Kind::List(list) => list.as_slice(),
            _ => std::slice::from_ref(&entry.value),
        };
        let several = several.iter().flat_map(|value| by_side(check, value));
        for (variant, value) in several {
            let limit = read_limit(check, node.flatten(), instrument.flatten(), value, problems);
            let Some(mut limit) = limit else { continue };
            if let Some(variant) = variant {
                limit.variant = variant;
            }
            // Without its place nothing more can be said about it.
            if node != Some(None) && instrument != Some(None) {
                for text in setup.limit_problems(&limit) {
                    problems.add(value.line, format!("{}: {text}", check.name()));
                }
            }
            limits.push(limit);
        }
    }
    limits
}

/// `{"buy": LIMIT, "sell": LIMIT}` of a check that may have one for each side; else the value itself.
fn by_side(check: Check, value: &Value) -> Vec<(Option<Variant>, &Value)> {
    let Kind::Table(entries) = &value.kind else { return vec![(None, value)] };
    let side = |key: &str| VALUE_SIDES.iter().find(|(_, name)| *name == key).map(|(v, _)| *v);
    let sides: Vec<_> = entries.iter().map(|e| (side(&e.key), &e.value)).collect();
    let apart = check == Check::MaxOrderValue && !sides.is_empty();
    if apart && sides.iter().all(|(variant, _)| variant.is_some()) {
        sides
    } else {
        vec![(None, value)]
    }
}

fn read_limit(
    check: Check,
    node: Option<u32>,
    instrument: Option<u32>,
    value: &Value,
    problems: &mut Problems,
) -> Option<Limit> {
    let number = number_of(check);
    let mut limit = Limit::new(check, node, instrument, Bound::Unlimited);
    let Kind::Table(_) = value.kind else {
        limit.bound = read_bound(check, value, problems)?;
        return Some(limit);
    };
    let mut known = vec!["action", "phase", "latch"];
    known.extend(match (check, number) {
        (Check::GrossExposure, _) => &["limit", "soft", "variant"][..],
        (Check::WashTrade, _) => &["mode"],
        (_, Number::None) => &[],
        (_, Number::Collar) => {
            &["limit", "percent", "ticks", "absolute", "aggressive", "passive", "use"]
        }
        (_, Number::BasisPoints) => &["limit", "limit_bps", "soft", "denominator", "floor"],
        _ => &["limit", "soft"],
    });
    let table = value.table(check.name(), &known, problems)?;
    let name = |key: &str| format!("{} of {}", key, check.name());
    if let Some(v) = table.get("action") {
        limit.action = v.name_of(&name("action"), &Action::NAMES, problems)?;
    }
    if let Some(v) = table.get("phase") {
        limit.phase = v.name_of(&name("phase"), &Phase::NAMES, problems)?;
    }
    if let Some(v) = table.get("latch") {
        limit.latch = v.name_of(&name("latch"), &LATCHES, problems)?;
    }
    if let Some(v) = table.get("soft") {
        limit.soft_percent = read_soft(v, &name("soft"), problems)?;
    }
    if let Some(v) = table.get("variant") {
        limit.variant = v.name_of(&name("variant"), &GROSS_VARIANTS, problems)?;
    }
    if let Some(v) = table.get("mode") {
        limit.variant = v.name_of(&name("mode"), &WASH_MODES, problems)?;
    }
    if let Some(v) = table.get("denominator") {
        limit.denominator = v.name_of(&name("denominator"), &DENOMINATORS, problems)?;
    }
    if let Some(v) = table.get("floor") {
        limit.floor = not_negative(v, &name("floor"), MONEY_PLACES, problems)?;
    }
    limit.bound = match number {
        Number::None => Bound::Unlimited,
        Number::Collar => read_collar(&table, problems)?,
        _ => {
            let value = table.get("limit").or_else(|| table.get("limit_bps"));
            let Some(value) = value else {
                let key = if number == Number::BasisPoints { "limit_bps" } else { "limit" };
                problems.add(table.line, format!("{} needs the key \"{key}\"", check.name()));
                return None;
            };
            read_bound(check, value, problems)?
        }
    };
    Some(limit)
}

/// A number as text, or `unlimited`.
fn read_bound(check: Check, value: &Value, problems: &mut Problems) -> Option<Bound> {
    let number = number_of(check);
    let name = check.name();
    if let Kind::Text(text) = &value.kind
        && text == "unlimited"
        && number != Number::None
    {
        return Some(Bound::Unlimited);
    }
    let places = match number {
        Number::Qty => QTY_PLACES,
        Number::Money => MONEY_PLACES,
        Number::Count | Number::BasisPoints => 0,
        Number::Collar => {
            let percent = not_negative(value, name, PERCENT_PLACES, problems)?;
            let percent_micro = Some(in_range(percent, value, name, problems)?);
            let band = Band { percent_micro, ..Band::default() };
            return Some(Bound::Collar(Collar {
                aggressive: band,
                passive: band,
                use_smaller: false,
            }));
        }
        Number::None => {
            let keys =
                if check == Check::WashTrade { "mode, action, phase" } else { "action, phase" };
            let text = format!("{name} has no number; write an object with {keys}");
            problems.add(value.line, text);
            return None;
        }
    };
    let bound = not_negative(value, name, places, problems)?;
    if number == Number::Qty {
        in_range(bound, value, name, problems)?;
    }
    Some(Bound::Value(bound))
}

const PERCENT_PLACES: u32 = 6;

fn read_collar(table: &Table, problems: &mut Problems) -> Option<Bound> {
    let mut collar = match table.get("limit") {
        None => Collar::default(),
        Some(value) => match read_bound(Check::PriceCollar, value, problems)? {
            Bound::Collar(collar) => collar,
            unlimited => return Some(unlimited),
        },
    };
    let both = read_band_parts(table, "both sides of price_collar", problems)?;
    if !both.is_unset() {
        (collar.aggressive, collar.passive) = (both, both);
    }
    if let Some(value) = table.get("aggressive") {
        collar.aggressive = read_band(value, "aggressive", problems)?;
    }
    if let Some(value) = table.get("passive") {
        collar.passive = read_band(value, "passive", problems)?;
    }
    if let Some(value) = table.get("use") {
        collar.use_smaller = value.name_of("use of price_collar", &USES, problems)?;
    }
    if collar.aggressive.is_unset() && collar.passive.is_unset() {
        let text = "price_collar needs a limit in percent, an aggressive or a passive side";
        problems.add(table.line, text);
        return None;
    }
    Some(Bound::Collar(collar))
}

fn read_band(value: &Value, side: &str, problems: &mut Problems) -> Option<Band> {
    let name = format!("{side} of price_collar");
    if !matches!(value.kind, Kind::Table(_)) {
        let percent = not_negative(value, &name, PERCENT_PLACES, problems)?;
        let percent_micro = Some(in_range(percent, value, &name, problems)?);
        return Some(Band { percent_micro, ..Band::default() });
    }
    let table = value.table(&name, &["percent", "ticks", "absolute"], problems)?;
    read_band_parts(&table, &name, problems)
}

fn read_band_parts(table: &Table, name: &str, problems: &mut Problems) -> Option<Band> {
    let mut part = |key: &str, places: u32| -> Option<Option<i64>> {
        let Some(value) = table.get(key) else { return Some(None) };
        let what = format!("{key} of {name}");
        let number = not_negative(value, &what, places, problems)?;
        Some(Some(in_range(number, value, &what, problems)?))
    };
    let percent_micro = part("percent", PERCENT_PLACES)?;
    let ticks = part("ticks", 0)?;
    let absolute = part("absolute", PRICE_PLACES)?;
    Some(Band { percent_micro, ticks, absolute })
}

fn read_soft(
    value: &Value,
    what: &str,
    problems: &mut Problems,
) -> Option<[u8; SOFT_THRESHOLDS_MAX]> {
    let list = value.list(what, problems)?;
    let mut percents = Vec::new();
    for item in list {
        percents.push(item.whole(what, 1, 100, problems)? as u8);
    }
    percents.sort_unstable();
    percents.dedup();
    if percents.len() > SOFT_THRESHOLDS_MAX {
        let text =
            format!("{what} has {} thresholds, the most are {SOFT_THRESHOLDS_MAX}", percents.len());
        problems.add(value.line, text);
        return None;
    }
    let mut soft = [0; SOFT_THRESHOLDS_MAX];
    soft[..percents.len()].copy_from_slice(&percents);
    Some(soft)
}

fn not_negative(value: &Value, what: &str, places: u32, problems: &mut Problems) -> Option<i128> {
    let number = value.scaled(what, places, problems)?;
    if number < 0 {
        problems
            .add(value.line, format!("{what} is {}, it must not be negative", value.describe()));
        return None;
    }
    Some(number)
}

fn in_range(number: i128, value: &Value, what: &str, problems: &mut Problems) -> Option<i64> {
    let fits = i64::try_from(number).ok().filter(|n| *n != i64::MAX);
    if fits.is_none() {
        problems.add(value.line, format!("{what} is {}, which is out of range", value.describe()));
    }
    fits
}

/// Names of nodes and instruments.
pub struct Names<'a> {
    pub setup: &'a Setup,
}

impl Names<'_> {
    pub fn node(&self, value: &Value, problems: &mut Problems) -> Option<u32> {
        let name = value.text("node", problems)?;
        let found = self.setup.account_id(name);
        if found.is_none() {
            let all: Vec<&str> = self.setup.accounts.iter().map(|a| a.name.as_str()).collect();
            problems.add(value.line, missing("node", name, &all));
        }
        found
    }

    pub fn instrument(&self, value: &Value, problems: &mut Problems) -> Option<u32> {
        let name = value.text("instrument", problems)?;
        let found = self.setup.instrument_id(name);
        if found.is_none() {
            let all: Vec<&str> = self.setup.instruments.iter().map(|i| i.symbol.as_str()).collect();
            problems.add(value.line, missing("instrument", name, &all));
        }
        found
    }
}

fn missing(what: &str, name: &str, all: &[&str]) -> String {
    match nearest(name, all) {
        Some(near) => format!("there is no {what} \"{name}\" (did you mean \"{near}\"?)"),
        None => format!("there is no {what} \"{name}\""),
    }
}

/// Does a limit of this check have a number?
pub fn has_number(check: Check) -> bool {
    number_of(check) != Number::None
}
