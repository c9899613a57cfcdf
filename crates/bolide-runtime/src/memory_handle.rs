//! Linear memories as embedders see them.

use std::fmt;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use bolide_abi::TrapCode;
use bolide_module as m;

use crate::engine::Engine;
use crate::error::{Error, Result, Trap, bail, format_err};
use crate::memory::{
    LinearMemory, SharedLinearMemory, VMMemoryDefinition, WaitError, WaitResult, notify_unshared,
};
use crate::store::{AsContext, AsContextMut, StoreContext, StoreContextMut, StoreId, StoreInner};
use crate::types::MemoryType;

/// A memory of a store.
pub(crate) struct MemoryCell {
    kind: Kind,
    definition: NonNull<VMMemoryDefinition>,
    /// How often the memory has grown. Not counted for shared memories.
    growths: u64,
    /// The definition of a host memory.
    _owned: Option<Box<VMMemoryDefinition>>,
}

enum Kind {
    Owned(LinearMemory),
    Shared(SharedMemory),
}

// SAFETY: what the cell points to belongs to the store that it is in, or is shared and atomic.
unsafe impl Send for MemoryCell {}
// SAFETY: as above.
unsafe impl Sync for MemoryCell {}

fn definition_of(memory: &LinearMemory) -> VMMemoryDefinition {
    VMMemoryDefinition {
        base: memory.base(),
        length: AtomicUsize::new(memory.byte_size()),
    }
}

impl MemoryCell {
    /// A memory whose definition is in a vmctx.
    ///
    /// # Safety
    ///
    /// `definition` must live as long as the cell.
    pub(crate) unsafe fn in_vmctx(
        memory: LinearMemory,
        definition: NonNull<VMMemoryDefinition>,
    ) -> MemoryCell {
        let mut cell = MemoryCell {
            kind: Kind::Owned(memory),
            definition,
            growths: 0,
            _owned: None,
        };
        cell.refresh();
        cell
    }

    fn host(memory: LinearMemory) -> MemoryCell {
        let mut owned = Box::new(definition_of(&memory));
        MemoryCell {
            definition: NonNull::from(&mut *owned),
            kind: Kind::Owned(memory),
            growths: 0,
            _owned: Some(owned),
        }
    }

    pub(crate) fn shared(memory: SharedMemory) -> MemoryCell {
        MemoryCell {
            definition: memory.inner.definition(),
            kind: Kind::Shared(memory),
            growths: 0,
            _owned: None,
        }
    }

    fn refresh(&mut self) {
        if let Kind::Owned(memory) = &self.kind {
            // SAFETY: the definition lives as long as the cell, and only its thread accesses it.
            unsafe { self.definition.write(definition_of(memory)) };
        }
    }

    pub(crate) fn definition(&self) -> NonNull<VMMemoryDefinition> {
        self.definition
    }

    pub(crate) fn reservation(&self) -> Range<usize> {
        match &self.kind {
            Kind::Owned(memory) => memory.reservation(),
            Kind::Shared(memory) => memory.inner.reservation(),
        }
    }

    pub(crate) fn ty(&self) -> &m::MemoryType {
        match &self.kind {
            Kind::Owned(memory) => memory.ty(),
            Kind::Shared(memory) => memory.inner.ty(),
        }
    }

    pub(crate) fn byte_size(&self) -> usize {
        match &self.kind {
            Kind::Owned(memory) => memory.byte_size(),
            Kind::Shared(memory) => memory.inner.byte_size(),
        }
    }

    pub(crate) fn pages(&self) -> u64 {
        self.byte_size() as u64 / m::WASM_PAGE_SIZE
    }

    pub(crate) fn base(&self) -> *mut u8 {
        match &self.kind {
            Kind::Owned(memory) => memory.base(),
            Kind::Shared(memory) => memory.inner.base(),
        }
    }

    pub(crate) fn as_shared(&self) -> Option<&SharedMemory> {
        match &self.kind {
            Kind::Owned(_) => None,
            Kind::Shared(memory) => Some(memory),
        }
    }

    pub(crate) fn image_applied(&self) -> bool {
        matches!(&self.kind, Kind::Owned(memory) if memory.image_applied())
    }

