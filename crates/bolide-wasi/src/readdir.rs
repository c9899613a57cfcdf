//! Reading directories from where a cookie points.

use crate::Errno;
use crate::types::FileType;
use cap_std::fs::Dir;
use rustix::fs::{AtFlags, Mode, OFlags, RawDir, SeekFrom};
use std::collections::VecDeque;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;

/// An entry of a directory other than `.` and `..`.
pub(crate) struct RawEntry {
    pub(crate) ino: u64,
    pub(crate) filetype: FileType,
    pub(crate) name: Vec<u8>,
}

/// A directory being read, entry by entry.
///
/// Entries are numbered in the order in which the kernel reports them, because the kernel's own
/// positions need 64 bits, which `telldir` in a 32-bit guest does not have. Beside each number the
/// kernel's position is kept, so that resuming anywhere costs one seek, and resuming where the
/// last call stopped costs nothing.
pub(crate) struct DirStream {
    fd: OwnedFd,
    /// `positions[i]` is the kernel's position after entry `i`.
    positions: Vec<u64>,
    /// Entries already taken from the kernel.
    window: VecDeque<RawEntry>,
    /// The number of the first entry in `window`.
    window_start: usize,
}

/// Bytes asked from the kernel at once.
const CHUNK: usize = 32 * 1024;

impl DirStream {
    pub(crate) fn open(dir: &Dir) -> Result<DirStream, Errno> {
        // `.` is the directory itself, so nothing is resolved that could lead elsewhere.
        let fd = rustix::fs::openat(
            dir,
            c".",
            OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        Ok(DirStream {
            fd,
            positions: Vec::new(),
            window: VecDeque::new(),
            window_start: 0,
        })
    }

    /// Forgets what was read: the directory is read anew.
    pub(crate) fn rewind(&mut self) -> Result<(), Errno> {
        self.positions.clear();
        self.window.clear();
        self.window_start = 0;
        rustix::fs::seek(&self.fd, SeekFrom::Start(0))?;
        Ok(())
    }

    /// Entry number `index`, or `None` behind the last one.
    pub(crate) fn entry(&mut self, index: usize) -> Result<Option<&RawEntry>, Errno> {
        if index < self.window_start {
            self.seek(index)?;
        }
        while index >= self.window_start + self.window.len() {
            let end = self.window_start + self.window.len();
            if index > end && end < self.positions.len() {
                self.seek(index.min(self.positions.len()))?;
                continue;
            }
            self.window_start = end;
            self.window.clear();
            if !self.refill()? {
                return Ok(None);
            }
        }
        Ok(self.window.get(index - self.window_start))
    }

    /// Continues before entry `index`, whose predecessor has been read before.
    fn seek(&mut self, index: usize) -> Result<(), Errno> {
        let position = match index {
            0 => 0,
            _ => self.positions[index - 1],
        };
        rustix::fs::seek(&self.fd, SeekFrom::Start(position))?;
        self.window.clear();
        self.window_start = index;
        Ok(())
    }

    /// Takes the next entries from the kernel; false at the end of the directory.
    fn refill(&mut self) -> Result<bool, Errno> {
        let mut buffer = [const { MaybeUninit::uninit() }; CHUNK];
        while self.window.is_empty() {
            let mut raw = RawDir::new(&self.fd, &mut buffer);
            let mut any = false;
            while let Some(entry) = raw.next() {
                let entry = match entry {
                    // The directory itself was removed: it has no more entries.
                    Err(rustix::io::Errno::NOENT) => break,
                    entry => entry?,
                };
                any = true;
                let name = entry.file_name();
                if name != c"." && name != c".." {
                    let filetype = match entry.file_type() {
                        rustix::fs::FileType::Unknown => self.filetype_of(name),
                        known => known.into(),
                    };
                    let index = self.window_start + self.window.len();
                    let position = entry.next_entry_cookie();
                    match self.positions.get_mut(index) {
                        Some(known) => *known = position,
                        None => self.positions.push(position),
                    }
                    self.window.push_back(RawEntry {
                        ino: entry.ino(),
                        filetype,
                        name: name.to_bytes().to_vec(),
                    });
                }
                if raw.is_buffer_empty() {
                    break;
                }
            }
            if !any {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// For file systems that do not keep the type in the directory.
    fn filetype_of(&self, name: &std::ffi::CStr) -> FileType {
        rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW)
            .map_or(FileType::Unknown, |stat| {
                rustix::fs::FileType::from_raw_mode(stat.st_mode).into()
            })
    }
}
