//! Atomic accesses, wait and notify.
//!
//! All accesses are sequentially consistent. Narrow ones work on the narrow type and zero-extend
//! what was read.

use bolide_abi::{Builtin, TrapCode};
use bolide_module::IndexType;
use cranelift_codegen::ir::{AtomicRmwOp, InstBuilder, MemFlagsData, Type, Value, types};
use types::{I8, I16, I32, I64};
use wasmparser::{MemArg, Operator};

use crate::translate::{Result, Translator};
use crate::trap;

impl Translator<'_, '_> {
    pub(crate) fn atomic_operator(&mut self, op: &Operator<'_>) -> Result<bool> {
        match op {
            Operator::AtomicFence { .. } => {
                self.builder.ins().fence();
                Ok(true)
            }
            Operator::MemoryAtomicNotify { memarg } => self.notify(memarg),
            Operator::MemoryAtomicWait32 { memarg } => {
                self.wait(memarg, Builtin::memory_atomic_wait32)
            }
            Operator::MemoryAtomicWait64 { memarg } => {
                self.wait(memarg, Builtin::memory_atomic_wait64)
            }
            _ => Ok(self.atomic_access(op)?
                || self.atomic_rmw_operator(op)?
                || self.compare_exchange_operator(op)?),
        }
    }

    fn atomic_access(&mut self, op: &Operator<'_>) -> Result<bool> {
        use Operator::*;
        match op {
            I32AtomicLoad { memarg } => self.atomic_load(memarg, I32, I32),
            I64AtomicLoad { memarg } => self.atomic_load(memarg, I64, I64),
            I32AtomicLoad8U { memarg } => self.atomic_load(memarg, I8, I32),
            I32AtomicLoad16U { memarg } => self.atomic_load(memarg, I16, I32),
            I64AtomicLoad8U { memarg } => self.atomic_load(memarg, I8, I64),
            I64AtomicLoad16U { memarg } => self.atomic_load(memarg, I16, I64),
            I64AtomicLoad32U { memarg } => self.atomic_load(memarg, I32, I64),
            I32AtomicStore { memarg } => self.atomic_store(memarg, I32),
            I64AtomicStore { memarg } => self.atomic_store(memarg, I64),
            I32AtomicStore8 { memarg } | I64AtomicStore8 { memarg } => {
                self.atomic_store(memarg, I8)
            }
            I32AtomicStore16 { memarg } | I64AtomicStore16 { memarg } => {
                self.atomic_store(memarg, I16)
            }
            I64AtomicStore32 { memarg } => self.atomic_store(memarg, I32),
            _ => Ok(false),
        }
    }

    fn atomic_rmw_operator(&mut self, op: &Operator<'_>) -> Result<bool> {
        use AtomicRmwOp::{Add, And, Or, Sub, Xchg, Xor};
        use Operator::*;
        let (memarg, op, access, ty) = match op {
            I32AtomicRmwAdd { memarg } => (memarg, Add, I32, I32),
            I64AtomicRmwAdd { memarg } => (memarg, Add, I64, I64),
            I32AtomicRmw8AddU { memarg } => (memarg, Add, I8, I32),
            I32AtomicRmw16AddU { memarg } => (memarg, Add, I16, I32),
            I64AtomicRmw8AddU { memarg } => (memarg, Add, I8, I64),
            I64AtomicRmw16AddU { memarg } => (memarg, Add, I16, I64),
            I64AtomicRmw32AddU { memarg } => (memarg, Add, I32, I64),
            I32AtomicRmwSub { memarg } => (memarg, Sub, I32, I32),
            I64AtomicRmwSub { memarg } => (memarg, Sub, I64, I64),
            I32AtomicRmw8SubU { memarg } => (memarg, Sub, I8, I32),
            I32AtomicRmw16SubU { memarg } => (memarg, Sub, I16, I32),
            I64AtomicRmw8SubU { memarg } => (memarg, Sub, I8, I64),
            I64AtomicRmw16SubU { memarg } => (memarg, Sub, I16, I64),
            I64AtomicRmw32SubU { memarg } => (memarg, Sub, I32, I64),
            I32AtomicRmwAnd { memarg } => (memarg, And, I32, I32),
            I64AtomicRmwAnd { memarg } => (memarg, And, I64, I64),
            I32AtomicRmw8AndU { memarg } => (memarg, And, I8, I32),
            I32AtomicRmw16AndU { memarg } => (memarg, And, I16, I32),
            I64AtomicRmw8AndU { memarg } => (memarg, And, I8, I64),
            I64AtomicRmw16AndU { memarg } => (memarg, And, I16, I64),
            I64AtomicRmw32AndU { memarg } => (memarg, And, I32, I64),
            I32AtomicRmwOr { memarg } => (memarg, Or, I32, I32),
            I64AtomicRmwOr { memarg } => (memarg, Or, I64, I64),
            I32AtomicRmw8OrU { memarg } => (memarg, Or, I8, I32),
            I32AtomicRmw16OrU { memarg } => (memarg, Or, I16, I32),
            I64AtomicRmw8OrU { memarg } => (memarg, Or, I8, I64),
            I64AtomicRmw16OrU { memarg } => (memarg, Or, I16, I64),
            I64AtomicRmw32OrU { memarg } => (memarg, Or, I32, I64),
            I32AtomicRmwXor { memarg } => (memarg, Xor, I32, I32),
            I64AtomicRmwXor { memarg } => (memarg, Xor, I64, I64),
            I32AtomicRmw8XorU { memarg } => (memarg, Xor, I8, I32),
            I32AtomicRmw16XorU { memarg } => (memarg, Xor, I16, I32),
            I64AtomicRmw8XorU { memarg } => (memarg, Xor, I8, I64),
            I64AtomicRmw16XorU { memarg } => (memarg, Xor, I16, I64),
            I64AtomicRmw32XorU { memarg } => (memarg, Xor, I32, I64),
            I32AtomicRmwXchg { memarg } => (memarg, Xchg, I32, I32),
            I64AtomicRmwXchg { memarg } => (memarg, Xchg, I64, I64),
            I32AtomicRmw8XchgU { memarg } => (memarg, Xchg, I8, I32),
            I32AtomicRmw16XchgU { memarg } => (memarg, Xchg, I16, I32),
            I64AtomicRmw8XchgU { memarg } => (memarg, Xchg, I8, I64),
            I64AtomicRmw16XchgU { memarg } => (memarg, Xchg, I16, I64),
            I64AtomicRmw32XchgU { memarg } => (memarg, Xchg, I32, I64),
            _ => return Ok(false),
        };
        let [index, operand] = self.pops()?;
        let (address, flags) = self.atomic_address(memarg, index, access)?;
        let operand = self.reduce(operand, access);
        let old = self
            .builder
            .ins()
            .atomic_rmw(access, flags, op, address, operand);
        self.push_extended(old, ty)
    }

