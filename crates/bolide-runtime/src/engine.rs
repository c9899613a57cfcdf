//! Engines.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use bolide_abi::CodegenOptions;
use bolide_module::TypeRegistry;

use crate::config::Config;
use crate::error::Result;
use crate::memory::{MemoryAllocator, interrupt_waiter};
use crate::profiler::Profiler;
use crate::tiering::{CompilationStatistics, Compilers, Pool, QueueStatistics, Totals, processors};
use crate::trap;

/// What modules and stores share: configuration, types, compiler, and pools. Cheap to clone, and
/// `Send + Sync`; most programs have one.
///
/// ```
/// use bolide::*;
///
/// let engine = Engine::default();
/// // A clone is the same engine, for another thread or a longer life.
/// let same = engine.clone();
/// assert!(Engine::same(&engine, &same));
///
/// let mut config = Config::new();
/// config.consume_fuel(true);
/// let other = Engine::new(&config)?;
/// assert!(!Engine::same(&engine, &other));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct Engine {
    inner: Arc<EngineInner>,
}

struct EngineInner {
    config: Config,
    codegen: CodegenOptions,
    registry: Arc<TypeRegistry>,
    compilers: Arc<Compilers>,
    pool: Pool,
    profiler: Profiler,
    memories: Arc<MemoryAllocator>,
    epoch: AtomicU64,
    loaded: LoadedTotals,
    stores: Mutex<HashMap<u64, Arc<StoreInterrupt>>>,
}

/// What [`Engine::statistics`] sums up.
#[derive(Default)]
struct LoadedTotals {
    modules: AtomicU64,
    module_bytes: AtomicU64,
    functions: AtomicU64,
    tiers: Totals,
}

/// What an engine has loaded and compiled since it was made, modules that are gone included.
///
/// ```
/// use bolide::*;
///
/// let engine = Engine::default();
/// let module = Module::new(&engine, r#"(module (func) (func))"#)?;
/// module.compile_all()?;
/// let statistics: EngineStatistics = engine.statistics();
/// assert_eq!((statistics.modules, statistics.functions), (1, 2));
/// assert!(statistics.code_bytes > 0);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EngineStatistics {
    /// Modules that were loaded.
    pub modules: u64,
    /// Bytes of these modules in binary form.
    pub module_bytes: u64,
    /// Functions that were compiled, each counted once.
    pub functions: u64,
    /// Bytes of machine code of these functions, by all tiers.
    pub code_bytes: u64,
    /// Time that compilation took, summed over all tiers and threads.
    pub compilation: Duration,
    /// The same, by tier.
    pub tiers: CompilationStatistics,
    /// What background threads have to do.
    pub queue: QueueStatistics,
}

/// What the engine needs to know of a store to interrupt it from any thread.
pub(crate) struct StoreInterrupt {
    /// The epoch at which the store is interrupted.
    pub(crate) deadline: AtomicU64,
    /// The flag in the store's context. The store unregisters before it frees it.
    pub(crate) flag: *const AtomicU32,
    /// Where in the host's memory a guest of the store is in an atomic wait, or 0.
    pub(crate) waiting_at: AtomicUsize,
}

// SAFETY: the flag is atomic, and lives as long as the store is registered.
unsafe impl Send for StoreInterrupt {}
// SAFETY: as above.
unsafe impl Sync for StoreInterrupt {}

impl Engine {
    /// Makes an engine.
    ///
    /// # Errors
    ///
    /// If this processor is not supported or the configuration contradicts itself.
    pub fn new(config: &Config) -> Result<Engine> {
        let profiler = Profiler::new(config.tuning.profiler)?;
        Engine::build(config, profiler, |options| {
            Compilers::new(config.tuning.strategy, options, config.tuning.optimizations)
        })
    }

    /// An engine whose compilers are those that `compilers` makes.
    pub(crate) fn build(
        config: &Config,
        profiler: Profiler,
        compilers: impl FnOnce(CodegenOptions) -> Result<Compilers>,
    ) -> Result<Engine> {
        trap::install_handlers();
        let mut wanted = config.tuning.memory;
        wanted.guard = wanted.guard.next_multiple_of(bolide_module::WASM_PAGE_SIZE);
        let memory = MemoryAllocator::host_tuning(wanted);
        let codegen = config.codegen_options(memory);
        let compilers = Arc::new(compilers(codegen)?);
        Ok(Engine {
            inner: Arc::new(EngineInner {
                config: config.clone(),
                codegen,
                registry: Arc::default(),
                pool: Pool::new(compilers.clone(), &config.tuning.tiering),
                compilers,
                profiler,
                memories: MemoryAllocator::new(memory, config.tuning.pool),
                epoch: AtomicU64::new(0),
                loaded: LoadedTotals::default(),
                stores: Mutex::default(),
            }),
        })
    }

