//! Memories that several threads use at once (threads proposal).

use std::fmt;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bolide_module::{MemoryType, WASM_PAGE_SIZE};
use parking_lot_core::{
    DEFAULT_PARK_TOKEN, DEFAULT_UNPARK_TOKEN, FilterOp, ParkResult, ParkToken, UnparkToken,
};

use super::VMMemoryDefinition;
use super::error::{MemoryError, WaitError};
use super::linear::LinearMemory;

/// How an atomic wait ended; the discriminant is the instruction's result.
///
/// ```
/// use std::time::Duration;
/// use bolide::*;
///
/// let memory = SharedMemory::new(&Engine::default(), MemoryType::shared(1, 1))?;
/// let short = Some(Duration::from_millis(1));
/// assert_eq!(memory.atomic_wait32(0, 0, short)?, WaitResult::TimedOut);
/// assert_eq!(memory.atomic_wait32(0, 1, short)?, WaitResult::Mismatch);
/// assert_eq!(memory.atomic_wait32(2, 0, short), Err(Trap::HeapMisaligned));
/// # Ok::<(), Error>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum WaitResult {
    /// Woken by a notification.
    Ok = 0,
    /// The memory did not hold the expected value.
    Mismatch = 1,
    /// The time ran out.
    TimedOut = 2,
}

/// A shared linear memory. Clones are the same memory. It never moves and never shrinks, so an address
/// that was once in bounds is readable and writable for as long as a clone lives.
#[derive(Clone)]
pub struct SharedLinearMemory(Arc<Inner>);

struct Inner {
    /// `base` never changes. `length` only grows, after the memory behind it is accessible.
    definition: VMMemoryDefinition,
    ty: MemoryType,
    /// Locked to grow.
    memory: Mutex<LinearMemory>,
}

// SAFETY: the only field that is not `Send` and `Sync` by itself is `definition.base`, an address that
// never changes and stays valid as long as `memory`, which lives in the same value. All accesses
// through it are atomic or by guests, whose data races are defined by the threads proposal.
unsafe impl Send for Inner {}
// SAFETY: as above.
unsafe impl Sync for Inner {}

impl SharedLinearMemory {
    /// `memory` was laid out so that it never moves.
    pub(super) fn new(memory: LinearMemory) -> SharedLinearMemory {
        SharedLinearMemory(Arc::new(Inner {
            definition: VMMemoryDefinition {
                base: memory.base(),
                length: AtomicUsize::new(memory.byte_size()),
            },
            ty: *memory.ty(),
            memory: Mutex::new(memory),
        }))
    }

    /// What compiled code uses; valid as long as a clone of this memory lives.
    pub fn definition(&self) -> NonNull<VMMemoryDefinition> {
        NonNull::from(&self.0.definition)
    }

    /// Address of byte 0. Never changes.
    pub fn base(&self) -> *mut u8 {
        self.0.definition.base
    }

    /// Current size in bytes.
    pub fn byte_size(&self) -> usize {
        self.0.definition.length.load(Ordering::SeqCst)
    }

    /// Current size in pages of 64 KiB.
    pub fn pages(&self) -> u64 {
        self.byte_size() as u64 / WASM_PAGE_SIZE
    }

    /// The type that the memory was made with.
    pub fn ty(&self) -> &MemoryType {
        &self.0.ty
    }

    /// Whether both are the same memory.
    pub fn same(&self, other: &SharedLinearMemory) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Addresses that belong to the memory, with what it can grow into and guards.
    pub fn reservation(&self) -> Range<usize> {
        self.lock(|memory| memory.reservation())
    }

    /// Grows as [`LinearMemory::grow`]. Other threads see the new size at once.
    ///
    /// # Errors
    ///
    /// As [`LinearMemory::grow`].
    pub fn grow(&self, delta_pages: u64) -> Result<Option<u64>, MemoryError> {
        self.lock(|memory| {
            let old = memory.grow(delta_pages)?;
            self.0
                .definition
                .length
                .store(memory.byte_size(), Ordering::SeqCst);
            Ok(old)
        })
    }

