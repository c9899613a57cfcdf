//! The command line.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use bolide::{Config, Features, Optimizations, ProfilingStrategy, Strategy};
use bolide_js::NetRule;
use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

use crate::pack::{BuildArgs, NewArgs, ServeArgs, TestArgs};
use crate::parse::{self, Dir, Env};

const EXIT_CODES: &str = "\
Exit codes:
  0    success; `bolide run` exits with the program's own code
  1    a file cannot be read, is no valid module, or cannot be linked; a check failed; a script threw an error
       that nothing caught, which traps of its modules are too
  2    the command line is wrong
  101  tests failed; an internal error of bolide
  124  the program ran longer than --timeout
  134  the program trapped (a module; not one that a script uses)
  141  whoever read bolide's own output has stopped reading (a program that is run gets the error EPIPE)";

const SHORT_FORMS: &str = "\
`bolide FILE` is short for `bolide run FILE`, and `bolide -e CODE` for `bolide run -e CODE`.";

/// Runs WebAssembly modules and JavaScript, and shows what is in modules.
#[derive(Debug, Parser)]
#[command(
    name = "bolide",
    version,
    long_version = long_version(),
    after_help = SHORT_FORMS,
    after_long_help = format!("{SHORT_FORMS}\n\n{EXIT_CODES}"),
    max_term_width = 100,
)]
pub(crate) struct Cli {
    /// When to use colours. `auto` means: on a terminal, unless NO_COLOR is set.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorChoice,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum ColorChoice {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a program or a script, or call a function of a module.
    Run(RunArgs),
    /// Evaluate JavaScript line by line.
    Repl(ReplArgs),
    /// Make a new project.
    New(NewArgs),
    /// Build Rust or C for WebAssembly, as a package for JavaScript.
    Build(BuildArgs),
    /// Serve a project to browsers, and build it anew when it changes.
    Serve(ServeArgs),
    /// Run the tests of a Rust package that are compiled to WebAssembly.
    Test(TestArgs),
    /// Translate a module from text to binary format.
    Parse(ParseArgs),
    /// Check that files are valid modules.
    Validate(ValidateArgs),
    /// Show what is in a module.
    Inspect(InspectArgs),
    /// Run scripts of the WebAssembly test suite.
    Wast(WastArgs),
    /// Print a script that completes bolide's command line in a shell.
    #[command(
        long_about = "Print a script that completes bolide's command line in a shell.\n\n\
        For bash: bolide completions bash > ~/.local/share/bash-completion/completions/bolide"
    )]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// What modules may use.
#[derive(Args, Debug)]
pub(crate) struct FeatureArgs {
    /// Features of WebAssembly to switch on and off, such as `-gc,+threads` or `wasm2,simd`.
    ///
    /// From left to right: `name` or `+name` enables a feature with what it needs, `-name` disables it with what
    /// needs it; `all`, `none`, `mvp`, `wasm1`, `wasm2` and `wasm3` stand for whole sets. Everything is on by default.
    #[arg(
        long,
        value_name = "LIST",
        allow_hyphen_values = true,
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) features: Features,
}

/// What a program may use of the machine.
#[derive(Args, Debug)]
pub(crate) struct CapabilityArgs {
    /// Give the program a directory (repeatable).
    ///
    /// GUEST is its name in the program, by default the same as HOST. With `:ro` the program can only read. The last
    /// `::` separates HOST from GUEST; a HOST that contains `::` or ends in `:ro` is written with GUEST and `:rw`.
    #[arg(
        long = "dir",
        value_name = "HOST[::GUEST][:ro]",
        value_parser = OsStringValueParser::new().try_map(|text| Dir::parse(&text)),
        value_hint = ValueHint::DirPath,
    )]
    pub(crate) dirs: Vec<Dir>,

    /// Set a variable in the program's environment; K alone takes the value that bolide has (repeatable).
    #[arg(
        long = "env",
        value_name = "K[=V]",
        value_parser = OsStringValueParser::new().try_map(|text| Env::parse(&text)),
    )]
    pub(crate) env: Vec<Env>,

    /// Let a script connect to hosts: to those that are listed, or to all (repeatable).
    ///
    /// A HOST is compared by its name, without its subdomains; with a PORT, only that port is allowed.
    #[arg(
        long,
        value_name = "HOST[:PORT],…",
        num_args = 0..=1,
        require_equals = true,
        value_delimiter = ',',
        default_missing_value = "*",
        value_parser = parse::net_rule,
    )]
    pub(crate) allow_net: Vec<NetRule>,

    /// Resolve the imports of a script by this import map.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) import_map: Option<PathBuf>,
}

