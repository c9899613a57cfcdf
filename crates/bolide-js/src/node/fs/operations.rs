//! The operations of `node:fs`, by name.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cap_fs_ext::DirExt;
use cap_primitives::fs::{AccessModes, AccessType};
use cap_std::fs::{Dir, DirBuilder, DirBuilderExt, OpenOptions, OpenOptionsExt};
use cap_std::fs::{FileTypeExt, Permissions};
use rquickjs::{Ctx, Value};
use rustix::fs::{AtFlags, Gid, OFlags, Uid, chownat, futimens, utimensat};

use super::descriptors::OpenFile;
use super::target::{Arguments, Target, pair_error, plain_error};
use super::{Meta, Reply, Work};
use crate::agent::agent;
use crate::error::HostError;
use crate::files::Access::{self, Read as ForReading, Write as ForWriting};
use crate::files::denied;

pub(super) type Prepared = Result<Work, HostError>;

pub(super) fn work(f: impl FnOnce() -> Result<Reply, HostError> + Send + 'static) -> Prepared {
    Ok(Box::new(f))
}

/// Checks the arguments of the operation `name` and finds its folder, on the script's thread.
pub(super) fn prepare<'js>(ctx: &Ctx<'js>, name: &str, values: &[Value<'js>]) -> Prepared {
    let arguments = &Arguments { ctx, values };
    match name {
        "readFile" => read_file(arguments),
        "writeFile" => write_file(arguments),
        "open" => open(arguments),
        "close" => {
            let file = agent(ctx).node.descriptors.remove(arguments.number(0))?;
            work(move || {
                drop(file);
                Ok(Reply::Nothing)
            })
        }
        "read" => read(arguments),
        "write" => write(arguments),
        "stat" => stat(arguments, true),
        "lstat" => stat(arguments, false),
        "readdir" => readdir(arguments),
        "mkdir" => mkdir(arguments),
        "mkdtemp" => mkdtemp(arguments),
        "unlink" => on_path(arguments, "unlink", |dir, path| {
            dir.remove_file_or_symlink(path)
        }),
        "rmdir" => on_path(arguments, "rmdir", |dir, path| dir.remove_dir(path)),
        "rm" => remove(arguments),
        "cp" => super::copy::prepare(arguments),
        "rename" => rename(arguments),
        "link" => link(arguments),
        "symlink" => symlink(arguments),
        "readlink" => {
            let target = arguments.path(0, ForReading)?;
            work(move || {
                let link = target.run("readlink", |dir, path| dir.read_link_contents(path))?;
                Ok(Reply::Text(link.to_string_lossy().into_owned()))
            })
        }
        "realpath" => realpath(arguments),
        "copyFile" => copy_file(arguments),
        "access" => access(arguments),
        "truncate" => {
            let target = arguments.path(0, ForWriting)?;
            let length = arguments.number(1) as u64;
            work(move || {
                let mut options = OpenOptions::new();
                let options = options.write(true);
                let file = target.run("open", |dir, path| dir.open_with(path, options))?;
                let result = file.set_len(length);
                result.map_err(|error| target.error(&error, "truncate"))?;
                Ok(Reply::Nothing)
            })
        }
        "utimes" | "lutimes" => utimes(arguments, name == "utimes"),
        "chmod" => {
            let permissions =
                Permissions::from_std(std::fs::Permissions::from_mode(arguments.number(1) as u32));
            on_path(arguments, "chmod", move |dir, path| {
                dir.set_permissions(path, permissions)
            })
        }
        "chown" => {
            let (user, group) = (arguments.id(1), arguments.id(2));
            on_path(arguments, "chown", move |dir, path| {
                let file = dir.open(path)?.into_std();
                std::os::unix::fs::fchown(&file, user, group)
            })
        }
        "lchown" => {
            let user = arguments.id(1).map(Uid::from_raw);
            let group = arguments.id(2).map(Gid::from_raw);
            on_path(arguments, "lchown", move |dir, path| {
                let (folder, name) = parent(dir, path)?;
                Ok(chownat(
                    folder,
                    name,
                    user,
                    group,
                    AtFlags::SYMLINK_NOFOLLOW,
                )?)
            })
        }
        _ => on_descriptor(arguments, name),
    }
}

