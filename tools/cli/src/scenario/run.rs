//! Drives the state machine through the steps of a file and compares what it says.
//!
//! It keeps every input with its recorded decision, so that `restart` can build the state anew as
//! recovery does, without deciding again.

use riskgate::abi::codes::Check;
use riskgate::abi::order::{OrderSlot, flag as order_flag, kind};
use riskgate::abi::verdict::{decision, flag};
use riskgate::abi::{PRICE_UNDEFINED, SlotWords};
use riskgate::error::Result;
use riskgate::gate::outcome::{Event, Outcome};
use riskgate::machine::{Environment, Machine, MarkInput};
use riskgate::state::command::Command;
use riskgate::state::setup::Setup;

use crate::scenario::book::{Book, Request, Tracked};
use crate::scenario::expect::{Came, Mismatch};
use crate::scenario::flow::{Counts, Fill, Flow};
use crate::scenario::order::{Changes, Terms, request_words};
use crate::scenario::report;
use crate::scenario::setup::{START_NS, Start};
use crate::scenario::step::{Action, MarkChange, Report, Step};

const LANE: u32 = 0;

/// One expectation that was not met.
pub struct Failure {
    pub line: u32,
    pub what: String,
    pub mismatch: Mismatch,
}

/// How a file went.
#[derive(Default)]
pub struct Tally {
    pub passed: u32,
    pub failures: Vec<Failure>,
    /// Verdicts and marks as they came, if asked for.
    pub log: Vec<(u32, String)>,
}

/// An input as the journal would keep it.
enum Input {
    Order { now_ns: u64, words: SlotWords, extension: Option<SlotWords>, decision: u8 },
    Mark { now_ns: u64, instrument: u32, mark: MarkInput },
    Control { now_ns: u64, command: Command },
}

/// Runs the steps of a file. An error says that a setup cannot be used.
pub fn run(steps: &[Step], verbose: bool, tally: &mut Tally) -> Result<()> {
    let mut runner: Option<Runner> = None;
    for step in steps {
        if let Action::Setup(start) = &step.action {
            let place = |e: riskgate::error::Error| e.context(format!("line {}", step.line));
            let restarts = steps.iter().any(|s| matches!(s.action, Action::Restart));
            runner = Some(Runner::new(start, restarts).map_err(place)?);
        } else if let Some(runner) = &mut runner {
            runner.step(step, verbose, tally);
        }
    }
    Ok(())
}

struct Runner {
    setup: Setup,
    machine: Machine,
    now_ns: u64,
    /// Nanoseconds from the clock to 1970 UTC.
    wall_offset_ns: u64,
    book: Book,
    marks: Vec<MarkInput>,
    inputs: Vec<Input>,
    /// The inputs are needed: the file restarts the gate.
    restarts: bool,
    outcome: Outcome,
    events: Vec<Event>,
}

impl Runner {
    fn new(start: &Start, restarts: bool) -> Result<Runner> {
        let Start { setup, wall_offset_ns } = start;
        let nothing = MarkInput {
            bid: PRICE_UNDEFINED,
            ask: PRICE_UNDEFINED,
            last: PRICE_UNDEFINED,
            close: PRICE_UNDEFINED,
            quote_ns: 0,
            last_ns: 0,
            volume: 0,
        };
        Ok(Runner {
            machine: machine(setup, *wall_offset_ns)?,
            now_ns: START_NS,
            wall_offset_ns: *wall_offset_ns,
            book: Book::default(),
            marks: vec![nothing; setup.instruments.len()],
            inputs: Vec::new(),
            restarts,
            outcome: Outcome::NONE,
            events: Vec::new(),
            setup: setup.clone(),
        })
    }

