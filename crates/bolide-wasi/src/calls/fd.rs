//! `fd_*` without reading and writing.

use crate::clocks::{Clocks, nanoseconds};
use crate::error::Result;
use crate::handle::{check_offset, retry};
use crate::memory::{Abi, GuestMemory};
use crate::readdir::DirStream;
use crate::table::Object;
use crate::types::{FdFlags, FilePerms, FileType, FromArg, FstFlags, Rights};
use crate::{Errno, WasiCtx};
use rustix::fs::{Advice, AtFlags, FallocateFlags, Mode, OFlags, SeekFrom, Timestamps};
use rustix::time::Timespec;
use std::num::NonZeroU64;
use std::os::fd::{AsFd, OwnedFd};

/// Bytes of a `dirent` without the name that follows it.
const DIRENT_SIZE: usize = 24;

impl WasiCtx {
    /// `fd_advise`: tells the host how the guest will use `len` bytes from `offset` on; `len` 0
    /// means to the end.
    pub fn fd_advise(
        &mut self,
        _mem: &mut GuestMemory<'_>,
        fd: i32,
        offset: i64,
        len: i64,
        advice: i32,
    ) -> Result {
        let (_, file) = self.table.seekable(fd, Rights::FD_ADVISE, Errno::Badf)?;
        let advice = match advice {
            0 => Advice::Normal,
            1 => Advice::Sequential,
            2 => Advice::Random,
            3 => Advice::WillNeed,
            4 => Advice::DontNeed,
            5 => Advice::NoReuse,
            _ => return Err(Errno::Inval.into()),
        };
        check_offset(offset as u64)?;
        check_offset(len as u64)?;
        let len = NonZeroU64::new(len as u64);
        Ok(rustix::fs::fadvise(
            &file.handle,
            offset as u64,
            len,
            advice,
        )?)
    }

    /// `fd_allocate`: reserves disk space for `len` bytes from `offset` on, and makes the file at
    /// least that long.
    pub fn fd_allocate(
        &mut self,
        _mem: &mut GuestMemory<'_>,
        fd: i32,
        offset: i64,
        len: i64,
    ) -> Result {
        let (_, file) = self.table.seekable(fd, Rights::FD_ALLOCATE, Errno::Badf)?;
        check_offset(offset as u64)?;
        check_offset(len as u64)?;
        if len == 0 {
            return Err(Errno::Inval.into());
        }
        if offset.checked_add(len).is_none() {
            return Err(Errno::Fbig.into());
        }
        let (offset, len) = (offset as u64, len as u64);
        let none = FallocateFlags::empty();
        Ok(retry(|| {
            rustix::fs::fallocate(&file.handle, none, offset, len)
        })?)
    }

    /// `fd_close`: closes a descriptor, also a preopened one.
    pub fn fd_close(&mut self, _mem: &mut GuestMemory<'_>, fd: i32) -> Result {
        self.table.remove(fd)?;
        Ok(())
    }

    /// `fd_datasync`: waits until the data of a file are on disk.
    pub fn fd_datasync(&mut self, _mem: &mut GuestMemory<'_>, fd: i32) -> Result {
        self.sync(fd, Rights::FD_DATASYNC, |file| rustix::fs::fdatasync(file))
    }

    /// `fd_sync`: waits until the data and metadata of a file are on disk.
    pub fn fd_sync(&mut self, _mem: &mut GuestMemory<'_>, fd: i32) -> Result {
        self.sync(fd, Rights::FD_SYNC, |file| rustix::fs::fsync(file))
    }

