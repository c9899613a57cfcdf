//! What an agent knows of Node's side: hooks that `node/process` sets, and descriptors.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::time::Instant;

use rquickjs::{Ctx, Function, Object, Persistent, Value};

use crate::agent::agent;
use crate::error::thrown;

/// See the module.
pub(crate) struct NodeState {
    /// What `process.argv[1]` is.
    pub(crate) main: RefCell<Option<String>>,
    pub(super) started: Instant,
    /// Callbacks of `process.nextTick`.
    ticks: RefCell<VecDeque<Persistent<Function<'static>>>>,
    /// Functions of `node/process`, once it is loaded: `uncaught`, `beforeExit`, `exit`.
    hooks: RefCell<Option<Persistent<Object<'static>>>>,
    /// Whether the hook `uncaught` runs, so that what it throws is not handed to it again.
    reporting: Cell<bool>,
    pub(super) descriptors: super::fs::Descriptors,
}

impl Default for NodeState {
    fn default() -> NodeState {
        NodeState {
            main: RefCell::default(),
            started: Instant::now(),
            ticks: RefCell::default(),
            hooks: RefCell::default(),
            reporting: Cell::new(false),
            descriptors: Default::default(),
        }
    }
}

impl NodeState {
    pub(crate) fn teardown(&self) {
        self.ticks.borrow_mut().clear();
        self.hooks.borrow_mut().take();
    }

    pub(super) fn set_hooks<'js>(&self, ctx: &Ctx<'js>, hooks: Object<'js>) {
        *self.hooks.borrow_mut() = Some(Persistent::save(ctx, hooks));
    }

    pub(super) fn push_tick<'js>(&self, ctx: &Ctx<'js>, callback: Function<'js>) {
        let callback = Persistent::save(ctx, callback);
        self.ticks.borrow_mut().push_back(callback);
    }

    /// The next callback of `process.nextTick`, which runs before promise jobs.
    pub(crate) fn take_tick<'js>(
        &self,
        ctx: &Ctx<'js>,
    ) -> Option<rquickjs::Result<Function<'js>>> {
        let callback = self.ticks.borrow_mut().pop_front()?;
        Some(callback.restore(ctx))
    }

    pub(crate) fn has_ticks(&self) -> bool {
        !self.ticks.borrow().is_empty()
    }

    fn hook<'js>(&self, ctx: &Ctx<'js>, name: &str) -> Option<Function<'js>> {
        let hooks = self.hooks.borrow().clone()?;
        hooks.restore(ctx).ok()?.get(name).ok()
    }

    /// Offers an error that nothing caught to the listeners of the process. Returns the error that is left: none
    /// if a listener took it. `origin` is `uncaughtException` or `unhandledRejection`.
    pub(crate) fn offer_uncaught<'js>(
        &self,
        ctx: &Ctx<'js>,
        error: Value<'js>,
        origin: &str,
        promise: Option<Value<'js>>,
    ) -> Option<Value<'js>> {
        let Some(hook) = self.hook(ctx, "uncaught") else {
            return Some(error);
        };
        if self.reporting.replace(true) {
            return Some(error);
        }
        let handled = hook.call::<_, bool>((error.clone(), origin, promise));
        self.reporting.set(false);
        match handled {
            Ok(true) => None,
            Ok(false) => Some(error),
            Err(failed) => {
                let failed = thrown(ctx, failed);
                agent(ctx).exit_code().is_none().then_some(failed)
            }
        }
    }

    /// Runs the listeners of `beforeExit`, after which there may be more to do.
    pub(crate) fn before_exit(&self, ctx: &Ctx<'_>) -> rquickjs::Result<()> {
        match self.hook(ctx, "beforeExit") {
            Some(hook) => hook.call(()),
            None => Ok(()),
        }
    }

    /// Runs the listeners of `exit`, and returns the exit code that the script wants. `failed` says that an
    /// error ended it.
    pub(crate) fn exit(&self, ctx: &Ctx<'_>, failed: bool) -> rquickjs::Result<i32> {
        match self.hook(ctx, "exit") {
            Some(hook) => hook.call((failed,)),
            None => Ok(i32::from(failed)),
        }
    }
}
