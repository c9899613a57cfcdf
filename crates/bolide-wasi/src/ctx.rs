//! What one guest is given: its arguments, environment, streams, directories, clocks.

use crate::Errno;
use crate::clocks::{Clocks, HostMonotonicClock, HostRandom, HostWallClock, SystemRandom};
use crate::handle::Handle;
use crate::pipe::{ClosedInputStream, SinkOutputStream};
use crate::stream::{InputStream, OutputStream};
use crate::table::{Entry, Object, Perms, Table};
use crate::types::{DirPerms, FdFlags, FilePerms, Rights};
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The state of one guest: everything that WASI lets it see and change.
///
/// Made by [`WasiCtxBuilder`]. Its methods are the functions of WASI; see
/// [the list](crate::functions::FUNCTIONS).
pub struct WasiCtx {
    pub(crate) args: Vec<Vec<u8>>,
    pub(crate) env: Vec<Vec<u8>>,
    pub(crate) table: Table,
    pub(crate) clocks: Clocks,
    pub(crate) random: Box<dyn HostRandom>,
}

impl WasiCtx {
    /// The same as [`WasiCtxBuilder::new`].
    pub fn builder() -> WasiCtxBuilder {
        WasiCtxBuilder::new()
    }
}

impl fmt::Debug for WasiCtx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WasiCtx").finish_non_exhaustive()
    }
}

/// Says what a guest is given, then makes its [`WasiCtx`].
///
/// Without any call the guest has no arguments, an empty environment, an input at its end, outputs
/// that drop what is written, no directories, the host's clocks and the host's randomness.
///
/// ```
/// use bolide_wasi::{DirPerms, FilePerms, WasiCtxBuilder};
/// use bolide_wasi::pipe::MemoryOutputPipe;
///
/// # fn main() -> std::io::Result<()> {
/// let output = MemoryOutputPipe::new(1024 * 1024);
/// let ctx = WasiCtxBuilder::new()
///     .args(&["program", "--verbose"])
///     .env("LANG", "C.UTF-8")
///     .stdout(output.clone())
///     .preopened_dir(".", "/data", DirPerms::READ, FilePerms::READ)?
///     .build();
/// # drop(ctx);
/// # Ok(())
/// # }
/// ```
pub struct WasiCtxBuilder {
    args: Vec<Vec<u8>>,
    env: Vec<Vec<u8>>,
    stdin: Entry,
    stdout: Entry,
    stderr: Entry,
    dirs: Vec<Entry>,
    sockets: Vec<Entry>,
    clocks: Clocks,
    random: Box<dyn HostRandom>,
}

impl fmt::Debug for WasiCtxBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WasiCtxBuilder").finish_non_exhaustive()
    }
}

impl Default for WasiCtxBuilder {
    fn default() -> WasiCtxBuilder {
        WasiCtxBuilder::new()
    }
}

fn input(stream: impl InputStream + 'static) -> Entry {
    Entry::stream(Object::Input(Box::new(stream)), Rights::FD_READ)
}

fn output(stream: impl OutputStream + 'static) -> Entry {
    Entry::stream(Object::Output(Box::new(stream)), Rights::FD_WRITE)
}

impl WasiCtxBuilder {
    /// A guest that is given nothing yet.
    pub fn new() -> WasiCtxBuilder {
        WasiCtxBuilder {
            args: Vec::new(),
            env: Vec::new(),
            stdin: input(ClosedInputStream),
            stdout: output(SinkOutputStream),
            stderr: output(SinkOutputStream),
            dirs: Vec::new(),
            sockets: Vec::new(),
            clocks: Clocks::default(),
            random: Box::new(SystemRandom),
        }
    }

    /// Adds an argument. The first one is by convention the name of the program.
    ///
    /// A guest whose arguments or environment contain a NUL byte is told `ilseq` when it asks for
    /// them: WASI's strings end at the first NUL.
    pub fn arg(&mut self, arg: impl AsRef<OsStr>) -> &mut WasiCtxBuilder {
        self.args.push(arg.as_ref().as_bytes().to_vec());
        self
    }

