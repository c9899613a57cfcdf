//! The adapter does what all adapters do, with each of its options.

use bench_adapter_check::{Adapter, answers};

#[test]
fn it_answers_with_all_options() {
    for options in [
        &[][..],
        &["allocation=pooling"],
        &["strategy=baseline", "compile=eager"],
        &["strategy=optimizing"],
    ] {
        answers(&Adapter::new([env!("CARGO_BIN_EXE_bench-bolide")], options));
    }
}
