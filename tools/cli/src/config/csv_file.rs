//! Instruments from a CSV file with a heading; an empty cell means that nothing is said.

use crate::config::instruments::INSTRUMENT_KEYS;
use crate::tree::{Entry, Kind, Problems, Table, Value, nearest, unknown_key};

/// Columns that say true or false.
const FLAGS: [&str; 3] = ["inverse", "negative_price", "spot_month"];

/// Rows as tables of instruments. `tick_tables` are the named tables of the configuration.
pub fn parse(text: &str, tick_tables: Option<&Table>, problems: &mut Problems) -> Vec<Value> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let heading = match reader.headers() {
        Ok(heading) => heading.clone(),
        Err(error) => {
            problems.add(1, format!("the heading cannot be read: {error}"));
            return Vec::new();
        }
    };
    for column in heading.iter().filter(|c| !INSTRUMENT_KEYS.contains(c)) {
        problems.add(1, unknown_key("the heading", column, INSTRUMENT_KEYS));
    }
    if !problems.is_empty() {
        return Vec::new();
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(0, |p| p.line() as u32);
                problems.add(line, format!("the row cannot be read: {error}"));
                continue;
            }
        };
        let line = record.position().map_or(0, |p| p.line() as u32);
        let cells = heading.iter().zip(record.iter()).filter(|(_, cell)| !cell.is_empty());
        let entries = cells
            .filter_map(|(column, cell)| {
                let kind = cell_kind(column, cell, line, tick_tables, problems)?;
                Some(Entry { key: column.to_string(), value: Value { line, kind } })
            })
            .collect();
        rows.push(Value { line, kind: Kind::Table(entries) });
    }
    rows
}

fn cell_kind(
    column: &str,
    cell: &str,
    line: u32,
    tick_tables: Option<&Table>,
    problems: &mut Problems,
) -> Option<Kind> {
    if FLAGS.contains(&column) {
        return match cell {
            "true" => Some(Kind::Bool(true)),
            "false" => Some(Kind::Bool(false)),
            _ => {
                problems.add(line, format!("{column} is \"{cell}\", it must be true or false"));
                None
            }
        };
    }
    if column != "tick_table" {
        return Some(Kind::Text(cell.to_string()));
    }
    let found = tick_tables.and_then(|t| t.get(cell));
    if found.is_none() {
        let names: Vec<&str> =
            tick_tables.map_or(Vec::new(), |t| t.entries.iter().map(|e| e.key.as_str()).collect());
        let near = nearest(cell, &names).map_or(String::new(), |n| format!(" (is it {n}?)"));
        problems.add(line, format!("there is no tick table \"{cell}\"{near}"));
    }
    found.map(|v| v.kind.clone())
}
