//! A guest tries to leave its directory.

use crate::harness::{DIR, FOLLOW, Guest};
use bolide_wasi::{DirPerms, Errno, FilePerms, OFlags, Rights, WasiCtxBuilder};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

/// `host/jail` is the guest's directory; `host/secret` and `host/outside/` are not for it.
///
/// The links in the jail are what an archive unpacked by the host, or the guest itself, may leave
/// there.
fn host() -> (TempDir, Guest) {
    let host = tempfile::tempdir().unwrap();
    let root = host.path();
    fs::create_dir(root.join("jail")).unwrap();
    fs::create_dir(root.join("outside")).unwrap();
    fs::write(root.join("secret"), "secret").unwrap();
    fs::write(root.join("outside/secret"), "secret").unwrap();
    let jail = root.join("jail");
    fs::create_dir_all(jail.join("dir/sub")).unwrap();
    fs::write(jail.join("file"), "inside").unwrap();
    symlink("..", jail.join("up")).unwrap();
    symlink("../secret", jail.join("rel")).unwrap();
    symlink(root.join("secret"), jail.join("abs")).unwrap();
    symlink("../outside", jail.join("reldir")).unwrap();
    symlink(root.join("outside"), jail.join("absdir")).unwrap();
    symlink("/", jail.join("root")).unwrap();
    symlink("../../../secret", jail.join("dir/sub/deep")).unwrap();
    symlink("rel", jail.join("chain")).unwrap();
    symlink("dir/sub/../../..", jail.join("dotted")).unwrap();
    symlink(&jail, jail.join("self")).unwrap();
    symlink("../new", jail.join("dangling")).unwrap();
    symlink(root.join("new"), jail.join("absdangling")).unwrap();
    symlink("/proc/self/cwd", jail.join("proc")).unwrap();
    let guest = Guest::with_dir(&jail, DirPerms::all(), FilePerms::all());
    (host, guest)
}

/// The names and contents of everything outside of the jail.
fn outside(host: &Path) -> Vec<(String, String, std::time::SystemTime)> {
    let mut all: Vec<_> = ["", "outside"]
        .iter()
        .flat_map(|dir| fs::read_dir(host.join(dir)).unwrap())
        .map(|entry| {
            let path = entry.unwrap().path();
            let contents = fs::read_to_string(&path).unwrap_or_default();
            // The jail itself may change.
            let time = match path.ends_with("jail") {
                true => std::time::UNIX_EPOCH,
                false => path.symlink_metadata().unwrap().modified().unwrap(),
            };
            (path.display().to_string(), contents, time)
        })
        .collect();
    all.sort();
    all
}

/// Paths that lead outside of the jail when their last component is followed or not.
const OUTSIDE: &[&str] = &[
    "..",
    "../",
    "../.",
    "../secret",
    "../jail/file",
    "./../secret",
    "dir/../../secret",
    "dir/sub/../../../secret",
    "dir/..//../secret",
    "../../../../../../../../etc/passwd",
    "/",
    "//",
    "/.",
    "/..",
    "/file",
    "/etc/passwd",
    "//etc/passwd",
    "/proc/self/root/etc/passwd",
    "up/secret",
    "up/",
    "up/.",
    "up/jail/file",
    "up/../secret",
    "reldir/secret",
    "reldir/",
    "reldir/.",
    "reldir/..",
    "reldir/../secret",
    "absdir/secret",
    "absdir/",
    "absdir/.",
    "root/etc/passwd",
    "root/",
    "dotted/secret",
    "dotted/",
    "self/file",
    "self/",
    "proc/",
    "proc/secret",
    "dir/../up/secret",
    "chain/../../secret",
];

/// Links that lead outside only when they are followed.
const LINKS_OUTSIDE: &[&str] = &[
    "rel",
    "abs",
    "up",
    "reldir",
    "absdir",
    "root",
    "dotted",
    "chain",
    "self",
    "proc",
    "dangling",
    "absdangling",
    "dir/sub/deep",
    "./rel",
    "dir/../abs",
];

/// Errors with which an attempt may end; all but `perm` mean that the path led nowhere at all
/// (`isdir` for creating a file under a name that ends in a slash).
fn refused(errno: Errno) -> bool {
    matches!(
        errno,
        Errno::Perm
            | Errno::Noent
            | Errno::Notdir
            | Errno::Loop
            | Errno::Exist
            | Errno::Inval
            | Errno::Isdir
            | Errno::Busy
    )
}

