//! `bolide run`.

mod imports;
pub(crate) mod timeout;
mod trap;
mod values;

use std::ffi::OsString;
use std::net::TcpListener;
use std::path::Path;
use std::time::Instant;

use bolide::{
    Config, Engine, Error, Extern, ExternType, Func, Instance, Linker, Module, ModuleError, Store,
    StoreLimits, StoreLimitsBuilder, Trap, Val,
};
use bolide_wasi::{DirPerms, FilePerms, I32Exit, WasiCtx, WasiCtxBuilder};

use crate::args::RunArgs;
use crate::exit;
use crate::failure::Failure;
use crate::input::{self, Source};
use crate::script;
use crate::stats::Stats;
use crate::terminal;
use timeout::Timeout;

/// What a guest has.
struct Host {
    wasi: WasiCtx,
    limits: StoreLimits,
}

/// What there is to run.
enum Program {
    Module(Source),
    Script(script::Main),
}

impl Program {
    fn find(args: &RunArgs) -> Result<Program, Failure> {
        if let Some(code) = &args.eval {
            return Ok(Program::Script(script::Main::Eval(code.clone())));
        }
        let file = args.file();
        let extension = file.extension().and_then(|e| e.to_str());
        let is_package = file.is_dir() && file.join("package.json").exists();
        if is_package || matches!(extension, Some("js" | "mjs" | "cjs")) {
            return Ok(Program::Script(script::Main::File(file.to_owned())));
        }
        let name = input::display(file);
        let bytes = input::read(file)?;
        if file == Path::new("-") && script::looks_like_one(&bytes) {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            return Ok(Program::Script(script::Main::Stdin(text)));
        }
        if bytes.starts_with(b"#!") {
            return Ok(Program::Script(script::Main::File(file.to_owned())));
        }
        Source::from_bytes(name, bytes).map(Program::Module)
    }
}

/// Runs a program and returns its exit code. `started` is when bolide was.
pub(crate) fn run(args: &RunArgs, started: Instant) -> Result<u8, Failure> {
    match Program::find(args)? {
        Program::Module(source) => run_module(args, source, started),
        Program::Script(main) => script::run(args, main, started),
    }
}

fn run_module(args: &RunArgs, source: Source, started: Instant) -> Result<u8, Failure> {
    refuse_options_of_scripts(args)?;
    let name = source.name;
    let engine = engine(args)?;
    // The process ends with the program: nobody waits for what is compiled in the background.
    std::mem::forget(engine.clone());
    let module =
        Module::from_bytes(&engine, source.binary).map_err(|error| load_failure(&name, &error))?;
    let entry = Entry::find(&module, &name, args)?;
    let host = Host {
        wasi: wasi(args)?,
        limits: limits(args),
    };
    let mut store = Store::new(&engine, host);
    store.limiter(|host| &mut host.limits);
    if let Some(fuel) = args.fuel {
        let result = store.set_fuel(fuel);
        result.map_err(|error| Failure::from_error("cannot set the fuel", &error))?;
    }
    let timeout = match args.timeout {
        Some(after) => {
            store.set_epoch_deadline(1);
            let engine = engine.clone();
            Some(Timeout::start(
                move || engine.increment_epoch(),
                after,
                &name,
            )?)
        }
        None => None,
    };
    let entered = Instant::now();
    let result = execute(&mut store, &module, &name, entry, args);
    if let Some(timeout) = &timeout {
        timeout.stop();
    }
    if let Some(format) = args.stats {
        let fuel = args.fuel.zip(store.get_fuel().ok());
        Stats::new(started, entered, &engine)
            .with_fuel(fuel.map(|(given, left)| given - left))
            .print(format);
    }
    result
}

/// Modules have other ways than scripts.
fn refuse_options_of_scripts(args: &RunArgs) -> Result<(), Failure> {
    let capabilities = &args.capabilities;
    let refused = |option: &str, why: &str| {
        Err(
            Failure::new(format!("{option} is for scripts, not for modules"))
                .with_code(exit::USAGE)
                .with_help(why),
        )
    };
    if !capabilities.allow_net.is_empty() {
        return refused(
            "--allow-net",
            "WASI preview 1 cannot open connections; --tcplisten gives a module a socket that listens",
        );
    }
    if capabilities.import_map.is_some() {
        return refused(
            "--import-map",
            "imports of a module are WASI's functions only",
        );
    }
    Ok(())
}

