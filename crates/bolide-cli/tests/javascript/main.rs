//! JavaScript under `bolide run`, and the same files under Node 24: the conformance tests of the WebAssembly
//! JavaScript Interface, real packages from npm, and wasm-bindgen's glue for every target.
//!
//! `scripts/setup` installs Node and the packages. A part of the tests is chosen by name, as in
//! `cargo test -p bolide-cli --test javascript packages::`; `ONLY=sqljs,resvg` chooses files.

mod bindgen;
mod conformance;
mod host;
mod packages;
