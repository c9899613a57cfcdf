//! The folder that users import and publish.

mod documents;
mod manifest;
mod settings;

use std::fs;
use std::path::Path;

use crate::cargo::Crate;
use crate::error::{Error, Result};
use crate::glue::{self, schema};
use crate::optimize::{self, WasmOpt};
use crate::report::Report;
use crate::sections;
use crate::target::Target;

use manifest::Contents;
use settings::Settings;

/// How a package is made of a compiled module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Packaging {
    /// Where the package is used.
    pub target: Target,
    /// The name of the files, without `.js`; that of the library by default.
    pub out_name: Option<String>,
    /// The scope of the package's name in npm, with or without its `@`.
    pub scope: Option<String>,
    /// Whether it has no declarations for TypeScript.
    pub no_typescript: bool,
    /// What the module says about its source.
    pub debug_info: DebugInfo,
    /// Whether and how `wasm-opt` is run.
    pub wasm_opt: WasmOpt,
}

/// What a module says about its source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DebugInfo {
    /// The names of functions if the profile has debug information, as `dev` has, and else nothing: names of
    /// generic functions can be as large as the code.
    #[default]
    Profile,
    /// Nothing: no names, and not what made the module.
    None,
    /// The names of functions, which stack traces show.
    Names,
    /// Names and DWARF, as far as the profile of cargo makes it.
    Full,
    /// Names; DWARF is in a file beside it, `NAME_bg.debug.wasm`, which debuggers load on demand.
    Split,
}

/// The name of the files of `package`, without `.js`.
///
/// # Errors
///
/// If the name that was asked for is none of letters, digits, `_` and `-`.
pub(crate) fn name(package: &Crate, packaging: &Packaging) -> Result<String> {
    let Some(name) = &packaging.out_name else {
        return Ok(package.module_name());
    };
    let is_good = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || !name.chars().all(is_good) {
        return Err(Error::new(format!(
            "`{name}` cannot be the name of the package's files"
        ))
        .with_help("letters, digits, `_` and `-` make a name; `.js` and so on are added"));
    }
    Ok(name.clone())
}

/// Writes the package of the module `wasm`, compiled with `profile`, to the empty folder `folder`.
///
/// # Errors
///
/// If the module is not one of a wasm-bindgen that is understood here, if wasm-opt refuses it, or if a file cannot be written.
pub(crate) fn write(
    package: &Crate,
    wasm: &Path,
    profile: &str,
    packaging: &Packaging,
    folder: &Path,
    report: &mut dyn Report,
) -> Result<()> {
    let name = name(package, packaging)?;
    let bytes = fs::read(wasm).map_err(|e| Error::io("read", wasm, &e))?;
    if let Some(version) = schema::check_module(package, &bytes)? {
        let ours = schema::version();
        report.note(&format_args!(
            "wasm-bindgen {version} made the module and {ours} makes its glue; their formats are the same"
        ));
    }
    let settings = Settings::of(package.package(), profile, report)?;
    let packaging = &settings.apply(packaging, has_debug_info(&bytes));
    if packaging.debug_info.keeps_dwarf() && !has_debug_info(&bytes) {
        report.warn(&format_args!(
            "there is no debug information to keep; `debug = true` in [profile.{profile}] of Cargo.toml makes some"
        ));
    }
    let glue = glue::generate(wasm, &name, packaging, settings.checks, folder)?;

    let module = folder.join(format!("{name}_bg.wasm"));
    optimize::run(&module, packaging, report)?;
    match packaging.debug_info {
        DebugInfo::Split => split(&module, &format!("{name}_bg.debug.wasm"))?,
        DebugInfo::None => strip(&module, &["name", "producers", "target_features"])?,
        DebugInfo::Profile => strip(&module, &["name"])?,
        DebugInfo::Names | DebugInfo::Full => {}
    }

    let documents = documents::carry_over(package, folder, report)?;
    let contents = Contents {
        name: &name,
        packaging,
        snippets: &glue.snippets,
        dependencies: &glue.dependencies,
        documents: &documents,
    };
    let file = folder.join("package.json");
    let text = manifest::write(package.package(), &contents);
    fs::write(&file, text).map_err(|e| Error::io("write", &file, &e))
}

impl DebugInfo {
    /// Whether DWARF is kept, wherever.
    pub(crate) fn keeps_dwarf(self) -> bool {
        matches!(self, DebugInfo::Full | DebugInfo::Split)
    }

    /// Whether names are kept, of a module without debug information.
    pub(crate) fn keeps_names(self) -> bool {
        self.keeps_dwarf() || self == DebugInfo::Names
    }
}

/// Whether a module has DWARF about what is compiled.
fn has_debug_info(wasm: &[u8]) -> bool {
    !sections::custom(wasm, ".debug_info").is_empty()
}

/// Removes the custom sections with these names.
fn strip(module: &Path, names: &[&str]) -> Result<()> {
    let wasm = fs::read(module).map_err(|e| Error::io("read", module, &e))?;
    let rest = sections::without(&wasm, |name| names.contains(&name));
    fs::write(module, rest).map_err(|e| Error::io("write", module, &e))
}

/// Moves the DWARF of `module` to a file `name` beside it.
fn split(module: &Path, name: &str) -> Result<()> {
    let all = fs::read(module).map_err(|e| Error::io("read", module, &e))?;
    let mut rest = sections::without(&all, |section| section.starts_with(".debug_"));
    sections::refer_to_debug_info(&mut rest, name);
    let file = module.with_file_name(name);
    fs::write(&file, all).map_err(|e| Error::io("write", &file, &e))?;
    fs::write(module, rest).map_err(|e| Error::io("write", module, &e))
}
