//! Memories (JS API §5.3) and the buffers that show their bytes.
//!
//! A buffer is an alias of the memory's bytes. It is detached whenever the memory has grown, which is looked for at
//! every crossing of the boundary by comparing a counter of the store. The buffer owns the memory's object by a private
//! field, so that the bytes outlive it.
#![allow(unsafe_code, reason = "buffers alias memory that the engine owns")]

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ops::Range;
use std::ptr::NonNull;

use bolide::{Extern, Memory, MemoryType, SharedMemory};
use rquickjs::function::{Rest, This};
use rquickjs::{Ctx, Function, Object, Persistent, Value, qjs};

use super::WasmState;
use super::anchor::{Key, Owned, new_anchor, set_wrapper, with_anchor};
use super::held::Held;
use super::object::{Native, Traced, native, new_native};
use crate::agent::agent;
use crate::error::HostError;

const PAGE: u64 = 65536;
/// The longest buffer that QuickJS can make.
const MAX_BUFFER: u64 = i32::MAX as u64;

/// What a `WebAssembly.Memory` holds.
pub(super) struct MemoryObject {
    what: What,
    pub(super) anchor: Held,
    state: NonNull<WasmState>,
    /// Names it among those with buffers.
    id: u64,
    buffer: RefCell<Option<Buffer>>,
}

enum What {
    Own(Memory),
    Shared(SharedMemory),
}

/// The buffer that shows a memory now.
struct Buffer {
    object: Held,
    base: *mut u8,
    length: usize,
    /// How often the memory had grown when the buffer was made.
    growths: u64,
    resizable: bool,
}

/// All memories that have a buffer.
#[derive(Default)]
pub(super) struct Buffers {
    /// The growth of the store's memories that buffers have followed.
    growths: u64,
    next: u64,
    /// The objects of the memories, whose counts are not ours. Removed by their finalizers.
    shown: HashMap<u64, qjs::JSValue>,
    /// Functions of the engine that [`guard_buffers`] has replaced.
    originals: Vec<(&'static str, Persistent<Function<'static>>)>,
    /// Where the bytes are of the memory whose buffer is being resized.
    resized: Cell<Option<NonNull<u8>>>,
}

impl Buffers {
    /// Gives back the functions that it has saved.
    pub(super) fn teardown(&mut self) {
        self.originals.clear();
    }

    fn original<'js>(&self, ctx: &Ctx<'js>, name: &str) -> rquickjs::Result<Function<'js>> {
        let found = self.originals.iter().find(|(other, _)| *other == name);
        match found {
            Some((_, original)) => original.clone().restore(ctx),
            None => Err(HostError::error("the runtime is being dropped").throw(ctx)),
        }
    }
}

impl Traced for MemoryObject {
    fn trace(&self, visit: &mut dyn FnMut(&Held)) {
        visit(&self.anchor);
        if let Some(buffer) = &*self.buffer.borrow() {
            visit(&buffer.object);
        }
    }

    fn finalize(self, free: &mut dyn FnMut(Held)) {
        // SAFETY: the agent outlives the JavaScript runtime.
        let state = unsafe { self.state.as_ref() };
        state.buffers.borrow_mut().shown.remove(&self.id);
        free(self.anchor);
        if let Some(buffer) = self.buffer.into_inner() {
            free(buffer.object);
        }
    }
}

impl MemoryObject {
    /// The memory.
    pub(super) fn item(&self) -> Extern {
        match &self.what {
            What::Own(memory) => Extern::Memory(*memory),
            What::Shared(memory) => Extern::SharedMemory(memory.clone()),
        }
    }

    /// Base, length and growth of the memory, and its type.
    fn look(&self, state: &WasmState) -> (*mut u8, usize, u64, MemoryType) {
        match &self.what {
            What::Own(memory) => state.store.with(|store| {
                let (base, length) = (memory.data_ptr(&store), memory.data_size(&store));
                (base, length, memory.growths(&store), memory.ty(&store))
            }),
            What::Shared(memory) => {
                let data = memory.data();
                let base = data.as_ptr().cast_mut().cast();
                (base, data.len(), 0, memory.ty())
            }
        }
    }
}

/// The memory behind a value.
pub(super) fn memory_of<'a>(value: &'a Value<'_>) -> rquickjs::Result<&'a MemoryObject> {
    match native(value) {
        Some(Native::Memory(memory)) => Ok(memory),
        _ => {
            let message = "expected a WebAssembly.Memory";
            Err(HostError::type_error(message).throw(value.ctx()))
        }
    }
}

