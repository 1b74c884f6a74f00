//! What a lane has asked and reported before: request ids with their recorded verdicts, and
//! execution ids, each among the last `capacity` of the lane.

use crate::abi::SlotWords;
use crate::abi::codes::{Check, CheckMask};
use crate::fixed::{Price, Qty, Wide};
use crate::state::index::{Index, NONE, scoped};

/// The first breach of a decided request, as its verdict said it.
#[derive(Clone, Copy, Debug)]
pub struct FirstBreach {
    /// Which check.
    pub check: Check,
    /// Node whose limit it is.
    pub node: u32,
    /// Unit of the numbers, as `gate::outcome::MeasureUnit`.
    pub unit: u8,
    /// The measure without the order.
    pub before: Wide,
    /// The measure with the order.
    pub observed: Wide,
    /// The limit.
    pub limit: Wide,
    /// More about it.
    pub detail: u32,
}

/// A decided request.
#[derive(Clone, Copy, Debug)]
pub struct Decided {
    /// Its id.
    pub id: u64,
    /// Digest of its content.
    pub digest: u64,
    /// What was decided.
    pub decision: u8,
    /// Flags of the verdict.
    pub flags: u16,
    /// What rejected it.
    pub breaches: CheckMask,
    /// The first of it.
    pub first: Option<FirstBreach>,
}

/// An execution that was booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Execution {
    /// Its id.
    pub id: u64,
    /// The order.
    pub order_id: u64,
    /// Quantity.
    pub qty: Qty,
    /// Price.
    pub price: Price,
    /// Fee, 1e-8 of the instrument's currency.
    pub fee: i64,
    /// Account.
    pub account: u32,
    /// Instrument.
    pub instrument: u32,
    /// `abi::order::side`.
    pub side: u8,
    /// Taken back by a bust.
    pub busted: bool,
}

/// The last so many items of each lane, found by id.
pub struct Recent<T> {
    lanes: Vec<Ring<T>>,
    index: Index,
    capacity: usize,
}

struct Ring<T> {
    items: Vec<T>,
    next: usize,
}

/// Something with an id.
pub trait Identified {
    /// The id, unique within its lane.
    fn id(&self) -> u64;
}

impl Identified for Decided {
    fn id(&self) -> u64 {
        self.id
    }
}

impl Identified for Execution {
    fn id(&self) -> u64 {
        self.id
    }
}

impl<T: Identified> Recent<T> {
    /// Room for `capacity` items of each of `lanes` lanes.
    pub fn new(lanes: usize, capacity: usize) -> Recent<T> {
        let ring = |_| Ring { items: Vec::with_capacity(capacity), next: 0 };
        Recent {
            lanes: (0..lanes).map(ring).collect(),
            index: Index::new(lanes * capacity),
            capacity,
        }
    }

    /// The item with this id.
    #[inline]
    pub fn get(&self, lane: u32, id: u64) -> Option<&T> {
        let at = self.index.get(scoped(lane, id));
        if at == NONE { None } else { self.lanes[lane as usize].items.get(at as usize) }
    }

    /// The item with this id.
    #[inline]
    pub fn get_mut(&mut self, lane: u32, id: u64) -> Option<&mut T> {
        let at = self.index.get(scoped(lane, id));
        if at == NONE { None } else { self.lanes[lane as usize].items.get_mut(at as usize) }
    }

    /// Remembers an item whose id is not remembered yet, and forgets the oldest if need be.
    pub fn push(&mut self, lane: u32, item: T) {
        let ring = &mut self.lanes[lane as usize];
        let key = scoped(lane, item.id());
        if ring.items.len() < self.capacity {
            self.index.insert(key, ring.items.len() as u32);
            ring.items.push(item);
        } else {
            let at = ring.next;
            self.index.remove(scoped(lane, ring.items[at].id()));
            self.index.insert(key, at as u32);
            ring.items[at] = item;
            ring.next = (at + 1) % self.capacity;
        }
    }

    /// All items of a lane, for the state hash.
    pub fn lane_items(&self, lane: usize) -> impl Iterator<Item = &T> {
        self.lanes.get(lane).into_iter().flat_map(|ring| ring.items.iter())
    }
}

/// Digest of a request's content: everything but the stamp and the client's time.
pub fn digest(words: &SlotWords, extension: Option<&SlotWords>) -> u64 {
    let mut state = 0x243f_6a88_85a3_08d3u64;
    let mut absorb = |word: u64| {
        state = (state ^ word).wrapping_mul(0x9fb2_1c65_1e98_df25);
        state ^= state >> 32;
    };
    words[1..7].iter().for_each(|w| absorb(*w));
    absorb(words[7] & 0xffff_ffff);
    if let Some(extension) = extension {
        extension[1..].iter().for_each(|w| absorb(*w));
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;

    fn execution(id: u64) -> Execution {
        Execution {
            id,
            order_id: 0,
            qty: 1,
            price: 1,
            fee: 0,
            account: 0,
            instrument: 0,
            side: 1,
            busted: false,
        }
    }

    #[test]
    fn the_oldest_is_forgotten_and_lanes_are_apart() {
        let mut recent = Recent::new(2, 16);
        for id in 1..=20 {
            recent.push(0, execution(id));
        }
        assert!(recent.get(0, 4).is_none() && recent.get(0, 5).is_some());
        assert!(recent.get(0, 20).is_some() && recent.get(1, 20).is_none());
    }

    #[test]
    fn the_digest_ignores_stamp_and_client_time() {
        let words = [1, 2, 3, 4, 5, 6, 7, 8];
        let mut other = words;
        other[0] = 99;
        other[7] |= 77 << 32;
        assert_eq!(digest(&words, None), digest(&other, None));
        other[7] ^= 1;
        assert_ne!(digest(&words, None), digest(&other, None));
        assert_ne!(digest(&words, None), digest(&words, Some(&words)));
    }
}
