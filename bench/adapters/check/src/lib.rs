//! What every adapter must do. An adapter's test calls [`answers`] with its program and options.
#![forbid(unsafe_code)]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bench_protocol::messages::{Calls, Cold, Info, Instances, Load, Refusal, Steady};
use bench_protocol::{CALLS_WAT, SMALL_WAT};
use serde::de::DeserializeOwned;
use tempfile::TempDir;

/// Imports of each kind that all engines have, but Wasm3.
const IMPORTS_WAT: &str = include_str!("imports.wat");

/// One adapter with options of its engine.
pub struct Adapter {
    command: Vec<PathBuf>,
    options: Vec<String>,
    folder: TempDir,
}

impl Adapter {
    /// The adapter that `command` runs, with options as they are written after `--option`.
    ///
    /// # Panics
    ///
    /// If no folder for modules can be made.
    pub fn new<C: AsRef<Path>>(command: impl IntoIterator<Item = C>, options: &[&str]) -> Self {
        Self {
            command: command
                .into_iter()
                .map(|part| part.as_ref().to_owned())
                .collect(),
            options: options.iter().map(|&option| option.to_owned()).collect(),
            folder: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    /// Runs the adapter: what it printed, and whether it succeeded.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn run(&self, arguments: &[&OsStr]) -> (String, bool) {
        let [program, before @ ..] = &self.command[..] else {
            panic!("no program")
        };
        let mut command = Command::new(program);
        command.args(before);
        for option in &self.options {
            command.args(["--option", option]);
        }
        let output = command
            .args(arguments)
            .output()
            .unwrap_or_else(|error| panic!("{program:?}: {error}"));
        let text = String::from_utf8(output.stdout).expect("JSON is UTF-8");
        assert_eq!(
            text.lines().count(),
            1,
            "one line of JSON, not {text:?} {}",
            String::from_utf8_lossy(&output.stderr)
        );
        (text, output.status.success())
    }

    /// Writes a module given as text, and returns the file.
    ///
    /// # Panics
    ///
    /// If the text is no module.
    pub fn module(&self, name: &str, text: &str) -> PathBuf {
        let file = self.folder.path().join(name).with_extension("wasm");
        fs::write(&file, wat::parse_str(text).expect("a module")).expect("the folder is writable");
        file
    }

    /// The answer in a mode, which must succeed.
    ///
    /// # Panics
    ///
    /// If it does not, or if the answer is not what the mode's message says.
    pub fn ask<A: DeserializeOwned>(&self, mode: &str, module: &Path, arguments: &[&str]) -> A {
        let (text, success) = self.run(&line(mode, module, arguments));
        assert!(success, "{mode} {arguments:?}: {text}");
        serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{mode} {arguments:?}: {error}: {text}"))
    }

    /// The refusal that there is in place of an answer.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn refusal(&self, mode: &str, module: &Path, arguments: &[&str]) -> Refusal {
        let (text, success) = self.run(&line(mode, module, arguments));
        let refusal = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{mode} {arguments:?}: {error}: {text}"));
        assert_eq!(
            success,
            matches!(refusal, Refusal::Unsupported(_)),
            "{text}"
        );
        refusal
    }
}

fn line<'a>(mode: &'a str, module: &'a Path, arguments: &[&'a str]) -> Vec<&'a OsStr> {
    let mut line: Vec<&OsStr> = vec![mode.as_ref(), "--module".as_ref(), module.as_ref()];
    line.extend(arguments.iter().map(|argument| OsStr::new(*argument)));
    line
}

/// Asserts that an adapter of a WebAssembly engine answers in all modes, with right results.
///
/// # Panics
///
/// If it does not.
pub fn answers(adapter: &Adapter) {
    answers_without_imports(adapter);
    satisfies_imports(adapter, IMPORTS_WAT);
}

/// Asserts the same of an adapter that needs modules of its own for imports.
///
/// # Panics
///
/// If it does not.
pub fn answers_without_imports(adapter: &Adapter) {
    info(adapter);
    runs(adapter);
    counts_calls_and_instances(adapter);
    refuses(adapter);
}

fn info(adapter: &Adapter) {
    let (text, success) = adapter.run(&["info".as_ref()]);
    assert!(success, "{text}");
    let info: Info = serde_json::from_str(&text).expect("an Info");
    assert!(!info.engine.is_empty());
    assert!(
        info.version
            .starts_with(|first: char| first.is_ascii_digit()),
        "version {:?}",
        info.version
    );
}