/// Makes the `WebAssembly.Memory` of a memory that belongs to `anchor`.
pub(super) fn wrap<'js>(
    ctx: &Ctx<'js>,
    anchor: &Value<'js>,
    item: Extern,
) -> rquickjs::Result<Value<'js>> {
    let agent = agent(ctx);
    let key = Key::new(&item);
    let what = match item {
        Extern::Memory(memory) => What::Own(memory),
        Extern::SharedMemory(memory) => What::Shared(memory),
        _ => unreachable!("only called with memories"),
    };
    let id = {
        let mut buffers = agent.wasm.buffers.borrow_mut();
        buffers.next += 1;
        buffers.next
    };
    let prototype = super::prototype(ctx, "Memory")?;
    let object = MemoryObject {
        what,
        anchor: Held::new(anchor.clone()),
        state: NonNull::from(&agent.wasm),
        id,
        buffer: RefCell::new(None),
    };
    let value = new_native(ctx, Some(&prototype), Native::Memory(object))?;
    set_wrapper(anchor, key, value.clone());
    Ok(value)
}

/// Makes a memory of a type with limits that are valid.
pub(super) fn new<'js>(ctx: &Ctx<'js>, ty: MemoryType) -> rquickjs::Result<Value<'js>> {
    let agent = agent(ctx);
    let state = &agent.wasm;
    state.at_rest(ctx);
    let make = || match ty.is_shared() {
        true => SharedMemory::new(&agent.engine, ty.clone()).map(Extern::SharedMemory),
        false => state
            .store
            .with(|mut store| Memory::new(&mut store, ty.clone()))
            .map(Extern::Memory),
    };
    let item = make().or_else(|_| {
        // Memories that nothing reaches any more may be in the way.
        state.collect(ctx);
        make()
    });
    let item = item.map_err(|error| {
        HostError::range_error(format!("cannot allocate the memory: {error:#}")).throw(ctx)
    })?;
    let anchor = new_anchor(ctx)?;
    with_anchor(&anchor, |inner| {
        inner.owned.push(Owned::Extern(item.clone()))
    });
    wrap(ctx, &anchor, item)
}

/// `grow`: returns the previous size in pages.
pub(super) fn grow<'js>(ctx: &Ctx<'js>, value: &Value<'js>, delta: u64) -> rquickjs::Result<u64> {
    let agent = agent(ctx);
    let state = &agent.wasm;
    let memory = memory_of(value)?;
    let (result, growths) = state.store.with(|mut store| {
        let result = match &memory.what {
            What::Own(memory) => memory.grow(&mut store, delta),
            What::Shared(memory) => memory.grow(delta),
        };
        (result, store.memory_growths())
    });
    state.after_growth(ctx, growths);
    // Growth of shared memories is not counted.
    state.refresh(ctx, memory);
    result.map_err(|error| HostError::range_error(format!("{error:#}")).throw(ctx))
}

/// Whether addresses are 64-bit.
pub(super) fn is_64(ctx: &Ctx<'_>, value: &Value<'_>) -> rquickjs::Result<bool> {
    Ok(memory_of(value)?.look(&agent(ctx).wasm).3.is_64())
}

/// `buffer`.
pub(super) fn buffer<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> rquickjs::Result<Value<'js>> {
    let memory = memory_of(value)?;
    agent(ctx).wasm.refresh(ctx, memory);
    if let Some(buffer) = &*memory.buffer.borrow() {
        return Ok(buffer.object.get(ctx));
    }
    show(ctx, value, memory, false)
}

/// `toFixedLengthBuffer` and `toResizableBuffer`.
pub(super) fn convert_buffer<'js>(
    ctx: &Ctx<'js>,
    value: &Value<'js>,
    resizable: bool,
) -> rquickjs::Result<Value<'js>> {
    let current = buffer(ctx, value)?;
    let memory = memory_of(value)?;
    let is_resizable = |buffer: &Option<Buffer>| buffer.as_ref().is_some_and(|b| b.resizable);
    if is_resizable(&memory.buffer.borrow()) == resizable {
        return Ok(current);
    }
    show(ctx, value, memory, resizable)
}