/// How `--stats` prints.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum StatsFormat {
    Text,
    Json,
}

/// How functions are compiled.
#[derive(Args, Debug, Default)]
pub(crate) struct CompilationArgs {
    /// Which compilers make the code: `tiered`, the default, starts with `baseline` code and optimizes in the
    /// background what runs often; `baseline` only is slower; `optimizing` only starts later.
    #[arg(long, value_name = "STRATEGY")]
    pub(crate) strategy: Option<StrategyChoice>,

    /// Switch optimizations of the optimizing compiler on and off: NAME=on or NAME=off, or `all`, separated by commas.
    ///
    /// Programs do the same whatever is on: this is to measure what an optimization is worth, and to find one that is
    /// to blame.
    #[arg(long, value_name = "LIST")]
    pub(crate) opt: Option<Optimizations>,

    /// Tell Linux' perf the names of functions.
    ///
    /// `perfmap` writes /tmp/perf-PID.map, which `perf report` reads by itself; `jitdump` writes jit-PID.dump, which has
    /// the code, too, for `perf record -k mono` and `perf inject --jit`.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) profile: Option<ProfileFormat>,
}

impl CompilationArgs {
    /// Configures an engine accordingly.
    pub(crate) fn apply(&self, config: &mut Config) {
        if let Some(strategy) = self.strategy {
            config.strategy(match strategy {
                StrategyChoice::Tiered => Strategy::Tiered,
                StrategyChoice::Baseline => Strategy::Baseline,
                StrategyChoice::Optimizing => Strategy::Optimizing,
            });
        }
        if let Some(optimizations) = self.opt {
            config.optimizations(optimizations);
        }
        if let Some(profile) = self.profile {
            config.profiler(match profile {
                ProfileFormat::Perfmap => ProfilingStrategy::PerfMap,
                ProfileFormat::Jitdump => ProfilingStrategy::JitDump,
            });
        }
    }
}

/// `--strategy`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum StrategyChoice {
    Tiered,
    Baseline,
    Optimizing,
}

/// `--profile`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ProfileFormat {
    Perfmap,
    Jitdump,
}

/// `--tier`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TierChoice {
    Baseline,
    Optimizing,
}