fn engine(args: &RunArgs) -> Result<Engine, Failure> {
    let mut config = Config::new();
    config
        .features(args.features.features)
        .max_wasm_stack(args.max_stack)
        .consume_fuel(args.fuel.is_some())
        .epoch_interruption(args.timeout.is_some());
    args.compilation.apply(&mut config);
    Engine::new(&config).map_err(|error| Failure::from_error("cannot start the engine", &error))
}

fn limits(args: &RunArgs) -> StoreLimits {
    let limits = StoreLimitsBuilder::new();
    match args.max_memory {
        Some(bytes) => limits.memory_size(bytes).build(),
        None => limits.build(),
    }
}

#[cold]
fn load_failure(name: &str, error: &Error) -> Failure {
    match error.downcast_ref::<ModuleError>() {
        Some(error) => input::invalid(name, error, None),
        None => Failure::from_error(format!("cannot load {name}"), error),
    }
}

fn wasi(args: &RunArgs) -> Result<WasiCtx, Failure> {
    let mut wasi = WasiCtxBuilder::new();
    wasi.inherit_stdio();
    wasi.arg(args.file().file_name().unwrap_or(args.file().as_os_str()));
    if args.invoke.is_none() {
        wasi.args(args.args());
    }
    for variable in &args.capabilities.env {
        wasi.env(&variable.name, &variable.value);
    }
    for dir in &args.capabilities.dirs {
        let (dirs, files) = match dir.writable {
            true => (DirPerms::all(), FilePerms::all()),
            false => (DirPerms::READ, FilePerms::READ),
        };
        wasi.preopened_dir(&dir.host, &dir.guest, dirs, files)
            .map_err(|error| {
                Failure::new(format!(
                    "cannot give the program {}",
                    input::display(&dir.host)
                ))
                .with_cause(error.to_string())
                .with_help(
                    "--dir takes a directory that exists, as HOST, HOST::GUEST or HOST::GUEST:ro",
                )
            })?;
    }
    for address in &args.tcp_listen {
        let socket = TcpListener::bind(address);
        let failed = |error: std::io::Error| {
            Failure::new(format!("cannot listen on `{address}`"))
                .with_cause(error.to_string())
                .with_help(
                    "--tcplisten takes an address and a port that is free, such as 127.0.0.1:8080",
                )
        };
        wasi.preopened_socket(socket.map_err(failed)?)
            .map_err(failed)?;
    }
    Ok(wasi.build())
}

/// What of a module is run.
enum Entry<'a> {
    /// `_start` of a command.
    Start,
    /// An exported function, after `_initialize` of a reactor.
    Invoke(&'a str),
    /// What instantiation runs, and `_initialize`.
    Instantiate,
}

