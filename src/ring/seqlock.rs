//! Sequence lock over one line of eight atomic words: one writer, any number of readers.
//!
//! ```text
//!   word 0: seq      even: stable, odd: being written, 0: never written
//!   words 1..8       payload
//! ```
//! The writer never waits. A reader gets a whole payload or nothing, after a bounded number of
//! tries; it never sees a mixture and never writes.

use crate::sync::{AtomicU64, Ordering, fence, spin_hint};

/// Words of payload.
pub const PAYLOAD_WORDS: usize = 7;

/// A line of eight words.
pub trait LineWords {
    /// Word `word`, below 8; word 0 is the sequence number.
    fn line_word(&self, word: usize) -> &AtomicU64;
}

/// Writes the payload. Only one writer at a time; one that died inside a write leaves an odd
/// number, and the next write repairs it.
#[inline]
pub fn write(line: &impl LineWords, payload: &[u64; PAYLOAD_WORDS]) {
    write_after(line, line.line_word(0).load(Ordering::Relaxed), payload);
}

/// Like [`write()`], for a writer that knows the line's sequence number.
#[inline]
pub fn write_after(line: &impl LineWords, seq: u64, payload: &[u64; PAYLOAD_WORDS]) {
    let odd = seq | 1;
    line.line_word(0).store(odd, Ordering::Relaxed);
    // SYNC seqlock.begin: Release fence, pairs with the Acquire fence in read(). Whoever sees a
    // new payload word also sees the odd number in its second look.
    fence(Ordering::Release);
    for (i, word) in payload.iter().enumerate() {
        line.line_word(i + 1).store(*word, Ordering::Relaxed);
    }
    // SYNC seqlock.end: Release, pairs with the Acquire load in read(). The payload is visible to
    // whoever sees the even number. 0 means "never written", so a wrap skips it.
    let even = if odd == u64::MAX { 2 } else { odd + 1 };
    line.line_word(0).store(even, Ordering::Release);
}

/// The sequence number, without the payload: a cheap look whether anything is new.
#[inline]
pub fn sequence(line: &impl LineWords) -> u64 {
    line.line_word(0).load(Ordering::Relaxed)
}

/// Reads `(sequence, payload)`; `None` if the line was never written, or if the writer was in the
/// middle of it at each of `tries` looks.
#[inline]
pub fn read(line: &impl LineWords, tries: u32) -> Option<(u64, [u64; PAYLOAD_WORDS])> {
    for _ in 0..tries {
        // SYNC seqlock.end: Acquire, pairs with the Release store in write_after().
        let before = line.line_word(0).load(Ordering::Acquire);
        if before == 0 {
            return None;
        }
        if before & 1 == 0 {
            let mut payload = [0; PAYLOAD_WORDS];
            for (i, word) in payload.iter_mut().enumerate() {
                *word = line.line_word(i + 1).load(Ordering::Relaxed);
            }
            // SYNC seqlock.begin: Acquire fence, pairs with the Release fence in write_after().
            fence(Ordering::Acquire);
            if line.line_word(0).load(Ordering::Relaxed) == before {
                return Some((before, payload));
            }
        }
        spin_hint();
    }
    None
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    struct Line([AtomicU64; 8]);

    impl LineWords for Line {
        fn line_word(&self, word: usize) -> &AtomicU64 {
            &self.0[word]
        }
    }

    #[test]
    fn reads_what_was_written_and_nothing_before() {
        let line = Line(Default::default());
        assert_eq!(read(&line, 3), None);
        write(&line, &[1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(read(&line, 1), Some((2, [1, 2, 3, 4, 5, 6, 7])));
        write(&line, &[9; 7]);
        assert_eq!(read(&line, 1), Some((4, [9; 7])));
        assert_eq!(sequence(&line), 4);
    }

    #[test]
    fn an_interrupted_write_reads_as_nothing_and_is_repaired() {
        let line = Line(Default::default());
        line.0[0].store(7, Ordering::Relaxed);
        assert_eq!(read(&line, 5), None);
        write(&line, &[3; 7]);
        assert_eq!(read(&line, 1), Some((8, [3; 7])));
    }
}
