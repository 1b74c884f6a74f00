//! The sample EMS in C++ against the gate, as real processes, with the example configuration: both
//! must end with the same open orders and positions, also when one of them died on the way, and
//! the journal must replay to the same verdicts.
//!
//! The real hour of order flow is looked for in `$RISKGATE_DATA`, or `../shared/data` beside the
//! project; `RISKGATE_FULL=1` plays all of it.

mod support;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use support::*;

const RISKGATE: &str = env!("CARGO_BIN_EXE_riskgate");
const LOBSTER: &str = "lobster/AAPL_2012-06-21_34200000_37800000_message_50.csv.xz";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The sample EMS, built once.
fn ems() -> &'static Path {
    static EMS: OnceLock<PathBuf> = OnceLock::new();
    EMS.get_or_init(|| {
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("riskgate-ems");
        let status =
            Command::new("sh").arg(root().join("ffi/ems/build.sh")).arg(&out).status().unwrap();
        assert!(status.success(), "ffi/ems/build.sh failed: is there a C++ compiler? (set $CXX)");
        out
    })
}

/// A gate with the example configuration.
fn example_gate() -> Gate {
    let mut gate = Gate::launch(RISKGATE, &fresh_dir(), &[]);
    gate.wait_for("ready: epoch");
    gate
}

/// A gate with the example configuration, but with instruments that trade at any hour: the test may
/// run at night.
fn gate_without_hours() -> Gate {
    let dir = fresh_dir();
    let example = root().join("tools/cli/example");
    let config = dir.join("riskgate.toml");
    std::fs::copy(example.join("riskgate.toml"), &config).unwrap();
    let text = std::fs::read_to_string(example.join("instruments.csv")).unwrap();
    let always = text.replace(",XNYS,", ",,");
    assert_ne!(always, text, "the example's instruments have no trading hours");
    std::fs::write(dir.join("instruments.csv"), always).unwrap();
    Gate::start_in(RISKGATE, &dir, &["--config", config.to_str().unwrap()])
}

fn command(gate: &Gate, arguments: &[&str]) -> Command {
    let mut command = Command::new(ems());
    command.args(["--json", "--wait", "yield", "--socket"]).arg(gate.socket()).args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts the EMS and waits until it has traded for a while.
fn start(gate: &Gate, arguments: &[&str]) -> (Child, BufReader<ChildStderr>) {
    let mut child = command(gate, arguments).arg("--progress").spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    assert!(line.contains("messages"), "no line of progress, but: {line}");
    (child, stderr)
}

/// Its summary, once it has ended; it must have found its view equal to the gate's.
fn agreed(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    let why = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{why}\n{text}");
    let said: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(said["equal"], true, "{text}");
    assert_eq!(said["open_orders"], said["gate_open_orders"], "{text}");
    assert_eq!(said["missing_verdicts"], 0, "{text}");
    let answered = ["accepted", "rejected", "not_approved"].map(|kind| count(&said[kind]["total"]));
    assert_eq!(answered.iter().sum::<u64>(), count(&said["requests"]["total"]), "{text}");
    said
}

fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no count"))
}

/// Stops the gate in good order and replays its journal.
fn replays(gate: &mut Gate) {
    assert!(gate.stop().success());
    let journal = gate.dir.join("journal");
    for words in [&["journal", "verify"][..], &["replay"]] {
        let output = Command::new(RISKGATE).args(words).arg(&journal).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "riskgate {}: {text}", words.join(" "));
    }
}

#[test]
fn generated_flow_ends_equal() {
    let _alone = alone();
    let _watchdog = Watchdog::new("generated_flow_ends_equal");
    let mut gate = example_gate();
    let said = agreed(&command(&gate, &["--generate", "20000", "--seed", "7"]).output().unwrap());
    assert_eq!(said["messages"]["total"], 20_000);
    for kind in ["new", "ioc", "replace", "cancel"] {
        assert!(count(&said["accepted"][kind]) > 0, "no {kind} was accepted: {said}");
    }
    for what in ["fills", "busts", "voids", "venue_rejects", "marks"] {
        assert!(count(&said[what]) > 0, "no {what}: {said}");
    }
    for check in ["max_order_qty", "max_order_value", "price_collar", "wash_trade"] {
        assert!(count(&said["breaches_by_check"][check]) > 0, "{check} never bit: {said}");
    }
    replays(&mut gate);
}

