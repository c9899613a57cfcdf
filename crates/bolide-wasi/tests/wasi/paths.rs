//! Paths: what each function does, and the errors that POSIX programs expect.

use crate::harness::{DIR, FOLLOW, Guest};
use bolide_wasi::{Errno, OFlags, Rights};
use std::fs;
use std::os::unix::fs::symlink;

/// A directory with a file, an empty and a full directory, and links.
fn populated() -> (Guest, tempfile::TempDir) {
    let (guest, dir) = Guest::in_dir();
    let root = dir.path();
    fs::write(root.join("file"), "text").unwrap();
    fs::create_dir(root.join("empty")).unwrap();
    fs::create_dir(root.join("full")).unwrap();
    fs::write(root.join("full/inner"), "").unwrap();
    symlink("file", root.join("to_file")).unwrap();
    symlink("full", root.join("to_full")).unwrap();
    symlink("nothing", root.join("dangling")).unwrap();
    symlink("loop", root.join("loop")).unwrap();
    (guest, dir)
}

/// Calls functions with one path in descriptor 3, each in a fresh directory.
fn check_one_path(name: &str, cases: &[(&str, Errno)]) {
    for &(path, errno) in cases {
        let (mut guest, _dir) = populated();
        assert_eq!(call!(guest, name, DIR, path), errno, "{name} {path:?}");
    }
    let long = "n".repeat(256);
    let longer = "n/".repeat(3000);
    for (path, errno) in [
        ("", Errno::Noent),
        ("a\0b", Errno::Inval),
        (long.as_str(), Errno::Nametoolong),
        (longer.as_str(), Errno::Nametoolong),
        ("file/x", Errno::Notdir),
        ("nothing/x", Errno::Noent),
        ("loop/x", Errno::Loop),
    ] {
        let (mut guest, _dir) = populated();
        assert_eq!(call!(guest, name, DIR, path), errno, "{name} {path:?}");
        assert_eq!(call!(guest, name, 99, path), Errno::Badf);
        assert_eq!(call!(guest, name, 0, path), Errno::Notdir);
        assert_eq!(call!(guest, name, DIR, 0, -1), Errno::Fault);
    }
}

#[test]
fn path_create_directory() {
    check_one_path(
        "path_create_directory",
        &[
            ("new", Errno::Success),
            ("new/", Errno::Success),
            ("full/new", Errno::Success),
            ("to_full/new", Errno::Success),
            ("./full/../new", Errno::Success),
            ("file", Errno::Exist),
            ("full", Errno::Exist),
            ("dangling", Errno::Exist),
            ("dangling/", Errno::Exist),
            (".", Errno::Exist),
            ("full/..", Errno::Exist),
        ],
    );
    let (mut guest, dir) = populated();
    ok!(guest, "path_create_directory", DIR, "to_full/new/");
    assert!(dir.path().join("full/new").is_dir());
}

#[test]
fn path_remove_directory() {
    check_one_path(
        "path_remove_directory",
        &[
            ("empty", Errno::Success),
            ("empty/", Errno::Success),
            ("full", Errno::Notempty),
            ("file", Errno::Notdir),
            ("file/", Errno::Notdir),
            ("to_full", Errno::Notdir),
            ("to_full/", Errno::Notdir),
            ("nothing", Errno::Noent),
            (".", Errno::Inval),
        ],
    );
}

#[test]
fn path_unlink_file() {
    check_one_path(
        "path_unlink_file",
        &[
            ("file", Errno::Success),
            ("to_file", Errno::Success),
            ("to_full", Errno::Success),
            ("dangling", Errno::Success),
            ("loop", Errno::Success),
            ("to_full/inner", Errno::Success),
            ("file/", Errno::Notdir),
            ("to_full/", Errno::Notdir),
            ("empty", Errno::Isdir),
            ("empty/", Errno::Isdir),
            (".", Errno::Isdir),
            ("nothing", Errno::Noent),
        ],
    );
    let (mut guest, dir) = populated();
    ok!(guest, "path_unlink_file", DIR, "to_file");
    assert!(dir.path().join("file").exists(), "the target was removed");
}

