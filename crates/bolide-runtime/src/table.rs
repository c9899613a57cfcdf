//! Tables.

use std::alloc::{Layout, alloc_zeroed};
use std::ptr::NonNull;

use bolide_abi::TrapCode;
use bolide_module as m;

use crate::error::{Result, bail, format_err};
use crate::store::{AsContext, AsContextMut, StoreId, StoreInner};
use crate::types::TableType;
use crate::val::{Extern, Ref};
use crate::vm::VMTableDefinition;

/// A table of a store: one that an instance defines, or one that the host made.
pub(crate) struct TableCell {
    pub(crate) ty: m::TableType,
    elements: Vec<u64>,
    definition: NonNull<VMTableDefinition>,
    /// The definition of a host table.
    _owned: Option<Box<VMTableDefinition>>,
    /// Keeps the type of a host table registered.
    _guard: Option<m::TypeGuard>,
}

// SAFETY: the elements and the definition belong to the store that the cell is in.
unsafe impl Send for TableCell {}
// SAFETY: as above.
unsafe impl Sync for TableCell {}

/// Most elements of a table: the implementation limit of the JavaScript embedding (JS API §8
/// "implementation-defined limits").
const MAX_ELEMENTS: u64 = 10_000_000;

fn zeroed(count: u64) -> Result<Vec<u64>> {
    if count > MAX_ELEMENTS {
        bail!("a table of {count} elements exceeds the limit of {MAX_ELEMENTS}");
    }
    let count = usize::try_from(count)?;
    if count == 0 {
        return Ok(Vec::new());
    }
    let layout = Layout::array::<u64>(count)?;
    // Not `resize`, which would touch every page of a table that may never be used.
    // SAFETY: the layout is not empty.
    let Some(elements) = NonNull::new(unsafe { alloc_zeroed(layout) }) else {
        bail!("cannot allocate a table of {count} elements");
    };
    // SAFETY: allocated by the global allocator for `count` elements, which are all zero.
    Ok(unsafe { Vec::from_raw_parts(elements.as_ptr().cast(), count, count) })
}

impl TableCell {
    /// A table whose definition is in a vmctx.
    ///
    /// # Safety
    ///
    /// `definition` must live as long as the cell.
    pub(crate) unsafe fn in_vmctx(
        ty: m::TableType,
        definition: NonNull<VMTableDefinition>,
    ) -> Result<TableCell> {
        let mut cell = TableCell {
            ty,
            elements: zeroed(ty.minimum)?,
            definition,
            _owned: None,
            _guard: None,
        };
        cell.refresh();
        Ok(cell)
    }

    fn host(ty: m::TableType) -> Result<TableCell> {
        let mut owned = Box::new(VMTableDefinition {
            base: std::ptr::null_mut(),
            length: 0,
        });
        let mut cell = TableCell {
            ty,
            elements: zeroed(ty.minimum)?,
            definition: NonNull::from(&mut *owned),
            _owned: Some(owned),
            _guard: None,
        };
        cell.refresh();
        Ok(cell)
    }

    fn refresh(&mut self) {
        // SAFETY: the definition lives as long as the cell, and only its thread accesses it.
        unsafe {
            self.definition.write(VMTableDefinition {
                base: self.elements.as_mut_ptr(),
                length: self.elements.len() as u64,
            });
        }
    }

    pub(crate) fn definition(&self) -> NonNull<VMTableDefinition> {
        self.definition
    }

    pub(crate) fn len(&self) -> u64 {
        self.elements.len() as u64
    }

