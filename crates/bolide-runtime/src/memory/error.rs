//! Errors of linear memory.

use std::fmt;

use bolide_abi::TrapCode;
use rustix::io::Errno;

/// A linear memory, or its image, could not be made or grown. The message says what was tried, with
/// sizes, why it failed, and what to do.
pub struct MemoryError(Box<Inner>);

struct Inner {
    what: String,
    errno: Option<Errno>,
    advice: &'static str,
}

/// What to do when the kernel has no room.
const ADVICE_NO_MEMORY: &str = "free other memories, raise the address-space limit (`ulimit -v`) or \
     `vm.max_map_count`, or reserve less address space per memory";
const ADVICE_NO_FILES: &str = "close files or raise the limit on open files (`ulimit -n`)";
const ADVICE_OTHER: &str = "check that the sandbox allows mmap, mprotect, madvise and memfd_create";

impl MemoryError {
    /// A system call failed.
    #[cold]
    pub(super) fn os(what: impl Into<String>, errno: Errno) -> Self {
        let advice = match errno {
            Errno::NOMEM | Errno::AGAIN => ADVICE_NO_MEMORY,
            Errno::MFILE | Errno::NFILE => ADVICE_NO_FILES,
            _ => ADVICE_OTHER,
        };
        MemoryError(Box::new(Inner {
            what: what.into(),
            errno: Some(errno),
            advice,
        }))
    }

    /// The request itself cannot be met by any host state.
    #[cold]
    pub(super) fn request(what: impl Into<String>, advice: &'static str) -> Self {
        MemoryError(Box::new(Inner {
            what: what.into(),
            errno: None,
            advice,
        }))
    }

    /// The operating system's error number, if a system call failed.
    pub fn raw_os_error(&self) -> Option<i32> {
        self.0.errno.map(Errno::raw_os_error)
    }
}

impl fmt::Display for MemoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            what,
            errno,
            advice,
        } = &*self.0;
        f.write_str(what)?;
        if let Some(errno) = errno {
            write!(f, ": {errno}")?;
        }
        write!(f, "; {advice}")
    }
}

impl fmt::Debug for MemoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryError({self})")
    }
}

impl std::error::Error for MemoryError {}

/// Why an atomic wait or notify did not take place (threads proposal).
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum WaitError {
    /// The address is not a multiple of the operand's size.
    Misaligned,
    /// The operand is not inside the memory.
    OutOfBounds,
}

impl WaitError {
    /// The trap that the guest sees.
    pub fn trap_code(self) -> TrapCode {
        match self {
            WaitError::Misaligned => TrapCode::HeapMisaligned,
            WaitError::OutOfBounds => TrapCode::MemoryOutOfBounds,
        }
    }
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.trap_code().message())
    }
}

impl std::error::Error for WaitError {}

/// A size in bytes for a message: exact, with a rounded binary multiple where that helps.
pub(super) fn bytes(n: u64) -> String {
    const UNITS: [(&str, u32); 5] = [
        ("PiB", 50),
        ("TiB", 40),
        ("GiB", 30),
        ("MiB", 20),
        ("KiB", 10),
    ];
    match UNITS.iter().find(|(_, shift)| n >> shift > 0) {
        Some((unit, shift)) => {
            let whole = n as f64 / (1u64 << shift) as f64;
            format!("{n} bytes ({whole:.1} {unit})")
        }
        None => format!("{n} bytes"),
    }
}
