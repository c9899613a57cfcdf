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
    /// Takes over the count of `value`.
    pub(super) fn new(value: Value<'_>) -> Held {
        let raw = value.as_raw();
        std::mem::forget(value);
        Held(raw)
    }

    /// Takes over the count of a raw value.
    ///
    /// # Safety
    ///
    /// The value must be live and its count the caller's to give away.
    pub(super) unsafe fn from_raw(raw: qjs::JSValue) -> Held {
        Held(raw)
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
