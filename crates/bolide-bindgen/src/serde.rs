//! Structured data by serde.

use std::borrow::Cow;

use bolide_js::rquickjs::{Array, Coerced, Ctx, Function, Object as RawObject, Value as JsValue};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::convert::{ConvertError, FromJs, IntoJs};

/// How deep structured data may be nested, which also ends cycles.
const MAX_DEPTH: usize = 128;

/// Integers beyond this one are not numbers exactly.
const MAX_SAFE: u64 = (1 << 53) - 1;

/// A value that crosses as data by serde: structs as objects, `Vec` as arrays, `Option` as `null` or what it holds.
///
/// From JavaScript, also a `Map` is a map, a `Set` and a typed array are lists, a BigInt is an integer if it has at most
/// 64 bits, a `Date` and whatever else has `toJSON` is what that returns, and properties that are `undefined` or
/// functions are left out. To JavaScript, integers that are no numbers exactly become BigInts. NaN and infinities are
/// `null` in both directions, as in JSON. Nesting is at most 128 deep.
///
/// ```
/// # let _folder = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/docs/pkg.rs"));
/// use bolide_bindgen::{Package, Serde};
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Point {
///     x: f64,
///     y: f64,
/// }
///
/// let mut package = Package::load("pkg")?;
/// let point = Point { x: 1.0, y: 2.0 };
/// // pub fn describe(value: JsValue) -> Array, which has the kind of the value and the value.
/// let Serde((kind, same)): Serde<(String, Point)> = package.call("describe", (Serde(&point),))?;
/// assert_eq!((kind.as_str(), same.x, same.y), ("object", 1.0, 2.0));
/// # Ok::<(), bolide_bindgen::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Serde<T>(pub T);

impl<T: DeserializeOwned> FromJs for Serde<T> {
    fn expected() -> Cow<'static, str> {
        format!("data for {}", std::any::type_name::<T>()).into()
    }

    fn from_js<'js>(ctx: &Ctx<'js>, value: JsValue<'js>) -> Result<Self, ConvertError> {
        let json = read(ctx, &value, 0)?.unwrap_or(Json::Null);
        serde_json::from_value(json).map(Serde).map_err(|error| {
            ConvertError::new(format!(
                "must be {}, which it is not: {error}",
                Self::expected()
            ))
        })
    }
}

impl<T: Serialize> IntoJs for Serde<T> {
    fn into_js<'js>(self, ctx: &Ctx<'js>) -> Result<JsValue<'js>, ConvertError> {
        let json = serde_json::to_value(&self.0);
        let json = json.map_err(|error| {
            ConvertError::new(format!("cannot be written as data by serde: {error}"))
        })?;
        write(ctx, json)
    }
}

/// The value as data; `None` for what has no form in data.
fn read<'js>(
    ctx: &Ctx<'js>,
    value: &JsValue<'js>,
    depth: usize,
) -> Result<Option<Json>, ConvertError> {
    if depth > MAX_DEPTH {
        let text = format!("must be nested at most {MAX_DEPTH} deep, without a cycle");
        return Err(ConvertError::new(text));
    }
    if let Some(number) = value.as_number() {
        return Ok(Some(number_to_json(number)));
    }
    if value.is_big_int() {
        let digits = value.get::<Coerced<String>>()?.0;
        let integer = digits.parse().map(|n: u64| Json::from(n));
        let integer = integer.or_else(|_| digits.parse().map(|n: i64| Json::from(n)));
        return integer.map(Some).map_err(|_| {
            ConvertError::new(format!("must hold integers of 64 bits, not {digits}n"))
        });
    }
    if value.is_string() {
        return Ok(Some(Json::String(String::from_js(ctx, value.clone())?)));
    }
    if let Some(flag) = value.as_bool() {
        return Ok(Some(Json::Bool(flag)));
    }
    if value.is_null() {
        return Ok(Some(Json::Null));
    }
    match value.as_object() {
        Some(object) if !object.is_function() => read_object(ctx, object, depth).map(Some),
        _ => Ok(None),
    }
}

fn number_to_json(number: f64) -> Json {
    if number.trunc() == number && number.abs() <= MAX_SAFE as f64 {
        return Json::from(number as i64);
    }
    // Infinities and NaN are null, as `JSON.stringify` has it.
    Json::from(number)
}