    fn step(&mut self, step: &Step, verbose: bool, tally: &mut Tally) {
        self.outcome = Outcome::NONE;
        self.events.clear();
        let what = step.action.name();
        let mut fail = |mismatch| {
            tally.failures.push(Failure { line: step.line, what: what.clone(), mismatch })
        };
        let mut passed = 0;
        match self.act(&step.action) {
            Ok(met) => passed += met,
            Err(mismatches) => mismatches.into_iter().for_each(&mut fail),
        }
        let wants_error = step.expect.as_ref().and_then(|e| e.error);
        if let Action::Control(commands, until) = &step.action {
            let timed = commands.iter().map(|c| until.apply(*c, self.wall_ns()));
            let refused = timed.collect::<Vec<_>>().iter().find_map(|c| self.control(c).err());
            match (wants_error.unwrap_or(false), refused) {
                (false, Some(error)) => fail(mismatch("control", "applied", error.to_string())),
                (true, None) => fail(mismatch("error", "true", "it was applied".into())),
                (_, _) => passed += u32::from(wants_error.is_some()),
            }
        }
        let request = matches!(
            step.action,
            Action::New { .. }
                | Action::Replace { .. }
                | Action::Cancel { .. }
                | Action::MassCancel { .. }
        );
        let came =
            Came { outcome: &self.outcome, events: &self.events, request, setup: &self.setup };
        if let Some(expect) = &step.expect {
            let (met, mismatches) = expect.compare(&came);
            passed += met;
            mismatches.into_iter().for_each(&mut fail);
        }
        if verbose && !matches!(step.action, Action::Note | Action::ExpectState(_)) {
            tally.log.push((step.line, format!("{what}: {}", came.describe())));
        }
        tally.passed += passed;
    }

    /// Does what a line says, except control. Returns the expectations met by the act itself.
    fn act(&mut self, action: &Action) -> std::result::Result<u32, Vec<Mismatch>> {
        match action {
            Action::New { id, changes } => self.submit_new(*id, changes),
            Action::Replace { id, request, changes } => self.submit_replace(*id, *request, changes),
            Action::Cancel { id, request } => self.submit_cancel(*id, *request),
            Action::MassCancel { request, changes } => self.submit_mass_cancel(*request, changes),
            Action::Report(report) => return self.report(report),
            Action::Mark { instrument, change } => self.mark(*instrument, change),
            Action::Flow(flow) => return self.flow(flow),
            Action::Advance { ns } => self.now_ns = self.now_ns.saturating_add(*ns),
            Action::Restart => return self.restart(),
            Action::ExpectState(expect) => {
                let (met, mismatches) = expect.compare(&self.machine);
                return if mismatches.is_empty() { Ok(met) } else { Err(mismatches) };
            }
            Action::Note | Action::Setup(_) | Action::Control(..) => {}
        }
        Ok(0)
    }

    fn wall_ns(&self) -> u64 {
        self.now_ns + self.wall_offset_ns
    }

    fn send(&mut self, words: SlotWords, extension: Option<SlotWords>) {
        let now_ns = self.now_ns;
        let environment = Environment::GOOD;
        self.outcome = *self.machine.order(now_ns, LANE, &words, extension.as_ref(), environment);
        self.events = self.machine.events().to_vec();
        if self.restarts {
            let decision = self.outcome.decision;
            self.inputs.push(Input::Order { now_ns, words, extension, decision });
        }
    }

    /// Was the request accepted for the first time?
    fn accepted(&self) -> bool {
        self.outcome.decision == decision::ACCEPT && self.outcome.flags & flag::REPLAYED == 0
    }

    fn submit_new(&mut self, id: u64, changes: &Changes) {
        let terms = changes.over(Terms::BLANK);
        let (words, extension) = request_words(kind::NEW, id, terms.parent, &terms, self.wall_ns());
        self.send(words, extension);
        if self.accepted() {
            let mut tracked = Tracked::new(terms);
            tracked.accepted(Request { id, kind: kind::NEW, terms });
            self.book.orders.insert(id, tracked);
        } else if !terms.what_if {
            self.book.orders.entry(id).or_insert_with(|| Tracked::new(terms));
        }
    }

