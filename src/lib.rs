//! riskgate: a pre-trade risk gate that lives on the trading host.

#![deny(unsafe_code)]

pub mod abi;
pub mod sync;
