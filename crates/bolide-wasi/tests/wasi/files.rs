//! Open files: reading, writing, positions, sizes, times, flags, numbers.

use crate::harness::{DIR, Guest};
use bolide_wasi::{DirPerms, Errno, FdFlags, FilePerms, OFlags, Rights};
use std::fs;

const APPEND: i64 = FdFlags::APPEND.bits() as i64;

#[test]
fn what_is_written_is_read_back() {
    let (mut guest, dir) = Guest::in_dir();
    let fd = guest.create("file");
    assert_eq!(guest.write(fd, b"hello"), Ok(5));
    assert_eq!(guest.seek(fd, 0, 0), Ok(0));
    assert_eq!(guest.read(fd, 3), Ok(b"hel".to_vec()));
    assert_eq!(guest.read(fd, 10), Ok(b"lo".to_vec()));
    assert_eq!(guest.read(fd, 10), Ok(vec![]));
    assert_eq!(fs::read(dir.path().join("file")).unwrap(), b"hello");
}

#[test]
fn buffers_are_gathered_and_scattered_in_order() {
    let (mut guest, dir) = Guest::in_dir();
    let fd = guest.create("file");
    let (a, b) = (guest.put(b"abc"), guest.put(b"defgh"));
    let out = guest.alloc(4);
    let iovs = guest.iovs(&[(b, 5), (a, 0), (a, 3), (b, 2)]);
    ok!(guest, "fd_write", fd, iovs, 4, out);
    assert_eq!(guest.u32(out), 10);
    assert_eq!(fs::read(dir.path().join("file")).unwrap(), b"defghabcde");

    guest.seek(fd, 0, 0).unwrap();
    // The second buffer lies before the first in memory.
    let iovs = guest.iovs(&[(b, 4), (a, 2), (a + 2, 1)]);
    ok!(guest, "fd_read", fd, iovs, 3, out);
    assert_eq!(guest.u32(out), 7);
    assert_eq!(guest.bytes(b, 5), b"defgh");
    assert_eq!(guest.bytes(a, 3), b"habc"[..3].as_ref());
}

#[test]
fn overlapping_buffers_read_less_but_right() {
    let (mut guest, dir) = Guest::in_dir();
    fs::write(dir.path().join("file"), "0123456789").unwrap();
    let fd = guest
        .open("file", OFlags::empty(), Rights::FD_READ)
        .unwrap();
    let buffer = guest.alloc(16);
    let out = guest.alloc(4);
    let iovs = guest.iovs(&[(buffer, 4), (buffer + 2, 4), (buffer + 8, 2)]);
    ok!(guest, "fd_read", fd, iovs, 3, out);
    assert_eq!(guest.u32(out), 4);
    assert_eq!(guest.read(fd, 16), Ok(b"456789".to_vec()));
}

#[test]
fn more_buffers_than_the_host_takes_at_once_are_a_short_transfer() {
    let (mut guest, dir) = Guest::in_dir();
    let fd = guest.create("file");
    let byte = guest.put(b"x");
    let iovs = guest.iovs(&vec![(byte, 1); 5000]);
    let out = guest.alloc(4);
    ok!(guest, "fd_write", fd, iovs, 5000, out);
    let written = guest.u32(out);
    assert!((1..=5000).contains(&written));
    let size = fs::metadata(dir.path().join("file")).unwrap().len();
    assert_eq!(size, u64::from(written));

    // Many empty buffers in front are not the end of the file.
    let mut buffers = vec![(byte, 0); 5000];
    buffers.push((byte, 1));
    let iovs = guest.iovs(&buffers);
    guest.seek(fd, 0, 0).unwrap();
    ok!(guest, "fd_read", fd, iovs, 5001, out);
    assert_eq!(guest.u32(out), 1);
}

