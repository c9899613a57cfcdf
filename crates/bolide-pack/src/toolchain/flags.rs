//! The flags that Cargo would give to the compiler: a toolchain that needs one more has to repeat the others, for Cargo
//! takes them from the first source only that has any.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::cargo_platform::{Cfg, CfgExpr};
use serde_json::Value;

use super::{TARGET, Toolchain, output};
use crate::cargo::CargoOptions;
use crate::config::variable;
use crate::error::{Error, Result};

/// The programs that take flags.
#[derive(Clone, Copy, Debug)]
pub(super) enum Program {
    Rustc,
    Rustdoc,
}

impl Program {
    /// The key of its flags in Cargo's configuration.
    fn key(self) -> &'static str {
        match self {
            Program::Rustc => "rustflags",
            Program::Rustdoc => "rustdocflags",
        }
    }

    /// The variable with its flags, separated by `\x1f`.
    fn encoded(self) -> &'static str {
        match self {
            Program::Rustc => "CARGO_ENCODED_RUSTFLAGS",
            Program::Rustdoc => "CARGO_ENCODED_RUSTDOCFLAGS",
        }
    }

    /// Lets `cargo` give it these flags, and another sysroot.
    pub(super) fn give(self, cargo: &mut Command, mut flags: Vec<String>, sysroot: &str) {
        flags.extend(["--sysroot".to_owned(), sysroot.to_owned()]);
        cargo.env(self.encoded(), flags.join("\x1f"));
    }

    /// The flags that the environment and Cargo's configuration have for code of [`TARGET`], by the rules of Cargo's
    /// `build.rustflags`.
    pub(super) fn flags(
        self,
        toolchain: &Toolchain,
        folder: &Path,
        options: &CargoOptions,
    ) -> Result<Vec<String>> {
        let key = self.key();
        let text = |value: OsString| value.to_string_lossy().into_owned();
        if let Some(flags) = std::env::var_os(self.encoded()).map(text) {
            let flags = flags.split('\x1f').filter(|flag| !flag.is_empty());
            return Ok(flags.map(str::to_owned).collect());
        }
        if let Some(flags) = std::env::var_os(key.to_uppercase()).map(text) {
            return Ok(words(&flags));
        }
        let configuration = configuration(toolchain, folder, options)?;
        let cfgs = || -> Result<Vec<Cfg>> {
            let mut rustc = toolchain.rustc(folder);
            let printed = output(rustc.args(["--print", "cfg", "--target", TARGET]))?;
            Ok(printed
                .lines()
                .filter_map(|line| line.parse().ok())
                .collect())
        };
        let mut flags = of_target(&configuration, key, cfgs)?;
        flags.extend(of_variable(&format!("target.{TARGET}.{key}")));
        if flags.is_empty() {
            flags = strings(&configuration["build"][key]);
            flags.extend(of_variable(&format!("build.{key}")));
        }
        Ok(flags)
    }
}

/// Cargo's configuration as JSON, without what the environment adds.
fn configuration(toolchain: &Toolchain, folder: &Path, options: &CargoOptions) -> Result<Value> {
    let general = options.general();
    if general.is_empty() && !configuration_files(folder).iter().any(|file| file.exists()) {
        return Ok(Value::Null);
    }
    let mut cargo = toolchain.cargo(folder);
    // `cargo config` is unstable, as building the standard library is.
    cargo
        .env("RUSTC_BOOTSTRAP", "1")
        .arg("-Zunstable-options")
        .args(general)
        .args(["config", "get", "--format=json"]);
    let json = output(&mut cargo)?;
    serde_json::from_str(&json)
        .map_err(|e| Error::new("cannot read cargo's configuration").with_cause(e.to_string()))
}

/// The flags of the tables of the target, those of `cfg(…)` included; `cfgs` is what is set for the target.
fn of_target(
    configuration: &Value,
    key: &str,
    cfgs: impl FnOnce() -> Result<Vec<Cfg>>,
) -> Result<Vec<String>> {
    let Some(tables) = configuration["target"].as_object() else {
        return Ok(Vec::new());
    };
    let mut flags = strings(&configuration["target"][TARGET][key]);
    let expressions = tables.iter().filter_map(|(name, table)| {
        let expression = name.strip_prefix("cfg(")?.strip_suffix(')')?;
        let expression: CfgExpr = expression.parse().ok()?;
        Some((expression, strings(&table[key])))
    });
    let expressions: Vec<_> = expressions.filter(|(_, flags)| !flags.is_empty()).collect();
    if !expressions.is_empty() {
        let cfgs = cfgs()?;
        for (expression, more) in expressions {
            if expression.matches(&cfgs) {
                flags.extend(more);
            }
        }
    }
    Ok(flags)
}

fn of_variable(key: &str) -> Vec<String> {
    let name = format!("CARGO_{}", key.to_uppercase().replace(['.', '-'], "_"));
    let flags = variable(&name).map(|flags| words(&flags.to_string_lossy()));
    flags.unwrap_or_default()
}

/// A list of strings, which Cargo also accepts as one string with spaces.
fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => words(text),
        Value::Array(list) => (list.iter())
            .filter_map(|item| item.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    }
}

