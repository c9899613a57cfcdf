//! `jit-PID.dump`, in the format of the Linux kernel's `tools/perf/Documentation/jitdump-specification.txt`, version 1.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use std::ptr::null_mut;
use std::sync::{Mutex, MutexGuard};

use rustix::mm::{MapFlags, ProtFlags, mmap};
use rustix::time::{ClockId, clock_gettime};

const MAGIC: u32 = 0x4a69_5444;
const VERSION: u32 = 1;
const FILE_HEADER_SIZE: u32 = 40;
/// `EM_X86_64` of ELF.
#[cfg(target_arch = "x86_64")]
const MACHINE: u32 = 62;
const RECORD_HEADER_SIZE: usize = 16;
const CODE_LOAD: u32 = 0;
const PAGE: usize = 4096;

struct Dump {
    file: File,
    /// Number of the next record.
    next: u64,
}

static DUMP: Mutex<Option<Dump>> = Mutex::new(None);

pub(super) fn path() -> PathBuf {
    format!("jit-{}.dump", std::process::id()).into()
}

fn lock() -> MutexGuard<'static, Option<Dump>> {
    DUMP.lock().unwrap_or_else(|e| e.into_inner())
}

/// Nanoseconds of the clock that `perf record -k mono` uses.
fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Makes the file, unless this process has.
pub(super) fn open() -> io::Result<()> {
    let mut dump = lock();
    if dump.is_some() {
        return Ok(());
    }
    let mut options = OpenOptions::new();
    let mut file = options
        .create(true)
        .read(true)
        .write(true)
        .truncate(true)
        .open(path())?;
    let mut header = Vec::new();
    for field in [MAGIC, VERSION, FILE_HEADER_SIZE, MACHINE, 0, process()] {
        header.extend_from_slice(&field.to_ne_bytes());
    }
    header.extend_from_slice(&now().to_ne_bytes());
    header.extend_from_slice(&0u64.to_ne_bytes());
    file.write_all(&header)?;
    // An executable mapping is how perf learns of the file. It stays as long as the process.
    // SAFETY: a new private mapping at an address that the kernel chooses; nothing refers to it.
    unsafe {
        mmap(
            null_mut(),
            PAGE,
            ProtFlags::READ | ProtFlags::EXEC,
            MapFlags::PRIVATE,
            &file,
            0,
        )?;
    }
    *dump = Some(Dump { file, next: 0 });
    Ok(())
}

fn process() -> u32 {
    std::process::id()
}

pub(super) fn register(code: &[u8], name: &str) {
    if let Some(dump) = &mut *lock() {
        let thread = rustix::thread::gettid().as_raw_nonzero().get() as u32;
        let record = code_load(code, name, dump.next, thread);
        dump.next += 1;
        // One write, so that records are whole when the process is killed.
        let _ = dump.file.write_all(&record);
    }
}

fn code_load(code: &[u8], name: &str, number: u64, thread: u32) -> Vec<u8> {
    let address = code.as_ptr() as u64;
    let size = RECORD_HEADER_SIZE + 8 + 4 * 8 + name.len() + 1 + code.len();
    let mut record = Vec::with_capacity(size);
    record.extend_from_slice(&CODE_LOAD.to_ne_bytes());
    record.extend_from_slice(&(size as u32).to_ne_bytes());
    record.extend_from_slice(&now().to_ne_bytes());
    record.extend_from_slice(&process().to_ne_bytes());
    record.extend_from_slice(&thread.to_ne_bytes());
    for field in [address, address, code.len() as u64, number] {
        record.extend_from_slice(&field.to_ne_bytes());
    }
    record.extend_from_slice(name.as_bytes());
    record.push(0);
    record.extend_from_slice(code);
    debug_assert_eq!(record.len(), size);
    record
}
