//! The first half of instantiation: checks of imports, the VM context, and what goes into it.

use bolide_abi::Place;
use bolide_module as m;
use bolide_module::{EntityType, FuncIndex, GlobalIndex, MemoryIndex, TableIndex};

use super::{InstanceInner, Vmctx, provided_type};
use crate::arch::builtin_stubs;
use crate::engine::Engine;
use crate::error::{Error, Result, bail, ensure, format_err};
use crate::global::GlobalCell;
use crate::memory_handle::{self, MemoryCell, SharedMemory};
use crate::module::{Module, ModuleInner};
use crate::store::StoreInner;
use crate::table::{self, TableCell};
use crate::tag::TagCell;
use crate::types::ExternType;
use crate::val::Extern;
use crate::vm::{VMContext, VMFuncImport, VMFuncRef, VMGlobal, VMTableDefinition};

pub(super) fn check_imports(store: &StoreInner, module: &Module, imports: &[Extern]) -> Result<()> {
    let declared = &module.inner.module.imports;
    if imports.len() != declared.len() {
        bail!(
            "expected {} imports, found {}",
            declared.len(),
            imports.len()
        );
    }
    for (import, item) in declared.iter().zip(imports) {
        if let Extern::SharedMemory(memory) = item {
            // Compiled code relies on the layout that its own engine gives to memories.
            ensure!(
                Engine::same(memory.engine(), &store.engine),
                "the shared memory for `{}::{}` was made with another engine than the store",
                import.module,
                import.name
            );
        }
        let expected = module.inner.module.entity_type(import.index);
        let provided = provided_type(store, item);
        if !store.engine.type_registry().matches(&provided, &expected) {
            return Err(import_mismatch(&store.engine, import, provided, expected));
        }
    }
    Ok(())
}

#[cold]
fn import_mismatch(
    engine: &Engine,
    import: &m::Import,
    provided: EntityType,
    expected: EntityType,
) -> Error {
    let expected = ExternType::from_raw(engine, expected);
    let provided = ExternType::from_raw(engine, provided);
    format_err!(
        "incompatible import type for `{}::{}`: expected {expected}, found {provided}",
        import.module,
        import.name
    )
}

/// Allocates an instance with everything but its active segments and its start function.
pub(super) fn instantiate(
    store: &mut StoreInner,
    module: &Module,
    imports: &[Extern],
) -> Result<u32> {
    let inner = &module.inner;
    let raw = &inner.module;
    let defined = |total: usize, imported: u32| total - imported as usize;
    store.check_counts(
        1,
        defined(raw.memories.len(), raw.imported_memories),
        defined(raw.tables.len(), raw.imported_tables),
        imports,
    )?;
    let index = store.instances.next()?;
    let mut instance = Box::new(InstanceInner {
        module: module.clone(),
        index,
        store_id: store.id,
        vmctx: Vmctx::new(&inner.layout),
        tables: Box::default(),
        memories: Box::default(),
        globals: Box::default(),
        tags: Box::default(),
        passive_elements: Box::default(),
        dropped_data: vec![false; raw.data.len()].into(),
    });
    // SAFETY: the header is at the start of every vmctx.
    unsafe {
        instance.vmctx.at::<VMContext>(0).write(VMContext {
            store: store.this.cast(),
            instance: &raw mut *instance,
            code_slots: inner.slots().as_ptr(),
            builtins: (&raw const builtin_stubs::TABLE).cast(),
        });
    }
    let allocated = allocate(store, &mut instance, inner, imports);
    // Also after a failure: what was allocated until then points into the vmctx.
    let index = store.instances.insert(instance, None)?;
    if allocated.is_err() {
        store.release_failed(index);
    }
    allocated?;
    Ok(index)
}

/// `inner` is the instance's module. It is not cloned: threads that make instances of one module would take turns at
/// the count of its handles.
fn allocate(
    store: &mut StoreInner,
    instance: &mut InstanceInner,
    inner: &ModuleInner,
    imports: &[Extern],
) -> Result<()> {
    let raw = &inner.module;
    let imported = bind_imports(store, instance, imports)?;
    allocate_memories(store, instance, inner, imported.memories)?;
    allocate_tables(store, instance, inner, imported.tables)?;
    write_funcrefs(instance);
    define_globals(store, instance, inner, imported.globals)?;
    define_tags(store, instance, imported.tags)?;
    let defined = raw.imported_tables as usize;
    for (table, position) in raw.tables[defined..]
        .iter()
        .zip(&instance.tables[defined..])
    {
        if let Some(init) = &table.init {
            let value = instance.evaluate(init) as u64;
            let cell = &mut store.tables[*position];
            let len = cell.len();
            cell.range(0, len)?.fill(value);
        }
    }
    store.reserve_results(inner.result_slots);
    Ok(())
}

/// Positions in the store of imported entities, in the order of their index spaces.
#[derive(Default)]
struct Imported {
    tables: Vec<u32>,
    memories: Vec<u32>,
    globals: Vec<u32>,
    tags: Vec<u32>,
}

