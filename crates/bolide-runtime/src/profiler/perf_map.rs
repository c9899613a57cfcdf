//! `/tmp/perf-PID.map`: a line with address, size (both hexadecimal) and name for each function.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};

static FILE: Mutex<Option<File>> = Mutex::new(None);

/// The folder is part of the interface: it is not the folder for temporary files.
pub(super) fn path() -> PathBuf {
    format!("/tmp/perf-{}.map", std::process::id()).into()
}

fn lock() -> MutexGuard<'static, Option<File>> {
    FILE.lock().unwrap_or_else(|e| e.into_inner())
}

/// Makes the file, unless this process has.
pub(super) fn open() -> io::Result<()> {
    let mut file = lock();
    if file.is_none() {
        // Everybody may make links in that folder.
        let mut options = OpenOptions::new();
        options
            .create(true)
            .write(true)
            .truncate(true)
            .custom_flags(libc::O_NOFOLLOW);
        *file = Some(options.open(path())?);
    }
    Ok(())
}

pub(super) fn register(code: &[u8], name: &str) {
    if let Some(file) = &mut *lock() {
        // One write, so that lines are whole when the process is killed.
        let line = format!("{:x} {:x} {name}\n", code.as_ptr() as usize, code.len());
        let _ = file.write_all(line.as_bytes());
    }
}
