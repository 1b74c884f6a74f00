//! Where accounts began in an instrument: the anchors of `price_walk`, one for each limit, account
//! and instrument that has traded under it. A table of fixed size: a window that has ended makes
//! room for another; what does not fit is refused by the check, never forgotten. What one lane
//! opens leaves the others their share ([`Shares`]).

use core::hash::{Hash, Hasher};

use crate::fixed::Price;
use crate::state::index::{Index, NONE};
use crate::state::shares::Shares;

/// Anchors that are looked at for one that has ended.
const LOOKS: usize = 16;

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
struct Anchor {
    walk: Walk,
    /// When its first order came, ns of the host's clock.
    opened_ns: u64,
    length_ns: u64,
    /// The mark at that moment.
    mark: Price,
    /// Whose order it was.
    lane: u32,
}

impl Anchor {
    /// Has it ended? Also if it is of a time before the host's clock began anew.
    fn is_over(&self, now_ns: u64) -> bool {
        now_ns.checked_sub(self.opened_ns).is_none_or(|age| age >= self.length_ns)
    }
}

/// All anchors.
pub struct Walks {
    anchors: Vec<Anchor>,
    index: Index,
    capacity: usize,
    /// Where the search for one that has ended begins.
    hand: usize,
    shares: Shares,
    /// Is there any limit that needs anchors?
    pub is_used: bool,
}

impl Walks {
    /// A table for `capacity` anchors of `lanes` lanes, none of them used.
    pub fn new(capacity: usize, lanes: usize) -> Walks {
        Walks {
            anchors: Vec::with_capacity(capacity),
            index: Index::new(capacity),
            capacity,
            hand: 0,
            shares: Shares::new(lanes, capacity),
            is_used: false,
        }
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

    /// Is there room for a window of this walk, opened by an order of this lane?
    pub fn has_room(&self, lane: u32, walk: Walk, now_ns: u64) -> bool {
        self.has_place(lane) || self.find(walk).is_some() || self.ended(now_ns).is_some()
    }

    fn has_place(&self, lane: u32) -> bool {
        self.anchors.len() < self.capacity && self.shares.has_room(lane)
    }

    /// One of the next few anchors that has ended.
    fn ended(&self, now_ns: u64) -> Option<usize> {
        let count = self.anchors.len();
        let near = (0..LOOKS.min(count)).map(|step| (self.hand + step) % count);
        near.into_iter().find(|at| self.anchors[*at].is_over(now_ns))
    }

    /// Opens a window at this mark, unless one is open.
    pub fn open(&mut self, lane: u32, walk: Walk, now_ns: u64, length_ns: u64, mark: Price) {
        if self.anchor(walk, now_ns, length_ns).is_some() {
            return;
        }
        let anchor = Anchor { walk, opened_ns: now_ns, length_ns, mark, lane };
        if let Some(slot) = self.find(walk) {
            self.replace(slot, anchor);
        } else if self.has_place(lane) {
            self.index.insert(walk.key(), self.anchors.len() as u32);
            self.anchors.push(anchor);
            self.shares.take(lane);
        } else if let Some(slot) = self.ended(now_ns) {
            self.index.remove(self.anchors[slot].walk.key());
            self.index.insert(walk.key(), slot as u32);
            self.replace(slot, anchor);
            self.hand = (slot + 1) % self.anchors.len();
        } else {
            // Nothing here: the next one looks further on.
            self.hand = (self.hand + LOOKS) % self.anchors.len().max(1);
        }
    }

    fn replace(&mut self, slot: usize, anchor: Anchor) {
        self.shares.give(self.anchors[slot].lane);
        self.shares.take(anchor.lane);
        self.anchors[slot] = anchor;
    }
}

/// What the state hash reads.
impl Hash for Walks {
    fn hash<H: Hasher>(&self, h: &mut H) {
        (&self.anchors, self.hand).hash(h);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(account: u32) -> Walk {
        Walk { limit: 0, account, instrument: 0 }
    }

    #[test]
    fn a_window_ends_at_its_length_and_a_full_table_says_so() {
        let mut walks = Walks::new(1, 1);
        walks.open(0, walk(1), 100, 50, 7);
        assert_eq!(walks.anchor(walk(1), 149, 50), Some(7));
        assert_eq!(walks.anchor(walk(1), 150, 50), None);
        assert!(walks.has_room(0, walk(1), 149) && !walks.has_room(0, walk(2), 149));
        walks.open(0, walk(1), 149, 50, 8);
        assert_eq!(walks.anchor(walk(1), 149, 50), Some(7), "still the first");
        walks.open(0, walk(1), 150, 50, 9);
        assert_eq!(walks.anchor(walk(1), 199, 50), Some(9));
    }

    #[test]
    fn what_has_ended_makes_room_wherever_it_stands() {
        let mut walks = Walks::new(100, 1);
        for account in 0..100 {
            // One of them is short.
            walks.open(0, walk(account), 10, if account == 70 { 5 } else { 1_000 }, 1);
        }
        let mut refused = 0;
        while !walks.has_room(0, walk(500), 20) {
            walks.open(0, walk(500), 20, 1_000, 2);
            refused += 1;
        }
        assert!((1..=7).contains(&refused), "{refused}: it looks further each time");
        walks.open(0, walk(500), 20, 1_000, 2);
        assert_eq!(walks.anchor(walk(500), 21, 1_000), Some(2));
        assert_eq!(walks.anchor(walk(70), 11, 5), None);
        for account in 1_000..1_100 {
            assert!(walks.has_room(0, walk(account), 1_020));
            walks.open(0, walk(account), 1_020, 10, 3);
            assert_eq!(walks.anchor(walk(account), 1_020, 10), Some(3));
        }
        assert_eq!((walks.anchors.len(), walks.index.len()), (100, 100));
    }

    #[test]
    fn a_lane_that_fills_the_table_leaves_the_others_their_share() {
        let mut walks = Walks::new(16, 2);
        (0..100).for_each(|account| walks.open(0, walk(account), 1, 1_000, 1));
        assert_eq!(walks.anchors.len(), 12);
        assert!(!walks.has_room(0, walk(500), 2) && walks.has_room(1, walk(500), 2));
    }
}