    /// Address of `len` bytes from `start` on.
    ///
    /// # Errors
    ///
    /// [`TrapCode::MemoryOutOfBounds`].
    pub(crate) fn range(&self, start: u64, len: u64) -> Result<*mut u8> {
        match start.checked_add(len) {
            Some(end) if end <= self.byte_size() as u64 => {
                Ok(self.base().wrapping_add(start as usize))
            }
            _ => Err(TrapCode::MemoryOutOfBounds.into()),
        }
    }

    /// `memory.atomic.notify`.
    pub(crate) fn notify(&self, address: u64, count: u32) -> Result<u32, WaitError> {
        match &self.kind {
            Kind::Owned(memory) => notify_unshared(memory.byte_size(), address),
            Kind::Shared(memory) => memory.inner.atomic_notify(address, count),
        }
    }
}

/// Grows a memory if its type and the store's limiter allow it. Returns the previous size in pages.
pub(crate) fn grow(store: &mut StoreInner, index: u32, delta: u64) -> Result<Option<u64>> {
    let cell = &store.memories[index];
    let to_bytes = |pages: u64| {
        pages
            .checked_mul(m::WASM_PAGE_SIZE)
            .and_then(|b| usize::try_from(b).ok())
    };
    let current = cell.byte_size();
    let maximum = cell.ty().maximum.and_then(to_bytes);
    let Some(desired) = to_bytes(delta).and_then(|d| current.checked_add(d)) else {
        return Ok(None);
    };
    if !store.memory_growing(current, desired, maximum)? {
        return Ok(None);
    }
    let cell = &mut store.memories[index];
    let grown = match &mut cell.kind {
        Kind::Owned(memory) => {
            let grown = memory.grow(delta);
            if let Ok(Some(_)) = grown {
                cell.growths += 1;
                store.memory_growths += 1;
            }
            grown
        }
        Kind::Shared(memory) => memory.inner.grow(delta),
    };
    cell.refresh();
    match grown {
        Ok(Some(old)) => Ok(Some(old)),
        Ok(None) => {
            let error = format_err!("a memory of {current} bytes cannot grow to {desired} bytes");
            store.memory_grow_failed(error)?;
            Ok(None)
        }
        Err(error) => {
            store.memory_grow_failed(error.into())?;
            Ok(None)
        }
    }
}

/// Asks the limiter whether a memory of this type may be made.
pub(crate) fn check_new(store: &mut StoreInner, ty: &m::MemoryType) -> Result<()> {
    let to_bytes =
        |pages: u64| usize::try_from(pages.saturating_mul(m::WASM_PAGE_SIZE)).unwrap_or(usize::MAX);
    let minimum = to_bytes(ty.minimum);
    if !store.memory_growing(0, minimum, ty.maximum.map(to_bytes))? {
        bail!(
            "memory minimum size of {} pages exceeds memory limits",
            ty.minimum
        );
    }
    Ok(())
}

/// An access outside a memory by the host.
///
/// ```
/// use bolide::*;
///
/// let mut store = Store::<()>::default();
/// let memory = Memory::new(&mut store, MemoryType::new(1, None))?;
/// let error: MemoryAccessError = memory.write(&mut store, 65535, b"ab").unwrap_err();
/// assert_eq!(error.to_string(), "out of bounds memory access");
/// # Ok::<(), Error>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct MemoryAccessError {
    _private: (),
}

impl fmt::Display for MemoryAccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("out of bounds memory access")
    }
}

impl std::error::Error for MemoryAccessError {}

/// A linear memory that belongs to one store. A handle: the bytes are in the store.
///
/// The host reads and writes the guest's bytes in place. All methods panic if the memory belongs to another store.
///
/// ```
/// use bolide::*;
///
/// let mut store = Store::new(&Engine::default(), 0u32);
/// let memory = Memory::new(&mut store, MemoryType::new(1, Some(2)))?;
/// memory.write(&mut store, 100, b"hello")?;
/// assert_eq!(&memory.data(&store)[100..105], b"hello");
///
/// // Bytes in place, next to the store's own data.
/// let (bytes, counter) = memory.data_and_store_mut(&mut store);
/// bytes[100..105].make_ascii_uppercase();
/// *counter += 1;
/// let mut word = [0; 5];
/// memory.read(&store, 100, &mut word)?;
/// assert_eq!(&word, b"HELLO");
///
/// assert_eq!(memory.grow(&mut store, 1)?, 1);
/// assert_eq!(memory.data_size(&store), 2 * 65536);
/// assert!(memory.grow(&mut store, 1).is_err());
/// # Ok::<(), Error>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Memory {
    pub(crate) store: StoreId,
    pub(crate) index: u32,
}

