//! Packages.

use std::fmt;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bolide_js::rquickjs::{Ctx, Function, Object as RawObject, Value as JsValue, function};
use bolide_js::{InterruptHandle, JsObject, Runtime};

use crate::args::Args;
use crate::builder::PackageBuilder;
use crate::call::{self, Root};
use crate::convert::FromJs;
use crate::error::{Error, Failure, Result};
use crate::exports::Export;
use crate::function::{Pending, TypedFunction};
use crate::host::{Host, Wait, run_in};
use crate::object::{Class, Object};

/// A package made with wasm-bindgen, loaded and ready to be called.
///
/// It has an instance of the WebAssembly module and a JavaScript engine of its own in which the glue runs. It can read
/// its own folder and nothing else, unless [`Package::builder`] is told otherwise.
///
/// A package stays on the thread that it was loaded on; each thread can load its own. [`Object`]s and
/// [`TypedFunction`]s may be sent and dropped anywhere, and are used with the package they come from.
///
/// ```
/// # let _folder = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/docs/pkg.rs"));
/// use bolide_bindgen::Package;
///
/// let mut package = Package::load("pkg")?;
/// let greeting: String = package.call("greet", ("World",))?;
/// assert_eq!(greeting, "Hello, World!");
/// let squares: Vec<u32> = package.call("squares", (4,))?;
/// assert_eq!(squares, [0, 1, 4, 9]);
/// # Ok::<(), bolide_bindgen::Error>(())
/// ```
pub struct Package {
    runtime: Runtime,
    exports: JsObject,
    path: PathBuf,
}

impl Package {
    /// Loads a package: its folder, which may be what `bolide build`, wasm-pack or wasm-bindgen wrote for any
    /// target, or the `.js` file of its glue. What is for the web or a classic script is initialized, too.
    ///
    /// # Errors
    ///
    /// If there is none, or its module or start function fails.
    pub fn load(path: impl AsRef<Path>) -> Result<Package> {
        Package::builder().load(path)
    }

    /// For packages that import functions of their host, or that need permissions or limits.
    pub fn builder() -> PackageBuilder {
        PackageBuilder::new()
    }

    pub(crate) fn new(runtime: Runtime, exports: JsObject, path: PathBuf) -> Package {
        Package {
            runtime,
            exports,
            path,
        }
    }

    /// Calls an exported function, or a static method as in `Counter.startingAt`. If it returns a promise, as `async`
    /// functions do, the event loop runs until that is settled, and the result is what it is fulfilled with. Timers and
    /// the like that are left then go on in the next call that waits, or in
    /// [`run_until_idle`](Package::run_until_idle).
    ///
    /// # Errors
    ///
    /// What the function throws, or a task of the event loop that nothing catches; if there is no such function or it
    /// takes another number of arguments; if an argument cannot be converted or the result has another type; if
    /// nothing will settle the promise; if the call was interrupted. [`ErrorKind`](crate::ErrorKind) tells them apart.
    ///
    /// # Panics
    ///
    /// If a [`Closure`](crate::Closure) that it calls panics.
    ///
    /// ```
    /// # let _folder = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/docs/pkg.rs"));
    /// use bolide_bindgen::Package;
    ///
    /// let mut package = Package::load("pkg")?;
    /// // pub fn checked_add(a: Option<u32>, b: u32) -> Option<u32>
    /// let sum: Option<u32> = package.call("checked_add", (Some(1), 2))?;
    /// assert_eq!(sum, Some(3));
    /// // pub async fn load_all(names: Vec<String>) -> Array
    /// let texts: Vec<String> = package.call("loadAll", (["a", "b"],))?;
    /// assert_eq!(texts, ["text of a", "text of b"]);
    /// # Ok::<(), bolide_bindgen::Error>(())
    /// ```
    pub fn call<A: Args, R: FromJs>(&mut self, name: &str, args: A) -> Result<R> {
        let exports = self.exports.clone();
        self.run(
            name,
            Wait::Yes,
            |ctx| {
                let (this, function) = call::find_function(exports.restore(ctx)?, name)?;
                call::call(ctx, this, &function, args)
            },
            |ctx, value| Ok(R::from_js(ctx, value)?),
        )
    }

