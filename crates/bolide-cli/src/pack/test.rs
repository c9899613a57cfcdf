//! `bolide test`.

use std::cell::Cell;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use bolide_js::{NetRule, RuntimeBuilder};
use bolide_pack::Config;
use bolide_pack::test::{
    Action, CargoTest, Format, Host, Ignored, Options, Selection, cargo_test, run,
};
use clap::{ArgAction, Args, ValueEnum, ValueHint};

use super::report::Progress;
use crate::args::{CapabilityArgs, CompilationArgs};
use crate::exit;
use crate::failure::Failure;
use crate::parse;
use crate::script;
use crate::terminal::{self, Stream};

/// Stack for calls of WebAssembly in tests, in bytes: as much as other Rust programs have for a test.
const STACK: usize = 2 << 20;

#[derive(Args, Debug)]
#[command(
    override_usage = "bolide test [OPTIONS] [PATH] [FILTER]... [-- TEST-OPTIONS]\n       bolide test FILE.wasm [FILTER]...",
    long_about = "Run the tests of a Rust package that are compiled to WebAssembly.\n\n\
        Tests are functions with the attribute `#[wasm_bindgen_test]`. They run in Bolide, without Node or a browser; those \
        that are configured for a browser, by `wasm_bindgen_test_configure!`, run in a Chromium without a window.\n\n\
        PATH is the folder of a package or workspace, by default the current one; what is no path is a FILTER: of the tests, \
        only those whose names contain one are run.\n\n\
        Tests can read and write the folder of the package, and see the environment; options give them more.",
    after_long_help = "\
As a runner of Cargo:
  export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=\"bolide test\"
  cargo test --target wasm32-unknown-unknown

Examples:
  bolide test
  bolide test parser -- --exact --skip slow
  bolide test -p app --test pages --chrome
  bolide test --allow-net=localhost:8080 --timeout 10s

The exit code is 101 if a test failed."
)]
pub(crate) struct TestArgs {
    /// A package, or a module that Cargo has compiled; then parts of the names of tests.
    #[arg(value_names = ["PATH", "FILTER"], value_hint = ValueHint::AnyPath)]
    words: Vec<OsString>,

    /// What follows `--`: options and filters for the test binaries.
    #[arg(last = true, hide = true, allow_hyphen_values = true)]
    rest: Vec<OsString>,

    #[command(flatten)]
    choice: ChoiceArgs,

    #[command(flatten)]
    host: HostArgs,

    #[command(flatten)]
    cargo: CargoArgs,

    #[command(flatten)]
    capabilities: CapabilityArgs,
}

/// Which tests, and how they are shown: the options of Rust's own test harness.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Tests")]
struct ChoiceArgs {
    /// Filters are whole names.
    #[arg(long)]
    exact: bool,

    /// No tests whose names contain FILTER (repeatable).
    #[arg(long, value_name = "FILTER")]
    skip: Vec<String>,

    /// Run only the tests that are ignored otherwise.
    #[arg(long, conflicts_with = "include_ignored")]
    ignored: bool,

    /// Run the tests that are ignored otherwise, too.
    #[arg(long)]
    include_ignored: bool,

    /// List the tests instead of running them.
    #[arg(long)]
    list: bool,

    /// Run benchmarks (`#[wasm_bindgen_bench]`) instead of tests.
    #[arg(long)]
    bench: bool,

    /// Print what tests write at once, instead of when they have failed.
    #[arg(long, visible_alias = "no-capture")]
    nocapture: bool,

    /// Print what tests have written if they succeed, too.
    #[arg(long)]
    show_output: bool,

    /// How results are shown: a line or a character for each test.
    #[arg(long, value_name = "FORMAT")]
    format: Option<FormatChoice>,

    /// As `--format terse`; Cargo says less, too.
    #[arg(short, long)]
    quiet: bool,

