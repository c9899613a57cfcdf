//! What the compiler needs of a machine, in terms of WebAssembly's types.
//!
//! Register numbers, conditions and addresses here mean the same on every processor; what an
//! implementation of [`MacroAssembler`] makes of them is its own affair. It may use its scratch
//! registers within a method and nowhere else.

mod types;
mod vector;
pub(crate) mod x64;

use bolide_abi::{CompileError, CompiledFunction, TrapCode};

use crate::asm::{CodeBuffer, CodeOffset, Label};

pub(crate) use types::{
    Address, AtomicUpdate, Cond, Extend, FloatBinary, FloatUnary, IntBinary, Kind, Reg, RegSet,
    Rhs, Shift, Width,
};
pub(crate) use vector::{
    Half, Lane, VectorBinary, VectorLoad, VectorTernary, VectorTest, VectorUnary,
};

/// Registers that a function saves at its entry and gives back before it leaves.
#[derive(Copy, Clone, Debug, Default)]
pub(crate) struct Saved {
    /// Whether [`MacroAssembler::MEMORY_BASE`] is used.
    pub(crate) memory_base: bool,
    /// Whether [`MacroAssembler::PRESERVED`] may be used.
    pub(crate) preserved: bool,
    /// Bytes of the function's own stack arguments, which it pops.
    pub(crate) argument_bytes: u32,
}

/// Where the jump of a call goes.
#[derive(Copy, Clone, Debug)]
pub(crate) enum Target {
    /// The function being compiled.
    Itself,
    /// The code pointer at this address.
    Indirect(Address),
}

/// A fault that the memory access of an instruction may cause.
pub(crate) type Fault = Option<TrapCode>;

/// Emits code for one processor.
///
/// A register that holds an `i32` has zeros in its upper half; every method keeps it so.
pub(crate) trait MacroAssembler {
    /// Integer registers that calls do not preserve.
    const VOLATILE: RegSet;
    /// Integer registers that calls preserve, and that a function must save to use.
    const PRESERVED: RegSet;
    /// Float and vector registers, which calls do not preserve.
    const FLOATS: RegSet;
    /// Holds the vmctx. Preserved by calls.
    const VMCTX: Reg;
    /// Holds the address of memory 0 if it never moves. Preserved by calls.
    const MEMORY_BASE: Reg;
    /// For a few instructions of the compiler itself, between calls of other methods.
    const SCRATCH: Reg;
    /// The same for floats and vectors.
    const FLOAT_SCRATCH: Reg;
    /// Bytes below the frame pointer that [`Self::prologue`] uses.
    const FRAME_HEADER: u32;
    /// Registers of dividend and quotient, and of the remainder, of [`Self::divide`].
    const DIVISION: (Reg, Reg);
    /// An integer register that is neither an argument nor preserved: for the callee of a call.
    const CALLEE: Reg;

    /// Register of the expected and the old number of [`Self::compare_exchange`], and of the old
    /// number of [`Self::atomic_update_loop`].
    const EXCHANGED: Reg;

    /// Where a rotation, or a shift if `shifts`, needs its count, if that cannot be chosen.
    fn count_register(&self, op: Shift) -> Option<Reg>;
    /// Register of an integer argument by position; 0 is the vmctx. The same for wasm functions and
    /// for builtins.
    fn int_argument(position: u8) -> Reg;
    /// Register of a float argument or result by position.
    fn float_argument(position: u8) -> Reg;
    /// Register of an integer result by position.
    fn int_result(position: u8) -> Reg;
    /// Whether the processor can count bits.
    fn counts_bits(&self) -> bool;
    /// Whether the processor can round floats to integers.
    fn rounds_floats(&self) -> bool;

    /// The code so far.
    fn buf(&mut self) -> &mut CodeBuffer;

    // Frames.

