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
///
/// or, for a toolchain of rustup:
///
/// ```toml
/// [toolchain]
/// rustup = "nightly"
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The Rust toolchain that is used where the active one has no target `wasm32-unknown-unknown`.
    pub toolchain: Option<ToolchainConfig>,
}

/// A Rust toolchain that can compile for `wasm32-unknown-unknown`: one of rustup, or a pair of programs.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ToolchainConfig {
    /// The name of a toolchain that rustup has, such as `nightly`. It stands instead of `cargo` and `rustc`.
    pub rustup: Option<String>,
    /// Cargo, as a path or a name in `PATH`.
    pub cargo: Option<PathBuf>,
    /// The compiler, as a path or a name in `PATH`. By default that beside `cargo`, or else Cargo's choice.
    pub rustc: Option<PathBuf>,
    /// The linker, as a path or a name in `PATH`; the compiler's own if it is not given.
    pub linker: Option<PathBuf>,
    /// Whether the standard library is to be built from its source, because the toolchain comes with no binaries of
    /// it for the target. It is built once, in the user's cache, and used for all projects.
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
        if let Some(file) = variable("BOLIDE_CONFIG") {
            return Config::read(Path::new(&file));
        }
        match Config::file() {
            Some(file) if file.exists() => Config::read(&file),
            _ => Ok(Config::default()),
        }
    }

    /// Where the configuration is, or would be.
    pub(crate) fn file() -> Option<PathBuf> {
        let given = variable("BOLIDE_CONFIG").map(PathBuf::from);
        given.or_else(|| Some(user_folder("XDG_CONFIG_HOME", ".config")?.join("config.toml")))
    }

    fn read(file: &Path) -> Result<Config> {
        let text = std::fs::read_to_string(file).map_err(|e| Error::io("read", file, &e))?;
        Config::parse(&text).map_err(|cause| {
            Error::new(format!("`{}` is no valid configuration", file.display())).with_cause(cause)
        })
    }

    fn parse(text: &str) -> Result<Config, String> {
        let config: Config = toml::from_str(text).map_err(|error| error.to_string())?;
        if let Some(toolchain) = &config.toolchain {
            let programs = toolchain.cargo.is_some() || toolchain.rustc.is_some();
            match &toolchain.rustup {
                Some(_) if programs => {
                    return Err("[toolchain] has `rustup` as well as `cargo` or `rustc`".to_owned());
                }
                None if toolchain.cargo.is_none() => {
                    return Err("[toolchain] has neither `cargo` nor `rustup`".to_owned());
                }
                _ => {}
            }
        }
        Ok(config)
    }
}

/// Bolide's folder of the user that the variable says, or else one in `home`.
fn user_folder(name: &str, home: &str) -> Option<PathBuf> {
    let folder = variable(name)
        .map(PathBuf::from)
        .filter(|folder| folder.is_absolute());
    let folder = folder.or_else(|| Some(std::env::home_dir()?.join(home)))?;
    Some(folder.join("bolide"))
}

/// What can be made again at any time is kept here.
pub(crate) fn cache_folder() -> Option<PathBuf> {
    user_folder("XDG_CACHE_HOME", ".cache")
}

/// A variable of the environment that is set and not empty.
pub(crate) fn variable(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configurations() {
        for (text, expected) in [
            ("", None),
            ("[toolchain]\nrustup = 'nightly'", Some("nightly")),
            (
                "[toolchain]\ncargo = '/x/cargo'\nbuild-std = true",
                Some("/x/cargo"),
            ),
        ] {
            let config = Config::parse(text).unwrap();
            let toolchain = config.toolchain;
            let name = toolchain.map(|t| {
                t.rustup
                    .unwrap_or_else(|| t.cargo.unwrap().to_string_lossy().into_owned())
            });
            assert_eq!(name.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn bad_configurations() {
        for (text, expected) in [
            ("[toolchain]", "neither `cargo` nor `rustup`"),
            (
                "[toolchain]\nrustc = 'rustc'",
                "neither `cargo` nor `rustup`",
            ),
            ("[toolchain]\nrustup = 'a'\ncargo = 'b'", "as well as"),
            (
                "[toolchain]\ncargo = 'b'\nbuild_std = true",
                "unknown field `build_std`",
            ),
            ("[toolchains]", "unknown field `toolchains`"),
            ("[toolchain", "unclosed table"),
        ] {
            let error = Config::parse(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
