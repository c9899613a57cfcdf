//! Inlined calls are calls: results, traps, backtraces and fuel are the same as without inlining, and as in the baseline
//! tier.

use bolide::*;

/// What a call showed.
#[derive(Debug, PartialEq)]
struct Seen {
    outcome: std::result::Result<i64, Trap>,
    /// Function and offset in the module, innermost first.
    trapped_in: Vec<(u32, Option<usize>)>,
    /// The frames of each call of the host.
    host_calls: Vec<Vec<(u32, Option<usize>)>>,
    fuel: Option<u64>,
    /// The first bytes of the memory.
    memory: Vec<u8>,
    global: i32,
}

fn frames(backtrace: &WasmBacktrace) -> Vec<(u32, Option<usize>)> {
    let frames = backtrace.frames().iter();
    frames
        .map(|frame| (frame.func_index(), frame.module_offset()))
        .collect()
}

fn run(config: &Config, fuel: bool, text: &str, argument: i32) -> Seen {
    let mut config = config.clone();
    config.consume_fuel(fuel);
    let engine = Engine::new(&config).unwrap();
    let module = Module::new(&engine, text).unwrap();
    let mut store = Store::new(&engine, Vec::new());
    if fuel {
        store.set_fuel(1_000_000).unwrap();
    }
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap("host", "see", |mut caller: Caller<'_, Vec<_>>, x: i32| {
            let seen = frames(&WasmBacktrace::capture(&caller));
            caller.data_mut().push(seen);
            x + 1
        })
        .unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let test = instance.get_typed_func::<i32, i64>(&mut store, "test");
    let result = test.unwrap().call(&mut store, argument);
    let trapped_in = match &result {
        Ok(_) => Vec::new(),
        Err(error) => frames(error.downcast_ref::<WasmBacktrace>().unwrap()),
    };
    let memory = instance.get_memory(&mut store, "memory");
    let global = instance.get_global(&mut store, "global");
    Seen {
        outcome: result.map_err(|error| *error.downcast_ref::<Trap>().unwrap()),
        trapped_in,
        fuel: fuel.then(|| store.get_fuel().unwrap()),
        memory: memory.map_or_else(Vec::new, |memory| memory.data(&store)[..64].to_vec()),
        global: global.map_or(0, |global| global.get(&mut store).unwrap_i32()),
        host_calls: store.into_data(),
    }
}

/// Runs the export `test` of a module in every way, and returns what all of them showed.
fn check(text: &str, argument: i32) -> Seen {
    let text = format!(
        r#"(module (import "host" "see" (func $see (param i32) (result i32)))
            (memory (export "memory") 1) (global $g (export "global") (mut i32) (i32.const 0)) {text})"#
    );
    let mut plain = Config::new();
    plain.strategy(Strategy::Optimizing);
    plain.optimizations("all=off".parse().unwrap());
    let mut variants = vec![plain.clone()];
    for optimizations in ["all=on", "all=off,inline=on", "inline=off"] {
        let mut config = plain.clone();
        config.optimizations(optimizations.parse().unwrap());
        variants.push(config.clone());
        variants.push(config.memory_reservation(0).clone());
    }
    variants.push(plain.clone().strategy(Strategy::Baseline).clone());
    for (calls, iterations) in [(1, 1), (3, 5), (u32::MAX, 2)] {
        let mut tiering = TieringConfig::new();
        tiering
            .call_threshold(calls)
            .loop_threshold(iterations)
            .synchronous(true);
        let mut config = Config::new();
        config.strategy(Strategy::Tiered).tiering(tiering);
        variants.push(config);
    }
    let mut last = None;
    for fuel in [true, false] {
        let expected = run(&variants[0], fuel, &text, argument);
        for config in &variants[1..] {
            let seen = run(config, fuel, &text, argument);
            assert_eq!(seen, expected, "{text}\n{config:?}");
        }
        last = Some(expected);
    }
    last.unwrap()
}

