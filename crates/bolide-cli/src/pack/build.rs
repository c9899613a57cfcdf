//! `bolide build`.

use std::ffi::OsString;
use std::path::PathBuf;

use bolide_pack::Config;
use bolide_pack::build::{Options, build as build_package};
use clap::{Args, ValueHint};

use super::cargo::CargoArgs;
use super::packaging::PackagingArgs;
use super::report::Progress;
use crate::exit;
use crate::failure::Failure;

#[derive(Args, Debug)]
pub(crate) struct BuildArgs {
    /// The folder of the Cargo package or workspace, or its Cargo.toml.
    #[arg(default_value = ".", value_hint = ValueHint::AnyPath)]
    path: PathBuf,

    /// Where the package is written; `pkg` in the folder of the Cargo package by default.
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    out_dir: Option<PathBuf>,

    #[command(flatten)]
    cargo: CargoArgs,

    #[command(flatten)]
    packaging: PackagingArgs,

    /// Arguments for cargo, such as `-- --config net.git-fetch-with-cli=true`.
    #[arg(last = true, value_name = "CARGO ARGS")]
    cargo_args: Vec<OsString>,
}

/// Builds a package.
pub(crate) fn build(args: &BuildArgs) -> Result<u8, Failure> {
    let config = Config::load()?;
    let mut progress = Progress::new(args.cargo.quiet, args.cargo.verbose);
    let mut options = Options::new(&args.path);
    options.out_dir.clone_from(&args.out_dir);
    options.cargo = args.cargo.options("release", &args.cargo_args);
    options.packaging = args.packaging.packaging();
    build_package(&options, &config, &mut progress)?;
    Ok(exit::OK)
}