#[test]
fn lists_that_lie_about_their_size_are_refused() {
    let (mut guest, _dir) = Guest::in_dir();
    let fd = guest.create("file");
    let byte = guest.put(b"x");
    let (iovs, out) = (guest.iovs(&[(byte, 1)]), guest.alloc(8));
    let outside = guest.iovs(&[(byte, 1), (byte, u32::MAX as usize)]);
    for (iovs, len, out, errno) in [
        (iovs, -1, out, Errno::Fault),
        (iovs, i64::from(i32::MAX), out, Errno::Fault),
        (-8, 1, out, Errno::Fault),
        (iovs + 2, 1, out, Errno::Inval),
        (outside, 2, out, Errno::Fault),
        (iovs, 1, -4, Errno::Fault),
        (iovs, 1, out + 1, Errno::Inval),
    ] {
        for name in ["fd_read", "fd_write"] {
            let result = call!(guest, name, fd, iovs, len, out);
            assert_eq!(result, errno, "{name}({iovs}, {len}, {out})");
        }
        for name in ["fd_pread", "fd_pwrite"] {
            let result = call!(guest, name, fd, iovs, len, 0, out);
            assert_eq!(result, errno, "{name}({iovs}, {len}, {out})");
        }
    }
    assert_eq!(guest.fstat(fd).unwrap().size, 0, "a refused call wrote");
}

#[test]
fn positioned_transfers_leave_the_position() {
    let (mut guest, _dir) = Guest::in_dir();
    let fd = guest.create("file");
    guest.write(fd, b"0123456789").unwrap();
    let buffer = guest.put(b"ab");
    let (iovs, out) = (guest.iovs(&[(buffer, 2)]), guest.alloc(8));
    ok!(guest, "fd_pwrite", fd, iovs, 1, 4, out);
    assert_eq!(guest.u32(out), 2);
    ok!(guest, "fd_tell", fd, out);
    assert_eq!(guest.u64(out), 10);
    ok!(guest, "fd_pread", fd, iovs, 1, 5, out);
    assert_eq!(guest.bytes(buffer, 2), b"b6");
    ok!(guest, "fd_pread", fd, iovs, 1, 100, out);
    assert_eq!(guest.u32(out), 0);
    assert_eq!(call!(guest, "fd_pread", fd, iovs, 1, -1, out), Errno::Inval);
    assert_eq!(
        call!(guest, "fd_pwrite", fd, iovs, 1, -1, out),
        Errno::Inval
    );
}

#[test]
fn appending_writes_to_the_end_wherever_the_position_is() {
    let (mut guest, dir) = Guest::in_dir();
    let rights = Rights::REGULAR_FILE;
    let appender = guest
        .open_at(DIR, "file", OFlags::CREAT, rights, APPEND)
        .unwrap();
    let other = guest.open("file", OFlags::empty(), rights).unwrap();
    let out = guest.alloc(8);
    guest.write(other, b"abc").unwrap();
    guest.write(appender, b"d").unwrap();
    ok!(guest, "fd_tell", appender, out);
    assert_eq!(guest.u64(out), 4, "the position is behind what was written");
    guest.seek(appender, 0, 0).unwrap();
    guest.write(appender, b"e").unwrap();
    assert_eq!(fs::read(dir.path().join("file")).unwrap(), b"abcde");

    // fd_pwrite does not append, as POSIX says and Linux does not do.
    let buffer = guest.put(b"X");
    let iovs = guest.iovs(&[(buffer, 1)]);
    ok!(guest, "fd_pwrite", appender, iovs, 1, 0, out);
    assert_eq!(fs::read(dir.path().join("file")).unwrap(), b"Xbcde");

    ok!(guest, "fd_fdstat_set_flags", appender, 0);
    guest.seek(appender, 1, 0).unwrap();
    guest.write(appender, b"Y").unwrap();
    assert_eq!(fs::read(dir.path().join("file")).unwrap(), b"XYcde");
}

#[test]
fn flags_are_kept_and_unknown_ones_refused() {
    let (mut guest, _dir) = Guest::in_dir();
    for bits in 0..32 {
        let fd = guest
            .open_at(DIR, "file", OFlags::CREAT, Rights::REGULAR_FILE, bits)
            .unwrap();
        assert_eq!(i64::from(guest.fdstat(fd).unwrap().1), bits);
        ok!(guest, "fd_fdstat_set_flags", fd, 31 - bits);
        assert_eq!(i64::from(guest.fdstat(fd).unwrap().1), 31 - bits);
        assert_eq!(guest.write(fd, b"x"), Ok(1), "flags {bits:#b}");
        let iovs = guest.put(&[0; 8]);
        let out = guest.alloc(4);
        ok!(guest, "fd_pwrite", fd, iovs, 1, 0, out);
        for wrong in [32, 0x1_0000, -1] {
            assert_eq!(call!(guest, "fd_fdstat_set_flags", fd, wrong), Errno::Inval);
        }
        ok!(guest, "fd_close", fd);
    }
    assert_eq!(call!(guest, "fd_fdstat_set_flags", 99, 0), Errno::Badf);
}

