//! `riskgate demo`: the whole thing in one command. Starts the gate with the example
//! configuration, builds the sample EMS in C++, runs it, and shows what came of it.

mod floor;
mod gate;
mod sources;
mod summary;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use riskgate::error::{Error, Result};
use serde_json::Value;

const AFTER_HELP: &str = "\
Examples:
  riskgate demo                                  200,000 generated messages
  riskgate demo --messages 2000000 --seed 7      more, other ones
  riskgate demo --file AAPL_message_50.csv       messages in LOBSTER's format
  riskgate demo --keep /tmp/demo                 keep journal, sources and configuration

Needs a C++ compiler ($CXX, or c++). Everything else is built in.

Exit status: 0 all is as it should be, 1 something differs or failed.";

/// Shows it all: gate, C++ client, journal, replay.
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// Messages to generate.
    #[arg(long, default_value_t = 200_000)]
    messages: u64,
    /// Seed of the generator.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Messages in LOBSTER's format instead of generated ones.
    #[arg(long)]
    file: Option<PathBuf>,
    /// A configuration instead of the example; its first lane is used.
    #[arg(long)]
    config: Option<PathBuf>,
    /// What the engine does when idle: spin, yield or park. Default: spin with two cores or more.
    #[arg(long)]
    wait: Option<String>,
    /// Keep everything in this folder, which must not exist.
    #[arg(long)]
    keep: Option<PathBuf>,
}

/// Runs the command.
pub fn main(args: &Args) -> ExitCode {
    match run(args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("riskgate demo: {error}");
            ExitCode::from(1)
        }
    }
}

fn run(args: &Args) -> Result<bool> {
    let dir = Folder::make(args.keep.as_ref())?;
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    let wait = args.wait.clone().unwrap_or(if cores > 1 { "spin" } else { "yield" }.to_string());
    let engine_core = cores - 1;

    println!("1. building the sample EMS (C++17) and libriskgate (C11)");
    let ems = sources::build_ems(&dir.path.join("sources"))?;

    println!("2. the host's floor: two pinned threads, one stamped line each way");
    let before = (cores > 1).then(|| floor::measure(0, engine_core));

    println!("3. starting the gate: supervisor, recorder, engine on core {engine_core} ({wait})");
    let mut gate = gate::Gate::start(&dir.path, args.config.as_deref(), &wait, engine_core)?;
    gate.await_ready()?;

    println!("4. running the sample EMS against it on core 0");
    let report = trade(args, &ems, &gate, cores)?;
    let after = (cores > 1).then(|| floor::measure(0, engine_core));

    println!("5. stopping the gate in good order");
    gate.stop()?;

    println!("6. the journal");
    let journal = dir.path.join("journal");
    let own = std::env::current_exe()?;
    let mut well = true;
    for words in [&["journal", "verify"][..], &["replay"][..]] {
        println!("   $ riskgate {} {}", words.join(" "), journal.display());
        let output = Command::new(&own).args(words).arg(&journal).output()?;
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            println!("     {line}");
        }
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
        well &= output.status.success();
    }
    let stat = Command::new(&own).args(["journal", "stat", "--json"]).arg(&journal).output()?;
    let stat: Value = serde_json::from_slice(&stat.stdout).unwrap_or_default();

    well &= summary::print(&report, &stat, before.as_ref(), after.as_ref(), &wait);
    if args.keep.is_some() {
        println!("\nkept in {}", dir.path.display());
    }
    Ok(well)
}

/// Runs the EMS and returns the JSON object that it prints at the end.
fn trade(args: &Args, ems: &PathBuf, gate: &gate::Gate, cores: usize) -> Result<Value> {
    let mut command = Command::new(ems);
    command.arg("--json").arg("--progress").arg("--socket").arg(gate.socket());
    command.args(["--lane", "ems1"]);
    if cores > 1 {
        command.args(["--core", "0"]);
    }
    match &args.file {
        Some(file) => command.arg(file),
        None => command
            .args(["--generate", &args.messages.to_string()])
            .args(["--seed", &args.seed.to_string()]),
    };
    let output = command.stderr(Stdio::inherit()).output()?;
    serde_json::from_slice(&output.stdout).map_err(|_| {
        Error::new(format!(
            "the sample EMS ended with {} and said:\n{}",
            output.status,
            String::from_utf8_lossy(&output.stdout)
        ))
    })
}

/// A folder on tmpfs if there is one, removed at the end unless it is kept.
struct Folder {
    path: PathBuf,
    keep: bool,
}

impl Folder {
    fn make(keep: Option<&PathBuf>) -> Result<Folder> {
        let path = keep.cloned().unwrap_or_else(|| {
            let shm = PathBuf::from("/dev/shm");
            let base = if shm.is_dir() { shm } else { std::env::temp_dir() };
            base.join(format!("riskgate-demo-{}", std::process::id()))
        });
        fs::create_dir(&path).map_err(|e| {
            Error::new(format!("make the folder {}: {e}; name another with --keep", path.display()))
        })?;
        Ok(Folder { path, keep: keep.is_some() })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.keep {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}
