//! Trading calendars: which phase of the day an instrument's venue is in at a moment.
//!
//! Everything is resolved when it is loaded: the offsets of the local clock from UTC, and the spans
//! of each day, holidays and early closes included. Here it is only looked up, in integers, without
//! a time zone database. A span belongs to the trading day in whose name it is held, and may begin
//! the evening before or end the morning after, so that a holiday takes away the whole night
//! session of a future.
//!
//! Phases follow the local clock: what it shows twice in the night of a change happens twice.

use crate::state::session::Session;
use crate::state::setup::Setup;

/// Most calendars.
pub const CALENDARS_MAX: usize = 1024;
/// Most spans of one trading day.
pub const SPANS_MAX: usize = 16;
/// Most offsets of one calendar.
pub const OFFSETS_MAX: usize = 1024;
/// Most days of one calendar that differ from the week.
pub const SPECIAL_DAYS_MAX: usize = 8192;

const DAY_S: i64 = 86_400;
const NS_PER_S: u64 = 1_000_000_000;
/// The first of January 1970 was a Thursday; weeks begin on Monday.
const WEEKDAY_OF_1970: i64 = 3;

/// From a moment on, what the local clock is ahead of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Offset {
    /// The moment, seconds since 1970 UTC. Before the first offset the first one holds.
    pub from_s: i64,
    /// Seconds to add to UTC; within a day.
    pub ahead_s: i32,
}

/// A phase of a trading day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// First second, counted from the local midnight at which the day begins; from −86,400 (the
    /// day before) on.
    pub from_s: i32,
    /// The second after its last; at most 172,800 (the end of the day after).
    pub until_s: i32,
    /// The phase.
    pub phase: Session,
}

/// A day that differs from its weekday: without spans a holiday.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SpecialDay {
    /// Its local date, days since 1970-01-01.
    pub day: i32,
    /// Its spans, ascending.
    pub spans: Vec<Span>,
}

/// A trading calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    /// Unique name.
    pub name: String,
    /// Its time zone as people call it; nothing depends on it.
    pub zone: String,
    /// What the local clock is ahead of UTC, ascending; at least one.
    pub offsets: Vec<Offset>,
    /// Spans of the days of a week, Monday first, each list ascending.
    pub week: [Vec<Span>; 7],
    /// Days that differ, ascending.
    pub special_days: Vec<SpecialDay>,
}

impl Calendar {
    /// Everything that is wrong with it, as texts for a person.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.offsets.is_empty() || self.offsets.len() > OFFSETS_MAX {
            let count = self.offsets.len();
            problems.push(format!("it has {count} offsets from UTC, it needs 1 to {OFFSETS_MAX}"));
        }
        if !self.offsets.is_sorted_by(|a, b| a.from_s < b.from_s) {
            problems.push("its offsets from UTC must ascend".into());
        }
        if self.offsets.iter().any(|o| i64::from(o.ahead_s).abs() >= DAY_S) {
            problems.push("an offset from UTC is less than a day".into());
        }
        if self.special_days.len() > SPECIAL_DAYS_MAX {
            problems.push(format!("it has more than {SPECIAL_DAYS_MAX} special days"));
        }
        if !self.special_days.is_sorted_by(|a, b| a.day < b.day) {
            problems.push("its special days must ascend and differ".into());
        }
        let lists = self.week.iter().chain(self.special_days.iter().map(|d| &d.spans));
        for spans in lists {
            span_problems(spans, &mut problems);
        }
        problems.dedup();
        problems
    }

    /// The phase at a moment, and the moment until which it surely holds; both ns since 1970 UTC.
    pub fn phase_at(&self, wall_ns: u64) -> (Session, u64) {
        let utc_s = (wall_ns / NS_PER_S) as i64;
        let next = self.offsets.partition_point(|o| o.from_s <= utc_s);
        let ahead_s = self.offsets.get(next.saturating_sub(1)).map_or(0, |o| i64::from(o.ahead_s));
        let local_s = utc_s + ahead_s;
        let today = local_s.div_euclid(DAY_S);
        // Midnight is looked at anyway: nobody needs to search further than that.
        let mut until_s = (today + 1) * DAY_S;
        let mut phase = Session::Closed;
        // Spans of three days can hold now. Where they overlap, the later day's does.
        for day in today - 1..=today + 1 {
            for span in self.spans(day) {
                let from = day * DAY_S + i64::from(span.from_s);
                let until = day * DAY_S + i64::from(span.until_s);
                for edge in [from, until] {
                    if edge > local_s {
                        until_s = until_s.min(edge);
                    }
                }
                if (from..until).contains(&local_s) {
                    phase = span.phase;
                }
            }
        }
        let mut until_utc_s = until_s - ahead_s;
        if let Some(change) = self.offsets.get(next) {
            until_utc_s = until_utc_s.min(change.from_s);
        }
        let until_ns = (until_utc_s.max(0) as u64).saturating_mul(NS_PER_S);
        (phase, until_ns)
    }

    /// Spans of a day, given by its number since 1970.
    fn spans(&self, day: i64) -> &[Span] {
        match self.special_days.binary_search_by_key(&day, |d| i64::from(d.day)) {
            Ok(at) => &self.special_days[at].spans,
            Err(_) => &self.week[(day + WEEKDAY_OF_1970).rem_euclid(7) as usize],
        }
    }
}

