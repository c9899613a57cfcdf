//! Names and source positions from a module's debug information.

use crate::Module;
use crate::error::FrameSymbol;

/// Parsed debug information of a module.
pub(crate) struct Symbols {}

/// Source positions of the instruction at a byte offset in the module.
pub(crate) fn symbols(module: &Module, offset: usize) -> Vec<FrameSymbol> {
    let _ = (module, offset);
    Vec::new()
}

/// A readable form of a symbol name.
pub(crate) fn demangle(name: &str) -> String {
    name.to_owned()
}
