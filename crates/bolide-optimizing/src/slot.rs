//! How a wasm value is represented in Cranelift's IR.

use bolide_abi::CompileError;
use bolide_module::{CompositeType, Module, ValType};
use cranelift_codegen::ir::{Type, types};
use wasmparser::{AbstractHeapType, HeapType};

/// The representation of a value.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    /// Its type. All 128-bit vectors are `i8x16` whenever they cross a block, a call or a variable.
    pub(crate) ty: Type,
    /// Whether the garbage collector must see it in stack maps.
    pub(crate) collectable: bool,
}

impl From<ValType> for Slot {
    fn from(ty: ValType) -> Self {
        Slot {
            ty: match ty {
                ValType::I32 => types::I32,
                ValType::I64 | ValType::Ref(_) => types::I64,
                ValType::F32 => types::F32,
                ValType::F64 => types::F64,
                ValType::V128 => types::I8X16,
            },
            collectable: ty.is_collectable(),
        }
    }
}

impl Slot {
    /// The representation of a type that is written in a function body.
    pub(crate) fn in_body(module: &Module, ty: wasmparser::ValType) -> Result<Slot, CompileError> {
        Ok(match ty {
            wasmparser::ValType::I32 => ValType::I32.into(),
            wasmparser::ValType::I64 => ValType::I64.into(),
            wasmparser::ValType::F32 => ValType::F32.into(),
            wasmparser::ValType::F64 => ValType::F64.into(),
            wasmparser::ValType::V128 => ValType::V128.into(),
            wasmparser::ValType::Ref(ty) => Slot {
                ty: types::I64,
                collectable: !is_function(module, ty.heap_type())?,
            },
        })
    }
}

fn is_function(module: &Module, heap: HeapType) -> Result<bool, CompileError> {
    match heap {
        HeapType::Abstract { ty, .. } => Ok(matches!(
            ty,
            AbstractHeapType::Func | AbstractHeapType::NoFunc
        )),
        HeapType::Concrete(index) | HeapType::Exact(index) => {
            let id = index
                .as_module_index()
                .and_then(|index| module.types.get(index as usize))
                .ok_or_else(|| CompileError::Internal(format!("no type {index:?}")))?;
            let ty = module.registry.get(*id);
            Ok(matches!(ty.composite, CompositeType::Func(_)))
        }
    }
}
