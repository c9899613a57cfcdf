//! Rust closures that JavaScript calls.

use std::error::Error as StdError;

use rquickjs::function::Rest;
use rquickjs::{Ctx, Function, IntoJs, Promise, Value as JsValue};

use crate::agent::agent;
use crate::error::Exception;
use crate::handle::JsObject;
use crate::value::Value;

/// A type that arguments of host functions may have.
///
/// ```
/// use bolide_js::{FromValue, Value};
///
/// assert_eq!(u8::from_value(Value::from(7)), Some(7));
/// assert_eq!(u8::from_value(Value::from(256)), None);
/// assert_eq!(i64::from_value(Value::from(-1)), Some(-1));
/// assert_eq!(Option::<String>::from_value(Value::Undefined), Some(None));
/// ```
pub trait FromValue: Sized {
    /// What is expected, as in "argument 1 must be …".
    const EXPECTED: &'static str;

    /// Converts the value. `None` if it has another type, or is not in the range of this one.
    fn from_value(value: Value) -> Option<Self>;
}

macro_rules! from_value {
    ($($ty:ty, $expected:literal, $($pattern:pat => $result:expr),+;)*) => {
        $(impl FromValue for $ty {
            const EXPECTED: &'static str = $expected;

            fn from_value(value: Value) -> Option<Self> {
                match value {
                    $($pattern => $result,)+
                    #[allow(unreachable_patterns, reason = "some types take every value")]
                    _ => None,
                }
            }
        })*
    };
}

from_value! {
    Value, "any value", value => Some(value);
    bool, "a boolean", Value::Bool(value) => Some(value);
    f64, "a number", Value::Number(value) => Some(value);
    f32, "a number", Value::Number(value) => Some(value as f32);
    String, "a string", Value::String(value) => Some(value);
    Vec<u8>, "an ArrayBuffer or a view of one", Value::Bytes(value) => Some(value);
    JsObject, "an object with behaviour", Value::Object(value) => Some(value);
    serde_json::Value, "a value that JSON can express",
        Value::Null => Some(serde_json::Value::Null),
        Value::Bool(value) => Some(value.into()),
        Value::Number(value) => Some(value.into()),
        Value::String(value) => Some(value.into()),
        Value::Json(value) => Some(value);
}

macro_rules! from_integer {
    ($($ty:ty)*) => {
        $(impl FromValue for $ty {
            const EXPECTED: &'static str = concat!("an integer in the range of ", stringify!($ty));

            fn from_value(value: Value) -> Option<Self> {
                match value {
                    // Exact: a float of 2^63 and more does not fit in any of these but u64, which ends below 2^64.
                    Value::Number(number) if number.trunc() == number && number.abs() < 2f64.powi(64) => {
                        <$ty>::try_from(number as i128).ok()
                    }
                    Value::BigInt(digits) => digits.parse().ok(),
                    _ => None,
                }
            }
        })*
    };
}

from_integer!(i8 u8 i16 u16 i32 u32 i64 u64);

impl<T: FromValue> FromValue for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Undefined | Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

/// What host functions may return: anything that converts to a [`Value`], or a `Result` of it, whose error JavaScript
/// sees as an exception. An [`Exception`] keeps its class; the messages of other errors and their sources are joined
/// by colons.
///
/// ```
/// use bolide_js::{Exception, Runtime, Value};
///
/// let mut runtime = Runtime::builder().build()?;
/// runtime.register("half", |n: i32| match n % 2 {
///     0 => Ok(n / 2),
///     _ => Err(Exception::new("RangeError", format!("{n} is odd"))),
/// })?;
/// let text = "try { half(3) } catch (error) { `${half(4)} ${error}` }";
/// assert_eq!(runtime.eval(text)?, Value::from("2 RangeError: 3 is odd"));
/// # Ok::<(), bolide_js::Error>(())
/// ```
pub trait IntoHostResult {
    #[doc(hidden)]
    fn into_host_result(self) -> std::result::Result<Value, Box<dyn StdError + Send + Sync>>;
}

