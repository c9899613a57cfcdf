//! From source to a package: builds Rust and C for WebAssembly, generates the glue that JavaScript needs, serves the
//! result to browsers, and runs its tests.
#![forbid(unsafe_code)]

pub mod build;
pub mod c;
mod cargo;
pub mod config;
mod error;
mod fresh;
mod glue;
mod http;
mod lock;
pub mod new;
mod optimize;
mod output;
mod package;
mod panics;
mod plain;
mod report;
mod sections;
pub mod serve;
mod target;
pub mod test;
mod toolchain;

pub use config::Config;
pub use error::{Error, Result};
pub use optimize::WasmOpt;
pub use package::{DebugInfo, Packaging};
pub use panics::is_caught as is_panic_caught;
pub use report::{Report, Silent};
pub use target::Target;
