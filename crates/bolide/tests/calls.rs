//! Calls between host and guest: every place of the calling convention, errors, traps, panics.

use bolide::*;

fn instance(wat: &str) -> (Store<()>, Instance) {
    let engine = Engine::default();
    let module = Module::new(&engine, wat).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    (store, instance)
}

#[test]
fn typed_calls() {
    let (mut store, instance) = instance(
        r#"(module
            (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
            (func (export "fac") (param i64) (result i64)
                (if (result i64) (i64.eqz (local.get 0))
                    (then (i64.const 1))
                    (else (i64.mul (local.get 0) (call 1 (i64.sub (local.get 0) (i64.const 1)))))))
            (func (export "swap") (param f32 i64) (result i64 f32) (local.get 1) (local.get 0)))"#,
    );
    let add = instance
        .get_typed_func::<(i32, i32), i32>(&mut store, "add")
        .unwrap();
    assert_eq!(add.call(&mut store, (2, 3)).unwrap(), 5);
    let fac = instance
        .get_typed_func::<u64, u64>(&mut store, "fac")
        .unwrap();
    assert_eq!(fac.call(&mut store, 20).unwrap(), 2432902008176640000);
    let swap = instance
        .get_typed_func::<(f32, i64), (i64, f32)>(&mut store, "swap")
        .unwrap();
    assert_eq!(swap.call(&mut store, (1.5, -7)).unwrap(), (-7, 1.5));
}

/// A function that returns its parameters, called by the host and calling the host back, so that each place of
/// the convention is used in both directions.
#[test]
fn every_place_of_the_convention() {
    let types = "i32 i64 f32 f64 v128 ".repeat(5);
    let wat = format!(
        r#"(module
            (import "" "id" (func $host (param {types}) (result {types})))
            (func (export "f") (param {types}) (result {types})
                {gets} call $host))"#,
        gets = (0..25)
            .map(|i| format!("local.get {i} "))
            .collect::<String>(),
    );
    let engine = Engine::default();
    let module = Module::new(&engine, &wat).unwrap();
    let ty = module
        .imports()
        .next()
        .unwrap()
        .ty()
        .func()
        .unwrap()
        .clone();
    let mut store = Store::new(&engine, 0);
    let host = Func::new(
        &mut store,
        ty,
        |mut caller: Caller<'_, i32>, params, results| {
            *caller.data_mut() += 1;
            results.copy_from_slice(params);
            Ok(())
        },
    );
    let instance = Instance::new(&mut store, &module, &[host.into()]).unwrap();
    let params: Vec<Val> = (0..5)
        .flat_map(|i| {
            [
                Val::I32(-i),
                Val::I64(i64::from(i) << 40),
                Val::from(i as f32 + 0.5),
                Val::from(f64::from(i) - 0.25),
                Val::V128(((u128::MAX / 3).wrapping_mul(i as u128)).into()),
            ]
        })
        .collect();
    let mut results = vec![Val::I32(0); 25];
    instance
        .get_func(&mut store, "f")
        .unwrap()
        .call(&mut store, &params, &mut results)
        .unwrap();
    assert_eq!(format!("{results:?}"), format!("{params:?}"));
    assert_eq!(*store.data(), 1);
}

#[test]
fn typed_host_functions_with_stack_arguments() {
    let engine = Engine::default();
    let module = Module::new(
        &engine,
        r#"(module
            (import "" "f" (func $f (param i32 i32 i32 i32 i32 i32 i32 f64 i64) (result i32 f64 i64)))
            (func (export "g") (param i32 i32 i32 i32 i32 i32 i32 f64 i64) (result i32 f64 i64)
                (call $f (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5)
                    (local.get 6) (local.get 7) (local.get 8))))"#,
    )
    .unwrap();
    let mut store = Store::new(&engine, ());
    let f = Func::wrap(
        &mut store,
        |a: i32, b: i32, c: i32, d: i32, e: i32, f: i32, g: i32, h: f64, i: i64| {
            (
                a * 1000000 + b * 100000 + c * 10000 + d * 1000 + e * 100 + f * 10 + g,
                h * 2.0,
                i + 1,
            )
        },
    );
    let instance = Instance::new(&mut store, &module, &[f.into()]).unwrap();
    let g = instance
        .get_typed_func::<(i32, i32, i32, i32, i32, i32, i32, f64, i64), (i32, f64, i64)>(
            &mut store, "g",
        )
        .unwrap();
    let result = g.call(&mut store, (1, 2, 3, 4, 5, 6, 7, 8.0, 9)).unwrap();
    assert_eq!(result, (1234567, 16.0, 10));
}