/// Operations on a descriptor that give nothing or what is known of the file.
fn on_descriptor(arguments: &Arguments<'_, '_>, name: &str) -> Prepared {
    let number = arguments.number(1);
    match name {
        "fstat" => {
            let exact = arguments.flag(1);
            let file = standard(arguments.number(0))?;
            let file = match file {
                Some(file) => file,
                None => arguments.file(0, "fstat")?.file,
            };
            work(move || {
                let metadata = file.metadata().map_err(plain_error("fstat"))?;
                Ok(Reply::Meta(Box::new(Meta::of_file(&metadata, exact))))
            })
        }
        "ftruncate" => change_file(arguments, "ftruncate", move |file| {
            file.set_len(number as u64)
        }),
        "fsync" => with_file(arguments, "fsync", File::sync_all),
        "fdatasync" => with_file(arguments, "fdatasync", File::sync_data),
        "fchmod" => change_file(arguments, "fchmod", move |file| {
            file.set_permissions(std::fs::Permissions::from_mode(number as u32))
        }),
        "fchown" => {
            let (user, group) = (arguments.id(1), arguments.id(2));
            change_file(arguments, "fchown", move |file| {
                std::os::unix::fs::fchown(file, user, group)
            })
        }
        "futimes" => {
            let times = arguments.times(1, 2);
            change_file(arguments, "futime", move |file| {
                Ok(futimens(file, &times?)?)
            })
        }
        _ => Err(HostError::error(format!(
            "there is no file operation `{name}`"
        ))),
    }
}

fn on_path(
    arguments: &Arguments<'_, '_>,
    syscall: &'static str,
    f: impl FnOnce(&Dir, &Path) -> io::Result<()> + Send + 'static,
) -> Prepared {
    let target = arguments.path(0, ForWriting)?;
    work(move || {
        target.run(syscall, f)?;
        Ok(Reply::Nothing)
    })
}

fn with_file(
    arguments: &Arguments<'_, '_>,
    syscall: &'static str,
    f: impl FnOnce(&File) -> io::Result<()> + Send + 'static,
) -> Prepared {
    run_on(arguments.file(0, syscall)?, syscall, f)
}

/// As [`with_file`], for what changes the file or what is known of it.
fn change_file(
    arguments: &Arguments<'_, '_>,
    syscall: &'static str,
    f: impl FnOnce(&File) -> io::Result<()> + Send + 'static,
) -> Prepared {
    run_on(arguments.writable_file(0, syscall)?, syscall, f)
}

fn run_on(
    file: OpenFile,
    syscall: &'static str,
    f: impl FnOnce(&File) -> io::Result<()> + Send + 'static,
) -> Prepared {
    work(move || {
        f(&file.file).map_err(plain_error(syscall))?;
        Ok(Reply::Nothing)
    })
}

/// A duplicate of standard input or an output, if the number is one.
fn standard(number: f64) -> Result<Option<Arc<File>>, HostError> {
    use std::os::fd::AsFd;
    let (input, output, error) = (io::stdin(), io::stdout(), io::stderr());
    let handle = match number as i64 {
        0 => input.as_fd(),
        1 => output.as_fd(),
        2 => error.as_fd(),
        _ => return Ok(None),
    };
    let handle = handle.try_clone_to_owned().map_err(plain_error("fstat"))?;
    Ok(Some(Arc::new(File::from(handle))))
}

/// The access that flags of `open` need.
fn access_of(flags: OFlags) -> Access {
    let writing = OFlags::WRONLY | OFlags::RDWR | OFlags::CREATE | OFlags::TRUNC | OFlags::APPEND;
    match flags.intersects(writing) {
        true => ForWriting,
        false => ForReading,
    }
}

fn open_options(flags: OFlags, mode: u32) -> OpenOptions {
    let writes = flags.intersects(OFlags::WRONLY | OFlags::RDWR);
    let appends = flags.contains(OFlags::APPEND);
    let creates = flags.contains(OFlags::CREATE);
    let mut options = OpenOptions::new();
    options
        .read(!flags.contains(OFlags::WRONLY))
        .write(writes && !appends)
        .append(appends)
        .truncate(flags.contains(OFlags::TRUNC))
        .create(creates)
        .create_new(creates && flags.contains(OFlags::EXCL))
        .mode(mode);
    let rest =
        OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::SYNC | OFlags::DSYNC;
    options.custom_flags((flags & rest).bits() as i32);
    options
}

