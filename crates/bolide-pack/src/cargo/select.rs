//! Which package of a workspace, and which library or program of it.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use cargo_metadata::{DependencyKind, Metadata, Package, PackageId, Resolve, Target, TargetKind};

use super::CargoOptions;
use crate::error::{Error, Result};

/// What of a package becomes a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selected {
    /// The name of the library or program.
    pub(crate) name: String,
    /// Whether it is a program.
    pub(crate) is_program: bool,
    /// Whether its manifest says that it can become a module: programs can, libraries if they are a `cdylib`.
    pub(crate) declared: bool,
}

/// The package that is meant with `manifest`, which may be that of a workspace without a package of its own.
pub(crate) fn package<'a>(
    metadata: &'a Metadata,
    manifest: &Path,
    options: &CargoOptions,
) -> Result<&'a Package> {
    let members = metadata.workspace_packages();
    let workspace = &metadata.workspace_root;
    if let Some(name) = &options.package {
        let member = members.iter().find(|member| member.name.as_str() == name);
        return member.copied().ok_or_else(|| {
            Error::new(format!(
                "the workspace `{workspace}` has no package `{name}`"
            ))
            .with_help(format!("its packages are {}", names(&members)))
        });
    }
    let real = manifest.canonicalize();
    let real = real.map_err(|e| Error::io("read", manifest, &e))?;
    let is_meant = |package: &Package| {
        let manifest = package.manifest_path.canonicalize();
        manifest.is_ok_and(|manifest| manifest == real)
    };
    let suits =
        |package: &Package| library(package).is_some_and(is_cdylib) && uses(metadata, package);
    let own = members.iter().find(|package| is_meant(package)).copied();
    let mut suitable: Vec<&Package> = members.iter().copied().filter(|p| suits(p)).collect();
    let defaults = &metadata.workspace_default_members;
    if suitable.len() > 1 && defaults.is_available() {
        // What Cargo builds in this folder if nothing is said; a list that has none for JavaScript says nothing here.
        let is_default = |package: &&Package| defaults.contains(&package.id);
        let chosen: Vec<&Package> = suitable.iter().copied().filter(is_default).collect();
        if !chosen.is_empty() {
            suitable = chosen;
        }
    }
    match (own, suitable.as_slice()) {
        // A program at the root of a workspace, such as a server, does not hide the one member for browsers.
        (Some(own), [only]) if !uses(metadata, own) && own.id != only.id => Ok(only),
        (Some(own), _) => Ok(own),
        (None, [only]) => Ok(only),
        (None, []) if members.len() == 1 => Ok(members[0]),
        (None, []) => Err(
            Error::new(format!("which package of the workspace `{workspace}`?"))
                .with_cause("none of its packages is a `cdylib` that uses wasm-bindgen")
                .with_help(format!("choose with `-p NAME` one of {}", names(&members))),
        ),
        (None, several) => Err(Error::new(format!(
            "which package of the workspace `{workspace}`?"
        ))
        .with_help(format!("choose with `-p NAME` one of {}", names(several)))),
    }
}

fn names(packages: &[&Package]) -> String {
    let names: Vec<_> = packages.iter().map(|p| format!("`{}`", p.name)).collect();
    names.join(", ")
}

/// Whether a package uses wasm-bindgen, by itself or through what it depends on.
fn uses(metadata: &Metadata, package: &Package) -> bool {
    let needed = closure(metadata.resolve.as_ref(), &package.id);
    let mut packages = metadata.packages.iter();
    packages.any(|p| p.name.as_str() == "wasm-bindgen" && needed.contains(&p.id))
}

/// A package and what it depends on, except for its tests only.
pub(crate) fn closure<'a>(
    resolve: Option<&'a Resolve>,
    root: &'a PackageId,
) -> HashSet<&'a PackageId> {
    let nodes = resolve.iter().flat_map(|resolve| &resolve.nodes);
    let nodes: HashMap<_, _> = nodes.map(|node| (&node.id, node)).collect();
    let mut found = HashSet::from([root]);
    let mut open = vec![root];
    while let Some(id) = open.pop() {
        for dependency in nodes.get(id).iter().flat_map(|node| &node.deps) {
            let mut kinds = dependency.dep_kinds.iter();
            let needed = kinds.any(|kind| kind.kind != DependencyKind::Development);
            if needed && found.insert(&dependency.pkg) {
                open.push(&dependency.pkg);
            }
        }
    }
    found
}

fn library(package: &Package) -> Option<&Target> {
    let is_library = |kind: &TargetKind| {
        matches!(
            kind,
            TargetKind::Lib
                | TargetKind::RLib
                | TargetKind::DyLib
                | TargetKind::CDyLib
                | TargetKind::StaticLib
                | TargetKind::ProcMacro
        )
    };
    let mut targets = package.targets.iter();
    targets.find(|target| target.kind.iter().any(is_library))
}

fn is_cdylib(target: &Target) -> bool {
    target.kind.contains(&TargetKind::CDyLib)
}

/// What of `package` becomes a module.
pub(crate) fn target(package: &Package, options: &CargoOptions) -> Result<Selected> {
    let programs: Vec<&Target> = (package.targets.iter())
        .filter(|target| target.kind.contains(&TargetKind::Bin))
        .collect();
    let program = |target: &Target| Selected {
        name: target.name.clone(),
        is_program: true,
        declared: true,
    };
    let list = || {
        let names: Vec<_> = programs.iter().map(|p| format!("`{}`", p.name)).collect();
        names.join(", ")
    };
    if let Some(name) = &options.bin {
        let found = programs.iter().find(|target| &target.name == name);
        return found.map(|target| program(target)).ok_or_else(|| {
            let error = Error::new(format!(
                "package `{}` has no program `{name}`",
                package.name
            ));
            match programs.is_empty() {
                true => error.with_help("leave out `--bin` to build its library"),
                false => error.with_help(format!("its programs are {}", list())),
            }
        });
    }
    match library(package) {
        Some(target) if target.kind.contains(&TargetKind::ProcMacro) => {
            return Err(Error::new(format!(
                "package `{}` is a procedural macro: it runs in the compiler, not in WebAssembly",
                package.name
            )));
        }
        Some(target) => {
            return Ok(Selected {
                name: target.name.clone(),
                is_program: false,
                declared: is_cdylib(target),
            });
        }
        None => {}
    }
    let default = package.default_run.as_ref();
    let default = default.and_then(|name| programs.iter().find(|target| &target.name == name));
    match (default, programs.as_slice()) {
        (Some(target), _) => Ok(program(target)),
        (None, [only]) => Ok(program(only)),
        (None, []) => Err(Error::new(format!(
            "package `{}` has neither a library nor a program",
            package.name
        ))
        .with_help("a library begins in src/lib.rs")),
        (None, _) => Err(
            Error::new(format!("package `{}` has several programs", package.name))
                .with_help(format!("choose with `--bin NAME` one of {}", list())),
        ),
    }
}
