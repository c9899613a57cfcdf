//! A linked module's interface, from its sections and its debug information.

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::{ExternalKind, FuncType, KnownCustom, Name, Parser, Payload, TypeRef, ValType};

use super::docs::Sources;
use super::dwarf::{DebugInfo, Place, Subprogram};
use crate::plain::{self, Function, Import, Interface, Signature, Type};

/// What the sections of a module say about functions.
#[derive(Default)]
struct Sections {
    types: Vec<Option<FuncType>>,
    /// The types of functions, by index.
    functions: Vec<u32>,
    imports: Vec<(String, String, TypeRef)>,
    exports: Vec<(String, ExternalKind, u32)>,
    /// Where the code of functions ends, from the beginning of the code section.
    ends: Vec<u64>,
    /// The names of functions, by index.
    names: BTreeMap<u32, String>,
}

impl Sections {
    fn read(wasm: &[u8]) -> wasmparser::Result<Sections> {
        let mut sections = Sections::default();
        let mut code = 0;
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::TypeSection(types) => {
                    for group in types {
                        let types = group?.into_types();
                        let types = types.map(|ty| match ty.composite_type.inner {
                            wasmparser::CompositeInnerType::Func(ty) => Some(ty),
                            _ => None,
                        });
                        sections.types.extend(types);
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let import = import?;
                        if let TypeRef::Func(ty) = import.ty {
                            sections.functions.push(ty);
                        }
                        let (module, name) = (import.module.to_owned(), import.name.to_owned());
                        sections.imports.push((module, name, import.ty));
                    }
                }
                Payload::FunctionSection(functions) => {
                    for ty in functions {
                        sections.functions.push(ty?);
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        sections
                            .exports
                            .push((export.name.to_owned(), export.kind, export.index));
                    }
                }
                Payload::CodeSectionStart {
                    unchecked_range, ..
                } => code = unchecked_range.start,
                Payload::CodeSectionEntry(body) => sections.ends.push(body.range().end - code),
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(names) = section.as_known() {
                        sections.read_names(names);
                    }
                }
                _ => {}
            }
        }
        Ok(sections)
    }

    /// Names are a help: those that are malformed are left out.
    fn read_names(&mut self, names: wasmparser::NameSectionReader) {
        for name in names.into_iter().flatten() {
            if let Name::Function(functions) = name {
                let functions = functions.into_iter().flatten();
                self.names
                    .extend(functions.map(|naming| (naming.index, naming.name.to_owned())));
            }
        }
    }

    fn imported_functions(&self) -> usize {
        self.functions.len() - self.ends.len()
    }

    fn function_type(&self, index: u32) -> Option<&FuncType> {
        let ty = self.functions.get(index as usize)?;
        self.types.get(*ty as usize)?.as_ref()
    }

    /// The function whose code has the offset `address` in the code section.
    fn function_at(&self, address: u64) -> Option<u32> {
        let index = self.ends.partition_point(|end| *end <= address);
        (index < self.ends.len()).then(|| (self.imported_functions() + index) as u32)
    }
}

/// Whether the module imports functions besides WASI's.
pub(super) fn imports_functions(wasm: &[u8]) -> bool {
    Sections::read(wasm).is_ok_and(|sections| {
        let mut imports = sections.imports.iter();
        imports.any(|(module, _, ty)| module != plain::WASI && matches!(ty, TypeRef::Func(_)))
    })
}

/// The interface of the module in `wasm`, without the exports in `hidden`, which are for its glue.
///
/// # Errors
///
/// If the module is malformed.
pub(super) fn interface(
    wasm: &[u8],
    info: &DebugInfo,
    hidden: &BTreeSet<&str>,
) -> wasmparser::Result<Interface> {
    let sections = Sections::read(wasm)?;
    let mut interface = Interface {
        exports: sections
            .exports
            .iter()
            .map(|(name, ..)| name.clone())
            .collect(),
        ..Interface::default()
    };
    let mut sources = Sources::default();
    let defined: BTreeMap<u32, &Subprogram> = (info.defined.iter())
        .filter_map(|(address, subprogram)| Some((sections.function_at(*address)?, subprogram)))
        .collect();
    for (export, kind, index) in &sections.exports {
        if *kind != ExternalKind::Func || hidden.contains(export.as_str()) {
            continue;
        }
        let Some(ty) = sections.function_type(*index) else {
            continue;
        };
        let source = defined.get(index);
        let is_mangled =
            |source: &&&Subprogram| *export == source.linkage_name && source.name != *export;
        interface.functions.push(Function {
            name: source
                .filter(is_mangled)
                .map_or(export, |source| &source.name)
                .clone(),
            export: export.clone(),
            docs: source.and_then(|source| docs(source, info, &mut sources)),
            signature: signature(source.copied(), ty),
        });
    }
    // Overloaded functions keep the names that the linker has for them.
    let mut count: BTreeMap<String, u32> = BTreeMap::new();
    for function in &interface.functions {
        *count.entry(function.name.clone()).or_default() += 1;
    }
    for function in &mut interface.functions {
        if count[&function.name] > 1 {
            function.name.clone_from(&function.export);
        }
    }
    imports(&sections, info, &mut interface);
    enums(&info.enums, &mut sources, &mut interface);
    Ok(interface)
}

