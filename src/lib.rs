//! riskgate: a pre-trade risk gate that lives on the trading host.
//!
//! An order's journey through this crate, which is also the order in which modules may import each
//! other (`tests/tidy.rs` holds it):
//!
//! | module | holds |
//! |---|---|
//! | [`abi`] | every byte that crosses a process: slots, headers, messages, codes |
//! | [`fixed`] | price, quantity, notional, 256-bit exposures; decimal text |
//! | [`state`] | what the gate knows: instruments, account tree, positions, open orders, limits |
//! | [`gate`] | decode → plan → checks → reserve → verdict; reports; thresholds |
//! | [`control`] | commands, and their application between two orders |
//! | [`machine`] | `(state, input) → (state, outcome)`: the one door to everything above |
//! | [`journal`] | record format, ring, recorder, segments, reader, follower, replay |
//! | [`stats`] | named counters in a file: the engine's own health |
//! | [`engine`] | supervisor, engine and recorder as processes; the hot thread's loop |
//!
//! Foundations that all of them use:
//!
//! | module | holds |
//! |---|---|
//! | [`sync`] | the one façade for atomics |
//! | [`error`] | the one error of the cold side |
//! | [`clock`] | the one clock |
//! | [`ring`] | stamped-slot ring and sequence lock, over any atomic words |
//! | [`shm`] | shared memory: mapping, sealing, rendezvous, lanes, marks |

#![deny(unsafe_code)]

pub mod abi;
pub mod clock;
pub mod control;
pub mod engine;
pub mod error;
pub mod fixed;
pub mod gate;
pub mod journal;
pub mod machine;
pub mod ring;
pub mod shm;
pub mod state;
pub mod stats;
pub mod sync;
