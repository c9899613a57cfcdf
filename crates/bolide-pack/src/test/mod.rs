//! Tests of Rust that is compiled to WebAssembly: functions with the attribute `#[wasm_bindgen_test]`.
//!
//! The module of a test binary exports each of them. [`run`] makes the module's glue, gives both to Bolide's own JavaScript
//! host or to Chromium, and runs one test after the other: a test that panics leaves its instance in an unknown state, so the
//! next one gets a new one.

mod bindgen;
mod browser;
mod cargo;
mod chromium;
mod module;
mod native;
mod outcome;
mod print;
mod selection;
mod trace;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bolide_js::RuntimeBuilder;

use bindgen::Glue;
pub use cargo::{CargoTest, cargo_test};
use chromium::Chromium;
use module::{Place, Suite, Test, Worker};
use native::Native;
use outcome::Finished;
pub use print::Format;
use print::Printer;
pub use selection::{Ignored, Selection};

use crate::error::{Error, Result};
use crate::report::Report;

/// Gives what a runtime for tests is made from, with what the tests may reach.
pub type NewRuntime<'a> = dyn FnMut() -> Result<RuntimeBuilder> + 'a;

/// What to do with the tests of a module, and how.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What to do.
    pub action: Action,
    /// Which tests.
    pub selection: Selection,
    /// Where to run them.
    pub host: Host,
    /// Whether to print what tests write at once, instead of when they have failed.
    pub no_capture: bool,
    /// Whether to print what tests have written if they succeed, too.
    pub show_output: bool,
    /// How results are shown.
    pub format: Format,
    /// Whether results may have colours.
    pub styled: bool,
    /// How long a test may take; without it, 20 seconds in Chromium, and any time in Bolide.
    pub timeout: Option<Duration>,
}

/// What to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Action {
    /// Run the tests.
    #[default]
    Test,
    /// Run the benchmarks.
    Bench,
    /// List the tests.
    List,
    /// List the benchmarks.
    ListBenchmarks,
}

/// Where to run tests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Host {
    /// In Bolide, or in Chromium if the module is configured for a browser.
    #[default]
    AsConfigured,
    /// In Chromium: this one, or the one that is found.
    Chromium(Option<PathBuf>),
}

/// Runs the tests of the module in the file `wasm`, and says whether none failed. Results are written to `out`.
///
/// # Errors
///
/// If the module or its glue cannot be used, there is no Chromium where one is needed, or nothing can be written to `out`.
pub fn run(
    wasm: &Path,
    options: &Options,
    runtime: &mut NewRuntime<'_>,
    out: &mut dyn Write,
    report: &mut dyn Report,
) -> Result<bool> {
    let bytes = std::fs::read(wasm).map_err(|e| Error::io("read", wasm, &e))?;
    let suite = Suite::of(&bytes).map_err(|error| {
        Error::new(format!("cannot read `{}`", wasm.display())).with_cause(error.to_string())
    })?;
    if is_doctest(wasm, &suite) && options.action == Action::Test {
        // wasm-bindgen makes no glue for a module without its runtime.
        let glue = match suite.has_imports {
            true => Glue::of(wasm, bytes)?,
            false => Glue::none(bytes)?,
        };
        return run_main(&glue, options, runtime);
    }
    let tests = match options.action {
        Action::Test | Action::List => &suite.tests,
        Action::Bench | Action::ListBenchmarks => &suite.benchmarks,
    };
    let (chosen, filtered) = options.selection.choose(tests);
    let mut printer = Printer::new(
        out,
        options.format,
        options.styled,
        !options.no_capture,
        options.show_output,
    );
    match options.action {
        Action::List => {
            return printer
                .list(&chosen, "test")
                .map(|()| true)
                .map_err(written);
        }
        Action::ListBenchmarks => {
            return printer
                .list(&chosen, "benchmark")
                .map(|()| true)
                .map_err(written);
        }
        Action::Test | Action::Bench => {}
    }
    if chosen.is_empty() {
        printer.start(0).map_err(written)?;
        return printer.end(filtered, Duration::ZERO).map_err(written);
    }
    if std::env::var_os("LLVM_PROFILE_FILE").is_some() {
        report.warn(&"coverage is not collected: LLVM_PROFILE_FILE has no effect on these tests");
    }
    let browser = browser(suite.place, options, report)?;
    let glue = Glue::of(wasm, bytes)?;
    // Benchmarks write their results themselves.
    let captures = !options.no_capture && options.action != Action::Bench;
    let include_ignored = options.selection.ignored != Ignored::Skipped;
    let Some(program) = browser else {
        let mut native = Native::new(&glue, runtime, options.timeout, captures);
        native.load()?;
        if options.action == Action::Bench {
            return bench(&mut native, &chosen);
        }
        let run = |test: &Test| native.run(test, include_ignored);
        return drive(&mut printer, &chosen, filtered, run);
    };
    let mut chromium = Chromium::new(program, &glue, suite.place, options.timeout, captures)?;
    chromium.load()?;
    let run = |test: &Test| chromium.run(test, include_ignored);
    drive(&mut printer, &chosen, filtered, run)
}

