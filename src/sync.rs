//! The one place that names atomics, fences and spin hints.
//!
//! Everything else imports them from here, so that the model checker (`--cfg loom`) can replace
//! them and so that every memory ordering in the project is found by following one import.
//! It never adds behaviour of its own.

#[cfg(not(loom))]
pub use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};

#[cfg(loom)]
pub use loom::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};

/// One polite turn of a spin loop (`pause` on x86-64).
#[inline(always)]
pub fn spin_hint() {
    #[cfg(not(loom))]
    std::hint::spin_loop();
    #[cfg(loom)]
    loom::thread::yield_now();
}
