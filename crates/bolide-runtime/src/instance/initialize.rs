//! The second half of instantiation: segments and the start function. Also the instructions that copy segments later.

use std::ptr::NonNull;

use bolide_abi::TrapCode;
use bolide_module as m;
use bolide_module::{ElementKind, FuncIndex, IndexType};

use crate::error::Result;
use crate::func::Func;
use crate::module::Module;
use crate::store::StoreInner;
use crate::vm::VMFuncRef;

/// Copies the active segments of an instance of `module` and runs the start function. Sets `is_known` as soon as others than the instance may refer
/// to it.
pub(super) fn initialize(
    store: &mut StoreInner,
    module: &Module,
    index: u32,
    is_known: &mut bool,
) -> Result<()> {
    module.inner.compile_ahead(None);
    let raw = &*module.inner.module;
    // All passive segments first: what active ones write elsewhere stays even if one of them fails, and the
    // functions of this instance can then be called.
    let instance = &store.instances[index];
    let passive = raw.elements.iter().map(|segment| match &segment.kind {
        ElementKind::Passive => instance.segment_values(&segment.items),
        ElementKind::Declared | ElementKind::Active { .. } => Box::default(),
    });
    store.instances[index].passive_elements = passive.collect();
    for segment in &raw.elements {
        let ElementKind::Active { table, offset } = &segment.kind else {
            continue;
        };
        let instance = &store.instances[index];
        let values = instance.segment_values(&segment.items);
        let offset = segment_offset(
            instance.evaluate(offset),
            raw.tables[table.index()].ty.index,
        );
        let position = instance.tables[table.index()];
        *is_known |= table.0 < raw.imported_tables;
        store.tables[position]
            .range(offset, values.len() as u64)?
            .copy_from_slice(&values);
    }
    copy_data(store, index, raw)?;
    if let Some(start) = raw.start {
        *is_known = true;
        run_start(store, index, start)?;
    }
    Ok(())
}

fn segment_offset(raw: u128, index: IndexType) -> u64 {
    match index {
        IndexType::I32 => u64::from(raw as u32),
        IndexType::I64 => raw as u64,
    }
}

fn copy_data(store: &mut StoreInner, index: u32, raw: &m::Module) -> Result<()> {
    for (i, segment) in raw.data.iter().enumerate() {
        let Some((memory, offset)) = &segment.active else {
            continue;
        };
        let instance = &mut store.instances[index];
        instance.dropped_data[i] = true;
        let cell = &store.memories[instance.memories[memory.index()]];
        // An image can only be of a memory that this instance defines.
        if memory.0 >= raw.imported_memories && cell.image_applied() {
            continue;
        }
        let bytes = &raw.bytes.as_slice()[segment.range.start as usize..segment.range.end as usize];
        let offset = segment_offset(instance.evaluate(offset), cell.ty().index);
        let target = cell.range(offset, bytes.len() as u64)?;
        // SAFETY: `range` checked the bounds, and module bytes are never in a linear memory. Other threads
        // that use a shared memory race as the memory model allows.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), target, bytes.len()) };
    }
    Ok(())
}

fn run_start(store: &mut StoreInner, index: u32, start: FuncIndex) -> Result<()> {
    let instance = &store.instances[index];
    let inner = &instance.module.inner;
    // The start function may have no reference of its own, so make one for the call.
    let local;
    let ptr = match inner.module.defined_func(start) {
        None => instance.funcref(start),
        Some(defined) => {
            local = VMFuncRef::new(
                &inner.slots()[defined.index()],
                instance.vmctx(),
                inner.module.functions[start.index()].0,
                start.0,
            );
            NonNull::from(&local)
        }
    };
    let func = Func::from_ptr(store, ptr);
    crate::func::call_start(store, func)
}

/// `memory.init`.
pub(crate) fn memory_init(
    store: &mut StoreInner,
    instance: u32,
    memory: u32,
    segment: u32,
    [dst, src, len]: [u64; 3],
) -> Result<()> {
    let instance = &store.instances[instance];
    let raw = &instance.module.inner.module;
    let range = &raw.data[segment as usize].range;
    let bytes: &[u8] = if instance.dropped_data[segment as usize] {
        &[]
    } else {
        &raw.bytes.as_slice()[range.start as usize..range.end as usize]
    };
    let cell = &store.memories[instance.memories[memory as usize]];
    let target = cell.range(dst, len)?;
    let Some(source) = src
        .checked_add(len)
        .and_then(|end| bytes.get(src as usize..end as usize))
    else {
        return Err(TrapCode::MemoryOutOfBounds.into());
    };
    // SAFETY: as in `copy_data`.
    unsafe { std::ptr::copy_nonoverlapping(source.as_ptr(), target, source.len()) };
    Ok(())
}

/// `table.init`.
pub(crate) fn table_init(
    store: &mut StoreInner,
    instance: u32,
    table: u32,
    segment: u32,
    [dst, src, len]: [u64; 3],
) -> Result<()> {
    let instance = &store.instances[instance];
    let values = &instance.passive_elements[segment as usize];
    let target = store.tables[instance.tables[table as usize]].range(dst, len)?;
    let Some(source) = src
        .checked_add(len)
        .and_then(|end| values.get(src as usize..end as usize))
    else {
        return Err(TrapCode::TableOutOfBounds.into());
    };
    target.copy_from_slice(source);
    Ok(())
}
