//! Runs on Bolide.

use std::sync::LazyLock;

use bolide::{
    Config, Engine, Extern, ExternRef, ExternType, Func, Global, HeapType, Instance,
    InstanceAllocationStrategy, Memory, Module, PoolingAllocationConfig, Ref, Rooted, Store,
    StoreLimits, StoreLimitsBuilder, Strategy, Table, TieringConfig, Trap, Val, ValType,
    WasmBacktrace,
};

use crate::observation::{Backtrace, Observation, Outcome, State};
use crate::plan::{HostFailure, HostLog, ImportCount, ImportKind, MAX_MEMORY, MAX_TABLE, Plan};
use crate::value::{Kind, Value, signature};

/// A configuration of the engine. None of them may change what a program computes.
pub(crate) struct Variant {
    pub(crate) name: &'static str,
    fuel: bool,
    epoch: bool,
    /// One for all modules, so that pools are used more than once.
    engine: Engine,
}

impl Variant {
    fn new(name: &'static str, fuel: bool, epoch: bool, tune: impl Fn(&mut Config)) -> Variant {
        let mut config = Config::new();
        config
            .consume_fuel(fuel)
            .epoch_interruption(epoch)
            .relaxed_simd_deterministic(true)
            .max_wasm_stack(WASM_STACK);
        tune(&mut config);
        let engine = Engine::new(&config).expect("the configuration is valid");
        Variant {
            name,
            fuel,
            epoch,
            engine,
        }
    }

    /// Whether this variant stops a program that does not end by itself.
    pub(crate) fn stops_endless_loops(&self) -> bool {
        self.fuel
    }
}

/// Bytes of stack for guests. Threads that run oracles should have more.
const WASM_STACK: usize = 4 << 20;

/// The first is the reference.
pub(crate) static VARIANTS: LazyLock<Vec<Variant>> = LazyLock::new(|| {
    let pool = |keep: usize| {
        let mut pool = PoolingAllocationConfig::new();
        pool.linear_memory_keep_resident(keep);
        InstanceAllocationStrategy::Pooling(pool)
    };
    vec![
        Variant::new("optimizing, fuel", true, false, |config| {
            config.strategy(Strategy::Optimizing);
        }),
        Variant::new(
            "baseline, fuel, epoch, bounds checks",
            true,
            true,
            |config| {
                config
                    .strategy(Strategy::Baseline)
                    .memory_reservation(0)
                    .memory_init_cow(false);
            },
        ),
        Variant::new("baseline", false, false, |config| {
            config.strategy(Strategy::Baseline);
        }),
        Variant::new("tier-up at once, fuel", true, false, |config| {
            tier_up_at_once(config, 1, 1);
        }),
        Variant::new(
            "tier-up after some calls, epoch, pooling",
            false,
            true,
            |config| {
                tier_up_at_once(config, 3, 5).allocation_strategy(pool(64 << 10));
            },
        ),
        Variant::new(
            "tier-up in the background, no guard, pooling",
            false,
            false,
            |config| {
                let mut tiering = TieringConfig::new();
                tiering
                    .call_threshold(2)
                    .loop_threshold(3)
                    .compile_ahead(true);
                config
                    .strategy(Strategy::Tiered)
                    .tiering(tiering)
                    .memory_reservation(0)
                    .memory_guard_size(0)
                    .allocation_strategy(pool(0));
            },
        ),
        Variant::new(
            "tiered, fuel, small reservation, pooling",
            true,
            false,
            |config| {
                config
                    .strategy(Strategy::Tiered)
                    .memory_reservation(1 << 20)
                    .memory_guard_size(64 << 10)
                    .allocation_strategy(pool(1 << 20));
            },
        ),
        Variant::new("optimizing, epoch", false, true, |config| {
            config.strategy(Strategy::Optimizing);
        }),
    ]
});

/// Engines that make all NaNs the canonical one. The first is the reference.
pub(crate) static DETERMINISTIC: LazyLock<Vec<Variant>> = LazyLock::new(|| {
    let variant = |name, tune: fn(&mut Config)| {
        Variant::new(name, true, false, |config| {
            tune(config.cranelift_nan_canonicalization(true));
        })
    };
    vec![
        variant("optimizing, canonical NaNs", |config| {
            config.strategy(Strategy::Optimizing);
        }),
        variant("baseline, canonical NaNs", |config| {
            config.strategy(Strategy::Baseline);
        }),
        variant("tier-up at once, canonical NaNs", |config| {
            tier_up_at_once(config, 2, 2);
        }),
    ]
});

