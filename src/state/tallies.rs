//! Sums over groups of instruments at a node: concentrations, margin, greeks, rate sensitivities,
//! currency positions, ownership.
//!
//! A *tally* is a node, a dimension that groups its instruments, and a weight that says what a row
//! counts; it has one [`Total`] per group. Whatever changes a row changes the tallies of each node
//! on its path by the exact difference; only nodes with such limits have any. What changes an
//! instrument (mark, rate, pushed tables) goes through [`State::reweigh`], which takes its rows out
//! before and puts them in after.

use std::collections::BTreeSet;

use crate::abi::codes::Check;
use crate::error::{Error, Result};
use crate::fixed::Wide;
use crate::state::State;
use crate::state::dimension::{Dimension, Groups};
use crate::state::index::NONE;
use crate::state::instruments::Instrument;
use crate::state::limit::{Limit, Variant};
use crate::state::rows::Row;
use crate::state::setup::Setup;
use crate::state::weights::{Part, Total, Weight};

/// Tallies over the largest dimension for which there is room beyond those of the setup.
const SPARE_TALLIES: usize = 16;
/// Tallies beyond those of the setup, however small.
const SPARE_NAMES: usize = 1024;
/// Limits of the largest dimension whose thresholds have room beyond those of the setup.
const SPARE_LEVELS: usize = 32;

/// What a limit sums over, and by which weight; `None` for checks that need no sum over groups.
pub fn needed_by(limit: &Limit) -> Option<(Dimension, Weight)> {
    Some(match (limit.check, limit.variant) {
        (Check::SectorConcentration, _) => (limit.bucket, Weight::Exposure),
        (Check::Margin, _) => (Dimension::All, Weight::Margin),
        (Check::OptionGreeks, Variant::Gamma) => (Dimension::Underlying, Weight::Gamma),
        (Check::OptionGreeks, Variant::Vega) => (Dimension::Underlying, Weight::Vega),
        (Check::OptionGreeks, _) => (Dimension::Underlying, Weight::Delta),
        (Check::RateSensitivity, Variant::Cs01) => (Dimension::Curve, Weight::Cs01),
        (Check::RateSensitivity, _) => (Dimension::Curve, Weight::Dv01),
        (Check::FxPosition, _) => (Dimension::Currency, Weight::Currency),
        (Check::Ownership, Variant::AllMonths) => (Dimension::Product, Weight::Futures),
        (Check::Ownership, Variant::SingleMonth) => (Dimension::Month, Weight::Futures),
        (Check::Ownership, Variant::SpotMonth) => (Dimension::SpotMonth, Weight::Futures),
        (Check::Ownership, _) => (Dimension::Instrument, Weight::Shares),
        _ => return None,
    })
}

/// Does a check compare sums over groups?
pub const fn is_grouped(check: Check) -> bool {
    matches!(
        check,
        Check::SectorConcentration
            | Check::Margin
            | Check::OptionGreeks
            | Check::RateSensitivity
            | Check::FxPosition
            | Check::Ownership
    )
}

/// A tally as its limits read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TallyRef {
    first_total: u32,
    /// What groups its instruments.
    pub dimension: Dimension,
    /// What a row counts.
    pub weight: Weight,
    /// The one group that the limit compares, or `NONE` for each by itself.
    only: u32,
}

impl TallyRef {
    /// Of limits that compare no sum over groups.
    pub const NONE: TallyRef = TallyRef {
        first_total: NONE,
        dimension: Dimension::All,
        weight: Weight::Exposure,
        only: NONE,
    };

    /// The groups that an instrument counts in, `NONE` for none: one, or the two legs of an FX pair.
    #[inline(always)]
    pub fn legs(&self, i: &Instrument) -> [u32; 2] {
        match self.weight {
            // A spread counts in its legs.
            _ if i.is_spread() => [NONE, NONE],
            Weight::Currency if self.only != NONE => {
                i.weights.currency_legs().map(|leg| if leg == self.only { leg } else { NONE })
            }
            Weight::Currency => i.weights.currency_legs(),
            _ => [i.groups[self.dimension as usize], NONE],
        }
    }
}

struct Tally {
    node: u32,
    of: TallyRef,
    /// Next tally of the node.
    next: u32,
}

/// All tallies, and the levels that limits keep for each group.
pub struct Tallies {
    list: Vec<Tally>,
    totals: Vec<Total>,
    /// Soft levels of limits that count each group by itself.
    pub levels: Vec<u8>,
    counts: [u32; Dimension::COUNT],
}

