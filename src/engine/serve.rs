//! One lane's share of a sweep: from the bytes of a slot to the verdict in the client's ring.
//!
//! Per slot: peek (one load per word) → room for the verdict and the journal → the instrument's
//! mark → state machine → journal → verdict. Nothing is consumed that could not be recorded and
//! answered, and nothing is answered that is not recorded. What a client does wrong ends in the
//! quarantine of its own lane and nowhere else.

use crate::abi::SlotWords;
use crate::abi::lane::{lane_state, quarantine};
use crate::abi::order::{WORD_ID, WORD_KIND, flag, kind};
use crate::abi::verdict::decision;
use crate::clock;
use crate::engine::door::Visitor;
use crate::gate::outcome::{Event, Outcome};
use crate::journal::record::LaneEntry;
use crate::journal::writer::{GROUP_RECORDS_MAX, JournalWriter, OrderInput};
use crate::machine::{Environment, Machine, MarkInput};
use crate::ring::spsc::Peek;
use crate::shm::lane::reason;
use crate::shm::marks::MarkTable;

/// The state machine, as the hot thread needs it; tests put a stand-in here.
pub trait Gate {
    /// See [`Machine::order`].
    fn order(
        &mut self,
        now_ns: u64,
        lane: u32,
        words: &SlotWords,
        extension: Option<&SlotWords>,
        environment: Environment,
    ) -> &Outcome;
    /// See [`Machine::mark`].
    fn mark(&mut self, now_ns: u64, instrument: u32, mark: &MarkInput) -> &Outcome;
    /// See [`Machine::events`].
    fn events(&self) -> &[Event];
    /// See [`Machine::killed`].
    fn killed(&self, lane: u32) -> (bool, bool);
    /// See [`Machine::lane_open_orders`].
    fn lane_open_orders(&self, lane: u32) -> u32;
    /// See [`Machine::state_hash`].
    fn state_hash(&self) -> u64;
}

impl Gate for Machine {
    fn order(
        &mut self,
        now_ns: u64,
        lane: u32,
        words: &SlotWords,
        extension: Option<&SlotWords>,
        environment: Environment,
    ) -> &Outcome {
        Machine::order(self, now_ns, lane, words, extension, environment)
    }
    fn mark(&mut self, now_ns: u64, instrument: u32, mark: &MarkInput) -> &Outcome {
        Machine::mark(self, now_ns, instrument, mark)
    }
    fn events(&self) -> &[Event] {
        Machine::events(self)
    }
    fn killed(&self, lane: u32) -> (bool, bool) {
        Machine::killed(self, lane)
    }
    fn lane_open_orders(&self, lane: u32) -> u32 {
        Machine::lane_open_orders(self, lane)
    }
    fn state_hash(&self) -> u64 {
        Machine::state_hash(self)
    }
}

/// What the hot thread knows about one lane of the configuration.
#[derive(Default)]
pub struct LaneRow {
    /// Who is connected.
    pub visitor: Option<Box<Visitor>>,
    /// `abi::lane::lane_state`.
    pub state: u32,
    /// `abi::lane::quarantine`, or 0.
    pub reason: u32,
    /// Number of the connection.
    pub session: u32,
    /// An extension whose order has not come yet.
    extension: Option<SlotWords>,
    /// A change of state that the journal had no room for.
    unjournaled: Option<LaneEntry>,
    /// What `killed` was when the client was told.
    pub told_killed: bool,
    /// Requests (new, replace, cancel, mass cancel, and what is malformed).
    pub requests: u64,
    /// Requests accepted.
    pub accepts: u64,
    /// Requests rejected.
    pub rejects: u64,
    /// Reports and voids.
    pub reports: u64,
    /// Slots of a closing client that were not read.
    pub unread: u64,
    /// Sweeps in which the client's full verdict ring held its orders up.
    pub verdict_stalls: u64,
}

impl LaneRow {
    /// Has a message the extension that it says it has, and no other?
    fn extension_fits(&self, words: &SlotWords) -> bool {
        let flagged = (words[WORD_KIND] >> 24) as u8 & flag::HAS_EXTENSION != 0;
        let of_it = self.extension.is_none_or(|ext| ext[WORD_ID] == words[WORD_ID]);
        flagged == self.extension.is_some() && of_it
    }
}

