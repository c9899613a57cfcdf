//! Host functions.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use bolide_abi::{ArgLocs, buffer_slots, param_locs, result_locs};
use bolide_module::ValType as RawValType;

use super::Func;
use super::call::{self, ArgReader, ResultWriter};
use super::wasm_ty::{Results, WasmRet, WasmTy, for_each_arity, read_arg};
use crate::arch;
use crate::engine::Engine;
use crate::error::{Result, bail};
use crate::store::{AsContextMut, Caller, StoreInner};
use crate::trap;
use crate::types::{FuncType, ValType};
use crate::val::Val;
use crate::vm::{CodeSlot, HostFrame, HostShim, VMHostContext, VMStoreContext};

/// A host function that is in no store yet, so that a linker can put it into many.
///
/// ```
/// use bolide::*;
///
/// let engine = Engine::default();
/// let double: HostFunc<()> = HostFunc::wrap(&engine, |x: i32| x * 2);
/// for x in [1, 2] {
///     let mut store = Store::new(&engine, ());
///     let func = double.instantiate(&mut store);
///     assert_eq!(func.typed::<i32, i32>(&store)?.call(&mut store, x)?, 2 * x);
/// }
/// # Ok::<(), Error>(())
/// ```
pub struct HostFunc<T: 'static> {
    inner: Arc<HostFuncInner>,
    /// The closure expects stores with data of exactly this type.
    _data: PhantomData<fn(T) -> T>,
}

impl<T: 'static> Clone for HostFunc<T> {
    fn clone(&self) -> Self {
        HostFunc {
            inner: self.inner.clone(),
            _data: PhantomData,
        }
    }
}

pub(crate) struct HostFuncInner {
    ty: FuncType,
    shim: HostShim,
    closure: Box<dyn Any + Send + Sync>,
    stack_bytes: u32,
    flags: u32,
    result_slots: usize,
}

/// The slot of all host functions.
pub(crate) fn host_slot() -> &'static CodeSlot {
    static SLOT: CodeSlot = CodeSlot::new(arch::host_trampoline as *const () as *mut u8);
    &SLOT
}

impl HostFuncInner {
    pub(super) fn new(
        ty: FuncType,
        shim: HostShim,
        closure: Box<dyn Any + Send + Sync>,
    ) -> HostFuncInner {
        let params = param_locs(&ty.raw().params);
        let results = result_locs(&ty.raw().results);
        HostFuncInner {
            stack_bytes: params.stack_bytes,
            flags: call::flags(&params, &results),
            result_slots: buffer_slots(&ty.raw().results),
            ty,
            shim,
            closure,
        }
    }

    pub(crate) fn ty(&self) -> &FuncType {
        &self.ty
    }

    pub(crate) fn result_slots(&self) -> usize {
        self.result_slots
    }

    pub(crate) fn context(&self, store: *mut VMStoreContext) -> VMHostContext {
        VMHostContext {
            store,
            shim: self.shim,
            closure: (&raw const *self.closure).cast(),
            stack_bytes: self.stack_bytes,
            flags: self.flags,
        }
    }
}

impl<T: 'static> HostFunc<T> {
    pub(super) fn from_inner(inner: HostFuncInner) -> Self {
        HostFunc {
            inner: Arc::new(inner),
            _data: PhantomData,
        }
    }

    /// Makes a host function of a type that is only known at run time. See [`Func::new`](super::Func::new).
    pub fn new(
        ty: FuncType,
        func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
    ) -> HostFunc<T> {
        fn make<T: 'static, F>(ty: FuncType, func: F) -> HostFunc<T>
        where
            F: Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
        {
            let closure = Dynamic {
                locs: param_locs(&ty.raw().params),
                ty: ty.clone(),
                func,
            };
            let inner = HostFuncInner::new(ty, dynamic_shim::<T, F>, Box::new(closure));
            HostFunc::from_inner(inner)
        }
        make(ty, func)
    }

    /// Makes a host function from a closure. See [`Func::wrap`](super::Func::wrap).
    pub fn wrap<P, R>(engine: &Engine, func: impl IntoFunc<T, P, R>) -> HostFunc<T> {
        let (params, results, shim, closure) = func.into_parts();
        let api = |types: Vec<RawValType>| {
            types
                .into_iter()
                .map(|t| ValType::from_raw(engine, t))
                .collect::<Vec<_>>()
        };
        let ty = FuncType::new(engine, api(params), api(results));
        HostFunc::from_inner(HostFuncInner::new(ty, shim.0, closure))
    }

    /// Puts the function into a store.
    ///
    /// # Panics
    ///
    /// If the function was made for another engine.
    pub fn instantiate(&self, mut store: impl AsContextMut<Data = T>) -> Func {
        let mut store = store.as_context_mut();
        let store = store.inner();
        assert!(
            Engine::same(self.ty().engine(), &store.engine),
            "the function was made for another engine"
        );
        let ptr = store.add_host_func(&self.inner);
        Func::from_ptr(store, ptr)
    }

    /// The type.
    pub fn ty(&self) -> &FuncType {
        self.inner.ty()
    }
}

