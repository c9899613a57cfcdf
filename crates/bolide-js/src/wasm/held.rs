//! JavaScript values that Rust data owns, visible to the cycle collector.
#![allow(
    unsafe_code,
    reason = "values without a lifetime, counted by hand as the collector wants it"
)]

use rquickjs::{Ctx, Value, qjs};

/// A value that an object of this module's classes owns. It is marked when the object is marked, and freed when
/// the object is finalized: dropping it without [`Held::free`] or [`Held::into_value`] leaks.
pub(super) struct Held(qjs::JSValue);

impl Held {
    /// Owns `value`.
    pub(super) fn new(value: Value<'_>) -> Held {
        Held(into_raw(value))
    }

    /// Another handle to the value.
    pub(super) fn get<'js>(&self, ctx: &Ctx<'js>) -> Value<'js> {
        // SAFETY: the value is live as long as `self`, of the only context, and counted once more here.
        unsafe {
            let raw = qjs::JS_DupValue(ctx.as_raw().as_ptr(), self.0);
            Value::from_raw(ctx.clone(), raw)
        }
    }

    /// The value, still owned by `self`.
    pub(super) fn raw(&self) -> qjs::JSValue {
        self.0
    }

    /// Gives the count to a value with a lifetime.
    pub(super) fn into_value<'js>(self, ctx: &Ctx<'js>) -> Value<'js> {
        // SAFETY: the count moves; the value is of the only context.
        unsafe { Value::from_raw(ctx.clone(), self.0) }
    }

    /// # Safety
    ///
    /// Only in a finalizer, with its runtime.
    pub(super) unsafe fn free(self, rt: *mut qjs::JSRuntime) {
        // SAFETY: the count is ours, and the runtime is that of the value.
        unsafe { qjs::JS_FreeValueRT(rt, self.0) };
    }

    /// # Safety
    ///
    /// Only in a function that marks, with its arguments.
    pub(super) unsafe fn mark(&self, rt: *mut qjs::JSRuntime, mark: qjs::JS_MarkFunc) {
        // SAFETY: promised by the caller; the value is live.
        unsafe { qjs::JS_MarkValue(rt, self.0, mark) };
    }
}

/// The raw value with a count of its own.
pub(super) fn into_raw(value: Value<'_>) -> qjs::JSValue {
    // A value with a lifetime also counts its context, so it must be dropped.
    // SAFETY: context and value are live.
    unsafe { qjs::JS_DupValue(value.ctx().as_raw().as_ptr(), value.as_raw()) }
}