#[test]
fn several_instruments_end_equal() {
    let _alone = alone();
    let _watchdog = Watchdog::new("several_instruments_end_equal");
    let mut gate = gate_without_hours();
    let arguments = ["--generate", "20000", "--instruments", "AAPL,VUPU,PYME,CYJE,DUVI"];
    let more = ["--replaces", "0.2", "--voids", "0.05", "--busts", "0.1"];
    let said = agreed(&command(&gate, &[&arguments[..], &more[..]].concat()).output().unwrap());
    assert!(count(&said["positions"]) > 16, "{said}");
    replays(&mut gate);
}

#[test]
fn the_engine_dies_and_nothing_is_lost() {
    let _alone = alone();
    let _watchdog = Watchdog::new("the_engine_dies_and_nothing_is_lost");
    let mut gate = example_gate();
    // Four seconds of flow; the engine dies after the first.
    let (child, mut stderr) = start(&gate, &["--generate", "10000", "--pace", "100"]);
    signal(gate.engine_pid(), libc::SIGKILL);
    let drain = std::thread::spawn(move || while stderr.skip_until(b'\n').unwrap_or(0) > 0 {});
    let said = agreed(&child.wait_with_output().unwrap());
    drain.join().unwrap();
    assert!(count(&said["reconnects"]) > 0, "{said}");
    assert_eq!(said["reconnect_differences"], 0, "{said}");
    replays(&mut gate);
}

#[test]
fn the_ems_dies_and_its_orders_stay_reserved() {
    let _alone = alone();
    let _watchdog = Watchdog::new("the_ems_dies_and_its_orders_stay_reserved");
    let mut gate = example_gate();
    let (mut child, _stderr) = start(&gate, &["--generate", "10000", "--pace", "100"]);
    child.kill().unwrap();
    child.wait().unwrap();
    let line = gate.wait_for("open orders stay reserved");
    assert!(!line.contains("; 0 open orders"), "{line}");
    // The next one finds them, withdraws them, and goes on from the same positions.
    let next = ["--generate", "2000", "--id-base", "1000000"];
    let said = agreed(&command(&gate, &next).output().unwrap());
    assert!(count(&said["withdrawn_at_start"]) > 0, "{said}");
    replays(&mut gate);
}

#[test]
fn exit_status_says_what_went_wrong() {
    let nowhere = fresh_dir();
    let status = |arguments: &[&str]| {
        let output = Command::new(ems()).args(arguments).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).to_string())
    };
    let socket = nowhere.join("gate.sock").display().to_string();
    let (code, why) = status(&["--socket", &socket, "--generate", "10"]);
    assert_eq!(code, 3, "{why}");
    let packed = nowhere.join("messages.csv.xz");
    std::fs::write(&packed, b"\xfd7zXZ\0packed").unwrap();
    let (code, why) = status(&[&packed.display().to_string()]);
    assert_eq!(code, 2, "{why}");
    assert!(why.contains("xz -dk"), "{why}");
    let (code, why) = status(&["--pace", "-1", "--generate", "10"]);
    assert_eq!(code, 2, "{why}");
    assert_eq!(status(&[]).0, 2);
    assert_eq!(status(&["--help"]).0, 0);
    let _ = std::fs::remove_dir_all(nowhere);
}

/// The file of real messages, decompressed into `dir`; or why not.
fn real_messages(dir: &Path) -> Result<PathBuf, String> {
    let data = std::env::var_os("RISKGATE_DATA").map_or(root().join("../shared/data"), Into::into);
    let packed = data.join(LOBSTER);
    if !packed.exists() {
        return Err(format!("{} is missing (set $RISKGATE_DATA)", packed.display()));
    }
    let output = Command::new("xz").arg("-dkc").arg(&packed).output();
    let Ok(output) = output.map_err(|e| e.to_string()).and_then(|o| match o.status.success() {
        true => Ok(o),
        false => Err(String::new()),
    }) else {
        return Err("xz is not installed, or cannot read the file".to_string());
    };
    let path = dir.join("messages.csv");
    std::fs::write(&path, output.stdout).unwrap();
    Ok(path)
}

#[test]
fn a_real_hour_ends_equal() {
    let _alone = alone();
    let _watchdog = Watchdog::new("a_real_hour_ends_equal");
    let mut gate = example_gate();
    let file = match real_messages(&gate.dir) {
        Ok(file) => file.display().to_string(),
        Err(why) => {
            eprintln!("SKIPPED: a_real_hour_ends_equal: {why}");
            return;
        }
    };
    let full = std::env::var_os("RISKGATE_FULL").is_some();
    let limit = if full { "1000000" } else { "20000" };
    let said = agreed(&command(&gate, &["--limit", limit, &file]).output().unwrap());
    if full {
        assert_eq!(said["messages"]["total"], 91_997);
    }
    assert!(count(&said["breaches_by_check"]["wash_trade"]) > 0, "{said}");
    replays(&mut gate);
}