    /// The configuration that the engine was made with.
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// Whether two handles are the same engine.
    pub fn same(a: &Engine, b: &Engine) -> bool {
        Arc::ptr_eq(&a.inner, &b.inner)
    }

    /// A handle that does not keep the engine alive, for a timer thread.
    pub fn weak(&self) -> EngineWeak {
        EngineWeak {
            inner: Arc::downgrade(&self.inner),
        }
    }

    /// What has been loaded and compiled so far.
    pub fn statistics(&self) -> EngineStatistics {
        let loaded = &self.inner.loaded;
        let read = |total: &AtomicU64| total.load(Ordering::Relaxed);
        let tiers = loaded.tiers.read();
        let all = [tiers.baseline, tiers.optimizing, tiers.osr];
        EngineStatistics {
            modules: read(&loaded.modules),
            module_bytes: read(&loaded.module_bytes),
            functions: read(&loaded.functions),
            code_bytes: all.iter().map(|tier| tier.code_bytes).sum(),
            compilation: all.iter().map(|tier| tier.compilation).sum(),
            tiers,
            queue: self.inner.pool.statistics(),
        }
    }

    pub(crate) fn count_module(&self, bytes: usize) {
        let loaded = &self.inner.loaded;
        loaded.modules.fetch_add(1, Ordering::Relaxed);
        loaded
            .module_bytes
            .fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn count_function(&self) {
        self.inner.loaded.functions.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn totals(&self) -> &Totals {
        &self.inner.loaded.tiers
    }

    /// Advances the epoch by one and interrupts the stores whose deadline is reached. May be called from
    /// any thread, usually by a timer.
    pub fn increment_epoch(&self) {
        let now = self.inner.epoch.fetch_add(1, Ordering::SeqCst) + 1;
        let stores = self
            .inner
            .stores
            .lock()
            .expect("holders of this lock do not panic");
        for (id, store) in &*stores {
            if now >= store.deadline.load(Ordering::SeqCst) {
                // SAFETY: registered, so the flag is alive.
                unsafe { (*store.flag).store(1, Ordering::SeqCst) };
                let waiting_at = store.waiting_at.load(Ordering::SeqCst);
                if waiting_at != 0 {
                    interrupt_waiter(waiting_at, *id as usize);
                }
            }
        }
    }

    /// The current epoch.
    pub fn current_epoch(&self) -> u64 {
        self.inner.epoch.load(Ordering::SeqCst)
    }

    pub(crate) fn register_store(&self, id: u64, interrupt: Arc<StoreInterrupt>) {
        let mut stores = self
            .inner
            .stores
            .lock()
            .expect("holders of this lock do not panic");
        stores.insert(id, interrupt);
    }

    pub(crate) fn unregister_store(&self, id: u64) {
        let mut stores = self
            .inner
            .stores
            .lock()
            .expect("holders of this lock do not panic");
        stores.remove(&id);
    }

    /// The registry that canonical type ids of this engine belong to.
    pub fn type_registry(&self) -> &Arc<TypeRegistry> {
        &self.inner.registry
    }

    pub(crate) fn compilers(&self) -> &Compilers {
        &self.inner.compilers
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.inner.pool
    }

    pub(crate) fn profiler(&self) -> Profiler {
        self.inner.profiler
    }

    /// Whether functions are compiled before they are called.
    pub(crate) fn compiles_ahead(&self) -> bool {
        let tiering = &self.config().tuning.tiering;
        let has_baseline = self.compilers().baseline.is_some();
        tiering.compile_ahead && !tiering.synchronous && has_baseline && processors() > 1
    }

    pub(crate) fn memories(&self) -> &Arc<MemoryAllocator> {
        &self.inner.memories
    }

    /// Whether 32-bit memories of this engine rely on reserved address space instead of explicit
    /// bounds checks.
    pub fn memories_are_guarded(&self) -> bool {
        self.inner.codegen.memory.reservation >= 1 << 32
    }
}

impl Default for Engine {
    /// An engine with the default configuration.
    ///
    /// # Panics
    ///
    /// If this processor is not supported.
    fn default() -> Self {
        Engine::new(&Config::default()).expect("the default configuration is supported")
    }
}

/// An engine that may be gone. Made by [`Engine::weak`].
///
/// ```
/// use bolide::*;
///
/// let engine = Engine::default();
/// let weak = engine.weak();
/// weak.upgrade().unwrap().increment_epoch();
/// drop(engine);
/// assert!(weak.upgrade().is_none());
/// ```
#[derive(Clone)]
pub struct EngineWeak {
    inner: Weak<EngineInner>,
}

impl EngineWeak {
    /// The engine, unless its last handle has been dropped.
    pub fn upgrade(&self) -> Option<Engine> {
        let inner = self.inner.upgrade()?;
        Some(Engine { inner })
    }
}

impl fmt::Debug for EngineWeak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineWeak").finish_non_exhaustive()
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("config", &self.inner.config)
            .finish_non_exhaustive()
    }
}
