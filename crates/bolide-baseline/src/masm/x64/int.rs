//! Integers and conditions.

use super::{IntBinary, Rhs, SCRATCH, Shift, Width, X64, condition, frame, gpr, size};
use crate::asm::Label;
use crate::asm::x64::{Alu, BmiShift, Cond as C, Feature, Gpr, Mem, Scale, Shift as ShiftOp, Size};
use crate::masm::Cond;

fn alu(op: IntBinary) -> Alu {
    match op {
        IntBinary::Add => Alu::Add,
        IntBinary::Sub => Alu::Sub,
        IntBinary::And => Alu::And,
        IntBinary::Or => Alu::Or,
        IntBinary::Xor => Alu::Xor,
    }
}

impl X64 {
    /// A constant as an immediate, or in the scratch register.
    pub(super) fn immediate(&mut self, value: i64) -> Result<i32, Gpr> {
        i32::try_from(value).map_err(|_| {
            self.asm.mov_ri(SCRATCH, value as u64);
            SCRATCH
        })
    }

    pub(super) fn mov_int(&mut self, size: Size, dst: Gpr, src: Gpr) {
        if dst != src {
            self.asm.mov_rr(size, dst, src);
        }
    }

    #[inline]
    pub(super) fn binary(&mut self, op: IntBinary, size: Size, dst: Gpr, a: Gpr, b: Rhs) {
        match b {
            Rhs::Reg(b) => self.binary_reg(op, size, dst, a, gpr(b)),
            Rhs::Imm(value) => self.binary_imm(op, size, dst, a, value),
            Rhs::Frame(below) => {
                self.mov_int(size, dst, a);
                self.asm.alu_rm(alu(op), size, dst, frame(below));
            }
        }
    }

    fn binary_reg(&mut self, op: IntBinary, size: Size, dst: Gpr, a: Gpr, b: Gpr) {
        if dst == a {
            self.asm.alu_rr(alu(op), size, dst, b);
        } else if op == IntBinary::Add && dst != b {
            let sum = Mem::base_index(a, b, Scale::X1, 0);
            self.asm.lea(size, dst, sum);
        } else if dst != b {
            self.asm.mov_rr(size, dst, a);
            self.asm.alu_rr(alu(op), size, dst, b);
        } else if op.is_commutative() {
            self.asm.alu_rr(alu(op), size, dst, a);
        } else {
            self.asm.neg_r(size, dst);
            self.asm.add_rr(size, dst, a);
        }
    }

    fn binary_imm(&mut self, op: IntBinary, size: Size, dst: Gpr, a: Gpr, value: i64) {
        if op == IntBinary::And
            && let Ok(mask) = u32::try_from(value)
        {
            // The upper half becomes zero either way.
            if mask == u32::MAX {
                return self.asm.mov_rr(Size::S32, dst, a);
            }
            match mask {
                0xff => return self.asm.movzx_rr(Size::S8, dst, a),
                0xffff => return self.asm.movzx_rr(Size::S16, dst, a),
                _ => {}
            }
            self.mov_int(Size::S32, dst, a);
            return self.asm.and_ri(Size::S32, dst, mask as i32);
        }
        match self.immediate(value) {
            Ok(value) if op == IntBinary::Add && dst != a => {
                self.asm.lea(size, dst, Mem::base(a, value));
            }
            Ok(value) => {
                self.mov_int(size, dst, a);
                self.asm.alu_ri(alu(op), size, dst, value);
            }
            Err(scratch) => {
                self.mov_int(size, dst, a);
                self.asm.alu_rr(alu(op), size, dst, scratch);
            }
        }
    }

    pub(super) fn mul(&mut self, size: Size, dst: Gpr, a: Gpr, b: Rhs) {
        match b {
            Rhs::Imm(value) => self.mul_imm(size, dst, a, value),
            Rhs::Reg(b) if gpr(b) == dst => self.asm.imul_rr(size, dst, a),
            Rhs::Reg(b) => {
                self.mov_int(size, dst, a);
                self.asm.imul_rr(size, dst, gpr(b));
            }
            Rhs::Frame(below) => {
                self.mov_int(size, dst, a);
                self.asm.imul_rm(size, dst, frame(below));
            }
        }
    }

    fn mul_imm(&mut self, size: Size, dst: Gpr, a: Gpr, value: i64) {
        let scaled = |scale| Mem::base_index(a, a, scale, 0);
        match value {
            3 => self.asm.lea(size, dst, scaled(Scale::X2)),
            5 => self.asm.lea(size, dst, scaled(Scale::X4)),
            9 => self.asm.lea(size, dst, scaled(Scale::X8)),
            _ => match self.immediate(value) {
                Ok(value) => self.asm.imul_rri(size, dst, a, value),
                Err(scratch) => {
                    self.mov_int(size, dst, a);
                    self.asm.imul_rr(size, dst, scratch);
                }
            },
        }
    }

