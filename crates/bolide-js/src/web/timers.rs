//! What JavaScript asks of the event loop.

use std::time::Duration;

use rquickjs::{Ctx, Function, Object, Value};

use crate::agent::agent;
use crate::event_loop::Hook;

/// The functions of `native("loop")`:
///
/// - `setTimer(callback, milliseconds, repeat)` gives a number for `clearTimer(id)` and `holdTimer(id, holds)`;
/// - `post(task)` runs a task in the next turn and gives a number for `holdTask(id, holds)`;
/// - `hook(name, function)` is called by the loop, see [`Hook`];
/// - `requestTick()` makes the loop call the hook `tick` before promise jobs;
/// - `uncaught(error)` handles an error as if nothing had caught it.
pub(crate) fn fill<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> rquickjs::Result<()> {
    object.set("setTimer", Function::new(ctx.clone(), set_timer)?)?;
    object.set("clearTimer", Function::new(ctx.clone(), clear_timer)?)?;
    object.set("holdTimer", Function::new(ctx.clone(), hold_timer)?)?;
    object.set("post", Function::new(ctx.clone(), post)?)?;
    object.set("holdTask", Function::new(ctx.clone(), hold_task)?)?;
    object.set("hook", Function::new(ctx.clone(), hook)?)?;
    object.set("requestTick", Function::new(ctx.clone(), request_tick)?)?;
    object.set("uncaught", Function::new(ctx.clone(), uncaught)?)
}

fn set_timer<'js>(ctx: Ctx<'js>, callback: Function<'js>, delay: f64, repeat: bool) -> f64 {
    let delay = Duration::from_secs_f64(delay.clamp(0.0, f64::from(i32::MAX)) / 1000.0);
    agent(&ctx).events.set_timer(&ctx, callback, delay, repeat) as f64
}

fn clear_timer(ctx: Ctx<'_>, id: f64) {
    agent(&ctx).events.clear_timer(id as u64);
}

fn hold_timer(ctx: Ctx<'_>, id: f64, holds: bool) {
    agent(&ctx).events.hold_timer(id as u64, holds);
}

fn post<'js>(ctx: Ctx<'js>, task: Function<'js>) -> f64 {
    agent(&ctx).events.post(&ctx, task) as f64
}

fn hold_task(ctx: Ctx<'_>, id: f64, holds: bool) {
    agent(&ctx).events.hold_task(id as u64, holds);
}

fn hook<'js>(ctx: Ctx<'js>, name: String, function: Function<'js>) -> bool {
    let Some(hook) = Hook::named(&name) else {
        return false;
    };
    agent(&ctx).events.add_hook(&ctx, hook, function);
    true
}

fn request_tick(ctx: Ctx<'_>) {
    agent(&ctx).events.request_tick();
}

fn uncaught<'js>(ctx: Ctx<'js>, error: Value<'js>) {
    crate::event_loop::uncaught_value(&ctx, error);
}
