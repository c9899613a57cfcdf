//! The table of all functions of WASI.

use crate::error::Result;
use crate::memory::{Abi, GuestMemory};
use crate::{Errno, Error, WasiCtx};

/// Calls a macro with one row for each function of WASI:
/// `[modules] name (parameter: type, ...) -> result;`
///
/// `modules` is `preview0 preview1` or `preview1`. The name is that of the wasm import and of the
/// method of [`WasiCtx`] that implements it. The types are those of the wasm signature. The result
/// is `errno` for an `i32` that is an error number, `noreturn` for none.
macro_rules! for_each_wasi_function {
    ($callback:ident) => {
        $callback! {
            [preview0 preview1] args_get(argv: i32, argv_buf: i32) -> errno;
            [preview0 preview1] args_sizes_get(argc: i32, argv_buf_size: i32) -> errno;
            [preview0 preview1] environ_get(environ: i32, environ_buf: i32) -> errno;
            [preview0 preview1] environ_sizes_get(environc: i32, environ_buf_size: i32) -> errno;
            [preview0 preview1] clock_res_get(id: i32, resolution: i32) -> errno;
            [preview0 preview1] clock_time_get(id: i32, precision: i64, time: i32) -> errno;
            [preview0 preview1] fd_advise(fd: i32, offset: i64, len: i64, advice: i32) -> errno;
            [preview0 preview1] fd_allocate(fd: i32, offset: i64, len: i64) -> errno;
            [preview0 preview1] fd_close(fd: i32) -> errno;
            [preview0 preview1] fd_datasync(fd: i32) -> errno;
            [preview0 preview1] fd_fdstat_get(fd: i32, stat: i32) -> errno;
            [preview0 preview1] fd_fdstat_set_flags(fd: i32, flags: i32) -> errno;
            [preview0 preview1] fd_fdstat_set_rights(fd: i32, base: i64, inheriting: i64) -> errno;
            [preview0 preview1] fd_filestat_get(fd: i32, stat: i32) -> errno;
            [preview0 preview1] fd_filestat_set_size(fd: i32, size: i64) -> errno;
            [preview0 preview1] fd_filestat_set_times(
                fd: i32, atim: i64, mtim: i64, fst_flags: i32
            ) -> errno;
            [preview0 preview1] fd_pread(
                fd: i32, iovs: i32, iovs_len: i32, offset: i64, nread: i32
            ) -> errno;
            [preview0 preview1] fd_prestat_get(fd: i32, prestat: i32) -> errno;
            [preview0 preview1] fd_prestat_dir_name(fd: i32, path: i32, path_len: i32) -> errno;
            [preview0 preview1] fd_pwrite(
                fd: i32, iovs: i32, iovs_len: i32, offset: i64, nwritten: i32
            ) -> errno;
            [preview0 preview1] fd_read(fd: i32, iovs: i32, iovs_len: i32, nread: i32) -> errno;
            [preview0 preview1] fd_readdir(
                fd: i32, buf: i32, buf_len: i32, cookie: i64, bufused: i32
            ) -> errno;
            [preview0 preview1] fd_renumber(fd: i32, to: i32) -> errno;
            [preview0 preview1] fd_seek(
                fd: i32, offset: i64, whence: i32, newoffset: i32
            ) -> errno;
            [preview0 preview1] fd_sync(fd: i32) -> errno;
            [preview0 preview1] fd_tell(fd: i32, offset: i32) -> errno;
            [preview0 preview1] fd_write(fd: i32, iovs: i32, iovs_len: i32, nwritten: i32) -> errno;
            [preview0 preview1] path_create_directory(fd: i32, path: i32, path_len: i32) -> errno;
            [preview0 preview1] path_filestat_get(
                fd: i32, flags: i32, path: i32, path_len: i32, stat: i32
            ) -> errno;
            [preview0 preview1] path_filestat_set_times(
                fd: i32, flags: i32, path: i32, path_len: i32, atim: i64, mtim: i64, fst_flags: i32
            ) -> errno;
            [preview0 preview1] path_link(
                old_fd: i32, old_flags: i32, old_path: i32, old_path_len: i32,
                new_fd: i32, new_path: i32, new_path_len: i32
            ) -> errno;
            [preview0 preview1] path_open(
                fd: i32, dirflags: i32, path: i32, path_len: i32, oflags: i32,
                rights_base: i64, rights_inheriting: i64, fdflags: i32, opened: i32
            ) -> errno;
            [preview0 preview1] path_readlink(
                fd: i32, path: i32, path_len: i32, buf: i32, buf_len: i32, bufused: i32
            ) -> errno;
            [preview0 preview1] path_remove_directory(fd: i32, path: i32, path_len: i32) -> errno;
            [preview0 preview1] path_rename(
                old_fd: i32, old_path: i32, old_path_len: i32,
                new_fd: i32, new_path: i32, new_path_len: i32
            ) -> errno;
            [preview0 preview1] path_symlink(
                old_path: i32, old_path_len: i32, fd: i32, new_path: i32, new_path_len: i32
            ) -> errno;
            [preview0 preview1] path_unlink_file(fd: i32, path: i32, path_len: i32) -> errno;
            [preview0 preview1] poll_oneoff(
                subscriptions: i32, events: i32, nsubscriptions: i32, nevents: i32
            ) -> errno;
            [preview0 preview1] proc_exit(code: i32) -> noreturn;
            [preview0 preview1] proc_raise(sig: i32) -> errno;
            [preview0 preview1] sched_yield() -> errno;
            [preview0 preview1] random_get(buf: i32, buf_len: i32) -> errno;
            [preview1] sock_accept(fd: i32, flags: i32, result: i32) -> errno;
            [preview0 preview1] sock_recv(
                fd: i32, data: i32, data_len: i32, ri_flags: i32, nread: i32, ro_flags: i32
            ) -> errno;
            [preview0 preview1] sock_send(
                fd: i32, data: i32, data_len: i32, si_flags: i32, nwritten: i32
            ) -> errno;
            [preview0 preview1] sock_shutdown(fd: i32, how: i32) -> errno;
        }
    };
}