    fn lock<R>(&self, f: impl FnOnce(&mut LinearMemory) -> R) -> R {
        // `LinearMemory` is valid between any two of its statements, so poison means nothing.
        f(&mut self.0.memory.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Wakes up to `count` threads that wait at `addr`, longest waiting first, and returns how many
    /// were woken (`memory.atomic.notify`).
    ///
    /// # Errors
    ///
    /// If `addr` is not a multiple of 4 or out of bounds.
    pub fn atomic_notify(&self, addr: u64, count: u32) -> Result<u32, WaitError> {
        let cell = self.cell(addr, 4)?;
        let mut woken = 0;
        let filter = |_| {
            if woken < count {
                woken += 1;
                FilterOp::Unpark
            } else {
                FilterOp::Stop
            }
        };
        // SAFETY: the key is an address of this memory, so no other user of the parking lot has it.
        // The closures neither panic nor call into the parking lot.
        unsafe {
            parking_lot_core::unpark_filter(cell.addr(), filter, |_| DEFAULT_UNPARK_TOKEN);
        }
        Ok(woken)
    }

    /// Waits at `addr` until notified if the 32 bits there are `expected` (`memory.atomic.wait32`), for
    /// at most `timeout_ns` nanoseconds, or without limit if that is negative.
    ///
    /// # Errors
    ///
    /// If `addr` is not a multiple of 4 or out of bounds.
    pub fn atomic_wait32(
        &self,
        addr: u64,
        expected: u32,
        timeout_ns: i64,
    ) -> Result<WaitResult, WaitError> {
        let result =
            self.atomic_wait(addr, Expected::Bits32(expected), deadline(timeout_ns), None)?;
        Ok(result.unwrap_or(WaitResult::TimedOut))
    }

    /// Waits as [`atomic_wait32`](Self::atomic_wait32), for 64 bits (`memory.atomic.wait64`).
    ///
    /// # Errors
    ///
    /// If `addr` is not a multiple of 8 or out of bounds.
    pub fn atomic_wait64(
        &self,
        addr: u64,
        expected: u64,
        timeout_ns: i64,
    ) -> Result<WaitResult, WaitError> {
        let result =
            self.atomic_wait(addr, Expected::Bits64(expected), deadline(timeout_ns), None)?;
        Ok(result.unwrap_or(WaitResult::TimedOut))
    }

    /// Waits at `addr` for a value of either width, until `deadline` or without limit. Returns `None`
    /// if it was interrupted, which only happens with `interrupt`; the waiter has then left the queue
    /// as if it had not begun to wait.
    ///
    /// # Errors
    ///
    /// If `addr` is not a multiple of the width or out of bounds.
    pub fn atomic_wait(
        &self,
        addr: u64,
        expected: Expected,
        deadline: Option<Instant>,
        interrupt: Option<Interrupt<'_>>,
    ) -> Result<Option<WaitResult>, WaitError> {
        let size = match expected {
            Expected::Bits32(_) => 4,
            Expected::Bits64(_) => 8,
        };
        let cell = self.cell(addr, size)?;
        // SAFETY: `cell` checked that the bytes are aligned and in bounds; they stay accessible while
        // `self` lives. Guest accesses to them are atomic or, by the proposal, racy without being
        // undefined: they are machine instructions that the Rust compiler never sees.
        let holds = || unsafe {
            match expected {
                Expected::Bits32(v) => AtomicU32::from_ptr(cell.cast()).load(Ordering::SeqCst) == v,
                Expected::Bits64(v) => AtomicU64::from_ptr(cell.cast()).load(Ordering::SeqCst) == v,
            }
        };
        Ok(wait(cell.addr(), deadline, interrupt, holds))
    }

    /// The host address of an aligned operand of `size` bytes within bounds.
    fn cell(&self, addr: u64, size: u64) -> Result<*mut u8, WaitError> {
        let offset = check_operand(self.byte_size(), addr, size)?;
        // SAFETY: `offset` is within the memory, which is one mapping.
        Ok(unsafe { self.base().add(offset) })
    }
}

impl fmt::Debug for SharedLinearMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedLinearMemory")
            .field("ty", &self.0.ty)
            .field("base", &self.base())
            .field("byte_size", &self.byte_size())
            .finish_non_exhaustive()
    }
}

