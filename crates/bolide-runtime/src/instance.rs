//! Instances.

mod allocate;
mod initialize;

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr::NonNull;

use bolide_abi::{Place, VmctxLayout};
use bolide_module as m;
use bolide_module::{
    ConstExpr, ConstOp, DefinedFuncIndex, ElementItems, EntityIndex, EntityType, FuncIndex,
    GlobalIndex, HeapTop,
};

pub(crate) use initialize::{memory_init, table_init};

use crate::engine::Engine;
use crate::error::{Context, Result, ensure};
use crate::func::{Func, HostFunc};
use crate::global::Global;
use crate::memory_handle::{Memory, SharedMemory};
use crate::module::Module;
use crate::store::{AsContext, AsContextMut, StoreId, StoreInner};
use crate::table::Table;
use crate::tag::Tag;
use crate::val::{Export, Extern};
use crate::vm::{VMContext, VMFuncImport, VMFuncRef, VMGlobal};

/// An instance of a module in a store.
pub(crate) struct InstanceInner {
    pub(crate) module: Module,
    pub(crate) index: u32,
    store_id: StoreId,
    vmctx: Vmctx,
    /// Position in the store of each table of the index space.
    pub(crate) tables: Box<[u32]>,
    /// Position in the store of each memory of the index space.
    pub(crate) memories: Box<[u32]>,
    /// Position in the store of each global of the index space.
    pub(crate) globals: Box<[u32]>,
    /// Position in the store of each tag of the index space.
    pub(crate) tags: Box<[u32]>,
    /// Values of the passive element segments; dropped and other segments are empty.
    pub(crate) passive_elements: Box<[Box<[u64]>]>,
    /// Which data segments are dropped.
    pub(crate) dropped_data: Box<[bool]>,
}

// SAFETY: the vmctx belongs to the store that the instance is in.
unsafe impl Send for InstanceInner {}
// SAFETY: as above.
unsafe impl Sync for InstanceInner {}

/// The allocation that compiled code knows as vmctx.
struct Vmctx {
    ptr: NonNull<u8>,
    layout: Layout,
}

impl Vmctx {
    fn new(layout: &VmctxLayout) -> Vmctx {
        let layout = Layout::from_size_align(layout.size() as usize, 16)
            .expect("vmctx sizes are below 2 GiB");
        // SAFETY: a vmctx is never empty: it has a header.
        let Some(ptr) = NonNull::new(unsafe { alloc_zeroed(layout) }) else {
            handle_alloc_error(layout)
        };
        Vmctx { ptr, layout }
    }

    /// # Safety
    ///
    /// There must be a `P` at `offset` in the module's layout.
    unsafe fn at<P>(&self, offset: u32) -> NonNull<P> {
        // SAFETY: promised by the caller.
        unsafe { self.ptr.add(offset as usize).cast() }
    }
}

impl Drop for Vmctx {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout; the store drops instances when nothing runs in it.
        unsafe { dealloc(self.ptr.as_ptr(), self.layout) };
    }
}

impl InstanceInner {
    pub(crate) fn vmctx(&self) -> *mut VMContext {
        self.vmctx.ptr.as_ptr().cast()
    }

    pub(crate) fn handle(&self) -> Instance {
        Instance {
            store: self.store_id,
            index: self.index,
        }
    }

    /// The reference to a function that can have one.
    pub(crate) fn funcref(&self, func: FuncIndex) -> NonNull<VMFuncRef> {
        let inner = &self.module.inner;
        // SAFETY: both offsets come from the module's own layout.
        unsafe {
            if func.0 < inner.module.imported_functions {
                let import: NonNull<VMFuncImport> = self.vmctx.at(inner.layout.func_import(func));
                import.as_ref().funcref
            } else {
                let position = inner.module.funcref_index[func.index()];
                assert_ne!(
                    position,
                    u32::MAX,
                    "only functions that escape are referred to"
                );
                self.vmctx.at(inner.layout.funcref(position))
            }
        }
    }

