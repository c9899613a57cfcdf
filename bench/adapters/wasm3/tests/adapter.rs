//! The adapter does what all adapters do, but for imports that Wasm3 does not have.

use bench_adapter_check::{Adapter, answers_without_imports, satisfies_imports};
use bench_protocol::messages::Refusal;

const IMPORTS: &str = r#"(module
    (type $bench (func (param i32) (result i64)))
    (import "env" "function" (func $function (param i64 f64) (result i32)))
    (import "env" "constant" (global $constant i32))
    (global $thousand (mut i64) (i64.const 0))
    (func (export "_initialize") (global.set $thousand (i64.const 1000)))
    (func (export "bench_run") (type $bench)
        (i64.add (i64.extend_i32_s (i32.add (local.get 0) (global.get $constant))) (global.get $thousand)))
    (func (export "bench_trap") (type $bench)
        (i64.extend_i32_s (call $function (i64.const 1) (f64.const 2)))))"#;

fn adapter() -> Adapter {
    Adapter::new([env!("CARGO_BIN_EXE_bench-wasm3")], &[])
}

#[test]
fn it_answers() {
    let adapter = adapter();
    answers_without_imports(&adapter);
    satisfies_imports(&adapter, IMPORTS);
}

#[test]
fn it_says_what_wasm3_cannot_do() {
    let adapter = adapter();
    let memory = r#"(module (import "env" "memory" (memory 1)))"#;
    let table = r#"(module (import "env" "table" (table 1 funcref)))"#;
    for (name, text, why) in [
        ("table", table, "Wasm3 cannot import tables"),
        ("memory", memory, "Wasm3 cannot import memories"),
    ] {
        let refusal = adapter.refusal("load", &adapter.module(name, text), &["--rounds", "1"]);
        let expected = Refusal::Unsupported(why.into());
        assert_eq!(refusal, expected);
    }
}