#[test]
fn every_trap_has_the_frames_of_the_inlined_calls() {
    let traps = |body: &str, argument: i32| {
        let seen = check(
            &format!(
                r#"(table 4 funcref) (elem (i32.const 1) $other) (type $t (func (result i32)))
                (func $other (result i64) (i64.const 1))
                (func $innermost (param i32) (result i32) (global.set $g (local.get 0)) {body})
                (func $middle (param i32) (result i32)
                    (i32.add (i32.const 1) (call $innermost (local.get 0))))
                (func (export "test") (param i32) (result i64)
                    (i64.extend_i32_u (call $middle (i32.sub (local.get 0) (i32.const 1)))))"#
            ),
            argument,
        );
        let functions: Vec<u32> = seen.trapped_in.iter().map(|(func, _)| *func).collect();
        assert_eq!(functions, [2, 3, 4], "{body}");
        assert_eq!(seen.global, argument - 1);
        seen.outcome.unwrap_err()
    };
    for (body, argument, trap) in [
        ("unreachable", 5, Trap::UnreachableCodeReached),
        (
            "(i32.div_u (i32.const 7) (local.get 0))",
            1,
            Trap::IntegerDivisionByZero,
        ),
        ("(i32.load (local.get 0))", 0, Trap::MemoryOutOfBounds),
        (
            "(i32.store8 (local.get 0) (i32.const 1)) (i32.const 3)",
            0,
            Trap::MemoryOutOfBounds,
        ),
        ("(i32.atomic.load (local.get 0))", 4, Trap::HeapMisaligned),
        (
            "(call_indirect (type $t) (local.get 0))",
            9,
            Trap::IndirectCallOutOfBounds,
        ),
        (
            "(call_indirect (type $t) (local.get 0))",
            1,
            Trap::IndirectCallToNull,
        ),
        (
            "(call_indirect (type $t) (local.get 0))",
            2,
            Trap::BadSignature,
        ),
        (
            "(i32.trunc_f32_s (f32.mul (f32.const 1e30) (f32.convert_i32_s (local.get 0))))",
            8,
            Trap::IntegerOverflow,
        ),
        (
            "(drop (table.get 0 (local.get 0))) (i32.const 1)",
            77,
            Trap::TableOutOfBounds,
        ),
    ] {
        assert_eq!(traps(body, argument), trap, "{body}");
    }
}

/// An access that becomes an operand of an instruction of another function traps where it was written.
#[test]
fn accesses_trap_where_they_are() {
    for (accessor, user) in [
        (
            "(i32.load (local.get 0))",
            "(i64.extend_i32_u (i32.add (local.get 0) (call $access (local.get 0))))",
        ),
        (
            "(i32.load (local.get 0))",
            "(i64.extend_i32_u (i32.lt_s (call $access (local.get 0)) (local.get 0)))",
        ),
        (
            "(i32.load (local.get 0))",
            "(i32.store (local.get 0) (i32.add (call $access (local.get 0)) (i32.const 1))) (i64.const 0)",
        ),
        (
            "(i32.load (local.get 0))",
            "(i64.extend_i32_u (i32.div_u (local.get 0) (call $access (local.get 0))))",
        ),
        (
            "(i32.load (local.get 0))",
            "(if (result i64) (call $access (local.get 0)) (then (i64.const 1)) (else (i64.const 2)))",
        ),
        (
            "(i32.store (local.get 0) (i32.const 1)) (i32.const 2)",
            "(i32.store (local.get 0) (call $access (local.get 0))) (i64.const 4)",
        ),
        (
            "(i32.trunc_sat_f32_s (f32.sqrt (f32.load (local.get 0))))",
            "(i64.extend_i32_u (call $access (local.get 0)))",
        ),
        (
            "(i32.load (local.get 0))",
            "(i64.extend_i32_u (i32.load (call $access (local.get 0))))",
        ),
    ] {
        let text = format!(
            r#"(func $access (param i32) (result i32) {accessor})
               (func (export "test") (param i32) (result i64) {user})"#
        );
        let seen = check(&text, -8);
        let functions: Vec<u32> = seen.trapped_in.iter().map(|(func, _)| *func).collect();
        assert_eq!(functions, [1, 2], "{text}");
        check(&text, 8);
    }
}

#[test]
fn hosts_see_all_frames() {
    let seen = check(
        r#"(func $leaf (param i32) (result i32) (call $see (local.get 0)))
           (func $twice (param i32) (result i32) (call $leaf (call $leaf (local.get 0))))
           (func (export "test") (param i32) (result i64)
              (i64.extend_i32_u (i32.add (call $twice (local.get 0)) (call $leaf (i32.const 3)))))"#,
        10,
    );
    assert_eq!(seen.outcome, Ok(16));
    let depths: Vec<usize> = seen.host_calls.iter().map(Vec::len).collect();
    assert_eq!(depths, [3, 3, 2]);
}

