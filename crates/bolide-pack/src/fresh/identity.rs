//! Whether a file is still the same, without reading it.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use walkdir::WalkDir;

/// A moment by the clock of the file system, in seconds and nanoseconds.
pub(super) type Moment = (i64, i64);

/// What is another one whenever somebody has written to a file, replaced it, or changed its times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Identity {
    size: u64,
    inode: u64,
    modified: Moment,
    changed: Moment,
}

impl Identity {
    fn of(metadata: &Metadata) -> Identity {
        Identity {
            size: metadata.len(),
            inode: metadata.ino(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// That of the file at `path`, or behind the link there; nothing if there is none.
    pub(super) fn at(path: &Path) -> Option<Identity> {
        Some(Identity::of(&path.metadata().ok()?))
    }

    /// When the file was last written to or replaced.
    pub(super) fn moment(&self) -> Moment {
        self.modified.max(self.changed)
    }
}

/// What is another one whenever a file in a folder is, or comes, or goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tree {
    pub(super) folder: PathBuf,
    /// Folders in it that do not matter.
    ignored: Vec<PathBuf>,
    hash: u64,
}

impl Tree {
    /// The tree, and when it was last changed.
    pub(super) fn of(folder: &Path, ignored: &[PathBuf]) -> io::Result<(Tree, Moment)> {
        let mut hasher = DefaultHasher::new();
        let mut moment = (0, 0);
        let entries = WalkDir::new(folder).sort_by_file_name().into_iter();
        let is_counted = |path: &Path, name: &OsStr| {
            name != ".git" && !ignored.iter().any(|ignored| ignored == path)
        };
        for entry in entries.filter_entry(|e| is_counted(e.path(), e.file_name())) {
            let entry = entry?;
            // Folders change with what is ignored in them.
            if !entry.file_type().is_dir() {
                let identity = Identity::of(&entry.metadata()?);
                (entry.path(), identity).hash(&mut hasher);
                moment = moment.max(identity.moment());
            }
        }
        let tree = Tree {
            folder: folder.to_owned(),
            ignored: ignored.to_owned(),
            hash: hasher.finish(),
        };
        Ok((tree, moment))
    }

    /// Whether it is the same as ever.
    pub(super) fn is_same(&self) -> bool {
        Tree::of(&self.folder, &self.ignored).is_ok_and(|(tree, _)| tree == *self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_change() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        assert_eq!(Identity::at(&file), None);
        std::fs::write(&file, "1").unwrap();
        let first = Identity::at(&file).unwrap();
        assert_eq!(Identity::at(&file), Some(first));
        let times = file.metadata().unwrap();
        std::fs::write(&file, "22").unwrap();
        let second = Identity::at(&file).unwrap();
        assert_ne!(first, second);
        // Another file of the same size with the same times.
        let other = folder.path().join("b");
        std::fs::write(&other, "33").unwrap();
        let handle = std::fs::File::options().append(true).open(&other).unwrap();
        handle.set_modified(times.modified().unwrap()).unwrap();
        std::fs::rename(&other, &file).unwrap();
        assert_ne!(Identity::at(&file), Some(second));
    }

    #[test]
    fn trees_change() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["src", "target", ".git"] {
            std::fs::create_dir(at(name)).unwrap();
        }
        std::fs::write(at("src/a"), "1").unwrap();
        let (tree, _) = Tree::of(folder.path(), &[at("target")]).unwrap();
        for (name, same) in [
            ("target/x", true),
            (".git/x", true),
            ("src/x", false),
            ("x", false),
            ("src/a", false),
        ] {
            let old = std::fs::read(at(name)).ok();
            std::fs::write(at(name), "new").unwrap();
            assert_eq!(tree.is_same(), same, "{name}");
            if old.is_none() {
                std::fs::remove_file(at(name)).unwrap();
                assert!(tree.is_same(), "without {name}");
            }
        }
        std::fs::remove_dir_all(folder.path()).unwrap();
        assert!(!tree.is_same());
    }
}