    /// Has calls through references to a defined function run its newest code.
    pub(crate) fn update_funcref(&self, func: DefinedFuncIndex) {
        let inner = &self.module.inner;
        let index = inner.module.func_index(func);
        if inner.module.funcref_index[index.index()] != u32::MAX {
            // SAFETY: the reference lives as long as the instance.
            unsafe { self.funcref(index).as_ref() }.update(inner.current_code(func));
        }
    }

    /// Functions that the instance holds on to: its imports, and those in passive segments. For collections.
    pub(crate) fn function_references(&self) -> impl Iterator<Item = u64> {
        let inner = &self.module.inner;
        let imports = (0..inner.module.imported_functions).map(FuncIndex);
        let segments = inner.module.elements.iter().zip(&self.passive_elements);
        let segments = segments.filter(|(s, _)| s.ty.heap.top() == HeapTop::Func);
        imports
            .map(|f| self.funcref(f).as_ptr() as u64)
            .chain(segments.flat_map(|(_, values)| values.iter().copied()))
    }

    /// How many of its memories are imports of shared ones.
    pub(crate) fn shared_imports(&self) -> usize {
        let raw = &self.module.inner.module;
        let imports = &raw.memories[..raw.imported_memories as usize];
        imports.iter().filter(|ty| ty.shared).count()
    }

    fn global_raw(&self, global: GlobalIndex) -> u128 {
        let place = self.module.inner.layout.global(global);
        // SAFETY: the offset comes from the module's own layout.
        unsafe {
            match place {
                Place::Inline(offset) => self.vmctx.at::<VMGlobal>(offset).as_ref().0,
                Place::Indirect(offset) => {
                    self.vmctx
                        .at::<NonNull<VMGlobal>>(offset)
                        .as_ref()
                        .as_ref()
                        .0
                }
            }
        }
    }

    /// Evaluates a constant expression (core spec §4.4.13 "expressions").
    fn evaluate(&self, expr: &ConstExpr) -> u128 {
        if let [op] = &*expr.ops {
            return self.evaluate_leaf(*op);
        }
        let mut stack: Vec<u128> = Vec::new();
        for op in &*expr.ops {
            let mut binary = |f: fn(u64, u64) -> u64| {
                let right = stack.pop().expect("validated") as u64;
                let left = stack.pop().expect("validated") as u64;
                f(left, right).into()
            };
            let narrow = |v: u128| u128::from(v as u32);
            let value = match op {
                ConstOp::I32Add => narrow(binary(u64::wrapping_add)),
                ConstOp::I32Sub => narrow(binary(u64::wrapping_sub)),
                ConstOp::I32Mul => narrow(binary(u64::wrapping_mul)),
                ConstOp::I64Add => binary(u64::wrapping_add),
                ConstOp::I64Sub => binary(u64::wrapping_sub),
                ConstOp::I64Mul => binary(u64::wrapping_mul),
                leaf => self.evaluate_leaf(*leaf),
            };
            stack.push(value);
        }
        stack.pop().expect("validated")
    }

    fn evaluate_leaf(&self, op: ConstOp) -> u128 {
        match op {
            ConstOp::I32Const(v) => (v as u32).into(),
            ConstOp::I64Const(v) => (v as u64).into(),
            ConstOp::F32Const(v) => v.into(),
            ConstOp::F64Const(v) => v.into(),
            ConstOp::V128Const(v) => v,
            ConstOp::GlobalGet(global) => self.global_raw(global),
            ConstOp::RefNull(_) => 0,
            ConstOp::RefFunc(func) => self.funcref(func).as_ptr() as usize as u128,
            _ => unreachable!("validated: an operator does not stand alone"),
        }
    }

