//! Runs every scenario file through the real program, and proves that the program can fail.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

/// Tests run side by side: each text has a file of its own.
static FILES: AtomicU32 = AtomicU32::new(0);

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/scenarios")
}

fn scenario(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_riskgate")).arg("scenario").args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs a file with this content; returns exit status and all output.
fn run_text(name: &str, content: &str) -> (Option<i32>, String) {
    let number = FILES.fetch_add(1, Ordering::Relaxed);
    let unique = format!("riskgate-{}-{number}-{name}.jsonl", std::process::id());
    let path = std::env::temp_dir().join(unique);
    std::fs::write(&path, content).unwrap();
    let output = scenario(&[path.to_str().unwrap()]);
    std::fs::remove_file(&path).unwrap();
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

const SETUP: &str = r#"{"setup":{"base":"USD","instruments":[{"symbol":"X"}],"accounts":[{"name":"A"}]}}
"#;

#[test]
fn every_file_meets_its_expectations() {
    let output = scenario(&[folder().to_str().unwrap()]);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{out}{err}");
    let files = std::fs::read_dir(folder()).unwrap();
    let files =
        files.filter(|f| f.as_ref().unwrap().path().extension().is_some_and(|e| e == "jsonl"));
    let count = files.count();
    assert!(count >= 100, "only {count} files");
    assert!(out.contains(&format!("{count} files: ")), "{out}");
}

#[test]
fn the_canary_fails_with_every_expectation_named() {
    let file = folder().join("canary/must_fail.jsonl");
    let output = scenario(&[file.to_str().unwrap()]);
    let out = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{out}");
    assert!(out.contains("0 passed, 18 failed"), "{out}");
    for line in [
        ":4: new 1: expected decision accept, came reject (max_order_qty 11 against 10 at A)",
        ":4: new 1: expected limit 11, came 10",
        ":7: expect_state: expected position 10, came 0",
    ] {
        assert!(out.contains(line), "{line} is missing in\n{out}");
    }
}

#[test]
fn a_wrong_file_is_refused_with_lines_and_known_keys() {
    for (name, line, words) in [
        ("key", r#"{"new":{"id":1,"acount":"A"}}"#, "did you mean \"account\"?"),
        ("json", "# a remark", "not JSON"),
        ("twice", r#"{"advance":"1s","advance":"2s"}"#, "stands twice"),
        ("two", r#"{"advance":"1s","restart":"kill"}"#, "a line does one thing"),
        ("float", r#"{"new":{"id":1,"price":1.5}}"#, "in quotes"),
        ("unit", r#"{"advance":"500"}"#, "an integer and a unit"),
        ("check", r#"{"control":{"set_limit":{"node":"A","value_at_risk":"1"}}}"#, "not built yet"),
        ("name", r#"{"control":{"kill":"B"}}"#, "there is no node"),
        ("mode", r#"{"control":{"session":"X","mode":"lunch"}}"#, "it must be one of calendar"),
        (
            "beside",
            r#"{"control":{"halt":"X","mode":"closed"}}"#,
            "stands beside restrict, session",
        ),
        ("market", r#"{"control":{"market_halt":64}}"#, "it must be from 0 to 63"),
        ("algo", r#"{"control":{"algo":7,"active":true}}"#, "there is no algorithm 7"),
        ("expect", r#"{"cancel":{"id":1},"expect":{"decision":"maybe"}}"#, "one of accept"),
    ] {
        let (status, out) = run_text(name, &format!("{SETUP}{line}\n"));
        assert_eq!(status, Some(2), "{name}: {out}");
        assert!(out.contains(words) && out.contains(":2: "), "{name}: {out}");
    }
    let (status, out) = run_text("start", "{\"advance\":\"1s\"}\n");
    assert_eq!(status, Some(2));
    assert!(out.contains("the first line must be a setup"), "{out}");
    assert_eq!(scenario(&["no/such/file.jsonl"]).status.code(), Some(2));
}

#[test]
fn a_setup_that_cannot_be_used_names_all_its_problems() {
    let setup = r#"{"setup":{"base":"USD","fx":[{"currency":"EUR","rate":"-1"}],
        "instruments":[{"symbol":"X","tick":"0"},{"symbol":"X"}],
        "accounts":[{"name":"A","parent":"B"},{"name":"B","parent":"A"},{"name":"C","parent":"D"}],
        "limits":[{"max_order_qty":"1"},{"node":"nobody","max_order_qty":"-1"}],"required":["max"]}}"#;
    let (status, out) = run_text("setup", setup);
    assert_eq!(status, Some(2), "{out}");
    for words in [
        "the rate of EUR is not above 0",
        "the instrument X stands twice",
        "the parent D of C is not an account",
        "the accounts A, B are parents of each other",
        "a tick must be above 0",
        "needs a node, an instrument, both, or a lane",
        "there is no node \"nobody\"",
        "must not be negative",
        "there is no check \"max\"",
    ] {
        assert!(out.contains(words), "{words} is missing in\n{out}");
    }
}

#[test]
fn the_schema_names_every_key_that_the_runner_knows() {
    let output = scenario(&["--schema"]);
    assert_eq!(output.status.code(), Some(0));
    let schema = text(&output.stdout);
    for line in [
        r#"{"x":1}"#,
        r#"{"new":{"x":1}}"#,
        r#"{"replace":{"x":1}}"#,
        r#"{"cancel":{"x":1}}"#,
        r#"{"mass_cancel":{"x":1}}"#,
        r#"{"fill":{"x":1}}"#,
        r#"{"rejected":{"x":1}}"#,
        r#"{"mark":{"x":1}}"#,
        r#"{"control":{"x":1}}"#,
        r#"{"control":{"kill":{"x":1}}}"#,
        r#"{"control":{"set_limit":{"node":"A","gross_exposure":{"x":1}}}}"#,
        r#"{"control":{"set_limit":{"node":"A","sector_concentration":{"x":1}}}}"#,
        r#"{"control":{"set_limit":{"node":"A","price_collar":{"x":1}}}}"#,
        r#"{"control":{"set_limit":{"node":"A","price_collar":{"aggressive":{"x":1}}}}}"#,
        r#"{"control":{"set_limit":{"node":"A","wash_trade":{"x":1}}}}"#,
        r#"{"control":{"set_limit":{"node":"A","x":1}}}"#,
        r#"{"cancel":{"id":1},"expect":{"x":1}}"#,
        r#"{"expect_state":{"x":1}}"#,
        r#"{"setup":{"x":1}}"#,
        r#"{"setup":{"instruments":[{"x":1}]}}"#,
        r#"{"setup":{"accounts":[{"x":1}]}}"#,
        r#"{"setup":{"accounts":[{"name":"A","permission":{"x":1}}]}}"#,
        r#"{"setup":{"lanes":[{"x":1}]}}"#,
        r#"{"setup":{"algos":[{"x":1}]}}"#,
        r#"{"setup":{"calendars":[{"x":1}]}}"#,
        r#"{"setup":{"calendars":[{"name":"C","zone":"Etc/UTC","sessions":[{"x":1}]}]}}"#,
    ] {
        let (_, out) = run_text("schema", &format!("{SETUP}{line}\n"));
        let known = out.split("known keys: ").nth(1).unwrap_or_else(|| panic!("{line}: {out}"));
        for key in known.lines().next().unwrap().split(", ") {
            assert!(schema.contains(&format!("\"{key}\"")), "{line}: the schema lacks \"{key}\"");
        }
    }
}

#[test]
fn results_as_json_say_the_same() {
    let file = folder().join("canary/must_fail.jsonl");
    let output = scenario(&["--json", "--verbose", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let out = text(&output.stdout);
    assert!(out.contains("\"failed\": 18") && out.contains("\"key\": \"decision\""), "{out}");
}
