//! Modules: ES modules, CommonJS, and WebAssembly modules among them.
//!
//! `resolve` finds what a specifier means, `load` makes the module, `hooks` is the edge to QuickJS, `graph` knows what
//! has been loaded. `require` has CommonJS, `wasm` the ESM integration of WebAssembly, `evaluate` code without a file.

mod evaluate;
mod graph;
mod hooks;
mod import_map;
mod json;
mod lexer;
mod load;
mod missing;
mod package;
mod provided;
mod repl;
mod require;
mod resolve;
mod syntax;
mod url;
mod wasm;

use std::cell::{OnceCell, RefCell};
use std::path::{Path, PathBuf};

use rquickjs::{Ctx, Object, Persistent, Value};

use crate::agent::{AgentRef, agent};
use crate::builtins::Area;
use crate::error::{HostError, OrThrow};
use crate::files::FileKind;
pub(crate) use evaluate::{eval_code, eval_module};
pub(crate) use repl::{eval_repl, is_incomplete};
pub(crate) use url::file_url;
pub(crate) use wasm::update_bindings;

pub(crate) const AREA: Area = Area {
    sources: &[
        ("modules/require", include_str!("require.js")),
        ("modules/wasm", include_str!("wasm.js")),
    ],
    globals: &[],
    natives: &[("modules", require::fill), ("modules/wasm", wasm::fill)],
    modules: &[("module", "modules/require")],
};

/// What an agent knows of modules.
#[derive(Default)]
pub(crate) struct ModuleState {
    graph: graph::Graph,
    packages: resolve::Packages,
    import_map: OnceCell<import_map::ImportMap>,
    main: RefCell<Option<String>>,
    provided: provided::Provided,
    /// Values that modules without a source export.
    kept: RefCell<Vec<Persistent<Value<'static>>>>,
}

impl ModuleState {
    pub(crate) fn teardown(&self) {
        self.graph.teardown();
        self.provided.teardown();
        self.kept.borrow_mut().clear();
    }

    /// The URL of the main module: what relative URLs of `fetch` are relative to.
    pub(crate) fn main_url(&self) -> Option<String> {
        self.main.borrow().clone()
    }

    fn set_main(&self, url: String) {
        *self.main.borrow_mut() = Some(url);
    }

    /// Makes `exports` the module with this specifier.
    pub(crate) fn provide<'js>(&self, ctx: &Ctx<'js>, specifier: &str, exports: Object<'js>) {
        self.provided.set(ctx, specifier, exports);
    }

    fn keep(&self, value: Persistent<Value<'static>>) -> usize {
        let mut kept = self.kept.borrow_mut();
        kept.push(value);
        kept.len() - 1
    }

    fn kept<'js>(&self, ctx: &Ctx<'js>, index: usize) -> rquickjs::Result<Value<'js>> {
        let value = self.kept.borrow()[index].clone();
        value.restore(ctx)
    }

    /// Reads the import map at `path`, a file that the embedder names, so that no permission is needed. Returns what
    /// to warn of.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or is no import map.
    pub(crate) fn set_import_map(&self, path: &Path) -> Result<Vec<String>, String> {
        let path = std::path::absolute(path).map_err(|error| error.to_string())?;
        let failed =
            |error: String| format!("cannot use the import map {}: {error}", path.display());
        let bytes = std::fs::read(&path).map_err(|error| failed(error.to_string()))?;
        let base = url::from_path(&path);
        let mut map =
            import_map::ImportMap::parse(&bytes, &base).map_err(|error| failed(error.message))?;
        let warnings = std::mem::take(&mut map.warnings);
        let set = self.import_map.set(map);
        set.map_err(|_| failed("there is one already".to_owned()))?;
        Ok(warnings)
    }
}

/// Sets the functions that resolve and load modules.
pub(crate) fn install(ctx: &Ctx<'_>) {
    hooks::install(ctx);
}

/// Runs the main module: a file, or a folder with a package. The value is a promise if it is an ES module.
pub(crate) fn run_main<'js>(ctx: &Ctx<'js>, path: &Path) -> rquickjs::Result<Value<'js>> {
    let agent = agent(ctx);
    let path = main_path(&agent, path).or_throw(ctx)?;
    let source = agent.files.read(&path).or_throw(ctx)?;
    let name = file_url(&path);
    agent.modules.set_main(name.clone());
    match load::format(&agent, &path, &source, true).or_throw(ctx)? {
        load::Format::CommonJs | load::Format::Json => {
            let require = crate::builtins::load(ctx, "modules/require")?;
            let run: rquickjs::Function<'js> = require.get("runMain")?;
            run.call((path.display().to_string(),))
        }
        load::Format::Module | load::Format::Wasm => {
            load::module(ctx, &name)?;
            let promise = agent.modules.graph.evaluate(ctx, &name)?;
            crate::event_loop::run_jobs(ctx);
            Ok(promise.into_value())
        }
    }
}

/// The file of the main module: `path` itself, or the main module of the package in that folder.
fn main_path(agent: &AgentRef, path: &Path) -> Result<PathBuf, HostError> {
    let asked = crate::files::normalize(&agent.settings.cwd.join(path));
    let importer = url::Importer::folder(&agent.settings.cwd, "[main]");
    let path = match agent.files.kind(&asked) {
        Some(FileKind::Directory) => load::resolver(agent).main_of(&asked, &importer)?,
        _ => asked,
    };
    let real = agent.files.canonicalize(&path);
    real.map_err(|error| main_error(error, &path))
}

/// The URL of what [`run_main`] would run.
pub(crate) fn main_url(ctx: &Ctx<'_>, path: &Path) -> rquickjs::Result<String> {
    let path = main_path(&agent(ctx), path).or_throw(ctx)?;
    Ok(file_url(&path))
}

fn main_error(error: HostError, path: &Path) -> HostError {
    if error.is_not_found() {
        let message = format!("Cannot find module '{}'", path.display());
        return HostError::error(message).with_code("MODULE_NOT_FOUND");
    }
    error
}

/// The exports of `modules/require`: CommonJS.
fn require_builtin<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    crate::builtins::load(ctx, "modules/require")
}
