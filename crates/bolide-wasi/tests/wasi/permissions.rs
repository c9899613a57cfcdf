//! Directories that the embedder gave read-only, or less.

use crate::harness::{Arg, DIR, FOLLOW, Guest};
use bolide_wasi::{DirPerms, Errno, FilePerms, OFlags, Rights, WasiCtxBuilder};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

fn populated() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("file"), "text").unwrap();
    fs::create_dir(dir.path().join("dir")).unwrap();
    fs::write(dir.path().join("dir/inner"), "inner").unwrap();
    std::os::unix::fs::symlink("file", dir.path().join("link")).unwrap();
    dir
}

/// Names, contents and times of everything in a directory, and its own time.
fn snapshot(dir: &Path) -> BTreeMap<String, (Vec<u8>, std::time::SystemTime)> {
    let mut all = BTreeMap::new();
    let mut todo = vec![dir.to_path_buf()];
    while let Some(path) = todo.pop() {
        let metadata = path.symlink_metadata().unwrap();
        let contents = if metadata.is_file() {
            fs::read(&path).unwrap()
        } else {
            Vec::new()
        };
        if metadata.is_dir() {
            todo.extend(fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
        }
        all.insert(
            path.display().to_string(),
            (contents, metadata.modified().unwrap()),
        );
    }
    all
}

fn open_args(path: &str, oflags: OFlags, rights: Rights) -> Vec<Arg<'_>> {
    let mut args: Vec<Arg<'_>> = vec![DIR.into(), FOLLOW.into(), path.into()];
    let rights = rights.bits() as i64;
    args.extend([i64::from(oflags.bits()), rights, 0, 0, 1024].map(Arg::from));
    args
}

#[test]
fn nothing_changes_in_a_read_only_directory() {
    let args = |args: Vec<Arg<'static>>| args;
    let d = || Arg::from(DIR);
    let n = |number: i64| Arg::from(number);
    let set_times = || vec![n(1), n(1), n(5)];
    let with_times = |mut args: Vec<Arg<'static>>| {
        args.extend(set_times());
        args
    };
    for (name, args) in [
        ("path_create_directory", args(vec![d(), "new".into()])),
        ("path_remove_directory", args(vec![d(), "dir".into()])),
        ("path_unlink_file", args(vec![d(), "file".into()])),
        ("path_unlink_file", args(vec![d(), "link".into()])),
        (
            "path_rename",
            args(vec![d(), "file".into(), d(), "new".into()]),
        ),
        (
            "path_rename",
            args(vec![d(), "file".into(), d(), "dir/inner".into()]),
        ),
        (
            "path_link",
            args(vec![d(), n(0), "file".into(), d(), "new".into()]),
        ),
        ("path_symlink", args(vec!["file".into(), d(), "new".into()])),
        (
            "path_filestat_set_times",
            with_times(vec![d(), n(0), "file".into()]),
        ),
        (
            "path_filestat_set_times",
            with_times(vec![d(), n(0), "link".into()]),
        ),
        (
            "path_filestat_set_times",
            with_times(vec![d(), n(FOLLOW), "link".into()]),
        ),
        (
            "path_filestat_set_times",
            with_times(vec![d(), n(0), "dir/".into()]),
        ),
        ("fd_filestat_set_times", with_times(vec![d()])),
        (
            "path_open",
            open_args("file", OFlags::empty(), Rights::FD_WRITE),
        ),
        (
            "path_open",
            open_args("file", OFlags::empty(), Rights::REGULAR_FILE),
        ),
        (
            "path_open",
            open_args("file", OFlags::empty(), Rights::FD_ALLOCATE),
        ),
        (
            "path_open",
            open_args("file", OFlags::TRUNC, Rights::FD_READ),
        ),
        (
            "path_open",
            open_args("file", OFlags::TRUNC, Rights::empty()),
        ),
        (
            "path_open",
            open_args("link", OFlags::CREAT, Rights::FD_WRITE),
        ),
        (
            "path_open",
            open_args("new", OFlags::CREAT, Rights::FD_READ),
        ),
        (
            "path_open",
            open_args("new", OFlags::CREAT, Rights::FD_WRITE),
        ),
        (
            "path_open",
            open_args("new", OFlags::CREAT | OFlags::EXCL, Rights::FD_READ),
        ),
    ] {
        let dir = populated();
        let before = snapshot(dir.path());
        let mut guest = Guest::with_dir(dir.path(), DirPerms::READ, FilePerms::READ);
        assert_eq!(guest.call(name, &args), Errno::Rofs, "{name}");
        assert_eq!(snapshot(dir.path()), before, "{name} had an effect");
    }
}

