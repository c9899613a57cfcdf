//! The event loop: timers, tasks, and the results of work on other threads.
//!
//! A turn runs the timers that are due, then what other threads have finished, then tasks (`setImmediate`,
//! messages). After each of these callbacks come the microtasks: Node's tick queue if there is one, promise jobs,
//! again until both are empty, and then the rejections that nothing handles.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::marker::PhantomData;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant, SystemTime};

use rquickjs::function::IntoArgs;
use rquickjs::{Ctx, Function, Persistent, Promise, Value};

use crate::agent::agent;
use crate::error::{HostError, thrown};

/// What background work came to.
type Outcome = Box<dyn Any + Send>;

/// Continues on the script's thread with what background work came to.
type Continuation = Box<dyn for<'js> FnOnce(&Ctx<'js>, Outcome) -> rquickjs::Result<()>>;

/// Settles a promise of the script's thread, from any thread. See [`EventLoop::pending`].
pub(crate) struct Settle<T: Send + 'static> {
    id: u64,
    sender: Option<Sender<(u64, Outcome)>>,
    result: PhantomData<fn(T)>,
}

impl<T: Send + 'static> Settle<T> {
    /// What [`EventLoop::abandon`] calls the promise.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Fulfills or rejects the promise.
    pub(crate) fn settle(self, result: Result<T, HostError>) {
        self.send(Ok(result));
    }

    fn send(mut self, outcome: std::thread::Result<Result<T, HostError>>) {
        if let Some(sender) = self.sender.take() {
            // Fails only when the runtime is gone.
            let _ = sender.send((self.id, Box::new(outcome)));
        }
    }
}

impl<T: Send + 'static> Drop for Settle<T> {
    /// A thread that gives up must not leave the loop waiting.
    fn drop(&mut self) {
        if let Some(sender) = self.sender.take() {
            let error = HostError::error("the background work ended without a result");
            let outcome: std::thread::Result<Result<T, HostError>> = Ok(Err(error));
            let _ = sender.send((self.id, Box::new(outcome)));
        }
    }
}

type StaticFunction = Persistent<Function<'static>>;

/// Where JavaScript takes part in the loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hook {
    /// `()`: runs the tick queue until it is empty. Called only after `request_tick`.
    Tick,
    /// `(error, origin)`: an error that nothing caught; returns true if that settles it.
    Uncaught,
    /// `(reason, promise)`: a rejection that nothing handles; returns true if that settles it.
    Rejection,
    /// `(promise, reason)`: a rejection found its handler after the turn in which it happened.
    Handled,
    /// `()`: nothing is left to do; the loop goes on if the function leaves something to do.
    Idle,
    /// `()`: the main script and its loop have ended.
    Exit,
}

impl Hook {
    /// The hook of this name, as natives take it.
    pub(crate) fn named(name: &str) -> Option<Hook> {
        Some(match name {
            "tick" => Hook::Tick,
            "uncaught" => Hook::Uncaught,
            "rejection" => Hook::Rejection,
            "handled" => Hook::Handled,
            "idle" => Hook::Idle,
            "exit" => Hook::Exit,
            _ => return None,
        })
    }
}

struct Task {
    id: u64,
    callback: StaticFunction,
    /// Whether the loop waits for it.
    holds: bool,
}

struct Timer {
    callback: StaticFunction,
    /// Repeats after this long.
    interval: Option<Duration>,
    due: Instant,
    /// Whether the loop waits for it.
    holds: bool,
}

/// See the module.
pub(crate) struct EventLoop {
    sender: Sender<(u64, Outcome)>,
    receiver: Receiver<(u64, Outcome)>,
    waiting: RefCell<HashMap<u64, Continuation>>,
    tasks: RefCell<VecDeque<Task>>,
    timers: RefCell<HashMap<u64, Timer>>,
    /// By time, then in the order in which they were set. Entries whose timer is gone or due at another
    /// time are skipped.
    queue: RefCell<BinaryHeap<Reverse<(Instant, u64)>>>,
    next: Cell<u64>,
    /// Promises that were rejected and have no handler yet, with their reasons.
    rejections: RefCell<Vec<Rejection>>,
    /// Rejections that found a handler late.
    handled: RefCell<Vec<Rejection>>,
    hooks: RefCell<Vec<(Hook, StaticFunction)>>,
    tick_requested: Cell<bool>,
    /// How many timers hold the loop.
    holding: Cell<usize>,
    start: (Instant, SystemTime),
}

