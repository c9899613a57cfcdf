//! `bolide build`.

use std::path::PathBuf;

use bolide_pack::Config;
use bolide_pack::build::{Options, build as build_package};
use clap::{Args, ValueHint};

use super::packaging::PackagingArgs;
use super::report::Progress;
use crate::exit;
use crate::failure::Failure;

#[derive(Args, Debug)]
pub(crate) struct BuildArgs {
    /// The folder of the Cargo package.
    #[arg(default_value = ".", value_hint = ValueHint::DirPath)]
    path: PathBuf,

    /// Say only what needs attention.
    #[arg(short, long)]
    quiet: bool,

    #[command(flatten)]
    packaging: PackagingArgs,
}

/// Builds a package.
pub(crate) fn build(args: &BuildArgs) -> Result<u8, Failure> {
    let config = Config::load()?;
    let mut progress = Progress::new(args.quiet);
    let mut options = Options::new(&args.path);
    options.packaging = args.packaging.packaging();
    build_package(&options, &config, &mut progress)?;
    Ok(exit::OK)
}
