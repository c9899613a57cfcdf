//! What the compilers and the runtime must agree on: the layout of the VM context, the calling
//! convention, trap codes, builtins, and the side tables that accompany compiled code.
//!
//! Everything here is constants and small types. Code that *acts* on machine memory lives in
//! `bolide-runtime`; code that emits instructions lives in the compilers.
#![forbid(unsafe_code)]

mod builtin;
mod callconv;
mod compiler;
mod fuel;
mod inlining;
mod layout;
mod optimizations;
mod tiering;
mod trap;

pub use builtin::{Builtin, BuiltinType, LeafFunction};
pub use callconv::{
    ArgLoc, ArgLocs, MAX_FLOAT_REGS, MAX_INT_ARG_REGS, MAX_INT_RESULT_REGS, ResultLoc,
    buffer_slots, param_locs, result_locs,
};
pub use compiler::{
    AddressMapEntry, CodegenOptions, CompileError, CompileRequest, CompiledFunction,
    FunctionCompiler, MemoryStyle, MemoryTuning, Reloc, RelocTarget, RuntimeRoutine, StackMap,
    TrapSite,
};
pub use fuel::{FUNCTION_ENTRY_COST, is_fuel_boundary, operator_cost};
pub use inlining::{InlinedCall, InlinedRange, Inlining};
pub use layout::*;
pub use optimizations::{Optimizations, ParseOptimizationsError};
pub use tiering::{
    CallProfile, CallTargets, CompileMode, Counters, Heat, LikelyTargets, NOT_IN_A_LOOP,
    OSR_BUFFER_SLOT, OsrLoop, OsrSlot, Profile, TARGET_CELL_SIZE, TARGET_LAST, TARGET_MISSES,
    TARGET_OTHER, likely_targets,
};
pub use trap::TrapCode;
