//! Currencies and instruments.

use riskgate::fixed::{PRICE_PLACES, QTY_PLACES, RATE_PLACES};
use riskgate::state::dimension::Dimension;
use riskgate::state::setup::{Currency, Instrument, RATE_ONE, Setup};

use crate::config::calendars::calendar_of;
use crate::config::time::read_moment_ns;
use crate::tree::{Kind, Problems, Table, Value};

/// Currencies whose prices are quoted in hundredths, with the currency that rates are given for.
const MINOR_UNITS: [(&str, &str); 4] =
    [("GBp", "GBP"), ("GBX", "GBP"), ("ZAc", "ZAR"), ("ILA", "ILS")];

/// Names of instrument classes; the index is the class.
pub const CLASSES: [(u8, &str); 7] = [
    (0, "equity"),
    (1, "future"),
    (2, "option"),
    (3, "fx"),
    (4, "crypto"),
    (5, "bond"),
    (6, "other"),
];

/// Keys of an instrument.
pub const INSTRUMENT_KEYS: &[&str] = &[
    "symbol",
    "currency",
    "tick",
    "tick_table",
    "lot",
    "multiplier",
    "sector",
    "class",
    "inverse",
    "negative_price",
    "mark_max_age",
    "last_max_age",
    "close_max_age",
    "mark_max_spread_bps",
    "issuer",
    "country",
    "underlying",
    "curve",
    "product",
    "market",
    "calendar",
    "expiry",
    "band_low",
    "band_high",
    "adv",
    "sane_qty",
    "shares_outstanding",
    "margin",
    "margin_long",
    "margin_short",
    "delta",
    "delta_floor",
    "underlying_value",
    "gamma",
    "vega",
    "dv01",
    "cs01",
    "futures_equivalent",
    "month",
    "spot_month",
    "base_currency",
    "legs",
];

