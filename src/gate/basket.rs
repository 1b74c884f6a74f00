//! Baskets: a run of new orders that is accepted or refused as a whole.
//!
//! ```text
//!   known?  all lines decided before with the same content → their recorded verdicts
//!   read    decode and family 1 of each line; value and quantity, summed below each node
//!   decide  one line after the other, with the earlier ones reserved
//!   end     all pass: what fired is told            any refused: everything is taken back, the
//!                                                   latest first, and each line says why
//! ```
//! Nothing outside hears of a reservation before the end, and a basket that is refused leaves of its
//! lines their ids, what was counted of their messages, and the latches that their breaches pulled.

use crate::abi::PRICE_UNDEFINED;
use crate::abi::SlotWords;
use crate::abi::codes::{Check, CheckMask, field};
use crate::abi::order::{BASKET_LINES_MAX, flag as order_flag, kind};
use crate::abi::verdict::{decision, flag};
use crate::fixed::{Price, Qty, Wide};
use crate::gate::decide::{self, LatchOf};
use crate::gate::events::Events;
use crate::gate::outcome::{Breach, EventKind, Outcome};
use crate::gate::request::{Order, Request};
use crate::gate::reserve::{self, Before};
use crate::gate::watch::{self, Cause, watch};
use crate::gate::{Gate, Incoming, checks, count, decode, plan, rejected};
use crate::state::history::digest;
use crate::state::index::NONE;
use crate::state::instruments::MarkChoice;

/// Most latches of one basket: each line may pull all of its own.
const LATCHES_MAX: usize = BASKET_LINES_MAX * decide::LATCHES_MAX;
const FLAGS_SHIFT: u32 = 24;

fn is_what_if(words: &SlotWords) -> bool {
    (words[6] >> FLAGS_SHIFT) as u8 & order_flag::WHAT_IF != 0
}

/// A line: the slot of a new order, and its extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The slot; word 0, the stamp, is ignored.
    pub words: SlotWords,
    /// Its extension.
    pub extension: Option<SlotWords>,
}

impl Line {
    /// What fills the unused part of a list.
    pub const FILLER: Line = Line { words: [0; 8], extension: None };
}

/// A whole basket, with what was true around it.
pub struct IncomingBasket<'a> {
    /// Recorded time, ns of the host's clock.
    pub now_ns: u64,
    /// Lane that it came through.
    pub lane: u32,
    /// Its lines, at most [`BASKET_LINES_MAX`].
    pub lines: &'a [Line],
    /// Orders may be accepted: everything is loaded and verified.
    pub ready: bool,
    /// The journal has room for orders.
    pub journal_ok: bool,
    /// What the journal says was decided of each line, when the past is applied again.
    pub recorded: Option<&'a [u8]>,
}

impl IncomingBasket<'_> {
    fn line(&self, at: usize) -> Incoming<'_> {
        Incoming {
            now_ns: self.now_ns,
            lane: self.lane,
            words: &self.lines[at].words,
            extension: self.lines[at].extension.as_ref(),
            ready: self.ready,
            journal_ok: self.journal_ok,
            recorded: self.recorded.and_then(|all| all.get(at).copied()),
        }
    }
}

/// What is known of a line while its basket is decided.
#[derive(Clone, Copy)]
struct LineState {
    order: Option<Order>,
    outcome: Outcome,
    digest: u64,
    /// Slot of its open order, or `NONE`.
    slot: u32,
    row: u32,
    /// The limits were compared with it.
    evaluated: bool,
    watch: bool,
    /// The row's latest quantity before it.
    latest_qty: Qty,
    /// Value of the instrument before a what-if, if that must come back.
    valued_at: Price,
}

const BLANK: LineState = LineState {
    order: None,
    outcome: Outcome::NONE,
    digest: 0,
    slot: NONE,
    row: NONE,
    evaluated: false,
    watch: false,
    latest_qty: 0,
    valued_at: PRICE_UNDEFINED,
};

/// Memory for one basket; allocated once.
pub struct Scratch {
    lines: Box<[LineState]>,
    /// Events of lines that pass, until it is known that all do.
    told: Events,
    latches: Vec<(LatchOf, Check)>,
}

