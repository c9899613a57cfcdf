//! Which Rust toolchain compiles for WebAssembly.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::config::Config;
use crate::error::{Error, Result};

/// The target of Rust code that JavaScript calls.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// A Rust toolchain that can compile for [`TARGET`].
#[derive(Clone, Debug)]
pub(crate) struct Toolchain {
    cargo: PathBuf,
    /// What is set in Cargo's environment.
    env: Vec<(OsString, OsString)>,
    /// What Cargo is told besides when it compiles.
    args: Vec<OsString>,
}

impl Toolchain {
    /// The active toolchain in `folder` if it has the target, or else the configured one.
    pub(crate) fn find(folder: &Path, config: &Config) -> Result<Toolchain> {
        if active_has_target(folder) {
            return Ok(Toolchain {
                cargo: std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from),
                env: Vec::new(),
                args: Vec::new(),
            });
        }
        let Some(configured) = &config.toolchain else {
            return Err(Error::new(format!(
                "the active Rust toolchain has no target `{TARGET}`"
            ))
            .with_help(format!("run `rustup target add {TARGET}`")));
        };
        let mut env: Vec<(OsString, OsString)> = Vec::new();
        let mut args: Vec<OsString> = Vec::new();
        if let Some(rustc) = &configured.rustc {
            env.push(("RUSTC".into(), rustc.into()));
        }
        if let Some(linker) = &configured.linker {
            env.push((
                "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER".into(),
                linker.into(),
            ));
        }
        if configured.build_std {
            env.push(("RUSTC_BOOTSTRAP".into(), "1".into()));
            args.push("-Zbuild-std=std,panic_abort".into());
        }
        Ok(Toolchain {
            cargo: configured.cargo.clone(),
            env,
            args,
        })
    }

    /// Cargo, in `folder`.
    pub(crate) fn cargo(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.cargo);
        command.current_dir(folder).envs(self.env.iter().cloned());
        command
    }

    /// Cargo in `folder`, which compiles for [`TARGET`]: `subcommand` is `build` or `test`.
    pub(crate) fn compile(&self, folder: &Path, subcommand: &str) -> Command {
        let mut command = self.cargo(folder);
        command.arg(subcommand).arg("--target").arg(TARGET);
        command.args(&self.args);
        command
    }
}

fn active_has_target(folder: &Path) -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .current_dir(folder)
        .output();
    output.is_ok_and(|output| {
        output.status.success()
            && Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir()
    })
}
