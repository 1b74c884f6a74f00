//! The allocator that can be frozen: after [`freeze`], the calling thread may not allocate, free
//! or resize; the first attempt ends the process with a message.
//!
//! The hot thread freezes itself after the start, so "no allocation" is not a claim but a fact of
//! every run. Other threads are not affected. The binary registers it:
//! `#[global_allocator] static A: FrozenAlloc = FrozenAlloc;`

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static FROZEN: Cell<bool> = const { Cell::new(false) };
}

/// The calling thread may not use the allocator any more.
pub fn freeze() {
    FROZEN.with(|f| f.set(true));
}

/// The calling thread may use the allocator again.
pub fn thaw() {
    FROZEN.with(|f| f.set(false));
}

/// Is the calling thread frozen?
pub fn is_frozen() -> bool {
    FROZEN.with(Cell::get)
}

/// The system allocator, unless the thread is frozen.
pub struct FrozenAlloc;

#[inline(always)]
fn check(what: &'static [u8]) {
    if FROZEN.with(Cell::get) {
        stop(what);
    }
}

#[cold]
fn stop(what: &'static [u8]) -> ! {
    // SAFETY: the pointer and length are those of a static; write(2) to stderr needs no memory.
    unsafe { libc::write(2, what.as_ptr().cast(), what.len()) };
    std::process::abort();
}

// SAFETY: every call is handed to the system allocator unchanged, or the process ends. The flag is
// a const-initialised thread-local without destructor: reading it allocates nothing.
unsafe impl GlobalAlloc for FrozenAlloc {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        check(b"riskgate engine: STOPPED: the hot thread allocated memory after its start\n");
        // SAFETY: the caller's promises are those of the system allocator.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        check(b"riskgate engine: STOPPED: the hot thread allocated memory after its start\n");
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        check(b"riskgate engine: STOPPED: the hot thread resized memory after its start\n");
        // SAFETY: as above.
        unsafe { System.realloc(memory, layout, bytes) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        check(b"riskgate engine: STOPPED: the hot thread freed memory after its start\n");
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_belongs_to_one_thread() {
        std::thread::spawn(|| {
            freeze();
            assert!(is_frozen());
            thaw();
            assert!(!is_frozen());
        })
        .join()
        .unwrap();
        assert!(!is_frozen());
    }
}
