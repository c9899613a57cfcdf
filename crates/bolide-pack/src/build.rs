//! From a Cargo package to a package for JavaScript.

use std::path::{Path, PathBuf};

use crate::cargo::Crate;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::glue::schema;
use crate::package::{self, Packaging};
use crate::report::Report;
use crate::toolchain::Toolchain;

/// What to build, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of the Cargo package.
    pub path: PathBuf,
    /// Where the package is written; `pkg` in `path` by default.
    pub out_dir: Option<PathBuf>,
    /// Cargo's profile.
    pub profile: String,
    /// How the package is made of the compiled module.
    pub packaging: Packaging,
}

impl Options {
    /// Builds the package in `path` with the profile `release`.
    pub fn new(path: impl Into<PathBuf>) -> Options {
        Options {
            path: path.into(),
            out_dir: None,
            profile: "release".to_owned(),
            packaging: Packaging::default(),
        }
    }
}

/// What was built.
#[derive(Clone, Debug)]
pub struct Built {
    /// The folder with `package.json`.
    pub folder: PathBuf,
    /// The name of the glue, without `.js`.
    pub name: String,
}

/// Builds a package.
///
/// # Errors
///
/// If it cannot be compiled, or its glue cannot be made or written.
pub fn build(options: &Options, config: &Config, report: &mut dyn Report) -> Result<Built> {
    let toolchain = Toolchain::find(&options.path, config)?;
    let package = Crate::find(&options.path, &toolchain)?;
    schema::check_lock(&package)?;
    let wasm = package.compile(&toolchain, &options.profile, report)?;
    let name = package::name(&package, &options.packaging)?;
    let folder = (options.out_dir.clone()).unwrap_or_else(|| package.folder().join("pkg"));
    report.step("Generating", &format_args!("glue in {}", folder.display()));
    write(&package, &wasm, options, &folder, report)?;
    Ok(Built { folder, name })
}

/// Writes the package aside, and puts it in place when it is complete.
fn write(
    package: &Crate,
    wasm: &Path,
    options: &Options,
    folder: &Path,
    report: &mut dyn Report,
) -> Result<()> {
    let parent = folder.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(|e| Error::io("create", parent, &e))?;
    let new = tempfile::Builder::new()
        .prefix(".pkg-")
        .tempdir_in(parent)
        .map_err(|e| Error::io("write to", parent, &e))?;
    package::write(
        package,
        wasm,
        &options.profile,
        &options.packaging,
        new.path(),
        report,
    )?;
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(|e| Error::io("replace", folder, &e))?;
    }
    std::fs::rename(new.keep(), folder).map_err(|e| Error::io("write", folder, &e))
}
