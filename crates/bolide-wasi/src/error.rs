//! How a WASI function ends when it does not succeed.

use crate::Errno;
use std::fmt;

/// The guest called `proc_exit` with this code.
///
/// It travels as an error so that every guest frame is unwound. Find it in the error of the call
/// that ran the guest, with `downcast_ref::<I32Exit>()`; code 0 means success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct I32Exit(
    /// The exit code, the guest's `u32` reinterpreted.
    pub i32,
);

impl I32Exit {
    /// The code as an operating system reports it: the low 8 bits.
    pub fn process_exit_code(&self) -> u8 {
        self.0 as u8
    }
}

impl fmt::Display for I32Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the program exited with code {}", self.0)
    }
}

impl std::error::Error for I32Exit {}

/// Why a WASI function did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The function returns this number to the guest.
    Errno(Errno),
    /// The guest ends here and does not resume.
    Exit(I32Exit),
}

/// The result of a WASI function.
pub type Result<T = ()> = std::result::Result<T, Error>;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Errno(errno) => errno.fmt(f),
            Error::Exit(exit) => exit.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<Errno> for Error {
    fn from(errno: Errno) -> Error {
        Error::Errno(errno)
    }
}

impl From<rustix::io::Errno> for Error {
    fn from(errno: rustix::io::Errno) -> Error {
        Error::Errno(errno.into())
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Error {
        Error::Errno(error.into())
    }
}

impl From<I32Exit> for Error {
    fn from(exit: I32Exit) -> Error {
        Error::Exit(exit)
    }
}

/// Why a guest's memory cannot be used by WASI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MemoryError {
    /// The calling module exports no memory named `memory`.
    Missing,
    /// The calling module's `memory` is shared between threads.
    Shared,
}

impl fmt::Display for MemoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MemoryError::Missing => {
                "a module that calls WASI must export its linear memory under the name `memory`; \
                 this one does not (link it with `--export-memory`)"
            }
            MemoryError::Shared => {
                "the module's `memory` is shared, and WASI preview 1 has no threads; build the \
                 module without shared memory (for C: target wasm32-wasip1 instead of \
                 wasm32-wasip1-threads)"
            }
        })
    }
}

impl std::error::Error for MemoryError {}