fn maximum_length(ctx: &Ctx<'_>, ty: &MemoryType) -> rquickjs::Result<u64> {
    let maximum = ty.maximum().unwrap_or(match ty.is_64() {
        true => 1 << 48,
        false => 1 << 16,
    });
    let bytes = maximum.saturating_mul(PAGE);
    if bytes > MAX_BUFFER {
        let message = format!(
            "a memory that may grow to {bytes} bytes cannot be shown by a resizable buffer, \
             which has at most {MAX_BUFFER}: make it with a smaller `maximum`"
        );
        return Err(HostError::range_error(message).throw(ctx));
    }
    Ok(bytes)
}

/// Makes a buffer, which replaces the present one.
fn show<'js>(
    ctx: &Ctx<'js>,
    value: &Value<'js>,
    memory: &MemoryObject,
    resizable: bool,
) -> rquickjs::Result<Value<'js>> {
    let agent = agent(ctx);
    let state = &agent.wasm;
    let (base, length, growths, ty) = memory.look(state);
    if length as u64 > MAX_BUFFER {
        let message = format!(
            "a memory of {length} bytes cannot be shown by one buffer, which has at most {MAX_BUFFER}"
        );
        return Err(HostError::range_error(message).throw(ctx));
    }
    let maximum = match resizable {
        true => maximum_length(ctx, &ty)?,
        false => 0,
    };
    let shared = matches!(memory.what, What::Shared(_));
    let realloc: qjs::JSReallocArrayBufferDataFunc = match resizable && !shared {
        true => Some(reallocate),
        false => None,
    };
    // SAFETY: the bytes are alive as long as the memory's object, which the buffer owns from the next lines on, or
    // until the buffer is detached. Without `realloc`, nothing frees or moves them.
    let object = unsafe {
        let opaque = std::ptr::from_ref(state).cast_mut().cast();
        let context = ctx.as_raw().as_ptr();
        let raw = qjs::JS_NewArrayBuffer(
            context,
            base,
            length as _,
            maximum as _,
            realloc,
            opaque,
            shared,
        );
        Value::from_raw(ctx.clone(), raw)
    };
    if object.is_exception() {
        return Err(rquickjs::Error::Exception);
    }
    let stamp: Function<'js> = crate::builtins::load(ctx, "wasm/convert")?.get("stamp")?;
    stamp.call::<_, ()>((object.clone(), value.clone(), shared))?;
    let buffer = Buffer {
        object: Held::new(object.clone()),
        base,
        length,
        growths,
        resizable,
    };
    let old = memory.buffer.borrow_mut().replace(buffer);
    if let Some(old) = old {
        retire(ctx, old);
    }
    let mut buffers = state.buffers.borrow_mut();
    buffers.shown.insert(memory.id, value.as_raw());
    Ok(object)
}

/// Detaches a buffer that no longer shows its memory. Those of shared memories stay valid.
fn retire(ctx: &Ctx<'_>, buffer: Buffer) {
    let object = buffer.object.into_value(ctx);
    // SAFETY: context and object are live; a SharedArrayBuffer is left as it is.
    unsafe { qjs::JS_DetachArrayBuffer(ctx.as_raw().as_ptr(), object.as_raw()) };
}

/// Called by QuickJS to change the size of a resizable buffer, and with size 0 to free its bytes.
unsafe extern "C" fn reallocate(
    _rt: *mut qjs::JSRuntime,
    opaque: *mut std::ffi::c_void,
    _old: *mut std::ffi::c_void,
    size: qjs::size_t,
) -> *mut std::ffi::c_void {
    if size == 0 {
        return std::ptr::null_mut();
    }
    // SAFETY: the buffer was made with the state, which outlives it.
    let state = unsafe { &*opaque.cast::<WasmState>() };
    let resized = state.buffers.borrow().resized.get();
    resized.map_or(std::ptr::null_mut(), |base| base.as_ptr().cast())
}

impl WasmState {
    /// Does what a crossing of the boundary asks for.
    ///
    /// # Safety
    ///
    /// The context must be live.
    #[inline]
    pub(super) unsafe fn after_call(&self, ctx: *mut qjs::JSContext, growths: u64) {
        if self.has_grown(growths) || self.has_retired() {
            // SAFETY: promised by the caller.
            let ctx = unsafe { Ctx::from_raw(NonNull::new_unchecked(ctx)) };
            self.after_growth(&ctx, growths);
            self.release_retired();
        }
        if self.live_bindings.get() {
            // SAFETY: promised by the caller.
            let ctx = unsafe { Ctx::from_raw(NonNull::new_unchecked(ctx)) };
            crate::modules::update_bindings(&ctx);
        }
    }

