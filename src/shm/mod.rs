//! Shared memory: mapping, sealing, rendezvous, lanes, marks.

pub mod map;