    /// Many orders alike, and what came of them.
    fn flow(&mut self, flow: &Flow) -> std::result::Result<u32, Vec<Mismatch>> {
        let mut counts = Counts::default();
        for n in 0..flow.times {
            let id = flow.first_id.wrapping_add(n);
            let mut terms = flow.changes.over(Terms::BLANK);
            if flow.parents.1 != 0 {
                terms.parent = flow.parents.0 + n % flow.parents.1;
            }
            let words = request_words(kind::NEW, id, terms.parent, &terms, self.wall_ns());
            self.send(words.0, words.1);
            if self.outcome.decision == decision::REJECT {
                counts.rejected += 1;
                let first = self.outcome.first.map(|b| b.check);
                *counts.reasons.entry(first.unwrap_or(Check::Malformed)).or_default() += 1;
            } else {
                counts.accepted += 1;
                let price = match flow.fill {
                    Fill::None => None,
                    Fill::Own => Some(terms.price),
                    Fill::At(price) => Some(price),
                };
                if let Some(price) = price {
                    let exec_id = self.book.fresh_execution();
                    self.send(report::whole_fill(id, exec_id, price, &terms).to_words(), None);
                } else {
                    let mut tracked = Tracked::new(terms);
                    tracked.accepted(Request { id, kind: kind::NEW, terms });
                    self.book.orders.insert(id, tracked);
                }
            }
            self.now_ns = self.now_ns.saturating_add(flow.every_ns);
        }
        let (met, missed) = flow.wanted.compare(&counts);
        if missed.is_empty() {
            return Ok(met);
        }
        Err(missed.into_iter().map(|(key, wanted, came)| mismatch(key, &wanted, came)).collect())
    }

    fn submit_replace(&mut self, id: u64, request: Option<u64>, changes: &Changes) {
        let request = request.unwrap_or_else(|| self.book.fresh_request());
        let old = match self.book.orders.get(&id) {
            Some(tracked) => tracked.latest(),
            None => self.plausible_terms(),
        };
        let terms = changes.over(old);
        let (words, extension) = request_words(kind::REPLACE, request, id, &terms, self.wall_ns());
        self.send(words, extension);
        if self.accepted()
            && let Some(tracked) = self.book.orders.get_mut(&id)
        {
            tracked.accepted(Request { id: request, kind: kind::REPLACE, terms });
        }
    }

    /// Terms of an order that was never seen: nothing about them but the order is unknown.
    fn plausible_terms(&self) -> Terms {
        let accounts = &self.setup.accounts;
        let is_leaf = |node: usize| accounts.iter().all(|a| a.parent != Some(node as u32));
        Terms {
            account: (0..accounts.len()).find(|n| is_leaf(*n)).unwrap_or(0) as u32,
            instrument: 0,
            side: riskgate::abi::order::side::BUY,
            price: riskgate::fixed::PRICE_ONE,
            qty: riskgate::fixed::QTY_ONE,
            ..Terms::BLANK
        }
    }

    fn submit_cancel(&mut self, id: u64, request: Option<u64>) {
        let request = request.unwrap_or_else(|| self.book.fresh_request());
        let terms = self.book.orders.get(&id).map(Tracked::latest);
        let slot = OrderSlot {
            order_id: request,
            reference: id,
            kind: kind::CANCEL,
            ..report::addressed(terms.as_ref())
        };
        self.send(slot.to_words(), None);
        let known = self.outcome.flags & flag::UNKNOWN_ORDER == 0;
        if self.accepted()
            && known
            && let (Some(tracked), Some(terms)) = (self.book.orders.get_mut(&id), terms)
        {
            tracked.accepted(Request { id: request, kind: kind::CANCEL, terms });
        }
    }

    fn submit_mass_cancel(&mut self, request: Option<u64>, changes: &Changes) {
        let request = request.unwrap_or_else(|| self.book.fresh_request());
        let any = riskgate::abi::order::ANY_ID;
        let slot = OrderSlot {
            order_id: request,
            kind: kind::MASS_CANCEL,
            account: changes.account.unwrap_or(any),
            instrument: changes.instrument.unwrap_or(any),
            side_bits: changes.side.unwrap_or(0),
            ..OrderSlot::default()
        };
        self.send(slot.to_words(), None);
    }

    fn report(&mut self, report: &Report) -> std::result::Result<u32, Vec<Mismatch>> {
        let mut slot = report::encode(&mut self.book, report, &self.setup);
        if report.kind == kind::FILL && slot.price == PRICE_UNDEFINED {
            let came = "none, and the order has none either".to_string();
            return Err(vec![mismatch("price", "given", came)]);
        }
        let extension = report::extension(&mut slot, report);
        self.send(slot.to_words(), extension);
        Ok(0)
    }

