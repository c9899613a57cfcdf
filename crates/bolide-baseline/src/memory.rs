//! Loads and stores of linear memories: addresses and bounds checks.
//!
//! Wherever the layout of the address space allows it, there is no check: an access that is out of
//! bounds then faults, and the instruction's trap code says why. Otherwise the access is preceded
//! by a comparison with the current length.

use bolide_abi::{MEMORY_BASE, MEMORY_LENGTH, MemoryStyle, Place, TrapCode};
use bolide_module::{IndexType, MemoryIndex, WASM_PAGE_SIZE};
use wasmparser::{MemArg, MemArgTarget};

use crate::compiler::Compiler;
use crate::masm::{Address, Cond, Extend, IntBinary, Kind, MacroAssembler, Reg, Rhs, Width};
use crate::stack::{Entry, Operand};
use crate::variable::{int_bytes, store_immediate};

/// A linear memory as compiled code sees it.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Heap {
    pub(crate) index: u32,
    /// Where its definition is.
    pub(crate) place: Place,
    style: MemoryStyle,
    pub(crate) index_type: IndexType,
    /// Bytes that it always has.
    minimum: u64,
}

impl Heap {
    /// Whether it never moves.
    pub(crate) fn is_static(&self) -> bool {
        matches!(self.style, MemoryStyle::Static { .. })
    }

    /// The kind of its addresses.
    pub(crate) fn index_kind(&self) -> Kind {
        match self.index_type {
            IndexType::I32 => Kind::I32,
            IndexType::I64 => Kind::I64,
        }
    }
}

/// The address of an access, and the register that it occupies.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Access {
    pub(crate) address: Address,
    index: Option<Operand>,
}

/// What an access that is out of bounds traps with.
pub(crate) const OUT_OF_BOUNDS: Option<TrapCode> = Some(TrapCode::MemoryOutOfBounds);

