//! The benchmark's adapter for Wasm3, without options.
//!
//! Wasm3 implements what WebAssembly was in 2019 and a few later proposals. Modules that need more do not load or do not
//! compile, which is unsupported rather than an error.

mod ffi;
mod wasm3;

use std::ffi::CString;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use bench_protocol::{Engine, Failure, Imports, Info, Options};
use wasmparser::{CompositeInnerType, FuncType, Parser, Payload, TypeRef, ValType};

use crate::wasm3::{Bench, HostFunction, Import, Instance, Parsed};

/// Wasm3 nests a call of C in each call of WebAssembly, and checks its own stack only.
const NATIVE_STACK_BYTES: usize = 256 << 20;

struct Wasm3;

struct Module {
    bytes: Arc<[u8]>,
    /// An instance takes its module with it: the first one gets this, others parse again.
    parsed: Mutex<Option<Parsed>>,
}

impl Engine for Wasm3 {
    type Module = Module;
    type Instance = Instance;
    type Func = Bench;

    fn new(_: &mut Options) -> Result<Self, Failure> {
        Ok(Self)
    }

    fn info(&self) -> Info {
        Info::new("wasm3", env!("WASM3_VERSION")).with("compiled-by", env!("WASM3_COMPILER"))
    }

    fn load(&self, bytes: &[u8], _: &Path) -> Result<Module, Failure> {
        let bytes: Arc<[u8]> = bytes.into();
        let parsed = Parsed::new(bytes.clone()).map_err(|message| {
            match function_imports(&bytes, Imports::ByType) {
                Ok(_) => refuse(message),
                Err(reason) => reason,
            }
        })?;
        Ok(Module {
            bytes,
            parsed: Mutex::new(Some(parsed)),
        })
    }

    fn instantiate(&self, module: &Module, imports: Imports) -> Result<Instance, Failure> {
        let parsed = module
            .parsed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let parsed = match parsed {
            Some(parsed) => parsed,
            None => Parsed::new(module.bytes.clone()).map_err(refuse)?,
        };
        let imports = function_imports(&module.bytes, imports)?;
        Instance::new(parsed, &imports).map_err(refuse)
    }

    fn call_initialize(&self, instance: &mut Instance) -> Result<(), Failure> {
        instance.call_if_exported("_initialize").map_err(refuse)
    }

    fn function(&self, instance: &mut Instance, name: &str) -> Result<Option<Bench>, Failure> {
        instance.bench(name).map_err(refuse)
    }

    fn call(
        &self,
        instance: &mut Instance,
        function: &Bench,
        argument: i32,
    ) -> Result<i64, Failure> {
        instance.call(*function, argument).map_err(refuse)
    }
}

/// Traps are errors; everything else is a limit of Wasm3, for the benchmark's modules are valid.
fn refuse(message: String) -> Failure {
    if message.starts_with("[trap]") {
        Failure::error(message)
    } else {
        Failure::unsupported(message)
    }
}

/// The functions that a module imports: Wasm3 wants to be told their types. It makes globals of zero itself, and would
/// run modules that import a memory without one.
fn function_imports(bytes: &[u8], imports: Imports) -> Result<Vec<Import>, Failure> {
    let mut types = Vec::new();
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::TypeSection(section) => {
                for group in section {
                    types.extend(group?.into_types().map(|ty| ty.composite_type.inner));
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    let index = match import.ty {
                        TypeRef::Func(index) | TypeRef::FuncExact(index) => index,
                        TypeRef::Global(_) => continue,
                        TypeRef::Memory(_) => {
                            return Err(Failure::unsupported("Wasm3 cannot import memories"));
                        }
                        TypeRef::Table(_) => {
                            return Err(Failure::unsupported("Wasm3 cannot import tables"));
                        }
                        TypeRef::Tag(_) => {
                            return Err(Failure::unsupported("Wasm3 cannot import tags"));
                        }
                    };
                    let Some(CompositeInnerType::Func(ty)) = types.get(index as usize) else {
                        continue;
                    };
                    let is_add_one = (import.module, import.name) == ("host", "add_one");
                    found.push(Import {
                        module: CString::new(import.module)?,
                        name: CString::new(import.name)?,
                        signature: signature(ty)?,
                        function: match imports {
                            Imports::AddOne if is_add_one => HostFunction::AddOne,
                            _ => HostFunction::Trap,
                        },
                    });
                }
                break;
            }
            // Imports come before both.
            Payload::FunctionSection(_) | Payload::CodeSectionStart { .. } => break,
            _ => {}
        }
    }
    Ok(found)
}

fn signature(ty: &FuncType) -> Result<CString, Failure> {
    let letter = |ty: &ValType| match ty {
        ValType::I32 => Ok('i'),
        ValType::I64 => Ok('I'),
        ValType::F32 => Ok('f'),
        ValType::F64 => Ok('F'),
        ValType::V128 | ValType::Ref(_) => {
            Err(Failure::unsupported(format!("an import has the type {ty}")))
        }
    };
    let results = ty
        .results()
        .iter()
        .map(letter)
        .collect::<Result<String, Failure>>()?;
    let results = if results.is_empty() {
        "v".to_owned()
    } else {
        results
    };
    let parameters = ty
        .params()
        .iter()
        .map(letter)
        .collect::<Result<String, Failure>>()?;
    Ok(CString::new(format!("{results}({parameters})"))?)
}

fn main() -> ExitCode {
    let main = thread::Builder::new()
        .stack_size(NATIVE_STACK_BYTES)
        .spawn(bench_protocol::main::<Wasm3>);
    match main.map(thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        Ok(Err(_)) => ExitCode::FAILURE,
        Err(error) => {
            println!(r#"{{"error":"the thread with a large stack cannot be started: {error}"}}"#);
            ExitCode::FAILURE
        }
    }
}
