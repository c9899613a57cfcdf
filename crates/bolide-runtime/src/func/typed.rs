//! Functions with a static type.

use std::fmt;
use std::marker::PhantomData;
use std::mem::MaybeUninit;

use bolide_module::ValType;

use super::Func;
use super::call::{ArgWriter, ResultReader};
use super::wasm_ty::{WasmTy, for_each_arity, read_result, write_arg};
use crate::error::Result;
use crate::store::{AsContextMut, StoreInner};
use crate::vm::call_flags;

/// A function whose parameters and results are known at compile time, so that a call costs a few
/// nanoseconds. Made by [`Func::typed`].
///
/// ```
/// use bolide::*;
///
/// let mut store = Store::<()>::default();
/// let module = Module::new(
///     store.engine(),
///     r#"(module (func (export "divmod") (param i32 i32) (result i32 i32)
///         (i32.div_u (local.get 0) (local.get 1))
///         (i32.rem_u (local.get 0) (local.get 1))))"#,
/// )?;
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let divmod: TypedFunc<(u32, u32), (u32, u32)> = instance.get_typed_func(&mut store, "divmod")?;
/// assert_eq!(divmod.call(&mut store, (17, 5))?, (3, 2));
/// # Ok::<(), Error>(())
/// ```
pub struct TypedFunc<Params, Results> {
    func: Func,
    _types: PhantomData<fn(Params) -> Results>,
}

impl<Params, Results> Copy for TypedFunc<Params, Results> {}
impl<Params, Results> Clone for TypedFunc<Params, Results> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Params, Results> fmt::Debug for TypedFunc<Params, Results> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedFunc")
            .field("func", &self.func)
            .finish()
    }
}

/// Parameters of a [`TypedFunc`]: a wasm type, or a tuple of up to 16.
///
/// # Safety
///
/// Implemented by this crate only: `write` must write arguments of `types`.
///
/// ```
/// use bolide::*;
///
/// /// Calls an export without results, whatever its parameters are.
/// fn notify<P: WasmParams>(store: &mut Store<()>, instance: Instance, name: &str, params: P) -> Result<()> {
///     instance.get_typed_func::<P, ()>(&mut *store, name)?.call(store, params)
/// }
///
/// let mut store = Store::default();
/// let module = Module::new(store.engine(), r#"(module (func (export "key") (param i32 i64)))"#)?;
/// let instance = Instance::new(&mut store, &module, &[])?;
/// notify(&mut store, instance, "key", (1, 2i64))?;
/// # Ok::<(), Error>(())
/// ```
pub unsafe trait WasmParams {
    #[doc(hidden)]
    fn types() -> Vec<ValType>;

    #[doc(hidden)]
    fn write(self, to: &mut Args<'_, '_>) -> Result<()>;
}

/// Where arguments go, opaque to other crates.
#[doc(hidden)]
pub struct Args<'a, 'b> {
    writer: &'a mut ArgWriter<'b>,
    store: &'a mut StoreInner,
}

/// Results of a [`TypedFunc`]: a wasm type, or a tuple of up to 16.
///
/// # Safety
///
/// Implemented by this crate only: `read` must read results of `types`, and `FLAGS` must fit them.
///
/// ```
/// use bolide::*;
///
/// /// Calls an export without parameters, whatever its results are.
/// fn get<R: WasmResults>(store: &mut Store<()>, instance: Instance, name: &str) -> Result<R> {
///     instance.get_typed_func::<(), R>(&mut *store, name)?.call(store, ())
/// }
///
/// let mut store = Store::default();
/// let module = Module::new(store.engine(), r#"(module (func (export "version") (result i32) (i32.const 3)))"#)?;
/// let instance = Instance::new(&mut store, &module, &[])?;
/// assert_eq!(get::<i32>(&mut store, instance, "version")?, 3);
/// # Ok::<(), Error>(())
/// ```
pub unsafe trait WasmResults: Sized {
    #[doc(hidden)]
    const FLAGS: u32;

    #[doc(hidden)]
    fn types() -> Vec<ValType>;

