//! Why bytes are not a module.

use std::fmt;

use crate::features::Feature;
use crate::index::FuncIndex;
use crate::source::SourceKind;

/// Why bytes, or text, could not be turned into a [`Module`](crate::Module).
///
/// One pointer in size. The message says what is wrong, where, and, if there is something to be
/// done, what.
#[derive(Clone)]
pub struct ModuleError(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    kind: ModuleErrorKind,
    message: String,
    offset: Option<u64>,
    function: Option<(FuncIndex, Option<Box<str>>)>,
    help: Option<String>,
}

/// What kind of mistake a [`ModuleError`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ModuleErrorKind {
    /// The bytes are malformed or the module is invalid.
    Invalid,
    /// The module uses a feature that is switched off.
    DisabledFeature(Feature),
    /// The module uses a proposal that cannot be switched on.
    UnknownProposal,
    /// The module is larger than 4 GiB - 1.
    TooLarge,
    /// The bytes are no WebAssembly module but something else.
    WrongFormat(SourceKind),
    /// The text has an error, at a line and column that start at 1.
    Text {
        /// Line.
        line: u32,
        /// Column, in characters.
        column: u32,
    },
}

impl ModuleError {
    #[cold]
    pub(crate) fn new(
        kind: ModuleErrorKind,
        message: impl Into<String>,
        offset: Option<u64>,
    ) -> ModuleError {
        ModuleError(Box::new(Inner {
            kind,
            message: message.into(),
            offset,
            function: None,
            help: None,
        }))
    }

    #[cold]
    pub(crate) fn too_large(length: u64) -> ModuleError {
        Self::new(
            ModuleErrorKind::TooLarge,
            format!("the module has {length} bytes; at most 4294967295 (4 GiB - 1) are supported"),
            None,
        )
    }

    #[cold]
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> ModuleError {
        self.0.help = Some(help.into());
        self
    }

    #[cold]
    pub(crate) fn in_function(mut self, func: FuncIndex, name: Option<&str>) -> ModuleError {
        self.0.function = Some((func, name.map(Into::into)));
        self
    }

    /// What kind of mistake this is.
    pub fn kind(&self) -> ModuleErrorKind {
        self.0.kind
    }

    /// What is wrong, without place and help.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Byte offset in the binary (in the text for [`ModuleErrorKind::Text`]).
    pub fn offset(&self) -> Option<u64> {
        self.0.offset
    }

    /// The function whose body has the error.
    pub fn function(&self) -> Option<FuncIndex> {
        self.0.function.as_ref().map(|(index, _)| *index)
    }

    /// What to do about it.
    pub fn help(&self) -> Option<&str> {
        self.0.help.as_deref()
    }
}

/// The missing feature behind errors for which `wasmparser` does not tell it.
fn feature_of_message(message: &str) -> Option<Feature> {
    const MESSAGES: &[(&str, Feature)] = &[
        ("multiple memories", Feature::MultiMemory),
        ("multiple tables", Feature::ReferenceTypes),
        ("requires the bulk-memory proposal", Feature::BulkMemory),
        ("because the GC proposal is disabled", Feature::Gc),
        ("gc proposal must be enabled", Feature::Gc),
    ];
    let known = MESSAGES.iter().find(|(part, _)| message.contains(part));
    known.map(|(_, feature)| *feature)
}

impl From<wasmparser::Error> for ModuleError {
    #[cold]
    fn from(error: wasmparser::Error) -> ModuleError {
        let offset = Some(error.offset());
        let flags = error.missing_wasm_feature();
        let feature = match flags {
            Some(flags) => Feature::from_flag(flags),
            None => feature_of_message(error.message()),
        };
        if let Some(feature) = feature {
            let kind = ModuleErrorKind::DisabledFeature(feature);
            return ModuleError::new(kind, error.message(), offset)
                .with_help(format!("enable the feature `{feature}`"));
        }
        let Some(flags) = flags else {
            return ModuleError::new(ModuleErrorKind::Invalid, error.message(), offset);
        };
        let names: Vec<String> = flags
            .iter_names()
            .map(|(name, _)| name.to_lowercase().replace('_', "-"))
            .collect();
        ModuleError::new(ModuleErrorKind::UnknownProposal, error.message(), offset).with_help(
            format!(
                "the proposal `{}` is not supported: build the module without it",
                names.join("`, `")
            ),
        )
    }
}

impl fmt::Display for ModuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        f.write_str(&inner.message)?;
        if let Some((index, name)) = &inner.function {
            write!(f, " in function {}", index.0)?;
            if let Some(name) = name {
                write!(f, " (`{}`)", name.escape_debug())?;
            }
        }
        match (inner.kind, inner.offset) {
            (ModuleErrorKind::Text { line, column }, _) => {
                write!(f, " at line {line}, column {column}")?;
            }
            (_, Some(offset)) => write!(f, " at offset {offset:#x}")?,
            (_, None) => {}
        }
        match &inner.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for ModuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for ModuleError {}