impl<M: MacroAssembler> Compiler<'_, M> {
    pub(crate) fn heap(&self, index: u32) -> Heap {
        let ty = &self.module.memories[index as usize];
        Heap {
            index,
            place: self.layout.memory(MemoryIndex(index), ty.shared),
            style: self.options.memory.style(ty),
            index_type: ty.index,
            minimum: ty.minimum.saturating_mul(WASM_PAGE_SIZE),
        }
    }

    /// The memory that an instruction names.
    pub(crate) fn heap_of(&mut self, memarg: &MemArg) -> Heap {
        match (memarg.target, self.memory) {
            (MemArgTarget::Memory(0), Some(heap)) => heap,
            (MemArgTarget::Memory(index), _) => self.heap(index),
            (MemArgTarget::Array(_), _) => {
                self.fail_internal("memory access to an array");
                self.heap(0)
            }
        }
    }

    // Instructions.

    pub(crate) fn load(&mut self, memarg: &MemArg, kind: Kind) {
        let bytes = match kind {
            Kind::V128 => 16,
            _ => int_bytes(kind),
        };
        let access = self.pop_address(memarg, bytes);
        let dst = self.load_destination(kind, &access);
        self.masm.load(kind, dst, access.address, OUT_OF_BOUNDS);
        self.push_reg(kind, dst);
    }

    pub(crate) fn load_extend(&mut self, memarg: &MemArg, extend: Extend, width: Width) {
        let access = self.pop_address(memarg, extend.bytes());
        let dst = self.load_destination(width.int(), &access);
        self.masm
            .load_extend(extend, width, dst, access.address, OUT_OF_BOUNDS);
        self.push_reg(width.int(), dst);
    }

    /// A register for what is loaded; the address is given up.
    pub(crate) fn load_destination(&mut self, kind: Kind, access: &Access) -> Reg {
        let index = access.index.unwrap_or(self.nothing());
        self.destination(kind, index)
    }

    pub(crate) fn store(&mut self, memarg: &MemArg, kind: Kind) {
        let value = self.pop();
        match value.constant().and_then(|v| store_immediate(kind, v)) {
            Some(constant) => self.store_constant(memarg, int_bytes(kind), constant),
            None => {
                let bytes = match kind {
                    Kind::V128 => 16,
                    _ => int_bytes(kind),
                };
                let value = self.operand(value);
                let access = self.pop_address(memarg, bytes);
                self.masm
                    .store(kind, access.address, value.reg, OUT_OF_BOUNDS);
                self.release_access(&access);
                self.release(value);
            }
        }
    }

    /// Stores the lowest `bytes` bytes of an integer.
    pub(crate) fn store_narrow(&mut self, memarg: &MemArg, bytes: u32) {
        let value = self.pop();
        if let Some(constant) = value.constant() {
            return self.store_constant(memarg, bytes, constant as i32);
        }
        let value = self.operand(value);
        let access = self.pop_address(memarg, bytes);
        self.masm
            .store_int(bytes, access.address, value.reg, OUT_OF_BOUNDS);
        self.release_access(&access);
        self.release(value);
    }

    fn store_constant(&mut self, memarg: &MemArg, bytes: u32, constant: i32) {
        let access = self.pop_address(memarg, bytes);
        self.masm
            .store_constant(bytes, access.address, constant, OUT_OF_BOUNDS);
        self.release_access(&access);
    }

    // Addresses.

    pub(crate) fn release_access(&mut self, access: &Access) {
        if let Some(index) = access.index {
            self.release(index);
        }
    }

    /// Pops the index of an access of `bytes` bytes and emits checks where they are necessary. The
    /// address may be based on [`MacroAssembler::SCRATCH`], and is good until the next method that
    /// uses that.
    pub(crate) fn pop_address(&mut self, memarg: &MemArg, bytes: u32) -> Access {
        let heap = self.heap_of(memarg);
        let index = self.pop();
        self.address(&heap, index, memarg.offset, bytes)
    }

    /// Like [`Self::pop_address`] with an index that was popped.
    pub(crate) fn address(&mut self, heap: &Heap, index: Entry, offset: u64, bytes: u32) -> Access {
        // Distance from the index to the end of the access.
        let span = u128::from(offset) + u128::from(bytes);
        let constant = index.constant();
        if let Some(constant) = constant
            && let Some(access) = self.constant_address(heap, constant, offset, span)
        {
            return access;
        }
        let index = self.operand(index);
        self.check_bounds(heap, index.reg, constant, span);
        let base = self.heap_base(heap);
        let address = match i32::try_from(offset) {
            Ok(offset) => Address::indexed(base, index.reg, offset),
            Err(_) => self.far_address(base, index, offset),
        };
        Access {
            address,
            index: Some(index),
        }
    }

    /// An offset that does not fit into an instruction. Overwrites the scratch register.
    fn far_address(&mut self, base: Reg, index: Operand, offset: u64) -> Address {
        let sum = self.allocate(Kind::I64);
        self.masm.constant(sum, offset);
        self.masm
            .int_binary(IntBinary::Add, Width::W64, sum, sum, Rhs::Reg(index.reg));
        let address = Address::indexed(base, sum, 0);
        self.masm.address_of(M::SCRATCH, address);
        self.busy.remove(sum);
        Address::base(M::SCRATCH, 0)
    }

    /// The address of an access at a constant index that needs no check.
    fn constant_address(
        &mut self,
        heap: &Heap,
        index: u64,
        offset: u64,
        span: u128,
    ) -> Option<Access> {
        let end = u128::from(index) + span;
        let in_bounds = end <= heap.minimum.into();
        let faults = match heap.style {
            MemoryStyle::Static { reservation, guard } => {
                end <= u128::from(reservation) + u128::from(guard)
            }
            MemoryStyle::Dynamic { .. } => false,
        };
        let start = i32::try_from(u128::from(index) + u128::from(offset)).ok()?;
        (in_bounds || faults).then(|| {
            let base = self.heap_base(heap);
            Access {
                address: Address {
                    base,
                    index: None,
                    shift: 0,
                    offset: start,
                },
                index: None,
            }
        })
    }

    /// A register with the address of byte 0, perhaps the scratch register.
    fn heap_base(&mut self, heap: &Heap) -> Reg {
        if heap.index == 0 && self.saved.memory_base {
            return M::MEMORY_BASE;
        }
        let base = self.definition(heap.place, M::SCRATCH, MEMORY_BASE);
        self.masm.load(Kind::I64, M::SCRATCH, base, None);
        M::SCRATCH
    }

    /// Traps unless the bytes up to `index + span` are in bounds, or accessing them faults.
    fn check_bounds(&mut self, heap: &Heap, index: Reg, constant: Option<u64>, span: u128) {
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
                let length = self.definition(heap.place, M::SCRATCH, MEMORY_LENGTH);
                self.masm.compare_memory(index, length);
                self.masm.trap_if(Cond::GtU, TrapCode::MemoryOutOfBounds);
            }
            _ => self.check_end(heap, index, span),
        }
    }

    /// Traps if `index + span` exceeds the length of the memory.
    fn check_end(&mut self, heap: &Heap, index: Reg, span: u128) {
        let Ok(span) = u64::try_from(span) else {
            // No memory has 2⁶⁴ bytes. Whether the flags say so is all the same.
            self.masm.compare(Width::W64, index, Rhs::Reg(index));
            return self.masm.trap_if(Cond::Eq, TrapCode::MemoryOutOfBounds);
        };
        let end = self.allocate(Kind::I64);
        self.masm.constant(end, span);
        self.masm
            .int_binary(IntBinary::Add, Width::W64, end, end, Rhs::Reg(index));
        if heap.index_type == IndexType::I64 {
            // The sum has wrapped if it is less than the index.
            self.masm.compare(Width::W64, end, Rhs::Reg(index));
            self.masm.trap_if(Cond::LtU, TrapCode::MemoryOutOfBounds);
        }
        let length = self.definition(heap.place, M::SCRATCH, MEMORY_LENGTH);
        self.masm.compare_memory(end, length);
        self.masm.trap_if(Cond::GtU, TrapCode::MemoryOutOfBounds);
        self.busy.remove(end);
    }
}
