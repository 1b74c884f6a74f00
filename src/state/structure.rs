//! Changes of structure between two orders: limits, restrictions, and the cells and tallies that
//! they need. Work is proportional to the rows concerned; orders never come here.

use crate::abi::codes::Check;
use crate::error::{Error, Result};
use crate::fixed::Wide;
use crate::state::State;
use crate::state::command::Restriction;
use crate::state::index::{NONE, pair};
use crate::state::limit::Limit;
use crate::state::limits::RANKS;
use crate::state::rows::{Cell, Sums};
use crate::state::windows::is_counted;

/// Does the limit, set for all instruments of a node, count each instrument by itself?
fn counts_by_instrument(check: Check) -> bool {
    matches!(check, Check::MaxLong | Check::MaxShort)
}

impl State {
    /// Sets a limit, or replaces the one that stands for the same.
    pub fn set_limit(&mut self, limit: &Limit) -> Result<()> {
        let (first, equity) = self.place_of(limit);
        match self.limits.replaced_by(first, limit) {
            Some(slot) => {
                self.forget_levels(slot, limit);
                self.limits.replace(slot, *limit, equity);
                self.refresh_masks();
            }
            None => self.add_limit(limit)?,
        }
        if limit.until_ns != 0 {
            self.next_revert_ns = self.next_revert_ns.min(limit.until_ns);
        }
        Ok(())
    }

    /// Why a limit cannot be set for want of room. Changes nothing.
    pub fn room_for(&self, limit: &Limit) -> Result<()> {
        match self.limits.replaced_by(self.place_of(limit).0, limit) {
            Some(_) => Ok(()),
            None => self.room_to_add(limit),
        }
    }

    fn room_to_add(&self, limit: &Limit) -> Result<()> {
        if !self.limits.has_room() {
            return Err(Error::new(format!(
                "set {}: all {} limits of [capacity] are in use; raise capacity.limits",
                limit.check.name(),
                self.limits.len()
            )));
        }
        self.has_window_room(limit)?;
        self.has_cell_room(limit)?;
        self.has_tally_room(limit)?;
        match limit.node {
            Some(node) if limit.check == Check::BuyingPower => self.ledger_room(node),
            _ => Ok(()),
        }
    }

    /// Why a restriction cannot be set for want of room. Changes nothing.
    pub fn room_to_restrict(&self, node: u32, instrument: Option<u32>) -> Result<()> {
        let has_cell = instrument.is_none_or(|i| self.find_cell(node, i) != NONE);
        match has_cell || self.cells.len() < self.cell_capacity {
            true => Ok(()),
            false => Err(self.no_cell_room()),
        }
    }

    /// Where a limit's list begins, and the equity that its shares are of.
    fn place_of(&self, limit: &Limit) -> (u32, Wide) {
        match (limit.node, limit.instrument) {
            (None, None) if limit.lane.is_some() => (self.lane_limits(limit), Wide::ZERO),
            (Some(node), Some(i)) => match self.find_cell(node, i) {
                NONE => (NONE, Wide::ZERO),
                cell => (self.cells[cell as usize].first_limit, Wide::ZERO),
            },
            (Some(node), None) => {
                let n = &self.nodes[node as usize];
                (n.first_limit, n.equity)
            }
            (None, Some(i)) => (self.instruments[i as usize].first_limit, Wide::ZERO),
            (None, None) => (NONE, Wide::ZERO),
        }
    }

    /// Ends every temporary value whose time has come; true if any had. Work is proportional to the
    /// limits, and only at such a time.
    pub fn revert_limits(&mut self, wall_ns: u64) -> bool {
        let mut any = false;
        self.next_revert_ns = u64::MAX;
        for slot in 0..self.limits.len() as u32 {
            let limit = self.limits.detail(slot).limit;
            if limit.until_ns == 0 {
                continue;
            }
            if limit.until_ns > wall_ns {
                self.next_revert_ns = self.next_revert_ns.min(limit.until_ns);
                continue;
            }
            let (_, equity) = self.place_of(&limit);
            self.forget_levels(slot, &limit);
            self.limits.revert(slot, equity);
            any = true;
        }
        if any {
            self.refresh_masks();
        }
        any
    }

