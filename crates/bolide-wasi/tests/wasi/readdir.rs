//! `fd_readdir`: cookies, small buffers, large and changing directories.

use crate::harness::{DIR, Guest};
use bolide_wasi::{Errno, OFlags, Rights};
use std::collections::BTreeSet;
use std::fs;

/// An entry: the cookie of the next one, its number, type and name.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    next: u64,
    ino: u64,
    filetype: u8,
    name: String,
}

/// Reads once; the whole entries, and whether the end was reached.
fn read_once(guest: &mut Guest, fd: i64, cookie: u64, size: usize) -> (Vec<Entry>, bool) {
    let (buffer, used) = (guest.alloc(size), guest.alloc(4));
    ok!(
        guest,
        "fd_readdir",
        fd,
        buffer,
        size as i64,
        cookie as i64,
        used
    );
    let used = guest.u32(used) as usize;
    assert!(used <= size);
    let mut entries = Vec::new();
    let mut at = 0;
    while at + 24 <= used {
        let entry = buffer + at as i64;
        let len = guest.u32(entry + 16) as usize;
        if at + 24 + len > used {
            break;
        }
        entries.push(Entry {
            next: guest.u64(entry),
            ino: guest.u64(entry + 8),
            filetype: guest.bytes(entry + 20, 1)[0],
            name: String::from_utf8(guest.bytes(entry + 24, len).to_vec()).unwrap(),
        });
        at += 24 + len;
    }
    (entries, used < size)
}

/// Reads all, as a C library does, with a buffer of `size` bytes.
fn read_all(guest: &mut Guest, fd: i64, size: usize) -> Vec<Entry> {
    let mut all: Vec<Entry> = Vec::new();
    loop {
        let cookie = all.last().map_or(0, |e| e.next);
        let (entries, end) = read_once(guest, fd, cookie, size);
        assert!(end || !entries.is_empty(), "no progress with {size} bytes");
        all.extend(entries);
        if end {
            return all;
        }
    }
}

fn names(entries: &[Entry]) -> BTreeSet<String> {
    let names: BTreeSet<_> = entries.iter().map(|e| e.name.clone()).collect();
    assert_eq!(names.len(), entries.len(), "an entry was reported twice");
    names
}

#[test]
fn entries_have_types_and_numbers() {
    let (mut guest, dir) = Guest::in_dir();
    fs::write(dir.path().join("file"), "").unwrap();
    fs::create_dir(dir.path().join("sub")).unwrap();
    std::os::unix::fs::symlink("file", dir.path().join("link")).unwrap();
    let entries = read_all(&mut guest, DIR, 4096);
    assert_eq!(entries[0].name, ".");
    assert_eq!(entries[1].name, "..");
    let own = guest.fstat(DIR).unwrap().ino;
    assert_eq!(entries[0].ino, own);
    assert_eq!(entries[1].ino, own, "the parent on the host shows");
    for (name, filetype) in [(".", 3), ("..", 3), ("file", 4), ("sub", 3), ("link", 7)] {
        let entry = entries.iter().find(|e| e.name == name).unwrap();
        assert_eq!(entry.filetype, filetype, "{name}");
        if !name.starts_with('.') {
            assert_eq!(entry.ino, guest.stat(name, 0).unwrap().ino, "{name}");
        }
    }
    assert_eq!(entries.len(), 5);
}

#[test]
fn every_buffer_size_reads_the_same() {
    let (mut guest, dir) = Guest::in_dir();
    for i in 0..40 {
        let name = "n".repeat(1 + i * 5 % 60) + &i.to_string();
        fs::write(dir.path().join(name), "").unwrap();
    }
    let all = read_all(&mut guest, DIR, 64 * 1024);
    assert_eq!(all.len(), 42);
    for size in [90, 91, 97, 128, 333, 1000, 4096] {
        assert_eq!(read_all(&mut guest, DIR, size), all, "with {size} bytes");
    }
}

#[test]
fn a_buffer_too_small_for_an_entry_is_filled_with_its_beginning() {
    let (mut guest, _dir) = Guest::in_dir();
    let (buffer, used) = (guest.alloc(64), guest.alloc(4));
    for size in [0, 1, 23, 24, 25, 30] {
        ok!(guest, "fd_readdir", DIR, buffer, size, 0, used);
        assert_eq!(i64::from(guest.u32(used)), size, "with {size} bytes");
    }
    assert_eq!(guest.u64(buffer), 1, "the cookie of the entry after `.`");
}

