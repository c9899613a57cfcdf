//! Runs on `wasmi`, an interpreter that shares nothing with Bolide but the parser.

use std::sync::LazyLock;

use bolide::Trap;
use wasmi::{
    AsContext, AsContextMut, Config, Engine, Error, Extern, ExternRef, ExternType, Func, FuncType,
    Global, Instance, Memory, Module, Nullable, Ref, Store, StoreLimits, StoreLimitsBuilder, Table,
    TrapCode, Val, ValType,
};

use crate::observation::{Observation, Outcome, State};
use crate::plan::{HostFailure, HostLog, ImportCount, ImportKind, MAX_MEMORY, MAX_TABLE, Plan};
use crate::value::{Kind, Value, signature};

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let mut config = Config::default();
    config
        .consume_fuel(true)
        .set_max_recursion_depth(20_000)
        .set_max_stack_height(64 << 20);
    Engine::new(&config)
});

/// The peer counts fuel in its own unit; it only has to end at some time.
const FUEL_FACTOR: u64 = 100;

struct Host {
    log: HostLog,
    limits: StoreLimits,
}

impl wasmi::errors::HostError for HostFailure {}

/// Runs a module as `plan` says.
///
/// # Errors
///
/// If the peer does not accept the module.
pub(crate) fn run(wasm: &[u8], plan: Plan) -> Result<Observation, Error> {
    let module = Module::new(&ENGINE, wasm)?;
    let limits = StoreLimitsBuilder::new()
        .memory_size(MAX_MEMORY)
        .table_elements(MAX_TABLE)
        .build();
    let host = Host {
        log: HostLog::default(),
        limits,
    };
    let mut store = Store::new(&ENGINE, host);
    store.limiter(|host| &mut host.limits);
    store.set_fuel(plan.fuel * FUEL_FACTOR)?;
    let mut observation = Observation {
        instantiation: Outcome::Returned(Vec::new()),
        calls: Vec::new(),
        host_calls: Vec::new(),
        state: Vec::new(),
        fuel: None,
        backtraces: None,
    };
    let instance = imports(&mut store, &module, plan)
        .and_then(|imports| Instance::new(&mut store, &module, &imports));
    match instance {
        Ok(instance) => calls(&mut store, &module, instance, plan, &mut observation),
        Err(error) => observation.instantiation = outcome(&error),
    }
    observation.host_calls = std::mem::take(&mut store.data_mut().log.calls);
    Ok(observation)
}

fn calls(
    store: &mut Store<Host>,
    module: &Module,
    instance: Instance,
    plan: Plan,
    observation: &mut Observation,
) {
    let mut names: Vec<&str> = module.exports().map(|export| export.name()).collect();
    names.sort_unstable();
    let functions: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| matches!(module.get_export(name), Some(ExternType::Func(_))))
        .collect();
    for (i, name) in plan.order(&functions).into_iter().enumerate() {
        let func = instance.get_func(&*store, name).expect("exported");
        let ty = func.ty(&*store);
        let kinds: Vec<Kind> = ty.params().iter().map(|&ty| kind(ty)).collect();
        let params: Vec<Val> = plan
            .arguments(i, &kinds)
            .iter()
            .map(|value| to_val(&mut *store, value))
            .collect();
        let mut results = vec![Val::I32(0); ty.results().len()];
        let outcome = match func.call(&mut *store, &params, &mut results) {
            Ok(()) => Outcome::Returned(results.iter().map(|v| from_val(&*store, v)).collect()),
            Err(error) => outcome(&error),
        };
        let stop = outcome.is_engine_limit().is_some();
        observation.calls.push((name.to_owned(), outcome));
        if stop {
            break;
        }
    }
    for name in names {
        let item = instance.get_export(&*store, name).expect("exported");
        let state = match item {
            Extern::Global(global) => State::Global(from_val(&*store, &global.get(&*store))),
            Extern::Memory(memory) => State::Memory(memory.data(&*store).to_vec()),
            Extern::Table(table) => {
                let elements = (0..table.size(&*store)).map(|i| {
                    let element = table.get(&*store, i).expect("in bounds");
                    from_ref(&*store, &element)
                });
                State::Table(elements.collect())
            }
            Extern::Func(_) => continue,
        };
        observation.state.push((name.to_string(), state));
    }
}

