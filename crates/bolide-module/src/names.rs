//! Names of things in a module, from its `name` section.

use std::ops::Range;

use wasmparser::{BinaryReader, IndirectNameMap, Name, NameMap};

use crate::bytes::Bytes;
use crate::index::*;
use crate::module::Module;

/// Names that a compiler left in the `name` custom section (core spec appendix "name section").
///
/// Whatever is malformed in the section is left out, as the spec demands that it never makes a
/// module invalid.
#[derive(Clone, Debug)]
pub struct Names {
    bytes: Bytes,
    module: Option<Range<u32>>,
    functions: Map,
    types: Map,
    tables: Map,
    memories: Map,
    globals: Map,
    elements: Map,
    data: Map,
    tags: Map,
    locals: IndirectMap,
    labels: IndirectMap,
    /// Exports and imports that name functions, sorted by function.
    fallback: Vec<(FuncIndex, Fallback)>,
}

/// Position of an export or import.
#[derive(Clone, Copy, Debug)]
enum Fallback {
    Export(u32),
    Import(u32),
}

/// Where in the module the name of an index is, sorted by index.
type Map = Vec<(u32, Range<u32>)>;

/// The same for indices inside of something else, such as locals of a function.
type IndirectMap = Vec<(u32, Map)>;

impl Names {
    fn none(bytes: Bytes) -> Names {
        Names {
            bytes,
            module: None,
            functions: Map::new(),
            types: Map::new(),
            tables: Map::new(),
            memories: Map::new(),
            globals: Map::new(),
            elements: Map::new(),
            data: Map::new(),
            tags: Map::new(),
            locals: IndirectMap::new(),
            labels: IndirectMap::new(),
            fallback: Vec::new(),
        }
    }

    /// Reads the section at `range` of a module.
    fn read(bytes: &Bytes, range: Range<u32>) -> Names {
        let mut names = Names::none(bytes.clone());
        let section = &bytes.as_slice()[range.start as usize..range.end as usize];
        let mut reader = BinaryReader::new(section, u64::from(range.start));
        while !reader.eof() {
            let (Ok(id), Ok(size)) = (reader.read_u8(), reader.read_var_u32()) else {
                break;
            };
            let offset = reader.original_position();
            let left = reader.bytes_remaining();
            // The last subsection may be truncated; its first names are still good.
            let Ok(contents) = reader.read_bytes(left.min(size as usize)) else {
                break;
            };
            names.subsection(id, BinaryReader::new(contents, offset));
        }
        names
    }

    fn subsection(&mut self, id: u8, reader: BinaryReader<'_>) {
        use wasmparser::Subsection;
        let base = self.bytes.as_slice().as_ptr() as usize;
        match Name::from_reader(id, reader) {
            Ok(Name::Module { name, .. }) => self.module = Some(place(base, name)),
            Ok(Name::Function(map)) => self.functions = read_map(base, map),
            Ok(Name::Type(map)) => self.types = read_map(base, map),
            Ok(Name::Table(map)) => self.tables = read_map(base, map),
            Ok(Name::Memory(map)) => self.memories = read_map(base, map),
            Ok(Name::Global(map)) => self.globals = read_map(base, map),
            Ok(Name::Element(map)) => self.elements = read_map(base, map),
            Ok(Name::Data(map)) => self.data = read_map(base, map),
            Ok(Name::Tag(map)) => self.tags = read_map(base, map),
            Ok(Name::Local(map)) => self.locals = read_indirect(base, map),
            Ok(Name::Label(map)) => self.labels = read_indirect(base, map),
            _ => {}
        }
    }

    fn text(&self, range: &Range<u32>) -> Option<&str> {
        let bytes = &self.bytes.as_slice()[range.start as usize..range.end as usize];
        std::str::from_utf8(bytes).ok()
    }