#[test]
fn any_cookie_resumes_behind_its_entry() {
    let (mut guest, dir) = Guest::in_dir();
    for i in 0..2000 {
        fs::write(dir.path().join(format!("file{i}")), "").unwrap();
    }
    let all = read_all(&mut guest, DIR, 512);
    assert_eq!(all.len(), 2002);
    for at in [1999, 3, 1000, 1, 2001, 0, 1500, 2] {
        let (entries, _) = read_once(&mut guest, DIR, all[at].next, 256);
        let expected: Vec<_> = all[at + 1..].iter().take(entries.len()).cloned().collect();
        assert_eq!(entries, expected, "after entry {at}");
        assert_eq!(entries.is_empty(), at == 2001);
    }
    // A second descriptor that never read the beginning.
    let other = guest
        .open(".", OFlags::DIRECTORY, Rights::FD_READDIR)
        .unwrap();
    let (entries, _) = read_once(&mut guest, other, all[1200].next, 256);
    assert_eq!(entries[0], all[1201]);
}

#[test]
fn cookies_beyond_the_end_and_out_of_range_are_harmless() {
    let (mut guest, dir) = Guest::in_dir();
    fs::write(dir.path().join("file"), "").unwrap();
    for cookie in [3, 4, 1000, u64::MAX / 2, u64::MAX - 1, u64::MAX] {
        let (entries, end) = read_once(&mut guest, DIR, cookie, 256);
        assert!(entries.is_empty() && end, "cookie {cookie}");
    }
    assert_eq!(read_all(&mut guest, DIR, 256).len(), 3);
}

#[test]
fn cookies_fit_the_long_of_a_32_bit_guest() {
    let (mut guest, dir) = Guest::in_dir();
    for i in 0..100 {
        fs::write(dir.path().join(format!("file{i}")), "").unwrap();
    }
    for entry in read_all(&mut guest, DIR, 4096) {
        assert!(entry.next < 1 << 31);
    }
}

#[test]
fn removing_what_was_read_loses_nothing() {
    let (mut guest, dir) = Guest::in_dir();
    let expected: BTreeSet<_> = (0..3000).map(|i| format!("file{i}")).collect();
    for name in &expected {
        fs::write(dir.path().join(name), "").unwrap();
    }
    // What `rm -r` does: read some, remove them, read on.
    let mut seen = Vec::new();
    let mut cookie = 0;
    loop {
        let (entries, end) = read_once(&mut guest, DIR, cookie, 1000);
        for entry in &entries {
            cookie = entry.next;
            if !entry.name.starts_with('.') {
                ok!(guest, "path_unlink_file", DIR, entry.name.as_str());
                seen.push(entry.clone());
            }
        }
        if end {
            break;
        }
    }
    assert_eq!(names(&seen), expected);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn cookie_0_reads_the_directory_anew() {
    let (mut guest, dir) = Guest::in_dir();
    assert_eq!(read_all(&mut guest, DIR, 256).len(), 2);
    fs::write(dir.path().join("new"), "").unwrap();
    assert!(names(&read_all(&mut guest, DIR, 256)).contains("new"));
}

#[test]
fn names_that_are_not_utf_8_can_be_listed_and_removed() {
    use std::os::unix::ffi::OsStrExt;
    let (mut guest, dir) = Guest::in_dir();
    let name = b"caf\xe9";
    fs::write(dir.path().join(std::ffi::OsStr::from_bytes(name)), "").unwrap();
    let (buffer, used) = (guest.alloc(256), guest.alloc(4));
    ok!(guest, "fd_readdir", DIR, buffer, 256, 2, used);
    assert_eq!(guest.u32(used), 28);
    assert_eq!(guest.bytes(buffer + 24, 4), name);
    ok!(guest, "path_unlink_file", DIR, &name[..]);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn errors_of_fd_readdir() {
    let (mut guest, _dir) = Guest::in_dir();
    let file = guest.create("file");
    let (buffer, used) = (guest.alloc(64), guest.alloc(8));
    for (fd, buffer, used, errno) in [
        (99, buffer, used, Errno::Badf),
        (file, buffer, used, Errno::Notdir),
        (0, buffer, used, Errno::Notdir),
        (DIR, -1, used, Errno::Fault),
        (DIR, buffer, used + 2, Errno::Inval),
        (DIR, buffer, -4, Errno::Fault),
    ] {
        let result = call!(guest, "fd_readdir", fd, buffer, 64, 0, used);
        assert_eq!(result, errno, "fd_readdir({fd}, {buffer}, {used})");
    }
}