impl<T: 'static> fmt::Debug for HostFunc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostFunc")
            .field("ty", self.ty())
            .finish_non_exhaustive()
    }
}

/// Runs a host function for wasm: in a scope for roots of its own, and so that errors and panics unwind
/// the wasm frames. Returns the status for the trampoline.
#[inline]
pub(super) fn call_host(store: *mut StoreInner, f: impl FnOnce() -> Result<()>) -> u32 {
    // SAFETY: the store is live, and whoever called into wasm has given up its borrow.
    let externs = unsafe { &raw mut (*store).externs };
    // SAFETY: as above; the reference ends before `f` runs.
    let scope = unsafe { (*externs).enter_scope() };
    let done = trap::catch(store, f);
    // SAFETY: as above; `f` has ended.
    unsafe { (*externs).exit_scope(scope) };
    done.is_none().into()
}

struct Dynamic<F> {
    ty: FuncType,
    locs: ArgLocs,
    func: F,
}

unsafe extern "C" fn dynamic_shim<T: 'static, F>(
    context: *mut VMHostContext,
    frame: *mut HostFrame,
) -> u32
where
    F: Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
{
    // SAFETY: the trampoline passes the context that this shim was put in, with its closure.
    let (store, closure) = unsafe {
        let store: *mut StoreInner = (*context).store.cast();
        (store, &*(*context).closure.cast::<Dynamic<F>>())
    };
    call_host(store, || {
        let ty = closure.ty.raw();
        // SAFETY: the store is live, and whoever called into wasm has given up its borrow.
        let inner = unsafe { &mut *store };
        let mut values = Vec::with_capacity(ty.params.len() + ty.results.len());
        // SAFETY: the trampoline's frame is live during this call.
        call::read_params(unsafe { &*frame }, ty, &closure.locs, |i, raw| {
            values.push(Val::from_raw(inner, ty.params[i], raw));
        });
        let defaults = closure.ty.results();
        values.extend(defaults.map(|t| Val::default_for_ty(&t).unwrap_or(Val::FuncRef(None))));
        let (params, results) = values.split_at_mut(ty.params.len());
        // SAFETY: as above, and `inner` is not used during the call.
        (closure.func)(unsafe { Caller::from_raw(store) }, params, results)?;
        // SAFETY: the frame and the store are live.
        let mut writer = unsafe { ResultWriter::new(frame, store) };
        // SAFETY: the closure's borrow has ended.
        let inner = unsafe { &mut *store };
        for (value, ty) in results.iter().zip(&ty.results) {
            if !value.matches(inner, *ty)? {
                let expected = ValType::from_raw(&inner.engine, *ty);
                bail!("a host function returned {value:?} where its type promises {expected}");
            }
            let raw = value.to_raw_checked(inner, *ty)?;
            if ty.is_float_or_vector() {
                writer.float(raw);
            } else {
                writer.int(raw as u64);
            }
        }
        Ok(())
    })
}

/// A shim, opaque to other crates.
#[doc(hidden)]
#[derive(Copy, Clone, Debug)]
pub struct Shim(HostShim);

type Parts = (
    Vec<RawValType>,
    Vec<RawValType>,
    Shim,
    Box<dyn Any + Send + Sync>,
);

