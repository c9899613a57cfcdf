//! One process at a time.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::error::{Error, Result};
use crate::report::Report;

/// Waits until no other process holds the file, and holds it until it is dropped.
///
/// If another process has it, the user is told that Bolide waits for `what`.
pub(crate) fn lock(file: &Path, what: &str, report: &mut dyn Report) -> Result<File> {
    let cannot_lock = |e| Error::io("lock", file, &e);
    let lock = File::create(file).map_err(cannot_lock)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            report.step("Waiting", &format_args!("for {what}"));
            lock.lock().map_err(cannot_lock)?;
        }
        Err(TryLockError::Error(error)) => return Err(cannot_lock(error)),
    }
    Ok(lock)
}
