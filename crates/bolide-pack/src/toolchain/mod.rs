//! Which Rust toolchain compiles for WebAssembly.

mod advice;
mod flags;
mod sysroot;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cargo::{CargoOptions, cannot_run};
use crate::config::{Config, ToolchainConfig, variable};
use crate::error::{Error, Result};
use crate::report::Report;

use flags::Program;
pub(crate) use flags::{configuration_files, target_dir_in_configuration};

/// The target of Rust code that JavaScript calls.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

const LINKER: &str = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER";

/// A Rust toolchain that can compile for [`TARGET`].
#[derive(Clone, Debug)]
pub(crate) struct Toolchain {
    cargo: PathBuf,
    rustc: PathBuf,
    /// What is set in Cargo's environment, or removed from it.
    env: Vec<(OsString, Option<OsString>)>,
    /// Whether the standard library has to be built.
    build_std: bool,
    /// Where the compiler and its libraries are.
    sysroot: PathBuf,
    /// Where the active toolchain would have the target, if this is another one.
    passed_over: Option<PathBuf>,
}

impl Toolchain {
    /// The active toolchain in `folder` if it has the target, or else the configured one.
    pub(crate) fn find(
        folder: &Path,
        config: &Config,
        report: &mut dyn Report,
    ) -> Result<Toolchain> {
        let active = Toolchain::active(folder);
        let problem = match active.check(folder) {
            Ok(toolchain) => return Ok(toolchain),
            Err(problem) => problem,
        };
        let Some(configured) = &config.toolchain else {
            return Err(match problem {
                Problem::NotThere(error) => advice::without_rust(error),
                Problem::NoTarget(sysroot) => advice::without_target(folder, &active, &sysroot),
            });
        };
        let mut toolchain = Toolchain::configured(configured);
        if let Problem::NoTarget(sysroot) = &problem {
            toolchain.passed_over = Some(binaries(sysroot));
        }
        report.note(&format_args!(
            "using {}, as configured",
            toolchain.cargo_name()
        ));
        if which::which(&toolchain.cargo).is_err() {
            let cargo = toolchain.cargo.display();
            let cause = format!("there is no program `{cargo}`");
            return Err(advice::configured_does_not_work(cause));
        }
        match toolchain.check(folder) {
            Ok(toolchain) => Ok(toolchain),
            Err(Problem::NotThere(error)) => {
                Err(advice::configured_does_not_work(error.to_string()))
            }
            Err(Problem::NoTarget(sysroot)) => Err(advice::configured_without_target(
                configured, &toolchain, &sysroot,
            )),
        }
    }

    /// That which a user gets without Bolide. Where Bolide is run by Cargo, Cargo says which it is.
    fn active(folder: &Path) -> Toolchain {
        let rustc = variable("RUSTC").map(PathBuf::from);
        let rustc = rustc.or_else(|| flags::compiler_in_configuration(folder));
        Toolchain {
            cargo: variable("CARGO").unwrap_or_else(|| "cargo".into()).into(),
            rustc: rustc.unwrap_or_else(|| "rustc".into()),
            env: Vec::new(),
            build_std: false,
            sysroot: PathBuf::new(),
            passed_over: None,
        }
    }

    /// The toolchain of the configuration, whatever the active one has left in the environment.
    fn configured(configured: &ToolchainConfig) -> Toolchain {
        let mut env: Vec<(OsString, Option<OsString>)> = Vec::new();
        for name in ["RUSTUP_TOOLCHAIN", "CARGO", "RUSTC", "RUSTDOC"] {
            env.push((name.into(), None));
        }
        let cargo = configured.cargo.clone().unwrap_or_else(|| "cargo".into());
        let mut rustc: PathBuf = "rustc".into();
        if let Some(name) = &configured.rustup {
            env.push(("RUSTUP_TOOLCHAIN".into(), Some(name.into())));
        } else {
            // Programs of distributions find each other in PATH, where rustup's come first, which ask for the
            // active toolchain.
            let beside = |name: &str| {
                let file = cargo.parent()?.join(name);
                (cargo.is_absolute() && file.is_file()).then_some(file)
            };
            if let Some(given) = configured.rustc.clone().or_else(|| beside("rustc")) {
                env.push(("RUSTC".into(), Some((&given).into())));
                let rustdoc = given.with_file_name("rustdoc");
                if rustdoc.is_absolute() && rustdoc.is_file() {
                    env.push(("RUSTDOC".into(), Some(rustdoc.into())));
                }
                rustc = given;
            }
        }
        if let Some(linker) = &configured.linker {
            env.push((LINKER.into(), Some(linker.into())));
        }
        Toolchain {
            cargo,
            rustc,
            env,
            build_std: configured.build_std,
            sysroot: PathBuf::new(),
            passed_over: None,
        }
    }