impl Memory {
    /// Makes a memory.
    ///
    /// # Errors
    ///
    /// If the type is invalid or shared, or the store's limits or the system forbid it.
    pub fn new(mut store: impl AsContextMut, ty: MemoryType) -> Result<Memory> {
        let mut store = store.as_context_mut();
        let store = store.inner();
        let raw = ty.to_raw();
        if raw.shared {
            bail!("a shared memory is made with `SharedMemory::new`");
        }
        check_type(&raw)?;
        store.check_counts(0, 1, 0, &[])?;
        check_new(store, &raw)?;
        let mut memory = store.engine.memories().allocate(&raw, None);
        if memory.is_err() && store.has_released() {
            drop(store.collect_released(&[]));
            memory = store.engine.memories().allocate(&raw, None);
        }
        let index = store.memories.insert(MemoryCell::host(memory?), None)?;
        Ok(Memory {
            store: store.id,
            index,
        })
    }

    pub(crate) fn cell(self, store: &StoreInner) -> &MemoryCell {
        self.store.assert_is(store);
        &store.memories[self.index]
    }

    /// The type. Its minimum is the size at first.
    pub fn ty(&self, store: impl AsContext) -> MemoryType {
        MemoryType::from_raw(*self.cell(store.as_context().inner()).ty())
    }

    /// Current size in pages of 64 KiB.
    pub fn size(&self, store: impl AsContext) -> u64 {
        self.cell(store.as_context().inner()).pages()
    }

    /// Current size in bytes.
    pub fn data_size(&self, store: impl AsContext) -> usize {
        self.cell(store.as_context().inner()).byte_size()
    }

    /// Bytes in a page.
    pub fn page_size(&self, store: impl AsContext) -> u64 {
        self.ty(store).page_size()
    }

    /// Address of byte 0. It stays valid until the store is dropped, or a 64-bit memory grows.
    pub fn data_ptr(&self, store: impl AsContext) -> *mut u8 {
        self.cell(store.as_context().inner()).base()
    }

    /// The bytes.
    pub fn data<'a, T: 'static>(&self, store: impl Into<StoreContext<'a, T>>) -> &'a [u8] {
        let cell = self.cell(store.into().inner());
        // SAFETY: the memory is not shared, so nothing writes to it while the store is borrowed.
        unsafe { std::slice::from_raw_parts(cell.base(), cell.byte_size()) }
    }

    /// The bytes.
    pub fn data_mut<'a, T: 'static>(
        &self,
        store: impl Into<StoreContextMut<'a, T>>,
    ) -> &'a mut [u8] {
        self.data_and_store_mut(store).0
    }

    /// The bytes, and the embedder's data.
    pub fn data_and_store_mut<'a, T: 'static>(
        &self,
        store: impl Into<StoreContextMut<'a, T>>,
    ) -> (&'a mut [u8], &'a mut T) {
        let (inner, data) = store.into().into_parts();
        let cell = self.cell(inner);
        // SAFETY: the memory is not shared, and the store, which owns its bytes, is borrowed exclusively.
        // They do not overlap with `data`.
        let bytes = unsafe { std::slice::from_raw_parts_mut(cell.base(), cell.byte_size()) };
        (bytes, data)
    }

    /// Copies bytes out of the memory.
    ///
    /// # Errors
    ///
    /// Out of bounds; nothing is copied.
    pub fn read(
        &self,
        store: impl AsContext,
        offset: usize,
        buffer: &mut [u8],
    ) -> Result<(), MemoryAccessError> {
        let store = store.as_context();
        let source = offset
            .checked_add(buffer.len())
            .and_then(|end| self.data(store).get(offset..end));
        buffer.copy_from_slice(source.ok_or(MemoryAccessError { _private: () })?);
        Ok(())
    }

