//! The `bolide` program: runs WebAssembly modules and JavaScript, and shows what is in modules.
#![forbid(unsafe_code)]

mod args;
mod failure;
mod input;
mod inspect;
mod pack;
mod parse;
mod repl;
mod run;
mod script;
mod stats;
mod terminal;
mod translate;
mod validate;
mod wast;

use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

use args::{Cli, Command};
use clap::CommandFactory;
use failure::Failure;

/// What the program's exit code means. Listed for users in `--help`.
mod exit {
    /// Everything went well.
    pub(crate) const OK: u8 = 0;
    /// Something could not be read, loaded or linked, is invalid or failed.
    pub(crate) const ERROR: u8 = 1;
    /// The command line is wrong.
    pub(crate) const USAGE: u8 = 2;
    /// Tests have failed, as Rust's own test harness says it.
    pub(crate) const TESTS_FAILED: u8 = 101;
    /// Bolide itself has a bug.
    pub(crate) const INTERNAL: u8 = 101;
    /// The guest ran longer than `--timeout`.
    pub(crate) const TIMEOUT: u8 = 124;
    /// The guest trapped.
    pub(crate) const TRAP: u8 = 134;
    /// Whoever read the output has stopped reading: 128 + SIGPIPE, as a shell reports it.
    pub(crate) const BROKEN_PIPE: u8 = 141;
}

fn main() -> ExitCode {
    let started = Instant::now();
    report_panics_as_internal_errors();
    let cli = match args::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    terminal::set_colors(cli.color);
    let result = match cli.command {
        Command::Run(args) => run::run(&args, started),
        Command::Repl(args) => repl::repl(&args),
        Command::New(args) => pack::new(&args),
        Command::Build(args) => pack::build(&args),
        Command::Serve(args) => pack::serve(&args),
        Command::Test(args) => pack::test(&args),
        Command::Parse(args) => translate::parse(&args),
        Command::Validate(args) => validate::validate(&args),
        Command::Inspect(args) => inspect::inspect(&args),
        Command::Wast(args) => wast::wast(&args),
        Command::Completions { shell } => completions(shell),
    };
    ExitCode::from(result.unwrap_or_else(|failure| failure.report()))
}

/// Prints help, the version, or what is wrong with the command line.
fn usage(error: &clap::Error) -> ExitCode {
    let failed = error.use_stderr();
    match error.print() {
        Err(error) if !failed && error.kind() == std::io::ErrorKind::BrokenPipe => {
            ExitCode::from(exit::BROKEN_PIPE)
        }
        Err(error) if !failed => {
            Failure::new(format!("cannot write to standard output: {error}")).print();
            ExitCode::from(exit::ERROR)
        }
        _ if failed => ExitCode::from(exit::USAGE),
        _ => ExitCode::from(exit::OK),
    }
}

fn completions(shell: clap_complete::Shell) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "bolide", &mut script);
    terminal::print_bytes(&script)?;
    Ok(exit::OK)
}

/// Users get no Rust backtraces: a panic is a bug, and what helps is a report of it. Panics of a library that
/// come back as an error are reported as that.
fn report_panics_as_internal_errors() {
    std::panic::set_hook(Box::new(|panic| {
        if bolide_pack::is_panic_caught(panic) {
            return;
        }
        let payload = panic.payload();
        let message = (payload.downcast_ref::<&str>().copied())
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("unknown cause");
        let place = panic.location().map(ToString::to_string);
        let place = place.unwrap_or_default();
        // When even this cannot be written there is nobody left to tell.
        let _ = writeln!(
            std::io::stderr(),
            "internal error: {message} ({place})\n\
             This is a bug in bolide {}. Please report it, with the file and the command line.",
            env!("CARGO_PKG_VERSION"),
        );
        std::process::exit(exit::INTERNAL.into());
    }));
}
