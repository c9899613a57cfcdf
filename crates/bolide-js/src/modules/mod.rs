//! Modules: ES modules, CommonJS, and WebAssembly modules among them.

use std::path::Path;

use rquickjs::{Ctx, Runtime, Value};

use crate::agent::agent;
use crate::builtins::Area;
use crate::error::OrThrow;

pub(crate) const AREA: Area = Area {
    sources: &[],
    globals: &[],
    natives: &[],
    modules: &[],
};

/// What an agent knows of modules.
#[derive(Default)]
pub(crate) struct ModuleState {}

impl ModuleState {
    pub(crate) fn teardown(&self) {}
}

/// Sets the resolver and the loader.
pub(crate) fn install(_runtime: &Runtime) {}

/// Runs the main module.
pub(crate) fn run_main<'js>(ctx: &Ctx<'js>, path: &Path) -> rquickjs::Result<Value<'js>> {
    let agent = agent(ctx);
    let path = agent.settings.cwd.join(path);
    let source = agent.files.read(&path).or_throw(ctx)?;
    let name = format!("file://{}", path.display());
    let promise = rquickjs::Module::evaluate(ctx.clone(), name, source)?;
    Ok(promise.into_value())
}