impl<T: Into<Value>> IntoHostResult for T {
    fn into_host_result(self) -> std::result::Result<Value, Box<dyn StdError + Send + Sync>> {
        Ok(self.into())
    }
}

impl<T, E> IntoHostResult for std::result::Result<T, E>
where
    T: Into<Value>,
    E: Into<Box<dyn StdError + Send + Sync>>,
{
    fn into_host_result(self) -> std::result::Result<Value, Box<dyn StdError + Send + Sync>> {
        self.map(Into::into).map_err(Into::into)
    }
}

/// A closure that [`Runtime::register`](crate::Runtime::register) takes: up to six arguments of types that implement
/// [`FromValue`], or all arguments as a `Vec<Value>` in a [`Variadic`], and a result as [`IntoHostResult`] says.
///
/// ```
/// use bolide_js::{Runtime, Value, Variadic};
///
/// let mut runtime = Runtime::builder().build()?;
/// runtime.register("add", |a: f64, b: f64| a + b)?;
/// runtime.register("count", |Variadic(values)| values.len() as u32)?;
/// assert_eq!(runtime.eval("add(1, 2) + count(1, '', null)")?, Value::from(6));
/// let error = runtime.eval("add(1)").unwrap_err();
/// assert_eq!(error.to_string(), "TypeError: argument 2 of `add` must be a number, not undefined");
/// # Ok::<(), bolide_js::Error>(())
/// ```
pub trait HostFunction<Args> {
    #[doc(hidden)]
    const LENGTH: usize;

    #[doc(hidden)]
    fn invoke(&self, name: &str, args: Vec<Value>) -> std::result::Result<Value, InvokeError>;
}

/// All arguments of a call. See [`HostFunction`].
#[derive(Clone, Debug, PartialEq)]
pub struct Variadic(pub Vec<Value>);

/// Why an invocation failed.
#[doc(hidden)]
#[derive(Debug)]
pub struct InvokeError(Box<Exception>);

impl InvokeError {
    fn argument<T: FromValue>(name: &str, index: usize, kind: &str) -> InvokeError {
        let message = format!(
            "argument {} of `{name}` must be {}, not {kind}",
            index + 1,
            T::EXPECTED,
        );
        InvokeError(Box::new(Exception::new("TypeError", message)))
    }

    fn from_error(error: Box<dyn StdError + Send + Sync>) -> InvokeError {
        InvokeError(Box::new(Exception::from_error(&*error)))
    }
}

impl<F, R> HostFunction<Variadic> for F
where
    F: Fn(Variadic) -> R,
    R: IntoHostResult,
{
    const LENGTH: usize = 0;

    fn invoke(&self, _: &str, args: Vec<Value>) -> std::result::Result<Value, InvokeError> {
        let result = self(Variadic(args)).into_host_result();
        result.map_err(InvokeError::from_error)
    }
}

macro_rules! host_function {
    ($length:literal $($arg:ident $index:literal)*) => {
        impl<F, R, $($arg),*> HostFunction<($($arg,)*)> for F
        where
            F: Fn($($arg),*) -> R,
            R: IntoHostResult,
            $($arg: FromValue),*
        {
            const LENGTH: usize = $length;

            #[allow(unused_variables, unused_mut, non_snake_case, reason = "there may be no arguments")]
            fn invoke(
                &self,
                name: &str,
                args: Vec<Value>,
            ) -> std::result::Result<Value, InvokeError> {
                let mut args = args.into_iter();
                $(
                    let value = args.next().unwrap_or(Value::Undefined);
                    let kind = value.kind();
                    let $arg = $arg::from_value(value)
                        .ok_or_else(|| InvokeError::argument::<$arg>(name, $index, kind))?;
                )*
                let result = self($($arg),*).into_host_result();
                result.map_err(InvokeError::from_error)
            }
        }
    };
}

