//! Anonymous memory files and their seals.
//!
//! A memory file has no name, lives as long as somebody has it open or mapped, and can be sealed:
//! what a seal forbids is forbidden to every process for ever. Which seal comes when is the
//! business of `lane` and `gate_page`; this file only makes, measures and seals.

#![allow(unsafe_code)]

use std::ffi::CString;
use std::fs::File;
use std::os::fd::{AsRawFd, FromRawFd};

use crate::error::{Error, Result};

/// No process can make the file smaller.
pub const SEAL_SHRINK: i32 = libc::F_SEAL_SHRINK;
/// No process can make the file larger.
pub const SEAL_GROW: i32 = libc::F_SEAL_GROW;
/// No process can make a new writable mapping, write, or punch a hole; old mappings stay.
pub const SEAL_FUTURE_WRITE: i32 = libc::F_SEAL_FUTURE_WRITE;
/// No process can write, in any way; no writable mapping may exist.
pub const SEAL_WRITE: i32 = libc::F_SEAL_WRITE;
/// No process can add another seal.
pub const SEAL_SEAL: i32 = libc::F_SEAL_SEAL;
/// The size is fixed for ever.
pub const SEAL_SIZE: i32 = SEAL_SHRINK | SEAL_GROW;
/// Nobody becomes a writer any more, and nobody can change that.
pub const SEAL_WRITERS: i32 = SEAL_FUTURE_WRITE | SEAL_SEAL;

/// `MFD_NOEXEC_SEAL` (Linux 6.3): the file can never be executed.
const MFD_NOEXEC_SEAL: libc::c_uint = 8;

/// Makes a memory file of `bytes` zero bytes that can be sealed and is closed on exec. The name
/// shows up in `/proc/PID/maps` only.
pub fn create(name: &str, bytes: usize) -> Result<File> {
    let c_name = CString::new(name).map_err(|_| Error::new("memory file: zero byte in name"))?;
    let base = libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING;
    // SAFETY: `c_name` is a live C string; the flags are plain numbers.
    let mut fd = unsafe { libc::memfd_create(c_name.as_ptr(), base | MFD_NOEXEC_SEAL) };
    if fd < 0 {
        // SAFETY: as above. Kernels before 6.3 do not know MFD_NOEXEC_SEAL.
        fd = unsafe { libc::memfd_create(c_name.as_ptr(), base) };
    }
    if fd < 0 {
        return Err(Error::os(format!("make a memory file of {bytes} bytes ({name})")));
    }
    // SAFETY: `fd` was just returned by the kernel and nobody else owns it.
    let file = unsafe { File::from_raw_fd(fd) };
    file.set_len(bytes as u64).map_err(|e| {
        Error::new(format!("give the memory file {name} its {bytes} bytes: {e}; free some memory"))
    })?;
    Ok(file)
}

/// Adds seals.
pub fn seal(file: &File, seals: i32) -> Result<()> {
    // SAFETY: the descriptor is open for the duration of the call; F_ADD_SEALS takes a number.
    let code = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_ADD_SEALS, seals) };
    if code < 0 {
        return Err(Error::os(format!("seal a memory file ({seals:#x})")));
    }
    Ok(())
}

/// The seals that hold.
pub fn seals(file: &File) -> Result<i32> {
    // SAFETY: as in `seal`; F_GET_SEALS takes no argument.
    let code = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GET_SEALS) };
    if code < 0 {
        return Err(Error::os("read the seals of a memory file"));
    }
    Ok(code)
}

/// Is the file exactly `bytes` long and do all of `wanted` hold?
pub fn check(file: &File, bytes: usize, wanted: i32) -> Result<()> {
    let len = file.metadata()?.len();
    if len != bytes as u64 {
        return Err(Error::new(format!("memory file has {len} bytes instead of {bytes}")));
    }
    let have = seals(file)?;
    if have & wanted != wanted {
        return Err(Error::new(format!("memory file has seals {have:#x} instead of {wanted:#x}")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shm::map::Mapping;

    #[test]
    fn a_reader_cannot_become_a_writer() {
        let file = create("test", 4096).unwrap();
        seal(&file, SEAL_SIZE).unwrap();
        let writer = Mapping::writable(&file, 4096).unwrap();
        seal(&file, SEAL_WRITERS).unwrap();
        check(&file, 4096, SEAL_SIZE | SEAL_WRITERS).unwrap();
        assert!(Mapping::writable(&file, 4096).is_err(), "a new writable mapping");
        assert!(file.set_len(0).is_err(), "shrinking");
        assert!(std::os::unix::fs::FileExt::write_at(&file, b"x", 0).is_err(), "writing");
        assert!(seal(&file, libc::F_SEAL_WRITE).is_err(), "more seals");
        let reader = Mapping::read_only(&file, 4096).unwrap();
        writer.word(8).store(7, crate::sync::Ordering::Relaxed);
        assert_eq!(reader.word(8).load(crate::sync::Ordering::Relaxed), 7);
        assert!(!reader.is_writable());
    }
}
