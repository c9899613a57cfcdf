//! Text and bytes. The functions for UTF-8 are called for every string that crosses to and from WebAssembly.
#![allow(
    unsafe_code,
    reason = "strings are read and written in place; the safe wrapper copies them twice and costs three times as much"
)]

use std::cell::RefCell;
use std::ffi::{CStr, c_int};

use encoding_rs::{Decoder, DecoderResult, Encoding};
use rquickjs::class::Trace;
use rquickjs::{Class, Ctx, Function, JsLifetime, Object, Value, qjs};

use crate::buffer::copy_bytes;
use crate::error::HostError;

/// `decodeUtf8(view, flags)`, `encode(text)`, `encodeInto(text, view)`, `encodingName(label)`,
/// `decode(name, bytes, fatal, ignoreBOM)` and `newDecoder(name, fatal, ignoreBOM)`.
pub(crate) fn fill<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> rquickjs::Result<()> {
    object.set("decodeUtf8", raw(ctx, c"decodeUtf8", 2, decode_utf8))?;
    object.set("encode", raw(ctx, c"encode", 1, encode))?;
    object.set("encodeInto", raw(ctx, c"encodeInto", 2, encode_into))?;
    object.set("encodingName", Function::new(ctx.clone(), encoding_name)?)?;
    object.set("decode", Function::new(ctx.clone(), decode)?)?;
    object.set("newDecoder", Function::new(ctx.clone(), new_decoder)?)?;
    Ok(())
}

type RawFunction = unsafe extern "C" fn(
    *mut qjs::JSContext,
    qjs::JSValue,
    c_int,
    *mut qjs::JSValue,
) -> qjs::JSValue;

fn raw<'js>(ctx: &Ctx<'js>, name: &CStr, length: i32, function: RawFunction) -> Value<'js> {
    // SAFETY: the context is live, the name is copied, and the function has the type that `generic` stands for.
    // The engine passes at least `length` arguments.
    unsafe {
        let value = qjs::JS_NewCFunction2(
            ctx.as_raw().as_ptr(),
            Some(function),
            name.as_ptr(),
            length,
            qjs::JSCFunctionEnum_JS_CFUNC_generic,
            0,
        );
        Value::from_raw(ctx.clone(), value)
    }
}

/// The bits of the second argument of `decodeUtf8`.
const FATAL: i32 = 1;
const KEEP_BOM: i32 = 2;

/// The bytes that a view shows, or a copy of what another buffer source shows.
enum Bytes<'a> {
    Borrowed(&'a [u8]),
    Owned(Vec<u8>),
}

impl Bytes<'_> {
    /// # Safety
    ///
    /// The context and the value are live. Neither JavaScript nor WebAssembly runs while the result is in use.
    unsafe fn of(context: *mut qjs::JSContext, value: qjs::JSValue) -> Self {
        // SAFETY: as promised.
        match unsafe { uint8_span(context, value) } {
            Some((pointer, length)) => {
                // SAFETY: the engine says that the bytes are there, and nothing runs that could free them.
                Bytes::Borrowed(unsafe { std::slice::from_raw_parts(pointer, length) })
            }
            None => {
                // SAFETY: as promised; the clone holds its own reference.
                let value = unsafe {
                    let ctx = Ctx::from_raw(std::ptr::NonNull::new_unchecked(context));
                    Value::from_raw(ctx, qjs::JS_DupValue(context, value))
                };
                Bytes::Owned(copy_bytes(&value).unwrap_or_default())
            }
        }
    }

    fn as_slice(&self) -> &[u8] {
        match self {
            Bytes::Borrowed(bytes) => bytes,
            Bytes::Owned(bytes) => bytes,
        }
    }
}

/// Where the bytes of a Uint8Array are, if the value is one with bytes.
///
/// # Safety
///
/// The context and the value are live.
unsafe fn uint8_span(
    context: *mut qjs::JSContext,
    value: qjs::JSValue,
) -> Option<(*mut u8, usize)> {
    // SAFETY: as promised.
    unsafe {
        if qjs::JS_GetTypedArrayType(value) != qjs::JSTypedArrayEnum_JS_TYPED_ARRAY_UINT8 as c_int {
            return None;
        }
        let mut length = 0;
        let pointer = qjs::JS_GetUint8Array(context, &mut length, value);
        if pointer.is_null() {
            // Detached or out of bounds.
            qjs::JS_FreeValue(context, qjs::JS_GetException(context));
            return None;
        }
        Some((pointer, length as usize))
    }
}

