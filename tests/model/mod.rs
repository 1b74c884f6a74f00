//! The reference gate and the random worlds in which it is compared with the real one.
//!
//! The reference never looks into the gate that it judges: it shares data types with it (setup,
//! limits, commands, slots), no logic.

// Each test program uses a part of it.
#![allow(dead_code)]

pub mod book;
pub mod checks;
pub mod credit;
pub mod decide;
pub mod duel;
pub mod gate;
pub mod groups;
pub mod habits;
pub mod ledger;
pub mod life;
pub mod log;
pub mod measure;
pub mod more;
pub mod num;
pub mod open_points;
pub mod parents;
pub mod play;
pub mod portfolio;
pub mod rates;
pub mod reports;
pub mod rng;
pub mod sanity;
pub mod states;
pub mod tables;
pub mod temporary;
pub mod value;
pub mod venue;
pub mod venues;
pub mod words;
pub mod world;
