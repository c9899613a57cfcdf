//! The module `spectest`, which scripts of the specification's test suite import.

use bolide::{
    AsContextMut, Global, GlobalType, Linker, Memory, MemoryType, Mutability, Ref, RefType, Result,
    SharedMemory, Table, TableType, Val, ValType,
};

/// How [`WastContext::register_spectest`](crate::WastContext::register_spectest) defines `spectest`.
#[derive(Clone, Debug)]
pub struct SpectestConfig {
    /// Whether there is a `shared_memory`. Default: yes.
    pub use_shared_memory: bool,
    /// Whether the `print` functions print nothing. Default: yes.
    pub suppress_prints: bool,
}

impl Default for SpectestConfig {
    fn default() -> Self {
        SpectestConfig {
            use_shared_memory: true,
            suppress_prints: true,
        }
    }
}

/// Defines `spectest` in a linker (the reference interpreter's `script/spectest.ml`).
pub(crate) fn define<T: 'static>(
    linker: &mut Linker<T>,
    mut store: impl AsContextMut<Data = T>,
    config: &SpectestConfig,
) -> Result<()> {
    let mut store = store.as_context_mut();
    print_functions(linker, config.suppress_prints)?;
    let globals = [
        ("global_i32", ValType::I32, Val::I32(666)),
        ("global_i64", ValType::I64, Val::I64(666)),
        ("global_f32", ValType::F32, Val::from(666.6_f32)),
        ("global_f64", ValType::F64, Val::from(666.6_f64)),
    ];
    for (name, ty, value) in globals {
        let global = Global::new(&mut store, GlobalType::new(ty, Mutability::Const), value)?;
        linker.define(&mut store, "spectest", name, global)?;
    }
    let tables = [
        ("table", TableType::new(RefType::FUNCREF, 10, Some(20))),
        ("table64", TableType::new64(RefType::FUNCREF, 10, Some(20))),
    ];
    for (name, ty) in tables {
        let table = Table::new(&mut store, ty, Ref::Func(None))?;
        linker.define(&mut store, "spectest", name, table)?;
    }
    let memory = Memory::new(&mut store, MemoryType::new(1, Some(2)))?;
    linker.define(&mut store, "spectest", "memory", memory)?;
    if config.use_shared_memory {
        let memory = SharedMemory::new(linker.engine(), MemoryType::shared(1, 2))?;
        linker.define(&mut store, "spectest", "shared_memory", memory)?;
    }
    Ok(())
}

fn print_functions<T: 'static>(linker: &mut Linker<T>, suppress: bool) -> Result<()> {
    macro_rules! print {
        ($name:literal, |$($arg:ident: $ty:ident),*|) => {
            linker.func_wrap("spectest", $name, move |$($arg: $ty),*| {
                if !suppress {
                    $(println!("{} : {}", $arg, stringify!($ty));)*
                }
            })?;
        };
    }
    print!("print", | |);
    print!("print_i32", |value: i32|);
    print!("print_i64", |value: i64|);
    print!("print_f32", |value: f32|);
    print!("print_f64", |value: f64|);
    print!("print_i32_f32", |first: i32, second: f32|);
    print!("print_f64_f64", |first: f64, second: f64|);
    Ok(())
}
