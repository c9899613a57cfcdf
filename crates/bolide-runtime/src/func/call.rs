//! Placing arguments and results of calls, by the convention of `bolide_abi::callconv`.

use std::mem::MaybeUninit;
use std::sync::atomic::Ordering;

use bolide_abi::{
    ArgLoc, ArgLocs, MAX_FLOAT_REGS, MAX_INT_ARG_REGS, MAX_INT_RESULT_REGS, ResultLoc,
    buffer_slots, param_locs, result_locs,
};
use bolide_module::{FuncType, ValType};

use super::Func;
use crate::error::{Result, bail};
use crate::store::StoreInner;
use crate::trap;
use crate::val::Val;
use crate::vm::{EntryFrame, HostFrame, VMStoreContext, call_flags};

/// The register files that a signature uses.
pub(super) fn flags(params: &ArgLocs, results: &[ResultLoc]) -> u32 {
    let mut flags = 0;
    if params.locs.iter().any(|l| matches!(l, ArgLoc::Float(_))) {
        flags |= call_flags::FLOAT_ARGS;
    }
    if results.iter().any(|l| matches!(l, ResultLoc::Float(_))) {
        flags |= call_flags::FLOAT_RESULTS;
    }
    if results.iter().any(|l| matches!(l, ResultLoc::Int(1..))) {
        flags |= call_flags::MANY_INT_RESULTS;
    }
    flags
}

/// Calls a function with values whose types are checked here.
///
/// # Safety
///
/// `this` is a live store that is borrowed exclusively for this call. It is a pointer because guests
/// and host functions change the store during the call, which no reference across it would allow.
pub(super) unsafe fn call_dynamic(
    this: *mut StoreInner,
    func: Func,
    params: &[Val],
    results: &mut [Val],
) -> Result<()> {
    // SAFETY: promised by the caller; this borrow ends before the call.
    let store = unsafe { &mut *this };
    let ty = store.engine.type_registry().func_type(func.type_id(store));
    if params.len() != ty.params.len() {
        bail!(
            "expected {} arguments, got {}",
            ty.params.len(),
            params.len()
        );
    }
    if results.len() != ty.results.len() {
        bail!(
            "expected room for {} results, got {}",
            ty.results.len(),
            results.len()
        );
    }
    let locs = param_locs(&ty.params);
    let result_locs = result_locs(&ty.results);
    store.reserve_results(buffer_slots(&ty.results));
    let mut stack = vec![0u128; locs.stack_bytes as usize / 16];
    let mut frame = EntryFrame {
        ints: [0; 8],
        floats: [0; 8],
        stack: std::ptr::null(),
        stack_bytes: locs.stack_bytes as usize,
        code: std::ptr::null(),
        store: this.cast(),
        flags: flags(&locs, &result_locs),
    };
    for ((param, ty), loc) in params.iter().zip(&ty.params).zip(&locs.locs) {
        let raw = param.to_raw_checked(store, *ty)?;
        match *loc {
            ArgLoc::Int(i) => frame.ints[i as usize] = raw as u64,
            ArgLoc::Float(i) => frame.floats[i as usize] = raw,
            ArgLoc::Stack(offset) => put_stack(&mut stack, offset, *ty, raw),
        }
    }
    frame.stack = stack.as_ptr().cast();
    let funcref = func.funcref(store);
    frame.ints[0] = funcref.vmctx as u64;
    // SAFETY: slots live as long as their module, which the store keeps.
    frame.code = unsafe { (*funcref.slot).load(Ordering::Acquire) };
    // SAFETY: the arguments are of the function's type and in the places of its convention.
    unsafe { trap::enter(this, &mut frame)? };
    // SAFETY: the call has ended.
    let store = unsafe { &mut *this };
    for ((result, ty), loc) in results.iter_mut().zip(&ty.results).zip(&result_locs) {
        let raw = match *loc {
            ResultLoc::Int(i) => frame.ints[i as usize].into(),
            ResultLoc::Float(i) => frame.floats[i as usize],
            // SAFETY: the buffer was made large enough above.
            ResultLoc::Buffer(i) => unsafe { *(*store.vm.results.get()).add(i as usize) },
        };
        *result = Val::from_raw(store, *ty, raw);
    }
    Ok(())
}

fn put_stack(stack: &mut [u128], offset: u32, ty: ValType, raw: u128) {
    let cell = &mut stack[offset as usize / 16];
    if ty == ValType::V128 {
        *cell = raw;
    } else {
        let shift = offset % 16 * 8;
        *cell = *cell & !(u128::from(u64::MAX) << shift) | u128::from(raw as u64) << shift;
    }
}

