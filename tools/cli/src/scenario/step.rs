//! Lines of a scenario file as steps, names resolved.

use std::collections::BTreeSet;

use riskgate::abi::order::kind;
use riskgate::fixed::{PRICE_PLACES, QTY_PLACES};
use riskgate::state::command::Command;
use riskgate::state::setup::Setup;

use crate::config::limits::Names;
use crate::scenario::expect::{self, Expect};
use crate::scenario::flow::{self, Flow};
use crate::scenario::node_state::{self, StateExpect};
use crate::scenario::order::{self, Changes, Ids, ORDER_KEYS};
use crate::scenario::setup::Start;
use crate::scenario::{command, quote, setup};
use crate::tree::{Kind, Problems, Table, Value};

/// Keys of a line.
const LINE_KEYS: &[&str] = &[
    "note",
    "expect",
    "setup",
    "new",
    "replace",
    "quote",
    "cancel",
    "mass_cancel",
    "ack",
    "fill",
    "cancelled",
    "rejected",
    "expired",
    "bust",
    "void",
    "mark",
    "advance",
    "restart",
    "control",
    "expect_state",
    "flow",
];

/// One line.
pub struct Step {
    pub line: u32,
    pub action: Action,
    pub expect: Option<Expect>,
}

/// What a line does.
pub enum Action {
    Note,
    Setup(Box<Start>),
    New { id: u64, changes: Changes },
    Replace { id: u64, request: Option<u64>, changes: Changes },
    Cancel { id: u64, request: Option<u64> },
    MassCancel { request: Option<u64>, changes: Changes },
    Report(Report),
    Mark { instrument: u32, change: MarkChange },
    Advance { ns: u64 },
    Control(Vec<Command>, command::Until),
    Flow(Box<Flow>),
    Restart,
    ExpectState(StateExpect),
}

/// An execution report, or `void`.
pub struct Report {
    /// Kind of the line: `ACK`, `FILL`, `CANCELLED`, `REJECTED`, `EXPIRED`, `BUST`, `VOID`.
    pub kind: u8,
    pub id: u64,
    /// The kind of request that it answers: `NEW`, `REPLACE`, `CANCEL`.
    pub of: Option<u8>,
    pub exec_id: Option<u64>,
    /// Fee of a fill, 1e-8 of the instrument's currency.
    pub fee: i64,
    /// Quantity, price, account, instrument and side, where the line says them.
    pub changes: Changes,
}

/// What a feed handler says anew.
pub struct MarkChange {
    /// Bid and ask, undefined if only one is given.
    pub quote: Option<(i64, i64)>,
    pub last: Option<i64>,
    pub close: Option<i64>,
    /// Cumulative volume of the day, 1e-8.
    pub volume: Option<u64>,
}

/// What names mean so far in a file.
#[derive(Default)]
pub struct Reader {
    setup: Option<Setup>,
    unknown_names: Vec<String>,
    execution_names: Vec<String>,
    ordered: BTreeSet<u64>,
}

const REPORTS: [(u8, &str); 7] = [
    (kind::ACK, "ack"),
    (kind::FILL, "fill"),
    (kind::CANCELLED, "cancelled"),
    (kind::REJECTED, "rejected"),
    (kind::EXPIRED, "expired"),
    (kind::BUST, "bust"),
    (kind::VOID, "void"),
];
const REQUESTS: [(u8, &str); 3] =
    [(kind::NEW, "new"), (kind::REPLACE, "replace"), (kind::CANCEL, "cancel")];

impl Reader {
    /// Reads one line, which may stand for several (`quote`).
    pub fn read_line(&mut self, value: &Value, problems: &mut Problems) -> Vec<Step> {
        let lines = quote::expand(value, problems);
        let lines = lines.unwrap_or_else(|| vec![value.clone()]);
        lines.iter().filter_map(|line| self.read(line, problems)).collect()
    }

