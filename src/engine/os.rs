//! What the gate's processes ask of the operating system: signals as descriptors, process
//! descriptors, and memory that nobody else can look into.

#![allow(unsafe_code)]

use std::mem::zeroed;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use crate::error::{Error, Result};

/// What asks the gate to stop in good order: SIGINT, SIGTERM, SIGHUP.
pub const STOP_SIGNALS: [i32; 3] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP];

/// Signals that arrive as something to read instead of interrupting.
pub struct Signals {
    fd: OwnedFd,
}

impl Signals {
    /// Blocks the signals in the calling thread and all that it starts from now on.
    pub fn block(signals: &[i32]) -> Result<Signals> {
        // SAFETY: `set` is live and initialised by sigemptyset before use; numbers otherwise.
        let fd = unsafe {
            let mut set: libc::sigset_t = zeroed();
            libc::sigemptyset(&mut set);
            for signal in signals {
                libc::sigaddset(&mut set, *signal);
            }
            libc::pthread_sigmask(libc::SIG_BLOCK, &set, std::ptr::null_mut());
            libc::signalfd(-1, &set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK)
        };
        if fd < 0 {
            return Err(Error::os("turn signals into a descriptor"));
        }
        // SAFETY: `fd` was just returned by the kernel and nobody else owns it.
        Ok(Signals { fd: unsafe { OwnedFd::from_raw_fd(fd) } })
    }

    /// The next signal, if one came.
    pub fn next(&self) -> Option<i32> {
        // SAFETY: all-zero bytes are a valid signalfd_siginfo; the kernel writes at most its size.
        unsafe {
            let mut info: libc::signalfd_siginfo = zeroed();
            let bytes = size_of::<libc::signalfd_siginfo>();
            let n = libc::read(self.fd.as_raw_fd(), (&raw mut info).cast(), bytes);
            (n == bytes as isize).then_some(info.ssi_signo as i32)
        }
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Other processes of the same user cannot read or write the memory of this one, and it leaves no
/// core file.
pub fn hide_memory() -> Result<()> {
    // SAFETY: numbers only.
    if unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) } != 0 {
        return Err(Error::os("make the process not dumpable"));
    }
    Ok(())
}

/// Keeps the memory that this process has now in RAM. What is wrong is a text for the
/// start-up messages.
pub fn lock_memory() -> std::result::Result<(), String> {
    // SAFETY: numbers only.
    if unsafe { libc::mlockall(libc::MCL_CURRENT) } != 0 {
        let error = std::io::Error::last_os_error();
        return Err(format!(
            "memory is not locked ({error}): raise `ulimit -l` if this host swaps"
        ));
    }
    Ok(())
}

/// Our own effective user id.
pub fn own_uid() -> u32 {
    // SAFETY: the call has no requirement.
    unsafe { libc::geteuid() }
}

/// A descriptor that becomes readable when the process ends.
pub fn process_descriptor(pid: u32) -> Result<OwnedFd> {
    // SAFETY: numbers only.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid as libc::pid_t, 0) };
    if fd < 0 {
        return Err(Error::os(format!("watch process {pid}")));
    }
    // SAFETY: `fd` was just returned by the kernel and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// Is the directory of this file on tmpfs (or ramfs)?
pub fn is_tmpfs(path: &std::path::Path) -> bool {
    use std::os::unix::ffi::OsStrExt;
    let Ok(c_path) = std::ffi::CString::new(path.as_os_str().as_bytes()) else { return false };
    // SAFETY: all-zero bytes are a valid statfs; `c_path` is a live C string.
    unsafe {
        let mut info: libc::statfs = zeroed();
        libc::statfs(c_path.as_ptr(), &mut info) == 0
            && (info.f_type == libc::TMPFS_MAGIC || info.f_type as u64 == 0x8584_58f6)
    }
}