/// The comment at the function's definition, or else at its declaration in a header.
fn docs(source: &Subprogram, info: &DebugInfo, sources: &mut Sources) -> Option<String> {
    let at_definition = source
        .place
        .as_ref()
        .and_then(|place| sources.comment(place));
    at_definition.or_else(|| {
        let mut headers = info.headers.iter();
        headers.find_map(|header| sources.comment_in(header, &source.name))
    })
}

/// The signature in the source, if it is that of the function in WebAssembly.
fn signature(source: Option<&Subprogram>, ty: &FuncType) -> Signature {
    let known = source.and_then(|source| source.signature.clone());
    let mut signature = known
        .filter(|signature| signature.fits(ty.params(), ty.results()))
        .unwrap_or_else(|| Signature::from_wasm(ty.params(), ty.results()));
    plain::name_parameters(&mut signature);
    signature
}

fn imports(sections: &Sections, info: &DebugInfo, interface: &mut Interface) {
    let mut functions = 0;
    for (module, name, ty) in &sections.imports {
        let kind = match ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                let declared = sections
                    .names
                    .get(&functions)
                    .and_then(|name| declaration(name, info));
                functions += 1;
                let ty = sections.types.get(*ty as usize).and_then(Option::as_ref);
                match ty {
                    Some(ty) if module == plain::WASI => {
                        Ok(Signature::from_wasm(ty.params(), ty.results()))
                    }
                    Some(ty) => Ok(signature(declared, ty)),
                    None => Ok(Signature::from_wasm(&[] as &[ValType], &[])),
                }
            }
            TypeRef::Table(_) => Err("WebAssembly.Table"),
            TypeRef::Memory(_) => Err("WebAssembly.Memory"),
            TypeRef::Global(_) => Err("WebAssembly.Global"),
            TypeRef::Tag(_) => Err("WebAssembly.Tag"),
        };
        interface.imports.push(Import {
            module: module.clone(),
            name: name.clone(),
            kind,
        });
    }
}

/// The declaration of the imported function that the linker calls so.
fn declaration<'a>(name: &str, info: &'a DebugInfo) -> Option<&'a Subprogram> {
    info.declared.get(name).or_else(|| {
        // The linker writes the names of C++ as the source does.
        let plain = name.split('(').next()?.rsplit("::").next()?;
        let mut named = info
            .declared
            .values()
            .filter(|declared| declared.name == plain);
        let only = named.next()?;
        named.next().is_none().then_some(only)
    })
}

/// Gives the interface the enumerations that its functions use.
fn enums(all: &[(plain::Enum, Option<Place>)], sources: &mut Sources, interface: &mut Interface) {
    let mut used: BTreeMap<usize, usize> = BTreeMap::new();
    let mut use_enum = |index: &mut usize| {
        let next = used.len();
        *index = *used.entry(*index).or_insert(next);
    };
    for function in &mut interface.functions {
        each_enum(&mut function.signature, &mut use_enum);
    }
    for import in &mut interface.imports {
        if let Ok(signature) = &mut import.kind {
            each_enum(signature, &mut use_enum);
        }
    }
    let mut used: Vec<(usize, usize)> = used.into_iter().collect();
    used.sort_by_key(|(_, new)| *new);
    let mut taken: BTreeSet<String> = interface
        .functions
        .iter()
        .map(|function| function.name.clone())
        .collect();
    for (old, _) in used {
        let (enumeration, place) = &all[old];
        let mut enumeration = enumeration.clone();
        enumeration.docs = place.as_ref().and_then(|place| sources.comment(place));
        while !plain::is_free(&enumeration.name) || taken.contains(&enumeration.name) {
            // Functions and enumerations have names of their own in C.
            enumeration.name.push('_');
        }
        taken.insert(enumeration.name.clone());
        interface.enums.push(enumeration);
    }
}

fn each_enum(signature: &mut Signature, visit: &mut impl FnMut(&mut usize)) {
    let parameters = signature
        .parameters
        .iter_mut()
        .map(|parameter| &mut parameter.ty);
    for ty in parameters.chain(&mut signature.results) {
        match ty {
            Type::Enum(index, _) => visit(index),
            Type::Callback(signature) => each_enum(signature, visit),
            _ => {}
        }
    }
}
