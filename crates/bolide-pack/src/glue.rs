//! The JavaScript and TypeScript around a module, made by wasm-bindgen.

use std::path::Path;

use wasm_bindgen_cli_support::Bindgen;

use crate::build::Target;
use crate::error::{Error, Result};

/// Makes the glue of the module `wasm` for `target` in `folder`, where `name` becomes `name.js` and so on.
pub(crate) fn generate(wasm: &Path, name: &str, target: Target, folder: &Path) -> Result<()> {
    let mut bindgen = Bindgen::new();
    let cannot = |error: anyhow::Error| {
        Error::new(format!("cannot make the glue of `{}`", wasm.display()))
            .with_cause(format!("{error:#}"))
    };
    match target {
        Target::Web => bindgen.web(true),
        Target::Bundler => bindgen.bundler(true),
        Target::Node => bindgen.nodejs_module(true),
    }
    .map_err(cannot)?;
    bindgen.input_path(wasm).out_name(name).typescript(true);
    bindgen.generate(folder).map_err(cannot)
}
