//! Exception tags. They can be defined, imported and exported, but nothing throws them.

use bolide_module as m;

use crate::error::{Result, ensure};
use crate::store::{AsContext, AsContextMut, StoreId, StoreInner};
use crate::types::{FuncType, TagType};

/// A tag of a store: one that an instance defines, or one that the host made.
pub(crate) struct TagCell {
    pub(crate) ty: m::TagType,
    /// Keeps the type of a host tag registered.
    _guard: Option<FuncType>,
}

impl TagCell {
    /// A tag of an instance, whose module keeps the type registered.
    pub(crate) fn defined(ty: m::TagType) -> TagCell {
        TagCell { ty, _guard: None }
    }
}

/// An exception tag: what tells exceptions apart. A handle: the tag is in the store.
///
/// Modules can define, import and export tags. The engine executes neither `throw` nor `try_table` yet.
///
/// ```
/// use bolide::*;
///
/// let mut store = Store::<()>::default();
/// let ty = TagType::new(FuncType::new(store.engine(), [ValType::I32], []));
/// let tag = Tag::new(&mut store, &ty)?;
/// let module = Module::new(
///     store.engine(),
///     r#"(module (import "host" "failed" (tag $failed (param i32))) (export "failed" (tag $failed)))"#,
/// )?;
/// let instance = Instance::new(&mut store, &module, &[tag.into()])?;
/// let again = instance.get_tag(&mut store, "failed").unwrap();
/// assert!(Tag::eq(&tag, &again, &store));
/// assert_eq!(again.ty(&store), ty);
/// # Ok::<(), Error>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tag {
    pub(crate) store: StoreId,
    pub(crate) index: u32,
}

impl Tag {
    /// Makes a tag, which is different from all others.
    ///
    /// # Errors
    ///
    /// If the type has results.
    ///
    /// # Panics
    ///
    /// If the type belongs to another engine.
    pub fn new(mut store: impl AsContextMut, ty: &TagType) -> Result<Tag> {
        let mut store = store.as_context_mut();
        let store = store.inner();
        let func = ty.ty();
        assert!(
            crate::Engine::same(func.engine(), &store.engine),
            "the type of a tag belongs to another engine"
        );
        ensure!(
            func.raw().results.is_empty(),
            "the type of a tag has no results, but this is {func}"
        );
        let cell = TagCell {
            ty: m::TagType { func: func.id() },
            _guard: Some(func.clone()),
        };
        let index = store.tags.insert(cell, None)?;
        Ok(Tag {
            store: store.id,
            index,
        })
    }

    pub(crate) fn cell(self, store: &StoreInner) -> &TagCell {
        self.store.assert_is(store);
        &store.tags[self.index]
    }

    /// The type.
    ///
    /// # Panics
    ///
    /// If the tag belongs to another store.
    pub fn ty(&self, store: impl AsContext) -> TagType {
        let store = store.as_context().inner();
        TagType::new(FuncType::from_id(&store.engine, self.cell(store).ty.func))
    }

    /// Whether two handles are the same tag.
    ///
    /// # Panics
    ///
    /// If one of them belongs to another store.
    pub fn eq(a: &Tag, b: &Tag, store: impl AsContext) -> bool {
        let store = store.as_context().inner();
        a.store.assert_is(store);
        b.store.assert_is(store);
        a.index == b.index
    }
}
