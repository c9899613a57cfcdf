//! Loads and stores of linear memories: addresses and bounds checks.
//!
//! Wherever the layout of the address space allows it, there is no check: an access that is out of
//! bounds then faults, and the instruction's trap code says why. Otherwise the access is preceded
//! by a comparison with the current length.

use bolide_abi::{MEMORY_BASE, MEMORY_LENGTH, MemoryStyle, Place, TrapCode};
use bolide_module::{IndexType, MemoryIndex, WASM_PAGE_SIZE};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    InstBuilder, InstructionData, MemFlagsData, Opcode, Type, Value, ValueDef, types,
};
use cranelift_frontend::FuncInstBuilder;
use wasmparser::{MemArg, MemArgTarget, Operator};

use crate::env::{Region, immediate_offset};
use crate::translate::{LITTLE, Result, TRUSTED, Translator, internal, lookup};
use crate::trap;

/// A linear memory as compiled code sees it.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Heap {
    pub(crate) index: u32,
    /// Where its definition is.
    pub(crate) place: Place,
    style: MemoryStyle,
    pub(crate) index_type: IndexType,
    pub(crate) shared: bool,
    /// Bytes that it always has.
    minimum: u64,
}

/// Where an access goes.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Address {
    pub(crate) base: Value,
    pub(crate) offset: i32,
    pub(crate) flags: MemFlagsData,
}

