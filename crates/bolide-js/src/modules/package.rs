//! package.json: what a package says of its modules, by Node's algorithms `PACKAGE_EXPORTS_RESOLVE`,
//! `PACKAGE_IMPORTS_RESOLVE` and `PACKAGE_TARGET_RESOLVE`.

use std::path::{Path, PathBuf};

use super::json::Json;
use super::url::Importer;
use crate::error::{ErrorClass, HostError};

/// What `"type"` says of `.js` files.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum PackageType {
    Module,
    CommonJs,
    Unstated,
}

/// The part of a package.json that concerns modules.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) folder: PathBuf,
    pub(super) name: Option<String>,
    pub(super) main: Option<String>,
    /// `"module"`: the main module for bundlers, whose rules the package then expects.
    pub(super) module: Option<String>,
    pub(super) kind: PackageType,
    pub(super) exports: Option<Json>,
    pub(super) imports: Option<Json>,
}

/// Which kind of reference is resolved; it decides the conditions.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Import,
    Require,
}

impl Mode {
    /// Whether a condition of `exports` or `imports` holds. The first that holds, in the order of package.json,
    /// is taken.
    fn holds(self, condition: &str) -> bool {
        match condition {
            "bolide" | "node" | "module-sync" | "default" => true,
            "import" => self == Mode::Import,
            "require" => self == Mode::Require,
            _ => false,
        }
    }
}

/// What a target of `exports` or `imports` leads to.
#[derive(Debug, PartialEq)]
pub(super) enum Target {
    /// An absolute path.
    File(PathBuf),
    /// From `imports` only: a specifier to resolve from the package's folder.
    Specifier(String),
}

/// What is being resolved, for errors and patterns.
struct Request<'a> {
    package: &'a Package,
    /// The key of `exports` or `imports` that matched.
    key: &'a str,
    /// What the `*` of the key stands for.
    star: Option<&'a str>,
    internal: bool,
    mode: Mode,
    importer: &'a Importer,
}

impl Package {
    /// Reads the text of a package.json that lies in `folder`.
    pub(super) fn parse(folder: &Path, bytes: &[u8]) -> Result<Package, HostError> {
        let json = Json::parse(bytes).map_err(|error| {
            HostError::error(format!(
                "Invalid package config {}: {error}",
                folder.join("package.json").display()
            ))
            .with_code("ERR_INVALID_PACKAGE_CONFIG")
        })?;
        let text = |key| json.get(key).and_then(Json::as_str).map(str::to_owned);
        let kind = match json.get("type").and_then(Json::as_str) {
            Some("module") => PackageType::Module,
            Some("commonjs") => PackageType::CommonJs,
            _ => PackageType::Unstated,
        };
        Ok(Package {
            folder: folder.to_owned(),
            name: text("name"),
            main: text("main"),
            module: text("module").filter(|module| !module.is_empty()),
            kind,
            exports: json
                .get("exports")
                .filter(|json| **json != Json::Null)
                .cloned(),
            imports: json.get("imports").cloned(),
        })
    }

    fn config(&self) -> String {
        self.folder.join("package.json").display().to_string()
    }

    /// `PACKAGE_EXPORTS_RESOLVE`. `subpath` is `.` or begins with `./`.
    pub(super) fn resolve_export(
        &self,
        subpath: &str,
        mode: Mode,
        importer: &Importer,
    ) -> Result<PathBuf, HostError> {
        let exports = self.exports.as_ref().unwrap_or(&Json::Null);
        let subpaths = match exports.as_object() {
            Some(entries) => self.has_subpaths(entries)?,
            None => false,
        };
        let found = if subpaths {
            let entries = exports.as_object().unwrap_or_default();
            self.resolve_in(entries, subpath, false, mode, importer)?
        } else if subpath == "." {
            let request = self.request(".", None, false, mode, importer);
            request.resolve(exports)?
        } else {
            None
        };
        if let Some(Target::File(path)) = found {
            return Ok(path);
        }
        let what = match subpath {
            "." => format!("No \"exports\" main defined in {}", self.config()),
            _ => format!(
                "Package subpath '{subpath}' is not defined by \"exports\" in {}",
                self.config()
            ),
        };
        let hint = self.near_exports(exports, subpath, mode);
        Err(HostError::error(format!("{what}{importer}{hint}"))
            .with_code("ERR_PACKAGE_PATH_NOT_EXPORTED"))
    }

    /// What a package does export, for the error.
    fn near_exports(&self, exports: &Json, subpath: &str, mode: Mode) -> String {
        let keys = exports.as_object().unwrap_or_default();
        let names: Vec<&str> = keys
            .iter()
            .map(|(key, _)| key.as_str())
            .filter(|key| key.starts_with('.'))
            .collect();
        if names.contains(&subpath) || names.is_empty() {
            let kind = match mode {
                Mode::Import => "import",
                Mode::Require => "require",
            };
            return format!(
                "\nNone of its conditions holds here; \"bolide\", \"node\", \"{kind}\", \"module-sync\" and \"default\" do."
            );
        }
        let shown = names.iter().take(8).copied().collect::<Vec<_>>().join(", ");
        let more = if names.len() > 8 { ", …" } else { "" };
        format!("\nThe package exports {shown}{more}")
    }

    /// `PACKAGE_IMPORTS_RESOLVE`. `None` if nothing defines the specifier.
    pub(super) fn resolve_import(
        &self,
        specifier: &str,
        mode: Mode,
        importer: &Importer,
    ) -> Result<Option<Target>, HostError> {
        let imports = self.imports.as_ref().and_then(Json::as_object);
        self.resolve_in(imports.unwrap_or_default(), specifier, true, mode, importer)
    }

