//! What embedders rely on beyond plain calls, in the shapes that they know from wasmtime.

use bolide::*;

#[test]
fn unknown_imports_get_default_values() {
    let engine = Engine::default();
    let module = Module::new(
        &engine,
        r#"(module
            (import "a" "f" (func $f (param i32) (result i32 externref)))
            (import "a" "g" (global $g i64))
            (import "a" "t" (table $t 2 funcref))
            (import "a" "m" (memory $m 1))
            (import "a" "s" (memory $s 1 2 shared))
            (func (export "all_zero") (result i32)
                (i32.eqz (i32.or
                    (call $f (i32.const 7)) (ref.is_null) (i32.eqz)
                    (i64.ne (global.get $g) (i64.const 0))
                    (i32.or) (ref.is_null (table.get $t (i32.const 1))) (i32.eqz) (i32.or)))))"#,
    )
    .unwrap();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    linker
        .define_unknown_imports_as_default_values(&mut store, &module)
        .unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let all_zero = instance
        .get_typed_func::<(), i32>(&mut store, "all_zero")
        .unwrap();
    assert_eq!(all_zero.call(&mut store, ()).unwrap(), 1);
}

#[test]
fn unknown_functions_trap_and_other_unknown_imports_are_missing() {
    let engine = Engine::default();
    let module = Module::new(
        &engine,
        r#"(module (import "a" "f" (func)) (import "a" "m" (memory 1)) (export "f" (func 0)))"#,
    )
    .unwrap();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    linker.define_unknown_imports_as_traps(&module).unwrap();
    let error = linker.instantiate(&mut store, &module).unwrap_err();
    assert!(format!("{error:#}").contains("`a::m`"), "{error:#}");

    let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    linker.define(&store, "a", "m", memory).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let f = instance.get_typed_func::<(), ()>(&mut store, "f").unwrap();
    let error = f.call(&mut store, ()).unwrap_err();
    assert!(format!("{error:#}").contains("`a::f`"), "{error:#}");
}

#[test]
fn imports_without_a_default_value_are_named() {
    let engine = Engine::default();
    let module = Module::new(&engine, r#"(module (import "a" "g" (global (ref func))))"#).unwrap();
    let mut linker = Linker::new(&engine);
    let error = linker
        .define_unknown_imports_as_default_values(Store::new(&engine, ()), &module)
        .unwrap_err();
    let text = format!("{error:#}");
    assert!(text.contains("`a::g`"), "{text}");
    assert!(text.contains("`(ref func)` has no default value"), "{text}");
}

/// Allows everything and counts what failed nevertheless.
#[derive(Default)]
struct Failures {
    memories: u32,
    tables: u32,
}

impl ResourceLimiter for Failures {
    fn memory_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> Result<bool> {
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> Result<bool> {
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _: Error) -> Result<()> {
        self.memories += 1;
        Ok(())
    }

    fn table_grow_failed(&mut self, error: Error) -> Result<()> {
        self.tables += 1;
        if self.tables == 2 {
            return Err(error);
        }
        Ok(())
    }
}

#[test]
fn limiters_hear_of_failed_growth_and_can_stop_the_guest() {
    let engine = Engine::default();
    let module = Module::new(
        &engine,
        r#"(module (memory 1 1) (table 1 1 funcref)
            (func (export "memory") (result i32) (memory.grow (i32.const 1)))
            (func (export "table") (result i32) (table.grow (ref.null func) (i32.const 1))))"#,
    )
    .unwrap();
    let mut store = Store::new(&engine, Failures::default());
    store.limiter(|failures| failures);
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let mut grow = |name: &str| {
        let func = instance.get_typed_func::<(), i32>(&mut store, name);
        func.unwrap().call(&mut store, ())
    };
    assert_eq!(grow("memory").unwrap(), -1);
    assert_eq!(grow("table").unwrap(), -1);
    let error = grow("table").unwrap_err();
    let text = error.root_cause().to_string();
    assert_eq!(text, "a table of 1 elements cannot grow to 2 elements");
    assert_eq!((store.data().memories, store.data().tables), (1, 2));
}

#[test]
fn host_functions_capture_the_guests_frames() {
    let engine = Engine::default();
    let module = Module::new(
        &engine,
        r#"(module (import "" "f" (func $f))
            (func $inner (call $f))
            (func $outer (export "run") (call $inner)))"#,
    )
    .unwrap();
    let mut store = Store::new(&engine, Vec::new());
    assert!(WasmBacktrace::capture(&store).frames().is_empty());
    let f = Func::wrap(&mut store, |mut caller: Caller<'_, Vec<String>>| {
        let backtrace = WasmBacktrace::capture(&caller);
        let names = backtrace.frames().iter().filter_map(FrameInfo::func_name);
        *caller.data_mut() = names.map(str::to_owned).collect();
    });
    let instance = Instance::new(&mut store, &module, &[f.into()]).unwrap();
    let run = instance
        .get_typed_func::<(), ()>(&mut store, "run")
        .unwrap();
    run.call(&mut store, ()).unwrap();
    assert_eq!(*store.data(), ["inner", "outer"]);
}

