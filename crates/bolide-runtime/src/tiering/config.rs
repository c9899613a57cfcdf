//! How functions are compiled, as far as embedders can choose. Nothing here changes what a program computes.

use std::num::NonZeroUsize;

/// Which compilers make the code of functions. Each function is compiled when it is first called.
///
/// ```
/// use bolide::*;
///
/// let mut config = Config::new();
/// config.strategy(Strategy::Optimizing);
/// let engine = Engine::new(&config)?;
/// let module = Module::new(&engine, "(module (func))")?;
/// module.compile_all()?;
/// assert_eq!(module.statistics().baseline.functions, 0);
/// assert_eq!(module.statistics().optimizing.functions, 1);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Strategy {
    /// The baseline compiler, whose code counts how often it runs; what is hot is compiled again by the optimizing
    /// compiler in background threads. Starts at once and gets fast. The default.
    #[default]
    Tiered,
    /// The baseline compiler only: the least time for compilation, and slower code.
    Baseline,
    /// The optimizing compiler only: the fastest code from the first instruction, and compilation that the program
    /// waits for.
    Optimizing,
}

/// Which compiler made a piece of code.
///
/// ```
/// use bolide::*;
///
/// let engine = Engine::default();
/// let module = Module::new(&engine, "(module (func (nop)))")?;
/// let code = module.function_code(0, Tier::Optimizing)?;
/// assert!(!code.bytes().is_empty());
/// assert_eq!(Tier::Optimizing.to_string(), "optimizing");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Tier {
    /// The compiler that works in one pass.
    Baseline = 1,
    /// The compiler that optimizes.
    Optimizing = 2,
}

impl std::fmt::Display for Tier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Tier::Baseline => "baseline",
            Tier::Optimizing => "optimizing",
        })
    }
}

/// When and where hot functions are optimized with [`Strategy::Tiered`].
///
/// ```
/// use bolide::*;
///
/// let mut tiering = TieringConfig::new();
/// tiering.call_threshold(100).worker_threads(1);
/// let mut config = Config::new();
/// config.tiering(tiering);
/// let engine = Engine::new(&config)?;
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TieringConfig {
    pub(crate) call_threshold: u32,
    pub(crate) loop_threshold: u32,
    pub(crate) worker_threads: Option<NonZeroUsize>,
    pub(crate) queue_capacity: usize,
    pub(crate) synchronous: bool,
    pub(crate) compile_ahead: bool,
}

impl Default for TieringConfig {
    fn default() -> Self {
        TieringConfig {
            call_threshold: 1_500,
            loop_threshold: 20_000,
            worker_threads: None,
            queue_capacity: 1_024,
            synchronous: false,
            compile_ahead: false,
        }
    }
}

impl TieringConfig {
    /// The default configuration.
    pub fn new() -> Self {
        Self::default()
    }

    /// After how many calls a function is hot. Calls and loop iterations add up in proportion. From 1 to about
    /// 4 million; what is outside is taken as the nearest. Default: 1,500.
    pub fn call_threshold(&mut self, calls: u32) -> &mut Self {
        self.call_threshold = calls;
        self
    }

    /// After how many iterations of its loops a function is hot. From 1 to about 4 million; what is outside is taken
    /// as the nearest. Default: 20,000.
    pub fn loop_threshold(&mut self, iterations: u32) -> &mut Self {
        self.loop_threshold = iterations;
        self
    }

    /// How many threads compile in the background at most. They start when there is something to do, and belong to
    /// the engine. 0, the default, is one for each processor but one, at least 1 and at most 4; on a single
    /// processor the thread has a lower priority than the guest.
    pub fn worker_threads(&mut self, threads: usize) -> &mut Self {
        self.worker_threads = NonZeroUsize::new(threads);
        self
    }

    /// How many functions wait for compilation at most. If there are more that are hot, they ask again later.
    /// Default: 1,024.
    pub fn queue_capacity(&mut self, functions: usize) -> &mut Self {
        self.queue_capacity = functions;
        self
    }

    /// Whether the guest waits while its hot functions are optimized, on its own thread, so that runs are
    /// reproducible. For tests. Default: off.
    pub fn synchronous(&mut self, enable: bool) -> &mut Self {
        self.synchronous = enable;
        self
    }

    /// Whether background threads compile exports of new instances, and callees of functions that are called
    /// first, before they are called. Without a second processor this does nothing. Default: off.
    pub fn compile_ahead(&mut self, enable: bool) -> &mut Self {
        self.compile_ahead = enable;
        self
    }
}

/// How profilers of the system learn the names of guest functions.
///
/// ```no_run
/// use bolide::*;
///
/// let mut config = Config::new();
/// // perf record -g program; perf report
/// config.profiler(ProfilingStrategy::PerfMap);
/// let engine = Engine::new(&config)?;
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProfilingStrategy {
    /// Not at all.
    #[default]
    None,
    /// Through a file `/tmp/perf-PID.map` with the address, size and name of each function, which Linux' `perf`
    /// reads by itself.
    PerfMap,
    /// Through a file `jit-PID.dump` in the current folder, which has the machine code, too, so that
    /// `perf annotate` shows it. Record with `perf record -k mono`, then `perf inject --jit`.
    JitDump,
}
