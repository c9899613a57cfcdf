//! For build scripts of adapters: which version of its engine an adapter is built with.
#![forbid(unsafe_code)]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// Sets `ENGINE_VERSION` for the crate to what its lock file says about the package `name`.
///
/// # Panics
///
/// If there is no lock file above the crate, or if it does not have exactly one version of the package: the build
/// shall fail rather than produce results of an unknown version.
pub fn from_lock_file(name: &str) {
    let manifest =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("Cargo runs build scripts"));
    let path = lock_file(&manifest).expect("Cargo writes a lock file before it runs build scripts");
    println!("cargo::rerun-if-changed={}", path.display());
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let lock: toml::Table = text
        .parse()
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let versions = versions(&lock, name);
    let [version] = versions[..] else {
        panic!(
            "{} should have one version of {name}, but has {versions:?}",
            path.display()
        );
    };
    println!("cargo::rustc-env=ENGINE_VERSION={version}");
}

fn lock_file(from: &Path) -> Option<PathBuf> {
    from.ancestors()
        .map(|folder| folder.join("Cargo.lock"))
        .find(|path| path.is_file())
}

fn versions<'a>(lock: &'a toml::Table, name: &str) -> Vec<&'a str> {
    let packages = lock.get("package").and_then(toml::Value::as_array);
    packages
        .into_iter()
        .flatten()
        .filter(|package| package.get("name").and_then(toml::Value::as_str) == Some(name))
        .filter_map(|package| package.get("version")?.as_str())
        .collect()
}
