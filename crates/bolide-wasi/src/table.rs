//! The guest's file descriptors.

use crate::Errno;
use crate::handle::Handle;
use crate::readdir::DirStream;
use crate::stream::{InputStream, OutputStream};
use crate::types::{DirPerms, FdFlags, FilePerms, FileStat, FileType, Rights};
use cap_std::fs::Dir;
use rustix::net::SocketType;
use std::collections::BTreeSet;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// A directory that the guest may name paths in.
pub(crate) struct DirEntry {
    pub(crate) dir: Dir,
    pub(crate) perms: Perms,
    /// The name under which the directory was preopened.
    pub(crate) preopen: Option<Vec<u8>>,
    /// Where the last `fd_readdir` stopped.
    pub(crate) stream: Option<DirStream>,
}

/// What the embedder allows under a preopened directory.
///
/// Rights are the guest's to give up; these are the host's, and hold for all that is opened through
/// the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Perms {
    pub(crate) dir: DirPerms,
    pub(crate) file: FilePerms,
}

impl Perms {
    /// For what the guest was given as a descriptor and not through a directory.
    pub(crate) const ALL: Perms = Perms {
        dir: DirPerms::all(),
        file: FilePerms::all(),
    };

    /// Fails as a file system that is mounted read-only does.
    pub(crate) fn require_mutate(self) -> Result<(), Errno> {
        if self.dir.contains(DirPerms::MUTATE) {
            Ok(())
        } else {
            Err(Errno::Rofs)
        }
    }

    /// Fails as a directory without read permission does.
    pub(crate) fn require_read(self) -> Result<(), Errno> {
        if self.dir.contains(DirPerms::READ) {
            Ok(())
        } else {
            Err(Errno::Acces)
        }
    }

    /// Whether everything allowed here is allowed there as well.
    pub(crate) fn within(self, other: Perms) -> bool {
        other.dir.contains(self.dir) && other.file.contains(self.file)
    }
}

/// An open file, terminal, pipe or device.
pub(crate) struct FileEntry {
    pub(crate) handle: Handle,
    pub(crate) filetype: FileType,
    /// Whether the file has a position, which terminals and pipes do not.
    pub(crate) seekable: bool,
    pub(crate) perms: Perms,
}

impl FileEntry {
    pub(crate) fn new(handle: Handle, filetype: FileType, perms: Perms) -> FileEntry {
        let seekable = match filetype {
            FileType::RegularFile | FileType::BlockDevice => true,
            FileType::CharacterDevice => !rustix::termios::isatty(&handle),
            _ => false,
        };
        FileEntry {
            handle,
            filetype,
            seekable,
            perms,
        }
    }

    /// The rights that make sense for this kind of file. Guests take a character device that
    /// cannot be sought in for a terminal.
    pub(crate) fn applicable_rights(&self) -> Rights {
        if self.seekable {
            Rights::REGULAR_FILE
        } else {
            Rights::REGULAR_FILE - Rights::FD_SEEK - Rights::FD_TELL
        }
    }
}

/// A socket; which side of a connection, or none yet.
pub(crate) struct SocketEntry {
    pub(crate) fd: OwnedFd,
    pub(crate) filetype: FileType,
}

/// What a file descriptor refers to.
pub(crate) enum Object {
    Dir(Box<DirEntry>),
    File(FileEntry),
    Socket(SocketEntry),
    Input(Box<dyn InputStream>),
    Output(Box<dyn OutputStream>),
}

impl Object {
    pub(crate) fn filetype(&self) -> FileType {
        let terminal = match self {
            Object::Dir(_) => return FileType::Directory,
            Object::File(file) => return file.filetype,
            Object::Socket(socket) => return socket.filetype,
            Object::Input(stream) => stream.is_terminal(),
            Object::Output(stream) => stream.is_terminal(),
        };
        if terminal {
            FileType::CharacterDevice
        } else {
            FileType::Unknown
        }
    }

