//! Tests of a Cargo package: Cargo compiles them, and runs Bolide for each module that comes out.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_metadata::MetadataCommand;
use cargo_metadata::semver::Version;

use crate::cargo::CargoOptions;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::report::Report;
use crate::toolchain::{TARGET, Toolchain};

/// The crate that has the attribute for tests.
const TEST_CRATE: &str = "wasm-bindgen-test";

/// Options of Cargo that say which tests are compiled.
const CHOICES: [&str; 5] = ["--lib", "--bins", "--bin", "--tests", "--test"];

/// The one that says that those in documentation are.
const DOC: &str = "--doc";

/// The first Cargo that tests documentation for other targets than the machine's own; older ones leave it out silently.
const CROSS_DOCTESTS: Version = Version::new(1, 89, 0);

/// What Cargo is asked for.
#[derive(Clone, Debug, Default)]
pub struct CargoTest {
    /// Whether benchmarks are meant instead of tests.
    pub bench: bool,
    /// Options for Cargo.
    pub args: Vec<OsString>,
    /// Options for each test binary.
    pub test_args: Vec<OsString>,
    /// The program that runs a test binary, and its arguments before the binary's path.
    pub runner: Vec<String>,
}

/// Compiles and runs the tests of the package or workspace in `folder`, and returns Cargo's exit code.
///
/// # Errors
///
/// If there is no toolchain or no package, or the package has no tests for WebAssembly. What Cargo itself says about other
/// errors goes to standard error, and the exit code says that there are some.
pub fn cargo_test(
    folder: &Path,
    test: &CargoTest,
    config: &Config,
    report: &mut dyn Report,
) -> Result<u8> {
    let toolchain = Toolchain::find(folder, config, report)?;
    check(folder, &toolchain)?;
    let subcommand = if test.bench { "bench" } else { "test" };
    let options = CargoOptions {
        args: test.args.clone(),
        ..CargoOptions::new("dev")
    };
    let mut cargo = toolchain.compile(folder, subcommand, &options, report)?;
    if !test.bench {
        add_doctests(&mut cargo, folder, &toolchain, test, report)?;
    }
    cargo
        .arg("--config")
        .arg(runner_setting(&test.runner))
        .args(&test.args)
        .arg("--")
        .args(&test.test_args);
    let status = cargo
        .status()
        .map_err(|e| Error::new("cannot run cargo").with_cause(e.to_string()))?;
    // A signal has no code.
    Ok(status.code().map_or(1, |code| code as u8))
}

/// Makes Cargo test documentation if it is to, and can.
fn add_doctests(
    cargo: &mut Command,
    folder: &Path,
    toolchain: &Toolchain,
    test: &CargoTest,
    report: &mut dyn Report,
) -> Result<()> {
    let is_given = |option: &str| test.args.iter().any(|arg| arg == option);
    let are_wanted = is_given(DOC);
    if !are_wanted && CHOICES.iter().any(|choice| is_given(choice)) {
        return Ok(());
    }
    let why = match (version(folder, toolchain), rustdoc(cargo)) {
        (Some(version), _) if version < CROSS_DOCTESTS => {
            format!("cargo {version} does not run them for WebAssembly, and {CROSS_DOCTESTS} does")
        }
        (_, Some(None)) => "there is no rustdoc beside the configured rustc".to_owned(),
        (_, Some(Some(rustdoc))) => {
            cargo.env("RUSTDOC", rustdoc);
            return Ok(());
        }
        (_, None) => return Ok(()),
    };
    if are_wanted {
        return Err(Error::new("tests in documentation cannot run").with_cause(why));
    }
    report.warn(&format_args!("tests in documentation are left out: {why}"));
    cargo.arg("--tests");
    Ok(())
}

/// Cargo's version, if it tells it.
fn version(folder: &Path, toolchain: &Toolchain) -> Option<Version> {
    let output = toolchain.cargo(folder).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split_whitespace().nth(1)?.parse().ok()
}

/// The rustdoc that belongs to the compiler that `cargo` is told to use, if it is told to use one, and if there is one.
fn rustdoc(cargo: &Command) -> Option<Option<PathBuf>> {
    let mut variables = cargo.get_envs();
    let (_, rustc) = variables.find(|(name, _)| *name == "RUSTC")?;
    let output = Command::new(rustc?)
        .args(["--print", "sysroot"])
        .output()
        .ok()?;
    let sysroot = String::from_utf8(output.stdout).ok()?;
    let rustdoc = Path::new(sysroot.trim()).join("bin/rustdoc");
    Some(rustdoc.is_file().then_some(rustdoc))
}

/// The setting that makes Cargo run `runner`. It is a list, because in a string spaces separate arguments.
fn runner_setting(runner: &[String]) -> String {
    let list = runner.iter().cloned().map(toml::Value::String).collect();
    format!("target.{TARGET}.runner={}", toml::Value::Array(list))
}

/// Checks that there can be tests.
fn check(folder: &Path, toolchain: &Toolchain) -> Result<()> {
    let output = toolchain
        .cargo(folder)
        .args([
            "metadata",
            "--format-version=1",
            "--filter-platform",
            TARGET,
        ])
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| Error::new("cannot run cargo").with_cause(e.to_string()))?;
    if !output.status.success() {
        return Err(Error::told(format!(
            "cargo cannot read the package in `{}`",
            folder.display()
        )));
    }
    let metadata = MetadataCommand::parse(String::from_utf8_lossy(&output.stdout))
        .map_err(|e| Error::new("cannot read cargo's metadata").with_cause(e.to_string()))?;
    if metadata
        .packages
        .iter()
        .any(|package| package.name.as_str() == TEST_CRATE)
    {
        return Ok(());
    }
    let help = format!(
        "add to Cargo.toml:\n[dev-dependencies]\n{TEST_CRATE} = \"0.3\"\n\
         and give tests the attribute `#[wasm_bindgen_test]` instead of `#[test]`"
    );
    Err(Error::new(format!(
        "nothing in `{}` depends on `{TEST_CRATE}`",
        folder.display()
    ))
    .with_cause("tests with the attribute `#[test]` cannot run in WebAssembly")
    .with_help(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runner_with_spaces() {
        let runner = ["/a b/\"c\"".to_owned(), "test".to_owned()];
        assert_eq!(
            runner_setting(&runner),
            r#"target.wasm32-unknown-unknown.runner=['/a b/"c"', "test"]"#
        );
    }
}
