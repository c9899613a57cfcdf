//! Values that cross between an embedder and JavaScript.

use std::fmt;

use rquickjs::{Ctx, IntoJs, Object, Value as JsValue};

use crate::agent::agent;
use crate::buffer::{copy_bytes, lossy_text};
use crate::handle::JsObject;

/// A JavaScript value as Rust sees it: data is copied, objects with behaviour are handles.
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
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// `undefined`; also a symbol, which has no form here.
    #[default]
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
    /// An array or a plain object, as `JSON.stringify` writes it.
    Json(serde_json::Value),
    /// Any other object, and those that `JSON.stringify` cannot write, by reference: functions, class instances,
    /// errors, what is in the `WebAssembly` namespace.
    Object(JsObject),
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

    /// The value of the engine's own API that [`Runtime::with_ctx`](crate::Runtime::with_ctx) gives access to, copied
    /// or by reference as the variants say. `&Value` converts back, by `rquickjs::IntoJs`.
    ///
    /// # Errors
    ///
    /// What user code throws that the conversion runs, such as a proxy's.
    pub fn copy<'js>(ctx: &Ctx<'js>, value: JsValue<'js>) -> rquickjs::Result<Value> {
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
            Type::Undefined | Type::Uninitialized | Type::Symbol => Value::Undefined,
            _ => {
                if let Some(bytes) = copy_bytes(&value) {
                    return Ok(Value::Bytes(bytes));
                }
                let Some(object) = value.as_object() else {
                    return Ok(Value::Undefined);
                };
                match is_plain(ctx, object)?.then(|| json(ctx, &value)).flatten() {
                    Some(json) => Value::Json(json),
                    None => Value::Object(agent(ctx).handles.make(ctx, object.clone())),
                }
            }
        })
    }

    /// What the value is, as error messages say it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Value::Undefined => "undefined",
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::BigInt(_) => "a BigInt",
            Value::String(_) => "a string",
            Value::Bytes(_) => "a buffer",
            Value::Json(serde_json::Value::Array(_)) => "an array",
            Value::Json(_) | Value::Object(_) => "an object",
        }
    }
}

/// Whether it is an array or an object whose prototype is `Object.prototype` or null.
fn is_plain<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> rquickjs::Result<bool> {
    if object.is_array() {
        return Ok(true);
    }
    if object.is_function() {
        return Ok(false);
    }
    match object.get_prototype() {
        None => Ok(true),
        Some(prototype) => {
            let constructor: Object<'js> = ctx.globals().get("Object")?;
            let plain: Object<'js> = constructor.get("prototype")?;
            Ok(prototype == plain)
        }
    }
}

/// As JSON; `None` if that cannot be, for the value has a cycle or a BigInt.
fn json<'js>(ctx: &Ctx<'js>, value: &JsValue<'js>) -> Option<serde_json::Value> {
    let written = ctx.json_stringify(value.clone());
    let written = written.inspect_err(|_| drop(ctx.catch())).ok()??;
    serde_json::from_str(&lossy_text(&written).ok()?).ok()
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
            Value::Object(handle) => Ok(handle.restore(ctx)?.into_value()),
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
            Value::Object(_) => f.write_str("[object]"),
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
    i8 => |value| Value::Number(value.into());
    u8 => |value| Value::Number(value.into());
    i16 => |value| Value::Number(value.into());
    u16 => |value| Value::Number(value.into());
    i32 => |value| Value::Number(value.into());
    u32 => |value| Value::Number(value.into());
    f32 => |value| Value::Number(value.into());
    f64 => |value| Value::Number(value);
    i64 => |value| Value::BigInt(value.to_string());
    u64 => |value| Value::BigInt(value.to_string());
    &str => |value| Value::String(value.to_owned());
    String => |value| Value::String(value);
    Vec<u8> => |value| Value::Bytes(value);
    &[u8] => |value| Value::Bytes(value.to_owned());
    serde_json::Value => |value| Value::Json(value);
    JsObject => |value| Value::Object(value);
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Undefined, Into::into)
    }
}
