//! Exported functions (JS API §5.6): calls from JavaScript to WebAssembly.
#![allow(unsafe_code, reason = "the hottest path of the crate")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::rc::Rc;

use bolide::{AsContextMut, Extern, Func, ValRaw};
use rquickjs::object::Property;
use rquickjs::{Array, Ctx, Value, qjs};

use super::anchor::{Key, Owned, anchor_id, new_anchor, set_wrapper, with_anchor, wrapper};
use super::convert::{Outgoing, Signature, from_wasm, number_to_js, number_to_wasm, to_wasm};
use super::held::{Held, into_raw};
use super::object::{Traced, new_function};
use super::trap;
use super::{WasmState, define};
use crate::agent::agent;
use crate::error::HostError;

/// Values that most calls have at most; the others allocate.
pub(super) const FEW: usize = 8;

/// What an exported function object holds.
pub(super) struct Function {
    pub(super) func: Func,
    pub(super) signature: Rc<Signature>,
    state: NonNull<WasmState>,
    pub(super) anchor: Held,
}

impl Function {
    /// Whether references can be given to the function, so that its instance holds them.
    pub(super) fn takes_references(&self) -> bool {
        self.signature.references
    }
}

impl Traced for Function {
    fn trace(&self, visit: &mut dyn FnMut(&Held)) {
        visit(&self.anchor);
    }

    fn finalize(self, free: &mut dyn FnMut(Held)) {
        free(self.anchor);
    }
}

/// The Exported Function of a function of the store: always the same object for the same function.
///
/// # Errors
///
/// If the function belongs to nothing that JavaScript knows.
pub(super) fn function_object<'js>(ctx: &Ctx<'js>, func: Func) -> rquickjs::Result<Value<'js>> {
    let agent = agent(ctx);
    let state = &agent.wasm;
    let Some((anchor, index)) = state.owner(ctx, func) else {
        let message = "the function reference is of an instance that no longer exists";
        return Err(HostError::error(message).throw(ctx));
    };
    if let Some(object) = wrapper(&anchor, Key::Func(func)) {
        return Ok(object);
    }
    let signature = Signature::new(&state.store.with(|store| func.ty(&store)));
    let length = signature.params.len();
    let function = Function {
        func,
        signature: Rc::new(signature),
        state: NonNull::from(state),
        anchor: Held::new(anchor.clone()),
    };
    let value = new_function(ctx, function)?;
    let object = value.as_object().expect("functions are objects");
    object.prop("length", Property::from(length as u32).configurable())?;
    object.prop("name", Property::from(index.to_string()).configurable())?;
    set_wrapper(&anchor, Key::Func(func), value.clone());
    Ok(value)
}

/// An Exported Function of a function that the host has defined in the store, for WebAssembly to import directly.
pub(crate) fn exported_function<'js>(ctx: &Ctx<'js>, func: Func) -> rquickjs::Result<Value<'js>> {
    let anchor = new_anchor(ctx)?;
    let id = anchor_id(&anchor);
    agent(ctx)
        .wasm
        .host_funcs
        .borrow_mut()
        .insert(func, (id, 0));
    with_anchor(&anchor, |inner| {
        inner.owned.push(Owned::Extern(Extern::Func(func)));
    });
    function_object(ctx, func)
}

/// Calls of the class of exported functions.
pub(super) unsafe extern "C" fn call(
    ctx: *mut qjs::JSContext,
    function: qjs::JSValue,
    _this: qjs::JSValue,
    argc: qjs::c_int,
    argv: *mut qjs::JSValue,
    _flags: qjs::c_int,
) -> qjs::JSValue {
    let result = catch_unwind(AssertUnwindSafe(|| {
        let mut class = 0;
        // SAFETY: only functions of the class come here, and the caller keeps the object alive during the call.
        let function = unsafe { &*qjs::JS_GetAnyOpaque(function, &mut class).cast::<Function>() };
        let args = Args {
            count: argc as usize,
            values: argv,
        };
        if function.signature.plain {
            // SAFETY: the arguments are those of a call.
            unsafe { call_plain(ctx, function, args) }
        } else {
            // SAFETY: as above.
            unsafe { call_any(ctx, function, args) }
        }
    }));
    match result {
        Ok(value) => value,
        // SAFETY: the context is live.
        Err(panic) => unsafe { trap::throw_panic(ctx, &*panic) },
    }
}

#[derive(Copy, Clone)]
struct Args {
    count: usize,
    values: *mut qjs::JSValue,
}

impl Args {
    /// An argument; undefined if it was not given.
    ///
    /// # Safety
    ///
    /// Only during the call.
    #[inline]
    unsafe fn get(self, i: usize) -> qjs::JSValue {
        if i < self.count {
            // SAFETY: there are `count` arguments.
            unsafe { *self.values.add(i) }
        } else {
            qjs::JS_UNDEFINED
        }
    }
}

