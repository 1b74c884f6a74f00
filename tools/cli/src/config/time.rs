//! Dates, times and time zones of files, as the integers that the gate reads. The time zone database
//! is the one inside the program: the same file means the same on every host.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use riskgate::state::calendar::Offset;

use crate::tree::{Problems, Value};

const DAY_S: i64 = 86_400;
/// Changes of offset are resolved from 1970 to the end of this year.
const LAST_YEAR: i16 = 2100;

/// A moment such as `2026-12-18T16:00:00Z` or `2026-12-18T16:00:00+01:00`, ns since 1970 UTC.
pub fn read_moment_ns(value: &Value, what: &str, problems: &mut Problems) -> Option<u64> {
    let text = value.text(what, problems)?;
    let moment = text.parse::<Timestamp>().ok();
    let ns = moment.and_then(|m| u64::try_from(m.as_nanosecond()).ok());
    if ns.is_none() {
        problems.add(
            value.line,
            format!(
                "{what} is \"{text}\", it must be a date and time from 1970 on, with Z or an offset \
                 from UTC, such as \"2026-12-18T16:00:00Z\""
            ),
        );
    }
    ns
}

/// A date such as `2026-12-25`, days since 1970.
pub fn read_day(value: &Value, what: &str, problems: &mut Problems) -> Option<i32> {
    let text = value.text(what, problems)?;
    let day = day_of(text);
    if day.is_none() {
        let text = format!("{what} is \"{text}\", it must be a date such as \"2026-12-25\"");
        problems.add(value.line, text);
    }
    day
}

fn day_of(text: &str) -> Option<i32> {
    let shape = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let date = text.parse::<Date>().ok().filter(|_| shape)?;
    let midnight = date.to_zoned(TimeZone::UTC).ok()?;
    i32::try_from(midnight.timestamp().as_second().div_euclid(DAY_S)).ok()
}

/// A time of day such as `16:00` or `09:30:30`, or `24:00`; seconds after midnight.
pub fn read_time_s(value: &Value, what: &str, problems: &mut Problems) -> Option<i32> {
    let text = value.text(what, problems)?;
    let time = time_of(text);
    if time.is_none() {
        let text =
            format!("{what} is \"{text}\", it must be a time such as \"16:00\" or \"09:30:15\"");
        problems.add(value.line, text);
    }
    time
}

fn time_of(text: &str) -> Option<i32> {
    let mut parts = [0; 3];
    let mut count = 0;
    for part in text.split(':') {
        let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        *parts.get_mut(count).filter(|_| digits)? = part.parse::<i32>().ok()?;
        count += 1;
    }
    let [hours, minutes, seconds] = parts;
    let time = hours * 3600 + minutes * 60 + seconds;
    (count >= 2 && minutes < 60 && seconds < 60 && i64::from(time) <= DAY_S).then_some(time)
}

/// What a zone is ahead of UTC, and when that changes; `None` if there is no such zone.
pub fn offsets_of(zone: &str) -> Option<Vec<Offset>> {
    let zone = TimeZone::get(zone).ok()?;
    let start = Timestamp::UNIX_EPOCH;
    let first = Offset { from_s: 0, ahead_s: zone.to_offset(start).seconds() };
    let mut offsets = vec![first];
    for change in zone.following(start) {
        let at = change.timestamp();
        if at.to_zoned(TimeZone::UTC).year() > LAST_YEAR {
            break;
        }
        let ahead_s = change.offset().seconds();
        // Some changes are of the zone's abbreviation alone.
        if offsets.last().is_some_and(|last| last.ahead_s != ahead_s) {
            offsets.push(Offset { from_s: at.as_second(), ahead_s });
        }
    }
    Some(offsets)
}

/// Names of zones, for a person who wrote another.
pub fn zone_names() -> Vec<String> {
    jiff::tz::db().available().map(|name| name.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a zone is ahead of UTC at a moment.
    fn ahead(zone: &str, moment: &str) -> i32 {
        let at = moment.parse::<Timestamp>().unwrap().as_second();
        let offsets = offsets_of(zone).unwrap();
        let next = offsets.partition_point(|o| o.from_s <= at);
        offsets[next - 1].ahead_s
    }

    #[test]
    fn zones_have_their_changes() {
        let hour = 3600;
        for (zone, moment, hours_of_60) in [
            ("America/New_York", "2026-03-08T06:59:59Z", -5 * 60),
            ("America/New_York", "2026-03-08T07:00:00Z", -4 * 60),
            ("America/New_York", "2026-11-01T05:59:59Z", -4 * 60),
            ("America/New_York", "2026-11-01T06:00:00Z", -5 * 60),
            ("Europe/Berlin", "2026-03-29T00:59:59Z", 60),
            ("Europe/Berlin", "2026-03-29T01:00:00Z", 120),
            ("Europe/Berlin", "2026-10-25T01:00:00Z", 60),
            ("Asia/Kolkata", "2026-07-01T00:00:00Z", 330),
            ("Australia/Lord_Howe", "2026-04-04T14:59:59Z", 660),
            ("Australia/Lord_Howe", "2026-04-04T15:00:00Z", 630),
            ("Asia/Tokyo", "2099-07-01T00:00:00Z", 540),
            ("America/New_York", "2099-07-01T00:00:00Z", -4 * 60),
        ] {
            assert_eq!(ahead(zone, moment), hours_of_60 * hour / 60, "{zone} {moment}");
        }
        assert!(offsets_of("Mars/Olympus").is_none());
        assert!(zone_names().iter().any(|name| name == "America/New_York"));
    }

    #[test]
    fn dates_and_times_are_strict() {
        assert_eq!(day_of("1970-01-02"), Some(1));
        assert_eq!(day_of("1969-12-31"), Some(-1));
        assert_eq!(day_of("2026-03-06"), Some(20_518));
        for bad in ["2026-3-6", "2026-02-30", "20260306", "2026-03-06T00:00", ""] {
            assert_eq!(day_of(bad), None, "{bad}");
        }
        assert_eq!(time_of("09:30"), Some(34_200));
        assert_eq!(time_of("09:30:05"), Some(34_205));
        assert_eq!(time_of("24:00"), Some(86_400));
        for bad in ["9:30", "24:01", "12:60", "12", "12:00:00:00", "-1:00", "ab:cd"] {
            assert_eq!(time_of(bad), None, "{bad}");
        }
    }
}
