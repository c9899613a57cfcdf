//! `path_*`.

use super::fd::timestamps;
use crate::error::Result;
use crate::handle::Handle;
use crate::memory::GuestMemory;
use crate::path::{self, GuestPath, Target};
use crate::table::{DirEntry, Entry, FileEntry, Object};
use crate::types::{FdFlags, FilePerms, FileType, FromArg, LookupFlags, OFlags, Rights};
use crate::{Errno, WasiCtx};
use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt};
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};
use rustix::fs::{AtFlags, Mode};
use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;

impl WasiCtx {
    /// `path_create_directory`: makes a directory.
    pub fn path_create_directory(
        &mut self,
        mem: &mut GuestMemory<'_>,
        fd: i32,
        path: i32,
        path_len: i32,
    ) -> Result {
        let (_, dir) = self.table.dir(fd, Rights::PATH_CREATE_DIRECTORY)?;
        let path = GuestPath::new(mem.slice(path, path_len)?)?;
        dir.perms.require_mutate()?;
        let target = Target::resolve(&dir.dir, path)?;
        let mode = Mode::RWXU | Mode::RWXG | Mode::RWXO;
        Ok(rustix::fs::mkdirat(&target, target.name(), mode)?)
    }

    /// `path_filestat_get`: writes the attributes of what a path names to `stat`.
    pub fn path_filestat_get(
        &mut self,
        mem: &mut GuestMemory<'_>,
        fd: i32,
        flags: i32,
        path: i32,
        path_len: i32,
        stat: i32,
    ) -> Result {
        let (_, dir) = self.table.dir(fd, Rights::PATH_FILESTAT_GET)?;
        let flags = LookupFlags::from_arg(flags)?;
        mem.check_filestat(stat)?;
        let path = GuestPath::new(mem.slice(path, path_len)?)?;
        dir.perms.require_read()?;
        let follow = flags.contains(LookupFlags::SYMLINK_FOLLOW);
        let filestat = path::stat(&dir.dir, path, follow)?;
        Ok(mem.write_filestat(stat, &filestat)?)
    }

    /// `path_filestat_set_times`: sets the times of what a path names, in nanoseconds since 1970.
    #[allow(clippy::too_many_arguments)]
    pub fn path_filestat_set_times(
        &mut self,
        mem: &mut GuestMemory<'_>,
        fd: i32,
        flags: i32,
        path: i32,
        path_len: i32,
        atim: i64,
        mtim: i64,
        fst_flags: i32,
    ) -> Result {
        let (_, dir) = self.table.dir(fd, Rights::PATH_FILESTAT_SET_TIMES)?;
        let flags = LookupFlags::from_arg(flags)?;
        let times = timestamps(&self.clocks, atim, mtim, fst_flags)?;
        let path = GuestPath::new(mem.slice(path, path_len)?)?;
        dir.perms.require_mutate()?;
        let follow = flags.contains(LookupFlags::SYMLINK_FOLLOW);
        if !dir.perms.file.contains(FilePerms::WRITE)
            && path::stat(&dir.dir, path, follow)?.filetype != FileType::Directory
        {
            return Err(Errno::Rofs.into());
        }
        Ok(path::set_times(&dir.dir, path, follow, &times)?)
    }

    /// `path_link`: makes a hard link.
    #[allow(clippy::too_many_arguments)]
    pub fn path_link(
        &mut self,
        mem: &mut GuestMemory<'_>,
        old_fd: i32,
        old_flags: i32,
        old_path: i32,
        old_path_len: i32,
        new_fd: i32,
        new_path: i32,
        new_path_len: i32,
    ) -> Result {
        let (_, old_dir) = self.table.dir(old_fd, Rights::PATH_LINK_SOURCE)?;
        let (_, new_dir) = self.table.dir(new_fd, Rights::PATH_LINK_TARGET)?;
        let old_flags = LookupFlags::from_arg(old_flags)?;
        let old_path = GuestPath::new(mem.slice(old_path, old_path_len)?)?;
        let new_path = GuestPath::new(mem.slice(new_path, new_path_len)?)?;
        check_move(old_dir, new_dir)?;
        let follow = old_flags.contains(LookupFlags::SYMLINK_FOLLOW);
        Ok(path::link(
            &old_dir.dir,
            old_path,
            follow,
            &new_dir.dir,
            new_path,
        )?)
    }