impl Default for Scratch {
    fn default() -> Self {
        Scratch {
            lines: vec![BLANK; BASKET_LINES_MAX].into_boxed_slice(),
            told: Events::new(),
            latches: Vec::with_capacity(LATCHES_MAX),
        }
    }
}

impl Scratch {
    /// What became of a line of the last basket.
    pub fn outcome(&self, at: usize) -> &Outcome {
        &self.lines[at].outcome
    }

    /// Keeps what a line latches; the room is enough for all that all lines can.
    fn latch(&mut self, latches: &[(LatchOf, Check)]) {
        let room = LATCHES_MAX - self.latches.len();
        self.latches.extend_from_slice(&latches[..latches.len().min(room)]);
    }
}

impl Gate {
    /// Decides a basket; what became of each line is in [`Gate::basket_outcome`]. A basket of more
    /// lines than there may be is malformed.
    pub fn basket(&mut self, basket: &IncomingBasket) {
        self.begin(basket.now_ns);
        let mut scratch = core::mem::take(&mut self.scratch);
        if let Some(scratch) = &mut scratch {
            let count = basket.lines.len().min(BASKET_LINES_MAX);
            for (line, at) in scratch.lines[..count].iter_mut().zip(basket.lines) {
                *line = LineState { digest: digest(&at.words, at.extension.as_ref()), ..BLANK };
            }
            scratch.latches.clear();
            scratch.told.clear();
            if !self.known(basket, scratch, count) {
                self.decide_basket(basket, scratch, count);
            }
        }
        self.scratch = scratch;
    }

    /// A line of a run that never became a basket (too long, broken off by another message, or
    /// without room in the journal): refused by itself.
    pub fn loose_line(&mut self, incoming: &Incoming) -> Outcome {
        self.begin(incoming.now_ns);
        let id = incoming.words[1];
        let digest = digest(incoming.words, incoming.extension);
        let what_if = is_what_if(incoming.words);
        if !what_if && let Some(outcome) = self.replayed(incoming.lane, id, digest) {
            return outcome;
        }
        let breach = match incoming.journal_ok {
            true => malformed(field::FLAGS),
            false => Breach::bare(Check::JournalUnavailable),
        };
        self.count_refused(incoming);
        let mut outcome = rejected(id, breach);
        self.close_line(incoming.lane, digest, what_if, &mut outcome);
        self.collect(outcome)
    }

    /// All lines were decided before with the same content: answers as then.
    fn known(&mut self, basket: &IncomingBasket, scratch: &mut Scratch, count: usize) -> bool {
        for (line, at) in scratch.lines[..count].iter_mut().zip(basket.lines) {
            match self.replayed(basket.lane, at.words[1], line.digest) {
                Some(outcome) if !is_what_if(&at.words) => line.outcome = outcome,
                _ => return false,
            }
        }
        true
    }

    fn decide_basket(&mut self, basket: &IncomingBasket, scratch: &mut Scratch, count: usize) {
        let what_if = basket.lines.first().is_some_and(|line| is_what_if(&line.words));
        let before = Before::of(&self.state);
        self.read_lines(basket, &mut scratch.lines[..count], what_if);
        self.state.basket.begin();
        for at in 0..count {
            self.decide_line(&basket.line(at), scratch, at, what_if);
        }
        self.state.basket.end();
        let lines = &mut scratch.lines[..count];
        for line in lines.iter() {
            if let Some(order) = &line.order {
                let node = &self.state.nodes[order.account as usize];
                self.state.basket.clear(&node.path[..node.depth]);
            }
        }
        let first = lines.iter().position(|line| line.outcome.decision == decision::REJECT);
        let holds = match basket.recorded {
            Some(recorded) => recorded.iter().all(|d| *d == decision::ACCEPT),
            None => first.is_none(),
        };
        if holds && !what_if {
            self.tell_accepted(lines, &scratch.told);
        } else {
            self.take_back(&before, lines);
        }
        if let Some(first) = first {
            refuse_all(lines, first);
        }
        for (of, why) in &scratch.latches {
            watch::latch_node(&mut self.state, &mut self.events, *of, *why);
        }
        for (at, line) in lines.iter_mut().enumerate() {
            if let Some(recorded) = basket.line(at).recorded {
                line.outcome.decision = recorded;
            }
            if let (Some(order), true) = (&line.order, line.evaluated && !what_if) {
                let rejected = line.outcome.decision != decision::ACCEPT;
                let incoming = basket.line(at);
                count::answered(&mut self.state, &mut self.events, &incoming, order, rejected);
            }
            self.close_line(basket.lane, line.digest, what_if, &mut line.outcome);
        }
    }

