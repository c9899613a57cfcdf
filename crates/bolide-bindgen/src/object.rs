//! Objects and classes.

use std::borrow::Cow;
use std::fmt;

use bolide_js::JsObject;
use bolide_js::rquickjs::{Ctx, Value as JsValue};

use crate::args::Args;
use crate::call::{self, Root};
use crate::convert::{ConvertError, FromJs, IntoJs};
use crate::error::{Failure, Result};
use crate::host::{Host, Wait};

/// A reference to an object of a package: an instance of an exported class, an array, whatever JavaScript has.
///
/// Clones refer to the same object. When the last one is dropped, and JavaScript has no other reference, the glue
/// frees the Rust value behind an instance of a class; this happens at the next call of the package.
/// [`free`](Object::free) does it at once.
///
/// An object may be passed to a function as `&Object` or `Object`, which is the same to JavaScript: what the Rust
/// function declares decides whether it borrows the object or takes it. One that was taken cannot be used any more: that
/// throws, as it does after `free`.
///
/// ```
/// # let _folder = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/docs/pkg.rs"));
/// use bolide_bindgen::{Object, Package};
///
/// let mut package = Package::load("pkg")?;
/// let counter = package.construct("Counter", ("first",))?;
/// let value: i32 = counter.call(&mut package, "advance", ())?;
/// assert_eq!(value, 1);
/// counter.set(&mut package, "step", 10)?;
/// assert_eq!(counter.get::<i32>(&mut package, "step")?, 10);
/// let other: Object = package.call("Counter.startingAt", (100,))?;
/// assert!(other.call::<_, bool>(&mut package, "isAhead", (&counter,))?);
/// counter.free(&mut package)?;
/// # Ok::<(), bolide_bindgen::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Object(pub(crate) JsObject);

impl Object {
    /// An object of what a value becomes in JavaScript: `Vec<f64>` a `Float64Array`, say, which a function that takes
    /// `&mut [f64]` changes.
    ///
    /// # Errors
    ///
    /// If the value is no object there, such as a number, or cannot be converted.
    ///
    /// ```
    /// # let _folder = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/docs/pkg.rs"));
    /// use bolide_bindgen::{Object, Package};
    ///
    /// let mut package = Package::load("pkg")?;
    /// let numbers = Object::new(&mut package, [1.0, 2.5])?;
    /// package.call::<_, ()>("double_all", (&numbers,))?;
    /// assert_eq!(numbers.to::<Vec<f64>>(&mut package)?, [2.0, 5.0]);
    /// # Ok::<(), bolide_bindgen::Error>(())
    /// ```
    pub fn new(host: &mut impl Host, value: impl IntoJs) -> Result<Object> {
        host.run(
            "an object",
            Wait::No,
            |ctx| {
                let value = value.into_js(ctx);
                value.map_err(|error| Failure::converting("the value", error))
            },
            |ctx, value| {
                let object = Object::from_js(ctx, value);
                object.map_err(|error| Failure::converting("the value", error))
            },
        )
    }

    /// Calls a method. If it returns a promise, the result is what that is fulfilled with.
    ///
    /// # Errors
    ///
    /// As [`Package::call`](crate::Package::call).
    pub fn call<A: Args, R: FromJs>(
        &self,
        host: &mut impl Host,
        method: &str,
        args: A,
    ) -> Result<R> {
        host.run(
            method,
            Wait::Yes,
            |ctx| {
                let object = self.0.restore(ctx)?;
                let (_, value) = call::find(Root::object(object.clone()), method)?;
                match value.into_function() {
                    Some(function) => call::call(ctx, object.into_value(), &function, args),
                    None => Err(Failure::missing(
                        "it is a property, not a method: use `get`",
                    )),
                }
            },
            |ctx, value| Ok(R::from_js(ctx, value)?),
        )
    }

    /// The value of a property: a field or a getter.
    ///
    /// # Errors
    ///
    /// If there is none of that name, it has another type, or the getter throws.
    pub fn get<T: FromJs>(&self, host: &mut impl Host, property: &str) -> Result<T> {
        host.run(
            property,
            Wait::No,
            |ctx| {
                let object = self.0.restore(ctx)?;
                let value: JsValue<'_> = object.get(property)?;
                match value.is_undefined() && !object.contains_key(property)? {
                    true => Err(call::find(Root::object(object), property)
                        .err()
                        .unwrap_or_else(|| {
                            Failure::missing(format!("there is no property `{property}`"))
                        })),
                    false => Ok(value),
                }
            },
            |ctx, value| Ok(T::from_js(ctx, value)?),
        )
    }

    /// Sets a property: a field, or through a setter.
    ///
    /// # Errors
    ///
    /// If it is read-only, or the setter throws.
    pub fn set(&self, host: &mut impl Host, property: &str, value: impl IntoJs) -> Result<()> {
        host.run(
            property,
            Wait::No,
            |ctx| {
                let object = self.0.restore(ctx)?;
                let value = value.into_js(ctx);
                let value = value.map_err(|error| Failure::converting("the value", error))?;
                object.set(property, value)?;
                Ok(JsValue::new_undefined(ctx.clone()))
            },
            |_, _| Ok(()),
        )
    }

