//! Model check of the sequence lock.
//!
//! Allowed outcomes of a reader beside two writes `a` then `b`: nothing, `a` whole with number 2,
//! `b` whole with number 4; never `a` after `b`.
//!
//! FORBIDDEN: a mixture of `a` and `b`, a number that does not belong to its payload.
//!
//! The writer is given the sequence number: loom (0.7) forgets a reader's access to a word when the
//! writer itself loads that word before it stores, and would explore a single schedule. The test
//! counts what it saw, so that it cannot pass without having explored.
//!
//! Run: `RUSTFLAGS="--cfg loom" cargo test --release --test loom_seqlock --target-dir target/loom`.
#![cfg(loom)]

use loom::sync::Arc;
use riskgate::ring::seqlock::{self, LineWords, PAYLOAD_WORDS};
use riskgate::sync::AtomicU64;

/// Counts over all schedules; not part of the model.
type Seen = std::sync::atomic::AtomicUsize;

/// One side's view of the line. Two payload words are shared, enough to be torn; words 3 to 7 are
/// the side's own, which keeps the state space small.
struct Line {
    shared: Arc<Vec<AtomicU64>>,
    own: AtomicU64,
}

impl Line {
    fn over(shared: &Arc<Vec<AtomicU64>>) -> Line {
        Line { shared: shared.clone(), own: AtomicU64::new(0) }
    }
}

impl LineWords for Line {
    fn line_word(&self, word: usize) -> &AtomicU64 {
        self.shared.get(word).unwrap_or(&self.own)
    }
}

fn payload(n: u64) -> [u64; PAYLOAD_WORDS] {
    [n * 7; PAYLOAD_WORDS]
}

#[test]
fn a_reader_never_sees_a_mixture() {
    let seen: [Seen; 5] = [const { Seen::new(0) }; 5];
    let seen = std::sync::Arc::new(seen);
    let counts = seen.clone();
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(move || {
        let shared = Arc::new((0..3).map(|_| AtomicU64::new(0)).collect());
        let (line, theirs) = (Line::over(&shared), Line::over(&shared));
        let writer = loom::thread::spawn(move || {
            seqlock::write_after(&theirs, 0, &payload(1));
            seqlock::write_after(&theirs, 2, &payload(2));
        });
        let mut last = 0;
        for _ in 0..2 {
            if let Some((seq, words)) = seqlock::read(&line, 1) {
                assert!(seq == 2 || seq == 4, "number {seq}");
                assert_eq!(words[..2], payload(seq / 2)[..2], "payload of number {seq}");
                assert!(seq >= last, "went back from {last} to {seq}");
                last = seq;
                counts[seq as usize].fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            } else {
                counts[0].fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        }
        writer.join().unwrap();
    });
    println!("nothing, a, b: {seen:?}");
    for outcome in [0, 2, 4] {
        let count = seen[outcome].load(std::sync::atomic::Ordering::Relaxed);
        assert!(count > 0, "outcome {outcome} is allowed and was never seen");
    }
}
