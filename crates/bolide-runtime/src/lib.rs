//! Bolide's runtime: code memory, instances, linear memory, traps, and calls in both directions.
//!
//! This is the one crate of the engine with `unsafe` code. Embedders use it through the `bolide`
//! crate, which re-exports what is public here.

mod arch;
mod builtins;
mod code;
mod config;
mod dwarf;
mod engine;
mod error;
mod func;
mod gc;
mod global;
mod instance;
mod limits;
pub mod memory;
mod memory_handle;
mod module;
mod profiler;
mod routines;
mod stack;
mod store;
mod table;
mod tag;
mod tiering;
mod trap;
mod types;
mod val;
mod vm;

pub use bolide_abi::{Optimizations, ParseOptimizationsError};
pub use config::{Config, InstanceAllocationStrategy, PoolingAllocationConfig};
pub use dwarf::demangle;
pub use engine::{Engine, EngineStatistics, EngineWeak};
pub use error::{
    Context, Error, FrameInfo, FrameSymbol, MAX_BACKTRACE_FRAMES, Result, Trap, WasmBacktrace,
    bail, ensure, format_err,
};
pub use func::{
    Func, HostFunc, IntoFunc, TypedFunc, ValRaw, WasmParams, WasmResults, WasmRet, WasmTy,
};
pub use gc::{ExternRef, OwnedRooted, RootScope, Rooted};
pub use global::Global;
pub use instance::Instance;
#[doc(hidden)]
pub use instance::LinkedImport;
pub use limits::{ResourceLimiter, StoreLimits, StoreLimitsBuilder};
pub use memory::WaitResult;
pub use memory_handle::{Memory, MemoryAccessError, SharedMemory};
pub use module::{Module, StreamingModule};
pub use store::{
    AsContext, AsContextMut, Caller, Store, StoreContext, StoreContextMut, StoreItem,
    UpdateDeadline,
};
pub use table::Table;
pub use tag::Tag;
pub use tiering::{
    CompilationStatistics, FunctionCode, ProfilingStrategy, QueueStatistics, Strategy, Tier,
    TierStatistics, TieringConfig,
};
pub use types::{
    ExportType, ExternType, FuncType, GcType, GlobalType, HeapType, ImportType, IndexType,
    MemoryType, Mutability, RefType, TableType, TagType, ValType,
};
pub use val::{AnyRef, ExnRef, Export, Extern, Ref, V128, Val};