/// Optimizes functions and loops after so many calls and iterations, while the guest waits.
fn tier_up_at_once(config: &mut Config, calls: u32, iterations: u32) -> &mut Config {
    let mut tiering = TieringConfig::new();
    tiering
        .call_threshold(calls)
        .loop_threshold(iterations)
        .synchronous(true);
    config.strategy(Strategy::Tiered).tiering(tiering)
}

struct Host {
    log: HostLog,
    limits: StoreLimits,
}

/// Runs a module as `plan` says.
///
/// # Errors
///
/// If the engine does not accept the module.
pub(crate) fn run(variant: &Variant, wasm: &[u8], plan: Plan) -> bolide::Result<Observation> {
    let module = Module::from_binary(&variant.engine, wasm)?;
    let limits = StoreLimitsBuilder::new()
        .memory_size(MAX_MEMORY)
        .table_elements(MAX_TABLE)
        .build();
    let host = Host {
        log: HostLog::default(),
        limits,
    };
    let mut store = Store::new(&variant.engine, host);
    store.limiter(|host| &mut host.limits);
    if variant.fuel {
        store.set_fuel(plan.fuel)?;
    }
    if variant.epoch {
        store.set_epoch_deadline(1 << 40);
    }
    let mut observation = Observation {
        instantiation: Outcome::Returned(Vec::new()),
        calls: Vec::new(),
        host_calls: Vec::new(),
        state: Vec::new(),
        fuel: None,
        backtraces: Some(Vec::new()),
    };
    let instance = imports(&mut store, &module, plan)
        .and_then(|imports| Instance::new(&mut store, &module, &imports));
    match instance {
        Ok(instance) => calls(&mut store, instance, plan, &mut observation),
        Err(error) => {
            observation.instantiation = outcome(&error);
            observation.add_backtrace(positions(&error));
        }
    }
    if variant.fuel {
        observation.fuel = Some(plan.fuel - store.get_fuel()?);
    }
    observation.host_calls = std::mem::take(&mut store.data_mut().log.calls);
    Ok(observation)
}

fn calls(store: &mut Store<Host>, instance: Instance, plan: Plan, observation: &mut Observation) {
    let module = instance.module(&*store).clone();
    let mut exports: Vec<_> = module.exports().collect();
    exports.sort_by_key(|export| export.name());
    let functions: Vec<&str> = exports
        .iter()
        .filter(|export| matches!(export.ty(), ExternType::Func(_)))
        .map(|export| export.name())
        .collect();
    for (i, name) in plan.order(&functions).into_iter().enumerate() {
        let func = instance.get_func(&mut *store, name).expect("exported");
        let ty = func.ty(&*store);
        let Some(kinds) = ty.params().map(|ty| kind(&ty)).collect::<Option<Vec<_>>>() else {
            continue;
        };
        let params: Vec<Val> = plan
            .arguments(i, &kinds)
            .iter()
            .map(|value| to_val(&mut *store, value))
            .collect();
        let mut results = vec![Val::I32(0); ty.results().len()];
        let outcome = match func.call(&mut *store, &params, &mut results) {
            Ok(()) => {
                let results = results.iter().map(|val| from_val(&mut *store, val));
                Outcome::Returned(results.collect())
            }
            Err(error) => {
                observation.add_backtrace(positions(&error));
                outcome(&error)
            }
        };
        let stop = outcome.is_engine_limit().is_some();
        observation.calls.push((name.to_owned(), outcome));
        if stop {
            break;
        }
    }
    for export in &exports {
        let item = instance.get_export(&mut *store, export.name());
        let item = item.expect("exported");
        if let Some(state) = state(store, item) {
            observation.state.push((export.name().to_owned(), state));
        }
    }
}

fn state(store: &mut Store<Host>, item: Extern) -> Option<State> {
    Some(match item {
        Extern::Global(global) => {
            let val = global.get(&mut *store);
            State::Global(from_val(store, &val))
        }
        Extern::Memory(memory) => State::Memory(memory.data(&*store).to_vec()),
        Extern::Table(table) => {
            let elements = (0..table.size(&*store)).map(|i| {
                let element = table.get(&mut *store, i).expect("in bounds");
                from_val(&mut *store, &Val::from(element))
            });
            State::Table(elements.collect())
        }
        Extern::Func(_) | Extern::SharedMemory(_) | Extern::Tag(_) => return None,
    })
}