    /// Tests run one after the other, so there is nothing to choose but 1.
    #[arg(long, value_name = "N", hide = true, value_parser = one_thread)]
    test_threads: Option<()>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormatChoice {
    Pretty,
    Terse,
}

/// Where tests run.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Host")]
struct HostArgs {
    /// Run all tests in Chromium, without a window: in this one, or $CHROME, or one in PATH.
    #[arg(
        long,
        value_name = "PATH",
        num_args = 0..=1,
        require_equals = true,
        value_hint = ValueHint::ExecutablePath,
    )]
    chrome: Option<Option<PathBuf>>,

    /// Stop a test after a time, such as `500ms` or `10` (seconds). By default 20 s in Chromium; none in Bolide.
    #[arg(long, value_name = "DURATION", value_parser = parse::duration)]
    timeout: Option<Duration>,
}

/// What Cargo compiles.
#[derive(Args, Debug)]
#[command(next_help_heading = "Cargo")]
struct CargoArgs {
    /// A package of the workspace (repeatable).
    #[arg(short, long, value_name = "NAME")]
    package: Vec<String>,

    /// All packages of the workspace.
    #[arg(long)]
    workspace: bool,

    /// No tests of this package (repeatable).
    #[arg(long, value_name = "NAME", requires = "workspace")]
    exclude: Vec<String>,

    /// Tests of the library.
    #[arg(long)]
    lib: bool,

    /// Tests of all programs.
    #[arg(long)]
    bins: bool,

    /// Tests of a program (repeatable).
    #[arg(long, value_name = "NAME")]
    bin: Vec<String>,

    /// All that is tested by default, but for documentation.
    #[arg(long)]
    tests: bool,

    /// The tests in the file `tests/NAME.rs` (repeatable).
    #[arg(long, value_name = "NAME")]
    test: Vec<String>,

    /// Tests in documentation only.
    #[arg(long, conflicts_with_all = ["lib", "bins", "bin", "tests", "test"])]
    doc: bool,

    /// Optimize: the profile `release`.
    #[arg(short, long)]
    release: bool,

    /// Any profile of Cargo.
    #[arg(long, value_name = "NAME", conflicts_with = "release")]
    profile: Option<String>,

    /// Features to switch on, separated by commas or spaces (repeatable).
    #[arg(short = 'F', long, value_name = "FEATURES")]
    features: Vec<String>,

    /// Switch on all features.
    #[arg(long)]
    all_features: bool,

    /// Leave out the feature `default`.
    #[arg(long)]
    no_default_features: bool,

    /// Compile the tests only.
    #[arg(long)]
    no_run: bool,

    /// Go on with the next test binary when tests have failed.
    #[arg(long)]
    no_fail_fast: bool,

    /// Fail if Cargo.lock would have to change.
    #[arg(long)]
    locked: bool,

    /// Do not use the network to compile.
    #[arg(long)]
    offline: bool,

    /// As --locked and --offline together.
    #[arg(long)]
    frozen: bool,

    /// Where Cargo puts what it makes.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    target_dir: Option<PathBuf>,

    /// How many things Cargo does at once.
    #[arg(short, long, value_name = "N")]
    jobs: Option<String>,

    /// Say more: what Cargo runs (-vv: the output of build scripts, too).
    #[arg(short, long, action = ArgAction::Count, conflicts_with = "quiet")]
    verbose: u8,
}

fn one_thread(text: &str) -> Result<(), String> {
    match text {
        "1" => Ok(()),
        _ => Err("tests run one after the other, on one thread".to_owned()),
    }
}

/// Runs tests.
pub(crate) fn test(args: &TestArgs) -> Result<u8, Failure> {
    let (path, filters) = split(&args.words)?;
    match path {
        Some(path) if is_module(&path) => run_module(&path, filters, args),
        Some(path) => run_package(&path, filters, args),
        None => run_package(Path::new("."), filters, args),
    }
}