#[test]
fn path_rename() {
    for (old, new, errno) in [
        ("file", "new", Errno::Success),
        ("file", "full/inner", Errno::Success),
        ("file", "file", Errno::Success),
        ("file", "empty", Errno::Isdir),
        ("file", "new/", Errno::Notdir),
        ("file/", "new", Errno::Notdir),
        ("full", "new", Errno::Success),
        ("full/", "new/", Errno::Success),
        ("full", "empty", Errno::Success),
        ("full", "empty/", Errno::Success),
        ("empty", "full", Errno::Notempty),
        ("empty", "file", Errno::Notdir),
        ("full", "full/sub", Errno::Inval),
        ("to_file", "new", Errno::Success),
        ("to_full/", "new", Errno::Notdir),
        ("to_full/inner", "inner", Errno::Success),
        ("dangling", "new", Errno::Success),
        ("nothing", "new", Errno::Noent),
        ("file", "nothing/new", Errno::Noent),
        ("file", "", Errno::Noent),
        ("", "new", Errno::Noent),
        (".", "new", Errno::Busy),
        ("file", ".", Errno::Busy),
    ] {
        let (mut guest, _dir) = populated();
        let result = call!(guest, "path_rename", DIR, old, DIR, new);
        assert_eq!(result, errno, "rename {old:?} {new:?}");
        assert_eq!(call!(guest, "path_rename", 99, old, DIR, new), Errno::Badf);
        assert_eq!(call!(guest, "path_rename", DIR, old, 99, new), Errno::Badf);
        assert_eq!(call!(guest, "path_rename", 0, old, DIR, new), Errno::Notdir);
        assert_eq!(call!(guest, "path_rename", DIR, old, 0, new), Errno::Notdir);
    }
    let (mut guest, dir) = populated();
    ok!(guest, "path_rename", DIR, "to_file", DIR, "moved");
    assert_eq!(
        fs::read_link(dir.path().join("moved")).unwrap().to_str(),
        Some("file")
    );
}

#[test]
fn path_link() {
    for (flags, old, new, errno) in [
        (0, "file", "new", Errno::Success),
        (0, "file", "full/new", Errno::Success),
        (0, "file", "file", Errno::Exist),
        (0, "file", "empty", Errno::Exist),
        (0, "file", "dangling", Errno::Exist),
        (0, "file", "new/", Errno::Noent),
        (0, "file/", "new", Errno::Notdir),
        (0, "empty", "new", Errno::Perm),
        (0, "empty/", "new", Errno::Perm),
        (0, "nothing", "new", Errno::Noent),
        (0, "dangling", "new", Errno::Success),
        (0, "loop", "new", Errno::Success),
        (0, "", "new", Errno::Noent),
        (FOLLOW, "file", "new", Errno::Success),
        (FOLLOW, "to_file", "new", Errno::Success),
        (FOLLOW, "dangling", "new", Errno::Noent),
        (FOLLOW, "loop", "new", Errno::Loop),
        (FOLLOW, "to_full", "new", Errno::Perm),
        (2, "file", "new", Errno::Inval),
    ] {
        let (mut guest, _dir) = populated();
        let result = call!(guest, "path_link", DIR, flags, old, DIR, new);
        assert_eq!(result, errno, "link {flags} {old:?} {new:?}");
        assert_eq!(call!(guest, "path_link", 99, 0, old, DIR, new), Errno::Badf);
        assert_eq!(
            call!(guest, "path_link", DIR, 0, old, 0, new),
            Errno::Notdir
        );
    }
    // Without following, the link itself gets another name; with following, its target.
    for (flags, filetype) in [(0, 7), (FOLLOW, 4)] {
        let (mut guest, _dir) = populated();
        ok!(guest, "path_link", DIR, flags, "to_file", DIR, "new");
        let stat = guest.stat("new", 0).unwrap();
        assert_eq!((stat.filetype, stat.nlink), (filetype, 2));
    }
}

