//! From a Cargo package to a package for JavaScript.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cargo::{self, Crate};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::fresh::{self, Question, Record};
use crate::glue::schema;
use crate::lock;
use crate::output::Output;
use crate::package::{self, Packaging};
use crate::report::Report;
use crate::toolchain::{self, Toolchain};

pub use crate::cargo::CargoOptions;

/// What to build, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of the Cargo package, or one in it, or its `Cargo.toml`, or the folder of a workspace.
    pub path: PathBuf,
    /// Where the package is written; `pkg` in the folder of the Cargo package by default.
    pub out_dir: Option<PathBuf>,
    /// What Cargo is to build, and how.
    pub cargo: CargoOptions,
    /// How the package is made of the compiled module.
    pub packaging: Packaging,
}

impl Options {
    /// Builds the package in `path` with the profile `release`.
    pub fn new(path: impl Into<PathBuf>) -> Options {
        Options {
            path: path.into(),
            out_dir: None,
            cargo: CargoOptions::default(),
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
    /// The files, and folders with all that is in them, that another build would read; a change of them makes one worth
    /// while.
    pub inputs: Vec<PathBuf>,
}

/// Builds a package. If nothing has changed since the last build with the same options, nothing is done, and Cargo is not
/// asked.
///
/// The package is complete whenever it is there: it is made aside. In its folder, only files of earlier builds are
/// replaced or removed.
///
/// ```no_run
/// use bolide_pack::{Config, Silent};
/// use bolide_pack::build::{Options, build};
///
/// let mut options = Options::new("hello");
/// options.cargo.features.push("extra".to_owned());
/// let built = build(&options, &Config::load()?, &mut Silent)?;
/// println!("{}/{}.js", built.folder.display(), built.name);
/// # Ok::<(), bolide_pack::Error>(())
/// ```
///
/// # Errors
///
/// If it cannot be compiled, or its glue cannot be made or written. The folder of an earlier build is as before, then.
pub fn build(options: &Options, config: &Config, report: &mut dyn Report) -> Result<Built> {
    let place = cargo::place(&options.path)?;
    let question = Question::new(&place, options, config);
    if let Some(built) = question.answer() {
        report.step(
            "Finished",
            &format_args!("{}, up to date", built.folder.display()),
        );
        return Ok(built);
    }
    let toolchain = Toolchain::find(&place.folder, config, report)?;
    let package = Crate::find(&place, &options.cargo, &toolchain, report)?;
    schema::check_lock(&package)?;
    let name = package::name(&package, &options.packaging)?;
    let target_dir = package.target_dir(&options.cargo)?;
    let _lock = lock(&target_dir, report)?;
    question.forget(&target_dir);
    let output = Output::open(&out_dir(&package, options)?)?;

    let began = fresh::now(&fresh::work_folder(&target_dir));
    let cargo = package::cargo_options(&options.cargo, &options.packaging);
    let compiled = package.compile(&toolchain, &cargo, report)?;
    let folder = output.folder();
    report.step("Generating", &format_args!("glue in {}", folder.display()));
    let stage = output.stage()?;
    let profile = &options.cargo.profile;
    package::write(
        &package,
        &compiled.module,
        profile,
        &options.packaging,
        stage.path(),
        report,
    )?;
    let written = output.commit(stage)?;

    let record = began.map(|began| Record {
        place: &place,
        package: &package,
        compiled: &compiled,
        toolchain: &toolchain,
        target_dir: &target_dir,
        began,
        folder,
        written: &written,
        name: &name,
    });
    let inputs = record.and_then(|record| question.keep(&record));
    Ok(Built {
        inputs: inputs.unwrap_or_else(|| watched_paths(&package)),
        folder: folder.to_owned(),
        name,
    })
}

/// Waits until no other build of the same target folder runs, and keeps others from it.
fn lock(target_dir: &Path, report: &mut dyn Report) -> Result<File> {
    let folder = fresh::work_folder(target_dir);
    std::fs::create_dir_all(&folder).map_err(|e| Error::io("write to", target_dir, &e))?;
    lock::lock(
        &folder.join("lock"),
        "another build of this package",
        report,
    )
}

/// What to watch for a package that is built again when it changes, also while it cannot be built.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Files, and folders with all that is in them: the packages by path, and what configures Cargo.
    pub paths: Vec<PathBuf>,
    /// Folders in these that a build writes to.
    pub ignored: Vec<PathBuf>,
}

/// What [`build`] with the same options may read.
///
/// # Errors
///
/// If there is no package, or its manifest is not valid.
pub fn watched(options: &Options, config: &Config, report: &mut dyn Report) -> Result<Watched> {
    let place = cargo::place(&options.path)?;
    let toolchain = Toolchain::find(&place.folder, config, report)?;
    let package = Crate::find(&place, &options.cargo, &toolchain, report)?;
    let ignored = vec![
        package.target_dir(&options.cargo)?,
        out_dir(&package, options)?,
    ];
    let paths = watched_paths(&package);
    Ok(Watched { paths, ignored })
}

fn watched_paths(package: &Crate) -> Vec<PathBuf> {
    let packages = package.local_packages();
    let mut paths: Vec<PathBuf> = packages.map(|p| cargo::folder(p).to_owned()).collect();
    for file in ["Cargo.toml", "Cargo.lock"] {
        paths.push(package.workspace().join(file));
    }
    let files = toolchain::configuration_files(package.folder());
    paths.extend(files.into_iter().filter(|file| file.exists()));
    paths
}

/// `cargo test` for WebAssembly with the toolchain that [`build`] uses. The caller adds what runs the tests, as
/// `CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER`, and arguments.
///
/// Of a workspace, Cargo tests what it tests by default; of `options`, `out_dir` and what concerns the package for
/// JavaScript do not matter.
///
/// ```no_run
/// use bolide_pack::{Config, Silent};
/// use bolide_pack::build::{CargoOptions, Options, test_command};
///
/// let mut options = Options::new("hello");
/// options.cargo = CargoOptions::new("dev");
/// let mut cargo = test_command(&options, &Config::load()?, &mut Silent)?;
/// cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "bolide test --runner");
/// let status = cargo.arg("--tests").status();
/// # Ok::<(), bolide_pack::Error>(())
/// ```
///
/// # Errors
///
/// If there is no package or no toolchain for it, or its standard library cannot be built.
pub fn test_command(
    options: &Options,
    config: &Config,
    report: &mut dyn Report,
) -> Result<Command> {
    let place = cargo::place(&options.path)?;
    let toolchain = Toolchain::find(&place.folder, config, report)?;
    let mut cargo = toolchain.compile(&place.folder, "test", &options.cargo, report)?;
    cargo.arg("--manifest-path").arg(&place.manifest);
    match options.cargo.profile.as_str() {
        // What Cargo tests with by itself inherits from this one.
        "dev" => {}
        profile => {
            cargo.args(["--profile", profile]);
        }
    }
    if let Some(package) = &options.cargo.package {
        cargo.args(["--package", package]);
    }
    if let Some(program) = &options.cargo.bin {
        cargo.args(["--bin", program]);
    }
    cargo.args(options.cargo.compiling(report)?);
    Ok(cargo)
}

/// Where the package is written.
fn out_dir(package: &Crate, options: &Options) -> Result<PathBuf> {
    match &options.out_dir {
        Some(folder) => cargo::absolute(folder),
        None => Ok(package.folder().join("pkg")),
    }
}
