//! The benchmark's adapter for Wasmer.
//!
//! Option: `compiler=cranelift` (the default, as it is Wasmer's), `singlepass`, or `llvm` if it is built in with the
//! Cargo feature `llvm`. Modules are compiled in this process and not cached.
#![forbid(unsafe_code)]

use std::path::Path;
use std::process::ExitCode;

use bench_protocol::{Failure, Imports, Info, Options};
use wasmer::sys::{Cranelift, Singlepass};
use wasmer::{
    AsStoreMut, CompileError, Engine, ExportError, Extern, ExternType, Function, Global,
    Imports as ImportObject, Instance, Memory, Module, Mutability, RuntimeError, Store, Table, Tag,
    Type, TypedFunction, Value,
};

struct Wasmer {
    engine: Engine,
    compiler: String,
}

struct Live {
    store: Store,
    instance: Instance,
}

impl bench_protocol::Engine for Wasmer {
    type Module = Module;
    type Instance = Live;
    type Func = TypedFunction<i32, i64>;

    fn new(options: &mut Options) -> Result<Self, Failure> {
        let compiler = options
            .take("compiler")
            .unwrap_or_else(|| "cranelift".into());
        let engine = match compiler.as_str() {
            "cranelift" => Cranelift::default().into(),
            "singlepass" => Singlepass::default().into(),
            "llvm" => llvm()?,
            other => {
                return Err(Failure::error(format!(
                    "no compiler '{other}': use cranelift, singlepass or llvm"
                )));
            }
        };
        Ok(Self { engine, compiler })
    }

    fn info(&self) -> Info {
        Info::new("wasmer", env!("ENGINE_VERSION")).with("compiler", &self.compiler)
    }

    fn load(&self, bytes: &[u8], _: &Path) -> Result<Module, Failure> {
        Module::from_binary(&self.engine, bytes).map_err(refusal)
    }

    fn instantiate(&self, module: &Module, imports: Imports) -> Result<Live, Failure> {
        let mut store = Store::new(self.engine.clone());
        let mut object = ImportObject::new();
        if imports == Imports::AddOne {
            let add_one = Function::new_typed(&mut store, |x: i32| x.wrapping_add(1));
            object.define("host", "add_one", add_one);
        }
        for import in module.imports() {
            if !object.exists(import.module(), import.name()) {
                object.define(
                    import.module(),
                    import.name(),
                    by_type(&mut store, import.ty())?,
                );
            }
        }
        let instance = Instance::new(&mut store, module, &object)?;
        Ok(Live { store, instance })
    }

    fn call_initialize(&self, live: &mut Live) -> Result<(), Failure> {
        match live
            .instance
            .exports
            .get_typed_function::<(), ()>(&live.store, "_initialize")
        {
            Ok(function) => Ok(function.call(&mut live.store)?),
            Err(ExportError::Missing(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn function(&self, live: &mut Live, name: &str) -> Result<Option<Self::Func>, Failure> {
        match live.instance.exports.get_typed_function(&live.store, name) {
            Ok(function) => Ok(Some(function)),
            Err(ExportError::Missing(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn call(&self, live: &mut Live, function: &Self::Func, argument: i32) -> Result<i64, Failure> {
        Ok(function.call(&mut live.store, argument)?)
    }

    fn code_bytes(&self, module: &Module) -> Option<u64> {
        let functions = module.sys_artifact()?.finished_function_extents()?;
        Some(
            functions
                .iter()
                .map(|(_, extent)| extent.length as u64)
                .sum(),
        )
    }
}

#[cfg(feature = "llvm")]
fn llvm() -> Result<Engine, Failure> {
    Ok(wasmer::sys::LLVM::default().into())
}

#[cfg(not(feature = "llvm"))]
fn llvm() -> Result<Engine, Failure> {
    Err(Failure::unsupported(
        "LLVM is not built in: install llvm-22-dev and build this adapter with `--features llvm`",
    ))
}

/// Singlepass does not claim to have every instruction of the proposals that it lets through, SIMD above all.
fn refusal(error: CompileError) -> Failure {
    match error {
        CompileError::UnsupportedFeature(_) => Failure::unsupported(error),
        CompileError::Codegen(what) if what.starts_with("not yet implemented") => {
            // The instruction's operands would only make the same reason look different each time.
            let what = what.split([' ', '{']).take(4).collect::<Vec<_>>().join(" ");
            Failure::unsupported(what.trim_end())
        }
        error => error.into(),
    }
}

/// Something that an import of this type accepts.
fn by_type(store: &mut impl AsStoreMut, ty: &ExternType) -> Result<Extern, Failure> {
    Ok(match ty {
        ExternType::Function(ty) => {
            let function = |_: &[Value]| Err(RuntimeError::new("an import was called"));
            Function::new(store, ty, function).into()
        }
        ExternType::Memory(ty) => Memory::new(store, *ty)?.into(),
        ExternType::Table(ty) => Table::new(store, *ty, default_value(ty.ty))?.into(),
        ExternType::Global(ty) => match ty.mutability {
            Mutability::Const => Global::new(store, default_value(ty.ty)).into(),
            Mutability::Var => Global::new_mut(store, default_value(ty.ty)).into(),
        },
        ExternType::Tag(ty) => Tag::new(store, ty.params.clone()).into(),
    })
}

fn default_value(ty: Type) -> Value {
    match ty {
        Type::I32 => Value::I32(0),
        Type::I64 => Value::I64(0),
        Type::F32 => Value::F32(0.0),
        Type::F64 => Value::F64(0.0),
        Type::V128 => Value::V128(0),
        Type::ExternRef => Value::ExternRef(None),
        Type::FuncRef => Value::FuncRef(None),
        Type::ExceptionRef => Value::ExceptionRef(None),
    }
}

fn main() -> ExitCode {
    bench_protocol::main::<Wasmer>()
}