/// Runs `attempt` for each path in a fresh jail, and checks that it was refused without an effect
/// on what is outside.
fn check(what: &str, paths: &[&str], attempt: impl Fn(&mut Guest, &str) -> Errno) {
    for path in paths {
        let (host, mut guest) = host();
        let before = outside(host.path());
        let errno = attempt(&mut guest, path);
        assert!(refused(errno), "{what} {path:?}: {errno}");
        assert_eq!(
            outside(host.path()),
            before,
            "{what} {path:?} had an effect"
        );
    }
}

/// The same for paths that lead outside themselves, where the error must be `perm`.
fn check_denied(what: &str, paths: &[&str], attempt: impl Fn(&mut Guest, &str) -> Errno) {
    check(what, paths, |guest, path| {
        let errno = attempt(guest, path);
        // Where a component is missing, or is a file, the walk ends before it leaves.
        let ends_inside = path.starts_with("chain/") || path.starts_with("proc/");
        assert!(
            errno == Errno::Perm || ends_inside,
            "{what} {path:?} is {errno} and not perm"
        );
        errno
    });
}

fn open(guest: &mut Guest, flags: i64, path: &str, oflags: OFlags, rights: Rights) -> Errno {
    let fd = guest.alloc(4);
    let (o, r) = (i64::from(oflags.bits()), rights.bits() as i64);
    call!(guest, "path_open", DIR, flags, path, o, r, r, 0, fd)
}

#[test]
fn opening() {
    for (oflags, rights) in [
        (OFlags::empty(), Rights::FD_READ),
        (OFlags::empty(), Rights::FD_READ | Rights::FD_WRITE),
        (OFlags::CREAT, Rights::FD_WRITE),
        (OFlags::TRUNC, Rights::FD_WRITE),
        (OFlags::DIRECTORY, Rights::FD_READDIR),
        (OFlags::DIRECTORY, Rights::DIRECTORY),
    ] {
        for flags in [0, FOLLOW] {
            check("open", OUTSIDE, |g, p| open(g, flags, p, oflags, rights));
        }
        check("open following", LINKS_OUTSIDE, |g, p| {
            open(g, FOLLOW, p, oflags, rights)
        });
        check("open not following", LINKS_OUTSIDE, |g, p| {
            open(g, 0, p, oflags, rights)
        });
    }
    check_denied("open", OUTSIDE, |g, p| {
        open(g, FOLLOW, p, OFlags::empty(), Rights::FD_READ)
    });
    check("create exclusively", OUTSIDE, |g, p| {
        open(g, 0, p, OFlags::CREAT | OFlags::EXCL, Rights::FD_WRITE)
    });
}

#[test]
fn looking_at_attributes() {
    check_denied("stat", OUTSIDE, |g, p| g.stat(p, FOLLOW).unwrap_err());
    check_denied("lstat", OUTSIDE, |g, p| g.stat(p, 0).unwrap_err());
    check("stat", LINKS_OUTSIDE, |g, p| g.stat(p, FOLLOW).unwrap_err());
    // The links themselves are inside.
    for path in LINKS_OUTSIDE {
        let (_host, mut guest) = host();
        assert_eq!(guest.stat(path, 0).unwrap().filetype, 7, "{path}");
    }
}

#[test]
fn setting_times() {
    let set = |flags: i64| {
        move |g: &mut Guest, p: &str| call!(g, "path_filestat_set_times", DIR, flags, p, 1, 1, 5)
    };
    check_denied("set times", OUTSIDE, set(FOLLOW));
    check_denied("set times of link", OUTSIDE, set(0));
    check("set times", LINKS_OUTSIDE, set(FOLLOW));
}

#[test]
fn functions_of_one_path() {
    for name in [
        "path_create_directory",
        "path_remove_directory",
        "path_unlink_file",
    ] {
        check(name, OUTSIDE, |g, p| call!(g, name, DIR, p));
    }
    check_denied(
        "mkdir",
        &["../new", "up/new", "absdir/new", "/new"],
        |g, p| call!(g, "path_create_directory", DIR, p),
    );
    check("mkdir over a link", LINKS_OUTSIDE, |g, p| {
        call!(g, "path_create_directory", DIR, p)
    });
    check("rmdir of a link", LINKS_OUTSIDE, |g, p| {
        call!(g, "path_remove_directory", DIR, p)
    });
}

