//! Limits as the hot path reads them: lists per place, numbers ready to compare.

use crate::abi::codes::Check;
use crate::fixed::{Wide, wide_from_money};
use crate::state::defaults::{Number, number_of};
use crate::state::index::NONE;
use crate::state::limit::{
    Bound, Denominator, Limit, Phase, Reset, SOFT_REARM_POINTS, SOFT_THRESHOLDS_MAX, Variant,
};
use crate::state::session::Session;
use crate::state::tallies::{self, TallyRef};
use crate::state::windows::Windows;

/// Limits of one check and place (of several owners, phases, actions) that keep levels of their own
/// for each instrument; further ones share the last.
pub const RANKS: usize = 4;

/// Level of a limit that is beyond its hard number.
pub const LEVEL_HARD: u8 = u8::MAX;

/// One limit in place: what a comparison reads. What only a breach or a threshold reads is in its
/// [`LimitDetail`].
#[repr(align(64))]
pub struct LimitRow {
    /// The hard number in the unit of the measure; for concentrations basis points.
    pub hard: Wide,
    /// Below this measure nothing fires: the first threshold, or just beyond the hard number.
    pub quiet_below: Wide,
    /// Which check.
    pub check: Check,
    /// Which measure.
    pub variant: Variant,
    /// How far it is deployed.
    pub phase: Phase,
    /// Is there a number to compare with?
    pub bounded: bool,
    /// Is it for one instrument alone?
    pub for_instrument: bool,
    /// Phases of the day in which it holds, a bit each.
    pub sessions: u8,
    /// When what it counts begins again.
    pub reset: Reset,
    /// The one currency that it counts, or `NONE`.
    pub currency: u32,
    /// How many thresholds have fired, or [`LEVEL_HARD`].
    pub level: u8,
    /// Next limit of the same place.
    pub next: u32,
    /// The sum over groups that it compares, or `TallyRef::NONE`.
    pub tally: TallyRef,
    /// Which of the limits of its check and place it is, for those that keep a level per instrument;
    /// below [`RANKS`].
    pub rank: u8,
    /// Where its levels per group begin (`Tallies::levels`), or `NONE`.
    pub group_levels: u32,
    /// First of the windows that it owns, or `NONE`.
    pub first_window: u32,
    /// Messages since it was armed or the day began, of a limit that counts without a window.
    pub count: u64,
}

/// What only a breach or a threshold reads.
pub struct LimitDetail {
    /// As it was set.
    pub limit: Limit,
    /// What holds again when a temporary limit ends: the one before it, or nothing.
    pub base: Option<Limit>,
    /// A temporary limit that has ended and replaced nothing: as if it had never been set.
    pub gone: bool,
    /// Least denominator of a concentration.
    pub floor: Wide,
    /// Soft thresholds in use.
    pub soft_len: usize,
    /// Smallest measure at or above each threshold.
    pub soft: [Wide; SOFT_THRESHOLDS_MAX],
    /// Largest measure that re-arms each threshold.
    pub rearm: [Wide; SOFT_THRESHOLDS_MAX],
    /// Next limit that counts the market volume of the same instrument.
    pub next_of_volume: u32,
}

/// The amount that a share of the start-of-day equity stands for, rounded down: a bucket is beyond
/// the share exactly if it is beyond the amount.
fn share_of_equity(bps: i128, equity: Wide, floor: Wide) -> Wide {
    let denominator = equity.max(floor).max(Wide::ZERO);
    denominator.checked_times(bps as u64).map_or(Wide::MAX, |d| d.divided(10_000, false))
}