    /// Begins a call without waiting for its promise, so that several are under way at once.
    ///
    /// # Errors
    ///
    /// As [`Package::call`], but for what the promise is rejected with.
    ///
    /// ```
    /// # let _folder = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/docs/pkg.rs"));
    /// use bolide_bindgen::Package;
    ///
    /// let mut package = Package::load("pkg")?;
    /// let calls = [["a", "b"], ["c", "d"]].map(|names| package.start("loadAll", (names,)));
    /// for call in calls {
    ///     let texts: Vec<String> = package.wait(call?)?;
    ///     assert_eq!(texts.len(), 2);
    /// }
    /// # Ok::<(), bolide_bindgen::Error>(())
    /// ```
    pub fn start<A: Args, R: FromJs>(&mut self, name: &str, args: A) -> Result<Pending<R>> {
        let exports = self.exports.clone();
        let promise = self.run(
            name,
            Wait::No,
            |ctx| {
                let (this, function) = call::find_function(exports.restore(ctx)?, name)?;
                let value = call::call(ctx, this, &function, args)?;
                promise_of(ctx, value)
            },
            |ctx, value| match value.as_object() {
                Some(object) => Ok(JsObject::new(ctx, object.clone())),
                None => Err(Failure::missing("it returned no promise")),
            },
        )?;
        // What can be done without waiting is done at once.
        self.run(
            name,
            Wait::Yes,
            |ctx| Ok(JsValue::new_undefined(ctx.clone())),
            |_, _| Ok(()),
        )?;
        Ok(Pending {
            what: name.to_owned(),
            promise,
            result: PhantomData,
        })
    }

    /// Waits for a call that was begun. Others that were begun go on meanwhile.
    ///
    /// # Errors
    ///
    /// As [`Package::call`]; also if another package began it.
    pub fn wait<R: FromJs>(&mut self, pending: Pending<R>) -> Result<R> {
        self.run(
            &pending.what,
            Wait::Yes,
            |ctx| Ok(pending.promise.restore(ctx)?.into_value()),
            |ctx, value| Ok(R::from_js(ctx, value)?),
        )
    }

    /// An exported function with the types of its arguments and of its result, which are checked when it is called.
    ///
    /// # Errors
    ///
    /// If there is none of that name.
    ///
    /// ```
    /// # let _folder = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/docs/pkg.rs"));
    /// use bolide_bindgen::Package;
    ///
    /// let mut package = Package::load("pkg")?;
    /// let parse = package.function::<(&str,), i32>("parse")?;
    /// assert_eq!(parse.call(&mut package, (" 42 ",))?, 42);
    /// # Ok::<(), bolide_bindgen::Error>(())
    /// ```
    pub fn function<A: Args, R: FromJs>(&mut self, name: &str) -> Result<TypedFunction<A, R>> {
        let exports = self.exports.clone();
        self.run(
            name,
            Wait::No,
            |ctx| {
                let (this, function) = call::find_function(exports.restore(ctx)?, name)?;
                if this.is_undefined() {
                    return Ok(function.into_value());
                }
                let bind: Function<'_> = function.get("bind")?;
                Ok(bind.call((function::This(function), this))?)
            },
            |ctx, value| match value.as_object() {
                Some(object) => Ok(TypedFunction::new(name, JsObject::new(ctx, object.clone()))),
                None => Err(Failure::missing("it is no function")),
            },
        )
    }

    /// An exported class.
    ///
    /// # Errors
    ///
    /// If there is none of that name.
    pub fn class(&mut self, name: &str) -> Result<Class> {
        let exports = self.exports.clone();
        self.run(
            name,
            Wait::No,
            |ctx| {
                let (_, value) = call::find(Root::exports(exports.restore(ctx)?), name)?;
                match value.as_function() {
                    Some(function) if crate::exports::is_class(function)? => Ok(value),
                    _ => Err(Failure::missing("it is no class")),
                }
            },
            |ctx, value| Ok(Class::new(name, Object::from_js(ctx, value)?)),
        )
    }

    /// Makes an object of an exported class.
    ///
    /// # Errors
    ///
    /// As [`Class::construct`].
    pub fn construct(&mut self, class: &str, args: impl Args) -> Result<Object> {
        self.class(class)?.construct(self, args)
    }

