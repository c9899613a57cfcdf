//! With NaN canonicalization, no operation produces any NaN but the canonical one.

use bolide::*;

const CANONICAL_32: u32 = 0x7fc0_0000;
const CANONICAL_64: u64 = 0x7ff8_0000_0000_0000;

/// Operations of one width with two operands, in text.
const BINARY: [&str; 7] = ["add", "sub", "mul", "div", "min", "max", "copysign"];
const UNARY: [&str; 5] = ["sqrt", "ceil", "floor", "trunc", "nearest"];

/// A module with each operation as an export, for scalars and for vectors.
fn module(float: &str, int: &str, lanes: &str) -> String {
    let mut funcs = String::new();
    for op in BINARY {
        funcs += &format!(
            r#"(func (export "{op}") (param {int} {int}) (result {int})
                ({int}.reinterpret_{float} ({float}.{op}
                    ({float}.reinterpret_{int} (local.get 0)) ({float}.reinterpret_{int} (local.get 1)))))"#
        );
        if op != "copysign" {
            funcs += &format!(
                r#"(func (export "v {op}") (param {int} {int}) (result {int})
                    ({lanes}.extract_lane 1 ({float_lanes}.{op}
                        ({lanes}.splat (local.get 0)) ({lanes}.splat (local.get 1)))))"#,
                float_lanes = lanes.replace('i', "f")
            );
        }
    }
    for op in UNARY {
        funcs += &format!(
            r#"(func (export "{op}") (param {int} {int}) (result {int})
                ({int}.reinterpret_{float} ({float}.{op} ({float}.reinterpret_{int} (local.get 0)))))"#
        );
        funcs += &format!(
            r#"(func (export "v {op}") (param {int} {int}) (result {int})
                ({lanes}.extract_lane 1 ({float_lanes}.{op} ({lanes}.splat (local.get 0)))))"#,
            float_lanes = lanes.replace('i', "f")
        );
    }
    format!("(module {funcs})")
}

fn engine(strategy: Strategy) -> Engine {
    let mut config = Config::new();
    config
        .cranelift_nan_canonicalization(true)
        .strategy(strategy);
    Engine::new(&config).unwrap()
}

const STRATEGIES: [Strategy; 2] = [Strategy::Baseline, Strategy::Optimizing];

#[test]
fn every_nan_of_32_bits_is_canonical() {
    STRATEGIES
        .into_iter()
        .for_each(every_nan_of_32_bits_is_canonical_in);
}

fn every_nan_of_32_bits_is_canonical_in(strategy: Strategy) {
    let engine = engine(strategy);
    let module = Module::new(&engine, module("f32", "i32", "i32x4")).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let odd = [
        0x7fc0_0001_u32,
        0xffc0_0000,
        0x7fa0_1234,
        0xffff_ffff,
        0x7f80_0001,
    ];
    let mut nans = 0;
    for export in module.exports() {
        let func = instance.get_typed_func::<(u32, u32), u32>(&mut store, export.name());
        let func = func.unwrap();
        for nan in odd {
            for (a, b) in [(nan, 0x3f80_0000), (nan, 0xffc0_0099), (0xff80_0000, nan)] {
                let result = func.call(&mut store, (a, b)).unwrap();
                if f32::from_bits(result).is_nan() && export.name() != "copysign" {
                    assert_eq!(result, CANONICAL_32, "{} {a:#x} {b:#x}", export.name());
                    nans += 1;
                }
            }
        }
    }
    assert!(nans > 200, "{nans}");
}

#[test]
fn every_nan_of_64_bits_is_canonical() {
    STRATEGIES
        .into_iter()
        .for_each(every_nan_of_64_bits_is_canonical_in);
}

fn every_nan_of_64_bits_is_canonical_in(strategy: Strategy) {
    let engine = engine(strategy);
    let module = Module::new(&engine, module("f64", "i64", "i64x2")).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let odd = [
        0x7ff8_0000_0000_0001_u64,
        0xfff8_0000_0000_0000,
        0x7ff4_0000_1234_0000,
        u64::MAX,
    ];
    let mut nans = 0;
    for export in module.exports() {
        let func = instance.get_typed_func::<(u64, u64), u64>(&mut store, export.name());
        let func = func.unwrap();
        for nan in odd {
            for (a, b) in [
                (nan, 1.0_f64.to_bits()),
                (nan, odd[3]),
                (f64::INFINITY.to_bits(), nan),
            ] {
                let result = func.call(&mut store, (a, b)).unwrap();
                if f64::from_bits(result).is_nan() && export.name() != "copysign" {
                    assert_eq!(result, CANONICAL_64, "{} {a:#x} {b:#x}", export.name());
                    nans += 1;
                }
            }
        }
    }
    assert!(nans > 150, "{nans}");
}

/// Conversions between the widths, and NaNs that no operand is.
#[test]
fn fresh_nans_and_conversions() {
    STRATEGIES
        .into_iter()
        .for_each(fresh_nans_and_conversions_in);
}

fn fresh_nans_and_conversions_in(strategy: Strategy) {
    let engine = engine(strategy);
    let module = Module::new(
        &engine,
        r#"(module
            (func (export "demote") (param i64) (result i32)
                (i32.reinterpret_f32 (f32.demote_f64 (f64.reinterpret_i64 (local.get 0)))))
            (func (export "promote") (param i32) (result i64)
                (i64.reinterpret_f64 (f64.promote_f32 (f32.reinterpret_i32 (local.get 0)))))
            (func (export "demote constant") (result i32)
                (i32.reinterpret_f32 (f32.demote_f64 (f64.const -nan:0xffffffbffffff))))
            (func (export "zero by zero") (result i32)
                (i32.reinterpret_f32 (f32.div (f32.const 0) (f32.const 0))))
            (func (export "root of minus one") (result i64)
                (i64.reinterpret_f64 (f64.sqrt (f64.const -1)))))"#,
    )
    .unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let demote = instance
        .get_typed_func::<u64, u32>(&mut store, "demote")
        .unwrap();
    assert_eq!(demote.call(&mut store, u64::MAX).unwrap(), CANONICAL_32);
    let promote = instance
        .get_typed_func::<u32, u64>(&mut store, "promote")
        .unwrap();
    assert_eq!(promote.call(&mut store, u32::MAX).unwrap(), CANONICAL_64);
    let constant = instance
        .get_typed_func::<(), u32>(&mut store, "demote constant")
        .unwrap();
    assert_eq!(constant.call(&mut store, ()).unwrap(), CANONICAL_32);
    let zero = instance
        .get_typed_func::<(), u32>(&mut store, "zero by zero")
        .unwrap();
    assert_eq!(zero.call(&mut store, ()).unwrap(), CANONICAL_32);
    let root = instance
        .get_typed_func::<(), u64>(&mut store, "root of minus one")
        .unwrap();
    assert_eq!(root.call(&mut store, ()).unwrap(), CANONICAL_64);
}
