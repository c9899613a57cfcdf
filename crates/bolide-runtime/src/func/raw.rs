//! Calls without checks in either direction: values are bits in one array, and where each of them
//! goes is computed once for each function type.

use std::ffi::c_void;
use std::fmt;
use std::mem::{MaybeUninit, offset_of};
use std::ptr::NonNull;
use std::sync::atomic::Ordering;

use bolide_abi::{ArgLoc, ResultLoc, param_locs, result_locs};
use bolide_module as m;

use super::Func;
use super::call;
use super::host::{HostFunc, HostFuncInner, call_host};
use crate::error::Result;
use crate::store::{AsContext, AsContextMut, Caller, StoreInner};
use crate::trap;
use crate::types::FuncType;
use crate::vm::{EntryFrame, HostFrame, VMHostContext};

/// The bits of a value of any type, for [`Func::call_unchecked`] and [`Func::new_unchecked`]. Of which type
/// they are is known to whoever knows the function's type. Floats are bits, too.
///
/// Bits beyond those of the value's type are zero in what the constructors make, and unspecified in what
/// guests pass.
///
/// ```
/// use bolide::*;
///
/// assert_eq!(ValRaw::i32(-1).get_u32(), u32::MAX);
/// assert_eq!(f64::from_bits(ValRaw::f64(1.5f64.to_bits()).get_f64()), 1.5);
/// assert!(ValRaw::null().get_funcref().is_null());
/// assert_eq!(size_of::<ValRaw>(), 16);
/// ```
#[derive(Copy, Clone)]
#[repr(C, align(16))]
pub union ValRaw {
    // All bytes are always initialized, so that every field can be read.
    low: u64,
    bits: u128,
    funcref: *mut c_void,
}

const _: () = assert!(size_of::<ValRaw>() == 16);

// SAFETY: bits; only unsafe functions make something of the pointer.
unsafe impl Send for ValRaw {}
// SAFETY: as above.
unsafe impl Sync for ValRaw {}

macro_rules! numbers {
    ($($what:literal $new:ident $get:ident: $ty:ty as $bits:ty;)*) => {
        impl ValRaw {$(
            #[doc = concat!("Makes ", $what, ".")]
            #[inline]
            pub fn $new(value: $ty) -> ValRaw {
                ValRaw {
                    bits: (value as $bits).into(),
                }
            }

            #[doc = concat!("The value as ", $what, ".")]
            #[inline]
            pub fn $get(self) -> $ty {
                // SAFETY: all bytes are initialized.
                (unsafe { self.low }) as $ty
            }
        )*}
    };
}

numbers! {
    "a signed 32-bit integer" i32 get_i32: i32 as u32;
    "an unsigned 32-bit integer" u32 get_u32: u32 as u32;
    "a signed 64-bit integer" i64 get_i64: i64 as u64;
    "an unsigned 64-bit integer" u64 get_u64: u64 as u64;
    "the bits of a 32-bit float" f32 get_f32: u32 as u32;
    "the bits of a 64-bit float" f64 get_f64: u64 as u64;
    "a host reference, from [`Rooted::to_raw`](crate::Rooted::to_raw), or 0 for null" externref get_externref: u32 as u32;
}

impl ValRaw {
    /// Makes a vector; byte 0 is the least significant.
    #[inline]
    pub fn v128(value: u128) -> ValRaw {
        ValRaw { bits: value }
    }

    /// The value as a vector.
    #[inline]
    pub fn get_v128(self) -> u128 {
        // SAFETY: all bytes are initialized.
        unsafe { self.bits }
    }

    /// Makes a function reference, from [`Func::to_raw`], or a null pointer for null.
    #[inline]
    pub fn funcref(value: *mut c_void) -> ValRaw {
        let mut raw = ValRaw { bits: 0 };
        raw.funcref = value;
        raw
    }

    /// The value as a function reference, for [`Func::from_raw`].
    #[inline]
    pub fn get_funcref(self) -> *mut c_void {
        // SAFETY: all bytes are initialized, and every address is a value of this type.
        unsafe { self.funcref }
    }

