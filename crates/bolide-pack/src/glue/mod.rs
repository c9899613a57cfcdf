//! The JavaScript and TypeScript around a module, made by wasm-bindgen.

mod plain;
pub(crate) mod schema;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use wasm_bindgen_cli_support::Bindgen;

use crate::error::{Error, Result};
use crate::package::Packaging;
use crate::panics;
use crate::target::Target;

/// The entry of packages for all targets. `NAME` stands for the name.
const UNIVERSAL: &str = include_str!("universal.js");

/// When the entry makes the module ready by itself; and when it does so if the module shares its memory with workers, each of
/// which gives the memory to `initSync`.
const IF_READABLE: &str = "if (fs)";
const IF_MAIN_THREAD: &str = "if (fs && builtin('node:worker_threads').isMainThread)";

/// What is known about glue that was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Glue {
    /// For which target the files are: the one that was asked for, or one that serves it, too.
    pub(crate) target: Target,
    /// Whether wasm-bindgen has no part in it.
    pub(crate) is_plain: bool,
    /// Files that came from crates, which may do anything when they are imported, relative to the package.
    pub(crate) snippets: Vec<String>,
    /// What crates need from npm: names and versions.
    pub(crate) dependencies: BTreeMap<String, String>,
}

/// Writes the module `wasm` and its glue to `folder`, where `name` becomes `name.js` and so on.
///
/// With `checks`, the glue tells when it is called with values of a wrong type.
pub(crate) fn generate(
    wasm: &Path,
    name: &str,
    packaging: &Packaging,
    checks: bool,
    folder: &Path,
) -> Result<Glue> {
    let bytes = fs::read(wasm).map_err(|e| Error::io("read", wasm, &e))?;
    if plain::is_plain(&bytes) {
        return plain::generate(&bytes, name, packaging, folder);
    }
    let cannot = |cause: String| {
        Error::new(format!("cannot make the glue of `{}`", wasm.display())).with_cause(cause)
    };
    let made = panics::catch(|| run(wasm, name, packaging, checks, folder));
    let made = made.map_err(|panic| {
        let version = schema::version();
        cannot(format!("wasm-bindgen {version} gave up: {panic}")).with_help(
            "if cargo made this module and nothing changed it since, that is a bug in wasm-bindgen",
        )
    })?;
    let (glue, is_shared) = made.map_err(|error| {
        let target = packaging.target;
        let error = cannot(format!("{error:#}"));
        if target == Target::All && error.to_string().contains("symbol \"default\"") {
            return error.with_help(
                "`--target bundler` and `--target node` leave the default export to the package",
            );
        }
        error
    })?;
    if !packaging.no_typescript {
        complete_types(&folder.join(format!("{name}.d.ts")))?;
    }
    if packaging.target == Target::All {
        write_universal_entry(name, is_shared, folder)?;
    }
    Ok(glue)
}

/// Runs wasm-bindgen, which may panic. Says also whether the module's memory is shared.
fn run(
    wasm: &Path,
    name: &str,
    packaging: &Packaging,
    checks: bool,
    folder: &Path,
) -> anyhow::Result<(Glue, bool)> {
    let mut bindgen = Bindgen::new();
    match packaging.target {
        Target::All | Target::Web => bindgen.web(true)?.omit_default_module_path(false),
        Target::Bundler => bindgen.bundler(true)?,
        Target::Node | Target::Bolide => bindgen.nodejs_module(true)?,
        Target::Deno => bindgen.deno(true)?,
    };
    bindgen
        .input_path(wasm)
        .out_name(name)
        .debug(checks)
        .typescript(!packaging.no_typescript)
        .keep_debug(packaging.debug_info.keeps_dwarf());
    let mut output = bindgen.generate_output()?;
    output.emit(folder)?;

    let inline = output.snippets().iter().flat_map(|(folder, scripts)| {
        (0..scripts.len()).map(move |number| format!("snippets/{folder}/inline{number}.js"))
    });
    let local = output.local_modules().keys();
    let mut snippets: Vec<_> = inline
        .chain(local.map(|path| format!("snippets/{path}")))
        .collect();
    snippets.sort();
    let dependencies = output.npm_dependencies().iter();
    let dependencies = dependencies
        .map(|(name, (_, version))| (name.clone(), version.clone()))
        .collect();
    let is_shared = output.wasm().memories.iter().any(|memory| memory.shared);
    Ok((
        Glue {
            target: packaging.target,
            is_plain: false,
            snippets,
            dependencies,
        },
        is_shared,
    ))
}

/// Names the library of TypeScript that classes with `[Symbol.dispose]` need, which is not among those that compilers have
/// by default.
fn complete_types(file: &Path) -> Result<()> {
    let text = fs::read_to_string(file).map_err(|e| Error::io("read", file, &e))?;
    if text.contains("[Symbol.dispose]") {
        let text = format!("/// <reference lib=\"esnext.disposable\" />\n{text}");
        fs::write(file, text).map_err(|e| Error::io("write", file, &e))?;
    }
    Ok(())
}

/// Puts an entry before the glue for browsers, which then is called `name_bg.js`.
fn write_universal_entry(name: &str, is_shared: bool, folder: &Path) -> Result<()> {
    let entry = folder.join(format!("{name}.js"));
    let glue = folder.join(format!("{name}_bg.js"));
    fs::rename(&entry, &glue).map_err(|e| Error::io("write", &glue, &e))?;
    let mut text = UNIVERSAL.replace("NAME", name);
    if is_shared {
        text = text.replace(IF_READABLE, IF_MAIN_THREAD);
    }
    fs::write(&entry, text).map_err(|e| Error::io("write", &entry, &e))
}

#[cfg(test)]
mod tests;
