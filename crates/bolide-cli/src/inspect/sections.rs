//! The sections of a module (core spec §5.5.2).

use serde::Serialize;
use wasmparser::{Parser, Payload};

/// A section.
#[derive(Serialize)]
pub(super) struct Section {
    /// Name: of the kind, or of the custom section itself.
    pub(super) name: String,
    pub(super) custom: bool,
    /// Where the contents start.
    pub(super) offset: u64,
    /// Bytes of the contents.
    pub(super) size: u64,
}

/// The sections of a valid module, in order.
pub(super) fn sections(bytes: &[u8]) -> Vec<Section> {
    let payloads = Parser::new(0).parse_all(bytes).map_while(Result::ok);
    payloads
        .filter_map(|payload| {
            let (id, range) = payload.as_section()?;
            let custom = match &payload {
                Payload::CustomSection(section) => Some(section.name().to_owned()),
                _ => None,
            };
            Some(Section {
                custom: custom.is_some(),
                name: custom.unwrap_or_else(|| kind(id).to_owned()),
                offset: range.start,
                size: range.end - range.start,
            })
        })
        .collect()
}

fn kind(id: u8) -> &'static str {
    match id {
        0 => "custom",
        1 => "type",
        2 => "import",
        3 => "function",
        4 => "table",
        5 => "memory",
        6 => "global",
        7 => "export",
        8 => "start",
        9 => "element",
        10 => "code",
        11 => "data",
        12 => "data count",
        13 => "tag",
        _ => "unknown",
    }
}
