//! Tier-up with compilers of the tests in the place of the tiers (see [`compilers`]).

mod compilers;
mod processors;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use compilers::{Counting, LOOP, Optimized};

use super::{
    Compilers, FunctionLoops, JobKind, LoopWish, OsrEntry, OsrLoop, Strategy, Tier, TieringConfig,
    processors, state,
};
use crate::error::Result;
use crate::profiler::Profiler;
use crate::tiering::ProfilingStrategy;
use crate::{
    AsContext, Config, Engine, Instance, Module, Store, Trap, UpdateDeadline, WasmBacktrace,
};
use bolide_module::DefinedFuncIndex;

/// An engine with compilers of the tests, and these.
struct Bench {
    engine: Engine,
    baseline: Arc<Counting>,
    optimized: Arc<Optimized>,
}

/// What the compilers cannot do.
#[derive(Default)]
struct Gaps {
    baseline: Option<u32>,
    optimized: Option<u32>,
    loops: bool,
}

impl Bench {
    fn new(tiering: &TieringConfig, gaps: Gaps, change: impl FnOnce(&mut Config)) -> Bench {
        let mut config = Config::new();
        config.strategy(Strategy::Tiered).tiering(tiering.clone());
        change(&mut config);
        let mut compilers = None;
        let profiler = Profiler::new(config.tuning.profiler).unwrap();
        let engine = Engine::build(&config, profiler, |options| {
            let baseline = Counting::new(options, gaps.baseline);
            let optimized = Optimized::new(options, gaps.optimized, !gaps.loops);
            compilers = Some((baseline.clone(), optimized.clone()));
            Ok(Compilers {
                baseline: Some(baseline),
                optimizing: optimized,
            })
        });
        let (baseline, optimized) = compilers.unwrap();
        Bench {
            engine: engine.unwrap(),
            baseline,
            optimized,
        }
    }

    fn simple(tiering: &TieringConfig) -> Bench {
        Bench::new(tiering, Gaps::default(), |_| {})
    }

    fn instance(&self, text: &str) -> Guest {
        Guest::new(&Module::new(&self.engine, text).unwrap())
    }
}

/// Everything is hot at once, and the guest waits.
fn at_once() -> TieringConfig {
    let mut tiering = TieringConfig::new();
    tiering
        .call_threshold(1)
        .loop_threshold(1)
        .synchronous(true);
    tiering
}

/// Everything is hot at once, and compiled in the background.
fn in_background() -> TieringConfig {
    let mut tiering = at_once();
    tiering.synchronous(false).worker_threads(2);
    tiering
}

struct Guest {
    store: Store<()>,
    module: Module,
    instance: Instance,
}

impl Guest {
    fn new(module: &Module) -> Guest {
        let mut store = Store::new(module.engine(), ());
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|_| Ok(UpdateDeadline::Continue(1)));
        let instance = Instance::new(&mut store, module, &[]).unwrap();
        Guest {
            store,
            module: module.clone(),
            instance,
        }
    }

    fn call(&mut self, name: &str, argument: i64) -> Result<i64> {
        let func = self
            .instance
            .get_typed_func::<i64, i64>(&mut self.store, name)?;
        func.call(&mut self.store, argument)
    }
}

fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < end, "{what} did not happen");
        thread::sleep(Duration::from_millis(1));
    }
}