    /// With its sysroot, if it can compile for the target.
    fn check(&self, folder: &Path) -> Result<Toolchain, Problem> {
        let mut rustc = self.rustc(folder);
        let printed = output(rustc.args(["--print", "sysroot"]));
        let sysroot = PathBuf::from(printed.map_err(Problem::NotThere)?);
        let there = match self.build_std {
            true => source(&sysroot).is_dir(),
            false => binaries(&sysroot).is_dir(),
        };
        match there {
            true => Ok(Toolchain {
                sysroot,
                ..self.clone()
            }),
            false => Err(Problem::NoTarget(sysroot)),
        }
    }

    /// The compiler, in `folder`.
    fn rustc(&self, folder: &Path) -> Command {
        self.command(&self.rustc, folder)
    }

    /// Cargo, in `folder`.
    pub(crate) fn cargo(&self, folder: &Path) -> Command {
        self.command(&self.cargo, folder)
    }

    fn cargo_name(&self) -> String {
        let name = self.env.iter().find(|(name, _)| name == "RUSTUP_TOOLCHAIN");
        match name.and_then(|(_, value)| value.as_ref()) {
            Some(toolchain) => format!("the toolchain `{}` of rustup", toolchain.display()),
            None => format!("`{}`", self.cargo.display()),
        }
    }

    fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(folder);
        for (name, value) in &self.env {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    /// Cargo in `folder`, which compiles for [`TARGET`]: `subcommand` is `rustc` or `test`.
    pub(crate) fn compile(
        &self,
        folder: &Path,
        subcommand: &str,
        options: &CargoOptions,
        report: &mut dyn Report,
    ) -> Result<Command> {
        let mut command = self.cargo(folder);
        command.arg(subcommand).arg("--target").arg(TARGET);
        if self.build_std {
            let flags = Program::Rustc.flags(self, folder, options)?;
            let sysroot = sysroot::get(self, &flags, report)?;
            Program::Rustc.give(&mut command, flags, &sysroot);
            if subcommand == "test" {
                let flags = Program::Rustdoc.flags(self, folder, options)?;
                Program::Rustdoc.give(&mut command, flags, &sysroot);
            }
        }
        Ok(command)
    }

    /// Files that change when the toolchain is another one, or is updated.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut files = vec![
            self.sysroot.join("bin/rustc"),
            self.sysroot.join("bin/cargo"),
        ];
        files.push(binaries(&self.sysroot));
        files.extend(self.passed_over.clone());
        let programs = [&self.cargo, &self.rustc].into_iter();
        files.extend(programs.filter_map(|program| which::which(program).ok()));
        // Which toolchain is active where nothing else says it.
        let rustup = variable("RUSTUP_HOME").map(PathBuf::from);
        let rustup = rustup.or_else(|| Some(std::env::home_dir()?.join(".rustup")));
        files.extend(rustup.map(|folder| folder.join("settings.toml")));
        files
    }
}

/// Why a toolchain cannot be used.
enum Problem {
    /// Its compiler does not run.
    NotThere(Error),
    /// Its sysroot has no standard library for the target.
    NoTarget(PathBuf),
}

/// Where a sysroot has the standard library for the target.
fn binaries(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib").join(TARGET).join("lib")
}

/// Where a sysroot has the source of the standard library.
fn source(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib/src/rust/library")
}

/// What a program prints, without the end of the last line.
fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|e| cannot_run(command, &e))?;
    if !output.status.success() {
        let program = Path::new(command.get_program());
        let name = program
            .file_name()
            .unwrap_or(OsStr::new(""))
            .to_string_lossy();
        return Err(Error::new(format!("`{name}` does not work"))
            .with_cause(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .to_owned())
}
