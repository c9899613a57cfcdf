//! Running JavaScript.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant};

use bolide::{Config, Engine};
use bolide_js::{Error, Exception, Location, Runtime, RuntimeBuilder};

use crate::args::{CapabilityArgs, CompilationArgs, RunArgs};
use crate::exit;
use crate::failure::Failure;
use crate::input;
use crate::run::timeout::{self, Timeout};
use crate::stats::Stats;
use crate::terminal::{Stream, Style, printable};

/// Stack for JavaScript, beside that of WebAssembly.
const JS_STACK: usize = 4 << 20;

/// Stack for what is native.
const NATIVE_STACK: usize = 1 << 20;

/// The script to run.
#[derive(Debug)]
pub(crate) enum Main {
    /// A file, or the folder of a package.
    File(PathBuf),
    /// The code of `--eval`.
    Eval(String),
    /// What was read from standard input.
    Stdin(String),
}

/// Whether text is a script rather than a module in text format, which begins with a parenthesis and one of the
/// format's keywords.
pub(crate) fn looks_like_one(bytes: &[u8]) -> bool {
    const KEYWORDS: [&str; 13] = [
        "module",
        "component",
        "type",
        "rec",
        "import",
        "func",
        "table",
        "memory",
        "global",
        "export",
        "start",
        "elem",
        "data",
    ];
    let Ok(mut text) = std::str::from_utf8(bytes) else {
        return false;
    };
    loop {
        text = text.trim_start();
        text = match (text.strip_prefix(";;"), text.strip_prefix("(;")) {
            (Some(comment), _) => comment.split_once('\n').map_or("", |(_, rest)| rest),
            (_, Some(comment)) => comment.split_once(";)").map_or("", |(_, rest)| rest),
            _ => break,
        };
    }
    let Some(inner) = text.strip_prefix('(') else {
        // Nothing at all is the empty module, and binary modules begin with a zero.
        return !text.is_empty() && !text.starts_with('\0') && !text.starts_with('@');
    };
    let inner = inner.trim_start();
    let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let (word, rest) = inner.split_at(end.unwrap_or(inner.len()));
    let is_module = KEYWORDS.contains(&word) && !rest.trim_start().starts_with(['.', '=', ',']);
    !is_module
}

/// Runs a script and returns its exit code. `started` is when bolide was.
pub(crate) fn run(args: &RunArgs, main: Main, started: Instant) -> Result<u8, Failure> {
    refuse_options_of_modules(args)?;
    on_large_stack(args.max_stack, || execute(args, &main, started))
}

/// Scripts have other ways than modules.
fn refuse_options_of_modules(args: &RunArgs) -> Result<(), Failure> {
    let refused = |option: &str, help: &str| {
        let what = format!("{option} is for modules, not for scripts");
        Err(Failure::new(what).with_code(exit::USAGE).with_help(help))
    };
    if let Some(function) = &args.invoke {
        let function = printable(function);
        return refused(
            "--invoke",
            &format!(
                "import the function instead: bolide -e 'import {{ {function} }} from \"./FILE\"; console.log({function}())'"
            ),
        );
    }
    if args.fuel.is_some() {
        return refused(
            "--fuel",
            "JavaScript has no count of instructions; --timeout limits the time",
        );
    }
    if !args.tcp_listen.is_empty() {
        return refused("--tcplisten", "scripts cannot listen for connections");
    }
    Ok(())
}

/// Runs `f` on a thread whose stack is large enough for JavaScript and WebAssembly that call each other.
pub(crate) fn on_large_stack<R: Send>(
    wasm_stack: usize,
    f: impl FnOnce() -> Result<R, Failure> + Send,
) -> Result<R, Failure> {
    // JavaScript may be entered below WebAssembly, and WebAssembly below JavaScript.
    let size = wasm_stack
        .saturating_mul(2)
        .saturating_add(JS_STACK + NATIVE_STACK);
    let thread = std::thread::Builder::new()
        .name("script".to_owned())
        .stack_size(size);
    std::thread::scope(|scope| {
        match thread.spawn_scoped(scope, f) {
        // Panics end the process.
        Ok(thread) => thread.join().unwrap_or(Err(Failure::silent(exit::INTERNAL))),
        Err(error) => Err(Failure::new("cannot start the thread of the script")
            .with_cause(error.to_string())
            .with_help(
                "lower --max-stack, or raise the limits of memory and processes (`ulimit -v`, `ulimit -u`)",
            )),
    }
    })
}