/// Functions with arguments in all kinds of places, recursion, indirect calls and traps.
const CALLS: &str = r#"(module
    (type $unary (func (param i64) (result i64)))
    (table funcref (elem $double))
    (memory 1)
    (func $double (param i64) (result i64) (i64.mul (local.get 0) (i64.const 2)))
    (func $many (param i64 i32 f32 v128 i64 i64 i64 i64 f64 f64 f64 f64 f64 f64 f64 f64) (result i64)
        (i64.add
            (i64.add (local.get 0) (i64.extend_i32_u (local.get 1)))
            (i64.add (local.get 7) (i64.trunc_f64_s (f64.add (local.get 15) (local.get 8))))))
    (func (export "fib") (param $n i64) (result i64)
        (if (result i64) (i64.lt_u (local.get $n) (i64.const 2))
            (then (local.get $n))
            (else (i64.add
                (call 2 (i64.sub (local.get $n) (i64.const 1)))
                (call 2 (i64.sub (local.get $n) (i64.const 2)))))))
    (func (export "many") (param $n i64) (result i64)
        (call $many (local.get $n) (i32.const 1) (f32.const 0) (v128.const i64x2 7 7)
            (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 30)
            (f64.const 400) (f64.const 0) (f64.const 0) (f64.const 0) (f64.const 0) (f64.const 0) (f64.const 0)
            (f64.const 5000)))
    (func (export "indirect") (param $n i64) (result i64)
        (call_indirect (type $unary) (local.get $n) (i32.const 0)))
    (func $divide (param $n i64) (result i64) (i64.div_u (i64.const 100) (local.get $n)))
    (func (export "divide") (param $n i64) (result i64) (call $divide (local.get $n)))
    (func (export "load") (param $n i64) (result i64) (i64.load (i32.wrap_i64 (local.get $n)))))"#;

#[test]
fn every_function_is_optimized_after_its_first_call() {
    let bench = Bench::simple(&at_once());
    let mut guest = bench.instance(CALLS);
    // The first call runs in baseline code, the others in optimized code.
    for _ in 0..3 {
        assert_eq!(guest.call("fib", 10).unwrap(), 55);
        assert_eq!(guest.call("many", 1).unwrap(), 1 + 1 + 30 + 5400);
        assert_eq!(guest.call("indirect", 21).unwrap(), 42);
        assert_eq!(guest.call("divide", 7).unwrap(), 14);
        assert_eq!(guest.call("load", 65_528).unwrap(), 0);
    }
    let statistics = guest.module.statistics();
    assert_eq!(statistics.baseline.functions, 8);
    assert_eq!(statistics.optimizing.functions, 8);
    assert!(statistics.baseline.code_bytes > statistics.optimizing.code_bytes);
    let engine = bench.engine.statistics();
    assert_eq!((engine.functions, engine.tiers), (8, statistics));
    assert_eq!(bench.baseline.compiled.load(Ordering::SeqCst), 8);
}

#[test]
fn traps_and_backtraces_are_the_same_in_both_tiers() {
    let bench = Bench::simple(&at_once());
    let mut guest = bench.instance(CALLS);
    let mut describe = |name: &str, argument| {
        let error = guest.call(name, argument).unwrap_err();
        let trap: Trap = *error.downcast_ref().unwrap();
        let frames = error.downcast_ref::<WasmBacktrace>().unwrap().frames();
        let frames = frames.iter().map(|f| (f.func_index(), f.module_offset()));
        (trap, frames.collect::<Vec<_>>())
    };
    for (name, argument, trap, depth) in [
        ("divide", 0, Trap::IntegerDivisionByZero, 2),
        ("load", 65_529, Trap::MemoryOutOfBounds, 1),
    ] {
        let baseline = describe(name, argument);
        let optimized = describe(name, argument);
        assert_eq!(baseline.0, trap);
        assert_eq!(baseline.1.len(), depth);
        assert_eq!(baseline, optimized);
    }
    assert_eq!(guest.module.statistics().optimizing.functions, 3);
}

#[test]
fn hot_functions_are_optimized_in_the_background() {
    let bench = Bench::simple(&in_background());
    let mut guest = bench.instance(CALLS);
    bench.optimized.gate.close();
    assert_eq!(guest.call("fib", 15).unwrap(), 610);
    // The guest did not wait.
    bench.optimized.gate.wait_for(1);
    assert_eq!(guest.module.statistics().optimizing.functions, 0);
    bench.optimized.gate.open();
    eventually("optimization", || {
        guest.module.statistics().optimizing.functions == 1
    });
    assert_eq!(guest.call("fib", 15).unwrap(), 610);
    let statistics = bench.engine.statistics();
    assert_eq!((statistics.queue.threads, statistics.queue.waiting), (1, 0));
    assert_eq!(statistics.functions, 1);
}