    /// The elements now. Compiled code changes them behind the vector's back, but never its length.
    pub(crate) fn elements(&self) -> impl Iterator<Item = u64> + '_ {
        self.elements.iter().copied()
    }

    pub(crate) fn get(&self, index: u64) -> Option<u64> {
        self.elements.get(usize::try_from(index).ok()?).copied()
    }

    /// A range of elements.
    ///
    /// # Errors
    ///
    /// [`TrapCode::TableOutOfBounds`].
    pub(crate) fn range(&mut self, start: u64, len: u64) -> Result<&mut [u64]> {
        let end = start
            .checked_add(len)
            .filter(|&end| end <= self.elements.len() as u64);
        match end {
            Some(end) => Ok(&mut self.elements[start as usize..end as usize]),
            None => Err(TrapCode::TableOutOfBounds.into()),
        }
    }

    /// Adds elements unless the type's maximum or the system forbids it. Returns the previous length.
    fn grow(&mut self, delta: u64, value: u64) -> Option<u64> {
        let old = self.len();
        let limit = self
            .ty
            .maximum
            .map_or(MAX_ELEMENTS, |max| max.min(MAX_ELEMENTS));
        let new = old.checked_add(delta).filter(|&n| n <= limit)?;
        let additional = usize::try_from(delta).ok()?;
        self.elements.try_reserve(additional).ok()?;
        self.elements.resize(usize::try_from(new).ok()?, value);
        self.refresh();
        Some(old)
    }
}

/// Grows a table if its type and the store's limiter allow it.
pub(crate) fn grow(
    store: &mut StoreInner,
    index: u32,
    delta: u64,
    value: u64,
) -> Result<Option<u64>> {
    let cell = &store.tables[index];
    let current = cell.len();
    let maximum = cell.ty.maximum.and_then(|m| usize::try_from(m).ok());
    let Some(desired) = current
        .checked_add(delta)
        .and_then(|d| usize::try_from(d).ok())
    else {
        return Ok(None);
    };
    if !store.table_growing(current as usize, desired, maximum)? {
        return Ok(None);
    }
    let grown = store.tables[index].grow(delta, value);
    if grown.is_none() {
        let error = format_err!("a table of {current} elements cannot grow to {desired} elements");
        store.table_grow_failed(error)?;
    }
    Ok(grown)
}

/// Makes room for a new table in the store's limits.
pub(crate) fn check_new(store: &mut StoreInner, ty: &m::TableType) -> Result<()> {
    let minimum = usize::try_from(ty.minimum)?;
    let maximum = ty.maximum.and_then(|m| usize::try_from(m).ok());
    if !store.table_growing(0, minimum, maximum)? {
        bail!("table minimum size of {minimum} elements exceeds table limits");
    }
    Ok(())
}

/// `table.copy`.
pub(crate) fn copy(
    store: &mut StoreInner,
    to: u32,
    from: u32,
    dst: u64,
    src: u64,
    len: u64,
) -> Result<()> {
    if to == from {
        let cell = &mut store.tables[to];
        cell.range(dst, len)?;
        cell.range(src, len)?;
        cell.elements
            .copy_within(src as usize..(src + len) as usize, dst as usize);
        return Ok(());
    }
    let [to, from] = store.tables.two(to, from);
    let source = from.range(src, len)?;
    to.range(dst, len)?.copy_from_slice(source);
    Ok(())
}

/// A table. A handle: the elements are in the store.
///
/// ```
/// use bolide::*;
///
/// let mut store = Store::<()>::default();
/// let ty = TableType::new(RefType::FUNCREF, 2, None);
/// let table = Table::new(&mut store, ty, Ref::Func(None))?;
/// let double = Func::wrap(&mut store, |x: i32| x * 2);
/// table.set(&mut store, 1, double.into())?;
/// assert!(table.get(&mut store, 0).unwrap().is_null());
/// assert!(table.get(&mut store, 1).unwrap().is_non_null());
/// assert!(table.get(&mut store, 2).is_none());
/// assert_eq!(table.grow(&mut store, 3, Ref::Func(None))?, 2);
/// assert_eq!(table.size(&store), 5);
/// # Ok::<(), Error>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Table {
    pub(crate) store: StoreId,
    pub(crate) index: u32,
}

