//! Borrows of a store: what functions that need a store take.

use std::fmt;
use std::ops::{Deref, DerefMut};

use super::{Store, StoreData, StoreInner, StoreItem};
use crate::engine::Engine;
use crate::error::Result;
use crate::instance::InstanceInner;
use crate::vm::VMContext;

/// A shared borrow of a store.
///
/// ```
/// use bolide::*;
///
/// fn name<'a>(store: StoreContext<'a, String>) -> &'a str {
///     store.data()
/// }
///
/// let store = Store::new(&Engine::default(), "guest".to_owned());
/// assert_eq!(name(store.as_context()), "guest");
/// ```
#[repr(transparent)]
pub struct StoreContext<'a, T: 'static>(&'a StoreData<T>);

/// An exclusive borrow of a store.
///
/// ```
/// use bolide::*;
///
/// fn count(mut store: StoreContextMut<'_, u32>) {
///     *store.data_mut() += 1;
/// }
///
/// let mut store = Store::new(&Engine::default(), 0);
/// count(store.as_context_mut());
/// assert_eq!(*store.data(), 1);
/// ```
#[repr(transparent)]
pub struct StoreContextMut<'a, T: 'static>(&'a mut StoreData<T>);

impl<T: 'static> Copy for StoreContext<'_, T> {}
impl<T: 'static> Clone for StoreContext<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<'a, T: 'static> StoreContext<'a, T> {
    /// The embedder's data.
    pub fn data(&self) -> &'a T {
        &self.0.data
    }

    /// The engine.
    pub fn engine(&self) -> &'a Engine {
        &self.0.inner.engine
    }

    /// How much fuel is left.
    ///
    /// # Errors
    ///
    /// If the engine does not count fuel.
    pub fn get_fuel(&self) -> Result<u64> {
        self.0.inner.fuel()
    }

    /// See [`Store::memory_growths`].
    #[inline]
    pub fn memory_growths(&self) -> u64 {
        self.0.inner.memory_growths
    }

    #[inline]
    pub(crate) fn inner(self) -> &'a StoreInner {
        &self.0.inner
    }
}

impl<'a, T: 'static> StoreContextMut<'a, T> {
    /// # Safety
    ///
    /// `store` must be a live store with data of type `T` that nothing else borrows during `'a`.
    #[inline]
    pub(crate) unsafe fn from_raw(store: *mut StoreInner) -> Self {
        // SAFETY: promised by the caller; `StoreInner` is the first field of `StoreData`.
        StoreContextMut(unsafe { &mut *store.cast::<StoreData<T>>() })
    }

    /// The embedder's data.
    pub fn data(&self) -> &T {
        &self.0.data
    }

    /// The embedder's data.
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.0.data
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.0.inner.engine
    }

    /// See [`Store::get_fuel`].
    ///
    /// # Errors
    ///
    /// If the engine does not count fuel.
    pub fn get_fuel(&self) -> Result<u64> {
        self.0.inner.fuel()
    }

    /// See [`Store::set_fuel`].
    ///
    /// # Errors
    ///
    /// If the engine does not count fuel.
    pub fn set_fuel(&mut self, fuel: u64) -> Result<()> {
        self.0.inner.set_fuel(fuel)
    }

    /// See [`Store::memory_growths`].
    #[inline]
    pub fn memory_growths(&self) -> u64 {
        self.0.inner.memory_growths
    }

    /// See [`Store::set_epoch_deadline`].
    pub fn set_epoch_deadline(&mut self, ticks: u64) {
        self.0.inner.set_epoch_deadline(ticks);
    }

    /// See [`Store::gc`].
    pub fn gc(&mut self) {
        self.0.inner.gc();
    }

    /// See [`Store::release`].
    ///
    /// # Panics
    ///
    /// If the item belongs to another store.
    ///
    /// # Safety
    ///
    /// As [`Store::release`].
    pub unsafe fn release(&mut self, item: impl Into<StoreItem>) {
        self.0.inner.release(item.into());
    }

    /// See [`Store::retain`].
    ///
    /// # Panics
    ///
    /// If the item belongs to another store.
    pub fn retain(&mut self, item: impl Into<StoreItem>) {
        self.0.inner.retain(item.into());
    }

    #[inline]
    pub(crate) fn inner(&mut self) -> &mut StoreInner {
        &mut self.0.inner
    }

    #[inline]
    pub(crate) fn into_parts(self) -> (&'a mut StoreInner, &'a mut T) {
        (&mut self.0.inner, &mut self.0.data)
    }
}

/// Anything through which a store can be read.
///
/// ```
/// use bolide::*;
///
/// /// Works on a store, and within a host function.
/// fn pages(store: impl AsContext, memory: Memory) -> u64 {
///     memory.size(&store)
/// }
///
/// let mut store = Store::<()>::default();
/// let memory = Memory::new(&mut store, MemoryType::new(3, None))?;
/// assert_eq!(pages(&store, memory), 3);
/// # Ok::<(), Error>(())
/// ```
pub trait AsContext {
    /// The type of the store's data.
    type Data: 'static;

    /// Borrows the store.
    fn as_context(&self) -> StoreContext<'_, Self::Data>;
}

/// Anything through which a store can be changed.
///
/// ```
/// use bolide::*;
///
/// /// Works on a store, and within a host function.
/// fn append_page(mut store: impl AsContextMut, memory: Memory) -> Result<u64> {
///     memory.grow(&mut store, 1)
/// }
///
/// let mut store = Store::<()>::default();
/// let memory = Memory::new(&mut store, MemoryType::new(3, None))?;
/// assert_eq!(append_page(&mut store, memory)?, 3);
/// # Ok::<(), Error>(())
/// ```
pub trait AsContextMut: AsContext {
    /// Borrows the store exclusively.
    fn as_context_mut(&mut self) -> StoreContextMut<'_, Self::Data>;
}