    /// `path_open`: opens a file or directory and writes its descriptor to `opened`.
    #[allow(clippy::too_many_arguments)]
    pub fn path_open(
        &mut self,
        mem: &mut GuestMemory<'_>,
        fd: i32,
        dirflags: i32,
        path: i32,
        path_len: i32,
        oflags: i32,
        rights_base: i64,
        rights_inheriting: i64,
        fdflags: i32,
        opened: i32,
    ) -> Result {
        mem.check_out::<u32>(opened)?;
        let (entry, dir) = self.table.dir(fd, Rights::PATH_OPEN)?;
        let request = OpenRequest {
            follow: LookupFlags::from_arg(dirflags)?.contains(LookupFlags::SYMLINK_FOLLOW),
            oflags: OFlags::from_arg(oflags)?,
            fdflags: FdFlags::from_arg(fdflags)?,
            base: Rights::from_bits_truncate(rights_base as u64) & Rights::INHERITABLE,
            inheriting: Rights::from_bits_truncate(rights_inheriting as u64) & Rights::INHERITABLE,
        };
        request.check_rights(entry)?;
        let path = GuestPath::new(mem.slice(path, path_len)?)?;
        let entry = request.open(dir, path)?;
        let fd = self.table.insert(entry)?;
        Ok(mem.write(opened, fd)?)
    }

    /// `path_readlink`: writes what a symbolic link contains to `buf`, cut off at `buf_len` bytes
    /// and without a NUL, and the number of bytes written to `bufused`.
    #[allow(clippy::too_many_arguments)]
    pub fn path_readlink(
        &mut self,
        mem: &mut GuestMemory<'_>,
        fd: i32,
        path: i32,
        path_len: i32,
        buf: i32,
        buf_len: i32,
        bufused: i32,
    ) -> Result {
        mem.check_out::<u32>(bufused)?;
        let (_, dir) = self.table.dir(fd, Rights::PATH_READLINK)?;
        mem.slice(buf, buf_len)?;
        let path = GuestPath::new(mem.slice(path, path_len)?)?;
        dir.perms.require_read()?;
        let contents = path::read_link(&dir.dir, path)?;
        let room = mem.slice_mut(buf, buf_len)?;
        let used = contents.len().min(room.len());
        room[..used].copy_from_slice(&contents[..used]);
        Ok(mem.write(bufused, used as u32)?)
    }

    /// `path_remove_directory`: removes an empty directory.
    pub fn path_remove_directory(
        &mut self,
        mem: &mut GuestMemory<'_>,
        fd: i32,
        path: i32,
        path_len: i32,
    ) -> Result {
        let (_, dir) = self.table.dir(fd, Rights::PATH_REMOVE_DIRECTORY)?;
        let path = GuestPath::new(mem.slice(path, path_len)?)?;
        dir.perms.require_mutate()?;
        let target = Target::resolve(&dir.dir, path)?;
        let flags = AtFlags::REMOVEDIR;
        Ok(rustix::fs::unlinkat(&target, target.name(), flags)?)
    }

    /// `path_rename`: moves a file or directory, replacing what is at the new path.
    #[allow(clippy::too_many_arguments)]
    pub fn path_rename(
        &mut self,
        mem: &mut GuestMemory<'_>,
        old_fd: i32,
        old_path: i32,
        old_path_len: i32,
        new_fd: i32,
        new_path: i32,
        new_path_len: i32,
    ) -> Result {
        let (_, old_dir) = self.table.dir(old_fd, Rights::PATH_RENAME_SOURCE)?;
        let (_, new_dir) = self.table.dir(new_fd, Rights::PATH_RENAME_TARGET)?;
        let old_path = GuestPath::new(mem.slice(old_path, old_path_len)?)?;
        let new_path = GuestPath::new(mem.slice(new_path, new_path_len)?)?;
        check_move(old_dir, new_dir)?;
        let old = Target::resolve(&old_dir.dir, old_path)?;
        let new = Target::resolve(&new_dir.dir, new_path)?;
        Ok(rustix::fs::renameat(
            &old,
            old.name_with_slash(),
            &new,
            new.name_with_slash(),
        )?)
    }