    /// Whether buffers have not followed the growth of memories yet. `growths` is the count of the store.
    #[inline]
    pub(super) fn has_grown(&self, growths: u64) -> bool {
        self.buffers.borrow().growths != growths
    }

    /// Detaches the buffers of memories that have grown. The store must not be borrowed.
    #[cold]
    pub(super) fn after_growth(&self, ctx: &Ctx<'_>, growths: u64) {
        let shown: Vec<Value<'_>> = {
            let mut buffers = self.buffers.borrow_mut();
            if std::mem::replace(&mut buffers.growths, growths) == growths {
                return;
            }
            let objects = buffers.shown.values();
            // SAFETY: the objects are alive, for their finalizers would have removed them.
            let counted = objects.map(|raw| unsafe {
                let raw = qjs::JS_DupValue(ctx.as_raw().as_ptr(), *raw);
                Value::from_raw(ctx.clone(), raw)
            });
            counted.collect()
        };
        for value in shown {
            if let Some(Native::Memory(memory)) = native(&value) {
                self.refresh(ctx, memory);
            }
        }
    }

    fn refresh(&self, ctx: &Ctx<'_>, memory: &MemoryObject) {
        let (base, length, growths, _) = memory.look(self);
        let mut slot = memory.buffer.borrow_mut();
        let changed = |b: &&mut Buffer| b.growths != growths || b.length != length;
        let Some(buffer) = slot.as_mut().filter(changed) else {
            return;
        };
        if buffer.resizable {
            let old = buffer.length;
            (buffer.base, buffer.length, buffer.growths) = (base, length, growths);
            let object = buffer.object.get(ctx);
            drop(slot);
            let shared = matches!(memory.what, What::Shared(_));
            if self.resize_buffer(ctx, object, shared, base, old..length) {
                return;
            }
            // The buffer still has its old length, and if the memory has moved, points to where it was.
            slot = memory.buffer.borrow_mut();
        }
        let old = slot.take();
        drop(slot);
        self.buffers.borrow_mut().shown.remove(&memory.id);
        if let Some(old) = old {
            retire(ctx, old);
        }
    }

    /// Gives a resizable buffer the bytes that its memory has now; those in `new` are new to it. Returns whether
    /// it could: a call needs stack. An exception that is pending stays so.
    fn resize_buffer<'js>(
        &self,
        ctx: &Ctx<'js>,
        object: Value<'js>,
        shared: bool,
        base: *mut u8,
        new: Range<usize>,
    ) -> bool {
        let context = ctx.as_raw().as_ptr();
        // SAFETY: the context is live, and the exception is given back below.
        let pending = unsafe { qjs::JS_HasException(context).then(|| ctx.catch()) };
        let resized = self.call_resize(ctx, object, shared, base, new).is_ok();
        if !resized {
            ctx.catch();
        }
        if let Some(pending) = pending {
            ctx.throw(pending);
        }
        resized
    }

    fn call_resize<'js>(
        &self,
        ctx: &Ctx<'js>,
        object: Value<'js>,
        shared: bool,
        base: *mut u8,
        new: Range<usize>,
    ) -> rquickjs::Result<()> {
        let name = if shared { "grow" } else { "resize" };
        let resize = self.buffers.borrow().original(ctx, name)?;
        let call = || resize.call::<_, ()>((This(object), new.end as f64));
        if shared {
            return call();
        }
        // QuickJS clears the bytes that are new to it, but the guest may have written there.
        // SAFETY: the memory has these bytes from `base` on, and nothing else runs.
        let bytes = unsafe { std::slice::from_raw_parts_mut(base.add(new.start), new.len()) };
        let written = bytes.to_vec();
        self.buffers.borrow().resized.set(NonNull::new(base));
        let result = call();
        self.buffers.borrow().resized.set(None);
        bytes.copy_from_slice(&written);
        result
    }

    /// The memory that a buffer shows or has shown, if it is that of one.
    fn shown_by<'js>(
        &self,
        ctx: &Ctx<'js>,
        buffer: &Value<'js>,
    ) -> rquickjs::Result<Option<Value<'js>>> {
        if self.buffers.borrow().next == 0 || !buffer.is_object() {
            return Ok(None);
        }
        let owner_of: Function<'js> = crate::builtins::load(ctx, "wasm/convert")?.get("ownerOf")?;
        let owner: Value<'js> = owner_of.call((buffer.clone(),))?;
        Ok(Some(owner).filter(|owner| !owner.is_undefined()))
    }
}

