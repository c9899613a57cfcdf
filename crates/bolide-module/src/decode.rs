//! One payload of the binary after the other into a [`Module`].

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use wasmparser::{ExternalKind, Payload, TypeRef, Validator};

use crate::bytes::Bytes;
use crate::const_expr::ConstExprDecoder;
use crate::convert::{self, TypeSpace};
use crate::data;
use crate::error::ModuleError;
use crate::features::Features;
use crate::index::*;
use crate::module::*;
use crate::registry::{TypeGuard, TypeRegistry};
use crate::types::*;
use crate::validate::{Allocations, BodyChecker, BodyError, Outcome};

type Result<T> = std::result::Result<T, ModuleError>;

/// What the caller has to do about a payload.
pub(crate) enum Event {
    /// Nothing.
    None,
    /// A code section of this many bytes begins (a number that the input claims).
    Code(u32),
    /// A body was added to `bodies` and must be validated.
    Body,
    /// The module is complete.
    End,
}

/// State of decoding and validating one module, up to its function bodies.
pub(crate) struct Decoder {
    validator: Validator,
    guard: TypeGuard,
    types: TypeSpace,
    module: Module,
    checker: Option<BodyChecker>,
    const_exprs: ConstExprDecoder,
}

/// Mark in `funcref_index` of a function that has a reference; positions are given at the end.
const REFERENCED: u32 = 0;
const UNREFERENCED: u32 = u32::MAX;

impl Decoder {
    pub(crate) fn new(registry: &Arc<TypeRegistry>, features: Features) -> Decoder {
        Decoder {
            validator: Validator::new_with_features(features.to_wasmparser()),
            guard: TypeGuard::new(registry.clone()),
            types: TypeSpace::default(),
            module: Module::empty(registry, features),
            checker: None,
            const_exprs: ConstExprDecoder::default(),
        }
    }

    /// Validates a payload and takes over what it says.
    ///
    /// `binary` is the module as far as the payload goes.
    pub(crate) fn payload(&mut self, payload: Payload<'_>, binary: &[u8]) -> Result<Event> {
        match payload {
            Payload::Version {
                num,
                encoding,
                range,
            } => self.validator.version(num, encoding, &range)?,
            Payload::TypeSection(s) => self.type_section(s)?,
            Payload::ImportSection(s) => self.import_section(s)?,
            Payload::FunctionSection(s) => self.function_section(s)?,
            Payload::TableSection(s) => self.table_section(s)?,
            Payload::MemorySection(s) => self.memory_section(s)?,
            Payload::TagSection(s) => self.tag_section(s)?,
            Payload::GlobalSection(s) => self.global_section(s)?,
            Payload::ExportSection(s) => self.export_section(s)?,
            Payload::StartSection { func, range } => {
                self.validator.start_section(func, &range)?;
                self.module.start = Some(FuncIndex(func));
            }
            Payload::ElementSection(s) => self.element_section(s)?,
            Payload::DataCountSection { count, range } => {
                self.validator.data_count_section(count, &range)?;
            }
            Payload::CodeSectionStart {
                unchecked_range,
                size,
                ..
            } => {
                self.validator.code_section_start(&unchecked_range)?;
                return Ok(Event::Code(size));
            }
            Payload::CodeSectionEntry(body) => {
                let func = self.validator.code_section_entry(&body)?;
                let imported = self.module.imported_functions;
                self.checker
                    .get_or_insert_with(|| BodyChecker::new(func, imported));
                let range = body.range();
                self.module
                    .bodies
                    .push(range.start as u32..range.end as u32);
                return Ok(Event::Body);
            }
            Payload::DataSection(s) => self.data_section(s, binary)?,
            Payload::CustomSection(s) => {
                let start = s.data_offset() as u32;
                let range = start..start + s.data().len() as u32;
                self.module.custom_sections.push((s.name().into(), range));
            }
            Payload::End(offset) => {
                self.validator.end(offset)?;
                return Ok(Event::End);
            }
            other => {
                self.validator.payload(&other)?;
            }
        }
        Ok(Event::None)
    }

