//! What a changed file means.

use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};

use crate::http::is_hidden;

/// The file in which Cargo keeps versions.
pub(super) const LOCK: &str = "Cargo.lock";

/// What must be done because a file has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Change {
    /// Style sheets are out of date.
    Styles,
    /// Pages are out of date.
    Pages,
    /// The package is.
    Sources,
}

/// What is watched, and what it is.
#[derive(Debug)]
pub(super) struct Rules {
    /// What is served.
    root: PathBuf,
    /// Where the package is written.
    package: Option<PathBuf>,
    /// Files, and folders with all that is in them, that a build reads.
    inputs: HashSet<PathBuf>,
    /// Folders that a build writes to.
    outputs: HashSet<PathBuf>,
}

impl Rules {
    /// For a folder that is served, and a package in it that is built. Paths are absolute, without symbolic links.
    pub(super) fn new(root: PathBuf, package: Option<PathBuf>) -> Rules {
        let mut rules = Rules {
            root,
            package: None,
            inputs: HashSet::new(),
            outputs: HashSet::new(),
        };
        if let Some(package) = package {
            rules.inputs.extend(package.parent().map(Path::to_owned));
            rules.outputs.insert(package.clone());
            rules.package = Some(package);
        }
        rules
    }

    /// What is served.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// A build reads these, too. Returns those that were not known.
    pub(super) fn add_inputs(&mut self, inputs: Vec<PathBuf>) -> Vec<PathBuf> {
        let inputs = inputs
            .into_iter()
            .filter(|path| self.inputs.insert(path.clone()));
        inputs.collect()
    }

    /// A build writes to these, too, and the package to a folder if that is known by now.
    pub(super) fn add_outputs(&mut self, outputs: Vec<PathBuf>, package: Option<PathBuf>) {
        self.outputs.extend(outputs);
        if let Some(package) = package {
            self.outputs.insert(package.clone());
            self.package = Some(package);
        }
    }

    /// Where lock files are, or may be.
    pub(super) fn locks(&self) -> Vec<PathBuf> {
        let own = self.root.join(LOCK);
        let others = self.inputs.iter().filter(|path| path.ends_with(LOCK));
        others.cloned().chain([own]).collect()
    }

    /// Whether a folder need not be looked into.
    pub(super) fn skips(&self, folder: &Path) -> bool {
        if self.outputs.contains(folder) {
            return true;
        }
        let known = folder == self.root || self.inputs.contains(folder);
        let name = folder.file_name().and_then(|name| name.to_str());
        match name {
            _ if known => false,
            Some("node_modules") => true,
            Some("target") if folder.with_file_name("Cargo.toml").is_file() => true,
            Some(name) if is_hidden(name) => true,
            // Cargo has it in every target folder, whatever that is called.
            _ => folder.join("CACHEDIR.TAG").is_file(),
        }
    }

    /// Whether what is in a folder matters.
    pub(super) fn covers(&self, folder: &Path) -> bool {
        self.home(folder.ancestors()).is_some()
    }

    /// The innermost folder that is known, for packages can be in each other, if none up to it is skipped.
    fn home<'a>(&self, folders: impl Iterator<Item = &'a Path> + Clone) -> Option<&'a Path> {
        let known = |folder: &&Path| *folder == self.root || self.inputs.contains(*folder);
        let home = folders.clone().find(known)?;
        let mut within = folders.take_while(|folder| folder.starts_with(home));
        (!within.any(|folder| self.skips(folder))).then_some(home)
    }

    /// What a change of `path`, which is no folder, means; `None` if it means nothing.
    pub(super) fn classify(&self, path: &Path) -> Option<Change> {
        if self.package.is_some() && self.inputs.contains(path) {
            return Some(Change::Sources);
        }
        if path
            .file_name()
            .is_none_or(|name| is_passing(&name.to_string_lossy()))
        {
            return None;
        }
        let folder = self.home(path.ancestors().skip(1))?;
        let in_package = path
            .ancestors()
            .skip(1)
            .any(|folder| self.inputs.contains(folder));
        if self.package.is_some() && in_package && self.is_source(path, folder) {
            return Some(Change::Sources);
        }
        if !path.starts_with(&self.root) {
            return None;
        }
        match extension(path).as_deref() {
            Some("css") => Some(Change::Styles),
            _ => Some(Change::Pages),
        }
    }

    /// Whether a build may read a file of the package in `folder`. A build too many does no harm.
    fn is_source(&self, path: &Path, folder: &Path) -> bool {
        let inside = path.strip_prefix(folder).unwrap_or(path);
        if inside.components().next() == Some(Component::Normal("src".as_ref())) {
            return true;
        }
        match extension(path).as_deref() {
            Some("html" | "htm" | "css") => false,
            Some("js" | "mjs" | "ts" | "mts") => self.is_snippet(inside),
            _ => true,
        }
    }

    /// Whether Rust imports from a JavaScript file: then the package has a copy of it.
    fn is_snippet(&self, inside: &Path) -> bool {
        let snippets = self
            .package
            .as_ref()
            .map(|package| package.join("snippets"));
        let crates = snippets.and_then(|snippets| std::fs::read_dir(snippets).ok());
        let mut crates = crates.into_iter().flatten().flatten();
        crates.any(|folder| folder.path().join(inside).is_file())
    }
}

