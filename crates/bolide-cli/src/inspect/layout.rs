//! What is where in a linear memory before a program runs.

use bolide_module::{ConstExpr, ConstOp, EntityIndex, GlobalIndex, MemoryIndex, Module};
use serde::Serialize;

/// A part of a memory. Places have an end equal to their start.
#[derive(Serialize)]
pub(super) struct Region {
    pub(super) what: String,
    pub(super) start: u64,
    pub(super) end: u64,
}

/// Globals whose values LLVM's linker and runtimes use as places in memory 0.
const PLACES: &[(&str, &str)] = &[
    ("__global_base", "start of data"),
    ("__data_end", "end of data"),
    ("__stack_pointer", "top of the stack"),
    ("__stack_low", "end of the stack"),
    ("__stack_high", "top of the stack"),
    ("__heap_base", "start of the heap"),
    ("__heap_end", "end of the heap"),
];

/// Data segments and known places of a memory, by address.
pub(super) fn layout(module: &Module, memory: MemoryIndex) -> Vec<Region> {
    let mut regions = Vec::new();
    for (i, segment) in module.data.iter().enumerate() {
        let Some((target, offset)) = &segment.active else {
            continue;
        };
        if let (true, Some(start)) = (*target == memory, constant(offset)) {
            let index = bolide_module::DataIndex::from_usize(i);
            let name = module.names().data(index);
            regions.push(Region {
                what: match name {
                    Some(name) => format!("data {i} {name}"),
                    None => format!("data {i}"),
                },
                start,
                end: start.saturating_add(u64::from(segment.range.end - segment.range.start)),
            });
        }
    }
    if memory.0 == 0 {
        regions.extend(places(module));
    }
    regions.sort_by_key(|region| (region.start, region.end));
    regions
}

fn places(module: &Module) -> Vec<Region> {
    let imported = module.imported_globals;
    let mut places = Vec::new();
    for (i, init) in module.global_inits.iter().enumerate() {
        let index = GlobalIndex::from_usize(i + imported as usize);
        let export = module
            .exports
            .iter()
            .find(|e| e.index == EntityIndex::Global(index));
        let name = module.names().global(index).or(export.map(|e| &*e.name));
        let known = PLACES.iter().find(|(known, _)| Some(*known) == name);
        if let (Some((name, what)), Some(start)) = (known, constant(init)) {
            places.push(Region {
                what: format!("{what} ({name})"),
                start,
                end: start,
            });
        }
    }
    places
}

/// The value of a constant integer, as an address.
fn constant(expr: &ConstExpr) -> Option<u64> {
    match expr.ops[..] {
        [ConstOp::I32Const(value)] => Some(u64::from(value as u32)),
        [ConstOp::I64Const(value)] => Some(value as u64),
        _ => None,
    }
}