fn open_file(target: &Target, flags: OFlags, mode: u32) -> Result<OpenFile, HostError> {
    let options = open_options(flags, mode);
    let file = target.run("open", |dir, path| dir.open_with(path, &options))?;
    Ok(OpenFile {
        file: Arc::new(file.into_std()),
        append: flags.contains(OFlags::APPEND),
        protected: (!target.located.writable).then(|| target.absolute.as_path().into()),
    })
}

fn flags_of(arguments: &Arguments<'_, '_>, index: usize) -> OFlags {
    OFlags::from_bits_retain(arguments.number(index) as u32)
}

/// path, flags, mode
fn open(arguments: &Arguments<'_, '_>) -> Prepared {
    let flags = flags_of(arguments, 1);
    let target = arguments.path(0, access_of(flags))?;
    let mode = arguments.number(2) as u32;
    work(move || open_file(&target, flags, mode).map(Reply::Open))
}

/// path or descriptor, flags
fn read_file(arguments: &Arguments<'_, '_>) -> Prepared {
    let finish = |bytes: Vec<u8>| match i32::try_from(bytes.len()) {
        Ok(_) => Ok(Reply::Bytes(bytes)),
        Err(_) => {
            let message = format!("File size ({}) is greater than 2 GiB", bytes.len());
            Err(HostError::range_error(message).with_code("ERR_FS_FILE_TOO_LARGE"))
        }
    };
    if arguments.is_number(0) {
        let number = arguments.number(0);
        let file = match number {
            0.0 => None,
            _ => Some(arguments.file(0, "read")?.file),
        };
        return work(move || {
            let mut bytes = Vec::new();
            let result = match file {
                None => io::stdin().lock().read_to_end(&mut bytes),
                Some(file) => (&*file).read_to_end(&mut bytes),
            };
            result.map_err(plain_error("read"))?;
            finish(bytes)
        });
    }
    let flags = flags_of(arguments, 1);
    let target = arguments.path(0, access_of(flags))?;
    work(move || {
        let file = open_file(&target, flags, 0o666)?;
        let mut bytes = Vec::new();
        (&*file.file)
            .read_to_end(&mut bytes)
            .map_err(plain_error("read"))?;
        finish(bytes)
    })
}

/// path or descriptor, bytes, flags, mode, whether to flush
fn write_file(arguments: &Arguments<'_, '_>) -> Prepared {
    let bytes = arguments.bytes(1)?;
    let (mode, flush) = (arguments.number(3) as u32, arguments.flag(4));
    if arguments.is_number(0) {
        if matches!(arguments.number(0) as i64, 1 | 2) {
            return write_output(arguments, bytes);
        }
        let file = arguments.writable_file(0, "write")?;
        return work(move || {
            (&*file.file)
                .write_all(&bytes)
                .map_err(plain_error("write"))?;
            Ok(Reply::Nothing)
        });
    }
    let flags = flags_of(arguments, 2);
    let target = arguments.path(0, ForWriting)?;
    work(move || {
        let file = open_file(&target, flags, mode)?.file;
        let result = (&*file).write_all(&bytes);
        result.map_err(plain_error("write"))?;
        if flush {
            file.sync_all().map_err(plain_error("fsync"))?;
        }
        Ok(Reply::Nothing)
    })
}

/// Writes to the agent's standard output or error at once: the embedder may have put anything there.
fn write_output(arguments: &Arguments<'_, '_>, bytes: Vec<u8>) -> Prepared {
    let agent = agent(arguments.ctx);
    let mut stream = match arguments.number(0) as i64 {
        1 => agent.stdout.borrow_mut(),
        _ => agent.stderr.borrow_mut(),
    };
    let result = stream.write_all(&bytes).and_then(|()| stream.flush());
    result.map_err(plain_error("write"))?;
    let count = bytes.len() as f64;
    work(move || Ok(Reply::Number(count)))
}

