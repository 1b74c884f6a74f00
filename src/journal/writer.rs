//! What the hot thread calls: one append for each input, with its outcome, shown as one group.
//!
//! No allocation, no lock, no system call. An append that does not fit is refused and changes
//! nothing; the engine asks [`JournalWriter::has_room`] before it takes an input, so that nothing
//! is ever decided that cannot be recorded. The last eighth of the ring is for cancels, reports
//! and control: see [`JournalWriter::accepts_new`].

use super::body::put_extension;
use super::cursor::{Cursor, Status};
use super::record::{
    Body, ControlEntry, Decided, EventEntry, Kind, LaneEntry, MarkEntry, NO_LANE, RECORD_WORDS,
    Record, RecordWords, SETUP_CHUNK_BYTES, SetupChunk, Start, Stop, Text, bare, flag, put_header,
};
use super::ring::{RingPaths, RingWriter};
use crate::abi::SlotWords;
use crate::abi::verdict::VerdictSlot;
use crate::error::{Error, Result};
use crate::gate::outcome::{EVENTS_MAX, Event, MeasureUnit, Outcome};
use crate::machine::{Environment, Line, MarkInput};
use crate::state::command::Command;

/// Most records of one input: extension, order, breach, events.
pub const GROUP_RECORDS_MAX: u64 = 3 + EVENTS_MAX as u64;

/// Most records of a basket of so many lines: extension, order and breach of each, then events.
pub const fn basket_records_max(lines: usize) -> u64 {
    3 * lines as u64 + EVENTS_MAX as u64
}

/// The ring has no room for a whole group: nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// Begin of an epoch.
pub struct StartInput<'a> {
    /// The setup image ([`super::image::encode`]).
    pub setup_image: &'a [u8],
    /// The state of the epoch before goes on.
    pub continues: bool,
    /// Hash of the state that the epoch begins with.
    pub state_hash: u64,
    /// How long an ACCEPT holds, ns.
    pub valid_ns: u64,
    /// The engine's clock, ns.
    pub now_ns: u64,
    /// Wall clock, ns since 1970.
    pub wall_ns: u64,
    /// Which build it is.
    pub build: &'a str,
}

/// A slot of a lane, and when it was seen.
pub struct OrderInput<'a> {
    /// The time that the state machine was told.
    pub now_ns: u64,
    /// When the engine picked the slot up.
    pub received_ns: u64,
    /// The lane.
    pub lane: u32,
    /// The slot.
    pub words: &'a SlotWords,
    /// Its extension.
    pub extension: Option<&'a SlotWords>,
    /// What the state machine was told about the gate's surroundings.
    pub environment: Environment,
}

/// Who gave a command, and why.
#[derive(Clone, Copy, Debug)]
pub struct Authority<'a> {
    /// Who gave it.
    pub operator: &'a str,
    /// Who approved it; empty if nobody had to.
    pub approver: &'a str,
    /// Why.
    pub reason: &'a str,
}

/// An order in the journal.
#[derive(Clone, Copy, Debug)]
pub struct Appended {
    /// Number of its ORDER or REPORT record.
    pub seq: u64,
    /// The verdict exactly as recorded; the stamp is left to the lane. Only for the client if
    /// [`Outcome::answers`].
    pub verdict: VerdictSlot,
}

/// The engine's hand on the journal ring of its epoch.
pub struct JournalWriter {
    ring: RingWriter,
    cursor: Cursor,
    /// Last record known to be taken by the recorder.
    taken: u64,
    epoch: u32,
    valid_ns: u64,
    configuration_seq: u64,
}

