//! Globals.

use std::ptr::NonNull;

use bolide_module as m;

use crate::error::{Result, bail};
use crate::store::{AsContext, AsContextMut, StoreId, StoreInner};
use crate::types::GlobalType;
use crate::val::Val;
use crate::vm::VMGlobal;

/// A global of a store: one that an instance defines, or one that the host made.
pub(crate) struct GlobalCell {
    pub(crate) ty: m::GlobalType,
    pub(crate) value: NonNull<VMGlobal>,
    /// Storage of a host global.
    _owned: Option<Box<VMGlobal>>,
    /// Keeps the type of a host global registered.
    _guard: Option<m::TypeGuard>,
}

// SAFETY: the storage belongs to the store that the cell is in.
unsafe impl Send for GlobalCell {}
// SAFETY: as above.
unsafe impl Sync for GlobalCell {}

impl GlobalCell {
    /// A global whose storage is in a vmctx.
    ///
    /// # Safety
    ///
    /// `value` must live as long as the cell.
    pub(crate) unsafe fn in_vmctx(ty: m::GlobalType, value: NonNull<VMGlobal>) -> GlobalCell {
        GlobalCell {
            ty,
            value,
            _owned: None,
            _guard: None,
        }
    }

    fn host(ty: m::GlobalType, raw: u128, guard: Option<m::TypeGuard>) -> GlobalCell {
        let mut owned = Box::new(VMGlobal(raw));
        GlobalCell {
            ty,
            value: NonNull::from(&mut *owned),
            _owned: Some(owned),
            _guard: guard,
        }
    }

    /// The value's bits.
    pub(crate) fn raw(&self) -> u128 {
        // SAFETY: the storage lives as long as the cell, and only its thread accesses it.
        unsafe { self.value.as_ref().0 }
    }

    pub(crate) fn set_raw(&mut self, raw: u128) {
        // SAFETY: as above.
        unsafe { self.value.as_mut().0 = raw }
    }
}

/// A global variable. A handle: the value is in the store.
///
/// ```
/// use bolide::*;
///
/// let mut store = Store::<()>::default();
/// let ty = GlobalType::new(ValType::I32, Mutability::Var);
/// let global = Global::new(&mut store, ty, Val::I32(1))?;
/// global.set(&mut store, Val::I32(2))?;
/// assert_eq!(global.get(&mut store).unwrap_i32(), 2);
/// # Ok::<(), Error>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Global {
    pub(crate) store: StoreId,
    pub(crate) index: u32,
}

impl Global {
    /// Makes a global.
    ///
    /// # Errors
    ///
    /// If `value` is not of the type's content.
    pub fn new(mut store: impl AsContextMut, ty: GlobalType, value: Val) -> Result<Global> {
        let mut store = store.as_context_mut();
        let store = store.inner();
        let raw = value.to_raw_checked(store, ty.to_raw().content)?;
        let ty = ty.to_raw();
        let guard = store.type_guard(ty.content);
        let index = store
            .globals
            .insert(GlobalCell::host(ty, raw, guard), None)?;
        Ok(Global {
            store: store.id,
            index,
        })
    }

    pub(crate) fn cell(self, store: &StoreInner) -> &GlobalCell {
        self.store.assert_is(store);
        &store.globals[self.index]
    }

    /// The type.
    ///
    /// # Panics
    ///
    /// If the global belongs to another store.
    pub fn ty(&self, store: impl AsContext) -> GlobalType {
        let store = store.as_context().inner();
        GlobalType::from_raw(&store.engine, self.cell(store).ty)
    }

    /// The value.
    ///
    /// # Panics
    ///
    /// If the global belongs to another store.
    pub fn get(&self, mut store: impl AsContextMut) -> Val {
        let mut store = store.as_context_mut();
        let store = store.inner();
        let cell = self.cell(store);
        let (ty, raw) = (cell.ty.content, cell.raw());
        Val::from_raw(store, ty, raw)
    }

    /// Changes the value.
    ///
    /// # Errors
    ///
    /// If the global is immutable or the value is of another type.
    ///
    /// # Panics
    ///
    /// If the global belongs to another store.
    pub fn set(&self, mut store: impl AsContextMut, value: Val) -> Result<()> {
        let mut store = store.as_context_mut();
        let store = store.inner();
        let ty = self.cell(store).ty;
        if !ty.mutable {
            bail!("an immutable global cannot be set");
        }
        let raw = value.to_raw_checked(store, ty.content)?;
        store.globals[self.index].set_raw(raw);
        Ok(())
    }
}
