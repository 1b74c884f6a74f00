//! Decode → plan → checks → reserve → verdict. Pure: no I/O, no allocation, no clock.
//!
//! [`Gate::order`] is the journey of one slot through it. It decides first and changes the state
//! after, so that a what-if is the first half alone.

pub mod basket;
pub mod checks;
pub mod count;
pub mod decide;
pub mod decode;
pub mod events;
pub mod outcome;
mod parents;
pub mod plan;
pub mod reports;
pub mod request;
pub mod reserve;
pub mod spread;
pub mod spread_reports;
pub mod watch;

use crate::abi::codes::{Check, CheckMask, field};
use crate::abi::order::kind;
use crate::abi::verdict::{decision, flag};
use crate::abi::{PRICE_UNDEFINED, SlotWords};
use crate::fixed::Price;
use crate::state::State;
use crate::state::history::{Decided, FirstBreach, digest};
use crate::state::index::NONE;
use crate::state::instruments::{Instrument, MarkChoice};
use crate::state::legs::LEGS_MAX;
use decode::Malformed;
use events::Events;
use outcome::{Breach, MeasureUnit, Outcome};
use plan::Plan;
use request::{Cancel, Order, Request};
use spread::LegPlan;
use watch::{Cause, watch};

/// One slot of a lane, with what was true around it.
pub struct Incoming<'a> {
    /// Recorded time, ns of the host's clock.
    pub now_ns: u64,
    /// Lane that it came through.
    pub lane: u32,
    /// The slot.
    pub words: &'a SlotWords,
    /// Its extension.
    pub extension: Option<&'a SlotWords>,
    /// Orders may be accepted: everything is loaded and verified.
    pub ready: bool,
    /// The journal has room for orders.
    pub journal_ok: bool,
    /// What the journal says was decided, when the past is applied again.
    pub recorded: Option<u8>,
}

/// State, and what the last input led to.
pub struct Gate {
    /// What the gate knows.
    pub state: State,
    /// Events of the last input.
    pub events: Events,
    /// Inputs so far.
    pub inputs: u64,
    /// Legs of the order that is being decided, if it is for a spread.
    legs: Vec<LegPlan>,
    /// What became of the lines of the last basket; taken out while one is decided.
    scratch: Option<Box<basket::Scratch>>,
}

impl Gate {
    /// A gate over a state.
    pub fn new(state: State) -> Gate {
        let (legs, scratch) = (spread::room(), Some(Box::default()));
        Gate { state, events: Events::new(), inputs: 0, legs, scratch }
    }

    /// Begins an input at a moment.
    pub fn begin(&mut self, now_ns: u64) {
        self.begin_anew();
        self.time_passes(now_ns);
    }

    /// Begins an input that may yet be refused.
    pub fn begin_anew(&mut self) {
        self.inputs += 1;
        self.events.clear();
    }

    /// What a temporary limit covered holds again from its end.
    pub fn time_passes(&mut self, now_ns: u64) {
        let wall_ns = now_ns.wrapping_add(self.state.wall_offset_ns);
        if wall_ns >= self.state.next_revert_ns && self.state.revert_limits(wall_ns) {
            watch::watch_all(&mut self.state, &mut self.events, self.inputs);
            // What the input itself changes is looked at again.
            self.inputs += 1;
        }
    }

