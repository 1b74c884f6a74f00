//! The one clock: CLOCK_MONOTONIC_RAW in nanoseconds, read without a system call (vDSO).
//!
//! Engine, clients and feed handlers use the same clock, so their times compare. It never steps
//! and never follows the wall clock. The state machine reads no clock: the time is an input.

#![allow(unsafe_code)]

/// Nanoseconds of CLOCK_MONOTONIC_RAW since an arbitrary start, usually the host's boot.
#[inline]
pub fn now_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a live, writable timespec; the call has no other requirement.
    let code = unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC_RAW, &mut time) };
    assert!(code == 0, "this kernel has no CLOCK_MONOTONIC_RAW (Linux 2.6.28 has)");
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Nanoseconds since 1970 UTC, for people who read the journal; no decision uses it.
pub fn wall_ns() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_never_goes_back() {
        let mut last = now_ns();
        assert!(last > 0);
        for _ in 0..10_000 {
            let now = now_ns();
            assert!(now >= last);
            last = now;
        }
    }
}
