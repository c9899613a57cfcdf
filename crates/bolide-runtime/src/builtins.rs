//! Runtime functions that compiled code calls; see `bolide_abi::for_each_builtin`.

use bolide_abi::NOT_IN_A_LOOP;
use bolide_module::{DefinedFuncIndex, ValType};

use crate::error::Result;
use crate::instance::{self, InstanceInner};
use crate::memory::Expected;
use crate::memory_handle::{self, wait_error};
use crate::store::StoreInner;
use crate::table;
use crate::trap;
use crate::vm::VMContext;

/// What a builtin returns to its stub, in `rax` and `rdx`.
#[repr(C)]
pub(crate) struct BuiltinResult {
    value: u64,
    /// Not 0: unwind to the entry frame.
    failed: u64,
}

/// The instance and store of a call from compiled code.
struct Context<'a> {
    store: &'a mut StoreInner,
    instance: u32,
}

impl Context<'_> {
    fn inner(&self) -> &InstanceInner {
        &self.store.instances[self.instance]
    }

    fn inner_mut(&mut self) -> &mut InstanceInner {
        &mut self.store.instances[self.instance]
    }

    /// Position in the store of a memory.
    fn memory(&self, memory: u32) -> u32 {
        self.inner().memories[memory as usize]
    }

    /// Position in the store of a table.
    fn table(&self, table: u32) -> u32 {
        self.inner().tables[table as usize]
    }
}

/// # Safety
///
/// `vmctx` is the live vmctx of the calling wasm code.
unsafe fn run(vmctx: *mut VMContext, f: impl FnOnce(Context<'_>) -> Result<u64>) -> BuiltinResult {
    // SAFETY: promised by the caller.
    let (store, instance) = unsafe {
        let store: *mut StoreInner = (*vmctx).store.cast();
        (store, (*(*vmctx).instance).index)
    };
    let result = trap::catch(store, || {
        // SAFETY: the store is live, and whoever entered wasm has given up its borrow.
        let store = unsafe { &mut *store };
        f(Context { store, instance })
    });
    match result {
        Some(value) => BuiltinResult { value, failed: 0 },
        None => BuiltinResult {
            value: 0,
            failed: 1,
        },
    }
}

macro_rules! rust_type {
    (I32) => {
        u32
    };
    (I64) => {
        u64
    };
}

/// Defines the entry points from the table, so that no signature can differ from what compilers assume. Each
/// calls the function of the same name in `implementations`.
macro_rules! entry_points {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $ty:ident),*) $(-> $ret:ident)?;)*) => {$(
        pub(crate) unsafe extern "C" fn $name(vmctx: *mut VMContext $(, $arg: rust_type!($ty))*) -> BuiltinResult {
            // SAFETY: the stub passes the vmctx of the code that called it.
            unsafe { run(vmctx, |context| implementations::$name(context $(, $arg)*)) }
        }
    )*};
}

bolide_abi::for_each_builtin!(entry_points);

mod implementations {
    use super::*;

    /// -1 for an index type of either width.
    const FAILURE: u64 = u64::MAX;

    pub(super) fn memory_grow(cx: Context<'_>, memory: u32, delta: u64) -> Result<u64> {
        let position = cx.memory(memory);
        Ok(memory_handle::grow(cx.store, position, delta)?.unwrap_or(FAILURE))
    }

    pub(super) fn memory_copy(
        cx: Context<'_>,
        dst_memory: u32,
        src_memory: u32,
        dst: u64,
        src: u64,
        len: u64,
    ) -> Result<u64> {
        let cell = |memory| &cx.store.memories[cx.memory(memory)];
        let source = cell(src_memory).range(src, len)?;
        let target = cell(dst_memory).range(dst, len)?;
        // SAFETY: both ranges are in bounds; `copy` allows overlap.
        unsafe { std::ptr::copy(source, target, len as usize) };
        Ok(0)
    }

    pub(super) fn memory_fill(
        cx: Context<'_>,
        memory: u32,
        dst: u64,
        value: u32,
        len: u64,
    ) -> Result<u64> {
        let target = cx.store.memories[cx.memory(memory)].range(dst, len)?;
        // SAFETY: the range is in bounds.
        unsafe { std::ptr::write_bytes(target, value as u8, len as usize) };
        Ok(0)
    }

    pub(super) fn memory_init(
        cx: Context<'_>,
        memory: u32,
        segment: u32,
        dst: u64,
        src: u32,
        len: u32,
    ) -> Result<u64> {
        instance::memory_init(
            cx.store,
            cx.instance,
            memory,
            segment,
            [dst, src.into(), len.into()],
        )?;
        Ok(0)
    }

