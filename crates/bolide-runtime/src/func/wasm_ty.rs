//! Rust types that stand for wasm types.

use std::ptr::NonNull;

use bolide_module::{HeapType, RefType, ValType};

use super::Func;
use super::call::{ArgReader, ArgWriter, ResultReader, ResultWriter};
use crate::error::Result;
use crate::gc::{ExternRef, Rooted};
use crate::store::StoreInner;
use crate::val::V128;

/// A Rust type for values of one wasm type: `i32`, `u32`, `i64`, `u64`, `f32`, `f64`, [`V128`],
/// [`Func`], [`Rooted<ExternRef>`], and `Option`s of the last two.
///
/// # Safety
///
/// Implemented by this crate only: raw bits must be valid values of `TYPE`.
///
/// ```
/// use bolide::*;
///
/// /// A host function that ignores one argument of any type.
/// fn ignore<A: WasmTy>(store: &mut Store<()>) -> Func {
///     Func::wrap(store, |_: A| ())
/// }
///
/// let mut store = Store::default();
/// assert_eq!(ignore::<u64>(&mut store).ty(&store).to_string(), "(func (param i64))");
/// ```
pub unsafe trait WasmTy: Sized + 'static {
    /// The wasm type.
    #[doc(hidden)]
    const TYPE: ValType;

    #[doc(hidden)]
    fn into_raw(self, store: &mut StoreInnerRef<'_>) -> Result<u128>;

    #[doc(hidden)]
    fn from_raw(raw: u128, store: &mut StoreInnerRef<'_>) -> Self;
}

/// A store without its data's type, opaque to other crates.
#[doc(hidden)]
#[derive(Debug)]
pub struct StoreInnerRef<'a>(pub(crate) &'a mut StoreInner);

macro_rules! numbers {
    ($($ty:ty: $wasm:ident => |$v:ident| $into:expr, |$raw:ident| $from:expr;)*) => {$(
        // SAFETY: all bit patterns are valid.
        unsafe impl WasmTy for $ty {
            const TYPE: ValType = ValType::$wasm;

            #[inline]
            fn into_raw(self, _store: &mut StoreInnerRef<'_>) -> Result<u128> {
                let $v = self;
                Ok($into)
            }

            #[inline]
            fn from_raw($raw: u128, _store: &mut StoreInnerRef<'_>) -> Self {
                $from
            }
        }
    )*};
}

numbers! {
    i32: I32 => |v| (v as u32).into(), |raw| raw as i32;
    u32: I32 => |v| v.into(), |raw| raw as u32;
    i64: I64 => |v| (v as u64).into(), |raw| raw as i64;
    u64: I64 => |v| v.into(), |raw| raw as u64;
    f32: F32 => |v| v.to_bits().into(), |raw| f32::from_bits(raw as u32);
    f64: F64 => |v| v.to_bits().into(), |raw| f64::from_bits(raw as u64);
    V128: V128 => |v| v.into(), |raw| raw.into();
}

const fn reference(nullable: bool, heap: HeapType) -> ValType {
    ValType::Ref(RefType { nullable, heap })
}

// SAFETY: the pointer is a function reference of the same store.
unsafe impl WasmTy for Func {
    const TYPE: ValType = reference(false, HeapType::Func);

    fn into_raw(self, store: &mut StoreInnerRef<'_>) -> Result<u128> {
        self.store.assert_is(store.0);
        Ok(self.ptr.as_ptr() as usize as u128)
    }

    fn from_raw(raw: u128, store: &mut StoreInnerRef<'_>) -> Self {
        let ptr = NonNull::new(raw as usize as *mut _).expect("a non-null reference");
        Func::from_ptr(store.0, ptr)
    }
}

// SAFETY: as above, or null.
unsafe impl WasmTy for Option<Func> {
    const TYPE: ValType = reference(true, HeapType::Func);

    fn into_raw(self, store: &mut StoreInnerRef<'_>) -> Result<u128> {
        self.map_or(Ok(0), |f| f.into_raw(store))
    }

    fn from_raw(raw: u128, store: &mut StoreInnerRef<'_>) -> Self {
        NonNull::new(raw as usize as *mut _).map(|ptr| Func::from_ptr(store.0, ptr))
    }
}

// SAFETY: the handle is of a slot of the same store.
unsafe impl WasmTy for Rooted<ExternRef> {
    const TYPE: ValType = reference(false, HeapType::Extern);

    fn into_raw(self, store: &mut StoreInnerRef<'_>) -> Result<u128> {
        Ok(self.to_handle(store.0)?.into())
    }

    fn from_raw(raw: u128, store: &mut StoreInnerRef<'_>) -> Self {
        Rooted::from_handle(store.0, raw as u64).expect("a non-null reference")
    }
}

// SAFETY: as above, or null.
unsafe impl WasmTy for Option<Rooted<ExternRef>> {
    const TYPE: ValType = reference(true, HeapType::Extern);

