//! What there is to say about a module: the fields of the JSON form, of which the page is a view.

use std::path::Path;

use bolide_module::*;
use serde::Serialize;

use super::layout::{self, Region};
use super::sections::{self, Section};
use super::types;

#[derive(Serialize)]
pub(super) struct Report {
    pub(super) file: String,
    pub(super) size: u64,
    pub(super) name: Option<String>,
    pub(super) kind: &'static str,
    pub(super) unsupported: Option<Unsupported>,
    pub(super) start: Option<u32>,
    pub(super) sections: Vec<Section>,
    pub(super) imports: Vec<Import>,
    pub(super) exports: Vec<Export>,
    pub(super) functions: Functions,
    pub(super) memories: Vec<Memory>,
    pub(super) data: Vec<Data>,
    pub(super) tables: Vec<Entity>,
    pub(super) elements: Vec<Elements>,
    pub(super) globals: Vec<Entity>,
    pub(super) tags: Vec<Entity>,
    pub(super) producers: Vec<Producer>,
    pub(super) target_features: Vec<TargetFeature>,
}

#[derive(Serialize)]
pub(super) struct Unsupported {
    pub(super) what: String,
    pub(super) proposal: &'static str,
    pub(super) offset: u32,
}

#[derive(Serialize)]
pub(super) struct Import {
    pub(super) module: String,
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) index: u32,
    #[serde(rename = "type")]
    pub(super) ty: String,
}

#[derive(Serialize)]
pub(super) struct Export {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) index: u32,
    #[serde(rename = "type")]
    pub(super) ty: String,
}

#[derive(Serialize)]
pub(super) struct Functions {
    pub(super) imported: u32,
    pub(super) defined: u32,
    pub(super) code_size: u64,
    pub(super) largest: Vec<Function>,
}

#[derive(Serialize)]
pub(super) struct Function {
    pub(super) index: u32,
    pub(super) name: Option<String>,
    pub(super) symbol: Option<String>,
    #[serde(rename = "type")]
    pub(super) ty: String,
    pub(super) offset: u32,
    pub(super) size: u32,
}

#[derive(Serialize)]
pub(super) struct Memory {
    #[serde(flatten)]
    pub(super) entity: Entity,
    pub(super) initial_bytes: u128,
    pub(super) maximum_bytes: Option<u128>,
    pub(super) data_bytes: u64,
    pub(super) layout: Vec<Region>,
}

#[derive(Serialize)]
pub(super) struct Data {
    pub(super) index: u32,
    pub(super) name: Option<String>,
    pub(super) mode: &'static str,
    pub(super) memory: Option<u32>,
    pub(super) offset: Option<String>,
    pub(super) size: u32,
}

#[derive(Serialize)]
pub(super) struct Elements {
    pub(super) index: u32,
    pub(super) name: Option<String>,
    pub(super) mode: &'static str,
    pub(super) table: Option<u32>,
    pub(super) offset: Option<String>,
    #[serde(rename = "type")]
    pub(super) ty: String,
    pub(super) count: u64,
}

#[derive(Serialize)]
pub(super) struct Entity {
    pub(super) index: u32,
    pub(super) name: Option<String>,
    pub(super) imported: bool,
    #[serde(rename = "type")]
    pub(super) ty: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) init: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Producer {
    pub(super) field: String,
    pub(super) name: String,
    pub(super) version: String,
}

#[derive(Serialize)]
pub(super) struct TargetFeature {
    pub(super) name: String,
    pub(super) used: bool,
}

impl Report {
    /// About `module`, with the largest `functions` functions.
    pub(super) fn new(file: &Path, module: &Module, functions: usize) -> Report {
        let bytes = module.bytes.as_slice();
        Report {
            file: file.to_string_lossy().into_owned(),
            size: bytes.len() as u64,
            name: module.names().module().map(str::to_owned),
            kind: kind(module),
            unsupported: module.unsupported.as_ref().map(|u| Unsupported {
                what: u.what.clone(),
                proposal: u.proposal,
                offset: u.offset,
            }),
            start: module.start.map(|f| f.0),
            sections: sections::sections(bytes),
            imports: imports(module),
            exports: exports(module),
            functions: Functions::new(module, functions),
            memories: memories(module),
            data: data(module),
            tables: tables(module),
            elements: elements(module),
            globals: globals(module),
            tags: tags(module),
            producers: producers(module),
            target_features: target_features(module),
        }
    }
}

fn kind(module: &Module) -> &'static str {
    let function = |name| matches!(module.export(name), Some(EntityIndex::Func(_)));
    match () {
        () if module.is_object() => "object",
        () if function("_start") => "command",
        () if function("_initialize") => "reactor",
        () => "module",
    }
}

fn imports(module: &Module) -> Vec<Import> {
    let imports = module.imports.iter();
    imports
        .map(|import| Import {
            module: import.module.to_string(),
            name: import.name.to_string(),
            kind: types::kind(import.index),
            index: types::position(import.index),
            ty: types::entity(module, module.entity_type(import.index)),
        })
        .collect()
}

fn exports(module: &Module) -> Vec<Export> {
    let exports = module.exports.iter();
    exports
        .map(|export| Export {
            name: export.name.to_string(),
            kind: types::kind(export.index),
            index: types::position(export.index),
            ty: types::entity(module, module.entity_type(export.index)),
        })
        .collect()
}

