//! Parent orders: what an algorithm was told to do as a whole, in a table of fixed size.
//!
//! A parent reserves nothing. It only counts what its children hold and have executed, so that
//! nobody can slice more out of it than there is. It stays until it is closed and its last child
//! is done.

use crate::fixed::{Price, Qty};
use crate::state::index::{Index, NONE, scoped};
use crate::state::shares::Shares;

/// A parent order.
#[derive(Clone, Copy, Debug)]
pub struct Parent {
    /// Lane that opened it; `NONE` marks a free slot.
    pub lane: u32,
    /// Id of the request that opened it.
    pub id: u64,
    /// Node of the account tree: children trade for it or for an account below it.
    pub account: u32,
    /// Instrument.
    pub instrument: u32,
    /// `abi::order::side`.
    pub side: u8,
    /// Quantity of the whole, 1e-8.
    pub qty: Qty,
    /// Worst price of a child, or undefined for any.
    pub price: Price,
    /// Σ of the children's reserved and executed quantity, 1e-8. More than `qty` only if the venue
    /// executed more than was accepted.
    pub used: i128,
    /// Children accepted so far, less those that were never sent.
    pub children: u32,
    /// Children that are open.
    pub open: u32,
    /// It takes no more children; it is forgotten with the last open one.
    pub closed: bool,
    next_free: u32,
}

/// The table of parents.
pub struct ParentTable {
    parents: Vec<Parent>,
    free: u32,
    index: Index,
    shares: Shares,
}

const FREE: Parent = Parent {
    lane: NONE,
    id: 0,
    account: 0,
    instrument: 0,
    side: 0,
    qty: 0,
    price: 0,
    used: 0,
    children: 0,
    open: 0,
    closed: false,
    next_free: NONE,
};

impl ParentTable {
    /// Room for `capacity` parents of `lanes` lanes.
    pub fn new(capacity: usize, lanes: usize) -> ParentTable {
        let chain = |i: usize| if i + 1 < capacity { i as u32 + 1 } else { NONE };
        ParentTable {
            parents: (0..capacity).map(|i| Parent { next_free: chain(i), ..FREE }).collect(),
            free: if capacity > 0 { 0 } else { NONE },
            index: Index::new(capacity),
            shares: Shares::new(lanes, capacity),
        }
    }

    /// Slot of a parent, closed or not, or `NONE`.
    #[inline]
    pub fn find(&self, lane: u32, id: u64) -> u32 {
        self.index.get(scoped(lane, id))
    }

    /// The parent in a slot; `None` for `NONE`.
    #[inline]
    pub fn get(&self, slot: u32) -> Option<&Parent> {
        self.parents.get(slot as usize)
    }

    /// Is there room for one more of a lane?
    pub fn has_room(&self, lane: u32) -> bool {
        self.free != NONE && self.shares.has_room(lane)
    }

    /// Opens a parent without children. The caller holds [`ParentTable::has_room`] and knows that
    /// the lane has none of this id.
    #[allow(clippy::too_many_arguments)]
    pub fn open(
        &mut self,
        lane: u32,
        id: u64,
        account: u32,
        instrument: u32,
        side: u8,
        qty: Qty,
        price: Price,
    ) {
        let slot = self.free;
        let parent = &mut self.parents[slot as usize];
        self.free = parent.next_free;
        *parent = Parent { lane, id, account, instrument, side, qty, price, ..FREE };
        self.index.insert(scoped(lane, id), slot);
        self.shares.take(lane);
    }

    /// No more children. False: it was closed before.
    pub fn close(&mut self, slot: u32) -> bool {
        let parent = &mut self.parents[slot as usize];
        let was_open = !core::mem::replace(&mut parent.closed, true);
        self.forget_if_done(slot);
        was_open
    }

    /// Changes what the children hold and have executed. `NONE`: no parent.
    #[inline]
    pub fn charge(&mut self, slot: u32, by: i128) {
        if let Some(parent) = self.parents.get_mut(slot as usize) {
            parent.used += by;
        }
    }

    /// A child was accepted.
    pub fn child_opened(&mut self, slot: u32, qty: Qty) {
        if let Some(parent) = self.parents.get_mut(slot as usize) {
            parent.used += i128::from(qty);
            parent.children = parent.children.saturating_add(1);
            parent.open += 1;
        }
    }

    /// A child was accepted and never sent: it does not count as one.
    pub fn child_unsent(&mut self, slot: u32) {
        if let Some(parent) = self.parents.get_mut(slot as usize) {
            parent.children = parent.children.saturating_sub(1);
        }
    }

    /// A child is not open any more.
    #[inline]
    pub fn child_done(&mut self, slot: u32) {
        if let Some(parent) = self.parents.get_mut(slot as usize) {
            parent.open -= 1;
            self.forget_if_done(slot);
        }
    }

    fn forget_if_done(&mut self, slot: u32) {
        let parent = &mut self.parents[slot as usize];
        if parent.closed && parent.open == 0 {
            self.index.remove(scoped(parent.lane, parent.id));
            self.shares.give(parent.lane);
            *parent = Parent { next_free: self.free, ..FREE };
            self.free = slot;
        }
    }

    /// All parents, by slot.
    pub fn iter(&self) -> impl Iterator<Item = &Parent> {
        self.parents.iter().filter(|p| p.lane != NONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_parent_stays_until_its_last_child_is_done_and_its_place_is_used_again() {
        let mut table = ParentTable::new(1, 4);
        table.open(3, 7, 0, 0, 1, 100, 5);
        assert!(!table.has_room(0));
        let slot = table.find(3, 7);
        assert_eq!(table.find(2, 7), NONE, "ids are a lane's own");
        table.child_opened(slot, 40);
        table.child_opened(slot, 60);
        assert!(table.close(slot) && !table.close(slot));
        table.charge(slot, -40);
        table.child_done(slot);
        assert_eq!(table.get(slot).map(|p| (p.used, p.children, p.open)), Some((60, 2, 1)));
        table.child_done(slot);
        assert!(table.has_room(0) && table.find(3, 7) == NONE);
    }
}