impl JournalWriter {
    /// Opens the fresh ring of an epoch.
    pub fn open(paths: &RingPaths) -> Result<JournalWriter> {
        let ring = RingWriter::open(paths)?;
        let cursor = Cursor::open_read_only(&paths.cursor, paths.epoch)?;
        let taken = ring.next_seq() - 1;
        if cursor.taken() != taken {
            return Err(Error::new(format!(
                "open the journal of epoch {}: the ring begins with record {} and the recorder's \
                 page {} says that {} is taken; start a new epoch",
                paths.epoch,
                taken + 1,
                paths.cursor.display(),
                cursor.taken()
            )));
        }
        Ok(JournalWriter {
            ring,
            cursor,
            taken,
            epoch: paths.epoch,
            valid_ns: 0,
            configuration_seq: 0,
        })
    }

    /// Records that fit now.
    #[inline]
    pub fn free_records(&mut self) -> u64 {
        let slots = self.ring.slots();
        let last = self.ring.next_seq() - 1;
        if last - self.taken > slots / 4 {
            let taken = self.cursor.taken();
            // A number that cannot be is no permission to overwrite.
            if taken >= self.taken && taken <= last {
                self.taken = taken;
            }
        }
        slots - (last - self.taken)
    }

    /// Does any input fit, whatever its outcome? If not, the engine takes nothing from anybody.
    #[inline]
    pub fn has_room(&mut self) -> bool {
        self.free_records() >= GROUP_RECORDS_MAX
    }

    /// May a basket of so many lines be accepted? As [`JournalWriter::accepts_new`], and all of its
    /// records fit.
    pub fn accepts_basket(&mut self, lines: usize) -> bool {
        self.cursor.status() != Status::Failed
            && self.free_records() >= self.ring.slots() / 8 + basket_records_max(lines)
    }

    /// May new orders be accepted? That is [`Environment::journal_ok`]: the recorder has not
    /// failed, and the last eighth of the ring is untouched.
    #[inline]
    pub fn accepts_new(&mut self) -> bool {
        self.cursor.status() != Status::Failed
            && self.free_records() >= self.ring.slots() / 8 + GROUP_RECORDS_MAX
    }

    /// Number of the next record.
    #[inline]
    pub fn next_seq(&self) -> u64 {
        self.ring.next_seq()
    }

    /// The last record on stable storage.
    pub fn synced(&self) -> u64 {
        self.cursor.synced()
    }

    /// The recorder's page.
    pub fn recorder(&self) -> &Cursor {
        &self.cursor
    }

    /// The epoch.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Begins the epoch: START and the setup image. Once, before anything else; not the hot path.
    pub fn append_start(&mut self, input: &StartInput<'_>) -> Result<u64> {
        let chunks = input.setup_image.chunks(SETUP_CHUNK_BYTES);
        let records = 1 + chunks.len() as u64;
        let free = self.free_records();
        if free < records {
            return Err(Error::new(format!(
                "begin the journal of epoch {}: the setup takes {records} records and the ring has \
                 room for {free}; configure a larger journal ring",
                self.epoch
            )));
        }
        self.valid_ns = input.valid_ns;
        let seq = self.ring.next_seq();
        self.configuration_seq = seq;
        let start = Body::Start(Start {
            setup_hash: super::image::hash(input.setup_image),
            state_hash: input.state_hash,
            wall_ns: input.wall_ns,
            setup_bytes: input.setup_image.len() as u64,
            setup_records: chunks.len() as u32,
            valid_ns: input.valid_ns,
            build: Text::new(input.build),
        });
        let flags = if input.continues { flag::CONTINUES } else { 0 };
        self.stage(flags, NO_LANE, input.now_ns, start);
        for (index, chunk) in chunks.enumerate() {
            let mut bytes = [0; SETUP_CHUNK_BYTES];
            bytes[..chunk.len()].copy_from_slice(chunk);
            let body =
                Body::Setup(SetupChunk { index: index as u32, len: chunk.len() as u32, bytes });
            self.stage(0, NO_LANE, input.now_ns, body);
        }
        self.ring.publish();
        Ok(seq)
    }