    /// One slot: a request or a report.
    pub fn order(&mut self, incoming: &Incoming) -> Outcome {
        self.begin(incoming.now_ns);
        let wall_ns = incoming.now_ns.wrapping_add(self.state.wall_offset_ns);
        let digest = digest(incoming.words, incoming.extension);
        let id = incoming.words[1];
        let what_if = (incoming.words[6] >> 24) as u8 & crate::abi::order::flag::WHAT_IF != 0;
        let kind_code = incoming.words[6] as u8;
        if decode::is_answered(kind_code)
            && !what_if
            && let Some(outcome) = self.replayed(incoming.lane, id, digest)
        {
            return outcome;
        }
        let mut outcome = match decode::decode(incoming.words, incoming.extension, wall_ns) {
            Err(malformed) => self.malformed(incoming, &malformed),
            Ok(Request::Report(report)) => self.report(incoming, &report),
            Ok(Request::Cancel(cancel)) => self.cancel(incoming.lane, &cancel),
            Ok(Request::MassCancel(id)) => accepted(id),
            Ok(Request::ParentOpen(parent)) => self.parent_open(incoming, &parent),
            Ok(Request::ParentClose(close)) => self.parent_close(incoming.lane, &close),
            Ok(Request::Order(order)) => self.new_or_replace(incoming, &order, digest),
        };
        if kind_code != kind::BUST && !what_if {
            self.state.lanes[incoming.lane as usize].busted = None;
        }
        if what_if {
            outcome.flags |= flag::WHAT_IF;
        }
        if outcome.answers() && !what_if {
            self.remember(incoming.lane, digest, &outcome);
        }
        self.collect(outcome)
    }

    /// What became of a line of the last basket.
    pub fn basket_outcome(&self, at: usize) -> Outcome {
        self.scratch.as_ref().map_or(Outcome::NONE, |scratch| *scratch.outcome(at))
    }

    /// Adds what the events say to the outcome's masks.
    pub fn collect(&self, mut outcome: Outcome) -> Outcome {
        for event in self.events.as_slice() {
            match event.kind {
                outcome::EventKind::Soft => {
                    outcome.soft.insert(event.check);
                    outcome.flags |= flag::SOFT;
                }
                outcome::EventKind::Anomaly => outcome.alerts.insert(event.check),
                outcome::EventKind::Alert if !outcome.answers() => {
                    outcome.alerts.insert(event.check);
                }
                _ => {}
            }
        }
        outcome
    }

    /// The recorded answer to a request that was decided before with the same content.
    fn replayed(&self, lane: u32, id: u64, digest: u64) -> Option<Outcome> {
        let decided = self.state.decided.get(lane, id).filter(|d| d.digest == digest);
        if let Some(decided) = decided {
            return Some(Outcome {
                order_id: id,
                decision: decided.decision,
                flags: decided.flags | flag::REPLAYED,
                breaches: decided.breaches,
                first: decided.first.map(breach_of),
                ..Outcome::NONE
            });
        }
        // An order that is open longer than its request is remembered.
        let slot = self.state.orders.find(lane, id);
        (slot != NONE && self.state.orders.get(slot).digest == digest)
            .then(|| Outcome { flags: flag::REPLAYED, ..accepted(id) })
    }

    fn remember(&mut self, lane: u32, digest: u64, outcome: &Outcome) {
        let id = outcome.order_id;
        let used = self.state.decided.get(lane, id).is_some();
        if id == 0 || used {
            return;
        }
        let first = outcome.first.map(|b| FirstBreach {
            check: b.check,
            node: b.node,
            unit: b.unit as u8,
            before: b.before,
            observed: b.observed,
            limit: b.limit,
            detail: b.detail,
        });
        let decided = Decided {
            id,
            digest,
            decision: outcome.decision,
            flags: outcome.flags,
            breaches: outcome.breaches,
            first,
        };
        self.state.decided.push(lane, decided);
    }

    fn malformed(&mut self, incoming: &Incoming, malformed: &Malformed) -> Outcome {
        if malformed.answered {
            let breach = Breach { detail: malformed.field, ..Breach::bare(Check::Malformed) };
            self.count_refused(incoming);
            return rejected(malformed.order_id, breach);
        }
        let slot = crate::abi::order::OrderSlot::from_words(incoming.words);
        reports::impossible(&mut self.state, &mut self.events, incoming.lane, &slot);
        Outcome { order_id: malformed.order_id, ..Outcome::NONE }
    }

    /// A new order or replace that family 1 refused counts, unless it is a what-if.
    fn count_refused(&mut self, incoming: &Incoming) {
        if (incoming.words[6] >> 24) as u8 & crate::abi::order::flag::WHAT_IF == 0 {
            count::refused(&mut self.state, &mut self.events, incoming);
        }
    }