    fn mark(&mut self, instrument: u32, change: &MarkChange) {
        let mark = &mut self.marks[instrument as usize];
        if let Some((bid, ask)) = change.quote {
            (mark.bid, mark.ask, mark.quote_ns) = (bid, ask, self.now_ns);
        }
        if let Some(last) = change.last {
            (mark.last, mark.last_ns) = (last, self.now_ns);
        }
        if let Some(close) = change.close {
            mark.close = close;
        }
        if let Some(volume) = change.volume {
            mark.volume = volume;
        }
        let mark = *mark;
        self.outcome = *self.machine.mark(self.now_ns, instrument, &mark);
        self.events = self.machine.events().to_vec();
        self.inputs.push(Input::Mark { now_ns: self.now_ns, instrument, mark });
    }

    fn control(&mut self, command: &Command) -> Result<()> {
        self.outcome = *self.machine.control(self.now_ns, command)?;
        // A line may hold several commands; what they tell adds up.
        self.events.extend_from_slice(self.machine.events());
        self.inputs.push(Input::Control { now_ns: self.now_ns, command: *command });
        Ok(())
    }

    /// Builds the state again from the inputs and their recorded decisions.
    fn restart(&mut self) -> std::result::Result<u32, Vec<Mismatch>> {
        let before = self.machine.state_hash();
        let recovered = self.recover();
        match recovered {
            Ok(machine) => {
                let after = machine.state_hash();
                self.machine = machine;
                if after == before {
                    return Ok(1);
                }
                let (expected, came) = (format!("{before:016x}"), format!("{after:016x}"));
                Err(vec![mismatch("state hash after the restart", &expected, came)])
            }
            Err(error) => Err(vec![mismatch("restart", "recovered", error.to_string())]),
        }
    }

    fn recover(&self) -> Result<Machine> {
        let mut machine = machine(&self.setup, self.wall_offset_ns)?;
        for input in &self.inputs {
            match input {
                Input::Order { now_ns, words, extension, decision } => {
                    machine.order_recorded(
                        *now_ns,
                        LANE,
                        words,
                        extension.as_ref(),
                        Environment::GOOD,
                        *decision,
                    );
                }
                Input::Mark { now_ns, instrument, mark } => {
                    machine.mark(*now_ns, *instrument, mark);
                }
                Input::Control { now_ns, command } => {
                    machine.control(*now_ns, command)?;
                }
            }
        }
        Ok(machine)
    }
}

/// A machine whose wall clock is this far from its own.
fn machine(setup: &Setup, wall_offset_ns: u64) -> Result<Machine> {
    let mut machine = Machine::new(setup)?;
    machine.set_wall_offset(wall_offset_ns);
    Ok(machine)
}

fn mismatch(key: &str, expected: &str, came: String) -> Mismatch {
    Mismatch { key: key.to_string(), expected: expected.to_string(), came }
}

impl Action {
    /// What the line is, in a message.
    fn name(&self) -> String {
        match self {
            Action::Note => "note".into(),
            Action::Setup(_) => "setup".into(),
            Action::New { id, .. } => format!("new {id}"),
            Action::Replace { id, .. } => format!("replace {id}"),
            Action::Cancel { id, .. } => format!("cancel {id}"),
            Action::MassCancel { .. } => "mass_cancel".into(),
            Action::Report(report) => {
                let name = match report.kind {
                    kind::ACK => "ack",
                    kind::FILL => "fill",
                    kind::CANCELLED => "cancelled",
                    kind::REJECTED => "rejected",
                    kind::EXPIRED => "expired",
                    kind::BUST => "bust",
                    _ => "void",
                };
                format!("{name} {}", report.id)
            }
            Action::Mark { .. } => "mark".into(),
            Action::Advance { .. } => "advance".into(),
            Action::Control(..) => "control".into(),
            Action::Restart => "restart".into(),
            Action::Flow(_) => "flow".into(),
            Action::ExpectState(_) => "expect_state".into(),
        }
    }
}

const _: () = assert!(order_flag::ALL == 7, "a new order flag needs a key in the format");
