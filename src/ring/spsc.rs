//! Single-producer, single-consumer ring of stamped 64-byte slots.
//!
//! ```text
//!   producer                                   consumer
//!     next (private)                             next (private)
//!     peer (last read_cursor seen)               suspect (one wrong mix seen)
//!        |                                          |
//!        |   slot n: [stamp | w1 | w2 .. w7]        |
//!        +--- w1..w7, then stamp (Release) -------> polls the stamp (Acquire), loads w1..w7 once
//!        <--- read_cursor (Acquire) --------------- read_cursor (Release): slots before it are free
//! ```
//! Data and flag travel in one line: the consumer polls the stamp of the slot it expects, never a
//! shared write cursor. The stamp is the sequence number and a mix of the content (`abi`).
//!
//! Neither side trusts the other: both cursors are private, the peer's cursor is checked and
//! never indexes memory, and what the consumer finds in a slot is total: nothing, a slot, or a
//! [`Violation`]. A ring never blocks, allocates, or calls the system.

use crate::abi::{SLOT_WORDS, SlotWords, slot_mix, slot_stamp};
use crate::sync::{AtomicU64, Ordering};

/// Memory of one ring: its slots, and the word in which the consumer says how far it has read.
pub trait RingWords {
    /// Word `word` (below 8) of slot `slot` (below the capacity).
    fn slot_word(&self, slot: usize, word: usize) -> &AtomicU64;
    /// Number of slots that the consumer has read.
    fn read_cursor(&self) -> &AtomicU64;
}

impl<T: RingWords> RingWords for std::sync::Arc<T> {
    #[inline(always)]
    fn slot_word(&self, slot: usize, word: usize) -> &AtomicU64 {
        (**self).slot_word(slot, word)
    }
    #[inline(always)]
    fn read_cursor(&self) -> &AtomicU64 {
        (**self).read_cursor()
    }
}

/// How the other side broke the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// A slot carries the right sequence number and a wrong mix on two polls in a row.
    BadMix,
    /// A slot carries neither the last lap's nor this lap's sequence number.
    BadSequence,
    /// The consumer's cursor went back, or beyond what was produced.
    BadCursor,
}

/// What a poll finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peek {
    /// Nothing yet.
    Empty,
    /// The next slot, copied into private memory. It stays next until [`Consumer::advance`].
    Slot(SlotWords),
    /// The producer broke the protocol.
    Violation(Violation),
}

/// The writing end.
pub struct Producer<W> {
    words: W,
    capacity: u64,
    next: u64,
    peer: u64,
}

impl<W: RingWords> Producer<W> {
    /// The writing end of a fresh ring of `capacity` slots (a power of two).
    pub fn new(words: W, capacity: u32) -> Producer<W> {
        assert!(capacity.is_power_of_two(), "ring capacity {capacity} is not a power of two");
        Producer { words, capacity: u64::from(capacity), next: 0, peer: 0 }
    }

    /// Slots written so far.
    #[inline]
    pub fn produced(&self) -> u64 {
        self.next
    }

    /// The consumer's cursor as last seen.
    #[inline]
    pub fn peer_read(&self) -> u64 {
        self.peer
    }

    /// Reads the consumer's cursor and checks it: it never goes back and never passes what was
    /// produced.
    #[inline]
    pub fn refresh(&mut self) -> Result<(), Violation> {
        // SYNC ring.freed: Acquire, pairs with the Release in Consumer::publish_read. The
        // consumer's loads of a freed slot are done before we write into it again.
        let read = self.words.read_cursor().load(Ordering::Acquire);
        if read < self.peer || read > self.next {
            return Err(Violation::BadCursor);
        }
        self.peer = read;
        Ok(())
    }

    /// Is there a free slot? Looks at the consumer's cursor only if it has to.
    #[inline]
    pub fn has_room(&mut self) -> Result<bool, Violation> {
        if self.next - self.peer < self.capacity {
            return Ok(true);
        }
        self.refresh()?;
        Ok(self.next - self.peer < self.capacity)
    }

