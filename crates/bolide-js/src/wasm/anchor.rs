//! Anchors: what keeps the entities of an instance alive, in the eyes of QuickJS's cycle collector.
//!
//! Each instance, and each entity that a script makes by itself, has an anchor, an object that scripts never
//! see. Every object that shows an entity owns its anchor, and an anchor owns what its instance can reach: imported
//! functions, the anchors of imports, the values behind external references. So a cycle through WebAssembly is a
//! cycle of objects, and is collected like any other. When an anchor is finalized, its entities leave the store.
#![allow(
    unsafe_code,
    reason = "anchors are found by number while their objects are alive"
)]

use std::cell::RefCell;
use std::collections::HashMap;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex};

use bolide::{Extern, Func, Global, Instance, Memory, StoreItem, Table, Tag};
use rquickjs::{Ctx, Value, qjs};

use super::WasmState;
use super::held::Held;
use super::object::{Native, Traced, new_native};
use super::reach::Reach;
use crate::agent::agent;

/// Names an anchor. A number is used again, but not with the same generation.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct AnchorId {
    index: u32,
    generation: u32,
}

/// An entity, as far as it has one object that shows it.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Func(Func),
    Memory(Memory),
    /// By the address of its bytes.
    SharedMemory(usize),
    Table(Table),
    Global(Global),
    Tag(Tag),
}

impl Key {
    pub(super) fn new(item: &Extern) -> Key {
        match item {
            Extern::Func(func) => Key::Func(*func),
            Extern::Memory(memory) => Key::Memory(*memory),
            Extern::SharedMemory(memory) => Key::SharedMemory(memory.data().as_ptr() as usize),
            Extern::Table(table) => Key::Table(*table),
            Extern::Global(global) => Key::Global(*global),
            Extern::Tag(tag) => Key::Tag(*tag),
        }
    }
}

/// What leaves the store with an anchor.
pub(super) enum Owned {
    Instance(Instance),
    Extern(Extern),
}

impl Owned {
    /// The item of the store. `None` for shared memories, which count themselves.
    pub(super) fn store_item(&self) -> Option<StoreItem> {
        Some(match self {
            Owned::Instance(instance) => (*instance).into(),
            Owned::Extern(Extern::Func(func)) => (*func).into(),
            Owned::Extern(Extern::Memory(memory)) => (*memory).into(),
            Owned::Extern(Extern::Table(table)) => (*table).into(),
            Owned::Extern(Extern::Global(global)) => (*global).into(),
            Owned::Extern(Extern::Tag(tag)) => (*tag).into(),
            Owned::Extern(Extern::SharedMemory(_)) => return None,
        })
    }
}

/// See the module.
pub(super) struct Anchor {
    pub(super) id: AnchorId,
    state: NonNull<WasmState>,
    pub(super) inner: RefCell<Inner>,
}

/// What an anchor owns. Borrowed only while no JavaScript value is made or freed, for the collector needs it.
#[derive(Default)]
pub(super) struct Inner {
    /// What leaves the store with the anchor.
    pub(super) owned: Vec<Owned>,
    /// The imported JavaScript functions.
    pub(super) functions: Vec<Held>,
    /// The other anchors that this one keeps.
    pub(super) reach: Reach,
    /// Values behind external references that were given to the entities of this anchor.
    externs: Vec<Option<Held>>,
    free_externs: Vec<u32>,
    /// The objects that show entities.
    wrappers: HashMap<Key, Held>,
}

impl Traced for Anchor {
    fn trace(&self, visit: &mut dyn FnMut(&Held)) {
        let inner = self.inner.borrow();
        inner.functions.iter().for_each(&mut *visit);
        inner.reach.trace(visit);
        inner.externs.iter().flatten().for_each(&mut *visit);
        inner.wrappers.values().for_each(&mut *visit);
    }

