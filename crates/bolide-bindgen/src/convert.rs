//! Single values: numbers, strings, options, dynamic values.

use std::borrow::Cow;
use std::fmt;

use bolide_js::Value;
use bolide_js::rquickjs::{self, Coerced, Ctx, IntoJs as RawIntoJs, Value as JsValue};

/// A Rust type that JavaScript values can be converted to: results, properties, arguments of closures.
///
/// | Rust | JavaScript |
/// |---|---|
/// | `bool` | a boolean |
/// | `i8` … `u128`, `isize`, `usize` | an integer in the range of the type: a number up to 2^53, or a BigInt |
/// | `f32`, `f64` | a number; that of an `f32` is rounded to it |
/// | `char`, `String`, `Box<str>` | a string; lone surrogates become U+FFFD |
/// | `Vec<u8>`, `Box<[u8]>` | any buffer or view of one, or an array of numbers |
/// | `Vec<T>` of other numbers | the typed array of that type, or an array of such numbers |
/// | `Vec<T>` | an array |
/// | `Option<T>` | `undefined` or `null`, or what `T` is |
/// | `()` | anything, which is dropped |
/// | [`Object`](crate::Object), [`TypedFunction`](crate::TypedFunction) | an object, a function, by reference |
/// | [`Serde<T>`](crate::Serde) | what serde can read `T` from |
/// | [`Value`] | anything |
///
/// Lists are of these [`Element`](crate::Element)s; `Serde<Vec<T>>` takes lists of whatever else.
///
/// Own types convert through the ones that are there, or with the engine's own API:
///
/// ```
/// use std::borrow::Cow;
/// use bolide_bindgen::rquickjs::{Ctx, Value};
/// use bolide_bindgen::{ConvertError, FromJs, IntoJs};
///
/// #[derive(Debug, PartialEq)]
/// struct Celsius(f64);
///
/// impl FromJs for Celsius {
///     fn expected() -> Cow<'static, str> {
///         "a temperature".into()
///     }
///
///     fn from_js<'js>(ctx: &Ctx<'js>, value: Value<'js>) -> Result<Self, ConvertError> {
///         match f64::from_js(ctx, value)? {
///             degrees @ -273.15.. => Ok(Celsius(degrees)),
///             degrees => Err(ConvertError::new(format!("must be above absolute zero, not {degrees}"))),
///         }
///     }
/// }
///
/// impl IntoJs for Celsius {
///     fn into_js<'js>(self, ctx: &Ctx<'js>) -> Result<Value<'js>, ConvertError> {
///         self.0.into_js(ctx)
///     }
/// }
/// # let _folder = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/docs/pkg.rs"));
/// # let mut package = bolide_bindgen::Package::load("pkg")?;
///
/// // pub fn half(value: Option<f64>) -> Option<f64>
/// assert_eq!(package.call::<_, Celsius>("half", (Celsius(37.0),))?, Celsius(18.5));
/// let error = package.call::<_, Celsius>("half", (-600.0,)).unwrap_err();
/// assert_eq!(error.message(), "the result must be above absolute zero, not -300");
/// # Ok::<(), bolide_bindgen::Error>(())
/// ```
pub trait FromJs: Sized {
    /// What is expected, as in "must be …".
    fn expected() -> Cow<'static, str>;

    /// Converts the value.
    ///
    /// # Errors
    ///
    /// If the value has another type or does not fit, or a getter of it throws.
    fn from_js<'js>(ctx: &Ctx<'js>, value: JsValue<'js>) -> Result<Self, ConvertError>;
}

/// A Rust type that can be passed to JavaScript. What [`FromJs`] lists converts in this direction, too; also
/// references, slices and arrays, and [`Closure`](crate::Closure)s.
///
/// `i64`, `u64`, `i128` and `u128` become BigInts, as wasm-bindgen has it; `usize` and `isize` are 32 bits wide there
/// and become numbers. `None` and `()` are `undefined`.
pub trait IntoJs {
    /// Converts the value.
    ///
    /// # Errors
    ///
    /// If an object belongs to another package, or the value has no form in JavaScript.
    fn into_js<'js>(self, ctx: &Ctx<'js>) -> Result<JsValue<'js>, ConvertError>;
}

/// Why a value cannot be converted.
#[derive(Debug)]
pub struct ConvertError(Box<Inner>);

#[derive(Debug)]
enum Inner {
    Js(rquickjs::Error),
    Mismatch {
        /// Where in the value, such as `[3]`.
        path: String,
        text: String,
    },
}

impl ConvertError {
    /// The value is not what is expected.
    pub fn mismatch(expected: &str, found: &JsValue<'_>) -> ConvertError {
        ConvertError::new(format!("must be {expected}, not {}", describe(found)))
    }

