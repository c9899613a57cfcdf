//! `bolide build`.

use std::ffi::OsString;
use std::path::PathBuf;

use bolide_pack::build::{Options, build as build_package};
use bolide_pack::{Config, DebugInfo, Packaging};
use clap::{Args, ValueHint};

use super::build_c::{CArgs, Common};
use super::cargo::CargoArgs;
use super::packaging::PackagingArgs;
use crate::exit;
use crate::failure::Failure;

#[derive(Args, Debug)]
pub(crate) struct BuildArgs {
    /// The folder of the Cargo package or workspace, its Cargo.toml, or a file in C or C++.
    #[arg(default_value = ".", value_hint = ValueHint::AnyPath)]
    path: PathBuf,

    /// Where the package is written; `pkg` in the folder of the Cargo package by default. For C also a file: `-o FILE.wasm`.
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    out_dir: Option<PathBuf>,

    #[command(flatten)]
    cargo: CargoArgs,

    #[command(flatten)]
    packaging: PackagingArgs,

    #[command(flatten)]
    c: CArgs,

    /// Arguments for cargo or clang.
    #[arg(last = true, value_name = "ARGS", help_heading = None::<&str>)]
    extra: Vec<OsString>,
}

/// Builds a package.
pub(crate) fn build(args: &BuildArgs) -> Result<u8, Failure> {
    let packaging = args.packaging.packaging();
    if CArgs::apply_to(&args.path) {
        return build_c(args, packaging);
    }
    if let Some(option) = args.c.given() {
        return Err(usage(format!("{option} is for C and C++")));
    }
    let config = Config::load()?;
    let mut options = Options::new(&args.path);
    options.out_dir.clone_from(&args.out_dir);
    options.cargo = args.cargo.options("release", &args.extra);
    options.packaging = packaging;
    build_package(&options, &config, &mut args.cargo.progress())?;
    Ok(exit::OK)
}

/// Builds C or C++.
fn build_c(args: &BuildArgs, mut packaging: Packaging) -> Result<u8, Failure> {
    if let Some(option) = args.cargo.given() {
        return Err(usage(format!("{option} is for Rust")));
    }
    let name = packaging.out_name.take();
    let debug_info = std::mem::take(&mut packaging.debug_info);
    if packaging != Packaging::default()
        || !matches!(debug_info, DebugInfo::Profile | DebugInfo::Full)
    {
        return Err(usage(
            "of the options of packages, C and C++ have --out-name and --debug-info only"
                .to_owned(),
        ));
    }
    let common = Common {
        out: args.out_dir.as_deref(),
        name: name.as_deref(),
        extra: &args.extra,
        debug: debug_info == DebugInfo::Full,
    };
    args.c.build(&args.path, &common, args.cargo.progress())
}

fn usage(what: String) -> Failure {
    Failure::new(what).with_code(exit::USAGE)
}
