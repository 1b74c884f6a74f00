//! Everything that was asked, answered, executed and traded since the start, in sequence; and sums
//! of it over windows of time, by definition.
//!
//! Nothing is forgotten and no counter is kept: a window is added up whenever somebody asks.

use super::gate::{Mistake, Model};
use super::num::{Decimal, add};
use riskgate::state::limit::{Limit, Window};
use std::collections::{BTreeMap, BTreeSet};

/// Account, instrument, side, price and quantity of a new order: what makes two of them the same.
pub(super) type Likeness = (u32, u32, u8, i64, i64);

/// What a request that was evaluated adds to the sums.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    /// Base currency; zero without a mark or rate.
    pub value: Decimal,
    pub qty: i64,
    /// A new order that is nobody's child.
    pub likeness: Option<Likeness>,
    /// Did the checks of family 4 look at it?
    pub judged: bool,
}

/// A new order or replace that got a verdict.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub at_ns: u64,
    pub serial: u64,
    pub place: Place,
    pub counted: Option<Counted>,
    pub rejected: bool,
}

/// Where something happened, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub lane: u32,
    pub account: Option<u32>,
    pub instrument: Option<u32>,
}

/// An answer to a new order or replace, of the gate or of the venue.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub at_ns: u64,
    pub serial: u64,
    pub place: Place,
    pub rejected: bool,
}

/// An execution; a bust leaves it here.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub at_ns: u64,
    pub serial: u64,
    pub place: Place,
    pub qty: i64,
    pub value: Decimal,
}

/// What others traded.
#[derive(Clone, Debug)]
pub(super) struct Traded {
    pub at_ns: u64,
    pub serial: u64,
    pub instrument: u32,
    pub qty: i64,
}

/// The whole past.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    /// Counts everything that happens.
    pub serial: u64,
    /// Time of the latest input.
    pub now_ns: u64,
    pub messages: Vec<Message>,
    pub said: Vec<Said>,
    pub done: Vec<Done>,
    pub traded: Vec<Traded>,
    /// Latest cumulative volume of each instrument.
    pub volume: BTreeMap<u32, i64>,
    /// Since when a limit (by its index) counts; absent: since the start.
    pub born: BTreeMap<usize, u64>,
    /// Limits that were over when something last happened where they look.
    pub over: BTreeSet<usize>,
    /// Since when what never resets by the clock counts at a node.
    pub armed: BTreeMap<u32, u64>,
    /// Since when a day or week counts at a node.
    pub day: BTreeMap<u32, u64>,
    pub week: BTreeMap<u32, u64>,
    /// Windows of `price_walk`: opened when, at which mark, for limit, account and instrument.
    pub walks: BTreeMap<(usize, u32, u32), (u64, i64)>,
    /// Quantity of an account's latest accepted order in an instrument.
    pub latest_qty: BTreeMap<(u32, u32), i64>,
}

impl Log {
    /// The next serial number.
    pub fn next(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }
}

/// The sum of a window at a time, of amounts in sequence of time.
pub(super) fn sum_over(
    window: Window,
    now_ns: u64,
    amounts: impl Iterator<Item = (u64, Decimal)>,
    mistake: Mistake,
) -> Decimal {
    let length = window.length_ns;
    assert!(length > 0, "the check has a window");
    if window.tumbling {
        let over = |opened: u64, at: u64| match mistake {
            Mistake::TumblingLate => at - opened > length,
            _ => at - opened >= length,
        };
        let mut open: Option<(u64, Decimal)> = None;
        for (at, amount) in amounts {
            open = Some(match open {
                Some((opened, sum)) if !over(opened, at) => (opened, add(sum, amount)),
                _ => (at, amount),
            });
        }
        return open.filter(|(opened, _)| !over(*opened, now_ns)).map_or(Decimal::ZERO, |o| o.1);
    }
    let bucket = length.div_ceil(64);
    let current = now_ns / bucket;
    let previous = if mistake == Mistake::BucketForgotten { 63 } else { 64 };
    amounts
        .filter(|(at, _)| at / bucket + previous >= current && at / bucket <= current)
        .fold(Decimal::ZERO, |sum, (_, amount)| add(sum, amount))
}

impl Model {
    /// Is a place one that a limit speaks of?
    pub(super) fn covers(&self, limit: &Limit, place: &Place) -> bool {
        if limit.lane.is_some() && self.mistake == Mistake::LaneLimitIgnored {
            return false;
        }
        limit.lane.is_none_or(|l| l == place.lane)
            && limit.instrument.is_none_or(|i| place.instrument == Some(i))
            && limit.node.is_none_or(|n| place.account.is_some_and(|a| self.path(a).contains(&n)))
    }

    /// Serial number after which a limit counts.
    pub(super) fn born(&self, at: usize) -> u64 {
        self.log.born.get(&at).copied().unwrap_or(0)
    }

