//! Replay: decides every recorded input again, and compares bit for bit.
//!
//! Decision, flags, masks, first breach with its exact numbers, price used, events, and the hash of
//! the state wherever the journal has one. It goes on after a difference, with its own state: the
//! first difference is the one that tells, later ones may follow from it. It changes nothing.

use std::time::{Duration, Instant};

use super::follow::{begin, machine_for};
use super::groups::{Group, Groups};
use super::reader::{JournalReader, Torn};
use super::record::{Body, Decided, Record, flag};
use crate::abi::codes::CheckMask;
use crate::abi::verdict::decision;
use crate::error::Result;
use crate::gate::outcome::{Breach, Event, MeasureUnit, Outcome};
use crate::machine::{Line, Machine};

/// Most differences that are kept in words; all are counted.
pub const DIFFERENCES_MAX: usize = 20;

/// One thing that came out otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Number of the record.
    pub seq: u64,
    /// What differs.
    pub what: &'static str,
    /// As the journal has it.
    pub recorded: String,
    /// As it came out now.
    pub replayed: String,
}

/// What a replay came to.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Records read.
    pub records: u64,
    /// Number of the first record.
    pub first_seq: u64,
    /// Number of the last record.
    pub last_seq: u64,
    /// Epochs begun.
    pub epochs: u64,
    /// Requests decided again.
    pub orders: u64,
    /// Of these accepted, as recorded.
    pub accepted: u64,
    /// Of these rejected, as recorded.
    pub rejected: u64,
    /// Reports applied again.
    pub reports: u64,
    /// Marks applied again.
    pub marks: u64,
    /// Commands applied again.
    pub controls: u64,
    /// State hashes compared.
    pub hashes: u64,
    /// Inputs that the cut end of an epoch left without their breach or events.
    pub incomplete: u64,
    /// Inputs that came out otherwise.
    pub differing: u64,
    /// The first differences.
    pub differences: Vec<Difference>,
    /// Hash of the state at the end.
    pub state_hash: u64,
    /// Tail that was cut.
    pub torn: Option<Torn>,
    /// Time that it took.
    pub elapsed: Duration,
}

impl Report {
    /// Did everything come out as recorded?
    pub fn identical(&self) -> bool {
        self.differing == 0
    }

    fn count(&mut self, decided: u8) {
        match decided {
            decision::NONE => self.reports += 1,
            decision::REJECT => {
                self.orders += 1;
                self.rejected += 1;
            }
            _ => {
                self.orders += 1;
                self.accepted += 1;
            }
        }
    }

    /// Records per second.
    pub fn rate(&self) -> u64 {
        let ns = self.elapsed.as_nanos().max(1);
        (u128::from(self.records) * 1_000_000_000 / ns) as u64
    }
}

/// Replays a journal. Returns the state at the end, too.
pub fn replay(reader: &mut JournalReader) -> Result<(Report, Option<Machine>)> {
    let begun = Instant::now();
    let mut groups = Groups::new();
    let mut replay = Replay { machine: None, epoch: 0, valid_ns: 0, report: Report::default() };
    while let Some(record) = reader.next_record()? {
        if replay.report.records == 0 {
            replay.report.first_seq = record.seq;
        }
        replay.report.records += 1;
        replay.report.last_seq = record.seq;
        groups.push(&record, |group| replay.group(&group))?;
    }
    if let Some(cut) = groups.finish() {
        replay.group(&cut)?;
    }
    let mut report = replay.report;
    report.torn = reader.torn().cloned();
    report.state_hash = replay.machine.as_ref().map_or(0, Machine::state_hash);
    report.elapsed = begun.elapsed();
    Ok((report, replay.machine))
}

struct Replay {
    machine: Option<Machine>,
    epoch: u32,
    valid_ns: u64,
    report: Report,
}

