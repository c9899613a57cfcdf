//! WebAssembly types in engine-canonical form (core spec §2.3).

use crate::index::TypeId;

/// A value type.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum ValType {
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit IEEE 754 float.
    F32,
    /// 64-bit IEEE 754 float.
    F64,
    /// 128-bit vector.
    V128,
    /// A reference.
    Ref(RefType),
}

impl ValType {
    /// `(ref null func)`.
    pub const FUNCREF: ValType = ValType::Ref(RefType::FUNCREF);
    /// `(ref null extern)`.
    pub const EXTERNREF: ValType = ValType::Ref(RefType::EXTERNREF);

    /// Whether values of this type live in floating-point/vector registers.
    #[inline]
    pub const fn is_float_or_vector(self) -> bool {
        matches!(self, ValType::F32 | ValType::F64 | ValType::V128)
    }

    /// Whether this is a reference that the garbage collector must see.
    ///
    /// Function references are pointers into instances, which live as long as their store, so
    /// they are not collected.
    pub const fn is_collectable(self) -> bool {
        match self {
            ValType::Ref(r) => !matches!(r.heap.top(), HeapTop::Func),
            _ => false,
        }
    }
}

/// A reference type.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub struct RefType {
    /// Whether null belongs to the type.
    pub nullable: bool,
    /// What is referred to.
    pub heap: HeapType,
}

impl RefType {
    /// `(ref null func)`.
    pub const FUNCREF: RefType = RefType {
        nullable: true,
        heap: HeapType::Func,
    };
    /// `(ref null extern)`.
    pub const EXTERNREF: RefType = RefType {
        nullable: true,
        heap: HeapType::Extern,
    };
}

/// A heap type.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum HeapType {
    /// Any function.
    Func,
    /// Bottom of the function hierarchy.
    NoFunc,
    /// Any host value.
    Extern,
    /// Bottom of the external hierarchy.
    NoExtern,
    /// Any internal value.
    Any,
    /// Internal values that can be compared by identity.
    Eq,
    /// Unboxed 31-bit integers.
    I31,
    /// Any structure.
    Struct,
    /// Any array.
    Array,
    /// Bottom of the internal hierarchy.
    None,
    /// Any exception.
    Exn,
    /// Bottom of the exception hierarchy.
    NoExn,
    /// A defined function type.
    ConcreteFunc(TypeId),
    /// A defined structure type.
    ConcreteStruct(TypeId),
    /// A defined array type.
    ConcreteArray(TypeId),
}

/// The four disjoint hierarchies of heap types (spec §3.1.1).
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum HeapTop {
    /// Functions.
    Func,
    /// Host values.
    Extern,
    /// Internal (GC) values.
    Any,
    /// Exceptions.
    Exn,
}

impl HeapType {
    /// The top of the hierarchy that this type belongs to.
    pub const fn top(self) -> HeapTop {
        match self {
            HeapType::Func | HeapType::NoFunc | HeapType::ConcreteFunc(_) => HeapTop::Func,
            HeapType::Extern | HeapType::NoExtern => HeapTop::Extern,
            HeapType::Exn | HeapType::NoExn => HeapTop::Exn,
            HeapType::Any
            | HeapType::Eq
            | HeapType::I31
            | HeapType::Struct
            | HeapType::Array
            | HeapType::None
            | HeapType::ConcreteStruct(_)
            | HeapType::ConcreteArray(_) => HeapTop::Any,
        }
    }
}

/// A function type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FuncType {
    /// Parameters, at most 1,000.
    pub params: Box<[ValType]>,
    /// Results, at most 1,000.
    pub results: Box<[ValType]>,
}

/// The type of a structure field or an array element.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldType {
    /// What is stored.
    pub storage: StorageType,
    /// Whether it can be written.
    pub mutable: bool,
}

/// The representation of a field.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum StorageType {
    /// 8-bit packed integer.
    I8,
    /// 16-bit packed integer.
    I16,
    /// An unpacked value.
    Val(ValType),
}

/// A composite type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CompositeType {
    /// A function.
    Func(FuncType),
    /// A structure.
    Struct(Box<[FieldType]>),
    /// An array.
    Array(FieldType),
}

/// A defined type together with its place in the declared subtype hierarchy (spec §2.3.10).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SubType {
    /// Whether no subtype may be declared.
    pub is_final: bool,
    /// The declared supertype.
    pub supertype: Option<TypeId>,
    /// What the type describes.
    pub composite: CompositeType,
}

/// Width of a memory's or table's addresses.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum IndexType {
    /// 32-bit addresses.
    I32,
    /// 64-bit addresses.
    I64,
}

/// The type of a table.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub struct TableType {
    /// Element type.
    pub element: RefType,
    /// Address width.
    pub index: IndexType,
    /// Initial number of elements.
    pub minimum: u64,
    /// Largest number of elements.
    pub maximum: Option<u64>,
}

/// The type of a linear memory.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub struct MemoryType {
    /// Address width.
    pub index: IndexType,
    /// Whether several threads may access the memory.
    pub shared: bool,
    /// Initial size in pages of 64 KiB.
    pub minimum: u64,
    /// Largest size in pages of 64 KiB.
    pub maximum: Option<u64>,
}

/// Bytes in a page of linear memory.
pub const WASM_PAGE_SIZE: u64 = 65536;

/// The type of a global.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub struct GlobalType {
    /// Type of the value.
    pub content: ValType,
    /// Whether the value can change.
    pub mutable: bool,
}

/// The type of an exception tag.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub struct TagType {
    /// A function type whose parameters are the exception's payload.
    pub func: TypeId,
}

/// The type of an import or export.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum EntityType {
    /// A function with a canonical function type.
    Func(TypeId),
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
    /// A global.
    Global(GlobalType),
    /// A tag.
    Tag(TagType),
}
