//! Secret numbers that only move things about in memory: where a key lies in an index, which entry
//! is the root of a tree. No decision, no hash and no sequence depends on them.
//!
//! Without them, a client that knows this code could choose ids and prices so that all of them fall
//! into one place, and every look-up of everybody would walk through all of them.

use std::hash::{BuildHasher, RandomState};

/// Random numbers of the operating system, drawn once per table and kept to itself. Cold.
pub fn salt<const N: usize>() -> [u64; N] {
    let state = RandomState::new();
    std::array::from_fn(|i| state.hash_one(i))
}
