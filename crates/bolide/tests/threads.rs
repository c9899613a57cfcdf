//! Many threads with one module: lazy compilation, traps, and modules that come and go meanwhile.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};

use bolide::*;

const THREADS: usize = 8;
const FUNCS: usize = 60;

/// A module of many functions that call each other, one that traps, and one that reads a data segment.
fn module(engine: &Engine) -> Module {
    let funcs: String = (0..FUNCS)
        .map(|i| {
            let next = (i + 1) % FUNCS;
            format!(
                r#"(func $f{i} (export "f{i}") (param i32) (result i32)
                    (if (result i32) (i32.eqz (local.get 0))
                        (then (i32.const {i}))
                        (else (call $f{next} (i32.sub (local.get 0) (i32.const 1))))))"#
            )
        })
        .collect();
    let wat = format!(
        r#"(module
            (memory (export "memory") 1)
            (data (i32.const 100) "\2a")
            (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
            {funcs})"#
    );
    Module::new(engine, wat).unwrap()
}

fn use_module(engine: &Engine, module: &Module, thread: usize) {
    for round in 0..5 {
        let mut store = Store::new(engine, ());
        let instance = Instance::new(&mut store, module, &[]).unwrap();
        for i in 0..FUNCS {
            // Threads start at different functions and so meet in the middle of compilations.
            let first = (i + thread * 7) % FUNCS;
            let func = instance.get_typed_func::<i32, i32>(&mut store, &format!("f{first}"));
            let steps = (i * 13 + round) % 100;
            let expected = (first + steps) % FUNCS;
            let found = func.unwrap().call(&mut store, steps as i32).unwrap();
            assert_eq!(found as usize, expected);
        }
        let load = instance
            .get_typed_func::<i32, i32>(&mut store, "load")
            .unwrap();
        assert_eq!(load.call(&mut store, 100).unwrap(), 42);
        let error = load.call(&mut store, -1).unwrap_err();
        assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::MemoryOutOfBounds));
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        memory.write(&mut store, 100, &[thread as u8]).unwrap();
        assert_eq!(load.call(&mut store, 100).unwrap(), thread as i32);
    }
}

fn check(config: &Config) {
    let engine = Engine::new(config).unwrap();
    for _ in 0..3 {
        let module = module(&engine);
        let barrier = Barrier::new(THREADS);
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                let (engine, module, barrier) = (&engine, &module, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    use_module(engine, module, thread);
                });
            }
        });
    }
}

#[test]
fn one_module_many_threads() {
    check(&Config::new());
}

#[test]
fn one_module_many_threads_pooled() {
    check(Config::new().allocation_strategy(InstanceAllocationStrategy::pooling()));
}

/// Traps are found while other threads map and unmap code all the time.
#[test]
fn traps_while_modules_come_and_go() {
    let engine = Engine::default();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let module = Module::new(
                        &engine,
                        r#"(module (func (export "f") (result i32) (i32.const 7)))"#,
                    )
                    .unwrap();
                    let mut store = Store::new(&engine, ());
                    let instance = Instance::new(&mut store, &module, &[]).unwrap();
                    let f = instance.get_typed_func::<(), i32>(&mut store, "f").unwrap();
                    assert_eq!(f.call(&mut store, ()).unwrap(), 7);
                }
            });
        }
        let module = Module::new(
            &engine,
            r#"(module (memory 1)
                (func (export "load") (drop (i32.load (i32.const -1))))
                (func (export "unreachable") unreachable)
                (func (export "divide") (drop (i32.div_u (i32.const 1) (i32.const 0)))))"#,
        )
        .unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        for _ in 0..5_000 {
            for (name, trap) in [
                ("load", Trap::MemoryOutOfBounds),
                ("unreachable", Trap::UnreachableCodeReached),
                ("divide", Trap::IntegerDivisionByZero),
            ] {
                let func = instance.get_typed_func::<(), ()>(&mut store, name).unwrap();
                let error = func.call(&mut store, ()).unwrap_err();
                assert_eq!(error.downcast_ref::<Trap>(), Some(&trap));
            }
        }
        done.store(true, Ordering::Relaxed);
    });
}

/// A store moves from thread to thread.
#[test]
fn stores_are_send() {
    let engine = Engine::default();
    let module = module(&engine);
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    for i in 0..10 {
        store = std::thread::spawn(move || {
            let load = instance
                .get_typed_func::<i32, i32>(&mut store, "load")
                .unwrap();
            assert!(load.call(&mut store, -1).is_err());
            let memory = instance.get_memory(&mut store, "memory").unwrap();
            memory.write(&mut store, 100, &[i]).unwrap();
            assert_eq!(load.call(&mut store, 100).unwrap(), i32::from(i));
            store
        })
        .join()
        .unwrap();
    }
}
