//! A WebAssembly engine for Rust programs.
//!
//! A [`Module`] is validated code, from a binary, from text, or from bytes as they arrive. An
//! [`Instance`] is a module with its imports, in a [`Store`] that owns its memories, tables and
//! globals together with data of the host. Functions are compiled when they are first called. A guest
//! can do nothing but compute unless the host gives it imports, most comfortably through a [`Linker`].
//!
//! All of WebAssembly 3.0 and threads is validated, and all but structures, arrays and exceptions is
//! executed. The API has the shapes and names of the `wasmtime` crate, so that most programs port by
//! changing the `use`. The target is Linux on x86-64.
//!
//! # A first program
//!
//! ```
//! use bolide::*;
//!
//! fn main() -> Result<()> {
//!     let engine = Engine::default();
//!     let module = Module::new(
//!         &engine,
//!         r#"(module
//!             (import "host" "greet" (func $greet (param i32)))
//!             (func (export "run") (call $greet (i32.const 42))))"#,
//!     )?;
//!
//!     let mut linker = Linker::new(&engine);
//!     linker.func_wrap("host", "greet", |caller: Caller<'_, String>, x: i32| {
//!         println!("hello from guest {x} to {}", caller.data());
//!     })?;
//!
//!     let mut store = Store::new(&engine, "the host".to_owned());
//!     let instance = linker.instantiate(&mut store, &module)?;
//!     let run = instance.get_typed_func::<(), ()>(&mut store, "run")?;
//!     run.call(&mut store, ())
//! }
//! ```
//!
//! # A plugin host
//!
//! A longer program: host functions, memory that host and guest share, limits, and a trap that is
//! handled.
//!
//! ```
#![doc = include_str!("../examples/plugin.rs")]
//! ```
//!
//! # Errors
//!
//! A call into a guest that fails returns an [`Error`] with a cause of its own:
//! `error.downcast_ref::<Trap>()` finds why the guest stopped, `error.downcast_ref::<WasmBacktrace>()`
//! where, and any error that a host function returned comes back as it was. A panic in a host function
//! continues in the host that called the guest. Using a handle such as [`Func`] with a store that it does
//! not belong to panics.
//!
//! # Threads
//!
//! [`Engine`], [`Module`], [`Linker`] and [`SharedMemory`] are `Send + Sync` and cheap to clone. A store
//! runs one guest at a time, on any thread.
#![forbid(unsafe_code)]

mod linker;

