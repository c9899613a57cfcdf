//! Lists: typed arrays and arrays.

use std::borrow::Cow;

use bolide_js::rquickjs::{
    Array, Ctx, Object as RawObject, TypedArray, U8Clamped, Value as JsValue,
};
use bolide_js::{JsObject, Value};

use crate::convert::{ConvertError, FromJs, IntoJs};
use crate::object::Object;
use crate::serde::Serde;

/// A type that lists can be converted of: numbers, `bool`, `char`, `String`, [`Value`], [`Object`] and [`Serde`].
///
/// The numbers that have a typed array in JavaScript cross as one, which is one copy of memory.
pub trait Element: FromJs {
    #[doc(hidden)]
    fn list_from_js<'js>(ctx: &Ctx<'js>, value: JsValue<'js>) -> Result<Vec<Self>, ConvertError> {
        items(ctx, &value)
    }

    #[doc(hidden)]
    fn list_into_js<'js>(ctx: &Ctx<'js>, items: &[Self]) -> Result<JsValue<'js>, ConvertError>;
}

/// The items of an array or a typed array, one by one.
fn items<'js, T: FromJs>(ctx: &Ctx<'js>, value: &JsValue<'js>) -> Result<Vec<T>, ConvertError> {
    let mismatch = || ConvertError::mismatch("an array", value);
    let object = value.as_object().ok_or_else(mismatch)?;
    if !object.is_array() && !is_typed_array(object) {
        return Err(mismatch());
    }
    let length: u32 = object.get("length")?;
    // The array says how long it is, but need not be so: what is reserved is bounded.
    let mut items = Vec::with_capacity(length.min(1 << 16) as usize);
    for index in 0..length {
        let item = object.get(index)?;
        let item = T::from_js(ctx, item).map_err(|error| error.within(format!("[{index}]")))?;
        items.push(item);
    }
    Ok(items)
}

fn is_bytes(object: &RawObject<'_>) -> bool {
    object.is_typed_array::<u8>() || object.is_typed_array::<U8Clamped>()
}

/// By the engine's own classes, for properties can be anything.
pub(crate) fn is_typed_array(object: &RawObject<'_>) -> bool {
    is_bytes(object)
        || object.is_typed_array::<i8>()
        || object.is_typed_array::<i16>()
        || object.is_typed_array::<u16>()
        || object.is_typed_array::<i32>()
        || object.is_typed_array::<u32>()
        || object.is_typed_array::<f32>()
        || object.is_typed_array::<f64>()
        || object.is_typed_array::<i64>()
        || object.is_typed_array::<u64>()
}

macro_rules! typed_array {
    ($($ty:ident)*) => {
        $(impl Element for $ty {
            fn list_from_js<'js>(
                ctx: &Ctx<'js>,
                value: JsValue<'js>,
            ) -> Result<Vec<Self>, ConvertError> {
                let same = value.as_object().is_some_and(RawObject::is_typed_array::<$ty>);
                if !same {
                    return items(ctx, &value);
                }
                const SIZE: usize = size_of::<$ty>();
                match Value::copy(ctx, value.clone())? {
                    Value::Bytes(bytes) => {
                        let (chunks, _) = bytes.as_chunks::<SIZE>();
                        Ok(chunks.iter().map(|chunk| $ty::from_ne_bytes(*chunk)).collect())
                    }
                    _ => Err(ConvertError::new("must not be detached")),
                }
            }

            fn list_into_js<'js>(
                ctx: &Ctx<'js>,
                items: &[Self],
            ) -> Result<JsValue<'js>, ConvertError> {
                Ok(TypedArray::new_copy(ctx.clone(), items)?.into_value())
            }
        })*
    };
}

typed_array!(i8 i16 u16 i32 u32 f32 f64 i64 u64);

impl Element for u8 {
    fn list_from_js<'js>(ctx: &Ctx<'js>, value: JsValue<'js>) -> Result<Vec<u8>, ConvertError> {
        let wider = |object: &RawObject<'_>| is_typed_array(object) && !is_bytes(object);
        let by_item = value.is_array() || value.as_object().is_none_or(wider);
        match !by_item {
            true => match Value::copy(ctx, value.clone())? {
                Value::Bytes(bytes) => Ok(bytes),
                _ => Err(ConvertError::mismatch(
                    "a buffer or an array of numbers",
                    &value,
                )),
            },
            false => items(ctx, &value),
        }
    }

    fn list_into_js<'js>(ctx: &Ctx<'js>, items: &[u8]) -> Result<JsValue<'js>, ConvertError> {
        Ok(TypedArray::new_copy(ctx.clone(), items)?.into_value())
    }
}

