//! From source to a package: builds Rust and C for WebAssembly, generates the glue that JavaScript needs, serves the
//! result to browsers, and runs its tests.
#![forbid(unsafe_code)]

pub mod build;
mod cargo;
pub mod config;
mod error;
mod glue;
mod http;
mod package;
mod report;
pub mod serve;
mod toolchain;

pub use config::Config;
pub use error::{Error, Result};
pub use report::{Report, Silent};
