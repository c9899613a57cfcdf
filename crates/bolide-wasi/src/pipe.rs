//! Streams over the host's memory and over any [`Read`] or [`Write`].

use crate::stream::{InputStream, OutputStream};
use std::io::{self, Cursor, IoSlice, IoSliceMut, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An input that yields bytes from the host's memory, then its end.
#[derive(Clone, Debug)]
pub struct MemoryInputPipe {
    bytes: Arc<Mutex<Cursor<Vec<u8>>>>,
}

impl MemoryInputPipe {
    /// An input that yields `bytes`.
    pub fn new(bytes: impl Into<Vec<u8>>) -> MemoryInputPipe {
        MemoryInputPipe {
            bytes: Arc::new(Mutex::new(Cursor::new(bytes.into()))),
        }
    }

    /// Whether everything has been read.
    pub fn is_empty(&self) -> bool {
        self.available() == 0
    }
}

impl InputStream for MemoryInputPipe {
    fn read(&mut self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        lock(&self.bytes).read_vectored(buffers)
    }

    fn available(&self) -> u64 {
        let bytes = lock(&self.bytes);
        bytes.get_ref().len() as u64 - bytes.position()
    }
}

/// An output that collects what is written in the host's memory.
///
/// Clones share what they collect: keep one to look at and give the other to the guest.
#[derive(Clone, Debug)]
pub struct MemoryOutputPipe {
    capacity: usize,
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl MemoryOutputPipe {
    /// An output that holds `capacity` bytes and then refuses more with `nospc`.
    pub fn new(capacity: usize) -> MemoryOutputPipe {
        MemoryOutputPipe {
            capacity,
            bytes: Arc::default(),
        }
    }

    /// A copy of what was written so far.
    pub fn contents(&self) -> Vec<u8> {
        lock(&self.bytes).clone()
    }
}

impl OutputStream for MemoryOutputPipe {
    fn write(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut bytes = lock(&self.bytes);
        let before = bytes.len();
        for buffer in buffers {
            let room = self.capacity - bytes.len();
            bytes.extend_from_slice(&buffer[..buffer.len().min(room)]);
        }
        let written = bytes.len() - before;
        if written == 0 && buffers.iter().any(|b| !b.is_empty()) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(written)
    }
}

/// An input over any [`Read`].
#[derive(Debug)]
pub struct ReadPipe<R>(R);

impl<R: Read + Send> ReadPipe<R> {
    /// An input that reads from `reader`.
    pub fn new(reader: R) -> ReadPipe<R> {
        ReadPipe(reader)
    }
}

impl<R: Read + Send> InputStream for ReadPipe<R> {
    fn read(&mut self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.0.read_vectored(buffers)
    }
}

/// An output over any [`Write`], flushed after each write of the guest.
#[derive(Debug)]
pub struct WritePipe<W>(W);

impl<W: Write + Send> WritePipe<W> {
    /// An output that writes to `writer`.
    pub fn new(writer: W) -> WritePipe<W> {
        WritePipe(writer)
    }
}

impl<W: Write + Send> OutputStream for WritePipe<W> {
    fn write(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        let written = self.0.write_vectored(buffers)?;
        self.0.flush()?;
        Ok(written)
    }
}

/// An input that is at its end from the start: the default.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClosedInputStream;

impl InputStream for ClosedInputStream {
    fn read(&mut self, _buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        Ok(0)
    }
}

/// An output that drops everything: the default.
#[derive(Clone, Copy, Debug, Default)]
pub struct SinkOutputStream;

impl OutputStream for SinkOutputStream {
    fn write(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        Ok(buffers.iter().map(|b| b.len()).sum())
    }
}

/// The bytes stay whole when a thread panics while it holds them, so that is no reason to fail.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
