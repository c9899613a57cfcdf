//! What `require.js` asks of the host.

use std::path::{Path, PathBuf};

use ::url::Url;
use rquickjs::convert::List;
use rquickjs::promise::PromiseState;
use rquickjs::{Ctx, Function, Object, Value};

use super::load::{self, resolver};
use super::resolve::Location;
use super::url::{Importer, file_url, from_path, to_path};
use super::{hooks, syntax};
use crate::agent::agent;
use crate::error::{ErrorClass, HostError, OrThrow};

pub(super) fn fill<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> rquickjs::Result<()> {
    object.set("resolve", Function::new(ctx.clone(), resolve)?)?;
    object.set("read", Function::new(ctx.clone(), read)?)?;
    object.set("format", Function::new(ctx.clone(), format)?)?;
    object.set("compile", Function::new(ctx.clone(), compile)?)?;
    object.set("parseJson", Function::new(ctx.clone(), parse_json)?)?;
    object.set("importSync", Function::new(ctx.clone(), import_sync)?)?;
    object.set(
        "facade",
        Function::new(ctx.clone(), |ctx: Ctx<'js>, path: String| {
            facade(&ctx, &path)
        })?,
    )?;
    object.set("builtin", Function::new(ctx.clone(), builtin)?)?;
    object.set(
        "isBuiltin",
        Function::new(ctx.clone(), |name: String| {
            crate::builtins::module(&name).is_some()
        })?,
    )?;
    object.set(
        "builtinModules",
        Function::new(ctx.clone(), || {
            let mut names: Vec<&str> = crate::builtins::modules().collect();
            names.sort_unstable();
            names
        })?,
    )?;
    object.set("provided", Function::new(ctx.clone(), provided)?)?;
    object.set("pathOf", Function::new(ctx.clone(), path_of)?)?;
    object.set(
        "urlOf",
        Function::new(ctx.clone(), |path: String| file_url(Path::new(&path)))?,
    )?;
    object.set("realPath", Function::new(ctx.clone(), real_path)?)?;
    Ok(())
}

/// `[true, specifier]` for a builtin, `[false, path]` for a file. `from` is the path of the requiring module.
fn resolve<'js>(
    ctx: Ctx<'js>,
    specifier: String,
    from: String,
) -> rquickjs::Result<List<(bool, String)>> {
    let agent = agent(&ctx);
    let importer = Importer::new(from_path(Path::new(&from)));
    match resolver(&agent)
        .require(&specifier, &importer)
        .or_throw(&ctx)?
    {
        Location::Builtin(specifier) => Ok(List((true, specifier))),
        Location::File(path, _) => Ok(List((false, path.display().to_string()))),
        // `_load` finds these itself; `require.resolve` gets here.
        Location::Provided(specifier) => Ok(List((true, specifier))),
        Location::Data(url) => {
            let error = HostError::error(format!("Cannot find module '{url}'"));
            Err(error.with_code("MODULE_NOT_FOUND").throw(&ctx))
        }
    }
}

fn real_path(ctx: Ctx<'_>, path: String) -> rquickjs::Result<String> {
    let agent = agent(&ctx);
    let path = agent.settings.cwd.join(path);
    let real = agent.files.canonicalize(&path).or_throw(&ctx)?;
    Ok(real.display().to_string())
}

fn read(ctx: Ctx<'_>, path: String) -> rquickjs::Result<String> {
    let bytes = agent(&ctx).files.read(Path::new(&path)).or_throw(&ctx)?;
    Ok(load::decode(&bytes))
}

/// What the file is in: `module`, `commonjs`, `json` or `wasm`.
fn format(ctx: Ctx<'_>, path: String, source: String) -> rquickjs::Result<&'static str> {
    let agent = agent(&ctx);
    let format = load::format(&agent, Path::new(&path), source.as_bytes(), true).or_throw(&ctx)?;
    Ok(format.name())
}

/// The function of a CommonJS module.
fn compile<'js>(ctx: Ctx<'js>, source: String, path: String) -> rquickjs::Result<Function<'js>> {
    let rewritten = syntax::rewrite_phases(&source).or_throw(&ctx)?;
    let source = rewritten.as_deref().unwrap_or(&source);
    // `//` takes the place of `#!`, so that lines keep their numbers.
    let (start, source) = match source.strip_prefix("#!") {
        Some(rest) => ("//", rest),
        None => ("", source),
    };
    // Two lines before the first, because QuickJS takes 0 for "not given".
    const FIRST_LINE: i32 = -1;
    let text = format!(
        "(function (exports, require, module, __filename, __dirname) {{\n\n{start}{source}\n}})"
    );
    let function = crate::text::evaluate(&ctx, text, &path, FIRST_LINE)?;
    function.get()
}

