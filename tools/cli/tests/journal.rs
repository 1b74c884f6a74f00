//! `riskgate journal` and `riskgate replay` as a person runs them.

#[path = "../../../tests/journal_support/mod.rs"]
mod journal_support;

use std::path::Path;
use std::process::Command;

use journal_support::engine::Engine;
use journal_support::{Dir, Random};
use riskgate::journal::reader::segment_files;
use riskgate::journal::recorder::{Options, salvage};
use riskgate::journal::ring::RingPaths;

fn journal(name: &str) -> (Dir, Dir) {
    let (state, dir) = (Dir::new(&format!("{name}-state")), Dir::new(name));
    let paths = RingPaths::in_dir(&state.0, 1);
    paths.create(1 << 14, 1).expect("create");
    let mut engine = Engine::start(&paths, None, 0);
    let mut r = Random(91);
    for _ in 0..900 {
        engine.step(&mut r);
    }
    let _ = engine.stop();
    let options = Options { segment_records: 500, ..Options::in_dir(&dir.0) };
    salvage(&paths, options, 1).expect("records");
    (state, dir)
}

fn riskgate(args: &[&str], dir: &Path) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_riskgate"))
        .args(args)
        .arg(dir)
        .output()
        .expect("riskgate runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("exits"), text(output.stdout), text(output.stderr))
}

fn json(args: &[&str], dir: &Path) -> (i32, serde_json::Value) {
    let (code, out, err) = riskgate(args, dir);
    (code, serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}")))
}

#[test]
fn an_honest_journal_verifies_prints_counts_and_replays() {
    let (_state, dir) = journal("cli-honest");
    let (code, out, err) = riskgate(&["journal", "verify"], &dir.0);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.starts_with("verified: "), "{out}");
    let (code, verified) = json(&["journal", "verify", "--json"], &dir.0);
    assert_eq!((code, &verified["ok"], &verified["sealed"]), (0, &true.into(), &true.into()));
    let (code, stat) = json(&["journal", "stat", "--json"], &dir.0);
    assert_eq!((code, &stat["records"]), (0, &verified["records"]));
    assert_eq!(stat["epochs"][0]["stopped"], true);
    assert_eq!(riskgate(&["journal", "stat"], &dir.0).0, 0);
    let (code, lines, _) = riskgate(&["journal", "dump"], &dir.0);
    assert_eq!(code, 0);
    assert_eq!(lines.lines().count() as u64, verified["records"].as_u64().expect("number"));
    for part in
        [" start anew at 20", "AAPL", "account A", "-> reject [", "max_order_qty", "lane ems1"]
    {
        assert!(lines.contains(part), "{part}");
    }
    let (_, some, _) = riskgate(
        &["journal", "dump", "--json", "--from", "50", "--to", "250", "--lane", "ems2"],
        &dir.0,
    );
    for line in some.lines() {
        let record: serde_json::Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(record["lane"], "ems2");
        assert!((50..=250).contains(&record["seq"].as_u64().expect("number")));
    }
    let (code, replayed) = json(&["replay", "--json"], &dir.0);
    assert_eq!((code, &replayed["identical"]), (0, &true.into()), "{replayed}");
    let (code, out, _) = riskgate(&["replay"], &dir.0);
    assert!(code == 0 && out.contains("identical"), "{out}");
    let (code, _, err) = riskgate(&["replay", "--with", "other.toml"], &dir.0);
    assert!(code == 1 && err.contains("not built yet"), "{err}");
}

#[test]
fn damage_is_refused_with_its_place_and_wrong_usage_is_told_apart() {
    let (_state, dir) = journal("cli-damage");
    let first = segment_files(&dir.0).expect("list")[0].clone();
    let mut bytes = std::fs::read(&first).expect("read");
    bytes[4096 + 256 * 7 + 100] ^= 1;
    std::fs::write(&first, bytes).expect("write");
    for command in [vec!["journal", "verify"], vec!["journal", "stat"], vec!["replay"]] {
        let (code, _, err) = riskgate(&command, &dir.0);
        assert_eq!(code, 1);
        assert!(err.contains("at byte 5888, record 8") && err.contains("checksum"), "{err}");
        let (code, result) = json(&[&command[..], &["--json"]].concat(), &dir.0);
        assert!(code == 1 && result["ok"] == false && result["error"].is_string());
    }
    assert_eq!(riskgate(&["journal", "prove"], &dir.0).0, 2);
    let (code, _, err) = riskgate(&["journal", "verify"], Path::new("/nonexistent"));
    assert!(code == 1 && err.contains("/nonexistent"), "{err}");
    let empty = Dir::new("cli-empty");
    let (code, _, err) = riskgate(&["journal", "verify"], &empty.0);
    assert!(code == 1 && err.contains("no file journal-*.rgj"), "{err}");
    let output = Command::new(env!("CARGO_BIN_EXE_riskgate"))
        .args(["journal", "--help-format"])
        .output()
        .expect("runs");
    let format = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success() && format.contains("crc u32") && format.contains("RGSEGMT1"));
}