    fn segment_values(&self, items: &ElementItems) -> Box<[u64]> {
        match items {
            ElementItems::Functions(funcs) => funcs
                .iter()
                .map(|f| self.funcref(*f).as_ptr() as u64)
                .collect(),
            ElementItems::Expressions(exprs) => {
                exprs.iter().map(|e| self.evaluate(e) as u64).collect()
            }
        }
    }
}

/// A module with its imports, in a store. A handle: the instance is in the store.
///
/// ```
/// use bolide::*;
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (global $n (export "calls") (mut i32) (i32.const 0))
///         (func (export "add") (param i32 i32) (result i32)
///             (global.set $n (i32.add (global.get $n) (i32.const 1)))
///             (i32.add (local.get 0) (local.get 1))))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let add = instance.get_typed_func::<(i32, i32), i32>(&mut store, "add")?;
/// assert_eq!(add.call(&mut store, (2, 3))?, 5);
/// let calls = instance.get_global(&mut store, "calls").unwrap();
/// assert_eq!(calls.get(&mut store).unwrap_i32(), 1);
/// # Ok::<(), Error>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Instance {
    store: StoreId,
    index: u32,
}

impl Instance {
    /// Instantiates a module (core spec §4.5.4): checks the imports, which are given in the module's order, allocates, copies
    /// active segments, and runs the start function.
    ///
    /// # Errors
    ///
    /// If an import is missing or does not match, the store's limits or the system forbid an
    /// allocation, a segment does not fit, or the start function fails.
    ///
    /// # Panics
    ///
    /// If an import belongs to another store.
    pub fn new(
        mut store: impl AsContextMut,
        module: &Module,
        imports: &[Extern],
    ) -> Result<Instance> {
        Instance::create(
            store.as_context_mut().inner(),
            module,
            imports,
            None::<fn(Instance)>,
        )
    }