fn span_problems(spans: &[Span], problems: &mut Vec<String>) {
    if spans.len() > SPANS_MAX {
        problems.push(format!("a day has {} sessions, the most are {SPANS_MAX}", spans.len()));
    }
    let edge = |s: i32| (-DAY_S..=2 * DAY_S).contains(&i64::from(s));
    if spans.iter().any(|s| !edge(s.from_s) || !edge(s.until_s)) {
        problems.push("a session lies between the day before and the day after its own".into());
    }
    if spans.iter().any(|s| s.from_s >= s.until_s) {
        problems.push("a session ends before it begins".into());
    }
    if !spans.is_sorted_by(|a, b| a.until_s <= b.from_s) {
        problems.push("sessions of one day overlap, or do not ascend".into());
    }
}

/// A calendar as the hot path reads it: with the phase that it is in.
struct Watch {
    calendar: Calendar,
    /// The phase holds from here ...
    from_ns: u64,
    /// ... until here, ns since 1970 UTC.
    until_ns: u64,
    phase: Session,
}

/// All calendars. What is kept is a pure function of the time, and no part of the state's hash.
pub struct Calendars {
    watches: Vec<Watch>,
}

impl Calendars {
    /// The calendars of a setup that was verified.
    pub fn new(setup: &Setup) -> Calendars {
        let watch = |calendar: &Calendar| Watch {
            calendar: calendar.clone(),
            from_ns: 0,
            until_ns: 0,
            phase: Session::Closed,
        };
        Calendars { watches: setup.calendars.iter().map(watch).collect() }
    }

    /// The phase of a calendar at a moment, ns since 1970 UTC. Kept until it ends.
    #[inline]
    pub fn phase(&mut self, calendar: u32, wall_ns: u64) -> Session {
        let watch = &mut self.watches[calendar as usize];
        if wall_ns < watch.from_ns || wall_ns >= watch.until_ns {
            let (phase, until_ns) = watch.calendar.phase_at(wall_ns);
            (watch.phase, watch.from_ns, watch.until_ns) = (phase, wall_ns, until_ns);
        }
        watch.phase
    }

