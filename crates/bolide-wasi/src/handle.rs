//! Open files of the operating system, as descriptors use them.

use crate::Errno;
use crate::types::FdFlags;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno as HostErrno, ReadWriteFlags};
use std::io::{IoSlice, IoSliceMut, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// An open file of the operating system.
///
/// Its flags are kept in the descriptor and passed with each operation, so that what the guest sets
/// holds for this descriptor alone, and `fd_pwrite` is not turned into an append.
#[derive(Debug)]
pub(crate) enum Handle {
    /// A file that belongs to the guest.
    Owned(OwnedFd),
    /// The host's own standard input, which stays open when the guest closes it.
    Stdin(std::io::Stdin),
    /// The host's own standard output.
    Stdout(std::io::Stdout),
    /// The host's own standard error.
    Stderr(std::io::Stderr),
}

impl AsFd for Handle {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Handle::Owned(fd) => fd.as_fd(),
            Handle::Stdin(stdin) => stdin.as_fd(),
            Handle::Stdout(stdout) => stdout.as_fd(),
            Handle::Stderr(stderr) => stderr.as_fd(),
        }
    }
}

/// Bytes that a pipe takes without blocking whenever it is ready for writing (`PIPE_BUF`).
const PIPE_ATOMIC: usize = 4096;

impl Handle {
    pub(crate) fn read(
        &self,
        buffers: &mut [IoSliceMut<'_>],
        flags: FdFlags,
    ) -> Result<usize, Errno> {
        attempt(self.as_fd(), PollFlags::IN, flags, || {
            rustix::io::readv(self, buffers)
        })
    }

    pub(crate) fn write(&self, buffers: &[IoSlice<'_>], flags: FdFlags) -> Result<usize, Errno> {
        if let Handle::Stdout(stdout) = self {
            // Keeps the order of what the host printed before, even without a newline at its end.
            stdout.lock().flush()?;
        }
        if flags.contains(FdFlags::NONBLOCK) && self.is_pipe() {
            return match buffers.iter().find(|b| !b.is_empty()) {
                Some(first) => {
                    let part = &first[..first.len().min(PIPE_ATOMIC)];
                    attempt(self.as_fd(), PollFlags::OUT, flags, || {
                        rustix::io::write(self, part)
                    })
                }
                None => Ok(0),
            };
        }
        attempt(self.as_fd(), PollFlags::OUT, flags, || {
            self.write_once(buffers, flags)
        })
    }

    fn write_once(&self, buffers: &[IoSlice<'_>], flags: FdFlags) -> Result<usize, HostErrno> {
        let host_flags = write_flags(flags);
        if host_flags.is_empty() {
            return rustix::io::writev(self, buffers);
        }
        // At offset -1 the file's position is used and moved.
        match rustix::io::pwritev2(self, buffers, u64::MAX, host_flags) {
            Err(HostErrno::OPNOTSUPP | HostErrno::NOSYS) => {
                if flags.contains(FdFlags::APPEND) {
                    rustix::fs::seek(self, rustix::fs::SeekFrom::End(0))?;
                }
                let written = rustix::io::writev(self, buffers)?;
                self.sync_written(flags)?;
                Ok(written)
            }
            result => result,
        }
    }

    pub(crate) fn read_at(
        &self,
        buffers: &mut [IoSliceMut<'_>],
        offset: u64,
    ) -> Result<usize, Errno> {
        check_offset(offset)?;
        Ok(retry(|| rustix::io::preadv(self, buffers, offset))?)
    }

    pub(crate) fn write_at(
        &self,
        buffers: &[IoSlice<'_>],
        offset: u64,
        flags: FdFlags,
    ) -> Result<usize, Errno> {
        check_offset(offset)?;
        let host_flags = write_flags(flags - FdFlags::APPEND);
        if host_flags.is_empty() {
            return Ok(retry(|| rustix::io::pwritev(self, buffers, offset))?);
        }
        match retry(|| rustix::io::pwritev2(self, buffers, offset, host_flags)) {
            Err(HostErrno::OPNOTSUPP | HostErrno::NOSYS) => {
                let written = retry(|| rustix::io::pwritev(self, buffers, offset))?;
                self.sync_written(flags)?;
                Ok(written)
            }
            result => Ok(result?),
        }
    }

    fn sync_written(&self, flags: FdFlags) -> Result<(), HostErrno> {
        if flags.intersects(FdFlags::SYNC | FdFlags::RSYNC) {
            rustix::fs::fsync(self)
        } else if flags.contains(FdFlags::DSYNC) {
            rustix::fs::fdatasync(self)
        } else {
            Ok(())
        }
    }

    fn is_pipe(&self) -> bool {
        rustix::fs::fstat(self).is_ok_and(|stat| {
            rustix::fs::FileType::from_raw_mode(stat.st_mode) == rustix::fs::FileType::Fifo
        })
    }
}

/// Runs an operation on a descriptor, waiting or not as the guest asked.
///
/// The host may share the open file with other processes, so its own blocking mode is neither
/// relied on nor changed: a guest that blocks waits where the host's mode does not, and one that
/// does not block looks first where the host's mode does.
pub(crate) fn attempt<T>(
    fd: BorrowedFd<'_>,
    ready: PollFlags,
    flags: FdFlags,
    mut operation: impl FnMut() -> Result<T, HostErrno>,
) -> Result<T, Errno> {
    let nonblock = flags.contains(FdFlags::NONBLOCK);
    if nonblock && !wait(fd, ready, false)? {
        return Err(Errno::Again);
    }
    loop {
        match operation() {
            Err(HostErrno::INTR) => {}
            Err(HostErrno::AGAIN) if !nonblock => {
                wait(fd, ready, true)?;
            }
            result => return Ok(result?),
        }
    }
}

/// Whether the descriptor is ready for `flags`, or in error; with `block` waits until it is.
pub(crate) fn wait(fd: BorrowedFd<'_>, flags: PollFlags, block: bool) -> Result<bool, HostErrno> {
    let timeout = rustix::time::Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    let mut fds = [PollFd::new(&fd, flags)];
    let timeout = if block { None } else { Some(&timeout) };
    Ok(retry(|| poll(&mut fds, timeout))? > 0)
}

/// Repeats a system call for as long as a signal interrupts it: guests have no signals to handle.
pub(crate) fn retry<T>(mut call: impl FnMut() -> Result<T, HostErrno>) -> Result<T, HostErrno> {
    loop {
        match call() {
            Err(HostErrno::INTR) => {}
            result => return result,
        }
    }
}

/// Offsets are signed on the host: what does not fit is refused as POSIX does.
pub(crate) fn check_offset(offset: u64) -> Result<(), Errno> {
    i64::try_from(offset).map(drop).map_err(|_| Errno::Inval)
}

fn write_flags(flags: FdFlags) -> ReadWriteFlags {
    let mut host = ReadWriteFlags::empty();
    if flags.contains(FdFlags::APPEND) {
        host |= ReadWriteFlags::APPEND;
    }
    // On Linux `O_RSYNC` is `O_SYNC`.
    if flags.intersects(FdFlags::SYNC | FdFlags::RSYNC) {
        host |= ReadWriteFlags::SYNC;
    } else if flags.contains(FdFlags::DSYNC) {
        host |= ReadWriteFlags::DSYNC;
    }
    host
}