unsafe extern "C" fn decode_utf8(
    context: *mut qjs::JSContext,
    _this: qjs::JSValue,
    _count: c_int,
    arguments: *mut qjs::JSValue,
) -> qjs::JSValue {
    // SAFETY: the engine calls this with a live context and at least two live arguments.
    unsafe {
        let (view, flags) = (*arguments, qjs::JS_VALUE_GET_INT(*arguments.add(1)));
        let bytes = Bytes::of(context, view);
        let mut text = bytes.as_slice();
        if flags & KEEP_BOM == 0 {
            text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        }
        if std::str::from_utf8(text).is_ok() {
            return qjs::JS_NewStringLen(context, text.as_ptr().cast(), text.len() as _);
        }
        if flags & FATAL != 0 {
            let ctx = Ctx::from_raw(std::ptr::NonNull::new_unchecked(context));
            let error = malformed("utf-8").throw(&ctx);
            debug_assert!(error.is_exception());
            return qjs::JS_EXCEPTION;
        }
        let lossy = String::from_utf8_lossy(text);
        qjs::JS_NewStringLen(context, lossy.as_ptr().cast(), lossy.len() as _)
    }
}

/// The UTF-8 of a string, with U+FFFD for lone surrogates, as long as `body` runs.
///
/// # Safety
///
/// The context is live and the value is a live string.
unsafe fn with_utf8<R>(
    context: *mut qjs::JSContext,
    text: qjs::JSValue,
    body: impl FnOnce(&[u8]) -> R,
) -> Option<R> {
    let mut length = 0;
    // SAFETY: as promised; the text is freed below, after its last use.
    unsafe {
        let pointer = qjs::JS_ToCStringLen2(context, &mut length, text, false);
        if pointer.is_null() {
            return None;
        }
        let bytes = std::slice::from_raw_parts(pointer.cast::<u8>(), length as usize);
        let result = match std::str::from_utf8(bytes) {
            Ok(_) => body(bytes),
            Err(_) => body(&replace_surrogates(bytes)),
        };
        qjs::JS_FreeCString(context, pointer);
        Some(result)
    }
}

/// The engine writes a lone surrogate as three bytes, ED A0 80 to ED BF BF, as many as U+FFFD takes.
fn replace_surrogates(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for i in 0..bytes.len().saturating_sub(2) {
        if bytes[i] == 0xed && bytes[i + 1] >= 0xa0 {
            bytes[i..i + 3].copy_from_slice("\u{fffd}".as_bytes());
        }
    }
    bytes
}

/// # Safety
///
/// The context is live.
unsafe fn not_a_string(context: *mut qjs::JSContext) -> qjs::JSValue {
    // SAFETY: as promised.
    let ctx = unsafe { Ctx::from_raw(std::ptr::NonNull::new_unchecked(context)) };
    let error = HostError::type_error("the text to encode is not a string").throw(&ctx);
    debug_assert!(error.is_exception());
    qjs::JS_EXCEPTION
}

unsafe extern "C" fn encode(
    context: *mut qjs::JSContext,
    _this: qjs::JSValue,
    _count: c_int,
    arguments: *mut qjs::JSValue,
) -> qjs::JSValue {
    // SAFETY: the engine calls this with a live context and at least one live argument, which is a string.
    unsafe {
        if !qjs::JS_IsString(*arguments) {
            return not_a_string(context);
        }
        let array = with_utf8(context, *arguments, |bytes| {
            qjs::JS_NewUint8ArrayCopy(context, bytes.as_ptr(), bytes.len() as _)
        });
        array.unwrap_or(qjs::JS_EXCEPTION)
    }
}

/// Returns how many bytes were written if the whole text fits, else an array of how many units of the text were
/// read and how many bytes were written.
unsafe extern "C" fn encode_into(
    context: *mut qjs::JSContext,
    _this: qjs::JSValue,
    _count: c_int,
    arguments: *mut qjs::JSValue,
) -> qjs::JSValue {
    // SAFETY: the engine calls this with a live context and at least two live arguments, the first of which is a
    // string. Nothing runs between finding the bytes and writing to them; they cannot be part of the string.
    unsafe {
        if !qjs::JS_IsString(*arguments) {
            return not_a_string(context);
        }
        let done = with_utf8(context, *arguments, |bytes| {
            let (pointer, room) = uint8_span(context, *arguments.add(1))
                .unwrap_or((std::ptr::NonNull::dangling().as_ptr(), 0));
            let (written, read) = fitting(bytes, room);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), pointer, written);
            (written, read)
        });
        match done {
            None => qjs::JS_EXCEPTION,
            Some((written, None)) => integer(written),
            Some((written, Some(read))) => {
                let pair = qjs::JS_NewArray(context);
                let units = [read, written].map(integer);
                for (index, value) in units.into_iter().enumerate() {
                    qjs::JS_SetPropertyUint32(context, pair, index as u32, value);
                }
                pair
            }
        }
    }
}

