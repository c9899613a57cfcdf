//! Which package is meant.

use std::io;
use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, MetadataCommand, Package};

use super::select::{self, Selected};
use super::{CargoOptions, absolute, check, run};
use crate::error::{Error, Result};
use crate::report::Report;
use crate::toolchain::{TARGET, Toolchain};

/// Where a package or workspace is, by its manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The file `Cargo.toml`.
    pub(crate) manifest: PathBuf,
    /// The folder that it is in.
    pub(crate) folder: PathBuf,
}

/// The manifest that `path` stands for: a manifest itself, or that of a folder or of one above it.
pub(crate) fn place(path: &Path) -> Result<Place> {
    let path = absolute(path)?;
    let kind = std::fs::metadata(&path).map_err(|e| Error::io("build", &path, &e))?;
    if kind.is_file() {
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            let folder = path.parent().unwrap_or(&path).to_owned();
            return Ok(Place {
                manifest: path,
                folder,
            });
        }
        return Err(
            Error::new(format!("`{}` is no Cargo package", path.display()))
                .with_help("name the folder of a package, its Cargo.toml, or a C or C++ file"),
        );
    }
    for folder in path.ancestors() {
        let manifest = folder.join("Cargo.toml");
        if manifest.is_file() {
            return Ok(Place {
                manifest,
                folder: folder.to_owned(),
            });
        }
    }
    let error = Error::new(format!(
        "there is no `Cargo.toml` in `{}` or a folder above it",
        path.display()
    ));
    Err(match source_in_c(&path) {
        Some(file) => error.with_help(format!("to build C, name its file: `bolide build {file}`")),
        None => error.with_help("`bolide new NAME` makes a new package"),
    })
}

fn source_in_c(folder: &Path) -> Option<String> {
    let names = std::fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|entry| entry.file_name());
    let mut names: Vec<String> = names.filter_map(|name| name.into_string().ok()).collect();
    names.sort();
    names.into_iter().find(|name| {
        let extension = Path::new(name).extension().and_then(|e| e.to_str());
        extension.is_some_and(|e| matches!(e, "c" | "cc" | "cpp" | "cxx"))
    })
}

/// A package that is to be compiled, in its workspace.
#[derive(Clone, Debug)]
pub(crate) struct Crate {
    pub(super) metadata: Metadata,
    pub(super) package: Package,
    pub(super) selected: Selected,
}

impl Crate {
    /// The package that `place` and `options` say.
    pub(crate) fn find(
        place: &Place,
        options: &CargoOptions,
        toolchain: &Toolchain,
        report: &mut dyn Report,
    ) -> Result<Crate> {
        let metadata = read_metadata(place, options, toolchain, report)?;
        let package = select::package(&metadata, &place.manifest, options)?.clone();
        let selected = select::target(&package, options)?;
        Ok(Crate {
            metadata,
            package,
            selected,
        })
    }

    /// Its name in Cargo.
    pub(crate) fn name(&self) -> &str {
        self.package.name.as_str()
    }

    /// The name of what is compiled, as an identifier: that of the library or the program.
    pub(crate) fn module_name(&self) -> String {
        self.selected.name.replace('-', "_")
    }

    /// What its manifest says.
    pub(crate) fn package(&self) -> &Package {
        &self.package
    }

    /// What Cargo knows about all packages.
    pub(crate) fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Where its manifest is.
    pub(crate) fn folder(&self) -> &Path {
        folder(&self.package)
    }

    /// The folder of its workspace.
    pub(crate) fn workspace(&self) -> &Path {
        self.metadata.workspace_root.as_std_path()
    }

    /// Where Cargo puts what it makes.
    pub(crate) fn target_dir(&self, options: &CargoOptions) -> Result<PathBuf> {
        match &options.target_dir {
            Some(folder) => absolute(folder),
            None => Ok(self.metadata.target_directory.as_std_path().to_owned()),
        }
    }

    /// Packages whose source is on this machine, to be edited: members of the workspace and dependencies by path.
    pub(crate) fn local_packages(&self) -> impl Iterator<Item = &Package> {
        let resolve = self.metadata.resolve.as_ref();
        let needed = select::closure(resolve, &self.package.id);
        let packages = self.metadata.packages.iter();
        packages.filter(move |p| p.source.is_none() && needed.contains(&&p.id))
    }
}

/// The folder that a package's manifest is in.
pub(crate) fn folder(package: &Package) -> &Path {
    let folder = package.manifest_path.parent();
    folder.expect("a manifest is in a folder").as_std_path()
}

fn read_metadata(
    place: &Place,
    options: &CargoOptions,
    toolchain: &Toolchain,
    report: &mut dyn Report,
) -> Result<Metadata> {
    let mut cargo = toolchain.cargo(&place.folder);
    cargo
        .args([
            "metadata",
            "--format-version=1",
            "--filter-platform",
            TARGET,
        ])
        .arg("--manifest-path")
        .arg(&place.manifest)
        .args(options.resolving(report))
        .args(options.general());
    let (status, json) = run(&mut cargo, report, io::read_to_string)?;
    check(status, &format!("read `{}`", place.manifest.display()))?;
    let cannot_read = |e: String| Error::new("cannot read cargo's metadata").with_cause(e);
    let json = json.map_err(|e| cannot_read(e.to_string()))?;
    MetadataCommand::parse(&json).map_err(|e| cannot_read(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        std::fs::create_dir_all(at("ws/member/src/deep")).unwrap();
        std::fs::create_dir_all(at("plain")).unwrap();
        for file in [
            "ws/Cargo.toml",
            "ws/member/Cargo.toml",
            "ws/member/src/lib.rs",
            "plain/b.cpp",
        ] {
            std::fs::write(at(file), "").unwrap();
        }
        for (path, folder) in [
            ("ws", "ws"),
            ("ws/member", "ws/member"),
            ("ws/member/Cargo.toml", "ws/member"),
            ("ws/member/src/deep", "ws/member"),
        ] {
            let found = place(&at(path)).unwrap();
            assert_eq!(found.folder, at(folder), "{path}");
            assert_eq!(found.manifest, at(folder).join("Cargo.toml"), "{path}");
        }
        let text = |path: &str| {
            let error = place(&at(path)).unwrap_err();
            format!("{error}\n{}", error.help().collect::<Vec<_>>().join("\n"))
        };
        assert!(text("plain").contains("`bolide build b.cpp`"));
        assert!(text("ws/member/src/lib.rs").contains("no Cargo package"));
        assert!(text("absent").contains("cannot build"));
    }
}
