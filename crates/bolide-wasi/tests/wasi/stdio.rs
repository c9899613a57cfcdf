//! Standard streams: types, rights, custom streams, blocking or not.

use crate::harness::Guest;
use bolide_wasi::pipe::{MemoryInputPipe, MemoryOutputPipe, ReadPipe, WritePipe};
use bolide_wasi::{Errno, InputStream, OutputStream, Rights, WasiCtxBuilder};
use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

const NONBLOCK: i64 = 4;

#[test]
fn memory_pipes_carry_the_bytes() {
    let (out, err) = (MemoryOutputPipe::new(100), MemoryOutputPipe::new(100));
    let input = MemoryInputPipe::new("line 1\nline 2\n");
    let mut guest = Guest::new(
        WasiCtxBuilder::new()
            .stdin(input.clone())
            .stdout(out.clone())
            .stderr(err.clone())
            .build(),
    );
    assert_eq!(guest.read(0, 7).unwrap(), b"line 1\n");
    assert!(!input.is_empty());
    assert_eq!(guest.read(0, 100).unwrap(), b"line 2\n");
    assert!(input.is_empty());
    assert_eq!(guest.read(0, 100).unwrap(), b"");
    assert_eq!(guest.write(1, b"to out"), Ok(6));
    assert_eq!(guest.write(2, b"to err"), Ok(6));
    assert_eq!(out.contents(), b"to out");
    assert_eq!(err.contents(), b"to err");
}

#[test]
fn a_full_memory_pipe_takes_what_fits_and_then_fails() {
    let out = MemoryOutputPipe::new(4);
    let mut guest = Guest::new(WasiCtxBuilder::new().stdout(out.clone()).build());
    assert_eq!(guest.write(1, b"123456"), Ok(4));
    assert_eq!(guest.write(1, b"5"), Err(Errno::Nospc));
    assert_eq!(guest.write(1, b""), Ok(0));
    assert_eq!(out.contents(), b"1234");
}

#[test]
fn any_reader_and_writer_will_do() {
    let dir = tempfile::tempdir().unwrap();
    let file = std::fs::File::create(dir.path().join("out")).unwrap();
    let mut guest = Guest::new(
        WasiCtxBuilder::new()
            .stdin(ReadPipe::new(&b"input"[..]))
            .stdout(WritePipe::new(io::BufWriter::new(file)))
            .build(),
    );
    assert_eq!(guest.read(0, 10).unwrap(), b"input");
    assert_eq!(guest.write(1, b"output"), Ok(6));
    let written = std::fs::read(dir.path().join("out")).unwrap();
    assert_eq!(written, b"output", "the output is not flushed");
}

#[test]
fn without_a_call_input_is_empty_and_output_is_dropped() {
    let mut guest = Guest::new(WasiCtxBuilder::new().build());
    assert_eq!(guest.read(0, 10).unwrap(), b"");
    assert_eq!(guest.write(1, b"x"), Ok(1));
    assert_eq!(guest.write(2, b"x"), Ok(1));
    assert_eq!(guest.write(0, b"x"), Err(Errno::Notcapable));
    assert_eq!(guest.read(1, 1), Err(Errno::Notcapable));
}

#[test]
fn streams_have_no_position_and_no_times() {
    let mut guest = Guest::new(WasiCtxBuilder::new().build());
    let (iovs, out) = (guest.put(&[0; 8]), guest.alloc(8));
    assert_eq!(guest.seek(0, 0, 0), Err(Errno::Spipe));
    assert_eq!(call!(guest, "fd_tell", 1, out), Errno::Spipe);
    assert_eq!(call!(guest, "fd_pread", 0, iovs, 1, 0, out), Errno::Spipe);
    assert_eq!(call!(guest, "fd_pwrite", 1, iovs, 1, 0, out), Errno::Spipe);
    assert_eq!(call!(guest, "fd_advise", 0, 0, 0, 0), Errno::Spipe);
    assert_eq!(call!(guest, "fd_allocate", 1, 0, 1), Errno::Spipe);
    let stat = guest.fstat(0).unwrap();
    assert_eq!((stat.filetype, stat.size, stat.ino), (0, 0, 0));
}

/// A stream of the embedder that is a terminal, or fails.
struct Custom {
    terminal: bool,
    error: Option<io::ErrorKind>,
    interrupts: u32,
}

impl InputStream for Custom {
    fn read(&mut self, _: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        if self.interrupts > 0 {
            self.interrupts -= 1;
            return Err(io::ErrorKind::Interrupted.into());
        }
        self.error.map_or(Ok(0), |kind| Err(kind.into()))
    }
    fn is_terminal(&self) -> bool {
        self.terminal
    }
}

