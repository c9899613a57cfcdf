//! Flags, enumerations and records of the WASI witx.

use crate::Errno;
use bitflags::bitflags;

bitflags! {
    /// What may be done with a file descriptor (`rights` in the witx).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct Rights: u64 {
        /// `fd_datasync`, and `path_open` with [`FdFlags::DSYNC`].
        const FD_DATASYNC = 1 << 0;
        /// `fd_read` and `sock_recv`; with `FD_SEEK` also `fd_pread`.
        const FD_READ = 1 << 1;
        /// `fd_seek`; implies `FD_TELL`.
        const FD_SEEK = 1 << 2;
        /// `fd_fdstat_set_flags`.
        const FD_FDSTAT_SET_FLAGS = 1 << 3;
        /// `fd_sync`, and `path_open` with [`FdFlags::RSYNC`] and [`FdFlags::SYNC`].
        const FD_SYNC = 1 << 4;
        /// `fd_tell`, and `fd_seek` by zero from the current position.
        const FD_TELL = 1 << 5;
        /// `fd_write` and `sock_send`; with `FD_SEEK` also `fd_pwrite`.
        const FD_WRITE = 1 << 6;
        /// `fd_advise`.
        const FD_ADVISE = 1 << 7;
        /// `fd_allocate`.
        const FD_ALLOCATE = 1 << 8;
        /// `path_create_directory`.
        const PATH_CREATE_DIRECTORY = 1 << 9;
        /// `path_open` with [`OFlags::CREAT`].
        const PATH_CREATE_FILE = 1 << 10;
        /// `path_link` with this descriptor as the source directory.
        const PATH_LINK_SOURCE = 1 << 11;
        /// `path_link` with this descriptor as the target directory.
        const PATH_LINK_TARGET = 1 << 12;
        /// `path_open`.
        const PATH_OPEN = 1 << 13;
        /// `fd_readdir`.
        const FD_READDIR = 1 << 14;
        /// `path_readlink`.
        const PATH_READLINK = 1 << 15;
        /// `path_rename` with this descriptor as the source directory.
        const PATH_RENAME_SOURCE = 1 << 16;
        /// `path_rename` with this descriptor as the target directory.
        const PATH_RENAME_TARGET = 1 << 17;
        /// `path_filestat_get`.
        const PATH_FILESTAT_GET = 1 << 18;
        /// `path_open` with [`OFlags::TRUNC`].
        const PATH_FILESTAT_SET_SIZE = 1 << 19;
        /// `path_filestat_set_times`.
        const PATH_FILESTAT_SET_TIMES = 1 << 20;
        /// `fd_filestat_get`.
        const FD_FILESTAT_GET = 1 << 21;
        /// `fd_filestat_set_size`.
        const FD_FILESTAT_SET_SIZE = 1 << 22;
        /// `fd_filestat_set_times`.
        const FD_FILESTAT_SET_TIMES = 1 << 23;
        /// `path_symlink`.
        const PATH_SYMLINK = 1 << 24;
        /// `path_remove_directory`.
        const PATH_REMOVE_DIRECTORY = 1 << 25;
        /// `path_unlink_file`.
        const PATH_UNLINK_FILE = 1 << 26;
        /// `poll_oneoff` on this descriptor, together with `FD_READ` or `FD_WRITE`.
        const POLL_FD_READWRITE = 1 << 27;
        /// `sock_shutdown`.
        const SOCK_SHUTDOWN = 1 << 28;
        /// `sock_accept`.
        const SOCK_ACCEPT = 1 << 29;

        /// Rights that apply to a regular file.
        const REGULAR_FILE = Self::STREAM.bits()
            | Self::FD_DATASYNC.bits() | Self::FD_SEEK.bits() | Self::FD_SYNC.bits()
            | Self::FD_TELL.bits() | Self::FD_ADVISE.bits() | Self::FD_ALLOCATE.bits()
            | Self::FD_FILESTAT_SET_SIZE.bits() | Self::FD_FILESTAT_SET_TIMES.bits();
        /// Rights that apply to what is read or written in one direction: terminals and pipes.
        const STREAM = Self::FD_READ.bits() | Self::FD_WRITE.bits()
            | Self::FD_FDSTAT_SET_FLAGS.bits() | Self::FD_FILESTAT_GET.bits()
            | Self::POLL_FD_READWRITE.bits();
        /// Rights that apply to a directory.
        const DIRECTORY = Self::FD_DATASYNC.bits() | Self::FD_FDSTAT_SET_FLAGS.bits()
            | Self::FD_SYNC.bits() | Self::PATH_CREATE_DIRECTORY.bits()
            | Self::PATH_CREATE_FILE.bits() | Self::PATH_LINK_SOURCE.bits()
            | Self::PATH_LINK_TARGET.bits() | Self::PATH_OPEN.bits() | Self::FD_READDIR.bits()
            | Self::PATH_READLINK.bits() | Self::PATH_RENAME_SOURCE.bits()
            | Self::PATH_RENAME_TARGET.bits() | Self::PATH_FILESTAT_GET.bits()
            | Self::PATH_FILESTAT_SET_SIZE.bits() | Self::PATH_FILESTAT_SET_TIMES.bits()
            | Self::FD_FILESTAT_GET.bits() | Self::FD_FILESTAT_SET_TIMES.bits()
            | Self::PATH_SYMLINK.bits() | Self::PATH_REMOVE_DIRECTORY.bits()
            | Self::PATH_UNLINK_FILE.bits();
        /// Rights that apply to what is opened through a directory.
        const INHERITABLE = Self::DIRECTORY.bits() | Self::REGULAR_FILE.bits();
        /// Rights that apply to a connected socket.
        const SOCKET = Self::STREAM.bits() | Self::SOCK_SHUTDOWN.bits();
        /// Rights that apply to a listening socket: what is accepted inherits [`Rights::SOCKET`].
        const LISTENER = Self::FD_READ.bits() | Self::FD_FDSTAT_SET_FLAGS.bits()
            | Self::FD_FILESTAT_GET.bits() | Self::POLL_FD_READWRITE.bits()
            | Self::SOCK_ACCEPT.bits() | Self::SOCK_SHUTDOWN.bits();
    }

    /// State of a file descriptor (`fdflags` in the witx).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct FdFlags: u16 {
        /// Writes go to the end of the file.
        const APPEND = 1 << 0;
        /// A write returns when its data are on disk.
        const DSYNC = 1 << 1;
        /// Operations fail with `again` instead of waiting.
        const NONBLOCK = 1 << 2;
        /// Synchronized reads.
        const RSYNC = 1 << 3;
        /// A write returns when its data and metadata are on disk.
        const SYNC = 1 << 4;
    }

    /// How `path_open` opens (`oflags` in the witx).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct OFlags: u16 {
        /// Create the file if it does not exist.
        const CREAT = 1 << 0;
        /// Fail if it is not a directory.
        const DIRECTORY = 1 << 1;
        /// Fail if the file exists.
        const EXCL = 1 << 2;
        /// Truncate the file to size 0.
        const TRUNC = 1 << 3;
    }

    /// How a path is resolved (`lookupflags` in the witx).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct LookupFlags: u32 {
        /// A symbolic link in the last component is followed.
        const SYMLINK_FOLLOW = 1 << 0;
    }

    /// Which times to set (`fstflags` in the witx).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct FstFlags: u16 {
        /// Set the access time to the argument.
        const ATIM = 1 << 0;
        /// Set the access time to now.
        const ATIM_NOW = 1 << 1;
        /// Set the modification time to the argument.
        const MTIM = 1 << 2;
        /// Set the modification time to now.
        const MTIM_NOW = 1 << 3;
    }

    /// How `sock_recv` receives (`riflags` in the witx).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct RiFlags: u16 {
        /// Leave the data in the socket's queue.
        const RECV_PEEK = 1 << 0;
        /// Wait until all buffers are full.
        const RECV_WAITALL = 1 << 1;
    }

    /// Which directions `sock_shutdown` closes (`sdflags` in the witx).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct SdFlags: u8 {
        /// No more receiving.
        const RD = 1 << 0;
        /// No more sending.
        const WR = 1 << 1;
    }

    /// What a guest may do with the directories under a preopened one.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct DirPerms: usize {
        /// List directories and open what is in them.
        const READ = 1 << 0;
        /// Create, rename, link and remove what is in them, and set times.
        const MUTATE = 1 << 1;
    }

    /// What a guest may do with the files under a preopened directory.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct FilePerms: usize {
        /// Read files.
        const READ = 1 << 0;
        /// Write, truncate and set the times of files.
        const WRITE = 1 << 1;
    }
}