    /// Adds arguments, as [`WasiCtxBuilder::arg`] one by one.
    pub fn args(&mut self, args: &[impl AsRef<OsStr>]) -> &mut WasiCtxBuilder {
        args.iter().for_each(|arg| {
            self.arg(arg);
        });
        self
    }

    /// Adds the arguments of the host process, the first included.
    pub fn inherit_args(&mut self) -> &mut WasiCtxBuilder {
        self.args(&std::env::args_os().collect::<Vec<_>>())
    }

    /// Sets a variable in the environment; a later value replaces an earlier one of the same name.
    pub fn env(
        &mut self,
        name: impl AsRef<OsStr>,
        value: impl AsRef<OsStr>,
    ) -> &mut WasiCtxBuilder {
        let mut variable = name.as_ref().as_bytes().to_vec();
        variable.push(b'=');
        self.env.retain(|old| !old.starts_with(&variable));
        variable.extend_from_slice(value.as_ref().as_bytes());
        self.env.push(variable);
        self
    }

    /// Sets variables in the environment, as [`WasiCtxBuilder::env`] one by one.
    pub fn envs(
        &mut self,
        variables: &[(impl AsRef<OsStr>, impl AsRef<OsStr>)],
    ) -> &mut WasiCtxBuilder {
        for (name, value) in variables {
            self.env(name, value);
        }
        self
    }

    /// Sets all variables of the host process's environment.
    pub fn inherit_env(&mut self) -> &mut WasiCtxBuilder {
        self.envs(&std::env::vars_os().collect::<Vec<_>>())
    }

    /// Reads the guest's standard input from `stream`.
    pub fn stdin(&mut self, stream: impl InputStream + 'static) -> &mut WasiCtxBuilder {
        self.stdin = input(stream);
        self
    }

    /// Writes the guest's standard output to `stream`.
    pub fn stdout(&mut self, stream: impl OutputStream + 'static) -> &mut WasiCtxBuilder {
        self.stdout = output(stream);
        self
    }

    /// Writes the guest's standard error to `stream`.
    pub fn stderr(&mut self, stream: impl OutputStream + 'static) -> &mut WasiCtxBuilder {
        self.stderr = output(stream);
        self
    }

    /// Gives the guest the host's standard input.
    ///
    /// The guest reads from the operating system, past what [`std::io::Stdin`] may have buffered.
    pub fn inherit_stdin(&mut self) -> &mut WasiCtxBuilder {
        self.stdin = Entry::stdio(Handle::Stdin(io::stdin()), Rights::FD_READ);
        self
    }

    /// Gives the guest the host's standard output.
    pub fn inherit_stdout(&mut self) -> &mut WasiCtxBuilder {
        self.stdout = Entry::stdio(Handle::Stdout(io::stdout()), Rights::FD_WRITE);
        self
    }

    /// Gives the guest the host's standard error.
    pub fn inherit_stderr(&mut self) -> &mut WasiCtxBuilder {
        self.stderr = Entry::stdio(Handle::Stderr(io::stderr()), Rights::FD_WRITE);
        self
    }

    /// Gives the guest the host's standard input, output and error.
    pub fn inherit_stdio(&mut self) -> &mut WasiCtxBuilder {
        self.inherit_stdin().inherit_stdout().inherit_stderr()
    }