#[test]
fn traps_have_backtraces() {
    let (mut store, instance) = instance(
        r#"(module $m (memory 1)
            (func $inner (param i32) (result i32) (i32.load (local.get 0)))
            (func $outer (export "load") (param i32) (result i32) (i32.add (i32.const 1) (call $inner (local.get 0))))
            (func (export "div") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
            (func (export "unreachable") unreachable)
            (func $deep (export "deep") (call $deep)))"#,
    );
    let load = instance
        .get_typed_func::<u32, i32>(&mut store, "load")
        .unwrap();
    assert_eq!(load.call(&mut store, 65532).unwrap(), 1);
    let error = load.call(&mut store, u32::MAX).unwrap_err();
    assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::MemoryOutOfBounds));
    let backtrace = error.downcast_ref::<WasmBacktrace>().unwrap();
    let names: Vec<_> = backtrace
        .frames()
        .iter()
        .map(|f| f.func_name().unwrap())
        .collect();
    assert_eq!(names, ["inner", "outer"]);
    let div = instance
        .get_typed_func::<(i32, i32), i32>(&mut store, "div")
        .unwrap();
    let trap = |e: Error| *e.downcast_ref::<Trap>().unwrap();
    assert_eq!(
        trap(div.call(&mut store, (1, 0)).unwrap_err()),
        Trap::IntegerDivisionByZero
    );
    assert_eq!(
        trap(div.call(&mut store, (i32::MIN, -1)).unwrap_err()),
        Trap::IntegerOverflow
    );
    let unreachable = instance
        .get_typed_func::<(), ()>(&mut store, "unreachable")
        .unwrap();
    assert_eq!(
        trap(unreachable.call(&mut store, ()).unwrap_err()),
        Trap::UnreachableCodeReached
    );
    let deep = instance
        .get_typed_func::<(), ()>(&mut store, "deep")
        .unwrap();
    for _ in 0..3 {
        assert_eq!(
            trap(deep.call(&mut store, ()).unwrap_err()),
            Trap::StackOverflow
        );
    }
    assert_eq!(div.call(&mut store, (6, 3)).unwrap(), 2);
}

/// Host and guest call each other until the stack is exhausted.
#[test]
fn recursion_through_the_host_traps() {
    let engine = Engine::default();
    let module = Module::new(
        &engine,
        r#"(module (import "" "host" (func $host)) (func (export "f") (call $host)))"#,
    )
    .unwrap();
    let mut store = Store::new(&engine, 0u32);
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap("", "host", |mut caller: Caller<'_, u32>| -> Result<()> {
            *caller.data_mut() += 1;
            let f = caller.get_export("f").unwrap().into_func().unwrap();
            f.typed::<(), ()>(&caller)?.call(&mut caller, ())
        })
        .unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let f = instance.get_typed_func::<(), ()>(&mut store, "f").unwrap();
    let error = f.call(&mut store, ()).unwrap_err();
    assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::StackOverflow));
    assert!(*store.data() > 10);
}

#[test]
fn host_errors_and_panics_pass_through() {
    let engine = Engine::default();
    let module = Module::new(
        &engine,
        r#"(module
            (import "" "fail" (func $fail)) (import "" "panic" (func $panic))
            (func (export "fail") (call $fail)) (func (export "panic") (call $panic)))"#,
    )
    .unwrap();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap("", "fail", || -> Result<()> { bail!("no luck") })
        .unwrap();
    linker
        .func_wrap("", "panic", || -> () { panic!("oh no") })
        .unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let fail = instance
        .get_typed_func::<(), ()>(&mut store, "fail")
        .unwrap();
    let error = fail.call(&mut store, ()).unwrap_err();
    assert_eq!(error.root_cause().to_string(), "no luck");
    let panic = instance
        .get_typed_func::<(), ()>(&mut store, "panic")
        .unwrap();
    let payload =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| panic.call(&mut store, ())))
            .unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"oh no"));
    // The store is as usable as before.
    assert!(fail.call(&mut store, ()).is_err());
}

/// The caller is the instance whose code made the call, also through a table and a tail call.
#[test]
fn caller_is_the_calling_instance() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap("host", "who", |mut caller: Caller<'_, ()>| -> i32 {
            let Some(Extern::Global(global)) = caller.get_export("id") else {
                return -1;
            };
            global.get(&mut caller).unwrap_i32()
        })
        .unwrap();
    let a = Module::new(
        &engine,
        r#"(module (import "host" "who" (func $who (result i32)))
            (global (export "id") i32 (i32.const 1))
            (table (export "t") funcref (elem $who))
            (func (export "direct") (result i32) (call $who)))"#,
    )
    .unwrap();
    let b = Module::new(
        &engine,
        r#"(module (import "a" "t" (table 1 funcref)) (import "a" "direct" (func $a (result i32)))
            (type $f (func (result i32)))
            (global (export "id") i32 (i32.const 2))
            (func (export "indirect") (result i32) (call_indirect (type $f) (i32.const 0)))
            (func (export "after") (result i32) (drop (call $a)) (call_indirect (type $f) (i32.const 0)))
            (func (export "tail") (result i32) (return_call_indirect (type $f) (i32.const 0))))"#,
    )
    .unwrap();
    linker.module(&mut store, "a", &a).unwrap();
    let b = linker.instantiate(&mut store, &b).unwrap();
    for (name, expected) in [("indirect", 2), ("after", 2), ("tail", 2)] {
        let f = b.get_typed_func::<(), i32>(&mut store, name).unwrap();
        assert_eq!(f.call(&mut store, ()).unwrap(), expected, "{name}");
    }
    let direct = linker
        .get(&mut store, "a", "direct")
        .unwrap()
        .into_func()
        .unwrap();
    assert_eq!(
        direct
            .typed::<(), i32>(&store)
            .unwrap()
            .call(&mut store, ())
            .unwrap(),
        1
    );
    let who = linker
        .get(&mut store, "host", "who")
        .unwrap()
        .into_func()
        .unwrap();
    assert_eq!(
        who.typed::<(), i32>(&store)
            .unwrap()
            .call(&mut store, ())
            .unwrap(),
        -1
    );
}