#[test]
fn thresholds_decide_when_a_function_is_hot() {
    let mut tiering = at_once();
    tiering.call_threshold(100);
    let bench = Bench::simple(&tiering);
    let mut guest = bench.instance(CALLS);
    for _ in 0..90 {
        guest.call("indirect", 1).unwrap();
    }
    assert_eq!(guest.module.statistics().optimizing.functions, 0);
    for _ in 0..20 {
        guest.call("indirect", 1).unwrap();
    }
    assert_eq!(guest.module.statistics().optimizing.functions, 2);
}

#[test]
fn a_running_loop_goes_over_to_optimized_code() {
    let bench = Bench::simple(&at_once());
    let mut guest = bench.instance(LOOP);
    assert_eq!(guest.call("sum", 100_000).unwrap(), 5_000_050_000);
    let statistics = guest.module.statistics();
    assert_eq!((statistics.osr.functions, statistics.osr_entries), (1, 1));
    // The next call starts in optimized code.
    assert_eq!(statistics.optimizing.functions, 1);
    assert_eq!(guest.call("sum", 10).unwrap(), 55);
    let statistics = guest.module.statistics();
    assert_eq!((statistics.osr.functions, statistics.osr_entries), (1, 1));
}

#[test]
fn a_running_loop_goes_over_when_the_background_is_ready() {
    let mut tiering = TieringConfig::new();
    tiering.worker_threads(1);
    let bench = Bench::simple(&tiering);
    let mut guest = bench.instance(LOOP);
    let count = 1 << 31;
    // Seconds in baseline code, unless the loop is left.
    let sum = guest.call("sum", count).unwrap();
    assert_eq!(sum, count * (count + 1) / 2);
    let statistics = guest.module.statistics();
    assert_eq!((statistics.osr.functions, statistics.osr_entries), (1, 1));
    assert_eq!(statistics.failures, 0);
}

#[test]
fn a_loop_that_cannot_be_entered_runs_on() {
    let gaps = Gaps {
        loops: true,
        ..Gaps::default()
    };
    let bench = Bench::new(&at_once(), gaps, |_| {});
    let mut guest = bench.instance(LOOP);
    assert_eq!(guest.call("sum", 1000).unwrap(), 500_500);
    let statistics = guest.module.statistics();
    assert_eq!((statistics.osr_entries, statistics.failures), (0, 1));
    // Calls are optimized all the same.
    assert_eq!(statistics.optimizing.functions, 1);
}

#[test]
fn what_one_compiler_cannot_do_is_left_to_the_other() {
    let gaps = Gaps {
        baseline: Some(0),
        optimized: Some(2),
        loops: false,
    };
    let bench = Bench::new(&at_once(), gaps, |_| {});
    let mut guest = bench.instance(CALLS);
    for _ in 0..3 {
        assert_eq!(guest.call("indirect", 4).unwrap(), 8);
        assert_eq!(guest.call("fib", 10).unwrap(), 55);
    }
    let statistics = guest.module.statistics();
    assert_eq!((statistics.fallbacks, statistics.failures), (1, 1));
    assert_eq!(statistics.baseline.functions, 2);
    assert_eq!(statistics.optimizing.functions, 2);
}

#[test]
fn a_full_queue_turns_functions_away_until_later() {
    let mut tiering = in_background();
    tiering.worker_threads(1).queue_capacity(1);
    let bench = Bench::simple(&tiering);
    let mut guest = bench.instance(CALLS);
    bench.optimized.gate.close();
    guest.call("fib", 1).unwrap();
    bench.optimized.gate.wait_for(1);
    // One is compiled, one waits, and there is no room for the others.
    for name in ["many", "indirect", "divide"] {
        guest.call(name, 1).unwrap();
    }
    let queue = bench.engine.statistics().queue;
    assert_eq!((queue.waiting, queue.longest), (1, 1));
    assert!(queue.rejected >= 4, "{queue:?}");
    bench.optimized.gate.open();
    eventually("optimization of all", || {
        for name in ["many", "indirect", "divide"] {
            guest.call(name, 1).unwrap();
        }
        guest.module.statistics().optimizing.functions == 7
    });
}