#[test]
fn seeking() {
    let (mut guest, _dir) = Guest::in_dir();
    let fd = guest.create("file");
    guest.write(fd, &[0; 100]).unwrap();
    for (offset, whence, expected) in [
        (0, 1, Ok(100)),
        (-50, 1, Ok(50)),
        (10, 0, Ok(10)),
        (-10, 2, Ok(90)),
        (1000, 2, Ok(1100)),
        (-2000, 1, Err(Errno::Inval)),
        (-1, 0, Err(Errno::Inval)),
        (-101, 2, Err(Errno::Inval)),
        (0, 3, Err(Errno::Inval)),
        (0, -1, Err(Errno::Inval)),
        (0, 1, Ok(1100)),
    ] {
        assert_eq!(
            guest.seek(fd, offset, whence),
            expected,
            "seek({offset}, {whence})"
        );
    }
    assert_eq!(call!(guest, "fd_seek", fd, 0, 0, -8), Errno::Fault);
    assert_eq!(call!(guest, "fd_tell", fd, 4), Errno::Inval);
    assert_eq!(guest.seek(99, 0, 0), Err(Errno::Badf));
}

#[test]
fn sizes() {
    let (mut guest, _dir) = Guest::in_dir();
    let fd = guest.create("file");
    for (name, a, b, errno, size) in [
        ("fd_filestat_set_size", 100, 0, Errno::Success, 100),
        ("fd_filestat_set_size", 10, 0, Errno::Success, 10),
        ("fd_filestat_set_size", -1, 0, Errno::Inval, 10),
        ("fd_allocate", 0, 0, Errno::Inval, 10),
        ("fd_allocate", -1, 1, Errno::Inval, 10),
        ("fd_allocate", i64::MAX, 1, Errno::Fbig, 10),
        ("fd_allocate", 0, 5, Errno::Success, 10),
        ("fd_allocate", 100, 100, Errno::Success, 200),
    ] {
        assert_eq!(call!(guest, name, fd, a, b), errno, "{name}({a}, {b})");
        assert_eq!(
            guest.fstat(fd).unwrap().size,
            size,
            "after {name}({a}, {b})"
        );
    }
}

#[test]
fn advice_changes_nothing_visible() {
    let (mut guest, _dir) = Guest::in_dir();
    let fd = guest.create("file");
    for advice in 0..6 {
        ok!(guest, "fd_advise", fd, 10, 50, advice);
        ok!(guest, "fd_advise", fd, 0, 0, advice);
    }
    for (fd, offset, len, advice, errno) in [
        (fd, 0, 0, 6, Errno::Inval),
        (fd, 0, 0, -1, Errno::Inval),
        (fd, -1, 0, 0, Errno::Inval),
        (fd, 0, -1, 0, Errno::Inval),
        (DIR, 0, 0, 0, Errno::Badf),
        (99, 0, 0, 0, Errno::Badf),
    ] {
        assert_eq!(call!(guest, "fd_advise", fd, offset, len, advice), errno);
    }
    assert_eq!(guest.fstat(fd).unwrap().size, 0);
}

#[test]
fn files_and_directories_sync() {
    let (mut guest, _dir) = Guest::in_dir();
    let fd = guest.create("file");
    for name in ["fd_sync", "fd_datasync"] {
        ok!(guest, name, fd);
        ok!(guest, name, DIR);
        assert_eq!(call!(guest, name, 99), Errno::Badf);
        assert_eq!(call!(guest, name, 0), Errno::Inval);
    }
}

