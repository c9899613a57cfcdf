//! WebAssembly modules as ES modules: the ESM integration of the WebAssembly JavaScript Interface,
//! <https://webassembly.github.io/esm-integration/js-api/>.
//!
//! A WebAssembly module becomes a module in JavaScript that imports what the module imports, instantiates it, and
//! exports what it exports. `wasm.js` writes its text.

use rquickjs::{ArrayBuffer, Ctx, Function, Object, Value};

use super::hooks::{self, ModulePointer};
use super::load::{Format, format, importer, resolver};
use super::resolve::Location;
use crate::agent::agent;

/// Compiles a WebAssembly module, or finds it if it was compiled under this URL.
fn compile<'js>(ctx: &Ctx<'js>, url: &str, bytes: Vec<u8>) -> rquickjs::Result<Value<'js>> {
    let builtin = crate::builtins::load(ctx, "modules/wasm")?;
    let compile: Function<'js> = builtin.get("compile")?;
    compile.call((url, ArrayBuffer::new(ctx.clone(), bytes)?))
}

/// The module of `import { f } from "./x.wasm"`.
pub(super) fn instance_module<'js>(
    ctx: &Ctx<'js>,
    name: &str,
    bytes: Vec<u8>,
) -> rquickjs::Result<ModulePointer> {
    compile(ctx, name, bytes)?;
    let builtin = crate::builtins::load(ctx, "modules/wasm")?;
    let text: Function<'js> = builtin.get("text")?;
    let text: String = text.call((name,))?;
    let module = hooks::compile(ctx, name, text.into_bytes())?;
    // Only the text that was just compiled sees this object.
    let instantiate: Function<'js> = builtin.get("instantiate")?;
    module.meta(ctx)?.set("instantiate", instantiate)?;
    Ok(module)
}

/// The module of `import source x from "./x.wasm"`; its default export is the `WebAssembly.Module`.
pub(super) fn source_object<'js>(
    ctx: &Ctx<'js>,
    url: &str,
    bytes: Vec<u8>,
) -> rquickjs::Result<Value<'js>> {
    compile(ctx, url, bytes)
}

/// Brings bindings that show mutable globals up to date. For the calls between JavaScript and WebAssembly.
#[cold]
pub(crate) fn update_bindings(ctx: &Ctx<'_>) {
    // A call that threw passes here, too.
    let pending = ctx.has_exception().then(|| ctx.catch());
    let updated = crate::builtins::load(ctx, "modules/wasm").and_then(|builtin| {
        let update: Function<'_> = builtin.get("updateBindings")?;
        update.call::<_, ()>(())
    });
    if updated.is_err() {
        // Only the end of the script or of its memory interrupts it, which whatever runs next will notice.
        ctx.catch();
    }
    if let Some(pending) = pending {
        ctx.throw(pending);
    }
}

/// For `wasm.js`.
pub(super) fn fill<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> rquickjs::Result<()> {
    object.set("wasmUrl", Function::new(ctx.clone(), wasm_url)?)?;
    let update = Function::new(ctx.clone(), |ctx: Ctx<'js>| {
        agent(&ctx).wasm.live_bindings.set(true);
    })?;
    object.set("keepUpdated", update)
}

/// The name of the module that `specifier` means in the module `base`, if it is WebAssembly.
fn wasm_url<'js>(ctx: Ctx<'js>, specifier: String, base: String) -> Option<String> {
    let agent = agent(&ctx);
    let location = resolver(&agent)
        .import(&specifier, &importer(&agent, &base))
        .ok()?;
    let is_wasm = match &location {
        Location::File(path, _) => {
            let by_name = path.extension().is_some_and(|ending| ending == "wasm");
            by_name
                || (path.extension().is_none() && {
                    let bytes = agent.files.read(path).ok()?;
                    matches!(format(&agent, path, &bytes, false), Ok(Format::Wasm))
                })
        }
        Location::Data(url) => url.starts_with("data:application/wasm"),
        Location::Builtin(_) | Location::Provided(_) => false,
    };
    is_wasm.then(|| location.url())
}
