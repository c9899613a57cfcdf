//! Whether a module was made with a wasm-bindgen whose glue can be made here.
//!
//! The macros of wasm-bindgen describe a crate in a section of its module, in a format that has a version of its own (the
//! schema). Releases of wasm-bindgen with the same schema understand each other.

use std::path::Path;

use cargo_metadata::semver::{Op, Version, VersionReq};
use cargo_metadata::{Dependency, DependencyKind, Package};

use crate::cargo::Crate;
use crate::error::{Error, Result};
use crate::sections;

/// The section with descriptions.
pub(crate) const SECTION: &str = "__wasm_bindgen_unstable";

const WASM_BINDGEN: &str = "wasm-bindgen";

/// The version of wasm-bindgen whose glue is made.
pub(crate) fn version() -> String {
    wasm_bindgen_shared::version()
}

/// What a module, or a crate, says about the wasm-bindgen that it was made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Schema {
    pub(crate) schema: String,
    pub(crate) version: String,
}

impl Schema {
    /// What the module `wasm` says; nothing if it has nothing to do with wasm-bindgen.
    fn of_module(wasm: &[u8]) -> Option<Schema> {
        let section = *sections::custom(wasm, SECTION).first()?;
        let length = u32::from_le_bytes(section.get(..4)?.try_into().ok()?) as usize;
        let text = section.get(4..)?.get(..length)?;
        let json: serde_json::Value = serde_json::from_slice(text).ok()?;
        let field = |name| Some(json.get(name)?.as_str()?.to_owned());
        Some(Schema {
            schema: field("schema_version")?,
            version: field("version")?,
        })
    }

    /// What the source of the crate `wasm-bindgen-shared` in the lock file says.
    fn of_source(shared: &Package) -> Option<Schema> {
        let folder = shared.manifest_path.parent()?;
        let text = std::fs::read_to_string(folder.join("src/lib.rs")).ok()?;
        Some(Schema {
            schema: constant(&text, "SCHEMA_VERSION")?.to_owned(),
            version: shared.version.to_string(),
        })
    }

    fn is_ours(&self) -> bool {
        self.schema == wasm_bindgen_shared::SCHEMA_VERSION
    }
}

/// The value of a constant string in Rust.
fn constant<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let line = text
        .lines()
        .find(|line| line.contains(&format!("const {name}:")))?;
    line.split('"').nth(1)
}

/// Fails before anything is compiled if it is certain that the glue cannot be made afterwards.
///
/// # Errors
///
/// If the lock file has a wasm-bindgen with another schema, on which the package depends everywhere and directly.
pub(crate) fn check_lock(package: &Crate) -> Result<()> {
    let mut dependencies = package.package().dependencies.iter();
    let is_certain = dependencies.any(|dependency| {
        dependency.name == WASM_BINDGEN
            && dependency.kind == DependencyKind::Normal
            && dependency.target.is_none()
            && !dependency.optional
    });
    let mut packages = package.metadata().packages.iter();
    let shared = packages.find(|package| package.name.as_str() == "wasm-bindgen-shared");
    match shared.and_then(Schema::of_source) {
        Some(schema) if is_certain && !schema.is_ours() => Err(mismatch(package, &schema)),
        _ => Ok(()),
    }
}

/// Fails if the glue of the module `wasm` of `package` cannot be made. Otherwise says which other version of wasm-bindgen
/// made it, if any.
///
/// # Errors
///
/// If the module was made with a wasm-bindgen of another schema.
pub(crate) fn check_module(package: &Crate, wasm: &[u8]) -> Result<Option<String>> {
    match Schema::of_module(wasm) {
        Some(schema) if !schema.is_ours() => Err(mismatch(package, &schema)),
        Some(schema) if schema.version != version() => Ok(Some(schema.version)),
        _ => Ok(None),
    }
}

/// As [`check_module`] for the module `wasm` in `file`, of whose package nothing is known but that it is tested.
pub(crate) fn check_test(file: &Path, wasm: &[u8]) -> Result<()> {
    match Schema::of_module(wasm) {
        Some(schema) if !schema.is_ours() => {
            // wasm-bindgen-test goes with one version, so `cargo update --precise` fails.
            let help = format!(
                "in the package's folder: cargo add {WASM_BINDGEN}@={}",
                version()
            );
            Err(differs(&file.display().to_string(), &schema).with_help(help))
        }
        _ => Ok(()),
    }
}