    /// Decodes the lines and adds up what they come to.
    fn read_lines(&mut self, basket: &IncomingBasket, lines: &mut [LineState], what_if: bool) {
        let wall_ns = basket.now_ns.wrapping_add(self.state.wall_offset_ns);
        let mixed = basket.lines.iter().any(|line| is_what_if(&line.words) != what_if);
        let misshapen = mixed || basket.lines.len() > BASKET_LINES_MAX;
        for (at, line) in lines.iter_mut().enumerate() {
            let incoming = basket.line(at);
            let id = incoming.words[1];
            let mut words = *incoming.words;
            words[6] &= !(u64::from(order_flag::BASKET_MORE) << FLAGS_SHIFT);
            let order = match decode::decode(&words, incoming.extension, wall_ns) {
                _ if misshapen => Err(malformed(field::FLAGS)),
                Ok(Request::Order(order)) if order.kind == kind::NEW => {
                    self.structural(&incoming, &order).and_then(|_| self.as_line(order))
                }
                Ok(_) => Err(malformed(field::FLAGS)),
                Err(bad) => Err(malformed(bad.field)),
            };
            match order {
                Ok(order) => {
                    line.order = Some(order);
                    line.valued_at = self.add_up(&order, basket.now_ns);
                }
                Err(breach) => line.outcome = rejected(id, breach),
            }
        }
    }

    /// A spread is one order for several instruments already, and no line of a basket.
    fn as_line(&self, order: Order) -> Result<Order, Breach> {
        match self.state.instruments[order.instrument as usize].is_spread() {
            true => Err(malformed(field::FLAGS)),
            false => Ok(order),
        }
    }

    /// Values a line's instrument and counts the line at its nodes. Returns what the instrument was
    /// valued at before, if that must come back after a what-if.
    fn add_up(&mut self, order: &Order, now_ns: u64) -> Price {
        let wall_ns = now_ns.wrapping_add(self.state.wall_offset_ns);
        self.state.see_session(order.instrument, wall_ns);
        let choice = self.mark_of(order, now_ns);
        let valued_at = self.revalue_if_moved(order.instrument, order.what_if, choice);
        let plan = plan::plan(&self.state, order, NONE, choice);
        let value = plan.map_or(Wide::ZERO, |plan| plan.order_value);
        let node = &self.state.nodes[order.account as usize];
        self.state.basket.add(&node.path[..node.depth], value, order.qty);
        let moved = self.state.instruments[order.instrument as usize].valuation != valued_at;
        if order.what_if && moved { valued_at } else { PRICE_UNDEFINED }
    }

    fn mark_of(&self, order: &Order, now_ns: u64) -> MarkChoice {
        self.state.instruments[order.instrument as usize].mark_at(now_ns)
    }

