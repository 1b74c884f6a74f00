//! The reference model.
#[path = "model/mod.rs"]
mod model;
