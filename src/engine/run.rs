//! Runs of a lane: the lines of a basket, collected in private memory until the last one is there.
//!
//! ```text
//!   idle ──first line with MORE──► open ──line without MORE──► decided as one (serve.rs)
//!                                   │
//!                                   └─ too long, broken off ──► its lines are refused one by one
//! ```
//! A run that is open holds nothing but its own memory: other lanes go on, and a lane that never
//! ends its run, closes, is quarantined, or loses its engine leaves nothing behind. Lines that were
//! never decided are not approved. All memory is allocated with the lane.

use crate::abi::SlotWords;
use crate::abi::order::{BASKET_LINES_MAX, WORD_KIND, flag, kind};
use crate::machine::Line;

/// The run of one lane, and verdicts that its client has not made room for yet.
pub struct Run {
    lines: Box<[Line]>,
    len: usize,
    /// Next line to refuse by itself; the lines before it are refused already.
    next_loose: usize,
    loose: bool,
    /// Lines still to come belong to a run that is refused already.
    broken: bool,
    /// The run is refused because the journal has no room for it.
    no_room: bool,
    held: Box<[SlotWords]>,
    held_first: usize,
    held_end: usize,
}

impl Default for Run {
    fn default() -> Self {
        Run {
            lines: vec![Line::FILLER; BASKET_LINES_MAX].into_boxed_slice(),
            len: 0,
            next_loose: 0,
            loose: false,
            broken: false,
            no_room: false,
            held: vec![[0; 8]; BASKET_LINES_MAX].into_boxed_slice(),
            held_first: 0,
            held_end: 0,
        }
    }
}

/// What a line did to its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// More lines must come.
    Open,
    /// It was the last line: [`Run::lines`] is the basket.
    Complete,
    /// The run is no basket: [`Run::loose_line`] gives its lines.
    Refused,
}

fn more(words: &SlotWords) -> bool {
    (words[WORD_KIND] >> 24) as u8 & flag::BASKET_MORE != 0
}

impl Run {
    /// Is this message a line: a new order or replace that says that more follow, or that follows?
    #[inline(always)]
    pub fn takes(&self, words: &SlotWords) -> bool {
        let is_order = matches!(words[WORD_KIND] as u8, kind::NEW | kind::REPLACE);
        is_order && (self.is_open() || more(words))
    }

    /// Is a run open?
    #[inline(always)]
    pub fn is_open(&self) -> bool {
        self.len != 0 || self.broken
    }

    /// Adds a line. The run is not being refused at this moment.
    pub fn take(&mut self, words: &SlotWords, extension: Option<SlotWords>) -> Taken {
        self.lines[self.len] = Line { words: *words, extension };
        self.len += 1;
        let more = more(words);
        let misshapen = self.broken || words[WORD_KIND] as u8 != kind::NEW;
        if misshapen || more && self.len == BASKET_LINES_MAX {
            self.refuse(false);
            self.broken = more;
            return Taken::Refused;
        }
        if more { Taken::Open } else { Taken::Complete }
    }

    /// The lines that it has.
    pub fn lines(&self) -> &[Line] {
        &self.lines[..self.len]
    }

    /// The run is no basket: its lines are refused one by one.
    pub fn refuse(&mut self, no_room: bool) {
        self.loose = true;
        self.broken = false;
        self.no_room = no_room;
        self.next_loose = 0;
        if self.len == 0 {
            self.end();
        }
    }

    /// The next line to refuse by itself, and whether that is for want of room in the journal.
    #[inline(always)]
    pub fn loose_line(&self) -> Option<(&Line, bool)> {
        self.loose.then(|| (&self.lines[self.next_loose], self.no_room))
    }

    /// The line was refused.
    pub fn loose_line_done(&mut self) {
        self.next_loose += 1;
        if self.next_loose == self.len {
            self.end();
        }
    }

    /// The basket is decided, or all of its lines are refused.
    pub fn end(&mut self) {
        self.len = 0;
        self.loose = false;
        self.no_room = false;
    }

    /// Forgets everything; how many lines were never decided.
    pub fn clear(&mut self) -> u64 {
        let undecided = self.len - if self.loose { self.next_loose } else { 0 };
        self.end();
        self.broken = false;
        (self.held_first, self.held_end) = (0, 0);
        undecided as u64
    }

    /// Keeps a verdict until the client has room for it. At most a basket's, one basket at a time.
    pub fn hold(&mut self, verdict: &SlotWords) {
        self.held[self.held_end] = *verdict;
        self.held_end += 1;
    }

    /// The oldest verdict that is held.
    #[inline(always)]
    pub fn held(&self) -> Option<&SlotWords> {
        (self.held_first != self.held_end).then(|| &self.held[self.held_first])
    }

    /// The oldest held verdict went to the client.
    pub fn held_done(&mut self) {
        self.held_first += 1;
        if self.held_first == self.held_end {
            (self.held_first, self.held_end) = (0, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: u8, more: bool) -> SlotWords {
        let flags = if more { flag::BASKET_MORE } else { 0 };
        let mut words = [0; 8];
        words[WORD_KIND] = u64::from(kind) | (u64::from(flags) << 24);
        words
    }

    #[test]
    fn a_run_is_complete_with_its_last_line() {
        let mut run = Run::default();
        assert!(!run.takes(&line(kind::NEW, false)) && run.takes(&line(kind::NEW, true)));
        assert_eq!(run.take(&line(kind::NEW, true), None), Taken::Open);
        assert!(run.takes(&line(kind::NEW, false)) && !run.takes(&line(kind::CANCEL, false)));
        assert_eq!(run.take(&line(kind::NEW, false), None), Taken::Complete);
        assert_eq!(run.lines().len(), 2);
        run.end();
        assert!(!run.is_open());
    }

    #[test]
    fn an_endless_run_is_refused_to_its_end() {
        let mut run = Run::default();
        for _ in 1..BASKET_LINES_MAX {
            assert_eq!(run.take(&line(kind::NEW, true), None), Taken::Open);
        }
        assert_eq!(run.take(&line(kind::NEW, true), None), Taken::Refused);
        let mut refused = 0;
        while run.loose_line().is_some() {
            run.loose_line_done();
            refused += 1;
        }
        assert_eq!(refused, BASKET_LINES_MAX);
        for more in [true, true, false] {
            assert!(run.is_open());
            assert_eq!(run.take(&line(kind::NEW, more), None), Taken::Refused);
            run.loose_line_done();
        }
        assert!(!run.is_open());
    }

    #[test]
    fn a_replace_is_no_line() {
        let mut run = Run::default();
        assert_eq!(run.take(&line(kind::NEW, true), None), Taken::Open);
        assert_eq!(run.take(&line(kind::REPLACE, false), None), Taken::Refused);
        assert_eq!(run.clear(), 2);
        assert!(!run.is_open() && run.loose_line().is_none());
    }
}
