//! `riskgate journal`: verifies, prints and counts what the gate recorded. It never changes a file.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args as ClapArgs, Subcommand};
use riskgate::error::{Error, Result};
use riskgate::journal::groups::Groups;
use riskgate::journal::reader::{JournalReader, Torn};
use serde_json::{Value, json};

mod dump;
mod names;
mod stat;

const AFTER_HELP: &str = "\
Examples:
  riskgate journal verify state/journal
  riskgate journal dump state/journal --from 1000 --to 1100 --lane ems1
  riskgate journal stat --json state/journal

Exit status: 0 done, 1 refused or found something, 2 wrong usage.
The record format: riskgate journal --help-format";

/// Verifies, prints and counts the records of a journal.
#[derive(ClapArgs)]
#[command(after_help = AFTER_HELP, args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub struct Args {
    /// Print the record and segment format and stop.
    #[arg(long)]
    help_format: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Checks every checksum, number, seal and the chain over all segments.
    ///
    /// Example: riskgate journal verify state/journal
    Verify(Source),
    /// Prints records, one a line, with names and decimals.
    ///
    /// Example: riskgate journal dump state/journal --from 1000 --to 1100
    Dump(dump::Args),
    /// Counts records, decisions, rejects by check, events; time span and size.
    ///
    /// Example: riskgate journal stat state/journal
    Stat(Source),
}

/// What to read.
#[derive(ClapArgs)]
pub struct Source {
    /// The journal's directory, or segment files (journal-*.rgj) in order.
    #[arg(value_name = "DIR|FILE", required = true)]
    pub paths: Vec<PathBuf>,
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
}

/// What came out of a command.
pub enum Found {
    /// All well.
    Nothing,
    /// Something that a person should look at.
    Something,
}

/// Runs the command.
pub fn main(args: &Args) -> ExitCode {
    if args.help_format {
        return status("journal --help-format", false, |out| {
            out.write_all(riskgate::journal::format_text().as_bytes())?;
            Ok(Found::Nothing)
        });
    }
    match &args.command {
        Some(Command::Verify(source)) => {
            status("journal verify", source.json, |out| verify(source, out))
        }
        Some(Command::Dump(args)) => {
            status("journal dump", args.source.json, |out| dump::run(args, out))
        }
        Some(Command::Stat(source)) => {
            status("journal stat", source.json, |out| stat::run(source, out))
        }
        None => {
            eprintln!("riskgate journal: say what to do: verify, dump, stat, or --help-format");
            ExitCode::from(2)
        }
    }
}

/// Runs work that prints; an error goes to standard error, or into the JSON. A reader that has
/// seen enough (`| head`) is no error.
pub fn status(
    name: &str,
    json: bool,
    work: impl FnOnce(&mut dyn Write) -> Result<Found>,
) -> ExitCode {
    let mut out = Counted { out: BufWriter::new(io::stdout().lock()), closed: false };
    let result = work(&mut out);
    let flushed = out.flush();
    if out.closed {
        return ExitCode::SUCCESS;
    }
    match result.and_then(|found| flushed.map(|()| found).map_err(Error::from)) {
        Ok(Found::Nothing) => ExitCode::SUCCESS,
        Ok(Found::Something) => ExitCode::from(1),
        Err(error) => {
            if json {
                println!("{}", json!({"ok": false, "error": error.to_string()}));
            } else {
                eprintln!("riskgate {name}: {error}");
            }
            ExitCode::from(1)
        }
    }
}

/// Standard output that remembers whether its reader went away.
struct Counted<W> {
    out: W,
    closed: bool,
}

impl<W: Write> Counted<W> {
    fn note<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result
            && error.kind() == io::ErrorKind::BrokenPipe
        {
            self.closed = true;
        }
        result
    }
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.out.write(bytes);
        self.note(result)
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = self.out.flush();
        self.note(result)
    }
}

fn verify(source: &Source, out: &mut dyn Write) -> Result<Found> {
    let mut reader = JournalReader::open_paths(&source.paths)?;
    let mut groups = Groups::new();
    let (mut first, mut records, mut epochs) = (0, 0u64, 0u64);
    let mut epoch = 0;
    while let Some(record) = reader.next_record()? {
        if records == 0 {
            first = record.seq;
        }
        if record.epoch != epoch {
            (epoch, epochs) = (record.epoch, epochs + 1);
        }
        records += 1;
        // Files from the middle of a journal may begin inside an input.
        let result = groups.push(&record, |_| Ok(()));
        if first == 1 {
            result?;
        }
    }
    let incomplete = groups.finish().filter(|_| first == 1).map(|group| group.seq());
    let last = if records == 0 { first } else { first + records - 1 };
    let segment = reader.segment();
    let sealed = segment.is_some_and(|s| s.head.seal.is_some());
    let synced = segment.map_or(0, |s| s.head.synced);
    let chain =
        segment.map(|s| format!("{:016x}{:016x}", s.chain.a, s.chain.b)).unwrap_or_default();
    let torn = reader.torn();
    if source.json {
        let result = json!({
            "ok": torn.is_none(),
            "records": records,
            "first_seq": first,
            "last_seq": last,
            "epochs": epochs,
            "segments": reader.segments(),
            "bytes": reader.bytes(),
            "sealed": sealed,
            "synced_seq": synced,
            "chain": chain,
            "incomplete_input": incomplete,
            "torn": torn.map(torn_json),
        });
        writeln!(out, "{result}")?;
    } else {
        writeln!(
            out,
            "verified: {records} records ({first} to {last}) of {epochs} epochs in {} segments, {} \
             bytes; chain {chain}",
            reader.segments(),
            reader.bytes()
        )?;
        if !sealed {
            writeln!(
                out,
                "the last segment is open: it is being written, or a crash left it; on stable \
                 storage up to record {synced}"
            )?;
        }
        if let Some(seq) = incomplete {
            writeln!(out, "the input of record {seq} at the end lacks its breach or events")?;
        }
        if let Some(torn) = torn {
            writeln!(out, "{}", torn_text(torn))?;
        }
    }
    Ok(if torn.is_some() { Found::Something } else { Found::Nothing })
}

/// A torn tail in words.
pub fn torn_text(torn: &Torn) -> String {
    format!(
        "torn tail: {} at byte {}, record {}: {}; the {} bytes that are not zero after it do not \
         count (the next start cuts them off and keeps them beside the file as .torn)",
        torn.path.display(),
        torn.offset,
        torn.seq,
        torn.why,
        torn.bytes
    )
}

/// A torn tail as JSON.
pub fn torn_json(torn: &Torn) -> Value {
    json!({
        "file": torn.path.display().to_string(),
        "offset": torn.offset,
        "seq": torn.seq,
        "bytes": torn.bytes,
        "why": torn.why,
    })
}
