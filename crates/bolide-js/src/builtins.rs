//! The parts of the host that are written in JavaScript: loaded when a script first uses them.
//!
//! A builtin is the body of a function `(exports, load, native)` in strict mode. It fills in `exports`;
//! `load(name)` returns the exports of another builtin, `native(name)` an object of functions in Rust.

use std::cell::RefCell;
use std::collections::HashMap;

use rquickjs::context::EvalOptions;
use rquickjs::object::{Accessor, Property};
use rquickjs::{Ctx, Function, Object, Persistent, Value};

use crate::agent::agent;
use crate::error::HostError;

/// What one area of the host contributes. See `web`, `fetch`, `node`, `modules` and `wasm`.
pub(crate) struct Area {
    /// Builtins: name and source.
    pub(crate) sources: &'static [(&'static str, &'static str)],
    /// Properties of the global object, and the builtins that export them under the same name.
    pub(crate) globals: &'static [(&'static str, &'static str)],
    /// What `native` returns.
    pub(crate) natives: &'static [(&'static str, Native)],
    /// Module specifiers such as `node:fs`, and the builtins whose exports they are.
    pub(crate) modules: &'static [(&'static str, &'static str)],
}

/// Fills in an object of natives.
pub(crate) type Native = for<'js> fn(&Ctx<'js>, &Object<'js>) -> rquickjs::Result<()>;

const AREAS: [&Area; 6] = [
    &crate::wasm::AREA,
    &crate::web::AREA,
    &crate::fetch::AREA,
    &crate::node::AREA,
    &crate::modules::AREA,
    &crate::interactive::AREA,
];

/// What has been loaded.
#[derive(Default)]
pub(crate) struct Builtins {
    loaded: RefCell<HashMap<&'static str, Persistent<Object<'static>>>>,
    natives: RefCell<HashMap<&'static str, Persistent<Object<'static>>>>,
}

impl Builtins {
    pub(crate) fn teardown(&self) {
        self.loaded.borrow_mut().clear();
        self.natives.borrow_mut().clear();
    }
}

fn find<T: Copy + 'static>(
    table: impl Fn(&Area) -> &'static [(&'static str, T)],
    name: &str,
) -> Option<(&'static str, T)> {
    let entries = AREAS.iter().flat_map(|area| table(area));
    entries.copied().find(|(key, _)| *key == name)
}

/// The builtin behind a module specifier, with or without `node:`.
pub(crate) fn module(specifier: &str) -> Option<(&'static str, &'static str)> {
    find(|area| area.modules, specifier).or_else(|| {
        let name = specifier.strip_prefix("node:")?;
        find(|area| area.modules, name)
    })
}

/// All module specifiers.
pub(crate) fn modules() -> impl Iterator<Item = &'static str> {
    let entries = AREAS.iter().flat_map(|area| area.modules);
    entries.map(|(specifier, _)| *specifier)
}

/// The names of globals that are made when they are first used.
pub(crate) fn globals() -> impl Iterator<Item = &'static str> {
    let entries = AREAS.iter().flat_map(|area| area.globals);
    entries.map(|(global, _)| *global)
}

/// The exports of a builtin, which runs if it has not yet.
pub(crate) fn load<'js>(ctx: &Ctx<'js>, name: &str) -> rquickjs::Result<Object<'js>> {
    let agent = agent(ctx);
    let loaded = agent.builtins.loaded.borrow().get(name).cloned();
    if let Some(exports) = loaded {
        return exports.restore(ctx);
    }
    let Some((name, source)) = find(|area| area.sources, name) else {
        return Err(HostError::error(format!("there is no builtin `{name}`")).throw(ctx));
    };
    let mut options = EvalOptions::default();
    options.filename = Some(format!("bolide:{name}"));
    // One line, so that line numbers are those of the source.
    let text = format!("(function (exports, load, native) {{ \"use strict\"; {source}\n}})");
    let body: Function<'js> = ctx.eval_with_options(text, options)?;
    let exports = Object::new(ctx.clone())?;
    // Before it runs, so that builtins may refer to each other in a cycle.
    let saved = Persistent::save(ctx, exports.clone());
    agent.builtins.loaded.borrow_mut().insert(name, saved);
    let load = Function::new(ctx.clone(), |ctx: Ctx<'js>, name: String| load(&ctx, &name))?;
    let native = Function::new(ctx.clone(), |ctx: Ctx<'js>, name: String| {
        native(&ctx, &name)
    })?;
    body.call::<_, Value<'js>>((exports.clone(), load, native))?;
    Ok(exports)
}

fn native<'js>(ctx: &Ctx<'js>, name: &str) -> rquickjs::Result<Object<'js>> {
    let agent = agent(ctx);
    let made = agent.builtins.natives.borrow().get(name).cloned();
    if let Some(object) = made {
        return object.restore(ctx);
    }
    let Some((name, fill)) = find(|area| area.natives, name) else {
        return Err(HostError::error(format!("there is no native `{name}`")).throw(ctx));
    };
    let object = Object::new(ctx.clone())?;
    fill(ctx, &object)?;
    let saved = Persistent::save(ctx, object.clone());
    agent.builtins.natives.borrow_mut().insert(name, saved);
    Ok(object)
}

/// Defines the globals, each as an accessor that becomes a plain property when it is first used.
pub(crate) fn define_globals<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<()> {
    let globals = ctx.globals();
    for (global, builtin) in AREAS.iter().flat_map(|area| area.globals).copied() {
        let accessor = Accessor::new(
            move |ctx: Ctx<'js>| read_global(ctx, global, builtin),
            move |ctx: Ctx<'js>, value: Value<'js>| define_plain(&ctx, global, value),
        );
        let accessor = accessor.configurable();
        match is_enumerable(global) {
            true => globals.prop(global, accessor.enumerable())?,
            false => globals.prop(global, accessor)?,
        }
    }
    Ok(())
}

/// WebIDL: operations and attributes are enumerable, interface objects and namespaces are not.
fn is_enumerable(global: &str) -> bool {
    global.starts_with(char::is_lowercase) && global != "console"
}

fn read_global<'js>(
    ctx: Ctx<'js>,
    global: &'static str,
    builtin: &'static str,
) -> rquickjs::Result<Value<'js>> {
    let value: Value<'js> = load(&ctx, builtin)?.get(global)?;
    define_plain(&ctx, global, value.clone())?;
    Ok(value)
}

fn define_plain<'js>(ctx: &Ctx<'js>, name: &str, value: Value<'js>) -> rquickjs::Result<()> {
    let property = Property::from(value).configurable().writable();
    match is_enumerable(name) {
        true => ctx.globals().prop(name, property.enumerable()),
        false => ctx.globals().prop(name, property),
    }
}
