//! What the program says and does, as transcripts: each file in `tests/cli` has commands (`$ …`) and below each what it
//! prints, standard error included (`/work` is the folder), and its exit code if that is not 0. `BLESS=1` writes the files anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli")
}

/// A fresh directory with the files that commands use.
fn work_directory() -> tempfile::TempDir {
    let work = tempfile::tempdir().unwrap();
    for file in fs::read_dir(directory().join("files")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), work.path().join(file.file_name())).unwrap();
    }
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/quick-guide");
    for file in ["demo.mjs", "demo.wat"] {
        fs::copy(examples.join(file), work.path().join(file)).unwrap();
    }
    work
}

/// What a command line of the shell prints.
fn run(command: &str, work: &Path) -> String {
    let programs = Path::new(env!("CARGO_BIN_EXE_bolide")).parent().unwrap();
    let mut path = programs.as_os_str().to_owned();
    path.push(":/usr/bin:/bin");
    let output = Command::new("sh")
        .args(["-c", "exec 2>&1; eval \"$0\"", command])
        .current_dir(work)
        .env_clear()
        .env("PATH", path)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(
        output.stderr.is_empty(),
        "{command}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let real = work.canonicalize().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut text = text.replace(real.to_str().unwrap(), "/work");
    if !text.is_empty() && !text.ends_with('\n') {
        text.push_str("\u{23ce}\n");
    }
    match output.status.code() {
        Some(0) => {}
        Some(code) => text.push_str(&format!("[exit code {code}]\n")),
        None => text.push_str(&format!("[{}]\n", output.status)),
    }
    text
}

fn check(name: &str) {
    let file = directory().join(name);
    let expected = fs::read_to_string(&file).unwrap();
    let work = work_directory();
    let mut actual = String::new();
    for line in expected
        .lines()
        .filter(|line| line.starts_with("$ ") || line.starts_with("# "))
    {
        if !actual.is_empty() && (line.starts_with("# ") || !actual.ends_with("\n# ")) {
            let after_comment = actual
                .lines()
                .last()
                .is_some_and(|last| last.starts_with("# "));
            actual.push_str(if after_comment { "" } else { "\n" });
        }
        actual.push_str(line);
        actual.push('\n');
        if let Some(command) = line.strip_prefix("$ ") {
            actual.push_str(&run(command, work.path()));
        }
    }
    if std::env::var_os("BLESS").is_some() {
        fs::write(&file, actual).unwrap();
        return;
    }
    if let Some((i, (actual, expected))) = actual
        .lines()
        .zip(expected.lines())
        .enumerate()
        .find(|(_, (actual, expected))| actual != expected)
    {
        panic!(
            "{name}:{}:\nexpected: {expected}\nactual:   {actual}",
            i + 1
        );
    }
    assert_eq!(actual.lines().count(), expected.lines().count(), "{name}");
}

#[test]
fn help() {
    check("help.txt");
}

#[test]
fn run_programs() {
    check("run.txt");
}

#[test]
fn invoke() {
    check("invoke.txt");
}

#[test]
fn limits() {
    check("limits.txt");
}

#[test]
fn errors() {
    check("errors.txt");
}

#[test]
fn scripts() {
    check("scripts.txt");
}

#[test]
fn repl() {
    check("repl.txt");
}

#[test]
fn validate() {
    check("validate.txt");
}

#[test]
fn inspect() {
    check("inspect.txt");
}

#[test]
fn wast() {
    check("wast.txt");
}

#[test]
fn new() {
    check("new.txt");
}