/// Reads a flags argument of the wasm signature; a bit without a meaning is `inval`.
pub(crate) trait FromArg: Sized {
    fn from_arg(arg: i32) -> Result<Self, Errno>;
}

macro_rules! flags_from_arg {
    ($($flags:ident: $bits:ty),* $(,)?) => {
        $(impl FromArg for $flags {
            fn from_arg(arg: i32) -> Result<Self, Errno> {
                let bits = <$bits>::try_from(arg as u32).map_err(|_| Errno::Inval)?;
                $flags::from_bits(bits).ok_or(Errno::Inval)
            }
        })*
    };
}

flags_from_arg! {
    FdFlags: u16, OFlags: u16, LookupFlags: u32, FstFlags: u16, RiFlags: u16, SdFlags: u8,
}

/// What kind of object a descriptor or a directory entry is (`filetype` in the witx).
///
/// WASI has no number for a FIFO: it is `Unknown`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum FileType {
    /// None of the others.
    Unknown,
    /// A block device.
    BlockDevice,
    /// A character device.
    CharacterDevice,
    /// A directory.
    Directory,
    /// A regular file.
    RegularFile,
    /// A datagram socket.
    SocketDgram,
    /// A stream socket.
    SocketStream,
    /// A symbolic link.
    SymbolicLink,
}

