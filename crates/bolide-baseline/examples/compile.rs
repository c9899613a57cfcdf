//! Compiles all functions of wasm files and says how fast, how much code came out, and what is not
//! supported.
//!
//! ```text
//! cargo run --release -p bolide-baseline --example compile -- module.wasm…
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bolide_abi::{
    CodegenOptions, CompileError, CompileRequest, FunctionCompiler, MemoryTuning, VmctxLayout,
};
use bolide_baseline::BaselineCompiler;
use bolide_module::{DefinedFuncIndex, Features, Module, TypeRegistry};

/// The fastest of this many runs counts.
const RUNS: usize = 3;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let compiler = BaselineCompiler::new(CodegenOptions {
        memory: MemoryTuning {
            reservation: 1 << 32,
            guard: 32 << 20,
        },
        consume_fuel: false,
        interruption: false,
        canonicalize_nans: false,
        deterministic_relaxed_simd: false,
        fused_multiply_add: true,
    });
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path)?;
        let registry = Arc::new(TypeRegistry::new());
        let module = Module::new(&registry, Features::default(), bytes.into())?;
        measure(&compiler, &path, &module)?;
    }
    Ok(())
}

fn measure(
    compiler: &BaselineCompiler,
    path: &str,
    module: &Module,
) -> Result<(), Box<dyn std::error::Error>> {
    let layout = VmctxLayout::new(module).ok_or("the module is too large")?;
    let body_bytes: usize = module.bodies.iter().map(|body| body.len()).sum();
    let mut best = Duration::MAX;
    let mut code_bytes = 0;
    let mut unsupported: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..RUNS {
        (code_bytes, unsupported) = Default::default();
        let start = Instant::now();
        for func in 0..module.bodies.len() {
            let request = CompileRequest::new(module, &layout, DefinedFuncIndex(func as u32));
            match compiler.compile(request) {
                Ok(function) => code_bytes += function.code.len(),
                Err(CompileError::Unsupported { what, .. }) => {
                    *unsupported.entry(what).or_default() += 1;
                }
                Err(error) => return Err(error.into()),
            }
        }
        best = best.min(start.elapsed());
    }
    println!(
        "{path}: {} functions, {body_bytes} bytes in {best:.2?}, {:.1} MB/s, {:.2} bytes of code per byte",
        module.bodies.len(),
        body_bytes as f64 / 1e6 / best.as_secs_f64(),
        code_bytes as f64 / body_bytes as f64,
    );
    for (what, count) in unsupported {
        println!("    {what} is not supported: {count} functions");
    }
    Ok(())
}
