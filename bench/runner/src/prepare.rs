//! Builds what is measured: adapters and programs.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::adapter::Adapter;
use crate::tables::{Artifact, Peer, Places, Program};

/// The adapter of each peer, or why there is none.
pub(crate) fn adapters(
    places: &Places,
    peers: &[Peer],
    profile: &str,
    say: &dyn Fn(String),
) -> Result<Vec<Result<Adapter, String>>> {
    // A crate is built once, with what all peers need that it stands for.
    let mut crates: BTreeMap<&str, Needs<'_>> = BTreeMap::new();
    for peer in peers {
        if let Some(adapter) = &peer.adapter {
            let needs = crates.entry(adapter).or_default();
            needs
                .features
                .extend(peer.features.iter().map(String::as_str));
            needs.environment.extend(&peer.environment);
        }
    }
    let mut built: BTreeMap<&str, Result<PathBuf, String>> = BTreeMap::new();
    for (name, needs) in crates {
        say(format!("building {name} (minutes at the first time)"));
        built.insert(name, build(places, name, &needs, profile)?);
    }
    let adapter = |peer: &Peer| {
        let (program, arguments) = match (&peer.adapter, &peer.script, &peer.interpreter) {
            (Some(adapter), ..) => (built[adapter.as_str()].clone()?, Vec::new()),
            (None, Some(script), Some(interpreter)) => {
                let script = places.bench().join(script);
                if !script.exists() {
                    return Err(format!("there is no {}", script.display()));
                }
                (
                    find_program(places, interpreter)?,
                    vec![OsString::from(script)],
                )
            }
            _ => return Err("the table of peers names no adapter".to_owned()),
        };
        Ok(Adapter { program, arguments }.with(&peer.options))
    };
    Ok(peers.iter().map(adapter).collect())
}

/// What a crate is built with.
#[derive(Default)]
struct Needs<'a> {
    features: BTreeSet<&'a str>,
    environment: BTreeMap<&'a String, &'a String>,
}

/// Builds the crate of an adapter, and returns its program, or the end of what Cargo said.
fn build(
    places: &Places,
    name: &str,
    needs: &Needs<'_>,
    profile: &str,
) -> Result<Result<PathBuf, String>> {
    #[derive(Deserialize)]
    struct Message {
        executable: Option<PathBuf>,
        target: Option<Target>,
    }
    #[derive(Deserialize)]
    struct Target {
        name: String,
    }

    // Some adapters are workspaces of their own.
    let folder = places
        .bench()
        .join("adapters")
        .join(name.strip_prefix("bench-").unwrap_or(name));
    let fetch = folder.join("fetch");
    if fetch.exists() {
        let output = Command::new(&fetch)
            .output()
            .with_context(|| format!("start {}", fetch.display()))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let said: Vec<&str> = said.split_whitespace().collect();
            return Ok(Err(format!(
                "the sources for {name} could not be fetched: {}",
                said.join(" ")
            )));
        }
    }
    let log = places.work.join(format!("build-{name}.log"));
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .unwrap_or_else(|| places.bench().join("target").into());
    let mut command = Command::new("cargo");
    command
        .args([
            "build",
            "--locked",
            "--message-format",
            "json-render-diagnostics",
        ])
        .args(["--profile", profile, "--package", name])
        .arg("--manifest-path")
        .arg(folder.join("Cargo.toml"))
        .envs(&needs.environment)
        .env("CARGO_TARGET_DIR", target)
        .stderr(File::create(&log).with_context(|| format!("write {}", log.display()))?);
    if !needs.features.is_empty() {
        let features: Vec<&str> = needs.features.iter().copied().collect();
        command.args(["--features", &features.join(",")]);
    }
    let output = command
        .output()
        .context("start cargo: install the Rust toolchain that rust-toolchain.toml names")?;
    if !output.status.success() {
        let said = fs::read_to_string(&log).unwrap_or_default();
        let from = said.find("error").unwrap_or(0);
        let first: Vec<&str> = said[from..].split_whitespace().take(40).collect();
        return Ok(Err(format!(
            "{name} does not build: {} … (all of it: {})",
            first.join(" "),
            log.display()
        )));
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let program = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter(|message| {
            message
                .target
                .as_ref()
                .is_some_and(|target| target.name == name)
        })
        .find_map(|message| message.executable);
    Ok(program.ok_or_else(|| format!("the crate {name} has no program '{name}'")))
}

/// A program among the tools of the project, or on the `PATH`.
fn find_program(places: &Places, name: &Path) -> Result<PathBuf, String> {
    let tool = places.root.join(".cache/tools").join(name);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let candidates = std::env::split_paths(&path).map(|folder| folder.join(name));
    std::iter::once(tool)
        .chain(candidates)
        .find(|candidate| candidate.is_file())
        .ok_or_else(|| {
            format!(
                "{} is not installed: scripts/setup node installs Node 24, apt Node 20",
                name.display()
            )
        })
}

/// Builds the programs; what has not been built afterwards is found out by looking.
pub(crate) fn programs(places: &Places, programs: &[Program]) -> Result<()> {
    let script = places.bench().join("programs/build");
    let status = Command::new(&script)
        .args(programs.iter().map(|program| &program.name))
        .status()
        .with_context(|| format!("start {}", script.display()))?;
    if !status.success() {
        eprintln!("bench/run: not all programs could be built; what is missing is shown as failed");
    }
    Ok(())
}

/// What a peer loads for a program, or why there is nothing.
pub(crate) fn artifact(
    places: &Places,
    program: &Program,
    artifact: Artifact,
) -> Result<PathBuf, String> {
    let path = places.artifact(program, artifact);
    match path.exists() {
        true => Ok(path),
        false => Err(format!("{} was not built", path.display())),
    }
}

/// Writes the modules of the modes `calls` and `instances`, and returns them in this order.
pub(crate) fn modules(places: &Places) -> Result<(PathBuf, PathBuf)> {
    let write = |name: &str, text: &str| {
        let path = places.work.join(name);
        let bytes = wat::parse_str(text).with_context(|| format!("make {name}"))?;
        fs::write(&path, bytes).with_context(|| format!("write {}", path.display()))?;
        anyhow::Ok(path)
    };
    Ok((
        write("calls.wasm", bench_protocol::CALLS_WAT)?,
        write("small.wasm", bench_protocol::SMALL_WAT)?,
    ))
}

/// How many functions a module defines.
pub(crate) fn function_count(bytes: &[u8]) -> Result<u64> {
    for payload in wasmparser::Parser::new(0).parse_all(bytes) {
        match payload.context("read a module's sections")? {
            wasmparser::Payload::FunctionSection(functions) => {
                return Ok(u64::from(functions.count()));
            }
            wasmparser::Payload::CodeSectionStart { .. } => break,
            _ => {}
        }
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn functions_are_counted() {
        let bytes = wat::parse_str(bench_protocol::SMALL_WAT).unwrap();
        assert_eq!(super::function_count(&bytes).unwrap(), 2);
        assert!(super::function_count(b"no module").is_err());
    }
}
