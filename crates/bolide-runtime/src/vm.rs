//! The structures that compiled code reads and writes, laid out as `bolide-abi` says.

use std::cell::UnsafeCell;
use std::mem::offset_of;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use bolide_abi as abi;

/// One entry of a module's code slots: the code that a call of the function runs now.
pub(crate) type CodeSlot = AtomicPtr<u8>;

/// The part of a store that compiled code accesses. It is the first field of the store, so a
/// pointer to it is a pointer to the store.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct VMStoreContext {
    pub(crate) stack_limit: UnsafeCell<usize>,
    pub(crate) fuel: UnsafeCell<i64>,
    pub(crate) interrupt: AtomicU32,
    pub(crate) reserved: u32,
    pub(crate) caller_vmctx: UnsafeCell<*mut VMContext>,
    pub(crate) results: UnsafeCell<*mut u128>,
    pub(crate) exit_fp: UnsafeCell<usize>,
    pub(crate) exit_pc: UnsafeCell<usize>,
    pub(crate) entry_sp: UnsafeCell<usize>,
    pub(crate) osr_buffer: UnsafeCell<*mut u128>,
}

const _: () = {
    assert!(offset_of!(VMStoreContext, stack_limit) == abi::STORE_STACK_LIMIT as usize);
    assert!(offset_of!(VMStoreContext, fuel) == abi::STORE_FUEL as usize);
    assert!(offset_of!(VMStoreContext, interrupt) == abi::STORE_INTERRUPT as usize);
    assert!(offset_of!(VMStoreContext, caller_vmctx) == abi::STORE_CALLER_VMCTX as usize);
    assert!(offset_of!(VMStoreContext, results) == abi::STORE_RESULTS as usize);
    assert!(offset_of!(VMStoreContext, exit_fp) == abi::STORE_EXIT_FP as usize);
    assert!(offset_of!(VMStoreContext, exit_pc) == abi::STORE_EXIT_PC as usize);
    assert!(offset_of!(VMStoreContext, entry_sp) == abi::STORE_ENTRY_SP as usize);
    assert!(offset_of!(VMStoreContext, osr_buffer) == abi::STORE_OSR_BUFFER as usize);
    assert!(size_of::<u128>() == abi::OSR_BUFFER_SLOT as usize);
};

/// The fixed part of an instance's context.
#[repr(C, align(16))]
#[derive(Debug)]
pub(crate) struct VMContext {
    pub(crate) store: *mut VMStoreContext,
    pub(crate) instance: *mut crate::instance::InstanceInner,
    pub(crate) code_slots: *const CodeSlot,
    pub(crate) builtins: *const usize,
}

const _: () = {
    assert!(offset_of!(VMContext, store) == abi::VMCTX_STORE as usize);
    assert!(offset_of!(VMContext, instance) == abi::VMCTX_INSTANCE as usize);
    assert!(offset_of!(VMContext, code_slots) == abi::VMCTX_CODE_SLOTS as usize);
    assert!(offset_of!(VMContext, builtins) == abi::VMCTX_BUILTINS as usize);
    assert!(size_of::<VMContext>() == abi::VMCTX_HEADER_SIZE as usize);
};

/// A function reference. Two references are the same function exactly if they are the same pointer.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct VMFuncRef {
    pub(crate) slot: *const CodeSlot,
    pub(crate) vmctx: *mut VMContext,
    pub(crate) type_id: u32,
    pub(crate) index: u32,
    /// What was in the slot once, which saves optimized code a load before each call.
    pub(crate) code: CodeSlot,
}

impl VMFuncRef {
    pub(crate) fn new(
        slot: &CodeSlot,
        vmctx: *mut VMContext,
        type_id: u32,
        index: u32,
    ) -> VMFuncRef {
        VMFuncRef {
            slot,
            vmctx,
            type_id,
            index,
            code: slot.load(Ordering::Acquire).into(),
        }
    }

    /// Has calls through the reference run the newest code. Those are who notice that there is such: the lazy stub,
    /// and code that counts.
    pub(crate) fn update(&self, code: NonNull<u8>) {
        self.code.store(code.as_ptr(), Ordering::Relaxed);
    }
}

