//! Arbitrary bytes as modules.

use std::sync::{Arc, LazyLock};

use bolide::{
    Config, Engine, Extern, ExternType, Func, Global, Instance, Memory, Ref, SharedMemory, Store,
    StoreLimits, StoreLimitsBuilder, Table, Trap, Val,
};
use bolide_module::{Bytes, Feature, Features, Module, ModuleError, StreamingModule, TypeRegistry};
use wasmparser::Validator;

use crate::random::{Random, digest};

/// What came of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loaded {
    /// They are no valid module.
    Invalid,
    /// They are a valid module that was not run: too large, or it needs what there is no stub for.
    Valid,
    /// They are a valid module, and this many of its exports were called.
    Ran(usize),
}

/// Modules up to this size are compiled and run.
const CHEAP: usize = 16 << 10;
/// Fuel for the instantiation and all calls of a module.
const FUEL: u64 = 10_000;
/// Loading and running small inputs may need this much memory in addition to them.
const MAX_MEMORY: u64 = 256 << 20;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let mut config = Config::new();
    config.consume_fuel(true).max_wasm_stack(256 << 10);
    Engine::new(&config).expect("the configuration is valid")
});

/// Loads bytes at once and in chunks, validates them with `wasmparser`, and runs them if they are a
/// small module.
///
/// # Errors
///
/// When these disagree, or memory is wasted.
pub fn load(bytes: &[u8]) -> Result<Loaded, String> {
    let before = peak_memory();
    let mut random = Random::new(digest(bytes));
    let features = some_features(&mut random);
    // Types of other features than the engine's have no place in its registry.
    let registry = match features == Features::ALL {
        true => ENGINE.type_registry().clone(),
        false => Arc::new(TypeRegistry::new()),
    };
    let whole = Module::new(&registry, features, Bytes::from(bytes.to_vec()));
    let streamed = stream(&registry, features, bytes, &mut random);
    match (&whole, &streamed) {
        (Ok(_), Ok(_)) => {}
        (Err(a), Err(b)) if format!("{a:?}") == format!("{b:?}") => {}
        (a, b) => {
            let (a, b) = (a.as_ref().map(drop), b.as_ref().map(drop));
            return Err(format!("at once: {a:?}; in chunks: {b:?}"));
        }
    }
    let expected = Validator::new_with_features(features.to_wasmparser()).validate_all(bytes);
    if whole.is_ok() != expected.is_ok() {
        let (a, b) = (whole.map(drop), expected.map(drop));
        return Err(format!("here: {a:?}; wasmparser: {b:?}"));
    }
    let loaded = match whole {
        Err(_) => {
            // Text is tried on what is no binary; it need not be text either.
            if !bytes.starts_with(b"\0asm") {
                drop(bolide::Module::new(&ENGINE, bytes));
            }
            Loaded::Invalid
        }
        Ok(module) if features == Features::ALL && bytes.len() <= CHEAP => run(module)?,
        Ok(_) => Loaded::Valid,
    };
    if let (Some(before), Some(after)) = (before, peak_memory())
        && after.saturating_sub(before) > MAX_MEMORY + 16 * bytes.len() as u64
    {
        let (len, grown) = (bytes.len(), after - before);
        return Err(format!("{len} bytes of input used {grown} bytes of memory"));
    }
    Ok(loaded)
}

/// All features, mostly, or all but one with what needs it.
fn some_features(random: &mut Random) -> Features {
    let mut features = Features::ALL;
    if random.below(4) == 0 {
        features.set(Feature::ALL[random.below(Feature::ALL.len())], false);
    }
    features
}

fn stream(
    registry: &Arc<TypeRegistry>,
    features: Features,
    mut rest: &[u8],
    random: &mut Random,
) -> Result<Module, ModuleError> {
    let mut stream = StreamingModule::new(registry, features);
    let longest = 1 + random.below(rest.len().max(1));
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at((1 + random.below(longest)).min(rest.len()));
        stream.push(chunk)?;
        rest = after;
    }
    stream.finish()
}

fn run(module: Module) -> Result<Loaded, String> {
    // What is valid but cannot be executed is refused here, as it should be.
    let Ok(module) = bolide::Module::from_bytes(&ENGINE, module.bytes.clone()) else {
        return Ok(Loaded::Valid);
    };
    if let Err(error) = module.compile_all() {
        return Err(format!("a valid module does not compile: {error:#}"));
    }
    let limits = StoreLimitsBuilder::new()
        .memory_size(16 << 20)
        .table_elements(100_000)
        .build();
    let mut store = Store::new(&ENGINE, limits);
    store.limiter(|limits| limits);
    store.set_fuel(FUEL).map_err(|error| error.to_string())?;
    let Some(imports) = imports(&mut store, &module) else {
        return Ok(Loaded::Valid);
    };
    let Ok(instance) = Instance::new(&mut store, &module, &imports) else {
        return Ok(Loaded::Valid);
    };
    let mut calls = 0;
    for export in module.exports() {
        let ExternType::Func(ty) = export.ty() else {
            continue;
        };
        let params = ty.params().map(|ty| Val::default_for_ty(&ty));
        let Some(params) = params.collect::<Option<Vec<_>>>() else {
            continue;
        };
        let mut results = vec![Val::I32(0); ty.results().len()];
        let func = instance.get_func(&mut store, export.name());
        let func = func.ok_or("an exported function is missing")?;
        calls += 1;
        match func.call(&mut store, &params, &mut results) {
            Err(error) if error.downcast_ref::<Trap>() == Some(&Trap::OutOfFuel) => break,
            _ => {}
        }
    }
    Ok(Loaded::Ran(calls))
}

/// Imports of the right types that do nothing, if there can be such.
fn imports(store: &mut Store<StoreLimits>, module: &bolide::Module) -> Option<Vec<Extern>> {
    let imports = module.imports().map(|import| {
        Some(match import.ty() {
            ExternType::Func(ty) => {
                let results = ty.results().map(|ty| Val::default_for_ty(&ty));
                let values = results.collect::<Option<Vec<_>>>()?;
                let func = Func::new(&mut *store, ty, move |_, _, results| {
                    results.copy_from_slice(&values);
                    Ok(())
                });
                func.into()
            }
            ExternType::Global(ty) => {
                let value = Val::default_for_ty(ty.content())?;
                Global::new(&mut *store, ty, value).ok()?.into()
            }
            ExternType::Memory(ty) if ty.is_shared() => SharedMemory::new(&ENGINE, ty).ok()?.into(),
            ExternType::Memory(ty) => Memory::new(&mut *store, ty).ok()?.into(),
            ExternType::Table(ty) => {
                let init = Ref::null(ty.element().heap_type());
                Table::new(&mut *store, ty, init).ok()?.into()
            }
            _ => return None,
        })
    });
    imports.collect()
}

/// Most bytes of memory that the process has had so far, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes = line.trim().strip_suffix("kB")?.trim();
    Some(kibibytes.parse::<u64>().ok()? * 1024)
}