    /// Enters the function: builds the frame, checks the stack limit, saves registers and sets
    /// [`Self::VMCTX`]. Returns what [`Self::finish`] needs to know.
    fn prologue(&mut self, saved: &Saved) -> CodeOffset;
    /// Leaves the function.
    fn epilogue(&mut self, saved: &Saved);
    /// Leaves the frame for `target`, whose `bytes` of stack arguments were put at the stack
    /// pointer. An address in `target` must be based on [`Self::CALLEE`].
    fn tail_call(&mut self, saved: &Saved, target: Target, bytes: u32);
    /// Leaves the frame for the code in a register, with the arguments as they were and the vmctx
    /// in place.
    fn leave_for_entry(&mut self, saved: &Saved, entry: Reg);
    /// Lays out the code of a function whose frame has `frame` bytes, a multiple of 16.
    fn finish(
        &mut self,
        prologue: CodeOffset,
        frame: u32,
    ) -> Result<CompiledFunction, CompileError>;
    /// Makes room for `bytes` of stack arguments, which the callee of the next call pops.
    fn reserve_arguments(&mut self, bytes: u32);
    /// Stores a stack argument.
    fn store_argument(&mut self, kind: Kind, offset: u32, src: Reg);
    /// Loads a stack argument of this function.
    fn load_parameter(&mut self, kind: Kind, dst: Reg, offset: u32);
    /// Calls.
    fn call(&mut self, target: Target);

    // Moves.

    /// Copies a register to another of the same class.
    fn mov(&mut self, kind: Kind, dst: Reg, src: Reg);
    /// Loads a constant into an integer register. Leaves the flags alone.
    fn constant(&mut self, dst: Reg, value: u64);
    /// Loads a float constant. Leaves the flags alone.
    fn float_constant(&mut self, width: Width, dst: Reg, bits: u64);
    /// Loads a vector constant.
    fn vector_constant(&mut self, dst: Reg, bytes: [u8; 16]);
    /// Loads a value from the frame.
    fn load_frame(&mut self, kind: Kind, dst: Reg, below: u32);
    /// Stores a value to the frame.
    fn store_frame(&mut self, kind: Kind, below: u32, src: Reg);
    /// Stores a constant, as an integer of the kind's width, to the frame. May use
    /// [`Self::SCRATCH`]. Leaves the flags alone.
    fn store_frame_constant(&mut self, kind: Kind, below: u32, value: u64);
    /// Zeroes the bytes of the frame from `low` to `high` below the frame pointer, both multiples
    /// of 8.
    fn zero_frame(&mut self, low: u32, high: u32);
    /// Loads a whole value.
    fn load(&mut self, kind: Kind, dst: Reg, src: Address, fault: Fault);
    /// Loads an integer and extends it to `width`.
    fn load_extend(&mut self, extend: Extend, width: Width, dst: Reg, src: Address, fault: Fault);
    /// Stores a whole value.
    fn store(&mut self, kind: Kind, dst: Address, src: Reg, fault: Fault);
    /// Stores the lowest `bytes` bytes of an integer, 1, 2, 4 or 8.
    fn store_int(&mut self, bytes: u32, dst: Address, src: Reg, fault: Fault);
    /// Stores the lowest `bytes` bytes of a constant, 1, 2, 4 or 8. The constant must fit in 32
    /// bits if sign-extended.
    fn store_constant(&mut self, bytes: u32, dst: Address, value: i32, fault: Fault);
    /// `dst` becomes an address.
    fn address_of(&mut self, dst: Reg, src: Address);

    // Integers. `dst` may be any of the operands.

    /// `dst = a op b`
    fn int_binary(&mut self, op: IntBinary, width: Width, dst: Reg, a: Reg, b: Rhs);
    /// `dst = a * b`
    fn multiply(&mut self, width: Width, dst: Reg, a: Reg, b: Rhs);
    /// `dst = a op b`; a count in a register is in [`Self::count_register`] if there is one, and
    /// `dst` is not that register.
    fn shift(&mut self, op: Shift, width: Width, dst: Reg, a: Reg, b: Rhs);
    /// Divides the first register of [`Self::DIVISION`] by `divisor`, which is neither of them.
    /// Overwrites both. The caller has checked the operands.
    fn divide(&mut self, signed: bool, width: Width, divisor: Reg);
    /// The quotient, rounded towards zero, of a signed division by 2 to the power of `shift`, which
    /// is at least 1 and less than the width. `dst` is not `a`.
    fn divide_by_power(&mut self, width: Width, dst: Reg, a: Reg, shift: u8);
    /// The upper 32 bits, shifted right by `shift`, of the unsigned product of 32-bit `a` and
    /// `factor`; `dst` is not `a`.
    fn multiply_high32(&mut self, dst: Reg, a: Reg, factor: u32, shift: u8);
    /// Number of leading zeros.
    fn leading_zeros(&mut self, width: Width, dst: Reg, src: Reg);
    /// Number of trailing zeros.
    fn trailing_zeros(&mut self, width: Width, dst: Reg, src: Reg);
    /// Number of bits that are set.
    fn count_ones(&mut self, width: Width, dst: Reg, src: Reg);
    /// Extends the lowest bits.
    fn extend(&mut self, extend: Extend, width: Width, dst: Reg, src: Reg);