/// The browser that the tests run in, if they do not run in Bolide.
fn browser(place: Place, options: &Options, report: &mut dyn Report) -> Result<Option<PathBuf>> {
    let variable = |name: &str| std::env::var_os(name).is_some();
    let configured = match place {
        // As in wasm-bindgen's own runner.
        Place::Anywhere if variable("WASM_BINDGEN_USE_BROWSER") => Place::Page,
        place => place,
    };
    let chosen = match (&options.host, configured) {
        (_, Place::Emscripten) => {
            return Err(cannot_run_in(
                configured,
                "runs nothing that Emscripten makes",
            ));
        }
        (_, Place::Worker(Worker::Service)) => {
            return Err(cannot_run_in(configured, "cannot run tests in service workers")
                .with_help("`run_in_dedicated_worker` and `run_in_shared_worker` are workers in which it can"));
        }
        (Host::Chromium(_), Place::Node) => {
            return Err(
                cannot_run_in(configured, "was told to run them in Chromium")
                    .with_help("leave out --chrome: Bolide runs them by itself"),
            );
        }
        (Host::AsConfigured, Place::Anywhere | Place::Node) => return Ok(None),
        (Host::AsConfigured, _) => None,
        (Host::Chromium(path), _) => path.as_deref(),
    };
    if options.action == Action::Bench {
        return Err(
            Error::new("benchmarks run in Bolide only, not in a browser")
                .with_help("leave out --chrome and `run_in_browser`"),
        );
    }
    let program = browser::find(chosen).map_err(|error| match options.host {
        Host::AsConfigured => {
            let why = format!(
                "the tests are configured to run in a browser (`{}`)",
                configured.name()
            );
            error.with_cause(why)
        }
        Host::Chromium(_) => error,
    })?;
    report.step("Testing", &format_args!("in {}", program.display()));
    Ok(Some(program))
}

fn cannot_run_in(place: Place, why: &str) -> Error {
    Error::new(format!(
        "the tests are configured by `{}`, but bolide {why}",
        place.name()
    ))
}

/// Runs tests one after the other.
fn drive(
    printer: &mut Printer<'_>,
    tests: &[Test],
    filtered: usize,
    mut run: impl FnMut(&Test) -> Result<Finished>,
) -> Result<bool> {
    printer.start(tests.len()).map_err(written)?;
    let started = Instant::now();
    for test in tests {
        printer.test(&test.name).map_err(written)?;
        let finished = run(test)?;
        printer.finished(&test.name, finished).map_err(written)?;
    }
    printer.end(filtered, started.elapsed()).map_err(written)
}

fn written(error: io::Error) -> Error {
    Error::new("cannot write the results").with_cause(error.to_string())
}

/// Whether it is a program of rustdoc, which has a test in `main`.
fn is_doctest(wasm: &Path, suite: &Suite) -> bool {
    let in_deps = wasm.parent().is_some_and(|parent| parent.ends_with("deps"));
    suite.has_main && !in_deps && suite.tests.is_empty() && suite.benchmarks.is_empty()
}

/// Runs a doctest. rustdoc prints what it says if it fails.
fn run_main(glue: &Glue, options: &Options, runtime: &mut NewRuntime<'_>) -> Result<bool> {
    match Native::new(glue, runtime, options.timeout, false).main()? {
        Ok(()) => Ok(true),
        Err(why) => {
            // rustdoc has taken away standard error if nobody is to read it.
            let _ = writeln!(io::stderr(), "{why}");
            Ok(false)
        }
    }
}

/// Runs benchmarks, and keeps their figures for a comparison with the next run's.
fn bench(native: &mut Native<'_>, benchmarks: &[Test]) -> Result<bool> {
    let file = match std::env::var_os("WASM_BINDGEN_BENCH_RESULT") {
        Some(file) => PathBuf::from(file),
        None => PathBuf::from("target/wbg_benchmark.json"),
    };
    let before = std::fs::read(&file).ok();
    let benched = native.bench(benchmarks, before)?;
    if let Some(baseline) = &benched.baseline {
        let parent = file.parent().unwrap_or(Path::new(""));
        std::fs::create_dir_all(parent)
            .and_then(|()| std::fs::write(&file, baseline))
            .map_err(|e| Error::io("write", &file, &e))?;
    }
    if !benched.said.passed() {
        return Err(Error::new("benchmarks failed").with_cause(benched.said.failures()));
    }
    Ok(true)
}
