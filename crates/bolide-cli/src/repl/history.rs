//! What was entered in earlier sessions.

use std::fs;
use std::path::{Path, PathBuf};

use rustyline::history::FileHistory;
use rustyline::{Editor, Helper};

/// The file of the history, as the XDG Base Directory Specification says; `None` if there is no home.
pub(super) fn file() -> Option<PathBuf> {
    let absolute = |name| {
        let path = PathBuf::from(std::env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    let state = absolute("XDG_STATE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/state")))?;
    Some(state.join("bolide/repl_history"))
}

/// Saves the history. A place that cannot be written is no reason to complain.
pub(super) fn save<H: Helper>(editor: &mut Editor<H, FileHistory>, file: &Path) {
    if let Some(folder) = file.parent() {
        let _ = fs::create_dir_all(folder);
    }
    let _ = editor.save_history(file);
}
