//! The optimizing compiler: one function body of a validated module to machine code, through
//! Cranelift.
//!
//! A body is translated to Cranelift's intermediate representation in one pass over its operators,
//! and Cranelift optimizes, allocates registers and emits. The result is position-independent and
//! follows the contract in `bolide-abi`.
#![forbid(unsafe_code)]

mod atomics;
mod bulk;
mod call;
mod control;
mod env;
mod finish;
mod fuel;
mod isa;
mod memory;
mod numeric;
mod osr;
mod relaxed;
mod simd;
mod simd_memory;
mod slot;
mod table;
mod translate;
mod trap;
mod variable;

use std::sync::{Mutex, PoisonError};

use bolide_abi::{
    CodegenOptions, CompileError, CompileRequest, CompiledFunction, FunctionCompiler,
};
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{Function, UserFuncName};
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::{CodegenError, Context};
use cranelift_frontend::FunctionBuilderContext;

/// Bodies above this size, in bytes, give their buffers back to the system instead of the pool.
const POOLED_BODY_SIZE: usize = 256 << 10;

/// Compiles functions with Cranelift at its highest optimization level.
///
/// Cheap to share: every method takes `&self`, and threads compile independently of each other.
pub struct OptimizingCompiler {
    isa: OwnedTargetIsa,
    options: CodegenOptions,
    /// Buffers of finished compilations, for the next ones.
    pool: Mutex<Vec<Box<Workspace>>>,
}

/// Buffers that one compilation uses.
struct Workspace {
    context: Context,
    frontend: FunctionBuilderContext,
}

impl std::fmt::Debug for OptimizingCompiler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OptimizingCompiler")
            .field("target", &self.isa.triple().to_string())
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl OptimizingCompiler {
    /// A compiler for the processor that it runs on.
    ///
    /// # Errors
    ///
    /// If Cranelift does not support the processor.
    pub fn new(options: CodegenOptions) -> Result<Self, CompileError> {
        Ok(OptimizingCompiler {
            isa: isa::host(&options)?,
            options,
            pool: Mutex::new(Vec::new()),
        })
    }

    /// The intermediate representation of a function before optimization, in Cranelift's text
    /// format. For tests and for reading what a body becomes.
    ///
    /// # Errors
    ///
    /// Those of [`FunctionCompiler::compile`] that arise before code generation.
    pub fn clif(&self, request: CompileRequest<'_>) -> Result<String, CompileError> {
        let mut workspace = Workspace::new();
        self.translate(&mut workspace, request)?;
        Ok(workspace.context.func.display().to_string())
    }

    fn translate(
        &self,
        workspace: &mut Workspace,
        request: CompileRequest<'_>,
    ) -> Result<(), CompileError> {
        translate::function(
            &*self.isa,
            &self.options,
            request,
            &mut workspace.context.func,
            &mut workspace.frontend,
        )
    }

    fn generate(
        &self,
        workspace: &mut Workspace,
        request: CompileRequest<'_>,
    ) -> Result<CompiledFunction, CompileError> {
        self.translate(workspace, request)?;
        let index = request.module.func_index(request.func);
        workspace
            .context
            .compile(&*self.isa, &mut ControlPlane::default())
            .map_err(|error| codegen_error(&error.inner, error.func, index.0))?;
        let compiled = workspace
            .context
            .compiled_code()
            .ok_or_else(|| CompileError::Internal("no code was produced".into()))?;
        finish::finish(compiled)
    }

    fn take_workspace(&self) -> Box<Workspace> {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        pool.pop().unwrap_or_else(|| Box::new(Workspace::new()))
    }

    fn give_back(&self, mut workspace: Box<Workspace>) {
        workspace.context.clear();
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        pool.push(workspace);
    }
}

impl Workspace {
    fn new() -> Self {
        Workspace {
            context: Context::for_function(Function::with_name_signature(
                UserFuncName::default(),
                cranelift_codegen::ir::Signature::new(cranelift_codegen::isa::CallConv::Tail),
            )),
            frontend: FunctionBuilderContext::new(),
        }
    }
}

impl FunctionCompiler for OptimizingCompiler {
    fn compile(&self, request: CompileRequest<'_>) -> Result<CompiledFunction, CompileError> {
        let mut workspace = self.take_workspace();
        let result = self.generate(&mut workspace, request);
        // After an error the frontend's buffers hold a half-built function.
        if result.is_ok() && request.module.body(request.func).len() <= POOLED_BODY_SIZE {
            self.give_back(workspace);
        }
        result
    }
}

fn codegen_error(error: &CodegenError, func: &Function, index: u32) -> CompileError {
    match error {
        CodegenError::ImplLimitExceeded | CodegenError::CodeTooLarge => {
            CompileError::TooLarge(format!("function {index}: {error}"))
        }
        CodegenError::Verifier(errors) => CompileError::Internal(format!(
            "function {index}: {}",
            cranelift_codegen::print_errors::pretty_verifier_error(func, None, errors.clone())
        )),
        _ => CompileError::Internal(format!("function {index}: {error}")),
    }
}
