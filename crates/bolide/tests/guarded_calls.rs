//! Calls through tables and references do the same whatever the compiler expects them to call.

use bolide::*;

const TARGETS: &str = r#"(module
    (type $unary (func (param i32) (result i32)))
    (type $open (sub (func (param i32) (result i32))))
    (type $narrow (sub $open (func (param i32) (result i32))))
    (import "other" "double" (func $imported (type $unary)))
    (table $table (export "table") 12 funcref)
    (table $open_table 2 funcref)
    (elem $table (i32.const 0)
        $increment $negate $square $imported $trap $deep $other_type)
    (elem $open_table (i32.const 0) $narrow_one $increment)
    (elem declare func $increment $negate $square $trap $deep)
    (memory 1)
    (func $increment (type $unary) (i32.add (local.get 0) (i32.const 1)))
    (func $negate (type $unary) (i32.sub (i32.const 0) (local.get 0)))
    (func $square (type $unary) (i32.mul (local.get 0) (local.get 0)))
    (func $trap (type $unary) (i32.load (i32.or (local.get 0) (i32.const 0x80000000))))
    (func $deep (type $unary) (i32.div_s (i32.const 100) (call $increment (local.get 0))))
    (func $narrow_one (type $narrow) (i32.add (local.get 0) (i32.const 3)))
    (func $other_type (param i64))
    (func $through_table (export "through_table") (param $index i32) (param $x i32) (result i32)
        (i32.add (i32.const 1000)
            (call_indirect $table (type $unary) (local.get $x) (local.get $index))))
    (func (export "through_subtypes") (param $index i32) (param $x i32) (result i32)
        (call_indirect $open_table (type $open) (local.get $x) (local.get $index)))
    (func (export "tail") (param $index i32) (param $x i32) (result i32)
        (return_call_indirect $table (type $unary) (local.get $x) (local.get $index)))
    (func $reference (param $index i32) (result (ref null $unary))
        (if (i32.eqz (local.get $index)) (then (return (ref.func $increment))))
        (if (i32.eq (local.get $index) (i32.const 1)) (then (return (ref.func $negate))))
        (if (i32.eq (local.get $index) (i32.const 4)) (then (return (ref.func $trap))))
        (ref.null $unary))
    (func (export "through_reference") (param $index i32) (param $x i32) (result i32)
        (call_ref $unary (local.get $x) (call $reference (local.get $index)))))"#;

type Frames = Vec<(u32, Option<usize>)>;

fn engine(strategy: Strategy, fuel: bool, calls: u32, optimizations: &str) -> Engine {
    let mut tiering = TieringConfig::new();
    tiering
        .call_threshold(calls)
        .loop_threshold(calls)
        .synchronous(true);
    let mut config = Config::new();
    config
        .consume_fuel(fuel)
        .strategy(strategy)
        .tiering(tiering)
        .optimizations(optimizations.parse().unwrap());
    Engine::new(&config).unwrap()
}

/// Makes the calls and returns all that can be seen of each.
fn run(
    engine: &Engine,
    fuel: bool,
    calls: &[(&str, i32, i32)],
) -> Vec<(Result<i32, Trap>, Frames, u64)> {
    let mut store = Store::new(engine, ());
    if fuel {
        store.set_fuel(10_000_000).unwrap();
    }
    let double = Module::new(
        engine,
        r#"(module (func (export "double") (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1))))"#,
    );
    let mut linker = Linker::new(engine);
    linker
        .module(&mut store, "other", &double.unwrap())
        .unwrap();
    let module = Module::new(engine, TARGETS).unwrap();
    // The code of both instances is the same, and so are their notes.
    let instances = [(); 2].map(|()| linker.instantiate(&mut store, &module).unwrap());
    let foreign = instances[1].get_table(&mut store, "table").unwrap();
    let foreign = foreign.get(&mut store, 0).unwrap();
    let table = instances[0].get_table(&mut store, "table").unwrap();
    table.set(&mut store, 8, foreign).unwrap();
    let mut seen = Vec::new();
    for (round, (name, index, x)) in calls.iter().enumerate() {
        let instance = &instances[usize::from(round % 7 == 6)];
        let func = instance.get_typed_func::<(i32, i32), i32>(&mut store, name);
        let result = func.unwrap().call(&mut store, (*index, *x));
        let frames = result.as_ref().err().map_or_else(Vec::new, |error| {
            let backtrace = error.downcast_ref::<WasmBacktrace>().unwrap();
            let frames = backtrace.frames().iter();
            frames
                .map(|f| (f.func_index(), f.module_offset()))
                .collect()
        });
        let result = result.map_err(|error| *error.downcast_ref::<Trap>().unwrap());
        let fuel = if fuel { store.get_fuel().unwrap() } else { 0 };
        seen.push((result, frames, fuel));
    }
    seen
}

