//! Configuration of an engine.

use bolide_abi::{CodegenOptions, MemoryTuning, Optimizations};
use bolide_module::{Feature, Features};

use crate::memory::PoolOptions;
use crate::tiering::{ProfilingStrategy, Strategy, TieringConfig};

/// What can change the results of programs.
#[derive(Clone, Debug)]
pub(crate) struct Semantics {
    pub(crate) features: Features,
    pub(crate) consume_fuel: bool,
    pub(crate) epoch_interruption: bool,
    pub(crate) canonicalize_nans: bool,
    pub(crate) relaxed_simd_deterministic: bool,
    pub(crate) max_wasm_stack: usize,
}

/// What can change only speed and footprint.
#[derive(Clone, Debug)]
pub(crate) struct Tuning {
    pub(crate) memory: MemoryTuning,
    pub(crate) pool: PoolOptions,
    pub(crate) memory_init_cow: bool,
    pub(crate) strategy: Strategy,
    pub(crate) tiering: TieringConfig,
    pub(crate) profiler: ProfilingStrategy,
    pub(crate) optimizations: Optimizations,
}

/// How instances get their memories.
///
/// ```
/// use bolide::*;
///
/// let mut config = Config::new();
/// config.allocation_strategy(InstanceAllocationStrategy::pooling());
/// let engine = Engine::new(&config)?;
/// let module = Module::new(&engine, "(module (memory 16))")?;
/// for _ in 0..3 {
///     // The second and third instance get the address space of the one before.
///     let mut store = Store::new(&engine, ());
///     Instance::new(&mut store, &module, &[])?;
/// }
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum InstanceAllocationStrategy {
    /// Address space is mapped for each memory and unmapped when its store is dropped.
    #[default]
    OnDemand,
    /// Address space of dropped memories is kept for later ones. Faster by far for short-lived
    /// instances.
    Pooling(PoolingAllocationConfig),
}

impl InstanceAllocationStrategy {
    /// Pooling with the default configuration.
    pub fn pooling() -> Self {
        InstanceAllocationStrategy::Pooling(PoolingAllocationConfig::default())
    }
}

/// Configuration of the pool of memories.
///
/// ```
/// use bolide::*;
///
/// let mut pooling = PoolingAllocationConfig::new();
/// pooling
///     .max_unused_warm_slots(64)
///     .linear_memory_keep_resident(256 << 10);
/// let mut config = Config::new();
/// config.allocation_strategy(pooling);
/// let engine = Engine::new(&config)?;
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PoolingAllocationConfig {
    max_unused_warm_slots: u32,
    linear_memory_keep_resident: usize,
}

impl Default for PoolingAllocationConfig {
    fn default() -> Self {
        PoolingAllocationConfig {
            max_unused_warm_slots: 1000,
            linear_memory_keep_resident: 1 << 20,
        }
    }
}

impl PoolingAllocationConfig {
    /// The default configuration.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many unused memories to keep at most. Default: 1,000.
    pub fn max_unused_warm_slots(&mut self, max: u32) -> &mut Self {
        self.max_unused_warm_slots = max;
        self
    }

    /// How many bytes at the start of a memory are reset by copying, which keeps their pages, rather
    /// than by giving the pages back to the system. Default: 1 MiB.
    pub fn linear_memory_keep_resident(&mut self, bytes: usize) -> &mut Self {
        self.linear_memory_keep_resident = bytes;
        self
    }
}

/// Configuration of an [`Engine`](crate::Engine).
///
/// ```
/// use bolide::*;
///
/// let mut config = Config::new();
/// config
///     .consume_fuel(true)
///     .max_wasm_stack(256 << 10)
///     .wasm_simd(false)
///     .allocation_strategy(InstanceAllocationStrategy::pooling());
/// // Relaxed SIMD is built on SIMD, so it is off, too.
/// assert!(!config.enabled_features().contains(Feature::RelaxedSimd));
///
/// let engine = Engine::new(&config)?;
/// let error = Module::new(&engine, "(module (func (param v128)))").unwrap_err();
/// assert!(error.to_string().contains("enable the feature `simd`"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) semantics: Semantics,
    pub(crate) tuning: Tuning,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            semantics: Semantics {
                features: Features::default(),
                consume_fuel: false,
                epoch_interruption: false,
                canonicalize_nans: false,
                relaxed_simd_deterministic: false,
                max_wasm_stack: 1 << 20,
            },
            tuning: Tuning {
                memory: MemoryTuning {
                    reservation: 4 << 30,
                    guard: 32 << 20,
                },
                pool: PoolOptions {
                    max_idle_slots: 0,
                    keep_resident: 0,
                },
                memory_init_cow: true,
                strategy: Strategy::default(),
                tiering: TieringConfig::default(),
                profiler: ProfilingStrategy::default(),
                optimizations: Optimizations::default(),
            },
        }
    }
}

/// Setters of single features under the names that embedders of `wasmtime` know.
macro_rules! feature_setters {
    ($($name:ident $feature:ident;)*) => {$(
        #[doc = concat!(
            "Sets whether modules may use [`Feature::", stringify!($feature), "`]. Enabling a feature enables ",
            "those that it needs, disabling it disables those that need it. Default: on.",
        )]
        pub fn $name(&mut self, enable: bool) -> &mut Self {
            self.semantics.features.set(Feature::$feature, enable);
            self
        }
    )*};
}

impl Config {
    /// The default configuration: all features of WebAssembly 3.0 and threads, no fuel, no
    /// interruption.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets which features of WebAssembly modules may use.
    pub fn features(&mut self, features: Features) -> &mut Self {
        self.semantics.features = features;
        self
    }

