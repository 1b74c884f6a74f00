//! The firm's own resting orders per beneficial owner, instrument, auction book and side: best
//! price in a few steps, for wash-trade prevention.
//!
//! Each side is a treap (a search tree by price that is a heap by a secret mix of the entry's
//! number, see `state::salt`): expected depth is logarithmic whatever prices a client chooses,
//! and what it answers depends on nothing but the entries.

use super::salt::salt;
use crate::fixed::Price;
use crate::state::index::{Index, NONE};

/// Which side of which book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookSide {
    /// Beneficial owner.
    pub owner: u32,
    /// Instrument.
    pub instrument: u32,
    /// 0 continuous trading, 1 opening auction, 2 closing auction.
    pub auction: u8,
    /// `abi::order::side`.
    pub side: u8,
}

impl BookSide {
    fn key(self) -> u128 {
        (u128::from(self.owner) << 64)
            | (u128::from(self.instrument) << 16)
            | (u128::from(self.auction) << 8)
            | u128::from(self.side)
    }
}

#[derive(Clone, Copy)]
struct Entry {
    price: Price,
    left: u32,
    right: u32,
}

/// All own orders' prices.
pub struct OwnBook {
    entries: Vec<Entry>,
    free: u32,
    roots: Vec<u32>,
    root_index: Index,
    root_capacity: usize,
    salt: [u64; 2],
}

impl OwnBook {
    /// A book for `entries` prices over `sides` book sides.
    pub fn new(entries: usize, sides: usize) -> OwnBook {
        let chain = |i: usize| Entry {
            price: 0,
            left: if i + 1 < entries { i as u32 + 1 } else { NONE },
            right: NONE,
        };
        OwnBook {
            entries: (0..entries).map(chain).collect(),
            free: if entries > 0 { 0 } else { NONE },
            roots: Vec::with_capacity(sides),
            root_index: Index::new(sides),
            root_capacity: sides,
            salt: salt(),
        }
    }

    /// Is there room for one more price on this side?
    pub fn has_room(&self, side: BookSide) -> bool {
        self.free != NONE
            && (self.roots.len() < self.root_capacity || self.root_index.get(side.key()) != NONE)
    }

    /// Lowest price of a side.
    #[inline]
    pub fn lowest(&self, side: BookSide) -> Option<Price> {
        self.end(side, |entry| entry.left)
    }

    /// Highest price of a side.
    #[inline]
    pub fn highest(&self, side: BookSide) -> Option<Price> {
        self.end(side, |entry| entry.right)
    }

    #[inline]
    fn end(&self, side: BookSide, towards: impl Fn(&Entry) -> u32) -> Option<Price> {
        let root = self.root_index.get(side.key());
        if root == NONE {
            return None;
        }
        let mut at = self.roots[root as usize];
        let mut price = None;
        while at != NONE {
            let entry = &self.entries[at as usize];
            price = Some(entry.price);
            at = towards(entry);
        }
        price
    }

    /// Adds a price; returns the entry to remove it by. The caller holds [`OwnBook::has_room`].
    pub fn insert(&mut self, side: BookSide, price: Price) -> u32 {
        let slot = self.free;
        self.free = self.entries[slot as usize].left;
        let mut root = self.root_index.get(side.key());
        if root == NONE {
            root = self.roots.len() as u32;
            self.roots.push(NONE);
            self.root_index.insert(side.key(), root);
        }
        // Descend to where the new entry's priority puts it, then split what is below.
        let mut link = Link::Root(root);
        let mut at = self.roots[root as usize];
        while at != NONE && self.priority(at) >= self.priority(slot) {
            link = if (price, slot) < self.order_of(at) { Link::Left(at) } else { Link::Right(at) };
            at = self.follow(link);
        }
        let (left, right) = self.split(at, (price, slot));
        self.entries[slot as usize] = Entry { price, left, right };
        self.set(link, slot);
        slot
    }

    /// Removes an entry.
    pub fn remove(&mut self, side: BookSide, slot: u32) {
        let root = self.root_index.get(side.key());
        let target = self.order_of(slot);
        let mut link = Link::Root(root);
        let mut at = self.follow(link);
        while at != slot {
            link = if target < self.order_of(at) { Link::Left(at) } else { Link::Right(at) };
            at = self.follow(link);
        }
        let Entry { left, right, .. } = self.entries[slot as usize];
        self.merge(link, left, right);
        self.entries[slot as usize] = Entry { price: 0, left: self.free, right: NONE };
        self.free = slot;
    }

    /// Book sides that there are, for [`OwnBook::forget_side_since`].
    pub fn sides(&self) -> usize {
        self.roots.len()
    }

    /// Forgets a side that was made last, since there were `sides`, and is empty again.
    pub fn forget_side_since(&mut self, sides: usize, side: BookSide) {
        let root = self.root_index.get(side.key()) as usize;
        if root >= sides && root + 1 == self.roots.len() && self.roots[root] == NONE {
            self.roots.pop();
            self.root_index.remove(side.key());
        }
    }