#[test]
fn times_are_set_to_what_is_asked() {
    let (mut guest, _dir) = Guest::in_dir();
    let fd = guest.create("file");
    const ATIM: i64 = 1;
    const ATIM_NOW: i64 = 2;
    const MTIM: i64 = 4;
    const MTIM_NOW: i64 = 8;
    let now = 1_600_000_000_000_000_000;
    for fd in [fd, DIR] {
        ok!(
            guest,
            "fd_filestat_set_times",
            fd,
            1_000_000_007,
            2_000_000_009,
            ATIM | MTIM
        );
        let stat = guest.fstat(fd).unwrap();
        assert_eq!((stat.atim, stat.mtim), (1_000_000_007, 2_000_000_009));
        ok!(guest, "fd_filestat_set_times", fd, 5, 6, 0);
        ok!(guest, "fd_filestat_set_times", fd, 5, 3_000_000_000, MTIM);
        let stat = guest.fstat(fd).unwrap();
        assert_eq!((stat.atim, stat.mtim), (1_000_000_007, 3_000_000_000));
        ok!(
            guest,
            "fd_filestat_set_times",
            fd,
            0,
            0,
            ATIM_NOW | MTIM_NOW
        );
        let stat = guest.fstat(fd).unwrap();
        assert!(stat.atim > now && stat.mtim > now);
        for flags in [ATIM | ATIM_NOW, MTIM | MTIM_NOW, 16, -1] {
            let result = call!(guest, "fd_filestat_set_times", fd, 0, 0, flags);
            assert_eq!(result, Errno::Inval, "flags {flags}");
        }
        assert_eq!(guest.fstat(fd).unwrap(), stat, "a refused call set times");
    }
    assert_eq!(
        call!(guest, "fd_filestat_set_times", 99, 0, 0, 0),
        Errno::Badf
    );
    assert_eq!(
        call!(guest, "fd_filestat_set_times", 1, 0, 0, 0),
        Errno::Notcapable
    );
}