    /// Requests that a limit counts, with what each adds.
    pub(super) fn messages_of<'a>(
        &'a self,
        at: usize,
        what: impl Fn(&Message) -> Option<Decimal> + 'a,
    ) -> impl Iterator<Item = (u64, u64, Decimal)> + 'a {
        let limit = self.setup.limits[at];
        self.log
            .messages
            .iter()
            .filter(move |m| m.serial > self.born(at) && self.covers(&limit, &m.place))
            .filter(|m| !(m.rejected && self.mistake == Mistake::RejectsNotCounted))
            .filter_map(move |m| what(m).map(|amount| (m.at_ns, m.serial, amount)))
    }

    /// Executions that a limit counts, with what each adds.
    pub(super) fn done_of<'a>(
        &'a self,
        at: usize,
        what: impl Fn(&Done) -> Decimal + 'a,
    ) -> impl Iterator<Item = (u64, Decimal)> + 'a {
        let limit = self.setup.limits[at];
        self.log
            .done
            .iter()
            .filter(move |d| d.serial > self.born(at) && self.covers(&limit, &d.place))
            .map(move |d| (d.at_ns, what(d)))
    }

    /// The run of rejects at the end of what was said where a limit looks.
    pub(super) fn run_of(&self, at: usize) -> Vec<(u64, Decimal)> {
        let limit = self.setup.limits[at];
        let mut run = Vec::new();
        for said in &self.log.said {
            if said.serial > self.born(at) && self.covers(&limit, &said.place) {
                if said.rejected {
                    run.push((said.at_ns, Decimal::ONE));
                } else {
                    run.clear();
                }
            }
        }
        run
    }

    /// A cumulative volume that the feed tells. The first one only says where it stands.
    pub(super) fn note_volume(&mut self, instrument: u32, volume: u64) {
        let volume = i64::try_from(volume).expect("the generator keeps volumes small");
        if volume == 0 {
            return;
        }
        let known = self.log.volume.insert(instrument, volume);
        let qty = known.map_or(0, |before| (volume - before).max(0));
        if qty > 0 {
            let (at_ns, serial) = (self.log.now_ns, self.log.next());
            self.log.traded.push(Traded { at_ns, serial, instrument, qty });
        }
    }

    /// When something was asked, executed or traded, lately.
    pub fn moments(&self) -> Vec<u64> {
        let asked = self.log.messages.iter().rev().take(20).map(|m| m.at_ns);
        let done = self.log.done.iter().rev().take(5).map(|d| d.at_ns);
        let opened = self.log.walks.values().map(|(opened, _)| *opened);
        asked.chain(done).chain(opened).collect()
    }

    /// Quantity of an account's latest accepted order in an instrument.
    pub fn latest_qty(&self, of: (u32, u32)) -> Option<i64> {
        self.log.latest_qty.get(&of).copied()
    }

    /// A command re-arms a node: what it counts for ever begins again.
    pub(super) fn restart_counters(&mut self, node: u32) {
        if self.mistake != Mistake::RearmKeepsCount {
            let serial = self.log.next();
            self.log.armed.insert(node, serial);
        }
    }

    /// A day, or a week and a day, begins at a node and everything below it.
    pub(super) fn begin_period(&mut self, node: u32, week: bool) {
        let serial = self.log.next();
        for below in 0..self.setup.accounts.len() as u32 {
            if self.path(below).contains(&node) {
                self.log.day.insert(below, serial);
                if week {
                    self.log.week.insert(below, serial);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(window: Window, now_ns: u64, times: &[u64]) -> Decimal {
        let amounts = times.iter().map(|t| (*t, Decimal::ONE));
        sum_over(window, now_ns, amounts, Mistake::None)
    }

    #[test]
    fn sliding_holds_the_current_and_64_previous_buckets() {
        let window = Window { length_ns: 6_400, tumbling: false };
        let at = [0, 99, 100];
        assert_eq!(sum(window, 6_499, &at), Decimal::from(3));
        assert_eq!(sum(window, 6_500, &at), Decimal::from(1));
        assert_eq!(sum(window, 6_600, &at), Decimal::from(0));
    }

    #[test]
    fn buckets_are_rounded_up() {
        // 65 ns: buckets of 2 ns, so that the window is never shorter than it says.
        let window = Window { length_ns: 65, tumbling: false };
        assert_eq!(sum(window, 129, &[0, 1]), Decimal::from(2));
        assert_eq!(sum(window, 130, &[0, 1]), Decimal::from(0));
    }

    #[test]
    fn tumbling_opens_with_a_message_and_closes_after_its_length() {
        let window = Window { length_ns: 10, tumbling: true };
        assert_eq!(sum(window, 14, &[5, 8]), Decimal::from(2));
        assert_eq!(sum(window, 15, &[5, 8]), Decimal::from(0));
        assert_eq!(sum(window, 15, &[5, 8, 15]), Decimal::from(1));
        assert_eq!(sum(window, 24, &[5, 8, 15, 24]), Decimal::from(2));
    }
}
