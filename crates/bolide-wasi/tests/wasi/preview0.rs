//! Preview 0: where its records and numbers differ.

use crate::harness::{DIR, Guest};
use crate::poll::{Sub, poll};
use bolide_wasi::{Abi, Errno, Rights, WasiCtxBuilder};

#[test]
fn whence_is_numbered_cur_end_set() {
    let (mut guest, _dir) = Guest::in_dir();
    let fd = guest.create("file");
    guest.write(fd, &[0; 100]).unwrap();
    guest.abi = Abi::Preview0;
    for (offset, whence, expected) in [
        (10, 2, Ok(10)),
        (5, 0, Ok(15)),
        (-1, 1, Ok(99)),
        (0, 0, Ok(99)),
        (0, 3, Err(Errno::Inval)),
    ] {
        assert_eq!(
            guest.seek(fd, offset, whence),
            expected,
            "seek({offset}, {whence})"
        );
    }
}

#[test]
fn filestat_has_a_link_count_of_32_bits() {
    let (mut guest, _dir) = Guest::in_dir();
    let fd = guest.create("file");
    guest.write(fd, b"12345").unwrap();
    ok!(guest, "fd_filestat_set_times", fd, 7_000, 8_000, 5);
    ok!(guest, "path_link", DIR, 0, "file", DIR, "other");
    let new = guest.alloc(64);
    ok!(guest, "fd_filestat_get", fd, new);
    guest.abi = Abi::Preview0;
    let old = guest.put(&[0xee; 64]);
    let check = |guest: &Guest| {
        assert_eq!(guest.bytes(old, 16), guest.bytes(new, 16), "dev and ino");
        assert_eq!(guest.bytes(old + 16, 4), [4, 0, 0, 0]);
        assert_eq!(guest.u32(old + 20), 2);
        assert_eq!(guest.u64(old + 24), 5);
        assert_eq!(guest.u64(old + 32), 7_000);
        assert_eq!(guest.u64(old + 40), 8_000);
        assert_eq!(guest.u64(old + 48), guest.u64(new + 56), "ctim");
        assert_eq!(
            guest.bytes(old + 56, 8),
            [0xee; 8],
            "wrote behind the record"
        );
    };
    ok!(guest, "fd_filestat_get", fd, old);
    check(&guest);
    ok!(guest, "path_filestat_get", DIR, 0, "file", old);
    check(&guest);
    // The smaller record fits where the larger does not.
    let end = guest.memory.len() as i64;
    ok!(guest, "fd_filestat_get", fd, end - 56);
    guest.abi = Abi::Preview1;
    assert_eq!(call!(guest, "fd_filestat_get", fd, end - 56), Errno::Fault);
}

#[test]
fn subscriptions_have_an_identifier() {
    let (mut guest, _dir) = Guest::in_dir();
    let fd = guest.create("file");
    guest.abi = Abi::Preview0;
    let subs = [
        Sub::Clock(1, 86_400_000_000_000, 0),
        Sub::Clock(1, 1_000, 0),
        Sub::Clock(9, 0, 0),
    ];
    let events = poll(&mut guest, &subs[..2]).unwrap();
    assert_eq!(events, [(1, 0, 0, 0, 0)]);
    let events = poll(&mut guest, &subs).unwrap();
    assert_eq!(events, [(2, Errno::Inval.raw(), 0, 0, 0)]);
    let events = poll(&mut guest, &[subs[0], Sub::Read(fd), Sub::Write(fd)]).unwrap();
    assert_eq!(events, [(1, 0, 1, 0, 0), (2, 0, 2, 0, 0)]);
    assert_eq!(poll(&mut guest, &[]), Err(Errno::Inval));
}

#[test]
fn sockets_cannot_be_accepted() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut builder = WasiCtxBuilder::new();
    builder.preopened_socket(listener).unwrap();
    let mut guest = Guest::new(builder.build());
    guest.abi = Abi::Preview0;
    assert_eq!(call!(guest, "sock_accept", 3, 0, 1024), Errno::Nosys);
    let rights = guest.fdstat(3).unwrap().2;
    assert_eq!(rights, Rights::LISTENER - Rights::SOCK_ACCEPT);
}

#[test]
fn the_rest_is_the_same() {
    let (mut guest, dir) = Guest::in_dir();
    guest.abi = Abi::Preview0;
    let fd = guest.create("file");
    guest.write(fd, b"text").unwrap();
    assert_eq!(std::fs::read(dir.path().join("file")).unwrap(), b"text");
    assert_eq!(guest.fdstat(DIR).unwrap().0, 3);
    assert_eq!(call!(guest, "no_such_function", 0), Errno::Nosys);
}