type Result<T, E = Error> = std::result::Result<T, E>;

fn check(calls: &[(&str, i32, i32)]) {
    for fuel in [true, false] {
        let plain = engine(Strategy::Optimizing, fuel, 1, "all=off");
        let expected = run(&plain, fuel, calls);
        for threshold in [3, 20] {
            for optimizations in ["all=on", "inline=off", "guarded-calls=off"] {
                let tiered = engine(Strategy::Tiered, fuel, threshold, optimizations);
                let seen = run(&tiered, fuel, calls);
                for (i, (seen, expected)) in seen.iter().zip(&expected).enumerate() {
                    assert_eq!(
                        seen, expected,
                        "{:?}, {optimizations}, {threshold}",
                        calls[i]
                    );
                }
            }
        }
    }
}

/// Calls of `name`: first of what is in `usual`, in turn, then of everything.
fn sequence(name: &'static str, usual: &[i32]) -> Vec<(&'static str, i32, i32)> {
    let warm = (0..60).map(|i| (name, usual[i % usual.len()], 5 + i as i32));
    let all = (0..14).flat_map(|index| [(name, index, 7), (name, index, -1)]);
    warm.chain(all).collect()
}

#[test]
fn one_target_then_all() {
    for name in ["through_table", "tail", "through_reference"] {
        for usual in [0, 1, 4, 5] {
            check(&sequence(name, &[usual]));
        }
    }
    check(&sequence("through_table", &[3]));
    check(&sequence("through_table", &[8]));
    check(&sequence("through_subtypes", &[0]));
}

#[test]
fn two_and_more_targets_then_all() {
    for usual in [&[0, 1][..], &[0, 4], &[5, 2], &[0, 1, 2], &[3, 0], &[8, 0]] {
        check(&sequence("through_table", usual));
    }
    check(&sequence("through_reference", &[0, 1]));
}

/// The call of `run` is inlined, and its callee too: the code has no call left but the one for other targets.
#[test]
fn what_is_called_mostly_is_inlined() {
    let text = r#"(module (type $t (func (result i32)))
        (table 1 funcref) (elem (i32.const 0) $callee)
        (func (export "run") (param i32) (result i32)
            (if (result i32) (local.get 0)
                (then (call_indirect (type $t) (i32.const 0)))
                (else (i32.const 1))))
        (func $callee (type $t) unreachable))"#;
    let engine = engine(Strategy::Tiered, false, 3, "all=on");
    let module = Module::new(&engine, text).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let run = instance
        .get_typed_func::<i32, i32>(&mut store, "run")
        .unwrap();
    let traps = |code: &FunctionCode| {
        let traps = (0..code.bytes().len()).filter_map(|offset| code.trap(offset));
        traps
            .filter(|trap| *trap == Trap::UnreachableCodeReached)
            .count()
    };
    assert_eq!(
        traps(&module.function_code(0, Tier::Optimizing).unwrap()),
        0
    );
    run.call(&mut store, 1).unwrap_err();
    assert_eq!(
        traps(&module.function_code(0, Tier::Optimizing).unwrap()),
        1
    );
}
