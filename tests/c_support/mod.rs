//! Compiling and running C and C++ from tests: `$CC`, `$CXX`, strict flags, a bound on every run.

#![allow(dead_code, missing_docs)]

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Longest that any compiler or test program may run.
const WATCHDOG: Duration = Duration::from_secs(120);

/// The project's root.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A directory that is removed when it goes out of scope.
pub struct TempDir(PathBuf);

impl TempDir {
    pub fn new(name: &str) -> TempDir {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("riskgate-{name}-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        TempDir(dir)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A language that the header must compile as, without a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    C11,
    Cpp11,
    Cpp17,
}

impl Language {
    /// The compiler with its standard and every warning an error.
    pub fn strict_compiler(self) -> Command {
        let (variable, default, standard) = match self {
            Language::C11 => ("CC", "cc", "-std=c11"),
            Language::Cpp11 => ("CXX", "c++", "-std=c++11"),
            Language::Cpp17 => ("CXX", "c++", "-std=c++17"),
        };
        let compiler = std::env::var(variable).unwrap_or_else(|_| default.to_string());
        let mut words = compiler.split_whitespace();
        let mut command = Command::new(words.next().unwrap_or(default));
        command.args(words);
        command.args([standard, "-O2", "-g", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]);
        command
    }

    /// Flags that make the compiler read a `.c` file as this language.
    pub fn treat_as(self) -> &'static [&'static str] {
        match self {
            Language::C11 => &["-x", "c"],
            Language::Cpp11 | Language::Cpp17 => &["-x", "c++"],
        }
    }
}

/// How a program ended and what it printed.
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Runs a command to its end; kills it and panics when the watchdog's time is over.
pub fn run_to_end(command: &mut Command) -> Ended {
    let shown = format!("{command:?}");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("{shown}: {e}: is it installed? (set $CC and $CXX)"));
    let mut out = child.stdout.take().unwrap();
    let mut err = child.stderr.take().unwrap();
    let stdout = std::thread::spawn(move || {
        let mut text = String::new();
        let _ = out.read_to_string(&mut text);
        text
    });
    let stderr = std::thread::spawn(move || {
        let mut text = String::new();
        let _ = err.read_to_string(&mut text);
        text
    });
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > WATCHDOG {
            let _ = child.kill();
            let _ = child.wait();
            panic!("{shown}: still running after {WATCHDOG:?}: killed");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    Ended { code: status.code(), stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
}

/// Runs a command that must succeed and returns what it printed.
pub fn run(command: &mut Command) -> String {
    let shown = format!("{command:?}");
    let ended = run_to_end(command);
    assert_eq!(ended.code, Some(0), "{shown}\n{}\n{}", ended.stdout, ended.stderr);
    ended.stdout
}
