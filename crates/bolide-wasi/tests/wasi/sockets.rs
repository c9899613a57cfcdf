//! `sock_*` on sockets of the host.

use crate::harness::Guest;
use crate::poll::{Sub, poll};
use bolide_wasi::{Errno, Rights, WasiCtxBuilder};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;

/// The first descriptor after the standard streams.
const SOCKET: i64 = 3;
const NONBLOCK: i64 = 4;
const PEEK: i64 = 1;
const WAITALL: i64 = 2;

fn with_pair() -> (Guest, UnixStream) {
    let (guest, host) = UnixStream::pair().unwrap();
    let mut builder = WasiCtxBuilder::new();
    builder.preopened_socket(guest).unwrap();
    (Guest::new(builder.build()), host)
}

fn recv(guest: &mut Guest, fd: i64, len: usize, flags: i64) -> Result<(Vec<u8>, u16), Errno> {
    let buffer = guest.alloc(len);
    let iovs = guest.iovs(&[
        (buffer, len / 2),
        (buffer + (len / 2) as i64, len - len / 2),
    ]);
    let out = guest.alloc(8);
    match call!(guest, "sock_recv", fd, iovs, 2, flags, out, out + 4) {
        Errno::Success => {
            let read = guest.bytes(buffer, guest.u32(out) as usize).to_vec();
            Ok((read, guest.u16(out + 4)))
        }
        errno => Err(errno),
    }
}

fn send(guest: &mut Guest, fd: i64, bytes: &[u8], flags: i64) -> Result<u32, Errno> {
    let buffer = guest.put(bytes);
    let iovs = guest.iovs(&[(buffer, bytes.len())]);
    let out = guest.alloc(4);
    match call!(guest, "sock_send", fd, iovs, 1, flags, out) {
        Errno::Success => Ok(guest.u32(out)),
        errno => Err(errno),
    }
}

#[test]
fn connections_are_accepted_and_carry_data() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut builder = WasiCtxBuilder::new();
    builder.preopened_socket(listener).unwrap();
    let mut guest = Guest::new(builder.build());
    let (filetype, _, base, inheriting) = guest.fdstat(SOCKET).unwrap();
    assert_eq!(
        (filetype, base, inheriting),
        (6, Rights::LISTENER, Rights::SOCKET)
    );

    let fd = guest.alloc(4);
    ok!(guest, "fd_fdstat_set_flags", SOCKET, NONBLOCK);
    assert_eq!(call!(guest, "sock_accept", SOCKET, 0, fd), Errno::Again);
    let soon = Sub::Clock(1, 1_000_000, 0);
    assert_eq!(
        poll(&mut guest, &[Sub::Read(SOCKET), soon]).unwrap()[0].0,
        1
    );

    let mut client = TcpStream::connect(address).unwrap();
    assert_eq!(poll(&mut guest, &[Sub::Read(SOCKET)]).unwrap()[0].2, 1);
    ok!(guest, "sock_accept", SOCKET, NONBLOCK, fd);
    let fd = i64::from(guest.u32(fd));
    let (filetype, flags, base, _) = guest.fdstat(fd).unwrap();
    assert_eq!(
        (filetype, i64::from(flags), base),
        (6, NONBLOCK, Rights::SOCKET)
    );

    assert_eq!(recv(&mut guest, fd, 10, 0), Err(Errno::Again));
    client.write_all(b"hello").unwrap();
    poll(&mut guest, &[Sub::Read(fd)]).unwrap();
    assert_eq!(recv(&mut guest, fd, 10, PEEK), Ok((b"hello".to_vec(), 0)));
    assert_eq!(recv(&mut guest, fd, 10, 0), Ok((b"hello".to_vec(), 0)));
    assert_eq!(send(&mut guest, fd, b"world", 0), Ok(5));
    ok!(guest, "sock_shutdown", fd, 2);
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "world");
    drop(client);
    poll(&mut guest, &[Sub::Read(fd)]).unwrap();
    assert_eq!(recv(&mut guest, fd, 10, 0), Ok((vec![], 0)));
}

#[test]
fn accepted_connections_get_no_more_than_the_listener_passes_on() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let mut builder = WasiCtxBuilder::new();
    builder.preopened_socket(listener).unwrap();
    let mut guest = Guest::new(builder.build());
    let base = Rights::SOCK_ACCEPT.bits() as i64;
    let inheriting = (Rights::FD_READ | Rights::SOCK_SHUTDOWN).bits() as i64;
    ok!(guest, "fd_fdstat_set_rights", SOCKET, base, inheriting);
    let fd = guest.alloc(4);
    ok!(guest, "sock_accept", SOCKET, 0, fd);
    let fd = i64::from(guest.u32(fd));
    assert_eq!(
        guest.fdstat(fd).unwrap().2,
        Rights::FD_READ | Rights::SOCK_SHUTDOWN
    );
    assert_eq!(send(&mut guest, fd, b"x", 0), Err(Errno::Notcapable));
    ok!(guest, "fd_fdstat_set_rights", SOCKET, 0, 0);
    assert_eq!(call!(guest, "sock_accept", SOCKET, 0, 0), Errno::Notcapable);
}

