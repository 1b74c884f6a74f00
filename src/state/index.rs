//! Hash index of fixed capacity: 128-bit key → 32-bit slot. Open addressing, linear probing,
//! deletion without tombstones. Deterministic; never allocates after it is made.

/// "No slot".
pub const NONE: u32 = u32::MAX;

#[derive(Clone, Copy)]
struct Entry {
    key: u128,
    slot: u32,
}

/// The index. Holds at most the capacity that it was made for.
pub struct Index {
    entries: Vec<Entry>,
    mask: usize,
    len: usize,
}

impl Index {
    /// An index for up to `capacity` keys (twice the room, so that probes stay short).
    pub fn new(capacity: usize) -> Index {
        let size = (capacity.max(8) * 2).next_power_of_two();
        Index { entries: vec![Entry { key: 0, slot: NONE }; size], mask: size - 1, len: 0 }
    }

    #[inline]
    fn home(&self, key: u128) -> usize {
        let folded = (key as u64) ^ ((key >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (folded ^ (folded >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        (mixed ^ (mixed >> 32)) as usize & self.mask
    }

    /// The slot of a key, or [`NONE`].
    #[inline]
    pub fn get(&self, key: u128) -> u32 {
        let mut at = self.home(key);
        loop {
            let entry = &self.entries[at];
            if entry.slot == NONE || entry.key == key {
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
        self.entries[at] = Entry { key, slot };
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
            if self.entries[at].key == key {
                break;
            }
            at = (at + 1) & self.mask;
        }
        // Pull later members of the probe run back over the hole.
        let mut hole = at;
        let mut next = (hole + 1) & self.mask;
        while self.entries[next].slot != NONE {
            let home = self.home(self.entries[next].key);
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