/// Makes the numbers of a limit ready. `equity` is that of the limit's node.
fn ready(limit: Limit, equity: Wide, next: u32) -> (LimitRow, LimitDetail) {
    let hard = match limit.bound {
        Bound::Value(value) if number_of(limit.check, limit.variant) == Number::Money => {
            wide_from_money(value)
        }
        Bound::Value(value) => Wide::from_i128(value),
        Bound::Unlimited | Bound::Collar(_) => Wide::MAX,
    };
    // Sums that count finer than their limit compare at their own scale.
    let finer = tallies::needed_by(&limit).map_or(0, |(_, weight)| weight.extra_places());
    let hard = 10u64.checked_pow(finer).and_then(|by| hard.checked_times(by)).unwrap_or(hard);
    let mut detail = LimitDetail {
        limit,
        base: None,
        gone: false,
        floor: wide_from_money(limit.floor),
        soft_len: 0,
        soft: [Wide::MAX; SOFT_THRESHOLDS_MAX],
        rearm: [Wide::MAX; SOFT_THRESHOLDS_MAX],
        next_of_volume: NONE,
    };
    let has_number = matches!(limit.bound, Bound::Value(_)) && hard != Wide::ZERO;
    for percent in limit.soft_percent.into_iter().filter(|p| *p != 0 && has_number) {
        detail.soft[detail.soft_len] = percent_of(hard, percent, true);
        let low = percent.saturating_sub(SOFT_REARM_POINTS);
        detail.rearm[detail.soft_len] = percent_of(hard, low, false);
        detail.soft_len += 1;
    }
    let beyond = hard.plus(Wide::from_i128(i128::from(hard != Wide::MAX)));
    let mut quiet_below = if detail.soft_len == 0 { beyond } else { detail.soft[0].min(beyond) };
    if limit.check == Check::SectorConcentration {
        // A denominator that moves is never below the floor.
        let surely = match limit.denominator {
            Denominator::Equity => equity,
            Denominator::LiveEquity | Denominator::Gross => Wide::ZERO,
        };
        let lowest = limit.soft_percent[..detail.soft_len].first().map_or(100, |p| *p);
        let hundredfold = hard.low as i128 * i128::from(lowest);
        quiet_below = share_of_equity(hundredfold, surely, detail.floor).divided(100, false);
    }
    if limit.check == Check::Ownership && limit.variant == Variant::Default {
        // Hundredths of basis points of the shares outstanding, which differ by instrument.
        let lowest = limit.soft_percent[..detail.soft_len].first().map_or(100, |p| *p);
        quiet_below = hard.checked_times(u64::from(lowest)).unwrap_or(Wide::MAX);
    }
    let row = LimitRow {
        hard,
        quiet_below,
        check: limit.check,
        variant: limit.variant,
        phase: limit.phase,
        bounded: limit.bound != Bound::Unlimited,
        for_instrument: limit.instrument.is_some(),
        sessions: if limit.sessions == 0 { Session::ALL_BITS } else { limit.sessions },
        reset: limit.reset,
        currency: limit.currency.unwrap_or(NONE),
        level: 0,
        next,
        tally: TallyRef::NONE,
        rank: 0,
        group_levels: NONE,
        first_window: NONE,
        count: 0,
    };
    (row, detail)
}

impl LimitRow {
    /// Does it hold in this phase of its instrument's day?
    #[inline(always)]
    pub fn holds_in(&self, session: Session) -> bool {
        self.sessions & session.bit() != 0
    }
}

impl LimitRow {
    /// Where `max_long` and `max_short` keep a level for each instrument, in `Row::levels` and
    /// `Cell::levels`.
    pub fn level_index(&self) -> usize {
        usize::from(self.check == Check::MaxShort) * RANKS + usize::from(self.rank)
    }
}

impl LimitDetail {
    /// Highest threshold at or below the measure: `(how many, percent)`; zeros if none.
    pub fn soft_reached(&self, measure: Wide) -> (u8, u8) {
        let mut reached = (0, 0);
        for k in 0..self.soft_len {
            if measure >= self.soft[k] {
                reached = (k as u8 + 1, self.limit.soft_percent[k]);
            }
        }
        reached
    }