    /// One line, with the earlier ones reserved; reserves it if it passes.
    fn decide_line(
        &mut self,
        incoming: &Incoming,
        scratch: &mut Scratch,
        at: usize,
        what_if: bool,
    ) {
        let Some(order) = scratch.lines[at].order else {
            self.count_refused(incoming);
            return;
        };
        let choice = self.mark_of(&order, incoming.now_ns);
        // Again: an earlier line may have taken the room, or this id.
        let plan = self
            .structural(incoming, &order)
            .and_then(|_| plan::plan(&self.state, &order, NONE, choice));
        let plan = match plan {
            Ok(plan) => plan,
            Err(breach) => {
                self.count_refused(incoming);
                let outcome = self.priced(rejected(order.id, breach), &order, choice);
                scratch.lines[at].outcome = outcome;
                return;
            }
        };
        let found = decide::decide(&self.state, &order, &plan, &[], incoming.lane, incoming.now_ns);
        let passes = found.breaches.is_empty();
        let outcome = self.priced(super::outcome_of(&order, &found), &order, choice);
        if !what_if {
            scratch.latch(found.latches());
            for note in found.notes() {
                // What passes is told when it is known that the basket does.
                let wait = passes && note.kind != EventKind::Shadow;
                if wait { &mut scratch.told } else { &mut self.events }.push_once(*note);
            }
            let (lane, now_ns) = (incoming.lane, incoming.now_ns);
            checks::price_walk::note(&mut self.state, &order, &plan, lane, now_ns);
        }
        let line = &mut scratch.lines[at];
        line.outcome = outcome;
        line.evaluated = true;
        line.watch = found.watch || plan.mark.is_none();
        if incoming.recorded.map_or(passes, |d| passes || d == decision::ACCEPT) {
            line.latest_qty = plan.row.latest_qty;
            line.slot = self.state.orders.next_slot();
            // An id that is used already may be asked about.
            let order = Order { id: if what_if { 0 } else { order.id }, ..order };
            line.row =
                reserve::accept(&mut self.state, incoming.lane, &order, line.digest, &plan, &[]);
        }
        if !what_if {
            let before = self.events.as_slice().len();
            count::evaluated(&mut self.state, &mut self.events, incoming, &order, &plan, None);
            self.add_soft(before, &mut scratch.lines[at].outcome);
        }
    }

    /// The basket holds: what its lines led to is told, each soft threshold with the line on whose
    /// path it fired first.
    fn tell_accepted(&mut self, lines: &mut [LineState], told: &Events) {
        told.as_slice().iter().for_each(|event| self.events.push_once(*event));
        for line in lines.iter_mut().filter(|line| line.watch && line.slot != NONE) {
            let before = self.events.as_slice().len();
            watch(&mut self.state, &mut self.events, line.row, Cause::Order, self.inputs);
            self.add_soft(before, &mut line.outcome);
        }
    }

    /// Adds the soft thresholds among the events since there were `before`.
    fn add_soft(&self, before: usize, outcome: &mut Outcome) {
        let fired = self.events.as_slice()[before..].iter();
        for event in fired.filter(|event| event.kind == EventKind::Soft) {
            outcome.soft.insert(event.check);
            outcome.flags |= flag::SOFT;
        }
    }

    /// Takes every line back, the latest first, and with them what was made for them.
    fn take_back(&mut self, before: &Before, lines: &mut [LineState]) {
        for line in lines.iter_mut().rev() {
            if line.slot != NONE {
                before.take_back(&mut self.state, line.slot);
                self.state.rows[line.row as usize].latest_qty = line.latest_qty;
            }
            if let (Some(order), true) = (&line.order, line.valued_at != PRICE_UNDEFINED) {
                self.state.revalue(order.instrument, line.valued_at);
            }
        }
        before.forget_rows(&mut self.state);
    }

    fn close_line(&mut self, lane: u32, digest: u64, what_if: bool, outcome: &mut Outcome) {
        if what_if {
            outcome.flags |= flag::WHAT_IF;
            return;
        }
        self.state.lanes[lane as usize].busted = None;
        self.remember(lane, digest, outcome);
    }
}

fn malformed(which: u32) -> Breach {
    Breach { detail: which, ..Breach::bare(Check::Malformed) }
}

/// Refuses the lines that have no breach of their own, with those of the first that has.
fn refuse_all(lines: &mut [LineState], first: usize) {
    let cause = lines[first].outcome;
    let breach = cause.first.map(|breach| Breach { detail: first as u32 + 1, ..breach });
    for line in lines.iter_mut().filter(|line| line.outcome.decision != decision::REJECT) {
        line.outcome = Outcome {
            decision: decision::REJECT,
            flags: line.outcome.flags & flag::SHADOWED
                | cause.flags & flag::AUDIT
                | flag::OF_BASKET,
            breaches: cause.breaches,
            alerts: CheckMask::EMPTY,
            soft: CheckMask::EMPTY,
            first: breach,
            ..line.outcome
        };
    }
}
