//! Runtimes: what an embedder makes to run JavaScript.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use bolide::Engine;
use rquickjs::{Context, Ctx, Promise};

use crate::agent::{Agent, AgentRef, Settings};
use crate::error::{Error, Exception, Result, thrown};
use crate::event_loop;
use crate::files::Files;
use crate::permissions::{Net, NetRule};
use crate::value::Value;
use crate::wasm::WasmState;

/// How much of the thread's stack JavaScript may use, in bytes.
const JS_STACK: usize = 4 << 20;

/// Configures a [`Runtime`].
///
/// ```
/// use bolide_js::Runtime;
///
/// let mut runtime = Runtime::builder()
///     .arg("--fast")
///     .env("MODE", "test")
///     .build()?;
/// assert_eq!(runtime.eval("process.env.MODE")?.as_str(), Some("test"));
/// # Ok::<(), bolide_js::Error>(())
/// ```
pub struct RuntimeBuilder {
    engine: Option<Engine>,
    settings: Settings,
    dirs: Vec<(PathBuf, PathBuf, bool)>,
    net: Net,
    stdout: Box<dyn Write>,
    stderr: Box<dyn Write>,
}

impl RuntimeBuilder {
    fn new() -> RuntimeBuilder {
        RuntimeBuilder {
            engine: None,
            settings: Settings {
                args: Vec::new(),
                env: Vec::new(),
                cwd: std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
                colors: (false, false),
            },
            dirs: Vec::new(),
            net: Net::default(),
            stdout: Box::new(std::io::stdout()),
            stderr: Box::new(std::io::stderr()),
        }
    }

    /// The engine that runs WebAssembly; a new one with the default configuration otherwise.
    pub fn engine(mut self, engine: &Engine) -> Self {
        self.engine = Some(engine.clone());
        self
    }

    /// Adds an argument, which scripts see in `process.argv` after the path of the main script.
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.settings.args.push(arg.into());
        self
    }

    /// Adds a variable of the environment. Scripts see no others.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.env.push((name.into(), value.into()));
        self
    }

    /// Lets scripts read the folder `host`, and write if `writable`, under the absolute path `guest`.
    pub fn dir(
        mut self,
        host: impl Into<PathBuf>,
        guest: impl Into<PathBuf>,
        writable: bool,
    ) -> Self {
        self.dirs.push((host.into(), guest.into(), writable));
        self
    }

    /// Lets scripts connect to what the rule covers.
    pub fn allow_net(mut self, rule: NetRule) -> Self {
        self.net.rules.push(rule);
        self
    }

    /// Where `console.log` and `process.stdout` write; the process's standard output otherwise.
    pub fn stdout(mut self, stdout: impl Write + 'static) -> Self {
        self.stdout = Box::new(stdout);
        self
    }

    /// Where `console.error` and `process.stderr` write; the process's standard error otherwise.
    pub fn stderr(mut self, stderr: impl Write + 'static) -> Self {
        self.stderr = Box::new(stderr);
        self
    }

    /// Whether what is written to standard output and to standard error may have colours.
    pub fn colors(mut self, stdout: bool, stderr: bool) -> Self {
        self.settings.colors = (stdout, stderr);
        self
    }

    /// Makes the runtime.
    ///
    /// # Errors
    ///
    /// If a folder cannot be opened, or the engines cannot start.
    pub fn build(self) -> Result<Runtime> {
        let engine = match self.engine {
            Some(engine) => engine,
            None => Engine::new(&bolide::Config::new()).map_err(|e| Error::Host(e.to_string()))?,
        };
        let mut files = Files::default();
        for (host, guest, writable) in self.dirs {
            files.add(&host, guest, writable).map_err(|error| {
                Error::Host(format!("cannot open folder {}: {error}", host.display()))
            })?;
        }
        let wasm = WasmState::new(&engine);
        let stdio = (self.stdout, self.stderr);
        let agent = Agent::new(engine, self.settings, files, self.net, wasm, stdio);
        Runtime::new(agent)
    }
}

