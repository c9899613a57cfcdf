//! A decoded and validated module.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use smallvec::SmallVec;

use crate::bytes::Bytes;
use crate::features::Features;
use crate::index::*;
use crate::names::Names;
use crate::registry::{TypeGuard, TypeRegistry};
use crate::types::*;

/// A decoded, validated module: everything but the meaning of function bodies, which stay bytes
/// until a compiler asks for them.
#[derive(Debug)]
pub struct Module {
    /// The whole binary.
    pub bytes: Bytes,
    /// Features that the module was validated with.
    pub features: Features,
    /// The registry that [`TypeId`]s of this module belong to.
    pub registry: Arc<TypeRegistry>,
    /// Type index space.
    pub types: Vec<TypeId>,
    /// Imports in declaration order.
    pub imports: Vec<Import>,
    /// Function index space (imports first): the canonical type of each function.
    pub functions: Vec<TypeId>,
    /// Table index space.
    pub tables: Vec<Table>,
    /// Memory index space.
    pub memories: Vec<MemoryType>,
    /// Global index space.
    pub globals: Vec<GlobalType>,
    /// Tag index space.
    pub tags: Vec<TagType>,
    /// How many of `functions` are imported.
    pub imported_functions: u32,
    /// How many of `tables` are imported.
    pub imported_tables: u32,
    /// How many of `memories` are imported.
    pub imported_memories: u32,
    /// How many of `globals` are imported.
    pub imported_globals: u32,
    /// How many of `tags` are imported.
    pub imported_tags: u32,
    /// Initial values of defined globals, in order.
    pub global_inits: Vec<ConstExpr>,
    /// Exports in declaration order.
    pub exports: Vec<Export>,
    /// Position in `exports` by name.
    pub export_names: HashMap<Box<str>, u32>,
    /// The start function.
    pub start: Option<FuncIndex>,
    /// Element segments.
    pub elements: Vec<ElementSegment>,
    /// Data segments.
    pub data: Vec<DataSegment>,
    /// Byte range in `bytes` of each defined function's body (locals and expression, without the
    /// size field).
    pub bodies: Vec<Range<u32>>,
    /// For each function, whether a reference to it can exist (exported, in an element segment,
    /// in a `ref.func`, in a global): `funcref_index[f]` is its position among such functions, or
    /// `u32::MAX`. Indexed by [`FuncIndex`].
    pub funcref_index: Vec<u32>,
    /// How many functions have a `funcref_index`.
    pub funcref_count: u32,
    /// Custom sections in order: name, and byte range of the contents.
    pub custom_sections: Vec<(Box<str>, Range<u32>)>,
    /// The first construct that is valid but that the engine cannot execute yet.
    pub unsupported: Option<Unsupported>,
    pub(crate) type_guard: Arc<TypeGuard>,
    pub(crate) names: OnceLock<Names>,
}

/// A valid construct that the engine cannot execute yet.
#[derive(Clone, Debug)]
pub struct Unsupported {
    /// Name of the instruction or construct, such as `struct.new`.
    pub what: String,
    /// Proposal that it comes from, such as `gc`.
    pub proposal: &'static str,
    /// Byte offset in the module.
    pub offset: u32,
}

/// An import.
#[derive(Clone, Debug)]
pub struct Import {
    /// Module name.
    pub module: Box<str>,
    /// Field name.
    pub name: Box<str>,
    /// The entity that the import fills.
    pub index: EntityIndex,
}

/// An export.
#[derive(Clone, Debug)]
pub struct Export {
    /// Name.
    pub name: Box<str>,
    /// The exported entity.
    pub index: EntityIndex,
}

/// A table with its initial element value.
#[derive(Clone, Debug)]
pub struct Table {
    /// Type.
    pub ty: TableType,
    /// Initial value of every element; `None` is null.
    pub init: Option<ConstExpr>,
}

/// An element segment.
#[derive(Clone, Debug)]
pub struct ElementSegment {
    /// How it is used.
    pub kind: ElementKind,
    /// Type of the elements.
    pub ty: RefType,
    /// The elements.
    pub items: ElementItems,
}