#[test]
fn code_is_never_replaced_by_code_of_a_lower_tier() {
    let bench = Bench::simple(&at_once());
    let mut guest = bench.instance(CALLS);
    guest.call("fib", 2).unwrap();
    let inner = &guest.module.inner;
    let fib = DefinedFuncIndex(2);
    let code = inner.current_code(fib);
    let late = inner.task(fib, Tier::Baseline);
    let result = late.compile(bench.engine.compilers());
    inner.finish(&late, result);
    assert_eq!(inner.current_code(fib), code);
    assert_eq!(guest.module.statistics().baseline.functions, 1);
}

#[test]
fn calls_through_references_run_newer_code_sooner_or_later() {
    let mut tiering = at_once();
    tiering.call_threshold(10);
    let bench = Bench::simple(&tiering);
    let module = Module::new(&bench.engine, CALLS).unwrap();
    // The second instance is made before there is code, too.
    let mut guests = [Guest::new(&module), Guest::new(&module)];
    let double = DefinedFuncIndex(0);
    let code = |guest: &Guest| {
        let instances = &guest.store.as_context().inner().instances;
        let instance = instances.iter().next().unwrap();
        let funcref = instance.funcref(module.inner.module.func_index(double));
        // SAFETY: the instance is alive.
        let code = unsafe { funcref.as_ref() }.code.load(Ordering::Relaxed);
        code == module.inner.current_code(double).as_ptr()
    };
    assert!(guests.iter().all(code), "all is stubs");
    for guest in &mut guests {
        guest.call("indirect", 1).unwrap();
        assert!(code(guest), "the stub has compiled");
        for _ in 0..30 {
            guest.call("indirect", 1).unwrap();
        }
        assert!(code(guest), "the function has tiered up");
    }
    assert_eq!(module.inner.tiers.tier(double), Tier::Optimizing as u8);
}

#[test]
fn threads_that_meet_at_a_stub_compile_once() {
    for _ in 0..20 {
        let bench = Bench::simple(&TieringConfig::new());
        let module = Module::new(&bench.engine, CALLS).unwrap();
        let barrier = Barrier::new(8);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let mut guest = Guest::new(&module);
                    barrier.wait();
                    assert_eq!(guest.call("divide", 5).unwrap(), 20);
                });
            }
        });
        assert_eq!(bench.baseline.compiled.load(Ordering::SeqCst), 2);
    }
}

#[test]
fn nobody_waits_for_the_compilation_of_another_function() {
    let gaps = Gaps {
        baseline: Some(0),
        ..Gaps::default()
    };
    let bench = Bench::new(&TieringConfig::new(), gaps, |_| {});
    let functions = (0..300).map(|i| {
        format!(r#"(func (export "{i}") (param i64) (result i64) (i64.add (local.get 0) (i64.const {i})))"#)
    });
    let text = format!("(module {})", functions.collect::<String>());
    let module = Module::new(&bench.engine, text).unwrap();
    bench.optimized.gate.close();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| assert_eq!(Guest::new(&module).call("0", 5).unwrap(), 5));
        }
        // One thread compiles the first function with the other compiler, and stays there.
        bench.optimized.gate.wait_for(1);
        let mut guest = Guest::new(&module);
        for i in 1..300 {
            assert_eq!(guest.call(&i.to_string(), 5).unwrap(), 5 + i);
        }
        bench.optimized.gate.open();
    });
    let statistics = module.statistics();
    assert_eq!(statistics.optimizing.functions, 1);
    assert_eq!(statistics.baseline.functions, 299);
}

#[test]
fn a_module_can_be_dropped_while_its_functions_compile() {
    let bench = Bench::simple(&in_background());
    bench.optimized.gate.close();
    for _ in 0..2 {
        let mut guest = bench.instance(CALLS);
        guest.call("fib", 5).unwrap();
        guest.call("divide", 5).unwrap();
        // Both threads compile for the first module.
        bench.optimized.gate.wait_for(2);
    }
    // What waited for the modules is forgotten, and what is compiled is thrown away.
    assert_eq!(bench.engine.statistics().queue.waiting, 0);
    bench.optimized.gate.open();
    bench.engine.pool().wait_until_idle();
    assert_eq!(bench.engine.statistics().tiers.optimizing.functions, 0);
}

