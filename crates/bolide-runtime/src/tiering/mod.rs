//! Which tier a function's code comes from, and how that changes while it runs.
//!
//! The counters of a module (see `bolide_abi::Counters`) call [`ModuleInner::tier_up`] when a function is hot. What
//! follows is decided here: code for calls, code for entering the running loop, or nothing yet. Threads of the engine
//! ([`pool`]) compile, and publishing is one store to the code slot. Code is replaced by code of a higher tier only.

mod config;
mod counter;
mod function_code;
mod pool;
mod profile;
mod statistics;
mod targets;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use bolide_abi::{
    CodegenOptions, CompileError, CompileMode, CompileRequest, CompiledFunction, Counters,
    FunctionCompiler, Optimizations, OsrLoop, Profile, VmctxLayout,
};
use bolide_baseline::BaselineCompiler;
use bolide_module::{DefinedFuncIndex, EntityIndex};
use bolide_optimizing::OptimizingCompiler;

pub use config::{ProfilingStrategy, Strategy, Tier, TieringConfig};
pub use function_code::FunctionCode;
pub(crate) use pool::{Job, JobKind, Pool, processors};
pub(crate) use statistics::Totals;
pub use statistics::{CompilationStatistics, QueueStatistics, TierStatistics};

use crate::code::Published;
use crate::error::{Context, Result};
use crate::module::ModuleInner;
use counter::CounterArray;
use profile::ModuleProfile;
use targets::TargetCells;

/// Stack that a compilation is guaranteed to have.
const COMPILE_STACK: usize = 1 << 20;

/// The compilers of an engine.
#[derive(Debug)]
pub(crate) struct Compilers {
    /// `None` if the strategy has no use for it.
    pub(crate) baseline: Option<Arc<dyn FunctionCompiler>>,
    pub(crate) optimizing: Arc<dyn FunctionCompiler>,
}

impl Compilers {
    pub(crate) fn new(
        strategy: Strategy,
        options: CodegenOptions,
        optimizations: Optimizations,
    ) -> Result<Compilers> {
        let optimizing = OptimizingCompiler::new(options)
            .context("this processor is not supported")?
            .with_optimizations(optimizations);
        let baseline = (strategy != Strategy::Optimizing)
            .then(|| Arc::new(BaselineCompiler::new(options)) as Arc<dyn FunctionCompiler>);
        Ok(Compilers {
            baseline,
            optimizing: Arc::new(optimizing),
        })
    }

    fn of(&self, tier: Tier) -> Option<&dyn FunctionCompiler> {
        match tier {
            Tier::Baseline => self.baseline.as_deref(),
            Tier::Optimizing => Some(&*self.optimizing),
        }
    }
}

/// One compilation, independent of the module's life.
pub(crate) struct Task {
    module: Arc<bolide_module::Module>,
    layout: Arc<VmctxLayout>,
    func: DefinedFuncIndex,
    tier: Tier,
    /// The loop that is entered, of those of the function.
    osr: Option<(Arc<[OsrLoop]>, u32)>,
    counters: Option<Counters>,
    /// What is called: noted in the baseline tier, read in the other.
    calls: Option<ModuleProfile>,
    profile: Profile,
}

/// Compiled code and what it took.
pub(crate) struct Compiled {
    function: CompiledFunction,
    time: Duration,
}

impl Task {
    /// Compiles, on a stack that is large enough.
    pub(crate) fn compile(
        &self,
        compilers: &Compilers,
    ) -> std::result::Result<Compiled, CompileError> {
        let compiler = compilers
            .of(self.tier)
            .ok_or_else(|| CompileError::Internal("there is no such compiler".into()))?;
        let request = CompileRequest {
            mode: match &self.osr {
                Some((loops, index)) => CompileMode::Osr(&loops[*index as usize]),
                None => CompileMode::Function,
            },
            counters: self.counters,
            targets: match self.tier {
                Tier::Baseline => self
                    .calls
                    .as_ref()
                    .map(|calls| calls.targets.for_compilers()),
                Tier::Optimizing => None,
            },
            profile: self.profile,
            call_profile: match self.tier {
                Tier::Baseline => None,
                Tier::Optimizing => self.calls.as_ref().map(|calls| calls as _),
            },
            ..CompileRequest::new(&self.module, &self.layout, self.func)
        };
        let started = Instant::now();
        let function = stacker::maybe_grow(COMPILE_STACK, 8 * COMPILE_STACK, || {
            compiler.compile(request)
        })?;
        Ok(Compiled {
            function,
            time: started.elapsed(),
        })
    }
}

