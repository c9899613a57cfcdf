//! Loops that start in baseline code and go on in optimized code compute what either tier computes alone: the same
//! results, traps, backtraces, memory, calls of the host, and fuel.

use bolide::*;

/// What a guest does that can be seen from outside.
#[derive(Debug, Default, PartialEq)]
struct Observation {
    /// Results, or the error with its backtrace.
    result: String,
    /// What the guest told the host, in order.
    log: Vec<i64>,
    /// Its size, and what is not zero near its start.
    memory: (usize, Vec<(usize, u8)>),
    fuel: Option<u64>,
}

/// A way to run a program.
#[derive(Clone, Copy, Debug)]
struct Mode {
    strategy: Strategy,
    call_threshold: u32,
    loop_threshold: u32,
    fuel: bool,
    epochs: bool,
}

impl Mode {
    fn engine(self) -> Engine {
        let mut tiering = TieringConfig::new();
        tiering
            .call_threshold(self.call_threshold)
            .loop_threshold(self.loop_threshold)
            .synchronous(true);
        let mut config = Config::new();
        config
            .strategy(self.strategy)
            .tiering(tiering)
            .consume_fuel(self.fuel)
            .epoch_interruption(self.epochs);
        Engine::new(&config).unwrap()
    }
}

/// Iterations after which a loop is left, so that every loop of a nest and every state of it has its turn.
const THRESHOLDS: [u32; 9] = [1, 2, 3, 4, 5, 7, 11, 30, 100];
const NEVER: u32 = u32::MAX;

fn linker(engine: &Engine) -> Linker<Vec<i64>> {
    let mut linker = Linker::new(engine);
    let log = |mut caller: Caller<'_, Vec<i64>>, value: i64| caller.data_mut().push(value);
    linker.func_wrap("host", "log", log).unwrap();
    let make =
        |mut caller: Caller<'_, Vec<i64>>, id: i64| ExternRef::new(&mut caller, id).map(Some);
    linker.func_wrap("host", "make", make).unwrap();
    let read = |caller: Caller<'_, Vec<i64>>, reference: Option<Rooted<ExternRef>>| match reference
    {
        Some(reference) => {
            let data = reference.data(&caller)?.unwrap();
            Ok::<_, Error>(*data.downcast_ref::<i64>().unwrap())
        }
        None => Ok(-1),
    };
    linker.func_wrap("host", "read", read).unwrap();
    let collect = |mut caller: Caller<'_, Vec<i64>>| caller.gc();
    linker.func_wrap("host", "collect", collect).unwrap();
    let lines = |mut caller: Caller<'_, Vec<i64>>| {
        let offsets: Vec<i64> = WasmBacktrace::capture(&caller)
            .frames()
            .iter()
            .map(|frame| frame.module_offset().map_or(-1, |offset| offset as i64))
            .collect();
        caller.data_mut().extend(offsets);
    };
    linker.func_wrap("host", "where", lines).unwrap();
    linker
}

const PRELUDE: &str = r#"
    (import "host" "log" (func $log (param i64)))
    (import "host" "make" (func $make (param i64) (result externref)))
    (import "host" "read" (func $read (param externref) (result i64)))
    (import "host" "collect" (func $collect))
    (import "host" "where" (func $where))"#;

/// Runs the export `run` of a module with each argument, on one instance. Returns what happened, and how often a
/// running loop was left for optimized code.
fn observe(mode: Mode, wat: &str, args: &[i32]) -> (Vec<Observation>, u64) {
    let engine = mode.engine();
    let module = Module::new(&engine, format!("(module {PRELUDE} {wat})")).unwrap();
    let mut store = Store::new(&engine, Vec::new());
    if mode.fuel {
        store.set_fuel(60_000).unwrap();
    }
    store.set_epoch_deadline(1);
    let instance = linker(&engine).instantiate(&mut store, &module).unwrap();
    let run = instance.get_func(&mut store, "run").unwrap();
    let memory = instance.get_memory(&mut store, "memory");
    let mut seen = Vec::new();
    for &arg in args {
        let mut results = vec![Val::I32(0); run.ty(&store).results().len()];
        let result = match run.call(&mut store, &[Val::I32(arg)], &mut results) {
            Ok(()) => results.iter().map(|v| format!("{} ", show(v))).collect(),
            Err(error) => format!("{error:#}"),
        };
        seen.push(Observation {
            result,
            log: std::mem::take(store.data_mut()),
            memory: memory.map_or((0, Vec::new()), |memory| {
                let bytes = memory.data(&store);
                let start = bytes.iter().take(4096).copied().enumerate();
                (bytes.len(), start.filter(|(_, byte)| *byte != 0).collect())
            }),
            fuel: store.get_fuel().ok(),
        });
    }
    (seen, module.statistics().osr_entries)
}