    /// The object as another type, such as a list or data.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn to<T: FromJs>(&self, host: &mut impl Host) -> Result<T> {
        host.run(
            "an object",
            Wait::No,
            |ctx| Ok(self.0.restore(ctx)?.into_value()),
            |ctx, value| {
                let value = T::from_js(ctx, value);
                value.map_err(|error| Failure::converting("it", error))
            },
        )
    }

    /// The name of its class, such as `Counter`.
    ///
    /// # Errors
    ///
    /// If it has none.
    pub fn class_name(&self, host: &mut impl Host) -> Result<String> {
        let class: Object = self.get(host, "constructor")?;
        class.get(host, "name")
    }

    /// Frees the Rust value of an instance of an exported class. Every use of a clone of the object throws from then on.
    ///
    /// # Errors
    ///
    /// If it is no such instance, if its value has been freed or moved away already, or is borrowed by a call that has
    /// not returned.
    pub fn free(self, host: &mut impl Host) -> Result<()> {
        self.call(host, "free", ())
    }

    /// The handle as [`bolide_js::Runtime`] takes it.
    pub fn handle(&self) -> &JsObject {
        &self.0
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Object").finish_non_exhaustive()
    }
}

impl From<JsObject> for Object {
    fn from(handle: JsObject) -> Object {
        Object(handle)
    }
}

impl FromJs for Object {
    fn expected() -> Cow<'static, str> {
        "an object".into()
    }

    fn from_js<'js>(ctx: &Ctx<'js>, value: JsValue<'js>) -> Result<Self, ConvertError> {
        match value.as_object() {
            Some(object) => Ok(Object(JsObject::new(ctx, object.clone()))),
            None => Err(ConvertError::mismatch("an object", &value)),
        }
    }
}

impl IntoJs for &Object {
    fn into_js<'js>(self, ctx: &Ctx<'js>) -> Result<JsValue<'js>, ConvertError> {
        Ok(self.0.restore(ctx)?.into_value())
    }
}

impl IntoJs for Object {
    fn into_js<'js>(self, ctx: &Ctx<'js>) -> Result<JsValue<'js>, ConvertError> {
        (&self).into_js(ctx)
    }
}

/// An exported class.
///
/// ```
/// # let _folder = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/docs/pkg.rs"));
/// use bolide_bindgen::{Object, Package};
///
/// let mut package = Package::load("pkg")?;
/// let class = package.class("Counter")?;
/// let counter = class.construct(&mut package, ("first",))?;
/// let other: Object = class.call(&mut package, "startingAt", (100,))?;
/// assert!(class.is_instance(&mut package, &other)?);
/// # Ok::<(), bolide_bindgen::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Class {
    name: String,
    object: Object,
}

impl Class {
    pub(crate) fn new(name: &str, object: Object) -> Class {
        Class {
            name: name.to_owned(),
            object,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Makes an object, by the class's constructor.
    ///
    /// # Errors
    ///
    /// As [`Package::call`](crate::Package::call); also if it has no constructor.
    pub fn construct(&self, host: &mut impl Host, args: impl Args) -> Result<Object> {
        host.run(
            &format!("new {}", self.name),
            Wait::No,
            |ctx| {
                let class = self.object.0.restore(ctx)?;
                let Some(class) = class.into_value().into_function() else {
                    return Err(Failure::missing("it is no class"));
                };
                Ok(call::construct(ctx, class, args)?.into_value())
            },
            |ctx, value| Ok(Object::from_js(ctx, value)?),
        )
    }

    /// Calls a static method.
    ///
    /// # Errors
    ///
    /// As [`Package::call`](crate::Package::call).
    pub fn call<A: Args, R: FromJs>(
        &self,
        host: &mut impl Host,
        method: &str,
        args: A,
    ) -> Result<R> {
        self.object.call(host, method, args)
    }

    /// The value of a static property.
    ///
    /// # Errors
    ///
    /// As [`Object::get`].
    pub fn get<T: FromJs>(&self, host: &mut impl Host, property: &str) -> Result<T> {
        self.object.get(host, property)
    }

    /// Whether the object is an instance of the class, or of one that extends it.
    ///
    /// # Errors
    ///
    /// If the object belongs to another package.
    pub fn is_instance(&self, host: &mut impl Host, object: &Object) -> Result<bool> {
        host.run(
            &self.name,
            Wait::No,
            |ctx| {
                let class = self.object.0.restore(ctx)?.into_value();
                let answer = object.0.restore(ctx)?.is_instance_of(&class);
                Ok(JsValue::new_bool(ctx.clone(), answer))
            },
            |ctx, value| Ok(bool::from_js(ctx, value)?),
        )
    }
}
