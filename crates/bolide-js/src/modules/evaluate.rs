//! Code that stands in no file: that of `-e`.

use rquickjs::context::EvalOptions;
use rquickjs::{Ctx, Function, Object, Value};

use super::{load, require_builtin, syntax, url};
use crate::agent::agent;
use crate::error::OrThrow;

/// Evaluates the code of `-e`: as an ES module if it has `import` or `export` declarations, `import.meta` or `await`
/// outside of functions, and as a script with `require`, `module`, `exports`, `__filename` and `__dirname` otherwise.
/// Specifiers are resolved from the current folder. The value is that of the script, or a promise.
pub(crate) fn eval_code<'js>(ctx: &Ctx<'js>, code: &str) -> rquickjs::Result<Value<'js>> {
    let agent = agent(ctx);
    let base = agent.settings.cwd.join("[eval]");
    if syntax::is_module(code) {
        // Not encoded, as in Node's stack traces.
        let folder = url::file_url(&agent.settings.cwd);
        let name = format!("{}/[eval1]", folder.trim_end_matches('/'));
        agent.modules.set_main(name.clone());
        return eval_module(ctx, &name, code);
    }
    agent.modules.set_main(url::file_url(&base));
    define_commonjs(ctx, &base.display().to_string())?;
    script(ctx, code, "[eval]")
}

/// Evaluates an ES module from its text. `name` is a URL, which specifiers are relative to. The value is a promise.
pub(crate) fn eval_module<'js>(
    ctx: &Ctx<'js>,
    name: &str,
    source: &str,
) -> rquickjs::Result<Value<'js>> {
    let agent = agent(ctx);
    let graph = &agent.modules.graph;
    let source = source.as_bytes().to_vec();
    graph.load(
        ctx,
        name,
        || load::javascript(ctx, &agent, name, source),
        || Err(rquickjs::Error::Unknown),
    )?;
    Ok(graph.evaluate(ctx, name)?.into_value())
}

/// Evaluates a script in the global scope, in sloppy mode.
pub(super) fn script<'js>(ctx: &Ctx<'js>, code: &str, name: &str) -> rquickjs::Result<Value<'js>> {
    let code = syntax::rewrite_phases(code)
        .or_throw(ctx)?
        .unwrap_or_else(|| code.to_owned());
    let mut options = EvalOptions::default();
    options.strict = false;
    options.filename = Some(name.to_owned());
    ctx.eval_with_options(code, options)
}

/// Makes what CommonJS modules have global, each when it is first used.
pub(super) fn define_commonjs<'js>(ctx: &Ctx<'js>, path: &str) -> rquickjs::Result<()> {
    let path = path.to_owned();
    let define = ctx.eval::<Function<'js>, _>(
        "(names, make) => { let made; for (const name of names) Object.defineProperty(globalThis, name, { configurable: true, \
         get() { made ??= make(); return made[name]; }, \
         set(value) { Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: true }); } }); }",
    )?;
    let make = Function::new(ctx.clone(), move |ctx: Ctx<'js>| {
        let make: Function<'js> = require_builtin(&ctx)?.get("scopeOf")?;
        make.call::<_, Object<'js>>((path.as_str(),))
    })?;
    define.call((
        vec!["require", "module", "exports", "__filename", "__dirname"],
        make,
    ))
}
