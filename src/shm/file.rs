//! Room for files, claimed before it is needed.
//!
//! A mapped or preallocated file whose blocks are missing turns a full disk into a SIGBUS or a
//! failed write at the worst moment; [`reserve`] turns it into an error at the start.

#![allow(unsafe_code)]

use std::fs::File;
use std::os::fd::AsRawFd;

use crate::error::{Error, Result};

/// Gives the file `bytes` of zeros with room on the disk (or in memory, on tmpfs) for all of them.
pub fn reserve(file: &File, bytes: u64) -> Result<()> {
    let Ok(length) = libc::off_t::try_from(bytes) else {
        return Err(Error::new(format!("reserve {bytes} bytes: more than a file can have")));
    };
    // SAFETY: the descriptor is open for the time of the call; no memory is involved.
    let code = unsafe { libc::posix_fallocate(file.as_raw_fd(), 0, length) };
    if code != 0 {
        let reason = std::io::Error::from_raw_os_error(code);
        return Err(Error::new(format!("reserve {bytes} bytes: {reason}; free some space")));
    }
    Ok(())
}