impl<'f> Translator<'_, 'f> {
    pub(crate) fn memory_operator(&mut self, op: &Operator<'_>) -> Result<bool> {
        use types::{F32, F64, I32, I64};
        match op {
            Operator::I32Load { memarg } => self.load(memarg, I32),
            Operator::I64Load { memarg } => self.load(memarg, I64),
            Operator::F32Load { memarg } => self.load(memarg, F32),
            Operator::F64Load { memarg } => self.load(memarg, F64),
            Operator::I32Load8S { memarg } => {
                self.load_with(memarg, 1, |i, a| i.sload8(I32, a.flags, a.base, a.offset))
            }
            Operator::I32Load8U { memarg } => {
                self.load_with(memarg, 1, |i, a| i.uload8(I32, a.flags, a.base, a.offset))
            }
            Operator::I32Load16S { memarg } => {
                self.load_with(memarg, 2, |i, a| i.sload16(I32, a.flags, a.base, a.offset))
            }
            Operator::I32Load16U { memarg } => {
                self.load_with(memarg, 2, |i, a| i.uload16(I32, a.flags, a.base, a.offset))
            }
            Operator::I64Load8S { memarg } => {
                self.load_with(memarg, 1, |i, a| i.sload8(I64, a.flags, a.base, a.offset))
            }
            Operator::I64Load8U { memarg } => {
                self.load_with(memarg, 1, |i, a| i.uload8(I64, a.flags, a.base, a.offset))
            }
            Operator::I64Load16S { memarg } => {
                self.load_with(memarg, 2, |i, a| i.sload16(I64, a.flags, a.base, a.offset))
            }
            Operator::I64Load16U { memarg } => {
                self.load_with(memarg, 2, |i, a| i.uload16(I64, a.flags, a.base, a.offset))
            }
            Operator::I64Load32S { memarg } => {
                self.load_with(memarg, 4, |i, a| i.sload32(a.flags, a.base, a.offset))
            }
            Operator::I64Load32U { memarg } => {
                self.load_with(memarg, 4, |i, a| i.uload32(a.flags, a.base, a.offset))
            }
            Operator::I32Store { memarg } | Operator::F32Store { memarg } => self.store(memarg, 4),
            Operator::I64Store { memarg } | Operator::F64Store { memarg } => self.store(memarg, 8),
            Operator::I32Store8 { memarg } | Operator::I64Store8 { memarg } => {
                self.store_with(memarg, 1, |i, v, a| {
                    i.istore8(a.flags, v, a.base, a.offset);
                })
            }
            Operator::I32Store16 { memarg } | Operator::I64Store16 { memarg } => {
                self.store_with(memarg, 2, |i, v, a| {
                    i.istore16(a.flags, v, a.base, a.offset);
                })
            }
            Operator::I64Store32 { memarg } => self.store_with(memarg, 4, |i, v, a| {
                i.istore32(a.flags, v, a.base, a.offset);
            }),
            _ => Ok(false),
        }
    }

    /// Replaces an index operand by what `ty` is loaded from there.
    pub(crate) fn load(&mut self, memarg: &MemArg, ty: Type) -> Result<bool> {
        self.load_with(memarg, ty.bytes(), |i, a| {
            i.load(ty, a.flags, a.base, a.offset)
        })
    }

    pub(crate) fn load_with(
        &mut self,
        memarg: &MemArg,
        size: u32,
        f: impl FnOnce(FuncInstBuilder<'_, 'f>, Address) -> Value,
    ) -> Result<bool> {
        let index = self.pop()?;
        let address = self.address(memarg, index, size)?;
        let value = f(self.builder.ins(), address);
        self.push(value);
        Ok(true)
    }

    /// Stores the top operand, whose type has `size` bytes.
    pub(crate) fn store(&mut self, memarg: &MemArg, size: u32) -> Result<bool> {
        self.store_with(memarg, size, |i, v, a| {
            i.store(a.flags, v, a.base, a.offset);
        })
    }

    pub(crate) fn store_with(
        &mut self,
        memarg: &MemArg,
        size: u32,
        f: impl FnOnce(FuncInstBuilder<'_, 'f>, Value, Address),
    ) -> Result<bool> {
        let [index, value] = self.pops()?;
        let mut address = self.address(memarg, index, size)?;
        address.flags = self.store_flags(address.flags);
        f(self.builder.ins(), value, address);
        Ok(true)
    }

    pub(crate) fn heap(&self, index: u32) -> Result<Heap> {
        let ty = lookup(&self.module.memories, index)?;
        Ok(Heap {
            index,
            place: self.layout.memory(MemoryIndex(index), ty.shared),
            style: self.options.memory.style(ty),
            index_type: ty.index,
            shared: ty.shared,
            minimum: ty.minimum.saturating_mul(WASM_PAGE_SIZE),
        })
    }

    /// The memory that an instruction names.
    pub(crate) fn heap_of(&self, memarg: &MemArg) -> Result<Heap> {
        match memarg.target {
            MemArgTarget::Memory(index) => self.heap(index),
            MemArgTarget::Array(_) => Err(internal("memory access to an array")),
        }
    }

    /// Flags of accesses to the contents of a memory.
    pub(crate) fn heap_flags(&mut self, heap: &Heap) -> MemFlagsData {
        let region = if heap.index < self.module.imported_memories {
            Region::ImportedMemories
        } else {
            Region::Memory(heap.index)
        };
        let code = trap::to_cranelift(TrapCode::MemoryOutOfBounds);
        self.in_region(LITTLE.with_trap_code(Some(code)), region)
    }

    /// Flags of a store. Stores have codes of their own, so that none is dropped because another one overwrites what
    /// it has written: if it traps, it is the one to blame.
    pub(crate) fn store_flags(&mut self, flags: MemFlagsData) -> MemFlagsData {
        self.stores = self.stores.wrapping_add(1);
        flags.with_trap_code(Some(trap::of_store(self.stores)))
    }

    /// Loads the current length in bytes.
    pub(crate) fn memory_length(&mut self, heap: &Heap) -> Value {
        let (definition, offset) = self.place(heap.place);
        let flags = self.in_region(TRUSTED, Region::MemoryDefinitions);
        self.builder.ins().load(
            types::I64,
            flags,
            definition,
            (offset + MEMORY_LENGTH) as i32,
        )
    }

    pub(crate) fn memory_base(&mut self, heap: &Heap) -> Value {
        let (definition, offset) = self.place(heap.place);
        match heap.style {
            MemoryStyle::Static { .. } => {
                self.load_constant(types::I64, definition, offset + MEMORY_BASE)
            }
            MemoryStyle::Dynamic { .. } => {
                let flags = self.in_region(TRUSTED, Region::MemoryDefinitions);
                self.builder.ins().load(
                    types::I64,
                    flags,
                    definition,
                    (offset + MEMORY_BASE) as i32,
                )
            }
        }
    }

    /// Machine address of an access of `size` bytes, checked if necessary.
    pub(crate) fn address(&mut self, memarg: &MemArg, index: Value, size: u32) -> Result<Address> {
        let heap = self.heap_of(memarg)?;
        let constant = self.known_constant(index);
        let index = self.widen(index);
        self.check_bounds(&heap, index, constant, memarg.offset, size);
        let base = self.memory_base(&heap);
        let base = self.builder.ins().iadd(base, index);
        let flags = self.heap_flags(&heap);
        Ok(match immediate_offset(memarg.offset) {
            Some(offset) => Address {
                base,
                offset: offset.into(),
                flags,
            },
            None => {
                let offset = self.i64_const(memarg.offset);
                Address {
                    base: self.builder.ins().iadd(base, offset),
                    offset: 0,
                    flags,
                }
            }
        })
    }

    /// Like [`Self::address`], as one value without an offset.
    pub(crate) fn flat_address(
        &mut self,
        memarg: &MemArg,
        index: Value,
        size: u32,
    ) -> Result<(Value, MemFlagsData)> {
        let Address {
            base,
            offset,
            flags,
        } = self.address(memarg, index, size)?;
        let address = match offset {
            0 => base,
            _ => self.builder.ins().iadd_imm_s(base, i64::from(offset)),
        };
        Ok((address, flags))
    }

    /// Traps unless the `size` bytes at `index + offset` are in bounds, or accessing them faults.
    fn check_bounds(
        &mut self,
        heap: &Heap,
        index: Value,
        constant: Option<u64>,
        offset: u64,
        size: u32,
    ) {
        let code = trap::to_cranelift(TrapCode::MemoryOutOfBounds);
        // Distance from the index to the end of the access.
        let span = u128::from(offset) + u128::from(size);
        if constant.is_some_and(|index| u128::from(index) + span <= heap.minimum.into()) {
            return;
        }
        let largest_index = constant.unwrap_or(match heap.index_type {
            IndexType::I32 => u32::MAX.into(),
            IndexType::I64 => u64::MAX,
        });
        match heap.style {
            MemoryStyle::Static { reservation, guard }
                if u128::from(largest_index) + span
                    <= u128::from(reservation) + u128::from(guard) => {}
            MemoryStyle::Dynamic { guard } if span <= guard.into() => {
                let length = self.memory_length(heap);
                let outside = self
                    .builder
                    .ins()
                    .icmp(IntCC::UnsignedGreaterThan, index, length);
                self.builder.ins().trapnz(outside, code);
            }
            _ => {
                let outside = self.is_outside(heap, index, span);
                self.builder.ins().trapnz(outside, code);
            }
        }
    }

    /// Whether `index + span` exceeds the length of the memory.
    fn is_outside(&mut self, heap: &Heap, index: Value, span: u128) -> Value {
        let code = trap::to_cranelift(TrapCode::MemoryOutOfBounds);
        let Ok(span) = u64::try_from(span) else {
            // No memory has 2⁶⁴ bytes.
            return self.builder.ins().iconst(types::I8, 1);
        };
        let length = self.memory_length(heap);
        if span <= heap.minimum {
            // The subtraction cannot wrap, and accesses with the same span share it.
            let span = self.i64_const(span);
            let last = self.builder.ins().isub(length, span);
            return self
                .builder
                .ins()
                .icmp(IntCC::UnsignedGreaterThan, index, last);
        }
        let span = self.i64_const(span);
        let end = match heap.index_type {
            IndexType::I32 => self.builder.ins().iadd(index, span),
            IndexType::I64 => self.builder.ins().uadd_overflow_trap(index, span, code),
        };
        self.builder
            .ins()
            .icmp(IntCC::UnsignedGreaterThan, end, length)
    }

    /// The value of an index operand, if the instruction that made it is a constant.
    pub(crate) fn known_constant(&self, index: Value) -> Option<u64> {
        let dfg = &self.builder.func.dfg;
        let ValueDef::Result(inst, _) = dfg.value_def(index) else {
            return None;
        };
        match dfg.insts[inst] {
            InstructionData::UnaryImm {
                opcode: Opcode::Iconst,
                imm,
            } if dfg.value_type(index) == types::I32 => Some(u64::from(imm.bits() as u32)),
            InstructionData::UnaryImm {
                opcode: Opcode::Iconst,
                imm,
            } => Some(imm.bits() as u64),
            _ => None,
        }
    }
}
