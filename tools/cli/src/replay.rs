//! `riskgate replay`: decides every recorded input again and compares bit for bit.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use riskgate::error::{Error, Result};
use riskgate::journal::reader::JournalReader;
use riskgate::journal::replay::{Report, replay};
use serde_json::{Value, json};

use crate::journal::{Found, Source, status, torn_json, torn_text};

const AFTER_HELP: &str = "\
Example:
  riskgate replay state/journal

Exit status: 0 identical, 1 refused or something differs, 2 wrong usage.";

/// Decides every input of a journal again and compares bit for bit.
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    #[command(flatten)]
    source: Source,
    /// Decide with another configuration (limit what-if). Not built yet.
    #[arg(long = "with", value_name = "CONFIG")]
    with: Option<PathBuf>,
}

/// Runs the command.
pub fn main(args: &Args) -> ExitCode {
    status("replay", args.source.json, |out| run(args, out))
}

fn run(args: &Args, out: &mut dyn Write) -> Result<Found> {
    if let Some(config) = &args.with {
        return Err(Error::new(format!(
            "replay with the configuration {}: replaying with other limits is not built yet; \
             without --with, the journal is replayed with its own",
            config.display()
        )));
    }
    let mut reader = JournalReader::open_paths(&args.source.paths)?;
    let (report, _) = replay(&mut reader)?;
    if args.source.json {
        writeln!(out, "{}", to_json(&report))?;
    } else {
        print(&report, out)?;
    }
    let well = report.identical() && report.torn.is_none();
    Ok(if well { Found::Nothing } else { Found::Something })
}

fn print(r: &Report, out: &mut dyn Write) -> Result<()> {
    writeln!(
        out,
        "replayed {} records ({} to {}) of {} epochs in {} ms, {} records/s",
        r.records,
        r.first_seq,
        r.last_seq,
        r.epochs,
        r.elapsed.as_millis(),
        r.rate()
    )?;
    writeln!(
        out,
        "{} requests ({} accepted, {} rejected), {} reports, {} marks, {} commands, {} state hashes",
        r.orders, r.accepted, r.rejected, r.reports, r.marks, r.controls, r.hashes
    )?;
    if r.incomplete > 0 {
        writeln!(out, "{} inputs at the cut end of an epoch are incomplete", r.incomplete)?;
    }
    if let Some(torn) = &r.torn {
        writeln!(out, "{}", torn_text(torn))?;
    }
    if r.identical() {
        writeln!(
            out,
            "identical: every decision, number, event and state hash; state {:016x}",
            r.state_hash
        )?;
        return Ok(());
    }
    writeln!(out, "DIFFERENT: {} inputs came out otherwise; the first:", r.differing)?;
    for d in &r.differences {
        writeln!(
            out,
            "  record {}: {}: recorded {}; replayed {}",
            d.seq, d.what, d.recorded, d.replayed
        )?;
    }
    Ok(())
}

fn to_json(r: &Report) -> Value {
    json!({
        "identical": r.identical(),
        "records": r.records,
        "first_seq": r.first_seq,
        "last_seq": r.last_seq,
        "epochs": r.epochs,
        "requests": r.orders,
        "accepted": r.accepted,
        "rejected": r.rejected,
        "reports": r.reports,
        "marks": r.marks,
        "commands": r.controls,
        "state_hashes": r.hashes,
        "incomplete": r.incomplete,
        "differing": r.differing,
        "differences": r.differences.iter().map(|d| json!({
            "seq": d.seq,
            "what": d.what,
            "recorded": d.recorded,
            "replayed": d.replayed,
        })).collect::<Vec<_>>(),
        "state_hash": format!("{:016x}", r.state_hash),
        "torn": r.torn.as_ref().map(torn_json),
        "elapsed_ns": r.elapsed.as_nanos() as u64,
        "records_per_second": r.rate(),
    })
}
