//! Modules from files.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;

use bolide::{ModuleError, ModuleErrorKind, SourceKind};

use crate::failure::Failure;

/// Names to suggest at most.
const SUGGESTIONS: usize = 3;

/// A module's bytes before they are validated.
pub(crate) struct Source {
    /// How the user calls the file.
    pub(crate) name: String,
    /// The module in binary form, or what was given instead of a module.
    pub(crate) binary: Vec<u8>,
}

impl Source {
    /// Reads a file (`-`: standard input), which may have the binary or the text format.
    pub(crate) fn read(path: &Path) -> Result<Source, Failure> {
        Source::from_bytes(display(path), read(path)?)
    }

    /// From bytes that were read.
    pub(crate) fn from_bytes(name: String, bytes: Vec<u8>) -> Result<Source, Failure> {
        if SourceKind::detect(&bytes) != SourceKind::Text {
            return Ok(Source {
                name,
                binary: bytes,
            });
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let offset = error.utf8_error().valid_up_to();
            Failure::new(format!("cannot load {name}"))
                .with_cause(format!("the text is not valid UTF-8 at offset {offset:#x}"))
                .with_help("save it as UTF-8")
        })?;
        match bolide::parse_text(&text) {
            Ok(binary) => Ok(Source { name, binary }),
            Err(error) => Err(invalid(&name, &error, Some(&text))),
        }
    }
}

/// How a file is called in messages.
pub(crate) fn display(path: &Path) -> String {
    if path == Path::new("-") {
        return "standard input".to_owned();
    }
    format!("`{}`", crate::terminal::printable(&path.to_string_lossy()))
}

/// Reads a file (`-`: standard input).
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let name = display(path);
    if path != Path::new("-") {
        return read_file(path, &name);
    }
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().read_to_end(&mut bytes);
    read.map_err(|error| Failure::new(format!("cannot read {name}: {error}")))?;
    Ok(bytes)
}

/// Reads a file.
pub(crate) fn read_file(path: &Path, name: &str) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| unreadable(path, name, &error))
}

#[cold]
pub(crate) fn unreadable(path: &Path, name: &str, error: &std::io::Error) -> Failure {
    if path.is_dir() {
        let failure = Failure::new(format!("{name} is a directory"));
        return match modules_in(path).as_slice() {
            [] => failure.with_help("give the name of a `.wasm` or `.wat` file"),
            modules => failure.with_help(format!("it contains {}", list(modules))),
        };
    }
    match error.kind() {
        ErrorKind::NotFound => {
            let failure = Failure::new(format!("{name} does not exist"));
            match nearest_files(path).as_slice() {
                [] => failure,
                nearest => failure.with_help(format!("did you mean {}?", list(nearest))),
            }
        }
        ErrorKind::PermissionDenied => Failure::new(format!("no permission to read {name}"))
            .with_help("change its permissions with `chmod`, or run as a user who may read it"),
        _ => Failure::new(format!("cannot read {name}")).with_cause(error.to_string()),
    }
}

fn list(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// Modules in a directory, by their names.
fn modules_in(directory: &Path) -> Vec<String> {
    let mut modules: Vec<String> = entries(directory)
        .filter(|name| name.ends_with(".wasm") || name.ends_with(".wat"))
        .map(|name| directory.join(name).display().to_string())
        .collect();
    modules.sort();
    modules.truncate(SUGGESTIONS);
    modules
}

/// Files whose names are like that of one that does not exist.
fn nearest_files(path: &Path) -> Vec<String> {
    let Some(wanted) = path.file_name().map(|name| name.to_string_lossy()) else {
        return Vec::new();
    };
    let parent = path.parent().unwrap_or(Path::new(""));
    let directory = match parent.as_os_str().is_empty() {
        true => Path::new("."),
        false => parent,
    };
    nearest(&wanted, entries(directory))
        .into_iter()
        .map(|name| parent.join(name).display().to_string())
        .collect()
}

fn entries(directory: &Path) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(directory).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
}

/// The names that `wanted` is most likely a mistake for, most likely first.
pub(crate) fn nearest(wanted: &str, names: impl Iterator<Item = String>) -> Vec<String> {
    let mut near: Vec<(f64, String)> = names
        .map(|name| {
            let begins = !wanted.is_empty() && name.starts_with(wanted);
            let likeness = match begins {
                true => 1.0,
                false => strsim::normalized_damerau_levenshtein(&name, wanted),
            };
            (likeness, name)
        })
        .filter(|(likeness, _)| *likeness >= 0.6)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    near.into_iter()
        .take(SUGGESTIONS)
        .map(|(_, name)| name)
        .collect()
}

/// A file that is no valid module. `text` is the module's text, if it was given in text form.
#[cold]
pub(crate) fn invalid(name: &str, error: &ModuleError, text: Option<&str>) -> Failure {
    let full = error.to_string();
    let message = match error.help() {
        Some(help) => full
            .strip_suffix(help)
            .unwrap_or(&full)
            .trim_end_matches("; "),
        None => &full,
    };
    let mut failure = Failure::new(format!("{name} is not a valid WebAssembly module"));
    if let ModuleErrorKind::WrongFormat(_) = error.kind() {
        failure = Failure::new(format!("{name} is not a WebAssembly module"));
    }
    failure = failure.with_cause(crate::terminal::printable(message));
    if let (ModuleErrorKind::Text { line, column }, Some(text)) = (error.kind(), text) {
        failure = failure.with_details(excerpt(text, line, column));
    }
    match error.help() {
        Some(help) => failure.with_help(help),
        None => failure,
    }
}

/// The line with an error and a mark below the place.
fn excerpt(text: &str, line: u32, column: u32) -> String {
    const WIDEST: usize = 100;
    let content = text.lines().nth(line as usize - 1).unwrap_or_default();
    // Columns count bytes.
    let before = content.get(..column as usize - 1).unwrap_or(content);
    let before = before.replace('\t', " ");
    let content = content.replace('\t', " ");
    let mark = unicode_width::UnicodeWidthStr::width(before.as_str());
    let number = line.to_string();
    let margin = " ".repeat(number.len());
    if mark > WIDEST {
        return String::new();
    }
    let content = crate::terminal::fit(&content, WIDEST);
    let mark = " ".repeat(mark);
    format!("  {margin} |\n  {number} | {content}\n  {margin} | {mark}^")
}
