//! Host functions (JS API §5.7 "create a host function"): calls from WebAssembly to JavaScript.
#![allow(unsafe_code, reason = "the hottest path of the crate")]

use std::ptr::NonNull;

use bolide::{AsContextMut, Caller, Func, FuncType, ValRaw, bail};
use rquickjs::{Ctx, Function, Value, qjs};

use super::anchor::{AnchorId, anchor_id, with_anchor};
use super::convert::{Outgoing, Signature, from_wasm, number_to_js, number_to_wasm, to_wasm};
use super::function::FEW;
use super::object::{Native, native_raw};
use super::trap::{Thrown, thrown};
use super::{StoreData, WasmState};
use crate::agent::agent;
use crate::error::HostError;

/// A JavaScript function as a function of the store. Owns nothing: the function is in the anchor.
struct Import {
    state: NonNull<WasmState>,
    context: NonNull<qjs::JSContext>,
    anchor: AnchorId,
    /// Where the function is in the anchor.
    index: usize,
    signature: Signature,
}

// SAFETY: only used by guests of the agent's store, which runs on the agent's thread.
unsafe impl Send for Import {}
// SAFETY: as above.
unsafe impl Sync for Import {}

/// Makes a function of the store from a JavaScript function that `anchor` owns as number `index`.
pub(super) fn host_function<'js>(
    ctx: &Ctx<'js>,
    anchor: &Value<'js>,
    index: usize,
    ty: FuncType,
) -> Func {
    let agent = agent(ctx);
    let state = &agent.wasm;
    let import = Import {
        state: NonNull::from(state),
        context: ctx.as_raw(),
        anchor: anchor_id(anchor),
        index,
        signature: Signature::new(&ty),
    };
    state.store.with(|mut store| {
        // SAFETY: `call` leaves values of the result types, converted by the rules of the JavaScript API.
        unsafe {
            Func::new_unchecked(&mut store, ty, move |caller, values| {
                import.call(caller, values)
            })
        }
    })
}

/// A counted function while it is called.
struct Callee<'a>(&'a Import, qjs::JSValue);

impl Drop for Callee<'_> {
    fn drop(&mut self) {
        // SAFETY: the count was made with the callee.
        unsafe { qjs::JS_FreeValue(self.0.context.as_ptr(), self.1) };
    }
}

