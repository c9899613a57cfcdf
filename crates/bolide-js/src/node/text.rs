//! JavaScript strings as UTF-16 code units, lone surrogates included.
#![allow(unsafe_code, reason = "the safe wrapper knows strings in UTF-8 only")]

use rquickjs::{Ctx, String as JsString, Value, qjs};

/// The code units of a string.
pub(super) fn code_units(text: &JsString<'_>) -> rquickjs::Result<Vec<u16>> {
    let ctx = text.ctx();
    let context = ctx.as_raw().as_ptr();
    let mut length = 0;
    // SAFETY: the context and the string are live; the length is written to a live variable.
    let pointer = unsafe { qjs::JS_ToCStringLenUTF16(context, &mut length, text.as_raw()) };
    if pointer.is_null() {
        return Err(rquickjs::Error::Exception);
    }
    // SAFETY: the call gave `length` units at this address, which stay until they are freed.
    let units = unsafe { std::slice::from_raw_parts(pointer, length as usize) }.to_vec();
    // SAFETY: allocated by the call above, and freed once.
    unsafe { qjs::JS_FreeCStringUTF16(context, pointer) };
    Ok(units)
}

/// The string of code units.
pub(super) fn from_code_units<'js>(
    ctx: &Ctx<'js>,
    units: &[u16],
) -> rquickjs::Result<JsString<'js>> {
    // SAFETY: the context is live, and the units are copied during the call.
    let value = unsafe {
        let context = ctx.as_raw().as_ptr();
        let raw = qjs::JS_NewStringUTF16(context, units.as_ptr(), units.len() as _);
        Value::from_raw(ctx.clone(), raw)
    };
    value.into_string().ok_or(rquickjs::Error::Exception)
}