#[test]
fn recursion_is_exact() {
    let fib = r#"(func $fib (export "test") (param i32) (result i64)
        (if (i32.eq (local.get 0) (i32.const -1)) (then unreachable))
        (if (result i64) (i32.lt_s (local.get 0) (i32.const 2))
            (then (i64.extend_i32_s (local.get 0)))
            (else (i64.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                           (call $fib (i32.sub (local.get 0) (i32.const 2)))))))"#;
    assert_eq!(check(fib, 12).outcome, Ok(144));
    let down = r#"(func $down (export "test") (param i32) (result i64)
        (i64.add (i64.const 1) (call $down (i32.sub (local.get 0)
            (i32.div_u (i32.const 1) (i32.eqz (i32.eqz (local.get 0))))))))"#;
    for depth in [0, 1, 2, 3, 10] {
        let seen = check(down, depth);
        assert_eq!(seen.outcome, Err(Trap::IntegerDivisionByZero));
        assert_eq!(seen.trapped_in.len() as i32, depth + 1);
    }
    let even = r#"(func $even (export "test") (param i32) (result i64)
            (if (i32.eqz (local.get 0)) (then (return (i64.const 1))))
            (return (call $odd (i32.sub (local.get 0) (i32.const 1)))))
        (func $odd (param i32) (result i64)
            (if (i32.eqz (local.get 0)) (then (return (i64.const 0))))
            (call $even (i32.sub (local.get 0) (i32.const 1))))"#;
    assert_eq!(check(even, 101).outcome, Ok(0));
    assert_eq!(check(even, 100).outcome, Ok(1));
}

#[test]
fn control_flow_of_callees_stays_theirs() {
    // Many ways out, a loop, values below the call, and locals that start as zero each time.
    let text = r#"
        (func $many (param i32) (result i32 i64 f64) (local i32)
            (local.set 1 (i32.add (local.get 1) (i32.const 1)))
            (block (block (block (br_table 0 1 2 (i32.rem_u (local.get 0) (i32.const 4))))
                (return (local.get 1) (i64.const 10) (f64.const 0.5)))
                (return (i32.const 2) (i64.const 20) (f64.const 1.5)))
            (loop $again (result i32 i64 f64)
                (br_if $again (i32.gt_s (local.tee 0 (i32.sub (local.get 0) (i32.const 3))) (i32.const 5)))
                (local.get 0) (i64.const 30) (f64.const 2.5)))
        (func $sum (param i32) (result i64) (local i64 f64)
            (i64.const 1000)
            (call $many (local.get 0))
            (local.set 2) (local.set 1) (i64.extend_i32_s)
            (i64.add (i64.mul (local.get 1) (i64.trunc_f64_s (f64.mul (local.get 2) (f64.const 2)))))
            (i64.add))
        (func (export "test") (param i32) (result i64) (local i64)
            (loop $again
                (local.set 1 (i64.add (local.get 1) (call $sum (local.get 0))))
                (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
            (local.get 1))"#;
    for argument in [1, 2, 9, 40] {
        assert!(check(text, argument).outcome.is_ok());
    }
    let never = r#"(func $never (param i32) (result i64) (global.set $g (local.get 0)) unreachable)
        (func (export "test") (param i32) (result i64)
            (if (result i64) (local.get 0)
                (then (i64.add (i64.const 1) (call $never (i32.const 5))))
                (else (i64.const 3))))"#;
    assert_eq!(check(never, 0).outcome, Ok(3));
    assert_eq!(check(never, 1).trapped_in.len(), 2);
}

/// A loop is entered while it runs, in a function that is also inlined into itself.
#[test]
fn loops_of_recursive_functions_go_on() {
    let text = r#"(func $walk (export "test") (param i32) (result i64) (local i64)
        (i64.const 3)
        (block $out
            (br_if $out (i32.eqz (local.get 0)))
            (loop $again
                (local.set 1 (i64.add (local.get 1) (call $walk (i32.sub (local.get 0) (i32.const 1)))))
                (local.set 1 (i64.rotl (local.get 1) (i64.const 1)))
                (if (i64.eq (i64.and (local.get 1) (i64.const 255)) (i64.const 254)) (then unreachable))
                (br_if $again (i64.ne (i64.and (local.get 1) (i64.const 7)) (i64.const 2)))))
        (i64.add (local.get 1)))"#;
    for argument in 0..5 {
        check(text, argument);
    }
}

#[test]
fn tail_calls_in_callees_keep_the_frame_of_the_caller() {
    let text = r#"(func $leaf (param i32) (result i32) (call $see (local.get 0)))
        (func $jump (param i32) (result i32) (return_call $leaf (local.get 0)))
        (func (export "test") (param i32) (result i64)
            (i64.extend_i32_u (call $jump (local.get 0))))"#;
    let seen = check(text, 1);
    assert_eq!(seen.outcome, Ok(2));
    let functions: Vec<u32> = seen.host_calls[0].iter().map(|(func, _)| *func).collect();
    assert_eq!(functions, [1, 3]);
}