fn read_object<'js>(
    ctx: &Ctx<'js>,
    object: &RawObject<'js>,
    depth: usize,
) -> Result<Json, ConvertError> {
    let within = |part: String| move |error: ConvertError| error.within(part);
    if let Some(convert) = object.get::<_, Option<JsValue<'js>>>("toJSON")?
        && let Some(convert) = convert.as_function()
    {
        let value: JsValue<'js> =
            convert.call((bolide_js::rquickjs::function::This(object.clone()),))?;
        return Ok(read(ctx, &value, depth + 1)?.unwrap_or(Json::Null));
    }
    if let Some(entries) = entries_of(ctx, object)? {
        return match entries {
            Entries::List(items) => read_list(ctx, items.as_object(), depth),
            Entries::Map(entries) => {
                let mut map = serde_json::Map::new();
                for entry in entries.iter::<Array<'js>>() {
                    let entry = entry?;
                    let name = entry.get::<Coerced<String>>(0)?.0;
                    let value: JsValue<'js> = entry.get(1)?;
                    let value = read(ctx, &value, depth + 1);
                    let value = value.map_err(within(format!(".{name}")))?;
                    map.insert(name, value.unwrap_or(Json::Null));
                }
                Ok(Json::Object(map))
            }
        };
    }
    if object.is_array() || crate::list::is_typed_array(object) {
        return read_list(ctx, object, depth);
    }
    let mut map = serde_json::Map::new();
    for entry in object.props::<String, JsValue<'js>>() {
        let (name, value) = entry?;
        let value = read(ctx, &value, depth + 1).map_err(within(format!(".{name}")))?;
        if let Some(value) = value {
            map.insert(name, value);
        }
    }
    Ok(Json::Object(map))
}

fn read_list<'js>(
    ctx: &Ctx<'js>,
    list: &RawObject<'js>,
    depth: usize,
) -> Result<Json, ConvertError> {
    let length: u32 = list.get("length")?;
    let mut items = Vec::with_capacity(length.min(1 << 16) as usize);
    for index in 0..length {
        let item: JsValue<'js> = list.get(index)?;
        let item = read(ctx, &item, depth + 1);
        let item = item.map_err(|error| error.within(format!("[{index}]")))?;
        items.push(item.unwrap_or(Json::Null));
    }
    Ok(Json::Array(items))
}

/// What a collection holds, as an array.
enum Entries<'js> {
    Map(Array<'js>),
    List(Array<'js>),
}

/// The entries of a `Map` or a `Set`.
fn entries_of<'js>(
    ctx: &Ctx<'js>,
    object: &RawObject<'js>,
) -> Result<Option<Entries<'js>>, ConvertError> {
    let globals = ctx.globals();
    let is = |class: &str| -> Result<bool, ConvertError> {
        let class: JsValue<'js> = globals.get(class)?;
        Ok(class.is_function() && object.is_instance_of(&class))
    };
    let (is_map, is_set) = (is("Map")?, is("Set")?);
    if !is_map && !is_set {
        return Ok(None);
    }
    let array: RawObject<'js> = globals.get("Array")?;
    let from: Function<'js> = array.get("from")?;
    let array = from.call((object.clone(),))?;
    Ok(Some(match is_map {
        true => Entries::Map(array),
        false => Entries::List(array),
    }))
}

fn write<'js>(ctx: &Ctx<'js>, json: Json) -> Result<JsValue<'js>, ConvertError> {
    match json {
        Json::Null => Ok(JsValue::new_null(ctx.clone())),
        Json::Bool(flag) => flag.into_js(ctx),
        Json::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(integer), ..) if integer > MAX_SAFE => integer.into_js(ctx),
            (_, Some(integer), _) if integer.unsigned_abs() > MAX_SAFE => integer.into_js(ctx),
            (.., float) => float.unwrap_or(f64::NAN).into_js(ctx),
        },
        Json::String(text) => text.into_js(ctx),
        Json::Array(items) => {
            let array = Array::new(ctx.clone())?;
            for (index, item) in items.into_iter().enumerate() {
                array.set(index, write(ctx, item)?)?;
            }
            Ok(array.into_value())
        }
        Json::Object(map) => {
            let object = RawObject::new(ctx.clone())?;
            for (name, value) in map {
                // Not by assignment, for which `__proto__` has another meaning.
                let value = write(ctx, value)?;
                let property = bolide_js::rquickjs::object::Property::from(value);
                object.prop(name, property.writable().enumerable().configurable())?;
            }
            Ok(object.into_value())
        }
    }
}