    fn finalize(self, free: &mut dyn FnMut(Held)) {
        // SAFETY: the agent outlives the JavaScript runtime.
        let state = unsafe { self.state.as_ref() };
        let inner = self.inner.into_inner();
        state.anchors.borrow_mut().remove(self.id);
        state.retire(inner.owned);
        inner.functions.into_iter().for_each(&mut *free);
        state.reach.forget(&inner.reach);
        inner.reach.finalize(free);
        inner.externs.into_iter().flatten().for_each(&mut *free);
        inner.wrappers.into_values().for_each(&mut *free);
    }
}

/// All anchors of an agent, by number.
#[derive(Default)]
pub(super) struct Anchors {
    slots: Vec<Slot>,
    free: Vec<u32>,
}

struct Slot {
    generation: u32,
    /// The anchor's object, whose count is not ours. Removed by its finalizer.
    object: Option<qjs::JSValue>,
}

impl Anchors {
    fn reserve(&mut self) -> AnchorId {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot {
                generation: 0,
                object: None,
            });
            (self.slots.len() - 1) as u32
        });
        AnchorId {
            index,
            generation: self.slots[index as usize].generation,
        }
    }

    fn remove(&mut self, id: AnchorId) {
        let slot = &mut self.slots[id.index as usize];
        slot.object = None;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(id.index);
    }

    /// All objects.
    fn objects(&self) -> impl Iterator<Item = qjs::JSValue> + '_ {
        self.slots.iter().filter_map(|slot| slot.object)
    }

    #[inline]
    fn object(&self, id: AnchorId) -> Option<qjs::JSValue> {
        let slot = self.slots.get(id.index as usize)?;
        if slot.generation != id.generation {
            return None;
        }
        slot.object
    }
}

/// The values behind references that guests have dropped.
#[derive(Clone, Default)]
pub(super) struct DeadExterns(Arc<Mutex<Vec<(AnchorId, u32)>>>);

/// What the store holds for an external reference: where the value is.
pub(super) struct ExternValue {
    pub(super) anchor: AnchorId,
    pub(super) index: u32,
    dead: DeadExterns,
}

impl Drop for ExternValue {
    fn drop(&mut self) {
        // Values can only be freed when the store is at rest.
        if let Ok(mut dead) = self.dead.0.lock() {
            dead.push((self.anchor, self.index));
        }
    }
}

impl WasmState {
    /// The object of an anchor, if it is alive.
    #[inline]
    pub(super) fn anchor_raw(&self, id: AnchorId) -> Option<qjs::JSValue> {
        self.anchors.borrow().object(id)
    }

    /// As [`WasmState::anchor_raw`], with a count.
    pub(super) fn anchor<'js>(&self, ctx: &Ctx<'js>, id: AnchorId) -> Option<Value<'js>> {
        let raw = self.anchor_raw(id)?;
        // SAFETY: the object is alive, for its finalizer would have removed it.
        Some(unsafe { counted(ctx, raw) })
    }

    /// All anchors that are alive.
    pub(super) fn all_anchors<'js>(&self, ctx: &Ctx<'js>) -> Vec<Value<'js>> {
        let anchors = self.anchors.borrow();
        // SAFETY: as above.
        let objects = anchors.objects().map(|raw| unsafe { counted(ctx, raw) });
        objects.collect()
    }

    /// Takes what finalized anchors owned out of the store. The store must not be borrowed.
    pub(super) fn release_retired(&self) {
        if self.retired.borrow().is_empty() {
            return;
        }
        let retired = std::mem::take(&mut *self.retired.borrow_mut());
        if self.exposed.get() {
            return;
        }
        self.store.with(|mut store| {
            for item in retired {
                let Some(item) = item.store_item() else {
                    continue;
                };
                // SAFETY: the objects that showed the item and its exports are gone, and with them all handles:
                // they owned the anchor that owned the item, and nothing has been exposed to the embedder.
                unsafe { store.release(item) };
            }
        });
    }

    /// Forgets values behind references that guests have dropped. The store must not be borrowed, nor any anchor.
    pub(super) fn free_dead_externs(&self, ctx: &Ctx<'_>) {
        let dead = match self.dead_externs.0.lock() {
            Ok(mut dead) if !dead.is_empty() => std::mem::take(&mut *dead),
            _ => return,
        };
        for (id, index) in dead {
            let Some(object) = self.anchor(ctx, id) else {
                continue;
            };
            let held = with_anchor(&object, |inner| {
                inner.free_externs.push(index);
                inner.externs[index as usize].take()
            });
            if let Some(held) = held {
                drop(held.into_value(ctx));
            }
        }
    }
}