    /// Which checks have a limit where.
    fn refresh_masks(&mut self) {
        for i in &mut self.instruments {
            i.limit_mask = self.limits.mask(i.first_limit);
        }
        for lane in &mut self.lanes {
            lane.limit_mask = self.limits.mask(lane.first_limit);
        }
        for id in 0..self.nodes.len() {
            let own = self.limits.mask(self.nodes[id].first_limit);
            let above = match self.nodes[id].path() {
                [_, parent, ..] => self.nodes[*parent as usize].path_mask,
                _ => 0,
            };
            self.nodes[id].path_mask = own | above;
        }
    }

    /// A limit that is replaced has fired nothing: neither its own level counts, nor those that it
    /// keeps for each instrument or group.
    fn forget_levels(&mut self, slot: u32, limit: &Limit) {
        let Some(node) = limit.node.filter(|_| !is_counted(limit.check)) else { return };
        let mut forgotten = u32::from(self.limits.get(slot).level != 0);
        let mut forget = |level: &mut u8| forgotten += u32::from(core::mem::take(level) != 0);
        if counts_by_instrument(limit.check) && limit.instrument.is_none() {
            let which = self.limits.get(slot).level_index();
            let rows = self.rows.iter_mut().filter(|r| r.account == node);
            rows.for_each(|r| forget(&mut r.levels[which]));
            let cells = self.cells.iter_mut().filter(|c| c.node == node);
            cells.for_each(|c| forget(&mut c.levels[which]));
        }
        forgotten += self.forget_group_levels(limit, self.limits.get(slot).group_levels);
        self.nodes[node as usize].fired -= forgotten;
    }

    /// Adds a limit beside all others; an error changes nothing.
    pub fn add_limit(&mut self, limit: &Limit) -> Result<()> {
        self.room_to_add(limit)?;
        let tally = self.tally_for(limit);
        self.walks.is_used |= limit.check == Check::PriceWalk;
        match (limit.node, limit.instrument) {
            (Some(node), Some(instrument)) => {
                let cell = self.cell_or_make(node, instrument)?;
                let first = self.cells[cell as usize].first_limit;
                self.cells[cell as usize].first_limit = self.limits.add(first, *limit, Wide::ZERO);
                self.note_cell_counter(limit, instrument);
            }
            (None, None) if limit.lane.is_some() => self.add_lane_limit(limit),
            (Some(node), None) => self.set_node_limit(node, limit)?,
            (None, Some(instrument)) => {
                let i = &mut self.instruments[instrument as usize];
                i.first_limit = self.limits.add(i.first_limit, *limit, Wide::ZERO);
                i.limit_mask = self.limits.mask(i.first_limit);
            }
            (None, None) => {
                return Err(Error::new(format!(
                    "set {}: a limit needs a node, an instrument, or both",
                    limit.check.name()
                )));
            }
        }
        self.note_counter(limit);
        if let Some((tally, group_levels)) = tally {
            self.limits.compare_groups(tally, group_levels);
        }
        Ok(())
    }

    fn set_node_limit(&mut self, node: u32, limit: &Limit) -> Result<()> {
        if counts_by_instrument(limit.check) && !self.nodes[node as usize].tracks_instruments {
            self.nodes[node as usize].tracks_instruments = true;
            self.make_missing_cells(node)?;
        }
        if limit.check == Check::BuyingPower {
            self.ledger_or_make(node)?;
        }
        let n = &mut self.nodes[node as usize];
        n.first_limit = self.limits.add(n.first_limit, *limit, n.equity);
        self.refresh_masks();
        Ok(())
    }

    /// Sets what a node may do in an instrument, or in all.
    pub fn restrict(
        &mut self,
        node: u32,
        instrument: Option<u32>,
        mode: Restriction,
    ) -> Result<()> {
        match instrument {
            None => self.nodes[node as usize].restriction = mode,
            Some(instrument) => {
                let cell = self.cell_or_make(node, instrument)?;
                self.cells[cell as usize].restriction = mode;
            }
        }
        Ok(())
    }

