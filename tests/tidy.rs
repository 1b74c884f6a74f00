//! Rules of the house that a compiler does not hold: import direction, where atomics and `unsafe`
//! may stand, the engine's dependencies, sizes, the map in `src/lib.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Layers of the engine's crate; each imports from those before it only.
const LAYERS: &[&str] = &[
    "abi", "fixed", "ring", "shm", "state", "gate", "control", "machine", "journal", "stats",
    "engine",
];
/// What every layer may import.
const FOUNDATION: &[&str] = &["sync", "error", "clock"];
/// Where `unsafe` may stand in the engine's crate.
const UNSAFE: &[&str] = &["sync.rs", "clock.rs", "ring/", "shm/", "engine/"];
/// Everything that the engine's crate depends on, however indirectly, and why.
const DEPENDENCIES: &[(&str, &str)] = &[
    ("riskgate", "itself"),
    ("core_affinity", "pins the engine's thread"),
    ("num_cpus", "of core_affinity"),
    ("crc32c", "checksum of journal records, with the processor's instruction"),
    ("rustc_version", "builds crc32c"),
    ("semver", "of rustc_version"),
    ("crossbeam-utils", "cache-line padding"),
    ("libc", "system calls that the standard library does not have"),
    ("memmap2", "maps files and memfds"),
];
/// A file is one idea.
const LINES_MAX: usize = 600;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for path in entries.map(|e| e.unwrap().path()) {
        if path.is_dir() && !path.ends_with("target") && !path.ends_with(".git") {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|e| e == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The files of `src/` with their paths below it, and their text without tests and comments.
fn sources() -> BTreeMap<String, String> {
    let src = root().join("src");
    let strip = |text: String| -> String {
        let code = text.split("#[cfg(test)]").next().unwrap_or("").to_string();
        code.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
    };
    let name = |p: &Path| p.strip_prefix(&src).unwrap().display().to_string();
    files(&src, "rs").iter().map(|p| (name(p), strip(fs::read_to_string(p).unwrap()))).collect()
}

fn layer_of(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap()
}

#[test]
fn imports_go_one_way() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let Some(own) = LAYERS.iter().position(|l| *l == layer_of(&file)) else { continue };
        for used in text.split("crate::").skip(1) {
            let used: String =
                used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            match LAYERS.iter().position(|l| *l == used) {
                Some(other) if other > own => wrong.push(format!("{file} imports {used}")),
                None if !FOUNDATION.contains(&used.as_str()) => {
                    wrong.push(format!("{file} imports {used}, which is no layer"));
                }
                _ => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_is_a_layer_or_foundation() {
    for (file, _) in sources() {
        let layer = layer_of(&file);
        assert!(
            layer == "lib" || LAYERS.contains(&layer) || FOUNDATION.contains(&layer),
            "{file}: say in tests/tidy.rs where it belongs"
        );
    }
}

#[test]
fn only_sync_names_atomics_and_fences() {
    let of_std = ["std::sync::atomic", "core::sync::atomic", "UnsafeCell"];
    for (file, text) in sources() {
        let uses = of_std.iter().find(|name| text.contains(**name));
        assert!(uses.is_none() || file == "sync.rs", "{file} names {}", uses.unwrap());
    }
}

#[test]
fn unsafe_stands_where_it_may() {
    for (file, text) in sources() {
        let allowed = UNSAFE.iter().any(|place| file.starts_with(place));
        let code = text.replace("deny(unsafe_code)", "");
        assert!(allowed || !code.contains("unsafe"), "{file} is no place for unsafe");
    }
}

#[test]
fn synchronisation_points_come_in_pairs() {
    let mut sites: BTreeMap<String, usize> = BTreeMap::new();
    let mut paths = files(&root().join("src"), "rs");
    paths.extend(files(&root().join("include"), "h"));
    for path in paths {
        for line in fs::read_to_string(path).unwrap().lines() {
            if let Some((_, rest)) = line.split_once("SYNC ") {
                let label = rest.split([':', ' ', ',']).next().unwrap_or("").to_string();
                *sites.entry(label).or_default() += 1;
            }
        }
    }
    let single: Vec<_> = sites.iter().filter(|(_, n)| **n < 2).map(|(l, _)| l).collect();
    assert!(single.is_empty(), "labels with one end only: {single:?}");
}

#[test]
fn the_engine_depends_on_little() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let tree = Command::new(cargo)
        .args(["tree", "--offline", "-p", "riskgate", "-e", "normal,build", "--prefix", "none"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let text = String::from_utf8(tree.stdout).unwrap();
    let found: BTreeSet<&str> = text.lines().filter_map(|l| l.split(' ').next()).collect();
    let allowed: BTreeSet<&str> = DEPENDENCIES.iter().map(|(name, _)| *name).collect();
    let extra: Vec<_> = found.difference(&allowed).filter(|n| !n.is_empty()).collect();
    assert!(extra.is_empty(), "not on the allow-list: {extra:?}");
}

#[test]
fn files_are_one_idea() {
    let mut long = Vec::new();
    for folder in ["src", "tools", "ffi", "include", "tests", "benches"] {
        for ending in ["rs", "c", "h", "cpp", "hpp"] {
            for path in files(&root().join(folder), ending) {
                let lines = fs::read_to_string(&path).unwrap().lines().count();
                // The C view of all layouts is one list, checked entry by entry.
                if lines > LINES_MAX && !path.ends_with("riskgate/abi.h") {
                    long.push(format!("{} has {lines} lines", path.display()));
                }
            }
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn each_module_says_what_it_is_for() {
    for path in files(&root().join("src"), "rs").iter().chain(&files(&root().join("tools"), "rs")) {
        let text = fs::read_to_string(path).unwrap();
        assert!(text.starts_with("//!"), "{} has no head", path.display());
    }
}

#[test]
fn names_say_what_is_inside() {
    for (file, _) in sources() {
        for vague in ["util", "utils", "common", "helpers", "misc", "types"] {
            assert!(
                !file.split(['/', '.']).any(|part| part == vague),
                "{file}: {vague} says nothing of the order's journey"
            );
        }
    }
}

#[test]
fn the_map_in_lib_rs_is_the_tree() {
    let text = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let mapped: BTreeSet<&str> =
        text.lines().filter_map(|l| l.strip_prefix("//! | [`")?.split('`').next()).collect();
    let src = sources();
    let tree: BTreeSet<&str> = src.keys().map(|f| layer_of(f)).filter(|l| *l != "lib").collect();
    assert_eq!(mapped, tree, "the table at the head of src/lib.rs");
}

#[test]
fn no_path_of_a_workplace() {
    let listed = Command::new("git").args(["ls-files"]).current_dir(root()).output();
    let Ok(listed) = listed else { return eprintln!("skipped: no git here") };
    for file in String::from_utf8_lossy(&listed.stdout).lines() {
        let Ok(text) = fs::read_to_string(root().join(file)) else { continue };
        for path in [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")] {
            assert!(!text.contains(path), "{file} names {path}");
        }
    }
}
