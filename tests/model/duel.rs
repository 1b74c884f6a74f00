//! Drives the real machine and the reference with the same inputs and says where they differ.

use super::gate::{Answer, Finding, Mistake, Model, Notice};
use super::life::{Input, words};
use riskgate::abi::codes::{Check, CheckMask};
use riskgate::abi::verdict::{decision, flag};
use riskgate::gate::outcome::{Event, EventKind, Outcome};
use riskgate::machine::Machine;
use riskgate::state::setup::Setup;
use std::collections::BTreeMap;

/// Flags that are part of the answer; the others only repeat the masks.
const FLAGS: u16 = flag::REPLAYED
    | flag::WHAT_IF
    | flag::UNKNOWN_ORDER
    | flag::CANCEL_RESTING
    | flag::STAMP_SELF_MATCH;

/// How often things happened.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    pub orders: u64,
    pub accepted: u64,
    pub inputs: u64,
    /// Per check: rejecting, alerting, shadow, soft.
    pub hits: BTreeMap<Check, [u64; 4]>,
    pub replayed: u64,
    pub what_ifs: u64,
    pub latches: u64,
    pub passive: u64,
}

impl Coverage {
    pub fn merge(&mut self, other: &Coverage) {
        self.orders += other.orders;
        self.accepted += other.accepted;
        self.inputs += other.inputs;
        self.replayed += other.replayed;
        self.what_ifs += other.what_ifs;
        self.latches += other.latches;
        self.passive += other.passive;
        for (check, counts) in &other.hits {
            let mine = self.hits.entry(*check).or_default();
            mine.iter_mut().zip(counts).for_each(|(m, c)| *m += c);
        }
    }

    fn count(&mut self, answer: &Answer) {
        self.inputs += 1;
        let masks = [answer.breaches, answer.alerts, answer.shadow, answer.soft];
        for (k, mask) in masks.into_iter().enumerate() {
            CheckMask(mask).iter().for_each(|c| self.hits.entry(c).or_default()[k] += 1);
        }
        let is = |bit: u16| u64::from(answer.flags & bit != 0);
        self.replayed += is(flag::REPLAYED);
        self.what_ifs += is(flag::WHAT_IF);
        for event in &answer.events {
            let latched =
                [EventKind::Blocked as u8, EventKind::CloseOnly as u8].contains(&event.kind);
            self.latches += u64::from(latched);
            let passive = event.kind == EventKind::Alert as u8 && answer.decision == decision::NONE;
            self.passive += u64::from(passive);
        }
    }
}

/// The real machine and the reference, side by side.
pub struct Duel {
    pub machine: Machine,
    pub model: Model,
    pub coverage: Coverage,
}

impl Duel {
    pub fn new(setup: &Setup, mistake: Mistake) -> Duel {
        let machine = Machine::new(setup).unwrap_or_else(|e| panic!("the setup is refused: {e}"));
        Duel { machine, model: Model::new(setup, mistake), coverage: Coverage::default() }
    }

    /// What both their wall clocks show when the recorded time is 0.
    pub fn set_wall_offset(&mut self, wall_offset_ns: u64) {
        self.machine.set_wall_offset(wall_offset_ns);
        self.model.wall_offset_ns = wall_offset_ns;
    }

    /// One input; an error says how the answers differ.
    pub fn step(&mut self, now_ns: u64, input: &Input) -> Result<(), String> {
        let (outcome, answer) = match input {
            Input::Order { lane, slot, extension, environment } => {
                let (slot, extension) = words(slot, extension);
                let extension = extension.as_ref();
                let outcome = *self.machine.order(now_ns, *lane, &slot, extension, *environment);
                let answer = self.model.order(now_ns, *lane, &slot, extension, *environment);
                (outcome, answer)
            }
            Input::Mark { instrument, mark } => {
                let outcome = *self.machine.mark(now_ns, *instrument, mark);
                (outcome, self.model.mark(now_ns, *instrument, mark))
            }
            Input::Control(command) => {
                let outcome = self.machine.control(now_ns, command);
                let outcome = *outcome.map_err(|e| format!("the machine refuses: {e}"))?;
                (outcome, self.model.control(now_ns, command))
            }
        };
        self.coverage.count(&answer);
        if matches!(input, Input::Order { slot, .. } if slot.kind <= 2) {
            self.coverage.orders += 1;
            self.coverage.accepted += u64::from(answer.decision == decision::ACCEPT);
        }
        let events = notices(self.machine.events());
        let id = match input {
            Input::Order { slot, .. } => slot.order_id,
            _ => 0,
        };
        match differences(id, &outcome, &events, &answer) {
            found if found.is_empty() => Ok(()),
            found => Err(format!(
                "they differ in {}\n  machine: {}\n  model:   {}",
                found.join(", "),
                outcome_words(&outcome, &events),
                answer_words(&answer)
            )),
        }
    }