impl Tallies {
    /// Room for what the limits of a setup need, and to spare.
    pub fn new(setup: &Setup) -> Tallies {
        let counts = Groups::new(setup).counts;
        let count = |dimension: Dimension| counts[dimension as usize] as usize;
        let largest = counts.iter().copied().max().unwrap_or(0) as usize;
        let mut needed = BTreeSet::new();
        let mut levels = SPARE_LEVELS * largest;
        for limit in &setup.limits {
            if let (Some((dimension, weight)), Some(node)) = (needed_by(limit), limit.node) {
                needed.insert((node, dimension, weight));
                levels += count(dimension);
            }
        }
        let totals: usize = needed.iter().map(|(_, dimension, _)| count(*dimension)).sum();
        Tallies {
            list: Vec::with_capacity(needed.len() + SPARE_NAMES),
            totals: Vec::with_capacity(totals + SPARE_TALLIES * largest),
            levels: Vec::with_capacity(levels),
            counts,
        }
    }

    /// Is there none?
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All totals and levels, for the state's hash.
    pub(super) fn contents(&self) -> (&[Total], &[u8]) {
        (&self.totals, &self.levels)
    }

    /// A group's total.
    #[inline(always)]
    pub fn total(&self, of: &TallyRef, group: u32) -> Total {
        self.totals[(of.first_total + group) as usize]
    }

    fn find(&self, first: u32, dimension: Dimension, weight: Weight) -> Option<TallyRef> {
        let mut at = first;
        while let Some(tally) = self.list.get(at as usize) {
            if (tally.of.dimension, tally.of.weight) == (dimension, weight) {
                return Some(tally.of);
            }
            at = tally.next;
        }
        None
    }

    /// A row whose worst case at the mark grew by `gross` counts `after` instead of `before` in
    /// the tallies of the list that starts at `first`.
    pub(super) fn shift(
        &mut self,
        first: u32,
        i: &Instrument,
        (before, after): (&Part, &Part),
        gross: Wide,
    ) {
        let mut at = first;
        while let Some(tally) = self.list.get(at as usize) {
            at = tally.next;
            for (leg, group) in tally.of.legs(i).into_iter().enumerate() {
                if group == NONE {
                    continue;
                }
                let weight = tally.of.weight;
                let change = match weight {
                    Weight::Exposure => Total { up: gross, down: Wide::ZERO },
                    _ => weight.of(leg, i, after).minus(weight.of(leg, i, before)),
                };
                let total = &mut self.totals[(tally.of.first_total + group) as usize];
                *total = total.plus(change);
            }
        }
    }

    /// Adds a row to, or takes it from, the tallies of the list that starts at `first`.
    fn count(&mut self, first: u32, i: &Instrument, part: &Part, add: bool) {
        let mut at = first;
        while let Some(tally) = self.list.get(at as usize) {
            at = tally.next;
            for (leg, group) in tally.of.legs(i).into_iter().enumerate() {
                if group == NONE {
                    continue;
                }
                let counts = tally.of.weight.of(leg, i, part);
                let total = &mut self.totals[(tally.of.first_total + group) as usize];
                *total = if add { total.plus(counts) } else { total.minus(counts) };
            }
        }
    }
}

impl Row {
    /// What the row is weighted by.
    pub fn part(&self) -> Part<'_> {
        Part { sums: &self.sums, worth: &self.worth, magnitude: self.magnitude }
    }
}

impl State {
    /// Changes what an instrument's rows count with: `change` may set its mark, rate, pushed tables,
    /// and its rows' worth, but neither positions nor open orders. Every tally follows exactly.
    pub fn reweigh(&mut self, instrument: u32, change: impl FnOnce(&mut State)) {
        self.count_rows(instrument, false);
        change(self);
        self.count_rows(instrument, true);
    }

    fn count_rows(&mut self, instrument: u32, add: bool) {
        if self.tallies.is_empty() {
            return;
        }
        let i = &self.instruments[instrument as usize];
        let mut at = i.first_row;
        while at != NONE {
            let row = &self.rows[at as usize];
            at = row.next_of_instrument;
            for node in self.nodes[row.account as usize].path() {
                let first = self.nodes[*node as usize].first_tally;
                self.tallies.count(first, i, &row.part(), add);
            }
        }
    }

    /// Is there room for the tally and the levels that a limit needs?
    pub(super) fn has_tally_room(&self, limit: &Limit) -> Result<()> {
        let (Some((dimension, weight)), Some(node)) = (needed_by(limit), limit.node) else {
            return Ok(());
        };
        let Tallies { list, totals, levels, counts } = &self.tallies;
        let count = counts[dimension as usize] as usize;
        if levels.len() + count > levels.capacity() {
            return Err(no_room(limit, "the thresholds of another limit"));
        }
        let first = self.nodes[node as usize].first_tally;
        let is_full = list.len() == list.capacity() || totals.len() + count > totals.capacity();
        match self.tallies.find(first, dimension, weight) {
            None if is_full => Err(no_room(limit, "another sum over groups")),
            _ => Ok(()),
        }
    }

