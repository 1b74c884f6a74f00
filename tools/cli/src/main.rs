//! The `riskgate` command: one program for the hot side.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod journal;
mod replay;

/// A pre-trade risk gate that lives on the trading host.
#[derive(Parser)]
#[command(name = "riskgate", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Journal(journal::Args),
    Replay(replay::Args),
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Journal(args) => journal::main(&args),
        Command::Replay(args) => replay::main(&args),
    }
}
