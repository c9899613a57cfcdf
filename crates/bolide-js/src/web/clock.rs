//! The clock of `performance`.

use rquickjs::{Ctx, Function, Object};

use crate::agent::agent;

/// `now()`, milliseconds since the runtime was made, and `timeOrigin()`, when that was, in milliseconds since the
/// epoch of Unix.
pub(crate) fn fill<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> rquickjs::Result<()> {
    object.set("now", Function::new(ctx.clone(), now)?)?;
    object.set("timeOrigin", Function::new(ctx.clone(), time_origin)?)
}

fn now(ctx: Ctx<'_>) -> f64 {
    agent(&ctx).events.since_start().as_secs_f64() * 1000.0
}

fn time_origin(ctx: Ctx<'_>) -> f64 {
    agent(&ctx).events.start_of_epoch().as_secs_f64() * 1000.0
}
