//! From a Cargo package to a package for JavaScript.

use std::path::{Path, PathBuf};

use crate::cargo::Crate;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::report::Report;
use crate::toolchain::Toolchain;
use crate::{glue, package};

/// Where a package is to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Browsers, without a bundler.
    Web,
    /// Bundlers, such as webpack.
    Bundler,
    /// Node.
    Node,
}

/// What to build, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of the Cargo package.
    pub path: PathBuf,
    /// Where the package is written; `pkg` in `path` by default.
    pub out_dir: Option<PathBuf>,
    /// Cargo's profile.
    pub profile: String,
    /// Where the package is to be used.
    pub target: Target,
}

impl Options {
    /// Builds the package in `path` with the profile `release`.
    pub fn new(path: impl Into<PathBuf>) -> Options {
        Options {
            path: path.into(),
            out_dir: None,
            profile: "release".to_owned(),
            target: Target::Web,
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
    let wasm = package.compile(&toolchain, &options.profile, report)?;
    let name = package.name().replace('-', "_");
    let folder = (options.out_dir.clone()).unwrap_or_else(|| package.folder().join("pkg"));
    report.step("Generating", &format_args!("glue in {}", folder.display()));
    write(&package, &wasm, &name, options, &folder)?;
    Ok(Built { folder, name })
}

/// Writes the package aside, and puts it in place when it is complete.
fn write(package: &Crate, wasm: &Path, name: &str, options: &Options, folder: &Path) -> Result<()> {
    let parent = folder.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(|e| Error::io("create", parent, &e))?;
    let new = tempfile::Builder::new()
        .prefix(".pkg-")
        .tempdir_in(parent)
        .map_err(|e| Error::io("write to", parent, &e))?;
    glue::generate(wasm, name, options.target, new.path())?;
    package::describe(package, name, new.path())?;
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(|e| Error::io("replace", folder, &e))?;
    }
    std::fs::rename(new.keep(), folder).map_err(|e| Error::io("write", folder, &e))
}
