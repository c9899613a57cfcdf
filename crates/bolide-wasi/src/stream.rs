//! Streams that an embedder gives a guest as its standard input and outputs.

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::BorrowedFd;

/// Where a guest's standard input comes from.
///
/// [`crate::pipe`] has ready-made ones; implement it to connect something else.
pub trait InputStream: Send {
    /// Reads into `buffers`, in order, and returns how many bytes were read; 0 is the end.
    ///
    /// # Errors
    ///
    /// The error's number or kind becomes the guest's error number.
    fn read(&mut self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize>;

    /// What the operating system can wait on until [`InputStream::read`] does not block.
    ///
    /// Without one the guest is told that the stream is always ready.
    fn poll_handle(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// How many bytes can be read without waiting, if known.
    fn available(&self) -> u64 {
        0
    }

    /// Whether a person types at the other end, so that the guest prompts and does not buffer.
    fn is_terminal(&self) -> bool {
        false
    }
}

/// Where a guest's standard output or error goes.
///
/// [`crate::pipe`] has ready-made ones; implement it to connect something else.
pub trait OutputStream: Send {
    /// Writes from `buffers`, in order, and returns how many bytes were taken.
    ///
    /// # Errors
    ///
    /// The error's number or kind becomes the guest's error number.
    fn write(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize>;

    /// What the operating system can wait on until [`OutputStream::write`] does not block.
    ///
    /// Without one the guest is told that the stream is always ready.
    fn poll_handle(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// Whether a person looks at the other end, so that the guest buffers no more than a line.
    fn is_terminal(&self) -> bool {
        false
    }
}