#[derive(Args, Debug)]
#[command(
    long_about = "Run a program or a script, or call a function of a module.\n\n\
        FILE is a WebAssembly module in binary (.wasm) or text (.wat) format, a script (.mjs, .js, .cjs), or a folder \
        with a package.json, whose main module is run. A file with another name is a script if its first line \
        begins with `#!`, and a module otherwise; standard input is a script unless it looks like a module.\n\n\
        A WASI command runs from its start to its end; with --invoke, a function that the module exports is called \
        and its results are printed. It sees nothing of the machine but standard input, output and error, the time, \
        randomness, and what the options give it. A script can also read the folder that it stands in (with -e and \
        from standard input, the current folder).\n\n\
        Options of bolide stand before FILE; everything after it is for the program.",
    override_usage = "bolide run [OPTIONS] FILE [ARGS]...\n       bolide run [OPTIONS] -e CODE [ARGS]...",
    after_long_help = format!("\
Examples:
  bolide run hello.wasm one two
  bolide run --dir . --env HOME=/ tool.wasm --verbose
  bolide run --dir ./data::/data:ro --timeout 10s tool.wasm /data/input
  bolide run --invoke add math.wat 2 0x2a
  bolide run --allow-net=api.example.com app.mjs
  bolide run -e 'console.log(WebAssembly.validate(new Uint8Array(8)))'

{EXIT_CODES}"),
)]
pub(crate) struct RunArgs {
    /// The module or script (`-`: standard input), then arguments of the program, or of the function that is called.
    // One list, because what follows the first is not for bolide, whatever it looks like.
    #[arg(
        required_unless_present = "eval",
        trailing_var_arg = true,
        value_names = ["FILE", "ARGS"],
        value_hint = ValueHint::FilePath,
    )]
    pub(crate) program: Vec<OsString>,

    /// Run this JavaScript, as an ES module, instead of a file.
    #[arg(short, long, value_name = "CODE", allow_hyphen_values = true)]
    pub(crate) eval: Option<String>,

    /// Call this exported function with ARGS and print its results, one per line.
    ///
    /// Integers are decimal or hexadecimal (`-1`, `0xff`); floats also `inf`, `-inf`, `nan` and `nan:0x…`; vectors
    /// `i32x4:1,2,3,4`, likewise with i8x16, i16x8, i64x2, f32x4 and f64x2; references `null`. A reactor's
    /// `_initialize` is called first.
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    pub(crate) invoke: Option<String>,

    #[command(flatten)]
    pub(crate) capabilities: CapabilityArgs,

    /// Listen on a TCP address and give the program the socket, after the directories (repeatable).
    #[arg(long = "tcplisten", value_name = "ADDRESS:PORT")]
    pub(crate) tcp_listen: Vec<String>,

    /// Stop a module after about N instructions.
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = parse::fuel)]
    pub(crate) fuel: Option<u64>,

    /// Stop the program after a time, such as `500ms`, `1.5s`, `2m` or `10` (seconds), counted from when it is loaded.
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, value_parser = parse::duration)]
    pub(crate) timeout: Option<Duration>,

    /// Largest size of each linear memory of the program, such as `64MiB` (K, M and G are powers of 1024).
    #[arg(long, value_name = "SIZE", value_parser = parse::size)]
    pub(crate) max_memory: Option<usize>,

    /// Stack that the program's calls may use. JavaScript has 4 MiB besides.
    #[arg(long, value_name = "SIZE", value_parser = parse::size, default_value = "1MiB")]
    pub(crate) max_stack: usize,

    /// Say at the end, on standard error, where time and memory went.
    #[arg(
        long,
        value_name = "FORMAT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "text",
    )]
    pub(crate) stats: Option<StatsFormat>,

    #[command(flatten)]
    pub(crate) compilation: CompilationArgs,

    #[command(flatten)]
    pub(crate) features: FeatureArgs,
}

impl RunArgs {
    /// The module or script. Not to be used with `--eval`.
    pub(crate) fn file(&self) -> &Path {
        Path::new(&self.program[0])
    }

    /// What follows the module or script.
    pub(crate) fn args(&self) -> &[OsString] {
        match self.eval {
            Some(_) => &self.program,
            None => &self.program[1..],
        }
    }
}

#[derive(Args, Debug)]
#[command(long_about = "Evaluate JavaScript line by line.\n\n\
        What is typed is evaluated when it is complete, and its value printed; `_` is the last value. `await` and \
        `import` work as in a module. Ctrl-C stops an evaluation, Ctrl-D ends. `.help` lists the commands.\n\n\
        Scripts can read the current folder; options give them more. If standard input is not a terminal, it is \
        read to its end without prompts. The history is in $XDG_STATE_HOME/bolide, by default ~/.local/state/bolide.")]
pub(crate) struct ReplArgs {
    #[command(flatten)]
    pub(crate) capabilities: CapabilityArgs,

    /// Largest size of each linear memory, such as `64MiB` (K, M and G are powers of 1024).
    #[arg(long, value_name = "SIZE", value_parser = parse::size)]
    pub(crate) max_memory: Option<usize>,

    /// Stack that calls of WebAssembly may use. JavaScript has 4 MiB besides.
    #[arg(long, value_name = "SIZE", value_parser = parse::size, default_value = "1MiB")]
    pub(crate) max_stack: usize,

    #[command(flatten)]
    pub(crate) features: FeatureArgs,
}

