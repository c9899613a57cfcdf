//! Runtimes: what an embedder makes to run JavaScript.

use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rquickjs::context::EvalOptions;
use rquickjs::function::{Args, This};
use rquickjs::promise::PromiseState;
use rquickjs::{Context, Ctx, Function, Object, Promise, Value as JsValue};

use crate::agent::{Agent, AgentRef};
use crate::builder::RuntimeBuilder;
use crate::error::{Error, Exception, HostError, Result, thrown};
use crate::event_loop;
use crate::handle::JsObject;
use crate::host_function::{self, HostFunction};
use crate::interrupt::InterruptHandle;
use crate::value::Value;

/// What native code needs of the stack below JavaScript.
const STACK_RESERVE: usize = 512 << 10;

/// What a runtime may use of the machine.
pub(crate) struct Limits {
    /// Stack for JavaScript, in bytes.
    pub(crate) stack: usize,
    /// Heap of JavaScript, in bytes.
    pub(crate) heap: Option<usize>,
    /// For each call of the runtime.
    pub(crate) time: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            stack: 4 << 20,
            heap: None,
            time: None,
        }
    }
}

/// A JavaScript runtime with its own global object, event loop and WebAssembly store.
///
/// Calls that run JavaScript also run the event loop until nothing is left to do, so timers and promises are settled
/// when they return. After [`Error::Exit`] every further call fails with it, too. It can be dropped at any time.
///
/// # Panics
///
/// A panic of a host function goes through JavaScript without running its `catch`, and continues in the call of the
/// runtime.
///
/// ```
/// use bolide_js::Runtime;
///
/// let mut runtime = Runtime::builder().build()?;
/// runtime.eval("var answer = new Promise(resolve => resolve(42))")?;
/// assert_eq!(runtime.eval("answer")?.as_f64(), Some(42.0));
/// # Ok::<(), bolide_js::Error>(())
/// ```
pub struct Runtime {
    // Dropped in this order: the values, their context, then the store that their finalizers use.
    context: Context,
    runtime: rquickjs::Runtime,
    agent: Rc<Agent>,
    interrupt: InterruptHandle,
    time: Option<Duration>,
}

/// What [`Runtime::call`] can call.
///
/// ```
/// use bolide_js::{Runtime, Value};
///
/// let mut runtime = Runtime::builder().build()?;
/// assert_eq!(runtime.call("Math.max", &[1.into(), 2.into()])?, Value::from(2));
/// let double = runtime.eval_object("x => x + x")?;
/// assert_eq!(runtime.call(&double, &["ab".into()])?, Value::from("abab"));
/// # Ok::<(), bolide_js::Error>(())
/// ```
pub trait Callee {
    #[doc(hidden)]
    fn find<'js>(self, ctx: &Ctx<'js>) -> rquickjs::Result<(JsValue<'js>, Function<'js>)>;
}

impl Callee for &JsObject {
    fn find<'js>(self, ctx: &Ctx<'js>) -> rquickjs::Result<(JsValue<'js>, Function<'js>)> {
        let object = self.restore(ctx)?;
        let this = JsValue::new_undefined(ctx.clone());
        match object.into_value().into_function() {
            Some(function) => Ok((this, function)),
            None => Err(HostError::type_error("the object is not a function").throw(ctx)),
        }
    }
}

/// A global function, or a method of a global object: names separated by dots.
impl Callee for &str {
    fn find<'js>(self, ctx: &Ctx<'js>) -> rquickjs::Result<(JsValue<'js>, Function<'js>)> {
        let (mut this, mut value) = (
            JsValue::new_undefined(ctx.clone()),
            ctx.globals().into_value(),
        );
        for (depth, name) in self.split('.').enumerate() {
            let Some(object) = value.as_object().cloned() else {
                break;
            };
            value = object.get(name)?;
            if depth > 0 {
                this = object.into_value();
            }
        }
        match value.into_function() {
            Some(function) => Ok((this, function)),
            None => Err(HostError::type_error(format!("there is no function `{self}`")).throw(ctx)),
        }
    }
}

