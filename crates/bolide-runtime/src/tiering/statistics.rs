//! What was compiled, by which tier, and what it took.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What one kind of compilation has produced.
///
/// ```
/// use bolide::*;
///
/// let engine = Engine::default();
/// let module = Module::new(&engine, "(module (func) (func))")?;
/// module.compile_all()?;
/// let CompilationStatistics { baseline, optimizing, .. } = module.statistics();
/// let functions: u64 = [baseline, optimizing].iter().map(|tier: &TierStatistics| tier.functions).sum();
/// assert_eq!(functions, 2);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TierStatistics {
    /// Functions (or, for OSR, loops) that were compiled.
    pub functions: u64,
    /// Bytes of the machine code.
    pub code_bytes: u64,
    /// Time that it took, summed over all threads.
    pub compilation: Duration,
}

/// What an engine or a module has compiled so far, by tier.
///
/// ```
/// use bolide::*;
///
/// let engine = Engine::default();
/// let module = Module::new(&engine, "(module (func))")?;
/// assert_eq!(module.statistics(), CompilationStatistics::default());
/// module.compile_all()?;
/// assert_eq!(module.statistics(), engine.statistics().tiers);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompilationStatistics {
    /// By the baseline compiler.
    pub baseline: TierStatistics,
    /// By the optimizing compiler, for calls.
    pub optimizing: TierStatistics,
    /// By the optimizing compiler, for loops that were running in baseline code.
    pub osr: TierStatistics,
    /// How often a running loop went over to optimized code.
    pub osr_entries: u64,
    /// Functions that the baseline compiler left to the optimizing one.
    pub fallbacks: u64,
    /// Functions and loops that stay in baseline code because the optimizing compiler cannot handle them.
    pub failures: u64,
}

/// The work of an engine's background threads.
///
/// ```
/// use bolide::*;
///
/// let queue: QueueStatistics = Engine::default().statistics().queue;
/// assert_eq!((queue.waiting, queue.longest), (0, 0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueStatistics {
    /// Threads that were started.
    pub threads: u64,
    /// Functions that wait now.
    pub waiting: u64,
    /// The most that ever waited.
    pub longest: u64,
    /// How often a function was turned away because the queue was full.
    pub rejected: u64,
}

/// Counts one kind of compilation.
#[derive(Debug, Default)]
pub(crate) struct TierTotals {
    functions: AtomicU64,
    code_bytes: AtomicU64,
    nanoseconds: AtomicU64,
}

impl TierTotals {
    pub(crate) fn add(&self, code_bytes: usize, time: Duration) {
        self.functions.fetch_add(1, Ordering::Relaxed);
        self.code_bytes
            .fetch_add(code_bytes as u64, Ordering::Relaxed);
        self.nanoseconds
            .fetch_add(time.as_nanos() as u64, Ordering::Relaxed);
    }

    fn read(&self) -> TierStatistics {
        TierStatistics {
            functions: self.functions.load(Ordering::Relaxed),
            code_bytes: self.code_bytes.load(Ordering::Relaxed),
            compilation: Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed)),
        }
    }
}

/// Counts what [`CompilationStatistics`] reports.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) baseline: TierTotals,
    pub(crate) optimizing: TierTotals,
    pub(crate) osr: TierTotals,
    pub(crate) osr_entries: AtomicU64,
    pub(crate) fallbacks: AtomicU64,
    pub(crate) failures: AtomicU64,
}

impl Totals {
    pub(crate) fn read(&self) -> CompilationStatistics {
        CompilationStatistics {
            baseline: self.baseline.read(),
            optimizing: self.optimizing.read(),
            osr: self.osr.read(),
            osr_entries: self.osr_entries.load(Ordering::Relaxed),
            fallbacks: self.fallbacks.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
        }
    }
}
