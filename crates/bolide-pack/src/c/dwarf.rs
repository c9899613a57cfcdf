//! What debug information says of functions: their names, parameters and types, and where they are written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use gimli::{
    AttributeValue, DW_AT_abstract_origin, DW_AT_byte_size, DW_AT_const_value, DW_AT_decl_file,
    DW_AT_decl_line, DW_AT_encoding, DW_AT_linkage_name, DW_AT_low_pc, DW_AT_name,
    DW_AT_specification, DW_AT_type, DebuggingInformationEntry, DwTag, EndianSlice, LittleEndian,
    UnitOffset,
};
use wasmparser::{Parser, Payload};

use crate::plain::{Enum, Number, Parameter, Pointer, Signature, Type};

type Slice<'a> = EndianSlice<'a, LittleEndian>;
type Unit<'a> = gimli::Unit<Slice<'a>>;
type Entry<'a> = DebuggingInformationEntry<Slice<'a>>;

/// How deep types may be nested: qualifiers, typedefs, pointers.
const MAX_DEPTH: u32 = 32;

/// A function, as its source declares it.
#[derive(Clone, Debug)]
pub(super) struct Subprogram {
    /// Its name in the source.
    pub(super) name: String,
    /// Its name for the linker.
    pub(super) linkage_name: String,
    /// The parameters and the result, if JavaScript can have values of all their types.
    pub(super) signature: Option<Signature>,
    /// Where it is written.
    pub(super) place: Option<Place>,
}

/// A place in a source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: PathBuf,
    /// From 1.
    pub(super) line: u64,
}

/// What a module's debug information says.
#[derive(Debug, Default)]
pub(super) struct DebugInfo {
    /// The functions that the module defines, by the offset of their code in the code section.
    pub(super) defined: BTreeMap<u64, Subprogram>,
    /// The functions that are declared only, by the linker's name.
    pub(super) declared: BTreeMap<String, Subprogram>,
    /// The files that the sources include.
    pub(super) headers: BTreeSet<PathBuf>,
    /// The enumerations that they use.
    pub(super) enums: Vec<(Enum, Option<Place>)>,
}

impl DebugInfo {
    /// Reads the debug information of the module in `wasm`. What is malformed is left out: types are then those of
    /// WebAssembly.
    pub(super) fn read(wasm: &[u8]) -> DebugInfo {
        let mut info = DebugInfo::default();
        info.add(wasm);
        info
    }

    /// Adds the functions that an object file declares only.
    pub(super) fn add_declarations(&mut self, object: &[u8]) {
        // Addresses in an object file are none in the module.
        let defined = std::mem::take(&mut self.defined);
        self.add(object);
        self.defined = defined;
    }

    fn add(&mut self, wasm: &[u8]) {
        let sections = sections(wasm);
        let section = |id: gimli::SectionId| -> Result<Slice<'_>, gimli::Error> {
            let data = sections.get(id.name()).copied().unwrap_or_default();
            Ok(EndianSlice::new(data, LittleEndian))
        };
        let Ok(dwarf) = gimli::Dwarf::load(section) else {
            return;
        };
        let mut units = dwarf.units();
        while let Ok(Some(header)) = units.next() {
            if let Ok(unit) = dwarf.unit(header) {
                let mut reader = Reader {
                    dwarf: &dwarf,
                    unit: &unit,
                    info: self,
                };
                // What was read before an error is kept.
                let _ = reader.read();
            }
        }
    }
}

/// The custom sections of a module, by name.
fn sections(wasm: &[u8]) -> BTreeMap<&str, &[u8]> {
    let payloads = Parser::new(0)
        .parse_all(wasm)
        .map_while(|payload| payload.ok());
    let sections = payloads.filter_map(|payload| match payload {
        Payload::CustomSection(section) => Some((section.name(), section.data())),
        _ => None,
    });
    sections.collect()
}

struct Reader<'a, 'b> {
    dwarf: &'b gimli::Dwarf<Slice<'a>>,
    unit: &'b Unit<'a>,
    info: &'b mut DebugInfo,
}

