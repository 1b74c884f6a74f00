//! Rows of limits: where, and checks by their names, each a number as text or an object.

use riskgate::abi::codes::{Check, CheckMask};
use riskgate::fixed::PRICE_PLACES;
use riskgate::gate::checks::catalogue::row_of;
use riskgate::gate::checks::{CATALOGUE, Parameter};
use riskgate::state::defaults::{self, Number};
use riskgate::state::dimension::Dimension;
use riskgate::state::limit::{
    Action, Band, Bound, Collar, Denominator, Latch, Limit, Phase, Reset, SOFT_THRESHOLDS_MAX,
    Variant,
};
use riskgate::state::session::Session;
use riskgate::state::setup::Setup;

use crate::tree::{Kind, Problems, Table, Value, nearest, unknown_key};

/// Checks that a limits row may name: all that are built, but those of family 1.
pub fn settable() -> impl Iterator<Item = Check> {
    CATALOGUE.iter().filter(|row| row.family > 1).map(|row| row.check)
}

const LATCHES: [(Latch, &str); 2] = [(Latch::All, "all"), (Latch::CloseOnly, "close_only")];
/// `max_order_value` may have a limit for each side.
const VALUE_SIDES: [(Variant, &str); 2] = [(Variant::Buy, "buy"), (Variant::Sell, "sell")];
const DENOMINATORS: [(Denominator, &str); 4] = [
    (Denominator::Equity, "equity"),
    (Denominator::LiveEquity, "live_equity"),
    (Denominator::LiveEquity, "live"),
    (Denominator::Gross, "gross"),
];
const BUCKETS: [(Dimension, &str); 5] = [
    (Dimension::Sector, "sector"),
    (Dimension::Issuer, "issuer"),
    (Dimension::Instrument, "instrument"),
    (Dimension::Country, "country"),
    (Dimension::Currency, "currency"),
];
const USES: [(bool, &str); 2] = [(false, "larger"), (true, "smaller")];
const WINDOW_KINDS: [(bool, &str); 2] = [(false, "sliding"), (true, "tumbling")];
/// Keys of a row that say where its limits hold and whose they are.
const PLACE_KEYS: [&str; 4] = ["node", "instrument", "lane", "owner"];
/// Name of the owner of limits that name none.
const OWN: &str = "firm";
/// Keys that a limit of every check may have.
const COMMON_KEYS: [&str; 4] = ["action", "phase", "latch", "limit"];

/// Variants of a check that are not its default, by their names.
pub fn variant_name(check: Check, variant: Variant) -> Option<&'static str> {
    let named = |list: &'static [(Variant, &str)]| list.iter().find(|(v, _)| *v == variant);
    if variant == Variant::Default {
        return None;
    }
    let parameters = row_of(check)?.parameters;
    let found = parameters.iter().find_map(|p| match p {
        Parameter::Variant(_, names) => named(names),
        Parameter::Sides => named(&VALUE_SIDES),
        _ => None,
    });
    found.map(|(_, name)| *name)
}

