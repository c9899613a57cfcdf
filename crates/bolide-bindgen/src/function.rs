//! Functions with their types, and promises.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use bolide_js::JsObject;
use bolide_js::rquickjs::{Ctx, Function, Value as JsValue};

use crate::args::Args;
use crate::call;
use crate::convert::{ConvertError, FromJs, IntoJs};
use crate::error::{Failure, Result};
use crate::host::{Host, Wait};

/// A function with the types of its arguments and of its result, looked up once.
///
/// Functions that a package returns are taken as one, too.
///
/// ```
/// # let _folder = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/docs/pkg.rs"));
/// use bolide_bindgen::{Package, TypedFunction};
///
/// let mut package = Package::load("pkg")?;
/// let greet = package.function::<(&str,), String>("greet")?;
/// for name in ["Ada", "Grace"] {
///     assert_eq!(greet.call(&mut package, (name,))?, format!("Hello, {name}!"));
/// }
/// // `pub fn adder() -> JsValue` returns a closure.
/// let adder: TypedFunction<(i32,), i32> = package.call("adder", ())?;
/// assert_eq!(adder.call(&mut package, (40,))?, 40);
/// assert_eq!(adder.call(&mut package, (2,))?, 42);
/// # Ok::<(), bolide_bindgen::Error>(())
/// ```
pub struct TypedFunction<A, R> {
    name: String,
    function: JsObject,
    // Covariant, so that one of `(&'static str,)` takes any `&str`.
    types: PhantomData<fn() -> (A, R)>,
}

impl<A: Args, R: FromJs> TypedFunction<A, R> {
    pub(crate) fn new(name: &str, function: JsObject) -> TypedFunction<A, R> {
        TypedFunction {
            name: name.to_owned(),
            function,
            types: PhantomData,
        }
    }

    /// Calls it. If it returns a promise, the result is what that is fulfilled with.
    ///
    /// # Errors
    ///
    /// As [`Package::call`](crate::Package::call).
    pub fn call(&self, host: &mut impl Host, args: A) -> Result<R> {
        host.run(
            &self.name,
            Wait::Yes,
            |ctx| {
                let this = JsValue::new_undefined(ctx.clone());
                call::call(ctx, this, &self.restore(ctx)?, args)
            },
            |ctx, value| Ok(R::from_js(ctx, value)?),
        )
    }
}

impl<A, R> TypedFunction<A, R> {
    /// The name that it was looked up by.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn restore<'js>(&self, ctx: &Ctx<'js>) -> Result<Function<'js>, Failure> {
        let function = self.function.restore(ctx)?.into_value();
        let function = function.into_function();
        function.ok_or_else(|| Failure::missing("it is no function"))
    }
}

impl<A, R> Clone for TypedFunction<A, R> {
    fn clone(&self) -> Self {
        TypedFunction {
            name: self.name.clone(),
            function: self.function.clone(),
            types: PhantomData,
        }
    }
}

impl<A, R> fmt::Debug for TypedFunction<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TypedFunction").field(&self.name).finish()
    }
}

impl<A: Args, R: FromJs> FromJs for TypedFunction<A, R> {
    fn expected() -> Cow<'static, str> {
        "a function".into()
    }

    fn from_js<'js>(ctx: &Ctx<'js>, value: JsValue<'js>) -> Result<Self, ConvertError> {
        let Some(function) = value.as_function() else {
            return Err(ConvertError::mismatch("a function", &value));
        };
        let name: String = function.get("name").unwrap_or_default();
        let name = match name.is_empty() {
            true => "a function",
            false => name.as_str(),
        };
        let object = JsObject::new(ctx, (**function).clone());
        Ok(TypedFunction::new(name, object))
    }
}

impl<A, R> IntoJs for &TypedFunction<A, R> {
    fn into_js<'js>(self, ctx: &Ctx<'js>) -> Result<JsValue<'js>, ConvertError> {
        Ok(self.function.restore(ctx)?.into_value())
    }
}

impl<A, R> IntoJs for TypedFunction<A, R> {
    fn into_js<'js>(self, ctx: &Ctx<'js>) -> Result<JsValue<'js>, ConvertError> {
        (&self).into_js(ctx)
    }
}

/// A call that was begun and not yet waited for: see [`Package::start`](crate::Package::start). It may be passed to
/// functions that take a promise.
pub struct Pending<R> {
    pub(crate) what: String,
    pub(crate) promise: JsObject,
    pub(crate) result: PhantomData<fn() -> R>,
}

impl<R> fmt::Debug for Pending<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pending").field(&self.what).finish()
    }
}

impl<R> IntoJs for &Pending<R> {
    fn into_js<'js>(self, ctx: &Ctx<'js>) -> Result<JsValue<'js>, ConvertError> {
        Ok(self.promise.restore(ctx)?.into_value())
    }
}
