//! Bodies that are read on another thread, as far as the script asks for them.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender};

use rquickjs::{ArrayBuffer, Ctx, Function, Object, Promise, TypedArray, Value};

use crate::agent::agent;
use crate::error::HostError;
use crate::event_loop::Settle;

/// Most bytes that one read returns.
const CHUNK: usize = 128 << 10;

/// What the script wants of a body.
pub(super) enum Command {
    /// The next chunk; `None` at the end.
    Read(Settle<Option<Vec<u8>>>),
    /// All that is left.
    All(Settle<Vec<u8>>),
}

/// Answers commands until the script wants no more, or the body has ended. `size` is how much is expected.
pub(super) fn serve(
    mut reader: impl Read,
    size: Option<u64>,
    commands: &Receiver<Command>,
    describe: impl Fn(&io::Error) -> HostError,
) {
    while let Ok(command) = commands.recv() {
        match command {
            Command::Read(settle) => {
                let mut chunk = vec![0; CHUNK];
                let result = read_some(&mut reader, &mut chunk);
                let done = !matches!(result, Ok(count) if count > 0);
                settle.settle(match result {
                    Ok(0) => Ok(None),
                    Ok(count) => {
                        chunk.truncate(count);
                        Ok(Some(chunk))
                    }
                    Err(error) => Err(describe(&error)),
                });
                if done {
                    return;
                }
            }
            Command::All(settle) => {
                // The size is a promise of the other side: reserve only what costs nothing to reserve.
                let expected = size.unwrap_or(0).min(64 << 20) as usize;
                let mut bytes = Vec::with_capacity(expected);
                let result = reader.read_to_end(&mut bytes);
                settle.settle(match result {
                    Ok(_) => Ok(bytes),
                    Err(error) => Err(describe(&error)),
                });
                return;
            }
        }
    }
}

fn read_some(reader: &mut impl Read, chunk: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// The script's side: an object with `read()`, which returns a promise of a Uint8Array or of null,
/// and `readAll()`, a promise of an ArrayBuffer. When the object is freed, the thread ends.
pub(super) fn object<'js>(
    ctx: &Ctx<'js>,
    commands: Sender<Command>,
) -> rquickjs::Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    let all = commands.clone();
    let read = move |ctx: Ctx<'js>| read(&ctx, &commands);
    object.set("read", Function::new(ctx.clone(), read)?)?;
    let read_all = move |ctx: Ctx<'js>| read_all(&ctx, &all);
    object.set("readAll", Function::new(ctx.clone(), read_all)?)?;
    Ok(object)
}

fn read<'js>(ctx: &Ctx<'js>, commands: &Sender<Command>) -> rquickjs::Result<Promise<'js>> {
    let (promise, settle) = agent(ctx).events.pending(ctx, chunk_to_js)?;
    // The thread is gone only after the end, and then dropping the command rejects the promise.
    let _ = commands.send(Command::Read(settle));
    Ok(promise)
}

fn read_all<'js>(ctx: &Ctx<'js>, commands: &Sender<Command>) -> rquickjs::Result<Promise<'js>> {
    let (promise, settle) = agent(ctx).events.pending(ctx, array_buffer)?;
    let _ = commands.send(Command::All(settle));
    Ok(promise)
}

fn chunk_to_js<'js>(ctx: &Ctx<'js>, chunk: Option<Vec<u8>>) -> rquickjs::Result<Value<'js>> {
    match chunk {
        Some(bytes) => Ok(TypedArray::<u8>::new(ctx.clone(), bytes)?.into_value()),
        None => Ok(Value::new_null(ctx.clone())),
    }
}

/// An ArrayBuffer that owns the bytes, without a copy.
pub(super) fn array_buffer<'js>(ctx: &Ctx<'js>, bytes: Vec<u8>) -> rquickjs::Result<Value<'js>> {
    Ok(ArrayBuffer::new(ctx.clone(), bytes)?.into_value())
}
