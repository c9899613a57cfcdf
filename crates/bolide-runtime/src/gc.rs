//! Host references (`externref`) and their collection.
//!
//! A guest holds a handle: the index of a slot in its store plus one. Slots that nothing reaches are
//! found by marking from the roots: host roots, globals, tables, element segments, and the stack slots
//! that compiled code lists as live at its calls.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex};

use bolide_module::{ElementItems, HeapTop};

use crate::error::{Result, bail};
use crate::stack;
use crate::store::{
    AsContext, AsContextMut, HostValue, StoreContext, StoreContextMut, StoreId, StoreInner,
};

/// New references between two collections at least.
const MINIMUM_INTERVAL: usize = 1024;

/// Host references of one store.
#[derive(Default)]
pub(crate) struct ExternHeap {
    slots: Vec<Slot>,
    free: Vec<u32>,
    /// Roots of [`Rooted`] handles: the guest handle each stands for, last in, first out.
    roots: Vec<Root>,
    next_root: u64,
    /// Roots of [`OwnedRooted`] handles, which are dropped in any order and on any thread.
    owned: Arc<Mutex<OwnedRoots>>,
    until_collection: usize,
}

struct Slot {
    value: Option<HostValue>,
    marked: bool,
}

struct Root {
    handle: u64,
    generation: u64,
}

#[derive(Default)]
struct OwnedRoots {
    handles: Vec<Option<u64>>,
    free: Vec<usize>,
}

impl ExternHeap {
    fn root(&mut self, store: StoreId, handle: u64) -> Rooted<ExternRef> {
        let generation = self.next_root;
        self.next_root += 1;
        let index = self.roots.len();
        self.roots.push(Root { handle, generation });
        Rooted {
            store,
            index,
            generation,
            _what: PhantomData,
        }
    }

    fn handle(&self, rooted: &Rooted<ExternRef>) -> Result<u64> {
        match self.roots.get(rooted.index) {
            Some(root) if root.generation == rooted.generation => Ok(root.handle),
            _ => bail!("a host reference was used after the scope that rooted it had ended"),
        }
    }

    /// How many roots there are, for [`ExternHeap::exit_scope`].
    #[inline]
    pub(crate) fn enter_scope(&self) -> usize {
        self.roots.len()
    }

    /// Forgets the roots made since `enter_scope` returned `mark`.
    #[inline]
    pub(crate) fn exit_scope(&mut self, mark: usize) {
        if self.roots.len() > mark {
            self.roots.truncate(mark);
        }
    }

    fn mark(&mut self, handle: u64) {
        if let Some(slot) = (handle as usize)
            .checked_sub(1)
            .and_then(|i| self.slots.get_mut(i))
        {
            slot.marked = true;
        }
    }

    /// Frees what is not marked, and clears the marks. Values are returned so that their destructors run
    /// when the heap is consistent.
    fn sweep(&mut self) -> Vec<HostValue> {
        let mut dead = Vec::new();
        let mut live = 0;
        for (i, slot) in self.slots.iter_mut().enumerate() {
            if slot.marked {
                slot.marked = false;
                live += 1;
            } else if let Some(value) = slot.value.take() {
                dead.push(value);
                self.free.push(i as u32);
            }
        }
        self.until_collection = MINIMUM_INTERVAL.max(live);
        dead
    }
}

/// Frees host references that nothing reaches.
pub(crate) fn collect(store: &mut StoreInner) {
    let mut reachable = Vec::new();
    reachable.extend(store.externs.roots.iter().map(|r| r.handle));
    {
        let owned = store
            .externs
            .owned
            .lock()
            .expect("holders of this lock do not panic");
        reachable.extend(owned.handles.iter().flatten());
    }
    for global in store.globals.iter() {
        if global.ty.content.is_collectable() {
            reachable.push(global.raw() as u64);
        }
    }
    for table in store.tables.iter() {
        if table.ty.element.heap.top() != HeapTop::Func {
            reachable.extend(table.elements());
        }
    }
    for instance in store.instances.iter() {
        for (segment, values) in instance
            .module
            .inner
            .module
            .elements
            .iter()
            .zip(&instance.passive_elements)
        {
            if segment.ty.heap.top() != HeapTop::Func
                && matches!(segment.items, ElementItems::Expressions(_))
            {
                reachable.extend(values.iter());
            }
        }
    }
    stack::for_each_live_slot(store, |slot| {
        // SAFETY: the stack map of a suspended frame says that this slot holds a reference.
        reachable.push(unsafe { *slot });
    });
    for handle in reachable {
        store.externs.mark(handle);
    }
    drop(store.externs.sweep());
}