/// A builder with what options have given.
pub(crate) fn builder(
    capabilities: &CapabilityArgs,
    max_stack: usize,
    max_memory: Option<usize>,
) -> Result<RuntimeBuilder, Failure> {
    let mut builder = Runtime::builder()
        .stdout(Output(io::stdout()))
        .stderr(Output(io::stderr()))
        .colors(Stream::Stdout.is_styled(), Stream::Stderr.is_styled())
        .max_stack(JS_STACK.saturating_add(max_stack));
    if let Some(bytes) = max_memory {
        builder = builder.max_wasm_memory(bytes);
    }
    for variable in &capabilities.env {
        let (name, value) = (&variable.name, &variable.value);
        builder = builder.env(name.to_string_lossy(), value.to_string_lossy());
    }
    for dir in &capabilities.dirs {
        if !dir.host.is_dir() {
            return Err(Failure::new(format!(
                "cannot give the script {}",
                input::display(&dir.host)
            ))
            .with_cause("there is no such directory")
            .with_help(
                "--dir takes a directory that exists, as HOST, HOST::GUEST or HOST::GUEST:ro",
            ));
        }
        let guest = absolute(Path::new(&dir.guest))?;
        builder = builder.dir(&dir.host, guest, dir.writable);
    }
    if let Some(file) = &capabilities.import_map {
        builder = builder.import_map(file);
    }
    for rule in &capabilities.allow_net {
        builder = builder.allow_net(rule.clone());
    }
    Ok(builder)
}

/// Lets scripts read the current folder.
pub(crate) fn with_current_folder(builder: RuntimeBuilder) -> Result<RuntimeBuilder, Failure> {
    let folder = std::env::current_dir().map_err(no_folder)?;
    Ok(builder.own_folder(folder))
}

/// An engine for scripts.
pub(crate) fn engine(
    max_stack: usize,
    features: bolide::Features,
    interruptible: bool,
    compilation: &CompilationArgs,
) -> Result<Engine, Failure> {
    let mut config = Config::new();
    compilation.apply(&mut config);
    config
        .features(features)
        .max_wasm_stack(max_stack)
        .epoch_interruption(interruptible);
    Engine::new(&config).map_err(|error| Failure::from_error("cannot start the engine", &error))
}

/// The absolute path without `.` and `..`.
fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    let path = std::path::absolute(path).map_err(no_folder)?;
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => drop(normal.pop()),
            other => normal.push(other),
        }
    }
    Ok(normal)
}

fn no_folder(error: io::Error) -> Failure {
    Failure::new("cannot find the current folder").with_cause(error.to_string())
}

fn execute(args: &RunArgs, main: &Main, started: Instant) -> Result<u8, Failure> {
    let engine = engine(
        args.max_stack,
        args.features.features,
        args.timeout.is_some(),
        &args.compilation,
    )?;
    // The process ends with the script: nobody waits for what is compiled in the background.
    std::mem::forget(engine.clone());
    let mut builder = builder(&args.capabilities, args.max_stack, args.max_memory)?.engine(&engine);
    for arg in args.args() {
        builder = builder.arg(arg.to_string_lossy());
    }
    let (folder, name) = match main {
        Main::File(file) => {
            let name = input::display(file);
            let real = std::fs::canonicalize(file);
            let real = real.map_err(|error| input::unreadable(file, &name, &error))?;
            (real, name)
        }
        Main::Eval(_) => (
            std::env::current_dir().map_err(no_folder)?,
            "the code".into(),
        ),
        Main::Stdin(_) => (
            std::env::current_dir().map_err(no_folder)?,
            input::display(Path::new("-")),
        ),
    };
    let own = match folder.is_dir() {
        true => &folder,
        false => folder.parent().unwrap_or(&folder),
    };
    let mut runtime = builder.own_folder(own).build().map_err(failed)?;
    let timeout = match args.timeout {
        Some(after) => {
            let handle = runtime.interrupt_handle();
            Some(Timeout::start(move || handle.interrupt(), after, &name)?)
        }
        None => None,
    };
    let entered = Instant::now();
    let result = match main {
        Main::File(_) => runtime.run_file(&folder),
        Main::Eval(code) | Main::Stdin(code) => runtime.run_code(code),
    };
    if let Some(timeout) = &timeout {
        timeout.stop();
    }
    if let Some(format) = args.stats {
        Stats::new(started, entered, &engine)
            .with_heap(runtime.heap_bytes())
            .print(format);
    }
    ended(result, &name, args.timeout)
}