impl Functions {
    fn new(module: &Module, shown: usize) -> Functions {
        let mut bodies: Vec<_> = module.bodies.iter().enumerate().collect();
        bodies.sort_by_key(|(i, body)| (std::cmp::Reverse(body.end - body.start), *i));
        let function = |(i, body): (usize, &std::ops::Range<u32>)| {
            let index = module.func_index(DefinedFuncIndex::from_usize(i));
            let symbol = module.func_name(index);
            Function {
                index: index.0,
                name: symbol.map(bolide::demangle),
                symbol: symbol.map(str::to_owned),
                ty: types::entity(module, module.entity_type(EntityIndex::Func(index))),
                offset: body.start,
                size: body.end - body.start,
            }
        };
        Functions {
            imported: module.imported_functions,
            defined: module.bodies.len() as u32,
            code_size: module
                .bodies
                .iter()
                .map(|b| u64::from(b.end - b.start))
                .sum(),
            largest: bodies.into_iter().take(shown).map(function).collect(),
        }
    }
}

/// Entities of one index space: how many, how many of them imported, name and type by index.
fn entities(
    count: usize,
    imported: u32,
    index: impl Fn(u32) -> EntityIndex,
    module: &Module,
) -> Vec<Entity> {
    let entity = |i: u32| {
        let index = index(i);
        let names = module.names();
        let name = match index {
            EntityIndex::Func(i) => names.function(i),
            EntityIndex::Table(i) => names.table(i),
            EntityIndex::Memory(i) => names.memory(i),
            EntityIndex::Global(i) => names.global(i),
            EntityIndex::Tag(i) => names.tag(i),
        };
        Entity {
            index: i,
            name: name.map(str::to_owned),
            imported: i < imported,
            ty: types::entity(module, module.entity_type(index)),
            init: None,
        }
    };
    (0..count as u32).map(entity).collect()
}

fn memories(module: &Module) -> Vec<Memory> {
    let index = |i| EntityIndex::Memory(MemoryIndex(i));
    let memories = entities(
        module.memories.len(),
        module.imported_memories,
        index,
        module,
    );
    let memory = |(entity, ty): (Entity, &MemoryType)| {
        let index = MemoryIndex(entity.index);
        let data = module
            .data
            .iter()
            .filter(|d| d.active.as_ref().is_some_and(|(m, _)| *m == index));
        let bytes = |pages: u64| u128::from(pages) * u128::from(WASM_PAGE_SIZE);
        Memory {
            initial_bytes: bytes(ty.minimum),
            maximum_bytes: ty.maximum.map(bytes),
            data_bytes: data.map(|d| u64::from(d.range.end - d.range.start)).sum(),
            layout: layout::layout(module, index),
            entity,
        }
    };
    memories
        .into_iter()
        .zip(&module.memories)
        .map(memory)
        .collect()
}

fn data(module: &Module) -> Vec<Data> {
    let segment = |(i, segment): (usize, &DataSegment)| {
        let active = segment.active.as_ref();
        Data {
            index: i as u32,
            name: module
                .names()
                .data(DataIndex::from_usize(i))
                .map(str::to_owned),
            mode: if segment.active.is_some() {
                "active"
            } else {
                "passive"
            },
            memory: active.map(|(memory, _)| memory.0),
            offset: active.map(|(_, offset)| types::expression(module, offset)),
            size: segment.range.end - segment.range.start,
        }
    };
    module.data.iter().enumerate().map(segment).collect()
}

fn tables(module: &Module) -> Vec<Entity> {
    let index = |i| EntityIndex::Table(TableIndex(i));
    entities(module.tables.len(), module.imported_tables, index, module)
}

fn elements(module: &Module) -> Vec<Elements> {
    let segment = |(i, segment): (usize, &ElementSegment)| {
        let (mode, table, offset) = match &segment.kind {
            ElementKind::Passive => ("passive", None, None),
            ElementKind::Declared => ("declared", None, None),
            ElementKind::Active { table, offset } => (
                "active",
                Some(table.0),
                Some(types::expression(module, offset)),
            ),
        };
        Elements {
            index: i as u32,
            name: module
                .names()
                .element(ElemIndex::from_usize(i))
                .map(str::to_owned),
            mode,
            table,
            offset,
            ty: types::reference(module, segment.ty),
            count: segment.items.len() as u64,
        }
    };
    module.elements.iter().enumerate().map(segment).collect()
}

fn globals(module: &Module) -> Vec<Entity> {
    let index = |i| EntityIndex::Global(GlobalIndex(i));
    let mut globals = entities(module.globals.len(), module.imported_globals, index, module);
    let defined = globals.iter_mut().filter(|global| !global.imported);
    for (global, init) in defined.zip(&module.global_inits) {
        global.init = Some(types::expression(module, init));
    }
    globals
}

fn tags(module: &Module) -> Vec<Entity> {
    let index = |i| EntityIndex::Tag(TagIndex(i));
    entities(module.tags.len(), module.imported_tags, index, module)
}

fn producers(module: &Module) -> Vec<Producer> {
    let producers = module.producers().into_iter();
    producers
        .map(|p| Producer {
            field: p.field.to_owned(),
            name: p.name.to_owned(),
            version: p.version.to_owned(),
        })
        .collect()
}

fn target_features(module: &Module) -> Vec<TargetFeature> {
    let features = module.target_features().into_iter();
    features
        .map(|f| TargetFeature {
            name: f.name.to_owned(),
            used: f.used,
        })
        .collect()
}
