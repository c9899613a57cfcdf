//! What kind of file bytes are, to say more than "bad magic number" about the wrong one.

use crate::error::{ModuleError, ModuleErrorKind};

/// First bytes of every WebAssembly binary.
const MAGIC: &[u8; 4] = b"\0asm";
/// First bytes of a core module: magic number, version 1, layer 0.
const HEADER: &[u8; 8] = b"\0asm\x01\0\0\0";

/// Kind of a file, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SourceKind {
    /// A WebAssembly module in binary form.
    Module,
    /// A WebAssembly component (layer 1 of the binary format).
    Component,
    /// A WebAssembly binary of a version other than 1.
    UnknownVersion,
    /// WebAssembly text.
    Text,
    /// Nothing.
    Empty,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
    /// bzip2.
    Bzip2,
    /// xz.
    Xz,
    /// ZIP, also JAR, npm and Python wheels.
    Zip,
    /// HTML or XML, often the error page of a server.
    Html,
    /// JavaScript.
    JavaScript,
    /// JSON.
    Json,
    /// A native program or library of Linux.
    Elf,
    /// A native program or library of macOS.
    MachO,
    /// A native program or library of Windows.
    Pe,
    /// LLVM bitcode, also what `-flto` puts into object files.
    LlvmBitcode,
    /// An archive of object files (`.a`).
    Archive,
    /// UTF-16 text.
    Utf16,
    /// A script with `#!`.
    Script,
    /// Other text.
    OtherText,
    /// Something else. brotli is here: it has no signature.
    Unknown,
}

/// How many bytes decide what a file is.
pub(crate) const PROBE: usize = 512;

impl SourceKind {
    /// Tells what a file is by its first 512 bytes.
    pub fn detect(bytes: &[u8]) -> SourceKind {
        let probe = &bytes[..bytes.len().min(PROBE)];
        if probe.is_empty() {
            return SourceKind::Empty;
        }
        if probe.starts_with(MAGIC) && probe.len() >= HEADER.len() {
            return match &probe[4..8] {
                [1, 0, 0, 0] => SourceKind::Module,
                [_, _, 1, 0] => SourceKind::Component,
                _ => SourceKind::UnknownVersion,
            };
        }
        if let Some(kind) = by_signature(probe) {
            return kind;
        }
        let (text, valid) = match std::str::from_utf8(probe) {
            Ok(text) => (text, true),
            Err(e) => {
                let text = std::str::from_utf8(&probe[..e.valid_up_to()]).unwrap_or_default();
                // The probe may end inside a character.
                (text, e.error_len().is_none())
            }
        };
        match by_text(text.trim_start_matches('\u{feff}').trim_start()) {
            SourceKind::Text => SourceKind::Text,
            kind if valid && !text.contains('\0') => kind,
            _ => SourceKind::Unknown,
        }
    }

    /// What it is, as a noun phrase.
    pub const fn describe(self) -> &'static str {
        match self {
            SourceKind::Module => "a WebAssembly module",
            SourceKind::Component => "a WebAssembly component, not a core module",
            SourceKind::UnknownVersion => "a WebAssembly binary of an unknown version",
            SourceKind::Text => "WebAssembly text, not a binary",
            SourceKind::Empty => "empty",
            SourceKind::Gzip => "a gzip file",
            SourceKind::Zstd => "a zstd file",
            SourceKind::Bzip2 => "a bzip2 file",
            SourceKind::Xz => "an xz file",
            SourceKind::Zip => "a ZIP archive",
            SourceKind::Html => "an HTML or XML page",
            SourceKind::JavaScript => "JavaScript",
            SourceKind::Json => "JSON",
            SourceKind::Elf => "a native Linux program or library (ELF)",
            SourceKind::MachO => "a native macOS program or library (Mach-O)",
            SourceKind::Pe => "a native Windows program or library (PE)",
            SourceKind::LlvmBitcode => "LLVM bitcode",
            SourceKind::Archive => "an archive of object files",
            SourceKind::Utf16 => "UTF-16 text",
            SourceKind::Script => "a script",
            SourceKind::OtherText => "a text file",
            SourceKind::Unknown => "no WebAssembly module",
        }
    }

    /// What to do to get a module.
    pub const fn advice(self) -> &'static str {
        match self {
            SourceKind::Module => "load it as it is",
            SourceKind::Component => {
                "extract or build its core module, such as with `wasm-tools component unbundle` \
                 or the compiler's `wasm32-wasip1` target"
            }
            SourceKind::UnknownVersion => "rebuild it for version 1 of the binary format",
            SourceKind::Text => "parse it as text, or convert it with `wasm-tools parse` first",
            SourceKind::Empty => "check that the build or the download finished",
            SourceKind::Gzip => "decompress it first with `gunzip`",
            SourceKind::Zstd => "decompress it first with `unzstd`",
            SourceKind::Bzip2 => "decompress it first with `bunzip2`",
            SourceKind::Xz => "decompress it first with `unxz`",
            SourceKind::Zip => "extract the `.wasm` file from it first",
            SourceKind::Html => {
                "it may be an error page of the server: check the address it came from"
            }
            SourceKind::JavaScript => {
                "it may be the glue code of a module: look for the `.wasm` file that it loads"
            }
            SourceKind::Json => "look for the `.wasm` file next to it",
            SourceKind::Elf | SourceKind::MachO | SourceKind::Pe => {
                "rebuild the program for a WebAssembly target such as `wasm32-wasip1`"
            }
            SourceKind::LlvmBitcode => "link it to a module with `wasm-ld` or clang first",
            SourceKind::Archive => "link it to a module with `wasm-ld` or clang first",
            SourceKind::Utf16 => "save it as UTF-8",
            SourceKind::Script | SourceKind::OtherText => "give the `.wasm` or `.wat` file instead",
            SourceKind::Unknown => {
                "if it is compressed with brotli, decompress it first with `brotli -d`"
            }
        }
    }

    /// The error that a file of this kind gives where a binary module is needed.
    #[cold]
    pub(crate) fn to_error(self) -> ModuleError {
        ModuleError::new(
            ModuleErrorKind::WrongFormat(self),
            format!("the file is {}", self.describe()),
            None,
        )
        .with_help(self.advice())
    }
}

