//! Vectors of floats.

use super::simd::{TEMP, splat32, splat64};
use super::{FLOAT_SCRATCH, FloatUnary, VectorBinary, Width, X64};
use crate::asm::x64::vec_ops::*;
use crate::asm::x64::{Feature, Xmm};
use crate::masm::Cond;

/// The one of two for a width of floats.
pub(super) const fn pick<T: Copy>(width: Width, single: T, double: T) -> T {
    match width {
        Width::W32 => single,
        Width::W64 => double,
    }
}

/// Predicates of comparisons.
const EQUAL: u8 = 0;
const LESS: u8 = 1;
const LESS_OR_EQUAL: u8 = 2;
const UNORDERED: u8 = 3;
const NOT_EQUAL: u8 = 4;

/// 2³¹ as `f32`.
const TWO_TO_31: u32 = 0x4f00_0000;
/// 2⁵² as `f64`, of which the lower half of the bits is the lower half of what is added.
const TWO_TO_52: u64 = 0x4330_0000_0000_0000;
/// 2³¹ - 1 as `f64`.
const LARGEST_SIGNED: u64 = 0x41df_ffff_ffc0_0000;
/// 2³² - 1 as `f64`.
const LARGEST_UNSIGNED: u64 = 0x41ef_ffff_ffe0_0000;

const fn sign_bits(width: Width) -> [u8; 16] {
    pick(width, splat32(1 << 31), splat64(1 << 63))
}

const fn magnitude_bits(width: Width) -> [u8; 16] {
    pick(width, splat32(u32::MAX >> 1), splat64(u64::MAX >> 1))
}

impl X64 {
    fn compare_float_lanes(&mut self, width: Width, predicate: u8, dst: Xmm, a: Xmm, b: Xmm) {
        self.vec_binary_imm(pick(width, CMPPS, CMPPD), dst, a, b, predicate);
    }

    pub(super) fn float_lanes(&mut self, op: FloatUnary, width: Width, dst: Xmm, src: Xmm) {
        let mode = match op {
            FloatUnary::Abs => {
                return self.vec_binary_const(ANDPS, dst, src, magnitude_bits(width));
            }
            FloatUnary::Neg => return self.vec_binary_const(XORPS, dst, src, sign_bits(width)),
            FloatUnary::Sqrt => return self.vec_unary(pick(width, SQRTPS, SQRTPD), dst, src),
            FloatUnary::Nearest => 0,
            FloatUnary::Floor => 1,
            FloatUnary::Ceil => 2,
            FloatUnary::Trunc => 3,
        };
        self.vec_unary_imm(pick(width, ROUNDPS, ROUNDPD), dst, src, mode);
    }

    /// Operations on floats that take more than an instruction with the operands in order.
    pub(super) fn float_binary_lanes(&mut self, op: VectorBinary, dst: Xmm, a: Xmm, b: Xmm) {
        match op {
            VectorBinary::FloatCompare(cond, width) => {
                let (predicate, a, b) = match cond {
                    Cond::FloatEq => (EQUAL, a, b),
                    Cond::FloatLt => (LESS, a, b),
                    Cond::FloatLe => (LESS_OR_EQUAL, a, b),
                    Cond::FloatGt => (LESS, b, a),
                    Cond::FloatGe => (LESS_OR_EQUAL, b, a),
                    _ => (NOT_EQUAL, a, b),
                };
                self.compare_float_lanes(width, predicate, dst, a, b);
            }
            VectorBinary::FloatMin(width) => self.minimum(width, dst, a, b),
            VectorBinary::FloatMax(width) => self.maximum(width, dst, a, b),
            VectorBinary::PseudoMin(width) => {
                self.vec_binary(pick(width, MINPS, MINPD), dst, b, a);
            }
            VectorBinary::PseudoMax(width) => {
                self.vec_binary(pick(width, MAXPS, MAXPD), dst, b, a);
            }
            _ => unreachable!("{op:?} is an operation on integers"),
        }
    }