impl<'a> Entry<'a> {
    fn find(module: &Module, name: &str, args: &'a RunArgs) -> Result<Entry<'a>, Failure> {
        if let Some(function) = &args.invoke {
            return match module.get_export(function) {
                Some(ExternType::Func(_)) => Ok(Entry::Invoke(function)),
                Some(_) => Err(Failure::new(format!(
                    "export `{function}` of {name} is not a function"
                ))
                .with_help(functions_help(module))),
                None => Err(no_such_function(module, name, function)),
            };
        }
        let is_function = |export| matches!(module.get_export(export), Some(ExternType::Func(_)));
        if is_function("_start") {
            return Ok(Entry::Start);
        }
        if module.decoded().is_object() {
            return Err(
                Failure::new(format!("{name} is an object file, not a program"))
                    .with_help("link it first, with the compiler that made it or with `wasm-ld`"),
            );
        }
        let misplaced = args
            .args()
            .iter()
            .any(|arg| arg.as_encoded_bytes().starts_with(b"--invoke"));
        let runs_something = module.decoded().start.is_some() || is_function("_initialize");
        if runs_something && args.args().is_empty() {
            return Ok(Entry::Instantiate);
        }
        let failure = Failure::new(format!("{name} has no function `_start` that could be run"));
        Err(match misplaced {
            true => failure.with_help(
                "options of bolide stand before the file: `bolide run --invoke NAME FILE`",
            ),
            false => failure.with_help(functions_help(module)),
        })
    }
}

/// Exported functions with their signatures.
fn functions(module: &Module) -> Vec<(String, String)> {
    module
        .exports()
        .filter_map(|export| match export.ty() {
            ExternType::Func(ty) => {
                let name = terminal::printable(export.name());
                let signature = values::signature(&name, &ty);
                Some((name, signature))
            }
            _ => None,
        })
        .collect()
}

fn functions_help(module: &Module) -> String {
    const SHOWN: usize = 10;
    let functions = functions(module);
    if functions.is_empty() {
        return "the module exports no function; is it the right file?".to_owned();
    }
    let mut help = "call one of its functions with --invoke:".to_owned();
    for (_, signature) in functions.iter().take(SHOWN) {
        help.push_str("\n  ");
        help.push_str(signature);
    }
    if functions.len() > SHOWN {
        help += &format!("\n  … and {} more", functions.len() - SHOWN);
    }
    help
}

#[cold]
fn no_such_function(module: &Module, name: &str, function: &str) -> Failure {
    let failure = Failure::new(format!(
        "{name} exports no function `{}`",
        terminal::printable(function)
    ));
    let names = functions(module).into_iter().map(|(name, _)| name);
    match input::nearest(function, names).first() {
        Some(nearest) => failure.with_help(format!("did you mean `{nearest}`?")),
        None => failure.with_help(functions_help(module)),
    }
}

fn execute(
    store: &mut Store<Host>,
    module: &Module,
    name: &str,
    entry: Entry<'_>,
    args: &RunArgs,
) -> Result<u8, Failure> {
    // Before anything runs.
    let params = match entry {
        Entry::Invoke(function) => match module.get_export(function) {
            Some(ExternType::Func(ty)) => values::parse_all(function, &ty, args.args())?,
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    let mut linker = Linker::new(store.engine());
    // Without imports there is nothing to link.
    if module.imports().len() > 0 {
        let linked = bolide_wasi::add_to_linker(&mut linker, |host: &mut Host| &mut host.wasi);
        linked.map_err(|error| Failure::from_error("cannot define WASI", &error))?;
    }
    let instance = match linker.instantiate(&mut *store, module) {
        Ok(instance) => instance,
        Err(error) => {
            if let Some(failure) = imports::unknown(&linker, store, module, name, &error) {
                return Err(failure);
            }
            return ended(name, args, "cannot be instantiated", error);
        }
    };
    if !matches!(entry, Entry::Start)
        && let Some(initialize) = function(store, instance, "_initialize")
        && let Err(error) = initialize.call(&mut *store, &[], &mut [])
    {
        return ended(name, args, "failed in `_initialize`", error);
    }
    let called = match entry {
        Entry::Start => "_start",
        Entry::Invoke(function) => function,
        Entry::Instantiate => return Ok(exit::OK),
    };
    let Some(function) = function(store, instance, called) else {
        return Err(no_such_function(module, name, called));
    };
    let mut results = vec![Val::I32(0); function.ty(&*store).results().len()];
    match function.call(&mut *store, &params, &mut results) {
        Ok(()) => {
            print_results(&results)?;
            Ok(exit::OK)
        }
        Err(error) => ended(name, args, &format!("failed in `{called}`"), error),
    }
}

fn function(store: &mut Store<Host>, instance: Instance, name: &str) -> Option<Func> {
    instance.get_export(store, name).and_then(Extern::into_func)
}

fn print_results(results: &[Val]) -> Result<(), Failure> {
    if results.is_empty() {
        return Ok(());
    }
    let lines: String = results
        .iter()
        .map(|value| values::to_text(value) + "\n")
        .collect();
    terminal::print(&lines)
}

/// The guest ended with an error, of which `proc_exit` is one.
fn ended(name: &str, args: &RunArgs, how: &str, error: Error) -> Result<u8, Failure> {
    if let Some(exit) = error.downcast_ref::<I32Exit>() {
        return Ok(exit.process_exit_code());
    }
    let backtrace = trap::backtrace(&error);
    let failure = match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => match args.timeout {
            Some(after) => timeout::failure(name, after),
            None => trap::failure(name, Trap::Interrupt),
        },
        Some(trap) => trap::failure(name, *trap),
        None => Failure::from_error(format!("{name} {how}"), &error),
    };
    Err(match backtrace {
        Some(backtrace) => failure.with_details(backtrace),
        None => failure,
    })
}

/// Arguments as text, for parsing.
fn text(arg: &OsString) -> String {
    arg.to_string_lossy().into_owned()
}
