//! The adapter runs a shared library, and says what native code cannot do.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use bench_adapter_check::Adapter;
use bench_protocol::SMALL_WAT;
use bench_protocol::messages::{Cold, Load, Refusal, Steady};
use tempfile::TempDir;

const SOURCE: &str = "long long bench_run(int n) { return n * 1000000000LL; }";

fn adapter() -> Adapter {
    Adapter::new([env!("CARGO_BIN_EXE_bench-native")], &[])
}

/// A library, with the folder that it is deleted with.
fn library() -> (PathBuf, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("program.c");
    let library = folder.path().join("program.so");
    fs::write(&source, SOURCE).unwrap();
    let status = Command::new("cc")
        .args(["-O2", "-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(&source)
        .status();
    assert!(status.expect("cc is a command").success());
    (library, folder)
}

#[test]
fn it_calls_functions_of_a_library() {
    let (library, _folder) = library();
    let call = ["--call", "bench_run", "--arg", "-7"];
    let cold: Cold = adapter().ask("cold", &library, &call);
    assert_eq!(cold.result, -7_000_000_000);

    let load: Load = adapter().ask("load", &library, &[&call[..], &["--rounds", "2"]].concat());
    assert_eq!((load.result, load.load_ns.len()), (Some(-7_000_000_000), 2));
    assert!(
        load.code_bytes
            .is_some_and(|bytes| (10..10_000).contains(&bytes)),
        "{load:?}"
    );

    let steady: Steady = adapter().ask(
        "steady",
        &library,
        &[&call[..], &["--budget-ms", "5"]].concat(),
    );
    assert_eq!((steady.result, steady.differs), (-7_000_000_000, None));
}

#[test]
fn it_says_what_it_cannot_do() {
    let adapter = adapter();
    let (library, _folder) = library();
    let none = adapter.refusal("cold", &library, &["--call", "none", "--arg", "1"]);
    assert_eq!(
        none,
        Refusal::Error("the module exports no function 'none'".into())
    );

    let module = adapter.module("small", SMALL_WAT);
    let wasm = adapter.refusal("instances", &module, &["--live", "1"]);
    assert_eq!(
        wasm,
        Refusal::Unsupported("WebAssembly is not native code".into())
    );
    let calls = adapter.refusal("calls", &library, &["--budget-ms", "5"]);
    assert_eq!(
        calls,
        Refusal::Unsupported("native code has no imports from a host".into())
    );
}
