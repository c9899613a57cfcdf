//! The adapter for Node, which has no crate of its own, does what all adapters do.

use std::path::Path;

use bench_adapter_check::{Adapter, answers};

#[test]
fn it_answers() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../node/adapter.mjs");
    answers(&Adapter::new([Path::new("node"), &script], &[]));
}
