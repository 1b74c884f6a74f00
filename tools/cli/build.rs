//! Embeds the C header, the library's sources and the sample EMS, so that `riskgate demo` can
//! build them wherever there is a C++ compiler.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn collect(root: &Path, folder: &str, endings: &[&str], found: &mut Vec<PathBuf>) {
    println!("cargo::rerun-if-changed={}", root.join(folder).display());
    let Ok(entries) = fs::read_dir(root.join(folder)) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|e| endings.iter().any(|w| e == *w)) {
            found.push(path);
        }
    }
}

fn main() {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap()).join("../..");
    let root = fs::canonicalize(root).unwrap();
    let mut found = Vec::new();
    collect(&root, "include", &["h", "hpp"], &mut found);
    collect(&root, "include/riskgate", &["h"], &mut found);
    collect(&root, "ffi", &["c", "h"], &mut found);
    collect(&root, "ffi/ems", &["cpp", "hpp"], &mut found);
    found.sort();
    let mut text = String::from("pub const SOURCES: &[(&str, &str)] = &[\n");
    for path in found {
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        writeln!(text, "    ({name:?}, include_str!({:?})),", path.display().to_string()).unwrap();
    }
    text.push_str("];\n");
    fs::write(PathBuf::from(env::var("OUT_DIR").unwrap()).join("sources.rs"), text).unwrap();
}