impl Runtime {
    /// What to configure a runtime with.
    pub fn builder() -> RuntimeBuilder {
        RuntimeBuilder::new()
    }

    pub(crate) fn new(agent: Agent, limits: Limits) -> Result<Runtime> {
        let failed =
            |error: rquickjs::Error| Error::Host(format!("cannot start JavaScript: {error}"));
        let runtime = rquickjs::Runtime::new().map_err(failed)?;
        let available = match stacker::remaining_stack() {
            Some(bytes) => bytes.saturating_sub(STACK_RESERVE).max(bytes / 2),
            None => limits.stack,
        };
        runtime.set_max_stack_size(limits.stack.min(available));
        if let Some(bytes) = limits.heap {
            runtime.set_memory_limit(bytes);
        }
        let interrupt = InterruptHandle::new(
            agent.interrupted.clone(),
            agent.engine.weak(),
            agent.events.waker(),
        );
        let interrupted = agent.interrupted.clone();
        runtime.set_interrupt_handler(Some(Box::new(move || {
            interrupted.load(std::sync::atomic::Ordering::Relaxed)
        })));
        let agent = Rc::new(agent);
        runtime.set_host_promise_rejection_tracker(Some(Box::new(
            |ctx, promise, reason, handled| {
                let agent = crate::agent::agent(&ctx);
                agent.events.track_rejection(&ctx, promise, reason, handled);
            },
        )));
        let context = Context::full(&runtime).map_err(failed)?;
        context
            .with(|ctx| {
                let stored = ctx.store_userdata(AgentRef(agent.clone()));
                stored.map_err(|_| rquickjs::Error::Unknown)?;
                crate::buffer::install(&ctx)?;
                crate::modules::install(&ctx);
                crate::builtins::define_globals(&ctx)?;
                crate::web::install(&ctx)?;
                crate::wasm::install(&ctx)
            })
            .map_err(failed)?;
        Ok(Runtime {
            context,
            runtime,
            agent,
            interrupt,
            time: limits.time,
        })
    }

    /// Evaluates a script in the global scope. If its value is a promise, the result is what that is fulfilled with.
    ///
    /// # Errors
    ///
    /// What the script throws, or a callback of it; also if the promise is never settled.
    pub fn eval(&mut self, source: &str) -> Result<Value> {
        let name = self.script_name("[eval]");
        self.enter(
            Some((&name, source)),
            |ctx| evaluate(ctx, &name, source),
            Value::copy,
        )
    }

    /// As [`Runtime::eval`] for a script whose value is an object or a function, which is returned by reference
    /// even if it could be copied.
    ///
    /// # Errors
    ///
    /// As [`Runtime::eval`], and if the value is no object.
    pub fn eval_object(&mut self, source: &str) -> Result<JsObject> {
        let name = self.script_name("[eval]");
        self.enter(
            Some((&name, source)),
            |ctx| evaluate(ctx, &name, source),
            reference,
        )
    }

    /// Evaluates an ES module. `name` is a URL or a path that relative imports of it are relative to, and what stack
    /// traces call it.
    ///
    /// # Errors
    ///
    /// As [`Runtime::eval`], and if an import cannot be resolved.
    ///
    /// ```
    /// use bolide_js::Runtime;
    ///
    /// let mut runtime = Runtime::builder().build()?;
    /// runtime.eval_module("globalThis.n = await Promise.resolve(1)", "setup.mjs")?;
    /// assert_eq!(runtime.global("n")?.as_f64(), Some(1.0));
    /// # Ok::<(), bolide_js::Error>(())
    /// ```
    pub fn eval_module(&mut self, source: &str, name: &str) -> Result<()> {
        let name = self.script_name(name);
        self.enter(
            Some((&name, source)),
            |ctx| crate::modules::eval_module(ctx, &name, source),
            |_, _| Ok(()),
        )
    }

