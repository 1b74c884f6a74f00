//! What the risk team is told because of one input: a list of fixed size.

use crate::abi::codes::Check;
use crate::gate::outcome::{EVENTS_MAX, Event, EventKind};

/// Events of one input.
pub struct Events {
    list: [Event; EVENTS_MAX],
    len: usize,
    /// Events that did not fit.
    pub dropped: u32,
}

impl Default for Events {
    fn default() -> Self {
        Events::new()
    }
}

impl Events {
    /// No events.
    pub fn new() -> Events {
        Events { list: [Event::FILLER; EVENTS_MAX], len: 0, dropped: 0 }
    }

    /// Forgets them.
    pub fn clear(&mut self) {
        self.len = 0;
        self.dropped = 0;
    }

    /// Adds one.
    pub fn push(&mut self, event: Event) {
        if self.len < EVENTS_MAX {
            self.list[self.len] = event;
            self.len += 1;
        } else {
            self.dropped += 1;
        }
    }

    /// Adds one, unless it is there already.
    pub fn push_once(&mut self, event: Event) {
        if !self.as_slice().contains(&event) {
            self.push(event);
        }
    }

    /// Adds one without a threshold.
    pub fn tell(&mut self, kind: EventKind, check: Check, node: u32, instrument: u32) {
        self.push(Event { kind, check, node, instrument, percent: 0 });
    }

    /// All of them.
    pub fn as_slice(&self) -> &[Event] {
        &self.list[..self.len]
    }
}
