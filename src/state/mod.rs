//! What the gate knows: instruments, account tree, positions, open orders, own book, limits.

pub mod command;
pub mod defaults;
pub mod limit;
pub mod setup;
pub mod verify;
