//! Giving items of a store back before the store is dropped.
//!
//! Everything that the host has a handle of lives as long as the store, unless the host releases it.
//! What is released is freed by a collection that does not reach it. The roots are the items that
//! are not released; edges are what compiled code can follow: an instance reaches its imports, what it
//! defines, and its element segments; a table or a global reaches the functions that it refers to; and
//! whatever an instance defines reaches the instance, because the definition lies in its context.
//!
//! References on the stacks of guests are not traced, so nothing is freed while a guest of the store is
//! running or waiting for a host function.

use std::ptr::NonNull;

use bolide_module as m;
use bolide_module::HeapTop;

use super::items::Items;
use super::{AsContext, HostFuncCell, StoreInner};
use crate::func::{Func, HOST_INDEX};
use crate::global::{Global, GlobalCell};
use crate::instance::{Instance, InstanceInner};
use crate::memory_handle::{Memory, MemoryCell};
use crate::table::{Table, TableCell};
use crate::tag::{Tag, TagCell};
use crate::val::Extern;
use crate::vm::VMFuncRef;

/// Something in a store that the host can release. Made from the handle of it.
///
/// ```
/// use bolide::*;
///
/// let mut store = Store::<()>::default();
/// let memory = Memory::new(&mut store, MemoryType::new(1, None))?;
/// let item: StoreItem = memory.into();
/// // SAFETY: the memory is not used any more.
/// unsafe { store.release(item) };
/// # Ok::<(), Error>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreItem {
    /// An instance, with all that it defines.
    Instance(Instance),
    /// A function of the host.
    Func(Func),
    /// A memory that the host made.
    Memory(Memory),
    /// A table that the host made.
    Table(Table),
    /// A global that the host made.
    Global(Global),
    /// A tag that the host made.
    Tag(Tag),
}

macro_rules! from {
    ($($ty:ident)*) => {$(
        impl From<$ty> for StoreItem {
            fn from(item: $ty) -> StoreItem {
                StoreItem::$ty(item)
            }
        }
    )*};
}

from!(Instance Func Memory Table Global Tag);

impl StoreItem {
    /// The functions that the item refers to now, and that guests can replace: the elements of a table, the value of a
    /// global, and both of all tables and globals that an instance defines. Nulls are left out; a function that is
    /// there several times is listed as often. What an instance imports is not its own: ask the items that it imports.
    ///
    /// References that guests have on their stacks are not included.
    ///
    /// # Panics
    ///
    /// If the item belongs to another store.
    ///
    /// ```
    /// use bolide::*;
    ///
    /// let mut store = Store::<()>::default();
    /// let table = Table::new(&mut store, TableType::new(RefType::FUNCREF, 3, None), Ref::Func(None))?;
    /// let f = Func::wrap(&mut store, || ());
    /// table.set(&mut store, 1, Ref::Func(Some(f)))?;
    /// assert_eq!(StoreItem::from(table).held_functions(&store), [f]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn held_functions(self, store: impl AsContext) -> Vec<Func> {
        let context = store.as_context();
        let store = context.inner();
        let mut found = Vec::new();
        match store.node(self) {
            // Also that of an instance.
            _ if matches!(self, StoreItem::Func(_)) => {}
            Node::Table(i) => found.extend(store.table_functions(i)),
            Node::Global(i) => found.extend(store.global_function(i)),
            Node::Instance(instance) => {
                let inner = &store.instances[instance];
                let tables = inner.tables.iter();
                let tables = tables.filter(|i| store.tables.owner(**i) == Some(instance));
                found.extend(tables.flat_map(|i| store.table_functions(*i)));
                let globals = inner.globals.iter();
                let globals = globals.filter(|i| store.globals.owner(**i) == Some(instance));
                found.extend(globals.filter_map(|i| store.global_function(*i)));
            }
            Node::Memory(_) | Node::Tag(_) | Node::HostFunc(_) => {}
        }
        let func = |pointer| Func::from_ptr(store, pointer);
        found.into_iter().map(func).collect()
    }
}

