//! Instances (JS API §5.2): reading imports, instantiating, and the exports object.

use std::cell::Cell;

use bolide::{Extern, ExternType, Instance, Module};
use rquickjs::object::Property;
use rquickjs::{Array, Ctx, Function, Object, Value};

use super::anchor::{Key, Owned, new_anchor, set_wrapper, with_anchor, wrapper};
use super::convert::Kind;
use super::function::function_object;
use super::global;
use super::held::Held;
use super::import::{host_function, own_function};
use super::memory;
use super::module::{ModuleObject, module_of};
use super::object::{Native, Traced, function, native, new_native};
use super::reach::{link, receive};
use super::table;
use super::tag;
use super::trap::{into_exception, throw_error};
use crate::agent::agent;
use crate::error::HostError;

/// What a `WebAssembly.Instance` holds.
pub(super) struct InstanceObject {
    pub(super) instance: Instance,
    anchor: Held,
    exports: Held,
}

impl Traced for InstanceObject {
    fn trace(&self, visit: &mut dyn FnMut(&Held)) {
        visit(&self.anchor);
        visit(&self.exports);
    }

    fn finalize(self, free: &mut dyn FnMut(Held)) {
        free(self.anchor);
        free(self.exports);
    }
}

/// The exports object of a `WebAssembly.Instance`.
pub(super) fn exports<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> rquickjs::Result<Value<'js>> {
    match native(value) {
        Some(Native::Instance(instance)) => Ok(instance.exports.get(ctx)),
        _ => Err(HostError::type_error("expected a WebAssembly.Instance").throw(ctx)),
    }
}

/// Where an import is, for messages.
struct Place<'a> {
    index: usize,
    module: &'a str,
    name: &'a str,
}

impl Place<'_> {
    fn link_error(&self, ctx: &Ctx<'_>, what: &str) -> rquickjs::Error {
        throw_error(ctx, "LinkError", &self.describe(what))
    }

    fn describe(&self, what: &str) -> String {
        format!(
            "Import #{} {:?} {:?}: {what}",
            self.index, self.module, self.name
        )
    }
}

/// What a value is, for messages.
fn describe(value: &Value<'_>) -> &'static str {
    match native(value) {
        Some(Native::Memory(_)) => return "a WebAssembly.Memory",
        Some(Native::Table(_)) => return "a WebAssembly.Table",
        Some(Native::Global(_)) => return "a WebAssembly.Global",
        Some(Native::Tag(_)) => return "a WebAssembly.Tag",
        Some(Native::Instance(_)) => return "a WebAssembly.Instance",
        Some(Native::Module(_)) => return "a WebAssembly.Module",
        _ => {}
    }
    use rquickjs::Type;
    match value.type_of() {
        Type::Undefined | Type::Uninitialized => "undefined",
        Type::Null => "null",
        Type::Bool => "a boolean",
        Type::Int | Type::Float => "a number",
        Type::BigInt => "a BigInt",
        Type::String => "a string",
        Type::Symbol => "a symbol",
        Type::Array => "an array",
        _ if value.is_function() => "a function",
        _ => "an object",
    }
}

/// "Read the imports" of a module: checks the kinds, and returns the values in the order of the module.
pub(super) fn read_imports<'js>(
    ctx: &Ctx<'js>,
    module: &Value<'js>,
    import_object: Value<'js>,
) -> rquickjs::Result<Array<'js>> {
    let object = module_of(module)?;
    let list = Array::new(ctx.clone())?;
    for (index, import) in object.module.imports().enumerate() {
        if let Some(provided) = object.provided(index) {
            super::define(&list, index as u32, provided.value(ctx)?)?;
            continue;
        }
        let place = Place {
            index,
            module: import.module(),
            name: import.name(),
        };
        let Some(object) = import_object.as_object() else {
            let message = place.describe("the imports argument is missing");
            return Err(HostError::type_error(message).throw(ctx));
        };
        let namespace: Value<'js> = object.get(import.module())?;
        let Some(namespace) = namespace.as_object() else {
            let found = describe(&namespace);
            let message = format!(
                "Import #{index} {:?}: module is not an object or function, but {found}",
                import.module()
            );
            return Err(HostError::type_error(message).throw(ctx));
        };
        let value: Value<'js> = namespace.get(import.name())?;
        check_import(ctx, &place, &import.ty(), &value)?;
        super::define(&list, index as u32, value)?;
    }
    Ok(list)
}