/// descriptor, length, position or null. Gives the bytes that were read.
fn read(arguments: &Arguments<'_, '_>) -> Prepared {
    let length = (arguments.number(1) as usize).min(i32::MAX as usize);
    let position = arguments.is_number(2).then(|| arguments.number(2) as u64);
    let file = match arguments.number(0) {
        0.0 => None,
        _ => Some(arguments.file(0, "read")?.file),
    };
    work(move || {
        let mut bytes = vec![0; length];
        let count = match (file, position) {
            (None, _) => io::stdin().lock().read(&mut bytes),
            (Some(file), None) => (&*file).read(&mut bytes),
            (Some(file), Some(position)) => file.read_at(&mut bytes, position),
        };
        bytes.truncate(count.map_err(plain_error("read"))?);
        Ok(Reply::Bytes(bytes))
    })
}

/// descriptor, bytes, position or null. Gives the number of bytes that were written.
fn write(arguments: &Arguments<'_, '_>) -> Prepared {
    let bytes = arguments.bytes(1)?;
    if matches!(arguments.number(0) as i64, 1 | 2) {
        return write_output(arguments, bytes);
    }
    let position = arguments.is_number(2).then(|| arguments.number(2) as u64);
    let OpenFile { file, append, .. } = arguments.writable_file(0, "write")?;
    work(move || {
        let count = match position.filter(|_| !append) {
            None => (&*file).write(&bytes),
            Some(position) => file.write_at(&bytes, position),
        };
        let count = count.map_err(plain_error("write"))?;
        Ok(Reply::Number(count as f64))
    })
}

/// path, whether numbers are exact
fn stat(arguments: &Arguments<'_, '_>, follow: bool) -> Prepared {
    let target = arguments.path(0, ForReading)?;
    let exact = arguments.flag(1);
    work(move || {
        let metadata = match follow {
            true => target.run("stat", |dir, path| dir.metadata(path))?,
            false => target.run("lstat", |dir, path| dir.symlink_metadata(path))?,
        };
        Ok(Reply::Meta(Box::new(Meta::of_path(&metadata, exact))))
    })
}

/// The kind of folders in [`kind_of`].
pub(super) const FOLDER: u8 = 2;

/// The numbers of `fs.constants.UV_DIRENT_*`.
fn kind_of(kind: cap_std::fs::FileType) -> u8 {
    match kind {
        kind if kind.is_file() => 1,
        kind if kind.is_dir() => FOLDER,
        kind if kind.is_symlink() => 3,
        kind if kind.is_fifo() => 4,
        kind if kind.is_socket() => 5,
        kind if kind.is_char_device() => 6,
        kind if kind.is_block_device() => 7,
        _ => 0,
    }
}

/// The entries of one folder, sorted by name as in Node.
pub(super) fn list(dir: &Dir, path: &Path) -> io::Result<Vec<(String, u8)>> {
    let entries = dir.read_dir(path)?.map(|entry| {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        Ok((name, kind_of(entry.file_type()?)))
    });
    let mut entries = entries.collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    Ok(entries)
}

/// path, whether folders below are listed too, after what is in this one
fn readdir(arguments: &Arguments<'_, '_>) -> Prepared {
    let target = arguments.path(0, ForReading)?;
    let recursive = arguments.flag(1);
    work(move || {
        let mut all = target.run("scandir", list)?;
        let mut next = 0;
        while recursive && next < all.len() {
            let (folder, kind) = all[next].clone();
            next += 1;
            if kind != FOLDER {
                continue;
            }
            let inner = target.run("scandir", |dir, path| list(dir, &path.join(&folder)))?;
            let inner = inner.into_iter();
            all.extend(inner.map(|(name, kind)| (format!("{folder}/{name}"), kind)));
        }
        Ok(Reply::Entries(all))
    })
}

