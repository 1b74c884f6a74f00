//! `riskgate config check FILE`: says what a configuration holds, or what is wrong with it.

use std::path::PathBuf;
use std::process::ExitCode;

use riskgate::abi::codes::Check;
use riskgate::fixed::decimal;
use riskgate::state::defaults::{self, Number};
use riskgate::state::limit::{Action, Bound, Limit, Phase, Variant};
use riskgate::state::permissions::{Algo, Grantee};
use riskgate::state::session::Session;
use riskgate::state::setup::Setup;
use serde_json::json;

use crate::config::example;
use crate::config::limits::{has_number, variant_name};
use crate::config::lint::lint;
use crate::config::load::{Config, load};
use crate::config::options::{Profile, Wait};

const AFTER_HELP: &str = "\
Example:
  riskgate config check riskgate.toml

Exit status: 0 the file can be used, 1 it is refused (every problem is printed).
A complete commented example: riskgate config example";

/// Validates a configuration and prints what it holds.
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct CheckArgs {
    /// The configuration (TOML).
    #[arg(required_unless_present = "example")]
    file: Option<PathBuf>,
    /// Check the example that is built in.
    #[arg(long, conflicts_with = "file")]
    example: bool,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

/// Commands about configurations.
#[derive(clap::Subcommand)]
pub enum ConfigCommand {
    Check(CheckArgs),
    /// Prints the commented example configuration, or its instruments.
    Example {
        /// Print instruments.csv instead of riskgate.toml.
        #[arg(long)]
        instruments: bool,
    },
}

/// Runs the command.
pub fn main(command: &ConfigCommand) -> ExitCode {
    match command {
        ConfigCommand::Check(args) => check(args),
        ConfigCommand::Example { instruments } => {
            print!("{}", if *instruments { example::INSTRUMENTS } else { example::TOML });
            ExitCode::SUCCESS
        }
    }
}

fn check(args: &CheckArgs) -> ExitCode {
    let (file, loaded) = match &args.file {
        Some(path) => (path.display().to_string(), load(path)),
        None => ("the example".to_string(), example::load()),
    };
    match loaded {
        Ok(config) => {
            if args.json {
                println!("{:#}", summary(&config));
            } else {
                print_config(&config);
                let lints = lint(&config.setup);
                lints.iter().for_each(|text| println!("lint         {text}"));
                println!("{file}: can be used, {} lints", lints.len());
            }
            ExitCode::SUCCESS
        }
        Err(problems) => {
            if args.json {
                println!("{:#}", json!({ "problems": problems }));
            } else {
                problems.iter().for_each(|p| eprintln!("{p}"));
                eprintln!("{file}: refused, {} problems", problems.len());
            }
            ExitCode::from(1)
        }
    }
}

fn summary(config: &Config) -> serde_json::Value {
    let setup = &config.setup;
    json!({
        "base": setup.base(),
        "currencies": setup.currencies.len(),
        "instruments": setup.instruments.len(),
        "sectors": setup.groups[0].len(),
        "accounts": setup.accounts.len(),
        "limits": setup.limits.len(),
        "lanes": setup.lanes.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(),
        "required": setup.required.iter().map(|c| c.name()).collect::<Vec<_>>(),
        "lints": lint(setup),
        "problems": [],
    })
}

fn print_config(config: &Config) {
    let setup = &config.setup;
    let currencies: Vec<&str> = setup.currencies.iter().map(|c| c.name.as_str()).collect();
    println!("currencies   {} (base {})", currencies.join(", "), setup.base());
    println!("instruments  {} in {} sectors", setup.instruments.len(), setup.groups[0].len());
    let required: Vec<&str> = setup.required.iter().map(Check::name).collect();
    println!(
        "required     {}",
        if required.is_empty() { "none".into() } else { required.join(", ") }
    );
    for calendar in &setup.calendars {
        let differ = calendar.special_days.len();
        println!("calendar     {} ({}), {differ} days that differ", calendar.name, calendar.zone);
    }
    for Algo { id, name, version, active } in &setup.algos {
        let state = if *active { "" } else { ", not active" };
        println!("algorithm    {id} {name} {version}{state}");
    }
    let lanes: Vec<&str> = setup.lanes.iter().map(|l| l.name.as_str()).collect();
    println!("lanes        {}", lanes.join(", "));
    let options = &config.options;
    let wait = Wait::NAMES.iter().find(|(w, _)| *w == options.wait).map_or("", |(_, n)| n);
    let profile = Profile::NAMES.iter().find(|(p, _)| *p == options.profile).map_or("", |(_, n)| n);
    let core = options.engine_core.map_or("not pinned".into(), |c| format!("core {c}"));
    println!("engine       {core}, wait {wait}, profile {profile}");
    println!("state        {}", options.state_dir.display());
    println!("journal      {}", options.journal_dir.display());
    println!("tree         {} nodes", setup.accounts.len());
    for (index, account) in setup.accounts.iter().enumerate() {
        if account.parent.is_none() {
            print_node(setup, index as u32, 0);
        }
    }
    println!("limits       {}", setup.limits.len());
    for limit in setup.limits.iter().filter(|l| l.node.is_none()) {
        println!("  {}", limit_text(setup, limit));
    }
}

fn print_node(setup: &Setup, node: u32, depth: usize) {
    let account = &setup.accounts[node as usize];
    let owner =
        account.owner.map_or(String::new(), |o| format!(", owner {}", setup.owners[o as usize]));
    let granted = setup.grants.iter().any(|g| g.to == Grantee::Node(node));
    let granted = if granted { ", with permissions of its own" } else { "" };
    println!("  {}{}{owner}{granted}", "  ".repeat(depth), account.name);
    for limit in setup.limits.iter().filter(|l| l.node == Some(node)) {
        println!("  {}    {}", "  ".repeat(depth), limit_text(setup, limit));
    }
    for (index, child) in setup.accounts.iter().enumerate() {
        if child.parent == Some(node) {
            print_node(setup, index as u32, depth + 1);
        }
    }
}

/// A limit in a line; what is as in the catalogue is not said.
pub fn limit_text(setup: &Setup, limit: &Limit) -> String {
    let mut text = limit.check.name().to_string();
    if let Some(instrument) = limit.instrument {
        text += &format!(" in {}", setup.instruments[instrument as usize].symbol);
    }
    if let Some(number) = bound_text(limit) {
        text += &format!(" {number}");
    }
    if limit.variant != Variant::Default {
        let name = variant_name(limit.check, limit.variant).unwrap_or_default();
        text += &format!(", {name}");
    }
    let (action, soft) = defaults::of(limit.check);
    if limit.action != action {
        let name = Action::NAMES.iter().find(|(a, _)| *a == limit.action).map_or("", |(_, n)| n);
        text += &format!(", {name}");
    }
    if limit.phase != Phase::Enforce {
        let name = Phase::NAMES.iter().find(|(p, _)| *p == limit.phase).map_or("", |(_, n)| n);
        text += &format!(", {name}");
    }
    if limit.sessions != 0 {
        let held = Session::NAMES.iter().filter(|(s, _)| limit.sessions & s.bit() != 0);
        let names: Vec<&str> = held.map(|(_, name)| *name).collect();
        text += &format!(", in {}", names.join(" "));
    }
    if limit.soft_percent != soft {
        let percents: Vec<String> =
            limit.soft_percent.iter().filter(|p| **p != 0).map(|p| format!("{p}%")).collect();
        text += &format!(
            ", soft {}",
            if percents.is_empty() { "none".into() } else { percents.join(" ") }
        );
    }
    text
}

/// The number of a limit in its unit; `None` if it has none.
pub fn bound_text(limit: &Limit) -> Option<String> {
    let number = match limit.bound {
        Bound::Collar(collar) => {
            let side = |band: &riskgate::state::limit::Band| {
                let mut parts = Vec::new();
                if let Some(p) = band.percent_micro {
                    parts.push(format!("{}%", decimal::format_i128(p.into(), 6)));
                }
                if let Some(t) = band.ticks {
                    parts.push(format!("{t} ticks"));
                }
                if let Some(a) = band.absolute {
                    parts.push(decimal::format_i128(a.into(), 9));
                }
                if parts.is_empty() { "none".into() } else { parts.join(" or ") }
            };
            return Some(format!(
                "aggressive {}, passive {}{}",
                side(&collar.aggressive),
                side(&collar.passive),
                if collar.use_smaller { ", the smaller" } else { "" }
            ));
        }
        Bound::Unlimited if has_number(limit.check) => {
            return Some("unlimited".into());
        }
        Bound::Unlimited => return None,
        Bound::Value(number) => number,
    };
    let kind = defaults::number_of(limit.check, limit.variant);
    let unit = match kind {
        Number::BasisPoints => " bps",
        Number::Percent => "%",
        _ => "",
    };
    let digits = decimal::format_i128(number, kind.places());
    Some(decimal::group_thousands(&digits) + unit)
}
