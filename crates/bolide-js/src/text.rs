//! Evaluating text that begins at a line of choice.
#![allow(
    unsafe_code,
    reason = "the safe wrapper takes neither a first line nor text with NUL characters"
)]

use std::ffi::CString;

use rquickjs::{Ctx, Value, qjs};

use crate::error::HostError;

/// The version of `JSEvalOptions` that is filled in here.
const OPTIONS_VERSION: i32 = 1;

/// Evaluates a script in the global scope, in sloppy mode. `line` is the number of its first line; 0 counts as 1.
pub(crate) fn evaluate<'js>(
    ctx: &Ctx<'js>,
    mut text: String,
    name: &str,
    line: i32,
) -> rquickjs::Result<Value<'js>> {
    let Ok(name) = CString::new(name) else {
        return Err(HostError::type_error("the name of a script has a NUL character").throw(ctx));
    };
    let length = text.len();
    // The parser reads to a zero after the text.
    text.push('\0');
    let mut options = qjs::JSEvalOptions {
        version: OPTIONS_VERSION,
        eval_flags: qjs::JS_EVAL_TYPE_GLOBAL as i32,
        filename: name.as_ptr(),
        line_num: line,
    };
    // SAFETY: text and name are live during the call and end with a zero; the context is live, and the value ours.
    let value = unsafe {
        let value = qjs::JS_Eval2(
            ctx.as_raw().as_ptr(),
            text.as_ptr().cast(),
            length as _,
            &mut options,
        );
        Value::from_raw(ctx.clone(), value)
    };
    match value.is_exception() {
        true => Err(rquickjs::Error::Exception),
        false => Ok(value),
    }
}
