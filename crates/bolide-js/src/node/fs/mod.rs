//! Files, for `node:fs`: every operation runs on the script's thread or on another one.

mod copy;
mod descriptors;
mod meta;
mod operations;
mod target;

use rquickjs::function::Rest;
use rquickjs::{Array, Ctx, Function, IntoJs, Object, TypedArray, Value};

use crate::agent::agent;
use crate::error::{HostError, OrThrow};
pub(super) use descriptors::Descriptors;
pub(super) use meta::Meta;

/// What an operation gives back.
pub(super) enum Reply {
    Nothing,
    Number(f64),
    Text(String),
    Bytes(Vec<u8>),
    Meta(Box<Meta>),
    /// Names and kinds.
    Entries(Vec<(String, u8)>),
    /// A file that becomes a descriptor on the script's thread.
    Open(descriptors::OpenFile),
}

/// An operation whose arguments are checked and whose folder is found.
pub(super) type Work = Box<dyn FnOnce() -> Result<Reply, HostError> + Send>;

/// `sync(name, …arguments)` and `async(name, …arguments)`; see `operations` for the names.
pub(crate) fn fill<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> rquickjs::Result<()> {
    object.set("sync", Function::new(ctx.clone(), sync)?)?;
    object.set("async", Function::new(ctx.clone(), background)?)?;
    object.set("errors", Function::new(ctx.clone(), errors)?)
}

fn sync<'js>(
    ctx: Ctx<'js>,
    name: String,
    arguments: Rest<Value<'js>>,
) -> rquickjs::Result<Value<'js>> {
    let work = operations::prepare(&ctx, &name, &arguments.0).or_throw(&ctx)?;
    let reply = work().or_throw(&ctx)?;
    into_js(&ctx, reply)
}

fn background<'js>(
    ctx: Ctx<'js>,
    name: String,
    arguments: Rest<Value<'js>>,
) -> rquickjs::Result<Value<'js>> {
    let work = match operations::prepare(&ctx, &name, &arguments.0) {
        Ok(work) => work,
        Err(error) => Box::new(move || Err(error)),
    };
    let promise = agent(&ctx).events.spawn(&ctx, work, into_js)?;
    Ok(promise.into_value())
}

fn into_js<'js>(ctx: &Ctx<'js>, reply: Reply) -> rquickjs::Result<Value<'js>> {
    match reply {
        Reply::Nothing => Ok(Value::new_undefined(ctx.clone())),
        Reply::Number(number) => number.into_js(ctx),
        Reply::Text(text) => text.into_js(ctx),
        Reply::Bytes(bytes) => Ok(TypedArray::<u8>::new(ctx.clone(), bytes)?.into_value()),
        Reply::Meta(meta) => meta.into_js(ctx),
        Reply::Open(file) => {
            let number = agent(ctx).node.descriptors.insert(file);
            number.into_js(ctx)
        }
        Reply::Entries(entries) => {
            let list = Array::new(ctx.clone())?;
            for (index, (name, kind)) in entries.into_iter().enumerate() {
                list.set(index * 2, name)?;
                list.set(index * 2 + 1, kind)?;
            }
            Ok(list.into_value())
        }
    }
}

/// Names, numbers and texts of system errors.
fn errors<'js>(ctx: Ctx<'js>) -> rquickjs::Result<Array<'js>> {
    let list = Array::new(ctx.clone())?;
    for (index, (number, name, text)) in crate::files::errors().iter().enumerate() {
        let entry = Array::new(ctx.clone())?;
        entry.set(0, *name)?;
        entry.set(1, *number)?;
        entry.set(2, *text)?;
        list.set(index, entry)?;
    }
    Ok(list)
}