#[test]
fn dropping_an_engine_does_not_wait_for_its_threads() {
    let bench = Bench::simple(&in_background());
    let weak = Arc::downgrade(&bench.optimized);
    let mut guest = bench.instance(CALLS);
    bench.optimized.gate.close();
    guest.call("fib", 5).unwrap();
    guest.call("many", 5).unwrap();
    bench.optimized.gate.wait_for(2);
    let optimized = bench.optimized.clone();
    let (engine, module) = (bench.engine.weak(), guest.module.inner.this.clone());
    drop(guest);
    drop(bench);
    // Both compilations still wait at the gate. There is nothing left that they could publish to.
    optimized.gate.wait_for(2);
    assert!(engine.upgrade().is_none());
    assert!(module.upgrade().is_none());
    optimized.gate.open();
    drop(optimized);
    // The threads end, and let go of what they held.
    eventually("the end of the threads", || weak.strong_count() == 0);
}

#[test]
fn functions_are_compiled_ahead() {
    let mut tiering = TieringConfig::new();
    tiering.compile_ahead(true);
    let bench = Bench::simple(&tiering);
    let mut guest = bench.instance(CALLS);
    if processors() == 1 {
        return;
    }
    // The five exports. What they call, or `$double` in the table, is another matter.
    eventually("compilation of exports", || {
        guest.module.statistics().baseline.functions == 5
    });
    bench.engine.pool().wait_until_idle();
    guest.module.inner.compile_ahead(Some(DefinedFuncIndex(6)));
    eventually("compilation of a callee", || {
        guest.module.statistics().baseline.functions == 6
    });
    assert_eq!(guest.call("divide", 5).unwrap(), 20);
    assert_eq!(guest.module.statistics().baseline.functions, 6);
    assert_eq!(guest.module.statistics().optimizing.functions, 0);
}

#[test]
fn loops_come_first_and_then_what_is_hottest() {
    let mut tiering = in_background();
    tiering.worker_threads(1);
    let bench = Bench::simple(&tiering);
    let module = Module::new(&bench.engine, CALLS).unwrap();
    let inner = &module.inner;
    bench.optimized.gate.close();
    let pool = bench.engine.pool();
    let push = |func: u32, kind| {
        let job = super::Job::new(inner.this.clone(), Some(DefinedFuncIndex(func)), kind);
        assert!(pool.push(job));
    };
    push(0, JobKind::Function);
    bench.optimized.gate.wait_for(1);
    push(1, JobKind::Function);
    push(2, JobKind::Function);
    pool.heat_up(&inner.this, DefinedFuncIndex(2), JobKind::Function);
    push(3, JobKind::Ahead);
    // A loop does not wait for the end of a compilation.
    push(4, JobKind::Loop(0));
    eventually("compilation of the loop", || {
        bench.engine.statistics().queue.waiting == 3
    });
    assert_eq!(bench.engine.statistics().queue.threads, 2);
    assert_eq!(pool.waiting_in_order(), [2, 1, 3]);
    bench.optimized.gate.open();
}

#[test]
fn a_full_queue_prefers_what_is_more_urgent() {
    let mut tiering = in_background();
    tiering.worker_threads(1).queue_capacity(2);
    let bench = Bench::simple(&tiering);
    let module = Module::new(&bench.engine, CALLS).unwrap();
    let inner = &module.inner;
    bench.optimized.gate.close();
    let pool = bench.engine.pool();
    let push = |func: u32, kind| {
        let func = DefinedFuncIndex(func);
        if kind == JobKind::Function {
            inner.tiers.set(func, state::REQUESTED);
        }
        pool.push(super::Job::new(inner.this.clone(), Some(func), kind))
    };
    let is_requested =
        |func| inner.tiers.state(DefinedFuncIndex(func)) & state::REQUESTED == state::REQUESTED;
    assert!(push(0, JobKind::Function));
    bench.optimized.gate.wait_for(1);
    assert!(push(3, JobKind::Ahead));
    assert!(push(1, JobKind::Function));
    // The queue is full.
    assert!(!push(4, JobKind::Ahead));
    assert!(push(2, JobKind::Function));
    assert!(!push(5, JobKind::Function));
    assert!(push(6, JobKind::Loop(0)));
    // What had to go can be asked for again.
    assert!(is_requested(1) && !is_requested(2));
    eventually("compilation of the loop", || {
        bench.engine.statistics().queue.waiting == 1
    });
    assert_eq!(bench.engine.statistics().queue.rejected, 4);
    assert_eq!(pool.waiting_in_order(), [1]);
    bench.optimized.gate.open();
}