    fn find<'n>(&'n self, map: &Map, index: u32) -> Option<&'n str> {
        let i = map.binary_search_by_key(&index, |(index, _)| *index).ok()?;
        self.text(&map[i].1)
    }

    fn find_indirect(&self, map: &IndirectMap, outer: u32, inner: u32) -> Option<&str> {
        let i = map.binary_search_by_key(&outer, |(outer, _)| *outer).ok()?;
        self.find(&map[i].1, inner)
    }

    /// Name of the module.
    pub fn module(&self) -> Option<&str> {
        self.module.as_ref().and_then(|range| self.text(range))
    }

    /// Name of a function. See also [`Module::func_name`], which falls back to exports and imports.
    pub fn function(&self, index: FuncIndex) -> Option<&str> {
        self.find(&self.functions, index.0)
    }

    /// Name of a local variable or parameter.
    pub fn local(&self, func: FuncIndex, local: u32) -> Option<&str> {
        self.find_indirect(&self.locals, func.0, local)
    }

    /// Name of a label, counted in the order of the block instructions of the function.
    pub fn label(&self, func: FuncIndex, label: u32) -> Option<&str> {
        self.find_indirect(&self.labels, func.0, label)
    }

    /// Name of a type.
    pub fn ty(&self, index: TypeIndex) -> Option<&str> {
        self.find(&self.types, index.0)
    }

    /// Name of a table.
    pub fn table(&self, index: TableIndex) -> Option<&str> {
        self.find(&self.tables, index.0)
    }

    /// Name of a memory.
    pub fn memory(&self, index: MemoryIndex) -> Option<&str> {
        self.find(&self.memories, index.0)
    }

    /// Name of a global.
    pub fn global(&self, index: GlobalIndex) -> Option<&str> {
        self.find(&self.globals, index.0)
    }

    /// Name of an element segment.
    pub fn element(&self, index: ElemIndex) -> Option<&str> {
        self.find(&self.elements, index.0)
    }

    /// Name of a data segment.
    pub fn data(&self, index: DataIndex) -> Option<&str> {
        self.find(&self.data, index.0)
    }

    /// Name of a tag.
    pub fn tag(&self, index: TagIndex) -> Option<&str> {
        self.find(&self.tags, index.0)
    }
}

/// Where in the module, which is at `base` in memory, a name is that points into it.
fn place(base: usize, name: &str) -> Range<u32> {
    let start = (name.as_ptr() as usize - base) as u32;
    start..start + name.len() as u32
}

// The maps' own iterators stop at names that are out of order; the iterators inside do not.
fn read_map(base: usize, map: NameMap<'_>) -> Map {
    let mut names: Map = map
        .names
        .map_while(Result::ok)
        .map(|naming| (naming.index, place(base, naming.name)))
        .collect();
    normalize(&mut names);
    names
}

fn read_indirect(base: usize, map: IndirectNameMap<'_>) -> IndirectMap {
    let mut names: IndirectMap = map
        .names
        .map_while(Result::ok)
        .map(|naming| (naming.index, read_map(base, naming.names)))
        .collect();
    normalize(&mut names);
    names
}

/// The section should be sorted and without duplicates; the first of several wins.
fn normalize<T>(map: &mut Vec<(u32, T)>) {
    map.sort_by_key(|(index, _)| *index);
    map.dedup_by_key(|(index, _)| *index);
    map.shrink_to_fit();
}

impl Module {
    /// Names of things in the module. Read on first use.
    pub fn names(&self) -> &Names {
        self.names.get_or_init(|| {
            let mut names = match self.custom_section_range("name") {
                Some(range) => Names::read(&self.bytes, range),
                None => Names::none(self.bytes.clone()),
            };
            names.fallback = self.fallback_names();
            names
        })
    }

    fn fallback_names(&self) -> Vec<(FuncIndex, Fallback)> {
        let exports = self.exports.iter().map(|e| e.index);
        let exports = exports.zip((0..).map(Fallback::Export));
        let imports = self.imports.iter().map(|i| i.index);
        let imports = imports.zip((0..).map(Fallback::Import));
        let mut names: Vec<_> = exports
            .chain(imports)
            .filter_map(|(entity, name)| match entity {
                EntityIndex::Func(func) => Some((func, name)),
                _ => None,
            })
            .collect();
        names.sort_by_key(|(func, _)| *func);
        names.dedup_by_key(|(func, _)| *func);
        names
    }

    /// The best name for a function: from the name section, or else that of its first export, or
    /// else that of its import.
    pub fn func_name(&self, func: FuncIndex) -> Option<&str> {
        let names = self.names();
        names.function(func).or_else(|| {
            let fallback = &names.fallback;
            let i = fallback.binary_search_by_key(&func, |(func, _)| *func);
            Some(match fallback[i.ok()?].1 {
                Fallback::Export(i) => &self.exports[i as usize].name,
                Fallback::Import(i) => &self.imports[i as usize].name,
            })
        })
    }
}
