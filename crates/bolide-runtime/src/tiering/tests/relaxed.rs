//! Relaxed multiply-adds are rounded alike in both tiers, whatever the processor can do.

use std::sync::Arc;

use bolide_abi::{FunctionCompiler, Optimizations};
use bolide_baseline::BaselineCompiler;
use bolide_baseline::asm::x64::{Feature, Features};

use super::{Compilers, Strategy};
use crate::profiler::Profiler;
use crate::tiering::ProfilingStrategy;
use crate::{Config, Engine, Instance, Module, Store};

const MODULE: &str = r#"(module
    (func (export "madd") (param f32 f32 f32) (result f32)
        (f32x4.extract_lane 1 (f32x4.relaxed_madd
            (f32x4.splat (local.get 0)) (f32x4.splat (local.get 1)) (f32x4.splat (local.get 2)))))
    (func (export "nmadd") (param f32 f32 f32) (result f32)
        (f32x4.extract_lane 1 (f32x4.relaxed_nmadd
            (f32x4.splat (local.get 0)) (f32x4.splat (local.get 1)) (f32x4.splat (local.get 2))))))"#;

/// An engine whose compilers fuse or do not, for a processor that has the instruction or not.
fn engine(strategy: Strategy, fuse: bool, has_instruction: bool) -> Engine {
    let mut config = Config::new();
    config.strategy(strategy);
    let profiler = Profiler::new(ProfilingStrategy::None).unwrap();
    Engine::build(&config, profiler, |mut options| {
        options.fused_multiply_add = fuse;
        let mut compilers = Compilers::new(strategy, options, Optimizations::default())?;
        let mut features = Features::detect();
        if !has_instruction {
            features = features.without(Feature::Fma);
        }
        if let Some(baseline) = &mut compilers.baseline {
            let compiler = BaselineCompiler::with_features(options, features);
            *baseline = Arc::new(compiler) as Arc<dyn FunctionCompiler>;
        }
        Ok(compilers)
    })
    .unwrap()
}

/// Results of both functions with operands whose product is not a float.
fn results(engine: &Engine) -> [f32; 2] {
    let module = Module::new(engine, MODULE).unwrap();
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    ["madd", "nmadd"].map(|name| {
        let func = instance.get_typed_func::<(f32, f32, f32), f32>(&mut store, name);
        func.unwrap().call(&mut store, (A, A, C)).unwrap()
    })
}

const A: f32 = 1.0 + f32::EPSILON;
const C: f32 = -(1.0 + 2.0 * f32::EPSILON);

#[test]
fn multiply_adds_are_rounded_as_the_engine_decides() {
    for fuse in [false, true] {
        let expected = if fuse {
            [A.mul_add(A, C), (-A).mul_add(A, C)]
        } else {
            [A * A + C, -(A * A) + C]
        };
        for strategy in [Strategy::Baseline, Strategy::Optimizing] {
            for has_instruction in [false, true] {
                let engine = engine(strategy, fuse, has_instruction);
                let found = results(&engine);
                assert_eq!(found, expected, "{strategy:?}, {fuse}, {has_instruction}");
                // Without the instruction, rounding once is left to the other compiler.
                let left = engine.statistics().tiers.fallbacks > 0;
                let is_baseline = strategy == Strategy::Baseline;
                let has_instruction = has_instruction && Features::detect().has(Feature::Fma);
                assert_eq!(left, is_baseline && fuse && !has_instruction);
            }
        }
    }
    assert_ne!(
        A.mul_add(A, C),
        A * A + C,
        "the operands show the difference"
    );
}
