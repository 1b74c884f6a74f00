//! The `riskgate` command: one program for the hot side.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod config;
mod scenario;
mod tree;

/// A pre-trade risk gate that lives on the trading host.
#[derive(Parser)]
#[command(name = "riskgate", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Scenario(scenario::Args),
    /// Validates a configuration, or prints the example.
    #[command(subcommand)]
    Config(config::check::ConfigCommand),
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Scenario(args) => scenario::main(&args),
        Command::Config(command) => config::check::main(&command),
    }
}