fn imports(store: &mut Store<Host>, module: &Module, plan: Plan) -> bolide::Result<Vec<Extern>> {
    let mut count = ImportCount::default();
    let imports = module.imports().map(|import| {
        let i = count.next(match import.ty() {
            ExternType::Func(_) => ImportKind::Func,
            ExternType::Global(_) => ImportKind::Global,
            _ => ImportKind::Other,
        });
        Ok(match import.ty() {
            ExternType::Func(ty) => host_function(store, i, ty, plan)?.into(),
            ExternType::Global(ty) => {
                let kind = known(ty.content())?;
                let val = to_val(&mut *store, &plan.global(i, kind));
                Global::new(&mut *store, ty, val)?.into()
            }
            ExternType::Memory(ty) => Memory::new(&mut *store, ty)?.into(),
            ExternType::Table(ty) => {
                let kind = known(&ValType::Ref(ty.element().clone()))?;
                let init = match to_val(&mut *store, &plan.element(kind)) {
                    Val::ExternRef(init) => Ref::Extern(init),
                    _ => Ref::Func(None),
                };
                Table::new(&mut *store, ty, init)?.into()
            }
            other => bolide::bail!("no import of type {other} is planned"),
        })
    });
    imports.collect()
}

fn host_function(
    store: &mut Store<Host>,
    import: usize,
    ty: bolide::FuncType,
    plan: Plan,
) -> bolide::Result<Func> {
    let kinds = ty.results().map(|ty| known(&ty));
    let kinds = kinds.collect::<bolide::Result<Vec<_>>>()?;
    Ok(Func::new(store, ty, move |mut caller, params, results| {
        let params = params.iter().map(|val| from_val(&mut caller, val));
        let params = params.collect();
        let call = caller.data_mut().log.record(import, params);
        let values = plan.host_results(import, call, &kinds).ok_or(HostFailure)?;
        for (result, value) in results.iter_mut().zip(&values) {
            *result = to_val(&mut caller, value);
        }
        Ok(())
    }))
}

/// Function and offset in the module of each frame of an error's backtrace.
fn positions(error: &bolide::Error) -> Backtrace {
    let backtrace = error.downcast_ref::<WasmBacktrace>();
    let frames = backtrace.map_or(&[][..], WasmBacktrace::frames);
    let position = frames.iter().map(|f| (f.func_index(), f.module_offset()));
    position.collect()
}

fn outcome(error: &bolide::Error) -> Outcome {
    if let Some(trap) = error.downcast_ref::<Trap>() {
        // The peer does not distinguish these.
        Outcome::Trapped(match *trap {
            Trap::IndirectCallOutOfBounds => Trap::TableOutOfBounds,
            trap => trap,
        })
    } else if error.is::<HostFailure>() {
        Outcome::HostFailed
    } else {
        Outcome::Refused(format!("{error:#}"))
    }
}

fn kind(ty: &ValType) -> Option<Kind> {
    Some(match ty {
        ValType::I32 => Kind::I32,
        ValType::I64 => Kind::I64,
        ValType::F32 => Kind::F32,
        ValType::F64 => Kind::F64,
        ValType::V128 => Kind::V128,
        ValType::Ref(ty) if !ty.is_nullable() => return None,
        ValType::Ref(ty) => match ty.heap_type() {
            HeapType::Func => Kind::Func,
            HeapType::Extern => Kind::Extern,
            _ => return None,
        },
    })
}

fn known(ty: &ValType) -> bolide::Result<Kind> {
    kind(ty).ok_or_else(|| bolide::format_err!("no value of type {ty} is planned"))
}

fn to_val(store: impl bolide::AsContextMut, value: &Value) -> Val {
    match *value {
        Value::I32(v) => Val::from(v),
        Value::I64(v) => Val::from(v),
        Value::F32(v) => Val::F32(v),
        Value::F64(v) => Val::F64(v),
        Value::V128(v) => Val::V128(v.into()),
        Value::Func(_) => Val::FuncRef(None),
        Value::Extern(None) => Val::ExternRef(None),
        Value::Extern(Some(v)) => ExternRef::new(store, v)
            .expect("there is room for a reference")
            .into(),
    }
}

fn from_val(store: impl bolide::AsContextMut, val: &Val) -> Value {
    let number = |r: Rooted<ExternRef>| {
        let data = r.data(store.as_context()).expect("the reference is rooted");
        let data = data.and_then(|data| data.downcast_ref::<u32>());
        *data.expect("the host made it")
    };
    match *val {
        Val::I32(v) => Value::I32(v as u32),
        Val::I64(v) => Value::I64(v as u64),
        Val::F32(v) => Value::F32(v),
        Val::F64(v) => Value::F64(v),
        Val::V128(v) => Value::V128(v.into()),
        Val::FuncRef(func) => Value::Func(func.map(|func| {
            let ty = func.ty(store.as_context());
            signature(
                ty.params().map(|ty| kind(&ty)),
                ty.results().map(|ty| kind(&ty)),
            )
        })),
        Val::ExternRef(r) => Value::Extern(r.map(number)),
        Val::AnyRef(_) | Val::ExnRef(_) => Value::Extern(None),
    }
}