    /// How many thresholds stay fired at this measure.
    pub fn soft_kept(&self, measure: Wide) -> u8 {
        (0..self.soft_len).rev().find(|k| measure > self.rearm[*k]).map_or(0, |k| k as u8 + 1)
    }
}

/// value × percent ÷ 100, rounded up or down: `measure ≥ up` says `measure × 100 ≥ value × percent`,
/// `measure > down` says `measure × 100 > value × percent`.
fn percent_of(value: Wide, percent: u8, up: bool) -> Wide {
    match value.checked_times(u64::from(percent)) {
        Some(product) => product.divided(100, up),
        None => Wide::MAX,
    }
}

/// All limits.
pub struct LimitTable {
    rows: Vec<LimitRow>,
    details: Vec<LimitDetail>,
    capacity: usize,
    /// What limits of rates have counted.
    pub windows: Windows,
}

impl LimitTable {
    /// An empty table for `capacity` limits that own `windows` windows.
    pub fn new(capacity: usize, windows: usize) -> LimitTable {
        LimitTable {
            rows: Vec::with_capacity(capacity),
            details: Vec::with_capacity(capacity),
            capacity,
            windows: Windows::new(windows),
        }
    }

    /// The limit in a slot.
    #[inline]
    pub fn get(&self, slot: u32) -> &LimitRow {
        &self.rows[slot as usize]
    }

    /// The limit in a slot.
    #[inline]
    pub fn get_mut(&mut self, slot: u32) -> &mut LimitRow {
        &mut self.rows[slot as usize]
    }

    /// What only a breach or a threshold of the limit in a slot reads.
    pub fn detail(&self, slot: u32) -> &LimitDetail {
        &self.details[slot as usize]
    }

    /// Limits in the table.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Is it empty?
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Is there room for one more?
    pub fn has_room(&self) -> bool {
        self.rows.len() < self.capacity
    }

    /// All limits with their levels, what comes back after a temporary one, and whether one has gone.
    pub fn iter(&self) -> impl Iterator<Item = (&Limit, u8, Option<Limit>, bool)> {
        let all = self.details.iter().zip(&self.rows);
        all.map(|(detail, row)| (&detail.limit, row.level, detail.base, detail.gone))
    }

    /// Adds a limit to the list that starts at `first`; returns the list's first slot. The caller
    /// holds the capacity.
    pub fn add(&mut self, first: u32, limit: Limit, equity: Wide) -> u32 {
        assert!(self.has_room(), "limit table over its capacity");
        let (mut row, detail) = ready(limit, equity, first);
        row.first_window = self.windows.make(&limit);
        let alike = self.list(first).filter(|slot| self.get(*slot).check == limit.check);
        row.rank = alike.count().min(RANKS - 1) as u8;
        self.rows.push(row);
        self.details.push(detail);
        (self.rows.len() - 1) as u32
    }

    /// The limit that a new one replaces: of the same phase and action, or else the only one of its
    /// place.
    pub fn replaced_by(&self, first: u32, limit: &Limit) -> Option<u32> {
        let here = |slot: &u32| self.detail(*slot).limit.same_place(limit);
        let same = self.list(first).find(|s| self.detail(*s).limit.same_purpose(limit));
        let mut all = self.list(first).filter(here);
        same.or(all.next().filter(|_| all.next().is_none()))
    }

    /// Puts a limit into a place of the table; what was counted there stays, so that a lowered
    /// limit bites at once.
    fn put(&mut self, at: usize, limit: Limit, equity: Wide) {
        let LimitRow { next, tally, rank, group_levels, first_window, count, .. } = self.rows[at];
        let next_of_volume = self.details[at].next_of_volume;
        let (row, detail) = ready(limit, equity, next);
        self.rows[at] = LimitRow { tally, rank, group_levels, first_window, count, ..row };
        self.details[at] = detail;
        self.details[at].next_of_volume = next_of_volume;
        self.windows.hand_over(first_window, &limit);
    }