/// # Safety
///
/// The value must be alive.
unsafe fn counted<'js>(ctx: &Ctx<'js>, raw: qjs::JSValue) -> Value<'js> {
    // SAFETY: promised by the caller; the context is live, and the new count goes to the value.
    unsafe {
        let raw = qjs::JS_DupValue(ctx.as_raw().as_ptr(), raw);
        Value::from_raw(ctx.clone(), raw)
    }
}

/// Makes an anchor.
pub(super) fn new_anchor<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Value<'js>> {
    let agent = agent(ctx);
    let id = agent.wasm.anchors.borrow_mut().reserve();
    let anchor = Anchor {
        id,
        state: NonNull::from(&agent.wasm),
        inner: RefCell::default(),
    };
    let object = new_native(ctx, None, Native::Anchor(anchor))?;
    let mut anchors = agent.wasm.anchors.borrow_mut();
    anchors.slots[id.index as usize].object = Some(object.as_raw());
    Ok(object)
}

fn anchor_of<'a>(object: &'a Value<'_>) -> &'a Anchor {
    match super::object::native(object) {
        Some(Native::Anchor(anchor)) => anchor,
        _ => unreachable!("anchors are only passed as such"),
    }
}

/// The number of an anchor.
pub(super) fn anchor_id(object: &Value<'_>) -> AnchorId {
    anchor_of(object).id
}

/// Uses what an anchor owns. No JavaScript value may be made or freed meanwhile.
pub(super) fn with_anchor<R>(object: &Value<'_>, f: impl FnOnce(&mut Inner) -> R) -> R {
    f(&mut anchor_of(object).inner.borrow_mut())
}

/// The object that shows an entity, if there is one.
pub(super) fn wrapper<'js>(anchor: &Value<'js>, key: Key) -> Option<Value<'js>> {
    let ctx = anchor.ctx();
    // Counting does not collect.
    with_anchor(anchor, |inner| Some(inner.wrappers.get(&key)?.get(ctx)))
}

/// Remembers the object that shows an entity.
pub(super) fn set_wrapper<'js>(anchor: &Value<'js>, key: Key, object: Value<'js>) {
    let ctx = anchor.ctx().clone();
    let held = Held::new(object);
    let old = with_anchor(anchor, |inner| inner.wrappers.insert(key, held));
    if let Some(old) = old {
        drop(old.into_value(&ctx));
    }
}

/// Puts a value behind an external reference that is about to be given to an entity of `anchor`.
pub(super) fn hold_extern(anchor: &Value<'_>, dead: &DeadExterns, value: Value<'_>) -> ExternValue {
    let held = Held::new(value);
    let index = with_anchor(anchor, |inner| match inner.free_externs.pop() {
        Some(index) => {
            inner.externs[index as usize] = Some(held);
            index
        }
        None => {
            inner.externs.push(Some(held));
            (inner.externs.len() - 1) as u32
        }
    });
    ExternValue {
        anchor: anchor_id(anchor),
        index,
        dead: dead.clone(),
    }
}

/// The value behind an external reference.
pub(super) fn extern_value<'js>(
    ctx: &Ctx<'js>,
    anchor: AnchorId,
    index: u32,
) -> Option<Value<'js>> {
    let object = agent(ctx).wasm.anchor(ctx, anchor)?;
    with_anchor(&object, |inner| {
        Some(inner.externs.get(index as usize)?.as_ref()?.get(ctx))
    })
}
