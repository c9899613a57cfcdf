//! The baseline compiler: one function body of a validated module to machine code in one pass,
//! without an intermediate representation.
//!
//! [`asm`] knows the machine and nothing of WebAssembly; `masm` is what the compiler needs of a
//! machine; everything else is the same for every processor.
#![forbid(unsafe_code)]

pub mod asm;
mod atomics;
mod bulk;
mod call;
mod compiler;
mod control;
mod frame;
mod fuel;
mod loops;
mod masm;
mod memory;
mod merge;
mod numeric;
mod regs;
mod signature;
mod simd;
mod stack;
mod table;
mod tier;
mod variable;
mod visitor;

use std::fmt;
use std::sync::{Mutex, PoisonError};

use bolide_abi::{
    CodegenOptions, CompileError, CompileRequest, CompiledFunction, FunctionCompiler,
};

use asm::x64::Features;
use compiler::Workspace;
use masm::x64::X64;

/// Bodies above this size, in bytes, give their buffers back to the system instead of the pool, and so does code above
/// [`POOLED_CODE_SIZE`].
const POOLED_BODY_SIZE: usize = 256 << 10;
const POOLED_CODE_SIZE: usize = 2 << 20;

/// Compiles functions in one pass, for the processor that it runs on.
///
/// Cheap to share: every method takes `&self`, and threads compile independently of each other.
pub struct BaselineCompiler {
    options: CodegenOptions,
    features: Features,
    /// Buffers of finished compilations, for the next ones.
    pool: Mutex<Vec<Workspace<X64>>>,
}

impl fmt::Debug for BaselineCompiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BaselineCompiler")
            .field("features", &self.features)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl BaselineCompiler {
    /// A compiler for the processor that it runs on.
    #[cfg(target_arch = "x86_64")]
    pub fn new(options: CodegenOptions) -> BaselineCompiler {
        Self::with_features(options, Features::detect())
    }

    /// A compiler for a processor with these features.
    pub fn with_features(options: CodegenOptions, features: Features) -> BaselineCompiler {
        BaselineCompiler {
            options,
            features,
            pool: Mutex::new(Vec::new()),
        }
    }

    fn take_workspace(&self) -> Workspace<X64> {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        pool.pop()
            .unwrap_or_else(|| Workspace::new(X64::new(self.features)))
    }
}

impl FunctionCompiler for BaselineCompiler {
    fn compile(&self, request: CompileRequest<'_>) -> Result<CompiledFunction, CompileError> {
        let mut workspace = self.take_workspace();
        let result = compiler::function(&mut workspace, &self.options, request);
        let is_small = request.module.body(request.func).len() <= POOLED_BODY_SIZE;
        if is_small && workspace.code_capacity() <= POOLED_CODE_SIZE {
            let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
            pool.push(workspace);
        }
        result
    }
}