    /// Null of any reference type.
    #[inline]
    pub fn null() -> ValRaw {
        ValRaw { bits: 0 }
    }
}

impl Default for ValRaw {
    /// Zero or null of any type.
    fn default() -> ValRaw {
        ValRaw { bits: 0 }
    }
}

impl fmt::Debug for ValRaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ValRaw({:#x})", self.get_v128())
    }
}

/// Where one value of a call is.
#[derive(Copy, Clone)]
struct Slot {
    /// 16 bytes instead of 8.
    wide: bool,
    /// Outside the frame: in the stack arguments or the result buffer.
    overflows: bool,
    /// Bytes from the start of the frame, or of the area outside.
    offset: u32,
}

/// How to call functions of one type.
pub(crate) struct CallPlan {
    params: Box<[Slot]>,
    results: Box<[Slot]>,
    /// How many values an array for arguments and results holds.
    values: usize,
    stack_bytes: u32,
    flags: u32,
}

const INTS: usize = offset_of!(EntryFrame, ints);
const FLOATS: usize = offset_of!(EntryFrame, floats);
// One plan serves both directions.
const _: () = assert!(offset_of!(HostFrame, ints) == INTS);
const _: () = assert!(offset_of!(HostFrame, floats) == FLOATS);

impl Slot {
    fn new(ty: m::ValType, offset: usize, overflows: bool) -> Slot {
        Slot {
            wide: ty == m::ValType::V128,
            overflows,
            offset: offset as u32,
        }
    }

    fn int(ty: m::ValType, register: u8) -> Slot {
        Slot::new(ty, INTS + 8 * usize::from(register), false)
    }

    fn float(ty: m::ValType, register: u8) -> Slot {
        Slot::new(ty, FLOATS + 16 * usize::from(register), false)
    }

    /// Copies the value here. Only as much as there is, for what was stored in halves is slow to load as a whole.
    ///
    /// # Safety
    ///
    /// `frame` and `area` are live, writable, and laid out as the plan of this slot says; `value` is initialized.
    #[inline]
    unsafe fn write(self, frame: *mut u8, area: *mut u8, value: *const ValRaw) {
        let base = if self.overflows { area } else { frame };
        // SAFETY: promised by the caller; offsets are multiples of the value's size.
        unsafe {
            let target = base.add(self.offset as usize);
            if self.wide {
                target.cast::<u128>().write((*value).bits);
            } else {
                target.cast::<u64>().write((*value).low);
            }
        }
    }

    /// Copies the value from here.
    ///
    /// # Safety
    ///
    /// As [`Slot::write`], the value was written, and `value` is writable.
    #[inline]
    unsafe fn read(self, frame: *const u8, area: *const u8, value: *mut ValRaw) {
        let base = if self.overflows { area } else { frame };
        // SAFETY: promised by the caller.
        unsafe {
            let source = base.add(self.offset as usize);
            value.write(if self.wide {
                ValRaw {
                    bits: source.cast::<u128>().read(),
                }
            } else {
                ValRaw::u64(source.cast::<u64>().read())
            });
        }
    }
}

impl CallPlan {
    pub(crate) fn new(ty: &m::FuncType) -> CallPlan {
        let params = param_locs(&ty.params);
        let results = result_locs(&ty.results);
        let param = |(ty, loc): (&m::ValType, &ArgLoc)| match *loc {
            ArgLoc::Int(i) => Slot::int(*ty, i),
            ArgLoc::Float(i) => Slot::float(*ty, i),
            ArgLoc::Stack(offset) => Slot::new(*ty, offset as usize, true),
        };
        let result = |(ty, loc): (&m::ValType, &ResultLoc)| match *loc {
            ResultLoc::Int(i) => Slot::int(*ty, i),
            ResultLoc::Float(i) => Slot::float(*ty, i),
            ResultLoc::Buffer(i) => Slot::new(*ty, 16 * i as usize, true),
        };
        CallPlan {
            values: ty.params.len().max(ty.results.len()),
            stack_bytes: params.stack_bytes,
            flags: call::flags(&params, &results),
            params: ty.params.iter().zip(&params.locs).map(param).collect(),
            results: ty.results.iter().zip(&results).map(result).collect(),
        }
    }
}