/// A number; buffers are shorter than 2³¹ bytes.
fn integer(count: usize) -> qjs::JSValue {
    qjs::JS_MKVAL(qjs::JS_TAG_INT, count as i32)
}

/// How many of the bytes fit into `room` without cutting a character, and, if that is not all, how many units of
/// UTF-16 these are.
fn fitting(bytes: &[u8], room: usize) -> (usize, Option<usize>) {
    if bytes.len() <= room {
        return (bytes.len(), None);
    }
    let mut end = room;
    while bytes[end] & 0xc0 == 0x80 {
        end -= 1;
    }
    let units = bytes[..end].iter().map(|byte| match byte {
        0x80..=0xbf => 0,
        0xf0.. => 2,
        _ => 1,
    });
    (end, Some(units.sum()))
}

/// The name of the encoding that a label stands for, in small letters; `undefined` if there is none.
fn encoding_name(label: String) -> Option<String> {
    let encoding = Encoding::for_label_no_replacement(label.as_bytes())?;
    Some(encoding.name().to_ascii_lowercase())
}

fn malformed(name: &str) -> HostError {
    let message = format!("The encoded data was not valid for encoding {name}");
    HostError::type_error(message).with_code("ERR_ENCODING_INVALID_ENCODED_DATA")
}

fn decoder(name: &str, ignore_bom: bool) -> Decoder {
    let encoding = Encoding::for_label(name.as_bytes()).unwrap_or(encoding_rs::UTF_8);
    match ignore_bom {
        true => encoding.new_decoder_without_bom_handling(),
        false => encoding.new_decoder_with_bom_removal(),
    }
}

/// Decodes the next part; the text is incomplete without the part after it unless `last`.
fn next_part(
    decoder: &mut Decoder,
    bytes: &[u8],
    fatal: bool,
    last: bool,
) -> Result<String, HostError> {
    let too_long = || HostError::range_error("the text is too long");
    if fatal {
        let capacity = decoder.max_utf8_buffer_length_without_replacement(bytes.len());
        let mut text = String::with_capacity(capacity.ok_or_else(too_long)?);
        let (result, _) = decoder.decode_to_string_without_replacement(bytes, &mut text, last);
        return match result {
            DecoderResult::InputEmpty => Ok(text),
            _ => Err(malformed(&decoder.encoding().name().to_ascii_lowercase())),
        };
    }
    let capacity = decoder.max_utf8_buffer_length(bytes.len());
    let mut text = String::with_capacity(capacity.ok_or_else(too_long)?);
    let (_result, _, _) = decoder.decode_to_string(bytes, &mut text, last);
    Ok(text)
}

fn decode<'js>(
    ctx: Ctx<'js>,
    name: String,
    bytes: Value<'js>,
    fatal: bool,
    ignore_bom: bool,
) -> rquickjs::Result<String> {
    let bytes = copy_bytes(&bytes).unwrap_or_default();
    let mut decoder = decoder(&name, ignore_bom);
    next_part(&mut decoder, &bytes, fatal, true).map_err(|error| error.throw(&ctx))
}

/// A decoder that remembers characters of which it has seen a part.
#[derive(Trace, JsLifetime)]
#[rquickjs::class]
struct StreamDecoder {
    #[qjs(skip_trace)]
    decoder: RefCell<Decoder>,
    #[qjs(skip_trace)]
    fatal: bool,
}

#[rquickjs::methods]
impl StreamDecoder {
    /// `decode(bytes, last)`
    fn decode<'js>(
        &self,
        ctx: Ctx<'js>,
        bytes: Value<'js>,
        last: bool,
    ) -> rquickjs::Result<String> {
        let bytes = copy_bytes(&bytes).unwrap_or_default();
        // Scripts may run when the error is made: the decoder is free by then.
        let text = next_part(&mut self.decoder.borrow_mut(), &bytes, self.fatal, last);
        text.map_err(|error| error.throw(&ctx))
    }
}

fn new_decoder<'js>(
    ctx: Ctx<'js>,
    name: String,
    fatal: bool,
    ignore_bom: bool,
) -> rquickjs::Result<Class<'js, StreamDecoder>> {
    let decoder = RefCell::new(decoder(&name, ignore_bom));
    Class::instance(ctx, StreamDecoder { decoder, fatal })
}