fn imports(store: &mut Store<Host>, module: &Module, plan: Plan) -> Result<Vec<Extern>, Error> {
    let mut count = ImportCount::default();
    let imports = module.imports().map(|import| {
        let i = count.next(match import.ty() {
            ExternType::Func(_) => ImportKind::Func,
            ExternType::Global(_) => ImportKind::Global,
            _ => ImportKind::Other,
        });
        Ok(match import.ty() {
            ExternType::Func(ty) => host_function(store, i, ty.clone(), plan).into(),
            ExternType::Global(ty) => {
                let val = to_val(&mut *store, &plan.global(i, kind(ty.content())));
                Global::new(&mut *store, val, ty.mutability()).into()
            }
            ExternType::Memory(ty) => Memory::new(&mut *store, *ty)?.into(),
            ExternType::Table(ty) => {
                let kind = kind(ty.element().into());
                let init = match to_val(&mut *store, &plan.element(kind)) {
                    Val::ExternRef(init) => Ref::Extern(init),
                    _ => Ref::null(ty.element()),
                };
                Table::new(&mut *store, *ty, init)?.into()
            }
        })
    });
    imports.collect()
}

fn host_function(store: &mut Store<Host>, import: usize, ty: FuncType, plan: Plan) -> Func {
    let kinds: Vec<Kind> = ty.results().iter().map(|&ty| kind(ty)).collect();
    Func::new(store, ty, move |mut caller, params, results| {
        let params = params.iter().map(|v| from_val(&caller, v)).collect();
        let call = caller.data_mut().log.record(import, params);
        let values = plan.host_results(import, call, &kinds);
        let values = values.ok_or_else(|| Error::host(HostFailure))?;
        for (result, value) in results.iter_mut().zip(&values) {
            *result = to_val(&mut caller, value);
        }
        Ok(())
    })
}

fn outcome(error: &Error) -> Outcome {
    if error.downcast_ref::<HostFailure>().is_some() {
        return Outcome::HostFailed;
    }
    let Some(code) = error.as_trap_code() else {
        return Outcome::Refused(error.to_string());
    };
    Outcome::Trapped(match code {
        TrapCode::UnreachableCodeReached => Trap::UnreachableCodeReached,
        TrapCode::MemoryOutOfBounds => Trap::MemoryOutOfBounds,
        TrapCode::TableOutOfBounds => Trap::TableOutOfBounds,
        TrapCode::IndirectCallToNull => Trap::IndirectCallToNull,
        TrapCode::IntegerDivisionByZero => Trap::IntegerDivisionByZero,
        TrapCode::IntegerOverflow => Trap::IntegerOverflow,
        TrapCode::BadConversionToInteger => Trap::BadConversionToInteger,
        TrapCode::StackOverflow => Trap::StackOverflow,
        TrapCode::BadSignature => Trap::BadSignature,
        TrapCode::OutOfFuel => Trap::OutOfFuel,
        TrapCode::GrowthOperationLimited | TrapCode::OutOfSystemMemory => {
            return Outcome::Refused(error.to_string());
        }
    })
}

fn kind(ty: ValType) -> Kind {
    match ty {
        ValType::I32 => Kind::I32,
        ValType::I64 => Kind::I64,
        ValType::F32 => Kind::F32,
        ValType::F64 => Kind::F64,
        ValType::V128 => Kind::V128,
        ValType::FuncRef => Kind::Func,
        ValType::ExternRef => Kind::Extern,
    }
}

fn to_val(store: impl AsContextMut, value: &Value) -> Val {
    match *value {
        Value::I32(v) => Val::I32(v as i32),
        Value::I64(v) => Val::I64(v as i64),
        Value::F32(v) => Val::F32(wasmi::F32::from_bits(v)),
        Value::F64(v) => Val::F64(wasmi::F64::from_bits(v)),
        Value::V128(v) => Val::V128(v.into()),
        Value::Func(_) => Val::FuncRef(Nullable::Null),
        Value::Extern(None) => Val::ExternRef(Nullable::Null),
        Value::Extern(Some(v)) => Val::ExternRef(ExternRef::new(store, v).into()),
    }
}

fn from_val(store: impl AsContext, val: &Val) -> Value {
    match *val {
        Val::I32(v) => Value::I32(v as u32),
        Val::I64(v) => Value::I64(v as u64),
        Val::F32(v) => Value::F32(v.to_bits()),
        Val::F64(v) => Value::F64(v.to_bits()),
        Val::V128(v) => Value::V128(v.as_u128()),
        Val::FuncRef(func) => from_ref(store, &Ref::Func(func)),
        Val::ExternRef(r) => from_ref(store, &Ref::Extern(r)),
    }
}

fn from_ref(store: impl AsContext, element: &Ref) -> Value {
    match element {
        Ref::Func(func) => Value::Func(func.val().map(|func| {
            let ty = func.ty(&store);
            let kinds = |types: &[ValType]| types.iter().map(|&ty| Some(kind(ty))).collect();
            let (params, results): (Vec<_>, Vec<_>) = (kinds(ty.params()), kinds(ty.results()));
            signature(params.into_iter(), results.into_iter())
        })),
        Ref::Extern(r) => Value::Extern(r.val().map(|r| {
            let data = r.data(store.as_context());
            *data.downcast_ref::<u32>().expect("the host made it")
        })),
    }
}
