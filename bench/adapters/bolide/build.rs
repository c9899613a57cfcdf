//! Records the version of the engine.
fn main() {
    bench_engine_version::from_lock_file("bolide");
}