    fn report(&mut self, incoming: &Incoming, report: &request::Report) -> Outcome {
        let (lane, now_ns) = (incoming.lane, incoming.now_ns);
        let reject = count::rejected_by_venue(&self.state, lane, report);
        let row = reports::apply(&mut self.state, &mut self.events, (lane, now_ns), report);
        if let Some(whose) = reject {
            count::venue_reject(&mut self.state, &mut self.events, now_ns, whose);
        }
        if row != NONE {
            let executed = matches!(report.kind, kind::FILL | kind::BUST);
            let cause = if executed { Cause::Passive } else { Cause::Release };
            self.watch(row, cause);
        }
        Outcome { order_id: report.order_id, ..Outcome::NONE }
    }

    /// Cancels always pass; exposure is released when the cancel is confirmed.
    fn cancel(&mut self, lane: u32, cancel: &Cancel) -> Outcome {
        let slot = match reports::origin_lane(&self.state, lane, cancel.origin) {
            Some(origin) => self.state.orders.find(origin, cancel.target),
            None => NONE,
        };
        let mut outcome = accepted(cancel.id);
        if slot == NONE {
            outcome.flags |= flag::UNKNOWN_ORDER;
        } else {
            self.state.orders.get_mut(slot).pending_cancel = true;
        }
        outcome
    }

    fn new_or_replace(&mut self, incoming: &Incoming, order: &Order, digest: u64) -> Outcome {
        let target = match self.structural(incoming, order) {
            Ok(target) => target,
            Err(breach) => {
                self.count_refused(incoming);
                return rejected(order.id, breach);
            }
        };
        let wall_ns = incoming.now_ns.wrapping_add(self.state.wall_offset_ns);
        self.state.see_session(order.instrument, wall_ns);
        let choice = self.state.instruments[order.instrument as usize].mark_at(incoming.now_ns);
        if self.state.instruments[order.instrument as usize].is_spread() {
            return self.evaluate_spread(incoming, order, digest, target, choice);
        }
        let valued_at = self.revalue_if_moved(order.instrument, order.what_if, choice);
        let outcome = self.evaluate(incoming, order, digest, target, choice);
        self.bring_back(order.instrument, order.what_if, valued_at);
        outcome
    }

    /// [`Gate::evaluate`] of an order for a spread: its legs are valued at their marks of this
    /// moment first.
    fn evaluate_spread(
        &mut self,
        incoming: &Incoming,
        order: &Order,
        digest: u64,
        target: u32,
        choice: MarkChoice,
    ) -> Outcome {
        let own = (order.instrument, choice);
        let legs = spread::leg_marks(&self.state, order.instrument, incoming.now_ns);
        let mut valued_at = [(NONE, PRICE_UNDEFINED); LEGS_MAX + 1];
        let marks = core::iter::once(own).chain(legs);
        for (place, (instrument, choice)) in valued_at.iter_mut().zip(marks) {
            let before = self.revalue_if_moved(instrument, order.what_if, choice);
            *place = (instrument, before);
        }
        let outcome = self.evaluate(incoming, order, digest, target, choice);
        for (instrument, before) in valued_at.into_iter().filter(|(i, _)| *i != NONE) {
            self.bring_back(instrument, order.what_if, before);
        }
        outcome
    }

    fn evaluate(
        &mut self,
        incoming: &Incoming,
        order: &Order,
        digest: u64,
        target: u32,
        choice: MarkChoice,
    ) -> Outcome {
        let mut plan = match plan::plan(&self.state, order, target, choice) {
            Ok(plan) => plan,
            Err(breach) => {
                self.count_refused(incoming);
                return self.priced(rejected(order.id, breach), order, choice);
            }
        };
        if plan.is_spread
            && let Err(breach) =
                spread::add_legs(&self.state, order, incoming.now_ns, &mut plan, &mut self.legs)
        {
            self.count_refused(incoming);
            return self.priced(rejected(order.id, breach), order, choice);
        }
        let legs = legs_of(&plan, &self.legs);
        let (lane, now_ns) = (incoming.lane, incoming.now_ns);
        let found = decide::decide(&self.state, order, &plan, legs, lane, now_ns);
        let mut outcome = outcome_of(order, &found);
        if let Some(recorded) = incoming.recorded {
            outcome.decision = recorded;
        }
        outcome = self.priced(outcome, order, choice);
        if !order.what_if {
            found.notes().iter().for_each(|note| self.events.push(*note));
            checks::price_walk::note(&mut self.state, order, &plan, lane, now_ns);
            self.carry_out(incoming, order, digest, &plan, &found, &outcome);
        }
        outcome
    }

