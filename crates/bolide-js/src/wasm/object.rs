//! The classes of QuickJS behind the objects of the `WebAssembly` namespace, and access to what they hold.
#![allow(
    unsafe_code,
    reason = "objects whose contents the cycle collector must see"
)]

use std::ptr::NonNull;

use rquickjs::{Ctx, Object, Value, qjs};

use super::WasmState;
use super::anchor::Anchor;
use super::function::Function;
use super::global::GlobalObject;
use super::held::Held;
use super::instance::InstanceObject;
use super::memory::MemoryObject;
use super::module::ModuleObject;
use super::table::TableObject;
use super::tag::{ExceptionObject, TagObject};
use crate::agent::agent;

/// The numbers of the classes in one runtime.
#[derive(Copy, Clone, Default)]
pub(super) struct Classes {
    /// Objects that hold a [`Native`].
    native: qjs::JSClassID,
    /// Exported functions.
    pub(super) function: qjs::JSClassID,
}

/// What an object of the namespace holds.
pub(super) enum Native {
    Anchor(Anchor),
    Module(ModuleObject),
    Instance(InstanceObject),
    Memory(MemoryObject),
    Table(TableObject),
    Global(GlobalObject),
    Tag(TagObject),
    Exception(ExceptionObject),
}

/// What the collector asks of every object.
pub(super) trait Traced {
    /// Calls `visit` with every value that the object owns.
    fn trace(&self, visit: &mut dyn FnMut(&Held));

    /// Gives every owned value to `free`. The object is gone afterwards.
    fn finalize(self, free: &mut dyn FnMut(Held));
}

macro_rules! each {
    ($native:expr, $object:ident => $do:expr) => {
        match $native {
            Native::Anchor($object) => $do,
            Native::Module($object) => $do,
            Native::Instance($object) => $do,
            Native::Memory($object) => $do,
            Native::Table($object) => $do,
            Native::Global($object) => $do,
            Native::Tag($object) => $do,
            Native::Exception($object) => $do,
        }
    };
}

impl Traced for Native {
    fn trace(&self, visit: &mut dyn FnMut(&Held)) {
        each!(self, object => object.trace(visit));
    }

    fn finalize(self, free: &mut dyn FnMut(Held)) {
        each!(self, object => object.finalize(free));
    }
}

/// # Safety
///
/// As a finalizer of QuickJS; the object's class is the state's for `T`, and its opaque a boxed `T` or null.
unsafe fn finalize<T: Traced>(rt: *mut qjs::JSRuntime, opaque: *mut std::ffi::c_void) {
    if let Some(data) = NonNull::new(opaque.cast::<T>()) {
        // SAFETY: the opaque came from a box, and the object is gone.
        let data = unsafe { Box::from_raw(data.as_ptr()) };
        // SAFETY: this is a finalizer.
        data.finalize(&mut |held| unsafe { held.free(rt) });
    }
}

/// # Safety
///
/// As [`finalize`], for marking.
unsafe fn mark<T: Traced>(
    rt: *mut qjs::JSRuntime,
    opaque: *mut std::ffi::c_void,
    mark: qjs::JS_MarkFunc,
) {
    // SAFETY: the object and with it its contents are alive; only shared borrows exist.
    if let Some(data) = unsafe { opaque.cast::<T>().as_ref() } {
        // SAFETY: these are the arguments of a function that marks.
        data.trace(&mut |held| unsafe { held.mark(rt, mark) });
    }
}

fn opaque(value: qjs::JSValue) -> *mut std::ffi::c_void {
    let mut class = 0;
    // SAFETY: the value is an object.
    unsafe { qjs::JS_GetAnyOpaque(value, &mut class) }
}

unsafe extern "C" fn finalize_native(rt: *mut qjs::JSRuntime, value: qjs::JSValue) {
    // SAFETY: only objects of the class of natives have this finalizer.
    unsafe { finalize::<Native>(rt, opaque(value)) };
}

unsafe extern "C" fn mark_native(
    rt: *mut qjs::JSRuntime,
    value: qjs::JSValue,
    f: qjs::JS_MarkFunc,
) {
    // SAFETY: as above.
    unsafe { mark::<Native>(rt, opaque(value), f) };
}

unsafe extern "C" fn finalize_function(rt: *mut qjs::JSRuntime, value: qjs::JSValue) {
    // SAFETY: only exported functions have this finalizer.
    unsafe { finalize::<Function>(rt, opaque(value)) };
}

unsafe extern "C" fn mark_function(
    rt: *mut qjs::JSRuntime,
    value: qjs::JSValue,
    f: qjs::JS_MarkFunc,
) {
    // SAFETY: as above.
    unsafe { mark::<Function>(rt, opaque(value), f) };
}

