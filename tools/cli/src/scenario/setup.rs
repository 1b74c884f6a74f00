//! The `setup` line: a [`Setup`], by default with one lane that may do everything.

use riskgate::state::setup::{Capacity, Lane, Setup};

use crate::config::time::read_moment_ns;
use crate::config::{accounts, calendars, instruments, lanes, limits, permissions};
use crate::tree::{Problems, Value};

const KEYS: &[&str] = &[
    "base",
    "fx",
    "clock",
    "calendars",
    "instruments",
    "algos",
    "accounts",
    "lanes",
    "limits",
    "limit_owners",
    "required",
];

/// The runner's clock at the first line.
pub const START_NS: u64 = 1_000_000_000;
/// Name of the runner's lane, unless the setup has lanes.
pub const LANE: &str = "scenario";

/// A setup, and when it begins.
#[derive(Clone)]
pub struct Start {
    pub setup: Setup,
    /// Nanoseconds from the runner's clock to 1970 UTC.
    pub wall_offset_ns: u64,
}

/// Reads and verifies a setup; `None` if something is wrong with it.
pub fn read(value: &Value, problems: &mut Problems) -> Option<Start> {
    let before = problems.list.len();
    let table = value.table("setup", KEYS, problems)?;
    let mut setup = Setup::default();
    instruments::read_currencies(&mut setup, table.get("base"), table.get("fx"), problems);
    let rows = |key: &str, problems: &mut Problems| -> &[Value] {
        table.get(key).and_then(|v| v.list(key, problems)).unwrap_or_default()
    };
    calendars::read_calendars(&mut setup, rows("calendars", problems), problems);
    permissions::read_algos(&mut setup, rows("algos", problems), problems);
    instruments::read_instruments(&mut setup, rows("instruments", problems), problems);
    accounts::read_accounts(&mut setup, rows("accounts", problems), problems);
    // The first lane is the runner's.
    lanes::read_lanes(&mut setup, rows("lanes", problems), problems);
    if setup.lanes.is_empty() {
        setup.lanes.push(Lane::unrestricted(LANE, 0));
    }
    let clock = table.get("clock").and_then(|v| read_moment_ns(v, "clock", problems));
    let wall_offset_ns = clock.map_or(0, |clock_ns| clock_ns.saturating_sub(START_NS));
    setup.limit_owners = limits::read_owners(table.get("limit_owners"), problems);
    let limit_rows = rows("limits", problems);
    setup.limits = limits::read_limits(&setup, limit_rows, problems);
    if let Some(list) = table.get("required") {
        setup.required = limits::read_checks(list, "required", problems);
    }
    // Tables of a production gate, so that a scenario meets a bound only where production does.
    setup.capacity = Capacity::default();
    setup.capacity.limits += setup.limits.len() as u32;
    if problems.list.len() > before {
        return None;
    }
    for problem in setup.verify() {
        problems.add(value.line, problem);
    }
    (problems.list.len() == before).then_some(Start { setup, wall_offset_ns })
}