#[test]
fn path_symlink() {
    for (contents, new, errno) in [
        ("file", "new", Errno::Success),
        ("nothing", "full/new", Errno::Success),
        ("../outside", "new", Errno::Success),
        ("file", "file", Errno::Exist),
        ("file", "empty", Errno::Exist),
        ("file", "empty/", Errno::Exist),
        ("file", "new/", Errno::Noent),
        ("file", "nothing/new", Errno::Noent),
        ("", "new", Errno::Noent),
        ("file", "", Errno::Noent),
        ("/file", "new", Errno::Perm),
        ("//", "new", Errno::Perm),
    ] {
        let (mut guest, dir) = populated();
        let result = call!(guest, "path_symlink", contents, DIR, new);
        assert_eq!(result, errno, "symlink {contents:?} {new:?}");
        if errno == Errno::Success {
            let made = fs::read_link(dir.path().join(new)).unwrap();
            assert_eq!(made.to_str(), Some(contents));
        }
        assert_eq!(call!(guest, "path_symlink", contents, 99, new), Errno::Badf);
        assert_eq!(
            call!(guest, "path_symlink", contents, 0, new),
            Errno::Notdir
        );
    }
}

#[test]
fn path_readlink() {
    let (mut guest, dir) = populated();
    symlink("/etc/passwd", dir.path().join("absolute")).unwrap();
    let (buffer, used) = (guest.put(b"..........."), guest.alloc(8));
    ok!(guest, "path_readlink", DIR, "to_file", buffer, 10, used);
    assert_eq!(guest.u32(used), 4);
    assert_eq!(guest.bytes(buffer, 11), b"file.......");
    ok!(guest, "path_readlink", DIR, "to_full", buffer, 2, used);
    assert_eq!(guest.u32(used), 2);
    assert_eq!(guest.bytes(buffer, 4), b"fule");
    ok!(guest, "path_readlink", DIR, "loop", buffer, 0, used);
    assert_eq!(guest.u32(used), 0);
    for (path, buffer, used, errno) in [
        ("file", buffer, used, Errno::Inval),
        ("full", buffer, used, Errno::Inval),
        (".", buffer, used, Errno::Inval),
        ("to_full/", buffer, used, Errno::Inval),
        ("to_file/", buffer, used, Errno::Notdir),
        ("nothing", buffer, used, Errno::Noent),
        ("", buffer, used, Errno::Noent),
        ("absolute", buffer, used, Errno::Perm),
        ("to_file", -5, used, Errno::Fault),
        ("to_file", buffer, used + 1, Errno::Inval),
        ("to_file", buffer, -4, Errno::Fault),
    ] {
        let result = call!(guest, "path_readlink", DIR, path, buffer, 10, used);
        assert_eq!(result, errno, "readlink {path:?}");
    }
}

#[test]
fn path_filestat_get() {
    let (mut guest, _dir) = populated();
    for (flags, path, expected) in [
        (0, "file", Ok(4)),
        (0, "full", Ok(3)),
        (0, "full/", Ok(3)),
        (0, ".", Ok(3)),
        (0, "full/..", Ok(3)),
        (0, "to_file", Ok(7)),
        (0, "dangling", Ok(7)),
        (0, "loop", Ok(7)),
        (0, "to_full/", Ok(3)),
        (0, "to_full/inner", Ok(4)),
        (FOLLOW, "to_file", Ok(4)),
        (FOLLOW, "to_full", Ok(3)),
        (FOLLOW, "dangling", Err(Errno::Noent)),
        (FOLLOW, "loop", Err(Errno::Loop)),
        (0, "file/", Err(Errno::Notdir)),
        (0, "to_file/", Err(Errno::Notdir)),
        (0, "file/x", Err(Errno::Notdir)),
        (0, "", Err(Errno::Noent)),
        (2, "file", Err(Errno::Inval)),
        (-1, "file", Err(Errno::Inval)),
    ] {
        let result = guest.stat(path, flags).map(|s| s.filetype);
        assert_eq!(result, expected, "stat {flags} {path:?}");
    }
    assert_eq!(guest.stat("file", 0).unwrap().size, 4);
    assert_eq!(
        call!(guest, "path_filestat_get", DIR, 0, "file", 4),
        Errno::Inval
    );
    assert_eq!(
        call!(guest, "path_filestat_get", DIR, 0, "file", -8),
        Errno::Fault
    );
}

