//! The seam between the runtime and a compiler: one function in, code bytes and side tables out.

use std::fmt;

use bolide_module::{DefinedFuncIndex, IndexType, MemoryType, Module};

use crate::inlining::Inlining;
use crate::layout::VmctxLayout;
use crate::tiering::{CallProfile, CallTargets, CompileMode, Counters, OsrLoop, Profile};
use crate::trap::TrapCode;

/// How a linear memory is laid out in the host's address space, which decides how accesses are
/// checked. A function of the engine's configuration and the memory's type alone, so that an
/// imported memory always has the style that its importer was compiled for.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum MemoryStyle {
    /// The memory never moves. `reservation` bytes of address space from its base belong to it and
    /// are inaccessible beyond its length, and another `guard` bytes after those. An access at a
    /// 32-bit index plus a constant below `guard` needs no check.
    Static {
        /// Bytes, a multiple of the page size, at least 4 GiB for a 32-bit memory.
        reservation: u64,
        /// Bytes.
        guard: u64,
    },
    /// The memory may move when it grows, and `guard` inaccessible bytes follow its length. Every
    /// access checks the length; a constant offset below `guard` may be left out of the check.
    Dynamic {
        /// Bytes.
        guard: u64,
    },
}

/// The address-space choices of an engine.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct MemoryTuning {
    /// Address space to reserve for each memory, in bytes.
    pub reservation: u64,
    /// Inaccessible bytes after the reservation.
    pub guard: u64,
}

impl MemoryTuning {
    /// The style of a memory of type `ty`.
    pub fn style(&self, ty: &MemoryType) -> MemoryStyle {
        let whole = 1u64 << 32;
        if ty.index == IndexType::I32 && self.reservation >= whole {
            MemoryStyle::Static {
                reservation: self.reservation,
                guard: self.guard,
            }
        } else {
            MemoryStyle::Dynamic { guard: self.guard }
        }
    }
}

/// What changes the code that is generated. All of it must be the same for every module of an
/// engine.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct CodegenOptions {
    /// Layout of memories.
    pub memory: MemoryTuning,
    /// Count fuel and call [`Builtin::out_of_fuel`](crate::Builtin::out_of_fuel) when it has run out.
    pub consume_fuel: bool,
    /// Poll the interrupt flag at function entries and loop headers.
    pub interruption: bool,
    /// Make every NaN that an operation produces the canonical one.
    pub canonicalize_nans: bool,
    /// Give relaxed SIMD operations the results of their deterministic profile.
    pub deterministic_relaxed_simd: bool,
    /// Round relaxed multiply-adds once instead of twice. One decision for all compilers, so that a program computes the
    /// same in each; with deterministic results they are rounded once in any case.
    pub fused_multiply_add: bool,
}

/// One function to compile.
#[derive(Copy, Clone, Debug)]
pub struct CompileRequest<'a> {
    /// The module.
    pub module: &'a Module,
    /// Its vmctx layout.
    pub layout: &'a VmctxLayout,
    /// The function.
    pub func: DefinedFuncIndex,
    /// What the code is for. A compiler that cannot make OSR entries reports them as
    /// [`CompileError::Unsupported`].
    pub mode: CompileMode<'a>,
    /// Where the code counts how often it runs; `None`: it does not.
    pub counters: Option<Counters>,
    /// Where the code notes what its calls through references call; `None`: it does not.
    pub targets: Option<CallTargets>,
    /// What is known of how the function runs. Results do not depend on it.
    pub profile: Profile,
    /// What is known of calls through references, likewise.
    pub call_profile: Option<&'a dyn CallProfile>,
}

impl<'a> CompileRequest<'a> {
    /// A request for code for calls of a function, which counts nothing and of which nothing is known.
    pub fn new(module: &'a Module, layout: &'a VmctxLayout, func: DefinedFuncIndex) -> Self {
        CompileRequest {
            module,
            layout,
            func,
            mode: CompileMode::Function,
            counters: None,
            targets: None,
            profile: Profile::default(),
            call_profile: None,
        }
    }
}