    /// Calls `visit` with each limit that holds for an account in an instrument, and the node whose
    /// it is: the instrument's own first, then from the account up. Cold.
    pub fn each_limit_on_path(
        &self,
        account: u32,
        instrument: u32,
        mut visit: impl FnMut(Option<u32>, &Limit),
    ) {
        let own = self.instruments[instrument as usize].first_limit;
        self.limits.set_in(own).for_each(|limit| visit(None, limit));
        for node in self.nodes[account as usize].path() {
            let in_all = self.nodes[*node as usize].first_limit;
            self.limits.set_in(in_all).for_each(|limit| visit(Some(*node), limit));
            if let Some(cell) = self.cells.get(self.find_cell(*node, instrument) as usize) {
                self.limits.set_in(cell.first_limit).for_each(|limit| visit(Some(*node), limit));
            }
        }
    }

    /// Is there room for the cells that a limit needs?
    fn has_cell_room(&self, limit: &Limit) -> Result<()> {
        let lacks = |node: u32, instrument: u32| self.find_cell(node, instrument) == NONE;
        let missing = match (limit.node, limit.instrument) {
            (Some(node), Some(instrument)) => usize::from(lacks(node, instrument)),
            (Some(node), None) if counts_by_instrument(limit.check) => {
                let n = &self.nodes[node as usize];
                let is_new = n.interior && !n.tracks_instruments;
                let traded = |id: &u32| self.has_row_below(node, *id) && lacks(node, *id);
                if is_new { (0..self.instruments.len() as u32).filter(traded).count() } else { 0 }
            }
            _ => 0,
        };
        match self.cells.len() + missing <= self.cell_capacity {
            true => Ok(()),
            false => Err(self.no_cell_room()),
        }
    }

    /// Has any account below a node a row in an instrument?
    fn has_row_below(&self, node: u32, instrument: u32) -> bool {
        let mut at = self.instruments[instrument as usize].first_row;
        while let Some(row) = self.rows.get(at as usize) {
            if self.nodes[row.account as usize].path().contains(&node) {
                return true;
            }
            at = row.next_of_instrument;
        }
        false
    }

    fn no_cell_room(&self) -> Error {
        Error::new(format!(
            "no room for another node × instrument limit: all {} are in use; raise \
             capacity.limits or capacity.positions",
            self.cell_capacity
        ))
    }

    fn cell_or_make(&mut self, node: u32, instrument: u32) -> Result<u32> {
        match self.find_cell(node, instrument) {
            NONE if self.cells.len() < self.cell_capacity => Ok(self.make_cell(node, instrument)),
            NONE => Err(self.no_cell_room()),
            cell => Ok(cell),
        }
    }

    /// Makes a cell and adds up the rows that belong to it. The caller holds the room.
    pub(super) fn make_cell(&mut self, node: u32, instrument: u32) -> u32 {
        let slot = self.cells.len() as u32;
        let mut cell = Cell {
            node,
            instrument,
            sums: Sums::default(),
            restriction: Restriction::Open,
            latch: None,
            first_limit: NONE,
            levels: [0; 2 * RANKS],
        };
        let mut at = self.instruments[instrument as usize].first_row;
        while at != NONE {
            // A row that is being made is in the list but not in the table yet, and is empty.
            let Some(row) = self.rows.get_mut(at as usize) else { break };
            at = row.next_of_instrument;
            let path = self.nodes[row.account as usize].path();
            if let Some(level) = path.iter().position(|n| *n == node) {
                cell.sums.shift(&Sums::default(), &row.sums);
                row.cells[level] = slot;
            }
        }
        self.cells.push(cell);
        self.cell_index.insert(pair(node, instrument), slot);
        slot
    }

    /// Makes the cells of a node that begins to count instruments by themselves.
    fn make_missing_cells(&mut self, node: u32) -> Result<()> {
        if !self.nodes[node as usize].interior {
            return Ok(());
        }
        for slot in 0..self.rows.len() {
            let (account, instrument) = (self.rows[slot].account, self.rows[slot].instrument);
            if self.nodes[account as usize].path().contains(&node) {
                self.cell_or_make(node, instrument)?;
            }
        }
        Ok(())
    }
}