    /// Reads one line; `None` if something is wrong with it.
    fn read(&mut self, value: &Value, problems: &mut Problems) -> Option<Step> {
        let before = problems.list.len();
        let table = value.table("a line", LINE_KEYS, problems)?;
        if problems.list.len() > before {
            return None;
        }
        let mut actions = table.entries.iter().filter(|e| e.key != "note" && e.key != "expect");
        let action = actions.next();
        if let Some(second) = actions.next() {
            let first = action.map_or("", |e| e.key.as_str());
            let text = format!("a line does one thing, this one has {first} and {}", second.key);
            problems.add(second.value.line, text);
            return None;
        }
        let Some(entry) = action else {
            if let Some(expect) = table.get("expect") {
                problems.add(expect.line, "expect stands beside what it is about");
            }
            return Some(Step { line: value.line, action: Action::Note, expect: None });
        };
        let expect = table.get("expect");
        if let (Some(expect), "setup" | "expect_state" | "flow") = (expect, entry.key.as_str()) {
            problems.add(expect.line, format!("expect has no meaning beside {}", entry.key));
        }
        if entry.key == "setup" {
            let read = setup::read(&entry.value, problems);
            self.setup = read.as_ref().map(|start| start.setup.clone());
            self.ordered.clear();
            let action = Action::Setup(Box::new(read?));
            return Some(Step { line: value.line, action, expect: None });
        }
        let Some(setup) = self.setup.take() else {
            // A broken setup was noted already.
            if problems.is_empty() {
                problems.add(value.line, "the first line must be a setup");
            }
            return None;
        };
        let action = self.read_action(&setup, &entry.key, &entry.value, problems);
        let expect = expect.map(|v| expect::read(v, &setup, problems));
        self.setup = Some(setup);
        let step = Step { line: value.line, action: action?, expect: expect.flatten() };
        (problems.list.len() == before).then_some(step)
    }

    fn read_action(
        &mut self,
        setup: &Setup,
        key: &str,
        value: &Value,
        problems: &mut Problems,
    ) -> Option<Action> {
        if let Some((kind, _)) = REPORTS.iter().find(|(_, name)| *name == key) {
            return self.read_report(setup, *kind, key, value, problems).map(Action::Report);
        }
        match key {
            "new" => self.read_new(setup, value, problems),
            "replace" => self.read_replace(setup, value, problems),
            "cancel" => {
                let table = value.table("cancel", &["id", "request"], problems)?;
                let request = read_request(&table, problems);
                Some(Action::Cancel { id: needed_id(&table, problems)?, request })
            }
            "mass_cancel" => {
                let known = ["account", "instrument", "side", "request"];
                let table = value.table("mass_cancel", &known, problems)?;
                let request = read_request(&table, problems);
                let changes = self.changes(setup, &table, problems);
                Some(Action::MassCancel { request, changes })
            }
            "mark" => read_mark(setup, value, problems),
            "advance" => value.duration_ns("advance", problems).map(|ns| Action::Advance { ns }),
            "restart" => {
                value.name_of("restart", &[((), "kill")], problems)?;
                Some(Action::Restart)
            }
            "flow" => {
                let read = flow::read(setup, &mut self.unknown_names, value, problems)?;
                Some(Action::Flow(Box::new(read)))
            }
            "control" => {
                let until = command::Until::read(value, problems)?;
                let commands = command::read(setup, value, problems)?;
                Some(Action::Control(commands, until))
            }
            _ => node_state::read(setup, value, problems).map(Action::ExpectState),
        }
    }

    fn changes(&mut self, setup: &Setup, table: &Table, problems: &mut Problems) -> Changes {
        let mut ids = Ids { setup, unknown: &mut self.unknown_names };
        order::read_changes(table, &mut ids, problems)
    }

    fn read_new(
        &mut self,
        setup: &Setup,
        value: &Value,
        problems: &mut Problems,
    ) -> Option<Action> {
        let known: Vec<&str> = ["id"].iter().chain(ORDER_KEYS).copied().collect();
        let table = value.table("new", &known, problems)?;
        let changes = self.changes(setup, &table, problems);
        let id = needed_id(&table, problems)?;
        self.ordered.insert(id);
        Some(Action::New { id, changes })
    }