    /// Runs the module or script at `path` as the main one. A folder with a `package.json` stands for the main
    /// module of the package.
    ///
    /// # Errors
    ///
    /// As [`Runtime::eval`], and if the file cannot be loaded.
    pub fn run_file(&mut self, path: &Path) -> Result<()> {
        self.enter_main(None, |ctx| crate::modules::run_main(ctx, path))
    }

    /// Imports a module and returns its namespace object. Relative specifiers are relative to the working folder.
    ///
    /// # Errors
    ///
    /// As [`Runtime::run_file`].
    pub fn import(&mut self, specifier: &str) -> Result<JsObject> {
        let name = self.script_name("[import]");
        self.enter(
            None,
            |ctx| {
                let mut options = EvalOptions::default();
                options.filename = Some(name.clone());
                let import: Function<'_> = ctx.eval_with_options("s => import(s)", options)?;
                import.call((specifier,))
            },
            reference,
        )
    }

    /// Imports the module at `path` and returns its namespace object. As for [`Runtime::run_file`], a folder with a
    /// `package.json` stands for the main module of the package.
    ///
    /// # Errors
    ///
    /// As [`Runtime::run_file`].
    pub fn import_file(&mut self, path: &Path) -> Result<JsObject> {
        self.enter(
            None,
            |ctx| {
                let url = crate::modules::main_url(ctx, path)?;
                let import: Function<'_> = ctx.eval("s => import(s)")?;
                import.call((url,))
            },
            reference,
        )
    }

    /// Makes an object the module that `specifier` imports, exactly as it is written, from wherever: `import` sees its
    /// properties, and the object itself as `default` if it has none of that name; `require` returns it. It goes before
    /// any file or package. Modules that have been imported already do not change.
    ///
    /// # Errors
    ///
    /// If the object belongs to another runtime.
    ///
    /// ```
    /// use bolide_js::{Runtime, Value};
    ///
    /// let mut runtime = Runtime::builder().build()?;
    /// let settings = runtime.eval_object("({ level: 3 })")?;
    /// runtime.define_module("app:settings", &settings)?;
    /// runtime.eval_module("import { level } from 'app:settings'; globalThis.n = level", "a.mjs")?;
    /// assert_eq!(runtime.global("n")?, Value::from(3));
    /// # Ok::<(), bolide_js::Error>(())
    /// ```
    pub fn define_module(&mut self, specifier: &str, exports: &JsObject) -> Result<()> {
        self.access(|ctx| {
            let exports = exports.restore(ctx)?;
            crate::agent::agent(ctx)
                .modules
                .provide(ctx, specifier, exports);
            Ok(())
        })
    }

    /// Calls a function. If it returns a promise, the result is what that is fulfilled with.
    ///
    /// # Errors
    ///
    /// As [`Runtime::eval`], and if there is no such function.
    pub fn call(&mut self, callee: impl Callee, args: &[Value]) -> Result<Value> {
        self.enter(
            None,
            |ctx| {
                let (this, function) = callee.find(ctx)?;
                call_with(ctx, &function, this, args)
            },
            Value::copy,
        )
    }

    /// Calls a method of an object, as [`Runtime::call`] does.
    ///
    /// # Errors
    ///
    /// As [`Runtime::call`].
    pub fn call_method(&mut self, object: &JsObject, name: &str, args: &[Value]) -> Result<Value> {
        self.enter(
            None,
            |ctx| {
                let object = object.restore(ctx)?;
                let value: JsValue<'_> = object.get(name)?;
                let Some(function) = value.into_function() else {
                    let message = format!("there is no method `{name}`");
                    return Err(HostError::type_error(message).throw(ctx));
                };
                call_with(ctx, &function, object.into_value(), args)
            },
            Value::copy,
        )
    }

