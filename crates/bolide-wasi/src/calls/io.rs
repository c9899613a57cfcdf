//! Reading and writing.

use super::sock;
use crate::error::Result;
use crate::handle::{retry, wait};
use crate::memory::GuestMemory;
use crate::table::{Entry, Object};
use crate::types::{FdFlags, Rights};
use crate::{Errno, WasiCtx};
use rustix::event::PollFlags;
use rustix::net::RecvFlags;
use std::io;

impl WasiCtx {
    /// `fd_read`: reads into the buffers that the `iovs_len` records at `iovs` describe, and
    /// writes the number of bytes read to `nread`; 0 is the end.
    pub fn fd_read(
        &mut self,
        mem: &mut GuestMemory<'_>,
        fd: i32,
        iovs: i32,
        iovs_len: i32,
        nread: i32,
    ) -> Result {
        mem.check_out::<u32>(nread)?;
        let entry = self.table.get_mut(fd)?;
        if let Object::Dir(_) = entry.object {
            return Err(Errno::Isdir.into());
        }
        entry.require(Rights::FD_READ)?;
        let flags = entry.flags;
        let mut buffers = mem.io_slices_mut(iovs, iovs_len)?;
        let read = match &mut entry.object {
            Object::File(file) => file.handle.read(&mut buffers, flags)?,
            Object::Socket(socket) => {
                sock::receive(socket, &mut buffers, RecvFlags::empty(), flags)?.0
            }
            Object::Input(stream) => {
                check_ready(stream.poll_handle(), PollFlags::IN, flags)?;
                repeat(|| stream.read(&mut buffers))?
            }
            Object::Dir(_) | Object::Output(_) => return Err(Errno::Badf.into()),
        };
        Ok(mem.write(nread, read as u32)?)
    }

    /// `fd_pread`: as `fd_read`, from `offset` and without moving the position.
    pub fn fd_pread(
        &mut self,
        mem: &mut GuestMemory<'_>,
        fd: i32,
        iovs: i32,
        iovs_len: i32,
        offset: i64,
        nread: i32,
    ) -> Result {
        mem.check_out::<u32>(nread)?;
        let rights = Rights::FD_READ | Rights::FD_SEEK;
        let (_, file) = self.table.seekable(fd, rights, Errno::Isdir)?;
        let mut buffers = mem.io_slices_mut(iovs, iovs_len)?;
        let read = file.handle.read_at(&mut buffers, offset as u64)?;
        Ok(mem.write(nread, read as u32)?)
    }

    /// `fd_write`: writes the buffers that the `iovs_len` records at `iovs` describe, and the
    /// number of bytes taken to `nwritten`.
    pub fn fd_write(
        &mut self,
        mem: &mut GuestMemory<'_>,
        fd: i32,
        iovs: i32,
        iovs_len: i32,
        nwritten: i32,
    ) -> Result {
        mem.check_out::<u32>(nwritten)?;
        let entry = self.table.get_mut(fd)?;
        if let Object::Dir(_) = entry.object {
            return Err(Errno::Badf.into());
        }
        entry.require(Rights::FD_WRITE)?;
        let written = write(entry, &mem.io_slices(iovs, iovs_len)?)?;
        Ok(mem.write(nwritten, written as u32)?)
    }

    /// `fd_pwrite`: as `fd_write`, at `offset` and without moving the position, also when the
    /// descriptor appends.
    pub fn fd_pwrite(
        &mut self,
        mem: &mut GuestMemory<'_>,
        fd: i32,
        iovs: i32,
        iovs_len: i32,
        offset: i64,
        nwritten: i32,
    ) -> Result {
        mem.check_out::<u32>(nwritten)?;
        let rights = Rights::FD_WRITE | Rights::FD_SEEK;
        let (entry, file) = self.table.seekable(fd, rights, Errno::Badf)?;
        let buffers = mem.io_slices(iovs, iovs_len)?;
        let written = file.handle.write_at(&buffers, offset as u64, entry.flags)?;
        Ok(mem.write(nwritten, written as u32)?)
    }
}

fn write(entry: &mut Entry, buffers: &[io::IoSlice<'_>]) -> std::result::Result<usize, Errno> {
    let flags = entry.flags;
    match &mut entry.object {
        Object::File(file) => file.handle.write(buffers, flags),
        Object::Socket(socket) => sock::send(socket, buffers, flags),
        Object::Output(stream) => {
            check_ready(stream.poll_handle(), PollFlags::OUT, flags)?;
            repeat(|| stream.write(buffers))
        }
        Object::Dir(_) | Object::Input(_) => Err(Errno::Badf),
    }
}

/// Refuses to use a stream that would block when the guest does not want to wait.
fn check_ready(
    handle: Option<std::os::fd::BorrowedFd<'_>>,
    ready: PollFlags,
    flags: FdFlags,
) -> std::result::Result<(), Errno> {
    match handle {
        Some(fd) if flags.contains(FdFlags::NONBLOCK) => {
            if retry(|| wait(fd, ready, false))? {
                Ok(())
            } else {
                Err(Errno::Again)
            }
        }
        _ => Ok(()),
    }
}

/// Runs an operation of an embedder's stream again when a signal interrupted it.
fn repeat(mut operation: impl FnMut() -> io::Result<usize>) -> std::result::Result<usize, Errno> {
    loop {
        match operation() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return Ok(result?),
        }
    }
}