fn failed(error: Error) -> Failure {
    Failure::new(printable(&error.to_string()))
}

fn ended(
    result: bolide_js::Result<()>,
    name: &str,
    after: Option<Duration>,
) -> Result<u8, Failure> {
    match result {
        Ok(()) => Ok(exit::OK),
        // As the operating system does.
        Err(Error::Exit(code)) => Ok(code as u8),
        Err(Error::Exception(exception)) => {
            let text = uncaught(&exception, Stream::Stderr.is_styled());
            // Without standard error there is only the exit code.
            let _ = io::stderr().lock().write_all(text.as_bytes());
            Ok(exit::ERROR)
        }
        Err(Error::Interrupted) => Err(timeout::failure(name, after.unwrap_or_default())),
        Err(error) => Err(failed(error)),
    }
}

/// An error that nothing caught: the line that threw it, its stack, causes and properties.
pub(crate) fn uncaught(exception: &Exception, styled: bool) -> String {
    let mut text = String::new();
    if let Some(excerpt) = exception.location.as_ref().and_then(|l| excerpt(l, styled)) {
        let _ = writeln!(text, "{excerpt}\n");
    }
    let _ = write!(text, "{} ", Style::Error.apply("Uncaught", styled));
    for (index, line) in exception.report.lines().enumerate() {
        let style = match line.trim_start().starts_with("at ") {
            true => Style::Quiet,
            false if index == 0 => Style::Strong,
            false => {
                let _ = writeln!(text, "{line}");
                continue;
            }
        };
        let _ = writeln!(text, "{}", style.apply(line, styled));
    }
    text
}

/// The place, the line, and a mark below the column.
fn excerpt(location: &Location, styled: bool) -> Option<String> {
    const WIDEST: usize = 100;
    let line = location.text.as_ref()?.replace('\t', " ");
    let units = line.encode_utf16().collect::<Vec<u16>>();
    let column = (location.column as usize).saturating_sub(1);
    if column > units.len() {
        return None;
    }
    // Of long lines, what is around the place.
    let from = match column > WIDEST - 20 {
        true => column - WIDEST / 2,
        false => 0,
    };
    let to = units.len().min(from + WIDEST);
    let part = |range: std::ops::Range<usize>| printable(&String::from_utf16_lossy(&units[range]));
    let before = part(from..column);
    let mark = " ".repeat(unicode_width::UnicodeWidthStr::width(before.as_str()));
    let place = printable(&format!("{}:{}", location.file, location.line));
    Some(format!(
        "{}\n{}{}\n{mark}{}",
        Style::Strong.apply(&place, styled),
        before,
        part(column..to),
        Style::Error.apply("^", styled)
    ))
}

/// Standard output or error of a script. When the reader has gone away there is nobody to run for.
struct Output<W>(W);

impl<W> Output<W> {
    fn check<R>(result: io::Result<R>) -> io::Result<R> {
        if let Err(error) = &result
            && error.kind() == io::ErrorKind::BrokenPipe
        {
            std::process::exit(exit::BROKEN_PIPE.into());
        }
        result
    }
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Output::<W>::check(self.0.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Output::<W>::check(self.0.flush())
    }
}

#[cfg(test)]
mod tests {
    use super::looks_like_one;

    #[test]
    fn standard_input_is_told_apart() {
        for (text, script) in [
            ("console.log(1)", true),
            ("#!/usr/bin/env bolide\nf()", true),
            ("(() => 1)()", true),
            ("(async () => {})()", true),
            ("(function () {})()", true),
            ("(data.length)", true),
            ("import './x.mjs'", true),
            ("(module)", false),
            (";; note\n(; block ;) (module $a)", false),
            ("(func (export \"f\"))", false),
            ("(memory 1)", false),
            ("", false),
            ("\0asm\u{1}\0\0\0", false),
        ] {
            assert_eq!(looks_like_one(text.as_bytes()), script, "{text}");
        }
    }
}