fn runs(adapter: &Adapter) {
    let small = adapter.module("small", SMALL_WAT);
    let call = ["--call", "bench_run", "--arg", "35"];

    let cold: Cold = adapter.ask("cold", &small, &call);
    assert_eq!(cold.result, 42);

    let load: Load = adapter.ask("load", &small, &[&call[..], &["--rounds", "3"]].concat());
    assert_eq!(load.result, Some(42));
    assert_eq!(
        (
            load.load_ns.len(),
            load.instantiate_ns.len(),
            load.first_call_ns.len()
        ),
        (3, 3, 3)
    );
    assert!(load.rss_bytes >= 1 << 20, "{load:?}");
    assert!(load.load_ns.iter().all(|&time| time > 0), "{load:?}");

    let steady: Steady = adapter.ask(
        "steady",
        &small,
        &[&call[..], &["--budget-ms", "20"]].concat(),
    );
    assert_eq!((steady.result, steady.differs), (42, None));
    assert!(
        steady.iterations_ns.len() > 100,
        "{} calls in 20 ms",
        steady.iterations_ns.len()
    );
}

fn counts_calls_and_instances(adapter: &Adapter) {
    let calls = adapter.module("calls", CALLS_WAT);
    let answer: Calls = adapter.ask("calls", &calls, &["--budget-ms", "60"]);
    for time in [
        answer.host_to_guest_ns,
        answer.guest_to_host_ns,
        answer.indirect_ns,
    ] {
        assert!(time > 0.1 && time < 100_000.0, "{answer:?}");
    }

    let small = adapter.module("small", SMALL_WAT);
    for threads in ["1", "2"] {
        let answer: Instances = adapter.ask(
            "instances",
            &small,
            &["--threads", threads, "--budget-ms", "50"],
        );
        assert!(answer.per_second.expect("asked for") > 10.0, "{answer:?}");
    }
    let answer: Instances = adapter.ask("instances", &small, &["--live", "50"]);
    assert!(
        answer.rss_bytes.expect("asked for") >= answer.rss_before_bytes.expect("asked for"),
        "{answer:?}"
    );
}

/// Asserts that imports are satisfied, and that `_initialize` is called: `bench_run(n)` of the module shall return
/// n + 1,000, and `bench_trap` call a function that is imported.
///
/// # Panics
///
/// If it is not so.
pub fn satisfies_imports(adapter: &Adapter, text: &str) {
    let imports = adapter.module("imports", text);
    let call = ["--call", "bench_run", "--arg", "7"];
    let cold: Cold = adapter.ask("cold", &imports, &call);
    assert_eq!(cold.result, 1007);
    // Functions that are imported trap.
    let trap = adapter.refusal("cold", &imports, &["--call", "bench_trap", "--arg", "7"]);
    assert!(matches!(trap, Refusal::Error(_)), "{trap:?}");
}

fn refuses(adapter: &Adapter) {
    let small = adapter.module("small", SMALL_WAT);
    let none = adapter.refusal("cold", &small, &["--call", "none", "--arg", "1"]);
    assert_eq!(
        none,
        Refusal::Error("the module exports no function 'none'".into())
    );
    let other = adapter.refusal("cold", &small, &["--call", "calls", "--arg", "1"]);
    assert!(
        matches!(other, Refusal::Error(_) | Refusal::Unsupported(_)),
        "a function of another type: {other:?}"
    );
    let option = adapter.refusal(
        "cold",
        &small,
        &["--option", "no-such=1", "--call", "bench_run", "--arg", "1"],
    );
    assert_eq!(
        option,
        Refusal::Error("this adapter has no option 'no-such'".into())
    );

    let broken = adapter
        .module("small", SMALL_WAT)
        .with_file_name("broken.wasm");
    fs::write(&broken, b"\0asm\x01\0\0\0\xff\xff").expect("the folder is writable");
    adapter.refusal("load", &broken, &["--rounds", "1"]);
    let absent = broken.with_file_name("absent.wasm");
    let message = adapter.refusal("load", &absent, &["--rounds", "1"]);
    assert!(
        matches!(&message, Refusal::Error(text) if text.contains("absent.wasm")),
        "{message:?}"
    );
}
