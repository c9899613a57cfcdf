//! The files that a script may reach: folders held as capabilities, so that no link leads out of them.

use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

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
    dir: Arc<Dir>,
    writable: bool,
}

/// All folders that a script reaches.
#[derive(Default)]
pub(crate) struct Files {
    roots: Vec<Root>,
}

/// A path inside one of the folders. It can be used on any thread.
#[derive(Clone, Debug)]
pub(crate) struct Located {
    pub(crate) dir: Arc<Dir>,
    /// Relative to `dir`; `.` for the folder itself.
    pub(crate) path: PathBuf,
    /// Whether the folder may be written to.
    pub(crate) writable: bool,
}

impl Files {
    /// Lets scripts reach the folder `host` as `guest`, an absolute path.
    pub(crate) fn add(&mut self, host: &Path, guest: PathBuf, writable: bool) -> io::Result<()> {
        let dir = Dir::open_ambient_dir(host, ambient_authority())?;
        self.roots.push(Root {
            guest,
            dir: Arc::new(dir),
            writable,
        });
        Ok(())
    }

    /// Lets scripts read the folder at `path` under its own name, unless they reach it through another folder
    /// already, which then decides about writing, too.
    pub(crate) fn add_own(&mut self, path: &Path) -> io::Result<()> {
        use cap_std::fs::MetadataExt as _;
        use std::os::unix::fs::MetadataExt as _;

        let own = std::fs::metadata(path)?;
        if let Ok(located) = self.locate(path, Access::Read)
            && let Ok(known) = located.dir.metadata(&located.path)
            && (known.dev(), known.ino()) == (own.dev(), own.ino())
        {
            return Ok(());
        }
        self.add(path, path.to_owned(), false)
    }