#[test]
fn the_latest_of_the_loops_of_a_function_is_compiled() {
    let mut tiering = TieringConfig::new();
    tiering.worker_threads(1);
    let bench = Bench::simple(&tiering);
    let mut guest = bench.instance(LOOP);
    assert_eq!(guest.call("sum", 3).unwrap(), 6);
    let this = &guest.module.inner.this;
    bench.optimized.gate.close();
    let pool = bench.engine.pool();
    let func = DefinedFuncIndex;
    let push = |of, kind| assert!(pool.push(super::Job::new(this.clone(), Some(func(of)), kind)));
    // Both threads are busy, the one for loops alone, too.
    push(0, JobKind::Function);
    bench.optimized.gate.wait_for(1);
    push(0, JobKind::Loop(0));
    bench.optimized.gate.wait_for(2);
    assert_eq!(pool.replace_loop(this, func(0), 1), None);
    push(5, JobKind::Loop(3));
    assert_eq!(pool.replace_loop(this, func(5), 7), Some(3));
    assert_eq!(pool.replace_loop(this, func(5), 2), Some(7));
    assert_eq!(pool.replace_loop(this, func(6), 7), None);
    assert_eq!(pool.waiting_in_order(), [5]);
    bench.optimized.gate.open();
}

#[test]
fn entries_are_compiled_for_some_of_many_loops() {
    let one = OsrLoop {
        wasm_offset: 0,
        slots: [].into(),
    };
    let mut known = FunctionLoops {
        loops: vec![one; 20].into(),
        entries: vec![OsrEntry::None; 20].into(),
        missed: 0,
    };
    let none = || None;
    assert!(matches!(known.wish_for(0, none), LoopWish::Loop));
    // While it waits, another loop takes its place; when it is being compiled, none does.
    assert!(matches!(known.wish_for(1, || Some(0)), LoopWish::Wait));
    assert!(matches!(known.wish_for(2, none), LoopWish::Wait));
    let requested = |known: &FunctionLoops| {
        let mut entries = known.entries.iter();
        entries.position(|entry| matches!(entry, OsrEntry::Requested))
    };
    assert_eq!(requested(&known), Some(1));
    known.entries[1] = OsrEntry::Refused;
    for index in 2..9 {
        assert!(matches!(known.wish_for(index, none), LoopWish::Loop));
        known.entries[index as usize] = OsrEntry::Refused;
    }
    assert!(matches!(known.wish_for(9, none), LoopWish::Function));
    assert_eq!(requested(&known), None);
}

#[test]
fn a_thread_survives_a_panic() {
    let mut tiering = TieringConfig::new();
    tiering.worker_threads(1);
    let bench = Bench::simple(&tiering);
    let mut guest = bench.instance(LOOP);
    assert_eq!(guest.call("sum", 3).unwrap(), 6);
    let pool = bench.engine.pool();
    let this = &guest.module.inner.this;
    let push = |kind| {
        let job = super::Job::new(this.clone(), Some(DefinedFuncIndex(0)), kind);
        assert!(pool.push(job));
    };
    // There is no such loop.
    push(JobKind::Loop(7));
    eventually("the end of the job", || pool.is_idle());
    push(JobKind::Function);
    eventually("optimization", || {
        guest.module.statistics().optimizing.functions == 1
    });
    assert_eq!(bench.engine.statistics().queue.threads, 1);
}

