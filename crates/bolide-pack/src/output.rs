//! The folder that a package is written to: never half-written, and what users have put there stays.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use tempfile::TempDir;
use walkdir::WalkDir;

use crate::error::{Error, Result};

/// The file in the folder that lists what a build has written there, so that the next one knows what it may replace.
const LIST: &str = ".bolide";

/// The first line of the list.
const LIST_TITLE: &str =
    "# Files that `bolide build` has written, and replaces. It leaves others alone.";

/// What stays of a build that was interrupted is removed after this time; before, it may belong to one that runs.
const ABANDONED: Duration = Duration::from_secs(3600);

/// A folder for a package.
#[derive(Debug)]
pub(crate) struct Output {
    /// Behind links.
    folder: PathBuf,
    parent: PathBuf,
    name: String,
}

/// What is in a folder that is to be replaced.
#[derive(Debug, Default, PartialEq, Eq)]
struct Present {
    /// Files that an earlier build has written.
    ours: BTreeSet<PathBuf>,
    /// All other files, and folders with nothing of ours in them.
    others: BTreeSet<PathBuf>,
}

impl Output {
    /// The folder at `folder`, which need not exist.
    ///
    /// # Errors
    ///
    /// If it can be seen now already that no package can be written there.
    pub(crate) fn open(folder: &Path) -> Result<Output> {
        let folder = match fs::symlink_metadata(folder) {
            Ok(_) => fs::canonicalize(folder).map_err(|e| Error::io("write to", folder, &e))?,
            Err(_) => folder.to_owned(),
        };
        if folder.exists() && !folder.is_dir() {
            return Err(
                Error::new(format!("cannot write a package to `{}`", folder.display()))
                    .with_cause("it is a file")
                    .with_help("move it away, or choose another folder with `--out-dir DIR`"),
            );
        }
        let (Some(parent), Some(name)) = (folder.parent(), folder.file_name()) else {
            return Err(
                Error::new(format!("cannot write a package to `{}`", folder.display()))
                    .with_help("choose a folder with `--out-dir DIR`"),
            );
        };
        let output = Output {
            parent: parent.to_owned(),
            name: name.to_string_lossy().into_owned(),
            folder: folder.clone(),
        };
        let cannot = |error: io::Error| {
            Error::io("write to", parent, &error)
                .with_help("`--out-dir DIR` writes the package somewhere else")
        };
        fs::create_dir_all(parent).map_err(cannot)?;
        output.remove_abandoned();
        drop(output.stage()?);
        if folder.is_dir() {
            let probe = tempfile::Builder::new()
                .prefix(".bolide-")
                .tempfile_in(&folder);
            probe.map_err(|e| {
                Error::io("write to", &folder, &e)
                    .with_help("`--out-dir DIR` writes the package somewhere else")
            })?;
        }
        Ok(output)
    }