    /// Copies bytes into the memory.
    ///
    /// # Errors
    ///
    /// Out of bounds; nothing is copied.
    pub fn write(
        &self,
        mut store: impl AsContextMut,
        offset: usize,
        buffer: &[u8],
    ) -> Result<(), MemoryAccessError> {
        let store = store.as_context_mut();
        let target = offset
            .checked_add(buffer.len())
            .and_then(|end| self.data_mut(store).get_mut(offset..end));
        target
            .ok_or(MemoryAccessError { _private: () })?
            .copy_from_slice(buffer);
        Ok(())
    }

    /// How often the memory has grown, by guests or the host, growth by 0 pages included. See also
    /// [`Store::memory_growths`](crate::Store::memory_growths).
    pub fn growths(&self, store: impl AsContext) -> u64 {
        self.cell(store.as_context().inner()).growths
    }

    /// Adds `delta` pages and returns the previous size in pages. Guests see the growth at once.
    ///
    /// # Errors
    ///
    /// If the type's maximum, the store's limits or the system forbid it.
    pub fn grow(&self, mut store: impl AsContextMut, delta: u64) -> Result<u64> {
        let mut store = store.as_context_mut();
        let store = store.inner();
        self.store.assert_is(store);
        grow(store, self.index, delta)?
            .ok_or_else(|| format_err!("failed to grow memory by {delta} pages"))
    }
}

fn check_type(ty: &m::MemoryType) -> Result<()> {
    let most = match ty.index {
        m::IndexType::I32 => 1 << 16,
        m::IndexType::I64 => 1 << 48,
    };
    if ty.minimum > most || ty.maximum.is_some_and(|max| max > most) {
        bail!("a memory of this type has at most {most} pages");
    }
    if ty.maximum.is_some_and(|max| max < ty.minimum) {
        bail!("the minimum size of a memory must not exceed its maximum");
    }
    Ok(())
}

/// A linear memory that threads share. Cheap to clone, and `Send + Sync`; belongs to no store, and can be
/// imported in many.
///
/// ```
/// use bolide::*;
///
/// let engine = Engine::default();
/// let memory = SharedMemory::new(&engine, MemoryType::shared(1, 4))?;
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (import "host" "memory" (memory 1 4 shared))
///         (func (export "count")
///             (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))))"#,
/// )?;
/// std::thread::scope(|scope| {
///     let guest = || -> Result<()> {
///         let mut store = Store::new(&engine, ());
///         let instance = Instance::new(&mut store, &module, &[memory.clone().into()])?;
///         let count = instance.get_typed_func::<(), ()>(&mut store, "count")?;
///         (0..1000).try_for_each(|_| count.call(&mut store, ()))
///     };
///     let threads = [scope.spawn(guest), scope.spawn(guest)];
///     threads.into_iter().try_for_each(|thread| thread.join().unwrap())
/// })?;
/// let mut counter = [0; 4];
/// memory.read(0, &mut counter)?;
/// assert_eq!(u32::from_le_bytes(counter), 2000);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct SharedMemory {
    engine: Engine,
    inner: SharedLinearMemory,
}

