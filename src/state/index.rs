//! Hash index of fixed capacity: 96-bit key → 32-bit slot. Open addressing, linear probing,
//! deletion without tombstones. Never allocates after it is made.
//!
//! Keys hold what clients choose. Where they fall is decided by a secret of this index
//! (`state::salt`), so that nobody can make them fall into one place; what the index answers does
//! not depend on it, and it cannot be walked through.

use super::salt::salt;

/// "No slot".
pub const NONE: u32 = u32::MAX;

/// A key of 96 bits and its slot: 16 bytes, four to a cache line.
#[derive(Clone, Copy)]
struct Entry {
    low: u64,
    high: u32,
    slot: u32,
}

impl Entry {
    #[inline(always)]
    fn new(key: u128, slot: u32) -> Entry {
        debug_assert!(key >> 96 == 0, "keys have 96 bits");
        Entry { low: key as u64, high: (key >> 64) as u32, slot }
    }

    #[inline(always)]
    fn key(self) -> u128 {
        (u128::from(self.high) << 64) | u128::from(self.low)
    }

    #[inline(always)]
    fn is(&self, key: u128) -> bool {
        self.low == key as u64 && self.high == (key >> 64) as u32
    }
}

/// The index. Holds at most the capacity that it was made for.
pub struct Index {
    entries: Vec<Entry>,
    mask: usize,
    len: usize,
    /// A member of the family of multiply-shift functions: two keys share a home with the
    /// probability of chance, whatever the keys are.
    add: u128,
    times: [u128; 2],
}

impl Index {
    /// An index for up to `capacity` keys (twice the room, so that probes stay short).
    pub fn new(capacity: usize) -> Index {
        let size = (capacity.max(8) * 2).next_power_of_two();
        let s = salt::<6>();
        let wide = |i: usize| (u128::from(s[i]) << 64) | u128::from(s[i + 1]);
        Index {
            entries: vec![Entry::new(0, NONE); size],
            mask: size - 1,
            len: 0,
            add: wide(0),
            times: [wide(2), wide(4)],
        }
    }

    #[inline]
    fn home(&self, key: u128) -> usize {
        let low = u128::from(key as u64).wrapping_mul(self.times[0]);
        let high = (key >> 64).wrapping_mul(self.times[1]);
        let sum = (low.wrapping_add(high).wrapping_add(self.add) >> 64) as u64;
        // Breaks up the arithmetic progressions that sequential ids would leave.
        let mixed = (sum ^ (sum >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        (mixed ^ (mixed >> 32)) as usize & self.mask
    }

    /// The slot of a key, or [`NONE`].
    #[inline]
    pub fn get(&self, key: u128) -> u32 {
        let mut at = self.home(key);
        loop {
            let entry = &self.entries[at];
            if entry.slot == NONE || entry.is(key) {
                return entry.slot;
            }
            at = (at + 1) & self.mask;
        }
    }

    /// Sets the slot of a key that is not in the index. The caller holds the capacity.
    #[inline]
    pub fn insert(&mut self, key: u128, slot: u32) {
        assert!(self.len <= self.mask / 2, "index over its capacity");
        let mut at = self.home(key);
        while self.entries[at].slot != NONE {
            at = (at + 1) & self.mask;
        }
        self.entries[at] = Entry::new(key, slot);
        self.len += 1;
    }

    /// Removes a key; nothing happens if it is not there.
    #[inline]
    pub fn remove(&mut self, key: u128) {
        let mut at = self.home(key);
        loop {
            if self.entries[at].slot == NONE {
                return;
            }
            if self.entries[at].is(key) {
                break;
            }
            at = (at + 1) & self.mask;
        }
        // Pull later members of the probe run back over the hole.
        let mut hole = at;
        let mut next = (hole + 1) & self.mask;
        while self.entries[next].slot != NONE {
            let home = self.home(self.entries[next].key());
            let distance_home = next.wrapping_sub(home) & self.mask;
            let distance_hole = next.wrapping_sub(hole) & self.mask;
            if distance_home >= distance_hole {
                self.entries[hole] = self.entries[next];
                hole = next;
            }
            next = (next + 1) & self.mask;
        }
        self.entries[hole].slot = NONE;
        self.len -= 1;
    }

    /// Keys in the index.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Is it empty?
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// Key of a pair of 32-bit ids.
#[inline]
pub const fn pair(a: u32, b: u32) -> u128 {
    ((a as u128) << 32) | b as u128
}

/// Key of a 64-bit id within a 32-bit scope.
#[inline]
pub const fn scoped(scope: u32, id: u64) -> u128 {
    ((scope as u128) << 64) | id as u128
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    /// Longest way from a key's home to its place.
    fn longest_probe(index: &Index, keys: &[u128]) -> usize {
        let way = |key: &u128| {
            let mut at = index.home(*key);
            let mut steps = 1;
            while !index.entries[at].is(*key) {
                at = (at + 1) & index.mask;
                steps += 1;
            }
            steps
        };
        keys.iter().map(way).max().unwrap_or(0)
    }

    #[test]
    fn no_choice_of_ids_makes_probes_long() {
        const COUNT: u64 = 1 << 14;
        // What the mix without a secret would send to one place: its inverse of k·2^40.
        let inverse = |k: u64| {
            let unmixed = k << 40;
            let unmixed = unmixed ^ (unmixed >> 32);
            let mut inverse_of_factor = 1u64;
            for _ in 0..6 {
                let product = inverse_of_factor.wrapping_mul(0xd6e8_feb8_6659_fd93);
                inverse_of_factor = inverse_of_factor.wrapping_mul(2u64.wrapping_sub(product));
            }
            let x = unmixed.wrapping_mul(inverse_of_factor);
            x ^ (x >> 32)
        };
        let choices: [&dyn Fn(u64) -> u128; 5] = [
            &|k| scoped(3, k + 1),
            &|k| scoped(3, k << 40),
            &|k| scoped(3, inverse(k + 1)),
            &|k| scoped(k as u32, 1),
            &|k| pair(k as u32 & 127, (k >> 7) as u32),
        ];
        for (number, choice) in choices.iter().enumerate() {
            let mut index = Index::new(COUNT as usize);
            let keys: Vec<u128> = (0..COUNT).map(choice).collect();
            for (slot, key) in keys.iter().enumerate() {
                index.insert(*key, slot as u32);
            }
            // By chance about 20; all in one place would be 16,384.
            let longest = longest_probe(&index, &keys);
            assert!(longest < 300, "choice {number}: {longest} steps");
        }
    }

    #[test]
    fn agrees_with_a_map_over_random_lives() {
        let mut index = Index::new(512);
        let mut map = HashMap::new();
        let mut x = 1u64;
        for step in 0..200_000u32 {
            x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let key = scoped((x >> 60) as u32, (x >> 33) % 700);
            if map.contains_key(&key) {
                if x & 1 == 0 {
                    map.remove(&key);
                    index.remove(key);
                }
            } else if map.len() < 512 {
                map.insert(key, step);
                index.insert(key, step);
            }
            let probe = scoped((x >> 60) as u32, (x >> 20) % 700);
            assert_eq!(index.get(probe), map.get(&probe).copied().unwrap_or(NONE));
            assert_eq!(index.len(), map.len());
        }
    }
}
