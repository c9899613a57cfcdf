//! The benchmark's adapter for Wasmtime.
//!
//! Options: `compiler=cranelift` (the default) or `winch`; `allocation=on-demand` (the default) or `pooling`, as servers
//! have it that make many short-lived instances.
#![forbid(unsafe_code)]

use std::path::Path;
use std::process::ExitCode;

use bench_protocol::{Failure, Imports, Info, Options};
use wasmtime::{
    Config, Enabled, Engine, Instance, Linker, Module, PoolingAllocationConfig, Store, Strategy,
    TypedFunc,
};

/// As many instances can be alive at once when they are pooled.
const POOL: u32 = 10_240;

/// What a pooled instance may leave in memory for the next one: clearing it is faster than mapping it again. Bolide
/// has the same by default.
const KEEP_RESIDENT: usize = 1 << 20;

struct Wasmtime {
    engine: Engine,
    compiler: &'static str,
    allocation: &'static str,
}

struct Live {
    store: Store<()>,
    instance: Instance,
}

impl bench_protocol::Engine for Wasmtime {
    type Module = Module;
    type Instance = Live;
    type Func = TypedFunc<i32, i64>;

    fn new(options: &mut Options) -> Result<Self, Failure> {
        let mut config = Config::new();
        let compiler = match options.take("compiler").as_deref() {
            None | Some("cranelift") => "cranelift",
            Some("winch") => {
                config.strategy(Strategy::Winch);
                "winch"
            }
            Some(other) => {
                return Err(Failure::error(format!(
                    "no compiler '{other}': use cranelift or winch"
                )));
            }
        };
        let allocation = match options.take("allocation").as_deref() {
            None | Some("on-demand") => "on-demand",
            Some("pooling") => {
                config.allocation_strategy(pool());
                "pooling"
            }
            Some(other) => {
                return Err(Failure::error(format!(
                    "no allocation '{other}': use on-demand or pooling"
                )));
            }
        };
        Ok(Self {
            engine: Engine::new(&config)?,
            compiler,
            allocation,
        })
    }

    fn info(&self) -> Info {
        let info = Info::new("wasmtime", env!("ENGINE_VERSION"))
            .with("compiler", self.compiler)
            .with("allocation", self.allocation);
        match self.allocation {
            "pooling" => info.with("keep-resident", format!("{KEEP_RESIDENT} bytes")),
            _ => info,
        }
    }

    fn load(&self, bytes: &[u8], _: &Path) -> Result<Module, Failure> {
        Ok(Module::from_binary(&self.engine, bytes)?)
    }

    fn instantiate(&self, module: &Module, imports: Imports) -> Result<Live, Failure> {
        let mut store = Store::new(&self.engine, ());
        let instance = if module.imports().len() == 0 {
            Instance::new(&mut store, module, &[])?
        } else {
            let mut linker = Linker::new(&self.engine);
            if imports == Imports::AddOne {
                linker.func_wrap("host", "add_one", |x: i32| x.wrapping_add(1))?;
            }
            // Functions trap; the second call satisfies what is no function.
            linker.define_unknown_imports_as_traps(module)?;
            linker.define_unknown_imports_as_default_values(&mut store, module)?;
            linker.instantiate(&mut store, module)?
        };
        Ok(Live { store, instance })
    }

    fn call_initialize(&self, live: &mut Live) -> Result<(), Failure> {
        match live.instance.get_func(&mut live.store, "_initialize") {
            Some(function) => Ok(function
                .typed::<(), ()>(&live.store)?
                .call(&mut live.store, ())?),
            None => Ok(()),
        }
    }

    fn function(
        &self,
        live: &mut Live,
        name: &str,
    ) -> Result<Option<TypedFunc<i32, i64>>, Failure> {
        match live.instance.get_func(&mut live.store, name) {
            Some(function) => Ok(Some(function.typed(&live.store)?)),
            None => Ok(None),
        }
    }

    fn call(
        &self,
        live: &mut Live,
        function: &TypedFunc<i32, i64>,
        argument: i32,
    ) -> Result<i64, Failure> {
        Ok(function.call(&mut live.store, argument)?)
    }

    fn code_bytes(&self, module: &Module) -> Option<u64> {
        Some(module.text().len() as u64)
    }
}

fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(POOL)
        .total_memories(POOL)
        .total_tables(POOL)
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .table_keep_resident(KEEP_RESIDENT)
        .pagemap_scan(Enabled::Auto);
    pool
}

fn main() -> ExitCode {
    bench_protocol::main::<Wasmtime>()
}
