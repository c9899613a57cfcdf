//! The folder that users import and publish.

mod documents;
mod manifest;
mod settings;

use std::fs;
use std::path::Path;

use crate::cargo::{CargoOptions, Crate};
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
    /// Names and DWARF, which Cargo is told to make.
    Full,
    /// The same, but DWARF is in a file beside it, `NAME_bg.debug.wasm`, which debuggers load on demand.
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

/// What Cargo is told so that the module has what `packaging` asks for.
pub(crate) fn cargo_options(options: &CargoOptions, packaging: &Packaging) -> CargoOptions {
    let mut options = options.clone();
    if packaging.debug_info.keeps_dwarf() {
        let profile = &options.profile;
        let settings = [
            format!("profile.{profile}.debug=true"),
            format!("profile.{profile}.strip=false"),
        ];
        // First, so that what the user says goes before it.
        let args = settings
            .into_iter()
            .flat_map(|setting| ["--config".into(), setting.into()]);
        options.args.splice(..0, args);
    }
    options
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
        glue: &glue,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_info_that_is_asked_for_is_made() {
        let mut options = CargoOptions::new("small");
        options.args = vec!["-Zx".into()];
        let packaging = |debug_info| Packaging {
            debug_info,
            ..Packaging::default()
        };
        for kept in [DebugInfo::Full, DebugInfo::Split] {
            let args = cargo_options(&options, &packaging(kept)).args;
            assert_eq!(
                args,
                [
                    "--config",
                    "profile.small.debug=true",
                    "--config",
                    "profile.small.strip=false",
                    "-Zx"
                ]
            );
        }
        for dropped in [DebugInfo::Profile, DebugInfo::None, DebugInfo::Names] {
            assert_eq!(cargo_options(&options, &packaging(dropped)).args, ["-Zx"]);
        }
    }

    #[test]
    fn debug_info_moves_to_a_file_beside_the_module() {
        let folder = tempfile::tempdir().unwrap();
        let module = folder.path().join("a_bg.wasm");
        let all = sections::tests::module(&[(".debug_info", b"x"), ("name", b"y")]);
        fs::write(&module, &all).unwrap();
        assert!(has_debug_info(&all));
        split(&module, "a_bg.debug.wasm").unwrap();
        assert_eq!(
            fs::read(folder.path().join("a_bg.debug.wasm")).unwrap(),
            all
        );
        let rest = fs::read(&module).unwrap();
        assert!(!has_debug_info(&rest));
        assert_eq!(sections::custom(&rest, "name"), [b"y"]);
        assert_eq!(
            sections::custom(&rest, "external_debug_info"),
            [b"\x0fa_bg.debug.wasm"]
        );
        strip(&module, &["name"]).unwrap();
        let rest = fs::read(&module).unwrap();
        assert!(sections::custom(&rest, "name").is_empty());
        assert_eq!(sections::custom(&rest, "external_debug_info").len(), 1);
    }
}
