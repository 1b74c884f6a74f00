//! `riskgate checks`: the catalogue, as the code has it.

use std::process::ExitCode;

use riskgate::abi::codes::Check;
use riskgate::gate::checks::{CATALOGUE, CatalogueRow};
use riskgate::gate::outcome::MeasureUnit;
use riskgate::state::defaults::Number;
use riskgate::state::limit::Action;
use serde_json::json;

use crate::tree::nearest;

const AFTER_HELP: &str = "\
Example:
  riskgate checks price_collar message_rate
  riskgate checks --json

Exit status: 0 done, 2 there is no such check.";

/// Prints the checks that are built: name, bit, family, semantics, parameters with their units,
/// scopes, default action, regulation.
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// Only these checks; all if none is named.
    #[arg(value_name = "CHECK")]
    checks: Vec<String>,
    /// One JSON array instead of text.
    #[arg(long)]
    json: bool,
    /// The table of the README.
    #[arg(long, hide = true, conflicts_with = "json")]
    markdown: bool,
    /// The list of reason codes of the C header, built or not.
    #[arg(long, hide = true, conflicts_with_all = ["json", "markdown"])]
    c_header: bool,
}

/// Names of the families, from 1.
const FAMILIES: [&str; 6] = [
    "Is it an order at all",
    "May it trade now",
    "Is this order sane",
    "Is it too much, too fast",
    "Does it fit into the limits",
    "Is it allowed conduct",
];

/// Runs the command.
pub fn main(args: &Args) -> ExitCode {
    let known: Vec<&str> = CATALOGUE.iter().map(|row| row.check.name()).collect();
    if let Some(name) = args.checks.iter().find(|name| !known.contains(&name.as_str())) {
        let near = nearest(name, &known).map_or(String::new(), |n| format!(" (is it {n}?)"));
        eprintln!("there is no check \"{name}\"{near}; `riskgate checks` prints all");
        return ExitCode::from(2);
    }
    let asked = |row: &&CatalogueRow| {
        args.checks.is_empty() || args.checks.iter().any(|name| name == row.check.name())
    };
    let rows: Vec<&CatalogueRow> = CATALOGUE.iter().filter(asked).collect();
    if args.json {
        let rows: Vec<_> = rows.iter().map(|row| to_json(row)).collect();
        println!("{:#}", json!(rows));
    } else if args.markdown {
        print_markdown(&rows);
    } else if args.c_header {
        print_c_header();
    } else {
        print_all(&rows);
    }
    ExitCode::SUCCESS
}

fn print_all(rows: &[&CatalogueRow]) {
    for (index, family) in FAMILIES.iter().enumerate() {
        let mut family_rows =
            rows.iter().filter(|row| usize::from(row.family) == index + 1).peekable();
        if family_rows.peek().is_none() {
            continue;
        }
        println!("{}. {family}", index + 1);
        family_rows.for_each(|row| print(row));
        println!();
    }
    println!("Scopes: L lane, I instrument, N node of the account tree, N×I node and instrument.");
    println!("A check's bit in a mask is its number less one. Every limit also has action, phase");
    println!("(shadow, warn, enforce) and latch (all, close_only).");
}

fn print(row: &CatalogueRow) {
    println!("  {:>2}  {:<22}{}", row.check.number(), row.check.name(), row.semantics);
    let mut notes = vec![format!("default {}", action(row))];
    let scopes = row.scopes().text();
    if !scopes.is_empty() {
        notes.push(format!("scope {scopes}"));
    }
    if let Some(limit) = limit_text(row) {
        notes.push(format!("limit in {limit}"));
    }
    if !row.source.is_empty() {
        notes.push(row.source.to_string());
    }
    println!("      {:<22}({})", "", notes.join("; "));
    for parameter in row.parameters {
        println!("      {:<22}  {}", "", parameter.text());
    }
}

/// What the number of a limit is.
fn limit_text(row: &CatalogueRow) -> Option<&'static str> {
    match row.number() {
        Number::None => None,
        Number::Qty => Some("contracts or shares"),
        Number::Money => Some("base currency"),
        Number::Count => Some("a count"),
        Number::BasisPoints => Some("basis points"),
        Number::Percent => Some("percent"),
        Number::Ratio => Some("a ratio"),
        Number::Collar => Some("percent, ticks, or price"),
    }
}

fn print_markdown(rows: &[&CatalogueRow]) {
    println!("| bit | check | family | a breach is | scopes | limit in | by default |");
    println!("|---|---|---|---|---|---|---|");
    for row in rows {
        println!(
            "| {} | `{}` | {} | {} | {} | {} | {} |",
            row.check.number() - 1,
            row.check.name(),
            row.family,
            row.semantics.replace('|', "\\|"),
            row.scopes().text(),
            limit_text(row).unwrap_or_default(),
            action(row),
        );
    }
}

fn print_c_header() {
    let lines: Vec<String> = Check::ALL
        .iter()
        .map(|c| format!("    X({}, {}, \"{}\")", c.name().to_uppercase(), c.number(), c.name()))
        .collect();
    println!("{:<99}\\", "#define RG_CHECKS(X)");
    for (index, line) in lines.iter().enumerate() {
        match index + 1 == lines.len() {
            true => println!("{line}"),
            false => println!("{line:<99}\\"),
        }
    }
}

fn to_json(row: &CatalogueRow) -> serde_json::Value {
    json!({
        "name": row.check.name(),
        "number": row.check.number(),
        "bit": row.check.number() - 1,
        "family": row.family,
        "semantics": row.semantics,
        "unit": unit(row.unit),
        "limit_in": limit_text(row),
        "scopes": row.scopes().text(),
        "parameters": row.parameters.iter().map(|p| p.text()).collect::<Vec<_>>(),
        "default_action": action(row),
        "source": row.source,
    })
}

/// The catalogue's default action; family 1 always rejects.
fn action(row: &CatalogueRow) -> &'static str {
    let default = row.default_action();
    Action::NAMES.iter().find(|(a, _)| *a == default).map_or("block", |(_, name)| name)
}

fn unit(unit: MeasureUnit) -> &'static str {
    match unit {
        MeasureUnit::None => "",
        MeasureUnit::Qty => "quantity",
        MeasureUnit::Money => "base currency",
        MeasureUnit::Price => "price",
        MeasureUnit::Count => "orders",
        MeasureUnit::BasisPoints => "basis points",
        MeasureUnit::Time => "ns",
        MeasureUnit::Ratio => "ratio",
    }
}
