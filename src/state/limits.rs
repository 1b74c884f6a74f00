//! Limits as the hot path reads them: lists per place, numbers ready to compare.

use crate::abi::codes::Check;
use crate::fixed::{Wide, wide_from_money};
use crate::state::defaults::limit_is_money;
use crate::state::index::NONE;
use crate::state::limit::{Bound, Limit, SOFT_REARM_POINTS, SOFT_THRESHOLDS_MAX};

/// Level of a limit that is beyond its hard number.
pub const LEVEL_HARD: u8 = u8::MAX;

/// One limit in place.
pub struct LimitRow {
    /// As it was set.
    pub limit: Limit,
    /// The hard number in the unit of the measure; for concentrations basis points.
    pub hard: Wide,
    /// Least denominator of a concentration.
    pub floor: Wide,
    /// Soft thresholds in use.
    pub soft_len: usize,
    /// Smallest measure at or above each threshold.
    pub soft: [Wide; SOFT_THRESHOLDS_MAX],
    /// Smallest measure that keeps each threshold fired.
    pub rearm: [Wide; SOFT_THRESHOLDS_MAX],
    /// How many thresholds have fired, or [`LEVEL_HARD`].
    pub level: u8,
    /// Next limit of the same place.
    pub next: u32,
}

impl LimitRow {
    /// Makes the numbers of a limit ready.
    pub fn new(limit: Limit, next: u32) -> LimitRow {
        let hard = match limit.bound {
            Bound::Value(value) if limit_is_money(limit.check) => wide_from_money(value),
            Bound::Value(value) => Wide::from_i128(value),
            Bound::Unlimited | Bound::Collar(_) => Wide::MAX,
        };
        let mut row = LimitRow {
            limit,
            hard,
            floor: wide_from_money(limit.floor),
            soft_len: 0,
            soft: [Wide::MAX; SOFT_THRESHOLDS_MAX],
            rearm: [Wide::MAX; SOFT_THRESHOLDS_MAX],
            level: 0,
            next,
        };
        let bounded = matches!(limit.bound, Bound::Value(_)) && hard != Wide::ZERO;
        for percent in limit.soft_percent.into_iter().filter(|p| *p != 0 && bounded) {
            row.soft[row.soft_len] = percent_of(hard, percent);
            row.rearm[row.soft_len] = percent_of(hard, percent.saturating_sub(SOFT_REARM_POINTS));
            row.soft_len += 1;
        }
        row
    }

    /// Highest threshold at or below the measure: `(how many, percent)`; zeros if none.
    #[inline]
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
    #[inline]
    pub fn soft_kept(&self, measure: Wide) -> u8 {
        (0..self.soft_len).rev().find(|k| measure >= self.rearm[*k]).map_or(0, |k| k as u8 + 1)
    }
}

/// ⌈value × percent ÷ 100⌉, so that `measure ≥ result` says `measure × 100 ≥ value × percent`.
fn percent_of(value: Wide, percent: u8) -> Wide {
    match value.checked_times(u64::from(percent)) {
        Some(product) => product.divided(100, true),
        None => Wide::MAX,
    }
}

/// All limits.
pub struct LimitTable {
    rows: Vec<LimitRow>,
    capacity: usize,
}

impl LimitTable {
    /// An empty table.
    pub fn new(capacity: usize) -> LimitTable {
        LimitTable { rows: Vec::with_capacity(capacity), capacity }
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

    /// All limits.
    pub fn iter(&self) -> impl Iterator<Item = &LimitRow> {
        self.rows.iter()
    }

    /// Puts a limit into the list that starts at `first`, in place of the one in the same place if
    /// there is one. Returns the list's first slot. The caller holds the capacity.
    pub fn put(&mut self, first: u32, limit: Limit) -> u32 {
        let mut at = first;
        while at != NONE {
            let row = &mut self.rows[at as usize];
            if row.limit.same_place(&limit) {
                *row = LimitRow::new(limit, row.next);
                return first;
            }
            at = row.next;
        }
        assert!(self.has_room(), "limit table over its capacity");
        self.rows.push(LimitRow::new(limit, first));
        (self.rows.len() - 1) as u32
    }

    /// The slots of the list that starts at `first`.
    #[inline]
    pub fn list(&self, first: u32) -> LimitList<'_> {
        LimitList { table: self, at: first }
    }

    /// The first limit of a check in the list that starts at `first`.
    pub fn find(&self, first: u32, check: Check) -> Option<&LimitRow> {
        self.list(first).map(|slot| self.get(slot)).find(|row| row.limit.check == check)
    }

    /// The checks in the list that starts at `first`.
    pub fn mask(&self, first: u32) -> u128 {
        self.list(first).fold(0, |mask, slot| mask | self.get(slot).limit.check.bit())
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

    fn row(value: i128) -> LimitRow {
        let limit = Limit::new(Check::MaxLong, Some(0), None, Bound::Value(value));
        LimitRow::new(limit, NONE)
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