fn by_signature(probe: &[u8]) -> Option<SourceKind> {
    const SIGNATURES: &[(&[u8], SourceKind)] = &[
        (b"\x1f\x8b", SourceKind::Gzip),
        (b"\x28\xb5\x2f\xfd", SourceKind::Zstd),
        (b"BZh", SourceKind::Bzip2),
        (b"\xfd7zXZ\0", SourceKind::Xz),
        (b"PK\x03\x04", SourceKind::Zip),
        (b"PK\x05\x06", SourceKind::Zip),
        (b"\x7fELF", SourceKind::Elf),
        (b"\xfe\xed\xfa\xce", SourceKind::MachO),
        (b"\xfe\xed\xfa\xcf", SourceKind::MachO),
        (b"\xce\xfa\xed\xfe", SourceKind::MachO),
        (b"\xcf\xfa\xed\xfe", SourceKind::MachO),
        (b"\xca\xfe\xba\xbe", SourceKind::MachO),
        (b"BC\xc0\xde", SourceKind::LlvmBitcode),
        (b"\xde\xc0\x17\x0b", SourceKind::LlvmBitcode),
        (b"!<arch>\n", SourceKind::Archive),
        (b"!<thin>\n", SourceKind::Archive),
        (b"\xff\xfe", SourceKind::Utf16),
        (b"\xfe\xff", SourceKind::Utf16),
        (b"#!", SourceKind::Script),
    ];
    // "MZ" alone could begin a text.
    if probe.starts_with(b"MZ") && probe.contains(&0) {
        return Some(SourceKind::Pe);
    }
    SIGNATURES
        .iter()
        .find(|(signature, _)| probe.starts_with(signature))
        .map(|(_, kind)| *kind)
}

fn by_text(text: &str) -> SourceKind {
    const WAT: &[&str] = &[
        ";;",
        "(;",
        "(@",
        "(module",
        "(component",
        "(func",
        "(memory",
        "(table",
        "(global",
        "(type",
        "(import",
        "(export",
        "(data",
        "(elem",
        "(start",
        "(rec",
        "(tag",
    ];
    const JAVASCRIPT: &[&str] = &[
        "//",
        "/*",
        "import ",
        "import{",
        "import\"",
        "export ",
        "export{",
        "const ",
        "let ",
        "var ",
        "function ",
        "function(",
        "async ",
        "class ",
        "\"use strict\"",
        "'use strict'",
        "(function",
        "(()",
        "(async",
        "!function",
        "module.exports",
        "exports.",
        "require(",
    ];
    let starts = |list: &[&str]| list.iter().any(|prefix| text.starts_with(prefix));
    match text.as_bytes().first() {
        None => SourceKind::OtherText,
        Some(b'<') => SourceKind::Html,
        Some(b'{' | b'[') => SourceKind::Json,
        _ if starts(WAT) => SourceKind::Text,
        _ if starts(JAVASCRIPT) => SourceKind::JavaScript,
        _ => SourceKind::OtherText,
    }
}

/// Checks that input begins like a core module. `Ok(false)` means that more bytes are needed to
/// tell, which is never said when `complete`.
pub(crate) fn check_header(bytes: &[u8], complete: bool) -> Result<bool, ModuleError> {
    if bytes.starts_with(HEADER) {
        return Ok(true);
    }
    let could_be_binary = bytes.starts_with(MAGIC) || MAGIC.starts_with(bytes);
    let needed = if could_be_binary { HEADER.len() } else { PROBE };
    if bytes.len() < needed && !complete {
        return Ok(false);
    }
    if could_be_binary && bytes.len() < needed && !bytes.is_empty() {
        // Truncated: the parser says where.
        return Ok(true);
    }
    Err(SourceKind::detect(bytes).to_error())
}