/// Bits of a function's state.
mod state {
    /// The tier of the code in its slot; 0: not compiled.
    pub(super) const TIER: u8 = 3;
    /// Optimized code was asked for.
    pub(super) const REQUESTED: u8 = 4;
    /// The optimizing compiler cannot handle it.
    pub(super) const REFUSED: u8 = 8;
    /// Its callees were compiled ahead, or will be.
    pub(super) const AHEAD: u8 = 16;
    /// A thread makes its code, see [`Claim`](super::Claim).
    pub(super) const CLAIMED: u8 = 32;
}

/// OSR entry of one loop.
#[derive(Clone, Copy)]
enum OsrEntry {
    None,
    Requested,
    Ready(NonNull<u8>),
    Refused,
}

// SAFETY: the pointer is to published code, which all threads may execute.
unsafe impl Send for OsrEntry {}

/// Loops of a function's baseline code.
struct FunctionLoops {
    loops: Arc<[OsrLoop]>,
    entries: Box<[OsrEntry]>,
    /// How often another loop of the function was reached, since there is an entry for one.
    missed: u8,
}

/// A function's loops have one counter. When there is an entry for one of them, that many headers of others may come
/// first before one of those gets an entry, too.
const MOST_MISSED: u8 = 8;

/// For that many loops of a function at most an entry is compiled. Each is as much work as the whole function, whose
/// next call needs none of them.
const MOST_ENTRIES: usize = 8;

impl FunctionLoops {
    /// What to do about a loop that is hot and has no entry. Nested loops become hot together: the entry of one of
    /// them is enough. `replace` has another loop compiled instead of the one that waits for it, and returns that.
    fn wish_for(&mut self, index: u32, replace: impl FnOnce() -> Option<u32>) -> LoopWish {
        let is_requested = |entry: &OsrEntry| matches!(entry, OsrEntry::Requested);
        if self.entries.iter().any(is_requested) {
            // The guest may have left that loop long ago.
            if let Some(before) = replace() {
                self.entries[before as usize] = OsrEntry::None;
                self.entries[index as usize] = OsrEntry::Requested;
            }
            return LoopWish::Wait;
        }
        if self.missed < MOST_MISSED && self.has_entry() {
            self.missed += 1;
            return LoopWish::Other;
        }
        let is_compiled =
            |entry: &&OsrEntry| matches!(entry, OsrEntry::Ready(_) | OsrEntry::Refused);
        if self.entries.iter().filter(is_compiled).count() >= MOST_ENTRIES {
            return LoopWish::Function;
        }
        self.entries[index as usize] = OsrEntry::Requested;
        LoopWish::Loop
    }

    /// Whether one of the loops can be left.
    fn has_entry(&self) -> bool {
        let is_ready = |entry: &OsrEntry| matches!(entry, OsrEntry::Ready(_));
        self.entries.iter().any(is_ready)
    }
}

/// Where a running loop goes on.
pub(crate) struct OsrTarget {
    pub(crate) code: NonNull<u8>,
    loops: Arc<[OsrLoop]>,
    index: u32,
}

impl OsrTarget {
    pub(crate) fn at(&self) -> &OsrLoop {
        &self.loops[self.index as usize]
    }
}

/// The part of a module that knows its functions' tiers.
pub(crate) struct Tiers {
    counters: CounterArray,
    /// `None` if nothing is counted.
    targets: Option<Arc<TargetCells>>,
    states: Arc<[AtomicU8]>,
    /// Held by those who look whether they have to wait for the end of another's claim.
    claims: Mutex<()>,
    released: Condvar,
    loops: Mutex<HashMap<DefinedFuncIndex, FunctionLoops>>,
    /// The exports were compiled ahead, or will be.
    exports_ahead: AtomicBool,
    totals: Totals,
}