impl Replay {
    fn group(&mut self, group: &Group) -> Result<()> {
        let now = group.head.time_ns;
        let mut found = Vec::new();
        if !group.complete {
            self.report.incomplete += 1;
        }
        match &group.head.body {
            Body::Start(start) => {
                self.report.epochs += 1;
                self.epoch = group.head.epoch;
                self.valid_ns = start.valid_ns;
                begin(&mut self.machine, group)?;
                self.compare_state(start.state_hash, &mut found);
            }
            Body::Stop(stop) => self.compare_state(stop.state_hash, &mut found),
            Body::Order(_) if group.cut_off => {}
            Body::Order(d) if group.is_basket() => {
                let machine = machine_for(&mut self.machine, group)?;
                let (lines, _) = group.basket();
                let outcomes = machine.basket(now, group.head.lane, &lines, d.environment).to_vec();
                let (epoch, valid_ns) = (self.epoch, self.valid_ns);
                for (line, outcome) in group.lines.iter().zip(&outcomes) {
                    if let Body::Order(d) = &line.record.body {
                        let breach = Some(&line.breach);
                        compare_decided(
                            d,
                            &line.record,
                            breach,
                            outcome,
                            epoch,
                            valid_ns,
                            &mut found,
                        );
                        self.report.count(d.decision);
                    }
                }
                if let Some(outcome) = outcomes.last() {
                    let breach = group.complete.then_some(&group.breach);
                    compare_decided(d, &group.head, breach, outcome, epoch, valid_ns, &mut found);
                }
                compare_events(group, machine.events(), &mut found);
                self.report.count(d.decision);
            }
            Body::Order(d) | Body::Report(d) => {
                let machine = machine_for(&mut self.machine, group)?;
                let extension = group.extension.as_ref();
                let lane = group.head.lane;
                let outcome = if group.head.flags & flag::LOOSE != 0 {
                    let line = Line { words: d.words, extension: group.extension };
                    *machine.loose_line(now, lane, &line, d.environment)
                } else {
                    *machine.order(now, lane, &d.words, extension, d.environment)
                };
                let breach = group.complete.then_some(&group.breach);
                let (epoch, valid_ns) = (self.epoch, self.valid_ns);
                compare_decided(d, &group.head, breach, &outcome, epoch, valid_ns, &mut found);
                compare_events(group, machine.events(), &mut found);
                self.report.count(d.decision);
            }
            Body::Mark(m) => {
                let machine = machine_for(&mut self.machine, group)?;
                machine.mark(now, m.instrument, &m.mark);
                compare_events(group, machine.events(), &mut found);
                self.report.marks += 1;
            }
            Body::Control(c) => {
                let machine = machine_for(&mut self.machine, group)?;
                let refused = machine.control(now, &c.command).err().map(|e| e.to_string());
                let was_refused = group.head.flags & flag::REFUSED != 0;
                if refused.is_some() != was_refused {
                    let word = |refused: bool| if refused { "refused" } else { "applied" };
                    found.push((
                        "control",
                        word(was_refused).to_string(),
                        refused.map_or("applied".to_string(), |why| format!("refused: {why}")),
                    ));
                } else if !was_refused {
                    compare_events(group, machine.events(), &mut found);
                }
                self.report.controls += 1;
            }
            _ => {}
        }
        if !found.is_empty() {
            self.report.differing += 1;
        }
        for (what, recorded, replayed) in found {
            if self.report.differences.len() < DIFFERENCES_MAX {
                let seq = group.seq();
                self.report.differences.push(Difference { seq, what, recorded, replayed });
            }
        }
        Ok(())
    }

    fn compare_state(&mut self, recorded: u64, found: &mut Found) {
        let Some(machine) = &self.machine else { return };
        self.report.hashes += 1;
        let now = machine.state_hash();
        if now != recorded {
            found.push(("state hash", format!("{recorded:#018x}"), format!("{now:#018x}")));
        }
    }
}

