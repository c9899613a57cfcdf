//! Locals, globals, `select`, `drop` and references.

use bolide_abi::{FUNC_IMPORT_FUNCREF, TrapCode};
use bolide_module::{ConstOp, FuncIndex, GlobalIndex};

use crate::compiler::Compiler;
use crate::masm::{Address, Cond, Kind, MacroAssembler, Rhs, Width};
use crate::stack::{Entry, Loc};

impl<M: MacroAssembler> Compiler<'_, M> {
    pub(crate) fn local_get(&mut self, index: u32) {
        let local = &mut self.locals[index as usize];
        local.pending += 1;
        let kind = local.kind;
        self.push(kind, Loc::Local(index));
    }

    pub(crate) fn local_set(&mut self, index: u32) {
        let value = self.pop();
        self.assign(index, value);
    }

    pub(crate) fn local_tee(&mut self, index: u32) {
        self.local_set(index);
        self.local_get(index);
    }

    /// Sets a local to a popped value.
    fn assign(&mut self, index: u32, value: Entry) {
        if value.loc == Loc::Local(index) {
            return;
        }
        // The source must not become the register that detached operands move to.
        if let Some(reg) = self.register_of(value) {
            self.locked.insert(reg);
        }
        if self.locals[index as usize].pending > 0 {
            self.detach(index);
        }
        let known = self.locals[index as usize];
        let reg = match value.loc {
            Loc::Reg(reg) => {
                if let Some(old) = known.reg {
                    self.forget(old);
                }
                self.busy.remove(reg);
                reg
            }
            _ => {
                let reg = match known.reg {
                    Some(reg) => {
                        self.forget(reg);
                        reg
                    }
                    None => {
                        let reg = self.allocate_for_local(known.kind);
                        self.busy.remove(reg);
                        reg
                    }
                };
                self.load_entry(value, reg);
                reg
            }
        };
        self.remember(reg, index, true);
    }

    pub(crate) fn drop_operand(&mut self) {
        let entry = self.pop();
        self.discard(entry);
    }

    pub(crate) fn select(&mut self) {
        let condition = self.pop();
        let other = self.pop();
        let chosen = self.pop();
        let kind = chosen.kind;
        let other = self.operand(other);
        if let Loc::Local(local) = chosen.loc
            && other.owned
        {
            // The register that may be overwritten holds the other value.
            let chosen = self.local_register(local);
            self.locked.insert(chosen);
            let cond = self.condition(condition).negate();
            self.masm.select(cond, kind, other.reg, chosen);
            return self.push_reg(kind, other.reg);
        }
        let dst = self.owned(chosen);
        let cond = self.condition(condition);
        self.masm.select(cond, kind, dst, other.reg);
        self.release(other);
        self.push_reg(kind, dst);
    }

    // References.

    pub(crate) fn ref_is_null(&mut self) {
        let reference = self.pop_operand();
        self.masm.compare(Width::W64, reference.reg, Rhs::Imm(0));
        self.release(reference);
        self.push_condition(Cond::Eq);
    }

    /// Traps if the topmost operand is null.
    pub(crate) fn check_not_null(&mut self) {
        let reference = self.pop();
        let kind = reference.kind;
        let reg = self.owned(reference);
        self.masm.compare(Width::W64, reg, Rhs::Imm(0));
        self.masm.trap_if(Cond::Eq, TrapCode::NullReference);
        self.push_reg(kind, reg);
    }

    pub(crate) fn br_on_null_operand(&mut self, depth: u32) {
        let reference = self.pop();
        let kind = reference.kind;
        let reg = self.owned(reference);
        self.branch_on_reference(Cond::Eq, reg, depth);
        self.push_reg(kind, reg);
    }

    pub(crate) fn br_on_non_null_operand(&mut self, depth: u32) {
        let reference = self.pop();
        let kind = reference.kind;
        let reg = self.owned(reference);
        self.push_reg(kind, reg);
        self.branch_on_reference(Cond::Ne, reg, depth);
        self.drop_operand();
    }

    pub(crate) fn ref_func(&mut self, index: u32) {
        let func = FuncIndex(index);
        let reg = self.allocate(Kind::I64);
        if self.module.defined_func(func).is_none() {
            let import = self.layout.func_import(func);
            let reference = Address::base(M::VMCTX, import + FUNC_IMPORT_FUNCREF);
            self.masm.load(Kind::I64, reg, reference, None);
        } else {
            let position = self.module.funcref_index[index as usize];
            if position == u32::MAX {
                return self.fail_internal("a function has no reference");
            }
            let offset = self.layout.funcref(position);
            self.masm.address_of(reg, Address::base(M::VMCTX, offset));
        }
        self.push_reg(Kind::I64, reg);
    }

    // Globals.

    /// The value of an immutable global that its initializer alone determines.
    fn constant_global(&self, index: u32) -> Option<ConstOp> {
        let defined = index.checked_sub(self.module.imported_globals)?;
        let init = self.module.global_inits.get(defined as usize)?;
        match init.ops[..] {
            [op] => Some(op),
            _ => None,
        }
    }

    fn push_constant(&mut self, kind: Kind, op: ConstOp) -> bool {
        match op {
            ConstOp::I32Const(value) => self.push_const(kind, value as u32 as u64),
            ConstOp::I64Const(value) => self.push_const(kind, value as u64),
            ConstOp::F32Const(bits) => self.push_const(kind, bits.into()),
            ConstOp::F64Const(bits) => self.push_const(kind, bits),
            ConstOp::RefNull(_) => self.push_const(kind, 0),
            ConstOp::V128Const(bits) => self.vector_const(bits.to_le_bytes()),
            _ => return false,
        }
        true
    }

    pub(crate) fn vector_const(&mut self, bytes: [u8; 16]) {
        let reg = self.allocate(Kind::V128);
        self.masm.vector_constant(reg, bytes);
        self.push_reg(Kind::V128, reg);
    }

    pub(crate) fn global_get(&mut self, index: u32) {
        let ty = self.module.globals[index as usize];
        let kind = Kind::from(ty.content);
        if !ty.mutable
            && let Some(op) = self.constant_global(index)
            && self.push_constant(kind, op)
        {
            return;
        }
        let place = self.layout.global(GlobalIndex(index));
        let none = self.nothing();
        let dst = self.destination(kind, none);
        let src = self.definition(place, M::SCRATCH, 0);
        self.masm.load(kind, dst, src, None);
        self.has_references |= kind == Kind::Ref;
        self.push_reg(kind, dst);
    }

    pub(crate) fn global_set(&mut self, index: u32) {
        let value = self.pop();
        let place = self.layout.global(GlobalIndex(index));
        if let Some(constant) = value.constant()
            && let Some(constant) = store_immediate(value.kind, constant)
        {
            let dst = self.definition(place, M::SCRATCH, 0);
            let bytes = int_bytes(value.kind);
            return self.masm.store_constant(bytes, dst, constant, None);
        }
        let value_kind = value.kind;
        let operand = self.operand(value);
        let dst = self.definition(place, M::SCRATCH, 0);
        self.masm.store(value_kind, dst, operand.reg, None);
        self.release(operand);
    }
}

/// Bytes of a scalar in memory.
pub(crate) fn int_bytes(kind: Kind) -> u32 {
    match kind {
        Kind::I32 | Kind::F32 => 4,
        _ => 8,
    }
}

/// A constant as it may be stored to memory without a register.
pub(crate) fn store_immediate(kind: Kind, constant: u64) -> Option<i32> {
    match kind {
        Kind::I32 | Kind::F32 => Some(constant as i32),
        Kind::I64 | Kind::F64 | Kind::Ref => i32::try_from(constant as i64).ok(),
        Kind::V128 => None,
    }
}