/// Decimals of an instrument: key, places, whether it may be negative, and where it goes.
type Decimal = (&'static str, u32, bool, fn(&mut Instrument) -> &mut i64);
const DECIMALS: [Decimal; 17] = [
    ("band_low", PRICE_PLACES, true, |i| &mut i.band_low),
    ("band_high", PRICE_PLACES, true, |i| &mut i.band_high),
    ("lot", QTY_PLACES, true, |i| &mut i.lot),
    ("multiplier", QTY_PLACES, true, |i| &mut i.multiplier),
    ("adv", QTY_PLACES, false, |i| &mut i.adv),
    ("sane_qty", QTY_PLACES, false, |i| &mut i.sane_qty),
    ("shares_outstanding", QTY_PLACES, false, |i| &mut i.shares_outstanding),
    ("margin_long", QTY_PLACES, false, |i| &mut i.margin_long),
    ("margin_short", QTY_PLACES, false, |i| &mut i.margin_short),
    ("delta", QTY_PLACES, true, |i| &mut i.delta),
    ("delta_floor", QTY_PLACES, false, |i| &mut i.delta_floor),
    ("underlying_value", QTY_PLACES, false, |i| &mut i.underlying_value),
    ("gamma", QTY_PLACES, true, |i| &mut i.gamma),
    ("vega", QTY_PLACES, true, |i| &mut i.vega),
    ("dv01", QTY_PLACES, true, |i| &mut i.dv01),
    ("cs01", QTY_PLACES, true, |i| &mut i.cs01),
    ("futures_equivalent", QTY_PLACES, false, |i| &mut i.futures_equivalent),
];

/// The base currency, which stands first, and the rates of the others.
pub fn read_currencies(
    setup: &mut Setup,
    base: Option<&Value>,
    fx: Option<&Value>,
    problems: &mut Problems,
) {
    let name = base.and_then(|v| v.text("base", problems)).unwrap_or("USD").to_string();
    if let Some((minor, major)) = MINOR_UNITS.iter().find(|(minor, _)| *minor == name) {
        let line = base.map_or(0, |v| v.line);
        problems.add(line, format!("base is {minor}, a hundredth; name the currency {major}"));
    }
    setup.currencies = vec![Currency { name, rate: Some(RATE_ONE) }];
    let rows = fx.and_then(|v| v.list("fx", problems)).unwrap_or_default();
    for row in rows {
        if let Some(table) = row.table("a row of fx", &["currency", "rate"], problems) {
            read_rate(setup, &table, problems);
        }
    }
}

fn read_rate(setup: &mut Setup, row: &Table, problems: &mut Problems) {
    let name = row.need("currency", problems).and_then(|v| v.text("currency", problems));
    let value = row.need("rate", problems);
    let rate = value.and_then(|v| v.scaled64("rate", RATE_PLACES, problems));
    let (Some(name), Some(rate)) = (name, rate) else { return };
    if rate <= 0 {
        problems.add(row.line, format!("the rate of {name} is not above 0"));
        return;
    }
    if let Some((minor, major)) = MINOR_UNITS.iter().find(|(minor, _)| *minor == name) {
        problems.add(row.line, format!("{minor} is 1/100 of {major}: give the rate of {major}"));
        return;
    }
    if name == setup.base() {
        if rate != RATE_ONE {
            problems.add(row.line, format!("{name} is the base currency, its rate is 1"));
        }
        return;
    }
    if setup.currencies.iter().any(|c| c.name == name) {
        problems.add(row.line, format!("{name} has two rates"));
        return;
    }
    setup.currencies.push(Currency { name: name.to_string(), rate: Some(rate) });
}

/// All instruments.
pub fn read_instruments(setup: &mut Setup, rows: &[Value], problems: &mut Problems) {
    for row in rows {
        if let Some(table) = row.table("an instrument", INSTRUMENT_KEYS, problems)
            && let Some(instrument) = read_instrument(setup, &table, problems)
        {
            if setup.instrument_id(&instrument.symbol).is_some() {
                let symbol = &instrument.symbol;
                problems.add(table.line, format!("the instrument {symbol} stands twice"));
            } else {
                setup.instruments.push(instrument);
            }
        }
    }
}

fn read_instrument(setup: &mut Setup, row: &Table, problems: &mut Problems) -> Option<Instrument> {
    let before = problems.list.len();
    let symbol = row.need("symbol", problems)?.text("symbol", problems)?;
    let mut instrument = Instrument::plain(symbol);
    if let Some(name) = row.text("currency", problems) {
        (instrument.currency, instrument.minor_unit) = currency_of(setup, name);
    }
    instrument.ticks = read_ticks(row, problems);
    crate::config::legs::read(setup, row, &mut instrument, problems);
    read_decimals(row, &mut instrument, problems);
    for (dimension, key) in &Dimension::NAMES[..Dimension::NAMED] {
        if let Some(name) = row.text(key, problems) {
            let at = *dimension as usize;
            instrument.groups[at] = Some(intern(&mut setup.groups[at], name));
        }
    }
    if let Some(name) = row.text("base_currency", problems) {
        instrument.base_currency = Some(currency_of(setup, name).0);
    }
    if let Some(calendar) = row.get("calendar") {
        instrument.calendar = calendar_of(setup, calendar, problems);
    }
    if let Some(expiry) = row.get("expiry") {
        instrument.expiry_ns = read_moment_ns(expiry, "expiry", problems).unwrap_or(0);
    }
    if let Some(market) = row.get("market") {
        instrument.market = market.whole("market", 0, 63, problems).map(|m| m as u16);
    }
    if let Some(month) = row.get("month") {
        let month = month.whole("month", 190_001, 299_912, problems);
        instrument.month = month.unwrap_or(0) as u32;
    }
    instrument.spot_month = row.flag("spot_month", problems);
    if let Some(class) = row.get("class") {
        instrument.class = match class.kind {
            Kind::Integer(_) => class.whole("class", 0, 31, problems).unwrap_or(0) as u8,
            _ => class.name_of("class", &CLASSES, problems).unwrap_or(0),
        };
    }
    instrument.inverse = row.flag("inverse", problems);
    instrument.negative_price = row.flag("negative_price", problems);
    let mut age = |key: &str| row.get(key).and_then(|v| v.duration_ns(key, problems)).unwrap_or(0);
    instrument.mark_max_age_ns = age("mark_max_age");
    instrument.last_max_age_ns = age("last_max_age");
    instrument.close_max_age_ns = age("close_max_age");
    if let Some(spread) = row.get("mark_max_spread_bps") {
        let most = i128::from(u32::MAX);
        let spread = spread.whole("mark_max_spread_bps", 0, most, problems);
        instrument.mark_max_spread_bps = spread.unwrap_or(0) as u32;
    }
    if problems.list.len() > before {
        return None;
    }
    // It stays known by its name, so that nothing else that names it is a problem too.
    for text in setup.instrument_problems(&instrument) {
        problems.add(row.line, format!("instrument {symbol}: {text}"));
    }
    Some(instrument)
}

fn read_decimals(row: &Table, instrument: &mut Instrument, problems: &mut Problems) {
    if let Some(v) = row.get("margin").and_then(|v| v.scaled64("margin", QTY_PLACES, problems)) {
        (instrument.margin_long, instrument.margin_short) = (v, v);
    }
    for (key, places, signed, place) in DECIMALS {
        let Some(value) = row.get(key) else { continue };
        match value.scaled64(key, places, problems) {
            Some(number) if number < 0 && !signed => {
                let text = format!("{key} is {}, it must not be negative", value.describe());
                problems.add(value.line, text);
            }
            Some(number) => *place(instrument) = number,
            None => {}
        }
    }
}

/// Index of the currency of a name, and whether the name means hundredths of it.
pub fn currency_of(setup: &mut Setup, name: &str) -> (u32, bool) {
    let minor = MINOR_UNITS.iter().find(|(minor, _)| *minor == name);
    let major = minor.map_or(name, |(_, major)| major);
    let known = setup.currencies.iter().position(|c| c.name == major);
    let index = known.unwrap_or_else(|| {
        setup.currencies.push(Currency { name: major.to_string(), rate: None });
        setup.currencies.len() - 1
    });
    (index as u32, minor.is_some())
}

fn read_ticks(row: &Table, problems: &mut Problems) -> Vec<(i64, i64)> {
    let single = row.get("tick");
    let table = row.get("tick_table");
    if let (Some(_), Some(table)) = (single, table) {
        problems.add(table.line, "an instrument has either tick or tick_table, not both");
    }
    if let Some(tick) = single.and_then(|v| v.scaled64("tick", PRICE_PLACES, problems)) {
        return vec![(0, tick)];
    }
    table.map_or(Vec::new(), |v| read_tick_table(v, problems))
}

/// Rows of `[from, tick]`.
pub fn read_tick_table(value: &Value, problems: &mut Problems) -> Vec<(i64, i64)> {
    let mut ticks = Vec::new();
    for row in value.list("tick_table", problems).unwrap_or_default() {
        let Some([from, tick]) = row.list("a row of tick_table", problems) else {
            problems.add(row.line, "a row of tick_table is [from, tick]");
            continue;
        };
        let from = from.scaled64("from", PRICE_PLACES, problems);
        let tick = tick.scaled64("tick", PRICE_PLACES, problems);
        if let (Some(from), Some(tick)) = (from, tick) {
            ticks.push((from, tick));
        }
    }
    ticks
}

/// Index of a name in a list, appended if new.
pub fn intern(names: &mut Vec<String>, name: &str) -> u32 {
    let known = names.iter().position(|n| n == name);
    known.unwrap_or_else(|| {
        names.push(name.to_string());
        names.len() - 1
    }) as u32
}