fn show(value: &Val) -> String {
    match value {
        Val::FuncRef(reference) => format!("funcref {}", reference.is_some()),
        Val::ExternRef(reference) => format!("externref {}", reference.is_some()),
        value => format!("{value:?}"),
    }
}

/// Checks that a program does the same wherever it is left for optimized code, and that it is left.
#[track_caller]
fn check(wat: &str, args: &[i32]) {
    for (fuel, epochs) in [(false, false), (true, true)] {
        let mode = |strategy, call_threshold, loop_threshold| Mode {
            strategy,
            call_threshold,
            loop_threshold,
            fuel,
            epochs,
        };
        let (expected, _) = observe(mode(Strategy::Optimizing, NEVER, NEVER), wat, args);
        let (baseline, _) = observe(mode(Strategy::Baseline, NEVER, NEVER), wat, args);
        assert_eq!(baseline, expected, "baseline, fuel: {fuel}");
        let mut entries = 0;
        for call_threshold in [NEVER, 1] {
            for loop_threshold in THRESHOLDS {
                let mode = mode(Strategy::Tiered, call_threshold, loop_threshold);
                let (tiered, times) = observe(mode, wat, args);
                assert_eq!(tiered, expected, "{mode:?}");
                entries += times;
            }
        }
        assert!(entries >= 8, "{entries} OSR entries only");
    }
}

#[test]
fn one_loop() {
    check(
        r#"(func (export "run") (param $n i32) (result i32) (local $sum i32)
            (loop $next
                (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 3)) (local.get $n)))
                (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
            (local.get $sum))"#,
        &[150, 1, 7, 150],
    );
}

#[test]
fn nested_loops_with_branches_between_them() {
    check(
        r#"(func (export "run") (param $n i32) (result i64)
            (local $i i32) (local $j i32) (local $k i32) (local $h i64)
            (loop $outer
                (local.set $j (i32.const 0))
                (loop $middle
                    (local.set $k (i32.const 0))
                    (loop $inner
                        (local.set $h (i64.add (i64.mul (local.get $h) (i64.const 31))
                            (i64.extend_i32_u (i32.xor (local.get $i)
                                (i32.xor (i32.shl (local.get $j) (i32.const 4)) (local.get $k))))))
                        (local.set $k (i32.add (local.get $k) (i32.const 1)))
                        (if (i64.eqz (i64.rem_u (local.get $h) (i64.const 7)))
                            (then
                                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                                (br_if $outer (i32.lt_u (local.get $i) (local.get $n)))))
                        (if (i64.eqz (i64.rem_u (local.get $h) (i64.const 5)))
                            (then
                                (local.set $j (i32.add (local.get $j) (i32.const 1)))
                                (br_if $middle (i32.lt_u (local.get $j) (local.get $n)))))
                        (br_if $inner (i32.lt_u (local.get $k) (local.get $n))))
                    (call $log (local.get $h))
                    (local.set $j (i32.add (local.get $j) (i32.const 1)))
                    (br_if $middle (i32.lt_u (local.get $j) (local.get $n))))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if $outer (i32.lt_u (local.get $i) (local.get $n))))
            (local.get $h))"#,
        &[9, 12, 3, 20],
    );
}

