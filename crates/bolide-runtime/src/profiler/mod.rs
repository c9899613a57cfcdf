//! Tells profilers of the system the names of guest functions; see [`ProfilingStrategy`].

mod jitdump;
mod perf_map;

use crate::code::Published;
use crate::error::{Context, Result};
use crate::tiering::ProfilingStrategy;

/// Where published code is announced. The files belong to the process: engines share them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Profiler(ProfilingStrategy);

impl Profiler {
    /// # Errors
    ///
    /// If the file cannot be made.
    pub(crate) fn new(strategy: ProfilingStrategy) -> Result<Profiler> {
        match strategy {
            ProfilingStrategy::None => {}
            ProfilingStrategy::PerfMap => perf_map::open()
                .with_context(|| format!("cannot write {} for perf", perf_map::path().display()))?,
            ProfilingStrategy::JitDump => jitdump::open().with_context(|| {
                format!(
                    "cannot write {} in the current folder for perf",
                    jitdump::path().display()
                )
            })?,
        }
        Ok(Profiler(strategy))
    }

    /// Announces code. What cannot be written is missing in the profile, and nowhere else.
    pub(crate) fn register(&self, published: &Published<'_>, name: impl FnOnce() -> String) {
        match self.0 {
            ProfilingStrategy::None => {}
            ProfilingStrategy::PerfMap => perf_map::register(published.code, &clean(name())),
            ProfilingStrategy::JitDump => jitdump::register(published.code, &clean(name())),
        }
    }
}

/// A name that ends neither a line nor a C string.
fn clean(name: String) -> String {
    name.replace(|c: char| c.is_control(), " ")
}