const _: () = {
    assert!(offset_of!(VMFuncRef, slot) == abi::FUNCREF_SLOT as usize);
    assert!(offset_of!(VMFuncRef, vmctx) == abi::FUNCREF_VMCTX as usize);
    assert!(offset_of!(VMFuncRef, type_id) == abi::FUNCREF_TYPE as usize);
    assert!(offset_of!(VMFuncRef, index) == abi::FUNCREF_INDEX as usize);
    assert!(offset_of!(VMFuncRef, code) == abi::FUNCREF_CODE as usize);
    assert!(size_of::<VMFuncRef>() == abi::FUNCREF_SIZE as usize);
};

/// An imported function.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub(crate) struct VMFuncImport {
    pub(crate) slot: *const CodeSlot,
    pub(crate) vmctx: *mut VMContext,
    pub(crate) funcref: NonNull<VMFuncRef>,
}

const _: () = {
    assert!(offset_of!(VMFuncImport, slot) == abi::FUNC_IMPORT_SLOT as usize);
    assert!(offset_of!(VMFuncImport, vmctx) == abi::FUNC_IMPORT_VMCTX as usize);
    assert!(offset_of!(VMFuncImport, funcref) == abi::FUNC_IMPORT_FUNCREF as usize);
    assert!(size_of::<VMFuncImport>() == abi::FUNC_IMPORT_SIZE as usize);
};

/// A table as compiled code sees it.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct VMTableDefinition {
    pub(crate) base: *mut u64,
    pub(crate) length: u64,
}

const _: () = {
    assert!(offset_of!(VMTableDefinition, base) == abi::TABLE_BASE as usize);
    assert!(offset_of!(VMTableDefinition, length) == abi::TABLE_LENGTH as usize);
    assert!(size_of::<VMTableDefinition>() == abi::TABLE_SIZE as usize);
};

/// Storage of a global.
#[repr(C, align(16))]
#[derive(Debug, Clone, Copy)]
pub(crate) struct VMGlobal(pub(crate) u128);

const _: () = assert!(size_of::<VMGlobal>() == abi::GLOBAL_SIZE as usize);

/// Context of a host function: takes the place of a vmctx, so that its first field is the store.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct VMHostContext {
    pub(crate) store: *mut VMStoreContext,
    /// Called by the host trampoline.
    pub(crate) shim: HostShim,
    /// Data of the closure, as the shim knows it.
    pub(crate) closure: *const (),
    /// Bytes of stack arguments that the trampoline pops.
    pub(crate) stack_bytes: u32,
    /// Bits of [`call_flags`].
    pub(crate) flags: u32,
}

/// Which register files a call uses beyond the common ones.
pub(crate) mod call_flags {
    /// Some argument is in a floating-point register.
    pub(crate) const FLOAT_ARGS: u32 = 1;
    /// Some result is in a floating-point register.
    pub(crate) const FLOAT_RESULTS: u32 = 2;
    /// More than one result is in an integer register.
    pub(crate) const MANY_INT_RESULTS: u32 = 4;
}

/// Entry point of a host function: 0 to go on, 1 to unwind to the entry frame.
pub(crate) type HostShim = unsafe extern "C" fn(*mut VMHostContext, *mut HostFrame) -> u32;

/// Arguments and results of a call from wasm to the host; lives in the trampoline's frame.
#[repr(C, align(16))]
pub(crate) struct HostFrame {
    /// Integer arguments on the way in, integer results on the way out.
    pub(crate) ints: [u64; 8],
    /// Float and vector arguments on the way in, results on the way out. Arguments are valid only
    /// with `FLOAT_ARGS`.
    pub(crate) floats: [u128; 8],
    /// Stack arguments.
    pub(crate) stack: *const u8,
    pub(crate) reserved: usize,
}

/// Arguments and results of a call from the host into wasm.
#[repr(C, align(16))]
pub(crate) struct EntryFrame {
    /// Integer arguments on the way in (the vmctx first), integer results on the way out.
    pub(crate) ints: [u64; 8],
    /// Float and vector arguments on the way in, results on the way out.
    pub(crate) floats: [u128; 8],
    /// Stack arguments.
    pub(crate) stack: *const u8,
    /// Bytes of stack arguments, a multiple of 16.
    pub(crate) stack_bytes: usize,
    /// The code to call.
    pub(crate) code: *const u8,
    pub(crate) store: *mut VMStoreContext,
    /// Bits of [`call_flags`].
    pub(crate) flags: u32,
}
