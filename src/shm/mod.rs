//! Shared memory: mapping, sealing, rendezvous, lanes, marks.

pub mod file;
pub mod map;
