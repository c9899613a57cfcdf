//! Bytes of ArrayBuffers and views, copied in and out with every range checked.
#![allow(unsafe_code, reason = "the engine hands out pointers into buffers")]

use rquickjs::{Value, qjs};

/// The bytes that a value shows: an ArrayBuffer or SharedArrayBuffer, a typed array, or a DataView.
struct Span {
    pointer: *mut u8,
    length: usize,
}

/// Finds the bytes. `None` if the value shows none or its buffer is detached. The span is valid until JavaScript
/// or WebAssembly runs again.
fn span(value: &Value<'_>) -> Option<Span> {
    let ctx = value.ctx().clone();
    let context = ctx.as_raw().as_ptr();
    let object = value.as_object()?;
    // SAFETY: the context and the value are live.
    if unsafe { qjs::JS_IsArrayBuffer(value.as_raw()) } {
        return whole(value);
    }
    // SAFETY: as above.
    if unsafe { qjs::JS_GetTypedArrayType(value.as_raw()) } >= 0 {
        let (mut offset, mut length, mut element) = (0, 0, 0);
        // SAFETY: as above; the results are written to live variables.
        let buffer = unsafe {
            qjs::JS_GetTypedArrayBuffer(
                context,
                value.as_raw(),
                &mut offset,
                &mut length,
                &mut element,
            )
        };
        // SAFETY: the call returned a value that is ours.
        let buffer = unsafe { Value::from_raw(ctx.clone(), buffer) };
        if buffer.is_exception() {
            ctx.catch();
            return None;
        }
        return part(&buffer, offset as usize, length as usize);
    }
    // DataView: there is no function for it, but it has these properties, and `part` checks them.
    let buffer: Value<'_> = object.get("buffer").ok()?;
    let offset: f64 = object.get("byteOffset").ok()?;
    let length: f64 = object.get("byteLength").ok()?;
    part(&buffer, offset as usize, length as usize)
}

fn whole(buffer: &Value<'_>) -> Option<Span> {
    let ctx = buffer.ctx();
    let mut length = 0;
    // SAFETY: the context and the value are live.
    let pointer =
        unsafe { qjs::JS_GetArrayBuffer(ctx.as_raw().as_ptr(), &mut length, buffer.as_raw()) };
    if pointer.is_null() {
        if ctx.has_exception() {
            ctx.catch();
            return None;
        }
        return Some(Span {
            pointer: std::ptr::NonNull::dangling().as_ptr(),
            length: 0,
        });
    }
    Some(Span {
        pointer,
        length: length as usize,
    })
}

fn part(buffer: &Value<'_>, offset: usize, length: usize) -> Option<Span> {
    let all = whole(buffer)?;
    let end = offset.checked_add(length)?;
    if end > all.length {
        return None;
    }
    Some(Span {
        // SAFETY: within the buffer, as just checked.
        pointer: unsafe { all.pointer.add(offset) },
        length,
    })
}

/// The bytes of an ArrayBuffer, a SharedArrayBuffer or a view. `None` for anything else and for detached ones.
pub(crate) fn copy_bytes(value: &Value<'_>) -> Option<Vec<u8>> {
    let span = span(value)?;
    let mut bytes = vec![0; span.length];
    // SAFETY: the span is valid, for nothing has run since it was found. Another thread may write to a shared
    // buffer meanwhile; what is copied is then any mixture of bytes, as for JavaScript.
    unsafe { std::ptr::copy_nonoverlapping(span.pointer, bytes.as_mut_ptr(), span.length) };
    Some(bytes)
}

/// The bytes from `start` to `end`, as many of them as there are. `None` as for [`copy_bytes`].
pub(crate) fn copy_range(value: &Value<'_>, start: usize, end: usize) -> Option<Vec<u8>> {
    let span = span(value)?;
    let end = end.min(span.length);
    let mut bytes = vec![0; end.saturating_sub(start)];
    if start < end {
        // SAFETY: within the span, as just checked; else as in `copy_bytes`.
        unsafe {
            std::ptr::copy_nonoverlapping(span.pointer.add(start), bytes.as_mut_ptr(), bytes.len());
        }
    }
    Some(bytes)
}

/// How many bytes the value shows. `None` as for [`copy_bytes`].
pub(crate) fn byte_length(value: &Value<'_>) -> Option<usize> {
    Some(span(value)?.length)
}

/// Copies as much of `bytes` as fits to `offset` of what the value shows, and returns how much that was. `None` as
/// for [`copy_bytes`], or if `offset` is outside.
pub(crate) fn write_bytes(value: &Value<'_>, offset: usize, bytes: &[u8]) -> Option<usize> {
    let span = span(value)?;
    let count = span.length.checked_sub(offset)?.min(bytes.len());
    // SAFETY: `offset + count` is within the span, which is valid, for nothing has run since it was found.
    unsafe {
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), span.pointer.add(offset), count);
    }
    Some(count)
}

/// The text of a string, with U+FFFD for lone surrogates.
pub(crate) fn lossy_text(text: &rquickjs::String<'_>) -> rquickjs::Result<String> {
    match text.to_string() {
        Ok(text) => Ok(text),
        Err(_) => {
            let object: rquickjs::Object<'_> = text
                .ctx()
                .globals()
                .get::<_, rquickjs::Object<'_>>("String")?
                .get("prototype")?;
            let convert: rquickjs::Function<'_> = object.get("toWellFormed")?;
            convert.call((rquickjs::function::This(text.clone()),))
        }
    }
}
