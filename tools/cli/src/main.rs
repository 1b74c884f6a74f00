//! The `riskgate` command: one program for the hot side.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use riskgate::engine::frozen_alloc::FrozenAlloc;

mod checks;
mod config;
mod demo;
mod journal;
mod replay;
mod run;
mod scenario;
mod tree;

/// The engine's hot thread freezes itself after the start: an allocation there ends the process.
#[global_allocator]
static ALLOCATOR: FrozenAlloc = FrozenAlloc;

/// A pre-trade risk gate that lives on the trading host.
#[derive(Parser)]
#[command(name = "riskgate", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(run::Args),
    Demo(demo::Args),
    #[command(hide = true)]
    Engine(run::ChildArgs),
    #[command(hide = true)]
    Recorder(run::ChildArgs),
    Scenario(scenario::Args),
    Checks(checks::Args),
    /// Validates a configuration, or prints the example.
    #[command(subcommand)]
    Config(config::check::ConfigCommand),
    Journal(journal::Args),
    Replay(replay::Args),
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Run(args) => run::main(&args),
        Command::Demo(args) => demo::main(&args),
        Command::Engine(args) => run::engine(&args),
        Command::Recorder(args) => run::recorder(&args),
        Command::Scenario(args) => scenario::main(&args),
        Command::Checks(args) => checks::main(&args),
        Command::Config(command) => config::check::main(&command),
        Command::Journal(args) => journal::main(&args),
        Command::Replay(args) => replay::main(&args),
    }
}