/// A path, if the first word is one, and filters.
fn split(words: &[OsString]) -> Result<(Option<PathBuf>, Vec<String>), Failure> {
    let (path, filters) = match words.split_first() {
        Some((first, rest)) if is_path(Path::new(first)) => (Some(PathBuf::from(first)), rest),
        _ => (None, words),
    };
    let filters: Result<Vec<String>, Failure> = filters.iter().map(text).collect();
    Ok((path, filters?))
}

/// A filter as text.
fn text(word: &OsString) -> Result<String, Failure> {
    word.to_str().map(str::to_owned).ok_or_else(|| {
        Failure::new("a filter is no valid UTF-8, so it is in no test's name")
            .with_code(exit::USAGE)
    })
}

/// Whether a word stands for a file or folder, rather than for a part of a test's name, which can be a path of Rust only.
fn is_path(word: &Path) -> bool {
    let has_separator = word.components().count() > 1 || word.to_string_lossy().contains('/');
    let is_dots = word == Path::new(".") || word == Path::new("..");
    has_separator
        || is_dots
        || is_module(word)
        || is_manifest(word)
        || word.join("Cargo.toml").is_file()
}

fn is_module(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "wasm")
}

fn is_manifest(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "Cargo.toml")
}

/// Runs the tests of a module.
fn run_module(wasm: &Path, mut filters: Vec<String>, args: &TestArgs) -> Result<u8, Failure> {
    let choice = &args.choice;
    if let Some(option) = cargo_options(&args.cargo)?.first() {
        let what = format!("{} is for packages, not for modules", option.display());
        return Err(Failure::new(what)
            .with_code(exit::USAGE)
            .with_help("name the folder of the package instead of the module"));
    }
    for word in &args.rest {
        filters.push(text(word)?);
    }
    let format = match choice.format {
        Some(FormatChoice::Pretty) => Format::Pretty,
        Some(FormatChoice::Terse) => Format::Terse,
        None if choice.quiet => Format::Terse,
        None => Format::Pretty,
    };
    let options = Options {
        action: match (choice.list, choice.bench) {
            (false, false) => Action::Test,
            (false, true) => Action::Bench,
            (true, false) => Action::List,
            (true, true) => Action::ListBenchmarks,
        },
        selection: Selection {
            filters,
            skip: choice.skip.clone(),
            exact: choice.exact,
            ignored: match (choice.ignored, choice.include_ignored) {
                (true, _) => Ignored::Only,
                (_, true) => Ignored::Included,
                _ => Ignored::Skipped,
            },
        },
        host: match &args.host.chrome {
            Some(path) => Host::Chromium(path.clone()),
            None => Host::AsConfigured,
        },
        no_capture: choice.nocapture,
        show_output: choice.show_output,
        format,
        styled: Stream::Stdout.is_styled(),
        timeout: timeout(args)?,
    };
    let passed = script::on_large_stack(STACK, || {
        let engine = script::engine(
            STACK,
            bolide::Features::default(),
            options.timeout.is_some(),
            &CompilationArgs::default(),
        )?;
        // Fails here in the way of the command line if it fails.
        builder(&args.capabilities)?;
        let mut runtime = || {
            let builder = builder(&args.capabilities).map_err(Failure::into_error)?;
            Ok(builder.engine(&engine))
        };
        let mut out = Results::default();
        let broken = out.broken.clone();
        let mut progress = Progress::new(false, 0);
        run(wasm, &options, &mut runtime, &mut out, &mut progress).map_err(|error| {
            match broken.get() {
                true => Failure::silent(exit::BROKEN_PIPE),
                false => error.into(),
            }
        })
    })?;
    Ok(if passed { exit::OK } else { exit::TESTS_FAILED })
}

