//! A guest without an engine: memory, descriptors, and calls by name.

use bolide_wasi::{
    Abi, DirPerms, Errno, Error, FilePerms, GuestMemory, I32Exit, OFlags, Rights, WasiCtx,
    WasiCtxBuilder,
};
use std::path::Path;
use tempfile::TempDir;

/// The descriptor of the first preopened directory.
pub(crate) const DIR: i64 = 3;

/// `lookupflags`: follow a symbolic link in the last component.
pub(crate) const FOLLOW: i64 = 1;

/// An argument: a number, or a string that becomes its address and length.
pub(crate) enum Arg<'a> {
    Number(i64),
    Bytes(&'a [u8]),
}

impl From<i64> for Arg<'_> {
    fn from(number: i64) -> Self {
        Arg::Number(number)
    }
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(text: &'a str) -> Self {
        Arg::Bytes(text.as_bytes())
    }
}

impl<'a> From<&'a [u8]> for Arg<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Arg::Bytes(bytes)
    }
}

/// Calls a function with numbers and strings; the result is the error number.
macro_rules! call {
    ($guest:expr, $name:expr $(, $arg:expr)* $(,)?) => {
        $guest.call($name, &[$($crate::harness::Arg::from($arg)),*])
    };
}

/// Calls a function that must succeed.
macro_rules! ok {
    ($guest:expr, $name:expr $(, $arg:expr)* $(,)?) => {
        assert_eq!(call!($guest, $name $(, $arg)*), bolide_wasi::Errno::Success, "{}", $name)
    };
}

/// Where strings of one call are put, behind what [`Guest::alloc`] gives out.
const STRINGS: usize = 768 * 1024;
const MEMORY: usize = 1024 * 1024;

pub(crate) struct Guest {
    pub(crate) ctx: WasiCtx,
    pub(crate) memory: Vec<u8>,
    pub(crate) abi: Abi,
    next: usize,
}

impl Guest {
    pub(crate) fn new(ctx: WasiCtx) -> Guest {
        Guest {
            ctx,
            memory: vec![0; MEMORY],
            abi: Abi::Preview1,
            next: 1024,
        }
    }

    /// A guest with all permissions in a fresh directory, which is descriptor 3.
    pub(crate) fn in_dir() -> (Guest, TempDir) {
        let dir = tempfile::tempdir().unwrap();
        let guest = Guest::with_dir(dir.path(), DirPerms::all(), FilePerms::all());
        (guest, dir)
    }

    pub(crate) fn with_dir(path: &Path, dir: DirPerms, file: FilePerms) -> Guest {
        let mut builder = WasiCtxBuilder::new();
        builder.preopened_dir(path, "/", dir, file).unwrap();
        Guest::new(builder.build())
    }