/// path, whether folders go with what is in them, whether a missing file is no error
fn remove(arguments: &Arguments<'_, '_>) -> Prepared {
    let target = arguments.path(0, ForWriting)?;
    let (recursive, force) = (arguments.flag(1), arguments.flag(2));
    work(move || {
        let metadata = target.run("rm", |dir, path| dir.symlink_metadata(path));
        let is_dir = match metadata {
            Ok(metadata) => metadata.is_dir(),
            Err(error) if force && error.is_not_found() => return Ok(Reply::Nothing),
            Err(error) => return Err(error),
        };
        if is_dir && !recursive {
            let shown = target.shown.display();
            let message =
                format!("Path is a directory: rm returned EISDIR (is a directory) {shown}");
            return Err(HostError::error(message).with_code("ERR_FS_EISDIR"));
        }
        target.run("rm", |dir, path| match is_dir {
            true => dir.remove_dir_all(path),
            false => dir.remove_file_or_symlink(path),
        })?;
        Ok(Reply::Nothing)
    })
}

/// path, mode, whether to make the folders above. Gives the first folder that was made, if it made those above.
fn mkdir(arguments: &Arguments<'_, '_>) -> Prepared {
    let target = arguments.path(0, ForWriting)?;
    let mode = arguments.number(1) as u32;
    let recursive = arguments.flag(2);
    work(move || {
        let mut builder = DirBuilder::new();
        builder.mode(mode);
        let make = |dir: &Dir, path: &Path| dir.create_dir_with(path, &builder);
        if !recursive {
            target.run("mkdir", make)?;
            return Ok(Reply::Nothing);
        }
        let Target {
            located, absolute, ..
        } = &target;
        let mut missing = Vec::new();
        for path in located.path.ancestors() {
            if path.as_os_str().is_empty() || path == Path::new(".") {
                break;
            }
            match located.dir.metadata(path) {
                Ok(metadata) if metadata.is_dir() => break,
                Ok(_) if path == located.path => {
                    let error = io::Error::from(rustix::io::Errno::EXIST);
                    return Err(target.error(&error, "mkdir"));
                }
                _ => missing.push(path),
            }
        }
        for path in missing.iter().rev() {
            match make(&located.dir, path) {
                Err(error)
                    if error.kind() == io::ErrorKind::AlreadyExists && located.dir.is_dir(path) => {
                }
                result => result.map_err(|error| target.error(&error, "mkdir"))?,
            }
        }
        let normal = crate::files::normalize(absolute);
        let first = missing.len().checked_sub(1);
        let first = first.and_then(|depth| normal.ancestors().nth(depth));
        Ok(first.map_or(Reply::Nothing, |path| {
            Reply::Text(path.to_string_lossy().into_owned())
        }))
    })
}

/// The beginning of a path, to which six characters are added.
fn mkdtemp(arguments: &Arguments<'_, '_>) -> Prepared {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let prefix = arguments.text(0)?;
    let agent = agent(arguments.ctx);
    let mut random = [0; 6];
    getrandom::fill(&mut random).map_err(|error| HostError::error(error.to_string()))?;
    let suffix = random.map(|byte| char::from(LETTERS[usize::from(byte) % LETTERS.len()]));
    let shown = prefix + &suffix.iter().collect::<String>();
    let absolute = agent.settings.cwd.join(&shown);
    let target = Target {
        located: agent.files.locate(&absolute, ForWriting)?,
        shown: PathBuf::from(&shown),
        absolute,
        access: ForWriting,
    };
    work(move || {
        let mut builder = DirBuilder::new();
        builder.mode(0o700);
        target.run("mkdtemp", |dir, path| dir.create_dir_with(path, &builder))?;
        Ok(Reply::Text(shown))
    })
}

/// from, to
fn rename(arguments: &Arguments<'_, '_>) -> Prepared {
    let from = arguments.path(0, ForWriting)?;
    let to = arguments.path(1, ForWriting)?;
    work(move || {
        let result = from
            .located
            .dir
            .rename(&from.located.path, &to.located.dir, &to.located.path);
        result.map_err(|error| pair_error(&error, "rename", &from, &to))?;
        Ok(Reply::Nothing)
    })
}

/// existing, new
fn link(arguments: &Arguments<'_, '_>) -> Prepared {
    let from = arguments.path(0, ForWriting)?;
    let to = arguments.path(1, ForWriting)?;
    work(move || {
        let result =
            from.located
                .dir
                .hard_link(&from.located.path, &to.located.dir, &to.located.path);
        result.map_err(|error| pair_error(&error, "link", &from, &to))?;
        Ok(Reply::Nothing)
    })
}