/// A value of the host that guests can hold as an `externref`. Used through [`Rooted`].
///
/// ```
/// use bolide::*;
///
/// let mut store = Store::<()>::default();
/// let module = Module::new(
///     store.engine(),
///     r#"(module (func (export "id") (param externref) (result externref) (local.get 0)))"#,
/// )?;
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let id = instance.get_typed_func::<Option<Rooted<ExternRef>>, Option<Rooted<ExternRef>>>(&mut store, "id")?;
///
/// let reference = ExternRef::new(&mut store, String::from("any value of the host"))?;
/// let back = id.call(&mut store, Some(reference))?.expect("not null");
/// let value = back.data(&store)?.and_then(|value| value.downcast_ref::<String>());
/// assert_eq!(value.unwrap(), "any value of the host");
/// # Ok::<(), Error>(())
/// ```
pub struct ExternRef {
    _private: (),
}

impl ExternRef {
    /// Makes a host reference. It lives until neither guests nor roots refer to it.
    ///
    /// # Errors
    ///
    /// If the store holds 2³² − 1 references.
    pub fn new(
        mut store: impl AsContextMut,
        value: impl Any + Send + Sync,
    ) -> Result<Rooted<ExternRef>> {
        let mut store = store.as_context_mut();
        let store = store.inner();
        if store.externs.until_collection == 0 {
            collect(store);
        }
        let heap = &mut store.externs;
        heap.until_collection -= 1;
        let slot = Slot {
            value: Some(Box::new(value)),
            marked: false,
        };
        let index = match heap.free.pop() {
            Some(index) => {
                heap.slots[index as usize] = slot;
                index
            }
            None => {
                let Some(index) = u32::try_from(heap.slots.len())
                    .ok()
                    .filter(|i| *i < u32::MAX)
                else {
                    bail!("the store holds too many host references");
                };
                heap.slots.push(slot);
                index
            }
        };
        Ok(heap.root(store.id, u64::from(index) + 1))
    }

    /// Roots, in the current scope, the reference that a guest or [`Rooted::to_raw`] gave away as a
    /// number; `None` for null, which is 0.
    ///
    /// A number that the collector has freed since, or that never was a reference of this store, gives a
    /// root of another reference, or one whose methods panic.
    pub fn from_raw(mut store: impl AsContextMut, raw: u32) -> Option<Rooted<ExternRef>> {
        let mut store = store.as_context_mut();
        Rooted::from_handle(store.inner(), raw.into())
    }
}

/// A root that keeps a reference alive until the enclosing scope ends: the host function that it was made
/// in, a [`RootScope`], or the store.
///
/// ```
/// use bolide::*;
///
/// let mut store = Store::<()>::default();
/// let reference: Rooted<ExternRef> = ExternRef::new(&mut store, 1u32)?;
/// if let Some(value) = reference.data_mut(&mut store)? {
///     *value.downcast_mut::<u32>().unwrap() += 1;
/// }
/// assert_eq!(reference.data(&store)?.unwrap().downcast_ref(), Some(&2u32));
/// # Ok::<(), Error>(())
/// ```
pub struct Rooted<R> {
    store: StoreId,
    index: usize,
    generation: u64,
    _what: PhantomData<fn() -> R>,
}

impl<R> Copy for Rooted<R> {}
impl<R> Clone for Rooted<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> fmt::Debug for Rooted<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rooted")
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}

impl Rooted<ExternRef> {
    /// The host's value; `None` for a reference that the host did not make (the engine has none yet).
    ///
    /// # Errors
    ///
    /// If the root's scope has ended.
    ///
    /// # Panics
    ///
    /// If the reference belongs to another store.
    pub fn data<'a, T: 'static>(
        &self,
        store: impl Into<StoreContext<'a, T>>,
    ) -> Result<Option<&'a (dyn Any + Send + Sync)>> {
        let store = store.into().inner();
        self.store.assert_is(store);
        let handle = store.externs.handle(self)?;
        let slot = &store.externs.slots[handle as usize - 1];
        match &slot.value {
            Some(value) => Ok(Some(&**value)),
            None => unreachable!("a rooted slot is not freed"),
        }
    }

    /// The host's value, as [`data`](Self::data).
    ///
    /// # Errors
    ///
    /// If the root's scope has ended.
    ///
    /// # Panics
    ///
    /// If the reference belongs to another store.
    pub fn data_mut<'a, T: 'static>(
        &self,
        store: impl Into<StoreContextMut<'a, T>>,
    ) -> Result<Option<&'a mut (dyn Any + Send + Sync)>> {
        let (store, _) = store.into().into_parts();
        self.store.assert_is(store);
        let handle = store.externs.handle(self)?;
        let slot = &mut store.externs.slots[handle as usize - 1];
        match &mut slot.value {
            Some(value) => Ok(Some(&mut **value)),
            None => unreachable!("a rooted slot is not freed"),
        }
    }

    /// A root that is independent of scopes.
    ///
    /// # Errors
    ///
    /// If this root's scope has ended.
    ///
    /// # Panics
    ///
    /// If the reference belongs to another store.
    pub fn to_owned_rooted(&self, store: impl AsContextMut) -> Result<OwnedRooted<ExternRef>> {
        let store = store.as_context();
        let store = store.inner();
        self.store.assert_is(store);
        let handle = store.externs.handle(self)?;
        let roots = store.externs.owned.clone();
        let mut owned = roots.lock().expect("holders of this lock do not panic");
        let index = match owned.free.pop() {
            Some(index) => {
                owned.handles[index] = Some(handle);
                index
            }
            None => {
                owned.handles.push(Some(handle));
                owned.handles.len() - 1
            }
        };
        drop(owned);
        Ok(OwnedRooted {
            store: self.store,
            index,
            roots,
            _what: PhantomData,
        })
    }

    /// Whether two roots refer to the same host value.
    ///
    /// # Errors
    ///
    /// If one of the roots' scopes has ended.
    ///
    /// # Panics
    ///
    /// If one of the references belongs to another store.
    pub fn ref_eq(
        store: impl AsContext,
        a: &Rooted<ExternRef>,
        b: &Rooted<ExternRef>,
    ) -> Result<bool> {
        let store = store.as_context().inner();
        Ok(a.to_handle(store)? == b.to_handle(store)?)
    }

    /// What guests hold for this reference, for a [`ValRaw`](crate::ValRaw). Never 0, which is null.
    ///
    /// The number does not keep the reference alive: until it is in a guest's hands, something else
    /// must, such as this root.
    ///
    /// # Errors
    ///
    /// If the root's scope has ended.
    ///
    /// # Panics
    ///
    /// If the reference belongs to another store.
    pub fn to_raw(&self, store: impl AsContext) -> Result<u32> {
        let handle = self.to_handle(store.as_context().inner())?;
        Ok(u32::try_from(handle).expect("handles are made of 32 bits"))
    }

    /// The handle that guests hold.
    pub(crate) fn to_handle(self, store: &StoreInner) -> Result<u64> {
        self.store.assert_is(store);
        store.externs.handle(&self)
    }

    /// Roots the reference that a guest gave away.
    pub(crate) fn from_handle(store: &mut StoreInner, handle: u64) -> Option<Rooted<ExternRef>> {
        let id = store.id;
        (handle != 0).then(|| store.externs.root(id, handle))
    }
}