#[test]
fn path_filestat_set_times() {
    let (mut guest, _dir) = populated();
    let name = "path_filestat_set_times";
    let before = guest.stat("file", 0).unwrap();
    ok!(guest, name, DIR, 0, "to_file", 1_000, 2_000, 5);
    assert_eq!(guest.stat("to_file", 0).unwrap().mtim, 2_000);
    assert_eq!(
        guest.stat("file", 0).unwrap(),
        before,
        "the link was followed"
    );
    ok!(guest, name, DIR, FOLLOW, "to_file", 3_000, 4_000, 5);
    let stat = guest.stat("file", 0).unwrap();
    assert_eq!((stat.atim, stat.mtim), (3_000, 4_000));
    ok!(guest, name, DIR, 0, "to_full/", 0, 5_000, 4);
    assert_eq!(guest.stat("full", 0).unwrap().mtim, 5_000);
    ok!(guest, name, DIR, 0, ".", 0, 6_000, 4);
    assert_eq!(guest.fstat(DIR).unwrap().mtim, 6_000);
    for (flags, path, fst_flags, errno) in [
        (0, "file", 3, Errno::Inval),
        (0, "file", 12, Errno::Inval),
        (0, "file", 16, Errno::Inval),
        (2, "file", 0, Errno::Inval),
        (0, "file/", 5, Errno::Notdir),
        (0, "nothing", 5, Errno::Noent),
        (FOLLOW, "dangling", 5, Errno::Noent),
    ] {
        let result = call!(guest, name, DIR, flags, path, 0, 0, fst_flags);
        assert_eq!(result, errno, "{path:?} with {flags} {fst_flags}");
    }
}

#[test]
fn path_open_finds_and_creates() {
    let none = OFlags::empty();
    let dir = OFlags::DIRECTORY;
    let create = OFlags::CREAT;
    let excl = OFlags::CREAT | OFlags::EXCL;
    let trunc = OFlags::TRUNC;
    let (read, write) = (Rights::FD_READ, Rights::FD_WRITE);
    for (flags, path, oflags, rights, expected) in [
        (0, "file", none, read, Ok(4)),
        (0, "file", create, read, Ok(4)),
        (0, "file", excl, read, Err(Errno::Exist)),
        (0, "file", dir, read, Err(Errno::Notdir)),
        (0, "file/", none, read, Err(Errno::Notdir)),
        (0, "file", trunc, write, Ok(4)),
        (0, "new", none, read, Err(Errno::Noent)),
        (0, "new", create, read, Ok(4)),
        (0, "new", excl, write, Ok(4)),
        (0, "new/", create, read, Err(Errno::Isdir)),
        (0, "new", create | dir, read, Err(Errno::Inval)),
        (0, "full", none, read, Ok(3)),
        (0, "full", dir, read, Ok(3)),
        (0, "full///", none, read, Ok(3)),
        (0, "full", none, write, Err(Errno::Isdir)),
        (0, "full", dir, read | write, Err(Errno::Isdir)),
        (0, "full", create, read, Err(Errno::Isdir)),
        (0, "full", excl, read, Err(Errno::Exist)),
        (0, "full", trunc, read, Err(Errno::Isdir)),
        (0, "full/../full/.//inner", none, read, Ok(4)),
        (0, "to_file", none, read, Err(Errno::Loop)),
        (0, "to_full", dir, read, Err(Errno::Notdir)),
        (0, "to_full/", dir, read, Ok(3)),
        (0, "dangling", create, read, Err(Errno::Loop)),
        (0, "dangling", excl, read, Err(Errno::Exist)),
        (FOLLOW, "to_file", none, read, Ok(4)),
        (FOLLOW, "to_full", dir, read, Ok(3)),
        (FOLLOW, "to_file", dir, read, Err(Errno::Notdir)),
        (FOLLOW, "dangling", none, read, Err(Errno::Noent)),
        (FOLLOW, "dangling", create, read, Ok(4)),
        (FOLLOW, "dangling", excl, read, Err(Errno::Exist)),
        (FOLLOW, "loop", none, read, Err(Errno::Loop)),
        (2, "file", none, read, Err(Errno::Inval)),
        (0, "", none, read, Err(Errno::Noent)),
    ] {
        let (mut guest, _dir) = populated();
        let fd = guest.alloc(4);
        let (o, r) = (i64::from(oflags.bits()), rights.bits() as i64);
        let result = match call!(guest, "path_open", DIR, flags, path, o, r, 0, 0, fd) {
            Errno::Success => {
                let fd = i64::from(guest.u32(fd));
                Ok(guest.fdstat(fd).unwrap().0)
            }
            errno => Err(errno),
        };
        assert_eq!(
            result, expected,
            "open {flags} {path:?} {oflags:?} {rights:?}"
        );
    }
}