    /// Validates bodies; there is one after the first [`Event::Body`].
    pub(crate) fn checker(&self) -> Option<&BodyChecker> {
        self.checker.as_ref()
    }

    /// Validates the body that the last [`Event::Body`] was about. `bytes` is the module so far.
    pub(crate) fn check_last(&self, bytes: &[u8], allocations: &mut Allocations) -> Outcome {
        let (Some(checker), Some(range)) = (&self.checker, self.module.bodies.last()) else {
            return Outcome::default();
        };
        let body = &bytes[range.start as usize..range.end as usize];
        let index = self.module.bodies.len() as u32 - 1;
        checker.check(index, body, range.start, allocations)
    }

    /// Whether there are as many bodies as the function section announced.
    pub(crate) fn has_all_bodies(&self) -> bool {
        let defined = self.module.functions.len() - self.module.imported_functions as usize;
        self.module.bodies.len() == defined
    }

    /// The bodies so far.
    pub(crate) fn bodies(&self) -> &[std::ops::Range<u32>] {
        &self.module.bodies
    }

    /// Takes the bodies out, until [`put_bodies`](Self::put_bodies).
    pub(crate) fn take_bodies(&mut self) -> Vec<std::ops::Range<u32>> {
        std::mem::take(&mut self.module.bodies)
    }

    pub(crate) fn put_bodies(&mut self, bodies: Vec<std::ops::Range<u32>>) {
        self.module.bodies = bodies;
    }

    /// The finished module.
    pub(crate) fn finish(mut self, bytes: Bytes, in_code: Option<Unsupported>) -> Module {
        self.unsupported(in_code);
        let mut count = 0;
        for index in &mut self.module.funcref_index {
            if *index == REFERENCED {
                *index = count;
                count += 1;
            }
        }
        Module {
            bytes,
            types: self.types.into_ids(),
            funcref_count: count,
            type_guard: Arc::new(self.guard),
            ..self.module
        }
    }

    /// Puts a body's error into words.
    #[cold]
    pub(crate) fn body_error(&self, error: BodyError) -> ModuleError {
        let index = self.module.func_index(DefinedFuncIndex(error.body));
        let mut exports = self.module.exports.iter();
        let export = exports.find(|e| e.index == EntityIndex::Func(index));
        ModuleError::from(error.error).in_function(index, export.map(|e| &*e.name))
    }

    fn unsupported(&mut self, found: Option<Unsupported>) {
        let first = &mut self.module.unsupported;
        if let Some(found) = found
            && first.as_ref().is_none_or(|f| found.offset < f.offset)
        {
            *first = Some(found);
        }
    }

    fn reference(&mut self, func: FuncIndex) {
        self.module.funcref_index[func.index()] = REFERENCED;
    }

    fn add_functions(&mut self, ty: u32) {
        self.module.functions.push(self.types.id(ty));
        self.module.funcref_index.push(UNREFERENCED);
    }

    fn const_expr(&mut self, expr: &wasmparser::ConstExpr<'_>) -> Result<ConstExpr> {
        let decoded = self.const_exprs.decode(expr, &self.types)?;
        for op in &decoded.expr.ops {
            if let ConstOp::RefFunc(func) = *op {
                self.reference(func);
            }
        }
        self.unsupported(decoded.unsupported);
        Ok(decoded.expr)
    }

    fn type_section(&mut self, section: wasmparser::TypeSectionReader<'_>) -> Result<()> {
        self.validator.type_section(&section)?;
        for group in section {
            self.types.add(&group?, &mut self.guard);
        }
        Ok(())
    }

