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

/// Relaxed instructions of vectors, with how many operands they have.
const RELAXED: [(&str, usize); 20] = [
    ("i8x16.relaxed_swizzle", 2),
    ("i32x4.relaxed_trunc_f32x4_s", 1),
    ("i32x4.relaxed_trunc_f32x4_u", 1),
    ("i32x4.relaxed_trunc_f64x2_s_zero", 1),
    ("i32x4.relaxed_trunc_f64x2_u_zero", 1),
    ("f32x4.relaxed_madd", 3),
    ("f32x4.relaxed_nmadd", 3),
    ("f64x2.relaxed_madd", 3),
    ("f64x2.relaxed_nmadd", 3),
    ("i8x16.relaxed_laneselect", 3),
    ("i16x8.relaxed_laneselect", 3),
    ("i32x4.relaxed_laneselect", 3),
    ("i64x2.relaxed_laneselect", 3),
    ("f32x4.relaxed_min", 2),
    ("f32x4.relaxed_max", 2),
    ("f64x2.relaxed_min", 2),
    ("f64x2.relaxed_max", 2),
    ("i16x8.relaxed_q15mulr_s", 2),
    ("i16x8.relaxed_dot_i8x16_i7x16_s", 2),
    ("i32x4.relaxed_dot_i8x16_i7x16_add_s", 3),
];

/// Where relaxed instructions may differ: zeros, infinities, NaNs, numbers out of range, products between
/// floats, bytes with and without their highest bit.
fn relaxed_operands() -> Vec<u128> {
    let floats = |values: [f32; 4]| {
        let bits = values.map(|value| u128::from(value.to_bits()));
        bits[0] | bits[1] << 32 | bits[2] << 64 | bits[3] << 96
    };
    let doubles = |a: f64, b: f64| u128::from(a.to_bits()) | u128::from(b.to_bits()) << 64;
    let next = 1.0 + f32::EPSILON;
    vec![
        floats([0.0, -0.0, f32::NAN, f32::INFINITY]),
        floats([-0.0, 0.0, 1e10, -1e10]),
        floats([next, -next, next, -1.0]),
        floats([-1.0, f32::NEG_INFINITY, 2147483648.0, 1.5]),
        doubles(1.0 + f64::EPSILON, -0.0),
        doubles(f64::NAN, -1e20),
        doubles(-1.0, 0.0),
        0x8000_8000_7fff_ffff_8080_7f7f_0100_10ff,
        0x0f0e_0d0c_8786_8584_1312_1110_0302_0180,
        u128::MAX,
    ]
}

#[test]
fn relaxed_instructions_agree_between_tiers() {
    let funcs: String = RELAXED
        .iter()
        .map(|(name, count)| {
            let params = "v128 ".repeat(*count);
            let operands: String = (0..*count).map(|i| format!("(local.get {i})")).collect();
            format!(
                r#"(func (export "{name}") (param {params}) (result v128) ({name} {operands}))"#
            )
        })
        .collect();
    let wat = format!("(module {funcs})");
    let mut guests = STRATEGIES.map(|strategy| {
        let engine = Engine::new(Config::new().strategy(strategy)).unwrap();
        let module = Module::new(&engine, &wat).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        (store, instance)
    });
    let operands = relaxed_operands();
    for (name, count) in RELAXED {
        for number in 0..operands.len().pow(count as u32) {
            let operand = |i| operands[number / operands.len().pow(i as u32) % operands.len()];
            let params: Vec<Val> = (0..count).map(|i| Val::V128(operand(i).into())).collect();
            let results = guests.each_mut().map(|(store, instance)| {
                let func = instance.get_func(&mut *store, name).unwrap();
                let mut results = [Val::I32(0)];
                func.call(&mut *store, &params, &mut results).unwrap();
                results[0].unwrap_v128().as_u128()
            });
            assert!(results[0] == results[1], "{name} {params:?}: {results:#x?}");
        }
    }
}