    /// Puts a limit into a slot in place of another. If it is temporary, what it covers comes back
    /// when it ends.
    pub fn replace(&mut self, slot: u32, limit: Limit, equity: Wide) {
        let at = slot as usize;
        let old = &self.details[at];
        let covered = match (old.limit.until_ns, old.gone) {
            (0, false) => Some(old.limit),
            _ => old.base,
        };
        self.put(at, limit, equity);
        if limit.until_ns != 0 {
            self.details[at].base = covered;
        }
    }

    /// The limit that was added last compares a sum over groups.
    pub(super) fn compare_groups(&mut self, tally: TallyRef, group_levels: u32) {
        let row = self.rows.last_mut().expect("a limit was added");
        (row.tally, row.group_levels) = (tally, group_levels);
    }

    /// Ends the temporary value in a slot.
    pub fn revert(&mut self, slot: u32, equity: Wide) {
        let at = slot as usize;
        let base = self.details[at].base;
        let nothing = Limit { bound: Bound::Unlimited, until_ns: 0, ..self.details[at].limit };
        let limit = base.unwrap_or(nothing);
        self.put(at, limit, equity);
        self.details[at].gone = base.is_none();
    }

    /// Puts a limit at the head of the list of those that count an instrument's market volume,
    /// which begins at `first`; returns the new first.
    pub fn link_volume(&mut self, slot: u32, first: u32) -> u32 {
        self.details[slot as usize].next_of_volume = first;
        slot
    }

    /// Limit, detail and count, of each limit; the level is in the first. For the state hash.
    pub fn counts(&self) -> impl Iterator<Item = u64> {
        self.rows.iter().map(|row| row.count)
    }

    /// The slots of the list that starts at `first`.
    #[inline]
    pub fn list(&self, first: u32) -> LimitList<'_> {
        LimitList { table: self, at: first }
    }

    /// The limits of the list that starts at `first`, without temporary ones that have gone.
    pub fn set_in(&self, first: u32) -> impl Iterator<Item = &Limit> {
        let set = self.list(first).map(|slot| self.detail(slot)).filter(|detail| !detail.gone);
        set.map(|detail| &detail.limit)
    }

    /// The checks in the list that starts at `first`, whose limits hold in every phase of the day.
    pub fn mask(&self, first: u32) -> u128 {
        let set = self.list(first).filter(|slot| !self.detail(*slot).gone);
        let always = set.filter(|slot| self.get(*slot).sessions == Session::ALL_BITS);
        always.fold(0, |mask, slot| mask | self.get(slot).check.bit())
    }
}

/// Slots of one place's limits.
pub struct LimitList<'a> {
    table: &'a LimitTable,
    at: u32,
}

impl Iterator for LimitList<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        if self.at == NONE {
            return None;
        }
        let slot = self.at;
        self.at = self.table.get(slot).next;
        Some(slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: i128) -> LimitDetail {
        let limit = Limit::new(Check::MaxLong, Some(0), None, Bound::Value(value));
        ready(limit, Wide::ZERO, NONE).1
    }

    #[test]
    fn thresholds_fire_at_their_percentage_and_rearm_five_points_below() {
        let row = row(1001);
        // 80% of 1001 is 800.8
        assert_eq!(row.soft_reached(Wide::from_i128(800)), (0, 0));
        assert_eq!(row.soft_reached(Wide::from_i128(801)), (1, 80));
        assert_eq!(row.soft_reached(Wide::from_i128(901)), (2, 90));
        // 75% is 750.75, 85% is 850.85
        assert_eq!(row.soft_kept(Wide::from_i128(851)), 2);
        assert_eq!(row.soft_kept(Wide::from_i128(850)), 1);
        assert_eq!(row.soft_kept(Wide::from_i128(750)), 0);
    }

    #[test]
    fn a_limit_of_zero_has_no_thresholds() {
        assert_eq!(row(0).soft_reached(Wide::ZERO), (0, 0));
    }
}