struct Rejection {
    promise: Persistent<Value<'static>>,
    reason: Persistent<Value<'static>>,
}

impl EventLoop {
    pub(crate) fn new() -> EventLoop {
        let (sender, receiver) = channel();
        EventLoop {
            sender,
            receiver,
            waiting: RefCell::default(),
            tasks: RefCell::default(),
            timers: RefCell::default(),
            queue: RefCell::default(),
            next: Cell::new(1),
            rejections: RefCell::default(),
            handled: RefCell::default(),
            hooks: RefCell::default(),
            tick_requested: Cell::new(false),
            holding: Cell::new(0),
            start: (Instant::now(), SystemTime::now()),
        }
    }

    /// What makes a loop that waits look at the state of its agent again, from any thread.
    pub(crate) fn waker(&self) -> impl Fn() + Send + Sync + 'static {
        let sender = self.sender.clone();
        move || {
            // Nothing waits for this number. Fails only when the runtime is gone.
            let _ = sender.send((0, Box::new(())));
        }
    }

    pub(crate) fn teardown(&self) {
        self.waiting.borrow_mut().clear();
        self.tasks.borrow_mut().clear();
        self.timers.borrow_mut().clear();
        self.queue.borrow_mut().clear();
        self.rejections.borrow_mut().clear();
        self.handled.borrow_mut().clear();
        self.hooks.borrow_mut().clear();
    }

    /// Calls `function` at this point from now on, after the functions that were added before.
    pub(crate) fn add_hook<'js>(&self, ctx: &Ctx<'js>, hook: Hook, function: Function<'js>) {
        let function = Persistent::save(ctx, function);
        self.hooks.borrow_mut().push((hook, function));
    }

    fn hooks(&self, wanted: Hook) -> Vec<StaticFunction> {
        let hooks = self.hooks.borrow();
        let wanted = hooks.iter().filter(|(hook, _)| *hook == wanted);
        wanted.map(|(_, function)| function.clone()).collect()
    }

    /// Has [`Hook::Tick`] called before the next promise job, or after all of them if they run now.
    pub(crate) fn request_tick(&self) {
        self.tick_requested.set(true);
    }

    /// How long the loop has existed.
    pub(crate) fn since_start(&self) -> Duration {
        self.start.0.elapsed()
    }

    /// When the loop was made, since the epoch of Unix.
    pub(crate) fn start_of_epoch(&self) -> Duration {
        let since = self.start.1.duration_since(SystemTime::UNIX_EPOCH);
        since.unwrap_or_default()
    }

    fn fresh_id(&self) -> u64 {
        let id = self.next.get();
        self.next.set(id + 1);
        id
    }

    /// Calls `callback` after `delay`, again and again if `repeat`. Returns what names the timer.
    pub(crate) fn set_timer<'js>(
        &self,
        ctx: &Ctx<'js>,
        callback: Function<'js>,
        delay: Duration,
        repeat: bool,
    ) -> u64 {
        let id = self.fresh_id();
        let due = Instant::now() + delay;
        let timer = Timer {
            callback: Persistent::save(ctx, callback),
            interval: repeat.then_some(delay),
            due,
            holds: true,
        };
        self.timers.borrow_mut().insert(id, timer);
        self.holding.set(self.holding.get() + 1);
        self.queue.borrow_mut().push(Reverse((due, id)));
        id
    }

    fn remove_timer(&self, id: u64) -> Option<Timer> {
        let timer = self.timers.borrow_mut().remove(&id)?;
        if timer.holds {
            self.holding.set(self.holding.get() - 1);
        }
        Some(timer)
    }

    /// Forgets a timer. Unknown ones are ignored.
    pub(crate) fn clear_timer(&self, id: u64) {
        let timer = self.remove_timer(id);
        // Freed after the borrow has ended, for freeing can run finalizers.
        drop(timer);
    }

    /// Whether the loop goes on for the sake of this timer; it does unless told otherwise.
    pub(crate) fn hold_timer(&self, id: u64, holds: bool) {
        if let Some(timer) = self.timers.borrow_mut().get_mut(&id) {
            let others = self.holding.get() - usize::from(timer.holds);
            self.holding.set(others + usize::from(holds));
            timer.holds = holds;
        }
    }

    /// Runs `callback` in the next turn. Returns what names the task.
    pub(crate) fn post<'js>(&self, ctx: &Ctx<'js>, callback: Function<'js>) -> u64 {
        let task = Task {
            id: self.fresh_id(),
            callback: Persistent::save(ctx, callback),
            holds: true,
        };
        let id = task.id;
        self.tasks.borrow_mut().push_back(task);
        id
    }

    /// Whether the loop goes on for the sake of this task; it does unless told otherwise.
    pub(crate) fn hold_task(&self, id: u64, holds: bool) {
        let mut tasks = self.tasks.borrow_mut();
        if let Some(task) = tasks.iter_mut().find(|task| task.id == id) {
            task.holds = holds;
        }
    }

    /// Remembers a rejected promise, or forgets it when it is handled.
    pub(crate) fn track_rejection<'js>(
        &self,
        ctx: &Ctx<'js>,
        promise: Value<'js>,
        reason: Value<'js>,
        handled: bool,
    ) {
        let rejection = Rejection {
            promise: Persistent::save(ctx, promise),
            reason: Persistent::save(ctx, reason),
        };
        let mut rejections = self.rejections.borrow_mut();
        if !handled {
            return rejections.push(rejection);
        }
        let known = rejections
            .iter()
            .position(|other| other.promise == rejection.promise);
        match known {
            Some(index) => drop(rejections.remove(index)),
            None if self
                .hooks
                .borrow()
                .iter()
                .any(|(hook, _)| *hook == Hook::Handled) =>
            {
                self.handled.borrow_mut().push(rejection);
            }
            None => {}
        }
    }

    /// A promise that another thread settles. The loop waits for it.
    pub(crate) fn pending<'js, T, R>(
        &self,
        ctx: &Ctx<'js>,
        into_js: R,
    ) -> rquickjs::Result<(Promise<'js>, Settle<T>)>
    where
        T: Send + 'static,
        R: for<'a> FnOnce(&Ctx<'a>, T) -> rquickjs::Result<Value<'a>> + 'static,
    {
        let (promise, resolve, reject) = ctx.promise()?;
        let resolve = Persistent::save(ctx, resolve);
        let reject = Persistent::save(ctx, reject);
        let continuation: Continuation = Box::new(move |ctx, outcome| {
            let (resolve, reject) = (resolve.restore(ctx)?, reject.restore(ctx)?);
            let outcome = outcome.downcast::<std::thread::Result<Result<T, HostError>>>();
            let result = match *outcome.expect("the thread sends this type") {
                Ok(Ok(value)) => into_js(ctx, value),
                Ok(Err(error)) => Err(error.throw(ctx)),
                Err(panic) => std::panic::resume_unwind(panic),
            };
            match result {
                Ok(value) => resolve.call((value,)),
                Err(error) => {
                    let reason = thrown(ctx, error);
                    reject.call((reason,))
                }
            }
        });
        let id = self.fresh_id();
        self.waiting.borrow_mut().insert(id, continuation);
        let settle = Settle {
            id,
            sender: Some(self.sender.clone()),
            result: PhantomData,
        };
        Ok((promise, settle))
    }

    /// Waits no longer for what [`EventLoop::pending`] made: its promise stays unsettled.
    pub(crate) fn abandon(&self, id: u64) {
        let continuation = self.waiting.borrow_mut().remove(&id);
        // Freed after the borrow has ended, for freeing can run finalizers.
        drop(continuation);
    }

    /// Runs `work` on another thread and settles the returned promise with what it came to.
    pub(crate) fn spawn<'js, T, F, R>(
        &self,
        ctx: &Ctx<'js>,
        work: F,
        into_js: R,
    ) -> rquickjs::Result<Promise<'js>>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, HostError> + Send + 'static,
        R: for<'a> FnOnce(&Ctx<'a>, T) -> rquickjs::Result<Value<'a>> + 'static,
    {
        let (promise, settle) = self.pending(ctx, into_js)?;
        let id = settle.id();
        let thread = std::thread::Builder::new().name("bolide-js-worker".to_owned());
        let spawned = thread.spawn(move || {
            let work = std::panic::AssertUnwindSafe(work);
            settle.send(std::panic::catch_unwind(work));
        });
        if let Err(error) = spawned {
            self.abandon(id);
            let message = format!("cannot start a thread: {error}");
            return Err(HostError::error(message).throw(ctx));
        }
        Ok(promise)
    }

    /// When the next timer is due, whether or not it holds the loop.
    fn next_due(&self) -> Option<(Instant, u64)> {
        let timers = self.timers.borrow();
        let mut queue = self.queue.borrow_mut();
        while let Some(Reverse((due, id))) = queue.peek().copied() {
            if timers.get(&id).is_some_and(|timer| timer.due == due) {
                return Some((due, id));
            }
            queue.pop();
        }
        None
    }

    /// The next timer to run, if it is due at `now`.
    fn due_timer(&self, now: Instant) -> Option<StaticFunction> {
        let (due, id) = self.next_due()?;
        if due > now {
            return None;
        }
        self.queue.borrow_mut().pop();
        {
            let mut timers = self.timers.borrow_mut();
            let timer = timers.get_mut(&id)?;
            if let Some(interval) = timer.interval {
                timer.due = now + interval.max(Duration::from_millis(1));
                self.queue.borrow_mut().push(Reverse((timer.due, id)));
                return Some(timer.callback.clone());
            }
        }
        self.remove_timer(id).map(|timer| timer.callback)
    }

    /// When to look again for something that is ready, of what the loop waits for. `None` if there is nothing.
    pub(crate) fn next_look(&self) -> Option<Instant> {
        const BACKGROUND: Duration = Duration::from_millis(10);
        if self.is_done() {
            return None;
        }
        let now = Instant::now();
        if self.tasks.borrow().iter().any(|task| task.holds) {
            return Some(now);
        }
        let timer = self.next_due().map(|(due, _)| due);
        let background = (!self.waiting.borrow().is_empty()).then(|| now + BACKGROUND);
        timer.into_iter().chain(background).min()
    }

    fn is_done(&self) -> bool {
        self.waiting.borrow().is_empty()
            && self.holding.get() == 0
            && !self.tasks.borrow().iter().any(|task| task.holds)
    }

    /// Waits for something to do. Returns false if nothing can come.
    fn wait(&self, ctx: &Ctx<'_>) -> bool {
        if self.is_done() {
            return false;
        }
        let message = match self.next_due() {
            Some((deadline, _)) => {
                let left = deadline.saturating_duration_since(Instant::now());
                self.receiver.recv_timeout(left).ok()
            }
            None => self.receiver.recv().ok(),
        };
        if let Some((id, outcome)) = message {
            self.complete(ctx, id, outcome);
        }
        true
    }

    fn complete(&self, ctx: &Ctx<'_>, id: u64, outcome: Outcome) {
        let continuation = self.waiting.borrow_mut().remove(&id);
        if let Some(continuation) = continuation
            && let Err(error) = continuation(ctx, outcome)
        {
            uncaught(ctx, error);
        }
    }
}