fn extension(path: &Path) -> Option<String> {
    let extension = path.extension()?.to_str()?;
    Some(extension.to_ascii_lowercase())
}

/// Whether a file is one that editors and systems make beside those of the user.
fn is_passing(name: &str) -> bool {
    is_hidden(name)
        || name.ends_with('~')
        || (name.starts_with('#') && name.ends_with('#'))
        || [".swp", ".swx", ".tmp", ".bak", ".orig", ".crdownload"].iter().any(|end| name.ends_with(end))
        // Vim tries with this name whether it can write to the folder.
        || name == "4913"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meanings() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for file in [
            "Cargo.toml",
            "www/target/x.html",
            "built-here/CACHEDIR.TAG",
            "pkg/snippets/a-12/js/used.js",
        ] {
            std::fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            std::fs::write(root.join(file), "").unwrap();
        }
        let fixed = Rules::new(root.clone(), None);
        let mut built = Rules::new(root.clone(), Some(root.join("pkg")));
        let at = |path: &str| match path.strip_prefix("../") {
            Some(path) => root.parent().unwrap().join(path),
            None => root.join(path),
        };
        let outside = at("../outside");
        built.add_inputs(vec![outside.clone(), root.join(".cargo/config.toml")]);
        built.add_outputs(vec![root.join("made")], None);
        let (styles, pages, sources) = (
            Some(Change::Styles),
            Some(Change::Pages),
            Some(Change::Sources),
        );
        for (path, without_build, with_build) in [
            ("index.html", pages, pages),
            ("www/style.CSS", styles, styles),
            ("main.js", pages, pages),
            ("js/used.js", pages, sources),
            ("js/unused.js", pages, pages),
            ("src/lib.rs", pages, sources),
            ("src/shader.wgsl", pages, sources),
            ("src/inline.js", pages, sources),
            ("src/style.css", styles, sources),
            ("data/level.json", pages, sources),
            ("Cargo.toml", pages, sources),
            (".cargo/config.toml", None, sources),
            (".env", None, None),
            (".git/index", None, None),
            (".well-known/x", pages, sources),
            ("pkg/a.js", pages, None),
            ("made/a.rs", pages, None),
            ("target/debug/a.d", None, None),
            ("www/target/x.html", pages, pages),
            ("built-here/debug/a.d", None, None),
            ("node_modules/a/index.js", None, None),
            ("src/lib.rs~", None, None),
            ("src/.lib.rs.swp", None, None),
            ("src/4913", None, None),
            ("../outside/src/lib.rs", None, sources),
            ("../outside/index.html", None, None),
            ("../elsewhere/src/lib.rs", None, None),
        ] {
            let file = at(path);
            assert_eq!(
                fixed.classify(&file),
                without_build,
                "{path}, without a build"
            );
            assert_eq!(built.classify(&file), with_build, "{path}, with a build");
        }
        for (folder, expected) in [
            ("", true),
            ("www/new", true),
            ("target/new", false),
            ("pkg", false),
            (".cargo/new", false),
            ("../outside/src", true),
            ("../elsewhere", false),
        ] {
            assert_eq!(built.covers(&at(folder)), expected, "{folder}");
        }
    }
}
