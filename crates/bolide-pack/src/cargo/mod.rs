//! Cargo: which package is meant, and compiling it.

mod compile;
mod find;
mod select;

use std::ffi::OsString;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, ExitStatus, Stdio};

use crate::error::{Error, Result};
use crate::report::Report;

pub(crate) use compile::Compiled;
pub(crate) use find::{Crate, Place, folder, place};

/// What Cargo is to build, and how; as the options of the same names of `cargo build`.
#[derive(Clone, Debug)]
pub struct CargoOptions {
    /// The profile: `release`, `dev`, or any other that Cargo or the workspace has.
    pub profile: String,
    /// The package of the workspace; needed where the path does not say which.
    pub package: Option<String>,
    /// The program of the package, instead of its library.
    pub bin: Option<String>,
    /// Features to switch on.
    pub features: Vec<String>,
    /// Whether all features are switched on.
    pub all_features: bool,
    /// Whether the feature `default` is left out.
    pub no_default_features: bool,
    /// Whether `Cargo.lock` must stay as it is.
    pub locked: bool,
    /// Whether the network must not be used.
    pub offline: bool,
    /// As `locked` and `offline` together.
    pub frozen: bool,
    /// Where Cargo puts what it makes; relative to the current folder. Cargo's choice by default.
    pub target_dir: Option<PathBuf>,
    /// What else Cargo is told.
    pub args: Vec<OsString>,
    /// Whether Cargo tells errors and warnings only.
    pub quiet: bool,
    /// How many times Cargo is told to be verbose.
    pub verbose: u8,
    /// When Cargo uses colours: `auto`, `always` or `never`. By default as its own configuration says.
    pub color: Option<&'static str>,
}

impl CargoOptions {
    /// Builds with a profile, and leaves everything else to Cargo.
    pub fn new(profile: impl Into<String>) -> CargoOptions {
        CargoOptions {
            profile: profile.into(),
            package: None,
            bin: None,
            features: Vec::new(),
            all_features: false,
            no_default_features: false,
            locked: false,
            offline: false,
            frozen: false,
            target_dir: None,
            args: Vec::new(),
            quiet: false,
            verbose: 0,
            color: None,
        }
    }

    /// Options of every subcommand that resolves dependencies.
    pub(crate) fn resolving(&self, report: &dyn Report) -> Vec<OsString> {
        let flags = [
            (self.locked, "--locked"),
            (self.offline, "--offline"),
            (self.frozen, "--frozen"),
            (self.quiet, "--quiet"),
        ];
        let flags = flags.into_iter().filter(|(given, _)| *given);
        let mut args: Vec<OsString> = flags.map(|(_, flag)| flag.into()).collect();
        // What is captured is shown somewhere else, with its colours.
        if let Some(color) = self.color.or(report.captures().then_some("always")) {
            args.extend(["--color".into(), color.into()]);
        }
        args
    }

    /// Options of every subcommand that compiles, except for which package and target.
    pub(crate) fn compiling(&self, report: &dyn Report) -> Result<Vec<OsString>> {
        let mut args = self.resolving(report);
        if self.all_features {
            args.push("--all-features".into());
        }
        if self.no_default_features {
            args.push("--no-default-features".into());
        }
        for features in &self.features {
            args.extend(["--features".into(), features.into()]);
        }
        if let Some(folder) = &self.target_dir {
            args.extend(["--target-dir".into(), absolute(folder)?.into()]);
        }
        args.extend((0..self.verbose).map(|_| "-v".into()));
        args.extend(self.args.iter().cloned());
        Ok(args)
    }

    /// Those of `args` that every subcommand knows: configuration and unstable features.
    pub(crate) fn general(&self) -> Vec<OsString> {
        let mut general = Vec::new();
        let mut args = self.args.iter();
        while let Some(arg) = args.next() {
            let text = arg.to_string_lossy();
            if text == "--config" || text == "-Z" {
                general.push(arg.clone());
                general.extend(args.next().cloned());
            } else if text.starts_with("--config=") || text.starts_with("-Z") {
                general.push(arg.clone());
            }
        }
        general
    }
}

impl Default for CargoOptions {
    /// With the profile `release`.
    fn default() -> CargoOptions {
        CargoOptions::new("release")
    }
}

/// A path that means the same in every folder.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|e| Error::io("find", path, &e))
}

/// The error of a program that could not be started.
pub(crate) fn cannot_run(command: &Command, error: &std::io::Error) -> Error {
    let program = command.get_program().to_string_lossy();
    let problem = Error::new(format!("cannot run `{program}`")).with_cause(error.to_string());
    match error.kind() {
        std::io::ErrorKind::NotFound => problem.with_help(
            "Rust is needed to build Rust: see https://rustup.rs, or install your system's packages of cargo and rustc",
        ),
        _ => problem,
    }
}

/// Runs Cargo, and reads what it prints on standard output. What it says on standard error the user sees unchanged.
pub(crate) fn run<T: Send>(
    cargo: &mut Command,
    report: &mut dyn Report,
    read: impl FnOnce(ChildStdout) -> T + Send,
) -> Result<(ExitStatus, T)> {
    cargo.stdin(Stdio::null()).stdout(Stdio::piped());
    if report.captures() {
        cargo.stderr(Stdio::piped());
    }
    let mut child = cargo.spawn().map_err(|e| cannot_run(cargo, &e))?;
    let stdout = child.stdout.take().expect("it is piped");
    let stderr = child.stderr.take();
    let result = std::thread::scope(|scope| {
        let reading = scope.spawn(|| read(stdout));
        if let Some(stderr) = stderr {
            relay(stderr, report);
        }
        reading.join()
    });
    let status = child.wait().map_err(|e| cannot_run(cargo, &e))?;
    match result {
        Ok(result) => Ok((status, result)),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Passes on what a program prints.
fn relay(mut from: impl Read, report: &mut dyn Report) {
    let mut buffer = [0; 4096];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return,
            Ok(read) => report.output(&buffer[..read]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

/// What follows from how Cargo ended: it has said itself what is wrong, unless something killed it.
fn check(status: ExitStatus, what: &str) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    if status.code().is_none() {
        return Err(Error::new(format!("cargo could not {what}")).with_cause(status.to_string()));
    }
    Err(Error::told(format!("cargo could not {what}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_for_every_subcommand() {
        for (args, expected) in [
            (&["--timings", "-j1"][..], &[][..]),
            (
                &["--config", "a=1", "--keep-going", "--config=b=2"],
                &["--config", "a=1", "--config=b=2"],
            ),
            (
                &["-Zunstable-options", "-Z", "x"],
                &["-Zunstable-options", "-Z", "x"],
            ),
            (&["--config"], &["--config"]),
        ] {
            let options = CargoOptions {
                args: args.iter().map(OsString::from).collect(),
                ..CargoOptions::default()
            };
            assert_eq!(options.general(), expected, "{args:?}");
        }
    }
}