/// A compiler of single functions. Stateless as seen from outside; called from many threads.
pub trait FunctionCompiler: Send + Sync + fmt::Debug {
    /// Compiles one function of a validated module.
    fn compile(&self, request: CompileRequest<'_>) -> Result<CompiledFunction, CompileError>;
}

/// Why a function could not be compiled.
#[derive(Debug)]
#[non_exhaustive]
pub enum CompileError {
    /// It uses a valid instruction that the compiler does not handle.
    Unsupported {
        /// Name of the instruction.
        what: String,
        /// Byte offset in the module.
        offset: u32,
    },
    /// It exceeds a limit of the compiler, such as the size of a function.
    TooLarge(String),
    /// The compiler failed; a bug.
    Internal(String),
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CompileError::Unsupported { what, offset } => {
                write!(
                    f,
                    "`{what}` at offset {offset:#x} is not supported by this version"
                )
            }
            CompileError::TooLarge(why) => {
                write!(f, "the function exceeds a limit of the compiler: {why}")
            }
            CompileError::Internal(why) => {
                write!(f, "internal compiler error (please report it): {why}")
            }
        }
    }
}

impl std::error::Error for CompileError {}

/// A compiled function: position-independent bytes and side tables. Offsets count from the first
/// byte of the code.
#[derive(Clone, Debug, Default)]
pub struct CompiledFunction {
    /// Machine code.
    pub code: Vec<u8>,
    /// Alignment that the code needs, a power of two.
    pub alignment: u32,
    /// Places to patch when the code is put in memory.
    pub relocs: Vec<Reloc>,
    /// Instructions that may trap, by ascending offset.
    pub traps: Vec<TrapSite>,
    /// Wasm offset of each instruction range, by ascending code offset.
    pub address_map: Vec<AddressMapEntry>,
    /// Live collectable references at calls, by ascending return address.
    pub stack_maps: Vec<StackMap>,
    /// Loops at whose headers the code calls [`Builtin::tier_up`](crate::Builtin::tier_up). Empty unless it counts.
    pub loops: Vec<OsrLoop>,
    /// Other functions that are part of the code. An offset of the address map is in the innermost one.
    pub inlining: Inlining,
}

/// A place to patch.
#[derive(Copy, Clone, Debug)]
pub struct Reloc {
    /// Where in the code the field starts.
    pub offset: u32,
    /// What it refers to.
    pub target: RelocTarget,
    /// Added to the target.
    pub addend: i64,
    /// `true` for a 64-bit absolute address, `false` for a 32-bit displacement from the field.
    pub absolute: bool,
}

/// What a relocation refers to.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum RelocTarget {
    /// The first byte of this very function.
    SelfStart,
    /// A routine of the runtime.
    Routine(RuntimeRoutine),
}

/// Routines that the code generator may need on processors that lack an instruction. They use the
/// platform's C calling convention and never trap.
#[allow(missing_docs, reason = "each is the operation of that name")]
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum RuntimeRoutine {
    CeilF32,
    CeilF64,
    FloorF32,
    FloorF64,
    TruncF32,
    TruncF64,
    NearestF32,
    NearestF64,
    FmaF32,
    FmaF64,
    X86Pshufb,
}

/// An instruction that may trap.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct TrapSite {
    /// Offset of the instruction.
    pub offset: u32,
    /// What the trap means.
    pub code: TrapCode,
}

/// Start of a range of machine code that comes from one wasm instruction.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct AddressMapEntry {
    /// First code offset of the range.
    pub code: u32,
    /// Byte offset of the wasm instruction in the module; `u32::MAX` if none.
    pub wasm: u32,
}

/// Live collectable references at one call site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackMap {
    /// Return address of the call, as an offset in the code.
    pub return_offset: u32,
    /// Distances in bytes below the frame pointer of the 8-byte slots that hold a reference.
    pub slots: Box<[u32]>,
}