    /// Writes one slot; word 0 is ignored and becomes the stamp. Call it only after
    /// [`Producer::has_room`] said yes.
    #[inline]
    pub fn push(&mut self, words: &SlotWords) {
        assert!(self.next - self.peer < self.capacity, "push into a full ring");
        let slot = (self.next & (self.capacity - 1)) as usize;
        let stamp = slot_stamp((self.next + 1) as u32, words);
        for (i, word) in words.iter().enumerate().skip(1) {
            self.words.slot_word(slot, i).store(*word, Ordering::Relaxed);
        }
        // SYNC ring.slot: Release, pairs with the Acquire in Consumer::peek. Words 1 to 7 are
        // visible to whoever sees the stamp.
        self.words.slot_word(slot, 0).store(stamp, Ordering::Release);
        self.next += 1;
    }
}

/// The reading end.
pub struct Consumer<W> {
    words: W,
    capacity: u64,
    next: u64,
    suspect: bool,
}

impl<W: RingWords> Consumer<W> {
    /// The reading end of a fresh ring of `capacity` slots (a power of two).
    pub fn new(words: W, capacity: u32) -> Consumer<W> {
        assert!(capacity.is_power_of_two(), "ring capacity {capacity} is not a power of two");
        Consumer { words, capacity: u64::from(capacity), next: 0, suspect: false }
    }

    /// Slots consumed so far.
    #[inline]
    pub fn consumed(&self) -> u64 {
        self.next
    }

    /// Looks at the next slot. Total, whatever the memory holds; loads each word at most once.
    #[inline]
    pub fn peek(&mut self) -> Peek {
        let slot = (self.next & (self.capacity - 1)) as usize;
        // SYNC ring.slot: Acquire, pairs with the Release in Producer::push.
        let stamp = self.words.slot_word(slot, 0).load(Ordering::Acquire);
        let seq = stamp as u32;
        let expected = (self.next + 1) as u32;
        if seq != expected {
            self.suspect = false;
            let last_lap =
                if self.next < self.capacity { 0 } else { (self.next + 1 - self.capacity) as u32 };
            return if seq == last_lap {
                Peek::Empty
            } else {
                Peek::Violation(Violation::BadSequence)
            };
        }
        let mut words = [0; SLOT_WORDS];
        words[0] = stamp;
        for (i, word) in words.iter_mut().enumerate().skip(1) {
            // Relaxed is enough: the Acquire above orders these loads after the stamp, and the
            // mix finds a producer that writes in between.
            *word = self.words.slot_word(slot, i).load(Ordering::Relaxed);
        }
        if slot_mix(seq, &words) != (stamp >> 32) as u32 {
            if self.suspect {
                return Peek::Violation(Violation::BadMix);
            }
            self.suspect = true;
            return Peek::Empty;
        }
        self.suspect = false;
        Peek::Slot(words)
    }

    /// Goes on to the next slot. The producer may not reuse this one before
    /// [`Consumer::publish_read`].
    #[inline]
    pub fn advance(&mut self) {
        self.next += 1;
        self.suspect = false;
    }

