//! Unix sockets of whole messages (SOCK_SEQPACKET), with kernel-made peer identity.
//!
//! [`Listener`] and [`Connection`] are all that rendezvous and the gate's own processes speak
//! through. A plain [`Connection::receive`] offers the kernel no room for descriptors, so that
//! none ever arrives from a client; only [`Connection::receive_with_files`], used by clients and
//! between the gate's own processes, takes them. Every descriptor is closed on exec; a peer that
//! is gone is an error, never a signal.

#![allow(unsafe_code)]

use std::fs::{File, Permissions};
use std::io;
use std::mem::{size_of, zeroed};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::error::{Error, Result};

/// Most descriptors in one message.
pub const FILES_MAX: usize = 4;

/// Who is at the other end, as the kernel says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Process id at the time of connect.
    pub pid: i32,
    /// Effective user id at the time of connect.
    pub uid: u32,
    /// Effective group id at the time of connect.
    pub gid: u32,
}

/// What a receive found.
#[derive(Debug, PartialEq, Eq)]
pub enum Received {
    /// A message of this many bytes.
    Message(usize),
    /// No message now (non-blocking sockets only).
    Nothing,
    /// The peer has closed, or is gone.
    Closed,
}

/// What a send did.
#[derive(Debug, PartialEq, Eq)]
pub enum Sent {
    /// The message is on its way.
    Done,
    /// The peer does not read; try again later (non-blocking sockets only).
    Full,
    /// The peer has closed, or is gone.
    Closed,
}

fn address(path: &Path) -> Result<(libc::sockaddr_un, libc::socklen_t)> {
    let bytes = path.as_os_str().as_bytes();
    // SAFETY: all-zero bytes are a valid sockaddr_un.
    let mut address: libc::sockaddr_un = unsafe { zeroed() };
    if bytes.len() >= address.sun_path.len() || bytes.contains(&0) {
        return Err(Error::new(format!(
            "socket path {} has {} bytes, at most {} are possible: choose a shorter state directory",
            path.display(),
            bytes.len(),
            address.sun_path.len() - 1
        )));
    }
    address.sun_family = libc::AF_UNIX as libc::sa_family_t;
    for (to, from) in address.sun_path.iter_mut().zip(bytes) {
        *to = *from as libc::c_char;
    }
    Ok((address, size_of::<libc::sockaddr_un>() as libc::socklen_t))
}