fn check_import<'js>(
    ctx: &Ctx<'js>,
    place: &Place<'_>,
    ty: &ExternType,
    value: &Value<'js>,
) -> rquickjs::Result<()> {
    let refuse = |what: &str| {
        let found = describe(value);
        Err(place.link_error(ctx, &format!("{what}, found {found}")))
    };
    match (ty, native(value)) {
        (ExternType::Func(_), _) if value.is_function() => Ok(()),
        (ExternType::Func(_), _) => refuse("function import requires a callable"),
        (ExternType::Memory(_), Some(Native::Memory(_))) => Ok(()),
        (ExternType::Memory(_), _) => refuse("memory import must be a WebAssembly.Memory object"),
        (ExternType::Table(_), Some(Native::Table(_))) => Ok(()),
        (ExternType::Table(_), _) => refuse("table import requires a WebAssembly.Table"),
        (ExternType::Tag(_), Some(Native::Tag(_))) => Ok(()),
        (ExternType::Tag(_), _) => refuse("tag import requires a WebAssembly.Tag"),
        (ExternType::Global(_), Some(Native::Global(_))) => Ok(()),
        (ExternType::Global(ty), _) if ty.mutability().is_var() => {
            refuse("imported mutable global must be a WebAssembly.Global object")
        }
        (ExternType::Global(ty), _) => match Kind::new(ty.content()) {
            Kind::I64 if value.is_big_int() => Ok(()),
            Kind::I64 => refuse("global import must be a BigInt"),
            Kind::I32 | Kind::F32 | Kind::F64 if value.is_number() => Ok(()),
            Kind::I32 | Kind::F32 | Kind::F64 => {
                refuse("global import must be a number or a WebAssembly.Global object")
            }
            kind if kind.is_opaque() => {
                refuse("global import of this type must be a WebAssembly.Global object")
            }
            Kind::Extern { nullable } if nullable || !value.is_null() => Ok(()),
            Kind::Func { nullable, .. }
                if function(value).is_some() || nullable && value.is_null() =>
            {
                Ok(())
            }
            Kind::Other { nullable: true, .. } if value.is_null() => Ok(()),
            _ => refuse(&format!(
                "global import must be a value of type {}",
                ty.content()
            )),
        },
    }
}

/// The entities for the imports that [`read_imports`] returned. The anchor comes to own what they need.
fn link_imports<'js>(
    ctx: &Ctx<'js>,
    module: &Module,
    values: &Array<'js>,
    anchor: &Value<'js>,
) -> rquickjs::Result<Vec<Extern>> {
    let mut items = Vec::with_capacity(values.len());
    let mut functions = 0;
    for (index, import) in module.imports().enumerate() {
        let value: Value<'js> = values.get(index)?;
        let place = Place {
            index,
            module: import.module(),
            name: import.name(),
        };
        let item = match import.ty() {
            ExternType::Func(ty) => {
                functions += 1;
                link_function(ctx, anchor, value, ty, functions - 1)
            }
            ExternType::Memory(_) => memory::memory_of(&value).map(|memory| {
                link(anchor, &memory.anchor.get(ctx));
                let item = memory.item();
                own_import(anchor, &item, value.clone());
                item
            })?,
            ExternType::Table(_) => table::table_of(&value).map(|table| {
                let theirs = table.anchor.get(ctx);
                link(anchor, &theirs);
                receive(&theirs, anchor);
                let item = Extern::Table(table.table);
                own_import(anchor, &item, value.clone());
                item
            })?,
            ExternType::Global(ty) => {
                if let Some(Native::Global(global)) = native(&value) {
                    let theirs = global.anchor.get(ctx);
                    link(anchor, &theirs);
                    if global.mutable && global.kind.is_reference() {
                        receive(&theirs, anchor);
                    }
                    let item = Extern::Global(global.global);
                    own_import(anchor, &item, value.clone());
                    item
                } else {
                    let made = global::make(ctx, anchor, ty, value);
                    Extern::Global(made.map_err(|error| {
                        let error = crate::error::thrown(ctx, error);
                        let message = error.as_exception().and_then(|e| e.message());
                        place.link_error(ctx, &message.unwrap_or_default())
                    })?)
                }
            }
            ExternType::Tag(_) => tag::tag_of(&value).map(|tag| {
                link(anchor, &tag.anchor.get(ctx));
                let item = Extern::Tag(tag.tag);
                own_import(anchor, &item, value.clone());
                item
            })?,
        };
        items.push(item);
    }
    Ok(items)
}

/// Remembers an imported object, so that it is exported again as the same object.
fn own_import<'js>(anchor: &Value<'js>, item: &Extern, object: Value<'js>) {
    set_wrapper(anchor, Key::new(item), object);
}

