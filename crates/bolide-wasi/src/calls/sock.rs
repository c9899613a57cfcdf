//! `sock_*`.

use crate::error::Result;
use crate::handle::attempt;
use crate::memory::GuestMemory;
use crate::table::{Entry, SocketEntry};
use crate::types::{FdFlags, FromArg, RiFlags, Rights, SdFlags};
use crate::{Errno, WasiCtx};
use rustix::event::PollFlags;
use rustix::net::{
    RecvAncillaryBuffer, RecvFlags, ReturnFlags, SendAncillaryBuffer, SendFlags, Shutdown,
    SocketFlags,
};
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::AsFd;

/// `roflags`: the message was longer than the buffers.
const RECV_DATA_TRUNCATED: u16 = 1;

impl WasiCtx {
    /// `sock_accept`: takes a connection from a listening socket, gives it the flags `flags` and
    /// writes its descriptor to `result`.
    pub fn sock_accept(
        &mut self,
        mem: &mut GuestMemory<'_>,
        fd: i32,
        flags: i32,
        result: i32,
    ) -> Result {
        mem.check_out::<u32>(result)?;
        let (entry, listener) = self.table.socket(fd, Rights::SOCK_ACCEPT)?;
        let flags = FdFlags::from_arg(flags)?;
        if !(flags - FdFlags::NONBLOCK).is_empty() {
            return Err(Errno::Inval.into());
        }
        let inheriting = entry.inheriting;
        let accepted = attempt(listener.fd.as_fd(), PollFlags::IN, entry.flags, || {
            rustix::net::accept_with(&listener.fd, SocketFlags::CLOEXEC)
        })?;
        let mut accepted = Entry::socket(accepted, flags)?;
        accepted.base &= inheriting;
        let fd = self.table.insert(accepted)?;
        Ok(mem.write(result, fd)?)
    }

    /// `sock_recv`: receives into the buffers that the `data_len` records at `data` describe;
    /// writes the number of bytes to `nread` and the flags of the message to `ro_flags`.
    #[allow(clippy::too_many_arguments)]
    pub fn sock_recv(
        &mut self,
        mem: &mut GuestMemory<'_>,
        fd: i32,
        data: i32,
        data_len: i32,
        ri_flags: i32,
        nread: i32,
        ro_flags: i32,
    ) -> Result {
        mem.check_out::<u32>(nread)?;
        mem.check_out::<u16>(ro_flags)?;
        let (entry, socket) = self.table.socket(fd, Rights::FD_READ)?;
        let ri_flags = RiFlags::from_arg(ri_flags)?;
        let mut host_flags = RecvFlags::empty();
        if ri_flags.contains(RiFlags::RECV_PEEK) {
            host_flags |= RecvFlags::PEEK;
        }
        if ri_flags.contains(RiFlags::RECV_WAITALL) {
            host_flags |= RecvFlags::WAITALL;
        }
        let mut buffers = mem.io_slices_mut(data, data_len)?;
        let (read, truncated) = receive(socket, &mut buffers, host_flags, entry.flags)?;
        mem.write(nread, read as u32)?;
        let flags = if truncated { RECV_DATA_TRUNCATED } else { 0 };
        Ok(mem.write(ro_flags, flags)?)
    }

    /// `sock_send`: sends the buffers that the `data_len` records at `data` describe, and writes
    /// the number of bytes taken to `nwritten`. There are no flags: `si_flags` must be 0.
    pub fn sock_send(
        &mut self,
        mem: &mut GuestMemory<'_>,
        fd: i32,
        data: i32,
        data_len: i32,
        si_flags: i32,
        nwritten: i32,
    ) -> Result {
        mem.check_out::<u32>(nwritten)?;
        let (entry, socket) = self.table.socket(fd, Rights::FD_WRITE)?;
        if si_flags != 0 {
            return Err(Errno::Inval.into());
        }
        let buffers = mem.io_slices(data, data_len)?;
        let written = send(socket, &buffers, entry.flags)?;
        Ok(mem.write(nwritten, written as u32)?)
    }

    /// `sock_shutdown`: closes one or both directions of a connection.
    pub fn sock_shutdown(&mut self, _mem: &mut GuestMemory<'_>, fd: i32, how: i32) -> Result {
        let (_, socket) = self.table.socket(fd, Rights::SOCK_SHUTDOWN)?;
        let how = SdFlags::from_arg(how)?;
        let how = match (how.contains(SdFlags::RD), how.contains(SdFlags::WR)) {
            (true, true) => Shutdown::Both,
            (true, false) => Shutdown::Read,
            (false, true) => Shutdown::Write,
            (false, false) => return Err(Errno::Inval.into()),
        };
        Ok(rustix::net::shutdown(&socket.fd, how)?)
    }
}

/// Receives; also tells whether a datagram was cut off.
pub(super) fn receive(
    socket: &SocketEntry,
    buffers: &mut [IoSliceMut<'_>],
    host_flags: RecvFlags,
    flags: FdFlags,
) -> std::result::Result<(usize, bool), Errno> {
    let host_flags = if flags.contains(FdFlags::NONBLOCK) {
        host_flags | RecvFlags::DONTWAIT
    } else {
        host_flags
    };
    let message = attempt(socket.fd.as_fd(), PollFlags::IN, flags, || {
        let mut control = RecvAncillaryBuffer::default();
        rustix::net::recvmsg(&socket.fd, buffers, &mut control, host_flags)
    })?;
    Ok((message.bytes, message.flags.contains(ReturnFlags::TRUNC)))
}

/// Sends. A closed connection is `pipe`, never a signal to the host.
pub(super) fn send(
    socket: &SocketEntry,
    buffers: &[IoSlice<'_>],
    flags: FdFlags,
) -> std::result::Result<usize, Errno> {
    let mut host_flags = SendFlags::NOSIGNAL;
    if flags.contains(FdFlags::NONBLOCK) {
        host_flags |= SendFlags::DONTWAIT;
    }
    attempt(socket.fd.as_fd(), PollFlags::OUT, flags, || {
        let mut control = SendAncillaryBuffer::default();
        rustix::net::sendmsg(&socket.fd, buffers, &mut control, host_flags)
    })
}
