//! What to do when no toolchain can compile for WebAssembly.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{TARGET, Toolchain, binaries, output, source};
use crate::config::{Config, ToolchainConfig, variable};
use crate::error::Error;

/// There is no Rust at all, as `error` says.
pub(super) fn without_rust(error: Error) -> Error {
    let found = elsewhere(None);
    with_configurations(error, &found)
}

/// The active toolchain in `folder` has no standard library for the target.
pub(super) fn without_target(folder: &Path, active: &Toolchain, sysroot: &Path) -> Error {
    let name = active_name(folder);
    let error = match &name {
        Some(name) => Error::new(format!(
            "the active Rust toolchain `{name}` has no target `{TARGET}`"
        )),
        None => {
            let version = output(active.rustc(folder).arg("-V"));
            let version = version.unwrap_or_else(|_| "rustc".to_owned());
            Error::new(format!(
                "the active Rust toolchain ({version}, in `{}`) has no target `{TARGET}`",
                sysroot.display()
            ))
        }
    };
    let error = match name {
        Some(name) => error.with_help(format!("run `rustup target add {TARGET} --toolchain {name}`")),
        None => error.with_help(
            "install your distribution's package of it (rust-std-static-wasm32-unknown-unknown on Fedora, \
             rust-wasm on Arch), or install Rust with rustup: https://rustup.rs",
        ),
    };
    with_configurations(error, &elsewhere(Some(sysroot)))
}

/// A program of the toolchain of the configuration does not run.
pub(super) fn configured_does_not_work(cause: String) -> Error {
    let error = Error::new("the configured toolchain does not work").with_cause(cause);
    match Config::file() {
        Some(file) => error.with_help(format!("correct [toolchain] in `{}`", file.display())),
        None => error,
    }
}

/// The toolchain of the configuration lacks what it needs for the target.
pub(super) fn configured_without_target(
    configured: &ToolchainConfig,
    toolchain: &Toolchain,
    sysroot: &Path,
) -> Error {
    let name = toolchain.cargo_name();
    let sources = source(sysroot);
    if configured.build_std {
        let error = Error::new(format!(
            "{name}, as configured, has no source of the standard library"
        ))
        .with_cause(format!("`{}` does not exist", sources.display()));
        return match &configured.rustup {
            Some(name) => error.with_help(format!("run `rustup component add rust-src --toolchain {name}`")),
            None => error.with_help("install your distribution's package of it, such as Debian's rust-src or rust-web-src"),
        };
    }
    let error = Error::new(format!("{name}, as configured, has no target `{TARGET}`"));
    match &configured.rustup {
        _ if sources.is_dir() => error.with_help(
            "it has the source of the standard library: set `build-std = true` in [toolchain]",
        ),
        Some(name) => error.with_help(format!(
            "run `rustup target add {TARGET} --toolchain {name}`"
        )),
        None => error.with_help("install it, or configure another toolchain"),
    }
}

/// The name of rustup for the active toolchain, if it is one of rustup's.
fn active_name(folder: &Path) -> Option<String> {
    let mut rustup = Command::new("rustup");
    rustup
        .current_dir(folder)
        .args(["show", "active-toolchain"]);
    rustup.stderr(Stdio::null());
    let shown = output(&mut rustup).ok()?;
    let name = shown.split_whitespace().next()?;
    // With another compiler first in PATH, what rustup thinks is active is not.
    let rustc = which::which("rustc").ok()?;
    let is_proxy = rustc
        .parent()
        .is_some_and(|folder| folder.join("rustup").exists());
    (is_proxy || variable("RUSTUP_TOOLCHAIN").is_some()).then(|| name.to_owned())
}

/// A toolchain that could be configured, as the lines of the configuration.
type Lines = String;

/// The other toolchains of this machine that can compile for the target; `active` is the sysroot of that which cannot.
fn elsewhere(active: Option<&Path>) -> Vec<Lines> {
    let mut with_target = Vec::new();
    let mut with_source = Vec::new();
    let mut consider = |sysroot: &Path, lines: Lines| {
        if Some(sysroot) != active && binaries(sysroot).is_dir() {
            with_target.push(lines);
        } else if source(sysroot).is_dir() {
            let linker = linker(sysroot).map(|linker| format!("linker = \"{linker}\"\n"));
            with_source.push(format!(
                "{lines}{}build-std = true\n",
                linker.unwrap_or_default()
            ));
        }
    };
    for (name, sysroot) in of_rustup() {
        consider(&sysroot, format!("rustup = \"{name}\"\n"));
    }
    for folder in ["/usr/bin", "/usr/local/bin"].map(Path::new) {
        let (cargo, rustc) = (folder.join("cargo"), folder.join("rustc"));
        if cargo.is_file()
            && let Ok(sysroot) = output(Command::new(&rustc).args(["--print", "sysroot"]))
        {
            let (cargo, rustc) = (cargo.display(), rustc.display());
            consider(
                Path::new(&sysroot),
                format!("cargo = \"{cargo}\"\nrustc = \"{rustc}\"\n"),
            );
        }
    }
    with_target.extend(with_source);
    with_target
}

/// The toolchains that rustup has, with their sysroots.
fn of_rustup() -> Vec<(String, PathBuf)> {
    let home = variable("RUSTUP_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".rustup")));
    let entries = home.and_then(|home| std::fs::read_dir(home.join("toolchains")).ok());
    let entries = entries.into_iter().flatten().flatten();
    let mut toolchains: Vec<_> = entries
        .filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path())))
        .collect();
    toolchains.sort();
    toolchains
}

/// A linker for a toolchain that comes with none.
fn linker(sysroot: &Path) -> Option<String> {
    let own = std::fs::read_dir(sysroot.join("lib/rustlib"))
        .ok()?
        .flatten();
    let mut own = own.map(|entry| entry.path().join("bin/rust-lld"));
    if own.any(|file| file.is_file()) {
        return None;
    }
    let versions = (14..40).rev().map(|version| format!("wasm-ld-{version}"));
    let mut names = ["rust-lld", "wasm-ld"]
        .map(str::to_owned)
        .into_iter()
        .chain(versions);
    names.find(|name| which::which(name).is_ok())
}

fn with_configurations(error: Error, found: &[Lines]) -> Error {
    let Some(file) = Config::file() else {
        return error;
    };
    match found {
        [] => error,
        [first, others @ ..] => {
            let error = error.with_help(format!(
                "or let bolide use another toolchain of this machine: write to `{}`\n\n[toolchain]\n{first}",
                file.display()
            ));
            others.iter().fold(error, |error, lines| {
                error.with_help(format!("or\n\n[toolchain]\n{lines}"))
            })
        }
    }
}
