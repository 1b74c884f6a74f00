//! Child processes: started from our own executable, watched by descriptor, reaped once.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};

use crate::engine::inherit::Lent;
use crate::engine::os;
use crate::error::{Error, Result};
use crate::shm::socket::Connection;

/// A running child and our end of its control connection.
pub struct Process {
    /// Commands to it, answers from it; non-blocking.
    pub link: Connection,
    child: Child,
    watch: OwnedFd,
    status: Option<ExitStatus>,
}

impl Process {
    /// Starts `riskgate NAME words…`; each of `lend` becomes a word `key=number`.
    pub fn start(
        name: &'static str,
        mut words: Vec<String>,
        lend: &[(&str, BorrowedFd<'_>)],
    ) -> Result<Process> {
        let (ours, theirs) = Connection::pair()?;
        ours.set_nonblocking()?;
        let mut lent = vec![Lent::new(theirs.as_fd())?];
        words.push(format!("control_fd={}", lent[0].number()));
        for (key, fd) in lend {
            let copy = Lent::new(*fd)?;
            words.push(format!("{key}={}", copy.number()));
            lent.push(copy);
        }
        // Through /proc: the very file that runs now, also if it was replaced meanwhile.
        let child = Command::new("/proc/self/exe")
            .arg0("riskgate")
            .arg(name)
            .args(&words)
            .stdin(Stdio::null())
            .spawn()
            .map_err(|e| Error::new(format!("start the {name} process: {e}")))?;
        drop(lent);
        let watch = os::process_descriptor(child.id())?;
        Ok(Process { link: ours, child, watch, status: None })
    }

    /// Process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Becomes readable when the process ends.
    pub fn watch(&self) -> BorrowedFd<'_> {
        self.watch.as_fd()
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            self.status = self.child.try_wait().ok().flatten();
        }
        self.status
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
    }

    /// Waits for its end, at most so long.
    pub fn wait_end(&mut self, timeout_ms: i32) -> Result<Option<ExitStatus>> {
        if self.ended().is_none() {
            let mut on = [crate::shm::socket::Wait::readable(self.watch.as_fd())];
            crate::shm::socket::wait(&mut on, timeout_ms)?;
        }
        Ok(self.ended())
    }
}

/// How a process ended, for people.
pub fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (_, Some(signal)) => format!("signal {signal}{}", signal_name(signal)),
        _ => "an unknown end".to_string(),
    }
}

fn signal_name(signal: i32) -> &'static str {
    match signal {
        libc::SIGKILL => " (SIGKILL)",
        libc::SIGABRT => " (SIGABRT)",
        libc::SIGSEGV => " (SIGSEGV)",
        libc::SIGBUS => " (SIGBUS)",
        libc::SIGTERM => " (SIGTERM)",
        _ => "",
    }
}