    #[inline]
    fn priority(&self, slot: u32) -> u64 {
        let x = (u64::from(slot) ^ self.salt[0]).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let x = (x ^ (x >> 29) ^ self.salt[1]).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x ^ (x >> 32)
    }

    fn order_of(&self, slot: u32) -> (Price, u32) {
        (self.entries[slot as usize].price, slot)
    }

    fn follow(&self, link: Link) -> u32 {
        match link {
            Link::Root(root) => self.roots[root as usize],
            Link::Left(at) => self.entries[at as usize].left,
            Link::Right(at) => self.entries[at as usize].right,
        }
    }

    fn set(&mut self, link: Link, to: u32) {
        match link {
            Link::Root(root) => self.roots[root as usize] = to,
            Link::Left(at) => self.entries[at as usize].left = to,
            Link::Right(at) => self.entries[at as usize].right = to,
        }
    }

    fn split(&mut self, tree: u32, by: (Price, u32)) -> (u32, u32) {
        let (mut first_left, mut first_right) = (NONE, NONE);
        let (mut tail_left, mut tail_right): (Option<u32>, Option<u32>) = (None, None);
        let mut at = tree;
        while at != NONE {
            if self.order_of(at) < by {
                match tail_left {
                    Some(tail) => self.entries[tail as usize].right = at,
                    None => first_left = at,
                }
                tail_left = Some(at);
                at = self.entries[at as usize].right;
            } else {
                match tail_right {
                    Some(tail) => self.entries[tail as usize].left = at,
                    None => first_right = at,
                }
                tail_right = Some(at);
                at = self.entries[at as usize].left;
            }
        }
        if let Some(tail) = tail_left {
            self.entries[tail as usize].right = NONE;
        }
        if let Some(tail) = tail_right {
            self.entries[tail as usize].left = NONE;
        }
        (first_left, first_right)
    }

    fn merge(&mut self, mut link: Link, mut left: u32, mut right: u32) {
        while left != NONE && right != NONE {
            if self.priority(left) >= self.priority(right) {
                self.set(link, left);
                link = Link::Right(left);
                left = self.follow(link);
            } else {
                self.set(link, right);
                link = Link::Left(right);
                right = self.follow(link);
            }
        }
        self.set(link, if left != NONE { left } else { right });
    }
}

#[derive(Clone, Copy)]
enum Link {
    Root(u32),
    Left(u32),
    Right(u32),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(book: &OwnBook, at: u32) -> usize {
        if at == NONE {
            return 0;
        }
        let Entry { left, right, .. } = book.entries[at as usize];
        1 + depth(book, left).max(depth(book, right))
    }

    #[test]
    fn no_choice_of_prices_makes_the_tree_deep() {
        const COUNT: u32 = 4096;
        let side = BookSide { owner: 7, instrument: 1, auction: 0, side: 1 };
        let run = |salt: Option<[u64; 2]>| {
            let mut book = OwnBook::new(COUNT as usize, 8);
            book.salt = salt.unwrap_or(book.salt);
            // A client that knows the code, and no secret: the price of each entry is its rank.
            let mut known = OwnBook::new(1, 8);
            known.salt = [0, 0];
            let mut ranks: Vec<u32> = (0..COUNT).collect();
            ranks.sort_by_key(|slot| known.priority(*slot));
            let mut prices = vec![0; COUNT as usize];
            for (rank, slot) in ranks.into_iter().enumerate() {
                prices[slot as usize] = rank as i64;
            }
            for price in prices {
                book.insert(side, price);
            }
            depth(&book, book.roots[0])
        };
        assert_eq!(run(Some([0, 0])), COUNT as usize, "the attack works where there is no secret");
        let deep = run(None);
        assert!(deep < 100, "{deep} levels, by chance about 30");
    }

    #[test]
    fn best_prices_agree_with_a_list_over_random_lives() {
        let mut book = OwnBook::new(300, 8);
        let mut lists: Vec<Vec<(u32, Price)>> = vec![Vec::new(); 8];
        let side = |i: usize| BookSide { owner: 7, instrument: i as u32, auction: 0, side: 1 };
        let mut x = 42u64;
        for _ in 0..100_000 {
            x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let i = (x >> 61) as usize;
            let room = book.has_room(side(i));
            if (x >> 20) & 1 == 0 && room {
                let price = ((x >> 30) % 50) as i64 - 25;
                let slot = book.insert(side(i), price);
                lists[i].push((slot, price));
            } else if !lists[i].is_empty() {
                let k = (x >> 25) as usize % lists[i].len();
                let (slot, _) = lists[i].swap_remove(k);
                book.remove(side(i), slot);
            }
            assert_eq!(book.lowest(side(i)), lists[i].iter().map(|e| e.1).min());
            assert_eq!(book.highest(side(i)), lists[i].iter().map(|e| e.1).max());
        }
    }
}