    /// Finds the folder that `path` is in. The innermost one decides about the access, so that a part of a folder
    /// that may be written to can be protected. `path` is absolute; `.` and `..` are resolved by text.
    pub(crate) fn locate(&self, path: &Path, access: Access) -> Result<Located, HostError> {
        let path = normalize(path);
        let containing = self
            .roots
            .iter()
            .filter(|root| path.starts_with(&root.guest));
        // Of several under the same name, the last.
        let innermost = containing.max_by_key(|root| root.guest.components().count());
        let allowed = innermost.filter(|root| root.writable || access == Access::Read);
        let Some(root) = allowed else {
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
            dir: root.dir.clone(),
            path: relative,
            writable: root.writable,
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

/// The error of an access that no permission covers.
pub(crate) fn denied(path: &Path, access: Access) -> HostError {
    let folder = path.parent().unwrap_or(path).display();
    let (verb, rights) = match access {
        Access::Read => ("reading", ":ro"),
        Access::Write => ("writing", ""),
    };
    HostError::denied(
        format_args!("{verb} {}", path.display()),
        format_args!("--dir {folder}{rights}"),
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
    call_error(error, syscall, Some(path), None)
}

/// As [`system_error`], for calls without a path or with two.
pub(crate) fn call_error(
    error: &io::Error,
    syscall: &'static str,
    path: Option<&Path>,
    dest: Option<&Path>,
) -> HostError {
    let (code, errno, text) = describe(error);
    let mut message = format!("{code}: {text}, {syscall}");
    if let Some(path) = path {
        message += &format!(" '{}'", path.display());
    }
    if let Some(dest) = dest {
        message += &format!(" -> '{}'", dest.display());
    }
    let text = |path: Option<&Path>| path.map(|path| path.display().to_string().into());
    HostError::new(
        ErrorClass::System {
            code,
            errno,
            syscall,
            path: text(path),
            dest: text(dest),
        },
        message,
    )
}

/// The numbers, names and texts of errors on Linux, as libuv has them.
const ERRORS: &[(i32, &str, &str)] = &[
    (1, "EPERM", "operation not permitted"),
    (2, "ENOENT", "no such file or directory"),
    (4, "EINTR", "interrupted system call"),
    (5, "EIO", "i/o error"),
    (6, "ENXIO", "no such device or address"),
    (7, "E2BIG", "argument list too long"),
    (9, "EBADF", "bad file descriptor"),
    (11, "EAGAIN", "resource temporarily unavailable"),
    (12, "ENOMEM", "not enough memory"),
    (13, "EACCES", "permission denied"),
    (14, "EFAULT", "bad address in system call argument"),
    (16, "EBUSY", "resource busy or locked"),
    (17, "EEXIST", "file already exists"),
    (18, "EXDEV", "cross-device link not permitted"),
    (19, "ENODEV", "no such device"),
    (20, "ENOTDIR", "not a directory"),
    (21, "EISDIR", "illegal operation on a directory"),
    (22, "EINVAL", "invalid argument"),
    (23, "ENFILE", "file table overflow"),
    (24, "EMFILE", "too many open files"),
    (25, "ENOTTY", "inappropriate ioctl for device"),
    (26, "ETXTBSY", "text file is busy"),
    (27, "EFBIG", "file too large"),
    (28, "ENOSPC", "no space left on device"),
    (29, "ESPIPE", "invalid seek"),
    (30, "EROFS", "read-only file system"),
    (31, "EMLINK", "too many links"),
    (32, "EPIPE", "broken pipe"),
    (34, "ERANGE", "result too large"),
    (36, "ENAMETOOLONG", "name too long"),
    (38, "ENOSYS", "function not implemented"),
    (39, "ENOTEMPTY", "directory not empty"),
    (40, "ELOOP", "too many symbolic links encountered"),
    (61, "ENODATA", "no data available"),
    (75, "EOVERFLOW", "value too large for defined data type"),
    (95, "ENOTSUP", "operation not supported on socket"),
    (110, "ETIMEDOUT", "connection timed out"),
    (122, "EDQUOT", "disk quota exceeded"),
];

/// Names of the errors: `(number, name, text)`.
pub(crate) fn errors() -> &'static [(i32, &'static str, &'static str)] {
    ERRORS
}

/// The name, the number and the text of an error.
fn describe(error: &io::Error) -> (&'static str, i32, String) {
    use io::ErrorKind::*;
    // Errors that the standard library and cap-std make themselves have a kind only.
    let number = error.raw_os_error().unwrap_or(match error.kind() {
        NotFound => 2,
        PermissionDenied => 13,
        AlreadyExists => 17,
        NotADirectory => 20,
        IsADirectory => 21,
        InvalidInput => 22,
        DirectoryNotEmpty => 39,
        _ => 5,
    });
    match ERRORS.iter().find(|(other, ..)| *other == number) {
        Some((_, code, text)) => (code, number, (*text).to_owned()),
        None => ("UNKNOWN", number, error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_folder_decides() {
        let outer = tempfile::tempdir().unwrap();
        let host = std::fs::canonicalize(outer.path()).unwrap();
        let inner = host.join("inner");
        let own = host.join("own");
        for folder in [&inner, &own] {
            std::fs::create_dir(folder).unwrap();
        }
        let mut files = Files::default();
        files.add(&host, host.clone(), true).unwrap();
        files.add(&inner, inner.clone(), false).unwrap();
        files.add_own(&own).unwrap();
        let check = |path: &Path, access, allowed: bool| {
            let located = files.locate(&path.join("file"), access);
            assert_eq!(located.is_ok(), allowed, "{}", path.display());
        };
        check(&host, Access::Write, true);
        check(&inner, Access::Read, true);
        check(&inner, Access::Write, false);
        check(&own, Access::Write, true);
        check(&host.join("inner/../own"), Access::Write, true);
        check(&host.join("own/../inner"), Access::Write, false);
        check(host.parent().unwrap(), Access::Read, false);

        let mut alone = Files::default();
        alone.add_own(&own).unwrap();
        assert!(alone.locate(&own, Access::Read).is_ok());
        assert!(alone.locate(&own, Access::Write).is_err());
    }
}
