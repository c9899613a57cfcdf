//! Values that cross between an embedder and JavaScript by copy.

use std::fmt;

use rquickjs::{Ctx, IntoJs, Value as JsValue};

use crate::buffer::{copy_bytes, lossy_text};

/// A JavaScript value, copied out of the runtime.
///
/// ```
/// use bolide_js::{Runtime, Value};
///
/// let mut runtime = Runtime::builder().build()?;
/// assert_eq!(runtime.eval("'a' + 1")?, Value::String("a1".to_owned()));
/// assert_eq!(runtime.eval("2n ** 100n")?.to_string(), "1267650600228229401496703205376");
/// assert_eq!(runtime.eval("({ a: [1, null] })")?.to_string(), r#"{"a":[1,null]}"#);
/// # Ok::<(), bolide_js::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// `undefined`; also functions and symbols, which cannot be copied.
    Undefined,
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A BigInt, in decimal.
    BigInt(String),
    /// A string. Lone surrogates become U+FFFD.
    String(String),
    /// An ArrayBuffer, or the part of one that a view shows.
    Bytes(Vec<u8>),
    /// Any other object, as `JSON.stringify` writes it.
    Json(serde_json::Value),
}

impl Value {
    /// The number, if it is one.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn copy<'js>(ctx: &Ctx<'js>, value: JsValue<'js>) -> rquickjs::Result<Value> {
        use rquickjs::Type;
        Ok(match value.type_of() {
            Type::Null => Value::Null,
            Type::Bool => Value::Bool(value.get()?),
            Type::Int | Type::Float => Value::Number(value.get()?),
            Type::String => {
                let text = value.into_string().expect("the type says so");
                Value::String(lossy_text(&text)?)
            }
            Type::BigInt => Value::BigInt(value.get::<rquickjs::Coerced<String>>()?.0),
            Type::Undefined | Type::Symbol | Type::Function | Type::Constructor => Value::Undefined,
            _ => {
                if let Some(bytes) = copy_bytes(&value) {
                    return Ok(Value::Bytes(bytes));
                }
                match ctx.json_stringify(value)? {
                    Some(text) => {
                        let json = serde_json::from_str(&lossy_text(&text)?);
                        Value::Json(json.unwrap_or_default())
                    }
                    None => Value::Undefined,
                }
            }
        })
    }
}

impl<'js> IntoJs<'js> for &Value {
    fn into_js(self, ctx: &Ctx<'js>) -> rquickjs::Result<JsValue<'js>> {
        match self {
            Value::Undefined => Ok(JsValue::new_undefined(ctx.clone())),
            Value::Null => Ok(JsValue::new_null(ctx.clone())),
            Value::Bool(value) => value.into_js(ctx),
            Value::Number(value) => value.into_js(ctx),
            Value::BigInt(digits) => {
                let convert: rquickjs::Function<'js> = ctx.globals().get("BigInt")?;
                convert.call((digits.as_str(),))
            }
            Value::String(text) => text.into_js(ctx),
            Value::Bytes(bytes) => {
                let array = rquickjs::TypedArray::<u8>::new_copy(ctx.clone(), bytes)?;
                Ok(array.into_value())
            }
            Value::Json(json) => ctx.json_parse(json.to_string()),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Undefined => f.write_str("undefined"),
            Value::Null => f.write_str("null"),
            Value::Bool(value) => value.fmt(f),
            Value::Number(value) => value.fmt(f),
            Value::BigInt(text) | Value::String(text) => f.write_str(text),
            Value::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Value::Json(json) => json.fmt(f),
        }
    }
}

macro_rules! from {
    ($($ty:ty => |$value:ident| $convert:expr;)*) => {
        $(impl From<$ty> for Value {
            fn from($value: $ty) -> Value {
                $convert
            }
        })*
    };
}

from! {
    () => |_value| Value::Undefined;
    bool => |value| Value::Bool(value);
    i32 => |value| Value::Number(value.into());
    u32 => |value| Value::Number(value.into());
    f64 => |value| Value::Number(value);
    &str => |value| Value::String(value.to_owned());
    String => |value| Value::String(value);
    Vec<u8> => |value| Value::Bytes(value);
    serde_json::Value => |value| Value::Json(value);
}
