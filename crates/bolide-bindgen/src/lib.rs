//! Calls packages made with wasm-bindgen from Rust, natively: no browser, no Node, and no JavaScript to write.
//!
//! A crate with `#[wasm_bindgen]` functions and classes, built by `bolide build`, wasm-pack or wasm-bindgen for any
//! target, is loaded as a [`Package`]. Its glue runs in the JavaScript host inside, and the values that cross it are
//! Rust's on both sides.
//!
//! ```
//! # let _folder = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/docs/pkg.rs"));
//! use bolide_bindgen::Package;
//!
//! // #[wasm_bindgen] pub fn greet(name: &str) -> String
//! let mut package = Package::load("pkg")?;
//! let greeting: String = package.call("greet", ("World",))?;
//!
//! // As often as you like, with the types checked once:
//! let greet = package.function::<(&str,), String>("greet")?;
//! assert_eq!(greet.call(&mut package, ("World",))?, greeting);
//!
//! // Classes:
//! let counter = package.construct("Counter", ("first",))?;
//! let value: i32 = counter.call(&mut package, "advance", ())?;
//!
//! // A Rust function that returns `Err` is an `Err` here, and so is a panic:
//! let error = package.call::<_, i32>("parse", ("4x",)).unwrap_err();
//! assert_eq!(error.message(), "invalid digit found in string");
//! # Ok::<(), bolide_bindgen::Error>(())
//! ```
//!
//! - Values: [`FromJs`] and [`IntoJs`] list what crosses; [`Serde`] takes structured data.
//! - Objects: [`Object`] and [`Class`].
//! - Callbacks and imports: [`Closure`], [`PackageBuilder::global`], [`PackageBuilder::module`].
//! - `async` functions: [`Package::call`] waits for them, [`Package::start`] begins several.
//! - Limits and permissions: [`PackageBuilder::runtime`].
//!
//! # What is not there
//!
//! - What the JavaScript host does not have: no DOM, so most of `web-sys` throws when it is called, and no workers.
//! - A Rust closure is a function, not a class: it cannot stand for an imported constructor.
//! - Results are checked when they arrive. The package's `.d.ts` is not read.
//! - Calls take eight arguments at most, or any number of [`Value`]s; closures six.

#![forbid(unsafe_code)]

mod args;
mod builder;
mod call;
mod closure;
mod convert;
mod error;
mod exports;
mod function;
mod host;
mod list;
mod load;
mod object;
mod package;
mod serde;

pub use args::Args;
pub use builder::{Imports, PackageBuilder};
pub use closure::{BackgroundFn, Caller, Closure, ClosureResult, HostFn, thrown};
pub use convert::{ConvertError, FromJs, IntoJs};
pub use error::{Error, ErrorKind, Result};
pub use exports::{Export, ExportKind};
pub use function::{Pending, TypedFunction};
pub use host::Host;
pub use list::Element;
pub use object::{Class, Object};
pub use package::Package;
pub use serde::Serde;

/// The JavaScript engine's own API, for own implementations of [`FromJs`] and [`IntoJs`].
pub use bolide_js::rquickjs;
pub use bolide_js::{Exception, InterruptHandle, JsObject, Runtime, RuntimeBuilder, Value};