    /// The value of an export that is no function, such as an enumeration, or of a property of one, such as
    /// `Direction.Up`.
    ///
    /// # Errors
    ///
    /// If there is none of that name, or it has another type.
    ///
    /// ```
    /// # let _folder = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/docs/pkg.rs"));
    /// use bolide_bindgen::Package;
    ///
    /// let mut package = Package::load("pkg")?;
    /// let down: u32 = package.get("Direction.Down")?;
    /// assert_eq!(package.call::<_, u32>("opposite", (0,))?, down);
    /// # Ok::<(), bolide_bindgen::Error>(())
    /// ```
    pub fn get<T: FromJs>(&mut self, name: &str) -> Result<T> {
        let exports = self.exports.clone();
        self.run(
            name,
            Wait::No,
            |ctx| Ok(call::find(Root::exports(exports.restore(ctx)?), name)?.1),
            |ctx, value| Ok(T::from_js(ctx, value)?),
        )
    }

    /// What the package exports, by name.
    ///
    /// # Errors
    ///
    /// Only if the package has changed JavaScript's own objects.
    ///
    /// ```
    /// # let _folder = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/docs/pkg.rs"));
    /// use bolide_bindgen::{ExportKind, Package};
    ///
    /// for export in Package::load("pkg")?.exports()? {
    ///     if let ExportKind::Function(parameters) = export.kind {
    ///         println!("{} takes {parameters} arguments", export.name);
    ///     }
    /// }
    /// # Ok::<(), bolide_bindgen::Error>(())
    /// ```
    pub fn exports(&mut self) -> Result<Vec<Export>> {
        let exports = self.exports.clone();
        self.run(
            "exports",
            Wait::No,
            |ctx| Ok(exports.restore(ctx)?.into_value()),
            |_, value| Ok(crate::exports::list(&value.get::<RawObject<'_>>()?)?),
        )
    }

    /// Runs the event loop until nothing is left to do: no timers, no tasks, no work on other threads.
    ///
    /// # Errors
    ///
    /// What a task throws that nothing catches.
    pub fn run_until_idle(&mut self) -> Result<()> {
        let result = self.runtime.run_until_idle();
        result.map_err(|error| Error::from_runtime("the event loop", error))
    }

    /// Runs what is ready in the event loop without waiting, for hosts with a loop of their own. Returns how long
    /// there is nothing to do, and `None` if nothing is left: see [`Runtime::poll`].
    ///
    /// # Errors
    ///
    /// What a task throws that nothing catches.
    pub fn poll(&mut self) -> Result<Option<Duration>> {
        let result = self.runtime.poll();
        result.map_err(|error| Error::from_runtime("the event loop", error))
    }

    /// What stops a call from another thread, with [`ErrorKind::Interrupted`](crate::ErrorKind::Interrupted).
    /// Loops of WebAssembly stop only if the runtime is [`interruptible`](bolide_js::RuntimeBuilder::interruptible); for a
    /// limit to every call there is [`timeout`](bolide_js::RuntimeBuilder::timeout).
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.runtime.interrupt_handle()
    }

    /// The path that it was loaded from, without links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The runtime that the package lives in, for what is not offered here.
    pub fn runtime(&mut self) -> &mut Runtime {
        &mut self.runtime
    }
}

/// A promise of the value, whose rejection somebody will look at.
fn promise_of<'js>(ctx: &Ctx<'js>, value: JsValue<'js>) -> Result<JsValue<'js>, Failure> {
    let class: RawObject<'js> = ctx.globals().get("Promise")?;
    let resolve: Function<'js> = class.get("resolve")?;
    let promise: RawObject<'js> = resolve.call((function::This(class), value))?;
    let catch: Function<'js> = promise.get("catch")?;
    let handled = Function::new(ctx.clone(), || {})?;
    catch.call::<_, JsValue<'js>>((function::This(promise.clone()), handled))?;
    Ok(promise.into_value())
}

impl Host for Package {
    fn run<R>(
        &mut self,
        what: &str,
        wait: Wait,
        start: impl for<'js> FnOnce(&Ctx<'js>) -> Result<JsValue<'js>, Failure>,
        finish: impl for<'js> FnOnce(&Ctx<'js>, JsValue<'js>) -> Result<R, Failure>,
    ) -> Result<R> {
        run_in(&mut self.runtime, what, wait, start, finish)
    }
}

impl fmt::Debug for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Package")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
