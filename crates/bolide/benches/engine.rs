//! What an embedder pays for: instantiation, calls in both directions, memory access from the host.
//!
//! Run with `cargo bench -p bolide`.

use std::hint::black_box;

use bolide::{
    Caller, Config, Engine, Extern, Func, FuncType, InstanceAllocationStrategy, Linker, Memory,
    Module, PoolingAllocationConfig, Store, Val, ValRaw,
};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

/// A module with one memory and 64 KiB of data.
fn with_image() -> String {
    let data = "\\2a".repeat(1 << 16);
    format!(
        r#"(module (memory (export "memory") 2) (data (i32.const 0) "{data}") (func (export "f")))"#
    )
}

fn engine(strategy: impl Into<InstanceAllocationStrategy>) -> Engine {
    Engine::new(Config::new().allocation_strategy(strategy)).expect("a supported processor")
}

fn instantiate(c: &mut Criterion) {
    let mut group = c.benchmark_group("instantiate");
    let strategies: [(&str, InstanceAllocationStrategy); 2] = [
        ("fresh", InstanceAllocationStrategy::OnDemand),
        ("pooled", PoolingAllocationConfig::new().into()),
    ];
    for (strategy_name, strategy) in strategies {
        let engine = engine(strategy);
        for (module_name, text) in [
            ("empty", "(module)".to_owned()),
            ("64 KiB image", with_image()),
        ] {
            let module = Module::new(&engine, text).expect("a valid module");
            let pre = Linker::<()>::new(&engine)
                .instantiate_pre(&module)
                .expect("no imports");
            group.bench_function(format!("{strategy_name}, {module_name}"), |b| {
                b.iter(|| {
                    let mut store = Store::new(&engine, ());
                    pre.instantiate(&mut store).expect("instantiates");
                });
            });
            group.bench_function(
                format!("{strategy_name}, {module_name}, write one byte"),
                |b| {
                    b.iter(|| {
                        let mut store = Store::new(&engine, ());
                        let instance = pre.instantiate(&mut store).expect("instantiates");
                        if let Some(memory) = instance.get_memory(&mut store, "memory") {
                            memory.data_mut(&mut store)[1000] = 1;
                        }
                    });
                },
            );
        }
    }
    group.finish();
}

const CALLS: &str = r#"(module
    (import "" "nop" (func $nop))
    (import "" "add" (func $add (param i32 i32) (result i32)))
    (func (export "nop"))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "call nop") (param i32)
        (loop (call $nop) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "call add") (param i32)
        (loop (drop (call $add (local.get 0) (i32.const 1)))
            (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))"#;

/// The imports of [`CALLS`] without checks.
fn unchecked_imports(store: &mut Store<()>) -> [Func; 2] {
    use bolide::ValType::I32;
    let nop = FuncType::new(store.engine(), [], []);
    let add = FuncType::new(store.engine(), [I32, I32], [I32]);
    // SAFETY: the closures return what the types say.
    unsafe {
        [
            Func::new_unchecked(&mut *store, nop, |_: Caller<'_, ()>, _| Ok(())),
            Func::new_unchecked(store, add, |_: Caller<'_, ()>, values| {
                values[0] = ValRaw::i32(values[0].get_i32().wrapping_add(values[1].get_i32()));
                Ok(())
            }),
        ]
    }
}