#[test]
fn reading_links() {
    let read = |g: &mut Guest, p: &str| {
        let (buffer, used) = (g.alloc(64), g.alloc(4));
        call!(g, "path_readlink", DIR, p, buffer, 64, used)
    };
    check("readlink", OUTSIDE, read);
    check_denied(
        "readlink",
        &["abs", "absdir", "root", "self", "../x", "up/x"],
        read,
    );
}

#[test]
fn making_links() {
    check_denied(
        "absolute symlink",
        &["/", "/etc/passwd", "//x", "/../x"],
        |g, p| call!(g, "path_symlink", p, DIR, "new"),
    );
    check("symlink outside", OUTSIDE, |g, p| {
        call!(g, "path_symlink", "file", DIR, p)
    });
    for flags in [0, FOLLOW] {
        check("link to outside", OUTSIDE, |g, p| {
            call!(g, "path_link", DIR, flags, p, DIR, "new")
        });
        check("link from outside", OUTSIDE, |g, p| {
            call!(g, "path_link", DIR, flags, "file", DIR, p)
        });
    }
    check("link to what a link leads to", LINKS_OUTSIDE, |g, p| {
        call!(g, "path_link", DIR, FOLLOW, p, DIR, "new")
    });
}

#[test]
fn a_hard_link_to_a_link_is_that_link_and_leads_nowhere_new() {
    let (_host, mut guest) = host();
    for (i, path) in LINKS_OUTSIDE.iter().enumerate() {
        let new = format!("hard{i}");
        ok!(guest, "path_link", DIR, 0, *path, DIR, new.as_str());
        assert_eq!(guest.stat(&new, 0).unwrap().filetype, 7);
        let errno = open(&mut guest, FOLLOW, &new, OFlags::CREAT, Rights::FD_READ);
        assert!(refused(errno), "{path}: {errno}");
    }
}

#[test]
fn renaming() {
    check("rename to outside", OUTSIDE, |g, p| {
        call!(g, "path_rename", DIR, "file", DIR, p)
    });
    check("rename from outside", OUTSIDE, |g, p| {
        call!(g, "path_rename", DIR, p, DIR, "new")
    });
    check("rename a directory to outside", OUTSIDE, |g, p| {
        call!(g, "path_rename", DIR, "dir", DIR, p)
    });
    // Links are replaced, never followed.
    for path in LINKS_OUTSIDE {
        let (host, mut guest) = host();
        let before = outside(host.path());
        ok!(guest, "path_rename", DIR, "file", DIR, *path);
        assert_eq!(guest.stat(path, 0).unwrap().filetype, 4, "{path}");
        assert_eq!(outside(host.path()), before, "{path}");
    }
}

#[test]
fn a_guest_makes_its_own_links() {
    for (contents, link, path) in [
        ("..", "new", "new/secret"),
        ("../secret", "new", "new"),
        ("../..", "dir/new", "dir/new/secret"),
        ("dir/../../secret", "new", "new"),
        ("./././../outside", "new", "new/secret"),
        ("up", "new", "new/secret"),
        ("root", "new", "new/etc/passwd"),
    ] {
        let (host, mut guest) = host();
        let before = outside(host.path());
        ok!(guest, "path_symlink", contents, DIR, link);
        for oflags in [OFlags::empty(), OFlags::CREAT, OFlags::TRUNC] {
            let errno = open(&mut guest, FOLLOW, path, oflags, Rights::FD_WRITE);
            assert_eq!(errno, Errno::Perm, "{contents} at {link}, {oflags:?}");
        }
        assert_eq!(guest.stat(path, FOLLOW), Err(Errno::Perm));
        assert_eq!(outside(host.path()), before);
    }
}

