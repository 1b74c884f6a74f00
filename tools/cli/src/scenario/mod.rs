//! `riskgate scenario`: runs scenario files against a fresh state machine.
//!
//! A file is JSON lines: a setup, then orders, reports, marks, time and control, with what is
//! expected of each. It is read whole, with all its problems named, before anything runs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;

use crate::tree::Problems;

mod book;
mod command;
mod expect;
mod flow;
mod json;
mod names;
mod node_state;
mod order;
mod quote;
mod report;
mod run;
mod schema;
mod setup;
mod step;

/// Names a deliberate mistake, for the tests that prove that scenarios notice it.
const MISTAKE: &str = "RISKGATE_MISTAKE";

const AFTER_HELP: &str = "\
Example:
  A file limit.jsonl with these lines passes:
    {\"setup\":{\"base\":\"USD\",\"instruments\":[{\"symbol\":\"AAPL\",\"tick\":\"0.01\"}],
              \"accounts\":[{\"name\":\"A\"}],\"limits\":[{\"node\":\"A\",\"max_order_qty\":\"1000\"}]}}
    {\"mark\":{\"instrument\":\"AAPL\",\"bid\":\"187.24\",\"ask\":\"187.26\"}}
    {\"new\":{\"id\":1,\"account\":\"A\",\"instrument\":\"AAPL\",\"side\":\"buy\",\"price\":\"187.25\",\"qty\":\"1001\"},
     \"expect\":{\"decision\":\"reject\",\"breaches\":[\"max_order_qty\"],\"observed\":\"1001\",\"limit\":\"1000\"}}
  riskgate scenario limit.jsonl

Exit status: 0 all expectations met, 1 some failed, 2 a file is wrong.
All keys: riskgate scenario --schema";

/// Runs scenario files against a fresh state machine and prints each failed expectation.
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// Scenario files (JSON lines), or folders with *.jsonl files.
    #[arg(value_name = "FILE", required_unless_present = "schema")]
    files: Vec<PathBuf>,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
    /// Print every verdict.
    #[arg(long, short)]
    verbose: bool,
    /// Print the JSON schema of a line and stop.
    #[arg(long)]
    schema: bool,
}

/// How one file went.
struct FileResult {
    file: String,
    problems: Problems,
    tally: run::Tally,
}

/// Runs the command.
pub fn main(args: &Args) -> ExitCode {
    if args.schema {
        print!("{}", schema::text());
        return ExitCode::SUCCESS;
    }
    if let Ok(text) = std::env::var(MISTAKE) {
        let planted = riskgate::state::plant_mistake(&text);
        if planted != Some(true) {
            eprintln!("{MISTAKE}={text}: only test builds make mistakes, named as check:mistake");
            return ExitCode::from(2);
        }
    }
    let mut results = Vec::new();
    for path in &args.files {
        match files_of(path) {
            Ok(files) => results.extend(files.iter().map(|f| run_file(f, args.verbose))),
            Err(error) => {
                let mut problems = Problems::default();
                problems.add(0, format!("cannot be read: {error}"));
                let file = path.display().to_string();
                results.push(FileResult { file, problems, tally: run::Tally::default() });
            }
        }
    }
    if args.json {
        print_json(&results)
    } else {
        print_text(&results)
    }
    if results.iter().any(|r| !r.problems.is_empty()) {
        ExitCode::from(2)
    } else if results.iter().any(|r| !r.tally.failures.is_empty()) {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    }
}

/// The file itself, or the scenario files of a folder in the order of their names.
fn files_of(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let file = entry?.path();
        if file.extension().is_some_and(|e| e == "jsonl") {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

fn run_file(path: &Path, verbose: bool) -> FileResult {
    let file = path.display().to_string();
    let mut problems = Problems::default();
    let mut tally = run::Tally::default();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            problems.add(0, format!("cannot be read: {error}"));
            return FileResult { file, problems, tally };
        }
    };
    let values = json::parse(&text, &mut problems);
    let mut reader = step::Reader::default();
    let steps: Vec<step::Step> =
        values.iter().flat_map(|v| reader.read_line(v, &mut problems)).collect();
    if problems.is_empty() {
        // A bug of the state machine fails this file, not the ones after it.
        let ran = catch_unwind(AssertUnwindSafe(|| run::run(&steps, verbose, &mut tally)));
        match ran {
            Ok(Ok(())) => {}
            Ok(Err(error)) => problems.add(0, error.to_string()),
            Err(_) => tally.failures.push(run::Failure {
                line: 0,
                what: "the file".into(),
                mismatch: expect::Mismatch {
                    key: "end".into(),
                    expected: "reached".into(),
                    came: "the state machine stopped with a panic (see above)".into(),
                },
            }),
        }
    }
    FileResult { file, problems, tally }
}

fn print_text(results: &[FileResult]) {
    for result in results {
        let file = &result.file;
        for text in result.problems.texts(file) {
            eprintln!("{text}");
        }
        for (line, text) in &result.tally.log {
            println!("{file}:{line}: {text}");
        }
        for failure in &result.tally.failures {
            let (line, what, m) = (failure.line, &failure.what, &failure.mismatch);
            println!("{file}:{line}: {what}: expected {} {}, came {}", m.key, m.expected, m.came);
        }
        if result.problems.is_empty() {
            let (passed, failed) = (result.tally.passed, result.tally.failures.len());
            println!("{file}: {passed} passed, {failed} failed");
        } else {
            println!("{file}: not run, {} problems", result.problems.list.len());
        }
    }
    if results.len() > 1 {
        let (passed, failed, wrong) = totals(results);
        let wrong = if wrong == 0 { String::new() } else { format!(", {wrong} files wrong") };
        println!("{} files: {passed} passed, {failed} failed{wrong}", results.len());
    }
}

fn totals(results: &[FileResult]) -> (u32, usize, usize) {
    let passed = results.iter().map(|r| r.tally.passed).sum();
    let failed = results.iter().map(|r| r.tally.failures.len()).sum();
    let wrong = results.iter().filter(|r| !r.problems.is_empty()).count();
    (passed, failed, wrong)
}

fn print_json(results: &[FileResult]) {
    let files: Vec<_> = results
        .iter()
        .map(|r| {
            let failures: Vec<_> = r
                .tally
                .failures
                .iter()
                .map(|f| {
                    json!({
                        "line": f.line,
                        "input": f.what,
                        "key": f.mismatch.key,
                        "expected": f.mismatch.expected,
                        "came": f.mismatch.came,
                    })
                })
                .collect();
            let problems: Vec<_> =
                r.problems.list.iter().map(|p| json!({ "line": p.line, "text": p.text })).collect();
            let log: Vec<_> =
                r.tally.log.iter().map(|(l, t)| json!({ "line": l, "text": t })).collect();
            json!({
                "file": r.file,
                "passed": r.tally.passed,
                "failed": r.tally.failures.len(),
                "failures": failures,
                "problems": problems,
                "log": log,
            })
        })
        .collect();
    let (passed, failed, wrong) = totals(results);
    let all = json!({ "files": files, "passed": passed, "failed": failed, "files_wrong": wrong });
    println!("{all:#}");
}
