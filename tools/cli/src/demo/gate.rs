//! The gate as the demo runs it: `riskgate run` as a child, with its state in the demo's folder.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use riskgate::error::{Error, Result};

/// Longest that the gate may take to be ready, or to stop.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running gate; killed if the demo ends early.
pub struct Gate {
    child: Child,
    state_dir: PathBuf,
}

impl Gate {
    /// Starts it.
    pub fn start(dir: &Path, config: Option<&Path>, wait: &str, core: usize) -> Result<Gate> {
        let state_dir = dir.join("state");
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("run").arg("--state-dir").arg(&state_dir);
        command.arg("--journal-dir").arg(dir.join("journal"));
        command.args(["--wait", wait, "--core", &core.to_string()]);
        if let Some(config) = config {
            command.arg("--config").arg(config);
        }
        let log = fs::File::create(dir.join("gate.log"))?;
        let child = command.stdout(log.try_clone()?).stderr(log).stdin(Stdio::null()).spawn()?;
        Ok(Gate { child, state_dir })
    }

    /// The rendezvous socket.
    pub fn socket(&self) -> PathBuf {
        self.state_dir.join("gate.sock")
    }

    /// Waits until it says that it is ready.
    pub fn await_ready(&mut self) -> Result<()> {
        let log = self.log();
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                return Err(Error::new(format!("the gate ended with {status}:\n{}", read(&log))));
            }
            let said = fs::File::open(&log).map(BufReader::new)?;
            if said.lines().map_while(|l| l.ok()).any(|l| l.contains("ready")) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err(Error::new(format!("the gate was not ready in {PATIENCE:?}:\n{}", read(&log))))
    }

    /// Asks it to stop, and waits until it has.
    pub fn stop(&mut self) -> Result<()> {
        terminate(self.child.id())?;
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                if status.success() {
                    return Ok(());
                }
                let said = read(&self.log());
                return Err(Error::new(format!("the gate ended with {status}:\n{said}")));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err(Error::new(format!("the gate did not stop in {PATIENCE:?}")))
    }

    fn log(&self) -> PathBuf {
        self.state_dir.with_file_name("gate.log")
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let _ = terminate(self.child.id());
            let _ = self.child.wait();
        }
    }
}

fn terminate(pid: u32) -> Result<()> {
    // SAFETY: kill(2) has no memory effects; the pid is that of a child not yet waited for.
    match unsafe { libc::kill(pid as libc::pid_t, libc::SIGTERM) } {
        0 => Ok(()),
        _ => Err(Error::os("stop the gate")),
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}