    /// The value of a property. Only a getter of it runs JavaScript, and the event loop does not run.
    ///
    /// # Errors
    ///
    /// What a getter throws, or if the object belongs to another runtime.
    pub fn get(&mut self, object: &JsObject, key: &str) -> Result<Value> {
        self.access(|ctx| {
            let value = object.restore(ctx)?.get(key)?;
            Value::copy(ctx, value)
        })
    }

    /// As [`Runtime::get`] for a property that is an object or a function, which is returned by reference.
    ///
    /// # Errors
    ///
    /// As [`Runtime::get`], and if the value is no object.
    pub fn get_object(&mut self, object: &JsObject, key: &str) -> Result<JsObject> {
        self.access(|ctx| {
            let value = object.restore(ctx)?.get(key)?;
            reference(ctx, value)
        })
    }

    /// Sets a property.
    ///
    /// # Errors
    ///
    /// What a setter throws, if the property is read-only, or an object belongs to another runtime.
    pub fn set(&mut self, object: &JsObject, key: &str, value: impl Into<Value>) -> Result<()> {
        let value = value.into();
        self.access(|ctx| object.restore(ctx)?.set(key, &value))
    }

    /// The global object.
    ///
    /// # Errors
    ///
    /// Only after the script has exited.
    pub fn globals(&mut self) -> Result<JsObject> {
        self.access(|ctx| reference(ctx, ctx.globals().into_value()))
    }

    /// The value of a global variable.
    ///
    /// # Errors
    ///
    /// As [`Runtime::get`].
    pub fn global(&mut self, name: &str) -> Result<Value> {
        self.access(|ctx| {
            let value = ctx.globals().get(name)?;
            Value::copy(ctx, value)
        })
    }

    /// Sets a global variable.
    ///
    /// # Errors
    ///
    /// As [`Runtime::set`].
    pub fn set_global(&mut self, name: &str, value: impl Into<Value>) -> Result<()> {
        let value = value.into();
        self.access(|ctx| ctx.globals().set(name, &value))
    }

    /// Makes a closure a global function. A name with a dot, such as `app.log`, is a method of a global object, which
    /// is made if there is none. [`HostFunction`] says what closures there are; they cannot call the runtime, for
    /// it is busy with the call.
    ///
    /// # Errors
    ///
    /// As [`Runtime::set`].
    pub fn register<A>(
        &mut self,
        name: &str,
        closure: impl HostFunction<A> + 'static,
    ) -> Result<()> {
        self.access(|ctx| {
            let function = host_function::function(ctx, name, closure)?;
            define(ctx, name, function)
        })
    }

    /// As [`Runtime::register`] for closures that take long: each call runs on a thread of its own, and returns
    /// a promise.
    ///
    /// # Errors
    ///
    /// As [`Runtime::register`].
    ///
    /// ```
    /// use bolide_js::{Runtime, Value};
    ///
    /// let mut runtime = Runtime::builder().build()?;
    /// runtime.register_async("work", |n: u32| {
    ///     std::thread::sleep(std::time::Duration::from_millis(5));
    ///     n * 2
    /// })?;
    /// let sum = runtime.eval("Promise.all([work(1), work(2)]).then(([a, b]) => a + b)")?;
    /// assert_eq!(sum, Value::from(6));
    /// # Ok::<(), bolide_js::Error>(())
    /// ```
    pub fn register_async<A>(
        &mut self,
        name: &str,
        closure: impl HostFunction<A> + Send + Sync + 'static,
    ) -> Result<()> {
        self.access(|ctx| {
            let function = host_function::async_function(ctx, name, closure)?;
            define(ctx, name, function)
        })
    }

    /// Runs the event loop until nothing is left to do. Needed only after [`Runtime::with_ctx`], or after an error
    /// that left work behind.
    ///
    /// # Errors
    ///
    /// What a callback throws.
    pub fn run_until_idle(&mut self) -> Result<()> {
        self.enter(
            None,
            |ctx| Ok(JsValue::new_undefined(ctx.clone())),
            |_, _| Ok(()),
        )
    }

