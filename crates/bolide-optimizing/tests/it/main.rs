//! What the optimizing compiler makes of function bodies. Nothing is executed here: Cranelift's
//! verifier checks the intermediate representation of everything that is compiled.

mod golden;
mod operators;
mod side_tables;
mod size;
mod testsuite;

use std::sync::Arc;

use bolide_abi::{
    CodegenOptions, CompileError, CompileRequest, CompiledFunction, FunctionCompiler, MemoryTuning,
    VmctxLayout,
};
use bolide_module::{Bytes, DefinedFuncIndex, Features, Module, ModuleError, TypeRegistry};
use bolide_optimizing::OptimizingCompiler;

/// What an engine uses by default.
const OPTIONS: CodegenOptions = CodegenOptions {
    memory: MemoryTuning {
        reservation: 4 << 30,
        guard: 32 << 20,
    },
    consume_fuel: false,
    interruption: false,
    canonicalize_nans: false,
    deterministic_relaxed_simd: false,
    fused_multiply_add: true,
};

/// Everything that makes the code differ from [`OPTIONS`].
const EVERY_OPTION: CodegenOptions = CodegenOptions {
    memory: MemoryTuning {
        reservation: 0,
        guard: 0,
    },
    consume_fuel: true,
    interruption: true,
    canonicalize_nans: true,
    deterministic_relaxed_simd: true,
    fused_multiply_add: true,
};

fn load(bytes: &[u8]) -> Result<Module, ModuleError> {
    Module::new(
        &Arc::new(TypeRegistry::new()),
        Features::ALL,
        Bytes::from(bytes.to_vec()),
    )
}

fn from_text(text: &str) -> Module {
    load(&wat::parse_str(text).unwrap()).unwrap()
}

/// Compiles all functions of a module.
fn compile(
    compiler: &OptimizingCompiler,
    module: &Module,
) -> Result<Vec<CompiledFunction>, CompileError> {
    let layout = VmctxLayout::new(module).unwrap();
    (0..module.bodies.len())
        .map(|index| {
            let func = DefinedFuncIndex::from_usize(index);
            compiler.compile(CompileRequest::new(module, &layout, func))
        })
        .collect()
}
