//! Rust closures as functions of JavaScript.

use std::cell::RefCell;
use std::error::Error as StdError;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use bolide_js::rquickjs::function::Rest;
use bolide_js::rquickjs::{self, Ctx, Function, Value as JsValue};
use bolide_js::{Exception, JsObject, Value};

use crate::convert::{ConvertError, FromJs, IntoJs};
use crate::error::{Error, Failure, Result};
use crate::host::{Host, Wait, run_within};

type Native = dyn for<'js> Fn(&Ctx<'js>, &str, Vec<JsValue<'js>>) -> rquickjs::Result<JsValue<'js>>;

/// A closure that can be passed to a function which takes a callback, or be imported by a package.
///
/// It takes up to six arguments of types that implement [`FromJs`], of which the first may be a [`Caller`], and returns
/// a value that implements [`IntoJs`] or a `Result` of one. An error is thrown: an [`Error`] of this crate as what was
/// thrown before, an [`Exception`] with its class, a [`thrown`] value as it is, others as an `Error` with
/// their text. Every conversion to JavaScript gives the same function.
///
/// JavaScript may keep the function longer than the `Closure` lives, and may call it while it runs: so it is a `Fn`, and
/// what it changes is in a `Cell` or a `RefCell`.
///
/// # Panics
///
/// A closure that panics ends the call of the package, which panics in turn.
///
/// ```
/// # let _folder = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/docs/pkg.rs"));
/// use bolide_bindgen::{Closure, Package};
///
/// let mut package = Package::load("pkg")?;
/// let square = Closure::new(|n: f64| n * n);
/// // pub fn sum_of(function: &js_sys::Function, count: u32) -> Result<f64, JsValue>
/// let sum: f64 = package.call("sum_of", (&square, 5))?;
/// assert_eq!(sum, 30.0);
/// # Ok::<(), bolide_bindgen::Error>(())
/// ```
pub struct Closure {
    native: Rc<Native>,
    length: usize,
    name: String,
    /// The function that it was converted to.
    made: RefCell<Option<JsObject>>,
}

impl Closure {
    /// Makes one of a Rust closure.
    pub fn new<M>(closure: impl HostFn<M> + 'static) -> Closure {
        Closure::from_host(closure)
    }

    fn from_host<M, F: HostFn<M> + 'static>(closure: F) -> Closure {
        Closure {
            native: Rc::new(move |ctx, name, args| closure.invoke(ctx, name, args)),
            length: F::LENGTH,
            name: String::new(),
            made: RefCell::default(),
        }
    }

    /// Makes one whose calls run on threads of their own and return promises: what an import that is declared as
    /// `async fn` wants.
    ///
    /// ```
    /// # let _folder = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/docs/pkg.rs"));
    /// use bolide_bindgen::{Closure, Imports, Package};
    ///
    /// // #[wasm_bindgen(js_namespace = host, js_name = loadText, catch)]
    /// // async fn load_text(path: &str) -> Result<JsValue, JsValue>;
    /// let load = Closure::background(|path: String| std::fs::read_to_string(path));
    /// # let note = Closure::new(|_: String| ());
    /// let imports = Imports::new().closure("host.loadText", load);
    /// # let imports = imports.closure("host.note", note);
    /// let mut package = Package::builder().globals(imports).load("pkg")?;
    /// let texts: Vec<String> = package.call("loadAll", (["pkg/package.json", "missing"],))?;
    /// assert!(texts[0].contains("gallery.js"));
    /// assert!(texts[1].starts_with("failed: No such file or directory"));
    /// # Ok::<(), bolide_bindgen::Error>(())
    /// ```
    pub fn background<M, F: BackgroundFn<M>>(closure: F) -> Closure {
        let closure = Arc::new(closure);
        Closure {
            native: Rc::new(move |ctx, name, args| closure.clone().start(ctx, name, args)),
            length: F::LENGTH,
            name: String::new(),
            made: RefCell::default(),
        }
    }

    /// With a name for JavaScript, which errors use.
    pub fn named(mut self, name: impl Into<String>) -> Closure {
        self.name = name.into();
        self
    }

    fn make<'js>(&self, ctx: &Ctx<'js>) -> rquickjs::Result<Function<'js>> {
        let native = self.native.clone();
        let name = match self.name.is_empty() {
            true => "the closure".to_owned(),
            false => format!("`{}`", self.name),
        };
        let call = move |ctx: Ctx<'js>, args: Rest<JsValue<'js>>| native(&ctx, &name, args.0);
        let function = Function::new(ctx.clone(), call)?;
        let name = self.name.rsplit_once('.').map(|(_, name)| name);
        function
            .with_name(name.unwrap_or(&self.name))?
            .with_length(self.length)
    }
}

