//! Modules (JS API §5.1).

use bolide::{ExternType, Module};
use rquickjs::{Array, Ctx, Object, TypedArray, Value};

use super::held::Held;
use super::object::{Native, Traced, native, new_native};
use super::trap::throw_error;
use crate::agent::agent;
use crate::error::HostError;

/// What a `WebAssembly.Module` holds.
pub(super) struct ModuleObject {
    pub(super) module: Module,
}

impl Traced for ModuleObject {
    fn trace(&self, _visit: &mut dyn FnMut(&Held)) {}

    fn finalize(self, _free: &mut dyn FnMut(Held)) {}
}

/// The module behind a value.
pub(super) fn module_of<'a>(value: &'a Value<'_>) -> rquickjs::Result<&'a ModuleObject> {
    match native(value) {
        Some(Native::Module(module)) => Ok(module),
        _ => {
            let message = "expected a WebAssembly.Module";
            Err(HostError::type_error(message).throw(value.ctx()))
        }
    }
}

/// Makes a `WebAssembly.Module`.
pub(super) fn wrap<'js>(ctx: &Ctx<'js>, module: Module) -> rquickjs::Result<Value<'js>> {
    let prototype = super::prototype(ctx, "Module")?;
    new_native(
        ctx,
        Some(&prototype),
        Native::Module(ModuleObject { module }),
    )
}

/// Compiles on this thread ("compile a WebAssembly module").
pub(super) fn compile<'js>(ctx: &Ctx<'js>, bytes: Vec<u8>) -> rquickjs::Result<Value<'js>> {
    match Module::from_bytes(&agent(ctx).engine, bytes) {
        Ok(module) => wrap(ctx, module),
        Err(error) => Err(throw_error(ctx, "CompileError", &compile_message(&error))),
    }
}

/// Compiles on another thread ("asynchronously compile a WebAssembly module"). Returns a promise.
pub(super) fn compile_async<'js>(ctx: &Ctx<'js>, bytes: Vec<u8>) -> rquickjs::Result<Value<'js>> {
    let agent = agent(ctx);
    let engine = agent.engine.clone();
    let work = move || Ok(Module::from_bytes(&engine, bytes).map_err(|e| compile_message(&e)));
    let promise = agent.events.spawn(ctx, work, |ctx, result| match result {
        Ok(module) => wrap(ctx, module),
        Err(message) => Err(throw_error(ctx, "CompileError", &message)),
    })?;
    Ok(promise.into_value())
}

fn compile_message(error: &bolide::Error) -> String {
    format!("{error:#}")
}

/// The kind of an import or export, as `WebAssembly.Module.exports` names it.
pub(super) fn kind_name(ty: &ExternType) -> &'static str {
    match ty {
        ExternType::Func(_) => "function",
        ExternType::Table(_) => "table",
        ExternType::Memory(_) => "memory",
        ExternType::Global(_) => "global",
        ExternType::Tag(_) => "tag",
    }
}

/// `WebAssembly.Module.exports`.
pub(super) fn exports<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> rquickjs::Result<Array<'js>> {
    let list = Array::new(ctx.clone())?;
    for (i, export) in module_of(value)?.module.exports().enumerate() {
        let entry = Object::new(ctx.clone())?;
        entry.set("name", export.name())?;
        entry.set("kind", kind_name(&export.ty()))?;
        list.set(i, entry)?;
    }
    Ok(list)
}

/// `WebAssembly.Module.imports`.
pub(super) fn imports<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> rquickjs::Result<Array<'js>> {
    let list = Array::new(ctx.clone())?;
    for (i, import) in module_of(value)?.module.imports().enumerate() {
        let entry = Object::new(ctx.clone())?;
        entry.set("module", import.module())?;
        entry.set("name", import.name())?;
        entry.set("kind", kind_name(&import.ty()))?;
        list.set(i, entry)?;
    }
    Ok(list)
}

/// `WebAssembly.Module.customSections`.
pub(super) fn custom_sections<'js>(
    ctx: &Ctx<'js>,
    value: &Value<'js>,
    name: &str,
) -> rquickjs::Result<Array<'js>> {
    let list = Array::new(ctx.clone())?;
    let sections = module_of(value)?.module.custom_sections(name);
    for (i, section) in sections.enumerate() {
        let bytes = TypedArray::<u8>::new_copy(ctx.clone(), section)?;
        list.set(i, bytes.arraybuffer()?)?;
    }
    Ok(list)
}
