//! From source to a package, as a user sees it: `bolide new`, `build`, `serve`, `test` and `inspect --html`, with the examples
//! in Bolide, in Node and in headless Chromium.
//!
//! `scripts/setup` installs the toolchain for WebAssembly, Node and Chromium. What is compiled here is kept in
//! `.cache/wasm-target`. A part of the tests is chosen by name, as in `cargo test -p bolide-cli --test pack errors::`.

mod browser;
mod build;
mod errors;
mod hello;
#[allow(dead_code, reason = "the tests of scripts use all of it")]
#[path = "../javascript/host.rs"]
mod host;
mod inspect;
mod native;
mod project;
mod templates;
mod types;