/// Whose limits there are: the firm itself, and those that are named beside it.
pub fn read_owners(value: Option<&Value>, problems: &mut Problems) -> Vec<String> {
    let mut owners = vec![OWN.to_string()];
    let named = value.and_then(|v| v.list("limit_owners", problems)).unwrap_or_default();
    for value in named {
        match value.text("a limit owner", problems) {
            Some(name) if owners.iter().any(|o| o == name) => {
                problems.add(value.line, format!("the limit owner {name} stands twice"));
            }
            Some(name) => owners.push(name.to_string()),
            None => {}
        }
    }
    owners
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
    let lane = find("lane").map(|v| names.lane(v, problems));
    let owner = match find("owner") {
        None => Some(0),
        Some(v) => names.limit_owner(v, problems),
    };
    if node.is_none() && instrument.is_none() && lane.is_none() {
        problems.add(row.line, "a limit needs a node, an instrument, both, or a lane");
        return Vec::new();
    }
    let placed = ![node, instrument, lane].contains(&Some(None)) && owner.is_some();
    let mut limits = Vec::new();
    for entry in entries.iter().filter(|e| !PLACE_KEYS.contains(&e.key.as_str())) {
        let Some(check) = Check::from_name(&entry.key) else {
            let mut known = PLACE_KEYS.to_vec();
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
            let blank = Limit {
                lane: lane.flatten(),
                owner: owner.unwrap_or(0),
                ..Limit::new(check, node.flatten(), instrument.flatten(), Bound::Unlimited)
            };
            let Some(mut limit) = read_limit(setup, blank, value, problems) else { continue };
            if let Some(variant) = variant {
                limit.variant = variant;
            }
            // Without its place nothing more can be said about it.
            if placed {
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
    let has_sides = row_of(check)
        .is_some_and(|row| row.parameters.iter().any(|p| matches!(p, Parameter::Sides)));
    let apart = has_sides && !sides.is_empty();
    if apart && sides.iter().all(|(variant, _)| variant.is_some()) {
        sides
    } else {
        vec![(None, value)]
    }
}

/// Completes a limit that has its place and nothing else.
fn read_limit(
    setup: &Setup,
    mut limit: Limit,
    value: &Value,
    problems: &mut Problems,
) -> Option<Limit> {
    let check = limit.check;
    let number = defaults::number(check);
    let Kind::Table(_) = value.kind else {
        limit.bound = read_bound(check, number, value, problems)?;
        return Some(limit);
    };
    let parameters = row_of(check).map_or(&[][..], |row| row.parameters);
    let mut known = COMMON_KEYS.to_vec();
    if number == Number::None {
        known.pop();
    }
    if number == Number::BasisPoints {
        known.push("limit_bps");
    }
    let side_keys = |p: &&Parameter| !matches!(p, Parameter::Sides);
    known.extend(parameters.iter().filter(side_keys).flat_map(|p| p.keys()));
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
    for parameter in parameters {
        read_parameter(setup, parameter, &mut limit, &table, problems)?;
    }
    let number = defaults::number_of(check, limit.variant);
    limit.bound = match number {
        Number::None => Bound::Unlimited,
        Number::Collar => read_collar(check, &table, problems)?,
        _ => {
            let value = table.get("limit").or_else(|| table.get("limit_bps"));
            let Some(value) = value else {
                let key = if number == Number::BasisPoints { "limit_bps" } else { "limit" };
                problems.add(table.line, format!("{} needs the key \"{key}\"", check.name()));
                return None;
            };
            read_bound(check, number, value, problems)?
        }
    };
    Some(limit)
}

/// Reads what a parameter of the catalogue adds to a limit; what is absent stays.
fn read_parameter(
    setup: &Setup,
    parameter: &Parameter,
    limit: &mut Limit,
    table: &Table,
    problems: &mut Problems,
) -> Option<()> {
    let check = limit.check;
    let name = |key: &str| format!("{} of {}", key, check.name());
    let get = |key: &str| table.get(key).map(|v| (v, name(key)));
    match parameter {
        Parameter::Soft => {
            if let Some((v, name)) = get("soft") {
                limit.soft_percent = read_soft(v, &name, problems)?;
            }
        }
        Parameter::Window => {
            if let Some((v, name)) = get("window") {
                limit.window.length_ns = v.duration_ns(&name, problems)?;
            }
            if let Some((v, name)) = get("kind") {
                limit.window.tumbling = v.name_of(&name, &WINDOW_KINDS, problems)?;
            }
        }
        Parameter::MinCount => {
            if let Some((v, name)) = get("min_count") {
                limit.min_count = v.whole(&name, 0, u32::MAX.into(), problems)? as u32;
            }
        }
        Parameter::Floor(of) => {
            if let Some((v, name)) = get("floor") {
                limit.floor = not_negative(v, &name, of.places(), problems)?;
            }
        }
        Parameter::Denominator => {
            if let Some((v, name)) = get("denominator") {
                limit.denominator = v.name_of(&name, &DENOMINATORS, problems)?;
            }
        }
        Parameter::Bucket => {
            if let Some((v, name)) = get("bucket") {
                limit.bucket = v.name_of(&name, &BUCKETS, problems)?;
            }
        }
        Parameter::Currency => {
            if let Some((v, _)) = get("currency") {
                limit.currency = Some(Names { setup }.currency(v, problems)?);
            }
        }
        Parameter::Reset => {
            if let Some((v, name)) = get("reset") {
                limit.reset = v.name_of(&name, &Reset::NAMES, problems)?;
            }
        }
        Parameter::Sessions => {
            if let Some((v, name)) = get("sessions") {
                limit.sessions = read_sessions(v, &name, problems)?;
            }
        }
        Parameter::Variant(key, names) => {
            if let Some((v, name)) = get(key) {
                limit.variant = v.name_of(&name, names, problems)?;
            }
        }
        // Read by themselves.
        Parameter::Bands | Parameter::Sides => {}
    }
    Some(())
}

/// A phase of the day, or a list of them.
fn read_sessions(value: &Value, what: &str, problems: &mut Problems) -> Option<u8> {
    let several = match &value.kind {
        Kind::List(list) => list.as_slice(),
        _ => std::slice::from_ref(value),
    };
    let mut bits = 0;
    for value in several {
        bits |= value.name_of(what, &Session::NAMES, problems)?.bit();
    }
    Some(bits)
}

/// A number as text, or `unlimited`.
fn read_bound(
    check: Check,
    number: Number,
    value: &Value,
    problems: &mut Problems,
) -> Option<Bound> {
    let name = check.name();
    if let Kind::Text(text) = &value.kind
        && text == "unlimited"
        && number != Number::None
    {
        return Some(Bound::Unlimited);
    }
    if number == Number::Collar {
        let percent = not_negative(value, name, PERCENT_PLACES, problems)?;
        let percent_micro = Some(in_range(percent, value, name, problems)?);
        let band = Band { percent_micro, ..Band::default() };
        return Some(Bound::Collar(Collar { aggressive: band, passive: band, use_smaller: false }));
    }
    if number == Number::None {
        let keys = if check == Check::WashTrade { "mode, action, phase" } else { "action, phase" };
        problems.add(value.line, format!("{name} has no number; write an object with {keys}"));
        return None;
    }
    let bound = not_negative(value, name, number.places(), problems)?;
    if matches!(number, Number::Qty | Number::Percent | Number::Ratio) {
        in_range(bound, value, name, problems)?;
    }
    Some(Bound::Value(bound))
}

const PERCENT_PLACES: u32 = 6;

fn read_collar(check: Check, table: &Table, problems: &mut Problems) -> Option<Bound> {
    let name = check.name();
    let mut collar = match table.get("limit") {
        None => Collar::default(),
        Some(value) => match read_bound(check, Number::Collar, value, problems)? {
            Bound::Collar(collar) => collar,
            unlimited => return Some(unlimited),
        },
    };
    let both = read_band_parts(table, &format!("both sides of {name}"), problems)?;
    if !both.is_unset() {
        (collar.aggressive, collar.passive) = (both, both);
    }
    if let Some(value) = table.get("aggressive") {
        collar.aggressive = read_band(value, &format!("aggressive of {name}"), problems)?;
    }
    if let Some(value) = table.get("passive") {
        collar.passive = read_band(value, &format!("passive of {name}"), problems)?;
    }
    if let Some(value) = table.get("use") {
        collar.use_smaller = value.name_of(&format!("use of {name}"), &USES, problems)?;
    }
    if collar.aggressive.is_unset() && collar.passive.is_unset() {
        let text = format!("{name} needs a limit in percent, an aggressive or a passive side");
        problems.add(table.line, text);
        return None;
    }
    Some(Bound::Collar(collar))
}

fn read_band(value: &Value, name: &str, problems: &mut Problems) -> Option<Band> {
    if !matches!(value.kind, Kind::Table(_)) {
        let percent = not_negative(value, name, PERCENT_PLACES, problems)?;
        let percent_micro = Some(in_range(percent, value, name, problems)?);
        return Some(Band { percent_micro, ..Band::default() });
    }
    let table = value.table(name, &["percent", "ticks", "absolute"], problems)?;
    read_band_parts(&table, name, problems)
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

    pub fn lane(&self, value: &Value, problems: &mut Problems) -> Option<u32> {
        let name = value.text("lane", problems)?;
        let found = self.setup.lane_id(name);
        if found.is_none() {
            let all: Vec<&str> = self.setup.lanes.iter().map(|l| l.name.as_str()).collect();
            problems.add(value.line, missing("lane", name, &all));
        }
        found
    }

    pub fn currency(&self, value: &Value, problems: &mut Problems) -> Option<u32> {
        let name = value.text("currency", problems)?;
        let found = self.setup.currencies.iter().position(|c| c.name == name);
        if found.is_none() {
            let all: Vec<&str> = self.setup.currencies.iter().map(|c| c.name.as_str()).collect();
            problems.add(value.line, missing("currency", name, &all));
        }
        found.map(|index| index as u32)
    }

    pub fn limit_owner(&self, value: &Value, problems: &mut Problems) -> Option<u16> {
        let name = value.text("owner", problems)?;
        let found = self.setup.limit_owners.iter().position(|o| o == name);
        if found.is_none() {
            let all: Vec<&str> = self.setup.limit_owners.iter().map(String::as_str).collect();
            problems.add(value.line, missing("limit owner", name, &all));
        }
        found.map(|index| index as u16)
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

/// Message about a name that nothing has.
pub fn missing(what: &str, name: &str, all: &[&str]) -> String {
    match nearest(name, all) {
        Some(near) => format!("there is no {what} \"{name}\" (did you mean \"{near}\"?)"),
        None => format!("there is no {what} \"{name}\""),
    }
}

/// Does a limit of this check have a number?
pub fn has_number(check: Check) -> bool {
    defaults::number(check) != Number::None
}
