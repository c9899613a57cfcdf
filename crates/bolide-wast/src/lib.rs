//! Runs WebAssembly test scripts (`.wast`) on Bolide.
//!
//! The format is that of the specification's test suite: modules interleaved with assertions about
//! them. [`WastContext`] holds the modules of a script and runs its directives; [`Report`] says which
//! of them held, and prints the others with their places.
//!
//! ```
//! use bolide::{Engine, Store};
//! use bolide_wast::{SpectestConfig, WastContext};
//!
//! let mut context = WastContext::new(Store::new(&Engine::default(), ()));
//! context.register_spectest(&SpectestConfig::default())?;
//! let report = context.run_wast(
//!     "example.wast",
//!     br#"(module (func (export "one") (result i32) (i32.const 1)))
//!         (assert_return (invoke "one") (i32.const 1))
//!         (assert_return (invoke "one") (i32.const 2))"#,
//! )?;
//! assert_eq!(report.passed, 1);
//! assert_eq!(
//!     report.failed[0].to_string(),
//!     "example.wast:3:10: assert_return: result 0: expected i32 2, found i32 1"
//! );
//! # Ok::<(), bolide::Error>(())
//! ```
#![forbid(unsafe_code)]

mod context;
mod report;
mod spectest;
mod value;

pub use context::WastContext;
pub use report::{Failure, Report};
pub use spectest::SpectestConfig;
