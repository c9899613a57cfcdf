//! Typed indices into the index spaces of a module (core spec §2.5.1).

macro_rules! entity {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// This index as a `usize`, for indexing a slice.
            #[inline]
            pub const fn index(self) -> usize {
                self.0 as usize
            }

            /// The entity at position `index` of its index space.
            ///
            /// # Panics
            ///
            /// If `index` does not fit in 32 bits, which no valid module reaches.
            #[inline]
            pub fn from_usize(index: usize) -> Self {
                Self(u32::try_from(index).expect("wasm index spaces are 32-bit"))
            }
        }
    )*};
}

entity! {
    /// Index into the type index space of one module.
    TypeIndex;
    /// Index into the function index space: imports first, then definitions.
    FuncIndex;
    /// Index of a function among those the module defines (not imports). This is the index of
    /// its body in the code section and of its entry in the module's code slots.
    DefinedFuncIndex;
    /// Index into the table index space: imports first, then definitions.
    TableIndex;
    /// Index into the memory index space: imports first, then definitions.
    MemoryIndex;
    /// Index into the global index space: imports first, then definitions.
    GlobalIndex;
    /// Index into the tag index space: imports first, then definitions.
    TagIndex;
    /// Index of an element segment.
    ElemIndex;
    /// Index of a data segment.
    DataIndex;
    /// Engine-wide canonical id of a type, from [`TypeRegistry`](crate::TypeRegistry): two types
    /// are the same type (spec §3.1.4 "iso-recursive equivalence") exactly when their ids are equal.
    TypeId;
}

/// A reference to an item of one of the five external index spaces.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntityIndex {
    /// A function.
    Func(FuncIndex),
    /// A table.
    Table(TableIndex),
    /// A linear memory.
    Memory(MemoryIndex),
    /// A global.
    Global(GlobalIndex),
    /// An exception tag.
    Tag(TagIndex),
}