    fn compare_exchange_operator(&mut self, op: &Operator<'_>) -> Result<bool> {
        use Operator::*;
        let (memarg, access, ty) = match op {
            I32AtomicRmwCmpxchg { memarg } => (memarg, I32, I32),
            I64AtomicRmwCmpxchg { memarg } => (memarg, I64, I64),
            I32AtomicRmw8CmpxchgU { memarg } => (memarg, I8, I32),
            I32AtomicRmw16CmpxchgU { memarg } => (memarg, I16, I32),
            I64AtomicRmw8CmpxchgU { memarg } => (memarg, I8, I64),
            I64AtomicRmw16CmpxchgU { memarg } => (memarg, I16, I64),
            I64AtomicRmw32CmpxchgU { memarg } => (memarg, I32, I64),
            _ => return Ok(false),
        };
        let [index, expected, replacement] = self.pops()?;
        let (address, flags) = self.atomic_address(memarg, index, access)?;
        let expected = self.reduce(expected, access);
        let replacement = self.reduce(replacement, access);
        let old = self
            .builder
            .ins()
            .atomic_cas(flags, address, expected, replacement);
        self.push_extended(old, ty)
    }

    fn atomic_load(&mut self, memarg: &MemArg, access: Type, ty: Type) -> Result<bool> {
        let index = self.pop()?;
        let (address, flags) = self.atomic_address(memarg, index, access)?;
        let value = self.builder.ins().atomic_load(access, flags, address);
        self.push_extended(value, ty)
    }

    fn atomic_store(&mut self, memarg: &MemArg, access: Type) -> Result<bool> {
        let [index, value] = self.pops()?;
        let (address, flags) = self.atomic_address(memarg, index, access)?;
        let value = self.reduce(value, access);
        self.builder.ins().atomic_store(flags, value, address);
        Ok(true)
    }

    fn reduce(&mut self, value: Value, ty: Type) -> Value {
        if self.value_type(value) == ty {
            value
        } else {
            self.builder.ins().ireduce(ty, value)
        }
    }

    fn push_extended(&mut self, value: Value, ty: Type) -> Result<bool> {
        let value = if self.value_type(value) == ty {
            value
        } else {
            self.builder.ins().uextend(ty, value)
        };
        self.push(value);
        Ok(true)
    }

    /// Machine address of an aligned access of type `ty`.
    fn atomic_address(
        &mut self,
        memarg: &MemArg,
        index: Value,
        ty: Type,
    ) -> Result<(Value, MemFlagsData)> {
        if ty != I8 {
            let wide = self.widen(index);
            // Overflow does not matter: only the low bits are used.
            let address = self.builder.ins().iadd_imm_s(wide, memarg.offset as i64);
            let low = self
                .builder
                .ins()
                .band_imm_u(address, i64::from(ty.bytes() - 1));
            self.builder
                .ins()
                .trapnz(low, trap::to_cranelift(TrapCode::HeapMisaligned));
        }
        self.flat_address(memarg, index, ty.bytes())
    }

    /// Index plus offset, for the runtime to check.
    fn effective_address(&mut self, memarg: &MemArg, index: Value) -> Result<Value> {
        let index_type = self.heap_of(memarg)?.index_type;
        let index = self.widen(index);
        if memarg.offset == 0 {
            return Ok(index);
        }
        let offset = self.i64_const(memarg.offset);
        Ok(match index_type {
            IndexType::I32 => self.builder.ins().iadd(index, offset),
            IndexType::I64 => {
                let code = trap::to_cranelift(TrapCode::MemoryOutOfBounds);
                self.builder.ins().uadd_overflow_trap(index, offset, code)
            }
        })
    }

    fn notify(&mut self, memarg: &MemArg) -> Result<bool> {
        let [index, count] = self.pops()?;
        let address = self.effective_address(memarg, index)?;
        let memory = self.i32_const(self.heap_of(memarg)?.index);
        let woken =
            self.call_builtin_value(Builtin::memory_atomic_notify, &[memory, address, count])?;
        self.push(woken);
        Ok(true)
    }

    fn wait(&mut self, memarg: &MemArg, builtin: Builtin) -> Result<bool> {
        let [index, expected, timeout] = self.pops()?;
        let address = self.effective_address(memarg, index)?;
        let memory = self.i32_const(self.heap_of(memarg)?.index);
        let result = self.call_builtin_value(builtin, &[memory, address, expected, timeout])?;
        self.push(result);
        Ok(true)
    }
}