/// A JavaScript runtime with its own global object, event loop and WebAssembly store.
///
/// ```
/// use bolide_js::Runtime;
///
/// let mut runtime = Runtime::builder().build()?;
/// runtime.eval("globalThis.answer = new Promise(resolve => setTimeout(resolve, 1, 42))")?;
/// assert_eq!(runtime.eval("answer")?.as_f64(), Some(42.0));
/// # Ok::<(), bolide_js::Error>(())
/// ```
pub struct Runtime {
    // Dropped in this order: the values, their context, then the store that their finalizers use.
    context: Context,
    runtime: rquickjs::Runtime,
    agent: Rc<Agent>,
}

impl Runtime {
    /// What to configure a runtime with.
    pub fn builder() -> RuntimeBuilder {
        RuntimeBuilder::new()
    }

    fn new(agent: Agent) -> Result<Runtime> {
        let failed =
            |error: rquickjs::Error| Error::Host(format!("cannot start JavaScript: {error}"));
        let runtime = rquickjs::Runtime::new().map_err(failed)?;
        runtime.set_max_stack_size(JS_STACK);
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
                crate::modules::install(&ctx);
                crate::builtins::define_globals(&ctx)?;
                crate::wasm::install(&ctx)
            })
            .map_err(failed)?;
        Ok(Runtime {
            context,
            runtime,
            agent,
        })
    }

    /// Evaluates a script in the global scope and runs the event loop until nothing is left to do. If the
    /// script's value is a promise, the result is what it is fulfilled with.
    ///
    /// # Errors
    ///
    /// What the script throws, or a callback of it, or [`Error::Exit`].
    pub fn eval(&mut self, source: &str) -> Result<Value> {
        self.enter(|ctx| {
            let value: rquickjs::Value<'_> = ctx.eval(source)?;
            Ok(value)
        })
    }

    /// Runs the module or script at `path` as the main one, and the event loop until nothing is left to do.
    ///
    /// # Errors
    ///
    /// As [`Runtime::eval`], and if the file cannot be loaded.
    pub fn run_file(&mut self, path: &Path) -> Result<()> {
        self.enter(|ctx| crate::modules::run_main(ctx, path))?;
        Ok(())
    }

    /// Runs `start`, then the event loop until nothing is left to do, and copies the result.
    fn enter(
        &mut self,
        start: impl for<'js> FnOnce(&Ctx<'js>) -> rquickjs::Result<rquickjs::Value<'js>>,
    ) -> Result<Value> {
        self.context.with(|ctx| {
            let result = start(&ctx);
            let value = self.settle(&ctx, result)?;
            Value::copy(&ctx, value).map_err(|error| self.failure(&ctx, error))
        })
    }

    fn settle<'js>(
        &self,
        ctx: &Ctx<'js>,
        result: rquickjs::Result<rquickjs::Value<'js>>,
    ) -> Result<rquickjs::Value<'js>> {
        let value = result.map_err(|error| self.failure(ctx, error))?;
        while event_loop::turn(ctx) {}
        if let Some(code) = self.agent.exit_code() {
            return Err(Error::Exit(code));
        }
        if let Some(error) = self.agent.take_uncaught(ctx) {
            return Err(Error::Exception(Exception::describe(ctx, error)));
        }
        match value.as_promise().map(Promise::result) {
            None => Ok(value),
            Some(Some(result)) => result.map_err(|error| self.failure(ctx, error)),
            Some(None) => Err(Error::Host(
                "the script waits for a promise that nothing will settle".to_owned(),
            )),
        }
    }

    fn failure(&self, ctx: &Ctx<'_>, error: rquickjs::Error) -> Error {
        let value = thrown(ctx, error);
        match self.agent.exit_code() {
            Some(code) => Error::Exit(code),
            None => Error::Exception(Exception::describe(ctx, value)),
        }
    }
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
