//! Atomic accesses, wait and notify.
//!
//! All accesses are sequentially consistent. Narrow ones zero-extend what was read.

use bolide_abi::{Builtin, TrapCode};
use bolide_module::{IndexType, operator_name};
use wasmparser::{MemArg, Operator};

use crate::compiler::Compiler;
use crate::masm::{Address, AtomicUpdate, Cond, IntBinary, Kind, MacroAssembler, Rhs, Width};
use crate::memory::{Access, OUT_OF_BOUNDS};
use crate::stack::{Entry, Loc};

/// Calls the method of each instruction with its memory argument and what the row says.
macro_rules! dispatch {
    ($compiler:ident, $op:ident: $($name:ident => $method:ident($($value:expr),*);)*) => {
        match $op {
            $(Operator::$name { memarg } => $compiler.$method(memarg $(, $value)*),)*
            Operator::AtomicFence { .. } => $compiler.masm.fence(),
            _ => $compiler.unsupported(operator_name($op)),
        }
    };
}

impl<M: MacroAssembler> Compiler<'_, M> {
    pub(crate) fn atomic_operator(&mut self, op: &Operator<'_>) {
        use AtomicUpdate::{Add, And, Exchange, Or, Sub, Xor};
        dispatch! { self, op:
            I32AtomicLoad8U => atomic_load(1, Kind::I32);
            I32AtomicLoad16U => atomic_load(2, Kind::I32);
            I32AtomicLoad => atomic_load(4, Kind::I32);
            I64AtomicLoad8U => atomic_load(1, Kind::I64);
            I64AtomicLoad16U => atomic_load(2, Kind::I64);
            I64AtomicLoad32U => atomic_load(4, Kind::I64);
            I64AtomicLoad => atomic_load(8, Kind::I64);
            I32AtomicStore8 => atomic_store(1);
            I32AtomicStore16 => atomic_store(2);
            I32AtomicStore => atomic_store(4);
            I64AtomicStore8 => atomic_store(1);
            I64AtomicStore16 => atomic_store(2);
            I64AtomicStore32 => atomic_store(4);
            I64AtomicStore => atomic_store(8);
            I32AtomicRmw8AddU => atomic_update(Add, 1, Kind::I32);
            I32AtomicRmw8SubU => atomic_update(Sub, 1, Kind::I32);
            I32AtomicRmw8AndU => atomic_update(And, 1, Kind::I32);
            I32AtomicRmw8OrU => atomic_update(Or, 1, Kind::I32);
            I32AtomicRmw8XorU => atomic_update(Xor, 1, Kind::I32);
            I32AtomicRmw8XchgU => atomic_update(Exchange, 1, Kind::I32);
            I32AtomicRmw16AddU => atomic_update(Add, 2, Kind::I32);
            I32AtomicRmw16SubU => atomic_update(Sub, 2, Kind::I32);
            I32AtomicRmw16AndU => atomic_update(And, 2, Kind::I32);
            I32AtomicRmw16OrU => atomic_update(Or, 2, Kind::I32);
            I32AtomicRmw16XorU => atomic_update(Xor, 2, Kind::I32);
            I32AtomicRmw16XchgU => atomic_update(Exchange, 2, Kind::I32);
            I32AtomicRmwAdd => atomic_update(Add, 4, Kind::I32);
            I32AtomicRmwSub => atomic_update(Sub, 4, Kind::I32);
            I32AtomicRmwAnd => atomic_update(And, 4, Kind::I32);
            I32AtomicRmwOr => atomic_update(Or, 4, Kind::I32);
            I32AtomicRmwXor => atomic_update(Xor, 4, Kind::I32);
            I32AtomicRmwXchg => atomic_update(Exchange, 4, Kind::I32);
            I64AtomicRmw8AddU => atomic_update(Add, 1, Kind::I64);
            I64AtomicRmw8SubU => atomic_update(Sub, 1, Kind::I64);
            I64AtomicRmw8AndU => atomic_update(And, 1, Kind::I64);
            I64AtomicRmw8OrU => atomic_update(Or, 1, Kind::I64);
            I64AtomicRmw8XorU => atomic_update(Xor, 1, Kind::I64);
            I64AtomicRmw8XchgU => atomic_update(Exchange, 1, Kind::I64);
            I64AtomicRmw16AddU => atomic_update(Add, 2, Kind::I64);
            I64AtomicRmw16SubU => atomic_update(Sub, 2, Kind::I64);
            I64AtomicRmw16AndU => atomic_update(And, 2, Kind::I64);
            I64AtomicRmw16OrU => atomic_update(Or, 2, Kind::I64);
            I64AtomicRmw16XorU => atomic_update(Xor, 2, Kind::I64);
            I64AtomicRmw16XchgU => atomic_update(Exchange, 2, Kind::I64);
            I64AtomicRmw32AddU => atomic_update(Add, 4, Kind::I64);
            I64AtomicRmw32SubU => atomic_update(Sub, 4, Kind::I64);
            I64AtomicRmw32AndU => atomic_update(And, 4, Kind::I64);
            I64AtomicRmw32OrU => atomic_update(Or, 4, Kind::I64);
            I64AtomicRmw32XorU => atomic_update(Xor, 4, Kind::I64);
            I64AtomicRmw32XchgU => atomic_update(Exchange, 4, Kind::I64);
            I64AtomicRmwAdd => atomic_update(Add, 8, Kind::I64);
            I64AtomicRmwSub => atomic_update(Sub, 8, Kind::I64);
            I64AtomicRmwAnd => atomic_update(And, 8, Kind::I64);
            I64AtomicRmwOr => atomic_update(Or, 8, Kind::I64);
            I64AtomicRmwXor => atomic_update(Xor, 8, Kind::I64);
            I64AtomicRmwXchg => atomic_update(Exchange, 8, Kind::I64);
            I32AtomicRmw8CmpxchgU => compare_exchange(1, Kind::I32);
            I32AtomicRmw16CmpxchgU => compare_exchange(2, Kind::I32);
            I32AtomicRmwCmpxchg => compare_exchange(4, Kind::I32);
            I64AtomicRmw8CmpxchgU => compare_exchange(1, Kind::I64);
            I64AtomicRmw16CmpxchgU => compare_exchange(2, Kind::I64);
            I64AtomicRmw32CmpxchgU => compare_exchange(4, Kind::I64);
            I64AtomicRmwCmpxchg => compare_exchange(8, Kind::I64);
            MemoryAtomicNotify => notify();
            MemoryAtomicWait32 => wait(Builtin::memory_atomic_wait32);
            MemoryAtomicWait64 => wait(Builtin::memory_atomic_wait64);
        }
    }

    fn atomic_load(&mut self, memarg: &MemArg, bytes: u32, kind: Kind) {
        let access = self.atomic_address(memarg, bytes);
        let dst = self.load_destination(kind, &access);
        self.masm
            .atomic_load(bytes, dst, access.address, OUT_OF_BOUNDS);
        self.push_reg(kind, dst);
    }

    fn atomic_store(&mut self, memarg: &MemArg, bytes: u32) {
        let value = self.pop_owned();
        let access = self.atomic_address(memarg, bytes);
        self.masm
            .atomic_store(bytes, access.address, value, OUT_OF_BOUNDS);
        self.release_access(&access);
        self.busy.remove(value);
    }

    fn atomic_update(&mut self, memarg: &MemArg, op: AtomicUpdate, bytes: u32, kind: Kind) {
        let old = if M::updates_in_loop(op) {
            let old = M::EXCHANGED;
            self.claim(old);
            let value = self.pop_operand();
            let temporary = self.allocate(Kind::I64);
            let access = self.atomic_address(memarg, bytes);
            let registers = (value.reg, temporary);
            self.masm
                .atomic_update_loop(op, bytes, access.address, registers, OUT_OF_BOUNDS);
            self.release_access(&access);
            self.release(value);
            self.busy.remove(temporary);
            old
        } else {
            let value = self.pop_owned();
            let access = self.atomic_address(memarg, bytes);
            self.masm
                .atomic_update(op, bytes, access.address, value, OUT_OF_BOUNDS);
            self.release_access(&access);
            value
        };
        self.push_reg(kind, old);
    }

    fn compare_exchange(&mut self, memarg: &MemArg, bytes: u32, kind: Kind) {
        let old = M::EXCHANGED;
        self.claim(old);
        let replacement = self.pop_operand();
        let expected = self.pop();
        self.load_entry(expected, old);
        self.discard(expected);
        let access = self.atomic_address(memarg, bytes);
        self.masm
            .compare_exchange(bytes, access.address, replacement.reg, OUT_OF_BOUNDS);
        self.release_access(&access);
        self.release(replacement);
        self.push_reg(kind, old);
    }

    /// Pops the index of an access of `bytes` bytes, like [`Self::pop_address`], and first traps if
    /// the address is not a multiple of that.
    fn atomic_address(&mut self, memarg: &MemArg, bytes: u32) -> Access {
        let heap = self.heap_of(memarg);
        let mut index = self.pop();
        // Overflow does not matter: only the lowest bits are used.
        let mask = u64::from(bytes - 1);
        let offset = memarg.offset & mask;
        if let Some(constant) = index.constant() {
            if constant.wrapping_add(offset) & mask != 0 {
                self.masm.trap(TrapCode::HeapMisaligned);
            }
        } else if bytes > 1 {
            let operand = self.operand(index);
            if operand.owned {
                index.loc = Loc::Reg(operand.reg);
            }
            let tested = if offset == 0 {
                operand.reg
            } else {
                let sum = Address::base(operand.reg, offset as u32);
                self.masm.address_of(M::SCRATCH, sum);
                M::SCRATCH
            };
            self.masm.test(Width::W32, tested, Rhs::Imm(mask as i64));
            self.masm.trap_if(Cond::Ne, TrapCode::HeapMisaligned);
        }
        self.address(&heap, index, memarg.offset, bytes)
    }

    // Waiting. The runtime checks the address.

    fn notify(&mut self, memarg: &MemArg) {
        self.add_offset(memarg, 1);
        let memory = self.heap_of(memarg).index;
        let builtin = Builtin::memory_atomic_notify;
        self.call_builtin(builtin, &[memory], 2, Some(Kind::I32));
    }

    fn wait(&mut self, memarg: &MemArg, builtin: Builtin) {
        self.add_offset(memarg, 2);
        let memory = self.heap_of(memarg).index;
        self.call_builtin(builtin, &[memory], 3, Some(Kind::I32));
    }

    /// Adds the static offset to the index, which is below this many operands.
    fn add_offset(&mut self, memarg: &MemArg, depth: usize) {
        let Some(position) = self.stack.len().checked_sub(depth + 1) else {
            return self.fail_internal("the operand stack is too short for an atomic operation");
        };
        if memarg.offset == 0 {
            return;
        }
        // Which may spill the index itself.
        let sum = self.allocate(Kind::I64);
        let index = self.stack[position];
        self.load_entry(index, sum);
        self.discard(index);
        if let Loc::Local(local) = index.loc {
            self.locals[local as usize].pending -= 1;
        }
        self.stack[position] = Entry {
            loc: Loc::Reg(sum),
            kind: Kind::I64,
            ..index
        };
        self.settled = self.settled.min(position);
        let offset = Rhs::Reg(M::SCRATCH);
        self.masm.constant(M::SCRATCH, memarg.offset);
        self.masm
            .int_binary(IntBinary::Add, Width::W64, sum, sum, offset);
        if self.heap_of(memarg).index_type == IndexType::I64 {
            // The sum has wrapped if it is less than one of the numbers.
            self.masm.compare(Width::W64, sum, offset);
            self.masm.trap_if(Cond::LtU, TrapCode::MemoryOutOfBounds);
        }
    }
}
