//! Model check of the sequence lock.
//!
//! Allowed outcomes of a reader beside two writes `a` then `b`: nothing, `a` whole with number 2,
//! `b` whole with number 4; never `a` after `b`.
//!
//! FORBIDDEN: a mixture of `a` and `b`, a number that does not belong to its payload.
//!
//! Run: `RUSTFLAGS="--cfg loom" cargo test --release --test loom_seqlock --target-dir target/loom`.
#![cfg(loom)]

use loom::sync::Arc;
use riskgate::ring::seqlock::{self, LineWords, PAYLOAD_WORDS};
use riskgate::sync::AtomicU64;

/// Payload words 3 to 7 share word 3: two independent payload words are enough to be torn.
struct Line(Vec<AtomicU64>);

impl LineWords for Line {
    fn line_word(&self, word: usize) -> &AtomicU64 {
        &self.0[word.min(2)]
    }
}

fn payload(n: u64) -> [u64; PAYLOAD_WORDS] {
    [n * 7; PAYLOAD_WORDS]
}

#[test]
fn a_reader_never_sees_a_mixture() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let line = Arc::new(Line((0..3).map(|_| AtomicU64::new(0)).collect()));
        let theirs = line.clone();
        let writer = loom::thread::spawn(move || {
            seqlock::write(&*theirs, &payload(1));
            seqlock::write(&*theirs, &payload(2));
        });
        let mut last = 0;
        for _ in 0..2 {
            if let Some((seq, words)) = seqlock::read(&*line, 1) {
                assert!(seq == 2 || seq == 4, "number {seq}");
                assert_eq!(words, payload(seq / 2), "payload of number {seq}");
                assert!(seq >= last, "went back from {last} to {seq}");
                last = seq;
            }
        }
        writer.join().unwrap();
    });
}