/// A root that keeps a reference alive until it is dropped.
///
/// ```
/// use bolide::*;
///
/// let mut store = Store::<()>::default();
/// let owned: OwnedRooted<ExternRef> = {
///     let mut scope = RootScope::new(&mut store);
///     let local = ExternRef::new(&mut scope, "kept")?;
///     local.to_owned_rooted(&mut scope)?
/// };
/// store.gc();
/// let reference = owned.to_rooted(&mut store);
/// assert_eq!(reference.data(&store)?.unwrap().downcast_ref(), Some(&"kept"));
/// # Ok::<(), Error>(())
/// ```
pub struct OwnedRooted<R> {
    store: StoreId,
    index: usize,
    roots: Arc<Mutex<OwnedRoots>>,
    _what: PhantomData<fn() -> R>,
}

impl OwnedRooted<ExternRef> {
    /// A root in the current scope for the same reference.
    ///
    /// # Panics
    ///
    /// If the reference belongs to another store.
    pub fn to_rooted(&self, mut store: impl AsContextMut) -> Rooted<ExternRef> {
        let mut store = store.as_context_mut();
        let store = store.inner();
        self.store.assert_is(store);
        let handle = self
            .roots
            .lock()
            .expect("holders of this lock do not panic")
            .handles[self.index];
        let id = store.id;
        store
            .externs
            .root(id, handle.expect("alive as long as this root"))
    }
}

impl<R> Drop for OwnedRooted<R> {
    fn drop(&mut self) {
        if let Ok(mut roots) = self.roots.lock() {
            roots.handles[self.index] = None;
            roots.free.push(self.index);
        }
    }
}

impl<R> fmt::Debug for OwnedRooted<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedRooted")
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}

/// A scope for roots: those made through it end with it.
///
/// ```
/// use bolide::*;
///
/// let mut store = Store::<()>::default();
/// let escaped = {
///     let mut scope = RootScope::new(&mut store);
///     ExternRef::new(&mut scope, "temporary")?
/// };
/// // The root ended with its scope, so that the value can be freed.
/// assert!(escaped.data(&store).is_err());
/// # Ok::<(), Error>(())
/// ```
pub struct RootScope<C: AsContextMut> {
    store: C,
    mark: usize,
}

impl<C: AsContextMut> RootScope<C> {
    /// Begins a scope.
    pub fn new(mut store: C) -> RootScope<C> {
        let mark = store.as_context_mut().inner().externs.enter_scope();
        RootScope { store, mark }
    }
}

impl<C: AsContextMut> Drop for RootScope<C> {
    fn drop(&mut self) {
        self.store
            .as_context_mut()
            .inner()
            .externs
            .exit_scope(self.mark);
    }
}

impl<C: AsContextMut> AsContext for RootScope<C> {
    type Data = C::Data;

    fn as_context(&self) -> StoreContext<'_, C::Data> {
        self.store.as_context()
    }
}

impl<C: AsContextMut> AsContextMut for RootScope<C> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, C::Data> {
        self.store.as_context_mut()
    }
}

impl<C: AsContextMut> fmt::Debug for RootScope<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RootScope").finish_non_exhaustive()
    }
}