impl Tiers {
    /// `counting`: how functions, which have `code_bytes` of code, get hot, if they do.
    pub(crate) fn new(
        functions: usize,
        code_bytes: usize,
        counting: Option<&TieringConfig>,
    ) -> Tiers {
        Tiers {
            targets: counting.map(|_| Arc::new(TargetCells::new(code_bytes))),
            counters: counting.map_or_else(CounterArray::default, |config| {
                CounterArray::new(functions, config)
            }),
            states: (0..functions).map(|_| AtomicU8::new(0)).collect(),
            claims: Mutex::default(),
            released: Condvar::new(),
            loops: Mutex::default(),
            exports_ahead: AtomicBool::new(false),
            totals: Totals::default(),
        }
    }

    pub(crate) fn statistics(&self) -> CompilationStatistics {
        self.totals.read()
    }

    /// `None` if nothing is counted.
    fn calls(&self) -> Option<ModuleProfile> {
        let targets = self.targets.clone()?;
        let states = self.states.clone();
        Some(ModuleProfile { targets, states })
    }

    fn state(&self, func: DefinedFuncIndex) -> u8 {
        self.states[func.index()].load(Ordering::Acquire)
    }

    /// Sets bits of a function's state. Returns whether all of them were set before.
    fn set(&self, func: DefinedFuncIndex, bits: u8) -> bool {
        self.states[func.index()].fetch_or(bits, Ordering::AcqRel) & bits == bits
    }

    fn clear(&self, func: DefinedFuncIndex, bits: u8) {
        self.states[func.index()].fetch_and(!bits, Ordering::AcqRel);
    }

    fn tier(&self, func: DefinedFuncIndex) -> u8 {
        self.state(func) & state::TIER
    }

    fn set_tier(&self, func: DefinedFuncIndex, tier: Tier) {
        let change = |bits| Some(bits & !state::TIER | tier as u8);
        // It always has a value to change to.
        let _ = self.states[func.index()].fetch_update(Ordering::AcqRel, Ordering::Acquire, change);
    }

    /// Waits until no other thread has the function's claim, and takes it.
    fn claim(&self, func: DefinedFuncIndex) -> Claim<'_> {
        if self.set(func, state::CLAIMED) {
            let mut claims = self.claims();
            while self.set(func, state::CLAIMED) {
                let waited = self.released.wait(claims);
                claims = waited.unwrap_or_else(|e| e.into_inner());
            }
        }
        Claim { tiers: self, func }
    }

    fn claims(&self) -> MutexGuard<'_, ()> {
        // It guards no data.
        self.claims.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn loops(&self) -> MutexGuard<'_, HashMap<DefinedFuncIndex, FunctionLoops>> {
        // Entries are replaced in one step each.
        self.loops.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// Held while a function's code slot may change: by a thread that compiles it because it is called, and by one that
/// publishes. Others wait, but only those that want the same function.
struct Claim<'a> {
    tiers: &'a Tiers,
    func: DefinedFuncIndex,
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.tiers.clear(self.func, state::CLAIMED);
        // Whoever has seen the claim waits by the time that the lock is free.
        drop(self.tiers.claims());
        self.tiers.released.notify_all();
    }
}

/// What the counter of a loop asks for.
enum LoopWish {
    /// To go on here.
    Enter(OsrTarget),
    /// Code for calls.
    Function,
    /// Code for the loop.
    Loop,
    /// What was asked for before.
    Wait,
    /// That of a loop around it or in it, which there is an entry for.
    Other,
}

impl ModuleInner {
    fn task(&self, func: DefinedFuncIndex, tier: Tier) -> Task {
        Task {
            module: self.module.clone(),
            layout: self.layout.clone(),
            func,
            tier,
            osr: None,
            counters: match tier {
                Tier::Baseline => self.tiers.counters.for_compilers(),
                Tier::Optimizing => None,
            },
            calls: self.tiers.calls(),
            profile: Profile::default(),
        }
    }

    fn count(&self, count: impl Fn(&Totals)) {
        count(&self.tiers.totals);
        count(self.engine.totals());
    }

