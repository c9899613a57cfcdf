//! From a path to a package that is ready: finding the glue, importing it, initializing it.

use std::path::{Path, PathBuf};

use bolide_js::rquickjs::{Ctx, Function, Object as RawObject, TypedArray, Value as JsValue};
use bolide_js::{JsObject, Runtime};

use crate::builder::PackageBuilder;
use crate::error::{Error, ErrorKind, Failure, Result};
use crate::host::{Wait, run_in};
use crate::package::Package;

/// What is to be loaded.
struct Entry {
    /// What is imported: a file, or a folder whose package.json says more.
    import: PathBuf,
    /// The module that goes with the glue, if its place is known.
    wasm: Option<PathBuf>,
}

pub(crate) fn load(builder: PackageBuilder, path: &Path) -> Result<Package> {
    let path = std::fs::canonicalize(path).map_err(|error| refused(error.to_string()))?;
    let (folder, entry) = match path.is_dir() {
        true => (path.clone(), entry_of(&path)?),
        false => {
            let folder = path.parent().unwrap_or(&path).to_owned();
            let wasm = wasm_of(&path);
            let import = path.clone();
            (folder, Entry { import, wasm })
        }
    };
    let mut runtime = builder.into_runtime(&folder)?;
    let exports = match classic_script(&entry)? {
        Some(source) => evaluate(&mut runtime, &source)?,
        None => import(&mut runtime, &entry.import)?,
    };
    initialize(&mut runtime, &exports, entry.wasm.as_deref())?;
    Ok(Package::new(runtime, exports, path))
}

fn refused(text: impl Into<String>) -> Error {
    Error::new(ErrorKind::Load, "", text)
}

/// `x_bg.wasm` beside the glue `x.js`.
fn wasm_of(glue: &Path) -> Option<PathBuf> {
    let stem = glue.file_stem()?.to_str()?;
    let wasm = glue.with_file_name(format!("{stem}_bg.wasm"));
    wasm.is_file().then_some(wasm)
}

/// The glue of the package in a folder.
fn entry_of(folder: &Path) -> Result<Entry> {
    let glue = glue_in(folder)?;
    let wasm = match glue.as_slice() {
        [only] => wasm_of(only),
        _ => None,
    };
    let said = match std::fs::read(folder.join("package.json")) {
        Ok(text) => serde_json::from_slice(&text)
            .map_err(|error| refused(format!("its package.json is not valid: {error}")))?,
        Err(_) => serde_json::Value::Null,
    };
    if said.get("exports").or_else(|| said.get("main")).is_some() {
        let import = folder.to_owned();
        return Ok(Entry { import, wasm });
    }
    // wasm-pack's packages for bundlers have had only this.
    if let Some(module) = said.get("module").and_then(serde_json::Value::as_str) {
        let import = folder.join(module);
        return Ok(Entry { import, wasm });
    }
    match glue.as_slice() {
        [only] => Ok(Entry {
            import: only.clone(),
            wasm,
        }),
        [] => Err(refused(
            "the folder has neither a package.json that names a main module, nor the glue of wasm-bindgen: \
             a file x.js beside x_bg.wasm. `bolide build` and wasm-pack write them to `pkg`",
        )),
        several => {
            let names: Vec<_> = several
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            Err(refused(format!(
                "the folder has the glue of several packages: load one of {}",
                names.join(", ")
            )))
        }
    }
}

/// The files of a folder that have a module beside them.
fn glue_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = |error: std::io::Error| refused(error.to_string());
    let mut glue = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        if matches!(ending, Some("js" | "mjs" | "cjs")) && wasm_of(&path).is_some() {
            glue.push(path);
        }
    }
    glue.sort();
    Ok(glue)
}

/// The source of the glue if it is a classic script, which defines a variable instead of exporting.
fn classic_script(entry: &Entry) -> Result<Option<String>> {
    if !entry.import.is_file() {
        return Ok(None);
    }
    let failed = |error: std::io::Error| refused(format!("{}: {error}", entry.import.display()));
    let source = std::fs::read(&entry.import).map_err(failed)?;
    let source = String::from_utf8_lossy(&source).into_owned();
    let defines = |line: &str| {
        ["let", "var", "const"].iter().any(|keyword| {
            let rest = line.strip_prefix(keyword).unwrap_or_default();
            let rest = rest.trim_start().strip_prefix("wasm_bindgen");
            rest.is_some_and(|rest| rest.starts_with([' ', '=', ';']))
        })
    };
    Ok(source.lines().any(defines).then_some(source))
}

fn evaluate(runtime: &mut Runtime, source: &str) -> Result<JsObject> {
    let source = format!("{source}\n;wasm_bindgen;");
    let value = runtime.eval_object(&source);
    value.map_err(|error| Error::from_runtime("", error))
}

/// The exports of the glue: the namespace of an ES module, the exports of a CommonJS module.
fn import(runtime: &mut Runtime, path: &Path) -> Result<JsObject> {
    const COMMON_JS: &str = "module.exports";
    let imported = runtime.import_file(path);
    let namespace = imported.map_err(|error| Error::from_runtime("", error))?;
    run_in(
        runtime,
        "",
        Wait::No,
        |ctx| {
            let namespace = namespace.restore(ctx)?;
            match namespace.contains_key(COMMON_JS)? {
                true => Ok(namespace.get(COMMON_JS)?),
                false => Ok(namespace.into_value()),
            }
        },
        |ctx, value| match value.into_object() {
            Some(object) => Ok(JsObject::new(ctx, object)),
            None => Err(Failure::missing("it exports nothing")),
        },
    )
}

/// Gives glue for the web its module. Other glue has loaded it by itself.
fn initialize(runtime: &mut Runtime, exports: &JsObject, wasm: Option<&Path>) -> Result<()> {
    let bytes = match wasm.map(std::fs::read).transpose() {
        Ok(bytes) => bytes,
        Err(error) => return Err(refused(format!("its WebAssembly module: {error}"))),
    };
    run_in(
        runtime,
        "",
        Wait::Yes,
        |ctx| {
            let exports = exports.restore(ctx)?;
            let init_sync: JsValue<'_> = exports.get("initSync")?;
            let Some(init_sync) = init_sync.into_function() else {
                return Ok(JsValue::new_undefined(ctx.clone()));
            };
            match bytes {
                Some(bytes) => instantiate(ctx, &init_sync, &bytes),
                None => {
                    let init: Function<'_> = exports.get("default")?;
                    Ok(init.call(())?)
                }
            }
        },
        |_, _| Ok(()),
    )
}

fn instantiate<'js>(
    ctx: &Ctx<'js>,
    init_sync: &Function<'js>,
    bytes: &[u8],
) -> Result<JsValue<'js>, Failure> {
    let options = RawObject::new(ctx.clone())?;
    options.set("module", TypedArray::new_copy(ctx.clone(), bytes)?)?;
    Ok(init_sync.call((options,))?)
}