impl SharedMemory {
    /// Makes a shared memory.
    ///
    /// # Errors
    ///
    /// If the type is invalid or not shared, or the system forbids it.
    pub fn new(engine: &Engine, ty: MemoryType) -> Result<SharedMemory> {
        let raw = ty.to_raw();
        if !raw.shared {
            bail!("a shared memory needs a shared type; make it with `MemoryType::shared`");
        }
        check_type(&raw)?;
        Ok(SharedMemory {
            engine: engine.clone(),
            inner: engine.memories().allocate_shared(&raw)?,
        })
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The type. Its minimum is the size at first.
    pub fn ty(&self) -> MemoryType {
        MemoryType::from_raw(*self.inner.ty())
    }

    /// Current size in pages of 64 KiB.
    pub fn size(&self) -> u64 {
        self.inner.pages()
    }

    /// Current size in bytes.
    pub fn data_size(&self) -> usize {
        self.inner.byte_size()
    }

    /// The bytes, as atomics: guests on other threads may change them at any time. Growth makes no
    /// existing slice longer.
    pub fn data(&self) -> &[AtomicU8] {
        // SAFETY: the memory never moves or shrinks while a clone of it lives, and all accesses are
        // atomic or by guests, whose races the memory model allows.
        unsafe { std::slice::from_raw_parts(self.inner.base().cast(), self.inner.byte_size()) }
    }

    /// Copies bytes out of the memory, each of them atomically.
    ///
    /// # Errors
    ///
    /// Out of bounds; nothing is copied.
    pub fn read(&self, offset: usize, buffer: &mut [u8]) -> Result<(), MemoryAccessError> {
        let source = self.bytes(offset, buffer.len())?;
        for (to, from) in buffer.iter_mut().zip(source) {
            *to = from.load(Ordering::Relaxed);
        }
        Ok(())
    }

    /// Copies bytes into the memory, each of them atomically.
    ///
    /// # Errors
    ///
    /// Out of bounds; nothing is copied.
    pub fn write(&self, offset: usize, buffer: &[u8]) -> Result<(), MemoryAccessError> {
        let target = self.bytes(offset, buffer.len())?;
        for (to, from) in target.iter().zip(buffer) {
            to.store(*from, Ordering::Relaxed);
        }
        Ok(())
    }

    fn bytes(&self, offset: usize, len: usize) -> Result<&[AtomicU8], MemoryAccessError> {
        offset
            .checked_add(len)
            .and_then(|end| self.data().get(offset..end))
            .ok_or(MemoryAccessError { _private: () })
    }

    /// Adds `delta` pages and returns the previous size in pages. Guests on all threads see it at once.
    ///
    /// # Errors
    ///
    /// If the type's maximum or the system forbid it.
    pub fn grow(&self, delta: u64) -> Result<u64> {
        self.inner
            .grow(delta)?
            .ok_or_else(|| format_err!("failed to grow shared memory by {delta} pages"))
    }

    /// `memory.atomic.notify`: wakes up to `count` waiters at `address`.
    ///
    /// # Errors
    ///
    /// Misaligned or out of bounds.
    pub fn atomic_notify(&self, address: u64, count: u32) -> Result<u32, Trap> {
        let woken = self.inner.atomic_notify(address, count);
        woken.map_err(WaitError::trap_code)
    }

    /// `memory.atomic.wait32`. Waits at most `timeout`, or without limit.
    ///
    /// # Errors
    ///
    /// Misaligned or out of bounds.
    pub fn atomic_wait32(
        &self,
        address: u64,
        expected: u32,
        timeout: Option<std::time::Duration>,
    ) -> Result<WaitResult, Trap> {
        self.inner
            .atomic_wait32(address, expected, nanoseconds(timeout))
            .map_err(WaitError::trap_code)
    }

    /// `memory.atomic.wait64`. Waits at most `timeout`, or without limit.
    ///
    /// # Errors
    ///
    /// Misaligned or out of bounds.
    pub fn atomic_wait64(
        &self,
        address: u64,
        expected: u64,
        timeout: Option<std::time::Duration>,
    ) -> Result<WaitResult, Trap> {
        self.inner
            .atomic_wait64(address, expected, nanoseconds(timeout))
            .map_err(WaitError::trap_code)
    }

    /// Whether both are the same memory.
    pub fn same(a: &SharedMemory, b: &SharedMemory) -> bool {
        a.inner.same(&b.inner)
    }

    pub(crate) fn raw(&self) -> &SharedLinearMemory {
        &self.inner
    }

    pub(crate) fn from_raw(engine: &Engine, inner: SharedLinearMemory) -> SharedMemory {
        SharedMemory {
            engine: engine.clone(),
            inner,
        }
    }
}

pub(crate) fn wait_error(error: WaitError) -> Error {
    error.trap_code().into()
}

fn nanoseconds(timeout: Option<std::time::Duration>) -> i64 {
    timeout.map_or(-1, |t| i64::try_from(t.as_nanos()).unwrap_or(i64::MAX))
}

impl fmt::Debug for SharedMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedMemory")
            .field("pages", &self.size())
            .finish_non_exhaustive()
    }
}
