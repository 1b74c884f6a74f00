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

/// A place for one boxed value that two threads hand over: one pointer-sized swap, no lock.
pub struct BoxCell<T> {
    cell: crossbeam_utils::atomic::AtomicCell<Option<Box<T>>>,
}

impl<T> Default for BoxCell<T> {
    fn default() -> BoxCell<T> {
        const { assert!(crossbeam_utils::atomic::AtomicCell::<Option<Box<u8>>>::is_lock_free()) };
        BoxCell { cell: crossbeam_utils::atomic::AtomicCell::new(None) }
    }
}

impl<T> BoxCell<T> {
    /// Puts a value in. It must be empty: an older value would be dropped here.
    pub fn put(&self, value: Box<T>) {
        let old = self.cell.swap(Some(value));
        assert!(old.is_none(), "a handover place is used twice");
    }

    /// Takes the value out.
    pub fn take(&self) -> Option<Box<T>> {
        self.cell.take()
    }
}
