//! The Cargo workspace in whose folder a project is made.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Membership;
use crate::error::{Error, Result};

#[derive(Deserialize)]
struct Manifest {
    workspace: Option<Workspace>,
}

#[derive(Default, Deserialize)]
struct Workspace {
    #[serde(default)]
    members: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
}

/// How a package in `folder`, an absolute path, relates to the workspace that cargo would find from there.
pub(super) fn membership(folder: &Path) -> Result<Membership> {
    for root in folder.ancestors().skip(1) {
        let path = root.join("Cargo.toml");
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        let manifest: Manifest = toml::from_str(&text).map_err(|error| {
            Error::new(format!("`{}` is no valid manifest", path.display()))
                .with_cause(error.to_string())
                .with_help("cargo would look there for the workspace of the new project: correct it, or choose another folder")
        })?;
        if let Some(workspace) = manifest.workspace {
            let relative = folder.strip_prefix(root).expect("it is an ancestor");
            return Ok(workspace.membership(relative, path));
        }
    }
    Ok(Membership::None)
}

impl Workspace {
    fn membership(&self, relative: &Path, manifest: PathBuf) -> Membership {
        if (self.members.iter()).any(|pattern| matches(Path::new(pattern), relative)) {
            Membership::Member(manifest)
        } else if (self.exclude.iter()).any(|excluded| relative.starts_with(excluded)) {
            Membership::None
        } else {
            Membership::Apart(manifest)
        }
    }
}

/// Whether the pattern of folders, with `*` and `?`, names `path`.
fn matches(pattern: &Path, path: &Path) -> bool {
    let (mut patterns, mut names) = (normal(pattern), normal(path));
    loop {
        match (patterns.next(), names.next()) {
            (None, None) => return true,
            (Some(pattern), Some(name)) if matches_name(pattern.as_bytes(), name.as_bytes()) => {}
            _ => return false,
        }
    }
}

/// The components of a path as text, without `.`.
fn normal(path: &Path) -> impl Iterator<Item = String> {
    let components = path.components();
    components
        .filter(|component| *component != std::path::Component::CurDir)
        .map(|component| component.as_os_str().to_string_lossy().into_owned())
}

fn matches_name(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        ([b'*', pattern @ ..], _) => {
            (0..=name.len()).any(|skipped| matches_name(pattern, &name[skipped..]))
        }
        ([b'?', pattern @ ..], [_, name @ ..]) => matches_name(pattern, name),
        ([p, pattern @ ..], [n, name @ ..]) => p == n && matches_name(pattern, name),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_members() {
        for (pattern, path, expected) in [
            ("crates/*", "crates/a", true),
            ("./crates/*/", "crates/a", true),
            ("crates/*", "crates/a/b", false),
            ("crates/*", "crates", false),
            ("wasm-*", "wasm-app", true),
            ("wasm-?", "wasm-app", false),
            ("a", "a", true),
            ("a", "b", false),
        ] {
            let actual = matches(Path::new(pattern), Path::new(path));
            assert_eq!(actual, expected, "{pattern} {path}");
        }
    }
}