    /// The text reads on after the name of the value, as in "must be even".
    pub fn new(text: impl Into<String>) -> ConvertError {
        ConvertError(Box::new(Inner::Mismatch {
            path: String::new(),
            text: text.into(),
        }))
    }

    /// The error of a part of the value, such as `[3]`.
    pub fn within(mut self, part: impl fmt::Display) -> ConvertError {
        if let Inner::Mismatch { path, .. } = &mut *self.0 {
            path.insert_str(0, &part.to_string());
        }
        self
    }

    /// What JavaScript threw meanwhile, or else the error itself.
    pub(crate) fn into_js(self) -> Result<rquickjs::Error, ConvertError> {
        match *self.0 {
            Inner::Js(error) => Ok(error),
            inner => Err(ConvertError(Box::new(inner))),
        }
    }

    /// The text, about the value of this name.
    pub(crate) fn about(&self, name: &str) -> String {
        match &*self.0 {
            Inner::Js(error) => format!("{name} cannot be converted: {error}"),
            Inner::Mismatch { path, text } if path.is_empty() => format!("{name} {text}"),
            Inner::Mismatch { path, text } => format!("{path} of {name} {text}"),
        }
    }
}

impl From<rquickjs::Error> for ConvertError {
    fn from(error: rquickjs::Error) -> ConvertError {
        ConvertError(Box::new(Inner::Js(error)))
    }
}

impl fmt::Display for ConvertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.about("the result"))
    }
}

impl std::error::Error for ConvertError {}

/// The value, as errors call it.
fn describe(value: &JsValue<'_>) -> String {
    const MOST: usize = 40;
    let text = |value: &JsValue<'_>| value.get::<Coerced<String>>().map(|text| text.0);
    let described = match () {
        () if value.is_bool() || value.is_number() => text(value),
        () if value.is_big_int() => text(value).map(|digits| format!("{digits}n")),
        () if value.is_string() => text(value).map(|text| match text.char_indices().nth(MOST) {
            Some((end, _)) => format!("{:?}…", &text[..end]),
            None => format!("{text:?}"),
        }),
        () if value.is_promise() => Ok("a promise".to_owned()),
        () if value.is_function() => Ok("a function".to_owned()),
        () if value.is_array() => Ok("an array".to_owned()),
        () if value.is_object() => value
            .get::<rquickjs::Object<'_>>()
            .and_then(|object| object.get::<_, rquickjs::Object<'_>>("constructor"))
            .and_then(|class| class.get::<_, String>("name"))
            .map(|name| match name.as_str() {
                "Object" => "an object".to_owned(),
                name => format!("an object of class {name}"),
            }),
        () => Ok(value.type_name().to_owned()),
    };
    described.unwrap_or_else(|error| {
        if error.is_exception() {
            drop(value.ctx().catch());
        }
        value.type_name().to_owned()
    })
}

/// Implements [`FromJs`] by an expression for the value that may be `None`.
macro_rules! from_js {
    ($($ty:ty, $expected:literal, |$ctx:ident, $value:ident| $convert:expr;)*) => {
        $(impl FromJs for $ty {
            fn expected() -> Cow<'static, str> {
                $expected.into()
            }

            fn from_js<'js>(
                $ctx: &Ctx<'js>,
                $value: JsValue<'js>,
            ) -> Result<Self, ConvertError> {
                let found = $value.clone();
                let converted: Option<$ty> = $convert;
                converted.ok_or_else(|| ConvertError::mismatch($expected, &found))
            }
        })*
    };
}

from_js! {
    bool, "a boolean", |_ctx, value| value.as_bool();
    f64, "a number", |_ctx, value| value.as_number();
    f32, "a number", |_ctx, value| value.as_number().map(|number| number as f32);
    String, "a string", |ctx, value| text(ctx, value)?;
    Box<str>, "a string", |ctx, value| text(ctx, value)?.map(Into::into);
    char, "a string of one character", |ctx, value| text(ctx, value)?.and_then(|text| {
        let mut chars = text.chars();
        chars.next().filter(|_| chars.next().is_none())
    });
    (), "anything", |_ctx, _value| Some(());
    Value, "anything", |ctx, value| Some(Value::copy(ctx, value)?);
}

fn text<'js>(ctx: &Ctx<'js>, value: JsValue<'js>) -> Result<Option<String>, ConvertError> {
    let Some(string) = value.as_string() else {
        return Ok(None);
    };
    if let Ok(text) = string.to_string() {
        return Ok(Some(text));
    }
    // It has lone surrogates.
    match Value::copy(ctx, value)? {
        Value::String(text) => Ok(Some(text)),
        _ => Ok(None),
    }
}

