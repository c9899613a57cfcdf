//! The adapter does what all adapters do.

use bench_adapter_check::{Adapter, answers};

#[test]
fn it_answers() {
    answers(&Adapter::new([env!("CARGO_BIN_EXE_bench-wasm3")], &[]));
}