fn mismatch(package: &Crate, theirs: &Schema) -> Error {
    let mut error = differs(package.name(), theirs);
    for help in advice(&Lock::of(package), &version()) {
        error = error.with_help(help);
    }
    error
}

fn differs(name: &str, theirs: &Schema) -> Error {
    Error::new(format!(
        "`{name}` uses wasm-bindgen {}, and the glue that is made here is that of wasm-bindgen {}",
        theirs.version,
        version()
    ))
    .with_cause(format!(
        "their formats differ: {} and {}",
        theirs.schema,
        wasm_bindgen_shared::SCHEMA_VERSION
    ))
}

/// What decides how the version of wasm-bindgen is changed.
#[derive(Clone, Debug, Default)]
struct Lock {
    /// The package that is built.
    name: String,
    /// Whose manifests, of the project, require which versions of wasm-bindgen, and where the requirement is written.
    requirements: Vec<(VersionReq, Place)>,
    /// Crates from a registry that go with exactly one version of wasm-bindgen, with their versions.
    followers: Vec<String>,
}

/// Where a requirement is written.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// In the manifest of a package.
    Package(String),
    /// In the manifest of the workspace, whose path this is.
    Workspace(String),
}

impl Lock {
    fn of(package: &Crate) -> Lock {
        let metadata = package.metadata();
        let mut lock = Lock {
            name: package.name().to_owned(),
            ..Lock::default()
        };
        for package in &metadata.packages {
            for dependency in &package.dependencies {
                if dependency.name != WASM_BINDGEN {
                    continue;
                }
                if package.source.is_none() {
                    let place = if is_inherited(package, dependency) {
                        Place::Workspace(metadata.workspace_root.join("Cargo.toml").into_string())
                    } else {
                        Place::Package(package.name.to_string())
                    };
                    lock.requirements.push((dependency.req.clone(), place));
                } else if is_exact(&dependency.req) {
                    lock.followers
                        .push(format!("{} {}", package.name, package.version));
                }
            }
        }
        lock.followers.sort();
        lock.followers.dedup();
        lock
    }
}

/// Whether `package` takes the version of `dependency` from its workspace.
fn is_inherited(package: &Package, dependency: &Dependency) -> bool {
    let inherits = || {
        let text = std::fs::read_to_string(&package.manifest_path).ok()?;
        let manifest: toml::Table = text.parse().ok()?;
        let table = match dependency.kind {
            DependencyKind::Development => "dev-dependencies",
            _ => "dependencies",
        };
        let entry = manifest.get(table)?.get(&dependency.name)?;
        entry.get("workspace")?.as_bool()
    };
    inherits().unwrap_or(false)
}

fn is_exact(requirement: &VersionReq) -> bool {
    matches!(requirement.comparators.as_slice(), [one] if one.op == Op::Exact)
}

