//! Where and when a run was made.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde::Serialize;

use crate::tables::Places;

/// What one must know to compare a result with another.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Header {
    /// In UTC, as ISO 8601 says.
    pub(crate) date: String,
    /// The commit of Bolide, with `-dirty` if files differ from it.
    pub(crate) commit: String,
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) memory_bytes: u64,
    pub(crate) system: String,
    /// Compilers of the programs and of the peers.
    pub(crate) tools: Vec<String>,
    /// Mean numbers of processes that wanted to run, in the last 1, 5 and 15 minutes.
    pub(crate) load_before: String,
    pub(crate) load_after: String,
}

impl Header {
    pub(crate) fn new(places: &Places) -> Self {
        let tool = |name: &str| places.root.join(".cache/tools").join(name);
        let tools = [tool("clang"), tool("web-rustc"), "rustc".into()];
        Self {
            date: said(Command::new("date").args(["-u", "+%Y-%m-%dT%H:%MZ"])),
            commit: said(
                Command::new("git")
                    .args(["describe", "--always", "--dirty", "--exclude", "*"])
                    .current_dir(&places.root),
            ),
            cpu: of_file("/proc/cpuinfo", "model name"),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: memory_bytes(),
            system: said(Command::new("uname").args(["-s", "-r", "-m"])),
            tools: tools
                .iter()
                .map(|tool: &std::path::PathBuf| said(Command::new(tool).arg("--version")))
                .collect(),
            load_before: load(),
            load_after: String::new(),
        }
    }

    pub(crate) fn finish(&mut self) {
        self.load_after = load();
    }
}

/// The first line that a command prints, or that it is unknown.
fn said(command: &mut Command) -> String {
    let output = command
        .output()
        .ok()
        .filter(|output| output.status.success());
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let line = text
        .as_deref()
        .and_then(|text| text.lines().next())
        .map(str::trim);
    line.unwrap_or("unknown").to_owned()
}

/// The value of the first line `key : value` of a file.
fn of_file(path: impl AsRef<Path>, key: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let value = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == key).then(|| value.trim().to_owned())
    });
    value.unwrap_or_else(|| "unknown".to_owned())
}

fn memory_bytes() -> u64 {
    let total = of_file("/proc/meminfo", "MemTotal");
    let kilobytes = total
        .split_whitespace()
        .next()
        .and_then(|number| number.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace()
        .take(3)
        .collect::<Vec<_>>()
        .join(" ")
}