    /// As [`Instance::new`], and tells which instance it is as soon as it exists: before active segments are
    /// copied and the start function runs, both of which can give its functions away. If `created` was not called, a
    /// failure has left nothing behind.
    ///
    /// # Errors
    ///
    /// As [`Instance::new`].
    ///
    /// # Panics
    ///
    /// As [`Instance::new`].
    ///
    /// ```
    /// use bolide::*;
    ///
    /// let mut store = Store::<()>::default();
    /// let module = Module::new(store.engine(), "(module (func $f unreachable) (start $f))")?;
    /// let mut created = None;
    /// let result = Instance::new_observed(&mut store, &module, &[], |it| created = Some(it));
    /// assert!(result.is_err());
    /// assert!(created.is_some());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn new_observed(
        mut store: impl AsContextMut,
        module: &Module,
        imports: &[Extern],
        created: impl FnOnce(Instance),
    ) -> Result<Instance> {
        let mut store = store.as_context_mut();
        Instance::create(store.inner(), module, imports, Some(created))
    }

    fn create(
        store: &mut StoreInner,
        module: &Module,
        imports: &[Extern],
        created: Option<impl FnOnce(Instance)>,
    ) -> Result<Instance> {
        ensure!(
            Engine::same(&store.engine, module.engine()),
            "the module was made with another engine than the store"
        );
        allocate::check_imports(store, module, imports)?;
        store.collect_if_due(imports);
        let may_free = store.has_released();
        let mut allocated = allocate::instantiate(store, module, imports);
        if allocated.is_err() && may_free {
            // What is released may be what there is too little of.
            drop(store.collect_released(imports));
            allocated = allocate::instantiate(store, module, imports);
        }
        let index = allocated?;
        let instance = Instance {
            store: store.id,
            index,
        };
        let mut is_known = created.is_some();
        if let Some(created) = created {
            created(instance);
        }
        let initialized = initialize::initialize(store, module, index, &mut is_known);
        if initialized.is_err() && !is_known {
            store.release_failed(index);
        }
        initialized?;
        Ok(instance)
    }

    /// Checks that imports are given for all that a module imports, and match.
    ///
    /// # Errors
    ///
    /// As [`Instance::new`] for imports.
    ///
    /// # Panics
    ///
    /// As [`Instance::new`].
    pub fn check_imports(store: impl AsContext, module: &Module, imports: &[Extern]) -> Result<()> {
        allocate::check_imports(store.as_context().inner(), module, imports)
    }

    /// Its position in the store.
    pub(crate) fn position(self, store: &StoreInner) -> u32 {
        self.inner(store).index
    }

    /// As [`Instance::new`], for linkers: functions of the host are made for this instance and go with it, because
    /// nobody else has a handle of them.
    ///
    /// # Errors
    ///
    /// As [`Instance::new`].
    ///
    /// # Panics
    ///
    /// As [`Instance::new`].
    #[doc(hidden)]
    pub fn link<'a, T: 'static>(
        mut store: impl AsContextMut<Data = T>,
        module: &Module,
        imports: impl Iterator<Item = LinkedImport<'a, T>> + Clone,
    ) -> Result<Instance> {
        let mut store = store.as_context_mut();
        let bind = |import| match import {
            LinkedImport::Item(item) => item.clone(),
            LinkedImport::Host(func) => func.instantiate(&mut store).into(),
        };
        let items: Vec<Extern> = imports.clone().map(bind).collect();
        let instance = Instance::new(&mut store, module, &items);
        for (import, item) in imports.zip(items) {
            if let (LinkedImport::Host(_), Extern::Func(func)) = (import, item) {
                store.inner().leave_to_importers(func);
            }
        }
        instance
    }

    fn inner(self, store: &StoreInner) -> &InstanceInner {
        self.store.assert_is(store);
        &store.instances[self.index]
    }

    /// The module.
    ///
    /// # Panics
    ///
    /// If the instance belongs to another store, as all methods.
    pub fn module<'a, T: 'static>(
        &self,
        store: impl Into<crate::StoreContext<'a, T>>,
    ) -> &'a Module {
        &self.inner(store.into().inner()).module
    }

    /// An export.
    pub fn get_export(&self, mut store: impl AsContextMut, name: &str) -> Option<Extern> {
        let mut store = store.as_context_mut();
        let store = store.inner();
        let entity = self.inner(store).module.inner.module.export(name)?;
        Some(extern_at(store, self.index, entity))
    }

    /// A function among the exports.
    pub fn get_func(&self, store: impl AsContextMut, name: &str) -> Option<Func> {
        self.get_export(store, name)?.into_func()
    }

    /// A function by its index in the function index space of the module. `None` if there is no such
    /// function, or it is neither imported nor exported nor referred to by anything but direct calls.
    pub fn func_at(&self, store: impl AsContext, index: u32) -> Option<Func> {
        let store = store.as_context().inner();
        let inner = self.inner(store);
        let module = &inner.module.inner.module;
        let escapes = index < module.imported_functions
            || *module.funcref_index.get(index as usize)? != u32::MAX;
        escapes.then(|| Func::from_ptr(store, inner.funcref(FuncIndex(index))))
    }

    /// A function among the exports, with its static type.
    ///
    /// # Errors
    ///
    /// If there is no such function, or its type is another.
    pub fn get_typed_func<Params: crate::WasmParams, Results: crate::WasmResults>(
        &self,
        mut store: impl AsContextMut,
        name: &str,
    ) -> Result<crate::TypedFunc<Params, Results>> {
        let func = self
            .get_func(store.as_context_mut(), name)
            .with_context(|| format!("there is no function export `{name}`"))?;
        func.typed(store)
            .with_context(|| format!("the export `{name}` has another type"))
    }

    /// A memory among the exports that is not shared.
    pub fn get_memory(&self, store: impl AsContextMut, name: &str) -> Option<Memory> {
        self.get_export(store, name)?.into_memory()
    }

    /// A shared memory among the exports.
    pub fn get_shared_memory(&self, store: impl AsContextMut, name: &str) -> Option<SharedMemory> {
        self.get_export(store, name)?.into_shared_memory()
    }

    /// A table among the exports.
    pub fn get_table(&self, store: impl AsContextMut, name: &str) -> Option<Table> {
        self.get_export(store, name)?.into_table()
    }

    /// A global among the exports.
    pub fn get_global(&self, store: impl AsContextMut, name: &str) -> Option<Global> {
        self.get_export(store, name)?.into_global()
    }

    /// An exception tag among the exports.
    pub fn get_tag(&self, store: impl AsContextMut, name: &str) -> Option<Tag> {
        self.get_export(store, name)?.into_tag()
    }

    /// All exports in declaration order.
    pub fn exports<'a, T: 'static>(
        &'a self,
        store: impl Into<crate::StoreContextMut<'a, T>>,
    ) -> impl ExactSizeIterator<Item = Export<'a>> + 'a {
        let (store, _) = store.into().into_parts();
        let exports: Vec<Export<'a>> = {
            let count = self.inner(store).module.inner.module.exports.len();
            let entities: Vec<EntityIndex> = (0..count)
                .map(|i| self.inner(store).module.inner.module.exports[i].index)
                .collect();
            let definitions: Vec<Extern> = entities
                .into_iter()
                .map(|e| extern_at(store, self.index, e))
                .collect();
            let store: &'a StoreInner = store;
            let names = self.inner(store).module.inner.module.exports.iter();
            names
                .zip(definitions)
                .map(|(export, definition)| Export {
                    name: &export.name,
                    definition,
                })
                .collect()
        };
        exports.into_iter()
    }
}

