//! The `control` line: one control command, or several of a kind.

use riskgate::abi::PRICE_UNDEFINED;
use riskgate::abi::order::side;
use riskgate::fixed::{MONEY_PLACES, PRICE_PLACES, QTY_PLACES, RATE_PLACES};
use riskgate::state::command::{Command, KillScope, Restriction};
use riskgate::state::limit::Limit;
use riskgate::state::session::Session;
use riskgate::state::setup::Setup;

use crate::config::limits::{self, Names};
use crate::config::permissions::algo_id;
use crate::tree::{Kind, Problems, Table, Value};

const KEYS: &[&str] = &[
    "kill",
    "unkill",
    "halt",
    "resume",
    "restrict",
    "rearm",
    "roll_day",
    "set_limit",
    "session",
    "market_halt",
    "market_resume",
    "band",
    "algo",
    "rate",
    "value",
    "cash",
    "currency",
    "amount",
    "week",
    "instrument",
    "mode",
    "low",
    "high",
    "active",
    "margin",
    "greeks",
    "sensitivity",
    "reference",
    "long",
    "short",
    "delta",
    "gamma",
    "vega",
    "dv01",
    "cs01",
    "adv",
    "shares_outstanding",
    "for",
    "until_ns",
    "by",
    "approved_by",
    "reason",
];
/// Keys that stand beside a command.
const BESIDE: &[&str] = &[
    "instrument",
    "mode",
    "value",
    "currency",
    "amount",
    "week",
    "low",
    "high",
    "active",
    "long",
    "short",
    "delta",
    "gamma",
    "vega",
    "dv01",
    "cs01",
    "adv",
    "shares_outstanding",
    "for",
    "until_ns",
    "by",
    "approved_by",
    "reason",
];
/// Which of them belong to which commands alone.
const OF_COMMANDS: [(&str, &[&str]); 9] = [
    ("instrument", &["restrict"]),
    ("mode", &["restrict", "session"]),
    ("low", &["band"]),
    ("high", &["band"]),
    ("active", &["algo"]),
    ("value", &["rate"]),
    ("currency", &["cash"]),
    ("amount", &["cash"]),
    ("week", &["roll_day"]),
];
/// Numbers that stand beside the tables that other systems push.
const PUSHED: [(&str, &[&str]); 4] = [
    ("margin", &["long", "short"]),
    ("greeks", &["delta", "gamma", "vega"]),
    ("sensitivity", &["dv01", "cs01"]),
    ("reference", &["adv", "shares_outstanding"]),
];
const SIDES: [(u8, &str); 2] = [(side::BUY, "buy"), (side::SELL, "sell")];

/// Phases that a person can put an instrument into, and back to its calendar.
const MODES: [(Option<Session>, &str); 8] = [
    (None, "calendar"),
    (Some(Session::Closed), "closed"),
    (Some(Session::PreOpen), "pre_open"),
    (Some(Session::OpeningAuction), "opening_auction"),
    (Some(Session::Continuous), "continuous"),
    (Some(Session::IntradayAuction), "intraday_auction"),
    (Some(Session::ClosingAuction), "closing_auction"),
    (Some(Session::PostClose), "post_close"),
];

/// How long a `set_limit` holds, if it is temporary.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// For good.
    Ever,
    /// This long from the line on, ns.
    For(u64),
    /// To this moment, ns since 1970 UTC.
    At(u64),
}

impl Until {
    /// Reads `for` or `until_ns` of a line.
    pub fn read(value: &Value, problems: &mut Problems) -> Option<Until> {
        let Kind::Table(entries) = &value.kind else { return None };
        let find = |key: &str| entries.iter().find(|e| e.key == key).map(|e| &e.value);
        let (length, moment) = (find("for"), find("until_ns"));
        let limit = find("set_limit");
        if let (Some(v), None) = (length.or(moment), limit) {
            problems.add(v.line, "for and until_ns stand beside set_limit only");
        }
        match (length, moment) {
            (None, None) => Some(Until::Ever),
            (Some(v), None) => v.duration_ns("for", problems).map(Until::For),
            (None, Some(v)) => {
                let ns = v.whole("until_ns", 1, u64::MAX.into(), problems)?;
                Some(Until::At(ns as u64))
            }
            (Some(v), Some(_)) => {
                problems.add(v.line, "a temporary limit has either for or until_ns");
                None
            }
        }
    }

