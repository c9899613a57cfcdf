//! The cells in which baseline code notes what calls through references call (see `bolide_abi::CallTargets`).

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use bolide_abi::{CallTargets, LikelyTargets, TARGET_CELL_SIZE, likely_targets};

/// Words of a cell.
const WORDS: usize = TARGET_CELL_SIZE as usize / 8;
/// Bytes of code for each cell: calls are rarely closer, and cells may be shared.
const CODE_PER_CELL: usize = 32;
const MIN_BITS: u32 = 6;
const MAX_BITS: u32 = 16;

/// The cells of a module.
pub(crate) struct TargetCells {
    words: Box<[AtomicU64]>,
    bits: u32,
}

impl TargetCells {
    /// Cells for `code_bytes` of WebAssembly code.
    pub(crate) fn new(code_bytes: usize) -> TargetCells {
        let cells = (code_bytes / CODE_PER_CELL).max(1).next_power_of_two();
        let bits = cells.ilog2().clamp(MIN_BITS, MAX_BITS);
        // Not one by one: pages that are never touched take no memory.
        let words: Box<[u64]> = vec![0; WORDS << bits].into();
        let words = Box::into_raw(words) as *mut [AtomicU64];
        // SAFETY: it was a box just now, of the same layout.
        let words = unsafe { Box::from_raw(words) };
        TargetCells { words, bits }
    }

    /// Where code notes.
    pub(crate) fn for_compilers(&self) -> CallTargets {
        CallTargets {
            base: self.words.as_ptr() as u64,
            bits: self.bits,
        }
    }
}

impl TargetCells {
    /// What the call instruction at an offset in the module called.
    pub(super) fn targets(&self, call: u32) -> LikelyTargets {
        let offset = self.for_compilers().address(call) - self.words.as_ptr() as u64;
        let first = (offset / 8) as usize;
        let word = |index: usize| self.words[first + index].load(Ordering::Relaxed);
        likely_targets([word(0), word(1), word(2)])
    }
}

impl fmt::Debug for TargetCells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TargetCells")
            .field("bits", &self.bits)
            .finish_non_exhaustive()
    }
}
