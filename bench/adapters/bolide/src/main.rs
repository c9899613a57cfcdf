//! The benchmark's adapter for Bolide.
//!
//! Options: `allocation=on-demand` (the default) or `pooling`, as servers have it that make many short-lived instances;
//! `strategy=tiered` (the default), `baseline` or `optimizing`; `compile=lazy` (the default), or `eager` for all functions
//! when a module is loaded.
#![forbid(unsafe_code)]

use std::path::Path;
use std::process::ExitCode;

use bench_protocol::{Failure, Imports, Info, Options};
use bolide::{
    Config, Engine, ExternType, Instance, InstanceAllocationStrategy, Linker, Module, Store,
    Strategy, TypedFunc, bail,
};

struct Bolide {
    engine: Engine,
    allocation: &'static str,
    strategy: &'static str,
    eager: bool,
}

struct Live {
    store: Store<()>,
    instance: Instance,
}

impl bench_protocol::Engine for Bolide {
    type Module = Module;
    type Instance = Live;
    type Func = TypedFunc<i32, i64>;

    fn new(options: &mut Options) -> Result<Self, Failure> {
        let mut config = Config::new();
        let allocation = match options.take("allocation").as_deref() {
            None | Some("on-demand") => "on-demand",
            Some("pooling") => {
                config.allocation_strategy(InstanceAllocationStrategy::pooling());
                "pooling"
            }
            Some(other) => {
                return Err(Failure::error(format!(
                    "no allocation '{other}': use on-demand or pooling"
                )));
            }
        };
        let strategy = match options.take("strategy").as_deref() {
            None | Some("tiered") => (Strategy::Tiered, "tiered"),
            Some("baseline") => (Strategy::Baseline, "baseline"),
            Some("optimizing") => (Strategy::Optimizing, "optimizing"),
            Some(other) => {
                return Err(Failure::error(format!(
                    "no strategy '{other}': use tiered, baseline or optimizing"
                )));
            }
        };
        config.strategy(strategy.0);
        let eager = match options.take("compile").as_deref() {
            None | Some("lazy") => false,
            Some("eager") => true,
            Some(other) => {
                return Err(Failure::error(format!(
                    "no compilation '{other}': use lazy or eager"
                )));
            }
        };
        Ok(Self {
            engine: Engine::new(&config)?,
            allocation,
            strategy: strategy.1,
            eager,
        })
    }

    fn info(&self) -> Info {
        Info::new("bolide", env!("ENGINE_VERSION"))
            .with("allocation", self.allocation)
            .with("strategy", self.strategy)
            .with(
                "compilation",
                match self.eager {
                    true => "of all functions when a module is loaded",
                    false => "at the first call of a function",
                },
            )
    }

    fn load(&self, bytes: &[u8], _: &Path) -> Result<Module, Failure> {
        let module = Module::from_binary(&self.engine, bytes)?;
        if self.eager {
            module.compile_all()?;
        }
        Ok(module)
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
            for import in module.imports() {
                if let (ExternType::Func(ty), None) =
                    (import.ty(), linker.get_by_import(&mut store, &import))
                {
                    linker.func_new(import.module(), import.name(), ty, |_, _, _| {
                        bail!("an import was called")
                    })?;
                }
            }
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
        Some(module.code_bytes() as u64)
    }
}

fn main() -> ExitCode {
    bench_protocol::main::<Bolide>()
}