    /// The command as it is given at a moment.
    pub fn apply(self, command: Command, wall_ns: u64) -> Command {
        let until_ns = match self {
            Until::Ever => return command,
            Until::For(ns) => wall_ns.saturating_add(ns),
            Until::At(ns) => ns,
        };
        match command {
            Command::SetLimit(limit) => Command::SetLimit(Limit { until_ns, ..limit }),
            other => other,
        }
    }
}

/// The commands of a line, in order.
pub fn read(setup: &Setup, value: &Value, problems: &mut Problems) -> Option<Vec<Command>> {
    let table = value.table("control", KEYS, problems)?;
    for key in ["by", "approved_by", "reason"] {
        table.text(key, problems);
    }
    let mut commands = table.entries.iter().filter(|e| !BESIDE.contains(&e.key.as_str()));
    let (Some(entry), None) = (commands.next(), commands.next()) else {
        let all: Vec<&str> = KEYS.iter().copied().filter(|k| !BESIDE.contains(k)).collect();
        problems.add(value.line, format!("control needs exactly one of {}", all.join(", ")));
        return None;
    };
    for (key, commands) in OF_COMMANDS {
        if let Some(v) = table.get(key).filter(|_| !commands.contains(&entry.key.as_str())) {
            problems.add(v.line, format!("{key} stands beside {} only", commands.join(", ")));
        }
    }
    for (command, keys) in PUSHED.iter().filter(|(command, _)| *command != entry.key) {
        for value in keys.iter().filter_map(|key| table.get(key)) {
            problems.add(value.line, format!("{} stand beside {command} only", keys.join(", ")));
        }
    }
    let names = Names { setup };
    let target = &entry.value;
    let command = match entry.key.as_str() {
        "kill" => Command::Kill(read_scope(setup, target, problems)?),
        "unkill" => Command::Unkill(read_scope(setup, target, problems)?),
        "halt" => Command::Halt(names.instrument(target, problems)?),
        "resume" => Command::Resume(names.instrument(target, problems)?),
        "rearm" => Command::Rearm(names.node(target, problems)?),
        "roll_day" if table.flag("week", problems) => {
            Command::RollWeek(names.node(target, problems)?)
        }
        "roll_day" => Command::RollDay(names.node(target, problems)?),
        "margin" | "greeks" | "sensitivity" | "reference" => {
            let instrument = names.instrument(target, problems)?;
            read_pushed(&entry.key, instrument, &table, problems)?
        }
        "rate" => {
            let value = table.need("value", problems)?;
            let rate = value.scaled64("value", RATE_PLACES, problems)?;
            Command::SetRate { currency: names.currency(target, problems)?, rate }
        }
        "cash" => {
            let amount = table.need("amount", problems)?;
            Command::AdjustCash {
                account: names.node(target, problems)?,
                currency: names.currency(table.need("currency", problems)?, problems)?,
                amount: amount.scaled("amount", MONEY_PLACES, problems)?,
            }
        }
        "restrict" => return read_restrict(setup, &table, target, problems),
        "session" => {
            let instrument = names.instrument(target, problems)?;
            let mode = table.need("mode", problems)?.name_of("mode", &MODES, problems)?;
            Command::Session { instrument, mode }
        }
        "market_halt" => {
            Command::MarketHalt { market: read_market(target, problems)?, halted: true }
        }
        "market_resume" => {
            Command::MarketHalt { market: read_market(target, problems)?, halted: false }
        }
        "band" => {
            let instrument = names.instrument(target, problems)?;
            let mut side = |key: &str| match table.get(key).map(|v| (v, &v.kind)) {
                None | Some((_, Kind::Null)) => Some(PRICE_UNDEFINED),
                Some((v, _)) => v.scaled64(key, PRICE_PLACES, problems),
            };
            let (low, high) = (side("low"), side("high"));
            Command::Band { instrument, low: low?, high: high? }
        }
        "algo" => {
            let active = table.need("active", problems)?.bool("active", problems)?;
            Command::Algo { id: algo_id(setup, target, problems)?, active }
        }
        "set_limit" => {
            let limits = limits::read_row(setup, target, problems);
            if limits.is_empty() {
                problems.add(target.line, "set_limit needs a node or instrument, and a check");
                return None;
            }
            return Some(limits.into_iter().map(Command::SetLimit).collect());
        }
        // An unknown key was noted already.
        _ => return None,
    };
    Some(vec![command])
}