/// Values that most calls have at most; the others need more of the native stack.
const FEW: usize = 16;
/// Values that a call has at most (the implementation limit of the JavaScript embedding).
const MANY: usize = 1000;

/// Calls a function with the values that `values` points to, and writes its results there.
///
/// # Safety
///
/// As [`Func::call_unchecked`], and `this` is a live store that is borrowed exclusively for this call.
#[inline]
unsafe fn call_raw(this: *mut StoreInner, func: Func, values: *mut [ValRaw]) -> Result<()> {
    // SAFETY: promised by the caller; this borrow ends before the call.
    let plan: *const CallPlan = unsafe {
        let store = &mut *this;
        store.call_plan(func.type_id(store))
    };
    // SAFETY: plans live until the store collects what is released, which it does not during calls.
    let plan = unsafe { &*plan };
    debug_assert!(values.len() >= plan.values);
    if plan.stack_bytes as usize <= 16 * FEW {
        // SAFETY: promised by the caller.
        unsafe { call_planned::<FEW>(this, func, plan, values.cast()) }
    } else {
        // SAFETY: promised by the caller.
        unsafe { call_with_many(this, func, plan, values.cast()) }
    }
}

/// # Safety
///
/// As [`call_planned`].
#[cold]
#[inline(never)]
unsafe fn call_with_many(
    this: *mut StoreInner,
    func: Func,
    plan: &CallPlan,
    values: *mut ValRaw,
) -> Result<()> {
    // SAFETY: promised by the caller.
    unsafe { call_planned::<MANY>(this, func, plan, values) }
}

/// # Safety
///
/// As [`call_raw`], and `plan` is that of the function's type.
#[inline]
unsafe fn call_planned<const STACK: usize>(
    this: *mut StoreInner,
    func: Func,
    plan: &CallPlan,
    values: *mut ValRaw,
) -> Result<()> {
    assert!(plan.stack_bytes as usize <= 16 * STACK);
    let mut frame = MaybeUninit::<EntryFrame>::uninit();
    let mut stack = MaybeUninit::<[u128; STACK]>::uninit();
    let frame = frame.as_mut_ptr();
    let stack = stack.as_mut_ptr().cast::<u8>();
    // SAFETY: the array has the arguments, and room for the results. The plan stays inside the frame and the
    // stack arguments. The fields of the frame that it leaves out are written here, or only moved through
    // registers by assembly code.
    unsafe {
        for (i, slot) in plan.params.iter().enumerate() {
            slot.write(frame.cast(), stack, values.add(i));
        }
        let funcref = func.ptr.as_ref();
        (&raw mut (*frame).ints[0]).write(funcref.vmctx as u64);
        (&raw mut (*frame).stack).write(stack);
        (&raw mut (*frame).stack_bytes).write(plan.stack_bytes as usize);
        (&raw mut (*frame).code).write((*funcref.slot).load(Ordering::Acquire));
        (&raw mut (*frame).store).write(this.cast());
        (&raw mut (*frame).flags).write(plan.flags);
        trap::enter(this, frame)?;
        let buffer = *(*this).vm.results.get();
        for (i, slot) in plan.results.iter().enumerate() {
            slot.read(frame.cast(), buffer.cast(), values.add(i));
        }
    }
    Ok(())
}

/// A closure of [`Func::new_unchecked`].
struct Unchecked<F> {
    plan: CallPlan,
    func: F,
}

