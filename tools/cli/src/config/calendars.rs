//! Trading calendars: a time zone, the sessions of a week, holidays, early closes, special days.
//!
//! A session whose `from` is not before its `until` begins the evening before: it belongs to the day
//! that it ends on, as futures venues count. With `eve` both times are of the evening before.

use riskgate::state::calendar::{Calendar, Span, SpecialDay};
use riskgate::state::session::Session;
use riskgate::state::setup::Setup;

use crate::config::limits::missing;
use crate::config::time::{offsets_of, read_day, read_time_s, zone_names};
use crate::tree::{Kind, Problems, Table, Value};

/// Keys of a calendar.
const KEYS: &[&str] = &["name", "zone", "sessions", "holidays", "early_closes", "special_days"];
const SESSION_KEYS: &[&str] = &["days", "from", "until", "phase", "eve"];
/// Days of a week, as the index of [`Calendar::week`].
const DAYS: [(usize, &str); 7] =
    [(0, "mon"), (1, "tue"), (2, "wed"), (3, "thu"), (4, "fri"), (5, "sat"), (6, "sun")];
/// Weekdays, without Saturday and Sunday.
const WORKDAYS: std::ops::RangeInclusive<usize> = 0..=4;
const DAY_S: i32 = 86_400;
/// The first of January 1970 was a Thursday.
const WEEKDAY_OF_1970: i32 = 3;

/// All calendars.
pub fn read_calendars(setup: &mut Setup, rows: &[Value], problems: &mut Problems) {
    for row in rows {
        let before = problems.list.len();
        let Some(table) = row.table("a calendar", KEYS, problems) else { continue };
        let Some(calendar) = read_calendar(&table, problems) else { continue };
        let name = &calendar.name;
        if setup.calendars.iter().any(|c| c.name == *name) {
            problems.add(row.line, format!("the calendar {name} stands twice"));
            continue;
        }
        if problems.list.len() == before {
            for text in calendar.problems() {
                problems.add(row.line, format!("calendar {name}: {text}"));
            }
        }
        setup.calendars.push(calendar);
    }
}

/// Index of the calendar of a name.
pub fn calendar_of(setup: &Setup, value: &Value, problems: &mut Problems) -> Option<u32> {
    let name = value.text("calendar", problems)?;
    let found = setup.calendars.iter().position(|c| c.name == name);
    if found.is_none() {
        let all: Vec<&str> = setup.calendars.iter().map(|c| c.name.as_str()).collect();
        problems.add(value.line, missing("calendar", name, &all));
    }
    found.map(|index| index as u32)
}

fn read_calendar(table: &Table, problems: &mut Problems) -> Option<Calendar> {
    let name = table.need("name", problems)?.text("name", problems)?;
    let mut calendar = Calendar { name: name.to_string(), ..Calendar::default() };
    if let Some(value) = table.need("zone", problems)
        && let Some(zone) = value.text("zone", problems)
    {
        calendar.zone = zone.to_string();
        match offsets_of(zone) {
            Some(offsets) => calendar.offsets = offsets,
            None => {
                let names = zone_names();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                problems.add(value.line, missing("time zone", zone, &names));
            }
        }
    }
    for row in rows(table.need("sessions", problems), "sessions", problems) {
        let Some(row) = row.table("a session", SESSION_KEYS, problems) else { continue };
        let days = read_days(row.get("days"), problems);
        let Some(span) = read_span(&row, problems) else { continue };
        days.into_iter().for_each(|day| calendar.week[day].push(span));
    }
    calendar.week.iter_mut().for_each(|spans| spans.sort_by_key(|span| span.from_s));
    for value in rows(table.get("holidays"), "holidays", problems) {
        let day = read_day(value, "a holiday", problems);
        add_day(&mut calendar, day, value, problems, |_| Some(Vec::new()));
    }
    for value in rows(table.get("early_closes"), "early_closes", problems) {
        let Some(row) = value.table("an early close", &["date", "close"], problems) else {
            continue;
        };
        let day = date_of(&row, problems);
        let close = row.need("close", problems);
        let close_s = close.and_then(|v| read_time_s(v, "close", problems));
        add_day(&mut calendar, day, value, problems, |usual| Some(cut(usual, close_s?)));
    }
    for value in rows(table.get("special_days"), "special_days", problems) {
        let Some(row) = value.table("a special day", &["date", "sessions"], problems) else {
            continue;
        };
        let day = date_of(&row, problems);
        let mut spans = Vec::new();
        for session in rows(row.need("sessions", problems), "sessions", problems) {
            let keys = &SESSION_KEYS[1..];
            let session = session.table("a session of a special day", keys, problems);
            spans.extend(session.and_then(|s| read_span(&s, problems)));
        }
        spans.sort_by_key(|span: &Span| span.from_s);
        add_day(&mut calendar, day, value, problems, |_| Some(spans));
    }
    calendar.special_days.sort_by_key(|day| day.day);
    Some(calendar)
}

