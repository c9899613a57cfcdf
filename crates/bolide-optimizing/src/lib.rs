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
mod copy;
mod env;
mod finish;
mod fuel;
mod guard;
mod inline;
mod isa;
mod location;
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
mod unroll;
mod variable;
mod wide;

use std::sync::{Mutex, PoisonError};

use bolide_abi::{
    CodegenOptions, CompileError, CompileRequest, CompiledFunction, FunctionCompiler, Optimizations,
};
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::ir::{Function, UserFuncName};
use cranelift_codegen::isa::{OwnedTargetIsa, TargetIsa};
use cranelift_codegen::{CodegenError, CodegenResult, CompiledCode, Context};
use cranelift_frontend::FunctionBuilderContext;
use location::Locations;

/// Bodies above this size, in bytes, give their buffers back to the system instead of the pool.
const POOLED_BODY_SIZE: usize = 256 << 10;

/// Compiles functions with Cranelift at its highest optimization level.
///
/// Cheap to share: every method takes `&self`, and threads compile independently of each other.
pub struct OptimizingCompiler {
    isa: OwnedTargetIsa,
    options: CodegenOptions,
    optimizations: Optimizations,
    /// Buffers of finished compilations, for the next ones.
    pool: Mutex<Vec<Box<Workspace>>>,
}

/// Buffers that one compilation uses.
struct Workspace {
    context: Context,
    frontend: FunctionBuilderContext,
    emit: Box<Emit>,
}

/// Makes machine code of an optimized function, with buffers of its own.
type Emit =
    dyn FnMut(&dyn TargetIsa, &Function, &DominatorTree) -> CodegenResult<CompiledCode> + Send;

fn emitter() -> Box<Emit> {
    let mut allocator = Default::default();
    Box::new(move |isa, func, domtree| {
        let control = &mut ControlPlane::default();
        let stencil = isa.compile_function(func, domtree, &mut allocator, false, control)?;
        Ok(stencil.apply_params(&func.params))
    })
}

impl std::fmt::Debug for OptimizingCompiler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OptimizingCompiler")
            .field("target", &self.isa.triple().to_string())
            .field("options", &self.options)
            .field("optimizations", &self.optimizations)
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
            optimizations: Optimizations::default(),
            pool: Mutex::new(Vec::new()),
        })
    }

    /// The same compiler, but with only these optimizations.
    pub fn with_optimizations(mut self, optimizations: Optimizations) -> Self {
        self.optimizations = optimizations;
        self
    }

    /// The intermediate representation of a function before optimization, in Cranelift's text
    /// format. For tests and for reading what a body becomes.
    ///
    /// # Errors
    ///
    /// Those of [`FunctionCompiler::compile`] that arise before code generation.
    pub fn clif(&self, request: CompileRequest<'_>) -> Result<String, CompileError> {
        let mut workspace = Workspace::new();
        self.translate(&mut workspace, request, &self.optimizations)?;
        Ok(workspace.context.func.display().to_string())
    }

    fn translate(
        &self,
        workspace: &mut Workspace,
        request: CompileRequest<'_>,
        optimizations: &Optimizations,
    ) -> Result<Locations, CompileError> {
        let Workspace {
            context, frontend, ..
        } = workspace;
        let (isa, options) = (&*self.isa, &self.options);
        translate::function(
            isa,
            options,
            optimizations,
            request,
            &mut context.func,
            frontend,
        )
    }

    fn generate(
        &self,
        workspace: &mut Workspace,
        request: CompileRequest<'_>,
        optimizations: &Optimizations,
    ) -> Result<CompiledFunction, CompileError> {
        let locations = self.translate(workspace, request, optimizations)?;
        let index = request.module.func_index(request.func).0;
        let isa = &*self.isa;
        let context = &mut workspace.context;
        context
            .optimize(isa, &mut ControlPlane::default())
            .map_err(|error| codegen_error(&error, &context.func, index))?;
        location::attribute_loads(&mut context.func);
        let compiled = (workspace.emit)(isa, &context.func, &context.domtree)
            .map_err(|error| codegen_error(&error, &context.func, index))?;
        finish::finish(&compiled, locations)
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
            emit: emitter(),
        }
    }
}

impl FunctionCompiler for OptimizingCompiler {
    fn compile(&self, request: CompileRequest<'_>) -> Result<CompiledFunction, CompileError> {
        let mut workspace = self.take_workspace();
        let mut result = self.generate(&mut workspace, request, &self.optimizations);
        let is_limit = |error: &CompileError| !matches!(error, CompileError::Internal(_));
        if self.optimizations.inline && result.as_ref().is_err_and(is_limit) {
            // An inlined function may be what cannot be compiled, or what makes this one too large.
            let optimizations = Optimizations {
                inline: false,
                ..self.optimizations
            };
            *workspace = Workspace::new();
            result = self.generate(&mut workspace, request, &optimizations);
        }
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
