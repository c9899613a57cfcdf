//! A JavaScript host whose `WebAssembly` object is the [`bolide`] engine: what wasm-bindgen, wasm-pack,
//! Emscripten and Go's toolchain make runs in it without a browser or Node.
//!
//! JavaScript runs on QuickJS-NG. A script sees the WebAssembly JavaScript Interface, ES modules (also
//! `import … from "./x.wasm"`), CommonJS, the usual APIs of the web and the modules of Node that glue code
//! uses. It reads the folder that it stands in; everything else needs a permission.
//!
//! ```
//! use bolide_js::Runtime;
//!
//! let mut runtime = Runtime::builder().build()?;
//! let sum = runtime.eval("[1, 2, 3].reduce((a, b) => a + b)")?;
//! assert_eq!(sum.as_f64(), Some(6.0));
//! # Ok::<(), bolide_js::Error>(())
//! ```

#![deny(unsafe_code)]

mod agent;
mod buffer;
mod builder;
mod builtins;
mod error;
mod event_loop;
mod exchange;
mod fetch;
mod files;
mod handle;
mod host_function;
mod interactive;
mod interrupt;
mod modules;
mod node;
mod permissions;
mod runtime;
mod text;
mod value;
mod wasm;
mod web;

/// The JavaScript engine's own API, for [`Runtime::with_ctx`].
pub use rquickjs;

pub use builder::RuntimeBuilder;
pub use error::{Error, Exception, Location, Result};
pub use handle::JsObject;
pub use host_function::{FromValue, HostFunction, IntoHostResult, Variadic, spawn};
pub use interactive::is_incomplete;
pub use interrupt::InterruptHandle;
pub use permissions::NetRule;
pub use runtime::{Callee, Runtime};
pub use value::Value;
pub use wasm::StoreData;