    /// The instruction gives its second operand if one is NaN or both are zero. Combining both
    /// orders gives a NaN in the one case and a negative zero if there is one in the other.
    fn minimum(&mut self, width: Width, dst: Xmm, a: Xmm, b: Xmm) {
        let min = pick(width, MINPS, MINPD);
        self.vec_binary(min, TEMP, a, b);
        self.vec_binary(min, FLOAT_SCRATCH, b, a);
        self.vec_binary(ORPS, TEMP, TEMP, FLOAT_SCRATCH);
        self.compare_float_lanes(width, UNORDERED, FLOAT_SCRATCH, FLOAT_SCRATCH, TEMP);
        self.vec_binary(ORPS, TEMP, TEMP, FLOAT_SCRATCH);
        self.clear_payload(width, dst);
    }

    /// Like [`Self::minimum`]; subtracting the difference of the two makes a zero positive.
    fn maximum(&mut self, width: Width, dst: Xmm, a: Xmm, b: Xmm) {
        let max = pick(width, MAXPS, MAXPD);
        self.vec_binary(max, TEMP, a, b);
        self.vec_binary(max, FLOAT_SCRATCH, b, a);
        self.vec_binary(XORPS, FLOAT_SCRATCH, FLOAT_SCRATCH, TEMP);
        self.vec_binary(ORPS, TEMP, TEMP, FLOAT_SCRATCH);
        self.vec_binary(pick(width, SUBPS, SUBPD), TEMP, TEMP, FLOAT_SCRATCH);
        self.compare_float_lanes(width, UNORDERED, FLOAT_SCRATCH, TEMP, TEMP);
        self.clear_payload(width, dst);
    }

    /// `dst` becomes [`TEMP`] without the payload of NaNs, of which [`FLOAT_SCRATCH`] is the mask.
    fn clear_payload(&mut self, width: Width, dst: Xmm) {
        let (shift, bits) = pick(width, (PSRLD_IMM, 10), (PSRLQ_IMM, 13));
        self.vec_shift_imm(shift, FLOAT_SCRATCH, FLOAT_SCRATCH, bits);
        self.vec_binary(ANDNPS, dst, FLOAT_SCRATCH, TEMP);
    }

    pub(super) fn multiply_add(
        &mut self,
        negate: bool,
        width: Width,
        dst: Xmm,
        a: Xmm,
        b: Xmm,
        c: Xmm,
    ) {
        self.need(Feature::Fma);
        let op = if negate {
            pick(width, VFNMADD213PS, VFNMADD213PD)
        } else {
            pick(width, VFMADD213PS, VFMADD213PD)
        };
        self.mov_float(dst, a);
        self.asm.vbin_rrr(op, dst, b, c);
    }

    pub(super) fn multiply_then_add(
        &mut self,
        negate: bool,
        width: Width,
        dst: Xmm,
        a: Xmm,
        b: Xmm,
        c: Xmm,
    ) {
        let a = if negate {
            self.vec_binary_const(XORPS, dst, a, sign_bits(width));
            dst
        } else {
            a
        };
        self.vec_binary(pick(width, MULPS, MULPD), dst, a, b);
        self.vec_binary(pick(width, ADDPS, ADDPD), dst, dst, c);
    }

    pub(super) fn canonicalize_vector(&mut self, width: Width, reg: Xmm) {
        let nan = pick(width, splat32(0x7fc0_0000), splat64(0x7ff8_0000_0000_0000));
        self.compare_float_lanes(width, UNORDERED, TEMP, reg, reg);
        if self.avx {
            let nan = self.vector_in_memory(nan);
            return self.asm.vblendv_rrmr(BLENDVPS, reg, reg, nan, TEMP);
        }
        self.vec_binary(ANDNPS, FLOAT_SCRATCH, TEMP, reg);
        self.vec_binary_const(ANDPS, TEMP, TEMP, nan);
        self.vec_binary(ORPS, reg, FLOAT_SCRATCH, TEMP);
    }

    // Conversions.