    /// `path_symlink`: makes a symbolic link that contains `old_path`. An absolute one is refused
    /// with `perm`, since it would lead outside.
    #[allow(clippy::too_many_arguments)]
    pub fn path_symlink(
        &mut self,
        mem: &mut GuestMemory<'_>,
        old_path: i32,
        old_path_len: i32,
        fd: i32,
        new_path: i32,
        new_path_len: i32,
    ) -> Result {
        let (_, dir) = self.table.dir(fd, Rights::PATH_SYMLINK)?;
        let contents = GuestPath::new(mem.slice(old_path, old_path_len)?)?;
        let path = GuestPath::new(mem.slice(new_path, new_path_len)?)?;
        dir.perms.require_mutate()?;
        if contents.is_absolute() {
            return Err(Errno::Perm.into());
        }
        let target = Target::resolve(&dir.dir, path)?;
        Ok(rustix::fs::symlinkat(
            contents.as_path(),
            &target,
            target.name_with_slash(),
        )?)
    }

    /// `path_unlink_file`: removes a file or symbolic link.
    pub fn path_unlink_file(
        &mut self,
        mem: &mut GuestMemory<'_>,
        fd: i32,
        path: i32,
        path_len: i32,
    ) -> Result {
        let (_, dir) = self.table.dir(fd, Rights::PATH_UNLINK_FILE)?;
        let path = GuestPath::new(mem.slice(path, path_len)?)?;
        dir.perms.require_mutate()?;
        let target = Target::resolve(&dir.dir, path)?;
        let flags = AtFlags::empty();
        Ok(rustix::fs::unlinkat(
            &target,
            target.name_with_slash(),
            flags,
        )?)
    }
}

/// Checks that a file may get a name in `new` that it has in `old`.
///
/// Both directories change. Where the new name would allow what the old one does not, they are
/// told to be on different devices, so that programs copy instead.
fn check_move(old: &DirEntry, new: &DirEntry) -> std::result::Result<(), Errno> {
    old.perms.require_mutate()?;
    new.perms.require_mutate()?;
    if new.perms.within(old.perms) {
        Ok(())
    } else {
        Err(Errno::Xdev)
    }
}

/// What a guest asks of `path_open`.
struct OpenRequest {
    follow: bool,
    oflags: OFlags,
    fdflags: FdFlags,
    base: Rights,
    inheriting: Rights,
}

impl OpenRequest {
    /// Checks what the directory `parent` lets the guest ask for.
    fn check_rights(&self, parent: &Entry) -> std::result::Result<(), Errno> {
        let mut own = Rights::empty();
        if self.oflags.contains(OFlags::CREAT) {
            own |= Rights::PATH_CREATE_FILE;
        }
        if self.oflags.contains(OFlags::TRUNC) {
            own |= Rights::PATH_FILESTAT_SET_SIZE;
        }
        parent.require(own)?;

        let mut passed_on = self.base | self.inheriting;
        if self.fdflags.intersects(FdFlags::SYNC | FdFlags::RSYNC) {
            passed_on |= Rights::FD_SYNC;
        }
        if self.fdflags.contains(FdFlags::DSYNC) && !parent.inheriting.contains(Rights::FD_SYNC) {
            passed_on |= Rights::FD_DATASYNC;
        }
        if parent.inheriting.contains(passed_on) {
            Ok(())
        } else {
            Err(Errno::Notcapable)
        }
    }

    fn reads(&self) -> bool {
        self.base.contains(Rights::FD_READ) || !self.writes()
    }

    /// Whether the file is opened for writing. Guests that only read often ask for the right to
    /// change the size as well; they do not get it then.
    fn writes(&self) -> bool {
        let sizes = Rights::FD_ALLOCATE | Rights::FD_FILESTAT_SET_SIZE;
        self.base.contains(Rights::FD_WRITE)
            || (self.base.intersects(sizes) && !self.base.contains(Rights::FD_READ))
    }

