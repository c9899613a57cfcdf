//! Types and constant expressions in the text format.

use bolide_module::{
    CompositeType, ConstExpr, ConstOp, EntityIndex, EntityType, FieldType, FuncType, HeapType,
    IndexType, MemoryType, Module, RefType, StorageType, TypeId, ValType,
};

/// The kind of an entity, as the text format names it.
pub(super) fn kind(index: EntityIndex) -> &'static str {
    match index {
        EntityIndex::Func(_) => "func",
        EntityIndex::Table(_) => "table",
        EntityIndex::Memory(_) => "memory",
        EntityIndex::Global(_) => "global",
        EntityIndex::Tag(_) => "tag",
    }
}

/// The position of an entity in its index space.
pub(super) fn position(index: EntityIndex) -> u32 {
    match index {
        EntityIndex::Func(i) => i.0,
        EntityIndex::Table(i) => i.0,
        EntityIndex::Memory(i) => i.0,
        EntityIndex::Global(i) => i.0,
        EntityIndex::Tag(i) => i.0,
    }
}

/// The type of an entity, such as `(func (param i32) (result i32))`.
pub(super) fn entity(module: &Module, ty: EntityType) -> String {
    match ty {
        EntityType::Func(id) => definition(module, id),
        EntityType::Table(ty) => format!(
            "(table {}{} {})",
            address(ty.index),
            limits(ty.minimum, ty.maximum),
            reference(module, ty.element)
        ),
        EntityType::Memory(ty) => memory(ty),
        EntityType::Global(ty) => {
            let content = value(module, ty.content);
            match ty.mutable {
                true => format!("(global (mut {content}))"),
                false => format!("(global {content})"),
            }
        }
        EntityType::Tag(ty) => {
            let func = module.registry.func_type(ty.func);
            format!("(tag{})", signature(module, &func))
        }
    }
}

/// A memory's type.
pub(super) fn memory(ty: MemoryType) -> String {
    let shared = if ty.shared { " shared" } else { "" };
    format!(
        "(memory {}{}{shared})",
        address(ty.index),
        limits(ty.minimum, ty.maximum)
    )
}

fn address(index: IndexType) -> &'static str {
    match index {
        IndexType::I32 => "",
        IndexType::I64 => "i64 ",
    }
}

fn limits(minimum: u64, maximum: Option<u64>) -> String {
    match maximum {
        Some(maximum) => format!("{minimum} {maximum}"),
        None => minimum.to_string(),
    }
}

fn signature(module: &Module, ty: &FuncType) -> String {
    let list = |keyword: &str, types: &[ValType]| match types {
        [] => String::new(),
        types => {
            let types: Vec<String> = types.iter().map(|&ty| value(module, ty)).collect();
            format!(" ({keyword} {})", types.join(" "))
        }
    };
    list("param", &ty.params) + &list("result", &ty.results)
}

/// The definition of a type.
fn definition(module: &Module, id: TypeId) -> String {
    let field = |field: &FieldType| {
        let storage = match field.storage {
            StorageType::I8 => "i8".to_owned(),
            StorageType::I16 => "i16".to_owned(),
            StorageType::Val(ty) => value(module, ty),
        };
        match field.mutable {
            true => format!("(mut {storage})"),
            false => storage,
        }
    };
    match &module.registry.get(id).composite {
        CompositeType::Func(ty) => format!("(func{})", signature(module, ty)),
        CompositeType::Struct(fields) => {
            let fields: String = fields
                .iter()
                .map(|f| format!(" (field {})", field(f)))
                .collect();
            format!("(struct{fields})")
        }
        CompositeType::Array(element) => format!("(array {})", field(element)),
    }
}

/// A value type.
pub(super) fn value(module: &Module, ty: ValType) -> String {
    match ty {
        ValType::I32 => "i32".to_owned(),
        ValType::I64 => "i64".to_owned(),
        ValType::F32 => "f32".to_owned(),
        ValType::F64 => "f64".to_owned(),
        ValType::V128 => "v128".to_owned(),
        ValType::Ref(ty) => reference(module, ty),
    }
}

/// A reference type.
pub(super) fn reference(module: &Module, ty: RefType) -> String {
    match (ty.nullable, ty.heap) {
        (true, HeapType::Func) => "funcref".to_owned(),
        (true, HeapType::Extern) => "externref".to_owned(),
        (true, other) => format!("(ref null {})", heap(module, other)),
        (false, other) => format!("(ref {})", heap(module, other)),
    }
}

fn heap(module: &Module, ty: HeapType) -> String {
    let name = match ty {
        HeapType::Func => "func",
        HeapType::NoFunc => "nofunc",
        HeapType::Extern => "extern",
        HeapType::NoExtern => "noextern",
        HeapType::Any => "any",
        HeapType::Eq => "eq",
        HeapType::I31 => "i31",
        HeapType::Struct => "struct",
        HeapType::Array => "array",
        HeapType::None => "none",
        HeapType::Exn => "exn",
        HeapType::NoExn => "noexn",
        // By its place in the module: writing the definition may not end.
        HeapType::ConcreteFunc(id) | HeapType::ConcreteStruct(id) | HeapType::ConcreteArray(id) => {
            let index = module.types.iter().position(|&ty| ty == id);
            return index.map_or_else(|| "?".to_owned(), |i| i.to_string());
        }
    };
    name.to_owned()
}

/// A constant expression: the number if it is one, otherwise the instructions.
pub(super) fn expression(module: &Module, expr: &ConstExpr) -> String {
    if let [ConstOp::I32Const(value)] = expr.ops[..] {
        return value.to_string();
    }
    if let [ConstOp::I64Const(value)] = expr.ops[..] {
        return value.to_string();
    }
    let ops: Vec<String> = expr.ops.iter().map(|op| instruction(module, op)).collect();
    ops.join(" ")
}

fn instruction(module: &Module, op: &ConstOp) -> String {
    match *op {
        ConstOp::I32Const(value) => format!("i32.const {value}"),
        ConstOp::I64Const(value) => format!("i64.const {value}"),
        ConstOp::F32Const(bits) => format!("f32.const {}", f32::from_bits(bits)),
        ConstOp::F64Const(bits) => format!("f64.const {}", f64::from_bits(bits)),
        ConstOp::V128Const(bits) => {
            let lanes: Vec<String> = (0..4)
                .map(|i| format!("{:#010x}", (bits >> (32 * i)) as u32))
                .collect();
            format!("v128.const i32x4 {}", lanes.join(" "))
        }
        ConstOp::GlobalGet(index) => format!("global.get {}", index.0),
        ConstOp::RefNull(ty) => format!("ref.null {}", heap(module, ty)),
        ConstOp::RefFunc(index) => format!("ref.func {}", index.0),
        ConstOp::I32Add => "i32.add".to_owned(),
        ConstOp::I32Sub => "i32.sub".to_owned(),
        ConstOp::I32Mul => "i32.mul".to_owned(),
        ConstOp::I64Add => "i64.add".to_owned(),
        ConstOp::I64Sub => "i64.sub".to_owned(),
        ConstOp::I64Mul => "i64.mul".to_owned(),
    }
}
