//! The benchmark's adapter for native code: a shared library, made from the same source as the WebAssembly module, whose
//! functions are called directly.
//!
//! There are no instances, so what is asked about them is unsupported, and so are modules of WebAssembly.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use bench_protocol::{Engine, Failure, Imports, Info, Options};
use libloading::Library;
use object::{Object, ObjectSection, SectionKind};

struct Native;

struct Loaded {
    library: Arc<Library>,
    path: PathBuf,
}

struct Bench {
    function: extern "C" fn(i32) -> i64,
    /// The function exists as long as the library is loaded.
    _library: Arc<Library>,
}

impl Engine for Native {
    type Module = Loaded;
    type Instance = Arc<Library>;
    type Func = Bench;

    fn new(_: &mut Options) -> Result<Self, Failure> {
        Ok(Self)
    }

    fn info(&self) -> Info {
        Info::new("native", std::env::consts::ARCH)
    }

    fn load(&self, bytes: &[u8], path: &Path) -> Result<Loaded, Failure> {
        if bytes.starts_with(b"\0asm") {
            return Err(Failure::unsupported("WebAssembly is not native code"));
        }
        // The system looks for names without a slash elsewhere.
        let path = path.canonicalize()?;
        // SAFETY: the library is one of the benchmark's programs. Their initializers are those of C and Rust, which
        // have no preconditions.
        let library = unsafe { Library::new(&path) }?;
        Ok(Loaded {
            library: Arc::new(library),
            path,
        })
    }

    fn instantiate(&self, module: &Loaded, imports: Imports) -> Result<Arc<Library>, Failure> {
        match imports {
            Imports::ByType => Ok(module.library.clone()),
            Imports::AddOne => Err(Failure::unsupported(
                "native code has no imports from a host",
            )),
        }
    }

    fn call_initialize(&self, _: &mut Arc<Library>) -> Result<(), Failure> {
        // The system has run the library's initializers.
        Ok(())
    }

    fn function(&self, library: &mut Arc<Library>, name: &str) -> Result<Option<Bench>, Failure> {
        // SAFETY: the programs export functions of this type only, and `Bench` keeps the library loaded.
        match unsafe { library.get::<extern "C" fn(i32) -> i64>(name) } {
            Ok(function) => Ok(Some(Bench {
                function: *function,
                _library: library.clone(),
            })),
            Err(libloading::Error::DlSym { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn call(&self, _: &mut Arc<Library>, function: &Bench, argument: i32) -> Result<i64, Failure> {
        Ok((function.function)(argument))
    }

    fn code_bytes(&self, module: &Loaded) -> Option<u64> {
        let bytes = fs::read(&module.path).ok()?;
        let file = object::File::parse(&*bytes).ok()?;
        let code = file
            .sections()
            .filter(|section| section.kind() == SectionKind::Text);
        Some(code.map(|section| section.size()).sum())
    }
}

fn main() -> ExitCode {
    bench_protocol::main::<Native>()
}