    #[doc(hidden)]
    fn read(from: &mut CallResults<'_, '_>) -> Self;
}

/// Where results come from, opaque to other crates.
#[doc(hidden)]
pub struct CallResults<'a, 'b> {
    reader: &'a mut ResultReader<'b>,
    store: &'a mut StoreInner,
}

/// Flags of results with these types.
const fn flags_of(types: &[ValType]) -> u32 {
    let (mut flags, mut ints, mut i) = (0, 0, 0);
    while i < types.len() {
        if types[i].is_float_or_vector() {
            flags |= call_flags::FLOAT_RESULTS;
        } else {
            ints += 1;
        }
        i += 1;
    }
    if ints > 1 {
        flags |= call_flags::MANY_INT_RESULTS;
    }
    flags
}

// SAFETY: one argument of the type.
unsafe impl<A: WasmTy> WasmParams for A {
    fn types() -> Vec<ValType> {
        vec![A::TYPE]
    }

    #[inline]
    fn write(self, to: &mut Args<'_, '_>) -> Result<()> {
        write_arg(self, to.writer, to.store)
    }
}

// SAFETY: one result of the type.
unsafe impl<R: WasmTy> WasmResults for R {
    const FLAGS: u32 = flags_of(&[R::TYPE]);

    fn types() -> Vec<ValType> {
        vec![R::TYPE]
    }

    #[inline]
    fn read(from: &mut CallResults<'_, '_>) -> Self {
        read_result(from.reader, from.store)
    }
}

macro_rules! tuples {
    ($($name:ident)*) => {
        // SAFETY: one argument of each type, in order.
        unsafe impl<$($name: WasmTy),*> WasmParams for ($($name,)*) {
            fn types() -> Vec<ValType> {
                vec![$($name::TYPE),*]
            }

            #[inline]
            #[allow(non_snake_case, reason = "variables are named like their types")]
            fn write(self, to: &mut Args<'_, '_>) -> Result<()> {
                let ($($name,)*) = self;
                $(write_arg($name, to.writer, to.store)?;)*
                let _ = to;
                Ok(())
            }
        }

        // SAFETY: one result of each type, in order.
        unsafe impl<$($name: WasmTy),*> WasmResults for ($($name,)*) {
            const FLAGS: u32 = flags_of(&[$($name::TYPE),*]);

            fn types() -> Vec<ValType> {
                vec![$($name::TYPE),*]
            }

            #[inline]
            #[allow(clippy::unused_unit, reason = "without results")]
            fn read(from: &mut CallResults<'_, '_>) -> Self {
                let _ = &from;
                ($(read_result::<$name>(from.reader, from.store),)*)
            }
        }
    };
}

for_each_arity!(tuples);

impl<Params: WasmParams, Results: WasmResults> TypedFunc<Params, Results> {
    /// The caller has checked that the function has these types.
    pub(super) fn new(func: Func) -> Self {
        TypedFunc {
            func,
            _types: PhantomData,
        }
    }

    /// The function without its static type.
    pub fn func(&self) -> &Func {
        &self.func
    }

    /// Calls the function.
    ///
    /// # Errors
    ///
    /// The trap or the error that stopped the guest.
    ///
    /// # Panics
    ///
    /// If the function or a reference among the parameters belongs to another store.
    #[inline]
    pub fn call(&self, mut store: impl AsContextMut, params: Params) -> Result<Results> {
        let mut context = store.as_context_mut();
        let store = context.inner();
        self.func.store.assert_is(store);
        let mut frame = MaybeUninit::uninit();
        let mut stack = MaybeUninit::uninit();
        let mut writer = ArgWriter::new(&mut frame, &mut stack);
        params.write(&mut Args {
            writer: &mut writer,
            store,
        })?;
        // SAFETY: the function has these types, and the arguments were written in their order.
        let mut reader = unsafe { writer.call(store.this, self.func, Results::FLAGS)? };
        Ok(Results::read(&mut CallResults {
            reader: &mut reader,
            store,
        }))
    }
}
