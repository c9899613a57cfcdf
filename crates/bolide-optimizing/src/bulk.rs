//! Size, growth and bulk operations of memories.

use bolide_abi::{Builtin, MEMORY_LENGTH};
use bolide_module::{IndexType, WASM_PAGE_SIZE};
use cranelift_codegen::ir::{InstBuilder, Value, types};
use wasmparser::Operator;

use crate::env::Region;
use crate::translate::{Result, TRUSTED, Translator, lookup};

impl Translator<'_, '_> {
    pub(crate) fn bulk_operator(&mut self, op: &Operator<'_>) -> Result<bool> {
        match *op {
            Operator::MemorySize { mem } => {
                let length = self.memory_size(mem)?;
                let shift = i64::from(WASM_PAGE_SIZE.trailing_zeros());
                let pages = self.builder.ins().ushr_imm_u(length, shift);
                let pages = self.narrow_for_memory(mem, pages)?;
                self.push(pages);
            }
            Operator::MemoryGrow { mem } => {
                let delta = self.pop()?;
                let delta = self.widen(delta);
                let index = self.i32_const(mem);
                let pages = self.call_builtin_value(Builtin::memory_grow, &[index, delta])?;
                let pages = self.narrow_for_memory(mem, pages)?;
                self.push(pages);
            }
            Operator::MemoryCopy { dst_mem, src_mem } => self.memory_copy(dst_mem, src_mem)?,
            Operator::MemoryFill { mem } => self.memory_fill(mem)?,
            Operator::MemoryInit { data_index, mem } => {
                let [dst, src, len] = self.pops()?;
                let args = [
                    self.i32_const(mem),
                    self.i32_const(data_index),
                    self.widen(dst),
                    src,
                    len,
                ];
                self.call_builtin(Builtin::memory_init, &args)?;
            }
            Operator::DataDrop { data_index } => {
                let segment = self.i32_const(data_index);
                self.call_builtin(Builtin::data_drop, &[segment])?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The current size in bytes.
    fn memory_size(&mut self, memory: u32) -> Result<Value> {
        let heap = self.heap(memory)?;
        if !heap.shared {
            return Ok(self.memory_length(&heap));
        }
        // Other threads may grow the memory; a plain load could be replaced by an earlier one.
        let (definition, offset) = self.place(heap.place);
        let address = self
            .builder
            .ins()
            .iadd_imm_s(definition, i64::from(offset + MEMORY_LENGTH));
        let flags = self.in_region(TRUSTED, Region::MemoryDefinitions);
        Ok(self.builder.ins().atomic_load(types::I64, flags, address))
    }

    /// A number of pages in the memory's address type.
    fn narrow_for_memory(&mut self, memory: u32, value: Value) -> Result<Value> {
        Ok(match lookup(&self.module.memories, memory)?.index {
            IndexType::I32 => self.builder.ins().ireduce(types::I32, value),
            IndexType::I64 => value,
        })
    }
}
