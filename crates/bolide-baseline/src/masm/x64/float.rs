//! Floats.

use super::{FLOAT_SCRATCH, FloatBinary, FloatUnary, Width, X64};
use crate::asm::x64::vec_ops::*;
use crate::asm::x64::{Cond as C, Mem, Xmm};
use crate::masm::Cond;

const fn sign_bit(width: Width) -> u64 {
    1 << (width.bits() - 1)
}

impl X64 {
    pub(super) fn mov_float(&mut self, dst: Xmm, src: Xmm) {
        if dst == src {
        } else if self.avx {
            self.asm.vmovaps_rr(dst, src);
        } else {
            self.asm.movaps_rr(dst, src);
        }
    }

    pub(super) fn zero_float(&mut self, dst: Xmm) {
        if self.avx {
            self.asm.vbin_rrr(XORPS, dst, dst, dst);
        } else {
            self.asm.bin_rr(XORPS, dst, dst);
        }
    }

    /// Constant bits of a float in memory.
    pub(super) fn float_in_memory(&mut self, width: Width, bits: u64) -> Mem {
        Mem::label(match width {
            Width::W32 => self.asm.buf.constant4((bits as u32).to_le_bytes()),
            Width::W64 => self.asm.buf.constant8(bits.to_le_bytes()),
        })
    }

    pub(super) fn load_float_constant(&mut self, width: Width, dst: Xmm, bits: u64) {
        if width.truncate(bits) == 0 {
            return self.zero_float(dst);
        }
        let constant = self.float_in_memory(width, bits);
        let op = match width {
            Width::W32 => MOVSS,
            Width::W64 => MOVSD,
        };
        if self.avx {
            self.asm.vload(op, dst, constant);
        } else {
            self.asm.load(op, dst, constant);
        }
    }

    /// `dst = a op b` of whole or scalar registers.
    pub(super) fn vec_binary(&mut self, op: VecBin, dst: Xmm, a: Xmm, b: Xmm) {
        self.need(op.feature());
        if self.avx {
            self.asm.vbin_rrr(op, dst, a, b);
        } else if dst == b && dst != a {
            self.asm.movaps_rr(FLOAT_SCRATCH, b);
            self.asm.movaps_rr(dst, a);
            self.asm.bin_rr(op, dst, FLOAT_SCRATCH);
        } else {
            self.mov_float(dst, a);
            self.asm.bin_rr(op, dst, b);
        }
    }

    /// `dst = a op [b]` of whole or scalar registers.
    pub(super) fn vec_binary_mem(&mut self, op: VecBin, dst: Xmm, a: Xmm, b: Mem) {
        self.need(op.feature());
        if self.avx {
            self.asm.vbin_rrm(op, dst, a, b);
        } else {
            self.mov_float(dst, a);
            self.asm.bin_rm(op, dst, b);
        }
    }

    /// A mask for one lane, the lowest.
    fn mask(&mut self, width: Width, bits: u64) -> Mem {
        let bits = u128::from(width.truncate(bits));
        Mem::label(self.asm.buf.constant16(bits.to_le_bytes()))
    }

    pub(super) fn binary_float(&mut self, op: FloatBinary, width: Width, dst: Xmm, a: Xmm, b: Xmm) {
        let single = width == Width::W32;
        let pick = |s, d| if single { s } else { d };
        match op {
            FloatBinary::Add => self.vec_binary(pick(ADDSS, ADDSD), dst, a, b),
            FloatBinary::Sub => self.vec_binary(pick(SUBSS, SUBSD), dst, a, b),
            FloatBinary::Mul => self.vec_binary(pick(MULSS, MULSD), dst, a, b),
            FloatBinary::Div => self.vec_binary(pick(DIVSS, DIVSD), dst, a, b),
            FloatBinary::Min => self.extremum(pick(MINSS, MINSD), ORPS, width, dst, a, b),
            FloatBinary::Max => self.extremum(pick(MAXSS, MAXSD), ANDPS, width, dst, a, b),
            FloatBinary::Copysign => self.copysign(width, dst, a, b),
        }
    }

