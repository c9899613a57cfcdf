//! Errors about modules that are not there: what was looked for, by whom, and what to do.

use std::path::{Path, PathBuf};

use super::package::Package;
use super::resolve::with_ending;
use super::url::Importer;
use crate::error::HostError;
use crate::files::{Access, FileKind, Files};

/// Endings that people leave out.
const ENDINGS: [&str; 6] = [".js", ".mjs", ".cjs", ".json", ".wasm", ".ts"];

/// `import` of a file that does not exist.
pub(super) fn imported(
    files: &Files,
    specifier: &str,
    path: &Path,
    importer: &Importer,
) -> HostError {
    let hint = suggestion(files, specifier, path);
    let message = format!("Cannot find module '{}'{importer}{hint}", path.display());
    HostError::error(message).with_code("ERR_MODULE_NOT_FOUND")
}

/// `import` of a folder.
pub(super) fn directory(
    files: &Files,
    specifier: &str,
    path: &Path,
    importer: &Importer,
) -> HostError {
    let hint = suggestion(files, specifier, path);
    let message = format!(
        "Directory import '{}' is not supported resolving ES modules{importer}{hint}",
        path.display()
    );
    HostError::error(message).with_code("ERR_UNSUPPORTED_DIR_IMPORT")
}

/// `require` of a path that leads nowhere.
pub(super) fn required(
    files: &Files,
    specifier: &str,
    path: &Path,
    importer: &Importer,
) -> HostError {
    let hint = suggestion(files, specifier, path);
    let tried = format!(
        "\nTried {0}, {0}.js, {0}.json and index.js in it",
        path.display()
    );
    let message = format!("Cannot find module '{specifier}'{importer}{tried}{hint}");
    HostError::error(message).with_code("MODULE_NOT_FOUND")
}

/// A package that is in no `node_modules`.
pub(super) fn package(
    specifier: &str,
    name: &str,
    start: &Path,
    outside: Option<&Path>,
    importer: &Importer,
    code: &'static str,
) -> HostError {
    if is_of_node(specifier) {
        return of_node(specifier, importer, code);
    }
    let what = match code {
        "MODULE_NOT_FOUND" => format!("Cannot find module '{specifier}'"),
        _ => format!("Cannot find package '{name}'"),
    };
    let hint = match outside {
        // Only what the script may not read was not searched.
        Some(folder) => format!(
            "\nSearched node_modules in {} and the folders above it that may be read; `--dir {}:ro` allows reading further up",
            start.display(),
            folder.display()
        ),
        None => format!(
            "\nSearched node_modules in {} and all folders above it; `npm install {name}` installs it",
            start.display()
        ),
    };
    HostError::error(format!("{what}{importer}{hint}")).with_code(code)
}

/// The modules of Node 24 that Bolide has not. Those from `sea` on are only found with `node:`.
const OF_NODE: [&str; 19] = [
    "_http_agent",
    "_http_client",
    "_http_common",
    "_http_incoming",
    "_http_outgoing",
    "_http_server",
    "_stream_duplex",
    "_stream_passthrough",
    "_stream_readable",
    "_stream_transform",
    "_stream_wrap",
    "_stream_writable",
    "_tls_common",
    "_tls_wrap",
    "punycode",
    "sea",
    "sqlite",
    "test",
    "test/reporters",
];

/// Whether Node has a module that is imported like this, and Bolide has not.
fn is_of_node(specifier: &str) -> bool {
    match specifier.strip_prefix("node:") {
        Some(name) => OF_NODE.contains(&name),
        None => OF_NODE[..15].contains(&specifier),
    }
}

fn of_node(specifier: &str, importer: &Importer, code: &'static str) -> HostError {
    let hint = match specifier {
        "punycode" => "\nThe package of the same name has it: `npm install punycode`",
        _ => "",
    };
    let message = format!("Bolide has no Node module `{specifier}`{importer}{hint}");
    HostError::error(message).with_code(code)
}

/// A specifier that begins with `node:` and names nothing.
pub(super) fn builtin(specifier: &str) -> HostError {
    let message = match is_of_node(specifier) {
        true => format!("Bolide has no Node module `{specifier}`"),
        false => format!("No such built-in module: {specifier}"),
    };
    HostError::error(message).with_code("ERR_UNKNOWN_BUILTIN_MODULE")
}

/// A package whose main module does not exist.
pub(super) fn main(
    specifier: &str,
    folder: &Path,
    package: Option<&Package>,
    importer: &Importer,
) -> HostError {
    let stated = match package.and_then(|package| package.main.as_deref()) {
        Some(main) => format!("\"main\" in its package.json is \"{main}\", which does not exist"),
        None => "it has neither \"exports\" nor \"main\" in package.json, nor index.js".to_owned(),
    };
    let message = format!(
        "Cannot find package '{specifier}'{importer}: {} has no main module; {stated}",
        folder.display()
    );
    HostError::error(message).with_code("ERR_MODULE_NOT_FOUND")
}

/// What was probably meant.
fn suggestion(files: &Files, specifier: &str, path: &Path) -> String {
    let exists = |path: &PathBuf| files.kind(path) == Some(FileKind::File);
    let bare = specifier.trim_end_matches('/');
    for ending in ENDINGS {
        if exists(&with_ending(path, ending)) {
            return did_you_mean(&format!("{bare}{ending}"));
        }
    }
    for index in ["index.js", "index.mjs", "index.cjs"] {
        if exists(&path.join(index)) {
            return did_you_mean(&format!("{bare}/{index}"));
        }
    }
    match similar(files, path) {
        Some(name) => {
            let folder = bare.rsplit_once('/').map_or(".", |(folder, _)| folder);
            did_you_mean(&format!("{folder}/{name}"))
        }
        None => String::new(),
    }
}

fn did_you_mean(specifier: &str) -> String {
    format!("\nDid you mean to import \"{specifier}\"?")
}

/// The name of a file in the same folder that differs by case, ending, or a letter or two.
fn similar(files: &Files, path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let located = files.locate(path.parent()?, Access::Read).ok()?;
    let entries = located.dir.read_dir(&located.path).ok()?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let stem = |name: &str| {
        name.rsplit_once('.')
            .map_or(name.to_owned(), |(stem, _)| stem.to_owned())
    };
    let distance = |other: &str| match other.eq_ignore_ascii_case(name) {
        true => 0,
        false if stem(other) == stem(name) => 1,
        false => 1 + strsim::damerau_levenshtein(other, name),
    };
    let candidates = names.map(|other| (distance(&other), other));
    let (distance, best) = candidates.min()?;
    (distance <= 3 && distance < name.len()).then_some(best)
}
