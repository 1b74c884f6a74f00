//! The few things that the recorder asks of a disk, so that tests can let each of them fail.
//!
//! Nothing here tries again: what a failed write or fsync left behind is unknown, and the caller
//! must treat it so.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use crate::error::{Error, Result};

/// A disk.
pub trait Disk {
    /// Makes a file (0600) of `bytes` zeros with room for all of them.
    fn create(&self, path: &Path, bytes: u64) -> Result<Box<dyn DiskFile>>;
    /// Opens an existing file for writing.
    fn open(&self, path: &Path) -> Result<Box<dyn DiskFile>>;
    /// Gives a file its final name and makes the name durable.
    fn publish(&self, from: &Path, to: &Path) -> Result<()>;
}

/// A file on a disk.
pub trait DiskFile {
    /// Writes all bytes at an offset.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Waits until everything written is on stable storage.
    fn sync(&self) -> io::Result<()>;
    /// Cuts the file.
    fn set_len(&self, bytes: u64) -> io::Result<()>;
}

/// The operating system's.
pub struct OsDisk;

impl Disk for OsDisk {
    fn create(&self, path: &Path, bytes: u64) -> Result<Box<dyn DiskFile>> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)?;
        crate::shm::file::reserve(&file, bytes)?;
        Ok(Box::new(OsFile(file)))
    }

    fn open(&self, path: &Path) -> Result<Box<dyn DiskFile>> {
        Ok(Box::new(OsFile(OpenOptions::new().read(true).write(true).open(path)?)))
    }

    fn publish(&self, from: &Path, to: &Path) -> Result<()> {
        if to.exists() {
            return Err(Error::new(format!("{} exists already", to.display())));
        }
        std::fs::rename(from, to)?;
        let dir = to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(dir)?.sync_all()?;
        Ok(())
    }
}

struct OsFile(File);

impl DiskFile for OsFile {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        self.0.set_len(bytes)?;
        self.0.sync_all()
    }
}
