//! The latest new orders, found by what they ask for: how often the same was asked for within a
//! window, by exact times.
//!
//! One log for all `duplicate_order` limits, as a ring: what is older than the longest of their
//! windows makes room. If even the oldest entry is younger, the log is full and the gate refuses
//! (`capacity`); a lane that fills it leaves room for the others ([`Shares`]). An entry takes 80
//! bytes, its place in the index 32.

use crate::fixed::{Price, Qty};
use crate::state::index::{Index, NONE};
use crate::state::salt::salt;
use crate::state::shares::Shares;

/// Most entries of the log, unless fewer orders can be open.
pub const DUPLICATES_MAX: usize = 1 << 16;
/// Largest limit of `duplicate_order`: that many steps a look at the log takes at most.
pub const DUPLICATE_LIMIT_MAX: i128 = 1_000;

/// What makes two orders the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sameness {
    /// Account.
    pub account: u32,
    /// Instrument.
    pub instrument: u32,
    /// `abi::order::side`.
    pub side: u8,
    /// Limit price; undefined for unpriced types.
    pub price: Price,
    /// Total quantity.
    pub qty: Qty,
}

#[derive(Clone, Copy)]
struct Entry {
    of: Sameness,
    time_ns: u64,
    lane: u32,
    /// Number of the entry before it in the same chain, plus one; 0: none.
    before: u64,
}

/// The log.
pub struct Duplicates {
    entries: Vec<Entry>,
    index: Index,
    capacity: usize,
    /// Numbers of the oldest entry and of the next one; entry n is at n modulo the capacity.
    oldest: u64,
    next: u64,
    /// Longest window of a limit, ns; 0: there is no limit.
    longest_ns: u64,
    salt: [u64; 3],
    shares: Shares,
}

impl Duplicates {
    /// Room for `capacity` orders of `lanes` lanes.
    pub fn new(capacity: usize, lanes: usize) -> Duplicates {
        Duplicates {
            entries: Vec::with_capacity(capacity),
            index: Index::new(capacity),
            capacity,
            oldest: 0,
            next: 0,
            longest_ns: 0,
            salt: salt(),
            shares: Shares::new(lanes, capacity),
        }
    }

    /// A limit with a window of this length looks at the log from now on.
    pub fn needs(&mut self, length_ns: u64) {
        self.longest_ns = self.longest_ns.max(length_ns);
    }

    /// Chains are found by a secret hash; who shares one with others by chance steps over them.
    fn key(&self, of: &Sameness) -> u128 {
        let mut state = self.salt[0];
        let ids = u64::from(of.account) << 32 | u64::from(of.instrument);
        for word in [ids, u64::from(of.side), of.price as u64, of.qty as u64] {
            let product = u128::from(state ^ word) * u128::from(self.salt[1] | 1);
            state = (product as u64 ^ (product >> 64) as u64).wrapping_add(self.salt[2]);
        }
        u128::from(state)
    }

    fn entry(&self, number: u64) -> &Entry {
        &self.entries[(number % self.capacity as u64) as usize]
    }

    /// Is the oldest entry out of every window? Also if it is of a time before the host's clock
    /// began anew and nothing else makes room.
    fn oldest_is_over(&self, now_ns: u64) -> bool {
        let age = now_ns.checked_sub(self.entry(self.oldest).time_ns);
        age.is_none_or(|age| age >= self.longest_ns)
    }

    /// Is there room for one more order of a lane? What is over is forgotten with the next order,
    /// whosever it was.
    pub fn has_room(&self, lane: u32, now_ns: u64) -> bool {
        let is_full = self.next - self.oldest == self.capacity as u64;
        let is_over = || self.next > self.oldest && self.oldest_is_over(now_ns);
        !is_full && self.shares.has_room(lane) || is_over()
    }

    /// How many of the same are less than `length_ns` old; stops counting at `enough`.
    pub fn count(&self, of: &Sameness, now_ns: u64, length_ns: u64, enough: u64) -> u64 {
        let newest = self.index.get(self.key(of));
        let (mut found, mut at) = (0, self.number_of(newest));
        while let Some(number) = at
            && found < enough
        {
            let entry = self.entry(number);
            if now_ns.saturating_sub(entry.time_ns) >= length_ns {
                break;
            }
            found += u64::from(entry.of == *of);
            at = entry.before.checked_sub(1).filter(|before| *before >= self.oldest);
        }
        found
    }

