//! The folder that users import and publish.

use std::path::Path;

use serde_json::json;

use crate::cargo::Crate;
use crate::error::{Error, Result};

/// Writes `package.json` for the glue `name.js` in `folder`.
pub(crate) fn describe(package: &Crate, name: &str, folder: &Path) -> Result<()> {
    let manifest = json!({
        "name": package.name(),
        "type": "module",
        "version": package.package().version.to_string(),
        "exports": { ".": { "types": format!("./{name}.d.ts"), "default": format!("./{name}.js") } },
        "main": format!("{name}.js"),
        "types": format!("{name}.d.ts"),
    });
    let file = folder.join("package.json");
    let text = serde_json::to_string_pretty(&manifest).expect("it has only strings as keys");
    std::fs::write(&file, text + "\n").map_err(|e| Error::io("write", &file, &e))
}