    /// Compiles a function unless that has happened, and returns its code.
    pub(crate) fn compile(&self, func: DefinedFuncIndex) -> Result<NonNull<u8>> {
        let _claim = self.tiers.claim(func);
        if self.tiers.tier(func) != 0 {
            return Ok(self.current_code(func));
        }
        let compilers = self.engine.compilers();
        if compilers.baseline.is_some() {
            let task = self.task(func, Tier::Baseline);
            match task.compile(compilers) {
                Ok(compiled) => return self.publish(&task, compiled),
                Err(CompileError::Unsupported { .. } | CompileError::TooLarge(_)) => {}
                Err(error) => return Err(self.compile_error(func, error)),
            }
            self.count(|totals| {
                totals.fallbacks.fetch_add(1, Ordering::Relaxed);
            });
        }
        let task = self.task(func, Tier::Optimizing);
        match task.compile(compilers) {
            Ok(compiled) => self.publish(&task, compiled),
            Err(error) => Err(self.compile_error(func, error)),
        }
    }

    /// Makes code what calls of its function run, unless a tier that is as high has come first. Returns the code
    /// that calls run now. The function is claimed.
    fn publish(&self, task: &Task, compiled: Compiled) -> Result<NonNull<u8>> {
        let Task { func, tier, .. } = *task;
        let current = self.tiers.tier(func);
        if current >= tier as u8 {
            return Ok(self.current_code(func));
        }
        let Compiled { mut function, time } = compiled;
        let loops: Arc<[OsrLoop]> = std::mem::take(&mut function.loops).into();
        let published = self.add_code(func, function)?;
        if !loops.is_empty() {
            let entries = vec![OsrEntry::None; loops.len()].into();
            let known = FunctionLoops {
                loops,
                entries,
                missed: 0,
            };
            self.tiers.loops().insert(func, known);
        }
        let bytes = published.code.len();
        self.count(|totals| match tier {
            Tier::Baseline => totals.baseline.add(bytes, time),
            Tier::Optimizing => totals.optimizing.add(bytes, time),
        });
        if current == 0 {
            self.engine.count_function();
        }
        self.announce(func, &published, || tier.to_string());
        self.set_code(func, published.address);
        self.tiers.set_tier(func, tier);
        Ok(published.address)
    }

    /// Tells the profiler about code.
    fn announce(
        &self,
        func: DefinedFuncIndex,
        published: &Published<'_>,
        what: impl FnOnce() -> String,
    ) {
        self.engine.profiler().register(published, || {
            let index = self.module.func_index(func);
            let exported = || {
                let mut exports = self.module.exports.iter();
                let export = exports.find(|export| export.index == EntityIndex::Func(index))?;
                Some(&*export.name)
            };
            let name = match self.module.names().function(index).or_else(exported) {
                Some(name) => crate::demangle(name),
                None => format!("wasm function {}", index.0),
            };
            format!("{name} [{}]", what())
        });
    }

    /// What a function's counter says: it is hot. Returns where its running loop goes on, if that is not where it
    /// is.
    pub(crate) fn tier_up(
        &self,
        func: DefinedFuncIndex,
        loop_index: Option<u32>,
    ) -> Option<OsrTarget> {
        let entries = self.tiers.counters.restart(func.index())?;
        let Some(index) = loop_index else {
            self.want_function(func, None);
            return None;
        };
        match self.loop_wish(func, index, entries)? {
            LoopWish::Wait => None,
            LoopWish::Function => {
                self.want_function(func, Some(index));
                None
            }
            LoopWish::Other => {
                self.tiers.counters.fire_soon(func.index());
                None
            }
            LoopWish::Enter(target) => Some(self.enter(func, index, target)),
            LoopWish::Loop => {
                self.want(func, JobKind::Loop(index), Some(index));
                // A guest that waits for compilation can go on there now.
                if !self.engine.config().tuning.tiering.synchronous {
                    return None;
                }
                match self.loop_wish(func, index, 0)? {
                    LoopWish::Enter(target) => Some(self.enter(func, index, target)),
                    _ => None,
                }
            }
        }
    }

