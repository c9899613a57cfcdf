//! Tables.

use bolide_abi::{Builtin, TABLE_BASE, TABLE_LENGTH, TrapCode};
use bolide_module::{IndexType, TableIndex, ValType};

use crate::compiler::Compiler;
use crate::masm::{Address, Cond, Extend, Kind, MacroAssembler, Rhs, Width};
use crate::stack::Entry;

/// Binary logarithm of the size of an element.
const ELEMENT_SHIFT: u8 = 3;

impl<M: MacroAssembler> Compiler<'_, M> {
    fn element_kind(&self, table: u32) -> Kind {
        let element = self.module.tables[table as usize].ty.element;
        Kind::from(ValType::Ref(element))
    }

    /// The kind of a table's indices and sizes.
    fn table_index_kind(&self, table: u32) -> Kind {
        match self.module.tables[table as usize].ty.index {
            IndexType::I32 => Kind::I32,
            IndexType::I64 => Kind::I64,
        }
    }

    pub(crate) fn table_get(&mut self, table: u32) {
        let kind = self.element_kind(table);
        let index = self.pop();
        let element = self.element_address(table, index, TrapCode::TableOutOfBounds);
        self.masm.load(Kind::I64, M::SCRATCH, element, None);
        let dst = self.allocate(kind);
        self.masm.mov(kind, dst, M::SCRATCH);
        self.has_references |= kind == Kind::Ref;
        self.push_reg(kind, dst);
    }

    pub(crate) fn table_set(&mut self, table: u32) {
        let value = self.pop_operand();
        let index = self.pop();
        let element = self.element_address(table, index, TrapCode::TableOutOfBounds);
        self.masm.store(Kind::I64, element, value.reg, None);
        self.release(value);
    }

    /// The address of an element, based on the scratch register; traps with `code` if there is
    /// none. The register of the index is given up, and nothing may be allocated before the address
    /// has been used.
    pub(crate) fn element_address(&mut self, table: u32, index: Entry, code: TrapCode) -> Address {
        let index = self.operand(index);
        let ty = self.module.tables[table as usize].ty;
        let place = self.layout.table(TableIndex(table));
        if ty.maximum == Some(ty.minimum) {
            let length = Rhs::Imm(ty.minimum as i64);
            self.masm.compare(Width::W64, index.reg, length);
        } else {
            let length = self.definition(place, M::SCRATCH, TABLE_LENGTH);
            self.masm.compare_memory(index.reg, length);
        }
        self.masm.trap_if(Cond::GeU, code);
        let base = self.definition(place, M::SCRATCH, TABLE_BASE);
        self.masm.load(Kind::I64, M::SCRATCH, base, None);
        self.release(index);
        Address {
            base: M::SCRATCH,
            index: Some(index.reg),
            shift: ELEMENT_SHIFT,
            offset: 0,
        }
    }

    pub(crate) fn table_size(&mut self, table: u32) {
        let ty = self.module.tables[table as usize].ty;
        let kind = self.table_index_kind(table);
        if ty.maximum == Some(ty.minimum) {
            return self.push_const(kind, ty.minimum);
        }
        let dst = self.allocate(kind);
        let place = self.layout.table(TableIndex(table));
        let length = self.definition(place, M::SCRATCH, TABLE_LENGTH);
        match kind {
            Kind::I32 => {
                self.masm
                    .load_extend(Extend::U32, Width::W32, dst, length, None);
            }
            _ => self.masm.load(kind, dst, length, None),
        }
        self.push_reg(kind, dst);
    }

    pub(crate) fn table_grow(&mut self, table: u32) {
        // The builtin takes them in the other order.
        let (delta, init) = (self.pop(), self.pop());
        let (delta, init) = (self.operand(delta), self.operand(init));
        let (delta_kind, init_kind) = (self.table_index_kind(table), self.element_kind(table));
        let delta = self.keep(delta_kind, delta);
        let init = self.keep(init_kind, init);
        self.push_reg(delta_kind, delta);
        self.push_reg(init_kind, init);
        self.call_builtin(Builtin::table_grow, &[table], 2, Some(delta_kind));
    }

    /// An operand in a register of its own.
    fn keep(&mut self, kind: Kind, operand: crate::stack::Operand) -> crate::masm::Reg {
        if operand.owned {
            return operand.reg;
        }
        let reg = self.allocate(kind);
        self.masm.mov(kind, reg, operand.reg);
        reg
    }

    pub(crate) fn table_fill(&mut self, table: u32) {
        self.call_builtin(Builtin::table_fill, &[table], 3, None);
    }

    pub(crate) fn table_copy(&mut self, dst: u32, src: u32) {
        self.call_builtin(Builtin::table_copy, &[dst, src], 3, None);
    }

    pub(crate) fn table_init(&mut self, segment: u32, table: u32) {
        self.call_builtin(Builtin::table_init, &[table, segment], 3, None);
    }

    pub(crate) fn elem_drop(&mut self, segment: u32) {
        self.call_builtin(Builtin::elem_drop, &[segment], 0, None);
    }
}