fn words(text: &str) -> Vec<String> {
    let words = text
        .split(' ')
        .map(str::trim)
        .filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

/// Where Cargo reads its configuration when it runs in `folder`, nearest first. Most of them do not exist.
pub(crate) fn configuration_files(folder: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = folder.ancestors().map(|f| f.join(".cargo")).collect();
    let home = variable("CARGO_HOME").map(PathBuf::from);
    folders.extend(home.or_else(|| Some(std::env::home_dir()?.join(".cargo"))));
    let files = folders
        .iter()
        .flat_map(|f| [f.join("config.toml"), f.join("config")]);
    files.collect()
}

/// The compiler that Cargo's configuration has instead of `rustc`.
pub(super) fn compiler_in_configuration(folder: &Path) -> Option<PathBuf> {
    if let Some(compiler) = variable("CARGO_BUILD_RUSTC") {
        return Some(compiler.into());
    }
    let (compiler, base) = build_setting(folder, "rustc")?;
    match compiler.components().count() {
        1 => Some(compiler),
        _ => Some(base.join(compiler)),
    }
}

/// Where Cargo's configuration says that it puts what it makes.
pub(crate) fn target_dir_in_configuration(folder: &Path) -> Option<PathBuf> {
    let (target_dir, base) = build_setting(folder, "target-dir")?;
    Some(base.join(target_dir))
}

/// A path of the table `build` in the nearest of Cargo's configurations that has it, and the folder to which it is
/// relative: that which has the folder `.cargo`.
fn build_setting(folder: &Path, name: &str) -> Option<(PathBuf, PathBuf)> {
    configuration_files(folder).iter().find_map(|file| {
        let table: toml::Table = std::fs::read_to_string(file).ok()?.parse().ok()?;
        let setting = table.get("build")?.get(name)?.as_str()?;
        Some((setting.into(), file.parent()?.parent()?.to_owned()))
    })
}

/// Those of `flags` for which the standard library has to be another one: features of the processor, how panics
/// unwind, and unstable options.
pub(super) fn for_the_standard_library(flags: &[String]) -> Vec<String> {
    let mut kept = Vec::new();
    let mut flags = flags.iter();
    while let Some(flag) = flags.next() {
        let (option, value) = match flag.as_str() {
            "-C" | "--codegen" | "-Z" => match flags.next() {
                Some(value) => (&flag[..], value.as_str()),
                None => break,
            },
            _ if flag.starts_with("-C") || flag.starts_with("-Z") => flag.split_at(2),
            _ => match flag.strip_prefix("--codegen=") {
                Some(value) => ("-C", value),
                None => continue,
            },
        };
        let name = value.split('=').next().unwrap_or(value).replace('_', "-");
        if option == "-Z" {
            kept.push(format!("-Z{value}"));
        } else if matches!(&name[..], "target-feature" | "target-cpu" | "panic") {
            kept.push(format!("-C{value}"));
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn flags_of_a_target() {
        let cfgs = || {
            Ok(vec![
                "unix".parse().unwrap(),
                "target_family=\"wasm\"".parse().unwrap(),
            ])
        };
        for (configuration, expected) in [
            (json!(null), ""),
            (json!({ "build": { "rustflags": ["a"] } }), ""),
            (
                json!({ "target": { TARGET: { "rustflags": "a  b" } } }),
                "a b",
            ),
            (
                json!({ "target": { TARGET: { "rustdocflags": "a  b" } } }),
                "",
            ),
            (
                json!({ "target": {
                    TARGET: { "rustflags": ["a"] },
                    "cfg(target_family=\"wasm\")": { "rustflags": ["b"] },
                    "cfg(not(unix))": { "rustflags": ["c"] },
                    "cfg(all())": { "runner": "x" },
                } }),
                "a b",
            ),
        ] {
            let flags = of_target(&configuration, "rustflags", cfgs).unwrap();
            assert_eq!(flags.join(" "), expected, "{configuration}");
        }
    }

    #[test]
    fn flags_of_the_standard_library() {
        for (flags, expected) in [
            ("", ""),
            ("--cfg=x -Clink-arg=-s -C debuginfo=1", ""),
            (
                "-C target-feature=+atomics -Copt-level=1",
                "-Ctarget-feature=+atomics",
            ),
            (
                "--codegen=target_cpu=mvp --codegen panic=unwind",
                "-Ctarget_cpu=mvp -Cpanic=unwind",
            ),
            ("-Z wasm-c-abi=spec -Zx", "-Zwasm-c-abi=spec -Zx"),
            ("-C", ""),
        ] {
            let kept = for_the_standard_library(&words(flags));
            assert_eq!(kept.join(" "), expected, "{flags}");
        }
    }

    #[test]
    fn a_compiler_in_the_configuration() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a/b");
        std::fs::create_dir_all(folder.join(".cargo")).unwrap();
        std::fs::create_dir_all(root.path().join("a/.cargo")).unwrap();
        let near = folder.join(".cargo/config.toml");
        let far = root.path().join("a/.cargo/config.toml");
        std::fs::write(&far, "[build]\nrustc = 'tools/rustc'").unwrap();
        std::fs::write(&near, "[net]\nretry = 2").unwrap();
        let expected = root.path().join("a/tools/rustc");
        assert_eq!(compiler_in_configuration(&folder), Some(expected));
        std::fs::write(&near, "[build]\nrustc = 'rustc-9'").unwrap();
        assert_eq!(compiler_in_configuration(&folder), Some("rustc-9".into()));
    }
}