    fn into_raw(self, store: &mut StoreInnerRef<'_>) -> Result<u128> {
        self.map_or(Ok(0), |r| r.into_raw(store))
    }

    fn from_raw(raw: u128, store: &mut StoreInnerRef<'_>) -> Self {
        Rooted::from_handle(store.0, raw as u64)
    }
}

const fn float_size(ty: ValType) -> Option<usize> {
    match ty {
        ValType::F32 | ValType::F64 => Some(8),
        ValType::V128 => Some(16),
        _ => None,
    }
}

#[inline]
pub(super) fn write_arg<A: WasmTy>(
    arg: A,
    to: &mut ArgWriter<'_>,
    store: &mut StoreInner,
) -> Result<()> {
    let raw = arg.into_raw(&mut StoreInnerRef(store))?;
    match float_size(A::TYPE) {
        Some(size) => to.float(size, raw),
        None => to.int(raw as u64),
    }
    Ok(())
}

#[inline]
pub(super) fn read_result<R: WasmTy>(from: &mut ResultReader<'_>, store: &mut StoreInner) -> R {
    let raw = match float_size(R::TYPE) {
        Some(_) => from.float(),
        None => from.int().into(),
    };
    R::from_raw(raw, &mut StoreInnerRef(store))
}

#[inline]
pub(super) fn read_arg<A: WasmTy>(from: &mut ArgReader, store: &mut StoreInner) -> A {
    let raw = match float_size(A::TYPE) {
        Some(size) => from.float(size),
        None => from.int().into(),
    };
    A::from_raw(raw, &mut StoreInnerRef(store))
}

#[inline]
fn write_result<R: WasmTy>(result: R, to: &mut ResultWriter, store: &mut StoreInner) -> Result<()> {
    let raw = result.into_raw(&mut StoreInnerRef(store))?;
    match float_size(R::TYPE) {
        Some(_) => to.float(raw),
        None => to.int(raw as u64),
    }
    Ok(())
}

/// What a host closure may return: a wasm type, a tuple of them, or a `Result` of either.
///
/// # Safety
///
/// Implemented by this crate only: `write` must write values of `types`.
///
/// ```
/// use bolide::*;
///
/// /// A host function that returns the same each time.
/// fn constant<R: WasmRet + Copy + Send + Sync + 'static>(store: &mut Store<()>, value: R) -> Func {
///     Func::wrap(store, move || value)
/// }
///
/// let mut store = Store::default();
/// let pair = constant(&mut store, (1, 2.5f32));
/// assert_eq!(pair.ty(&store).to_string(), "(func (result i32 f32))");
/// ```
pub unsafe trait WasmRet {
    #[doc(hidden)]
    fn types() -> Vec<ValType>;

    #[doc(hidden)]
    fn write(self, to: &mut Results<'_>) -> Result<()>;
}

/// Where results go, opaque to other crates.
#[doc(hidden)]
#[derive(Debug)]
pub struct Results<'a> {
    pub(super) writer: ResultWriter,
    pub(super) store: &'a mut StoreInner,
}

impl std::fmt::Debug for ResultWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ResultWriter")
    }
}

// SAFETY: one value of the type.
unsafe impl<R: WasmTy> WasmRet for R {
    fn types() -> Vec<ValType> {
        vec![R::TYPE]
    }

    #[inline]
    fn write(self, to: &mut Results<'_>) -> Result<()> {
        write_result(self, &mut to.writer, to.store)
    }
}

// SAFETY: as the type inside.
unsafe impl<R: WasmRet, E: Into<crate::error::Error>> WasmRet for Result<R, E> {
    fn types() -> Vec<ValType> {
        R::types()
    }

    #[inline]
    fn write(self, to: &mut Results<'_>) -> Result<()> {
        match self {
            Ok(value) => value.write(to),
            Err(error) => Err(error.into()),
        }
    }
}

macro_rules! tuples {
    ($($name:ident)*) => {
        // SAFETY: one value of each type, in order.
        unsafe impl<$($name: WasmTy),*> WasmRet for ($($name,)*) {
            fn types() -> Vec<ValType> {
                vec![$($name::TYPE),*]
            }

            #[inline]
            #[allow(non_snake_case, reason = "variables are named like their types")]
            fn write(self, to: &mut Results<'_>) -> Result<()> {
                let ($($name,)*) = self;
                $(write_result($name, &mut to.writer, to.store)?;)*
                let _ = to;
                Ok(())
            }
        }
    };
}

/// Calls a macro with every list of up to 16 type names.
macro_rules! for_each_arity {
    ($mac:ident) => {
        $mac!();
        $mac!(A1);
        $mac!(A1 A2);
        $mac!(A1 A2 A3);
        $mac!(A1 A2 A3 A4);
        $mac!(A1 A2 A3 A4 A5);
        $mac!(A1 A2 A3 A4 A5 A6);
        $mac!(A1 A2 A3 A4 A5 A6 A7);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15);
        $mac!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16);
    };
}
pub(super) use for_each_arity;

for_each_arity!(tuples);