    pub(super) fn data_drop(mut cx: Context<'_>, segment: u32) -> Result<u64> {
        cx.inner_mut().dropped_data[segment as usize] = true;
        Ok(0)
    }

    pub(super) fn table_grow(cx: Context<'_>, table: u32, delta: u64, init: u64) -> Result<u64> {
        let position = cx.table(table);
        Ok(table::grow(cx.store, position, delta, init)?.unwrap_or(FAILURE))
    }

    pub(super) fn table_fill(
        cx: Context<'_>,
        table: u32,
        dst: u64,
        value: u64,
        len: u64,
    ) -> Result<u64> {
        let position = cx.table(table);
        cx.store.tables[position].range(dst, len)?.fill(value);
        Ok(0)
    }

    pub(super) fn table_copy(
        cx: Context<'_>,
        dst_table: u32,
        src_table: u32,
        dst: u64,
        src: u64,
        len: u64,
    ) -> Result<u64> {
        let (to, from) = (cx.table(dst_table), cx.table(src_table));
        table::copy(cx.store, to, from, dst, src, len)?;
        Ok(0)
    }

    pub(super) fn table_init(
        cx: Context<'_>,
        table: u32,
        segment: u32,
        dst: u64,
        src: u32,
        len: u32,
    ) -> Result<u64> {
        instance::table_init(
            cx.store,
            cx.instance,
            table,
            segment,
            [dst, src.into(), len.into()],
        )?;
        Ok(0)
    }

    pub(super) fn elem_drop(mut cx: Context<'_>, segment: u32) -> Result<u64> {
        cx.inner_mut().passive_elements[segment as usize] = Box::default();
        Ok(0)
    }

    pub(super) fn memory_atomic_wait32(
        cx: Context<'_>,
        memory: u32,
        address: u64,
        expected: u32,
        timeout: u64,
    ) -> Result<u64> {
        let position = cx.memory(memory);
        let expected = Expected::Bits32(expected);
        let this = cx.store.this;
        // SAFETY: the store is live, and `cx` is not used any more.
        let result =
            unsafe { StoreInner::atomic_wait(this, position, address, expected, timeout as i64)? };
        Ok(result as u64)
    }

    pub(super) fn memory_atomic_wait64(
        cx: Context<'_>,
        memory: u32,
        address: u64,
        expected: u64,
        timeout: u64,
    ) -> Result<u64> {
        let position = cx.memory(memory);
        let expected = Expected::Bits64(expected);
        let this = cx.store.this;
        // SAFETY: the store is live, and `cx` is not used any more.
        let result =
            unsafe { StoreInner::atomic_wait(this, position, address, expected, timeout as i64)? };
        Ok(result as u64)
    }

    pub(super) fn memory_atomic_notify(
        cx: Context<'_>,
        memory: u32,
        address: u64,
        count: u32,
    ) -> Result<u64> {
        let cell = &cx.store.memories[cx.memory(memory)];
        Ok(cell.notify(address, count).map_err(wait_error)?.into())
    }

    pub(super) fn interrupt(cx: Context<'_>) -> Result<u64> {
        let this = cx.store.this;
        // SAFETY: the store is live, and `cx` is not used any more.
        unsafe { StoreInner::on_interrupt(this)? };
        Ok(0)
    }

    pub(super) fn out_of_fuel(cx: Context<'_>) -> Result<u64> {
        cx.store.on_out_of_fuel()?;
        Ok(0)
    }

    pub(super) fn is_subtype(cx: Context<'_>, actual: u32, expected: u32) -> Result<u64> {
        let registry = cx.store.engine.type_registry();
        let is = registry.is_subtype(
            bolide_module::TypeId(actual),
            bolide_module::TypeId(expected),
        );
        Ok(is.into())
    }

    pub(super) fn tier_up(cx: Context<'_>, func: u32, loop_index: u32) -> Result<u64> {
        let func = DefinedFuncIndex(func);
        let module = cx.inner().module.inner.clone();
        let loop_index = (loop_index != NOT_IN_A_LOOP).then_some(loop_index);
        let target = module.tier_up(func, loop_index);
        cx.inner().update_funcref(func);
        let Some(target) = target else {
            return Ok(0);
        };
        let slots = &target.at().slots;
        let fp = *cx.store.vm.exit_fp.get_mut();
        let buffer = cx.store.osr_buffer(slots.len());
        for (value, slot) in buffer.iter_mut().zip(slots) {
            let address = fp - slot.below_fp as usize;
            // SAFETY: the frame of the caller is at a header of that loop, where its slots are as the compiler says.
            *value = unsafe {
                match slot.ty {
                    ValType::V128 => (address as *const u128).read_unaligned(),
                    _ => (address as *const u64).read().into(),
                }
            };
        }
        Ok(target.code.as_ptr() as u64)
    }
}
