//! Calls packages made with wasm-bindgen from Rust, natively.
#![forbid(unsafe_code)]