/// Registers the classes.
pub(super) fn register(ctx: &Ctx<'_>) -> rquickjs::Result<Classes> {
    let mut classes = Classes::default();
    // SAFETY: the context is live, and so is its runtime.
    let rt = unsafe { qjs::JS_GetRuntime(ctx.as_raw().as_ptr()) };
    let native = qjs::JSClassDef {
        class_name: c"WebAssembly".as_ptr(),
        finalizer: Some(finalize_native),
        gc_mark: Some(mark_native),
        call: None,
        exotic: std::ptr::null_mut(),
    };
    let function = qjs::JSClassDef {
        class_name: c"Function".as_ptr(),
        finalizer: Some(finalize_function),
        gc_mark: Some(mark_function),
        call: Some(super::function::call),
        exotic: std::ptr::null_mut(),
    };
    for (id, definition) in [
        (&mut classes.native, native),
        (&mut classes.function, function),
    ] {
        // SAFETY: the runtime is live; it copies the definition, whose functions are for this class only.
        unsafe {
            qjs::JS_NewClassID(rt, id);
            if qjs::JS_NewClass(rt, *id, &definition) != 0 {
                return Err(rquickjs::Error::Unknown);
            }
            qjs::JS_SetClassProto(ctx.as_raw().as_ptr(), *id, qjs::JS_NULL);
        }
    }
    // SAFETY: the prototype's count goes to the class.
    unsafe {
        let context = ctx.as_raw().as_ptr();
        let prototype = qjs::JS_GetFunctionProto(context);
        qjs::JS_SetClassProto(context, classes.function, prototype);
    }
    Ok(classes)
}

fn attach<'js, T: Traced>(
    ctx: &Ctx<'js>,
    raw: qjs::JSValue,
    data: T,
) -> rquickjs::Result<Value<'js>> {
    // SAFETY: the value was made by the caller, who gives its count away.
    let value = unsafe { Value::from_raw(ctx.clone(), raw) };
    if value.is_exception() {
        data.finalize(&mut |held| drop(held.into_value(ctx)));
        return Err(rquickjs::Error::Exception);
    }
    let data = Box::into_raw(Box::new(data));
    // SAFETY: the object is new and of the class whose finalizer frees this box.
    unsafe { qjs::JS_SetOpaque(value.as_raw(), data.cast()) };
    Ok(value)
}

/// Makes an object with a prototype, or with none.
pub(super) fn new_native<'js>(
    ctx: &Ctx<'js>,
    prototype: Option<&Object<'js>>,
    native: Native,
) -> rquickjs::Result<Value<'js>> {
    let class = agent(ctx).wasm.classes.get().native;
    let prototype = prototype.map_or(qjs::JS_NULL, |p| p.as_value().as_raw());
    // SAFETY: context, prototype and class are live.
    let raw = unsafe { qjs::JS_NewObjectProtoClass(ctx.as_raw().as_ptr(), prototype, class) };
    attach(ctx, raw, native)
}

/// Makes the object of an exported function, without its properties.
pub(super) fn new_function<'js>(
    ctx: &Ctx<'js>,
    function: Function,
) -> rquickjs::Result<Value<'js>> {
    let class = agent(ctx).wasm.classes.get().function;
    // SAFETY: context and class are live.
    let raw = unsafe { qjs::JS_NewObjectClass(ctx.as_raw().as_ptr(), class) };
    attach(ctx, raw, function)
}

/// What a raw value holds, if it is an object of the namespace.
///
/// # Safety
///
/// The value must stay alive for `'a`.
pub(super) unsafe fn native_raw<'a>(state: &WasmState, value: qjs::JSValue) -> Option<&'a Native> {
    // SAFETY: the function accepts any value; the class says what the opaque is.
    unsafe {
        let opaque = qjs::JS_GetOpaque(value, state.classes.get().native);
        opaque.cast::<Native>().as_ref()
    }
}

/// What a value holds, if it is an object of the namespace.
pub(super) fn native<'a>(value: &'a Value<'_>) -> Option<&'a Native> {
    let agent = agent(value.ctx());
    // SAFETY: the value keeps its object alive.
    unsafe { native_raw(&agent.wasm, value.as_raw()) }
}

/// The function behind a value, if it is an exported function.
pub(super) fn function<'a>(value: &'a Value<'_>) -> Option<&'a Function> {
    let class = agent(value.ctx()).wasm.classes.get().function;
    // SAFETY: the function accepts any value; the value keeps its object alive.
    unsafe {
        let opaque = qjs::JS_GetOpaque(value.as_raw(), class);
        opaque.cast::<Function>().as_ref()
    }
}
