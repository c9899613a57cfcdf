//! What `node:process` and `node:os` ask of the host.

use std::io::{IsTerminal, Read};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rquickjs::{Ctx, Function, Object, Promise, TypedArray, Value};
use rustix::termios::tcgetwinsize;

use crate::agent::agent;
use crate::error::HostError;

/// The functions of `native("process")`.
pub(crate) fn fill<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> rquickjs::Result<()> {
    object.set("info", Function::new(ctx.clone(), info)?)?;
    object.set("exit", Function::new(ctx.clone(), exit)?)?;
    object.set("uptime", Function::new(ctx.clone(), uptime)?)?;
    object.set("now", Function::new(ctx.clone(), now)?)?;
    object.set("epoch", Function::new(ctx.clone(), epoch)?)?;
    object.set("usage", Function::new(ctx.clone(), usage)?)?;
    object.set("isTTY", Function::new(ctx.clone(), is_tty)?)?;
    object.set("windowSize", Function::new(ctx.clone(), window_size)?)?;
    object.set("readStdin", Function::new(ctx.clone(), read_stdin)?)?;
    object.set("system", Function::new(ctx.clone(), system)?)
}

/// What does not change while a script runs.
fn info<'js>(ctx: Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let agent = agent(&ctx);
    let settings = &agent.settings;
    let object = Object::new(ctx.clone())?;
    let program = std::env::current_exe().unwrap_or_else(|_| "bolide".into());
    object.set("execPath", program.to_string_lossy().into_owned())?;
    let main = agent.modules.main_url();
    let main = main.and_then(|url| url::Url::parse(&url).ok()?.to_file_path().ok());
    let main = main.map(|path| path.to_string_lossy().into_owned());
    object.set("main", main)?;
    object.set("args", settings.args.clone())?;
    let variables = settings.env.iter();
    let variables: Vec<Vec<&str>> = variables
        .map(|(name, value)| vec![name.as_str(), value.as_str()])
        .collect();
    object.set("env", variables)?;
    object.set("cwd", settings.cwd.to_string_lossy().into_owned())?;
    object.set("pid", std::process::id())?;
    object.set("ppid", std::os::unix::process::parent_id())?;
    object.set("bolide", env!("CARGO_PKG_VERSION"))?;
    object.set("arch", std::env::consts::ARCH)?;
    Ok(object)
}

fn exit(ctx: Ctx<'_>, code: i32) -> rquickjs::Result<()> {
    Err(agent(&ctx).exit(&ctx, code))
}

/// Seconds since the runtime was made.
fn uptime(ctx: Ctx<'_>) -> f64 {
    agent(&ctx).events.since_start().as_secs_f64()
}

/// The monotonic clock, as seconds and nanoseconds.
fn now() -> Vec<f64> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    vec![time.tv_sec as f64, time.tv_nsec as f64]
}

/// The time of day in milliseconds.
fn epoch() -> f64 {
    let time = SystemTime::now().duration_since(UNIX_EPOCH);
    time.unwrap_or(Duration::ZERO).as_secs_f64() * 1e3
}

fn proc_file(name: &str) -> String {
    std::fs::read_to_string(format!("/proc/self/{name}")).unwrap_or_default()
}

/// Bytes of resident memory, microseconds of CPU time of user and system, and the mode mask.
fn usage<'js>(ctx: Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let object = Object::new(ctx)?;
    let page = rustix::param::page_size() as f64;
    let pages = proc_file("statm");
    let resident = pages.split(' ').nth(1).and_then(|text| text.parse().ok());
    object.set("rss", resident.unwrap_or(0.0) * page)?;
    // The fields follow the name, which is in parentheses and may contain anything.
    let stat = proc_file("stat");
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = |index| {
        let field: Option<&str> = fields.split_ascii_whitespace().nth(index);
        let ticks = field.and_then(|text| text.parse::<f64>().ok());
        ticks.unwrap_or(0.0) * 1e6 / rustix::param::clock_ticks_per_second() as f64
    };
    object.set("user", ticks(11))?;
    object.set("system", ticks(12))?;
    let status = proc_file("status");
    let mask = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    let mask = mask.and_then(|text| u32::from_str_radix(text.trim(), 8).ok());
    object.set("umask", mask)?;
    Ok(object)
}

fn is_tty(fd: u32) -> bool {
    match fd {
        0 => std::io::stdin().is_terminal(),
        1 => std::io::stdout().is_terminal(),
        2 => std::io::stderr().is_terminal(),
        _ => false,
    }
}

/// Columns and rows of the terminal, or nothing if there is none.
fn window_size(fd: u32) -> Option<Vec<u16>> {
    let size = match fd {
        1 => tcgetwinsize(std::io::stdout()),
        _ => tcgetwinsize(std::io::stderr()),
    };
    let size = size.ok().filter(|size| size.ws_col > 0)?;
    Some(vec![size.ws_col, size.ws_row])
}

/// A promise of at most `size` bytes of standard input; of none at its end.
fn read_stdin<'js>(ctx: Ctx<'js>, size: usize) -> rquickjs::Result<Promise<'js>> {
    let work = move || {
        let mut bytes = vec![0; size.clamp(1, 1 << 20)];
        let count = std::io::stdin().lock().read(&mut bytes);
        let count = count.map_err(|error| {
            HostError::error(format!("cannot read standard input: {error}")).with_code("EIO")
        })?;
        bytes.truncate(count);
        Ok(bytes)
    };
    agent(&ctx).events.spawn(&ctx, work, |ctx, bytes| {
        if bytes.is_empty() {
            return Ok(Value::new_null(ctx.clone()));
        }
        let array = TypedArray::<u8>::new(ctx.clone(), bytes)?;
        Ok(array.into_value())
    })
}

/// What `node:os` tells of the machine.
fn system<'js>(ctx: Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let object = Object::new(ctx)?;
    let name = rustix::system::uname();
    object.set("type", name.sysname().to_string_lossy().into_owned())?;
    object.set("release", name.release().to_string_lossy().into_owned())?;
    object.set("version", name.version().to_string_lossy().into_owned())?;
    object.set("machine", name.machine().to_string_lossy().into_owned())?;
    let info = rustix::system::sysinfo();
    let unit = f64::from(info.mem_unit);
    object.set("totalmem", info.totalram as f64 * unit)?;
    object.set("freemem", info.freeram as f64 * unit)?;
    object.set("uptime", info.uptime as f64)?;
    let load = info.loads.iter().map(|load| *load as f64 / 65536.0);
    object.set("loadavg", load.collect::<Vec<_>>())?;
    let cores = std::thread::available_parallelism();
    object.set("cores", cores.map_or(1, usize::from))?;
    Ok(object)
}
