//! A configuration file and the files that it names, as a verified setup and run options.

use std::path::Path;

use riskgate::state::setup::Setup;

use crate::config::options::{RunOptions, read_capacity, read_options};
use crate::config::{
    accounts, calendars, csv_file, instruments, lanes, limits, permissions, toml_file,
};
use crate::tree::{Kind, Problems, Table, Value};

/// Keys of a configuration.
const KEYS: &[&str] = &[
    "base",
    "fx",
    "required",
    "instruments",
    "tick_tables",
    "gate",
    "journal",
    "capacity",
    "account",
    "limit",
    "limit_owners",
    "lane",
    "calendar",
    "algo",
];

/// Everything that a configuration says.
#[derive(Debug)]
pub struct Config {
    pub setup: Setup,
    pub options: RunOptions,
}

/// Loads a file; paths in it are relative to its folder. All problems are named, as
/// `file:line: text`.
pub fn load(path: &Path) -> Result<Config, Vec<String>> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|e| vec![format!("{name}: the configuration cannot be read: {e}")])?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).map_err(|e| e.to_string());
    let mut problems = Problems::default();
    let config = parse(&text, &read, &mut problems);
    let Some(mut config) = config else { return Err(problems.texts(&name)) };
    config.options.state_dir = folder.join(&config.options.state_dir);
    config.options.journal_dir = folder.join(&config.options.journal_dir);
    Ok(config)
}

/// Reads a configuration; `read` gives the text of a file that it names. `None`: see `problems`.
pub fn parse(
    text: &str,
    read: &dyn Fn(&str) -> Result<String, String>,
    problems: &mut Problems,
) -> Option<Config> {
    let document = toml_file::parse(text, problems)?;
    let table = document.table("the configuration", KEYS, problems)?;
    let mut setup = Setup::default();
    instruments::read_currencies(&mut setup, table.get("base"), table.get("fx"), problems);
    calendars::read_calendars(&mut setup, rows(&table, "calendar", problems), problems);
    permissions::read_algos(&mut setup, rows(&table, "algo", problems), problems);
    read_all_instruments(&mut setup, &table, read, problems);
    accounts::read_accounts(&mut setup, rows(&table, "account", problems), problems);
    lanes::read_lanes(&mut setup, rows(&table, "lane", problems), problems);
    setup.limit_owners = limits::read_owners(table.get("limit_owners"), problems);
    let limit_rows = rows(&table, "limit", problems);
    setup.limits = limits::read_limits(&setup, limit_rows, problems);
    if let Some(list) = table.get("required") {
        setup.required = limits::read_checks(list, "required", problems);
    }
    setup.capacity = read_capacity(table.get("capacity"), problems);
    let options = read_options(table.get("gate"), table.get("journal"), problems);
    for (key, missing) in [
        ("instruments", setup.instruments.is_empty()),
        ("account", setup.accounts.is_empty()),
        ("lane", setup.lanes.is_empty()),
    ] {
        if missing && table.get(key).is_none() {
            problems.add(0, format!("there is no {key}; the gate would refuse every order"));
        }
    }
    if problems.is_empty() {
        for text in setup.verify() {
            problems.add(0, text);
        }
    }
    problems.is_empty().then_some(Config { setup, options })
}

fn rows<'a>(table: &Table<'a>, key: &str, problems: &mut Problems) -> &'a [Value] {
    table.get(key).and_then(|v| v.list(key, problems)).unwrap_or_default()
}

/// Instruments stand in a CSV file that `instruments` names, or as a list in its place.
fn read_all_instruments(
    setup: &mut Setup,
    table: &Table,
    read: &dyn Fn(&str) -> Result<String, String>,
    problems: &mut Problems,
) {
    let Some(value) = table.get("instruments") else { return };
    if let Kind::List(list) = &value.kind {
        instruments::read_instruments(setup, list, problems);
        return;
    }
    let Some(file) = value.text("instruments", problems) else { return };
    let text = match read(file) {
        Ok(text) => text,
        Err(error) => {
            problems.add(value.line, format!("instruments \"{file}\" cannot be read: {error}"));
            return;
        }
    };
    let names: Vec<&str> = match table.get("tick_tables") {
        Some(Value { kind: Kind::Table(entries), .. }) => {
            entries.iter().map(|e| e.key.as_str()).collect()
        }
        _ => Vec::new(),
    };
    let tick_tables =
        table.get("tick_tables").and_then(|v| v.table("tick_tables", &names, problems));
    if let Some(tables) = &tick_tables {
        for entry in tables.entries {
            instruments::read_tick_table(&entry.value, problems);
        }
    }
    let mut of_file = Problems::default();
    let rows = csv_file::parse(&text, tick_tables.as_ref(), &mut of_file);
    instruments::read_instruments(setup, &rows, &mut of_file);
    for mut problem in of_file.list {
        problem.file = Some(file.to_string());
        problems.list.push(problem);
    }
}
