//! The `expect` key: what the gate must say about a line.

use std::collections::BTreeSet;

use riskgate::abi::codes::{Check, CheckMask};
use riskgate::abi::verdict::{NO_NODE, flag};
use riskgate::fixed::decimal;
use riskgate::gate::outcome::{Breach, Event, EventKind, MeasureUnit, Outcome};
use riskgate::state::setup::Setup;

use crate::config::limits::{Names, read_check, read_checks};
use crate::scenario::names::{
    DECISIONS, FLAGS, canonical, decision_name, describe_breach, detail_name, flag_names,
    mask_names, node_name, soft_names,
};
use crate::tree::{Kind, Problems, Value};

const KEYS: &[&str] = &[
    "decision", "breaches", "reason", "observed", "limit", "node", "alerts", "soft", "shadow",
    "replayed", "flags", "detail", "error",
];

/// What is expected; absent keys are not checked.
#[derive(Default)]
pub struct Expect {
    decision: Option<u8>,
    breaches: Option<Vec<Check>>,
    reason: Option<Check>,
    observed: Option<String>,
    limit: Option<String>,
    /// Name of a node; empty: none.
    node: Option<String>,
    alerts: Option<CheckMask>,
    soft: Option<BTreeSet<(Check, u8)>>,
    shadow: Option<CheckMask>,
    replayed: Option<bool>,
    flags: Option<u16>,
    detail: Option<String>,
    /// The control command must be refused.
    pub error: Option<bool>,
}

/// One expectation that was not met.
pub struct Mismatch {
    pub key: String,
    pub expected: String,
    pub came: String,
}

/// Reads the key.
pub fn read(value: &Value, setup: &Setup, problems: &mut Problems) -> Option<Expect> {
    let table = value.table("expect", KEYS, problems)?;
    let mut number = |key: &str| -> Option<String> {
        let value = table.get(key)?;
        let text = value.decimal(key, problems)?;
        let number = canonical(&text);
        if number.is_none() {
            problems.add(value.line, format!("{key} \"{text}\" is no decimal number"));
        }
        number
    };
    let (observed, limit) = (number("observed"), number("limit"));
    let mut breaches = None;
    if let Some(v) = table.get("breaches") {
        let list = v.list("breaches", problems)?;
        breaches = Some(list.iter().filter_map(|c| read_check(c, "breaches", problems)).collect());
    }
    let node = table.get("node").and_then(|v| match v.kind {
        Kind::Null => Some(String::new()),
        _ => {
            let id = Names { setup }.node(v, problems)?;
            Some(setup.accounts[id as usize].name.clone())
        }
    });
    let mut flags = None;
    if let Some(v) = table.get("flags") {
        let list = v.list("flags", problems)?;
        let bits = list.iter().filter_map(|f| f.name_of("flags", &FLAGS, problems));
        flags = Some(bits.fold(0, |all, bit| all | bit));
    }
    Some(Expect {
        decision: table.get("decision").and_then(|v| v.name_of("decision", &DECISIONS, problems)),
        breaches,
        reason: table.get("reason").and_then(|v| read_check(v, "reason", problems)),
        observed,
        limit,
        node,
        alerts: table.get("alerts").map(|v| read_checks(v, "alerts", problems)),
        soft: table.get("soft").and_then(|v| read_soft(v, problems)),
        shadow: table.get("shadow").map(|v| read_checks(v, "shadow", problems)),
        replayed: table.get("replayed").and_then(|v| v.bool("replayed", problems)),
        flags,
        detail: table.get("detail").and_then(|v| v.decimal("detail", problems)),
        error: table.get("error").and_then(|v| v.bool("error", problems)),
    })
}

fn read_soft(value: &Value, problems: &mut Problems) -> Option<BTreeSet<(Check, u8)>> {
    let mut all = BTreeSet::new();
    for item in value.list("soft", problems)? {
        let text = item.text("soft", problems)?;
        let read = text.split_once('@').and_then(|(name, percent)| {
            Some((Check::from_name(name)?, percent.trim_end_matches('%').parse().ok()?))
        });
        let Some(read) = read else {
            let text = format!("soft is \"{text}\", it must be like \"gross_exposure@80\"");
            problems.add(item.line, text);
            return None;
        };
        all.insert(read);
    }
    Some(all)
}

/// What came: the outcome of the last input, and its events.
pub struct Came<'a> {
    pub outcome: &'a Outcome,
    pub events: &'a [Event],
    /// A request gets a verdict: its masks say everything. Events count for the other inputs.
    pub request: bool,
    pub setup: &'a Setup,
}