#[test]
fn better_errors_than_read_only() {
    let (read, write) = (Rights::FD_READ, Rights::FD_WRITE);
    for (path, oflags, rights, errno) in [
        ("file", OFlags::CREAT | OFlags::EXCL, read, Errno::Exist),
        ("file", OFlags::CREAT | OFlags::EXCL, write, Errno::Exist),
        ("dir", OFlags::empty(), write, Errno::Isdir),
        ("new", OFlags::empty(), write, Errno::Noent),
        ("../new", OFlags::CREAT, write, Errno::Perm),
        ("file", OFlags::CREAT, read, Errno::Success),
        ("dir", OFlags::DIRECTORY, Rights::DIRECTORY, Errno::Success),
    ] {
        let dir = populated();
        let mut guest = Guest::with_dir(dir.path(), DirPerms::READ, FilePerms::READ);
        let result = guest.call("path_open", &open_args(path, oflags, rights));
        assert_eq!(result, errno, "{path} {oflags:?} {rights:?}");
    }
}

#[test]
fn what_is_open_in_a_read_only_directory_is_read_only() {
    let dir = populated();
    let before = snapshot(dir.path());
    let mut guest = Guest::with_dir(dir.path(), DirPerms::READ, FilePerms::READ);
    let readable = Rights::REGULAR_FILE - Rights::FD_WRITE;
    let file = guest.open("file", OFlags::empty(), readable).unwrap();
    assert_eq!(guest.read(file, 16).unwrap(), b"text");
    let iovs = guest.put(&[0; 8]);
    for (name, args, errno) in [
        ("fd_write", vec![iovs, 1, 1024], Errno::Notcapable),
        ("fd_pwrite", vec![iovs, 1, 0, 1024], Errno::Notcapable),
        ("fd_allocate", vec![0, 100], Errno::Notcapable),
        ("fd_filestat_set_size", vec![0], Errno::Notcapable),
        ("fd_filestat_set_times", vec![1, 1, 5], Errno::Rofs),
    ] {
        let args: Vec<_> = [file].into_iter().chain(args).map(Arg::from).collect();
        assert_eq!(guest.call(name, &args), errno, "{name}");
    }
    // Directories opened through it are read-only as well.
    let sub = guest
        .open("dir", OFlags::DIRECTORY, Rights::DIRECTORY)
        .unwrap();
    assert_eq!(call!(guest, "path_unlink_file", sub, "inner"), Errno::Rofs);
    assert_eq!(
        call!(guest, "fd_filestat_set_times", sub, 1, 1, 5),
        Errno::Rofs
    );
    let result = guest.open_at(sub, "inner", OFlags::empty(), Rights::FD_WRITE, 0);
    assert_eq!(result, Err(Errno::Rofs));
    assert_eq!(snapshot(dir.path()), before);
}

#[test]
fn reading_works_in_a_read_only_directory() {
    let dir = populated();
    let mut guest = Guest::with_dir(dir.path(), DirPerms::READ, FilePerms::READ);
    assert_eq!(guest.stat("file", 0).unwrap().size, 4);
    let (buffer, used) = (guest.alloc(256), guest.alloc(4));
    ok!(guest, "path_readlink", DIR, "link", buffer, 256, used);
    ok!(guest, "fd_readdir", DIR, buffer, 256, 0, used);
    ok!(guest, "fd_sync", DIR);
}

