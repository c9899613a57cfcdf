//! What object files define.

use wasmparser::{KnownCustom, Linking, Parser, Payload, SymbolFlags, SymbolInfo};

/// A function that an object file defines for others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Symbol {
    /// Its name for the linker.
    pub(super) name: String,
    /// Whether its source says that it is to be seen from outside: compiled with `-fvisibility=hidden`, only an
    /// attribute makes it so.
    pub(super) is_visible: bool,
    /// Whether it has an attribute that exports it.
    pub(super) is_exported: bool,
}

/// The functions that the object file defines for others.
pub(super) fn functions(object: &[u8]) -> wasmparser::Result<Vec<Symbol>> {
    let mut symbols = Vec::new();
    for payload in Parser::new(0).parse_all(object) {
        let Payload::CustomSection(section) = payload? else {
            continue;
        };
        let KnownCustom::Linking(linking) = section.as_known() else {
            continue;
        };
        for subsection in linking.subsections() {
            let Linking::SymbolTable(table) = subsection? else {
                continue;
            };
            for symbol in table {
                if let SymbolInfo::Func {
                    flags,
                    name: Some(name),
                    ..
                } = symbol?
                    && !flags.intersects(SymbolFlags::UNDEFINED | SymbolFlags::BINDING_LOCAL)
                {
                    symbols.push(Symbol {
                        name: name.to_owned(),
                        is_visible: !flags.contains(SymbolFlags::VISIBILITY_HIDDEN),
                        is_exported: flags.contains(SymbolFlags::EXPORTED),
                    });
                }
            }
        }
    }
    Ok(symbols)
}

/// The names that clang gives to `main`, by its parameters.
const MAIN: [&str; 4] = ["main", "__main_argc_argv", "__main_void", "__original_main"];

/// Whether one of the functions is where a program starts.
pub(super) fn has_main(symbols: &[Symbol]) -> bool {
    symbols
        .iter()
        .any(|symbol| MAIN.contains(&symbol.name.as_str()) || symbol.name == "_start")
}