    fn import_section(&mut self, section: wasmparser::ImportSectionReader<'_>) -> Result<()> {
        self.validator.import_section(&section)?;
        for import in section.into_imports() {
            let import = import?;
            let module = &mut self.module;
            let index = match import.ty {
                TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                    self.add_functions(ty);
                    EntityIndex::Func(FuncIndex::from_usize(self.module.functions.len() - 1))
                }
                TypeRef::Table(ty) => {
                    module.tables.push(Table {
                        ty: self.types.table(&ty),
                        init: None,
                    });
                    EntityIndex::Table(TableIndex::from_usize(module.tables.len() - 1))
                }
                TypeRef::Memory(ty) => {
                    module.memories.push(convert::memory(&ty));
                    EntityIndex::Memory(MemoryIndex::from_usize(module.memories.len() - 1))
                }
                TypeRef::Global(ty) => {
                    module.globals.push(self.types.global(&ty));
                    EntityIndex::Global(GlobalIndex::from_usize(module.globals.len() - 1))
                }
                TypeRef::Tag(ty) => {
                    module.tags.push(self.types.tag(&ty));
                    EntityIndex::Tag(TagIndex::from_usize(module.tags.len() - 1))
                }
            };
            self.module.imports.push(Import {
                module: import.module.into(),
                name: import.name.into(),
                index,
            });
        }
        let module = &mut self.module;
        module.imported_functions = module.functions.len() as u32;
        module.imported_tables = module.tables.len() as u32;
        module.imported_memories = module.memories.len() as u32;
        module.imported_globals = module.globals.len() as u32;
        module.imported_tags = module.tags.len() as u32;
        Ok(())
    }

    fn function_section(&mut self, section: wasmparser::FunctionSectionReader<'_>) -> Result<()> {
        self.validator.function_section(&section)?;
        // The validator has read `count` items, so the count is honest.
        self.module
            .functions
            .reserve_exact(section.count() as usize);
        self.module
            .funcref_index
            .reserve_exact(section.count() as usize);
        for ty in section {
            self.add_functions(ty?);
        }
        Ok(())
    }

    fn table_section(&mut self, section: wasmparser::TableSectionReader<'_>) -> Result<()> {
        self.validator.table_section(&section)?;
        for table in section {
            let table = table?;
            let init = match &table.init {
                wasmparser::TableInit::RefNull => None,
                wasmparser::TableInit::Expr(expr) => Some(self.const_expr(expr)?),
            };
            let ty = self.types.table(&table.ty);
            self.module.tables.push(Table { ty, init });
        }
        Ok(())
    }

    fn memory_section(&mut self, section: wasmparser::MemorySectionReader<'_>) -> Result<()> {
        self.validator.memory_section(&section)?;
        for memory in section {
            self.module.memories.push(convert::memory(&memory?));
        }
        Ok(())
    }

    fn tag_section(&mut self, section: wasmparser::TagSectionReader<'_>) -> Result<()> {
        self.validator.tag_section(&section)?;
        for tag in section {
            self.module.tags.push(self.types.tag(&tag?));
        }
        Ok(())
    }

    fn global_section(&mut self, section: wasmparser::GlobalSectionReader<'_>) -> Result<()> {
        self.validator.global_section(&section)?;
        for global in section {
            let global = global?;
            let init = self.const_expr(&global.init_expr)?;
            self.module.globals.push(self.types.global(&global.ty));
            self.module.global_inits.push(init);
        }
        Ok(())
    }

    fn export_section(&mut self, section: wasmparser::ExportSectionReader<'_>) -> Result<()> {
        self.validator.export_section(&section)?;
        for export in section {
            let export = export?;
            let index = match export.kind {
                ExternalKind::Func | ExternalKind::FuncExact => {
                    self.reference(FuncIndex(export.index));
                    EntityIndex::Func(FuncIndex(export.index))
                }
                ExternalKind::Table => EntityIndex::Table(TableIndex(export.index)),
                ExternalKind::Memory => EntityIndex::Memory(MemoryIndex(export.index)),
                ExternalKind::Global => EntityIndex::Global(GlobalIndex(export.index)),
                ExternalKind::Tag => EntityIndex::Tag(TagIndex(export.index)),
            };
            let position = self.module.exports.len() as u32;
            self.module
                .export_names
                .insert(export.name.into(), position);
            self.module.exports.push(Export {
                name: export.name.into(),
                index,
            });
        }
        Ok(())
    }

    fn element_section(&mut self, section: wasmparser::ElementSectionReader<'_>) -> Result<()> {
        self.validator.element_section(&section)?;
        for element in section {
            let element = element?;
            let kind = match element.kind {
                wasmparser::ElementKind::Passive => ElementKind::Passive,
                wasmparser::ElementKind::Declared => ElementKind::Declared,
                wasmparser::ElementKind::Active {
                    table_index,
                    offset_expr,
                } => ElementKind::Active {
                    table: TableIndex(table_index.unwrap_or(0)),
                    offset: self.const_expr(&offset_expr)?,
                },
            };
            let (ty, items) = match element.items {
                wasmparser::ElementItems::Functions(functions) => {
                    let ty = RefType {
                        nullable: false,
                        heap: HeapType::Func,
                    };
                    let mut items = Vec::new();
                    for func in functions {
                        let func = FuncIndex(func?);
                        self.reference(func);
                        items.push(func);
                    }
                    (ty, ElementItems::Functions(items.into()))
                }
                wasmparser::ElementItems::Expressions(ty, exprs) => {
                    let mut items = Vec::new();
                    for expr in exprs {
                        items.push(self.const_expr(&expr?)?);
                    }
                    (
                        self.types.reference(ty),
                        ElementItems::Expressions(items.into()),
                    )
                }
            };
            self.module
                .elements
                .push(ElementSegment { kind, ty, items });
        }
        Ok(())
    }

    fn data_section(
        &mut self,
        section: wasmparser::DataSectionReader<'_>,
        binary: &[u8],
    ) -> Result<()> {
        if let Some(segments) = self.plain_segments(&section, binary) {
            self.module.data = segments;
            return Ok(());
        }
        self.validator.data_section(&section)?;
        // The validator has read as many, and there may be tens of thousands.
        self.module.data.reserve_exact(section.count() as usize);
        for data in section {
            let data = data?;
            let active = match data.kind {
                wasmparser::DataKind::Passive => None,
                wasmparser::DataKind::Active {
                    memory_index,
                    offset_expr,
                } => Some((MemoryIndex(memory_index), self.const_expr(&offset_expr)?)),
            };
            let end = data.range.end as u32;
            self.module.data.push(DataSegment {
                active,
                range: end - data.data.len() as u32..end,
            });
        }
        Ok(())
    }

    /// The segments of a section that is certainly valid.
    fn plain_segments(
        &self,
        section: &wasmparser::DataSectionReader<'_>,
        binary: &[u8],
    ) -> Option<Vec<DataSegment>> {
        let memory = self.module.memories.first()?;
        if memory.index != IndexType::I32 {
            return None;
        }
        let range = section.range();
        let bytes = binary.get(range.start as usize..range.end as usize)?;
        data::plain_segments(bytes, range.start)
    }
}

impl Module {
    /// A module with nothing in it.
    fn empty(registry: &Arc<TypeRegistry>, features: Features) -> Module {
        Module {
            bytes: Bytes::from(Vec::new()),
            features,
            registry: registry.clone(),
            types: Vec::new(),
            imports: Vec::new(),
            functions: Vec::new(),
            tables: Vec::new(),
            memories: Vec::new(),
            globals: Vec::new(),
            tags: Vec::new(),
            imported_functions: 0,
            imported_tables: 0,
            imported_memories: 0,
            imported_globals: 0,
            imported_tags: 0,
            global_inits: Vec::new(),
            exports: Vec::new(),
            export_names: HashMap::new(),
            start: None,
            elements: Vec::new(),
            data: Vec::new(),
            bodies: Vec::new(),
            funcref_index: Vec::new(),
            funcref_count: 0,
            custom_sections: Vec::new(),
            unsupported: None,
            type_guard: Arc::new(TypeGuard::new(registry.clone())),
            names: OnceLock::new(),
        }
    }
}