impl From<rustix::fs::FileType> for FileType {
    fn from(host: rustix::fs::FileType) -> FileType {
        use rustix::fs::FileType as Host;
        match host {
            Host::RegularFile => FileType::RegularFile,
            Host::Directory => FileType::Directory,
            Host::Symlink => FileType::SymbolicLink,
            Host::CharacterDevice => FileType::CharacterDevice,
            Host::BlockDevice => FileType::BlockDevice,
            Host::Socket => FileType::SocketStream,
            Host::Fifo | Host::Unknown => FileType::Unknown,
        }
    }
}

/// Attributes of a file (`filestat` in the witx).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileStat {
    pub(crate) dev: u64,
    pub(crate) ino: u64,
    pub(crate) filetype: FileType,
    pub(crate) nlink: u64,
    pub(crate) size: u64,
    /// Nanoseconds since 1970-01-01T00:00:00Z, like the two that follow.
    pub(crate) atim: u64,
    pub(crate) mtim: u64,
    pub(crate) ctim: u64,
}

impl FileStat {
    /// The attributes of an object that exists only in the host's memory.
    pub(crate) fn of_type(filetype: FileType) -> FileStat {
        FileStat {
            dev: 0,
            ino: 0,
            filetype,
            nlink: 0,
            size: 0,
            atim: 0,
            mtim: 0,
            ctim: 0,
        }
    }
}

impl From<rustix::fs::Stat> for FileStat {
    fn from(stat: rustix::fs::Stat) -> FileStat {
        FileStat {
            dev: stat.st_dev,
            ino: stat.st_ino,
            filetype: rustix::fs::FileType::from_raw_mode(stat.st_mode).into(),
            nlink: stat.st_nlink,
            size: stat.st_size as u64,
            atim: nanoseconds(stat.st_atime, stat.st_atime_nsec),
            mtim: nanoseconds(stat.st_mtime, stat.st_mtime_nsec),
            ctim: nanoseconds(stat.st_ctime, stat.st_ctime_nsec),
        }
    }
}

/// A file time in WASI's unsigned nanoseconds; what lies before 1970 or after 2554 is clamped.
fn nanoseconds(seconds: i64, nanoseconds: u64) -> u64 {
    u64::try_from(seconds).map_or(0, |s| {
        s.saturating_mul(1_000_000_000).saturating_add(nanoseconds)
    })
}
