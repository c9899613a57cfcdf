//! What the inspector must know of values that JavaScript does not tell.
#![allow(
    unsafe_code,
    reason = "the safe wrapper does not offer class names and the targets of proxies"
)]

use rquickjs::promise::PromiseState;
use rquickjs::{Ctx, Function, Object, Value, qjs};

/// `className(value)`, `proxyTarget(proxy)`, `proxyHandler(proxy)`, `promiseState(promise)`.
pub(crate) fn fill<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> rquickjs::Result<()> {
    object.set("className", Function::new(ctx.clone(), class_name)?)?;
    object.set("proxyTarget", Function::new(ctx.clone(), proxy_target)?)?;
    object.set("proxyHandler", Function::new(ctx.clone(), proxy_handler)?)?;
    object.set("promiseState", Function::new(ctx.clone(), promise_state)?)
}

/// The name of the internal class of an object, whatever its prototype is: `Map`, `Proxy`, `Uint8Array`, …
/// `undefined` for what is no object.
fn class_name<'js>(ctx: Ctx<'js>, value: Value<'js>) -> Value<'js> {
    let context = ctx.as_raw().as_ptr();
    // SAFETY: the context and the value are live; the atom is ours and freed after its string was made; the
    // string that comes back is ours.
    unsafe {
        let class = qjs::JS_GetClassID(value.as_raw());
        if class == qjs::JS_INVALID_CLASS_ID {
            return Value::new_undefined(ctx);
        }
        let atom = qjs::JS_GetClassName(qjs::JS_GetRuntime(context), class);
        let name = qjs::JS_AtomToString(context, atom);
        qjs::JS_FreeAtom(context, atom);
        Value::from_raw(ctx.clone(), name)
    }
}

fn is_proxy(value: &Value<'_>) -> bool {
    // SAFETY: the value is live.
    unsafe { qjs::JS_IsProxy(value.as_raw()) }
}

/// The target of a proxy, `null` if it is revoked, `undefined` if the value is no proxy.
fn proxy_target<'js>(ctx: Ctx<'js>, value: Value<'js>) -> Value<'js> {
    if !is_proxy(&value) {
        return Value::new_undefined(ctx);
    }
    // SAFETY: the context is live and the value is a proxy; the result is ours.
    let target = unsafe {
        let target = qjs::JS_GetProxyTarget(ctx.as_raw().as_ptr(), value.as_raw());
        Value::from_raw(ctx.clone(), target)
    };
    if target.is_exception() {
        ctx.catch();
        return Value::new_null(ctx);
    }
    target
}

/// The handler of a proxy, as [`proxy_target`].
fn proxy_handler<'js>(ctx: Ctx<'js>, value: Value<'js>) -> Value<'js> {
    if !is_proxy(&value) {
        return Value::new_undefined(ctx);
    }
    // SAFETY: as for the target.
    let handler = unsafe {
        let handler = qjs::JS_GetProxyHandler(ctx.as_raw().as_ptr(), value.as_raw());
        Value::from_raw(ctx.clone(), handler)
    };
    if handler.is_exception() {
        ctx.catch();
        return Value::new_null(ctx);
    }
    handler
}

/// `[state, result]` of a promise; `undefined` if the value is no promise.
fn promise_state<'js>(ctx: Ctx<'js>, value: Value<'js>) -> rquickjs::Result<Value<'js>> {
    let Some(promise) = value.into_promise() else {
        return Ok(Value::new_undefined(ctx));
    };
    let pair = rquickjs::Array::new(ctx.clone())?;
    let state = match promise.state() {
        PromiseState::Pending => "pending",
        PromiseState::Resolved => "fulfilled",
        PromiseState::Rejected => "rejected",
    };
    pair.set(0, state)?;
    match promise.result::<Value<'js>>() {
        None => {}
        Some(Ok(value)) => pair.set(1, value)?,
        Some(Err(_)) => pair.set(1, ctx.catch())?,
    }
    Ok(pair.into_value())
}
