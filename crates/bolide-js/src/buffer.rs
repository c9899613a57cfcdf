//! Bytes of ArrayBuffers and views, copied in and out with every range checked.
#![allow(unsafe_code, reason = "the engine hands out pointers into buffers")]

use std::cell::RefCell;

use rquickjs::function::This;
use rquickjs::{Ctx, FromJs, Function, Object, Persistent, Value, qjs};

use crate::agent::agent;

/// The getters of `DataView.prototype` as they were before any script ran: the engine has no functions for them.
#[derive(Default)]
pub(crate) struct DataViews(RefCell<Option<Getters>>);

#[derive(Clone)]
struct Getters {
    buffer: Persistent<Function<'static>>,
    offset: Persistent<Function<'static>>,
    length: Persistent<Function<'static>>,
}

impl DataViews {
    pub(crate) fn teardown(&self) {
        self.0.borrow_mut().take();
    }
}

/// Saves what [`copy_bytes`] and the others need. No script may have run before.
pub(crate) fn install(ctx: &Ctx<'_>) -> rquickjs::Result<()> {
    let globals = ctx.globals();
    let prototype: Object<'_> = globals.get::<_, Object<'_>>("DataView")?.get("prototype")?;
    let object: Object<'_> = globals.get("Object")?;
    let describe: Function<'_> = object.get("getOwnPropertyDescriptor")?;
    let getter = |name: &str| {
        let property: Object<'_> = describe.call((prototype.clone(), name))?;
        let getter: Function<'_> = property.get("get")?;
        rquickjs::Result::Ok(Persistent::save(ctx, getter))
    };
    let getters = Getters {
        buffer: getter("buffer")?,
        offset: getter("byteOffset")?,
        length: getter("byteLength")?,
    };
    *agent(ctx).data_views.0.borrow_mut() = Some(getters);
    Ok(())
}

/// The bytes that a value shows: an ArrayBuffer or SharedArrayBuffer, a typed array, or a DataView.
struct Span<'js> {
    pointer: *mut u8,
    length: usize,
    /// Keeps the bytes from being freed.
    _buffer: Value<'js>,
}

/// Finds the bytes. `None` if the value shows none or its buffer is detached. The span is valid until JavaScript
/// or WebAssembly runs again. Scripts run in here only if there is no span, when the engine makes a stack trace.
fn span<'js>(value: &Value<'js>) -> Option<Span<'js>> {
    // SAFETY: the value is live.
    let (is_buffer, is_typed_array, is_data_view) = unsafe {
        (
            qjs::JS_IsArrayBuffer(value.as_raw()),
            qjs::JS_GetTypedArrayType(value.as_raw()) >= 0,
            qjs::JS_IsDataView(value.as_raw()),
        )
    };
    if is_buffer {
        return whole(value.clone());
    }
    let (buffer, offset, length) = match (is_typed_array, is_data_view) {
        (true, _) => typed_array(value)?,
        (_, true) => data_view(value)?,
        _ => return None,
    };
    part(buffer, offset, length)
}

/// The buffer of a typed array, and which bytes of it it shows.
fn typed_array<'js>(value: &Value<'js>) -> Option<(Value<'js>, usize, usize)> {
    let ctx = value.ctx();
    let (mut offset, mut length, mut element) = (0, 0, 0);
    // SAFETY: the context and the value are live; the results are written to live variables; the value that comes
    // back is ours.
    let buffer = unsafe {
        let buffer = qjs::JS_GetTypedArrayBuffer(
            ctx.as_raw().as_ptr(),
            value.as_raw(),
            &mut offset,
            &mut length,
            &mut element,
        );
        Value::from_raw(ctx.clone(), buffer)
    };
    if buffer.is_exception() {
        ctx.catch();
        return None;
    }
    Some((buffer, offset as usize, length as usize))
}

/// As [`typed_array`], for a DataView.
fn data_view<'js>(value: &Value<'js>) -> Option<(Value<'js>, usize, usize)> {
    let ctx = value.ctx();
    let getters = agent(ctx).data_views.0.borrow().clone()?;
    let buffer = read(value, getters.buffer)?;
    let offset: f64 = read(value, getters.offset)?;
    let length: f64 = read(value, getters.length)?;
    Some((buffer, offset as usize, length as usize))
}

/// What a getter returns; `None` if it throws.
fn read<'js, T: FromJs<'js>>(
    value: &Value<'js>,
    getter: Persistent<Function<'static>>,
) -> Option<T> {
    let ctx = value.ctx();
    let result = getter
        .restore(ctx)
        .and_then(|getter| getter.call((This(value.clone()),)));
    result.map_err(|_| ctx.catch()).ok()
}

fn whole<'js>(buffer: Value<'js>) -> Option<Span<'js>> {
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
            _buffer: buffer,
        });
    }
    Some(Span {
        pointer,
        length: length as usize,
        _buffer: buffer,
    })
}

fn part<'js>(buffer: Value<'js>, offset: usize, length: usize) -> Option<Span<'js>> {
    let all = whole(buffer)?;
    let end = offset.checked_add(length)?;
    if end > all.length {
        return None;
    }
    Some(Span {
        // SAFETY: within the buffer, as just checked.
        pointer: unsafe { all.pointer.add(offset) },
        length,
        ..all
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
