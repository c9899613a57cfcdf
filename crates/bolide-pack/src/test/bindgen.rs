//! The glue of a module with tests, and where it is kept.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tempfile::TempDir;
use wasm_bindgen_cli_support::Bindgen;

use crate::error::{Error, Result};
use crate::glue::schema;
use crate::panics;

/// The name of the glue, before `.js` and `_bg.wasm`.
pub(super) const NAME: &str = "tests";

/// The part of a host that is the same in all of them.
const HARNESS: &str = include_str!("js/harness.mjs");

/// A folder with what a host needs to run a module's tests.
#[derive(Debug)]
pub(super) struct Glue {
    folder: PathBuf,
    /// Deletes the folder, if it is not kept for the next run.
    _temporary: Option<TempDir>,
}

impl Glue {
    /// The glue of the module `wasm`, whose content is `bytes`.
    ///
    /// It is kept beside what cargo makes, so that another run of the same tests finds it: cargo-nextest, say, starts a process
    /// for each test.
    pub(super) fn of(wasm: &Path, bytes: Vec<u8>) -> Result<Glue> {
        let Some((parent, prefix, name)) = place(wasm) else {
            return temporary(wasm, bytes);
        };
        let folder = parent.join(&name);
        let kept = |folder: PathBuf| Glue {
            folder,
            _temporary: None,
        };
        if folder.is_dir() {
            return Ok(kept(folder));
        }
        let new = match fs::create_dir_all(&parent)
            .and_then(|()| tempfile::Builder::new().prefix(".new-").tempdir_in(&parent))
        {
            Ok(new) => new,
            // Folders may be read-only, such as those of an archive.
            Err(_) => return temporary(wasm, bytes),
        };
        write(wasm, bytes, new.path())?;
        remove_others(&parent, &prefix, &name);
        if fs::rename(new.path(), &folder).is_ok() {
            // It is no longer there under its temporary name.
            let _ = new.keep();
        } else if !folder.is_dir() {
            let folder = new.path().to_owned();
            return Ok(Glue {
                folder,
                _temporary: Some(new),
            });
        }
        Ok(kept(folder))
    }

    /// A module that needs no glue, in place of one with glue.
    pub(super) fn none(bytes: Vec<u8>) -> Result<Glue> {
        let folder = temporary_folder()?;
        let write = |name: &str, content: &[u8]| {
            let file = folder.path().join(name);
            fs::write(&file, content).map_err(|e| Error::io("write", &file, &e))
        };
        write(&format!("{NAME}_bg.wasm"), &bytes)?;
        write(&format!("{NAME}.js"), include_bytes!("js/no-glue.js"))?;
        write("harness.mjs", HARNESS.as_bytes())?;
        Ok(Glue {
            folder: folder.path().to_owned(),
            _temporary: Some(folder),
        })
    }

    /// The absolute path of the folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Where the glue of a module in cargo's folder `deps` is kept: the folder, what the names of all glue of the module begin
/// with, and the name of that which is up to date.
fn place(wasm: &Path) -> Option<(PathBuf, String, String)> {
    let deps = wasm.parent()?;
    if deps.file_name()? != "deps" {
        return None;
    }
    let metadata = fs::metadata(wasm).ok()?;
    let modified = metadata.modified().ok()?;
    let age = modified.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    let mut hasher = DefaultHasher::new();
    (age, metadata.len(), env!("CARGO_PKG_VERSION"), HARNESS).hash(&mut hasher);
    let prefix = format!("{}-", wasm.file_stem()?.to_str()?);
    let name = format!("{prefix}{:016x}", hasher.finish());
    Some((deps.parent()?.join("bolide-test"), prefix, name))
}

/// Removes the glue of older builds. That which is called `current` may have been made by another process in the meantime.
fn remove_others(parent: &Path, prefix: &str, current: &str) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for entry in entries.filter_map(|entry| entry.ok()) {
        let name = entry.file_name();
        if (name.to_str()).is_some_and(|name| name.starts_with(prefix) && name != current) {
            // What cannot be removed is in nobody's way.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn temporary(wasm: &Path, bytes: Vec<u8>) -> Result<Glue> {
    let folder = temporary_folder()?;
    write(wasm, bytes, folder.path())?;
    Ok(Glue {
        folder: folder.path().to_owned(),
        _temporary: Some(folder),
    })
}

fn temporary_folder() -> Result<TempDir> {
    tempfile::Builder::new()
        .prefix("bolide-test-")
        .tempdir()
        .map_err(|e| Error::io("create a folder in", &std::env::temp_dir(), &e))
}

/// Writes the glue and what goes with it.
fn write(wasm: &Path, bytes: Vec<u8>, folder: &Path) -> Result<()> {
    schema::check_test(wasm, &bytes)?;
    let cannot = |cause: String| {
        Error::new(format!("cannot make the glue of `{}`", wasm.display())).with_cause(cause)
    };
    panics::catch(|| generate(bytes, folder))
        .map_err(|panic| cannot(format!("wasm-bindgen gave up: {panic}")))?
        .map_err(|error| cannot(format!("{error:#}")))?;
    let file = folder.join("harness.mjs");
    fs::write(&file, HARNESS).map_err(|e| Error::io("write", &file, &e))
}

/// Runs wasm-bindgen, which may panic.
fn generate(bytes: Vec<u8>, folder: &Path) -> anyhow::Result<()> {
    Bindgen::new()
        .web(true)?
        .input_bytes(NAME, bytes)
        .debug(true)
        // Tests are exports that no glue is made for.
        .export_wasm(true)
        // The entry point of a binary with tests is the test harness of the standard library.
        .emit_start(false)
        .typescript(false)
        .generate(folder)
}