    /// All rows, all nodes and all open orders.
    pub fn views(&self) -> Result<(), String> {
        let mut rows = BTreeMap::new();
        for (account, instrument, row) in self.machine.rows() {
            if row != riskgate::machine::RowView::default() {
                rows.insert((account, instrument), row);
            }
        }
        let expected = self.model.rows();
        if rows != expected {
            return Err(format!("rows differ\n  machine: {rows:?}\n  model:   {expected:?}"));
        }
        for (node, expected) in self.model.nodes().iter().enumerate() {
            let view = self.machine.node(node as u32);
            if view != *expected {
                let name = &self.model.setup.accounts[node].name;
                return Err(format!(
                    "node {name} differs\n  machine: {}\n  model:   {}",
                    node_words(&view),
                    node_words(expected)
                ));
            }
        }
        let open = |o: &super::book::Order| {
            let (price, qty) = (o.current.price, o.current.total);
            let flags = (o.pending.len() as u8, o.pending_cancel, o.acknowledged);
            (
                o.lane,
                o.id,
                o.account,
                o.instrument,
                o.side,
                price,
                qty,
                o.filled,
                o.reserved(),
                flags,
            )
        };
        let mut mine: Vec<_> = self.model.orders.iter().map(open).collect();
        let mut theirs: Vec<_> = self
            .machine
            .open_orders()
            .iter()
            .map(|o| {
                let flags = (o.pending_replaces, o.pending_cancel, o.acknowledged);
                let (who, what) = ((o.lane, o.order_id, o.account), (o.instrument, o.side));
                let (numbers, rest) = ((o.price, o.qty), (o.filled, o.reserved));
                (who.0, who.1, who.2, what.0, what.1, numbers.0, numbers.1, rest.0, rest.1, flags)
            })
            .collect();
        mine.sort_unstable();
        theirs.sort_unstable();
        if mine != theirs {
            return Err(format!(
                "open orders differ (lane, id, account, instrument, side, price, total, filled, \
                 reserved, (pending, cancel, acknowledged))\n  machine only: {:?}\n  model only:   {:?}",
                theirs.iter().filter(|x| !mine.contains(x)).collect::<Vec<_>>(),
                mine.iter().filter(|x| !theirs.contains(x)).collect::<Vec<_>>()
            ));
        }
        Ok(())
    }
}

fn notices(events: &[Event]) -> Vec<Notice> {
    let mut notices: Vec<Notice> = events
        .iter()
        .map(|e| Notice { kind: e.kind as u8, check: e.check, node: e.node, percent: e.percent })
        .map(latch_without_check)
        .collect();
    notices.sort();
    notices
}

/// That a node was latched is compared; which of an order's breaches it names is not.
fn latch_without_check(mut notice: Notice) -> Notice {
    let latch = [EventKind::Blocked as u8, EventKind::CloseOnly as u8].contains(&notice.kind);
    if latch && notice.check != Check::ReportAnomaly {
        notice.check = Check::Blocked;
    }
    notice
}

/// A node that one order latched for everything and for what does not reduce: the first counts.
fn strongest_latch(mut notices: Vec<Notice>) -> Vec<Notice> {
    let all: Vec<u32> =
        notices.iter().filter(|n| n.kind == EventKind::Blocked as u8).map(|n| n.node).collect();
    notices.retain(|n| n.kind != EventKind::CloseOnly as u8 || !all.contains(&n.node));
    notices
}

fn differences(id: u64, outcome: &Outcome, events: &[Notice], answer: &Answer) -> Vec<String> {
    let mut found = Vec::new();
    let mut test = |same: bool, what: &str| {
        if !same {
            found.push(what.to_string());
        }
    };
    test(outcome.order_id == id, "order id");
    test(outcome.decision == answer.decision, "decision");
    test(outcome.breaches.0 == answer.breaches, "breaches");
    if answer.flags & flag::REPLAYED != 0 {
        // Only the verdict is recorded; what it alerted was said when it was decided.
        test(outcome.flags & flag::REPLAYED != 0, "replayed flag");
        return found;
    }
    // A refusal of an id that an old open order has may itself be among the recorded verdicts.
    let again = answer.breaches == Check::DuplicateOrderId.bit();
    let replayed = if again { flag::REPLAYED } else { 0 };
    test(outcome.flags & FLAGS & !replayed == answer.flags, "flags");
    test(outcome.alerts.0 == answer.alerts, "alerts");
    test(outcome.shadow.0 == answer.shadow, "shadow");
    test(outcome.soft.0 == answer.soft, "soft");
    test(first_agrees(outcome, &answer.first), "first breach");
    let mut expected: Vec<_> = answer.events.iter().copied().map(latch_without_check).collect();
    expected.sort();
    expected.dedup_by(|a, b| a == b && repeats_a_mask(a, answer));
    test(strongest_latch(relevant(events, answer)) == strongest_latch(expected), "events");
    found
}

