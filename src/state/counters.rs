//! Limits that count by themselves, and limits of lanes: where they are linked in, and when what
//! they count begins again. Between two orders only.

use crate::abi::codes::Check;
use crate::error::{Error, Result};
use crate::fixed::Wide;
use crate::state::State;
use crate::state::index::NONE;
use crate::state::limit::{Limit, Reset};
use crate::state::windows::{COUNTED, SPARE_WINDOWS, windows_of};

impl State {
    /// First of the limits of a limit's lane.
    pub(super) fn lane_limits(&self, limit: &Limit) -> u32 {
        let lane = limit.lane.and_then(|lane| self.lanes.get(lane as usize));
        lane.map_or(NONE, |lane| lane.first_limit)
    }

    /// Adds a limit of a lane.
    pub(super) fn add_lane_limit(&mut self, limit: &Limit) {
        let Some(lane) = limit.lane.and_then(|lane| self.lanes.get_mut(lane as usize)) else {
            return;
        };
        lane.first_limit = self.limits.add(lane.first_limit, *limit, Wide::ZERO);
        lane.limit_mask = self.limits.mask(lane.first_limit);
    }

    /// Calls `visit` with each limit of a lane. Cold.
    pub fn each_limit_of_lane(&self, lane: u32, mut visit: impl FnMut(&Limit)) {
        let first = self.lanes[lane as usize].first_limit;
        self.limits.set_in(first).for_each(&mut visit);
    }

    /// Is there room for the windows of one more limit?
    pub(super) fn has_window_room(&self, limit: &Limit) -> Result<()> {
        if self.limits.windows.has_room(limit) {
            return Ok(());
        }
        Err(Error::new(format!(
            "set {}: all {} windows of time are in use, {SPARE_WINDOWS} of them for limits that are \
             set while running; put this limit into the configuration and restart",
            limit.check.name(),
            self.limits.windows.len()
        )))
    }

    /// A limit was added: what it needs to be counted for.
    pub(super) fn note_counter(&mut self, limit: &Limit) {
        let counted = limit.check.bit() & COUNTED;
        self.counted |= counted;
        if let Some(node) = limit.node.filter(|_| limit.instrument.is_none()) {
            for n in self.nodes.iter_mut().filter(|n| n.path().contains(&node)) {
                n.counted |= counted;
            }
        } else if let Some(lane) = limit.lane {
            self.lanes[lane as usize].counted |= counted;
        } else if let Some(i) = limit.instrument.filter(|_| limit.node.is_none()) {
            self.instruments[i as usize].counted |= counted;
        }
        if limit.check == Check::DuplicateOrder {
            self.duplicates.needs(limit.window.length_ns);
        }
    }

    /// The limit that was added last is of a node in an instrument.
    pub(super) fn note_cell_counter(&mut self, limit: &Limit, instrument: u32) {
        self.counted_in_cells |= limit.check.bit() & COUNTED;
        if limit.check == Check::Participation && windows_of(limit) != 0 {
            let slot = self.limits.len() as u32 - 1;
            let i = &mut self.instruments[instrument as usize];
            i.first_volume_limit = self.limits.link_volume(slot, i.first_volume_limit);
        }
    }

    /// A new day (or week) begins for a node and everything below it: what counts by the day begins
    /// at zero. What a limit latched stays latched.
    pub(super) fn begin_counting_day(&mut self, node: u32, week: bool) {
        for slot in 0..self.limits.len() as u32 {
            let limit = &self.limits.detail(slot).limit;
            let begins = match limit.reset {
                Reset::Day => true,
                Reset::Week => week,
                Reset::Never => false,
            };
            let below = |n: u32| self.nodes[n as usize].path().contains(&node);
            if limit.check == Check::OrdersPerDay && begins && limit.node.is_some_and(below) {
                self.restart_counter(slot);
            }
        }
    }

    /// A person re-arms a node: what never begins again by itself begins at zero there.
    pub(super) fn restart_counters(&mut self, node: u32) {
        for slot in 0..self.limits.len() as u32 {
            let limit = &self.limits.detail(slot).limit;
            let latched = matches!(limit.check, Check::RepeatedExecution | Check::OrdersPerDay);
            if latched && limit.node == Some(node) {
                self.restart_counter(slot);
            }
        }
    }

    fn restart_counter(&mut self, slot: u32) {
        let row = self.limits.get_mut(slot);
        row.count = 0;
        row.level = 0;
    }
}
