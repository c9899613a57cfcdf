//! Entities that cross between JavaScript and the embedder.
//!
//! A handle in the embedder's hands is not seen by the collector, so from the first exchange on nothing leaves the
//! store before the runtime ends.

use bolide::{Extern, Instance, Module};
use rquickjs::{Ctx, Persistent, Value};

use super::anchor::{Key, anchor_id, new_anchor, wrapper};
use super::object::{Native, function, native};
use super::{global, instance, memory, module, table, tag};
use crate::agent::agent;
use crate::error::HostError;

/// Keeps all entities from now on.
pub(crate) fn expose(ctx: &Ctx<'_>) {
    agent(ctx).wasm.exposed.set(true);
}

/// An anchor that lives as long as the runtime.
fn lasting_anchor<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Value<'js>> {
    let anchor = new_anchor(ctx)?;
    let saved = Persistent::save(ctx, anchor.clone());
    agent(ctx).wasm.adopted.borrow_mut().push(saved);
    Ok(anchor)
}

/// The anchor of what the embedder has made outside of instances.
fn host_anchor<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Value<'js>> {
    let agent = agent(ctx);
    let slot = &agent.wasm.host_anchor;
    let known = slot.borrow().clone();
    if let Some(anchor) = known {
        return anchor.restore(ctx);
    }
    let anchor = new_anchor(ctx)?;
    *slot.borrow_mut() = Some(Persistent::save(ctx, anchor.clone()));
    Ok(anchor)
}

/// The object that shows an entity of the store.
pub(crate) fn extern_to_js<'js>(ctx: &Ctx<'js>, item: Extern) -> rquickjs::Result<Value<'js>> {
    expose(ctx);
    let agent = agent(ctx);
    let state = &agent.wasm;
    if let Extern::Func(func) = &item {
        if state.owner(ctx, *func).is_none() {
            match state.store.with(|store| func.owner(&store)) {
                Some((owner, _)) => drop(adopt(ctx, owner)?),
                None => {
                    let id = anchor_id(&host_anchor(ctx)?);
                    state.host_funcs.borrow_mut().insert(*func, (id, 0));
                }
            }
        }
        return super::function::function_object(ctx, *func);
    }
    let anchor = host_anchor(ctx)?;
    if let Some(object) = wrapper(&anchor, Key::new(&item)) {
        return Ok(object);
    }
    match item {
        Extern::Func(_) => unreachable!("functions have returned"),
        Extern::Memory(_) | Extern::SharedMemory(_) => memory::wrap(ctx, &anchor, item),
        Extern::Table(it) => table::wrap(ctx, &anchor, it),
        Extern::Global(it) => global::wrap(ctx, &anchor, it),
        Extern::Tag(it) => tag::wrap(ctx, &anchor, it),
    }
}

/// The entity that an object shows.
pub(crate) fn extern_from_js(ctx: &Ctx<'_>, value: &Value<'_>) -> Option<Extern> {
    expose(ctx);
    if let Some(function) = function(value) {
        return Some(Extern::Func(function.func));
    }
    match native(value)? {
        Native::Memory(memory) => Some(memory.item()),
        Native::Table(table) => Some(Extern::Table(table.table)),
        Native::Global(global) => Some(Extern::Global(global.global)),
        Native::Tag(tag) => Some(Extern::Tag(tag.tag)),
        _ => None,
    }
}

/// The `WebAssembly.Module` of a module.
pub(crate) fn module_to_js<'js>(ctx: &Ctx<'js>, module: &Module) -> rquickjs::Result<Value<'js>> {
    if !bolide::Engine::same(module.engine(), &agent(ctx).engine) {
        let message = "the module was made with another engine than the runtime";
        return Err(HostError::type_error(message).throw(ctx));
    }
    module::wrap_plain(ctx, module.clone())
}

/// The module that an object shows.
pub(crate) fn module_from_js(value: &Value<'_>) -> Option<Module> {
    match native(value)? {
        Native::Module(object) => Some(object.module.clone()),
        _ => None,
    }
}

/// The anchor of an instance that the embedder has made, or of any other.
fn adopt<'js>(ctx: &Ctx<'js>, instance: Instance) -> rquickjs::Result<Value<'js>> {
    let agent = agent(ctx);
    let state = &agent.wasm;
    let known = state.instances.borrow().get(&instance).copied();
    if let Some(anchor) = known.and_then(|id| state.anchor(ctx, id)) {
        return Ok(anchor);
    }
    let anchor = lasting_anchor(ctx)?;
    let id = anchor_id(&anchor);
    state.instances.borrow_mut().insert(instance, id);
    Ok(anchor)
}

/// A `WebAssembly.Instance` of an instance.
pub(crate) fn instance_to_js<'js>(
    ctx: &Ctx<'js>,
    instance: Instance,
) -> rquickjs::Result<Value<'js>> {
    expose(ctx);
    let anchor = adopt(ctx, instance)?;
    instance::wrap(ctx, instance, anchor)
}

/// The instance that an object shows.
pub(crate) fn instance_from_js<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> Option<Instance> {
    expose(ctx);
    match native(value)? {
        Native::Instance(object) => Some(object.instance),
        _ => None,
    }
}