fn link_function<'js>(
    ctx: &Ctx<'js>,
    anchor: &Value<'js>,
    value: Value<'js>,
    ty: bolide::FuncType,
    index: u32,
) -> Extern {
    if let Some(exported) = function(&value) {
        let theirs = exported.anchor.get(ctx);
        link(anchor, &theirs);
        if exported.takes_references() {
            receive(&theirs, anchor);
        }
        return Extern::Func(exported.func);
    }
    let number = own_function(anchor, value);
    let func = host_function(ctx, anchor, number, ty);
    let agent = agent(ctx);
    let id = super::anchor::anchor_id(anchor);
    agent.wasm.host_funcs.borrow_mut().insert(func, (id, index));
    with_anchor(anchor, |inner| {
        inner.owned.push(Owned::Extern(Extern::Func(func)));
    });
    Extern::Func(func)
}

/// "Instantiate the core of a WebAssembly module" and "initialize an instance object".
pub(super) fn instantiate<'js>(
    ctx: &Ctx<'js>,
    module: &Value<'js>,
    imports: &Array<'js>,
) -> rquickjs::Result<Value<'js>> {
    let agent = agent(ctx);
    let state = &agent.wasm;
    state.at_rest(ctx);
    let ModuleObject { module, .. } = module_of(module)?;
    let anchor = new_anchor(ctx)?;
    let items = link_imports(ctx, module, imports, &anchor)?;
    let id = super::anchor::anchor_id(&anchor);
    let checked = state
        .store
        .with(|mut store| Instance::check_imports(&mut store, module, &items));
    if let Err(error) = checked {
        return Err(throw_error(ctx, "LinkError", &error.to_string()));
    }
    let exists = Cell::new(false);
    let make = || {
        state.store.with(|mut store| {
            let result = Instance::new_observed(&mut store, module, &items, |instance| {
                exists.set(true);
                state.instances.borrow_mut().insert(instance, id);
                with_anchor(&anchor, |inner| inner.owned.push(Owned::Instance(instance)));
            });
            (result, store.memory_growths())
        })
    };
    let (mut result, mut growths) = make();
    if result.is_err() && !exists.get() {
        // What nothing reaches any more may be in the way.
        state.collect(ctx);
        (result, growths) = make();
    }
    state.after_growth(ctx, growths);
    let instance = match result {
        Ok(instance) => instance,
        Err(error) if exists.get() => return Err(into_exception(ctx, state, error)),
        Err(error) => {
            let message = format!("cannot allocate the instance: {error:#}");
            return Err(HostError::range_error(message).throw(ctx));
        }
    };
    wrap(ctx, instance, anchor)
}

/// Makes the `WebAssembly.Instance` with its exports.
pub(super) fn wrap<'js>(
    ctx: &Ctx<'js>,
    instance: Instance,
    anchor: Value<'js>,
) -> rquickjs::Result<Value<'js>> {
    let agent = agent(ctx);
    let items: Vec<(String, Extern)> = agent.wasm.store.with(|mut store| {
        let exports = instance.exports(&mut store);
        exports
            .map(|export| (export.name().to_owned(), export.into_extern()))
            .collect()
    });
    let exports = Object::new(ctx.clone())?;
    exports.set_prototype(None)?;
    for (name, item) in items {
        let value = extern_object(ctx, &anchor, item)?;
        exports.prop(name, Property::from(value).enumerable())?;
    }
    prevent_extensions(ctx, &exports)?;
    let prototype = super::prototype(ctx, "Instance")?;
    let object = InstanceObject {
        instance,
        anchor: Held::new(anchor),
        exports: Held::new(exports.into_value()),
    };
    new_native(ctx, Some(&prototype), Native::Instance(object))
}

fn prevent_extensions<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> rquickjs::Result<()> {
    let freeze: Function<'js> = crate::builtins::load(ctx, "wasm/convert")?.get("freeze")?;
    freeze.call((object.clone(),))
}

/// The object that shows an entity which an instance with this anchor defines or imports.
fn extern_object<'js>(
    ctx: &Ctx<'js>,
    anchor: &Value<'js>,
    item: Extern,
) -> rquickjs::Result<Value<'js>> {
    let key = Key::new(&item);
    if let Some(object) = wrapper(anchor, key) {
        return Ok(object);
    }
    match item {
        Extern::Func(func) => function_object(ctx, func),
        Extern::Memory(_) | Extern::SharedMemory(_) => memory::wrap(ctx, anchor, item),
        Extern::Table(table) => table::wrap(ctx, anchor, table),
        Extern::Global(global) => global::wrap(ctx, anchor, global),
        Extern::Tag(tag) => tag::wrap(ctx, anchor, tag),
    }
}