impl<'a> Reader<'a, '_> {
    fn read(&mut self) -> gimli::Result<()> {
        let mut entries = self.unit.entries();
        let mut offsets = Vec::new();
        while let Some(entry) = entries.next_dfs()? {
            if entry.tag() == gimli::DW_TAG_subprogram {
                offsets.push(entry.offset());
            }
        }
        for offset in offsets {
            self.subprogram(offset)?;
        }
        self.headers()
    }

    fn subprogram(&mut self, offset: UnitOffset) -> gimli::Result<()> {
        let entry = self.unit.entry(offset)?;
        let is_declaration = entry.has_attr(gimli::DW_AT_declaration);
        let address = match entry.attr_value(DW_AT_low_pc) {
            Some(AttributeValue::Addr(address)) => Some(address),
            Some(AttributeValue::DebugAddrIndex(index)) => {
                self.dwarf.address(self.unit, index).ok()
            }
            _ => None,
        };
        if address.is_none() && !is_declaration {
            return Ok(());
        }
        let Some(name) = self.text(&entry, DW_AT_name)? else {
            return Ok(());
        };
        let linkage_name = self.text(&entry, DW_AT_linkage_name)?;
        let subprogram = Subprogram {
            linkage_name: linkage_name.unwrap_or_else(|| name.clone()),
            name,
            signature: self.signature(offset)?,
            place: self.place(&entry)?,
        };
        match address {
            // The linker sets to 0 what it has removed.
            Some(0) => {}
            Some(address) => {
                self.info.defined.insert(address, subprogram);
            }
            None => {
                let name = subprogram.linkage_name.clone();
                self.info.declared.entry(name).or_insert(subprogram);
            }
        }
        Ok(())
    }

    /// The attribute of the entry, or of the one that it completes.
    fn attribute(
        &self,
        entry: &Entry<'a>,
        name: gimli::DwAt,
    ) -> gimli::Result<Option<AttributeValue<Slice<'a>>>> {
        if let Some(value) = entry.attr_value(name) {
            return Ok(Some(value));
        }
        let mut from = self.origin(entry);
        for _ in 0..MAX_DEPTH {
            let Some(offset) = from else {
                break;
            };
            let entry = self.unit.entry(offset)?;
            if let Some(value) = entry.attr_value(name) {
                return Ok(Some(value));
            }
            from = self.origin(&entry);
        }
        Ok(None)
    }

    /// The entry that this one completes.
    fn origin(&self, entry: &Entry<'a>) -> Option<UnitOffset> {
        let value = entry.attr_value(DW_AT_abstract_origin);
        match value.or_else(|| entry.attr_value(DW_AT_specification))? {
            AttributeValue::UnitRef(offset) => Some(offset),
            _ => None,
        }
    }

    fn text(&self, entry: &Entry<'a>, name: gimli::DwAt) -> gimli::Result<Option<String>> {
        let Some(value) = self.attribute(entry, name)? else {
            return Ok(None);
        };
        let text = self.dwarf.attr_string(self.unit, value)?;
        Ok(Some(text.to_string_lossy().into_owned()))
    }

    /// Where the entry is written.
    fn place(&self, entry: &Entry<'a>) -> gimli::Result<Option<Place>> {
        let file = match self.attribute(entry, DW_AT_decl_file)? {
            Some(AttributeValue::FileIndex(index)) => index,
            _ => return Ok(None),
        };
        let line = self
            .attribute(entry, DW_AT_decl_line)?
            .and_then(|line| line.udata_value());
        let (Some(line), Some(program)) = (line, &self.unit.line_program) else {
            return Ok(None);
        };
        let header = program.header();
        let Some(file) = header.file(file) else {
            return Ok(None);
        };
        let file = self.path(header, file)?;
        Ok(Some(Place { file, line }))
    }

    fn path(
        &self,
        header: &gimli::LineProgramHeader<Slice<'a>>,
        file: &gimli::FileEntry<Slice<'a>>,
    ) -> gimli::Result<PathBuf> {
        let text = |value| -> gimli::Result<String> {
            let text = self.dwarf.attr_string(self.unit, value)?;
            Ok(text.to_string_lossy().into_owned())
        };
        let mut path = PathBuf::new();
        if let Some(folder) = self.unit.comp_dir {
            path.push(folder.to_string_lossy().as_ref());
        }
        if let Some(folder) = file.directory(header) {
            path.push(text(folder)?);
        }
        path.push(text(file.path_name())?);
        Ok(path)
    }

    /// Notes the files that are included.
    fn headers(&mut self) -> gimli::Result<()> {
        let Some(program) = &self.unit.line_program else {
            return Ok(());
        };
        let header = program.header();
        for file in header.file_names() {
            let path = self.path(header, file)?;
            if path
                .extension()
                .is_some_and(|extension| extension.to_string_lossy().starts_with('h'))
            {
                self.info.headers.insert(path);
            }
        }
        Ok(())
    }

    /// The parameters and the result of a function or of a function's type.
    fn signature(&mut self, offset: UnitOffset) -> gimli::Result<Option<Signature>> {
        self.signature_at(offset, 0)
    }

    fn signature_at(&mut self, offset: UnitOffset, depth: u32) -> gimli::Result<Option<Signature>> {
        let entry = self.unit.entry(offset)?;
        let mut parameters = Vec::new();
        let mut is_known = true;
        for child in self.children(offset)? {
            let child = self.unit.entry(child)?;
            match child.tag() {
                gimli::DW_TAG_formal_parameter => {
                    let ty = match self.type_of(&child)? {
                        Some(ty) => self.value(ty, depth)?,
                        None => None,
                    };
                    let name = self.text(&child, DW_AT_name)?.unwrap_or_default();
                    match ty {
                        Some(ty) => parameters.push(Parameter { name, ty }),
                        None => is_known = false,
                    }
                }
                gimli::DW_TAG_unspecified_parameters => is_known = false,
                _ => {}
            }
        }
        let mut results = Vec::new();
        if let Some(ty) = self.type_of(&entry)? {
            match self.value(ty, depth)? {
                Some(ty) => results.push(ty),
                None => is_known = false,
            }
        }
        Ok(is_known.then_some(Signature {
            parameters,
            results,
        }))
    }

    fn children(&self, offset: UnitOffset) -> gimli::Result<Vec<UnitOffset>> {
        let mut tree = self.unit.entries_tree(Some(offset))?;
        let mut children = tree.root()?.children();
        let mut offsets = Vec::new();
        while let Some(child) = children.next()? {
            offsets.push(child.entry().offset());
        }
        Ok(offsets)
    }

    fn type_of(&self, entry: &Entry<'a>) -> gimli::Result<Option<UnitOffset>> {
        Ok(match self.attribute(entry, DW_AT_type)? {
            Some(AttributeValue::UnitRef(offset)) => Some(offset),
            _ => None,
        })
    }

    /// The type without typedefs and qualifiers: its entry, unless it is `void`.
    fn resolve(&self, mut ty: Option<UnitOffset>) -> gimli::Result<Resolved<'a>> {
        let mut resolved = Resolved {
            entry: None,
            is_const: false,
            alias: None,
        };
        for _ in 0..MAX_DEPTH {
            let Some(offset) = ty else {
                break;
            };
            let entry = self.unit.entry(offset)?;
            match entry.tag() {
                gimli::DW_TAG_const_type => resolved.is_const = true,
                gimli::DW_TAG_typedef => resolved.alias = self.text(&entry, DW_AT_name)?,
                gimli::DW_TAG_volatile_type
                | gimli::DW_TAG_restrict_type
                | gimli::DW_TAG_atomic_type => {}
                _ => {
                    resolved.entry = Some(entry);
                    break;
                }
            }
            ty = self.type_of(&entry)?;
        }
        Ok(resolved)
    }

    /// What a parameter or result of this type is for JavaScript.
    fn value(&mut self, ty: UnitOffset, depth: u32) -> gimli::Result<Option<Type>> {
        let resolved = self.resolve(Some(ty))?;
        let Some(entry) = &resolved.entry else {
            return Ok(None);
        };
        match entry.tag() {
            gimli::DW_TAG_base_type => Ok(self.base(entry).map(|base| base.ty)),
            gimli::DW_TAG_enumeration_type => self.enumeration(entry, resolved.alias.as_deref()),
            gimli::DW_TAG_pointer_type
            | gimli::DW_TAG_reference_type
            | gimli::DW_TAG_rvalue_reference_type => self.pointer(entry, depth).map(Some),
            _ => Ok(None),
        }
    }

    fn pointer(&mut self, pointer: &Entry<'a>, depth: u32) -> gimli::Result<Type> {
        let target = self.type_of(pointer)?;
        let resolved = self.resolve(target)?;
        let is_const = resolved.is_const;
        let plain = |elements| Pointer {
            target: String::new(),
            elements,
            is_const,
        };
        let mut pointer = match &resolved.entry {
            None => plain(Some(Number::U8)),
            Some(entry) => match entry.tag() {
                gimli::DW_TAG_subroutine_type if depth < MAX_DEPTH => {
                    return Ok(match self.signature_at(entry.offset(), depth + 1)? {
                        Some(signature) => Type::Callback(Box::new(signature)),
                        None => Type::Pointer(Pointer {
                            target: "function".to_owned(),
                            ..plain(None)
                        }),
                    });
                }
                gimli::DW_TAG_base_type => match self.base(entry) {
                    Some(base) if base.is_char && is_const => return Ok(Type::String),
                    Some(base) if base.is_char => plain(Some(Number::U8)),
                    Some(Base {
                        ty: Type::Number(number),
                        ..
                    }) => plain(Some(number)),
                    _ => plain(None),
                },
                _ => plain(None),
            },
        };
        pointer.target = self.describe(target, 0)?;
        Ok(Type::Pointer(pointer))
    }

    /// The type as C writes it, more or less.
    fn describe(&self, ty: Option<UnitOffset>, depth: u32) -> gimli::Result<String> {
        let resolved = self.resolve(ty)?;
        let name = match &resolved.entry {
            None => "void".to_owned(),
            Some(entry) if is_pointer(entry.tag()) && depth < MAX_DEPTH => {
                format!("{} *", self.describe(self.type_of(entry)?, depth + 1)?)
            }
            Some(entry) => match self.text(entry, DW_AT_name)? {
                Some(name) => name,
                None if entry.tag() == gimli::DW_TAG_subroutine_type => "function".to_owned(),
                None => resolved
                    .alias
                    .clone()
                    .unwrap_or_else(|| "unnamed".to_owned()),
            },
        };
        Ok(name)
    }

    fn enumeration(
        &mut self,
        entry: &Entry<'a>,
        alias: Option<&str>,
    ) -> gimli::Result<Option<Type>> {
        let bytes = entry
            .attr_value(DW_AT_byte_size)
            .and_then(|size| size.udata_value());
        let is_signed = match self.type_of(entry)? {
            Some(ty) => {
                let underlying = self.resolve(Some(ty))?.entry;
                let underlying = underlying.as_ref().and_then(|entry| self.base(entry));
                matches!(
                    underlying.map(|base| base.ty),
                    Some(Type::Number(
                        Number::I8 | Number::I16 | Number::I32 | Number::I64
                    ))
                )
            }
            None => true,
        };
        let Some(number) = Number::integer(bytes.unwrap_or(4), is_signed) else {
            return Ok(None);
        };
        let name = self.text(entry, DW_AT_name)?;
        let Some(name) = name.or_else(|| alias.map(str::to_owned)) else {
            return Ok(Some(Type::Number(number)));
        };
        let mut members = Vec::new();
        for child in self.children(entry.offset())? {
            let child = self.unit.entry(child)?;
            let value = match child.attr_value(DW_AT_const_value) {
                Some(AttributeValue::Udata(value)) => value.cast_signed(),
                Some(value) => value.sdata_value().unwrap_or_default(),
                None => continue,
            };
            if let Some(name) = self.text(&child, DW_AT_name)? {
                members.push((name, value));
            }
        }
        let is_wide = matches!(number, Number::I64 | Number::U64);
        let enumeration = Enum {
            name,
            members,
            docs: None,
            is_wide,
        };
        let known = self
            .info
            .enums
            .iter()
            .position(|(known, _)| *known == enumeration);
        let index = match known {
            Some(index) => index,
            None => {
                let place = self.place(entry)?;
                self.info.enums.push((enumeration, place));
                self.info.enums.len() - 1
            }
        };
        Ok(Some(Type::Enum(index, number)))
    }
}

