//! How the gate runs: folders, cores, times and sizes. Nothing here changes a decision.

use std::path::PathBuf;

use riskgate::state::setup::Capacity;

use crate::tree::{Problems, Table, Value};

/// How the engine waits for orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Busy: for an isolated core.
    Spin,
    /// Gives the core away when idle.
    Yield,
    /// Sleeps when idle: laptops and tests.
    Park,
}

impl Wait {
    pub const NAMES: [(Wait, &'static str); 3] =
        [(Wait::Spin, "spin"), (Wait::Yield, "yield"), (Wait::Park, "park")];
}

/// A set of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Chosen by the host's isolation when the gate starts.
    Auto,
    /// Verdicts valid for 1 ms, heartbeat stale after 5 ms, a stalled engine killed after 250 ms.
    Production,
    /// 10 ms, 50 ms, 1 s.
    SmallHost,
}

impl Profile {
    pub const NAMES: [(Profile, &'static str); 3] = [
        (Profile::Auto, "auto"),
        (Profile::Production, "production"),
        (Profile::SmallHost, "small_host"),
    ];
}

/// How the gate runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunOptions {
    /// Holds locks, socket, journal ring and kill word.
    pub state_dir: PathBuf,
    /// Holds the journal's segments.
    pub journal_dir: PathBuf,
    /// Core of the engine's thread; `None`: not pinned.
    pub engine_core: Option<usize>,
    pub wait: Wait,
    pub profile: Profile,
    /// How long an ACCEPT holds, if not as in the profile.
    pub verdict_valid_ns: Option<u64>,
    /// Age of the heartbeat at which clients take the gate for down.
    pub heartbeat_stale_ns: Option<u64>,
    /// How long a stalled engine lives.
    pub stalled_after_ns: Option<u64>,
    /// Order slots of a lane; a power of two.
    pub order_capacity: u32,
    /// Verdict slots of a lane; a power of two.
    pub verdict_capacity: u32,
    /// Most orders of one lane in a sweep.
    pub orders_per_sweep: u32,
    /// Records of the journal ring; a power of two.
    pub journal_ring_records: u64,
    /// Records of a journal segment.
    pub segment_records: u64,
}

impl Default for RunOptions {
    fn default() -> RunOptions {
        RunOptions {
            state_dir: PathBuf::from("riskgate-state"),
            journal_dir: PathBuf::from("riskgate-state/journal"),
            engine_core: None,
            wait: Wait::Yield,
            profile: Profile::Auto,
            verdict_valid_ns: None,
            heartbeat_stale_ns: None,
            stalled_after_ns: None,
            order_capacity: 64,
            verdict_capacity: 64,
            orders_per_sweep: 16,
            journal_ring_records: 1 << 16,
            segment_records: 1 << 16,
        }
    }
}

const GATE_KEYS: &[&str] = &[
    "state_dir",
    "engine_core",
    "wait",
    "profile",
    "verdict_valid",
    "heartbeat_stale",
    "stalled_after",
    "order_capacity",
    "verdict_capacity",
    "orders_per_sweep",
];
const JOURNAL_KEYS: &[&str] = &["dir", "ring_records", "segment_records"];
const CAPACITY_KEYS: &[&str] = &["open_orders", "positions", "limits", "history", "parents"];

/// Reads `[gate]` and `[journal]`.
pub fn read_options(
    gate: Option<&Value>,
    journal: Option<&Value>,
    problems: &mut Problems,
) -> RunOptions {
    let mut options = RunOptions::default();
    if let Some(table) = gate.and_then(|v| v.table("[gate]", GATE_KEYS, problems)) {
        if let Some(dir) = table.text("state_dir", problems) {
            options.state_dir = PathBuf::from(dir);
            options.journal_dir = options.state_dir.join("journal");
        }
        let core = table.get("engine_core").and_then(|v| v.whole("engine_core", 0, 4095, problems));
        options.engine_core = core.map(|c| c as usize);
        if let Some(wait) = table.get("wait") {
            options.wait = wait.name_of("wait", &Wait::NAMES, problems).unwrap_or(options.wait);
        }
        if let Some(profile) = table.get("profile") {
            let profile = profile.name_of("profile", &Profile::NAMES, problems);
            options.profile = profile.unwrap_or(options.profile);
        }
        let mut time = |key: &str| table.get(key).and_then(|v| v.duration_ns(key, problems));
        options.verdict_valid_ns = time("verdict_valid");
        options.heartbeat_stale_ns = time("heartbeat_stale");
        options.stalled_after_ns = time("stalled_after");
        let defaults = (options.order_capacity, options.verdict_capacity, options.orders_per_sweep);
        options.order_capacity =
            power(&table, "order_capacity", defaults.0.into(), problems) as u32;
        options.verdict_capacity =
            power(&table, "verdict_capacity", defaults.1.into(), problems) as u32;
        options.orders_per_sweep =
            number(&table, "orders_per_sweep", defaults.2.into(), 1, 1024, problems) as u32;
    }
    if let Some(table) = journal.and_then(|v| v.table("[journal]", JOURNAL_KEYS, problems)) {
        if let Some(dir) = table.text("dir", problems) {
            options.journal_dir = PathBuf::from(dir);
        }
        let defaults = (options.journal_ring_records, options.segment_records);
        options.journal_ring_records = power(&table, "ring_records", defaults.0, problems);
        options.segment_records =
            number(&table, "segment_records", defaults.1, 1024, 1 << 30, problems);
    }
    options
}

/// Reads `[capacity]`; what is left out has its default.
pub fn read_capacity(value: Option<&Value>, problems: &mut Problems) -> Capacity {
    let mut capacity = Capacity::default();
    if let Some(table) = value.and_then(|v| v.table("[capacity]", CAPACITY_KEYS, problems)) {
        let mut size = |key: &str, default: u32, most: u64| {
            number(&table, key, default.into(), 16, most, problems) as u32
        };
        capacity.open_orders = size("open_orders", capacity.open_orders, 1 << 24);
        capacity.positions = size("positions", capacity.positions, 1 << 24);
        capacity.limits = size("limits", capacity.limits, 1 << 20);
        capacity.history = size("history", capacity.history, 1 << 20);
        capacity.parents = size("parents", capacity.parents, 1 << 20);
    }
    capacity
}

fn number(
    table: &Table,
    key: &str,
    default: u64,
    least: u64,
    most: u64,
    problems: &mut Problems,
) -> u64 {
    let value = table.get(key);
    let read = value.and_then(|v| v.whole(key, least.into(), most.into(), problems));
    read.map_or(default, |n| n as u64)
}

fn power(table: &Table, key: &str, default: u64, problems: &mut Problems) -> u64 {
    let n = number(table, key, default, 64, 1 << 24, problems);
    if !n.is_power_of_two() {
        let text =
            format!("{key} is {n}, it must be a power of two such as {}", n.next_power_of_two());
        problems.add(table.get(key).map_or(table.line, |v| v.line), text);
    }
    n
}
