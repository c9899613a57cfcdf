//! What programs compute does not depend on what the processor can do.

use std::sync::Arc;

use bolide_abi::{FunctionCompiler, Optimizations};
use bolide_baseline::BaselineCompiler;
use bolide_baseline::asm::x64::{Feature, Features};

use super::{Compilers, Strategy};
use crate::profiler::Profiler;
use crate::tiering::ProfilingStrategy;
use crate::{Config, Engine, Instance, Module, Store, Val};

const MULTIPLY_ADD: &str = r#"(module
    (func (export "madd") (param f32 f32 f32) (result f32)
        (f32x4.extract_lane 1 (f32x4.relaxed_madd
            (f32x4.splat (local.get 0)) (f32x4.splat (local.get 1)) (f32x4.splat (local.get 2)))))
    (func (export "nmadd") (param f32 f32 f32) (result f32)
        (f32x4.extract_lane 1 (f32x4.relaxed_nmadd
            (f32x4.splat (local.get 0)) (f32x4.splat (local.get 1)) (f32x4.splat (local.get 2))))))"#;

/// An engine whose compilers fuse or do not, and whose baseline compiler uses these instructions only.
fn engine(strategy: Strategy, fuse: bool, features: Features) -> Engine {
    let mut config = Config::new();
    config.strategy(strategy);
    let profiler = Profiler::new(ProfilingStrategy::None).unwrap();
    Engine::build(&config, profiler, |mut options| {
        options.fused_multiply_add = fuse;
        let mut compilers = Compilers::new(strategy, options, Optimizations::default())?;
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
    let module = Module::new(engine, MULTIPLY_ADD).unwrap();
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
            let all = Features::detect();
            for features in [all.without(Feature::Fma), all] {
                let engine = engine(strategy, fuse, features);
                let found = results(&engine);
                assert_eq!(found, expected, "{strategy:?}, {fuse}, {features:?}");
                // Without the instruction, rounding once is left to the other compiler.
                let left = engine.statistics().tiers.fallbacks > 0;
                let is_possible = !fuse || features.has(Feature::Fma);
                assert_eq!(left, strategy == Strategy::Baseline && !is_possible);
            }
        }
    }
    assert_ne!(
        A.mul_add(A, C),
        A * A + C,
        "the operands show the difference"
    );
}

/// Lanes of shuffles: those that are one instruction and those that differ from them by a byte.
fn shuffles() -> Vec<[u8; 16]> {
    let each = |lane: &dyn Fn(u8) -> u8| std::array::from_fn(|at| lane(at as u8) % 32);
    let mut shuffles = vec![
        [7; 16],
        [23; 16],
        each(&|at| 15 - at),
        each(&|at| 3 * at + 5),
    ];
    for size in [1, 2, 4, 8] {
        for first in [0, 8, 16, 24] {
            shuffles.push(each(&|at| {
                first + at / size / 2 * size + at % size + at / size % 2 * 16
            }));
        }
    }
    shuffles.extend((0..32).map(|first| each(&|at| first + at)));
    for order in [0x00, 0x1b, 0x4e, 0xb1, 0xe4, 0xff] {
        let word = |at: u8| order >> (at / 4 * 2) & 3;
        for high in [0, 0x0f0f, 0x00ff, 0xff00, 0xf0f0] {
            shuffles.push(each(&|at| {
                word(at) * 4 + at % 4 + (high >> at & 1) as u8 * 16
            }));
        }
    }
    for mask in [0x0003_u32, 0x3333, 0x5555, 0xc00c, 0xfff0] {
        shuffles.push(each(&|at| at + (mask >> at & 1) as u8 * 16));
    }
    let changed = shuffles.clone().into_iter().enumerate();
    shuffles.extend(changed.map(|(number, mut lanes)| {
        lanes[number % 16] ^= 1 << (number % 5);
        lanes
    }));
    shuffles
}

/// Exports that shuffle into a register of its own and into that of each operand.
fn shuffling_module(shuffles: &[[u8; 16]]) -> String {
    let func = |(number, lanes): (usize, &[u8; 16])| {
        let lanes = lanes.map(|lane| lane.to_string()).join(" ");
        format!(
            r#"(func (export "{number}") (param $a v128) (param $b v128) (result v128 v128 v128)
                (local $c v128) (local $d v128)
                (local.set $c (i8x16.shuffle {lanes} (local.get $a) (local.get $b)))
                (local.set $d (local.get $a))
                (local.set $a (i8x16.shuffle {lanes} (local.get $a) (local.get $b)))
                (local.set $b (i8x16.shuffle {lanes} (local.get $d) (local.get $b)))
                (local.get $a) (local.get $b) (local.get $c))"#
        )
    };
    let funcs: String = shuffles.iter().enumerate().map(func).collect();
    format!("(module {funcs})")
}

#[test]
fn shuffles_choose_lanes() {
    let bytes: [u8; 32] = std::array::from_fn(|at| 1 + 7 * at as u8);
    let value = |bytes: &[u8]| Val::V128(u128::from_le_bytes(bytes.try_into().unwrap()).into());
    let operands = [value(&bytes[..16]), value(&bytes[16..])];
    let shuffles = shuffles();
    let wat = shuffling_module(&shuffles);
    let all = Features::detect();
    let newer = [Feature::Avx, Feature::Avx2, Feature::Fma];
    let without_avx = newer.into_iter().fold(all, Features::without);
    for (strategy, features) in [
        (Strategy::Optimizing, all),
        (Strategy::Baseline, all),
        (Strategy::Baseline, without_avx),
    ] {
        let engine = engine(strategy, true, features);
        let module = Module::new(&engine, &wat).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        for (number, lanes) in shuffles.iter().enumerate() {
            let func = instance.get_func(&mut store, &number.to_string()).unwrap();
            let mut results = [Val::I32(0), Val::I32(0), Val::I32(0)];
            func.call(&mut store, &operands, &mut results).unwrap();
            let expected = lanes.map(|lane| bytes[lane as usize]);
            for result in results {
                let found = result.unwrap_v128().as_u128().to_le_bytes();
                assert_eq!(found, expected, "{lanes:?} {features:?}");
            }
        }
    }
}
