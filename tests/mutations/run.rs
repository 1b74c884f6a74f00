//! A mistake in any check is noticed: for each check of the catalogue a mistake is planted (it never
//! fires; its limit is a little smaller, or larger; limits of inner nodes, of instruments or of lanes
//! are forgotten; its window never ends), and at least one scenario that names the check must then
//! fail, by a decision, a breach, an alert or a threshold, not merely by a number that is shown.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use riskgate::abi::codes::Check;
use riskgate::gate::checks::CATALOGUE;
use riskgate::state::defaults::{self, Number};
use riskgate::state::mutation::Mistake;

/// What shows that the gate decided otherwise.
const KEYS: [&str; 8] =
    ["decision", "breaches", "alerts", "soft", "shadow", "accepted", "rejected", "reasons"];

/// Mistakes that cannot change a decision, and why.
const HARMLESS: &[(Check, Mistake, &str)] = &[];

/// Scenario files that name a check.
fn files(check: Check) -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/scenarios");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "jsonl"))
        .filter(|path| std::fs::read_to_string(path).unwrap().contains(check.name()))
        .collect();
    files.sort();
    files
}

/// Does any scenario notice the mistake?
fn is_noticed(check: Check, mistake: &str, files: &[PathBuf]) -> bool {
    files.chunks(8).any(|some| {
        let output = Command::new(env!("CARGO_BIN_EXE_riskgate"))
            .args(["scenario", "--json"])
            .args(some)
            .env("RISKGATE_MISTAKE", format!("{}:{mistake}", check.name()))
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_ne!(output.status.code(), Some(2), "{check:?} {mistake}: {text}");
        // A basket's keys are followed by the number of the line: `decision line 2`.
        KEYS.iter().any(|key| {
            ["\"", " line "].iter().any(|end| text.contains(&format!("\"key\": \"{key}{end}")))
        })
    })
}

/// Can a check have this mistake at all?
fn applies(check: Check, mistake: Mistake) -> bool {
    let has_number = defaults::number(check) != Number::None;
    let scopes = defaults::scopes(check);
    match mistake {
        Mistake::Never => true,
        Mistake::Tighter | Mistake::Looser => has_number,
        Mistake::LeafOnly => has_number && scopes.allow(true, false, false),
        Mistake::NoInstrument => {
            has_number && (scopes.allow(true, true, false) || scopes.allow(false, true, false))
        }
        Mistake::NoLane => has_number && scopes.allow(false, false, true),
        Mistake::Endless => defaults::has_window(check),
    }
}

#[test]
fn every_mistake_in_every_check_is_noticed() {
    let rows: Vec<_> = CATALOGUE.iter().filter(|row| row.family > 1).collect();
    let next = AtomicUsize::new(0);
    let missed_by_one = || {
        let mut missed = Vec::new();
        while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
            let files = files(row.check);
            for (mistake, name) in Mistake::NAMES {
                let harmless = HARMLESS.iter().any(|(c, m, _)| (*c, *m) == (row.check, mistake));
                if applies(row.check, mistake) && !harmless && !is_noticed(row.check, name, &files)
                {
                    missed.push(format!("{}:{name}", row.check.name()));
                }
            }
        }
        missed
    };
    let missed: Vec<String> = std::thread::scope(|scope| {
        let workers = [scope.spawn(missed_by_one), scope.spawn(missed_by_one)];
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(missed.is_empty(), "no scenario notices: {}", missed.join(", "));
}

#[test]
fn without_a_mistake_the_same_files_pass() {
    for path in files(Check::MaxLong) {
        let output =
            Command::new(env!("CARGO_BIN_EXE_riskgate")).arg("scenario").arg(&path).output();
        assert!(output.unwrap().status.success(), "{}", path.display());
    }
}
