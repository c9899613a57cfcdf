//! Size, growth and bulk operations of memories.

use bolide_abi::{Builtin, MEMORY_LENGTH};
use bolide_module::WASM_PAGE_SIZE;

use crate::compiler::Compiler;
use crate::masm::{Kind, MacroAssembler, Rhs, Shift, Width};

impl<M: MacroAssembler> Compiler<'_, M> {
    pub(crate) fn memory_size(&mut self, memory: u32) {
        let heap = self.heap(memory);
        let kind = heap.index_kind();
        let dst = self.allocate(kind);
        let length = self.definition(heap.place, M::SCRATCH, MEMORY_LENGTH);
        self.masm.load(Kind::I64, dst, length, None);
        let shift = Rhs::Imm(WASM_PAGE_SIZE.trailing_zeros().into());
        self.masm
            .shift(Shift::RightUnsigned, Width::W64, dst, dst, shift);
        self.push_reg(kind, dst);
    }

    pub(crate) fn memory_grow(&mut self, memory: u32) {
        let kind = self.heap(memory).index_kind();
        self.call_builtin(Builtin::memory_grow, &[memory], 1, Some(kind));
    }

    pub(crate) fn memory_copy(&mut self, dst: u32, src: u32) {
        self.call_builtin(Builtin::memory_copy, &[dst, src], 3, None);
    }

    pub(crate) fn memory_fill(&mut self, memory: u32) {
        self.call_builtin(Builtin::memory_fill, &[memory], 3, None);
    }

    pub(crate) fn memory_init(&mut self, segment: u32, memory: u32) {
        self.call_builtin(Builtin::memory_init, &[memory, segment], 3, None);
    }

    pub(crate) fn data_drop(&mut self, segment: u32) {
        self.call_builtin(Builtin::data_drop, &[segment], 0, None);
    }
}
