//! How the tiers work together: counters that make a function hot, what is known of it then, and how a loop
//! that runs in baseline code goes on in optimized code (on-stack replacement, OSR).
//!
//! Each function of a module has a 32-bit signed counter. Baseline code subtracts
//! [`Counters::entry_weight`] from it when it is entered and [`Counters::loop_weight`] at each loop header, and calls
//! [`Builtin::tier_up`](crate::Builtin::tier_up) when the result is negative; the runtime sets the counter anew
//! then. When `tier_up` returns 0 the code goes on behind the check, not before it. Threads may lose each other's updates: a counter decides when something happens, never what.
//!
//! At a loop header everything live is in the frame, as the loop's [`OsrLoop`] says. If `tier_up` returns an address,
//! it has copied these slots to the OSR buffer of the store (see [`STORE_OSR_BUFFER`](crate::STORE_OSR_BUFFER)).
//! Baseline code then restores the callee-saved registers, drops its frame, and jumps to the address with its vmctx
//! in the first argument register, as in a tail call. The OSR entry has the signature of the function, so that its
//! return is the function's.

use std::fmt;

use bolide_module::{DefinedFuncIndex, FuncIndex, ValType};

/// The `loop` argument of [`Builtin::tier_up`](crate::Builtin::tier_up) at the entry of a function, and at a
/// loop that cannot be left.
pub const NOT_IN_A_LOOP: u32 = u32::MAX;

/// Bytes that each value takes in the OSR buffer.
pub const OSR_BUFFER_SLOT: u32 = 16;

/// Where baseline code counts.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Counters {
    /// Address of the counter of the module's first defined function. The others follow, 4 bytes each. Valid as
    /// long as the module's code.
    pub base: u64,
    /// What the entry of a function subtracts. Positive.
    pub entry_weight: i32,
    /// What a loop header subtracts. Positive.
    pub loop_weight: i32,
}

impl Counters {
    /// Address of the counter of a function.
    pub fn address(&self, func: DefinedFuncIndex) -> u64 {
        self.base + 4 * u64::from(func.0)
    }
}

/// Bytes of a [cell](CallTargets).
pub const TARGET_CELL_SIZE: u32 = 32;
/// Cell: the function that was called last, 64 bits: the upper half is its index in its module, the lower half its
/// canonical type id, as [`FUNCREF_TYPE`](crate::FUNCREF_TYPE) has them. 0: there was no call yet.
pub const TARGET_LAST: u32 = 0;
/// Cell: another function that was called before, likewise.
pub const TARGET_OTHER: u32 = 8;
/// Cell: how often a function was called that was neither of the two, 64 bits.
pub const TARGET_MISSES: u32 = 16;

/// Misses of a call that is still taken to have at most two targets: programs start differently from how they go on.
const FEW_MISSES: u64 = 8;

/// Where baseline code notes which functions `call_indirect` and `call_ref` call: a table of cells, of which each call
/// uses one that its offset in the module determines. Calls may share a cell and threads may overwrite each other's
/// notes: what is noted decides what is likely, never what happens.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct CallTargets {
    /// Address of the first cell. Valid as long as the module's code.
    pub base: u64,
    /// Logarithm of the number of cells, at most 32.
    pub bits: u32,
}

impl CallTargets {
    /// Address of the cell of the call instruction at an offset in the module.
    pub fn address(&self, call: u32) -> u64 {
        let hash = u64::from(call.wrapping_mul(0x9e37_79b1));
        let position = hash >> (32 - self.bits.min(32));
        self.base + position * u64::from(TARGET_CELL_SIZE)
    }
}

/// What optimizing compilers can ask about the calls of a module so far.
pub trait CallProfile: fmt::Debug + Sync {
    /// How often a function is called.
    fn heat(&self, func: DefinedFuncIndex) -> Heat;

    /// Functions of the module that the call instruction at an offset in the module called, the likeliest first, if
    /// they are few.
    fn targets(&self, call: u32) -> LikelyTargets;
}

/// How often a function is called.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Heat {
    /// Never so far.
    Never,
    /// It was called.
    Some,
    /// So often that it is optimized, or will be.
    Hot,
}

/// The likely targets of a call.
pub type LikelyTargets = [Option<FuncIndex>; 2];

/// What the words of a cell say, up to the number of misses.
pub fn likely_targets(cell: [u64; 3]) -> LikelyTargets {
    let [last, other, misses] = cell;
    if misses > FEW_MISSES {
        return [None; 2];
    }
    let func = |word: u64| (word != 0).then_some(FuncIndex((word >> 32) as u32));
    [func(last), func(other)]
}

/// What the code of a compilation is for.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum CompileMode<'a> {
    /// Calls of the function.
    Function,
    /// Entering the function at a loop header, with the values of the frame in the store's OSR buffer. The code
    /// reads all of them before anything that may leave it, such as a poll, because what runs then may use the
    /// buffer, and because references in it are not roots.
    Osr(&'a OsrLoop),
}

/// What is known of a function when it is optimized. A snapshot: compilers see no profile change.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// Byte offset in the module of the `loop` instruction whose counter fired; `None` if it was that of the
    /// function's entry.
    pub hot_loop: Option<u32>,
}

impl Profile {
    /// The profile of a function whose counter fired at `hot_loop`.
    pub fn new(hot_loop: Option<u32>) -> Profile {
        Profile { hot_loop }
    }
}

/// A loop at whose header baseline code can be left. Its position in
/// [`CompiledFunction::loops`](crate::CompiledFunction::loops) is its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OsrLoop {
    /// Byte offset in the module of the `loop` instruction.
    pub wasm_offset: u32,
    /// The values that are live at the header, which is also their order in the OSR buffer: parameters and
    /// locals, then the whole operand stack from the bottom, the parameters of the loop included.
    pub slots: Box<[OsrSlot]>,
}

/// Where baseline code has a value at a loop header.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct OsrSlot {
    /// Type of the value.
    pub ty: ValType,
    /// Distance in bytes from the frame pointer down to the first byte of the slot. 8 bytes are the value's,
    /// 16 those of a vector; the upper half of a 32-bit value is undefined.
    pub below_fp: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_lie_in_the_table() {
        for bits in [0, 1, 6, 16, 32] {
            let targets = CallTargets { base: 4096, bits };
            for call in [0, 1, 77, 123_456, u32::MAX] {
                let cell = targets.address(call) - 4096;
                assert_eq!(cell % u64::from(TARGET_CELL_SIZE), 0);
                assert!(cell / u64::from(TARGET_CELL_SIZE) < 1 << bits);
            }
        }
    }

    #[test]
    fn only_few_targets_are_likely() {
        let word = |func: u64| func << 32 | 5;
        let func = |func| Some(FuncIndex(func));
        assert_eq!(likely_targets([0, 0, 0]), [None, None]);
        assert_eq!(likely_targets([word(7), 0, 1]), [func(7), None]);
        assert_eq!(likely_targets([word(7), word(8), 2]), [func(7), func(8)]);
        assert_eq!(likely_targets([word(7), word(8), 100]), [None, None]);
    }
}