/// Reads the arguments of a call from wasm, by their locations.
pub(super) fn read_params(
    frame: &HostFrame,
    ty: &FuncType,
    locs: &ArgLocs,
    mut f: impl FnMut(usize, u128),
) {
    for (i, (ty, loc)) in ty.params.iter().zip(&locs.locs).enumerate() {
        let raw = match *loc {
            ArgLoc::Int(i) => frame.ints[i as usize].into(),
            ArgLoc::Float(i) => frame.floats[i as usize],
            // SAFETY: the caller pushed its stack arguments by the same convention.
            ArgLoc::Stack(offset) => unsafe {
                let address = frame.stack.add(offset as usize);
                if *ty == ValType::V128 {
                    *address.cast::<u128>()
                } else {
                    (*address.cast::<u64>()).into()
                }
            },
        };
        f(i, raw);
    }
}

/// Where the next integer or float goes, in the order of the convention. With the sequence of types known at
/// compile time, all of this is constant.
pub(crate) struct ArgWriter<'a> {
    frame: &'a mut MaybeUninit<EntryFrame>,
    stack: &'a mut MaybeUninit<StackArgs>,
    ints: usize,
    floats: usize,
    stack_bytes: usize,
}

/// Room for the stack arguments of a call with up to 16 parameters.
#[repr(C, align(16))]
pub(crate) struct StackArgs([u64; 32]);

impl<'a> ArgWriter<'a> {
    #[inline]
    pub(super) fn new(
        frame: &'a mut MaybeUninit<EntryFrame>,
        stack: &'a mut MaybeUninit<StackArgs>,
    ) -> Self {
        ArgWriter {
            frame,
            stack,
            ints: 1,
            floats: 0,
            stack_bytes: 0,
        }
    }

    #[inline]
    pub(super) fn int(&mut self, value: u64) {
        if self.ints < MAX_INT_ARG_REGS {
            // SAFETY: the index is in bounds of the array in the frame.
            unsafe { (&raw mut (*self.frame.as_mut_ptr()).ints[self.ints]).write(value) };
            self.ints += 1;
        } else {
            self.push(8, value.into());
        }
    }

    /// A float, or a vector if `size` is 16.
    #[inline]
    pub(super) fn float(&mut self, size: usize, value: u128) {
        if self.floats < MAX_FLOAT_REGS {
            // SAFETY: the index is in bounds of the array in the frame.
            unsafe { (&raw mut (*self.frame.as_mut_ptr()).floats[self.floats]).write(value) };
            self.floats += 1;
        } else {
            self.push(size, value);
        }
    }

    #[inline]
    fn push(&mut self, size: usize, value: u128) {
        let offset = self.stack_bytes.next_multiple_of(size);
        self.stack_bytes = offset + size;
        assert!(self.stack_bytes <= size_of::<StackArgs>());
        // SAFETY: in bounds, as asserted, and aligned to `size`.
        unsafe {
            let address = self.stack.as_mut_ptr().cast::<u8>().add(offset);
            if size == 16 {
                address.cast::<u128>().write(value);
            } else {
                address.cast::<u64>().write(value as u64);
            }
        }
    }

    /// Fills in the rest of the frame and calls. Returns the results.
    ///
    /// # Safety
    ///
    /// The arguments written must be those of the function's type, and `result_flags` must fit its results.
    #[inline]
    pub(super) unsafe fn call(
        self,
        store: *mut StoreInner,
        func: Func,
        result_flags: u32,
    ) -> Result<ResultReader<'a>> {
        let float_args = if self.floats > 0 {
            call_flags::FLOAT_ARGS
        } else {
            0
        };
        let frame = self.frame.as_mut_ptr();
        // SAFETY: the fields that code reads are written here or were by `int` and `float`; the others are only
        // moved through registers by assembly code.
        unsafe {
            let funcref = func.ptr.as_ref();
            (&raw mut (*frame).ints[0]).write(funcref.vmctx as u64);
            (&raw mut (*frame).stack).write(self.stack.as_ptr().cast());
            (&raw mut (*frame).stack_bytes).write(self.stack_bytes.next_multiple_of(16));
            (&raw mut (*frame).code).write((*funcref.slot).load(Ordering::Acquire));
            (&raw mut (*frame).store).write(store.cast::<VMStoreContext>());
            (&raw mut (*frame).flags).write(float_args | result_flags);
            trap::enter(store, frame)?;
            Ok(ResultReader {
                frame: self.frame,
                store,
                ints: 0,
                floats: 0,
                buffer: 0,
            })
        }
    }
}

