//! What a project says in its Cargo.toml about how its package is made.

use cargo_metadata::Package;
use serde_json::Value;

use super::{DebugInfo, Packaging};
use crate::error::{Error, Result};
use crate::optimize::WasmOpt;
use crate::report::Report;

/// Where this program looks first.
const OURS: &str = "package.metadata.bolide";

/// What Cargo.toml says for one profile.
///
/// `[package.metadata.bolide]` has `wasm-opt`: `false`, `true`, or the arguments, for all profiles that optimize; and
/// `names`: whether the names of functions are kept. What is not there is taken from `[package.metadata.wasm-pack.profile.NAME]`, so that projects that were made for wasm-pack need
/// no change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// How `wasm-opt` is run if nothing else is asked for.
    pub(crate) wasm_opt: WasmOpt,
    /// Whether the glue tells when it is called with values of a wrong type.
    pub(crate) checks: bool,
    /// Whether names are kept if nothing else is asked for.
    keeps_names: bool,
    /// Whether DWARF is kept if nothing else is asked for.
    keeps_dwarf: bool,
}

impl Settings {
    /// What `package` says about `profile`.
    ///
    /// # Errors
    ///
    /// If a setting has a value of a wrong kind.
    pub(crate) fn of(
        package: &Package,
        profile: &str,
        report: &mut dyn Report,
    ) -> Result<Settings> {
        let is_debug = matches!(profile, "dev" | "test");
        let mut settings = Settings {
            wasm_opt: if is_debug {
                WasmOpt::Off
            } else {
                WasmOpt::Default
            },
            checks: is_debug,
            keeps_names: false,
            keeps_dwarf: false,
        };
        let wasm_pack = &package.metadata["wasm-pack"]["profile"];
        let theirs = match profile {
            "dev" | "release" | "profiling" => profile,
            _ => "custom",
        };
        let place = format!("package.metadata.wasm-pack.profile.{theirs}");
        let table = &wasm_pack[theirs];
        if let Some(value) = table.get("wasm-opt") {
            settings.wasm_opt = wasm_opt(value, &place)?;
        }
        let bindgen = &table["wasm-bindgen"];
        if let Some(checks) = bindgen["debug-js-glue"].as_bool() {
            settings.checks = checks;
        }
        if let Some(keeps) = bindgen["dwarf-debug-info"].as_bool() {
            settings.keeps_dwarf = keeps;
        }
        if let Value::Object(ours) = &package.metadata["bolide"] {
            for (key, value) in ours {
                match key.as_str() {
                    "wasm-opt" if is_debug => {
                        wasm_opt(value, OURS)?;
                    }
                    "wasm-opt" => settings.wasm_opt = wasm_opt(value, OURS)?,
                    "names" => settings.keeps_names = names(value)?,
                    other => report.warn(&format_args!(
                        "Cargo.toml has `{other}` in [{OURS}], which means nothing; there are `names` and `wasm-opt`"
                    )),
                }
            }
        }
        Ok(settings)
    }

    /// `packaging`, with what Cargo.toml says where it leaves something open, for a module with debug information or
    /// without.
    pub(crate) fn apply(&self, packaging: &Packaging, has_debug_info: bool) -> Packaging {
        let mut packaging = packaging.clone();
        if packaging.wasm_opt == WasmOpt::Default {
            packaging.wasm_opt = self.wasm_opt.clone();
        }
        if packaging.debug_info == DebugInfo::Profile && has_debug_info {
            packaging.debug_info = if self.keeps_dwarf {
                DebugInfo::Full
            } else {
                DebugInfo::Names
            };
        } else if packaging.debug_info == DebugInfo::Profile && self.keeps_names {
            packaging.debug_info = DebugInfo::Names;
        }
        packaging
    }
}

fn names(value: &Value) -> Result<bool> {
    value.as_bool().ok_or_else(|| {
        Error::new(format!("Cargo.toml has a wrong `names` in [{OURS}]"))
            .with_cause(format!("it is `{value}`"))
            .with_help("it is `true` or `false`")
    })
}