fn parse_json<'js>(ctx: Ctx<'js>, source: String, path: String) -> rquickjs::Result<Value<'js>> {
    load::parse_json(&ctx, &path, source.as_bytes())
}

fn builtin<'js>(ctx: Ctx<'js>, specifier: String) -> rquickjs::Result<Value<'js>> {
    let Some((_, name)) = crate::builtins::module(&specifier) else {
        let error = HostError::error(format!("No such built-in module: {specifier}"));
        return Err(error.with_code("ERR_UNKNOWN_BUILTIN_MODULE").throw(&ctx));
    };
    let exports = crate::builtins::load(&ctx, name)?;
    match exports.contains_key("default")? {
        true => exports.get("default"),
        false => Ok(exports.into_value()),
    }
}

/// What the embedder provides as the module with this specifier.
fn provided<'js>(ctx: Ctx<'js>, specifier: String) -> rquickjs::Result<Option<Object<'js>>> {
    agent(&ctx).modules.provided.get(&ctx, &specifier)
}

/// The path of a `file:` URL; other text is returned as it is, relative to the current folder.
fn path_of(ctx: Ctx<'_>, text: String) -> rquickjs::Result<String> {
    if !text.starts_with("file:") {
        let path = agent(&ctx).settings.cwd.join(text);
        return Ok(crate::files::normalize(&path).display().to_string());
    }
    let path: Option<PathBuf> = Url::parse(&text).ok().and_then(|url| to_path(&url));
    match path {
        Some(path) => Ok(path.display().to_string()),
        None => {
            let error = HostError::type_error(format!("'{text}' is no URL of a file here"));
            Err(error.with_code("ERR_INVALID_FILE_URL_PATH").throw(&ctx))
        }
    }
}

/// `require` of an ES module. `bodies` are the modules whose bodies are running, of which the module must need none.
fn import_sync<'js>(
    ctx: Ctx<'js>,
    path: String,
    bodies: Vec<String>,
) -> rquickjs::Result<Object<'js>> {
    let agent = agent(&ctx);
    let graph = &agent.modules.graph;
    let name = graph.current_name(file_url(Path::new(&path)));
    if let Some(reason) = graph.failure(&ctx, &name) {
        return Err(ctx.throw(reason));
    }
    let module = match graph.pointer(&name) {
        Some(module) => module,
        None => load::module(&ctx, &name)?,
    };
    if let Some(other) = graph.cycle(&name, &bodies) {
        let message = format!(
            "Cannot require() ES Module {path} in a cycle: it needs {other}, which is being evaluated. Import the module \
             with `import()`, or break the cycle"
        );
        return Err(HostError::error(message)
            .with_code("ERR_REQUIRE_CYCLE_MODULE")
            .throw(&ctx));
    }
    let promise = graph.evaluate(&ctx, &name)?;
    crate::event_loop::expect(&ctx, &promise)?;
    match promise.state() {
        PromiseState::Resolved => module.namespace(&ctx),
        PromiseState::Rejected => match promise.result::<Value<'js>>() {
            Some(Err(error)) => Err(error),
            _ => Err(rquickjs::Error::Unknown),
        },
        PromiseState::Pending => {
            let message = format!(
                "require() cannot be used on an ESM graph with top-level await. Use import() instead. Requiring {path}"
            );
            Err(HostError::new(ErrorClass::Error, message)
                .with_code("ERR_REQUIRE_ASYNC_MODULE")
                .throw(&ctx))
        }
    }
}

/// Makes a module that shows an ES module to `require` callers that look for `__esModule`.
fn facade<'js>(ctx: &Ctx<'js>, path: &str) -> rquickjs::Result<Object<'js>> {
    let url = file_url(Path::new(path));
    let name = format!("bolide:required?{url}");
    let agent = agent(ctx);
    let quoted = syntax::quote(&url);
    let text = format!(
        "export * from {quoted}; export {{ default }} from {quoted}; export const __esModule = true;"
    );
    let graph = &agent.modules.graph;
    let module = graph.load(
        ctx,
        &name,
        || hooks::compile(ctx, &name, text.into_bytes()),
        || Err(rquickjs::Error::Unknown),
    )?;
    graph.evaluate(ctx, &name)?;
    module.namespace(ctx)
}
