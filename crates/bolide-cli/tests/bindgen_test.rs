//! `bolide test`, as transcripts: each `.txt` file in `tests/bindgen_test` has commands (`$ …`), which run in the folder of
//! the crate `fixture` beside it, and below each what it prints, without what Cargo says about compiling, and its exit code
//! if that is not 0. `BLESS=1` writes the files anew.
//!
//! `scripts/setup` installs the toolchain and Chromium. All that is compiled here goes to `.cache/wasm-target`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    root.unwrap().canonicalize().unwrap()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bindgen_test")
}

/// Runs a command of the shell, in which `$work` is an empty folder.
fn run(command: &str, work: &Path) -> String {
    let bolide = Path::new(env!("CARGO_BIN_EXE_bolide"));
    let cache = root().join(".cache");
    let path = std::env::var("PATH").unwrap();
    let output = Command::new("sh")
        .args(["-c", "exec 2>&1; eval \"$0\"", command])
        .current_dir(folder().join("fixture"))
        .env(
            "PATH",
            format!("{}:{path}", bolide.parent().unwrap().display()),
        )
        .env("BOLIDE_CONFIG", cache.join("config.toml"))
        .env("CARGO_TARGET_DIR", cache.join("wasm-target"))
        .env("work", work)
        .env_remove("CHROME")
        .env_remove("RUST_BACKTRACE")
        .env_remove("WASM_BINDGEN_TEST_TIMEOUT")
        // What this test's own Cargo has set.
        .env_remove("CARGO")
        .env_remove("RUSTUP_TOOLCHAIN")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let text = text
        .replace(work.to_str().unwrap(), "/work")
        .replace(cache.canonicalize().unwrap().to_str().unwrap(), "/cache")
        .replace(cache.to_str().unwrap(), "/cache")
        .replace(root().to_str().unwrap(), "/root");
    let mut text: String = text
        .lines()
        .filter(|line| !is_about_compiling(line))
        .map(|line| normal(line) + "\n")
        .collect();
    match output.status.code() {
        Some(0) => {}
        Some(code) => text.push_str(&format!("[exit code {code}]\n")),
        None => text.push_str(&format!("[{}]\n", output.status)),
    }
    text
}

/// Whether Cargo says something that depends on what it has done before.
fn is_about_compiling(line: &str) -> bool {
    const VERBS: [&str; 9] = [
        "Blocking",
        "Compiling",
        "Downloaded",
        "Downloading",
        "Finished",
        "Fresh",
        "Locking",
        "Updating",
        "Adding",
    ];
    let verb = line.trim_start().split(' ').next().unwrap_or_default();
    line.starts_with("  ") && VERBS.contains(&verb)
}

/// A line without times, hashes, numbers of closures, and the place of an installed browser.
fn normal(line: &str) -> String {
    const TIME: &str = "finished in ";
    const BROWSER: &str = "     Testing in /usr/bin/";
    if line.starts_with(BROWSER) {
        return "     Testing in BROWSER".to_owned();
    }
    let line = without_numbers_of_closures(&without_hashes(line));
    match line.split_once(TIME) {
        Some((before, after)) => {
            let rest = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
            format!("{before}{TIME}0.00{rest}")
        }
        None => line,
    }
}

/// `-0123456789abcdef` as `-HASH`.
fn without_hashes(text: &str) -> String {
    let mut parts = text.split('-');
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_hexdigit).count();
        result.push('-');
        if digits == 16 {
            result.push_str("HASH");
            result.push_str(&part[16..]);
        } else {
            result.push_str(part);
        }
    }
    result
}

/// `{closure#0}` as `{{closure}}`, which is what it is called in Rust's legacy mangling.
fn without_numbers_of_closures(text: &str) -> String {
    let mut parts = text.split("{closure#");
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        result.push_str("{{closure}");
        result.push_str(rest);
    }
    result
}

fn check(name: &str) {
    let file = folder().join(name);
    let expected = fs::read_to_string(&file).unwrap();
    let work = tempfile::tempdir().unwrap();
    let mut actual = String::new();
    for line in expected
        .lines()
        .filter(|line| line.starts_with("$ ") || line.starts_with("# "))
    {
        if !actual.is_empty() && !actual.ends_with("\n\n") {
            let comment = actual
                .lines()
                .last()
                .is_some_and(|last| last.starts_with("# "));
            actual.push_str(if comment { "" } else { "\n" });
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
    for (number, (actual, expected)) in actual.lines().zip(expected.lines()).enumerate() {
        assert_eq!(actual, expected, "{name}:{}", number + 1);
    }
    assert_eq!(actual.lines().count(), expected.lines().count(), "{name}");
}

#[test]
fn native() {
    check("native.txt");
}

#[test]
fn documentation() {
    let minor = minor_version_of_cargo();
    check(if minor < 89 { "no_doc.txt" } else { "doc.txt" });
}

/// 89 for Cargo 1.89, of the Cargo that compiles what is tested here.
fn minor_version_of_cargo() -> u32 {
    let config = fs::read_to_string(root().join(".cache/config.toml")).unwrap();
    let cargo = config
        .lines()
        .find_map(|line| line.strip_prefix("cargo = "));
    let cargo = cargo.unwrap_or("cargo").trim_matches(['"', '\'']);
    let output = Command::new(cargo).arg("--version").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let minor = text.split('.').nth(1).map(str::parse);
    minor.unwrap().unwrap_or_else(|e| panic!("{e}: {text}"))
}

#[test]
fn chromium() {
    check("chromium.txt");
}

#[test]
fn errors() {
    check("errors.txt");
}
