//! `riskgate config check`, as a user meets it: what is right is shown, what is wrong is named with
//! file, line, value, bound and remedy, all of it at once.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// Tests run side by side: each file has a folder of its own.
static FOLDERS: AtomicU32 = AtomicU32::new(0);

const GOOD: &str = r#"base = "USD"
instruments = "instruments.csv"
required = ["max_order_qty"]
[[account]]
name = "firm"
[[limit]]
node = "firm"
max_order_qty = "100"
[[lane]]
name = "ems"
"#;
const INSTRUMENTS: &str = "symbol,currency,tick,lot\nX,USD,0.01,1\n";

/// Checks a configuration; returns exit status and all output.
fn check(name: &str, toml: &str, csv: &str) -> (Option<i32>, String) {
    let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
    let unique = format!("riskgate-config-{}-{number}-{name}", std::process::id());
    let folder = std::env::temp_dir().join(unique);
    std::fs::create_dir_all(&folder).unwrap();
    let file: PathBuf = folder.join("riskgate.toml");
    std::fs::write(&file, toml).unwrap();
    std::fs::write(folder.join("instruments.csv"), csv).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_riskgate"))
        .args(["config", "check"])
        .arg(&file)
        .output()
        .unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

#[test]
fn a_good_file_is_shown() {
    let (status, out) = check("good", GOOD, INSTRUMENTS);
    assert_eq!(status, Some(0), "{out}");
    for words in ["instruments  1 in 0 sectors", "required     max_order_qty", "lanes        ems"] {
        assert!(out.contains(words), "{out}");
    }
}

#[test]
fn spreads_are_a_column_of_the_instruments() {
    let spreads = "symbol,multiplier,negative_price,legs\nZ,50,,\nH,50,,\nZH,,true,Z:1 H:-1\n";
    let (status, out) = check("spreads", GOOD, spreads);
    assert_eq!(status, Some(0), "{out}");
    let wrong = "symbol,legs\nZH,Z:1 H:-1\nZ,\nH,\n";
    let (status, out) = check("spreads_first", GOOD, wrong);
    assert_eq!(status, Some(1), "{out}");
    assert!(out.contains("a spread comes after its legs"), "{out}");
}

#[test]
fn the_example_is_good_and_has_nothing_odd() {
    let output = Command::new(env!("CARGO_BIN_EXE_riskgate"))
        .args(["config", "check", "--example"])
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{out}");
    assert!(out.contains("can be used, 0 lints"), "{out}");
}

#[test]
fn each_problem_is_named_with_its_place() {
    let cases = [
        (
            "float",
            "max_order_qty = \"100\"",
            "max_order_qty = 100.5",
            "toml:8: max_order_qty is a floating",
        ),
        ("key", "max_order_qty = ", "max_order_qyt = ", "did you mean \"max_order_qty\"?"),
        (
            "value",
            "\"100\"",
            "\"-100\"",
            "toml:8: max_order_qty is \"-100\", it must not be negative",
        ),
        ("digits", "\"100\"", "\"0.000000001\"", "at most 8 decimal places"),
        (
            "action",
            "\"100\"",
            "{ limit = \"100\", action = \"stop\" }",
            "it must be one of alert, block",
        ),
        ("built", "max_order_qty = \"100\"", "value_at_risk = \"100\"", "known but not built yet"),
        (
            "scope",
            "max_order_qty = \"100\"",
            "instrument = \"X\"\nlong_exposure = \"1\"",
            "toml:9: long_exposure: ",
        ),
        (
            "node",
            "node = \"firm\"",
            "node = \"frm\"",
            "toml:7: there is no node \"frm\" (did you mean \"firm\"?)",
        ),
        (
            "twice",
            "[[lane]]",
            "[[limit]]\nnode = \"firm\"\nmax_order_qty = \"5\"\n[[lane]]",
            "set here already, in line 6",
        ),
        ("toml", "base = \"USD\"", "base = = 1", "toml:1: not TOML"),
        (
            "file",
            "instruments.csv",
            "other.csv",
            "toml:2: instruments \"other.csv\" cannot be read",
        ),
        (
            "lane",
            "name = \"ems\"",
            "name = \"ems\"\nkinds = [\"fill\"]",
            "it must be one of new, replace",
        ),
        (
            "power",
            "[[lane]]",
            "[gate]\norder_capacity = 1000\n[[lane]]",
            "must be a power of two such as 1024",
        ),
    ];
    for (name, from, to, words) in cases {
        let (status, out) = check(name, &GOOD.replacen(from, to, 1), INSTRUMENTS);
        assert_eq!(status, Some(1), "{name}: {out}");
        assert!(out.contains(words), "{name}: {words} is missing in\n{out}");
    }
}

#[test]
fn problems_of_hours_and_permissions_are_named() {
    let calendar = |keys: &str| format!("[[calendar]]\nname = \"C\"\n{keys}\n[[lane]]");
    let session = |keys: &str| {
        calendar(&format!("zone = \"Etc/UTC\"\nsessions = [{{ {keys}, phase = \"continuous\" }}]"))
    };
    let hours = "from = \"09:00\", until = \"17:00\"";
    let day = |rest: &str| {
        let sessions = format!("sessions = [{{ {hours}, phase = \"continuous\" }}]");
        calendar(&format!("zone = \"Etc/UTC\"\n{sessions}\n{rest}"))
    };
    let permission = |keys: &str| format!("[[lane]]\npermission = {{ {keys} }}");
    for (name, to, words) in [
        (
            "zone",
            calendar("zone = \"America/New_Yrok\"\nsessions = []"),
            "toml:11: there is no time zone \"America/New_Yrok\" (did you mean \"America/New_York\"?)",
        ),
        ("no_zone", calendar("sessions = []"), "a calendar needs the key \"zone\""),
        (
            "time",
            session("from = \"9:00\", until = \"17:00\""),
            "from is \"9:00\", it must be a time",
        ),
        ("days", session(&format!("days = \"fri-mon\", {hours}")), "a range goes from one of mon"),
        (
            "phase",
            calendar(
                "zone = \"Etc/UTC\"\nsessions = [{ from = \"09:00\", until = \"17:00\", phase = \"open\" }]",
            ),
            "it must be one of closed, pre_open",
        ),
        (
            "overlap",
            calendar(
                "zone = \"Etc/UTC\"\nsessions = [{ from = \"09:00\", until = \"17:00\", phase = \"continuous\" }, { from = \"16:59\", until = \"18:00\", phase = \"post_close\" }]",
            ),
            "calendar C: sessions of one day overlap",
        ),
        (
            "date",
            day("holidays = [\"2026-02-30\"]"),
            "a holiday is \"2026-02-30\", it must be a date",
        ),
        (
            "date_twice",
            day(
                "holidays = [\"2026-12-24\"]\nearly_closes = [{ date = \"2026-12-24\", close = \"12:00\" }]",
            ),
            "a date stands in one of holidays, early_closes and special_days",
        ),
        ("type", permission("types = [\"limt\"]"), "types is \"limt\" (did you mean limit?)"),
        ("part", permission("type = [\"limit\"]"), "permission has the unknown key \"type\""),
        ("algo", permission("algos = [7]"), "there is no algorithm 7"),
        (
            "algo_name",
            format!("[[algo]]\nid = 7\nname = \"vwap\"\n{}", permission("algos = [\"vwp\"]")),
            "there is no algorithm \"vwp\" (did you mean \"vwap\"?)",
        ),
        (
            "algo_twice",
            "[[algo]]\nid = 7\nname = \"a\"\n[[algo]]\nid = 7\nname = \"b\"\n[[lane]]".into(),
            "the algorithm 7 stands twice",
        ),
    ] {
        let (status, out) = check(name, &GOOD.replacen("[[lane]]", &to, 1), INSTRUMENTS);
        assert_eq!(status, Some(1), "{name}: {out}");
        assert!(out.contains(words), "{name}: {words} is missing in\n{out}");
    }
    for (name, csv, words) in [
        ("calendar", "symbol,calendar\nX,C\n", "instruments.csv:2: there is no calendar \"C\""),
        ("expiry", "symbol,expiry\nX,2026-12-18 16:00\n", "with Z or an offset"),
        ("market", "symbol,market\nX,64\n", "market is 64, it must be from 0 to 63"),
        ("band", "symbol,band_low,band_high\nX,2,1\n", "the static band's low is above its high"),
    ] {
        let (status, out) = check(name, GOOD, csv);
        assert_eq!(status, Some(1), "{name}: {out}");
        assert!(out.contains(words), "{name}: {words} is missing in\n{out}");
    }
}

#[test]
fn hours_and_algorithms_are_shown() {
    let output = Command::new(env!("CARGO_BIN_EXE_riskgate"))
        .args(["config", "check", "--example"])
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    for words in [
        "calendar     XNYS (America/New_York), 15 days that differ",
        "algorithm    103 twap 1.5, not active",
        "EQ-ALGO, with permissions of its own",
        "max_order_qty 3,000, in opening_auction closing_auction",
    ] {
        assert!(out.contains(words), "{words} is missing in\n{out}");
    }
}

#[test]
fn problems_of_the_instruments_name_their_file() {
    for (name, csv, words) in [
        (
            "column",
            "symbol,tik\nX,1\n",
            "instruments.csv:1: the heading has the unknown key \"tik\" (did you mean \"tick\"?)",
        ),
        ("tick", "symbol,tick\nX,0\n", "instruments.csv:2: instrument X: a tick must be above 0"),
        ("twice", "symbol\nX\nY\nX\n", "instruments.csv:4: the instrument X stands twice"),
        ("table", "symbol,tick_table\nX,us\n", "instruments.csv:2: there is no tick table \"us\""),
        ("flag", "symbol,inverse\nX,yes\n", "inverse is \"yes\", it must be true or false"),
        ("step", "symbol,lot,multiplier\nX,0.00000001,0.5\n", "lot times multiplier"),
    ] {
        let (status, out) = check(name, GOOD, csv);
        assert_eq!(status, Some(1), "{name}: {out}");
        assert!(out.contains(words), "{name}: {words} is missing in\n{out}");
    }
}

#[test]
fn all_problems_are_listed() {
    let toml = GOOD.replace("\"100\"", "100.5").replace("node = \"firm\"", "nod = \"firm\"");
    let (status, out) = check("all", &toml.replace("\"USD\"", "1"), "symbol,tick\nX,-1\n");
    assert_eq!(status, Some(1), "{out}");
    assert!(out.contains("refused, 3 problems") || out.contains("refused, 4 problems"), "{out}");
}