/// How to get the version `ours` into the lock file: the command, and what to know about it.
fn advice(lock: &Lock, ours: &str) -> Vec<String> {
    let allows = |requirement: &VersionReq| {
        Version::parse(ours).is_ok_and(|version| requirement.matches(&version))
    };
    let mut lines = Vec::new();
    for (requirement, place) in &lock.requirements {
        if allows(requirement) {
            continue;
        }
        let line = match place {
            Place::Workspace(manifest) => format!(
                "`{manifest}` asks for `{requirement}`: in its [workspace.dependencies], change the version of {WASM_BINDGEN} to \"={ours}\""
            ),
            Place::Package(name) => format!(
                "the Cargo.toml of `{name}` asks for `{requirement}`: cargo add --package {name} {WASM_BINDGEN}@={ours}"
            ),
        };
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    if lines.is_empty() {
        let inherited = lock.requirements.iter().find_map(|(_, place)| match place {
            Place::Workspace(manifest) => Some(manifest),
            Place::Package(_) => None,
        });
        lines.push(match inherited {
            _ if lock.followers.is_empty() => {
                format!("cargo update -p {WASM_BINDGEN} --precise {ours}")
            }
            Some(manifest) => format!(
                "in [workspace.dependencies] of `{manifest}`, change the version of {WASM_BINDGEN} to \"={ours}\""
            ),
            // `cargo update --precise` fails here: the followers hold the version, and it changes one crate at a time.
            None => format!("cargo add --package {} {WASM_BINDGEN}@={ours}", lock.name),
        });
    }
    if !lock.followers.is_empty() {
        lines.push(format!(
            "{} in the lock file go with one version of {WASM_BINDGEN} each; cargo then changes them, too, unless a Cargo.toml \
             asks for exactly these",
            lock.followers.join(", ")
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sections::tests::module;

    fn section(json: &str) -> Vec<u8> {
        let mut data = (json.len() as u32).to_le_bytes().to_vec();
        data.extend_from_slice(json.as_bytes());
        data.extend_from_slice(b"\x04\0\0\0rest");
        module(&[("name", b"x"), (SECTION, &data)])
    }

    #[test]
    fn a_module_says_what_it_was_made_with() {
        let wasm = section(r#"{"schema_version":"0.2.122","version":"0.2.125"}"#);
        let schema = Schema::of_module(&wasm).unwrap();
        assert_eq!(schema.schema, "0.2.122");
        assert_eq!(schema.version, "0.2.125");
        assert!(!schema.is_ours());

        let ours = wasm_bindgen_shared::SCHEMA_VERSION;
        let later = format!(r#"{{"schema_version":"{ours}","version":"0.2.999"}}"#);
        assert!(Schema::of_module(&section(&later)).unwrap().is_ours());
    }

    #[test]
    fn modules_without_or_with_a_damaged_description_say_nothing() {
        for wasm in [
            module(&[]),
            module(&[(SECTION, b"\xff\xff\xff\xff{}")]),
            section("{}"),
            section("?"),
        ] {
            assert_eq!(Schema::of_module(&wasm), None);
        }
    }

    #[test]
    fn the_source_of_wasm_bindgen_says_its_schema() {
        let text = "// SCHEMA_VERSION\npub const SCHEMA_VERSION: &str = \"0.2.122\";\n";
        assert_eq!(constant(text, "SCHEMA_VERSION"), Some("0.2.122"));
        assert_eq!(constant("", "SCHEMA_VERSION"), None);
    }

    /// Checks that the first line of advice contains the first text, and all lines together the second.
    #[track_caller]
    fn check(requirements: &[(&str, Place)], followers: &[&str], first: &str, also: &str) {
        let lock = Lock {
            name: "app".into(),
            requirements: (requirements.iter())
                .map(|(text, place)| (text.parse().unwrap(), place.clone()))
                .collect(),
            followers: followers.iter().map(|text| (*text).to_owned()).collect(),
        };
        let lines = advice(&lock, "0.2.130");
        assert!(lines[0].contains(first), "{lines:?}");
        assert!(lines.join("\n").contains(also), "{lines:?}");
    }

    #[test]
    fn the_fix_is_the_command_that_works_in_this_project() {
        let app = || Place::Package("app".into());
        let workspace = || Place::Workspace("w/Cargo.toml".into());
        let update = "cargo update -p wasm-bindgen --precise 0.2.130";
        let add = "cargo add --package app wasm-bindgen@=0.2.130";
        check(&[("0.2", app())], &[], update, "");
        check(&[("0.2", workspace())], &[], update, "");
        let js = ["js-sys 0.3.95"];
        check(
            &[("0.2", app())],
            &js,
            add,
            "js-sys 0.3.95 in the lock file",
        );
        check(&[("0.2", workspace())], &js, "w/Cargo.toml", "\"=0.2.130\"");
        check(&[("=0.2.118", app())], &[], "asks for `=0.2.118`", add);
        check(&[("^0.2.131", app())], &js, "asks for `^0.2.131`", add);
        check(
            &[("=0.2.118", workspace())],
            &[],
            "w/Cargo.toml",
            "\"=0.2.130\"",
        );
    }
}
