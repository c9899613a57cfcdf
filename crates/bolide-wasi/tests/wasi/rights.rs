//! Rights: what a guest may give up, and what each function needs.

use crate::harness::{DIR, Guest};
use bolide_wasi::{Errno, OFlags, Rights};

fn set(guest: &mut Guest, fd: i64, base: Rights, inheriting: Rights) -> Errno {
    let (base, inheriting) = (base.bits() as i64, inheriting.bits() as i64);
    call!(guest, "fd_fdstat_set_rights", fd, base, inheriting)
}

#[test]
fn a_preopened_directory_has_all_rights_of_directories() {
    let (mut guest, _dir) = Guest::in_dir();
    let (filetype, flags, base, inheriting) = guest.fdstat(DIR).unwrap();
    assert_eq!((filetype, flags), (3, 0));
    assert_eq!(base, Rights::DIRECTORY);
    assert_eq!(inheriting, Rights::DIRECTORY | Rights::REGULAR_FILE);
    assert!(!base.contains(Rights::FD_FILESTAT_SET_SIZE));
    assert!(!base.intersects(Rights::FD_SEEK | Rights::FD_READ));
}

#[test]
fn rights_can_only_be_given_up() {
    let (mut guest, _dir) = Guest::in_dir();
    let fd = guest.create("file");
    let less = Rights::FD_READ | Rights::FD_SEEK;
    assert_eq!(set(&mut guest, fd, less, Rights::empty()), Errno::Success);
    assert_eq!(guest.fdstat(fd).unwrap().2, less);
    for (base, inheriting) in [
        (less | Rights::FD_WRITE, Rights::empty()),
        (less, Rights::FD_READ),
        (Rights::from_bits_retain(1 << 40), Rights::empty()),
    ] {
        assert_eq!(set(&mut guest, fd, base, inheriting), Errno::Notcapable);
    }
    assert_eq!(
        guest.fdstat(fd).unwrap().2,
        less,
        "a refused call had an effect"
    );
    assert_eq!(set(&mut guest, 99, less, less), Errno::Badf);
}

/// Each function on a file fails without its right, and only then.
#[test]
fn functions_on_files_need_their_rights() {
    let (mut guest, _dir) = Guest::in_dir();
    let iovs = guest.put(&[0; 8]);
    let out = guest.alloc(64);
    for (name, needs, args) in [
        ("fd_read", Rights::FD_READ, vec![iovs, 1, out]),
        ("fd_pread", Rights::FD_READ, vec![iovs, 1, 0, out]),
        ("fd_pread", Rights::FD_SEEK, vec![iovs, 1, 0, out]),
        ("fd_write", Rights::FD_WRITE, vec![iovs, 1, out]),
        ("fd_pwrite", Rights::FD_WRITE, vec![iovs, 1, 0, out]),
        ("fd_pwrite", Rights::FD_SEEK, vec![iovs, 1, 0, out]),
        ("fd_seek", Rights::FD_SEEK, vec![1, 1, out]),
        ("fd_tell", Rights::FD_TELL | Rights::FD_SEEK, vec![out]),
        (
            "fd_seek",
            Rights::FD_TELL | Rights::FD_SEEK,
            vec![0, 1, out],
        ),
        ("fd_advise", Rights::FD_ADVISE, vec![0, 0, 0]),
        ("fd_allocate", Rights::FD_ALLOCATE, vec![0, 1]),
        ("fd_sync", Rights::FD_SYNC, vec![]),
        ("fd_datasync", Rights::FD_DATASYNC, vec![]),
        ("fd_fdstat_set_flags", Rights::FD_FDSTAT_SET_FLAGS, vec![0]),
        ("fd_filestat_get", Rights::FD_FILESTAT_GET, vec![out]),
        (
            "fd_filestat_set_size",
            Rights::FD_FILESTAT_SET_SIZE,
            vec![0],
        ),
        (
            "fd_filestat_set_times",
            Rights::FD_FILESTAT_SET_TIMES,
            vec![0, 0, 0],
        ),
    ] {
        for (rights, expected) in [
            (Rights::REGULAR_FILE, Errno::Success),
            (Rights::REGULAR_FILE - needs, Errno::Notcapable),
        ] {
            let fd = guest.create("file");
            assert_eq!(set(&mut guest, fd, rights, Rights::empty()), Errno::Success);
            let args: Vec<_> = [fd]
                .into_iter()
                .chain(args.clone())
                .map(Into::into)
                .collect();
            assert_eq!(guest.call(name, &args), expected, "{name} with {rights:?}");
            ok!(guest, "fd_close", fd);
        }
    }
}