/// How an element segment is used.
#[derive(Clone, Debug)]
pub enum ElementKind {
    /// Copied by `table.init`.
    Passive,
    /// Copied at instantiation.
    Active {
        /// Destination.
        table: TableIndex,
        /// First element.
        offset: ConstExpr,
    },
    /// Only declares references.
    Declared,
}

/// Items of an element segment.
#[derive(Clone, Debug)]
pub enum ElementItems {
    /// Function indices.
    Functions(Box<[FuncIndex]>),
    /// Constant expressions.
    Expressions(Box<[ConstExpr]>),
}

impl ElementItems {
    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            ElementItems::Functions(f) => f.len(),
            ElementItems::Expressions(e) => e.len(),
        }
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A data segment.
#[derive(Clone, Debug)]
pub struct DataSegment {
    /// `None` for a passive segment, otherwise where it is copied at instantiation.
    pub active: Option<(MemoryIndex, ConstExpr)>,
    /// Byte range of the contents in the module's bytes.
    pub range: Range<u32>,
}

/// A constant expression (spec §3.4.2), in postfix order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConstExpr {
    /// The instructions without the final `end`.
    pub ops: SmallVec<[ConstOp; 1]>,
    /// Byte offset of the expression in the module.
    pub offset: u32,
}

/// An instruction of a constant expression. Floats are held as bits so that NaN payloads survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConstOp {
    /// `i32.const`
    I32Const(i32),
    /// `i64.const`
    I64Const(i64),
    /// `f32.const`
    F32Const(u32),
    /// `f64.const`
    F64Const(u64),
    /// `v128.const`
    V128Const(u128),
    /// `global.get`
    GlobalGet(GlobalIndex),
    /// `ref.null`
    RefNull(HeapType),
    /// `ref.func`
    RefFunc(FuncIndex),
    /// `i32.add`
    I32Add,
    /// `i32.sub`
    I32Sub,
    /// `i32.mul`
    I32Mul,
    /// `i64.add`
    I64Add,
    /// `i64.sub`
    I64Sub,
    /// `i64.mul`
    I64Mul,
}

impl Module {
    /// Keeps the types of this module registered. Whoever uses a [`TypeId`] of the module for
    /// longer than the module itself holds on to this.
    pub fn type_guard(&self) -> &Arc<TypeGuard> {
        &self.type_guard
    }

    /// The type of a function.
    pub fn func_type(&self, func: FuncIndex) -> Arc<FuncType> {
        self.registry.func_type(self.functions[func.index()])
    }

    /// The definition that `func` names, or `None` for an import.
    #[inline]
    pub fn defined_func(&self, func: FuncIndex) -> Option<DefinedFuncIndex> {
        func.0
            .checked_sub(self.imported_functions)
            .map(DefinedFuncIndex)
    }

    /// The place of a definition in the function index space.
    #[inline]
    pub fn func_index(&self, func: DefinedFuncIndex) -> FuncIndex {
        FuncIndex(func.0 + self.imported_functions)
    }

    /// The bytes of a defined function's body.
    pub fn body(&self, func: DefinedFuncIndex) -> &[u8] {
        let range = &self.bodies[func.index()];
        &self.bytes.as_slice()[range.start as usize..range.end as usize]
    }

    /// The type of any external entity.
    pub fn entity_type(&self, entity: EntityIndex) -> EntityType {
        match entity {
            EntityIndex::Func(i) => EntityType::Func(self.functions[i.index()]),
            EntityIndex::Table(i) => EntityType::Table(self.tables[i.index()].ty),
            EntityIndex::Memory(i) => EntityType::Memory(self.memories[i.index()]),
            EntityIndex::Global(i) => EntityType::Global(self.globals[i.index()]),
            EntityIndex::Tag(i) => EntityType::Tag(self.tags[i.index()]),
        }
    }

    /// Looks up an export by name.
    pub fn export(&self, name: &str) -> Option<EntityIndex> {
        let i = *self.export_names.get(name)?;
        Some(self.exports[i as usize].index)
    }
}