/// Makes the functions of ArrayBuffer that transfer or resize refuse the buffers of memories: their detach key
/// is not the one that these functions have (JS API §5.3, ECMA-262 "DetachArrayBuffer").
pub(super) fn guard_buffers(ctx: &Ctx<'_>) -> rquickjs::Result<()> {
    for name in ["transfer", "transferToFixedLength", "transferToImmutable"] {
        guard(ctx, "ArrayBuffer", name, 0, |ctx, _, _, _| {
            let message = "the buffer of a WebAssembly.Memory cannot be transferred";
            Err(HostError::type_error(message).throw(ctx))
        })?;
    }
    guard(ctx, "ArrayBuffer", "resize", 1, resize)?;
    guard(ctx, "SharedArrayBuffer", "grow", 1, resize)
}

/// What a function does with a memory, a buffer that shows or has shown it, and the first argument.
type Guarded =
    for<'js> fn(&Ctx<'js>, &Value<'js>, &Value<'js>, Option<Value<'js>>) -> rquickjs::Result<()>;

/// Wraps a function of a prototype: `f` replaces it for buffers of memories.
fn guard<'js>(
    ctx: &Ctx<'js>,
    class: &str,
    name: &'static str,
    length: usize,
    f: Guarded,
) -> rquickjs::Result<()> {
    let prototype: Object<'js> = ctx
        .globals()
        .get::<_, Object<'js>>(class)?
        .get("prototype")?;
    let original = Persistent::save(ctx, prototype.get::<_, Function<'js>>(name)?);
    agent(ctx)
        .wasm
        .buffers
        .borrow_mut()
        .originals
        .push((name, original));
    let guarded = Function::new(
        ctx.clone(),
        move |ctx: Ctx<'js>, this: This<Value<'js>>, args: Rest<Value<'js>>| {
            let agent = agent(&ctx);
            if let Some(memory) = agent.wasm.shown_by(&ctx, &this.0)? {
                f(&ctx, &memory, &this.0, args.0.into_iter().next())?;
                return Ok(Value::new_undefined(ctx));
            }
            let original = agent.wasm.buffers.borrow().original(&ctx, name)?;
            original.call::<_, Value<'js>>((this, args))
        },
    )?;
    guarded.set_name(name)?;
    guarded.set_length(length)?;
    let property = rquickjs::object::Property::from(guarded);
    prototype.prop(name, property.writable().configurable())
}

/// `resize` of a memory's buffer ("HostResizeArrayBuffer").
fn resize<'js>(
    ctx: &Ctx<'js>,
    value: &Value<'js>,
    buffer: &Value<'js>,
    length: Option<Value<'js>>,
) -> rquickjs::Result<()> {
    let mut wanted = 0;
    let length = length.unwrap_or_else(|| Value::new_undefined(ctx.clone()));
    // SAFETY: context and value are live.
    if unsafe { qjs::JS_ToIndex(ctx.as_raw().as_ptr(), &mut wanted, length.as_raw()) } != 0 {
        return Err(rquickjs::Error::Exception);
    }
    let memory = memory_of(value)?;
    let resizable = {
        let current = memory.buffer.borrow();
        let current = current.as_ref().filter(|b| b.object.get(ctx) == *buffer);
        current.map(|b| b.resizable)
    };
    if resizable != Some(true) {
        // The engine's own function would not see how many bytes the memory has.
        let message = match resizable {
            Some(_) => "the buffer of a WebAssembly.Memory has a fixed length",
            None => "another buffer shows the WebAssembly.Memory now: take its `buffer`",
        };
        return Err(HostError::type_error(message).throw(ctx));
    }
    let (_, now, _, ty) = memory.look(&agent(ctx).wasm);
    let delta = wanted.checked_sub(now as u64).filter(|d| d % PAGE == 0);
    let Some(delta) = delta.filter(|_| wanted <= maximum_length(ctx, &ty).unwrap_or(0)) else {
        let message =
            "a WebAssembly.Memory only grows, by multiples of 65536 bytes, to its maximum";
        return Err(HostError::range_error(message).throw(ctx));
    };
    grow(ctx, value, delta / PAGE)?;
    Ok(())
}