#[test]
fn the_right_to_seek_includes_the_right_to_tell() {
    let (mut guest, _dir) = Guest::in_dir();
    let fd = guest.create("file");
    let out = guest.alloc(8);
    assert_eq!(
        set(&mut guest, fd, Rights::FD_SEEK, Rights::empty()),
        Errno::Success
    );
    ok!(guest, "fd_tell", fd, out);
    let fd = guest.create("file");
    assert_eq!(
        set(&mut guest, fd, Rights::FD_TELL, Rights::empty()),
        Errno::Success
    );
    ok!(guest, "fd_tell", fd, out);
    assert_eq!(guest.seek(fd, 0, 1), Ok(0));
    assert_eq!(guest.seek(fd, 0, 0), Err(Errno::Notcapable));
}

/// Each function on a directory fails without its right, and not for lack of a right with it.
#[test]
fn functions_on_directories_need_their_rights() {
    let out = 1024;
    let (path, path_len) = (512, 4);
    for (name, needs, args) in [
        (
            "path_create_directory",
            Rights::PATH_CREATE_DIRECTORY,
            vec![3, path, path_len],
        ),
        (
            "path_filestat_get",
            Rights::PATH_FILESTAT_GET,
            vec![3, 0, path, path_len, out],
        ),
        (
            "path_filestat_set_times",
            Rights::PATH_FILESTAT_SET_TIMES,
            vec![3, 0, path, path_len, 0, 0, 0],
        ),
        (
            "path_link",
            Rights::PATH_LINK_SOURCE,
            vec![3, 0, path, 4, 4, path, 4],
        ),
        (
            "path_link",
            Rights::PATH_LINK_TARGET,
            vec![4, 0, path, 4, 3, path, 4],
        ),
        (
            "path_open",
            Rights::PATH_OPEN,
            vec![3, 0, path, 4, 0, 0, 0, 0, out],
        ),
        (
            "path_open",
            Rights::PATH_CREATE_FILE,
            vec![3, 0, path, 4, 1, 0, 0, 0, out],
        ),
        (
            "path_open",
            Rights::PATH_FILESTAT_SET_SIZE,
            vec![3, 0, path, 4, 8, 0, 0, 0, out],
        ),
        (
            "path_readlink",
            Rights::PATH_READLINK,
            vec![3, path, 4, out, 8, out + 8],
        ),
        (
            "path_remove_directory",
            Rights::PATH_REMOVE_DIRECTORY,
            vec![3, path, path_len],
        ),
        (
            "path_rename",
            Rights::PATH_RENAME_SOURCE,
            vec![3, path, 4, 4, path, 4],
        ),
        (
            "path_rename",
            Rights::PATH_RENAME_TARGET,
            vec![4, path, 4, 3, path, 4],
        ),
        (
            "path_symlink",
            Rights::PATH_SYMLINK,
            vec![path, 4, 3, path, 4],
        ),
        (
            "path_unlink_file",
            Rights::PATH_UNLINK_FILE,
            vec![3, path, path_len],
        ),
        (
            "fd_readdir",
            Rights::FD_READDIR,
            vec![3, out, 64, 0, out + 64],
        ),
    ] {
        let (mut guest, _dir) = Guest::in_dir();
        guest.memory[512..516].copy_from_slice(b"name");
        let other = guest
            .open(".", OFlags::DIRECTORY, Rights::DIRECTORY)
            .unwrap();
        assert_eq!(other, 4);
        let args: Vec<_> = args.into_iter().map(Into::into).collect();
        assert_ne!(
            guest.call(name, &args),
            Errno::Notcapable,
            "{name} with all rights"
        );
        let rest = Rights::DIRECTORY - needs;
        assert_eq!(
            set(&mut guest, DIR, rest, Rights::INHERITABLE),
            Errno::Success
        );
        assert_eq!(
            guest.call(name, &args),
            Errno::Notcapable,
            "{name} without {needs:?}"
        );
    }
}