    /// Looks at all limits on the path of a row, and of its legs' rows if it is of a spread.
    fn watch(&mut self, row: u32, cause: Cause) {
        watch(&mut self.state, &mut self.events, row, cause, self.inputs);
        let instrument = self.state.rows[row as usize].instrument;
        if self.state.instruments[instrument as usize].is_spread() {
            spread::watch_legs(&mut self.state, &mut self.events, row, cause, self.inputs);
        }
    }

    /// Reserves what was accepted; latches what a breach latches.
    fn carry_out(
        &mut self,
        incoming: &Incoming,
        order: &Order,
        digest: u64,
        plan: &Plan,
        found: &decide::Findings,
        outcome: &Outcome,
    ) {
        if outcome.decision == decision::ACCEPT {
            let legs = legs_of(plan, &self.legs);
            let lane = incoming.lane;
            let row = reserve::accept(&mut self.state, lane, order, digest, plan, legs);
            if found.watch || plan.lowers || plan.mark.is_none() {
                self.watch(row, Cause::Order);
            }
        }
        for (of, why) in found.latches() {
            watch::latch_node(&mut self.state, &mut self.events, *of, *why);
        }
        let rejected = outcome.decision != decision::ACCEPT;
        let answer = Some(rejected);
        count::evaluated(&mut self.state, &mut self.events, incoming, order, plan, answer);
    }

    /// Family 1 in order: the first failure ends it. Returns the target of a replace.
    fn structural(&self, incoming: &Incoming, order: &Order) -> Result<u32, Breach> {
        let state = &self.state;
        let bare = |check| Err(Breach::bare(check));
        let malformed = |field| Err(Breach { detail: field, ..Breach::bare(Check::Malformed) });
        let Some(instrument) = state.instruments.get(order.instrument as usize) else {
            return bare(Check::UnknownInstrument);
        };
        let not_positive = |p: Price| p != PRICE_UNDEFINED && p <= 0 && !instrument.negative_price;
        if not_positive(order.price) {
            return malformed(field::PRICE);
        }
        let stop = order.stop_price;
        if stop != PRICE_UNDEFINED && (not_positive(stop) || !instrument.on_tick(stop)) {
            return malformed(field::STOP_PRICE);
        }
        if !state.is_account(order.account) {
            return bare(Check::UnknownAccount);
        }
        let mut target = NONE;
        if order.kind == kind::REPLACE {
            target = state.orders.find(incoming.lane, order.reference);
            if target == NONE {
                return bare(Check::UnknownOrder);
            }
            let open = state.orders.get(target);
            if (open.account, open.instrument, open.side)
                != (order.account, order.instrument, order.side)
            {
                return malformed(field::REPLACE_IDENTITY);
            }
            if order.qty <= open.filled
                || instrument.is_spread()
                    && state.legs.get(target).exceeds(instrument.legs(), order.qty)
            {
                return malformed(field::REPLACE_TOTAL);
            }
        }
        let lane = &state.lanes[incoming.lane as usize];
        if !lane.permits(order.kind, order.account, instrument.class, order.venue) {
            return bare(Check::LaneNotPermitted);
        }
        if !order.what_if && self.is_used(incoming.lane, order.id) {
            return bare(Check::DuplicateOrderId);
        }
        if !incoming.ready {
            return bare(Check::GateNotReady);
        }
        if !incoming.journal_ok {
            return bare(Check::JournalUnavailable);
        }
        let counts = !checks::duplicate_order::concerns(state, order)
            || state.duplicates.has_room(incoming.lane, incoming.now_ns);
        if !counts || !reserve::has_room(state, order, target) {
            return bare(Check::Capacity);
        }
        Ok(target)
    }