#[test]
fn a_loop_after_a_loop_and_in_either_arm_of_an_if() {
    check(
        r#"(func (export "run") (param $n i32) (result i32) (local $i i32) (local $s i32)
            (loop $all
                (local.get $n)
                (if (param i32) (result i32) (i32.and (local.get $i) (i32.const 1))
                    (then
                        (loop $a (param i32) (result i32)
                            (i32.add (local.get $s))
                            (local.tee $s)
                            (br_if $a (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 3))) (i32.const 17)))))
                    (else
                        (loop $b (param i32) (result i32)
                            (i32.xor (i32.rotl (local.get $s) (i32.const 5)))
                            (local.tee $s)
                            (br_if $b (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 5))) (i32.const 31))))))
                (local.set $s (i32.add (local.get $s)))
                (call $log (i64.extend_i32_u (local.get $s)))
                (local.set $i (i32.and (local.get $n) (i32.const 1)))
                (br_if $all (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
            (loop $last
                (local.set $s (i32.mul (local.get $s) (i32.const 13)))
                (br_if $last (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 40))))
            (local.get $s))"#,
        &[12, 1, 2, 40],
    );
}

/// Operands of every type, below blocks of every kind around the loop.
#[test]
fn operands_below_the_blocks_around_the_loop() {
    check(
        r#"(memory (export "memory") 1)
        (elem declare func $run)
        (func $run (export "run") (param $n i32) (result i64 f64 i32 f32)
            (local $i i32) (local $r externref) (local $f f32) (local $v v128) (local $d f64)
            (i64.const 0x123456789abcdef)
            (call $make (i64.const 77))
            (loop $outer (param externref)
                (local.set $r)
                (f64.convert_i32_s (local.get $n))
                (v128.load (i32.const 16))
                (block $out (result i32)
                    (i32.mul (local.get $n) (i32.const 3))
                    (ref.func $run)
                    (call $make (i64.extend_i32_u (local.get $n)))
                    (if (result f32) (i32.and (local.get $n) (i32.const 1))
                        (then
                            (f32.const 1.5)
                            (local.set $i (i32.const 20))
                            (loop $inner (param f32) (result f32)
                                (f32.add (f32.convert_i32_u (local.get $i)))
                                (br_if $out (i32.const 99)
                                    (i32.eq (i32.add (local.get $i) (local.get $n)) (i32.const 12)))
                                (drop)
                                (br_if $inner (local.tee $i (i32.sub (local.get $i) (i32.const 1))))))
                        (else (call $collect) (f32.const 2.5)))
                    (local.set $f)
                    (call $log (call $read))
                    (call $log (i64.extend_i32_u (ref.is_null)))
                    (call $log (i64.extend_i32_u))
                    (local.get $i))
                (call $log (i64.extend_i32_u))
                (local.set $v)
                (v128.store (i32.const 48) (local.get $v))
                (v128.store (i32.const 16) (v128.load (i32.const 32)))
                (v128.store (i32.const 32) (local.get $v))
                (i32.store (i32.const 32) (i32.add (local.get $n) (i32.load (i32.const 32))))
                (local.set $d)
                (f64.store (i32.const 80) (f64.add (local.get $d) (f64.load (i32.const 80))))
                (local.get $r)
                (br_if $outer (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
                (call $log (call $read)))
            (f64.load (i32.const 80))
            (local.get $i)
            (local.get $f))"#,
        &[9, 1, 30],
    );
}

#[test]
fn many_locals_and_parameters_of_every_type() {
    let locals = 60;
    let types = ["i32", "i64", "f32", "f64", "v128", "externref", "funcref"];
    let ty = |i: usize| types[i % types.len()];
    let params: String = (0..locals)
        .map(|i| format!("(param $p{i} {})", ty(i)))
        .collect();
    let declared: String = (0..locals)
        .map(|i| format!("(local $l{i} {})", ty(i)))
        .collect();
    let (mut args, mut body, mut end) = (String::new(), String::new(), String::new());
    for i in 0..locals {
        match ty(i) {
            "v128" => {
                args += &format!("(v128.const i64x2 {i} {})", i * 1000);
                body += &format!(
                    "(local.get $p{i}) (local.set $p{i} (local.get $l{i})) (local.set $l{i})"
                );
                end += &format!("(v128.store (i32.const {}) (local.get $l{i}))", 16 * i);
                end += &format!(
                    "(v128.store (i32.const {}) (local.get $p{i}))",
                    2048 + 16 * i
                );
            }
            "externref" => {
                args += &format!("(call $make (i64.const {i}))");
                body += &format!(
                    "(local.get $p{i}) (local.set $p{i} (local.get $l{i})) (local.set $l{i})"
                );
                end += &format!("(call $log (call $read (local.get $l{i})))");
                end += &format!("(call $log (call $read (local.get $p{i})))");
            }
            "funcref" => {
                args += "(ref.func $many)";
                body += &format!(
                    "(local.get $p{i}) (local.set $p{i} (local.get $l{i})) (local.set $l{i})"
                );
                end += &format!("(call $log (i64.extend_i32_u (ref.is_null (local.get $l{i}))))");
            }
            ty => {
                args += &format!("({ty}.const {i})");
                body += &format!(
                    "(local.set $l{i} ({ty}.add ({ty}.mul (local.get $l{i}) (local.get $p{i})) ({ty}.const 1)))"
                );
                end += &format!("({ty}.store (i32.const {}) (local.get $l{i}))", 16 * i);
            }
        }
    }
    check(
        &format!(
            r#"(memory (export "memory") 1)
            (elem declare func $many)
            (func $many (param $n i32) {params} (result i32) {declared}
                (loop $next
                    {body}
                    (if (i32.eqz (i32.rem_u (local.get $n) (i32.const 4))) (then (call $collect)))
                    (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                {end}
                (local.get $l0))
            (func (export "run") (param i32) (result i32)
                (call $many (local.get 0) {args}))"#
        ),
        &[40, 13, 1],
    );
}

#[test]
fn many_results_and_parameters_of_the_loop() {
    let count = 24;
    let types = ["i32", "i64", "f32", "f64"];
    let ty = |i: usize| types[i % types.len()];
    let list: String = (0..count).map(|i| format!("{} ", ty(i))).collect();
    let locals: String = (0..count)
        .map(|i| format!("(local $l{i} {})", ty(i)))
        .collect();
    let first: String = (0..count)
        .map(|i| format!("({}.const {i})", ty(i)))
        .collect();
    let sets: String = (0..count)
        .rev()
        .map(|i| format!("(local.set $l{i})"))
        .collect();
    let gets: String = (0..count)
        .map(|i| format!("({t}.add (local.get $l{i}) ({t}.const {i}))", t = ty(i)))
        .collect();
    check(
        &format!(
            r#"(type $t (func (param {list}) (result {list})))
            (func $many (param $n i32) (result {list}) {locals}
                {first}
                (loop $next (type $t)
                    {sets} {gets}
                    (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
            (func (export "run") (param i32) (result {list}) (call $many (local.get 0)))"#
        ),
        &[30, 110, 1],
    );
}

#[test]
fn memories_and_tables_that_grow_in_the_loop() {
    for memory in [
        "(memory (export \"memory\") 1 200)",
        "(memory (export \"memory\") 1)",
    ] {
        check(
            &format!(
                r#"{memory}
                (table $t 1 externref)
                (func (export "run") (param $n i32) (result i64) (local $at i32) (local $sum i64)
                    (loop $next
                        (drop (memory.grow (i32.const 1)))
                        (drop (table.grow $t (call $make (i64.extend_i32_u (local.get $n))) (i32.const 3)))
                        (local.set $at (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 8)))
                        (i64.store (local.get $at) (i64.extend_i32_u (local.get $n)))
                        (i32.store (i32.shl (local.get $n) (i32.const 2)) (memory.size))
                        (local.set $sum (i64.add (local.get $sum) (i64.load (local.get $at))))
                        (local.set $sum (i64.add (i64.mul (local.get $sum) (i64.const 3))
                            (call $read (table.get $t (i32.sub (table.size $t) (i32.const 1))))))
                        (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                    (local.get $sum))"#
            ),
            &[12, 40],
        );
    }
}

/// References that only the loop keeps alive, replaced while the host collects.
#[test]
fn references_and_collections() {
    check(
        r#"(table 4 funcref) (elem (i32.const 0) func $f $g)
        (type $t (func (result i64)))
        (func $f (result i64) (i64.const 5))
        (func $g (result i64) (i64.const 6))
        (func (export "run") (param $n i32) (result i64)
            (local $a externref) (local $b externref) (local $f funcref) (local $sum i64)
            (local.set $a (call $make (i64.const 1000)))
            (call $make (i64.const 2000))
            (block $done (param externref) (result externref)
                (loop $outer (param externref) (result externref)
                    (local.set $b (call $make (i64.extend_i32_u (local.get $n))))
                    (call $make (i64.const 3000))
                    (loop $inner (param externref) (result externref)
                        (call $collect)
                        (local.get $b)
                        (local.set $b)
                        (local.set $sum (i64.add (i64.mul (local.get $sum) (i64.const 3)) (call $read (local.get $a))))
                        (local.set $a (call $make (local.get $sum)))
                        (local.set $f (table.get (i32.and (local.get $n) (i32.const 1))))
                        (table.set (i32.const 2) (local.get $f))
                        (local.set $sum (i64.add (local.get $sum) (call_indirect (type $t) (i32.const 2))))
                        (br_if $inner (i64.ne (i64.rem_u (local.get $sum) (i64.const 5)) (i64.const 0))
                            ))
                    (local.set $sum (i64.xor (call $read) (local.get $sum)))
                    (call $log (call $read (local.get $b)))
                    (br_if $done (i32.eqz (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                    (br $outer)))
            (i64.add (call $read) (local.get $sum)))"#,
        &[9, 30],
    );
}

/// Where it traps, and what the backtrace says, does not depend on the tier.
#[test]
fn traps_and_backtraces() {
    for trap in [
        "(unreachable)",
        "(drop (i32.div_u (i32.const 1) (local.get $n)))",
        "(drop (i32.load (i32.sub (local.get $n) (i32.const 1))))",
        "(drop (i32.trunc_f32_s (f32.const nan)))",
        "(call_indirect (i32.const 0))",
        "(call_indirect (i32.const 9))",
        "(call_indirect (i32.const 1))",
        "(call $deep (i32.const 3))",
        "(memory.fill (i32.const 0xffff) (local.get $n) (i32.const 2))",
    ] {
        check(
            &format!(
                r#"(memory (export "memory") 1)
                (table 3 funcref) (elem (i32.const 1) func $deep)
                (func $deep (param $d i32)
                    (call $where)
                    (if (i32.eqz (local.get $d)) (then (unreachable)))
                    (call $deep (i32.sub (local.get $d) (i32.const 1))))
                (func $middle (param $n i32) (result i32)
                    (loop $outer
                        (loop $next
                            (i32.store8 (local.get $n) (local.get $n))
                            (if (i32.eqz (local.get $n)) (then {trap}))
                            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
                            (if (i32.eq (local.get $n) (i32.const 12)) (then (call $where)))
                            (br_if $next (i32.rem_u (local.get $n) (i32.const 10))))
                        (br $outer))
                    (unreachable))
                (func (export "run") (param i32) (result i32) (call $middle (local.get 0)))"#
            ),
            &[35, 120, 3],
        );
    }
}

#[test]
fn calls_recursion_and_tail_calls_in_the_loop() {
    check(
        r#"(type $t (func (param i32 i64 i32 i32 i32 i32 i32 i32 i32) (result i64)))
        (table funcref (elem $loop))
        (func $loop (type $t) (local $i i32)
            (local.set $i (i32.const 6))
            (loop $next
                (local.set 1 (i64.add (i64.mul (local.get 1) (i64.const 3)) (i64.extend_i32_u (local.get 8))))
                (if (i32.and (local.get 0) (i32.eq (local.get $i) (i32.const 3)))
                    (then
                        (local.set 1 (call $loop (i32.sub (local.get 0) (i32.const 1)) (local.get 1)
                            (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5) (i32.const 6) (i32.const 7)
                            (local.get $i)))))
                (br_if $next (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
            (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
            (return_call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (local.get 1)
                (local.get 3) (local.get 4) (local.get 5) (local.get 6) (local.get 7) (local.get 8) (local.get 2)
                (i32.const 0)))
        (func (export "run") (param i32) (result i64)
            (call $loop (local.get 0) (i64.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5)
                (i32.const 6) (i32.const 7) (i32.const 8)))"#,
        &[6, 0, 3],
    );
}

/// Fuel runs out in the same place.
#[test]
fn fuel_runs_out_in_the_loop() {
    check(
        r#"(func (export "run") (param $n i32) (local $i i32)
            (loop $outer
                (local.set $i (i32.const 50))
                (loop $inner
                    (call $log (i64.extend_i32_u (local.get $i)))
                    (br_if $inner (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
                (br_if $outer (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))"#,
        &[3, 300, 1],
    );
}