/// Released items that a collection waits for at least.
const MINIMUM_RELEASED: usize = 64;
/// Bytes of released memories that a collection does not wait beyond.
const MAXIMUM_RELEASED_BYTES: usize = 64 << 20;

/// What was released since the last collection.
#[derive(Default)]
pub(crate) struct Released {
    items: usize,
    /// Whether the host has ever released something.
    by_host: bool,
    /// How many of them are instances that failed, of which the host knows nothing.
    failed: usize,
    /// Sizes of their memories.
    bytes: usize,
}

/// A position in the store, by kind.
#[derive(Copy, Clone)]
enum Node {
    Instance(u32),
    Memory(u32),
    Table(u32),
    Global(u32),
    Tag(u32),
    HostFunc(u32),
}

/// What a collection has reached.
struct Marks {
    instances: Vec<bool>,
    memories: Vec<bool>,
    tables: Vec<bool>,
    globals: Vec<bool>,
    tags: Vec<bool>,
    host_funcs: Vec<bool>,
    /// Marked, but not looked at.
    pending: Vec<Node>,
}

impl Marks {
    fn new(store: &StoreInner) -> Marks {
        fn none<T>(items: &Items<T>) -> Vec<bool> {
            vec![false; items.positions()]
        }
        Marks {
            instances: none(&store.instances),
            memories: none(&store.memories),
            tables: none(&store.tables),
            globals: none(&store.globals),
            tags: none(&store.tags),
            host_funcs: none(&store.host_funcs),
            pending: Vec::new(),
        }
    }

    fn mark(&mut self, node: Node) {
        let mark = match node {
            Node::Instance(i) => &mut self.instances[i as usize],
            Node::Memory(i) => &mut self.memories[i as usize],
            Node::Table(i) => &mut self.tables[i as usize],
            Node::Global(i) => &mut self.globals[i as usize],
            Node::Tag(i) => &mut self.tags[i as usize],
            Node::HostFunc(i) => &mut self.host_funcs[i as usize],
        };
        if !std::mem::replace(mark, true) {
            self.pending.push(node);
        }
    }

    fn mark_all(&mut self, positions: &[u32], node: fn(u32) -> Node) {
        positions.iter().for_each(|i| self.mark(node(*i)));
    }

    /// # Safety
    ///
    /// `raw` is null or a function reference of the store.
    unsafe fn mark_funcref(&mut self, raw: u64) {
        // SAFETY: promised by the caller.
        if let Some(funcref) = unsafe { (raw as *const VMFuncRef).as_ref() } {
            // SAFETY: as above.
            self.mark(unsafe { node_of(funcref) });
        }
    }

    /// Marks what the item at `node` reaches.
    fn visit(&mut self, store: &StoreInner, node: Node) {
        let owner = match node {
            Node::Instance(i) => {
                self.visit_instance(&store.instances[i]);
                None
            }
            Node::Memory(i) => store.memories.owner(i),
            Node::Table(i) => {
                for function in store.table_functions(i) {
                    // SAFETY: these are function references of the store.
                    self.mark(unsafe { node_of(function.as_ref()) });
                }
                store.tables.owner(i)
            }
            Node::Global(i) => {
                if let Some(function) = store.global_function(i) {
                    // SAFETY: as above.
                    self.mark(unsafe { node_of(function.as_ref()) });
                }
                store.globals.owner(i)
            }
            Node::Tag(i) => store.tags.owner(i),
            Node::HostFunc(_) => None,
        };
        if let Some(owner) = owner {
            self.mark(Node::Instance(owner));
        }
    }

    fn visit_instance(&mut self, instance: &InstanceInner) {
        self.mark_all(&instance.memories, Node::Memory);
        self.mark_all(&instance.tables, Node::Table);
        self.mark_all(&instance.globals, Node::Global);
        self.mark_all(&instance.tags, Node::Tag);
        for funcref in instance.function_references() {
            // SAFETY: imports and segments are function references of the store.
            unsafe { self.mark_funcref(funcref) };
        }
    }
}

