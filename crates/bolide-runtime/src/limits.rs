//! Limits of what guests may allocate.

use crate::error::{Error, Result, bail};

/// Decides about growth of memories and tables. Installed with [`Store::limiter`](crate::Store::limiter);
/// asked at creation (with `current` 0) and at each growth, also by the host.
///
/// ```
/// use bolide::*;
///
/// /// Counts the pages that guests get, and gives them at most 10.
/// struct Pages(usize);
///
/// impl ResourceLimiter for Pages {
///     fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> Result<bool> {
///         let more = (desired - current) / 65536;
///         let allow = self.0 + more <= 10;
///         if allow {
///             self.0 += more;
///         }
///         Ok(allow)
///     }
///
///     fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> Result<bool> {
///         Ok(desired <= 1000)
///     }
/// }
///
/// let engine = Engine::default();
/// let mut store = Store::new(&engine, Pages(0));
/// store.limiter(|pages| pages);
/// let memory = Memory::new(&mut store, MemoryType::new(4, None))?;
/// memory.grow(&mut store, 6)?;
/// assert!(memory.grow(&mut store, 1).is_err());
/// assert_eq!(store.data().0, 10);
/// # Ok::<(), Error>(())
/// ```
pub trait ResourceLimiter {
    /// Whether a memory may grow from `current` to `desired` bytes. `maximum` is the limit of its type.
    ///
    /// # Errors
    ///
    /// An error stops the guest; `Ok(false)` makes `memory.grow` return -1.
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool>;

    /// A growth that was allowed failed for lack of address space or memory.
    ///
    /// # Errors
    ///
    /// An error stops the guest.
    fn memory_grow_failed(&mut self, error: Error) -> Result<()> {
        drop(error);
        Ok(())
    }

    /// Whether a table may grow from `current` to `desired` elements.
    ///
    /// # Errors
    ///
    /// An error stops the guest; `Ok(false)` makes `table.grow` return -1.
    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool>;

    /// A growth of a table that was allowed failed, because it exceeds the type's maximum or memory ran
    /// out.
    ///
    /// # Errors
    ///
    /// An error stops the guest.
    fn table_grow_failed(&mut self, error: Error) -> Result<()> {
        drop(error);
        Ok(())
    }

    /// Most instances in the store.
    fn instances(&self) -> usize {
        10_000
    }

    /// Most tables in the store.
    fn tables(&self) -> usize {
        10_000
    }

    /// Most memories in the store.
    fn memories(&self) -> usize {
        10_000
    }
}

/// Fixed limits. Made with [`StoreLimitsBuilder`].
///
/// ```
/// use bolide::*;
///
/// let engine = Engine::default();
/// let limits: StoreLimits = StoreLimitsBuilder::new().memory_size(1 << 20).build();
/// let mut store = Store::new(&engine, limits);
/// store.limiter(|limits| limits);
///
/// let module = Module::new(&engine, r#"(module (memory (export "memory") 17))"#)?;
/// let error = Instance::new(&mut store, &module, &[]).unwrap_err();
/// assert!(error.to_string().contains("exceeds memory limits"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct StoreLimits {
    memory_size: Option<usize>,
    table_elements: Option<usize>,
    instances: usize,
    tables: usize,
    memories: usize,
    trap_on_grow_failure: bool,
}

impl Default for StoreLimits {
    fn default() -> Self {
        StoreLimits {
            memory_size: None,
            table_elements: None,
            instances: 10_000,
            tables: 10_000,
            memories: 10_000,
            trap_on_grow_failure: false,
        }
    }
}

impl ResourceLimiter for StoreLimits {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        let allow = self.memory_size.is_none_or(|limit| desired <= limit)
            && maximum.is_none_or(|max| desired <= max);
        if !allow && self.trap_on_grow_failure {
            bail!("forcing trap when growing memory to {desired} bytes");
        }
        Ok(allow)
    }

    fn memory_grow_failed(&mut self, error: Error) -> Result<()> {
        if self.trap_on_grow_failure {
            return Err(error.context("forcing a memory growth failure to be a trap"));
        }
        Ok(())
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        let allow = self.table_elements.is_none_or(|limit| desired <= limit)
            && maximum.is_none_or(|max| desired <= max);
        if !allow && self.trap_on_grow_failure {
            bail!("forcing trap when growing table to {desired} elements");
        }
        Ok(allow)
    }

    fn table_grow_failed(&mut self, error: Error) -> Result<()> {
        if self.trap_on_grow_failure {
            return Err(error.context("forcing a table growth failure to be a trap"));
        }
        Ok(())
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.tables
    }

    fn memories(&self) -> usize {
        self.memories
    }
}

/// Builds [`StoreLimits`].
///
/// ```
/// use bolide::*;
///
/// struct State {
///     limits: StoreLimits,
/// }
///
/// let state = State {
///     limits: StoreLimitsBuilder::new()
///         .memory_size(64 << 20)
///         .table_elements(10_000)
///         .instances(1)
///         .trap_on_grow_failure(true)
///         .build(),
/// };
/// let mut store = Store::new(&Engine::default(), state);
/// store.limiter(|state| &mut state.limits);
/// ```
#[derive(Clone, Debug, Default)]
pub struct StoreLimitsBuilder(StoreLimits);

impl StoreLimitsBuilder {
    /// No limits but 10,000 instances, tables and memories each.
    pub fn new() -> Self {
        Self::default()
    }

    /// Most bytes in each memory.
    pub fn memory_size(mut self, bytes: usize) -> Self {
        self.0.memory_size = Some(bytes);
        self
    }

    /// Most elements in each table.
    pub fn table_elements(mut self, elements: usize) -> Self {
        self.0.table_elements = Some(elements);
        self
    }

    /// Most instances.
    pub fn instances(mut self, count: usize) -> Self {
        self.0.instances = count;
        self
    }

    /// Most tables.
    pub fn tables(mut self, count: usize) -> Self {
        self.0.tables = count;
        self
    }

    /// Most memories.
    pub fn memories(mut self, count: usize) -> Self {
        self.0.memories = count;
        self
    }

    /// Whether a growth beyond the limits stops the guest instead of returning -1 to it.
    pub fn trap_on_grow_failure(mut self, trap: bool) -> Self {
        self.0.trap_on_grow_failure = trap;
        self
    }

    /// The limits.
    pub fn build(self) -> StoreLimits {
        self.0
    }
}
