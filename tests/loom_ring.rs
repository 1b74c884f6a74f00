//! Model check of the ring: every interleaving and every reordering that the memory model allows.
//!
//! Allowed outcomes of one producer and one consumer on a ring of two slots:
//! - the consumer sees slots 0, 1, 2 in this sequence, each whole;
//! - at any poll it may see nothing.
//!
//! FORBIDDEN: a torn slot, a slot twice, a slot skipped, a violation between honest ends, a write
//! into a slot that the consumer has not freed.
//!
//! Run: `RUSTFLAGS="--cfg loom" cargo test --release --test loom_ring --target-dir target/loom`.
#![cfg(loom)]

use loom::sync::Arc;
use riskgate::abi::SLOT_WORDS;
use riskgate::ring::spsc::{Consumer, Peek, Producer, RingWords};
use riskgate::sync::AtomicU64;

struct Heap {
    slots: Vec<Vec<AtomicU64>>,
    cursor: AtomicU64,
}

impl Heap {
    fn new(capacity: usize) -> Heap {
        let slot = || (0..SLOT_WORDS).map(|_| AtomicU64::new(0)).collect();
        Heap { slots: (0..capacity).map(|_| slot()).collect(), cursor: AtomicU64::new(0) }
    }
}

/// Ring words in heap memory. Words 2 to 7 of a slot share word 2, which keeps the state space
/// small; their order among each other does not matter, since the stamp orders all of them.
struct Shared(Arc<Heap>);

impl RingWords for Shared {
    fn slot_word(&self, slot: usize, word: usize) -> &AtomicU64 {
        &self.0.slots[slot][word.min(2)]
    }
    fn read_cursor(&self) -> &AtomicU64 {
        &self.0.cursor
    }
}

fn content(n: u64) -> [u64; SLOT_WORDS] {
    let tail = 0x5555 * (n + 1);
    [0, n + 100, tail, tail, tail, tail, tail, tail]
}

#[test]
fn slots_arrive_whole_and_in_order() {
    const MESSAGES: u64 = 3;
    let runs = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = runs.clone();
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(move || {
        count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let heap = Arc::new(Heap::new(2));
        let mut producer = Producer::new(Shared(heap.clone()), 2);
        let mut consumer = Consumer::new(Shared(heap), 2);
        let writer = loom::thread::spawn(move || {
            for n in 0..MESSAGES {
                while !producer.has_room().expect("an honest cursor is never a violation") {
                    loom::thread::yield_now();
                }
                producer.push(&content(n));
            }
        });
        let mut n = 0;
        while n < MESSAGES {
            match consumer.peek() {
                Peek::Empty => loom::thread::yield_now(),
                Peek::Slot(words) => {
                    assert_eq!(words[1..], content(n)[1..], "slot {n} is torn or out of order");
                    consumer.advance();
                    consumer.publish_read();
                    n += 1;
                }
                Peek::Violation(v) => panic!("honest ends: {v:?} at slot {n}"),
            }
        }
        writer.join().unwrap();
    });
    let runs = runs.load(std::sync::atomic::Ordering::Relaxed);
    println!("{runs} schedules");
    assert!(runs > 100, "only {runs} schedules: the model explored nothing");
}