#[test]
fn path_open_refuses_what_it_does_not_know_and_leaks_nothing() {
    let (mut guest, _dir) = populated();
    let fd = guest.alloc(8);
    for (dirflags, oflags, fdflags, fd, errno) in [
        (4, 0, 0, fd, Errno::Inval),
        (0, 16, 0, fd, Errno::Inval),
        (0, 0x1_0000, 0, fd, Errno::Inval),
        (0, 0, 32, fd, Errno::Inval),
        (0, 0, -1, fd, Errno::Inval),
        (0, 0, 0, fd + 2, Errno::Inval),
        (0, 1, 0, -4, Errno::Fault),
    ] {
        let result = call!(
            guest,
            "path_open",
            DIR,
            dirflags,
            "file",
            oflags,
            0,
            0,
            fdflags,
            fd
        );
        assert_eq!(result, errno);
    }
    assert_eq!(
        guest.create("file"),
        4,
        "a refused call left a descriptor open"
    );
    let fd = guest.alloc(4);
    assert_eq!(
        call!(guest, "path_open", 4, 0, "x", 0, 0, 0, 0, fd),
        Errno::Notdir
    );
    assert_eq!(
        call!(guest, "path_open", 99, 0, "x", 0, 0, 0, 0, fd),
        Errno::Badf
    );
}

#[test]
fn a_directory_opens_with_the_rights_it_has_and_without_waiting() {
    let (mut guest, _dir) = populated();
    let (_, _, base, inheriting) = guest.fdstat(DIR).unwrap();
    let (base, inheriting) = (base.bits() as i64, inheriting.bits() as i64);
    let fd = guest.alloc(4);
    for fdflags in [0, 4] {
        ok!(
            guest,
            "path_open",
            DIR,
            0,
            ".",
            0,
            base,
            inheriting,
            fdflags,
            fd
        );
        let opened = i64::from(guest.u32(fd));
        assert_eq!(
            guest.fstat(opened).unwrap().ino,
            guest.fstat(DIR).unwrap().ino
        );
        ok!(guest, "path_open", opened, 0, "file", 0, 2, 0, 0, fd);
    }
}

#[test]
fn a_fifo_opens_without_waiting_when_asked() {
    let (mut guest, dir) = Guest::in_dir();
    let path = dir.path().join("fifo");
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RWXU).unwrap();
    const NONBLOCK: i64 = 4;
    let rights = Rights::STREAM - Rights::FD_READ;
    let writer = guest.open_at(DIR, "fifo", OFlags::empty(), rights, NONBLOCK);
    assert_eq!(writer, Err(Errno::Nxio), "nobody reads");
    let reading = Rights::STREAM - Rights::FD_WRITE;
    let reader = guest
        .open_at(DIR, "fifo", OFlags::empty(), reading, NONBLOCK)
        .unwrap();
    let writer = guest
        .open_at(DIR, "fifo", OFlags::empty(), rights, NONBLOCK)
        .unwrap();
    assert_eq!(guest.fdstat(reader).unwrap().0, 0);
    assert_eq!(guest.seek(reader, 0, 0), Err(Errno::Spipe));
    assert_eq!(guest.read(reader, 10), Err(Errno::Again));
    assert_eq!(guest.write(writer, b"through"), Ok(7));
    assert_eq!(guest.read(reader, 10).unwrap(), b"through");
    // Fill it up: at the end the guest is told instead of made to wait.
    let chunk = vec![b'x'; 60_000];
    let mut total = 0;
    let errno = loop {
        match guest.write(writer, &chunk) {
            Ok(written) => total += written,
            Err(errno) => break errno,
        }
    };
    assert_eq!(errno, Errno::Again);
    assert!(total >= 4096, "{total}");
    // What the host opened without waiting waits when the guest wants to.
    ok!(guest, "fd_fdstat_set_flags", reader, 0);
    assert_eq!(guest.read(reader, 10).unwrap(), b"xxxxxxxxxx");
}
