//! Stacks and panics: exhaustion on threads of any size, and host panics through nested calls.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bolide::*;

const RECURSION: &str = r#"(module
    (import "host" "nested" (func $host (param i32)))
    (func $plain (export "plain") (param i32) (call $plain (local.get 0)))
    (func $wide (export "wide") (param i32) (result i32)
        (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
        (i32.add (call $wide (local.get 0)) (call $wide (local.get 0))))
    (table funcref (elem $indirect))
    (type $t (func (param i32)))
    (func $indirect (export "indirect") (param i32)
        (call_indirect (type $t) (local.get 0) (i32.const 0)) (call $plain (local.get 0)))
    (func (export "through_host") (param i32) (call $host (local.get 0)))
    (func (export "identity") (param i32) (result i32) (local.get 0)))"#;

fn instance(engine: &Engine) -> (Store<u32>, Instance) {
    let mut linker = Linker::new(engine);
    linker
        .func_wrap(
            "host",
            "nested",
            |mut caller: Caller<'_, u32>, x: i32| -> Result<()> {
                *caller.data_mut() += 1;
                let func = caller.get_export("through_host").unwrap();
                let func = func.into_func().unwrap().typed::<i32, ()>(&caller)?;
                func.call(&mut caller, x)
            },
        )
        .unwrap();
    let module = Module::new(engine, RECURSION).unwrap();
    let mut store = Store::new(engine, 0);
    let instance = linker.instantiate(&mut store, &module).unwrap();
    (store, instance)
}

/// Exhausts the stack in every way, several times, and uses the store afterwards.
fn exhaust(engine: &Engine) {
    let (mut store, instance) = instance(engine);
    for round in 0..3 {
        for name in ["plain", "wide", "indirect", "through_host"] {
            let func = instance.get_func(&mut store, name).unwrap();
            let mut results = vec![Val::I32(0); func.ty(&store).results().len()];
            let error = func
                .call(&mut store, &[Val::I32(1)], &mut results)
                .unwrap_err();
            let trap = error.downcast_ref::<Trap>();
            assert_eq!(
                trap,
                Some(&Trap::StackOverflow),
                "{name}, round {round}: {error:#}"
            );
        }
        let identity = instance.get_typed_func::<i32, i32>(&mut store, "identity");
        assert_eq!(identity.unwrap().call(&mut store, 42).unwrap(), 42);
    }
    assert!(*store.data() > 0);
}

#[test]
fn threads_of_all_sizes() {
    let engine = Engine::default();
    for kib in [256, 512, 1024, 2048, 16384] {
        let engine = engine.clone();
        std::thread::Builder::new()
            .stack_size(kib << 10)
            .spawn(move || exhaust(&engine))
            .unwrap()
            .join()
            .unwrap_or_else(|_| panic!("with {kib} KiB of stack"));
    }
}

#[test]
fn the_configured_size_counts() {
    let depth = |bytes: usize| {
        let mut config = Config::new();
        config.max_wasm_stack(bytes);
        let engine = Engine::new(&config).unwrap();
        let module = Module::new(
            &engine,
            r#"(module
                (global $depth (export "depth") (mut i32) (i32.const 0))
                (func $f (export "f")
                    (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
                    (call $f)))"#,
        )
        .unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let f = instance.get_typed_func::<(), ()>(&mut store, "f").unwrap();
        f.call(&mut store, ()).unwrap_err();
        let depth = instance.get_global(&mut store, "depth").unwrap();
        depth.get(&mut store).unwrap_i32()
    };
    let (small, large) = (depth(64 << 10), depth(512 << 10));
    assert!(small > 100, "{small}");
    assert!(large > 6 * small, "{large} against {small}");
}

/// Host and guest call each other ten deep; the innermost host function panics. Every host function in between
/// sees its own destructors run, and the store works on.
#[test]
fn panics_pass_through_nested_calls() {
    struct Guard(std::sync::Arc<std::sync::atomic::AtomicU32>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    }
    let engine = Engine::default();
    let module = Module::new(
        &engine,
        r#"(module
            (import "host" "down" (func $down (param i32)))
            (func (export "go") (param i32) (call $down (local.get 0)))
            (func (export "answer") (result i32) (i32.const 42)))"#,
    )
    .unwrap();
    let dropped = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let mut linker = Linker::new(&engine);
    let counter = dropped.clone();
    linker
        .func_wrap(
            "host",
            "down",
            move |mut caller: Caller<'_, ()>, depth: i32| -> Result<()> {
                let _guard = Guard(counter.clone());
                if depth == 0 {
                    panic!("at the bottom");
                }
                let go = caller.get_export("go").unwrap().into_func().unwrap();
                let go = go.typed::<i32, ()>(&caller)?;
                go.call(&mut caller, depth - 1)
            },
        )
        .unwrap();
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let go = instance
        .get_typed_func::<i32, ()>(&mut store, "go")
        .unwrap();
    for round in 1..=3 {
        let payload = catch_unwind(AssertUnwindSafe(|| go.call(&mut store, 9))).unwrap_err();
        assert_eq!(payload.downcast_ref::<&str>(), Some(&"at the bottom"));
        assert_eq!(
            dropped.load(std::sync::atomic::Ordering::Relaxed),
            10 * round
        );
    }
    let answer = instance.get_typed_func::<(), i32>(&mut store, "answer");
    assert_eq!(answer.unwrap().call(&mut store, ()).unwrap(), 42);
}

/// A host function that catches an inner trap goes on, and its own caller, too.
#[test]
fn inner_traps_can_be_handled() {
    let engine = Engine::default();
    let module = Module::new(
        &engine,
        r#"(module
            (import "host" "attempt" (func $attempt (result i32)))
            (memory 1)
            (func (export "fail") (drop (i32.load (i32.const -1))))
            (func (export "go") (result i32) (i32.add (call $attempt) (call $attempt))))"#,
    )
    .unwrap();
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap(
            "host",
            "attempt",
            |mut caller: Caller<'_, ()>| -> Result<i32> {
                let fail = caller.get_export("fail").unwrap().into_func().unwrap();
                let error = fail
                    .typed::<(), ()>(&caller)?
                    .call(&mut caller, ())
                    .unwrap_err();
                assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::MemoryOutOfBounds));
                Ok(21)
            },
        )
        .unwrap();
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let go = instance
        .get_typed_func::<(), i32>(&mut store, "go")
        .unwrap();
    assert_eq!(go.call(&mut store, ()).unwrap(), 42);
}