#[test]
fn what_is_opened_gets_no_more_than_asked_for_and_inherited() {
    let (mut guest, _dir) = Guest::in_dir();
    guest.create("file");
    ok!(guest, "path_create_directory", DIR, "dir");
    for (path, asked, got) in [
        ("file", Rights::FD_READ, Rights::FD_READ),
        (
            "file",
            Rights::FD_WRITE | Rights::FD_SEEK,
            Rights::FD_WRITE | Rights::FD_SEEK,
        ),
        ("file", Rights::FD_READ | Rights::PATH_OPEN, Rights::FD_READ),
        // A file opened to be read cannot be resized.
        (
            "file",
            Rights::FD_READ | Rights::FD_FILESTAT_SET_SIZE,
            Rights::FD_READ,
        ),
        (
            "file",
            Rights::FD_FILESTAT_SET_SIZE,
            Rights::FD_FILESTAT_SET_SIZE,
        ),
        ("file", Rights::empty(), Rights::empty()),
        ("dir", Rights::FD_READ | Rights::FD_SEEK, Rights::empty()),
        (
            "dir",
            Rights::FD_READDIR | Rights::FD_READ,
            Rights::FD_READDIR,
        ),
        ("dir", Rights::from_bits_retain(1 << 50), Rights::empty()),
    ] {
        let fd = guest.open(path, OFlags::empty(), asked).unwrap();
        assert_eq!(
            guest.fdstat(fd).unwrap().2,
            got,
            "{path} opened with {asked:?}"
        );
    }

    let inheriting = Rights::FD_READ | Rights::FD_READDIR;
    assert_eq!(
        set(&mut guest, DIR, Rights::DIRECTORY, inheriting),
        Errno::Success
    );
    for (asked, expected) in [
        (Rights::FD_READ, None),
        (Rights::FD_WRITE, Some(Errno::Notcapable)),
        (Rights::FD_READ | Rights::FD_SEEK, Some(Errno::Notcapable)),
    ] {
        let result = guest.open("file", OFlags::empty(), asked);
        assert_eq!(result.err(), expected, "asked for {asked:?}");
    }
}

#[test]
fn synchronous_writing_needs_the_right_to_sync() {
    for (flag, needs) in [
        (1 << 1, Rights::FD_DATASYNC | Rights::FD_SYNC),
        (1 << 3, Rights::FD_SYNC),
        (1 << 4, Rights::FD_SYNC),
    ] {
        let (mut guest, _dir) = Guest::in_dir();
        let rest = Rights::INHERITABLE - needs;
        assert!(
            guest
                .open_at(DIR, "f", OFlags::CREAT, Rights::FD_WRITE, flag)
                .is_ok()
        );
        assert_eq!(
            set(&mut guest, DIR, Rights::DIRECTORY, rest),
            Errno::Success
        );
        let result = guest.open_at(DIR, "f", OFlags::CREAT, Rights::FD_WRITE, flag);
        assert_eq!(result, Err(Errno::Notcapable), "flag {flag:#b}");
    }
}

#[test]
fn truncating_needs_the_directorys_right_only() {
    let (mut guest, _dir) = Guest::in_dir();
    let fd = guest.create("file");
    guest.write(fd, b"123").unwrap();
    let inheriting = Rights::INHERITABLE - Rights::FD_FILESTAT_SET_SIZE;
    assert_eq!(
        set(&mut guest, DIR, Rights::DIRECTORY, inheriting),
        Errno::Success
    );
    guest.open("file", OFlags::TRUNC, Rights::empty()).unwrap();
    assert_eq!(guest.fstat(fd).unwrap().size, 0);
}

#[test]
fn a_file_read_only_is_not_written_and_the_other_way_round() {
    let (mut guest, _dir) = Guest::in_dir();
    guest.create("file");
    let reader = guest
        .open("file", OFlags::empty(), Rights::FD_READ)
        .unwrap();
    let writer = guest
        .open("file", OFlags::empty(), Rights::FD_WRITE)
        .unwrap();
    assert_eq!(guest.write(reader, b"x"), Err(Errno::Notcapable));
    assert_eq!(guest.read(writer, 1), Err(Errno::Notcapable));
    assert_eq!(guest.write(writer, b"x"), Ok(1));
    assert_eq!(guest.read(reader, 1), Ok(b"x".to_vec()));
}