    /// Opens the directory `host_path` now and gives it to the guest under the name `guest_path`.
    ///
    /// The guest cannot reach anything outside of it: not by `..`, by an absolute path, or by a
    /// symbolic link, whoever made it. What is mounted or hard-linked inside counts as inside.
    /// Directories get descriptors from 3 on, in the order of the calls.
    ///
    /// # Errors
    ///
    /// When the directory cannot be opened.
    pub fn preopened_dir(
        &mut self,
        host_path: impl AsRef<Path>,
        guest_path: impl AsRef<str>,
        dir_perms: DirPerms,
        file_perms: FilePerms,
    ) -> io::Result<&mut WasiCtxBuilder> {
        let host_path = host_path.as_ref();
        let dir = Dir::open_ambient_dir(host_path, ambient_authority()).map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("cannot open directory `{}`: {error}", host_path.display()),
            )
        })?;
        self.dirs.push(Entry::preopen(
            dir,
            guest_path.as_ref().as_bytes().to_vec(),
            Perms {
                dir: dir_perms,
                file: file_perms,
            },
        ));
        Ok(self)
    }

    /// As [`WasiCtxBuilder::preopened_dir`] for a directory that is open already, which need not have a path that
    /// this process could open.
    ///
    /// ```
    /// use bolide_wasi::{DirPerms, FilePerms, WasiCtxBuilder};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let folder = std::fs::File::open(".")?;
    /// let ctx = WasiCtxBuilder::new()
    ///     .preopened_handle(folder, "/data", DirPerms::READ, FilePerms::READ)
    ///     .build();
    /// # drop(ctx);
    /// # Ok(())
    /// # }
    /// ```
    pub fn preopened_handle(
        &mut self,
        directory: impl Into<OwnedFd>,
        guest_path: impl AsRef<str>,
        dir_perms: DirPerms,
        file_perms: FilePerms,
    ) -> &mut WasiCtxBuilder {
        let directory = std::fs::File::from(directory.into());
        self.dirs.push(Entry::preopen(
            Dir::from_std_file(directory),
            guest_path.as_ref().as_bytes().to_vec(),
            Perms {
                dir: dir_perms,
                file: file_perms,
            },
        ));
        self
    }

    /// Gives the guest a socket, listening or connected: a `TcpListener`, `TcpStream`,
    /// `UnixListener`, `UnixStream` or connected `UdpSocket`.
    ///
    /// Sockets get descriptors after the directories, in the order of the calls: a C library looks
    /// for directories from 3 on and stops at the first descriptor that is none.
    ///
    /// # Errors
    ///
    /// When `socket` is not a socket.
    pub fn preopened_socket(
        &mut self,
        socket: impl Into<OwnedFd>,
    ) -> io::Result<&mut WasiCtxBuilder> {
        let entry = Entry::socket(socket.into(), FdFlags::empty())
            .map_err(|errno: Errno| io::Error::new(io::ErrorKind::InvalidInput, errno))?;
        self.sockets.push(entry);
        Ok(self)
    }

    /// Replaces the clock that tells the time of day.
    pub fn wall_clock(&mut self, clock: impl HostWallClock + 'static) -> &mut WasiCtxBuilder {
        self.clocks.wall = Box::new(clock);
        self.clocks.wall_is_system = false;
        self
    }

    /// Replaces the monotonic clock.
    pub fn monotonic_clock(
        &mut self,
        clock: impl HostMonotonicClock + 'static,
    ) -> &mut WasiCtxBuilder {
        self.clocks.monotonic = Box::new(clock);
        self
    }

    /// Replaces the clock of the CPU time that the process has used.
    pub fn process_cpu_clock(
        &mut self,
        clock: impl HostMonotonicClock + 'static,
    ) -> &mut WasiCtxBuilder {
        self.clocks.process_cpu = Box::new(clock);
        self
    }

    /// Replaces the clock of the CPU time that the calling thread has used.
    pub fn thread_cpu_clock(
        &mut self,
        clock: impl HostMonotonicClock + 'static,
    ) -> &mut WasiCtxBuilder {
        self.clocks.thread_cpu = Box::new(clock);
        self
    }

    /// Replaces the source of random bytes.
    pub fn secure_random(&mut self, random: impl HostRandom + 'static) -> &mut WasiCtxBuilder {
        self.random = Box::new(random);
        self
    }

    /// Makes the guest's state, and leaves the builder as [`WasiCtxBuilder::new`] made it.
    pub fn build(&mut self) -> WasiCtx {
        let builder = std::mem::take(self);
        let mut table = Table::default();
        let entries = [builder.stdin, builder.stdout, builder.stderr];
        for entry in entries
            .into_iter()
            .chain(builder.dirs)
            .chain(builder.sockets)
        {
            // A table has room for 2^31 descriptors, more than a builder's memory.
            let _ = table.insert(entry);
        }
        WasiCtx {
            args: builder.args,
            env: builder.env,
            table,
            clocks: builder.clocks,
            random: builder.random,
        }
    }

    /// The same as [`WasiCtxBuilder::build`].
    pub fn build_p1(&mut self) -> WasiCtx {
        self.build()
    }
}