    feature_setters! {
        wasm_bulk_memory BulkMemory;
        wasm_exceptions Exceptions;
        wasm_extended_const ExtendedConst;
        wasm_function_references FunctionReferences;
        wasm_gc Gc;
        wasm_memory64 Memory64;
        wasm_multi_memory MultiMemory;
        wasm_multi_value MultiValue;
        wasm_reference_types ReferenceTypes;
        wasm_relaxed_simd RelaxedSimd;
        wasm_simd Simd;
        wasm_tail_call TailCall;
        wasm_threads Threads;
    }

    /// The features that modules may use.
    pub fn enabled_features(&self) -> Features {
        self.semantics.features
    }

    /// Whether execution consumes fuel, so that a store's guests stop when it is used up. See
    /// [`Store::set_fuel`](crate::Store::set_fuel). Costs some speed. Default: off.
    pub fn consume_fuel(&mut self, enable: bool) -> &mut Self {
        self.semantics.consume_fuel = enable;
        self
    }

    /// Whether guests can be interrupted by the engine's epoch. See
    /// [`Engine::increment_epoch`](crate::Engine::increment_epoch). Costs a little speed. Default: off.
    pub fn epoch_interruption(&mut self, enable: bool) -> &mut Self {
        self.semantics.epoch_interruption = enable;
        self
    }

    /// Whether every NaN that an operation produces is the canonical one, so that programs are
    /// deterministic. Default: off.
    pub fn cranelift_nan_canonicalization(&mut self, enable: bool) -> &mut Self {
        self.semantics.canonicalize_nans = enable;
        self
    }

    /// Whether relaxed SIMD instructions give the results of their deterministic profile (spec
    /// appendix "Profiles") instead of the processor's. Default: off.
    pub fn relaxed_simd_deterministic(&mut self, enable: bool) -> &mut Self {
        self.semantics.relaxed_simd_deterministic = enable;
        self
    }

    /// Bytes of native stack that guests may use. Less is used where a thread's stack is smaller.
    /// Default: 1 MiB. Baseline code uses about twice as much as optimized code.
    pub fn max_wasm_stack(&mut self, bytes: usize) -> &mut Self {
        self.semantics.max_wasm_stack = bytes;
        self
    }

    /// Bytes of address space to reserve for each linear memory. With at least 4 GiB, 32-bit
    /// memories never move and their accesses need no bounds checks; with less, every access is
    /// checked. Where the system limits address space, engines fall back to the latter. Default:
    /// 4 GiB.
    pub fn memory_reservation(&mut self, bytes: u64) -> &mut Self {
        self.tuning.memory.reservation = bytes;
        self
    }

    /// Inaccessible bytes after each linear memory. Accesses with a constant offset below this need
    /// no check of the offset. Rounded up to 64 KiB. Default: 32 MiB.
    pub fn memory_guard_size(&mut self, bytes: u64) -> &mut Self {
        self.tuning.memory.guard = bytes;
        self
    }

    /// Whether memories are initialized by mapping an image of their data segments copy-on-write.
    /// Default: on.
    pub fn memory_init_cow(&mut self, enable: bool) -> &mut Self {
        self.tuning.memory_init_cow = enable;
        self
    }

    /// How instances get their memories. Default: on demand.
    pub fn allocation_strategy(
        &mut self,
        strategy: impl Into<InstanceAllocationStrategy>,
    ) -> &mut Self {
        self.tuning.pool = match strategy.into() {
            InstanceAllocationStrategy::OnDemand => PoolOptions {
                max_idle_slots: 0,
                keep_resident: 0,
            },
            InstanceAllocationStrategy::Pooling(pooling) => PoolOptions {
                max_idle_slots: pooling.max_unused_warm_slots as usize,
                keep_resident: pooling.linear_memory_keep_resident,
            },
        };
        self
    }

    /// Which compilers make the code of functions. Default: [`Strategy::Tiered`].
    pub fn strategy(&mut self, strategy: Strategy) -> &mut Self {
        self.tuning.strategy = strategy;
        self
    }

    /// When and where hot functions are optimized with [`Strategy::Tiered`].
    pub fn tiering(&mut self, tiering: TieringConfig) -> &mut Self {
        self.tuning.tiering = tiering;
        self
    }

    /// How profilers of the system learn the names of guest functions. Default: not at all.
    pub fn profiler(&mut self, profiler: ProfilingStrategy) -> &mut Self {
        self.tuning.profiler = profiler;
        self
    }

    /// What the optimizing tier does. Default: everything.
    pub fn optimizations(&mut self, optimizations: Optimizations) -> &mut Self {
        self.tuning.optimizations = optimizations;
        self
    }

    pub(crate) fn codegen_options(&self, memory: MemoryTuning) -> CodegenOptions {
        CodegenOptions {
            memory,
            consume_fuel: self.semantics.consume_fuel,
            interruption: self.semantics.epoch_interruption,
            canonicalize_nans: self.semantics.canonicalize_nans,
            deterministic_relaxed_simd: self.semantics.relaxed_simd_deterministic,
            fused_multiply_add: fuses_multiply_add(),
        }
    }
}

/// Whether the processor has an instruction that multiplies and adds with one rounding.
fn fuses_multiply_add() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    return cfg!(target_arch = "aarch64");
}

impl From<PoolingAllocationConfig> for InstanceAllocationStrategy {
    fn from(config: PoolingAllocationConfig) -> Self {
        InstanceAllocationStrategy::Pooling(config)
    }
}
