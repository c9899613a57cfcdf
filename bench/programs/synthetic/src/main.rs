//! Makes a module like those that compilers make, of a given size or with a given number of functions.
//!
//! The same arguments always give the same bytes. The module imports nothing and exports `memory` and
//! `bench_run(i32) -> i64`, which calls functions all over the module, `n` times, and returns a checksum.
#![forbid(unsafe_code)]

mod body;
mod module;
mod random;

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{ArgGroup, Parser};

use module::Goal;

/// Makes a module like those that compilers make.
#[derive(Debug, Parser)]
#[command(group = ArgGroup::new("goal").required(true).args(["bytes", "functions"]))]
struct Arguments {
    /// Size of the module in bytes, within a few hundred: functions are as long as in real programs, about 300 bytes
    #[arg(long, value_parser = clap::value_parser!(u64).range(5_000..=500_000_000))]
    bytes: Option<u64>,
    /// Number of functions, which are short: about 50 bytes
    #[arg(long, value_parser = clap::value_parser!(u32).range(10..=900_000))]
    functions: Option<u32>,
    /// Where the module is written
    #[arg(long)]
    output: PathBuf,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let goal = match (arguments.bytes, arguments.functions) {
        (Some(bytes), _) => Goal::Bytes(bytes as usize),
        (None, Some(functions)) => Goal::Functions(functions),
        (None, None) => unreachable!("the group of arguments is required"),
    };
    std::fs::write(&arguments.output, module::make(goal))
        .with_context(|| format!("cannot write {}", arguments.output.display()))
}
