//! The state of one JavaScript agent, reached from every native function.

use std::cell::{Cell, RefCell};
use std::io::Write;
use std::ops::Deref;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bolide::Engine;
use rquickjs::{Ctx, JsLifetime, Persistent, Value};

use crate::buffer::DataViews;
use crate::builtins::Builtins;
use crate::event_loop::EventLoop;
use crate::files::Files;
use crate::handle::Handles;
use crate::modules::ModuleState;
use crate::node::NodeState;
use crate::permissions::Net;
use crate::wasm::WasmState;

/// What the embedder decided before the first script runs.
pub(crate) struct Settings {
    /// What the script sees as `process.argv` after the path of the script.
    pub(crate) args: Vec<String>,
    /// What the script sees as its environment, in order.
    pub(crate) env: Vec<(String, String)>,
    /// What relative paths are relative to.
    pub(crate) cwd: PathBuf,
    /// Whether colours are wanted on standard output and standard error.
    pub(crate) colors: (bool, bool),
}

/// One per [`Runtime`](crate::Runtime).
pub(crate) struct Agent {
    pub(crate) engine: Engine,
    pub(crate) settings: Settings,
    pub(crate) files: Files,
    pub(crate) net: Net,
    pub(crate) events: EventLoop,
    pub(crate) builtins: Builtins,
    pub(crate) data_views: DataViews,
    pub(crate) modules: ModuleState,
    pub(crate) wasm: WasmState,
    pub(crate) node: NodeState,
    pub(crate) handles: Handles,
    /// Set from other threads: see `InterruptHandle`.
    pub(crate) interrupted: Arc<AtomicBool>,
    pub(crate) stdout: RefCell<Box<dyn Write>>,
    pub(crate) stderr: RefCell<Box<dyn Write>>,
    /// Set by `process.exit`: every further JavaScript is skipped.
    exit: Cell<Option<i32>>,
    /// The first error that nothing caught; it ends the event loop.
    uncaught: RefCell<Option<Persistent<Value<'static>>>>,
}

impl Agent {
    pub(crate) fn new(
        engine: Engine,
        settings: Settings,
        files: Files,
        net: Net,
        wasm: WasmState,
        interrupted: Arc<AtomicBool>,
        stdio: (Box<dyn Write>, Box<dyn Write>),
    ) -> Agent {
        Agent {
            engine,
            settings,
            files,
            net,
            events: EventLoop::new(),
            builtins: Builtins::default(),
            data_views: DataViews::default(),
            modules: ModuleState::default(),
            wasm,
            node: NodeState::default(),
            handles: Handles::default(),
            interrupted,
            stdout: RefCell::new(stdio.0),
            stderr: RefCell::new(stdio.1),
            exit: Cell::new(None),
            uncaught: RefCell::new(None),
        }
    }

    /// The exit code that a script asked for.
    pub(crate) fn exit_code(&self) -> Option<i32> {
        self.exit.get()
    }

    /// Ends the script: the returned error cannot be caught by JavaScript, and the event loop stops.
    pub(crate) fn exit(&self, ctx: &Ctx<'_>, code: i32) -> rquickjs::Error {
        self.exit.set(Some(code));
        throw_uncatchable(ctx)
    }

    /// Remembers an error that nothing caught. The first one counts.
    pub(crate) fn set_uncaught<'js>(&self, ctx: &Ctx<'js>, error: Value<'js>) {
        let mut slot = self.uncaught.borrow_mut();
        if slot.is_none() {
            *slot = Some(Persistent::save(ctx, error));
        }
    }

    /// The error that nothing caught, if there is one.
    pub(crate) fn take_uncaught<'js>(&self, ctx: &Ctx<'js>) -> Option<Value<'js>> {
        let value = self.uncaught.borrow_mut().take()?;
        value.restore(ctx).ok()
    }

    pub(crate) fn has_uncaught(&self) -> bool {
        self.uncaught.borrow().is_some()
    }

    /// Whether running JavaScript is to stop, because the embedder wants so.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::SeqCst)
    }

    /// Gives back every JavaScript value, before the context goes.
    pub(crate) fn teardown(&self) {
        self.uncaught.borrow_mut().take();
        self.handles.teardown();
        self.events.teardown();
        self.builtins.teardown();
        self.data_views.teardown();
        self.modules.teardown();
        self.wasm.teardown();
    }
}

#[allow(unsafe_code)]
fn throw_uncatchable(ctx: &Ctx<'_>) -> rquickjs::Error {
    let error = rquickjs::Exception::from_message(ctx.clone(), "the script has exited");
    match error {
        Ok(error) => {
            let value = error.into_object().into_value();
            // SAFETY: the context and the value are live; the flag is set on a fresh error object.
            unsafe { rquickjs::qjs::JS_SetUncatchableError(ctx.as_raw().as_ptr(), value.as_raw()) };
            ctx.throw(value)
        }
        Err(error) => error,
    }
}

/// How an [`Agent`] is kept in the context.
#[derive(Clone)]
pub(crate) struct AgentRef(pub(crate) Rc<Agent>);

impl Deref for AgentRef {
    type Target = Agent;

    fn deref(&self) -> &Agent {
        &self.0
    }
}

// SAFETY: holds no value of a context but those in `Persistent`, which are without a lifetime.
#[allow(unsafe_code)]
unsafe impl JsLifetime<'_> for AgentRef {
    type Changed<'to> = AgentRef;
}

/// The agent that a context belongs to.
pub(crate) fn agent(ctx: &Ctx<'_>) -> AgentRef {
    let data = ctx.userdata::<AgentRef>();
    data.expect("the runtime puts its agent into the context")
        .clone()
}