/// ```
/// use bolide::*;
///
/// assert_eq!(Feature::from_name("tail-call"), Some(Feature::TailCall));
/// assert_eq!(Feature::RelaxedSimd.needs(), [Feature::Simd]);
/// ```
pub use bolide_module::Feature;
/// ```
/// use bolide::*;
///
/// let error: FeatureError = "-treads".parse::<Features>().unwrap_err();
/// assert_eq!((error.name(), error.nearest()), ("treads", "threads"));
/// ```
pub use bolide_module::FeatureError;
/// ```
/// use bolide::*;
///
/// let features: Features = "wasm2,+tail-call".parse()?;
/// assert!(features.contains(Feature::TailCall));
/// assert!(!features.contains(Feature::Threads));
///
/// let mut config = Config::new();
/// config.features(features);
/// # Ok::<(), Error>(())
/// ```
pub use bolide_module::Features;
/// ```
/// use bolide::*;
///
/// let engine = Engine::default();
/// let error = Module::new(&engine, "(module\n  (func (result i32)))").unwrap_err();
/// let error: &ModuleError = error.downcast_ref().unwrap();
/// assert_eq!(error.kind(), ModuleErrorKind::Invalid);
/// assert!(error.offset().is_some());
/// ```
pub use bolide_module::ModuleError;
/// ```
/// use bolide::*;
///
/// let error: ModuleError = parse_text("(module\n  (fun))").unwrap_err();
/// assert!(matches!(error.kind(), ModuleErrorKind::Text { line: 2, column: 4 }));
/// ```
pub use bolide_module::ModuleErrorKind;
/// ```
/// use bolide::*;
///
/// assert_eq!(SourceKind::detect(b"\x1f\x8b\x08"), SourceKind::Gzip);
/// assert_eq!(SourceKind::Gzip.advice(), "decompress it first with `gunzip`");
/// ```
pub use bolide_module::SourceKind;
pub use bolide_module::parse_text;
/// ```
/// use bolide::*;
///
/// fn read(path: &str) -> Result<Vec<u8>> {
///     std::fs::read(path).with_context(|| format!("cannot read the plugin {path}"))
/// }
///
/// assert!(read("/none").unwrap_err().to_string().contains("the plugin /none"));
/// ```
pub use bolide_runtime::Context;
/// ```
/// use bolide::*;
///
/// let error = Error::msg("the plugin is not for this version");
/// let error = error.context("cannot start");
/// assert_eq!(format!("{error:#}"), "cannot start: the plugin is not for this version");
/// ```
pub use bolide_runtime::Error;
/// ```
/// use bolide::*;
///
/// let engine = Engine::default();
/// let module = Module::new(&engine, "(module (memory i64 1))")?;
/// assert_eq!(module.decoded().memories[0].index, IndexType::I64);
/// # Ok::<(), Error>(())
/// ```
pub use bolide_runtime::IndexType;
/// ```
/// use bolide::*;
///
/// let mut config = Config::new();
/// config.optimizations("inline-recursion=off".parse()?);
/// let engine = Engine::new(&config)?;
/// # Ok::<(), Error>(())
/// ```
pub use bolide_runtime::Optimizations;
/// ```
/// use bolide::*;
///
/// let error: ParseOptimizationsError = "inlining=off".parse::<Optimizations>().unwrap_err();
/// assert!(error.to_string().starts_with("`inlining=off` is not NAME=on or NAME=off"));
/// ```
pub use bolide_runtime::ParseOptimizationsError;
/// ```
/// use bolide::*;
///
/// fn answer(store: &mut Store<()>, instance: Instance) -> Result<i32> {
///     instance.get_typed_func::<(), i32>(&mut *store, "answer")?.call(store, ())
/// }
/// ```
pub use bolide_runtime::Result;
/// ```
/// use bolide::*;
///
/// let mut store = Store::<()>::default();
/// let module = Module::new(store.engine(), r#"(module (func $f (export "f") (call $f)))"#)?;
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let error = instance.get_typed_func::<(), ()>(&mut store, "f")?.call(&mut store, ()).unwrap_err();
/// match error.downcast_ref::<Trap>() {
///     Some(trap) => assert_eq!(trap.to_string(), "wasm trap: call stack exhausted"),
///     None => panic!("expected a trap"),
/// }
/// # Ok::<(), Error>(())
/// ```
pub use bolide_runtime::Trap;
/// ```
/// use bolide::*;
///
/// let mut store = Store::<()>::default();
/// let fail = Func::wrap(&mut store, |code: i32| -> Result<()> { bail!("code {code}") });
/// let error = fail.typed::<i32, ()>(&store)?.call(&mut store, 7).unwrap_err();
/// assert_eq!(error.to_string(), "code 7");
/// # Ok::<(), Error>(())
/// ```
pub use bolide_runtime::bail;
/// ```
/// use bolide::*;
///
/// fn check(len: usize) -> Result<()> {
///     ensure!(len <= 100, "{len} bytes are too many");
///     Ok(())
/// }
///
/// assert!(check(101).is_err());
/// ```
pub use bolide_runtime::ensure;
/// ```
/// use bolide::*;
///
/// let error: Error = format_err!("no plugin named {}", "upper");
/// assert_eq!(error.to_string(), "no plugin named upper");
/// ```
pub use bolide_runtime::format_err;
pub use bolide_runtime::{
    AnyRef, AsContext, AsContextMut, Caller, CompilationStatistics, Config, Engine,
    EngineStatistics, EngineWeak, ExnRef, Export, ExportType, Extern, ExternRef, ExternType,
    FrameInfo, FrameSymbol, Func, FuncType, FunctionCode, GcType, Global, GlobalType, HeapType,
    HostFunc, ImportType, Instance, InstanceAllocationStrategy, IntoFunc, MAX_BACKTRACE_FRAMES,
    Memory, MemoryAccessError, MemoryType, Module, Mutability, OwnedRooted,
    PoolingAllocationConfig, ProfilingStrategy, QueueStatistics, Ref, RefType, ResourceLimiter,
    RootScope, Rooted, SharedMemory, Store, StoreContext, StoreContextMut, StoreItem, StoreLimits,
    StoreLimitsBuilder, Strategy, StreamingModule, Table, TableType, Tag, TagType, Tier,
    TierStatistics, TieringConfig, TypedFunc, UpdateDeadline, V128, Val, ValRaw, ValType,
    WaitResult, WasmBacktrace, WasmParams, WasmResults, WasmRet, WasmTy, demangle,
};
pub use linker::{InstancePre, Linker};

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// Errors under the path that `wasmtime` has them at.
///
/// ```
/// use bolide::error::{Context, Result};
///
/// fn parse(text: &str) -> Result<u32> {
///     text.parse().with_context(|| format!("`{text}` is no amount of fuel"))
/// }
///
/// assert!(parse("much").is_err());
/// ```
pub mod error {
    pub use bolide_runtime::{Context, Error, Result, bail, ensure, format_err};
}
