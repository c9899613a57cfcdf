//! Vectors: the instructions in whichever form the processor has, bitwise operations, comparisons of
//! all lanes with zero, and choices.
//!
//! `dst` may be the first operand and is none of the others. The legacy forms overwrite their first
//! operand, so an operation whose destination is its second operand goes through
//! [`FLOAT_SCRATCH`]; sequences that keep something there do not contain such an operation.

use super::{FLOAT_SCRATCH, Lane, VectorBinary, VectorTernary, VectorTest, VectorUnary, X64};
use crate::asm::x64::vec_ops::*;
use crate::asm::x64::{Gpr, Mem, Size, Xmm};
use crate::masm::Cond;

/// The other scratch register.
pub(super) const TEMP: Xmm = Xmm::Xmm14;

/// One number for every lane.
pub(super) const fn splat8(value: u8) -> [u8; 16] {
    [value; 16]
}

pub(super) const fn splat16(value: u16) -> [u8; 16] {
    splat64(0x0001_0001_0001_0001 * value as u64)
}

pub(super) const fn splat32(value: u32) -> [u8; 16] {
    splat64(0x0000_0001_0000_0001 * value as u64)
}

pub(super) const fn splat64(value: u64) -> [u8; 16] {
    (((value as u128) << 64) | value as u128).to_le_bytes()
}

/// Instructions.
impl X64 {
    pub(super) fn vector_in_memory(&mut self, bytes: [u8; 16]) -> Mem {
        Mem::label(self.asm.buf.constant16(bytes))
    }

    /// `dst = a op bytes`
    pub(super) fn vec_binary_const(&mut self, op: VecBin, dst: Xmm, a: Xmm, bytes: [u8; 16]) {
        let bytes = self.vector_in_memory(bytes);
        self.vec_binary_mem(op, dst, a, bytes);
    }

    pub(super) fn load_vector_const(&mut self, dst: Xmm, bytes: [u8; 16]) {
        let bytes = self.vector_in_memory(bytes);
        if self.avx {
            self.asm.vload(MOVAPS, dst, bytes);
        } else {
            self.asm.load(MOVAPS, dst, bytes);
        }
    }

    /// `dst = a op b`
    pub(super) fn vec_binary_imm(&mut self, op: VecBinImm, dst: Xmm, a: Xmm, b: Xmm, imm: u8) {
        self.need(op.feature());
        if self.avx {
            return self.asm.vbin_rrri(op, dst, a, b, imm);
        }
        let b = if dst == b && dst != a {
            self.asm.movaps_rr(FLOAT_SCRATCH, b);
            FLOAT_SCRATCH
        } else {
            b
        };
        self.mov_float(dst, a);
        self.asm.bin_rri(op, dst, b, imm);
    }

    /// `dst = op src`
    pub(super) fn vec_unary(&mut self, op: VecUn, dst: Xmm, src: Xmm) {
        self.need(op.feature());
        if self.avx {
            self.asm.vun_rr(op, dst, src);
        } else {
            self.asm.un_rr(op, dst, src);
        }
    }

    /// `dst = op [src]`
    pub(super) fn vec_unary_mem(&mut self, op: VecUn, dst: Xmm, src: Mem) {
        self.need(op.feature());
        if self.avx {
            self.asm.vun_rm(op, dst, src);
        } else {
            self.asm.un_rm(op, dst, src);
        }
    }

    /// `dst = op src`
    pub(super) fn vec_unary_imm(&mut self, op: VecUnImm, dst: Xmm, src: Xmm, imm: u8) {
        self.need(op.feature());
        if self.avx {
            self.asm.vun_rri(op, dst, src, imm);
        } else {
            self.asm.un_rri(op, dst, src, imm);
        }
    }

    /// `dst = a op imm`
    pub(super) fn vec_shift_imm(&mut self, op: VecShift, dst: Xmm, a: Xmm, imm: u8) {
        if self.avx {
            self.asm.vvec_shift_rri(op, dst, a, imm);
        } else {
            self.mov_float(dst, a);
            self.asm.vec_shift_ri(op, dst, imm);
        }
    }

    pub(super) fn vec_to_gpr(&mut self, op: VecToGpr, dst: Gpr, src: Xmm) {
        if self.avx {
            self.asm.vcvt_rx(op, Size::S32, dst, src);
        } else {
            self.asm.cvt_rx(op, Size::S32, dst, src);
        }
    }

    pub(super) fn vec_from_gpr(&mut self, size: Size, dst: Xmm, src: Gpr) {
        if self.avx {
            self.asm.vmovd_xr(size, dst, src);
        } else {
            self.asm.movd_xr(size, dst, src);
        }
    }

    pub(super) fn all_ones(&mut self, dst: Xmm) {
        self.vec_binary(PCMPEQD, dst, dst, dst);
    }

    /// Inverts all bits. Overwrites [`TEMP`].
    pub(super) fn invert(&mut self, dst: Xmm, src: Xmm) {
        self.all_ones(TEMP);
        self.vec_binary(PXOR, dst, src, TEMP);
    }
}