    /// The phase that [`Calendars::phase`] said last.
    #[inline]
    pub fn latest(&self, calendar: u32) -> Session {
        self.watches[calendar as usize].phase
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i32 = 3600;

    fn span(from_s: i32, until_s: i32, phase: Session) -> Span {
        Span { from_s, until_s, phase }
    }

    /// Seconds since 1970 of a date and time.
    fn at(day: i64, h: i64, m: i64, s: i64) -> u64 {
        (day * DAY_S + h * 3600 + m * 60 + s) as u64 * NS_PER_S
    }

    fn weekdays(spans: &[Span]) -> [Vec<Span>; 7] {
        std::array::from_fn(|day| if day < 5 { spans.to_vec() } else { Vec::new() })
    }

    /// Friday 2026-03-06; the clock of New York goes forward in the night to Sunday the 8th, 07:00
    /// UTC.
    const FRIDAY: i64 = 20_518;

    fn new_york(week: [Vec<Span>; 7]) -> Calendar {
        Calendar {
            name: "X".into(),
            zone: "America/New_York".into(),
            offsets: vec![
                Offset { from_s: i64::MIN, ahead_s: -5 * HOUR },
                Offset { from_s: (FRIDAY + 2) * DAY_S + 7 * 3600, ahead_s: -4 * HOUR },
            ],
            week,
            special_days: Vec::new(),
        }
    }

    #[test]
    fn the_offset_changes_between_friday_and_monday() {
        let day = [span(9 * HOUR + 1800, 16 * HOUR, Session::Continuous)];
        let calendar = new_york(weekdays(&day));
        assert!(calendar.problems().is_empty());
        let phase = |day, h, m, s| calendar.phase_at(at(day, h, m, s)).0;
        assert_eq!(phase(FRIDAY, 14, 29, 59), Session::Closed);
        assert_eq!(phase(FRIDAY, 14, 30, 0), Session::Continuous);
        assert_eq!(phase(FRIDAY, 20, 59, 59), Session::Continuous);
        assert_eq!(phase(FRIDAY, 21, 0, 0), Session::Closed);
        assert_eq!(phase(FRIDAY + 3, 13, 29, 59), Session::Closed);
        assert_eq!(phase(FRIDAY + 3, 13, 30, 0), Session::Continuous);
        assert_eq!(phase(FRIDAY + 3, 20, 0, 0), Session::Closed);
        assert_eq!(phase(FRIDAY + 1, 15, 0, 0), Session::Closed);
    }

    #[test]
    fn a_night_session_belongs_to_the_day_that_it_ends_on() {
        let night = [span(-7 * HOUR, 16 * HOUR, Session::Continuous)];
        let mut calendar = new_york(weekdays(&night));
        let phase = |c: &Calendar, day, h, m, s| c.phase_at(at(day, h, m, s)).0;
        // Sunday evening, 17:00 in New York, is 21:00 UTC after the change.
        assert_eq!(phase(&calendar, FRIDAY + 2, 20, 59, 59), Session::Closed);
        assert_eq!(phase(&calendar, FRIDAY + 2, 21, 0, 0), Session::Continuous);
        assert_eq!(phase(&calendar, FRIDAY + 3, 4, 0, 0), Session::Continuous);
        assert_eq!(phase(&calendar, FRIDAY + 3, 20, 0, 0), Session::Closed);
        assert_eq!(phase(&calendar, FRIDAY + 3, 21, 0, 0), Session::Continuous);
        // Friday evening is no session's.
        assert_eq!(phase(&calendar, FRIDAY, 22, 0, 0), Session::Closed);
        // A holiday on Monday takes Sunday evening away, and not Monday evening.
        calendar.special_days = vec![SpecialDay { day: FRIDAY as i32 + 3, spans: Vec::new() }];
        assert_eq!(phase(&calendar, FRIDAY + 2, 22, 0, 0), Session::Closed);
        assert_eq!(phase(&calendar, FRIDAY + 3, 12, 0, 0), Session::Closed);
        assert_eq!(phase(&calendar, FRIDAY + 3, 21, 0, 0), Session::Continuous);
    }

    /// What it says holds until it says: stepping from end to end meets every phase that a look at
    /// every minute of two weeks meets.
    #[test]
    fn phases_hold_as_long_as_they_say() {
        let day = [
            span(-7 * HOUR, 0, Session::PreOpen),
            span(9 * HOUR, 9 * HOUR + 60, Session::OpeningAuction),
            span(9 * HOUR + 60, 26 * HOUR, Session::Continuous),
        ];
        let mut calendar = new_york(weekdays(&day));
        calendar.special_days = vec![SpecialDay {
            day: FRIDAY as i32 + 3,
            spans: vec![span(0, HOUR, Session::ClosingAuction)],
        }];
        let (mut phase, mut until) = calendar.phase_at(at(FRIDAY - 7, 0, 0, 0));
        for minute in 0..14 * 24 * 60 {
            let now = at(FRIDAY - 7, 0, minute, 0);
            if now >= until {
                (phase, until) = calendar.phase_at(now);
            }
            assert!(until > now && until - now <= DAY_S as u64 * NS_PER_S);
            assert_eq!(phase, calendar.phase_at(now).0, "minute {minute}");
        }
    }

    #[test]
    fn the_kept_phase_is_right_when_time_goes_back() {
        let day = [span(9 * HOUR, 10 * HOUR, Session::Continuous)];
        let setup = Setup { calendars: vec![new_york(weekdays(&day))], ..Setup::default() };
        let mut calendars = Calendars::new(&setup);
        assert_eq!(calendars.phase(0, at(FRIDAY, 14, 0, 0)), Session::Continuous);
        assert_eq!(calendars.phase(0, at(FRIDAY, 13, 59, 59)), Session::Closed);
        assert_eq!(calendars.phase(0, at(FRIDAY, 14, 59, 59)), Session::Continuous);
        assert_eq!(calendars.latest(0), Session::Continuous);
    }

    #[test]
    fn what_makes_no_day_is_named() {
        let with = |spans: &[Span]| new_york(weekdays(spans)).problems();
        assert_eq!(with(&[span(2, 2, Session::PreOpen)]).len(), 1);
        assert_eq!(with(&[span(0, 9, Session::PreOpen), span(8, 10, Session::PreOpen)]).len(), 1);
        assert_eq!(with(&[span(-100_000, 9, Session::PreOpen)]).len(), 1);
        assert_eq!(Calendar::default().problems().len(), 1);
    }
}
