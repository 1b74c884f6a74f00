//! Descriptors that a child process inherits, by number on its command line.
//!
//! The parent lends a descriptor ([`Lent`], not closed on exec) for the moment of the start; the
//! child takes it ([`take`]) and closes it on exec again, so that it goes no further.

#![allow(unsafe_code)]

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use crate::error::{Error, Result};

/// A copy of a descriptor that survives exec. Drop it as soon as the child runs.
pub struct Lent {
    fd: OwnedFd,
}

impl Lent {
    /// Copies a descriptor.
    pub fn new(fd: BorrowedFd<'_>) -> Result<Lent> {
        // SAFETY: the descriptor is open; F_DUPFD takes a number. The copy has no close-on-exec.
        let copy = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD, 3) };
        if copy < 0 {
            return Err(Error::os("copy a descriptor for a child process"));
        }
        // SAFETY: `copy` was just returned by the kernel and nobody else owns it.
        Ok(Lent { fd: unsafe { OwnedFd::from_raw_fd(copy) } })
    }

    /// The number, for the child's command line.
    pub fn number(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

/// Takes an inherited descriptor by its number. Call it once per number, early in the child.
pub fn take(number: RawFd) -> Result<OwnedFd> {
    // SAFETY: numbers only; a number that is not open is answered with an error.
    let code = unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) };
    if number < 3 || code < 0 {
        return Err(Error::new(format!(
            "descriptor {number} was not inherited: this command is started by `riskgate run` only"
        )));
    }
    // SAFETY: the descriptor is open (checked above), was passed for this process to own, and is
    // taken once.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}