/// Operations.
impl X64 {
    pub(super) fn unary_vector(&mut self, op: VectorUnary, dst: Xmm, src: Xmm) {
        use VectorUnary::*;
        match op {
            Not => self.invert(dst, src),
            Abs(lane) => self.abs_lanes(lane, dst, src),
            Neg(lane) => {
                self.zero_float(TEMP);
                self.binary_vector(VectorBinary::Sub(lane), dst, TEMP, src);
            }
            CountOnes => self.count_ones_of_bytes(dst, src),
            Float(op, width) => self.float_lanes(op, width, dst, src),
            Extend(half, signed, lane) => self.extend_half(half, signed, lane, dst, src),
            AddPairs(signed, lane) => self.add_pairs(signed, lane, dst, src),
            FloatFromInt(signed) => self.floats_from_ints(signed, dst, src),
            DoubleFromInt(signed) => self.doubles_from_ints(signed, dst, src),
            Promote => self.vec_unary(CVTPS2PD, dst, src),
            Demote => self.vec_unary(CVTPD2PS, dst, src),
            Truncate(signed, width) => self.ints_from_floats(signed, width, dst, src),
            TruncateRelaxed(width) => {
                let op = super::simd_float::pick(width, CVTTPS2DQ, CVTTPD2DQ);
                self.vec_unary(op, dst, src);
            }
        }
    }

    pub(super) fn binary_vector(&mut self, op: VectorBinary, dst: Xmm, a: Xmm, b: Xmm) {
        use VectorBinary::*;
        if let Some(op) = super::simd_int::one_instruction(op) {
            return self.vec_binary(op, dst, a, b);
        }
        match op {
            AndNot => self.vec_binary(PANDN, dst, b, a),
            MulRound => self.multiply_round(dst, a, b),
            Swizzle => {
                // Positions from 16 become negative, which makes them zero.
                self.vec_binary_const(PADDUSB, TEMP, b, splat8(0x70));
                self.vec_binary(PSHUFB, dst, a, TEMP);
            }
            MulExtend(half, signed, lane) => self.multiply_half(half, signed, lane, dst, a, b),
            DotBytes => self.dot_bytes(dst, a, b),
            // The first operand of the instruction is unsigned.
            DotBytesRelaxed => self.vec_binary(PMADDUBSW, dst, b, a),
            Compare(cond, lane) => self.compare_lanes(cond, lane, dst, a, b),
            Mul(_) => self.multiply_quads(dst, a, b),
            _ => self.float_binary_lanes(op, dst, a, b),
        }
    }

    pub(super) fn ternary_vector(&mut self, op: VectorTernary, dst: Xmm, a: Xmm, b: Xmm, c: Xmm) {
        use VectorTernary::*;
        match op {
            Select | SelectRelaxed(Lane::B16) => {
                self.vec_binary(PAND, TEMP, a, c);
                self.vec_binary(PANDN, FLOAT_SCRATCH, c, b);
                self.vec_binary(POR, dst, TEMP, FLOAT_SCRATCH);
            }
            SelectRelaxed(lane) => {
                let op = match lane {
                    Lane::B8 | Lane::B16 => PBLENDVB,
                    Lane::B32 => BLENDVPS,
                    Lane::B64 => BLENDVPD,
                };
                self.blend(op, dst, a, b, c);
            }
            MulAdd { negate, width } => self.multiply_add(negate, width, dst, a, b, c),
            MulAddTwice { negate, width } => self.multiply_then_add(negate, width, dst, a, b, c),
            DotBytesAdd | DotBytesAddRelaxed => {
                let dot = if op == DotBytesAdd {
                    VectorBinary::DotBytes
                } else {
                    VectorBinary::DotBytesRelaxed
                };
                self.binary_vector(dot, dst, a, b);
                self.vec_binary_const(PMADDWD, dst, dst, splat16(1));
                self.vec_binary(PADDD, dst, dst, c);
            }
        }
    }

    /// `dst` becomes lanes of `yes` where the highest bit of `mask` is set, of `no` elsewhere.
    fn blend(&mut self, op: VecBlend, dst: Xmm, yes: Xmm, no: Xmm, mask: Xmm) {
        if self.avx {
            return self.asm.vblendv_rrrr(op, dst, no, yes, mask);
        }
        self.need(crate::asm::x64::Feature::Sse41);
        // The mask of the legacy form is in `xmm0`.
        self.asm.movaps_rr(FLOAT_SCRATCH, no);
        self.asm.movaps_rr(TEMP, Xmm::Xmm0);
        self.mov_float(Xmm::Xmm0, mask);
        let yes = if yes == Xmm::Xmm0 { TEMP } else { yes };
        self.asm.blendv_rr(op, FLOAT_SCRATCH, yes);
        self.asm.movaps_rr(Xmm::Xmm0, TEMP);
        self.asm.movaps_rr(dst, FLOAT_SCRATCH);
    }

    pub(super) fn test_vector(&mut self, op: VectorTest, src: Xmm) -> Cond {
        match op {
            VectorTest::Any => {
                self.vec_unary(PTEST, src, src);
                Cond::Ne
            }
            VectorTest::All(lane) => {
                self.zero_float(TEMP);
                let equal = VectorBinary::Compare(Cond::Eq, lane);
                self.binary_vector(equal, TEMP, TEMP, src);
                self.vec_unary(PTEST, TEMP, TEMP);
                Cond::Eq
            }
        }
    }

    pub(super) fn bitmask(&mut self, lane: Lane, dst: Gpr, src: Xmm) {
        match lane {
            Lane::B8 => self.vec_to_gpr(PMOVMSKB, dst, src),
            Lane::B16 => {
                self.zero_float(FLOAT_SCRATCH);
                self.vec_binary(PACKSSWB, TEMP, src, FLOAT_SCRATCH);
                self.vec_to_gpr(PMOVMSKB, dst, TEMP);
            }
            Lane::B32 => self.vec_to_gpr(MOVMSKPS, dst, src),
            Lane::B64 => self.vec_to_gpr(MOVMSKPD, dst, src),
        }
    }
}