    /// Tells the producer that all slots before the current one are free.
    #[inline]
    pub fn publish_read(&self) {
        // SYNC ring.freed: Release, pairs with the Acquire in Producer::refresh.
        self.words.read_cursor().store(self.next, Ordering::Release);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::sync::Arc;

    struct Heap {
        slots: Vec<[AtomicU64; SLOT_WORDS]>,
        cursor: AtomicU64,
    }

    impl RingWords for Heap {
        fn slot_word(&self, slot: usize, word: usize) -> &AtomicU64 {
            &self.slots[slot][word]
        }
        fn read_cursor(&self) -> &AtomicU64 {
            &self.cursor
        }
    }

    fn ring(capacity: u32) -> (Arc<Heap>, Producer<Arc<Heap>>, Consumer<Arc<Heap>>) {
        let heap = Arc::new(Heap {
            slots: (0..capacity).map(|_| Default::default()).collect(),
            cursor: AtomicU64::new(0),
        });
        (heap.clone(), Producer::new(heap.clone(), capacity), Consumer::new(heap, capacity))
    }

    #[test]
    fn slots_come_out_in_order_over_many_laps() {
        let (_, mut producer, mut consumer) = ring(4);
        for n in 0..100u64 {
            assert_eq!(producer.has_room(), Ok(true));
            producer.push(&[0, n, n * 2, 3, 4, 5, 6, 7]);
            let Peek::Slot(words) = consumer.peek() else { panic!("slot {n} is not there") };
            assert_eq!(&words[1..], &[n, n * 2, 3, 4, 5, 6, 7]);
            consumer.advance();
            assert_eq!(consumer.peek(), Peek::Empty);
            consumer.publish_read();
        }
    }

    #[test]
    fn a_full_ring_has_no_room_until_the_consumer_says_so() {
        let (_, mut producer, mut consumer) = ring(2);
        for _ in 0..2 {
            assert_eq!(producer.has_room(), Ok(true));
            producer.push(&[0; SLOT_WORDS]);
        }
        assert_eq!(producer.has_room(), Ok(false));
        assert!(matches!(consumer.peek(), Peek::Slot(_)));
        consumer.advance();
        assert_eq!(producer.has_room(), Ok(false));
        consumer.publish_read();
        assert_eq!(producer.has_room(), Ok(true));
    }

    #[test]
    fn every_other_sequence_number_is_a_violation() {
        for lap in [0u64, 1, 5] {
            let (heap, mut producer, mut consumer) = ring(4);
            for _ in 0..lap * 4 {
                assert_eq!(producer.has_room(), Ok(true));
                producer.push(&[0; SLOT_WORDS]);
                assert!(matches!(consumer.peek(), Peek::Slot(_)));
                consumer.advance();
                consumer.publish_read();
            }
            let last = if lap == 0 { 0 } else { lap * 4 - 3 };
            for seq in [0, last.wrapping_sub(1), lap * 4 + 2, lap * 4 + 5, u64::from(u32::MAX)] {
                let seq = u64::from(seq as u32);
                if seq == last {
                    continue;
                }
                heap.slots[0][0].store(seq, Ordering::Relaxed);
                assert_eq!(consumer.peek(), Peek::Violation(Violation::BadSequence), "seq {seq}");
            }
        }
    }

    #[test]
    fn a_wrong_mix_is_forgiven_once() {
        let (heap, mut producer, mut consumer) = ring(2);
        assert_eq!(producer.has_room(), Ok(true));
        producer.push(&[0, 1, 2, 3, 4, 5, 6, 7]);
        heap.slots[0][3].store(99, Ordering::Relaxed);
        assert_eq!(consumer.peek(), Peek::Empty);
        heap.slots[0][3].store(3, Ordering::Relaxed);
        assert!(matches!(consumer.peek(), Peek::Slot(_)));
        heap.slots[0][3].store(99, Ordering::Relaxed);
        assert_eq!(consumer.peek(), Peek::Empty);
        assert_eq!(consumer.peek(), Peek::Violation(Violation::BadMix));
    }

    #[test]
    fn a_cursor_that_jumps_is_a_violation() {
        let (heap, mut producer, _) = ring(4);
        for _ in 0..3 {
            producer.push(&[0; SLOT_WORDS]);
        }
        heap.cursor.store(2, Ordering::Relaxed);
        assert_eq!(producer.refresh(), Ok(()));
        heap.cursor.store(1, Ordering::Relaxed);
        assert_eq!(producer.refresh(), Err(Violation::BadCursor));
        heap.cursor.store(4, Ordering::Relaxed);
        assert_eq!(producer.refresh(), Err(Violation::BadCursor));
    }
}