    fn try_call(&mut self, name: &str, args: &[Arg<'_>]) -> Result<(), Error> {
        let mut strings = STRINGS;
        let mut numbers = Vec::new();
        for arg in args {
            match *arg {
                Arg::Number(number) => numbers.push(number),
                Arg::Bytes(bytes) => {
                    self.memory[strings..strings + bytes.len()].copy_from_slice(bytes);
                    numbers.push(strings as i64);
                    numbers.push(bytes.len() as i64);
                    strings += bytes.len();
                }
            }
        }
        let mut memory = GuestMemory::new(&mut self.memory, self.abi);
        self.ctx.call(&mut memory, name, &numbers)
    }

    pub(crate) fn call(&mut self, name: &str, args: &[Arg<'_>]) -> Errno {
        match self.try_call(name, args) {
            Ok(()) => Errno::Success,
            Err(Error::Errno(errno)) => errno,
            Err(Error::Exit(exit)) => panic!("{name}: {exit}"),
        }
    }

    /// Calls a function that ends the guest.
    pub(crate) fn exits(&mut self, name: &str, arg: i64) -> Option<I32Exit> {
        match self.try_call(name, &[Arg::Number(arg)]) {
            Err(Error::Exit(exit)) => Some(exit),
            _ => None,
        }
    }

    /// The address of `size` bytes that nothing else uses, aligned to 8.
    pub(crate) fn alloc(&mut self, size: usize) -> i64 {
        if self.next + size > STRINGS {
            self.next = 1024;
        }
        let at = self.next;
        self.next += size.next_multiple_of(8);
        at as i64
    }

    pub(crate) fn put(&mut self, bytes: &[u8]) -> i64 {
        let at = self.alloc(bytes.len());
        self.memory[at as usize..][..bytes.len()].copy_from_slice(bytes);
        at
    }

    pub(crate) fn bytes(&self, at: i64, len: usize) -> &[u8] {
        &self.memory[at as usize..][..len]
    }

    pub(crate) fn u16(&self, at: i64) -> u16 {
        u16::from_le_bytes(self.bytes(at, 2).try_into().unwrap())
    }

    pub(crate) fn u32(&self, at: i64) -> u32 {
        u32::from_le_bytes(self.bytes(at, 4).try_into().unwrap())
    }

    pub(crate) fn u64(&self, at: i64) -> u64 {
        u64::from_le_bytes(self.bytes(at, 8).try_into().unwrap())
    }

    /// The address of an `iovec` list over the buffers `(address, length)`.
    pub(crate) fn iovs(&mut self, buffers: &[(i64, usize)]) -> i64 {
        let list: Vec<u8> = buffers
            .iter()
            .flat_map(|&(at, len)| [at as u32, len as u32])
            .flat_map(u32::to_le_bytes)
            .collect();
        self.put(&list)
    }

    /// Opens `path` in descriptor 3, following links.
    pub(crate) fn open(
        &mut self,
        path: &str,
        oflags: OFlags,
        rights: Rights,
    ) -> Result<i64, Errno> {
        self.open_at(DIR, path, oflags, rights, 0)
    }

    pub(crate) fn open_at(
        &mut self,
        dir: i64,
        path: &str,
        oflags: OFlags,
        rights: Rights,
        fdflags: i64,
    ) -> Result<i64, Errno> {
        let fd = self.alloc(4);
        let oflags = i64::from(oflags.bits());
        let base = rights.bits() as i64;
        let inheriting = match rights.contains(Rights::PATH_OPEN) {
            true => Rights::INHERITABLE.bits() as i64,
            false => 0,
        };
        match call!(
            self,
            "path_open",
            dir,
            FOLLOW,
            path,
            oflags,
            base,
            inheriting,
            fdflags,
            fd
        ) {
            Errno::Success => Ok(i64::from(self.u32(fd))),
            errno => Err(errno),
        }
    }

    /// A new file with all rights.
    pub(crate) fn create(&mut self, path: &str) -> i64 {
        self.open(path, OFlags::CREAT, Rights::REGULAR_FILE)
            .unwrap()
    }

    pub(crate) fn write(&mut self, fd: i64, bytes: &[u8]) -> Result<usize, Errno> {
        let buffer = self.put(bytes);
        let iovs = self.iovs(&[(buffer, bytes.len())]);
        let out = self.alloc(4);
        match call!(self, "fd_write", fd, iovs, 1, out) {
            Errno::Success => Ok(self.u32(out) as usize),
            errno => Err(errno),
        }
    }

    pub(crate) fn read(&mut self, fd: i64, len: usize) -> Result<Vec<u8>, Errno> {
        let buffer = self.alloc(len);
        let iovs = self.iovs(&[(buffer, len)]);
        let out = self.alloc(4);
        match call!(self, "fd_read", fd, iovs, 1, out) {
            Errno::Success => Ok(self.bytes(buffer, self.u32(out) as usize).to_vec()),
            errno => Err(errno),
        }
    }

    pub(crate) fn seek(&mut self, fd: i64, offset: i64, whence: i64) -> Result<u64, Errno> {
        let out = self.alloc(8);
        match call!(self, "fd_seek", fd, offset, whence, out) {
            Errno::Success => Ok(self.u64(out)),
            errno => Err(errno),
        }
    }

    /// The type, flags, rights and inheriting rights of a descriptor.
    pub(crate) fn fdstat(&mut self, fd: i64) -> Result<(u8, u16, Rights, Rights), Errno> {
        let stat = self.alloc(24);
        match call!(self, "fd_fdstat_get", fd, stat) {
            Errno::Success => Ok((
                self.bytes(stat, 1)[0],
                self.u16(stat + 2),
                Rights::from_bits_retain(self.u64(stat + 8)),
                Rights::from_bits_retain(self.u64(stat + 16)),
            )),
            errno => Err(errno),
        }
    }

    /// The attributes of what a path in descriptor 3 names.
    pub(crate) fn stat(&mut self, path: &str, flags: i64) -> Result<Stat, Errno> {
        let at = self.alloc(64);
        match call!(self, "path_filestat_get", DIR, flags, path, at) {
            Errno::Success => Ok(self.stat_at(at)),
            errno => Err(errno),
        }
    }

    /// The attributes of what is open.
    pub(crate) fn fstat(&mut self, fd: i64) -> Result<Stat, Errno> {
        let at = self.alloc(64);
        match call!(self, "fd_filestat_get", fd, at) {
            Errno::Success => Ok(self.stat_at(at)),
            errno => Err(errno),
        }
    }

    fn stat_at(&self, at: i64) -> Stat {
        Stat {
            ino: self.u64(at + 8),
            filetype: self.bytes(at + 16, 1)[0],
            nlink: self.u64(at + 24),
            size: self.u64(at + 32),
            atim: self.u64(at + 40),
            mtim: self.u64(at + 48),
        }
    }
}

/// A `filestat` of preview 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) ino: u64,
    pub(crate) filetype: u8,
    pub(crate) nlink: u64,
    pub(crate) size: u64,
    pub(crate) atim: u64,
    pub(crate) mtim: u64,
}