fn calls(c: &mut Criterion) {
    let engine = Engine::default();
    let module = Module::new(&engine, CALLS).expect("a valid module");
    let mut store = Store::new(&engine, ());
    let nop = Func::wrap(&mut store, || {});
    let add = Func::wrap(&mut store, |a: i32, b: i32| a.wrapping_add(b));
    let imports: [Extern; 2] = [nop.into(), add.into()];
    let instance = bolide::Instance::new(&mut store, &module, &imports).expect("instantiates");

    let mut group = c.benchmark_group("host to guest");
    let nop = instance
        .get_typed_func::<(), ()>(&mut store, "nop")
        .expect("an export");
    group.bench_function("typed, nop", |b| {
        b.iter(|| nop.call(&mut store, ()).expect("returns"))
    });
    let add = instance
        .get_typed_func::<(i32, i32), i32>(&mut store, "add")
        .expect("an export");
    group.bench_function("typed, add", |b| {
        b.iter(|| {
            add.call(&mut store, (black_box(1), black_box(2)))
                .expect("returns")
        });
    });
    let untyped = instance.get_func(&mut store, "add").expect("an export");
    group.bench_function("untyped, add", |b| {
        let params = [Val::I32(1), Val::I32(2)];
        let mut results = [Val::I32(0)];
        b.iter(|| {
            untyped
                .call(&mut store, &params, &mut results)
                .expect("returns")
        });
    });
    group.bench_function("unchecked, add", |b| {
        b.iter(|| {
            let mut values = [ValRaw::i32(black_box(1)), ValRaw::i32(black_box(2))];
            // SAFETY: two 32-bit integers are given, and one is returned.
            unsafe { untyped.call_unchecked(&mut store, &mut values) }.expect("returns");
            values[0].get_i32()
        });
    });
    group.finish();

    let [nop, add] = unchecked_imports(&mut store);
    let imports: [Extern; 2] = [nop.into(), add.into()];
    let unchecked = bolide::Instance::new(&mut store, &module, &imports).expect("instantiates");
    let mut group = c.benchmark_group("guest to host, 1000 calls");
    for (how, instance) in [("", instance), ("unchecked, ", unchecked)] {
        for name in ["call nop", "call add"] {
            let f = instance
                .get_typed_func::<i32, ()>(&mut store, name)
                .expect("an export");
            group.bench_function(format!("{how}{name}"), |b| {
                b.iter(|| f.call(&mut store, 1000).expect("returns"))
            });
        }
    }
    group.finish();
}

fn memory(c: &mut Criterion) {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let memory = Memory::new(&mut store, bolide::MemoryType::new(1, None)).expect("memory");
    let mut group = c.benchmark_group("memory from the host");
    group.bench_function("read 4 bytes", |b| {
        let mut buffer = [0; 4];
        b.iter(|| {
            memory
                .read(&store, black_box(1000), &mut buffer)
                .expect("in bounds")
        });
    });
    group.bench_function("write 4 bytes", |b| {
        b.iter(|| {
            memory
                .write(&mut store, black_box(1000), &[1, 2, 3, 4])
                .expect("in bounds")
        });
    });
    group.bench_function("sum 64 KiB in place", |b| {
        b.iter(|| {
            memory
                .data(&store)
                .iter()
                .map(|b| u32::from(*b))
                .sum::<u32>()
        });
    });
    group.finish();
}

fn first_call(c: &mut Criterion) {
    let engine = Engine::default();
    let mut group = c.benchmark_group("bytes to first result");
    let binary = bolide::parse_text(CALLS).expect("valid text");
    group.bench_function("load, instantiate, compile one function, call", |b| {
        b.iter_batched(
            || binary.clone(),
            |binary| {
                let module = Module::from_bytes(&engine, binary).expect("a valid module");
                let mut linker = Linker::<()>::new(&engine);
                linker.func_wrap("", "nop", || {}).expect("defined once");
                linker
                    .func_wrap("", "add", |a: i32, b: i32| a + b)
                    .expect("defined once");
                let mut store = Store::new(&engine, ());
                let instance = linker
                    .instantiate(&mut store, &module)
                    .expect("instantiates");
                let add = instance
                    .get_typed_func::<(i32, i32), i32>(&mut store, "add")
                    .expect("an export");
                add.call(&mut store, (1, 2)).expect("returns")
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

criterion_group!(benches, instantiate, calls, memory, first_call);
criterion_main!(benches);