#[test]
fn now_is_the_time_of_the_guests_clock() {
    struct Clock;
    impl bolide_wasi::HostWallClock for Clock {
        fn resolution(&self) -> std::time::Duration {
            std::time::Duration::from_nanos(1)
        }
        fn now(&self) -> std::time::Duration {
            std::time::Duration::new(77, 5)
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let mut builder = bolide_wasi::WasiCtxBuilder::new();
    builder
        .preopened_dir(dir.path(), "/", DirPerms::all(), FilePerms::all())
        .unwrap()
        .wall_clock(Clock);
    let mut guest = Guest::new(builder.build());
    guest.create("file");
    ok!(guest, "path_filestat_set_times", DIR, 0, "file", 0, 0, 8);
    assert_eq!(guest.stat("file", 0).unwrap().mtim, 77_000_000_005);
}

#[test]
fn attributes_of_files_and_directories() {
    let (mut guest, dir) = Guest::in_dir();
    let fd = guest.create("file");
    guest.write(fd, b"12345").unwrap();
    fs::hard_link(dir.path().join("file"), dir.path().join("other")).unwrap();
    let stat = guest.fstat(fd).unwrap();
    assert_eq!((stat.filetype, stat.size, stat.nlink), (4, 5, 2));
    assert_eq!(guest.stat("other", 0).unwrap(), stat);
    assert_eq!(guest.fstat(DIR).unwrap().filetype, 3);
    let out = guest.alloc(64);
    for (fd, out, errno) in [
        (99, out, Errno::Badf),
        (fd, out + 4, Errno::Inval),
        (fd, -8, Errno::Fault),
    ] {
        assert_eq!(call!(guest, "fd_filestat_get", fd, out), errno);
    }
}

#[test]
fn descriptors_are_closed_once_and_reused_from_the_lowest() {
    let (mut guest, _dir) = Guest::in_dir();
    let first = guest.create("a");
    let second = guest.create("b");
    assert_eq!((first, second), (4, 5));
    ok!(guest, "fd_close", first);
    assert_eq!(call!(guest, "fd_close", first), Errno::Badf);
    assert_eq!(guest.read(first, 1), Err(Errno::Badf));
    assert_eq!(guest.create("c"), first);
    for fd in [0, 1, 2, DIR] {
        ok!(guest, "fd_close", fd);
        assert_eq!(call!(guest, "fd_close", fd), Errno::Badf);
    }
    assert_eq!(call!(guest, "fd_close", -1), Errno::Badf);
}

#[test]
fn renumbering_moves_a_descriptor_onto_another() {
    let (mut guest, _dir) = Guest::in_dir();
    let from = guest.create("from");
    let to = guest.create("to");
    guest.write(from, b"1").unwrap();
    ok!(guest, "fd_renumber", from, to);
    assert_eq!(call!(guest, "fd_close", from), Errno::Badf);
    guest.write(to, b"2").unwrap();
    assert_eq!(guest.fstat(to).unwrap().size, 2);
    assert_eq!(guest.stat("to", 0).unwrap().size, 0);

    ok!(guest, "fd_renumber", to, to);
    assert_eq!(guest.fstat(to).unwrap().size, 2);
    for (from, to) in [(99, to), (to, 99), (to, from), (-1, to), (to, -1)] {
        assert_eq!(call!(guest, "fd_renumber", from, to), Errno::Badf);
    }
    // Onto a standard stream and a preopened directory.
    ok!(guest, "fd_renumber", DIR, 1);
    assert_eq!(guest.fstat(1).unwrap().filetype, 3);
    ok!(guest, "fd_renumber", to, 1);
    assert_eq!(guest.fstat(1).unwrap().filetype, 4);
}

#[test]
fn operations_on_directories_that_only_files_have() {
    let (mut guest, _dir) = Guest::in_dir();
    let iovs = guest.put(&[0; 8]);
    let out = guest.alloc(8);
    assert_eq!(call!(guest, "fd_read", DIR, iovs, 1, out), Errno::Isdir);
    assert_eq!(call!(guest, "fd_pread", DIR, iovs, 1, 0, out), Errno::Isdir);
    assert_eq!(call!(guest, "fd_write", DIR, iovs, 1, out), Errno::Badf);
    assert_eq!(call!(guest, "fd_pwrite", DIR, iovs, 1, 0, out), Errno::Badf);
    assert_eq!(call!(guest, "fd_seek", DIR, 0, 0, out), Errno::Badf);
    assert_eq!(call!(guest, "fd_tell", DIR, out), Errno::Badf);
    assert_eq!(call!(guest, "fd_allocate", DIR, 0, 1), Errno::Badf);
    assert_eq!(call!(guest, "fd_filestat_set_size", DIR, 0), Errno::Badf);
}

#[test]
fn preopened_directories_tell_their_names() {
    let dir = tempfile::tempdir().unwrap();
    let mut builder = bolide_wasi::WasiCtxBuilder::new();
    for name in ["/", "data"] {
        builder
            .preopened_dir(dir.path(), name, DirPerms::all(), FilePerms::all())
            .unwrap();
    }
    let mut guest = Guest::new(builder.build());
    let (stat, name) = (guest.alloc(8), guest.alloc(8));
    for (fd, expected) in [(3, "/"), (4, "data")] {
        ok!(guest, "fd_prestat_get", fd, stat);
        assert_eq!(guest.u32(stat), 0);
        let len = guest.u32(stat + 4);
        assert_eq!(len as usize, expected.len());
        ok!(guest, "fd_prestat_dir_name", fd, name, i64::from(len));
        assert_eq!(guest.bytes(name, len as usize), expected.as_bytes());
    }
    ok!(guest, "fd_prestat_dir_name", 4, name, 8);
    assert_eq!(
        call!(guest, "fd_prestat_dir_name", 4, name, 3),
        Errno::Nametoolong
    );
    assert_eq!(call!(guest, "fd_prestat_dir_name", 4, -1, 4), Errno::Fault);
    assert_eq!(call!(guest, "fd_prestat_get", 4, stat + 2), Errno::Inval);
    let opened = guest
        .open(".", OFlags::DIRECTORY, Rights::DIRECTORY)
        .unwrap();
    for fd in [0, opened, 99] {
        assert_eq!(call!(guest, "fd_prestat_get", fd, stat), Errno::Badf);
        assert_eq!(
            call!(guest, "fd_prestat_dir_name", fd, name, 8),
            Errno::Badf
        );
    }
}

#[test]
fn a_directory_that_does_not_exist_cannot_be_given() {
    let mut builder = bolide_wasi::WasiCtxBuilder::new();
    let error = builder
        .preopened_dir("no/such/dir", "/", DirPerms::all(), FilePerms::all())
        .unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
    assert!(error.to_string().contains("no/such/dir"), "{error}");
}
