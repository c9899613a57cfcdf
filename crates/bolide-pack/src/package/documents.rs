//! README and licence.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cargo::Crate;
use crate::error::{Error, Result};
use crate::report::Report;

/// How the names of files with a licence begin.
const LICENSES: [&str; 5] = ["LICENSE", "LICENCE", "COPYING", "UNLICENSE", "NOTICE"];

/// What was carried over.
#[derive(Debug, Default)]
pub(super) struct Documents {
    /// The names of files with a licence.
    pub(super) licenses: Vec<String>,
    /// The name of the file that the manifest of Cargo names as the licence.
    pub(super) license_file: Option<String>,
}

/// Copies the README and the licence of `package` to `folder`.
///
/// # Errors
///
/// If one that is there cannot be copied.
pub(super) fn carry_over(
    package: &Crate,
    folder: &Path,
    report: &mut dyn Report,
) -> Result<Documents> {
    let root = package.folder();
    if let Some(readme) = &package.package().readme {
        copy(&root.join(readme), folder, "README.md", report)?;
    }
    let mut licenses = licenses(root)?;
    if licenses.is_empty() {
        licenses = self::licenses(package.metadata().workspace_root.as_std_path())?;
    }
    let mut documents = Documents::default();
    for file in licenses {
        if let Some(name) = file.file_name().and_then(|name| name.to_str()) {
            copy(&file, folder, name, report)?;
            documents.licenses.push(name.to_owned());
        }
    }
    if let Some(file) = &package.package().license_file
        && let Some(name) = file.file_name()
        && copy(&root.join(file), folder, name, report)?
    {
        documents.license_file = Some(name.to_owned());
        if !documents.licenses.iter().any(|other| other == name) {
            documents.licenses.push(name.to_owned());
        }
    }
    Ok(documents)
}

/// Copies a file that is to be called `name`, and says whether it is there.
fn copy(file: &Path, folder: &Path, name: &str, report: &mut dyn Report) -> Result<bool> {
    if !file.is_file() {
        report.warn(&format_args!(
            "Cargo.toml names `{}`, which is not there",
            file.display()
        ));
        return Ok(false);
    }
    // Not `fs::copy`, which would make a copy of a file that is read-only read-only, too.
    let bytes = fs::read(file).map_err(|e| Error::io("read", file, &e))?;
    let to = folder.join(name);
    fs::write(&to, bytes).map_err(|e| Error::io("write", &to, &e))?;
    Ok(true)
}

/// The files with a licence in `folder`, in the order of their names.
fn licenses(folder: &Path) -> Result<Vec<PathBuf>> {
    let cannot = |e| Error::io("read", folder, &e);
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        let name = entry.file_name().to_string_lossy().to_ascii_uppercase();
        let is_license = LICENSES.iter().any(|start| {
            (name.strip_prefix(start))
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
        });
        if is_license && entry.path().is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Silent;

    #[test]
    fn licences_are_known_by_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let names = [
            "COPYING",
            "LICENSE-MIT",
            "Licence.txt",
            "UNLICENSE",
            "license.md",
        ];
        for name in names.into_iter().chain(["licensing.rs", "README.md"]) {
            fs::write(folder.path().join(name), name).unwrap();
        }
        fs::create_dir(folder.path().join("LICENSES")).unwrap();
        fs::create_dir(folder.path().join("LICENSE.d")).unwrap();
        let found = licenses(folder.path()).unwrap();
        let found: Vec<_> = found.iter().map(|path| path.file_name().unwrap()).collect();
        assert_eq!(found, names);
    }

    #[test]
    fn a_file_that_is_not_there_is_told_and_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("pkg");
        fs::create_dir(&to).unwrap();
        let from = folder.path().join("docs.md");
        assert!(!copy(&from, &to, "README.md", &mut Silent).unwrap());
        fs::write(&from, "text").unwrap();
        assert!(copy(&from, &to, "README.md", &mut Silent).unwrap());
        assert_eq!(fs::read_to_string(to.join("README.md")).unwrap(), "text");
    }
}