#[test]
fn setters_of_features_follow_what_features_need() {
    let check = |set: fn(&mut Config) -> &mut Config, off: &[Feature]| {
        let mut config = Config::new();
        set(&mut config);
        let enabled = config.enabled_features();
        let found: Vec<Feature> = Feature::ALL
            .iter()
            .copied()
            .filter(|f| !enabled.contains(*f))
            .collect();
        assert_eq!(found, off);
    };
    check(
        |c| c.wasm_simd(false),
        &[Feature::Simd, Feature::RelaxedSimd],
    );
    check(|c| c.wasm_simd(false).wasm_relaxed_simd(true), &[]);
    check(
        |c| c.wasm_function_references(false),
        &[Feature::FunctionReferences, Feature::Gc],
    );
    check(
        |c| c.wasm_threads(false).wasm_memory64(false),
        &[Feature::Memory64, Feature::Threads],
    );
}

#[test]
fn growth_of_memories_is_counted() {
    let mut store = Store::<()>::default();
    let host = Memory::new(&mut store, MemoryType::new(0, Some(2))).unwrap();
    let shared = SharedMemory::new(store.engine(), MemoryType::shared(1, 2)).unwrap();
    let module = Module::new(
        store.engine(),
        r#"(module
            (import "host" "memory" (memory $imported 0))
            (import "host" "shared" (memory $shared 1 2 shared))
            (memory $own (export "own") 1)
            (func (export "grow imported") (param i32) (drop (memory.grow $imported (local.get 0))))
            (func (export "grow shared") (param i32) (drop (memory.grow $shared (local.get 0))))
            (func (export "grow own") (param i32) (drop (memory.grow $own (local.get 0)))))"#,
    )
    .unwrap();
    let imports = [host.into(), shared.into()];
    let instance = Instance::new(&mut store, &module, &imports).unwrap();
    let own = instance.get_memory(&mut store, "own").unwrap();
    let expect = |store: &Store<()>, of_host, of_own| {
        assert_eq!((host.growths(store), own.growths(store)), (of_host, of_own));
        assert_eq!(store.memory_growths(), of_host + of_own);
    };
    expect(&store, 0, 0);
    let grow = |store: &mut Store<()>, which: &str, pages| {
        let name = format!("grow {which}");
        let grow = instance.get_typed_func::<i32, ()>(&mut *store, &name);
        grow.unwrap().call(store, pages).unwrap();
    };
    grow(&mut store, "own", 3);
    expect(&store, 0, 1);
    grow(&mut store, "imported", 1);
    expect(&store, 1, 1);
    grow(&mut store, "imported", 2);
    expect(&store, 1, 1);
    grow(&mut store, "shared", 1);
    expect(&store, 1, 1);
    grow(&mut store, "own", 0);
    expect(&store, 1, 2);
    host.grow(&mut store, 1).unwrap();
    expect(&store, 2, 2);
    assert_eq!(store.as_context().memory_growths(), 4);
}