impl fmt::Debug for Closure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closure")
            .field("name", &self.name)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

impl IntoJs for &Closure {
    fn into_js<'js>(self, ctx: &Ctx<'js>) -> Result<JsValue<'js>, ConvertError> {
        let made = self.made.borrow().clone();
        if let Some(made) = made {
            match made.restore(ctx) {
                Ok(function) => return Ok(function.into_value()),
                // It was made in another package.
                Err(_) => drop(ctx.catch()),
            }
        }
        let function = self.make(ctx)?;
        let handle = JsObject::new(ctx, (*function).clone());
        self.made.replace(Some(handle));
        Ok(function.into_value())
    }
}

impl IntoJs for Closure {
    fn into_js<'js>(self, ctx: &Ctx<'js>) -> Result<JsValue<'js>, ConvertError> {
        Ok(self.make(ctx)?.into_value())
    }
}

/// What calls a closure: it gives access to the package that the call comes from, for objects and functions among the
/// arguments. Promises cannot be waited for here.
///
/// ```
/// # let _folder = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/docs/pkg.rs"));
/// use bolide_bindgen::{Caller, Closure, Package};
///
/// let mut package = Package::load("pkg")?;
/// let counter = package.construct("Counter", ("calls",))?;
/// let counted = counter.clone();
/// let count = Closure::new(move |mut caller: Caller<'_>, _: u32| {
///     counted.call::<_, i32>(&mut caller, "advance", ())
/// });
/// // 1 + 2 + 3
/// assert_eq!(package.call::<_, f64>("sum_of", (&count, 3))?, 6.0);
/// # Ok::<(), bolide_bindgen::Error>(())
/// ```
pub struct Caller<'js>(Ctx<'js>);

impl Host for Caller<'_> {
    fn run<R>(
        &mut self,
        what: &str,
        wait: Wait,
        start: impl for<'js> FnOnce(&Ctx<'js>) -> Result<JsValue<'js>, Failure>,
        finish: impl for<'js> FnOnce(&Ctx<'js>, JsValue<'js>) -> Result<R, Failure>,
    ) -> Result<R> {
        run_within(&self.0, what, wait, start, finish)
    }
}

impl fmt::Debug for Caller<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").finish_non_exhaustive()
    }
}

/// An error that makes a closure throw this value, instead of an error object.
///
/// ```
/// use bolide_bindgen::{Closure, thrown};
///
/// let check = Closure::new(|n: i32| match n {
///     0.. => Ok(n),
///     _ => Err(thrown("negative")),
/// });
/// ```
pub fn thrown(value: impl Into<Value>) -> Exception {
    let value = value.into();
    let mut exception = Exception::new("", value.to_string());
    exception.thrown = Some(Box::new(value));
    exception
}

/// What closures return: a value, or a `Result` of it. See [`Closure`].
pub trait ClosureResult {
    #[doc(hidden)]
    type Value: IntoJs;

    #[doc(hidden)]
    fn into_result(self) -> Result<Self::Value, Box<dyn StdError + Send + Sync>>;
}

impl<T: IntoJs> ClosureResult for T {
    type Value = T;

    fn into_result(self) -> Result<T, Box<dyn StdError + Send + Sync>> {
        Ok(self)
    }
}

impl<T: IntoJs, E: Into<Box<dyn StdError + Send + Sync>>> ClosureResult for Result<T, E> {
    type Value = T;

    fn into_result(self) -> Result<T, Box<dyn StdError + Send + Sync>> {
        self.map_err(Into::into)
    }
}

/// The exception that an error of a closure becomes.
fn exception_of(error: &(dyn StdError + Send + Sync + 'static)) -> Exception {
    match error.downcast_ref::<Error>() {
        Some(error) => error.to_exception(),
        None => Exception::from_error(error),
    }
}

fn conversion<'js>(ctx: &Ctx<'js>, what: &str, error: ConvertError) -> rquickjs::Error {
    match error.into_js() {
        Ok(error) => error,
        Err(error) => Exception::new("TypeError", error.about(what)).throw(ctx),
    }
}

fn give_back<'js, R: ClosureResult>(
    ctx: &Ctx<'js>,
    name: &str,
    result: R,
) -> rquickjs::Result<JsValue<'js>> {
    match result.into_result() {
        Ok(value) => value
            .into_js(ctx)
            .map_err(|error| conversion(ctx, &format!("the result of {name}"), error)),
        Err(error) => Err(exception_of(&*error).throw(ctx)),
    }
}

