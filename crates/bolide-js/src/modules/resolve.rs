//! From a specifier to a module: Node's algorithms `ESM_RESOLVE` and, for `require`, the steps of `require(X)`,
//! over the folders that the script may read.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use url::Url;

use super::import_map::ImportMap;
use super::missing;
use super::package::{Mode, Package, PackageType, Target};
use super::provided::Provided;
use super::url::{Importer, file_url, to_path};
use crate::error::{ErrorClass, HostError};
use crate::files::{Access, FileKind, Files, normalize};

/// What the names of modules begin with that the embedder provides.
pub(super) const PROVIDED: &str = "bolide:provided?";

/// Where a module is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Location {
    /// What the embedder provides under this specifier.
    Provided(String),
    /// A builtin, by its specifier.
    Builtin(String),
    /// A file with all links resolved, and what follows the path in the URL (`?query#fragment`).
    File(PathBuf, String),
    /// A `data:` URL.
    Data(String),
}

impl Location {
    /// The name of the module, as in `import.meta.url`.
    pub(super) fn url(&self) -> String {
        match self {
            Location::Provided(specifier) => format!("{PROVIDED}{specifier}"),
            Location::Builtin(specifier) => match specifier.starts_with("node:") {
                true => specifier.clone(),
                false => format!("node:{specifier}"),
            },
            Location::File(path, suffix) => file_url(path) + suffix,
            Location::Data(url) => url.clone(),
        }
    }
}

/// The package.json files that were read, by folder.
pub(super) type Packages = RefCell<HashMap<PathBuf, Option<Rc<Package>>>>;

/// Resolves specifiers.
pub(super) struct Resolver<'a> {
    pub(super) files: &'a Files,
    pub(super) packages: &'a Packages,
    pub(super) import_map: Option<&'a ImportMap>,
    pub(super) provided: &'a Provided,
}

