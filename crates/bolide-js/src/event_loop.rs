//! The event loop: timers, tasks, and the results of work on other threads.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use rquickjs::{Ctx, Function, IntoJs, Persistent, Promise, Value};

use crate::agent::agent;
use crate::error::{HostError, thrown};

/// What background work came to.
type Outcome = Box<dyn Any + Send>;

/// Continues on the script's thread with what background work came to.
type Continuation = Box<dyn for<'js> FnOnce(&Ctx<'js>, Outcome) -> rquickjs::Result<()>>;

type StaticFunction = Persistent<Function<'static>>;

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
    tasks: RefCell<VecDeque<StaticFunction>>,
    timers: RefCell<HashMap<u64, Timer>>,
    /// By time, then in the order in which they were set. Entries whose timer is gone or due at another
    /// time are skipped.
    queue: RefCell<BinaryHeap<Reverse<(Instant, u64)>>>,
    next: Cell<u64>,
    /// Promises that were rejected and have no handler yet, with their reasons.
    rejections: RefCell<Vec<(Persistent<Value<'static>>, Persistent<Value<'static>>)>>,
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
        }
    }

    pub(crate) fn teardown(&self) {
        self.waiting.borrow_mut().clear();
        self.tasks.borrow_mut().clear();
        self.timers.borrow_mut().clear();
        self.queue.borrow_mut().clear();
        self.rejections.borrow_mut().clear();
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
        self.queue.borrow_mut().push(Reverse((due, id)));
        id
    }

    /// Forgets a timer. Unknown ones are ignored.
    pub(crate) fn clear_timer(&self, id: u64) {
        let timer = self.timers.borrow_mut().remove(&id);
        // Freed after the borrow has ended, for freeing can run finalizers.
        drop(timer);
    }

    /// Whether the loop goes on for the sake of this timer; it does unless told otherwise.
    pub(crate) fn hold_timer(&self, id: u64, holds: bool) {
        if let Some(timer) = self.timers.borrow_mut().get_mut(&id) {
            timer.holds = holds;
        }
    }

    /// Runs `task` after the current one, before timers.
    pub(crate) fn post<'js>(&self, ctx: &Ctx<'js>, task: Function<'js>) {
        self.tasks
            .borrow_mut()
            .push_back(Persistent::save(ctx, task));
    }

    /// Remembers a rejected promise, or forgets it when it is handled.
    pub(crate) fn track_rejection<'js>(
        &self,
        ctx: &Ctx<'js>,
        promise: Value<'js>,
        reason: Value<'js>,
        handled: bool,
    ) {
        let promise = Persistent::save(ctx, promise);
        let mut rejections = self.rejections.borrow_mut();
        if handled {
            rejections.retain(|(other, _)| *other != promise);
        } else {
            rejections.push((promise, Persistent::save(ctx, reason)));
        }
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
        let sender = self.sender.clone();
        let thread = std::thread::Builder::new().name("bolide-js-worker".to_owned());
        let spawned = thread.spawn(move || {
            let work = std::panic::AssertUnwindSafe(work);
            let outcome = std::panic::catch_unwind(work);
            // Fails only when the runtime is gone.
            let _ = sender.send((id, Box::new(outcome)));
        });
        if let Err(error) = spawned {
            self.waiting.borrow_mut().remove(&id);
            let message = format!("cannot start a thread: {error}");
            return Err(HostError::error(message).throw(ctx));
        }
        Ok(promise)
    }

    /// As [`EventLoop::spawn`], for values that convert by themselves.
    pub(crate) fn spawn_value<'js, T>(
        &self,
        ctx: &Ctx<'js>,
        work: impl FnOnce() -> Result<T, HostError> + Send + 'static,
    ) -> rquickjs::Result<Promise<'js>>
    where
        T: Send + for<'a> IntoJs<'a> + 'static,
    {
        self.spawn(ctx, work, |ctx, value| value.into_js(ctx))
    }

    /// The next timer to run, if it is due at `now`.
    fn due_timer(&self, now: Instant) -> Option<StaticFunction> {
        let mut queue = self.queue.borrow_mut();
        let mut timers = self.timers.borrow_mut();
        while let Some(Reverse((due, id))) = queue.peek().copied() {
            if due > now {
                return None;
            }
            queue.pop();
            let Some(timer) = timers.get_mut(&id) else {
                continue;
            };
            if timer.due != due {
                continue;
            }
            let Some(interval) = timer.interval else {
                return timers.remove(&id).map(|timer| timer.callback);
            };
            timer.due = now + interval.max(Duration::from_millis(1));
            queue.push(Reverse((timer.due, id)));
            return Some(timer.callback.clone());
        }
        None
    }

    /// When the next timer is due that the loop waits for, or any that comes before it.
    fn next_deadline(&self) -> Option<Instant> {
        let timers = self.timers.borrow();
        if !timers.values().any(|timer| timer.holds) {
            return None;
        }
        timers.values().map(|timer| timer.due).min()
    }

    fn is_done(&self) -> bool {
        self.waiting.borrow().is_empty()
            && self.tasks.borrow().is_empty()
            && self.next_deadline().is_none()
    }

    /// Waits for something to do. Returns false if nothing can come.
    fn wait(&self, ctx: &Ctx<'_>) -> bool {
        if self.is_done() {
            return false;
        }
        let message = match self.next_deadline() {
            Some(deadline) => {
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

/// Remembers what a callback of the loop threw.
fn uncaught(ctx: &Ctx<'_>, error: rquickjs::Error) {
    let agent = agent(ctx);
    let value = thrown(ctx, error);
    if agent.exit_code().is_some() {
        return;
    }
    let left = agent.node.offer_uncaught(ctx, value, "uncaughtException", None);
    if let Some(value) = left {
        agent.set_uncaught(ctx, value);
    }
}

fn stopped(ctx: &Ctx<'_>) -> bool {
    let agent = agent(ctx);
    agent.exit_code().is_some() || agent.has_uncaught()
}

/// Runs the callbacks of `process.nextTick` and promise jobs until there are none, then looks for rejections that
/// nothing handles.
pub(crate) fn run_microtasks(ctx: &Ctx<'_>) {
    let agent = agent(ctx);
    loop {
        while agent.exit_code().is_none()
            && let Some(callback) = agent.node.take_tick(ctx)
        {
            let result = callback.and_then(|callback| callback.call::<_, Value<'_>>(()));
            if let Err(error) = result {
                uncaught(ctx, error);
            }
        }
        while agent.exit_code().is_none() && ctx.execute_pending_job() {}
        if agent.exit_code().is_some() {
            return;
        }
        if agent.node.has_ticks() {
            continue;
        }
        let rejections = std::mem::take(&mut *agent.events.rejections.borrow_mut());
        if rejections.is_empty() {
            return;
        }
        for (promise, reason) in rejections {
            let (Ok(promise), Ok(reason)) = (promise.restore(ctx), reason.restore(ctx)) else {
                continue;
            };
            let origin = "unhandledRejection";
            let left = agent.node.offer_uncaught(ctx, reason, origin, Some(promise));
            if let Some(reason) = left {
                agent.set_uncaught(ctx, reason);
            }
        }
    }
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

/// Whether there is anything left to do or to wait for.
pub(crate) fn has_work(ctx: &Ctx<'_>) -> bool {
    let agent = agent(ctx);
    run_microtasks(ctx);
    !agent.events.is_done()
}

/// Runs one turn: everything that is ready. Returns false if there is nothing left to wait for, or the script
/// has ended.
pub(crate) fn turn(ctx: &Ctx<'_>) -> bool {
    let agent = agent(ctx);
    let events = &agent.events;
    run_microtasks(ctx);
    let ready = events.tasks.borrow().len();
    for _ in 0..ready {
        if stopped(ctx) {
            return false;
        }
        let task = events.tasks.borrow_mut().pop_front();
        if let Some(task) = task {
            call(ctx, task);
        }
    }
    while let Ok((id, outcome)) = events.receiver.try_recv() {
        if stopped(ctx) {
            return false;
        }
        events.complete(ctx, id, outcome);
        run_microtasks(ctx);
    }
    // Timers that are set while these run wait for the next turn.
    let now = Instant::now();
    while !stopped(ctx) {
        let Some(callback) = events.due_timer(now) else {
            break;
        };
        call(ctx, callback);
    }
    if stopped(ctx) {
        return false;
    }
    if !events.tasks.borrow().is_empty() {
        return true;
    }
    let more = events.wait(ctx);
    run_microtasks(ctx);
    more && !stopped(ctx)
}