/// What all lanes share.
pub struct Core<G> {
    /// The state machine.
    pub gate: G,
    /// The journal.
    pub journal: JournalWriter,
    /// The mark table.
    pub marks: MarkTable,
    /// Loaded and verified?
    pub ready: bool,
    /// Most slots of a lane in one sweep.
    pub orders_per_sweep: u32,
    /// Marks applied.
    pub marks_applied: u64,
    /// Sweeps in which a full journal held a lane up.
    pub journal_stalls: u64,
    /// Lanes put into quarantine.
    pub violations: u64,
}

/// Does this kind of message get no verdict? What has no meaning gets one: it is malformed.
fn is_report(kind: u8) -> bool {
    (kind::VOID..=kind::BUST).contains(&kind)
}

impl<G: Gate> Core<G> {
    /// A mark and an order fit into the journal, whatever they cause.
    #[inline]
    fn journal_has_room(&mut self) -> bool {
        self.journal.free_records() >= 2 * GROUP_RECORDS_MAX
    }

    /// Applies the mark of an instrument if it changed. Call it with room in the journal.
    #[inline]
    pub fn take_mark(&mut self, instrument: u32, now_ns: u64) -> bool {
        let Some(m) = self.marks.changed(instrument, now_ns) else { return false };
        let input = MarkInput {
            bid: m.bid,
            ask: m.ask,
            last: m.last,
            close: m.close,
            quote_ns: m.quote_ns,
            last_ns: m.last_ns,
            volume: m.volume,
        };
        self.gate.mark(now_ns, instrument, &input);
        let appended = self.journal.append_mark(now_ns, instrument, &input, self.gate.events());
        assert!(appended.is_ok(), "a mark was applied without room in the journal");
        self.marks_applied += 1;
        true
    }

    /// One mark of the idle sweep; only while the journal has room to spare.
    #[inline]
    pub fn sweep_mark(&mut self, instrument: u32, now_ns: u64) -> bool {
        self.journal.accepts_new() && self.journal_has_room() && self.take_mark(instrument, now_ns)
    }

    /// Serves one lane: at most `orders_per_sweep` slots. True: something was consumed.
    #[inline]
    pub fn serve(&mut self, row: &mut LaneRow) -> bool {
        if row.state != lane_state::OPEN {
            return false;
        }
        let Some(mut visitor) = row.visitor.take() else { return false };
        let (consumed, broken) = self.sweep(row, &mut visitor);
        if consumed > 0 {
            visitor.lane.orders.publish_read();
        }
        row.visitor = Some(visitor);
        if let Some(reason) = broken {
            self.quarantine(row, reason);
        }
        consumed > 0
    }

    fn sweep(&mut self, row: &mut LaneRow, visitor: &mut Visitor) -> (u32, Option<u32>) {
        let mut consumed = 0;
        while consumed < self.orders_per_sweep {
            let words = match visitor.lane.orders.peek() {
                Peek::Empty => break,
                Peek::Slot(words) => words,
                Peek::Violation(violation) => return (consumed, Some(reason(violation))),
            };
            let kind = words[WORD_KIND] as u8;
            if kind == kind::EXTENSION {
                if row.extension.is_some() {
                    return (consumed, Some(quarantine::BROKEN_EXTENSION));
                }
                row.extension = Some(words);
                visitor.lane.orders.advance();
                consumed += 1;
                continue;
            }
            if !row.extension_fits(&words) {
                return (consumed, Some(quarantine::BROKEN_EXTENSION));
            }
            if !self.journal_has_room() {
                self.journal_stalls += 1;
                break;
            }
            if !is_report(kind) {
                match visitor.lane.verdicts.has_room() {
                    Ok(true) => {}
                    Ok(false) => {
                        row.verdict_stalls += 1;
                        break;
                    }
                    Err(violation) => return (consumed, Some(reason(violation))),
                }
            }
            visitor.lane.orders.advance();
            consumed += 1;
            self.decide(row, visitor, &words);
        }
        (consumed, None)
    }

