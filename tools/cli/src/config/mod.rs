//! Reading what the gate is told before it starts: reference data, account tree, limits, lanes.
//!
//! The readers work on [`crate::tree::Value`], so that TOML, CSV and scenario files mean the same
//! by the same names. They note every problem and never stop at the first; a file with a problem
//! is refused whole.

pub mod accounts;
pub mod calendars;
pub mod check;
mod csv_file;
pub mod example;
pub mod instruments;
pub mod lanes;
mod legs;
pub mod limits;
mod lint;
pub mod load;
pub mod options;
pub mod permissions;
pub mod time;
mod toml_file;