#[test]
fn reading_and_writing_are_receiving_and_sending() {
    let (mut guest, mut host) = with_pair();
    assert_eq!(guest.write(SOCKET, b"ping"), Ok(4));
    let mut bytes = [0; 4];
    host.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"ping");
    host.write_all(b"pong").unwrap();
    assert_eq!(guest.read(SOCKET, 10).unwrap(), b"pong");
    assert_eq!(guest.seek(SOCKET, 0, 0), Err(Errno::Spipe));
    assert_eq!(guest.fstat(SOCKET).unwrap().filetype, 6);
}

#[test]
fn waiting_for_all_fills_the_buffers() {
    let (mut guest, mut host) = with_pair();
    let writer = std::thread::spawn(move || {
        for part in [b"12", b"34", b"56"] {
            host.write_all(part).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        host
    });
    assert_eq!(
        recv(&mut guest, SOCKET, 6, WAITALL),
        Ok((b"123456".to_vec(), 0))
    );
    drop(writer.join().unwrap());
}

#[test]
fn a_datagram_that_does_not_fit_is_reported() {
    let host = UdpSocket::bind("127.0.0.1:0").unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(host.local_addr().unwrap()).unwrap();
    host.connect(socket.local_addr().unwrap()).unwrap();
    let mut builder = WasiCtxBuilder::new();
    builder.preopened_socket(socket).unwrap();
    let mut guest = Guest::new(builder.build());
    assert_eq!(guest.fdstat(SOCKET).unwrap().0, 5);
    host.send(b"0123456789").unwrap();
    assert_eq!(recv(&mut guest, SOCKET, 4, 0), Ok((b"0123".to_vec(), 1)));
    host.send(b"0123").unwrap();
    assert_eq!(recv(&mut guest, SOCKET, 4, 0), Ok((b"0123".to_vec(), 0)));
    assert_eq!(send(&mut guest, SOCKET, b"answer", 0), Ok(6));
    let mut buffer = [0; 16];
    assert_eq!(host.recv(&mut buffer).unwrap(), 6);
}

#[test]
fn a_closed_connection_is_an_error_and_not_a_signal() {
    let (mut guest, host) = with_pair();
    drop(host);
    assert_eq!(send(&mut guest, SOCKET, b"x", 0), Err(Errno::Pipe));
    assert_eq!(guest.write(SOCKET, b"x"), Err(Errno::Pipe));
    assert_eq!(recv(&mut guest, SOCKET, 4, 0), Ok((vec![], 0)));
    let events = poll(&mut guest, &[Sub::Read(SOCKET)]).unwrap();
    assert_eq!(events[0].4, 1, "not reported as hung up");
}

#[test]
fn shutting_down() {
    for (how, errno) in [
        (1, Errno::Success),
        (2, Errno::Success),
        (3, Errno::Success),
        (0, Errno::Inval),
        (4, Errno::Inval),
        (-1, Errno::Inval),
    ] {
        let (mut guest, _host) = with_pair();
        assert_eq!(call!(guest, "sock_shutdown", SOCKET, how), errno, "{how}");
    }
}

#[test]
fn errors_of_sockets() {
    let (mut guest, _host) = with_pair();
    let out = guest.alloc(16);
    for fd in [0, 1, 99] {
        let errno = if fd == 99 {
            Errno::Badf
        } else {
            Errno::Notsock
        };
        assert_eq!(call!(guest, "sock_accept", fd, 0, out), errno);
        assert_eq!(recv(&mut guest, fd, 4, 0), Err(errno));
        assert_eq!(send(&mut guest, fd, b"x", 0), Err(errno));
        assert_eq!(call!(guest, "sock_shutdown", fd, 1), errno);
    }
    assert_eq!(
        call!(guest, "sock_accept", SOCKET, 0, out),
        Errno::Notcapable
    );
    assert_eq!(recv(&mut guest, SOCKET, 4, 4), Err(Errno::Inval));
    assert_eq!(send(&mut guest, SOCKET, b"x", 1), Err(Errno::Inval));
    let iovs = guest.put(&[0; 8]);
    for (nread, ro_flags, errno) in [
        (-4, out, Errno::Fault),
        (out, -2, Errno::Fault),
        (out + 1, out, Errno::Inval),
        (out, out + 1, Errno::Inval),
    ] {
        let result = call!(guest, "sock_recv", SOCKET, iovs, 1, 0, nread, ro_flags);
        assert_eq!(result, errno);
    }
    assert_eq!(
        call!(guest, "sock_send", SOCKET, iovs, -1, 0, out),
        Errno::Fault
    );
}

#[test]
fn sockets_come_after_directories_and_must_be_sockets() {
    use bolide_wasi::{DirPerms, FilePerms};
    let dir = tempfile::tempdir().unwrap();
    let (socket, _host) = UnixStream::pair().unwrap();
    let mut builder = WasiCtxBuilder::new();
    builder
        .preopened_socket(socket)
        .unwrap()
        .preopened_dir(dir.path(), "/", DirPerms::all(), FilePerms::all())
        .unwrap();
    let file = std::fs::File::create(dir.path().join("file")).unwrap();
    assert!(builder.preopened_socket(file).is_err());
    let mut guest = Guest::new(builder.build());
    assert_eq!(guest.fdstat(3).unwrap().0, 3);
    assert_eq!(guest.fdstat(4).unwrap().0, 6);
    assert_eq!(guest.fdstat(5), Err(Errno::Badf));
}
