//! The C header, `libriskgate` and the sample EMS, embedded; and how a C++ compiler makes a
//! program of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use riskgate::error::{Error, Result};

include!(concat!(env!("OUT_DIR"), "/sources.rs"));

/// Writes all sources below a folder and compiles the sample EMS. Returns the program's path.
pub fn build_ems(dir: &Path) -> Result<PathBuf> {
    for (name, text) in SOURCES {
        let path = dir.join(name);
        let parent = path.parent().unwrap_or(dir);
        fs::create_dir_all(parent)?;
        fs::write(&path, text)?;
    }
    let (cc, cxx) = (compiler("CC", "cc"), compiler("CXX", "c++"));
    let ending = |wanted: &str| {
        let in_place = move |name: &&str| name.starts_with("ffi/") && name.ends_with(wanted);
        SOURCES.iter().map(|(name, _)| *name).filter(in_place).collect::<Vec<_>>()
    };
    let warnings = ["-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Iinclude"];
    let mut objects = Vec::new();
    for source in ending(".c") {
        let object = format!("{}.o", source.replace('/', "_"));
        let mut c = Command::new(&cc);
        c.args(["-std=c11", "-c", source, "-o", &object]).args(warnings);
        run(c.current_dir(dir))?;
        objects.push(object);
    }
    let mut cpp = Command::new(&cxx);
    cpp.arg("-std=c++17").args(warnings).args(ending(".cpp")).args(&objects);
    run(cpp.args(["-o", "riskgate-ems", "-pthread"]).current_dir(dir))?;
    Ok(dir.join("riskgate-ems"))
}

fn compiler(variable: &str, default: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| default.to_string())
}

fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().to_string();
    let output = command.output().map_err(|e| {
        Error::new(format!(
            "start the compiler {name}: {e}; install one (on Debian: apt install g++), or name \
             another in $CC and $CXX"
        ))
    })?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr).to_string();
    Err(Error::new(format!("{name} refused the sample EMS:\n{text}")))
}
