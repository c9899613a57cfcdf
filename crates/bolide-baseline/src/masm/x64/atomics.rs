//! Atomic accesses.

use super::{AtomicUpdate, Fault, X64, size_of_bytes};
use crate::asm::x64::{Alu, Cond as C, Gpr, Mem, Size};

/// Holds what `cmpxchg` expects and found.
const ACCUMULATOR: Gpr = Gpr::Rax;

/// Whether there is no instruction that gives the old number.
pub(super) const fn in_loop(op: AtomicUpdate) -> bool {
    matches!(op, AtomicUpdate::And | AtomicUpdate::Or | AtomicUpdate::Xor)
}

impl X64 {
    pub(super) fn load_narrow(&mut self, bytes: u32, dst: Gpr, src: Mem) {
        match size_of_bytes(bytes) {
            size @ (Size::S8 | Size::S16) => self.asm.movzx_rm(size, dst, src),
            size => self.asm.mov_rm(size, dst, src),
        }
    }

    pub(super) fn zero_extend(&mut self, bytes: u32, reg: Gpr) {
        match size_of_bytes(bytes) {
            size @ (Size::S8 | Size::S16) => self.asm.movzx_rr(size, reg, reg),
            Size::S32 => self.asm.mov_rr(Size::S32, reg, reg),
            Size::S64 => {}
        }
    }

    pub(super) fn update(
        &mut self,
        op: AtomicUpdate,
        bytes: u32,
        dst: Mem,
        value: Gpr,
        fault: Fault,
    ) {
        let size = size_of_bytes(bytes);
        if op == AtomicUpdate::Sub {
            self.asm.neg_r(Size::S64, value);
        }
        self.fault(fault);
        if op == AtomicUpdate::Exchange {
            self.asm.xchg_mr(size, dst, value);
        } else {
            self.asm.lock_xadd_mr(size, dst, value);
        }
        self.zero_extend(bytes, value);
    }

    pub(super) fn update_loop(
        &mut self,
        op: AtomicUpdate,
        bytes: u32,
        dst: Mem,
        value: Gpr,
        temporary: Gpr,
        fault: Fault,
    ) {
        let combine = match op {
            AtomicUpdate::And => Alu::And,
            AtomicUpdate::Or => Alu::Or,
            _ => Alu::Xor,
        };
        self.fault(fault);
        self.load_narrow(bytes, ACCUMULATOR, dst);
        let again = self.asm.buf.label_here();
        self.asm.mov_rr(Size::S64, temporary, ACCUMULATOR);
        self.asm.alu_rr(combine, Size::S64, temporary, value);
        self.fault(fault);
        self.asm
            .lock_cmpxchg_mr(size_of_bytes(bytes), dst, temporary);
        self.asm.jcc(C::Ne, again);
    }
}
