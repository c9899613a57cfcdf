//! What a build has read.

use std::path::{Path, PathBuf};

use crate::cargo::{self, Compiled, Crate};

/// Where to look, relative to a package's or workspace's folder, for documents that a package carries over: files whose
/// names begin like this, in capitals.
const DOCUMENTS: [&str; 6] = [
    "README",
    "LICEN",
    "COPYING",
    "UNLICENSE",
    "NOTICE",
    "PACKAGE.JSON",
];

/// What was read to compile a package.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    /// Files and folders that must be there.
    pub(super) needed: Vec<PathBuf>,
    /// Files that may be there or not.
    pub(super) optional: Vec<PathBuf>,
}

/// What Cargo has read to compile `package`; nothing if it does not say.
pub(super) fn of_cargo(package: &Crate, compiled: &Compiled) -> Option<Inputs> {
    let list = compiled.module.with_extension("d");
    let text = std::fs::read_to_string(&list).ok()?;
    let mut inputs = Inputs {
        needed: dependencies(&text, &compiled.module)?,
        ..Inputs::default()
    };
    let metadata = package.metadata();
    let local = metadata.packages.iter().filter(|p| p.source.is_none());
    inputs
        .needed
        .extend(local.map(|p| p.manifest_path.clone().into_std_path_buf()));
    inputs.needed.push(package.workspace().join("Cargo.toml"));
    inputs.needed.push(package.workspace().join("Cargo.lock"));
    for (id, out_dir) in &compiled.scripts {
        let package = metadata.packages.iter().find(|p| &p.id == id)?;
        let output = out_dir.with_file_name("output");
        let folder = cargo::folder(package);
        match changes(&std::fs::read_to_string(&output).ok()?) {
            Some(files) => inputs
                .needed
                .extend(files.into_iter().map(|file| folder.join(file))),
            // Cargo runs the script again for whatever changes; what it has unpacked by itself does not.
            None if package.source.is_none() => inputs.needed.push(folder.to_owned()),
            None => {}
        }
    }
    let manifest = package.package();
    let documents = [&manifest.readme, &manifest.license_file]
        .into_iter()
        .flatten();
    let folder = package.folder();
    inputs
        .optional
        .extend(documents.map(|file| folder.join(file)));
    Some(inputs)
}

/// The files that a rule for `target` lists, as Cargo and compilers write it: spaces in names are escaped.
fn dependencies(text: &str, target: &Path) -> Option<Vec<PathBuf>> {
    let target = target.to_str()?.replace(' ', "\\ ");
    let rule = text
        .lines()
        .find_map(|line| line.strip_prefix(&target)?.strip_prefix(':'))?;
    let mut files = Vec::new();
    let mut file = String::new();
    let mut chars = rule.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek() == Some(&' ') => file.extend(chars.next()),
            ' ' if file.is_empty() => {}
            ' ' => files.push(std::mem::take(&mut file)),
            _ => file.push(c),
        }
    }
    files.push(file);
    let files = files
        .into_iter()
        .filter(|file| !file.is_empty())
        .map(PathBuf::from);
    let files: Vec<PathBuf> = files.collect();
    files.iter().all(|file| file.is_absolute()).then_some(files)
}

/// The files and folders by which a build script says when to run it again; nothing if it says nothing at all about
/// that. Variables need no list: a build is another one whenever the environment is.
fn changes(output: &str) -> Option<Vec<&str>> {
    let mut says = false;
    let mut files = Vec::new();
    for line in output.lines() {
        let Some(line) = line
            .strip_prefix("cargo::")
            .or_else(|| line.strip_prefix("cargo:"))
        else {
            continue;
        };
        says |= line.starts_with("rerun-if-");
        files.extend(line.strip_prefix("rerun-if-changed="));
    }
    says.then_some(files)
}

/// The documents in `folder`, whether they are carried over or not.
pub(super) fn documents(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let documents = entries.filter(|entry| {
        let name = entry.file_name().to_string_lossy().to_ascii_uppercase();
        DOCUMENTS.iter().any(|start| name.starts_with(start))
    });
    let mut documents: Vec<PathBuf> = documents.map(|entry| entry.path()).collect();
    documents.sort();
    documents
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules() {
        for (text, expected) in [
            ("/t/x.wasm: /a/lib.rs /a/b.rs\n", Some("/a/lib.rs|/a/b.rs")),
            (
                "/t/x.wasm: /a\\ b/lib.rs  /c\\d\n",
                Some("/a b/lib.rs|/c\\d"),
            ),
            ("/t/y.wasm: /a\n/t/x.wasm: /b", Some("/b")),
            ("/t/x.wasm:\n", Some("")),
            ("/t/y.wasm: /a\n", None),
            ("/t/x.wasm: src/lib.rs\n", None),
            ("", None),
        ] {
            let files = dependencies(text, Path::new("/t/x.wasm"));
            let files = files.map(|files| {
                let files: Vec<_> = files.iter().map(|file| file.to_str().unwrap()).collect();
                files.join("|")
            });
            assert_eq!(files.as_deref(), expected, "{text}");
        }
        let files = dependencies("/a\\ b/x.wasm: /c", Path::new("/a b/x.wasm"));
        assert_eq!(files, Some(vec![PathBuf::from("/c")]));
    }

    #[test]
    fn build_scripts() {
        for (output, expected) in [
            ("", None),
            ("hello\ncargo:rustc-cfg=x", None),
            ("cargo:rerun-if-env-changed=X", Some(vec![])),
            (
                "cargo::rerun-if-changed=a b\ncargo:rerun-if-changed=/c",
                Some(vec!["a b", "/c"]),
            ),
            (" cargo:rerun-if-changed=a", None),
        ] {
            assert_eq!(changes(output), expected, "{output}");
        }
    }
}
