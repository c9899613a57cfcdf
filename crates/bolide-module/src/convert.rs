//! Types of one module, as `wasmparser` reads them, to canonical types.

use wasmparser::{AbstractHeapType, CompositeInnerType, UnpackedIndex};

use crate::index::TypeId;
use crate::registry::{TypeGuard, relative};
use crate::types::*;

/// Which heap type a type index stands for.
#[derive(Clone, Copy, Debug)]
enum Shape {
    Func,
    Struct,
    Array,
}

/// The type index space of a module while it is decoded.
#[derive(Debug, Default)]
pub(crate) struct TypeSpace {
    ids: Vec<TypeId>,
    shapes: Vec<Shape>,
}

/// Conversions assume types that the validator has accepted.
impl TypeSpace {
    /// Registers a recursion group and appends its members.
    pub(crate) fn add(&mut self, group: &wasmparser::RecGroup, guard: &mut TypeGuard) {
        self.shapes
            .extend(group.types().map(|ty| match ty.composite_type.inner {
                CompositeInnerType::Func(_) | CompositeInnerType::Cont(_) => Shape::Func,
                CompositeInnerType::Struct(_) => Shape::Struct,
                CompositeInnerType::Array(_) => Shape::Array,
            }));
        let definition: Vec<SubType> = group.types().map(|ty| self.sub(ty)).collect();
        self.ids.extend_from_slice(&guard.intern(&definition));
    }

    pub(crate) fn into_ids(self) -> Vec<TypeId> {
        self.ids
    }

    /// The canonical id of a type index, or its place in the group that is being added.
    pub(crate) fn id(&self, index: u32) -> TypeId {
        match self.ids.get(index as usize) {
            Some(id) => *id,
            None => relative(index - self.ids.len() as u32),
        }
    }

    fn sub(&self, ty: &wasmparser::SubType) -> SubType {
        SubType {
            is_final: ty.is_final,
            supertype: ty
                .supertype_idxs
                .first()
                .map(|index| self.id(module_index(index.unpack()))),
            composite: match &ty.composite_type.inner {
                CompositeInnerType::Func(func) => CompositeType::Func(FuncType {
                    params: func.params().iter().map(|ty| self.val(*ty)).collect(),
                    results: func.results().iter().map(|ty| self.val(*ty)).collect(),
                }),
                CompositeInnerType::Struct(ty) => {
                    CompositeType::Struct(ty.fields.iter().map(|field| self.field(field)).collect())
                }
                CompositeInnerType::Array(ty) => CompositeType::Array(self.field(&ty.0)),
                CompositeInnerType::Cont(_) => unreachable!("stack switching is never enabled"),
            },
        }
    }

    fn field(&self, field: &wasmparser::FieldType) -> FieldType {
        FieldType {
            storage: match field.element_type {
                wasmparser::StorageType::I8 => StorageType::I8,
                wasmparser::StorageType::I16 => StorageType::I16,
                wasmparser::StorageType::Val(ty) => StorageType::Val(self.val(ty)),
            },
            mutable: field.mutable,
        }
    }

    pub(crate) fn val(&self, ty: wasmparser::ValType) -> ValType {
        match ty {
            wasmparser::ValType::I32 => ValType::I32,
            wasmparser::ValType::I64 => ValType::I64,
            wasmparser::ValType::F32 => ValType::F32,
            wasmparser::ValType::F64 => ValType::F64,
            wasmparser::ValType::V128 => ValType::V128,
            wasmparser::ValType::Ref(ty) => ValType::Ref(self.reference(ty)),
        }
    }

    pub(crate) fn reference(&self, ty: wasmparser::RefType) -> RefType {
        RefType {
            nullable: ty.is_nullable(),
            heap: self.heap(ty.heap_type()),
        }
    }

    pub(crate) fn heap(&self, ty: wasmparser::HeapType) -> HeapType {
        match ty {
            wasmparser::HeapType::Abstract { ty, .. } => match ty {
                AbstractHeapType::Func => HeapType::Func,
                AbstractHeapType::NoFunc => HeapType::NoFunc,
                AbstractHeapType::Extern => HeapType::Extern,
                AbstractHeapType::NoExtern => HeapType::NoExtern,
                AbstractHeapType::Any => HeapType::Any,
                AbstractHeapType::Eq => HeapType::Eq,
                AbstractHeapType::I31 => HeapType::I31,
                AbstractHeapType::Struct => HeapType::Struct,
                AbstractHeapType::Array => HeapType::Array,
                AbstractHeapType::None => HeapType::None,
                AbstractHeapType::Exn => HeapType::Exn,
                AbstractHeapType::NoExn => HeapType::NoExn,
                AbstractHeapType::Cont | AbstractHeapType::NoCont => {
                    unreachable!("stack switching is never enabled")
                }
            },
            wasmparser::HeapType::Concrete(index) | wasmparser::HeapType::Exact(index) => {
                let index = module_index(index);
                let id = self.id(index);
                match self.shapes[index as usize] {
                    Shape::Func => HeapType::ConcreteFunc(id),
                    Shape::Struct => HeapType::ConcreteStruct(id),
                    Shape::Array => HeapType::ConcreteArray(id),
                }
            }
        }
    }

    pub(crate) fn table(&self, ty: &wasmparser::TableType) -> TableType {
        TableType {
            element: self.reference(ty.element_type),
            index: index_type(ty.table64),
            minimum: ty.initial,
            maximum: ty.maximum,
        }
    }

    pub(crate) fn global(&self, ty: &wasmparser::GlobalType) -> GlobalType {
        GlobalType {
            content: self.val(ty.content_type),
            mutable: ty.mutable,
        }
    }

    pub(crate) fn tag(&self, ty: &wasmparser::TagType) -> TagType {
        TagType {
            func: self.id(ty.func_type_idx),
        }
    }
}

pub(crate) fn memory(ty: &wasmparser::MemoryType) -> MemoryType {
    MemoryType {
        index: index_type(ty.memory64),
        shared: ty.shared,
        minimum: ty.initial,
        maximum: ty.maximum,
    }
}

fn index_type(is_64: bool) -> IndexType {
    if is_64 {
        IndexType::I64
    } else {
        IndexType::I32
    }
}

/// Types that were just read refer to the module's type index space.
fn module_index(index: UnpackedIndex) -> u32 {
    index
        .as_module_index()
        .expect("types are not canonicalized by reading them")
}
