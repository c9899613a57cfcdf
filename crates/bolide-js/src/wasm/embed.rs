//! What other areas and embedders use: entities of the agent's store as JavaScript objects, and back.

use bolide::{Extern, Func, Instance, Module};
use rquickjs::{Ctx, Value};

use super::anchor::{AnchorId, Owned, anchor_id, new_anchor, with_anchor};
use super::function::function_object;
use super::object::{Native, native};
use super::{instance, memory, module};
use crate::agent::agent;

/// The Exported Function of a function of the host that Rust has made in the agent's store. It goes with its object:
/// Rust must not use the handle afterwards.
///
/// # Errors
///
/// If an object cannot be made.
pub(crate) fn exported_function<'js>(ctx: &Ctx<'js>, func: Func) -> rquickjs::Result<Value<'js>> {
    let agent = agent(ctx);
    let state = &agent.wasm;
    if state.owner(ctx, func).is_some() {
        return function_object(ctx, func);
    }
    let anchor = new_anchor(ctx)?;
    let id: AnchorId = anchor_id(&anchor);
    state.host_funcs.borrow_mut().insert(func, (id, 0));
    with_anchor(&anchor, |inner| {
        inner.owned.push(Owned::Extern(Extern::Func(func)));
    });
    function_object(ctx, func)
}

/// The `WebAssembly.Module` of a module of the agent's engine.
///
/// # Errors
///
/// If an object cannot be made.
pub(crate) fn module_object<'js>(ctx: &Ctx<'js>, module: Module) -> rquickjs::Result<Value<'js>> {
    module::wrap_plain(ctx, module)
}

/// A memory of the agent's store, or a shared one, as a `WebAssembly.Memory`. It stays the embedder's: it lives as long
/// as the store. Each call makes another object.
///
/// # Errors
///
/// If an object cannot be made.
pub(crate) fn memory_object<'js>(ctx: &Ctx<'js>, item: Extern) -> rquickjs::Result<Value<'js>> {
    let anchor = new_anchor(ctx)?;
    memory::wrap(ctx, &anchor, item)
}

/// An instance of the agent's store as a `WebAssembly.Instance`. It stays the embedder's, as with [`memory_object`].
///
/// # Errors
///
/// If an object cannot be made.
pub(crate) fn instance_object<'js>(
    ctx: &Ctx<'js>,
    instance: Instance,
) -> rquickjs::Result<Value<'js>> {
    let agent = agent(ctx);
    let known = agent.wasm.instances.borrow().get(&instance).copied();
    let anchor = match known.and_then(|id| agent.wasm.anchor(ctx, id)) {
        Some(anchor) => anchor,
        None => {
            let anchor = new_anchor(ctx)?;
            let id = anchor_id(&anchor);
            agent.wasm.instances.borrow_mut().insert(instance, id);
            anchor
        }
    };
    instance::wrap(ctx, instance, anchor)
}

/// The memory behind a `WebAssembly.Memory`: an [`Extern::Memory`] or an [`Extern::SharedMemory`]. Valid while the object
/// is alive.
pub(crate) fn memory_behind(value: &Value<'_>) -> Option<Extern> {
    match native(value) {
        Some(Native::Memory(memory)) => Some(memory.item()),
        _ => None,
    }
}

/// The instance behind a `WebAssembly.Instance`. Valid while the object is alive.
pub(crate) fn instance_behind(value: &Value<'_>) -> Option<Instance> {
    match native(value) {
        Some(Native::Instance(instance)) => Some(instance.instance),
        _ => None,
    }
}

/// The module behind a `WebAssembly.Module`.
pub(crate) fn module_behind(value: &Value<'_>) -> Option<Module> {
    match native(value) {
        Some(Native::Module(module)) => Some(module.module.clone()),
        _ => None,
    }
}
