//! The modules of Node: scripts that check themselves. Each also passes in Node 24, with `FOLDER` naming an empty
//! folder.

mod common;

use std::path::{Path, PathBuf};

use bolide_js::{Error, Runtime, RuntimeBuilder};

use common::Output;

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts/node")
}

/// Runs a script and returns what it printed.
fn run(builder: RuntimeBuilder, script: &Path) -> Result<String, Error> {
    let output = Output::default();
    let mut runtime = builder.stdout(output.clone()).build()?;
    runtime.run_file(script)?;
    Ok(output.text())
}

fn check(name: &str, expected: &str) {
    let scripts = scripts();
    let folder = tempfile::tempdir().unwrap();
    // As scripts see it after links are resolved.
    let writable = folder.path().canonicalize().unwrap();
    let builder = Runtime::builder()
        .dir(&scripts, &scripts, false)
        .dir(&writable, &writable, true)
        .env("FOLDER", writable.to_string_lossy());
    match run(builder, &scripts.join(format!("{name}.mjs"))) {
        Ok(text) => assert_eq!(text, expected, "{name}"),
        Err(Error::Exception(exception)) => panic!("{name}: {}", exception.report),
        Err(error) => panic!("{name}: {error}"),
    }
}

#[test]
fn buffer() {
    check("buffer", "<Buffer 61 62 63> 60\n");
}

#[test]
fn crypto() {
    check("crypto", "");
}

#[test]
fn events() {
    check("events", "");
}

#[test]
fn fs() {
    check("fs", "");
}

#[test]
fn path() {
    check("path", "");
}

#[test]
fn process() {
    let expected =
        "text bytes\nwritten\ncaught thrown uncaughtException\nwent on\nexit 0 undefined\n";
    check("process", expected);
}

#[test]
fn stream() {
    check("stream", "");
}

#[test]
fn util() {
    check("util", "");
}

#[test]
fn wasi() {
    check("wasi", "out\n");
}

/// The message of what a script throws, in a folder that it may read and no more.
fn refusal(source: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("main.mjs");
    std::fs::write(&script, source).unwrap();
    let builder = Runtime::builder().dir(folder.path(), folder.path(), false);
    match run(builder, &script) {
        Err(Error::Exception(exception)) => exception.message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn refused_access_names_the_flag() {
    for (source, verb, flag) in [
        ("fs.readFileSync('/etc/passwd')", "reading", "--dir"),
        (
            "fs.writeFileSync(new URL('x', import.meta.url), '')",
            "writing",
            "--dir",
        ),
        (
            "await fs.promises.rm(new URL('main.mjs', import.meta.url))",
            "writing",
            "--dir",
        ),
    ] {
        let message = refusal(&format!("import fs from 'node:fs'; {source}"));
        assert!(
            message.starts_with(verb) && message.contains(flag),
            "{source}: {message}"
        );
    }
}

#[test]
fn a_link_does_not_lead_out_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("main.mjs");
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("link")).unwrap();
    let source = "import fs from 'node:fs'; try { fs.readFileSync(import.meta.dirname + '/link') } catch (e) { console.log(e.code) }";
    std::fs::write(&script, source).unwrap();
    let builder = Runtime::builder().dir(folder.path(), folder.path(), true);
    assert_eq!(run(builder, &script).unwrap(), "ERR_ACCESS_DENIED\n");
}

#[test]
fn exit_code_ends_the_script() {
    for (source, code) in [
        ("process.exitCode = 3", 3),
        ("process.on('exit', () => { process.exitCode = 4 })", 4),
        ("try { process.exit(5) } finally { process.exit(6) }", 5),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("main.mjs");
        std::fs::write(&script, source).unwrap();
        let builder = Runtime::builder().dir(folder.path(), folder.path(), false);
        match run(builder, &script) {
            Err(Error::Exit(found)) => assert_eq!(found, code, "{source}"),
            other => panic!("{source}: {other:?}"),
        }
    }
}

#[test]
fn a_descriptor_for_reading_changes_nothing_in_a_protected_folder() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("main.mjs");
    let source = r#"
import fs from "node:fs";
const fd = fs.openSync(import.meta.filename, "r");
const handle = await fs.promises.open(import.meta.filename);
for (const change of [
  () => fs.fchmodSync(fd, 0o777),
  () => fs.futimesSync(fd, 1, 1),
  () => fs.fchownSync(fd, 1, 1),
  () => fs.ftruncateSync(fd, 0),
  () => fs.writeSync(fd, "x"),
  () => fs.writeFileSync(fd, "x"),
  () => handle.chmod(0o777),
  () => new Promise((resolve, reject) => fs.createWriteStream("", { fd }).on("error", reject).on("finish", resolve).end("x")),
]) {
  try {
    await change();
    console.log(`${change} is allowed`);
  } catch (error) {
    if (error.code !== "ERR_ACCESS_DENIED") console.log(`${change}: ${error}`);
  }
}
"#;
    std::fs::write(&script, source).unwrap();
    let known = || {
        let metadata = std::fs::metadata(&script).unwrap();
        let mode = metadata.permissions().mode();
        (mode, metadata.modified().unwrap(), metadata.uid())
    };
    let before = known();
    let builder = Runtime::builder().dir(folder.path(), folder.path(), false);
    assert_eq!(run(builder, &script).unwrap(), "");
    assert_eq!(known(), before);
}

#[test]
fn modules_that_are_only_in_node_are_named() {
    for (source, expected) in [
        (
            "await import('punycode')",
            "Bolide has no Node module `punycode`",
        ),
        (
            "await import('node:sqlite')",
            "Bolide has no Node module `node:sqlite`",
        ),
        (
            "await import('node:nothing')",
            "No such built-in module: node:nothing",
        ),
    ] {
        let message = refusal(source);
        assert!(message.starts_with(expected), "{source}: {message}");
    }
}
