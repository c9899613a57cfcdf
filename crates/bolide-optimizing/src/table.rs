//! Tables.

use bolide_abi::{Builtin, TABLE_BASE, TABLE_LENGTH, TrapCode};
use bolide_module::{IndexType, TableIndex, ValType};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};
use wasmparser::Operator;

use crate::env::Region;
use crate::slot::Slot;
use crate::translate::{Result, TRUSTED, Translator, lookup};
use crate::trap;

/// Binary logarithm of the size of an element.
const ELEMENT_SHIFT: i64 = 3;

impl Translator<'_, '_> {
    pub(crate) fn table_operator(&mut self, op: &Operator<'_>) -> Result<bool> {
        match *op {
            Operator::TableGet { table } => {
                let index = self.pop()?;
                let address = self.element_address(table, index, TrapCode::TableOutOfBounds)?;
                let flags = self.table_flags(table);
                let value = self.builder.ins().load(types::I64, flags, address, 0);
                let element = lookup(&self.module.tables, table)?.ty.element;
                self.push_reference_or(Slot::from(ValType::Ref(element)), value);
            }
            Operator::TableSet { table } => {
                let [index, value] = self.pops()?;
                let address = self.element_address(table, index, TrapCode::TableOutOfBounds)?;
                let flags = self.table_flags(table);
                self.builder.ins().store(flags, value, address, 0);
            }
            Operator::TableSize { table } => {
                let length = self.table_length(table)?;
                let length = self.narrow_for_table(table, length)?;
                self.push(length);
            }
            Operator::TableGrow { table } => {
                let [init, delta] = self.pops()?;
                let delta = self.widen(delta);
                let index = self.i32_const(table);
                let size = self.call_builtin_value(Builtin::table_grow, &[index, delta, init])?;
                let size = self.narrow_for_table(table, size)?;
                self.push(size);
            }
            Operator::TableFill { table } => {
                let [dst, value, len] = self.pops()?;
                let (dst, len) = (self.widen(dst), self.widen(len));
                let index = self.i32_const(table);
                self.call_builtin(Builtin::table_fill, &[index, dst, value, len])?;
            }
            Operator::TableCopy {
                dst_table,
                src_table,
            } => {
                let [dst, src, len] = self.pops()?;
                let args = [
                    self.i32_const(dst_table),
                    self.i32_const(src_table),
                    self.widen(dst),
                    self.widen(src),
                    self.widen(len),
                ];
                self.call_builtin(Builtin::table_copy, &args)?;
            }
            Operator::TableInit { elem_index, table } => {
                let [dst, src, len] = self.pops()?;
                let args = [
                    self.i32_const(table),
                    self.i32_const(elem_index),
                    self.widen(dst),
                    src,
                    len,
                ];
                self.call_builtin(Builtin::table_init, &args)?;
            }
            Operator::ElemDrop { elem_index } => {
                let segment = self.i32_const(elem_index);
                self.call_builtin(Builtin::elem_drop, &[segment])?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Flags of accesses to elements.
    pub(crate) fn table_flags(&mut self, table: u32) -> MemFlagsData {
        let region = if table < self.module.imported_tables {
            Region::ImportedTables
        } else {
            Region::Table(table)
        };
        self.in_region(TRUSTED, region)
    }

    /// Address of an element; traps with `code` if there is none.
    pub(crate) fn element_address(
        &mut self,
        table: u32,
        index: Value,
        code: TrapCode,
    ) -> Result<Value> {
        let length = self.table_length(table)?;
        let index = self.widen(index);
        let outside = self
            .builder
            .ins()
            .icmp(IntCC::UnsignedGreaterThanOrEqual, index, length);
        self.builder.ins().trapnz(outside, trap::to_cranelift(code));
        let (definition, offset) = self.place(self.layout.table(TableIndex(table)));
        let flags = self.in_region(TRUSTED, Region::TableDefinitions);
        let base =
            self.builder
                .ins()
                .load(types::I64, flags, definition, (offset + TABLE_BASE) as i32);
        let offset = self.builder.ins().ishl_imm_u(index, ELEMENT_SHIFT);
        Ok(self.builder.ins().iadd(base, offset))
    }

    /// Number of elements, 64 bits.
    fn table_length(&mut self, table: u32) -> Result<Value> {
        let ty = lookup(&self.module.tables, table)?.ty;
        if ty.maximum == Some(ty.minimum) {
            return Ok(self.i64_const(ty.minimum));
        }
        let (definition, offset) = self.place(self.layout.table(TableIndex(table)));
        let flags = self.in_region(TRUSTED, Region::TableDefinitions);
        Ok(self.builder.ins().load(
            types::I64,
            flags,
            definition,
            (offset + TABLE_LENGTH) as i32,
        ))
    }

    /// A number of elements in the table's address type.
    fn narrow_for_table(&mut self, table: u32, value: Value) -> Result<Value> {
        Ok(match lookup(&self.module.tables, table)?.ty.index {
            IndexType::I32 => self.builder.ins().ireduce(types::I32, value),
            IndexType::I64 => value,
        })
    }
}
