//! Functions, from both sides of the boundary.

mod call;
mod host;
mod raw;
mod typed;
mod wasm_ty;

use std::fmt;
use std::ptr::NonNull;

use bolide_module::TypeId;

use crate::engine::Engine;
use crate::error::{Result, bail};
use crate::instance::Instance;
use crate::store::{AsContext, AsContextMut, Caller, StoreId, StoreInner};
use crate::types::FuncType;
use crate::val::Val;
use crate::vm::VMFuncRef;

pub use host::{HostFunc, IntoFunc};
pub(crate) use host::{HostFuncInner, host_slot};
pub(crate) use raw::CallPlan;
pub use raw::ValRaw;
pub use typed::{TypedFunc, WasmParams, WasmResults};
pub use wasm_ty::{WasmRet, WasmTy};

/// The index in references to functions of the host.
pub(crate) const HOST_INDEX: u32 = u32::MAX;

/// A function: of an instance, or of the host. A handle: the function is in the store.
///
/// ```
/// use bolide::*;
///
/// let mut store = Store::<()>::default();
/// let power = Func::wrap(&mut store, |base: f64, exponent: i32| base.powi(exponent));
///
/// // Types known at compile time …
/// let typed = power.typed::<(f64, i32), f64>(&store)?;
/// assert_eq!(typed.call(&mut store, (2.0, 10))?, 1024.0);
///
/// // … or only at run time.
/// let mut results = [Val::F64(0)];
/// power.call(&mut store, &[Val::from(3.0), Val::I32(2)], &mut results)?;
/// assert_eq!(results[0].unwrap_f64(), 9.0);
/// # Ok::<(), Error>(())
/// ```
#[derive(Copy, Clone, PartialEq, Eq, Hash)]
pub struct Func {
    store: StoreId,
    pub(crate) ptr: NonNull<VMFuncRef>,
}

// SAFETY: the pointer is only followed with a borrow of the store that it belongs to.
unsafe impl Send for Func {}
// SAFETY: as above.
unsafe impl Sync for Func {}

impl Func {
    /// `ptr` is a function reference of `store`.
    pub(crate) fn from_ptr(store: &StoreInner, ptr: NonNull<VMFuncRef>) -> Func {
        Func {
            store: store.id,
            ptr,
        }
    }

    /// Makes a host function of a type that is only known at run time. `func` gets the arguments and
    /// fills in the results, which are zeros and nulls at first.
    ///
    /// # Panics
    ///
    /// If `ty` belongs to another engine.
    pub fn new<T: 'static>(
        store: impl AsContextMut<Data = T>,
        ty: FuncType,
        func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
    ) -> Func {
        HostFunc::new(ty, func).instantiate(store)
    }

    /// Makes a host function from a closure whose parameters and results are wasm types. The first
    /// parameter may be a [`Caller`].
    pub fn wrap<T: 'static, Params, Results>(
        store: impl AsContextMut<Data = T>,
        func: impl IntoFunc<T, Params, Results>,
    ) -> Func {
        let engine = store.as_context().engine().clone();
        HostFunc::wrap(&engine, func).instantiate(store)
    }

    pub(crate) fn funcref(self, store: &StoreInner) -> &VMFuncRef {
        self.store.assert_is(store);
        // SAFETY: function references live as long as their store.
        unsafe { self.ptr.as_ref() }
    }

    pub(crate) fn type_id(self, store: &StoreInner) -> TypeId {
        TypeId(self.funcref(store).type_id)
    }

    /// The instance that defines the function, and its index in the function index space of the
    /// instance's module; `None` for a function of the host. An import that is exported again belongs to the
    /// instance where it came from.
    ///
    /// # Panics
    ///
    /// If the function belongs to another store.
    ///
    /// ```
    /// use bolide::*;
    ///
    /// let mut store = Store::<()>::default();
    /// let module = Module::new(store.engine(), r#"(module (func) (func (export "f")))"#)?;
    /// let instance = Instance::new(&mut store, &module, &[])?;
    /// let f = instance.get_func(&mut store, "f").unwrap();
    /// assert_eq!(f.owner(&store), Some((instance, 1)));
    /// assert_eq!(Func::wrap(&mut store, || ()).owner(&store), None);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn owner(&self, store: impl AsContext) -> Option<(Instance, u32)> {
        let funcref = self.funcref(store.as_context().inner());
        if funcref.index == HOST_INDEX {
            return None;
        }
        // SAFETY: the vmctx of a guest's function is that of its instance, which the store keeps.
        let instance = unsafe { &*(*funcref.vmctx).instance };
        Some((instance.handle(), funcref.index))
    }

    /// The type.
    ///
    /// # Panics
    ///
    /// If the function belongs to another store, as all methods.
    pub fn ty(&self, store: impl AsContext) -> FuncType {
        let store = store.as_context().inner();
        FuncType::from_id(&store.engine, self.type_id(store))
    }

    /// Calls the function.
    ///
    /// # Errors
    ///
    /// If the arguments do not match the type or `results` has the wrong length; otherwise the trap or
    /// the error that stopped the guest.
    pub fn call(
        &self,
        mut store: impl AsContextMut,
        params: &[Val],
        results: &mut [Val],
    ) -> Result<()> {
        let mut store = store.as_context_mut();
        let store = store.inner();
        // SAFETY: the store is borrowed exclusively, and the borrow is not used after this.
        unsafe { call::call_dynamic(store.this, *self, params, results) }
    }

    /// The function with a static type, for fast calls.
    ///
    /// # Errors
    ///
    /// If the type is another.
    pub fn typed<Params: WasmParams, Results: WasmResults>(
        &self,
        store: impl AsContext,
    ) -> Result<TypedFunc<Params, Results>> {
        let ty = self.ty(&store);
        let registry = ty.engine().type_registry();
        let raw = ty.raw();
        let wanted_params = Params::types();
        let params_match = wanted_params.len() == raw.params.len()
            && wanted_params
                .iter()
                .zip(&raw.params)
                .all(|(given, expected)| registry.val_matches(*given, *expected));
        let wanted_results = Results::types();
        let results_match = wanted_results.len() == raw.results.len()
            && raw
                .results
                .iter()
                .zip(&wanted_results)
                .all(|(given, expected)| registry.val_matches(*given, *expected));
        if !params_match || !results_match {
            let wanted = describe(ty.engine(), &wanted_params, &wanted_results);
            bail!("type mismatch: the function is {ty}, but it was used as {wanted}");
        }
        Ok(TypedFunc::new(*self))
    }
}

fn describe(
    engine: &Engine,
    params: &[bolide_module::ValType],
    results: &[bolide_module::ValType],
) -> FuncType {
    use crate::types::ValType;
    FuncType::new(
        engine,
        params.iter().map(|t| ValType::from_raw(engine, *t)),
        results.iter().map(|t| ValType::from_raw(engine, *t)),
    )
}

impl fmt::Debug for Func {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Func")
            .field("ptr", &self.ptr)
            .finish_non_exhaustive()
    }
}

/// Runs a start function, which has neither parameters nor results.
pub(crate) fn call_start(store: &mut StoreInner, func: Func) -> Result<()> {
    // SAFETY: the store is borrowed exclusively.
    unsafe { call::call_dynamic(store.this, func, &[], &mut []) }
}