    /// The instructions for minimum and maximum neither propagate NaN nor tell zeros apart.
    fn extremum(&mut self, op: VecBin, zeros: VecBin, width: Width, dst: Xmm, a: Xmm, b: Xmm) {
        let (dst, result) = if dst == b && dst != a {
            (FLOAT_SCRATCH, dst)
        } else {
            (dst, dst)
        };
        self.mov_float(dst, a);
        let buf = &mut self.asm.buf;
        let (ordered, different, done) = (buf.label(), buf.label(), buf.label());
        self.compare_floats(Cond::FloatEq, width, dst, b);
        self.asm.jcc_short(C::Ne, different);
        self.asm.jcc_short(C::Np, ordered);
        let add = if width == Width::W32 { ADDSS } else { ADDSD };
        self.vec_binary(add, dst, dst, b);
        self.asm.jmp_short(done);
        self.asm.buf.bind(ordered);
        self.vec_binary(zeros, dst, dst, b);
        self.asm.jmp_short(done);
        self.asm.buf.bind(different);
        self.vec_binary(op, dst, dst, b);
        self.asm.buf.bind(done);
        self.mov_float(result, dst);
    }

    fn copysign(&mut self, width: Width, dst: Xmm, a: Xmm, b: Xmm) {
        let sign = self.mask(width, sign_bit(width));
        let magnitude = self.mask(width, !sign_bit(width));
        self.vec_binary_mem(ANDPS, FLOAT_SCRATCH, b, sign);
        self.vec_binary_mem(ANDPS, dst, a, magnitude);
        self.vec_binary(ORPS, dst, dst, FLOAT_SCRATCH);
    }

    pub(super) fn unary_float(&mut self, op: FloatUnary, width: Width, dst: Xmm, src: Xmm) {
        match op {
            FloatUnary::Abs => {
                let mask = self.mask(width, !sign_bit(width));
                self.vec_binary_mem(ANDPS, dst, src, mask);
            }
            FloatUnary::Neg => {
                let mask = self.mask(width, sign_bit(width));
                self.vec_binary_mem(XORPS, dst, src, mask);
            }
            FloatUnary::Sqrt => {
                let op = if width == Width::W32 { SQRTSS } else { SQRTSD };
                self.vec_binary(op, dst, src, src);
            }
            FloatUnary::Nearest => self.round(width, dst, src, 0),
            FloatUnary::Floor => self.round(width, dst, src, 1),
            FloatUnary::Ceil => self.round(width, dst, src, 2),
            FloatUnary::Trunc => self.round(width, dst, src, 3),
        }
    }

    fn round(&mut self, width: Width, dst: Xmm, src: Xmm, mode: u8) {
        let op = if width == Width::W32 {
            ROUNDSS
        } else {
            ROUNDSD
        };
        if self.avx {
            self.asm.vbin_rrri(op, dst, src, src, mode);
        } else {
            self.mov_float(dst, src);
            self.asm.bin_rri(op, dst, dst, mode);
        }
    }

    /// Sets the flags so that the condition of `cond` in the table of [`super::condition`] holds.
    pub(super) fn compare_floats(&mut self, cond: Cond, width: Width, a: Xmm, b: Xmm) {
        let (a, b) = match cond {
            Cond::FloatLt | Cond::FloatLe | Cond::FloatNotLt | Cond::FloatNotLe => (b, a),
            _ => (a, b),
        };
        let op = match width {
            Width::W32 => UCOMISS,
            Width::W64 => UCOMISD,
        };
        if self.avx {
            self.asm.vun_rr(op, a, b);
        } else {
            self.asm.un_rr(op, a, b);
        }
    }

    /// Compares with a float in memory.
    pub(super) fn compare_with(&mut self, width: Width, a: Xmm, b: Mem) {
        let op = match width {
            Width::W32 => UCOMISS,
            Width::W64 => UCOMISD,
        };
        if self.avx {
            self.asm.vun_rm(op, a, b);
        } else {
            self.asm.un_rm(op, a, b);
        }
    }

    pub(super) fn canonicalize_nan(&mut self, width: Width, reg: Xmm) {
        let ordered = self.asm.buf.label();
        self.compare_floats(Cond::FloatEq, width, reg, reg);
        self.asm.jcc_short(C::Np, ordered);
        let nan = match width {
            Width::W32 => 0x7fc0_0000,
            Width::W64 => 0x7ff8_0000_0000_0000,
        };
        self.load_float_constant(width, reg, nan);
        self.asm.buf.bind(ordered);
    }

    pub(super) fn change_width(&mut self, to: Width, dst: Xmm, src: Xmm) {
        let op = match to {
            Width::W32 => CVTSD2SS,
            Width::W64 => CVTSS2SD,
        };
        self.vec_binary(op, dst, src, src);
    }
}
