//! Standard output and standard error.

use std::io::{self, Write};

use rquickjs::{Ctx, Function, Object, Value};

use crate::agent::agent;
use crate::buffer::{copy_bytes, lossy_text};
use crate::error::HostError;

/// `write(fd, text or bytes)` and `colors(fd)`, where `fd` is 1 or 2.
pub(crate) fn fill<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> rquickjs::Result<()> {
    object.set("write", Function::new(ctx.clone(), write)?)?;
    object.set("colors", Function::new(ctx.clone(), colors)?)?;
    Ok(())
}

fn write<'js>(ctx: Ctx<'js>, fd: u32, data: Value<'js>) -> rquickjs::Result<()> {
    let bytes = match data.as_string() {
        Some(text) => lossy_text(text)?.into_bytes(),
        None => copy_bytes(&data).unwrap_or_default(),
    };
    let agent = agent(&ctx);
    let mut stream = match fd {
        1 => agent.stdout.borrow_mut(),
        _ => agent.stderr.borrow_mut(),
    };
    let result = stream.write_all(&bytes).and_then(|()| stream.flush());
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let message = format!("cannot write to standard output: {error}");
            Err(HostError::error(message).throw(&ctx))
        }
        _ => Ok(()),
    }
}

fn colors(ctx: Ctx<'_>, fd: u32) -> bool {
    let (out, err) = agent(&ctx).settings.colors;
    if fd == 1 { out } else { err }
}