/// `memory.atomic.notify` on a memory of `byte_size` bytes that is not shared: nobody can wait there,
/// so only the operand is checked and nobody is woken.
///
/// # Errors
///
/// If `addr` is not a multiple of 4 or out of bounds.
pub fn notify_unshared(byte_size: usize, addr: u64) -> Result<u32, WaitError> {
    check_operand(byte_size, addr, 4).map(|_| 0)
}

fn check_operand(byte_size: usize, addr: u64, size: u64) -> Result<usize, WaitError> {
    if !addr.is_multiple_of(size) {
        return Err(WaitError::Misaligned);
    }
    match addr.checked_add(size) {
        Some(end) if end <= byte_size as u64 => Ok(addr as usize),
        _ => Err(WaitError::OutOfBounds),
    }
}

/// What an atomic wait compares the memory with.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Four bytes.
    Bits32(u32),
    /// Eight bytes.
    Bits64(u64),
}

/// How another thread can end a wait before its time: it sets `flag`, and then, if `waiting_at` is not
/// 0, calls [`interrupt_waiter`].
#[derive(Copy, Clone, Debug)]
pub struct Interrupt<'a> {
    /// Not 0: waits end at once.
    pub flag: &'a AtomicU32,
    /// Set to the address in the host during the wait, otherwise 0.
    pub waiting_at: &'a AtomicUsize,
    /// What distinguishes this waiter from others at the same address; not 0.
    pub id: usize,
}

/// Ends the wait of the waiter `id` at the host address `waiting_at`, if it is waiting there.
pub fn interrupt_waiter(waiting_at: usize, id: usize) {
    let filter = |ParkToken(waiter)| match waiter == id {
        true => FilterOp::Unpark,
        false => FilterOp::Skip,
    };
    // SAFETY: the key was an address of a shared memory when the wait began. If the memory is gone,
    // nobody waits there; should another user of the parking lot have the address now, its waiters
    // have tokens of their own. The closures neither panic nor call into the parking lot.
    unsafe {
        parking_lot_core::unpark_filter(waiting_at, filter, |_| INTERRUPTED);
    }
}

const INTERRUPTED: UnparkToken = UnparkToken(1);

/// The end of a wait of `timeout_ns` nanoseconds; `None` without limit. Too far in the future to
/// represent is as good as no limit.
pub fn deadline(timeout_ns: i64) -> Option<Instant> {
    let timeout = Duration::from_nanos(u64::try_from(timeout_ns).ok()?);
    Instant::now().checked_add(timeout)
}

/// Waits at `key` if `holds` while the queue of `key` is locked, which makes the test and the start of
/// the wait one atomic step with respect to notifications and interrupts.
fn wait(
    key: usize,
    deadline: Option<Instant>,
    interrupt: Option<Interrupt<'_>>,
    holds: impl FnOnce() -> bool,
) -> Option<WaitResult> {
    let interrupted = || interrupt.is_some_and(|i| i.flag.load(Ordering::SeqCst) != 0);
    let token = interrupt.map_or(DEFAULT_PARK_TOKEN, |i| ParkToken(i.id));
    if let Some(interrupt) = interrupt {
        interrupt.waiting_at.store(key, Ordering::SeqCst);
    }
    let begins = || !interrupted() && holds();
    // SAFETY: the key is an address of a shared memory, so no other user of the parking lot has it.
    // The closures neither panic nor call into the parking lot.
    let result = unsafe { parking_lot_core::park(key, begins, || {}, |_, _| {}, token, deadline) };
    if let Some(interrupt) = interrupt {
        interrupt.waiting_at.store(0, Ordering::SeqCst);
    }
    match result {
        ParkResult::Unparked(INTERRUPTED) => None,
        ParkResult::Unparked(_) => Some(WaitResult::Ok),
        ParkResult::Invalid if interrupted() => None,
        ParkResult::Invalid => Some(WaitResult::Mismatch),
        ParkResult::TimedOut => Some(WaitResult::TimedOut),
    }
}