fn bind_imports(
    store: &mut StoreInner,
    instance: &InstanceInner,
    imports: &[Extern],
) -> Result<Imported> {
    let layout = &instance.module.inner.layout;
    let vmctx = &instance.vmctx;
    let mut imported = Imported::default();
    let mut funcs = 0;
    let indirect = |place: Place| match place {
        Place::Indirect(offset) => offset,
        Place::Inline(_) => unreachable!("imports are indirect"),
    };
    for item in imports {
        // SAFETY: all offsets come from the module's own layout, for the kind of entity that stands there.
        unsafe {
            match item {
                Extern::Func(func) => {
                    let funcref = func.funcref(store);
                    vmctx
                        .at(layout.func_import(FuncIndex(funcs)))
                        .write(VMFuncImport {
                            slot: funcref.slot,
                            vmctx: funcref.vmctx,
                            funcref: func.ptr,
                        });
                    funcs += 1;
                }
                Extern::Table(table) => {
                    let place = layout.table(TableIndex::from_usize(imported.tables.len()));
                    vmctx
                        .at(indirect(place))
                        .write(table.cell(store).definition());
                    imported.tables.push(table.index);
                }
                Extern::Memory(memory) => {
                    let place =
                        layout.memory(MemoryIndex::from_usize(imported.memories.len()), false);
                    vmctx
                        .at(indirect(place))
                        .write(memory.cell(store).definition());
                    imported.memories.push(memory.index);
                }
                Extern::SharedMemory(memory) => {
                    let cell = MemoryCell::shared(memory.clone());
                    let place =
                        layout.memory(MemoryIndex::from_usize(imported.memories.len()), true);
                    vmctx.at(indirect(place)).write(cell.definition());
                    let position = store.memories.insert(cell, Some(instance.index))?;
                    imported.memories.push(position);
                    store.shared_imports += 1;
                }
                Extern::Global(global) => {
                    let place = layout.global(GlobalIndex::from_usize(imported.globals.len()));
                    vmctx.at(indirect(place)).write(global.cell(store).value);
                    imported.globals.push(global.index);
                }
                // Compiled code has no use of tags.
                Extern::Tag(tag) => imported.tags.push(tag.index),
            }
        }
    }
    Ok(imported)
}

fn allocate_memories(
    store: &mut StoreInner,
    instance: &mut InstanceInner,
    inner: &ModuleInner,
    mut positions: Vec<u32>,
) -> Result<()> {
    for (i, ty) in inner
        .module
        .memories
        .iter()
        .enumerate()
        .skip(positions.len())
    {
        let memory = MemoryIndex::from_usize(i);
        memory_handle::check_new(store, ty)?;
        let cell = match inner.layout.memory(memory, ty.shared) {
            Place::Inline(offset) => {
                let linear = store.engine.memories().allocate(ty, inner.image(memory))?;
                // SAFETY: the layout has a definition there, and the instance lives as long as the cell.
                unsafe { MemoryCell::in_vmctx(linear, instance.vmctx.at(offset)) }
            }
            Place::Indirect(offset) => {
                let shared = store.engine.memories().allocate_shared(ty)?;
                let cell = MemoryCell::shared(SharedMemory::from_raw(&store.engine, shared));
                // SAFETY: the layout has a pointer to a definition there.
                unsafe { instance.vmctx.at(offset).write(cell.definition()) };
                cell
            }
        };
        positions.push(store.memories.insert(cell, Some(instance.index))?);
    }
    instance.memories = positions.into();
    Ok(())
}

fn allocate_tables(
    store: &mut StoreInner,
    instance: &mut InstanceInner,
    inner: &ModuleInner,
    mut positions: Vec<u32>,
) -> Result<()> {
    for (i, table) in inner.module.tables.iter().enumerate().skip(positions.len()) {
        table::check_new(store, &table.ty)?;
        let Place::Inline(offset) = inner.layout.table(TableIndex::from_usize(i)) else {
            unreachable!("defined tables are inline")
        };
        // SAFETY: the layout has a definition there, and the instance lives as long as the cell.
        let cell = unsafe {
            TableCell::in_vmctx(table.ty, instance.vmctx.at::<VMTableDefinition>(offset))?
        };
        positions.push(store.tables.insert(cell, Some(instance.index))?);
    }
    instance.tables = positions.into();
    Ok(())
}

fn write_funcrefs(instance: &InstanceInner) {
    let inner = &instance.module.inner;
    let raw = &inner.module;
    let imported = raw.imported_functions as usize;
    let escaping = raw.funcref_index.iter().enumerate().skip(imported);
    for (func, &position) in escaping.filter(|(_, position)| **position != u32::MAX) {
        // SAFETY: the layout has a function reference there.
        unsafe {
            instance
                .vmctx
                .at(inner.layout.funcref(position))
                .write(VMFuncRef::new(
                    &inner.slots()[func - imported],
                    instance.vmctx(),
                    raw.functions[func].0,
                    func as u32,
                ));
        }
    }
}

fn define_globals(
    store: &mut StoreInner,
    instance: &mut InstanceInner,
    inner: &ModuleInner,
    mut positions: Vec<u32>,
) -> Result<()> {
    let defined = inner
        .module
        .globals
        .iter()
        .enumerate()
        .skip(positions.len());
    for ((i, ty), init) in defined.zip(&inner.module.global_inits) {
        let Place::Inline(offset) = inner.layout.global(GlobalIndex::from_usize(i)) else {
            unreachable!("defined globals are inline")
        };
        let value = instance.evaluate(init);
        // SAFETY: the layout has a global there, and the instance lives as long as the cell.
        let cell = unsafe {
            let place = instance.vmctx.at(offset);
            place.write(VMGlobal(value));
            GlobalCell::in_vmctx(*ty, place)
        };
        positions.push(store.globals.insert(cell, Some(instance.index))?);
    }
    instance.globals = positions.into();
    Ok(())
}

fn define_tags(
    store: &mut StoreInner,
    instance: &mut InstanceInner,
    mut positions: Vec<u32>,
) -> Result<()> {
    let tags = &instance.module.inner.module.tags;
    for ty in &tags[positions.len()..] {
        positions.push(
            store
                .tags
                .insert(TagCell::defined(*ty), Some(instance.index))?,
        );
    }
    instance.tags = positions.into();
    Ok(())
}