/// How long a test may take.
fn timeout(args: &TestArgs) -> Result<Option<Duration>, Failure> {
    const VARIABLE: &str = "WASM_BINDGEN_TEST_TIMEOUT";
    if args.host.timeout.is_some() {
        return Ok(args.host.timeout);
    }
    let Some(value) = std::env::var_os(VARIABLE) else {
        return Ok(None);
    };
    let seconds = value.to_str().and_then(|value| value.parse().ok());
    match seconds {
        Some(seconds) => Ok(Some(Duration::from_secs(seconds))),
        None => Err(Failure::new(format!("{VARIABLE} is no number of seconds"))),
    }
}

/// What tests may do: what options say, read and write the current folder, and see the environment. Cargo makes the
/// package's folder the current one.
fn builder(capabilities: &CapabilityArgs) -> Result<RuntimeBuilder, Failure> {
    let mut builder = script::builder(capabilities, STACK, None)?;
    let folder = std::env::current_dir().map_err(|error| {
        Failure::new("cannot find the current folder").with_cause(error.to_string())
    })?;
    builder = builder.dir(&folder, &folder, true);
    let given = |name: &OsString| {
        capabilities
            .env
            .iter()
            .any(|variable| variable.name == *name)
    };
    for (name, value) in std::env::vars_os().filter(|(name, _)| !given(name)) {
        builder = builder.env(name.to_string_lossy(), value.to_string_lossy());
    }
    Ok(builder)
}

/// Standard output, and whether its reader has gone away.
#[derive(Default)]
struct Results {
    broken: Rc<Cell<bool>>,
}

impl Results {
    fn check<T>(&self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result
            && error.kind() == io::ErrorKind::BrokenPipe
        {
            self.broken.set(true);
        }
        result
    }
}

impl Write for Results {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.check(io::stdout().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.check(io::stdout().flush())
    }
}

/// Has Cargo compile the tests of a package and run them, with this program as the runner.
fn run_package(path: &Path, filters: Vec<String>, args: &TestArgs) -> Result<u8, Failure> {
    let folder = match is_manifest(path) {
        true => path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty()),
        false => Some(path),
    };
    let folder = folder.unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Err(
            Failure::new(format!("there is no folder `{}`", folder.display())).with_help(
                "the first argument is the folder of a package; write a filter without `/`",
            ),
        );
    }
    let mut cargo_arguments = cargo_options(&args.cargo)?;
    if args.choice.quiet {
        cargo_arguments.push("--quiet".into());
    }
    let test = CargoTest {
        bench: args.choice.bench,
        args: cargo_arguments,
        test_args: test_arguments(&filters, args),
        runner: runner(args)?,
    };
    let config = Config::load()?;
    let mut progress = Progress::new(args.choice.quiet, 0);
    Ok(cargo_test(folder, &test, &config, &mut progress)?)
}

/// What Cargo is told about what it compiles.
fn cargo_options(cargo: &CargoArgs) -> Result<Vec<OsString>, Failure> {
    let mut list: Vec<OsString> = Vec::new();
    let flags = [
        (cargo.workspace, "--workspace"),
        (cargo.lib, "--lib"),
        (cargo.bins, "--bins"),
        (cargo.tests, "--tests"),
        (cargo.doc, "--doc"),
        (cargo.release, "--release"),
        (cargo.all_features, "--all-features"),
        (cargo.no_default_features, "--no-default-features"),
        (cargo.no_run, "--no-run"),
        (cargo.no_fail_fast, "--no-fail-fast"),
        (cargo.locked, "--locked"),
        (cargo.offline, "--offline"),
        (cargo.frozen, "--frozen"),
    ];
    list.extend(
        flags
            .iter()
            .filter(|(given, _)| *given)
            .map(|(_, flag)| flag.into()),
    );
    let lists = [
        ("--package", &cargo.package),
        ("--exclude", &cargo.exclude),
        ("--bin", &cargo.bin),
        ("--test", &cargo.test),
        ("--features", &cargo.features),
    ];
    for (option, values) in lists {
        for value in values {
            list.extend([option.into(), value.into()]);
        }
    }
    for (option, value) in [("--profile", &cargo.profile), ("--jobs", &cargo.jobs)] {
        if let Some(value) = value {
            list.extend([option.into(), value.into()]);
        }
    }
    if let Some(folder) = &cargo.target_dir {
        list.extend(["--target-dir".into(), absolute(folder)?.into()]);
    }
    list.extend((0..cargo.verbose).map(|_| OsString::from("-v")));
    Ok(list)
}