    /// Runs what is ready in the event loop without waiting. Returns how long there is nothing to do before the next
    /// timer is due: zero if there is more to do at once, and at most 10 ms if background work is under way. `None`
    /// if nothing is left to do.
    ///
    /// # Errors
    ///
    /// What a callback throws.
    pub fn poll(&mut self) -> Result<Option<Duration>> {
        self.begin()?;
        let _watch = self.watch()?;
        self.context.with(|ctx| {
            event_loop::run_ready(&ctx);
            self.ended(&ctx, None)?;
            let due = self.agent.events.next_look();
            Ok(due.map(|due| due.saturating_duration_since(Instant::now())))
        })
    }

    /// What stops this runtime from another thread.
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.interrupt.clone()
    }

    /// Bytes that the JavaScript heap uses, without linear memories.
    pub fn heap_bytes(&self) -> u64 {
        u64::try_from(self.runtime.memory_usage().memory_used_size).unwrap_or(0)
    }

    /// Gives access to the engine's own API, for what this one does not offer. The event loop does not run.
    ///
    /// ```
    /// use bolide_js::{Runtime, rquickjs};
    ///
    /// let mut runtime = Runtime::builder().build()?;
    /// let length: u32 = runtime.with_ctx(|ctx| {
    ///     let array = rquickjs::Array::new(ctx.clone())?;
    ///     array.set(4, true)?;
    ///     array.get::<_>(4).map(|_: bool| array.len() as u32)
    /// })?;
    /// assert_eq!(length, 5);
    /// # Ok::<(), bolide_js::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What `f` returns.
    pub fn with_ctx<R>(
        &mut self,
        f: impl for<'js> FnOnce(&Ctx<'js>) -> rquickjs::Result<R>,
    ) -> Result<R> {
        self.access(f)
    }

    /// As [`Runtime::with_ctx`] for calls: runs `start`, then the microtasks. If the value is a promise, the event loop
    /// runs until that is settled, and no longer. `finish` gets the value, or what the promise was fulfilled with.
    ///
    /// # Errors
    ///
    /// What `start`, the promise or `finish` throw, or a callback of the event loop; also if nothing is left in the
    /// event loop that could settle the promise.
    ///
    /// ```
    /// use bolide_js::{Runtime, rquickjs};
    ///
    /// let mut runtime = Runtime::builder().build()?;
    /// let tick = "setInterval(() => {}, 1); new Promise(resolve => setTimeout(resolve, 2, 'done'))";
    /// let text: String = runtime.settle(|ctx| ctx.eval(tick), |_, value| value.get())?;
    /// assert_eq!(text, "done");
    /// # Ok::<(), bolide_js::Error>(())
    /// ```
    pub fn settle<R>(
        &mut self,
        start: impl for<'js> FnOnce(&Ctx<'js>) -> rquickjs::Result<JsValue<'js>>,
        finish: impl for<'js> FnOnce(&Ctx<'js>, JsValue<'js>) -> rquickjs::Result<R>,
    ) -> Result<R> {
        self.begin()?;
        let _watch = self.watch()?;
        self.context.with(|ctx| {
            let failure = |error| self.failure(&ctx, error, None);
            let value = start(&ctx).map_err(failure)?;
            let promise = value.as_promise();
            if let Some(promise) = promise {
                event_loop::expect(&ctx, promise).map_err(failure)?;
            }
            event_loop::run_microtasks(&ctx);
            let value = match promise {
                None => Ok(value.clone()),
                Some(promise) => {
                    let pending = || promise.state() == PromiseState::Pending;
                    while pending() && event_loop::turn(&ctx) {}
                    promise.result().unwrap_or(Ok(value.clone()))
                }
            };
            self.ended(&ctx, None)?;
            if promise.is_some_and(|promise| promise.state() == PromiseState::Pending) {
                return Err(never_settled());
            }
            let value = value.map_err(failure)?;
            finish(&ctx, value).map_err(failure)
        })
    }

    /// The engine of the runtime's WebAssembly.
    pub fn engine(&self) -> &bolide::Engine {
        &self.agent.engine
    }

    /// The name of a script: `name` if it is a URL, otherwise the URL of that file.
    pub(crate) fn script_name(&self, name: &str) -> String {
        if url::Url::parse(name).is_ok() {
            return name.to_owned();
        }
        let path = self.agent.settings.cwd.join(name);
        match url::Url::from_file_path(crate::files::normalize(&path)) {
            Ok(url) => url.into(),
            Err(()) => name.to_owned(),
        }
    }

    fn begin(&self) -> Result<()> {
        self.agent.handles.sweep();
        self.interrupt.clear();
        match self.agent.exit_code() {
            Some(code) => Err(Error::Exit(code)),
            None => Ok(()),
        }
    }

    fn watch(&self) -> Result<Option<crate::interrupt::Watch>> {
        let watch = self.time.map(|time| self.interrupt.after(time)).transpose();
        watch.map_err(|error| Error::Host(format!("cannot watch the time: {error}")))
    }

    /// Runs `f` without the event loop.
    pub(crate) fn access<R>(
        &mut self,
        f: impl for<'js> FnOnce(&Ctx<'js>) -> rquickjs::Result<R>,
    ) -> Result<R> {
        self.begin()?;
        let _watch = self.watch()?;
        self.context
            .with(|ctx| f(&ctx).map_err(|error| self.failure(&ctx, error, None)))
    }

    /// Runs `f`, which runs as much of the event loop as it wants.
    pub(crate) fn busy<R>(
        &mut self,
        f: impl for<'js> FnOnce(&Runtime, &Ctx<'js>) -> Result<R>,
    ) -> Result<R> {
        self.begin()?;
        let _watch = self.watch()?;
        self.context.with(|ctx| f(self, &ctx))
    }

    /// As [`Runtime::enter`], for the main script.
    pub(crate) fn enter_main(
        &mut self,
        source: Option<(&str, &str)>,
        start: impl for<'js> FnOnce(&Ctx<'js>) -> rquickjs::Result<JsValue<'js>>,
    ) -> Result<()> {
        let result = self.enter(source, |ctx| run_main(ctx, start), |_, _| Ok(()));
        self.context.with(|ctx| {
            if self.agent.exit_code().is_none() && !self.agent.is_interrupted() {
                event_loop::finish(&ctx);
            }
            result.and_then(|()| self.ended(&ctx, None))
        })
    }

    /// Runs `start`, then the event loop until nothing is left to do, and converts the result. `source` is the name
    /// and the text of what is evaluated.
    pub(crate) fn enter<R>(
        &mut self,
        source: Option<(&str, &str)>,
        start: impl for<'js> FnOnce(&Ctx<'js>) -> rquickjs::Result<JsValue<'js>>,
        finish: impl for<'js> FnOnce(&Ctx<'js>, JsValue<'js>) -> rquickjs::Result<R>,
    ) -> Result<R> {
        self.begin()?;
        let _watch = self.watch()?;
        self.context.with(|ctx| {
            let result = start(&ctx);
            let value = result.map_err(|error| self.failure(&ctx, error, source))?;
            while event_loop::turn(&ctx) {}
            self.ended(&ctx, source)?;
            let value = match value.as_promise().map(Promise::result) {
                None => Ok(value),
                Some(Some(result)) => result,
                Some(None) => {
                    return Err(never_settled());
                }
            };
            value
                .and_then(|value| finish(&ctx, value))
                .map_err(|error| self.failure(&ctx, error, source))
        })
    }

    /// Whether the event loop stopped before it was done, and why.
    pub(crate) fn ended(&self, ctx: &Ctx<'_>, source: Option<(&str, &str)>) -> Result<()> {
        let uncaught = self.agent.take_uncaught(ctx);
        if let Some(code) = self.agent.exit_code() {
            return Err(Error::Exit(code));
        }
        if self.agent.is_interrupted() {
            return Err(self.interrupted(ctx));
        }
        match uncaught {
            Some(error) => Err(Error::Exception(
                Exception::describe(ctx, error, source).into(),
            )),
            None => Ok(()),
        }
    }

    pub(crate) fn failure(
        &self,
        ctx: &Ctx<'_>,
        error: rquickjs::Error,
        source: Option<(&str, &str)>,
    ) -> Error {
        let value = thrown(ctx, error);
        if let Some(code) = self.agent.exit_code() {
            return Error::Exit(code);
        }
        if self.agent.is_interrupted() {
            return self.interrupted(ctx);
        }
        Error::Exception(Exception::describe(ctx, value, source).into())
    }

    /// Ends chains of promises: with the flag still set, each ends at the engine's next poll.
    fn interrupted(&self, ctx: &Ctx<'_>) -> Error {
        event_loop::abandon_jobs(ctx);
        self.agent.take_uncaught(ctx);
        Error::Interrupted
    }
}