/// A call with numbers only.
///
/// # Safety
///
/// Only from [`call`].
#[inline]
unsafe fn call_plain(ctx: *mut qjs::JSContext, function: &Function, args: Args) -> qjs::JSValue {
    let count = function.signature.values();
    if count <= FEW {
        let mut values = [ValRaw::default(); FEW];
        // SAFETY: promised by the caller.
        unsafe { call_with(ctx, function, args, &mut values) }
    } else {
        let mut values = vec![ValRaw::default(); count];
        // SAFETY: as above.
        unsafe { call_with(ctx, function, args, &mut values) }
    }
}

/// # Safety
///
/// Only from [`call_plain`], with room for all values.
#[inline]
unsafe fn call_with(
    ctx: *mut qjs::JSContext,
    function: &Function,
    args: Args,
    values: &mut [ValRaw],
) -> qjs::JSValue {
    let signature = &*function.signature;
    for (i, kind) in signature.params.iter().enumerate() {
        // SAFETY: the arguments are alive during the call.
        match unsafe { number_to_wasm(ctx, args.get(i), kind) } {
            Some(raw) => values[i] = raw,
            None => return qjs::JS_EXCEPTION,
        }
    }
    // SAFETY: the agent outlives all functions.
    let state = unsafe { function.state.as_ref() };
    let (result, growths) = state.store.with(|mut store| {
        // SAFETY: the numbers are of the parameter types, and there is room for the results.
        let result = unsafe { function.func.call_unchecked(&mut store, &raw mut *values) };
        (result, store.memory_growths())
    });
    // SAFETY: the context is live.
    unsafe {
        state.after_call(ctx, growths);
        if let Err(error) = result {
            return trap::throw(ctx, state, error);
        }
        match &*signature.results {
            [] => qjs::JS_UNDEFINED,
            [kind] => number_to_js(ctx, values[0], kind),
            kinds => {
                let results: Vec<qjs::JSValue> = kinds
                    .iter()
                    .zip(values)
                    .map(|(kind, raw)| number_to_js(ctx, *raw, kind))
                    .collect();
                // Takes over the counts of the values.
                qjs::JS_NewArrayFrom(ctx, results.len() as i32, results.as_ptr())
            }
        }
    }
}

/// A call with values of any types.
///
/// # Safety
///
/// Only from [`call`].
#[cold]
#[inline(never)]
unsafe fn call_any(context: *mut qjs::JSContext, function: &Function, args: Args) -> qjs::JSValue {
    // SAFETY: the context is that of the call.
    let ctx = unsafe { Ctx::from_raw(NonNull::new_unchecked(context)) };
    // SAFETY: promised by the caller.
    match unsafe { call_converting(&ctx, function, args) } {
        Ok(value) => into_raw(value),
        Err(error) => trap::pending(&ctx, error),
    }
}

/// # Safety
///
/// Only from [`call_any`].
unsafe fn call_converting<'js>(
    ctx: &Ctx<'js>,
    function: &Function,
    args: Args,
) -> rquickjs::Result<Value<'js>> {
    let signature = function.signature.clone();
    if signature.opaque {
        let message =
            "values of type v128 and exception references cannot cross to or from JavaScript";
        return Err(HostError::type_error(message).throw(ctx));
    }
    // SAFETY: the agent outlives all functions.
    let state = unsafe { function.state.as_ref() };
    let _crossing = state.crossing();
    let anchor = function.anchor.get(ctx);
    let mut incoming = Vec::with_capacity(signature.params.len());
    for (i, kind) in signature.params.iter().enumerate() {
        // SAFETY: the argument is alive during the call, and is counted for the value.
        let value = unsafe {
            let raw = qjs::JS_DupValue(ctx.as_raw().as_ptr(), args.get(i));
            Value::from_raw(ctx.clone(), raw)
        };
        incoming.push(to_wasm(ctx, value, kind, &anchor)?);
    }
    let mut values = vec![ValRaw::default(); signature.values()];
    let (result, growths) = state.with_scope(|mut store| {
        let result = (|| {
            for (value, target) in incoming.into_iter().zip(&mut values) {
                *target = value.finish(&mut store)?;
            }
            // SAFETY: the values are of the parameter types, and there is room for the results.
            unsafe { function.func.call_unchecked(&mut store, &raw mut *values)? };
            let results = signature.results.iter().zip(&values);
            // SAFETY: these are the values that the guest returned.
            let results =
                results.map(|(kind, raw)| unsafe { from_wasm(ctx, &mut store, *raw, kind) });
            Ok(results.collect::<Vec<Outgoing<'js>>>())
        })();
        (result, store.as_context_mut().memory_growths())
    });
    // SAFETY: the context is live.
    unsafe { state.after_call(ctx.as_raw().as_ptr(), growths) };
    state.free_dead_externs(ctx);
    let results = match result {
        Ok(results) => results,
        Err(error) => return Err(trap::into_exception(ctx, state, error)),
    };
    let mut results = results.into_iter().map(|value| value.finish(ctx));
    match results.len() {
        0 => Ok(Value::new_undefined(ctx.clone())),
        1 => results.next().expect("there is one"),
        _ => {
            let array = Array::new(ctx.clone())?;
            for (i, value) in results.enumerate() {
                define(&array, i as u32, value?)?;
            }
            Ok(array.into_value())
        }
    }
}