    /// The folder itself.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    fn prefix(&self) -> String {
        format!(".{}.bolide-", self.name)
    }

    fn remove_abandoned(&self) {
        let entries = fs::read_dir(&self.parent).into_iter().flatten().flatten();
        for entry in entries {
            let is_staged = entry
                .file_name()
                .to_string_lossy()
                .starts_with(&self.prefix());
            let modified = entry.metadata().and_then(|metadata| metadata.modified());
            let age = modified.ok().and_then(|modified| modified.elapsed().ok());
            if is_staged && age.is_some_and(|age| age > ABANDONED) {
                // It is in nobody's way.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }

    /// A new folder beside it, in which the package is made.
    pub(crate) fn stage(&self) -> Result<TempDir> {
        tempfile::Builder::new()
            .prefix(&self.prefix())
            .permissions(fs::Permissions::from_mode(0o777))
            .tempdir_in(&self.parent)
            .map_err(|e| {
                Error::io("write to", &self.parent, &e)
                    .with_help("`--out-dir DIR` writes the package somewhere else")
            })
    }

    /// Puts what is in `stage` in place of what an earlier build has written, and returns the files, relative to the
    /// folder.
    ///
    /// If there is nothing else in the folder, it is replaced in one step; else file by file.
    ///
    /// # Errors
    ///
    /// If a file that no build has written is in the way, or nothing can be written. The folder is as before, then.
    pub(crate) fn commit(&self, stage: TempDir) -> Result<Vec<PathBuf>> {
        let mut new = files(stage.path())?;
        let present = self.present(&new)?;
        self.keep_others(&present, &mut new, stage.path())?;
        new.insert(LIST.into());
        write_list(&stage.path().join(LIST), &new)?;
        if present.others.is_empty() {
            self.replace(stage)?;
        } else {
            self.merge(&present, &new, stage.path())?;
        }
        Ok(new.into_iter().collect())
    }

    /// What is in the folder, of which `new` is to be replaced.
    fn present(&self, new: &BTreeSet<PathBuf>) -> Result<Present> {
        let mut listed = match fs::read_to_string(self.folder.join(LIST)) {
            Ok(text) => read_list(&text),
            Err(_) if self.is_of_wasm_pack() => new.clone(),
            Err(_) => BTreeSet::new(),
        };
        listed.insert(LIST.into());
        let mut present = Present::default();
        if self.folder.is_dir() {
            // Folders only: one that has the name of a file is in its way, whatever is in it.
            let known: BTreeSet<&Path> = listed
                .iter()
                .chain(new)
                .flat_map(|p| p.ancestors().skip(1))
                .collect();
            self.collect(Path::new(""), &listed, &known, &mut present)?;
        }
        Ok(present)
    }

    fn collect(
        &self,
        relative: &Path,
        listed: &BTreeSet<PathBuf>,
        known: &BTreeSet<&Path>,
        present: &mut Present,
    ) -> Result<()> {
        let folder = self.folder.join(relative);
        let cannot = |e: io::Error| Error::io("read", &folder, &e);
        for entry in fs::read_dir(&folder).map_err(cannot)? {
            let entry = entry.map_err(cannot)?;
            let path = relative.join(entry.file_name());
            let is_folder = entry.file_type().map_err(cannot)?.is_dir();
            if is_folder && known.contains(&*path) {
                self.collect(&path, listed, known, present)?;
            } else if !is_folder && listed.contains(&path) {
                present.ours.insert(path);
            } else {
                present.others.insert(path);
            }
        }
        Ok(())
    }

    /// wasm-pack leaves no list, but a file that makes git ignore the folder.
    fn is_of_wasm_pack(&self) -> bool {
        let ignored = fs::read_to_string(self.folder.join(".gitignore"));
        ignored.is_ok_and(|text| text.trim() == "*") && self.folder.join("package.json").is_file()
    }

    /// Takes out of `new` what is there already with the same content, but belongs to the user.
    fn keep_others(
        &self,
        present: &Present,
        new: &mut BTreeSet<PathBuf>,
        stage: &Path,
    ) -> Result<()> {
        let mut in_the_way = Vec::new();
        for path in std::mem::take(new) {
            let other = path.ancestors().find(|path| present.others.contains(*path));
            match other {
                None => {
                    new.insert(path);
                }
                Some(other) if other == path && self.is_same(&path, stage) => {}
                Some(other) => in_the_way.push(self.folder.join(other)),
            }
        }
        match in_the_way.as_slice() {
            [] => Ok(()),
            [file, ..] => Err(Error::new(format!(
                "`{}` is in the way of the package, and bolide has not made it",
                file.display()
            ))
            .with_help("move it away, or choose another folder with `--out-dir DIR`")),
        }
    }

    fn is_same(&self, path: &Path, stage: &Path) -> bool {
        let read = |folder: &Path| fs::read(folder.join(path)).ok();
        read(&self.folder).is_some_and(|old| read(stage) == Some(old))
    }

    /// Puts the folder `stage` in place, in one step where the system can do that.
    fn replace(&self, stage: TempDir) -> Result<()> {
        let cannot = |e: io::Error| Error::io("write", &self.folder, &e);
        if !self.folder.exists() {
            fs::rename(stage.path(), &self.folder).map_err(cannot)?;
            let _ = stage.keep();
            return Ok(());
        }
        if renameat_with(CWD, stage.path(), CWD, &self.folder, RenameFlags::EXCHANGE).is_ok() {
            // What was there before goes with `stage`.
            return Ok(());
        }
        let old = self.stage()?;
        fs::rename(&self.folder, old.path()).map_err(cannot)?;
        if let Err(error) = fs::rename(stage.path(), &self.folder) {
            fs::rename(old.path(), &self.folder).map_err(cannot)?;
            return Err(cannot(error));
        }
        let _ = stage.keep();
        Ok(())
    }

    /// Puts the files `new` in place one by one, and removes those of earlier builds that are not among them.
    fn merge(&self, present: &Present, new: &BTreeSet<PathBuf>, stage: &Path) -> Result<()> {
        // Also after an interruption it must be known what is ours.
        let both: BTreeSet<PathBuf> = present.ours.union(new).cloned().collect();
        let list = stage.join(format!("{LIST}-both"));
        write_list(&list, &both)?;
        let put =
            |from: &Path, to: &Path| fs::rename(from, to).map_err(|e| Error::io("write", to, &e));
        put(&list, &self.folder.join(LIST))?;
        let is_last = |path: &Path| path == Path::new("package.json") || path == Path::new(LIST);
        let (last, first): (Vec<_>, Vec<_>) = new.iter().partition(|path| is_last(path));
        // `package.json` is behind the list in the order of names.
        for path in first.into_iter().chain(last.into_iter().rev()) {
            let to = self.folder.join(path);
            let parent = to.parent().unwrap_or(&self.folder);
            fs::create_dir_all(parent).map_err(|e| Error::io("write", parent, &e))?;
            put(&stage.join(path), &to)?;
        }
        for path in present.ours.difference(new) {
            let file = self.folder.join(path);
            fs::remove_file(&file).map_err(|e| Error::io("remove", &file, &e))?;
            for folder in path
                .ancestors()
                .skip(1)
                .filter(|f| !f.as_os_str().is_empty())
            {
                // Not if there is something else in it.
                if fs::remove_dir(self.folder.join(folder)).is_err() {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// The files in a folder, relative to it.
fn files(folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    for entry in WalkDir::new(folder) {
        let entry = entry.map_err(|e| Error::io("read", folder, &e.into()))?;
        if !entry.file_type().is_dir()
            && let Ok(path) = entry.path().strip_prefix(folder)
        {
            files.insert(path.to_owned());
        }
    }
    Ok(files)
}

fn write_list(file: &Path, paths: &BTreeSet<PathBuf>) -> Result<()> {
    let mut text = format!("{LIST_TITLE}\n");
    for path in paths {
        text.push_str(&format!("{}\n", path.display()));
    }
    fs::write(file, text).map_err(|e| Error::io("write", file, &e))
}

/// The paths of a list. Anybody can have written it: what leads out of the folder is left out.
fn read_list(text: &str) -> BTreeSet<PathBuf> {
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let is_inside = |path: &PathBuf| {
        let mut parts = path.components();
        parts.all(|part| matches!(part, std::path::Component::Normal(_)))
    };
    lines.map(PathBuf::from).filter(is_inside).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The files of a folder with their contents, except for the list.
    fn contents(folder: &Path) -> Vec<(String, String)> {
        let paths = files(folder)
            .unwrap()
            .into_iter()
            .filter(|path| path != Path::new(LIST));
        paths
            .map(|path| {
                let text = fs::read_to_string(folder.join(&path)).unwrap();
                (path.to_str().unwrap().to_owned(), text)
            })
            .collect()
    }

    fn write(folder: &Path, files: &[(&str, &str)]) {
        for (path, text) in files {
            let file = folder.join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
    }

    fn build(folder: &Path, files: &[(&str, &str)]) -> Result<Vec<PathBuf>> {
        let output = Output::open(folder)?;
        let stage = output.stage()?;
        write(stage.path(), files);
        output.commit(stage)
    }

    /// What is in the folder after the user has written `before` and builds have written `builds`, one after the other; the
    /// user has written `between` after the first.
    fn check(
        before: &[(&str, &str)],
        builds: [&[(&str, &str)]; 2],
        between: &[(&str, &str)],
        expected: &[(&str, &str)],
    ) {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("pkg");
        write(&folder, before);
        build(&folder, builds[0]).unwrap();
        write(&folder, between);
        build(&folder, builds[1]).unwrap();
        let expected: Vec<_> = expected
            .iter()
            .map(|(a, b)| ((*a).into(), (*b).into()))
            .collect();
        assert_eq!(contents(&folder), expected);
        let beside = fs::read_dir(root.path()).unwrap().count();
        assert_eq!(beside, 1, "nothing is left beside the folder");
    }

    #[test]
    fn folders_are_replaced() {
        let first = [("a.js", "1"), ("snippets/x/s.js", "1")];
        let second = [("a.js", "2"), ("b.js", "2")];
        // Nothing else there: what the second build does not write is gone.
        check(&[], [&first, &second], &[], &second);
        // What the user writes stays, before and between the builds.
        check(
            &[("LICENSE", "u")],
            [&first, &second],
            &[("node_modules/a.js", "u")],
            &[
                ("LICENSE", "u"),
                ("a.js", "2"),
                ("b.js", "2"),
                ("node_modules/a.js", "u"),
            ],
        );
        // Also in a folder of ours.
        check(
            &[],
            [&first, &second],
            &[("snippets/x/mine.js", "u")],
            &[("a.js", "2"), ("b.js", "2"), ("snippets/x/mine.js", "u")],
        );
        // What the user changes in our files does not.
        check(&[], [&first, &second], &[("a.js", "u")], &second);
        // What wasm-pack has written does not, either, as far as it has the same name.
        check(
            &[
                (".gitignore", "*"),
                ("package.json", "{}"),
                ("a.js", "0"),
                ("a_bg.js", "0"),
            ],
            [&first, &second],
            &[],
            &[
                (".gitignore", "*"),
                ("a.js", "2"),
                ("a_bg.js", "0"),
                ("b.js", "2"),
                ("package.json", "{}"),
            ],
        );
    }

    #[test]
    fn files_of_users_are_not_replaced() {
        for (theirs, ours) in [
            (("a.js", "u"), ("a.js", "1")),
            (("snippets", "u"), ("snippets/s.js", "1")),
            (("a.js/x", "u"), ("a.js", "1")),
        ] {
            let root = tempfile::tempdir().unwrap();
            let folder = root.path().join("pkg");
            write(&folder, &[theirs]);
            let error = build(&folder, &[ours, ("other.js", "1")]).unwrap_err();
            assert!(error.what().contains("is in the way"), "{error}");
            assert_eq!(
                contents(&folder),
                [(theirs.0.to_owned(), theirs.1.to_owned())]
            );
            assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn the_same_file_stays_the_users() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("pkg");
        write(&folder, &[("README.md", "same")]);
        build(&folder, &[("README.md", "same"), ("a.js", "1")]).unwrap();
        build(&folder, &[("a.js", "2")]).unwrap();
        let expected = [("README.md", "same"), ("a.js", "2")];
        assert_eq!(
            contents(&folder),
            expected.map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
    }

    #[test]
    fn folders_that_cannot_be() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        fs::write(&file, "u").unwrap();
        std::os::unix::fs::symlink("nowhere", root.path().join("link")).unwrap();
        for (path, expected) in [
            ("file", "it is a file"),
            ("file/pkg", "cannot write to"),
            ("link", "cannot write to"),
        ] {
            let error = Output::open(&root.path().join(path)).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), "u");
    }

    #[test]
    fn a_link_stays_a_link() {
        let root = tempfile::tempdir().unwrap();
        let (link, real) = (root.path().join("pkg"), root.path().join("real"));
        fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink("real", &link).unwrap();
        build(&link, &[("a.js", "1")]).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(real.join("a.js").is_file());
    }

    #[test]
    fn lists_lead_nowhere_else() {
        let list = read_list("# x\n../a\n/etc/passwd\nb/../../c\nd\n\ne/f\n");
        let paths: Vec<_> = list.iter().map(|path| path.to_str().unwrap()).collect();
        assert_eq!(paths, ["d", "e/f"]);
    }
}