macro_rules! array {
    ($($ty:ty, |$item:ident| $into:expr;)*) => {
        $(impl Element for $ty {
            fn list_into_js<'js>(
                ctx: &Ctx<'js>,
                items: &[Self],
            ) -> Result<JsValue<'js>, ConvertError> {
                array_of(ctx, items.iter().map(|$item| $into))
            }
        })*
    };
}

array! {
    bool, |item| *item;
    char, |item| *item;
    i128, |item| *item;
    u128, |item| *item;
    isize, |item| *item;
    usize, |item| *item;
    String, |item| item;
    Value, |item| item;
    Object, |item| item;
}

impl<T: ::serde::Serialize + ::serde::de::DeserializeOwned> Element for Serde<T> {
    fn list_into_js<'js>(ctx: &Ctx<'js>, items: &[Self]) -> Result<JsValue<'js>, ConvertError> {
        array_of(ctx, items.iter().map(|item| Serde(&item.0)))
    }
}

/// An array of what the items become.
fn array_of<'js, T: IntoJs>(
    ctx: &Ctx<'js>,
    items: impl Iterator<Item = T>,
) -> Result<JsValue<'js>, ConvertError> {
    let array = Array::new(ctx.clone())?;
    for (index, item) in items.enumerate() {
        let item = item.into_js(ctx);
        array.set(
            index,
            item.map_err(|error| error.within(format!("[{index}]")))?,
        )?;
    }
    Ok(array.into_value())
}

impl<T: Element> FromJs for Vec<T> {
    fn expected() -> Cow<'static, str> {
        format!("an array, each item {}", T::expected()).into()
    }

    fn from_js<'js>(ctx: &Ctx<'js>, value: JsValue<'js>) -> Result<Self, ConvertError> {
        T::list_from_js(ctx, value)
    }
}

impl<T: Element> FromJs for Box<[T]> {
    fn expected() -> Cow<'static, str> {
        Vec::<T>::expected()
    }

    fn from_js<'js>(ctx: &Ctx<'js>, value: JsValue<'js>) -> Result<Self, ConvertError> {
        T::list_from_js(ctx, value).map(Into::into)
    }
}

macro_rules! into_list {
    ($([$($generics:tt)*] $ty:ty;)*) => {
        $(impl<$($generics)*> IntoJs for $ty {
            fn into_js<'js>(self, ctx: &Ctx<'js>) -> Result<JsValue<'js>, ConvertError> {
                T::list_into_js(ctx, &self)
            }
        })*
    };
}

into_list! {
    [T: Element] Vec<T>;
    [T: Element] &Vec<T>;
    [T: Element] Box<[T]>;
    [T: Element, const N: usize] [T; N];
}

impl<T: Element> IntoJs for &[T] {
    fn into_js<'js>(self, ctx: &Ctx<'js>) -> Result<JsValue<'js>, ConvertError> {
        T::list_into_js(ctx, self)
    }
}

impl<T: Element, const N: usize> IntoJs for &[T; N] {
    fn into_js<'js>(self, ctx: &Ctx<'js>) -> Result<JsValue<'js>, ConvertError> {
        T::list_into_js(ctx, self)
    }
}

impl IntoJs for &[&str] {
    fn into_js<'js>(self, ctx: &Ctx<'js>) -> Result<JsValue<'js>, ConvertError> {
        array_of(ctx, self.iter().copied())
    }
}

impl<const N: usize> IntoJs for [&str; N] {
    fn into_js<'js>(self, ctx: &Ctx<'js>) -> Result<JsValue<'js>, ConvertError> {
        array_of(ctx, self.into_iter())
    }
}

impl IntoJs for Vec<&str> {
    fn into_js<'js>(self, ctx: &Ctx<'js>) -> Result<JsValue<'js>, ConvertError> {
        array_of(ctx, self.into_iter())
    }
}

impl IntoJs for JsObject {
    fn into_js<'js>(self, ctx: &Ctx<'js>) -> Result<JsValue<'js>, ConvertError> {
        Ok(self.restore(ctx)?.into_value())
    }
}