    fn sync(
        &self,
        fd: i32,
        right: Rights,
        call: impl Fn(std::os::fd::BorrowedFd<'_>) -> rustix::io::Result<()>,
    ) -> Result {
        let entry = self.table.get(fd)?;
        match &entry.object {
            Object::Dir(dir) => {
                entry.require(right)?;
                let opened: OwnedFd = rustix::fs::openat(
                    &dir.dir,
                    c".",
                    OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
                    Mode::empty(),
                )?;
                Ok(retry(|| call(opened.as_fd()))?)
            }
            Object::File(file) if file.filetype == FileType::Unknown => Err(Errno::Inval.into()),
            Object::File(file) => {
                entry.require(right)?;
                Ok(retry(|| call(file.handle.as_fd()))?)
            }
            Object::Socket(_) | Object::Input(_) | Object::Output(_) => Err(Errno::Inval.into()),
        }
    }

    /// `fd_fdstat_get`: writes the type, flags and rights of a descriptor to `stat`.
    pub fn fd_fdstat_get(&mut self, mem: &mut GuestMemory<'_>, fd: i32, stat: i32) -> Result {
        let entry = self.table.get(fd)?;
        mem.write_fdstat(
            stat,
            entry.object.filetype(),
            entry.flags.bits(),
            entry.base,
            entry.inheriting,
        )?;
        Ok(())
    }

    /// `fd_fdstat_set_flags`: sets the flags of a descriptor. They hold for this descriptor alone,
    /// also when the host shares the open file with others.
    pub fn fd_fdstat_set_flags(
        &mut self,
        _mem: &mut GuestMemory<'_>,
        fd: i32,
        flags: i32,
    ) -> Result {
        let entry = self.table.get_mut(fd)?;
        let flags = FdFlags::from_arg(flags)?;
        entry.require(Rights::FD_FDSTAT_SET_FLAGS)?;
        entry.flags = flags;
        Ok(())
    }

    /// `fd_fdstat_set_rights`: gives up rights; `notcapable` if there is one among them that the
    /// descriptor does not have.
    pub fn fd_fdstat_set_rights(
        &mut self,
        _mem: &mut GuestMemory<'_>,
        fd: i32,
        base: i64,
        inheriting: i64,
    ) -> Result {
        let entry = self.table.get_mut(fd)?;
        let base = Rights::from_bits_retain(base as u64);
        let inheriting = Rights::from_bits_retain(inheriting as u64);
        if !entry.base.contains(base) || !entry.inheriting.contains(inheriting) {
            return Err(Errno::Notcapable.into());
        }
        entry.base = base;
        entry.inheriting = inheriting;
        Ok(())
    }

    /// `fd_filestat_get`: writes the attributes of what is open to `stat`.
    pub fn fd_filestat_get(&mut self, mem: &mut GuestMemory<'_>, fd: i32, stat: i32) -> Result {
        let entry = self.table.get(fd)?;
        entry.require(Rights::FD_FILESTAT_GET)?;
        mem.check_filestat(stat)?;
        let filestat = entry.object.filestat()?;
        Ok(mem.write_filestat(stat, &filestat)?)
    }

    /// `fd_filestat_set_size`: cuts the file off at `size` bytes, or fills it up with zeros.
    pub fn fd_filestat_set_size(
        &mut self,
        _mem: &mut GuestMemory<'_>,
        fd: i32,
        size: i64,
    ) -> Result {
        let right = Rights::FD_FILESTAT_SET_SIZE;
        let (_, file) = self.table.file(fd, right, Errno::Badf)?;
        check_offset(size as u64)?;
        Ok(retry(|| rustix::fs::ftruncate(&file.handle, size as u64))?)
    }

    /// `fd_filestat_set_times`: sets the times of what is open, in nanoseconds since 1970.
    pub fn fd_filestat_set_times(
        &mut self,
        _mem: &mut GuestMemory<'_>,
        fd: i32,
        atim: i64,
        mtim: i64,
        fst_flags: i32,
    ) -> Result {
        let entry = self.table.get(fd)?;
        let times = timestamps(&self.clocks, atim, mtim, fst_flags)?;
        entry.require(Rights::FD_FILESTAT_SET_TIMES)?;
        match &entry.object {
            Object::Dir(dir) => {
                dir.perms.require_mutate()?;
                Ok(rustix::fs::utimensat(
                    &dir.dir,
                    c".",
                    &times,
                    AtFlags::empty(),
                )?)
            }
            Object::File(file) if !file.perms.file.contains(FilePerms::WRITE) => {
                Err(Errno::Rofs.into())
            }
            Object::File(file) => Ok(rustix::fs::futimens(&file.handle, &times)?),
            Object::Socket(_) | Object::Input(_) | Object::Output(_) => Err(Errno::Inval.into()),
        }
    }

    /// `fd_prestat_get`: writes what a preopened directory is to `prestat`; `badf` if the
    /// descriptor is not one.
    pub fn fd_prestat_get(&mut self, mem: &mut GuestMemory<'_>, fd: i32, prestat: i32) -> Result {
        let len = self.preopen_name(fd)?.len() as u32;
        mem.check(prestat, 1, 8, 4)?;
        mem.write(prestat, 0_u32)?;
        Ok(mem.write(prestat.wrapping_add(4), len)?)
    }

    /// `fd_prestat_dir_name`: writes the name of a preopened directory to `path`, without a NUL.
    pub fn fd_prestat_dir_name(
        &mut self,
        mem: &mut GuestMemory<'_>,
        fd: i32,
        path: i32,
        path_len: i32,
    ) -> Result {
        let name = self.preopen_name(fd)?;
        let room = mem.slice_mut(path, path_len)?;
        room.get_mut(..name.len())
            .ok_or(Errno::Nametoolong)?
            .copy_from_slice(name);
        Ok(())
    }

    fn preopen_name(&self, fd: i32) -> std::result::Result<&[u8], Errno> {
        match &self.table.get(fd)?.object {
            Object::Dir(dir) => dir.preopen.as_deref().ok_or(Errno::Badf),
            _ => Err(Errno::Badf),
        }
    }

    /// `fd_readdir`: writes entries of a directory from `cookie` on to `buf`, the last one cut off
    /// when it does not fit, and the number of bytes written to `bufused`. Less than `buf_len`
    /// means that the end was reached. Cookie 0 is the beginning and reads the directory anew.
    pub fn fd_readdir(
        &mut self,
        mem: &mut GuestMemory<'_>,
        fd: i32,
        buf: i32,
        buf_len: i32,
        cookie: i64,
        bufused: i32,
    ) -> Result {
        mem.check_out::<u32>(bufused)?;
        let (_, dir) = self.table.dir(fd, Rights::FD_READDIR)?;
        dir.perms.require_read()?;
        let own_ino = FileIno::of(&dir.dir)?;
        let Object::Dir(dir) = &mut self.table.get_mut(fd)?.object else {
            return Err(Errno::Notdir.into());
        };
        let stream = match &mut dir.stream {
            Some(stream) => stream,
            none => none.insert(DirStream::open(&dir.dir)?),
        };
        if cookie == 0 {
            stream.rewind()?;
        }

        let mut room = &mut *mem.slice_mut(buf, buf_len)?;
        let mut next = cookie as u64;
        while !room.is_empty() {
            let entry = match next {
                0 => Some((own_ino.0, FileType::Directory, &b"."[..])),
                // Where the parent is on the host is not the guest's business.
                1 => Some((own_ino.0, FileType::Directory, &b".."[..])),
                _ => {
                    let index = usize::try_from(next - 2).map_err(|_| Errno::Inval)?;
                    let entry = stream.entry(index)?;
                    entry.map(|e| (e.ino, e.filetype, e.name.as_slice()))
                }
            };
            let Some((ino, filetype, name)) = entry else {
                break;
            };
            next += 1;
            let mut head = [0; DIRENT_SIZE];
            head[..8].copy_from_slice(&next.to_le_bytes());
            head[8..16].copy_from_slice(&ino.to_le_bytes());
            head[16..20].copy_from_slice(&(name.len() as u32).to_le_bytes());
            head[20] = filetype as u8;
            for part in [&head[..], name] {
                let (start, rest) = room.split_at_mut(part.len().min(room.len()));
                start.copy_from_slice(&part[..start.len()]);
                room = rest;
            }
        }
        let used = buf_len as u32 - room.len() as u32;
        Ok(mem.write(bufused, used)?)
    }

    /// `fd_renumber`: moves descriptor `fd` to number `to`, which must be open and is closed.
    pub fn fd_renumber(&mut self, _mem: &mut GuestMemory<'_>, fd: i32, to: i32) -> Result {
        Ok(self.table.renumber(fd, to)?)
    }

    /// `fd_seek`: moves the position of a file and writes the new one to `newoffset`.
    pub fn fd_seek(
        &mut self,
        mem: &mut GuestMemory<'_>,
        fd: i32,
        offset: i64,
        whence: i32,
        newoffset: i32,
    ) -> Result {
        mem.check_out::<u64>(newoffset)?;
        // Preview 0 numbered them cur, end, set.
        let to = match (mem.abi(), whence) {
            (Abi::Preview1, 0) | (Abi::Preview0, 2) => {
                check_offset(offset as u64)?;
                SeekFrom::Start(offset as u64)
            }
            (Abi::Preview1, 1) | (Abi::Preview0, 0) => SeekFrom::Current(offset),
            (Abi::Preview1, 2) | (Abi::Preview0, 1) => SeekFrom::End(offset),
            _ => return Err(Errno::Inval.into()),
        };
        let position = match to {
            SeekFrom::Current(0) => self.tell(fd)?,
            to => {
                let (_, file) = self.table.seekable(fd, Rights::FD_SEEK, Errno::Badf)?;
                rustix::fs::seek(&file.handle, to)?
            }
        };
        Ok(mem.write(newoffset, position)?)
    }

    /// `fd_tell`: writes the position of a file to `offset`.
    pub fn fd_tell(&mut self, mem: &mut GuestMemory<'_>, fd: i32, offset: i32) -> Result {
        mem.check_out::<u64>(offset)?;
        let position = self.tell(fd)?;
        Ok(mem.write(offset, position)?)
    }

    fn tell(&self, fd: i32) -> std::result::Result<u64, Errno> {
        // The right to seek includes the right to tell.
        let right = match self.table.get(fd)?.base.contains(Rights::FD_SEEK) {
            true => Rights::FD_SEEK,
            false => Rights::FD_TELL,
        };
        let (_, file) = self.table.seekable(fd, right, Errno::Badf)?;
        Ok(rustix::fs::tell(&file.handle)?)
    }
}

/// The number of a directory in its file system.
struct FileIno(u64);

impl FileIno {
    fn of(dir: &cap_std::fs::Dir) -> std::result::Result<FileIno, Errno> {
        Ok(FileIno(rustix::fs::fstat(dir)?.st_ino))
    }
}

/// The times to set, for a call with these arguments.
pub(super) fn timestamps(
    clocks: &Clocks,
    atim: i64,
    mtim: i64,
    fst_flags: i32,
) -> std::result::Result<Timestamps, Errno> {
    let flags = FstFlags::from_arg(fst_flags)?;
    let now = || match clocks.wall_is_system {
        true => Timespec {
            tv_sec: 0,
            tv_nsec: rustix::fs::UTIME_NOW,
        },
        false => timespec(nanoseconds(clocks.wall.now())),
    };
    let time = |set: FstFlags, set_now: FstFlags, value: i64| match (
        flags.contains(set),
        flags.contains(set_now),
    ) {
        (true, true) => Err(Errno::Inval),
        (true, false) => Ok(timespec(value as u64)),
        (false, true) => Ok(now()),
        (false, false) => Ok(Timespec {
            tv_sec: 0,
            tv_nsec: rustix::fs::UTIME_OMIT,
        }),
    };
    Ok(Timestamps {
        last_access: time(FstFlags::ATIM, FstFlags::ATIM_NOW, atim)?,
        last_modification: time(FstFlags::MTIM, FstFlags::MTIM_NOW, mtim)?,
    })
}

fn timespec(nanoseconds: u64) -> Timespec {
    Timespec {
        tv_sec: (nanoseconds / 1_000_000_000) as i64,
        tv_nsec: (nanoseconds % 1_000_000_000) as i64,
    }
}