impl OutputStream for Custom {
    fn write(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        let len = buffers.iter().map(|b| b.len()).sum();
        self.error.map_or(Ok(len), |kind| Err(kind.into()))
    }
    fn is_terminal(&self) -> bool {
        self.terminal
    }
}

/// What a C library's `isatty` asks.
fn isatty(guest: &mut Guest, fd: i64) -> bool {
    let (filetype, _, rights, _) = guest.fdstat(fd).unwrap();
    filetype == 2 && !rights.intersects(Rights::FD_SEEK | Rights::FD_TELL)
}

#[test]
fn a_terminal_is_recognized_and_nothing_else() {
    for terminal in [false, true] {
        let custom = || Custom {
            terminal,
            error: None,
            interrupts: 0,
        };
        let mut guest = Guest::new(
            WasiCtxBuilder::new()
                .stdin(custom())
                .stdout(custom())
                .build(),
        );
        assert_eq!(isatty(&mut guest, 0), terminal);
        assert_eq!(isatty(&mut guest, 1), terminal);
        assert!(!isatty(&mut guest, 2));
    }
}

#[test]
fn a_pseudoterminal_opened_as_a_file_is_a_terminal_and_dev_null_is_not() {
    use bolide_wasi::{DirPerms, FilePerms, OFlags};
    let mut guest = Guest::with_dir("/dev".as_ref(), DirPerms::READ, FilePerms::all());
    let rights = Rights::REGULAR_FILE;
    let null = guest.open("null", OFlags::empty(), rights).unwrap();
    assert!(!isatty(&mut guest, null));
    assert_eq!(guest.fdstat(null).unwrap().0, 2);
    assert_eq!(guest.read(null, 10).unwrap(), b"");
    assert_eq!(guest.seek(null, 0, 0), Ok(0));
    if let Ok(terminal) = guest.open("ptmx", OFlags::empty(), rights) {
        assert!(isatty(&mut guest, terminal));
        assert_eq!(guest.seek(terminal, 0, 0), Err(Errno::Spipe));
    }
}

#[test]
fn errors_of_custom_streams_become_error_numbers() {
    for (error, errno) in [
        (io::ErrorKind::BrokenPipe, Errno::Pipe),
        (io::ErrorKind::WouldBlock, Errno::Again),
        (io::ErrorKind::Other, Errno::Io),
    ] {
        let custom = || Custom {
            terminal: false,
            error: Some(error),
            interrupts: 3,
        };
        let mut guest = Guest::new(
            WasiCtxBuilder::new()
                .stdin(custom())
                .stdout(custom())
                .build(),
        );
        assert_eq!(guest.read(0, 1), Err(errno));
        assert_eq!(guest.write(1, b"x"), Err(errno));
    }
}

/// One end of a pipe of the operating system.
struct Pipe(OwnedFd);

impl InputStream for Pipe {
    fn read(&mut self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        Ok(rustix::io::readv(&self.0, buffers)?)
    }
    fn poll_handle(&self) -> Option<BorrowedFd<'_>> {
        Some(self.0.as_fd())
    }
}

#[test]
fn a_stream_that_would_block_says_so_when_asked_not_to_wait() {
    let (read, write) = rustix::pipe::pipe().unwrap();
    let mut guest = Guest::new(WasiCtxBuilder::new().stdin(Pipe(read)).build());
    ok!(guest, "fd_fdstat_set_flags", 0, NONBLOCK);
    assert_eq!(guest.read(0, 10), Err(Errno::Again));
    rustix::io::write(&write, b"data").unwrap();
    assert_eq!(guest.read(0, 10).unwrap(), b"data");
    assert_eq!(guest.read(0, 10), Err(Errno::Again));
    drop(write);
    assert_eq!(guest.read(0, 10).unwrap(), b"", "the end is not an error");
}

#[test]
fn the_hosts_streams_can_be_inherited() {
    let mut guest = Guest::new(WasiCtxBuilder::new().inherit_stdio().build());
    for (fd, right) in [
        (0, Rights::FD_READ),
        (1, Rights::FD_WRITE),
        (2, Rights::FD_WRITE),
    ] {
        let (_, flags, rights, _) = guest.fdstat(fd).unwrap();
        assert_eq!(flags, 0);
        let both = Rights::FD_READ | Rights::FD_WRITE;
        assert_eq!(rights & both, right, "descriptor {fd}");
        assert!(!rights.intersects(Rights::FD_FILESTAT_SET_SIZE | Rights::FD_ALLOCATE));
        assert!(guest.fstat(fd).is_ok());
        // Closing them closes them for the guest alone.
        ok!(guest, "fd_close", fd);
        assert_eq!(guest.fstat(fd), Err(Errno::Badf));
    }
    assert!(rustix::fs::fstat(io::stdout()).is_ok());
}
