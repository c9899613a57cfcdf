//! Loops whose bodies are translated several times run as often, use as much fuel and trap in the same place as without.

use bolide::*;

/// A module whose functions all have one loop that is small enough, and take how often it runs.
const MODULE: &str = r#"
(module
  (memory 1)
  (func $count (export "count") (param $n i32) (result i64) (local $i i32) (local $sum i64)
    (loop $next
      (local.set $sum (i64.add (i64.mul (local.get $sum) (i64.const 31)) (i64.extend_i32_u (local.get $i))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $sum))
  (func (export "operands") (param $n i32) (result i64) (local $i i32)
    (i64.const 1)
    (i64.const 7)
    (loop $next (param i64 i64) (result i64 i64)
      (i64.add (i64.const 3))
      (i64.mul (i64.const 5))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
    (i64.xor))
  (func (export "branches") (param $n i32) (result i64) (local $i i32) (local $sum i64)
    (loop $next (result i64)
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (if (i32.and (local.get $i) (i32.const 1))
        (then
          (local.set $sum (i64.add (local.get $sum) (i64.const 100)))
          (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
        (else
          (local.set $sum (i64.mul (local.get $sum) (i64.const 3)))))
      (if (i32.lt_u (local.get $i) (local.get $n)) (then (br $next)))
      (local.get $sum)))
  (func (export "traps_at_the_end") (param $n i32) (result i64) (local $i i32)
    (loop $next (result i64)
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $n)))
      (if (i32.and (local.get $i) (i32.const 4)) (then (unreachable)))
      (i64.extend_i32_u (local.get $i))))
  (func (export "vectors") (param $n i32) (result i64) (local $i i32) (local $v v128)
    (loop $next
      (local.set $v (i32x4.add (local.get $v) (i32x4.splat (local.get $i))))
      (local.set $v (i32x4.mul (local.get $v) (v128.const i32x4 3 5 7 9)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
    (i64x2.extract_lane 1 (local.get $v)))
  (func (export "stores") (param $n i32) (result i64) (local $i i32)
    (loop $next
      (i32.store8 (local.get $i) (local.get $i))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
    (i64.load (i32.sub (local.get $i) (i32.const 1))))
  (func (export "nested") (param $n i32) (result i64) (local $i i32) (local $j i32) (local $sum i64)
    (loop $outer
      (local.set $j (i32.const 0))
      (loop $inner
        (local.set $sum (i64.add (i64.rotl (local.get $sum) (i64.const 5)) (i64.extend_i32_u (local.get $j))))
        (local.set $j (i32.add (local.get $j) (i32.const 1)))
        (br_if $inner (i32.lt_u (local.get $j) (local.get $i))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $outer (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $sum))
  (func (export "inlined") (param $n i32) (result i64)
    (i64.add (call $count (local.get $n)) (call $count (i32.const 3)))))
"#;

/// What each function returned or how it trapped, for numbers of iterations around those of the copies, with the fuel
/// that it took.
fn outcomes(config: &Config) -> Vec<(String, String, Option<u64>)> {
    let engine = Engine::new(config).unwrap();
    let module = Module::new(&engine, MODULE).unwrap();
    let names: Vec<String> = module.exports().map(|e| e.name().to_owned()).collect();
    let mut outcomes = Vec::new();
    for name in names {
        for n in (0..20).chain([63, 64, 65, 1000, 65_536, 65_537]) {
            if name == "nested" && n > 1000 {
                continue;
            }
            let mut store = Store::new(&engine, ());
            let has_fuel = store.set_fuel(1_000_000).is_ok();
            let instance = Instance::new(&mut store, &module, &[]).unwrap();
            let func = instance
                .get_typed_func::<i32, i64>(&mut store, &name)
                .unwrap();
            let outcome = match func.call(&mut store, n) {
                Ok(value) => value.to_string(),
                Err(error) => format!("{error}: {}", error.root_cause()),
            };
            let fuel = has_fuel.then(|| store.get_fuel().unwrap());
            outcomes.push((format!("{name} {n}"), outcome, fuel));
        }
    }
    outcomes
}

fn configs(fuel: bool) -> Vec<Config> {
    let mut base = Config::new();
    base.consume_fuel(fuel);
    let mut tiered = TieringConfig::new();
    tiered.synchronous(true).call_threshold(1).loop_threshold(5);
    vec![
        base.clone().strategy(Strategy::Baseline).clone(),
        base.clone().strategy(Strategy::Optimizing).clone(),
        base.clone().tiering(tiered).clone(),
    ]
}

#[test]
fn loops_end_when_they_should() {
    for fuel in [false, true] {
        let mut plain = Config::new();
        plain.consume_fuel(fuel).strategy(Strategy::Optimizing);
        plain.optimizations("unroll=off".parse().unwrap());
        let expected = outcomes(&plain);
        let traps = |name: &str| {
            expected
                .iter()
                .any(|(n, o, _)| n == name && o.contains("out of bounds"))
        };
        assert!(traps("stores 65537") && !traps("stores 19"));
        for config in configs(fuel) {
            for (outcome, expected) in std::iter::zip(outcomes(&config), &expected) {
                assert_eq!(outcome, *expected);
            }
        }
    }
}

/// Without this, the other test would compare equals. With nothing known of how functions run, only loops that count
/// are unrolled.
#[test]
fn loops_that_count_are_unrolled() {
    let sizes = ["unroll=on", "unroll=off"].map(|optimizations| {
        let mut config = Config::new();
        config.strategy(Strategy::Optimizing);
        config.optimizations(optimizations.parse().unwrap());
        let module = Module::new(&Engine::new(&config).unwrap(), MODULE).unwrap();
        // Functions are exported in order.
        let size = |(func, export): (u32, ExportType<'_>)| {
            let code = module.function_code(func, Tier::Optimizing).unwrap();
            (export.name().to_owned(), code.bytes().len())
        };
        (0..).zip(module.exports()).map(size).collect::<Vec<_>>()
    });
    let unrolled = std::iter::zip(&sizes[0], &sizes[1]).filter(|(on, off)| on.1 > off.1);
    let unrolled: Vec<&str> = unrolled.map(|(on, _)| &*on.0).collect();
    assert_eq!(
        unrolled,
        [
            "count", "operands", "vectors", "stores", "nested", "inlined"
        ]
    );
}