    /// A request or report with its outcome. Journal first: the verdict goes to the client after
    /// this returned.
    #[inline]
    pub fn append_order(
        &mut self,
        input: &OrderInput<'_>,
        outcome: &Outcome,
        events: &[Event],
    ) -> std::result::Result<Appended, Full> {
        if !self.has_room() {
            return Err(Full);
        }
        let appended = self.stage_order(0, input, outcome, events);
        self.stage_events(input.lane, input.now_ns, events);
        self.ring.publish();
        Ok(appended)
    }

    /// Like [`JournalWriter::append_order`], for a line that never became part of a basket.
    pub fn append_loose(
        &mut self,
        input: &OrderInput<'_>,
        outcome: &Outcome,
        events: &[Event],
    ) -> std::result::Result<Appended, Full> {
        if !self.has_room() {
            return Err(Full);
        }
        let appended = self.stage_order(flag::LOOSE, input, outcome, events);
        self.stage_events(input.lane, input.now_ns, events);
        self.ring.publish();
        Ok(appended)
    }

    /// A whole basket with the outcome of each line, shown at once. `verdict` gets them in sequence,
    /// before they are shown: they go to the client after this returned.
    #[allow(clippy::too_many_arguments)]
    pub fn append_basket(
        &mut self,
        now_ns: u64,
        lane: u32,
        environment: Environment,
        lines: &[Line],
        outcomes: &[Outcome],
        events: &[Event],
        mut verdict: impl FnMut(VerdictSlot),
    ) -> std::result::Result<(), Full> {
        if self.free_records() < basket_records_max(lines.len()) {
            return Err(Full);
        }
        for (at, line) in lines.iter().enumerate() {
            let (words, extension) = (&line.words, line.extension.as_ref());
            let input =
                OrderInput { now_ns, received_ns: now_ns, lane, words, extension, environment };
            let last = at + 1 == lines.len();
            let (flags, events) = if last { (0, events) } else { (flag::BASKET_MORE, &[][..]) };
            verdict(self.stage_order(flags, &input, &outcomes[at], events).verdict);
        }
        self.stage_events(lane, now_ns, events);
        self.ring.publish();
        Ok(())
    }

    /// Writes extension, order and breach; not shown yet. Of `events` only the number.
    #[inline]
    fn stage_order(
        &mut self,
        mut flags: u16,
        input: &OrderInput<'_>,
        outcome: &Outcome,
        events: &[Event],
    ) -> Appended {
        if let Some(extension) = input.extension {
            flags |= flag::HAS_EXTENSION;
            let mut words: RecordWords = [0; RECORD_WORDS];
            self.header(&mut words, Kind::Extension, 0, input.lane, input.now_ns);
            put_extension(&mut words, extension);
            self.ring.stage(&words);
        }
        // A breach without numbers is in the record of the order completely.
        let exact = outcome.first.filter(|first| !bare(first));
        if exact.is_some() {
            flags |= flag::HAS_BREACH;
        }
        let seq = self.ring.next_seq();
        let announced = events.len().min(EVENTS_MAX) as u8;
        let (decided, verdict) = self.decided(seq, input, outcome, announced);
        let kind = if outcome.answers() { Kind::Order } else { Kind::Report };
        let mut words: RecordWords = [0; RECORD_WORDS];
        self.header(&mut words, kind, flags, input.lane, input.now_ns);
        decided.put(&mut words);
        self.ring.stage(&words);
        if let Some(first) = exact {
            self.stage(0, input.lane, input.now_ns, Body::Breach(first));
        }
        Appended { seq, verdict }
    }

    /// A mark with what it caused.
    pub fn append_mark(
        &mut self,
        now_ns: u64,
        instrument: u32,
        mark: &MarkInput,
        events: &[Event],
    ) -> std::result::Result<u64, Full> {
        let entry = |events| Body::Mark(MarkEntry { instrument, events, mark: *mark });
        self.group(0, NO_LANE, now_ns, entry, events)
    }