/// # Safety
///
/// `funcref` is a function reference of a live store.
unsafe fn node_of(funcref: &VMFuncRef) -> Node {
    // SAFETY: the context of a function is that of a host function or of an instance, and says which.
    unsafe {
        if funcref.index == HOST_INDEX {
            Node::HostFunc((*funcref.vmctx.cast::<HostFuncCell>()).position)
        } else {
            Node::Instance((*(*funcref.vmctx).instance).index)
        }
    }
}

/// What a collection took out of the store, in the order in which it is dropped: memories go back to the pool before
/// the modules whose images they were mapped with.
#[allow(clippy::vec_box, reason = "they were in boxes, and stay there")]
pub(crate) struct Dead {
    _memories: Vec<MemoryCell>,
    _tables: Vec<TableCell>,
    _globals: Vec<GlobalCell>,
    _tags: Vec<TagCell>,
    _host_funcs: Vec<Box<HostFuncCell>>,
    _instances: Vec<Box<InstanceInner>>,
}

impl StoreInner {
    /// Whether a guest of this store is running, or waiting for a host function.
    fn is_entered(&mut self) -> bool {
        *self.vm.stack_limit.get_mut() != usize::MAX
    }

    /// The functions in a table.
    fn table_functions(&self, table: u32) -> impl Iterator<Item = NonNull<VMFuncRef>> + '_ {
        let table = &self.tables[table];
        let refers = table.ty.element.heap.top() == HeapTop::Func;
        let elements = refers.then(|| table.elements()).into_iter().flatten();
        elements.filter_map(|raw| NonNull::new(raw as *mut VMFuncRef))
    }

    /// The function in a global.
    fn global_function(&self, global: u32) -> Option<NonNull<VMFuncRef>> {
        let global = &self.globals[global];
        match global.ty.content {
            m::ValType::Ref(ty) if ty.heap.top() == HeapTop::Func => {
                NonNull::new(global.raw() as u64 as *mut VMFuncRef)
            }
            _ => None,
        }
    }

    fn node(&self, item: StoreItem) -> Node {
        match item {
            StoreItem::Instance(item) => Node::Instance(item.position(self)),
            // SAFETY: the handle is of this store, and whoever has one has not released the function, or not used it
            // since a collection.
            StoreItem::Func(item) => unsafe { node_of(item.funcref(self)) },
            StoreItem::Memory(item) => {
                item.cell(self);
                Node::Memory(item.index)
            }
            StoreItem::Table(item) => {
                item.cell(self);
                Node::Table(item.index)
            }
            StoreItem::Global(item) => {
                item.cell(self);
                Node::Global(item.index)
            }
            StoreItem::Tag(item) => {
                item.cell(self);
                Node::Tag(item.index)
            }
        }
    }

    fn set_released(&mut self, node: Node, released: bool) -> bool {
        match node {
            Node::Instance(i) => self.instances.set_released(i, released),
            Node::Memory(i) => self.memories.set_released(i, released),
            Node::Table(i) => self.tables.set_released(i, released),
            Node::Global(i) => self.globals.set_released(i, released),
            Node::Tag(i) => self.tags.set_released(i, released),
            Node::HostFunc(i) => self.host_funcs.set_released(i, released),
        }
    }

    /// Bytes of memory that go when the item goes.
    fn bytes(&self, node: Node) -> usize {
        match node {
            Node::Memory(i) => self.memories[i].byte_size(),
            Node::Instance(instance) => {
                let memories = self.instances[instance].memories.iter();
                let own = memories.filter(|i| self.memories.owner(**i) == Some(instance));
                own.map(|i| self.memories[*i].byte_size()).sum()
            }
            _ => 0,
        }
    }

    fn note_released(&mut self, node: Node) {
        if self.set_released(node, true) {
            self.released.items += 1;
            self.released.bytes = self.released.bytes.saturating_add(self.bytes(node));
        }
    }

    /// See [`Store::release`](crate::Store::release).
    pub(super) fn release(&mut self, item: StoreItem) {
        let node = self.node(item);
        self.released.by_host = true;
        // A function of an instance goes with it.
        if !matches!((item, node), (StoreItem::Func(_), Node::Instance(_))) {
            self.note_released(node);
        }
        self.collect_if_due(&[]);
    }

    /// See [`Store::retain`](crate::Store::retain).
    pub(super) fn retain(&mut self, item: StoreItem) {
        let node = self.node(item);
        let owner = match node {
            Node::Memory(i) => self.memories.owner(i),
            Node::Table(i) => self.tables.owner(i),
            Node::Global(i) => self.globals.owner(i),
            Node::Tag(i) => self.tags.owner(i),
            Node::Instance(_) | Node::HostFunc(_) => None,
        };
        self.set_released(owner.map_or(node, Node::Instance), false);
    }

    /// Releases a function that was made for an import, and that nobody else knows.
    pub(crate) fn leave_to_importers(&mut self, func: Func) {
        // Not counted: it only goes when what imports it does.
        let node = self.node(func.into());
        self.set_released(node, true);
    }

    /// Releases an instance whose instantiation failed before anything could refer to it.
    pub(crate) fn release_failed(&mut self, instance: u32) {
        self.note_released(Node::Instance(instance));
        self.released.failed += 1;
    }

    /// Whether a collection could free something that the host has released.
    pub(crate) fn has_released(&mut self) -> bool {
        self.released.by_host && self.all_released() > self.released.failed && !self.is_entered()
    }

    /// How many released items there are, those that collections have reached included.
    fn all_released(&self) -> usize {
        self.instances.released()
            + self.memories.released()
            + self.tables.released()
            + self.globals.released()
            + self.tags.released()
            + self.host_funcs.released()
    }

    /// Collects if enough was released. `used` is what the caller is going to use.
    pub(crate) fn collect_if_due(&mut self, used: &[Extern]) {
        let live = self.instances.unowned()
            + self.memories.unowned()
            + self.tables.unowned()
            + self.globals.unowned()
            + self.tags.unowned()
            + self.host_funcs.unowned();
        let due = self.released.items >= MINIMUM_RELEASED.max(live / 2)
            || self.released.bytes >= MAXIMUM_RELEASED_BYTES;
        if due {
            drop(self.collect_released(used));
        }
    }

    /// Takes out what is released and not reachable, unless a guest is running. `used` is reachable, too.
    pub(crate) fn collect_released(&mut self, used: &[Extern]) -> Option<Dead> {
        if self.all_released() == 0 || self.is_entered() {
            return None;
        }
        self.released = Released {
            by_host: self.released.by_host,
            ..Released::default()
        };
        let mut marks = Marks::new(self);
        self.instances
            .roots()
            .for_each(|i| marks.mark(Node::Instance(i)));
        self.memories
            .roots()
            .for_each(|i| marks.mark(Node::Memory(i)));
        self.tables.roots().for_each(|i| marks.mark(Node::Table(i)));
        self.globals
            .roots()
            .for_each(|i| marks.mark(Node::Global(i)));
        self.tags.roots().for_each(|i| marks.mark(Node::Tag(i)));
        self.host_funcs
            .roots()
            .for_each(|i| marks.mark(Node::HostFunc(i)));
        for item in used {
            let item = match item {
                Extern::Func(item) => (*item).into(),
                Extern::Global(item) => (*item).into(),
                Extern::Table(item) => (*item).into(),
                Extern::Memory(item) => (*item).into(),
                Extern::Tag(item) => (*item).into(),
                Extern::SharedMemory(_) => continue,
            };
            marks.mark(self.node(item));
        }
        while let Some(node) = marks.pending.pop() {
            marks.visit(self, node);
        }
        let instances = self.instances.sweep(&marks.instances);
        for instance in &instances {
            self.shared_imports -= instance.shared_imports();
        }
        // Their types may be registered for nothing else any more.
        self.forget_call_plans();
        Some(Dead {
            _memories: self.memories.sweep(&marks.memories),
            _tables: self.tables.sweep(&marks.tables),
            _globals: self.globals.sweep(&marks.globals),
            _tags: self.tags.sweep(&marks.tags),
            _host_funcs: self.host_funcs.sweep(&marks.host_funcs),
            _instances: instances,
        })
    }
}
