//! riskgate: a pre-trade risk gate that lives on the trading host.

#![deny(unsafe_code)]

pub mod abi;
pub mod control;
pub mod error;
pub mod fixed;
pub mod gate;
pub mod journal;
pub mod machine;
pub mod shm;
pub mod state;
pub mod sync;
