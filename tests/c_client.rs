//! The C side as its users get it: built by `ffi/build.sh`, installed, linked static and shared.

#![allow(missing_docs)]

mod c_support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use c_support::{Language, TempDir, root, run, run_to_end};

/// The library, built and installed once for all tests.
fn prefix() -> &'static Path {
    static PREFIX: OnceLock<PathBuf> = OnceLock::new();
    PREFIX.get_or_init(|| {
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("riskgate-prefix");
        let _ = std::fs::remove_dir_all(&dir);
        run(Command::new("sh").arg(root().join("ffi/build.sh")).arg(&dir));
        dir
    })
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Link {
    Static,
    Shared,
}

/// Compiles one source against the installed headers and links it.
fn compile(language: Language, source: &str, link: Link, out: &Path) {
    let mut command = language.strict_compiler();
    command.arg("-I").arg(prefix().join("include")).arg(root().join(source)).arg("-o").arg(out);
    let lib = prefix().join("lib");
    match link {
        Link::Static => command.arg(lib.join("libriskgate.a")),
        Link::Shared => {
            command.arg("-L").arg(&lib).arg("-lriskgate");
            command.arg(format!("-Wl,-rpath,{}", lib.display()))
        }
    };
    run(command.arg("-lpthread"));
}

/// Compiles a test of the library together with its sources, under the sanitizers.
fn compile_sanitized(source: &str, out: &Path) {
    let mut command = Language::C11.strict_compiler();
    command.args(["-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]);
    command.arg("-I").arg(root().join("include")).arg(root().join(source));
    for entry in std::fs::read_dir(root().join("ffi")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "c") {
            command.arg(path);
        }
    }
    run(command.arg("-lpthread").arg("-o").arg(out));
}

/// Can this compiler make and run programs with the sanitizers?
fn has_sanitizers() -> bool {
    let dir = TempDir::new("sanitizers");
    let source = dir.path().join("empty.c");
    let program = dir.path().join("empty");
    std::fs::write(&source, "int main(void) { return 0; }\n").unwrap();
    let mut command = Language::C11.strict_compiler();
    command.arg("-fsanitize=address,undefined").arg(&source).arg("-o").arg(&program);
    let works = run_to_end(&mut command).code == Some(0)
        && run_to_end(&mut Command::new(&program)).code == Some(0);
    if !works {
        eprintln!("SKIPPED: this compiler has no -fsanitize=address,undefined");
    }
    works
}

#[test]
fn exports_are_the_version_script_and_nothing_else() {
    let map = std::fs::read_to_string(root().join("ffi/riskgate.map")).unwrap();
    let listed: BTreeSet<String> = map
        .lines()
        .map(str::trim)
        .filter(|l| l.starts_with("rg_"))
        .map(|l| l.trim_end_matches(';').to_string())
        .collect();
    let symbols = run(Command::new("nm")
        .args(["-D", "--defined-only"])
        .arg(prefix().join("lib/libriskgate.so")));
    let exported: BTreeSet<String> = symbols
        .lines()
        .filter_map(|l| l.split_whitespace().nth(2))
        .map(|s| s.split('@').next().unwrap_or(s).to_string())
        .filter(|s| !s.starts_with("RISKGATE_") && !s.starts_with("__asan") && !s.is_empty())
        .collect();
    assert_eq!(exported, listed);
}

#[test]
fn installation_is_complete() {
    for file in [
        "include/riskgate.h",
        "include/riskgate.hpp",
        "include/riskgate/abi.h",
        "include/riskgate/atomic.h",
        "include/riskgate/lane.h",
        "include/riskgate/marks.h",
        "include/riskgate/rendezvous.h",
        "include/riskgate/types.h",
        "lib/libriskgate.a",
        "lib/libriskgate.so",
        "lib/libriskgate.so.1",
        "lib/cmake/riskgate/riskgate-config.cmake",
        "lib/cmake/riskgate/riskgate-config-version.cmake",
    ] {
        assert!(prefix().join(file).exists(), "{file} was not installed");
    }
    let pc = std::fs::read_to_string(prefix().join("lib/pkgconfig/riskgate.pc")).unwrap();
    assert!(pc.contains(&format!("prefix={}\n", prefix().display())), "{pc}");
    assert!(!pc.contains('@'), "{pc}");
    let wrong = run_to_end(Command::new("sh").arg(root().join("ffi/build.sh")));
    assert_eq!(wrong.code, Some(2), "no argument is wrong usage");
}

#[test]
fn memory_orderings_are_named_in_one_small_header() {
    let include = root().join("include");
    let mut files = vec![include.join("riskgate.h"), include.join("riskgate.hpp")];
    files.extend(std::fs::read_dir(include.join("riskgate")).unwrap().map(|e| e.unwrap().path()));
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        if file.ends_with("atomic.h") {
            assert!(text.lines().count() < 80);
        } else {
            assert!(!text.contains("__ATOMIC_") && !text.contains("memory_order"), "{file:?}");
        }
    }
}

