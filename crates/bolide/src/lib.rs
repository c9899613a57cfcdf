//! A WebAssembly engine for Rust programs.
#![forbid(unsafe_code)]

mod linker;

pub use bolide_module::{
    Feature, FeatureError, Features, ModuleError, ModuleErrorKind, SourceKind, StreamingModule,
};
pub use bolide_runtime::{
    AnyRef, AsContext, AsContextMut, Caller, Config, Context, Engine, Error, ExnRef, Export,
    ExportType, Extern, ExternRef, ExternType, FrameInfo, FrameSymbol, Func, FuncType, GcType,
    Global, GlobalType, HeapType, HostFunc, ImportType, IndexType, Instance,
    InstanceAllocationStrategy, IntoFunc, Memory, MemoryAccessError, MemoryType, Module,
    Mutability, OwnedRooted, PoolingAllocationConfig, Ref, RefType, ResourceLimiter, Result,
    RootScope, Rooted, SharedMemory, Store, StoreContext, StoreContextMut, StoreLimits,
    StoreLimitsBuilder, Table, TableType, TagType, Trap, TypedFunc, UpdateDeadline, V128, Val,
    ValType, WaitResult, WasmBacktrace, WasmParams, WasmResults, WasmRet, WasmTy, bail, ensure,
    format_err,
};
pub use linker::{InstancePre, Linker};