/// A loop with calls, memory that grows, and a trap now and then.
const STRESS: &str = r#"(module
    (memory 1 1000)
    (table 4 funcref)
    (elem (i32.const 0) $f0 $f1 $f2 $f3)
    (type $f (func (param i64) (result i64)))
    (func $f0 (type $f) (i64.add (local.get 0) (i64.const 1)))
    (func $f1 (type $f) (i64.xor (local.get 0) (i64.load (i32.const 8))))
    (func $f2 (type $f) (call $f0 (call $f1 (local.get 0))))
    (func $f3 (type $f) (i64.rotl (local.get 0) (i64.const 7)))
    (func (export "run") (param $n i64) (result i64) (local $sum i64)
        (loop $again
            (local.set $sum
                (call_indirect (type $f) (local.get $sum) (i32.and (i32.wrap_i64 (local.get $n)) (i32.const 3))))
            (local.tee $n (i64.sub (local.get $n) (i64.const 1)))
            (br_if $again (i64.ne (i64.const 0))))
        (drop (memory.grow (i32.const 1)))
        (local.get $sum))
    (func (export "trap") (param $n i64) (result i64) (local.get $n) (unreachable)))"#;

#[test]
fn many_threads_and_instances_tier_up_together() {
    let mut tiering = TieringConfig::new();
    tiering
        .call_threshold(50)
        .loop_threshold(100)
        .worker_threads(3);
    let expected = {
        let bench = Bench::simple(&TieringConfig::new());
        bench.instance(STRESS).call("run", 2_000).unwrap()
    };
    let end = Instant::now() + Duration::from_secs(3);
    while Instant::now() < end {
        let bench = Bench::new(&tiering, Gaps::default(), |config| {
            config.epoch_interruption(true);
        });
        let shared = Module::new(&bench.engine, STRESS).unwrap();
        thread::scope(|scope| {
            for number in 0..6 {
                let (engine, shared) = (bench.engine.clone(), shared.clone());
                scope.spawn(move || {
                    for round in 0..8 {
                        // Half of the modules are dropped while they are hot.
                        let module = match (number + round) % 2 {
                            0 => shared.clone(),
                            _ => Module::new(&engine, STRESS).unwrap(),
                        };
                        let mut guest = Guest::new(&module);
                        for _ in 0..3 {
                            assert_eq!(guest.call("run", 2_000).unwrap(), expected);
                            let error = guest.call("trap", 1).unwrap_err();
                            assert_eq!(error.downcast_ref(), Some(&Trap::UnreachableCodeReached));
                        }
                        engine.increment_epoch();
                    }
                });
            }
        });
        // The last handles of module and engine, while threads compile.
        drop(bench);
        drop(shared);
    }
}

#[test]
fn running_loops_of_many_threads_go_over() {
    let mut tiering = TieringConfig::new();
    tiering.loop_threshold(1_000).worker_threads(2);
    let bench = Bench::simple(&tiering);
    let module = Module::new(&bench.engine, LOOP).unwrap();
    let count = 1 << 24;
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut guest = Guest::new(&module);
                for _ in 0..5 {
                    let sum = guest.call("sum", count).unwrap();
                    assert_eq!(sum, count * (count + 1) / 2);
                }
            });
        }
    });
    let statistics = module.statistics();
    assert_eq!((statistics.osr.functions, statistics.failures), (1, 0));
    assert!(statistics.osr_entries > 0);
}

#[test]
fn perf_learns_the_names_of_both_tiers() {
    let bench = Bench::new(&at_once(), Gaps::default(), |config| {
        config.profiler(ProfilingStrategy::PerfMap);
    });
    let mut guest = bench.instance(
        r#"(module (func $_ZN4math6squareE (export "square") (param i64) (result i64)
            (i64.mul (local.get 0) (local.get 0))))"#,
    );
    assert_eq!(guest.call("square", 3).unwrap(), 9);
    let code = guest.module.inner.current_code(DefinedFuncIndex(0));
    let path = format!("/tmp/perf-{}.map", std::process::id());
    let map = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    let lines: Vec<&str> = map.lines().filter(|l| l.contains("math::square")).collect();
    let [baseline, optimized] = lines[..] else {
        panic!("{map}");
    };
    assert!(baseline.ends_with(" math::square [baseline]"));
    let address = format!("{:x} ", code.as_ptr() as usize);
    assert!(optimized.starts_with(&address), "{optimized}");
    assert!(optimized.ends_with(" math::square [optimizing]"));
}