#[test]
fn functions_know_their_instance() {
    let mut store = Store::<()>::default();
    let module = Module::new(
        store.engine(),
        r#"(module
            (import "host" "f" (func $imported))
            (func $own (export "own"))
            (func $hidden)
            (func $listed)
            (elem declare func $listed)
            (export "again" (func $imported))
            (func (call $hidden)))"#,
    )
    .unwrap();
    let host = Func::wrap(&mut store, || ());
    let first = Instance::new(&mut store, &module, &[host.into()]).unwrap();
    let own = first.get_func(&mut store, "own").unwrap();
    let second = Instance::new(&mut store, &module, &[own.into()]).unwrap();

    assert_eq!(host.owner(&store), None);
    assert_eq!(own.owner(&store), Some((first, 1)));
    assert_eq!(first.get_func(&mut store, "again"), Some(host));
    assert_eq!(second.get_func(&mut store, "again"), Some(own));
    let found: Vec<Option<Func>> = (0..6).map(|i| second.func_at(&store, i)).collect();
    assert_eq!(found[0], Some(own));
    assert_eq!(found[1], second.get_func(&mut store, "own"));
    assert_eq!(found[3].unwrap().owner(&store), Some((second, 3)));
    for hidden in [2, 4, 5] {
        assert_eq!(found[hidden], None, "function {hidden}");
    }
}

/// Tags are told apart by identity, and linked by type.
#[test]
fn tags_without_exceptions() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let payload = |params: &[ValType]| TagType::new(FuncType::new(&engine, params.to_vec(), []));
    let module = Module::new(
        &engine,
        r#"(module $m
            (import "host" "tag" (tag $imported (param i32)))
            (tag $own (export "own") (param i32))
            (export "imported" (tag $imported))
            (func (export "answer") (result i32) (i32.const 42)))"#,
    )
    .unwrap();
    let expected = module.get_export("own").unwrap();
    assert_eq!(*expected.unwrap_tag(), payload(&[ValType::I32]));
    assert_eq!(module.imports().next().unwrap().ty(), expected);

    let mut linker = Linker::new(&engine);
    let error = linker.instantiate(&mut store, &module).unwrap_err();
    assert!(error.to_string().contains("unknown import: `host::tag`"));
    let tag = Tag::new(&mut store, &payload(&[ValType::I32])).unwrap();
    linker.define(&mut store, "host", "tag", tag).unwrap();
    let first = linker.instantiate(&mut store, &module).unwrap();
    let second = linker.instantiate(&mut store, &module).unwrap();
    let tags = [
        tag,
        first.get_tag(&mut store, "own").unwrap(),
        second.get_tag(&mut store, "own").unwrap(),
    ];
    for (i, a) in tags.iter().enumerate() {
        for (j, b) in tags.iter().enumerate() {
            assert_eq!(Tag::eq(a, b, &store), i == j, "{i} and {j}");
        }
        assert_eq!(a.ty(&store), payload(&[ValType::I32]));
    }
    let again = second.get_tag(&mut store, "imported").unwrap();
    assert!(Tag::eq(&tag, &again, &store));
    let answer = second.get_typed_func::<(), i32>(&mut store, "answer");
    assert_eq!(answer.unwrap().call(&mut store, ()).unwrap(), 42);

    for wrong in [&[][..], &[ValType::I64], &[ValType::I32, ValType::I32]] {
        let wrong = Tag::new(&mut store, &payload(wrong)).unwrap();
        let error = Instance::new(&mut store, &module, &[wrong.into()]).unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with("incompatible import type for `host::tag`"),
            "{text}"
        );
    }
    let results = TagType::new(FuncType::new(&engine, [], [ValType::I32]));
    let error = Tag::new(&mut store, &results).unwrap_err();
    assert!(error.to_string().contains("has no results"), "{error}");
    let throws = Module::new(&engine, "(module (tag $t) (func (throw $t)))").unwrap_err();
    assert!(throws.to_string().contains("`throw`"), "{throws}");
}