    /// A running loop goes over to optimized code. The next call of the function should start there.
    fn enter(&self, func: DefinedFuncIndex, index: u32, target: OsrTarget) -> OsrTarget {
        self.want_function(func, Some(index));
        self.count(|totals| {
            totals.osr_entries.fetch_add(1, Ordering::Relaxed);
        });
        target
    }

    /// What to do about a loop whose counter fired when the function had been entered `entries` times since it
    /// was set. A loop that runs for long was entered at most once; of a function that is called often, the next
    /// call should find optimized code.
    fn loop_wish(&self, func: DefinedFuncIndex, index: u32, entries: u8) -> Option<LoopWish> {
        let mut loops = self.tiers.loops();
        let known = loops.get_mut(&func)?;
        let entry = *known.entries.get(index as usize)?;
        if !matches!(entry, OsrEntry::Ready(_)) && known.has_entry() {
            // A loop around this one may have it, and be reached seldom.
            self.tiers.counters.fire_early(func.index());
        }
        let pool = self.engine.pool();
        Some(match entry {
            OsrEntry::Ready(code) => LoopWish::Enter(OsrTarget {
                code,
                loops: known.loops.clone(),
                index,
            }),
            // The lock of the queue is taken while that of the loops is held, never the other way round.
            OsrEntry::None if entries <= 1 => {
                known.wish_for(index, || pool.replace_loop(&self.this, func, index))
            }
            OsrEntry::Requested if entries == 0 => {
                pool.heat_up(&self.this, func, JobKind::Loop(index));
                LoopWish::Wait
            }
            OsrEntry::None | OsrEntry::Requested | OsrEntry::Refused => LoopWish::Function,
        })
    }

    /// Asks for optimized code for calls.
    fn want_function(&self, func: DefinedFuncIndex, hot_loop: Option<u32>) {
        let current = self.tiers.state(func);
        if current & state::TIER == Tier::Optimizing as u8 || current & state::REFUSED != 0 {
            return;
        }
        if self.tiers.set(func, state::REQUESTED) {
            let pool = self.engine.pool();
            pool.heat_up(&self.this, func, JobKind::Function);
        } else {
            self.want(func, JobKind::Function, hot_loop);
        }
    }

    /// Has something optimized that was not asked for before: here and now, or in the background.
    fn want(&self, func: DefinedFuncIndex, kind: JobKind, hot_loop: Option<u32>) {
        let job = Job::new(self.this.clone(), Some(func), kind).with_hot_loop(hot_loop);
        if self.engine.config().tuning.tiering.synchronous {
            for task in self.tasks(&job) {
                let result = task.compile(self.engine.compilers());
                self.finish(&task, result);
            }
        } else if !self.engine.pool().push(job) {
            self.forget_request(func, kind);
        }
    }

    /// There is no room for a request: it can be made again.
    pub(crate) fn forget_request(&self, func: DefinedFuncIndex, kind: JobKind) {
        match kind {
            JobKind::Loop(index) => self.set_entry(func, index, OsrEntry::None),
            JobKind::Function => self.tiers.clear(func, state::REQUESTED),
            JobKind::Ahead => {}
        }
    }

    fn set_entry(&self, func: DefinedFuncIndex, index: u32, entry: OsrEntry) {
        if let Some(known) = self.tiers.loops().get_mut(&func) {
            known.missed = 0;
            known.entries[index as usize] = entry;
        }
    }

    /// What has to be compiled for a job.
    pub(crate) fn tasks(&self, job: &Job) -> Vec<Task> {
        let profile = |func| {
            let hot_loop = job.hot_loop.and_then(|index| {
                let loops = self.tiers.loops();
                let known: &FunctionLoops = loops.get(&func)?;
                Some(known.loops.get(index as usize)?.wasm_offset)
            });
            Profile::new(hot_loop)
        };
        match (job.kind, job.func) {
            (JobKind::Function, Some(func)) => vec![Task {
                profile: profile(func),
                ..self.task(func, Tier::Optimizing)
            }],
            (JobKind::Loop(index), Some(func)) => {
                let loops = self.tiers.loops().get(&func).map(|l| l.loops.clone());
                let task = loops.map(|loops| Task {
                    osr: Some((loops, index)),
                    profile: profile(func),
                    ..self.task(func, Tier::Optimizing)
                });
                task.into_iter().collect()
            }
            (JobKind::Ahead, func) => {
                let next = func.map_or_else(|| self.exports(), |func| self.callees(func));
                next.into_iter()
                    .filter(|&func| self.tiers.tier(func) == 0)
                    .map(|func| self.task(func, Tier::Baseline))
                    .collect()
            }
            (JobKind::Function | JobKind::Loop(_), None) => Vec::new(),
        }
    }

