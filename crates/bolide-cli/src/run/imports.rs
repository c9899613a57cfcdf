//! Imports that nobody defines.

use bolide::{Error, ImportType, Linker, Module, Store};

use super::Host;
use crate::failure::Failure;
use crate::terminal::{plural, printable};

/// Imports that are listed at most.
const SHOWN: usize = 8;

/// What is to say if `error` is about imports of the module that are not defined.
pub(crate) fn unknown(
    linker: &Linker<Host>,
    store: &mut Store<Host>,
    module: &Module,
    name: &str,
    error: &Error,
) -> Option<Failure> {
    let missing: Vec<ImportType<'_>> = module
        .imports()
        .filter(|import| linker.get_by_import(&mut *store, import).is_none())
        .collect();
    let first = missing.first()?;
    let count = missing.len() as u64;
    // The linker knows the nearest name for the first.
    let mut failure = Failure::new(format!(
        "{name} needs {} that bolide does not have",
        plural(count, "import")
    ))
    .with_cause(printable(&error.to_string()));
    let others: String = missing[1..]
        .iter()
        .take(SHOWN)
        .map(|import| format!("\n         {}", describe(import)))
        .collect();
    if !others.is_empty() {
        let more = missing.len() - 1;
        let dots = match more > SHOWN {
            true => format!("\n         … and {} more", more - SHOWN),
            false => String::new(),
        };
        failure = failure.with_details(format!("  also:{others}{dots}"));
    }
    Some(failure.with_help(advice(first)))
}

fn describe(import: &ImportType<'_>) -> String {
    printable(&format!(
        "{}::{} {}",
        import.module(),
        import.name(),
        import.ty()
    ))
}

/// What to do, by who usually makes modules with such an import.
fn advice(import: &ImportType<'_>) -> &'static str {
    let (module, name) = (import.module(), import.name());
    match module {
        "wbg" | "__wbindgen_placeholder__" | "__wbindgen_externref_xform__" => {
            "it was made by wasm-bindgen for JavaScript; build it for the target wasm32-wasip1 instead"
        }
        "gojs" | "go" => {
            "it was made by Go for JavaScript; build it with GOOS=wasip1 GOARCH=wasm instead"
        }
        "wasi" if name == "thread-spawn" => {
            "it was built for WASI with threads, which is not supported; build it for wasm32-wasip1 without threads"
        }
        "wasi_snapshot_preview1" | "wasi_unstable" => {
            "WASI preview 1 has no such function; check the compiler's or the library's version"
        }
        _ if module.starts_with("wasi:") => {
            "it was built for WASI preview 2, as a component; build it for the target wasm32-wasip1 instead"
        }
        "env"
            if matches!(
                name,
                "memory" | "__linear_memory" | "__indirect_function_table" | "__stack_pointer"
            ) =>
        {
            "it is an object file or a shared library; link it to a program first"
        }
        "env" if name.starts_with("emscripten_") || name.starts_with("__syscall") => {
            "it was made by Emscripten for JavaScript; build it with `-sSTANDALONE_WASM`, or with a WASI SDK"
        }
        "a" => {
            "it may be made by Emscripten for JavaScript; build it with `-sSTANDALONE_WASM`, or with a WASI SDK"
        }
        "env" => {
            "symbols that were not found while linking become imports of `env`; link the library that defines it, or \
             run the module from a Rust program that defines it in a `bolide::Linker`"
        }
        _ => {
            "`bolide run` defines WASI preview 1 only; run the module from a Rust program that defines its imports in \
             a `bolide::Linker`"
        }
    }
}