fn socket(flags: i32) -> Result<OwnedFd> {
    let kind = libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC | flags;
    // SAFETY: numbers only.
    let fd = unsafe { libc::socket(libc::AF_UNIX, kind, 0) };
    if fd < 0 {
        return Err(Error::os("make a Unix socket"));
    }
    // SAFETY: `fd` was just returned by the kernel and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// A listening socket in the file system; non-blocking.
pub struct Listener {
    fd: OwnedFd,
}

impl Listener {
    /// Listens at `path`, whose directory the caller has locked: an older socket is replaced.
    /// Owner and group may connect.
    pub fn bind(path: &Path) -> Result<Listener> {
        match std::fs::remove_file(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                return Err(Error::new(format!("replace the socket {}: {e}", path.display())));
            }
            _ => {}
        }
        let fd = socket(libc::SOCK_NONBLOCK)?;
        let (address, length) = address(path)?;
        // SAFETY: `address` is a live sockaddr_un of `length` bytes, the descriptor is open.
        if unsafe { libc::bind(fd.as_raw_fd(), (&raw const address).cast(), length) } < 0 {
            return Err(Error::os(format!("bind the socket {}", path.display())));
        }
        std::fs::set_permissions(path, Permissions::from_mode(0o660))?;
        // SAFETY: the descriptor is open; the rest is a number.
        if unsafe { libc::listen(fd.as_raw_fd(), 64) } < 0 {
            return Err(Error::os(format!("listen at {}", path.display())));
        }
        Ok(Listener { fd })
    }

    /// The next connection, non-blocking, if somebody waits.
    pub fn accept(&self) -> Result<Option<Connection>> {
        let flags = libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        // SAFETY: null address and length are allowed; the descriptor is open.
        let fd = unsafe {
            libc::accept4(self.fd.as_raw_fd(), std::ptr::null_mut(), std::ptr::null_mut(), flags)
        };
        if fd < 0 {
            let error = io::Error::last_os_error();
            return match error.raw_os_error() {
                Some(libc::EAGAIN | libc::EINTR | libc::ECONNABORTED) => Ok(None),
                _ => Err(Error::new(format!("accept a connection: {error}"))),
            };
        }
        // SAFETY: `fd` was just returned by the kernel and nobody else owns it.
        Ok(Some(Connection { fd: unsafe { OwnedFd::from_raw_fd(fd) } }))
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// One end of a connection.
pub struct Connection {
    fd: OwnedFd,
}

impl Connection {
    /// Connects to a listener; blocking.
    pub fn connect(path: &Path) -> Result<Connection> {
        let fd = socket(0)?;
        let (address, length) = address(path)?;
        // SAFETY: `address` is a live sockaddr_un of `length` bytes, the descriptor is open.
        if unsafe { libc::connect(fd.as_raw_fd(), (&raw const address).cast(), length) } < 0 {
            return Err(Error::os(format!("connect to the gate at {}", path.display())));
        }
        Ok(Connection { fd })
    }

    /// Two connected ends; blocking, closed on exec.
    pub fn pair() -> Result<(Connection, Connection)> {
        let mut fds = [0; 2];
        let kind = libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC;
        // SAFETY: `fds` has room for the two descriptors.
        if unsafe { libc::socketpair(libc::AF_UNIX, kind, 0, fds.as_mut_ptr()) } < 0 {
            return Err(Error::os("make a socket pair"));
        }
        // SAFETY: both descriptors were just returned by the kernel and nobody else owns them.
        let [a, b] = fds.map(|fd| Connection { fd: unsafe { OwnedFd::from_raw_fd(fd) } });
        Ok((a, b))
    }

    /// A connection over a descriptor that is a SOCK_SEQPACKET socket.
    pub fn from_fd(fd: OwnedFd) -> Connection {
        Connection { fd }
    }

    /// Makes sends and receives return instead of wait.
    pub fn set_nonblocking(&self) -> Result<()> {
        // SAFETY: the descriptor is open; numbers only.
        let code = unsafe {
            let flags = libc::fcntl(self.fd.as_raw_fd(), libc::F_GETFL);
            libc::fcntl(self.fd.as_raw_fd(), libc::F_SETFL, flags | libc::O_NONBLOCK)
        };
        if code < 0 { Err(Error::os("make a socket non-blocking")) } else { Ok(()) }
    }

    /// Bounds how long a blocking receive waits.
    pub fn set_receive_timeout(&self, timeout: std::time::Duration) -> Result<()> {
        let time = libc::timeval {
            tv_sec: timeout.as_secs() as libc::time_t,
            tv_usec: timeout.subsec_micros() as libc::suseconds_t,
        };
        // SAFETY: `time` is a live timeval of the length given; the descriptor is open.
        let code = unsafe {
            libc::setsockopt(
                self.fd.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_RCVTIMEO,
                (&raw const time).cast(),
                size_of::<libc::timeval>() as libc::socklen_t,
            )
        };
        if code < 0 { Err(Error::os("bound the wait of a socket")) } else { Ok(()) }
    }

    /// Who is at the other end.
    pub fn peer(&self) -> Result<Peer> {
        let mut credentials = libc::ucred { pid: 0, uid: u32::MAX, gid: u32::MAX };
        let mut length = size_of::<libc::ucred>() as libc::socklen_t;
        // SAFETY: `credentials` is live and `length` is its size; the descriptor is open.
        let code = unsafe {
            libc::getsockopt(
                self.fd.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_PEERCRED,
                (&raw mut credentials).cast(),
                &mut length,
            )
        };
        if code < 0 {
            return Err(Error::os("ask the kernel who the peer is"));
        }
        Ok(Peer { pid: credentials.pid, uid: credentials.uid, gid: credentials.gid })
    }

    /// Sends a message.
    pub fn send(&self, bytes: &[u8]) -> Result<Sent> {
        self.send_with_files(bytes, &[])
    }

    /// Sends a message and descriptors.
    pub fn send_with_files(&self, bytes: &[u8], files: &[BorrowedFd<'_>]) -> Result<Sent> {
        assert!(files.len() <= FILES_MAX, "{} descriptors in one message", files.len());
        let mut control = [0u64; 8];
        let mut io = libc::iovec { iov_base: bytes.as_ptr() as *mut _, iov_len: bytes.len() };
        // SAFETY: all-zero bytes are a valid msghdr.
        let mut header: libc::msghdr = unsafe { zeroed() };
        header.msg_iov = &mut io;
        header.msg_iovlen = 1;
        if !files.is_empty() {
            let payload = (files.len() * size_of::<i32>()) as u32;
            header.msg_control = control.as_mut_ptr().cast();
            // SAFETY: `control` (64 bytes, aligned for cmsghdr) has room for CMSG_SPACE of
            // FILES_MAX descriptors (32 bytes); the pointers stay inside it.
            unsafe {
                header.msg_controllen = libc::CMSG_SPACE(payload) as _;
                let first = libc::CMSG_FIRSTHDR(&header);
                (*first).cmsg_level = libc::SOL_SOCKET;
                (*first).cmsg_type = libc::SCM_RIGHTS;
                (*first).cmsg_len = libc::CMSG_LEN(payload) as _;
                let data = libc::CMSG_DATA(first).cast::<i32>();
                for (i, file) in files.iter().enumerate() {
                    data.add(i).write_unaligned(file.as_raw_fd());
                }
            }
        }
        loop {
            // SAFETY: `header` points to live memory only; the kernel reads it.
            let n = unsafe { libc::sendmsg(self.fd.as_raw_fd(), &header, libc::MSG_NOSIGNAL) };
            if n >= 0 {
                return Ok(Sent::Done);
            }
            let error = io::Error::last_os_error();
            match error.raw_os_error() {
                Some(libc::EINTR) => continue,
                Some(libc::EAGAIN) => return Ok(Sent::Full),
                Some(libc::EPIPE | libc::ECONNRESET) => return Ok(Sent::Closed),
                _ => return Err(Error::new(format!("send {} bytes: {error}", bytes.len()))),
            }
        }
    }

    /// Receives a message; descriptors that come with it are discarded by the kernel. A message
    /// longer than the buffer is an error.
    pub fn receive(&self, bytes: &mut [u8]) -> Result<Received> {
        self.receive_into(bytes, None)
    }

    /// Receives a message and its descriptors (at most [`FILES_MAX`]).
    pub fn receive_with_files(&self, bytes: &mut [u8], files: &mut Vec<File>) -> Result<Received> {
        self.receive_into(bytes, Some(files))
    }

    fn receive_into(&self, bytes: &mut [u8], files: Option<&mut Vec<File>>) -> Result<Received> {
        let mut control = [0u64; 8];
        let mut io = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
        // SAFETY: all-zero bytes are a valid msghdr.
        let mut header: libc::msghdr = unsafe { zeroed() };
        header.msg_iov = &mut io;
        header.msg_iovlen = 1;
        if files.is_some() {
            header.msg_control = control.as_mut_ptr().cast();
            header.msg_controllen = std::mem::size_of_val(&control) as _;
        }
        let n = loop {
            // SAFETY: `header` points to live memory only; the kernel writes within its lengths.
            let n =
                unsafe { libc::recvmsg(self.fd.as_raw_fd(), &mut header, libc::MSG_CMSG_CLOEXEC) };
            if n >= 0 {
                break n as usize;
            }
            let error = io::Error::last_os_error();
            match error.raw_os_error() {
                Some(libc::EINTR) => continue,
                Some(libc::EAGAIN) => return Ok(Received::Nothing),
                Some(libc::ECONNRESET) => return Ok(Received::Closed),
                _ => return Err(Error::new(format!("receive a message: {error}"))),
            }
        };
        if let Some(files) = files {
            // SAFETY: the kernel filled `control` up to msg_controllen; CMSG_FIRSTHDR and
            // CMSG_NXTHDR stay inside it; each descriptor was made for us and is owned once.
            unsafe {
                let mut at = libc::CMSG_FIRSTHDR(&header);
                while !at.is_null() {
                    if (*at).cmsg_level == libc::SOL_SOCKET && (*at).cmsg_type == libc::SCM_RIGHTS {
                        let data = libc::CMSG_DATA(at).cast::<i32>();
                        let head = libc::CMSG_LEN(0) as usize;
                        let count = ((*at).cmsg_len as usize - head) / size_of::<i32>();
                        for i in 0..count {
                            files.push(File::from_raw_fd(data.add(i).read_unaligned()));
                        }
                    }
                    at = libc::CMSG_NXTHDR(&header, at);
                }
            }
        }
        if header.msg_flags & libc::MSG_TRUNC != 0 {
            return Err(Error::new(format!("a message is longer than {} bytes", bytes.len())));
        }
        if n == 0 { Ok(Received::Closed) } else { Ok(Received::Message(n)) }
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// What may be waited for.
pub struct Wait<'a> {
    /// The descriptor.
    pub fd: BorrowedFd<'a>,
    /// Wait for something to read. The end of the connection is always noticed.
    pub reads: bool,
    /// Wait until it can be written.
    pub writable: bool,
    /// Result: readable, closed or broken.
    pub ready: bool,
    /// Result: writable.
    pub can_write: bool,
}

impl<'a> Wait<'a> {
    /// Waits for something to read (or the end).
    pub fn readable(fd: BorrowedFd<'a>) -> Wait<'a> {
        Wait { fd, reads: true, writable: false, ready: false, can_write: false }
    }
}

/// Waits until something is ready, at most `timeout_ms`; a signal ends the wait early.
pub fn wait(on: &mut [Wait<'_>], timeout_ms: i32) -> Result<()> {
    let events = |w: &Wait<'_>| {
        (if w.reads { libc::POLLIN } else { 0 }) | (if w.writable { libc::POLLOUT } else { 0 })
    };
    let mut fds: Vec<libc::pollfd> = on
        .iter()
        .map(|w| libc::pollfd { fd: w.fd.as_raw_fd(), events: events(w), revents: 0 })
        .collect();
    // SAFETY: `fds` is live and its length is given; the descriptors are borrowed, hence open.
    let n = unsafe { libc::poll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, timeout_ms) };
    if n < 0 {
        let error = io::Error::last_os_error();
        if error.raw_os_error() != Some(libc::EINTR) {
            return Err(Error::new(format!("wait for {} descriptors: {error}", fds.len())));
        }
        fds.iter_mut().for_each(|f| f.revents = 0);
    }
    for (w, f) in on.iter_mut().zip(&fds) {
        w.ready = f.revents & !libc::POLLOUT != 0;
        w.can_write = f.revents & libc::POLLOUT != 0;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_travel_only_where_they_are_asked_for() {
        let (a, b) = Connection::pair().unwrap();
        let file = crate::shm::memfd::create("travel", 64).unwrap();
        for _ in 0..2 {
            assert_eq!(
                a.send_with_files(b"hello", &[file.as_fd(), file.as_fd()]).unwrap(),
                Sent::Done
            );
        }
        let mut buffer = [0; 16];
        let mut files = Vec::new();
        assert_eq!(b.receive(&mut buffer).unwrap(), Received::Message(5));
        assert_eq!(b.receive_with_files(&mut buffer, &mut files).unwrap(), Received::Message(5));
        assert_eq!(files.len(), 2);
        assert_eq!(files[1].metadata().unwrap().len(), 64);
        drop(a);
        assert_eq!(b.receive(&mut buffer).unwrap(), Received::Closed);
        assert_eq!(b.send(b"x").unwrap(), Sent::Closed);
    }

    #[test]
    fn the_kernel_says_who_it_is() {
        let (a, _b) = Connection::pair().unwrap();
        assert_eq!(a.peer().unwrap().pid, std::process::id() as i32);
    }

    #[test]
    fn a_long_path_is_refused_with_the_remedy() {
        let path = std::path::PathBuf::from(format!("/{}", "x".repeat(200)));
        let text = Connection::connect(&path).err().unwrap().to_string();
        assert!(text.contains("shorter state directory"), "{text}");
    }
}
