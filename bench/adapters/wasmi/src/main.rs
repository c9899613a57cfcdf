//! The benchmark's adapter for Wasmi.
//!
//! Option: `compilation=lazy-translation` (the default, as it is Wasmi's: all is validated, functions are translated at
//! their first call), `eager` or `lazy`.
#![forbid(unsafe_code)]

use std::path::Path;
use std::process::ExitCode;

use bench_protocol::{Failure, Imports, Info, Options};
use wasmi::{
    CompilationMode, Config, Engine, Error, Extern, ExternType, Func, Global, Instance, Memory,
    Module, Ref, Store, Table, TypedFunc, Val,
};

/// Calls may be nested so deep, and take so many values of the stack: Wasmi's own limits (1,000 calls) are for guests
/// that nobody knows, and refuse recursion that all other engines allow.
const MAX_RECURSION: usize = 100_000;
const MAX_STACK_HEIGHT: usize = 1 << 24;

struct Wasmi {
    engine: Engine,
    compilation: String,
}

struct Live {
    store: Store<()>,
    instance: Instance,
}

impl bench_protocol::Engine for Wasmi {
    type Module = Module;
    type Instance = Live;
    type Func = TypedFunc<i32, i64>;

    fn new(options: &mut Options) -> Result<Self, Failure> {
        let compilation = options
            .take("compilation")
            .unwrap_or_else(|| "lazy-translation".into());
        let mode = match compilation.as_str() {
            "lazy-translation" => CompilationMode::LazyTranslation,
            "eager" => CompilationMode::Eager,
            "lazy" => CompilationMode::Lazy,
            other => {
                return Err(Failure::error(format!(
                    "no compilation '{other}': use lazy-translation, eager or lazy"
                )));
            }
        };
        let mut config = Config::default();
        config
            .compilation_mode(mode)
            .set_max_recursion_depth(MAX_RECURSION)
            .set_max_stack_height(MAX_STACK_HEIGHT);
        Ok(Self {
            engine: Engine::new(&config),
            compilation,
        })
    }

    fn info(&self) -> Info {
        Info::new("wasmi", env!("ENGINE_VERSION"))
            .with("compilation", &self.compilation)
            .with("build", "fat LTO, one codegen unit")
            .with("max-recursion-depth", MAX_RECURSION.to_string())
    }

    fn load(&self, bytes: &[u8], _: &Path) -> Result<Module, Failure> {
        Ok(Module::new(&self.engine, bytes)?)
    }

    fn instantiate(&self, module: &Module, imports: Imports) -> Result<Live, Failure> {
        let mut store = Store::new(&self.engine, ());
        let mut externs = Vec::new();
        for import in module.imports() {
            let is_add_one = (import.module(), import.name()) == ("host", "add_one");
            externs.push(if imports == Imports::AddOne && is_add_one {
                Func::wrap(&mut store, |x: i32| x.wrapping_add(1)).into()
            } else {
                by_type(&mut store, import.ty())?
            });
        }
        let instance = Instance::new(&mut store, module, &externs)?;
        Ok(Live { store, instance })
    }

    fn call_initialize(&self, live: &mut Live) -> Result<(), Failure> {
        match live.instance.get_func(&live.store, "_initialize") {
            Some(function) => Ok(function
                .typed::<(), ()>(&live.store)?
                .call(&mut live.store, ())?),
            None => Ok(()),
        }
    }

    fn function(&self, live: &mut Live, name: &str) -> Result<Option<Self::Func>, Failure> {
        match live.instance.get_func(&live.store, name) {
            Some(function) => Ok(Some(function.typed(&live.store)?)),
            None => Ok(None),
        }
    }

    fn call(&self, live: &mut Live, function: &Self::Func, argument: i32) -> Result<i64, Failure> {
        Ok(function.call(&mut live.store, argument)?)
    }
}

/// Something that an import of this type accepts.
fn by_type(store: &mut Store<()>, ty: &ExternType) -> Result<Extern, Error> {
    Ok(match ty {
        ExternType::Func(ty) => Func::new(store, ty.clone(), |_, _, _| {
            Err(Error::new("an import was called"))
        })
        .into(),
        ExternType::Memory(ty) => Memory::new(store, *ty)?.into(),
        ExternType::Table(ty) => Table::new(store, *ty, Ref::default_for_ty(ty.element()))?.into(),
        ExternType::Global(ty) => {
            Global::new(store, Val::default_for_ty(ty.content()), ty.mutability()).into()
        }
    })
}

fn main() -> ExitCode {
    bench_protocol::main::<Wasmi>()
}