fn repeats_a_mask(e: &Notice, answer: &Answer) -> bool {
    let mask = match e.kind {
        k if k == EventKind::Alert as u8 => answer.alerts | answer.breaches,
        k if k == EventKind::Shadow as u8 => answer.shadow,
        _ => 0,
    };
    mask & e.check.bit() != 0
}

/// Alerts about the decision itself only repeat its masks.
fn relevant(events: &[Notice], answer: &Answer) -> Vec<Notice> {
    let repeats = |e: &Notice| repeats_a_mask(e, answer) && !answer.events.contains(e);
    let mut events: Vec<Notice> = events.iter().filter(|e| !repeats(e)).copied().collect();
    // One that repeats the masks may be the verdict's own, or also a counter's.
    events.dedup_by(|a, b| a == b && repeats_a_mask(a, answer));
    events
}

fn first_agrees(outcome: &Outcome, expected: &[Finding]) -> bool {
    let Some(first) = &outcome.first else { return expected.is_empty() };
    expected.iter().any(|e| {
        let same_check = e.check == first.check;
        let numbers = e.unit == riskgate::gate::outcome::MeasureUnit::None
            || (e.node, e.observed, e.limit) == (first.node, first.observed, first.limit);
        let detail = match e.check {
            Check::LimitNotSet | Check::ChildOfParent => e.detail == first.detail,
            Check::InstrumentState | Check::Permission => e.detail == first.detail & 0xff,
            _ => true,
        };
        same_check && numbers && detail
    })
}

fn mask_words(mask: u128) -> String {
    let names: Vec<_> = CheckMask(mask).iter().map(Check::name).collect();
    format!("[{}]", names.join(" "))
}

fn decision_words(decision: u8) -> &'static str {
    match decision {
        decision::ACCEPT => "accept",
        decision::REJECT => "reject",
        decision::WOULD_ACCEPT => "would accept",
        decision::NONE => "no verdict",
        _ => "unknown decision",
    }
}

fn outcome_words(o: &Outcome, events: &[Notice]) -> String {
    let first = o.first.map_or("none".to_string(), |f| {
        let (observed, limit) = (f.observed_text(), f.limit_text());
        format!("{} at {} {observed} over {limit} detail {}", f.check.name(), f.node, f.detail)
    });
    format!(
        "{} breaches {} alerts {} shadow {} soft {} flags {:#x} first {first} events {events:?}",
        decision_words(o.decision),
        mask_words(o.breaches.0),
        mask_words(o.alerts.0),
        mask_words(o.shadow.0),
        mask_words(o.soft.0),
        o.flags & FLAGS,
    )
}

fn answer_words(a: &Answer) -> String {
    let text = riskgate::fixed::decimal::format_wide;
    let first: Vec<_> = a
        .first
        .iter()
        .map(|f| {
            let places = f.unit.places();
            let (observed, limit) = (text(f.observed, places), text(f.limit, places));
            format!("{} at {} {observed} over {limit} detail {}", f.check.name(), f.node, f.detail)
        })
        .collect();
    format!(
        "{} breaches {} alerts {} shadow {} soft {} flags {:#x} first {} events {:?}",
        decision_words(a.decision),
        mask_words(a.breaches),
        mask_words(a.alerts),
        mask_words(a.shadow),
        mask_words(a.soft),
        a.flags,
        first.join(" or "),
        a.events
    )
}

fn node_words(n: &riskgate::machine::NodeView) -> String {
    let text = |value| riskgate::fixed::decimal::format_wide(value, 36);
    format!(
        "gross {} executed {} daily {} net {} long {} short {} open {} pnl {} orders {}",
        text(n.gross_exposure),
        text(n.executed),
        text(n.daily_traded),
        text(n.net_exposure),
        text(n.long_exposure),
        text(n.short_exposure),
        text(n.open_order_value),
        text(n.day_pnl),
        n.open_orders
    )
}