#[derive(Args, Debug)]
#[command(long_about = "Translate a module from text to binary format.\n\n\
        The module is not validated; `bolide validate` does that.")]
pub(crate) struct ParseArgs {
    /// The module in text format (`-`: standard input).
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,

    /// Where to write the binary: by default FILE with the extension `.wasm` (`-`: standard output).
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Args, Debug)]
#[command(long_about = "Check that files are valid modules.\n\n\
        For each file, `FILE: ok` goes to standard output, or what is wrong, and at which offset, to standard error. \
        The exit code is 0 only if all are valid.")]
pub(crate) struct ValidateArgs {
    /// The modules (`-`: standard input, validated while it arrives).
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) features: FeatureArgs,
}

#[derive(Args, Debug)]
#[command(
    long_about = "Show what is in a module.\n\n\
        Sections with their sizes, imports and exports with their types, the largest functions, memory and data \
        layout, tables, globals, tags, and what compilers recorded.\n\n\
        With --html, a page for browsers that needs nothing but itself: sizes as a treemap, every function with its \
        callers and callees, and the contents of data segments. Of large modules it has the 40,000 largest functions \
        and the sums of the others, and the first 64 KiB of each data segment, 2 MiB in all.",
    after_long_help = crate::inspect::JSON_HELP,
)]
pub(crate) struct InspectArgs {
    /// The module (`-`: standard input).
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,

    /// Print JSON instead of a page; its fields are in `bolide inspect --help`.
    #[arg(long)]
    pub(crate) json: bool,

    /// Make a page for browsers.
    #[arg(long, conflicts_with = "json")]
    pub(crate) html: bool,

    /// Write to a file instead of standard output.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,

    /// How many functions to show, largest first. By default 20, with --html 40,000, and in JSON all.
    #[arg(long, value_name = "N")]
    pub(crate) functions: Option<usize>,

    /// Show the machine code of a function instead, with the WebAssembly instructions that it comes from. FUNC is an
    /// index, the name of an export, or the name of a function.
    #[arg(long, value_name = "FUNC", conflicts_with_all = ["json", "html", "functions"])]
    pub(crate) asm: Option<String>,

    /// The compiler that makes the machine code.
    #[arg(
        long,
        value_name = "TIER",
        requires = "asm",
        default_value = "optimizing"
    )]
    pub(crate) tier: TierChoice,
}

#[derive(Args, Debug)]
#[command(long_about = "Run scripts of the WebAssembly test suite.\n\n\
        For each script: how many assertions passed, and those that failed with their lines. The exit code is 0 only \
        if all passed.")]
pub(crate) struct WastArgs {
    /// The scripts (.wast).
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) features: FeatureArgs,
}

fn long_version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let features: Vec<&str> = bolide::Feature::ALL
            .iter()
            .filter(|f| f.edition() > bolide_module::Edition::Wasm3)
            .map(|f| f.name())
            .collect();
        format!(
            "{}\nhost:        {}-{}\ncompiler:    optimizing (Cranelift), each function at its first call\n\
             WebAssembly: 3.0, {}\nsystem:      WASI preview 1\nJavaScript:  QuickJS-NG",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::ARCH,
            std::env::consts::OS,
            features.join(", "),
        )
    });
    &VERSION
}

/// Parses the command line of the process.
///
/// # Errors
///
/// Also when help or the version are asked for.
pub(crate) fn parse(args: impl Iterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let mut args: Vec<OsString> = args.collect();
    if args.get(1).is_some_and(|arg| is_program(arg)) {
        args.insert(1, "run".into());
    }
    Cli::try_parse_from(args)
}

/// Whether the first argument is a program instead of a command.
fn is_program(arg: &OsStr) -> bool {
    let path = Path::new(arg);
    let bytes = arg.as_encoded_bytes();
    let is_eval = matches!(bytes, [b'-', b'e', ..] | b"--eval") || bytes.starts_with(b"--eval=");
    let extension = path.extension().is_some();
    is_eval || !bytes.starts_with(b"-") && (extension || bytes.contains(&b'/'))
}