    /// The operating system's handle, if there is one.
    pub(crate) fn host_fd(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Object::Dir(dir) => Some(dir.dir.as_fd()),
            Object::File(file) => Some(file.handle.as_fd()),
            Object::Socket(socket) => Some(socket.fd.as_fd()),
            Object::Input(_) | Object::Output(_) => None,
        }
    }

    /// What to wait on for reading or writing; without one the object is always ready.
    pub(crate) fn poll_fd(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Object::Dir(_) => None,
            // Regular files are always ready, and so is what poll(2) cannot wait on.
            Object::File(file) if file.filetype == FileType::RegularFile => None,
            Object::File(file) => Some(file.handle.as_fd()),
            Object::Socket(socket) => Some(socket.fd.as_fd()),
            Object::Input(stream) => stream.poll_handle(),
            Object::Output(stream) => stream.poll_handle(),
        }
    }

    pub(crate) fn filestat(&self) -> Result<FileStat, Errno> {
        let mut stat = match self.host_fd() {
            Some(fd) => FileStat::from(rustix::fs::fstat(fd)?),
            None => return Ok(FileStat::of_type(self.filetype())),
        };
        // Tells a datagram from a stream socket, which the mode does not.
        stat.filetype = self.filetype();
        Ok(stat)
    }
}

/// A file descriptor.
pub(crate) struct Entry {
    pub(crate) object: Object,
    pub(crate) flags: FdFlags,
    pub(crate) base: Rights,
    pub(crate) inheriting: Rights,
}

impl Entry {
    pub(crate) fn require(&self, rights: Rights) -> Result<(), Errno> {
        if self.base.contains(rights) {
            Ok(())
        } else {
            Err(Errno::Notcapable)
        }
    }

    /// Wraps what the guest is given from outside: the host's standard streams.
    pub(crate) fn stdio(handle: Handle, direction: Rights) -> Entry {
        let filetype = rustix::fs::fstat(&handle).map_or(FileType::Unknown, |stat| {
            rustix::fs::FileType::from_raw_mode(stat.st_mode).into()
        });
        let mut base = direction
            | Rights::FD_FDSTAT_SET_FLAGS
            | Rights::FD_FILESTAT_GET
            | Rights::POLL_FD_READWRITE;
        let file = FileEntry::new(handle, filetype, Perms::ALL);
        if file.seekable {
            base |= Rights::FD_SEEK | Rights::FD_TELL | Rights::FD_SYNC | Rights::FD_DATASYNC;
        }
        Entry {
            object: Object::File(file),
            flags: FdFlags::empty(),
            base,
            inheriting: Rights::empty(),
        }
    }

    /// Wraps a stream of the embedder.
    pub(crate) fn stream(object: Object, direction: Rights) -> Entry {
        Entry {
            object,
            flags: FdFlags::empty(),
            base: direction
                | Rights::FD_FDSTAT_SET_FLAGS
                | Rights::FD_FILESTAT_GET
                | Rights::POLL_FD_READWRITE,
            inheriting: Rights::empty(),
        }
    }

    /// Wraps a socket, connected or listening.
    pub(crate) fn socket(fd: OwnedFd, flags: FdFlags) -> Result<Entry, Errno> {
        let filetype = match rustix::net::sockopt::socket_type(&fd)? {
            SocketType::DGRAM => FileType::SocketDgram,
            _ => FileType::SocketStream,
        };
        let (base, inheriting) = if rustix::net::sockopt::socket_acceptconn(&fd)? {
            (Rights::LISTENER, Rights::SOCKET)
        } else {
            (Rights::SOCKET, Rights::empty())
        };
        Ok(Entry {
            object: Object::Socket(SocketEntry { fd, filetype }),
            flags,
            base,
            inheriting,
        })
    }