impl Table {
    /// Makes a table whose elements are all `init`.
    ///
    /// # Errors
    ///
    /// If `init` is not of the element type, or the store's limits or the system forbid it.
    pub fn new(mut store: impl AsContextMut, ty: TableType, init: Ref) -> Result<Table> {
        let mut store = store.as_context_mut();
        let store = store.inner();
        let raw_ty = ty.to_raw();
        let func = init.as_func().flatten().copied();
        let init = init.to_raw_checked(store, raw_ty.element)?;
        let used = func.map(Extern::Func);
        store.check_counts(0, 0, 1, used.as_slice())?;
        check_new(store, &raw_ty)?;
        let mut cell = TableCell::host(raw_ty)?;
        cell.elements.fill(init);
        cell._guard = store.type_guard(m::ValType::Ref(raw_ty.element));
        let index = store.tables.insert(cell, None)?;
        Ok(Table {
            store: store.id,
            index,
        })
    }

    pub(crate) fn cell(self, store: &StoreInner) -> &TableCell {
        self.store.assert_is(store);
        &store.tables[self.index]
    }

    /// The type.
    ///
    /// # Panics
    ///
    /// If the table belongs to another store, as all methods.
    pub fn ty(&self, store: impl AsContext) -> TableType {
        let store = store.as_context().inner();
        TableType::from_raw(&store.engine, self.cell(store).ty)
    }

    /// Current number of elements.
    pub fn size(&self, store: impl AsContext) -> u64 {
        self.cell(store.as_context().inner()).len()
    }

    /// An element; `None` out of bounds.
    pub fn get(&self, mut store: impl AsContextMut, index: u64) -> Option<Ref> {
        let mut store = store.as_context_mut();
        let store = store.inner();
        let cell = self.cell(store);
        let (raw, ty) = (cell.get(index)?, cell.ty.element);
        Some(Ref::from_raw(store, ty, raw))
    }

    /// Changes an element.
    ///
    /// # Errors
    ///
    /// Out of bounds, or if the value is not of the element type.
    pub fn set(&self, mut store: impl AsContextMut, index: u64, value: Ref) -> Result<()> {
        self.fill(&mut store, index, value, 1)
    }

    /// Adds `delta` elements, all `init`, and returns the previous size.
    ///
    /// # Errors
    ///
    /// If the maximum, the store's limits or the system forbid it, or `init` is not of the element type.
    pub fn grow(&self, mut store: impl AsContextMut, delta: u64, init: Ref) -> Result<u64> {
        let mut store = store.as_context_mut();
        let store = store.inner();
        let element = self.cell(store).ty.element;
        let init = init.to_raw_checked(store, element)?;
        grow(store, self.index, delta, init)?
            .ok_or_else(|| format_err!("failed to grow table by {delta}"))
    }

    /// Sets `len` elements from `dst` on.
    ///
    /// # Errors
    ///
    /// Out of bounds, or if the value is not of the element type.
    pub fn fill(&self, mut store: impl AsContextMut, dst: u64, value: Ref, len: u64) -> Result<()> {
        let mut store = store.as_context_mut();
        let store = store.inner();
        let element = self.cell(store).ty.element;
        let raw = value.to_raw_checked(store, element)?;
        store.tables[self.index].range(dst, len)?.fill(raw);
        Ok(())
    }

    /// Copies `len` elements from one table to another, or within one.
    ///
    /// # Errors
    ///
    /// Out of bounds, or if the element types do not match.
    pub fn copy(
        mut store: impl AsContextMut,
        dst_table: &Table,
        dst: u64,
        src_table: &Table,
        src: u64,
        len: u64,
    ) -> Result<()> {
        let mut store = store.as_context_mut();
        let store = store.inner();
        let (to, from) = (
            dst_table.cell(store).ty.element,
            src_table.cell(store).ty.element,
        );
        if !store.engine.type_registry().ref_matches(from, to) {
            bail!("tables do not have matching element types");
        }
        copy(store, dst_table.index, src_table.index, dst, src, len)
    }
}