macro_rules! integers {
    ($($ty:ident)*) => {
        $(impl FromJs for $ty {
            fn expected() -> Cow<'static, str> {
                concat!("an integer in the range of ", stringify!($ty)).into()
            }

            fn from_js<'js>(
                _: &Ctx<'js>,
                value: JsValue<'js>,
            ) -> Result<Self, ConvertError> {
                // Beyond, not every integer is a number: it may be that of a neighbour.
                const LIMIT: f64 = (1u64 << 53) as f64;
                let converted = match value.as_number() {
                    Some(number) if number.trunc() == number && number.abs() <= LIMIT => {
                        $ty::try_from(number as i128).ok()
                    }
                    Some(number) if number.trunc() == number && number.is_finite() && $ty::BITS > 53 => {
                        return Err(ConvertError::new(format!(
                            "must be a BigInt to be beyond 2^53 exactly, not the number {number}"
                        )));
                    }
                    None if value.is_big_int() => value.get::<Coerced<String>>()?.0.parse().ok(),
                    _ => None,
                };
                converted.ok_or_else(|| ConvertError::mismatch(&Self::expected(), &value))
            }
        })*
    };
}

integers!(i8 u8 i16 u16 i32 u32 i64 u64 i128 u128 isize usize);

impl<T: FromJs> FromJs for Option<T> {
    fn expected() -> Cow<'static, str> {
        format!("{} or undefined", T::expected()).into()
    }

    fn from_js<'js>(ctx: &Ctx<'js>, value: JsValue<'js>) -> Result<Self, ConvertError> {
        match value.is_undefined() || value.is_null() {
            true => Ok(None),
            false => T::from_js(ctx, value).map(Some),
        }
    }
}

macro_rules! into_js {
    ($($ty:ty, |$ctx:ident, $value:ident| $convert:expr;)*) => {
        $(impl IntoJs for $ty {
            fn into_js<'js>(self, $ctx: &Ctx<'js>) -> Result<JsValue<'js>, ConvertError> {
                let $value = self;
                Ok($convert)
            }
        })*
    };
}

into_js! {
    (), |ctx, _value| JsValue::new_undefined(ctx.clone());
    bool, |ctx, value| JsValue::new_bool(ctx.clone(), value);
    i8, |ctx, value| JsValue::new_int(ctx.clone(), value.into());
    u8, |ctx, value| JsValue::new_int(ctx.clone(), value.into());
    i16, |ctx, value| JsValue::new_int(ctx.clone(), value.into());
    u16, |ctx, value| JsValue::new_int(ctx.clone(), value.into());
    i32, |ctx, value| JsValue::new_int(ctx.clone(), value);
    u32, |ctx, value| JsValue::new_number(ctx.clone(), value.into());
    f32, |ctx, value| JsValue::new_number(ctx.clone(), value.into());
    f64, |ctx, value| JsValue::new_number(ctx.clone(), value);
    i64, |ctx, value| rquickjs::BigInt::from_i64(ctx.clone(), value)?.into_value();
    u64, |ctx, value| rquickjs::BigInt::from_u64(ctx.clone(), value)?.into_value();
    i128, |ctx, value| RawIntoJs::into_js(&Value::BigInt(value.to_string()), ctx)?;
    u128, |ctx, value| RawIntoJs::into_js(&Value::BigInt(value.to_string()), ctx)?;
    usize, |ctx, value| IntoJs::into_js(fits::<u32, _>(value, "usize")?, ctx)?;
    isize, |ctx, value| IntoJs::into_js(fits::<i32, _>(value, "isize")?, ctx)?;
    char, |ctx, value| RawIntoJs::into_js(&*value.encode_utf8(&mut [0; 4]), ctx)?;
    &str, |ctx, value| RawIntoJs::into_js(value, ctx)?;
    String, |ctx, value| RawIntoJs::into_js(value.as_str(), ctx)?;
    &String, |ctx, value| RawIntoJs::into_js(value.as_str(), ctx)?;
    Box<str>, |ctx, value| RawIntoJs::into_js(&*value, ctx)?;
    Cow<'_, str>, |ctx, value| RawIntoJs::into_js(&*value, ctx)?;
    Value, |ctx, value| RawIntoJs::into_js(&value, ctx)?;
    &Value, |ctx, value| RawIntoJs::into_js(value, ctx)?;
}

fn fits<T: TryFrom<V>, V: Copy + fmt::Display>(value: V, name: &str) -> Result<T, ConvertError> {
    T::try_from(value).map_err(|_| {
        ConvertError::new(format!(
            "must fit in the 32 bits of a {name} of WebAssembly, not be {value}"
        ))
    })
}

impl<T: IntoJs> IntoJs for Option<T> {
    fn into_js<'js>(self, ctx: &Ctx<'js>) -> Result<JsValue<'js>, ConvertError> {
        match self {
            Some(value) => value.into_js(ctx),
            None => Ok(JsValue::new_undefined(ctx.clone())),
        }
    }
}
