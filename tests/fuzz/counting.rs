//! An allocator that counts what a thread asks of it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call is handed to the system allocator unchanged; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.with(|calls| calls.set(calls.get() + 1));
        // SAFETY: the caller's promises are those of the system allocator.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        CALLS.with(|calls| calls.set(calls.get() + 1));
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}

/// Does something that must neither allocate nor free.
pub fn nothing<T>(work: impl FnOnce() -> T) -> T {
    let before = CALLS.with(Cell::get);
    let result = work();
    let calls = CALLS.with(Cell::get) - before;
    assert_eq!(calls, 0, "the hot path called the allocator {calls} times");
    result
}