    /// The tally that a limit compares and where its levels per group begin, made if need be. The caller holds
    /// the room.
    pub(super) fn tally_for(&mut self, limit: &Limit) -> Option<(TallyRef, u32)> {
        let (dimension, weight) = needed_by(limit)?;
        let node = limit.node?;
        let count = self.tallies.counts[dimension as usize] as usize;
        let levels = self.tallies.levels.len();
        let first = self.nodes[node as usize].first_tally;
        let tally = match self.tallies.find(first, dimension, weight) {
            Some(tally) => tally,
            None => self.make_tally(node, (dimension, weight)),
        };
        let tally = TallyRef { only: limit.currency.unwrap_or(NONE), ..tally };
        // A limit for one instrument compares one group, and keeps one level of its own.
        if limit.instrument.is_some() {
            return Some((tally, NONE));
        }
        self.tallies.levels.resize(levels + count, 0);
        Some((tally, levels as u32))
    }

    /// Gives a node a tally and counts the rows below it. The caller holds the room.
    fn make_tally(&mut self, node: u32, (dimension, weight): (Dimension, Weight)) -> TallyRef {
        let count = self.tallies.counts[dimension as usize] as usize;
        let Tallies { list, totals, .. } = &mut self.tallies;
        let first_total = totals.len();
        totals.resize(first_total + count, Total::default());
        let of = TallyRef { first_total: first_total as u32, dimension, weight, only: NONE };
        let n = &mut self.nodes[node as usize];
        list.push(Tally { node, of, next: n.first_tally });
        n.first_tally = (list.len() - 1) as u32;
        for row in &self.rows {
            if self.nodes[row.account as usize].path().contains(&node) {
                let i = &self.instruments[row.instrument as usize];
                for (leg, group) in of.legs(i).into_iter().enumerate() {
                    if group != NONE {
                        let total = &mut totals[first_total + group as usize];
                        *total = total.plus(weight.of(leg, i, &row.part()));
                    }
                }
            }
        }
        of
    }

    /// Levels of a limit that fired for some group; they are forgotten.
    pub(super) fn forget_group_levels(&mut self, limit: &Limit, first: u32) -> u32 {
        let Some((dimension, _)) = needed_by(limit) else { return 0 };
        if first == NONE {
            return 0;
        }
        let count = self.tallies.counts[dimension as usize] as usize;
        let levels = &mut self.tallies.levels[first as usize..first as usize + count];
        let fired = levels.iter().filter(|level| **level != 0).count();
        levels.fill(0);
        fired as u32
    }

    /// See [`crate::machine::Machine::group_total`].
    pub fn group_total(&self, limit: &Limit, instrument: u32, leg: usize) -> Option<(Wide, Wide)> {
        let (dimension, weight) = needed_by(limit)?;
        let node = &self.nodes[limit.node? as usize];
        let tally = self.tallies.find(node.first_tally, dimension, weight)?;
        let group = *tally.legs(&self.instruments[instrument as usize]).get(leg)?;
        let total = (group != NONE).then(|| self.tallies.total(&tally, group))?;
        Some((total.up, total.down))
    }

    /// Sums again from the rows what the tallies say: every total that differs, as text. Empty if
    /// all is well. Cold.
    pub fn miscounts(&self) -> Vec<String> {
        let mut found = Vec::new();
        for tally in &self.tallies.list {
            let count = self.tallies.counts[tally.of.dimension as usize] as usize;
            let mut again = vec![Total::default(); count];
            for row in &self.rows {
                if !self.nodes[row.account as usize].path().contains(&tally.node) {
                    continue;
                }
                let i = &self.instruments[row.instrument as usize];
                for (leg, group) in tally.of.legs(i).into_iter().enumerate() {
                    if let Some(total) = again.get_mut(group as usize) {
                        *total = total.plus(tally.of.weight.of(leg, i, &row.part()));
                    }
                }
            }
            for (group, expected) in again.iter().enumerate() {
                let kept = self.tallies.total(&tally.of, group as u32);
                if kept != *expected {
                    found.push(format!(
                        "node {}, {} by {}, group {group}: kept {kept:?}, rows say {expected:?}",
                        tally.node,
                        tally.of.dimension.name(),
                        format_args!("{:?}", tally.of.weight),
                    ));
                }
            }
        }
        found
    }
}

fn no_room(limit: &Limit, what: &str) -> Error {
    Error::new(format!(
        "set {}: there is no room for {what} while running; put the limit into the configuration \
         and restart",
        limit.check.name()
    ))
}
