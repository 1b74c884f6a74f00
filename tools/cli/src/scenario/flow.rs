//! The `flow` line: the same order again and again, as a program that has lost its mind sends it, and
//! how many of them must pass. Incidents have their numbers; this is how they are replayed.

use std::collections::BTreeMap;

use riskgate::abi::codes::Check;
use riskgate::fixed::PRICE_PLACES;
use riskgate::state::setup::Setup;

use crate::scenario::order::{Changes, Ids, ORDER_KEYS, read_changes, read_id};
use crate::tree::{Kind, Problems, Table, Value};

const KEYS: &[&str] =
    &["new", "times", "first_id", "every", "parents", "fill", "accepted", "rejected", "reasons"];
/// Most orders of a line.
const TIMES_MAX: i128 = 100_000_000;

/// What an accepted order of the flow meets at the venue.
#[derive(Clone, Copy, Debug)]
pub enum Fill {
    /// Nothing.
    None,
    /// It is filled completely, at once, at its own price.
    Own,
    /// At this price.
    At(i64),
}

/// Many orders that differ in their id only.
#[derive(Clone, Debug)]
pub struct Flow {
    /// The order.
    pub changes: Changes,
    /// How many.
    pub times: u64,
    /// Id of the first; the others follow.
    pub first_id: u64,
    /// Time between two, ns.
    pub every_ns: u64,
    /// Parents in turn: first id and count; 0: as the order says.
    pub parents: (u64, u64),
    /// What the venue does.
    pub fill: Fill,
    /// What must come of it.
    pub wanted: Wanted,
}

/// What must come of a flow; what is not said is not compared.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Orders that pass.
    pub accepted: Option<u64>,
    /// Orders that are refused.
    pub rejected: Option<u64>,
    /// How often each check is the first reason.
    pub reasons: Option<BTreeMap<Check, u64>>,
}

/// What came of a flow.
#[derive(Default)]
pub struct Counts {
    pub accepted: u64,
    pub rejected: u64,
    pub reasons: BTreeMap<Check, u64>,
}

impl Wanted {
    /// Expectations met, and those that were not: key, expected, came.
    pub fn compare(&self, came: &Counts) -> (u32, Vec<(&'static str, String, String)>) {
        let mut met = 0;
        let mut missed = Vec::new();
        let mut one = |key, wanted: Option<String>, came: String| match wanted {
            Some(wanted) if wanted != came => missed.push((key, wanted, came)),
            Some(_) => met += 1,
            None => {}
        };
        one("accepted", self.accepted.map(|n| n.to_string()), came.accepted.to_string());
        one("rejected", self.rejected.map(|n| n.to_string()), came.rejected.to_string());
        one("reasons", self.reasons.as_ref().map(texts), texts(&came.reasons));
        (met, missed)
    }
}

fn texts(reasons: &BTreeMap<Check, u64>) -> String {
    let all: Vec<String> = reasons.iter().map(|(c, n)| format!("{} {n}", c.name())).collect();
    if all.is_empty() { "none".into() } else { all.join(", ") }
}

/// Reads a flow; `unknown` are names that the setup does not have.
pub fn read(
    setup: &Setup,
    unknown: &mut Vec<String>,
    value: &Value,
    problems: &mut Problems,
) -> Option<Flow> {
    let table = value.table("flow", KEYS, problems)?;
    let order = table.need("new", problems)?.table("new of flow", ORDER_KEYS, problems)?;
    let changes = read_changes(&order, &mut Ids { setup, unknown }, problems);
    let times = table.need("times", problems)?.whole("times", 1, TIMES_MAX, problems)? as u64;
    let first_id = read_id(table.need("first_id", problems)?, "first_id", problems)?;
    let every_ns = match table.get("every") {
        Some(v) => v.duration_ns("every", problems)?,
        None => 0,
    };
    let parents = match table.get("parents") {
        None => (0, 0),
        Some(v) => {
            let range = v.table("parents", &["first", "count"], problems)?;
            let first = read_id(range.need("first", problems)?, "first", problems)?;
            (first, range.need("count", problems)?.whole("count", 1, TIMES_MAX, problems)? as u64)
        }
    };
    let fill = match table.get("fill") {
        None => Fill::None,
        Some(Value { kind: Kind::Bool(true), .. }) => Fill::Own,
        Some(v) => Fill::At(v.scaled64("fill", PRICE_PLACES, problems)?),
    };
    let wanted = read_wanted(&table, problems)?;
    Some(Flow { changes, times, first_id, every_ns, parents, fill, wanted })
}

fn read_wanted(table: &Table, problems: &mut Problems) -> Option<Wanted> {
    let mut wanted = Wanted::default();
    if let Some(v) = table.get("accepted") {
        wanted.accepted = Some(v.whole("accepted", 0, TIMES_MAX, problems)? as u64);
    }
    if let Some(v) = table.get("rejected") {
        wanted.rejected = Some(v.whole("rejected", 0, TIMES_MAX, problems)? as u64);
    }
    if let Some(v) = table.get("reasons") {
        let names: Vec<&str> = Check::ALL.iter().map(|c| c.name()).collect();
        let mut reasons = BTreeMap::new();
        for entry in v.table("reasons", &names, problems)?.entries {
            let count = entry.value.whole(&entry.key, 0, TIMES_MAX, problems)? as u64;
            reasons.insert(Check::from_name(&entry.key)?, count);
        }
        wanted.reasons = Some(reasons);
    }
    Some(wanted)
}