#[test]
fn a_descriptor_inside_is_no_way_out() {
    let (host, mut guest) = host();
    let sub = guest
        .open("dir/sub", OFlags::DIRECTORY, Rights::DIRECTORY)
        .unwrap();
    // A path is resolved in the descriptor's directory, also when that lies deeper.
    for path in [
        "..",
        "../..",
        "../sub",
        "../../file",
        "../../../secret",
        "deep",
    ] {
        let result = guest.open_at(sub, path, OFlags::empty(), Rights::FD_READ, 0);
        assert_eq!(result, Err(Errno::Perm), "{path}");
    }
    // Moving the directory elsewhere does not change that.
    ok!(guest, "path_rename", DIR, "dir/sub", DIR, "moved");
    let result = guest.open_at(sub, "../secret", OFlags::empty(), Rights::FD_READ, 0);
    assert_eq!(result, Err(Errno::Perm));
    drop(host);
}

#[test]
fn renaming_across_directories_is_no_way_out() {
    let host = tempfile::tempdir().unwrap();
    for dir in ["a", "a/sub", "a/sub/deep", "b"] {
        fs::create_dir(host.path().join(dir)).unwrap();
    }
    fs::write(host.path().join("secret"), "secret").unwrap();
    let mut builder = WasiCtxBuilder::new();
    for dir in ["a", "b"] {
        builder
            .preopened_dir(
                host.path().join(dir),
                dir,
                DirPerms::all(),
                FilePerms::all(),
            )
            .unwrap();
    }
    let mut guest = Guest::new(builder.build());
    let deep = guest
        .open("sub/deep", OFlags::DIRECTORY, Rights::DIRECTORY)
        .unwrap();
    // What was two levels down is one level down now: `..` must not start counting from there.
    ok!(guest, "path_rename", 3, "sub/deep", 4, "deep");
    for path in ["..", "../..", "../../secret", "../secret"] {
        let result = guest.open_at(deep, path, OFlags::empty(), Rights::FD_READ, 0);
        assert_eq!(result, Err(Errno::Perm), "{path}");
    }
    let result = guest.open_at(4, "deep/../../secret", OFlags::empty(), Rights::FD_READ, 0);
    assert_eq!(result, Err(Errno::Perm));
    // A link that is harmless in one place and leads outside from the other.
    ok!(guest, "path_symlink", "../secret", 3, "sub/link");
    ok!(guest, "path_rename", 3, "sub/link", 4, "link");
    let result = guest.open_at(4, "link", OFlags::empty(), Rights::FD_READ, 0);
    assert_eq!(result, Err(Errno::Perm));
}

/// While one thread of the host swaps a directory with a link to the outside, the guest opens a
/// file through it: it finds the file inside or none, never the one outside.
#[test]
fn swapping_a_directory_and_a_link_is_no_way_out() {
    let (host, mut guest) = host();
    let jail = host.path().join("jail");
    fs::create_dir(jail.join("real")).unwrap();
    fs::write(jail.join("real/secret"), "inside").unwrap();
    symlink("../outside", jail.join("fake")).unwrap();
    fs::create_dir(jail.join("swap")).unwrap();
    fs::write(jail.join("swap/secret"), "inside").unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let flags = rustix::fs::RenameFlags::EXCHANGE;
                let (a, b) = (jail.join("swap"), jail.join("fake"));
                rustix::fs::renameat_with(rustix::fs::CWD, &a, rustix::fs::CWD, &b, flags).unwrap();
            }
        });
        for _ in 0..1000 {
            match guest.open("swap/secret", OFlags::empty(), Rights::FD_READ) {
                Ok(fd) => {
                    assert_eq!(guest.read(fd, 16).unwrap(), b"inside");
                    ok!(guest, "fd_close", fd);
                }
                Err(errno) => assert!(refused(errno) || errno == Errno::Again, "{errno}"),
            }
            if let Ok(stat) = guest.stat("swap/secret", FOLLOW) {
                assert_eq!(stat.size, 6);
            }
            let errno = call!(guest, "path_create_directory", DIR, "swap/made");
            assert!(refused(errno) || errno == Errno::Success || errno == Errno::Again);
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(!host.path().join("outside/made").exists());
}

#[test]
fn names_that_look_dangerous_are_just_names() {
    let (_host, mut guest) = host();
    for name in [
        "...", "..a", "a..", "~", "\\..\\..", "C:\\", "-", " ", "%2e%2e", "\u{202e}",
    ] {
        ok!(guest, "path_create_directory", DIR, name);
        assert_eq!(guest.stat(name, 0).unwrap().filetype, 3, "{name:?}");
    }
}
