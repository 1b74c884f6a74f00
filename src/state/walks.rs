//! Where accounts began in an instrument: the anchors of `price_walk`, one for each limit, account
//! and instrument that has traded under it. A table of fixed size; what does not fit is refused by
//! the check, never forgotten.

use crate::fixed::Price;
use crate::state::index::{Index, NONE};

/// Whose walk: the slot of a limit, the account, the instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Walk {
    /// Slot of the limit.
    pub limit: u32,
    /// The account.
    pub account: u32,
    /// The instrument.
    pub instrument: u32,
}

impl Walk {
    fn key(self) -> u128 {
        let pair = (u128::from(self.limit) << 64) | (u128::from(self.account) << 32);
        pair | u128::from(self.instrument)
    }
}

/// A window of a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Anchor {
    /// Whose it is.
    pub walk: Walk,
    /// When its first order came, ns of the host's clock.
    pub opened_ns: u64,
    /// The mark at that moment.
    pub mark: Price,
}

/// All anchors.
pub struct Walks {
    anchors: Vec<Anchor>,
    index: Index,
    capacity: usize,
    /// Is there any limit that needs anchors?
    pub is_used: bool,
}

impl Walks {
    /// A table for `capacity` anchors, none of them used.
    pub fn new(capacity: usize) -> Walks {
        let anchors = Vec::with_capacity(capacity);
        Walks { anchors, index: Index::new(capacity), capacity, is_used: false }
    }

    fn find(&self, walk: Walk) -> Option<usize> {
        match self.index.get(walk.key()) {
            NONE => None,
            slot => Some(slot as usize),
        }
    }

    /// The anchor of the window that is open at `now_ns`.
    pub fn anchor(&self, walk: Walk, now_ns: u64, length_ns: u64) -> Option<Price> {
        let anchor = &self.anchors[self.find(walk)?];
        (now_ns - anchor.opened_ns.min(now_ns) < length_ns).then_some(anchor.mark)
    }

    /// Is there room for a window of this walk?
    pub fn has_room(&self, walk: Walk) -> bool {
        self.anchors.len() < self.capacity || self.find(walk).is_some()
    }

    /// Opens a window at this mark, unless one is open.
    pub fn open(&mut self, walk: Walk, now_ns: u64, length_ns: u64, mark: Price) {
        if self.anchor(walk, now_ns, length_ns).is_some() {
            return;
        }
        let anchor = Anchor { walk, opened_ns: now_ns, mark };
        match self.find(walk) {
            Some(slot) => self.anchors[slot] = anchor,
            None if self.anchors.len() < self.capacity => {
                self.index.insert(walk.key(), self.anchors.len() as u32);
                self.anchors.push(anchor);
            }
            None => {}
        }
    }

    /// All anchors, in the order in which they were first opened.
    pub fn as_slice(&self) -> &[Anchor] {
        &self.anchors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_ends_at_its_length_and_a_full_table_says_so() {
        let walk = |account| Walk { limit: 0, account, instrument: 0 };
        let mut walks = Walks::new(1);
        walks.open(walk(1), 100, 50, 7);
        assert_eq!(walks.anchor(walk(1), 149, 50), Some(7));
        assert_eq!(walks.anchor(walk(1), 150, 50), None);
        assert!(walks.has_room(walk(1)) && !walks.has_room(walk(2)));
        walks.open(walk(1), 149, 50, 8);
        assert_eq!(walks.anchor(walk(1), 149, 50), Some(7), "still the first");
        walks.open(walk(1), 150, 50, 9);
        assert_eq!(walks.anchor(walk(1), 199, 50), Some(9));
    }
}
