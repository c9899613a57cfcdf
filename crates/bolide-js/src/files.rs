//! The files that a script may reach: folders held as capabilities, so that no link leads out of them.

use std::io;
use std::path::{Component, Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use crate::error::{ErrorClass, HostError};

/// What is to be done with a file.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// A folder that scripts reach.
struct Root {
    /// The absolute path under which scripts see it.
    guest: PathBuf,
    dir: Dir,
    writable: bool,
}

/// All folders that a script reaches.
#[derive(Default)]
pub(crate) struct Files {
    roots: Vec<Root>,
}

/// A path inside one of the folders.
pub(crate) struct Located<'a> {
    pub(crate) dir: &'a Dir,
    /// Relative to `dir`; `.` for the folder itself.
    pub(crate) path: PathBuf,
}

impl Files {
    /// Lets scripts reach the folder `host` as `guest`, an absolute path.
    pub(crate) fn add(&mut self, host: &Path, guest: PathBuf, writable: bool) -> io::Result<()> {
        let dir = Dir::open_ambient_dir(host, ambient_authority())?;
        self.roots.push(Root {
            guest,
            dir,
            writable,
        });
        Ok(())
    }

    /// Finds the folder that `path` is in: the innermost one that allows the access. `path` is absolute;
    /// `.` and `..` are resolved by text.
    pub(crate) fn locate(&self, path: &Path, access: Access) -> Result<Located<'_>, HostError> {
        let path = normalize(path);
        let containing = self
            .roots
            .iter()
            .filter(|root| path.starts_with(&root.guest));
        let allowed = containing.filter(|root| root.writable || access == Access::Read);
        let Some(root) = allowed.max_by_key(|root| root.guest.components().count()) else {
            return Err(denied(&path, access));
        };
        let relative = path
            .strip_prefix(&root.guest)
            .expect("the root contains the path");
        let relative = match relative.as_os_str().is_empty() {
            true => PathBuf::from("."),
            false => relative.to_owned(),
        };
        Ok(Located {
            dir: &root.dir,
            path: relative,
        })
    }

    /// Reads a whole file.
    pub(crate) fn read(&self, path: &Path) -> Result<Vec<u8>, HostError> {
        let located = self.locate(path, Access::Read)?;
        let result = located.dir.read(&located.path);
        result.map_err(|error| system_error(&error, "open", path, Access::Read))
    }

    /// Whether there is a file at `path` that may be read, and whether it is a folder.
    pub(crate) fn kind(&self, path: &Path) -> Option<FileKind> {
        let located = self.locate(path, Access::Read).ok()?;
        let metadata = located.dir.metadata(&located.path).ok()?;
        match metadata.is_dir() {
            true => Some(FileKind::Directory),
            false => Some(FileKind::File),
        }
    }

    /// The path with all links resolved, as scripts see it. Links that lead out of the folder are refused.
    pub(crate) fn canonicalize(&self, path: &Path) -> Result<PathBuf, HostError> {
        let normal = normalize(path);
        let located = self.locate(&normal, Access::Read)?;
        let relative = located.dir.canonicalize(&located.path);
        let relative =
            relative.map_err(|error| system_error(&error, "realpath", path, Access::Read))?;
        let depth = match located.path == Path::new(".") {
            true => 0,
            false => located.path.components().count(),
        };
        let root: PathBuf = normal
            .components()
            .take(normal.components().count() - depth)
            .collect();
        Ok(normalize(&root.join(relative)))
    }
}

/// What a path leads to.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    File,
    Directory,
}

fn denied(path: &Path, access: Access) -> HostError {
    let folder = path.parent().unwrap_or(path).display();
    let verb = match access {
        Access::Read => "reading",
        Access::Write => "writing",
    };
    HostError::denied(
        format_args!("{verb} {}", path.display()),
        format_args!("--dir {folder}"),
    )
}

/// Removes `.` and `..` by text.
pub(crate) fn normalize(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

/// A failed file operation as Node reports it.
pub(crate) fn system_error(
    error: &io::Error,
    syscall: &'static str,
    path: &Path,
    access: Access,
) -> HostError {
    // What cap-std says of paths that lead out of the folder.
    if error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error().is_none() {
        return denied(path, access);
    }
    let (code, text) = describe(error);
    let message = format!("{code}: {text}, {syscall} '{}'", path.display());
    HostError::new(
        ErrorClass::System {
            code,
            errno: error.raw_os_error().unwrap_or(5),
            syscall,
            path: Some(path.display().to_string()),
        },
        message,
    )
}

/// The code and the text of an error, as Node's documentation names the common ones.
fn describe(error: &io::Error) -> (&'static str, String) {
    use io::ErrorKind::*;
    let (code, text) = match error.kind() {
        NotFound => ("ENOENT", "no such file or directory"),
        PermissionDenied => ("EACCES", "permission denied"),
        AlreadyExists => ("EEXIST", "file already exists"),
        IsADirectory => ("EISDIR", "illegal operation on a directory"),
        NotADirectory => ("ENOTDIR", "not a directory"),
        DirectoryNotEmpty => ("ENOTEMPTY", "directory not empty"),
        ReadOnlyFilesystem => ("EROFS", "read-only file system"),
        StorageFull => ("ENOSPC", "no space left on device"),
        InvalidInput => ("EINVAL", "invalid argument"),
        InvalidFilename => ("ENAMETOOLONG", "name too long"),
        CrossesDevices => ("EXDEV", "cross-device link not permitted"),
        _ => return ("EIO", error.to_string()),
    };
    (code, text.to_owned())
}
