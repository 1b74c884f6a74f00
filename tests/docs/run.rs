//! Documentation that is made from the code says what the code says: the README's table of checks and
//! the reason codes of the C header come from the catalogue. `RISKGATE_BLESS=1` writes them again.

use std::path::PathBuf;
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn printed(argument: &str) -> String {
    let program = env!("CARGO_BIN_EXE_riskgate");
    let output = Command::new(program).args(["checks", argument]).output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

/// The part of a file between two lines (both excluded) must be this text.
fn holds(file: &str, begin: &str, end: &str, text: &str) {
    let path = root().join(file);
    let content = std::fs::read_to_string(&path).unwrap();
    let first = content.find(begin).unwrap_or_else(|| panic!("{file} lacks {begin:?}"));
    let first = first + begin.len();
    let length = content[first..].find(end).unwrap_or_else(|| panic!("{file} lacks {end:?}"));
    if &content[first..first + length] == text {
        return;
    }
    if std::env::var_os("RISKGATE_BLESS").is_some() {
        let written = format!("{}{text}{}", &content[..first], &content[first + length..]);
        std::fs::write(path, written).unwrap();
        return;
    }
    panic!("{file} differs from the catalogue; RISKGATE_BLESS=1 writes it again:\n{text}");
}

#[test]
fn the_table_of_the_readme_is_the_catalogue() {
    holds("README.md", "<!-- checks -->\n", "<!-- end of checks -->", &printed("--markdown"));
}

#[test]
fn the_reason_codes_of_the_header_are_those_of_the_code() {
    let begin = "(`riskgate checks` lists what it does). */\n";
    holds("include/riskgate/abi.h", begin, "\n#define RG_CHECK_ENUMERATOR", &printed("--c-header"));
}
