//! Tiering with both compilers, in the background: what is hot gets fast soon, and nothing that happens meanwhile
//! disturbs it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bolide::*;

fn engine(configure: impl FnOnce(&mut TieringConfig, &mut Config)) -> Engine {
    let mut config = Config::new();
    let mut tiering = TieringConfig::new();
    configure(&mut tiering, &mut config);
    config.strategy(Strategy::Tiered).tiering(tiering);
    Engine::new(&config).unwrap()
}

/// Functions that call each other in every way, loops in loops, a memory that grows, and references.
fn program() -> String {
    const FUNCTIONS: usize = 24;
    let mut funcs = String::new();
    for i in 0..FUNCTIONS {
        let steps: String = (0..40)
            .map(|step| {
                let at = (i * 64 + step * 8) % 4000;
                format!(
                    "(local.set $h (i64.xor (i64.mul (local.get $h) (i64.const {})) (i64.load offset={at} (local.get $m))))
                    (if (i64.lt_s (local.get $h) (i64.const {step})) (then
                        (local.set $h (i64.rotl (local.get $h) (i64.const {}))))
                        (else (i64.store offset={at} (local.get $m) (local.get $h))))",
                    2 * i + step * 4 + 3,
                    step % 60 + 1,
                )
            })
            .collect();
        let next = (i + 1) % FUNCTIONS;
        funcs += &format!(
            r#"(func $f{i} (type $f) (param $h i64) (param $depth i32) (result i64) (local $i i32) (local $m i32) (local $r externref)
                (local.set $i (i32.const 9))
                (local.set $r (global.get $r))
                (loop $outer
                    (local.set $m (i32.and (i32.wrap_i64 (local.get $h)) (i32.const 0xfff8)))
                    {steps}
                    (br_if $outer (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
                (if (local.get $depth) (then
                    (local.set $h (call $f{next} (local.get $h) (i32.sub (local.get $depth) (i32.const 1))))
                    (local.set $h (call_indirect (type $f) (local.get $h)
                        (i32.shr_u (local.get $depth) (i32.const 1))
                        (i32.rem_u (i32.wrap_i64 (local.get $h)) (i32.const {FUNCTIONS}))))))
                (i64.add (local.get $h) (i64.extend_i32_u (ref.is_null (local.get $r)))))"#
        );
    }
    let elements: String = (0..FUNCTIONS).map(|i| format!("$f{i} ")).collect();
    format!(
        r#"(module
            (type $f (func (param i64 i32) (result i64)))
            (memory 2 100)
            (table funcref (elem {elements}))
            (global $r (export "r") (mut externref) (ref.null extern))
            {funcs}
            (func (export "run") (param $n i32) (result i64) (local $h i64)
                (loop $next
                    (if (i32.eqz (i32.rem_u (local.get $n) (i32.const 16)))
                        (then (drop (memory.grow (i32.const 1)))))
                    (local.set $h (call_indirect (type $f) (local.get $h) (i32.const 4)
                        (i32.rem_u (local.get $n) (i32.const {FUNCTIONS}))))
                    (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                (local.get $h))
            (func (export "trap") (param $n i32) (local $i i32)
                (loop $next
                    (i32.store (i32.mul (local.get $n) (local.get $i)) (local.get $i))
                    (local.set $i (i32.add (local.get $i) (i32.const 1)))
                    (br $next))))"#
    )
}

const ROUNDS: i32 = 24;

fn instance(module: &Module) -> (Store<()>, Instance) {
    let mut store = Store::new(module.engine(), ());
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|_| Ok(UpdateDeadline::Continue(1)));
    let instance = Instance::new(&mut store, module, &[]).unwrap();
    let reference = ExternRef::new(&mut store, 1_u32).unwrap();
    let global = instance.get_global(&mut store, "r").unwrap();
    global.set(&mut store, reference.into()).unwrap();
    (store, instance)
}

fn run(module: &Module) -> i64 {
    let (mut store, instance) = instance(module);
    let run = instance
        .get_typed_func::<i32, i64>(&mut store, "run")
        .unwrap();
    let result = run.call(&mut store, ROUNDS).unwrap();
    let trap = instance
        .get_typed_func::<i32, ()>(&mut store, "trap")
        .unwrap();
    let error = trap.call(&mut store, 4096).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Trap::MemoryOutOfBounds));
    store.gc();
    result
}

/// Threads with instances of a module that they share, and of modules of their own that are dropped while their
/// functions compile, with epochs that tick, and engines that are dropped as well.
#[test]
fn threads_share_modules_that_tier_up() {
    let program = program();
    let expected = {
        let engine = Engine::new(Config::new().strategy(Strategy::Optimizing)).unwrap();
        run(&Module::new(&engine, &program).unwrap())
    };
    let end = Instant::now() + Duration::from_secs(4);
    let (mut engines, mut optimized, mut entered) = (0, 0, 0);
    while Instant::now() < end || optimized == 0 || entered == 0 {
        let engine = engine(|tiering, config| {
            tiering
                .call_threshold(20)
                .loop_threshold(50)
                .worker_threads(2)
                .compile_ahead(engines % 2 == 0)
                .queue_capacity(if engines % 3 == 0 { 3 } else { 1000 });
            config.epoch_interruption(true);
        });
        let shared = Module::new(&engine, &program).unwrap();
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    engine.increment_epoch();
                    thread::sleep(Duration::from_micros(200));
                }
            });
            let guests: Vec<_> = (0..4)
                .map(|number| {
                    let (engine, shared, program) = (&engine, &shared, &program);
                    scope.spawn(move || {
                        for round in 0..3 {
                            if (number + round) % 3 == 0 {
                                assert_eq!(run(&Module::new(engine, program).unwrap()), expected);
                            } else {
                                assert_eq!(run(shared), expected);
                            }
                        }
                    })
                })
                .collect();
            for guest in guests {
                guest.join().unwrap();
            }
            done.store(true, Ordering::Relaxed);
        });
        let statistics = engine.statistics().tiers;
        assert_eq!(statistics.failures, 0);
        optimized += statistics.optimizing.functions;
        entered += statistics.osr_entries;
        engines += 1;
        // The last handle of the engine, while its threads may compile.
        drop(shared);
    }
}

/// A program that is one long loop leaves baseline code while it runs.
#[test]
fn a_long_loop_gets_fast_soon() {
    let program = r#"(module
        (func (export "run") (param $n i64) (result i64) (local $i i64) (local $h i64)
            (loop $outer
                (local.set $i (i64.const 1000))
                (loop $inner
                    (local.set $h (i64.add (i64.mul (local.get $h) (i64.const 31)) (local.get $i)))
                    (br_if $inner (i64.ne (local.tee $i (i64.sub (local.get $i) (i64.const 1))) (i64.const 0))))
                (br_if $outer (i64.ne (local.tee $n (i64.sub (local.get $n) (i64.const 1))) (i64.const 0))))
            (local.get $h)))"#;
    let engine = engine(|_, _| {});
    let module = Module::new(&engine, program).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let run = instance
        .get_typed_func::<i64, i64>(&mut store, "run")
        .unwrap();
    run.call(&mut store, 200_000).unwrap();
    let statistics = module.statistics();
    // One entry, of one loop, and the function for the next call.
    assert_eq!((statistics.osr_entries, statistics.osr.functions), (1, 1));
    assert_eq!(statistics.failures, 0);
    run.call(&mut store, 1).unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    while module.statistics().optimizing.functions == 0 {
        assert!(Instant::now() < end, "the function is not optimized");
        thread::sleep(Duration::from_millis(1));
    }
}