/// What a linker has for an import.
#[doc(hidden)]
#[derive(Debug)]
pub enum LinkedImport<'a, T: 'static> {
    /// Something in the store.
    Item(&'a Extern),
    /// A function that is made in the store.
    Host(&'a HostFunc<T>),
}

/// A handle to an entity of an instance.
pub(crate) fn extern_at(store: &mut StoreInner, instance: u32, entity: EntityIndex) -> Extern {
    let inner = &store.instances[instance];
    match entity {
        EntityIndex::Func(i) => Extern::Func(Func::from_ptr(store, inner.funcref(i))),
        EntityIndex::Table(i) => Extern::Table(Table {
            store: store.id,
            index: inner.tables[i.index()],
        }),
        EntityIndex::Memory(i) => {
            let index = inner.memories[i.index()];
            match store.memories[index].as_shared() {
                Some(shared) => Extern::SharedMemory(shared.clone()),
                None => Extern::Memory(Memory {
                    store: store.id,
                    index,
                }),
            }
        }
        EntityIndex::Global(i) => Extern::Global(Global {
            store: store.id,
            index: inner.globals[i.index()],
        }),
        EntityIndex::Tag(i) => Extern::Tag(Tag {
            store: store.id,
            index: inner.tags[i.index()],
        }),
    }
}

/// The type of an entity as its importers see it: with its current size as minimum.
pub(crate) fn provided_type(store: &StoreInner, item: &Extern) -> EntityType {
    match item {
        Extern::Func(f) => EntityType::Func(f.type_id(store)),
        Extern::Global(g) => EntityType::Global(g.cell(store).ty),
        Extern::Table(t) => {
            let cell = t.cell(store);
            EntityType::Table(m::TableType {
                minimum: cell.len(),
                ..cell.ty
            })
        }
        Extern::Memory(memory) => {
            let cell = memory.cell(store);
            EntityType::Memory(m::MemoryType {
                minimum: cell.pages(),
                ..*cell.ty()
            })
        }
        Extern::SharedMemory(memory) => EntityType::Memory(m::MemoryType {
            minimum: memory.raw().pages(),
            ..*memory.raw().ty()
        }),
        Extern::Tag(tag) => EntityType::Tag(tag.cell(store).ty),
    }
}