impl Came<'_> {
    fn of_kind(&self, kinds: &[EventKind]) -> CheckMask {
        self.events.iter().filter(|e| kinds.contains(&e.kind)).map(|e| e.check).collect()
    }

    fn soft(&self) -> BTreeSet<(Check, u8)> {
        let soft = self.events.iter().filter(|e| e.kind == EventKind::Soft);
        soft.map(|e| (e.check, e.percent)).collect()
    }

    /// What must be named as an alert, and what may be: a check that rejects and alerts.
    fn alerts(&self) -> (CheckMask, CheckMask) {
        let told = self.of_kind(&[EventKind::Alert, EventKind::Anomaly]);
        let must = if self.request {
            self.outcome.alerts
        } else {
            CheckMask(self.outcome.alerts.0 | told.0)
        };
        (must, CheckMask(must.0 | told.0))
    }

    fn shadow(&self) -> CheckMask {
        CheckMask(self.outcome.shadow.0 | self.of_kind(&[EventKind::Shadow]).0)
    }

    fn node(&self) -> String {
        match &self.outcome.first {
            Some(first) => node_name(self.setup, first.node),
            None => "none, as nothing rejects".into(),
        }
    }

    /// The whole outcome in one line.
    pub fn describe(&self) -> String {
        let mut text = decision_name(self.outcome.decision).to_string();
        if let Some(first) = &self.outcome.first {
            text += &format!(": {}", describe_breach(first, self.setup));
        }
        for (what, mask) in [
            ("breaches", self.outcome.breaches),
            ("alerts", self.alerts().1),
            ("shadow", self.shadow()),
        ] {
            if !mask.is_empty() {
                text += &format!("; {what} {}", mask_names(mask));
            }
        }
        if !self.soft().is_empty() {
            text += &format!("; soft {}", soft_names(&self.soft()));
        }
        if self.outcome.flags != 0 {
            text += &format!("; flags {}", flag_names(self.outcome.flags));
        }
        text
    }
}

impl Expect {
    /// Compares; returns how many keys were met, and what was not.
    pub fn compare(&self, came: &Came) -> (u32, Vec<Mismatch>) {
        let mut result = Comparison { met: 0, mismatches: Vec::new() };
        let outcome = came.outcome;
        let first = outcome.first.as_ref();
        if let Some(want) = self.decision {
            let (want, got) = (decision_name(want), decision_name(outcome.decision));
            let why =
                first.map_or(String::new(), |f| format!(" ({})", describe_breach(f, came.setup)));
            result.note("decision", want == got, want, || format!("{got}{why}"));
        }
        if let Some(want) = &self.breaches {
            let got: Vec<Check> = outcome.breaches.iter().collect();
            let names =
                |list: &[Check]| list.iter().map(|c| c.name()).collect::<Vec<_>>().join(", ");
            result.note("breaches", *want == got, &format!("[{}]", names(want)), || {
                format!("[{}]", names(&got))
            });
        }
        if let Some(want) = self.reason {
            let got = first.map_or("none", |f| f.check.name());
            result.note("reason", got == want.name(), want.name(), || got.to_string());
        }
        if let Some(want) = &self.observed {
            let (ok, got) =
                number_matches(want, first, |b| b.observed_text(), |b| (b.observed, true));
            result.note("observed", ok, want, || got);
        }
        if let Some(want) = &self.limit {
            let (ok, got) = number_matches(want, first, |b| b.limit_text(), |b| (b.limit, false));
            result.note("limit", ok, want, || got);
        }
        if let Some(want) = &self.node {
            let none = first.is_some_and(|f| f.node == NO_NODE);
            let got = came.node();
            let shown = if want.is_empty() { "none" } else { want };
            result.note("node", if want.is_empty() { none } else { got == *want }, shown, || got);
        }
        if let Some(want) = self.alerts {
            let (must, may) = came.alerts();
            let ok = want.0 & must.0 == must.0 && want.0 & !may.0 == 0;
            result.note("alerts", ok, &mask_names(want), || mask_names(must));
        }
        if let Some(want) = &self.soft {
            let got = came.soft();
            result.note("soft", *want == got, &soft_names(want), || soft_names(&got));
        }
        if let Some(want) = self.shadow {
            let got = came.shadow();
            result.note("shadow", want == got, &mask_names(want), || mask_names(got));
        }
        if let Some(want) = self.replayed {
            let got = outcome.flags & flag::REPLAYED != 0;
            result.note("replayed", want == got, &want.to_string(), || got.to_string());
        }
        if let Some(want) = self.flags {
            let ok = outcome.flags & want == want;
            result.note("flags", ok, &flag_names(want), || flag_names(outcome.flags));
        }
        if let Some(want) = &self.detail {
            let got = match first {
                // The place in the basket of the line that refused.
                Some(of) if outcome.flags & flag::OF_BASKET != 0 => of.detail.to_string(),
                _ => first.map_or("none".into(), detail_name),
            };
            result.note("detail", *want == got, want, || got);
        }
        (result.met, result.mismatches)
    }
}

struct Comparison {
    met: u32,
    mismatches: Vec<Mismatch>,
}

impl Comparison {
    fn note(&mut self, key: &str, ok: bool, expected: &str, came: impl FnOnce() -> String) {
        if ok {
            self.met += 1;
        } else {
            let (key, expected) = (key.to_string(), expected.to_string());
            self.mismatches.push(Mismatch { key, expected, came: came() });
        }
    }
}

/// A number matches as it is, or as the verdict rounds it.
fn number_matches(
    want: &str,
    first: Option<&Breach>,
    exact: impl Fn(&Breach) -> String,
    rounded: impl Fn(&Breach) -> (riskgate::fixed::Wide, bool),
) -> (bool, String) {
    let Some(breach) = first else { return (false, "none, as nothing rejects".into()) };
    if breach.unit == MeasureUnit::None {
        return (false, format!("none, as {} has no number", breach.check.name()));
    }
    let exact = exact(breach);
    let (value, up) = rounded(breach);
    let drop = breach.unit.places() - breach.unit.verdict_places();
    let short = decimal::format_wide(value.scaled_down(drop, up), breach.unit.verdict_places());
    (want == exact || want == short, exact)
}
