//! Modules (JS API §5.1).

use bolide::{Engine, ExternType, Module};
use rquickjs::{Array, Ctx, Object, TypedArray, Value};

use super::define;
use super::held::Held;
use super::object::{Native, Traced, native, new_native};
use super::strings::{Options, Provided};
use super::trap::throw_error;
use crate::agent::agent;
use crate::error::HostError;

/// What a `WebAssembly.Module` holds.
pub(super) struct ModuleObject {
    pub(super) module: Module,
    /// What imports get without asking the import object.
    provided: Box<[Option<Provided>]>,
}

impl ModuleObject {
    /// What an import gets without asking the import object.
    pub(super) fn provided(&self, import: usize) -> Option<&Provided> {
        self.provided.get(import)?.as_ref()
    }
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
pub(super) fn wrap<'js>(ctx: &Ctx<'js>, module: ModuleObject) -> rquickjs::Result<Value<'js>> {
    let prototype = super::prototype(ctx, "Module")?;
    new_native(ctx, Some(&prototype), Native::Module(module))
}

/// Makes a `WebAssembly.Module` of a module that Rust has made.
pub(super) fn wrap_plain<'js>(ctx: &Ctx<'js>, module: Module) -> rquickjs::Result<Value<'js>> {
    let provided = Box::default();
    wrap(ctx, ModuleObject { module, provided })
}

/// Largest module in bytes (JS API, "implementation-defined limits").
const MAX_MODULE: usize = 1 << 30;

/// Compiles and validates, on any thread. Fails with a message.
pub(super) fn compile_bytes(
    engine: &Engine,
    bytes: Vec<u8>,
    options: &Options,
) -> Result<ModuleObject, String> {
    if bytes.len() > MAX_MODULE {
        let size = bytes.len();
        return Err(format!(
            "the module has {size} bytes, but at most {MAX_MODULE} are allowed"
        ));
    }
    if !bytes.starts_with(b"\0asm") {
        let found: Vec<String> = bytes.iter().take(4).map(|b| format!("{b:02x}")).collect();
        return Err(match bytes.is_empty() {
            true => "the buffer is empty; a module begins with the bytes 00 61 73 6d".to_owned(),
            false => format!(
                "a module begins with the bytes 00 61 73 6d, but this begins with {}",
                found.join(" ")
            ),
        });
    }
    let module = Module::from_bytes(engine, bytes).map_err(|error| format!("{error:#}"))?;
    let provided = super::strings::resolve(engine, &module, options)?;
    Ok(ModuleObject { module, provided })
}

/// Compiles on this thread ("compile a WebAssembly module").
pub(super) fn compile<'js>(
    ctx: &Ctx<'js>,
    bytes: Vec<u8>,
    options: &Options,
) -> rquickjs::Result<Value<'js>> {
    match compile_bytes(&agent(ctx).engine, bytes, options) {
        Ok(module) => wrap(ctx, module),
        Err(message) => Err(throw_error(ctx, "CompileError", &message)),
    }
}

/// Compiles on another thread ("asynchronously compile a WebAssembly module"). Returns a promise.
pub(super) fn compile_async<'js>(
    ctx: &Ctx<'js>,
    bytes: Vec<u8>,
    options: Options,
) -> rquickjs::Result<Value<'js>> {
    let agent = agent(ctx);
    let engine = agent.engine.clone();
    let work = move || Ok(compile_bytes(&engine, bytes, &options));
    let promise = agent.events.spawn(ctx, work, |ctx, result| match result {
        Ok(module) => wrap(ctx, module),
        Err(message) => Err(throw_error(ctx, "CompileError", &message)),
    })?;
    Ok(promise.into_value())
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
        define(&entry, "name", export.name())?;
        define(&entry, "kind", kind_name(&export.ty()))?;
        define(&list, i as u32, entry)?;
    }
    Ok(list)
}

/// `WebAssembly.Module.imports`.
pub(super) fn imports<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> rquickjs::Result<Array<'js>> {
    let list = Array::new(ctx.clone())?;
    let object = module_of(value)?;
    let imports = object.module.imports().enumerate();
    let asked = imports.filter(|(i, _)| object.provided(*i).is_none());
    for (i, (_, import)) in asked.enumerate() {
        let entry = Object::new(ctx.clone())?;
        define(&entry, "module", import.module())?;
        define(&entry, "name", import.name())?;
        define(&entry, "kind", kind_name(&import.ty()))?;
        define(&list, i as u32, entry)?;
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
        define(&list, i as u32, bytes.arraybuffer()?)?;
    }
    Ok(list)
}
