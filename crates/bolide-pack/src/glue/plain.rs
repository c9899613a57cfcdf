//! Packages of modules that have nothing to do with wasm-bindgen: their functions take and return numbers.

use std::fs;
use std::path::Path;

use wasmparser::{Parser, Payload};

use super::{Glue, schema, write_universal_entry};
use crate::error::{Error, Result};
use crate::package::Packaging;
use crate::target::Target;
use crate::{c, plain, sections};

/// Whether wasm-bindgen has no part in the module. A module that lost the descriptions of wasm-bindgen on its way
/// here is not plain.
pub(super) fn is_plain(wasm: &[u8]) -> bool {
    if !sections::custom(wasm, schema::SECTION).is_empty() {
        return false;
    }
    let mut payloads = Parser::new(0).parse_all(wasm);
    let mut is_whole = false;
    let is_bound = payloads.any(|payload| match payload {
        Ok(Payload::ImportSection(section)) => section
            .into_imports()
            .any(|import| import.is_ok_and(|import| import.module.starts_with("__wbindgen"))),
        Ok(Payload::ExportSection(section)) => section
            .into_iter()
            .any(|export| export.is_ok_and(|export| export.name.starts_with("__wbindgen"))),
        Ok(Payload::End(_)) => {
            is_whole = true;
            false
        }
        _ => false,
    });
    is_whole && !is_bound
}

/// Writes the module `wasm`, and its glue, to `folder`.
///
/// The glue gets ready in all hosts by `init`. Where the target has modules that are ready when they are imported,
/// there is an entry that sees to it, unless the module has imports, which only `init` can be given.
pub(super) fn generate(
    wasm: &[u8],
    name: &str,
    packaging: &Packaging,
    folder: &Path,
) -> Result<Glue> {
    let write = |file: String, bytes: &[u8]| {
        let path = folder.join(file);
        fs::write(&path, bytes).map_err(|e| Error::io("write", &path, &e))
    };
    let interface = c::interface_by_types(wasm)
        .map_err(|e| Error::new("cargo made a damaged module").with_cause(e.to_string()))?;
    let glue = plain::generate(&interface, &format!("{name}_bg.wasm"))?;
    if packaging.debug_info.keeps_dwarf() {
        write(format!("{name}_bg.wasm"), wasm)?;
    } else {
        let rest = sections::without(wasm, |name| name.starts_with(".debug_"));
        write(format!("{name}_bg.wasm"), &rest)?;
    }
    write(format!("{name}.js"), glue.js.as_bytes())?;
    if !packaging.no_typescript {
        write(format!("{name}.d.ts"), glue.dts.as_bytes())?;
    }
    let needs_imports = interface.user_imports().next().is_some();
    let target = match packaging.target {
        Target::Web | Target::Bundler => Target::Web,
        _ if needs_imports => Target::Web,
        Target::All | Target::Node | Target::Deno | Target::Bolide => Target::All,
    };
    if target == Target::All {
        write_universal_entry(name, false, folder)?;
    }
    Ok(Glue {
        target,
        is_plain: true,
        ..Glue::default()
    })
}
