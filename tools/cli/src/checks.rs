//! `riskgate checks`: the catalogue, as the code has it.

use std::process::ExitCode;

use riskgate::gate::checks::{CATALOGUE, CatalogueRow};
use riskgate::gate::outcome::MeasureUnit;
use riskgate::state::limit::Action;
use serde_json::json;

const AFTER_HELP: &str = "\
Example:
  riskgate checks --json

Exit status: 0 done.";

/// Prints the checks that are built: name, number, semantics, unit, scopes, default action, source.
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// One JSON array instead of text.
    #[arg(long)]
    json: bool,
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
    if args.json {
        let rows: Vec<_> = CATALOGUE.iter().map(to_json).collect();
        println!("{:#}", json!(rows));
        return ExitCode::SUCCESS;
    }
    for (index, family) in FAMILIES.iter().enumerate() {
        println!("{}. {family}", index + 1);
        for row in CATALOGUE.iter().filter(|row| usize::from(row.family) == index + 1) {
            print(row);
        }
        println!();
    }
    println!("Scopes: I instrument, N node of the account tree, N×I both, L lane, O owner.");
    println!("A check's bit in a mask is its number less one.");
    ExitCode::SUCCESS
}

fn print(row: &CatalogueRow) {
    println!("  {:>2}  {:<22}{}", row.check.number(), row.check.name(), row.semantics);
    let mut notes = vec![format!("default {}", action(row))];
    let scopes = row.scopes().text();
    if !scopes.is_empty() {
        notes.push(format!("scope {scopes}"));
    }
    if row.unit != MeasureUnit::None {
        notes.push(format!("in {}", unit(row.unit)));
    }
    if !row.source.is_empty() {
        notes.push(row.source.to_string());
    }
    println!("      {:<22}({})", "", notes.join("; "));
}

fn to_json(row: &CatalogueRow) -> serde_json::Value {
    json!({
        "name": row.check.name(),
        "number": row.check.number(),
        "bit": row.check.number() - 1,
        "family": row.family,
        "semantics": row.semantics,
        "unit": unit(row.unit),
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
