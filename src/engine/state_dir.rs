//! The state directory: who owns it, and which epoch comes next.
//!
//! Locks are the kernel's (flock): they end with the process that holds them and are never stolen.
//! The epoch is counted up on stable storage before anybody is served, so that no two engines ever
//! share one.

#![allow(unsafe_code)]

use std::fs::{File, OpenOptions, Permissions};
use std::io::{Read, Seek, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::engine::os::own_uid;
use crate::error::{Error, Result};

/// Name of the supervisor's lock.
pub const SUPERVISOR_LOCK: &str = "supervisor.lock";
/// Name of the engine's lock.
pub const ENGINE_LOCK: &str = "engine.lock";
/// Name of the recorder's lock.
pub const RECORDER_LOCK: &str = "recorder.lock";

/// Makes a directory for the gate's own files (mode 0750), or checks the one that is there: it must
/// be ours, and nobody else may write into it. Permissions of an existing one are never changed.
pub fn make(dir: &Path) -> Result<()> {
    let place = |e: std::io::Error| Error::new(format!("directory {}: {e}", dir.display()));
    if !dir.exists() {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true).mode(0o750).create(dir).map_err(place)?;
        // The process's umask may have taken more away than it should.
        return std::fs::set_permissions(dir, Permissions::from_mode(0o750)).map_err(place);
    }
    let info = std::fs::metadata(dir).map_err(place)?;
    if !info.is_dir() || info.uid() != own_uid() || info.mode() & 0o022 != 0 {
        return Err(Error::new(format!(
            "directory {}: owner {} and mode {:o}; it must be a directory of uid {} that nobody \
             else can write (mode 0750): name one that does not exist yet, and it is made",
            dir.display(),
            info.uid(),
            info.mode() & 0o7777,
            own_uid()
        )));
    }
    Ok(())
}

/// A held lock; the file says which process holds it.
pub struct Lock {
    _file: File,
}

/// Who holds a lock.
#[derive(Debug, PartialEq, Eq)]
pub enum Holder {
    /// This process, by pid, as the file says.
    Process(u32),
    /// Somebody; the file does not say who.
    Unknown,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Holder::Process(pid) => write!(f, "process {pid}"),
            Holder::Unknown => write!(f, "a process that did not say its number"),
        }
    }
}

fn open_lock(dir: &Path, name: &str) -> Result<File> {
    let path = dir.join(name);
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(|e| Error::new(format!("open the lock {}: {e}", path.display())))
}

/// Takes a lock without waiting: the lock, or who has it.
pub fn lock(dir: &Path, name: &str) -> Result<std::result::Result<Lock, Holder>> {
    let mut file = open_lock(dir, name)?;
    if let Some(holder) = try_lock(&mut file, &dir.join(name))? {
        return Ok(Err(holder));
    }
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())?;
    Ok(Ok(Lock { _file: file }))
}

/// Who holds a lock at this moment, if anybody. The file stays as it is.
pub fn holder(dir: &Path, name: &str) -> Result<Option<Holder>> {
    try_lock(&mut open_lock(dir, name)?, &dir.join(name))
}

/// Locks the open file until it is closed, or says who has it.
fn try_lock(file: &mut File, path: &Path) -> Result<Option<Holder>> {
    // SAFETY: the descriptor is open for the duration of the call.
    if unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) } == 0 {
        return Ok(None);
    }
    let error = std::io::Error::last_os_error();
    if error.raw_os_error() != Some(libc::EWOULDBLOCK) {
        return Err(Error::new(format!("lock {}: {error}", path.display())));
    }
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(Some(text.trim().parse().map_or(Holder::Unknown, Holder::Process)))
}

/// The last epoch that was begun here; 0 if none.
pub fn last_epoch(dir: &Path) -> Result<u32> {
    let path = dir.join("epoch");
    match std::fs::read_to_string(&path) {
        Ok(text) => text.trim().parse().map_err(|_| {
            Error::new(format!(
                "{} holds {:?} instead of a number: write the number of the last epoch into it",
                path.display(),
                text.trim()
            ))
        }),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(0),
        Err(e) => Err(Error::new(format!("read {}: {e}", path.display()))),
    }
}

/// Begins the next epoch, above `floor` too (the last one in the journal): durable when it
/// returns.
pub fn next_epoch(dir: &Path, floor: u32) -> Result<u32> {
    let epoch = last_epoch(dir)?.max(floor).checked_add(1).ok_or_else(|| {
        Error::new("all 2^32 epochs are used: begin with an empty state and journal directory")
    })?;
    let write = || -> std::io::Result<()> {
        let fresh = dir.join("epoch.new");
        let mut file = File::create(&fresh)?;
        writeln!(file, "{epoch}")?;
        file.sync_all()?;
        std::fs::rename(&fresh, dir.join("epoch"))?;
        File::open(dir)?.sync_all()
    };
    write()
        .map_err(|e| Error::new(format!("write the epoch {epoch} in {}: {e}", dir.display())))?;
    Ok(epoch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_exclude_and_epochs_count() {
        let dir = std::env::temp_dir().join(format!("riskgate-state-{}", std::process::id()));
        make(&dir).unwrap();
        make(&dir).unwrap();
        std::fs::set_permissions(&dir, Permissions::from_mode(0o777)).unwrap();
        assert!(make(&dir).is_err(), "somebody else could plant files there");
        assert_eq!(std::fs::metadata(&dir).unwrap().mode() & 0o777, 0o777, "and it stays as it is");
        std::fs::set_permissions(&dir, Permissions::from_mode(0o750)).unwrap();
        let Ok(held) = lock(&dir, "x.lock").unwrap() else { panic!("nobody has it") };
        let holder_now = holder(&dir, "x.lock").unwrap();
        assert_eq!(holder_now, Some(Holder::Process(std::process::id())));
        drop(held);
        assert_eq!(holder(&dir, "x.lock").unwrap(), None);
        assert_eq!(next_epoch(&dir, 0).unwrap(), 1);
        assert_eq!(next_epoch(&dir, 0).unwrap(), 2);
        assert_eq!(next_epoch(&dir, 9).unwrap(), 10);
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