fn rows<'a>(value: Option<&'a Value>, what: &str, problems: &mut Problems) -> &'a [Value] {
    value.and_then(|v| v.list(what, problems)).unwrap_or_default()
}

fn date_of(row: &Table, problems: &mut Problems) -> Option<i32> {
    row.need("date", problems).and_then(|v| read_day(v, "date", problems))
}

/// Adds a day that differs; `spans` makes its sessions from those of its weekday.
fn add_day(
    calendar: &mut Calendar,
    day: Option<i32>,
    value: &Value,
    problems: &mut Problems,
    spans: impl FnOnce(&[Span]) -> Option<Vec<Span>>,
) {
    let Some(day) = day else { return };
    if calendar.special_days.iter().any(|other| other.day == day) {
        let text = "a date stands in one of holidays, early_closes and special_days, and once";
        problems.add(value.line, text);
        return;
    }
    let usual = &calendar.week[(day + WEEKDAY_OF_1970).rem_euclid(7) as usize];
    if let Some(spans) = spans(usual) {
        calendar.special_days.push(SpecialDay { day, spans });
    }
}

/// The sessions of a day that ends early.
fn cut(usual: &[Span], close_s: i32) -> Vec<Span> {
    let kept = usual.iter().filter(|span| span.from_s < close_s);
    kept.map(|span| Span { until_s: span.until_s.min(close_s), ..*span }).collect()
}

fn read_span(row: &Table, problems: &mut Problems) -> Option<Span> {
    let mut time = |key: &str| read_time_s(row.need(key, problems)?, key, problems);
    let (from, until) = (time("from"), time("until"));
    let phase = row.need("phase", problems)?.name_of("phase", &Session::NAMES, problems)?;
    let (mut from_s, mut until_s) = (from?, until?);
    if until_s <= from_s {
        from_s -= DAY_S;
    } else if row.flag("eve", problems) {
        (from_s, until_s) = (from_s - DAY_S, until_s - DAY_S);
    }
    Some(Span { from_s, until_s, phase })
}

/// Days of a session: `"mon"`, `"mon-fri"` or a list of these; Monday to Friday if not said.
fn read_days(value: Option<&Value>, problems: &mut Problems) -> Vec<usize> {
    let Some(value) = value else { return WORKDAYS.collect() };
    let several = match &value.kind {
        Kind::List(list) => list.as_slice(),
        _ => std::slice::from_ref(value),
    };
    let mut days: Vec<usize> = Vec::new();
    for value in several {
        let range = match &value.kind {
            Kind::Text(text) => text.split_once('-'),
            _ => None,
        };
        let Some((first, last)) = range else {
            days.extend(value.name_of("days", &DAYS, problems));
            continue;
        };
        let day = |name: &str| DAYS.iter().find(|(_, n)| *n == name).map(|(day, _)| *day);
        match (day(first), day(last)) {
            (Some(first), Some(last)) if first <= last => days.extend(first..=last),
            _ => {
                let text = format!(
                    "days is {}, a range goes from one of mon, tue, wed, thu, fri, sat, sun to a \
                     later one, such as \"mon-fri\"",
                    value.describe()
                );
                problems.add(value.line, text);
            }
        }
    }
    days.sort_unstable();
    days.dedup();
    days
}