/// Starts the main script. What it throws, or is rejected with, is an uncaught error, which scripts can listen to. The
/// value is a promise that is settled when the script's is, if it is one.
fn run_main<'js>(
    ctx: &Ctx<'js>,
    start: impl FnOnce(&Ctx<'js>) -> rquickjs::Result<JsValue<'js>>,
) -> rquickjs::Result<JsValue<'js>> {
    let value = match start(ctx) {
        Ok(value) => value,
        Err(error) => {
            event_loop::uncaught(ctx, error);
            return Ok(JsValue::new_undefined(ctx.clone()));
        }
    };
    let Some(promise) = value.as_promise() else {
        return Ok(value);
    };
    let rejected = Function::new(ctx.clone(), |ctx: Ctx<'js>, error: JsValue<'js>| {
        event_loop::uncaught_value(&ctx, error);
    })?;
    let then = promise.then()?;
    let fulfilled = JsValue::new_undefined(ctx.clone());
    then.call((This(promise.clone()), fulfilled, rejected))
}

fn never_settled() -> Error {
    Error::Host("the script waits for a promise that nothing will settle".to_owned())
}

/// Evaluates a classic script.
fn evaluate<'js>(ctx: &Ctx<'js>, name: &str, source: &str) -> rquickjs::Result<JsValue<'js>> {
    let mut options = EvalOptions::default();
    options.strict = false;
    options.filename = Some(name.to_owned());
    ctx.eval_with_options(source, options)
}

