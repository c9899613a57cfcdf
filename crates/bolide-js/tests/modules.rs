//! Modules: each folder of `scripts/modules` is copied to a temporary folder, its `.wat` files are compiled, and its
//! main script runs and prints `ok`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use bolide_js::{Error, Runtime, RuntimeBuilder};

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts/modules")
}

/// Copies a tree; `.wat` becomes `.wasm`.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else if target.extension().is_some_and(|ending| ending == "wat") {
            let wasm = wat::parse_file(entry.path()).unwrap();
            fs::write(target.with_extension("wasm"), wasm).unwrap();
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// All scripts, copied.
fn fixtures() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&scripts(), folder.path());
    folder
}

#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Output {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// A runtime that may read `folder`, and what it prints.
fn runtime(folder: &Path) -> (RuntimeBuilder, Output) {
    let output = Output::default();
    let folder = folder.canonicalize().unwrap();
    let builder = Runtime::builder()
        .stdout(output.clone())
        .stderr(output.clone())
        .dir(&folder, &folder, false);
    (builder, output)
}

fn report(error: Error) -> String {
    match error {
        Error::Exception(exception) => exception.report,
        error => error.to_string(),
    }
}

/// Runs a script of a copied folder.
fn run(folder: &Path, script: &str) -> (Result<(), String>, String) {
    let (builder, output) = runtime(folder);
    let script = folder.canonicalize().unwrap().join(script);
    let result = builder.build().unwrap().run_file(&script);
    (result.map_err(report), output.text())
}

fn check(script: &str) {
    let folder = fixtures();
    let (result, output) = run(folder.path(), script);
    result.unwrap_or_else(|error| panic!("{script}: {error}\n{output}"));
    assert_eq!(output, "ok\n", "{script}");
}

#[test]
fn es_modules() {
    check("esm/main.mjs");
}

#[test]
fn packages() {
    check("packages/main.mjs");
}

#[test]
fn commonjs() {
    check("cjs/main.cjs");
}

#[test]
fn failures() {
    check("failures/main.mjs");
}