type Found = Vec<(&'static str, String, String)>;

fn compare_decided(
    d: &Decided,
    record: &Record,
    breach: Option<&Option<Breach>>,
    outcome: &Outcome,
    epoch: u32,
    valid_ns: u64,
    found: &mut Found,
) {
    let verdict = outcome.to_verdict(record.seq, record.time_ns, valid_ns, epoch);
    let mut number = |what, recorded: i128, replayed: i128| {
        if recorded != replayed {
            found.push((what, recorded.to_string(), replayed.to_string()));
        }
    };
    number("order id", d.order_id.into(), outcome.order_id.into());
    number("flags", d.flags.into(), verdict.flags.into());
    number("node", d.node.into(), verdict.node.into());
    number("detail", d.detail.into(), verdict.detail.into());
    number("observed", d.observed.into(), verdict.observed.into());
    number("limit", d.limit.into(), verdict.limit.into());
    number("valid until", d.valid_until_ns.into(), verdict.valid_until_ns.into());
    number("mark", d.mark.into(), outcome.mark.into());
    number("age of the mark", d.mark_age_ns.into(), outcome.mark_age_ns.into());
    number("first check", d.first_check.into(), verdict.first_check.into());
    let unit = outcome.first.map_or(MeasureUnit::None, |first| first.unit);
    number("unit", (d.unit as u8).into(), (unit as u8).into());
    if d.decision != outcome.decision {
        let words = (decision_name(d.decision), decision_name(outcome.decision));
        found.push(("decision", words.0.to_string(), words.1.to_string()));
    }
    for (what, recorded, replayed) in [
        ("breaches", d.breaches, outcome.breaches),
        ("alerts", d.alerts, outcome.alerts),
        ("soft thresholds", d.soft, outcome.soft),
        ("shadow", d.shadow, outcome.shadow),
    ] {
        if recorded != replayed {
            found.push((what, mask_names(recorded), mask_names(replayed)));
        }
    }
    if let Some(breach) = breach
        && *breach != outcome.first
    {
        found.push(("first breach", breach_text(breach), breach_text(&outcome.first)));
    }
}

fn compare_events(group: &Group, replayed: &[Event], found: &mut Found) {
    let recorded = &group.events[..];
    let same = if group.complete { recorded == replayed } else { replayed.starts_with(recorded) };
    if !same {
        let texts = |events: &[Event]| {
            let all: Vec<_> = events.iter().map(event_text).collect();
            if all.is_empty() { "none".to_string() } else { all.join(", ") }
        };
        found.push(("events", texts(recorded), texts(replayed)));
    }
}

/// A decision in words.
pub fn decision_name(number: u8) -> &'static str {
    match number {
        decision::NONE => "none",
        decision::ACCEPT => "accept",
        decision::REJECT => "reject",
        decision::WOULD_ACCEPT => "would_accept",
        decision::CANCEL_INTENT => "cancel_intent",
        _ => "unknown",
    }
}

/// The names of a mask's checks.
pub fn mask_names(mask: CheckMask) -> String {
    let names: Vec<_> = mask.iter().map(|check| check.name()).collect();
    if names.is_empty() { "none".to_string() } else { names.join(" ") }
}

/// An event in words.
pub fn event_text(event: &Event) -> String {
    let Event { kind, check, node, instrument, percent } = event;
    let mut text = format!("{}:{}", format!("{kind:?}").to_lowercase(), check.name());
    if *percent != 0 {
        text.push_str(&format!("@{percent}"));
    }
    if *node != u32::MAX {
        text.push_str(&format!(" node {node}"));
    }
    if *instrument != u32::MAX {
        text.push_str(&format!(" instrument {instrument}"));
    }
    text
}

fn breach_text(breach: &Option<Breach>) -> String {
    match breach {
        None => "none".to_string(),
        Some(b) => format!(
            "{} at node {}: {} over {} (before {})",
            b.check.name(),
            b.node,
            b.observed_text(),
            b.limit_text(),
            crate::fixed::decimal::format_wide(b.before, b.unit.places())
        ),
    }
}