/// A market's number, or all markets.
fn read_market(value: &Value, problems: &mut Problems) -> Option<Option<u16>> {
    if let Kind::Text(_) = value.kind {
        return value.name_of("a market", &[(None, "all")], problems);
    }
    value.whole("a market", 0, 63, problems).map(|market| Some(market as u16))
}

/// A row of a table that another system pushes.
fn read_pushed(
    command: &str,
    instrument: u32,
    table: &Table,
    problems: &mut Problems,
) -> Option<Command> {
    let mut number = |key: &str| table.need(key, problems)?.scaled64(key, QTY_PLACES, problems);
    Some(match command {
        "margin" => {
            Command::SetMargin { instrument, long: number("long")?, short: number("short")? }
        }
        "greeks" => Command::SetGreeks {
            instrument,
            delta: number("delta")?,
            gamma: number("gamma")?,
            vega: number("vega")?,
        },
        "sensitivity" => {
            Command::SetSensitivity { instrument, dv01: number("dv01")?, cs01: number("cs01")? }
        }
        _ => {
            let mut known = |key: &str| match table.get(key) {
                Some(_) => number(key).map(Some),
                None => Some(None),
            };
            let (adv, shares_outstanding) = (known("adv")?, known("shares_outstanding")?);
            if adv.is_none() && shares_outstanding.is_none() {
                problems.add(table.line, "reference needs adv, shares_outstanding, or both");
            }
            Command::SetAdv { instrument, adv, shares_outstanding }
        }
    })
}

fn read_restrict(
    setup: &Setup,
    table: &Table,
    target: &Value,
    problems: &mut Problems,
) -> Option<Vec<Command>> {
    let names = Names { setup };
    let node = names.node(target, problems)?;
    let mode = table.need("mode", problems)?.name_of("mode", &Restriction::NAMES, problems)?;
    let instruments = match table.get("instrument") {
        None => vec![None],
        Some(Value { kind: Kind::List(list), .. }) => {
            list.iter().map(|v| names.instrument(v, problems)).collect()
        }
        Some(value) => vec![Some(names.instrument(value, problems)?)],
    };
    let one = |instrument| Command::Restrict { node, instrument, mode };
    Some(instruments.into_iter().map(one).collect())
}

fn read_scope(setup: &Setup, value: &Value, problems: &mut Problems) -> Option<KillScope> {
    let names = Names { setup };
    if matches!(value.kind, Kind::Text(_)) {
        return names.node(value, problems).map(KillScope::Node);
    }
    let known = ["node", "side", "instrument", "lane", "venue", "firm"];
    let table = value.table("a kill scope", &known, problems)?;
    let keys: Vec<&str> = table.entries.iter().map(|e| e.key.as_str()).collect();
    let side = match table.get("side") {
        Some(v) => Some(v.name_of("side", &SIDES, problems)?),
        None => None,
    };
    if let (Some(node), Some(side), 2) = (table.get("node"), side, keys.len()) {
        return Some(KillScope::NodeSide(names.node(node, problems)?, side));
    }
    let [key] = keys[..] else {
        let text = "a kill scope is a node name, {instrument}, {lane}, {venue}, {side}, \
                    {node, side} or {firm: true}";
        problems.add(value.line, text);
        return None;
    };
    let target = table.get(key)?;
    match key {
        "node" => names.node(target, problems).map(KillScope::Node),
        "instrument" => names.instrument(target, problems).map(KillScope::Instrument),
        "side" => side.map(KillScope::Side),
        "venue" => {
            target.whole("venue", 0, 63, problems).map(|venue| KillScope::Venue(venue as u16))
        }
        "lane" => names.lane(target, problems).map(KillScope::Lane),
        _ => target.bool("firm", problems)?.then_some(KillScope::Firm),
    }
}