#[test]
fn the_program_in_the_manual_compiles() {
    let manual = std::fs::read_to_string(root().join("include/riskgate.h")).unwrap();
    let start = manual.find(" *     #include <riskgate.h>").unwrap();
    let end = start + manual[start..].find(" * THE LIFE OF AN ORDER").unwrap();
    let program: String = manual[start..end]
        .lines()
        .map(|l| format!("{}\n", l.strip_prefix(" *     ").unwrap_or("")))
        .collect();
    let dir = TempDir::new("manual");
    for (language, name) in [(Language::C11, "m.c"), (Language::Cpp11, "m.cpp")] {
        let source = dir.path().join(name);
        std::fs::write(&source, &program).unwrap();
        let out = dir.path().join("m");
        compile(language, source.to_str().unwrap(), Link::Static, &out);
        // There is no gate at the path of the example: it says so and ends.
        let ended = run_to_end(&mut Command::new(&out));
        assert_eq!(ended.code, Some(1));
        assert!(ended.stderr.contains("start the gate"), "{}", ended.stderr);
    }
}

#[test]
fn texts() {
    let dir = TempDir::new("texts");
    let program = dir.path().join("text_test");
    compile(Language::C11, "tests/c/text_test.c", Link::Shared, &program);
    run(&mut Command::new(&program));
    if has_sanitizers() {
        compile_sanitized("tests/c/text_test.c", &program);
        run(&mut Command::new(&program));
    }
}

#[test]
fn quotes_are_two_orders() {
    let dir = TempDir::new("quotes");
    let program = dir.path().join("quote_test");
    compile(Language::Cpp17, "tests/c/quote_test.cpp", Link::Static, &program);
    run(&mut Command::new(&program));
}

/// Each on its own gate, case by case.
const FAKE_GATE_TESTS: [(&str, Link); 4] = [
    ("tests/c/slots_test.c", Link::Static),
    ("tests/c/fake_gate_test.c", Link::Static),
    ("tests/c/session_test.c", Link::Shared),
    ("tests/c/basket_test.c", Link::Static),
];

#[test]
fn hot_path_against_a_fake_gate() {
    let dir = TempDir::new("fake");
    for (source, link) in FAKE_GATE_TESTS {
        let program = dir.path().join("cases");
        compile(Language::C11, source, link, &program);
        run(&mut Command::new(&program));
    }
}

#[test]
fn hot_path_under_the_sanitizers() {
    if !has_sanitizers() {
        return;
    }
    let dir = TempDir::new("sanitized");
    for (source, _) in FAKE_GATE_TESTS {
        let program = dir.path().join("cases");
        compile_sanitized(source, &program);
        run(&mut Command::new(&program));
    }
}

/// A fake gate as a process; killed when the test ends early.
struct Gate(Child);

impl Gate {
    fn start(program: &Path, socket: &Path, count: u32, fills: u32) -> Gate {
        let mut command = Command::new(program);
        command.arg(socket).arg(count.to_string()).arg(fills.to_string());
        let child = command.stdout(Stdio::piped()).spawn().unwrap();
        while !socket.exists() {
            std::thread::yield_now(); // bounded by the gate's own alarm: it makes the socket or dies
        }
        Gate(child)
    }

    fn end(mut self) -> String {
        use std::io::Read;
        let mut text = String::new();
        self.0.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        assert!(self.0.wait().unwrap().success(), "the fake gate failed");
        text
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn examples_run_static_and_shared() {
    let dir = TempDir::new("examples");
    let fake = dir.path().join("fake_gate");
    compile(Language::C11, "tests/c/fake_gate_main.c", Link::Static, &fake);
    let sources =
        [(Language::C11, "ffi/examples/minimal.c"), (Language::Cpp17, "ffi/examples/minimal.cpp")];
    for (language, source) in sources {
        for link in [Link::Static, Link::Shared] {
            let what = format!("{source}, {link:?}");
            let program = dir.path().join("minimal");
            compile(language, source, link, &program);
            let socket = dir.path().join("gate.sock");
            let call = |qty: &str| {
                let mut command = Command::new(&program);
                command.arg(&socket).args(["ems-1", "desk-1", "AAPL", "187.25", qty]);
                run_to_end(&mut command)
            };

            let down = call("100");
            assert_eq!(down.code, Some(3), "{what}");
            assert!(down.stderr.contains("start the gate"), "{what}: {}", down.stderr);

            let gate = Gate::start(&fake, &socket, 2, 1);
            let accepted = call("100");
            assert_eq!(accepted.stdout, "accepted\n", "{what}: {}", accepted.stderr);
            assert_eq!(accepted.code, Some(0), "{what}");
            let rejected = call("25000");
            assert_eq!(
                rejected.stdout, "rejected: max_order_qty: 25,000 over 1,000 at desk EQ-US\n",
                "{what}: {}",
                rejected.stderr
            );
            assert_eq!(gate.end(), "decided 2, fills 1\n", "{what}");
        }
    }
}