/// What each test binary is told.
fn test_arguments(filters: &[String], args: &TestArgs) -> Vec<OsString> {
    let choice = &args.choice;
    let mut list: Vec<OsString> = filters.iter().map(OsString::from).collect();
    let flags = [
        (choice.exact, "--exact"),
        (choice.ignored, "--ignored"),
        (choice.include_ignored, "--include-ignored"),
        (choice.list, "--list"),
        (choice.nocapture, "--nocapture"),
        (choice.show_output, "--show-output"),
    ];
    list.extend(
        flags
            .iter()
            .filter(|(given, _)| *given)
            .map(|(_, flag)| flag.into()),
    );
    for skip in &choice.skip {
        list.extend(["--skip".into(), skip.into()]);
    }
    if let Some(format) = choice.format {
        let format = match format {
            FormatChoice::Pretty => "pretty",
            FormatChoice::Terse => "terse",
        };
        list.extend(["--format".into(), format.into()]);
    }
    list.extend(args.rest.iter().cloned());
    list
}

/// This program as Cargo's runner, with the options that say where and with what tests run. Cargo runs it in the folder
/// of a package, so paths are absolute.
fn runner(args: &TestArgs) -> Result<Vec<String>, Failure> {
    let program = std::env::current_exe().map_err(|error| {
        Failure::new("cannot find the program bolide").with_cause(error.to_string())
    })?;
    let mut list = vec![utf8(&program)?, "test".to_owned()];
    if let Some(colors) = terminal::chosen_colors() {
        list.push(format!("--color={colors}"));
    }
    match &args.host.chrome {
        Some(Some(path)) => list.push(format!("--chrome={}", utf8(&program_path(path)?)?)),
        Some(None) => list.push("--chrome".to_owned()),
        None => {}
    }
    if let Some(timeout) = args.host.timeout {
        list.push(format!("--timeout={}ms", timeout.as_millis()));
    }
    for dir in &args.capabilities.dirs {
        let access = if dir.writable { "rw" } else { "ro" };
        let host = utf8(&absolute(&dir.host)?)?;
        let guest = utf8(&absolute(Path::new(&dir.guest))?)?;
        list.push(format!("--dir={host}::{guest}:{access}"));
    }
    for variable in &args.capabilities.env {
        let (name, value) = (
            utf8(Path::new(&variable.name))?,
            utf8(Path::new(&variable.value))?,
        );
        list.push(format!("--env={name}={value}"));
    }
    for rule in &args.capabilities.allow_net {
        list.push(match rule {
            NetRule::Host(host, None) => format!("--allow-net={host}"),
            NetRule::Host(host, Some(port)) => format!("--allow-net={host}:{port}"),
            _ => "--allow-net".to_owned(),
        });
    }
    if let Some(file) = &args.capabilities.import_map {
        list.push(format!("--import-map={}", utf8(&absolute(file)?)?));
    }
    Ok(list)
}

/// A program's path, which is a name in PATH if it is only a name.
fn program_path(path: &Path) -> Result<PathBuf, Failure> {
    match path.components().count() {
        1 => Ok(path.to_owned()),
        _ => absolute(path),
    }
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| {
        Failure::new(format!("cannot find `{}`", path.display())).with_cause(error.to_string())
    })
}

fn utf8(path: &Path) -> Result<String, Failure> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Failure::new(format!(
            "`{}` is no valid UTF-8, which cargo needs",
            path.display()
        ))
    })
}