    pub(super) fn shift_or_rotate(&mut self, op: Shift, width: Width, dst: Gpr, a: Gpr, b: Rhs) {
        let size = size(width);
        match b {
            Rhs::Imm(count) => {
                let count = (count as u32 & (width.bits() - 1)) as u8;
                self.shift_imm(op, size, dst, a, count);
            }
            Rhs::Reg(count) => self.shift_reg(op, size, dst, a, gpr(count)),
            Rhs::Frame(below) => {
                self.asm.mov_rm(Size::S32, Gpr::Rcx, frame(below));
                self.shift_reg(op, size, dst, a, Gpr::Rcx);
            }
        }
    }

    fn shift_imm(&mut self, op: Shift, size: Size, dst: Gpr, a: Gpr, count: u8) {
        if count == 0 {
            return self.mov_int(size, dst, a);
        }
        if op == Shift::Left && count == 1 && dst != a {
            return self.asm.lea(size, dst, Mem::base_index(a, a, Scale::X1, 0));
        }
        if dst != a && self.features.has(Feature::Bmi2) {
            match op {
                Shift::RotateRight => return self.asm.rorx_rri(size, dst, a, count),
                Shift::RotateLeft => {
                    let bits = if size == Size::S64 { 64 } else { 32 };
                    return self.asm.rorx_rri(size, dst, a, bits - count);
                }
                _ => {}
            }
        }
        self.mov_int(size, dst, a);
        self.asm.shift_ri(legacy_shift(op), size, dst, count);
    }

    fn shift_reg(&mut self, op: Shift, size: Size, dst: Gpr, a: Gpr, count: Gpr) {
        let bmi = match op {
            Shift::Left => Some(BmiShift::Shlx),
            Shift::RightSigned => Some(BmiShift::Sarx),
            Shift::RightUnsigned => Some(BmiShift::Shrx),
            Shift::RotateLeft | Shift::RotateRight => None,
        };
        match bmi.filter(|op| self.features.has(op.feature())) {
            Some(op) => self.asm.bmi_shift_rrr(op, size, dst, a, count),
            None => {
                debug_assert!(count == Gpr::Rcx && dst != Gpr::Rcx);
                self.mov_int(size, dst, a);
                self.asm.shift_rc(legacy_shift(op), size, dst);
            }
        }
    }

    /// A negative dividend is rounded up by adding the divisor less one first.
    pub(super) fn power_quotient(&mut self, width: Width, dst: Gpr, a: Gpr, shift: u8) {
        let size = size(width);
        let bits = width.bits() as u8;
        self.asm.mov_rr(size, dst, a);
        if shift > 1 {
            self.asm.sar_ri(size, dst, bits - 1);
        }
        self.asm.shr_ri(size, dst, bits - shift);
        self.asm.add_rr(size, dst, a);
        self.asm.sar_ri(size, dst, shift);
    }

    pub(super) fn set_condition(&mut self, cond: Cond, dst: Gpr) {
        match cond {
            Cond::FloatEq => {
                self.asm.setcc_r(C::Np, SCRATCH);
                self.asm.setcc_r(C::E, dst);
                self.asm.and_rr(Size::S8, dst, SCRATCH);
            }
            Cond::FloatNe => {
                self.asm.setcc_r(C::P, SCRATCH);
                self.asm.setcc_r(C::Ne, dst);
                self.asm.or_rr(Size::S8, dst, SCRATCH);
            }
            _ => self.asm.setcc_r(condition(cond), dst),
        }
        self.asm.movzx_rr(Size::S8, dst, dst);
    }

    #[inline]
    pub(super) fn branch_if(&mut self, cond: Cond, target: Label) {
        match cond {
            Cond::FloatEq => {
                let unordered = self.asm.buf.label();
                self.asm.jcc_short(C::P, unordered);
                self.asm.jcc(C::E, target);
                self.asm.buf.bind(unordered);
            }
            Cond::FloatNe => {
                self.asm.jcc(C::P, target);
                self.asm.jcc(C::Ne, target);
            }
            _ => self.asm.jcc(condition(cond), target),
        }
    }

    pub(super) fn select_int(&mut self, cond: Cond, size: Size, dst: Gpr, other: Gpr) {
        match cond {
            Cond::FloatEq => {
                self.asm.cmovcc_rr(C::P, size, dst, other);
                self.asm.cmovcc_rr(C::Ne, size, dst, other);
            }
            Cond::FloatNe => {
                self.asm.mov_rr(size, SCRATCH, other);
                self.asm.cmovcc_rr(C::P, size, SCRATCH, dst);
                self.asm.cmovcc_rr(C::Ne, size, SCRATCH, dst);
                self.asm.mov_rr(size, dst, SCRATCH);
            }
            _ => {
                let otherwise = condition(cond).negate();
                self.asm.cmovcc_rr(otherwise, size, dst, other);
            }
        }
    }
}

fn legacy_shift(op: Shift) -> ShiftOp {
    match op {
        Shift::Left => ShiftOp::Shl,
        Shift::RightSigned => ShiftOp::Sar,
        Shift::RightUnsigned => ShiftOp::Shr,
        Shift::RotateLeft => ShiftOp::Rol,
        Shift::RotateRight => ShiftOp::Ror,
    }
}
