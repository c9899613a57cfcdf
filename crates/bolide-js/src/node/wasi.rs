//! `node:wasi` over the crate `bolide-wasi`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::rc::{Rc, Weak};
use std::sync::Arc;

use bolide::{Extern, Linker};
use bolide_wasi::{DirPerms, FilePerms, InputStream, OutputStream, WasiCtx, WasiCtxBuilder};
use rquickjs::{Ctx, Function, Object};

use crate::agent::{Agent, agent};
use crate::error::{HostError, OrThrow};
use crate::files::{Access, system_error};
use crate::wasm::{StoreData, exported_function};

/// `create(module, options)` gives the functions of the module, which is one of the two that WASI has. The options
/// are `args`, `env`, `preopens` (pairs of guest and host path) and the descriptors `stdin`, `stdout` and `stderr`.
pub(crate) fn fill<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> rquickjs::Result<()> {
    object.set("create", Function::new(ctx.clone(), create)?)
}

fn create<'js>(
    ctx: Ctx<'js>,
    module: String,
    options: Object<'js>,
) -> rquickjs::Result<Object<'js>> {
    let wasi = context(&ctx, &options)?;
    let agent = agent(&ctx);
    let store = &agent.wasm.store;
    let failed = |error: bolide::Error| HostError::error(error.to_string()).throw(&ctx);
    let functions = store.with(|mut store| {
        let contexts = &mut store.data_mut().wasi;
        let index = contexts.len();
        contexts.push(wasi);
        let mut linker = Linker::<StoreData>::new(store.engine());
        bolide_wasi::add_to_linker(&mut linker, move |data| &mut data.wasi[index])?;
        let names = linker.iter(&mut store);
        let names = names.filter(|(from, ..)| *from == module);
        let functions = names.filter_map(|(_, name, item)| match item {
            Extern::Func(func) => Some((name.to_owned(), func)),
            _ => None,
        });
        bolide::Result::Ok(functions.collect::<Vec<_>>())
    });
    let object = Object::new(ctx.clone())?;
    for (name, func) in functions.map_err(failed)? {
        object.set(name, exported_function(&ctx, func)?)?;
    }
    Ok(object)
}

/// What the guest is given.
fn context<'js>(ctx: &Ctx<'js>, options: &Object<'js>) -> rquickjs::Result<WasiCtx> {
    let mut builder = WasiCtxBuilder::new();
    for arg in options.get::<_, Vec<String>>("args")? {
        builder.arg(arg);
    }
    for variable in options.get::<_, Vec<Vec<String>>>("env")? {
        if let [name, value] = variable.as_slice() {
            builder.env(name, value);
        }
    }
    set_streams(ctx, options, &mut builder)?;
    for preopen in options.get::<_, Vec<Vec<String>>>("preopens")? {
        if let [guest, host] = preopen.as_slice() {
            preopen_folder(ctx, &mut builder, guest, host).or_throw(ctx)?;
        }
    }
    Ok(builder.build())
}

fn set_streams<'js>(
    ctx: &Ctx<'js>,
    options: &Object<'js>,
    builder: &mut WasiCtxBuilder,
) -> rquickjs::Result<()> {
    let file = |number: f64| {
        let file = agent(ctx).node.descriptors.file(number, "wasi");
        file.map(FileStream).or_throw(ctx)
    };
    match options.get::<_, f64>("stdin")? {
        0.0 => builder.inherit_stdin(),
        number => builder.stdin(file(number)?),
    };
    for name in ["stdout", "stderr"] {
        let number = options.get::<_, f64>(name)?;
        let stream: Box<dyn OutputStream> = match number {
            1.0 | 2.0 => Box::new(AgentStream::new(ctx, number as u32)),
            _ => Box::new(file(number)?),
        };
        match name {
            "stdout" => builder.stdout(Boxed(stream)),
            _ => builder.stderr(Boxed(stream)),
        };
    }
    Ok(())
}

/// Gives the guest a folder that the script reaches, to write to if the script may.
fn preopen_folder(
    ctx: &Ctx<'_>,
    builder: &mut WasiCtxBuilder,
    guest: &str,
    host: &str,
) -> Result<(), HostError> {
    let agent = agent(ctx);
    let path = agent.settings.cwd.join(host);
    let located = match agent.files.locate(&path, Access::Write) {
        Ok(located) => located,
        Err(_) => agent.files.locate(&path, Access::Read)?,
    };
    let (dirs, files) = match located.writable {
        true => (DirPerms::all(), FilePerms::all()),
        false => (DirPerms::READ, FilePerms::READ),
    };
    let dir = located.dir.open_dir(&located.path);
    let dir = dir.map_err(|error| system_error(&error, "uvwasi_init", &path, Access::Read))?;
    builder.preopened_handle(dir.into_std_file(), guest, dirs, files);
    Ok(())
}

/// A file behind a descriptor of the script.
struct FileStream(Arc<File>);

impl InputStream for FileStream {
    fn read(&mut self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        (&*self.0).read_vectored(buffers)
    }
}

impl OutputStream for FileStream {
    fn write(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        (&*self.0).write_vectored(buffers)
    }
}

struct Boxed(Box<dyn OutputStream>);

impl OutputStream for Boxed {
    fn write(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.write(buffers)
    }
}

thread_local! {
    /// The agents of this thread, by the address that names them: streams must be `Send`, agents are not.
    static AGENTS: RefCell<HashMap<usize, Weak<Agent>>> = RefCell::default();
}

/// Standard output or error of an agent.
struct AgentStream {
    agent: usize,
    number: u32,
}

impl AgentStream {
    fn new(ctx: &Ctx<'_>, number: u32) -> AgentStream {
        let agent = agent(ctx).0;
        let key = Rc::as_ptr(&agent) as usize;
        AGENTS.with_borrow_mut(|agents| {
            agents.retain(|_, agent| agent.strong_count() > 0);
            agents.insert(key, Rc::downgrade(&agent));
        });
        AgentStream { agent: key, number }
    }
}

impl OutputStream for AgentStream {
    fn write(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        let agent = AGENTS.with_borrow(|agents| agents.get(&self.agent)?.upgrade());
        let agent = agent.ok_or(io::ErrorKind::BrokenPipe)?;
        let mut stream = match self.number {
            1 => agent.stdout.borrow_mut(),
            _ => agent.stderr.borrow_mut(),
        };
        let mut count = 0;
        for buffer in buffers {
            stream.write_all(buffer)?;
            count += buffer.len();
        }
        stream.flush()?;
        Ok(count)
    }
}