    fn read_replace(
        &mut self,
        setup: &Setup,
        value: &Value,
        problems: &mut Problems,
    ) -> Option<Action> {
        let known: Vec<&str> = ["id", "request"].iter().chain(ORDER_KEYS).copied().collect();
        let table = value.table("replace", &known, problems)?;
        let changes = self.changes(setup, &table, problems);
        let request = read_request(&table, problems);
        Some(Action::Replace { id: needed_id(&table, problems)?, request, changes })
    }

    fn read_report(
        &mut self,
        setup: &Setup,
        kind: u8,
        name: &str,
        value: &Value,
        problems: &mut Problems,
    ) -> Option<Report> {
        let mut known = vec!["id", "account", "instrument", "side"];
        known.extend(match kind {
            kind::FILL => &["qty", "price", "exec_id", "fee"][..],
            kind::BUST => &["qty", "price", "exec_id"],
            kind::REJECTED | kind::VOID | kind::ACK => &["of"],
            _ => &[],
        });
        let table = value.table(name, &known, problems)?;
        let changes = self.changes(setup, &table, problems);
        let of = table.get("of").and_then(|v| v.name_of("of", &REQUESTS, problems));
        let exec_id = table.get("exec_id").and_then(|v| self.execution_id(v, problems));
        let id = needed_id(&table, problems)?;
        if kind == kind::FILL {
            table.need("qty", problems)?;
            let unknown = !self.ordered.contains(&id);
            for key in ["account", "instrument", "side", "price"] {
                if unknown && table.get(key).is_none() {
                    let text = format!("a fill for the unknown order {id} needs the key \"{key}\"");
                    problems.add(value.line, text);
                }
            }
        }
        let fee = table.get("fee").and_then(|v| v.scaled64("fee", QTY_PLACES, problems));
        Some(Report { kind, id, of, exec_id, fee: fee.unwrap_or(0), changes })
    }

    /// An execution id is a number; any other text gets one of its own.
    fn execution_id(&mut self, value: &Value, problems: &mut Problems) -> Option<u64> {
        match &value.kind {
            Kind::Text(text) if text.parse::<u64>().is_err() => {
                let index = crate::config::instruments::intern(&mut self.execution_names, text);
                Some((1 << 60) + u64::from(index))
            }
            _ => order::read_id(value, "exec_id", problems),
        }
    }
}

fn needed_id(table: &Table, problems: &mut Problems) -> Option<u64> {
    order::read_id(table.need("id", problems)?, "id", problems)
}

fn read_request(table: &Table, problems: &mut Problems) -> Option<u64> {
    order::read_id(table.get("request")?, "request", problems)
}

fn read_mark(setup: &Setup, value: &Value, problems: &mut Problems) -> Option<Action> {
    let known = ["instrument", "bid", "ask", "last", "close", "volume"];
    let table = value.table("mark", &known, problems)?;
    let named = table.need("instrument", problems)?;
    let instrument = Names { setup }.instrument(named, problems)?;
    let mut price = |key: &str| -> Option<Option<i64>> {
        let Some(value) = table.get(key) else { return Some(None) };
        if matches!(value.kind, Kind::Null) {
            return Some(Some(riskgate::abi::PRICE_UNDEFINED));
        }
        value.scaled64(key, PRICE_PLACES, problems).map(Some)
    };
    let (bid, ask, last, close) = (price("bid")?, price("ask")?, price("last")?, price("close")?);
    let volume = match table.get("volume") {
        Some(value) => match u64::try_from(value.scaled64("volume", QTY_PLACES, problems)?) {
            Ok(volume) => Some(volume),
            Err(_) => {
                problems.add(value.line, "a volume is not negative");
                return None;
            }
        },
        None => None,
    };
    let undefined = riskgate::abi::PRICE_UNDEFINED;
    let quote = (bid.is_some() || ask.is_some())
        .then(|| (bid.unwrap_or(undefined), ask.unwrap_or(undefined)));
    if quote.is_none() && last.is_none() && close.is_none() && volume.is_none() {
        problems.add(value.line, "a mark needs bid and ask, last, close, or volume");
        return None;
    }
    Some(Action::Mark { instrument, change: MarkChange { quote, last, close, volume } })
}
