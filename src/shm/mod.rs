//! Shared memory: mapping, sealing, rendezvous, lanes, marks.

pub mod client;
pub mod file;
pub mod gate_page;
pub mod lane;
pub mod map;
pub mod marks;
pub mod memfd;
pub mod message;
pub mod socket;