    // Conditions. They hold from a comparison until the next method other than moves.

    /// Compares integers.
    fn compare(&mut self, width: Width, a: Reg, b: Rhs);
    /// Compares an integer in the frame.
    fn compare_frame(&mut self, width: Width, below: u32, b: i32);
    /// Compares `a & b` with zero: for [`Cond::Eq`] and [`Cond::Ne`].
    fn test(&mut self, width: Width, a: Reg, b: Rhs);
    /// Compares floats, for this very condition.
    fn float_compare(&mut self, cond: Cond, width: Width, a: Reg, b: Reg);
    /// Compares an address of 64 bits with a number in memory.
    fn compare_memory(&mut self, a: Reg, b: Address);
    /// `dst` becomes 1 or 0.
    fn set(&mut self, cond: Cond, dst: Reg);
    /// Jumps if the condition holds.
    fn branch(&mut self, cond: Cond, target: Label);
    /// Jumps.
    fn jump(&mut self, target: Label);
    /// Traps if the condition holds.
    fn trap_if(&mut self, cond: Cond, code: TrapCode);
    /// Traps.
    fn trap(&mut self, code: TrapCode);
    /// `dst = cond ? dst : other`
    fn select(&mut self, cond: Cond, kind: Kind, dst: Reg, other: Reg);
    /// Jumps to the target at position `index` of the table; `index` is below its length. Both
    /// registers may be overwritten.
    fn jump_table(&mut self, index: Reg, temporary: Reg, targets: &[Label]);

    // Floats. `dst` may be any of the operands.

    /// `dst = a op b`
    fn float_binary(&mut self, op: FloatBinary, width: Width, dst: Reg, a: Reg, b: Reg);
    /// `dst = op src`
    fn float_unary(&mut self, op: FloatUnary, width: Width, dst: Reg, src: Reg);
    /// Makes a NaN the canonical one.
    fn canonicalize(&mut self, width: Width, reg: Reg);
    /// From one width of floats to the other one, which is `to`.
    fn convert_float(&mut self, to: Width, dst: Reg, src: Reg);
    /// From an integer to a float. An unsigned 64-bit `src` may be overwritten.
    fn int_to_float(&mut self, signed: bool, from: Width, to: Width, dst: Reg, src: Reg);
    /// From a float to an integer, trapping if it does not fit. `src` may be overwritten.
    fn float_to_int(&mut self, signed: bool, from: Width, to: Width, dst: Reg, src: Reg);
    /// From a float to the nearest integer. `src` may be overwritten.
    fn float_to_int_saturating(&mut self, signed: bool, from: Width, to: Width, dst: Reg, src: Reg);
    /// The bits of a float as an integer.
    fn float_bits(&mut self, width: Width, dst: Reg, src: Reg);
    /// A float with the bits of an integer.
    fn float_from_bits(&mut self, width: Width, dst: Reg, src: Reg);

    // Vectors. `dst` may be `a` or the only operand; it is none of the others.