/// A type without typedefs and qualifiers.
struct Resolved<'a> {
    /// Its entry; nothing is `void`.
    entry: Option<Entry<'a>>,
    is_const: bool,
    /// The innermost typedef's name.
    alias: Option<String>,
}

/// A type that is built into C.
struct Base {
    ty: Type,
    /// Whether it is `char`, that texts are made of; `signed char` and `unsigned char` are numbers.
    is_char: bool,
}

impl<'a> Reader<'a, '_> {
    fn base(&self, entry: &Entry<'a>) -> Option<Base> {
        let bytes = entry.attr_value(DW_AT_byte_size)?.udata_value()?;
        let AttributeValue::Encoding(encoding) = entry.attr_value(DW_AT_encoding)? else {
            return None;
        };
        let is_signed = matches!(encoding, gimli::DW_ATE_signed | gimli::DW_ATE_signed_char);
        let ty = match encoding {
            gimli::DW_ATE_boolean => Type::Boolean,
            gimli::DW_ATE_float => match bytes {
                4 => Type::Number(Number::F32),
                8 => Type::Number(Number::F64),
                _ => return None,
            },
            gimli::DW_ATE_signed
            | gimli::DW_ATE_unsigned
            | gimli::DW_ATE_signed_char
            | gimli::DW_ATE_unsigned_char
            | gimli::DW_ATE_UTF => Type::Number(Number::integer(bytes, is_signed)?),
            _ => return None,
        };
        let name = self.text(entry, DW_AT_name).ok().flatten();
        Some(Base {
            ty,
            is_char: name.is_some_and(|name| name == "char" || name == "char8_t"),
        })
    }
}

fn is_pointer(tag: DwTag) -> bool {
    matches!(
        tag,
        gimli::DW_TAG_pointer_type
            | gimli::DW_TAG_reference_type
            | gimli::DW_TAG_rvalue_reference_type
    )
}