    /// The number of the entry in a slot of the ring.
    fn number_of(&self, slot: u32) -> Option<u64> {
        if slot == NONE {
            return None;
        }
        let capacity = self.capacity as u64;
        let last = self.next - 1;
        let back = (last % capacity + capacity - u64::from(slot)) % capacity;
        Some(last - back)
    }

    /// Remembers an order. The caller holds the room.
    pub fn push(&mut self, lane: u32, of: Sameness, now_ns: u64) {
        for _ in 0..2 {
            if self.next > self.oldest && self.oldest_is_over(now_ns) {
                self.forget_oldest();
            }
        }
        if self.next - self.oldest == self.capacity as u64 {
            self.forget_oldest();
        }
        let key = self.key(&of);
        let before = self.number_of(self.index.get(key)).map_or(0, |number| number + 1);
        if before != 0 {
            self.index.remove(key);
        }
        let slot = (self.next % self.capacity as u64) as usize;
        let entry = Entry { of, time_ns: now_ns, lane, before };
        match self.entries.get_mut(slot) {
            Some(place) => *place = entry,
            None => self.entries.push(entry),
        }
        self.index.insert(key, slot as u32);
        self.shares.take(lane);
        self.next += 1;
    }

    fn forget_oldest(&mut self) {
        let Entry { of, lane, .. } = *self.entry(self.oldest);
        self.shares.give(lane);
        let key = self.key(&of);
        if self.number_of(self.index.get(key)) == Some(self.oldest) {
            self.index.remove(key);
        }
        self.oldest += 1;
    }

    /// What it remembers and through which lanes it came, oldest first, for the state hash.
    pub fn items(&self) -> impl Iterator<Item = (&Sameness, u64, u32)> {
        (self.oldest..self.next).map(|number| {
            let entry = self.entry(number);
            (&entry.of, entry.time_ns, entry.lane)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(qty: i64) -> Sameness {
        Sameness { account: 1, instrument: 2, side: 1, price: 100, qty }
    }

    #[test]
    fn agrees_with_a_list() {
        let mut log = Duplicates::new(64, 1);
        log.needs(1_000);
        let (mut x, mut now, mut list) = (9u64, 0u64, Vec::new());
        let mut refused = 0;
        for _ in 0..20_000 {
            x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            now += (x >> 40) % 30;
            let of = same((x >> 33) as i64 % 7);
            for length in [1, 300, 1_000] {
                let want = list.iter().filter(|(o, t)| *o == of && now - t < length).count();
                assert_eq!(log.count(&of, now, length, 50), want.min(50) as u64);
            }
            if log.has_room(0, now) {
                log.push(0, of, now);
                list.push((of, now));
            } else {
                refused += 1;
                assert!(list.iter().filter(|(_, t)| now - t < 1_000).count() >= 64);
            }
            list.retain(|(_, t)| now - t < 1_000);
        }
        assert!(refused > 100, "the log was never full");
    }

    #[test]
    fn counting_stops_where_it_is_enough() {
        let mut log = Duplicates::new(16, 1);
        log.needs(100);
        (0..10).for_each(|_| log.push(0, same(5), 7));
        assert_eq!((log.count(&same(5), 7, 100, 3), log.count(&same(5), 7, 100, 30)), (3, 10));
        assert_eq!((log.count(&same(6), 7, 100, 30), log.count(&same(5), 107, 100, 30)), (0, 0));
    }
    #[test]
    fn a_lane_that_fills_the_log_leaves_the_others_their_share() {
        let mut log = Duplicates::new(16, 2);
        log.needs(1_000);
        let mut qty = 0;
        while log.has_room(0, 5) {
            qty += 1;
            log.push(0, same(qty), 5);
        }
        assert_eq!(qty, 12);
        (0..4).for_each(|n| {
            assert!(log.has_room(1, 6));
            log.push(1, same(100 + n), 6);
        });
        assert!(!log.has_room(1, 6) && !log.has_room(0, 1_004));
        assert!(log.has_room(0, 1_005), "what is over makes room");
        log.push(0, same(1), 1_005);
        assert_eq!(log.count(&same(1), 1_005, 1_000, 9), 1);
    }
}
