//! The `setup` line: a [`Setup`] with one lane that may do everything.

use riskgate::state::setup::{Capacity, Lane, Setup};

use crate::config::{accounts, instruments, limits};
use crate::tree::{Problems, Value};

const KEYS: &[&str] =
    &["base", "fx", "instruments", "accounts", "limits", "limit_owners", "required"];

/// Name of the runner's lane.
pub const LANE: &str = "scenario";

/// Reads and verifies a setup; `None` if something is wrong with it.
pub fn read(value: &Value, problems: &mut Problems) -> Option<Setup> {
    let before = problems.list.len();
    let table = value.table("setup", KEYS, problems)?;
    let mut setup = Setup::default();
    instruments::read_currencies(&mut setup, table.get("base"), table.get("fx"), problems);
    let rows = |key: &str, problems: &mut Problems| -> &[Value] {
        table.get(key).and_then(|v| v.list(key, problems)).unwrap_or_default()
    };
    instruments::read_instruments(&mut setup, rows("instruments", problems), problems);
    accounts::read_accounts(&mut setup, rows("accounts", problems), problems);
    setup.lanes.push(Lane::unrestricted(LANE, 0));
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
    (problems.list.len() == before).then_some(setup)
}
