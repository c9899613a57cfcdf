//! Names of modules: `file:` URLs, and who imports whom.

use std::fmt;
use std::path::{Path, PathBuf};

use url::Url;

/// The URL of an absolute path, escaped as Node's `pathToFileURL` does.
pub(crate) fn file_url(path: &Path) -> String {
    let mut url = String::from("file://");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => url.push(char::from(*byte)),
            b'/' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b'-' | b'.'
            | b':' | b';' | b'=' | b'@' | b'_' => url.push(char::from(*byte)),
            _ => url.push_str(&format!("%{byte:02X}")),
        }
    }
    url
}

/// As [`file_url`], to be taken apart.
pub(super) fn from_path(path: &Path) -> Url {
    Url::parse(&file_url(path)).expect("an absolute path makes a URL")
}

/// The path of a `file:` URL.
pub(super) fn to_path(url: &Url) -> Option<PathBuf> {
    match url.scheme() {
        "file" => url.to_file_path().ok(),
        _ => None,
    }
}

/// The module that a specifier stands in.
#[derive(Clone, Debug)]
pub(crate) struct Importer {
    pub(super) url: Url,
    /// What errors call it; empty for code without a file.
    name: String,
}

impl Importer {
    /// The importer of this URL.
    pub(super) fn new(url: Url) -> Importer {
        let name = match to_path(&url) {
            Some(path) => path.display().to_string(),
            None if url.scheme() == "data" => "a data: URL".to_owned(),
            None => url.to_string(),
        };
        Importer { url, name }
    }

    /// Code of a folder that stands in no file, such as that of `-e`.
    pub(super) fn folder(folder: &Path, name: &str) -> Importer {
        Importer {
            url: from_path(&folder.join(name)),
            name: String::new(),
        }
    }

    pub(super) fn path(&self) -> Option<PathBuf> {
        to_path(&self.url)
    }

    /// The folder that bare specifiers are looked up from.
    pub(super) fn parent(&self) -> Option<PathBuf> {
        Some(self.path()?.parent()?.to_owned())
    }
}

/// Reads ` imported from …`.
impl fmt::Display for Importer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.is_empty() {
            true => Ok(()),
            false => write!(f, " imported from {}", self.name),
        }
    }
}