    /// Puts what a task has produced in its place.
    pub(crate) fn finish(&self, task: &Task, result: std::result::Result<Compiled, CompileError>) {
        match (&task.osr, task.tier) {
            (Some((loops, index)), _) => {
                let at = &loops[*index as usize];
                let entry = self.finish_loop(task, at, result);
                self.set_entry(task.func, *index, entry);
                // The guests in the loop ask at once.
                self.tiers.counters.fire_soon(task.func.index());
            }
            (None, tier) => {
                let published = result.is_ok_and(|compiled| {
                    let _claim = self.tiers.claim(task.func);
                    self.publish(task, compiled).is_ok()
                });
                // Code that could not be made ahead is made when it is needed, with the error if there is one.
                if !published && tier == Tier::Optimizing {
                    self.tiers.set(task.func, state::REFUSED);
                    self.count_failure();
                }
            }
        }
    }

    fn finish_loop(
        &self,
        task: &Task,
        at: &OsrLoop,
        result: std::result::Result<Compiled, CompileError>,
    ) -> OsrEntry {
        let published = result.ok().and_then(|Compiled { function, time }| {
            let published = self.add_code(task.func, function).ok()?;
            let bytes = published.code.len();
            self.count(|totals| totals.osr.add(bytes, time));
            self.announce(task.func, &published, || {
                format!("{} from the loop at {:#x}", task.tier, at.wasm_offset)
            });
            Some(published.address)
        });
        match published {
            Some(code) => OsrEntry::Ready(code),
            None => {
                self.count_failure();
                OsrEntry::Refused
            }
        }
    }

    fn count_failure(&self) {
        self.count(|totals| {
            totals.failures.fetch_add(1, Ordering::Relaxed);
        });
    }

    /// Has compiled, in the background, what is likely to be called next: the callees of a function that is called
    /// first, or the exports of an instance.
    pub(crate) fn compile_ahead(&self, func: Option<DefinedFuncIndex>) {
        if !self.engine.compiles_ahead() || self.tiers.states.is_empty() {
            return;
        }
        let requested = match func {
            Some(func) => self.tiers.set(func, state::AHEAD),
            // Each instance asks; all but the first only read.
            None => {
                let exports_ahead = &self.tiers.exports_ahead;
                exports_ahead.load(Ordering::Acquire) || exports_ahead.swap(true, Ordering::AcqRel)
            }
        };
        // If there is no room, there is more urgent work than this.
        if !requested {
            let job = Job::new(self.this.clone(), func, JobKind::Ahead);
            self.engine.pool().push(job);
        }
    }

    fn exports(&self) -> Vec<DefinedFuncIndex> {
        let exports = self.module.exports.iter();
        exports
            .filter_map(|export| match export.index {
                EntityIndex::Func(func) => self.module.defined_func(func),
                _ => None,
            })
            .collect()
    }

    /// The functions of this module that a function calls directly.
    fn callees(&self, func: DefinedFuncIndex) -> Vec<DefinedFuncIndex> {
        use wasmparser::{BinaryReader, FunctionBody, Operator};
        let body = FunctionBody::new(BinaryReader::new(self.module.body(func), 0));
        let mut callees = Vec::new();
        // The body is valid; if it were not, there would be nothing to compile ahead.
        let Ok(mut reader) = body.get_operators_reader() else {
            return callees;
        };
        while let Ok(operator) = reader.read() {
            if let Operator::Call { function_index } | Operator::ReturnCall { function_index } =
                operator
            {
                let callee = bolide_module::FuncIndex(function_index);
                callees.extend(self.module.defined_func(callee));
            }
        }
        callees.sort_unstable_by_key(|func| func.0);
        callees.dedup();
        callees
    }
}