#[test]
fn a_directory_without_read_permission_shows_nothing() {
    let dir = populated();
    let mut guest = Guest::with_dir(dir.path(), DirPerms::MUTATE, FilePerms::all());
    let (buffer, used) = (guest.alloc(256), guest.alloc(4));
    assert_eq!(guest.stat("file", 0), Err(Errno::Acces));
    assert_eq!(
        guest.open("file", OFlags::empty(), Rights::FD_READ),
        Err(Errno::Acces)
    );
    let result = call!(guest, "fd_readdir", DIR, buffer, 256, 0, used);
    assert_eq!(result, Errno::Acces);
    let result = call!(guest, "path_readlink", DIR, "link", buffer, 256, used);
    assert_eq!(result, Errno::Acces);
}

#[test]
fn files_that_may_only_be_written() {
    let dir = populated();
    let mut guest = Guest::with_dir(dir.path(), DirPerms::all(), FilePerms::WRITE);
    assert_eq!(
        guest.open("file", OFlags::empty(), Rights::FD_READ),
        Err(Errno::Acces)
    );
    let fd = guest
        .open("file", OFlags::empty(), Rights::FD_WRITE)
        .unwrap();
    assert_eq!(guest.write(fd, b"x"), Ok(1));
    assert_eq!(guest.read(fd, 1), Err(Errno::Notcapable));
    assert!(
        guest
            .open("dir", OFlags::DIRECTORY, Rights::FD_READDIR)
            .is_ok()
    );
}

#[test]
fn files_in_a_mutable_directory_may_be_read_only() {
    let dir = populated();
    let mut guest = Guest::with_dir(dir.path(), DirPerms::all(), FilePerms::READ);
    for (path, oflags) in [("file", OFlags::empty()), ("file", OFlags::TRUNC)] {
        let result = guest.open(path, oflags, Rights::FD_WRITE);
        assert_eq!(result, Err(Errno::Rofs), "{path}");
    }
    let result = call!(guest, "path_filestat_set_times", DIR, 0, "file", 1, 1, 5);
    assert_eq!(result, Errno::Rofs);
    ok!(guest, "path_filestat_set_times", DIR, 0, "dir", 1, 1, 5);
    ok!(guest, "path_rename", DIR, "file", DIR, "dir/moved");
    ok!(guest, "path_unlink_file", DIR, "dir/moved");
}

/// A second name for a file must not allow what the first does not.
#[test]
fn links_and_renames_gain_no_permissions() {
    let all = (DirPerms::all(), FilePerms::all());
    let fixed = (DirPerms::READ, FilePerms::READ);
    let names_only = (DirPerms::all(), FilePerms::READ);
    for (from, to, errno) in [
        (all, all, Errno::Success),
        (all, names_only, Errno::Success),
        (names_only, all, Errno::Xdev),
        (names_only, names_only, Errno::Success),
        (fixed, all, Errno::Rofs),
        (all, fixed, Errno::Rofs),
    ] {
        for (name, link) in [("path_link", true), ("path_rename", false)] {
            let host = tempfile::tempdir().unwrap();
            let mut builder = WasiCtxBuilder::new();
            for (dir, (dir_perms, file_perms)) in [("from", from), ("to", to)] {
                let path = host.path().join(dir);
                fs::create_dir(&path).unwrap();
                builder
                    .preopened_dir(path, dir, dir_perms, file_perms)
                    .unwrap();
            }
            fs::write(host.path().join("from/file"), "text").unwrap();
            let mut guest = Guest::new(builder.build());
            let result = match link {
                true => call!(guest, name, 3, 0, "file", 4, "file"),
                false => call!(guest, name, 3, "file", 4, "file"),
            };
            assert_eq!(result, errno, "{name} from {from:?} to {to:?}");
        }
    }
}