fn argument<'js, T: FromJs>(
    ctx: &Ctx<'js>,
    name: &str,
    index: usize,
    value: Option<JsValue<'js>>,
) -> rquickjs::Result<T> {
    let value = value.unwrap_or_else(|| JsValue::new_undefined(ctx.clone()));
    T::from_js(ctx, value).map_err(|error| {
        let what = format!("argument {} of {name}", index + 1);
        conversion(ctx, &what, error)
    })
}

/// A Rust closure that JavaScript can call. See [`Closure`]; `M` tells the kinds of closures apart.
pub trait HostFn<M> {
    #[doc(hidden)]
    const LENGTH: usize;

    #[doc(hidden)]
    fn invoke<'js>(
        &self,
        ctx: &Ctx<'js>,
        name: &str,
        args: Vec<JsValue<'js>>,
    ) -> rquickjs::Result<JsValue<'js>>;
}

/// A Rust closure that JavaScript can call and that runs on other threads. See [`Closure::background`].
pub trait BackgroundFn<M>: Send + Sync + 'static {
    #[doc(hidden)]
    const LENGTH: usize;

    #[doc(hidden)]
    fn start<'js>(
        self: Arc<Self>,
        ctx: &Ctx<'js>,
        name: &str,
        args: Vec<JsValue<'js>>,
    ) -> rquickjs::Result<JsValue<'js>>;
}

/// Says that a closure begins with a [`Caller`].
#[doc(hidden)]
#[derive(Debug)]
pub struct WithCaller;

macro_rules! closures {
    ($length:literal $($arg:ident $index:literal)*) => {
        #[allow(unused_variables, unused_mut, non_snake_case, reason = "there may be no arguments")]
        impl<Func, Ret, $($arg),*> HostFn<($($arg,)*)> for Func
        where
            Func: Fn($($arg),*) -> Ret,
            Ret: ClosureResult,
            $($arg: FromJs),*
        {
            const LENGTH: usize = $length;

            fn invoke<'js>(
                &self,
                ctx: &Ctx<'js>,
                name: &str,
                args: Vec<JsValue<'js>>,
            ) -> rquickjs::Result<JsValue<'js>> {
                let mut args = args.into_iter();
                $(let $arg = argument(ctx, name, $index, args.next())?;)*
                give_back(ctx, name, self($($arg),*))
            }
        }

        #[allow(unused_variables, unused_mut, non_snake_case, reason = "there may be no arguments")]
        impl<Func, Ret, $($arg),*> HostFn<(WithCaller, $($arg,)*)> for Func
        where
            Func: Fn(Caller<'_>, $($arg),*) -> Ret,
            Ret: ClosureResult,
            $($arg: FromJs),*
        {
            const LENGTH: usize = $length;

            fn invoke<'js>(
                &self,
                ctx: &Ctx<'js>,
                name: &str,
                args: Vec<JsValue<'js>>,
            ) -> rquickjs::Result<JsValue<'js>> {
                let mut args = args.into_iter();
                $(let $arg = argument(ctx, name, $index, args.next())?;)*
                give_back(ctx, name, self(Caller(ctx.clone()), $($arg),*))
            }
        }

        #[allow(unused_variables, unused_mut, non_snake_case, reason = "there may be no arguments")]
        impl<Func, Ret, $($arg),*> BackgroundFn<($($arg,)*)> for Func
        where
            Func: Fn($($arg),*) -> Ret + Send + Sync + 'static,
            Ret: ClosureResult,
            Ret::Value: Send + 'static,
            $($arg: FromJs + Send + 'static),*
        {
            const LENGTH: usize = $length;

            fn start<'js>(
                self: Arc<Self>,
                ctx: &Ctx<'js>,
                name: &str,
                args: Vec<JsValue<'js>>,
            ) -> rquickjs::Result<JsValue<'js>> {
                let mut args = args.into_iter();
                $(let $arg = argument(ctx, name, $index, args.next())?;)*
                let name = format!("the result of {name}");
                let work = move || self($($arg),*).into_result().map_err(|error| exception_of(&*error));
                let promise = bolide_js::spawn(ctx, work, move |ctx, value| {
                    value.into_js(ctx).map_err(|error| conversion(ctx, &name, error))
                })?;
                Ok(promise.into_value())
            }
        }
    };
}

closures!(0);
closures!(1 A 0);
closures!(2 A 0 B 1);
closures!(3 A 0 B 1 C 2);
closures!(4 A 0 B 1 C 2 D 3);
closures!(5 A 0 B 1 C 2 D 3 E 4);
closures!(6 A 0 B 1 C 2 D 3 E 4 F 5);