    /// Whether `exports` has subpaths as keys and not conditions. It cannot have both.
    fn has_subpaths(&self, entries: &[(String, Json)]) -> Result<bool, HostError> {
        let subpaths = entries.iter().filter(|(key, _)| key.starts_with('.'));
        match subpaths.count() {
            0 => Ok(false),
            count if count == entries.len() => Ok(true),
            _ => Err(HostError::error(format!(
                "Invalid package config {}: \"exports\" cannot contain some keys starting with '.' and some not",
                self.config()
            ))
            .with_code("ERR_INVALID_PACKAGE_CONFIG")),
        }
    }

    fn request<'a>(
        &'a self,
        key: &'a str,
        star: Option<&'a str>,
        internal: bool,
        mode: Mode,
        importer: &'a Importer,
    ) -> Request<'a> {
        Request {
            package: self,
            key,
            star,
            internal,
            mode,
            importer,
        }
    }

    /// `PACKAGE_IMPORTS_EXPORTS_RESOLVE`.
    fn resolve_in(
        &self,
        entries: &[(String, Json)],
        wanted: &str,
        internal: bool,
        mode: Mode,
        importer: &Importer,
    ) -> Result<Option<Target>, HostError> {
        let exact = entries.iter().find(|(key, _)| key == wanted);
        if let Some((key, target)) =
            exact.filter(|(key, _)| !key.contains('*') && !key.ends_with('/'))
        {
            return self
                .request(key, None, internal, mode, importer)
                .resolve(target);
        }
        let mut best: Option<(&str, &str, &Json)> = None;
        for (key, target) in entries {
            let Some((before, after)) = key.split_once('*') else {
                continue;
            };
            let fits = !after.contains('*')
                && wanted.len() >= key.len()
                && wanted.starts_with(before)
                && wanted.ends_with(after)
                && wanted != before;
            if fits && best.is_none_or(|(other, ..)| is_more_specific(key, other)) {
                let star = &wanted[before.len()..wanted.len() - after.len()];
                best = Some((key, star, target));
            }
        }
        match best {
            Some((key, star, target)) => self
                .request(key, Some(star), internal, mode, importer)
                .resolve(target),
            None => Ok(None),
        }
    }
}

/// `PATTERN_KEY_COMPARE`.
fn is_more_specific(key: &str, other: &str) -> bool {
    let base = |key: &str| key.find('*').map_or(key.len(), |at| at + 1);
    (base(key), key.len()) > (base(other), other.len())
}

impl Request<'_> {
    /// `PACKAGE_TARGET_RESOLVE`. `None` if no condition holds or the target is null.
    fn resolve(&self, target: &Json) -> Result<Option<Target>, HostError> {
        match target {
            Json::String(text) => self.resolve_text(text).map(Some),
            Json::Object(entries) => {
                for (condition, target) in entries {
                    if !self.mode.holds(condition) {
                        continue;
                    }
                    // Null ends the search; a condition that leads nowhere does not.
                    if *target == Json::Null {
                        return Ok(None);
                    }
                    if let Some(found) = self.resolve(target)? {
                        return Ok(Some(found));
                    }
                }
                Ok(None)
            }
            Json::Array(targets) => {
                let mut failed = None;
                for target in targets {
                    match self.resolve(target) {
                        Ok(Some(found)) => return Ok(Some(found)),
                        Ok(None) => failed = None,
                        Err(error) => failed = Some(error),
                    }
                }
                failed.map_or(Ok(None), Err)
            }
            Json::Null => Ok(None),
            Json::Other => Err(self.invalid("a number or a boolean")),
        }
    }

    fn resolve_text(&self, target: &str) -> Result<Target, HostError> {
        let filled = |text: &str| match self.star {
            Some(star) => text.replace('*', star),
            None => text.to_owned(),
        };
        let Some(relative) = target.strip_prefix("./") else {
            let foreign = target.starts_with("../") || target.starts_with('/');
            if self.internal && !foreign {
                return Ok(Target::Specifier(filled(target)));
            }
            return Err(self.invalid(&format!("\"{target}\"")));
        };
        if has_forbidden_segment(relative) {
            return Err(self.invalid(&format!("\"{target}\"")));
        }
        if let Some(star) = self.star.filter(|star| has_forbidden_segment(star)) {
            let message = format!(
                "Invalid module \"{star}\" is not a valid match in pattern \"{}\" in {}{}",
                self.key,
                self.package.config(),
                self.importer
            );
            return Err(
                HostError::new(ErrorClass::Type, message).with_code("ERR_INVALID_MODULE_SPECIFIER")
            );
        }
        Ok(Target::File(self.package.folder.join(filled(relative))))
    }

    fn invalid(&self, target: &str) -> HostError {
        let field = if self.internal { "imports" } else { "exports" };
        HostError::error(format!(
            "Invalid \"{field}\" target {target} defined for '{}' in the package config {}{}; targets start with \"./\"",
            self.key,
            self.package.config(),
            self.importer
        ))
        .with_code("ERR_INVALID_PACKAGE_TARGET")
    }
}

/// Targets stay inside of their package.
fn has_forbidden_segment(path: &str) -> bool {
    path.split(['/', '\\'])
        .any(|segment| matches!(segment, "." | ".." | "node_modules"))
}
