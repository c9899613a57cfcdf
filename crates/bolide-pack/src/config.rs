//! The user's configuration: which toolchain compiles Rust where the active one cannot.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{Error, Result};

/// What `config.toml` says. The file is that which `BOLIDE_CONFIG` names, or else `bolide/config.toml` in
/// `$XDG_CONFIG_HOME` (by default `~/.config`); nothing is configured where there is none.
///
/// ```toml
/// [toolchain]
/// cargo = "/usr/bin/cargo"
/// rustc = "/usr/bin/rustc"
/// linker = "wasm-ld-22"
/// build-std = true
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The Rust toolchain that is used where the active one has no target `wasm32-unknown-unknown`.
    pub toolchain: Option<ToolchainConfig>,
}

/// A Rust toolchain that can compile for `wasm32-unknown-unknown`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ToolchainConfig {
    /// Cargo, as a path or a name in `PATH`.
    pub cargo: PathBuf,
    /// The compiler, as a path or a name in `PATH`; Cargo's choice if it is not given.
    pub rustc: Option<PathBuf>,
    /// The linker, as a path or a name in `PATH`; the compiler's own if it is not given.
    pub linker: Option<PathBuf>,
    /// Whether the standard library is to be built from its source, because the toolchain comes with no binaries of
    /// it for the target.
    #[serde(default)]
    pub build_std: bool,
}

impl Config {
    /// Reads the user's configuration.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or is no valid configuration.
    pub fn load() -> Result<Config> {
        if let Some(file) = std::env::var_os("BOLIDE_CONFIG").filter(|file| !file.is_empty()) {
            return Config::read(Path::new(&file));
        }
        let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".config"));
        let folder = std::env::var_os("XDG_CONFIG_HOME").filter(|folder| !folder.is_empty());
        match folder.map(PathBuf::from).or(home) {
            Some(folder) if folder.join("bolide/config.toml").exists() => {
                Config::read(&folder.join("bolide/config.toml"))
            }
            _ => Ok(Config::default()),
        }
    }

    fn read(file: &Path) -> Result<Config> {
        let text = std::fs::read_to_string(file).map_err(|e| Error::io("read", file, &e))?;
        toml::from_str(&text).map_err(|error| {
            Error::new(format!("`{}` is no valid configuration", file.display()))
                .with_cause(error.to_string())
        })
    }
}