host_function!(0);
host_function!(1 A 0);
host_function!(2 A 0 B 1);
host_function!(3 A 0 B 1 C 2);
host_function!(4 A 0 B 1 C 2 D 3);
host_function!(5 A 0 B 1 C 2 D 3 E 4);
host_function!(6 A 0 B 1 C 2 D 3 E 4 G 5);

fn copy_arguments<'js>(ctx: &Ctx<'js>, args: Rest<JsValue<'js>>) -> rquickjs::Result<Vec<Value>> {
    args.0
        .into_iter()
        .map(|value| Value::copy(ctx, value))
        .collect()
}

/// The function object of a closure.
pub(crate) fn function<'js, Args, F>(
    ctx: &Ctx<'js>,
    name: &str,
    closure: F,
) -> rquickjs::Result<Function<'js>>
where
    F: HostFunction<Args> + 'static,
{
    let called = name.to_owned();
    let native = move |ctx: Ctx<'js>, args: Rest<JsValue<'js>>| -> rquickjs::Result<JsValue<'js>> {
        let args = copy_arguments(&ctx, args)?;
        let result = closure.invoke(&called, args);
        let value = result.map_err(|error| error.0.throw(&ctx))?;
        (&value).into_js(&ctx)
    };
    finish::<Args, F>(name, Function::new(ctx.clone(), native)?)
}

/// The function object of a closure that runs on another thread: it returns a promise.
pub(crate) fn async_function<'js, Args, F>(
    ctx: &Ctx<'js>,
    name: &str,
    closure: F,
) -> rquickjs::Result<Function<'js>>
where
    F: HostFunction<Args> + Send + Sync + 'static,
{
    let called = name.to_owned();
    let closure = std::sync::Arc::new(closure);
    let native = move |ctx: Ctx<'js>, args: Rest<JsValue<'js>>| -> rquickjs::Result<JsValue<'js>> {
        let args = copy_arguments(&ctx, args)?;
        let (closure, called) = (closure.clone(), called.clone());
        let work = move || {
            let result = closure.invoke(&called, args);
            result.map_err(|error| *error.0)
        };
        let promise = spawn(&ctx, work, |ctx, value| (&value).into_js(ctx))?;
        Ok(promise.into_value())
    };
    finish::<Args, F>(name, Function::new(ctx.clone(), native)?)
}

/// A promise of what `work` comes to on a thread of its own; the event loop waits for it. For functions that are made
/// with [`Runtime::with_ctx`](crate::Runtime::with_ctx); [`Runtime::register_async`](crate::Runtime::register_async)
/// does the same with less.
///
/// # Errors
///
/// If no thread can be started.
///
/// ```
/// use bolide_js::{Runtime, Value, rquickjs};
///
/// let mut runtime = Runtime::builder().build()?;
/// runtime.with_ctx(|ctx| {
///     let promise = bolide_js::spawn(
///         ctx,
///         || Ok(6 * 7),
///         |ctx, n| Ok(rquickjs::Value::new_int(ctx.clone(), n)),
///     )?;
///     ctx.globals().set("answer", promise)
/// })?;
/// assert_eq!(runtime.eval("answer")?, Value::from(42));
/// # Ok::<(), bolide_js::Error>(())
/// ```
pub fn spawn<'js, T: Send + 'static>(
    ctx: &Ctx<'js>,
    work: impl FnOnce() -> std::result::Result<T, Exception> + Send + 'static,
    into_js: impl for<'a> FnOnce(&Ctx<'a>, T) -> rquickjs::Result<JsValue<'a>> + 'static,
) -> rquickjs::Result<Promise<'js>> {
    let work = move || Ok(work());
    agent(ctx)
        .events
        .spawn(ctx, work, |ctx, result| match result {
            Ok(value) => into_js(ctx, value),
            Err(exception) => Err(exception.throw(ctx)),
        })
}

fn finish<'js, Args, F: HostFunction<Args>>(
    name: &str,
    function: Function<'js>,
) -> rquickjs::Result<Function<'js>> {
    let name = name.rsplit_once('.').map_or(name, |(_, name)| name);
    let function = function.with_name(name)?;
    function.with_length(F::LENGTH)
}
