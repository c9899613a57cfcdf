//! Paths that guests name, resolved without leaving their directory.
//!
//! `cap-std` opens the parent of the last component (with `openat2` and `RESOLVE_BENEATH` where the
//! kernel has it, so that races cannot lead outside either); the operation itself is a system call
//! on that parent and one component, which the kernel does not follow if it is a symbolic link.

use crate::Errno;
use crate::types::FileStat;
use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt};
use cap_std::fs::{Dir, File, OpenOptions, OpenOptionsExt};
use rustix::fs::{AtFlags, OFlags, Timestamps};
use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Longest path that Linux resolves, without the NUL at its end (`PATH_MAX` - 1).
const MAX_PATH: usize = 4095;

/// A path as the guest gave it: any bytes but NUL.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GuestPath<'a>(&'a [u8]);

impl<'a> GuestPath<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Result<GuestPath<'a>, Errno> {
        if bytes.is_empty() {
            return Err(Errno::Noent);
        }
        if bytes.len() > MAX_PATH {
            return Err(Errno::Nametoolong);
        }
        if bytes.contains(&0) {
            return Err(Errno::Inval);
        }
        Ok(GuestPath(bytes))
    }

    pub(crate) fn as_path(self) -> &'a Path {
        Path::new(OsStr::from_bytes(self.0))
    }

    /// The path with a slash at its end, so that it can only name a directory.
    pub(crate) fn with_slash(self) -> Vec<u8> {
        [self.0, b"/"].concat()
    }

    pub(crate) fn is_absolute(self) -> bool {
        self.0[0] == b'/'
    }

    /// Whether the path can only name a directory.
    pub(crate) fn requires_dir(self) -> bool {
        self.0.ends_with(b"/")
    }

    /// The path of the parent (empty for the directory that paths start from) and the last
    /// component; `.` when the path does not end in a name.
    fn split(self) -> (&'a [u8], &'a [u8]) {
        let end = self.0.iter().rposition(|&b| b != b'/').map_or(0, |i| i + 1);
        let path = &self.0[..end];
        let name_start = path.iter().rposition(|&b| b == b'/').map_or(0, |i| i + 1);
        match &path[name_start..] {
            b"" | b"." | b".." => (self.0, b"."),
            name => (&path[..name_start], name),
        }
    }
}

/// A directory that was opened to work in it, or the one that paths start from.
enum Parent<'a> {
    Start(&'a Dir),
    Opened(Dir),
}

/// The last component of a path, and the directory that it is in.
pub(crate) struct Target<'a> {
    parent: Parent<'a>,
    name: Vec<u8>,
    requires_dir: bool,
}

impl AsFd for Target<'_> {
    /// The parent directory.
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.parent {
            Parent::Start(dir) => dir.as_fd(),
            Parent::Opened(dir) => dir.as_fd(),
        }
    }
}

impl<'a> Target<'a> {
    pub(crate) fn resolve(start: &'a Dir, path: GuestPath<'_>) -> Result<Target<'a>, Errno> {
        let (parent, name) = path.split();
        let parent = if parent.is_empty() {
            Parent::Start(start)
        } else {
            Parent::Opened(start.open_dir(OsStr::from_bytes(parent))?)
        };
        Ok(Target {
            parent,
            name: name.to_vec(),
            requires_dir: path.requires_dir() && name != b".",
        })
    }

    /// The component alone, for calls to which a slash at its end makes no difference.
    pub(crate) fn name(&self) -> &OsStr {
        OsStr::from_bytes(&self.name)
    }

    /// The component with the slash that stood behind it, for calls that look up the parent and
    /// create, rename or remove the component: they check the slash and never follow a link.
    pub(crate) fn name_with_slash(&self) -> Vec<u8> {
        let mut name = self.name.clone();
        if self.requires_dir {
            name.push(b'/');
        }
        name
    }
}

/// Opens what a path names without reading or writing it, to ask for or set its attributes.
fn open_path(dir: &Dir, path: GuestPath<'_>) -> Result<File, Errno> {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .custom_flags(OFlags::PATH.bits() as i32)
        .follow(FollowSymlinks::Yes);
    Ok(dir.open_with(path.as_path(), &options)?)
}

/// The attributes of what a path names. A slash at its end follows a link, as POSIX says.
pub(crate) fn stat(dir: &Dir, path: GuestPath<'_>, follow: bool) -> Result<FileStat, Errno> {
    if follow || path.requires_dir() {
        return Ok(rustix::fs::fstat(open_path(dir, path)?)?.into());
    }
    let target = Target::resolve(dir, path)?;
    Ok(rustix::fs::statat(&target, target.name(), AtFlags::SYMLINK_NOFOLLOW)?.into())
}

/// Sets the times of what a path names.
pub(crate) fn set_times(
    dir: &Dir,
    path: GuestPath<'_>,
    follow: bool,
    times: &Timestamps,
) -> Result<(), Errno> {
    if follow || path.requires_dir() {
        let file = open_path(dir, path)?;
        return Ok(rustix::fs::utimensat(
            file,
            c"",
            times,
            AtFlags::EMPTY_PATH,
        )?);
    }
    let target = Target::resolve(dir, path)?;
    Ok(rustix::fs::utimensat(
        &target,
        target.name(),
        times,
        AtFlags::SYMLINK_NOFOLLOW,
    )?)
}

/// What a symbolic link contains. One that leads outside by an absolute path is not told.
pub(crate) fn read_link(dir: &Dir, path: GuestPath<'_>) -> Result<Vec<u8>, Errno> {
    if path.requires_dir() {
        dir.open_dir(path.as_path())?;
        return Err(Errno::Inval);
    }
    let target = Target::resolve(dir, path)?;
    let contents = rustix::fs::readlinkat(&target, target.name(), Vec::new())?.into_bytes();
    if contents.starts_with(b"/") {
        return Err(Errno::Perm);
    }
    Ok(contents)
}

/// Makes a hard link; with `follow` to what `old_path` leads to if it is a symbolic link.
pub(crate) fn link(
    old_dir: &Dir,
    old_path: GuestPath<'_>,
    follow: bool,
    new_dir: &Dir,
    new_path: GuestPath<'_>,
) -> Result<(), Errno> {
    if old_path.requires_dir() {
        old_dir.open_dir(old_path.as_path())?;
        return Err(Errno::Perm);
    }
    let resolved;
    let old_path = if follow {
        resolved = old_dir.canonicalize(old_path.as_path())?;
        GuestPath::new(resolved.as_os_str().as_bytes())?
    } else {
        old_path
    };
    let old = Target::resolve(old_dir, old_path)?;
    let new = Target::resolve(new_dir, new_path)?;
    Ok(rustix::fs::linkat(
        &old,
        old.name(),
        &new,
        new.name_with_slash(),
        AtFlags::empty(),
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_split_into_a_parent_and_one_component() {
        let check = |path: &str, parent: &str, name: &str| {
            let split = GuestPath::new(path.as_bytes()).unwrap().split();
            assert_eq!(split, (parent.as_bytes(), name.as_bytes()), "{path}");
        };
        check("a", "", "a");
        check("a/b", "a/", "b");
        check("a/b//", "a/", "b");
        check("a//b", "a//", "b");
        check("/a", "/", "a");
        check("./a", "./", "a");
        check("../a", "../", "a");
        check(".", ".", ".");
        check("..", "..", ".");
        check("a/..", "a/..", ".");
        check("a/../", "a/../", ".");
        check("/", "/", ".");
        check("//", "//", ".");
        check("...", "", "...");
    }
}