    /// One request or report: mark, decision, journal, verdict, in this sequence.
    #[inline]
    fn decide(&mut self, row: &mut LaneRow, visitor: &mut Visitor, words: &SlotWords) {
        let lane = visitor.lane.params.lane;
        let now_ns = clock::now_ns();
        self.take_mark(words[5] as u32, now_ns);
        let environment = Environment { ready: self.ready, journal_ok: self.journal.accepts_new() };
        let extension = row.extension.take();
        let extension = extension.as_ref();
        let outcome = *self.gate.order(now_ns, lane, words, extension, environment);
        let input = OrderInput { now_ns, received_ns: now_ns, lane, words, extension, environment };
        let appended = match self.journal.append_order(&input, &outcome, self.gate.events()) {
            Ok(appended) => appended,
            Err(_) => panic!("an order was decided without room in the journal"),
        };
        if is_report(words[WORD_KIND] as u8) {
            row.reports += 1;
        } else {
            row.requests += 1;
        }
        match outcome.decision {
            decision::ACCEPT => row.accepts += 1,
            decision::REJECT => row.rejects += 1,
            _ => {}
        }
        if outcome.answers() {
            match visitor.lane.verdicts.has_room() {
                Ok(true) => visitor.lane.verdicts.push(&appended.verdict.to_words()),
                _ => panic!(
                    "the state machine answered a message of kind {} that gets no verdict",
                    words[WORD_KIND] as u8
                ),
            }
        }
    }

    /// A new client.
    pub fn open(&mut self, row: &mut LaneRow, visitor: Box<Visitor>) {
        row.state = lane_state::OPEN;
        row.reason = 0;
        row.session = visitor.lane.params.session;
        row.extension = None;
        let killed = self.gate.killed(visitor.lane.params.lane).1;
        row.told_killed = killed;
        visitor.lane.set_killed(killed);
        row.visitor = Some(visitor);
        self.note(row);
        if let Some(visitor) = &row.visitor {
            visitor.lane.set_state(lane_state::OPEN, 0);
        }
    }

    /// The client is gone: what it had told about the past is still read, new and replace requests
    /// that got no verdict are not (they are not approved). Its open orders stay.
    pub fn close(&mut self, row: &mut LaneRow) -> Option<Box<Visitor>> {
        let mut visitor = row.visitor.take()?;
        if row.state == lane_state::OPEN {
            for _ in 0..visitor.lane.params.order_capacity {
                let Peek::Slot(words) = visitor.lane.orders.peek() else { break };
                visitor.lane.orders.advance();
                let kind = words[WORD_KIND] as u8;
                if kind == kind::EXTENSION {
                    row.unread += u64::from(row.extension.replace(words).is_some());
                    continue;
                }
                if is_report(kind) && row.extension_fits(&words) && self.journal_has_room() {
                    self.decide(row, &mut visitor, &words);
                } else {
                    row.unread += 1 + u64::from(row.extension.take().is_some());
                }
            }
            row.unread += u64::from(row.extension.take().is_some());
            row.state = lane_state::CLOSED;
            row.visitor = Some(visitor);
            self.note(row);
            visitor = row.visitor.take()?;
        }
        visitor.lane.set_state(row.state, row.reason);
        Some(visitor)
    }

    /// Nothing more is read from this lane.
    pub fn quarantine(&mut self, row: &mut LaneRow, reason: u32) {
        row.state = lane_state::QUARANTINED;
        row.reason = reason;
        row.extension = None;
        self.violations += 1;
        self.note(row);
        if let Some(visitor) = &row.visitor {
            visitor.lane.set_state(lane_state::QUARANTINED, reason);
        }
    }

    /// Checks the client's cursor, whether or not its verdict ring is short of room.
    pub fn check_cursor(&mut self, row: &mut LaneRow) {
        if row.state != lane_state::OPEN {
            return;
        }
        let Some(visitor) = &mut row.visitor else { return };
        if let Err(violation) = visitor.lane.verdicts.refresh() {
            self.quarantine(row, reason(violation));
        }
    }

    /// Journals the lane's state, now or as soon as there is room.
    fn note(&mut self, row: &mut LaneRow) {
        let Some(visitor) = &row.visitor else { return };
        let entry = LaneEntry {
            state: row.state as u8,
            reason: row.reason,
            session: row.session,
            uid: visitor.uid,
            pid: visitor.pid,
        };
        row.unjournaled = Some(entry);
        self.retry_note(row, visitor.lane.params.lane);
    }

    /// Journals a change of state that had no room before.
    pub fn retry_note(&mut self, row: &mut LaneRow, lane: u32) {
        if let Some(entry) = &row.unjournaled
            && self.journal.append_lane(clock::now_ns(), lane, entry).is_ok()
        {
            row.unjournaled = None;
        }
    }
}