    /// Wraps a directory that the embedder opened for the guest.
    pub(crate) fn preopen(dir: Dir, name: Vec<u8>, perms: Perms) -> Entry {
        Entry {
            object: Object::Dir(Box::new(DirEntry {
                dir,
                perms,
                preopen: Some(name),
                stream: None,
            })),
            flags: FdFlags::empty(),
            base: Rights::DIRECTORY,
            inheriting: Rights::INHERITABLE,
        }
    }
}

/// The guest's file descriptors, by number.
#[derive(Default)]
pub(crate) struct Table {
    entries: Vec<Option<Entry>>,
    /// Closed numbers below `entries.len()`: the lowest is given out next, as POSIX does.
    free: BTreeSet<u32>,
}

impl Table {
    pub(crate) fn get(&self, fd: i32) -> Result<&Entry, Errno> {
        self.entries
            .get(fd as u32 as usize)
            .and_then(Option::as_ref)
            .ok_or(Errno::Badf)
    }

    pub(crate) fn get_mut(&mut self, fd: i32) -> Result<&mut Entry, Errno> {
        self.entries
            .get_mut(fd as u32 as usize)
            .and_then(Option::as_mut)
            .ok_or(Errno::Badf)
    }

    /// Adds a descriptor under the lowest free number.
    pub(crate) fn insert(&mut self, entry: Entry) -> Result<u32, Errno> {
        if let Some(fd) = self.free.pop_first() {
            self.entries[fd as usize] = Some(entry);
            return Ok(fd);
        }
        let fd = i32::try_from(self.entries.len()).map_err(|_| Errno::Mfile)?;
        self.entries.push(Some(entry));
        Ok(fd as u32)
    }

    pub(crate) fn remove(&mut self, fd: i32) -> Result<Entry, Errno> {
        let entry = self
            .entries
            .get_mut(fd as u32 as usize)
            .and_then(Option::take)
            .ok_or(Errno::Badf)?;
        self.free.insert(fd as u32);
        Ok(entry)
    }

    /// Moves descriptor `from` to the number of `to`, which is closed.
    pub(crate) fn renumber(&mut self, from: i32, to: i32) -> Result<(), Errno> {
        self.get(from)?;
        self.get(to)?;
        if from != to {
            let entry = self.remove(from)?;
            *self.get_mut(to)? = entry;
        }
        Ok(())
    }

    /// A directory with the rights to use it.
    pub(crate) fn dir(&self, fd: i32, rights: Rights) -> Result<(&Entry, &DirEntry), Errno> {
        let entry = self.get(fd)?;
        match &entry.object {
            Object::Dir(dir) => {
                entry.require(rights)?;
                Ok((entry, dir))
            }
            _ => Err(Errno::Notdir),
        }
    }

    /// A file with the rights to use it; `on_dir` is the error for a directory.
    pub(crate) fn file(
        &self,
        fd: i32,
        rights: Rights,
        on_dir: Errno,
    ) -> Result<(&Entry, &FileEntry), Errno> {
        let entry = self.get(fd)?;
        match &entry.object {
            Object::File(file) => {
                entry.require(rights)?;
                Ok((entry, file))
            }
            Object::Dir(_) => Err(on_dir),
            Object::Socket(_) | Object::Input(_) | Object::Output(_) => Err(Errno::Spipe),
        }
    }

    /// A file that has a position, with the rights to use it.
    pub(crate) fn seekable(
        &self,
        fd: i32,
        rights: Rights,
        on_dir: Errno,
    ) -> Result<(&Entry, &FileEntry), Errno> {
        match &self.get(fd)?.object {
            Object::File(file) if !file.seekable => Err(Errno::Spipe),
            _ => self.file(fd, rights, on_dir),
        }
    }

    /// A socket with the rights to use it.
    pub(crate) fn socket(&self, fd: i32, rights: Rights) -> Result<(&Entry, &SocketEntry), Errno> {
        let entry = self.get(fd)?;
        match &entry.object {
            Object::Socket(socket) => {
                entry.require(rights)?;
                Ok((entry, socket))
            }
            _ => Err(Errno::Notsock),
        }
    }
}
