//! Reading what the gate is told before it starts: reference data, account tree, limits.
//!
//! The readers work on [`crate::tree::Value`], so that TOML, CSV and scenario files mean the same
//! by the same names. They note every problem and never stop at the first.

pub mod accounts;
pub mod instruments;
pub mod limits;
