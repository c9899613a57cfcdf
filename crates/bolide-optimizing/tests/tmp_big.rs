#![allow(missing_docs)]
use std::sync::Arc;
use bolide_abi::*;
use bolide_module::*;
use bolide_optimizing::OptimizingCompiler;
#[test]
fn big() {
    for piece in ["local.get 0 call $f local.set 0 local.get 0 br_if 0 "] {
        let per = match piece.len() { 80.. => 15, 40.. => 11, _ => 6 };
        let n = 7_400_000 / per;
        let tail = if per == 6 { "drop ".repeat(1000) + "unreachable" } else { String::new() };
        let n = if per == 6 { 400_000 } else { n };
        let text = format!("(module (memory 1) (func $f (param i32) (result i32) (block {}{tail}) local.get 0))", piece.repeat(n));
        let m = Module::new(&Arc::new(TypeRegistry::new()), Features::ALL, Bytes::from(wat::parse_str(&text).unwrap()));
        let m = match m { Ok(m) => m, Err(e) => { println!("{e}"); continue } };
        let o = CodegenOptions { memory: MemoryTuning { reservation: 4 << 30, guard: 32 << 20 }, consume_fuel: false, interruption: false, canonicalize_nans: false, deterministic_relaxed_simd: false };
        let c = OptimizingCompiler::new(o).unwrap();
        let l = VmctxLayout::new(&m).unwrap();
        let t = std::time::Instant::now();
        let f = c.compile(CompileRequest { module: &m, layout: &l, func: DefinedFuncIndex(0) });
        println!("{piece}: {} bytes {:?} {:?}", m.body(DefinedFuncIndex(0)).len(), f.map(|f| f.code.len()).map_err(|e| e.to_string()), t.elapsed());
    }
}