impl Import {
    /// The function, counted, because its anchor may go while it runs.
    fn callee(&self) -> Option<Callee<'_>> {
        // SAFETY: the agent outlives the JavaScript runtime, and no guest runs without it.
        let state = unsafe { self.state.as_ref() };
        let object = state.anchor_raw(self.anchor)?;
        // SAFETY: the object is alive, and nothing is freed before the function is counted.
        unsafe {
            let Some(Native::Anchor(anchor)) = native_raw(state, object) else {
                return None;
            };
            let inner = anchor.inner.borrow();
            let raw = inner.functions.get(self.index)?.raw();
            Some(Callee(self, qjs::JS_DupValue(self.context.as_ptr(), raw)))
        }
    }

    fn call(&self, mut caller: Caller<'_, StoreData>, values: &mut [ValRaw]) -> bolide::Result<()> {
        let Some(callee) = self.callee() else {
            bail!("an imported function was called after the instance that imports it was freed");
        };
        // SAFETY: the agent outlives all guests.
        let state = unsafe { self.state.as_ref() };
        let growths = caller.memory_growths();
        if state.has_grown(growths) {
            // SAFETY: the context is that of the agent.
            let ctx = unsafe { Ctx::from_raw(self.context) };
            let store = caller.as_context_mut();
            state.store.lend(store, || state.after_growth(&ctx, growths));
        }
        if self.signature.plain && self.signature.params.len() <= FEW {
            self.call_plain(state, &callee, caller.as_context_mut(), values)
        } else {
            // SAFETY: the context is that of the agent.
            let ctx = unsafe { Ctx::from_raw(self.context) };
            self.call_any(&ctx, state, &callee, caller.as_context_mut(), values)
        }
    }

    /// A call with a few numbers.
    fn call_plain(
        &self,
        state: &WasmState,
        callee: &Callee<'_>,
        store: bolide::StoreContextMut<'_, StoreData>,
        values: &mut [ValRaw],
    ) -> bolide::Result<()> {
        let context = self.context.as_ptr();
        let count = self.signature.params.len();
        let mut args = [qjs::JS_UNDEFINED; FEW];
        // SAFETY: the context is live, and the values are those of the guest. Arguments are owned here until
        // after the call.
        unsafe {
            for ((arg, kind), raw) in args.iter_mut().zip(&self.signature.params).zip(&*values) {
                *arg = number_to_js(context, *raw, kind);
            }
            state.store.lend(store, || {
                if state.live_bindings.get() {
                    crate::modules::update_bindings(&Ctx::from_raw(self.context));
                }
                let result = qjs::JS_Call(
                    context,
                    callee.1,
                    qjs::JS_UNDEFINED,
                    count as i32,
                    args.as_mut_ptr(),
                );
                for arg in &args[..count] {
                    if qjs::JS_VALUE_HAS_REF_COUNT(*arg) {
                        qjs::JS_FreeValue(context, *arg);
                    }
                }
                if qjs::JS_IsException(result) {
                    return Err(thrown());
                }
                let converted = match &*self.signature.results {
                    [] => true,
                    [kind] => match number_to_wasm(context, result, kind) {
                        Some(raw) => {
                            values[0] = raw;
                            true
                        }
                        None => false,
                    },
                    _ => {
                        let ctx = Ctx::from_raw(self.context);
                        let result = Value::from_raw(ctx.clone(), result);
                        return self.take_results(&ctx, state, result, values);
                    }
                };
                if qjs::JS_VALUE_HAS_REF_COUNT(result) {
                    qjs::JS_FreeValue(context, result);
                }
                converted.then_some(()).ok_or_else(thrown)
            })
        }
    }

    /// A call with values of any types.
    #[cold]
    #[inline(never)]
    fn call_any<'js>(
        &self,
        ctx: &Ctx<'js>,
        state: &WasmState,
        callee: &Callee<'_>,
        mut store: bolide::StoreContextMut<'_, StoreData>,
        values: &mut [ValRaw],
    ) -> bolide::Result<()> {
        let outgoing: Vec<Outgoing<'js>> = {
            let params = self.signature.params.iter().zip(&*values);
            // SAFETY: these are the values that the guest passed.
            let outgoing =
                params.map(|(kind, raw)| unsafe { from_wasm(ctx, &mut store, *raw, kind) });
            outgoing.collect()
        };
        state.store.lend(store, || {
            if state.live_bindings.get() {
                crate::modules::update_bindings(ctx);
            }
            let result = (|| {
                if self.signature.opaque {
                    let message = "values of type v128 and exception references cannot cross to or from JavaScript";
                    return Err(HostError::type_error(message).throw(ctx));
                }
                let mut args = rquickjs::function::Args::new(ctx.clone(), outgoing.len());
                for value in outgoing {
                    args.push_arg(value.finish(ctx)?)?;
                }
                // SAFETY: the function is alive, and is counted for the value.
                let function = unsafe {
                    let raw = qjs::JS_DupValue(ctx.as_raw().as_ptr(), callee.1);
                    Value::from_raw(ctx.clone(), raw)
                };
                let function = Function::from_value(function)?;
                args.this(Value::new_undefined(ctx.clone()))?;
                function.call_arg::<Value<'js>>(args)
            })();
            match result {
                Ok(value) => self.take_results(ctx, state, value, values),
                Err(error) => Err(Thrown::from_js(ctx, error)),
            }
        })
    }

    /// Converts what the function returned. The store is lent.
    fn take_results<'js>(
        &self,
        ctx: &Ctx<'js>,
        state: &WasmState,
        value: Value<'js>,
        values: &mut [ValRaw],
    ) -> bolide::Result<()> {
        let converted = (|| {
            let kinds = &self.signature.results;
            let Some(anchor) = state.anchor(ctx, self.anchor) else {
                let message = "an imported function returned after its instance was freed";
                return Err(HostError::error(message).throw(ctx));
            };
            match &**kinds {
                [] => Ok(Vec::new()),
                [kind] => Ok(vec![to_wasm(ctx, value, kind, &anchor)?]),
                kinds => {
                    let list = super::list_from_iterable(ctx, value)?;
                    if list.len() != kinds.len() {
                        let message = format!(
                            "an imported function must return {} values, but returned {}",
                            kinds.len(),
                            list.len()
                        );
                        return Err(HostError::type_error(message).throw(ctx));
                    }
                    let values = kinds.iter().zip(list.iter::<Value<'js>>());
                    let values = values.map(|(kind, value)| to_wasm(ctx, value?, kind, &anchor));
                    values.collect()
                }
            }
        })();
        match converted {
            // Roots of new references last until the host function has returned.
            Ok(incoming) => state.store.with(|mut store| {
                for (value, target) in incoming.into_iter().zip(values) {
                    *target = value.finish(&mut store)?;
                }
                Ok(())
            }),
            Err(error) => Err(Thrown::from_js(ctx, error)),
        }
    }
}

/// Makes `anchor` own a JavaScript function, and returns its number.
pub(super) fn own_function(anchor: &Value<'_>, function: Value<'_>) -> usize {
    let held = super::held::Held::new(function);
    with_anchor(anchor, |inner| {
        inner.functions.push(held);
        inner.functions.len() - 1
    })
}