    /// A control command with what it caused, or that it was refused.
    pub fn append_control(
        &mut self,
        now_ns: u64,
        command: &Command,
        authority: &Authority<'_>,
        refused: bool,
        events: &[Event],
    ) -> std::result::Result<u64, Full> {
        let entry = |events| {
            Body::Control(ControlEntry {
                command: *command,
                events,
                operator: Text::new(authority.operator),
                approver: Text::new(authority.approver),
                reason: Text::new(authority.reason),
            })
        };
        let flags = if refused { flag::REFUSED } else { 0 };
        let seq = self.group(flags, NO_LANE, now_ns, entry, events)?;
        if !refused {
            self.configuration_seq = seq;
        }
        Ok(seq)
    }

    /// A lane was opened, closed or quarantined.
    pub fn append_lane(
        &mut self,
        now_ns: u64,
        lane: u32,
        entry: &LaneEntry,
    ) -> std::result::Result<u64, Full> {
        self.group(0, lane, now_ns, |_| Body::Lane(*entry), &[])
    }

    /// The graceful end of the epoch.
    pub fn append_stop(
        &mut self,
        now_ns: u64,
        wall_ns: u64,
        state_hash: u64,
        reason: u32,
    ) -> std::result::Result<u64, Full> {
        self.group(0, NO_LANE, now_ns, |_| Body::Stop(Stop { state_hash, wall_ns, reason }), &[])
    }

    #[inline]
    fn decided(
        &self,
        seq: u64,
        input: &OrderInput<'_>,
        outcome: &Outcome,
        events: u8,
    ) -> (Decided, VerdictSlot) {
        let verdict = outcome.to_verdict(seq, input.now_ns, self.valid_ns, self.epoch);
        let decided = Decided {
            words: *input.words,
            breaches: outcome.breaches,
            alerts: outcome.alerts,
            soft: outcome.soft,
            shadow: outcome.shadow,
            decision: verdict.decision,
            first_check: verdict.first_check,
            flags: verdict.flags,
            node: verdict.node,
            detail: verdict.detail,
            environment: input.environment,
            unit: outcome.first.map_or(MeasureUnit::None, |first| first.unit),
            events,
            observed: verdict.observed,
            limit: verdict.limit,
            mark: outcome.mark,
            mark_age_ns: outcome.mark_age_ns,
            received_ns: input.received_ns,
            valid_until_ns: verdict.valid_until_ns,
            order_id: outcome.order_id,
            configuration_seq: self.configuration_seq,
        };
        (decided, verdict)
    }

    fn group(
        &mut self,
        flags: u16,
        lane: u32,
        now_ns: u64,
        entry: impl FnOnce(u8) -> Body,
        events: &[Event],
    ) -> std::result::Result<u64, Full> {
        if !self.has_room() {
            return Err(Full);
        }
        let events = &events[..events.len().min(EVENTS_MAX)];
        let seq = self.stage(flags, lane, now_ns, entry(events.len() as u8));
        self.stage_events(lane, now_ns, events);
        self.ring.publish();
        Ok(seq)
    }

    fn stage_events(&mut self, lane: u32, now_ns: u64, events: &[Event]) {
        for (index, event) in events.iter().take(EVENTS_MAX).enumerate() {
            let body = Body::Event(EventEntry { index: index as u8, event: *event });
            self.stage(0, lane, now_ns, body);
        }
    }

    fn stage(&mut self, flags: u16, lane: u32, time_ns: u64, body: Body) -> u64 {
        let seq = self.ring.next_seq();
        let record = Record { seq, epoch: self.epoch, flags, lane, time_ns, body };
        self.ring.stage(&record.to_words());
        seq
    }

    #[inline]
    fn header(&self, words: &mut RecordWords, kind: Kind, flags: u16, lane: u32, time_ns: u64) {
        put_header(words, self.ring.next_seq(), self.epoch, kind, flags, lane, time_ns);
    }
}