/// what it leads to, path of the link. What it leads to is text; an absolute one must be inside of a folder that
/// the script reaches, else the link would name what the script may not see.
fn symlink(arguments: &Arguments<'_, '_>) -> Prepared {
    let contents = PathBuf::from(arguments.text(0)?);
    let link = arguments.path(1, ForWriting)?;
    if contents.is_absolute() {
        arguments.path(0, ForReading)?;
    }
    work(move || {
        let result = link
            .located
            .dir
            .symlink_contents(&contents, &link.located.path);
        result.map_err(|error| {
            crate::files::call_error(&error, "symlink", Some(&contents), Some(&link.shown))
        })?;
        Ok(Reply::Nothing)
    })
}

/// path
fn realpath(arguments: &Arguments<'_, '_>) -> Prepared {
    let target = arguments.path(0, ForReading)?;
    let absolute = crate::files::normalize(&target.absolute);
    work(move || {
        let inside = &target.located.path;
        let depth = match inside == Path::new(".") {
            true => 0,
            false => inside.components().count(),
        };
        let root = absolute.ancestors().nth(depth).unwrap_or(Path::new("/"));
        let real = target.run("realpath", |dir, path| dir.canonicalize(path))?;
        let real = crate::files::normalize(&root.join(real));
        Ok(Reply::Text(real.to_string_lossy().into_owned()))
    })
}

/// from, to, whether it fails if there is a file already
fn copy_file(arguments: &Arguments<'_, '_>) -> Prepared {
    let from = arguments.path(0, ForReading)?;
    let to = arguments.path(1, ForWriting)?;
    let fresh = arguments.flag(2);
    work(move || {
        let (source, place) = (&from.located, &to.located);
        if fresh && place.dir.symlink_metadata(&place.path).is_ok() {
            let error = io::Error::from(rustix::io::Errno::EXIST);
            return Err(pair_error(&error, "copyfile", &from, &to));
        }
        let result = source.dir.copy(&source.path, &place.dir, &place.path);
        result.map_err(|error| pair_error(&error, "copyfile", &from, &to))?;
        Ok(Reply::Nothing)
    })
}

/// path, mode
fn access(arguments: &Arguments<'_, '_>) -> Prepared {
    let target = arguments.path(0, ForReading)?;
    let mode = arguments.number(1) as u32;
    work(move || {
        let wanted = match mode & 7 {
            0 => AccessType::Exists,
            bits => AccessType::Access(AccessModes {
                readable: bits & 4 != 0,
                writable: bits & 2 != 0,
                executable: bits & 1 != 0,
            }),
        };
        target.run("access", |dir, path| dir.access(path, wanted))?;
        if mode & 2 != 0 && !target.located.writable {
            return Err(denied(&target.absolute, ForWriting));
        }
        Ok(Reply::Nothing)
    })
}

/// path, access time and modification time in seconds
fn utimes(arguments: &Arguments<'_, '_>, follow: bool) -> Prepared {
    let times = arguments.times(1, 2);
    if !follow {
        return on_path(arguments, "lutime", move |dir, path| {
            let (folder, name) = parent(dir, path)?;
            Ok(utimensat(folder, name, &times?, AtFlags::SYMLINK_NOFOLLOW)?)
        });
    }
    // `Dir::set_times` panics on times before 1970.
    on_path(arguments, "utime", move |dir, path| {
        let times = times?;
        let mut options = OpenOptions::new();
        // Opening a pipe waits for its other end otherwise.
        options.custom_flags(OFlags::NONBLOCK.bits() as i32);
        let file = match dir.open_with(path, options.read(true)) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                dir.open_with(path, options.read(false).write(true))?
            }
            result => result?,
        };
        Ok(futimens(file, &times)?)
    })
}

/// The folder that the last part of a path is in, and that part: for calls that do not follow a link.
fn parent<'a>(dir: &Dir, path: &'a Path) -> io::Result<(Dir, &'a OsStr)> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => dir.open_dir(folder)?,
        _ => dir.try_clone()?,
    };
    Ok((folder, path.file_name().unwrap_or(OsStr::new("."))))
}
