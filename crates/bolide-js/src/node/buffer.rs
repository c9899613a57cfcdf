//! Texts to bytes and back, for `node:buffer`.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rquickjs::{ArrayBuffer, Ctx, Function, Object, String as JsString, Value};

use super::text;
use crate::buffer::{copy_bytes, copy_range, lossy_text, write_bytes};
use crate::error::HostError;

/// The encodings of `Buffer`.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Utf16Le,
    Latin1,
    Ascii,
    Base64,
    Base64Url,
    Hex,
}

impl Encoding {
    /// By the name that `node/buffer` normalizes to.
    pub(super) fn named(ctx: &Ctx<'_>, name: &str) -> rquickjs::Result<Encoding> {
        Ok(match name {
            "utf8" => Encoding::Utf8,
            "utf16le" => Encoding::Utf16Le,
            "latin1" => Encoding::Latin1,
            "ascii" => Encoding::Ascii,
            "base64" => Encoding::Base64,
            "base64url" => Encoding::Base64Url,
            "hex" => Encoding::Hex,
            _ => {
                let error = HostError::type_error(format!("Unknown encoding: {name}"));
                return Err(error.with_code("ERR_UNKNOWN_ENCODING").throw(ctx));
            }
        })
    }

    /// The bytes that a text stands for. What is not valid in the encoding is left out, as Node does.
    pub(super) fn encode(self, text: &JsString<'_>) -> rquickjs::Result<Vec<u8>> {
        Ok(match self {
            Encoding::Utf8 => lossy_text(text)?.into_bytes(),
            Encoding::Utf16Le => {
                let units = text::code_units(text)?;
                units.into_iter().flat_map(u16::to_le_bytes).collect()
            }
            Encoding::Latin1 | Encoding::Ascii => {
                let units = text::code_units(text)?;
                units.into_iter().map(|unit| unit as u8).collect()
            }
            Encoding::Base64 | Encoding::Base64Url => decode_base64(&lossy_text(text)?),
            Encoding::Hex => decode_hex(&lossy_text(text)?),
        })
    }

    /// The text of bytes.
    pub(super) fn decode<'js>(
        self,
        ctx: &Ctx<'js>,
        bytes: &[u8],
    ) -> rquickjs::Result<JsString<'js>> {
        let text = match self {
            Encoding::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Encoding::Utf16Le => {
                let pairs = bytes.chunks_exact(2);
                let units: Vec<u16> = pairs
                    .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
                    .collect();
                return text::from_code_units(ctx, &units);
            }
            Encoding::Latin1 => bytes.iter().copied().map(char::from).collect(),
            Encoding::Ascii => bytes.iter().map(|byte| char::from(byte & 0x7f)).collect(),
            Encoding::Base64 => STANDARD.encode(bytes),
            Encoding::Base64Url => URL_SAFE_NO_PAD.encode(bytes),
            Encoding::Hex => encode_hex(bytes),
        };
        JsString::from_str(ctx.clone(), &text)
    }

    /// How many of `bytes`, at most `room`, can be written without splitting a character.
    fn whole(self, bytes: &[u8], room: usize) -> usize {
        if bytes.len() <= room {
            return bytes.len();
        }
        match self {
            Encoding::Utf8 => {
                let mut end = room;
                while end > 0 && bytes[end] & 0xc0 == 0x80 {
                    end -= 1;
                }
                end
            }
            Encoding::Utf16Le => room & !1,
            _ => room,
        }
    }
}

/// Lower-case hexadecimal.
fn encode_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| {
        [
            DIGITS[usize::from(byte >> 4)],
            DIGITS[usize::from(byte & 15)],
        ]
    });
    digits.map(char::from).collect()
}

/// Pairs of digits up to the first that is none.
fn decode_hex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = text.as_bytes().chunks_exact(2);
    pairs
        .map_while(|pair| Some((digit(pair[0])? * 16 + digit(pair[1])?) as u8))
        .collect()
}

/// Both alphabets, up to the first `=`; what is in neither is skipped.
fn decode_base64(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => break,
            _ => continue,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}