impl Resolver<'_> {
    /// `ESM_RESOLVE`, after the import map.
    pub(super) fn import(
        &self,
        specifier: &str,
        importer: &Importer,
    ) -> Result<Location, HostError> {
        if self.provided.has(specifier) {
            return Ok(Location::Provided(specifier.to_owned()));
        }
        if let Some(map) = self.import_map
            && let Some(url) = map.resolve(specifier, &importer.url)?
        {
            return self.locate_url(&url, specifier, importer);
        }
        if is_relative(specifier) || specifier.starts_with('/') {
            let joined = importer.url.join(specifier).map_err(|_| {
                let message = format!(
                    "Failed to resolve module specifier \"{specifier}\" from \"{}\": Invalid relative URL or base scheme is not hierarchical.",
                    importer.url
                );
                HostError::type_error(message).with_code("ERR_UNSUPPORTED_RESOLVE_REQUEST")
            })?;
            return self.locate_url(&joined, specifier, importer);
        }
        if specifier.starts_with('#') {
            return self.internal(specifier, importer, Mode::Import);
        }
        if let Some(builtin) = self.builtin(specifier)? {
            return Ok(builtin);
        }
        if let Ok(url) = Url::parse(specifier) {
            return self.locate_url(&url, specifier, importer);
        }
        let path = self.bare(specifier, importer, Mode::Import)?;
        self.finish(path, String::new(), specifier, importer)
    }

    /// What `require(specifier)` finds.
    pub(super) fn require(
        &self,
        specifier: &str,
        importer: &Importer,
    ) -> Result<Location, HostError> {
        if self.provided.has(specifier) {
            return Ok(Location::Provided(specifier.to_owned()));
        }
        let parent = importer.parent().unwrap_or_else(|| PathBuf::from("/"));
        if let Some(builtin) = self.builtin(specifier)? {
            return Ok(builtin);
        }
        if is_relative(specifier) || matches!(specifier, "." | "..") || specifier.starts_with('/') {
            let path = normalize(&parent.join(specifier));
            let folder_only =
                specifier.ends_with('/') || specifier.ends_with("/.") || specifier.ends_with("..");
            let found = match folder_only || specifier == "." {
                true => None,
                false => self.as_file(&path),
            };
            return match found.or_else(|| self.as_folder(&path)) {
                Some(path) => self.real(path, String::new()),
                None => {
                    self.check_readable(&path, importer)?;
                    Err(missing::required(self.files, specifier, &path, importer))
                }
            };
        }
        if specifier.starts_with('#') {
            return self.internal(specifier, importer, Mode::Require);
        }
        let path = self.bare(specifier, importer, Mode::Require)?;
        self.real(path, String::new())
    }

    /// A builtin with this specifier. An unknown name with `node:` is an error.
    fn builtin(&self, specifier: &str) -> Result<Option<Location>, HostError> {
        if crate::builtins::module(specifier).is_some() {
            return Ok(Some(Location::Builtin(specifier.to_owned())));
        }
        if specifier.starts_with("node:") {
            return Err(missing::builtin(specifier));
        }
        Ok(None)
    }

    /// Continues with a URL, whose scheme decides.
    fn locate_url(
        &self,
        url: &Url,
        specifier: &str,
        importer: &Importer,
    ) -> Result<Location, HostError> {
        match url.scheme() {
            "data" => Ok(Location::Data(url.to_string())),
            "node" => match self.builtin(url.as_str())? {
                Some(builtin) => Ok(builtin),
                None => unreachable!("a node: specifier is a builtin or an error"),
            },
            "file" => {
                let text = url.path().to_ascii_lowercase();
                if text.contains("%2f") || text.contains("%5c") {
                    let message = format!(
                        "Invalid module \"{specifier}\" must not include encoded \"/\" or \"\\\" characters{importer}"
                    );
                    return Err(invalid_specifier(message));
                }
                let Some(path) = to_path(url) else {
                    let message = format!("Invalid module \"{specifier}\": the URL names no file here{importer}");
                    return Err(invalid_specifier(message));
                };
                self.finish(path, suffix(url), specifier, importer)
            }
            "http" | "https" => Err(HostError::error(format!(
                "import of '{url}' by {} is not supported: modules come from files. Download the module, or install \
                 its package and import it by name{importer}",
                url.scheme()
            ))
            .with_code("ERR_NETWORK_IMPORT_DISALLOWED")),
            "wasm" => Err(HostError::error(format!(
                "'{url}' can be imported by WebAssembly modules only{importer}"
            ))
            .with_code("ERR_UNSUPPORTED_ESM_URL_SCHEME")),
            scheme => Err(HostError::error(format!(
                "Only URLs with a scheme in: file, data, and node are supported. Received protocol '{scheme}:'{importer}"
            ))
            .with_code("ERR_UNSUPPORTED_ESM_URL_SCHEME")),
        }
    }

    /// The end of `ESM_RESOLVE`: there must be a file of exactly this name.
    fn finish(
        &self,
        path: PathBuf,
        suffix: String,
        specifier: &str,
        importer: &Importer,
    ) -> Result<Location, HostError> {
        let kind = self.files.kind(&path);
        if kind == Some(FileKind::File) {
            return self.real(path, suffix);
        }
        if let Some(path) = self.for_bundlers(&path)? {
            return self.real(path, suffix);
        }
        if kind == Some(FileKind::Directory) {
            return Err(missing::directory(self.files, specifier, &path, importer));
        }
        self.check_readable(&path, importer)?;
        Err(missing::imported(self.files, specifier, &path, importer))
    }

    /// What bundlers find at a path that names no file: packages that have only `"module"` are written for them
    /// alone, and leave out endings and `index.js`.
    fn for_bundlers(&self, path: &Path) -> Result<Option<PathBuf>, HostError> {
        let scope = self.scope(path.parent().unwrap_or(path))?;
        let bundled = scope.is_some_and(|package| {
            package.module.is_some() && package.main.is_none() && package.exports.is_none()
        });
        Ok(match bundled {
            true => self.as_file(path).or_else(|| self.as_index(path)),
            false => None,
        })
    }

    fn real(&self, path: PathBuf, suffix: String) -> Result<Location, HostError> {
        let real = self.files.canonicalize(&path)?;
        Ok(Location::File(real, suffix))
    }

    /// An error that names the flag if `path` is in no folder that may be read.
    fn check_readable(&self, path: &Path, importer: &Importer) -> Result<(), HostError> {
        let located = self.files.locate(path, Access::Read);
        located.map(|_| ()).map_err(|mut error| {
            let by = importer.to_string();
            if !by.is_empty() {
                error.message = format!("{} ({})", error.message, by.trim_start());
            }
            error
        })
    }

    /// `PACKAGE_IMPORTS_RESOLVE` from the importer's package.
    fn internal(
        &self,
        specifier: &str,
        importer: &Importer,
        mode: Mode,
    ) -> Result<Location, HostError> {
        if specifier == "#" || specifier.starts_with("#/") {
            let message = format!(
                "Invalid module \"{specifier}\" is not a valid internal imports specifier name{importer}"
            );
            return Err(invalid_specifier(message));
        }
        let package = match importer.parent() {
            Some(folder) => self.scope(&folder)?,
            None => None,
        };
        let target = match &package {
            Some(package) => package.resolve_import(specifier, mode, importer)?,
            None => None,
        };
        let Some(package) = package.as_ref().filter(|_| target.is_some()) else {
            let of = match &package {
                Some(package) => format!(
                    " in package {}",
                    package.folder.join("package.json").display()
                ),
                None => String::new(),
            };
            let message =
                format!("Package import specifier \"{specifier}\" is not defined{of}{importer}");
            let error = HostError::type_error(message);
            return Err(error.with_code("ERR_PACKAGE_IMPORT_NOT_DEFINED"));
        };
        match target {
            Some(Target::File(path)) => {
                self.finish(normalize(&path), String::new(), specifier, importer)
            }
            Some(Target::Specifier(target)) => {
                if let Some(builtin) = self.builtin(&target)? {
                    return Ok(builtin);
                }
                let base =
                    Importer::new(super::url::from_path(&package.folder.join("package.json")));
                let path = self.bare(&target, &base, mode)?;
                self.finish(path, String::new(), &target, &base)
            }
            None => unreachable!("the target was just found"),
        }
    }

    /// `PACKAGE_RESOLVE`, and `LOAD_PACKAGE_SELF` with `LOAD_NODE_MODULES`. Returns a path, not yet real.
    fn bare(&self, specifier: &str, importer: &Importer, mode: Mode) -> Result<PathBuf, HostError> {
        let (name, subpath) = split_package(specifier).ok_or_else(|| {
            let message =
                format!("Invalid module \"{specifier}\" is not a valid package name{importer}");
            invalid_specifier(message)
        })?;
        let Some(start) = importer.parent() else {
            let message = format!(
                "Cannot resolve '{specifier}'{importer}: packages are looked up from the folder of a file"
            );
            return Err(HostError::type_error(message).with_code("ERR_UNSUPPORTED_RESOLVE_REQUEST"));
        };
        if let Some(package) = self.scope(&start)?
            && package.exports.is_some()
            && package.name.as_deref() == Some(name)
        {
            return package.resolve_export(&subpath, mode, importer);
        }
        let mut outside = None;
        for folder in start.ancestors() {
            if folder
                .file_name()
                .is_some_and(|name| name == "node_modules")
            {
                continue;
            }
            let modules = folder.join("node_modules");
            if self.files.locate(&modules, Access::Read).is_err() {
                outside.get_or_insert_with(|| folder.to_owned());
                continue;
            }
            let candidate = modules.join(name);
            if let Some(path) = self.in_package(&candidate, specifier, &subpath, importer, mode)? {
                return Ok(path);
            }
        }
        Err(missing::package(
            specifier,
            name,
            &start,
            outside.as_deref(),
            importer,
            code(mode),
        ))
    }

    /// What `candidate`, a folder in `node_modules`, has for the subpath. `None`: look further up.
    fn in_package(
        &self,
        candidate: &Path,
        specifier: &str,
        subpath: &str,
        importer: &Importer,
        mode: Mode,
    ) -> Result<Option<PathBuf>, HostError> {
        let is_folder = self.files.kind(candidate) == Some(FileKind::Directory);
        let package = match is_folder {
            true => self.package(candidate)?,
            false => None,
        };
        if let Some(package) = package.as_ref().filter(|package| package.exports.is_some()) {
            let path = package.resolve_export(subpath, mode, importer)?;
            return Ok(Some(normalize(&path)));
        }
        let path = normalize(&candidate.join(subpath));
        if mode == Mode::Require {
            let file = match subpath.ends_with('/') {
                true => None,
                false => self.as_file(&path),
            };
            return Ok(file.or_else(|| self.as_folder(&path)));
        }
        if !is_folder {
            return Ok(None);
        }
        if subpath != "." {
            return Ok(Some(path));
        }
        let module = package
            .as_ref()
            .and_then(|package| package.module.as_deref());
        let module = module.map(|module| normalize(&candidate.join(module)));
        match self.as_folder(candidate).or(module) {
            Some(path) => Ok(Some(path)),
            None => Err(missing::main(
                specifier,
                candidate,
                package.as_deref(),
                importer,
            )),
        }
    }

    /// `LOAD_AS_FILE`.
    fn as_file(&self, path: &Path) -> Option<PathBuf> {
        let mut candidates = vec![path.to_owned()];
        candidates.extend([".js", ".json", ".node"].map(|ending| with_ending(path, ending)));
        candidates
            .into_iter()
            .find(|path| self.files.kind(path) == Some(FileKind::File))
    }

    /// `LOAD_AS_DIRECTORY`, also `LEGACY_MAIN_RESOLVE`.
    fn as_folder(&self, folder: &Path) -> Option<PathBuf> {
        if self.files.kind(folder) != Some(FileKind::Directory) {
            return None;
        }
        let package = self.package(folder).ok().flatten();
        let main = package.as_ref().and_then(|package| package.main.as_deref());
        let main = main.filter(|main| !main.is_empty());
        if let Some(main) = main {
            let path = normalize(&folder.join(main));
            let found = self.as_file(&path).or_else(|| self.as_index(&path));
            if found.is_some() {
                return found;
            }
        }
        self.as_index(folder)
    }

    fn as_index(&self, folder: &Path) -> Option<PathBuf> {
        ["index.js", "index.json", "index.node"]
            .into_iter()
            .map(|name| folder.join(name))
            .find(|path| self.files.kind(path) == Some(FileKind::File))
    }

    /// The main module of a package in this folder: `exports`, then `main`, then index.
    pub(super) fn main_of(&self, folder: &Path, importer: &Importer) -> Result<PathBuf, HostError> {
        let package = self.package(folder)?;
        if let Some(package) = package.as_ref().filter(|package| package.exports.is_some()) {
            return package.resolve_export(".", Mode::Import, importer);
        }
        let found = self.as_folder(folder);
        let found = found.or_else(|| {
            let path = folder.join("index.mjs");
            (self.files.kind(&path) == Some(FileKind::File)).then_some(path)
        });
        found.ok_or_else(|| {
            let path = folder.display();
            missing::main(&path.to_string(), folder, package.as_deref(), importer)
        })
    }

    /// The package.json of exactly this folder.
    pub(super) fn package(&self, folder: &Path) -> Result<Option<Rc<Package>>, HostError> {
        if let Some(known) = self.packages.borrow().get(folder) {
            return Ok(known.clone());
        }
        let path = folder.join("package.json");
        let package = match self.files.kind(&path) {
            Some(FileKind::File) => {
                let bytes = self.files.read(&path)?;
                Some(Rc::new(Package::parse(folder, &bytes)?))
            }
            _ => None,
        };
        let mut packages = self.packages.borrow_mut();
        packages.insert(folder.to_owned(), package.clone());
        Ok(package)
    }

    /// `LOOKUP_PACKAGE_SCOPE`: the nearest package.json of a folder or those above.
    pub(super) fn scope(&self, folder: &Path) -> Result<Option<Rc<Package>>, HostError> {
        for folder in folder.ancestors() {
            if folder
                .file_name()
                .is_some_and(|name| name == "node_modules")
            {
                return Ok(None);
            }
            if let Some(package) = self.package(folder)? {
                return Ok(Some(package));
            }
        }
        Ok(None)
    }

    /// What `"type"` of the package says that a file is in.
    pub(super) fn package_type(&self, file: &Path) -> Result<PackageType, HostError> {
        let folder = file.parent().unwrap_or(file);
        let scope = self.scope(folder)?;
        Ok(scope.map_or(PackageType::Unstated, |package| package.kind))
    }
}