    /// `dst = op src`
    fn vector_unary(&mut self, op: VectorUnary, dst: Reg, src: Reg);
    /// `dst = a op b`
    fn vector_binary(&mut self, op: VectorBinary, dst: Reg, a: Reg, b: Reg);
    /// `dst = op(a, b, c)`
    fn vector_ternary(&mut self, op: VectorTernary, dst: Reg, a: Reg, b: Reg, c: Reg);
    /// Shifts all lanes; the count is taken modulo their width. Not for rotations.
    fn vector_shift(&mut self, op: Shift, lane: Lane, dst: Reg, a: Reg, count: Rhs);
    /// Makes NaNs in all lanes the canonical one.
    fn vector_canonicalize(&mut self, width: Width, reg: Reg);
    /// Answers a question; the condition says "yes".
    fn vector_test(&mut self, op: VectorTest, src: Reg) -> Cond;
    /// The highest bits of all lanes as an integer.
    fn vector_bitmask(&mut self, lane: Lane, dst: Reg, src: Reg);
    /// Bytes of `a`, and from 16 of `b`, at constant positions.
    fn vector_shuffle(&mut self, lanes: [u8; 16], dst: Reg, a: Reg, b: Reg);
    /// All lanes become the lowest bits of an integer.
    fn splat_int(&mut self, lane: Lane, dst: Reg, src: Reg);
    /// All lanes become a float.
    fn splat_float(&mut self, width: Width, dst: Reg, src: Reg);
    /// Puts a lane into an integer register, zero-extended.
    fn extract_int(&mut self, lane: Lane, index: u8, dst: Reg, src: Reg);
    /// Puts a lane into a float register.
    fn extract_float(&mut self, width: Width, index: u8, dst: Reg, src: Reg);
    /// `dst` is `a` with a lane replaced by the lowest bits of an integer.
    fn replace_int(&mut self, lane: Lane, index: u8, dst: Reg, a: Reg, src: Reg);
    /// `dst` is `a` with a lane replaced by a float.
    fn replace_float(&mut self, width: Width, index: u8, dst: Reg, a: Reg, src: Reg);
    /// Loads what becomes a vector.
    fn load_vector(&mut self, op: VectorLoad, dst: Reg, src: Address, fault: Fault);
    /// `dst` is `a` with a lane loaded from memory.
    fn load_lane(&mut self, lane: Lane, index: u8, dst: Reg, a: Reg, src: Address, fault: Fault);
    /// Stores a lane.
    fn store_lane(&mut self, lane: Lane, index: u8, dst: Address, src: Reg, fault: Fault);

    // Atomic accesses of 1, 2, 4 or 8 bytes, sequentially consistent. What they read is
    // zero-extended. The address is aligned. They leave [`Self::SCRATCH`] alone.

    /// Whether an update takes [`Self::atomic_update_loop`] instead of [`Self::atomic_update`].
    fn updates_in_loop(op: AtomicUpdate) -> bool;
    /// Loads.
    fn atomic_load(&mut self, bytes: u32, dst: Reg, src: Address, fault: Fault);
    /// Stores. May overwrite `src`.
    fn atomic_store(&mut self, bytes: u32, dst: Address, src: Reg, fault: Fault);
    /// Updates a number with `value`, which becomes the old number.
    fn atomic_update(
        &mut self,
        op: AtomicUpdate,
        bytes: u32,
        dst: Address,
        value: Reg,
        fault: Fault,
    );
    /// Updates a number with the first of `registers`, and overwrites the second.
    fn atomic_update_loop(
        &mut self,
        op: AtomicUpdate,
        bytes: u32,
        dst: Address,
        registers: (Reg, Reg),
        fault: Fault,
    );
    /// Replaces a number if its bytes are the lowest of [`Self::EXCHANGED`].
    fn compare_exchange(&mut self, bytes: u32, dst: Address, replacement: Reg, fault: Fault);
    /// Keeps all accesses before it before all that come after.
    fn fence(&mut self);

    /// Subtracts a constant from the 32-bit number at a fixed address, and jumps if the result is
    /// negative.
    fn count_down(&mut self, address: u64, amount: i32, negative: Label);
    /// Adds a constant to a 64-bit number in memory.
    fn add_to_memory(&mut self, dst: Address, value: i32);
    /// Compares a number in memory of this width with a constant.
    fn compare_memory_constant(&mut self, width: Width, a: Address, b: i32);
}