/// A closure that can be a host function: up to 16 parameters of [`WasmTy`] types, optionally a
/// [`Caller`] before them, and a [`WasmRet`] result.
///
/// ```
/// use bolide::*;
///
/// /// Defines a function under the prefix of a host.
/// fn define<P, R>(linker: &mut Linker<u32>, name: &str, func: impl IntoFunc<u32, P, R>) -> Result<()> {
///     linker.func_wrap("game", name, func)?;
///     Ok(())
/// }
///
/// let mut linker = Linker::new(&Engine::default());
/// define(&mut linker, "pi", || 3.14)?;
/// define(&mut linker, "seed", |caller: Caller<'_, u32>| *caller.data())?;
/// define(&mut linker, "checked_div", |a: i32, b: i32| a.checked_div(b).context("no quotient"))?;
/// # Ok::<(), Error>(())
/// ```
pub trait IntoFunc<T, Params, Results>: Send + Sync + 'static {
    #[doc(hidden)]
    fn into_parts(self) -> Parts;
}

struct Typed<F, M> {
    func: F,
    _types: PhantomData<fn() -> M>,
}

macro_rules! into_func {
    ($($name:ident)*) => {
        impl<T: 'static, F, $($name: WasmTy,)* R: WasmRet + 'static> IntoFunc<T, ($($name,)*), R> for F
        where
            F: Fn($($name),*) -> R + Send + Sync + 'static,
        {
            fn into_parts(self) -> Parts {
                let func = self;
                IntoFunc::<T, (Caller<'_, T>, $($name,)*), R>::into_parts(
                    #[allow(non_snake_case, clippy::too_many_arguments, reason = "one argument per parameter")]
                    move |_: Caller<'_, T>, $($name: $name),*| func($($name),*)
                )
            }
        }

        impl<T: 'static, F, $($name: WasmTy,)* R: WasmRet + 'static> IntoFunc<T, (Caller<'_, T>, $($name,)*), R> for F
        where
            F: Fn(Caller<'_, T>, $($name),*) -> R + Send + Sync + 'static,
        {
            fn into_parts(self) -> Parts {
                #[allow(non_snake_case, reason = "variables are named like their types")]
                unsafe extern "C" fn shim<T: 'static, F, $($name: WasmTy,)* R: WasmRet>(
                    context: *mut VMHostContext,
                    frame: *mut HostFrame,
                ) -> u32
                where
                    F: Fn(Caller<'_, T>, $($name),*) -> R + Send + Sync + 'static,
                {
                    // SAFETY: the trampoline passes the context that this shim was put in, with its closure.
                    let (store, closure) = unsafe {
                        let store: *mut StoreInner = (*context).store.cast();
                        (store, &*(*context).closure.cast::<Typed<F, (T, $($name,)* R)>>())
                    };
                    call_host(store, || {
                        // SAFETY: the store is live, and whoever called into wasm has given up its borrow.
                        #[allow(unused_variables, reason = "without parameters")]
                        let inner = unsafe { &mut *store };
                        // SAFETY: the frame is live, and the reads follow the signature.
                        #[allow(unused_mut, unused_variables, reason = "without parameters")]
                        let mut args = unsafe { ArgReader::new(frame) };
                        $(let $name = read_arg::<$name>(&mut args, inner);)*
                        // SAFETY: as above, and `inner` is not used during the call.
                        let caller = unsafe { Caller::from_raw(store) };
                        let result = (closure.func)(caller, $($name),*);
                        // SAFETY: the closure's borrow has ended.
                        let inner = unsafe { &mut *store };
                        // SAFETY: the frame and the store are live, and the writes follow the signature.
                        let writer = unsafe { ResultWriter::new(frame, store) };
                        let mut results = Results { writer, store: inner };
                        result.write(&mut results)?;
                        Ok(())
                    })
                }

                let closure = Typed::<F, (T, $($name,)* R)> {
                    func: self,
                    _types: PhantomData,
                };
                (
                    vec![$($name::TYPE),*],
                    R::types(),
                    Shim(shim::<T, F, $($name,)* R>),
                    Box::new(closure),
                )
            }
        }
    };
}

for_each_arity!(into_func);