fn code(mode: Mode) -> &'static str {
    match mode {
        Mode::Import => "ERR_MODULE_NOT_FOUND",
        Mode::Require => "MODULE_NOT_FOUND",
    }
}

fn invalid_specifier(message: String) -> HostError {
    HostError::new(ErrorClass::Type, message).with_code("ERR_INVALID_MODULE_SPECIFIER")
}

/// Whether it begins with `./` or `../`.
fn is_relative(specifier: &str) -> bool {
    let path = Path::new(specifier);
    let first = path.components().next();
    matches!(first, Some(Component::CurDir | Component::ParentDir)) && specifier.starts_with('.')
}

fn suffix(url: &Url) -> String {
    let query = url.query().map(|query| format!("?{query}"));
    let fragment = url.fragment().map(|fragment| format!("#{fragment}"));
    query.unwrap_or_default() + &fragment.unwrap_or_default()
}

/// `path` with text appended to its last part.
pub(super) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Takes `@scope/name/sub/path` apart into the name of the package and `./sub/path`, or `.`.
fn split_package(specifier: &str) -> Option<(&str, String)> {
    let mut slashes = specifier.match_indices('/').map(|(at, _)| at);
    let end = match specifier.starts_with('@') {
        true => {
            slashes.next()?;
            slashes.next()
        }
        false => slashes.next(),
    };
    let name = &specifier[..end.unwrap_or(specifier.len())];
    if name.is_empty() || name.starts_with('.') || name.contains(['\\', '%']) {
        return None;
    }
    let subpath = format!(".{}", &specifier[name.len()..]);
    Some((name, subpath))
}