/// Calls the closure with the arguments in `frame`, and writes its results there.
///
/// # Safety
///
/// `frame` is that of a call in `store`, whose signature is the closure's, and `values` has room for what it needs.
#[inline]
unsafe fn run_unchecked<T: 'static, F>(
    store: *mut StoreInner,
    closure: &Unchecked<F>,
    frame: *mut HostFrame,
    values: *mut ValRaw,
) -> Result<()>
where
    F: Fn(Caller<'_, T>, &mut [ValRaw]) -> Result<()> + Send + Sync + 'static,
{
    let plan = &closure.plan;
    let count = plan.values;
    // SAFETY: promised by the caller; the values of the array are all written before it is used.
    unsafe {
        for (i, slot) in plan.params.iter().enumerate() {
            slot.read(frame.cast(), (*frame).stack, values.add(i));
        }
        let mut result = plan.params.len();
        if result < count {
            // The first apart from the others, whose loop becomes a call of `memset`.
            values.add(result).write(ValRaw::default());
            result += 1;
            while result < count {
                values.add(result).write(ValRaw::default());
                result += 1;
            }
        }
        let values = std::slice::from_raw_parts_mut(values, count);
        (closure.func)(Caller::from_raw(store), values)?;
        let buffer = *(*store).vm.results.get();
        for (slot, value) in plan.results.iter().zip(values) {
            slot.write(frame.cast(), buffer.cast(), value);
        }
    }
    Ok(())
}

unsafe extern "C" fn unchecked_shim<T: 'static, F>(
    context: *mut VMHostContext,
    frame: *mut HostFrame,
) -> u32
where
    F: Fn(Caller<'_, T>, &mut [ValRaw]) -> Result<()> + Send + Sync + 'static,
{
    #[cold]
    #[inline(never)]
    unsafe fn with_many<T: 'static, F>(
        store: *mut StoreInner,
        closure: &Unchecked<F>,
        frame: *mut HostFrame,
    ) -> Result<()>
    where
        F: Fn(Caller<'_, T>, &mut [ValRaw]) -> Result<()> + Send + Sync + 'static,
    {
        let mut values = MaybeUninit::<[ValRaw; MANY]>::uninit();
        // SAFETY: promised by the caller; no signature needs more room.
        unsafe { run_unchecked::<T, F>(store, closure, frame, values.as_mut_ptr().cast()) }
    }

    // SAFETY: the trampoline passes the context that this shim was put in, with its closure.
    let (store, closure) = unsafe {
        let store: *mut StoreInner = (*context).store.cast();
        (store, &*(*context).closure.cast::<Unchecked<F>>())
    };
    call_host(store, || {
        if closure.plan.values <= FEW {
            let mut values = MaybeUninit::<[ValRaw; FEW]>::uninit();
            // SAFETY: the frame is live, and the store has no borrow, because wasm runs.
            unsafe { run_unchecked::<T, F>(store, closure, frame, values.as_mut_ptr().cast()) }
        } else {
            // SAFETY: as above.
            unsafe { with_many::<T, F>(store, closure, frame) }
        }
    })
}

impl<T: 'static> HostFunc<T> {
    /// Makes a host function whose arguments and results are not checked. See
    /// [`Func::new_unchecked`].
    ///
    /// # Safety
    ///
    /// As [`Func::new_unchecked`].
    pub unsafe fn new_unchecked(
        ty: FuncType,
        func: impl Fn(Caller<'_, T>, &mut [ValRaw]) -> Result<()> + Send + Sync + 'static,
    ) -> HostFunc<T> {
        fn make<T: 'static, F>(ty: FuncType, func: F) -> HostFunc<T>
        where
            F: Fn(Caller<'_, T>, &mut [ValRaw]) -> Result<()> + Send + Sync + 'static,
        {
            let plan = CallPlan::new(ty.raw());
            let closure = Box::new(Unchecked { plan, func });
            HostFunc::from_inner(HostFuncInner::new(ty, unchecked_shim::<T, F>, closure))
        }
        make(ty, func)
    }
}

impl Func {
    /// Makes a host function whose arguments and results are not checked: the fastest way to serve a type
    /// that is known at run time only, for it allocates nothing at a call.
    ///
    /// `func` finds the arguments at the start of the array, and leaves the results there; it is as long as
    /// the longer of the two lists.
    ///
    /// # Panics
    ///
    /// If `ty` belongs to another engine.
    ///
    /// # Safety
    ///
    /// When `func` returns `Ok`, the start of the array must hold values of the result types: function
    /// references from [`Func::to_raw`] with this store, of functions whose type matches, host references from
    /// [`Rooted::to_raw`](crate::Rooted::to_raw) with this store, null only where the type allows it, and
    /// null for all other references.
    ///
    /// ```
    /// use bolide::*;
    ///
    /// let mut store = Store::new(&Engine::default(), 10);
    /// let ty = FuncType::new(store.engine(), [ValType::I32], [ValType::I64]);
    /// // SAFETY: the closure returns one 64-bit integer.
    /// let scale = unsafe {
    ///     Func::new_unchecked(&mut store, ty, |caller: Caller<'_, i64>, values| {
    ///         values[0] = ValRaw::i64(i64::from(values[0].get_i32()) * caller.data());
    ///         Ok(())
    ///     })
    /// };
    /// assert_eq!(scale.typed::<i32, i64>(&store)?.call(&mut store, -7)?, -70);
    /// # Ok::<(), Error>(())
    /// ```
    pub unsafe fn new_unchecked<T: 'static>(
        store: impl AsContextMut<Data = T>,
        ty: FuncType,
        func: impl Fn(Caller<'_, T>, &mut [ValRaw]) -> Result<()> + Send + Sync + 'static,
    ) -> Func {
        // SAFETY: promised by the caller.
        unsafe { HostFunc::new_unchecked(ty, func) }.instantiate(store)
    }

    /// Calls the function without checking anything: the fastest way to call a function whose type is known at
    /// run time only. The store remembers where the values of a type go, and nothing is allocated at a call but
    /// the first of the type.
    ///
    /// The arguments are at the start of `params_and_returns`. The results are written there.
    ///
    /// # Errors
    ///
    /// The trap or the error that stopped the guest. The array is unchanged then.
    ///
    /// # Panics
    ///
    /// If the function belongs to another store.
    ///
    /// # Safety
    ///
    /// `params_and_returns` must be valid for reads and writes during the call, by nobody else, and at least as
    /// long as the longer list of the function's parameters and results. Its start must hold values of the
    /// parameter types: function references from [`Func::to_raw`] with this store, of functions whose type
    /// matches, host references from [`Rooted::to_raw`](crate::Rooted::to_raw) with this store, null only where
    /// the type allows it, and null for all other references.
    ///
    /// References among the results keep nothing alive. Before anything else is done with the store, make a
    /// [`Func`] or a root of those that are used further.
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
    /// let divmod = instance.get_func(&mut store, "divmod").unwrap();
    /// let mut values = [ValRaw::u32(17), ValRaw::u32(5)];
    /// // SAFETY: two 32-bit integers are given and returned.
    /// unsafe { divmod.call_unchecked(&mut store, &mut values)? };
    /// assert_eq!(values.map(ValRaw::get_u32), [3, 2]);
    /// # Ok::<(), Error>(())
    /// ```
    #[inline]
    pub unsafe fn call_unchecked(
        &self,
        mut store: impl AsContextMut,
        params_and_returns: *mut [ValRaw],
    ) -> Result<()> {
        let mut store = store.as_context_mut();
        let this = store.inner().this;
        // SAFETY: promised by the caller; the store is borrowed exclusively, and the borrow is not used after this.
        unsafe { call_raw(this, *self, params_and_returns) }
    }

    /// What guests hold for a reference to this function, for a [`ValRaw`]. Never null. Two functions of a store
    /// are the same exactly if these are.
    ///
    /// # Panics
    ///
    /// If the function belongs to another store.
    ///
    /// ```
    /// use bolide::*;
    ///
    /// let mut store = Store::<()>::default();
    /// let func = Func::wrap(&mut store, || ());
    /// let raw = func.to_raw(&store);
    /// // SAFETY: it is of this store.
    /// assert_eq!(unsafe { Func::from_raw(&store, raw) }, Some(func));
    /// ```
    pub fn to_raw(&self, store: impl AsContext) -> *mut c_void {
        self.funcref(store.as_context().inner());
        self.ptr.as_ptr().cast()
    }

    /// The function that a reference refers to; `None` for null.
    ///
    /// # Safety
    ///
    /// `raw` must be null or a function reference of this store: from [`Func::to_raw`], a guest's argument, or
    /// its result.
    pub unsafe fn from_raw(store: impl AsContext, raw: *mut c_void) -> Option<Func> {
        NonNull::new(raw.cast()).map(|ptr| Func::from_ptr(store.as_context().inner(), ptr))
    }
}