/// Reads the results of a call into wasm in order.
pub(crate) struct ResultReader<'a> {
    frame: &'a mut MaybeUninit<EntryFrame>,
    store: *mut StoreInner,
    ints: usize,
    floats: usize,
    buffer: usize,
}

impl ResultReader<'_> {
    #[inline]
    pub(super) fn int(&mut self) -> u64 {
        if self.ints < MAX_INT_RESULT_REGS {
            self.ints += 1;
            // SAFETY: the call wrote all integer results that its flags announced.
            unsafe { (&raw const (*self.frame.as_ptr()).ints[self.ints - 1]).read() }
        } else {
            self.overflow() as u64
        }
    }

    #[inline]
    pub(super) fn float(&mut self) -> u128 {
        if self.floats < MAX_FLOAT_REGS {
            self.floats += 1;
            // SAFETY: the call wrote all float results that its flags announced.
            unsafe { (&raw const (*self.frame.as_ptr()).floats[self.floats - 1]).read() }
        } else {
            self.overflow()
        }
    }

    fn overflow(&mut self) -> u128 {
        self.buffer += 1;
        // SAFETY: the store has room for the results of all functions in it.
        unsafe { *(*(*self.store).vm.results.get()).add(self.buffer - 1) }
    }
}

/// Reads the arguments of a call from wasm in order.
pub(crate) struct ArgReader {
    frame: *const HostFrame,
    ints: usize,
    floats: usize,
    stack_bytes: usize,
}

impl ArgReader {
    /// # Safety
    ///
    /// `frame` is the frame of a host call, alive while the reader is used, and the reads follow the
    /// types of its signature.
    #[inline]
    pub(super) unsafe fn new(frame: *const HostFrame) -> Self {
        ArgReader {
            frame,
            ints: 1,
            floats: 0,
            stack_bytes: 0,
        }
    }

    #[inline]
    pub(super) fn int(&mut self) -> u64 {
        if self.ints < MAX_INT_ARG_REGS {
            self.ints += 1;
            // SAFETY: promised by whoever made the reader.
            unsafe { (*self.frame).ints[self.ints - 1] }
        } else {
            self.pop(8) as u64
        }
    }

    #[inline]
    pub(super) fn float(&mut self, size: usize) -> u128 {
        if self.floats < MAX_FLOAT_REGS {
            self.floats += 1;
            // SAFETY: promised by whoever made the reader.
            unsafe { (*self.frame).floats[self.floats - 1] }
        } else {
            self.pop(size)
        }
    }

    #[inline]
    fn pop(&mut self, size: usize) -> u128 {
        let offset = self.stack_bytes.next_multiple_of(size);
        self.stack_bytes = offset + size;
        // SAFETY: promised by whoever made the reader.
        unsafe {
            let address = (*self.frame).stack.add(offset);
            if size == 16 {
                *address.cast::<u128>()
            } else {
                (*address.cast::<u64>()).into()
            }
        }
    }
}

/// Writes the results of a call from wasm in order.
pub(crate) struct ResultWriter {
    frame: *mut HostFrame,
    store: *mut StoreInner,
    ints: usize,
    floats: usize,
    buffer: usize,
}

impl ResultWriter {
    /// # Safety
    ///
    /// `frame` is the frame of a host call in `store`, alive while the writer is used, and the writes
    /// follow the types of its signature.
    #[inline]
    pub(super) unsafe fn new(frame: *mut HostFrame, store: *mut StoreInner) -> Self {
        ResultWriter {
            frame,
            store,
            ints: 0,
            floats: 0,
            buffer: 0,
        }
    }

    #[inline]
    pub(super) fn int(&mut self, value: u64) {
        if self.ints < MAX_INT_RESULT_REGS {
            // SAFETY: promised by whoever made the writer.
            unsafe { (*self.frame).ints[self.ints] = value };
            self.ints += 1;
        } else {
            self.overflow(value.into());
        }
    }

    #[inline]
    pub(super) fn float(&mut self, value: u128) {
        if self.floats < MAX_FLOAT_REGS {
            // SAFETY: promised by whoever made the writer.
            unsafe { (*self.frame).floats[self.floats] = value };
            self.floats += 1;
        } else {
            self.overflow(value);
        }
    }

    fn overflow(&mut self, value: u128) {
        // SAFETY: the store has room for the results of all functions in it.
        unsafe { *(*(*self.store).vm.results.get()).add(self.buffer) = value };
        self.buffer += 1;
    }
}