/// `encode`, `decode`, `write`, `byteLength`, `compare` and `indexOf`; see the functions.
pub(crate) fn fill<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> rquickjs::Result<()> {
    object.set("encode", Function::new(ctx.clone(), encode)?)?;
    object.set("decode", Function::new(ctx.clone(), decode)?)?;
    object.set("write", Function::new(ctx.clone(), write)?)?;
    object.set("byteLength", Function::new(ctx.clone(), byte_length)?)?;
    object.set("compare", Function::new(ctx.clone(), compare)?)?;
    object.set("indexOf", Function::new(ctx.clone(), index_of)?)?;
    object.set("isUtf8", Function::new(ctx.clone(), is_utf8)?)
}

fn bytes_of(value: &Value<'_>) -> rquickjs::Result<Vec<u8>> {
    copy_bytes(value).ok_or_else(|| not_bytes(value.ctx()))
}

fn not_bytes(ctx: &Ctx<'_>) -> rquickjs::Error {
    HostError::type_error("the buffer is detached, or no buffer").throw(ctx)
}

fn encode<'js>(
    ctx: Ctx<'js>,
    text: JsString<'js>,
    encoding: String,
) -> rquickjs::Result<ArrayBuffer<'js>> {
    let bytes = Encoding::named(&ctx, &encoding)?.encode(&text)?;
    ArrayBuffer::new(ctx, bytes)
}

fn decode<'js>(
    ctx: Ctx<'js>,
    view: Value<'js>,
    encoding: String,
    start: f64,
    end: f64,
) -> rquickjs::Result<JsString<'js>> {
    let range = copy_range(&view, start as usize, end as usize);
    let bytes = range.ok_or_else(|| not_bytes(&ctx))?;
    Encoding::named(&ctx, &encoding)?.decode(&ctx, &bytes)
}

/// Writes as much of the text as fits into `room` bytes from `offset`, and returns the number of bytes.
fn write<'js>(
    ctx: Ctx<'js>,
    view: Value<'js>,
    text: JsString<'js>,
    offset: f64,
    room: f64,
    encoding: String,
) -> rquickjs::Result<f64> {
    let encoding = Encoding::named(&ctx, &encoding)?;
    let bytes = encoding.encode(&text)?;
    let count = encoding.whole(&bytes, room as usize);
    let written = write_bytes(&view, offset as usize, &bytes[..count]);
    written
        .map(|count| count as f64)
        .ok_or_else(|| not_bytes(&ctx))
}

/// Of the text in UTF-8. A lone surrogate takes the three bytes of U+FFFD.
fn byte_length(text: JsString<'_>) -> rquickjs::Result<f64> {
    Ok(lossy_text(&text)?.len() as f64)
}

fn compare<'js>(a: Value<'js>, b: Value<'js>) -> rquickjs::Result<i32> {
    Ok(bytes_of(&a)?.cmp(&bytes_of(&b)?) as i32)
}

/// The first place of `needle` at or after `from`, or the last at or before it; -1 if there is none.
/// `step` is 2 for texts in UTF-16, whose units are aligned.
fn index_of<'js>(
    hay: Value<'js>,
    needle: Value<'js>,
    from: f64,
    forward: bool,
    step: usize,
) -> rquickjs::Result<f64> {
    let (hay, needle) = (bytes_of(&hay)?, bytes_of(&needle)?);
    let Some(last) = hay.len().checked_sub(needle.len()) else {
        return Ok(-1.0);
    };
    let from = from as usize;
    let matches = |at: &usize| hay[*at..].starts_with(&needle);
    let found = match forward {
        true => (from..=last).step_by(step).find(matches),
        false => (0..=last.min(from))
            .rev()
            .find(|at| at % step == 0 && matches(at)),
    };
    Ok(found.map_or(-1.0, |at| at as f64))
}

fn is_utf8(view: Value<'_>) -> rquickjs::Result<bool> {
    Ok(std::str::from_utf8(&bytes_of(&view)?).is_ok())
}
