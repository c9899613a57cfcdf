//! Bytes to a validated [`Module`].
//!
//! A module comes from a binary that is there as a whole ([`Module::new`]), from one that arrives
//! in chunks ([`StreamingModule`]) or from text ([`Module::from_text`]). Its types are interned in
//! a [`TypeRegistry`], of which an engine has one, so that types of different modules are compared
//! by id. Function bodies are validated and then stay bytes.
//!
//! ```
//! use std::sync::Arc;
//! use bolide_module::{EntityIndex, Features, FuncIndex, Module, TypeRegistry, ValType};
//!
//! let registry = Arc::new(TypeRegistry::new());
//! let module = Module::from_text(
//!     &registry,
//!     Features::default(),
//!     r#"(module (func $double (export "double") (param i32) (result i32)
//!          (i32.mul (local.get 0) (i32.const 2))))"#,
//! )?;
//! assert_eq!(module.export("double"), Some(EntityIndex::Func(FuncIndex(0))));
//! assert_eq!(module.func_type(FuncIndex(0)).params[..], [ValType::I32]);
//! assert_eq!(module.func_name(FuncIndex(0)), Some("double"));
//!
//! // What is wrong, where, and what to do about it.
//! let error = Module::from_text(&registry, "-simd".parse()?, "(module (global v128 (v128.const i64x2 0 0)))")
//!     .unwrap_err();
//! assert!(error.to_string().contains("enable the feature `simd`"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod background;
mod bytes;
mod const_expr;
mod convert;
mod custom;
mod data;
mod decode;
mod error;
mod features;
mod index;
mod load;
mod matching;
mod module;
mod names;
mod operator;
mod quick;
mod registry;
mod source;
mod streaming;
mod text;
mod types;
mod validate;

pub use bytes::Bytes;
pub use custom::{Producer, TargetFeature};
pub use error::{ModuleError, ModuleErrorKind};
pub use features::{Edition, Feature, FeatureError, Features};
pub use index::*;
pub use module::*;
pub use names::Names;
pub use operator::operator_name;
pub use registry::{TypeGuard, TypeRegistry};
pub use source::SourceKind;
pub use streaming::StreamingModule;
pub use text::parse_text;
pub use types::*;