    fn open(&self, parent: &DirEntry, path: GuestPath<'_>) -> std::result::Result<Entry, Errno> {
        let perms = parent.perms;
        perms.require_read()?;
        if self.oflags.contains(OFlags::CREAT | OFlags::DIRECTORY) {
            return Err(Errno::Inval);
        }
        if self.oflags.contains(OFlags::CREAT) && path.requires_dir() {
            // A file is created, so a name that can only be a directory's is wrong.
            Target::resolve(&parent.dir, path)?;
            return Err(Errno::Isdir);
        }
        let changes = self.writes() || self.oflags.contains(OFlags::TRUNC);
        if changes && !perms.file.contains(FilePerms::WRITE) {
            return Err(self.refuse_change(&parent.dir, path));
        }
        let may_create = perms.require_mutate().is_ok();
        if self.oflags.contains(OFlags::CREAT) && !may_create {
            // As on a read-only file system: what exists may still be opened.
            match path::stat(&parent.dir, path, self.follow) {
                Ok(_) if self.oflags.contains(OFlags::EXCL) => return Err(Errno::Exist),
                Err(Errno::Noent) => return Err(Errno::Rofs),
                _ => {}
            }
        }
        // Where the host has no `openat2`, `cap-std` walks the path itself, and takes a link for
        // what it leads to only if it learns by a slash that a directory is wanted.
        let with_slash;
        let path = if self.follow && self.oflags.contains(OFlags::DIRECTORY) {
            with_slash = path.with_slash();
            OsStr::from_bytes(&with_slash)
        } else {
            path.as_path().as_os_str()
        };
        let file = parent.dir.open_with(path, &self.options(may_create))?;
        self.entry(parent, file)
    }

    /// The error for changing a file that is read-only to the guest, unless there is a better one.
    fn refuse_change(&self, dir: &Dir, path: GuestPath<'_>) -> Errno {
        let creates = self.oflags.contains(OFlags::CREAT);
        match path::stat(dir, path, self.follow) {
            Ok(_) if self.oflags.contains(OFlags::CREAT | OFlags::EXCL) => Errno::Exist,
            Ok(stat) if stat.filetype == FileType::Directory => Errno::Isdir,
            Ok(stat) if stat.filetype == FileType::SymbolicLink => Errno::Loop,
            Err(Errno::Noent) if creates => Errno::Rofs,
            Err(errno) => errno,
            Ok(_) => Errno::Rofs,
        }
    }

    fn options(&self, may_create: bool) -> OpenOptions {
        use rustix::fs::OFlags as Host;
        let mut flags = Host::NOCTTY;
        if self.oflags.contains(OFlags::CREAT) && may_create {
            flags |= Host::CREATE;
            if self.oflags.contains(OFlags::EXCL) {
                flags |= Host::EXCL;
            }
        }
        if self.oflags.contains(OFlags::TRUNC) {
            flags |= Host::TRUNC;
        }
        if self.oflags.contains(OFlags::DIRECTORY) {
            flags |= Host::DIRECTORY;
        }
        if self.fdflags.contains(FdFlags::NONBLOCK) {
            // Matters to a FIFO, which otherwise opens when its other end is.
            flags |= Host::NONBLOCK;
        }
        let follow = if self.follow {
            FollowSymlinks::Yes
        } else {
            FollowSymlinks::No
        };
        let mut options = OpenOptions::new();
        options
            .read(self.reads())
            .write(self.writes())
            .custom_flags(flags.bits() as i32)
            .follow(follow);
        options
    }

    /// Makes the descriptor of what was opened.
    fn entry(
        &self,
        parent: &DirEntry,
        file: cap_std::fs::File,
    ) -> std::result::Result<Entry, Errno> {
        let stat = rustix::fs::fstat(&file)?;
        let filetype = FileType::from(rustix::fs::FileType::from_raw_mode(stat.st_mode));
        if filetype == FileType::Directory {
            return Ok(Entry {
                object: Object::Dir(Box::new(DirEntry {
                    dir: Dir::from_std_file(file.into_std()),
                    perms: parent.perms,
                    preopen: None,
                    stream: None,
                })),
                flags: self.fdflags,
                base: self.base & Rights::DIRECTORY,
                inheriting: self.inheriting,
            });
        }
        if self.base.contains(Rights::FD_READ) && !parent.perms.file.contains(FilePerms::READ) {
            return Err(Errno::Acces);
        }
        let handle = Handle::Owned(OwnedFd::from(file.into_std()));
        let file = FileEntry::new(handle, filetype, parent.perms);
        let mut base = self.base & file.applicable_rights();
        if !self.writes() {
            base -= Rights::FD_WRITE | Rights::FD_ALLOCATE | Rights::FD_FILESTAT_SET_SIZE;
        }
        Ok(Entry {
            object: Object::File(file),
            flags: self.fdflags,
            base,
            inheriting: Rights::empty(),
        })
    }
}