fn wasm_opt(value: &Value, place: &str) -> Result<WasmOpt> {
    let arguments = || {
        let texts = value.as_array()?.iter();
        texts
            .map(|value| Some(value.as_str()?.to_owned()))
            .collect::<Option<Vec<_>>>()
    };
    match value {
        Value::Bool(true) => Ok(WasmOpt::Default),
        Value::Bool(false) => Ok(WasmOpt::Off),
        _ => arguments().map(WasmOpt::With).ok_or_else(|| {
            Error::new(format!("Cargo.toml has a wrong `wasm-opt` in [{place}]"))
                .with_cause(format!("it is `{value}`"))
                .with_help("it is `true`, `false`, or a list of arguments such as [\"-O3\"]")
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::manifest::tests::package;
    use super::*;
    use crate::report::Silent;

    #[track_caller]
    fn settings(metadata: Value, profile: &str) -> Result<Settings> {
        let mut package = package();
        package.metadata = metadata;
        Settings::of(&package, profile, &mut Silent)
    }

    #[track_caller]
    fn check(metadata: Value, profile: &str, wasm_opt: WasmOpt) {
        assert_eq!(settings(metadata, profile).unwrap().wasm_opt, wasm_opt);
    }

    #[test]
    fn wasm_opt_is_a_matter_of_profile_and_manifest() {
        use serde_json::json;
        let with = |text: &str| WasmOpt::With(vec![text.to_owned()]);
        check(Value::Null, "release", WasmOpt::Default);
        check(Value::Null, "dev", WasmOpt::Off);
        check(Value::Null, "small", WasmOpt::Default);
        let ours = json!({"bolide": {"wasm-opt": ["-O4"]}});
        check(ours.clone(), "release", with("-O4"));
        check(ours, "dev", WasmOpt::Off);
        let theirs = json!({"wasm-pack": {"profile": {
            "release": {"wasm-opt": false},
            "dev": {"wasm-opt": ["-O1"]},
            "custom": {"wasm-opt": ["-Oz"]},
        }}});
        check(theirs.clone(), "release", WasmOpt::Off);
        check(theirs.clone(), "dev", with("-O1"));
        check(theirs.clone(), "small", with("-Oz"));
        check(theirs, "profiling", WasmOpt::Default);
        let both = json!({
            "bolide": {"wasm-opt": true},
            "wasm-pack": {"profile": {"release": {"wasm-opt": false}}},
        });
        check(both, "release", WasmOpt::Default);
        for wrong in [json!(1), json!("-O"), json!(["-O", 1])] {
            let error = settings(json!({"bolide": {"wasm-opt": wrong}}), "release").unwrap_err();
            assert!(error.what().contains("package.metadata.bolide"), "{error}");
        }
    }

    #[test]
    fn only_what_is_left_open_comes_from_the_manifest() {
        let metadata = serde_json::json!({"wasm-pack": {"profile": {"release":
            {"wasm-bindgen": {"dwarf-debug-info": true, "debug-js-glue": true}}}}});
        let settings = settings(metadata, "release").unwrap();
        assert!(settings.checks);
        let open = Packaging::default();
        assert_eq!(settings.apply(&open, true).debug_info, DebugInfo::Full);
        assert_eq!(settings.apply(&open, false).debug_info, DebugInfo::Profile);
        let none = Settings::default();
        assert_eq!(none.apply(&open, true).debug_info, DebugInfo::Names);
        let names = Settings {
            keeps_names: true,
            ..Settings::default()
        };
        assert_eq!(names.apply(&open, false).debug_info, DebugInfo::Names);
        let decided = Packaging {
            debug_info: DebugInfo::None,
            wasm_opt: WasmOpt::Off,
            ..Packaging::default()
        };
        let stripped = settings.apply(&decided, true);
        assert_eq!(stripped.debug_info, DebugInfo::None);
        assert_eq!(stripped.wasm_opt, WasmOpt::Off);
    }
}