pub(crate) fn reference<'js>(ctx: &Ctx<'js>, value: JsValue<'js>) -> rquickjs::Result<JsObject> {
    match value.into_object() {
        Some(object) => Ok(crate::agent::agent(ctx).handles.make(ctx, object)),
        None => Err(HostError::type_error("the value is not an object").throw(ctx)),
    }
}

fn call_with<'js>(
    ctx: &Ctx<'js>,
    function: &Function<'js>,
    this: JsValue<'js>,
    values: &[Value],
) -> rquickjs::Result<JsValue<'js>> {
    let mut args = Args::new(ctx.clone(), values.len());
    args.this(this)?;
    for value in values {
        args.push_arg(value)?;
    }
    function.call_arg(args)
}

/// Defines a global function by its name, which may have dots.
fn define<'js>(ctx: &Ctx<'js>, name: &str, function: Function<'js>) -> rquickjs::Result<()> {
    let mut parts: Vec<&str> = name.split('.').collect();
    let last = parts.pop().unwrap_or_default();
    let mut object = ctx.globals();
    for part in parts {
        let value: JsValue<'js> = object.get(part)?;
        object = match value.into_object() {
            Some(inner) => inner,
            None => {
                let inner = Object::new(ctx.clone())?;
                object.set(part, inner.clone())?;
                inner
            }
        };
    }
    object.set(last, function)
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.context.with(|ctx| {
            self.agent.teardown();
            ctx.run_gc();
        });
        self.runtime.run_gc();
    }
}