    pub(super) fn floats_from_ints(&mut self, signed: bool, dst: Xmm, src: Xmm) {
        if signed {
            return self.vec_unary(CVTDQ2PS, dst, src);
        }
        // Both halves are converted without rounding; the upper one halved, because it is signed.
        self.vec_shift_imm(PSLLD_IMM, TEMP, src, 16);
        self.vec_shift_imm(PSRLD_IMM, TEMP, TEMP, 16);
        self.vec_binary(PSUBD, dst, src, TEMP);
        self.vec_unary(CVTDQ2PS, TEMP, TEMP);
        self.vec_shift_imm(PSRLD_IMM, dst, dst, 1);
        self.vec_unary(CVTDQ2PS, dst, dst);
        self.vec_binary(ADDPS, dst, dst, dst);
        self.vec_binary(ADDPS, dst, dst, TEMP);
    }

    pub(super) fn doubles_from_ints(&mut self, signed: bool, dst: Xmm, src: Xmm) {
        if signed {
            return self.vec_unary(CVTDQ2PD, dst, src);
        }
        // The number as the lower half of the bits of 2⁵² plus it.
        self.vec_binary_const(UNPCKLPS, dst, src, splat32((TWO_TO_52 >> 32) as u32));
        self.vec_binary_const(SUBPD, dst, dst, splat64(TWO_TO_52));
    }

    pub(super) fn ints_from_floats(&mut self, signed: bool, from: Width, dst: Xmm, src: Xmm) {
        match (signed, from) {
            (true, Width::W32) => self.signed_from_singles(dst, src),
            (false, Width::W32) => self.unsigned_from_singles(dst, src),
            (true, Width::W64) => {
                // NaN becomes zero, what is too large the largest number.
                self.compare_float_lanes(from, EQUAL, TEMP, src, src);
                self.vec_binary_const(ANDPS, TEMP, TEMP, splat64(LARGEST_SIGNED));
                self.vec_binary(MINPD, dst, src, TEMP);
                self.vec_unary(CVTTPD2DQ, dst, dst);
            }
            (false, Width::W64) => {
                self.zero_float(TEMP);
                self.vec_binary(MAXPD, dst, src, TEMP);
                self.vec_binary_const(MINPD, dst, dst, splat64(LARGEST_UNSIGNED));
                self.vec_unary_imm(ROUNDPD, dst, dst, 3);
                // Which leaves the number in the lower half of the bits.
                self.vec_binary_const(ADDPD, dst, dst, splat64(TWO_TO_52));
                self.vec_binary_imm(SHUFPS, dst, dst, TEMP, 0x88);
            }
        }
    }

    fn signed_from_singles(&mut self, dst: Xmm, src: Xmm) {
        // NaN becomes zero.
        self.compare_float_lanes(Width::W32, EQUAL, TEMP, src, src);
        self.vec_binary(ANDPS, dst, src, TEMP);
        // The sign bit says "positive" now.
        self.vec_binary(PXOR, TEMP, TEMP, dst);
        // What does not fit becomes the least number, which is to be inverted if it was positive.
        self.vec_unary(CVTTPS2DQ, dst, dst);
        self.vec_binary(PAND, TEMP, TEMP, dst);
        self.vec_shift_imm(PSRAD_IMM, TEMP, TEMP, 31);
        self.vec_binary(PXOR, dst, dst, TEMP);
    }

    fn unsigned_from_singles(&mut self, dst: Xmm, src: Xmm) {
        // NaN and negative numbers become zero.
        self.zero_float(TEMP);
        self.vec_binary(MAXPS, dst, src, TEMP);
        // What exceeds 2³¹, which the conversion makes 2³¹, is converted separately and added.
        self.load_vector_const(FLOAT_SCRATCH, splat32(TWO_TO_31));
        self.vec_binary(SUBPS, TEMP, dst, FLOAT_SCRATCH);
        self.vec_unary(CVTTPS2DQ, dst, dst);
        self.compare_float_lanes(
            Width::W32,
            LESS_OR_EQUAL,
            FLOAT_SCRATCH,
            FLOAT_SCRATCH,
            TEMP,
        );
        self.vec_unary(CVTTPS2DQ, TEMP, TEMP);
        // Too large: 2³¹ - 1.
        self.vec_binary(PXOR, TEMP, TEMP, FLOAT_SCRATCH);
        self.zero_float(FLOAT_SCRATCH);
        self.vec_binary(PMAXSD, TEMP, TEMP, FLOAT_SCRATCH);
        self.vec_binary(PADDD, dst, dst, TEMP);
    }
}
