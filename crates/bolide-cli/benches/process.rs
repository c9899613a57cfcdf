//! `bolide run` as a whole process: from `exec` to exit.
//!
//! Run with `cargo bench -p bolide-cli`.

use std::path::Path;
use std::process::{Command, Stdio};

use criterion::{Criterion, criterion_group, criterion_main};

const NOTHING: &str = r#"(module (func (export "_start")))"#;

const HELLO: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\08\00\00\00\06\00\00\00hello\n")
    (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))"#;

fn run(file: &Path) {
    let status = Command::new(env!("CARGO_BIN_EXE_bolide"))
        .arg("run")
        .arg(file)
        .stdout(Stdio::null())
        .status();
    assert!(status.expect("bolide starts").success());
}

fn process(c: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut group = c.benchmark_group("bolide run, whole process");
    for (name, text) in [("nothing", NOTHING), ("hello", HELLO)] {
        let file = dir.path().join(name).with_extension("wat");
        std::fs::write(&file, text).expect("the module is written");
        group.bench_function(name, |b| b.iter(|| run(&file)));
    }
    group.finish();
}

criterion_group!(benches, process);
criterion_main!(benches);
