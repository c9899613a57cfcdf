//! Text format.

use std::sync::Arc;

use crate::bytes::Bytes;
use crate::error::{ModuleError, ModuleErrorKind};
use crate::features::Features;
use crate::module::Module;
use crate::registry::TypeRegistry;
use crate::source::SourceKind;

/// Translates text (core spec §6) to a binary module, without validating it.
///
/// # Errors
///
/// If the text is malformed, with line and column.
///
/// # Examples
///
/// ```
/// let binary = bolide_module::parse_text("(module)")?;
/// assert_eq!(binary, b"\0asm\x01\0\0\0");
/// # Ok::<(), bolide_module::ModuleError>(())
/// ```
pub fn parse_text(text: &str) -> Result<Vec<u8>, ModuleError> {
    // Some editors begin UTF-8 files with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let in_text = |error: wast::Error| {
        let (line, column) = error.span().linecol_in(text);
        let kind = ModuleErrorKind::Text {
            line: line as u32 + 1,
            column: column as u32 + 1,
        };
        ModuleError::new(kind, error.message(), Some(error.span().offset() as u64))
    };
    let buffer = wast::parser::ParseBuffer::new(text).map_err(in_text)?;
    wast::parser::parse::<wast::Wat<'_>>(&buffer)
        .and_then(|mut wat| wat.encode())
        .map_err(in_text)
}

impl Module {
    /// Decodes and validates a module in text form.
    ///
    /// # Errors
    ///
    /// If the text is malformed, with line and column, or the module is invalid, see
    /// [`Module::new`]. Offsets of the latter are those of the binary form.
    pub fn from_text(
        registry: &Arc<TypeRegistry>,
        features: Features,
        text: &str,
    ) -> Result<Module, ModuleError> {
        let binary = parse_text(text)?;
        Module::new(registry, features, Bytes::from(binary))
    }

    /// Decodes and validates a module that may be binary or text, whichever it looks like.
    ///
    /// # Errors
    ///
    /// If it is neither, saying what it looks like, or see [`Module::new`] and
    /// [`Module::from_text`].
    pub fn from_binary_or_text(
        registry: &Arc<TypeRegistry>,
        features: Features,
        bytes: Bytes,
    ) -> Result<Module, ModuleError> {
        if SourceKind::detect(bytes.as_slice()) != SourceKind::Text {
            return Module::new(registry, features, bytes);
        }
        let text = std::str::from_utf8(bytes.as_slice()).map_err(|error| {
            ModuleError::new(
                ModuleErrorKind::WrongFormat(SourceKind::Text),
                "the text is not valid UTF-8",
                Some(error.valid_up_to() as u64),
            )
            .with_help("save it as UTF-8")
        })?;
        Module::from_text(registry, features, text)
    }
}
