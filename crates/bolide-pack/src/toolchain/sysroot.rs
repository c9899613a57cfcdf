//! The standard library, built from its source once for all projects: a sysroot in the user's cache.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::{TARGET, Toolchain, flags, output, source};
use crate::cargo::run;
use crate::config::{cache_folder, variable};
use crate::error::{Error, Result};
use crate::lock::lock;
use crate::report::Report;

/// The crates that a toolchain with the target has, and what they are built with: optimized as those are, with
/// the lines of panics, and with what optimization at link time needs.
const CRATES: &str = "std,panic_abort,panic_unwind,test,proc_macro";
const MANIFEST: &str = r#"
[package]
name = "bolide-sysroot"
version = "0.0.0"
edition = "2021"

[lib]
path = "lib.rs"

[workspace]

[profile.sysroot]
inherits = "release"
opt-level = 3
debug = "line-tables-only"
debug-assertions = false
overflow-checks = false
incremental = false
lto = false
strip = false
"#;

/// The sysroot with the standard library of `toolchain`, for code that is compiled with `flags`. It is built if it
/// is not there yet.
pub(super) fn get(
    toolchain: &Toolchain,
    flags: &[String],
    report: &mut dyn Report,
) -> Result<String> {
    let cache = cache_folder().ok_or_else(|| {
        Error::new("there is no place for the standard library that has to be built")
            .with_help("set XDG_CACHE_HOME or HOME")
    })?;
    let sysroots = cache.join("sysroots");
    let flags = flags::for_the_standard_library(flags);
    let sysroot = sysroots.join(name(toolchain, &flags)?);
    let text = sysroot.to_str().map(str::to_owned).ok_or_else(|| {
        Error::new(format!("`{}` is no text", sysroot.display()))
            .with_help("set XDG_CACHE_HOME to another folder")
    })?;
    if sysroot.is_dir() {
        return Ok(text);
    }
    let cannot_make = |e| Error::io("make", &sysroots, &e);
    std::fs::create_dir_all(&sysroots).map_err(cannot_make)?;
    let _lock = lock(
        &sysroot.with_added_extension("lock"),
        "the standard library, which is being built",
        report,
    )?;
    if !sysroot.is_dir() {
        report.step("Building", &"the standard library, once for this toolchain");
        let folder = tempfile::tempdir_in(&sysroots).map_err(cannot_make)?;
        build(toolchain, &flags, folder.path(), report)?;
        std::fs::rename(folder.path().join("sysroot"), &sysroot)
            .map_err(|e| Error::io("make", &sysroot, &e))?;
    }
    Ok(text)
}

/// A name that is another one whenever the library would be: for another compiler, source, or set of flags.
fn name(toolchain: &Toolchain, flags: &[String]) -> Result<String> {
    let version = output(toolchain.rustc(Path::new(".")).arg("-vV"))?;
    let mut lines = version.lines();
    let release = lines.find_map(|line| line.strip_prefix("release: "));
    let mut hasher = DefaultHasher::new();
    (&version, flags, CRATES, MANIFEST, &toolchain.sysroot).hash(&mut hasher);
    // Distributions patch the library without another version.
    for file in ["std/src/lib.rs", "Cargo.lock"] {
        let metadata = source(&toolchain.sysroot).join(file).metadata();
        metadata
            .and_then(|m| Ok((m.len(), m.modified()?)))
            .ok()
            .hash(&mut hasher);
    }
    let release = release.unwrap_or("unknown");
    Ok(format!("{TARGET}-{release}-{:016x}", hasher.finish()))
}

/// Builds the library in `folder`, where it becomes `sysroot`.
fn build(
    toolchain: &Toolchain,
    flags: &[String],
    folder: &Path,
    report: &mut dyn Report,
) -> Result<()> {
    let write = |name: &str, text: &str| {
        let file = folder.join(name);
        std::fs::write(&file, text).map_err(|e| Error::io("write", &file, &e))
    };
    write("lib.rs", "#![no_std]\n")?;
    write("Cargo.toml", MANIFEST)?;
    let target = folder.join("target");
    let mut cargo = toolchain.cargo(folder);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        // What users set for their own crates.
        let prefixes = ["CARGO_PROFILE_", "CARGO_BUILD_", "CARGO_UNSTABLE_"];
        let names = [
            "RUSTFLAGS",
            "RUSTC_WRAPPER",
            "RUSTC_WORKSPACE_WRAPPER",
            "CARGO_INCREMENTAL",
        ];
        if prefixes.iter().any(|prefix| text.starts_with(prefix)) || names.contains(&&*text) {
            cargo.env_remove(&name);
        }
    }
    let mut rustflags = vec!["-Cembed-bitcode=yes".to_owned()];
    rustflags.extend(flags.iter().cloned());
    cargo
        .args(["build", "--lib", "--profile=sysroot", "--target", TARGET])
        .arg(format!("-Zbuild-std={CRATES}"))
        .env("CARGO_ENCODED_RUSTFLAGS", rustflags.join("\x1f"))
        .env("CARGO_TARGET_DIR", &target)
        .env("CARGO_BUILD_BUILD_DIR", &target)
        .env("RUSTC_BOOTSTRAP", "1")
        // Else a crate that the library and a project both have could be taken for the same one.
        .env("__CARGO_DEFAULT_LIB_METADATA", "bolide-sysroot");
    let vendored = source(&toolchain.sysroot).join("vendor");
    if vendored.is_dir() {
        let folder = toml::Value::String(vendored.to_string_lossy().into_owned());
        cargo.args([
            "--offline",
            "--config",
            "source.crates-io.replace-with='bolide-vendored'",
        ]);
        cargo
            .arg("--config")
            .arg(format!("source.bolide-vendored.directory={folder}"));
    } else if variable("CARGO_NET_OFFLINE").is_some_and(|value| value == "true") {
        cargo.arg("--offline");
    }
    let (status, _) = run(&mut cargo, report, io::read_to_string)?;
    if !status.success() {
        let error = Error::new("cannot build the standard library for WebAssembly");
        return Err(error
            .with_cause(format!("cargo ended with {status}"))
            .with_help(format!(
                "a toolchain that has the target `{TARGET}` needs no such build"
            )));
    }
    collect(&target.join(TARGET), &folder.join("sysroot"))
}

/// Moves the libraries that Cargo has made in `made` to where the compiler looks for them in `sysroot`.
fn collect(made: &Path, sysroot: &Path) -> Result<()> {
    let libraries: PathBuf = super::binaries(sysroot);
    std::fs::create_dir_all(&libraries).map_err(|e| Error::io("make", &libraries, &e))?;
    let files = WalkDir::new(made).into_iter().flatten();
    for file in files.filter(|file| file.path().extension().is_some_and(|e| e == "rlib")) {
        let name = file.file_name().to_string_lossy();
        // Cargo links what it has made last to a second place, without a hash in its name.
        if name.contains("-") && !name.starts_with("libbolide_sysroot") {
            let to = libraries.join(&*name);
            std::fs::rename(file.path(), &to).map_err(|e| Error::io("make", &to, &e))?;
        }
    }
    Ok(())
}