pub(crate) use for_each_wasi_function;

/// The type of a parameter in the wasm signature of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParamType {
    /// `i32`: an address, size, descriptor, flag or enumeration.
    I32,
    /// `i64`: an offset, time or set of rights.
    I64,
}

/// A function of WASI, as a wasm module imports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function {
    /// The name of the import.
    pub name: &'static str,
    /// The types of the parameters.
    pub params: &'static [ParamType],
    /// Whether there is a result: one `i32`, the error number. Only `proc_exit` has none.
    pub returns_errno: bool,
    /// The modules that have it.
    pub abis: &'static [Abi],
}

impl Function {
    /// The module names under which the function can be imported.
    pub fn modules(&self) -> impl Iterator<Item = &'static str> {
        self.abis.iter().map(|abi| abi.module())
    }
}

macro_rules! param_type {
    (i32) => {
        ParamType::I32
    };
    (i64) => {
        ParamType::I64
    };
}

macro_rules! abi {
    (preview0) => {
        Abi::Preview0
    };
    (preview1) => {
        Abi::Preview1
    };
}

macro_rules! returns_errno {
    (errno) => {
        true
    };
    (noreturn) => {
        false
    };
}

macro_rules! argument {
    ($args:ident i32) => {
        $args.next().unwrap_or(0) as i32
    };
    ($args:ident i64) => {
        $args.next().unwrap_or(0)
    };
}

macro_rules! define_functions {
    ($([$($abi:ident)*] $name:ident($($param:ident: $ty:ident),*) -> $result:ident;)*) => {
        /// Every function of WASI preview 1. Preview 0 has the same but for `sock_accept`.
        pub const FUNCTIONS: &[Function] = &[$(
            Function {
                name: stringify!($name),
                params: &[$(param_type!($ty)),*],
                returns_errno: returns_errno!($result),
                abis: &[$(abi!($abi)),*],
            },
        )*];

        impl WasiCtx {
            /// Calls the function `name`, for hosts that have no typed way to.
            ///
            /// `args` holds the arguments in order; an `i32` is taken from the low half, a missing
            /// one is 0.
            ///
            /// # Errors
            ///
            /// As the function; `nosys` when there is none of that name in the module that `mem`
            /// is viewed for.
            pub fn call(
                &mut self,
                mem: &mut GuestMemory<'_>,
                name: &str,
                args: &[i64],
            ) -> Result {
                #[allow(unused_mut, unused_variables)]
                let mut args = args.iter().copied();
                match name {
                    $(stringify!($name) if [$(abi!($abi)),*].contains(&mem.abi()) => {
                        $(let $param = argument!(args $ty);)*
                        self.$name(mem, $($param),*)
                    })*
                    _ => Err(Error::Errno(Errno::Nosys)),
                }
            }
        }
    };
}

for_each_wasi_function!(define_functions);