impl<T: 'static> AsContext for Store<T> {
    type Data = T;

    #[inline]
    fn as_context(&self) -> StoreContext<'_, T> {
        StoreContext(self.get())
    }
}

impl<T: 'static> AsContextMut for Store<T> {
    #[inline]
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut(self.get_mut())
    }
}

impl<T: 'static> AsContext for StoreContext<'_, T> {
    type Data = T;

    #[inline]
    fn as_context(&self) -> StoreContext<'_, T> {
        *self
    }
}

impl<T: 'static> AsContext for StoreContextMut<'_, T> {
    type Data = T;

    #[inline]
    fn as_context(&self) -> StoreContext<'_, T> {
        StoreContext(self.0)
    }
}

impl<T: 'static> AsContextMut for StoreContextMut<'_, T> {
    #[inline]
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut(self.0)
    }
}

impl<C: AsContext + ?Sized> AsContext for &C {
    type Data = C::Data;

    #[inline]
    fn as_context(&self) -> StoreContext<'_, Self::Data> {
        C::as_context(self)
    }
}

impl<C: AsContext + ?Sized> AsContext for &mut C {
    type Data = C::Data;

    #[inline]
    fn as_context(&self) -> StoreContext<'_, Self::Data> {
        C::as_context(self)
    }
}

impl<C: AsContextMut + ?Sized> AsContextMut for &mut C {
    #[inline]
    fn as_context_mut(&mut self) -> StoreContextMut<'_, Self::Data> {
        C::as_context_mut(self)
    }
}

impl<'a, C: AsContext> From<&'a C> for StoreContext<'a, C::Data> {
    fn from(context: &'a C) -> Self {
        context.as_context()
    }
}

impl<'a, C: AsContext> From<&'a mut C> for StoreContext<'a, C::Data> {
    fn from(context: &'a mut C) -> Self {
        C::as_context(context)
    }
}

impl<'a, C: AsContextMut> From<&'a mut C> for StoreContextMut<'a, C::Data> {
    fn from(context: &'a mut C) -> Self {
        context.as_context_mut()
    }
}

/// The store as a host function sees it, together with the instance that called.
///
/// ```
/// use bolide::*;
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (import "host" "print" (func $print (param i32 i32)))
///         (memory (export "memory") 1)
///         (data (i32.const 8) "hello")
///         (func (export "run") (call $print (i32.const 8) (i32.const 5))))"#,
/// )?;
/// let mut store = Store::new(&engine, String::new());
/// let print = Func::wrap(
///     &mut store,
///     |mut caller: Caller<'_, String>, address: u32, len: u32| -> Result<()> {
///         let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
///             bail!("the guest exports no memory");
///         };
///         let (bytes, output) = memory.data_and_store_mut(&mut caller);
///         let text = bytes.get(address as usize..).and_then(|b| b.get(..len as usize));
///         output.push_str(std::str::from_utf8(text.context("out of bounds")?)?);
///         Ok(())
///     },
/// );
/// let instance = Instance::new(&mut store, &module, &[print.into()])?;
/// instance.get_typed_func::<(), ()>(&mut store, "run")?.call(&mut store, ())?;
/// assert_eq!(store.data(), "hello");
/// # Ok::<(), Error>(())
/// ```
pub struct Caller<'a, T: 'static> {
    store: StoreContextMut<'a, T>,
    vmctx: *mut VMContext,
}

impl<'a, T: 'static> Caller<'a, T> {
    /// # Safety
    ///
    /// As [`StoreContextMut::from_raw`].
    #[inline]
    pub(crate) unsafe fn from_raw(store: *mut StoreInner) -> Self {
        // SAFETY: promised by the caller.
        let store = unsafe { StoreContextMut::from_raw(store) };
        let vmctx = *store.0.inner.vm.caller_vmctx.get_mut();
        Caller { store, vmctx }
    }

    fn instance(&self) -> Option<&InstanceInner> {
        if self.vmctx.is_null() {
            return None;
        }
        // SAFETY: compiled code stored its own vmctx, whose instance lives as long as a guest runs.
        Some(unsafe { &*(*self.vmctx).instance })
    }

    /// An export of the instance that called this function; `None` if there is no such export, or if
    /// the host made the call.
    pub fn get_export(&mut self, name: &str) -> Option<crate::Extern> {
        let entity = self.instance()?.module.inner.module.export(name)?;
        let instance = self.instance()?.index;
        Some(crate::instance::extern_at(
            &mut self.store.0.inner,
            instance,
            entity,
        ))
    }

    /// The module of the instance that called; `None` if the host did.
    pub fn module(&self) -> Option<&crate::Module> {
        self.instance().map(|i| &i.module)
    }

    /// The instance that called; `None` if the host did.
    pub fn caller_instance(&self) -> Option<crate::Instance> {
        self.instance().map(InstanceInner::handle)
    }
}

impl<'a, T: 'static> Deref for Caller<'a, T> {
    type Target = StoreContextMut<'a, T>;

    fn deref(&self) -> &Self::Target {
        &self.store
    }
}

impl<T: 'static> DerefMut for Caller<'_, T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.store
    }
}

impl<T: 'static> AsContext for Caller<'_, T> {
    type Data = T;

    #[inline]
    fn as_context(&self) -> StoreContext<'_, T> {
        self.store.as_context()
    }
}

impl<T: 'static> AsContextMut for Caller<'_, T> {
    #[inline]
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        self.store.as_context_mut()
    }
}

impl<T: 'static> fmt::Debug for Caller<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").finish_non_exhaustive()
    }
}