/// Handles what a callback of the loop, or the main script, threw.
pub(crate) fn uncaught(ctx: &Ctx<'_>, error: rquickjs::Error) {
    let value = thrown(ctx, error);
    uncaught_value(ctx, value);
}

/// Handles an error that nothing caught: the hooks may settle it, or else it ends the loop.
pub(crate) fn uncaught_value<'js>(ctx: &Ctx<'js>, error: Value<'js>) {
    settle_uncaught(ctx, error, "uncaughtException");
}

fn settle_uncaught<'js>(ctx: &Ctx<'js>, error: Value<'js>, origin: &str) {
    let agent = agent(ctx);
    if agent.exit_code().is_some() {
        return;
    }
    match ask(ctx, Hook::Uncaught, (error.clone(), origin)) {
        Ok(true) => {}
        Ok(false) => agent.set_uncaught(ctx, error),
        Err(error) => fail(ctx, error),
    }
}

/// Ends the loop with what a hook threw.
fn fail(ctx: &Ctx<'_>, error: rquickjs::Error) {
    let agent = agent(ctx);
    let value = thrown(ctx, error);
    if agent.exit_code().is_none() {
        agent.set_uncaught(ctx, value);
    }
}

/// Calls the functions of a hook until one returns true.
fn ask<'js>(
    ctx: &Ctx<'js>,
    hook: Hook,
    arguments: impl IntoArgs<'js> + Clone,
) -> rquickjs::Result<bool> {
    for function in agent(ctx).events.hooks(hook) {
        let function = function.restore(ctx)?;
        let answer: Value<'js> = function.call(arguments.clone())?;
        if answer.as_bool() == Some(true) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn stopped(ctx: &Ctx<'_>) -> bool {
    let agent = agent(ctx);
    agent.exit_code().is_some() || agent.has_uncaught() || agent.is_interrupted()
}

/// Says that somebody looks at what the promise comes to, so that a rejection is not reported.
pub(crate) fn expect<'js>(ctx: &Ctx<'js>, promise: &Promise<'js>) -> rquickjs::Result<()> {
    let handled = Function::new(ctx.clone(), || {})?;
    let this = rquickjs::function::This(promise.clone());
    promise.catch()?.call((this, handled))
}

/// Runs one promise job. Returns false if there is none.
#[allow(unsafe_code)]
fn run_job(ctx: &Ctx<'_>) -> bool {
    let mut context = std::ptr::null_mut();
    // SAFETY: the runtime is live, and this thread holds it. The safe wrapper drops what the job throws, which for
    // `queueMicrotask` is an error to report.
    let result = unsafe {
        let runtime = rquickjs::qjs::JS_GetRuntime(ctx.as_raw().as_ptr());
        rquickjs::qjs::JS_ExecutePendingJob(runtime, &mut context)
    };
    if result < 0 {
        let error = ctx.catch();
        uncaught_value(ctx, error);
    }
    result != 0
}

/// Runs promise jobs until there are none, before the ticks that were asked for: the body of a module counts as a
/// job.
pub(crate) fn run_jobs(ctx: &Ctx<'_>) {
    while !stopped(ctx) && run_job(ctx) {}
}

/// Runs ticks and promise jobs until there are none, then looks for rejections that nothing handles.
pub(crate) fn run_microtasks(ctx: &Ctx<'_>) {
    let agent = agent(ctx);
    let events = &agent.events;
    loop {
        if events.tick_requested.take()
            && let Err(error) = ask(ctx, Hook::Tick, ())
        {
            // What is left of the queue runs if the hooks settle the error.
            events.request_tick();
            uncaught(ctx, error);
        }
        run_jobs(ctx);
        if stopped(ctx) {
            return;
        }
        if !events.tick_requested.get() && !settle_rejections(ctx) {
            return;
        }
    }
}

/// Ends chains of promises after an interruption: while that is on, each job ends at the engine's next poll, so that
/// endless chains do, too. Their errors and rejections are forgotten.
pub(crate) fn abandon_jobs(ctx: &Ctx<'_>) {
    const ENOUGH: usize = 1_000_000;
    let agent = agent(ctx);
    for _ in 0..ENOUGH {
        if !ctx.execute_pending_job() {
            break;
        }
    }
    let rejections = std::mem::take(&mut *agent.events.rejections.borrow_mut());
    drop(rejections);
    let handled = std::mem::take(&mut *agent.events.handled.borrow_mut());
    drop(handled);
}

/// Reports rejections. Returns whether there were any.
fn settle_rejections(ctx: &Ctx<'_>) -> bool {
    let agent = agent(ctx);
    let rejections = std::mem::take(&mut *agent.events.rejections.borrow_mut());
    let handled = std::mem::take(&mut *agent.events.handled.borrow_mut());
    let any = !rejections.is_empty() || !handled.is_empty();
    for late in handled {
        if let Err(error) = settle_late(ctx, late) {
            uncaught(ctx, error);
        }
    }
    for rejection in rejections {
        if stopped(ctx) {
            break;
        }
        if let Err(error) = settle_rejection(ctx, rejection) {
            uncaught(ctx, error);
        }
    }
    any
}

fn settle_late(ctx: &Ctx<'_>, late: Rejection) -> rquickjs::Result<()> {
    let arguments = (late.promise.restore(ctx)?, late.reason.restore(ctx)?);
    ask(ctx, Hook::Handled, arguments)?;
    Ok(())
}

fn settle_rejection(ctx: &Ctx<'_>, rejection: Rejection) -> rquickjs::Result<()> {
    let reason = rejection.reason.restore(ctx)?;
    let promise = rejection.promise.restore(ctx)?;
    if !ask(ctx, Hook::Rejection, (reason.clone(), promise))? {
        settle_uncaught(ctx, reason, "unhandledRejection");
    }
    Ok(())
}

fn call<'js>(ctx: &Ctx<'js>, callback: StaticFunction) {
    let result = callback
        .restore(ctx)
        .and_then(|callback| callback.call::<_, Value<'js>>(()));
    if let Err(error) = result {
        uncaught(ctx, error);
    }
    run_microtasks(ctx);
}

/// Runs everything that is ready. Returns false if the script has ended.
pub(crate) fn run_ready(ctx: &Ctx<'_>) -> bool {
    let agent = agent(ctx);
    let events = &agent.events;
    run_microtasks(ctx);
    // Timers that are set while these run wait for the next turn.
    let now = Instant::now();
    while !stopped(ctx) {
        let Some(callback) = events.due_timer(now) else {
            break;
        };
        call(ctx, callback);
    }
    while !stopped(ctx) {
        let Ok((id, outcome)) = events.receiver.try_recv() else {
            break;
        };
        events.complete(ctx, id, outcome);
        run_microtasks(ctx);
    }
    let ready = events.tasks.borrow().len();
    for _ in 0..ready {
        if stopped(ctx) {
            break;
        }
        let task = events.tasks.borrow_mut().pop_front();
        if let Some(task) = task {
            call(ctx, task.callback);
        }
    }
    !stopped(ctx)
}

/// Runs one turn: everything that is ready, or what comes next. Returns false if there is nothing left to wait
/// for, or the script has ended.
pub(crate) fn turn(ctx: &Ctx<'_>) -> bool {
    if !run_ready(ctx) {
        return false;
    }
    let agent = agent(ctx);
    let events = &agent.events;
    if events.tasks.borrow().iter().any(|task| task.holds) {
        return true;
    }
    let more = events.wait(ctx) || idle(ctx);
    run_microtasks(ctx);
    more && !stopped(ctx)
}

/// Tells the script that nothing is left to do. Returns whether it found something.
fn idle(ctx: &Ctx<'_>) -> bool {
    if let Err(error) = ask(ctx, Hook::Idle, ()) {
        uncaught(ctx, error);
    }
    run_microtasks(ctx);
    !stopped(ctx) && !agent(ctx).events.is_done()
}

/// Tells the script that it has ended, after the last turn.
pub(crate) fn finish(ctx: &Ctx<'_>) {
    if let Err(error) = ask(ctx, Hook::Exit, ()) {
        fail(ctx, error);
    }
}
