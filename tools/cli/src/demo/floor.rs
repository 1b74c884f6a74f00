//! The host's floor: two pinned threads pass one stamped 64-byte line each way and do nothing
//! else, one `pause` in the spin. What a round trip through the gate costs is read against it.

use std::sync::Arc;
use std::time::Instant;

use hdrhistogram::Histogram;
use riskgate::engine::affinity;
use riskgate::sync::{AtomicU64, Ordering, spin_hint};

/// Round trips that are timed one by one.
const TRIPS: u64 = 100_000;
/// Round trips before the first timed one.
const WARM_UP: u64 = 10_000;

#[repr(align(128))]
struct Line {
    words: [AtomicU64; 8],
}

impl Line {
    fn new() -> Line {
        Line { words: std::array::from_fn(|_| AtomicU64::new(0)) }
    }

    fn send(&self, stamp: u64) {
        for word in &self.words[1..] {
            word.store(stamp, Ordering::Relaxed);
        }
        // SYNC floor.line: Release, pairs with the Acquire in `receive`.
        self.words[0].store(stamp, Ordering::Release);
    }

    fn receive(&self, stamp: u64) {
        // SYNC floor.line: Acquire, pairs with the Release in `send`.
        while self.words[0].load(Ordering::Acquire) != stamp {
            spin_hint();
        }
    }
}

/// Times the floor between two cores, ns.
pub fn measure(client_core: usize, engine_core: usize) -> Histogram<u64> {
    let lines = Arc::new((Line::new(), Line::new()));
    let peer = Arc::clone(&lines);
    let echo = std::thread::spawn(move || {
        let _ = affinity::pin(engine_core);
        for stamp in 1..=WARM_UP + TRIPS {
            peer.0.receive(stamp);
            peer.1.send(stamp);
        }
    });
    let timed = std::thread::spawn(move || {
        let _ = affinity::pin(client_core);
        let mut histogram = Histogram::new_with_bounds(1, 10_000_000_000, 3).expect("in range");
        for stamp in 1..=WARM_UP + TRIPS {
            let begin = Instant::now();
            lines.0.send(stamp);
            lines.1.receive(stamp);
            if stamp > WARM_UP {
                histogram.saturating_record(begin.elapsed().as_nanos() as u64);
            }
        }
        histogram
    });
    let histogram = timed.join().expect("the timing thread ends");
    echo.join().expect("the echo thread ends");
    histogram
}
