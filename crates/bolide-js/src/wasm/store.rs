//! The store of an agent, reachable from native functions however deep JavaScript and WebAssembly have called
//! each other.
#![allow(
    unsafe_code,
    reason = "one borrow of the store is handed down through frames of JavaScript"
)]

use std::cell::{Cell, UnsafeCell};
use std::ptr::NonNull;

use bolide::{AsContextMut, Store, StoreContextMut};

use super::StoreData;

/// Who has the store.
#[derive(Copy, Clone)]
enum Holder {
    /// Nobody: it can be borrowed from its owner.
    Owner,
    /// A closure of [`StoreCell::with`] is running.
    Borrowed,
    /// A host function that WebAssembly called runs JavaScript and has lent its context: the pointee is its
    /// `StoreContextMut`, alive until the host function takes it back.
    Lent(NonNull<StoreContextMut<'static, StoreData>>),
}

/// A store that is borrowed by one closure at a time. See [`StoreCell::with`] and [`StoreCell::lend`].
pub(crate) struct StoreCell {
    store: UnsafeCell<Store<StoreData>>,
    holder: Cell<Holder>,
}

/// Puts the holder back, also when a closure panics.
struct Restore<'a>(&'a Cell<Holder>, Holder);

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        self.0.set(self.1);
    }
}

impl StoreCell {
    pub(crate) fn new(store: Store<StoreData>) -> StoreCell {
        StoreCell {
            store: UnsafeCell::new(store),
            holder: Cell::new(Holder::Owner),
        }
    }

    /// Runs `f` with the store. `f` may call WebAssembly but must not run JavaScript itself: conversions that
    /// call user code come before or after.
    ///
    /// # Panics
    ///
    /// If a closure of an outer `with` has the store and no host function has lent it since.
    #[inline]
    pub(crate) fn with<R>(&self, f: impl FnOnce(StoreContextMut<'_, StoreData>) -> R) -> R {
        let holder = self.holder.replace(Holder::Borrowed);
        let _restore = Restore(&self.holder, holder);
        match holder {
            Holder::Owner => {
                // SAFETY: nobody else has a borrow, for the holder was the owner, and is `Borrowed` until `f`
                // returns.
                let store = unsafe { &mut *self.store.get() };
                f(store.as_context_mut())
            }
            Holder::Lent(mut context) => {
                // SAFETY: the pointee is alive and not used by its owner until `lend` returns; this borrow of
                // it ends before.
                f(unsafe { context.as_mut() }.as_context_mut())
            }
            Holder::Borrowed => panic!("the store is borrowed already"),
        }
    }

    /// Whether nobody has the store, so that no guest is running or waiting for the host.
    pub(crate) fn is_idle(&self) -> bool {
        matches!(self.holder.get(), Holder::Owner)
    }

    /// For host functions that call JavaScript: makes the store available to `with` again while `f` runs.
    #[inline]
    pub(crate) fn lend<R>(
        &self,
        mut context: StoreContextMut<'_, StoreData>,
        f: impl FnOnce() -> R,
    ) -> R {
        let lent = NonNull::from(&mut context).cast::<StoreContextMut<'static, StoreData>>();
        let holder = self.holder.replace(Holder::Lent(lent));
        let _restore = Restore(&self.holder, holder);
        f()
    }
}