    /// Values an instrument at the mark of this moment, if that is another one than before; returns
    /// what it was. For a what-if nobody is told, and the old value comes back.
    fn revalue_if_moved(&mut self, instrument: u32, what_if: bool, choice: MarkChoice) -> Price {
        let valuation = self.state.instruments[instrument as usize].valuation;
        let MarkChoice::Usable { price, .. } = choice else { return valuation };
        if price != valuation && what_if && valuation != PRICE_UNDEFINED {
            self.state.revalue(instrument, price);
        } else if price != valuation {
            self.revalue(instrument, price);
        }
        valuation
    }

    /// After a what-if: values an instrument as it was.
    fn bring_back(&mut self, instrument: u32, what_if: bool, valued_at: Price) {
        let valuation = self.state.instruments[instrument as usize].valuation;
        if what_if && valuation != valued_at && valued_at != PRICE_UNDEFINED {
            self.state.revalue(instrument, valued_at);
        }
    }

    /// Values an instrument at a new mark and looks at all limits that this touches.
    pub fn revalue(&mut self, instrument: u32, price: Price) {
        if self.state.instruments[instrument as usize].unmarked_orders {
            reserve::freeze_excess(&mut self.state, instrument, price.abs());
        }
        self.state.revalue(instrument, price);
        self.look_at(instrument);
    }

    /// Changes what an instrument counts with in sums over groups, and looks at all limits that this
    /// touches.
    pub fn reweigh(&mut self, instrument: u32, change: impl FnOnce(&mut Instrument)) {
        self.state.reweigh(instrument, |state| {
            change(&mut state.instruments[instrument as usize]);
        });
        self.look_at(instrument);
    }

    /// Looks at all limits on the paths of an instrument's rows after its values changed.
    pub fn look_at(&mut self, instrument: u32) {
        let mut row = self.state.instruments[instrument as usize].first_row;
        while row != NONE {
            watch(&mut self.state, &mut self.events, row, Cause::Mark, self.inputs);
            row = self.state.rows[row as usize].next_of_instrument;
        }
    }

    fn priced(&self, outcome: Outcome, order: &Order, choice: MarkChoice) -> Outcome {
        let (mark, mark_age_ns) = match choice {
            MarkChoice::Usable { price, age_ns } => (price, age_ns),
            MarkChoice::Stale { age_ns, .. } => {
                (self.state.instruments[order.instrument as usize].valuation, age_ns)
            }
        };
        Outcome { mark, mark_age_ns, ..outcome }
    }
}

/// The planned legs of an order for a spread; none of any other.
#[inline]
fn legs_of<'a>(plan: &Plan, legs: &'a [LegPlan]) -> &'a [LegPlan] {
    if plan.is_spread { legs } else { &[] }
}

/// What the checks say of an order: its verdict, before anything is carried out.
fn outcome_of(order: &Order, found: &decide::Findings) -> Outcome {
    Outcome {
        order_id: order.id,
        decision: match (found.breaches.is_empty(), order.what_if) {
            (true, true) => decision::WOULD_ACCEPT,
            (true, false) => decision::ACCEPT,
            (false, _) => decision::REJECT,
        },
        flags: found.flags,
        breaches: found.breaches,
        alerts: found.alerts,
        soft: found.soft,
        shadow: found.shadow,
        first: found.first,
        ..Outcome::NONE
    }
}

fn accepted(id: u64) -> Outcome {
    Outcome { order_id: id, decision: decision::ACCEPT, ..Outcome::NONE }
}

fn rejected(id: u64, breach: Breach) -> Outcome {
    let mut breaches = CheckMask::EMPTY;
    breaches.insert(breach.check);
    Outcome {
        order_id: id,
        decision: decision::REJECT,
        breaches,
        first: Some(breach),
        ..Outcome::NONE
    }
}

fn breach_of(first: FirstBreach) -> Breach {
    Breach {
        check: first.check,
        node: first.node,
        unit: MeasureUnit::from_code(first.unit),
        before: first.before,
        observed: first.observed,
        limit: first.limit,
        detail: first.detail,
    }
}
